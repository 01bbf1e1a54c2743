"""A month of a hotline explained: 31 days of quarters of an hour, five causes and redials, days worked out anew.

The month is made. The peer of the bare Shapley value is its definition, written in Python as textbooks have it.
"""

from itertools import combinations
from math import factorial

import numpy as np
from bench.common import BenchRow, timed
from numpy.typing import NDArray

from denghuo.engines.attribution import (
    Cause,
    HotlineMonth,
    QueueModel,
    calibrate,
    explain_month,
    shapley_values,
)

Floats = NDArray[np.float64]

DAYS, INTERVALS = 31, 96
SIZE = f"{DAYS} days of {INTERVALS} intervals, 5 causes, redials"
MODEL = QueueModel(patience_s=120, redial_share=0.46)


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    month, causes = made_month()
    target = 0.95
    plain = timed(lambda: explain_month(month, causes, target_answered_share=target, model=MODEL))
    ways = timed(lambda: explain_month(month, causes, target_answered_share=target, model=MODEL, by_way=True))
    fit = timed(lambda: calibrate(month, MODEL), repeat=3)
    return [
        _row(
            "month explained", plain.seconds, plain.peak_mb, f"{plain.result.evaluation_count} days worked out", "< 1 s"
        ),
        _row(
            "and each cause by way", ways.seconds, ways.peak_mb, f"{ways.result.evaluation_count} days worked out", "–"
        ),
        _row("seats fitted to the answer rate", fit.seconds, fit.peak_mb, f"scale {fit.result.scale:.3f}", "–"),
        _bare(12),
    ]


def _row(work: str, seconds: float, peak_mb: float, note: str, goal: str) -> BenchRow:
    return BenchRow(work=work, size=SIZE, ours_s=seconds, peak_mb=peak_mb, peers={}, note=note, goal=goal)


def _bare(player_count: int) -> BenchRow:
    values = np.random.default_rng(1).normal(size=1 << player_count)
    ours = timed(lambda: shapley_values(values))
    theirs = timed(lambda: _by_definition(values), repeat=3, memory=False)
    np.testing.assert_allclose(ours.result, theirs.result, atol=1e-9)
    return BenchRow(
        work="Shapley values of a table",
        size=f"{player_count} players, {len(values):,} coalitions",
        ours_s=ours.seconds,
        peak_mb=ours.peak_mb,
        peers={"by definition": theirs.seconds},
        note="",
    )


def _by_definition(values: Floats) -> Floats:
    count = len(values).bit_length() - 1
    found = np.zeros(count)
    for player in range(count):
        others = [other for other in range(count) if other != player]
        for size in range(count):
            weight = factorial(size) * factorial(count - 1 - size) / factorial(count)
            for who in combinations(others, size):
                coalition = sum(1 << other for other in who)
                found[player] += weight * (values[coalition | 1 << player] - values[coalition])
    return found


def made_month() -> tuple[HotlineMonth, list[Cause]]:
    """Heat for eleven days with a storm in it, a system failure, a go-live, and three days with fewer people."""
    day, hour = np.arange(DAYS)[:, None], (np.arange(INTERVALS) + 0.5) * 24 / INTERVALS
    usual = 20 + 110 * np.exp(-(((hour - 10) / 3) ** 2)) + 100 * np.exp(-(((hour - 19.5) / 2.5) ** 2))
    usual = usual * np.where(day % 7 > 4, 0.85, 1.0)
    seats = np.ceil(usual * 180 / 3600 * 1.12 + 1.5)
    heat = (day >= 9) & (day < 20) & (hour > 0)
    storm = ((day == 14) | (day == 15)) & (hour > 15) & (hour < 22)
    system = (day == 24) & (hour > 9) & (hour < 13)
    live = (day >= 26) & (hour > 8) & (hour < 18)
    people = np.isin(day, (3, 4, 24)) & (hour > 0)
    level = np.random.default_rng(1).gamma(100, 1 / 100, size=(DAYS, 1))
    observed = usual * (1 + 0.35 * heat + storm) * level
    offered = observed.sum(axis=1) * 24 / INTERVALS * 1.08
    month = HotlineMonth(
        usual_calls_per_h=usual,
        observed_calls_per_h=observed,
        usual_handling_s=180,
        observed_handling_s=180 * (1 + 0.1 * heat + 0.8 * system + 0.25 * live),
        usual_seats=seats,
        observed_seats=np.maximum(seats - 3 * people - 2 * live, 2),
        offered_calls=offered,
        answered_calls=offered * 0.85,
        interval_s=86_400 / INTERVALS,
    )
    return month, [
        Cause(code="heat", volume=heat, handling=heat),
        Cause(code="storm", volume=2.0 * storm),
        Cause(code="system", handling=system),
        Cause(code="go-live", handling=live, capacity=live),
        Cause(code="people", capacity=people),
    ]
