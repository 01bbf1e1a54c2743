"""Every reliability figure, from the books. One path for pages, API and exports, so that they cannot differ.

A question is put to :class:`Books`, which hold what was booked when they were opened. What was worked out once is
remembered until somebody books again: an instant enters a result only while somebody is still out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.continuity.models import Interruption
from denghuo.apps.continuity.queries.loads import Loads, code_of, loads_of
from denghuo.apps.continuity.snapshot import Book, Booked, booked, books_of, remembered
from denghuo.apps.network import queries as network
from denghuo.apps.outages.models import KIND_CHOICES, Cause
from denghuo.engines.reliability import (
    Basis,
    IndexTable,
    MajorEventDays,
    Parts,
    Served,
    Standard,
    Variant,
    begins_on,
    compute_indices,
    explain,
    find_major_event_days,
    group_by,
)

_KEPT_TABLES, _KEPT_PARTS, _KEPT_ROWS = 1_024, 8, 16
BREAKDOWNS = ("kind", "cause", "feeder", "area")


class Unknown(StrEnum):
    """Why nothing is known of a period."""

    NO_NETWORK = "no_network"
    NOT_BEGUN = "not_begun"
    NOTHING_BOOKED = "nothing_booked"
    BEFORE_RECORDS = "before_records"


@dataclass(frozen=True, kw_only=True)
class View:
    """How figures are asked for: of which networks, by whose rules, counting whom, known up to when.

    ``major_window_years`` set: without major event days, by a threshold from so many years before the period.
    """

    network_ids: tuple[int, ...]
    as_of: datetime
    standard: Standard = Standard.DLT836
    basis: Basis = Basis.MV_USERS
    variant: Variant = Variant.ALL
    major_window_years: int | None = None


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """Figures by one key: ``keys`` and ``names`` label the groups of ``table``; its rows are by period, then group.

    ``network_ids`` says where a line or an area lies; None for kinds and causes.
    """

    by: str
    keys: tuple[str, ...]
    names: tuple[Any, ...]
    network_ids: tuple[int | None, ...]
    table: IndexTable


@dataclass(frozen=True, kw_only=True)
class RepeatedLoad:
    """A load and how often and how long it was without supply in a period."""

    load_id: int
    code: str
    name: str
    interruptions: int
    hours: float
    mv_users: int
    lv_customers: int


@dataclass(frozen=True, kw_only=True)
class _Question:
    """All that a result depends on. ``as_of`` None: everything is known that will be."""

    books: tuple[Book, ...]
    revisions: tuple[tuple[int, int], ...]
    standard: Standard
    basis: Basis
    variant: Variant
    edges: tuple[datetime, ...]
    as_of: datetime | None
    by: str = ""
    at_least: tuple[int, ...] = ()
    longer_than_h: tuple[float, ...] = ()
    major_years: tuple[int, ...] = ()  # local years whose major event days are left out
    major_window_years: int = 0

    def of_rows(self) -> "_Question":
        """The question which rows it is about: the same for all that are asked of the same rows."""
        span = (self.edges[0], self.edges[-1])
        if self.major_years:
            return replace(self, edges=span, by="", at_least=(), longer_than_h=())
        return _Question(
            books=self.books,
            revisions=(),
            standard=Standard.DLT836,
            basis=Basis.MV_USERS,
            variant=Variant.ALL,
            edges=span,
            as_of=None,
        )

    def of_days(self, year: int) -> "_Question":
        """The question which days of a year were major event days: the year, and the years that set the threshold."""
        span = (_new_year(year - self.major_window_years), _new_year(year + 1))
        return replace(self, edges=span, by="", at_least=(), longer_than_h=(), major_years=(year,))


def open_books(view: View, *, since: datetime, until: datetime) -> "Books":
    """The books in which anything can stand that reaches into the time from ``since`` to ``until``.

    An interruption stands in the year in which it began, and none is taken to last longer than a year.
    """
    years = _years_of(view, since, until)
    revisions = tuple((pk, network.network_snapshot(pk).revision) for pk in view.network_ids)
    books = books_of(view.network_ids, first_year=years.start, last_year=years.stop - 1)
    return Books(view=view, books=books, revisions=revisions)


def _years_of(view: View, since: datetime, until: datetime) -> range:
    """The years (UTC) whose books enter into the figures of a time."""
    first = since.astimezone(UTC).year - 1 - (view.major_window_years or 0)
    return range(first, (until - timedelta.resolution).astimezone(UTC).year + 1)


@dataclass(frozen=True, kw_only=True)
class Books:
    """What was booked of some networks in some years, and how to look at it."""

    view: View
    books: tuple[Book, ...]
    revisions: tuple[tuple[int, int], ...]

    @property
    def loads(self) -> Loads:
        """Who is supplied."""
        return loads_of(self.revisions)

    @cached_property
    def users_of_network(self) -> dict[int, float]:
        """Users or customers that each network serves, by the basis of the view."""
        column = self.view.basis.value
        return {key[0]: float(getattr(loads_of((key,)), column).sum()) for key in self.revisions}

    @cached_property
    def begins_at(self) -> datetime | None:
        """The instant from which on there are records: of times before, nothing is known. None: nothing was booked."""
        rows = Interruption.objects.filter(network_id__in=self.view.network_ids).order_by("started_at")
        return rows.values_list("started_at", flat=True).first()

    def unknown(self, start: datetime, end: datetime) -> Unknown | None:
        """Why nothing is known of a period; None where something is. Figures of what is unknown are not 0."""
        if not self.view.network_ids:
            return Unknown.NO_NETWORK
        if start >= self.view.as_of:
            return Unknown.NOT_BEGUN
        if self.begins_at is None:
            return Unknown.NOTHING_BOOKED
        return Unknown.BEFORE_RECORDS if end <= self.begins_at else None

    def whole(self, start: datetime, end: datetime) -> bool:
        """Whether records reach over all of a period, but for hours of its first day: only then can it be held against.

        Figures of part of a period look like those of a quiet one.
        """
        begins_at = self.begins_at
        return not self.unknown(start, end) and begins_at is not None and begins_at < start + timedelta(days=1)

    def indices(
        self, edges: Sequence[datetime], *, at_least: Sequence[int] = (), longer_than_h: Sequence[float] = ()
    ) -> IndexTable:
        """Figures of the networks as a whole, one row per period between the edges."""
        return self._tables(edges, at_least=tuple(at_least), longer_than_h=tuple(longer_than_h))

    def breakdown(self, edges: Sequence[datetime], *, by: str) -> Breakdown:
        """Figures by ``feeder`` or ``area`` (each of its own users) or by ``kind`` or ``cause`` (of all users).

        Raises:
            KeyError: another key.
        """
        groups = _GROUPS[by](self.loads)
        keys, names, networks = zip(*groups, strict=True) if groups else ((), (), ())
        table = self._tables(edges, by=by)
        return Breakdown(by=by, keys=keys, names=names, network_ids=networks, table=table)

    def repeated_loads(self, edges: Sequence[datetime], *, at_least: int, limit: int = 100) -> list[RepeatedLoad]:
        """Loads that lost supply at least so often between the edges, most often first, then longest."""
        table = _table(self._question(edges, by="load"))
        rows, loads = _rows(self._question(edges).of_rows()), self.loads
        often = np.flatnonzero(table.user_interruptions >= at_least)
        position = loads.position_of(rows.load_id[often])
        often, position = often[position >= 0], position[position >= 0]
        order = np.lexsort((-table.user_hours[often], -table.user_interruptions[often]))[:limit]
        return [
            RepeatedLoad(
                load_id=int(loads.pk[at]),
                code=str(loads.code[at]),
                name=str(loads.name[at]),
                interruptions=int(table.user_interruptions[row]),
                hours=float(table.user_hours[row]),
                mv_users=int(loads.mv_users[at]),
                lv_customers=int(loads.lv_customers[at]),
            )
            for row, at in zip(often[order].tolist(), position[order].tolist(), strict=True)
        ]

    def parts(self, edges: Sequence[datetime]) -> tuple[Booked, Parts, NDArray[np.int64]]:
        """What the figures of one period are made of: the rows, what each gives, and the order of their weight."""
        question = self._question(edges)
        return _rows(question.of_rows()), *_parts(question)

    def major_event_days(self, *, year: int) -> MajorEventDays:
        """The days of a local year that are left out, and the threshold that they pass."""
        return _major_days(self._question([_new_year(year), _new_year(year + 1)]).of_days(year))

    def _tables(self, edges: Sequence[datetime], **options: Any) -> IndexTable:
        """Figures of the periods between the edges, year by year: what is booked in one year leaves the others."""
        parts = groupby(pairwise(edges), key=lambda period: timezone.localtime(period[0]).year)
        tables = []
        for _year, periods in parts:
            first, *rest = periods
            tables.append(_table(self._question([*first, *(end for _start, end in rest)], **options)))
        return self._until_now(_joined(tables), edges)

    def _question(self, edges: Sequence[datetime], **options: Any) -> _Question:
        view = self.view
        years = _years_of(view, edges[0], edges[-1])
        books = tuple(book for book in self.books if book.year in years)
        first = timezone.localtime(edges[0]).year - 1
        last = timezone.localtime(edges[-1] - timedelta.resolution).year
        reach = (edges[0], edges[-1])
        if view.major_window_years:
            reach = (_new_year(first - view.major_window_years), _new_year(last + 1))
        settled_at = booked(books, *reach).settled_at
        known = not np.isnat(settled_at) and settled_at <= network.to_datetime64([view.as_of])[0]
        return _Question(
            books=books,
            revisions=self.revisions,
            standard=view.standard,
            basis=view.basis,
            variant=view.variant,
            edges=tuple(edges),
            as_of=None if known else view.as_of,
            major_years=tuple(range(first, last + 1)) if view.major_window_years else (),
            major_window_years=view.major_window_years or 0,
            **options,
        )

    def _until_now(self, table: IndexTable, edges: Sequence[datetime]) -> IndexTable:
        """A period that is not over is as long as it has lasted; one that has not begun has no length."""
        now = self.view.as_of
        if edges[-1] <= now:
            return table
        hours = [
            (min(close, now) - start) / timedelta(hours=1) if start < now else np.nan
            for start, close in pairwise(edges)
        ]
        return replace(table, period_hours=np.array(hours)[table.period])


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=timezone.get_default_timezone())


def _joined(tables: Sequence[IndexTable]) -> IndexTable:
    """Tables of one period after the other as one."""
    if len(tables) == 1:
        return tables[0]
    counts = np.cumsum([0, *(int(table.period[-1]) + 1 for table in tables)])
    columns: dict[str, Any] = {}
    for name in (field.name for field in fields(IndexTable)):
        if isinstance(getattr(tables[0], name), np.ndarray):
            columns[name] = np.concatenate([getattr(table, name) for table in tables])
    shift = np.repeat(counts[:-1], [len(table.period) for table in tables]).astype(np.int32)
    return replace(tables[0], **{**columns, "period": columns["period"] + shift})


@remembered(_KEPT_ROWS)
def _rows(question: _Question) -> Booked:
    """The booked rows that a question is about: all, or those that did not begin on a major event day."""
    rows = booked(question.books, *question.edges)
    days = [_major_days(question.of_days(year)) for year in question.major_years]
    if not any(len(of_year.day) for of_year in days):
        return rows
    offset_s = _offset_s(question.major_years[-1])
    left_out = begins_on(rows.interruptions, np.concatenate([of_year.day for of_year in days]), utc_offset_s=offset_s)
    stays = np.flatnonzero(~left_out)
    return replace(
        rows,
        interruptions=rows.interruptions.take(stays),
        pk=rows.pk[stays],
        feeder_id=rows.feeder_id[stays],
        cause=rows.cause[stays],
    )


@remembered(_KEPT_TABLES)
def _major_days(question: _Question) -> MajorEventDays:
    """The major event days of a year, by a threshold from the years before it."""
    [year] = question.major_years
    return find_major_event_days(
        booked(question.books, *question.edges).interruptions,
        window=(f"{year - question.major_window_years}-01-01", f"{year - 1}-12-31"),
        period=(f"{year}-01-01", f"{year}-12-31"),
        standard=question.standard,
        served=loads_of(question.revisions).served(),
        basis=question.basis,
        variant=question.variant,
        as_of=_instant(question.as_of),
        utc_offset_s=_offset_s(year),
    )


def _offset_s(year: int) -> int:
    offset = _new_year(year).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _instant(at: datetime | None) -> np.datetime64 | None:
    return None if at is None else network.to_datetime64([at])[0]


@remembered(_KEPT_TABLES)
def _table(question: _Question) -> IndexTable:
    rows, loads = _rows(question.of_rows()), loads_of(question.revisions)
    interruptions, by, served, basis = rows.interruptions, None, loads.served(), question.basis
    if question.by == "load":
        # Counted load by load, so that a load without an MV user of its own is found as well: one of each.
        interruptions = interruptions.replace(mv_users=np.ones(len(interruptions), dtype=np.int64))
        served, basis = Served(), Basis.MV_USERS
    if question.by:
        code, count, own = _CODES[question.by](rows, loads)
        by, served = group_by({question.by: code}, sizes={question.by: count}), own or served
    return compute_indices(
        interruptions,
        period=network.to_datetime64(question.edges),
        standard=question.standard,
        served=served,
        by=by,
        basis=basis,
        variant=question.variant,
        as_of=_instant(question.as_of),
        at_least=question.at_least,
        longer_than_h=question.longer_than_h,
    )


@remembered(_KEPT_PARTS)
def _parts(question: _Question) -> tuple[Parts, NDArray[np.int64]]:
    parts = explain(
        _rows(question.of_rows()).interruptions,
        period=network.to_datetime64([question.edges[0], question.edges[-1]]),
        standard=question.standard,
        basis=question.basis,
        variant=question.variant,
        as_of=_instant(question.as_of),
    )
    return parts, np.lexsort((parts.row, parts.start, -parts.user_hours))


_Codes = tuple[NDArray[np.int64], int, Served | None]


def _by_feeder(rows: Booked, loads: Loads) -> _Codes:
    ids = np.array(list(loads.feeders), dtype=np.int64)
    return code_of(ids, rows.feeder_id), len(ids), loads.served(code_of(ids, loads.feeder_id), len(ids))


def _by_area(rows: Booked, loads: Loads) -> _Codes:
    return area_of_rows(rows, loads), len(loads.areas), loads.served(loads.area_code, len(loads.areas))


def area_of_rows(rows: Booked, loads: Loads) -> NDArray[np.int64]:
    """Position of each row's area; -1 where its load has left the networks."""
    at = loads.position_of(rows.load_id)
    area = np.where(at >= 0, loads.area_code[at] if len(loads.pk) else -1, -1)
    return area[_load(rows)] if len(area) else np.empty(0, dtype=np.int64)


