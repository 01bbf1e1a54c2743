"""A file read and checked, outside the database: what it holds, and everything that stands in the way."""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from django.db.models import Model
from numpy.typing import NDArray

from denghuo.adapters.models import ModelError, Problem, read_model
from denghuo.adapters.outage_lists import read_outage_list
from denghuo.adapters.pandapower import is_pandapower
from denghuo.adapters.problems import ProblemCode
from denghuo.adapters.recognition import FileKind, is_workbook, recognize
from denghuo.adapters.tables import (
    RowProblem,
    SwitchingRows,
    TableCode,
    TableError,
    check_network,
    read_switching_log,
)
from denghuo.apps.network import queries as network
from denghuo.apps.network.actions import OperationRow
from denghuo.apps.network.models import Load, SwitchingOperation
from denghuo.apps.outages.actions import OutageEntry
from denghuo.apps.outages.models import Outage
from denghuo.engines.grid import Finding, FindingCode, Grid
from denghuo.engines.topology import check_grid, derive_feeders
from denghuo.main.imports.register import entries_of

# What a network may have and still be taken in: told, not refused. Our own tables are refused for a loop, since there
# the clerk who typed it can open a tie; what another program wrote may be meshed on purpose.
_REMARKS = frozenset(
    {FindingCode.NOT_SUPPLIED, FindingCode.ISOLATED_NODE, FindingCode.CLOSED_LOOP, FindingCode.SUPPLIED_TWICE}
)
_BLOCK = 1 << 20
_MOST_BYTES = 512 << 20

# What is wrong with a file as a whole: there is no cell to mark.
_WHOLE_FILE: frozenset[str] = frozenset(
    {
        TableCode.NOT_FOUND,
        TableCode.EMPTY_FILE,
        TableCode.TOO_LARGE,
        TableCode.EXPANDS_TOO_MUCH,
        TableCode.CUT_OFF,
        TableCode.NOT_A_TABLE,
        TableCode.OLD_WORKBOOK,
        TableCode.UNKNOWN_ENCODING,
        TableCode.MISSING_HEADER,
        ProblemCode.NOT_FOUND,
        ProblemCode.EMPTY,
        ProblemCode.NOT_RECOGNIZED,
        ProblemCode.TOO_LARGE,
        ProblemCode.CUT_OFF,
    }
)

Trouble = RowProblem | Problem | Finding


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file holds, and what is wrong or odd about it.

    ``refusals`` stand in the way, ``rest`` counts those beyond the first; ``notes`` are only told.
    """

    kind: FileKind
    name: str
    digest: str = ""
    grid: Grid | None = None
    operations: tuple[OperationRow, ...] = ()
    entries: tuple[OutageEntry, ...] = ()
    refusals: tuple[Trouble, ...] = ()
    rest: int = 0
    notes: tuple[Trouble, ...] = ()

    @property
    def unreadable(self) -> bool:
        """Whether the file itself stands in the way, and nothing in it: there is nothing that could be marked."""
        return bool(self.refusals) and all(
            not isinstance(one, Finding) and one.code in _WHOLE_FILE and one.sheet in ("", one.file)
            for one in self.refusals
        )

    @property
    def row_problems(self) -> list[RowProblem]:
        """Everything that can be marked in the file itself."""
        return [one for one in (*self.refusals, *self.notes) if isinstance(one, RowProblem)]


def read_file(
    path: Path,
    *,
    kind: FileKind | None = None,
    timezone: str,
    now: datetime,
    devices: Sequence[str] | None = None,
    root: Path | None = None,
) -> Reading:
    """Read and check a file; nothing is stored, and nothing is raised for what the file holds.

    Args:
        path: a file, or a folder of files that make one network.
        kind: what it is; seen from what it holds if left out.
        timezone: where times without an offset are.
        now: a log cannot know what comes later.
        devices: the switching devices a log may speak of.
        root: read no file outside this folder.
    """
    name = path.name
    try:
        refused = _refuse_size(path)
        if refused is not None:
            return Reading(kind=kind or FileKind.NETWORK, name=name, refusals=(refused,))
        kind = kind or recognize(path)
        if kind is FileKind.NETWORK:
            reading = _read_network(path, root)
        elif kind is FileKind.LOG:
            reading = _read_log(path, timezone, now, devices)
        else:
            reading = _read_register(path, timezone)
    except TableError as error:
        return Reading(kind=kind or FileKind.NETWORK, name=name, refusals=error.problems, rest=error.rest)
    return reading if reading.refusals else replace(reading, digest=digest_of(path))


def _refuse_size(path: Path) -> RowProblem | None:
    size = path.stat().st_size if path.is_file() else 0
    if size <= _MOST_BYTES:
        return None
    told = [f"{count / 1e6:,.0f} MB" for count in (size, _MOST_BYTES)]
    return RowProblem(code=TableCode.TOO_LARGE, file=path.name, value=told[0], hint=told[1])


def digest_of(path: Path) -> str:
    """SHA-256 of a file, or of all files of a folder with their names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if not file.is_file():
            continue
        if path.is_dir():
            digest.update(f"{file.relative_to(path)}\0".encode())
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _read_network(path: Path, root: Path | None) -> Reading:
    reading = _read_own(path) if _is_own(path) else _read_foreign(path, root)
    if reading.grid is None or reading.refusals:
        return replace(reading, grid=None)
    long = tuple(_too_long(reading.grid, path.name))
    return replace(reading, grid=None if long else derive_feeders(reading.grid), refusals=long)


