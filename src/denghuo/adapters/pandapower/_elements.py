"""pandapower's tables and SimBench's -> the elements of a single line."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field

from denghuo.adapters.pandapower._tables import Row, Tables
from denghuo.adapters.problems import ProblemCode
from denghuo.adapters.single_line import Branch, Load, SingleLine, Source
from denghuo.engines.grid import BranchKind, SwitchKind

__all__ = ["from_pandapower", "from_simbench"]

_KINDS = {
    "CB": SwitchKind.BREAKER,
    "LS": SwitchKind.LOAD_BREAK_SWITCH,
    "LBS": SwitchKind.LOAD_BREAK_SWITCH,
    "DS": SwitchKind.DISCONNECTOR,
}
# How the standard cables of both libraries begin; their overhead lines begin with the cross-section.
_CABLES = ("NA", "N2X", "NYY", "NYC", "RHZ")


@dataclass
class _Elements:
    tables: Tables
    line: SingleLine = field(default_factory=SingleLine)
    buses: dict[str, str] = field(default_factory=dict)  # key -> name
    levels_kv: dict[str, float] = field(default_factory=dict)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    inner: dict[str, tuple[str, Branch]] = field(default_factory=dict)  # node behind a switch -> its bus and the switch
    branch_at: dict[tuple[str, str], int] = field(default_factory=dict)  # (switched element type, key) -> position

    def bus(self, row: Row, column: str) -> str:
        key = row.key(column)
        if key not in self.buses:
            detail = f"The bus {key[:60] or '(blank)'} does not exist; name one of the bus table."
            row.problem(ProblemCode.UNKNOWN_REFERENCE, column, detail)
        return key

    def add(self, table: str, row: Row, branch: Branch) -> None:
        self.branch_at.setdefault((table, row.key("id")), len(self.line.branches))
        self.line.branches.append(branch)

    def finish(self) -> SingleLine:
        """Give everything the name people know it by, where that is unique."""
        self.line.levels_kv, self.line.places, self.line.bus_names = self.levels_kv, self.places, self.buses
        count = Counter(name for name in self.buses.values() if name)
        bus_ids = {key: name if count[name] == 1 else key for key, name in self.buses.items()}
        for group in (self.line.branches, self.line.loads, self.line.sources):
            names = Counter(one.name for one in group)
            for one in group:
                one.id = one.name if one.name and names[one.name] == 1 else one.id
        for node, (bus, switch) in self.inner.items():
            bus_ids[node] = f"{bus_ids.get(bus, bus)}@{switch.id}"
        self.line.bus_ids = bus_ids
        return self.line


def from_pandapower(tables: Tables) -> SingleLine:
    """A switch at the end of a line or transformer stands between that end and its bus, at a node of its own."""
    elements = _Elements(tables)
    for row in tables.of("bus", "id", "vn_kv"):
        key = row.key("id")
        elements.buses[key] = row.text("name")
        elements.levels_kv[key] = row.number_of("vn_kv")
        place = _geojson_point(row.text("geo"))
        if place is not None:
            elements.places[key] = place
    for row in tables.of("bus_geodata", "id", "x", "y"):
        elements.places[row.key("id")] = row.number_of("x"), row.number_of("y")
    _pandapower_lines(elements)
    _pandapower_transformers(elements)
    _pandapower_switches(elements)
    for row in tables.of("load", "bus"):
        if row.flag("in_service", True):
            _load(elements, row, bus=elements.bus(row, "bus"), mw="p_mw", mvar="q_mvar", mva="sn_mva")
    for row in tables.of("ext_grid", "bus"):
        if row.flag("in_service", True):
            bus = elements.bus(row, "bus")
            elements.line.sources.append(Source(f"ext_grid.{row.key('id')}", bus, row.text("name")))
    return elements.finish()


def _pandapower_lines(elements: _Elements) -> None:
    for row in elements.tables.of("line", "id", "from_bus", "to_bus"):
        if not row.flag("in_service", True):
            continue
        said, standard = row.text("type"), row.text("std_type")
        is_cable = said == "cs" or (not said and standard.upper().startswith(_CABLES))
        branch = Branch(
            f"line.{row.key('id')}",
            (elements.bus(row, "from_bus"), elements.bus(row, "to_bus")),
            BranchKind.CABLE if is_cable else BranchKind.LINE,
            row.text("name"),
            length_km=row.number_of("length_km"),
            amps=row.number_of("max_i_ka") * 1e3 * row.number_of("df", 1.0) * row.number_of("parallel", 1.0),
        )
        elements.add("l", row, branch)
    for row in elements.tables.of("impedance", "id", "from_bus", "to_bus"):
        if row.flag("in_service", True):
            ends = elements.bus(row, "from_bus"), elements.bus(row, "to_bus")
            branch = Branch(f"impedance.{row.key('id')}", ends, BranchKind.LINE, row.text("name"))
            elements.add("impedance", row, branch)


def _pandapower_transformers(elements: _Elements) -> None:
    for row in elements.tables.of("trafo", "id", "hv_bus", "lv_bus"):
        if row.flag("in_service", True):
            branch = Branch(
                f"trafo.{row.key('id')}",
                (elements.bus(row, "hv_bus"), elements.bus(row, "lv_bus")),
                BranchKind.TRANSFORMER,
                row.text("name"),
                rated_kva=row.number_of("sn_mva") * 1e3 * row.number_of("parallel", 1.0),
                winding_kv=(row.number_of("vn_hv_kv"), row.number_of("vn_lv_kv")),
            )
            elements.add("t", row, branch)
    for row in elements.tables.of("trafo3w", "id", "hv_bus", "mv_bus", "lv_bus"):
        if row.flag("in_service", True):
            _three_windings(elements, row)


def _three_windings(elements: _Elements, row: Row) -> None:
    """A star: one branch from each winding to a node in the middle."""
    key, name = row.key("id"), row.text("name")
    middle = f"trafo3w.{key}"
    for side in ("hv", "mv", "lv"):
        branch = Branch(
            f"trafo3w.{key}.{side}",
            (elements.bus(row, f"{side}_bus"), middle),
            BranchKind.TRANSFORMER,
            name and f"{name}.{side}",
            rated_kva=row.number_of(f"sn_{side}_mva") * 1e3,
            winding_kv=(row.number_of(f"vn_{side}_kv"), row.number_of("vn_hv_kv")),
        )
        elements.add("t3", row, branch)


def _pandapower_switches(elements: _Elements) -> None:
    for row in elements.tables.of("switch", "bus", "element", "et"):
        bus, what, key = elements.bus(row, "bus"), row.text("et"), row.key("element")
        switch = Branch(f"switch.{row.key('id')}", (bus, ""), BranchKind.SWITCH, row.text("name"))
        switch.switch_kind = _KINDS.get(row.text("type").upper(), SwitchKind.LOAD_BREAK_SWITCH)
        switch.closed = row.flag("closed", True)
        if what == "b":
            switch.ends = bus, elements.bus(row, "element")
        elif not _put_at_end(elements, row, switch, what, key):
            continue
        elements.line.branches.append(switch)


def _put_at_end(elements: _Elements, row: Row, switch: Branch, what: str, key: str) -> bool:
    """Move the end of the switched element from its bus to a node of its own behind the switch."""
    if what not in ("l", "t", "t3"):
        detail = f"{what[:20] or '(blank)'} is not a kind of element; write b, l, t or t3."
        row.problem(ProblemCode.BAD_VALUE, "et", detail)
        return False
    first = elements.branch_at.get((what, key))
    if first is None:  # not in service, or not there
        known = elements.tables.rows.get({"l": "line", "t": "trafo", "t3": "trafo3w"}[what], [])
        if all(one.key("id") != key for one in known):
            detail = f"There is no element {key[:60] or '(blank)'} of kind {what}; name one of its table."
            row.problem(ProblemCode.UNKNOWN_REFERENCE, "element", detail)
        return False
    bus = switch.ends[0]
    for branch in elements.line.branches[first : first + (3 if what == "t3" else 1)]:
        for side, end in enumerate(branch.ends):
            if end.partition("@")[0] == bus:
                switch.ends = end, f"{bus}@{switch.id}"
                inner = switch.ends[1]
                elements.inner[inner] = bus, switch
                branch.ends = (inner, branch.ends[1]) if side == 0 else (branch.ends[0], inner)
                place = elements.places.get(bus)
                if place is not None:
                    elements.places[inner] = place
                return True
    detail = f"The element {key[:60]} of kind {what} has no end at bus {bus[:60]}; name the bus it is connected to."
    row.problem(ProblemCode.UNKNOWN_REFERENCE, "bus", detail)
    return False


def _load(elements: _Elements, row: Row, *, bus: str, mw: str, mvar: str, mva: str) -> None:
    scale = row.number_of("scaling", 1.0) * 1e3
    kw, kvar = row.number_of(mw) * scale, row.number_of(mvar, 0.0) * scale
    rated_kva = row.number_of(mva) * 1e3
    kva = math.hypot(kw, kvar) if math.isnan(rated_kva) else rated_kva
    elements.line.loads.append(Load(f"load.{row.key('id')}", bus, row.text("name"), kva=kva, kw=kw))


def _geojson_point(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    try:
        x, y = json.loads(text)["coordinates"][:2]
        return float(x), float(y)
    except (ValueError, KeyError, TypeError):
        return None


def from_simbench(tables: Tables) -> SingleLine:
    """SimBench's own tables: identifiers are names, and every switch already has its node."""
    elements = _Elements(tables)
    places = {
        row.key("id"): (row.number_of("x"), row.number_of("y")) for row in tables.of("Coordinates", "id", "x", "y")
    }
    for row in tables.of("Node", "id", "vmR"):
        key = row.key("id")
        elements.buses[key] = key
        elements.levels_kv[key] = row.number_of("vmR")
        if row.key("coordID") in places:
            elements.places[key] = places[row.key("coordID")]
    _simbench_branches(elements)
    for row in tables.of("Load", "id", "node"):
        _load(elements, row, bus=elements.bus(row, "node"), mw="pLoad", mvar="qLoad", mva="sR")
        elements.line.loads[-1].name = row.text("id")
    for row in tables.of("ExternalNet", "id", "node"):
        elements.line.sources.append(Source(row.key("id"), elements.bus(row, "node"), row.text("id")))
    return elements.finish()


