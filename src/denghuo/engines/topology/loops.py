"""Loops and islands of a switching state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.topology import _kernels
from denghuo.engines.topology._kernels import Adjacency
from denghuo.engines.topology.index import Topology, require_state
from denghuo.engines.topology.trace import energized_sections

__all__ = ["Forest", "Loop", "find_islands", "find_loops"]

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Loop:
    """Closed switches one after the other, as positions: around a ring, or from one source to another.

    ``joins_sources`` tells the second kind. A loop of one switch is a switch bridged by a line.
    """

    switches: tuple[int, ...]
    joins_sources: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """A spanning forest: for each place the edge and the place towards its root, -1 (or less) at a root."""

    parent_edge: Ints
    parent: Ints

    @classmethod
    def over(cls, graph: Adjacency, closed: Flags, *, roots: Ints) -> Forest:
        """Breadth first from ``roots`` and from the lowest place of every part that no root reaches."""
        order, _, _ = _kernels.grow(graph, roots, closed)
        unreached = np.ones(len(graph.start) - 1, dtype=np.bool_)
        unreached[order] = False
        _, firsts = _kernels.label_parts(graph, closed, unreached)
        _, parent_edge, parent = _kernels.grow(graph, np.concatenate([roots, firsts]), closed)
        return cls(parent_edge=parent_edge, parent=parent)

    def between(self, a: int, b: int, *, closing: int) -> tuple[tuple[int, ...], bool]:
        """The edges from ``a`` to ``b`` by way of the forest and back over ``closing``; whether the way ends at two
        different roots instead of closing."""
        up_a, up_b = self._to_root(a), self._to_root(b)
        on_b = {place: height for height, (place, _) in enumerate(up_b)}
        for height, (place, _) in enumerate(up_a):
            if place in on_b:
                way_a, way_b = up_a[:height], up_b[: on_b[place]]
                return _ring([*(edge for _, edge in reversed(way_a)), closing, *(edge for _, edge in way_b)]), False
        way = (*(edge for _, edge in reversed(up_a[:-1])), closing, *(edge for _, edge in up_b[:-1]))
        return min(way, way[::-1]), True

    def _to_root(self, place: int) -> list[tuple[int, int]]:
        """(place, edge towards the root) from ``place`` up; the root last."""
        way = []
        while place >= 0:
            way.append((place, int(self.parent_edge[place])))
            place = int(self.parent[place])
        return way


def _ring(edges: list[int]) -> tuple[int, ...]:
    """The ring named from its lowest edge on, towards the lower of the two next to it."""
    lowest = edges.index(min(edges))
    ring = (*edges[lowest:], *edges[:lowest])
    return min(ring, (ring[0], *reversed(ring[1:])))


def find_loops(topology: Topology, *, closed: Flags) -> list[Loop]:
    """Every independent loop of closed switches, supplied or not, and every closed way between two sources.

    One loop for each closed switch beyond a spanning forest, so the number is that of independent loops (the cyclomatic
    number); the switches named are those of the loop it closes.

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> from denghuo.engines.topology import compile_topology
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a", "b"]},
        ...     branches={"id": ["QF1", "QS1", "QF2"], "from_node": [0, 1, 2], "to_node": [1, 2, 0], "kind": [3] * 3},
        ...     switches={"branch": [0, 1, 2]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> [loop.switches for loop in find_loops(compile_topology(grid), closed=[True, True, True])]
        [(0, 1, 2)]
    """
    state = require_state(topology, closed)
    forest = Forest.over(topology.adjacency, state, roots=topology.source_section)
    a, b = topology.switch_from_section, topology.switch_to_section
    switch = np.arange(len(a), dtype=np.int32)
    beyond = state & (forest.parent_edge[a] != switch) & (forest.parent_edge[b] != switch)
    loops = []
    for closing in np.flatnonzero(beyond).tolist():
        switches, joins = forest.between(int(a[closing]), int(b[closing]), closing=closing)
        loops.append(Loop(switches=switches, joins_sources=joins))
    return loops


def find_islands(topology: Topology, *, closed: Flags) -> Ints:
    """The island of each section [section]: parts without supply that hang together, numbered from 0; -1 supplied."""
    state = require_state(topology, closed)
    islands, _ = _kernels.label_parts(topology.adjacency, state, ~energized_sections(topology, closed=state))
    return islands
