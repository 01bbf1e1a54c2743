"""What is known in advance about days: the calendar, events, weather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.forecasting.findings import ForecastCode, ForecastFinding, found, refuse

__all__ = ["Days", "build_days", "check_days"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """Days, ascending, and what is known about them in advance. Build it with :func:`build_days`.

    ``day`` datetime64[D], local days; ``pattern`` int8, the weekday that a day behaves like, 0 Monday to 6 Sunday;
    ``holiday`` public holidays; ``closed`` days without any service;
    ``event_names``, ``events`` float64[days, events] sizes of what raises or lowers the volume, 0 where there is none,
    and ``reach_days`` int64[events], how many days an effect can last, its own day included;
    ``weather_names``, ``weather`` float64[days, columns], NaN unknown.
    """

    day: NDArray[np.datetime64]
    pattern: NDArray[np.int8]
    holiday: Flags
    closed: Flags
    event_names: tuple[str, ...]
    events: Floats
    reach_days: NDArray[np.int64]
    weather_names: tuple[str, ...]
    weather: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            column = getattr(self, field.name)
            if isinstance(column, np.ndarray):
                column.flags.writeable = False

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: Any) -> Days:
        """The days given by position, slice or mask."""
        columns = ("day", "pattern", "holiday", "closed", "events", "weather")
        taken: dict[str, Any] = {name: getattr(self, name)[rows].copy() for name in columns}
        return Days(event_names=self.event_names, reach_days=self.reach_days, weather_names=self.weather_names, **taken)

    def then(self, later: Days) -> Days:
        """These days followed by later ones with the same events and weather columns."""
        columns = ("day", "pattern", "holiday", "closed", "events", "weather")
        joined: dict[str, Any] = {name: np.concatenate([getattr(self, name), getattr(later, name)]) for name in columns}
        return Days(
            event_names=self.event_names, reach_days=self.reach_days, weather_names=self.weather_names, **joined
        )


def build_days(
    day: ArrayLike,
    *,
    holiday: ArrayLike | None = None,
    makeup_workday: ArrayLike | None = None,
    closed: ArrayLike | None = None,
    events: Mapping[str, ArrayLike] | None = None,
    reach_days: Mapping[str, int] | None = None,
    weather: Mapping[str, ArrayLike] | None = None,
) -> Days:
    """Build :class:`Days` from columns of one value per day.

    A holiday behaves like a Sunday, a make-up workday (调休) on a Saturday like a Friday and on a Sunday like a Monday;
    what a holiday adds to that, and the days before and after it, are learned. Days that are not listed at all count as
    days without service. The weekday and the place in the month need no column.

    Args:
        day: local days, ascending.
        holiday: public holidays, True or False.
        makeup_workday: weekend days that are worked in exchange for a holiday.
        closed: days without any service; their forecast is 0.
        events: sizes by name, 0 where there is none: billing runs, dunning messages (in thousands, say), meters changed
            in a campaign, planned outages, storm warnings. The effect is multiplicative, grows with the size, and its
            shape over the days is learned.
        reach_days: how many days an event's effect can last, its own day included; 1 where left out.
        weather: columns by name, such as the highest and lowest temperature [°C]; NaN where unknown. An effect of any
            smooth shape is learned. A column of shape (days, intervals) becomes four: the means of its quarters of the
            day.

    Raises:
        ForecastError: what :func:`check_days` finds.

    Example:
        >>> days = build_days(["2026-02-13", "2026-02-14", "2026-02-16"], makeup_workday=[False, True, False],
        ...                   holiday=[False, False, True], events={"billing": [0, 0, 1.0]})
        >>> days.pattern.tolist(), days.events.shape
        ([4, 4, 6], (3, 1))
    """
    when = np.array(day, dtype="datetime64[D]")
    size = len(when)
    swap = _flags(makeup_workday, size)
    off = _flags(holiday, size)
    pattern = (when.astype(np.int64) + 3) % 7
    if len(swap) == size:
        pattern = np.where(swap & (pattern == 5), 4, np.where(swap & (pattern == 6), 0, pattern))
    if len(off) == size:
        pattern = np.where(off, 6, pattern)
    names = tuple(events or {})
    weather_names, columns = _weather(weather or {})
    shapes = {name: len(np.asarray(column)) for name, column in (events or {}).items()}
    shapes |= {name: len(column) for name, column in zip(weather_names, columns, strict=True)}
    shapes |= {"holiday": len(off), "makeup_workday": len(swap)}
    refuse([found(ForecastCode.WRONG_SHAPE, name) for name, length in shapes.items() if length != size])
    days = Days(
        day=when,
        pattern=pattern.astype(np.int8),
        holiday=off,
        closed=_flags(closed, size),
        event_names=names,
        events=_stack([np.asarray(column, dtype=np.float64) for column in (events or {}).values()], size),
        reach_days=np.array([(reach_days or {}).get(name, 1) for name in names], dtype=np.int64),
        weather_names=weather_names,
        weather=_stack(columns, size),
    )
    refuse(check_days(days))
    return days


def _flags(column: ArrayLike | None, size: int) -> Flags:
    return np.zeros(size, dtype=np.bool_) if column is None else np.array(column, dtype=np.bool_)


def _stack(columns: list[Floats], size: int) -> Floats:
    return np.stack(columns, axis=1) if columns else np.zeros((size, 0))


def _weather(weather: Mapping[str, ArrayLike]) -> tuple[tuple[str, ...], list[Floats]]:
    names: list[str] = []
    columns: list[Floats] = []
    for name, given in weather.items():
        values = np.array(given, dtype=np.float64)
        if values.ndim == 1:
            names.append(name)
            columns.append(values)
            continue
        for number, part in enumerate(np.array_split(values, 4, axis=1)):
            names.append(f"{name}, quarter {number + 1}")
            columns.append(part.mean(axis=1))
    return tuple(names), columns


def check_days(days: Days) -> list[ForecastFinding]:
    """Everything that is wrong with a table of days: shapes, days that are missing, twice or not in order, sizes of
    events that are not finite, reaches below one day.

    Example:
        >>> check_days(build_days(["2026-01-01", "2026-01-02"]))
        []
    """
    findings = []
    size = len(days.day)
    for name in ("pattern", "holiday", "closed", "events", "weather"):
        if len(getattr(days, name)) != size:
            findings.append(found(ForecastCode.WRONG_SHAPE, name))
    step = np.diff(days.day.astype("datetime64[D]")).astype(np.int64)
    unknown = np.isnat(days.day)
    for code, rows in (
        (ForecastCode.NO_DAY, np.flatnonzero(unknown)),
        (ForecastCode.DAY_TWICE, np.flatnonzero(step == 0) + 1),
        (ForecastCode.NOT_ASCENDING, np.flatnonzero((step < 0) & ~unknown[1:] & ~unknown[:-1]) + 1),
    ):
        if len(rows):
            findings.append(found(code, "day", rows))
    for name, bad in (("events", ~np.isfinite(days.events)), ("weather", np.isinf(days.weather))):
        if bad.any():
            findings.append(found(ForecastCode.INFINITE, name, np.flatnonzero(bad.any(axis=1))))
    if (days.reach_days < 1).any():
        findings.append(found(ForecastCode.OUT_OF_RANGE, "reach_days", np.flatnonzero(days.reach_days < 1)))
    return findings
