"""`denghuo messages`: send what is due, or run a gateway that sends nothing, to see what would be sent."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from denghuo.apps.notices import sender
from denghuo.main.commands._output import UserError
from denghuo.main.demo.gateway import FakeGateway, as_people_do
from denghuo.main.demo.load_gateways import reports_to, set_up_gateways

NAME = "messages"
HELP = "send messages to customers and staff through the gateways; start as many senders as you like"
NEEDS_DJANGO = True

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts of the command."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    send = parts.add_parser("send", help="send what is due until told to stop")
    send.add_argument(
        "--threads",
        type=int,
        default=sender.THREADS,
        metavar="COUNT",
        help="messages under way at once, on each channel (default: %(default)s)",
    )
    send.add_argument(
        "--poll-s",
        type=float,
        default=sender.POLL_S,
        metavar="SECONDS",
        help="how often to look whether something is due (default: %(default)s)",
    )
    send.add_argument(
        "--lease-s",
        type=float,
        default=sender.LEASE.total_seconds(),
        metavar="SECONDS",
        help="after how long the messages of a sender that died are taken over (default: %(default)s)",
    )
    trial = parts.add_parser("trial", help="run a gateway that sends nothing and shows what it was handed")
    trial.add_argument("--port", type=int, default=0, help="port to listen on, on this machine (default: a free one)")


def run(args: argparse.Namespace) -> int:
    """Work until SIGTERM or SIGINT; what is under way is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parts: dict[str, Callable[[argparse.Namespace, threading.Event], int]] = {"send": _send, "trial": _trial}
    return parts[args.part](args, stop)


def _send(args: argparse.Namespace, stop: threading.Event) -> int:
    if args.threads < 1 or args.poll_s <= 0 or args.lease_s <= 0:
        raise UserError(_("threads, poll and lease are more than nothing"))
    _log.info("sender started")
    sender.run_sender(
        stop=stop, threads=args.threads, poll_s=args.poll_s, lease=timedelta(seconds=args.lease_s), clock=timezone.now
    )
    _log.info("sender stopped")
    return 0


def _trial(args: argparse.Namespace, stop: threading.Event) -> int:
    try:
        gateway = FakeGateway(port=args.port, deed=as_people_do, reports_to=reports_to(_pages()), keep_all=False)
    except OSError as error:
        raise UserError(_("port %(port)d is in use by another program") % {"port": args.port}) from error
    with gateway:
        if settings.DEMO:
            set_up_gateways(gateway, at=timezone.now())
            gateway.reporter.to = reports_to(_pages())
        with override(settings.LANGUAGE_CODE):
            sys.stdout.write(_("What is sent can be seen at %(address)s") % {"address": gateway.url("")} + "\n")
            sys.stdout.flush()
        stop.wait()
    return 0


def _pages() -> str:
    """Where the pages of this installation are, as `up` says it to the programs that it starts."""
    return f"http://127.0.0.1:{os.environ.get('DENGHUO_PAGES_PORT') or settings.PAGES_PORT or 8000}"
