"""`denghuo customers`: take a customer file into a station, what is new and what is different of it."""

import argparse
import getpass
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.utils.translation import gettext as _
from django.utils.translation import override

from denghuo.adapters.customer_tables import CustomerTable, write_customers_template, write_refused_customers
from denghuo.adapters.tables import TableError
from denghuo.apps.ledger import deliveries
from denghuo.apps.organization.models import Unit, UnitKind
from denghuo.main.commands._output import UserError, add_json_argument, emit
from denghuo.main.customer_files.working import look_at, take_in, work
from denghuo.main.imports.words import sentences
from denghuo.main.processes import bound_this_process

NAME = "customers"
HELP = "take a customer file into a station: what is new is added, what is different changed"
NEEDS_DJANGO = True

_SHOWN = 20
_COUNTS = ("row_count", "added_count", "changed_count", "same_count", "refused_count", "absent_count")
_LANGUAGES = {"zh": "zh-hans", "en": "en"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("file", type=Path, nargs="?", help="a workbook or a CSV file, a row for each account")
    parser.add_argument("--unit", metavar="CODE", help="whose it is (default: the only station)")
    parser.add_argument("--check", action="store_true", help="say what would change, and change nothing")
    parser.add_argument("--close-absent", action="store_true", help="close the accounts that are not in the file")
    parser.add_argument("--errors-to", type=Path, metavar="FILE.xlsx", help="write the rows that are refused, and why")
    parser.add_argument("--template", type=Path, metavar="FILE.xlsx", help="write an empty workbook, and stop")
    parser.add_argument("--language", choices=list(_LANGUAGES), help="of templates and sentences (default: the site's)")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)  # how the pages call it
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 taken in, or all there already; 1 some rows have to be put right first; 2 it could not be tried."""
    with override(_LANGUAGES.get(args.language, settings.LANGUAGE_CODE)):
        if args.job:
            bound_this_process()
            return work(args.job)
        if args.template:
            write_customers_template(args.template, language=_short(args))
            sys.stdout.write(_("An empty workbook to fill in: %(file)s") % {"file": args.template} + "\n")
            return 0
        if args.file is None:
            raise UserError(_("name a file to import, or --template to write an empty one"))
        if not args.file.exists():
            raise UserError(_("there is no file %(file)s; check its name") % {"file": args.file})
        try:
            return _import(args)
        except TableError as error:
            raise UserError("\n".join(error.sentences(language=_short(args)))) from error


def _short(args: argparse.Namespace) -> str:
    return args.language or ("zh" if settings.LANGUAGE_CODE.startswith("zh") else "en")


def _import(args: argparse.Namespace) -> int:
    call_command("migrate", verbosity=0, interactive=False)
    unit = _unit(args)
    seen, table = look_at(args.file, unit.pk, tell=lambda _row: None)
    _tell_problems(args, table)
    told: dict[str, int] = {name: getattr(seen, name) for name in _COUNTS}
    if not args.check and (seen.any or args.close_absent):
        fact = take_in(
            args.file,
            unit.pk,
            name=args.file.name,
            close_absent=args.close_absent,
            tell=None,
            actor=f"{getpass.getuser()} (command line)",
        )
        deliveries.drain()
        told = {name: getattr(fact, name) for name in (*_COUNTS, "closed_count")}
    emit({"customers": told}, as_json=args.as_json)
    return 1 if seen.refused_count else 0


def _unit(args: argparse.Namespace) -> Unit:
    """Whose the file is.

    Raises:
        UserError: there is no such unit, or several and nobody said which.
    """
    if args.unit:
        unit = Unit.objects.filter(code=args.unit).first()
        if unit is None:
            raise UserError(_("there is no unit with the code %(code)s") % {"code": args.unit})
        return unit
    stations = list(Unit.objects.filter(kind=UnitKind.STATION))
    if len(stations) != 1:
        codes = ", ".join(f"{unit.code} ({unit.name})" for unit in stations)
        raise UserError(_("say whose customers they are with --unit; there are %(codes)s") % {"codes": codes or "–"})
    return stations[0]


def _tell_problems(args: argparse.Namespace, table: CustomerTable) -> None:
    problems = table.problems
    for one in sentences(problems.kept[:_SHOWN], rest=problems.total - len(problems.kept[:_SHOWN])):
        sys.stderr.write(one.told(_LANGUAGES[_short(args)]) + "\n")
    if args.errors_to and problems.total:
        write_refused_customers(
            args.file,
            problems.kept,
            args.errors_to,
            header_row=table.header_row,
            language=_short(args),
            rest=problems.rest,
        )
