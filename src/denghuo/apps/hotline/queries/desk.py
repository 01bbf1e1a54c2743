"""The call in an agent's hand, its number, and what is being written of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from denghuo.apps.customers import queries as customers
from denghuo.apps.hotline.models import Agent, Board, Call, CallerNumber, CallNote, Exchange, NoteKind
from denghuo.apps.orders.queries import Reader
from denghuo.apps.orders.queries.readers import readable
from denghuo.apps.organization.access import within

_WITH_A_CALLER = ("talking", "ringing", "wrapping_up")
# A mobile number, a landline with its area code, a service number of five digits.
_WHOLE = re.compile(
    r"1[3-9][0-9]{9}|0(?:10|2[0-9])[2-9][0-9]{7}|0[3-9][0-9]{2}[2-9][0-9]{6,7}|(?:1[0-2]|9[56])[0-9]{3}"
)


@dataclass(frozen=True, kw_only=True)
class InHand:
    """The call that an agent has now, as the exchange told it last. The number is "" where it was withheld."""

    exchange: Exchange
    call_id: str
    number: str
    state: str
    since: datetime | None


def call_in_hand(user_id: int) -> InHand | None:
    """The call of this person's seat, if a board tells of one."""
    seats = Agent.objects.filter(user_id=user_id).select_related("exchange__unit")
    for seat in seats:
        board = Board.objects.filter(exchange_id=seat.exchange_id).first()
        rows: Sequence[dict[str, Any]] = board.state.get("agents", ()) if board else ()
        row = next((one for one in rows if one.get("agent") == seat.code), None)
        if board is None or row is None or row.get("state") not in _WITH_A_CALLER or not row.get("call_id"):
            continue
        return InHand(
            exchange=seat.exchange,
            call_id=row["call_id"],
            number=row.get("caller") or _number_of(board, row["call_id"]),
            state=row["state"],
            since=parse_datetime(row["since"]) if row.get("since") else None,
        )
    return None


def _number_of(board: Board, call_id: str) -> str:
    """The number of a call, from whoever waited under its id, or else from its record."""
    told = [*board.state.get("talking", ()), *board.state.get("waiting", ())]
    live = next((row["caller"] for row in told if row.get("call_id") == call_id and row.get("caller")), "")
    if live:
        return str(live)
    rows = Call.objects.filter(exchange_id=board.exchange_id, call_id=call_id).exclude(caller="")
    return rows.order_by("-entered_at").values_list("caller", flat=True).first() or ""


def number_of_call(exchange_id: int, call_id: str) -> str:
    """The number of a call that is or was in somebody's hand; "" where it was withheld.

    Pages name a call by its id, so that its number need not leave the server.
    """
    note = CallNote.objects.filter(exchange_id=exchange_id, call_id=call_id).exclude(number="").first()
    if note is not None:
        return note.number
    board = Board.objects.filter(exchange_id=exchange_id).first() or Board(exchange_id=exchange_id)
    seats = board.state.get("agents", ())
    told = next((row["caller"] for row in seats if row.get("call_id") == call_id and row.get("caller")), "")
    return str(told) or _number_of(board, call_id)


def call_began_at(exchange_id: int, call_id: str) -> datetime | None:
    """When a call came in, by its record, else by the board; None where neither tells."""
    if not call_id:
        return None
    rows = Call.objects.filter(exchange_id=exchange_id, call_id=call_id)
    recorded = rows.order_by("entered_at").values_list("entered_at", flat=True).first()
    if recorded is not None:
        return recorded
    board = Board.objects.filter(exchange_id=exchange_id).first()
    state: dict[str, Any] = board.state if board else {}
    told = (row for name in ("waiting", "talking", "agents") for row in state.get(name, ()))
    since = [parse_datetime(row["since"]) for row in told if row.get("call_id") == call_id and row.get("since")]
    return min((one for one in since if one is not None), default=None)


def seat_of(user_id: int) -> Agent | None:
    """The seat of a person, if their account is linked to one."""
    return Agent.objects.filter(user_id=user_id).select_related("exchange__unit").first()


def is_whole(number: str) -> bool:
    """Whether digits are all of a number: mobile, landline with its area code, service number of five digits.

    >>> [is_whole(one) for one in ("13800138000", "057187654321", "01087654321", "95598", "123", "87654321")]
    [True, True, True, True, False, False]
    """
    return _WHOLE.fullmatch(number) is not None


def can_be_looked_up(exchange: Exchange, number: str) -> bool:
    """Whether digits are all of a number, or the number of somebody: of a customer, or in the form in which the
    exchange tells it."""
    if not number or is_whole(number) or customers.ids_by_phone([str(exchange.unit.path)], number):
        return bool(number)
    people = CallerNumber.objects.filter(number=number, unit__path__startswith=str(exchange.unit.path))
    return people.exists() or Call.objects.filter(exchange=exchange, caller=number).exists()


def draft_of(exchange: Exchange, *, call_id: str, number: str, username: str) -> CallNote | None:
    """What this person has written of a call and not kept yet."""
    key = {"exchange": exchange, "call_id": call_id, "number": number, "written_by": username}
    return CallNote.objects.filter(kept_at=None, **key).first()


def open_drafts(scope: Iterable[str], *, username: str) -> list[CallNote]:
    """Notes that this person began and did not keep, the newest first."""
    return [note for note in _drafts(scope, username) if says_something(note.text)]


def open_draft(scope: Iterable[str], *, note_id: int, username: str) -> CallNote | None:
    """One of them."""
    return _drafts(scope, username).filter(pk=note_id).first()


def _drafts(scope: Iterable[str], username: str) -> QuerySet[CallNote]:
    rows = CallNote.objects.filter(within(scope, field="exchange__unit__path"), written_by=username, kept_at=None)
    return rows.select_related("exchange__unit")


def says_something(text: str) -> bool:
    """Whether a text is more than a key that was hit by mistake.

    >>> says_something("n"), says_something(" "), says_something("停"), says_something("no")
    (False, False, True, True)
    """
    plain = text.strip()
    return len(plain) > 1 or not plain.isascii()


def notes_of(call: Call, *, reader: Reader | None) -> list[CallNote]:
    """What agents wrote of a call and kept, as far as ``reader`` may know."""
    if not call.call_id:
        return []
    rows = CallNote.objects.filter(open_notes(reader), exchange_id=call.exchange_id, call_id=call.call_id)
    return list(rows.select_related("order").order_by("kept_at"))


def open_notes(reader: Reader | None) -> Q:
    """Notes that were kept and that a reader may know: a report of misconduct is not for everybody, and a note of one
    that became no order only for who wrote it."""
    loose = ~Q(kind=NoteKind.MISCONDUCT)
    if reader is not None:
        loose |= Q(written_by=reader.username)
    return Q(kept_at__isnull=False) & (Q(loose, order=None) | readable(reader, field="order__"))
