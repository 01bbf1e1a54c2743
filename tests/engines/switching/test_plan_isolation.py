"""Situations an operator knows: a branch, a ring with a tie, a disconnector under load, a tie that is too small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid
from denghuo.engines.reliability import Basis
from denghuo.engines.switching import (
    Action,
    IsolationMode,
    ProblemCode,
    SwitchingError,
    SwitchingPlan,
    SwitchingRules,
    SwitchingTimes,
    Why,
    plan_isolation,
)
from denghuo.engines.topology import Topology, compile_topology, normal_state

BREAKER, LOAD_BREAK, DISCONNECTOR, FUSE = (
    SwitchKind.BREAKER,
    SwitchKind.LOAD_BREAK_SWITCH,
    SwitchKind.DISCONNECTOR,
    SwitchKind.FUSE,
)


def network(
    switches: Sequence[tuple[str, str, str, SwitchKind]],
    customers: Mapping[str, int],
    *,
    sources: Sequence[str] = ("bus",),
    opened: Sequence[str] = (),
    remote: Sequence[str] = (),
    rating_kva: Mapping[str, float] | None = None,
    users: Mapping[str, int] | None = None,
    **columns: Any,
) -> Grid:
    """Nodes named by the ends of the switches; one load of one MV user and 1 kW per customer at each."""
    nodes = sorted({end for _, a, b, _ in switches for end in (a, b)})
    at = {name: k for k, name in enumerate(nodes)}
    return build_grid(
        nodes={"id": nodes},
        branches={
            "id": [name for name, *_ in switches],
            "from_node": [at[a] for _, a, _, _ in switches],
            "to_node": [at[b] for _, _, b, _ in switches],
            "kind": [BranchKind.SWITCH] * len(switches),
            "rating_kva": [(rating_kva or {}).get(name, np.nan) for name, *_ in switches],
        },
        switches={
            "branch": list(range(len(switches))),
            "kind": [kind for *_, kind in switches],
            "normally_closed": [name not in opened for name, *_ in switches],
            "remote": [name in remote for name, *_ in switches],
        },
        loads={
            "id": [f"load {name}" for name in customers],
            "node": [at[name] for name in customers],
            "lv_customers": list(customers.values()),
            "mv_users": [(users or {}).get(name, 1) for name in customers],
            "kw": [float(count) for count in customers.values()],
        },
        sources={"id": [f"source {name}" for name in sources], "node": [at[name] for name in sources], **columns},
    )


def told(topology: Topology, plan: SwitchingPlan) -> list[tuple[str, str, str]]:
    """The operations there and back: (action, device, why)."""
    return [
        (step.action.value, str(topology.grid.switch_id[step.switch]), step.why.value)
        for step in (*plan.steps, *plan.return_steps)
        if step.action in (Action.TRIP, Action.OPEN, Action.CLOSE)
    ]


FOUNDING = network([("QF", "bus", "line", BREAKER), ("QL", "line", "branch", LOAD_BREAK)], {"line": 54, "branch": 6})

RING = network(
    [
        ("QF1", "bus1", "a", BREAKER),
        ("S1", "a", "b", LOAD_BREAK),
        ("S2", "b", "c", LOAD_BREAK),
        ("T", "c", "d", LOAD_BREAK),
        ("QF2", "bus2", "d", BREAKER),
    ],
    {"a": 10, "b": 20, "c": 30, "d": 40},
    sources=("bus1", "bus2"),
    opened=["T"],
)


def test_the_founding_example_costs_24_instead_of_240() -> None:
    topology = compile_topology(FOUNDING)
    plan = plan_isolation(topology, ids=["branch"], duration_h=4.0)
    assert (plan.lv_customer_hours, plan.whole_line.lv_customer_hours) == (24.0, 240.0)
    assert (plan.lv_customers_out, plan.whole_line.lv_customers_out) == (6, 60)
    assert told(topology, plan) == [("open", "QL", "isolate"), ("close", "QL", "re_energize")]
    assert [plan.steps[0].effect_h, plan.return_steps[-1].effect_h] == [0.0, 4.0]
    assert (plan.isolated_h, plan.work_h) == (0.0, 3.5)


def test_planned_work_transfers_what_it_can_without_interruption() -> None:
    topology = compile_topology(RING)
    plan = plan_isolation(topology, ids=["b"], duration_h=4.0)
    assert plan.lv_customer_hours == 20 * 4.0
    assert told(topology, plan)[:3] == [
        ("close", "T", "make_before_break"),
        ("open", "S2", "part_loop"),
        ("open", "S1", "isolate"),
    ]
    assert [step.lv_customers_out for step in plan.steps[:3]] == [0, 0, 20]
    assert plan.steps[0].start_h < 0.0
    assert plan.steps[2].effect_h == 0.0
    assert RING.switch_id[plan.ties.switch].tolist() == ["T"]
    assert plan.ties.kva.tolist() == [30.0]
    assert np.isnan(plan.ties.rating_kva).all()


def test_without_parallel_operation_the_transfer_interrupts() -> None:
    topology = compile_topology(RING)
    rules = SwitchingRules(make_before_break=False)
    plan = plan_isolation(topology, ids=["b"], duration_h=4.0, rules=rules)
    assert not {Why.MAKE_BEFORE_BREAK, Why.PART_LOOP} & {step.why for step in (*plan.steps, *plan.return_steps)}
    # b is out for 4 h; c goes out with it or for the half hour of closing the tie, and again on the way back
    assert plan.lv_customer_hours == 20 * 4.0 + 30 * (0.5 + 0.5)


def test_a_fault_is_isolated_then_restored_from_both_sides() -> None:
    topology = compile_topology(RING)
    plan = plan_isolation(topology, ids=["b"], duration_h=3.0, mode=IsolationMode.FAULT)
    assert plan.steps[0].action is Action.TRIP
    assert plan.steps[0].effect_h == 0.0
    assert plan.steps[0].lv_customers_out == 60
    assert set(told(topology, plan)[1:5]) == {
        ("open", "S1", "isolate"),
        ("open", "S2", "isolate"),
        ("close", "QF1", "restore_upstream"),
        ("close", "T", "restore_by_tie"),
    }
    # S2, T, S1, QF1 half an hour each: 60 out for 1 h, 30 for 1 h more; repair from 1.5 h; back by S1 at 5 h
    assert plan.isolated_h == 1.5
    assert plan.outages.load.tolist() == [0, 1, 2]
    assert plan.lv_customer_hours == 10 * 2.0 + 30 * 1.0 + 20 * 5.0


def test_a_fault_may_be_reported_after_the_device_has_tripped() -> None:
    topology = compile_topology(RING)
    present = normal_state(topology)
    present[RING.switch_position["QF1"]] = False
    early = plan_isolation(topology, ids=["b"], duration_h=3.0, mode=IsolationMode.FAULT)
    late = plan_isolation(topology, ids=["b"], duration_h=3.0, mode=IsolationMode.FAULT, closed=present)
    assert told(topology, late) == told(topology, early)[1:]
    assert late.lv_customer_hours == early.lv_customer_hours


def test_a_device_known_to_have_tripped_counts() -> None:
    topology = compile_topology(FOUNDING)
    plan = plan_isolation(
        topology, ids=["branch"], duration_h=3.0, mode=IsolationMode.FAULT, tripped=[FOUNDING.switch_position["QL"]]
    )
    assert told(topology, plan) == [("trip", "QL", "clear_fault"), ("close", "QL", "re_energize")]
    assert plan.lv_customer_hours == 6 * 3.5


def test_a_disconnector_moves_dead_so_the_breaker_drops_the_load_meanwhile() -> None:
    grid = network(
        [("QF", "bus", "line", BREAKER), ("QS", "line", "branch", DISCONNECTOR)],
        {"line": 54, "branch": 6},
        remote=["QF"],
    )
    topology = compile_topology(grid)
    plan = plan_isolation(topology, ids=["branch"], duration_h=40.0)
    assert told(topology, plan) == [
        ("open", "QF", "drop_load"),
        ("open", "QS", "isolate"),
        ("close", "QF", "restore_upstream"),
        ("open", "QF", "drop_load"),
        ("close", "QS", "return"),
        ("close", "QF", "re_energize"),
    ]
    assert plan.lv_customer_hours == pytest.approx(6 * 40.0 + 54 * 2 * (0.5 + 0.02))
    assert plan.proven_optimal


def test_the_sheet_says_from_when_to_when_somebody_is_out() -> None:
    """The tie may only move dead: b and the neighbor's d go out while it closes, before the work at a begins, and again
    while it opens."""
    grid = network(
        [
            ("QF1", "bus1", "a", BREAKER),
            ("QL", "a", "b", LOAD_BREAK),
            ("T", "b", "d", DISCONNECTOR),
            ("QF2", "bus2", "d", BREAKER),
        ],
        {"a": 5, "b": 30, "d": 2},
        sources=("bus1", "bus2"),
        opened=["T"],
        remote=["QF1", "QF2", "QL"],
    )
    plan = plan_isolation(compile_topology(grid), ids=["a"], duration_h=8.0)
    found = [(group.start_h, group.end_h, group.lv_customers) for group in plan.outage_groups]
    expected = [(-0.56, -0.02, 2), (-0.54, -0.02, 30), (0.0, 8.0, 5), (8.02, 8.54, 30), (8.02, 8.56, 2)]
    assert found == [pytest.approx(group) for group in expected]
    assert (plan.out_from_h, plan.out_until_h) == (pytest.approx(-0.56), pytest.approx(8.56))
    hours = sum((group.end_h - group.start_h) * group.lv_customers for group in plan.outage_groups)
    assert hours == pytest.approx(plan.lv_customer_hours)


def test_of_two_sides_the_larger_goes_out_last_and_comes_back_first() -> None:
    """Work at a tie takes both its sides out, one operation after the other."""
    switches = [("QF1", "bus1", "a", BREAKER), ("T", "a", "b", LOAD_BREAK), ("QF2", "bus2", "b", BREAKER)]
    for few, many in (("a", "b"), ("b", "a")):
        grid = network(switches, {few: 10, many: 60}, sources=("bus1", "bus2"), opened=["T"])
        plan = plan_isolation(compile_topology(grid), ids=["T"], duration_h=4.0)
        assert plan.lv_customer_hours == 10 * 4.0 + 60 * 3.0


def test_nobody_out_has_no_times() -> None:
    grid = network([("QF", "bus", "line", BREAKER), ("QL", "line", "branch", LOAD_BREAK)], {"line": 54})
    plan = plan_isolation(compile_topology(grid), ids=["branch"], duration_h=4.0)
    assert plan.outage_groups == ()
    assert np.isnan([plan.out_from_h, plan.out_until_h]).all()


def test_for_a_short_work_the_breaker_stays_open() -> None:
    grid = network(
        [("QF", "bus", "line", BREAKER), ("QS", "line", "branch", DISCONNECTOR)],
        {"line": 54, "branch": 6},
        remote=["QF"],
    )
    topology = compile_topology(grid)
    plan = plan_isolation(topology, ids=["branch"], duration_h=1.0)
    assert told(topology, plan) == [("open", "QF", "isolate"), ("close", "QF", "re_energize")]
    assert plan.lv_customer_hours == 60.0
    assert not plan.proven_optimal


def test_a_fuse_before_many_opens_dead_but_closes_onto_its_load() -> None:
    switches = [("QF", "bus", "line", BREAKER), ("FU", "line", "branch", FUSE)]
    grid = network(switches, {"line": 54, "branch": 6}, users={"branch": 2})
    topology = compile_topology(grid)
    plan = plan_isolation(topology, ids=["branch"], duration_h=40.0)
    assert ("open", "QF", "drop_load") in told(topology, plan)
    assert told(topology, plan)[-1] == ("close", "FU", "re_energize")
    assert [step.lv_customers_out for step in plan.return_steps if step.action is Action.CLOSE] == [0]


def test_one_transformer_is_switched_off_at_its_low_voltage_side_before_its_fuse_opens() -> None:
    """Nobody else on the line notices; a disconnector in its place would cost the whole line twice."""
    switches = [("QF", "bus", "line", BREAKER), ("FU", "line", "branch", FUSE)]
    grid = network(switches, {"line": 54, "branch": 6})
    plan = plan_isolation(compile_topology(grid), ids=["branch"], duration_h=4.0)
    assert plan.lv_customer_hours == 6 * 4.0
    operations = [step for step in (*plan.steps, *plan.return_steps) if step.why is not Why.SAFETY]
    assert [(step.action.value, step.why.value, step.lv_customers_out) for step in operations] == [
        ("switch_off_lv", "drop_load", 6),
        ("open", "isolate", 6),
        ("close", "re_energize", 6),
        ("switch_on_lv", "re_energize", 0),
    ]
    paper = [step for step in (*plan.steps, *plan.return_steps) if step.why is Why.SAFETY]
    assert [(step.action.value, step.switch, grid.nodes.id[step.node]) for step in paper] == [
        ("verify_dead", 1, "branch"),
        ("verify_dead", -1, "branch"),
        ("earth", 1, "branch"),
        ("earth", -1, "branch"),
        ("remove_earth", -1, "branch"),
        ("remove_earth", 1, "branch"),
    ]
    assert [(grid.switch_id[step.switch], grid.nodes.id[step.node]) for step in operations[::3]] == [
        ("FU", "branch")
    ] * 2


def test_the_device_under_repair_is_not_touched_until_the_way_back() -> None:
    """It tripped with the breaker above it; closing it beside the earths would be the last thing to do."""
    grid = network([("QF", "bus", "line", BREAKER), ("FU", "line", "branch", FUSE)], {"line": 54, "branch": 6})
    topology = compile_topology(grid)
    plan = plan_isolation(topology, ids=["FU"], duration_h=4.0, mode=IsolationMode.FAULT)
    operations = told(topology, plan)
    assert ("trip", "FU", "clear_fault") in operations
    assert [device for action, device, _ in operations if action == "close"] == ["QF", "FU"]
    assert [grid.switch_id[step.switch] for step in plan.steps if step.action is Action.CLOSE] == []
    assert not plan.closed_for_work.any()


def test_a_device_under_work_that_drops_the_load_stays_open_until_the_way_back() -> None:
    grid = network(
        [("QF", "bus", "a", BREAKER), ("QS", "a", "b", DISCONNECTOR), ("QL", "b", "c", LOAD_BREAK)],
        {"a": 54, "c": 6},
        remote=["QF"],
    )
    plan = plan_isolation(compile_topology(grid), ids=["QL"], duration_h=4.0)
    assert [(step.action.value, grid.switch_id[step.switch]) for step in plan.steps if step.why is not Why.SAFETY] == [
        ("open", "QL"),
        ("open", "QS"),
    ]
    assert plan.lv_customers_out == 6


def test_a_tie_takes_what_it_can_carry_and_the_area_is_split() -> None:
    grid = network(
        [
            ("QF1", "bus1", "a", BREAKER),
            ("S1", "a", "b", LOAD_BREAK),
            ("S2", "b", "c", LOAD_BREAK),
            ("T", "c", "bus2", LOAD_BREAK),
        ],
        {"a": 10, "b": 20, "c": 30},
        sources=("bus1", "bus2"),
        opened=["T"],
        rating_kva={"T": 40.0},
    )
    topology = compile_topology(grid)
    plan = plan_isolation(topology, ids=["a"], duration_h=8.0)
    assert plan.lv_customers_out == 10 + 20
    assert plan.proven_optimal
    assert (plan.ties.kva.tolist(), plan.ties.rating_kva.tolist()) == ([30.0], [40.0])
    assert grid.switch_id[~plan.closed_for_work].tolist() == ["QF1", "S2"]


def test_it_makes_room_on_a_tie_by_moving_a_neighbor() -> None:
    """The neighbor's line carries 40 of 60; it takes 30 more only once its end is moved to a third line."""
    grid = network(
        [
            ("QF1", "bus1", "a", BREAKER),
            ("S1", "a", "b", LOAD_BREAK),
            ("T1", "b", "c", LOAD_BREAK),
            ("QF2", "bus2", "c", BREAKER),
            ("S2", "c", "d", LOAD_BREAK),
            ("T2", "d", "bus3", LOAD_BREAK),
        ],
        {"a": 1, "b": 30, "c": 10, "d": 30},
        sources=("bus1", "bus2", "bus3"),
        opened=["T1", "T2"],
        rating_kva={"QF2": 60.0},
    )
    plan = plan_isolation(compile_topology(grid), ids=["a"], duration_h=8.0)
    assert plan.lv_customers_out == 1
    assert plan.lv_customer_hours == 8.0
    assert sorted(grid.switch_id[plan.ties.switch].tolist()) == ["T1", "T2"]


