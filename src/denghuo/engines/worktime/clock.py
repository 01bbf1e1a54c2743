"""Clocks of many cases at once: what they show, and when they run out.

A case is told by its events, append-only; a clock runs between them. Nothing is ever added to a start or a deadline: a
suspension is time that the clock did not run, under the same measure as the limit. So it does not matter when the
deadline is worked out, and a suspension ended at the instant in which it began is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.worktime.calendar import (
    Measure,
    WorkCalendar,
    WorktimeCode,
    WorktimeFinding,
    refuse,
)

__all__ = ["EventKind", "Stretches", "deadlines", "elapsed_s", "resumed_at", "running_stretches"]

Instants = NDArray[np.datetime64]
Ints = NDArray[np.int64]

_NEVER = np.datetime64("NaT", "s")


class EventKind(IntEnum):
    """What happens to a clock."""

    START = 1
    SUSPEND = 2
    RESUME = 3
    STOP = 4


@dataclass(frozen=True, kw_only=True)
class Stretches:
    """When clocks ran, case by case and in order: ``case`` int64[R], ``begin`` and ``end`` datetime64[s][R], ``NaT``
    while one still runs; ``case_count`` how many cases there are, also those that never started."""

    case: Ints
    begin: Instants
    end: Instants
    case_count: int


def running_stretches(case: ArrayLike, at: ArrayLike, kind: ArrayLike, *, case_count: int) -> Stretches:
    """When clocks ran, from the events of their cases in any order.

    Args:
        case: of which case each event is, int64[E], 0 to ``case_count`` - 1.
        at: when, datetime64[s][E]. Of one case and instant, those told first come first.
        kind: :class:`EventKind`, int64[E]. What changes nothing (a second start, a resumption of what runs or is
            stopped) is passed over; a start after a stop opens the case again.
        case_count: how many cases there are.

    Raises:
        WorktimeError: lengths that differ, cases or kinds that are none, instants not known.

    Example:
        >>> told = running_stretches([0, 0, 0], ["2026-03-02T09:00", "2026-03-02T12:00", "2026-03-02T10:00"],
        ...                          [EventKind.START, EventKind.RESUME, EventKind.SUSPEND], case_count=1)
        >>> [str(one) for one in told.begin], [str(one) for one in told.end]
        (['2026-03-02T09:00:00', '2026-03-02T12:00:00'], ['2026-03-02T10:00:00', 'NaT'])
    """
    cases, kinds = np.asarray(case, dtype=np.int64), np.asarray(kind, dtype=np.int64)
    instants = np.asarray(at, dtype="datetime64[s]")
    refuse(_check_events(cases, instants, kinds, case_count))
    order = np.lexsort((np.arange(cases.size), instants, cases))
    cases, instants, kinds = cases[order], instants[order], kinds[order]
    runs = _runs_after(cases, kinds)
    before = np.append(False, runs[:-1]) & np.append(False, cases[1:] == cases[:-1])
    begin, over = np.flatnonzero(runs & ~before), np.flatnonzero(~runs & before)
    end = np.full(begin.size, _NEVER)
    # Each stretch that is over is ended by the first such event after it, which is of the same case.
    ended = np.searchsorted(over, begin)
    follows = np.append(over, cases.size)[ended]
    same = np.append(cases, -1)[follows] == cases[begin]
    end[same] = instants[follows[same]]
    return Stretches(case=cases[begin], begin=instants[begin], end=end, case_count=case_count)


def _check_events(cases: Ints, instants: Instants, kinds: Ints, case_count: int) -> list[WorktimeFinding]:
    if not cases.shape == instants.shape == kinds.shape or cases.ndim != 1:
        return [WorktimeFinding(code=WorktimeCode.WRONG_SHAPE, field="events")]
    wrong = (
        ("case", WorktimeCode.OUT_OF_RANGE, (cases < 0) | (cases >= case_count)),
        ("at", WorktimeCode.OUT_OF_RANGE, np.isnat(instants)),
        ("kind", WorktimeCode.UNKNOWN_KIND, ~np.isin(kinds, [int(one) for one in EventKind])),
    )
    return [
        WorktimeFinding(code=code, field=name, positions=tuple(np.flatnonzero(rows).tolist()))
        for name, code, rows in wrong
        if rows.any()
    ]


def _runs_after(cases: Ints, kinds: Ints) -> NDArray[np.bool_]:
    """Whether the clock runs after each event, in order."""
    place = np.arange(cases.size)
    first = np.searchsorted(cases, cases, side="left")

    def latest(*wanted: EventKind) -> Ints:
        """The place of the last event of such kinds up to each, -1 where the case has none."""
        found = np.maximum.accumulate(np.where(np.isin(kinds, wanted), place, -1)) if place.size else place
        return np.where(found >= first, found, -1)

    started, stopped = latest(EventKind.START), latest(EventKind.STOP)
    on = latest(EventKind.START, EventKind.RESUME)
    return (started > stopped) & (on > latest(EventKind.SUSPEND))


def _counted(calendar: WorkCalendar, measure: Measure, stretches: Stretches) -> tuple[Ints, Ints]:
    """What of a measure had gone by as each stretch began and ended, -1 while it runs on or is not known.

    Working days are counted from the day after the one in which a case began, so nothing counts before that.
    """
    begin = stretches.begin
    if measure is Measure.WORKING_DAYS:
        first = np.full(stretches.case_count, np.datetime64("9999-01-01", "s"))
        np.minimum.at(first, stretches.case, begin)
        morrow = (first.astype("datetime64[D]") + 1).astype("datetime64[s]")[stretches.case]
        end = np.where(np.isnat(stretches.end), _NEVER, np.maximum(stretches.end, morrow))
        begin = np.maximum(begin, morrow)
    else:
        end = stretches.end
    return calendar.gone_by_s(measure, begin), calendar.gone_by_s(measure, end)


def elapsed_s(calendar: WorkCalendar, measure: Measure, stretches: Stretches, *, at: ArrayLike) -> NDArray[np.float64]:
    """What the clock of each case showed at an instant, float64[cases] in seconds of the measure.

    NaN where days between are not in the calendar, 0 where the clock has not started.

    Example:
        >>> from denghuo.engines.worktime import build_calendar
        >>> always = build_calendar("2026-03-02", [True] * 5)
        >>> told = running_stretches([0], ["2026-03-02T09:00"], [EventKind.START], case_count=1)
        >>> elapsed_s(always, Measure.CLOCK, told, at="2026-03-02T09:45") / 60
        array([45.])
    """
    instant = np.asarray(at, dtype="datetime64[s]")
    begun = stretches.begin <= instant
    cut = Stretches(
        case=stretches.case[begun],
        begin=stretches.begin[begun],
        end=np.where(np.isnat(stretches.end[begun]), instant, np.minimum(stretches.end[begun], instant)),
        case_count=stretches.case_count,
    )
    started, ended = _counted(calendar, measure, cut)
    shown = np.zeros(stretches.case_count)
    np.add.at(shown, cut.case, np.where((started < 0) | (ended < 0), np.nan, ended - started))
    return shown


def deadlines(calendar: WorkCalendar, measure: Measure, stretches: Stretches, *, limit_s: ArrayLike) -> Instants:
    """When the clock of each case shows its limit, datetime64[s][cases].

    ``NaT`` where it is suspended or stopped before that, never started, or where the days until then are not in the
    calendar. A limit of n working days is n times 86 400 s, and is reached with the end of the n-th working day after
    the day of the start (Civil Code of the PRC, art. 201 to 203); ``2026-03-06T00:00`` is the end of the 5th.

    Args:
        calendar: the days.
        measure: what the limit is told in.
        stretches: when the clocks ran.
        limit_s: limit of each case, or one for all, in seconds of the measure, not negative.

    Raises:
        WorktimeError: a negative limit.

    Example:
        >>> from denghuo.engines.worktime import build_calendar
        >>> month = build_calendar("2026-03-02", ([True] * 5 + [False] * 2) * 4)
        >>> told = running_stretches([0], ["2026-03-05T16:20"], [EventKind.START], case_count=1)
        >>> str(deadlines(month, Measure.WORKING_DAYS, told, limit_s=5 * 86_400)[0])
        '2026-03-13T00:00:00'
    """
    limits = np.broadcast_to(np.asarray(limit_s, dtype=np.int64), stretches.case_count)
    if (limits < 0).any():
        refuse([WorktimeFinding(code=WorktimeCode.NEGATIVE, field="limit_s")])
    started, ended = _counted(calendar, measure, stretches)
    length = np.where(np.isnat(stretches.end), np.iinfo(np.int64).max // 4, ended - started)
    lost = (started < 0) | (~np.isnat(stretches.end) & (ended < 0))
    length = np.where(lost, 0, length)
    # Shown before each stretch: the sum of the case's earlier ones.
    first = np.searchsorted(stretches.case, stretches.case, side="left")
    total = np.concatenate(([0], np.cumsum(np.minimum(length, np.iinfo(np.int64).max // 8))))
    shown = total[np.arange(length.size)] - total[first]
    due = limits[stretches.case] - shown
    inside = np.flatnonzero((due >= 0) & (due <= length) & ~lost)
    found = np.full(stretches.case_count, _NEVER)
    cases, places = np.unique(stretches.case[inside], return_index=True)
    rows = inside[places]
    found[cases] = np.maximum(calendar.reached(measure, started[rows] + due[rows]), stretches.begin[rows])
    spoiled = np.zeros(stretches.case_count, np.bool_)
    spoiled[stretches.case[lost]] = True
    return np.where(spoiled, _NEVER, found)


def resumed_at(stretches: Stretches, *, at: ArrayLike) -> Stretches:
    """The same clocks as if those that ran once and do not now ran on from an instant: for "until when, if it went on
    now". Never part of the record."""
    instant = np.asarray(at, dtype="datetime64[s]")
    last = np.flatnonzero(np.append(stretches.case[1:] != stretches.case[:-1], True)[: stretches.case.size])
    idle = last[~np.isnat(stretches.end[last])]
    case = np.concatenate((stretches.case, stretches.case[idle]))
    begin = np.concatenate((stretches.begin, np.maximum(stretches.end[idle], instant)))
    end = np.concatenate((stretches.end, np.full(idle.size, _NEVER)))
    order = np.lexsort((begin, case))
    return Stretches(case=case[order], begin=begin[order], end=end[order], case_count=stretches.case_count)
