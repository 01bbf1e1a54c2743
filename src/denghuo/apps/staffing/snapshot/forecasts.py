"""Forecasts as rows hold them, and how good the same method would have been."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.organization.models import CalendarDay
from denghuo.apps.staffing.models import Forecast
from denghuo.apps.staffing.snapshot import INTERVALS
from denghuo.apps.staffing.snapshot.history import History, calendar_of
from denghuo.apps.staffing.snapshot.today import near_told
from denghuo.engines.forecasting import (
    FEWEST_DAYS,
    ErrorTable,
    ForecastError,
    VolumeForecast,
    VolumeModel,
    WaveModel,
    backtest_volume,
    fit_volume,
    learn_wave,
)

Floats = NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.8, 0.9)
_ORIGINS_WEEKS = 4
_LEAST_BEFORE = 4 * FEWEST_DAYS


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


def fit(history: History, calendar: Iterable[CalendarDay]) -> VolumeModel:
    """Learn from a history.

    Raises:
        TooShortError: fewer days with calls than the engine needs.
    """
    try:
        return fit_volume(history.fresh, days=calendar_of(history.days, calendar), incident=history.incident)
    except ForecastError as error:
        raise TooShortError(str(error)) from error


def forecast_told(
    model: VolumeModel, history: History, *, days: Sequence[date], calendar: Iterable[CalendarDay], wave: WaveModel
) -> dict[str, Any]:
    """A forecast of these days, as a row holds it."""
    made = model.forecast(calendar_of(days, calendar))
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


def errors_told(history: History, calendar: Iterable[CalendarDay]) -> dict[str, Any]:
    """How the same method would have done, a week ahead, in the last four weeks; {} where there is too little."""
    size = len(history.days)
    origins = [size - 7 * week for week in range(_ORIGINS_WEEKS, 0, -1) if size - 7 * week >= _LEAST_BEFORE]
    if not origins:
        return {}
    days = calendar_of(history.days, calendar)
    try:
        done = backtest_volume(history.fresh, days=days, origins=origins, incident=history.incident)
    except ForecastError:
        return {}
    return {
        "first": history.days[int(done.rows[0])].isoformat(),
        "last": history.days[int(done.rows[-1])].isoformat(),
        "overall": _table(done.overall),
        "last_week": _table(done.last_week),
        "four_weeks": _table(done.four_weeks),
        "by_weekday": _table(done.by_weekday),
        "by_days_ahead": _table(done.by_days_ahead),
        "days": [history.days[row].isoformat() for row in done.rows.tolist()],
        "forecast": _sums(done.forecast),
        "calls": _sums(done.calls),
    }


def _sums(table: Floats) -> list[float | None]:
    return [None if np.isnan(value) else round(value, 2) for value in table.sum(axis=1).tolist()]


def _table(errors: ErrorTable) -> dict[str, list[float | None]]:
    names = ("group", "mape_share", "wape_share", "mase", "bias_share", "covered_80_share")
    columns = {name: np.asarray(getattr(errors, name), dtype=np.float64).tolist() for name in names}
    return {
        name: [None if np.isnan(value) else round(value, 5) for value in values] for name, values in columns.items()
    }
