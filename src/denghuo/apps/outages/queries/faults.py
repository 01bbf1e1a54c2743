"""Every read of reports and suspected faults."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import override

from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.organization.access import within
from denghuo.apps.outages.models import Report, ReportState, Suspicion, SuspicionState
from denghuo.apps.outages.queries.rules import judging_for
from denghuo.apps.outages.queries.telling import area_told

TO_PLACE = (ReportState.ALONE, ReportState.SUSPECTED, ReportState.LIT)


class Evident(NamedTuple):
    """What a report says of supply, as bare columns: in a storm tens of thousands are read again and again."""

    pk: int
    order_id: int
    load_code: str
    who: int
    state: str
    suspicion_id: int | None
    reported_at: datetime
    answered_at: datetime | None
    back_at: datetime | None
    still_out_count: int

    @property
    def told_at(self) -> datetime:
        """When what it says was so: that supply is back, since somebody was asked."""
        return (self.answered_at or self.reported_at) if self.state == ReportState.LIT else self.reported_at


def _to_place(network_id: int) -> "QuerySet[Report]":
    return Report.objects.filter(network_id=network_id, state__in=TO_PLACE).order_by("pk")


def reports_to_place(network_id: int) -> list[Report]:
    """Reports of a network that no known outage explains: the evidence."""
    return list(_to_place(network_id))


def evidence_of(network_id: int) -> list[Evident]:
    """The same as bare columns."""
    return [Evident._make(row) for row in _to_place(network_id).values_list(*Evident._fields)]


def networks_reported(*, at_most: int) -> list[int]:
    """Networks, those first of which reports are open, the latest before all."""
    latest = Report.objects.filter(network__isnull=False).exclude(state=ReportState.CLOSED)
    of_network = dict(latest.order_by().values_list("network_id").annotate(Max("pk")))
    networks = Network.objects.order_by("pk").values_list("pk", flat=True)
    return sorted(networks, key=lambda pk: -of_network.get(pk, 0))[:at_most]


def open_suspicions(scope: Iterable[str]) -> list[Suspicion]:
    """Suspected faults within a scope that are neither confirmed nor dismissed, most customers first."""
    rows = Suspicion.objects.filter(within(scope, field="network__unit__path"), state=SuspicionState.OPEN)
    return list(rows.select_related("network__unit", "feeder").order_by("-lv_customers", "pk"))


def suspicion_for(*, scope: Iterable[str], suspicion_id: int) -> Suspicion:
    """One suspected fault, if it lies in the scope.

    Raises:
        Suspicion.DoesNotExist: there is none, or it is somebody else's.
    """
    rows = Suspicion.objects.select_related("network__unit", "feeder", "outage")
    return rows.get(within(scope, field="network__unit__path"), pk=suspicion_id)


def seen_closed(network_id: int, reports: Sequence[Evident], *, at: datetime) -> list[str]:
    """Devices that somebody has lately seen closed, when they dismissed a suspicion, and those that the log closed
    before somebody behind them said "still out"."""
    rule = judging_for(network_id, on=timezone.localdate(at))
    since = at - timedelta(seconds=rule.shut_for_s)
    rows = Suspicion.objects.filter(network_id=network_id, state=SuspicionState.DISMISSED, decided_at__gt=since)
    by_log = _shut_by_log(network_id, reports, several=rule.several_reports)
    return [*rows.values_list("device_code", flat=True).distinct(), *by_log]


def _shut_by_log(network_id: int, reports: Sequence[Evident], *, several: int) -> Iterator[str]:
    """Devices whose closing gave supply back to everybody but those who say "still out": what lies further down is the
    reason, unless several others behind it have reported since."""
    told = [one for one in reports if one.state != ReportState.LIT]
    back = [one.back_at for one in told if one.still_out_count and one.back_at]
    for code, closed_at in network.closed_since(network_id, since=min(back)).items() if back else ():
        behind = set(network.loads_behind(network_id, device_codes=[code]))
        since = [one.still_out_count > 0 for one in told if one.load_code in behind and one.reported_at >= closed_at]
        if any(since) and since.count(False) < several:
            yield code


def open_by(row: Suspicion) -> datetime:
    """When the device of a suspected fault was open, if it is now: by the first report, and since the log last had
    everybody behind it supplied."""
    since = None
    if network.is_device(row.network_id, code=row.device_code):
        since = network.supplied_since(row.network_id, device_code=row.device_code)
    return max(row.first_reported_at, since) if since else row.first_reported_at


def areas_behind(network_id: int, *, device_code: str) -> list[str]:
    """Where those live who are behind a device, as the switches normally stand, and are not out by the log already."""
    grid, dark = network.network_snapshot(network_id).grid, network.supply_marks(network_id).event_of_load
    codes = network.loads_behind(network_id, device_codes=[device_code])
    return [str(grid.loads.area[grid.load_position[code]]) for code in codes if code not in dark]


def places_of_confirmed(network_id: int, *, numbers: Iterable[str]) -> dict[str, str]:
    """Where supply went by faults that were suspected and are confirmed, by number: the villages of those who lost it,
    else their transformers, else the device."""
    rows = Suspicion.objects.filter(network_id=network_id, state=SuspicionState.CONFIRMED, number__in=list(numbers))
    confirmed = list(rows.values_list("number", "place"))
    found: dict[str, str] = {}
    if not confirmed:
        return found
    loads = network.network_snapshot(network_id).grid.loads
    for number, device in confirmed:
        lost = [one.load_position for one in network.intervals_of_event(network_id, event_number=number)]
        with override(settings.LANGUAGE_CODE):
            told = (area_told(str(names[one]) for one in lost) for names in (loads.area, loads.name))
            found[number] = next(filter(None, told), device)[:200]
    return found


def reports_of(*, outage_ids: Sequence[int] = (), suspicion_ids: Sequence[int] = ()) -> QuerySet[Report]:
    """Reports of outages and of suspected faults, the newest first."""
    return Report.objects.filter(Q(outage_id__in=outage_ids) | Q(suspicion_id__in=suspicion_ids))


def report_of_order(order_id: int) -> Report | None:
    """What became of an order's report, if it is one."""
    return Report.objects.filter(order_id=order_id).select_related("outage", "suspicion").first()
