"""Senders race and are killed without warning, between handing a message over and writing it down: every message
reaches its person once, whichever language its gateway speaks.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from denghuo.main.demo.gateway import FakeGateway

pytestmark = pytest.mark.own_database
ROOT = Path(__file__).resolve().parents[2]
MESSAGES = 150
PATIENCE_S = 240
# Where a sender stands still, each language once: after the claim, after the gateway has it, before it is written down.
STOPS = ["claimed:10", "sent:30", "sent:31", "sent:32", "settling:60", "claimed:90", "sent:100", "settling:120"]


def _until(happened: Callable[[], Any], *, what: str) -> Any:
    """Look again and again until it happened, and say what did not."""
    deadline = time.monotonic() + PATIENCE_S
    while not (result := happened()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.03)
    return result


class Town:
    """One database, the processes of its senders, and a gateway outside."""

    def __init__(self, url: str, folder: Path, gateway: FakeGateway) -> None:
        self.url, self.folder, self.gateway = url, folder, gateway
        self.senders: list[subprocess.Popen[bytes]] = []
        assert self.start("-m", "django", "migrate", "-v0", "--run-syncdb").wait() == 0
        assert self.start("-m", "tests.flows.killable_messages", "seed", str(MESSAGES)).wait() == 0

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DATABASE_URL": self.url,
            "DENGHUO_HOME": str(self.folder),
            "DENGHUO_LOG": "ERROR",
            "DJANGO_SETTINGS_MODULE": "tests.flows.killable_messages_settings",
            "KILLABLE_FOLDER": str(self.folder),
            "KILLABLE_STOPS": " ".join(STOPS),
            "KILLABLE_GATEWAY": str(self.gateway.port),
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment)

    def start_sender(self) -> None:
        self.senders.append(self.start("-m", "tests.flows.killable_messages", "send", "0.05", "1.0"))

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        if self.url.startswith("sqlite"):
            with sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=60) as lite:
                rows = lite.execute(statement).fetchall()
            lite.close()
            return rows
        import psycopg

        with psycopg.connect(self.url) as postgres:
            return postgres.execute(statement).fetchall()

    def kill(self, pid: int) -> None:
        sender = next((sender for sender in self.senders if sender.pid == pid), None)
        if sender is None:  # it stood still in two of its threads, and was killed for the other
            return
        sender.send_signal(signal.SIGKILL)
        assert sender.wait() == -signal.SIGKILL
        self.senders.remove(sender)

    def stop(self) -> list[int]:
        for sender in self.senders:
            sender.terminate()
        codes = [sender.wait(timeout=PATIENCE_S) for sender in self.senders]
        self.senders.clear()
        return codes

    def sent(self) -> int:
        return int(self.execute("SELECT count(*) FROM notices_message WHERE state = 'sent'")[0][0])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/town.sqlite3"
    else:
        url = request.getfixturevalue("postgres_database")
    with FakeGateway() as gateway:
        place = Town(url, tmp_path, gateway)
        yield place
        for sender in place.senders:
            sender.kill()
            sender.wait()


def test_every_message_reaches_its_person_once(town: Town) -> None:
    town.start_sender()
    town.start_sender()
    open_stops = set(STOPS)
    while open_stops:
        stop = _until(lambda: next((s for s in sorted(open_stops) if (town.folder / s).exists()), None), what="a stop")
        town.kill(int((town.folder / stop).read_text()))
        open_stops.remove(stop)
        if len(open_stops) % 3 == 0 and town.senders:  # and its colleague, wherever it happens to be
            town.kill(town.senders[0].pid)
        while len(town.senders) < 2:
            town.start_sender()
    _until(lambda: town.sent() == MESSAGES, what="the last message")
    assert set(town.stop()) <= {0, -signal.SIGTERM}  # the last ones sent may still have been on their way

    tokens = {token for (token,) in town.execute("SELECT token FROM notices_message")}
    assert set(town.gateway.book.told) == tokens
    assert set(town.gateway.book.told.values()) == {1}
    assert town.gateway.book.requests >= MESSAGES
    assert town.execute("SELECT count(*) FROM notices_message WHERE doubt OR holder <> ''") == [(0,)]
    died = town.execute("SELECT count(DISTINCT message_id) FROM notices_attempt WHERE ended_at IS NULL")[0][0]
    assert died >= len(STOPS) / 2
