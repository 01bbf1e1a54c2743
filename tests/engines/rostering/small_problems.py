"""Random small problems, and every roster there is for them."""

from itertools import product

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from denghuo.engines.rostering import (
    OFF,
    UNKNOWN,
    Demands,
    Fair,
    Published,
    RosterProblem,
    Rule,
    RunLimit,
    Successions,
    TotalLimit,
    WeekendLimit,
    WholeWeekends,
    Wishes,
    build_shifts,
)

SHIFTS = build_shifts(start_min=[480, 960], length_min=[480, 600])


def every_roster(problem: RosterProblem) -> list[NDArray[np.int64]]:
    """All (S + 1) to the power of P x D of them."""
    people, days = problem.shape
    cells = product(range(-1, problem.shifts.count), repeat=people * days)
    return [np.array(cell, np.int64).reshape(people, days) for cell in cells]


@st.composite
def problems(draw: st.DrawFn, *, ring: bool = False) -> RosterProblem:
    """Two people and three days of two shifts, with rules of every kind, hard and priced."""
    people, days = 2, 3
    rows = draw(st.integers(0, 4))
    column = lambda low, high: draw(st.lists(st.integers(low, high), min_size=rows, max_size=rows))  # noqa: E731
    history = 0 if ring else draw(st.integers(0, 3))
    told = draw(st.lists(st.integers(UNKNOWN, 1), min_size=people * history, max_size=people * history))
    wishes = draw(st.integers(0, 3))
    wish = lambda low, high: draw(st.lists(st.integers(low, high), min_size=wishes, max_size=wishes))  # noqa: E731
    published = draw(st.none() | st.lists(st.integers(UNKNOWN, 1), min_size=people * days, max_size=people * days))
    closed = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, days - 1), st.integers(0, 2)), max_size=2))
    allowed = np.ones((people, days, 3), np.bool_)
    for cell in closed:
        allowed[cell] = False
    return RosterProblem(
        shifts=SHIFTS,
        people_count=people,
        day_count=days,
        demands=Demands(
            day=np.array(column(0, days - 1), np.int64),
            shift=np.array(column(0, 1), np.int64),
            skill=np.array(column(-1, 0), np.int64),
            at_least=np.array(column(0, 1), np.int64),
            at_most=np.array(column(1, 2), np.int64),
            wanted=np.array(column(0, 2), np.int64),
            under_weight=np.array(column(0, 5), np.int64),
            over_weight=np.array(column(0, 2), np.int64),
            level=draw(st.integers(0, 1)),
        ),
        rules=tuple(draw(st.lists(rules(people, days, ring=ring), max_size=5, unique_by=lambda rule: rule.id))),
        wishes=Wishes(
            person=np.array(wish(0, 1), np.int64),
            day=np.array(wish(0, days - 1), np.int64),
            shift=np.array(wish(OFF, 1), np.int64),
            wanted=np.array(wish(0, 1), np.bool_),
            weight=np.array(wish(0, 3), np.int64),
        ),
        published=None if published is None else Published(roster=np.reshape(published, (people, days)), weight=2),
        allowed=allowed,
        people_skills=[[True], [False]],
        weekend=[-1, 0, 0],
        before=None if ring else np.array(told, np.int64).reshape(people, history),
        seats=draw(st.none() | st.integers(1, 2)),
        ring=ring,
    )


def rules(people: int, days: int, *, ring: bool) -> st.SearchStrategy[Rule]:
    """A rule of any kind."""
    named = {
        "id": st.sampled_from("abcdefgh"),
        "weight": st.none() | st.integers(0, 4),
        "level": st.integers(0, 1),
        "on": st.sampled_from([True, True, True, False]),
    }
    everybody = named if ring else named | {"people": st.none() | st.lists(st.booleans(), min_size=2, max_size=2)}
    some = st.lists(st.booleans(), min_size=2, max_size=2)
    forbidden = st.lists(some, min_size=2, max_size=2)
    span = st.none() | st.lists(st.booleans(), min_size=days, max_size=days)
    worth = st.lists(st.integers(0, 3), min_size=2, max_size=2)
    number = st.integers(0, 2)
    return st.one_of(
        st.builds(Successions, **everybody, forbidden=forbidden, days_off=st.integers(0, 1)),
        st.builds(
            RunLimit, **everybody, shifts=some, off=st.booleans(), at_least=st.integers(1, 3), at_most=st.integers(3, 4)
        ),
        st.builds(RunLimit, **everybody, off=st.booleans(), at_least=st.just(0), at_most=st.integers(1, 2)),
        st.builds(
            TotalLimit, **named, per_shift=worth, days=span, carried=number, at_least=number, at_most=st.integers(2, 6)
        ),
        st.builds(WeekendLimit, **named, at_most=st.integers(0, 1), carried=st.integers(0, 1)),
        st.builds(WholeWeekends, **named),
        st.builds(
            Fair,
            **named,
            per_shift=worth,
            days=span,
            carried=number,
            share=st.lists(st.integers(1, 3), min_size=2, max_size=2),
            at_most=st.integers(0, 1),
        ),
        st.builds(Fair, **named, weekends=st.just(True), carried=number),
    )
