"""What the field and the orders ask about supply: since when it is gone, since when it is back, who says it is not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Max

from denghuo.apps.crews.models import Finding
from denghuo.apps.crews.queries import Sent, assignments_about
from denghuo.apps.crews.queries.supply import Supply
from denghuo.apps.network import queries as network
from denghuo.apps.orders.models import OrderStep
from denghuo.apps.orders.queries.still_out import SaysOut
from denghuo.apps.outages.models import REPORT_OVER, Outage, Report, Suspicion
from denghuo.apps.outages.queries.estimates import subject_of


def supply_of(about: str) -> Supply | None:
    """Of what a crew is sent for: since when supply is gone, and when the switching log says that it came back. An
    order is of the outage that its report belongs to."""
    thing, _colon, key = about.partition(":")
    if thing == "orders.order":
        report = Report.objects.filter(order_id=key, outage__isnull=False).select_related("outage").first()
        subject: Outage | Suspicion | None = report.outage if report else None
    else:
        subject = subject_of(about)
    if isinstance(subject, Suspicion):
        if subject.outage is None:
            return Supply(gone_at=subject.opened_at or subject.first_reported_at, back_at=None)
        subject = subject.outage
    if subject is None:
        return None
    left = left_dark(subject)
    loads = network.network_snapshot(subject.network_id).grid
    return Supply(
        gone_at=subject.started_at,
        back_at=subject.restored_at,
        left_dark=tuple(str(loads.loads.name[loads.load_position[code]]) or code for code in left),
        left_customers=sum(int(loads.loads.lv_customers[loads.load_position[code]]) for code in left),
    )


def said_back(outage: Outage) -> list[Sent]:
    """Crews that say the fault is cleared and supply is back, while by the log the outage lasts; the last first."""
    if not outage.lasts:
        return []
    sent = [one for listed in assignments_about([outage.about, *outage.formerly]).values() for one in listed]
    return [one for one in sent if one.finding == Finding.FAULT_CLEARED and one.restored_at is not None]


def left_dark(outage: Outage) -> list[str]:
    """Loads of an outage that lasts which by the log stay without supply also when the device that began it is
    closed: something further down is open."""
    if not outage.lasts:
        return []
    marks = network.supply_marks(outage.network_id).event_of_load
    snapshot = network.network_snapshot(outage.network_id)
    closed = network.log_snapshot(outage.network_id).replayed.closed.copy()
    if outage.device_code in snapshot.grid.switch_position:
        closed[snapshot.grid.switch_position[outage.device_code]] = True
    live = network.state_if(outage.network_id, closed=closed).section_energized[snapshot.topology.load_section]
    own = sorted(code for code, number in marks.items() if number == outage.number)
    return [code for code in own if not live[snapshot.grid.load_position[code]]]


def says_still_out(order_ids: Iterable[int]) -> Mapping[int, SaysOut]:
    """Of orders, those whose customer was asked and says that supply is not back, while nothing shows that it is, and
    those of whom the log says so, whatever they said."""
    order_ids = list(order_ids)
    return _said_by_customers(order_ids) | _dark_by_log(order_ids)


def _dark_by_log(order_ids: list[int]) -> dict[int, SaysOut]:
    """Orders of an outage that lasts whose load does not come back with its device: that was so since supply last came
    back to others, and when a crew was there. What a crew says there is of none of them (``abouts``)."""
    rows = Report.objects.filter(order_id__in=order_ids, outage__started_at__isnull=False, outage__restored_at=None)
    rows = rows.exclude(state__in=REPORT_OVER).select_related("outage")
    outages = {one.outage_id: one.outage for one in rows if one.outage}
    dark = {pk: set(left_dark(one)) for pk, one in outages.items()}
    left = [one for one in rows if one.load_code in dark[one.outage_id]]
    if not left:
        return {}
    since = {pk: _last_back(one) for pk, one in outages.items()}
    arrived = OrderStep.objects.filter(order_id__in=[one.order_id for one in left], step="arrive").order_by()
    there = dict(arrived.values_list("order_id").annotate(Max("at")))
    return {
        one.order_id: SaysOut(
            said_at=max(filter(None, (since[one.outage_id], there.get(one.order_id))), default=one.reported_at),
            abouts=frozenset(),
            by_log=True,
        )
        for one in left
    }


def _last_back(outage: Outage) -> datetime | None:
    """When supply last came back to somebody in an outage."""
    intervals = network.intervals_of_event(outage.network_id, event_number=outage.number)
    return max((one.ended_at for one in intervals if one.ended_at), default=outage.started_at)


def _said_by_customers(order_ids: list[int]) -> dict[int, SaysOut]:
    rows = Report.objects.filter(order_id__in=order_ids, still_out_count__gt=0).exclude(state__in=REPORT_OVER)
    rows = rows.select_related("suspicion")
    before = _names_of(one for row in rows for one in (row.outage_id, row.suspicion and row.suspicion.outage_id) if one)
    found = {}
    for row in rows:
        names = {row.about, f"orders.order:{row.order_id}"}
        names |= {row.suspicion.about} if row.suspicion else set()
        for outage_id in (row.outage_id, row.suspicion.outage_id if row.suspicion else None):
            names |= before.get(outage_id or 0, set())
        found[row.order_id] = SaysOut(said_at=row.answered_at or row.reported_at, abouts=frozenset(names))
    return found


def _names_of(outage_ids: Iterable[int]) -> dict[int, set[str]]:
    """How an outage is called: by its own name, and by those of the suspected faults that it was."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in Outage.objects.filter(pk__in=set(outage_ids)).prefetch_related("suspicions"):
        found[row.pk] = {row.about, *row.formerly}
    return found
