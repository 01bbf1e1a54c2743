"""CIM RDF/XML: a small town written here, the IEEE 123-node feeder, and files that are not what they should be."""

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from denghuo.adapters.cim import read_cim
from denghuo.adapters.opendss import read_opendss
from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.engines.grid import BranchKind, Grid, SwitchKind
from denghuo.engines.topology import compile_topology, normal_state, trace
from tests.adapters.cim_town import HEAD, Town, small_town

IEEE123 = Path(__file__).parent / "data" / "ieee123" / "123Bus"


def loads_dead_behind(grid: Grid) -> list[int]:
    topology = compile_topology(grid)
    counts = []
    for switch in range(len(grid.switches.branch)):
        closed = normal_state(topology)
        closed[switch] = False
        counts.append(int((~trace(topology, closed=closed).load_supplied).sum()))
    return counts


def supplied(grid: Grid) -> list[str]:
    topology = compile_topology(grid)
    return grid.loads.id[trace(topology, closed=normal_state(topology)).load_supplied].tolist()


def test_a_small_town(tmp_path):
    grid = read_cim(small_town().write(tmp_path / "town.xml"))
    at = grid.branch_position
    node = grid.node_position

    assert set(at) == {"qf1", "l1", "f1", "t1"}
    assert grid.branches.kind[[at["qf1"], at["l1"], at["t1"]]].tolist() == [
        BranchKind.SWITCH,
        BranchKind.LINE,
        BranchKind.TRANSFORMER,
    ]
    assert grid.branches.length_km[at["l1"]] == 1.5
    assert grid.branches.rating_kva[at["qf1"]] == pytest.approx(3**0.5 * 10 * 400)
    assert dict(zip(grid.switch_id.tolist(), grid.switches.kind.tolist(), strict=True)) == {
        "qf1": SwitchKind.BREAKER,
        "f1": SwitchKind.FUSE,
    }
    assert grid.switches.normally_closed[grid.switch_position["f1"]] == np.False_
    assert grid.nodes.base_kv[[node["BUS"], node["LOW"]]].tolist() == [10.0, 0.4]
    assert (grid.nodes.x[node["A"]], grid.nodes.y[node["B"]]) == (1.0, 4.0)
    assert grid.transformers.rated_kva.tolist() == [400.0]
    street, mill = grid.load_position["street"], grid.load_position["mill"]
    assert grid.loads.mv_users[[street, mill]].tolist() == [1, 1]
    assert grid.loads.lv_customers[[street, mill]].tolist() == [42, 0]
    assert (grid.loads.kw[street], grid.loads.kva[street]) == (80.0, 100.0)
    assert (grid.feeders.id.tolist(), grid.feeders.head_branch.tolist()) == (["east"], [at["qf1"]])


def test_a_name_given_twice_gives_way_to_the_mrid(tmp_path):
    town = small_town()
    town.add("ACLineSegment", "L2", IdentifiedObject__name="l1", Conductor__length=1.0)
    for number, node in enumerate(("A", "C"), start=1):
        town.add(
            "Terminal",
            f"L2_T{number}",
            Terminal__ConductingEquipment="@L2",
            Terminal__ConnectivityNode=f"@{node}",
            ACDCTerminal__sequenceNumber=number,
        )

    grid = read_cim(town.write(tmp_path / "town.xml"))

    assert {"L1", "L2"} <= set(grid.branch_position)
    assert grid.branches.name[grid.branch_position["L2"]] == "l1"


def test_a_model_in_kilovolts_and_megawatts(tmp_path):
    """CGMES gives kV, km, MW and MVA; its files say so by their model header."""
    text = small_town().text()
    for volts in ("10000.0", "400.0"):
        text = text.replace(f"nominalVoltage>{volts}<", f"nominalVoltage>{float(volts) / 1e3}<")
    for si, mega in (("length>1500.0<", "length>1.5<"), ("p>80000.0<", "p>0.08<"), ("ratedS>400000.0<", "ratedS>0.4<")):
        text = text.replace(si, mega)
    text = text.replace("<cim:BaseVoltage ", '<md:FullModel rdf:about="urn:uuid:1"/>\n<cim:BaseVoltage ', 1)
    path = tmp_path / "cgmes.xml"
    path.write_text(text, encoding="utf-8")

    grid = read_cim(path)

    assert grid.branches.length_km[grid.branch_position["l1"]] == 1.5
    assert grid.nodes.base_kv[grid.node_position["BUS"]] == 10.0
    assert grid.loads.kw[grid.load_position["street"]] == pytest.approx(80.0)
    assert grid.transformers.rated_kva.tolist() == [400.0]


def test_profiles_in_files_of_their_own_are_one_model(tmp_path):
    town = small_town()
    first, second = Town(), Town()
    first.parts, second.parts = town.parts[:10], town.parts[10:]
    paths = [first.write(tmp_path / "eq.xml"), second.write(tmp_path / "tp.xml")]

    assert read_cim(paths).branches.id.tolist() == read_cim(town.write(tmp_path / "all.xml")).branches.id.tolist()


