"""Every way a table can be wrong: told in one go, with the file, sheet, row and column, and what to do."""

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from denghuo.adapters.tables import (
    Limits,
    RowProblem,
    TableCode,
    TableError,
    check_network,
    read_network_workbook,
    sentence,
)
from denghuo.adapters.tables.messages import MESSAGES

SWITCH_HEAD = ["编号", "起点节点", "终点节点", "类型", "常态"]
LINE_HEAD = ["编号", "起点节点", "终点节点", "长度(km)"]
TABLES: dict[str, list[list[Any]]] = {
    "电源": [["编号", "接入节点"], ["S", "母线"]],
    "开关": [SWITCH_HEAD, ["K1", "母线", "a", "断路器", "合"]],
    "线路段": [LINE_HEAD, ["L1", "a", "b", 0.85]],
    "用户": [["编号", "接入节点", "低压户数"], ["U1", "b", 20]],
}


def build(path: Path, change: Callable[[Workbook], None] | None = None, **replaced: list[list[Any]]) -> Path:
    """A small sound workbook, with some sheets replaced and a last touch."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, rows in (TABLES | replaced).items():
        worksheet = workbook.create_sheet(title)
        for row in rows:
            worksheet.append(row)
    if change is not None:
        change(workbook)
    workbook.save(path / "net.xlsx")
    return path / "net.xlsx"


def codes(path: Path, **options: Any) -> list[TableCode]:
    return [problem.code for problem in check_network(path, **options).problems]


def only(path: Path) -> RowProblem:
    (problem,) = check_network(path).problems
    return problem


def test_a_sound_workbook_has_no_problems(tmp_path: Path) -> None:
    assert codes(build(tmp_path)) == []


def test_every_code_has_its_sentence_in_both_languages() -> None:
    assert set(MESSAGES) == {code.value for code in TableCode}
    for code in TableCode:
        for language in ("zh", "en"):
            told = sentence(
                RowProblem(code=code, file="f.xlsx", sheet="s", row=3, column="c", cell="C3", value="v", hint="h"),
                language=language,
            )
            assert "{" not in told
            assert told.endswith((".", "。", "？", "?"))


def test_a_problem_says_where_it_is_and_what_to_do(tmp_path: Path) -> None:
    problem = only(build(tmp_path, 线路段=[LINE_HEAD, ["L1", "a", "b", "八百米"]]))

    assert sentence(problem, language="zh") == (
        "net.xlsx，工作表“线路段”，第 2 行，“长度(km)”列（D2）：“八百米”不是数字。请填写数字，例如 1.25。"
    )
    assert sentence(problem, language="en") == (
        "net.xlsx, sheet '线路段', row 2, column '长度(km)' (D2): "
        "'八百米' is not a number. Enter a number, such as 1.25."
    )


@pytest.mark.parametrize(
    ("heading", "value", "code"),
    [
        ("长度(km)", "远", TableCode.NOT_A_NUMBER),
        ("长度(km)", "1,5", TableCode.NOT_A_NUMBER),
        ("长度(km)", "1 5", TableCode.NOT_A_NUMBER),
        ("长度(km)", datetime(2024, 5, 1), TableCode.NOT_A_NUMBER),  # noqa: DTZ001
        ("长度(km)", True, TableCode.NOT_A_NUMBER),
        ("长度(km)", "12 kVA", TableCode.NOT_A_NUMBER),
        ("长度(km)", -0.5, TableCode.NEGATIVE),
        ("长度(km)", "-0.5", TableCode.NEGATIVE),
        ("长度(km)", "1e999", TableCode.OUT_OF_RANGE),
        ("长度(km)", "=0.5*2", TableCode.FORMULA),
        ("长度(km)", "#REF!", TableCode.ERROR_VALUE),
        ("型式", "地埋", TableCode.UNKNOWN_CHOICE),
        ("名称", "长" * 501, TableCode.TOO_LONG),
        ("名称", "=HYPERLINK(1)", TableCode.FORMULA),
    ],
)
def test_a_bad_cell_is_named(heading: str, value: Any, code: TableCode, tmp_path: Path) -> None:
    path = build(tmp_path, 线路段=[["编号", "起点节点", "终点节点", heading], ["L1", "a", "b", value]])

    problem = only(path)

    assert (problem.code, problem.row, problem.column, problem.cell) == (code, 2, heading, "D2")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (2.5, TableCode.NOT_WHOLE),
        (-1, TableCode.NEGATIVE),
        (1e10, TableCode.OUT_OF_RANGE),
        (None, TableCode.MISSING_VALUE),
    ],
)
def test_a_bad_count_is_named(value: Any, code: TableCode, tmp_path: Path) -> None:
    assert only(build(tmp_path, 用户=[["编号", "接入节点", "低压户数"], ["U1", "b", value]])).code is code


@pytest.mark.parametrize("value", [1.2345678901234568e19, 1234567890123456, "1.23E+15"])
def test_a_number_that_excel_has_cut_is_refused(value: Any, tmp_path: Path) -> None:
    assert only(build(tmp_path, 用户=[["编号", "接入节点", "低压户数"], [value, "b", 1]])).code is TableCode.LOST_DIGITS


def test_a_date_for_a_name_is_refused(tmp_path: Path) -> None:
    path = build(tmp_path, 用户=[["编号", "接入节点", "低压户数"], [datetime(2024, 1, 2), "b", 1]])  # noqa: DTZ001

    assert only(path).code is TableCode.NOT_TEXT


@pytest.mark.parametrize(
    ("heading", "value", "expected"),
    [
        ("长度(km)", "１．２５", 1.25),
        ("长度(km)", " 1.25 ", 1.25),
        ("长度 (km)", "1,250.5", 1250.5),
        ("长度", "1.25km", 1.25),
        ("长度", "350 m", 0.35),
        ("长度(m)", "1 250 米", 1.25),
        ("长度(m)", "１\u00a0２５０", 1.25),
        ("长度（千米）", 1.25, 1.25),
        ("Length [km]", 1.25, 1.25),
        ("length_km", 1.25, 1.25),
        ("长度 (km)\nLength", 1.25, 1.25),
        ("　长　度　", 1.25, 1.25),
    ],
)
def test_what_people_type_is_understood(heading: str, value: Any, expected: float, tmp_path: Path) -> None:
    path = build(tmp_path, 线路段=[["编号", "起点节点", "终点节点", heading], ["L1", "a", "b", value]])

    assert read_network_workbook(path).branches.length_km[0] == expected


def test_names_match_whatever_width_and_spaces_they_were_typed_with(tmp_path: Path) -> None:
    path = build(
        tmp_path,
        电源=[["编号", "接入节点"], ["S", "母线1 "]],
        开关=[SWITCH_HEAD, ["K1", "母线１\u200b", 101, "ＣＢ", "合"]],
        线路段=[LINE_HEAD, ["L1", "１０１", "b", 1], [None, None, "  ", ""]],
    )

    assert read_network_workbook(path).nodes.id.tolist() == ["母线1", "101", "b"]


def test_a_length_in_meters_is_converted_and_said(tmp_path: Path) -> None:
    path = build(tmp_path, 线路段=[["编号", "起点节点", "终点节点", "长度（m）"], ["L1", "a", "b", 850]])

    assert read_network_workbook(path).branches.length_km[0] == 0.85
    assert (only(path).code, only(path).value, only(path).hint) == (TableCode.UNIT_CONVERTED, "m", "km")


@pytest.mark.parametrize("heading", ["长度(kVA)", "长度(丈)", "长度(百米)"])
def test_a_unit_that_could_mean_anything_is_refused(heading: str, tmp_path: Path) -> None:
    path = build(tmp_path, 线路段=[["编号", "起点节点", "终点节点", heading], ["L1", "a", "b", 850]])

    assert only(path).code is TableCode.WRONG_UNIT


def test_a_rate_per_hundred_kilometers_is_not_a_rate_per_year(tmp_path: Path) -> None:
    path = build(tmp_path, 线路段=[["编号", "起点节点", "终点节点", "年故障率(次/百公里·年)"], ["L1", "a", "b", 3]])

    assert only(path).code is TableCode.WRONG_UNIT


def test_headings_unknown_missing_and_repeated(tmp_path: Path) -> None:
    head = ["编号", "起点节点", "终点节", "电话", "长度", "length_km"]
    path = build(tmp_path, 线路段=[head, ["L1", "a", "b", "138", 1, 2]])

    found = {problem.code: problem for problem in check_network(path).problems}

    assert found[TableCode.UNKNOWN_COLUMN].value == "终点节"
    assert "终点节点" in found[TableCode.UNKNOWN_COLUMN].hint
    assert found[TableCode.MISSING_COLUMN].value == "终点节点 To node"
    assert found[TableCode.IGNORED_COLUMN].value == "电话"
    assert found[TableCode.REPEATED_COLUMN].value == "length_km"


def test_sheets_unknown_missing_and_repeated(tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        workbook["电源"].title = "电源们"
        workbook.create_sheet("Lines").append(LINE_HEAD)
        workbook.create_sheet("领导电话").append(["x"])
        workbook.create_sheet("Sheet9")

    found = codes(build(tmp_path, change))

    assert found == [
        TableCode.UNKNOWN_SHEET,
        TableCode.REPEATED_SHEET,
        TableCode.IGNORED_SHEET,
        TableCode.MISSING_SHEET,
    ]


def test_titles_above_the_header_are_skipped(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["城关供电所线路台账"], [], LINE_HEAD, ["L1", "a", "b", "远"]]

    assert only(build(tmp_path, 线路段=rows)).cell == "D4"


def test_a_sheet_without_a_header(tmp_path: Path) -> None:
    assert codes(build(tmp_path, 线路段=[["L1", "a", "b", 1]])) == [TableCode.MISSING_HEADER]


def test_merged_cells_are_named(tmp_path: Path) -> None:
    path = build(
        tmp_path,
        lambda workbook: workbook["线路段"].merge_cells("B2:B3"),
        线路段=[LINE_HEAD, ["L1", "a", "b", 1], ["L2", "a", "c", 1]],
    )

    found = {problem.code: problem for problem in check_network(path).problems}

    assert found[TableCode.MERGED_CELLS].value == "B2:B3"
    assert found[TableCode.MISSING_VALUE].cell == "B3"


def test_a_merged_title_is_no_problem(tmp_path: Path) -> None:
    path = build(
        tmp_path,
        lambda workbook: workbook["线路段"].merge_cells("A1:D1"),
        线路段=[["线路台账"], LINE_HEAD, ["L1", "a", "b", 1]],
    )

    assert codes(path) == []


def test_duplicates_across_sheets_point_to_the_first(tmp_path: Path) -> None:
    problem = only(build(tmp_path, 线路段=[LINE_HEAD, ["L1", "a", "b", 1], ["L1", "b", "c", 1]]))
    assert (problem.code, problem.cell, problem.hint) == (TableCode.DUPLICATE_ID, "A3", "线路段!A2")

    problem = only(build(tmp_path, 开关=[SWITCH_HEAD, ["L1", "母线", "a", "断路器", "合"]]))
    assert (problem.sheet, problem.hint) == ("开关", "线路段!A2")


def test_a_transformer_twice_is_told_once(tmp_path: Path) -> None:
    """Not again of the low side and the load that its row makes."""
    heads = ["编号", "起点节点", "额定容量", "低压户数"]

    problem = only(build(tmp_path, 变压器=[heads, ["T1", "a", 315, 20], ["T1", "b", 315, 30]]))

    assert (problem.code, problem.cell, problem.hint) == (TableCode.DUPLICATE_ID, "A3", "变压器!A2")


def test_references_are_checked_against_listed_nodes(tmp_path: Path) -> None:
    path = build(
        tmp_path,
        节点=[["节点编号"], ["母线"], ["a"], ["b"]],
        线路段=[LINE_HEAD, ["L1", "a", "B", 1]],
        馈线=[["馈线编号", "首端设备"], ["F", "K2"]],
    )

    found = check_network(path).problems

    assert [(p.code, p.cell, p.value) for p in found] == [
        (TableCode.UNKNOWN_NODE, "C2", "B"),
        (TableCode.UNKNOWN_BRANCH, "B2", "K2"),
    ]
    assert "Did you mean 'K1'?" in str(found[1])


def test_a_public_transformer_in_one_row_needs_its_customers(tmp_path: Path) -> None:
    head = ["编号", "起点节点", "额定容量", "产权", "低压户数"]
    problems = check_network(build(tmp_path, 变压器=[head, ["T1", "b", None, "公变", None]])).problems

    assert [(problem.code, problem.cell) for problem in problems] == [
        (TableCode.MISSING_VALUE, "C2"),
        (TableCode.MISSING_VALUE, "E2"),
    ]


def test_a_loop_of_closed_ties_names_its_switches(tmp_path: Path) -> None:
    switches = [["K1", "母线", "a", "断路器", "合"], ["K2", "母线", "b", "断路器", "合"]]
    path = build(tmp_path, 开关=[SWITCH_HEAD, *switches])

    problem = only(path)

    assert problem.code is TableCode.CLOSED_LOOP
    assert problem.sheet == "开关"
    assert set(problem.hint.split(", ")) == {"K1", "K2"}
    assert check_network(path).grid is not None
    with pytest.raises(TableError):
        read_network_workbook(path)


def test_a_load_fed_from_two_sources(tmp_path: Path) -> None:
    path = build(
        tmp_path,
        电源=[["编号", "接入节点"], ["S1", "母线"], ["S2", "c"]],
        开关=[SWITCH_HEAD, ["K1", "母线", "a", "断路器", "合"], ["K9", "b", "c", "负荷开关", "合"]],
    )

    assert only(path).code is TableCode.SUPPLIED_TWICE


def test_a_load_without_supply_is_told_and_does_not_block(tmp_path: Path) -> None:
    path = build(tmp_path, 用户=[["编号", "接入节点", "低压户数"], ["U1", "bb", 20]])

    assert {TableCode.NOT_SUPPLIED, TableCode.ISOLATED_NODE} >= set(codes(path))
    assert [p.cell for p in check_network(path).problems if p.code is TableCode.NOT_SUPPLIED] == ["A2"]
    assert read_network_workbook(path).loads.id.tolist() == ["U1"]


def test_no_source_at_all(tmp_path: Path) -> None:
    assert codes(build(tmp_path, 电源=[["编号", "接入节点"]])) == [TableCode.NO_SOURCE]


def test_ten_thousand_problems_are_kept_and_the_rest_counted(tmp_path: Path) -> None:
    reading = check_network(build(tmp_path, 线路段=[LINE_HEAD, *[[f"L{n}", "a", "b", "x"] for n in range(10_050)]]))

    assert len(reading.problems) == 10_000
    assert reading.rest == 50
    assert reading.grid is None


# --- files -----------------------------------------------------------------------------------------------------------


def csv_bytes(rows: list[list[Any]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def folder(path: Path, lines: bytes) -> Path:
    for title, rows in TABLES.items():
        (path / f"{title}.csv").write_bytes(csv_bytes(rows))
    (path / "线路段.csv").write_bytes(lines)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_encodings_and_separators_of_excel(encoding: str, delimiter: str, tmp_path: Path) -> None:
    lines = csv_bytes([LINE_HEAD, ["线路一", "a", "b", "1.5"]], encoding, delimiter)

    assert check_network(folder(tmp_path, lines)).grid.branches.id[0] == "线路一"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", TableCode.EMPTY_FILE),
        (b"\xff\xfa\x81" * 50, TableCode.UNKNOWN_ENCODING),
        (b"id\0\0\1\2,from_node", TableCode.NOT_A_TABLE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, TableCode.OLD_WORKBOOK),
        (b"id,from_node,to_node\nL1,\"a,b\nL2,b,c\n", TableCode.BROKEN_CSV),
        (b"id,from_node,to_node\nL1,a,b\nL2,b", TableCode.CELL_COUNT),
        (b"id,from_node,to_node\nL1,a,b,c,d\n", TableCode.CELL_COUNT),
        (b"id,from_node,to_node\n" + b"L" * 200_000 + b",a,b\n", TableCode.BROKEN_CSV),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table(content: bytes, code: TableCode, tmp_path: Path) -> None:
    assert code in codes(folder(tmp_path, content))


def test_a_formula_in_a_csv_file_is_refused(tmp_path: Path) -> None:
    assert TableCode.FORMULA in codes(folder(tmp_path, csv_bytes([LINE_HEAD, ["L1", "a", "b", "=1+1"]])))


def test_a_row_of_a_csv_file_counts_as_excel_counts(tmp_path: Path) -> None:
    lines = csv_bytes([LINE_HEAD, ["L1", "a", "b\nc", "1"], [], ["L2", "a", "d", "x"]])

    assert [problem.cell for problem in check_network(folder(tmp_path, lines)).problems] == ["D4"]


@pytest.mark.parametrize("keep", [0.999, 0.9, 0.5, 0.1])
def test_a_workbook_cut_off(keep: float, tmp_path: Path) -> None:
    path = build(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])

    assert codes(path) == [TableCode.CUT_OFF]


def test_a_workbook_with_a_damaged_sheet(tmp_path: Path) -> None:
    path = build(tmp_path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("xl/worksheets/sheet2.xml").header_offset
    content[place + 60 : place + 90] = b"\0" * 30
    path.write_bytes(bytes(content))

    assert set(codes(path)) <= {TableCode.CUT_OFF, TableCode.NOT_A_TABLE}
    assert codes(path)


def test_a_zip_that_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")

    assert codes(tmp_path / "net.xlsx") == [TableCode.NOT_A_TABLE]


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = build(tmp_path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet99.xml", b"0" * 60_000_000)

    problem = only(path)
    assert (problem.code, problem.value, problem.hint) == (TableCode.EXPANDS_TOO_MUCH, "61 MB", "30 MB")


def test_a_table_of_texts_too_large_to_hold(tmp_path: Path) -> None:
    path = build(tmp_path)

    assert codes(path, limits=Limits(strings_bytes=100)) == [TableCode.EXPANDS_TOO_MUCH]


def test_a_packed_csv_bomb_is_not_unpacked(tmp_path: Path) -> None:
    lines = gzip.compress(b"id,from_node,to_node\n" + b"L,a,b\n" * 100_000)

    assert TableCode.EXPANDS_TOO_MUCH in codes(folder(tmp_path, lines), limits=Limits(unpacked_bytes=10_000))


def test_a_packed_csv_cut_off(tmp_path: Path) -> None:
    lines = gzip.compress(csv_bytes([LINE_HEAD, *[[f"L{n}", f"n{n}", f"n{n + 1}", 1] for n in range(500)]]))

    assert TableCode.CUT_OFF in codes(folder(tmp_path, lines[: len(lines) // 2]))


def test_a_gigabyte_of_rubbish_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "net.xlsx"
    with path.open("wb") as stream:
        stream.truncate(1_000_000_000)

    assert codes(path) == [TableCode.TOO_LARGE]


def test_rubbish_below_the_limit_is_refused_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "net.csv"
    with path.open("wb") as stream:
        stream.write(b"some text\n")
        stream.truncate(150_000_000)

    assert codes(path) == [TableCode.NOT_A_TABLE]


def test_more_rows_than_the_limit(tmp_path: Path) -> None:
    rows = [LINE_HEAD, *[[f"L{n}", "b", f"c{n}", 1] for n in range(5)]]

    assert TableCode.TOO_MANY_ROWS in codes(build(tmp_path, 线路段=rows), limits=Limits(rows=4))


def test_one_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    path = build(tmp_path, lambda workbook: workbook["线路段"].cell(row=1_048_576, column=16_384, value=" "))

    assert codes(path) == []


def test_a_missing_file(tmp_path: Path) -> None:
    assert codes(tmp_path / "nowhere.xlsx") == [TableCode.NOT_FOUND]
