"""What customers and meters have told, by load: distinct customers, and only what still counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.grid import Grid

__all__ = ["Evidence", "Told", "build_evidence", "gather_evidence"]

Ints = NDArray[Any]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Instants = NDArray[np.datetime64]


class Told(IntEnum):
    """What a customer or a meter says."""

    NO_SUPPLY = 0
    SUPPLY = 1
    METER_OFF = 2
    METER_ON = 3


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known at one instant. Build it with :func:`build_evidence` or :func:`gather_evidence`.

    By load [load]: ``customers`` who could report; ``meters`` that could tell of their loss of supply, ``meters_off``
    those that did; ``lit`` customers and meters known to have supply. By report [report], one for each customer who
    says that supply is gone: ``report_load``, and ``age_min`` how long ago it came [min], NaN unknown.
    """

    customers: Longs
    report_load: Ints
    age_min: Floats
    meters: Longs
    meters_off: Longs
    lit: Longs

    @cached_property
    def reports(self) -> Longs:
        """Distinct customers who report no supply, by load."""
        inside = (self.report_load >= 0) & (self.report_load < len(self.customers))
        return np.bincount(self.report_load[inside], minlength=len(self.customers)).astype(np.int64)


def build_evidence(
    grid: Grid,
    *,
    report_load: ArrayLike = (),
    age_min: ArrayLike | None = None,
    customers: ArrayLike | None = None,
    meters: ArrayLike | None = None,
    meters_off: ArrayLike | None = None,
    lit: ArrayLike | None = None,
) -> Evidence:
    """Evidence from columns; what is left out is none, ages unknown, customers those of the grid.

    A load of which the grid counts no LV customers has as many as MV users.

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> grid = build_grid(
        ...     nodes={"id": ["a"]}, branches={}, loads={"id": ["T1", "T2"], "node": [0, 0], "lv_customers": [60, 40]}
        ... )
        >>> build_evidence(grid, report_load=[1, 1]).reports.tolist()
        [0, 2]
    """
    loads = grid.loads
    counted = np.where(loads.lv_customers > 0, loads.lv_customers, loads.mv_users) if customers is None else customers
    none = np.zeros(len(loads.id), np.int64)
    load = _column(report_load, np.int64)
    columns: dict[str, Any] = {
        "customers": _column(counted, np.int64),
        "report_load": load,
        "age_min": _column(np.full(len(load), np.nan) if age_min is None else age_min, np.float64),
        "meters": _column(none if meters is None else meters, np.int64),
        "meters_off": _column(none if meters_off is None else meters_off, np.int64),
        "lit": _column(none if lit is None else lit, np.int64),
    }
    return Evidence(**columns)


def gather_evidence(
    grid: Grid,
    *,
    told: ArrayLike,
    load: ArrayLike,
    who: ArrayLike,
    told_at: ArrayLike,
    at: np.datetime64,
    restored_at: ArrayLike | None = None,
    customers: ArrayLike | None = None,
    meters: ArrayLike | None = None,
) -> Evidence:
    """Evidence at an instant from everything told so far.

    Args:
        grid: The network whose loads are meant.
        told: :class:`Told` [row]. load: Position of the load that ``who`` belongs to. who: Customer or meter, any whole
            number of its own. told_at: When [row], UTC.
        at: Now; rows told later wait.
        restored_at: When supply of each load is known to have last returned [load], NaT never: what was told before or
            at that instant has been answered by it and counts no more.
        customers, meters: By load, as in :func:`build_evidence`.

    Returns:
        The last word of each customer and of each meter. A report keeps the age of the first since the last word to
        the contrary: who urges again has not lost supply again.

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> grid = build_grid(nodes={"id": ["a"]}, branches={}, loads={"id": ["T1"], "node": [0], "lv_customers": [60]})
        >>> minute = np.arange(5).astype("datetime64[m]")
        >>> found = gather_evidence(
        ...     grid,
        ...     told=[Told.NO_SUPPLY, Told.NO_SUPPLY, Told.NO_SUPPLY, Told.SUPPLY],
        ...     load=[0, 0, 0, 0],
        ...     who=[7, 8, 7, 8],
        ...     told_at=minute[:4],
        ...     at=minute[4],
        ... )
        >>> found.reports.tolist(), found.age_min.tolist(), found.lit.tolist()
        ([1], [4.0], [1])
    """
    rows = _Rows.sorted_by(told, load, who, told_at, at, restored_at)
    size = len(grid.loads.id)
    off = np.bincount(rows.load[rows.says(Told.METER_OFF)], minlength=size)
    lit = np.bincount(rows.load[rows.says(Told.SUPPLY) | rows.says(Told.METER_ON)], minlength=size)
    reports = rows.says(Told.NO_SUPPLY)
    age_min = (at - rows.since[reports]) / np.timedelta64(1, "m")
    metered = off if meters is None else np.maximum(_column(meters, np.int64), off)
    return build_evidence(
        grid,
        report_load=rows.load[reports],
        age_min=age_min,
        customers=customers,
        meters=metered,
        meters_off=off,
        lit=lit,
    )


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The last word of everybody, and since when they have said so."""

    told: Ints
    load: Ints
    since: Instants

    def says(self, what: Told) -> NDArray[np.bool_]:
        return np.equal(self.told, what)

    @classmethod
    def sorted_by(
        cls, told: ArrayLike, load: ArrayLike, who: ArrayLike, told_at: ArrayLike, at: np.datetime64, restored: Any
    ) -> _Rows:
        columns = [np.asarray(column) for column in (told, load, who, told_at)]
        counts = columns[3] <= at
        if restored is not None and len(columns[1]):
            counts &= ~(columns[3] <= np.asarray(restored)[columns[1]])
        kept = np.flatnonzero(counts)
        is_meter = np.isin(columns[0][kept], (Told.METER_OFF, Told.METER_ON))
        by = np.lexsort((kept, columns[3][kept], columns[2][kept], columns[1][kept], is_meter))
        rows, is_meter = kept[by], is_meter[by]
        says, at_load, person, when = (column[rows] for column in columns)
        new = np.ones(len(rows), np.bool_)  # another one speaks, or says something else than before
        other = np.ones(len(rows), np.bool_)
        other[1:] = (person[1:] != person[:-1]) | (at_load[1:] != at_load[:-1]) | (is_meter[1:] != is_meter[:-1])
        new[1:] = other[1:] | (says[1:] != says[:-1])
        first = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0)) if len(rows) else rows
        last = np.flatnonzero(np.append(other[1:], True)) if len(rows) else rows
        return cls(told=says[last], load=at_load[last].astype(np.int64), since=when[first[last]])


def _column(values: ArrayLike, dtype: Any) -> NDArray[Any]:
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array
