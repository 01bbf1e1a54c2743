"""What a figure is made of: the rows behind it, and what each gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.reliability._kernels import Rows
from denghuo.engines.reliability._prepare import prepare
from denghuo.engines.reliability.groups import Groups
from denghuo.engines.reliability.interruptions import Interruptions
from denghuo.engines.standards import Basis, Standard, Variant, counts_short

__all__ = ["Parts", "explain"]

_US_PER_H = 3.6e9

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The rows behind one cell of an :class:`IndexTable`; each column but the marked ones adds up to the table's.

    ``row`` position in the interruptions given; ``start``, ``end`` its part within the period, datetime64[us];
    ``hours`` how long that is [h] (not additive) and ``users`` who it is about (not additive);
    ``user_hours`` [h], ``user_interruptions``, ``short_user_interruptions``, ``short_user_events``, ``kva_hours``,
    ``kva_interruptions``, ``energy_kwh`` what it gives to the sum of that name, 0 where it does not count;
    ``carried`` began before the period, ``cut`` goes on after it, ``is_open`` has no end yet, ``is_short`` is short.
    """

    row: NDArray[np.int64]
    start: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    hours: Floats
    users: NDArray[np.int64]
    user_hours: Floats
    user_interruptions: Floats
    short_user_interruptions: Floats
    short_user_events: Floats
    kva_hours: Floats
    kva_interruptions: Floats
    energy_kwh: Floats
    carried: Flags
    cut: Flags
    is_open: Flags
    is_short: Flags

    def __len__(self) -> int:
        return len(self.row)


def explain(
    interruptions: Interruptions,
    *,
    period: ArrayLike,
    standard: Standard,
    by: Groups | None = None,
    group: int = 0,
    basis: Basis = Basis.MV_USERS,
    variant: Variant = Variant.ALL,
    as_of: np.datetime64 | None = None,
    load_factor: float = np.nan,
    join_repeats: bool = True,
) -> Parts:
    """The rows behind the figures of one group in one period, so that their parts add up to the sums of the table.

    Args:
        period: start and end, datetime64[us] UTC.
        group: which of the groups ``by``.
        interruptions, standard, by, basis, variant, as_of, load_factor, join_repeats: as for :func:`compute_indices`.

    Raises:
        ValueError: a period that is not a start and a later end, or groups of another length.

    Example:
        >>> from denghuo.engines.reliability import build_interruptions
        >>> rows = build_interruptions(start=["2026-01-31T23:00"], end=["2026-02-01T01:30"], mv_users=[30])
        >>> part = explain(rows, period=["2026-02-01", "2026-03-01"], standard=Standard.DLT836)
        >>> part.row.tolist(), part.user_hours.tolist(), part.user_interruptions.tolist(), part.carried.tolist()
        ([0], [45.0], [0.0], [True])
    """
    edges = np.array(period, dtype="datetime64[us]")
    if edges.shape != (2,) or edges[1] <= edges[0]:
        raise ValueError("A figure is explained for one period: a start and a later end")
    rows, kept = prepare(
        interruptions,
        group=None if by is None else by.code,
        basis=basis,
        variant=variant,
        last_edge=edges[1],
        as_of=as_of,
        join_repeats=join_repeats,
    )
    opens, closes = edges.view(np.int64)
    # The group is chosen last: whether a row is an interruption of its own is the same question for every group.
    of_group = True if by is None else rows.group == group
    inside = np.flatnonzero(of_group & (rows.start < closes) & ((rows.start >= opens) | (rows.end > opens)))
    row = inside if kept is None else kept[inside]
    return _parts(row, inside, rows, edges, standard.short_s * 1_000_000, counts_short(standard, variant), load_factor)


def _parts(
    row: NDArray[np.int64],
    inside: NDArray[np.int64],
    rows: Rows,
    edges: NDArray[np.datetime64],
    short_us: int,
    with_short: bool,
    load_factor: float,
) -> Parts:
    opens, closes = edges.view(np.int64)
    start, end = np.maximum(rows.start[inside], opens), np.minimum(rows.end[inside], closes)
    begins = rows.start[inside] >= opens
    alone = (rows.end - rows.start)[inside]
    is_short = (rows.length[inside] if rows.length.size else alone) <= short_us
    counts = ~is_short | with_short
    users = rows.users[inside]
    newly = np.where(begins, rows.counted[inside] if rows.counted.size else 1.0, 0.0)
    hours = (end - start) / _US_PER_H
    unknown = np.full(len(inside), np.nan)
    kva = rows.kva[inside] if rows.kva.size else unknown
    kw = rows.kw[inside] if rows.kw.size else unknown
    return Parts(
        row=row,
        start=start.view("datetime64[us]"),
        end=end.view("datetime64[us]"),
        hours=hours,
        users=users,
        user_hours=np.where(counts, users * hours, 0.0),
        user_interruptions=np.where(counts, users * newly, 0.0),
        short_user_interruptions=np.where(begins & (alone <= short_us), users, 0.0),
        short_user_events=np.where(is_short, users * newly, 0.0),
        kva_hours=np.where(counts, kva * hours, 0.0),
        kva_interruptions=np.where(counts & begins, kva * newly, 0.0),
        energy_kwh=np.where(counts, np.where(np.isnan(kw), kva * load_factor, kw) * hours, 0.0),
        carried=~begins,
        cut=rows.end[inside] > closes,
        is_open=rows.is_open[inside] if rows.is_open.size else np.zeros(len(inside), dtype=np.bool_),
        is_short=is_short,
    )
