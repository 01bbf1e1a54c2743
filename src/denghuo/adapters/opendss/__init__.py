"""OpenDSS models (``.dss``) -> :class:`~denghuo.engines.grid.Grid`.

The scripts are flattened (``_script``), built by the OpenDSS engine in a child process (``_engine``) and turned into
columns (``_columns``). Nothing is solved: a model whose power flow does not converge is still a network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from denghuo.adapters.opendss._columns import grid_of
from denghuo.adapters.opendss._script import Script, flatten, read_text
from denghuo.adapters.problems import ModelError, Problem, ProblemCode, generation_left_out
from denghuo.engines.grid import Grid

__all__ = ["masters_in", "read_opendss"]

# What a file that is a master must say: the circuit, or where to find it.
_BEGINS = re.compile(r"^\s*(new\s.*\bcircuit\.|compile\s|redirect\s)", re.IGNORECASE | re.MULTILINE)
_ENGINE = Path(__file__).with_name("_engine.py")


def read_opendss(
    path: Path | str,
    *,
    root: Path | None = None,
    notes: list[Problem] | None = None,
    time_limit_s: float = 300.0,
    memory_limit_gb: float = 8.0,
) -> Grid:
    """Read an OpenDSS model.

    Args:
        path: the master file, the one that defines the circuit.
        root: read no file outside this folder (for models uploaded by somebody else).
        notes: gets what was odd but did not stop the reading: a redirect to a missing file, a statement not understood.
        time_limit_s: longest time the engine may take [s].
        memory_limit_gb: most address space the engine may take [GB].

    Raises:
        ModelError: there is no network to read; says why and what to do.
    """
    path = Path(path)
    script = flatten(path, root=root)
    if not script.has_circuit:
        raise _error(ProblemCode.NO_NETWORK, path, f"No circuit is defined here; {_advice(path)}")
    answer = _ask_engine(script, path, time_limit_s=time_limit_s, memory_limit_gb=memory_limit_gb)
    script.problems.extend(_engine_problems(script, answer))
    grid = grid_of(script, answer["classes"])
    if not len(grid.branches.id):
        raise _error(
            ProblemCode.NO_NETWORK, path, f"A circuit is defined here but no line or transformer; {_advice(path)}"
        )
    if notes is not None:
        counts = {name: len(names) for name, names in sorted(script.left_out.items())}
        notes += [*script.problems, *generation_left_out(counts, file=path.name)]
    return grid


def _advice(path: Path) -> str:
    masters = [one.name for one in masters_in(path.parent) if one.name != path.name]
    if masters:
        return f"give the master file instead: {' or '.join(masters[:4])}."
    return "give the master file, the one with the statement New Circuit and the redirects."


def masters_in(folder: Path) -> list[Path]:
    """The files directly in a folder that define a circuit and something in it, the likeliest first."""
    found: list[tuple[bool, bool, str, Path]] = []
    redirected: set[Path] = set()
    for one in sorted(folder.iterdir()):
        if not one.is_file() or one.suffix.lower() != ".dss":
            continue
        try:
            if not _BEGINS.search(read_text(one)):
                continue
            script = flatten(one)
        except ModelError:
            continue
        redirected.update(script.redirects)
        if script.has_circuit and script.has_branches:
            found.append((bool(script.problems), "master" not in one.name.lower(), one.name, one))
    return [one for *_, one in sorted(found) if one.resolve() not in redirected]


def _ask_engine(script: Script, path: Path, *, time_limit_s: float, memory_limit_gb: float) -> dict[str, Any]:
    request = {
        "memory_bytes": int(memory_limit_gb * 2**30),
        "cpu_s": int(time_limit_s) + 1,
        "statements": [statement.text for statement in script.statements],
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", str(_ENGINE)],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=time_limit_s,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        detail = f"The OpenDSS engine did not get past this within {time_limit_s:g} s; hand in a smaller network."
        raise _broken(script, path, error.stderr, detail) from error
    except subprocess.CalledProcessError as error:
        detail = "The OpenDSS engine broke down at this statement; correct it or leave it out."
        raise _broken(script, path, error.stderr, detail) from error
    except ValueError as error:
        raise _broken(script, path, None, "The OpenDSS engine gave no answer; try once more.") from error
    return answer


def _broken(script: Script, path: Path, progress: bytes | None, detail: str) -> ModelError:
    """The engine is gone; the last statement it began says where."""
    position = (
        int.from_bytes(progress[-4:], "little") if progress and len(progress) % 4 == 0 else len(script.statements)
    )
    if position >= len(script.statements):
        return _error(ProblemCode.ENGINE_FAILED, path, detail)
    at = script.statements[position]
    return ModelError(Problem(code=ProblemCode.ENGINE_FAILED, detail=detail, file=at.file, row=at.row))


def _engine_problems(script: Script, answer: dict[str, Any]) -> list[Problem]:
    problems = []
    for position, number, message in answer["errors"]:
        statement = script.statements[position]
        said = " ".join(str(message).split())[:200]
        detail = f"OpenDSS does not take this statement ({said}, error {number}); correct it or leave it out."
        problems.append(Problem(code=ProblemCode.BAD_VALUE, detail=detail, file=statement.file, row=statement.row))
    return problems


def _error(code: ProblemCode, path: Path, detail: str) -> ModelError:
    return ModelError(Problem(code=code, detail=detail, file=path.name))
