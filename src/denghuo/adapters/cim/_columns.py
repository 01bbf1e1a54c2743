"""CIM objects -> the columns of a grid."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from denghuo.adapters.cim._stream import CONSUMERS, LINES, SOURCES, SWITCHES, Objects
from denghuo.adapters.problems import Problem, ProblemCode
from denghuo.adapters.single_line import Branch, Load, SingleLine, Source
from denghuo.engines.grid import BranchKind, Grid, SwitchKind

__all__ = ["grid_of"]

Properties = dict[str, str]

_KINDS = {
    "Breaker": SwitchKind.BREAKER,
    "DisconnectingCircuitBreaker": SwitchKind.BREAKER,
    "Recloser": SwitchKind.RECLOSER,
    "Disconnector": SwitchKind.DISCONNECTOR,
    "Jumper": SwitchKind.DISCONNECTOR,
    "Cut": SwitchKind.DISCONNECTOR,
    "Fuse": SwitchKind.FUSE,
}
# No network has a higher nominal voltage [kV]: a larger number is in volts.
_HIGHEST_KV = 1200.0


@dataclass
class _Columns:
    objects: Objects
    file: str
    problems: list[Problem]
    to_kilo: float  # V, m, W, VA -> kV, km, kW, kVA; 1 where the file is in kilo units
    to_kw: float  # MW, MVA -> kW, kVA where the file is in mega units
    terminals: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    branches: list[Branch] = field(default_factory=list)
    equipment: list[str] = field(default_factory=list)  # of every branch

    def every(self, classes: Iterable[str]) -> Iterable[tuple[str, str, Properties]]:
        for name in sorted(classes):
            for mrid, properties in self.objects.get(name, {}).items():
                if properties.get("normallyInService", "true").lower() != "false":
                    yield name, mrid, properties

    def nodes_of(self, mrid: str) -> list[str]:
        return [node for _, node in sorted(self.terminals.get(mrid, []), key=lambda one: one[0])]

    def base_kv(self, properties: Properties) -> float:
        base = self.objects.get("BaseVoltage", {}).get(properties.get("BaseVoltage", ""), {})
        return _number(base.get("nominalVoltage")) * self.to_kilo

    def add(self, equipment: str, branch: Branch) -> None:
        self.branches.append(branch)
        self.equipment.append(equipment)

    def skip(self, equipment: str, properties: Properties, mrid: str, wanted: int) -> None:
        name = properties.get("name") or mrid
        detail = f"{equipment} {name} does not have {wanted} terminals at known nodes and is left out; complete it."
        self.problems.append(Problem(code=ProblemCode.UNKNOWN_REFERENCE, detail=detail, file=self.file))


def grid_of(objects: Objects, *, file: str, problems: list[Problem]) -> Grid:
    """The grid of a CIM model; what is left out is added to ``problems``."""
    levels = [_number(one.get("nominalVoltage")) for one in objects.get("BaseVoltage", {}).values()]
    in_si = max(levels, default=0.0) > _HIGHEST_KV or not objects.get("FullModel")
    columns = _Columns(objects, file, problems, 1e-3 if in_si else 1.0, 1e-3 if in_si else 1e3)
    _terminals(columns)
    _lines(columns)
    _switches(columns)
    _transformers(columns)
    return _build(columns)


def _terminals(columns: _Columns) -> None:
    known = {**columns.objects.get("TopologicalNode", {}), **columns.objects.get("ConnectivityNode", {})}
    for terminal in columns.objects.get("Terminal", {}).values():
        node = terminal.get("ConnectivityNode") or terminal.get("TopologicalNode") or ""
        if node in known:
            number = int(_number(terminal.get("sequenceNumber"), 0.0))
            columns.terminals[terminal.get("ConductingEquipment", "")].append((number, node))


def _lines(columns: _Columns) -> None:
    for equipment, mrid, one in columns.every(LINES):
        nodes = columns.nodes_of(mrid)
        if len(nodes) != 2:
            columns.skip(equipment, one, mrid, 2)
            continue
        length = _number(one.get("length")) * columns.to_kilo
        columns.add(mrid, Branch(mrid, (nodes[0], nodes[1]), BranchKind.LINE, one.get("name", ""), length_km=length))


def _switches(columns: _Columns) -> None:
    for equipment, mrid, one in columns.every(SWITCHES):
        nodes = columns.nodes_of(mrid)
        if len(nodes) != 2:
            columns.skip(equipment, one, mrid, 2)
            continue
        branch = Branch(mrid, (nodes[0], nodes[1]), BranchKind.SWITCH, one.get("name", ""))
        branch.switch_kind = _KINDS.get(equipment, SwitchKind.LOAD_BREAK_SWITCH)
        branch.closed = (one.get("normalOpen") or one.get("open") or "false").lower() != "true"
        branch.amps = _number(one.get("ratedCurrent"))
        columns.add(mrid, branch)


@dataclass
class _End:
    number: int
    node: str
    kv: float
    kva: float


def _transformers(columns: _Columns) -> None:
    """A transformer is a branch; one made of tanks is a branch for every tank."""
    ends: dict[str, list[_End]] = defaultdict(list)
    tanks = columns.objects.get("TransformerTank", {})
    rated = _tank_ratings(columns)
    node_of = _node_of_terminal(columns)
    for end in columns.objects.get("PowerTransformerEnd", {}).values():
        kva = _number(end.get("ratedS")) * columns.to_kw
        kv = columns.base_kv(end)
        kv = kv if kv == kv else _number(end.get("ratedU")) * columns.to_kilo
        ends[end.get("PowerTransformer", "")].append(_End(_end_number(end), node_of(end), kv, kva))
    for end in columns.objects.get("TransformerTankEnd", {}).values():
        tank = end.get("TransformerTank", "")
        kva = rated.get((tanks.get(tank, {}).get("TransformerTankInfo", ""), _end_number(end)), math.nan)
        ends[tank].append(_End(_end_number(end), node_of(end), columns.base_kv(end), kva))
    names = {**columns.objects.get("PowerTransformer", {}), **tanks}
    for mrid, found in ends.items():
        _windings(columns, mrid, names.get(mrid, {}), sorted((end for end in found if end.node), key=_by_number))


def _by_number(end: _End) -> int:
    return end.number


def _windings(columns: _Columns, mrid: str, one: Properties, ends: list[_End]) -> None:
    """One branch from the first node to every other; the two halves of a center tap share one."""
    others = {end.node: end for end in reversed(ends) if end.node != ends[0].node}
    if not others:
        columns.skip("Transformer", one, mrid, 2)
    for number, other in enumerate(sorted(others.values(), key=_by_number)):
        suffix = "" if number == 0 else f".{other.number}"
        name = one.get("name", "")
        branch = Branch(f"{mrid}{suffix}", (ends[0].node, other.node), BranchKind.TRANSFORMER, name and name + suffix)
        branch.rated_kva = ends[0].kva if number == 0 else other.kva
        branch.winding_kv = (ends[0].kv, other.kv)
        columns.add(one.get("PowerTransformer", mrid), branch)


def _tank_ratings(columns: _Columns) -> dict[tuple[str, int], float]:
    return {
        (info.get("TransformerTankInfo", ""), _end_number(info)): _number(info.get("ratedS")) * columns.to_kw
        for info in columns.objects.get("TransformerEndInfo", {}).values()
    }


def _node_of_terminal(columns: _Columns) -> Any:
    terminals = columns.objects.get("Terminal", {})
    known = {**columns.objects.get("TopologicalNode", {}), **columns.objects.get("ConnectivityNode", {})}

    def node_of(end: Properties) -> str:
        terminal = terminals.get(end.get("Terminal", ""), {})
        node = terminal.get("ConnectivityNode") or terminal.get("TopologicalNode") or ""
        return node if node in known else ""

    return node_of


def _end_number(end: Properties) -> int:
    return int(_number(end.get("endNumber"), 0.0))


def _connected(columns: _Columns, classes: Iterable[str]) -> list[tuple[str, Properties, str]]:
    """Equipment with one terminal: its identifier, what is said of it, and its node."""
    found = []
    for equipment, mrid, one in columns.every(classes):
        nodes = columns.nodes_of(mrid)
        if nodes:
            found.append((mrid, one, nodes[0]))
        else:
            columns.skip(equipment, one, mrid, 1)
    return found


def _build(columns: _Columns) -> Grid:
    loads, sources = _connected(columns, CONSUMERS), _connected(columns, SOURCES)
    named = {**columns.objects.get("TopologicalNode", {}), **columns.objects.get("ConnectivityNode", {})}
    used = dict.fromkeys(node for ends in columns.terminals.values() for _, node in ends)
    node_names = {mrid: named[mrid].get("name", "") for mrid in used}
    branch_ids = _ids([(branch.id, branch.name) for branch in columns.branches])
    for branch, identifier in zip(columns.branches, branch_ids, strict=True):
        branch.id = identifier
    source_ids = _ids([(mrid, one.get("name", "")) for mrid, one, _ in sources])
    load_ids = _ids([(mrid, one.get("name", "")) for mrid, one, _ in loads])
    return SingleLine(
        branches=columns.branches,
        loads=[_load(columns, one, *what) for one, what in zip(load_ids, loads, strict=True)],
        sources=[
            Source(identifier, node, one.get("name", ""), columns.base_kv(one))
            for identifier, (_, one, node) in zip(source_ids, sources, strict=True)
        ],
        feeders=_feeders(columns),
        levels_kv=_said_levels(columns),
        places=_places(columns),
        bus_ids=dict(zip(node_names, _ids(list(node_names.items())), strict=True)),
        bus_names=node_names,
    ).build()


def _load(columns: _Columns, identifier: str, _mrid: str, one: Properties, node: str) -> Load:
    kw = _number(one.get("p") or one.get("pfixed")) * columns.to_kw
    kvar = _number(one.get("q") or one.get("qfixed")) * columns.to_kw
    customers = int(_number(one.get("customerCount"), 1.0))
    return Load(identifier, node, one.get("name", ""), customers=customers, kva=math.hypot(kw, kvar), kw=kw)


def _said_levels(columns: _Columns) -> dict[str, float]:
    """What the equipment at a node says its voltage is."""
    return {
        node: columns.base_kv(one)
        for _, mrid, one in columns.every(LINES | SWITCHES | CONSUMERS | SOURCES)
        for node in columns.nodes_of(mrid)
    }


def _places(columns: _Columns) -> dict[str, tuple[float, float]]:
    """Coordinates of the nodes: the first point of an element is at its first terminal, the last at its last."""
    points: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    for point in columns.objects.get("PositionPoint", {}).values():
        place = _number(point.get("xPosition")), _number(point.get("yPosition"))
        points[point.get("Location", "")].append((int(_number(point.get("sequenceNumber"), 0.0)), *place))
    places: dict[str, tuple[float, float]] = {}
    for _, mrid, one in columns.every(LINES | SWITCHES | SOURCES | CONSUMERS | {"PowerTransformer"}):
        path = sorted(points.get(one.get("Location", ""), []))
        nodes = columns.nodes_of(mrid)
        if path and nodes and (len(path) > 1 or len(nodes) == 1):
            places.setdefault(nodes[0], path[0][1:])
            places.setdefault(nodes[-1], path[-1][1:])
    return places


def _feeders(columns: _Columns) -> list[tuple[str, str, int]]:
    terminals = columns.objects.get("Terminal", {})
    found = []
    for mrid, feeder in columns.objects.get("Feeder", {}).items():
        head = terminals.get(feeder.get("NormalHeadTerminal", ""), {}).get("ConductingEquipment", "")
        if head in columns.equipment:
            found.append((mrid, feeder.get("name", ""), columns.equipment.index(head)))
    ids = _ids([(mrid, name) for mrid, name, _ in found])
    return [(identifier, name, head) for identifier, (_, name, head) in zip(ids, found, strict=True)]


def _ids(pairs: list[tuple[str, str]]) -> list[str]:
    """The name where it is given once, so that people can type it; the mRID otherwise."""
    count = Counter(name for _, name in pairs)
    return [name if name and count[name] == 1 else mrid for mrid, name in pairs]


def _number(text: str | None, default: float = math.nan) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        return default