def _simbench_branches(elements: _Elements) -> None:
    tables = elements.tables
    lines = {row.key("id"): row for row in tables.of("LineType", "id")}
    transformers = {row.key("id"): row for row in tables.of("TransformerType", "id")}
    for row in tables.of("Line", "id", "nodeA", "nodeB"):
        ends, standard = (elements.bus(row, "nodeA"), elements.bus(row, "nodeB")), lines.get(row.key("type"))
        branch = Branch(f"line.{row.key('id')}", ends, BranchKind.LINE, row.text("id"))
        branch.length_km = row.number_of("length")
        if standard is not None:
            branch.kind = BranchKind.CABLE if standard.text("type") == "cable" else BranchKind.LINE
            branch.amps = standard.number_of("iMax")
        elements.add("l", row, branch)
    for row in tables.of("Transformer", "id", "nodeHV", "nodeLV"):
        ends, standard = (elements.bus(row, "nodeHV"), elements.bus(row, "nodeLV")), transformers.get(row.key("type"))
        branch = Branch(f"transformer.{row.key('id')}", ends, BranchKind.TRANSFORMER, row.text("id"))
        if standard is not None:
            branch.rated_kva = standard.number_of("sR") * 1e3
            branch.winding_kv = standard.number_of("vmHV"), standard.number_of("vmLV")
        elements.add("t", row, branch)
    for row in tables.of("Switch", "id", "nodeA", "nodeB"):
        ends = elements.bus(row, "nodeA"), elements.bus(row, "nodeB")
        branch = Branch(f"switch.{row.key('id')}", ends, BranchKind.SWITCH, row.text("id"))
        branch.switch_kind = _KINDS.get(row.text("type").upper(), SwitchKind.LOAD_BREAK_SWITCH)
        branch.closed = row.flag("cond", True)
        elements.add("switch", row, branch)
