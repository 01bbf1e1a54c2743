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
from denghuo.apps.staffing.models import Forecast
from denghuo.apps.staffing.queries.forecasts import forecast_anew
from denghuo.apps.staffing.queries.outlook import forecast_of
from denghuo.apps.staffing.snapshot.forecasts import TooShortError

__all__ = ["TooShortError", "follow_calls", "make_forecast"]


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
def make_forecast(*, unit: Unit, at: datetime, actor: str, worked_out: Forecast | None = None) -> Forecast:
    """Learn from all calls up to yesterday and forecast the next ten weeks; with how good that would have been before.
    ``worked_out`` what :func:`forecast_anew` has found already, so that nobody waits for this to write.

    Raises:
        TooShortError: too few days with calls.
    """
    found = worked_out or forecast_anew(unit, at=at)
    told = ("made_at", "known_until", "first_day", "day_count", "told", "errors")
    row, _ = Forecast.objects.update_or_create(unit_id=unit.pk, defaults={name: getattr(found, name) for name in told})
    fact = ForecastMade(unit_id=unit.pk, known_until=row.known_until, first_day=row.first_day, day_count=row.day_count)
    record(fact, at=at, actor=actor)
    return row
