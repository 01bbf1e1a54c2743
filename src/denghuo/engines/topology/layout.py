"""Where to draw a network whose places are not known: a tidy tree from its sources."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from denghuo.engines.topology.index import Topology

__all__ = ["draw"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


def draw(topology: Topology) -> tuple[Floats, Floats]:
    """Place every node of a grid [node]: ``x`` steps from its source, ``y`` a lane of its own for every end.

    Each node lies in the middle of the lanes of what hangs on it; branches that would close a ring in the normal state
    are left out of the tree and only drawn across it. What no source reaches follows below, each piece as a tree.
    The time taken grows with nodes plus branches.

    Source: after C. Wetherell and A. Shannon, "Tidy drawings of trees", IEEE Trans. Software Eng. SE-5 (1979).

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> from denghuo.engines.topology import compile_topology
        >>> grid = build_grid(nodes={"id": ["s", "a", "b", "c"]},
        ...     branches={"id": ["1", "2", "3"], "from_node": [0, 1, 1], "to_node": [1, 2, 3]},
        ...     sources={"id": ["S"], "node": [0]})
        >>> x, y = draw(compile_topology(grid))
        >>> x.tolist(), y.tolist()
        ([0.0, 1.0, 2.0, 2.0], [-0.5, -0.5, -0.0, -1.0])
    """
    grid = topology.grid
    usable = np.ones(len(grid.branches.id), dtype=np.bool_)
    usable[grid.switches.branch] = grid.switches.normally_closed
    usable[grid.branches.from_node == grid.branches.to_node] = False
    ends = np.concatenate([grid.branches.from_node[usable], grid.branches.to_node[usable]])
    others = np.concatenate([grid.branches.to_node[usable], grid.branches.from_node[usable]])
    order = np.argsort(ends, kind="stable")
    start = np.searchsorted(ends[order], np.arange(len(grid.nodes.id) + 1)).astype(np.int64)
    x, y = _tidy(start, others[order].astype(np.int64), grid.sources.node.astype(np.int64))
    return x, -y


@njit(cache=True)
def _tidy(start, neighbor, roots):  # type: ignore[no-untyped-def]
    """Steps from the source and lane of every node."""
    x, parent, order = _walk(start, neighbor, roots)
    return x, _lanes(parent, order)


@njit(cache=True)
def _walk(start, neighbor, roots):  # type: ignore[no-untyped-def]
    """Depth first from every root, then from whatever no root reached: steps, parents, and the order of the walk."""
    count = len(start) - 1
    x = np.zeros(count)
    parent = np.full(count, -2, dtype=np.int64)
    order = np.empty(count, dtype=np.int64)
    stack = np.empty(count + 1, dtype=np.int64)
    placed = 0
    for seed in range(len(roots) + count):
        root = roots[seed] if seed < len(roots) else seed - len(roots)
        if parent[root] != -2:
            continue
        parent[root] = -1
        stack[0], top = root, 1
        while top:
            top -= 1
            node = stack[top]
            order[placed] = node
            placed += 1
            for edge in range(start[node + 1] - 1, start[node] - 1, -1):
                other = neighbor[edge]
                if parent[other] == -2:
                    parent[other] = node
                    x[other] = x[node] + 1
                    stack[top] = other
                    top += 1
    return x, parent, order


@njit(cache=True)
def _lanes(parent, order):  # type: ignore[no-untyped-def]
    """Every end a lane of its own, in the order of the walk; everything else amid the lanes of what hangs on it."""
    count = len(parent)
    y = np.zeros(count)
    low = np.full(count, np.inf)
    high = np.full(count, -np.inf)
    children = np.zeros(count, dtype=np.int64)
    for node in order:
        if parent[node] >= 0:
            children[parent[node]] += 1
    lane = 0.0
    for node in order:
        if children[node] == 0:
            y[node] = lane
            lane += 1.0
    for node in order[::-1]:
        if children[node]:
            y[node] = (low[node] + high[node]) / 2
        above = parent[node]
        if above >= 0:
            low[above] = min(low[above], y[node])
            high[above] = max(high[above], y[node])
    return y
