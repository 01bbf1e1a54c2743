"""The solver within limits, and rosters into and out of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from denghuo.engines.rostering._model import RosterModel
from denghuo.engines.rostering.limits import Limits
from denghuo.engines.rostering.problem import OFF

__all__ = ["FOUND", "Budget", "give_hint", "read_roster"]

Ints = NDArray[np.int64]
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)

_STOP_CHECK_S = 0.05


class Budget:
    """What is left of the limits: one for everything that is done for an answer.

    While it is entered a timer ends all work at the time limit, and ``cancelled`` is asked now and then. ``seconds``
    and ``work`` are what the solver says that it spent, and for ``work`` the walks besides.
    """

    def __init__(self, limits: Limits, cancelled: Callable[[], bool] | None = None) -> None:
        self.limits, self.cancelled = limits, cancelled
        self.seconds = self.work = 0.0
        self._stopped, self._done = threading.Event(), threading.Event()
        self._at_work: cp_model.CpSolver | None = None
        self._timer = threading.Timer(min(limits.time_limit_s, threading.TIMEOUT_MAX), self._stopped.set)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._done.set()
        self._watcher.join()

    def _watch(self) -> None:
        """Stop the solver as soon as time is up or somebody does not want to wait any longer."""
        while not self._done.wait(_STOP_CHECK_S):
            solver = self._at_work
            if self.over and solver is not None:
                solver.stop_search()

    @property
    def over(self) -> bool:
        """Whether to stop."""
        if self.cancelled is not None and self.cancelled():
            self._stopped.set()
        return self._stopped.is_set() or self.work >= self.limits.work_limit

    def solver(self, *, alone: bool = False) -> cp_model.CpSolver:
        """A solver with these workers, or one that works alone."""
        solver, limits = cp_model.CpSolver(), self.limits
        solver.parameters.num_workers = 1 if alone else limits.workers
        solver.parameters.random_seed = limits.seed
        solver.parameters.interleave_search = limits.reproducible and limits.workers > 1 and not alone
        return solver

    def solve(
        self,
        solver: cp_model.CpSolver,
        model: cp_model.CpModel,
        *,
        told: Any = None,
        most_work: float = float("inf"),
        share: float = 1.0,
    ) -> cp_model.CpSolverStatus | None:
        """Solve within what is left, and a share of the limits; None if nothing is left.

        The solver aborts the whole process when several workers take turns on a model with a hint and nothing to
        minimize, so that there the hint is dropped.
        """
        if self.over:
            return None
        if not model.has_objective():
            model.clear_hints()
        left = (self.limits.work_limit - self.work) * share
        solver.parameters.max_time_in_seconds = self.limits.time_limit_s * share
        solver.parameters.max_deterministic_time = min(most_work, left)
        self._at_work = solver
        status = solver.solve(model, told)
        self._at_work = None
        self.seconds += solver.wall_time
        self.work += solver.deterministic_time
        return status


def read_roster(model: RosterModel, solver: Any) -> Ints:
    """The roster of a solution."""
    roster = np.full(model.case.problem.shape, OFF, np.int64)
    for (person, day, shift), x in model.x.items():
        if shift < model.off and solver.boolean_value(x):
            roster[person, day] = shift
    return roster


def give_hint(model: RosterModel, roster: Ints, into: cp_model.CpModel) -> None:
    """Start the search from a roster."""
    into.clear_hints()
    for (person, day, shift), x in model.x.items():
        into.add_hint(x, bool(shift == (model.off if roster[person, day] == OFF else roster[person, day])))
