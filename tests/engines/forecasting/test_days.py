"""Calendars, and series laid out by day."""

import numpy as np
import pytest

from denghuo.engines.forecasting import (
    ForecastCode,
    ForecastError,
    build_days,
    counts_by_day,
    fit_handling_time,
)
from denghuo.engines.forecasting._covariates import covariates
from tests.engines.forecasting.hotlines import hotline


def rest_columns(day: list[str], **columns: list[bool]) -> list[list[float]]:
    """Holiday; first and second working day after days off; working day before a holiday."""
    days = build_days(day, **columns)
    return covariates(days, known=len(days), with_year=False).linear[0].tolist()


def test_a_weekday_that_is_not_listed_is_a_day_off() -> None:
    days = np.arange("2026-08-03", "2026-09-19", dtype="M8[D]")
    working = days[np.is_busday(days, holidays=["2026-09-07"])]
    columns = np.array(rest_columns(working.astype(str).tolist()))
    assert working[columns[:, 1] == 1].astype(str).tolist() == ["2026-09-08"]
    assert working[columns[:, 2] == 1].astype(str).tolist() == ["2026-09-09"]
    assert working[columns[:, 3] == 1].astype(str).tolist() == ["2026-09-04"]


def test_a_long_hole_in_the_table_is_no_holiday() -> None:
    days = np.arange("2026-08-03", "2026-09-19", dtype="M8[D]")
    columns = np.array(
        rest_columns(
            days[(days < np.datetime64("2026-08-20")) | (days > np.datetime64("2026-08-26"))].astype(str).tolist()
        )
    )
    assert not columns.any()


def test_working_days_after_a_marked_holiday_skip_the_weekend() -> None:
    days = np.arange("2026-04-27", "2026-05-08", dtype="M8[D]").astype(str).tolist()  # Monday to Thursday
    holiday = [day == "2026-05-01" for day in days]  # a Friday
    columns = np.array(rest_columns(days, holiday=holiday))
    assert [days[row] for row in np.flatnonzero(columns[:, 1])] == ["2026-05-04"]
    assert [days[row] for row in np.flatnonzero(columns[:, 3])] == ["2026-04-30"]


def test_make_up_workdays_behave_like_their_neighbors() -> None:
    days = build_days(["2026-02-14", "2026-02-15", "2026-02-16"], makeup_workday=[True, True, False])
    assert days.pattern.tolist() == [4, 0, 0]


def test_events_reach_later_days_across_the_end_of_the_history() -> None:
    past = build_days(["2026-03-01", "2026-03-02"], events={"bills": [0, 2.0]}, reach_days={"bills": 3})
    ahead = build_days(["2026-03-03", "2026-03-05"], events={"bills": [0, 0.0]}, reach_days={"bills": 3})
    lags = covariates(past.then(ahead), known=2, with_year=False).linear[1]
    assert np.abs(lags).sum(axis=1).astype(bool).tolist() == [False, True, True, False]


def test_everything_wrong_with_days_is_said_at_once() -> None:
    with pytest.raises(ForecastError) as refused:
        build_days(
            ["2026-03-02", "2026-03-01", "2026-03-01", "NaT"],
            events={"bills": [0, np.inf, 0, 0]},
            reach_days={"bills": 0},
        )
    assert [(one.code, one.field, one.positions.tolist()) for one in refused.value.findings] == [
        (ForecastCode.NO_DAY, "day", [3]),
        (ForecastCode.DAY_TWICE, "day", [2]),
        (ForecastCode.NOT_ASCENDING, "day", [1]),
        (ForecastCode.INFINITE, "events", [1]),
        (ForecastCode.OUT_OF_RANGE, "reach_days", [0]),
    ]
    with pytest.raises(ForecastError) as refused:
        build_days(["2026-03-02"], holiday=[True, False])
    assert [(one.code, one.field) for one in refused.value.findings] == [(ForecastCode.WRONG_SHAPE, "holiday")]


def test_a_series_is_laid_out_and_its_gaps_are_seen() -> None:
    one = np.arange("2026-03-01T08:00", "2026-03-01T12:00", 5, dtype="M8[m]")
    at = np.concatenate([one, one + 1_440, one + 2_880])
    kept = np.delete(np.arange(len(at)), [13, 14, *range(18, 24)])  # part of 09:00, all of 09:30
    day, counts = counts_by_day(at[kept][::-1], np.ones(len(kept)), interval_s=1_800)
    assert day.astype(str).tolist() == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert counts[1:].sum() == 2 * len(one)
    np.testing.assert_array_equal(counts[0, 15:25], [0, 6, 6, np.nan, np.nan, 6, 6, 6, 6, 0])


def test_a_series_with_an_instant_twice_is_refused() -> None:
    with pytest.raises(ForecastError) as refused:
        counts_by_day(["2026-03-01T08:00", "2026-03-01T08:00"], [1, -1], interval_s=1_800)
    assert {one.code for one in refused.value.findings} == {ForecastCode.DAY_TWICE, ForecastCode.NEGATIVE}


def test_handling_times_lean_on_their_neighbors_as_far_as_they_are_uncertain() -> None:
    line = hotline(1, day_count=84, calls_per_day=400)
    rng = np.random.default_rng(1)
    true_s = 180.0 * np.where(np.arange(24) < 8, 1.3, 1.0)
    calls = line.counts
    seconds = rng.gamma(np.maximum(calls, 1e-9) / 0.81, 0.81 * true_s)
    found = fit_handling_time(seconds, calls=calls, days=line.days)
    pooled = np.array([calls[line.days.pattern == one].sum(axis=0) for one in range(7)])
    raw = np.array([seconds[line.days.pattern == one].sum(axis=0) for one in range(7)]) / pooled
    assert np.abs(found.mean_s - true_s).mean() < 0.7 * np.abs(raw - true_s).mean()
    assert (np.abs(found.mean_s - true_s) < 4 * found.standard_error_s + 0.02 * true_s).all()
    rare, busy = np.unravel_index(pooled.argmin(), pooled.shape), np.unravel_index(pooled.argmax(), pooled.shape)
    assert found.standard_error_s[rare] / found.mean_s[rare] >= found.standard_error_s[busy] / found.mean_s[busy]
    assert found.on(line.days).shape == calls.shape
