"""What everybody may know of outages: where, since when, until when. Nobody is named or counted, and no device."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from denghuo.apps.network import queries as network
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.models import Outage, TellingRule
from denghuo.apps.outages.queries.estimates import estimates_of_outage
from denghuo.apps.outages.queries.outages import loads_out
from denghuo.apps.outages.queries.rules import rules_for

PLANS_AHEAD = timedelta(days=8)  # a planned outage is announced seven days before


@dataclass(frozen=True, kw_only=True)
class PublicOutage:
    """One outage as those who live there see it. ``expected_at`` is when supply is to be back, None where nobody has
    said; ``began`` tells what is so from what is planned. ``areas`` are those still dark, of a plan those to be."""

    areas: tuple[str, ...]
    line: str
    tone: str
    began: bool
    starts_at: datetime
    expected_at: datetime | None
    unit: str


def public_outages(*, at: datetime) -> tuple[PublicOutage, ...]:
    """What lasts, the longest first, then what is planned for the days ahead, the next first."""
    lasts = Q(started_at__isnull=False, restored_at=None)
    ahead = Q(started_at=None, plan_cancelled_at=None, planned_end_at__gt=at, planned_start_at__lt=at + PLANS_AHEAD)
    rows = list(Outage.objects.filter(lasts | ahead).select_related("network__unit", "feeder"))
    found = [_public(row, at) for row in rows]
    return tuple(sorted(found, key=lambda one: (not one.began, one.starts_at, one.areas)))


def public_outage_of(network_id: int, load_codes: Iterable[str], *, at: datetime) -> PublicOutage | None:
    """The outage that these loads are without supply by; of several the one that keeps most of them dark."""
    event_of_load = network.supply_marks(network_id).event_of_load
    numbers = Counter(event_of_load[code] for code in load_codes if event_of_load.get(code))
    rows = Outage.objects.filter(network_id=network_id, number__in=list(numbers), restored_at=None)
    found = list(rows.exclude(started_at=None).select_related("network__unit", "feeder"))
    most = max(found, key=lambda row: (numbers[row.number], -row.pk), default=None)
    return _public(most, at) if most is not None else None


def phones_of_stations(*, at: datetime) -> tuple[str, ...]:
    """The numbers to call, as the rules of telling name them: one for most sites."""
    paths = map(str, Unit.objects.filter(network__isnull=False).values_list("path", flat=True))
    rules = rules_for(paths, on=timezone.localdate(at)) or [TellingRule()]
    return tuple(sorted({rule.phone for rule in rules if rule.phone}))


def _public(row: Outage, at: datetime) -> PublicOutage:
    began = row.started_at is not None
    starts_at = row.started_at or row.planned_start_at
    assert starts_at is not None  # what neither began nor is planned was not asked for
    told = [one.expected_at for one in estimates_of_outage(row)[-1:]] if began else []
    expected_at = next((one for one in (*told, row.planned_end_at) if one is not None and one > at), None)
    return PublicOutage(
        areas=_areas_out(row, at) if began else areas_planned(row),
        line=str(row.feeder or ""),
        tone=row.tone,
        began=began,
        starts_at=starts_at,
        expected_at=expected_at,
        unit=row.network.unit.name,
    )


def _areas_out(row: Outage, at: datetime) -> tuple[str, ...]:
    return _areas(row, (load.area for load in loads_out(row, at=at) if load.ended_at is None))


def areas_planned(row: Outage) -> tuple[str, ...]:
    """Where supply will be out, by the devices that a plan opens."""
    grid = network.network_snapshot(row.network_id).grid
    known = [code for code in row.planned_device_codes.split() if code in grid.switch_position]
    behind = network.loads_behind(row.network_id, device_codes=known) if known else []
    return _areas(row, (str(grid.loads.area[grid.load_position[code]]) for code in behind))


def _areas(row: Outage, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name})) or ((row.place,) if row.place else ())