def test_what_hangs_in_the_air_is_told_and_left_out(tmp_path):
    town = small_town()
    town.equipment("ACLineSegment", "LOOSE", "A", "NOWHERE")
    notes: list[Problem] = []

    grid = read_cim(town.write(tmp_path / "town.xml"), notes=notes)

    assert "loose" not in grid.branch_position
    assert [note.code for note in notes] == [ProblemCode.UNKNOWN_REFERENCE]
    assert "loose" in notes[0].detail


def limit(town: Town, identifier: str, amps: float, *, duration_s: float | None = None, **kind: object) -> None:
    """A current limit in the set ``SET``."""
    if duration_s is not None:
        kind["OperationalLimitType__acceptableDuration"] = duration_s
    town.add("OperationalLimitType", f"{identifier}_TYPE", **kind)
    town.add(
        "CurrentLimit",
        identifier,
        OperationalLimit__OperationalLimitSet="@SET",
        OperationalLimit__OperationalLimitType=f"@{identifier}_TYPE",
        CurrentLimit__value=amps,
    )


@pytest.mark.parametrize("named_by", ["terminal", "equipment", "set"])
def test_the_permanent_limit_rates_a_line_whichever_side_names_the_other(tmp_path, named_by):
    town = small_town()
    link = {"equipment": {"OperationalLimitSet__Equipment": "@L1"}, "set": {"OperationalLimitSet__Terminal": "@L1_T1"}}
    town.add("OperationalLimitSet", "SET", IdentifiedObject__name="x", **link.get(named_by, {}))
    limit(town, "NORMAL", 300.0, duration_s=5e9)
    limit(town, "SOON", 250.0, OperationalLimitType__limitType="LimitTypeKind.patl")
    limit(town, "EMERGENCY", 200.0, duration_s=7200)
    limit(town, "SHORT", 100.0, OperationalLimitType__limitType="LimitTypeKind.tatl")
    text = town.text()
    if named_by == "terminal":
        text = text.replace(
            '<cim:Terminal rdf:ID="_L1_T1">',
            '<cim:Terminal rdf:ID="_L1_T1"><cim:ACDCTerminal.OperationalLimitSet rdf:resource="#_SET"/>',
        )
    path = tmp_path / "town.xml"
    path.write_text(text, encoding="utf-8")

    grid = read_cim(path)

    assert grid.branches.rating_kva[grid.branch_position["l1"]] == pytest.approx(3**0.5 * 10 * 250)


def test_phases_rate_a_line_and_say_the_state_of_a_switch_that_does_not(tmp_path):
    town = small_town()
    town.equipment("Recloser", "R1", "B", "C", Switch__ratedCurrent=100.0, ConductingEquipment__BaseVoltage="@HV")
    for phase, is_open in (("A", "true"), ("B", "true"), ("N", "true")):
        town.add(
            "SwitchPhase",
            f"R1_{phase}",
            SwitchPhase__Switch="@R1",
            SwitchPhase__normalOpen=is_open,
            SwitchPhase__phaseSide1=f"SinglePhaseKind.{phase}",
        )

    grid = read_cim(town.write(tmp_path / "town.xml"))

    assert not grid.switches.normally_closed[grid.switch_position["r1"]]
    assert grid.branches.rating_kva[grid.branch_position["r1"]] == pytest.approx(2 * 10 / 3**0.5 * 100)


def test_a_disconnected_terminal_and_equipment_out_of_service(tmp_path):
    town = small_town()
    town.equipment("ACLineSegment", "SPARE", "BUS", "C", Equipment__inService="false")
    text = town.text().replace(
        '<cim:Terminal rdf:ID="_MILL_T1">',
        '<cim:Terminal rdf:ID="_MILL_T1"><cim:ACDCTerminal.connected>false</cim:ACDCTerminal.connected>',
    )
    path = tmp_path / "town.xml"
    text = text.replace("normalOpen>true<", "normalOpen>false<")
    path.write_text(text.replace("ConnectivityNode", "TopologicalNode"), encoding="utf-8")
    notes: list[Problem] = []

    grid = read_cim(path, notes=notes)

    assert "spare" not in grid.branch_position
    assert supplied(grid) == ["street"]
    assert [note.code for note in notes] == [ProblemCode.LEFT_OUT, ProblemCode.LEFT_OUT]
    assert "ACLineSegment 1" in notes[0].detail
    assert "terminals (1)" in notes[1].detail
    # Between switches the terminal of what is dead is often called disconnected; the switches say it themselves.
    path.write_text(text, encoding="utf-8")
    assert supplied(read_cim(path)) == ["street", "mill"]


def test_generation_is_told_and_feeds_only_where_nothing_else_does(tmp_path):
    town = small_town()
    town.equipment("PowerElectronicsConnection", "PV", "LOW")
    for name, priority in (("G1", 2), ("G2", 1)):
        town.equipment("SynchronousMachine", name, "C", SynchronousMachine__referencePriority=priority)
    notes: list[Problem] = []
    fed = read_cim(town.write(tmp_path / "fed.xml"), notes=notes)
    town.parts = [part for part in town.parts if "EnergySource" not in part]
    alone = read_cim(town.write(tmp_path / "alone.xml"))

    assert fed.sources.id.tolist() == ["grid"]
    assert [note.code for note in notes] == [ProblemCode.LEFT_OUT]
    assert "(PowerElectronicsConnection 1, SynchronousMachine 2)" in notes[0].detail
    assert alone.sources.id.tolist() == ["g2"]


