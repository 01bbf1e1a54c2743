"""Uploads of call logs: what each holds, how far it is, and what was read."""

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from denghuo.main import processes
from denghuo.main.imports.words import Sentence
from denghuo.main.processes import CALL_LOGS
from denghuo.main.telephone_logs import LogFormat


class Status(StrEnum):
    """How far an upload has come."""

    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One problem, as the reader tells it: a code, where it is, and what its sentence speaks of."""

    finding: str
    file: str
    line: int
    given: dict[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was read of one log, or why it was not."""

    names: tuple[str, ...]
    kind: LogFormat
    is_known: bool = True  # whether it is of a kind that can be read
    is_refused: bool = False
    lines: int = 0
    calls: int = 0
    new: int = 0
    completed: int = 0
    entries: int = 0
    contradictions: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    unknowable: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    trouble_count: int = 0
    seen: dict[str, Any] | None = None  # of a table whose columns somebody has to explain: what stands in it
    is_tried: bool = False  # read for a look, not recorded
    preview: tuple[dict[str, Any], ...] = ()

    @property
    def rest(self) -> int:
        """How many problems are not listed."""
        return self.trouble_count - len(self.troubles)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One upload, as its page shows it."""

    id: str
    exchange_id: int
    actor: str
    language: str
    names: tuple[str, ...]
    begun_at: datetime
    status: Status = Status.WORKING
    told: tuple[Told, ...] = ()
    failure: Sentence | None = None
    template: dict[str, Any] | None = None  # how its tables are written, if somebody has said so
    asks: bool = False  # whether somebody wants to say it before anything is read
    tries: bool = False  # whether it is read for a look only
    keeps: bool = False  # whether the template is to be kept

    @property
    def folder(self) -> Path:
        """Where everything of it lies."""
        return processes.shelf_of(CALL_LOGS) / self.id

    @property
    def files(self) -> list[Path]:
        """What was given."""
        return sorted((self.folder / "upload").iterdir())


def create(
    files: Sequence[UploadedFile],
    *,
    exchange_id: int,
    actor: str,
    language: str,
    at: datetime,
    template: dict[str, Any] | None = None,
    asks: bool = False,
) -> Job:
    """Keep an upload. Nothing of it stays where the disk has no room for all of it.

    Raises:
        OSError: it could not be written.
    """
    job_id = uuid.uuid4().hex
    names = processes.keep(processes.shelf_of(CALL_LOGS) / job_id, files)
    job = Job(
        id=job_id,
        exchange_id=exchange_id,
        actor=actor,
        language=language,
        names=tuple(names),
        begun_at=at,
        template=template,
        asks=asks,
    )
    save(job)
    return job


def save(job: Job) -> None:
    """Write the state, whole or not at all."""
    processes.write_state(job.folder, asdict(job))


def load(job_id: str) -> Job | None:
    """An upload as it stands; one whose process has died is interrupted.

    It is worked on until its process is gone: to try again between its last word and its end would do nothing, and so
    would explaining the columns of a table.
    """
    found = processes.read_state(processes.shelf_of(CALL_LOGS) / job_id)
    if found is None:
        return None
    state, alive = found
    job = _parse(state)
    if alive:
        over = job.status is Status.DONE and all(one.seen is None for one in job.told)
        return job if over else replace(job, status=Status.WORKING)
    return replace(job, status=Status.INTERRUPTED) if job.status is Status.WORKING else job


def _parse(state: dict[str, Any]) -> Job:
    return Job(
        **state
        | {
            "names": tuple(state["names"]),
            "begun_at": datetime.fromisoformat(state["begun_at"]),
            "status": Status(state["status"]),
            "told": tuple(_told(one) for one in state["told"]),
            "failure": Sentence(**state["failure"]) if state["failure"] else None,
        }
    )


def _told(state: dict[str, Any]) -> Told:
    instants = {name: datetime.fromisoformat(state[name]) if state[name] else None for name in ("first_at", "last_at")}
    return Told(
        **state
        | instants
        | {
            "names": tuple(state["names"]),
            "kind": LogFormat(state["kind"]),
            "unknowable": tuple(state["unknowable"]),
            "troubles": tuple(Trouble(**one) for one in state["troubles"] if "finding" in one),
            "preview": tuple(state.get("preview", ())),
        }
    )


def start(job: Job) -> None:
    """Have a process read it, unless one does already; return at once."""
    job = replace(job, status=Status.WORKING, told=(), failure=None)
    processes.launch(job.folder, "hotline", "read-upload", str(job.folder.resolve()), state=asdict(job))


def forget_files(job: Job) -> None:
    """Throw away what was given: it is recorded now, and it holds whole numbers. Tables whose columns somebody has to
    explain stay until that is done, or until nobody has come back for them."""
    kept = {name for one in job.told if one.seen is not None for name in one.names}
    if not kept:
        shutil.rmtree(job.folder / "upload", ignore_errors=True)
        return
    for path in job.files:
        if path.name not in kept:
            path.unlink(missing_ok=True)
