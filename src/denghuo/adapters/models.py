"""One door for every network file: what a file is, is seen from what it holds.

OpenDSS masters, CIM RDF/XML, pandapower and SimBench tables, JSON or Excel, our own workbook or CSV folder; a folder
of any of them, or a zip or tar archive of such a folder.
"""

from __future__ import annotations

import gzip
import os
import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

from denghuo.adapters.archives import unpacked
from denghuo.adapters.cim import read_cim
from denghuo.adapters.opendss import masters_in, read_opendss
from denghuo.adapters.pandapower import is_pandapower, read_pandapower
from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.adapters.tables import RowProblem, TableCode, TableError, check_network, sentence
from denghuo.engines.grid import Grid

__all__ = ["ModelError", "Problem", "ProblemCode", "read_model"]

_SNIFF_BYTES = 65536
_MAX_FOLDER_ENTRIES = 20_000
_NEW_CIRCUIT = re.compile(rb"^\s*new\s+(object\s*=\s*)?[\"'(\[{]?circuit\.", re.IGNORECASE | re.MULTILINE)
_XML = (b"<?xml", b"<rdf:", b"<RDF", b"<!DOCTYPE", b"<!--")
_KINDS = "an OpenDSS master (.dss), CIM (.xml), a pandapower folder, JSON or workbook, or a Denghuo workbook (.xlsx)"

# What a check of the grid says again.
_OF_THE_GRID = frozenset((TableCode.NOT_SUPPLIED, TableCode.ISOLATED_NODE))
_TABLE_CODES = {
    TableCode.NOT_FOUND: ProblemCode.NOT_FOUND,
    TableCode.EMPTY_FILE: ProblemCode.EMPTY,
    TableCode.TOO_LARGE: ProblemCode.TOO_LARGE,
    TableCode.EXPANDS_TOO_MUCH: ProblemCode.TOO_LARGE,
    TableCode.CUT_OFF: ProblemCode.CUT_OFF,
    TableCode.NOT_A_TABLE: ProblemCode.NOT_RECOGNIZED,
    TableCode.OLD_WORKBOOK: ProblemCode.NOT_RECOGNIZED,
    TableCode.UNKNOWN_ENCODING: ProblemCode.UNREADABLE,
    TableCode.BROKEN_CSV: ProblemCode.UNREADABLE,
    TableCode.MISSING_SHEET: ProblemCode.MISSING_FILE,
    TableCode.MISSING_COLUMN: ProblemCode.MISSING_COLUMN,
    TableCode.UNKNOWN_NODE: ProblemCode.UNKNOWN_REFERENCE,
    TableCode.UNKNOWN_BRANCH: ProblemCode.UNKNOWN_REFERENCE,
}


def read_model(path: Path | str, *, root: Path | None = None, notes: list[Problem] | None = None) -> Grid:
    """Read a network, whatever its format.

    Args:
        path: a file, a folder, or an archive of a folder.
        root: read no file outside this folder; to be given for whatever a stranger uploads, since scripts name other
            files. What comes out of an archive never reaches outside of it.
        notes: gets what was odd but did not stop the reading.

    Raises:
        ModelError: the file is not there, not whole, or not a network; every problem with its place, and what to do.
    """
    path = Path(path)
    try:
        return _read_folder(path, notes, root=root) if path.is_dir() else _read_file(path, notes, root=root)
    except TableError as error:
        problems = [_from_table(problem) for problem in error.problems]
        if error.rest:
            detail = f"There are {error.rest:,} more problems; correct these first."
            problems.append(Problem(code=ProblemCode.BAD_VALUE, detail=detail, file=path.name))
        raise ModelError(problems) from error
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise _error(ProblemCode.NOT_FOUND, path, f"The file cannot be opened ({reason}); check its name.") from error


def _read_file(path: Path, notes: list[Problem] | None, *, root: Path | None) -> Grid:
    with path.open("rb") as stream:
        head = stream.read(_SNIFF_BYTES)
    if not head.strip():
        raise _error(ProblemCode.EMPTY, path, f"The file is empty; give {_KINDS}.")
    if head.startswith(b"PK\x03\x04"):
        if is_pandapower(path):
            return read_pandapower(path, notes=notes)
        return _read_tables(path, notes) if _is_workbook(path) else _read_archive(path, notes)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _error(ProblemCode.NOT_RECOGNIZED, path, "This is an old Excel file; save it as .xlsx.")
    if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        return _read_compressed(path, head, notes)
    return _read_text(path, head, notes, root=root)


def _read_text(path: Path, head: bytes, notes: list[Problem] | None, *, root: Path | None) -> Grid:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_XML):
        return read_cim(path, notes=notes)
    if b"\0" in head:
        if _is_tar(head):
            return _read_archive(path, notes)
        raise _error(ProblemCode.NOT_RECOGNIZED, path, f"This is no network file that is known here; give {_KINDS}.")
    if path.suffix.lower() == ".dss" or _NEW_CIRCUIT.search(head):
        return read_opendss(path, root=root, notes=notes)
    if text.startswith(b"{"):
        return read_pandapower(path, notes=notes)
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        detail = f"One table is not a network; give the folder {path.parent.name or '.'} that holds all of its tables."
        raise _error(ProblemCode.NOT_RECOGNIZED, path, detail)
    raise _error(ProblemCode.NOT_RECOGNIZED, path, f"This is no network file that is known here; give {_KINDS}.")


