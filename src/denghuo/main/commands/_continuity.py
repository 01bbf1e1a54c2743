"""What `denghuo report` finds out of a list of outages, section by section."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.outage_lists import EndOf, EventList, LeftOut, SameEvent
from denghuo.adapters.tables import TableCode
from denghuo.engines.reliability import (
    Basis,
    Groups,
    IndexTable,
    Interruptions,
    MajorEventThreshold,
    OutageKind,
    Served,
    Standard,
    Variant,
    begins_on,
    compute_indices,
    daily_hours_per_user,
    date_range,
    group_by,
    labels,
    local_day,
    major_event_threshold,
)

__all__ = [
    "GROUP_KEYS",
    "TIME_KEYS",
    "ContinuityReport",
    "Finding",
    "findings_of_rows",
    "in_utc",
    "in_zone",
    "wrong_rows",
]

TIME_KEYS = ("month", "year")
GROUP_KEYS = ("cause", "region", "kind")
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
_OF_EVERY_VARIANT = ("hours_per_user", "interruptions_per_user", "availability_share")
_OF_VARIANT = {
    Variant.ALL: tuple(_UNITS),
    Variant.FAULT: (*_OF_EVERY_VARIANT, "short_events_per_user", "hours_per_event", "users_per_event"),
    Variant.PREARRANGED: (*_OF_EVERY_VARIANT, "short_events_per_user", "hours_per_event", "users_per_event"),
}
_REASONS = {
    LeftOut.REPEATED: "they repeat another row cell for cell",
    LeftOut.NO_START: "the start is missing or cannot be read",
    LeftOut.NO_END: "the end is missing or cannot be read",
    LeftOut.END_BEFORE_START: "the end lies before the start",
    LeftOut.NO_DURATION: "the end is the start",
    LeftOut.NO_CUSTOMERS: "the number of customers is missing, negative or cannot be read",
    LeftOut.ZERO_CUSTOMERS: "nobody was out",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that makes figures doubtful: a ``code`` for programs, how many ``rows`` it is about, a ``sentence``."""

    code: str
    rows: int
    sentence: str


def findings_of_rows(events: EventList, basis: Basis, *, now: datetime) -> list[Finding]:
    """What is wrong with the rows of a list: with those that are not counted, corrected ones aside, and with those that
    are."""
    told = [
        (reason.value, count, f"left out: {_REASONS[reason]}")
        for reason, count in events.left_out.items()
        if reason in _REASONS
    ]
    odd = np.unique([problem.row for problem in events.problems if problem.code.blocks])
    blank = events.mv_users_blank if basis is Basis.MV_USERS else events.customers_blank
    counted = {
        "odd_cells": (
            np.isin(events.row, odd),
            "though cells of theirs cannot be read or do not fit the header: others may stand in the wrong column",
        ),
        "nobody_on_basis": (
            blank,
            f"but with nobody, since they do not say how many {basis.value} were out: fill that in, or choose another "
            "--basis",
        ),
        "not_yet": (events.start > in_utc(now), "though they begin later than now: check the year"),
    }
    told += [(code, int(rows.sum()), f"counted, {why}") for code, (rows, why) in counted.items()]
    return [
        Finding(code=code, rows=rows, sentence=f"{events.file}: {rows} of {events.rows_read} rows are {what}.")
        for code, rows, what in told
        if rows
    ]


def wrong_rows(events: EventList) -> list[str]:
    """The first cells and rows for somebody to put right, from the top of the file. Corrected rows are not among them:
    they are only counted."""
    wrong = sorted(
        (problem for problem in events.problems if problem.code.blocks or problem.code is TableCode.REPEATED),
        key=lambda problem: problem.row,
    )
    told = [str(problem) for problem in wrong[:_SHOWN_PROBLEMS]]
    rest = len(wrong) - len(told) + events.rest
    return [*told, f"and {rest} more"] if rest else told


def in_zone(instant: np.datetime64, zone: ZoneInfo) -> datetime:
    """An instant of an engine as local time."""
    moment: datetime = instant.astype("datetime64[us]").item()
    return moment.replace(tzinfo=UTC).astimezone(zone)


def in_utc(moment: datetime) -> np.datetime64:
    """Local time as an instant for an engine."""
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


