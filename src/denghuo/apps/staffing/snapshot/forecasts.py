"""Forecasts as rows hold them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.organization.models import CalendarDay
from denghuo.apps.staffing.models import Forecast
from denghuo.apps.staffing.snapshot import INTERVALS
from denghuo.apps.staffing.snapshot.history import History
from denghuo.apps.staffing.snapshot.known import Known, days_known, moves_told
from denghuo.apps.staffing.snapshot.today import near_told
from denghuo.engines.forecasting import (
    ForecastError,
    VolumeForecast,
    VolumeModel,
    WaveModel,
    fit_volume,
    learn_wave,
)

Floats = NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.8, 0.9)


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """A forecast as arrays: ``mean`` calls float64[days, intervals], ``quantiles`` by level, ``totals`` of whole days
    by level, ``busyness_cv`` float64[days] of the factor a day's rates share; the times the queue needs."""

    first_day: date
    mean: Floats
    quantiles: dict[float, Floats]
    totals: dict[float, Floats]
    busyness_cv: Floats
    handling_s: float
    patience_s: float
    redial_share: float
    measured: bool
    wave: WaveModel

    @property
    def days(self) -> list[date]:
        """The days it speaks of."""
        return [self.first_day + timedelta(days=n) for n in range(len(self.mean))]

    def of(self, days: Sequence[date], *, level: float | None = None) -> Floats:
        """Calls by interval of these days, the mean or a quantile; NaN on days it does not speak of."""
        table = self.mean if level is None else self.quantiles[min(self.quantiles, key=lambda one: abs(one - level))]
        found = np.full((len(days), INTERVALS), np.nan)
        for row, day in enumerate(days):
            at = (day - self.first_day).days
            if 0 <= at < len(table):
                found[row] = table[at]
        return found

    def cv(self, day: date) -> float:
        """How uncertain a day's busyness is; 0 where nothing is said of it."""
        at = (day - self.first_day).days
        return float(self.busyness_cv[at]) if 0 <= at < len(self.busyness_cv) else 0.0


class TooShortError(Exception):
    """The history does not tell enough to forecast from."""


def fit(history: History, calendar: Iterable[CalendarDay], known: Known) -> VolumeModel:
    """Learn from a history.

    Raises:
        TooShortError: fewer days with calls than the engine needs.
    """
    try:
        days = days_known(history.days, calendar, known)
        return fit_volume(history.fresh, days=days, incident=history.unexplained)
    except ForecastError as error:
        raise TooShortError(str(error)) from error


def forecast_told(
    model: VolumeModel,
    history: History,
    *,
    days: Sequence[date],
    calendar: Sequence[CalendarDay],
    known: Known,
    wave: WaveModel,
) -> dict[str, Any]:
    """A forecast of these days, as a row holds it."""
    made = model.forecast(days_known(days, calendar, known))
    quantiles, totals = made.quantile(LEVELS), made.total_quantile(LEVELS)
    return {
        "mean": _rounded(made.mean),
        "quantiles": {str(level): _rounded(table) for level, table in zip(LEVELS, quantiles, strict=True)},
        "totals": {str(level): _rounded(table) for level, table in zip(LEVELS, totals, strict=True)},
        "busyness_cv": _rounded(_busyness_cv(made)),
        "near": near_told(made),
        "handling_s": history.handling_s,
        "patience_s": history.patience_s,
        "redial_share": history.redial_share,
        "measured": history.measured,
        "moves": moves_told(model, made.mean, days, calendar, known),
        "not_known": [str(one.value) for one in model.not_known],
        "wave": {
            "mean": wave.mean.tolist(),
            "covariance": wave.covariance.tolist(),
            "event_sd": wave.event_sd,
            "dispersion": wave.dispersion,
            "event_count": wave.event_count,
        },
    }


def _busyness_cv(made: VolumeForecast) -> Floats:
    return np.sqrt(np.expm1(np.diag(made.busyness_covariance)))


def _rounded(values: Floats) -> Any:
    return np.round(values, 3).tolist()


def ahead_of(row: Forecast) -> Ahead:
    """A row as arrays."""
    told = row.told
    return Ahead(
        first_day=row.first_day,
        mean=np.array(told["mean"], dtype=np.float64),
        quantiles={float(level): np.array(table, dtype=np.float64) for level, table in told["quantiles"].items()},
        totals={float(level): np.array(table, dtype=np.float64) for level, table in told["totals"].items()},
        busyness_cv=np.array(told["busyness_cv"], dtype=np.float64),
        handling_s=told["handling_s"],
        patience_s=told["patience_s"],
        redial_share=told["redial_share"],
        measured=told["measured"],
        wave=wave_of(told["wave"]),
    )


def wave_of(told: dict[str, Any] | None) -> WaveModel:
    """What is believed of waves; the engine's prior where nothing was learned."""
    if not told:
        return learn_wave([])
    return WaveModel(
        mean=np.array(told["mean"], dtype=np.float64),
        covariance=np.array(told["covariance"], dtype=np.float64),
        event_sd=told["event_sd"],
        dispersion=told["dispersion"],
        event_count=told["event_count"],
    )
