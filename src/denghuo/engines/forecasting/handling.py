"""How long a call takes, by interval of the week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.forecasting.days import Days
from denghuo.engines.forecasting.findings import ForecastCode, ForecastFinding, found, refuse

__all__ = ["HandlingTime", "check_handling", "fit_handling_time"]

Floats = NDArray[np.float64]

_PATTERNS = 7
_ROUNDS = 3
_PRIOR_CELLS = 4.0  # as many cells the belief is worth that cells differ by ...
_PRIOR_SD = 0.05  # ... this much, relative


@dataclass(frozen=True, kw_only=True, slots=True)
class HandlingTime:
    """Mean handling time, by weekday pattern (0 Monday to 6 Sunday) and interval.

    ``mean_s`` float64[7, intervals] [s], and ``standard_error_s`` of it [s]; ``overall_s`` the mean of all calls [s];
    ``call_sd_share`` standard deviation of a single call over its mean.
    """

    mean_s: Floats
    standard_error_s: Floats
    overall_s: float
    call_sd_share: float

    def __post_init__(self) -> None:
        self.mean_s.flags.writeable = False
        self.standard_error_s.flags.writeable = False

    def on(self, days: Days) -> Floats:
        """Mean handling time on given days [s], float64[days, intervals]."""
        return self.mean_s[days.pattern]


def check_handling(handling_s: ArrayLike, *, calls: ArrayLike, days: Days) -> list[ForecastFinding]:
    """Everything that keeps :func:`fit_handling_time` from working.

    Example:
        >>> from denghuo.engines.forecasting import build_days
        >>> [one.code.value for one in check_handling([[-5.0]], calls=[[1]], days=build_days(["2026-01-01"]))]
        ['negative', 'no_calls']
    """
    seconds, count = np.array(handling_s, dtype=np.float64), np.array(calls, dtype=np.float64)
    if seconds.ndim != 2 or seconds.shape != count.shape or len(seconds) != len(days):
        return [found(ForecastCode.WRONG_SHAPE, "handling_s")]
    findings = []
    for name, column in (("handling_s", seconds), ("calls", count)):
        for code, bad in ((ForecastCode.NEGATIVE, column < 0), (ForecastCode.INFINITE, np.isinf(column))):
            if bad.any():
                findings.append(found(code, name, np.flatnonzero(bad.any(axis=1))))
    if not ((count > 0) & (seconds > 0)).any():
        findings.append(found(ForecastCode.NO_CALLS, "calls"))
    return findings


def fit_handling_time(
    handling_s: ArrayLike, *, calls: ArrayLike, days: Days, half_life_days: float = 56.0, call_sd_share: float = 0.9
) -> HandlingTime:
    """Learn mean handling times, each leaning on its neighbors as far as it has few calls.

    The mean of a cell (weekday, interval) is overall · interval factor · weekday factor · cell factor. Factors are
    shrunk to 1 by their reliability, v / (v + variance of the estimate), with v the variance between true factors by
    the method of moments (normal-normal empirical Bayes). Older days count less.

    Args:
        handling_s: seconds spent on the calls of each day and interval, talk and after-call work (days, intervals) [s].
        calls: how many calls these were; NaN or 0 where there were none.
        days: the calendar of the rows.
        half_life_days: after how many days a day counts half [d].
        call_sd_share: standard deviation of a single call's time over its mean.

    Raises:
        ForecastError: what :func:`check_handling` finds.

    Source: Efron & Morris 1975, JASA 70, for the shrinkage; the hierarchy is our own.

    Example:
        >>> from denghuo.engines.forecasting import build_days
        >>> days = build_days(np.arange("2026-01-05", "2026-03-02", dtype="M8[D]"))
        >>> calls = np.full((len(days), 2), 500.0)
        >>> times = fit_handling_time(calls * [180.0, 240.0], calls=calls, days=days)
        >>> times.mean_s[0].round().tolist()
        [180.0, 240.0]
    """
    refuse(check_handling(handling_s, calls=calls, days=days))
    seconds, count = np.array(handling_s, dtype=np.float64), np.array(calls, dtype=np.float64)
    there = (np.nan_to_num(seconds) > 0) & (np.nan_to_num(count) > 0)
    age = (days.day[-1] - days.day).astype(np.int64)
    weight = 0.5 ** (age / half_life_days)
    total = np.zeros((_PATTERNS, seconds.shape[1]))
    number = np.zeros_like(total)
    np.add.at(total, days.pattern, np.where(there, seconds, 0.0) * weight[:, None])
    np.add.at(number, days.pattern, np.where(there, count, 0.0) * weight[:, None])
    overall = float(total.sum() / number.sum())
    by_interval, by_weekday = np.ones(total.shape[1]), np.ones(_PATTERNS)
    for _ in range(_ROUNDS):
        expected = number * overall * by_weekday[:, None]
        by_interval, interval_error = _shrunk(
            total.sum(axis=0), expected.sum(axis=0), number.sum(axis=0), call_sd_share
        )
        expected = number * overall * by_interval
        by_weekday, weekday_error = _shrunk(total.sum(axis=1), expected.sum(axis=1), number.sum(axis=1), call_sd_share)
    usual = overall * by_weekday[:, None] * by_interval
    factor, error = _shrunk(total, number * usual, number, call_sd_share)
    relative = np.sqrt(error**2 + (interval_error / by_interval) ** 2 + (weekday_error / by_weekday)[:, None] ** 2)
    return HandlingTime(
        mean_s=usual * factor, standard_error_s=usual * relative, overall_s=overall, call_sd_share=call_sd_share
    )


def _shrunk(total: Floats, expected: Floats, number: Floats, call_sd_share: float) -> tuple[Floats, Floats]:
    """Factors total / expected shrunk to 1, and their standard errors."""
    seen = number > 0
    noise = call_sd_share**2 / np.where(seen, number, 1.0)
    factor = np.where(seen, total / np.where(seen, expected, 1.0), 1.0)
    excess = ((factor - 1) ** 2 - noise)[seen].sum()
    between = max((excess + _PRIOR_CELLS * _PRIOR_SD**2) / (seen.sum() + _PRIOR_CELLS), 1e-6)
    reliability = np.where(seen, between / (between + noise), 0.0)
    return 1 + reliability * (factor - 1), np.sqrt(between * (1 - reliability))
