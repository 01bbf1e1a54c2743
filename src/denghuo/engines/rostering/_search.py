"""The search for the best roster: what cannot be beaten, a walk that looks for a roster that reaches it, the rest."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from denghuo.engines.rostering._case import Case
from denghuo.engines.rostering._model import RosterModel
from denghuo.engines.rostering._rotation import rotation_start
from denghuo.engines.rostering._rows import rows_of
from denghuo.engines.rostering._solver import FOUND, Budget, give_hint, read_roster
from denghuo.engines.rostering._walk import walked
from denghuo.engines.rostering.breaches import breaches_of
from denghuo.engines.rostering.limits import Progress, SolveStatus
from denghuo.engines.rostering.problem import OFF

__all__ = ["Search"]

Ints = NDArray[np.int64]

_ALONE_WORK, _FAIREST_SHARE = 0.5, 0.6
_LEVEL_SHARE = 0.75  # of the limits, for a level after which others come: they have theirs, whether it is proven or not


class Search:
    """One level after the other, what was found of each kept while the next is settled."""

    def __init__(self, case: Case, budget: Budget, start: Ints | None, tell: Callable[[Progress], None] | None) -> None:
        self.case, self.budget, self.start, self._tell = case, budget, start, tell
        self.model = RosterModel(case)
        self.roster: Ints | None = None
        self.status = SolveStatus.NOTHING_FOUND
        self.costs: dict[int, int] = {}
        self.bounds: dict[int, int] = {}
        self.level, self.bound, self._told = 0, 0, (math.nan, -1)
        self._has_walked = False
        self._fairest_levels: list[int] = []

    def run(self) -> None:
        """Settle level after level. Below a level that is not proven bounds say nothing of the best roster."""
        proven, levels = True, sorted(self.model.costs) or [0]
        for level in levels:
            ended = self._settle(level, 1.0 if level == levels[-1] else _LEVEL_SHARE)
            if self.roster is None and not ended:
                self._better(np.full(self.case.problem.shape, OFF))
            if self.roster is not None and proven:
                self.bounds[level] = min(self.bound, self.costs.get(level, 0))
            proven = proven and ended
            if self.roster is not None:
                self.status = SolveStatus.OPTIMAL if proven else SolveStatus.FEASIBLE
            if self.roster is None or self.budget.over:
                break
            total = self._total(level)
            if total is not None:
                self.model.model.add(total <= self.costs.get(level, 0))
            if self.roster is not None and self._is_fairest(level):
                self._fairest_levels.append(level)
                self.model.keep_fairest(level, self.model.model)
        if self.status is SolveStatus.OPTIMAL and not set(self.model.costs) <= set(self.bounds):
            self.status = SolveStatus.FEASIBLE

    def _total(self, level: int) -> cp_model.LinearExprT | None:
        terms = self.model.costs.get(level)
        if not terms:
            return None
        return cp_model.LinearExpr.weighted_sum([of for _, of in terms], [weight for weight, _ in terms])

    def _settle(self, level: int, share: float) -> bool:
        """Minimize the cost of a level in a share of the limits. Whether it is proven that there is none below, or no
        roster at all."""
        self.level, self._told, self._has_walked = level, (math.nan, -1), False
        total = self._total(level)
        self.bound = 0
        if total is not None:
            self.model.model.minimize(total)
        if self.roster is not None:
            self._report()
        fairest = self.model.fairest(level)
        if fairest is not None and self._fairest(fairest, level, share):
            return True
        if fairest is None and self._fairest_levels:
            self._alone(level, math.inf)
        return self._walk() or self._solve(self.model.model, math.inf, share)

    def _fairest(self, fairest: cp_model.CpModel, level: int, share: float) -> bool:
        """Look first where everything is as fair as can be. The best there is the best of all if it costs no more than
        what the next less fair roster costs for that alone."""
        enough = self.model.fair_enough(level)
        self._alone(level, enough)
        return self._walk() or self._solve(fairest, enough, _FAIREST_SHARE * share)

    def _is_fairest(self, level: int) -> bool:
        return self.costs.get(level, 0) < self.model.fair_enough(level)

    def _alone(self, level: int, enough: float) -> None:
        """A bound: what everybody would have to pay alone, with nobody else to think of."""
        if self.budget.over:
            return
        alone = RosterModel(self.case, alone=True)
        terms = alone.costs[level]
        if not terms:
            return
        for before in self._fairest_levels:
            alone.keep_fairest(before, alone.model)
        model = alone.fairest(level) or alone.model
        model.minimize(cp_model.LinearExpr.weighted_sum([of for _, of in terms], [weight for weight, _ in terms]))
        solver = self.budget.solver(alone=True)
        solver.parameters.linearization_level = 2
        if self.budget.solve(solver, model, most_work=_ALONE_WORK) in FOUND:
            self._bounded(min(solver.best_objective_bound, enough))

    def _solve(self, model: cp_model.CpModel, enough: float, share: float) -> bool:
        if self.roster is not None:
            give_hint(self.model, self.roster, model)
        solver = self.budget.solver()
        told = _Told(self, enough) if model.has_objective() else None
        if told is not None:
            solver.best_bound_callback = told.bounded
        return self._ended(model, solver, self.budget.solve(solver, model, told=told, share=share), enough)

    def _ended(
        self, model: cp_model.CpModel, solver: cp_model.CpSolver, status: cp_model.CpSolverStatus | None, enough: float
    ) -> bool:
        """Keep what a solver found; None where there was no time to ask it."""
        everything = model is self.model.model
        if status == cp_model.INFEASIBLE:
            if everything and self.roster is None:
                self.status = SolveStatus.INFEASIBLE
            self._bounded(enough)
            return everything
        if status is None:
            return False
        if status in FOUND:
            self._better(read_roster(self.model, solver))
        if model.has_objective():
            self._bounded(min(solver.best_objective_bound, enough))
        return self._reached()

    def _walk(self) -> bool:
        """Walk towards the bound, once on a level."""
        if self._has_walked:
            return False
        start = self.roster if self.roster is not None else self.start
        if start is None:
            start = rotation_start(self.case, self.budget)
        if start is None:
            start = np.full(self.case.problem.shape, OFF)
        if self.budget.over:
            return False
        self._has_walked = True
        self._better(start)
        target = self.bound - self.model.fair_floor(self.level)
        rows = rows_of(self.model, self.level)
        walked(rows, start, target=target, budget=self.budget, better=self._better)
        return self._reached()

    def _reached(self) -> bool:
        return self.roster is not None and self.costs.get(self.level, 0) <= self.bound

    def _better(self, roster: Ints) -> None:
        """Keep a roster if it is valid, as good on the levels before and better on this one."""
        costs: dict[int, int] = {}
        for breach in breaches_of(self.case, roster):
            if breach.hard:
                return
            costs[breach.level] = costs.get(breach.level, 0) + breach.cost
        if any(costs.get(level, 0) > self.costs.get(level, 0) for level in self.model.costs if level < self.level):
            return
        if self.roster is None or costs.get(self.level, 0) < self.costs.get(self.level, 0):
            self.roster, self.costs = roster, costs
            self._report()

    def _bounded(self, bound: float) -> None:
        if bound > self.bound and math.isfinite(bound):
            self.bound = math.ceil(bound - 1e-6)
            self._report()

    def _report(self) -> None:
        cost = math.nan if self.roster is None else float(self.costs.get(self.level, 0))
        if self._tell is not None and (cost, self.bound) != self._told and self.model.costs[self.level]:
            self._told = (cost, self.bound)
            self._tell(Progress(level=self.level, cost=cost, bound=self.bound, seconds=self.budget.seconds))


class _Told(cp_model.CpSolverSolutionCallback):
    """Hears of every better roster and bound."""

    def __init__(self, search: Search, enough: float) -> None:
        super().__init__()
        self._search, self._enough = search, enough

    def on_solution_callback(self) -> None:
        self._search._better(read_roster(self._search.model, self))
        if self._search._reached():
            self.stop_search()

    def bounded(self, bound: float) -> None:
        """A bound of the solver."""
        self._search._bounded(min(bound, self._enough))
