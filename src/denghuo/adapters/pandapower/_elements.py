"""pandapower's tables and SimBench's -> the elements of a single line."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
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


# Tables whose rows other tables name.
_REFERRED_TO = frozenset(("line", "trafo"))


@dataclass
class _Elements:
    tables: Tables
    line: SingleLine = field(default_factory=SingleLine)
    buses: dict[str, str] = field(default_factory=dict)  # key -> name
    levels_kv: dict[str, float] = field(default_factory=dict)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    inner: dict[str, tuple[str, Branch]] = field(default_factory=dict)  # node behind a switch -> its bus and the switch
    branch_at: dict[tuple[str, str], int] = field(default_factory=dict)  # (switched element type, key) -> position
    out_of_service: set[str] = field(default_factory=set)  # keys of buses
    left_out: Counter[str] = field(default_factory=Counter)  # rows not in service, by table

    def bus(self, row: Row, column: str) -> str:
        key = row.key(column)
        if key not in self.buses:
            detail = f"The bus {key[:60] or '(blank)'} does not exist; name one of the bus table."
            row.problem(ProblemCode.UNKNOWN_REFERENCE, column, detail)
        return key

    def serving(self, table: str, *buses: str) -> Iterator[tuple[Row, tuple[str, ...]]]:
        """The rows of a table that are in service, as are their buses; with the keys of these buses."""
        columns = ("id", *buses) if table in _REFERRED_TO else buses
        for row in self.tables.of(table, *columns):
            keys = tuple(self.bus(row, column) for column in buses)
            if row.flag("in_service", True) and self.out_of_service.isdisjoint(keys):
                yield row, keys
            else:
                self.left_out[table] += 1

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
        if self.left_out:
            counted = ", ".join(f"{table} {count:,}" for table, count in self.left_out.items())
            self.tables.left_out(f"Rows that are not in service, or at a bus that is not, are left out: {counted}.")
        return self.line


def from_pandapower(tables: Tables) -> SingleLine:
    """A switch at the end of a line or transformer stands between that end and its bus, at a node of its own."""
    elements = _Elements(tables)
    for row in tables.of("bus", "id", "vn_kv"):
        key = row.key("id")
        elements.buses[key] = row.text("name")
        elements.levels_kv[key] = row.number_of("vn_kv")
        if not row.flag("in_service", True):
            elements.out_of_service.add(key)
            elements.left_out["bus"] += 1
        place = _geojson_point(row.text("geo"))
        if place is not None:
            elements.places[key] = place
    for row in tables.of("bus_geodata", "id", "x", "y"):
        elements.places[row.key("id")] = row.number_of("x"), row.number_of("y")
    _pandapower_lines(elements)
    _pandapower_transformers(elements)
    _pandapower_switches(elements)
    _pandapower_loads(elements)
    for row, (bus,) in elements.serving("ext_grid", "bus"):
        elements.line.sources.append(Source(f"ext_grid.{_id(row)}", bus, row.text("name")))
    for row, (bus,) in elements.serving("gen", "bus"):
        if row.flag("slack", False):
            elements.line.sources.append(Source(f"gen.{_id(row)}", bus, row.text("name")))
    rest = ("gen", "sgen", "asymmetric_sgen", "storage", "ward", "xward")
    tables.leave_generation(rest, lambda row: row.flag("slack", False))
    return elements.finish()


def _pandapower_lines(elements: _Elements) -> None:
    for row, ends in elements.serving("line", "from_bus", "to_bus"):
        said, standard = row.text("type"), row.text("std_type")
        is_cable = said == "cs" or (not said and standard.upper().startswith(_CABLES))
        branch = Branch(
            f"line.{row.key('id')}",
            (ends[0], ends[1]),
            BranchKind.CABLE if is_cable else BranchKind.LINE,
            row.text("name"),
            length_km=row.number_of("length_km"),
            amps=row.number_of("max_i_ka") * 1e3 * row.number_of("df", 1.0) * row.number_of("parallel", 1.0),
        )
        elements.add("l", row, branch)
    for table in ("impedance", "tcsc", "dcline"):
        for row, ends in elements.serving(table, "from_bus", "to_bus"):
            branch = Branch(f"{table}.{_id(row)}", (ends[0], ends[1]), BranchKind.LINE, row.text("name"))
            elements.add(table, row, branch)


def _pandapower_transformers(elements: _Elements) -> None:
    for row, ends in elements.serving("trafo", "hv_bus", "lv_bus"):
        branch = Branch(
            f"trafo.{row.key('id')}",
            (ends[0], ends[1]),
            BranchKind.TRANSFORMER,
            row.text("name"),
            rated_kva=row.number_of("sn_mva") * 1e3 * row.number_of("parallel", 1.0),
            winding_kv=(row.number_of("vn_hv_kv"), row.number_of("vn_lv_kv")),
        )
        elements.add("t", row, branch)
    for row in elements.tables.of("trafo3w", "id", "hv_bus", "mv_bus", "lv_bus"):
        if row.flag("in_service", True):
            _three_windings(elements, row)
        else:
            elements.left_out["trafo3w"] += 1


def _three_windings(elements: _Elements, row: Row) -> None:
    """A star: one branch from each winding to a node in the middle."""
    key, name = row.key("id"), row.text("name")
    middle = f"trafo3w.{key}"
    for side in ("hv", "mv", "lv"):
        bus = elements.bus(row, f"{side}_bus")
        if bus in elements.out_of_service:
            elements.left_out["trafo3w"] += 1
            continue
        branch = Branch(
            f"trafo3w.{key}.{side}",
            (bus, middle),
            BranchKind.TRANSFORMER,
            name and f"{name}.{side}",
            rated_kva=row.number_of(f"sn_{side}_mva") * 1e3,
            winding_kv=(row.number_of(f"vn_{side}_kv"), row.number_of("vn_hv_kv")),
        )
        elements.add("t3", row, branch)


def _pandapower_switches(elements: _Elements) -> None:
    known = {
        (kind, row.key("id"))
        for kind, table in (("l", "line"), ("t", "trafo"), ("t3", "trafo3w"))
        for row in elements.tables.rows.get(table, ())
    }
    for row, (bus,) in elements.serving("switch", "bus"):
        what, key = row.text("et"), row.key("element")
        switch = Branch(f"switch.{_id(row)}", (bus, ""), BranchKind.SWITCH, row.text("name"))
        switch.switch_kind = _KINDS.get(row.text("type").upper(), SwitchKind.LOAD_BREAK_SWITCH)
        switch.closed = row.flag("closed", True)
        if what == "b":
            switch.ends = bus, elements.bus(row, "element")
            stands = switch.ends[1] not in elements.out_of_service
        elif (what, key) in known and (what, key) not in elements.branch_at:
            stands = False
        elif _put_at_end(elements, row, switch, what, key):
            stands = True
        else:
            continue  # told
        if stands:
            elements.line.branches.append(switch)
        else:
            elements.left_out["switch"] += 1


def _put_at_end(elements: _Elements, row: Row, switch: Branch, what: str, key: str) -> bool:
    """Move the end of the switched element from its bus to a node of its own behind the switch."""
    if what not in ("l", "t", "t3"):
        detail = f"{what[:20] or '(blank)'} is not a kind of element; write b, l, t or t3."
        row.problem(ProblemCode.BAD_VALUE, "et", detail)
        return False
    first = elements.branch_at.get((what, key))
    if first is None:
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


def _pandapower_loads(elements: _Elements) -> None:
    for row, (bus,) in elements.serving("load", "bus"):
        _load(elements, row, f"load.{_id(row)}", bus=bus, mw=("p_mw",), mvar=("q_mvar",), mva="sn_mva")
    for row, (bus,) in elements.serving("asymmetric_load", "bus"):
        mw, mvar = (tuple(f"{name}_{phase}_{unit}" for phase in "abc") for name, unit in (("p", "mw"), ("q", "mvar")))
        _load(elements, row, f"asymmetric_load.{_id(row)}", bus=bus, mw=mw, mvar=mvar, mva="sn_mva")
    for row, (bus,) in elements.serving("motor", "bus"):
        rated_kw = row.number_of("pn_mech_mw") * 1e3 / row.number_of("efficiency_n_percent", 100.0) * 100.0
        kw = rated_kw * row.number_of("loading_percent", 100.0) / 100.0 * row.number_of("scaling", 1.0)
        kva = rated_kw / row.number_of("cos_phi_n")
        elements.line.loads.append(Load(f"motor.{_id(row)}", bus, row.text("name"), kva=kva, kw=kw))


def _load(
    elements: _Elements, row: Row, identifier: str, *, bus: str, mw: tuple[str, ...], mvar: tuple[str, ...], mva: str
) -> None:
    scale = row.number_of("scaling", 1.0) * 1e3
    kw = sum(row.number_of(column) for column in mw) * scale
    kvar = sum(row.number_of(column, 0.0) for column in mvar) * scale
    rated_kva = row.number_of(mva) * 1e3
    kva = math.hypot(kw, kvar) if math.isnan(rated_kva) else rated_kva
    elements.line.loads.append(Load(identifier, bus, row.text("name"), kva=kva, kw=kw))


def _id(row: Row) -> str:
    """Its identifier; where the table has none, its row."""
    return row.key("id") or str(row.number)


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
        bus = elements.bus(row, "node")
        _load(elements, row, f"load.{row.key('id')}", bus=bus, mw=("pLoad",), mvar=("qLoad",), mva="sR")
        elements.line.loads[-1].name = row.text("id")
    for table in ("ExternalNet", "PowerPlant"):
        for row in tables.of(table, "id", "node"):
            if _holds_voltage(row):
                elements.line.sources.append(Source(row.key("id"), elements.bus(row, "node"), row.text("id")))
    tables.leave_generation(("ExternalNet", "PowerPlant", "RES", "Storage"), _holds_voltage)
    return elements.finish()


def _holds_voltage(row: Row) -> bool:
    """Whether it is the slack of SimBench: voltage magnitude and angle are given."""
    return row.text("calc_type", "vavm" if row.file.startswith("ExternalNet") else "").lower() == "vavm"


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
