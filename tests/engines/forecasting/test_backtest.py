"""Errors by rolling origin, worked out a second time by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from denghuo.engines.forecasting import (
    Days,
    ForecastCode,
    ForecastError,
    backtest_volume,
    build_days,
    fit_volume,
    seasonal_scale,
)
from tests.engines.forecasting.hotlines import hotline


def test_errors_are_those_of_the_forecasts_made_before() -> None:
    line = hotline(1, day_count=77)
    done = backtest_volume(line.counts, days=line.days, origins=[63, 70], relearn=True)
    first = fit_volume(line.counts[:63], days=line.days.take(slice(0, 63)))
    np.testing.assert_array_equal(done.forecast[:7], first.forecast(line.days.take(slice(63, 70))).mean)
    np.testing.assert_array_equal(done.median[:7], first.forecast(line.days.take(slice(63, 70))).quantile(0.5))
    error = np.abs(done.median - line.counts[63:])
    assert done.overall.wape_share[0] == pytest.approx(error.sum() / line.counts[63:].sum())
    some = line.counts[63:] > 0
    assert done.overall.mape_share[0] == pytest.approx((error[some] / line.counts[63:][some]).mean())
    scales = [np.abs(line.counts[7:stop] - line.counts[: stop - 7]).mean() for stop in (63, 70)]
    assert seasonal_scale(line.counts[:63], days=line.days.take(slice(0, 63))) == pytest.approx(scales[0])
    expected = np.mean([error[:7].mean() / scales[0], error[7:].mean() / scales[1]])
    assert done.overall.mase[0] == pytest.approx(expected)
    naive = np.abs(line.counts[56:63] - line.counts[63:70]).sum() + np.abs(line.counts[63:70] - line.counts[70:]).sum()
    assert done.last_week.wape_share[0] == pytest.approx(naive / line.counts[63:].sum())
    assert np.isnan(done.last_week.covered_80_share[0])
    assert done.overall.wape_share[0] < done.four_weeks.wape_share[0] < done.last_week.wape_share[0]


def test_groups_add_up() -> None:
    line = hotline(2, day_count=70)
    done = backtest_volume(line.counts, days=line.days, origins=[56, 60], horizon_days=5)
    for table in (done.by_days_ahead, done.by_weekday, done.by_interval):
        assert table.count.sum() == done.overall.count[0] == done.calls.size
        pinball = (table.pinball * table.count).sum() / table.count.sum()
        assert pinball == pytest.approx(done.overall.pinball[0])
    assert done.by_days_ahead.group.tolist() == [1, 2, 3, 4, 5]
    assert done.days_ahead.tolist() == [1, 2, 3, 4, 5] * 2


def test_nothing_after_the_origin_is_known() -> None:
    line = hotline(3, day_count=70)
    changed = line.counts.copy()
    changed[63:] *= 5
    plain, other = (
        backtest_volume(counts, days=line.days, origins=[56], horizon_days=7) for counts in (line.counts, changed)
    )
    np.testing.assert_array_equal(plain.forecast, other.forecast)


def test_incidents_are_not_judged() -> None:
    line = hotline(4, day_count=63)
    incident = np.zeros(63, dtype=bool)
    incident[58] = True
    stormy = line.counts.copy()
    stormy[58] *= 10
    done = backtest_volume(stormy, days=line.days, origins=[56], incident=incident)
    assert done.overall.count[0] == 6 * line.counts.shape[1]
    assert done.overall.wape_share[0] < 0.2


@pytest.mark.parametrize("origins", [[], [3], [20, 15], [28]])
def test_origins_must_leave_a_past_and_a_future(origins: list[int]) -> None:
    line = hotline(5, day_count=28)
    with pytest.raises(ForecastError) as refused:
        backtest_volume(line.counts, days=line.days, origins=origins)
    assert [one.code for one in refused.value.findings] == [ForecastCode.OUT_OF_RANGE]


def _dunned(seed: int) -> tuple[Days, NDArray[np.float64]]:
    """A year in which messages go out four times and raise the calls by half."""
    day = np.arange("2025-01-01", "2026-01-01", dtype="M8[D]")
    sent = np.zeros(len(day))
    for begin in (60, 150, 240, 350):
        sent[begin : begin + 4] = 1.0
    rng = np.random.default_rng(seed)
    rate = np.array([10.0, 40.0, 30.0, 20.0]) * np.where(sent > 0, 1.5, 1.0)[:, None]
    return build_days(day, events={"dunning": sent}), rng.poisson(rate).astype(np.float64)


def test_what_an_event_does_is_said_by_itself() -> None:
    days, counts = _dunned(4)
    model = fit_volume(counts[:348], days=days.take(slice(0, 348)))
    (effect,) = model.effects(days.take(slice(348, 355)))
    assert effect.name == "dunning"
    assert (effect.factor[[0, 1, 6]] == 1).all()
    assert effect.factor[2:6] == pytest.approx(1.5, abs=0.1)
    assert ((effect.low <= effect.factor) & (effect.factor <= effect.high)).all()
    with pytest.raises(ForecastError):
        model.effects(build_days(days.day[348:355]))


def test_weather_that_is_not_known_moves_nothing_and_says_so() -> None:
    days, counts = _dunned(5)
    hot = 20 + 10 * np.sin(np.arange(len(days)) / 30)
    counts = np.random.default_rng(6).poisson(40 * np.exp(0.03 * (hot - 20))[:, None] * np.ones((1, 4))).astype(float)
    ahead = np.concatenate([hot[:358], [np.nan] * 7])
    table = build_days(days.day, weather={"hottest": ahead})
    model = fit_volume(counts[:351], days=table.take(slice(0, 351)))
    (effect,) = model.effects(table.take(slice(351, 365)))
    truth = np.exp(0.03 * (hot[351:358] - hot[:351].mean()))
    assert effect.factor[:7] == pytest.approx(truth, rel=0.06)
    assert (effect.factor[7:] == 1).all()
    assert (effect.high[7:] / effect.low[7:] > 2 * effect.high[:7] / effect.low[:7] - 1).all()


def test_two_ways_of_learning_are_judged_by_the_same_days() -> None:
    days, counts = _dunned(4)
    masked = np.repeat((days.events[:, 0] > 0)[:, None], 4, axis=1)
    nothing = np.zeros_like(masked)
    knowing = backtest_volume(counts, days=days, origins=[348], unjudged=nothing)
    plain = backtest_volume(counts, days=build_days(days.day), origins=[348], incident=masked, unjudged=nothing)
    assert knowing.overall.count.tolist() == plain.overall.count.tolist() == [28]
    dunned = [350, 351, 352, 353]
    mine, other = knowing.of_rows(dunned).overall, plain.of_rows(dunned).overall
    assert mine.wape_share[0] < 0.7 * other.wape_share[0]
    assert other.bias_share[0] < -0.25 < mine.bias_share[0]
    assert len(knowing.of_rows([]).rows) == 0


def test_absolute_errors_are_those_of_the_median() -> None:
    days, counts = _dunned(4)
    done = backtest_volume(counts, days=days, origins=[300, 307])
    error = np.abs(done.median - done.calls).sum() / done.calls.sum()
    assert done.overall.wape_share[0] == pytest.approx(error)
    assert done.overall.bias_share[0] == pytest.approx((done.forecast - done.calls).sum() / done.calls.sum())
