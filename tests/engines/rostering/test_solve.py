"""The solver's rosters against all rosters there are, and against the report, which knows no solver."""

import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from bench.rostering import hotline_month
from hypothesis import given, settings

from denghuo.engines.rostering import (
    OFF,
    Demands,
    Fair,
    Limits,
    Progress,
    Published,
    RosterError,
    RosterProblem,
    RunLimit,
    SolveStatus,
    TotalLimit,
    Wishes,
    build_shifts,
    report_roster,
    solve_roster,
)
from denghuo.engines.rostering._case import case_of
from denghuo.engines.rostering.breaches import breaches_of
from tests.engines.rostering.small_problems import every_roster, problems

ALONE = Limits(workers=1, time_limit_s=20.0)
DAY = build_shifts(start_min=[480], length_min=[480])


def _best(problem: RosterProblem) -> tuple[int, ...] | None:
    """The costs of the best valid roster, level by level, by trying all."""
    found, case = [], case_of(problem)
    for roster in every_roster(problem):
        breaches = list(breaches_of(case, roster))
        if not any(one.hard for one in breaches):
            found.append(tuple(sum(one.cost for one in breaches if one.level == level) for level in (0, 1)))
    return min(found) if found else None


def _agrees(problem: RosterProblem) -> None:
    found, best = solve_roster(problem, limits=ALONE), _best(problem)
    if best is None:
        assert found.status is SolveStatus.INFEASIBLE
        return
    assert found.proven_optimal and found.roster is not None
    told = report_roster(problem, found.roster)
    assert [one for one in told.breaches if one.hard] == []
    costs = dict(zip(found.levels, found.costs, strict=True))
    assert (costs.get(0, 0), costs.get(1, 0)) == best
    assert found.bounds == found.costs


@settings(max_examples=8)
@given(problems())
def test_no_roster_is_better_than_the_one_found(problem: RosterProblem) -> None:
    _agrees(problem)


@settings(max_examples=4)
@given(problems(ring=True))
def test_no_rotation_is_better_than_the_one_found(problem: RosterProblem) -> None:
    _agrees(problem)


@pytest.mark.nightly
@settings(max_examples=100)
@given(problems())
def test_no_roster_is_better_in_many_more_problems(problem: RosterProblem) -> None:
    _agrees(problem)


@pytest.mark.nightly
@settings(max_examples=60)
@given(problems(ring=True))
def test_no_rotation_is_better_in_many_more_problems(problem: RosterProblem) -> None:
    _agrees(problem)


def _week(people: int = 6) -> RosterProblem:
    days = np.arange(14)
    return RosterProblem(
        shifts=DAY,
        people_count=people,
        day_count=14,
        demands=Demands(day=days, shift=np.zeros(14, np.int64), at_least=3, at_most=3),
        rules=(
            RunLimit(id="work", at_least=2, at_most=5),
            RunLimit(id="off", off=True, at_least=2),
            Fair(id="hours", per_shift=8, weight=10),
        ),
        wishes=Wishes(person=[0, 1, 2, 3, 4], day=[5, 5, 5, 5, 6], weight=[1, 2, 3, 1, 1]),
    )


def test_the_same_question_gets_the_same_roster() -> None:
    first, again = (solve_roster(_week()) for _ in range(2))
    assert first.roster is not None and again.roster is not None
    assert first.proven_optimal
    assert first.roster.tolist() == again.roster.tolist()


def test_a_search_that_ends_by_its_work_limit_is_reproducible() -> None:
    limits = Limits(work_limit=0.02)
    first, again = (solve_roster(_week(), limits=limits) for _ in range(2))
    assert first.status is again.status
    assert (first.roster is None) == (again.roster is None)
    assert first.costs == again.costs


def test_progress_ends_at_what_is_returned() -> None:
    told: list[Progress] = []
    found = solve_roster(_week(), tell=told.append)
    costs = [one.cost for one in told if not np.isnan(one.cost)]
    assert costs[-1] == found.costs[0]
    assert costs == sorted(costs, reverse=True)
    assert all(one.bound <= found.costs[0] for one in told)


def test_a_cancelled_search_ends() -> None:
    asked = threading.Event()

    def cancelled() -> bool:
        asked.set()
        return True

    hard = _week(people=6)
    found = solve_roster(hard, limits=Limits(time_limit_s=300.0), cancelled=cancelled)
    assert found.status in SolveStatus
    assert asked.is_set() or found.proven_optimal


