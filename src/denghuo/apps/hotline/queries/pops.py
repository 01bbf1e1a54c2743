"""Everything that is known of who calls, the moment the call is there."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import ContactCard
from denghuo.apps.customers.queries import CareOf
from denghuo.apps.hotline.models import Call, CallBack, CallNote, Exchange, Urging
from denghuo.apps.hotline.queries.callers import NOBODY, Caller, caller_on, callers_of
from denghuo.apps.hotline.queries.desk import notes_of, open_notes
from denghuo.apps.hotline.queries.outs import BackAt, OutAt, Supply, back_at, out_at, outs_around, suspected_at
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Order
from denghuo.apps.orders.queries import AccountFinding, Reader
from denghuo.apps.orders.queries.callers import orders_of_caller
from denghuo.apps.outages.models import Suspicion

_CONTACTS = 8
_ORDERS = 5
_FINDINGS = 2
_CALLED_FOR = 3


@dataclass(frozen=True, kw_only=True)
class Contact:
    """An earlier call of a number, and what agents wrote of it; or an order of the number that no note tells of."""

    at: datetime
    call: Call | None
    notes: tuple[CallNote, ...]
    order: Order | None = None


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom a call is about. ``callers`` is everybody the number is known of or was called from for, and ``known`` the
    one in question: their state, what is out at their load, who cares and answers for them, what is open and was found
    before.

    ``dark`` are the keys of those of ``callers`` who are without supply. ``back`` is the outage that is over for them;
    ``around`` are the outages of the area, where nobody knows which load is theirs; ``is_unplaced``: their file names a
    load that the network does not have, so that nobody can say.
    """

    callers: tuple[Caller, ...]
    known: Caller | None
    dark: frozenset[int | None]
    out: tuple[OutAt, ...]
    back: BackAt | None
    suspected: Suspicion | None
    around: tuple[OutAt, ...]
    is_unplaced: bool
    care: CareOf | None
    card: ContactCard | None
    orders: tuple[Order, ...]
    findings: tuple[AccountFinding, ...]


@dataclass(frozen=True, kw_only=True)
class Pop(About):
    """Whom a call is about, and what was between us before. ``own`` is what was kept of this call."""

    own: tuple[CallNote, ...]
    contacts: tuple[Contact, ...]
    owed: tuple[CallBack, ...]
    urgings: tuple[Urging, ...]


def about_of(
    exchange: Exchange, number: str, *, account_id: int | None = None, at: datetime, reader: Reader | None
) -> About:
    """Whom a call is about: the account that was chosen, or else the first of those the number is known of that is
    without supply, or the first. ``account_id`` :data:`NOBODY`: it is somebody else. Of their orders, what ``reader``
    may know."""
    callers = whom_of(exchange, number, reader=reader)
    supply = Supply(exchange)
    dark = _dark(callers, supply)
    known = _in_question(exchange, callers, dark, account_id)
    if known is not None and known not in callers:
        callers = (*callers, known)
        dark = _dark(callers, supply)
    load_code, unit_id = (known.load_code, known.unit_id) if known else ("", None)
    out = tuple(out_at(exchange, load_code, at=at, unit_id=unit_id, supply=supply)) if load_code else ()
    is_unplaced = bool(load_code) and not supply.knows(load_code, unit_id)
    customer = known.customer if known else None
    account = customer.account_id if customer else None
    return About(
        callers=callers,
        known=known,
        dark=dark,
        out=out,
        back=back_at(supply, load_code, unit_id, at=at) if load_code and not out else None,
        suspected=suspected_at(supply, load_code, unit_id) if load_code and not out else None,
        around=() if load_code and not is_unplaced else tuple(outs_around(exchange, at=at)),
        is_unplaced=is_unplaced,
        care=customers.care_of([account]).get(account) if customer and customer.care_kind and account else None,
        card=customers.card_of(customer.responsible_id) if customer and customer.responsible_id else None,
        orders=open_orders(exchange, number, account_id=account, reader=reader),
        findings=tuple(orders.findings_of_account(account, limit=_FINDINGS, reader=reader)) if account else (),
    )


