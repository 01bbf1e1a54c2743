"""LINES.csv and LOADS.csv of a radial system, in the columns the published test systems are printed in.

LINES: ``line, from, to``, a length and a rate per km (``length_km``, ``failure_rate_per_km_yr``) or a rate of the whole
line (``failure_rate_per_yr``), ``repair_h``; optional ``switching_h``, ``kind`` (main... or lateral..., blank is
lateral), ``fuse_or_breaker_at_from_end``, a column named ``disconnect...`` (from, to, both or blank),
``alt_supply_at_to_node`` and ``transformer_at_to_node`` (yes or no), ``alt_capacity_kva``,
``transformer_failure_rate_per_yr``, ``transformer_repair_h``.
LOADS: ``load_point``, ``avg_load_mw`` or ``avg_load_kw`` (blank is unknown), ``customers``.

The columns of RELRAD's tables, in which the CINELDI reference grid is published, are understood too.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.engines.grid import FindingCode
from denghuo.engines.reliability.prediction_lines import EndDevice, LineFinding, RadialLines, RadialLoads, check_lines

__all__ = ["line_tables_in", "read_line_tables"]

_YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False, "": False}
_DEVICES = {"": EndDevice.NONE, "none": EndDevice.NONE, "no": EndDevice.NONE}
_DEVICES |= {"fuse": EndDevice.FUSE, "breaker": EndDevice.BREAKER, "recloser": EndDevice.BREAKER}
_HEADER_BYTES = 65536
_OF_LINES, _OF_LOADS = {"line", "from", "to", "repair_h"}, {"load_point", "customers"}
_ENDS = {"from": (True, False), "to": (False, True), "both": (True, True), "from+to": (True, True), "": (False, False)}
_ENDS |= {"none": (False, False), "no": (False, False)}

# RELRAD's names for the same columns, and its letters: up (the from end), down, both, none.
_RELRAD = {
    "Line": "line",
    "From_Bus": "from",
    "To_Bus": "to",
    "Length [km]": "length_km",
    "Failure_Rate [1/yr/km]": "failure_rate_per_km_yr",
    "Repair_Time [h]": "repair_h",
    "Switching_Time [h]": "switching_h",
    "Breaker_Direction": "fuse_or_breaker_at_from_end",
    "Disconnector_Direction": "disconnect_ends",
    "Bus": "load_point",
    "P [MW]": "avg_load_mw",
    "Number_of_Customers": "customers",
}
_DEVICES |= {"n": EndDevice.NONE, "u": EndDevice.BREAKER}
_ENDS |= {"u": _ENDS["from"], "d": _ENDS["to"], "b": _ENDS["both"], "n": _ENDS["none"]}

_COLUMNS_OF = {"id": "line", "from_node": "from", "to_node": "to", "node": "load_point"}
_ADVICE = {
    FindingCode.EMPTY_ID: "the cell is blank; give every row a name",
    FindingCode.DUPLICATE_ID: "{value!r} stands in an earlier row already; names must differ",
    FindingCode.BOTH_ENDS_AT_ONE_NODE: "the line starts and ends at {value!r}; give two different nodes",
    FindingCode.SUPPLIED_TWICE: "another line leads to {value!r} already; in a radial system one line feeds each node, "
    "so leave normally open lines out and say yes in alt_supply_at_to_node",
    FindingCode.UNKNOWN_NODE: "no line begins or ends at {value!r}; name a node of the line table",
    FindingCode.CLOSED_LOOP: "{value!r} is not reached from any source (a node that no line leads to); "
    "turn the line so that it leads away from the source",
}


def read_line_tables(
    lines: str | Path, loads: str | Path, *, disconnect_column: str | None = None, kinds: bool = True
) -> tuple[RadialLines, RadialLoads]:
    """Read a radial system.

    Args:
        lines: the line table.
        loads: the load points.
        disconnect_column: take the disconnects from this column, or ("") none; by default the only one named so.
        kinds: whether a ``kind`` that is neither main nor lateral is a problem. Only placing devices on main sections
            looks at it.

    Raises:
        ModelError: everything that is wrong, each with file, row and column.
    """
    line_sheet, load_sheet = _Sheet(Path(lines)), _Sheet(Path(loads))
    read_lines = _read_lines(line_sheet, disconnect_column, _kinds_in(line_sheet, checked=kinds))
    read_loads = _read_loads(load_sheet)
    problems = line_sheet.problems + load_sheet.problems
    if not problems and read_lines is not None and read_loads is not None:
        sheets = {"lines": line_sheet, "loads": load_sheet}
        problems = [_told(finding, sheets[finding.table]) for finding in check_lines(read_lines, read_loads)]
        if not problems:
            return read_lines, read_loads
    raise ModelError(problems)


def line_tables_in(folder: Path) -> tuple[Path, Path] | None:
    """The one line table and the one table of load points in a folder, by their columns; None where there are none."""
    if not folder.is_dir():
        return None
    columns = {path: _columns_of(path) for path in folder.glob("*.csv")}
    lines = [path for path, names in columns.items() if names >= _OF_LINES]
    loads = [path for path, names in columns.items() if names >= _OF_LOADS]
    return (lines[0], loads[0]) if len(lines) == len(loads) == 1 else None


def _columns_of(path: Path) -> set[str]:
    """A table's columns; none of what is no table."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            headings = next(csv.reader([file.readline(_HEADER_BYTES)]), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return set()
    return {_RELRAD.get(name.strip(), name.strip()) for name in headings}