def test_a_source_gives_no_more_than_its_capacity() -> None:
    grid = network(
        [("QF1", "bus1", "a", BREAKER), ("S1", "a", "b", LOAD_BREAK), ("T", "b", "bus2", LOAD_BREAK)],
        {"a": 1, "b": 30},
        sources=("bus1", "bus2"),
        opened=["T"],
        capacity_kva=[np.nan, 29.0],
    )
    assert plan_isolation(compile_topology(grid), ids=["a"], duration_h=8.0).lv_customers_out == 31


def test_demand_is_kw_where_known_else_a_share_of_kva() -> None:
    grid = build_grid(
        nodes={"id": ["bus1", "a", "b", "bus2"]},
        branches={
            "id": ["QF", "S", "T"],
            "from_node": [0, 1, 2],
            "to_node": [1, 2, 3],
            "rating_kva": [np.nan, np.nan, 9.0],
        },
        switches={"branch": [0, 1, 2], "normally_closed": [True, True, False]},
        loads={"id": ["x", "y"], "node": [2, 2], "lv_customers": [1, 1], "kva": [100.0, 10.0], "kw": [4.0, np.nan]},
        sources={"id": ["s1", "s2"], "node": [0, 3]},
    )
    topology = compile_topology(grid)
    full = plan_isolation(topology, ids=["a"], duration_h=8.0)
    half = plan_isolation(topology, ids=["a"], duration_h=8.0, rules=SwitchingRules(demand_share=0.5))
    assert (full.lv_customers_out, half.lv_customers_out) == (2, 0)
    assert half.ties.kva.tolist() == [9.0]


