"""Shifts that cover a curve."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.rostering import (
    Limits,
    RosterError,
    SolveStatus,
    build_shifts,
    forbidden_by_rest,
    heads_at_work,
    plan_shifts,
    seats_taken,
)

EIGHT_HOURS = build_shifts(start_min=[0, 480, 960], length_min=[480, 480, 480])


@settings(max_examples=25)
@given(
    required=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    starts=st.lists(st.integers(0, 5), min_size=2, max_size=2),
    price=st.integers(0, 700),
)
def test_no_plan_is_cheaper(required: list[int], starts: list[int], price: int) -> None:
    """Two shifts of 8 h on one day of 4-hour intervals: every pair of counts is tried."""
    shifts = build_shifts(start_min=[240 * at for at in starts], length_min=[480, 480])
    plan = plan_shifts(
        shifts, required=required, interval_min=240, short_weight=price, over_weight=3, limits=Limits(workers=1)
    )
    costs = []
    for counts in product(range(4), repeat=2):
        heads = heads_at_work(shifts, [counts], interval_min=240)
        short, over = np.maximum(required - heads, 0).sum(), np.maximum(heads - required, 0).sum()
        costs.append(480 * sum(counts) + price * short + 3 * over)
    assert plan.proven_optimal
    assert plan.cost == plan.bound == min(costs)


@settings(max_examples=25)
@given(
    required=st.lists(st.integers(0, 2), min_size=12, max_size=12),
    allowed=st.lists(st.booleans(), min_size=4, max_size=4),
    price=st.integers(0, 700),
)
def test_a_shift_that_is_closed_is_worked_by_nobody(required: list[int], allowed: list[bool], price: int) -> None:
    """Two shifts that begin together, two days: of all counts in which nobody works a closed one, the cheapest."""
    shifts = build_shifts(start_min=[480, 480], length_min=[480, 720])
    open_ = np.reshape(allowed, (2, 2))
    plan = plan_shifts(shifts, required=required, interval_min=240, allowed=open_, short_weight=price)
    costs = []
    for told in product(range(3), repeat=4):
        counts = np.reshape(told, (2, 2))
        if (counts * ~open_).any():
            continue
        heads = heads_at_work(shifts, counts, interval_min=240)
        costs.append(int((counts @ [480, 720]).sum()) + price * int(np.maximum(required - heads, 0).sum()))
    assert plan.counts is not None and not plan.counts[~open_].any()
    assert plan.proven_optimal and plan.cost == min(costs)
    with pytest.raises(RosterError):
        plan_shifts(shifts, required=required, interval_min=240, allowed=[[True, False]])


def test_a_night_shift_covers_the_next_morning() -> None:
    night = build_shifts(start_min=[1320], length_min=[480])
    plan = plan_shifts(night, required=[0, 0, 0, 0, 0, 0, 0, 0] * 2, interval_min=180, at_least=0, before=[[4]])
    assert plan.heads.tolist() == [4, 4, 0, 0, 0, 0, 0, 0] + [0] * 8


def test_pauses_take_heads_but_not_seats() -> None:
    shifts = build_shifts(start_min=[480], length_min=[480], breaks_min=[[(240, 270)]])
    heads, seats = heads_at_work(shifts, [[5]]), seats_taken(shifts, [[5]])
    assert heads[24] == 0 and heads[23] == heads[25] == 5
    assert seats[24] == 5
    assert shifts.paid_min.tolist() == [450]


def test_seats_and_floors_hold_whatever_the_price() -> None:
    required = np.repeat([40, 40, 40], 2)
    plan = plan_shifts(
        EIGHT_HOURS, required=required, interval_min=240, seats=30, at_least=[3, 3, 6, 6, 6, 6], short_weight=10_000
    )
    assert plan.counts is not None and plan.counts.tolist() == [[30, 30, 30]]
    assert plan.short.tolist() == [10] * 6
    idle = plan_shifts(EIGHT_HOURS, required=[0] * 6, interval_min=240, at_least=[3, 3, 6, 6, 6, 6], short_weight=1)
    assert idle.counts is not None and idle.counts.tolist() == [[3, 6, 6]]


def test_limits_that_contradict_one_another_are_said() -> None:
    plan = plan_shifts(EIGHT_HOURS, required=[9] * 6, interval_min=240, seats=8)
    assert plan.status is SolveStatus.INFEASIBLE and plan.counts is None


def test_four_weeks_of_half_hours_are_proven() -> None:
    """Twelve shifts with pauses on 28 days of 48 half-hours: the curve of a day with two peaks, quieter on weekends."""
    hours = np.arange(48) / 2
    curve = 4 + 9 * np.exp(-(((hours - 10) / 2.5) ** 2)) + 8 * np.exp(-(((hours - 19.5) / 2) ** 2))
    required = np.concatenate([np.rint(curve * (0.7 if day % 7 >= 5 else 1.0)) for day in range(28)]).astype(int)
    starts = np.arange(0, 1440, 120)
    shifts = build_shifts(start_min=starts, length_min=np.full(12, 510), breaks_min=[[(240, 270)]] * 12)
    plan = plan_shifts(shifts, required=required, short_weight=60, over_weight=1, seats=30, at_least=2)
    assert plan.proven_optimal and plan.counts is not None
    assert (plan.heads >= 2)[8:].all() and plan.counts.sum() > 28 * 12
    assert seats_taken(shifts, plan.counts).max() <= 30


def test_rest_gives_several_forbidden_successors() -> None:
    shifts = build_shifts(start_min=[480, 600, 960, 0], length_min=[480, 480, 480, 480])
    forbidden = forbidden_by_rest(shifts, rest_min=660)
    assert [np.flatnonzero(row).tolist() for row in forbidden] == [[3], [3], [0, 1, 3], []]


def test_a_shift_that_is_none_is_refused() -> None:
    with pytest.raises(RosterError) as caught:
        build_shifts(start_min=[-1, 480], length_min=[480, 0], breaks_min=[[], [(10, 5)]])
    assert [(one.field, one.positions) for one in caught.value.findings] == [
        ("start_min", (0,)),
        ("length_min", (1,)),
        ("breaks_min", (0,)),
    ]
    with pytest.raises(RosterError):
        plan_shifts(EIGHT_HOURS, required=[1, 2, 3], interval_min=240)
