"""A forecast worked out anew from all calls, not written yet."""

from datetime import datetime, timedelta

from django.utils import timezone

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.organization.models import Unit
from denghuo.apps.organization.queries import all_calendar_days
from denghuo.apps.staffing.models import Forecast, RuleKind
from denghuo.apps.staffing.queries.known import known_of
from denghuo.apps.staffing.queries.rules import rule_book
from denghuo.apps.staffing.queries.surges import supply_steps_of, waves_known
from denghuo.apps.staffing.snapshot.errors import errors_told
from denghuo.apps.staffing.snapshot.forecasts import TooShortError, fit, forecast_told
from denghuo.apps.staffing.snapshot.history import history_of
from denghuo.apps.staffing.snapshot.waves import wave_learned

_AHEAD_DAYS, _BACK_DAYS = 70, 1_100


def forecast_anew(unit: Unit, *, at: datetime) -> Forecast:
    """What all calls up to yesterday say of the next ten weeks, and how good that would have been; takes seconds.

    Raises:
        TooShortError: too few days with calls.
    """
    today = timezone.localdate(at)
    exchanges = [one.pk for one in hotline.exchanges_within([str(unit.path)]) if one.unit_id == unit.pk]
    begun = hotline.first_day(exchanges)
    last = today - timedelta(days=1)
    if begun is None or begun > last:
        raise TooShortError("no calls yet")
    first = max(begun, today - timedelta(days=_BACK_DAYS))
    queues = [one.pk for one in hotline.queues_of(exchanges)]
    days = [today + timedelta(days=n) for n in range(_AHEAD_DAYS)]
    known = known_of(unit, first=first, last=days[-1], at=at)
    history = history_of(queues, first=first, last=last, causes=hotline.all_causes([str(unit.path)]), known=known)
    calendar = all_calendar_days()
    least = rule_book(unit.pk).value(RuleKind.SURGE_CUSTOMERS, on=today)
    outages = waves_known([str(unit.path)], since=first, until=last, least_customers=least)
    wave = wave_learned(history, [(one, supply_steps_of(one)) for one in outages])
    model = fit(history, calendar, known)
    return Forecast(
        unit_id=unit.pk,
        made_at=at,
        known_until=last,
        first_day=today,
        day_count=len(days),
        told=forecast_told(model, history, days=days, calendar=calendar, known=known, wave=wave),
        errors=errors_told(history, calendar, known),
    )
