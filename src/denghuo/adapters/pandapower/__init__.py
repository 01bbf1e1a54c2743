"""pandapower networks (a folder of tables, or JSON) and SimBench's own tables -> a grid.

Nothing of pandapower is needed to read them.
"""

from __future__ import annotations

from pathlib import Path

from denghuo.adapters.pandapower._elements import from_pandapower, from_simbench
from denghuo.adapters.pandapower._tables import read_csv_folder, read_json
from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.engines.grid import Grid

__all__ = ["is_pandapower_folder", "read_pandapower"]

_PANDAPOWER = ("bus", "bus_geodata", "line", "impedance", "trafo", "trafo3w", "switch", "load", "ext_grid")
_SIMBENCH = (
    *("Coordinates", "Node", "LineType", "Line", "TransformerType", "Transformer", "Switch", "Load", "ExternalNet"),
)


def is_pandapower_folder(folder: Path) -> bool:
    """Whether a folder holds pandapower's tables or SimBench's."""
    return (folder / "bus.csv").is_file() or (folder / "Node.csv").is_file()


def read_pandapower(path: Path | str) -> Grid:
    """Read a folder of pandapower's tables (``bus.csv``, ``line.csv`` ...) or of SimBench's own (``Node.csv``,
    ``Line.csv`` ...), or a network that pandapower saved as JSON.

    Raises:
        ModelError: every missing column, bad value and unknown bus at once, each with its file, row and column.
    """
    path = Path(path)
    if not path.is_dir():
        tables = read_json(path)
    elif (path / "bus.csv").is_file():
        tables = read_csv_folder(path, _PANDAPOWER)
    else:
        tables = read_csv_folder(path, _SIMBENCH)
    line = from_simbench(tables) if "Node" in tables.rows else from_pandapower(tables)
    tables.check()
    if not line.branches:
        detail = "There is no line, switch or transformer here; a network needs at least bus and line tables."
        raise ModelError(Problem(code=ProblemCode.NO_NETWORK, detail=detail, file=path.name))
    return line.build()
