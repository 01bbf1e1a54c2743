"""What an agent needs to know the moment a call is there."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from denghuo.apps.hotline.models import Agent, Board, Call, CallBack, CallerNumber, CallNote, Exchange, Urging
from denghuo.apps.hotline.queries.announcements import published_text, worded
from denghuo.apps.hotline.queries.calls import Caller, caller_of
from denghuo.apps.organization.access import within
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage

_WITH_A_CALLER = ("talking", "ringing", "wrapping_up")
_CONTACTS = 8
_LASTING = 5  # outages of the area that fit beside a call; the list of outages has the rest
# Who asks about supply that is back does so soon after: before they looked at their lamps, or when only some are lit.
_JUST_BACK = timedelta(hours=2)
# A mobile number, a landline with its area code, a service number of five digits.
_WHOLE = re.compile(
    r"1[3-9][0-9]{9}|0(?:10|2[0-9])[2-9][0-9]{7}|0[3-9][0-9]{2}[2-9][0-9]{6,7}|(?:1[0-2]|9[56])[0-9]{3}"
)
_BETWEEN = re.compile(r"[\s()-]+")
_HOME = re.compile(r"^(?:\+|00)86")


@dataclass(frozen=True, kw_only=True)
class InHand:
    """The call that an agent has now, as the exchange told it last. The number is "" where it was withheld."""

    exchange: Exchange
    call_id: str
    number: str
    state: str
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class OutAt:
    """An outage that keeps a load out, and what is to be said of it. ``published`` is whether callers hear it."""

    outage: Outage
    since: datetime
    promised_at: datetime | None
    text: str
    published: bool


@dataclass(frozen=True, kw_only=True)
class BackAt:
    """An outage that kept a load out from ``since`` to ``back_at``, a little while ago."""

    outage: Outage
    since: datetime
    back_at: datetime


@dataclass(frozen=True, kw_only=True)
class Contact:
    """An earlier call of a number, and what agents wrote of it."""

    at: datetime
    call: Call | None
    notes: tuple[CallNote, ...]


@dataclass(frozen=True, kw_only=True)
class Pop:
    """Everything that is known of who calls. ``known`` is whether the table of numbers has them. ``back`` is the outage
    that is over for them; ``around`` are the outages of the area, where nobody knows which load is theirs. ``own`` is
    what was kept of this call.
    """

    known: Caller | None
    out: tuple[OutAt, ...]
    back: BackAt | None
    around: tuple[OutAt, ...]
    own: tuple[CallNote, ...]
    contacts: tuple[Contact, ...]
    owed: tuple[CallBack, ...]
    urgings: tuple[Urging, ...]


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


def seat_of(user_id: int) -> Agent | None:
    """The seat of a person, if their account is linked to one."""
    return Agent.objects.filter(user_id=user_id).select_related("exchange__unit").first()


def pop_of(exchange: Exchange, number: str, *, call_id: str, at: datetime) -> Pop:
    """Who calls, whether they are without supply, and what was between us before this call."""
    known = caller_of(Call(exchange=exchange, caller=number))
    notes = CallNote.objects.filter(exchange=exchange, number=number, kept_at__isnull=False)
    if call_id:
        notes = notes.exclude(call_id=call_id)
    load_code = known.load_code if known else ""
    out = tuple(out_at(exchange, load_code, at=at)) if load_code else ()
    return Pop(
        known=known,
        out=out,
        back=_back_at(exchange, load_code, at=at) if load_code and not out else None,
        around=() if load_code else tuple(_around(exchange, at=at)),
        own=tuple(notes_of(Call(exchange=exchange, call_id=call_id))),
        contacts=tuple(_contacts(exchange, number, list(notes[:_CONTACTS]), call_id)) if number else (),
        owed=tuple(CallBack.objects.filter(exchange=exchange, number=number, made_at=None)) if number else (),
        urgings=tuple(Urging.objects.filter(exchange=exchange, number=number)[:_CONTACTS]) if number else (),
    )


def out_at(exchange: Exchange, load_code: str, *, at: datetime) -> list[OutAt]:
    """Outages that keep a load of the exchange's unit without supply, with what is to be said of each."""
    found = []
    for outage in outages.lasting_outages([str(exchange.unit.path)]):
        load = next(
            (one for one in outages.loads_out(outage, at=at) if one.code == load_code and one.ended_at is None), None
        )
        if load is None:
            continue
        found.append(_told_of(exchange, outage, since=load.started_at, at=at))
    return found


def _told_of(exchange: Exchange, outage: Outage, *, since: datetime, at: datetime) -> OutAt:
    heard = published_text(outage.pk, exchange_id=exchange.pk)
    words = heard or worded(outage, exchange=exchange, at=at)
    promised_at = words.promised_at or outage.planned_end_at
    return OutAt(outage=outage, since=since, promised_at=promised_at, text=words.text, published=heard is not None)