@dataclass(frozen=True, kw_only=True)
class ContinuityReport:
    """A list of outages, and how it is to be counted: ``served`` users by the ``basis``, ``period`` in local time."""

    events: EventList
    zone: ZoneInfo
    standard: Standard
    basis: Basis
    served: float
    period: tuple[datetime, datetime]
    period_given: bool
    end_of: EndOf

    def result(self, tables: list[list[str]]) -> dict[str, Any]:
        """Everything the command prints but major event days, in order."""
        system = self._indices()
        sections: dict[str, Any] = {
            "list": self._list(),
            "left_out": dict.fromkeys(("reissued",), 0) | {r.value: n for r, n in self.events.left_out.items()},
            "counted": self._counted(system),
            "system": self._figures(system, 0) | {"period_hours": system.period_hours[0]},
            "indices": list(self._labeled(system)),
        }
        if self._ends_uncertain:
            sections["end_bounds"] = list(self._bounds())
        for keys in tables:
            sections["by_" + "_".join(keys)] = list(self._table(keys))
        sections["problems"] = wrong_rows(self.events)
        return sections

    def findings(self, *, now: datetime) -> list[Finding]:
        """What makes the figures doubtful."""
        start, end, users = self.events.start, self.events.end, self._users
        first, last = map(in_utc, self.period)
        inside = (start < last) & (end > first)
        at, change = np.concatenate([start[inside], end[inside]]), np.concatenate([users[inside], -users[inside]])
        order = np.lexsort((change, at))  # whoever is back at an instant is back before others are out
        out = np.cumsum(change[order])
        found = findings_of_rows(self.events, self.basis, now=now)
        if not inside.any():
            span = f"{in_zone(start.min(), self.zone).isoformat()} to {in_zone(end.max(), self.zone).isoformat()}"
            found.append(
                Finding(
                    code="nothing_in_period",
                    rows=len(start),
                    sentence=f"{self.events.file}: no row lies in the period; they are of {span}. That nobody was out "
                    "is true only if the list covers the period: check --period and the file.",
                )
            )
        if out.max(initial=0) > self.served:
            when = at[order[out.argmax()]]
            told = f"{out.max():,} are out at once at {in_zone(when, self.zone).isoformat()}"
            found.append(
                Finding(
                    code="more_out_than_served",
                    rows=int(((start <= when) & (end > when)).sum()),
                    sentence=f"{told}, more than the {self.served:,.10g} served: --customers is too small, or rows "
                    "tell of the same customers twice. What is divided by it is wrong.",
                )
            )
        return found

    def _list(self) -> dict[str, Any]:
        events = self.events
        numbered = np.unique(events.event_code, return_counts=True)[1]
        account: dict[str, Any] = {
            "file": events.file,
            "columns": events.form,
            "rows_read": events.rows_read,
            "events": len(numbered),
            "rows_kept": len(events),
            "rows_left_out": sum(events.left_out.values()),
            "rows_of_one_event": "corrections: the row updated last counts"
            if events.same_event is SameEvent.CORRECTIONS
            else "steps of one restoration: every row counts",
            "events_of_several_rows": int((numbered > 1).sum()),
            "kinds": "as the list says, else by the words of the cause"
            if "kind" in events.has
            else "by the words of the cause",
        }
        if self._ends_uncertain:
            account["end"] = f"{self.end_of.value} of last_seen and first_absent"
        return account

    def _counted(self, system: IndexTable) -> dict[str, Any]:
        """What of the list the figures are made of."""
        start, end = self.events.start, self.events.end
        first, last = map(in_utc, self.period)
        inside = (start < last) & (end > first)
        short = end - start <= np.timedelta64(self.standard.short_s, "s")
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
            "rows_without_a_kind": int((inside & (self.events.kind == OutageKind.UNCLASSIFIED)).sum()),
            "short_rows": int((inside & short).sum()),
            "short_is_at_most_s": self.standard.short_s,
            "short_rows_count": "not" if self.standard is Standard.IEEE1366 else "all but in variant 4",
            "user_hours": system.user_hours[0],
            "user_hours_of_rows_that_begin_in_period": _hours(end - start)[begins] @ self._users[begins],
        }

    @property
    def _users(self) -> NDArray[np.int64]:
        return self.events.mv_users if self.basis is Basis.MV_USERS else self.events.customers

    @property
    def _ends_uncertain(self) -> bool:
        return not self.events.has.isdisjoint({"first_absent", "last_seen"})

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
            period=np.array([in_utc(edge) for edge in edges or self.period]),
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
            "short_interruptions_per_user": table.short_interruptions_per_user[row],
        }

    def _labeled(self, system: IndexTable) -> Iterator[dict[str, Any]]:
        """The figures under their names in the standard; of DL/T 836 also its variants."""
        variants = list(Variant) if self.standard is Standard.DLT836 else [Variant.ALL]
        for variant in variants:
            table = system if variant is Variant.ALL else self._indices(variant=variant)
            names = labels(self.standard, variant)
            for column in _OF_VARIANT.get(variant, _OF_EVERY_VARIANT):
                if column in names:
                    value, unit = getattr(table, column)[0], _UNITS[column]
                    yield {"index": names[column], "value": value, "unit": unit, "formula": column}

    def _bounds(self) -> Iterator[dict[str, Any]]:
        """The figures if supply had come back as early, and as late, as the list allows."""
        for name, end in (("earliest", self.events.end_earliest), ("latest", self.events.end_latest)):
            table = self._indices(rows=replace(self.events, end=end).interruptions())
            yield {"end": name} | self._figures(table, 0)

    def _table(self, keys: list[str]) -> Iterator[dict[str, Any]]:
        """One row for each combination of keys that occurs, and for each month or year. Rates are over everybody
        served, so that they add up to the system's."""
        times = [key for key in keys if key in TIME_KEYS]
        named = {key: self._codes(key) for key in keys if key not in TIME_KEYS}
        edges = _calendar_edges(*self.period, times[0]) if times else list(self.period)
        by = group_by({key: codes for key, (_, codes) in named.items()}) if named else None
        table = self._indices(by=by, edges=edges)
        total = table.user_hours.sum() or np.nan
        for row in np.lexsort((-table.user_hours, table.period)).tolist():
            if named and not table.row_count[row]:
                continue
            period = edges[table.period[row]].astimezone(self.zone).isoformat()
            cell = {key: period[: 7 if key == "month" else 4] for key in times}
            if by is not None:
                cell |= {key: names[by.keys[key][table.group[row]]] for key, (names, _) in named.items()}
            cell = {key: cell[key] for key in keys}
            yield cell | self._figures(table, row) | {"share_of_user_hours": table.user_hours[row] / total}

    def major_event_days(self, history: EventList | None) -> dict[str, Any]:
        """The days above the threshold that the history gives, or the list itself where there is none; and the figures
        without what began on them."""
        window = self.events if history is None else history
        begun = local_day(window.start, zone=str(self.zone))
        threshold = major_event_threshold(self._daily(window, date_range(begun.min(), begun.max())))
        first, last = (edge.astimezone(self.zone) for edge in self.period)
        days = date_range(np.datetime64(first.date()), np.datetime64((last - timedelta(microseconds=1)).date()))
        hours = self._daily(self.events, days)
        major = hours * 60 > threshold.minutes_per_user
        rows = self.events.interruptions()
        rest = self._indices(rows=rows.take(~begins_on(rows, days[major], zone=str(self.zone))))
        return {
            "major_event_days": self._threshold(threshold)
            | {
                "window_from": begun.min(),
                "window_to": begun.max(),
                "window": "the list itself" if history is None else history.file,
                "days": int(major.sum()),
            },
            "days_set_apart": [
                {"day": day, "hours_per_user": length, "minutes_per_user": length * 60}
                for day, length in zip(days[major], hours[major].tolist(), strict=True)
            ],
            "without_major_event_days": self._figures(rest, 0) | {"period_hours": rest.period_hours[0]},
        }

    def _threshold(self, threshold: MajorEventThreshold) -> dict[str, Any]:
        return {
            "threshold_minutes_per_user": threshold.minutes_per_user,
            "alpha": threshold.alpha,
            "beta": threshold.beta,
            "days_with_interruptions": threshold.day_count,
        }

    def _daily(self, events: EventList, days: NDArray[np.datetime64]) -> NDArray[np.float64]:
        return daily_hours_per_user(
            events.interruptions(),
            days=days,
            standard=self.standard,
            served=Served(mv_users=self.served, lv_customers=self.served),
            basis=self.basis,
            zone=str(self.zone),
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
