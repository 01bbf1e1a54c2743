"""Loops, islands and findings."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.grid import FindingCode, Grid, build_grid
from denghuo.engines.topology import check_grid, compile_topology, find_islands, find_loops, normal_state
from tests.engines.topology.oracle import grids, network, supplied_loads, supplied_nodes

POINTERS = (
    ("branches", "from_node", "nodes"),
    ("branches", "to_node", "nodes"),
    ("switches", "branch", "branches"),
    ("loads", "node", "nodes"),
    ("sources", "node", "nodes"),
)


@given(grids())
@settings(max_examples=100, deadline=None)
def test_every_independent_loop_is_found_and_closes(grid: Grid) -> None:
    topology = compile_topology(grid)
    closed = normal_state(topology)
    ends = np.stack([topology.switch_from_section, topology.switch_to_section])
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(topology.section_count))
    graph.add_edges_from(ends[:, closed].T.tolist())
    sources = set(topology.source_section.tolist())
    joined = nx.MultiGraph(graph)
    joined.add_edges_from(("supply", source) for source in sources)
    loops = find_loops(topology, closed=closed)
    independent = joined.number_of_edges() - joined.number_of_nodes() + nx.number_connected_components(joined)
    assert len(loops) == independent
    for loop in loops:
        assert closed[list(loop.switches)].all()
        walk = [set(ends[:, switch].tolist()) for switch in loop.switches]
        degree = np.bincount(ends[:, list(loop.switches)].ravel(), minlength=topology.section_count)
        odd = set(np.flatnonzero(degree % 2).tolist())
        assert (len(odd) == 2 and odd <= sources) if loop.joins_sources else not odd
        assert all(one & other for one, other in pairwise(walk)), "named one after the other"


@given(grids())
@settings(max_examples=100, deadline=None)
def test_islands_are_what_hangs_together_without_supply(grid: Grid) -> None:
    topology = compile_topology(grid)
    closed = normal_state(topology)
    island = find_islands(topology, closed=closed)[topology.section_of_node]
    supplied = np.array(supplied_nodes(grid, closed))
    assert ((island < 0) == supplied).all()
    parts = [part for part in nx.connected_components(network(grid, closed)) if not supplied[min(part)]]
    assert len(parts) == len(set(island[~supplied].tolist()))
    for part in parts:
        assert len(set(island[list(part)].tolist())) == 1


@given(grids())
@settings(max_examples=100, deadline=None)
def test_not_supplied_names_the_dead_loads(grid: Grid) -> None:
    supplied = supplied_loads(grid, grid.switches.normally_closed)
    dead = tuple(grid.loads.id[~np.array(supplied)].tolist())
    found = [finding.ids for finding in check_grid(grid) if finding.code == FindingCode.NOT_SUPPLIED]
    assert found == ([dead] if dead else [])


@given(grids(), st.data())
@settings(max_examples=100, deadline=None)
def test_no_wrong_position_can_make_the_check_fail(grid: Grid, data: st.DataObject) -> None:
    tables, outside = {}, False
    for component, field, target in POINTERS:
        table = tables.get(component, getattr(grid, component))
        column = getattr(table, field).copy()
        if len(column):
            column[data.draw(st.integers(0, len(column) - 1))] = data.draw(st.sampled_from([-7, 0, 1, 999]))
        outside |= bool(((column < 0) | (column >= len(getattr(grid, target).id))).any())
        tables[component] = replace(table, **{field: column})
    found = {finding.code for finding in check_grid(replace(grid, **tables))}
    assert bool(found & {FindingCode.UNKNOWN_NODE, FindingCode.UNKNOWN_BRANCH}) == outside


def findings(grid: Grid) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(str(found.code), found.component, found.field, found.ids) for found in check_grid(grid)]


def test_a_sound_network_has_no_findings() -> None:
    grid = build_grid(
        nodes={"id": ["bus", "a", "b"]},
        branches={"id": ["QF1", "L1", "L2"], "from_node": [0, 1, 1], "to_node": [1, 2, 2], "kind": [3, 0, 0]},
        switches={"branch": [0]},
        loads={"id": ["T"], "node": [2]},
        sources={"id": ["S"], "node": [0]},
    )
    assert findings(grid) == [], "two lines side by side are a double circuit"


def test_forty_wrong_rows_are_seen_at_once() -> None:
    grid = build_grid(
        nodes={"id": ["bus", "a", "a", "", "lonely"], "base_kv": [10, -10, np.nan, np.inf, 10]},
        branches={
            "id": ["QF1", "L1", "L1", "T1", "X"],
            "from_node": [0, 1, 2, 0, 3],
            "to_node": [1, 1, 9, 2, 0],
            "kind": [3, 0, 0, 2, 8],
            "length_km": [0, -1, 0, 0, 0],
        },
        switches={"branch": [0, 0, 1, 7], "kind": [0, 9, 0, 0], "operating_h": [-1, np.nan, 0, 0]},
        transformers={"branch": [0, -3], "ownership": [0, 5]},
        loads={"id": ["A", "A"], "node": [1, -1], "mv_users": [-1, 0]},
        sources={"id": ["S"], "node": [0]},
        feeders={"id": ["F"], "head_branch": [9]},
    )
    assert findings(grid) == [
        ("empty_id", "nodes", "id", ("#3",)),
        ("duplicate_id", "nodes", "id", ("a",)),
        ("duplicate_id", "branches", "id", ("L1",)),
        ("duplicate_id", "loads", "id", ("A",)),
        ("duplicate_id", "switches", "branch", ("QF1",)),
        ("unknown_node", "branches", "to_node", ("L1",)),
        ("unknown_node", "loads", "node", ("A",)),
        ("unknown_branch", "switches", "branch", ("#3",)),
        ("unknown_branch", "transformers", "branch", ("#1",)),
        ("unknown_branch", "feeders", "head_branch", ("F",)),
        ("both_ends_at_one_node", "branches", "to_node", ("L1",)),
        ("switch_branch_mismatch", "branches", "kind", ("X",)),
        ("switch_branch_mismatch", "switches", "kind", ("QF1",)),
        ("switch_branch_mismatch", "switches", "branch", ("L1",)),
        ("transformer_branch_mismatch", "transformers", "ownership", ("#1",)),
        ("transformer_branch_mismatch", "transformers", "branch", ("QF1",)),
        ("transformer_branch_mismatch", "branches", "kind", ("T1",)),
        ("negative_number", "nodes", "base_kv", ("a", "#3")),
        ("negative_number", "branches", "length_km", ("L1",)),
        ("negative_number", "switches", "operating_h", ("QF1",)),
        ("negative_number", "loads", "mv_users", ("A",)),
        ("isolated_node", "nodes", "id", ("lonely",)),
        ("closed_loop", "switches", "normally_closed", ("QF1", "QF1")),
        ("closed_loop", "switches", "normally_closed", ("L1",)),
    ]


def test_loops_name_their_switches_and_lines_without_a_switch_their_branches() -> None:
    grid = build_grid(
        nodes={"id": ["bus", "a", "b", "c"]},
        branches={
            "id": ["QF1", "L1", "L2", "L3", "QF2"],
            "from_node": [0, 1, 2, 3, 0],
            "to_node": [1, 2, 3, 1, 3],
            "kind": [3, 0, 0, 0, 3],
        },
        switches={"branch": [0, 4]},
        sources={"id": ["S"], "node": [0]},
    )
    assert findings(grid) == [
        ("closed_loop", "switches", "normally_closed", ("QF1", "QF2")),
        ("closed_loop", "branches", "to_node", ("L1", "L2", "L3")),
    ]


def test_supply_from_two_sides_names_the_switches_between_or_the_sources() -> None:
    grid = build_grid(
        nodes={"id": ["s1", "a", "s2"]},
        branches={"id": ["QF1", "QF2"], "from_node": [0, 1], "to_node": [1, 2], "kind": [3, 3]},
        switches={"branch": [0, 1]},
        sources={"id": ["S1", "S2", "S3"], "node": [0, 2, 2]},
    )
    assert findings(grid) == [
        ("supplied_twice", "switches", "normally_closed", ("QF1", "QF2")),
        ("supplied_twice", "sources", "node", ("S2", "S3")),
    ]


def test_without_a_source_that_alone_is_said() -> None:
    grid = build_grid(
        nodes={"id": ["a", "b"]},
        branches={"id": ["L"], "from_node": [0], "to_node": [1]},
        loads={"id": ["T"], "node": [1]},
    )
    assert findings(grid) == [("no_source", "sources", "node", ())]
