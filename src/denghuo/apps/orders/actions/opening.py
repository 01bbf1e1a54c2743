"""Opening orders: one row, its first step and one fact each, however many are opened at once in a storm."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from denghuo.adapters.phones import digits_of
from denghuo.apps.ledger.actions import record_all
from denghuo.apps.orders.actions.telling import Telling
from denghuo.apps.orders.facts import OrderOpened
from denghuo.apps.orders.models import TOPICS_OF_KIND, Channel, Kind, Order, OrderStep, State, Topic
from denghuo.apps.orders.queries.owners import owners_of
from denghuo.apps.orders.queries.people import answering_for, people_by_username
from denghuo.apps.orders.queries.readers import CONFIDENTIAL
from denghuo.apps.orders.queries.rules import calendar, rule_book
from denghuo.apps.orders.snapshot.clocks import NextDue, Told, clocks_shown, next_due, opened_due, opening
from denghuo.apps.orders.snapshot.rules import RuleBook
from denghuo.apps.rows import insert, reserve
from denghuo.apps.sealed import blind

CALLER_INDEX = "orders.order.caller"


@dataclass(frozen=True, kw_only=True)
class OrderEntry:
    """What a customer's word is, once somebody has heard it.

    ``received_at`` is when it came in, from which promises count. ``client_key`` makes it happen once, however often
    it is sent. ``first_asked`` is whom the customer asked; where that is not told, it is whoever answers there by name,
    else whoever supervises. ``source_ref`` is what it came from: ``hotline.call:4711``.
    """

    kind: str
    topic: str
    unit_id: int
    received_at: datetime
    account_id: int | None = None
    load_code: str = ""
    area: str = ""
    caller: str = ""
    contact_name: str = ""
    channel: str = Channel.PHONE
    text: str = ""
    place: str = ""
    client_key: str = ""
    first_asked: str = ""
    handler: str = ""
    parent_id: int | None = None
    source_ref: str = ""
    upstream_due_at: datetime | None = None


@transaction.atomic
def open_order(*, entry: OrderEntry, at: datetime, actor: str) -> Order:
    """Write an order down; told again under the same key, the order that is there already.

    Raises:
        ValueError: no such topic of that kind, or the key is of another unit's order.
    """
    return open_orders(entries=[entry], at=at, actor=actor)[0]


@transaction.atomic
def open_orders(*, entries: Sequence[OrderEntry], at: datetime, actor: str) -> list[Order]:
    """The same for what came in together, each in its place: in a storm, one transaction takes in whatever waits.

    What was told before keeps its own ``opened_at``.
    """
    known = _known(entries)
    fresh: dict[object, OrderEntry] = {}
    for index, entry in enumerate(entries):
        if entry.client_key not in known:
            fresh.setdefault(entry.client_key or index, entry)
    book = rule_book()
    rows = dict(zip(fresh, _rows(fresh.values(), book, at), strict=True))
    try:
        with transaction.atomic(savepoint=any(entry.client_key for entry in fresh.values())):
            _write(list(rows.values()), book, at=at, actor=actor)
            if rows:
                record_all([_opened(row) for row in rows.values()], at=at, actor=actor)
                _tell_owners(zip(rows.values(), fresh.values(), strict=True), at=at, actor=actor)
    except IntegrityError:
        if len(_known(entries)) == len(known):
            raise
        return open_orders(entries=entries, at=at, actor=actor)  # somebody else was faster with one of these keys
    return [known.get(one.client_key) or rows[one.client_key or index] for index, one in enumerate(entries)]


def _tell_owners(opened: Iterable[tuple[Order, OrderEntry]], *, at: datetime, actor: str) -> None:
    """Whoever was asked without being there hears of it: of danger and of what is no fault. Of faults, of which there
    are hundreds in a storm, the clocks warn. Of misconduct whoever judges it hears, whoever took it."""
    opened = list(opened)
    theirs = [
        row
        for row, entry in opened
        if row.first_asked and not entry.first_asked and (row.kind != Kind.FAULT or row.topic == Topic.DANGER)
    ]
    people = people_by_username(row.first_asked for row in theirs) if theirs else {}
    for row in theirs:
        Telling(order=row, at=at, actor=actor).tell("asked", [people[row.first_asked]], key=str(row.pk))
    for row in (row for row, entry in opened if entry.first_asked and row.kind in CONFIDENTIAL):
        Telling(order=row, at=at, actor=actor).tell("reported", answering_for(row), key=str(row.pk))


def _known(entries: Sequence[OrderEntry]) -> dict[str, Order]:
    keys = {entry.client_key for entry in entries if entry.client_key}
    told = set(Order.objects.filter(client_key__in=keys).values_list("client_key", flat=True)) if keys else set()
    known = Order.objects.in_bulk(told, field_name="client_key") if told else {}
    units = {key: row.unit_id for key, row in known.items()}
    if any(entry.unit_id != units.setdefault(entry.client_key, entry.unit_id) for entry in entries if entry.client_key):
        raise ValueError("this key is of another unit's order")
    return known


def _rows(entries: Iterable[OrderEntry], book: RuleBook, at: datetime) -> Iterator[Order]:
    entries = list(entries)
    for entry, owner in zip(entries, owners_of(entries), strict=True):
        row = _row(replace(entry, first_asked=owner), at)
        rule = book.steps_of(row.kind, timezone.localdate(at))["open"]
        row.state = rule.to_state or State.REGISTERED
        _set_due(row, _first_due(row, rule.effects, book, at))
        yield row


def _write(rows: Sequence[Order], book: RuleBook, *, at: datetime, actor: str) -> None:
    for row, key in zip(rows, reserve(Order, len(rows)), strict=True):
        row.pk = key
    insert(rows)
    steps = [
        OrderStep(
            order=row,
            step="open",
            to_state=row.state,
            told_at=row.received_at,
            at=at,
            actor=actor,
            effects=book.steps_of(row.kind, timezone.localdate(at))["open"].effects,
        )
        for row in rows
    ]
    insert(steps)


def _row(entry: OrderEntry, at: datetime) -> Order:
    if entry.topic not in TOPICS_OF_KIND.get(Kind(entry.kind), ()):
        raise ValueError(f"{entry.topic} is no topic of {entry.kind}")
    number = digits_of(entry.caller)
    return Order(
        kind=Kind(entry.kind).value,
        topic=Topic(entry.topic).value,
        unit_id=entry.unit_id,
        account_id=entry.account_id,
        load_code=entry.load_code,
        area=entry.area,
        caller=number,
        caller_index=blind(number, context=CALLER_INDEX) if number else None,
        contact_name=entry.contact_name.strip(),
        channel=Channel(entry.channel).value,
        text=entry.text.strip(),
        place=entry.place.strip(),
        received_at=min(entry.received_at, at),
        opened_at=at,
        client_key=entry.client_key or None,
        source_ref=entry.source_ref,
        first_asked=entry.first_asked,
        handler=entry.handler or entry.first_asked,
        parent_id=entry.parent_id,
        upstream_due_at=entry.upstream_due_at,
    )


def _first_due(row: Order, effects: str, book: RuleBook, at: datetime) -> NextDue:
    quick = opening(row, effects, book=book)
    if quick is not None and (found := opened_due(quick, row, state=row.state, book=book, at=at)) is not None:
        return found
    days = calendar()
    # A row without a key yet is a case all the same.
    shown = clocks_shown([row], [Told(row.pk, row.received_at, effects)], book=book, calendar=days, at=at)[row.pk]
    return next_due(shown, kind=row.kind, state=row.state, book=book, calendar=days, at=at)


def _set_due(row: Order, due: NextDue) -> None:
    row.next_due_at, row.next_due_clock = due.due_at, due.clock
    row.next_warn_at, row.overdue_at = due.warn_at, due.overdue_at


def _opened(row: Order) -> OrderOpened:
    return OrderOpened(
        order_id=row.pk,
        number=row.number,
        kind=row.kind,
        topic=row.topic,
        unit_id=row.unit_id,
        account_id=row.account_id,
        load_code=row.load_code,
        channel=row.channel,
        received_at=row.received_at,
        parent_id=row.parent_id,
    )
