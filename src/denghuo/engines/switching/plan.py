"""The public door: from elements to isolate to a priced sequence of operations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.switching.case import MS_PER_H, Case, Elements, build_case, climb, head_of
from denghuo.engines.switching.draft import Draft, best_draft
from denghuo.engines.switching.sheet import frozen, groups_of, isolating_points, outages_of, positions, steps_of
from denghuo.engines.switching.terms import (
    IsolationMode,
    Outages,
    SwitchingPlan,
    SwitchingRules,
    SwitchingTimes,
    TieLoads,
    WholeLine,
)
from denghuo.engines.topology import Topology

__all__ = ["plan_isolation"]

Flags = NDArray[np.bool_]


def plan_isolation(
    topology: Topology,
    *,
    duration_h: float,
    nodes: Sequence[int] = (),
    branches: Sequence[int] = (),
    transformers: Sequence[int] = (),
    loads: Sequence[int] = (),
    ids: Sequence[str] = (),
    mode: IsolationMode = IsolationMode.PLANNED,
    closed: Flags | None = None,
    tripped: Sequence[int] = (),
    return_to: Flags | None = None,
    times: SwitchingTimes = SwitchingTimes(),  # noqa: B008  frozen
    rules: SwitchingRules = SwitchingRules(),  # noqa: B008  frozen
) -> SwitchingPlan:
    """The sequence of operations that isolates elements and interrupts the fewest customer-hours.

    Minimizes, in this order, customer-hours = sum over loads of customers x hours without supply (on
    ``rules.basis``), the number of operations, and the time they take. The customers out during the work are the
    fewest of all radial switching states within the limits (``proven_optimal``), unless reaching that state would
    cost more than it saves.

    Args:
        topology: The compiled network.
        duration_h: Planned: how long the elements are out, switching included [h]. Fault: time to repair, from the
            complete isolation on [h].
        nodes, branches, transformers, loads: What to isolate, positions in the grid's tables. A switch is isolated
            with the sections on both its sides.
        ids: The same by outer identifier, looked up among branches, then nodes, then loads.
        mode: Planned work, or a fault that the nearest protective device upstream has cleared at hour 0.
        closed: The present state [switch]; the normal state if left out. After a fault it may already show the device
            that tripped as open.
        tripped: Fault: devices known to have tripped (switch positions); others trip as far as it is still fed.
        return_to: The state to lead back to [switch]; if left out the one before, or before the fault.
        times: How long operations take.
        rules: What is counted and what is allowed.

    Raises:
        SwitchingError: there is no plan; its ``problems`` say why.
        ValueError: ``duration_h`` is not a positive number, or a state has not one value per switch.

    Source: DL/T 836.1-2016 for the count; R. Billinton and R. N. Allan, Reliability Evaluation of Power Systems (1996),
    ch. 7, for isolation and restoration by switching; the search is described in ``docs/engines/switching.md``.

    Example:
        A line of 60 customers; the work, of 4 h, is on a branch of 6 behind its own switch. 24 customer-hours, not 240.

        >>> from denghuo.engines.grid import BranchKind, SwitchKind, build_grid
        >>> from denghuo.engines.topology import compile_topology
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "line", "branch"]},
        ...     branches={
        ...         "id": ["QF1", "QL1"],
        ...         "from_node": [0, 1],
        ...         "to_node": [1, 2],
        ...         "kind": [BranchKind.SWITCH, BranchKind.SWITCH],
        ...     },
        ...     switches={"branch": [0, 1], "kind": [SwitchKind.BREAKER, SwitchKind.LOAD_BREAK_SWITCH]},
        ...     loads={"id": ["T1", "T2"], "node": [1, 2], "mv_users": [9, 1], "lv_customers": [54, 6]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> plan = plan_isolation(compile_topology(grid), ids=["branch"], duration_h=4.0)
        >>> plan.lv_customer_hours, plan.whole_line.lv_customer_hours
        (24.0, 240.0)
        >>> [(step.action.value, step.switch, step.effect_h) for step in plan.steps if step.switch >= 0][:1]
        [('open', 1, 0.0)]
    """
    if not duration_h > 0 or not np.isfinite(duration_h):
        raise ValueError(f"duration_h must be a positive number of hours, not {duration_h}")
    case = build_case(
        topology,
        Elements(nodes=nodes, branches=branches, transformers=transformers, loads=loads, ids=ids),
        mode=mode,
        closed=closed,
        tripped=tripped,
        return_to=return_to,
        duration_h=duration_h,
        times=times,
        rules=rules,
    )
    draft, proven = best_draft(case)
    return _plan(case, draft, proven_optimal=proven)


def _plan(case: Case, draft: Draft, *, proven_optimal: bool) -> SwitchingPlan:
    steps, return_steps = steps_of(case, draft)
    outages = outages_of(case, draft)
    closed = draft.configuration.closed
    dead = case.counted & ~case.circuit.supply(closed)[0].supplied
    mv_user_hours, lv_customer_hours = _hours(case, outages)
    moves = (*draft.moves, *draft.return_moves)
    topology = case.topology
    return SwitchingPlan(
        mode=case.mode,
        steps=steps,
        return_steps=return_steps,
        closed_for_work=frozen(closed),
        closed_after=frozen(case.after),
        sections=positions(draft.zone),
        isolating_switches=frozen(np.array([switch for switch, _ in isolating_points(case, draft)], np.int32)),
        isolated_h=draft.isolated_ms / MS_PER_H,
        work_h=(draft.return_ms - draft.isolated_ms) / MS_PER_H,
        end_h=max([draft.return_ms, *(move.effect_ms for move in moves)]) / MS_PER_H,
        outages=outages,
        outage_groups=groups_of(case, outages),
        loads_out=positions(dead[topology.load_section]),
        mv_users_out=int(topology.section_mv_users[dead].sum()),
        lv_customers_out=int(topology.section_lv_customers[dead].sum()),
        mv_user_hours=mv_user_hours,
        lv_customer_hours=lv_customer_hours,
        operations=len(moves),
        ties=_ties(case, closed),
        whole_line=_whole_line(case),
        proven_optimal=proven_optimal,
    )


def _hours(case: Case, outages: Outages) -> tuple[float, float]:
    hours = outages.end_h - outages.start_h
    loads = case.topology.grid.loads
    return float(loads.mv_users[outages.load] @ hours), float(loads.lv_customers[outages.load] @ hours)


def _ties(case: Case, closed: Flags) -> TieLoads:
    switches = positions(closed & ~case.before)
    grid = case.topology.grid
    return TieLoads(
        switch=switches,
        kva=frozen(case.circuit.flow_kva(closed)[switches]),
        rating_kva=frozen(grid.branches.rating_kva[grid.switches.branch[switches]]),
    )


def _whole_line(case: Case) -> WholeLine:
    """Open the head of each line concerned for the whole time: the feeder's head, else the switch next to the
    source."""
    topology, tree = case.topology, case.tree
    heads: set[int] = set()
    dead = np.zeros(topology.section_count, np.bool_)
    for section in np.flatnonzero(case.target & case.counted).tolist():
        switch, below = head_of(topology, climb(tree, section))
        heads.add(switch)
        dead[tree.order[tree.rank[below] : tree.rank[below] + tree.size[below]]] = True
    closing_ms = max((int(case.operating_ms[switch]) for switch in heads), default=0)
    planned = case.mode is IsolationMode.PLANNED
    ms = max(case.duration_ms, closing_ms) if planned else case.duration_ms + closing_ms
    mv_users, lv_customers = (int(of[dead].sum()) for of in (topology.section_mv_users, topology.section_lv_customers))
    return WholeLine(
        switches=frozen(np.array(sorted(heads), np.int32)),
        loads_out=positions(dead[topology.load_section]),
        mv_users_out=mv_users,
        lv_customers_out=lv_customers,
        mv_user_hours=mv_users * ms / MS_PER_H,
        lv_customer_hours=lv_customers * ms / MS_PER_H,
    )
