"""A customer file read in blocks: the good rows of each, and everything wrong with the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from denghuo.adapters.customer_tables.schema import CUSTOMERS
from denghuo.adapters.phones import is_phone, plain_number
from denghuo.adapters.tables.columns import ColumnKind, fold
from denghuo.adapters.tables.files import Limits, RawTable, open_tables
from denghuo.adapters.tables.problems import ProblemList, RowProblem, TableCode, TableError
from denghuo.adapters.tables.sheets import (
    ERRORS_TITLE,
    NOTES_TITLES,
    ReadSheet,
    headings_named,
    nearest,
    read_blocks,
)

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
_PHONES = ("phone", "other_phone")
_REQUIRED = tuple(column.name for column in CUSTOMERS.columns if column.required)
_NUMBERS = tuple(column.name for column in CUSTOMERS.columns if column.kind is ColumnKind.ID)
# What keeps a number a text in a spreadsheet is no part of it.
_APOSTROPHE = re.compile("^'(?=.)")
_TEXTS = tuple(
    column.name
    for column in CUSTOMERS.columns
    if column.kind in (ColumnKind.ID, ColumnKind.TEXT, ColumnKind.CHOICE) and column.name not in _PHONES
)
_MOST_MULTIPLIER = 1_000_000
_MOST_COMPARED = 50
_FEWEST_DIGITS = 6  # of numbers that are all of one length


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
    """The good rows of a stretch of the file; ``refused_count`` of its rows are not among them, and ``refused_numbers``
    are those of their accounts that could be read. ``last_row`` is how far the file has been read."""

    rows: tuple[CustomerRow, ...]
    refused_count: int
    last_row: int
    refused_numbers: tuple[str, ...] = ()


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
    """The sheet that bears the name, else the one whose header names the most columns."""
    skipped = {fold(title) for title in (ERRORS_TITLE, *NOTES_TITLES)}
    named = [raw for raw in tables if fold(raw.title) in CUSTOMERS.titles]
    others = [raw for raw in tables if fold(raw.title) not in skipped]
    return named[0] if named else max(others, key=lambda raw: headings_named(raw, CUSTOMERS), default=None)


def _blocks(
    raw: RawTable, table: CustomerTable, loads: Collection[str] | None, limits: Limits
) -> Iterator[CustomerBlock]:
    problems = table.problems
    seen, begun = _Seen(), False
    told_before = 0
    for read in read_blocks(raw, CUSTOMERS, problems, limits=limits, rows_at_once=ROWS_AT_ONCE):
        if not begun and any(problems.counts[code] for code in _OF_HEADER):
            raise TableError(problems.kept, rest=problems.rest)
        begun, table.header_row = True, read.header_row
        block = _block(read, problems, seen, loads)
        # Found column by column, told row by row.
        problems.kept[told_before:] = sorted(problems.kept[told_before:], key=lambda one: one.row)
        told_before = len(problems.kept)
        yield block
    if not begun:
        raise TableError(problems.kept, rest=problems.rest)


def _block(read: ReadSheet, problems: ProblemList, seen: _Seen, loads: Collection[str] | None) -> CustomerBlock:
    told: dict[str, list[Any]] = {column.name: read.column(column.name) for column in CUSTOMERS.columns}
    for name in _NUMBERS:
        told[name] = [_APOSTROPHE.sub("", value) if value else value for value in told[name]]
    refused = {index for index, _ in read.bad}
    refused.update(index for name in _REQUIRED for index, value in enumerate(told[name]) if not value)
    numbers = {name: [plain_number(value) if value else "" for value in told[name]] for name in _PHONES}
    tell = _Telling(read, problems, refused)
    _check_lengths(told, tell)
    _check_numbers(told["number"], tell, seen)
    _check_phones(told, numbers, tell)
    _check_supply(told, tell)
    if loads is not None:
        _check_loads(told["load_code"], tell, seen, loads)
    rows = [row for index, row in enumerate(_rows(told, numbers)) if index not in refused]
    return CustomerBlock(
        rows=tuple(rows),
        refused_count=len(refused),
        last_row=read.rows[-1] if read.rows else read.header_row,
        refused_numbers=tuple(number for index in sorted(refused) if (number := told["number"][index])),
    )


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


def _check_lengths(told: Mapping[str, list[Any]], tell: _Telling) -> None:
    for name, room in _ROOM.items():
        for index, value in enumerate(told[name]):
            if value is not None and len(value) > room:
                tell(TableCode.TOO_LONG, index, name, hint=str(room))


def _check_numbers(numbers: Sequence[str | None], tell: _Telling, seen: _Seen) -> None:
    for index, (number, row) in enumerate(zip(numbers, tell.read.rows, strict=True)):
        if number and (first := seen.numbers.setdefault(hash(number), row)) != row:
            tell(TableCode.REPEATED_ACCOUNT, index, "number", value=number, hint=str(first))
    lengths = Counter(len(number) for number in numbers if number and number.isdecimal())
    usual, count = lengths.most_common(1)[0] if lengths else (0, 0)
    if usual < _FEWEST_DIGITS or 2 * count <= lengths.total():
        return
    for index, number in enumerate(numbers):  # a spreadsheet takes the zeros before a number away
        if number and number.isdecimal() and len(number) < usual:
            tell(TableCode.SHORT_NUMBER, index, "number", value=number, hint=number.zfill(usual))


def _check_phones(told: Mapping[str, list[Any]], numbers: Mapping[str, list[str]], tell: _Telling) -> None:
    for name in _PHONES:
        for index, (typed, number) in enumerate(zip(told[name], numbers[name], strict=True)):
            if typed and not is_phone(number):
                tell(TableCode.NOT_A_PHONE, index, name, value=typed)


def _check_supply(told: Mapping[str, list[Any]], tell: _Telling) -> None:
    for index, (state, reason) in enumerate(zip(told["supply_state"], told["cut_reason"], strict=True)):
        if state == "cut" and not reason:
            tell(TableCode.NO_CUT_REASON, index, "cut_reason")
    for index, multiplier in enumerate(told["multiplier"]):
        if multiplier and multiplier > _MOST_MULTIPLIER:
            tell(TableCode.OUT_OF_RANGE, index, "multiplier", value=str(multiplier), hint=str(_MOST_MULTIPLIER))


def _check_loads(codes: Sequence[str | None], tell: _Telling, seen: _Seen, loads: Collection[str]) -> None:
    for index, code in enumerate(codes):
        if code and code not in loads and code not in seen.loads:
            seen.loads.add(code)
            # The most like of many is not looked for again and again: a file may hold nothing but strange codes.
            hint = nearest(code, loads) if len(seen.loads) <= _MOST_COMPARED else ""
            tell(TableCode.UNKNOWN_LOAD, index, "load_code", value=code, hint=hint)


def _rows(told: Mapping[str, list[Any]], numbers: Mapping[str, list[str]]) -> Iterator[CustomerRow]:
    """Every row of a block, those that are refused too."""
    columns = dict(told)
    for name in _TEXTS:
        columns[name] = [value or "" for value in told[name]]
    columns["multiplier"] = [value or None for value in told["multiplier"]]
    columns["phones"] = [tuple(dict.fromkeys(filter(None, both))) for both in zip(*numbers.values(), strict=True)]
    # Why and since when somebody was cut off says nothing of who is not.
    states = columns["supply_state"]
    for name, nothing in (("cut_reason", ""), ("cut_since_date", None), ("cut_record", "")):
        columns[name] = [
            value if state == "cut" else nothing for value, state in zip(columns[name], states, strict=True)
        ]
    return map(CustomerRow._make, zip(*(columns[name] for name in CustomerRow._fields), strict=True))
