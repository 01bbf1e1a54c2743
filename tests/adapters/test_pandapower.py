"""pandapower and SimBench tables: small ones written here, and a published network."""

import csv

import numpy as np
import pytest

from denghuo.adapters.models import read_model
from denghuo.adapters.pandapower import read_pandapower
from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.adapters.recognition import FileKind, recognize
from denghuo.engines.grid import BranchKind, Grid, SwitchKind
from denghuo.engines.topology import compile_topology, normal_state, trace
from tests.adapters.pandapower_tables import SIMBENCH, TABLES, as_json, as_workbook, write


def supplied(grid: Grid, **closed: bool) -> list[str]:
    topology = compile_topology(grid)
    state = normal_state(topology)
    for switch, is_closed in closed.items():
        state[grid.switch_position[switch]] = is_closed
    return grid.loads.id[trace(topology, closed=state).load_supplied].tolist()


@pytest.fixture
def town(tmp_path):
    return read_pandapower(write(tmp_path, TABLES))


def test_switches_stand_at_the_ends_they_are_said_to_stand_at(town):
    """QF1 and QS1 in a row at one end of the main line, QL1 and QL2 at the ends of the branch, FU1 at the pole."""
    assert town.switch_id.tolist() == ["QF1", "QS1", "QL1", "QL2", "FU1", "TIE"]
    assert town.switches.kind[:3].tolist() == [
        SwitchKind.BREAKER,
        SwitchKind.DISCONNECTOR,
        SwitchKind.LOAD_BREAK_SWITCH,
    ]
    assert town.switches.normally_closed.tolist() == [True, True, True, False, True, False]
    assert supplied(town) == ["Street"]
    assert supplied(town, QF1=False) == supplied(town, QS1=False) == supplied(town, FU1=False) == []
    assert supplied(town, QL2=True) == ["Street", "Mill"]
    assert supplied(town, QL1=False, TIE=True) == ["Street", "Mill"]


def test_what_lines_transformers_and_loads_say(town):
    at = town.branch_position

    assert "Spare" not in at
    assert (town.branches.kind[at["Main"]], town.branches.kind[at["Branch"]]) == (BranchKind.CABLE, BranchKind.LINE)
    assert town.branches.length_km[[at["Main"], at["Branch"]]].tolist() == [1.5, 0.5]
    assert town.branches.rating_kva[at["Main"]] == pytest.approx(3**0.5 * 10 * 200)
    assert np.isnan(town.branches.rating_kva[at["Branch"]])
    assert town.transformers.rated_kva.tolist() == [400.0]
    assert town.loads.kva.tolist() == [50.0, 500.0]
    assert town.loads.kw.tolist() == [30.0, 300.0]
    assert town.loads.mv_users.tolist() == [1, 1]
    assert town.loads.lv_customers.tolist() == [1, 0]
    assert town.nodes.base_kv[town.node_position["Low"]] == 0.4
    assert town.nodes.x[town.node_position["Station"]] == 1.5
    assert town.nodes.x[town.node_position["Station@QF1"]] == 1.5  # behind its switch, at the same place


def test_json_says_the_same(town, tmp_path):
    path = tmp_path / "net.json"
    path.write_text(as_json(TABLES), encoding="utf-8")
    saved = read_pandapower(path)

    for table in ("nodes", "branches", "switches", "loads", "sources", "transformers"):
        for column, values in vars(getattr(town, table)).items():
            np.testing.assert_array_equal(getattr(getattr(saved, table), column), values, err_msg=f"{table}.{column}")


def test_three_windings_meet_in_the_middle(tmp_path):
    tables = {
        "bus": "id,name,vn_kv\n0,HV,110\n1,MV,20\n2,LV,10\n",
        "trafo3w": "id,name,hv_bus,mv_bus,lv_bus,sn_hv_mva,sn_mv_mva,sn_lv_mva,vn_hv_kv,vn_mv_kv,vn_lv_kv\n"
        "0,T,0,1,2,40,25,15,110,20,10\n",
        "switch": "id,bus,element,et,type,closed,name\n0,1,0,t3,CB,False,QF\n",
        "load": "id,name,bus,p_mw\n0,A,1,1\n1,B,2,1\n",
        "ext_grid": "id,bus\n0,0\n",
    }
    grid = read_pandapower(write(tmp_path, tables))

    assert grid.branches.id.tolist() == ["T.hv", "T.mv", "T.lv", "QF"]
    assert grid.transformers.rated_kva.tolist() == [40e3, 25e3, 15e3]
    assert supplied(grid) == ["B"]
    assert supplied(grid, QF=True) == ["A", "B"]
    assert grid.nodes.base_kv[[grid.node_position[name] for name in ("HV", "MV", "LV")]].tolist() == [110, 20, 10]


