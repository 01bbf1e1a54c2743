"""Who is out there when the demo begins: the crews on duty are with what lasts, and their orders with them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from denghuo.apps.crews import actions
from denghuo.apps.crews.models import Assignment, CrewMember, ReportKind
from denghuo.apps.crews.queries.board import Seat, board
from denghuo.apps.network.queries import spot_of
from denghuo.apps.orders.models import Kind, Order, State
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.models import Outage

_MIN = timedelta(minutes=1)
_SINCE = timedelta(hours=6)
_SENT_AFTER = 2 * _MIN
# What a crew tells of its way, so long after it was sent; of what waits behind something else, only the first three.
_TOLD: tuple[tuple[float, ReportKind], ...] = (
    (0.3, ReportKind.DELIVERED),
    (0.6, ReportKind.READ),
    (1.1, ReportKind.ACCEPTED),
    (3, ReportKind.DEPARTED),
    (22, ReportKind.ARRIVED),
)


def send_crews(*, network_id: int, unit_id: int, now: datetime) -> None:
    """Send the crews on duty to the outages that last and to what else waits; ``now`` is local."""
    seats = [one for one in board((str(Unit.objects.get(pk=unit_id).path),), at=now).seats if one.duty and one.people]
    waiting = Order.objects.filter(
        unit_id=unit_id, kind__in=[Kind.FAULT, Kind.SERVICE], state=State.REGISTERED, received_at__gte=now - _SINCE
    )
    busy: set[int] = set()
    for turn, (outage, orders) in enumerate(_matters(network_id, list(waiting.order_by("received_at", "pk")))):
        if not seats or orders[0].received_at + _SENT_AFTER > now:
            continue
        seat = seats[turn % len(seats)]
        _send(seat, outage, orders, now, told=_TOLD[:3] if seat.crew.pk in busy else _TOLD)
        busy.add(seat.crew.pk)


def _matters(network_id: int, orders: Sequence[Order]) -> Iterator[tuple[Outage | None, list[Order]]]:
    """Orders of the outage that began last before they came in; what no outage explains, one by one."""
    lasting = list(Outage.objects.filter(network_id=network_id, started_at__isnull=False, restored_at=None))
    lasting.sort(key=lambda one: str(one.started_at))
    found: dict[int, list[Order]] = {}
    for order in orders:
        before = [one for one in lasting if one.started_at is not None and one.started_at <= order.received_at]
        if before and order.kind == Kind.FAULT:
            found.setdefault(before[-1].pk, []).append(order)
        else:
            yield None, [order]
    yield from ((one, found[one.pk]) for one in lasting if one.pk in found)


def _send(
    seat: Seat,
    outage: Outage | None,
    orders: Sequence[Order],
    now: datetime,
    *,
    told: Sequence[tuple[float, ReportKind]],
) -> None:
    spot = spot_of(outage.network_id, code=outage.device_code) if outage else None
    sent_at = orders[0].received_at + _SENT_AFTER
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
    happens = [(order.received_at + _SENT_AFTER, partial(_add, row, order)) for order in orders[1:]]
    happens += [(row.sent_at + minutes * _MIN, partial(_tell, row, seat.people[0], kind)) for minutes, kind in told]
    for at, do in sorted(happens, key=lambda one: one[0]):  # a crew that has accepted is asked nothing again
        if at <= now:
            do(at)


def _add(row: Assignment, order: Order, at: datetime) -> None:
    actions.add_orders(assignment_id=row.pk, order_ids=[order.pk], at=at, actor="dispatcher")


def _tell(row: Assignment, who: CrewMember, kind: ReportKind, at: datetime) -> None:
    entry = actions.ReportEntry(client_id=uuid4(), assignment_id=row.pk, kind=kind, told_at=at)
    actions.take_reports(user_id=who.user_id, entries=[entry], at=at, actor=who.user.get_username())
