"""What is coming: the forecast, and what it requires."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing.models import Forecast, RuleKind
from denghuo.apps.staffing.queries.duties import heads_on_duty
from denghuo.apps.staffing.queries.rules import rule_book, target_share
from denghuo.apps.staffing.snapshot.forecasts import Ahead, ahead_of
from denghuo.apps.staffing.snapshot.history import midnight, within_days
from denghuo.apps.staffing.snapshot.requirement import Requirement, requirement_of
from denghuo.apps.staffing.snapshot.today import counts_of_day, followed, intervals_over


def forecast_of(unit_id: int) -> Forecast | None:
    """The last forecast of a unit."""
    return Forecast.objects.filter(unit_id=unit_id).first()


def ahead_of_unit(unit_id: int) -> Ahead | None:
    """It as arrays."""
    row = forecast_of(unit_id)
    return None if row is None else ahead_of(row)


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Days with what is forecast, required and rostered; ``heads`` int64[days, intervals], None without a plan."""

    ahead: Ahead | None
    requirement: Requirement
    heads: NDArray[np.int64] | None


def demand_of(unit: Unit, *, days: Sequence[date], level: float | None = None) -> Demand:
    """What days of a unit look like."""
    book = rule_book(unit.pk)
    ahead = ahead_of_unit(unit.pk)
    requirement = requirement_of(
        ahead, days=days, book=book, target_share=target_share(unit, on=days[0], book=book), level=level
    )
    return Demand(ahead=ahead, requirement=requirement, heads=heads_on_duty(unit.pk, days))


@dataclass(frozen=True, kw_only=True)
class Today:
    """A day that is running: ``expected`` calls by interval float64[intervals], the rest of the day as what came so far
    says; ``counts`` are those that came; ``came`` until the last interval that is over, where ``planned`` were
    forecast."""

    expected: NDArray[np.float64]
    counts: NDArray[np.float64]
    came: float
    planned: float


def today_followed(unit: Unit, *, at: datetime, until: datetime | None = None) -> Today | None:
    """Today as it goes on: what came (until an instant, such as the beginning of an outage) tells how busy the rest
    will be. What a named cause or an outage hits is not gone by: an outage of an hour makes no busy day. None without a
    forecast of it, or as it begins."""
    row, day = forecast_of(unit.pk), timezone.localdate(at)
    known = intervals_over(at if until is None or timezone.localdate(until) != day else min(at, until))
    if row is None or not known:
        return None
    exchanges = [one.pk for one in hotline.exchanges_within([str(unit.path)]) if one.unit_id == unit.pk]
    counts = counts_of_day([one.pk for one in hotline.queues_of(exchanges)], day)
    judged = counts.copy()
    causes = [(one.started_at, one.ended_at) for one in hotline.all_causes([str(unit.path)]) if one.volume]
    for start, end in (*causes, *outages_large(unit, day, at=at)):
        judged[within_days([day], start, end)[0]] = np.nan
    expected = followed(row, day, judged, known=known)
    if expected is None:
        return None
    came, planned = float(counts[:known].sum()), float(expected[:known].sum())
    return Today(expected=expected, counts=counts, came=came, planned=planned)


def outages_large(unit: Unit, day: date, *, at: datetime) -> list[tuple[datetime, datetime]]:
    """From when to when outages of a day that are large enough for a surge have hit the hotline, as known at an
    instant, whether a surge was worked out or not."""
    least = rule_book(unit.pk).value(RuleKind.SURGE_CUSTOMERS, on=day)
    rows = Outage.objects.filter(
        within([str(unit.path)], field="network__unit__path"), started_at__lte=at, lv_customers__gte=least
    )
    told = rows.exclude(restored_at__lt=midnight(day))
    return [(one.started_at, min(one.restored_at or at, at)) for one in told if one.started_at is not None]


def today_of(unit: Unit, *, at: datetime, until: datetime | None) -> NDArray[np.float64] | None:
    """Calls of today by interval, by what came until an instant."""
    found = today_followed(unit, at=at, until=until)
    return None if found is None else found.expected
