"""From `./run` on a machine where everything is set up and the demo station is loaded, to the first page in hand."""

import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.common import BenchRow

ROOT = Path(__file__).resolve().parent.parent
STARTS = 3
LIMIT_S = 300.0


def rows() -> list[BenchRow]:
    """Start, ask until the sign-in page comes, stop; the first start loads the demo and does not count."""
    with tempfile.TemporaryDirectory() as home:
        first_s = _start(home)
        seconds = statistics.median(_start(home) for _ in range(STARTS))
    return [
        BenchRow(
            work="second start to first page",
            size="demo station, SQLite",
            ours_s=seconds,
            peak_mb=float("nan"),
            peers={},
            goal="< 5 s",
            note=f"the first start, which loads the demo station, took {first_s:.0f} s",
        )
    ]


def _start(home: str) -> float:
    port = _free_port()
    command = ["./run", "--no-browser", "--port", str(port)]
    started = time.perf_counter()
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "DENGHUO_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(f"http://127.0.0.1:{port}/sign-in/"):
            time.sleep(0.02)  # leave the processors to the start
            if server.poll() is not None or time.perf_counter() - started > LIMIT_S:
                raise RuntimeError("./run did not serve a page; start it by hand to see why")
        return time.perf_counter() - started
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:
            return bool(page.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
