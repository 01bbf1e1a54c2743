"""The hotline on SQLite: a million calls recorded, the month page over them, and the live board followed through a
browser's stream while an exchange tells 200 events a second. The exchange is a socket that speaks Asterisk's manager
protocol; listener and board are the processes that do it in life, all on this machine. Two events of each call are
timed: from the wire until the stream shows the caller waiting, and until it no longer does."""

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from bench.common import BenchRow

CALLS = 1_000_000
DAYS = 730
BATCH = 50_000
EVENTS_PER_S, LISTENED_S, AGENTS = 200, 20.0, 30
WAITED_S, TALKED_S = 2.0, 0.5  # of each call
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
NAN = float("nan")


def rows() -> list[BenchRow]:
    """Recording, reading, following."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DENGHUO_HOME": folder, "DJANGO_SETTINGS_MODULE": "denghuo.main.settings"}
        return list(_measured())


def _measured() -> Iterator[BenchRow]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import override_settings

    call_command("migrate", verbosity=0)
    exchange_id = _open()
    yield _recording(exchange_id)
    with override_settings(ALLOWED_HOSTS=["*"], WHITENOISE_AUTOREFRESH=True):
        yield _months()
    yield _following()


def _open() -> int:
    from denghuo.apps.hotline.actions import open_exchange
    from denghuo.apps.organization.actions import assign_role, open_unit, register_user
    from denghuo.apps.organization.models import Role, UnitKind

    told: dict[str, Any] = {"at": FIRST, "actor": "bench"}
    unit = open_unit(code="county", name="县公司", kind=UnitKind.COUNTY, parent=None, **told)
    user = register_user(username="leader", display_name="Leader", password="bench-bench-bench", **told)
    assign_role(user=user, unit=unit, role=Role.SHIFT_LEADER, **told)
    return int(open_exchange(unit_id=unit.pk, code="95598", name="95598", **told).pk)


def _recording(exchange_id: int) -> BenchRow:
    """Every call of two years, in batches, with its redials found and its tallies made."""
    from denghuo.apps.hotline.actions import Source, record_calls
    from denghuo.apps.ledger import deliveries

    started = time.perf_counter()
    for calls in _calls():
        record_calls(exchange_id=exchange_id, calls=calls, source=Source(name="bench"), at=FIRST, actor="bench")
        deliveries.drain()
    seconds = time.perf_counter() - started
    return BenchRow(
        work="record calls, per million",
        size=f"{CALLS:,} calls of {DAYS} days",
        ours_s=seconds * 1_000_000 / CALLS,
        peak_mb=NAN,
        peers={},
        note="with redials found and tallies made",
    )


def _calls() -> Iterator[list[Any]]:
    from denghuo.adapters.telephony import CallOutcome, CallRecord

    rng = np.random.default_rng(1)
    at_s = np.sort(rng.uniform(0, 86_400 * DAYS, CALLS))
    numbers = rng.integers(0, 300_000, CALLS)
    answered = rng.random(CALLS) < 0.93
    for start in range(0, CALLS, BATCH):
        told = []
        for n in range(start, min(start + BATCH, CALLS)):
            entered_at = FIRST + timedelta(seconds=float(at_s[n]))
            plain = {"call_id": str(n), "queue": "95598", "caller": f"199{numbers[n]:08d}", "entered_at": entered_at}
            plain |= {"queued_at": entered_at, "wait_s": 12.0}
            if answered[n]:
                plain |= {"connected_at": entered_at + timedelta(seconds=12), "agent": f"A{n % AGENTS:03d}"}
                plain |= {"talk_s": 180.0, "ended_at": entered_at + timedelta(seconds=192)}
                told.append(CallRecord(outcome=CallOutcome.ANSWERED, **plain))
            else:
                ended_at = entered_at + timedelta(seconds=12)
                told.append(CallRecord(outcome=CallOutcome.ABANDONED, ended_at=ended_at, **plain))
        yield told


def _months() -> BenchRow:
    from django.test import Client

    client = Client()
    assert client.login(username="leader", password="bench-bench-bench")
    months = [f"{date(2024 + n // 12, n % 12 + 1, 1):%Y-%m}" for n in range(24)]
    client.get("/hotline/", {"month": months[0]})
    taken = []
    for month in months * 3:
        started = time.perf_counter()
        answer = client.get("/hotline/", {"month": month})
        taken.append(time.perf_counter() - started)
        assert answer.status_code == 200
    return BenchRow(
        work="the month page",
        size=f"{CALLS:,} calls",
        ours_s=statistics.median(taken),
        peak_mb=NAN,
        peers={},
        note=f"95th percentile {_late_ms(taken):.0f} ms",
        goal="95 % in < 300 ms",
    )


def _late_ms(seconds: list[float]) -> float:
    return 1000 * statistics.quantiles(seconds, n=20)[-1]


def _following() -> BenchRow:
    """Every caller stands on the board by a name of their own; a stream that stays open says when, and when no more."""
    seen: list[tuple[float, frozenset[str]]] = []
    stop = threading.Event()
    exchange = _Exchange()
    with _live_server() as port, _listener(exchange.port):
        reader = threading.Thread(target=_listen, args=(port, seen, stop), daemon=True)
        reader.start()
        while not seen and reader.is_alive():
            time.sleep(0.1)
        told = exchange.tell()
        stop.set()
        reader.join()
    waits = []
    for call, joined_at, left_at in told:
        there = next((at for at, waiting in seen if at >= joined_at and call in waiting), None)
        if there is not None:
            waits.append(there - joined_at)
            gone = next((at for at, waiting in seen if at >= left_at and call not in waiting), None)
            waits += [gone - left_at] if gone is not None else []
    assert len(waits) > 1.9 * len(told), f"{len(waits)} of {2 * len(told)} events reached the stream"
    return BenchRow(
        work="live board, from the exchange's wire to the stream",
        size=f"{EVENTS_PER_S} events a second, {AGENTS} seats, {round(WAITED_S * EVENTS_PER_S / 4)} waiting",
        ours_s=statistics.median(waits),
        peak_mb=NAN,
        peers={},
        note=f"95th percentile {_late_ms(waits):.0f} ms of {len(waits):,} events",
        goal="95 % in < 1 s",
    )


class _Exchange:
    """A socket that tells calls as Asterisk's manager does: each joins, is connected after a while, and ends."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]

    def tell(self) -> list[tuple[str, float, float]]:
        """Wait for the listener, and live through the time; each call, when it joined and when it was connected."""
        wire, _address = self._server.accept()
        with wire:
            wire.sendall(b"Asterisk Call Manager/7.0.3\r\n")
            self._hear(wire)
            wire.sendall(b"Response: Success\r\nActionID: login\r\nMessage: Authentication accepted\r\n\r\n")
            self._hear(wire)
            wire.sendall(_blocks(self._status()))
            sent: dict[str, list[float]] = {}
            begun, epoch_s = time.perf_counter(), time.time()
            for due_s, call, names in self._timeline():
                time.sleep(max(0.0, begun + due_s - time.perf_counter()))
                wire.sendall(_blocks([_event(name, call, epoch_s + due_s) for name in names]))
                sent.setdefault(f"call-bench-{call}", []).append(time.perf_counter())
            time.sleep(3)  # what was told last is still on its way
        return [(call, times[0], times[1]) for call, times in sent.items()]

    @staticmethod
    def _hear(wire: socket.socket) -> None:
        heard = b""
        while not heard.endswith(b"\r\n\r\n"):
            heard += wire.recv(4096)

    @staticmethod
    def _status() -> list[str]:
        members = [
            f"Event: QueueMember\nQueue: 95598\nName: A{n:03d}\nLocation: Local/{n}@agents\nPaused: 0\nStatus: 1"
            for n in range(AGENTS)
        ]
        begin = "Response: Success\nActionID: status\nEventList: start"
        return [begin, *members, "Event: QueueStatusComplete\nActionID: status\nEventList: Complete"]

    @staticmethod
    def _timeline() -> list[tuple[float, int, tuple[str, ...]]]:
        per_s = EVENTS_PER_S / 4  # four events a call
        told: list[tuple[float, int, tuple[str, ...]]] = []
        for call in range(int(LISTENED_S * per_s)):
            told.append((call / per_s, call, ("QueueCallerJoin",)))
            told.append((call / per_s + WAITED_S, call, ("QueueCallerLeave", "AgentConnect")))
            told.append((call / per_s + WAITED_S + TALKED_S, call, ("AgentComplete",)))
        return sorted(told)


