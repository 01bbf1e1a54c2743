"""Imports from the pages: each in a folder of its own, worked on by a process of its own.

What a stranger uploads is read where it cannot hurt: by a process with a bound on memory and time, which may die
without taking the site along. The folder holds the upload, the state that the page shows, and a lock that the process
keeps for as long as it lives; where nobody holds it, nobody works. The database knows nothing of it before all of it is
there.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from denghuo.adapters.recognition import FileKind
from denghuo.main.imports.intake import Change
from denghuo.main.imports.words import Sentence

KEPT = timedelta(days=7)
MOST_AT_ONCE = 3
_NAME_BYTES = 200
_LOOKS, _LOOK_S = 20, 0.01


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
        return _root() / self.id

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
    names = [_safe_name(file.name or "") for file in files]
    shown = names[0] + (f" + {len(names) - 1}" if len(names) > 1 else "")
    job = Job(id=uuid.uuid4().hex, unit_id=unit_id, kind=kind, actor=actor, language=language, name=shown, begun_at=at)
    try:
        (job.folder / "upload").mkdir(parents=True)
        for file, name in zip(files, names, strict=True):
            with (job.folder / "upload" / name).open("xb") as stream:
                for chunk in file.chunks():
                    stream.write(chunk)
        save(job)
    except OSError:
        shutil.rmtree(job.folder, ignore_errors=True)
        raise
    return job


def _safe_name(name: str) -> str:
    """A file name that is nothing but a name, and short enough for any file system."""
    plain = "".join(char for char in Path(name.replace("\\", "/")).name if char.isprintable()).lstrip(".")
    stem, dot, suffix = plain.rpartition(".")
    while len(plain.encode()) > _NAME_BYTES and stem:
        stem = stem[:-1]
        plain = f"{stem}{dot}{suffix}"
    return plain.encode()[:_NAME_BYTES].decode(errors="ignore") or "upload"


def save(job: Job) -> None:
    """Write the state, whole or not at all."""
    draft = job.folder / f"state-{os.getpid()}-{threading.get_ident()}"
    draft.write_text(json.dumps(asdict(job), default=str, ensure_ascii=False), encoding="utf-8")
    draft.replace(job.folder / "state.json")


def load(job_id: str) -> Job | None:
    """An import as it stands; one whose process has died is interrupted."""
    folder = _root() / job_id
    try:
        # Asked first: a process that ends between the two has written its last word by then.
        alive = _is_worked_on(folder)
        job = _parse(json.loads((folder / "state.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return job if alive or job.status is not Status.WORKING else replace(job, status=Status.INTERRUPTED)


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
    found = (load(folder.name) for folder in _folders())
    rows = [job for job in found if job and job.unit_id in unit_ids and job.status in waiting]
    return sorted(rows, key=lambda job: job.begun_at, reverse=True)


def start(job: Job) -> None:
    """Have a process work on it, unless one does already; return at once."""
    job = replace(job, status=Status.WORKING, stage=Stage.READING)
    lock = os.open(job.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _seize(lock):
            return
        save(job)
        with (job.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "denghuo", "import", "--job", str(job.folder.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock],  # with it goes the lock, until the process is gone, however it goes
                start_new_session=True,
            )
    finally:
        os.close(lock)
    threading.Thread(target=process.wait, daemon=True).start()


def _seize(lock: int) -> bool:
    """Take the lock; whoever only looks whether it is held has it for a moment."""
    for _look in range(_LOOKS):
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_LOOK_S)
    return False


def _is_worked_on(folder: Path) -> bool:
    try:
        lock = os.open(folder / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def is_busy() -> bool:
    """Whether as many imports are worked on as this machine should bear."""
    return sum(_is_worked_on(folder) for folder in _folders()) >= MOST_AT_ONCE


def forget(job: Job) -> None:
    """Throw an upload away."""
    shutil.rmtree(job.folder, ignore_errors=True)


def forget_old(*, now: datetime) -> None:
    """Throw away what nobody has come back for."""
    for folder in _folders():
        with suppress(FileNotFoundError):
            age_s = now.timestamp() - folder.stat().st_mtime
            if age_s > KEPT.total_seconds() and not _is_worked_on(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _folders() -> list[Path]:
    return list(_root().iterdir()) if _root().is_dir() else []


def _root() -> Path:
    return Path(settings.MEDIA_ROOT) / "imports"
