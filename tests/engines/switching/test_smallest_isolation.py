"""The interrupted load equals the least of all switching states; every step of every plan may be done."""

from __future__ import annotations

from itertools import pairwise

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
    carries_load,
    customers_out,
    flow_of,
    isolating_states,
    networks,
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
    state = tuple(grid.switches.normally_closed.tolist())
    dead = mode is IsolationMode.FAULT
    for step in plan.steps:
        state = _do(grid, state, step, parallel=parallel)
        live = node in flow_of(grid, state).live
        assert not (live and dead)
        dead = dead or not live
    assert state == tuple(plan.closed_for_work.tolist())
    for step in plan.return_steps:
        state = _do(grid, state, step, parallel=parallel)
    assert state == tuple(grid.switches.normally_closed.tolist())
    assert _area_under_the_steps(plan) == pytest.approx(plan.lv_customer_hours)


def _do(grid: Grid, before: tuple[bool, ...], step: Step, *, parallel: bool) -> tuple[bool, ...]:
    """Perform one step, asserting that its device may, and that the network is left as it ought to be."""
    after = before
    if step.action in (Action.TRIP, Action.OPEN, Action.CLOSE):
        assert before[step.switch] is (step.action is not Action.CLOSE)
        after = tuple(is_closed ^ (k == step.switch) for k, is_closed in enumerate(before))
    was, now = flow_of(grid, before), flow_of(grid, after)
    if step.action is not Action.TRIP and after != before:
        _assert_device_may(grid, before, after, step.switch)
        present = flow_of(grid, tuple(grid.switches.normally_closed.tolist()))
        assert within_limits(grid, now, present) or not now.radial
        assert was.radial or now.radial
        assert now.radial or parallel
    assert step.lv_customers_out == customers_out(grid, now.live)
    assert step.loads_out.tolist() == [k for k, node in enumerate(grid.loads.node.tolist()) if node not in now.live]
    return after


def _assert_device_may(grid: Grid, before: tuple[bool, ...], after: tuple[bool, ...], switch: int) -> None:
    kind = SwitchKind(grid.switches.kind[switch])
    was, now = flow_of(grid, before), flow_of(grid, after)
    if kind.breaks_load:
        return
    assert was.radial
    assert now.radial
    if before[switch]:
        assert not carries_load(grid, before, switch)
    elif kind is SwitchKind.DISCONNECTOR:
        assert not carries_load(grid, after, switch)


def _area_under_the_steps(plan: SwitchingPlan) -> float:
    steps = [*plan.steps, *plan.return_steps]
    return sum(step.lv_customers_out * (then.effect_h - step.effect_h) for step, then in pairwise(steps))