def test_the_other_ways_of_writing_rdf_say_the_same(tmp_path):
    """Classes said by rdf:type, and objects written inside of those that refer to them."""
    plain = small_town().text()
    typed = re.sub(
        r'<cim:(\w+) rdf:ID="(_\w+)">(.*?)</cim:\1>',
        r'<rdf:Description rdf:about="#\2"><rdf:type rdf:resource="http://iec.ch/TC57/CIM100#\1"/>\3</rdf:Description>',
        plain,
        flags=re.DOTALL,
    )
    breaker = re.search(r'<cim:Breaker rdf:ID="_QF1">.*?</cim:Breaker>\n', plain, flags=re.DOTALL)
    assert breaker is not None
    refers = '<cim:Terminal.ConductingEquipment rdf:resource="#_QF1"/>'
    whole = refers.replace(' rdf:resource="#_QF1"/>', f">{breaker[0]}</cim:Terminal.ConductingEquipment>")
    nested = plain.replace(breaker[0], "").replace(refers, whole, 1)
    grids = []
    for name, text in (("plain", plain), ("typed", typed), ("nested", nested)):
        path = tmp_path / f"{name}.xml"
        path.write_text(text, encoding="utf-8")
        grids.append(read_cim(path))

    assert "rdf:ID" not in typed
    for grid in grids[1:]:
        assert grid.branches.id.tolist() == grids[0].branches.id.tolist()
        np.testing.assert_array_equal(grid.branches.rating_kva, grids[0].branches.rating_kva)


# --- files that are not what they should be


BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><x y="&b;">&b;</x></rdf:RDF>'
)
OUTSIDE = (
    '<?xml version="1.0"?>\n<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&x;</rdf:RDF>'
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ProblemCode.EMPTY),
        (BOMB.encode(), ProblemCode.REFUSED),
        (OUTSIDE.encode(), ProblemCode.REFUSED),
        (BOMB.encode("utf-16"), ProblemCode.REFUSED),
        (BOMB.replace('"1.0"', '"1.0" encoding="utf-7"', 1).encode(), ProblemCode.REFUSED),
        (b"\x80\x81" * 5000, ProblemCode.UNREADABLE),
        (b"<html><body>Not found</body></html>", ProblemCode.NOT_RECOGNIZED),
        ((HEAD + "</rdf:RDF>").encode(), ProblemCode.NO_NETWORK),
        (small_town().text().encode()[:2000], ProblemCode.CUT_OFF),
        (small_town().text().replace("</cim:Breaker>", "</cim:Braker>").encode(), ProblemCode.UNREADABLE),
        (gzip.compress(small_town().text().encode())[:600], ProblemCode.CUT_OFF),
        (gzip.compress(b"x" * 50, mtime=0) + b"rubbish", ProblemCode.UNREADABLE),
    ],
)
def test_what_is_no_cim_model_is_refused_with_a_sentence(tmp_path, content, code):
    path = tmp_path / "model.xml"
    path.write_bytes(content)

    with pytest.raises(ModelError) as caught:
        read_cim(path)

    assert caught.value.problems[0].code is code
    assert caught.value.problems[0].file == "model.xml"


def test_an_object_without_end_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "model.xml.gz"
    with gzip.open(path, "wt", compresslevel=1) as stream:
        stream.write(HEAD + "<x>")
        for _ in range(60):
            stream.write("a" * 2**20)

    with pytest.raises(ModelError) as caught:
        read_cim(path)

    assert caught.value.problems[0].code is ProblemCode.TOO_LARGE


# --- the reference model


@pytest.mark.data
def test_ieee123_is_the_same_network_as_in_opendss(reference_data):
    cim = read_cim(reference_data / "networks" / "ieee123_cim100.xml.gz")
    dss = read_opendss(IEEE123 / "IEEE123Switches.dss")

    for table in ("nodes", "branches", "loads"):
        assert set(getattr(cim, table).id.tolist()) == set(getattr(dss, table).id.tolist())
    assert cim.switch_id.tolist() == dss.switch_id.tolist()
    assert cim.switches.normally_closed.tolist() == dss.switches.normally_closed.tolist()
    assert loads_dead_behind(cim) == loads_dead_behind(dss) == [91, 52, 16, 38, 10, 0, 0, 0]
    assert np.nansum(cim.branches.length_km) == pytest.approx(np.nansum(dss.branches.length_km))
    assert cim.loads.kva.sum() == pytest.approx(dss.loads.kva.sum())
    assert cim.transformers.rated_kva.sum() == pytest.approx(dss.transformers.rated_kva.sum())
    assert np.isfinite(cim.nodes.x).all()
