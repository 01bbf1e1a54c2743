"""Workbooks and CSV files opened as rows of raw cells, whatever they turn out to be, in bounded memory and time."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.worksheet._reader import WorkSheetParser

from denghuo.adapters.tables.cells import ErrorValue, Formula, is_blank
from denghuo.adapters.tables.problems import RowProblem, TableCode, TableError

__all__ = ["CSV_SPECIAL", "Limits", "RawRow", "RawTable", "open_tables"]

RawRow = tuple[int, list[Any]]
# What a spreadsheet takes for a formula when it opens a CSV file.
CSV_SPECIAL = frozenset("=+-@\t\r")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is read before a file is refused. The defaults hold a city's network and a decade of outages."""

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 1_000_000_000
    # Everything in a workbook but its sheets is held in memory, above all the table of its texts.
    strings_bytes: int = 150_000_000
    # Sheets of a network unpack 5 to 30 times; a bomb, about 1000 times.
    ratio: int = 250
    ratio_from_bytes: int = 30_000_000
    rows: int = 2_000_000
    columns: int = 1_000


@dataclass
class RawTable:
    """One sheet or CSV file: its rows, once, as (row number, raw values). ``merged`` is known after the last row.

    ``ragged`` tells whether a row with another number of cells than the header is worth a word, as it is in CSV.
    """

    file: str
    title: str
    rows: Iterator[RawRow]
    ragged: bool = False
    merged: list[tuple[str, int, int]] = field(default_factory=list)


# What a broken or hostile file makes the zip, XML and workbook readers raise.
_BROKEN = (
    KeyError,
    ValueError,
    IndexError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RuntimeError,
    ParseError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
)


def _refuse(path: Path, code: TableCode, *, value: str = "", hint: str = "", row: int = 0) -> TableError:
    return TableError([RowProblem(code=code, file=path.name, value=value, hint=hint, row=row)])


def _size(count: int) -> str:
    return f"{math.ceil(count / 1e6):,} MB" if count >= 1_000_000 else f"{count:,} B"


@contextmanager
def open_tables(path: Path, *, limits: Limits) -> Iterator[list[RawTable]]:
    """Open a workbook, a CSV file or a gzipped CSV file by what it holds, not by its name.

    Raises:
        TableError: no such file, empty, too large, cut off, not a table, or in no known encoding.
    """
    if not path.is_file():
        raise _refuse(path, TableCode.NOT_FOUND)
    size = path.stat().st_size
    if size == 0:
        raise _refuse(path, TableCode.EMPTY_FILE)
    if size > limits.file_bytes:
        raise _refuse(path, TableCode.TOO_LARGE, value=_size(size), hint=_size(limits.file_bytes))
    with path.open("rb") as stream:
        magic = stream.read(8)
    with ExitStack() as stack:
        if magic.startswith(b"PK"):
            yield _open_workbook(path, stack, limits)
        elif magic.startswith(b"\xd0\xcf\x11\xe0"):
            raise _refuse(path, TableCode.OLD_WORKBOOK)
        elif magic.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"<", b"%PDF")):
            # Pages and XML that other systems hand out under the name of a workbook.
            raise _refuse(path, TableCode.NOT_A_TABLE)
        else:
            yield [_open_csv(path, stack, limits, packed=magic.startswith(b"\x1f\x8b"))]


