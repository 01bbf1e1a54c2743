"""`denghuo demo`: put the demo station into an empty database."""

import argparse
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.organization.models import Unit
from denghuo.main.commands._output import UserError
from denghuo.main.demo.load import is_loaded, load_demo
from denghuo.main.demo_people import PASSWORD, PEOPLE

NAME = "demo"
HELP = "load the demo station into an empty database: a network, two years of outages, people to sign in as"
NEEDS_DJANGO = True

_STAGES = {
    "network": gettext_lazy("its network"),
    "history": gettext_lazy("two years of its life"),
    "books": gettext_lazy("its books"),
}
_STEPS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: the demo is always the same, up to the present hour."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Load it once; a database that holds anything is left as it is."""
    del args
    call_command("migrate", verbosity=0, interactive=False)
    if is_loaded():
        return _there_already()
    if Unit.objects.exists():
        raise UserError(_("this database already holds a station; the demo goes into an empty one (DENGHUO_HOME)"))
    try:
        station = load_demo(now=timezone.now(), progress=_tell)
    except IntegrityError:
        if is_loaded():  # somebody else was quicker
            return _there_already()
        raise
    except DatabaseError as error:
        why = {"error": error}
        raise UserError(_("the database did not take it in, and nothing has changed: %(error)s") % why) from error
    sys.stderr.write("\n")
    told = {"outages": station.outages, "operations": station.operations}
    sys.stdout.write(_("The demo station is loaded: %(outages)d outages, %(operations)d operations.") % told + "\n")
    if not settings.DEMO:  # `up` of a demo says it at each start
        people = {"people": ", ".join(person.username for person in PEOPLE), "password": PASSWORD}
        sys.stdout.write(_("Sign in as %(people)s; password %(password)s.") % people + "\n")
    return 0


def _there_already() -> int:
    sys.stdout.write(_("The demo station is there already. Nothing was changed.") + "\n")
    return 0


_told: dict[str, Any] = {}


def _tell(stage: str, share: float) -> None:
    """One line a stage, a dot for every tenth of it."""
    dots = int(share * _STEPS)
    if (stage, dots) != (_told.get("stage"), _told.get("dots")):
        begun = "" if stage == _told.get("stage") else f"\n  {_STAGES[stage]} "
        sys.stderr.write(begun + "·" * (dots - (0 if begun else int(_told["dots"]))))
        sys.stderr.flush()
        _told.update(stage=stage, dots=dots)
