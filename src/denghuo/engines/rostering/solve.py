"""The best roster, with the proof or how far it may be from the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.rostering._case import case_of
from denghuo.engines.rostering.checks import refuse
from denghuo.engines.rostering.limits import Limits, Progress, SolveStatus
from denghuo.engines.rostering.problem import OFF, UNKNOWN, RosterProblem
from denghuo.engines.rostering.shifts import frozen

__all__ = ["RosterSolution", "solve_roster"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RosterSolution:
    """``roster`` int64[P, D], OFF or a shift, None where there is none; ``levels``, ``costs``, ``bounds`` by level, the
    first settled first; ``seconds`` and ``work`` spent."""

    status: SolveStatus
    roster: Ints | None
    levels: tuple[int, ...]
    costs: tuple[int, ...]
    bounds: tuple[int, ...]
    seconds: float
    work: float

    @property
    def proven_optimal(self) -> bool:
        """Whether no roster is better."""
        return self.status is SolveStatus.OPTIMAL

    @property
    def gap_share(self) -> float:
        """(cost - bound) / cost of the first level that is not proven, 0 if all are; NaN without a roster."""
        if self.roster is None:
            return float("nan")
        return next(((c - b) / c for c, b in zip(self.costs, self.bounds, strict=True) if c > b), 0.0)


def solve_roster(
    problem: RosterProblem,
    *,
    limits: Limits = Limits(),  # noqa: B008  frozen
    hint: ArrayLike | None = None,
    tell: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RosterSolution:
    """The roster that keeps every rule that must hold and costs least.

    Cost = Σ over rules with a weight, demands, wishes and changes of weight x amount, level by level. The amounts are
    those of :func:`report_roster`.

    Args:
        problem: people, days, shifts, demands, rules.
        limits: how far to search.
        hint: int[P, D], a roster to start from, need not be valid, UNKNOWN where nothing is known; if left out, a
            rotation that mans the usual day exactly.
        tell: called from another thread with every step forward.
        cancelled: asked from another thread every twentieth of a second; True ends the search with the best so far.

    Raises:
        RosterError: the arrays do not fit together.

    Source: L. Perron, F. Didier, S. Gay, The CP-SAT-LP solver, CP 2023; the rules as in T. Curtois, R. Qu,
    Computational results on new staff scheduling benchmark instances, 2014, and S. Ceschia et al., The second
    international nurse rostering competition, Ann. Oper. Res. 274 (2019).

    Example:
        Two people, three days, one of them needed each day, nobody two days in a row.

        >>> from denghuo.engines.rostering import Demands, RunLimit, Wishes, build_shifts
        >>> problem = RosterProblem(
        ...     shifts=build_shifts(start_min=[480], length_min=[480]),
        ...     people_count=2,
        ...     day_count=3,
        ...     demands=Demands(day=[0, 1, 2], shift=[0, 0, 0], at_least=1, at_most=1),
        ...     rules=(RunLimit(id="work", at_most=1),),
        ...     wishes=Wishes(person=[0], day=[1]),
        ... )
        >>> found = solve_roster(problem)
        >>> found.status.value, found.costs, found.roster.tolist()
        ('optimal', (0,), [[0, -1, 0], [-1, 0, -1]])
    """
    # CP-SAT brings pandas along: a second and 100 MB, for which no process waits that solves nothing.
    from denghuo.engines.rostering._search import Search
    from denghuo.engines.rostering._solver import Budget

    refuse(problem)
    with Budget(limits, cancelled) as budget:
        search = Search(case_of(problem), budget, None if hint is None else _start(hint), tell)
        search.run()
    levels = tuple(sorted(search.model.costs))
    if search.roster is None:
        levels = ()
    return RosterSolution(
        status=search.status,
        roster=None if search.roster is None else frozen(search.roster),
        levels=levels,
        costs=tuple(search.costs.get(level, 0) for level in levels),
        bounds=tuple(search.bounds.get(level, 0) for level in levels),
        seconds=budget.seconds,
        work=budget.work,
    )


def _start(hint: ArrayLike) -> Ints:
    given = np.asarray(hint, np.int64)
    return np.asarray(np.where(given == UNKNOWN, OFF, given))