def _load(rows: Booked) -> NDArray[np.int32]:
    assert rows.interruptions.load is not None  # every booked row has a load
    return rows.interruptions.load


def _by_load(rows: Booked, _loads: Loads) -> _Codes:
    return _load(rows).astype(np.int64), len(rows.load_id), None


def _by_choice(column: Callable[[Booked], NDArray[Any]], choices: Sequence[tuple[int, Any]]) -> Any:
    values = np.array([value for value, _ in choices])

    def codes(rows: Booked, _loads: Loads) -> _Codes:
        return code_of(values, column(rows)), len(values), None

    return codes


_CODES: dict[str, Callable[[Booked, Loads], _Codes]] = {
    "feeder": _by_feeder,
    "area": _by_area,
    "load": _by_load,
    "kind": _by_choice(lambda rows: rows.interruptions.kind, KIND_CHOICES),
    "cause": _by_choice(lambda rows: rows.cause, Cause.choices),
}


_Group = tuple[str, Any, int | None]  # key, name, network


def _of_choices(choices: Sequence[tuple[int, Any]]) -> Callable[[Loads], list[_Group]]:
    groups: list[_Group] = [(str(value), name, None) for value, name in choices]
    return lambda _loads: groups


def _of_feeders(loads: Loads) -> list[_Group]:
    return [(str(pk), name, loads.network_of_feeder[pk]) for pk, name in loads.feeders.items()]


def _of_areas(loads: Loads) -> list[_Group]:
    return [(key, name, network_id) for key, (network_id, name) in loads.areas.items()]


_GROUPS: dict[str, Callable[[Loads], list[_Group]]] = {
    "feeder": _of_feeders,
    "area": _of_areas,
    "kind": _of_choices(KIND_CHOICES),
    "cause": _of_choices(Cause.choices),
}
