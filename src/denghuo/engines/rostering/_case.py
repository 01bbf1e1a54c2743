"""A problem with every column at its full length, for the model and the report alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.rostering.problem import Fair, RosterProblem, Rule

__all__ = ["Case", "Rows", "case_of", "days_of", "each", "of_shifts", "people_of", "weekend_days"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rows = dict[str, Ints]

_DEMAND = ("shift", "skill", "at_least", "at_most", "wanted", "under_weight", "over_weight")
_WISH = ("person", "shift", "wanted", "weight")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Case:
    """The problem and its columns; ``rules`` only those that are on."""

    problem: RosterProblem
    allowed: Flags
    skills: Flags
    weekend: Ints
    before: Ints
    demands: Rows
    wishes: Rows
    rules: tuple[Rule, ...]


def case_of(problem: RosterProblem) -> Case:
    """Give every column its full length."""
    people, days = problem.shape
    demands, wishes = problem.demands, problem.wishes
    return Case(
        problem=problem,
        allowed=_or(problem.allowed, np.ones((people, days, problem.shifts.count + 1)), np.bool_),
        skills=_or(problem.people_skills, np.zeros((people, 0)), np.bool_),
        weekend=_or(problem.weekend, np.full(days, -1), np.int64),
        before=_or(problem.before, np.zeros((people, 0)), np.int64),
        demands=_rows(demands, "day", _DEMAND),
        wishes=_rows(wishes, "day", _WISH),
        rules=tuple(rule for rule in problem.rules if rule.on),
    )


def _or(given: ArrayLike | None, otherwise: NDArray[Any], kind: type) -> NDArray[Any]:
    return np.asarray(otherwise if given is None else given, dtype=kind)


def _rows(table: Any, first: str, others: tuple[str, ...]) -> Rows:
    size = np.asarray(getattr(table, first), np.int64).shape
    rows = {name: np.broadcast_to(np.asarray(getattr(table, name), np.int64), size) for name in others}
    return {first: np.asarray(getattr(table, first), np.int64), **rows}


def each(value: ArrayLike, count: int) -> Ints:
    """One number per person."""
    return np.broadcast_to(np.asarray(value, np.int64), (count,))


def people_of(rule: Rule, count: int) -> list[int]:
    """Whom a rule binds."""
    if rule.people is None:
        return list(range(count))
    found: list[int] = np.flatnonzero(np.asarray(rule.people, np.bool_)).tolist()
    return found


def of_shifts(given: ArrayLike | None, count: int, *, off: bool) -> Flags:
    """bool[S + 1]: the shifts of a run, or the day off, which stands last."""
    chosen = np.zeros(count + 1, np.bool_)
    if off:
        chosen[count] = True
    else:
        chosen[:count] = True if given is None else np.asarray(given, np.bool_)
    return chosen


def days_of(given: ArrayLike | None, count: int) -> Flags:
    """bool[W, D]."""
    return np.ones((1, count), np.bool_) if given is None else np.atleast_2d(np.asarray(given, np.bool_))


def weekend_days(case: Case, rule: Fair | None = None) -> list[list[int]]:
    """The days of each weekend."""
    inside = np.ones(len(case.weekend), np.bool_) if rule is None else days_of(rule.days, len(case.weekend)).any(axis=0)
    numbers = sorted(set(case.weekend[(case.weekend >= 0) & inside].tolist()))
    return [np.flatnonzero((case.weekend == number) & inside).tolist() for number in numbers]