def _is_own(path: Path) -> bool:
    """A workbook, or a folder of our CSV files."""
    if path.is_file():
        return zipfile.is_zipfile(path) and is_workbook(path) and not is_pandapower(path)
    names = [file.name.lower() for file in path.rglob("*")]
    foreign = any(name.endswith((".dss", ".xml", ".xml.gz", ".rdf", ".json")) for name in names)
    return any(path.glob("*.[cC][sS][vV]")) and not foreign and not is_pandapower(path)


def _read_own(path: Path) -> Reading:
    told = check_network(path)
    refusals = tuple(one for one in told.problems if one.code.blocks)
    notes = tuple(one for one in told.problems if not one.code.blocks)
    return Reading(
        kind=FileKind.NETWORK, name=path.name, grid=told.grid, refusals=refusals, rest=told.rest, notes=notes
    )


def _read_foreign(path: Path, root: Path | None) -> Reading:
    odd: list[Problem] = []
    try:
        grid = read_model(path, root=root, notes=odd)
    except ModelError as error:
        # Our own tables in an archive: their own problems say more, and in both languages.
        if isinstance(error.__cause__, TableError):
            raise error.__cause__ from None
        return Reading(kind=FileKind.NETWORK, name=path.name, refusals=error.problems, notes=tuple(odd))
    found = check_grid(grid)
    return Reading(
        kind=FileKind.NETWORK,
        name=path.name,
        grid=grid,
        refusals=tuple(one for one in found if one.code not in _REMARKS),
        notes=(*odd, *(one for one in found if one.code in _REMARKS)),
    )


def _too_long(grid: Grid, file: str) -> Iterator[RowProblem]:
    """Codes, names and areas that the database has no room for."""
    columns = {"id": "code", "name": "name", "area": "area"}
    for table in ("nodes", "branches", "loads", "sources", "feeders"):
        values = vars(getattr(grid, table))
        for column, field in columns.items():
            limit = _room(Load, field)
            for row in np.flatnonzero(np.char.str_len(values[column]) > limit) if column in values else ():
                yield RowProblem(
                    code=TableCode.TOO_LONG,
                    file=file,
                    sheet=table,
                    column=f"{column} {str(values['id'][row])[:40]}",
                    hint=str(limit),
                )


def _read_log(path: Path, timezone: str, now: datetime, devices: Sequence[str] | None) -> Reading:
    told = read_switching_log(path, timezone=timezone, devices=devices, now=now)
    # From the top of the file to its end, as whoever puts it right goes through it.
    problems = sorted([*told.problems, *_not_fitting(told, path.name)], key=lambda one: one.row)
    return Reading(
        kind=FileKind.LOG,
        name=path.name,
        operations=tuple(_operations(told)),
        refusals=tuple(one for one in problems if one.code.blocks),
        rest=told.rest,
        notes=tuple(one for one in problems if not one.code.blocks),
    )


def _not_fitting(told: SwitchingRows, file: str) -> Iterator[RowProblem]:
    """Texts that the log has no room for."""
    yield from _texts_too_long(told.event, told.row, SwitchingOperation, "event_number", file)
    yield from _texts_too_long(told.note, told.row, SwitchingOperation, "note", file)


def _operations(told: SwitchingRows) -> Iterator[OperationRow]:
    for device, closes, at, event, note in zip(told.device, told.closes, told.at, told.event, told.note, strict=True):
        operated_at = network.from_datetime64(at)
        assert operated_at is not None  # rows without a time are not among the good ones
        yield OperationRow(
            device_code=str(device),
            closes=bool(closes),
            operated_at=operated_at,
            event_number=str(event),
            note=str(note),
        )


def _read_register(path: Path, timezone: str) -> Reading:
    told = read_outage_list(path, timezone=timezone)
    problems = [
        *told.problems,
        *_texts_too_long(told.event, told.row, Outage, "number", path.name),
        *_texts_too_long(told.region, told.row, Outage, "place", path.name),
    ]
    return Reading(
        kind=FileKind.OUTAGES,
        name=path.name,
        entries=tuple(entries_of(told)),
        refusals=tuple(one for one in problems if one.code.blocks),
        rest=told.rest,
        notes=tuple(one for one in problems if not one.code.blocks),
    )


def _texts_too_long(
    texts: NDArray[np.str_], rows: NDArray[np.int64], model: type[Model], field: str, file: str
) -> Iterator[RowProblem]:
    """Texts of a column that a field has no room for."""
    limit = _room(model, field)
    for index in np.flatnonzero(np.char.str_len(texts) > limit).tolist():
        value = str(texts[index])[:40]
        yield RowProblem(code=TableCode.TOO_LONG, file=file, row=int(rows[index]), value=value, hint=str(limit))


def _room(model: type[Model], field: str) -> int:
    """How many characters a field takes."""
    length: int = getattr(model._meta.get_field(field), "max_length")  # noqa: B009 (a relation has none)
    return length
