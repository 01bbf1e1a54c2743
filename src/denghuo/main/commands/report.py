"""`denghuo report`: reliability indices of DL/T 836 or IEEE 1366 from a list of outages."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.outage_lists import EndOf, EventList, parse_mapping, read_outage_list
from denghuo.adapters.tables import TableError
from denghuo.engines.reliability import (
    Basis,
    Groups,
    IndexTable,
    Interruptions,
    OutageKind,
    Served,
    Standard,
    Variant,
    begins_on,
    compute_indices,
    daily_hours_per_user,
    group_by,
    labels,
    local_day,
    major_event_threshold,
)
from denghuo.main.commands._output import UserError, add_json_argument, emit

NAME = "report"
HELP = "reliability indices (DL/T 836, IEEE 1366) from a list of outages"

KEYS = ("month", "year", "cause", "region", "kind")
_SHOWN_PROBLEMS = 20
_UNITS = {
    "hours_per_user": "h",
    "interruptions_per_user": "1",
    "availability_share": "share",
    "hours_per_interruption": "h",
    "hours_per_interrupted_user": "h",
    "interruptions_per_interrupted_user": "1",
    "short_interruptions_per_user": "1",
    "short_events_per_user": "1",
    "hours_per_event": "h",
    "users_per_event": "users",
}
_BY_VARIANT = ("hours_per_user", "interruptions_per_user", "availability_share")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.epilog = (
        "BC Hydro's, PG&E's and our own column names (start, end, customers, cause, kind, region, event, "
        "or their Chinese names) are recognized; map others with --columns."
    )
    parser.add_argument("events", type=Path, metavar="EVENTS", help="outages: CSV, gzipped CSV or .xlsx")
    parser.add_argument("--customers", type=float, required=True, metavar="N", help="users or customers served")
    parser.add_argument("--standard", type=Standard, choices=list(Standard), default=Standard.DLT836)
    parser.add_argument("--basis", type=Basis, choices=list(Basis), help="who is counted, where the list counts both")
    parser.add_argument("--by", default="", metavar="KEYS", help=f"break down by any of {', '.join(KEYS)}")
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
        "--keep-reissued", action="store_true", help="count every row, also where a later one corrects it"
    )
    parser.add_argument("--major-event-days", action="store_true", help="set days apart by the 2.5 beta method")
    parser.add_argument(
        "--history",
        type=Path,
        metavar="FILE",
        help="outages of the years before, which give the threshold of such days",
    )
    add_json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Read the list, compute, print."""
    keys = [key.strip() for key in args.by.split(",") if key.strip()]
    unknown = [key for key in keys if key not in KEYS]
    if unknown:
        raise UserError(f"--by does not know {', '.join(unknown)}; choose from {', '.join(KEYS)}")
    if not 0 < args.customers < np.inf:
        raise UserError("--customers must be more than zero")
    events = _read(args, args.events)
    if not len(events):
        raise UserError(f"{args.events.name} holds no outage that can be counted; {_account_line(events)}")
    report = _Report(
        events=events,
        zone=ZoneInfo(args.timezone),
        standard=args.standard,
        basis=_basis(args.basis, args.standard, events),
        served=args.customers,
        period=_period(args.period, events, ZoneInfo(args.timezone)),
        period_given=args.period is not None,
        end_of=args.end,
    )
    result = report.result(keys)
    if args.major_event_days or args.history:
        history = _read(args, args.history) if args.history else None
        if history is not None and not len(history):
            raise UserError(f"{args.history.name} holds no outage that can be counted; {_account_line(history)}")
        result |= report.major_event_days(history)
    emit(result, as_json=args.as_json)
    return 0


def _read(args: argparse.Namespace, path: Path) -> EventList:
    try:
        return read_outage_list(
            path,
            columns=parse_mapping(args.columns),
            timezone=args.timezone,
            end_of=args.end,
            keep_reissued=args.keep_reissued,
        )
    except TableError as error:
        raise UserError("\n".join(error.sentences(language="en"))) from error
    except ValueError as error:
        raise UserError(str(error)) from error


def _account_line(events: EventList) -> str:
    reasons = ", ".join(f"{count} {reason.value}" for reason, count in events.left_out.items())
    return f"{events.rows_read} rows read, left out: {reasons or 'none'}"


def _basis(wanted: Basis | None, standard: Standard, events: EventList) -> Basis:
    """DL/T 836 counts MV users where the list has them; a list that counts only one of the two leaves no choice."""
    column = {Basis.MV_USERS: "mv_users", Basis.LV_CUSTOMERS: "customers"}
    if wanted is not None and column[wanted] not in events.has:
        raise UserError(f"{events.file} has no column of {column[wanted]} to count by --basis {wanted.value}")
    if wanted is not None:
        return wanted
    first = Basis.MV_USERS if standard is Standard.DLT836 else Basis.LV_CUSTOMERS
    second = Basis.LV_CUSTOMERS if first is Basis.MV_USERS else Basis.MV_USERS
    return first if column[first] in events.has else second


