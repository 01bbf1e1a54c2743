"""`denghuo ledger`: is the ledger whole, what is still owed, and one more try for what was given up."""

import argparse
import getpass

from django.utils import timezone

from denghuo.apps.ledger import actions, chain, queries
from denghuo.main.commands._output import UserError, add_json_argument, emit

NAME = "ledger"
HELP = "verify the ledger, show what is still owed, try a parked delivery again"
NEEDS_DJANGO = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(title="parts", metavar="PART", dest="part", required=True)
    verify = parts.add_parser("verify", help="walk the chain of digests; 1 if a byte has changed")
    verify.add_argument("--head", help="a digest noted earlier: it must still be there")
    status = parts.add_parser("status", help="count what is open, failing and parked; 1 if something is parked")
    retry = parts.add_parser("retry", help="have a parked delivery tried again")
    retry.add_argument("delivery", type=int, help="its number, as `status` shows it")
    for part in (verify, status, retry):
        add_json_argument(part)


def run(args: argparse.Namespace) -> int:
    """Do one part and return 0 if all is well, 1 if not."""
    return {"verify": _verify, "status": _status, "retry": _retry}[args.part](args)


def _verify(args: argparse.Namespace) -> int:
    report = chain.verify(head=args.head)
    emit({"facts": report.count, "head": report.head, "breaks": report.breaks}, as_json=args.as_json)
    return 1 if report.breaks else 0


def _status(args: argparse.Namespace) -> int:
    backlog, parked = queries.backlog(), queries.parked()
    emit({"backlog": backlog, "parked": parked}, as_json=args.as_json)
    return 1 if backlog.parked else 0


def _retry(args: argparse.Namespace) -> int:
    actor = f"{getpass.getuser()} (command line)"
    if not actions.retry(delivery_id=args.delivery, at=timezone.now(), actor=actor):
        raise UserError(f"delivery {args.delivery} is not parked; `denghuo ledger status` lists those that are")
    return _status(args)
