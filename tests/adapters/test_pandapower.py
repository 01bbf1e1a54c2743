"""pandapower and SimBench tables: small ones written here, and a published network."""

import numpy as np
import pytest

from denghuo.adapters.pandapower import read_pandapower
from denghuo.adapters.problems import ModelError, ProblemCode
from denghuo.engines.grid import BranchKind, Grid, SwitchKind
from denghuo.engines.topology import compile_topology, normal_state, trace
from tests.adapters.pandapower_tables import SIMBENCH, TABLES, as_json, write


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


# --- what is wrong is told with its place, all at once


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
