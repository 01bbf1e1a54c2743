"""Who holds a delivery: which process of which machine. What a process of this machine held when it died is free at
once; of other machines nobody here can tell, and their leases run out."""

import hashlib
import os
import socket
import uuid
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

_PROC = Path("/proc")


def own() -> str:
    """A name for one claim of this process, 32 characters: its machine, its number, when it began, and by chance."""
    pid = os.getpid()
    return f"{_machine()}{pid:08x}{_began(pid) or 0:08x}{uuid.uuid4().hex[:8]}"


def is_dead(holder: str) -> bool:
    """Whether a claim is of a process of this machine that is gone. Its number may be another's by now: when that began
    tells them apart."""
    if len(holder) != 32 or not holder.startswith(_machine()):
        return False
    pid, began = int(holder[8:16], 16), int(holder[16:24], 16)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    now = _began(pid)
    return bool(began and now and now != began)


@lru_cache(maxsize=1)
def _machine() -> str:
    """This machine since it was started and, in a container, this one: numbers of processes mean nothing elsewhere."""
    told = [socket.gethostname()]
    with suppress(OSError):
        told.append((_PROC / "sys/kernel/random/boot_id").read_text())
        told.append(str((_PROC / "self/ns/pid").stat().st_ino))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:8]


def _began(pid: int) -> int | None:
    """When a process began, in ticks of this machine; None where that cannot be told."""
    try:
        # The name of a program, in brackets, may hold anything.
        after_name = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(after_name[19]) & 0xFFFFFFFF