def whom_of(exchange: Exchange, number: str, *, reader: Reader | None) -> tuple[Caller, ...]:
    """Everybody a number is known of, and after them whom somebody last called for from it, as far as ``reader`` may
    know: a report by a neighbor's telephone is asked about by the same telephone."""
    known = callers_of(exchange, number)
    if not number:
        return known
    notes = _notes(exchange, number, reader).select_related("order")[:_CONTACTS]
    asked = orders_of_caller([str(exchange.unit.path)], number, limit=_CONTACTS, reader=reader)
    told = [((note.order or note).account_id, note.drafted_at) for note in notes]
    told += [(order.account_id, order.received_at) for order in asked]
    last: dict[int, datetime] = {}
    for account_id, at in told:
        if account_id is not None and account_id not in {one.account_id for one in known}:
            last[account_id] = max(at, last.get(account_id, at))
    newest = sorted(last, key=lambda key: last[key], reverse=True)[:_CALLED_FOR]
    found = [(caller_on(exchange, account_id), last[account_id]) for account_id in newest]
    open_ones = ((one, at) for one, at in found if one and one.customer and one.customer.closed_date is None)
    return (*known, *(replace(one, called_at=at) for one, at in open_ones))


def _notes(exchange: Exchange, number: str, reader: Reader | None) -> QuerySet[CallNote]:
    """What was kept of the calls of a number, as far as ``reader`` may know, the newest first."""
    return CallNote.objects.filter(open_notes(reader), exchange=exchange, number=number)


def _dark(callers: tuple[Caller, ...], supply: Supply) -> frozenset[int | None]:
    return frozenset(one.account_id for one in callers if one.load_code and supply.events(one.load_code, one.unit_id))


def _in_question(
    exchange: Exchange, callers: tuple[Caller, ...], dark: frozenset[int | None], account_id: int | None
) -> Caller | None:
    if account_id == NOBODY:  # of nobody but a number of the table, which names no account, it can be said
        return next((one for one in callers if one.customer is None), None)
    chosen = next((one for one in callers if account_id is not None and one.account_id == account_id), None)
    if chosen is None and account_id is not None:
        chosen = caller_on(exchange, account_id)
    return chosen or next((one for one in callers if one.account_id in dark), next(iter(callers), None))


def open_orders(exchange: Exchange, number: str, *, account_id: int | None, reader: Reader | None) -> tuple[Order, ...]:
    """What is open of an account and what this number asked for itself, the newest first, within the exchange."""
    found = orders.open_of_account(account_id, reader=reader) if account_id is not None else []
    ids = [row.pk for row in [*found, *orders.open_of_caller(number, reader=reader)]]
    rows = orders.orders_by_id(ids).values() if ids else ()
    here = [row for row in rows if str(row.unit.path).startswith(str(exchange.unit.path))]
    return tuple(sorted(here, key=lambda row: (row.received_at, row.pk), reverse=True)[:_ORDERS])


def pop_of(
    exchange: Exchange,
    number: str,
    *,
    call_id: str,
    at: datetime,
    account_id: int | None = None,
    reader: Reader | None,
) -> Pop:
    """Who calls, whether they are without supply, and what was between us before this call that ``reader`` may know."""
    about = about_of(exchange, number, account_id=account_id, at=at, reader=reader)
    notes = _notes(exchange, number, reader).select_related("order")
    if call_id:
        notes = notes.exclude(call_id=call_id)
    own = tuple(notes_of(Call(exchange=exchange, call_id=call_id), reader=reader))
    return Pop(
        **vars(about),
        own=own,
        contacts=tuple(_contacts(exchange, number, list(notes[:_CONTACTS]), call_id, own, reader)) if number else (),
        owed=tuple(CallBack.objects.filter(exchange=exchange, number=number, made_at=None)) if number else (),
        urgings=tuple(Urging.objects.filter(exchange=exchange, number=number)[:_CONTACTS]) if number else (),
    )


def _contacts(
    exchange: Exchange,
    number: str,
    notes: list[CallNote],
    but: str,
    own: tuple[CallNote, ...],
    reader: Reader | None,
) -> list[Contact]:
    """The last calls of a number with what was written of each, notes without a call, and what it asked for by another
    way than the telephone, the newest first."""
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
    told_of = {note.order_id for note in (*notes, *own)}
    found += [
        Contact(at=order.received_at, call=None, notes=(), order=order)
        for order in orders_of_caller([str(exchange.unit.path)], number, limit=_CONTACTS, reader=reader)
        if order.pk not in told_of
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:_CONTACTS]
