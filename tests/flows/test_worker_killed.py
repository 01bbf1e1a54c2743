"""Two workers race and are killed without warning in the middle of reactions: nothing is lost, nothing is done twice.

Effects in the database happen exactly once. Effects outside happen at least once, under the same key every time.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.own_database
ROOT = Path(__file__).resolve().parents[2]
LAMPS = 150
STOPS = ["before:7", "between:31", "outside:55", "recorded:79", "outside:103", "between:127"]
PATIENCE_S = 240


def _until(happened: Callable[[], Any], *, what: str) -> Any:
    """Look again and again until it happened, and say what did not."""
    deadline = time.monotonic() + PATIENCE_S
    while not (result := happened()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.03)
    return result


class Town:
    """One database, its worker processes, and the outside world."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.run("-m", "django", "migrate", "-v0")
        for table in ("counted", "told"):  # without a key: a second row would go in, and be seen
            self.execute(f"CREATE TABLE {table} (number integer NOT NULL)")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=self.environment())

    def run(self, *arguments: str) -> None:
        assert self.start(*arguments).wait() == 0, arguments

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            "DENGHUO_HOME": str(self.folder),
            "DENGHUO_LOG": "ERROR",
            "DJANGO_SETTINGS_MODULE": "tests.flows.killable_settings",
            "KILLABLE_FOLDER": str(self.folder),
            "KILLABLE_STOPS": " ".join(STOPS),
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=60) as lite:
                rows = lite.execute(statement).fetchall()
            lite.close()
            return rows
        import psycopg

        with psycopg.connect(self.url) as postgres:
            cursor = postgres.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def seed(self, first: int, last: int) -> subprocess.Popen[bytes]:
        return self.start("-m", "tests.flows.killable", "seed", str(first), str(last))

    def start_worker(self, *, poll_s: float = 0.1, lease_s: float = 1.0, longest_s: float = 900.0) -> None:
        options = (str(number) for number in (poll_s, lease_s, longest_s))
        self.workers.append(self.start("-m", "tests.flows.killable", "work", *options))

    def kill(self, pid: int) -> None:
        worker = next(worker for worker in self.workers if worker.pid == pid)
        worker.send_signal(signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
        self.workers.remove(worker)

    def stop_workers(self) -> list[int]:
        for worker in self.workers:
            worker.terminate()
        codes = [worker.wait(timeout=PATIENCE_S) for worker in self.workers]
        self.workers.clear()
        return codes

    def done(self) -> int:
        return self.execute("SELECT count(*) FROM ledger_delivery WHERE done_at IS NOT NULL")[0][0]

    def outside(self) -> Counter[str]:
        return Counter((self.folder / "outside").read_text().splitlines())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/town.sqlite3"
    else:
        url = request.getfixturevalue("postgres_database")
    place = Town(url, tmp_path)
    yield place
    for worker in place.workers:
        worker.kill()
        worker.wait()


def _kill_at_every_stop(town: Town) -> None:
    """Wait for the notes of workers that stand still, kill each, and send new workers."""
    open_stops = set(STOPS)
    while open_stops:
        stop = _until(lambda: next((s for s in sorted(open_stops) if (town.folder / s).exists()), None), what="a stop")
        town.kill(int((town.folder / stop).read_text()))
        open_stops.remove(stop)
        if len(open_stops) % 3 == 0 and town.workers:  # and its colleague, wherever it happens to be
            town.kill(town.workers[0].pid)
        while len(town.workers) < 2:
            town.start_worker()


def test_nothing_is_lost_and_nothing_is_done_twice(town: Town) -> None:
    town.start_worker()
    town.start_worker()
    seeding = town.seed(0, LAMPS)  # meanwhile
    _kill_at_every_stop(town)
    assert seeding.wait() == 0
    _until(lambda: town.done() == 2 * LAMPS, what="the last delivery")
    assert set(town.stop_workers()) <= {0, -signal.SIGTERM}  # the last ones sent may still have been on their way

    once = [(number, 1) for number in range(LAMPS)]
    for table in ("counted", "told"):
        assert town.execute(f"SELECT number, count(*) FROM {table} GROUP BY number ORDER BY number") == once
    kinds = town.execute("SELECT kind, count(*) FROM ledger_fact GROUP BY kind ORDER BY kind")
    assert kinds == [("town.LampCounted", LAMPS), ("town.LampLit", LAMPS)]
    assert town.execute("SELECT count(*) FROM ledger_delivery") == [(2 * LAMPS,)]
    assert town.execute("SELECT count(*) FROM ledger_delivery WHERE holder <> '' OR error <> ''") == [(0,)]
    town.run("-m", "tests.flows.killable", "verify")

    told = town.outside()
    owed = town.execute("SELECT fact_id, reaction FROM ledger_delivery WHERE reaction = 'town.tell'")
    assert {line.split()[0] for line in told} == {f"{fact_id}:{reaction}" for fact_id, reaction in owed}
    assert len(told) == LAMPS  # one key for one lamp, however often it was told
    numbers = Counter({int(line.split()[1]): times for line, times in told.items()})
    assert all(numbers[int(stop.split(":")[1])] >= 2 for stop in STOPS if stop.startswith("outside"))
    assert town.execute("SELECT count(*) FROM ledger_delivery WHERE attempts > 1")[0][0] >= len(STOPS)


def test_a_reaction_that_never_ends_ends_its_worker_and_is_tried_again(town: Town) -> None:
    lamps = 1 + int(STOPS[0].partition(":")[2])  # the last of them stands still
    assert town.seed(0, lamps).wait() == 0
    town.start_worker(longest_s=2.0, lease_s=3_600.0)
    assert town.workers.pop().wait(timeout=PATIENCE_S) == 1
    town.start_worker()  # which sees that who held it is gone, and waits for no lease
    _until(lambda: town.done() == 2 * lamps, what="the last delivery")
    assert town.stop_workers() == [0]
    once = [(number, 1) for number in range(lamps)]
    assert town.execute("SELECT number, count(*) FROM counted GROUP BY number ORDER BY number") == once
    assert town.execute("SELECT attempts FROM ledger_delivery WHERE attempts > 1") == [(2,)]


@pytest.mark.postgres
@pytest.mark.parametrize("town", ["postgresql"], indirect=True)
def test_a_waiting_worker_is_woken_and_survives_the_loss_of_its_connections(town: Town) -> None:
    sessions = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    listening = f"SELECT pid {sessions} AND query LIKE 'LISTEN%' AND state = 'idle'"
    town.start_worker(poll_s=PATIENCE_S * 2)  # looking by itself would come too late
    first = _until(lambda: town.execute(listening), what="a worker that listens")
    assert town.seed(1000, 1003).wait() == 0
    _until(lambda: town.done() == 6, what="the deliveries that were announced")
    town.execute(f"SELECT pg_terminate_backend(pid) {sessions}")
    _until(lambda: set(town.execute(listening)) - set(first), what="the worker to listen again")
    assert town.seed(1003, 1006).wait() == 0
    _until(lambda: town.done() == 12, what="the deliveries after the loss")
    assert town.stop_workers() == [0]
