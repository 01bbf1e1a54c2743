"""Swaps between people: what would break, and who may swap with whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.rostering._case import Case, case_of
from denghuo.engines.rostering.breaches import Breach, BreachKind, breaches_of
from denghuo.engines.rostering.checks import refuse
from denghuo.engines.rostering.findings import RosterCode, RosterError, RosterFinding
from denghuo.engines.rostering.problem import OFF, RosterProblem

__all__ = ["Swap", "SwapCheck", "check_swap", "legal_swaps"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Swap:
    """``person`` hands the shift of ``day`` to ``other`` and takes what ``other`` has on ``other_day`` in return.
    Without ``other_day`` it is given away: ``other`` has to be off on ``day``, and ``person`` is off then."""

    person: int
    day: int
    other: int
    other_day: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SwapCheck:
    """``roster`` int64[P, D] after the swap; ``broken`` what must hold and breaks newly (or by more);
    ``cost_change`` what the roster costs more, over all levels."""

    swap: Swap
    roster: Ints
    broken: tuple[Breach, ...]
    cost_change: int

    @property
    def legal(self) -> bool:
        """Whether nothing breaks that must hold."""
        return not self.broken


def check_swap(problem: RosterProblem, roster: ArrayLike, swap: Swap) -> SwapCheck:
    """What a swap would break.

    A swap within one day exchanges the two cells of that day. A swap over two days exchanges the cells of both people
    on both days: each works for the other.

    Raises:
        RosterError: the arrays do not fit together, or the swap points outside them.

    Example:
        >>> from denghuo.engines.rostering import RunLimit, build_shifts
        >>> problem = RosterProblem(
        ...     shifts=build_shifts(start_min=[480], length_min=[480]),
        ...     people_count=2,
        ...     day_count=3,
        ...     rules=(RunLimit(id="work", at_most=2),),
        ... )
        >>> found = check_swap(problem, [[0, -1, -1], [-1, 0, 0]], Swap(person=0, day=0, other=1))
        >>> [(one.rule, one.person, one.day) for one in found.broken]
        [('work', 1, 2)]
    """
    refuse(problem, roster)
    case, table = case_of(problem), np.asarray(roster, np.int64)
    _refuse_swap(problem, swap)
    return _checked(case, table, swap)


def legal_swaps(
    problem: RosterProblem, roster: ArrayLike, *, person: int, day: int, give_away: bool = True
) -> tuple[SwapCheck, ...]:
    """Everybody who could take over a shift without breaking what must hold, the cheapest first.

    Args:
        problem: the rules.
        roster: int[P, D].
        person, day: whose shift of which day.
        give_away: whether it may be handed over without anything in return.

    Returns:
        Swaps on the day itself, and over two days with people who are off on ``day``, for each shift they have on a day
        on which ``person`` is off.

    Raises:
        RosterError: the arrays do not fit together, or person or day lie outside them.

    Example:
        >>> from denghuo.engines.rostering import build_shifts
        >>> problem = RosterProblem(
        ...     shifts=build_shifts(start_min=[480], length_min=[480]), people_count=2, day_count=2
        ... )
        >>> [one.swap.other_day for one in legal_swaps(problem, [[0, -1], [-1, 0]], person=0, day=0)]
        [None, 1]
    """
    refuse(problem, roster)
    case, table = case_of(problem), np.asarray(roster, np.int64)
    _refuse_swap(problem, Swap(person=person, day=day, other=person))
    found = []
    for other in range(problem.people_count):
        if other == person or table[other, day] == table[person, day]:
            continue
        days: list[int | None] = []
        if table[other, day] == OFF:
            days += [None] if give_away else []
            days += np.flatnonzero((table[other] >= 0) & (table[person] == OFF)).tolist()
        else:
            days.append(day)
        for other_day in days:
            check = _checked(case, table, Swap(person=person, day=day, other=other, other_day=other_day))
            if check.legal:
                found.append(check)
    return tuple(sorted(found, key=lambda one: one.cost_change))


def _refuse_swap(problem: RosterProblem, swap: Swap) -> None:
    people, days = problem.shape
    limits = {"person": people, "other": people, "day": days, "other_day": days}
    findings = [
        RosterFinding(code=RosterCode.OUT_OF_RANGE, field=f"swap.{name}")
        for name, above in limits.items()
        if (value := getattr(swap, name)) is not None and not 0 <= value < above
    ]
    if findings:
        raise RosterError(findings)


def _checked(case: Case, table: Ints, swap: Swap) -> SwapCheck:
    after, pair = table.copy(), [swap.person, swap.other]
    for day in {swap.day, swap.day if swap.other_day is None else swap.other_day}:
        after[pair, day] = table[pair[::-1], day]
    before_all, after_all = (list(breaches_of(case, rows, pair)) for rows in (table, after))
    known = Counter[tuple[object, ...]]()
    for one in before_all:
        known[_name(one)] += one.amount
    broken = tuple(one for one in after_all if one.hard and one.amount > known[_name(one)])
    after.setflags(write=False)
    change = sum(one.cost for one in after_all) - sum(one.cost for one in before_all)
    return SwapCheck(swap=swap, roster=after, broken=broken, cost_change=change)


def _name(one: Breach) -> tuple[object, ...]:
    place: tuple[object, ...] = (one.day, one.shift, one.row)
    if one.kind in (BreachKind.TOTAL_TOO_HIGH, BreachKind.TOTAL_TOO_LOW, BreachKind.RUN_TOO_LONG):
        place = (one.day,)
    return (one.kind, one.rule, one.person, *place)
