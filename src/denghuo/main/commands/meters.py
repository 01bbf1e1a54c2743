"""`denghuo meters`: take words of meters in from a file, as a head-end hands them out."""

import argparse
import getpass
import sys
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from denghuo.adapters.tables import TableError
from denghuo.adapters.tables.meters import MeterRows, read_meter_words, write_meter_words_template
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.models import Network
from denghuo.apps.network.queries import network_snapshot
from denghuo.apps.outages.actions import hear_meters
from denghuo.main.commands._output import UserError, add_json_argument, emit
from denghuo.main.imports.words import sentences

NAME = "meters"
HELP = "take words of meters in from a file: supply is gone, or there; faults are sought anew"
NEEDS_DJANGO = True

_SHOWN = 20
_AT_ONCE = 10_000
_LANGUAGES = {"zh": "zh-hans", "en": "en"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("file", type=Path, nargs="?", help="a workbook or a CSV file, a row for each word")
    parser.add_argument("--unit", metavar="CODE", help="whose network it is (default: the only one)")
    parser.add_argument("--template", type=Path, metavar="FILE.xlsx", help="write an empty workbook, and stop")
    parser.add_argument(
        "--language", choices=list(_LANGUAGES), help="of the template and sentences (default: the site's)"
    )
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 all taken in; 1 some rows were left out, and why is said; 2 it could not be tried."""
    short = args.language or ("zh" if settings.LANGUAGE_CODE.startswith("zh") else "en")
    with override(_LANGUAGES[short]):
        if args.template:
            write_meter_words_template(args.template, language=short)
            sys.stdout.write(_("An empty workbook to fill in: %(file)s") % {"file": args.template} + "\n")
            return 0
        if args.file is None:
            raise UserError(_("name a file to import, or --template to write an empty one"))
        if not args.file.exists():
            raise UserError(_("there is no file %(file)s; check its name") % {"file": args.file})
        network = _network(args.unit)
        try:
            read = read_meter_words(args.file, timezone=settings.TIME_ZONE, now=timezone.now())
        except TableError as error:
            raise UserError("\n".join(error.sentences(language=short))) from error
        for one in sentences(read.problems[:_SHOWN], rest=read.rest + len(read.problems[_SHOWN:])):
            sys.stderr.write(one.told(_LANGUAGES[short]) + "\n")
        told = _hear(network, read)
        emit({"meters": told}, as_json=args.as_json)
        return 1 if read.left_out or told["unknown_count"] else 0


def _hear(network: Network, read: MeterRows) -> dict[str, int]:
    """Take the words in, so many at once as the API does; what was newer than known counts as heard."""
    known = network_snapshot(network.pk).grid.load_position
    news = [row for row in read.rows if row.load_code in known]
    heard = 0
    for start in range(0, len(news), _AT_ONCE):
        part = news[start : start + _AT_ONCE]
        actor = f"{getpass.getuser()} (command line)"
        heard += hear_meters(network_id=network.pk, news=part, at=timezone.now(), actor=actor)
    deliveries.drain()
    counts = {"row_count": len(read.rows) + read.left_out, "heard_count": heard, "refused_count": read.left_out}
    return {**counts, "unknown_count": len(read.rows) - len(news)}


def _network(code: str | None) -> Network:
    """Whose meters they are.

    Raises:
        UserError: there is no such network, or several and nobody said which.
    """
    rows = list(Network.objects.filter(revision__gt=0).select_related("unit"))
    found = [row for row in rows if code in (None, row.unit.code)]
    if len(found) != 1:
        codes = ", ".join(f"{row.unit.code} ({row.unit.name})" for row in rows)
        raise UserError(_("say whose meters they are with --unit; there are %(codes)s") % {"codes": codes or "–"})
    return found[0]
