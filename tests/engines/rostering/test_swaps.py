"""Swaps judged one by one and found all at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.rostering import (
    OFF,
    RosterError,
    RosterProblem,
    Successions,
    Swap,
    Wishes,
    build_shifts,
    check_swap,
    legal_swaps,
    report_roster,
)
from tests.engines.rostering.small_problems import problems

SHIFTS = build_shifts(start_min=[480, 960], length_min=[480, 480])
PROBLEM = RosterProblem(
    shifts=SHIFTS,
    people_count=3,
    day_count=2,
    rules=(Successions(id="rest", forbidden=[[False, False], [True, False]]),),
    wishes=Wishes(person=[0], day=[1], weight=5),
)
ROSTER = [[0, 0], [1, 1], [OFF, OFF]]


def test_late_then_early_is_named() -> None:
    found = check_swap(PROBLEM, ROSTER, Swap(person=0, day=1, other=1, other_day=1))
    assert [(one.rule, one.person, one.day) for one in found.broken] == [("rest", 1, 1)]
    assert found.roster.tolist() == [[0, 1], [1, 0], [OFF, OFF]]


def test_a_swap_over_two_days_lets_each_work_for_the_other() -> None:
    found = check_swap(PROBLEM, [[0, OFF], [OFF, 1], [0, 0]], Swap(person=0, day=0, other=1, other_day=1))
    assert found.roster.tolist() == [[OFF, 1], [0, OFF], [0, 0]]
    assert found.legal and found.cost_change == 5


def test_partners_are_listed_the_cheapest_first() -> None:
    found = legal_swaps(PROBLEM, ROSTER, person=0, day=1)
    assert [(one.swap.other, one.swap.other_day, one.cost_change) for one in found] == [(2, None, -5)]


@settings(max_examples=30)
@given(problems(), st.randoms(use_true_random=False))
def test_a_legal_swap_makes_nothing_worse_that_must_hold(problem: RosterProblem, random: object) -> None:
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    roster = rng.integers(-1, 2, problem.shape)
    before = report_roster(problem, roster)
    for found in legal_swaps(problem, roster, person=0, day=0):
        after = report_roster(problem, found.roster)
        assert after.cost - before.cost == found.cost_change
        if before.valid:
            assert after.valid


def test_a_swap_with_nobody_is_refused() -> None:
    with pytest.raises(RosterError) as caught:
        check_swap(PROBLEM, ROSTER, Swap(person=0, day=2, other=7))
    assert [one.field for one in caught.value.findings] == ["swap.other", "swap.day"]
