"""Uploads that a process of its own works on.

What a stranger uploads is read where it cannot hurt: by a process with a bound on memory and time, which may die
without taking the site along. A folder holds the upload, the state that a page shows, and a lock that the process keeps
for as long as it lives; where nobody holds it, nobody works.
"""

import fcntl
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

IMPORTS, CALL_LOGS, CUSTOMERS = SHELVES = ("imports", "call_logs", "customers")
KEPT = timedelta(days=7)
MOST_AT_ONCE = 3
_NAME_BYTES = 200
_LOOKS, _LOOK_S = 20, 0.01
_MEMORY_BYTES = 6 << 30
_CPU_S = 900


def folders(shelf: str) -> list[Path]:
    """Every folder on a shelf."""
    place = shelf_of(shelf)
    return list(place.iterdir()) if place.is_dir() else []


def shelf_of(shelf: str) -> Path:
    """Where the folders of one kind of upload lie."""
    return Path(settings.MEDIA_ROOT) / shelf


def keep(folder: Path, files: Sequence[UploadedFile]) -> list[str]:
    """Keep an upload in a new folder; returns the names of its files.

    Raises:
        OSError: it could not be written; then nothing of it stays.
    """
    names = [_safe_name(file.name or "") for file in files]
    try:
        (folder / "upload").mkdir(parents=True)
        for file, name in zip(files, names, strict=True):
            with (folder / "upload" / name).open("xb") as stream:
                for chunk in file.chunks():
                    stream.write(chunk)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return names


def _safe_name(name: str) -> str:
    """A file name that is nothing but a name, and short enough for any file system."""
    plain = "".join(char for char in Path(name.replace("\\", "/")).name if char.isprintable()).lstrip(".")
    stem, dot, suffix = plain.rpartition(".")
    while len(plain.encode()) > _NAME_BYTES and stem:
        stem = stem[:-1]
        plain = f"{stem}{dot}{suffix}"
    return plain.encode()[:_NAME_BYTES].decode(errors="ignore") or "upload"


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write the state, whole or not at all."""
    draft = folder / f"state-{os.getpid()}-{threading.get_ident()}"
    draft.write_text(json.dumps(state, default=str, ensure_ascii=False), encoding="utf-8")
    draft.replace(folder / "state.json")


def read_state(folder: Path) -> tuple[dict[str, Any], bool] | None:
    """The state, and whether a process works on it; None: there is no such folder."""
    try:
        # Asked first: a process that ends between the two has written its last word by then.
        alive = is_worked_on(folder)
        return json.loads((folder / "state.json").read_text(encoding="utf-8")), alive
    except FileNotFoundError:
        return None


def launch(folder: Path, *arguments: str, state: Mapping[str, Any]) -> None:
    """Have `denghuo` with these arguments work on a folder in this state, unless a process does; return at once."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _seize(lock):
            return
        write_state(folder, state)
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "denghuo", *arguments],
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


def is_worked_on(folder: Path) -> bool:
    """Whether a process works on a folder."""
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
    """Whether as many uploads are worked on as this machine should bear."""
    return sum(is_worked_on(folder) for shelf in SHELVES for folder in folders(shelf)) >= MOST_AT_ONCE


def forget_old(shelf: str, *, now: datetime) -> None:
    """Throw away what nobody has come back for."""
    for folder in folders(shelf):
        with suppress(FileNotFoundError):
            age_s = now.timestamp() - folder.stat().st_mtime
            if age_s > KEPT.total_seconds() and not is_worked_on(folder):
                shutil.rmtree(folder, ignore_errors=True)


def bound_this_process() -> None:
    """Bound the memory and the time of this process: it reads what strangers upload."""
    for what, most in ((resource.RLIMIT_AS, _MEMORY_BYTES), (resource.RLIMIT_CPU, _CPU_S)):
        _soft, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
