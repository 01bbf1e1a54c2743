"""The interrupted load equals the least of all switching states; every step of every plan may be done."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from denghuo.engines.grid import Grid, SwitchKind
from denghuo.engines.switching import (
    Action,
    IsolationMode,
    ProblemCode,
    Step,
    SwitchingError,
    SwitchingPlan,
    SwitchingRules,
    plan_isolation,
)
from denghuo.engines.topology import compile_topology
from tests.engines.switching.exhaustive import least_customer_hours
from tests.engines.switching.small_networks import (
    LOAD_BREAKING,
    Flow,
    carries_load,
    customers_out,
    flow_of,
    isolating_states,
    networks,
    nodes_behind,
    users_behind,
    within_limits,
)

LONG_H = 1000.0  # so long that no switching on the way outweighs a customer
MODES = list(IsolationMode)

many = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
some = settings(many, max_examples=40)
# The same networks every time: what is compared is the best plan found, and that it is the best of all is not proven.
same = settings(some, derandomize=True, database=None)


def plan_or_none(
    grid: Grid, node: int, mode: IsolationMode, *, duration_h: float, parallel: bool = True
) -> SwitchingPlan | None:
    """The plan; None where the node cannot be cut off, or no device may do it."""
    rules = SwitchingRules(make_before_break=parallel)
    try:
        return plan_isolation(compile_topology(grid), nodes=[node], mode=mode, duration_h=duration_h, rules=rules)
    except SwitchingError as error:
        assert error.problems[0].code in (ProblemCode.HOLDS_SOURCE, ProblemCode.NO_SEQUENCE)
        return None


@many
@given(grid=networks(kinds=LOAD_BREAKING), mode=st.sampled_from(MODES), data=st.data())
def test_it_interrupts_as_few_as_the_best_of_all_switching_states(
    grid: Grid, mode: IsolationMode, data: st.DataObject
) -> None:
    node = data.draw(st.integers(0, len(grid.nodes.id) - 1))
    states = {closed: customers_out(grid, flow.live) for closed, flow in isolating_states(grid, {node})}
    plan = plan_or_none(grid, node, mode, duration_h=LONG_H)
    if plan is None:
        assert not states
        return
    assert plan.proven_optimal
    assert plan.lv_customers_out == min(states.values()) == states[tuple(plan.closed_for_work.tolist())]


@same
@given(
    grid=networks(max_switches=6, kinds=LOAD_BREAKING),
    parallel=st.booleans(),
    duration_h=st.sampled_from([4.0, 8.0]),
    data=st.data(),
)
def test_no_order_of_operations_costs_less(grid: Grid, parallel: bool, duration_h: float, data: st.DataObject) -> None:
    node = data.draw(st.integers(0, len(grid.nodes.id) - 1))
    plan = plan_or_none(grid, node, IsolationMode.PLANNED, duration_h=duration_h, parallel=parallel)
    assume(plan is not None)
    assert plan is not None
    assert plan.lv_customer_hours == pytest.approx(_least(grid, node, duration_h, parallel))


@some
@given(
    grid=networks(max_switches=5),
    parallel=st.booleans(),
    duration_h=st.sampled_from([0.3, 2.0, 8.0]),
    data=st.data(),
)
def test_with_devices_that_move_only_dead_it_never_claims_less_than_is_possible(
    grid: Grid, parallel: bool, duration_h: float, data: st.DataObject
) -> None:
    node = data.draw(st.integers(0, len(grid.nodes.id) - 1))
    plan = plan_or_none(grid, node, IsolationMode.PLANNED, duration_h=duration_h, parallel=parallel)
    least = _least(grid, node, duration_h, parallel)
    if plan is None:
        assert least == float("inf")
    else:
        assert plan.lv_customer_hours >= least - 1e-9


def _least(grid: Grid, node: int, duration_h: float, parallel: bool) -> float:
    hours = [0.02 if remote else 0.5 for remote in grid.switches.remote.tolist()]
    return least_customer_hours(grid, node, duration_h=duration_h, hours=hours, parallel=parallel)


@many
@given(
    grid=networks(),
    mode=st.sampled_from(MODES),
    parallel=st.booleans(),
    duration_h=st.sampled_from([0.3, 2.0, 8.0]),
    data=st.data(),
)
def test_every_step_may_be_done_and_leaves_out_whom_it_says(
    grid: Grid, mode: IsolationMode, parallel: bool, duration_h: float, data: st.DataObject
) -> None:
    node = data.draw(st.integers(0, len(grid.nodes.id) - 1))
    plan = plan_or_none(grid, node, mode, duration_h=duration_h, parallel=parallel)
    assume(plan is not None)
    assert plan is not None
    normal = tuple(grid.switches.normally_closed.tolist())
    site = Site(grid, parallel=parallel)
    dead = mode is IsolationMode.FAULT
    for step in plan.steps:
        site.do(step)
        live = node in site.flow.live
        assert not (live and dead)
        dead = dead or not live
        assert step.action is not Action.CLOSE or not lies_within(grid, plan, step.switch)
    assert site.state == tuple(plan.closed_for_work.tolist())
    for step in plan.return_steps:
        site.do(step)
    assert site.state == normal
    assert not site.off
    assert _area_under_the_steps(plan) == pytest.approx(plan.lv_customer_hours)


def lies_within(grid: Grid, plan: SwitchingPlan, switch: int) -> bool:
    """Whether a switch has what is isolated on both its sides."""
    branch = grid.switches.branch[switch]
    ends = [grid.branches.from_node[branch], grid.branches.to_node[branch]]
    return bool(np.isin(compile_topology(grid).section_of_node[ends], plan.sections).all())


class Site:
    """A network in which a plan is carried out, every step looked at: how its switches stand, and the nodes ``off`` at
    their low-voltage side."""

    def __init__(self, grid: Grid, *, parallel: bool) -> None:
        self.grid, self.parallel = grid, parallel
        self.state = tuple(grid.switches.normally_closed.tolist())
        self.present = self.flow = flow_of(grid, self.state)
        self.off: frozenset[int] = frozenset()

    def do(self, step: Step) -> None:
        """Perform one step, asserting that it may be done, and that the network is left as it ought to be."""
        if step.action in (Action.TRIP, Action.OPEN, Action.CLOSE):
            self._move(step)
        elif step.action is Action.SWITCH_OFF_LV:
            assert users_behind(self.grid, self.state, step.switch) <= 1
            self.off |= frozenset(nodes_behind(self.grid, self.state, step.switch))
            assert step.node in self.off
        elif step.action is Action.SWITCH_ON_LV:
            assert step.node in self.off & self.flow.live
            self.off -= self.flow.live
        live = self.flow.live - self.off
        assert step.lv_customers_out == customers_out(self.grid, live)
        out = [k for k, node in enumerate(self.grid.loads.node.tolist()) if node not in live]
        assert step.loads_out.tolist() == out

    def _move(self, step: Step) -> None:
        assert self.state[step.switch] is (step.action is not Action.CLOSE)
        before, was = self.state, self.flow
        self.state = tuple(is_closed ^ (k == step.switch) for k, is_closed in enumerate(before))
        self.flow = flow_of(self.grid, self.state)
        if step.action is Action.TRIP:
            return
        self._assert_device_may(before, step.switch, was)
        assert within_limits(self.grid, self.flow, self.present) or not self.flow.radial
        assert was.radial or self.flow.radial
        assert self.flow.radial or self.parallel

    def _assert_device_may(self, before: tuple[bool, ...], switch: int, was: Flow) -> None:
        kind = SwitchKind(self.grid.switches.kind[switch])
        if kind.breaks_load:
            return
        assert was.radial
        assert self.flow.radial
        if before[switch]:
            assert not set(nodes_behind(self.grid, before, switch)) - self.off
        elif kind is SwitchKind.DISCONNECTOR:
            assert not carries_load(self.grid, self.state, switch)


def _area_under_the_steps(plan: SwitchingPlan) -> float:
    steps = [*plan.steps, *plan.return_steps]
    return sum(step.lv_customers_out * (then.effect_h - step.effect_h) for step, then in pairwise(steps))
