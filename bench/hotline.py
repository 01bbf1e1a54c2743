"""The hotline on SQLite: a million calls recorded, the month page over them, and the live board followed by a browser's
stream while 200 events a second come in. The board is served by the process that serves it in life, on this machine."""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from bench.common import BenchRow

CALLS = 1_000_000
DAYS = 730
BATCH = 50_000
EVENTS_PER_S, LISTENED_S, AGENTS = 200, 20.0, 30
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
    yield _following(exchange_id)


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


def _following(exchange_id: int) -> BenchRow:
    """Each event names itself on the board; a stream that stays open says when it came out at the other end."""
    with _live_server() as port:
        seen: dict[int, float] = {}
        stop = threading.Event()
        reader = threading.Thread(target=_listen, args=(port, seen, stop), daemon=True)
        reader.start()
        sent = _ring(exchange_id)
        stop.set()
        reader.join()
    # An event is there once a board at least as new is: in between, the newest is what anybody wants to see.
    arrivals = sorted(seen.items())
    waits = []
    for number, at in sent.items():
        later = [when for event, when in arrivals if event >= number]
        if later:
            waits.append(min(later) - at)
    assert len(waits) > 0.9 * len(sent), f"{len(waits)} of {len(sent)} events reached the stream"
    return BenchRow(
        work="live board, from event to stream",
        size=f"{EVENTS_PER_S} events a second, {AGENTS} seats",
        ours_s=statistics.median(waits),
        peak_mb=NAN,
        peers={},
        note=f"95th percentile {_late_ms(waits):.0f} ms; {len(sent) / LISTENED_S:.0f} taken a second",
        goal="95 % in < 1 s",
    )


def _ring(exchange_id: int) -> dict[int, float]:
    """Tell the board of an event after the other, at their pace; when each was told."""
    from denghuo.apps.hotline.actions import update_board

    sent: dict[int, float] = {}
    started = time.perf_counter()
    number = 0
    while (elapsed := time.perf_counter() - started) < LISTENED_S:
        if number > elapsed * EVENTS_PER_S:
            time.sleep(1 / EVENTS_PER_S / 4)
            continue
        number += 1
        now = datetime.now(UTC)
        waiting = [
            {"call_id": f"event-{number}", "queue": "95598", "caller": "1", "since": now.isoformat(), "position": 1}
        ]
        agents = [
            {"agent": f"A{n:03d}", "state": "talking", "since": now.isoformat(), "reason": "", "call_id": str(n)}
            for n in range(AGENTS)
        ]
        sent[number] = time.perf_counter()
        state = {"waiting": waiting, "agents": agents}
        update_board(exchange_id=exchange_id, state=state, connected=True, at=now, actor="bench")
    time.sleep(1)  # what was told last is still on its way
    return sent


def _listen(port: int, seen: dict[int, float], stop: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/hotline/live/stream/", headers={"Cookie": _cookie(), "Host": f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    while not stop.is_set():
        line = answer.readline()
        if line.startswith(b"data: "):
            html = json.loads(line[6:])["html"]
            for number in re.findall(r'id="call-event-(\d+)"', html):
                seen.setdefault(int(number), time.perf_counter())
    connection.close()


def _cookie() -> str:
    from django.conf import settings
    from django.test import Client

    client = Client()
    assert client.login(username="leader", password="bench-bench-bench")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@contextmanager
def _live_server() -> Iterator[int]:
    import socket

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
