"""A day of changing loads against the equations integrated by steps, the steady state, and simulation."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad, solve_ivp
from scipy.stats import lognorm

from denghuo.engines.queueing import (
    QueueCode,
    QueueError,
    Targets,
    day_performance,
    lognormal_limited_mean_s,
    modified_offered_load,
    queue_figures,
    redial_figures,
    staff_day,
)
from denghuo.engines.queueing.simulation import simulate
from denghuo.engines.queueing.simulation_model import AgentGroup, CallCenter, CallType, exponential

HANDLING_S, PATIENCE_S = 180.0, 120.0
QUEUE: dict[str, Any] = {"handling_s": HANDLING_S, "patience_s": PATIENCE_S}


def by_steps(
    calls_per_h: list[float], seats: list[int], interval_s: float, *, places: int = 70
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean line and mean busy seats by interval, by a general solver of differential equations."""
    size = max(seats) + places + 1
    number = np.arange(size)
    state = np.zeros(size + 2)
    state[0] = 1.0
    queue, busy = [], []
    for calls, count in zip(calls_per_h, seats, strict=True):
        up = np.full(size, calls / 3600.0)
        up[count + places :] = 0.0
        down = np.minimum(number, count) / HANDLING_S + np.maximum(number - count, 0) / PATIENCE_S

        def slope(
            _: float,
            y: NDArray[np.float64],
            up: NDArray[np.float64] = up,
            down: NDArray[np.float64] = down,
            count: int = count,
        ) -> NDArray[np.float64]:
            p = y[:-2]
            change = -(up + down) * p
            change[1:] += up[:-1] * p[:-1]
            change[:-1] += down[1:] * p[1:]
            return np.concatenate([change, [np.maximum(number - count, 0) @ p, np.minimum(number, count) @ p]])

        state[-2:] = 0.0
        state = solve_ivp(slope, (0, interval_s), state, method="LSODA", rtol=1e-8, atol=1e-11).y[:, -1]
        queue.append(state[-2] / interval_s)
        busy.append(state[-1] / interval_s)
    return np.array(queue), np.array(busy)


