"""The network as the prediction sees it: the tree of sections, what fails where, which subtree a tie can take over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import SwitchKind
from denghuo.engines.reliability import _prediction_kernels as kernels
from denghuo.engines.topology import Topology

__all__ = ["Failures", "Model", "build_model"]

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Failures:
    """What fails: one row per branch and kind of failure [failure]; a branch may have several rows.

    ``branch`` position in the grid; ``rate_per_year`` [1/year]; ``repair_h`` until repaired or replaced [h];
    ``upstream_h`` until the rest is back from the normal side and ``tie_h`` until a tie has taken over [h], NaN (or
    left out) where the switches or the defaults decide. A failing switching device counts with the section on its
    supply side.
    """

    branch: NDArray[np.int32]
    rate_per_year: Floats
    repair_h: Floats
    upstream_h: Floats | None = None
    tie_h: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class Transfers:
    """What ties take over: when ``failed`` has failed, ``section`` is back after ``hours``.

    ``whole`` rows stand for the whole subtree of ``section``, the others for that one section. Sorted by ``failed``;
    ``start`` gives the first row of each failed section.
    """

    start: Ints
    failed: Ints
    section: Ints
    hours: Floats
    whole: Flags


@dataclass(frozen=True, kw_only=True)
class Model:
    """Everything in preorder of the supplied sections: parents come first, a subtree is a range (``.. end``).

    ``success`` is the probability that the device feeding a section clears a failure; the failures are sorted by
    section, those of section ``s`` standing at ``start[s] : start[s + 1]``; ``position`` is their place in the
    caller's rows.
    """

    order: Ints
    rank: Ints
    parent: Ints
    end: Ints
    success: Floats
    switch_h: Floats
    start: Ints
    position: Ints
    rate: Floats
    repair: Floats
    upstream: Floats
    tie: Floats
    failure_count: int
    transfers: Transfers
    transfer_success: float
    loop_switch: Ints
    loop_between_sources: Flags

    def indices(self, load_section: Ints) -> tuple[Floats, Floats]:
        """Interruptions and hours a year of loads in the given sections, NaN where the section has no supply."""
        failures, switched, repaired = kernels.failure_sums(
            self.start, self.rate, self.repair, self.upstream, self.switch_h
        )
        moved = self.transfers
        saved = self.transfer_success * kernels.hours_saved(
            self.start, self.rate, self.repair, self.tie, moved.failed, moved.hours
        )
        size = len(self.parent)
        subtree, single = np.zeros(size), np.zeros(size)
        np.add.at(subtree, moved.section[moved.whole], saved[moved.whole])
        np.add.at(single, moved.section[~moved.whole], saved[~moved.whole])
        often, hours = kernels.spread(self.parent, self.success, failures, switched, repaired, subtree, single)
        place = self.rank[load_section]
        return _pick(often, place), _pick(hours, place)

    def weigh(self, section_weight: Floats) -> tuple[Floats, Floats]:
        """Weight interrupted and weight-hours a year by failure, in the caller's order."""
        own = section_weight[self.order]
        below = kernels.subtree_sums(self.parent, own)
        expected = kernels.expected_outage(self.parent, self.success, below)
        moved = self.transfers
        section = self.section
        weight = np.where(moved.whole, below[moved.section], own[moved.section]) * self.transfer_success
        saved = kernels.weight_saved(self.repair, self.tie, section, moved.start, moved.hours, weight)
        upstream = np.fmin(np.where(np.isnan(self.upstream), self.switch_h[section], self.upstream), self.repair)
        hours = (expected[section] - below[section]) * upstream + below[section] * self.repair - saved
        often, spent = np.zeros(self.failure_count), np.zeros(self.failure_count)
        often[self.position] = self.rate * expected[section]
        spent[self.position] = self.rate * hours
        return often, spent

    def matrix(self, load_section: Ints) -> tuple[Floats, Floats]:
        """Interruptions and hours a year of each load (rows) from each failure (columns, in the caller's order)."""
        often, hours = kernels.matrix(
            (self.parent, self.end, self.success),
            self.section,
            (self.rate, self.repair, self.upstream, self.tie),
            self.switch_h,
            (self.transfers.start, self.transfers.section, self.transfers.hours, self.transfers.whole),
            self.transfer_success,
            self.rank[load_section].astype(np.int64),
        )
        shape = (len(load_section), self.failure_count)
        by_caller = np.zeros(shape), np.zeros(shape)
        by_caller[0][:, self.position], by_caller[1][:, self.position] = often, hours
        return by_caller

    @property
    def clears_anything(self) -> bool:
        """Whether any device on the way from the sources clears failures."""
        return bool((self.success[self.parent >= 0] > 0.0).any())

    @property
    def section(self) -> Ints:
        """The section of each failure."""
        return np.repeat(np.arange(len(self.parent)), np.diff(self.start))


@dataclass(frozen=True, kw_only=True)
class _Ties:
    """Every tie seen from both ends: from the ``near`` section over the tie to ``far``, with time and room."""

    near: Ints
    far: Ints
    hours: Floats
    room_kw: Floats
    loop_switch: Ints
    loop_between_sources: Flags


