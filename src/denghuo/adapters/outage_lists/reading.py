"""An outage list read as interruptions: one row per event, or per step of its restoration."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.outage_lists.columns import EVENTS, FORMS, EndOf, ListForm, SameEvent
from denghuo.adapters.tables.cells import clean_text
from denghuo.adapters.tables.columns import Sheet
from denghuo.adapters.tables.files import Limits, open_tables
from denghuo.adapters.tables.logs import read_single
from denghuo.adapters.tables.problems import ProblemList, RowProblem, TableCode, TableError
from denghuo.adapters.tables.sheets import ReadSheet
from denghuo.adapters.tables.writing import write_template
from denghuo.engines.reliability import Interruptions, OutageKind, build_interruptions

__all__ = ["EventList", "LeftOut", "parse_mapping", "read_outage_list", "write_events_template"]

Instants = NDArray[np.datetime64]
Texts = NDArray[np.str_]


class LeftOut(StrEnum):
    """Why a row of a list is not among its events."""

    REISSUED = "reissued"
    REPEATED = "repeated"
    NO_START = "no_start"
    NO_END = "no_end"
    END_BEFORE_START = "end_before_start"
    NO_DURATION = "no_duration"
    NO_CUSTOMERS = "no_customers"
    ZERO_CUSTOMERS = "zero_customers"


@dataclass(frozen=True, kw_only=True)
class EventList:
    """The events of a list, as columns, and an account of the rows that are not among them.

    ``event`` number as in the list ('' none); ``event_code`` int64, equal for the rows of one event; ``kind`` int8
    :class:`OutageKind`; ``cause``, ``region`` as in the list; ``start``, ``end`` datetime64[us] UTC; ``customers`` the
    metered customers out, ``mv_users`` users out as DL/T 836 counts (0 where the list has no such column); ``kva``
    NaN unknown; ``row`` row in the file. ``customers_blank``, ``mv_users_blank``: no number of them could be read in
    that row, which then counts nobody of theirs.

    ``end_earliest``, ``end_latest`` between which the end lies: last seen (not before the start) and first absent, or
    the end itself where the list gives it.

    ``form`` names the form recognized; ``same_event`` says what several rows of one event number are, steps or
    corrections. ``rows_read`` is the sum of the events and of ``left_out``, which counts the
    other rows by reason. ``problems`` names them one by one, ``rest`` counts those beyond the limit, corrected rows
    aside.
    """

    file: str
    form: str
    timezone: str
    event: Texts
    event_code: NDArray[np.int64]
    kind: NDArray[np.int8]
    cause: Texts
    region: Texts
    start: Instants
    end: Instants
    end_earliest: Instants
    end_latest: Instants
    customers: NDArray[np.int64]
    mv_users: NDArray[np.int64]
    customers_blank: NDArray[np.bool_]
    mv_users_blank: NDArray[np.bool_]
    kva: NDArray[np.float64]
    row: NDArray[np.int64]
    has: frozenset[str]
    same_event: SameEvent
    rows_read: int
    left_out: Mapping[LeftOut, int]
    problems: tuple[RowProblem, ...]
    rest: int

    def __len__(self) -> int:
        return len(self.start)

    def interruptions(self) -> Interruptions:
        """The events as interruptions; who was out is not known, only how many."""
        return build_interruptions(
            start=self.start,
            end=self.end,
            event=self.event_code,
            kind=self.kind,
            mv_users=self.mv_users,
            lv_customers=self.customers,
            kva=self.kva if "kva" in self.has else None,
        )


def write_events_template(path: Path | str, *, language: str = "zh") -> None:
    """Write the empty workbook an outage register is typed into."""
    write_template(path, (EVENTS,), language=language)


def parse_mapping(text: str) -> dict[str, str]:
    """Read ``start=dateOff,end=dateOn`` as field -> heading.

    Raises:
        ValueError: not of that form, a field that an outage list does not have, or one field or heading twice.

    >>> parse_mapping("start=dateOff, customers=numCustomersOut")
    {'start': 'dateOff', 'customers': 'numCustomersOut'}
    """
    fields = [column.name for column in EVENTS.columns]
    mapping: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, heading = (side.strip() for side in part.partition("="))
        if not equals or not heading:
            raise ValueError(f"'{part}' does not say FIELD=HEADING, such as start=dateOff")
        if name not in fields:
            raise ValueError(f"'{name}' is not a field of an outage list; the fields are {', '.join(fields)}")
        if name in mapping:
            raise ValueError(f"'{name}' is mapped twice, to '{mapping[name]}' and to '{heading}'")
        if heading in mapping.values():
            raise ValueError(f"'{heading}' is mapped twice; a column is one field")
        mapping[name] = heading
    return mapping


def read_outage_list(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    timezone: str = "UTC",
    end_of: EndOf = EndOf.MIDDLE,
    same_event: SameEvent = SameEvent.BY_LIST,
    limits: Limits | None = None,
) -> EventList:
    """Read a list of outages: CSV, gzipped CSV or a workbook.

    Args:
        path: the file.
        columns: field -> heading, where the headings are neither ours nor those of a form we know.
        timezone: where times without an offset are.
        end_of: when supply was back where a list only says when the outage was last seen and first gone.
        same_event: what several rows of one event number are. Of corrections the row updated last counts in place of
            the others, the lower one in the file where they are equal or no update times are there.
        limits: how much is read before the file is refused.

    Returns:
        The events, and an account of every row that is not among them.

    Raises:
        TableError: the file or its header cannot be read, or a column is missing.
        ValueError: an unknown time zone.
    """
    path = Path(path)
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"'{timezone}' is not a time zone; write it like Asia/Shanghai") from error
    problems = ProblemList()
    form, sheet = _form(path, columns or {}, limits or Limits())
    read = read_single(path, sheet, problems, timezone=timezone, limits=limits or Limits())
    _refuse_missing_columns(read, columns or {})
    return _Reader(read, problems, form, end_of, same_event).events(timezone)


def _form(path: Path, mapping: Mapping[str, str], limits: Limits) -> tuple[ListForm, Sheet]:
    """The form of a list, by its headings, and the sheet that reads it. What is mapped goes before what is known."""
    optional = tuple(replace(column, required=False) for column in EVENTS.columns)
    with open_tables(path, limits=limits) as tables:
        headings = {
            clean_text(cell) for raw in tables[:1] for _, cells in islice(raw.rows, 1) for cell in cells if cell
        }
    for form in FORMS:
        if headings >= set(form.columns.values()):
            names = {**form.columns, **mapping}
            columns = tuple(column for column in optional if column.name in names)
            return replace(form, columns=names), replace(EVENTS, columns=columns, mapped=names)
    return ListForm("mapped" if mapping else "own", mapping), replace(EVENTS, columns=optional, mapped=mapping)


def _refuse_missing_columns(read: ReadSheet, mapping: Mapping[str, str]) -> None:
    has = set(read.place)
    missing = [heading for name, heading in mapping.items() if name not in has]
    if "start" not in has and "start" not in mapping:
        missing.append("start")
    if not has & {"end", "last_seen", "first_absent"} and not mapping.keys() & {"end", "last_seen", "first_absent"}:
        missing.append("end")
    if not has & {"customers", "mv_users"} and not mapping.keys() & {"customers", "mv_users"}:
        missing.append("customers")
    if missing:
        raise TableError(
            [
                RowProblem(code=TableCode.MISSING_COLUMN, file=read.file, sheet=read.title, value=name)
                for name in missing
            ]
        )


class _Reader:
    """Judges every row of a list: an event, or left out for one reason."""

    def __init__(
        self, read: ReadSheet, problems: ProblemList, form: ListForm, end_of: EndOf, same_event: SameEvent
    ) -> None:
        self.read = read
        self.problems = problems
        self.form = form
        if same_event is SameEvent.BY_LIST:
            corrects = form.reissues or "updated" in read.place
            same_event = SameEvent.CORRECTIONS if corrects else SameEvent.STEPS
        self.same_event = same_event
        if form.name != "own":
            problems.drop(TableCode.IGNORED_COLUMN, TableCode.UNKNOWN_COLUMN)
        self.start = _instants(read.column("start"))
        self.end, self.end_earliest, self.end_latest = self._ends(end_of)
        self.customers = self._counts("customers")
        self.users = self._counts("mv_users")
        self.reason: dict[int, LeftOut] = {}

    def events(self, timezone: str) -> EventList:
        self._judge_times()
        self._judge_customers()
        self._judge_repeats()
        read, size = self.read, len(self.read.rows)
        good = np.array([index for index in range(size) if index not in self.reason], dtype=np.int64)
        causes = read.column("cause", "")
        event = np.array(read.column("event", ""), dtype=np.str_)
        kva = np.array(read.column("kva", np.nan), dtype=np.float64)
        return EventList(
            file=read.file,
            form=self.form.name,
            timezone=timezone,
            event=event[good],
            event_code=_codes(event)[good],
            kind=np.array(_kinds(read.column("kind"), causes), dtype=np.int8)[good],
            cause=np.array(causes, dtype=np.str_)[good],
            region=np.array(read.column("region", ""), dtype=np.str_)[good],
            start=self.start[good],
            end=self.end[good],
            end_earliest=self.end_earliest[good],
            end_latest=self.end_latest[good],
            customers=np.maximum(self.customers[good], 0),
            mv_users=np.maximum(self.users[good], 0),
            customers_blank=self.customers[good] < 0,
            mv_users_blank=self.users[good] < 0,
            kva=kva[good],
            row=np.array(read.rows, dtype=np.int64)[good],
            has=frozenset(read.place),
            same_event=self.same_event,
            rows_read=size,
            left_out={reason: count for reason in LeftOut if (count := Counter(self.reason.values())[reason])},
            problems=tuple(self.problems.kept),
            rest=self._rest(),
        )

    def _rest(self) -> int:
        """How many problems are beyond the limit. Corrected rows are no problem, and may be more than the limit."""
        kept = sum(problem.code is not TableCode.REISSUED for problem in self.problems.kept)
        return self.problems.total - self.problems.counts[TableCode.REISSUED] - kept

    def _ends(self, end_of: EndOf) -> tuple[Instants, Instants, Instants]:
        """The restoration, or what the list says instead: it lies after last_seen and before first_absent. With the
        earliest and the latest that it may be."""
        told = _instants(self.read.column("end"))
        seen, gone = (_instants(self.read.column(name)) for name in ("last_seen", "first_absent"))
        between = {EndOf.LAST_SEEN: seen, EndOf.FIRST_ABSENT: gone, EndOf.MIDDLE: seen + (gone - seen) // 2}[end_of]
        ends = between, np.fmax(seen, self.start), np.fmax(gone, between)
        end, earliest, latest = (np.where(np.isnat(told), instants, told) for instants in ends)
        return end, earliest, latest

    def _counts(self, name: str) -> NDArray[np.int64]:
        """A column of counts, -1 where there is none."""
        return np.array(self.read.column(name, -1), dtype=np.int64)

    def _leave_out(
        self, index: int, reason: LeftOut, code: TableCode, name: str, value: str = "", hint: str = ""
    ) -> None:
        self.reason[index] = reason
        # A cell that could not be read has been told already, with the reason.
        if not (code is TableCode.MISSING_VALUE and (index, name) in self.read.bad):
            self.problems.add(self.read.problem(code, index=index, name=name, value=value, hint=hint))

    def _judge_times(self) -> None:
        end_name = "end" if "end" in self.read.place else "first_absent"
        for index in np.flatnonzero(np.isnat(self.start)).tolist():
            self._leave_out(index, LeftOut.NO_START, TableCode.MISSING_VALUE, "start")
        for index in np.flatnonzero(~np.isnat(self.start) & np.isnat(self.end)).tolist():
            self._leave_out(index, LeftOut.NO_END, TableCode.MISSING_VALUE, end_name)
        for index in np.flatnonzero(self.end <= self.start).tolist():
            before = bool(self.end[index] < self.start[index])
            self._leave_out(
                index,
                LeftOut.END_BEFORE_START if before else LeftOut.NO_DURATION,
                TableCode.END_BEFORE_START if before else TableCode.NO_DURATION,
                end_name,
                value=str(self.end[index].astype("datetime64[s]")),
                hint=str(self.start[index].astype("datetime64[s]")),
            )

    def _judge_customers(self) -> None:
        name = "customers" if "customers" in self.read.place else "mv_users"
        out = np.maximum(self.customers, self.users)
        for index in np.flatnonzero(out <= 0).tolist():
            if index in self.reason:
                continue
            if out[index] < 0:
                self._leave_out(index, LeftOut.NO_CUSTOMERS, TableCode.MISSING_VALUE, name)
            else:
                self._leave_out(index, LeftOut.ZERO_CUSTOMERS, TableCode.ZERO_CUSTOMERS, name)

    def _judge_repeats(self) -> None:
        """Rows of one event number: of corrections all but the last are left out, of steps those that repeat another
        cell for cell."""
        reissues = self.same_event is SameEvent.CORRECTIONS
        updated = _instants(self.read.column("updated"))
        age = np.where(np.isnat(updated), np.datetime64(-(2**62), "us"), updated)
        counting: dict[Any, int] = {}
        for index, event in enumerate(self.read.column("event")):
            if event is None or index in self.reason:
                continue
            key = event if reissues else tuple(column[index] for column in self.read.values.values())
            first = counting.setdefault(key, index)
            if first == index:
                continue
            later = reissues and age[index] >= age[first]
            loser, counting[key] = (first, index) if later else (index, first)
            reason, code = _REISSUED if reissues else _REPEATED
            self._leave_out(loser, reason, code, "event", value=event, hint=str(self.read.rows[counting[key]]))


_REISSUED = (LeftOut.REISSUED, TableCode.REISSUED)
_REPEATED = (LeftOut.REPEATED, TableCode.REPEATED)


def _instants(values: list[datetime | None]) -> Instants:
    return np.array([None if at is None else at.replace(tzinfo=None) for at in values], dtype="datetime64[us]")


def _codes(events: Texts) -> NDArray[np.int64]:
    """Equal codes for rows of one event number; a row without a number is an event of its own."""
    _, codes = np.unique(events, return_inverse=True)
    return np.where(events == "", len(events) + np.arange(len(events)), codes).astype(np.int64)


_PLANNED_WORDS = re.compile(r"^\s*(planned|scheduled)|计划|检修|施工", re.IGNORECASE)
_PREARRANGED_WORDS = re.compile(r"psps|public.?safety.?shut.?off", re.IGNORECASE)
_RATIONING_WORDS = re.compile(r"限电|rationing|load.?shedding", re.IGNORECASE)


def _kinds(kinds: list[int | None], causes: list[str]) -> list[int]:
    """The kind of each row: as given, else by the words of its cause."""
    by_cause = {cause: _kind_of(cause) for cause in set(causes)}
    return [by_cause[cause] if kind is None else kind for kind, cause in zip(kinds, causes, strict=True)]


def _kind_of(cause: str) -> int:
    """What a cause says of the kind: planned work, a shut-off arranged beforehand, rationing, else a fault."""
    if not cause:
        return OutageKind.UNCLASSIFIED
    if _PLANNED_WORDS.search(cause):
        return OutageKind.PLANNED
    if _PREARRANGED_WORDS.search(cause):
        return OutageKind.PREARRANGED
    return OutageKind.RATIONING if _RATIONING_WORDS.search(cause) else OutageKind.FAULT
