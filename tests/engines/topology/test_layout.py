"""A drawing for networks without places: every node once, ends in lanes of their own, further out with every step."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.grid import BranchKind, Grid, build_grid
from denghuo.engines.topology import compile_topology, draw


def grid_of(graph: nx.Graph, sources: list[int], *, open_last: bool = False) -> Grid:
    edges = list(graph.edges)
    kind = [BranchKind.LINE] * len(edges)
    switches = {}
    if open_last:
        kind[-1] = BranchKind.SWITCH
        switches = {"branch": [len(edges) - 1], "normally_closed": [False]}
    return build_grid(
        nodes={"id": [str(node) for node in range(len(graph))]},
        branches={
            "id": [f"b{number}" for number in range(len(edges))],
            "from_node": [start for start, _ in edges],
            "to_node": [end for _, end in edges],
            "kind": kind,
        },
        switches=switches,
        sources={"id": [f"S{node}" for node in sources], "node": sources},
    )


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_a_tree_is_drawn_tidily(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tree = nx.Graph([(int(rng.integers(0, node)), node) for node in range(1, size)])
    x, y = draw(compile_topology(grid_of(tree, [0])))
    steps = nx.single_source_shortest_path_length(tree, 0)
    assert x.tolist() == [steps[node] for node in range(size)]
    ends = [node for node in range(1, size) if tree.degree(node) == 1]
    assert len({float(y[node]) for node in ends}) == len(ends)
    assert len(set(zip(x.tolist(), y.tolist(), strict=True))) == size
    for node in set(range(size)) - set(ends):
        below = [other for other in tree[node] if steps[other] > steps[node]]
        if below:
            assert y[node] == (min(y[below]) + max(y[below])) / 2


def test_a_ring_is_parted_and_every_node_has_its_place() -> None:
    x, y = draw(compile_topology(grid_of(nx.cycle_graph(9), [0])))
    assert len(set(zip(x.tolist(), y.tolist(), strict=True))) == 9


def test_an_open_tie_does_not_pull_two_lines_together() -> None:
    line = nx.path_graph(6)
    x, _ = draw(compile_topology(grid_of(line, [0, 5], open_last=True)))
    assert x[4] == 4
    assert x[5] == 0


def test_what_no_source_reaches_is_drawn_below() -> None:
    pieces = nx.Graph([(0, 1), (2, 3)])
    _, y = draw(compile_topology(grid_of(pieces, [0])))
    assert max(y[2], y[3]) < min(y[0], y[1])
