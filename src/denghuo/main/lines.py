"""Which exchanges `denghuo up` listens to: a small file beside the database, one table for each line."""

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE_NAME = "exchanges.toml"
KINDS = ("asterisk", "freeswitch")
_TEXTS = ("exchange", "kind", "host", "username", "secret_file", "queue_log")
_NEEDED = ("exchange", "host", "secret_file")


class LinesError(ValueError):
    """The file cannot be used; says which line of it, what is wrong, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One exchange to listen to. The secret lies in a file of its own: it never stands among a program's arguments."""

    exchange: str
    kind: str
    host: str
    port: int | None
    username: str
    secret_file: Path
    queue_log: Path | None

    @property
    def name(self) -> str:
        return f"line {self.exchange}"

    @property
    def command(self) -> list[str]:
        """The program that listens."""
        told = ["--exchange", self.exchange, "--kind", self.kind, "--host", self.host]
        told += ["--secret-file", str(self.secret_file)]
        told += ["--port", str(self.port)] if self.port else []
        told += ["--username", self.username] if self.username else []
        told += ["--queue-log", str(self.queue_log)] if self.queue_log else []
        return [sys.executable, "-m", "denghuo", "hotline", "listen", *told]


def lines_in(home: Path) -> list[Line]:
    """The lines that the file of an installation names; none where there is no file.

    Raises:
        LinesError: it cannot be understood, or a line of it lacks something.
    """
    path = home / FILE_NAME
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise LinesError(f"{path}: {error}") from error
    rows = told.get("line", [])
    if set(told) - {"line"} or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LinesError(f"{path}: each exchange is a table [[line]], and nothing else stands in the file")
    lines = [_line(row, f"{path}, line {place}", home) for place, row in enumerate(rows, 1)]
    twice = {one.exchange for one in lines if sum(other.exchange == one.exchange for other in lines) > 1}
    if twice:
        raise LinesError(f"{path}: {', '.join(sorted(twice))} is named twice; an exchange is listened to once")
    return lines


def _line(row: dict[str, Any], where: str, home: Path) -> Line:
    unknown = sorted(set(row) - {*_TEXTS, "port"})
    if unknown:
        raise LinesError(f"{where}: {', '.join(unknown)} is not known; known are {', '.join(_TEXTS)} and port")
    for name in _TEXTS:
        if not isinstance(row.get(name, ""), str):
            raise LinesError(f"{where}: {name} must be a text in quotes")
    lacking = [name for name in _NEEDED if not row.get(name, "").strip()]
    if lacking:
        raise LinesError(f"{where}: {', '.join(lacking)} is missing")
    kind, port = row.get("kind", "asterisk"), row.get("port")
    if kind not in KINDS:
        raise LinesError(f"{where}: kind must be one of {', '.join(KINDS)}, not {kind}")
    if port is not None and (not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65_536):
        raise LinesError(f"{where}: port must be a number from 1 to 65535")
    secret_file = home / row["secret_file"].strip()
    if not secret_file.is_file():
        raise LinesError(f"{where}: there is no file {secret_file}; write the secret into it, on one line")
    return Line(
        exchange=row["exchange"].strip(),
        kind=kind,
        host=row["host"].strip(),
        port=port,
        username=row.get("username", "").strip(),
        secret_file=secret_file,
        queue_log=Path(row["queue_log"]) if row.get("queue_log") else None,
    )
