"""What a figure is made of: the booked rows behind it and what each gives, down to the switching log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from denghuo.apps.continuity.models import Interruption
from denghuo.apps.continuity.queries.books import Books, area_of_rows
from denghuo.apps.continuity.snapshot import Booked
from denghuo.apps.network import queries as network
from denghuo.engines.reliability import Parts

_MOST_ROWS = 5_000
FILTERS = ("kind", "cause", "feeder", "area", "load", "outage")
SUMS = (
    "user_hours",
    "user_interruptions",
    "short_user_events",
    "short_user_interruptions",
    "kva_hours",
    "kva_interruptions",
    "energy_kwh",
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One booked row, and what it gives to the figures of a period."""

    interruption: Interruption
    started_at: datetime
    ended_at: datetime
    hours: float
    users: int
    user_hours: float
    user_interruptions: float
    short_user_events: float
    carried: bool
    cut: bool
    lasting: bool
    short: bool


class PartList(Sequence[Part]):
    """The parts of a figure, longest first; a slice reads its rows from the database in one query.

    ``totals`` adds up every part, so that what stands under a page of the list equals the figure.
    """

    def __init__(self, rows: Booked, parts: Parts, chosen: NDArray[np.int64]) -> None:
        self._rows, self._parts, self._chosen = rows, parts, chosen
        self.totals = {name: float(getattr(parts, name)[chosen].sum()) for name in SUMS}

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._read(self._chosen[index])
        return self._read(self._chosen[index : index + 1])[0]

    def _read(self, at: NDArray[np.int64]) -> list[Part]:
        parts, pks = self._parts, self._rows.pk[self._parts.row[at]].tolist()
        found = _with_all(Interruption.objects.filter(pk__in=pks)).in_bulk()
        return [
            Part(
                interruption=found[pk],
                started_at=_aware(parts.start[row]),
                ended_at=_aware(parts.end[row]),
                hours=float(parts.hours[row]),
                users=int(parts.users[row]),
                user_hours=float(parts.user_hours[row]),
                user_interruptions=float(parts.user_interruptions[row]),
                short_user_events=float(parts.short_user_events[row]),
                carried=bool(parts.carried[row]),
                cut=bool(parts.cut[row]),
                lasting=bool(parts.is_open[row]),
                short=bool(parts.is_short[row]),
            )
            for pk, row in zip(pks, at.tolist(), strict=True)
            if pk in found
        ]


def _with_all(rows: QuerySet[Interruption]) -> QuerySet[Interruption]:
    return rows.select_related("outage", "load", "feeder", "opened_by", "closed_by")


def _aware(instant: np.datetime64) -> datetime:
    found = network.from_datetime64(instant)
    assert found is not None  # a part has a beginning and an end
    return found


def parts(books: Books, edges: Sequence[datetime], *, filters: dict[str, Any], short: bool = False) -> PartList:
    """The rows behind the figures of one period that pass the filters: those that count, or (``short``) the short ones.

    Args:
        filters: ``kind``, ``cause`` a code; ``feeder``, ``load``, ``outage`` a key; ``area`` a key
            of :attr:`Loads.areas`. None: all pass.
    """
    rows, found, order = books.parts(edges)
    counts = found.short_user_events > 0 if short else (found.user_hours > 0) | (found.user_interruptions > 0)
    for name, value in filters.items():
        if value is not None:
            counts &= _column(name, rows, books, value)[found.row]
    return PartList(rows, found, order[counts[order]])


def _column(name: str, rows: Booked, books: Books, value: Any) -> NDArray[np.bool_]:
    if name == "area":
        areas = list(books.loads.areas)
        return area_of_rows(rows, books.loads) == (areas.index(value) if value in areas else -2)
    if name == "load":
        assert rows.interruptions.load is not None  # every booked row has a load
        passes = rows.load_id == value
        return passes[rows.interruptions.load] if len(passes) else np.zeros(0, dtype=np.bool_)
    columns = {
        "kind": rows.interruptions.kind,
        "cause": rows.cause,
        "feeder": rows.feeder_id,
        "outage": rows.interruptions.event,
    }
    return np.asarray(columns[name] == value)


def interruptions(
    *, network_ids: Iterable[int], start: datetime, end: datetime, filters: dict[str, Any], limit: int = _MOST_ROWS
) -> list[Interruption]:
    """The booked rows that reach into a period, as they stand."""
    rows = Interruption.objects.filter(network_id__in=list(network_ids), started_at__lt=end, **filters).exclude(
        ended_at__lte=start
    )
    return list(_with_all(rows).order_by("started_at", "pk")[:limit])