class _Sheet:
    """One file's cells, and what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.rows: list[dict[str, str]] = []
        self.numbers: list[int] = []
        self.columns: list[str] = []
        self.headings: dict[str, str] = {}
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                self._load(csv.DictReader(file))
        except FileNotFoundError:
            self.wrong(ProblemCode.NOT_FOUND, "there is no such file; check the path")
        except (UnicodeDecodeError, csv.Error) as error:
            self.wrong(ProblemCode.UNREADABLE, f"is not a UTF-8 table with commas ({error}); save it as CSV UTF-8")
        except OSError as error:
            self.wrong(ProblemCode.UNREADABLE, f"cannot be read: {error.strerror}")
        if not self.problems and not self.rows:
            self.wrong(ProblemCode.EMPTY, "has no rows below its header")

    def _load(self, reader: csv.DictReader[str]) -> None:
        headings = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = self.columns = [_RELRAD.get(name, name) for name in headings]
        self.headings = dict(zip(self.columns, headings, strict=True))
        for cells in reader:
            if any(value for value in cells.values()):
                self.rows.append({name: (cells.get(name) or "").strip() for name in self.columns})
                self.numbers.append(reader.line_num)
            if None in cells:
                detail = "the row has more cells than the header; write decimals with a point, not with a comma"
                self.wrong(ProblemCode.BAD_VALUE, detail, row=len(self.rows) - 1)

    def wrong(self, code: ProblemCode, detail: str, *, row: Any = None, column: str = "") -> None:
        line = None if row is None else self.numbers[row]
        told = Problem(code=code, detail=detail, file=self.path.name, row=line, column=self.heading(column))
        self.problems.append(told)

    def heading(self, column: str) -> str:
        """A column's name as it stands in the file."""
        return self.headings.get(column, column)

    def require(self, *wanted: str | tuple[str, ...]) -> bool:
        """Whether every column is there, of a tuple one; says which are not."""
        each = [(one,) if isinstance(one, str) else one for one in wanted]
        missing = [" or ".join(names) for names in each if not set(names) & set(self.columns)]
        if missing and self.columns:
            columns = f"column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
            self.wrong(ProblemCode.MISSING_COLUMN, f"has no {columns}; it has {', '.join(self.headings.values())}")
        return not missing

    def texts(self, name: str) -> Any:
        return np.array([row.get(name, "") for row in self.rows], dtype=np.str_)

    def words(self, name: str, meaning: Mapping[str, Any]) -> list[Any]:
        """Cells that may hold one of a few words."""
        advice = "use " + ", ".join(word for word in meaning if len(word) > 1)
        return self.cells(name, lambda text: meaning[text.lower()], advice)

    def numbers_in(self, name: str, *, needed: bool = False) -> Any:
        """Numbers, NaN where the cell is blank or the column is missing."""

        def number(text: str) -> float:
            if not text and not needed:
                return math.nan
            value = float(text)
            if not 0.0 <= value < math.inf:
                raise ValueError(text)
            return value

        return np.array(self.cells(name, number, "give a number from 0 up"), dtype=np.float64)

    def cells(self, name: str, meaning: Callable[[str], Any], advice: str) -> list[Any]:
        """Every cell of a column as its meaning; a cell without one is a problem."""
        values = []
        for position, row in enumerate(self.rows):
            try:
                values.append(meaning(row.get(name, "")))
            except (KeyError, ValueError):
                shown = repr(row.get(name)) if row.get(name) else "a blank cell"
                self.wrong(ProblemCode.BAD_VALUE, f"{shown} is not understood; {advice}", row=position, column=name)
        return values


