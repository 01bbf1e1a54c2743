"""OpenDSS models: small ones written here, the IEEE 123-node feeder that travels along, and the reference models."""

import csv
import tarfile
from pathlib import Path

import numpy as np
import pytest

from denghuo.adapters.opendss import masters_in, read_opendss
from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.engines.grid import BranchKind, Grid, SwitchKind
from denghuo.engines.topology import compile_topology, normal_state, trace

IEEE123 = Path(__file__).parent / "data" / "ieee123" / "123Bus"

HEAD = """
Clear
New Circuit.town basekv=10 bus1=station
"""


def write(folder: Path, text: str, name: str = "master.dss") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def loads_dead_behind(grid: Grid, switch: str) -> int:
    topology = compile_topology(grid)
    closed = normal_state(topology)
    closed[grid.switch_position[switch]] = False
    return int((~trace(topology, closed=closed).load_supplied).sum())


def unpack(reference_data: Path, name: str, folder: Path) -> Path:
    with tarfile.open(reference_data / "networks" / name) as archive:
        # Python before 3.11.4 knows no filter.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
    return folder


# --- the IEEE 123-node feeder


@pytest.fixture(scope="module")
def ieee123():
    return read_opendss(IEEE123 / "IEEE123Master.dss")


@pytest.mark.parametrize(
    ("switch", "loads"),
    [("sw1", 91), ("sw2", 52), ("sw3", 16), ("sw4", 38), ("sw5", 10), ("sw6", 0), ("sw7", 0), ("sw8", 0)],
)
def test_loads_behind_each_switch_of_ieee123_are_those_a_power_flow_finds(ieee123, switch, loads):
    assert loads_dead_behind(ieee123, switch) == loads


def test_ieee123_with_its_ties_between_real_buses():
    grid = read_opendss(IEEE123 / "IEEE123Switches.dss")

    assert (len(grid.nodes.id), len(grid.branches.id), len(grid.loads.id)) == (130, 134, 91)
    assert grid.switch_id[~grid.switches.normally_closed].tolist() == ["sw7", "sw8"]
    assert set(grid.nodes.base_kv.tolist()) == {4.16, 0.48}
    assert np.isfinite(grid.nodes.x).all()  # from BusCoords.dat, which no statement names
    assert grid.loads.mv_users.sum() == 91
    assert grid.loads.lv_customers.sum() == 0
    # Line.L115 is 0.4 kft long by the unit of its line code.
    assert grid.branches.length_km[grid.branch_position["l115"]] == pytest.approx(0.4 * 0.3048)


# --- small models


def test_a_switch_is_what_the_script_says(tmp_path):
    grid = read_opendss(
        write(
            tmp_path,
            HEAD
            + """
            New Line.cb1 bus1=station bus2=a switch=y // CIM Breaker
            New Line.plain bus1=a bus2=b length=2 units=km
            New Line.fused bus1=a bus2=c switch=y
            New Fuse.f1 MonitoredObj=Line.fused
            New Line.tie bus1=b bus2=c switch=y
            Open Line.tie 1
            New Line.spare bus1=b bus2=d switch=y enabled=no
            New Line.cut bus1=b bus2=e length=1 units=km
            open object=line.cut term=2
            New Line.back bus1=b bus2=f switch=y
            open line.back 1
            close line.back 1
            New Line.controlled bus1=b bus2=g switch=y
            New SwtControl.c SwitchedObj=Line.controlled SwitchedTerm=1 Normal=Open
            """,
        )
    )
    kinds = dict(zip(grid.switch_id.tolist(), map(SwitchKind, grid.switches.kind.tolist()), strict=True))
    closed = dict(zip(grid.switch_id.tolist(), grid.switches.normally_closed.tolist(), strict=True))

    assert kinds["cb1"] is SwitchKind.BREAKER
    assert kinds["fused"] is SwitchKind.FUSE
    assert kinds["tie"] is SwitchKind.LOAD_BREAK_SWITCH
    assert closed == {
        "cb1": True,
        "fused": True,
        "tie": False,
        "spare": False,
        "cut": False,
        "back": True,
        "controlled": False,
    }
    assert grid.branches.length_km[grid.branch_position["plain"]] == 2.0


