"""Counts by day and interval: what came in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.forecasting.findings import ForecastCode, ForecastFinding, found, refuse

__all__ = ["FEWEST_DAYS", "check_counts", "counts_by_day"]

Floats = NDArray[np.float64]

FEWEST_DAYS = 7
"""Days with calls that a forecast needs at least: below a week nothing is known of the weekdays."""


def check_counts(counts: ArrayLike, *, day: ArrayLike) -> list[ForecastFinding]:
    """Everything that is wrong with a table of counts: its shape, negative or infinite counts, fewer than
    :data:`FEWEST_DAYS` days with calls.

    Args:
        counts: calls by day and interval (days, intervals), NaN unknown.
        day: the days of its rows.

    Example:
        >>> [one.code.value for one in check_counts([[1, -2]], day=["2026-01-01"])]
        ['negative', 'no_calls', 'too_short']
    """
    table = np.array(counts, dtype=np.float64)
    if table.ndim != 2 or len(table) != len(np.asarray(day)) or table.shape[1] == 0:
        return [found(ForecastCode.WRONG_SHAPE, "counts")]
    findings = []
    for code, bad in ((ForecastCode.NEGATIVE, table < 0), (ForecastCode.INFINITE, np.isinf(table))):
        if bad.any():
            findings.append(found(code, "counts", np.flatnonzero(bad.any(axis=1))))
    with_calls = np.nansum(table, axis=1) > 0
    if not with_calls.any():
        findings.append(found(ForecastCode.NO_CALLS, "counts"))
    if with_calls.sum() < FEWEST_DAYS:
        findings.append(found(ForecastCode.TOO_SHORT, "counts", np.flatnonzero(with_calls)))
    return findings


def counts_by_day(
    at: ArrayLike, counts: ArrayLike, *, interval_s: int, every_day: bool = False
) -> tuple[NDArray[np.datetime64], Floats]:
    """Lay a series out by day and interval.

    Args:
        at: local starts of the intervals datetime64[s], in any order.
        counts: calls of each, NaN unknown.
        interval_s: length of the intervals to lay out [s], a divisor of a day; shorter ones of the series are added up.
        every_day: also lists the days between that have no row.

    Returns:
        The days datetime64[D], and the counts float64[days, intervals]. An interval is NaN if it has fewer rows than is
        usual at that time, or none while its day has rows within an hour on both sides; without rows it is otherwise 0:
        outside of service.

    Raises:
        ForecastError: instants that are unknown or there twice, counts that are negative or infinite, an interval that
        does not divide a day.

    Example:
        >>> day, counts = counts_by_day(["2026-01-01T08:00", "2026-01-01T08:15", "2026-01-01T09:00"], [3, 4, 5],
        ...                             interval_s=1800)
        >>> day.tolist()[0].isoformat(), counts[0, 15:20].tolist()
        ('2026-01-01', [0.0, 7.0, nan, 5.0, 0.0])
    """
    when = np.array(at, dtype="datetime64[s]")
    values = np.array(counts, dtype=np.float64)
    refuse(_check_series(when, values, interval_s))
    day = when.astype("datetime64[D]")
    slot = (when - day).astype(np.int64) // interval_s
    days = np.arange(day.min(), day.max() + 1) if every_day else np.unique(day)
    cell = np.searchsorted(days, day) * (86_400 // interval_s) + slot
    size = len(days) * (86_400 // interval_s)
    table: Floats = np.bincount(cell, weights=values, minlength=size).reshape(len(days), -1).astype(np.float64)
    rows = np.bincount(cell, minlength=size).reshape(len(days), -1)
    there = rows > 0
    usual = np.array([np.median(column[column > 0]) if column.any() else 0.0 for column in rows.T])
    table[(there & (rows < usual)) | (~there & _inside(there, max(3600 // interval_s, 1)))] = np.nan
    return days, table


def _check_series(when: NDArray[np.datetime64], values: Floats, interval_s: int) -> list[ForecastFinding]:
    if interval_s <= 0 or 86_400 % interval_s:
        return [found(ForecastCode.OUT_OF_RANGE, "interval_s")]
    if when.ndim != 1 or when.shape != values.shape or not len(when):
        return [found(ForecastCode.WRONG_SHAPE, "counts")]
    order = np.argsort(when, kind="stable")
    twice = order[1:][np.diff(when[order]).astype(np.int64) == 0]
    findings = []
    for code, field, rows in (
        (ForecastCode.NO_DAY, "at", np.flatnonzero(np.isnat(when))),
        (ForecastCode.DAY_TWICE, "at", np.sort(twice)),
        (ForecastCode.NEGATIVE, "counts", np.flatnonzero(values < 0)),
        (ForecastCode.INFINITE, "counts", np.flatnonzero(np.isinf(values))),
    ):
        if len(rows):
            findings.append(found(code, field, rows))
    return findings


def _inside(there: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Cells with a row within ``reach`` cells before and after, on the same day."""
    before, after = np.zeros_like(there), np.zeros_like(there)
    for step in range(1, reach + 1):
        before[:, step:] |= there[:, :-step]
        after[:, :-step] |= there[:, step:]
    return before & after
