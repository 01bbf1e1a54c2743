"""From interruptions to rows that the kernels can run over."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.reliability import _row_kernels
from denghuo.engines.reliability._kernels import Rows
from denghuo.engines.reliability._run import cut_at_events, in_parallel, read_only
from denghuo.engines.reliability.interruptions import Interruptions
from denghuo.engines.standards import Basis, Variant, counted_kinds

__all__ = ["prepare"]

_NO_INTS = read_only(np.zeros(0, dtype=np.int64))
_NO_FLOATS = read_only(np.zeros(0))
_NO_POSITIONS = read_only(np.zeros(0, dtype=np.int32))
_NO_FLAGS = read_only(np.zeros(0, dtype=np.bool_))


def prepare(
    interruptions: Interruptions,
    *,
    group: NDArray[np.int32] | None,
    basis: Basis,
    variant: Variant,
    last_edge: np.datetime64,
    as_of: np.datetime64 | None,
    join_repeats: bool,
) -> tuple[Rows, NDArray[np.int64] | None]:
    """Rows of the kinds that count, by event, open ones closed; and their positions, None where all stand as given.

    Rows of one event and load are joined whatever their group, so that groups add up to the whole.
    """
    if group is not None and len(group) != len(interruptions):
        raise ValueError(f"Groups are given for {len(group)} rows, interruptions for {len(interruptions)}")
    kept = _kept(interruptions, variant=variant, as_of=as_of)
    if kept is not None:
        interruptions = interruptions.take(kept)
        group = None if group is None else group[kept]
    start = interruptions.start.view(np.int64)
    end = read_only(_closed(interruptions, last_edge=last_edge, as_of=as_of).view(np.int64))
    users = interruptions.mv_users if basis is Basis.MV_USERS else interruptions.lv_customers
    length, counted = _NO_INTS, _NO_FLOATS
    if join_repeats and interruptions.load is not None and not interruptions.order.by_load:
        length, counted = _joined(interruptions.event, interruptions.load, start, end, users)
    rows = Rows(
        event=interruptions.event,
        load=_NO_POSITIONS if interruptions.load is None else interruptions.load,
        start=start,
        end=end,
        is_open=np.isnat(interruptions.end) if interruptions.order.any_open else _NO_FLAGS,
        users=users,
        kva=_NO_FLOATS if interruptions.kva is None else interruptions.kva,
        kw=_NO_FLOATS if interruptions.kw is None else interruptions.kw,
        length=length,
        counted=counted,
        group=_NO_POSITIONS if group is None else group,
    )
    frozen: dict[str, Any] = {name: read_only(column) for name, column in rows._asdict().items()}
    return Rows(**frozen), kept


def _joined(
    event: NDArray[np.int64],
    load: NDArray[np.int32],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    users: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Whole duration and share of users newly interrupted of each row; empty where no load repeats within an event."""
    load_count = int(load.max(initial=-1)) + 1
    found = in_parallel(
        lambda first, stop: _row_kernels.repeats(first, stop, event, load, load_count), cut_at_events(event)
    )
    repeated = np.concatenate(found)
    if not repeated.size:
        return _NO_INTS, _NO_FLOATS
    order = repeated[np.lexsort((start[repeated], load[repeated], event[repeated]))]
    length, counted = end - start, np.ones(len(start))
    _row_kernels.join_rows(order, event, load, start, end, users, length, counted)
    return length, counted


def _kept(interruptions: Interruptions, *, variant: Variant, as_of: np.datetime64 | None) -> NDArray[np.int64] | None:
    """Positions of the rows that count, by event; None where that is every row as it stands."""
    counted = np.zeros(256, dtype=np.bool_)
    counted[:128] = counted_kinds(variant)
    keep = np.ones(len(interruptions), dtype=np.bool_) if as_of is None else interruptions.start < as_of
    if np.any(interruptions.order.kinds & ~counted):
        keep &= counted[interruptions.kind.view(np.uint8)]
    if interruptions.order.by_event and keep.all():
        return None
    kept = np.flatnonzero(keep)
    return kept if interruptions.order.by_event else kept[np.argsort(interruptions.event[kept], kind="stable")]


def _closed(
    interruptions: Interruptions, *, last_edge: np.datetime64, as_of: np.datetime64 | None
) -> NDArray[np.datetime64]:
    """Ends without NaT; nothing after ``as_of`` is known, so nothing ends later."""
    if as_of is not None:
        return np.fmin(interruptions.end, as_of)
    if interruptions.order.any_open:
        return np.where(np.isnat(interruptions.end), np.maximum(interruptions.start, last_edge), interruptions.end)
    return interruptions.end
