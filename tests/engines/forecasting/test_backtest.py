"""Errors by rolling origin, worked out a second time by hand."""

import numpy as np
import pytest

from denghuo.engines.forecasting import (
    ForecastCode,
    ForecastError,
    backtest_volume,
    fit_volume,
    seasonal_scale,
)
from tests.engines.forecasting.hotlines import hotline


def test_errors_are_those_of_the_forecasts_made_before() -> None:
    line = hotline(1, day_count=77)
    done = backtest_volume(line.counts, days=line.days, origins=[63, 70], relearn=True)
    first = fit_volume(line.counts[:63], days=line.days.take(slice(0, 63)))
    np.testing.assert_array_equal(done.forecast[:7], first.forecast(line.days.take(slice(63, 70))).mean)
    error = np.abs(done.forecast - line.counts[63:])
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
