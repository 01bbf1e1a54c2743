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
def grow(wires: Wires, forest: Forest, begin: int, filled: int, closed: Flags) -> tuple[int, bool]:
    """Supply whatever closed switches reach from the cells at ``begin`` on: (cells supplied, met a loop)."""
    loop = False
    while begin < filled:
        at = forest.order[begin]
        begin += 1
        for k in range(wires.switch_start[at], wires.switch_start[at + 1]):
            edge = wires.switch_edge[k]
            beyond = wires.switch_cell[k]
            if not closed[edge] or edge == forest.parent_edge[at] or edge == forest.parent_edge[beyond]:
                continue
            if forest.supplied[wires.section[beyond]]:
                loop = True
            else:
                filled = enter(wires, forest, filled, beyond, edge, at)
    return filled, loop


@njit(cache=True)
def seed(wires: Wires, forest: Forest, roots: Ints, closed: Flags) -> int:
    """Supply everything from the roots, with flows; return how many cells are supplied."""
    filled = 0
    for root in roots:
        if not forest.supplied[wires.section[root]]:
            filled = enter(wires, forest, filled, root, ROOT, -1)
    filled, _ = grow(wires, forest, 0, filled, closed)
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
        if forest.through_kva[cell] > limit * TOLERANCE:
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
def detach(wires: Wires, forest: Forest, begin: int, filled: int) -> None:
    """Undo :func:`attach`: the cells from ``begin`` on are without supply again."""
    first = forest.order[begin]
    add_upward(wires, forest, forest.parent[first], -forest.through_kva[first])
    for k in range(begin, filled):
        cell = forest.order[k]
        forest.parent_edge[cell] = UNSUPPLIED
        forest.parent[cell] = -1
        forest.supplied[wires.section[cell]] = False


@njit(cache=True)
def attach(wires: Wires, forest: Forest, filled: int, way: tuple[int, int, int], held: Flags) -> int:
    """Supply the dead cell ``way[2]`` over edge ``way[1]`` from the supplied cell ``way[0]``, with all that the
    ``held`` switches join to it. Returns how many cells are supplied now; -1, and nothing changed, where a loop would
    arise or a limit be passed."""
    begin = filled
    filled = enter(wires, forest, filled, way[2], way[1], way[0])
    filled, loop = grow(wires, forest, begin, filled, held)
    for k in range(filled - 1, begin, -1):
        cell = forest.order[k]
        forest.through_kva[forest.parent[cell]] += forest.through_kva[cell]
    holds = add_upward(wires, forest, way[0], forest.through_kva[way[2]])
    if holds and not loop and within_limits(wires, forest, begin, filled):
        return filled
    detach(wires, forest, begin, filled)
    return -1


@njit(cache=True)
def next_way(ways: Ints, ends: tuple[Ints, Ints], supplied: Flags, excluded: Flags) -> int:
    """The first of the switches ``ways`` that leads from supply to a dead section and is not excluded, -1 none."""
    for way in ways:
        if not excluded[way] and supplied[ends[0][way]] != supplied[ends[1][way]]:
            return int(way)
    return -1


@njit(cache=True)
def weight_in_reach(
    rows: tuple[Ints, Ints, Ints], ends: tuple[Ints, Ints], ways: Ints, usable: Flags, supplied: Flags, weight: Longs
) -> int:
    """Sum of ``weight`` over the dead sections that ``usable`` switches could still supply, limits aside."""
    start, switch, neighbor = rows
    reached = supplied.copy()
    stack = np.empty(len(supplied), np.int32)
    height = 0
    total = 0
    for way in ways:
        if usable[way] and supplied[ends[0][way]] != supplied[ends[1][way]]:
            section = ends[1][way] if supplied[ends[0][way]] else ends[0][way]
            if not reached[section]:
                reached[section] = True
                stack[height] = section
                height += 1
    while height > 0:
        height -= 1
        at = stack[height]
        total += weight[at]
        for k in range(start[at], start[at + 1]):
            beyond = neighbor[k]
            if usable[switch[k]] and not reached[beyond]:
                reached[beyond] = True
                stack[height] = beyond
                height += 1
    return total
