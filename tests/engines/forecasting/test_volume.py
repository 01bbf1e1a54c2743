"""The volume forecast against hotlines whose laws are known, and against a real one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.forecasting import (
    Days,
    ForecastCode,
    ForecastError,
    NotKnown,
    VolumeForecast,
    backtest_volume,
    build_days,
    fit_volume,
)
from tests.engines.forecasting.bank_calls import read_counts, week_starts
from tests.engines.forecasting.hotlines import INTERVALS, WEEKDAY, hotline


def after(days: Days, count: int, **columns: object) -> Days:
    return build_days(days.day[-1] + 1 + np.arange(count), **columns)  # type: ignore[arg-type]


def ahead_of(seed: int, *, known: int = 112, **options: float) -> tuple[VolumeForecast, np.ndarray, np.ndarray]:
    """A forecast of a week with the rates and counts that came."""
    line = hotline(seed, day_count=known + 7, **options)  # type: ignore[arg-type]
    model = fit_volume(line.counts[:known], days=line.days.take(slice(0, known)))
    return model.forecast(line.days.take(slice(known, None))), line.rates[known:], line.counts[known:]


def test_finds_the_week_and_the_day() -> None:
    forecast, rates, _ = ahead_of(1)
    assert np.abs(forecast.mean.sum() / rates.sum() - 1) < 0.05
    shares, true = forecast.mean / forecast.mean.sum(axis=1, keepdims=True), rates / rates.sum(axis=1, keepdims=True)
    assert np.abs(shares - true).max() < 0.006
    by_weekday = forecast.mean.sum(axis=1) / forecast.mean.sum()
    np.testing.assert_allclose(by_weekday, WEEKDAY / WEEKDAY.sum(), atol=0.01)


def test_intervals_cover_as_often_as_they_say() -> None:
    inside, days_inside, judged = np.zeros(2), 0.0, 0
    for seed in range(8):
        forecast, _, counts = ahead_of(seed, day_sd=0.08)
        low_80, high_80, low_95, high_95 = forecast.quantile([0.1, 0.9, 0.025, 0.975])
        inside += [((counts >= low_80) & (counts <= high_80)).mean(), ((counts >= low_95) & (counts <= high_95)).mean()]
        low, high = forecast.total_quantile([0.1, 0.9])
        days_inside += float(((counts.sum(axis=1) >= low) & (counts.sum(axis=1) <= high)).sum())
        judged += len(counts)
    assert 0.74 < inside[0] / 8 < 0.92
    assert 0.91 < inside[1] / 8 < 0.99
    assert 0.65 < days_inside / judged < 0.95


def test_samples_agree_with_mean_and_quantiles() -> None:
    forecast, _, _ = ahead_of(3)
    drawn = forecast.sample(np.random.default_rng(1), 8_000)
    assert drawn.shape == (8_000, 7, INTERVALS)
    np.testing.assert_allclose(drawn.mean(axis=0), forecast.mean, rtol=0.03)
    for p in (0.1, 0.5, 0.9):
        np.testing.assert_allclose(np.quantile(drawn, p, axis=0), forecast.quantile(p), atol=1.5, rtol=0.03)
        np.testing.assert_allclose(np.quantile(drawn.sum(axis=2), p, axis=0), forecast.total_quantile(p), rtol=0.01)
    again = forecast.sample(np.random.default_rng(1), 8_000)
    assert np.array_equal(drawn, again)


def test_an_event_is_learned_with_its_shape_over_days() -> None:
    count = 180
    dunning = np.zeros(count + 7)
    dunning[10::23] = 1.0
    dunning[count:] = 0
    dunning[count + 1] = 1.0
    factor = 1 + 0.5 * dunning + 0.25 * np.roll(dunning, 1)
    listed = build_days(
        np.datetime64("2026-01-05") + np.arange(count + 7), events={"dunning": dunning}, reach_days={"dunning": 3}
    )
    line = hotline(5, days=listed, factor=factor)
    model = fit_volume(line.counts[:count], days=listed.take(slice(0, count)))
    forecast = model.forecast(listed.take(slice(count, None))).mean.sum(axis=1)
    without = model.forecast(
        after(listed.take(slice(0, count)), 7, events={"dunning": np.zeros(7)}, reach_days={"dunning": 3})
    )
    effect = forecast / without.mean.sum(axis=1)
    np.testing.assert_allclose(effect[[1, 2, 4]], [1.5, 1.25, 1.0], atol=0.08)
    assert NotKnown.EVENT not in model.not_known


def test_days_around_a_holiday() -> None:
    count = 210
    holiday = np.zeros(count + 7, dtype=bool)
    holiday[[30, 61, 93, 122, 150, 185]] = True
    holiday[count + 2] = True
    day = np.datetime64("2026-01-05") + np.arange(count + 7)
    listed = build_days(day, holiday=holiday)
    weekday_only = build_days(day)
    swing = np.where(holiday, 0.4, 1.0) / np.where(holiday, WEEKDAY[6] / WEEKDAY[weekday_only.pattern], 1.0)
    swing[1:][holiday[:-1] & (weekday_only.pattern[1:] < 5)] = 1.3
    line = hotline(6, days=listed, factor=swing)
    model = fit_volume(line.counts[:count], days=listed.take(slice(0, count)))
    forecast = model.forecast(listed.take(slice(count, None)))
    np.testing.assert_allclose(forecast.mean.sum(axis=1)[2:4] / line.rates[count:].sum(axis=1)[2:4], 1.0, atol=0.15)


def test_heat_has_a_bend() -> None:
    count = 200
    rng = np.random.default_rng(7)
    hottest = 24 + 8 * np.sin(np.arange(count + 7) / 9) + rng.normal(0, 2, count + 7)
    hottest[count : count + 3] = [34.0, 22.0, 16.0]
    day = np.datetime64("2026-01-05") + np.arange(count + 7)
    listed = build_days(day, weather={"hottest_c": hottest})
    factor = 1 + 0.06 * np.maximum(hottest - 28, 0)
    line = hotline(7, days=listed, factor=factor)
    model = fit_volume(line.counts[:count], days=listed.take(slice(0, count)))
    ahead = model.forecast(listed.take(slice(count, None))).mean.sum(axis=1)
    mild = model.forecast(build_days(day[count:], weather={"hottest_c": np.full(7, 22.0)})).mean.sum(axis=1)
    np.testing.assert_allclose((ahead / mild)[:3], factor[count : count + 3], atol=0.1)
    unknown = model.forecast(build_days(day[count:], weather={"hottest_c": np.full(7, np.nan)}))
    assert (unknown.log_variance > model.forecast(listed.take(slice(count, None))).log_variance).all()


def test_an_incident_does_not_spoil_the_level() -> None:
    line = hotline(8, day_count=84)
    clean = fit_volume(line.counts, days=line.days).forecast(after(line.days, 7)).mean
    stormy = line.counts.copy()
    stormy[-3] *= 8
    stormy[-9, 14:17] += 900
    model = fit_volume(stormy, days=line.days)
    spoiled = model.forecast(after(line.days, 7)).mean
    assert np.abs(spoiled.sum(axis=1) / clean.sum(axis=1) - 1).max() < 0.05
    assert model.unusual[-9, 14:17].all() and model.unusual.sum() < 12
    assert model.surprise[-3] > 5
    marked = np.zeros(84, dtype=bool)
    marked[[-3, -9]] = True
    told = fit_volume(stormy, days=line.days, incident=marked)
    np.testing.assert_allclose(told.forecast(after(line.days, 7)).mean.sum(axis=1), clean.sum(axis=1), rtol=0.05)


def test_missing_counts_are_not_zeros() -> None:
    line = hotline(9, day_count=84)
    full = fit_volume(line.counts, days=line.days).forecast(after(line.days, 7))
    holes = line.counts.copy()
    holes[np.random.default_rng(9).random(holes.shape) < 0.2] = np.nan
    holes[40] = np.nan
    found = fit_volume(holes, days=line.days).forecast(after(line.days, 7))
    np.testing.assert_allclose(found.mean.sum(axis=1), full.mean.sum(axis=1), rtol=0.04)


def test_closed_hours_and_days_stay_closed() -> None:
    line = hotline(10, day_count=70)
    counts = line.counts.copy()
    counts[:, :7] = 0
    counts[line.days.pattern == 5, 12:] = 0
    counts[line.days.pattern == 6] = 0
    forecast = fit_volume(counts, days=line.days).forecast(after(line.days, 14, closed=np.arange(14) == 1))
    assert (forecast.mean[:, :7] == 0).all()
    assert (forecast.mean[[5, 12], 12:] == 0).all() and (forecast.mean[[5, 12], 8:12] > 0).all()
    assert (forecast.mean[[1, 6, 13]] == 0).all()
    assert (forecast.quantile(0.99)[forecast.mean == 0] == 0).all()
    assert (forecast.sample(np.random.default_rng(1), 50)[:, forecast.mean == 0] == 0).all()


def test_a_short_history_is_wide_and_says_what_it_cannot_know() -> None:
    line = hotline(11, day_count=200)
    widths = {}
    for known in (8, 28, 190):
        model = fit_volume(line.counts[200 - known :], days=line.days.take(slice(200 - known, None)))
        forecast = model.forecast(after(line.days, 7))
        low, high = forecast.total_quantile([0.05, 0.95])
        widths[known] = float(((high - low) / forecast.mean.sum(axis=1)).mean())
        assert NotKnown.YEAR in model.not_known
        assert (NotKnown.MONTH in model.not_known) == (known < 62)
        assert (NotKnown.WEEKDAY in model.not_known) == (known < 14)
    assert widths[8] > 1.5 * widths[190]
    with pytest.raises(ForecastError) as refused:
        fit_volume(line.counts[:6], days=line.days.take(slice(0, 6)))
    assert [one.code for one in refused.value.findings] == [ForecastCode.TOO_SHORT]


def test_the_further_ahead_the_wider() -> None:
    line = hotline(12, day_count=100)
    forecast = fit_volume(line.counts, days=line.days).forecast(after(line.days, 43))
    width = np.diag(forecast.busyness_covariance)
    assert width[42] > width[0]


def test_everything_wrong_is_said_at_once() -> None:
    line = hotline(13, day_count=14)
    counts = line.counts.copy()
    counts[2, 3] = -1
    counts[5, 0] = np.inf
    with pytest.raises(ForecastError) as refused:
        fit_volume(counts, days=line.days, incident=[True])
    assert [(one.code, one.field, one.positions.tolist()) for one in refused.value.findings] == [
        (ForecastCode.NEGATIVE, "counts", [2]),
        (ForecastCode.INFINITE, "counts", [5]),
        (ForecastCode.WRONG_SHAPE, "incident", []),
    ]
    model = fit_volume(line.counts, days=line.days)
    with pytest.raises(ForecastError) as refused:
        model.forecast(build_days(line.days.day[-1:], events={"billing": [1.0]}))
    assert {one.code for one in refused.value.findings} == {
        ForecastCode.OTHER_COLUMNS,
        ForecastCode.NOT_AFTER_HISTORY,
    }


@settings(max_examples=5)
@given(
    seed=st.integers(0, 1_000),
    day_count=st.integers(7, 40),
    calls_per_day=st.sampled_from([0.5, 20.0, 5e3, 1e6]),
    hole=st.floats(0, 0.5),
)
def test_any_history_gives_an_ordered_finite_forecast(
    seed: int, day_count: int, calls_per_day: float, hole: float
) -> None:
    line = hotline(seed, day_count=day_count, calls_per_day=calls_per_day)
    counts = line.counts.copy()
    counts[np.random.default_rng(seed).random(counts.shape) < hole] = np.nan
    before = counts.copy()
    try:
        model = fit_volume(counts, days=line.days)
    except ForecastError as refused:
        assert {one.code for one in refused.findings} <= {ForecastCode.TOO_SHORT, ForecastCode.NO_CALLS}
        return
    forecast = model.forecast(after(line.days, 9))
    quantiles = forecast.quantile([0.05, 0.5, 0.95])
    assert np.isfinite(quantiles).all() and (np.diff(quantiles, axis=0) >= 0).all()
    assert (forecast.mean >= 0).all() and forecast.mean.sum() > 0
    np.testing.assert_array_equal(counts, before)
    again = fit_volume(counts, days=line.days).forecast(after(line.days, 9))
    np.testing.assert_array_equal(again.mean, forecast.mean)


@pytest.mark.data
def test_real_calls_of_a_bank_a_week_ahead(reference_data: Path) -> None:
    day, counts = read_counts(reference_data / "hotline/calls/bank_calls_5min_first144days.csv.gz", interval_s=1_800)
    origins = week_starts(day, 4)
    done = backtest_volume(counts, days=build_days(day), origins=origins, relearn=True)
    assert counts.shape == (144, 29)
    assert done.overall.mape_share[0] < 0.06
    assert done.overall.mase[0] < 0.68
    # The same with a week of five listed days as the season, as series without dates are judged.
    error = np.abs(done.median - done.calls)
    by_week = zip(origins, np.split(error, np.array(origins[1:]) - origins[0]), strict=True)
    scaled = [part.mean() / np.abs(counts[5:origin] - counts[: origin - 5]).mean() for origin, part in by_week]
    assert np.mean(scaled) < 0.68
    assert done.overall.mape_share[0] < 0.7 * done.four_weeks.mape_share[0]
    assert 0.75 < done.overall.covered_80_share[0] < 0.9


@pytest.mark.data
@pytest.mark.nightly
def test_real_calls_of_a_bank_that_works_on_sunday(reference_data: Path) -> None:
    path = reference_data / "hotline/calls/anonymous_bank_1999_6min_counts_jan_oct.csv.gz"
    day, counts = read_counts(path, interval_s=1_800)
    done = backtest_volume(counts, days=build_days(day), origins=week_starts(day, 8))
    assert done.overall.wape_share[0] < done.four_weeks.wape_share[0]
    assert done.overall.mase[0] < done.last_week.mase[0]
    assert done.overall.covered_95_share[0] > 0.85
