"""From the elements of a foreign model to a :class:`~denghuo.engines.grid.Grid`: what every format needs on the way.

Nodes are the buses that elements hang on; voltage levels spread from where they are said; every user is counted once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import BranchKind, Grid, Ownership, SwitchKind, build_grid

__all__ = ["LV_LIMIT_KV", "Branch", "Load", "SingleLine", "Source"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Positions = NDArray[np.int32]
Flags = NDArray[np.bool_]

LV_LIMIT_KV = 1.0
"""Low voltage ends here [kV] (IEC 60038)."""

_SNAP_SHARE = 0.15


@dataclass
class Branch:
    """A two-ended element. ``amps`` rated current [A]; ``winding_kv`` at a transformer's ends [kV, line to line]."""

    id: str
    ends: tuple[str, str]
    kind: BranchKind
    name: str = ""
    phases: int = 3
    length_km: float = math.nan
    amps: float = math.nan
    rated_kva: float = math.nan
    failure_rate_per_year: float = math.nan
    repair_h: float = math.nan
    switch_kind: SwitchKind = SwitchKind.LOAD_BREAK_SWITCH
    closed: bool = True
    winding_kv: tuple[float, float] = (math.nan, math.nan)


@dataclass
class Load:
    """Somebody supplied. ``customers`` are MV users or LV customers; ``is_lv`` None: by the level of the bus."""

    id: str
    bus: str
    name: str = ""
    customers: int = 1
    is_lv: bool | None = None
    kva: float = math.nan
    kw: float = math.nan


@dataclass
class Source:
    """A point of supply at ``kv`` [kV, line to line]."""

    id: str
    bus: str
    name: str = ""
    kv: float = math.nan


