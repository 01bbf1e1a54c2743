"""`denghuo demo`: put the demo station into an empty database; `denghuo demo storm`: let a storm pass over it."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.adapters.telephony import LiveBatch
from denghuo.apps.hotline.queries import exchange_of_code, last_call_at
from denghuo.apps.organization.models import Unit
from denghuo.main.commands._output import UserError
from denghuo.main.demo.hotline import CallHistory
from denghuo.main.demo.line import demo_line
from denghuo.main.demo.load import demo_network_id, is_loaded, load_calls, load_demo
from denghuo.main.demo.load_hotline import EXCHANGE_CODE, day_of_calls, outages_now, seat_the_agent
from denghuo.main.demo.play_storm import play_storm
from denghuo.main.demo.staffing import is_staffed, mobile_sign_ins
from denghuo.main.demo.storm import NoStormError
from denghuo.main.demo.storm_calls import overheard
from denghuo.main.demo_people import PASSWORD, PEOPLE
from denghuo.main.listening import follow

NAME = "demo"
HELP = "load the demo station into an empty database: a network, two years of outages, people to sign in as"
NEEDS_DJANGO = True

_STAGES = {
    "network": gettext_lazy("its network"),
    "history": gettext_lazy("two years of its life"),
    "books": gettext_lazy("its books"),
    "calls": gettext_lazy("two years of calls"),
}
_STEPS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The demo is always the same, up to the present hour; it can be loaded in two parts."""
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument("--without-calls", action="store_true", help="leave the hotline's calls for later")
    parts.add_argument(
        "--line",
        action="store_true",
        help="load the hotline's calls if they are not there; then let its telephones ring",
    )
    parser.add_argument("what", nargs="?", choices=["storm"], help="let a storm pass over the station that is there")
    parser.add_argument(
        "--speed",
        type=float,
        default=60.0,
        metavar="TIMES",
        help="how much shorter people wait in the storm than in life (default: %(default)s)",
    )
    parser.add_argument(
        "--passed",
        action="store_true",
        help="the storm passed some hours ago: everything is recorded at once, each at its own time",
    )
    parser.add_argument(
        "--by-hand", action="store_true", help="only break things, call and answer: crews are sent from the pages"
    )


def run(args: argparse.Namespace) -> int:
    """Load it once; a database that holds anything is left as it is."""
    call_command("migrate", verbosity=0, interactive=False)
    if args.what == "storm":
        return _storm(speed=args.speed, by_hand=args.by_hand, passed=args.passed)
    if args.line:
        return _ring()
    if is_loaded():
        return _there_already()
    if Unit.objects.exists():
        raise UserError(_("this database already holds a station; the demo goes into an empty one (DENGHUO_HOME)"))
    try:
        station = load_demo(now=timezone.now(), progress=_tell, with_calls=not args.without_calls)
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


_STORM = {
    "trip": gettext_lazy("%(device)s trips; telephones begin to ring"),
    "sent": gettext_lazy("%(crew)s is sent to %(where)s"),
    "confirmed": gettext_lazy("on site: %(device)s is open"),
    "part": gettext_lazy("part of the line is back, up to %(device)s"),
    "still_out": gettext_lazy("somebody at %(load)s is still without supply"),
    "mended": gettext_lazy("mended: %(where)s"),
}


def _storm(*, speed: float, by_hand: bool, passed: bool) -> int:
    """Play a storm into the station, whether or not its pages are up."""
    if not is_loaded():
        raise UserError(_("the demo station is not there yet; load it first with `denghuo demo`"))
    if by_hand and passed:
        raise UserError(_("a storm that has passed is not worked on by hand"))
    if not 1 <= speed <= 600:
        raise UserError(_("a storm is played at 1 to 600 times its speed"))
    sys.stdout.write(_("The storm is brewing …") + "\n")
    if by_hand:
        sys.stdout.write(_("It goes on until everything is mended from the pages; Ctrl-C ends it.") + "\n")
    try:
        report = play_storm(speed=speed, by_hand=by_hand, passed=passed, tell=_say_of_storm)
    except NoStormError as error:
        raise UserError(_("the station is not as it normally stands: restore its supply first")) from error
    sys.stdout.write(report + "\n")
    return 0


def _say_of_storm(second: float, what: str, told: dict[str, str]) -> None:
    minutes, seconds = divmod(int(second), 60)
    sys.stdout.write(f"  {minutes:3d}:{seconds:02d}  {_STORM[what] % told}\n")
    sys.stdout.flush()


def _ring() -> int:
    """Load the calls of the past unless they are there, then go on where they end, as time does."""
    if not is_loaded():
        raise UserError(_("the demo station is not there yet; load it first with `denghuo demo`"))
    if not is_staffed():
        load_calls(now=timezone.now(), progress=_tell)
    exchange = exchange_of_code(EXCHANGE_CODE)
    assert exchange is not None
    since = last_call_at(exchange.pk) or timezone.now()
    batches = demo_line(
        now=timezone.localtime,
        day_of=_day,
        rings_for=partial(outages_now, demo_network_id()),
        overheard=overheard(),
        since=since,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(follow(_seated(batches, exchange.pk), exchange_id=exchange.pk, source_name="demo"))
    return 0


def _day(at: datetime) -> CallHistory:
    """All the calls of a local day, and who comes and goes, the mobile people by the roster as well."""
    history = day_of_calls(demo_network_id(), at)
    county = exchange_of_code(EXCHANGE_CODE)
    assert county is not None
    end = datetime.combine(at.date() + timedelta(days=2), time(), tzinfo=at.tzinfo)
    history.entries += mobile_sign_ins(county.unit_id, at.date() - timedelta(days=1), now=end)
    return history


async def _seated(batches: AsyncIterator[LiveBatch], exchange_id: int) -> AsyncIterator[LiveBatch]:
    """The same batches; whoever looks on as the agent sits among those on duty, hour after hour."""
    hour = None
    async for batch in batches:
        now = timezone.localtime()
        if now.hour != hour:
            hour = now.hour
            await sync_to_async(seat_the_agent)(exchange_id, now)
        yield batch


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