def _read_compressed(path: Path, head: bytes, notes: list[Problem] | None) -> Grid:
    """A compressed CIM file, or a compressed archive."""
    if head.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(path) as stream:
                inside = stream.read(512)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            detail = "The compressed file is damaged or ends too early; copy it again from where it came."
            raise _error(ProblemCode.CUT_OFF, path, detail) from error
        if inside.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_XML):
            return read_cim(path, notes=notes)
        if not _is_tar(inside):
            detail = f"What is compressed here is no network; compress {_KINDS}."
            raise _error(ProblemCode.NOT_RECOGNIZED, path, detail)
    return _read_archive(path, notes)


def _read_archive(path: Path, notes: list[Problem] | None) -> Grid:
    with unpacked(path) as folder:
        try:
            return _read_folder(folder, notes, root=folder)
        except ModelError as error:
            # The temporary folder means nothing to anybody: name the archive instead.
            raise ModelError(
                [
                    replace(one, file=path.name if one.file in ("", folder.name) else f"{path.name}: {one.file}")
                    for one in error.problems
                ]
            ) from error


def _read_folder(folder: Path, notes: list[Problem] | None, *, root: Path | None) -> Grid:
    files, folders = _walk(folder)
    networks = [one for one in folders if is_pandapower(one)]
    if len(networks) > 1:
        names = ", ".join(str(one.relative_to(folder)) for one in networks[:8])
        detail = f"Several folders hold a network; give one of them: {names}."
        raise _error(ProblemCode.CHOICE_NEEDED, folder, detail)
    if networks:
        return read_pandapower(networks[0], notes=notes)
    if any(one.suffix.lower() == ".dss" for one in files):
        return read_opendss(_master(folder, folders), root=root, notes=notes)
    documents = [one for one in files if one.name.lower().endswith((".xml", ".xml.gz", ".rdf"))]
    if documents:
        return read_cim(documents, notes=notes)
    workbooks = [one for one in files if one.suffix.lower() == ".xlsx" and not one.name.startswith("~$")]
    if len(workbooks) == 1:
        return _read_file(workbooks[0], notes, root=root)
    tables = sorted({one.parent for one in files if one.suffix.lower() == ".csv"})
    if len(tables) == 1:
        return _read_tables(tables[0], notes)
    raise _error(ProblemCode.NOT_RECOGNIZED, folder, f"No network is in this folder; put into it {_KINDS}.")


def _read_tables(path: Path, notes: list[Problem] | None) -> Grid:
    """Our own workbook or folder; what its reader only remarks on becomes notes."""
    reading = check_network(path)
    if reading.grid is None or reading.blocks:
        raise TableError([problem for problem in reading.problems if problem.code.blocks], rest=reading.rest)
    if notes is not None:
        notes.extend(_from_table(problem) for problem in reading.problems if problem.code not in _OF_THE_GRID)
    return reading.grid


def _walk(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files and folders in a folder, nearest first; hidden ones and what archivers leave behind are passed over."""
    files: list[Path] = []
    folders: list[Path] = []
    for place, inside, names in os.walk(folder):
        inside[:] = sorted(name for name in inside if not name.startswith((".", "__MACOSX")))
        folders.append(Path(place))
        files += [Path(place, name) for name in sorted(names) if not name.startswith(".")]
        if len(files) > _MAX_FOLDER_ENTRIES:
            detail = f"There are more than {_MAX_FOLDER_ENTRIES:,} files here; give the folder of one network."
            raise _error(ProblemCode.TOO_LARGE, folder, detail)
    return files, folders


def _master(folder: Path, folders: list[Path]) -> Path:
    """The OpenDSS master of a folder: the only one, or the one that is called so."""
    masters = [one for place in folders for one in masters_in(place)]
    called = [one for one in masters if "master" in one.name.lower()]
    if len(masters) == 1 or (len(called) == 1 and len({one.parent for one in masters}) == 1):
        return (called or masters)[0]
    if not masters:
        raise _error(ProblemCode.NO_NETWORK, folder, "No .dss file here defines a circuit; add the master file.")
    names = ", ".join(str(one.relative_to(folder)) for one in masters[:8])
    raise _error(ProblemCode.CHOICE_NEEDED, folder, f"Several files define a circuit; give one of them: {names}.")


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return path.suffix.lower() == ".xlsx"  # its reader says what is wrong with it


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _from_table(problem: RowProblem) -> Problem:
    """The same problem in the words that all formats share; the original stays with the error's cause."""
    bare = replace(problem, file="", sheet="", row=0, column="", cell="")
    code = _TABLE_CODES.get(problem.code, ProblemCode.BAD_VALUE)
    return Problem(
        code=code,
        detail=sentence(bare, language="en"),
        file=problem.file,
        sheet=problem.sheet,
        row=problem.row or None,
        column=problem.column,
    )


def _error(code: ProblemCode, path: Path, detail: str) -> ModelError:
    return ModelError(Problem(code=code, detail=detail, file=path.name))