@dataclass
class SingleLine:
    """A model's elements.

    ``levels_kv`` says what is known of buses besides sources and transformers [kV]; ``bases_kv`` names the levels there
    are; ``feeders`` are (id, name, position of the head in ``branches``); ``bus_ids`` says how buses are to be called.
    """

    branches: list[Branch] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    feeders: list[tuple[str, str, int]] = field(default_factory=list)
    levels_kv: Mapping[str, float] = field(default_factory=dict)
    bases_kv: Sequence[float] = ()
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    bus_ids: Mapping[str, str] = field(default_factory=dict)
    bus_names: Mapping[str, str] = field(default_factory=dict)

    def build(self) -> Grid:
        """The grid of these elements. Buses come in the order of sources, branches and loads."""
        buses = [source.bus for source in self.sources]
        buses += [bus for branch in self.branches for bus in branch.ends]
        buses += [load.bus for load in self.loads]
        node_of = {bus: position for position, bus in enumerate(dict.fromkeys(buses))}
        pairs = [[node_of[bus] for bus in branch.ends] for branch in self.branches]
        ends = np.array(pairs, dtype=np.int32).reshape(-1, 2)
        base_kv = self._spread_levels(node_of, ends)
        return build_grid(
            nodes=self._nodes(node_of, base_kv),
            branches=self._branches(ends, base_kv),
            switches=self._switches(),
            transformers=self._transformers(),
            loads=self._loads(node_of, ends, base_kv),
            sources={
                "id": [source.id for source in self.sources],
                "name": [source.name or source.id for source in self.sources],
                "node": [node_of[source.bus] for source in self.sources],
            },
            feeders={
                "id": [identifier for identifier, _, _ in self.feeders],
                "name": [name or identifier for identifier, name, _ in self.feeders],
                "head_branch": [position for *_, position in self.feeders],
            },
        )

    def _spread_levels(self, node_of: Mapping[str, int], ends: Positions) -> Floats:
        """Nominal voltage of every node: one level where lines and switches join, one at each end of a transformer."""
        area = _areas(len(node_of), ends[~self._is_transformer()])
        level = np.full(area.max(initial=-1) + 1, np.nan)
        said = [
            (bus, kv)
            for branch in reversed(self.branches)
            if branch.kind is BranchKind.TRANSFORMER
            for bus, kv in zip(branch.ends, branch.winding_kv, strict=True)
        ]
        said += [(bus, kv) for bus, kv in self.levels_kv.items() if bus in node_of]
        said += [(source.bus, source.kv) for source in self.sources]
        for bus, kv in said:
            if kv == kv:
                level[area[node_of[bus]]] = kv
        return _snapped(level, np.array(self.bases_kv, dtype=float))[area]

    def _is_transformer(self) -> Flags:
        return np.array([branch.kind is BranchKind.TRANSFORMER for branch in self.branches], dtype=bool)

    def _nodes(self, node_of: Mapping[str, int], base_kv: Floats) -> dict[str, Any]:
        places = [self.places.get(bus, (math.nan, math.nan)) for bus in node_of]
        ids = [self.bus_ids.get(bus, bus) for bus in node_of]
        return {
            "id": ids,
            "name": [self.bus_names.get(bus) or shown for bus, shown in zip(node_of, ids, strict=True)],
            "base_kv": base_kv,
            "x": [x for x, _ in places],
            "y": [y for _, y in places],
        }

    def _branches(self, ends: Positions, base_kv: Floats) -> dict[str, Any]:
        every = self.branches
        amps = np.array([branch.amps * branch.phases for branch in every], dtype=float)
        rated_kva = np.array([branch.rated_kva for branch in every], dtype=float)
        return {
            "id": [branch.id for branch in every],
            "name": [branch.name or branch.id for branch in every],
            "from_node": ends[:, 0],
            "to_node": ends[:, 1],
            "kind": [branch.kind for branch in every],
            "length_km": [branch.length_km for branch in every],
            "rating_kva": np.where(np.isnan(rated_kva), base_kv[ends[:, 0]] / math.sqrt(3) * amps, rated_kva),
            "failure_rate_per_year": [branch.failure_rate_per_year for branch in every],
            "repair_h": [branch.repair_h for branch in every],
        }

    def _switches(self) -> dict[str, Any]:
        switches = [(position, one) for position, one in enumerate(self.branches) if one.kind is BranchKind.SWITCH]
        return {
            "branch": [position for position, _ in switches],
            "kind": [one.switch_kind for _, one in switches],
            "normally_closed": [one.closed for _, one in switches],
        }

    def _transformers(self) -> dict[str, Any]:
        positions = np.flatnonzero(self._is_transformer())
        return {
            "branch": positions,
            "rated_kva": [self.branches[position].rated_kva for position in positions],
            "ownership": [Ownership.PUBLIC] * len(positions),
        }

    def _loads(self, node_of: Mapping[str, int], ends: Positions, base_kv: Floats) -> dict[str, Any]:
        node = np.array([node_of[load.bus] for load in self.loads], dtype=np.int32)
        by_bus = base_kv[node] <= LV_LIMIT_KV
        said = [load.is_lv for load in self.loads]
        is_lv = np.array([low if one is None else one for one, low in zip(said, by_bus, strict=True)], dtype=bool)
        customers = np.array([load.customers for load in self.loads], dtype=np.int64)
        return {
            "id": [load.id for load in self.loads],
            "name": [load.name or load.id for load in self.loads],
            "node": node,
            "mv_users": self._mv_users(node, is_lv, customers, ends, base_kv),
            "lv_customers": np.where(is_lv, customers, 0),
            "kva": [load.kva for load in self.loads],
            "kw": [load.kw for load in self.loads],
        }

    def _mv_users(
        self, node: Positions, is_lv: Flags, customers: Integers, ends: Positions, base_kv: Floats
    ) -> Integers:
        """A load on medium voltage is its ``customers``. The transformers on one pole that feed one LV network are
        together one MV user (公变), carried by the first load of that network."""
        mv_users = np.where(is_lv, 0, customers)
        is_transformer = self._is_transformer()
        area = _areas(len(base_kv), ends[~is_transformer])
        low = base_kv <= LV_LIMIT_KV
        poles: dict[int, set[int]] = {}
        for one, other in ends[is_transformer].tolist():
            for primary, secondary in ((one, other), (other, one)):
                if low[secondary] and not low[primary]:
                    poles.setdefault(int(area[secondary]), set()).add(primary)
        for load in np.flatnonzero(is_lv).tolist():
            mv_users[load] = len(poles.pop(int(area[node[load]]), ()))
        return mv_users


def _areas(size: int, ends: Positions) -> Positions:
    """For every node the number of the group that these branches join it to."""
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for pair in ends.tolist():
        low, high = sorted(map(root, pair))
        parent[high] = low
    for node in range(size):  # a parent is never behind its child
        parent[node] = parent[parent[node]]
    return np.array(parent, dtype=np.int32)


def _snapped(level: Floats, bases: Floats) -> Floats:
    """The nearest of the named levels, where one is near."""
    if not len(bases) or not len(level):
        return level
    nearest = bases[np.argmin(np.abs(level[:, None] - bases[None, :]), axis=1)]
    return np.where(np.abs(nearest - level) <= _SNAP_SHARE * level, nearest, level)
