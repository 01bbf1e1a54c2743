"""Reads OpenDSS scripts into a flat list of statements, without running anything.

Only statements that say what the network is are kept. Whatever would solve, plot, write a file or start a program is
left out, so a model handed in by a stranger can do no more than describe a network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from denghuo.adapters.problems import ModelError, Problem, ProblemCode
from denghuo.adapters.texts import decoded

__all__ = ["Script", "Statement", "SwitchOperation", "flatten", "read_text"]

_MAX_DEPTH = 20
_MAX_FILE_BYTES = 256 * 1024 * 1024
_MAX_STATEMENTS = 5_000_000

# What the topology needs, and what those elements refer to.
_CLASSES = frozenset(
    (
        *("circuit", "vsource", "line", "linecode", "linegeometry", "linespacing", "wiredata", "cndata", "tsdata"),
        *("transformer", "autotrans", "xfmrcode", "reactor", "capacitor", "load"),
        *("swtcontrol", "fuse", "recloser", "relay", "energymeter"),
    )
)
# What feeds in, or carries power in a way of its own.
_LEFT_OUT = frozenset(
    (
        *("generator", "pvsystem", "storage", "windgen", "indmach012", "isource", "vccs"),
        *("upfc", "gicline", "vsconverter", "generic5"),
    )
)
_REFUSED = frozenset(("shell", "system", "fileedit", "cd", "save", "export", "dump"))
_DEFINES = frozenset(("new", "edit", "batchedit", "enable", "disable"))
_CONTINUES = frozenset(("~", "more", "m"))

_VERB = re.compile(r"\s*(~|[^\s=,\"'(\[{]+)\s*(=?)")
_OBJECT = re.compile(r"[\s,]*(?:object\s*=\s*)?[\"'(\[{]?\s*(\w+)\.([^\s,\"')\]}]*)", re.IGNORECASE)
_ARGUMENT = re.compile(r"(?:(\w+)\s*=\s*)?(?:\"([^\"]*)\"|'([^']*)'|\[([^\]]*)\]|\(([^)]*)\)|\{([^}]*)\}|([^\s,=]+))")
_CIM_CLASS = re.compile(r"(?://|!)\s*CIM\s+(\w+)")
# Load shapes and the like do not shape the network and are often left out of a published model.
_SHAPES = re.compile(r"\b(daily|yearly|duty|growth|spectrum|cvrcurve)\s*=\s*(\"[^\"]*\"|[^\s,]+)", re.IGNORECASE)
_FILE_VALUE = re.compile(r"\b(file|csvfile|sngfile|dblfile|pqcsvfile)\s*=", re.IGNORECASE)
_VOLTAGE_BASES = re.compile(r"voltagebases\s*=\s*[\[(\"'{]?([^\])\"'}!/]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """One statement for the engine and where it stands."""

    text: str
    file: str
    row: int


@dataclass(frozen=True)
class SwitchOperation:
    """``open`` or ``close`` of a terminal; ``conductor`` 0 is every phase."""

    element: str
    closes: bool
    terminal: int
    conductor: int


@dataclass
class Script:
    """Everything a model's files say about the network, in order."""

    statements: list[Statement] = field(default_factory=list)
    operations: list[SwitchOperation] = field(default_factory=list)
    cim_classes: dict[str, str] = field(default_factory=dict)
    coordinates: dict[str, tuple[float, float]] = field(default_factory=dict)
    voltage_bases_kv: tuple[float, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    has_circuit: bool = False
    has_branches: bool = False
    redirects: list[Path] = field(default_factory=list)
    left_out: dict[str, set[str]] = field(default_factory=dict)  # class -> names of elements


def flatten(path: Path, *, root: Path | None = None) -> Script:
    """Read a master file and every file it redirects to.

    Args:
        path: the master file.
        root: if given, no file outside this folder is read.

    Raises:
        ModelError: the master file is missing, empty or not text. A missing redirect is a problem in the result.
    """
    script = Script()
    reader = _Reader(script, root=root.resolve() if root else None)
    reader.read(path.resolve(), depth=0)
    if not script.coordinates:
        reader.coordinates_beside(path.resolve())
    return script


class _Reader:
    def __init__(self, script: Script, *, root: Path | None) -> None:
        self.script = script
        self.root = root
        self.keeps_more = False
        self.active_class = ""
        self.folder = Path()

    def read(self, path: Path, *, depth: int) -> None:
        """Read a file. The names in it are relative to its folder, which ``compile`` keeps and ``redirect`` leaves."""
        self.folder = path.parent
        for row, line in _numbered_lines(read_text(path)):
            self._line(line, path=path, row=row, depth=depth)

    def _line(self, line: str, *, path: Path, row: int, depth: int) -> None:
        match = _VERB.match(line)
        if match is None:
            return
        verb, rest = match[1].lower(), line[match.end() :]
        if match[2] and "." in verb:  # Line.x.enabled=no
            self.active_class = verb.partition(".")[0]
            self.keeps_more = self.active_class in _CLASSES
            self._keep(line, path=path, row=row)
        elif verb in _CONTINUES:
            self._keep(line, path=path, row=row)
        elif verb in _DEFINES:
            self._define(verb, rest, line, path=path, row=row)
        elif verb in ("redirect", "compile"):
            before = self.folder
            self._redirect(rest, path=path, row=row, depth=depth)
            if verb == "redirect":
                self.folder = before
        elif verb in ("open", "close"):
            self._operate(rest, closes=verb == "close")
        else:
            self._other(verb, rest, path=path, row=row)

    def _define(self, verb: str, rest: str, line: str, *, path: Path, row: int) -> None:
        match = _OBJECT.match(rest)
        self.active_class = match[1].lower() if match else ""
        self.keeps_more = self.active_class in _CLASSES
        if match and self.active_class == "circuit" and verb == "new":
            self.script.has_circuit = True
        if match and self.active_class in _LEFT_OUT and verb == "new":
            self.script.left_out.setdefault(self.active_class, set()).add(match[2].lower())
        self.script.has_branches |= self.active_class in ("line", "transformer", "reactor")
        if match and self.active_class == "line" and (cim := _CIM_CLASS.search(line)):
            self.script.cim_classes[match[2].lower()] = cim[1]
        self._keep(line, path=path, row=row)

    def _keep(self, line: str, *, path: Path, row: int) -> None:
        if not self.keeps_more:
            return
        if self.active_class in ("load", "vsource", "circuit"):
            line = _SHAPES.sub("", line)
        if _FILE_VALUE.search(_uncommented(line)):
            detail = "This statement takes its values from another file, which is not read; write the values here."
            self._problem(ProblemCode.REFUSED, detail, path=path, row=row)
            return
        if len(self.script.statements) >= _MAX_STATEMENTS:
            detail = f"The model has more than {_MAX_STATEMENTS:,} statements; split it by substation."
            raise ModelError(Problem(code=ProblemCode.TOO_LARGE, detail=detail, file=path.name, row=row))
        self.script.statements.append(Statement(line, path.name, row))

    def _redirect(self, rest: str, *, path: Path, row: int, depth: int) -> None:
        arguments = _arguments(rest)
        name = arguments[0][1] if arguments else ""
        target = self._find(name, beside=path, row=row)
        if target is None:
            return
        if depth >= _MAX_DEPTH:
            detail = (
                f"Files redirect to each other more than {_MAX_DEPTH} deep; look for a file that redirects to itself."
            )
            raise ModelError(Problem(code=ProblemCode.REFUSED, detail=detail, file=path.name, row=row))
        self.script.redirects.append(target)
        try:
            self.read(target, depth=depth + 1)
        except ModelError as error:
            if error.problems[0].code not in (ProblemCode.EMPTY, ProblemCode.UNREADABLE):
                raise
            if error.problems[0].code is ProblemCode.UNREADABLE:
                self.script.problems.extend(error.problems)

    def _find(self, name: str, *, beside: Path, row: int) -> Path | None:
        target = _resolve(self.folder, name) or _resolve(beside.parent, name)
        if target is None:
            detail = f"The file {name[:120]} that is read here is missing; add it beside {beside.name} if it is needed."
            self._problem(ProblemCode.MISSING_FILE, detail, path=beside, row=row)
            return None
        if self.root is not None and not target.resolve().is_relative_to(self.root):
            detail = f"The file {name[:120]} lies outside the model's folder and is not read; move it into the folder."
            self._problem(ProblemCode.REFUSED, detail, path=beside, row=row)
            return None
        return target

    def _operate(self, rest: str, *, closes: bool) -> None:
        values = _named(rest, ("object", "term", "cond"))
        element = values.get("object", "").lower()
        if element:
            terminal, conductor = _integer(values.get("term"), 1), _integer(values.get("cond"), 0)
            self.script.operations.append(SwitchOperation(element, closes, terminal, conductor))

    def _other(self, verb: str, rest: str, *, path: Path, row: int) -> None:
        if verb == "set":
            if match := _VOLTAGE_BASES.search(rest):
                self.script.voltage_bases_kv = tuple(
                    value for value in map(_number, re.split(r"[\s,]+", match[1])) if value > 0
                )
        elif verb in ("buscoords", "latlongcoords"):
            arguments = _arguments(rest)
            target = self._find(arguments[0][1], beside=path, row=row) if arguments else None
            if target is not None:
                self._coordinates(target, swap=verb == "latlongcoords")
        elif verb == "setbusxy":
            values = _named(rest, ("bus", "x", "y"))
            self.script.coordinates[values.get("bus", "").lower()] = (
                _number(values.get("x")),
                _number(values.get("y")),
            )
        elif verb in ("clear", "clearall"):
            self.script.statements.clear()
            self.script.operations.clear()
            self.script.left_out.clear()
        elif verb == "var":
            self.keeps_more, self.active_class = True, ""
            self._keep(f"var {rest}", path=path, row=row)
            self.keeps_more = False
        elif verb in _REFUSED:
            detail = (
                f"The command {verb} is not carried out: a model may describe a network, not touch files or programs."
            )
            self._problem(ProblemCode.REFUSED, detail, path=path, row=row)

    def coordinates_beside(self, path: Path) -> None:
        """Published models often leave their coordinates in a file that only a plotting script reads."""
        named = (one for one in sorted(path.parent.iterdir()) if one.is_file() and "buscoord" in one.name.lower())
        for one in named:
            try:
                self._coordinates(one, swap=False)
            except ModelError:
                continue

    def _coordinates(self, path: Path, *, swap: bool) -> None:
        for row, line in _numbered_lines(read_text(path)):
            parts = re.split(r"[\s,;]+", _uncommented(line).strip().replace('"', ""))
            if len(parts) < 3:
                continue
            x, y = _number(parts[1]), _number(parts[2])
            if x != x or y != y:
                if row > 1:  # a first row of column names is no problem
                    detail = f"The coordinates of bus {parts[0][:60]} are not numbers; write bus, x, y."
                    self._problem(ProblemCode.BAD_VALUE, detail, path=path, row=row)
                continue
            self.script.coordinates[parts[0].lower()] = (y, x) if swap else (x, y)

    def _problem(self, code: ProblemCode, detail: str, *, path: Path, row: int) -> None:
        self.script.problems.append(Problem(code=code, detail=detail, file=path.name, row=row))


def read_text(path: Path) -> str:
    """The text of a script, whatever its encoding; a file that is not text is refused without being read whole."""
    try:
        size = path.stat().st_size
        if size > _MAX_FILE_BYTES:
            raise _refusal(
                ProblemCode.TOO_LARGE, path, f"The file has {size:,} bytes; the limit is {_MAX_FILE_BYTES:,}."
            )
        with path.open("rb") as stream:
            if b"\0" in stream.read(65536):
                raise _refusal(ProblemCode.UNREADABLE, path, "This is not a text file; an OpenDSS script was expected.")
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise _refusal(ProblemCode.NOT_FOUND, path, f"The file cannot be opened ({reason}); check its name.") from error
    if not data.strip():
        raise _refusal(ProblemCode.EMPTY, path, "The file is empty; an OpenDSS script was expected.")
    return decoded(data)


def _refusal(code: ProblemCode, path: Path, detail: str) -> ModelError:
    return ModelError(Problem(code=code, detail=detail, file=path.name))


def _numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are neither blank nor comments, with block comments taken out."""
    in_comment = False
    for row, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if in_comment or stripped.startswith("/*"):
            in_comment = "*/" not in stripped
        elif stripped and not stripped.startswith(("!", "//")):
            yield row, stripped


def _uncommented(line: str) -> str:
    return re.split(r"!|//", line, maxsplit=1)[0]


def _arguments(rest: str) -> list[tuple[str, str]]:
    found = []
    for match in _ARGUMENT.finditer(_uncommented(rest)):
        value = next(group for group in match.groups()[1:] if group is not None)
        found.append(((match[1] or "").lower(), value.strip()))
    return found


def _named(rest: str, names: tuple[str, ...]) -> dict[str, str]:
    """Arguments by name; unnamed ones follow in order and abbreviations count, as OpenDSS has it."""
    values: dict[str, str] = {}
    position = 0
    for key, value in _arguments(rest):
        matches = [index for index, name in enumerate(names) if key and name.startswith(key[: len(name)])]
        position = matches[0] if matches else position
        if position < len(names):
            values[names[position]] = value
        position += 1
    return values


def _resolve(folder: Path, name: str) -> Path | None:
    """A file by a name written on Windows: back slashes, and letter case that does not matter."""
    parts = [part for part in re.split(r"[\\/]+", name.strip()) if part not in ("", ".")]
    if not parts:
        return None
    plain = Path("/", *parts) if name.strip().startswith("/") else folder.joinpath(*parts)
    if plain.is_file():
        return plain
    return _walk(folder, parts) or _walk(folder, parts[-1:])


def _walk(folder: Path, parts: list[str]) -> Path | None:
    current = folder
    for part in parts:
        if part == "..":
            current = current.parent
            continue
        if not current.is_dir():
            return None
        same = [entry for entry in current.iterdir() if entry.name.lower() == part.lower()]
        if not same:
            return None
        current = same[0]
    return current if current.is_file() else None


def _number(text: str | None) -> float:
    try:
        return float(text) if text else float("nan")
    except ValueError:
        return float("nan")


def _integer(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
