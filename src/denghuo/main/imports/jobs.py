"""Imports from the pages: each in a folder of its own, worked on by a process of its own.

The database knows nothing of an import before all of it is there.
"""

import shutil
import uuid
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from denghuo.adapters.recognition import FileKind
from denghuo.main import processes
from denghuo.main.imports.intake import Change
from denghuo.main.imports.words import Sentence
from denghuo.main.processes import IMPORTS


class Status(StrEnum):
    """How far an import has come."""

    WORKING = "working"
    READY = "ready"  # looked at: somebody has to say yes
    SAME = "same"  # nothing in it that is not there already
    REFUSED = "refused"
    OUTDATED = "outdated"  # the network was changed between looking and saying yes
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Stage(StrEnum):
    """What is being done while it is worked on."""

    READING = "reading"
    COMPARING = "comparing"
    STORING = "storing"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One import, as its page shows it."""

    id: str
    unit_id: int
    actor: str
    language: str
    name: str
    kind: FileKind | None
    begun_at: datetime
    status: Status = Status.WORKING
    stage: Stage = Stage.READING
    confirmed: bool = False
    revision: int = 0
    changes: tuple[Change, ...] = ()
    problems: tuple[Sentence, ...] = ()
    notes: tuple[Sentence, ...] = ()
    rest: int = 0
    taken: int = 0
    unreadable: bool = False

    @property
    def retired_count(self) -> int:
        """How many rows it would take out of use."""
        return sum(change.retired for change in self.changes)

    @property
    def there_count(self) -> int:
        """How many rows are there before it."""
        return sum(change.same + change.changed + change.retired for change in self.changes)

    @property
    def same_count(self) -> int:
        """How many rows it would leave as they are."""
        return sum(change.same for change in self.changes)

    @property
    def sweeps(self) -> bool:
        """Whether it would take out more than half of what is there, or some and leave nothing as it is."""
        return self.retired_count > 0 and (self.same_count == 0 or 2 * self.retired_count > self.there_count)

    @property
    def folder(self) -> Path:
        """Where everything of it lies."""
        return processes.shelf_of(IMPORTS) / self.id

    @property
    def upload(self) -> Path:
        """The file; the folder of them where there are several."""
        files = sorted((self.folder / "upload").iterdir())
        return files[0] if len(files) == 1 else self.folder / "upload"

    @property
    def marked(self) -> Path:
        """The file with what is wrong marked in it, where that could be done."""
        return self.folder / "marked.xlsx"


def create(
    files: Iterable[UploadedFile],
    *,
    unit_id: int,
    kind: FileKind | None,
    actor: str,
    language: str,
    at: datetime,
) -> Job:
    """Keep an upload. Nothing of it stays where the disk has no room for all of it.

    Raises:
        OSError: it could not be written.
    """
    files = list(files)
    job_id = uuid.uuid4().hex
    names = processes.keep(processes.shelf_of(IMPORTS) / job_id, files)
    shown = names[0] + (f" + {len(names) - 1}" if len(names) > 1 else "")
    job = Job(id=job_id, unit_id=unit_id, kind=kind, actor=actor, language=language, name=shown, begun_at=at)
    try:
        save(job)
    except OSError:
        forget(job)
        raise
    return job


def save(job: Job) -> None:
    """Write the state, whole or not at all."""
    processes.write_state(job.folder, asdict(job))


def load(job_id: str) -> Job | None:
    """An import as it stands; one whose process has died is interrupted.

    It is worked on until its process is gone: a yes that came between its last word and its end would be lost.
    """
    found = processes.read_state(processes.shelf_of(IMPORTS) / job_id)
    if found is None:
        return None
    state, alive = found
    job = _parse(state)
    if alive:
        return job if job.status is Status.DONE else replace(job, status=Status.WORKING)
    return replace(job, status=Status.INTERRUPTED) if job.status is Status.WORKING else job


def _parse(told: dict[str, Any]) -> Job:
    return Job(
        **told
        | {
            "kind": FileKind(told["kind"]) if told["kind"] else None,
            "begun_at": datetime.fromisoformat(told["begun_at"]),
            "status": Status(told["status"]),
            "stage": Stage(told["stage"]),
            "changes": tuple(Change(**one) for one in told["changes"]),
            "problems": tuple(Sentence(**one) for one in told["problems"]),
            "notes": tuple(Sentence(**one) for one in told["notes"]),
        }
    )


def unfinished(unit_ids: Collection[int]) -> list[Job]:
    """Imports into these units that are worked on or wait for somebody to say yes, the last first."""
    waiting = (Status.WORKING, Status.READY, Status.OUTDATED, Status.INTERRUPTED)
    found = (load(folder.name) for folder in processes.folders(IMPORTS))
    rows = [job for job in found if job and job.unit_id in unit_ids and job.status in waiting]
    return sorted(rows, key=lambda job: job.begun_at, reverse=True)


def start(job: Job) -> None:
    """Have a process work on it, unless one does already; return at once."""
    job = replace(job, status=Status.WORKING, stage=Stage.READING)
    processes.launch(job.folder, "import", "--job", str(job.folder.resolve()), state=asdict(job))


def forget(job: Job) -> None:
    """Throw an upload away."""
    shutil.rmtree(job.folder, ignore_errors=True)


def forget_old(*, now: datetime) -> None:
    """Throw away what nobody has come back for."""
    processes.forget_old(IMPORTS, now=now)
