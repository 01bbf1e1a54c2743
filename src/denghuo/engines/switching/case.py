"""The case to plan for: what must be dead, in which state the network stands, what counts and how long things take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import Grid, SwitchKind
from denghuo.engines.standards import Basis
from denghuo.engines.switching._kernels import components
from denghuo.engines.switching.circuit import Circuit, compile_circuit
from denghuo.engines.switching.terms import (
    IsolationMode,
    ProblemCode,
    SwitchingError,
    SwitchingProblem,
    SwitchingRules,
    SwitchingTimes,
)
from denghuo.engines.topology import SectionTree, Topology, normal_state

__all__ = ["BREAKS_LOAD", "MS_PER_H", "Case", "Elements", "build_case", "climb", "head_of"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

MS_PER_H = 3_600_000
BREAKS_LOAD = np.array([kind.breaks_load for kind in SwitchKind])
_BREAKS_FAULT = np.array([kind.breaks_fault for kind in SwitchKind])


@dataclass(frozen=True, kw_only=True)
class Elements:
    """What to isolate, by position in the grid's tables or by outer identifier (of a branch, node or load)."""

    nodes: Sequence[int] = ()
    branches: Sequence[int] = ()
    transformers: Sequence[int] = ()
    loads: Sequence[int] = ()
    ids: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """``before`` the state with everybody supplied, ``start`` the one the plan starts from, ``after`` the one it leads
    back to; ``tree`` how supply reached the sections ``before``; ``target`` [section] must be dead; ``counted``
    [section] was supplied before: what was dead before stays as it is. ``weight`` [section] packs the chosen basis and,
    to decide between equals, the other one. ``opens_loaded`` [switch] may be opened with what it carries ``before``."""

    circuit: Circuit
    mode: IsolationMode
    rules: SwitchingRules
    before: Flags
    start: Flags
    after: Flags
    tripped: list[int]
    tree: SectionTree
    target: Flags
    counted: Flags
    weight: Longs
    operating_ms: Longs
    opens_loaded: Flags
    duration_ms: int

    @property
    def topology(self) -> Topology:
        """The topology of the circuit."""
        return self.circuit.topology


def build_case(
    topology: Topology,
    elements: Elements,
    *,
    mode: IsolationMode,
    closed: Flags | None,
    tripped: Sequence[int],
    return_to: Flags | None,
    duration_h: float,
    times: SwitchingTimes,
    rules: SwitchingRules,
) -> Case:
    """Resolve what the caller says into arrays; raise all problems at once."""
    present = normal_state(topology) if closed is None else np.array(closed, dtype=np.bool_)
    target = _target_sections(topology, elements)
    before = present if mode is IsolationMode.PLANNED else _as_supplied(topology, present, target)
    after = before if return_to is None else np.array(return_to, dtype=np.bool_)
    if after.shape != before.shape:
        raise ValueError(f"return_to has shape {after.shape}; the network has {len(before)} switches")
    tree = topology.tree(closed=before)
    fault = mode is IsolationMode.FAULT
    start, opened = _trip(topology, present, target, tripped) if fault else (before, [])
    counted = tree.parent_switch > -2
    return Case(
        circuit=compile_circuit(topology, present=before, rules=rules),
        mode=mode,
        rules=rules,
        before=before,
        start=start,
        after=after,
        tripped=opened,
        tree=tree,
        target=target,
        counted=counted,
        weight=_weight(topology, rules.basis) * counted,
        operating_ms=_operating_ms(topology.grid, times),
        opens_loaded=_opens_loaded(topology, tree),
        duration_ms=round(duration_h * MS_PER_H),
    )


def climb(tree: SectionTree, section: int) -> list[tuple[int, int]]:
    """The way from a section to its source: (switch, section on its far side) from the nearest on."""
    way = []
    while tree.parent_section[section] >= 0:
        way.append((int(tree.parent_switch[section]), section))
        section = int(tree.parent_section[section])
    return way


