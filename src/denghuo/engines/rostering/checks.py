"""Everything that is wrong with a problem, before anything is computed from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.rostering.findings import RosterCode, RosterError, RosterFinding
from denghuo.engines.rostering.problem import (
    ANY,
    OFF,
    UNKNOWN,
    Fair,
    RosterProblem,
    Rule,
    RunLimit,
    Successions,
    TotalLimit,
    WeekendLimit,
    WholeWeekends,
)
from denghuo.engines.rostering.shifts import DAY_MIN

__all__ = ["check_roster", "check_roster_problem", "refuse"]

_BOUNDS = ("at_least", "at_most", "carried", "share")


def check_roster_problem(problem: RosterProblem) -> tuple[RosterFinding, ...]:
    """All that is wrong with the arrays of a problem; nothing if it can be planned with.

    That no roster satisfies it is no finding: see :func:`explain_conflict`.

    Example:
        >>> from denghuo.engines.rostering import Demands, build_shifts
        >>> day = build_shifts(start_min=[480], length_min=[480])
        >>> demands = Demands(day=[0, 9], shift=[0, 0], at_least=[1, -1])
        >>> problem = RosterProblem(shifts=day, people_count=2, day_count=7, demands=demands)
        >>> [(one.code.value, one.field, one.positions) for one in check_roster_problem(problem)]
        [('out_of_range', 'demands.day', (1,)), ('negative', 'demands.at_least', (1,))]
    """
    if problem.people_count < 1 or problem.day_count < 1 or problem.shifts.count < 1:
        return (RosterFinding(code=RosterCode.NOTHING_TO_PLAN, field="problem"),)
    return (*_of_tables(problem), *_of_grids(problem), *_of_rules(problem))


def check_roster(problem: RosterProblem, roster: Any) -> tuple[RosterFinding, ...]:
    """What is wrong with the array of a roster: int[P, D], OFF or a shift."""
    return tuple(_cells("roster", roster, problem.shape, OFF, problem.shifts.count))


def refuse(problem: RosterProblem, roster: Any = None) -> None:
    """Raise all findings of a problem, and of a roster for it."""
    findings = check_roster_problem(problem)
    if not findings and roster is not None:
        findings = check_roster(problem, roster)
    if findings:
        raise RosterError(findings)


def _at(flags: Any) -> tuple[int, ...]:
    return tuple(np.flatnonzero(np.atleast_1d(flags)).tolist())


def _cells(name: str, given: Any, shape: tuple[int, ...], lowest: int, above: int) -> Iterator[RosterFinding]:
    array = np.asarray(given)
    if array.shape != shape:
        yield RosterFinding(code=RosterCode.WRONG_SHAPE, field=name)
    elif ((array < lowest) | (array >= above)).any():
        yield RosterFinding(
            code=RosterCode.OUT_OF_RANGE, field=name, positions=_at(((array < lowest) | (array >= above)).ravel())
        )


def _of_tables(problem: RosterProblem) -> Iterator[RosterFinding]:
    people, days = problem.shape
    skills = 0 if problem.people_skills is None else np.asarray(problem.people_skills).shape[-1]
    limits: dict[str, dict[str, tuple[int, float]]] = {
        "demands": {"day": (0, days), "shift": (0, problem.shifts.count), "skill": (ANY, skills)},
        "wishes": {"day": (0, days), "shift": (OFF, problem.shifts.count), "person": (0, people)},
    }
    amounts = {"demands": ("at_least", "at_most", "wanted", "under_weight", "over_weight"), "wishes": ("weight",)}
    for table, ranges in limits.items():
        rows = getattr(problem, table)
        size = np.asarray(rows.day).shape
        for name, (lowest, above) in ranges.items():
            column = np.asarray(getattr(rows, name))
            if column.shape not in ((), size) or len(size) != 1:
                yield RosterFinding(code=RosterCode.WRONG_SHAPE, field=f"{table}.{name}")
            elif (bad := (column < lowest) | (column >= above)).any():
                yield RosterFinding(code=RosterCode.OUT_OF_RANGE, field=f"{table}.{name}", positions=_at(bad))
        for name in amounts[table]:
            column = np.asarray(getattr(rows, name))
            if column.shape not in ((), size):
                yield RosterFinding(code=RosterCode.WRONG_SHAPE, field=f"{table}.{name}")
            elif (column < 0).any():
                yield RosterFinding(code=RosterCode.NEGATIVE, field=f"{table}.{name}", positions=_at(column < 0))


def _of_grids(problem: RosterProblem) -> Iterator[RosterFinding]:
    people, days = problem.shape
    shifts = problem.shifts.count
    if problem.allowed is not None and np.asarray(problem.allowed).shape != (people, days, shifts + 1):
        yield RosterFinding(code=RosterCode.WRONG_SHAPE, field="allowed")
    if problem.people_skills is not None:
        held = np.asarray(problem.people_skills)
        if held.ndim != 2 or held.shape[0] != people:
            yield RosterFinding(code=RosterCode.WRONG_SHAPE, field="people_skills")
    if problem.weekend is not None:
        yield from _cells("weekend", problem.weekend, (days,), -1, 10**9)
    if problem.before is not None:
        width = np.asarray(problem.before).shape[-1] if np.ndim(problem.before) == 2 else -1
        yield from _cells("before", problem.before, (people, width), UNKNOWN, shifts)
        if problem.ring:
            yield RosterFinding(code=RosterCode.NOT_FOR_RING, field="before")
    if problem.published is not None:
        yield from _cells("published.roster", problem.published.roster, (people, days), UNKNOWN, shifts)
        if problem.published.weight < 0:
            yield RosterFinding(code=RosterCode.NEGATIVE, field="published.weight")
    if problem.seats is not None and problem.seats < 0:
        yield RosterFinding(code=RosterCode.NEGATIVE, field="seats")
    if problem.interval_min <= 0 or DAY_MIN % problem.interval_min:
        yield RosterFinding(code=RosterCode.OUT_OF_RANGE, field="interval_min")


def _of_rules(problem: RosterProblem) -> Iterator[RosterFinding]:
    seen: set[str] = set()
    for position, rule in enumerate(problem.rules):
        where = f"rules[{position}]"
        if rule.id in seen:
            yield RosterFinding(code=RosterCode.DUPLICATE_ID, field=f"{where}.id")
        seen.add(rule.id)
        if rule.weight is not None and rule.weight < 0:
            yield RosterFinding(code=RosterCode.NEGATIVE, field=f"{where}.weight")
        for name, shapes in _shapes(problem, rule).items():
            value = getattr(rule, name)
            if value is not None and not any(_fits(np.asarray(value), shape) for shape in shapes):
                yield RosterFinding(code=RosterCode.WRONG_SHAPE, field=f"{where}.{name}")
        yield from _of_bounds(problem, rule, where)


def _of_bounds(problem: RosterProblem, rule: Rule, where: str) -> Iterator[RosterFinding]:
    bounds = {name: np.asarray(getattr(rule, name)) for name in _BOUNDS if hasattr(rule, name)}
    for name, value in bounds.items():
        if (value < 0).any() and name != "carried":
            yield RosterFinding(code=RosterCode.NEGATIVE, field=f"{where}.{name}", positions=_at(value < 0))
        if value.shape not in ((), (problem.people_count,)):
            yield RosterFinding(code=RosterCode.WRONG_SHAPE, field=f"{where}.{name}")
            return
    if "at_least" in bounds and (above := bounds["at_least"] > bounds["at_most"]).any():
        yield RosterFinding(code=RosterCode.MINIMUM_ABOVE_MAXIMUM, field=f"{where}.at_least", positions=_at(above))
    if problem.ring and isinstance(rule, RunLimit):
        for name in ("at_least", "at_most"):
            if np.unique(bounds[name]).size > 1:
                yield RosterFinding(code=RosterCode.DIFFERS_IN_RING, field=f"{where}.{name}")
    if problem.ring and rule.people is not None and isinstance(rule, RunLimit | Successions):
        yield RosterFinding(code=RosterCode.DIFFERS_IN_RING, field=f"{where}.people")


def _shapes(problem: RosterProblem, rule: Rule) -> dict[str, list[tuple[int, ...]]]:
    """The shapes each array of a rule may have; -1 is any length."""
    people, days = problem.shape
    shifts = problem.shifts.count
    shapes: dict[str, list[tuple[int, ...]]] = {"people": [(people,)]}
    if isinstance(rule, Successions):
        shapes["forbidden"] = [(shifts, shifts)]
    elif isinstance(rule, RunLimit):
        shapes["shifts"] = [(shifts,)]
    elif isinstance(rule, TotalLimit | Fair):
        shapes |= {"per_shift": [(), (shifts,)], "days": [(days,), (-1, days)]}
    elif not isinstance(rule, WeekendLimit | WholeWeekends):
        raise TypeError(f"unknown kind of rule: {type(rule).__name__}")
    return shapes


def _fits(array: NDArray[Any], shape: tuple[int, ...]) -> bool:
    return array.ndim == len(shape) and all(want in (-1, has) for want, has in zip(shape, array.shape, strict=True))
