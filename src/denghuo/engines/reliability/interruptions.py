"""Interruptions as columns: who lost supply, in which event, from when to when."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.reliability._row_kernels import mark_out_twice
from denghuo.engines.reliability._run import RowOrder, read_only, survey_rows
from denghuo.engines.standards import OutageKind

__all__ = [
    "InterruptionCode",
    "InterruptionFinding",
    "Interruptions",
    "as_equivalent",
    "build_interruptions",
    "check_interruptions",
    "split_overrun",
]

Instants = NDArray[np.datetime64]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Interruptions:
    """One row per load and loss of supply, or per step of a restoration where the loads are not known.

    ``event`` int64 code of the outage event; ``load`` int32 position of the load, -1 unknown, or None where no row has
    one;
    ``kind`` int8 :class:`OutageKind`; ``start``, ``end`` datetime64[us] UTC, half-open, end NaT while supply is still
    out;
    ``mv_users``, ``lv_customers`` int64 how many this row interrupts, on both bases;
    ``kva`` connected capacity interrupted [kVA] and ``kw`` demand interrupted [kW], None or NaN where unknown.

    Build it with :func:`build_interruptions`; check it with :func:`check_interruptions`.
    """

    event: Counts
    load: NDArray[np.int32] | None
    kind: NDArray[np.int8]
    start: Instants
    end: Instants
    mv_users: Counts
    lv_customers: Counts
    kva: Floats | None
    kw: Floats | None

    def __post_init__(self) -> None:
        for field in fields(self):
            column = getattr(self, field.name)
            object.__setattr__(self, field.name, None if column is None else read_only(column))

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def order(self) -> RowOrder:
        """What the kernels must know of the rows before they start; found once."""
        return survey_rows(self.event, self.load, self.kind, self.end)

    def take(self, rows: NDArray[Any]) -> Interruptions:
        """The rows given by position or by a mask, as new interruptions."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        taken: dict[str, Any] = {name: None if column is None else column[rows] for name, column in columns.items()}
        return Interruptions(**taken)

    def replace(self, **columns: NDArray[Any]) -> Interruptions:
        """The same rows with some columns exchanged."""
        return Interruptions(**{field.name: getattr(self, field.name) for field in fields(self)} | columns)


def build_interruptions(
    *,
    start: ArrayLike,
    end: ArrayLike,
    event: ArrayLike | None = None,
    load: ArrayLike | None = None,
    kind: ArrayLike | None = None,
    mv_users: ArrayLike | None = None,
    lv_customers: ArrayLike | None = None,
    kva: ArrayLike | None = None,
    kw: ArrayLike | None = None,
) -> Interruptions:
    """Build :class:`Interruptions` from columns; instants are naive UTC.

    Left out: each row is its own ``event``, no ``load`` is known, ``kind`` is unclassified, counts are 0.

    Raises:
        ValueError: columns of different lengths.

    Example:
        >>> rows = build_interruptions(start=["2026-05-01T00:00"], end=["2026-05-01T02:30"], mv_users=[12])
        >>> len(rows), int(rows.mv_users[0]), (rows.end - rows.start)[0].astype("m8[m]").item().total_seconds() / 3600
        (1, 12, 2.5)
    """
    size = len(np.asarray(start))
    columns: dict[str, Any] = {
        "event": np.array(np.arange(size) if event is None else event, dtype=np.int64),
        "load": None if load is None else np.array(load, dtype=np.int32),
        "kind": np.array(np.zeros(size) if kind is None else kind, dtype=np.int8),
        "start": np.array(start, dtype="datetime64[us]"),
        "end": np.array(end, dtype="datetime64[us]"),
        "mv_users": np.array(np.zeros(size) if mv_users is None else mv_users, dtype=np.int64),
        "lv_customers": np.array(np.zeros(size) if lv_customers is None else lv_customers, dtype=np.int64),
        "kva": None if kva is None else np.array(kva, dtype=np.float64),
        "kw": None if kw is None else np.array(kw, dtype=np.float64),
    }
    lengths = {name: len(column) for name, column in columns.items() if column is not None}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Interruption columns differ in length: {lengths}")
    return Interruptions(**columns)