def build_model(
    topology: Topology,
    failures: Failures,
    *,
    upstream_h: float,
    tie_h: float,
    remote_h: float | None,
    success: tuple[float, float, float],
    power_factor: float,
) -> Model:
    """Number the supplied sections, sort the failures into them and find what the ties can take over."""
    _require_valid(failures, len(topology.grid.branches.id), (upstream_h, tie_h, remote_h or 0.0), success)
    tree = topology.normal_tree
    order, rank = tree.order.astype(np.int64), tree.rank.astype(np.int64)
    feeding = tree.parent_switch[order]
    above = tree.parent_section[order]
    parent = np.where(above >= 0, rank[above], -1) if len(rank) else above.astype(np.int64)
    end = np.arange(len(order)) + tree.size[order]
    clears = _clearing(topology, success[0], success[1])
    up_h = _edge_values(_switch_hours(topology, upstream_h, remote_h), feeding, missing=upstream_h)
    tie_times = _switch_hours(topology, tie_h, remote_h)
    ties = _ties(topology, parent, rank, tie_times, power_factor)
    load_kw = topology.section_kw[order]
    transfers = _transfers(parent, end, ties, load_kw, _edge_values(tie_times, feeding, missing=tie_h))
    return Model(
        order=order,
        rank=rank,
        parent=parent,
        end=end,
        success=_edge_values(clears, feeding, missing=1.0),
        switch_h=up_h,
        transfers=transfers,
        transfer_success=success[2],
        loop_switch=ties.loop_switch,
        loop_between_sources=ties.loop_between_sources,
        **_sorted_failures(topology, failures, rank, len(order)),
    )


def _require_valid(
    failures: Failures, branch_count: int, times_h: tuple[float, ...], success: tuple[float, ...]
) -> None:
    if not all(0.0 <= probability <= 1.0 for probability in success):
        raise ValueError(f"probabilities of success must lie in 0..1, not {success}")
    if not all(hours >= 0.0 for hours in times_h):
        raise ValueError(f"switching times must not be negative, not {times_h}")
    if len(failures.branch) and not 0 <= failures.branch.min() <= failures.branch.max() < branch_count:
        raise ValueError(f"failures.branch points outside the {branch_count} branches of the grid")
    for name in ("rate_per_year", "repair_h"):
        values = getattr(failures, name)
        if not (np.isfinite(values) & (values >= 0.0)).all():
            raise ValueError(f"failures.{name} must be finite and not negative")


def _sorted_failures(topology: Topology, failures: Failures, rank: Ints, count: int) -> dict[str, Any]:
    grid = topology.grid
    node = topology.section_of_node
    place = rank[node[grid.branches.from_node[failures.branch]]]
    other = rank[node[grid.branches.to_node[failures.branch]]]
    # Only a switch has two sections; the parent has the lower rank, and -1 is a section without supply.
    place = np.where((other >= 0) & ((other < place) | (place < 0)), other, place)
    position = np.flatnonzero((place >= 0) & (failures.rate_per_year > 0.0))
    position = position[np.argsort(place[position], kind="stable")]
    unknown = np.full(len(failures.branch), np.nan)
    upstream = unknown if failures.upstream_h is None else failures.upstream_h
    tie = unknown if failures.tie_h is None else failures.tie_h
    return {
        "start": np.searchsorted(place[position], np.arange(count + 1)),
        "position": position,
        "rate": failures.rate_per_year[position],
        "repair": failures.repair_h[position],
        "upstream": upstream[position],
        "tie": tie[position],
        "failure_count": len(failures.branch),
    }


def _clearing(topology: Topology, fuse: float, breaker: float) -> Floats:
    kind = topology.grid.switches.kind
    by_breaker = np.isin(kind, (SwitchKind.BREAKER, SwitchKind.RECLOSER))
    return np.where(kind == SwitchKind.FUSE, fuse, np.where(by_breaker, breaker, 0.0))


def _switch_hours(topology: Topology, default_h: float, remote_h: float | None) -> Floats:
    switches = topology.grid.switches
    default = np.where(switches.remote, default_h if remote_h is None else remote_h, default_h)
    return np.where(np.isnan(switches.operating_h), default, switches.operating_h)


def _edge_values(by_switch: Floats, feeding: Ints, *, missing: float) -> Floats:
    values = np.full(len(feeding), missing)
    has_edge = feeding >= 0
    values[has_edge] = by_switch[feeding[has_edge]]
    return values


