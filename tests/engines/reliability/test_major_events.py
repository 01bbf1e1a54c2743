"""Major event days by the 2.5 beta method."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from denghuo.engines.reliability import (
    Calendar,
    Served,
    Standard,
    begins_on,
    build_interruptions,
    calendar_edges,
    compute_indices,
    daily_hours_per_user,
    date_range,
    day_starts,
    find_major_event_days,
    local_day,
    major_event_threshold,
)

NIGHT = build_interruptions(
    start=["2026-01-01T20:00", "2026-01-03T10:00"], end=["2026-01-03T02:00", "NaT"], mv_users=[6, 2]
)


@settings(deadline=None)
@given(st.lists(st.floats(1e-4, 1e3), min_size=2, max_size=40), st.integers(0, 5))
def test_the_threshold_is_that_of_the_logarithms(hours: list[float], quiet: int) -> None:
    found = major_event_threshold(hours + [0.0] * quiet)
    logs = np.log(np.array(hours) * 60)
    assert_allclose([found.alpha, found.beta], [logs.mean(), np.std(logs, ddof=1)], rtol=1e-9, atol=1e-12)
    assert_allclose(np.log(found.minutes_per_user), found.alpha + 2.5 * found.beta, rtol=1e-9, atol=1e-9)
    assert found.day_count == len(hours)


@pytest.mark.parametrize("hours", [[], [0.0, 0.0], [1.5], [0.0, 1.5]])
def test_too_few_days_give_no_threshold(hours: list[float]) -> None:
    found = major_event_threshold(hours)
    assert np.isnan([found.minutes_per_user, found.alpha, found.beta]).all()
    assert np.isnan(major_event_threshold([1.0] * 29, least_days=30).minutes_per_user)


def test_all_of_an_interruption_goes_to_the_day_it_begins_on() -> None:
    """IEEE 1366 does not cut at midnight here; an open one runs to the end of the last day."""
    hours = daily_hours_per_user(
        NIGHT, days=date_range("2026-01-01", "2026-01-03"), standard=Standard.DLT836, served=Served(mv_users=12)
    )
    assert_allclose(hours, [15, 0, 14 * 2 / 12])


def test_days_are_local() -> None:
    """20:00 UTC is the next morning in China."""
    options = {"days": date_range("2026-01-01", "2026-01-03"), "standard": Standard.DLT836, "utc_offset_s": 28800}
    hours = daily_hours_per_user(NIGHT, served=Served(mv_users=12), **options)  # type: ignore[arg-type]
    assert_allclose(hours[:2], [0, 15])
    assert begins_on(NIGHT, date_range("2026-01-02", "2026-01-02"), utc_offset_s=28800).tolist() == [True, False]
    assert local_day(NIGHT.start).astype(str).tolist() == ["2026-01-01", "2026-01-03"]


ZONES = ["America/Vancouver", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Asia/Shanghai", "UTC"]


@settings(deadline=None)
@given(st.lists(st.integers(1_100_000_000, 2_100_000_000), max_size=20), st.sampled_from(ZONES))
def test_the_local_day_is_that_of_the_clock_on_the_wall(seconds: list[int], zone: str) -> None:
    expected = [datetime.fromtimestamp(at, ZoneInfo(zone)).date() for at in seconds]
    assert local_day(np.array(seconds, dtype="datetime64[s]"), zone=zone).tolist() == expected


@pytest.mark.parametrize("zone", ZONES)
def test_days_of_a_zone_follow_each_other_and_make_up_the_year(zone: str) -> None:
    starts = day_starts(date_range("2018-01-01", "2019-01-01"), zone=zone)
    hours = (starts[1:] - starts[:-1]) / np.timedelta64(1, "h")
    changed = {"Asia/Shanghai": set(), "UTC": set(), "Australia/Lord_Howe": {23.5, 24.5}}.get(zone, {23.0, 25.0})
    assert set(hours.tolist()) == changed | {24.0} and hours.sum() == 8760
    months = calendar_edges("2018-01-01", "2018-12-31", unit=Calendar.MONTH, zone=zone)
    assert set(months) <= set(starts) and len(months) == 13


def test_days_are_those_of_the_zone_where_clocks_change() -> None:
    """Half past seven UTC is 23:30 of the day before in winter, 00:30 of the same day in summer."""
    start = np.array(["2024-01-10T07:30", "2024-07-10T07:30"], dtype="datetime64[us]")
    rows = build_interruptions(start=start, end=start + np.timedelta64(2, "h"), mv_users=[6, 6])
    hours = daily_hours_per_user(
        rows,
        days=date_range("2024-01-09", "2024-07-10"),
        standard=Standard.DLT836,
        served=Served(mv_users=12),
        zone="America/Vancouver",
    )
    assert np.flatnonzero(hours).tolist() == [0, len(hours) - 1]
    assert begins_on(rows, date_range("2024-01-09", "2024-01-09"), zone="America/Vancouver").tolist() == [True, False]


def test_a_day_with_no_instant_and_a_zone_that_is_not_there() -> None:
    assert np.isnat(local_day(["NaT"], zone="America/Vancouver")).all()
    assert local_day(np.array([], dtype="datetime64[us]"), zone="America/Vancouver").size == 0
    with pytest.raises(ValueError, match="not a time zone"):
        local_day(["2024-01-01"], zone="Mars/Olympus")
    with pytest.raises(ValueError, match="not both"):
        day_starts(["2024-01-01"], zone="Asia/Shanghai", utc_offset_s=28800)


def test_figures_without_the_storm() -> None:
    """Two years of quiet days and one storm: it is found, and what is left is the quiet year."""
    start = np.datetime64("2024-01-01T06:00", "us") + np.arange(731) * np.timedelta64(1, "D")
    users = 5 + np.arange(731) % 7
    storm = np.flatnonzero(local_day(start) == np.datetime64("2025-07-20"))[0]
    users[storm] = 4000
    rows = build_interruptions(start=start, end=start + np.timedelta64(3, "h"), mv_users=users)
    served = Served(mv_users=5000)
    found = find_major_event_days(
        rows,
        window=("2024-01-01", "2024-12-31"),
        period=("2025-01-01", "2025-12-31"),
        standard=Standard.IEEE1366,
        served=served,
    )
    assert found.day.astype(str).tolist() == ["2025-07-20"] and found.threshold.day_count == 366
    assert_allclose(found.hours_per_user, 4000 * 3 / 5000)
    year = calendar_edges("2025-01-01", "2025-12-31", unit=Calendar.YEAR)
    rest = rows.take(~begins_on(rows, found.day))
    with_storm, without = (
        compute_indices(each, period=year, standard=Standard.IEEE1366, served=served) for each in (rows, rest)
    )
    assert_allclose(with_storm.user_hours - without.user_hours, 12000)


def test_no_threshold_sets_no_day_apart() -> None:
    found = find_major_event_days(
        NIGHT,
        window=("2020-01-01", "2024-12-31"),
        period=("2026-01-01", "2026-01-31"),
        standard=Standard.DLT836,
        served=Served(mv_users=12),
    )
    assert found.day.size == 0 and np.isnan(found.threshold.minutes_per_user)
