"""Elements of the OpenDSS engine -> the columns of a grid."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from denghuo.adapters.opendss._script import Script
from denghuo.adapters.problems import Problem, ProblemCode
from denghuo.adapters.single_line import LV_LIMIT_KV, Branch, Load, SingleLine, Source
from denghuo.engines.grid import BranchKind, Grid, SwitchKind

__all__ = ["grid_of"]

Element = dict[str, Any]

_DEFAULT_KV = 12.47  # of a load that names no voltage, as the engine has it

_CIM_KINDS = {
    "Breaker": SwitchKind.BREAKER,
    "Recloser": SwitchKind.RECLOSER,
    "LoadBreakSwitch": SwitchKind.LOAD_BREAK_SWITCH,
    "Disconnector": SwitchKind.DISCONNECTOR,
    "Sectionaliser": SwitchKind.LOAD_BREAK_SWITCH,
    "Fuse": SwitchKind.FUSE,
    "Jumper": SwitchKind.DISCONNECTOR,
    "Cut": SwitchKind.DISCONNECTOR,
}
# Later ones win where a device is named by several controls.
_CONTROL_KINDS = {
    "swtcontrol": SwitchKind.LOAD_BREAK_SWITCH,
    "fuse": SwitchKind.FUSE,
    "relay": SwitchKind.BREAKER,
    "recloser": SwitchKind.RECLOSER,
}
_KM = {"mi": 1.609344, "kft": 0.3048, "km": 1.0, "m": 1e-3, "ft": 0.3048e-3, "in": 25.4e-6, "cm": 1e-5, "mm": 1e-6}


@dataclass
class _Device:
    """What a control says about one terminal of an element."""

    name: str
    kind: SwitchKind
    closed: bool | None = None


@dataclass
class _Columns:
    script: Script
    classes: dict[str, list[Element]]
    branches: list[Branch] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    branch_of_element: dict[str, int] = field(default_factory=dict)
    devices: dict[tuple[str, int], _Device] = field(default_factory=dict)
    opened: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))

    def every(self, name: str) -> list[Element]:
        return [element for element in self.classes.get(name, []) if element.get("enabled", True)]

    def add(self, element: str, branch: Branch) -> None:
        """Keep a branch under a bare name; where that is taken, the class goes before it."""
        if branch.id in self.taken:
            branch.id = element
        self.taken.add(branch.id)
        self.branch_of_element.setdefault(element, len(self.branches))
        self.branches.append(branch)


def grid_of(script: Script, classes: dict[str, list[Element]]) -> Grid:
    """The grid of a circuit; what cannot be said on a single line is added to ``script.problems``."""
    columns = _Columns(script, classes)
    _operations(columns)
    _controls(columns)
    _lines(columns)
    _series(columns)
    _transformers(columns)
    return _build(columns)


def _operations(columns: _Columns) -> None:
    for operation in columns.script.operations:
        conductors = columns.opened[operation.element, operation.terminal]
        wanted = set(range(1, 4)) if operation.conductor == 0 else {operation.conductor}
        if operation.closes:
            conductors -= wanted
        else:
            conductors |= wanted


def _is_opened(columns: _Columns, element: str, terminal: int, phases: int) -> bool:
    conductors = columns.opened.get((element, terminal))
    if not conductors:
        return False
    if len(conductors) >= min(phases, 3):
        return True
    detail = f"{element} is open on some of its phases only; the single-line model keeps it closed."
    columns.script.problems.append(Problem(code=ProblemCode.BAD_VALUE, detail=detail))
    return False


def _controls(columns: _Columns) -> None:
    for control_class, kind in _CONTROL_KINDS.items():
        for control in columns.every(control_class):
            element = str(control.get("switchedobj") or control.get("monitoredobj") or "").lower()
            if not element:
                continue
            terminal = int(control.get("switchedterm") or control.get("monitoredterm") or 1)
            device = columns.devices.setdefault((element, terminal), _Device(control["name"], kind))
            device.name, device.kind = control["name"], kind
            said = control.get("normal") or control.get("state") or control.get("action")
            if said:
                states = [said] if isinstance(said, str) else said
                device.closed = not all(str(state).lower().startswith(("o", "t")) for state in states)


def _lines(columns: _Columns) -> None:
    codes = {code["name"].lower(): code for code in columns.classes.get("linecode", [])}
    for line in columns.classes.get("line", []):
        element = f"line.{line['name'].lower()}"
        enabled, phases = line.get("enabled", True), int(line.get("phases", 3))
        opened = _is_opened(columns, element, 1, phases) | _is_opened(columns, element, 2, phases)
        is_switch = bool(line.get("switch")) or (opened and enabled)
        if not enabled and not is_switch:
            continue
        code = codes.get(str(line.get("linecode", "")).lower(), {})
        branch = _line(line, code)
        if is_switch:
            _as_switch(columns, element, branch, closed=enabled and not opened)
        else:
            branch.ends = _with_devices(columns, element, branch)
        columns.add(element, branch)


def _line(line: Element, code: Element) -> Branch:
    units = line.get("units", "none")
    per_km = _KM.get(units) or _KM.get(code.get("units", "none"), math.nan)
    length = line.get("length", math.nan)
    said = {**code, **line}
    amps = line.get("normamps", math.nan)
    if line.get("linecode") and "normamps" not in code and amps == 400.0:
        amps = math.nan  # the engine's default, not data
    conductors = [str(one).lower() for one in line.get("conductors", [])]
    is_cable = str(line.get("linetype", "")).lower().startswith("ug") or any(
        one.startswith(("cndata", "tsdata")) for one in conductors
    )
    return Branch(
        id=line["name"].lower(),
        ends=(_bus(line.get("bus1")), _bus(line.get("bus2"))),
        kind=BranchKind.CABLE if is_cable else BranchKind.LINE,
        phases=int(line.get("phases", 3)),
        length_km=length * per_km,
        amps=amps,
        failure_rate_per_year=said.get("faultrate", math.nan) * said.get("pctperm", math.nan) / 100.0 * length,
        repair_h=said.get("repair", math.nan),
    )


def _as_switch(columns: _Columns, element: str, branch: Branch, *, closed: bool) -> None:
    branch.kind = BranchKind.SWITCH
    branch.switch_kind = _CIM_KINDS.get(columns.script.cim_classes.get(branch.id, ""), SwitchKind.LOAD_BREAK_SWITCH)
    branch.closed = closed
    for terminal in (1, 2):
        device = columns.devices.get((element, terminal))
        if device is not None:
            branch.switch_kind = device.kind
            branch.closed = closed if device.closed is None else device.closed


def _with_devices(columns: _Columns, element: str, branch: Branch) -> tuple[str, str]:
    """Put the devices at the ends of an element that is no switch itself between it and its bus; its ends then."""
    ends = list(branch.ends)
    for terminal in (1, 2):
        device = columns.devices.get((element, terminal))
        opened = _is_opened(columns, element, terminal, phases=branch.phases)
        if device is None and opened:
            device = _Device(f"{branch.id}_t{terminal}", SwitchKind.LOAD_BREAK_SWITCH)
        if device is None:
            continue
        bus, inner = ends[terminal - 1], f"{ends[terminal - 1]}@{device.name}"
        closed = not opened if device.closed is None else device.closed
        switch = Branch(device.name.lower(), (bus, inner), BranchKind.SWITCH, phases=branch.phases)
        switch.switch_kind, switch.closed = device.kind, closed
        columns.add(f"switch.{device.name.lower()}", switch)
        ends[terminal - 1] = inner
    return ends[0], ends[1]


def _series(columns: _Columns) -> None:
    """Reactors and capacitors between two buses; those to ground are no branches."""
    for name in ("reactor", "capacitor"):
        for one in columns.every(name):
            ends = (_bus(one.get("bus1")), _bus(one.get("bus2") or one.get("bus1")))
            if ends[0] != ends[1]:
                element = f"{name}.{one['name'].lower()}"
                branch = Branch(one["name"].lower(), ends, BranchKind.LINE, phases=int(one.get("phases", 3)))
                branch.ends = _with_devices(columns, element, branch)
                columns.add(element, branch)


def _transformers(columns: _Columns) -> None:
    codes = {code["name"].lower(): code for code in columns.classes.get("xfmrcode", [])}
    for name in ("transformer", "autotrans"):
        for one in columns.every(name):
            code = codes.get(str(one.get("xfmrcode") or "").lower(), {})
            element = f"{name}.{one['name'].lower()}"
            for branch in _windings({**code, **one}):
                if branch.id == one["name"].lower():
                    branch.ends = _with_devices(columns, element, branch)
                columns.add(element, branch)


def _windings(one: Element) -> list[Branch]:
    """One branch from the first bus to every other bus; the two halves of a center tap share one."""
    buses = [_bus(bus) for bus in one.get("bus", [])]
    phases, name = int(one.get("phases", 3)), one["name"].lower()
    levels_kv = one.get("kv") or [math.nan] * len(buses)
    ratings_kva = one.get("kva") or [math.nan] * len(buses)
    connections = one.get("conn") or ["wye"] * len(buses)
    level_of: dict[str, float] = {}
    for bus, kv, connection in zip(buses, levels_kv, connections, strict=False):
        to_neutral = phases == 1 and not str(connection).lower().startswith("d")
        level_of.setdefault(bus, kv * math.sqrt(3) if to_neutral else kv)
    others = [bus for bus in dict.fromkeys(buses) if bus != buses[0]]
    return [
        Branch(
            id=name if number == 0 else f"{name}.{number + 2}",
            ends=(buses[0], other),
            kind=BranchKind.TRANSFORMER,
            phases=phases,
            failure_rate_per_year=one.get("faultrate", math.nan) * one.get("pctperm", math.nan) / 100.0,
            repair_h=one.get("repair", math.nan),
            rated_kva=ratings_kva[0] if number == 0 else ratings_kva[buses.index(other)],
            winding_kv=(level_of.get(buses[0], math.nan), level_of.get(other, math.nan)),
        )
        for number, other in enumerate(others)
    ]


def _bus(text: str | None) -> str:
    """The bus without its phases: ``150.1.2`` -> ``150``."""
    return str(text or "").strip().partition(".")[0].lower()


def _build(columns: _Columns) -> Grid:
    script = columns.script
    branches = [branch for branch in columns.branches if all(branch.ends)]
    sources = [
        Source(one["name"].lower(), _bus(one.get("bus1")) or "sourcebus", kv=float(one.get("basekv", 115.0)))
        for one in _joined(columns, "vsource")
    ]
    return SingleLine(
        branches=branches,
        loads=[_load(one) for one in _joined(columns, "load") if _bus(one.get("bus1"))],
        sources=sources,
        feeders=_feeders(columns, branches),
        bases_kv=script.voltage_bases_kv,
        places=script.coordinates,
    ).build()


def _joined(columns: _Columns, element_class: str) -> list[Element]:
    """The sources or loads that the script has not opened."""
    return [
        one
        for one in columns.every(element_class)
        if not columns.opened.get((f"{element_class}.{one['name'].lower()}", 1))
    ]


def _load(one: Element) -> Load:
    """Connected capacity and demand as the file gives them; the level is that of the load's own rating."""
    kva, kw = one.get("kva", math.nan), one.get("kw", math.nan)
    pf, kvar = abs(one.get("pf", math.nan)), one.get("kvar", math.nan)
    if one.get("xfkva"):
        kva = one["xfkva"]
        kw = kva * one.get("allocationfactor", math.nan) * pf
    elif math.isnan(kva):
        kva = math.hypot(kw, kvar) if math.isnan(pf) else kw / pf if pf else math.nan
    elif math.isnan(kw):
        kw = kva * pf
    return Load(
        one["name"].lower(),
        _bus(one.get("bus1")),
        customers=int(one.get("numcust", 1)),
        is_lv=one.get("kv", _DEFAULT_KV) <= LV_LIMIT_KV,
        kva=float(kva),
        kw=float(kw),
    )


def _feeders(columns: _Columns, branches: list[Branch]) -> list[tuple[str, str, int]]:
    """Energy meters stand at the head of what they measure."""
    position_of = {branch.id: position for position, branch in enumerate(branches)}
    found = []
    for meter in columns.every("energymeter"):
        position = columns.branch_of_element.get(str(meter.get("element") or "").lower())
        head = columns.branches[position].id if position is not None else ""
        if head in position_of:
            found.append((meter["name"].lower(), "", position_of[head]))
    return found
