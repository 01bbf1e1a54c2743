"""Tables of a network as rows that know where they stand: from CSV folders, and from pandapower's JSON and Excel."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from denghuo.adapters.problems import ModelError, Problem, ProblemCode, generation_left_out
from denghuo.adapters.tables.files import Limits, RawTable, open_tables
from denghuo.adapters.texts import decoded

__all__ = ["Row", "Tables", "read_csv_folder", "read_json", "read_workbook"]

_MAX_FILE_BYTES = 256 * 1024 * 1024
_MAX_JSON_BYTES = 512 * 1024 * 1024
_MAX_PROBLEMS = 200
_NOTHING = frozenset(("", "null", "none", "nan", "na"))
# What stands over the index of a table that pandas wrote.
_INDEX_HEADINGS = frozenset(("", "index", "unnamed: 0"))


@dataclass
class Tables:
    """Tables by name. Reading a bad value adds a problem and goes on, so that all of them are seen at once."""

    file: str
    rows: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def of(self, table: str, *needed: str) -> list[Row]:
        """The rows of a table; its missing columns are problems, and then it has no rows."""
        rows = self.rows.get(table, [])
        missing = [column for column in needed if rows and column not in rows[0].values]
        for column in missing:
            detail = f"The column {column} is missing; add it."
            file, sheet = rows[0].file, rows[0].sheet
            self.add(Problem(code=ProblemCode.MISSING_COLUMN, detail=detail, file=file, sheet=sheet, column=column))
        return [] if missing else rows

    def add(self, problem: Problem) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(problem)

    def check(self) -> None:
        """Raises:
        ModelError: with every problem found so far.
        """
        if self.problems:
            raise ModelError(self.problems)

    def leave_generation(self, names: Iterable[str], is_source: Callable[[Row], bool]) -> None:
        """Tell of the rows of these tables that are no sources of the network."""
        counts = {name: sum(not is_source(row) for row in self.of(name)) for name in names}
        self.notes.extend(generation_left_out(counts, file=self.file))

    def left_out(self, what: str) -> None:
        """Tell that something is in the file, but not in the network."""
        self.notes.append(Problem(code=ProblemCode.LEFT_OUT, detail=what, file=self.file))


@dataclass(frozen=True)
class Row:
    """One row. ``number`` counts as the file does; None where the file has no rows to count."""

    tables: Tables
    file: str
    number: int | None
    values: Mapping[str, Any]
    sheet: str = ""

    def text(self, column: str, default: str = "") -> str:
        """What stands there as text; whole numbers without a fraction, as identifiers are written."""
        value = self.values.get(column)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return default
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = str(value).strip()
        return default if text.lower() in _NOTHING else text

    def key(self, column: str) -> str:
        """A reference to another row: ``12`` and ``12.0`` are the same."""
        text = self.text(column)
        return text[:-2] if text.endswith(".0") and text[:-2].lstrip("-").isdigit() else text

    def number_of(self, column: str, default: float = math.nan) -> float:
        text = self.text(column)
        if not text:
            return default
        try:
            return float(text)
        except ValueError:
            self.problem(ProblemCode.BAD_VALUE, column, f"{text[:60]} is not a number; write a number such as 0.25.")
            return default

    def flag(self, column: str, default: bool) -> bool:
        text = self.text(column).lower()
        if not text:
            return default
        if text not in ("true", "false", "1", "0"):
            self.problem(ProblemCode.BAD_VALUE, column, f"{text[:60]} is neither True nor False; write one of them.")
            return default
        return text in ("true", "1")

    def problem(self, code: ProblemCode, column: str, detail: str) -> None:
        problem = Problem(code=code, detail=detail, file=self.file, sheet=self.sheet, row=self.number, column=column)
        self.tables.add(problem)


def read_csv_folder(folder: Path, names: tuple[str, ...]) -> Tables:
    """The tables ``name.csv`` of a folder, those that are there."""
    tables = Tables(folder.name)
    for name in names:
        path = folder / f"{name}.csv"
        if path.is_file():
            tables.rows[name] = list(_csv_rows(tables, path))
    return tables


def _csv_rows(tables: Tables, path: Path) -> Iterator[Row]:
    text = _read(path, limit=_MAX_FILE_BYTES)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    columns: list[str] = []
    try:
        for cells in reader:
            if not columns:
                columns = _columns(cells)
            elif any(cells):
                values = dict.fromkeys(columns) | dict(zip(columns, cells, strict=False))
                row = Row(tables, path.name, reader.line_num, values)
                if len(cells) != len(columns):
                    detail = (
                        f"The row has {len(cells)} cells, the header {len(columns)}; complete it, or copy it again."
                    )
                    row.problem(ProblemCode.CUT_OFF, "", detail)
                yield row
    except csv.Error as error:
        detail = f"The table cannot be read on from here ({error}); look for a missing quotation mark."
        tables.add(Problem(code=ProblemCode.UNREADABLE, detail=detail, file=path.name, row=reader.line_num))


def _columns(header: Sequence[Any]) -> list[str]:
    """The names over the columns; pandas leaves the index without one."""
    names = [str(name or "").strip() for name in header]
    if "id" not in names and names and names[0].lower() in _INDEX_HEADINGS:
        names[0] = "id"
    return names


def read_workbook(path: Path, names: tuple[str, ...]) -> Tables:
    """The tables of a network that pandapower saved as an Excel workbook, one on a sheet.

    Raises:
        TableError: the workbook is cut off, damaged, or larger than a network could be.
    """
    tables = Tables(path.name)
    with open_tables(path, limits=Limits()) as sheets:
        for sheet in sheets:
            if sheet.title in names:
                tables.rows[sheet.title] = list(_sheet_rows(tables, path, sheet))
    return tables


def _sheet_rows(tables: Tables, path: Path, sheet: RawTable) -> Iterator[Row]:
    columns: list[str] = []
    for number, cells in sheet.rows:
        if not columns:
            columns = _columns(cells)
        elif any(cell is not None for cell in cells):
            values = dict.fromkeys(columns) | dict(zip(columns, cells, strict=False))
            yield Row(tables, path.name, number, values, sheet=sheet.title)


def read_json(path: Path) -> Tables:
    """The tables of a network that pandapower saved as JSON."""
    text = _read(path, limit=_MAX_JSON_BYTES)
    try:
        saved = json.loads(text)
    except ValueError as error:
        row = getattr(error, "lineno", None)
        detail = "This is not complete JSON; save the network again."
        raise ModelError(Problem(code=ProblemCode.CUT_OFF, detail=detail, file=path.name, row=row)) from error
    except RecursionError as error:
        raise _not_pandapower(path) from error
    tables = Tables(path.name)
    held = saved.get("_object") if isinstance(saved, dict) else None
    if not isinstance(held, dict):
        raise _not_pandapower(path)
    for name, table in held.items():
        if isinstance(table, dict) and table.get("_class") == "DataFrame":
            tables.rows[name] = list(_frame_rows(tables, path, name, table.get("_object")))
    return tables


def _frame_rows(tables: Tables, path: Path, name: str, frame: Any) -> Iterator[Row]:
    try:
        split = json.loads(frame) if isinstance(frame, str) else frame
        columns, index, data = split["columns"], split["index"], split["data"]
        for key, cells in zip(index, data, strict=True):
            yield Row(
                tables, f"{path.name} ({name} {key})", None, {"id": key, **dict(zip(columns, cells, strict=True))}
            )
    except (ValueError, KeyError, TypeError) as error:
        detail = f"The table {name} is not laid out as pandapower does; save the network again with pandapower.to_json."
        raise ModelError(Problem(code=ProblemCode.UNREADABLE, detail=detail, file=path.name)) from error


def _not_pandapower(path: Path) -> ModelError:
    detail = "This JSON does not hold a pandapower network; save it with pandapower.to_json."
    return ModelError(Problem(code=ProblemCode.NOT_RECOGNIZED, detail=detail, file=path.name))


def _read(path: Path, *, limit: int) -> str:
    try:
        size = path.stat().st_size
        if size > limit:
            detail = f"The file has {size:,} bytes; the limit is {limit:,}."
            raise ModelError(Problem(code=ProblemCode.TOO_LARGE, detail=detail, file=path.name))
        data = path.read_bytes()
    except OSError as error:
        detail = f"The file cannot be opened ({error.strerror or 'unknown reason'}); check its name."
        raise ModelError(Problem(code=ProblemCode.NOT_FOUND, detail=detail, file=path.name)) from error
    if b"\0" in data[:65536]:
        detail = "This is not a text file; a table or JSON was expected."
        raise ModelError(Problem(code=ProblemCode.UNREADABLE, detail=detail, file=path.name))
    return decoded(data)
