"""LINES.csv and LOADS.csv: read as written, and everything wrong said with its place."""

from pathlib import Path

import numpy as np
import pytest

from denghuo.adapters.problems import ModelError, ProblemCode
from denghuo.adapters.reliability_tables import line_tables_in, read_line_tables
from denghuo.engines.reliability import EndDevice, place_disconnects, predict_lines

HEADER = "line,from,to,length_km,failure_rate_per_km_yr,repair_h,fuse_or_breaker_at_from_end,disconnect_ends"
GOOD = f"{HEADER}\nS1,bus,n1,2,0.1,4,breaker,\nS2,n1,n2,3,0.1,4,,both\na,n1,A,1,0.2,2,fuse,\n"
LOADS = "load_point,avg_load_kw,customers\nA,500,10\nn2,20,1\n"


def read(folder: Path, lines: str, loads: str = LOADS, **options: str) -> tuple[object, object]:
    (folder / "lines.csv").write_text(lines, encoding="utf-8")
    (folder / "loads.csv").write_text(loads, encoding="utf-8")
    return read_line_tables(folder / "lines.csv", folder / "loads.csv", disconnect_column=options.get("column"))


def told(folder: Path, lines: str, loads: str = LOADS) -> list[tuple[str, int | None, str]]:
    with pytest.raises(ModelError) as caught:
        read(folder, lines, loads)
    return [(problem.file, problem.row, problem.column) for problem in caught.value.problems]


def test_columns_are_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_text("\ufeff" + GOOD, encoding="utf-8")
    (tmp_path / "loads.csv").write_text(LOADS.replace("avg_load_kw", "avg_load_mw"), encoding="utf-8")
    lines, loads = read_line_tables(tmp_path / "lines.csv", tmp_path / "loads.csv")
    assert lines.failure_rate_per_year == pytest.approx([0.2, 0.3, 0.2])
    assert lines.device.tolist() == [EndDevice.BREAKER, EndDevice.NONE, EndDevice.FUSE]
    assert lines.disconnect_from.tolist() == lines.disconnect_to.tolist() == [False, True, False]
    assert np.isnan(lines.switching_h).all()
    assert loads.kw.tolist() == [500_000.0, 20_000.0]


def test_a_rate_of_the_whole_line_goes_before_the_rate_per_km(tmp_path: Path) -> None:
    table = "line,from,to,failure_rate_per_yr,repair_h\nT,bus,n1,0.015,15\nB,n1,A,0,\n"
    (tmp_path / "lines.csv").write_text(table, encoding="utf-8")
    (tmp_path / "loads.csv").write_text("load_point,avg_load_kw,customers\nA,5,1\n", encoding="utf-8")
    lines, _ = read_line_tables(tmp_path / "lines.csv", tmp_path / "loads.csv")
    assert lines.failure_rate_per_year.tolist() == [0.015, 0.0]


def test_an_alternate_supply_may_be_limited(tmp_path: Path) -> None:
    table = (
        "line,from,to,failure_rate_per_yr,repair_h,fuse_or_breaker_at_from_end,disconnect_ends,alt_supply_at_to_node,"
        "alt_capacity_kva\nS1,bus,n1,1,4,breaker,,,\nS2,n1,n2,0,4,,from,,\nS3,n2,n3,0,4,,from,yes,{kva}\n"
    )
    loads = "load_point,avg_load_kw,customers\nn1,90,1\nn2,90,1\nn3,90,1\n"
    hours = {}
    for kva in ("", "200", "199", "99"):
        (tmp_path / "lines.csv").write_text(table.format(kva=kva), encoding="utf-8")
        (tmp_path / "loads.csv").write_text(loads, encoding="utf-8")
        lines, points = read_line_tables(tmp_path / "lines.csv", tmp_path / "loads.csv")
        hours[kva] = predict_lines(lines, points).hours_per_year.tolist()
    assert hours == {"": [4, 1, 1], "200": [4, 1, 1], "199": [4, 4, 1], "99": [4, 4, 4]}
    with pytest.raises(ValueError, match="without a limit"):
        place_disconnects(lines, points, budget=1)


def test_every_bad_cell_is_told_with_its_place(tmp_path: Path) -> None:
    bad = GOOD.replace("n1,2,0.1,4,breaker", "n1,two,0.1,4,braker").replace("n2,3,0.1,4", "n2,3,inf,4")
    assert told(tmp_path, bad, LOADS.replace("10", "")) == [
        ("lines.csv", 3, "failure_rate_per_km_yr"),
        ("lines.csv", 2, "length_km"),
        ("lines.csv", 2, "fuse_or_breaker_at_from_end"),
        ("loads.csv", 2, "customers"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("n1,A,1", "n1,n2,1", ("lines.csv", 4, "to")),
        ("a,n1,A", "S2,n1,A", ("lines.csv", 4, "line")),
        ("n1,n2,3,0.1", "n1,n2,3,-0.1", ("lines.csv", 3, "failure_rate_per_km_yr")),
        ("n1,n2,3", "n2,n2,3", ("lines.csv", 3, "to")),
        ("2,0.1,4", "2,0.1,", ("lines.csv", 2, "repair_h")),
        ("S1,bus,n1", "S1,n2,n1", ("lines.csv", 2, "from")),
    ],
)
def test_what_is_no_radial_system_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, place: tuple[str, int, str]
) -> None:
    assert place in told(tmp_path, GOOD.replace(old, new))


