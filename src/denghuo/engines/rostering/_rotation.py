"""A roster to start from: one rotation through which everybody passes, each a day behind the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from denghuo.engines.rostering._case import Case, case_of
from denghuo.engines.rostering._model import RosterModel
from denghuo.engines.rostering._solver import FOUND, Budget, read_roster
from denghuo.engines.rostering.breaches import breaches_of
from denghuo.engines.rostering.problem import ANY, RosterProblem, Rule, RunLimit, Successions, TotalLimit

__all__ = ["rotation_start"]

Ints = NDArray[np.int64]

_BROKEN, _WORK, _FEWEST = 1000, 2.0, 8


def rotation_start(case: Case, budget: Budget) -> Ints | None:
    """Rows cut from a ring of as many days as there are people, in which every shift stands as often as it is demanded
    on most days, so that every such day is manned exactly, whatever the rows; dealt out so that leave and wishes clash
    least. None where there is no such ring."""
    people, days = case.problem.shape
    needed = _usual(case)
    if case.problem.ring or people < _FEWEST or needed.sum() == 0 or needed.sum() > people:
        return None
    model = RosterModel(case_of(_ring(case, needed)))
    solver = budget.solver(alone=True)
    if budget.solve(solver, model.model, most_work=_WORK) not in FOUND:
        return None
    ring = read_roster(model, solver).ravel()
    rows = ring[(np.arange(people)[:, None] + np.arange(days)) % people]
    cost = np.zeros((people, people), np.int64)
    for turn in range(people):
        roster = np.roll(rows, -turn, axis=0)
        for one in breaches_of(case, roster):
            if one.person >= 0:
                cost[one.person, (one.person + turn) % people] += _BROKEN if one.hard else one.cost
    return np.asarray(rows[linear_sum_assignment(cost)[1]])


def _usual(case: Case) -> Ints:
    """int64[S]: how many are demanded on a shift on a usual day: the median."""
    days, shifts = case.problem.day_count, case.problem.shifts.count
    heads = np.zeros((days, shifts), np.int64)
    rows = case.demands
    for row in np.flatnonzero(rows["skill"] == ANY).tolist():
        cell = int(rows["day"][row]), int(rows["shift"][row])
        heads[cell] = max(heads[cell], int(rows["at_least"][row]), int(rows["wanted"][row]))
    return np.asarray(np.sort(heads, axis=0)[days // 2])


def _ring(case: Case, needed: Ints) -> RosterProblem:
    """One row of a day per person that closes, under the rules on what follows what; where these differ between people
    the strictest."""
    rules: list[Rule] = []
    for rule in case.rules:
        if rule.weight is None and isinstance(rule, RunLimit):
            low, high = int(np.max(rule.at_least)), int(np.min(rule.at_most))
            if low <= high:
                rules.append(replace(rule, people=None, at_least=low, at_most=high))
        elif rule.weight is None and isinstance(rule, Successions):
            rules.append(replace(rule, people=None))
    for shift, heads in enumerate(needed.tolist()):
        chosen = np.arange(len(needed)) == shift
        rules.append(TotalLimit(id=f"shift_{shift}", per_shift=chosen, at_least=heads, at_most=heads))
    return RosterProblem(
        shifts=case.problem.shifts, people_count=1, day_count=case.problem.people_count, rules=tuple(rules), ring=True
    )
