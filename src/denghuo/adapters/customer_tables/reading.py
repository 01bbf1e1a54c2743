"""A customer file read in blocks: the good rows of each, and everything wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl.utils import get_column_letter

from denghuo.adapters.customer_tables.numbers import is_phone, plain_number
from denghuo.adapters.customer_tables.schema import (
    BOUNDARIES,
    CATEGORIES,
    CUSTOMERS,
    CUT_REASONS,
    KINDS,
    LEVELS,
    STATES,
)
from denghuo.adapters.tables.columns import fold
from denghuo.adapters.tables.files import Limits, RawTable, open_tables
from denghuo.adapters.tables.problems import ProblemList, RowProblem, TableCode, TableError
from denghuo.adapters.tables.sheets import ERRORS_TITLE, NOTES_TITLES, ReadSheet, nearest, read_blocks

__all__ = ["CustomerBlock", "CustomerRow", "CustomerTable", "open_customers"]

ROWS_AT_ONCE = 5_000
# What is wrong with the header is wrong with every row.
_OF_HEADER = (TableCode.MISSING_HEADER, TableCode.MISSING_COLUMN, TableCode.REPEATED_COLUMN, TableCode.WRONG_UNIT)
# How many characters the customer file has room for.
_ROOM = {
    "number": 40,
    "person_number": 40,
    "name": 120,
    "address": 240,
    "load_code": 120,
    "meter_number": 40,
    "voltage": 20,
    "cut_record": 80,
}
_CHOICES: tuple[tuple[str, Sequence[str]], ...] = (
    ("kind", KINDS),
    ("category", CATEGORIES),
    ("boundary", BOUNDARIES),
    ("supply_state", STATES),
    ("cut_reason", CUT_REASONS),
    ("important", LEVELS),
)
_MOST_MULTIPLIER = 1_000_000
_MOST_COMPARED = 50


def _cell(read: ReadSheet, row: int) -> str:
    return f"{get_column_letter(read.place['number'][0])}{row}"


@dataclass
class _Seen:
    """What has been met in the file so far: numbers of accounts, by their hash, and loads that nobody knows."""

    numbers: dict[int, int] = field(default_factory=dict)
    loads: set[str] = field(default_factory=set)


class CustomerRow(NamedTuple):
    """One account as a row of the file tells it. Codes are those of the customer file.

    "" and None are not told: of a new account it is not known or the usual, of a known one it stays as it is.
    """

    number: str
    name: str
    kind: str
    person_number: str
    phones: tuple[str, ...]
    address: str
    load_code: str
    category: str
    meter_number: str
    multiplier: int | None
    voltage: str
    capacity_kva: float | None
    boundary: str
    opened_date: date | None
    supply_state: str
    cut_reason: str
    cut_since_date: date | None
    cut_record: str
    important: str


@dataclass(frozen=True, kw_only=True)
class CustomerBlock:
    """The good rows of a stretch of the file; ``refused_count`` of its rows are not among them. ``last_row`` is how far
    the file has been read."""

    rows: tuple[CustomerRow, ...]
    refused_count: int
    last_row: int


@dataclass
class CustomerTable:
    """A customer file that is open. ``blocks`` can be read once; what is wrong gathers in ``problems`` meanwhile.

    ``header_row`` is the row of its headings, known with the first block.
    """

    file: str
    blocks: Iterator[CustomerBlock] = field(default_factory=lambda: iter(()))
    problems: ProblemList = field(default_factory=ProblemList)
    header_row: int = 0


@contextmanager
def open_customers(
    path: Path, *, loads: Collection[str] | None = None, limits: Limits | None = None
) -> Iterator[CustomerTable]:
    """Open a customer file, a workbook or a CSV file, to be read in blocks.

    Args:
        path: the file.
        loads: the loads of the station's network; another is told. Not checked if left out.
        limits: how much is read before the file is refused.

    Raises:
        TableError: the file or its header cannot be read, here or while it is read. Bad rows do not raise.
    """
    limits = limits or Limits()
    with open_tables(path, limits=limits) as tables:
        table = CustomerTable(path.name)
        chosen = _chosen(tables)
        if chosen is None:
            value = f"{CUSTOMERS.zh} {CUSTOMERS.en}"
            raise TableError([RowProblem(code=TableCode.MISSING_SHEET, file=path.name, value=value)])
        table.blocks = _blocks(chosen, table, loads, limits)
        yield table


def _chosen(tables: list[RawTable]) -> RawTable | None:
    """The sheet that bears the name, else the first that is no note."""
    skipped = {fold(title) for title in (ERRORS_TITLE, *NOTES_TITLES)}
    named = [raw for raw in tables if fold(raw.title) in CUSTOMERS.titles]
    others = [raw for raw in tables if fold(raw.title) not in skipped]
    return next(iter([*named, *others]), None)


def _blocks(
    raw: RawTable, table: CustomerTable, loads: Collection[str] | None, limits: Limits
) -> Iterator[CustomerBlock]:
    problems = table.problems
    seen, begun = _Seen(), False
    for read in read_blocks(raw, CUSTOMERS, problems, limits=limits, rows_at_once=ROWS_AT_ONCE):
        if not begun and any(problems.counts[code] for code in _OF_HEADER):
            raise TableError(problems.kept, rest=problems.rest)
        begun, table.header_row = True, read.header_row
        yield _block(read, problems, seen, loads)
    if not begun:
        raise TableError(problems.kept, rest=problems.rest)


def _block(read: ReadSheet, problems: ProblemList, seen: _Seen, loads: Collection[str] | None) -> CustomerBlock:
    columns = {column.name: read.column(column.name) for column in CUSTOMERS.columns}
    refused = {index for index, _ in read.bad}
    tell = _Telling(read, problems, refused)
    for name, room in _ROOM.items():
        for index, value in enumerate(columns[name]):
            if value is not None and len(value) > room:
                tell(TableCode.TOO_LONG, index, name, hint=str(room))
    rows = []
    for index, cells in enumerate(zip(*columns.values(), strict=True)):
        told = dict(zip(columns, cells, strict=True))
        _check(told, index, tell, seen, loads, read)
        if index not in refused and all(told[name] for name in ("number", "name", "address")):
            rows.append(_row(told))
    last = read.rows[-1] if read.rows else read.header_row
    return CustomerBlock(rows=tuple(rows), refused_count=len(read.rows) - len(rows), last_row=last)


@dataclass(frozen=True)
class _Telling:
    """Notes a problem of a row and, where it stands in the way, that the row is refused."""

    read: ReadSheet
    problems: ProblemList
    refused: set[int]

    def __call__(self, code: TableCode, index: int, name: str, *, value: str = "", hint: str = "") -> None:
        self.problems.add(self.read.problem(code, index=index, name=name, value=value[:60], hint=hint))
        if code.blocks:
            self.refused.add(index)


def _check(
    told: dict[str, Any],
    index: int,
    tell: Callable[..., None],
    seen: _Seen,
    loads: Collection[str] | None,
    read: ReadSheet,
) -> None:
    """What a row must be beyond what each of its cells must be."""
    if told["number"]:
        key = int.from_bytes(blake2b(told["number"].encode(), digest_size=8).digest(), "big")
        first = seen.numbers.setdefault(key, read.rows[index])
        if first != read.rows[index]:
            tell(TableCode.DUPLICATE_ID, index, "number", value=told["number"], hint=_cell(read, first))
    for name in ("phone", "other_phone"):
        if told[name] and not is_phone(plain_number(told[name])):
            tell(TableCode.NOT_A_PHONE, index, name, value=told[name])
    if told["supply_state"] and told["cut_reason"] is None:
        tell(TableCode.NO_CUT_REASON, index, "cut_reason")
    if (told["multiplier"] or 0) > _MOST_MULTIPLIER:
        tell(TableCode.OUT_OF_RANGE, index, "multiplier", value=str(told["multiplier"]), hint=str(_MOST_MULTIPLIER))
    code = told["load_code"]
    if loads is not None and code and code not in loads and code not in seen.loads:
        seen.loads.add(code)
        # The most like of many is not looked for again and again: a file may hold nothing but strange codes.
        hint = nearest(code, loads) if len(seen.loads) <= _MOST_COMPARED else ""
        tell(TableCode.UNKNOWN_LOAD, index, "load_code", value=code, hint=hint)


def _row(told: dict[str, Any]) -> CustomerRow:
    coded = {name: codes[told[name]] if told[name] is not None else "" for name, codes in _CHOICES}
    cut = coded["supply_state"] == "cut"
    phones = (plain_number(told[name]) for name in ("phone", "other_phone") if told[name])
    return CustomerRow(
        number=told["number"],
        name=told["name"],
        kind=coded["kind"],
        person_number=told["person_number"] or "",
        phones=tuple(dict.fromkeys(phones)),
        address=told["address"],
        load_code=told["load_code"] or "",
        category=coded["category"],
        meter_number=told["meter_number"] or "",
        multiplier=told["multiplier"] or None,
        voltage=told["voltage"] or "",
        capacity_kva=told["capacity_kva"],
        boundary=coded["boundary"],
        opened_date=told["opened_date"],
        supply_state=coded["supply_state"],
        cut_reason=coded["cut_reason"] if cut else "",
        cut_since_date=told["cut_since_date"] if cut else None,
        cut_record=(told["cut_record"] or "") if cut else "",
        important=coded["important"],
    )
