"""Days worked out: what the queueing engine says, seats in parts, and what a steady state cannot know."""

from dataclasses import replace
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.attribution import (
    DayCalls,
    QueueModel,
    Scenarios,
    calibrate,
    explain_month,
    stationary_days,
    transient_days,
)
from denghuo.engines.queueing.day import day_performance
from tests.engines.attribution.months import TARGET, as_modeled, made_month

CALLS = np.array([60.0, 200.0, 120.0, 40.0])
OPTIONS = {"interval_s": 900.0, "patience_s": 120.0, "redial_delay_s": 200.0}
MODEL = QueueModel(patience_s=120, redial_share=0.46)


def days_with(seats: np.ndarray, *, redial_share: float = 0.4) -> Scenarios:
    shape = np.shape(seats)
    return Scenarios(
        calls_per_h=np.broadcast_to(CALLS, shape),
        handling_s=np.full(shape, 180.0),
        seats=np.asarray(seats, dtype=np.float64),
        redial_share=np.full(shape[0], redial_share),
    )


def test_whole_seats_are_the_day_of_the_queueing_engine() -> None:
    seats = np.array([[4, 6, 6, 3], [5, 9, 7, 3]])
    found = transient_days(days_with(seats), **OPTIONS)
    for at, row in enumerate(seats):
        day = day_performance(
            CALLS, seats=row, handling_s=180, interval_s=900, patience_s=120, redial_share=0.4, redial_delay_s=200
        )
        assert found.answered[at] == pytest.approx(day.answered_calls.sum(), abs=1e-9)
        assert found.answered[at] / found.offered[at] == pytest.approx(day.day_answered_share, abs=1e-12)


@given(st.lists(st.floats(0, 8), min_size=4, max_size=4), st.floats(0, 1))
@settings(max_examples=25)
def test_more_seats_never_answer_less(seats: list[float], more: float) -> None:
    scenarios = days_with(np.array([seats, np.add(seats, more)]), redial_share=0.0)
    found = transient_days(scenarios, **OPTIONS)
    assert found.answered[1] >= found.answered[0] - 1e-6


def test_parts_of_seats_lie_evenly_between_whole_ones() -> None:
    shares = np.linspace(0, 1, 5)
    quarters = np.repeat(CALLS, 12)  # a day long enough for parts to even out
    scenarios = Scenarios(
        calls_per_h=np.tile(quarters, (5, 1)),
        handling_s=np.full((5, 48), 180.0),
        seats=np.tile(np.repeat([3.0, 6.0, 5.0, 2.0], 12), (5, 1)) + shares[:, None],
        redial_share=np.zeros(5),
    )
    found: DayCalls = transient_days(scenarios, **OPTIONS)
    straight = found.answered[0] + shares * (found.answered[-1] - found.answered[0])
    assert np.all(np.diff(found.answered) > 0)
    np.testing.assert_allclose(found.answered, straight, rtol=0.01)


def test_both_models_agree_where_intervals_are_long() -> None:
    seats = np.array([[4.0, 10.0, 7.0, 3.0]])
    options = {**OPTIONS, "interval_s": 40_000.0, "redial_delay_s": 10.0}
    one, other = (days(days_with(seats), **options) for days in (transient_days, stationary_days))
    assert one.offered == pytest.approx(other.offered, rel=2e-3)
    assert one.answered == pytest.approx(other.answered, rel=2e-3)


def test_a_month_followed_through_its_days_adds_up_and_can_be_fitted() -> None:
    month, causes = made_month(np.random.default_rng(11))
    month = as_modeled(month, replace(MODEL, seat_scale=0.9))
    fit = calibrate(month, MODEL, tolerance_share=1e-3)
    assert fit.met
    assert fit.scale == pytest.approx(0.9, abs=0.02)
    found = explain_month(month, causes, target_answered_share=TARGET, model=fit.model, by_way=True)
    for day in range(4):
        parts = [found.usual_calls[day], *found.player_calls[:, day], found.unexplained_calls[day]]
        assert fsum(parts) == pytest.approx(found.missing_calls[day], abs=1e-10)
    np.testing.assert_allclose(found.way_calls[:-1].sum(axis=1), found.player_calls[:-1], atol=1e-9)
    assert abs(found.unexplained_share) < 2e-3
