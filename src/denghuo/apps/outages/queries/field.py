"""What the field and the orders ask about supply: since when it is gone, since when it is back, who says it is not."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import Max

from denghuo.apps.crews.models import NOTHING_CLOSED, Finding
from denghuo.apps.crews.queries import Sent, assignments_about, assignments_serving
from denghuo.apps.crews.queries.supply import Supply
from denghuo.apps.network import queries as network
from denghuo.apps.orders.models import OrderStep
from denghuo.apps.orders.queries.still_out import SaysOut
from denghuo.apps.outages.models import REPORT_OVER, Outage, Report, ReportState, Suspicion
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
            gone_at = subject.opened_at or subject.first_reported_at
            return Supply(gone_at=gone_at, back_at=None, is_over=subject.is_over)
        subject = subject.outage
    if subject is None:
        return None
    left = left_dark(subject)
    loads = network.network_snapshot(subject.network_id).grid
    return Supply(
        gone_at=subject.started_at,
        back_at=subject.restored_at,
        left_dark=tuple(str(loads.loads.name[loads.load_position[code]]) or code for code in left),
        left_customers=_customers(subject, left),
        dark_customers=_customers(subject, _dark(subject)),
        is_over=subject.restored_at is not None and not _stands_open(subject),
    )


def _stands_open(outage: Outage) -> bool:
    """Whether the device that opened is still open though supply is back: what lies behind it is fed another way, and
    has yet to be mended."""
    if not network.is_device(outage.network_id, code=outage.device_code):
        return False
    device = network.device(outage.network_id, code=outage.device_code)
    return device.branch.switch.normally_closed and not device.closed


def _customers(outage: Outage, codes: Iterable[str]) -> int:
    grid = network.network_snapshot(outage.network_id).grid
    return sum(int(grid.loads.lv_customers[grid.load_position[code]]) for code in codes)


def dark_against(outage: Outage, last: Sent | None) -> int:
    """How many an outage keeps without supply by the log though who was there last found nothing to be closed; 0 where
    they do not differ."""
    return _customers(outage, _dark(outage)) if _closed_nothing(last) else 0


def _dark(outage: Outage) -> list[str]:
    marks = network.supply_marks(outage.network_id).event_of_load if outage.lasts else {}
    return sorted(code for code, number in marks.items() if number == outage.number)


def last_there(about: str) -> Sent | None:
    """Who finished last of those who were sent for something, also while an outage was only a suspected fault."""
    thing, _colon, key = about.partition(":")
    if thing == "orders.order":
        sent = assignments_serving(int(key))
    else:
        subject = subject_of(about)
        was = subject.formerly if isinstance(subject, Outage) else ()
        sent = [one for listed in assignments_about([about, *was]).values() for one in listed]
    return last_of(sent)


def last_of(sent: Iterable[Sent]) -> Sent | None:
    """Who finished last."""
    done = [(one.finished_at, one) for one in sent if one.finished_at is not None]
    return max(done, key=lambda pair: pair[0])[1] if done else None


def _closed_nothing(last: Sent | None) -> bool:
    """Whether who was there last says that nothing is left to be done, and closed nothing."""
    return last is not None and last.finding in NOTHING_CLOSED


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
    snapshot = network.network_snapshot(outage.network_id)
    closed = network.log_snapshot(outage.network_id).replayed.closed.copy()
    if outage.device_code in snapshot.grid.switch_position:
        closed[snapshot.grid.switch_position[outage.device_code]] = True
    live = network.state_if(outage.network_id, closed=closed).section_energized[snapshot.topology.load_section]
    return [code for code in _dark(outage) if not live[snapshot.grid.load_position[code]]]


def keeps_out(outage: Outage) -> str:
    """The device whose switching is to be recorded: the one that began an outage, or where that is closed again the
    last one that opened in it, stands open, and has people without supply behind it."""
    snapshot, dark = network.network_snapshot(outage.network_id), set(_dark(outage))
    closed, position = network.log_snapshot(outage.network_id).replayed.closed, snapshot.grid.switch_position

    def stands_open(code: str) -> bool:
        return code in position and not closed[position[code]]

    if not dark or stands_open(outage.device_code):
        return outage.device_code
    rows = network.operations_of(outage.network_id, event_number=outage.number)
    codes = dict.fromkeys(row.device_code for row in rows if not row.closes and stands_open(row.device_code))
    behind = (code for code in codes if dark & set(network.loads_behind(outage.network_id, device_codes=[code])))
    return next(behind, outage.device_code)


def says_still_out(order_ids: Iterable[int]) -> Mapping[int, SaysOut]:
    """Of orders, those whose customer was asked and says that supply is not back, while nothing shows that it is, and
    those of whom the log says so, whatever they said."""
    order_ids = list(order_ids)
    return _said_by_customers(order_ids) | _dark_by_log(order_ids)


def back_by_log(order_ids: Iterable[int]) -> Mapping[int, datetime]:
    """Of orders of outages, since when their customers have supply again by the switching log."""
    rows = Report.objects.filter(order_id__in=list(order_ids), outage__isnull=False, back_at__isnull=False)
    rows = rows.filter(state__in=(ReportState.BACK, ReportState.LIT)).order_by()
    return {order_id: back_at for order_id, back_at in rows.values_list("order_id", "back_at") if back_at}


def cause_known(order_ids: Collection[int]) -> list[int]:
    """Which of some orders belong to an outage."""
    rows = Report.objects.filter(order_id__in=order_ids, outage__isnull=False).order_by()
    return list(rows.values_list("order_id", flat=True))


def _dark_by_log(order_ids: list[int]) -> dict[int, SaysOut]:
    """Orders of an outage that lasts whose load does not come back with its device, or where a crew found nothing to be
    closed: that was so since supply last came back to others, and when a crew was there. What a crew says there is of
    none of them (``abouts``)."""
    rows = Report.objects.filter(order_id__in=order_ids, outage__started_at__isnull=False, outage__restored_at=None)
    rows = rows.exclude(state__in=REPORT_OVER).select_related("outage")
    outages = {one.outage_id: one.outage for one in rows if one.outage}
    named = {one.order_id: _names(one.outage, one.order_id) for one in rows if one.outage}
    sent = assignments_about({name for names in named.values() for name in names})
    last = {key: last_of(one for name in names for one in sent.get(name, ())) for key, names in named.items()}
    stays = {pk: (set(left_dark(one)), set(_dark(one))) for pk, one in outages.items()}
    left = [one for one in rows if one.load_code in stays[one.outage_id][_closed_nothing(last[one.order_id])]]
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


def _names(outage: Outage, order_id: int) -> list[str]:
    """What crews are sent for, to an outage or to one order of it."""
    return [outage.about, *outage.formerly, f"orders.order:{order_id}"]


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
