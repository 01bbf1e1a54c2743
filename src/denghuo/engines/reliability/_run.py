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

from denghuo.engines.reliability import _kernels
from denghuo.engines.reliability._kernels import Rows, Rules

__all__ = ["Cells", "RowOrder", "cut_at_events", "in_parallel", "read_only", "sum_cells", "survey_rows"]

# Sums are added part by part, so the parts must not depend on the machine: the last digit would.
_PARTS = 4
_PARALLEL_FROM = 100_000
_MOST_CELLS_IN_PARTS = 500_000

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
        lambda first, stop: _kernels.survey(first, stop, event, loads, kind, ends, _NO_END), cut_at_events(event)
    )
    by_event, by_load, any_open, kinds = zip(*parts, strict=True)
    return RowOrder(all(by_event), all(by_load), any(any_open), np.any(kinds, axis=0))


def sum_cells(rows: Rows, rules: Rules) -> Cells:
    """Everything the figures of each cell are made of."""
    cell_count = (len(rules.edges) - 1) * rules.group_count
    many = cell_count > _MOST_CELLS_IN_PARTS

    def part_of_sums(first: int, stop: int) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = _kernels.sum_rows(first, stop, rows, rules)
        _kernels.sum_events(first, stop, rows, rules, sums)
        return sums

    sums = sum(in_parallel(part_of_sums, cut_at_events(rows.event, parts=1 if many else _PARTS)))
    return Cells(sums=np.asarray(sums), user_counts=_count_users(rows, rules, cell_count))


def _count_users(rows: Rows, rules: Rules, cell_count: int) -> NDArray[np.float64]:
    """Distinct users by cell; unknown where rows do not say which load."""
    column_count = 1 + 2 * (len(rules.at_least) + len(rules.longer_us))
    if not rows.load.size:
        return np.full((cell_count, column_count), np.nan if len(rows.start) else 0.0)
    load_count = int(rows.load.max()) + 1
    threads = min(os.cpu_count() or 1, max(load_count, 1)) if len(rows.start) >= _PARALLEL_FROM else 1
    loads = np.linspace(0, load_count, threads + 1).astype(int).tolist()
    streamed = in_parallel(lambda first, stop: _kernels.stream_users(first, stop, rows, rules), loads)
    if all(in_order for in_order, _ in streamed):
        return np.asarray(sum(counts for _, counts in streamed))
    start_of, of_cell = _kernels.rows_by_cell(rows, rules)
    shares = np.linspace(0, start_of[-1], threads + 1)[1:-1]
    cells = [0, *np.searchsorted(start_of, shares).tolist(), cell_count]
    parts = in_parallel(
        lambda first, stop: _kernels.count_users(first, stop, start_of, of_cell, load_count, rows, rules), cells
    )
    return np.asarray(sum(parts))
