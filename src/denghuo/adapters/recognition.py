"""What a file is, by what it holds: a network, a switching log, or a list of outages."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from denghuo.adapters.outage_lists import EVENTS
from denghuo.adapters.tables.columns import Sheet, fold, read_heading
from denghuo.adapters.tables.files import Limits, RawTable, open_tables
from denghuo.adapters.tables.logs import SWITCHING_LOG
from denghuo.adapters.tables.problems import RowProblem, TableCode, TableError
from denghuo.adapters.tables.schema import NETWORK

__all__ = ["FileKind", "is_workbook", "recognize"]

_HEADER_WITHIN_ROWS = 20
_TABLE_NAMES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".csv.gz")
_BINARY = (b"BZh", b"\xfd7zXZ", b"\xd0\xcf\x11\xe0")


class FileKind(StrEnum):
    """What a file can be taken in as."""

    NETWORK = "network"
    LOG = "log"
    OUTAGES = "outages"


def recognize(path: Path, *, limits: Limits | None = None) -> FileKind:
    """What a file is. What is no table at all counts as a network, whose reader says what it is instead.

    Raises:
        TableError: a table that is none of these, is cut off, or is larger than ``limits``.
    """
    if path.is_dir() or not _may_be_table(path):
        return FileKind.NETWORK
    try:
        with open_tables(path, limits=limits or Limits()) as tables:
            found = _by_sheets(tables)
    except TableError as error:
        if {problem.code for problem in error.problems} <= {TableCode.NOT_A_TABLE, TableCode.NOT_FOUND}:
            return FileKind.NETWORK
        raise
    if found is not None:
        return found
    if path.name.lower().endswith(_TABLE_NAMES):
        raise TableError([RowProblem(code=TableCode.MISSING_HEADER, file=path.name)])
    return FileKind.NETWORK


def _may_be_table(path: Path) -> bool:
    """Not XML, JSON, a script, or an archive of anything but a workbook."""
    if path.suffix.lower() in (".dss", ".xml", ".rdf", ".json", ".zip", ".tar", ".tgz") or not path.is_file():
        return False
    head = _head(path)
    if head.startswith(b"PK"):
        return is_workbook(path)
    return not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"<", b"{", *_BINARY))


def _head(path: Path) -> bytes:
    """The beginning of a file, or of what is compressed in it."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if head.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(path) as packed:
                return packed.read(512)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            return head
    return head


def is_workbook(path: Path) -> bool:
    """Whether a zip file is a workbook; one that is cut off counts, for its reader says so."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return True


def _by_sheets(tables: list[RawTable]) -> FileKind | None:
    titles = {fold(table.title) for table in tables}
    if any(sheet.titles & titles for sheet in NETWORK):
        return FileKind.NETWORK
    for table in tables:
        rows = [cells for _, cells in islice(table.rows, _HEADER_WITHIN_ROWS)]
        if any({"device", "operation"} <= _named(cells, SWITCHING_LOG) for cells in rows):
            return FileKind.LOG
        if any("start" in named and named & _ENDS for named in (_named(cells, EVENTS) for cells in rows)):
            return FileKind.OUTAGES
    if SWITCHING_LOG.titles & titles:
        return FileKind.LOG
    return FileKind.OUTAGES if EVENTS.titles & titles else None


_ENDS = {"end", "last_seen", "first_absent"}


def _named(cells: list[Any], sheet: Sheet) -> set[str]:
    """The columns of a sheet that a row of headings names."""
    found = (read_heading(cell, sheet).column for cell in cells if isinstance(cell, str))
    return {column.name for column in found if column is not None}