def _target_sections(topology: Topology, elements: Elements) -> Flags:
    grid = topology.grid
    unknown = _outside(grid, elements)
    nodes, branches = [], []
    for name in elements.ids:
        if name in grid.branch_position:
            branches.append(grid.branch_position[name])
        elif name in grid.node_position:
            nodes.append(grid.node_position[name])
        elif name in grid.load_position:
            nodes.append(int(grid.loads.node[grid.load_position[name]]))
        else:
            unknown.append(name)
    if unknown:
        raise SwitchingError((SwitchingProblem(code=ProblemCode.UNKNOWN_ELEMENT, ids=tuple(unknown)),))
    branches += [*elements.branches, *grid.transformers.branch[list(elements.transformers)].tolist()]
    nodes += [*elements.nodes, *grid.loads.node[list(elements.loads)].tolist()]
    nodes += grid.branches.from_node[branches].tolist() + grid.branches.to_node[branches].tolist()
    if not nodes:
        raise SwitchingError((SwitchingProblem(code=ProblemCode.NOTHING_TO_ISOLATE, ids=()),))
    target = np.zeros(topology.section_count, np.bool_)
    target[topology.section_of_node[nodes]] = True
    holding = grid.sources.id[target[topology.source_section]].tolist()
    if holding:
        raise SwitchingError((SwitchingProblem(code=ProblemCode.HOLDS_SOURCE, ids=tuple(holding)),))
    return target


def _outside(grid: Grid, elements: Elements) -> list[str]:
    """Positions that point outside their table, as text."""
    tables = {
        "nodes": (elements.nodes, len(grid.nodes.id)),
        "branches": (elements.branches, len(grid.branches.id)),
        "transformers": (elements.transformers, len(grid.transformers.branch)),
        "loads": (elements.loads, len(grid.loads.id)),
    }
    return [f"{name}[{at}]" for name, (asked, size) in tables.items() for at in asked if not 0 <= at < size]


def _as_supplied(topology: Topology, present: Flags, target: Flags) -> Flags:
    """The state before the fault: where protection has already left the target dead, the switches of that dead area as
    they stand normally."""
    if (topology.tree(closed=present).parent_switch[target] > -2).any():
        return present
    a, b = ends = topology.switch_from_section, topology.switch_to_section
    component = components(ends, present, topology.section_count)[0]
    dead = np.isin(component, component[target])
    return np.where(dead[a] | dead[b], normal_state(topology), present)


def _trip(topology: Topology, present: Flags, target: Flags, tripped: Sequence[int]) -> tuple[Flags, list[int]]:
    """Open the devices said to have tripped, then the nearest that clear what still feeds the fault."""
    start = present.copy()
    start[list(tripped)] = False
    while True:
        tree = topology.tree(closed=start)
        live = np.flatnonzero(target & (tree.parent_switch > -2))
        if not len(live):
            return start, np.flatnonzero(present & ~start).tolist()
        for section in live.tolist():
            start[_clearing(topology, climb(tree, section))] = False


def _clearing(topology: Topology, way: list[tuple[int, int]]) -> int:
    """The nearest device that clears a fault; where none on the way does, the head of the line, which its station
    protects whatever the data calls it."""
    kinds = topology.grid.switches.kind
    return next((switch for switch, _ in way if _BREAKS_FAULT[kinds[switch]]), head_of(topology, way)[0])


def head_of(topology: Topology, way: list[tuple[int, int]]) -> tuple[int, int]:
    """The head of the line on the way to the source: the feeder's, else the switch next to the source."""
    heads = topology.grid.switch_of_branch[topology.feeders.head_branch]
    return next((step for step in way if step[0] in heads), way[-1])


def _weight(topology: Topology, basis: Basis) -> Longs:
    first, second = topology.section_lv_customers, topology.section_mv_users
    if basis is Basis.MV_USERS:
        first, second = second, first
    weight: Longs = first * np.int64(second.sum() + 1) + second
    return weight


def _opens_loaded(topology: Topology, tree: SectionTree) -> Flags:
    """What breaks load, and fuses with one MV user behind, whose low-voltage side is switched off first."""
    users = np.append(0, np.cumsum(topology.section_mv_users[tree.order]))
    fed = np.flatnonzero(tree.parent_switch >= 0)
    behind = users[tree.rank[fed] + tree.size[fed]] - users[tree.rank[fed]]
    kinds = topology.grid.switches.kind
    has_one = np.zeros(len(kinds), np.bool_)
    has_one[tree.parent_switch[fed[behind <= 1]]] = True
    opens: Flags = BREAKS_LOAD[kinds] | (has_one & (kinds == SwitchKind.FUSE))
    return opens


def _operating_ms(grid: Grid, times: SwitchingTimes) -> Longs:
    hours = np.where(grid.switches.remote, times.remote_h, times.manual_h)
    hours = np.where(np.isnan(grid.switches.operating_h), hours, grid.switches.operating_h)
    whole: Longs = np.rint(hours * MS_PER_H).astype(np.int64)
    return whole