def test_a_device_on_a_line_that_is_no_switch_stands_between_the_line_and_its_bus(tmp_path):
    grid = read_opendss(
        write(
            tmp_path,
            HEAD
            + """
            New Line.feeder bus1=station bus2=a length=1 units=km
            New Recloser.r1 MonitoredObj=Line.feeder MonitoredTerm=1
            New Load.x bus1=a kV=10 kW=100 pf=0.9
            """,
        )
    )

    assert grid.switch_id.tolist() == ["r1"]
    assert grid.switches.kind.tolist() == [SwitchKind.RECLOSER]
    assert grid.branches.kind[grid.branch_position["feeder"]] == BranchKind.LINE
    assert loads_dead_behind(grid, "r1") == 1


def test_users_are_counted_once_on_both_bases(tmp_path):
    """A bank of two transformers on one pole is one MV user; its customers are LV customers; an MV load is a user."""
    grid = read_opendss(
        write(
            tmp_path,
            HEAD
            + """
            New Line.l bus1=station bus2=pole length=1 units=km
            New Transformer.a phases=1 windings=2 buses=(pole.1 low.1) kvs=(5.7735 0.23) kvas=(50 50)
            New Transformer.b phases=1 windings=3 buses=(pole.2 low.2.0 low.0.3) kvs=(5.7735 0.23 0.23) kvas=(25 25 25)
            New Load.one bus1=low.1 phases=1 kV=0.23 kW=5 pf=0.9 NumCust=12
            New Load.two bus1=low.2 phases=1 kV=0.23 kW=5 kvar=0 NumCust=8
            New Load.mill bus1=pole kV=10 kW=400 pf=0.8
            New Load.allocated bus1=low.1 phases=1 kV=0.23 xfkVA=40 pf=0.9
            Load.allocated.AllocationFactor=0.5
            """,
        )
    )

    assert dict(zip(grid.loads.id.tolist(), grid.loads.mv_users.tolist(), strict=True)) == {
        "one": 1,
        "two": 0,
        "mill": 1,
        "allocated": 0,
    }
    assert grid.loads.lv_customers.tolist() == [12, 8, 0, 1]
    assert grid.loads.kva.tolist() == pytest.approx([5 / 0.9, 5, 500, 40])
    assert grid.loads.kw.tolist() == pytest.approx([5, 5, 400, 18])
    assert len(grid.transformers.branch) == 2
    assert grid.transformers.rated_kva.tolist() == [50, 25]
    assert grid.nodes.base_kv[grid.node_position["low"]] == pytest.approx(0.23 * 3**0.5)


def test_only_what_the_file_says_is_data(tmp_path):
    grid = read_opendss(
        write(
            tmp_path,
            HEAD
            + """
            New LineCode.rated units=km NormAmps=300
            New LineCode.bare units=km
            New Line.said bus1=station bus2=a length=2000 units=m linecode=rated faultrate=0.1 pctperm=20 repair=3
            New Line.silent bus1=a bus2=b length=2 linecode=bare
            New Line.unitless bus1=b bus2=c length=2
            New Line.cable bus1=c bus2=d length=1 units=mi linetype=UG
            """,
        )
    )
    column = dict(zip(grid.branches.id.tolist(), range(len(grid.branches.id)), strict=True))
    branches = grid.branches

    assert branches.length_km[column["said"]] == 2.0
    assert branches.failure_rate_per_year[column["said"]] == pytest.approx(0.1 * 0.2 * 2000)
    assert branches.repair_h[column["said"]] == 3.0
    assert branches.rating_kva[column["said"]] == pytest.approx(3**0.5 * 10 * 300)
    assert branches.length_km[column["silent"]] == 2.0
    assert np.isnan(branches.failure_rate_per_year[column["silent"]])
    assert np.isnan(branches.repair_h[column["silent"]])
    assert np.isnan(branches.rating_kva[column["silent"]])
    assert np.isnan(branches.length_km[column["unitless"]])
    assert branches.kind[column["cable"]] == BranchKind.CABLE
    assert branches.length_km[column["cable"]] == pytest.approx(1.609344)


