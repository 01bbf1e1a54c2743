"""`denghuo hotline`: open exchanges, read their logs, listen to them live."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils import timezone

from denghuo.adapters.telephony import (
    CallTemplate,
    LiveBatch,
    TelephonyError,
    TemplateError,
    listen,
    listen_freeswitch,
    read_template,
    template_of,
)
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions import open_exchange
from denghuo.apps.hotline.models import Exchange
from denghuo.apps.ledger import deliveries
from denghuo.apps.organization.models import Unit
from denghuo.main.call_logs.sentences import in_english
from denghuo.main.call_logs.template_words import flaws_in_english
from denghuo.main.call_logs.working import work
from denghuo.main.commands._output import UserError, add_examples, add_json_argument, emit
from denghuo.main.listening import follow
from denghuo.main.processes import bound_this_process
from denghuo.main.telephone_logs import (
    LogFormat,
    digest_of,
    read_logs,
    refuse_known_elsewhere,
    take_in,
    years_before_told,
)

NAME = "hotline"
HELP = "open telephone exchanges, read their call logs, listen to them live"
NEEDS_DJANGO = True

ACTOR = "command line"
SECRET = "DENGHUO_PBX_SECRET"
_SHOWN_PROBLEMS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    exchange = deeds.add_parser("exchange", help="make a telephone exchange known")
    exchange.add_argument("code", help="its code, in Latin letters, digits and hyphens")
    exchange.add_argument("name", help="its name, as people say it")
    exchange.add_argument("--unit", metavar="CODE", required=True, help="the unit whose calls it takes")
    reading = deeds.add_parser("import", help="read a log, a trace or a table of calls; again adds only what is new")
    reading.add_argument("files", nargs="+", type=Path, metavar="FILE", help="in the order in which they were written")
    reading.add_argument("--exchange", metavar="CODE", required=True)
    reading.add_argument(
        "--template",
        metavar="FILE|NAME",
        help="which column of a table is what: a TOML or JSON file, or the name of a template kept for the exchange",
    )
    reading.add_argument("--anyway", action="store_true", help="also if another exchange of the unit told these calls")
    reading.add_argument("--format", choices=[one.value for one in LogFormat], help="where it is not recognized")
    add_json_argument(reading)
    add_examples(
        reading,
        "denghuo hotline import /var/log/asterisk/queue_log --exchange 95598",
        "denghuo hotline import calls.csv --exchange 95598 --template pbx.toml",
    )
    live = deeds.add_parser("listen", help="follow an exchange live until told to stop")
    live.add_argument("--exchange", metavar="CODE", required=True)
    live.add_argument("--kind", choices=["asterisk", "freeswitch"], default="asterisk")
    live.add_argument("--host", default="127.0.0.1")
    live.add_argument("--port", type=int, help="5038 for Asterisk's manager, 8021 for FreeSWITCH's event socket")
    live.add_argument("--username", default="", help="the manager account (Asterisk)")
    live.add_argument("--secret-file", type=Path, help=f"its secret on one line; else the environment's {SECRET}")
    live.add_argument("--queue-log", type=Path, help="the exchange's own log: what was missed is taken from it")
    upload = deeds.add_parser("read-upload")  # how the page of call logs calls it
    upload.add_argument("folder", type=Path)
    listing = deeds.add_parser("list", help="which exchanges there are, and what was read last")
    add_json_argument(listing)


def run(args: argparse.Namespace) -> int:
    deeds = {"exchange": _open, "import": _import, "listen": _listen, "list": _list, "read-upload": _read_upload}
    return deeds[args.deed](args)


def _open(args: argparse.Namespace) -> int:
    try:
        validate_slug(args.code)
    except ValidationError:
        raise UserError(f"{args.code!r} is no code; take Latin letters, digits and hyphens") from None
    if queries.exchange_of_code(args.code):
        raise UserError(f"there is an exchange with the code {args.code} already")
    unit = Unit.objects.filter(code=args.unit).first()
    if unit is None:
        known = ", ".join(Unit.objects.values_list("code", flat=True)) or "none yet"
        raise UserError(f"there is no unit with the code {args.unit}; known: {known}")
    open_exchange(unit_id=unit.pk, code=args.code, name=args.name, at=timezone.now(), actor=ACTOR)
    sys.stderr.write(f"opened {args.code} ({args.name}) of {unit.name}\n")
    return 0


def _exchange(code: str) -> Exchange:
    found = queries.exchange_of_code(code)
    if found is None:
        known = ", ".join(one.code for one in queries.all_exchanges()) or "none yet"
        raise UserError(
            f"there is no exchange with the code {code}; known: {known}. Open it with "
            f"`denghuo hotline exchange {code} NAME --unit CODE`"
        )
    return found


def _told(error: TelephonyError) -> str:
    return "\n".join(map(in_english, error.problems))


def _import(args: argparse.Namespace) -> int:
    exchange = _exchange(args.exchange)
    template = _template(args.template, exchange) if args.template else None
    try:
        kind = LogFormat(args.format) if args.format else None
        log = read_logs(args.files, now=timezone.now(), kind=kind, template=template)
        if not args.anyway:
            refuse_known_elsewhere(log, exchange_id=exchange.pk)
        log = years_before_told(log, exchange_id=exchange.pk)
    except TelephonyError as error:
        raise UserError(_told(error)) from None
    fact = take_in(
        log,
        exchange_id=exchange.pk,
        name=", ".join(path.name for path in args.files),
        digest=digest_of(args.files),
        at=timezone.now(),
        actor=ACTOR,
    )
    deliveries.drain()
    problems = [in_english(problem) for problem in log.problems]
    told: dict[str, Any] = {
        "exchange": exchange.code,
        "lines": log.lines,
        "calls": fact.call_count,
        "new": fact.new_count,
        "completed": fact.completed_count,
        "first call": _clock(fact.first_at, args),
        "last call": _clock(fact.last_at, args),
        "never told by this source": [code.value for code in log.unknowable],
        "problem count": fact.problem_count,
        "problems": problems if args.as_json else problems[:_SHOWN_PROBLEMS],
    }
    emit(told, as_json=args.as_json)
    return 0


def _clock(at: datetime | None, args: argparse.Namespace) -> datetime | str | None:
    """An instant on the clock of the place, for people; programs get it as it is kept."""
    return at if at is None or args.as_json else f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def _template(told: str, exchange: Exchange) -> CallTemplate:
    """A template by its file, or by the name under which it is kept for an exchange."""
    try:
        if Path(told).is_file():
            return read_template(told)
        if kept := queries.table_template_named(exchange, told):
            return template_of(kept.told)
    except TemplateError as error:
        raise UserError(f"the template {told} cannot be used:\n" + "\n".join(flaws_in_english(error))) from None
    kept_here = [one for one in queries.table_templates_within([str(exchange.unit.path)]) if one.exchange == exchange]
    names = ", ".join(one.name for one in kept_here) or "none yet"
    raise UserError(f"there is no file {told}, and no template of this name; kept for the exchange: {names}")


def _read_upload(args: argparse.Namespace) -> int:
    bound_this_process()
    return work(args.folder)


def _secret(args: argparse.Namespace) -> str:
    """Never an argument, which others on the machine can see."""
    secret = args.secret_file.read_text(encoding="utf-8").strip() if args.secret_file else os.environ.get(SECRET, "")
    if not secret:
        raise UserError(f"no secret: put it into the environment's {SECRET}, or into a file named with --secret-file")
    return str(secret)


def _listen(args: argparse.Namespace) -> int:
    exchange = _exchange(args.exchange)
    secret = _secret(args)
    name = f"{args.kind} {args.host}"
    if args.kind == "freeswitch":
        batches = listen_freeswitch(args.host, args.port or 8021, password=secret)
    else:
        batches = listen(
            args.host,
            args.port or 5038,
            username=args.username or "denghuo",
            secret=secret,
            queue_log=args.queue_log,
            seen_until=queries.last_call_at(exchange.pk),
        )
    sys.stderr.write(f"listening to {name} for {exchange.name}; Ctrl-C ends it\n")
    try:
        asyncio.run(_until_told(batches, exchange.pk, name))
    except TelephonyError as error:
        raise UserError(_told(error)) from None
    return 0


async def _until_told(batches: AsyncIterator[LiveBatch], exchange_id: int, name: str) -> None:
    loop = asyncio.get_running_loop()
    following = asyncio.ensure_future(_follow(batches, exchange_id, name))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, following.cancel)
    try:
        await following
    except asyncio.CancelledError:
        return


async def _follow(batches: AsyncIterator[LiveBatch], exchange_id: int, name: str) -> None:
    async with aclosing(batches) as open_batches:  # type: ignore[type-var]
        await follow(open_batches, exchange_id=exchange_id, source_name=name)


def _list(args: argparse.Namespace) -> int:
    exchanges = queries.all_exchanges()
    readings = queries.readings_of([one.pk for one in exchanges], limit=10)
    emit(
        {
            "exchanges": [{"code": one.code, "name": one.name, "unit": one.unit.code} for one in exchanges],
            "last read": [
                {
                    "at": _clock(one.read_at, args),
                    "exchange": one.exchange.code,
                    "source": one.source_name,
                    "calls": one.call_count,
                    "new": one.new_count,
                    "problems": one.problem_count,
                }
                for one in readings
            ],
        },
        as_json=args.as_json,
    )
    return 0
