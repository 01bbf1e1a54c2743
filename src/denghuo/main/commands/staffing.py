"""`denghuo staffing`: forecast the calls of hotlines, draft their rosters."""

import argparse
from datetime import date
from typing import Any

from django.utils import timezone

from denghuo.apps.hotline.queries import all_exchanges
from denghuo.apps.ledger import deliveries
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.actions import TooShortError, make_forecast, make_plan
from denghuo.apps.staffing.queries import MonthOverError, expected_rate
from denghuo.main.commands._output import UserError, add_examples, add_json_argument, emit

NAME = "staffing"
HELP = "forecast the calls of a hotline from all it has had, draft a month's roster"
NEEDS_DJANGO = True

ACTOR = "command line"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    forecast = deeds.add_parser("forecast", help="forecast the next ten weeks, with how good it would have been")
    plan = deeds.add_parser("plan", help="draft a month's roster; somebody looks at it and publishes it on its page")
    plan.add_argument("month", help="such as 2027-01")
    plan.add_argument("--individual", action="store_true", help="move everybody where it helps, not mobile people only")
    plan.add_argument("--keep", action="store_true", help="change as little as can be of what is published")
    for one in (forecast, plan):
        one.add_argument("--unit", metavar="CODE", help="of this unit only; else of every unit that has a hotline")
        add_json_argument(one)
    add_examples(forecast, "denghuo staffing forecast")
    add_examples(plan, "denghuo staffing plan 2027-01 --unit lampcounty")


def run(args: argparse.Namespace) -> int:
    deeds = {"forecast": _forecast, "plan": _plan}
    status = deeds[args.deed](args)
    deliveries.drain()
    return status


def _units(code: str | None) -> list[Unit]:
    """Units that have a hotline; the one asked for alone."""
    units = list({one.unit_id: one.unit for one in all_exchanges()}.values())
    found = [one for one in units if code in (None, one.code)]
    if not found:
        known = ", ".join(one.code for one in units) or "none yet"
        raise UserError(f"no such unit has a hotline; known: {known}" if code else "there is no hotline yet")
    return found


def _forecast(args: argparse.Namespace) -> int:
    """1 where some unit has too few days with calls."""
    told: list[dict[str, Any]] = []
    short = 0
    for unit in _units(args.unit):
        try:
            row = make_forecast(unit=unit, at=timezone.now(), actor=ACTOR)
        except TooShortError:
            short += 1
            told.append({"unit": unit.code, "forecast": "too few days with calls: a week at least"})
            continue
        error, *_parts = row.errors.get("overall", {}).get("wape_share") or [None]
        told.append(
            {
                "unit": unit.code,
                "calls known until": row.known_until,
                "first day": row.first_day,
                "days": row.day_count,
                "error over calls, last weeks": error,
                "outages learned from": row.told["wave"]["event_count"],
            }
        )
    emit({"forecasts": told}, as_json=args.as_json)
    return 1 if short else 0


def _plan(args: argparse.Namespace) -> int:
    """1 where the rules cannot hold together."""
    try:
        month = date.fromisoformat(f"{args.month}-01")
    except ValueError:
        raise UserError(f"{args.month!r} is no month; write it as 2027-01") from None
    told, broken = [], 0
    for unit in _units(args.unit):
        try:
            plan = make_plan(
                unit=unit, month=month, individual=args.individual, keep=args.keep, at=timezone.now(), actor=ACTOR
            )
        except MonthOverError:
            raise UserError(f"{args.month} is over: plan this month or a later one") from None
        except LookupError:
            raise UserError(f"{unit.code} has no shifts yet, or nobody to work them: set them up on its page") from None
        broken += bool(plan.made["conflict"])
        expected = expected_rate(plan)
        told.append(
            {
                "unit": unit.code,
                "month": args.month,
                "duties": plan.duties.count(),
                "proven best": plan.made["proven"],
                "rules broken": len(plan.made["broken"]),
                "expected answer rate": None if expected.share is None else round(expected.share, 4),
                "days forecast": expected.days,
                "seconds": plan.made["seconds"],
            }
        )
    emit({"plans": told}, as_json=args.as_json)
    return 1 if broken else 0
