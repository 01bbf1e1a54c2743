"""The forecast of a unit, made anew."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.facts import CallsRecorded
from denghuo.apps.ledger.actions import record
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.facts import ForecastMade
from denghuo.apps.staffing.models import Forecast, RuleKind
from denghuo.apps.staffing.queries.outlook import forecast_of
from denghuo.apps.staffing.queries.rules import all_calendar_days, rule_book
from denghuo.apps.staffing.queries.surges import supply_steps_of, waves_known
from denghuo.apps.staffing.snapshot.forecasts import TooShortError, errors_told, fit, forecast_told
from denghuo.apps.staffing.snapshot.history import history_of
from denghuo.apps.staffing.snapshot.waves import wave_learned

__all__ = ["TooShortError", "follow_calls", "make_forecast"]

_AHEAD_DAYS, _BACK_DAYS = 70, 1_100


def follow_calls(fact: CallsRecorded, *, at: datetime, actor: str, delivery_key: str) -> None:
    """With the first calls of a day, a forecast that somebody once asked for is made anew; on the other calls of the
    day nothing happens. Belongs into the background."""
    del delivery_key  # made twice, it is the same
    yesterday = timezone.localdate(at) - timedelta(days=1)
    for unit in (one.unit for one in hotline.all_exchanges() if one.pk == fact.exchange_id):
        row = forecast_of(unit.pk)
        if row is not None and row.known_until < yesterday:
            with suppress(TooShortError):
                make_forecast(unit=unit, at=at, actor=actor)


@transaction.atomic
def make_forecast(*, unit: Unit, at: datetime, actor: str) -> Forecast:
    """Learn from all calls up to yesterday and forecast the next ten weeks; with how good that would have been before.

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
    history = history_of(queues, first=first, last=last, causes=hotline.all_causes([str(unit.path)]))
    calendar = all_calendar_days()
    least = rule_book(unit.pk).value(RuleKind.SURGE_CUSTOMERS, on=today)
    outages = waves_known([str(unit.path)], since=first, until=last, least_customers=least)
    wave = wave_learned(history, [(one, supply_steps_of(one)) for one in outages])
    days = [today + timedelta(days=n) for n in range(_AHEAD_DAYS)]
    told = forecast_told(fit(history, calendar), history, days=days, calendar=calendar, wave=wave)
    row, _ = Forecast.objects.update_or_create(
        unit_id=unit.pk,
        defaults={
            "made_at": at,
            "known_until": last,
            "first_day": today,
            "day_count": len(days),
            "told": told,
            "errors": errors_told(history, calendar),
        },
    )
    record(ForecastMade(unit_id=unit.pk, known_until=last, first_day=today, day_count=len(days)), at=at, actor=actor)
    return row