@pytest.mark.parametrize(
    ("calls", "seats", "interval_s"),
    [
        ([60.0, 60.0, 300.0, 60.0, 20.0], [3, 3, 3, 3, 1], 900.0),
        ([300.0, 1_100.0, 200.0, 200.0], [20, 30, 30, 12], 900.0),
        ([500.0, 500.0, 500.0], [30, 0, 30], 300.0),
        ([400.0, 0.0, 400.0, 410.0], [24, 24, 24, 24], 60.0),
    ],
)
def test_lines_and_busy_seats_against_the_equations(calls: list[float], seats: list[int], interval_s: float) -> None:
    found = day_performance(calls, seats=seats, interval_s=interval_s, **QUEUE)
    queue, busy = by_steps(calls, seats, interval_s)
    np.testing.assert_allclose(found.queue_length, queue, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.busy_seats, busy, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("places", [np.inf, 6])
@pytest.mark.parametrize("share", [0.0, 0.46])
def test_a_long_day_at_one_load_ends_in_the_steady_state(places: float, share: float) -> None:
    day = day_performance([720.0] * 24, seats=30, interval_s=1800, waiting_places=places, redial_share=share, **QUEUE)
    steady = redial_figures(720, seats=30, waiting_places=places, redial_share=share, **QUEUE).attempts
    assert day.answered_share[-1] == pytest.approx(float(steady.answered_share), abs=1e-6)
    assert day.service_level_share[-1] == pytest.approx(float(steady.service_level()), abs=1e-6)
    assert day.wait_share[-1] == pytest.approx(float(steady.wait_share), abs=1e-6)
    assert day.mean_wait_s[-1] == pytest.approx(float(steady.mean_wait_s), rel=1e-5)
    assert day.blocked_calls[-1] / day.offered_calls[-1] == pytest.approx(float(steady.blocked_share), abs=1e-6)


@settings(max_examples=30)
@given(
    calls=st.lists(st.floats(0, 2_000), min_size=1, max_size=8),
    seats=st.integers(0, 40),
    places=st.one_of(st.integers(0, 30).map(float), st.just(np.inf)),
    share=st.floats(0, 0.9),
    delay_s=st.sampled_from([0.0, 60.0, 900.0]),
)
def test_every_call_and_every_caller_is_somewhere(
    calls: list[float], seats: int, places: float, share: float, delay_s: float
) -> None:
    day = day_performance(
        calls, seats=seats, interval_s=900, waiting_places=places, redial_share=share, redial_delay_s=delay_s, **QUEUE
    )
    settled = day.answered_calls.sum() + day.abandoned_calls.sum() + day.blocked_calls.sum()
    assert day.offered_calls.sum() == pytest.approx(settled + day.queue_length_end[-1], rel=1e-7, abs=1e-7)
    lost = day.abandoned_calls.sum() + day.blocked_calls.sum()
    assert share * lost == pytest.approx(day.redialed_calls.sum() + day.end_redials, rel=1e-6, abs=1e-6)
    assert day.end_states.sum() == pytest.approx(1, abs=1e-9) and np.all(day.end_states >= 0)
    assert np.all(day.answered_in_time_calls <= day.offered_calls * (1 + 1e-9))


def test_a_day_in_two_halves_is_the_day() -> None:
    calls = np.array([200.0, 900.0, 700.0, 100.0])
    options: dict[str, Any] = {"seats": 25, "interval_s": 900, "redial_share": 0.4, **QUEUE}
    whole = day_performance(calls, **options)
    first = day_performance(calls[:2], **options)
    second = day_performance(calls[2:], start_states=first.end_states, start_redials=first.end_redials, **options)
    np.testing.assert_allclose(whole.answered_calls[2:], second.answered_calls, rtol=1e-6)
    np.testing.assert_allclose(whole.queue_length[2:], second.queue_length, rtol=1e-6)


def test_overload_spills_over() -> None:
    calm = day_performance([300.0, 300.0], seats=20, interval_s=900, **QUEUE)
    storm = day_performance([1_500.0, 300.0], seats=20, interval_s=900, **QUEUE)
    assert storm.answered_share[1] < calm.answered_share[1] - 0.02


def test_without_patience_the_line_grows_as_fast_as_calls_exceed_seats() -> None:
    found = day_performance([400.0] * 4, seats=10, interval_s=900, handling_s=180)
    assert np.diff(found.queue_length_end) == pytest.approx([50, 50, 50], rel=1e-3)


def test_a_day_against_simulation() -> None:
    calls, seats = np.array([240.0, 600.0, 420.0, 240.0]), np.array([14, 24, 24, 24])
    center = CallCenter(
        edges_s=np.arange(5) * 900.0,
        types=(CallType(arrivals_per_h=calls, service=exponential(HANDLING_S), patience=exponential(PATIENCE_S)),),
        groups=(AgentGroup(heads=seats),),
    )
    simulated = simulate(center, replications=2_000, rng=np.random.default_rng(5))
    exact = day_performance(calls, seats=seats, interval_s=900, **QUEUE)
    waiting = simulated.waiting_s[:, :4, 0] / 900
    error = waiting.std(axis=0) / np.sqrt(len(waiting))
    assert np.all(np.abs(waiting.mean(axis=0) - exact.queue_length) <= 4 * error)


def test_modified_offered_load_of_an_exponential_law_both_ways() -> None:
    calls = [100.0, 700.0, 300.0]
    exact = modified_offered_load(calls, interval_s=600, handling_s=HANDLING_S)
    general = modified_offered_load(
        calls, interval_s=600, handling_s=HANDLING_S, limited_mean_s=lambda x: HANDLING_S * -np.expm1(-x / HANDLING_S)
    )
    for name in ("mean_erlang", "peak_erlang", "end_erlang"):
        np.testing.assert_allclose(getattr(exact, name), getattr(general, name), rtol=1e-9)
    never_waits = day_performance(calls, seats=200, interval_s=600, **QUEUE)
    np.testing.assert_allclose(exact.mean_erlang, never_waits.busy_seats, rtol=1e-7)


def test_limited_mean_of_the_lognormal_law() -> None:
    law = lognorm(s=np.sqrt(np.log1p(1.2**2)), scale=200 / np.sqrt(1 + 1.2**2))
    for seconds in (30.0, 200.0, 900.0):
        expected = quad(law.sf, 0, seconds)[0]
        assert lognormal_limited_mean_s(mean_s=200, cv=1.2)(np.array(seconds)) == pytest.approx(expected, rel=1e-7)


def test_staffing_holds_in_every_interval_and_spares_what_it_can() -> None:
    calls = np.array([60.0, 120, 400, 700, 500, 200, 60])

    def rate(seats: NDArray[np.int64]) -> NDArray[np.float64]:
        return day_performance(calls, seats=seats, interval_s=900, **QUEUE).answered_share

    found = staff_day(calls, target=0.9, achieved=rate, targets=Targets(answered_share=0.9), interval_s=900, **QUEUE)
    assert np.all(rate(found.seats) >= 0.9)
    for place in range(len(calls)):
        fewer = found.seats.copy()
        fewer[place] -= 1
        assert np.any(rate(fewer) < 0.9)


def test_staffing_out_of_reach_and_wrong_days_are_findings() -> None:
    with pytest.raises(QueueError) as raised:
        staff_day(
            [100.0, 100.0],
            target=2.0,
            achieved=lambda seats: np.minimum(seats / 10, 1.0),
            targets=Targets(answered_share=0.9),
            interval_s=900,
            most_seats=12,
            **QUEUE,
        )
    assert raised.value.findings[0].code is QueueCode.UNREACHABLE
    with pytest.raises(QueueError, match="not_whole"):
        day_performance([1.0, 2.0], seats=2.5, interval_s=900, **QUEUE)
    with pytest.raises(QueueError, match="shapes_differ"):
        day_performance([1.0, 2.0], seats=[1, 2, 3], interval_s=900, **QUEUE)


def test_quiet_nights_with_three_seats() -> None:
    night = day_performance([10.0] * 12, seats=3, interval_s=1800, **QUEUE)
    steady = queue_figures(10, seats=3, **QUEUE)
    assert night.answered_share[-1] == pytest.approx(float(steady.answered_share), abs=1e-8)
