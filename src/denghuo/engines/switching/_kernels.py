"""Loops over bare arrays: grow a supplied forest, carry demand up it, attach and detach a piece.

A *cell* is a set of nodes joined by branches that are neither switches nor rated: a section, or a piece of one between
rated lines. An *edge* is a switch (numbered as in the grid) or a rated line (numbered after the switches).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ROOT = -1
UNSUPPLIED = -2
TOLERANCE = 1.0 + 1e-9

# A call counts the references to every array it hands over; where they are many and the work is small, it is written
# in place of the call.
in_place = njit(cache=True, inline="always")


class Wires(NamedTuple):
    """The network of cells: rows of lines and of switches at each cell, demand, and what may flow."""

    section: Ints
    line_start: Ints
    line_edge: Ints
    line_cell: Ints
    switch_start: Ints
    switch_edge: Ints
    switch_cell: Ints
    demand_kva: Floats
    limit_kva: Floats
    capacity_kva: Floats


class Forest(NamedTuple):
    """Supplied cells, each after its parent in ``order``; ``through_kva`` what flows into a cell from its parent."""

    order: Ints
    parent_edge: Ints
    parent: Ints
    through_kva: Floats
    supplied: Flags


@njit(cache=True)
def components(ends: tuple[Ints, Ints], joins: Flags, count: int) -> tuple[Ints, int]:
    """Union-find over the edges that join: (component of each vertex, how many), numbered by their lowest vertex."""
    parent = np.arange(count).astype(np.int32)
    for edge in range(len(joins)):
        if joins[edge]:
            a = ends[0][edge]
            b = ends[1][edge]
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            parent[max(a, b)] = min(a, b)
    found = 0
    for vertex in range(count):  # a parent is never above its child
        if parent[vertex] == vertex:
            parent[vertex] = found
            found += 1
        else:
            parent[vertex] = parent[parent[vertex]]
    return parent, found


@njit(cache=True)
def enter(wires: Wires, forest: Forest, filled: int, cell: int, edge: int, parent: int) -> int:
    """Supply the section of ``cell`` through ``edge``: append its cells, return how many are supplied now."""
    begin = filled
    forest.supplied[wires.section[cell]] = True
    forest.order[filled] = cell
    forest.parent_edge[cell] = edge
    forest.parent[cell] = parent
    forest.through_kva[cell] = wires.demand_kva[cell]
    filled += 1
    while begin < filled:
        at = forest.order[begin]
        begin += 1
        for k in range(wires.line_start[at], wires.line_start[at + 1]):
            beyond = wires.line_cell[k]
            if forest.parent_edge[beyond] == UNSUPPLIED:
                forest.order[filled] = beyond
                forest.parent_edge[beyond] = wires.line_edge[k]
                forest.parent[beyond] = at
                forest.through_kva[beyond] = wires.demand_kva[beyond]
                filled += 1
    return filled


@njit(cache=True)
def seed(wires: Wires, forest: Forest, roots: Ints, closed: Flags) -> int:
    """Supply everything that closed switches join to the roots, with flows; return how many cells are supplied."""
    filled = 0
    for root in roots:
        if not forest.supplied[wires.section[root]]:
            filled = enter(wires, forest, filled, root, ROOT, -1)
    begin = 0
    while begin < filled:
        at = forest.order[begin]
        begin += 1
        for k in range(wires.switch_start[at], wires.switch_start[at + 1]):
            beyond = wires.switch_cell[k]
            if closed[wires.switch_edge[k]] and not forest.supplied[wires.section[beyond]]:
                filled = enter(wires, forest, filled, beyond, wires.switch_edge[k], at)
    for k in range(filled - 1, -1, -1):
        cell = forest.order[k]
        if forest.parent[cell] >= 0:
            forest.through_kva[forest.parent[cell]] += forest.through_kva[cell]
    return filled


@njit(cache=True)
def within_limits(wires: Wires, forest: Forest, begin: int, filled: int) -> bool:
    """Whether every supplied cell from ``begin`` on takes no more than its way in may carry."""
    for k in range(begin, filled):
        cell = forest.order[k]
        edge = forest.parent_edge[cell]
        limit = wires.capacity_kva[cell] if edge == ROOT else wires.limit_kva[edge]
        if forest.through_kva[cell] > limit * TOLERANCE or forest.through_kva[cell] == np.inf:
            return False
    return True


@njit(cache=True)
def add_upward(wires: Wires, forest: Forest, cell: int, kva: float) -> bool:
    """Let ``kva`` more flow from the root down to ``cell``; whether every limit on the way holds."""
    holds = True
    while cell >= 0:
        forest.through_kva[cell] += kva
        edge = forest.parent_edge[cell]
        limit = wires.capacity_kva[cell] if edge == ROOT else wires.limit_kva[edge]
        if forest.through_kva[cell] > limit * TOLERANCE:
            holds = False
        cell = forest.parent[cell]
    return holds


@njit(cache=True)
def _cut_off(wires: Wires, forest: Forest, begin: int, filled: int) -> None:
    for k in range(begin, filled):
        cell = forest.order[k]
        forest.parent_edge[cell] = UNSUPPLIED
        forest.parent[cell] = -1
        forest.supplied[wires.section[cell]] = False


@njit(cache=True)
def detach(wires: Wires, forest: Forest, begin: int, filled: int) -> None:
    """Undo :func:`attach`: the cells from ``begin`` on are without supply again."""
    first = forest.order[begin]
    add_upward(wires, forest, forest.parent[first], -forest.through_kva[first])
    _cut_off(wires, forest, begin, filled)


@njit(cache=True)
def attach(wires: Wires, forest: Forest, filled: int, way: tuple[int, int, int]) -> int:
    """Supply the block of the dead cell ``way[2]`` over edge ``way[1]`` from the supplied cell ``way[0]``. Returns how
    many cells are supplied now; -1, and nothing changed, where a limit would be passed."""
    begin = filled
    filled = enter(wires, forest, filled, way[2], way[1], way[0])
    for k in range(filled - 1, begin, -1):
        cell = forest.order[k]
        forest.through_kva[forest.parent[cell]] += forest.through_kva[cell]
    if not within_limits(wires, forest, begin, filled):
        _cut_off(wires, forest, begin, filled)
        return -1
    if not add_upward(wires, forest, way[0], forest.through_kva[way[2]]):
        detach(wires, forest, begin, filled)
        return -1
    return filled


@njit(cache=True)
def _fixed_edges(wires: Wires, joins: Flags, kept: Flags, cell: int) -> tuple[int, int, int]:
    """How many edges that stay closed lead from a cell to cells that are kept, one of them, and the cell beyond it."""
    count = 0
    edge = -1
    beyond = -1
    for k in range(wires.line_start[cell], wires.line_start[cell + 1]):
        if kept[wires.line_cell[k]]:
            count += 1
            edge = wires.line_edge[k]
            beyond = wires.line_cell[k]
    for k in range(wires.switch_start[cell], wires.switch_start[cell + 1]):
        if joins[wires.switch_edge[k]] and kept[wires.switch_cell[k]]:
            count += 1
            edge = wires.switch_edge[k]
            beyond = wires.switch_cell[k]
    return count, edge, beyond


@njit(cache=True)
def fold(wires: Wires, joins: Flags, inside: Flags, pinned: Flags, demand_kva: Floats) -> Flags:
    """Cut off, end by end, what is joined to the rest by one edge only and is not ``pinned``; return the cells
    ``inside`` that stay. The demand of what is cut off moves to where it hung, infinite where the edge cannot bear it.
    """
    kept = inside.copy()
    degree = np.zeros(len(kept), np.int32)
    ends = np.empty(len(kept), np.int32)
    height = 0
    for cell in range(len(kept)):
        if kept[cell]:
            degree[cell] = _fixed_edges(wires, joins, kept, cell)[0]
            if degree[cell] == 1 and not pinned[cell]:
                ends[height] = cell
                height += 1
    while height > 0:
        height -= 1
        cell = ends[height]
        _, edge, beyond = _fixed_edges(wires, joins, kept, cell)
        bears = demand_kva[cell] <= wires.limit_kva[edge] * TOLERANCE
        demand_kva[beyond] += demand_kva[cell] if bears else np.inf
        kept[cell] = False
        degree[beyond] -= 1
        if degree[beyond] == 1 and not pinned[beyond]:
            ends[height] = beyond
            height += 1
    return kept