def test_names_are_told_apart_by_class_only_where_they_collide(tmp_path):
    grid = read_opendss(
        write(
            tmp_path,
            HEAD
            + """
            New Line.X1 bus1=station bus2=a length=1 units=km
            New Transformer.x1 buses=(a b) kvs=(10 0.4) kvas=(100 100)
            New Transformer.t2 buses=(a c) kvs=(10 0.4) kvas=(100 100)
            """,
        )
    )

    assert grid.branches.id.tolist() == ["x1", "transformer.x1", "t2"]


def test_a_meter_names_the_feeder_it_stands_at_the_head_of(tmp_path):
    grid = read_opendss(
        write(
            tmp_path, HEAD + "New Line.l bus1=station bus2=a length=1\nNew EnergyMeter.east element=Line.l terminal=1\n"
        )
    )

    assert grid.feeders.id.tolist() == ["east"]
    assert grid.feeders.head_branch.tolist() == [0]


def test_a_series_reactor_is_a_branch_and_a_shunt_capacitor_is_not(tmp_path):
    grid = read_opendss(
        write(
            tmp_path,
            HEAD
            + "New Reactor.r bus1=station bus2=a x=1\nNew Capacitor.c bus1=a kvar=100 kv=10\n"
            + "New Capacitor.s bus1=a bus2=b kvar=100 kv=10\n",
        )
    )

    assert grid.branches.id.tolist() == ["r", "s"]


def test_every_way_of_writing_an_element_is_read(tmp_path):
    grid = read_opendss(
        write(
            tmp_path,
            """
            /* New Line.commented bus1=station bus2=x
            */
            New object=Circuit.town basekv=10 bus1=station
            New "Line.quoted" Bus1=station Bus2=b1 Length=1 units=km
            New 'line.bare' b1 b2
            New (Line.braced) bus1=[b2.1.2.3] bus2={b3.1.2.3} length=(2 3 *) units=km
            New, Line.commas, Bus1=b3, Bus2=b4, Length=1, units=km
            New Line.alike like=commas bus1=b4 bus2=b5
            New Line.short bus1=b5 bus2=b6 len=1 un=km sw=n
            MORE enabled=true
            New Line.edited bus1=b5 bus2=b7
            Edit Line.edited switch=y
            New Line.idle bus1=b5 bus2=b8
            Disable Line.idle
            New Line.woken bus1=b5 bus2=b9 enabled=no
            Enable Line.woken
            New Line.tie bus1=b6 bus2=b7 switch=T
            Line.tie.enabled=no
            var @end=b9
            New Reactor.jumper bus1=@end bus2=b10 r=0 x=0.001
            New Transformer.t windings=2
            ~ wdg=1 bus=b6 kv=10 kva=250
            ~ wdg=2 bus=low kv=0.4 kva=250
            Transformer.t.wdg=2 bus=lower
            New Load.one 3 b7 10 20
            New load.two phases=3,bus1=b10,kv=10,kw=(10 2 *),pf=1
            BatchEdit Load..* NumCust=4
            """,
        )
    )
    ends = {
        name: (str(grid.nodes.id[start]), str(grid.nodes.id[end]))
        for name, start, end in zip(
            grid.branches.id.tolist(), grid.branches.from_node, grid.branches.to_node, strict=True
        )
    }

    assert ends == {
        "quoted": ("station", "b1"),
        "bare": ("b1", "b2"),
        "braced": ("b2", "b3"),
        "commas": ("b3", "b4"),
        "alike": ("b4", "b5"),
        "short": ("b5", "b6"),
        "edited": ("b5", "b7"),
        "woken": ("b5", "b9"),
        "tie": ("b6", "b7"),
        "jumper": ("b9", "b10"),
        "t": ("b6", "lower"),
    }
    assert dict(zip(grid.switch_id.tolist(), grid.switches.normally_closed.tolist(), strict=True)) == {
        "edited": True,
        "tie": False,
    }
    assert grid.branches.length_km[grid.branch_position["braced"]] == 6.0
    assert dict(zip(grid.loads.id.tolist(), grid.loads.kw.tolist(), strict=True)) == {"one": 20.0, "two": 20.0}
    assert grid.loads.mv_users.tolist() == [4, 4]