def _event(name: str, call: int, at_s: float) -> str:
    agent = call % AGENTS
    told = f"Event: {name}\nTimestamp: {at_s:.6f}\nQueue: 95598\nUniqueid: bench-{call}\nCallerIDNum: 199{call:08d}"
    if name.startswith("Agent"):
        told += f"\nInterface: Local/{agent}@agents\nMemberName: A{agent:03d}\nHoldTime: 2\nTalkTime: 1\nReason: caller"
    return told


def _blocks(told: list[str]) -> bytes:
    return "".join(f"{one}\n\n" for one in told).replace("\n", "\r\n").encode()


def _listen(port: int, seen: list[tuple[float, frozenset[str]]], stop: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/hotline/live/stream/", headers={"Cookie": _cookie(), "Host": f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    while not stop.is_set():
        line = answer.readline()
        if line.startswith(b"data: "):
            waiting = re.findall(r'id="(call-bench-\d+)"', json.loads(line[6:])["html"])
            seen.append((time.perf_counter(), frozenset(waiting)))
    connection.close()


@contextmanager
def _listener(port: int) -> Iterator[None]:
    """`denghuo hotline listen`, as it runs in life."""
    program = Path(sys.executable).with_name("denghuo")
    words = ["hotline", "listen", "--exchange", "95598", "--port", str(port)]
    listener = subprocess.Popen([program, *words], env=os.environ | {"DENGHUO_PBX_SECRET": "bench"})
    try:
        yield
    finally:
        listener.terminate()
        listener.wait()


def _cookie() -> str:
    from django.conf import settings
    from django.test import Client

    client = Client()
    assert client.login(username="leader", password="bench-bench-bench")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@contextmanager
def _live_server() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--interface", "asginl", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    words += ["--workers-kill-timeout", "2"]
    server = subprocess.Popen([sys.executable, "-m", "granian", *words, "denghuo.main.asgi:application"])
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/health/")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the live server does not come up")
