"""Feeders: derived where the network names none, and who hangs on which."""

from __future__ import annotations

from denghuo.engines.grid import BranchKind, Grid, build_grid
from denghuo.engines.topology import (
    compile_topology,
    derive_feeders,
    feeder_of_node,
    feeder_of_section,
    feeders_of,
    normal_state,
    trace,
)

SWITCH, LINE, TRANSFORMER = BranchKind.SWITCH, BranchKind.LINE, BranchKind.TRANSFORMER


def substation() -> Grid:
    """110 kV source - HV breaker - transformer - 10 kV bus - QF1 - a -(open tie)- b - QF2 - bus."""
    branches = [
        ("Q0", 0, 1, SWITCH),
        ("T", 1, 2, TRANSFORMER),
        ("QF1", 2, 3, SWITCH),
        ("QF2", 2, 4, SWITCH),
        ("TIE", 3, 4, SWITCH),
    ]
    return build_grid(
        nodes={"id": ["hv", "hv2", "bus", "a", "b"], "base_kv": [110, 110, 10, 10, 10]},
        branches={
            "id": [b[0] for b in branches],
            "from_node": [b[1] for b in branches],
            "to_node": [b[2] for b in branches],
            "kind": [b[3] for b in branches],
        },
        switches={"branch": [0, 2, 3, 4], "normally_closed": [True, True, True, False]},
        loads={"id": ["A", "B"], "node": [3, 4], "lv_customers": [5, 7]},
        sources={"id": ["S"], "node": [0]},
    )


def test_feeder_heads_stand_behind_the_substation_transformer() -> None:
    assert derive_feeders(substation()).feeders.id.tolist() == ["QF1", "QF2"]
    assert feeders_of(compile_topology(substation())).name.tolist() == ["QF1", "QF2"]


def test_named_feeders_are_kept() -> None:
    grid = derive_feeders(substation())
    assert derive_feeders(grid) is grid


def test_the_head_is_the_leaving_branch_where_customers_come_before_the_first_switch() -> None:
    grid = build_grid(
        nodes={"id": ["bus", "a", "b", "c"]},
        branches={
            "id": ["L1", "QS1", "L2"],
            "from_node": [0, 1, 0],
            "to_node": [1, 2, 3],
            "kind": [LINE, SWITCH, LINE],
        },
        switches={"branch": [1]},
        loads={"id": ["A", "B", "C"], "node": [1, 2, 3]},
        sources={"id": ["S"], "node": [0]},
    )
    assert derive_feeders(grid).feeders.id.tolist() == ["L1", "L2"]
    topology = compile_topology(grid)
    closed = normal_state(topology)
    assert feeder_of_node(topology, closed=closed).tolist() == [-1, 0, 0, 1]
    assert feeder_of_section(topology, closed=closed).tolist() == [0, 0], "two feeders leave inside one section"


def test_a_feeder_without_a_switch_before_its_first_node_takes_the_first_switch() -> None:
    grid = build_grid(
        nodes={"id": ["bus", "pole", "a"]},
        branches={"id": ["L1", "QS1"], "from_node": [0, 1], "to_node": [1, 2], "kind": [LINE, SWITCH]},
        switches={"branch": [1]},
        loads={"id": ["A"], "node": [2]},
        sources={"id": ["S"], "node": [0]},
    )
    assert derive_feeders(grid).feeders.id.tolist() == ["QS1"]


def test_back_feed_puts_loads_on_the_helping_feeder_and_the_dead_keep_their_own() -> None:
    topology = compile_topology(substation())
    closed = normal_state(topology)
    closed[2] = False
    dark = trace(topology, closed=closed)
    assert dark.feeder_of_load.tolist() == [0, 1]
    assert (dark.dead_by_feeder.feeder.tolist(), dark.dead_by_feeder.lv_customers.tolist()) == ([1], [7])
    closed[3] = True
    assert feeder_of_node(topology, closed=closed).tolist() == [-1, -1, -1, 0, 0]
    assert feeder_of_section(topology, closed=closed).tolist() == [-1, -1, 0, 0]


def test_a_feeder_fed_backwards_through_its_head_names_nobody_else() -> None:
    """Two sources; when the first bus loses its source, QF2 is fed from the other side and carries the bus."""
    grid = build_grid(
        nodes={"id": ["s1", "bus", "a", "b", "s2"]},
        branches={
            "id": ["Q0", "QF1", "QF2", "TIE"],
            "from_node": [0, 1, 1, 3],
            "to_node": [1, 2, 3, 4],
            "kind": [SWITCH] * 4,
        },
        switches={"branch": [0, 1, 2, 3], "normally_closed": [True, True, True, False]},
        loads={"id": ["A", "B"], "node": [2, 3]},
        sources={"id": ["S1", "S2"], "node": [0, 4]},
        feeders={"id": ["F1", "F2", "F9"], "head_branch": [1, 2, 3]},
    )
    topology = compile_topology(grid)
    closed = normal_state(topology)
    assert feeder_of_node(topology, closed=closed).tolist() == [-1, -1, 0, 1, -1]
    closed[[0, 3]] = [False, True]
    assert feeder_of_node(topology, closed=closed).tolist() == [-1, 2, 0, 2, -1]
