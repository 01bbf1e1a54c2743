"""Which days are alike, and in what: the covariance of two sets of days, part by part.

A part is something that makes days differ (the weekday, the place in the month, a slow drift, an event ...). Its kernel
says how much two days share of it, 1 for the same; its variance, how much of it there is, is learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.forecasting.days import Days

Floats = NDArray[np.float64]

# Over how many days what is alike fades. Accuracy on held-out weeks hardly moves when these are halved or doubled.
WEEKDAY_FADE_DAYS = 200.0
DRIFT_FADE_DAYS = 90.0
SHORT_FADE_DAYS = 4.0
MONTH_WIDTH_DAYS = 1.5
YEAR_WIDTH = 0.5
YEAR_DAYS = 365.25
WEATHER_WIDTH = 1.0  # in standard deviations
EVENT_FADE_DAYS = 2.0  # how alike the effects on neighboring days after an event are

# A day off work that the table does not list may be one or two in a row; more is a gap in the table, not a holiday.
_MOST_UNLISTED_DAYS_OFF = 2
_MONTH_HALF_DAYS = 15


class Part(NamedTuple):
    """One part of the covariance: its name, and the standard deviation of log volume expected before seeing data."""

    name: str
    prior_sd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Covariates:
    """Days as the kernels see them."""

    day: Floats
    pattern: NDArray[np.int64]
    month_offset: Floats
    linear: tuple[Floats, ...]
    weather: Floats
    with_year: bool

    def take(self, rows: slice | NDArray[np.int64]) -> Covariates:
        return Covariates(
            day=self.day[rows],
            pattern=self.pattern[rows],
            month_offset=self.month_offset[rows],
            linear=tuple(columns[rows] for columns in self.linear),
            weather=self.weather[rows],
            with_year=self.with_year,
        )


def covariates(days: Days, *, known: int, with_year: bool) -> Covariates:
    """``known``: how many of the first days are history; scales are taken from these, so that a forecast does not
    depend on what else is forecast."""
    events = days.events / _scale(days.events[:known])
    linear = [_around_rest(days)]
    linear += [_lags(days.day, events[:, column], int(reach)) for column, reach in enumerate(days.reach_days.tolist())]
    return Covariates(
        day=days.day.astype(np.int64).astype(np.float64),
        pattern=days.pattern.astype(np.int64),
        month_offset=_month_offset(days.day),
        linear=tuple(linear),
        weather=_standardized(days.weather, known),
        with_year=with_year,
    )


def parts(days: Days, *, with_year: bool) -> tuple[Part, ...]:
    """The parts in the order of :func:`kernels`."""
    fixed = [
        Part("level", 3.0),
        Part("weekday", 0.2),
        Part("weekday_drift", 0.03),
        Part("drift", 0.08),
        Part("short_drift", 0.04),
        Part("month", 0.05),
        Part("rest", 0.15),
    ]
    fixed += [Part(f"event {name}", 0.15) for name in days.event_names]
    if days.weather_names:
        fixed += [Part("weather", 0.1), Part("weather_trend", 0.1)]
    return (*fixed, Part("year", 0.1)) if with_year else tuple(fixed)


def kernels(a: Covariates, b: Covariates) -> list[Floats]:
    """Kernel of each part between two sets of days: float64[len(a), len(b)] each."""
    apart = np.abs(a.day[:, None] - b.day)
    alike = (a.pattern[:, None] == b.pattern).astype(np.float64)
    month = a.month_offset[:, None] - b.month_offset
    found = [
        np.ones_like(apart),
        alike,
        alike * np.exp(-apart / WEEKDAY_FADE_DAYS),
        np.exp(-apart / DRIFT_FADE_DAYS),
        np.exp(-apart / SHORT_FADE_DAYS),
        np.exp(-0.5 * (month / MONTH_WIDTH_DAYS) ** 2),
    ]
    found += [one @ other.T for one, other in zip(a.linear, b.linear, strict=True)]
    if a.weather.shape[1]:
        found += _weather_kernels(a.weather, b.weather, same=a is b)
    if a.with_year:
        found.append(np.exp(-2 * (np.sin(np.pi * apart / YEAR_DAYS) / YEAR_WIDTH) ** 2))
    return found


def _weather_kernels(a: Floats, b: Floats, *, same: bool) -> list[Floats]:
    """Any smooth shape near what was seen, a straight line beyond it. Unknown weather shares nothing with anything."""
    missing_a, missing_b = np.isnan(a.sum(axis=1)), np.isnan(b.sum(axis=1))
    known = ~(missing_a[:, None] | missing_b)
    one, other = np.nan_to_num(a), np.nan_to_num(b)
    squared = ((one[:, None, :] - other[None, :, :]) ** 2).mean(axis=2)
    near = np.where(known, np.exp(-0.5 * squared / WEATHER_WIDTH**2), 0.0)
    line = np.where(known, one @ other.T / a.shape[1], 0.0)
    if same:
        unknown = np.flatnonzero(missing_a)
        near[unknown, unknown] = 1.0
        line[unknown, unknown] = 1.0
    return [near, line]


def _month_offset(day: NDArray[np.datetime64]) -> Floats:
    """Days since the nearest first of a month, negative before it."""
    month = day.astype("datetime64[M]")
    since = (day - month.astype("datetime64[D]")).astype(np.int64)
    until = ((month + 1).astype("datetime64[D]") - day).astype(np.int64)
    return np.where((since > _MONTH_HALF_DAYS) & (until < since), -until, since).astype(np.float64)


def _around_rest(days: Days) -> Floats:
    """Columns: a holiday; the first and the second working day after days off that are not an ordinary weekend; the
    working day before a holiday."""
    day = days.day.astype(np.int64)
    first, last = int(day[0]), int(day[-1])
    span = last - first + 1
    listed = np.zeros(span, dtype=np.bool_)
    listed[day - first] = True
    weekday = (np.arange(first, last + 1) + 3) % 7
    open_weekday = np.array(
        [listed[weekday == one].mean() > 0.5 if (weekday == one).any() else False for one in range(7)]
    )
    off = _short_runs(~listed & open_weekday[weekday])
    marked = days.holiday | days.closed & open_weekday[weekday[day - first]]
    off[day[marked] - first] = True
    weekend = ~listed | (weekday >= 5)
    weekend[day - first] = days.pattern >= 5
    after = np.zeros(span)
    before = np.zeros(span)
    _mark(off, weekend, after)
    _mark(off[::-1], weekend[::-1], before[::-1])
    after, before = after[day - first], before[day - first]
    columns = [days.holiday, after == 1, after == 2, (before == 1) & ~days.holiday]
    return np.stack([column.astype(np.float64) for column in columns], axis=1)


def _mark(off: NDArray[np.bool_], weekend: NDArray[np.bool_], into: Floats) -> None:
    """Number the first two working days after each run of days off."""
    pending = 3
    for place in range(len(off)):
        if off[place]:
            pending = 0
        elif not weekend[place]:
            pending += 1
            if pending <= 2:
                into[place] = pending


def _short_runs(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only the runs that are short enough to be holidays."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    kept = flags.copy()
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stop - start > _MOST_UNLISTED_DAYS_OFF:
            kept[start:stop] = False
    return kept


def _lags(day: NDArray[np.datetime64], size: Floats, reach: int) -> Floats:
    """Columns by which an event reaches later days, turned so that effects on neighboring days are alike."""
    at = day.astype(np.int64)
    columns = np.zeros((len(day), reach))
    for lag in range(reach):
        place = np.searchsorted(at, at - lag)
        there = (place < len(at)) & (at[np.minimum(place, len(at) - 1)] == at - lag)
        columns[there, lag] = size[place[there]]
    lags = np.arange(reach)
    alike = np.exp(-np.abs(lags[:, None] - lags) / EVENT_FADE_DAYS)
    turned: Floats = columns @ np.linalg.cholesky(alike)
    return turned


def _scale(events: Floats) -> Floats:
    """Root mean square of an event's sizes where it happens; 1 for one that never did."""
    happened = np.maximum((events != 0).sum(axis=0), 1)
    size = np.sqrt((events**2).sum(axis=0) / happened)
    return np.where(size > 0, size, 1.0)


def _standardized(weather: Floats, known: int) -> Floats:
    seen = np.where(np.isnan(weather[:known]), np.nan, weather[:known])
    count = np.maximum((~np.isnan(seen)).sum(axis=0), 1)
    mean = np.nansum(seen, axis=0) / count
    spread = np.sqrt(np.nansum((seen - mean) ** 2, axis=0) / count)
    standardized: Floats = (weather - mean) / np.where(spread > 0, spread, 1.0)
    return standardized