def test_generation_is_told_and_does_not_feed(tmp_path):
    notes: list[Problem] = []
    grid = read_opendss(
        write(
            tmp_path,
            HEAD
            + """
            New Line.l bus1=station bus2=a switch=y
            New Load.x bus1=a kV=10 kW=1
            New PVSystem.p1 bus1=a kV=10 kVA=500
            New PVSystem.p2 bus1=a kV=10 kVA=500
            New Generator.g bus1=a kV=10 kW=500
            """,
        ),
        notes=notes,
    )

    assert loads_dead_behind(grid, "l") == 1
    assert [note.code for note in notes] == [ProblemCode.LEFT_OUT]
    assert "(generator 1, pvsystem 2)" in notes[0].detail


# --- files from strangers


def test_names_are_relative_to_the_file_and_stay_so_after_compile(tmp_path):
    inner = tmp_path / "feeder" / "parts"
    inner.mkdir(parents=True)
    write(tmp_path / "feeder", HEAD + "Redirect parts/first.dss\nRedirect second.dss\n", "town.dss")
    write(inner, "New Line.first bus1=station bus2=a\nRedirect deep.dss\n", "first.dss")
    write(inner, "New Line.deep bus1=a bus2=b\n", "deep.dss")
    write(tmp_path / "feeder", "New Line.second bus1=b bus2=c\n", "second.dss")
    write(tmp_path / "feeder", "New Line.later bus1=c bus2=d\n", "later.dss")
    run = write(tmp_path, "Compile (feeder/town.dss)\nRedirect later.dss\nSolve\n", "run.dss")
    notes: list[Problem] = []

    assert read_opendss(run, notes=notes).branches.id.tolist() == ["first", "deep", "second", "later"]
    assert notes == []


@pytest.mark.parametrize(
    ("name", "encoding"), [("城关线", "gb18030"), ("城关线", "utf-8-sig"), ("São_João_ção", "latin-1")]
)
def test_names_in_the_encodings_people_use(tmp_path, name, encoding):
    path = tmp_path / "master.dss"
    path.write_bytes((HEAD + f"New Line.{name} bus1=station bus2=a\n").encode(encoding))

    assert read_opendss(path).branches.id.tolist() == [name.lower()]


def test_files_are_found_whatever_the_case_and_the_slashes(tmp_path):
    (tmp_path / "Shared").mkdir()
    (tmp_path / "feeder").mkdir()
    write(tmp_path / "Shared", "New Line.l bus1=station bus2=a length=1\n", "LINES.dss")
    master = write(tmp_path / "feeder", HEAD + "Redirect ..\\SHARED\\lines.DSS  ! written on Windows\n")

    assert read_opendss(master).branches.id.tolist() == ["l"]


