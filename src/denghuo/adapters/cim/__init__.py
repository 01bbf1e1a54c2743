"""CIM RDF/XML (IEC 61970-552, CIM 16 to CIM 100 and the CGMES profiles) -> :class:`~denghuo.engines.grid.Grid`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from denghuo.adapters.cim._columns import grid_of
from denghuo.adapters.cim._stream import Objects, read_objects
from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.engines.grid import Grid

__all__ = ["read_cim"]


def read_cim(path: Path | str | Sequence[Path], *, notes: list[Problem] | None = None) -> Grid:
    """Read a CIM model from one file, plain or gzipped, or from the files of several profiles together.

    Args:
        path: the file, or the files that make up one model.
        notes: gets what had to be left out: equipment whose terminals or nodes are not in the files.

    Raises:
        ModelError: there is no network to read; says why and what to do.
    """
    paths = [Path(path)] if isinstance(path, Path | str) else list(path)
    objects: Objects = defaultdict(dict)
    for one in paths:
        read_objects(one, objects)
    problems: list[Problem] = []
    grid = grid_of(objects, file=paths[0].name, problems=problems)
    if not len(grid.branches.id):
        detail = (
            "No line, switch or transformer with terminals and nodes is in this file; export the equipment profile."
        )
        raise ModelError([Problem(code=ProblemCode.NO_NETWORK, detail=detail, file=paths[0].name), *problems[:20]])
    if notes is not None:
        notes.extend(problems)
    return grid
