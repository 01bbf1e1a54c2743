"""The workbook handed back: every problem where it stands, nothing else touched, and ready to be sent in again."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from denghuo.adapters.tables import check_network, write_marked_workbook, write_network_template

HEAD = ["编号", "起点节点", "终点节点", "长度(km)"]
SHEETS: dict[str, list[list[Any]]] = {
    "电源": [["编号", "接入节点"], ["S", "母线"]],
    "线路段": [HEAD, ["L1", "母线", "b", 0.5], ["L2", "b", "c", "远"], ["L2", None, "d", -1]],
    "用户": [["编号", "接入节点", "低压户数"], ["U1", "b", "=1+1"]],
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, rows in SHEETS.items():
        worksheet = workbook.create_sheet(title)
        for row in rows:
            worksheet.append(row)
    workbook["线路段"]["A2"].number_format = "@"
    workbook["线路段"].column_dimensions["A"].width = 33
    workbook.save(tmp_path / "net.xlsx")
    return tmp_path / "net.xlsx"


def test_bad_cells_are_colored_commented_and_told_at_the_end_of_the_row(source: Path, tmp_path: Path) -> None:
    write_marked_workbook(source, check_network(source).problems, tmp_path / "back.xlsx")
    back = load_workbook(tmp_path / "back.xlsx")

    lines = back["线路段"]
    assert lines["E1"].value == "错误 Errors"
    assert "不是数字" in lines["D3"].comment.text
    assert lines["D3"].fill.fgColor.rgb == "FFFFC7CE"
    assert [lines.cell(row=row, column=5).value is None for row in (2, 3, 4)] == [True, False, False]
    assert lines["E4"].value.count("\n") == 2
    assert lines["D2"].comment is None
    assert back["用户"]["C2"].value == "=1+1"
    assert "公式" in back["用户"]["C2"].comment.text
    assert lines.column_dimensions["A"].width == 33


def test_the_first_sheet_lists_everything(source: Path, tmp_path: Path) -> None:
    problems = check_network(source).problems
    write_marked_workbook(source, problems, tmp_path / "back.xlsx", language="en", rest=7)
    listed = list(load_workbook(tmp_path / "back.xlsx").worksheets[0].values)

    assert listed[0] == ("file", "sheet", "row", "column", "problem")
    assert len(listed) == len(problems) + 2
    assert "7 more" in str(listed[-1][4])
    assert all(row[0] == "net.xlsx" for row in listed[1:-1])


def test_what_comes_back_corrected_is_accepted(source: Path, tmp_path: Path) -> None:
    back = tmp_path / "back.xlsx"
    write_marked_workbook(source, check_network(source).problems, back)
    workbook = load_workbook(back)
    lines = workbook["线路段"]
    lines["D3"], lines["A4"], lines["B4"], lines["D4"] = 1, "L3", "c", 2
    workbook["用户"]["C2"] = 2
    workbook.save(back)

    assert check_network(back).problems == ()


def test_marks_of_an_earlier_return_are_taken_off(source: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    problems = check_network(source).problems
    write_marked_workbook(source, problems, first)
    write_marked_workbook(first, check_network(first).problems, second)

    once, twice = load_workbook(first), load_workbook(second)
    assert once.sheetnames == twice.sheetnames
    for title in SHEETS:
        assert list(once[title].values) == list(twice[title].values)

    write_marked_workbook(second, [], first)
    clean = load_workbook(first)["线路段"]
    assert clean["D3"].comment is None
    assert clean["D3"].fill.fill_type is None
    assert clean["E4"].value is None


def test_a_folder_of_csv_files_comes_back_as_one_workbook(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    folder.mkdir()
    (folder / "sources.csv").write_text("id,node\nS,a\n", encoding="utf-8")
    (folder / "lines.csv").write_text("id,from_node,to_node,length_km\nL1,a,=b,far\n", encoding="utf-8")

    write_marked_workbook(folder, check_network(folder).problems, tmp_path / "back.xlsx")
    lines = load_workbook(tmp_path / "back.xlsx")["lines"]

    assert (lines["C2"].value, lines["C2"].data_type) == ("=b", "s")
    assert lines["C2"].comment is not None
    assert lines["D2"].comment is not None


def test_a_file_beyond_reading_gives_the_list_alone(tmp_path: Path) -> None:
    source = tmp_path / "net.xlsx"
    write_network_template(source)
    source.write_bytes(source.read_bytes()[:2000])

    write_marked_workbook(source, check_network(source).problems, tmp_path / "back.xlsx")
    back = load_workbook(tmp_path / "back.xlsx")

    assert back.sheetnames == ["错误 Errors"]
    assert "不完整" in back.worksheets[0]["E2"].value


def test_merged_cells_take_a_color_and_no_comment(source: Path, tmp_path: Path) -> None:
    workbook = load_workbook(source)
    workbook["线路段"].merge_cells("B3:B4")
    workbook.save(source)

    write_marked_workbook(source, check_network(source).problems, tmp_path / "back.xlsx")

    assert "B3:B4" in load_workbook(tmp_path / "back.xlsx")["线路段"]["E1"].value


def test_of_a_workbook_too_large_to_edit_the_values_are_copied(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("denghuo.adapters.tables.marking._EDITABLE_BYTES", 0)
    write_marked_workbook(source, check_network(source).problems, tmp_path / "first.xlsx")
    write_marked_workbook(tmp_path / "first.xlsx", check_network(source).problems, tmp_path / "second.xlsx")

    for name in ("first.xlsx", "second.xlsx"):
        back = load_workbook(tmp_path / name)
        assert back.sheetnames == ["错误 Errors", *SHEETS]
        lines = back["线路段"]
        assert [cell.value for cell in lines[3]][:4] == ["L2", "b", "c", "远"]
        assert lines["E1"].value == "错误 Errors"
        assert lines["D3"].fill.fgColor.rgb == "FFFFC7CE"
        assert "不是数字" in lines["D3"].comment.text
        assert lines["E4"].value.count("\n") == 2
        assert (back["用户"]["C2"].value, back["用户"]["C2"].data_type) == ("=1+1", "s")
