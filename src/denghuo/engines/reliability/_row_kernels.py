"""Loops that look through interruption rows before anything is counted: their order, and which belong together.

Bare arrays, as in ``_kernels``; no loop here calls one there, since a compiled loop is kept until its own file changes.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from denghuo.engines.reliability._kernels import Flags, Floats, Ints, Positions


@njit(cache=True, nogil=True)
def survey(
    first: int, stop: int, event: Ints, load: Positions, kind: NDArray[np.int8], end: Ints, no_end: int
) -> tuple[bool, bool, bool, Flags]:
    """Whether rows ascend by event, whether each load ascends within its event, whether any is open, which kinds
    occur."""
    by_event, by_load, any_open = True, load.size > 0, False
    kinds = np.zeros(256, np.bool_)
    last = max(first - 1, 0)
    for i in range(first, stop):
        kinds[kind[i] & 255] = True
        any_open |= end[i] == no_end
        by_event &= event[i] >= event[last]
        by_load &= load.size > 0 and (event[i] != event[last] or load[i] > load[last] or i == last)
        last = i
    return by_event, by_load, any_open, kinds


@njit(cache=True, nogil=True)
def repeats(first: int, stop: int, event: Ints, load: Positions, load_count: int) -> Ints:
    """Rows of a range whose load has another row in the same event."""
    last = np.full(load_count, -1, np.int64)
    marked = np.zeros(stop - first, np.bool_)
    for i in range(first, stop):
        if load[i] < 0:
            continue
        before = last[load[i]]
        if before >= 0 and event[before] == event[i]:
            marked[before - first] = True
            marked[i - first] = True
        last[load[i]] = i
    return np.flatnonzero(marked) + first


@njit(cache=True, nogil=True)
def join_rows(
    order: Ints, event: Ints, load: Positions, start: Ints, end: Ints, users: Ints, length: Ints, counted: Floats
) -> None:
    """Join the rows of one load in one event into interruptions.

    ``order`` lists the rows by event, load and start. A row that begins when an earlier one has ended continues it: the
    same customers lost supply again. Rows that overlap are different customers of the load. Customers count as newly
    interrupted where more are out at once than ever before in the event.
    """
    chain = np.empty(order.size, np.int64)
    first = 0
    while first < order.size:
        stop = first + 1
        row = order[first]
        while stop < order.size and event[order[stop]] == event[row] and load[order[stop]] == load[row]:
            stop += 1
        _join_run(order[first:stop], chain[first:stop], start, end, users, length, counted)
        first = stop


@njit(cache=True, nogil=True)
def _join_run(run: Ints, chain: Ints, start: Ints, end: Ints, users: Ints, length: Ints, counted: Floats) -> None:
    chain_count = 0
    chain_end = np.empty(run.size, np.int64)
    chain_us = np.zeros(run.size, np.int64)
    most_out = 0
    for k in range(run.size):
        row = run[k]
        out = users[row]
        for j in range(k):
            if end[run[j]] > start[row]:
                out += users[run[j]]
        counted[row] = 0.0 if k else 1.0
        if users[row] > 0:
            counted[row] = min(1.0, max(0, out - most_out) / users[row])
        most_out = max(most_out, out)
        chain[k] = -1
        for c in range(chain_count):
            if chain_end[c] <= start[row]:
                chain[k] = c
                break
        if chain[k] < 0:
            chain[k] = chain_count
            chain_count += 1
        chain_end[chain[k]] = end[row]
        chain_us[chain[k]] += end[row] - start[row]
    for k in range(run.size):
        length[run[k]] = chain_us[chain[k]]


@njit(cache=True, nogil=True)
def mark_out_twice(order: Ints, event: Ints, load: Positions, start: Ints, end: Ints, marked: Flags) -> None:
    """Mark rows of one load that overlap in different events; ``order`` lists the rows by load and start."""
    last = -1
    for row in order:
        if last >= 0 and load[row] == load[last] and start[row] < end[last]:
            if event[row] != event[last]:
                marked[row] = True
                marked[last] = True
            if end[row] <= end[last]:
                continue
        last = row
