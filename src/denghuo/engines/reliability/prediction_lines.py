"""Line tables as the published test systems print them (RBTS, Billinton and Allan), turned into a grid and its
failures.

Each line says what stands at its ends: a fuse or breaker at the from end, disconnects at either end, another supply at
the to end, a transformer there. Options take a whole family of devices away, as the published case studies do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import BranchKind, FindingCode, Grid, SwitchKind, build_grid
from denghuo.engines.reliability.prediction import Prediction, predict_grid
from denghuo.engines.reliability.prediction_model import Failures
from denghuo.engines.topology import compile_topology

__all__ = [
    "Disconnects",
    "EndDevice",
    "LineFinding",
    "RadialLines",
    "RadialLoads",
    "check_lines",
    "grid_of_lines",
    "predict_lines",
]

_NOT_NEGATIVE = (
    "failure_rate_per_year",
    "repair_h",
    "switching_h",
    "alternate_kva",
    "transformer_failure_rate_per_year",
    "transformer_repair_h",
)

Texts = NDArray[np.str_]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class EndDevice(IntEnum):
    """What protects a line at its from end."""

    NONE = 0
    FUSE = 1
    BREAKER = 2


class Disconnects(StrEnum):
    """Where disconnects stand: as the table lists them, nowhere, or at these ends of every main section."""

    AS_LISTED = "as-listed"
    NONE = "none"
    FROM = "from"
    TO = "to"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class RadialLines:
    """Lines of a radial system [line], each directed away from the supply.

    ``from_node``, ``to_node`` node names; ``failure_rate_per_year`` of the whole line [1/year]; ``repair_h``,
    ``switching_h`` [h] (NaN: the default); ``main`` section of the main feeder, else lateral; ``device`` codes of
    :class:`EndDevice` at the from end; ``disconnect_from``, ``disconnect_to``; ``alternate`` another supply behind an
    open switch at the to node, and what it can carry, ``alternate_kva`` (NaN unlimited); ``transformer`` at the to
    node, with ``transformer_failure_rate_per_year`` and ``transformer_repair_h`` (NaN: the default).
    """

    id: Texts
    from_node: Texts
    to_node: Texts
    failure_rate_per_year: Floats
    repair_h: Floats
    switching_h: Floats
    main: Flags
    device: NDArray[np.int8]
    disconnect_from: Flags
    disconnect_to: Flags
    alternate: Flags
    alternate_kva: Floats
    transformer: Flags
    transformer_failure_rate_per_year: Floats
    transformer_repair_h: Floats


@dataclass(frozen=True, kw_only=True)
class RadialLoads:
    """Load points [load]: ``node`` a node of the lines, ``kw`` average demand, ``customers`` metered customers."""

    node: Texts
    kw: Floats
    customers: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class LineFinding:
    """One thing wrong in the tables: which ``table`` (lines or loads), ``row`` (position), ``field`` and value."""

    code: FindingCode
    table: str
    row: int
    field: str
    value: str


def check_lines(lines: RadialLines, loads: RadialLoads) -> list[LineFinding]:
    """Everything that keeps the tables from being a radial system, all rows at once."""
    found: list[LineFinding] = []

    def add(code: FindingCode, table: str, field: str, rows: Any, values: Any) -> None:
        found.extend(LineFinding(code=code, table=table, row=int(r), field=field, value=str(values[r])) for r in rows)

    for table, field, ids in (("lines", "id", lines.id), ("loads", "node", loads.node)):
        add(FindingCode.EMPTY_ID, table, field, np.flatnonzero(ids == ""), ids)
        add(FindingCode.DUPLICATE_ID, table, field, _repeated(ids), ids)
    for field in _NOT_NEGATIVE:
        values = getattr(lines, field)
        add(FindingCode.NEGATIVE_NUMBER, "lines", field, np.flatnonzero(values < 0), values)
    add(FindingCode.NEGATIVE_NUMBER, "loads", "kw", np.flatnonzero(loads.kw < 0), loads.kw)
    add(FindingCode.NEGATIVE_NUMBER, "loads", "customers", np.flatnonzero(loads.customers < 0), loads.customers)
    same = lines.from_node == lines.to_node
    add(FindingCode.BOTH_ENDS_AT_ONE_NODE, "lines", "to_node", np.flatnonzero(same), lines.to_node)
    add(FindingCode.SUPPLIED_TWICE, "lines", "to_node", _repeated(lines.to_node), lines.to_node)
    unknown = ~np.isin(loads.node, np.concatenate([lines.from_node, lines.to_node]))
    add(FindingCode.UNKNOWN_NODE, "loads", "node", np.flatnonzero(unknown), loads.node)
    if not found:
        add(FindingCode.CLOSED_LOOP, "lines", "from_node", _without_root(lines), lines.from_node)
    return found


def grid_of_lines(
    lines: RadialLines,
    loads: RadialLoads,
    *,
    disconnects: Disconnects = Disconnects.AS_LISTED,
    fuses: bool = True,
    alternate: bool = True,
    transformer_failure_rate_per_year: float = 0.015,
    transformer_repair_h: float = 200.0,
    switching_h: float = 1.0,
    upstream_switching_h: float | None = None,
    tie_switching_h: float | None = None,
) -> tuple[Grid, Failures]:
    """Build the grid of line tables and what fails in it.

    A line becomes its end devices and the conductor between them; sources stand at the nodes that no line leads to, and
    behind a normally open switch where a line has an alternate supply. Failures carry the switching time of their line
    (``switching_h`` where it has none) unless ``upstream_switching_h`` or ``tie_switching_h`` say otherwise.

    Raises:
        ValueError: the tables are no radial system; :func:`check_lines` says which rows.
    """
    findings = check_lines(lines, loads)
    if findings:
        raise ValueError(f"{len(findings)} findings, first {findings[0]}")
    build = _Builder(lines, disconnects=disconnects, fuses=fuses, alternate=alternate)
    transformer_rate = _or_default(lines.transformer_failure_rate_per_year, transformer_failure_rate_per_year)
    transformer_repair = _or_default(lines.transformer_repair_h, transformer_repair_h)
    line_at, transformer_at = np.array(build.line_branch), np.flatnonzero(lines.transformer)
    branch = np.concatenate([line_at, np.array(build.transformer_branch, dtype=np.int64)]).astype(np.int32)
    own_h = _or_default(lines.switching_h, switching_h)
    own_h = np.concatenate([own_h, own_h[transformer_at]])
    rate = np.concatenate([lines.failure_rate_per_year, transformer_rate[transformer_at]])
    repair = np.concatenate([lines.repair_h, transformer_repair[transformer_at]])
    failing = rate > 0.0
    failures = Failures(
        branch=branch[failing],
        rate_per_year=rate[failing],
        repair_h=repair[failing],
        upstream_h=(own_h if upstream_switching_h is None else np.full_like(own_h, upstream_switching_h))[failing],
        tie_h=(own_h if tie_switching_h is None else np.full_like(own_h, tie_switching_h))[failing],
    )
    return build.grid(loads, branch, rate, repair), failures


def predict_lines(
    lines: RadialLines,
    loads: RadialLoads,
    *,
    fuse_success: float = 1.0,
    transfer_success: float = 1.0,
    power_factor: float = 0.9,
    **options: Any,
) -> Prediction:
    """Predict a radial system given as line tables.

    The first three as in :func:`~denghuo.engines.reliability.prediction.predict_grid`, ``options`` as in
    :func:`grid_of_lines`.
    """
    grid, failures = grid_of_lines(lines, loads, **options)
    return predict_grid(
        compile_topology(grid),
        failures=failures,
        fuse_success=fuse_success,
        transfer_success=transfer_success,
        power_factor=power_factor,
    )


class _Builder:
    """Collects nodes, branches and switches line by line."""

    def __init__(self, lines: RadialLines, *, disconnects: Disconnects, fuses: bool, alternate: bool) -> None:
        names = np.unique(np.concatenate([lines.from_node, lines.to_node])).tolist()
        self.nodes: list[str] = names
        self.place = {name: position for position, name in enumerate(names)}
        self.load_place = dict(self.place)
        self.roots = sorted(set(lines.from_node.tolist()) - set(lines.to_node.tolist()))
        self.sources = [(root, self.place[root], np.nan) for root in self.roots]
        self.branches: list[tuple[str, int, int, BranchKind]] = []
        self.switches: list[tuple[int, SwitchKind, bool]] = []
        self.line_branch: list[int] = []
        self.transformer_branch: list[int] = []
        ends = _disconnect_ends(lines, disconnects)
        for row in range(len(lines.id)):
            self._add_line(lines, row, ends[0][row], ends[1][row], fuses)
            if alternate and lines.alternate[row]:
                self._add_alternate(str(lines.id[row]), self.place[str(lines.to_node[row])], lines.alternate_kva[row])
            if lines.transformer[row]:
                self._add_transformer(str(lines.id[row]), str(lines.to_node[row]))

    def _add_line(self, lines: RadialLines, row: int, at_from: bool, at_to: bool, fuses: bool) -> None:
        name, here = str(lines.id[row]), self.place[str(lines.from_node[row])]
        there = self.place[str(lines.to_node[row])]
        device = EndDevice(int(lines.device[row]))
        if device is EndDevice.BREAKER:
            here = self._switch(f"{name}:breaker", here, self._node(f"{name}:1"), SwitchKind.BREAKER)
        elif device is EndDevice.FUSE and fuses:
            here = self._switch(f"{name}:fuse", here, self._node(f"{name}:1"), SwitchKind.FUSE)
        if at_from:
            here = self._switch(f"{name}:from", here, self._node(f"{name}:2"), SwitchKind.DISCONNECTOR)
        last = self._node(f"{name}:3") if at_to else there
        self.line_branch.append(self._branch(name, here, last, BranchKind.LINE))
        if at_to:
            self._switch(f"{name}:to", last, there, SwitchKind.DISCONNECTOR)

    def _add_alternate(self, name: str, node: int, kva: float) -> None:
        supply = self._node(f"{name}:alternate")
        self.sources.append((f"{name}:alternate", supply, kva))
        self._switch(f"{name}:tie", supply, node, SwitchKind.LOAD_BREAK_SWITCH, closed=False)

    def _add_transformer(self, name: str, node: str) -> None:
        behind = self._node(f"{name}:lv")
        branch = self._branch(f"{name}:transformer", self.place[node], behind, BranchKind.TRANSFORMER)
        self.transformer_branch.append(branch)
        self.load_place[node] = behind

    def _node(self, name: str) -> int:
        self.nodes.append(name)
        return len(self.nodes) - 1

    def _branch(self, name: str, here: int, there: int, kind: BranchKind) -> int:
        self.branches.append((name, here, there, kind))
        return len(self.branches) - 1

    def _switch(self, name: str, here: int, there: int, kind: SwitchKind, *, closed: bool = True) -> int:
        self.switches.append((self._branch(name, here, there, BranchKind.SWITCH), kind, closed))
        return there

    def grid(self, loads: RadialLoads, failing: NDArray[np.int32], rate: Floats, repair: Floats) -> Grid:
        """The collected columns as a grid."""
        rates, repairs = np.zeros(len(self.branches)), np.full(len(self.branches), np.nan)
        rates[failing], repairs[failing] = rate, repair
        branches = list(zip(*self.branches, strict=True))
        switches: list[Any] = list(zip(*self.switches, strict=True)) or [[], [], []]
        transformers = self.transformer_branch
        return build_grid(
            nodes={"id": self.nodes},
            branches={
                "id": branches[0],
                "from_node": branches[1],
                "to_node": branches[2],
                "kind": branches[3],
                "failure_rate_per_year": rates,
                "repair_h": repairs,
            },
            switches={"branch": switches[0], "kind": switches[1], "normally_closed": switches[2]},
            transformers={"branch": transformers},
            loads={
                "id": loads.node,
                "node": [self.load_place[name] for name in loads.node.tolist()],
                "mv_users": np.ones(len(loads.node), dtype=np.int64),
                "lv_customers": loads.customers,
                "kw": loads.kw,
            },
            sources=dict(zip(("id", "node", "capacity_kva"), zip(*self.sources, strict=True), strict=True)),
        )


def _disconnect_ends(lines: RadialLines, disconnects: Disconnects) -> tuple[Flags, Flags]:
    if disconnects is Disconnects.AS_LISTED:
        return lines.disconnect_from, lines.disconnect_to
    at_from = lines.main & (disconnects in (Disconnects.FROM, Disconnects.BOTH))
    at_to = lines.main & (disconnects in (Disconnects.TO, Disconnects.BOTH))
    return at_from, at_to


def _or_default(values: Floats, default: float) -> Floats:
    return np.where(np.isnan(values), default, values)


def _repeated(ids: Texts) -> NDArray[np.int64]:
    """Rows whose identifier stands in an earlier row already."""
    first = np.unique(ids, return_index=True)[1]
    return np.setdiff1d(np.arange(len(ids)), first)


def _without_root(lines: RadialLines) -> list[int]:
    """Lines that no source leads to: they hang on a ring of their own."""
    line_to = {node: row for row, node in enumerate(lines.to_node.tolist())}
    before = [line_to.get(node, -1) for node in lines.from_node.tolist()]
    reached = [start < 0 for start in before]
    waiting = list(range(len(before)))
    while True:
        found = [row for row in waiting if not reached[row] and reached[before[row]]]
        if not found:
            return [row for row in waiting if not reached[row]]
        for row in found:
            reached[row] = True
        waiting = [row for row in waiting if not reached[row]]
