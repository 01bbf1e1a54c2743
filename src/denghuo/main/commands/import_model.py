"""`denghuo import`: take a network, a switching log or a list of outages into the database, all of it or nothing."""

import argparse
import getpass
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from denghuo.adapters.outage_lists import write_events_template
from denghuo.adapters.recognition import FileKind
from denghuo.adapters.tables import write_marked_workbook, write_network_template, write_switching_log_template
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.models import Network
from denghuo.apps.network.queries.changes import device_codes, network_of_unit
from denghuo.apps.organization.actions import open_unit
from denghuo.apps.organization.models import Unit, UnitKind
from denghuo.main.commands._output import UserError, add_json_argument, emit
from denghuo.main.imports.intake import NoNetworkError, Preview, preview, take_in
from denghuo.main.imports.reading import Reading, read_file
from denghuo.main.imports.words import sentences
from denghuo.main.imports.working import work
from denghuo.main.processes import bound_this_process

NAME = "import"
HELP = "take a network, a switching log or a list of outages into the database, all of it or nothing"
NEEDS_DJANGO = True

_SHOWN = 50
_TEMPLATES = {
    FileKind.NETWORK: write_network_template,
    FileKind.LOG: write_switching_log_template,
    FileKind.OUTAGES: write_events_template,
}
_LANGUAGES = {"zh": "zh-hans", "en": "en"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("file", type=Path, nargs="?", help="what `check` reads, a switching log, or a list of outages")
    parser.add_argument("--kind", type=FileKind, choices=list(FileKind), help="what it is, where that cannot be seen")
    parser.add_argument("--unit", metavar="CODE", help="whose it is (default: the only station); a new code is opened")
    parser.add_argument("--name", default="", help="what a new unit is called (default: as the file)")
    parser.add_argument("--timezone", default=settings.TIME_ZONE, help="of times without an offset (%(default)s)")
    parser.add_argument("--check", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--errors-to", type=Path, metavar="FILE.xlsx", help="write the file back, what is wrong marked")
    parser.add_argument(
        "--template", type=Path, metavar="FILE.xlsx", help="write an empty workbook of --kind, and stop"
    )
    parser.add_argument("--language", choices=list(_LANGUAGES), help="of templates and sentences (default: the site's)")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)  # how the pages call it
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 taken in, or all there already; 1 the file has to be put right first; 2 it could not be tried."""
    with override(_LANGUAGES.get(args.language, settings.LANGUAGE_CODE)):
        if args.job:
            bound_this_process()
            return work(args.job)
        if args.template:
            language = args.language or ("zh" if settings.LANGUAGE_CODE.startswith("zh") else "en")
            _TEMPLATES[args.kind or FileKind.NETWORK](args.template, language=language)
            sys.stdout.write(_("An empty workbook to fill in: %(file)s") % {"file": args.template} + "\n")
            return 0
        if args.file is None:
            raise UserError(_("name a file to import, or --template to write an empty one"))
        if not args.file.exists():
            raise UserError(_("there is no file %(file)s; check its name") % {"file": args.file})
        try:
            return _import(args)
        except DatabaseError as error:
            told = {"error": error}
            raise UserError(_("the database did not take it in, and nothing has changed: %(error)s") % told) from error


def _import(args: argparse.Namespace) -> int:
    call_command("migrate", verbosity=0, interactive=False)
    unit, now = _unit(args), timezone.now()
    known = network_of_unit(unit.pk) if unit else None
    _say(_("reading …"))
    reading = read_file(
        args.file,
        kind=args.kind,
        timezone=args.timezone,
        now=now,
        devices=device_codes(known.pk) if known else None,
    )
    _tell_troubles(args, reading)
    if reading.refusals:
        return 1
    try:
        _say(_("comparing …"))
        seen = preview(reading, unit=unit)
        taken = 0 if args.check or not seen.any else _take_in(args, reading, unit)
    except NoNetworkError as error:
        raise UserError(_("there is no network yet that this could belong to; import the network first")) from error
    _tell(args, reading, seen, taken)
    return 0


def _take_in(args: argparse.Namespace, reading: Reading, unit: Unit | None) -> int:
    _say(_("storing …"))
    now, actor = timezone.now(), f"{getpass.getuser()} (command line)"
    with transaction.atomic():
        unit = unit or _open(args, now, actor)
        taken = take_in(reading, unit=unit, revision=None, at=now, actor=actor)
    _say(_("working out what follows …"))
    deliveries.drain()
    return taken


def _unit(args: argparse.Namespace) -> Unit | None:
    """Whose the file is; None where it has to be opened first.

    Raises:
        UserError: there are several, and nobody said which.
    """
    if args.unit:
        return Unit.objects.filter(code=args.unit).first()
    stations = list(Unit.objects.filter(kind=UnitKind.STATION)) or list(Unit.objects.all())
    owners = Network.objects.filter(revision__gt=0).values_list("unit_id", flat=True)
    if len(owners) == 1:
        return Unit.objects.get(pk=owners[0])
    if len(stations) > 1:
        codes = ", ".join(f"{unit.code} ({unit.name})" for unit in sorted(stations, key=lambda one: one.code))
        raise UserError(_("say whose network it is with --unit; there are %(codes)s") % {"codes": codes})
    return stations[0] if stations else None


def _open(args: argparse.Namespace, now: Any, actor: str) -> Unit:
    stem = args.file.resolve().name.partition(".")[0]
    code = slugify(args.unit or stem)[:40] or "station"
    if args.unit and code != args.unit.lower():
        raise UserError(_("%(code)s is no code; take Latin letters, digits and hyphens") % {"code": args.unit})
    unit = open_unit(
        code=args.unit or code,
        name=args.name or stem or code,
        kind=UnitKind.STATION,
        parent=None,
        at=now,
        actor=actor,
    )
    _say(_("new station: %(name)s (code %(code)s)") % {"name": unit.name, "code": unit.code})
    return unit


def _tell_troubles(args: argparse.Namespace, reading: Reading) -> None:
    language = args.language or settings.LANGUAGE_CODE
    for heading, troubles, rest in (
        (_("Nothing was imported; put this right first:"), reading.refusals, reading.rest),
        (_("Worth a look:"), reading.notes, 0),
    ):
        if troubles:
            told = [one.told(language) for one in sentences(troubles[:_SHOWN], rest=rest + len(troubles[_SHOWN:]))]
            _say("\n  ".join([heading, *told]))
    if args.errors_to and reading.row_problems:
        short = "zh" if language.startswith("zh") else "en"
        write_marked_workbook(args.file, reading.row_problems, args.errors_to, language=short, rest=reading.rest)
        _say(_("What is wrong is marked in %(file)s") % {"file": args.errors_to})


def _tell(args: argparse.Namespace, reading: Reading, seen: Preview, taken: int) -> None:
    if args.as_json:
        emit({"kind": reading.kind, "taken_in": taken, "changes": [asdict(one) for one in seen.changes]}, as_json=True)
        return
    if not seen.any:
        sys.stdout.write(_("Nothing new: it is all there already.") + "\n")
        return
    rows = [
        {"": one.table, "added": one.added, "changed": one.changed, "retired": one.retired, "as before": one.same}
        for one in seen.changes
    ]
    emit({"changes": rows}, as_json=False)
    if not args.check:
        sys.stdout.write(ngettext("%(n)d row taken in.", "%(n)d rows taken in.", taken) % {"n": taken} + "\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
