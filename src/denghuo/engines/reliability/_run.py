"""Run the kernels over parts of the rows, on threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.reliability import _kernels, _row_kernels
from denghuo.engines.reliability._kernels import Rows, Rules

__all__ = ["Cells", "RowOrder", "cut_at_events", "in_parallel", "read_only", "sum_cells", "survey_rows"]

# Sums are added part by part, so the parts must not depend on the machine: the last digit would.
_PARTS = 4
_PARALLEL_FROM = 300_000
_MOST_CELLS_AND_LOADS = 2_000_000

_NO_END = int(np.datetime64("NaT").view(np.int64))

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class RowOrder:
    """Whether rows ascend by event, and by load within it; whether any is open; which kinds occur, by their code."""

    by_event: bool
    by_load: bool
    any_open: bool
    kinds: NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Sums by column of the kernels, and counts of users, of each cell."""

    sums: NDArray[np.float64]
    user_counts: NDArray[np.float64]


def in_parallel(work: Callable[[int, int], _Part], bounds: Iterable[int]) -> list[_Part]:
    """``work(first, stop)`` for each pair of neighbors in ``bounds``, in order."""
    pairs = list(pairwise(bounds))
    if len(pairs) == 1:
        return [work(*pairs[0])]
    with ThreadPoolExecutor(min(len(pairs), os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda pair: work(*pair), pairs))


def cut_at_events(event: NDArray[np.int64], *, parts: int = _PARTS) -> list[int]:
    """Bounds of parts of about the same number of rows that keep each event, in ascending order, together."""
    if len(event) < _PARALLEL_FROM:
        return [0, len(event)]
    inner = [int(np.searchsorted(event, event[len(event) * k // parts])) for k in range(1, parts)]
    return sorted({0, *inner, len(event)})


def read_only(column: NDArray[Any]) -> NDArray[Any]:
    """A view in one piece that cannot be written to: one layout, for which each kernel is compiled once."""
    view = np.ascontiguousarray(column).view()
    view.setflags(write=False)
    return view


def survey_rows(
    event: NDArray[np.int64],
    load: NDArray[np.int32] | None,
    kind: NDArray[np.int8],
    end: NDArray[np.datetime64],
) -> RowOrder:
    """Look once through the rows of :class:`Interruptions`."""
    loads = read_only(np.zeros(0, dtype=np.int32)) if load is None else load
    ends = end.view(np.int64)
    parts = in_parallel(
        lambda first, stop: _row_kernels.survey(first, stop, event, loads, kind, ends, _NO_END), cut_at_events(event)
    )
    by_event, by_load, any_open, kinds = zip(*parts, strict=True)
    return RowOrder(all(by_event), all(by_load), any(any_open), np.any(kinds, axis=0))


def sum_cells(rows: Rows, rules: Rules) -> Cells:
    """Everything the figures of each cell are made of."""
    cells, loads = (len(rules.edges) - 1) * rules.group_count, int(rows.load.max(initial=-1)) + 1
    columns = 1 + 2 * (len(rules.at_least) + len(rules.longer_us))
    # Every part has cells and loads of its own, so where these are many there are few parts.
    parts = max(_MOST_CELLS_AND_LOADS // max(cells + loads, 1), 1)
    bounds = cut_at_events(rows.event, parts=min(parts, _PARTS))

    def part_of_sums(first: int, stop: int) -> NDArray[np.float64]:
        sums = np.zeros((cells, _kernels.SUM_COUNT))
        _kernels.sum_rows(first, stop, rows, rules, sums)
        _kernels.sum_events(first, stop, rows, rules, sums)
        return sums

    sums = sum(in_parallel(part_of_sums, bounds))
    if rows.load.size:
        users = _follow(rows, rules, bounds, np.zeros((len(bounds) - 1, cells, columns)), loads)
    else:
        users = np.full((cells, columns), np.nan if len(rows.start) else 0.0)
    return Cells(sums=np.asarray(sums), user_counts=users)


def _follow(
    rows: Rows, rules: Rules, bounds: list[int], counts: NDArray[np.float64], load_count: int
) -> NDArray[np.float64]:
    """Counts of users by cell."""
    wide = counts.shape[2] > 1 or rows.length.size > 0
    state = _kernels.LOAD_STATE if wide else _kernels.USERS_STATE
    heads, tails = (np.zeros((len(counts), load_count), state) for _ in range(2))
    event_of = np.zeros((len(counts), load_count if rows.length.size else 0), np.int64)

    def part(first: int, stop: int) -> bool:
        k = bounds.index(first)
        if wide:
            followed = _kernels.follow_loads(first, stop, rows, rules, event_of[k], heads[k], tails[k], counts[k])
        else:
            followed = _kernels.follow_users(first, stop, rows, rules, heads[k], tails[k], counts[k])
        return bool(followed)

    merge = _kernels.merge_loads if wide else _kernels.merge_users
    if all(in_parallel(part, bounds)) and merge(heads, tails, rules, counts[0]):
        return np.asarray(counts.sum(axis=0))
    return _count_by_cell(rows, rules, len(counts[0]), load_count)


def _count_by_cell(rows: Rows, rules: Rules, cell_count: int, load_count: int) -> NDArray[np.float64]:
    """Counts of users where rows do not leave a cell for good."""
    threads = (os.cpu_count() or 1) if len(rows.start) >= _PARALLEL_FROM else 1
    start_of, of_cell = _kernels.rows_by_cell(rows, rules)
    shares = np.linspace(0, start_of[-1], threads + 1)[1:-1]
    cells = [0, *np.searchsorted(start_of, shares).tolist(), cell_count]
    parts = in_parallel(
        lambda first, stop: _kernels.count_users(first, stop, start_of, of_cell, load_count, rows, rules), cells
    )
    return np.asarray(sum(parts))
