"""What is known in advance of days: rows, the weather, planned outages."""

from datetime import date, datetime, timedelta

import numpy as np
from django.utils import timezone

from denghuo.apps.network import queries as network
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing.models import KnownDays, WeatherDay
from denghuo.apps.staffing.snapshot.known import Known


def known_days_of(unit_id: int) -> list[KnownDays]:
    """All that is known of days, the last first."""
    return list(KnownDays.objects.filter(unit_id=unit_id))


def known_days_for(unit_id: int, known_id: int) -> KnownDays:
    """One of them.

    Raises:
        KnownDays.DoesNotExist: there is none, or it is somebody else's.
    """
    return KnownDays.objects.get(unit_id=unit_id, pk=known_id)


def weather_between(unit_id: int, first: date, last: date) -> list[WeatherDay]:
    """The weather of days, both counted, as far as it is known."""
    return list(WeatherDay.objects.filter(unit_id=unit_id, date__gte=first, date__lte=last))


def weather_span(unit_id: int) -> tuple[date, date, int] | None:
    """From when until when weather is known, and of how many days."""
    days = list(WeatherDay.objects.filter(unit_id=unit_id).values_list("date", flat=True))
    return (min(days), max(days), len(days)) if days else None


def known_of(unit: Unit, *, first: date, last: date, at: datetime) -> Known:
    """Everything known at an instant of the days from ``first`` to ``last``, both counted."""
    rows = [one for one in known_days_of(unit.pk) if one.first <= last and one.last >= first - timedelta(days=31)]
    return Known(
        rows=tuple(rows),
        weather=tuple(weather_between(unit.pk, first, last)),
        planned=customers_planned(unit, first=first, last=last, at=at),
    )


def customers_planned(unit: Unit, *, first: date, last: date, at: datetime) -> dict[date, float]:
    """Customers whom planned outages leave without supply, by the day on which these begin: those they left, of what is
    over or has begun; those behind the devices of a plan ahead; where a plan names none, as many as the middle one of
    the past."""
    begun = Outage.objects.filter(
        within([str(unit.path)], field="network__unit__path"),
        planned_start_at__isnull=False,
        started_at__date__gte=first,
        started_at__date__lte=last,
    )
    found: dict[date, float] = {}
    for one in begun:
        if one.started_at is not None:
            _add(found, timezone.localdate(one.started_at), one.lv_customers)
    usual = float(np.median([one.lv_customers for one in begun])) if begun else 0.0
    for one in outages.planned_outages([str(unit.path)], after=at):
        if one.planned_start_at is not None and timezone.localdate(one.planned_start_at) <= last:
            _add(found, timezone.localdate(one.planned_start_at), _customers_behind(one) or usual)
    return {day: customers for day, customers in found.items() if customers > 0}


def _add(found: dict[date, float], day: date, customers: float) -> None:
    found[day] = found.get(day, 0.0) + customers


def _customers_behind(outage: Outage) -> int:
    codes = outage.planned_device_codes.split()
    if not codes:
        return 0
    behind = network.loads_behind(outage.network_id, device_codes=codes)
    loads = network.network_snapshot(outage.network_id).grid.loads
    return int(loads.lv_customers[np.isin(loads.id, behind)].sum())