class InterruptionCode(StrEnum):
    """What can be wrong with interruptions."""

    NO_START = "no_start"
    END_BEFORE_START = "end_before_start"
    NEGATIVE_COUNT = "negative_count"
    UNKNOWN_KIND = "unknown_kind"
    OUT_TWICE_AT_ONCE = "out_twice_at_once"


@dataclass(frozen=True, kw_only=True)
class InterruptionFinding:
    """One thing wrong, with the positions of the rows concerned."""

    code: InterruptionCode
    rows: NDArray[np.int64]


def check_interruptions(interruptions: Interruptions) -> list[InterruptionFinding]:
    """Everything wrong with ``interruptions`` at once; empty when nothing is.

    A load that is out in two events at one time would be counted twice: both rows are named. Rows of one event may
    overlap at one load, where parts of its customers came back at different times.

    Example:
        >>> rows = build_interruptions(start=["2026-05-01T02:00"], end=["2026-05-01T01:00"], mv_users=[-1])
        >>> [(finding.code.value, finding.rows.tolist()) for finding in check_interruptions(rows)]
        [('end_before_start', [0]), ('negative_count', [0])]
    """
    negative = (interruptions.mv_users < 0) | (interruptions.lv_customers < 0)
    for column in (interruptions.kva, interruptions.kw):
        if column is not None:
            negative |= column < 0
    wrong = {
        InterruptionCode.NO_START: np.isnat(interruptions.start),
        InterruptionCode.END_BEFORE_START: interruptions.end < interruptions.start,
        InterruptionCode.NEGATIVE_COUNT: negative,
        InterruptionCode.UNKNOWN_KIND: ~np.isin(interruptions.kind, [int(kind) for kind in OutageKind]),
        InterruptionCode.OUT_TWICE_AT_ONCE: _out_twice(interruptions),
    }
    return [InterruptionFinding(code=code, rows=np.flatnonzero(mask)) for code, mask in wrong.items() if mask.any()]


def _out_twice(interruptions: Interruptions) -> NDArray[np.bool_]:
    """Rows of one load that overlap a row of another event."""
    twice = np.zeros(len(interruptions), dtype=np.bool_)
    if interruptions.load is None:
        return twice
    known = np.flatnonzero((interruptions.load >= 0) & ~np.isnat(interruptions.start))
    order = known[np.lexsort((interruptions.start[known], interruptions.load[known]))]
    end = np.where(np.isnat(interruptions.end), np.datetime64(2**62, "us"), interruptions.end)
    mark_out_twice(
        order, interruptions.event, interruptions.load, interruptions.start.view(np.int64), end.view(np.int64), twice
    )
    return twice