def test_what_is_odd_is_told_with_file_and_row_and_does_not_stop_the_reading(tmp_path):
    notes: list[Problem] = []
    master = write(
        tmp_path,
        "New Circuit.town basekv=10 bus1=station\n"
        "Redirect missing.dss\n"
        "New Line.l bus1=station bus2=a nonsense=1\n"
        "shell touch was-here\n"
        "Solve\n"
        "New Load.x bus1=a kV=10 kW=5 daily=unknown_shape NumCust=3\n",
    )

    grid = read_opendss(master, notes=notes)

    assert grid.loads.mv_users.tolist() == [3]
    assert [(note.code, note.row) for note in notes] == [
        (ProblemCode.MISSING_FILE, 2),
        (ProblemCode.REFUSED, 4),
        (ProblemCode.BAD_VALUE, 3),
    ]
    assert {note.file for note in notes} == {"master.dss"}


def test_nothing_is_written_and_no_program_is_started(tmp_path):
    master = write(
        tmp_path,
        HEAD
        + "New Line.l bus1=station bus2=a length=1\n"
        + f"set datapath={tmp_path}\nSolve\nexport voltages {tmp_path}/out.csv\nsave circuit dir={tmp_path}/saved\n"
        + f"system touch {tmp_path}/system\n! cmd\nshell touch {tmp_path}/shell\nshow voltages\ncd /\n",
    )

    read_opendss(master)

    assert [entry.name for entry in tmp_path.iterdir()] == ["master.dss"]


def test_a_file_outside_the_folder_is_not_read(tmp_path):
    inside = tmp_path / "model"
    inside.mkdir()
    write(tmp_path, "New Line.secret bus1=station bus2=a length=1\n", "secret.dss")
    master = write(inside, HEAD + "Redirect ../secret.dss\nNew Line.l bus1=station bus2=b length=1\n")
    notes: list[Problem] = []

    grid = read_opendss(master, root=inside, notes=notes)

    assert grid.branches.id.tolist() == ["l"]
    assert [note.code for note in notes] == [ProblemCode.REFUSED]
    assert "secret" in read_opendss(master).branches.id.tolist()


def test_values_are_not_taken_from_other_files(tmp_path):
    write(tmp_path, "10 10\n", "kv.txt")
    notes: list[Problem] = []
    master = write(
        tmp_path,
        HEAD
        + "New Line.l bus1=station bus2=a length=1\n"
        + "New Transformer.t buses=(a b) kvs=(file=kv.txt) kvas=(1 1)\n",
    )

    grid = read_opendss(master, notes=notes)

    assert grid.branches.id.tolist() == ["l"]
    assert [note.code for note in notes] == [ProblemCode.REFUSED]


def test_a_file_that_redirects_to_itself_is_refused(tmp_path):
    master = write(tmp_path, HEAD + "Redirect master.dss\n")

    with pytest.raises(ModelError) as caught:
        read_opendss(master)

    assert caught.value.problems[0].code is ProblemCode.REFUSED
    assert caught.value.problems[0].row == 4


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ProblemCode.EMPTY),
        (b"  \r\n\n", ProblemCode.EMPTY),
        (bytes(range(256)) * 100, ProblemCode.UNREADABLE),
        (b"New Line.l bus1=a bus2=b\n", ProblemCode.NO_NETWORK),
        (b"New Circuit.c bus1=a\n", ProblemCode.NO_NETWORK),
        (b'lorem ipsum = dolor ~ ( [ "\n' * 50, ProblemCode.NO_NETWORK),
        (b"New Circuit." + b"\xff\xfe(((" * 2000 + b"\nNew Line.((( bus1=[[[", ProblemCode.NO_NETWORK),
    ],
)
def test_rubbish_is_refused_with_a_sentence(tmp_path, content, code):
    path = tmp_path / "rubbish.dss"
    path.write_bytes(content)

    with pytest.raises(ModelError) as caught:
        read_opendss(path)

    assert [problem.code for problem in caught.value.problems] == [code]
    assert caught.value.problems[0].file == "rubbish.dss"


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match=r"nowhere\.dss: The file cannot be opened"):
        read_opendss(tmp_path / "nowhere.dss")


