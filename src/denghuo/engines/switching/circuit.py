"""The network as the switching engine sees it: cells, switches and rated lines, demand and limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import Grid
from denghuo.engines.switching import _kernels
from denghuo.engines.switching._kernels import Forest, Wires
from denghuo.engines.switching.terms import SwitchingRules
from denghuo.engines.topology import Topology

__all__ = ["Circuit", "compile_circuit", "demand_of_loads", "new_forest", "rows_of"]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Circuit:
    """A topology with flows. ``ends`` and ``cell_ends`` are the two sections and the two cells of each switch,
    ``line_ends`` the two cells of each rated line; ``roots`` the cells with a source; ``has_limits`` whether any rating
    or capacity could bind."""

    topology: Topology
    wires: Wires
    ends: tuple[Ints, Ints]
    cell_ends: tuple[Ints, Ints]
    line_ends: tuple[Ints, Ints]
    roots: Ints
    has_limits: bool

    def supply(self, closed: Flags) -> tuple[Forest, int]:
        """Everything supplied when the switches stand as ``closed``: the forest and its number of cells."""
        forest = new_forest(len(self.wires.section), self.topology.section_count)
        return forest, _kernels.seed(self.wires, forest, self.roots, closed)

    def joined(self, closed: Flags) -> Ints:
        """A number for each section [section], the same for all that the closed switches join."""
        number: Ints = _kernels.components(self.ends, closed, self.topology.section_count)[0]
        return number

    def flow_kva(self, closed: Flags) -> Floats:
        """What flows over each switch [kVA] in a radial switching state."""
        forest, filled = self.supply(closed)
        cells = forest.order[:filled]
        edges = forest.parent_edge[cells]
        over_switch = (edges >= 0) & (edges < len(closed))
        flow = np.zeros(len(closed))
        flow[edges[over_switch]] = forest.through_kva[cells[over_switch]]
        return flow


def new_forest(cells: int, sections: int) -> Forest:
    """A forest in which nothing has supply."""
    return Forest(
        order=np.empty(cells, np.int32),
        parent_edge=np.full(cells, _kernels.UNSUPPLIED, np.int32),
        parent=np.full(cells, -1, np.int32),
        through_kva=np.zeros(cells),
        supplied=np.zeros(sections, np.bool_),
    )


def compile_circuit(topology: Topology, *, present: Flags, rules: SwitchingRules) -> Circuit:
    """Build the circuit. A limit that the ``present`` state already passes is taken to bear what it carries now."""
    grid = topology.grid
    demand = demand_of_loads(grid, rules=rules)
    lines = _rated_lines(grid, total_kva=float(demand.sum()))
    cell_of_node, cells = _cells(topology, lines)
    switch_ends = _ends(grid, grid.switches.branch, cell_of_node)
    line_ends = _ends(grid, lines, cell_of_node)
    section = np.zeros(cells, np.int32)
    section[cell_of_node] = topology.section_of_node
    limit = grid.branches.rating_kva[np.concatenate([grid.switches.branch, lines])]
    roots, capacity = _roots(grid, cell_of_node, cells)
    switch_rows = rows_of(*switch_ends, cells, first=0)
    line_rows = rows_of(*line_ends, cells, first=len(grid.switches.branch))
    circuit = Circuit(
        topology=topology,
        wires=Wires(
            section=section,
            line_start=line_rows[0],
            line_edge=line_rows[1],
            line_cell=line_rows[2],
            switch_start=switch_rows[0],
            switch_edge=switch_rows[1],
            switch_cell=switch_rows[2],
            demand_kva=_demand_of_cells(cell_of_node[grid.loads.node], demand, cells),
            limit_kva=np.where(np.isnan(limit), np.inf, limit),
            capacity_kva=capacity,
        ),
        ends=(topology.switch_from_section, topology.switch_to_section),
        cell_ends=switch_ends,
        line_ends=line_ends,
        roots=roots,
        has_limits=bool(np.isfinite(limit).any() or np.isfinite(capacity).any()),
    )
    if circuit.has_limits:
        _bear_present_flow(circuit, present)
    return circuit


def demand_of_loads(grid: Grid, *, rules: SwitchingRules) -> Floats:
    """Demand of each load [kVA], shape [load]: its kW where known (at unity power factor), else its connected kVA times
    ``rules.demand_share``, else 0."""
    kva = np.nan_to_num(grid.loads.kva) * rules.demand_share
    return np.where(np.isnan(grid.loads.kw), kva, grid.loads.kw)


def _rated_lines(grid: Grid, *, total_kva: float) -> Ints:
    """Branches, switches aside, whose rating could bind: one that bears all the demand there is never does."""
    binding = grid.branches.rating_kva < total_kva  # False where NaN
    binding[grid.switches.branch] = False
    return np.flatnonzero(binding).astype(np.int32)


def _cells(topology: Topology, lines: Ints) -> tuple[Ints, int]:
    if not len(lines):
        return topology.section_of_node, topology.section_count
    grid = topology.grid
    joins = np.ones(len(grid.branches.id), np.bool_)
    joins[lines] = False
    joins[grid.switches.branch] = False
    cell, count = _kernels.components((grid.branches.from_node, grid.branches.to_node), joins, len(grid.nodes.id))
    return cell, int(count)


def _demand_of_cells(cell_of_load: Ints, demand_kva: Floats, cells: int) -> Floats:
    total = np.zeros(cells)
    np.add.at(total, cell_of_load, demand_kva)
    return total


def _ends(grid: Grid, branches: Ints, cell_of_node: Ints) -> tuple[Ints, Ints]:
    return cell_of_node[grid.branches.from_node[branches]], cell_of_node[grid.branches.to_node[branches]]


def rows_of(a: Ints, b: Ints, count: int, *, first: int) -> tuple[Ints, Ints, Ints]:
    """Adjacency in compressed rows: (start, edge, cell beyond), edges numbered from ``first`` on. An edge with both
    ends in one cell leads nowhere."""
    edge = np.flatnonzero(a != b).astype(np.int32)
    at = np.concatenate([a[edge], b[edge]])
    beyond = np.concatenate([b[edge], a[edge]])
    order = np.argsort(at, kind="stable")
    start = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(at, minlength=count), out=start[1:])
    return start, np.concatenate([edge, edge])[order] + np.int32(first), beyond[order]


def _roots(grid: Grid, cell_of_node: Ints, cells: int) -> tuple[Ints, Floats]:
    """Cells with a source, and what their sources can carry together [kVA]."""
    at = cell_of_node[grid.sources.node]
    capacity = np.where(np.isnan(grid.sources.capacity_kva), np.inf, grid.sources.capacity_kva)
    roots = np.unique(at).astype(np.int32)
    total = np.full(cells, np.inf)
    total[roots] = 0.0
    np.add.at(total, at, capacity)
    return roots, total


def _bear_present_flow(circuit: Circuit, present: Flags) -> None:
    forest, filled = circuit.supply(present)
    cells = forest.order[:filled]
    edges = forest.parent_edge[cells]
    flow = forest.through_kva[cells]
    fed = edges >= 0
    limit, capacity = circuit.wires.limit_kva, circuit.wires.capacity_kva
    limit[edges[fed]] = np.maximum(limit[edges[fed]], flow[fed])
    capacity[cells[~fed]] = np.maximum(capacity[cells[~fed]], flow[~fed])
