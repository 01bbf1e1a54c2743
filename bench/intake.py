"""Storm intake through HTTP: a report comes in, becomes an order, and is joined to its outage or to a suspected fault.

The whole product runs as `denghuo up` runs it (two web workers, the background worker), on SQLite and on PostgreSQL,
and so does whoever sends, on the same two cores. Requests are due at a fixed rate; a time is from when one was due
until its answer is there. On the way the server and its background worker are killed with SIGKILL, twice; who gets no
answer sends the same key again. At the end every report must be there once and be placed. `BENCH_INTAKE_S` says for how
long it goes on (300).
"""

import http.client
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from bench.common import BenchRow

SECONDS = float(os.environ.get("BENCH_INTAKE_S", "300"))
RATES = {"SQLite": 150.0, "PostgreSQL": 300.0}
PEER_RATE, PEER_S = 40.0, 15.0
SENDERS, PATIENCE_S, ANSWER_S, SOON_S = 24, 120.0, 20.0, 0.1
NAN = float("nan")


def rows() -> list[BenchRow]:
    """Both databases, one after the other."""
    peer = _helpdesk() if importlib.util.find_spec("helpdesk") else {}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        found += _measured("SQLite", f"sqlite:///{folder}/denghuo.sqlite3", Path(folder), peer)
    try:
        from tests.postgres import NoServerError, postgres_server
    except ImportError:
        return found
    with suppress(NoServerError), postgres_server() as url, tempfile.TemporaryDirectory() as folder:
        found += _measured("PostgreSQL", url, Path(folder), {})
    return found


