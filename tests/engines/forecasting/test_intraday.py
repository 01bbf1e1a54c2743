"""The rest of today: what came must help, no more and no less than it can."""

import numpy as np
import pytest

from denghuo.engines.forecasting import ForecastCode, ForecastError, VolumeForecast, fit_volume, update_today
from tests.engines.forecasting.hotlines import INTERVALS, hotline

NOON = (np.arange(INTERVALS) < 12).astype(float)


def forecasts(seed: int, *, day_sd: float = 0.15) -> tuple[VolumeForecast, np.ndarray]:
    line = hotline(seed, day_count=98, day_sd=day_sd)
    model = fit_volume(line.counts[:91], days=line.days.take(slice(0, 91)))
    return model.forecast(line.days.take(slice(91, None))), line.counts[91:]


def test_the_morning_tells_of_the_afternoon_and_intervals_hold() -> None:
    before, after, inside, judged = 0.0, 0.0, np.zeros(2), 0
    for seed in range(6):
        forecast, counts = forecasts(seed)
        for position in range(7):
            rest = update_today(forecast, counts[position], part=NOON, position=position)
            came = counts[position, 12:].sum()
            before += abs(forecast.mean[position, 12:].sum() / came - 1)
            after += abs(rest.mean.sum() / came - 1)
            low_80, high_80, low_95, high_95 = rest.total_quantile([0.1, 0.9, 0.025, 0.975])[:, 0]
            inside += [low_80 <= came <= high_80, low_95 <= came <= high_95]
            judged += 1
    assert after < 0.5 * before
    assert 0.65 < inside[0] / judged <= 0.95
    assert inside[1] / judged > 0.88


def test_nothing_known_changes_nothing() -> None:
    forecast, counts = forecasts(1)
    rest = update_today(forecast, counts[2], part=np.zeros(INTERVALS), position=2)
    np.testing.assert_allclose(rest.mean[0], forecast.mean[2])
    np.testing.assert_allclose(rest.log_variance[0], forecast.log_variance[2])
    ignored = update_today(forecast, np.full(INTERVALS, np.nan), part=NOON, position=2)
    np.testing.assert_allclose(ignored.mean[0, 12:], forecast.mean[2, 12:])


def test_the_more_is_over_the_less_is_to_come_and_the_surer_it_is() -> None:
    forecast, counts = forecasts(2)
    spread = []
    for hour in (6, 12, 18):
        part = (np.arange(INTERVALS) < hour).astype(float)
        part[hour] = 0.25
        given = counts[0].copy()
        given[hour] = np.round(given[hour] * 0.25)
        rest = update_today(forecast, given, part=part)
        assert (rest.mean[0, :hour] == 0).all()
        assert (rest.mean[0, hour:] > 0).all()
        spread.append(rest.log_variance[0, 20])
    assert spread[0] > spread[1] > spread[2]
    assert spread[0] < forecast.log_variance[0, 20]


def test_the_wave_of_an_outage_is_not_taken_for_busyness() -> None:
    forecast, counts = forecasts(3)
    wave = np.zeros(INTERVALS)
    wave[9:12] = [400.0, 200.0, 100.0]
    plain = update_today(forecast, counts[0], part=NOON).mean.sum()
    fooled = update_today(forecast, counts[0] + wave, part=NOON).mean.sum()
    told = update_today(forecast, counts[0] + wave, part=NOON, extra=wave).mean.sum()
    assert abs(told / plain - 1) < 0.03 < fooled / plain - 1


def test_no_call_all_morning_lowers_the_rest_but_does_not_end_it() -> None:
    forecast, _ = forecasts(4)
    rest = update_today(forecast, np.zeros(INTERVALS), part=NOON)
    assert 0 < rest.mean.sum() < 0.7 * forecast.mean[0, 12:].sum()
    assert np.isfinite(rest.quantile(0.9)).all()


def test_everything_wrong_is_said_at_once() -> None:
    forecast, counts = forecasts(5)
    given, part = counts[0].copy(), NOON.copy()
    given[3], part[4] = -1, 1.5
    with pytest.raises(ForecastError) as refused:
        update_today(forecast, given, part=part, position=7)
    assert [(one.code, one.field, one.positions.tolist()) for one in refused.value.findings] == [
        (ForecastCode.OUT_OF_RANGE, "position", []),
        (ForecastCode.NEGATIVE, "counts", [3]),
        (ForecastCode.OUT_OF_RANGE, "part", [4]),
    ]