def _open_workbook(path: Path, stack: ExitStack, limits: Limits) -> list[RawTable]:
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise _refuse(path, TableCode.CUT_OFF) from error
    _refuse_bombs(path, archive, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Opened here, for the library looks at a path's ending and not at what the file holds.
            stream = stack.enter_context(path.open("rb"))
            workbook = load_workbook(stream, read_only=True, keep_links=False)
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise _refuse(path, TableCode.CUT_OFF) from error
    except _BROKEN as error:
        raise _refuse(path, TableCode.NOT_A_TABLE) from error
    stack.callback(workbook.close)
    tables = []
    for sheet in workbook.worksheets:
        table = RawTable(file=path.name, title=sheet.title, rows=iter(()))
        table.rows = rows = _sheet_rows(path, sheet, table, limits)
        # A sheet read half-way keeps the file open after the workbook is closed.
        stack.callback(rows.close)
        tables.append(table)
    return tables


def _refuse_bombs(path: Path, archive: zipfile.ZipFile, limits: Limits) -> None:
    """A member is never read beyond the size it declares, so the declared sizes bound what follows."""
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    held = sum(
        member.file_size
        for member in members
        if not member.filename.startswith("xl/worksheets/sheet") and member.filename.endswith((".xml", ".rels"))
    )
    packed = sum(member.compress_size for member in members)
    most = min(limits.unpacked_bytes, max(limits.ratio_from_bytes, limits.ratio * packed))
    if total > most:
        raise _refuse(path, TableCode.EXPANDS_TOO_MUCH, value=_size(total), hint=_size(most))
    if held > limits.strings_bytes:
        raise _refuse(path, TableCode.EXPANDS_TOO_MUCH, value=_size(held), hint=_size(limits.strings_bytes))


def _sheet_rows(path: Path, sheet: Any, table: RawTable, limits: Limits) -> Generator[RawRow, None, None]:
    """The rows of one sheet, cell by cell as the file has them.

    The streaming parser is driven directly: the public iterator fills gaps, so one stray cell in the last column of
    the last row costs a million rows, and it does not tell which cells are merged.
    """
    workbook = sheet.parent
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            epoch=workbook.epoch,
            date_formats=workbook._date_formats,
            timedelta_formats=workbook._timedelta_formats,
        )
        parsed = parser.parse()
        try:
            while rows := _quietly(parsed):
                for number, cells in rows:
                    yield number, _values(cells, limits.columns)
                # What the parser remembers of row heights would grow with the sheet.
                parser.row_dimensions.clear()
        except (zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise _refuse(path, TableCode.CUT_OFF) from error
        except _BROKEN as error:
            raise _refuse(path, TableCode.NOT_A_TABLE) from error
        if parser.merged_cells is not None:
            table.merged = [(area.coord, area.min_row, area.max_row) for area in parser.merged_cells.mergeCell]


def _quietly(parsed: Iterator[tuple[int, list[dict[str, Any]]]]) -> list[tuple[int, list[dict[str, Any]]]]:
    # The library warns about extensions it drops; nothing we read is in them.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(islice(parsed, 500))


def _values(cells: list[dict[str, Any]], columns: int) -> list[Any]:
    values: list[Any] = []
    for cell in cells:
        value, column, kind = cell["value"], cell["column"], cell["data_type"]
        if value is None or column > columns:
            continue
        if kind == "f":
            value = Formula(getattr(value, "text", value) or "=")
        elif kind == "e":
            value = ErrorValue(value)
        values.extend([None] * (column - 1 - len(values)))
        values.append(value)
    return values


def _open_csv(path: Path, stack: ExitStack, limits: Limits, *, packed: bool) -> RawTable:
    def open_bytes() -> IO[bytes]:
        return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")

    encoding = _find_encoding(path, open_bytes, limits)
    binary = stack.enter_context(open_bytes())
    text = stack.enter_context(io.TextIOWrapper(binary, encoding=encoding, newline=""))
    # The first line that says anything shows what parts the cells.
    head = next((line for line in islice(text, 20) if line.strip()), "")
    text.seek(0)
    delimiter = max(",\t;", key=head.count)
    title = path.name.removesuffix(".gz").removesuffix(".csv").removesuffix(".CSV")
    return RawTable(file=path.name, title=title, rows=_csv_rows(path, text, delimiter, limits), ragged=True)


def _find_encoding(path: Path, open_bytes: Callable[[], IO[bytes]], limits: Limits) -> str:
    """UTF-8 or UTF-16 by the mark at its start, else UTF-8, else what Chinese Excel writes; decoded once, so that
    the rows can be streamed without a surprise in the middle."""
    with open_bytes() as stream:
        try:
            head = stream.read(4)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _refuse(path, TableCode.CUT_OFF) from error
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        if _decodes(path, open_bytes, encoding, limits):
            return encoding
    raise _refuse(path, TableCode.UNKNOWN_ENCODING)


def _decodes(path: Path, open_bytes: Callable[[], IO[bytes]], encoding: str, limits: Limits) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    total = 0
    with open_bytes() as stream:
        try:
            while chunk := stream.read(1 << 20):
                total += len(chunk)
                if total > limits.unpacked_bytes:
                    raise _refuse(
                        path, TableCode.EXPANDS_TOO_MUCH, value=_size(total), hint=_size(limits.unpacked_bytes)
                    )
                if encoding != "utf-16" and b"\0" in chunk:
                    raise _refuse(path, TableCode.NOT_A_TABLE)
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _refuse(path, TableCode.CUT_OFF) from error
    if total == 0:
        raise _refuse(path, TableCode.EMPTY_FILE)
    return True


def _csv_rows(path: Path, text: io.TextIOWrapper, delimiter: str, limits: Limits) -> Iterator[RawRow]:
    number = 0
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [_csv_value(cell) if cell[:1] in _MARKED else cell for cell in cells[: limits.columns]]
    except csv.Error as error:
        raise _refuse(path, TableCode.BROKEN_CSV, row=number + 1) from error


_MARKED = frozenset("='")


# How other systems keep a spreadsheet from taking a number apart: ="0012".
_TEXT_FORMULA = re.compile(r'="([^"]*)"')


def _csv_value(cell: str) -> str:
    if cell.startswith("="):
        text = _TEXT_FORMULA.fullmatch(cell)
        return text[1] if text else Formula(cell)
    # Our own export puts an apostrophe before what a spreadsheet would calculate; take it off again.
    rest = cell.lstrip("'")
    return cell[1:] if rest[:1] in CSV_SPECIAL else cell


def significant(values: list[Any]) -> int:
    """How many cells a row has up to the last one that is not blank."""
    place = len(values)
    while place and is_blank(values[place - 1]):
        place -= 1
    return place