def _period(text: str | None, events: EventList, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The period in local time; left out, the whole days from the first start to the last end."""
    if text is None:
        first, last = _local(events.start.min(), zone), _local(events.end.max(), zone)
        day = timedelta(days=1)
        return first.replace(hour=0, minute=0, second=0, microsecond=0), (
            last.replace(hour=0, minute=0, second=0, microsecond=0) + day
        )
    try:
        start, end = (datetime.fromisoformat(side.strip()) for side in text.split("/"))
    except ValueError as error:
        raise UserError(f"--period '{text}' is not FROM/TO, such as 2024-01-01/2025-01-01") from error
    start, end = (at if at.tzinfo else at.replace(tzinfo=zone) for at in (start, end))
    if end <= start:
        raise UserError(f"--period '{text}' ends before it begins")
    return start, end


def _local(instant: np.datetime64, zone: ZoneInfo) -> datetime:
    moment: datetime = instant.astype("datetime64[us]").item()
    return moment.replace(tzinfo=UTC).astimezone(zone)


def _utc(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


@dataclass(frozen=True, kw_only=True)
class _Report:
    events: EventList
    zone: ZoneInfo
    standard: Standard
    basis: Basis
    served: float
    period: tuple[datetime, datetime]
    period_given: bool
    end_of: EndOf

    def result(self, keys: list[str]) -> dict[str, Any]:
        """Everything the command prints, in order."""
        system = self._indices()
        sections: dict[str, Any] = {
            "list": self._list(),
            "left_out": dict.fromkeys(("reissued",), 0) | {r.value: n for r, n in self.events.left_out.items()},
            "counted": self._counted(system),
            "system": self._figures(system, 0) | {"period_hours": system.period_hours[0]},
            "indices": list(self._labeled(system)),
        }
        for key in keys:
            sections[f"by_{key}"] = self._by_time(key) if key in ("month", "year") else self._by_key(key)
        # Re-issued rows are counted above; what is listed here is for somebody to put right.
        wrong = [problem for problem in self.events.problems if problem.code.blocks]
        told = [str(problem) for problem in wrong[:_SHOWN_PROBLEMS]]
        rest = len(wrong) - len(told) + self.events.rest
        sections["problems"] = [*told, f"and {rest} more"] if rest else told
        return sections

    def _list(self) -> dict[str, Any]:
        events = self.events
        account: dict[str, Any] = {
            "file": events.file,
            "columns": events.form,
            "rows_read": events.rows_read,
            "events": len(np.unique(events.event_code)),
            "rows_kept": len(events),
            "rows_left_out": sum(events.left_out.values()),
            "reissued_rows": "the row updated last counts" if "reissued" in events.left_out else "none",
        }
        if "first_absent" in events.has or "last_seen" in events.has:
            account["end"] = f"{self.end_of.value} of last_seen and first_absent"
            account["user_hours_between_the_two"] = events.end_span_h @ self._users()
        return account

    def _counted(self, system: IndexTable) -> dict[str, Any]:
        """What of the list the figures are made of."""
        start, end = self.events.start, self.events.end
        first, last = map(_utc, self.period)
        inside = (start < last) & (end > first)
        short = end - start <= np.timedelta64(self.standard.short_s, "s")
        users = self._users()
        begins = inside & (start >= first) & ~(short & (self.standard is Standard.IEEE1366))
        return {
            "standard": self.standard,
            "basis": self.basis,
            "served": self.served,
            "from": self.period[0],
            "to": self.period[1],
            "period": "as given" if self.period_given else "whole days from the first start to the last end",
            "timezone": str(self.zone),
            "rows_in_period": int(inside.sum()),
            "rows_outside_period": int((~inside).sum()),
            "rows_that_began_earlier": int((inside & (start < first)).sum()),
            "rows_that_end_later": int((inside & (end > last)).sum()),
            "short_rows": int((inside & short).sum()),
            "short_is_at_most_s": self.standard.short_s,
            "short_rows_count": "not" if self.standard is Standard.IEEE1366 else "all but in variant 4",
            "user_hours": system.user_hours[0],
            "user_hours_of_rows_that_begin_in_period": _hours(end - start)[begins] @ users[begins],
        }

    def _users(self) -> NDArray[np.int64]:
        return self.events.mv_users if self.basis is Basis.MV_USERS else self.events.customers

    def _indices(
        self,
        *,
        rows: Interruptions | None = None,
        by: Groups | None = None,
        variant: Variant = Variant.ALL,
        edges: list[datetime] | None = None,
    ) -> IndexTable:
        return compute_indices(
            self.events.interruptions() if rows is None else rows,
            period=np.array([_utc(edge) for edge in edges or self.period]),
            standard=self.standard,
            served=Served(mv_users=self.served, lv_customers=self.served),
            by=by,
            basis=self.basis,
            variant=variant,
        )

    def _figures(self, table: IndexTable, row: int) -> dict[str, Any]:
        return {
            "events": int(table.event_count[row]),
            "user_hours": table.user_hours[row],
            "user_interruptions": table.user_interruptions[row],
            "short_user_interruptions": table.short_user_interruptions[row],
            "hours_per_user": table.hours_per_user[row],
            "minutes_per_user": table.hours_per_user[row] * 60,
            "interruptions_per_user": table.interruptions_per_user[row],
            "availability_share": table.availability_share[row],
            "hours_per_interruption": table.hours_per_interruption[row],
        }

    def _labeled(self, system: IndexTable) -> Iterator[dict[str, Any]]:
        """The figures under their names in the standard; of DL/T 836 also its variants."""
        variants = list(Variant) if self.standard is Standard.DLT836 else [Variant.ALL]
        for variant in variants:
            table = system if variant is Variant.ALL else self._indices(variant=variant)
            names = labels(self.standard, variant)
            for column, unit in _UNITS.items():
                if column in names and (variant is Variant.ALL or column in _BY_VARIANT):
                    value = getattr(table, column)[0]
                    yield {"index": names[column], "value": value, "unit": unit, "formula": column}

    def _by_time(self, key: str) -> list[dict[str, Any]]:
        edges = _calendar_edges(*self.period, key)
        table = self._indices(edges=edges)
        length = 7 if key == "month" else 4
        return [
            {key: edge.astimezone(self.zone).isoformat()[:length]} | self._figures(table, row)
            for row, edge in enumerate(edges[:-1])
        ]

    def _by_key(self, key: str) -> list[dict[str, Any]]:
        """One row per cause, region or kind. Their rates are over everybody served, so they add up to the system's."""
        names, codes = self._codes(key)
        table = self._indices(by=group_by({key: codes}))
        order = np.argsort(-table.user_hours, kind="stable")
        total = table.user_hours.sum() or np.nan
        return [
            {key: names[row]} | self._figures(table, row) | {"share_of_user_hours": table.user_hours[row] / total}
            for row in order.tolist()
            if table.row_count[row]
        ]

    def major_event_days(self, history: EventList | None) -> dict[str, Any]:
        """The days above the threshold that the history gives, or the list itself where there is none; and the figures
        without what began on them."""
        first, last = (edge.astimezone(self.zone) for edge in self.period)
        offset_s = int((first.utcoffset() or timedelta()).total_seconds())
        window = self.events if history is None else history
        begun = local_day(window.start, utc_offset_s=offset_s)
        threshold = major_event_threshold(self._daily(window, begun.min(), begun.max(), offset_s))
        last_day = np.datetime64((last - timedelta(microseconds=1)).date())
        days = np.arange(np.datetime64(first.date()), last_day + 1)
        hours = self._daily(self.events, days[0], days[-1], offset_s)
        major = hours * 60 > threshold.minutes_per_user
        rows = self.events.interruptions()
        rest = self._indices(rows=rows.take(~begins_on(rows, days[major], utc_offset_s=offset_s)))
        return {
            "major_event_days": {
                "threshold_minutes_per_user": threshold.minutes_per_user,
                "alpha": threshold.alpha,
                "beta": threshold.beta,
                "days_with_interruptions": threshold.day_count,
                "window_from": begun.min(),
                "window_to": begun.max(),
                "window": window.file if history else "the list itself",
                "utc_offset_h": offset_s / 3600,
                "days": int(major.sum()),
            },
            "days_set_apart": [
                {"day": day, "hours_per_user": length, "minutes_per_user": length * 60}
                for day, length in zip(days[major], hours[major].tolist(), strict=True)
            ],
            "without_major_event_days": self._figures(rest, 0),
        }

    def _daily(
        self, events: EventList, first: np.datetime64, last: np.datetime64, offset_s: int
    ) -> NDArray[np.float64]:
        return daily_hours_per_user(
            events.interruptions(),
            days=np.arange(first, last + 1),
            standard=self.standard,
            served=Served(mv_users=self.served, lv_customers=self.served),
            basis=self.basis,
            utc_offset_s=offset_s,
        )

    def _codes(self, key: str) -> tuple[list[str], NDArray[np.int64]]:
        values = self.events.kind if key == "kind" else getattr(self.events, key)
        unique, codes = np.unique(values, return_inverse=True)
        names = [OutageKind(kind).name.lower() for kind in unique.tolist()] if key == "kind" else unique.tolist()
        return [name or "not stated" for name in names], codes


def _hours(lengths: NDArray[np.timedelta64]) -> NDArray[np.float64]:
    return lengths.astype("timedelta64[us]").astype(np.int64) / 3.6e9


def _calendar_edges(start: datetime, end: datetime, key: str) -> list[datetime]:
    """The period cut at the first of every month or year, local time."""
    edges = [start]
    year, month = start.year, start.month
    while True:
        year, month = (year + 1, 1) if key == "year" or month == 12 else (year, month + 1)
        edge = datetime(year, month, 1, tzinfo=start.tzinfo)
        if edge >= end:
            return [*edges, end]
        edges.append(edge)
