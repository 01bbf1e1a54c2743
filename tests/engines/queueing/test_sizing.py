"""Sizing against a plain count upward, and redials against plain iteration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.queueing import (
    MissedTargets,
    QueueCode,
    QueueError,
    ServiceLevel,
    Targets,
    queue_figures,
    redial_figures,
    scheduled_seats,
    size_seats,
)


@settings(max_examples=60)
@given(
    load=st.floats(0.05, 60),
    patience_s=st.one_of(st.floats(10, 900), st.just(np.inf)),
    places=st.one_of(st.integers(0, 30).map(float), st.just(np.inf)),
    definition=st.sampled_from(ServiceLevel),
    level=st.floats(0.3, 0.99),
    wait_s=st.floats(0.5, 60),
)
def test_smallest_number_is_what_counting_up_finds(
    load: float, patience_s: float, places: float, definition: ServiceLevel, level: float, wait_s: float
) -> None:
    queue = {"handling_s": 180, "patience_s": patience_s, "waiting_places": places}
    targets = Targets(service_level_share=level, definition=definition, mean_wait_s=wait_s, occupancy_share=0.9)
    found = size_seats(load * 20, targets=targets, **queue)  # type: ignore[arg-type]
    every = queue_figures(load * 20, seats=np.arange(400), **queue)  # type: ignore[arg-type]
    holds = every.stable & (every.service_level(definition) >= level)
    holds &= (every.mean_wait_s <= wait_s) & (every.occupancy_share <= 0.9)
    assert int(found.seats) == int(np.flatnonzero(holds)[0])
    assert holds[int(found.seats) :].all()


@pytest.mark.parametrize(
    ("targets", "missed"),
    [
        (Targets(answered_share=0.9), MissedTargets.ANSWERED),
        (Targets(service_level_share=0.8), MissedTargets.SERVICE_LEVEL),
        (Targets(wait_share=0.2), MissedTargets.WAIT),
        (Targets(mean_wait_s=5), MissedTargets.MEAN_WAIT),
        (Targets(occupancy_share=0.6), MissedTargets.OCCUPANCY),
    ],
)
def test_one_seat_less_misses_what_binds(targets: Targets, missed: MissedTargets) -> None:
    calls = np.array([3.0, 40, 200, 900])
    found = size_seats(calls, targets=targets, handling_s=180, patience_s=120)
    assert found.binding.tolist() == [missed] * 4
    assert np.all(np.diff(found.seats) > 0)


def test_published_sizing_with_shrinkage() -> None:
    targets = Targets(service_level_share=0.8, occupancy_share=0.85)
    found = size_seats([200, 0], targets=targets, handling_s=180, shrinkage_share=0.3, minimum_seats=3)
    assert found.seats.tolist() == [14, 3] and found.scheduled.tolist() == [20, 5]
    assert found.binding[1] == MissedTargets.NONE
    assert scheduled_seats(9, shrinkage_share=0.1) == 10


def test_what_no_number_of_seats_reaches_is_a_finding() -> None:
    with pytest.raises(QueueError) as raised:
        size_seats([100, 200], targets=Targets(answered_share=[0.9, 1.1], mean_wait_s=0.0), handling_s=180)
    assert [(one.code, one.field, one.positions) for one in raised.value.findings] == [
        (QueueCode.UNREACHABLE, "target_answered_share", (1,)),
        (QueueCode.UNREACHABLE, "target_mean_wait_s", (0,)),
    ]
    with pytest.raises(QueueError, match="no_target"):
        size_seats(100, targets=Targets(), handling_s=180)


def test_redials_by_attempt_and_by_caller() -> None:
    found = redial_figures(720, seats=30, handling_s=180, patience_s=120, redial_share=0.46)
    assert found.attempts.answered_share == pytest.approx(0.723, abs=5e-4)
    assert found.answered_by_caller_share == pytest.approx(0.829, abs=5e-4)


@settings(max_examples=25)
@given(
    load=st.floats(0.1, 80),
    seats=st.integers(0, 40),
    share=st.floats(0, 0.9),
    blocked_share=st.floats(0, 0.9),
    most=st.one_of(st.integers(1, 6).map(float), st.just(np.inf)),
    places=st.one_of(st.integers(0, 20).map(float), st.just(np.inf)),
)
def test_redials_are_what_going_round_and_round_ends_at(
    load: float, seats: int, share: float, blocked_share: float, most: float, places: float
) -> None:
    queue = {"seats": seats, "handling_s": 180, "patience_s": 90, "waiting_places": places}
    found = redial_figures(
        load * 20, redial_share=share, redial_blocked_share=blocked_share, most_attempts=most, **queue
    )
    calls = load * 20
    for _ in range(200):
        one = queue_figures(calls, **queue)  # type: ignore[arg-type]
        again = float(share * one.abandoned_share + blocked_share * one.blocked_share)
        per_caller = sum(again**k for k in range(int(most))) if np.isfinite(most) else 1 / (1 - again)
        calls = 0.5 * calls + 0.5 * load * 20 * per_caller
    assert float(found.attempts.calls_per_h) == pytest.approx(calls, rel=1e-6)
    assert float(found.attempts_per_caller) == pytest.approx(per_caller, rel=1e-6)
    lost = 1 - float(found.answered_by_caller_share)
    assert float(found.attempts.answered_share) - 1e-9 <= 1 - lost <= 1 + 1e-9


def test_redials_without_end_are_refused() -> None:
    with pytest.raises(QueueError, match="endless_redials"):
        redial_figures(720, seats=30, handling_s=180, patience_s=120, redial_share=1.0)
    limited = redial_figures(720, seats=30, handling_s=180, patience_s=120, redial_share=1.0, most_attempts=3)
    assert 1 < limited.attempts_per_caller < 3


def test_sizing_with_redials_holds_by_attempt() -> None:
    targets = Targets(answered_share=0.85)
    plain = size_seats(720, targets=targets, handling_s=180, patience_s=120)
    found = size_seats(720, targets=targets, handling_s=180, patience_s=120, redial_share=0.46)
    assert found.seats >= plain.seats and found.figures.answered_share >= 0.85
    less = redial_figures(720, seats=found.seats - 1, handling_s=180, patience_s=120, redial_share=0.46)
    assert less.attempts.answered_share < 0.85
