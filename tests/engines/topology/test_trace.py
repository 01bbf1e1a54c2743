"""Sections, supply and what hangs behind a switch, against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.grid import Grid, build_grid
from denghuo.engines.topology import (
    compile_topology,
    dead_after_opening,
    downstream_totals,
    energized_sections,
    normal_state,
    trace,
    upstream_switch,
)
from tests.engines.topology.oracle import grids, network, supplied_loads, supplied_nodes


@given(grids())
@settings(max_examples=100, deadline=None)
def test_sections_are_the_components_without_switches(grid: Grid) -> None:
    topology = compile_topology(grid)
    parts = list(nx.connected_components(network(grid, np.zeros(len(grid.switches.branch), dtype=bool))))
    assert topology.section_count == len(parts)
    for part in parts:
        assert len({int(topology.section_of_node[node]) for node in part}) == 1
    firsts = [topology.section_of_node.tolist().index(section) for section in range(topology.section_count)]
    assert firsts == sorted(firsts), "numbered by lowest node"


@given(grids(), st.data())
@settings(max_examples=100, deadline=None)
def test_supply_reaches_what_networkx_reaches(grid: Grid, data: st.DataObject) -> None:
    topology = compile_topology(grid)
    size = len(grid.switches.branch)
    closed = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)
    found = trace(topology, closed=closed)
    assert found.energized_node.tolist() == supplied_nodes(grid, closed)
    assert found.load_supplied.tolist() == supplied_loads(grid, closed)
    dead = ~found.load_supplied
    assert found.dead_by_feeder.load_count.sum() == dead.sum()
    assert found.dead_by_feeder.mv_users.sum() == grid.loads.mv_users[dead].sum()
    assert found.dead_by_feeder.kva.sum() == pytest.approx(grid.loads.kva[dead].sum(), nan_ok=True)


@given(grids())
@settings(max_examples=100, deadline=None)
def test_totals_behind_a_switch_are_what_dies_when_it_opens(grid: Grid) -> None:
    topology = compile_topology(grid)
    totals = downstream_totals(topology)
    before = np.array(supplied_loads(grid, normal_state(topology)))
    for switch in range(len(grid.switches.branch)):
        closed = normal_state(topology)
        closed[switch] = False
        dies = before & ~np.array(supplied_loads(grid, closed))
        assert totals.load_count[switch] == dies.sum()
        assert totals.mv_users[switch] == grid.loads.mv_users[dies].sum()
        assert totals.lv_customers[switch] == grid.loads.lv_customers[dies].sum()
        assert totals.kva[switch] == pytest.approx(grid.loads.kva[dies].sum(), nan_ok=True)


@given(grids(), st.data())
@settings(max_examples=100, deadline=None)
def test_dead_after_opening_several_switches(grid: Grid, data: st.DataObject) -> None:
    topology = compile_topology(grid)
    switches = range(len(grid.switches.branch))
    opened = data.draw(st.lists(st.sampled_from(switches), max_size=4)) if switches else []
    before = np.array(supplied_loads(grid, normal_state(topology)))
    closed = normal_state(topology)
    closed[opened] = False
    expected = np.flatnonzero(before & ~np.array(supplied_loads(grid, closed)))
    dead = dead_after_opening(topology, opened=opened)
    assert sorted(dead.loads.tolist()) == expected.tolist()
    assert dead.lv_customers == grid.loads.lv_customers[expected].sum()
    assert dead.mv_users == grid.loads.mv_users[expected].sum()
    assert dead.kva == pytest.approx(grid.loads.kva[expected].sum(), nan_ok=True)


@given(grids())
@settings(max_examples=100, deadline=None)
def test_the_tree_is_a_way_to_a_source(grid: Grid) -> None:
    topology = compile_topology(grid)
    tree = topology.normal_tree
    supplied = energized_sections(topology, closed=normal_state(topology))
    assert sorted(tree.order.tolist()) == np.flatnonzero(supplied).tolist()
    feeding = upstream_switch(topology)
    for place, section in enumerate(tree.order.tolist()):
        assert tree.rank[section] == place
        parent, switch = int(tree.parent_section[section]), int(feeding[section])
        if parent < 0:
            assert section in topology.source_section
            continue
        assert {section, parent} == {
            int(topology.switch_from_section[switch]),
            int(topology.switch_to_section[switch]),
        }
        assert tree.rank[parent] < place < tree.rank[parent] + tree.size[parent]
        assert tree.depth[section] == tree.depth[parent] + 1


def ring() -> Grid:
    """bus -QF1- a -QS1- b -QS2- c -QF2- bus, with QS2 normally open."""
    return build_grid(
        nodes={"id": ["bus", "a", "b", "c"]},
        branches={
            "id": ["QF1", "QS1", "QS2", "QF2"],
            "from_node": [0, 1, 2, 3],
            "to_node": [1, 2, 3, 0],
            "kind": [3] * 4,
        },
        switches={"branch": [0, 1, 2, 3], "normally_closed": [True, True, False, True]},
        loads={"id": ["A", "B", "C"], "node": [1, 2, 3], "lv_customers": [10, 20, 30]},
        sources={"id": ["S"], "node": [0]},
    )


def test_a_closed_ring_protects_everybody() -> None:
    topology = compile_topology(ring())
    assert downstream_totals(topology).lv_customers.tolist() == [30, 20, 0, 30]
    closed = normal_state(topology)
    closed[2] = True
    assert topology.tree(closed=closed).has_second_supply.tolist() == [False, True, True, True]


def test_wrong_states_and_positions_are_refused() -> None:
    topology = compile_topology(ring())
    with pytest.raises(ValueError, match="4 switches"):
        trace(topology, closed=np.array([True]))
    with pytest.raises(IndexError):
        dead_after_opening(topology, opened=[4])
    with pytest.raises(IndexError):
        dead_after_opening(topology, opened=[-1])
    with pytest.raises(ValueError, match=r"loads\.node"):
        compile_topology(build_grid(nodes={"id": ["a"]}, branches={}, loads={"id": ["T"], "node": [7]}))


def test_an_empty_network_has_nothing_to_say() -> None:
    topology = compile_topology(build_grid(nodes={}, branches={}))
    assert topology.section_count == 0
    assert trace(topology, closed=normal_state(topology)).energized_node.tolist() == []
    assert dead_after_opening(topology, opened=[]).loads.tolist() == []
