"""The wave of one outage: its shape, and whether its laws are found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.forecasting import (
    Belief,
    ForecastCode,
    ForecastError,
    Outage,
    WavePrior,
    WaveRecord,
    build_outage,
    learn_wave,
    outage_wave,
)

SURE = 1e-6
TRUE = {
    "caller_share": 0.12,
    "delay_min": 6.0,
    "delay_spread": 0.8,
    "lasting_per_h": 0.02,
    "onset_h": 1.5,
    "night": 0.5,
    "morning": 1.0,
    "afternoon": 1.0,
    "evening": 1.3,
    "absorbed_share": 0.7,
    "notice_saves_share": 0.85,
}


def certain(*, event_sd: float = SURE, **changed: float) -> WavePrior:
    """A prior that leaves no doubt, for waves of known laws."""
    return WavePrior(
        event_sd=event_sd, **{name: Belief(median=value, sd=SURE) for name, value in (TRUE | changed).items()}
    )


def mean_of(outage: Outage, prior: WavePrior, *, count: int = 96) -> np.ndarray:
    return outage_wave(learn_wave([], prior=prior), outage, interval_s=300, interval_count=count).mean


def history(seed: int, *, events: int, event_sd: float = 0.3) -> list[WaveRecord]:
    rng = np.random.default_rng(seed)
    model = learn_wave([], prior=certain())
    records = []
    for _ in range(events):
        customers, length_s = float(rng.integers(300, 5_000)), float(rng.uniform(1, 5)) * 3_600
        outage = build_outage(
            [0, length_s / 2, length_s],
            [customers, 0.4 * customers, 0],
            start_hour=float(rng.uniform(0, 24)) % 24,
            announced_from_s=float(rng.choice([np.inf, 900])),
            noticed_share=float(rng.choice([0, 1], p=[0.7, 0.3])),
        )
        wave = outage_wave(model, outage, interval_s=300, interval_count=60, first_s=-600).mean
        background = np.full(60, 3.0)
        calls = rng.poisson(wave * rng.lognormal(0, event_sd) + background)
        records.append(WaveRecord(outage=outage, calls=calls, background=background, interval_s=300, first_s=-600))
    return records


def test_calls_rise_within_minutes_and_all_callers_call() -> None:
    forever = build_outage([0], [1_000], start_hour=8)
    wave = mean_of(forever, certain(lasting_per_h=1e-9), count=144)
    assert wave.argmax() <= 1
    assert (np.diff(wave[2:48]) < 0).all()
    assert wave[:48].sum() == pytest.approx(120, rel=0.02)


def test_who_has_supply_again_calls_no_more() -> None:
    restored = mean_of(build_outage([0, 600], [1_000, 0], start_hour=8), certain())
    assert restored[:2].sum() > 0 and (restored[2:] == 0).all()
    half = mean_of(build_outage([0, 600], [1_000, 500], start_hour=8), certain())
    none = mean_of(build_outage([0], [1_000], start_hour=8), certain())
    np.testing.assert_allclose(half[2:], none[2:] / 2)
    np.testing.assert_allclose(half[:2], none[:2])


def test_a_second_wave_comes_when_it_lasts() -> None:
    wave = mean_of(build_outage([0], [1_000], start_hour=7), certain(), count=60)
    assert wave[57:].mean() == pytest.approx(1_000 * 0.02 * 300 / 3_600, rel=0.1)
    assert (
        wave[57:].mean()
        > mean_of(build_outage([0], [1_000], start_hour=7), certain(lasting_per_h=1e-9), count=60)[57:].mean()
    )


def test_announcement_and_notice_take_their_shares() -> None:
    plain = mean_of(build_outage([0], [1_000], start_hour=8), certain())
    told = mean_of(build_outage([0], [1_000], start_hour=8, announced_from_s=900), certain())
    np.testing.assert_allclose(told[:3], plain[:3])
    np.testing.assert_allclose(told[3:], 0.3 * plain[3:], rtol=1e-4)
    noticed = mean_of(build_outage([0], [1_000], start_hour=8, noticed_share=0.5), certain())
    np.testing.assert_allclose(noticed, (1 - 0.5 * 0.85) * plain, rtol=1e-4)


def test_later_losses_bring_their_own_wave() -> None:
    both = mean_of(build_outage([0, 1_800], [1_000, 3_000], start_hour=8), certain())
    first = mean_of(build_outage([0], [1_000], start_hour=8), certain())
    later = mean_of(build_outage([0], [2_000], start_hour=8.5), certain())
    np.testing.assert_allclose(both[6:], first[6:] + later[:-6], rtol=1e-9)


def test_a_history_is_learned_from() -> None:
    prior, learned = learn_wave([]), learn_wave(history(1, events=60))
    before, after = prior.credible(), learned.credible(probability=0.99)
    inside = [after[name].low <= value <= after[name].high for name, value in TRUE.items()]
    assert sum(inside) >= len(TRUE) - 1
    for name in ("caller_share", "delay_min", "lasting_per_h", "absorbed_share"):
        width = np.log(after[name].high / after[name].low)
        assert width < 0.6 * np.log(before[name].high / before[name].low)
    assert 0.2 < learned.event_sd < 0.42
    assert learned.event_count == 60


def test_new_outages_lie_inside_the_forecast_as_often_as_it_says() -> None:
    model = learn_wave(history(2, events=40))
    inside = []
    for record in history(3, events=60):
        forecast = outage_wave(model, record.outage, interval_s=300, interval_count=60, first_s=-600)
        low, high = forecast.total_quantile([0.1, 0.9])
        inside.append(low <= record.calls.sum() - record.background.sum() <= high)
    assert 0.68 < np.mean(inside) < 0.93


def test_counts_that_vary_more_than_poisson_are_noticed() -> None:
    rng = np.random.default_rng(4)
    wild = [
        WaveRecord(
            outage=record.outage,
            calls=rng.poisson(record.calls * rng.gamma(5, 0.2, len(record.calls))),
            background=record.background,
            interval_s=300,
            first_s=-600,
        )
        for record in history(4, events=30)
    ]
    assert learn_wave(wild).dispersion > 1.2 > learn_wave(history(4, events=30)).dispersion


def test_samples_agree_with_quantiles() -> None:
    wave = outage_wave(
        learn_wave(history(5, events=10)),
        build_outage([0, 7_200], [3_000, 0], start_hour=18),
        interval_s=900,
        interval_count=8,
    )
    drawn = wave.sample(np.random.default_rng(1), 40_000)
    np.testing.assert_allclose(drawn.mean(axis=0), wave.mean, rtol=0.02)
    np.testing.assert_allclose(np.quantile(drawn, 0.9, axis=0), wave.quantile(0.9), rtol=0.05, atol=1.5)
    np.testing.assert_allclose(np.quantile(drawn.sum(axis=1), [0.1, 0.9]), wave.total_quantile([0.1, 0.9]), rtol=0.05)
    assert np.array_equal(drawn, wave.sample(np.random.default_rng(1), 40_000))


def test_one_outage_moves_the_prior_a_little_and_unknown_counts_not_at_all() -> None:
    record = history(6, events=1)[0]
    unknown = WaveRecord(
        outage=record.outage, calls=np.full(60, np.nan), background=record.background, interval_s=300, first_s=-600
    )
    prior, none, one = learn_wave([]), learn_wave([unknown]), learn_wave([record])
    np.testing.assert_allclose(none.mean, prior.mean, atol=1e-9)
    np.testing.assert_allclose(np.diag(none.covariance), np.diag(prior.covariance), rtol=1e-6)
    assert (np.diag(one.covariance) <= np.diag(prior.covariance) + 1e-9).all()


@settings(max_examples=30)
@given(
    customers=st.lists(st.floats(0, 1e5), min_size=1, max_size=5),
    hour=st.floats(0, 23.99),
    announced=st.floats(0, 9_000),
)
def test_waves_are_ordered_and_grow_with_customers(customers: list[float], hour: float, announced: float) -> None:
    at_s = [900.0 * step for step in range(len(customers))]
    model = learn_wave([])
    small, large, told = (
        outage_wave(
            model,
            build_outage(at_s, scale * np.array(customers), start_hour=hour, announced_from_s=from_s),
            interval_s=900,
            interval_count=6,
        )
        for scale, from_s in ((1.0, np.inf), (2.0, np.inf), (1.0, announced))
    )
    np.testing.assert_allclose(large.mean, 2 * small.mean, rtol=1e-9)
    assert (told.mean <= small.mean + 1e-9).all()
    assert (small.quantile(0.9) >= small.quantile(0.5)).all()
    assert (small.quantile(0.9)[small.mean == 0] == 0).all()


def test_everything_wrong_is_said_at_once() -> None:
    good = build_outage([0], [5], start_hour=1)
    bad = build_outage([1], [np.nan], start_hour=24, noticed_share=2)
    with pytest.raises(ForecastError) as refused:
        learn_wave(
            [
                WaveRecord(outage=good, calls=np.array([1.0]), background=np.array([1.0]), interval_s=300),
                WaveRecord(outage=bad, calls=np.array([-1.0]), background=np.array([1.0, 2.0]), interval_s=0),
            ]
        )
    assert {(one.code, one.field) for one in refused.value.findings} == {
        (ForecastCode.OUT_OF_RANGE, "at_s"),
        (ForecastCode.OUT_OF_RANGE, "customers"),
        (ForecastCode.OUT_OF_RANGE, "start_hour"),
        (ForecastCode.OUT_OF_RANGE, "noticed_share"),
        (ForecastCode.WRONG_SHAPE, "calls"),
        (ForecastCode.NEGATIVE, "calls"),
        (ForecastCode.OUT_OF_RANGE, "interval_s"),
    }
    assert all(one.positions.tolist() == [1] for one in refused.value.findings)
