"""CIM RDF/XML: a small town written here, the IEEE 123-node feeder, and files that are not what they should be."""

import gzip
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
