"""Uploads of customer files: how far each is, what it would do, what it did.

A file is looked at first, and taken in once somebody says yes. The folder goes with the upload: it holds whole names.
"""

import shutil
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from denghuo.apps.customers.queries import Comparison
from denghuo.main import processes
from denghuo.main.imports.words import Sentence
from denghuo.main.processes import CUSTOMERS


class Status(StrEnum):
    """How far an upload has come."""

    WORKING = "working"
    READY = "ready"  # looked at: somebody has to say yes
    SAME = "same"  # nothing in it that is not there already
    REFUSED = "refused"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One upload, as its page shows it. ``row`` is how far its process has read; ``closed``: accounts it closed."""

    id: str
    unit_id: int
    actor: str
    language: str
    name: str
    begun_at: datetime
    status: Status = Status.WORKING
    confirmed: bool = False
    close_absent: bool = False
    row: int = 0
    seen: Comparison | None = None
    closed: int = 0
    problems: tuple[Sentence, ...] = ()
    rest: int = 0

    @property
    def folder(self) -> Path:
        """Where everything of it lies."""
        return processes.shelf_of(CUSTOMERS) / self.id

    @property
    def upload(self) -> Path:
        """The file."""
        return next((self.folder / "upload").iterdir())

    @property
    def stop(self) -> Path:
        """There once somebody has asked its process to stop."""
        return self.folder / "stop"

    @property
    def refused(self) -> Path:
        """The rows that cannot be taken in, with what is wrong."""
        return self.folder / "refused.xlsx"


def create(file: UploadedFile, *, unit_id: int, actor: str, language: str, at: datetime) -> Job:
    """Keep an upload. Nothing of it stays where the disk has no room for all of it.

    Raises:
        OSError: it could not be written.
    """
    job_id = uuid.uuid4().hex
    names = processes.keep(processes.shelf_of(CUSTOMERS) / job_id, [file])
    job = Job(id=job_id, unit_id=unit_id, actor=actor, language=language, name=names[0], begun_at=at)
    save(job)
    return job


def save(job: Job) -> None:
    """Write the state, whole or not at all."""
    processes.write_state(job.folder, asdict(job))


def load(job_id: str) -> Job | None:
    """An upload as it stands; one whose process has died is interrupted."""
    found = processes.read_state(processes.shelf_of(CUSTOMERS) / job_id)
    if found is None:
        return None
    state, alive = found
    job = _parse(state)
    if alive:
        return job if job.status is Status.DONE else replace(job, status=Status.WORKING)
    return replace(job, status=Status.INTERRUPTED) if job.status is Status.WORKING else job


def _parse(state: dict[str, Any]) -> Job:
    return Job(
        **state
        | {
            "begun_at": datetime.fromisoformat(state["begun_at"]),
            "status": Status(state["status"]),
            "seen": Comparison(**state["seen"]) if state["seen"] else None,
            "problems": tuple(Sentence(**one) for one in state["problems"]),
        }
    )


def start(job: Job) -> None:
    """Have a process work on it, unless one does already; return at once."""
    job = replace(job, status=Status.WORKING, row=0)
    job.stop.unlink(missing_ok=True)  # asked for too late, the last time
    processes.launch(job.folder, "customers", "--job", str(job.folder.resolve()), state=asdict(job))


def ask_to_stop(job: Job) -> None:
    """Have its process stop where it is, and change nothing; what it has taken in by then stays."""
    job.stop.touch()


def forget(job: Job) -> None:
    """Throw an upload away."""
    shutil.rmtree(job.folder, ignore_errors=True)


def forget_file(job: Job) -> None:
    """Throw away what was given: it is taken in now, and it holds names."""
    shutil.rmtree(job.folder / "upload", ignore_errors=True)
