"""What is supplied in a switching state, from which feeder, and who goes dead behind a switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import Feeders
from denghuo.engines.topology import _kernels
from denghuo.engines.topology.index import Topology, normal_state, require_state

__all__ = [
    "Dead",
    "DeadByFeeder",
    "DownstreamTotals",
    "Trace",
    "dead_after_opening",
    "downstream_totals",
    "energized_sections",
    "feeder_of_node",
    "feeder_of_section",
    "feeders_of",
    "normal_feeder_of_node",
    "trace",
    "upstream_switch",
]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class DeadByFeeder:
    """Loads without supply by their normal feeder, one row per feeder concerned; ``feeder`` -1: those without one.

    ``kva`` [kVA] and ``kw`` [kW] are NaN where those of a load are not known.
    """

    feeder: Ints
    load_count: Longs
    mv_users: Longs
    lv_customers: Longs
    kva: Floats
    kw: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """What is supplied: ``energized_node`` [node], ``energized_section`` [section], ``load_supplied`` [load];
    ``feeder_of_load`` [load] the feeder that supplies it *normally*, a position in :func:`feeders_of`, -1 none."""

    energized_node: Flags
    energized_section: Flags
    load_supplied: Flags
    feeder_of_load: Ints
    dead_by_feeder: DeadByFeeder


@dataclass(frozen=True, kw_only=True, eq=False)
class Dead:
    """What loses supply: positions of ``sections`` and ``loads``, and the sums over those loads; ``kva`` [kVA] and
    ``kw`` [kW] are NaN where those of a load are not known."""

    sections: Ints
    loads: Ints
    mv_users: int
    lv_customers: int
    kva: float
    kw: float


@dataclass(frozen=True, kw_only=True, eq=False)
class DownstreamTotals:
    """Per switch [switch] what loses supply when it alone opens in the normal state; ``kva`` [kVA] and ``kw`` [kW] are
    NaN where those of a load are not known."""

    load_count: Longs
    mv_users: Longs
    lv_customers: Longs
    kva: Floats
    kw: Floats


def energized_sections(topology: Topology, *, closed: Flags) -> Flags:
    """Which sections are supplied [section] when the switches stand as ``closed`` [switch] says.

    Supply spreads from the sources over closed switches, in any direction. Generators and other distributed resources
    are no sources: an island that could run on its own counts as dead.
    """
    state = require_state(topology, closed)
    _, parent_switch, _ = _kernels.grow(topology.adjacency, topology.source_section, state)
    return np.not_equal(parent_switch, _kernels.SUPPLIED_BY_NONE)


def feeders_of(topology: Topology) -> Feeders:
    """The feeders of the grid, or the derived ones where it names none (see :func:`derive_feeders`)."""
    return topology.feeders


def normal_feeder_of_node(topology: Topology) -> Ints:
    """The feeder of each node [node] in the normal state, -1 none: not supplied, or ahead of every feeder head."""
    return topology.normal_feeders[0]


def feeder_of_node(topology: Topology, *, closed: Flags) -> Ints:
    """The feeder each node [node] hangs on when the switches stand as ``closed`` says, -1 none.

    A node belongs to the last feeder head on its way from the source. Only a head crossed in its normal direction
    counts: a feeder that is fed backwards through its own head lends its neighbor no name.
    """
    _, beyond = topology.normal_feeders
    feeder, _ = topology.flood_feeders(closed=require_state(topology, closed), beyond=beyond)
    return feeder


def feeder_of_section(topology: Topology, *, closed: Flags) -> Ints:
    """The feeder of each section [section], -1 none. Where several feeders leave from inside one section (no switch at
    their heads) the first of them stands for it; :func:`feeder_of_node` tells them apart."""
    by_node = feeder_of_node(topology, closed=closed)
    return _kernels.lowest_by_group(topology.section_of_node, by_node, topology.section_count)


def trace(topology: Topology, *, closed: Flags) -> Trace:
    """Everything about one switching state: what is supplied, and who is not, by normal feeder.

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> from denghuo.engines.topology import compile_topology, normal_state
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a", "b"]},
        ...     branches={"id": ["QF1", "QS1"], "from_node": [0, 1], "to_node": [1, 2], "kind": [3, 3]},
        ...     switches={"branch": [0, 1]},
        ...     loads={"id": ["T1", "T2"], "node": [1, 2], "lv_customers": [60, 40]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> topology = compile_topology(grid)
        >>> closed = normal_state(topology)
        >>> closed[grid.switch_position["QS1"]] = False
        >>> found = trace(topology, closed=closed)
        >>> found.load_supplied.tolist(), found.dead_by_feeder.lv_customers.tolist()
        ([True, False], [40])
    """
    energized = energized_sections(topology, closed=closed)
    loads = topology.grid.loads
    supplied = energized[topology.load_section]
    feeder_of_load = normal_feeder_of_node(topology)[loads.node]
    return Trace(
        energized_node=energized[topology.section_of_node],
        energized_section=energized,
        load_supplied=supplied,
        feeder_of_load=feeder_of_load,
        dead_by_feeder=_by_feeder(topology, feeder_of_load, np.flatnonzero(~supplied)),
    )


def upstream_switch(topology: Topology) -> Ints:
    """The switch that feeds each section [section] in the normal state; -1 where it holds a source or is not supplied.

    In a meshed part it is the one on the shortest way to a source.
    """
    return np.maximum(topology.normal_tree.parent_switch, np.int32(-1))


def downstream_totals(topology: Topology) -> DownstreamTotals:
    """Who hangs behind every switch in the normal state: the loads that lose supply when it alone opens.

    Sums over the subtree fed through the switch; none for a switch that is open, not supplied, or lies in a loop or
    between two sources, since opening it alone leaves nobody without supply.
    """
    tree = topology.normal_tree
    fed = np.flatnonzero((tree.parent_switch >= 0) & ~tree.has_second_supply)
    switch = tree.parent_switch[fed]

    def behind(values: Any) -> Any:
        total = np.zeros(len(topology.switch_from_section), dtype=values.dtype)
        total[switch] = _kernels.sum_subtrees(tree.order, tree.parent_section, values)[fed]
        return total

    return DownstreamTotals(
        load_count=behind(topology.section_load_count),
        mv_users=behind(topology.section_mv_users),
        lv_customers=behind(topology.section_lv_customers),
        kva=behind(_section_sums(topology, topology.grid.loads.kva)),
        kw=behind(_section_sums(topology, topology.grid.loads.kw)),
    )


def _section_sums(topology: Topology, values: Floats) -> Floats:
    """Sums over the loads of each section [section], unknown where one of them is."""
    sums = np.bincount(topology.load_section, weights=values, minlength=topology.section_count)
    return sums.astype(np.float64)  # without any load numpy counts in whole numbers


def dead_after_opening(topology: Topology, *, opened: Any) -> Dead:
    """What loses supply when the switches at positions ``opened`` open together in the normal state.

    Walks only what hangs below them: subtrees of the normal tree, less what another closed switch still supplies.

    Raises:
        IndexError: a position that is no switch.
    """
    switches = np.asarray(opened, dtype=np.int32).reshape(-1)
    if len(switches) and switches.min() < 0:
        raise IndexError(f"{int(switches.min())} is no switch")
    tree = topology.normal_tree
    closed = normal_state(topology)
    closed[switches] = False
    ends = (topology.switch_from_section, topology.switch_to_section)
    below, mark = _kernels.subtree_mark(switches, ends, tree.parent_switch, tree.order, tree.rank, tree.size)
    sections = _kernels.still_dead(topology.adjacency, below, mark, closed, tree.parent_switch)
    loads = _kernels.members_of(sections, *topology.loads_by_section)
    return Dead(
        sections=sections,
        loads=loads,
        mv_users=int(topology.section_mv_users[sections].sum()),
        lv_customers=int(topology.section_lv_customers[sections].sum()),
        kva=float(topology.grid.loads.kva[loads].sum()),
        kw=float(topology.grid.loads.kw[loads].sum()),
    )


def _by_feeder(topology: Topology, feeder_of_load: Ints, dead: NDArray[np.int64]) -> DeadByFeeder:
    loads = topology.grid.loads
    feeder, row = np.unique(feeder_of_load[dead], return_inverse=True)

    def total(values: Any) -> Any:
        sums = np.zeros(len(feeder), dtype=values.dtype)
        np.add.at(sums, row, values[dead])
        return sums

    return DeadByFeeder(
        feeder=feeder,
        load_count=np.bincount(row, minlength=len(feeder)).astype(np.int64),
        mv_users=total(loads.mv_users),
        lv_customers=total(loads.lv_customers),
        kva=total(loads.kva),
        kw=total(loads.kw),
    )
