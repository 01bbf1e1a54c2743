"""The walk sees the same problem as the report does, and what it finds is valid."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.rostering import OFF, Fair, Limits, RosterProblem, report_roster
from denghuo.engines.rostering._case import case_of
from denghuo.engines.rostering._model import RosterModel
from denghuo.engines.rostering._rows import rows_of
from denghuo.engines.rostering._solver import Budget
from denghuo.engines.rostering._walk import _begun, walked
from tests.engines.rostering.small_problems import problems


def _plain(problem: RosterProblem) -> bool:
    """How far apart people may be is no row of its own."""
    return not any(isinstance(rule, Fair) and rule.weight is None and rule.on for rule in problem.rules)


@settings(max_examples=30)
@given(problems(), st.integers(0, 2**32))
def test_rows_are_broken_where_the_report_says_that_something_is(problem: RosterProblem, seed: int) -> None:
    case = case_of(problem)
    rows = rows_of(RosterModel(case), 0)
    values = np.random.default_rng(seed).integers(0, 3, problem.shape)
    roster = np.where(values == 2, OFF, values)
    begun = _begun(rows, roster, np.uint64(seed + 1))
    roster = np.where(begun.value.reshape(problem.shape) == 2, OFF, begun.value.reshape(problem.shape))
    if _plain(problem):
        assert (begun.cost[0] == 0) == report_roster(problem, roster).valid
    wishes = sum(one.cost for one in report_roster(problem, roster).breaches if one.kind == "wish")
    assert begun.cost[1] >= wishes


@settings(max_examples=20)
@given(problems(), st.integers(1, 1000))
def test_what_a_walk_finds_is_valid_and_the_same_again(problem: RosterProblem, seed: int) -> None:
    found: list[list[list[list[int]]]] = [[], []]
    rows = rows_of(RosterModel(case_of(problem)), 0)
    for run in found:
        with Budget(Limits(seed=seed, work_limit=0.1)) as budget:
            start = np.full(problem.shape, OFF)
            walked(rows, start, target=0, budget=budget, better=lambda one, run=run: run.append(one.tolist()))  # type: ignore[misc]
    assert found[0] == found[1]
    if _plain(problem):
        assert all(report_roster(problem, roster).valid for roster in found[0])
