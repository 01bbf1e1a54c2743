"""What past outages tell of the waves that they bring."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone

from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing.snapshot import INTERVAL_MIN, INTERVALS
from denghuo.apps.staffing.snapshot.history import History
from denghuo.engines.forecasting import ForecastError, WaveModel, WaveRecord, build_outage, learn_wave

Steps = Sequence[tuple[datetime, int]]

_AFTER = timedelta(hours=1)
_WEEKS = (-2, -1, 1, 2)


def wave_learned(history: History, outages: Sequence[tuple[Outage, Steps]]) -> WaveModel:
    """Learn from these outages; from none, the engine's prior is the answer."""
    records = [found for outage, steps in outages if (found := _record(history, outage, steps))]
    try:
        return learn_wave(records)
    except ForecastError:
        return learn_wave([])


def _record(history: History, outage: Outage, steps: Steps) -> WaveRecord | None:
    """Calls from the half hour of the loss until an hour after supply was back; usual is the mean of the same weekday
    two weeks before and after."""
    begun, ended = outage.started_at, outage.restored_at
    if begun is None or ended is None or not steps:
        return None
    local = timezone.localtime(begun)
    row = (local.date() - history.days[0]).days
    column = (local.hour * 60 + local.minute) // INTERVAL_MIN
    count = min(int((ended + _AFTER - begun) / timedelta(minutes=INTERVAL_MIN)) + 1, INTERVALS)
    calls = history.fresh.ravel()
    at = row * INTERVALS + column
    around = [calls[at + 7 * INTERVALS * week :][:count] for week in _WEEKS if at + 7 * INTERVALS * week >= 0]
    whole = [one for one in around if len(one) == count]
    if row < 0 or at + count > len(calls) or not whole:
        return None
    points = {0.0: float(steps[0][1])}
    points |= {max((when - begun).total_seconds(), 0.0): float(customers) for when, customers in steps}
    start_of_interval = local.replace(minute=local.minute // INTERVAL_MIN * INTERVAL_MIN, second=0, microsecond=0)
    return WaveRecord(
        outage=build_outage(
            sorted(points), [points[second] for second in sorted(points)], start_hour=local.hour + local.minute / 60
        ),
        calls=calls[at : at + count],
        background=np.mean(whole, axis=0),
        interval_s=INTERVAL_MIN * 60.0,
        first_s=(start_of_interval - local).total_seconds(),
    )
