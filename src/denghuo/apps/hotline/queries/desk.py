"""What an agent needs to know the moment a call is there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from denghuo.apps.hotline.models import Agent, Board, Call, CallBack, CallNote, Exchange, Urging
from denghuo.apps.hotline.queries.announcements import published_text, worded
from denghuo.apps.hotline.queries.calls import Caller, caller_of
from denghuo.apps.organization.access import within
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage

_WITH_A_CALLER = ("talking", "ringing", "wrapping_up")
_CONTACTS = 8


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
class Contact:
    """An earlier call of a number, and what agents wrote of it."""

    at: datetime
    call: Call | None
    notes: tuple[CallNote, ...]


@dataclass(frozen=True, kw_only=True)
class Pop:
    """Everything that is known of who calls. ``known`` is whether the table of numbers has them."""

    known: Caller | None
    out: tuple[OutAt, ...]
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
    return Pop(
        known=known,
        out=tuple(out_at(exchange, known.load_code, at=at)) if known and known.load_code else (),
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
        heard = published_text(outage.pk, exchange_id=exchange.pk)
        words = heard or worded(outage, exchange=exchange, at=at)
        found.append(
            OutAt(
                outage=outage,
                since=load.started_at,
                promised_at=words.promised_at or outage.planned_end_at,
                text=words.text,
                published=heard is not None,
            )
        )
    return found


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
    rows = CallNote.objects.filter(within(scope, field="exchange__unit__path"), written_by=username, kept_at=None)
    return list(rows.exclude(text="").select_related("exchange"))


def notes_of(call: Call) -> list[CallNote]:
    """What agents wrote of a call and kept."""
    if not call.call_id:
        return []
    rows = CallNote.objects.filter(exchange_id=call.exchange_id, call_id=call.call_id, kept_at__isnull=False)
    return list(rows.order_by("kept_at"))