def split_overrun(
    interruptions: Interruptions, approved_end: ArrayLike, *, overrun_event: ArrayLike | None = None
) -> tuple[Interruptions, NDArray[np.int64]]:
    """Record what a planned outage took beyond its approved end apart, as a temporary outage.

    Rows of a planned kind that end (or are still out) after their ``approved_end`` are cut there; the rest follows as a
    second row of the temporary kind that matches. A row that began after its approved end becomes temporary as a whole.
    Rows of other kinds, and rows whose approved end is NaT, stay as they are. User-hours do not change.

    Args:
        interruptions: the rows as they happened.
        approved_end: datetime64[us] per row, NaT where none was approved.
        overrun_event: event code per row for the second record. Left out, it stays in the event of the first, and the
        users,
            who lost supply once, are counted once; given, the standard's second record is also a second event.

    Returns:
        The rows, with the second records appended, and for each the position of the row it came from.

    Source: DL/T 836 requires the split; the heading is temporary outage (临时停电).

    Example:
        >>> rows = build_interruptions(start=["2026-05-01T00:00"], end=["2026-05-01T10:00"],
        ...                            kind=[OutageKind.PLANNED_MAINTENANCE_INTERNAL], mv_users=[3])
        >>> split, origin = split_overrun(rows, ["2026-05-01T09:00"])
        >>> [OutageKind(kind).name for kind in split.kind], (split.end - split.start).astype("m8[h]").astype(int)
        (['PLANNED_MAINTENANCE_INTERNAL', 'TEMPORARY_MAINTENANCE'], array([9, 1]))
    """
    approved = np.broadcast_to(np.asarray(approved_end, dtype="datetime64[us]"), len(interruptions))
    planned = (interruptions.kind >= OutageKind.PLANNED) & (interruptions.kind < OutageKind.TEMPORARY)
    over = planned & ~np.isnat(approved) & (np.isnat(interruptions.end) | (interruptions.end > approved))
    late = over & (interruptions.start >= approved)
    cut = np.flatnonzero(over & ~late)
    origin = np.concatenate([np.arange(len(interruptions)), cut])
    second = np.arange(len(origin)) >= len(interruptions)
    start, end = interruptions.start[origin], interruptions.end[origin]
    kind, event = interruptions.kind[origin], interruptions.event[origin]
    start[second] = approved[cut]
    end[cut] = approved[cut]
    temporary = second.copy()
    temporary[: len(interruptions)] |= late
    kind[temporary] = _TEMPORARY[kind[temporary]]
    if overrun_event is not None:
        event[second] = np.broadcast_to(np.asarray(overrun_event, dtype=np.int64), len(interruptions))[cut]
    return interruptions.take(origin).replace(start=start, end=end, kind=kind, event=event), origin


def _temporary_kinds() -> NDArray[np.int8]:
    kinds = np.arange(128, dtype=np.int8)
    kinds[OutageKind.PLANNED : OutageKind.TEMPORARY] = OutageKind.TEMPORARY
    kinds[[OutageKind.PLANNED_MAINTENANCE_INTERNAL, OutageKind.PLANNED_MAINTENANCE_EXTERNAL]] = (
        OutageKind.TEMPORARY_MAINTENANCE
    )
    kinds[[OutageKind.PLANNED_CONSTRUCTION_INTERNAL, OutageKind.PLANNED_CONSTRUCTION_EXTERNAL]] = (
        OutageKind.TEMPORARY_CONSTRUCTION
    )
    kinds[OutageKind.PLANNED_CUSTOMER_REQUEST] = OutageKind.TEMPORARY_CUSTOMER_REQUEST
    return kinds


_TEMPORARY = _temporary_kinds()


def as_equivalent(interruptions: Interruptions, supplied_share: ArrayLike) -> Interruptions:
    """Shorten rationing to its equivalent duration: ration time x (1 - supplied / required).

    Args:
        interruptions: the rows as they happened; only rationing kinds change, and only where they have an end.
        supplied_share: share of the required power that was still supplied, one or per row, 0..1.

    Raises:
        ValueError: a share outside 0..1.

    Source: DL/T 836, equivalent outage duration (等效停电时间).

    Example:
        >>> rows = build_interruptions(start=["2026-08-01T00:00"], end=["2026-08-01T08:00"],
        ...                            kind=[OutageKind.RATIONING_GRID], mv_users=[5])
        >>> str(as_equivalent(rows, 0.75).end[0])
        '2026-08-01T02:00:00.000000'
    """
    share = np.broadcast_to(np.asarray(supplied_share, dtype=np.float64), len(interruptions))
    if np.any((share < 0) | (share > 1)):
        raise ValueError("A supplied share lies between 0 and 1")
    rationed = (interruptions.kind >= OutageKind.RATIONING) & (interruptions.kind < OutageKind.LOAD_TRANSFER)
    shorten = rationed & ~np.isnat(interruptions.end)
    length_us = (interruptions.end - interruptions.start)[shorten].astype(np.int64)
    end = interruptions.end.copy()
    end[shorten] = interruptions.start[shorten] + np.rint(length_us * (1 - share[shorten])).astype("timedelta64[us]")
    return interruptions.replace(end=end)