def test_simbench_tables(tmp_path):
    grid = read_pandapower(write(tmp_path, SIMBENCH))

    assert grid.branches.id.tolist() == ["L1", "S1"]
    assert grid.branches.kind.tolist() == [BranchKind.CABLE, BranchKind.SWITCH]
    assert grid.branches.rating_kva[0] == pytest.approx(3**0.5 * 20 * 400)
    assert supplied(grid) == []
    assert supplied(grid, S1=True) == ["Village"]
    assert (grid.loads.kw.tolist(), grid.loads.kva.tolist()) == ([300.0], [600.0])
    assert (grid.nodes.x[0], grid.nodes.y[0]) == (11.0, 53.0)


def test_a_workbook_says_the_same(town, tmp_path):
    path = as_workbook(TABLES, tmp_path / "net.xlsx")
    saved = read_model(path)

    assert recognize(path) is FileKind.NETWORK
    for table in ("nodes", "branches", "switches", "loads", "sources", "transformers"):
        for column, values in vars(getattr(town, table)).items():
            np.testing.assert_array_equal(getattr(getattr(saved, table), column), values, err_msg=f"{table}.{column}")


@pytest.mark.parametrize(("heading", "delimiter"), [("", ","), ("Unnamed: 0", ";"), ("index", "\t")])
def test_the_index_that_pandas_writes_is_the_identifier(town, tmp_path, heading, delimiter):
    for name, text in TABLES.items():
        rows = list(csv.reader(text.splitlines()))
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows([[heading, *rows[0][1:]], *rows[1:]])

    assert read_pandapower(tmp_path).branches.id.tolist() == town.branches.id.tolist()


def test_what_hangs_on_a_bus_out_of_service_is_left_out_and_told(tmp_path):
    tables = TABLES | {"bus": TABLES["bus"].replace("2,End,10.0,True", "2,End,10.0,False")}
    notes: list[Problem] = []

    grid = read_pandapower(write(tmp_path, tables), notes=notes)

    assert grid.branches.id.tolist() == ["Main", "T1", "QF1", "QS1", "FU1"]
    assert grid.loads.id.tolist() == ["Street"]
    assert [note.code for note in notes] == [ProblemCode.LEFT_OUT]
    assert "bus 1, line 2, switch 4, load 2" in notes[0].detail


def test_every_kind_of_load_counts_and_generators_are_told(tmp_path):
    tables = TABLES | {
        "asymmetric_load": "id,bus,p_a_mw,p_b_mw,p_c_mw,q_a_mvar,q_b_mvar,q_c_mvar\n0,3,0.001,0.001,0.001,0,0,0.004\n",
        "motor": "id,bus,pn_mech_mw,efficiency_n_percent,cos_phi_n,loading_percent\n0,2,0.09,90,0.8,50\n",
        "gen": "id,bus,p_mw,slack\n0,2,1.5,True\n1,1,0.5,False\n",
        "sgen": "id,bus,p_mw\n0,2,0.25\n1,2,0.5\n",
    }
    notes: list[Problem] = []

    grid = read_pandapower(write(tmp_path, tables), notes=notes)

    assert grid.loads.id.tolist() == ["Street", "Mill", "asymmetric_load.0", "motor.0"]
    assert grid.loads.kw[2:].tolist() == pytest.approx([3.0, 50.0])
    assert grid.loads.kva[2:].tolist() == pytest.approx([5.0, 125.0])
    assert grid.sources.id.tolist() == ["Grid", "gen.0"]  # what holds voltage and angle feeds the network
    assert "(gen 1, sgen 2)" in notes[0].detail


def test_a_plant_of_simbench_is_a_source_only_where_it_holds_the_voltage(tmp_path):
    plants = "id;node;calc_type;pPP\nSlack;Station;vavm;1\nBig;End;pvm;50\n"
    notes: list[Problem] = []

    grid = read_pandapower(write(tmp_path, SIMBENCH | {"PowerPlant": plants}), notes=notes)

    assert grid.sources.id.tolist() == ["Grid", "Slack"]
    assert ["(PowerPlant 1)" in note.detail for note in notes] == [True]


