"""What goes on when the demo begins: who reported what lasts, and that the crews on duty are there for it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import numpy as np

from denghuo.apps.crews import actions
from denghuo.apps.crews.models import Assignment, CrewMember, ReportKind
from denghuo.apps.crews.queries.board import Seat, board
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Purpose
from denghuo.apps.customers.queries import Customer
from denghuo.apps.network.queries import spot_of
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Kind, Order, State, Topic
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage, Report
from denghuo.main.demo.station import SEED

_MIN = timedelta(minutes=1)
_SINCE = timedelta(hours=6)
_SENT_AFTER, _NEXT_SINCE = 2 * _MIN, 8 * _MIN
# What a crew tells of its way, so long after it was sent; of what waits behind something else, only the first three.
_TOLD: tuple[tuple[float, ReportKind], ...] = (
    (0.3, ReportKind.DELIVERED),
    (0.6, ReportKind.READ),
    (1.1, ReportKind.ACCEPTED),
    (3, ReportKind.DEPARTED),
    (22, ReportKind.ARRIVED),
)
_FEWEST_REPORTS, _MOST_REPORTS, _CUSTOMERS_A_REPORT = 2, 6, 150
_SAID = ("整片都停电了，什么时候能来电？", "左邻右舍都没电，是线路坏了吗？", "我们这一片都停了，大概几点能来？")


def report_outages(*, network_id: int, unit_id: int, now: datetime) -> None:
    """Let some of those who are without supply say so: the first few who call are written down, the others are told."""
    rng = np.random.default_rng([SEED, 95_598])
    entries: list[OrderEntry] = []
    lasting = Outage.objects.filter(network_id=network_id, started_at__isnull=False, restored_at=None)
    for outage in lasting.order_by("started_at", "pk"):
        assert outage.started_at is not None
        dark = [one.code for one in outages.loads_out(outage, at=now) if one.ended_at is None]
        people = [one for one in customers.customers_on(unit_id, dark) if not one.is_cut and not one.care_kind]
        count = min(_FEWEST_REPORTS + len(people) // _CUSTOMERS_A_REPORT, _MOST_REPORTS, len(people))
        chosen = [people[index] for index in rng.choice(len(people), size=count, replace=False).tolist()]
        reach = customers.reach_of([one.account_id for one in chosen], purpose=Purpose.OUTAGE)
        latest_min = 0.4 * ((now - outage.started_at) / _MIN)
        for place, who in enumerate(chosen):
            number = next((one.number for one in reach.get(who.account_id, ()) if not one.carer), "")
            received_at = (
                outage.started_at + min(float(rng.gamma(1.5, 6)), float(rng.uniform(0.2, 1.0)) * latest_min) * _MIN
            )
            entries.append(_report(who, number, _SAID[place % len(_SAID)], received_at))
    for entry in sorted(entries, key=lambda one: one.received_at):
        open_order(entry=entry, at=entry.received_at, actor="agent")


def _report(who: Customer, number: str, said: str, received_at: datetime) -> OrderEntry:
    return OrderEntry(
        kind=Kind.FAULT,
        topic=Topic.NO_SUPPLY,
        unit_id=who.unit_id,
        account_id=who.account_id,
        load_code=who.load_code,
        area="rural",
        caller=number,
        channel="hotline",
        text=said,
        place=who.place,
        received_at=received_at,
        first_asked="agent",
    )


def send_crews(*, unit_id: int, now: datetime) -> None:
    """Send the crews on duty to the outages that last and to what else waits; ``now`` is local."""
    seats = [one for one in board((str(Unit.objects.get(pk=unit_id).path),), at=now).seats if one.duty and one.people]
    seats.sort(key=lambda one: one.crew.pk)
    waiting = Order.objects.filter(
        unit_id=unit_id, kind__in=[Kind.FAULT, Kind.SERVICE], state=State.REGISTERED, received_at__gte=now - _SINCE
    )
    busy: set[int] = set()
    for turn, (outage, orders) in enumerate(_matters(list(waiting.order_by("received_at", "pk")))):
        if not seats or orders[0].received_at + _SENT_AFTER > now:
            continue
        seat = seats[turn % len(seats)]
        sent_at, told = orders[0].received_at + _SENT_AFTER, _TOLD
        if seat.crew.pk in busy:  # told of it lately: it is the next of what they do
            sent_at, told = max(sent_at, now - _NEXT_SINCE), _TOLD[:3]
        _send(seat, outage, orders, now, sent_at=sent_at, told=told)
        busy.add(seat.crew.pk)


def _matters(orders: Sequence[Order]) -> Iterator[tuple[Outage | None, list[Order]]]:
    """The outages with the orders that belong to them, for which crews go first; then what no outage explains."""
    reports = Report.objects.filter(order__in=[one.pk for one in orders], outage__restored_at=None)
    placed = {one.order_id: one.outage for one in reports.select_related("outage__network__unit", "outage__feeder")}
    found: dict[int, tuple[Outage, list[Order]]] = {}
    for order in orders:
        outage = placed.get(order.pk)
        if outage is not None:
            found.setdefault(outage.pk, (outage, []))[1].append(order)
    yield from found.values()
    yield from ((None, [order]) for order in orders if placed.get(order.pk) is None)


def _send(
    seat: Seat,
    outage: Outage | None,
    orders: Sequence[Order],
    now: datetime,
    *,
    sent_at: datetime,
    told: Sequence[tuple[float, ReportKind]],
) -> None:
    spot = spot_of(outage.network_id, code=outage.device_code) if outage else None
    row = actions.assign(
        crew_id=seat.crew.pk,
        about=outage.about if outage else f"orders.order:{orders[0].pk}",
        order_ids=[orders[0].pk],
        place=outage.where if outage else orders[0].place,
        x=spot.x if spot else None,
        y=spot.y if spot else None,
        at=sent_at,
        actor="dispatcher",
    )
    happens = [(max(order.received_at, sent_at) + _SENT_AFTER, partial(_add, row, order)) for order in orders[1:]]
    happens += [(row.sent_at + minutes * _MIN, partial(_tell, row, seat.people[0], kind)) for minutes, kind in told]
    for at, do in sorted(happens, key=lambda one: one[0]):  # a crew that has accepted is asked nothing again
        if at <= now:
            do(at)


def _add(row: Assignment, order: Order, at: datetime) -> None:
    actions.add_orders(assignment_id=row.pk, order_ids=[order.pk], at=at, actor="dispatcher")


def _tell(row: Assignment, who: CrewMember, kind: ReportKind, at: datetime) -> None:
    entry = actions.ReportEntry(client_id=uuid4(), assignment_id=row.pk, kind=kind, told_at=at)
    actions.take_reports(user_id=who.user_id, entries=[entry], at=at, actor=who.user.get_username())
