"""pandapower networks (a folder of tables, JSON, or an Excel workbook) and SimBench's own tables -> a grid.

Nothing of pandapower is needed to read them.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from denghuo.adapters.pandapower._elements import from_pandapower, from_simbench
from denghuo.adapters.pandapower._tables import read_csv_folder, read_json, read_workbook
from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.engines.grid import Grid

__all__ = ["is_pandapower", "read_pandapower"]

_PANDAPOWER = (
    *("bus", "bus_geodata", "line", "impedance", "tcsc", "dcline", "trafo", "trafo3w", "switch", "load"),
    *("asymmetric_load", "motor", "ext_grid", "gen", "sgen", "asymmetric_sgen", "storage", "ward", "xward"),
)
_SIMBENCH = (
    *("Coordinates", "Node", "LineType", "Line", "TransformerType", "Transformer", "Switch", "Load", "ExternalNet"),
    *("RES", "PowerPlant", "Storage"),
)
_SHEETS = re.compile(rb"<sheet\s[^>]*?name=\"([^\"]*)\"")


def is_pandapower(path: Path) -> bool:
    """Whether a folder holds pandapower's tables or SimBench's, or a workbook pandapower's."""
    if path.is_dir():
        return (path / "bus.csv").is_file() or (path / "Node.csv").is_file()
    try:
        with zipfile.ZipFile(path) as archive, archive.open("xl/workbook.xml") as stream:
            return {b"bus", b"line"} <= set(_SHEETS.findall(stream.read(1 << 20)))
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error, RuntimeError, NotImplementedError):
        return False


def read_pandapower(path: Path | str, *, notes: list[Problem] | None = None) -> Grid:
    """Read a folder of pandapower's tables (``bus.csv``, ``line.csv`` ...) or of SimBench's own (``Node.csv``,
    ``Line.csv`` ...), or a network that pandapower saved as JSON or as an Excel workbook.

    Args:
        path: the folder or the file.
        notes: gets what is left out: what is not in service, and what generates.

    Raises:
        ModelError: every missing column, bad value and unknown bus at once, each with its file, row and column.
        TableError: a workbook that is cut off, damaged or too large.
    """
    path = Path(path)
    if not path.is_dir():
        tables = read_workbook(path, _PANDAPOWER) if zipfile.is_zipfile(path) else read_json(path)
    elif (path / "bus.csv").is_file():
        tables = read_csv_folder(path, _PANDAPOWER)
    else:
        tables = read_csv_folder(path, _SIMBENCH)
    line = from_simbench(tables) if "Node" in tables.rows else from_pandapower(tables)
    tables.check()
    if not line.branches:
        detail = "There is no line, switch or transformer here; a network needs at least bus and line tables."
        raise ModelError(Problem(code=ProblemCode.NO_NETWORK, detail=detail, file=path.name))
    if notes is not None:
        notes.extend(tables.notes)
    return line.build()
