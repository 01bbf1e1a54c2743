"""`denghuo report`: reliability indices of DL/T 836 or IEEE 1366 from a list of outages."""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from denghuo.adapters.outage_lists import EndOf, EventList, SameEvent, parse_mapping, read_outage_list
from denghuo.adapters.tables import TableCode, TableError
from denghuo.engines.reliability import Basis, Standard
from denghuo.main.commands._continuity import (
    GROUP_KEYS,
    TIME_KEYS,
    ContinuityReport,
    Finding,
    findings_of_rows,
    in_zone,
    wrong_rows,
)
from denghuo.main.commands._output import UserError, add_json_argument, emit

NAME = "report"
HELP = "reliability indices (DL/T 836, IEEE 1366) from a list of outages"

_KEYS = (*TIME_KEYS, *GROUP_KEYS)
_COLUMNS = {Basis.MV_USERS: "mv_users", Basis.LV_CUSTOMERS: "customers"}
_EPILOG = (
    "BC Hydro's, PG&E's and our own column names (start, end, customers, cause, kind, region, event, or their Chinese "
    "names) are recognized; map others with --columns. What makes the figures doubtful is said on the error stream and "
    "under findings. Exit code: 0 figures printed, 1 with --strict if there are findings, 2 no figures."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("events", type=Path, metavar="EVENTS", help="outages: CSV, gzipped CSV or .xlsx")
    parser.add_argument("--customers", type=_customers, required=True, metavar="N", help="users or customers served")
    parser.add_argument("--standard", type=Standard, choices=list(Standard), default=Standard.DLT836)
    parser.add_argument("--basis", type=Basis, choices=list(Basis), help="who is counted, where the list counts both")
    parser.add_argument(
        "--by",
        default="",
        metavar="KEYS",
        help=f"a table for each of {', '.join(_KEYS)}; month+cause is one table by both",
    )
    parser.add_argument("--period", metavar="FROM/TO", help="half-open, such as 2024-01-01/2025-01-01")
    parser.add_argument("--columns", default="", metavar="MAP", help="such as start=dateOff,end=dateOn")
    parser.add_argument("--timezone", default="UTC", help="of times without an offset and of the calendar (UTC)")
    parser.add_argument(
        "--end",
        type=EndOf,
        choices=list(EndOf),
        default=EndOf.MIDDLE,
        help="when supply was back, where a list only says when an outage was last seen and first absent",
    )
    parser.add_argument(
        "--same-event",
        type=SameEvent,
        choices=list(SameEvent),
        default=SameEvent.BY_LIST,
        help="what several rows of one event number are: steps of a restoration, which all count, or corrections, of "
        "which the last counts",
    )
    parser.add_argument("--major-event-days", action="store_true", help="set days apart by the 2.5 beta method")
    parser.add_argument(
        "--history",
        type=Path,
        metavar="FILE",
        help="outages of the years before, which give the threshold of such days",
    )
    parser.add_argument("--strict", action="store_true", help="exit code 1 where there are findings")
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Read the list, compute, print."""
    tables = _tables(args.by)
    if not 0 < args.customers < np.inf:
        raise UserError("--customers must be more than zero")
    events = _read(args, args.events)
    report = ContinuityReport(
        events=events,
        zone=ZoneInfo(args.timezone),
        standard=args.standard,
        basis=_basis(args.basis, args.standard, events),
        served=args.customers,
        period=_period(args.period, events, ZoneInfo(args.timezone)),
        period_given=args.period is not None,
        end_of=args.end,
    )
    now = datetime.now(UTC)
    result, findings = report.result(tables), report.findings(now=now)
    if args.major_event_days or args.history:
        history = _read(args, args.history) if args.history else None
        if history is not None and _COLUMNS[report.basis] not in history.has:
            raise UserError(
                f"{history.file} has no column of {_COLUMNS[report.basis]}, by which {events.file} is counted: give a "
                "history that has it, or choose a --basis that both lists have"
            )
        result |= report.major_event_days(history)
        findings += findings_of_rows(history, report.basis, now=now) if history else []
        findings += _undefined_threshold(result["major_event_days"])
    emit(result | {"findings": findings}, as_json=args.as_json)
    for finding in findings:
        sys.stderr.write(f"denghuo: {finding.sentence}\n")
    return 1 if findings and args.strict else 0


def _undefined_threshold(told: dict[str, Any]) -> list[Finding]:
    """That no day is set apart says nothing where there is nothing to set it apart by."""
    days = told["days_with_interruptions"]
    if np.isfinite(told["threshold_minutes_per_user"]):
        return []
    sentence = (
        f"{told['window']}: the threshold of major event days needs two days with interruptions (the standard takes "
        f"five years), there are {days}: no day is set apart."
    )
    return [Finding(code="no_threshold", rows=0, sentence=sentence)]


def _customers(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number; write it like 8200") from error


def _tables(text: str) -> list[list[str]]:
    """Which keys each table goes by, from ``month,cause+region``."""
    tables = [[key.strip() for key in part.split("+")] for part in text.split(",") if part.strip()]
    unknown = [key for keys in tables for key in keys if key not in _KEYS]
    if unknown:
        raise UserError(f"--by does not know {', '.join(unknown)}; choose from {', '.join(_KEYS)}")
    for keys in tables:
        if len(set(keys)) < len(keys) or len(set(keys) & set(TIME_KEYS)) > 1:
            raise UserError(f"--by {'+'.join(keys)} takes each key once, and one of {' and '.join(TIME_KEYS)}")
    return tables


def _read(args: argparse.Namespace, path: Path) -> EventList:
    try:
        events = read_outage_list(
            path,
            columns=parse_mapping(args.columns),
            timezone=args.timezone,
            end_of=args.end,
            same_event=args.same_event,
        )
    except TableError as error:
        told = error.sentences(language="en")
        if {problem.code for problem in error.problems} & {TableCode.MISSING_COLUMN, TableCode.MISSING_HEADER}:
            told.append(
                "Or say which heading of the file is which: --columns start=HEADING,end=HEADING,customers=HEADING"
            )
        raise UserError("\n".join(told)) from error
    except ValueError as error:
        raise UserError(str(error)) from error
    if not len(events):
        raise UserError(
            "\n".join(
                [f"{path.name} holds no outage that can be counted; {_account_line(events)}", *wrong_rows(events)]
            )
        )
    return events


def _account_line(events: EventList) -> str:
    reasons = ", ".join(f"{count} {reason.value}" for reason, count in events.left_out.items())
    return f"{events.rows_read} rows read, left out: {reasons or 'none'}"


def _basis(wanted: Basis | None, standard: Standard, events: EventList) -> Basis:
    """DL/T 836 counts MV users where the list has them; a list that counts only one of the two leaves no choice."""
    if wanted is not None and _COLUMNS[wanted] not in events.has:
        raise UserError(f"{events.file} has no column of {_COLUMNS[wanted]} to count by --basis {wanted.value}")
    if wanted is not None:
        return wanted
    first = Basis.MV_USERS if standard is Standard.DLT836 else Basis.LV_CUSTOMERS
    second = Basis.LV_CUSTOMERS if first is Basis.MV_USERS else Basis.MV_USERS
    return first if _COLUMNS[first] in events.has else second


def _period(text: str | None, events: EventList, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The period in local time; left out, the whole days from the first start to the last end."""
    if text is None:
        last_moment = events.end.max() - np.timedelta64(1, "us")
        first, last = (
            in_zone(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
            for at in (events.start.min(), last_moment)
        )
        return first, last + timedelta(days=1)
    try:
        start, end = (datetime.fromisoformat(side.strip()) for side in text.split("/"))
    except ValueError as error:
        raise UserError(f"--period '{text}' is not FROM/TO, such as 2024-01-01/2025-01-01") from error
    # In the zone also where another offset was given, since months and days are those of the zone.
    start, end = (at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone) for at in (start, end))
    if end < start:
        raise UserError(f"--period '{text}' ends before it begins")
    if end == start:
        raise UserError(f"--period '{text}' is empty: TO is the first moment after it, for one day the next day")
    return start, end
