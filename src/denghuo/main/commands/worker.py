"""`denghuo worker`: run what recorded facts are still owed, until told to stop."""

import argparse
import gc
import importlib
import logging
import signal
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.urls import get_resolver
from django.utils import timezone

from denghuo.apps.ledger import deliveries, worker
from denghuo.apps.organization.ports import Port

NAME = "worker"
HELP = "run in the background what follows from recorded facts; start as many as you like"
NEEDS_DJANGO = True

LONGEST_S = 900.0

_READ_IN_AHEAD: Port[Callable[..., None]] = Port("worker.read_in_ahead")

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "--poll-s",
        type=float,
        default=worker.POLL_S,
        metavar="SECONDS",
        help="how often to look for work that nobody announced (default: %(default)s)",
    )
    parser.add_argument(
        "--lease-s",
        type=float,
        default=deliveries.LEASE.total_seconds(),
        metavar="SECONDS",
        help="after how long the work of a worker that died is taken over (default: %(default)s)",
    )
    parser.add_argument(
        "--longest-s",
        type=float,
        default=LONGEST_S,
        metavar="SECONDS",
        help="how long one reaction may take before the worker gives itself up (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Work until SIGTERM or SIGINT; what is under way is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _make_ready()
    gc.freeze()  # what is there by now stays for good, and need not be looked through for garbage
    _log.info("worker started")
    lease = timedelta(seconds=args.lease_s)
    worker.run_worker(stop=stop, poll_s=args.poll_s, lease=lease, longest_s=args.longest_s)
    _log.info("worker stopped")
    return 0


def _make_ready() -> None:
    """Bring in what the first reactions need: later that would take a second in which they hold the database."""
    get_resolver().url_patterns  # noqa: B018 - notices lead to pages: the first would read in all of them
    importlib.import_module("scipy.stats")  # the first wave of calls is forecast with it
    try:
        for make_ready in _READ_IN_AHEAD:
            make_ready(at=timezone.now())
    except (OperationalError, InterfaceError):
        _log.exception("the database is away: nothing could be read in ahead")
