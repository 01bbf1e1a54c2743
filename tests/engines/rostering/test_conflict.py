"""Why there is no roster."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from denghuo.engines.rostering import (
    BreachKind,
    Demands,
    Limits,
    RosterProblem,
    RunLimit,
    Successions,
    TotalLimit,
    WeekendLimit,
    build_shifts,
    explain_conflict,
    relax,
    report_roster,
    solve_roster,
)
from denghuo.engines.rostering._capacity import counted_out
from denghuo.engines.rostering._case import case_of
from tests.engines.rostering.small_problems import every_roster, problems

THREE = build_shifts(start_min=[480, 960, 0], length_min=[480, 480, 480])


def _hotline(people: int) -> RosterProblem:
    day, shift = (of.ravel() for of in np.indices((7, 3)))
    return RosterProblem(
        shifts=THREE,
        people_count=people,
        day_count=7,
        demands=Demands(day=day, shift=shift, at_least=np.array([2, 2, 1])[shift]),
        rules=(
            Successions(id="rest", forbidden=[[False, False, True], [True, False, True], [False, False, False]]),
            RunLimit(id="work", at_most=6),
            TotalLimit(id="hours", per_shift=8, at_most=40),
        ),
    )


def test_too_few_people_clash_with_hours_and_demands_only() -> None:
    """35 shifts are needed; 6 people of 5 shifts give 30. Rest and runs have no part in it."""
    found = explain_conflict(_hotline(6), limits=Limits(time_limit_s=16.0))
    assert found.impossible
    assert {one.rule for one in found.core if one.rule} == {"hours"}
    assert {one.person for one in found.core if one.rule} == set(range(6))
    assert {one.kind for one in found.core} == {BreachKind.TOO_FEW, BreachKind.TOTAL_TOO_HIGH}
    assert found.nearest_proven and found.nearest.roster is not None
    # Five shifts beyond 40 h, at 100 per hour, or five heads missing at 1000: equal, and none is cheaper than 800.
    assert found.nearest.costs[0] == 5 * 800


def test_the_day_on_which_too_many_are_away_is_named() -> None:
    allowed = np.ones((8, 7, 4), np.bool_)
    allowed[:4, 3, :3] = False
    found = explain_conflict(replace(_hotline(8), allowed=allowed))
    assert found.minimal
    away = {one.person for one in found.core if one.kind is BreachKind.NOT_ALLOWED}
    assert {one.day for one in found.core} == {3}
    assert away == {0, 1, 2, 3}
    assert [(one.kind, one.day, one.amount) for one in found.breaches] == [(BreachKind.TOO_FEW, 3, 1)]


def test_a_problem_with_a_roster_has_no_conflict() -> None:
    found = explain_conflict(_hotline(10))
    assert found.core == () and found.breaches == () and not found.impossible
    assert report_roster(_hotline(10), found.nearest.roster).valid


@settings(max_examples=5)
@given(problems())
def test_a_core_alone_is_impossible(problem: RosterProblem) -> None:
    """Among all rosters there are, each breaks something of the core; cores with runs, which core and report name by
    different days, are not compared."""
    found = explain_conflict(problem, limits=Limits(workers=1, time_limit_s=20.0))
    if not found.core:
        return
    named = [(one.kind, one.rule, one.person, one.day, one.row) for one in found.core]
    told = [report_roster(problem, roster) for roster in every_roster(problem)]
    broken = [
        {
            (one.kind, one.rule, one.person, one.day if _placed(one.kind) else -1, one.row)
            for one in report.breaches
            if one.hard
        }
        for report in told
    ]
    core = {name if _placed(name[0]) else (*name[:3], -1, name[4]) for name in named}
    if all(_placed(kind) for kind, *_ in named):
        assert all(core & names for names in broken)


def _placed(kind: BreachKind) -> bool:
    """Whether core and report name the same place of a breach: a run is named by its first day or its last."""
    return kind not in (BreachKind.RUN_TOO_LONG, BreachKind.RUN_TOO_SHORT)


def test_a_relaxed_problem_prices_the_shortage() -> None:
    found = solve_roster(relax(_hotline(6), rules=()))
    assert found.costs == (5000,)
    assert found.roster is not None
    told = report_roster(_hotline(6), found.roster)
    assert {one.kind for one in told.breaches} == {BreachKind.TOO_FEW}
    assert sum(one.amount for one in told.breaches) == 5


def test_a_skill_that_too_few_hold_is_named() -> None:
    skills = np.zeros((10, 1), np.bool_)
    skills[:2] = True
    problem = replace(
        _hotline(10),
        demands=Demands(day=[0, 0, 1], shift=[0, 1, 0], skill=[0, 0, -1], at_least=[1, 2, 1]),
        people_skills=skills,
    )
    found = explain_conflict(problem)
    assert [(one.kind, one.row) for one in found.core] == [(BreachKind.TOO_FEW, 0), (BreachKind.TOO_FEW, 1)]
    assert found.minimal


def test_a_rest_that_two_days_in_a_row_leave_no_time_for_is_named() -> None:
    """Seven in the evening, and two early on the next day: of eight people seven cannot."""
    problem = _hotline(8)
    need = np.array(np.broadcast_to([1, 1, 1], (7, 3)))
    need[3], need[4] = [0, 7, 0], [2, 0, 0]
    problem = replace(problem, demands=replace(problem.demands, at_least=need.ravel()))
    found = explain_conflict(problem)
    assert found.minimal
    assert {(one.kind, one.day) for one in found.core} == {
        (BreachKind.TOO_FEW, 3),
        (BreachKind.TOO_FEW, 4),
        (BreachKind.SUCCESSION, 4),
    }
    assert {one.rule for one in found.core if one.rule} == {"rest"}


def test_weekends_that_too_few_may_work_on_are_counted() -> None:
    """Four heads on both days of a weekend; of five people three have had their weekend."""
    problem = replace(
        _hotline(5),
        demands=Demands(day=[5, 6], shift=[0, 0], at_least=4),
        rules=(WeekendLimit(id="weekends", at_most=1, carried=[1, 1, 1, 0, 0]),),
        weekend=[-1, -1, -1, -1, -1, 0, 0],
    )
    found = explain_conflict(problem)
    assert {one.person for one in found.core if one.kind is BreachKind.WEEKENDS} <= {0, 1, 2}
    assert {one.kind for one in found.core} == {BreachKind.TOO_FEW, BreachKind.WEEKENDS}
    assert found.minimal


def test_hours_that_there_is_no_work_for_are_counted() -> None:
    """Three people owe 16 h each, and there are five shifts at most: two people already owe less, three more."""
    problem = RosterProblem(
        shifts=build_shifts(start_min=[480], length_min=[480]),
        people_count=3,
        day_count=5,
        demands=Demands(day=np.arange(5), shift=np.zeros(5, np.int64), at_most=1),
        rules=(TotalLimit(id="hours", per_shift=8, at_least=16),),
    )
    found = explain_conflict(problem)
    assert {one.person for one in found.core if one.kind is BreachKind.TOTAL_TOO_LOW} == {0, 1, 2}
    assert [one.day for one in found.core if one.kind is BreachKind.TOO_MANY] == [0, 1, 2, 3, 4]
    assert found.minimal and sum(one.amount for one in found.breaches) == 8


@settings(max_examples=60)
@given(problems())
def test_what_is_counted_out_cannot_be(problem: RosterProblem) -> None:
    core, _, _ = counted_out(case_of(problem))
    if not core:
        return
    for roster in every_roster(problem)[::7]:
        named = {(one.kind, one.rule, one.person, one.row) for one in report_roster(problem, roster).breaches}
        assert any((one.kind, one.rule, one.person, one.row) in named for one in core)
