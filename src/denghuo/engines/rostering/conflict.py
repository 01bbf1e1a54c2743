"""Why there is no roster: what contradicts itself, and the least that would have to give way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from denghuo.engines.rostering.breaches import Breach
from denghuo.engines.rostering.checks import refuse
from denghuo.engines.rostering.limits import Limits, SolveStatus
from denghuo.engines.rostering.problem import RosterProblem
from denghuo.engines.rostering.relax import relax
from denghuo.engines.rostering.report import report_roster
from denghuo.engines.rostering.solve import RosterSolution, solve_roster

__all__ = ["Conflict", "explain_conflict"]

_NEAREST_SHARE = 0.5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Conflict:
    """Why a problem has no roster.

    * ``core`` demands, rules, leaves that cannot hold together, each named as the breach of it would be (``kind``,
      ``rule``, ``person``, ``day``, ``shift``). Empty if there is a roster, or if none of it was found in time
    * ``minimal`` whether the rest holds together as soon as any one of the core is given up
    * ``nearest`` the roster that breaks least, each unit at its price, and ``breaches`` what of it must not be
    * ``nearest_proven`` whether none breaks less
    """

    core: tuple[Breach, ...]
    minimal: bool
    nearest: RosterSolution
    breaches: tuple[Breach, ...]
    nearest_proven: bool

    @property
    def impossible(self) -> bool:
        """Whether it is proven that there is no roster."""
        return bool(self.core) or (self.nearest_proven and bool(self.breaches))


def explain_conflict(
    problem: RosterProblem,
    *,
    limits: Limits = Limits(time_limit_s=20.0),  # noqa: B008  frozen
    rule_weight: int = 100,
    shortage_weight: int = 1000,
    cancelled: Callable[[], bool] | None = None,
) -> Conflict:
    """Say which demands and rules make a problem impossible, and what the least is that has to be broken.

    First the heads that are needed over a day or the days of a limit are counted against what people can give then,
    which explains most of what happens at once. The nearest roster is the optimum of :func:`relax`. Where counting
    shows nothing, a core is looked for in the few days about what the nearest roster breaks, then in the whole, and
    thinned by deletion: first whole rules, then people and days, then one by one.

    Args:
        problem: a problem without a roster.
        limits: how far to search, for everything together; the nearest roster gets half of it.
        rule_weight: what breaking a rule by one unit counts in the nearest roster.
        shortage_weight: what one head missing counts there.
        cancelled: asked now and then; True ends the search with what is known.

    Raises:
        RosterError: the arrays do not fit together.

    Source: J. Marques-Silva, Minimal unsatisfiability: models, algorithms and applications, ISMVL 2010.

    Example:
        Two are needed, one of two is on leave.

        >>> from denghuo.engines.rostering import Demands, build_shifts
        >>> problem = RosterProblem(
        ...     shifts=build_shifts(start_min=[480], length_min=[480]),
        ...     people_count=2,
        ...     day_count=2,
        ...     demands=Demands(day=[0, 1], shift=[0, 0], at_least=2),
        ...     allowed=[[[True, True], [False, True]], [[True, True], [True, True]]],
        ... )
        >>> found = explain_conflict(problem)
        >>> [(one.kind.value, one.person, one.day) for one in found.core], found.minimal
        ([('too_few', -1, 1), ('not_allowed', 0, 1)], True)
        >>> [(one.kind.value, one.day, one.amount) for one in found.breaches]
        [('too_few', 1, 1)]
    """
    from denghuo.engines.rostering._core import Core  # brings CP-SAT in, for which nobody else should wait
    from denghuo.engines.rostering._solver import Budget

    refuse(problem)
    with Budget(limits, cancelled) as budget:
        search = Core(problem, budget)
        core, minimal = search.counted()
        softer = relax(problem, rule_weight=rule_weight, shortage_weight=shortage_weight, drop_costs=True)
        part = replace(
            limits, **{name: getattr(limits, name) * _NEAREST_SHARE for name in ("time_limit_s", "work_limit")}
        )
        nearest = solve_roster(softer, limits=part, cancelled=lambda: budget.over)
        budget.work += nearest.work
        broken: tuple[Breach, ...] = ()
        if nearest.roster is not None:
            broken = tuple(one for one in report_roster(problem, nearest.roster).breaches if one.hard)
        holds = nearest.roster is not None and not broken
        if not core and not holds:
            core, minimal = search.find(broken)
    return Conflict(
        core=core,
        minimal=minimal,
        nearest=nearest,
        breaches=broken,
        nearest_proven=holds or nearest.status is SolveStatus.OPTIMAL,
    )
