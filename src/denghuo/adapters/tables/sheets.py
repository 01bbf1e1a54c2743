"""A raw table read as the columns of a sheet: the header understood, every cell checked, every problem kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from itertools import chain, islice
from typing import Any

from openpyxl.utils import get_column_letter

from denghuo.adapters.tables.cells import CellError, cell_reader, clean_text, is_blank
from denghuo.adapters.tables.columns import Column, Sheet, fold, read_heading
from denghuo.adapters.tables.files import Limits, RawRow, RawTable, significant
from denghuo.adapters.tables.problems import ProblemList, RowProblem, TableCode
from denghuo.adapters.tables.schema import EXAMPLE_MARKS

__all__ = [
    "ERRORS_TITLE",
    "NOTES_TITLES",
    "ReadSheet",
    "headings_named",
    "is_errors_heading",
    "nearest",
    "read_blocks",
    "read_sheet",
]

ERRORS_TITLE = "错误 Errors"
NOTES_TITLES = ("填写说明", "Notes")
_HEADER_WITHIN_ROWS = 20


def is_errors_heading(cell: Any) -> bool:
    """Whether a cell heads the column of errors that a returned workbook carries."""
    return isinstance(cell, str) and fold(cell.strip().split("\n")[0]) == fold(ERRORS_TITLE)


@dataclass
class ReadSheet:
    """The rows of one sheet by column. ``values[name][i]`` stands in row ``rows[i]`` of the file; None if blank or bad.

    ``place`` says where a column stands: (position from 1, heading as the file has it); ``bad`` holds (i, name) of the
    cells that could not be read, which have been told, and (i, "") of rows with more cells or fewer than the header.
    """

    file: str
    title: str
    sheet: Sheet
    header_row: int = 0
    rows: list[int] = field(default_factory=list)
    values: dict[str, list[Any]] = field(default_factory=dict)
    place: dict[str, tuple[int, str]] = field(default_factory=dict)
    bad: set[tuple[int, str]] = field(default_factory=set)

    def column(self, name: str, default: Any = None) -> list[Any]:
        """A column with ``default`` where the cell is blank or the column is not there."""
        values = self.values.get(name)
        return [default] * len(self.rows) if values is None else [default if v is None else v for v in values]

    def problem(self, code: TableCode, *, index: int, name: str, value: str = "", hint: str = "") -> RowProblem:
        """A problem with the cell of column ``name`` in the row at ``index``."""
        position, heading = self.place.get(name, (0, self.sheet.column(name).zh))
        row = self.rows[index]
        return RowProblem(
            code=code,
            file=self.file,
            sheet=self.title,
            row=row,
            column=heading,
            cell=f"{get_column_letter(position)}{row}" if position else "",
            value=value,
            hint=hint,
        )


@dataclass(frozen=True)
class _Header:
    row: int
    # position from 0 -> (column, heading as typed, unit factor)
    columns: Mapping[int, tuple[Column, str, tuple[int, int]]]
    width: int


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known name most like ``name``, or ''."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)), "")


def read_sheet(
    raw: RawTable, sheet: Sheet, problems: ProblemList, *, zone: tzinfo = UTC, limits: Limits
) -> ReadSheet | None:
    """Read every row of a table. Returns None where no header was found; then the problems say so."""
    return next(read_blocks(raw, sheet, problems, zone=zone, limits=limits, rows_at_once=limits.rows + 1), None)


def read_blocks(
    raw: RawTable, sheet: Sheet, problems: ProblemList, *, zone: tzinfo = UTC, limits: Limits, rows_at_once: int
) -> Iterator[ReadSheet]:
    """The same in blocks of rows, for tables that memory should not hold. Nothing comes where no header was found; a
    table without rows is one empty block."""
    read = ReadSheet(file=raw.file, title=raw.title, sheet=sheet)
    first = list(islice(raw.rows, _HEADER_WITHIN_ROWS))
    header = _find_header(first, read, problems)
    if header is None:
        return
    cells_of = [(place, column, unit) for place, (column, _, unit) in header.columns.items()]
    checks = [(place, column, cell_reader(column, unit=unit, zone=zone)) for place, column, unit in cells_of]
    begun = _block(read, header)
    total = 0
    for number, cells in _data_rows(raw, first, header):
        if total >= limits.rows:
            problems.add(_at(read, number, TableCode.TOO_MANY_ROWS, hint=f"{limits.rows:,}"))
            break
        width = significant(cells)
        if width == 0 or _is_example(cells, read, number, problems):
            continue
        if raw.ragged and (len(cells) < header.width or width > header.width):
            problems.add(_at(read, number, TableCode.CELL_COUNT, value=str(len(cells)), hint=str(header.width)))
            begun.bad.add((len(begun.rows), ""))
        begun.rows.append(number)
        total += 1
        _read_row(cells, checks, begun, problems)
        if len(begun.rows) == rows_at_once:
            yield begun
            begun = _block(read, header)
    for area, _, last_row in raw.merged:
        if last_row >= header.row:
            problems.add(_at(read, 0, TableCode.MERGED_CELLS, value=area))
    if begun.rows or not total:
        yield begun


def _block(read: ReadSheet, header: _Header) -> ReadSheet:
    """The next block, empty."""
    return ReadSheet(
        file=read.file,
        title=read.title,
        sheet=read.sheet,
        header_row=header.row,
        values={column.name: [] for column, _, _ in header.columns.values()},
        place={column.name: (place + 1, heading) for place, (column, heading, _) in header.columns.items()},
    )


def _at(read: ReadSheet, row: int, code: TableCode, *, value: str = "", hint: str = "") -> RowProblem:
    return RowProblem(code=code, file=read.file, sheet=read.title, row=row, value=value, hint=hint)


def _data_rows(raw: RawTable, first: list[RawRow], header: _Header) -> Iterable[RawRow]:
    yield from ((number, cells) for number, cells in first if number > header.row)
    yield from raw.rows


def _is_example(cells: list[Any], read: ReadSheet, number: int, problems: ProblemList) -> bool:
    for cell in cells:
        if is_blank(cell):
            continue
        if isinstance(cell, str) and clean_text(cell).casefold().startswith(EXAMPLE_MARKS):
            problems.add(_at(read, number, TableCode.EXAMPLE_SKIPPED))
            return True
        break
    return False


def _read_row(cells: list[Any], checks: list[Any], read: ReadSheet, problems: ProblemList) -> None:
    for place, column, reader in checks:
        values = read.values[column.name]
        cell = cells[place] if place < len(cells) else None
        if cell is None or cell == "" or is_blank(cell):
            values.append(None)
            if column.required:
                problems.add(read.problem(TableCode.MISSING_VALUE, index=-1, name=column.name))
            continue
        try:
            values.append(reader(cell))
        except CellError as error:
            values.append(None)
            read.bad.add((len(read.rows) - 1, column.name))
            problems.add(read.problem(error.code, index=-1, name=column.name, value=str(cell)[:60], hint=error.hint))


def _find_header(first: list[RawRow], read: ReadSheet, problems: ProblemList) -> _Header | None:
    """The row that names the most columns; titles and notes may stand above it."""
    found = [(sum(_names_column(cell, read.sheet) for cell in cells), -number, cells) for number, cells in first]
    matches, row, cells = max(found, key=lambda item: item[:2], default=(0, 0, []))
    if matches == 0:
        problems.add(_at(read, 0, TableCode.MISSING_HEADER))
        return None
    columns = _read_header(cells, -row, read, problems)
    present = {column.name for column, _, _ in columns.values()}
    for column in read.sheet.columns:
        if column.required and column.name not in present:
            problems.add(_at(read, -row, TableCode.MISSING_COLUMN, value=f"{column.zh} {column.en}"))
    return _Header(-row, columns, significant(cells))


def headings_named(raw: RawTable, sheet: Sheet) -> int:
    """How many columns of a sheet the likeliest header of a table names. Its rows can be read afterwards."""
    first = list(islice(raw.rows, _HEADER_WITHIN_ROWS))
    raw.rows = chain(first, raw.rows)
    return max((sum(_names_column(cell, sheet) for cell in cells) for _, cells in first), default=0)


def _names_column(cell: Any, sheet: Sheet) -> bool:
    return isinstance(cell, str) and read_heading(cell, sheet).column is not None


def _read_header(
    cells: list[Any], row: int, read: ReadSheet, problems: ProblemList
) -> dict[int, tuple[Column, str, tuple[int, int]]]:
    columns: dict[int, tuple[Column, str, tuple[int, int]]] = {}
    taken: dict[str, str] = {}
    unknown: list[str] = []
    for place, cell in enumerate(cells):
        if is_blank(cell) or is_errors_heading(cell):
            continue
        typed = " ".join(str(cell).split())
        heading = read_heading(str(cell), read.sheet)
        if heading.column is None:
            unknown.append(typed)
        elif heading.column.name in taken:
            hint = taken[heading.column.name]
            problems.add(_at(read, row, TableCode.REPEATED_COLUMN, value=typed, hint=hint))
        else:
            taken[heading.column.name] = typed
            factor = _unit(heading.column, heading.unit, typed, row, read, problems)
            columns[place] = (heading.column, typed, factor)
    for typed in unknown:
        problems.add(_unknown_column(typed, row, read, taken))
    return columns


def _unknown_column(typed: str, row: int, read: ReadSheet, taken: Mapping[str, str]) -> RowProblem:
    """A heading close to a column that is not there is most likely that column misspelt; any other is left alone."""
    free = {text: column for text, column in read.sheet.headings.items() if column.name not in taken}
    close = nearest(fold(typed), free)
    if close:
        hint = f"{free[close].zh} {free[close].en}"
        return _at(read, row, TableCode.UNKNOWN_COLUMN, value=typed, hint=hint)
    return _at(read, row, TableCode.IGNORED_COLUMN, value=typed)


def _unit(column: Column, unit: str, typed: str, row: int, read: ReadSheet, problems: ProblemList) -> tuple[int, int]:
    """How many of the column's units one of the heading's is. A unit of another kind is refused, not guessed at."""
    if column.unit is None or not unit:
        return (1, 1)
    factor = column.unit.factors.get(fold(unit))
    code = TableCode.WRONG_UNIT if factor is None else TableCode.UNIT_CONVERTED
    if factor != (1, 1):
        problems.add(
            RowProblem(
                code=code,
                file=read.file,
                sheet=read.title,
                row=row,
                column=typed,
                value=unit,
                hint=column.unit.label("en"),
            )
        )
    return factor or (1, 1)