def test_the_basis_decides_who_goes_first() -> None:
    """A tie for 10 kVA: many customers at one place, many MV users at the other."""
    grid = network(
        [
            ("QF1", "bus1", "a", BREAKER),
            ("S1", "a", "b", LOAD_BREAK),
            ("S2", "a", "c", LOAD_BREAK),
            ("T1", "b", "bus2", LOAD_BREAK),
            ("T2", "c", "bus2", LOAD_BREAK),
        ],
        {"a": 0, "b": 10, "c": 9},
        users={"b": 1, "c": 9},
        sources=("bus1", "bus2"),
        opened=["T1", "T2"],
        capacity_kva=[np.nan, 10.0],
    )
    topology = compile_topology(grid)
    by_customers = plan_isolation(topology, ids=["a"], duration_h=8.0)
    by_users = plan_isolation(topology, ids=["a"], duration_h=8.0, rules=SwitchingRules(basis=Basis.MV_USERS))
    assert (by_customers.lv_customers_out, by_customers.mv_users_out) == (9, 10)
    assert (by_users.lv_customers_out, by_users.mv_users_out) == (10, 2)


def test_what_was_dead_before_stays_dead() -> None:
    """Somebody else works behind S1; a plan at a must not energize b over the tie."""
    grid = network(
        [
            ("QF1", "bus1", "a", BREAKER),
            ("S1", "a", "b", LOAD_BREAK),
            ("S2", "b", "c", LOAD_BREAK),
            ("T", "c", "bus2", LOAD_BREAK),
        ],
        {"a": 10, "b": 20, "c": 30},
        sources=("bus1", "bus2"),
        opened=["T"],
    )
    topology = compile_topology(grid)
    present = normal_state(topology)
    present[grid.switch_position["S1"]] = False
    plan = plan_isolation(topology, ids=["a"], duration_h=2.0, closed=present)
    assert told(topology, plan) == [("open", "QF1", "isolate"), ("close", "QF1", "re_energize")]
    assert plan.lv_customer_hours == 20.0


