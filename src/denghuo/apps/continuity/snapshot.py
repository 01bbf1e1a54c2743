"""Intervals of the replayed log become booked rows, and booked rows become the engine's columns. The only seam.

Columns are kept per network and year of the beginning, under the revision that each booking raises: after a booking
only what was booked is read again, and only of its year.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from denghuo.apps.continuity.models import Booking, Interruption
from denghuo.apps.network import queries as network
from denghuo.apps.outages.models import Outage
from denghuo.engines.reliability import Interruptions, build_interruptions, split_overrun

_KEPT_YEARS = 64
_KEPT_BOOKS = 16

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def remembered(maxsize: int) -> Callable[[Callable[_Given, _Result]], Callable[_Given, _Result]]:
    """Keep results as ``lru_cache`` does, but not within a transaction: what it sees may yet be taken back."""

    def keep(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
        kept = lru_cache(maxsize=maxsize)(function)

        @wraps(function)
        def call(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
            return function(*args, **kwargs) if connection.in_atomic_block else kept(*args, **kwargs)  # type: ignore[arg-type]

        return call

    return keep


class Book(NamedTuple):
    """The interruptions of one network that began in one year (UTC), as of one booking."""

    network_id: int
    year: int
    revision: int


@dataclass(frozen=True, kw_only=True)
class Booked:
    """Booked interruptions as columns, one row each in ascending order of event, with the keys that lead back to rows.

    ``interruptions.event`` is the outage's key and ``interruptions.load`` a position in ``load_id``. ``settled_at`` is
    the instant after which nothing more is known, NaT while somebody is still out.
    """

    interruptions: Interruptions
    pk: NDArray[np.int64]
    feeder_id: NDArray[np.int64]
    cause: NDArray[np.int64]
    load_id: NDArray[np.int64]
    settled_at: np.datetime64


def rows_to_book(network_id: int, outages: Sequence[Outage]) -> list[Interruption]:
    """What the log says of these outages, as rows; what a planned outage overran is a row of its own."""
    snapshot, feeder_ids = network.network_snapshot(network_id), network.feeder_ids(network_id)
    loads = snapshot.grid.loads
    rows: list[Interruption] = []
    told_of = network.intervals_of_events(network_id, event_numbers=[outage.number for outage in outages])
    for outage, intervals in zip(outages, told_of, strict=True):
        if not intervals:
            continue
        position = np.array([interval.load_position for interval in intervals], dtype=np.int32)
        told = build_interruptions(
            start=network.to_datetime64([interval.started_at for interval in intervals]),
            end=[_naive(interval.ended_at) for interval in intervals],
            load=position,
            kind=np.full(len(intervals), outage.kind),
        )
        split, origin = split_overrun(told, np.datetime64(_naive(outage.planned_end_at) or "NaT", "us"))
        for row, source in enumerate(origin.tolist()):
            load, feeder = int(position[source]), int(snapshot.feeder_of_load[position[source]])
            rows.append(
                Interruption(
                    network_id=network_id,
                    outage_id=outage.pk,
                    load_id=intervals[source].load_id,
                    feeder_id=feeder_ids[feeder] if feeder >= 0 else None,
                    kind=int(split.kind[row]),
                    cause=outage.cause,
                    started_at=_aware(split.start[row]),
                    ended_at=network.from_datetime64(split.end[row]),
                    opened_by_id=intervals[source].opened_by_id,
                    closed_by_id=intervals[source].closed_by_id,
                    mv_users=int(loads.mv_users[load]),
                    lv_customers=int(loads.lv_customers[load]),
                    kva=_known(loads.kva[load]),
                    kw=_known(loads.kw[load]),
                )
            )
    return rows


def _naive(instant: Any) -> Any:
    return None if instant is None else network.to_datetime64([instant])[0]


def _aware(instant: np.datetime64) -> datetime:
    found = network.from_datetime64(instant)
    assert found is not None  # what was interrupted was so from some instant on
    return found


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def books_of(network_ids: Iterable[int], *, first_year: int, last_year: int) -> tuple[Book, ...]:
    """Which books there are of these networks and years."""
    rows = Booking.objects.filter(network_id__in=list(network_ids), year__gte=first_year, year__lte=last_year)
    return tuple(Book(*key) for key in rows.order_by("network_id", "year").values_list(*Book._fields))


@remembered(_KEPT_BOOKS)
def booked(books: tuple[Book, ...], since: datetime, until: datetime) -> Booked:
    """What these books say of the time from ``since`` to ``until``, as columns: every row of each outage that reaches
    into it, for whoever loses supply again within an outage is interrupted once, where it began.
    """
    parts = [_EMPTY, *(_columns_of(book) for book in books)]
    start, end = (int(edge.astype(np.int64)) for edge in network.to_datetime64([since, until]))
    reach = [
        part["outage_id"][(part["started"] < end) & ((part["ended"] >= start) | (part["ended"] == _NOT_A_TIME))]
        for part in parts
    ]
    outages = np.unique(np.concatenate(reach))
    stays = [np.flatnonzero(np.isin(part["outage_id"], outages)) for part in parts]
    column = {
        name: np.concatenate([part[name][rows] for part, rows in zip(parts, stays, strict=True)]) for name in _EMPTY
    }
    order = np.lexsort((column["pk"], column["outage_id"]))
    column = {name: values[order] for name, values in column.items()}
    load_id, load = np.unique(column["load_id"], return_inverse=True)
    ended = column["ended"].view("datetime64[us]")
    return Booked(
        interruptions=build_interruptions(
            start=column["started"].view("datetime64[us]"),
            end=ended,
            event=column["outage_id"],
            load=load,
            kind=column["kind"],
            mv_users=column["mv_users"],
            lv_customers=column["lv_customers"],
            kva=column["kva"],
            kw=column["kw"],
        ),
        pk=column["pk"],
        feeder_id=column["feeder_id"],
        cause=column["cause"],
        load_id=load_id,
        # NaT is the least of all integers, so that one open row makes the whole NaT.
        settled_at=np.datetime64("NaT", "us") if np.isnat(ended).any() else np.append(ended, _LONG_AGO).max(),
    )


_Columns = dict[str, NDArray[Any]]
_INTEGERS = ("pk", "outage_id", "load_id", "feeder_id", "kind", "cause", "started", "ended", "mv_users", "lv_customers")
_EMPTY: _Columns = {name: np.empty(0, dtype=np.int64) for name in _INTEGERS} | {
    name: np.empty(0, dtype=np.float64) for name in ("kva", "kw")
}
_LONG_AGO = np.datetime64(0, "us")
_NOT_A_TIME = int(np.datetime64("NaT").view(np.int64))

_years: OrderedDict[tuple[int, int], tuple[int, _Columns]] = OrderedDict()


def _columns_of(book: Book) -> _Columns:
    """One book, straight from the database: a million rows are too many for model instances.

    A booking takes out the rows of an outage and writes new ones, under higher keys than any before. So what was read
    earlier is still right but for the outages among the new rows, unless one was taken out and nothing put in its
    place, which the count and the sum of the keys tell.
    """
    if connection.in_atomic_block:
        return _read(book, after=0)
    revision, column = _years.get(book[:2], (0, _EMPTY))
    if revision != book.revision:
        new = _read(book, after=int(column["pk"].max(initial=0)))
        stands = ~np.isin(column["outage_id"], new["outage_id"])
        column = {name: np.concatenate([column[name][stands], new[name]]) for name in _EMPTY}
        if _tally(book) != (len(column["pk"]), int(column["pk"].sum())):
            column = _read(book, after=0)
        _years[book[:2]] = (book.revision, column)
        while len(_years) > _KEPT_YEARS:
            _years.popitem(last=False)
    return column


def _bounds(book: Book) -> list[Any]:
    return [book.network_id, f"{book.year}-01-01 00:00:00", f"{book.year + 1}-01-01 00:00:00"]


_WITHIN = "network_id = %s AND started_at >= %s AND started_at < %s"


def _tally(book: Book) -> tuple[int, int]:
    sql = f"SELECT COUNT(*), COALESCE(SUM(id), 0) FROM {Interruption._meta.db_table} WHERE {_WITHIN}"
    with connection.cursor() as cursor:
        cursor.execute(sql, _bounds(book))
        count, total = cursor.fetchone()
    return int(count), int(total)


def _read(book: Book, *, after: int) -> _Columns:
    started, ended = _microseconds("started_at"), _microseconds("ended_at")
    sql = f"""
        SELECT id, outage_id, load_id, COALESCE(feeder_id, -1), kind, cause, {started},
               COALESCE({ended}, {_NOT_A_TIME}), mv_users, lv_customers, kva, kw
        FROM {Interruption._meta.db_table}
        WHERE {_WITHIN} AND id > %s
    """  # only names and numbers of our own are written into the text
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_bounds(book), after])
        rows = np.fromiter(cursor, dtype=[(name, column.dtype) for name, column in _EMPTY.items()])
    return {name: np.ascontiguousarray(rows[name]) for name in _EMPTY}


def _microseconds(column: str) -> str:
    """SQL for an instant as microseconds since 1970: SQLite keeps instants as text, PostgreSQL as instants."""
    if connection.vendor == "sqlite":
        # A Julian day is exact to a second, not to a microsecond; asking strftime instead takes five times as long.
        seconds = f"CAST((julianday(substr({column}, 1, 19)) - 2440587.5) * 86400.0 + 0.5 AS INTEGER)"
        return f"{seconds} * 1000000 + CAST(substr({column}, 21, 6) AS INTEGER)"
    return f"CAST(EXTRACT(EPOCH FROM {column}) * 1000000 AS BIGINT)"
