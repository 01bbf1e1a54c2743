"""An import that is killed, runs out of disk, or is fed a gigabyte of rubbish: nothing is lost, nothing half done."""

import gzip
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tests.main.import_files import LOG, text, workbook

pytestmark = pytest.mark.own_database
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120
GIGABYTE = 1 << 30
MOST_MEMORY = 4 * GIGABYTE  # of addresses: numpy and the compiler of kernels reserve much that they never touch
MOST_USED = 400_000_000


class Station:
    """A database in a folder of its own, and the command that imports into it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("DENGHUO_", "DATABASE_"))}
        self.env |= {"DENGHUO_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "tests.flows.import_process", "--language", "en", *map(str, arguments)]

    def run(self, *arguments: object, most_file_bytes: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
        def bound() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_file_bytes, most_file_bytes))

        return subprocess.run(
            self.command(*arguments),
            env=self.env | env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            preexec_fn=bound if most_file_bytes else None,
        )

    def counts(self) -> dict[str, int]:
        """How many rows there are of what an import makes."""
        tables = ("organization_unit", "network_network", "network_node", "network_load", "ledger_fact")
        with closing(sqlite3.connect(self.home / "denghuo.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, made once."""
    folder = tmp_path_factory.mktemp("import")
    done = Station(folder / "home").run(workbook(folder), "--check")
    assert done.returncode == 0, done.stderr
    return folder / "home"


@pytest.fixture
def station(tmp_path: Path, empty: Path) -> Station:
    return Station(Path(copytree(empty, tmp_path / "home")))


@pytest.fixture
def killed() -> Iterator[list[subprocess.Popen[Any]]]:
    """Whatever a test has started is gone when it ends."""
    started: list[subprocess.Popen[Any]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def wait_for(note: Path, process: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not note.exists():
        assert process.poll() is None, "ended before it came there"
        assert time.monotonic() < deadline, f"waited in vain for {note.name}"
        time.sleep(0.05)


@pytest.mark.parametrize("table", [pytest.param("network_load", marks=pytest.mark.nightly), "ledger_fact"])
def test_killed_in_the_middle(
    tmp_path: Path, station: Station, killed: list[subprocess.Popen[Any]], table: str
) -> None:
    """Nodes, branches and switches are written when it dies; the next import finds nothing of them and takes all in."""
    path, note = workbook(tmp_path), tmp_path / "note"
    before = station.counts()
    assert not any(before.values())
    env = station.env | {"STAND_STILL": table, "STAND_STILL_NOTE": str(note)}
    process = subprocess.Popen(station.command(path), env=env, cwd=ROOT, stderr=subprocess.DEVNULL)
    killed.append(process)
    wait_for(note, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert station.counts() == before

    done = station.run(path)

    assert done.returncode == 0, done.stderr
    there = station.counts()
    assert (there["organization_unit"], there["network_node"], there["network_load"]) == (1, 9, 7)


def test_killed_while_importing_again_leaves_what_was_there(
    tmp_path: Path, station: Station, killed: list[subprocess.Popen[Any]]
) -> None:
    def change(book: Any) -> None:
        book["Loads"].append(["T8", "", "a", 1, 5, None, None, ""])

    note = tmp_path / "note"
    assert station.run(workbook(tmp_path)).returncode == 0
    before = station.counts()
    env = station.env | {"STAND_STILL": "ledger_fact", "STAND_STILL_NOTE": str(note)}
    process = subprocess.Popen(
        station.command(workbook(tmp_path, change)), env=env, cwd=ROOT, stderr=subprocess.DEVNULL
    )
    killed.append(process)
    wait_for(note, process)
    process.kill()
    process.wait()
    assert station.counts() == before
    again = station.run(workbook(tmp_path))
    assert (again.returncode, "all there already" in again.stdout) == (0, True)


def test_the_disk_runs_full(tmp_path: Path, station: Station) -> None:
    """A bound on the size of a file stands in for a full disk: the database meets both in the same place."""

    def change(book: Any) -> None:
        for number in range(12_000):
            book["Loads"].append([f"X{number}", f"台区{number}", "a", 1, 5, None, None, ""])

    path, before = workbook(tmp_path, change), station.counts()

    # What is new is written into a file of its own first: these loads are some megabytes of it.
    full = station.run(path, most_file_bytes=500_000)

    assert full.returncode == 2
    assert "the database did not take it in, and nothing has changed" in full.stderr
    assert "Traceback" not in full.stderr
    assert station.counts() == before
    assert station.run(path).returncode == 0
    assert station.counts()["network_load"] == 12_007


def test_no_room_for_the_marked_workbook(tmp_path: Path, station: Station) -> None:
    bad = text(tmp_path, "log.csv", LOG)
    assert station.run(workbook(tmp_path)).returncode == 0
    bad.write_text(LOG + "QL3,open,2026-05-03 08:00,\n", encoding="utf-8")
    nowhere = tmp_path / "no such folder" / "marked.xlsx"
    done = station.run(bad, "--errors-to", nowhere)
    assert done.returncode == 2
    assert "no such folder" in done.stderr
    assert "Traceback" not in done.stderr


def sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(GIGABYTE)


def lines(path: Path, line: bytes) -> None:
    block = line * ((1 << 20) // len(line))
    with path.open("wb") as stream:
        for _ in range(GIGABYTE // len(block) + 1):
            stream.write(block)


def packed(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b"device,operation,time,event\n")
        for _ in range(1100):
            stream.write(b"QL1,open,2026-05-02 08:00,TD-1\n" * 33_000)


RUBBISH: dict[str, Callable[[Path], None]] = {
    "zeros.bin": sparse,
    "zeros.xlsx": sparse,
    "zeros.csv": sparse,
    "zeros.zip": sparse,
    "text.csv": lambda path: lines(path, b"lorem,ipsum,dolor,sit,amet\n"),
    "log.csv": lambda path: lines(path, b"device,operation,time\n"),
    "script.dss": lambda path: lines(path, b"New Line.l bus1=a bus2=b\n"),
    "model.json": lambda path: lines(path, b'{"bus": [1, 2, 3]}\n'),
    "model.xml": lambda path: lines(path, b"<?xml version='1.0'?>\n"),
    "log.csv.gz": packed,
}


EVERY_TIME = {"zeros.xlsx", "text.csv"}


@pytest.mark.parametrize(
    "name", [name if name in EVERY_TIME else pytest.param(name, marks=pytest.mark.nightly) for name in RUBBISH]
)
def test_a_gigabyte_of_rubbish(tmp_path: Path, station: Station, name: str) -> None:
    path = tmp_path / name
    RUBBISH[name](path)
    done = station.run(path, MOST_MEMORY=str(MOST_MEMORY))
    path.unlink()
    assert done.returncode == 1, done.stderr
    assert "Nothing was imported" in done.stderr
    assert "Traceback" not in done.stderr
    told = re.search(r"most memory used: (\d+)", done.stderr)
    assert told is not None
    assert int(told[1]) < MOST_USED
