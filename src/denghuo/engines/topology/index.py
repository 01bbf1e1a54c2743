"""The network compiled once: sections between switches, their neighbors, who hangs on them, the normal tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import Feeders, Grid
from denghuo.engines.topology import _kernels
from denghuo.engines.topology._kernels import Adjacency
from denghuo.engines.topology.feeders import derive_feeders

__all__ = ["SectionTree", "Topology", "compile_topology", "normal_state", "require_state"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class SectionTree:
    """How supply reaches every section in one switching state: a forest rooted at the sections with a source.

    ``parent_switch[v]`` is the switch that feeds section ``v`` (-1 it holds a source, -2 it is not supplied) and
    ``parent_section[v]`` the section on its supply side (-1 none). ``order`` lists the supplied sections so that each
    comes after its parent and every subtree is contiguous: the sections fed through ``v`` are
    ``order[rank[v] : rank[v] + size[v]]``, ``v`` first. ``depth`` counts switches from the source. ``rank`` and
    ``depth`` are -1 where not supplied. ``has_second_supply[v]``: the switch feeding ``v`` lies in a loop or between
    two sources, so opening it alone leaves nobody without supply.
    """

    parent_switch: Ints
    parent_section: Ints
    order: Ints
    rank: Ints
    size: Ints
    depth: Ints
    has_second_supply: Flags


@dataclass(frozen=True, kw_only=True, eq=False)
class Topology:
    """A compiled :class:`~denghuo.engines.grid.Grid`. Build it with :func:`compile_topology`; nothing in it changes.

    A *section* is a set of nodes joined by branches that are no switches: always supplied or dead together.

    ``section_of_node`` [node], ``switch_from_section`` and ``switch_to_section`` [switch], ``load_section`` [load],
    ``source_section`` [source]; sums over the loads of a section ``section_load_count``, ``section_mv_users``,
    ``section_lv_customers``, ``section_kw`` [kW] (a weight to steer by, in which an unknown kW counts as none);
    ``adjacency_start``, ``adjacency_switch``, ``adjacency_section``: the switches at section ``v`` and the sections
    beyond them stand at ``adjacency_start[v]:adjacency_start[v + 1]``. A switch bridged by a line, with both ends in
    one section, is not listed there.
    """

    grid: Grid
    section_count: int
    section_of_node: Ints
    switch_from_section: Ints
    switch_to_section: Ints
    load_section: Ints
    source_section: Ints
    section_load_count: Longs
    section_mv_users: Longs
    section_lv_customers: Longs
    section_kw: Floats
    adjacency_start: Ints
    adjacency_switch: Ints
    adjacency_section: Ints

    @property
    def adjacency(self) -> Adjacency:
        """The three adjacency columns together, as the kernels take them."""
        return Adjacency(self.adjacency_start, self.adjacency_switch, self.adjacency_section)

    @cached_property
    def loads_by_section(self) -> tuple[Ints, Ints]:
        """(start, load): the loads of section ``v`` are ``load[start[v] : start[v + 1]]``."""
        start, load = _kernels.group(self.load_section, self.section_count)
        return _frozen(start), _frozen(load)

    @cached_property
    def normal_tree(self) -> SectionTree:
        """How supply reaches every section in the normal state."""
        return self.tree(closed=normal_state(self))

    def tree(self, *, closed: Flags) -> SectionTree:
        """How supply reaches every section when the switches stand as ``closed`` [switch] says; shortest way first."""
        closed = require_state(self, closed)
        visited, parent_switch, parent_section = _kernels.grow(self.adjacency, self.source_section, closed)
        order, rank, size, depth = _kernels.preorder(visited, parent_section)
        covered = _kernels.cover(
            self.switch_from_section, self.switch_to_section, closed, parent_switch, parent_section, depth
        )
        return SectionTree(
            parent_switch=_frozen(parent_switch),
            parent_section=_frozen(parent_section),
            order=_frozen(order),
            rank=_frozen(rank),
            size=_frozen(size),
            depth=_frozen(depth),
            has_second_supply=_frozen(covered),
        )

    @cached_property
    def feeders(self) -> Feeders:
        """The feeders of the grid, or the derived ones where it names none."""
        return self.grid.feeders if len(self.grid.feeders.id) else derive_feeders(self.grid).feeders

    @cached_property
    def normal_feeders(self) -> tuple[Ints, Ints]:
        """(feeder of each node, node beyond each feeder head) in the normal state, -1 none."""
        either_way = np.full(len(self.feeders.id), -1, dtype=np.int32)
        feeder, beyond = self.flood_feeders(closed=normal_state(self), beyond=either_way)
        return _frozen(feeder), _frozen(beyond)

    def flood_feeders(self, *, closed: Flags, beyond: Ints) -> tuple[Ints, Ints]:
        """(feeder of each node, node reached over each head) where heads count only toward their node in ``beyond``."""
        grid = self.grid
        conducts = np.ones(len(grid.branches.id), dtype=np.bool_)
        conducts[grid.switches.branch] = closed
        feeder_of_branch = np.full(len(grid.branches.id), -1, dtype=np.int32)
        feeder_of_branch[self.feeders.head_branch] = np.arange(len(beyond), dtype=np.int32)
        graph = Adjacency(*_kernels.connect(grid.branches.from_node, grid.branches.to_node, len(grid.nodes.id)))
        return _kernels.flood_feeders(graph, grid.sources.node, conducts, feeder_of_branch, beyond)


def compile_topology(grid: Grid) -> Topology:
    """Find the sections between the switches of ``grid`` and index them. Linear in nodes, branches and loads.

    Raises:
        ValueError: a position that points outside its table; :func:`denghuo.engines.topology.check_grid` says which.

    Example:
        >>> from denghuo.engines.grid import BranchKind, SwitchKind, build_grid
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a", "b", "c"]},
        ...     branches={
        ...         "id": ["QF1", "L1", "QS1"],
        ...         "from_node": [0, 1, 2],
        ...         "to_node": [1, 2, 3],
        ...         "kind": [BranchKind.SWITCH, BranchKind.LINE, BranchKind.SWITCH],
        ...     },
        ...     switches={"branch": [0, 2], "kind": [SwitchKind.BREAKER, SwitchKind.DISCONNECTOR]},
        ...     loads={"id": ["T1", "T2"], "node": [2, 3], "lv_customers": [60, 40]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> topology = compile_topology(grid)
        >>> topology.section_of_node.tolist(), topology.section_lv_customers.tolist()
        ([0, 1, 1, 2], [0, 60, 40])
    """
    _require_positions(grid)
    branches, loads = grid.branches, grid.loads
    is_switch = np.zeros(len(branches.id), dtype=np.bool_)
    is_switch[grid.switches.branch] = True
    section, count = _kernels.number_sections(branches.from_node, branches.to_node, is_switch, len(grid.nodes.id))
    section = _frozen(section)
    from_section = _frozen(section[branches.from_node[grid.switches.branch]])
    to_section = _frozen(section[branches.to_node[grid.switches.branch]])
    load_section = _frozen(section[loads.node])
    sums = _kernels.sum_loads(load_section, count, loads.mv_users, loads.lv_customers, loads.kw)
    start, switch, neighbor = _kernels.connect(from_section, to_section, count)
    return Topology(
        grid=grid,
        section_count=count,
        section_of_node=section,
        switch_from_section=from_section,
        switch_to_section=to_section,
        load_section=load_section,
        source_section=_frozen(section[grid.sources.node]),
        section_load_count=_frozen(sums[0]),
        section_mv_users=_frozen(sums[1]),
        section_lv_customers=_frozen(sums[2]),
        section_kw=_frozen(sums[3]),
        adjacency_start=_frozen(start),
        adjacency_switch=_frozen(switch),
        adjacency_section=_frozen(neighbor),
    )


def normal_state(topology: Topology) -> Flags:
    """Which switches are closed in the normal state [switch], as a fresh array to change at will."""
    return topology.grid.switches.normally_closed.copy()


def require_state(topology: Topology, closed: Flags) -> Flags:
    """A switching state as an array of its own.

    Raises:
        ValueError: not exactly one value per switch.
    """
    state = np.array(closed, dtype=np.bool_)
    if state.shape != topology.switch_from_section.shape:
        raise ValueError(
            f"closed has shape {state.shape}; the network has {len(topology.switch_from_section)} switches"
        )
    return state


def _frozen(array: Any) -> Any:
    array.setflags(write=False)
    return array


def _require_positions(grid: Grid) -> None:
    node_count, branch_count = len(grid.nodes.id), len(grid.branches.id)
    columns = {
        "branches.from_node": (grid.branches.from_node, node_count),
        "branches.to_node": (grid.branches.to_node, node_count),
        "switches.branch": (grid.switches.branch, branch_count),
        "loads.node": (grid.loads.node, node_count),
        "sources.node": (grid.sources.node, node_count),
    }
    for name, (positions, size) in columns.items():
        if len(positions) and (positions.min() < 0 or positions.max() >= size):
            raise ValueError(f"{name} points outside its table; check_grid names every such row")