def test_every_open_point_around_the_work_is_verified_dead_and_earthed() -> None:
    topology = compile_topology(RING)
    plan = plan_isolation(topology, ids=["b"], duration_h=4.0)
    paper = [step for step in plan.steps if step.why is Why.SAFETY]
    assert [step.action for step in paper] == [Action.VERIFY_DEAD] * 2 + [Action.EARTH] * 2
    assert RING.switch_id[plan.isolating_switches].tolist() == ["S1", "S2"]
    assert {str(RING.nodes.id[step.node]) for step in paper} == {"b"}
    assert [step.action for step in plan.return_steps[:2]] == [Action.REMOVE_EARTH] * 2
    numbers = [step.number for step in (*plan.steps, *plan.return_steps)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_operating_times_come_from_the_device_where_it_has_its_own() -> None:
    grid = build_grid(
        nodes={"id": ["bus", "a", "b"]},
        branches={"id": ["QF", "QL"], "from_node": [0, 1], "to_node": [1, 2], "kind": [BranchKind.SWITCH] * 2},
        switches={
            "branch": [0, 1],
            "kind": [BREAKER, LOAD_BREAK],
            "remote": [True, False],
            "operating_h": [np.nan, 0.25],
        },
        loads={"id": ["x", "y"], "node": [1, 2], "lv_customers": [54, 6]},
        sources={"id": ["s"], "node": [0]},
    )
    plan = plan_isolation(
        compile_topology(grid),
        ids=["b"],
        duration_h=3.0,
        mode=IsolationMode.FAULT,
        times=SwitchingTimes(remote_h=0.1, manual_h=9.0),
    )
    assert [step.effect_h for step in plan.steps] == [0.0, 0.25, 0.25, 0.25, 0.35]
    assert plan.lv_customer_hours == pytest.approx(54 * 0.35 + 6 * (0.25 + 3.0 + 0.25))


def test_where_no_device_clears_faults_the_head_of_the_line_does() -> None:
    grid = network([("Q1", "bus", "a", LOAD_BREAK), ("Q2", "a", "b", LOAD_BREAK)], {"a": 1, "b": 1})
    topology = compile_topology(grid)
    plan = plan_isolation(topology, ids=["b"], duration_h=1.0, mode=IsolationMode.FAULT)
    assert told(topology, plan)[0] == ("trip", "Q1", "clear_fault")


@pytest.mark.parametrize(
    ("asked", "code", "ids"),
    [
        ({"ids": ["nowhere", "never"]}, ProblemCode.UNKNOWN_ELEMENT, ("nowhere", "never")),
        ({"nodes": [-1], "loads": [9]}, ProblemCode.UNKNOWN_ELEMENT, ("nodes[-1]", "loads[9]")),
        ({}, ProblemCode.NOTHING_TO_ISOLATE, ()),
        ({"ids": ["bus"]}, ProblemCode.HOLDS_SOURCE, ("source bus",)),
    ],
)
def test_what_cannot_be_planned_is_said_in_codes(
    asked: dict[str, Any], code: ProblemCode, ids: tuple[str, ...]
) -> None:
    with pytest.raises(SwitchingError) as raised:
        plan_isolation(compile_topology(FOUNDING), duration_h=1.0, **asked)
    assert [(problem.code, problem.ids) for problem in raised.value.problems] == [(code, ids)]


def test_a_line_that_no_device_may_open_has_no_plan() -> None:
    grid = network([("QS", "bus", "a", DISCONNECTOR)], {"a": 1})
    with pytest.raises(SwitchingError) as raised:
        plan_isolation(compile_topology(grid), ids=["a"], duration_h=1.0)
    assert raised.value.problems[0].code is ProblemCode.NO_SEQUENCE


@pytest.mark.parametrize("duration_h", [0.0, -1.0, float("nan"), float("inf")])
def test_the_duration_is_a_positive_number(duration_h: float) -> None:
    with pytest.raises(ValueError, match="duration_h"):
        plan_isolation(compile_topology(FOUNDING), ids=["branch"], duration_h=duration_h)


def test_elements_may_be_given_by_every_table() -> None:
    topology = compile_topology(RING)
    node = RING.node_position["b"]
    plans = [
        plan_isolation(topology, nodes=[node], duration_h=4.0),
        plan_isolation(topology, loads=[RING.load_position["load b"]], duration_h=4.0),
        plan_isolation(topology, ids=["load b"], duration_h=4.0),
    ]
    assert len({plan.lv_customer_hours for plan in plans}) == 1
    both = plan_isolation(topology, branches=[RING.branch_position["S1"]], duration_h=4.0)
    assert both.lv_customers_out == 10 + 20


def test_results_cannot_be_written_to() -> None:
    plan = plan_isolation(compile_topology(RING), ids=["b"], duration_h=4.0)
    for array in (plan.closed_for_work, plan.closed_after, plan.sections, plan.outages.load, plan.steps[0].loads_out):
        assert not array.flags.writeable
