"""Small random networks, and the answers networkx and brute force give about them."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid


@st.composite
def grids(draw: st.DrawFn, *, most_nodes: int = 9) -> Grid:
    """Connected or not, radial or meshed, with parallel branches and one to three sources."""
    node_count = draw(st.integers(2, most_nodes))
    node = st.integers(0, node_count - 1)
    ends = draw(st.lists(st.tuples(node, node).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=14))
    is_switch = draw(st.lists(st.booleans(), min_size=len(ends), max_size=len(ends)))
    switch_branches = [branch for branch, flag in enumerate(is_switch) if flag]
    closed = draw(st.lists(st.booleans(), min_size=len(switch_branches), max_size=len(switch_branches)))
    load_nodes = draw(st.lists(node, min_size=1, max_size=8))
    count = st.lists(st.integers(0, 50), min_size=len(load_nodes), max_size=len(load_nodes))
    return build_grid(
        nodes={"id": [f"n{k}" for k in range(node_count)]},
        branches={
            "id": [f"b{k}" for k in range(len(ends))],
            "from_node": [a for a, _ in ends],
            "to_node": [b for _, b in ends],
            "kind": [BranchKind.SWITCH if flag else BranchKind.LINE for flag in is_switch],
        },
        switches={
            "branch": switch_branches,
            "kind": [SwitchKind.LOAD_BREAK_SWITCH] * len(switch_branches),
            "normally_closed": closed,
        },
        loads={
            "id": [f"t{k}" for k in range(len(load_nodes))],
            "node": load_nodes,
            "mv_users": draw(count),
            "lv_customers": draw(count),
            "kva": [float("nan") if k % 3 == 2 else 100.0 * k for k in range(len(load_nodes))],
        },
        sources={
            "id": ["s0", "s1", "s2"][: (source_count := draw(st.integers(1, 3)))],
            "node": draw(st.lists(node, min_size=source_count, max_size=source_count)),
        },
    )


def network(grid: Grid, closed: Any) -> nx.MultiGraph:
    """The network in a switching state as networkx sees it; edges are keyed by branch."""
    conducts = np.ones(len(grid.branches.id), dtype=bool)
    conducts[grid.switches.branch] = closed
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(grid.nodes.id)))
    for branch in np.flatnonzero(conducts).tolist():
        graph.add_edge(int(grid.branches.from_node[branch]), int(grid.branches.to_node[branch]), key=branch)
    return graph


def supplied_nodes(grid: Grid, closed: Any) -> list[bool]:
    graph = network(grid, closed)
    reached: set[int] = set()
    for source in grid.sources.node.tolist():
        reached |= nx.node_connected_component(graph, source)
    return [node in reached for node in range(len(grid.nodes.id))]


def supplied_loads(grid: Grid, closed: Any) -> list[bool]:
    nodes = supplied_nodes(grid, closed)
    return [nodes[node] for node in grid.loads.node.tolist()]