def test_a_load_point_must_be_a_node(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD, LOADS.replace("n2", "n9")) == [("loads.csv", 3, "load_point")]


def test_missing_files_columns_and_choices_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        read_line_tables(tmp_path / "none.csv", tmp_path / "none.csv")
    with pytest.raises(ModelError, match="has no column repair_h; it has line"):
        read(tmp_path, GOOD.replace("repair_h", "repair"))
    two = GOOD.replace("disconnect_ends", "disconnect_ends_a").replace("fuse_or_breaker_at_from_end", "disconnect_b")
    with pytest.raises(ModelError) as caught:
        read(tmp_path, two.replace("breaker", "").replace("fuse", ""))
    assert [problem.code for problem in caught.value.problems] == [ProblemCode.CHOICE_NEEDED]
    read(tmp_path, two.replace("breaker", "").replace("fuse", ""), column="disconnect_ends_a")
    with pytest.raises(ModelError, match="CSV UTF-8"):
        (tmp_path / "lines.csv").write_bytes("线路,起点".encode("gbk"))
        read_line_tables(tmp_path / "lines.csv", tmp_path / "loads.csv")


def test_relrads_columns_are_the_same_table(tmp_path: Path) -> None:
    table = (
        "Line,From_Bus,To_Bus,Breaker_Direction,Disconnector_Direction,Length [km],Failure_Rate [1/yr/km],"
        "Repair_Time [h],Switching_Time [h]\nL1,1,2,U,D,2,0.1,5,0.5\nL2,2,3,N,B,1,0.2,5,0.5\n"
    )
    (tmp_path / "lines.csv").write_text(table, encoding="utf-8")
    (tmp_path / "buses.csv").write_text("Bus,P [MW],Number_of_Customers\n3,0.4,7\n", encoding="utf-8")
    assert line_tables_in(tmp_path) == (tmp_path / "lines.csv", tmp_path / "buses.csv")
    lines, loads = read_line_tables(tmp_path / "lines.csv", tmp_path / "buses.csv")
    assert lines.failure_rate_per_year == pytest.approx([0.2, 0.2])
    assert lines.device.tolist() == [EndDevice.BREAKER, EndDevice.NONE]
    assert lines.disconnect_from.tolist() == [False, True]
    assert lines.disconnect_to.tolist() == [True, True]
    assert (loads.node.tolist(), loads.kw.tolist(), loads.customers.tolist()) == (["3"], [400.0], [7])
    assert told(tmp_path, table.replace("1,2,U", "1,2,X")) == [("lines.csv", 2, "Breaker_Direction")]


def test_a_folder_with_other_tables_holds_no_line_tables(tmp_path: Path) -> None:
    assert line_tables_in(tmp_path) is None
    read(tmp_path, GOOD)
    assert line_tables_in(tmp_path) == (tmp_path / "lines.csv", tmp_path / "loads.csv")
    (tmp_path / "more.csv").write_text(GOOD, encoding="utf-8")
    assert line_tables_in(tmp_path) is None
    assert line_tables_in(tmp_path / "lines.csv") is None


def test_a_negative_length_does_not_hide_behind_a_negative_rate(tmp_path: Path) -> None:
    bad = GOOD.replace("n1,n2,3,0.1", "n1,n2,-3,-0.1")
    assert told(tmp_path, bad) == [("lines.csv", 3, "failure_rate_per_km_yr"), ("lines.csv", 3, "length_km")]


def test_a_row_longer_than_its_header_is_told(tmp_path: Path) -> None:
    assert ("lines.csv", 2, "") in told(tmp_path, GOOD.replace("n1,2,0.1", "n1,2,0,1"))


def test_a_kind_is_checked_where_it_decides(tmp_path: Path) -> None:
    lines = (
        GOOD.replace("ends\n", "ends,kind\n").replace("breaker,\n", "breaker,,main\n").replace("both\n", "both,mian\n")
    )
    assert told(tmp_path, lines) == [("lines.csv", 3, "kind")]
    table, _ = read_line_tables(tmp_path / "lines.csv", tmp_path / "loads.csv", kinds=False)
    assert table.main.tolist() == [True, False, False]
