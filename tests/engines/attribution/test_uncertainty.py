"""Usual months drawn, and how far the shares move with them."""

import numpy as np
import pytest

from denghuo.engines.attribution import (
    AttributionError,
    draw_usual_calls,
    explain_month,
    resample_usual_calls,
    share_intervals,
)
from tests.engines.attribution.months import MODEL, TARGET, made_month

MONTH, CAUSES = made_month(np.random.default_rng(1))
USUAL = np.asarray(MONTH.usual_calls_per_h)


def test_drawn_months_have_the_mean_and_spread_of_the_theory() -> None:
    usual = np.array([[40.0, 0.0], [200.0, 10.0]])
    drawn = draw_usual_calls(
        usual, draw_count=20_000, averaged_days=4, day_variation=0.15, interval_s=1800, rng=np.random.default_rng(1)
    )
    calls = usual / 2
    np.testing.assert_allclose(drawn.mean(axis=0), usual, rtol=0.01)
    np.testing.assert_allclose(drawn.std(axis=0) / 2, np.sqrt(calls / 4 + (0.15 * calls) ** 2 / 4), rtol=0.03)
    # Intervals of a day share its level; days do not.
    together = np.corrcoef(drawn[:, [0, 1, 1], [0, 0, 1]].T)
    variance = calls / 4 + (0.15 * calls) ** 2 / 4
    expected = 0.15**2 / 4 * calls[1, 0] * calls[1, 1] / np.sqrt(variance[1, 0] * variance[1, 1])
    assert together[1, 2] == pytest.approx(expected, abs=0.03)
    assert together[0, 1] == pytest.approx(0.0, abs=0.03)


def test_days_of_one_group_err_alike() -> None:
    drawn = draw_usual_calls(
        [[100.0], [50.0], [100.0]],
        draw_count=50,
        averaged_days=4,
        day_variation=0.0,
        interval_s=3600,
        rng=np.random.default_rng(1),
        day_groups=[7, 7, 2],
    )
    np.testing.assert_allclose(drawn[:, 0], 2 * drawn[:, 1])
    assert not np.allclose(drawn[:, 0], drawn[:, 2])


def test_days_drawn_again_have_the_spread_of_a_mean() -> None:
    history = np.array([[10.0], [20.0], [60.0], [7.0]])
    drawn = resample_usual_calls(
        history, history_groups=[1, 1, 1, 4], day_groups=[1, 4], draw_count=20_000, rng=np.random.default_rng(1)
    )
    assert drawn[:, 0].mean() == pytest.approx(30.0, rel=0.01)
    assert drawn[:, 0].std() == pytest.approx(history[:3].std() / np.sqrt(3), rel=0.02)
    assert np.all(drawn[:, 1] == 7.0)


def test_intervals_hold_the_shares_and_grow_with_the_noise() -> None:
    widths = []
    point = explain_month(MONTH, CAUSES, target_answered_share=TARGET, model=MODEL).player_shares
    for variation in (0.02, 0.3):
        drawn = draw_usual_calls(
            USUAL,
            draw_count=40,
            averaged_days=50,
            day_variation=variation,
            interval_s=MONTH.interval_s,
            rng=np.random.default_rng(2),
        )
        found = share_intervals(MONTH, CAUSES, usual_calls_per_h=drawn, target_answered_share=TARGET, model=MODEL)
        assert found.draws.shape == (40, 5)
        assert np.all(found.low <= found.high)
        widths.append(found.usual_high - found.usual_low)
        assert np.sum((found.low <= point) & (point <= found.high)) >= 4
    assert 0 < 2 * widths[0] < widths[1]


def test_every_draw_adds_up() -> None:
    drawn = np.stack([USUAL * 0.9, USUAL, USUAL * 1.1])
    found = share_intervals(
        MONTH, CAUSES, usual_calls_per_h=drawn, target_answered_share=TARGET, model=MODEL, confidence_share=0.5
    )
    plain = explain_month(MONTH, CAUSES, target_answered_share=TARGET, model=MODEL)
    np.testing.assert_allclose(found.draws[1], plain.player_shares)
    explained = found.draws.sum(axis=1) + found.usual_draws
    np.testing.assert_allclose(explained, plain.shortfall_share - plain.unexplained_share, atol=1e-12)
    assert np.all(np.diff(found.usual_draws) > 0)  # more calls as usual, more missing as usual


def test_what_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(AttributionError) as refused:
        draw_usual_calls(USUAL, draw_count=2, averaged_days=0, day_variation=-1, interval_s=0, rng=rng, day_groups=[1])
    assert [one.field for one in refused.value.findings] == [
        "averaged_days",
        "day_variation",
        "interval_s",
        "day_groups",
    ]
    with pytest.raises(AttributionError, match="day_groups"):
        resample_usual_calls([[1.0]], history_groups=[1], day_groups=[1, 2], draw_count=2, rng=rng)
    with pytest.raises(AttributionError) as refused:
        share_intervals(
            MONTH,
            CAUSES,
            usual_calls_per_h=USUAL,
            target_answered_share=TARGET,
            model=MODEL,
            confidence_share=90,
        )
    assert [one.field for one in refused.value.findings] == ["usual_calls_per_h", "confidence_share"]