def _read_lines(sheet: _Sheet, disconnect_column: str | None, main: list[bool]) -> RadialLines | None:
    length = ("length_km",) if "failure_rate_per_km_yr" in sheet.columns else ()
    complete = sheet.require(
        "line", "from", "to", *length, ("failure_rate_per_km_yr", "failure_rate_per_yr"), "repair_h"
    )
    ends_column = _disconnect_column(sheet, disconnect_column)
    if not complete or sheet.problems:
        return None
    rate, repair = _rates(sheet), sheet.numbers_in("repair_h")
    columns = {
        "device": sheet.words("fuse_or_breaker_at_from_end", _DEVICES),
        "alternate": sheet.words("alt_supply_at_to_node", _YES),
        "transformer": sheet.words("transformer_at_to_node", _YES),
    }
    ends = sheet.words(ends_column, _ENDS)
    numbers: dict[str, Any] = {
        name: sheet.numbers_in(column)
        for name, column in (
            ("switching_h", "switching_h"),
            ("alternate_kva", "alt_capacity_kva"),
            ("transformer_failure_rate_per_year", "transformer_failure_rate_per_yr"),
            ("transformer_repair_h", "transformer_repair_h"),
        )
    }
    if sheet.problems:
        return None
    for row in np.flatnonzero((rate > 0) & np.isnan(repair)):
        sheet.wrong(ProblemCode.BAD_VALUE, "a line that fails needs its hours of repair", row=row, column="repair_h")
    return RadialLines(
        id=sheet.texts("line"),
        main=np.array(main, dtype=np.bool_),
        from_node=sheet.texts("from"),
        to_node=sheet.texts("to"),
        failure_rate_per_year=rate,
        repair_h=repair,
        disconnect_from=np.array([end[0] for end in ends], dtype=np.bool_),
        disconnect_to=np.array([end[1] for end in ends], dtype=np.bool_),
        device=np.array(columns.pop("device"), dtype=np.int8),
        **_flags(columns),
        **numbers,
    )


def _kinds_in(sheet: _Sheet, *, checked: bool) -> list[bool]:
    """Whether each line is a main section."""

    def is_main(text: str) -> bool:
        if checked and text and not text.lower().startswith(("main", "lateral")):
            raise ValueError(text)
        return text.lower().startswith("main")

    return sheet.cells("kind", is_main, "use main or lateral")


def _flags(columns: dict[str, list[bool]]) -> dict[str, Any]:
    return {name: np.array(values, dtype=np.bool_) for name, values in columns.items()}


def _rates(sheet: _Sheet) -> Any:
    """Failures of each whole line: its own rate where given, else the rate per km times the length."""
    per_line = sheet.numbers_in("failure_rate_per_yr")
    if "failure_rate_per_km_yr" not in sheet.columns:
        return sheet.numbers_in("failure_rate_per_yr", needed=True)
    per_km, length = sheet.numbers_in("failure_rate_per_km_yr"), sheet.numbers_in("length_km")
    if sheet.problems:
        return per_line
    rate = np.where(np.isnan(per_line), np.where(length == 0.0, 0.0, per_km * length), per_line)
    for row in np.flatnonzero(np.isnan(rate)):
        column = "length_km" if np.isnan(length[row]) else "failure_rate_per_km_yr"
        sheet.wrong(ProblemCode.BAD_VALUE, "a blank cell is not understood; give a number", row=row, column=column)
    return rate


def _disconnect_column(sheet: _Sheet, wanted: str | None) -> str:
    if wanted is not None:
        wanted = _RELRAD.get(wanted, wanted)
        if wanted:
            sheet.require(wanted)
        return wanted
    found = [name for name in sheet.columns if name.startswith("disconnect")]
    if len(found) > 1:
        sheet.wrong(ProblemCode.CHOICE_NEEDED, f"has the columns {', '.join(found)}; say which with --disconnects NAME")
    return found[0] if found else ""


def _read_loads(sheet: _Sheet) -> RadialLoads | None:
    if not sheet.require("load_point", ("avg_load_mw", "avg_load_kw"), "customers"):
        return None
    in_mw = "avg_load_mw" in sheet.columns
    kw = sheet.numbers_in("avg_load_mw") * 1000.0 if in_mw else sheet.numbers_in("avg_load_kw")
    customers = sheet.numbers_in("customers", needed=True)
    if sheet.problems:
        return None
    for row in np.flatnonzero(customers != np.floor(customers)):
        sheet.wrong(ProblemCode.BAD_VALUE, "customers are counted in whole numbers", row=row, column="customers")
    return RadialLoads(node=sheet.texts("load_point"), kw=kw, customers=customers.astype(np.int64))


def _told(finding: LineFinding, sheet: _Sheet) -> Problem:
    return Problem(
        code=ProblemCode.BAD_VALUE,
        detail=_ADVICE[finding.code].format(value=finding.value),
        file=sheet.path.name,
        row=sheet.numbers[finding.row],
        column=sheet.heading(_COLUMNS_OF[finding.field]),
    )
