"""`denghuo up`: serve the product and do its background work, until Ctrl-C."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import override

from denghuo.apps.organization.models import Unit
from denghuo.main.commands._output import UserError
from denghuo.main.demo_people import PASSWORD, PEOPLE
from denghuo.main.lines import LinesError, lines_in
from denghuo.main.supervisor import Supervisor

NAME = "up"
HELP = "start the product: the web server and the background worker"
NEEDS_DJANGO = True

FIRST_PORT = 8000
PORTS_TRIED = 20
ANNOUNCE_WITHIN_S = 120.0
# The first page comes first; what is owed meanwhile is done right after each commit.
AFTER_S = {"live pages": 3.0, "worker": 6.0, "message sender": 7.0, "demo line": 8.0, "demo gateway": 9.0}

LISTENS_AFTER_S = 5.0
# Of a web process that keeps no connections; one that does answers as many requests at once. Words that wait for each
# other are written in one transaction (`orders/intake.py`): the more may wait, the less each costs.
AT_ONCE = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 serves the network too")
    parser.add_argument("--port", type=int, help=f"port to listen on (default: the first free one from {FIRST_PORT})")
    parser.add_argument("--workers", type=int, default=2, help="web server processes (default 2)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")


def run(args: argparse.Namespace) -> int:
    started = time.monotonic()
    with override(settings.LANGUAGE_CODE):
        port = _port(args.host, args.port)
        live_port = _port_after(args.host, port)
        held = [_held(args.host, one) for one in (port, live_port) if one]
        os.environ |= {"DENGHUO_PAGES_PORT": str(port), "DENGHUO_LIVE_PORT": str(live_port)}
        _migrate()
        _load_demo()
        programs = {"web server": _web_server(args.host, port, args.workers), "worker": _denghuo("worker")}
        programs["message sender"] = [*_denghuo("messages"), "send"]
        if live_port:
            programs["live pages"] = _live_server(args.host, live_port)
        if settings.DEMO:
            programs["demo line"] = [*_denghuo("demo"), "--line"]
            programs["demo gateway"] = [*_denghuo("messages"), "trial"]
        listening = _lines()
        delays = AFTER_S | dict.fromkeys(listening, LISTENS_AFTER_S)
        supervisor = Supervisor(programs | listening, after_s=delays, patient=listening)
        for wanted in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wanted, lambda *_: supervisor.stop())
        address = f"http://{'localhost' if args.host in {'127.0.0.1', '0.0.0.0'} else args.host}:{port}/"
        announcing = threading.Thread(
            target=_announce, args=(address, started), kwargs={"browser": not args.no_browser}, daemon=True
        )
        announcing.start()
        try:
            return supervisor.run()
        finally:
            for one in held:
                one.close()


def _lines() -> dict[str, list[str]]:
    """The programs that listen to exchanges, by name."""
    try:
        return {line.name: line.command for line in lines_in(settings.HOME)}
    except LinesError as error:
        raise UserError(str(error)) from None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _port(host: str, wanted: int | None) -> int:
    if wanted is not None:
        if not _is_free(host, wanted):
            raise UserError(_("port %(port)d is in use by another program; choose one with --port") % {"port": wanted})
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if _is_free(host, port):
            if port != FIRST_PORT:
                _say(
                    _("Port %(busy)d is in use by another program: using %(port)d.")
                    % {"busy": FIRST_PORT, "port": port}
                )
            return port
    raise UserError(_("ports %(busy)d and up are all in use; choose one with --port") % {"busy": FIRST_PORT})


def _port_after(host: str, port: int) -> int:
    """The next free port, for live pages; 0 where there is none: they then ask again and again."""
    return next((other for other in range(port + 1, port + 1 + PORTS_TRIED) if _is_free(host, other)), 0)


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        # As the server will bind: an address that only lingers from a server just stopped counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _held(host: str, port: int) -> socket.socket:
    """A socket that keeps a port for the server that is to come. The servers share their ports with whoever asks the
    system to (their own workers do): without it, a second product that starts meanwhile would answer half of ours."""
    kept = socket.socket()
    if hasattr(socket, "SO_REUSEPORT"):
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with suppress(OSError):
            kept.bind((host, port))
    return kept


def _migrate() -> None:
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    except OperationalError as error:
        raise UserError(_("the database does not answer: %(error)s") % {"error": error}) from None
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        _say(_("Preparing the database …"))
        call_command("migrate", verbosity=0, interactive=False)


def _load_demo() -> None:
    """The demo station, on the first start of a demo; in a process of its own, so that its memory goes with it."""
    if not settings.DEMO or Unit.objects.exists():
        return
    _say(_("Loading the demo station (only this once) …"))
    connections.close_all()
    if subprocess.run([*_denghuo("demo"), "--without-calls"], check=False).returncode:
        raise UserError(_("the demo station could not be loaded; the lines above say why"))
    _say(_("Two years of calls to the hotline follow in the background; it takes a few minutes."))


def _denghuo(command: str) -> list[str]:
    return [sys.executable, "-m", "denghuo", command]


def _web_server(host: str, port: int, workers: int) -> list[str]:
    threads = settings.DATABASE_POOL or AT_ONCE
    options = ["--interface", "wsgi", "--workers", str(workers), "--blocking-threads", str(threads)]
    # It warns of more threads than processors: ours wait for the database, and nobody who starts us need read that.
    options += ["--host", host, "--port", str(port), "--respawn-failed-workers", "--log-level", "error"]
    # A worker process that is told to end while it starts does not hear it.
    options += ["--workers-kill-timeout", "5"]
    return [sys.executable, "-m", "granian", *options, "denghuo.main.wsgi:application"]


def _live_server(host: str, port: int) -> list[str]:
    options = ["--interface", "asginl", "--workers", "1", "--host", host, "--port", str(port), "--log-level", "warning"]
    return [sys.executable, "-m", "granian", *options, "--workers-kill-timeout", "5", "denghuo.main.asgi:application"]


def _announce(address: str, started: float, *, browser: bool) -> None:
    if not _wait_until(lambda: _answers(f"{address}health/"), within_s=ANNOUNCE_WITHIN_S):
        return
    seconds = time.monotonic() - started
    with override(settings.LANGUAGE_CODE):
        _say(
            _("Denghuo is ready at %(address)s (%(seconds).1f s). Ctrl-C ends it.")
            % {"address": address, "seconds": seconds}
        )
        if settings.DEMO:
            names = ", ".join(person.username for person in PEOPLE)
            _say(_("Sign in as one of: %(names)s; password: %(password)s") % {"names": names, "password": PASSWORD})
    if browser and _has_screen():
        webbrowser.open(address)


def _wait_until(is_so: Callable[[], bool], *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def _answers(address: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _has_screen() -> bool:
    if not sys.stdout.isatty():
        return False
    return sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
