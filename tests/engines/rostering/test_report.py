"""What a roster is worth, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engines.rostering import (
    MOBILE_TEAM,
    OFF,
    Breach,
    BreachKind,
    Demands,
    Fair,
    RosterError,
    RosterProblem,
    Rotation,
    RunLimit,
    Successions,
    WeekendLimit,
    WholeWeekends,
    build_shifts,
    check_roster_problem,
    evenness,
    report_roster,
    rotation_offsets,
    team_roster,
)

SHIFTS = build_shifts(start_min=[480, 960, 0], length_min=[480, 480, 480])
FOUR_ON_THREE = [0, 0, 1, 1, 2, 2, OFF, OFF]


def _told(roster: list[list[int]], **given: object) -> list[tuple[str, int, int, int]]:
    people, days = np.shape(roster)
    problem = RosterProblem(shifts=SHIFTS, people_count=people, day_count=days, **given)  # type: ignore[arg-type]
    return [(one.kind.value, one.person, one.day, one.amount) for one in report_roster(problem, roster).breaches]


def test_runs_are_counted_over_the_edge_of_the_month() -> None:
    long = RunLimit(id="work", at_most=3)
    assert _told([[0, 0, OFF]], rules=(long,), before=[[0, 0]]) == [("run_too_long", 0, 1, 1)]
    assert _told([[0, 0, OFF]], rules=(long,)) == []
    short = RunLimit(id="off", off=True, at_least=2)
    assert _told([[0, OFF, 0]], rules=(short,)) == [("run_too_short", 0, 1, 1)]
    assert _told([[0, 0, OFF]], rules=(short,)) == []
    assert _told([[0, 0, 0]], rules=(short,), before=[[0, OFF]]) == [("run_too_short", 0, 0, 1)]
    assert _told([[0, 0, 0]], rules=(short,), before=[[-2, OFF]]) == []


def test_successions_look_back_and_over_days_off() -> None:
    forbidden = np.zeros((3, 3), np.bool_)
    forbidden[1, [0, 2]] = True
    direct = Successions(id="rest", forbidden=forbidden)
    assert _told([[1, 0, 1, 2, 1, 1]], rules=(direct,)) == [("succession", 0, 1, 1), ("succession", 0, 3, 1)]
    assert _told([[0]], rules=(direct,), before=[[1]]) == [("succession", 0, 0, 1)]
    wider = Successions(id="rest", forbidden=forbidden, days_off=1)
    assert _told([[1, OFF, 0, 1, 0]], rules=(wider,)) == [("succession", 0, 2, 1)]


def test_weekends_are_counted_and_cut_ones_named() -> None:
    weekend = [-1, 0, 0, -1, 1, 1]
    roster = [[0, OFF, 0, 0, 0, 0]]
    rules = (WeekendLimit(id="most", at_most=2, carried=1), WholeWeekends(id="whole"))
    assert _told(roster, weekend=weekend, rules=rules) == [("weekends", 0, -1, 1), ("cut_weekend", 0, 1, 1)]


def test_demands_count_those_who_hold_the_skill() -> None:
    demands = Demands(day=[0, 0], shift=[0, 0], skill=[-1, 0], at_least=[2, 1])
    skills = [[False], [False], [True]]
    assert _told([[0], [0], [OFF]], demands=demands, people_skills=skills) == [("too_few", -1, 0, 1)]
    assert _told([[0], [OFF], [0]], demands=demands, people_skills=skills) == []


def test_seats_are_counted_by_interval() -> None:
    told = _told([[0], [0], [1]], seats=1, interval_min=480)
    assert told == [("seats", -1, 0, 1)]


def test_fairness_is_measured_against_what_is_due() -> None:
    roster = [[0, 0, 0, 0], [0, 0, OFF, OFF]]
    assert _told(roster, rules=(Fair(id="even"),)) == [("unfair", -1, -1, 2)]
    assert _told(roster, rules=(Fair(id="even", share=[2, 1]),)) == []
    assert _told(roster, rules=(Fair(id="even", carried=[0, 2]),)) == []


def test_the_report_sums_hours_nights_weekends_and_intervals() -> None:
    problem = RosterProblem(
        shifts=SHIFTS, people_count=2, day_count=2, weekend=[0, 0], interval_min=480, before=[[1], [1]]
    )
    told = report_roster(problem, [[2, 0], [OFF, 2]], required=[2, 1, 0, 1, 0, 0])
    assert told.valid and told.cost == 0
    assert told.paid_h.tolist() == [16.0, 8.0]
    assert told.nights.tolist() == [1, 1] and told.weekends.tolist() == [1, 1]
    assert told.interval_heads.tolist() == [1, 0, 0, 1, 1, 0]
    assert told.interval_short is not None and told.interval_short.tolist() == [1, 1, 0, 0, 0, 0]
    assert told.interval_over is not None and told.interval_over.tolist() == [0, 0, 0, 0, 1, 0]
    assert told.hours_evenness.gini == pytest.approx(1 / 6)


def test_breaches_know_their_price() -> None:
    assert Breach(kind=BreachKind.WISH, amount=2, price=3).cost == 6
    assert Breach(kind=BreachKind.TOO_FEW).hard


@given(st.lists(st.integers(0, 20), min_size=2, max_size=6))
def test_gini_is_between_nothing_and_one(load: list[int]) -> None:
    told = evenness(load)
    assert told.spread == max(load) - min(load)
    if sum(load):
        assert -1e-12 <= told.gini <= 1 - 1 / len(load) + 1e-12
        assert (told.gini < 1e-12) == (len(set(load)) == 1)
    else:
        assert np.isnan(told.gini)


def test_four_teams_keep_three_shifts_manned_day_and_night() -> None:
    rotation = Rotation(cycle=FOUR_ON_THREE, offset=rotation_offsets(FOUR_ON_THREE, teams=4))
    roster = team_roster(rotation, team=[0, 1, 2, 3, MOBILE_TEAM], day_count=24)
    assert all(sorted(day) == [OFF, 0, 1, 2] for day in roster[:4].T.tolist())
    assert (roster[4] == -2).all()
    with pytest.raises(RosterError):
        team_roster(rotation, team=[4], day_count=1)


def test_a_roster_of_another_shape_is_refused() -> None:
    problem = RosterProblem(shifts=SHIFTS, people_count=2, day_count=2)
    for roster in ([[0, 0]], [[0, 3], [0, 0]]):
        with pytest.raises(RosterError):
            report_roster(problem, roster)
    nothing = RosterProblem(shifts=SHIFTS, people_count=0, day_count=2)
    assert [one.code.value for one in check_roster_problem(nothing)] == ["nothing_to_plan"]
