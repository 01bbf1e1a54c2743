"""What every benchmark says, and how time and memory are taken."""

import ctypes
import gc
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class BenchRow:
    """One line of docs/performance.md: the work and its size, the goal it is held to, our median seconds and peak
    memory, and the same work done by ``peers`` on the same machine in the same run, each in seconds."""

    work: str
    size: str
    ours_s: float
    peak_mb: float
    peers: dict[str, float]
    note: str
    goal: str = "–"


@dataclass(frozen=True, kw_only=True)
class Timed:
    """Median seconds, memory above what was held before [MB], and what the last run returned."""

    seconds: float
    peak_mb: float
    result: Any


def timed(work: Callable[[], Any], *, repeat: int = 5, memory: bool = True) -> Timed:
    """Run ``work`` once to warm up (compiled code, caches), ``repeat`` times, and once more to watch its memory."""
    work()
    seconds = []
    result = None
    for _ in range(repeat):
        result = None
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return Timed(seconds=statistics.median(seconds), peak_mb=_peak_mb(work) if memory else float("nan"), result=result)


# Seen from another process, since compiled loops let no thread of this one run. It looks a thousand times a second.
_WATCH = """
import sys, threading, time
done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
highest = lowest = None
while not done.wait(0.001) or highest is None:
    pages = int(open(f"/proc/{sys.argv[1]}/statm").read().split()[1])
    if lowest is None:
        lowest = pages
        print("watching", flush=True)
    highest = max(highest or 0, pages)
print(highest - lowest, flush=True)
"""


def _peak_mb(work: Callable[[], Any]) -> float:
    """Resident memory above what was held when ``work`` began [MB]; NaN where the system does not show it."""
    if not Path("/proc/self/statm").exists():
        return float("nan")
    gc.collect()
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)  # hand back what earlier work left, or its reuse would not be seen
    command = [sys.executable, "-c", _WATCH, str(os.getpid())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdin is not None and watcher.stdout is not None
        watcher.stdout.readline()
        result = work()
        watcher.stdin.close()
        pages = int(watcher.stdout.readline())
    del result
    return pages * resource.getpagesize() / 1e6
