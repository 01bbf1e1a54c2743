"""Measures of time: around the clock, hours of work, working days.

A measure is a function that never falls and says how much of it has gone by until an instant; what a clock shows is the
difference of two of its values, and a deadline is where it reaches one. Instants are ``datetime64[s]`` on the clock of
the place, which must have no summer time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "DAY_S",
    "Measure",
    "WorkCalendar",
    "WorktimeCode",
    "WorktimeError",
    "WorktimeFinding",
    "build_calendar",
    "check_calendar",
]

Instants = NDArray[np.datetime64]
Ints = NDArray[np.int64]

DAY_S = 86_400


class Measure(StrEnum):
    """What a clock counts."""

    CLOCK = "clock"
    WORK_HOURS = "work_hours"
    WORKING_DAYS = "working_days"


class WorktimeCode(StrEnum):
    """What is wrong with a field."""

    WRONG_SHAPE = "wrong_shape"
    OUT_OF_RANGE = "out_of_range"
    NOT_IN_ORDER = "not_in_order"
    NEGATIVE = "negative"
    UNKNOWN_KIND = "unknown_kind"


@dataclass(frozen=True, kw_only=True, slots=True)
class WorktimeFinding:
    """One finding: what is wrong, in which field, at which positions."""

    code: WorktimeCode
    field: str
    positions: tuple[int, ...] = ()


class WorktimeError(ValueError):
    """The input cannot be worked with; ``findings`` says everything that stands in the way."""

    def __init__(self, findings: Iterable[WorktimeFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{one.field}: {one.code.value} {list(one.positions)}" for one in self.findings))


def refuse(findings: Iterable[WorktimeFinding]) -> None:
    """Raise what was found, if anything was."""
    found = tuple(findings)
    if found:
        raise WorktimeError(found)


@dataclass(frozen=True, kw_only=True)
class WorkCalendar:
    """Which days are worked, from ``first_day`` on, and when on such a day.

    ``working`` bool[D]; ``periods_s`` int64[K, 2] seconds after midnight from and to, in order: two of them leave a
    pause at noon. Days before and after are **not known**, which is something else than days off.
    """

    first_day: np.datetime64[date]
    working: NDArray[np.bool_]
    periods_s: Ints

    @property
    def end(self) -> np.datetime64[datetime]:
        """The midnight after the last day that is known, datetime64[s]."""
        return np.datetime64(self.first_day.item() + timedelta(days=self.working.size), "s")

    def gone_by_s(self, measure: Measure, at: ArrayLike) -> Ints:
        """How much of a measure has gone by until instants, int64 seconds since it began.

        A working day is 86 400 s of the measure of working days. Instants that are not known (``NaT``, or outside of
        the calendar, for measures that need one) give -1.

        Example:
            >>> week = build_calendar("2026-09-28", [True] * 3 + [False] * 4, periods=((480, 720), (840, 1080)))
            >>> week.gone_by_s(Measure.WORK_HOURS, ["2026-09-28T13:00", "2026-10-03T09:00"]) / 3600
            array([ 4., 24.])
        """
        instants = np.asarray(at, dtype="datetime64[s]")
        seconds = instants.astype(np.int64)
        if measure is Measure.CLOCK:
            return np.where(np.isnat(instants), -1, seconds)
        since = seconds - self.first_day.astype("datetime64[s]").astype(np.int64)
        known = ~np.isnat(instants) & (since >= 0) & (since <= self.working.size * DAY_S)
        day, second = np.divmod(np.where(known, since, 0), DAY_S)
        whole = np.concatenate(([0], np.cumsum(self.working)))
        today = np.append(self.working, False)[day] * self._of_day_s(measure, second)
        return np.where(known, whole[day] * self._length_s(measure) + today, -1)

    def reached(self, measure: Measure, amount_s: ArrayLike) -> Instants:
        """The first instant at which so much of a measure has gone by; ``NaT`` where it lies beyond the days known.

        Example:
            >>> week = build_calendar("2026-09-28", [True] * 3 + [False] * 4)
            >>> str(week.reached(Measure.WORKING_DAYS, 2 * 86_400))
            '2026-09-30T00:00:00'
        """
        amount = np.asarray(amount_s, dtype=np.int64)
        if measure is Measure.CLOCK:
            return np.where(amount < 0, np.datetime64("NaT", "s"), amount.astype("datetime64[s]"))
        length, days = self._length_s(measure), np.flatnonzero(self.working)
        known = (amount >= 0) & (amount <= days.size * length) & (length > 0)
        # What is full with the last second of a day is reached on that day, not on the next one.
        place = np.where(amount > 0, np.maximum(amount - 1, 0) // max(length, 1), 0)
        day = np.append(days, 0)[np.where(known, np.minimum(place, max(days.size - 1, 0)), -1)]
        second = self._second_of_day(measure, np.where(known, amount - place * length, 0))
        found = self.first_day.astype("datetime64[s]") + np.where(amount > 0, day * DAY_S + second, 0)
        return np.where(known, found, np.datetime64("NaT", "s"))

    def _length_s(self, measure: Measure) -> int:
        return DAY_S if measure is Measure.WORKING_DAYS else int(np.diff(self.periods_s, axis=1).sum())

    def _of_day_s(self, measure: Measure, second: Ints) -> Ints:
        if measure is Measure.WORKING_DAYS:
            return second
        begin, end = self.periods_s.T
        return np.asarray(np.clip(second[..., None] - begin, 0, end - begin).sum(axis=-1), np.int64)

    def _second_of_day(self, measure: Measure, amount: Ints) -> Ints:
        """The first second of a working day at which so much of it, more than nothing, has gone by."""
        if measure is Measure.WORKING_DAYS:
            return amount
        begin, end = self.periods_s.T
        full = np.cumsum(end - begin)
        place = np.minimum(np.searchsorted(full, amount, side="left"), len(full) - 1)
        return np.asarray(end[place] - (full[place] - amount), np.int64)


def build_calendar(
    first_day: str | date, working: ArrayLike, *, periods: ArrayLike = ((8 * 60, 12 * 60), (14 * 60, 18 * 60))
) -> WorkCalendar:
    """A calendar of days in a row; ``periods`` are minutes after midnight, from and to.

    Raises:
        WorktimeError: what :func:`check_calendar` finds.
    """
    calendar = WorkCalendar(
        first_day=np.datetime64(date.fromisoformat(first_day) if isinstance(first_day, str) else first_day, "D"),
        working=np.asarray(working, dtype=np.bool_),
        periods_s=60 * np.asarray(periods, dtype=np.int64).reshape(-1, 2),
    )
    refuse(check_calendar(calendar))
    return calendar


def check_calendar(calendar: WorkCalendar) -> list[WorktimeFinding]:
    """Everything that is wrong with a calendar: periods that overlap, run backwards or leave the day; no days."""
    found = []
    if calendar.working.ndim != 1 or not calendar.working.size:
        found.append(WorktimeFinding(code=WorktimeCode.WRONG_SHAPE, field="working"))
    edges = calendar.periods_s.ravel()
    outside = np.flatnonzero((edges < 0) | (edges > DAY_S))
    if outside.size:
        found.append(WorktimeFinding(code=WorktimeCode.OUT_OF_RANGE, field="periods_s", positions=tuple(outside // 2)))
    disorder = np.flatnonzero(np.diff(edges) < 0)
    empty = np.flatnonzero(edges[0::2] >= edges[1::2])
    if disorder.size or empty.size:
        places = tuple(sorted({*((disorder + 1) // 2).tolist(), *empty.tolist()}))
        found.append(WorktimeFinding(code=WorktimeCode.NOT_IN_ORDER, field="periods_s", positions=places))
    return found
