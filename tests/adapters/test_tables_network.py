"""Networks through our own tables: what goes out comes back, and what a clerk types is understood."""

import csv
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from denghuo.adapters.tables import (
    TableCode,
    TableError,
    check_network,
    read_network_folder,
    read_network_workbook,
    write_network_folder,
    write_network_template,
    write_network_workbook,
)
from denghuo.adapters.tables.cells import cell_reader
from denghuo.adapters.tables.columns import ColumnKind, read_heading
from denghuo.adapters.tables.schema import NETWORK
from denghuo.engines.grid import BranchKind, Grid, Ownership, SwitchKind, build_grid

# What may stand in a cell and comes back: no control characters, no spaces at the ends.
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Co", "Cn"))
    | st.sampled_from("=+-@'#（）0１Ａ线段"),
    min_size=1,
    max_size=6,
).map(str.strip).filter(bool)  # fmt: skip
IDS = NAMES.map(
    lambda text: text.translate({c: c - 0xFEE0 for c in range(0xFF10, 0xFF5B)})
).filter(lambda text: "e+" not in text.lower())  # fmt: skip
NUMBERS = st.none() | st.floats(0, 1e12, allow_nan=False)
COUNTS = st.integers(0, 10**9)


def numbers(size: int) -> st.SearchStrategy[list[float]]:
    return st.lists(NUMBERS, min_size=size, max_size=size).map(
        lambda values: [np.nan if value is None else value for value in values]
    )


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Radial networks in the order a workbook has them: lines, switches, transformers."""
    count = draw(st.integers(2, 7))
    node_ids = draw(st.lists(IDS, min_size=count, max_size=count, unique=True))
    branch_ids = draw(st.lists(IDS, min_size=count - 1, max_size=count - 1, unique=True))
    kinds = sorted(
        draw(st.lists(st.sampled_from([0, 2, 3]), min_size=count - 1, max_size=count - 1)), key=[0, 3, 2].index
    )
    size = count - 1
    order = draw(st.permutations(range(1, count)))
    ends = {"from_node": [draw(st.integers(0, node - 1)) for node in order], "to_node": list(order)}
    columns = ("length_km", "rating_kva", "failure_rate_per_year", "repair_h")
    switch = [place for place, kind in enumerate(kinds) if kind == BranchKind.SWITCH]
    transformer = [place for place, kind in enumerate(kinds) if kind == BranchKind.TRANSFORMER]
    lines = [draw(st.sampled_from([BranchKind.LINE, BranchKind.CABLE])) for kind in kinds if kind == 0]
    loads = draw(st.integers(0, 3))
    flags = st.lists(st.booleans(), min_size=len(switch), max_size=len(switch))
    return build_grid(
        nodes={"id": node_ids, "name": draw(st.lists(NAMES, min_size=count, max_size=count)),
               "x": draw(numbers(count)), "y": [-1 / 3] * count, "base_kv": draw(numbers(count))},
        branches={"id": branch_ids, "kind": [*lines, *kinds[len(lines):]], **ends,
                  **{name: draw(numbers(size)) for name in columns}},
        switches={"branch": switch, "kind": [draw(st.sampled_from(SwitchKind)) for _ in switch],
                  "normally_closed": draw(flags), "remote": draw(flags), "operating_h": draw(numbers(len(switch)))},
        transformers={"branch": transformer, "rated_kva": draw(numbers(len(transformer))),
                      "ownership": [draw(st.sampled_from(Ownership)) for _ in transformer]},
        loads={"id": draw(st.lists(IDS, min_size=loads, max_size=loads, unique=True)),
               "node": [draw(st.integers(0, count - 1)) for _ in range(loads)],
               "mv_users": [draw(COUNTS) for _ in range(loads)], "lv_customers": [draw(COUNTS) for _ in range(loads)],
               "kva": draw(numbers(loads)), "kw": draw(numbers(loads)),
               "area": draw(st.lists(NAMES | st.just(""), min_size=loads, max_size=loads))},
        sources={"id": [draw(IDS)], "node": [0], "capacity_kva": draw(numbers(1))},
        feeders={"id": [draw(IDS)], "head_branch": [0]},
    )  # fmt: skip


def assert_same(one: Grid, other: Grid) -> None:
    for table in fields(Grid):
        for column in fields(getattr(one, table.name)):
            left, right = (getattr(getattr(grid, table.name), column.name) for grid in (one, other))
            np.testing.assert_array_equal(left, right, err_msg=f"{table.name}.{column.name}")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(grid=grids(), language=st.sampled_from(["zh", "en"]))
def test_a_network_comes_back_the_same(grid: Grid, language: str, tmp_path: Path) -> None:
    write_network_workbook(grid, tmp_path / "grid.xlsx", language=language)
    write_network_folder(grid, tmp_path / "grid", language=language)

    for path in (tmp_path / "grid.xlsx", tmp_path / "grid"):
        reading = check_network(path)
        assert reading.grid is not None, [str(problem) for problem in reading.problems]
        assert_same(grid, reading.grid)


def write_sheets(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, rows in sheets.items():
        worksheet = workbook.create_sheet(title)
        for row in rows:
            worksheet.append(row)
    workbook.save(path)
    return path


SMALL: dict[str, list[list[Any]]] = {
    "电源": [["电源编号", "接入节点"], ["S", "母线"]],
    "开关": [["开关编号", "起点节点", "终点节点", "类型", "常态"], ["K1", "母线", "1号杆", "断路器", "合"]],
    "线路段": [["编号", "起点节点", "终点节点", "长度(km)"], ["L1", "1号杆", "2号杆", 0.85]],
    "变压器": [
        ["变压器编号", "起点节点", "额定容量(kVA)", "产权", "低压户数"],
        ["T1", "2号杆", 315, "公变", 86],
        ["T2", "2号杆", 500, "专变", None],
    ],
}


def test_a_clerk_s_four_sheets_make_a_network(tmp_path: Path) -> None:
    grid = read_network_workbook(write_sheets(tmp_path / "small.xlsx", SMALL))

    assert grid.nodes.id.tolist() == ["母线", "1号杆", "2号杆", "T1/LV", "T2/LV"]
    assert grid.branches.length_km[0] == 0.85
    assert grid.loads.id.tolist() == ["T1", "T2"]
    assert grid.loads.lv_customers.tolist() == [86, 1]
    assert grid.loads.mv_users.tolist() == [1, 1]
    assert grid.loads.kva.tolist() == [315, 500]
    assert [grid.nodes.id[node] for node in grid.loads.node] == ["T1/LV", "T2/LV"]


def test_the_template_filled_in_is_read(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    write_network_template(path)
    workbook = load_workbook(path)
    for title, rows in SMALL.items():
        worksheet = workbook[title]
        heads = {str(cell.value).split("\n")[0].split(" ")[0]: cell.column for cell in worksheet[1]}
        for number, row in enumerate(rows[1:], start=3):
            for heading, value in zip(rows[0], row, strict=True):
                name = {"编号": "线路段编号"}.get(heading.split("(")[0], heading.split("(")[0])
                worksheet.cell(row=number, column=heads[name], value=value)
    workbook.save(path)

    reading = check_network(path)

    assert {problem.code for problem in reading.problems} == {TableCode.EXAMPLE_SKIPPED}
    assert_same(read_network_workbook(path), read_network_workbook(write_sheets(tmp_path / "small.xlsx", SMALL)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_guides_the_hand(language: str, tmp_path: Path) -> None:
    write_network_template(tmp_path / "template.xlsx", language=language)
    workbook = load_workbook(tmp_path / "template.xlsx")

    assert workbook.sheetnames[1:] == [sheet.title(language) for sheet in NETWORK]
    for sheet in NETWORK:
        worksheet = workbook[sheet.title(language)]
        offered = [column for column in sheet.columns if not column.extended]
        assert [cell.value for cell in worksheet[1]] == [column.heading(language) for column in offered]
        assert worksheet.freeze_panes == "B2"
        lists = [rule for rule in worksheet.data_validations.dataValidation if rule.type == "list"]
        assert len(lists) == sum(column.kind is ColumnKind.CHOICE for column in offered)
    assert not check_network(tmp_path / "template.xlsx").problems[0].code.blocks


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("sheet", NETWORK, ids=lambda sheet: sheet.name)
def test_every_heading_and_choice_of_the_template_is_understood(sheet: Any, language: str) -> None:
    for column in sheet.columns:
        for text in (column.heading(language), column.title(language), column.name):
            found = read_heading(text, sheet)
            assert found.column is column, text
        for choice in column.choices:
            for text in (choice.text(language), *choice.also):
                assert cell_reader(column)(text) == choice.value


def test_an_export_cannot_hold_infinity(tmp_path: Path) -> None:
    grid = build_grid(
        nodes={"id": ["a"]}, branches={"id": []}, sources={"id": ["S"], "node": [0], "capacity_kva": [np.inf]}
    )

    with pytest.raises(ValueError, match="infinite"):
        write_network_workbook(grid, tmp_path / "grid.xlsx")


def test_formulas_do_not_leave_in_an_export(tmp_path: Path) -> None:
    grid = build_grid(
        nodes={"id": ["=cmd|'/c calc'!A1", "@x"]},
        branches={"id": ["+1"], "from_node": [0], "to_node": [1], "kind": [BranchKind.SWITCH]},
        switches={"branch": [0]},
        sources={"id": ["-S"], "node": [0]},
    )
    write_network_workbook(grid, tmp_path / "grid.xlsx")
    write_network_folder(grid, tmp_path / "grid")

    cells = [cell for sheet in load_workbook(tmp_path / "grid.xlsx") for row in sheet for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    text = "".join(file.read_text(encoding="utf-8-sig") for file in (tmp_path / "grid").glob("*.csv"))
    starts = {cell[:1] for line in text.splitlines() for cell in line.replace('"', "").split(",")}
    assert not starts & set("=+-@")
    assert_same(read_network_folder(tmp_path / "grid"), grid)


def test_a_folder_may_be_named_in_chinese_and_encoded_as_excel_does(tmp_path: Path) -> None:
    for title, rows in SMALL.items():
        with (tmp_path / f"{title}.csv").open("w", encoding="gb18030", newline="") as stream:
            csv.writer(stream).writerows(rows)

    assert read_network_folder(tmp_path).loads.lv_customers.tolist() == [86, 1]


def test_reading_an_unsound_workbook_raises_everything_at_once(tmp_path: Path) -> None:
    sheets = SMALL | {
        "线路段": [["编号", "起点节点", "终点节点", "长度(km)"], ["L1", "1号杆", None, "远"], ["L1", "a", "a", -1]]
    }

    with pytest.raises(TableError) as caught:
        read_network_workbook(write_sheets(tmp_path / "bad.xlsx", sheets))

    assert {problem.code for problem in caught.value.problems} == {
        TableCode.MISSING_VALUE,
        TableCode.NOT_A_NUMBER,
        TableCode.DUPLICATE_ID,
        TableCode.SAME_NODE,
        TableCode.NEGATIVE,
    }


RING: dict[str, list[list[Any]]] = {
    "电源": [["电源编号", "接入节点"], ["S", "母线"]],
    "开关": [
        ["开关编号", "起点节点", "终点节点", "类型", "常态"],
        ["K1", "母线", "1号杆", "断路器", "合"],
        ["K2", "1号杆", "2号杆", "断路器", "合"],
        ["K3", "2号杆", "母线", "断路器", "合"],
    ],
    "线路段": [["编号", "起点节点", "终点节点", "长度(km)"], ["L1", "1号杆", "3号杆", "远"]],
}


def loops_told(path: Path) -> list[tuple[str, str]]:
    reading = check_network(path)
    assert reading.grid is None
    return [(problem.value, problem.hint) for problem in reading.problems if problem.code == TableCode.CLOSED_LOOP]


def test_a_loop_is_told_together_with_bad_rows_elsewhere(tmp_path: Path) -> None:
    assert loops_told(write_sheets(tmp_path / "ring.xlsx", RING)) == [("K1", "K1, K2, K3")]


def test_a_switch_whose_state_cannot_be_read_closes_no_loop(tmp_path: Path) -> None:
    rows = [*RING["开关"][:3], ["K3", "2号杆", "母线", "断路器", "半开"]]
    assert loops_told(write_sheets(tmp_path / "cell.xlsx", RING | {"开关": rows})) == []
    headless = [["开关编号", "起点节点", "终点节点", "类型", "状太"], *RING["开关"][1:]]
    assert loops_told(write_sheets(tmp_path / "column.xlsx", RING | {"开关": headless})) == []
