"""The rest of today, once part of it is known."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.staffing.models import Forecast
from denghuo.apps.staffing.snapshot import INTERVAL_MIN, INTERVALS
from denghuo.engines.forecasting import VolumeForecast, update_today

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A forecast is made every day; this many days it can be carried on when it is not.
NEAR_DAYS = 7
_DIGITS = 5


def near_told(made: VolumeForecast) -> dict[str, Any]:
    """How the first days of a forecast hang together, as a row holds it."""
    near = slice(0, NEAR_DAYS)
    return {
        "busyness": np.round(np.diag(made.busyness_covariance)[near], _DIGITS).tolist(),
        "profile_sd": np.round(made.profile_sd[near], _DIGITS).tolist(),
        "correlation": np.round(made.interval_correlation, 3).tolist(),
    }


def followed(row: Forecast, day: date, counts: Floats, *, known: int) -> Floats | None:
    """Calls of a day by interval, float64[intervals]: those expected of the first ``known`` intervals, and what the
    ``counts`` of these (NaN: not to go by) say of the others. None where the forecast says too little."""
    at, near = (day - row.first_day).days, row.told.get("near")
    if not near or not 0 <= at < len(near["busyness"]) or not np.isfinite(counts[:known]).any():
        return None
    mean = np.array(row.told["mean"][at], dtype=np.float64)
    forecast = VolumeForecast(
        day=np.array([day], dtype="datetime64[D]"),
        mean=mean[None, :].copy(),
        busyness_covariance=np.array([[near["busyness"][at]]], dtype=np.float64),
        profile_sd=np.array([near["profile_sd"][at]], dtype=np.float64),
        interval_correlation=np.array(near["correlation"], dtype=np.float64),
        day_correlation=np.ones((1, 1)),
    )
    over = np.arange(INTERVALS) < known
    rest = update_today(forecast, np.where(over, counts, np.nan), part=over.astype(np.float64))
    return np.where(over, mean, rest.mean[0])


def counts_of_day(queue_ids: Sequence[int], day: date) -> Floats:
    """First calls of a day of callers who asked for a person, float64[intervals]."""
    found = np.zeros(INTERVALS)
    span = hotline.Span(queue_ids=tuple(queue_ids), first=day, last=day)
    for (_day, minute), told in hotline.by_interval(span).items():
        found[minute // INTERVAL_MIN] += told.first_requests
    return found


def intervals_over(at: datetime) -> int:
    """How many intervals of its local day are over at an instant."""
    local = timezone.localtime(at)
    return (local.hour * 60 + local.minute) // INTERVAL_MIN