def test_a_hint_without_anything_to_minimize_does_not_end_the_process() -> None:
    """The solver aborts where several workers take turns on such a model, so it runs in a process of its own."""
    code = """
import numpy as np
from denghuo.engines.rostering import Limits, RosterProblem, RunLimit, build_shifts
from denghuo.engines.rostering._case import case_of
from denghuo.engines.rostering._model import RosterModel
from denghuo.engines.rostering._solver import FOUND, Budget, give_hint
shifts = build_shifts(start_min=[480], length_min=[480])
problem = RosterProblem(shifts=shifts, people_count=6, day_count=14, rules=(RunLimit(id="a", at_most=5),))
model = RosterModel(case_of(problem))
give_hint(model, np.zeros((6, 14), np.int64), model.model)
with Budget(Limits(workers=2)) as budget:
    assert budget.solve(budget.solver(), model.model) in FOUND
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_hint_is_taken_up() -> None:
    first = solve_roster(_week())
    again = solve_roster(_week(), hint=first.roster)
    assert again.proven_optimal and again.costs == first.costs


def test_a_search_without_time_finds_at_most_what_is_at_hand() -> None:
    found = solve_roster(_week(), limits=Limits(time_limit_s=0.0))
    assert found.status in {SolveStatus.NOTHING_FOUND, SolveStatus.FEASIBLE}


@pytest.mark.nightly
def test_a_month_of_thirty_people_is_proven() -> None:
    problem = hotline_month()
    found = solve_roster(problem, limits=Limits(time_limit_s=300.0))
    assert found.proven_optimal and found.costs == found.bounds
    assert report_roster(problem, found.roster).valid


def test_shares_that_differ_are_due_differently() -> None:
    """One of three is there for half of the time: due are 4, 4 and 2 of 10 shifts."""
    problem = RosterProblem(
        shifts=DAY,
        people_count=3,
        day_count=10,
        demands=Demands(day=np.arange(10), shift=np.zeros(10, np.int64), at_least=1, at_most=1),
        rules=(Fair(id="shifts", share=[2, 2, 1], weight=1),),
    )
    found = solve_roster(problem)
    assert found.roster is not None
    assert (found.roster >= 0).sum(axis=1).tolist() == [4, 4, 2]
    assert found.costs == (0,)


def test_the_month_before_goes_on() -> None:
    """Five days worked already: the sixth has to be off; one day off already: a second must follow."""
    problem = RosterProblem(
        shifts=DAY,
        people_count=2,
        day_count=1,
        rules=(RunLimit(id="work", at_most=5), RunLimit(id="off", off=True, at_least=2)),
        wishes=Wishes(person=[0, 1], day=[0, 0], shift=[0, 0], weight=10),
        before=[[0, 0, 0, 0, 0], [0, 0, 0, 0, OFF]],
    )
    found = solve_roster(problem)
    assert found.roster is not None and found.roster.tolist() == [[OFF], [OFF]]


def test_a_sick_person_changes_as_little_as_possible() -> None:
    first = solve_roster(_week())
    assert first.roster is not None
    sick = int(np.flatnonzero(first.roster[:, 4] >= 0)[0])
    allowed = np.ones((6, 14, 2), np.bool_)
    allowed[sick, 4:7, 0] = False
    again = replace(
        _week(), allowed=allowed, published=Published(roster=first.roster, weight=100), rules=_week().rules[:2]
    )
    found = solve_roster(again)
    assert found.proven_optimal and found.roster is not None
    changed = int((found.roster != first.roster).sum())
    missing = int((first.roster[sick, 4:7] >= 0).sum())
    assert 2 * missing <= changed <= 14
    assert report_roster(again, found.roster).valid


def test_totals_that_cannot_be_met_are_said_to_be_impossible() -> None:
    problem = RosterProblem(
        shifts=DAY, people_count=1, day_count=2, rules=(TotalLimit(id="hours", per_shift=8, at_least=24),)
    )
    assert solve_roster(problem).status is SolveStatus.INFEASIBLE


def test_arrays_that_do_not_fit_are_refused_all_at_once() -> None:
    problem = RosterProblem(
        shifts=DAY,
        people_count=2,
        day_count=3,
        weekend=[0],
        rules=(RunLimit(id="a", at_least=3, at_most=1), RunLimit(id="a", shifts=[True, False])),
    )
    with pytest.raises(RosterError) as caught:
        solve_roster(problem)
    assert {(one.code.value, one.field) for one in caught.value.findings} == {
        ("wrong_shape", "weekend"),
        ("minimum_above_maximum", "rules[0].at_least"),
        ("duplicate_id", "rules[1].id"),
        ("wrong_shape", "rules[1].shifts"),
    }
