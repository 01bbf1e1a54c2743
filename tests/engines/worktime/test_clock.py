"""Clocks that run, are suspended and run on: what they may never get wrong."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engines.worktime import (
    EventKind,
    Measure,
    WorkCalendar,
    WorktimeError,
    build_calendar,
    deadlines,
    elapsed_s,
    resumed_at,
    running_stretches,
)

DAY = 86_400
FIRST = np.datetime64("2026-09-14", "s")  # a Monday
# Weeks around the National Day of 2026: off from 1 to 7 October, worked on Sunday 20 September and Saturday 10 October.
WORKING = [True] * 5 + [False, True] + [True] * 5 + [False] * 2 + [True] * 3 + [False] * 7 + [True] * 3 + [False]
WORKING += ([True] * 5 + [False] * 2) * 6
MEASURES = list(Measure)
SPAN = len(WORKING) * DAY


@pytest.fixture(scope="module")
def calendar() -> WorkCalendar:
    return build_calendar("2026-09-14", WORKING)


def clock(*told: tuple[str, EventKind]) -> Any:
    return running_stretches([0] * len(told), [at for at, _ in told], [kind for _, kind in told], case_count=1)


def due(calendar: WorkCalendar, measure: Measure, limit_s: int, *told: tuple[str, EventKind]) -> str:
    return str(deadlines(calendar, measure, clock(*told), limit_s=limit_s)[0])


START, SUSPEND, RESUME, STOP = EventKind


@pytest.mark.parametrize(
    ("measure", "limit_s", "at", "expected"),
    [
        (Measure.CLOCK, 45 * 60, "2026-09-18T23:50", "2026-09-19T00:35:00"),
        (Measure.WORKING_DAYS, 5 * DAY, "2026-09-28T16:00", "2026-10-11T00:00:00"),  # 29, 30, 8, 9, 10
        (Measure.WORKING_DAYS, DAY, "2026-09-18T10:00", "2026-09-21T00:00:00"),  # a Sunday that is worked
        (Measure.WORKING_DAYS, DAY, "2026-10-03T10:00", "2026-10-09T00:00:00"),
        (Measure.WORK_HOURS, 3600, "2026-09-18T11:30", "2026-09-18T14:30:00"),  # over noon
        (Measure.WORK_HOURS, 3600, "2026-09-18T17:30", "2026-09-20T08:30:00"),
        (Measure.WORK_HOURS, 8 * 3600, "2026-09-14T08:00", "2026-09-14T18:00:00"),  # full with the end of the day
        (Measure.WORK_HOURS, 1, "2026-10-01T00:00", "2026-10-08T08:00:01"),
    ],
)
def test_a_limit_ends_when_its_measure_is_full(
    calendar: WorkCalendar, measure: Measure, limit_s: int, at: str, expected: str
) -> None:
    assert due(calendar, measure, limit_s, (at, START)) == expected


def test_a_suspension_is_time_of_the_same_measure(calendar: WorkCalendar) -> None:
    """Friday evening to Monday morning is no working time, so nothing is won by it (glpi 10594, frappe 2449)."""
    told = (("2026-09-22T09:00", START), ("2026-09-25T18:00", SUSPEND), ("2026-09-28T08:00", RESUME))
    plain = due(calendar, Measure.WORK_HOURS, 40 * 3600, told[0])
    assert due(calendar, Measure.WORK_HOURS, 40 * 3600, *told) == plain
    assert due(calendar, Measure.CLOCK, 100 * 3600, *told) == "2026-09-29T03:00:00", "81 h before the weekend, 19 after"


def test_clocks_of_one_order_run_beside_each_other(calendar: WorkCalendar) -> None:
    told = (("2026-09-28T16:00", START), ("2026-09-28T16:20", SUSPEND), ("2026-09-28T16:50", RESUME))
    assert due(calendar, Measure.CLOCK, 45 * 60, *told) == "2026-09-28T17:15:00"
    assert due(calendar, Measure.WORKING_DAYS, 5 * DAY, *told) == "2026-10-11T00:00:00", (
        "on the day that is not counted"
    )


def test_a_stopped_clock_does_not_run_on(calendar: WorkCalendar) -> None:
    told = (("2026-09-28T16:00", START), ("2026-09-28T16:30", STOP), ("2026-09-28T17:00", RESUME))
    shown = [elapsed_s(calendar, Measure.CLOCK, clock(*told), at=at)[0] for at in ("2026-09-28T16:10", "2026-10-05")]
    assert shown == [600, 1800]
    assert due(calendar, Measure.CLOCK, 1801, *told) == "NaT"
    assert due(calendar, Measure.CLOCK, 1800, *told) == "2026-09-28T16:30:00"
    again = elapsed_s(calendar, Measure.CLOCK, clock(*told, ("2026-09-28T18:00", START)), at="2026-09-28T18:01")
    assert again[0] == 1860, "a start opens it again"


def test_days_that_are_not_known_are_never_guessed(calendar: WorkCalendar) -> None:
    last = str(calendar.end - np.timedelta64(3, "D"))
    assert due(calendar, Measure.WORKING_DAYS, 9 * DAY, (last, START)) == "NaT"
    assert due(calendar, Measure.CLOCK, 9 * DAY, (last, START)) != "NaT"
    after = calendar.end + np.timedelta64(1, "D")
    assert np.isnan(elapsed_s(calendar, Measure.WORK_HOURS, clock((last, START)), at=after)[0])
    assert np.isnan(elapsed_s(calendar, Measure.WORKING_DAYS, clock(("2026-01-05T09:00", START)), at=last)[0])


def test_what_was_never_started_shows_nothing(calendar: WorkCalendar) -> None:
    told = running_stretches([2, 2], ["2026-09-14T09:00", "2026-09-14T10:00"], [START, STOP], case_count=4)
    assert elapsed_s(calendar, Measure.CLOCK, told, at="2026-09-15").tolist() == [0, 0, 3600, 0]
    assert np.isnat(deadlines(calendar, Measure.CLOCK, told, limit_s=60)).tolist() == [True, True, False, True]


def test_a_suspended_clock_tells_until_when_if_it_ran_on_now(calendar: WorkCalendar) -> None:
    told = clock(("2026-09-14T09:00", START), ("2026-09-14T10:00", SUSPEND))
    assert np.isnat(deadlines(calendar, Measure.CLOCK, told, limit_s=7200)[0])
    on = resumed_at(told, at="2026-09-15T12:00")
    assert str(deadlines(calendar, Measure.CLOCK, on, limit_s=7200)[0]) == "2026-09-15T13:00:00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"case": [1]},
        {"case": [-1]},
        {"kind": [9]},
        {"at": ["NaT"]},
        {"at": ["2026-09-14", "2026-09-15"]},
    ],
)
def test_events_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    told: dict[str, Any] = {"case": [0], "at": ["2026-09-14"], "kind": [START]} | wrong
    with pytest.raises(WorktimeError):
        running_stretches(told["case"], told["at"], told["kind"], case_count=1)


@pytest.mark.parametrize("periods", [((480, 720), (700, 900)), ((480, 480),), ((900, 480),), ((480, 1500),)])
def test_hours_that_cannot_be_are_refused(periods: Any) -> None:
    with pytest.raises(WorktimeError):
        build_calendar("2026-09-14", [True], periods=periods)


def test_a_negative_limit_is_refused(calendar: WorkCalendar) -> None:
    with pytest.raises(WorktimeError):
        deadlines(calendar, Measure.CLOCK, clock(("2026-09-14", START)), limit_s=-1)


events = st.lists(
    st.tuples(st.integers(0, SPAN // 2), st.sampled_from([SUSPEND, RESUME])), max_size=8
)  # after the start


def _told(start_s: int, more: list[tuple[int, EventKind]]) -> Any:
    at = [FIRST + start_s, *(FIRST + start_s + after for after, _kind in more)]
    kinds = [START, *(kind for _after, kind in more)]
    return running_stretches([0] * len(at), np.array(at), kinds, case_count=1)


@given(st.sampled_from(MEASURES), st.integers(0, SPAN // 4), events, st.integers(0, SPAN - 1), st.integers(0, SPAN - 1))
def test_a_clock_never_goes_back(
    calendar: WorkCalendar, measure: Measure, start_s: int, more: list[tuple[int, EventKind]], one_s: int, other_s: int
) -> None:
    told, (early, late) = _told(start_s, more), sorted((one_s, other_s))
    shown = [elapsed_s(calendar, measure, told, at=FIRST + at)[0] for at in (early, late)]
    assert 0 <= shown[0] <= shown[1] <= shown[0] + late - early


@given(st.sampled_from(MEASURES), st.integers(0, SPAN // 4), events, st.integers(0, SPAN), st.data())
def test_suspended_and_resumed_at_one_instant_is_nothing(
    calendar: WorkCalendar, measure: Measure, start_s: int, more: list[tuple[int, EventKind]], limit_s: int, data: Any
) -> None:
    told = _told(start_s, more)
    at = data.draw(st.integers(0, SPAN // 2))
    running = elapsed_s(calendar, Measure.CLOCK, told, at=FIRST + start_s + at + 1)[0] > elapsed_s(
        calendar, Measure.CLOCK, told, at=FIRST + start_s + at
    )
    pair = [(at, SUSPEND), (at, RESUME)] if running else [(at, RESUME), (at, SUSPEND)]
    split = _told(start_s, more + pair)
    assert deadlines(calendar, measure, split, limit_s=limit_s) == deadlines(
        calendar, measure, told, limit_s=limit_s
    ) or (
        np.isnat(deadlines(calendar, measure, split, limit_s=limit_s)[0])
        and np.isnat(deadlines(calendar, measure, told, limit_s=limit_s)[0])
    )
    for later in (0, SPAN // 3, SPAN // 2):
        instant = FIRST + min(start_s + later, SPAN)
        assert elapsed_s(calendar, measure, split, at=instant) == elapsed_s(calendar, measure, told, at=instant)


@given(st.sampled_from(MEASURES), st.integers(0, SPAN // 4), events, st.integers(0, SPAN), st.integers(0, 3 * DAY))
def test_longer_limits_end_later_and_the_clock_is_full_just_then(
    calendar: WorkCalendar, measure: Measure, start_s: int, more: list[tuple[int, EventKind]], limit_s: int, extra: int
) -> None:
    told = _told(start_s, more)
    ends = [deadlines(calendar, measure, told, limit_s=limit)[0] for limit in (limit_s, limit_s + extra)]
    if not np.isnat(ends[1]):
        assert ends[0] <= ends[1]
    if not np.isnat(ends[0]) and ends[0] <= calendar.end:
        assert elapsed_s(calendar, measure, told, at=ends[0])[0] == limit_s
        before = elapsed_s(calendar, measure, told, at=ends[0] - 1)[0]
        assert before < limit_s or limit_s == 0


@given(st.sampled_from(MEASURES), st.integers(0, SPAN // 4), events, st.integers(0, SPAN // 8))
def test_it_does_not_matter_when_a_deadline_is_worked_out(
    calendar: WorkCalendar, measure: Measure, start_s: int, more: list[tuple[int, EventKind]], limit_s: int
) -> None:
    """Worked out with the events up to it, or with all that came after as well."""
    whole = deadlines(calendar, measure, _told(start_s, more), limit_s=limit_s)[0]
    if np.isnat(whole):
        return
    until = (whole - FIRST).astype(int) - start_s
    assert (
        deadlines(calendar, measure, _told(start_s, [one for one in more if one[0] < until]), limit_s=limit_s)[0]
        == whole
    )


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50), st.sampled_from(list(EventKind))), max_size=40))
def test_many_cases_at_once_are_as_each_alone(calendar: WorkCalendar, rows: list[tuple[int, int, EventKind]]) -> None:
    case, at, kind = ([row[n] for row in rows] for n in range(3))
    instants = FIRST + 3600 * np.array(at, dtype=np.int64)
    together = running_stretches(case, instants, kind, case_count=5)
    shown = elapsed_s(calendar, Measure.CLOCK, together, at=FIRST + 60 * 3600)
    ends = deadlines(calendar, Measure.CLOCK, together, limit_s=7200)
    for one in range(5):
        own = [place for place, row in enumerate(rows) if row[0] == one]
        alone = running_stretches([0] * len(own), instants[own], [kind[place] for place in own], case_count=1)
        assert elapsed_s(calendar, Measure.CLOCK, alone, at=FIRST + 60 * 3600)[0] == shown[one]
        np.testing.assert_array_equal(deadlines(calendar, Measure.CLOCK, alone, limit_s=7200)[0], ends[one])
