"""The common language of every network engine: a distribution network as frozen columns.

A :class:`Grid` is a set of parallel arrays, one set per component, in the terms of IEC 61970/61968 (CIM).
Inside the engines everything is an integer position into these arrays; the outer identifiers live only here.
The model is single-line: one node per bus whatever its phases (``docs/engines/grid.md`` says why and where that ends).

* ``nodes``         connectivity nodes (busbars, poles, joints, transformer terminals)
* ``branches``      everything with two ends: lines, cables, transformers and switching devices
* ``switches``      the branches that can be opened, with what each may break
* ``transformers``  the branches that transform, public or customer-owned
* ``loads``         who is supplied, on both bases: MV users (DL/T 836) and LV customers (IEEE 1366)
* ``sources``       where supply comes from (a substation busbar, a bulk supply point)
* ``feeders``       named lines, each by the branch at its head

Undefined numbers are NaN, never 0. Arrays are read-only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BranchKind",
    "Branches",
    "Feeders",
    "Finding",
    "FindingCode",
    "Grid",
    "Loads",
    "Nodes",
    "Ownership",
    "Sources",
    "SwitchKind",
    "Switches",
    "Transformers",
    "build_grid",
]

Positions = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
Texts = NDArray[np.str_]


class BranchKind(IntEnum):
    """What a branch is (CIM: ACLineSegment, PowerTransformer, Switch)."""

    LINE = 0
    CABLE = 1
    TRANSFORMER = 2
    SWITCH = 3


class SwitchKind(IntEnum):
    """Switching devices by what they may break (IEC 62271).

    Breakers and reclosers break fault current, load-break switches break load current, disconnectors move only when
    dead, fuses break fault current once and are opened by hand only when dead.
    """

    BREAKER = 0
    RECLOSER = 1
    LOAD_BREAK_SWITCH = 2
    DISCONNECTOR = 3
    FUSE = 4

    @property
    def breaks_load(self) -> bool:
        """Whether the device may be opened while current flows through it."""
        return self in (SwitchKind.BREAKER, SwitchKind.RECLOSER, SwitchKind.LOAD_BREAK_SWITCH)

    @property
    def breaks_fault(self) -> bool:
        """Whether the device clears a fault by itself."""
        return self in (SwitchKind.BREAKER, SwitchKind.RECLOSER, SwitchKind.FUSE)


class Ownership(IntEnum):
    """Who owns a transformer: the utility (公变) or the customer (专变)."""

    PUBLIC = 0
    CUSTOMER = 1


class FindingCode(StrEnum):
    """What can be wrong with a network. Codes, not sentences: words are put at the edge, in the reader's language."""

    DUPLICATE_ID = "duplicate_id"
    EMPTY_ID = "empty_id"
    UNKNOWN_NODE = "unknown_node"
    UNKNOWN_BRANCH = "unknown_branch"
    BOTH_ENDS_AT_ONE_NODE = "both_ends_at_one_node"
    SWITCH_BRANCH_MISMATCH = "switch_branch_mismatch"
    TRANSFORMER_BRANCH_MISMATCH = "transformer_branch_mismatch"
    NEGATIVE_NUMBER = "negative_number"
    NO_SOURCE = "no_source"
    CLOSED_LOOP = "closed_loop"
    SUPPLIED_TWICE = "supplied_twice"
    NOT_SUPPLIED = "not_supplied"
    ISOLATED_NODE = "isolated_node"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing wrong: which code, in which component and field, and the identifiers concerned."""

    code: FindingCode
    component: str
    field: str
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """Connectivity nodes. ``base_kv`` line-to-line [kV]; ``x``, ``y`` drawing or map coordinates, NaN where unknown."""

    id: Texts
    name: Texts
    base_kv: Floats
    x: Floats
    y: Floats


@dataclass(frozen=True, kw_only=True)
class Branches:
    """Two-ended elements. ``from_node`` and ``to_node`` are node positions.

    ``length_km`` [km]; ``rating_kva`` the most apparent power it may carry [kVA], NaN unlimited;
    ``failure_rate_per_year`` permanent failures of the whole branch [1/year]; ``repair_h`` to repair or replace [h].
    """

    id: Texts
    name: Texts
    from_node: Positions
    to_node: Positions
    kind: Codes
    length_km: Floats
    rating_kva: Floats
    failure_rate_per_year: Floats
    repair_h: Floats


@dataclass(frozen=True, kw_only=True)
class Switches:
    """Switching devices. ``branch`` is the position of the device's branch.

    ``operating_h`` is the time to reach and operate this device [h]; NaN takes the default for its kind of control.
    """

    branch: Positions
    kind: Codes
    normally_closed: Flags
    remote: Flags
    operating_h: Floats


@dataclass(frozen=True, kw_only=True)
class Transformers:
    """Distribution and substation transformers. ``branch`` is the position of the transformer's branch."""

    branch: Positions
    rated_kva: Floats
    ownership: Codes


