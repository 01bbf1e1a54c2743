"""Problems made softer: what must hold gets a price, so that there is always a best roster."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from denghuo.engines.rostering.problem import RosterProblem

__all__ = ["relax"]


def relax(
    problem: RosterProblem,
    *,
    rules: Collection[str] | None = None,
    rule_weight: int = 100,
    shortage_weight: int | None = 1000,
    drop_costs: bool = False,
) -> RosterProblem:
    """The same problem with prices on what must hold.

    Args:
        problem: the problem; leave, training, seats and the most people on a shift stay as they are.
        rules: ids of the rules that get a price; all if left out.
        rule_weight: the price of one unit of breaking such a rule.
        shortage_weight: the price of each head missing; None leaves demands as they are. Where a row already has a
            price of missing heads, the higher of the two holds for all of it.
        drop_costs: forget wishes, changes and rules that had a price already: only what must hold counts.

    Example:
        >>> from denghuo.engines.rostering import Demands, build_shifts, solve_roster
        >>> problem = RosterProblem(
        ...     shifts=build_shifts(start_min=[480], length_min=[480]),
        ...     people_count=1,
        ...     day_count=1,
        ...     demands=Demands(day=[0], shift=[0], at_least=2),
        ... )
        >>> solve_roster(problem).status.value, solve_roster(relax(problem)).costs
        ('infeasible', (1000,))
    """
    softened = []
    for rule in problem.rules:
        if rule.weight is not None and drop_costs:
            softened.append(replace(rule, on=False))
        elif rule.weight is None and (rules is None or rule.id in rules):
            softened.append(replace(rule, weight=rule_weight, level=0))
        else:
            softened.append(rule)
    changed = replace(problem, rules=tuple(softened))
    if drop_costs:
        changed = replace(changed, wishes=type(problem.wishes)(), published=None)
    if shortage_weight is None:
        return changed
    old = problem.demands
    # Above what must be there a head was only wanted, and keeps its own price through the row as a whole.
    wanted = old.at_least if drop_costs else np.maximum(old.wanted, old.at_least)
    priced = (
        shortage_weight
        if drop_costs
        else np.maximum(old.under_weight, shortage_weight * (np.asarray(old.at_least) > 0))
    )
    over = 0 if drop_costs else old.over_weight
    demands = replace(old, at_least=0, wanted=wanted, under_weight=priced, over_weight=over)
    return replace(changed, demands=demands)