def test_an_engine_that_takes_too_long_is_stopped(tmp_path):
    master = write(tmp_path, HEAD + "New Line.l bus1=station bus2=a length=1\n")

    with pytest.raises(ModelError) as caught:
        read_opendss(master, time_limit_s=0.001)

    assert caught.value.problems[0].code is ProblemCode.ENGINE_FAILED


def test_the_master_is_named_where_a_part_was_given(tmp_path):
    write(tmp_path, HEAD, "head.dss")
    write(tmp_path, "New Line.l bus1=station bus2=a length=1\n", "lines.dss")
    write(tmp_path, HEAD + "Redirect lines.dss\n", "whole.dss")

    assert [path.name for path in masters_in(tmp_path)] == ["whole.dss"]
    with pytest.raises(ModelError, match=r"whole\.dss"):
        read_opendss(tmp_path / "lines.dss")


# --- reference models


@pytest.mark.data
def test_ieee123_against_the_published_table(reference_data, ieee123):
    with (reference_data / "published" / "opendss_isolated_by_switch_ieee123.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))

    assert len(rows) == 8
    for row in rows:
        assert loads_dead_behind(ieee123, row["switch"]) == int(row["isolated_loads_when_opened"]), row["switch"]


@pytest.mark.data
def test_ieee9500(reference_data, tmp_path):
    folder = unpack(reference_data, "ieee9500_dss.tar.gz", tmp_path)
    grid = read_opendss(folder / "ieee9500dss" / "ieee9500_base.dss")
    topology = compile_topology(grid)

    assert (len(grid.nodes.id), len(grid.branches.id)) == (5294, 5322)
    assert (len(grid.switches.branch), int((~grid.switches.normally_closed).sum())) == (109, 11)
    assert len(grid.loads.id) == 1275
    assert trace(topology, closed=normal_state(topology)).load_supplied.all()
    from_kv = grid.nodes.base_kv[grid.branches.from_node[grid.transformers.branch]]
    to_kv = grid.nodes.base_kv[grid.branches.to_node[grid.transformers.branch]]
    assert int(((from_kv == 69.0) & (to_kv == 12.47)).sum()) == 3  # one at each substation
    assert np.isfinite(grid.nodes.x).all()


@pytest.mark.data
def test_a_real_model_that_does_not_solve(reference_data, tmp_path):
    folder = unpack(reference_data, "cemig_PSAU13_dss.tar.gz", tmp_path)
    notes: list[Problem] = []
    grid = read_opendss(folder / "PSAU13" / "PSAU13AnualA.dss", notes=notes)
    ends_kv = grid.nodes.base_kv[grid.branches.from_node]
    is_line = grid.branches.kind == BranchKind.LINE
    names = grid.branches.id[is_line]

    assert int(np.char.startswith(names, "tr").sum()) == 3654
    assert int((is_line & (ends_kv > 1)).sum()) <= 3654
    assert (len(grid.switches.branch), int((~grid.switches.normally_closed).sum())) == (287, 15)
    assert len(grid.transformers.branch) == 1029
    assert len(grid.loads.id) == 12440
    assert grid.feeders.id.tolist() == ["carga"]
    assert [note.code for note in notes] == [ProblemCode.MISSING_FILE]


@pytest.mark.data
def test_ckt7(reference_data, tmp_path):
    folder = unpack(reference_data, "epri_ckt7_dss.tar.gz", tmp_path)
    grid = read_opendss(folder / "ckt7" / "Master_ckt7.dss")
    topology = compile_topology(grid)

    assert (len(grid.nodes.id), len(grid.loads.id), len(grid.transformers.branch)) == (1255, 906, 161)
    assert (len(grid.switches.branch), int((~grid.switches.normally_closed).sum())) == (11, 2)
    assert grid.branches.id[grid.feeders.head_branch].tolist() == ["333"]
    assert trace(topology, closed=normal_state(topology)).load_supplied.all()
