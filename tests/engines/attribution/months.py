"""Made months of a small hotline, and an account of them that takes the month as a whole."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.attribution import (
    Cause,
    HotlineMonth,
    QueueModel,
    coalition_members,
    excess_of_players,
    shapley_values,
    stationary_days,
)
from denghuo.engines.queueing.redials import redial_figures

Floats = NDArray[np.float64]

MODEL = QueueModel(patience_s=120, redial_share=0.46, days=stationary_days)
TARGET = 0.95


def made_month(rng: np.random.Generator, *, days: int = 4, intervals: int = 6) -> tuple[HotlineMonth, list[Cause]]:
    """Days with some of three causes, which work in several ways, overlap and leave something over."""
    shape = (days, intervals)
    usual = rng.uniform(20.0, 150.0, size=shape)
    seats = np.ceil(usual * 180 / 3600) + 2
    masks = [np.repeat(rng.random((days, 1)) < 0.5, intervals, axis=1) for _ in range(3)]
    causes = [
        Cause(code="heat", volume=masks[0], handling=0.5 * masks[0]),
        Cause(code="system", handling=masks[1], capacity=masks[1]),
        Cause(code="people", capacity=2.0 * masks[2]),
    ]
    observed = usual * rng.uniform(0.8, 2.0, size=shape)
    offered = observed.sum(axis=1) * rng.uniform(1.0, 1.2, size=days)
    month = HotlineMonth(
        usual_calls_per_h=usual,
        observed_calls_per_h=observed,
        usual_handling_s=180,
        observed_handling_s=180 * rng.uniform(0.9, 1.6, size=shape),
        usual_seats=seats,
        observed_seats=seats - rng.integers(0, 3, size=shape),
        offered_calls=offered,
        answered_calls=offered * rng.uniform(0.5, 1.0, size=days),
        interval_s=1800.0,
    )
    return month, causes


def as_modeled(month: HotlineMonth, model: QueueModel) -> HotlineMonth:
    """The month in which exactly what the model says was counted."""
    calls = model.work_out(month.observed, redials=np.ones(len(month.observed[0])), interval_s=month.interval_s)
    return replace(month, offered_calls=calls.offered, answered_calls=calls.answered)


def whole_month_shares(month: HotlineMonth, causes: Sequence[Cause], model: QueueModel, target: float) -> Floats:
    """Shapley values of the month taken as one game of all players, days and all."""
    excess = excess_of_players(month, causes)
    missing = []
    for members in coalition_members(len(excess) + 1):
        calls, handling, seats = month.usual + np.tensordot(members[:-1].astype(float), excess, axes=1)
        found = redial_figures(
            calls,
            seats=seats * model.seat_scale,
            handling_s=handling,
            patience_s=model.patience_s,
            redial_share=model.redial_share * members[-1],
        ).attempts
        per_interval = found.calls_per_h * (target - found.answered_share)
        missing.append(per_interval.sum() * month.interval_s / 3600)
    return shapley_values(missing)