@dataclass(frozen=True, kw_only=True)
class Loads:
    """Who is supplied at a node, on both bases.

    ``mv_users`` counts users as DL/T 836 does (one metered MV customer, or one public distribution transformer);
    ``lv_customers`` counts metered LV customers as IEEE 1366 does. Where several LV loads hang on one public
    transformer, its single MV user is carried by the first of them, so sums over loads are right on both bases.
    ``kva`` connected capacity [kVA]; ``kw`` average demand [kW], NaN where unknown; ``area`` village or district.
    """

    id: Texts
    name: Texts
    node: Positions
    mv_users: NDArray[np.int64]
    lv_customers: NDArray[np.int64]
    kva: Floats
    kw: Floats
    area: Texts


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Points of supply. ``capacity_kva`` is what the source can carry [kVA], NaN unlimited."""

    id: Texts
    name: Texts
    node: Positions
    capacity_kva: Floats


@dataclass(frozen=True, kw_only=True)
class Feeders:
    """Named lines (10 kV 线路), each by ``head_branch``, the position of the branch at its head."""

    id: Texts
    name: Texts
    head_branch: Positions


_T = TypeVar("_T", Nodes, Branches, Switches, Transformers, Loads, Sources, Feeders)

# Column defaults by annotation; a name that is missing repeats the id.
_DEFAULTS: dict[str, Any] = {
    "Texts": "",
    "Floats": np.nan,
    "Positions": -1,
    "Codes": 0,
    "NDArray[np.int64]": 0,
    "Flags": False,
}
_DTYPES: dict[str, Any] = {
    "Texts": np.str_,
    "Floats": np.float64,
    "Positions": np.int32,
    "Codes": np.int8,
    "NDArray[np.int64]": np.int64,
    "Flags": np.bool_,
}
_FIELD_DEFAULTS = {"normally_closed": True}


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A distribution network as columns. Build it with :func:`build_grid`; check it with
    :func:`denghuo.engines.topology.check_grid`."""

    nodes: Nodes
    branches: Branches
    switches: Switches
    transformers: Transformers
    loads: Loads
    sources: Sources
    feeders: Feeders

    @cached_property
    def node_position(self) -> Mapping[str, int]:
        """Node identifier -> position."""
        return _positions(self.nodes.id)

    @cached_property
    def branch_position(self) -> Mapping[str, int]:
        """Branch identifier -> position."""
        return _positions(self.branches.id)

    @cached_property
    def switch_position(self) -> Mapping[str, int]:
        """Identifier of a switching device -> position in ``switches``."""
        return _positions(self.switch_id)

    @cached_property
    def load_position(self) -> Mapping[str, int]:
        """Load identifier -> position."""
        return _positions(self.loads.id)

    @cached_property
    def switch_id(self) -> Texts:
        """Identifiers of the switching devices, in ``switches`` order."""
        return self.branches.id[self.switches.branch]

    @cached_property
    def switch_of_branch(self) -> Positions:
        """For each branch the position of its switching device, -1 where it is none."""
        return _inverse(self.switches.branch, size=len(self.branches.id))

    @cached_property
    def transformer_of_branch(self) -> Positions:
        """For each branch the position of its transformer, -1 where it is none."""
        return _inverse(self.transformers.branch, size=len(self.branches.id))


def _positions(ids: Texts) -> dict[str, int]:
    return {identifier: position for position, identifier in enumerate(ids.tolist())}


def _inverse(positions: Positions, *, size: int) -> Positions:
    inverse = np.full(size, -1, dtype=np.int32)
    inverse[positions] = np.arange(len(positions), dtype=np.int32)
    return inverse


def build_grid(
    *,
    nodes: Mapping[str, Sequence[Any] | NDArray[Any]],
    branches: Mapping[str, Sequence[Any] | NDArray[Any]],
    switches: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None,
    transformers: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None,
    loads: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None,
    sources: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None,
    feeders: Mapping[str, Sequence[Any] | NDArray[Any]] | None = None,
) -> Grid:
    """Build a :class:`Grid` from columns given by name; columns left out take their default.

    Positions (``from_node``, ``branch``, ``node`` ...) are integers into the tables given here. Missing names repeat
    the identifier, missing numbers are NaN, missing counts 0, switches are normally closed unless said otherwise.

    Raises:
        ValueError: a column name that the table does not have, or columns of different lengths.

    Example:
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "pole"]},
        ...     branches={"id": ["QF1"], "from_node": [0], "to_node": [1], "kind": [BranchKind.SWITCH]},
        ...     switches={"branch": [0], "kind": [SwitchKind.BREAKER]},
        ...     loads={"id": ["T1"], "node": [1], "mv_users": [1], "lv_customers": [60]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> grid.switch_position["QF1"], int(grid.loads.lv_customers.sum())
        (0, 60)
    """
    return Grid(
        nodes=_table(Nodes, nodes),
        branches=_table(Branches, branches),
        switches=_table(Switches, switches or {}),
        transformers=_table(Transformers, transformers or {}),
        loads=_table(Loads, loads or {}),
        sources=_table(Sources, sources or {}),
        feeders=_table(Feeders, feeders or {}),
    )


def _table(table: type[_T], columns: Mapping[str, Any]) -> _T:
    names = [field.name for field in fields(table)]
    unknown = sorted(set(columns) - set(names))
    if unknown:
        raise ValueError(f"{table.__name__} has no column {', '.join(unknown)}; it has {', '.join(names)}")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{table.__name__} columns differ in length: {lengths}")
    size = next(iter(lengths.values()), 0)
    built = {}
    for field in fields(table):
        kind = str(field.type)
        default = _FIELD_DEFAULTS.get(field.name, _DEFAULTS[kind])
        if field.name == "name" and "name" not in columns:
            values = columns.get("id", [])
        else:
            values = columns.get(field.name, np.full(size, default))
        array = np.array(values, dtype=_DTYPES[kind])
        array.setflags(write=False)
        built[field.name] = array
    return table(**built)
