"""Templates to fill in, and networks written as the same workbooks and CSV files."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from denghuo.adapters.tables.columns import Column, ColumnKind, Sheet
from denghuo.adapters.tables.files import CSV_SPECIAL
from denghuo.adapters.tables.schema import EXAMPLE_MARKS, NETWORK
from denghuo.adapters.tables.sheets import NOTES_TITLES
from denghuo.engines.grid import BranchKind, Grid

__all__ = ["write_network_folder", "write_network_template", "write_network_workbook", "write_template"]

EXCEL_ROWS = 1_048_576
_VALIDATED_ROWS = 10_000
_LIST_LENGTH = 255
_HEADER_FILL = PatternFill("solid", fgColor="FFD9E7F5")
_REQUIRED_FILL = PatternFill("solid", fgColor="FFFCE4C4")
_EXAMPLE_FONT = Font(italic=True, color="FF808080")
_WIDTHS = {ColumnKind.ID: 22, ColumnKind.TEXT: 22, ColumnKind.INSTANT: 20, ColumnKind.DATE: 14, ColumnKind.CHOICE: 14}

_NOTES_TITLE = {"zh": "填写说明", "en": "How to fill this in"}
# (about networks only, the note)
_NOTES = {
    "zh": (
        (False, "每张工作表第一行是表头，请勿改动；橙色列必填，列名后的括号是单位。"),
        (False, "灰色斜体的示例行不会导入，可保留、可删除。"),
        (True, "节点名称（母线、杆号、分支箱）相同即为相连；线路、开关、变压器都写明起点和终点节点。"),
        (True, "配电台区只需在“变压器”表填一行：起点节点、额定容量、产权、低压户数；终点节点不填。"),
        (True, "“节点”“用户”“馈线”三张表可以不填。“电源”表至少一行。"),
        (False, "编号列请保持文本格式，否则 Excel 会丢失长编号的末位和开头的 0。"),
        (False, "请勿使用公式和合并单元格。日期时间按 2024-05-01 08:30 填写。"),
        (
            False,
            "若有错误，系统会退回本文件：出错的单元格标红并加批注，每行错误写在“错误 Errors”列。改好后直接再导入。",
        ),
    ),
    "en": (
        (
            False,
            "The first row of each sheet is its header: leave it alone. Orange columns are required; "
            "the unit stands in brackets.",
        ),
        (False, "The example row in gray italics is not imported; keep it or delete it."),
        (
            True,
            "Equal node names (busbar, pole, cabinet) are connected; lines, switches and transformers "
            "name both their nodes.",
        ),
        (
            True,
            "A distribution transformer needs one row of the Transformers sheet only: from node, rated power, "
            "ownership and LV customers; leave its to node blank.",
        ),
        (True, "The sheets Nodes, Loads and Feeders are optional. Sources needs at least one row."),
        (False, "Keep the number columns as text, or Excel drops leading zeros and the last digits of long numbers."),
        (False, "No formulas and no merged cells. Write dates and times like 2024-05-01 08:30."),
        (
            False,
            "Where something is wrong this file comes back with the cells in red, a comment on each, and a column "
            "'错误 Errors'. Correct it and import it again.",
        ),
    ),
}


def write_network_template(path: Path | str, *, language: str = "zh") -> None:
    """Write the empty workbook a clerk fills in to describe a network. ``language`` is ``zh`` or ``en``."""
    write_template(path, NETWORK, language=language)


def write_template(path: Path | str, sheets: Iterable[Sheet], *, language: str = "zh") -> None:
    """Write an empty workbook of the given sheets: notes, headers, drop-down lists and an example row."""
    workbook = Workbook(write_only=True)
    sheets = tuple(sheets)
    _add_notes(workbook, sheets, language)
    for sheet in sheets:
        columns = [column for column in sheet.columns if not column.extended]
        worksheet = _add_sheet(workbook, sheet, columns, language)
        example = [WriteOnlyCell(worksheet, value=_example(column, language)) for column in columns]
        example[0].value = EXAMPLE_MARKS[0 if language == "zh" else 1] + str(example[0].value or "")
        for cell in example:
            cell.font = _EXAMPLE_FONT
        worksheet.append(example)
    workbook.save(path)


def _example(column: Column, language: str) -> Any:
    chosen = next((choice for choice in column.choices if choice.zh == column.example), None)
    if chosen is not None:
        return chosen.text(language)
    return float(column.example) if column.kind is ColumnKind.NUMBER and column.example else column.example or None


def write_network_workbook(grid: Grid, path: Path | str, *, language: str = "zh") -> None:
    """Write a grid as a workbook that :func:`read_network_workbook` reads back as the same grid.

    Branches come back ordered as lines, switches, transformers. Positions are resolved to identifiers, so identifiers
    must be unique and stand clean (no spaces at their ends).

    Raises:
        ValueError: a component with more rows than a sheet of Excel has, or an infinite number.
    """
    tables = list(_grid_tables(grid, language))
    for sheet, _, written in tables:
        if len(written[0]) >= EXCEL_ROWS:
            raise ValueError(f"{len(written[0])} {sheet.name} are more than a sheet of Excel holds; write CSV files")
    workbook = Workbook(write_only=True)
    _add_notes(workbook, NETWORK, language)
    for sheet, columns, written in tables:
        worksheet = _add_sheet(workbook, sheet, columns, language)
        for row in zip(*written, strict=True):
            worksheet.append([_cell(worksheet, value) for value in row])
    workbook.save(path)


def write_network_folder(grid: Grid, path: Path | str, *, language: str = "en") -> None:
    """Write a grid as a folder of CSV files (UTF-8 with the mark Excel needs), the twin of the workbook.

    Raises:
        ValueError: an infinite number.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    for sheet, columns, written in _grid_tables(grid, language):
        with (folder / f"{sheet.name}.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([column.title(language) for column in columns])
            writer.writerows([_csv_text(value) for value in row] for row in zip(*written, strict=True))


def _add_notes(workbook: Workbook, sheets: tuple[Sheet, ...], language: str) -> None:
    zh = language == "zh"
    worksheet = workbook.create_sheet(NOTES_TITLES[0 if zh else 1])
    for place, width in enumerate((26, 26, 10, 40, 60), start=1):
        worksheet.column_dimensions[get_column_letter(place)].width = width
    worksheet.append([_styled(worksheet, _NOTES_TITLE[language], font=Font(bold=True, size=14))])
    notes = [note for about_networks, note in _NOTES[language] if not about_networks or sheets == NETWORK]
    for number, note in enumerate(notes, start=1):
        worksheet.append([f"{number}. {note}"])
    heads = ("工作表", "列", "单位", "可选值", "含义") if zh else ("sheet", "column", "unit", "choices", "meaning")
    worksheet.append([])
    worksheet.append([_styled(worksheet, head, font=Font(bold=True)) for head in heads])
    for sheet in sheets:
        worksheet.append([sheet.title(language), None, None, None, sheet.meaning_zh if zh else sheet.meaning_en])
        for column in sheet.columns:
            choices = " / ".join(choice.text(language) for choice in column.choices)
            name = (column.zh if zh else column.en) + (" *" if column.required else "")
            unit = column.unit.label(language) if column.unit else None
            worksheet.append([None, name, unit, choices or None, column.meaning_zh if zh else column.meaning_en])


def _styled(worksheet: Any, value: Any, **styles: Any) -> WriteOnlyCell:
    cell = WriteOnlyCell(worksheet, value=value)
    for name, style in styles.items():
        setattr(cell, name, style)
    return cell


def _add_sheet(workbook: Workbook, sheet: Sheet, columns: Sequence[Column], language: str) -> Any:
    """A sheet with its frozen header, widths, text columns and drop-down lists, ready for rows."""
    worksheet = workbook.create_sheet(sheet.title(language))
    worksheet.freeze_panes = "B2"
    header = []
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        worksheet.column_dimensions[letter].width = _WIDTHS.get(column.kind, 12)
        if column.kind is ColumnKind.ID:
            worksheet.column_dimensions[letter].number_format = "@"
        rule = _rule(column, language)
        if rule is not None:
            rule.add(f"{letter}2:{letter}{_VALIDATED_ROWS}")
            worksheet.data_validations.append(rule)
        header.append(
            _styled(
                worksheet,
                column.heading(language),
                font=Font(bold=True),
                fill=_REQUIRED_FILL if column.required else _HEADER_FILL,
                alignment=Alignment(wrap_text=True, vertical="center"),
            )
        )
    worksheet.append(header)
    return worksheet


def _rule(column: Column, language: str) -> DataValidation | None:
    """What Excel itself lets be typed. Any spelling the reader accepts may still be pasted."""
    zh = language == "zh"
    if column.kind is ColumnKind.CHOICE:
        choices = ",".join(choice.text(language) for choice in column.choices)
        if len(choices) > _LIST_LENGTH:
            raise ValueError(
                f"{column.name}: Excel takes {_LIST_LENGTH} characters in a drop-down list, not {len(choices)}"
            )
        rule = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=not column.required)
        rule.error = "请从下拉列表中选择。" if zh else "Choose from the list."
    elif column.kind in (ColumnKind.NUMBER, ColumnKind.COUNT) and not column.signed:
        kind = "whole" if column.kind is ColumnKind.COUNT else "decimal"
        rule = DataValidation(type=kind, operator="greaterThanOrEqual", formula1="0", allow_blank=True)
        rule.error = "请填写零或正数。" if zh else "Enter zero or more."
    else:
        return None
    rule.errorTitle = column.title(language)
    rule.promptTitle, rule.prompt = column.title(language)[:32], (column.meaning_zh if zh else column.meaning_en)[:255]
    rule.showErrorMessage = rule.showInputMessage = True
    return rule


