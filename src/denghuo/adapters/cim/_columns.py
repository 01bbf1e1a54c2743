"""CIM objects -> the columns of a grid."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from denghuo.adapters.cim._limits import permanent_limits
from denghuo.adapters.cim._stream import CONSUMERS, GENERATORS, LINES, SOURCES, SWITCHES, Objects, to_number
from denghuo.adapters.problems import Problem, ProblemCode, generation_left_out
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
    disconnected: dict[str, str] = field(default_factory=dict)  # terminal -> a node of its own
    phases: dict[str, list[Properties]] = field(default_factory=lambda: defaultdict(list))  # of lines and switches

    def every(self, classes: Iterable[str]) -> Iterable[tuple[str, str, Properties]]:
        for name in sorted(classes):
            for mrid, properties in self.objects.get(name, {}).items():
                if _in_service(properties):
                    yield name, mrid, properties

    def nodes_of(self, mrid: str) -> list[str]:
        return [node for _, node in sorted(self.terminals.get(mrid, []), key=lambda one: one[0])]

    def base_kv(self, properties: Properties) -> float:
        base = self.objects.get("BaseVoltage", {}).get(properties.get("BaseVoltage", ""), {})
        return to_number(base.get("nominalVoltage")) * self.to_kilo

    def add(self, equipment: str, branch: Branch) -> None:
        branch.phases = len(self.phases[equipment]) or 3
        self.branches.append(branch)
        self.equipment.append(equipment)

    def skip(self, equipment: str, properties: Properties, mrid: str, wanted: int) -> None:
        name = properties.get("name") or mrid
        detail = f"{equipment} {name} does not have {wanted} terminals at known nodes and is left out; complete it."
        self.problems.append(Problem(code=ProblemCode.UNKNOWN_REFERENCE, detail=detail, file=self.file))

    def left_out(self, detail: str) -> None:
        self.problems.append(Problem(code=ProblemCode.LEFT_OUT, detail=detail, file=self.file))


def _in_service(properties: Properties) -> bool:
    return not {properties.get("normallyInService", "").lower(), properties.get("inService", "").lower()} & {"false"}


def grid_of(objects: Objects, *, file: str, problems: list[Problem]) -> Grid:
    """The grid of a CIM model; what is left out is added to ``problems``."""
    levels = [to_number(one.get("nominalVoltage")) for one in objects.get("BaseVoltage", {}).values()]
    in_si = max(levels, default=0.0) > _HIGHEST_KV or not objects.get("FullModel")
    columns = _Columns(objects, file, problems, 1e-3 if in_si else 1.0, 1e-3 if in_si else 1e3)
    _terminals(columns)
    _lines(columns)
    _switches(columns)
    _transformers(columns)
    _ratings(columns)
    sources = _connected(columns, SOURCES) or _leading_machines(columns)
    _tell_left_out(columns, taken={mrid for mrid, _, _ in sources})
    return _build(columns, sources)


def _terminals(columns: _Columns) -> None:
    known = {**columns.objects.get("TopologicalNode", {}), **columns.objects.get("ConnectivityNode", {})}
    for mrid, terminal in columns.objects.get("Terminal", {}).items():
        node = terminal.get("ConnectivityNode") or terminal.get("TopologicalNode") or ""
        if node in known:
            # Where nodes are joined by switches, a terminal counts as disconnected when it is merely dead.
            if terminal.get("connected", "").lower() == "false" and not terminal.get("ConnectivityNode"):
                node = columns.disconnected[mrid] = f"{node}@{mrid}"
            number = int(to_number(terminal.get("sequenceNumber"), 0.0))
            columns.terminals[terminal.get("ConductingEquipment", "")].append((number, node))
    for name, owner in (("ACLineSegmentPhase", "ACLineSegment"), ("SwitchPhase", "Switch")):
        for phase in columns.objects.get(name, {}).values():
            if not (phase.get("phase") or phase.get("phaseSide1", "")).endswith(("Kind.N", "Kind.s12N")):
                columns.phases[phase.get(owner, "")].append(phase)


def _lines(columns: _Columns) -> None:
    for equipment, mrid, one in columns.every(LINES):
        nodes = columns.nodes_of(mrid)
        if len(nodes) != 2:
            columns.skip(equipment, one, mrid, 2)
            continue
        length = to_number(one.get("length")) * columns.to_kilo
        columns.add(mrid, Branch(mrid, (nodes[0], nodes[1]), BranchKind.LINE, one.get("name", ""), length_km=length))


def _switches(columns: _Columns) -> None:
    for equipment, mrid, one in columns.every(SWITCHES):
        nodes = columns.nodes_of(mrid)
        if len(nodes) != 2:
            columns.skip(equipment, one, mrid, 2)
            continue
        branch = Branch(mrid, (nodes[0], nodes[1]), BranchKind.SWITCH, one.get("name", ""))
        branch.switch_kind = _KINDS.get(equipment, SwitchKind.LOAD_BREAK_SWITCH)
        branch.closed = not _is_open(one, columns.phases[mrid])
        branch.amps = to_number(one.get("ratedCurrent"))
        columns.add(mrid, branch)


def _is_open(one: Properties, phases: list[Properties]) -> bool:
    """In the normal state; a switch that does not say it of itself may say it of its phases."""
    said = one.get("normalOpen") or one.get("open")
    if said:
        return said.lower() == "true"
    states = [phase.get("normalOpen") or str(phase.get("closed", "true").lower() == "false") for phase in phases]
    return bool(states) and all(state.lower() == "true" for state in states)


def _ratings(columns: _Columns) -> None:
    """What lines and switches may carry for good: the lower of the limit and the rated current."""
    amps = permanent_limits(columns.objects, "CurrentLimit")
    power = permanent_limits(columns.objects, "ApparentPowerLimit")
    for mrid, branch in zip(columns.equipment, columns.branches, strict=True):
        if branch.kind is BranchKind.TRANSFORMER:
            continue  # its nameplate says it
        branch.amps = min(amps.get(mrid, math.inf), math.inf if math.isnan(branch.amps) else branch.amps)
        branch.amps = branch.amps if math.isfinite(branch.amps) else math.nan
        if mrid in power:
            branch.rated_kva = power[mrid] * columns.to_kw


def _tell_left_out(columns: _Columns, *, taken: set[str]) -> None:
    generators = {name: len(columns.objects.get(name, {}).keys() - taken) for name in sorted(GENERATORS)}
    columns.problems.extend(generation_left_out(generators, file=columns.file))
    idle = Counter(
        name
        for name in sorted(LINES | SWITCHES | CONSUMERS | SOURCES | {"PowerTransformer"})
        for one in columns.objects.get(name, {}).values()
        if not _in_service(one)
    )
    if idle:
        counted = ", ".join(f"{name} {count:,}" for name, count in idle.items())
        columns.left_out(f"Equipment that is not in service is left out: {counted}.")
    if columns.disconnected:
        columns.left_out(
            f"Disconnected terminals ({len(columns.disconnected):,}) stay so: what hangs on them alone is dead."
        )


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
    transformers = columns.objects.get("PowerTransformer", {})
    for end in columns.objects.get("PowerTransformerEnd", {}).values():
        if not _in_service(transformers.get(end.get("PowerTransformer", ""), {})):
            continue
        kva = to_number(end.get("ratedS")) * columns.to_kw
        kv = columns.base_kv(end)
        kv = kv if kv == kv else to_number(end.get("ratedU")) * columns.to_kilo
        ends[end.get("PowerTransformer", "")].append(_End(_end_number(end), node_of(end), kv, kva))
    for end in columns.objects.get("TransformerTankEnd", {}).values():
        tank = end.get("TransformerTank", "")
        if not _in_service(transformers.get(tanks.get(tank, {}).get("PowerTransformer", ""), {})):
            continue
        info = tanks.get(tank, {}).get("TransformerTankInfo") or tanks.get(tank, {}).get("AssetDatasheet", "")
        kva = rated.get((info, _end_number(end)), math.nan)
        ends[tank].append(_End(_end_number(end), node_of(end), columns.base_kv(end), kva))
    names = {**transformers, **tanks}
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
        (info.get("TransformerTankInfo", ""), _end_number(info)): to_number(info.get("ratedS")) * columns.to_kw
        for info in columns.objects.get("TransformerEndInfo", {}).values()
    }


def _node_of_terminal(columns: _Columns) -> Any:
    terminals = columns.objects.get("Terminal", {})
    known = {**columns.objects.get("TopologicalNode", {}), **columns.objects.get("ConnectivityNode", {})}

    def node_of(end: Properties) -> str:
        at = end.get("Terminal", "")
        terminal = terminals.get(at, {})
        node = columns.disconnected.get(at) or terminal.get("ConnectivityNode") or terminal.get("TopologicalNode") or ""
        return node if at in columns.disconnected or node in known else ""

    return node_of


def _end_number(end: Properties) -> int:
    return int(to_number(end.get("endNumber"), 0.0))


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


def _leading_machines(columns: _Columns) -> list[tuple[str, Properties, str]]:
    """What feeds a model that names no source: the machines that come first in holding the angle, or all of them."""
    machines = _connected(columns, ("SynchronousMachine",))
    ranks = [int(to_number(one.get("referencePriority"), 0.0)) for _, one, _ in machines]
    first = min((rank for rank in ranks if rank > 0), default=0)
    chosen = [machine for machine, rank in zip(machines, ranks, strict=True) if rank == first or first == 0]
    if chosen:
        names = ", ".join(one.get("name") or mrid for mrid, one, _ in chosen[:8])
        columns.left_out(f"No source is named; {len(chosen):,} of the machines are taken for sources: {names}.")
    return chosen


def _build(columns: _Columns, sources: list[tuple[str, Properties, str]]) -> Grid:
    loads = _connected(columns, CONSUMERS)
    named = {**columns.objects.get("TopologicalNode", {}), **columns.objects.get("ConnectivityNode", {})}
    used = dict.fromkeys(node for ends in columns.terminals.values() for _, node in ends)
    node_names = {mrid: named.get(mrid, {}).get("name", "") for mrid in used}
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
    kw = to_number(one.get("p") or one.get("pfixed")) * columns.to_kw
    kvar = to_number(one.get("q") or one.get("qfixed")) * columns.to_kw
    customers = int(to_number(one.get("customerCount"), 1.0))
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
        place = to_number(point.get("xPosition")), to_number(point.get("yPosition"))
        points[point.get("Location", "")].append((int(to_number(point.get("sequenceNumber"), 0.0)), *place))
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
