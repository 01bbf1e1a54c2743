"""Which order a note is, before it is kept: whose matter, where it is worked on, about what, with which promise."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from denghuo.apps.hotline.models import Exchange, NoteKind
from denghuo.apps.hotline.queries.callers import NOBODY, Caller, caller_on, callers_of
from denghuo.apps.hotline.queries.places import Where, stations_of, where_of
from denghuo.apps.hotline.queries.pops import about_of
from denghuo.apps.hotline.queries.topics import opens_order, proposed, topics_of
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.models import Order, PromiseOf
from denghuo.apps.organization import queries as organization


class NoteRefusedError(ValueError):
    """A note that cannot be kept. ``code`` says why: ``text``, ``kind``, ``number``, ``hours``, ``account``, ``unit``,
    ``station``, ``topic``, ``whom``, ``promise`` or ``over``."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"the note cannot be kept: {code}")


class Told(Protocol):
    """What a note says of the order that it is."""

    @property
    def text(self) -> str: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def account_id(self) -> int | None: ...
    @property
    def unit_id(self) -> int | None: ...
    @property
    def topic(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def load_code(self) -> str: ...
    @property
    def passed_on(self) -> bool: ...
    @property
    def promise(self) -> PromiseOf | None: ...
    @property
    def promise_at(self) -> datetime | None: ...
    @property
    def chased_id(self) -> int | None: ...


@dataclass(frozen=True, kw_only=True)
class Intake:
    """An order that is to be opened: of whom, where, about what, with which promise; or ``chased``, the open one.

    ``load_code`` is where the network supplies it, "" not known: then it waits to be placed by hand.
    """

    caller: Caller | None = None
    unit_id: int = 0
    load_code: str = ""
    topic: str = ""
    place: str = ""
    promise: tuple[PromiseOf, datetime] | None = None
    chased: Order | None = None


def intake_of(
    exchange: Exchange, number: str, told: Told, *, at: datetime, reader: orders.Reader | None
) -> Intake | None:
    """What order a note is, by whoever writes it; None where it is none.

    Raises:
        NoteRefusedError: nobody could work on it.
    """
    if told.chased_id is not None:
        return Intake(chased=order_to_chase(exchange, told.chased_id, reader=reader))
    kind = told.kind or ""
    if not opens_order(kind, passed_on=told.passed_on):
        if told.promise:
            raise NoteRefusedError("promise")
        return None
    caller = _caller(exchange, number, told.account_id)
    # Who calls back for more can be asked; nobody finds a fault without knowing where.
    if caller is None and not told.place.strip() and (not number or kind == NoteKind.FAULT_REPORT):
        raise NoteRefusedError("whom")
    where = where_of(exchange, told.place) if caller is None or caller.customer is None else None
    unit_id = _unit(exchange, caller, where, told)
    return Intake(
        caller=caller,
        unit_id=unit_id,
        load_code=_load_code(caller, where, unit_id, told.load_code),
        topic=_topic(exchange, number, kind, told, caller, at=at),
        place=told.place.strip() or (caller.address if caller else ""),
        promise=_promise(told, at=at),
    )


def order_to_chase(exchange: Exchange, order_id: int, *, reader: orders.Reader | None) -> Order:
    """An open order of an exchange that may be read, which callers may press for.

    Raises:
        NoteRefusedError: it is over, or not of this exchange.
    """
    try:
        row = orders.order_for([str(exchange.unit.path)], order_id, reader=reader)
    except Order.DoesNotExist as missing:
        raise NoteRefusedError("over") from missing
    if row.is_over:
        raise NoteRefusedError("over")
    return row


def _caller(exchange: Exchange, number: str, account_id: int | None) -> Caller | None:
    """Whose matter it is. Of several that a number is known of nobody is taken unasked."""
    if account_id:
        found = caller_on(exchange, account_id)
        if found is None:
            raise NoteRefusedError("account")
        return found
    known = callers_of(exchange, number) if account_id is None else ()
    return known[0] if len(known) == 1 else None


def _unit(exchange: Exchange, caller: Caller | None, where: Where | None, told: Told) -> int:
    """Where it is worked on: where the account is, else the unit that was named, else the station of the place, else
    the exchange's own unit. A fault is worked on at a station: nobody of the units above it sends a crew."""
    if caller is not None and caller.customer is not None:
        return caller.unit_id
    unit_id = told.unit_id
    if unit_id is not None and unit_id not in {one.pk for one in organization.units_within([str(exchange.unit.path)])}:
        raise NoteRefusedError("unit")
    if unit_id is None:
        unit_id = where.unit_id if where else caller.unit_id if caller else exchange.unit_id
    if told.kind == NoteKind.FAULT_REPORT and unit_id not in (stations := {one.pk for one in stations_of(exchange)}):
        if len(stations) != 1 or told.unit_id is not None:
            raise NoteRefusedError("station")
        (unit_id,) = stations
    return unit_id


def _load_code(caller: Caller | None, where: Where | None, unit_id: int, told: str) -> str:
    """The load that it hangs on: the caller's own, else that of the place, which somebody chose or which it must be."""
    own = caller.load_code if caller and caller.unit_id == unit_id else ""
    if where is None or where.unit_id != unit_id:
        return own
    return told if where.has(told) else own or where.load_code


def _topic(exchange: Exchange, number: str, kind: str, told: Told, caller: Caller | None, *, at: datetime) -> str:
    if not told.topic:
        chosen = caller.account_id if caller else NOBODY
        about = about_of(exchange, number, account_id=chosen, at=at, reader=None)
        return proposed(kind, about).topic
    if told.topic not in topics_of(kind):
        raise NoteRefusedError("topic")
    return told.topic


def _promise(told: Told, *, at: datetime) -> tuple[PromiseOf, datetime] | None:
    if not told.promise:
        return None
    if told.promise_at is None or told.promise_at <= at:
        raise NoteRefusedError("promise")
    return told.promise, told.promise_at