# --- what is wrong is told with its place, all at once


def test_a_file_cut_off_in_a_row_is_told_with_its_row(tmp_path):
    tables = TABLES | {"switch": TABLES["switch"].rpartition(",LBS,True,SPARE")[0]}

    with pytest.raises(ModelError) as caught:
        read_pandapower(write(tmp_path, tables))

    assert [(one.code, one.file, one.row) for one in caught.value.problems] == [
        (ProblemCode.CUT_OFF, "switch.csv", 8),
    ]


def test_a_bad_cell_of_a_workbook_is_told_with_its_sheet(tmp_path):
    tables = TABLES | {"ext_grid": "id,name,bus\n0,Grid,77\n"}

    with pytest.raises(ModelError) as caught:
        read_model(as_workbook(tables, tmp_path / "net.xlsx"))

    assert [str(one) for one in caught.value.problems] == [
        "net.xlsx, sheet ext_grid, row 2, column bus: The bus 77 does not exist; name one of the bus table."
    ]


def test_every_bad_value_is_told_with_file_row_and_column(tmp_path):
    tables = TABLES | {
        "line": "id,name,from_bus,to_bus,length_km,in_service\n0,Main,0,1,long,True\n1,Branch,1,77,0.5,perhaps\n",
        "switch": "id,bus,element,et,closed\n0,0,0,l,True\n1,2,0,l,True\n2,0,9,l,True\n3,0,1,x,True\n",
        "load": "id,name,p_mw\n0,Street,0.1\n",
    }

    with pytest.raises(ModelError) as caught:
        read_pandapower(write(tmp_path, tables))

    assert {(one.code, one.file, one.row, one.column) for one in caught.value.problems} == {
        (ProblemCode.BAD_VALUE, "line.csv", 2, "length_km"),
        (ProblemCode.BAD_VALUE, "line.csv", 3, "in_service"),
        (ProblemCode.UNKNOWN_REFERENCE, "line.csv", 3, "to_bus"),
        (ProblemCode.UNKNOWN_REFERENCE, "switch.csv", 3, "bus"),
        (ProblemCode.UNKNOWN_REFERENCE, "switch.csv", 4, "element"),
        (ProblemCode.BAD_VALUE, "switch.csv", 5, "et"),
        (ProblemCode.MISSING_COLUMN, "load.csv", None, "bus"),
    }


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"bus": 1', ProblemCode.CUT_OFF),
        ("[" * 100_000, ProblemCode.NOT_RECOGNIZED),
        ('{"nodes": []}', ProblemCode.NOT_RECOGNIZED),
        ('{"_object": {"bus": {"_class": "DataFrame", "_object": "{}"}}}', ProblemCode.UNREADABLE),
        ('{"_object": {"bus": {"_class": "DataFrame", "_object": "[1"}}}', ProblemCode.UNREADABLE),
        ('{"_object": {}}', ProblemCode.NO_NETWORK),
        ("\0\0\0", ProblemCode.UNREADABLE),
    ],
)
def test_what_is_no_network_is_refused_with_a_sentence(tmp_path, content, code):
    path = tmp_path / "net.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ModelError) as caught:
        read_pandapower(path)

    assert [one.code for one in caught.value.problems] == [code]


# --- a published network


@pytest.mark.data
def test_an_mv_network_of_simbench_with_open_rings(reference_data):
    grid = read_pandapower(reference_data / "networks" / "simbench" / "1-MV-rural--0-sw")
    topology = compile_topology(grid)
    kinds = np.bincount(grid.branches.kind, minlength=4)

    assert kinds.tolist() == [17, 82, 2, 204]
    assert len(grid.loads.id) == 96
    assert int((~grid.switches.normally_closed).sum()) == 6  # one in each ring
    assert int((grid.switches.kind == SwitchKind.BREAKER).sum()) == 14
    # 97 buses, and one node behind each of the 202 switches that stand at the end of a line or transformer
    assert len(grid.nodes.id) == 97 + 202
    assert trace(topology, closed=normal_state(topology)).load_supplied.all()
    assert np.isfinite(grid.nodes.x).all()
