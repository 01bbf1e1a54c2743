"""Which devices can have opened, how often each does, and who hangs behind it: the tree in which outages are sought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import BranchKind, Grid, SwitchKind
from denghuo.engines.locate import _kernels
from denghuo.engines.topology import SectionTree, Topology, compile_topology, normal_state

__all__ = ["Candidates", "OpeningRates", "compile_candidates"]

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LOW_VOLTAGE_BELOW_KV = 1.0

_BY_ITSELF = {
    SwitchKind.BREAKER: 0.006,
    SwitchKind.RECLOSER: 0.006,
    SwitchKind.LOAD_BREAK_SWITCH: 0.003,
    SwitchKind.DISCONNECTOR: 0.003,
    SwitchKind.FUSE: 0.006,
}


@dataclass(frozen=True, kw_only=True)
class OpeningRates:
    """How often things fail and devices open, where the network does not say [1/year]; only ratios matter much.

    ``line_per_km_year``, ``cable_per_km_year``, ``transformer_per_year`` for branches without a rate of their own
    (lines below 1 kV count nothing: what fails there takes out a part of a load, not all of it).
    ``by_itself_per_year`` openings by kind of device without a fault behind it, fuses that age and contacts that burn
    included. ``passed_on_share`` of the faults that a device should clear are cleared by the next one instead.
    ``transformers_protected``: a distribution transformer without a fuse of its own in the network has one all the
    same, and is a candidate itself. Defaults in the order of R. N. Allan et al. (1991).
    """

    line_per_km_year: float = 0.10
    cable_per_km_year: float = 0.05
    transformer_per_year: float = 0.015
    by_itself_per_year: Mapping[SwitchKind, float] = field(default_factory=lambda: dict(_BY_ITSELF))
    passed_on_share: float = 0.05
    transformers_protected: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """What can have opened in one switching state. Build it with :func:`compile_candidates`; nothing in it changes.

    A *cut* is a set of loads that some device takes out alone; devices in a row with the same loads behind them are one
    cut, for no report tells them apart. Cuts stand in preorder: ``parent`` [cut] (-1 none) comes before its children,
    and those behind ``c`` are ``c + 1 .. end[c]``. ``rate_per_year`` [cut] how often it opens.

    ``member_branch``, ``member_rate_per_year``, ``member_cut`` [member] the devices, by branch of the grid, those of
    cut ``c`` at ``member_start[c] : member_start[c + 1]``, the likeliest first. ``cut_of_load`` [load] the innermost
    cut, -1 where none is on its way. ``supplied`` [load]. The loads behind ``c`` are
    ``load_order[load_start[c] : load_start[end[c]]]``.
    """

    topology: Topology
    parent: Ints
    end: Ints
    rate_per_year: Floats
    member_start: Ints
    member_branch: Ints
    member_cut: Ints
    member_rate_per_year: Floats
    cut_of_load: Ints
    supplied: Flags
    load_order: Ints
    load_start: Ints

    def __len__(self) -> int:
        return len(self.parent)

    def loads_behind(self, cut: int) -> Ints:
        """Positions of the loads that are out when ``cut`` opens."""
        return np.sort(self.load_order[self.load_start[cut] : self.load_start[self.end[cut]]])

    def cut_of_branch(self, branch: int) -> int:
        """The cut that a device belongs to, -1 where it is no candidate."""
        found = np.flatnonzero(self.member_branch == branch)
        return int(self.member_cut[found[0]]) if len(found) else -1


def compile_candidates(
    topology: Topology, *, closed: Flags | None = None, rates: OpeningRates | None = None
) -> Candidates:
    """Every device that can have taken supply away from somebody, as the switches stand now.

    Args:
        topology: The compiled network.
        closed: Which switches are closed [switch], as far as is known; by default the normal state. What is without
            supply in this state is known to be out and not sought again.
        rates: How often what fails; rates of the grid itself go before.

    Returns:
        The cuts. A closed switch in a loop or between two sources takes nobody out alone and is no candidate.

    Raises:
        ValueError: not exactly one state per switch.

    Example:
        >>> from denghuo.engines.grid import BranchKind, SwitchKind, build_grid
        >>> from denghuo.engines.topology import compile_topology
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a", "b", "c"]},
        ...     branches={
        ...         "id": ["QF1", "FU1", "FU2"],
        ...         "from_node": [0, 1, 1],
        ...         "to_node": [1, 2, 3],
        ...         "kind": [BranchKind.SWITCH] * 3,
        ...     },
        ...     switches={"branch": [0, 1, 2], "kind": [SwitchKind.BREAKER, SwitchKind.FUSE, SwitchKind.FUSE]},
        ...     loads={"id": ["T1", "T2"], "node": [2, 3], "lv_customers": [60, 40]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> found = compile_candidates(compile_topology(grid))
        >>> found.parent.tolist(), [found.loads_behind(cut).tolist() for cut in range(len(found))]
        ([-1, 0, 0], [[0, 1], [0], [1]])
    """
    rates = OpeningRates() if rates is None else rates
    state = normal_state(topology) if closed is None else np.asarray(closed, dtype=np.bool_)
    divided, state, branch = _divided(topology, state, rates)
    tree = divided.tree(closed=state)
    feeding = tree.parent_switch[tree.order]
    above = tree.parent_section[tree.order]
    parent = np.where(above >= 0, tree.rank[above], -1).astype(np.int64)
    behind = np.cumsum(np.concatenate([[0], divided.section_load_count[tree.order]]))
    place = np.arange(len(parent))
    behind = behind[place + tree.size[tree.order]] - behind[place]
    device = np.where(feeding >= 0, branch[feeding], -1) if len(branch) else np.full(len(parent), -1)
    kind, is_transformer = _kinds(divided.grid, device)
    clears = np.isin(kind, [code for code in SwitchKind if code.breaks_fault])
    candidate = (feeding >= 0) & ~tree.has_second_supply[tree.order] & (behind > 0)
    candidate &= ~(is_transformer & _kernels.shielded(parent, behind, candidate & clears & ~is_transformer))
    own, by_itself = _rates(divided, tree, parent, device, (kind, is_transformer), rates)
    rate = _kernels.rate_of_cuts(parent, own, by_itself, candidate, clears, rates.passed_on_share)
    innermost, member, cut_parent = _kernels.number_cuts(parent, behind, candidate)
    return _assemble(topology, divided, tree, (innermost, member, cut_parent), device, rate)


def _divided(topology: Topology, state: Flags, rates: OpeningRates) -> tuple[Topology, Flags, Ints]:
    """The network cut at switches and at distribution transformers, its state, and the branch of each place to cut."""
    grid = topology.grid
    if state.shape != grid.switches.branch.shape:
        raise ValueError(f"closed has shape {state.shape}; the network has {len(grid.switches.branch)} switches")
    lv_side = np.fmin(grid.nodes.base_kv[grid.branches.from_node], grid.nodes.base_kv[grid.branches.to_node])
    protected = (grid.branches.kind == BranchKind.TRANSFORMER) & ~(lv_side >= LOW_VOLTAGE_BELOW_KV)
    added = (
        np.flatnonzero(protected & (grid.switch_of_branch < 0)) if rates.transformers_protected else np.empty(0, int)
    )
    count = len(added)
    switches = replace(
        grid.switches,
        branch=np.concatenate([grid.switches.branch, added]).astype(np.int32),
        kind=np.concatenate([grid.switches.kind, np.full(count, SwitchKind.FUSE)]).astype(np.int8),
        normally_closed=np.concatenate([grid.switches.normally_closed, np.ones(count, np.bool_)]),
        remote=np.concatenate([grid.switches.remote, np.zeros(count, np.bool_)]),
        operating_h=np.concatenate([grid.switches.operating_h, np.full(count, np.nan)]),
    )
    divided = compile_topology(replace(grid, switches=switches))
    return divided, np.concatenate([state, np.ones(count, np.bool_)]), switches.branch


def _kinds(grid: Grid, device: Ints) -> tuple[Ints, Flags]:
    """Kind of the device that feeds each place, -1 none, and whether it is a transformer."""
    fed = np.flatnonzero(device >= 0)
    kind, is_transformer = np.full(len(device), -1), np.zeros(len(device), np.bool_)
    kind[fed] = grid.switches.kind[grid.switch_of_branch[device[fed]]]
    is_transformer[fed] = grid.branches.kind[device[fed]] == BranchKind.TRANSFORMER
    return kind, is_transformer


def _rates(
    divided: Topology, tree: SectionTree, parent: Ints, device: Ints, kinds: tuple[Ints, Flags], rates: OpeningRates
) -> tuple[Floats, Floats]:
    """What fails in each place, and how often the device that feeds it opens by itself [1/year]."""
    grid = divided.grid
    kind, is_transformer = kinds
    of_branch = _failures_per_year(grid, rates)
    inside = np.flatnonzero(grid.switch_of_branch < 0)
    own = np.zeros(divided.section_count)
    np.add.at(own, divided.section_of_node[grid.branches.from_node[inside]], of_branch[inside])
    own = own[tree.order]
    by_itself = np.zeros(len(parent))
    for code, per_year in rates.by_itself_per_year.items():
        by_itself[(kind == code) & ~is_transformer] = per_year
    own[is_transformer] += of_branch[device[is_transformer]]
    fails = (device >= 0) & ~is_transformer & (parent >= 0)
    np.add.at(own, parent[fails], of_branch[device[fails]])  # a failing switch counts with its supply side
    return own, by_itself


def _failures_per_year(grid: Grid, rates: OpeningRates) -> Floats:
    kind, known = grid.branches.kind, grid.branches.failure_rate_per_year
    per_km = np.select(
        [kind == BranchKind.LINE, kind == BranchKind.CABLE], [rates.line_per_km_year, rates.cable_per_km_year], 0.0
    )
    default = per_km * np.nan_to_num(grid.branches.length_km)
    default[grid.nodes.base_kv[grid.branches.from_node] < LOW_VOLTAGE_BELOW_KV] = 0.0
    default[kind == BranchKind.TRANSFORMER] = rates.transformer_per_year
    return np.where(np.isnan(known), default, known)


def _assemble(
    topology: Topology, divided: Topology, tree: SectionTree, cuts: tuple[Ints, Ints, Ints], device: Ints, rate: Floats
) -> Candidates:
    innermost, member, parent = cuts
    count = len(parent)
    place = np.flatnonzero(member >= 0)
    place = place[np.lexsort((-rate[place], member[place]))]
    at = tree.rank[divided.load_section]
    cut_of_load = np.where(at >= 0, innermost[at], -1) if len(innermost) else np.full(len(at), -1)
    behind = np.flatnonzero(cut_of_load >= 0)
    load_order = behind[np.argsort(cut_of_load[behind], kind="stable")]
    columns = {
        "parent": parent,
        "end": _kernels.ends_of(parent),
        "rate_per_year": np.bincount(member[place], weights=rate[place], minlength=count).astype(np.float64),
        "member_start": np.searchsorted(member[place], np.arange(count + 1)),
        "member_branch": device[place].astype(np.int64),
        "member_cut": member[place],
        "member_rate_per_year": rate[place],
        "cut_of_load": cut_of_load,
        "supplied": at >= 0,
        "load_order": load_order,
        "load_start": np.searchsorted(cut_of_load[load_order], np.arange(count + 1)),
    }
    for column in columns.values():
        column.setflags(write=False)
    return Candidates(topology=topology, **columns)
