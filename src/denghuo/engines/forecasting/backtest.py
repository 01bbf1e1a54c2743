"""How good the forecasts would have been: rolling origin over a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.forecasting.days import Days
from denghuo.engines.forecasting.findings import ForecastCode, ForecastFinding, found, refuse
from denghuo.engines.forecasting.history import FEWEST_DAYS
from denghuo.engines.forecasting.volume import VolumeModel, check_volume, fit_volume

__all__ = ["Backtest", "ErrorTable", "backtest_volume", "check_backtest", "seasonal_scale"]

Floats = NDArray[np.float64]

PINBALL_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
COVERAGES = (0.5, 0.8, 0.95)
_WEEK_DAYS = 7
_MEAN_WEEKS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorTable:
    """Errors of forecasts by group; columns are float64[groups], NaN where a group has nothing to judge.

    * ``group`` what the rows stand for (days ahead from 1, weekday from 0 Monday, interval from 0; 0 for all)
    * ``count`` intervals judged
    * ``mape_share`` mean of |error| / calls, where there were calls; ``wape_share`` Σ |error| / Σ calls
    * ``mase`` mean |error| over that of repeating the last week, see :func:`seasonal_scale`
    * ``bias_share`` Σ (forecast - calls) / Σ calls

    Absolute errors are those of the median, the number that a distribution names when it is asked for the smallest
    absolute error; the bias is that of the mean.

    * ``pinball`` mean quantile loss over :data:`PINBALL_LEVELS` [calls]
    * ``covered_50_share``, ``covered_80_share``, ``covered_95_share`` calls inside the central intervals
    """

    group: NDArray[np.int64]
    count: NDArray[np.int64]
    mape_share: Floats
    wape_share: Floats
    mase: Floats
    bias_share: Floats
    pinball: Floats
    covered_50_share: Floats
    covered_80_share: Floats
    covered_95_share: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """Forecasts of the past as they would have been made, and how they did.

    ``rows`` int64[judged] positions of the days forecast, ``days_ahead`` int64[judged] from 1, ``forecast`` the means,
    ``median`` and ``calls`` (NaN: not judged) float64[judged, intervals]; ``overall``, ``by_days_ahead``,
    ``by_weekday``, ``by_interval`` errors;
    ``last_week`` and ``four_weeks`` errors of two naive forecasts of the same days: the same weekday of the week
    before, and the mean of the last four of it. The naive ones have no intervals, so no coverage (NaN).

    Source: the median for absolute errors after Gneiting 2011, "Making and evaluating point forecasts", Journal of the
    American Statistical Association 106(494).
    """

    rows: NDArray[np.int64]
    days_ahead: NDArray[np.int64]
    forecast: Floats
    median: Floats
    calls: Floats
    overall: ErrorTable
    by_days_ahead: ErrorTable
    by_weekday: ErrorTable
    by_interval: ErrorTable
    last_week: ErrorTable
    four_weeks: ErrorTable
    _made: _Forecasts
    _days: Days

    def of_rows(self, rows: ArrayLike) -> Backtest:
        """The same, judged by these positions of days alone.

        Example:
            >>> from denghuo.engines.forecasting import build_days
            >>> days = build_days(np.arange("2026-01-05", "2026-03-16", dtype="M8[D]"))
            >>> done = backtest_volume(np.full((len(days), 4), 100.0), days=days, origins=[56, 63])
            >>> done.of_rows([57, 58]).rows.tolist(), int(done.of_rows([57, 58]).overall.count[0])
            ([57, 58], 8)
        """
        return _judged(self._made.take(np.isin(self.rows, np.asarray(rows))), self._days)


def seasonal_scale(counts: ArrayLike, *, days: Days) -> float:
    """Mean |calls - calls of the same interval seven days before| within a history [calls]: the denominator of MASE.

    Source: Hyndman & Koehler 2006, International Journal of Forecasting 22(4), with the season of one week.

    Example:
        >>> from denghuo.engines.forecasting import build_days
        >>> seasonal_scale([[1.0], [4.0]], days=build_days(["2026-01-01", "2026-01-08"]))
        3.0
    """
    table = np.array(counts, dtype=np.float64)
    at = days.day.astype(np.int64)
    place = np.minimum(np.searchsorted(at, at - _WEEK_DAYS), len(at) - 1)
    pairs = at[place] == at - _WEEK_DAYS
    apart = np.abs(table[pairs] - table[place[pairs]])
    return float(np.nanmean(apart)) if np.isfinite(apart).any() else float("nan")


def check_backtest(counts: ArrayLike, *, days: Days, origins: Sequence[int]) -> list[ForecastFinding]:
    """Everything that keeps :func:`backtest_volume` from working: see :func:`check_volume`; origins that do not ascend,
    leave less than a week of days before them or none after.

    Example:
        >>> from denghuo.engines.forecasting import build_days
        >>> days = build_days(np.arange("2026-01-01", "2026-01-15", dtype="M8[D]"))
        >>> [one.field for one in check_backtest(np.ones((14, 2)), days=days, origins=[3])]
        ['origins']
    """
    findings = check_volume(counts, days=days)
    at = np.array(origins, dtype=np.int64)
    bad = (at < FEWEST_DAYS) | (at >= len(days)) | (np.diff(at, prepend=-1) <= 0)
    if not len(at) or bad.any():
        findings.append(found(ForecastCode.OUT_OF_RANGE, "origins", np.flatnonzero(bad)))
    return findings


def backtest_volume(
    counts: ArrayLike,
    *,
    days: Days,
    origins: Sequence[int],
    horizon_days: int = _WEEK_DAYS,
    incident: ArrayLike | None = None,
    unjudged: ArrayLike | None = None,
    relearn: bool = False,
) -> Backtest:
    """Forecast from each origin with what was known before it, and compare with what came.

    Args:
        counts: calls by day and interval, as for :func:`fit_volume`.
        days: the calendar of the rows.
        origins: positions of the first day forecast, ascending. Days before it are known.
        horizon_days: how many calendar days are forecast from each.
        incident: days or intervals left out of learning, and of the judgment unless ``unjudged`` says otherwise.
        unjudged: days or intervals left out of the judgment, so that two ways of learning are judged by the same ones.
        relearn: learns the sizes of the parts anew at every origin instead of at the first only.

    Raises:
        ForecastError: what :func:`check_backtest` finds.

    Example:
        >>> from denghuo.engines.forecasting import build_days
        >>> days = build_days(np.arange("2026-01-05", "2026-03-16", dtype="M8[D]"))
        >>> calls = np.random.default_rng(1).poisson(100.0, (len(days), 4))
        >>> done = backtest_volume(calls, days=days, origins=[56, 63])
        >>> bool(done.overall.wape_share[0] < done.last_week.wape_share[0]), len(done.by_days_ahead.group)
        (True, 7)
    """
    refuse(check_backtest(counts, days=days, origins=origins))
    table = np.array(counts, dtype=np.float64)
    judged = table.copy()
    marked = None if incident is None else np.array(incident, dtype=np.bool_)
    aside = marked if unjudged is None else np.array(unjudged, dtype=np.bool_)
    known = table.copy()
    if marked is not None:
        known[marked] = np.nan
    if aside is not None:
        judged[aside] = np.nan
    model: VolumeModel | None = None
    kept: list[_Forecasts] = []
    for origin in origins:
        stop = int(np.searchsorted(days.day, days.day[origin] + horizon_days))
        model = fit_volume(
            table[:origin],
            days=days.take(slice(0, origin)),
            incident=None if marked is None else marked[:origin],
            like=None if relearn else model,
        )
        kept.append(_forecasts(model, (known, judged), days, origin, stop))
    return _judged(_Forecasts.joined(kept), days)


def _judged(made: _Forecasts, days: Days) -> Backtest:
    each: NDArray[np.int64] = np.ones(made.calls.shape, dtype=np.int64)
    return Backtest(
        rows=made.rows,
        days_ahead=made.ahead,
        forecast=made.mean,
        median=made.median,
        calls=made.calls,
        overall=_errors(made, 0 * each),
        by_days_ahead=_errors(made, each * made.ahead[:, None]),
        by_weekday=_errors(made, each * days.pattern[made.rows][:, None]),
        by_interval=_errors(made, each * np.arange(made.mean.shape[-1])),
        last_week=_errors(made.naive(made.last_week), 0 * each),
        four_weeks=_errors(made.naive(made.four_weeks), 0 * each),
        _made=made,
        _days=days,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Forecasts:
    """Days forecast, one after the other; ``quantiles`` [levels, days, intervals]; ``scale`` [days] of MASE."""

    rows: NDArray[np.int64]
    ahead: NDArray[np.int64]
    calls: Floats
    mean: Floats
    quantiles: Floats
    scale: Floats
    last_week: Floats
    four_weeks: Floats

    @property
    def median(self) -> Floats:
        """What is said when the smallest absolute error is asked for; of a forecast without a distribution, itself."""
        middle: Floats = self.quantiles[PINBALL_LEVELS.index(0.5)]
        return middle

    @staticmethod
    def joined(parts: list[_Forecasts]) -> _Forecasts:
        names = ("rows", "ahead", "calls", "mean", "scale", "last_week", "four_weeks")
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return _Forecasts(quantiles=np.concatenate([part.quantiles for part in parts], axis=1), **columns)

    def take(self, chosen: NDArray[np.bool_]) -> _Forecasts:
        """Those of some days."""
        names = ("rows", "ahead", "calls", "mean", "scale", "last_week", "four_weeks")
        columns = {name: getattr(self, name)[chosen] for name in names}
        return _Forecasts(quantiles=self.quantiles[:, chosen], **columns)

    def naive(self, mean: Floats) -> _Forecasts:
        """The same days, forecast by a number without a distribution."""
        quantiles = np.full_like(self.quantiles, np.nan)
        quantiles[: len(PINBALL_LEVELS)] = mean
        columns = {name: getattr(self, name) for name in ("rows", "ahead", "calls", "scale", "last_week", "four_weeks")}
        return _Forecasts(mean=mean, quantiles=quantiles, **columns)


def _forecasts(model: VolumeModel, tables: tuple[Floats, Floats], days: Days, origin: int, stop: int) -> _Forecasts:
    """``tables`` the counts as they are learned from, and as they are judged by."""
    counts, judged = tables
    ahead = days.take(slice(origin, stop))
    made = model.forecast(ahead)
    bounds = [level for cover in COVERAGES for level in ((1 - cover) / 2, (1 + cover) / 2)]
    rows = np.arange(origin, stop)
    past, pattern = counts[:origin], days.pattern
    last, mean = np.full(made.mean.shape, np.nan), np.full(made.mean.shape, np.nan)
    for place, row in enumerate(rows.tolist()):
        alike = past[pattern[:origin] == pattern[row]][-_MEAN_WEEKS:]
        known = ~np.isnan(alike)
        if len(alike):
            last[place] = alike[-1]
            mean[place] = np.where(
                known.any(axis=0), np.where(known, alike, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan
            )
    scale = seasonal_scale(past, days=days.take(slice(0, origin)))
    return _Forecasts(
        rows=rows,
        ahead=(ahead.day - ahead.day[0]).astype(np.int64) + 1,
        calls=judged[origin:stop],
        mean=made.mean,
        quantiles=made.quantile([*PINBALL_LEVELS, *bounds]),
        scale=np.full(len(rows), scale),
        last_week=last,
        four_weeks=mean,
    )


def _errors(made: _Forecasts, group: NDArray[np.int64]) -> ErrorTable:
    judged = ~np.isnan(made.calls) & ~np.isnan(made.mean)
    names, code = np.unique(group[judged], return_inverse=True)
    calls, bias, error = made.calls[judged], (made.mean - made.calls)[judged], (made.median - made.calls)[judged]
    scale = np.broadcast_to(made.scale[:, None], made.calls.shape)[judged]
    quantiles = made.quantiles[:, judged]
    size = len(names)

    def summed(values: Floats) -> Floats:
        return np.bincount(code, weights=values, minlength=size).astype(np.float64)

    count = np.bincount(code, minlength=size)
    with_calls = calls > 0
    covered = [_over(summed(inside), count) for inside in _inside(calls, quantiles)]
    relative = np.where(with_calls, np.abs(error) / np.where(with_calls, calls, 1.0), 0.0)
    return ErrorTable(
        group=names.astype(np.int64),
        count=count,
        mape_share=_over(summed(relative), summed(with_calls.astype(np.float64))),
        wape_share=_over(summed(np.abs(error)), summed(calls)),
        mase=_over(summed(np.abs(error) / np.where(scale > 0, scale, np.nan)), count),
        bias_share=_over(summed(bias), summed(calls)),
        pinball=_over(summed(_loss(calls, quantiles)), count),
        covered_50_share=covered[0],
        covered_80_share=covered[1],
        covered_95_share=covered[2],
    )


def _loss(calls: Floats, quantiles: Floats) -> Floats:
    """Quantile loss, the mean over the levels."""
    levels = np.array(PINBALL_LEVELS)[:, None]
    short = calls - quantiles[: len(PINBALL_LEVELS)]
    loss: Floats = np.maximum(levels * short, (levels - 1) * short).mean(axis=0)
    return loss


def _inside(calls: Floats, quantiles: Floats) -> list[Floats]:
    """Whether calls lie in each central interval, NaN where there is none."""
    bounds = quantiles[len(PINBALL_LEVELS) :]
    return [
        np.where(np.isnan(low), np.nan, (calls >= low) & (calls <= high))
        for low, high in zip(bounds[::2], bounds[1::2], strict=True)
    ]


def _over(numerator: Floats, denominator: NDArray[np.generic]) -> Floats:
    below = np.asarray(denominator, dtype=np.float64)
    return np.divide(numerator, below, out=np.full_like(below, np.nan), where=below > 0)