def _back_at(exchange: Exchange, load_code: str, *, at: datetime) -> BackAt | None:
    """The outage that a load came back from last, if that was a little while ago; it may last for others."""
    scope = [str(exchange.unit.path)]
    over = outages.find(scope, wanted={"state": "restored"}, at=at).filter(restored_at__gte=at - _JUST_BACK)
    found = [
        BackAt(outage=outage, since=load.started_at, back_at=load.ended_at)
        for outage in [*outages.lasting_outages(scope), *over]
        for load in outages.loads_out(outage, at=at)
        if load.code == load_code and load.ended_at is not None and load.ended_at > at - _JUST_BACK
    ]
    return max(found, key=lambda one: one.back_at, default=None)


def _around(exchange: Exchange, *, at: datetime) -> list[OutAt]:
    """Outages that last in the area of an exchange, the newest first: one of them may be the caller's."""
    rows = outages.lasting_outages([str(exchange.unit.path)])[: -_LASTING - 1 : -1]
    return [_told_of(exchange, row, since=row.started_at, at=at) for row in rows if row.started_at]


def _contacts(exchange: Exchange, number: str, notes: list[CallNote], but: str) -> list[Contact]:
    """The last calls of a number with what was written of each, and notes without a call, the newest first."""
    calls = Call.objects.filter(exchange=exchange, caller=number).select_related("agent", "queue")
    rows = list(calls.order_by("-entered_at")[: _CONTACTS + 1])
    of_call: dict[str, list[CallNote]] = {}
    for note in notes:
        of_call.setdefault(note.call_id, []).append(note)
    told = {call.call_id for call in rows}
    found = [
        Contact(at=call.entered_at, call=call, notes=tuple(of_call.get(call.call_id, ())))
        for call in rows
        if not but or call.call_id != but
    ]
    found += [Contact(at=note.drafted_at, call=None, notes=(note,)) for note in notes if note.call_id not in told]
    return sorted(found, key=lambda one: one.at, reverse=True)[:_CONTACTS]


def dialed(text: str) -> str:
    """The digits of a number as somebody types it, without the country's code; "" where it has anything else.

    >>> dialed("+86 138-0013 8000"), dialed("１３８"), dialed("138****8000"), dialed("abc")
    ('13800138000', '138', '', '')
    """
    plain = _HOME.sub("", _BETWEEN.sub("", unicodedata.normalize("NFKC", text)))
    return plain if plain.isascii() and plain.isdigit() else ""


def is_whole(number: str) -> bool:
    """Whether digits are all of a number: mobile, landline with its area code, service number of five digits.

    >>> [is_whole(one) for one in ("13800138000", "057187654321", "01087654321", "95598", "123", "87654321")]
    [True, True, True, True, False, False]
    """
    return _WHOLE.fullmatch(number) is not None


def can_be_looked_up(exchange: Exchange, number: str) -> bool:
    """Whether digits are all of a number, or the number of somebody in the form in which the exchange tells it."""
    if not number or is_whole(number):
        return bool(number)
    people = CallerNumber.objects.filter(number=number, unit__path__startswith=str(exchange.unit.path))
    return people.exists() or Call.objects.filter(exchange=exchange, caller=number).exists()


def draft_of(exchange: Exchange, *, call_id: str, number: str, username: str) -> CallNote | None:
    """What this person has written of a call and not kept yet."""
    key = {"exchange": exchange, "call_id": call_id, "number": number, "written_by": username}
    return CallNote.objects.filter(kept_at=None, **key).first()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A note that was kept, and what it leads to: its call, once the exchange told it, the call that is owed, and the
    outages that keep the caller out.
    """

    note: CallNote
    call: Call | None
    owed: CallBack | None
    out: tuple[OutAt, ...]


def kept_note(scope: Iterable[str], *, note_id: int, username: str, at: datetime) -> Kept | None:
    """A note that this person kept, if its exchange lies in the scope."""
    rows = CallNote.objects.filter(within(scope, field="exchange__unit__path"), kept_at__isnull=False)
    note = rows.filter(pk=note_id, written_by=username).select_related("exchange__unit").first()
    if note is None:
        return None
    known = caller_of(Call(exchange=note.exchange, caller=note.number))
    out = out_at(note.exchange, known.load_code, at=at) if known and known.load_code else ()
    calls = Call.objects.filter(exchange_id=note.exchange_id, call_id=note.call_id).exclude(call_id="")
    return Kept(note=note, call=calls.order_by("-entered_at").first(), owed=note.call_backs.first(), out=tuple(out))


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


def notes_of(call: Call) -> list[CallNote]:
    """What agents wrote of a call and kept."""
    if not call.call_id:
        return []
    rows = CallNote.objects.filter(exchange_id=call.exchange_id, call_id=call.call_id, kept_at__isnull=False)
    return list(rows.order_by("kept_at"))