def _measured(name: str, url: str, home: Path, peers: dict[str, float]) -> list[BenchRow]:
    port = _free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DENGHUO_", "DATABASE_"))}
    env |= {"DENGHUO_HOME": str(home), "DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(["src", "."])}
    told = json.loads(_python(env, "import bench.intake as b; b.prepare()"))
    with _running(env, port):
        sent = _send(port, told, rate=RATES[name], seconds=SECONDS)
        stood = json.loads(_python(env, "import bench.intake as b; b.placed()"))
    waits = np.sort(np.array(sent.waits))
    calm = np.sort(np.array(sent.calm))
    lost, twice = sent.count - stood["orders"], stood["orders"] - stood["keys"]
    note = (
        f"{sent.count:,} reports due at {RATES[name]:.0f}/s, answered at {sent.count / sent.took_s:.0f}/s; "
        f"p99 {1000 * _at(calm, 0.99):.0f} ms, from a kill until what "
        f"waited was worked off not counted (with that {1000 * _at(waits, 0.99):.0f} ms); killed {sent.kills} times; "
        f"{lost} lost, {twice} twice; all placed {stood['lag_s']:.1f} s after the last"
    )
    assert (lost, twice, stood["reports"]) == (0, 0, sent.count), note
    size = f"{SECONDS:.0f} s, {name}"
    goal = f"{RATES[name]:.0f}/s, p99 < 300 ms, none lost"
    return [
        BenchRow(
            work="storm intake: report, order, joined",
            size=size,
            ours_s=_at(calm, 0.5),
            peak_mb=NAN,
            peers=peers,
            note=note,
            goal=goal,
        )
    ]


def _at(ordered: np.ndarray, share: float) -> float:
    return float(ordered[min(int(share * len(ordered)), len(ordered) - 1)]) if len(ordered) else NAN


# ---- in the site's own environment --------------------------------------------------------------------------------


def prepare() -> None:
    """Put the demo station's network and somebody who may take orders into an empty database; say how to send."""
    _django()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.utils import timezone

    from denghuo.apps.ledger import deliveries
    from denghuo.apps.network import queries as network
    from denghuo.apps.network.actions import import_network, record_switching
    from denghuo.apps.organization.actions import assign_role, open_unit, register_user
    from denghuo.apps.organization.models import Role, UnitKind
    from denghuo.main.demo.load import demo_grid

    call_command("migrate", verbosity=0, interactive=False)
    by = {"at": timezone.now(), "actor": "bench"}
    unit = open_unit(code="bench", name="灯山供电所", kind=UnitKind.STATION, parent=None, **by)
    user = register_user(username="bench", display_name="bench", password=None, **by)
    assign_role(user=user, unit=unit, role=Role.DISPATCHER, **by)
    row = import_network(unit_id=unit.pk, name="灯山", grid=demo_grid(), source_name="", digest="bench", **by)
    deliveries.drain()
    devices = _devices(row.pk)
    record_switching(
        network_id=row.pk,
        device_code=devices[0],
        closes=False,
        operated_at=timezone.now(),
        event_number="B-1",
        note="",
        **by,
    )
    deliveries.drain()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    loads = [network.loads_behind(row.pk, device_codes=[code]) for code in devices]
    lit = network.network_snapshot(row.pk).grid.loads.id.tolist()
    print(json.dumps({"unit": unit.code, "session": session.session_key, "loads": loads, "lit": lit}))


def _devices(network_id: int) -> list[str]:
    """One that trips and says so, and four that only customers can tell of."""
    from denghuo.main.demo.storm import plan_storm

    plan = plan_storm(network_id, 0)
    return [plan.trip, *plan.fuses]


def placed() -> None:
    """Wait until every order's report is placed; say how many of what there are."""
    _django()
    from denghuo.apps.orders.models import Order
    from denghuo.apps.outages.models import Report

    started = time.monotonic()
    orders = Order.objects.filter(client_key__startswith="bench-")
    while Report.objects.count() < orders.count() and time.monotonic() - started < PATIENCE_S:
        time.sleep(0.1)
    keys = orders.values("client_key").distinct().count()
    told = {"orders": orders.count(), "keys": keys, "reports": Report.objects.count()}
    print(json.dumps(told | {"lag_s": time.monotonic() - started}))


def _django() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "denghuo.main.settings"
    django.setup()


def _python(env: Mapping[str, str], code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return done.stdout.splitlines()[-1]


# ---- the peer: django-helpdesk, a ticket a request, on SQLite with the settings that this product uses ---------------


def _helpdesk() -> dict[str, float]:
    """Median seconds until a ticket is there, at a rate that it keeps up with."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."]), "BENCH_HELPDESK": folder}
        session = _python(env, "import bench.intake as b; b.prepare_helpdesk()")
        options = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--log-level", "warning"]
        command = [sys.executable, "-m", "granian", *options, "--port", str(port), "bench.intake:helpdesk"]
        server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not _answers(port, "/api/tickets/"):
                time.sleep(0.1)
            body = {"queue": 1, "title": "No supply", "description": "No supply", "submitter_email": "a@example.org"}
            bodies = [json.dumps(body | {"priority": 1}).encode()] * int(PEER_RATE * PEER_S)
            waits = _post_all(port, "/api/tickets/", bodies, session, rate=PEER_RATE)
        finally:
            server.kill()
            server.wait()
    return {f"django-helpdesk at {PEER_RATE:.0f}/s, no fact, nothing joined": _at(np.sort(np.array(waits)), 0.5)}


def _post_all(port: int, path: str, bodies: list[bytes], session: str, *, rate: float) -> list[float]:
    """Send bodies at a rate; seconds from when each was due."""
    place, lock, waits = iter(range(len(bodies))), threading.Lock(), []
    started = time.perf_counter() + 0.5

    def work() -> None:
        connection = None
        while (index := _next(place, lock)) is not None:
            due = started + index / rate
            time.sleep(max(due - time.perf_counter(), 0))
            connection = _insist(connection, port, bodies[index], session, path)
            waits.append(time.perf_counter() - due)

    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def _next(place: Iterator[int], lock: threading.Lock) -> int | None:
    with lock:
        return next(place, None)


def prepare_helpdesk() -> None:
    """A queue and somebody who may open tickets."""
    _helpdesk_django()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from helpdesk.models import Queue

    call_command("migrate", verbosity=0, interactive=False)
    Queue.objects.create(title="Faults", slug="faults")
    user = get_user_model().objects.create_superuser("bench", "bench@example.org", None)
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.create()
    print(session.session_key)


def _helpdesk_django() -> None:
    import django
    from django.conf import settings

    from denghuo.main import environment

    settings.configure(
        SECRET_KEY="b" * 50,
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": environment.database(
                f"sqlite:///{os.environ['BENCH_HELPDESK']}/helpdesk.sqlite3", pool=0, busy_s=30
            )
        },
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "sites", "messages", "admin")),
            *("django.contrib.staticfiles", "django.contrib.humanize", "rest_framework", "helpdesk"),
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]},
        HELPDESK_ACTIVATE_API_ENDPOINT=True,
        HELPDESK_TEAMS_MODE_ENABLED=False,
        ROOT_URLCONF=_HelpdeskPages(),
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        SITE_ID=1,
        USE_TZ=True,
        STATIC_URL="/static/",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()


class _HelpdeskPages:
    """Its pages under its own name, which it asks for."""

    @cached_property
    def urlpatterns(self) -> list[Any]:
        from django.urls import include, path

        return [path("", include("helpdesk.urls"))]


_application: list[Any] = []


def helpdesk(environ: dict[str, Any], start_response: Any) -> Any:
    """The peer's site."""
    if not _application:
        _helpdesk_django()
        from django.core.wsgi import get_wsgi_application

        _application.append(get_wsgi_application())
    return _application[0](environ, start_response)


# ---- whoever sends ---------------------------------------------------------------------------------------------------


@dataclass
class _Sent:
    count: int = 0
    kills: int = 0
    took_s: float = NAN
    waits: list[float] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)
    upset: list[float] = field(default_factory=list)  # when something was killed, and when it answered again


def _send(port: int, told: Mapping[str, object], *, rate: float, seconds: float) -> _Sent:
    count = int(rate * seconds)
    bodies = _bodies(told, count)
    sent, lock, place = _Sent(count=count), threading.Lock(), iter(range(count))
    started = time.perf_counter() + 1.0
    answered: list[tuple[float, float]] = []

    def work() -> None:
        connection = None
        while True:
            with lock:
                index = next(place, None)
            if index is None:
                return
            due = started + index / rate
            if (left := due - time.perf_counter()) > 0:
                time.sleep(left)
            connection = _insist(connection, port, bodies[index], str(told["session"]))
            with lock:
                answered.append((due, time.perf_counter()))

    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for share in (1 / 3, 2 / 3):
        time.sleep(max(started + share * seconds - time.perf_counter(), 0))
        sent.upset.append(time.perf_counter())
        sent.kills += _kill(port)
        while not _answers(port):
            time.sleep(0.02)
        sent.upset.append(time.perf_counter())
    for thread in threads:
        thread.join()
    sent.took_s = time.perf_counter() - started
    spans = [(begin, _caught_up(answered, back)) for begin, back in zip(sent.upset[::2], sent.upset[1::2], strict=True)]
    for due, done in answered:
        sent.waits.append(done - due)
        if not any(begin <= done and due <= end for begin, end in spans):
            sent.calm.append(done - due)
    return sent


def _caught_up(answered: list[tuple[float, float]], back: float) -> float:
    """When what had waited for the restart was worked off: a request is answered as soon as it is due again."""
    return min((done for due, done in sorted(answered) if due > back and done - due < SOON_S), default=float("inf"))


def _bodies(told: Mapping[str, object], count: int) -> list[bytes]:
    """Reports: most from behind what is broken, a few from anywhere."""
    rng = np.random.default_rng(9500)
    loads, lit, run = told["loads"], told["lit"], uuid.uuid4().hex[:6]
    assert isinstance(loads, list) and isinstance(lit, list)
    dark = [code for behind in loads for code in behind]
    picks, strays = rng.integers(len(dark), size=count), rng.integers(len(lit), size=count)
    stray = rng.random(count) < 0.03
    made = []
    for index in range(count):
        body = {
            "kind": "fault",
            "topic": "no_supply",
            "unit": told["unit"],
            "load_code": lit[strays[index]] if stray[index] else dark[picks[index]],
            "caller": f"199{index % 10**8:08d}",
            "channel": "web",
            "text": "停电了",
            "client_key": f"bench-{run}-{index}",
        }
        made.append(json.dumps(body).encode())
    return made


def _insist(
    connection: http.client.HTTPConnection | None, port: int, body: bytes, session: str, path: str = "/api/orders"
) -> http.client.HTTPConnection:
    """Send until there is an answer."""
    token = "b" * 32
    headers = {
        "Content-Type": "application/json",
        "Cookie": f"sessionid={session}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status in (200, 201):
                return connection
            if answer.status < 500:
                raise RuntimeError(f"{answer.status} {said[:300]!r}")
        except (OSError, http.client.HTTPException):
            pass
        if connection is not None:
            connection.close()
        connection = None
        time.sleep(0.05)
    raise RuntimeError(f"{path} gave no answer in {PATIENCE_S:.0f} s")


def _kill(port: int) -> int:
    """Kill the web server with all its workers, and the background worker; returns 1."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().decode().split("\0")
            home = (process / "environ").read_bytes()
            web = "granian" in " ".join(words) and str(port) in words
            worker = words[-2:] == ["worker", ""] and f"DENGHUO_PAGES_PORT={port}".encode() in home
            if web or worker:
                os.kill(int(process.name), signal.SIGKILL)
    return 1


@contextmanager
def _running(env: Mapping[str, str], port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "denghuo", "up", "--port", str(port), "--no-browser"]
    log = Path(env["DENGHUO_HOME"]) / "up.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(command, env=dict(env), stdout=stream, stderr=stream)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()[-3000:])
            time.sleep(0.1)
        time.sleep(12)  # the worker and what is compiled ahead leave the start to the pages
        yield
    finally:
        server.terminate()
        server.wait()


def _answers(port: int, path: str = "/health/") -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