def _ties(topology: Topology, parent: Ints, rank: Ints, hours: Floats, power_factor: float) -> _Ties:
    """Open switches between supplied sections, and closed ones that close a loop."""
    tree = topology.normal_tree
    one, two = topology.switch_from_section, topology.switch_to_section
    closed = topology.grid.switches.normally_closed
    along_tree = (tree.parent_section[one] == two) | (tree.parent_section[two] == one)
    useful = (one != two) & (rank[one] >= 0) & (rank[two] >= 0) & ~along_tree
    tie = np.flatnonzero(useful)
    near, far = rank[one[tie]], rank[two[tie]]
    both_near, both_far = np.concatenate([near, far]), np.concatenate([far, near])
    root = np.maximum.accumulate(np.where(parent < 0, np.arange(len(parent)), 0))
    rating = np.nan_to_num(topology.grid.branches.rating_kva[topology.grid.switches.branch[tie]], nan=np.inf)
    spare = _spare_kw(topology, rank, root, power_factor)[root[both_far]]
    room = np.minimum(np.tile(rating * power_factor, 2), np.where(root[both_near] == root[both_far], np.inf, spare))
    looping = closed[tie]
    return _Ties(
        near=both_near,
        far=both_far,
        hours=np.tile(hours[tie], 2),
        room_kw=room,
        loop_switch=tie[looping],
        loop_between_sources=(root[near] != root[far])[looping],
    )


def _spare_kw(topology: Topology, rank: Ints, root: Ints, power_factor: float) -> Floats:
    """What each root can carry beyond what it normally does [kW], at the root's place."""
    count = len(root)
    place = rank[topology.source_section]
    capacity = np.nan_to_num(topology.grid.sources.capacity_kva, nan=np.inf) * power_factor
    total, carried = np.zeros(count), np.zeros(count)
    np.add.at(total, root[place], capacity)
    np.add.at(carried, root, topology.section_kw[topology.normal_tree.order])
    return np.maximum(total - carried, 0.0)


def _transfers(parent: Ints, end: Ints, ties: _Ties, load_kw: Floats, edge_h: Floats) -> Transfers:
    child, tie = kernels.tie_reach(parent, end, ties.near, ties.far)
    below = kernels.subtree_sums(parent, load_kw)
    whole_h = np.full(len(parent), np.inf)
    fits = ties.room_kw[tie] >= below[child]
    np.minimum.at(whole_h, child[fits], ties.hours[tie[fits]])
    endless = np.zeros(len(parent), dtype=np.bool_)
    endless[child[np.isinf(ties.room_kw[tie])]] = True
    _chain(whole_h, endless, kernels.sibling_links(parent, end, ties.near, ties.far), ties)
    whole = np.flatnonzero(np.isfinite(whole_h))
    tight = ~fits & np.isinf(whole_h[child])
    part_top, part, part_h = _partial(parent, ties, load_kw, child[tight], tie[tight])
    top = np.concatenate([whole, part_top])
    hours = np.maximum(np.concatenate([whole_h[whole], part_h]), edge_h[top])
    by_failed = np.argsort(parent[top], kind="stable")
    return Transfers(
        start=np.searchsorted(parent[top][by_failed], np.arange(len(parent) + 1)),
        failed=parent[top][by_failed],
        section=np.concatenate([whole, part])[by_failed],
        hours=hours[by_failed],
        whole=(np.arange(len(top)) < len(whole))[by_failed],
    )


def _chain(whole_h: Floats, endless: Flags, links: tuple[Ints, Ints, Ints], ties: _Ties) -> None:
    """Let a subtree be fed through its neighbor below the same failed section, where nothing limits the way."""
    open_links = [
        (int(left), int(right), float(ties.hours[tie]))
        for left, right, tie in zip(*links, strict=True)
        if np.isinf(ties.room_kw[tie])
    ]
    changed = True
    while changed:
        changed = False
        for left, right, hours in open_links:
            through = max(hours, whole_h[right])
            if endless[right] and through < whole_h[left]:
                whole_h[left], endless[left] = through, True
                changed = True


def _partial(parent: Ints, ties: _Ties, load_kw: Floats, child: Ints, tie: Ints) -> tuple[Ints, Ints, Floats]:
    """Sections that ties with too little room for a whole subtree take over, the roomiest tie first."""
    by_parent = np.argsort(parent, kind="stable")
    first = np.searchsorted(parent[by_parent], np.arange(len(parent) + 1))
    tops: list[Ints] = [np.empty(0, dtype=np.int64)]
    parts: list[Ints] = [np.empty(0, dtype=np.int64)]
    hours: list[Floats] = [np.empty(0)]
    load = load_kw
    last = -1
    for pair in np.lexsort((-ties.room_kw[tie], child)):
        top, end_of_tie = int(child[pair]), tie[pair]
        if top != last:
            load, last = load_kw.copy(), top
        taken = kernels.grow_from_tie(
            parent, first, by_parent, load, top, int(ties.near[end_of_tie]), float(ties.room_kw[end_of_tie])
        )
        load[taken] = np.inf
        tops.append(np.full(len(taken), top))
        parts.append(taken)
        hours.append(np.full(len(taken), ties.hours[end_of_tie]))
    return np.concatenate(tops), np.concatenate(parts), np.concatenate(hours)


def _pick(values: Floats, place: Ints) -> Floats:
    picked: Floats = np.full(len(place), np.nan)
    supplied = place >= 0
    picked[supplied] = values[place[supplied]]
    return picked