def _grid_tables(grid: Grid, language: str) -> Iterable[tuple[Sheet, list[Column], list[list[Any]]]]:
    """Each sheet with the columns to write and their cells; extended columns only where they hold anything."""
    tables = _grid_columns(grid)
    for sheet in NETWORK:
        values = tables[sheet.name]
        columns = [column for column in sheet.columns if _wanted(column, values)]
        yield sheet, columns, [_as_written(column, values[column.name], language) for column in columns]


def _wanted(column: Column, values: Mapping[str, NDArray[Any]]) -> bool:
    held = values.get(column.name)
    if held is None:
        return False
    return not column.extended or not bool(np.isnan(held).all())


def _branch_columns(grid: Grid, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    branches = grid.branches
    numbers = ("length_km", "rating_kva", "failure_rate_per_year", "repair_h")
    return {
        **_identity(branches.id[rows], branches.name[rows]),
        **{name: grid.nodes.id[getattr(branches, name)[rows]] for name in ("from_node", "to_node")},
        **{name: getattr(branches, name)[rows] for name in numbers},
    }


def _grid_columns(grid: Grid) -> dict[str, dict[str, NDArray[Any]]]:
    nodes, kind = grid.nodes, grid.branches.kind
    lines = np.flatnonzero((kind == BranchKind.LINE) | (kind == BranchKind.CABLE))
    switches, transformers, loads = grid.switches, grid.transformers, grid.loads
    return {
        "nodes": {**_identity(nodes.id, nodes.name), "base_kv": nodes.base_kv, "x": nodes.x, "y": nodes.y},
        "lines": {**_branch_columns(grid, lines), "kind": kind[lines]},
        "switches": {
            **_branch_columns(grid, switches.branch),
            "kind": switches.kind,
            "normally_closed": switches.normally_closed.astype(np.int8),
            "remote": switches.remote.astype(np.int8),
            "operating_h": switches.operating_h,
        },
        "transformers": {
            **_branch_columns(grid, transformers.branch),
            "rated_kva": transformers.rated_kva,
            "ownership": transformers.ownership,
        },
        "loads": {
            **_identity(loads.id, loads.name),
            "node": nodes.id[loads.node],
            "mv_users": loads.mv_users,
            "lv_customers": loads.lv_customers,
            "kva": loads.kva,
            "kw": loads.kw,
            "area": loads.area,
        },
        "sources": {
            **_identity(grid.sources.id, grid.sources.name),
            "node": nodes.id[grid.sources.node],
            "capacity_kva": grid.sources.capacity_kva,
        },
        "feeders": {
            **_identity(grid.feeders.id, grid.feeders.name),
            "head_branch": grid.branches.id[grid.feeders.head_branch],
        },
    }


def _identity(ids: NDArray[np.str_], names: NDArray[np.str_]) -> dict[str, NDArray[Any]]:
    """A name that only repeats the identifier is left blank, as a person would leave it."""
    return {"id": ids, "name": np.where(names == ids, "", names)}


def _as_written(column: Column, values: NDArray[Any], language: str) -> list[Any]:
    plain = values.tolist()
    if column.choices:
        texts = {choice.value: choice.text(language) for choice in column.choices}
        return [texts[value] for value in plain]
    if column.kind is ColumnKind.NUMBER:
        if np.isinf(values).any():
            raise ValueError(f"{column.name} holds an infinite number, which a table cannot say; unlimited is NaN")
        return [None if math.isnan(value) else value for value in plain]
    return [None if value == "" else value for value in plain]


def _cell(worksheet: Any, value: Any) -> Any:
    if isinstance(value, float):
        # The library writes 16 digits of a number; the shortest text that reads back as the same number may need 17.
        cell = WriteOnlyCell(worksheet, value=repr(value))
        cell.data_type = "n"
        return cell
    if isinstance(value, str) and (value[:1] in CSV_SPECIAL or value[:1] == "#"):
        # Text stays text, also when the sheet is saved as CSV and opened again.
        cell = WriteOnlyCell(worksheet, value=value)
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell
    return value


def _csv_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip("'")[:1] in CSV_SPECIAL else value
    return repr(value)
