"""A walk over rosters that mends one broken row at a time.

Bare arrays. A cell is a person's day and holds a value; a row is a weighted sum over cells that should lie within its
bounds. A flag is derived: it holds as soon as one of its cells has another value than the last, the day off. A row's
entries: ``cell_start`` int64[C + 1] into ``entry_row``, ``entry_coef`` int64[E, V]; the same for flags with one
coefficient each. The lock of the interpreter is released, and only ``Walk``'s own arrays are written.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Rows", "Walk", "walk"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Rows(NamedTuple):
    """What a roster is measured by. ``price`` 0 must hold. ``flagged`` rows have flags. ``cell_group``: cells between
    which people swap (a day)."""

    low: Ints
    high: Ints
    price: Ints
    flagged: Flags
    cell_start: Ints
    entry_row: Ints
    entry_coef: Ints
    row_start: Ints
    row_cell: Ints
    flag_start: Ints
    flag_row: Ints
    flag_coef: Ints
    flag_cells: Ints
    cell_flags: Ints
    allowed: Flags
    cell_group: Ints
    group_start: Ints
    group_cell: Ints


class Walk(NamedTuple):
    """Where a walk stands. ``state``: random state, steps done, cost of the best valid roster (-1: none yet)."""

    value: Ints
    total: Ints
    weight: Ints
    broken: Ints
    place: Ints
    last: Ints
    best: Ints
    state: NDArray[np.uint64]
    cost: Ints


_SAMPLE = 6  # cells of a row looked at in a step
_PAUSE = 3  # one in so many moves that make it worse is taken, the others wait until what is broken weighs more


@njit(cache=True, nogil=True)
def _random(state: NDArray[np.uint64], below: int) -> int:
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return int((x >> np.uint64(11)) % np.uint64(below))


@njit(cache=True, nogil=True)
def _outside(total: int, low: int, high: int) -> int:
    return max(low - total, total - high, 0)


@njit(cache=True, nogil=True)
def _shift(rows: Rows, walk: Walk, row: int, by: int) -> int:
    """Move a row's total; what that adds to the weighted sum of what is broken."""
    before = _outside(walk.total[row], rows.low[row], rows.high[row])
    walk.total[row] += by
    after = _outside(walk.total[row], rows.low[row], rows.high[row])
    if before == 0 and after > 0:
        walk.place[row] = walk.state[1]
        walk.broken[walk.state[1]] = row
        walk.state[1] += np.uint64(1)
    elif before > 0 and after == 0:
        at = walk.place[row]
        walk.state[1] -= np.uint64(1)
        moved = walk.broken[walk.state[1]]
        walk.broken[at] = moved
        walk.place[moved] = at
        walk.place[row] = -1
    if rows.price[row] == 0:
        walk.cost[0] += int(after > 0) - int(before > 0)
    else:
        walk.cost[1] += rows.price[row] * (after - before)
    return int(walk.weight[row] * (after - before))


@njit(cache=True, nogil=True)
def _flag(rows: Rows, walk: Walk, flag: int) -> int:
    off = rows.entry_coef.shape[1] - 1
    for at in range(rows.flag_cells.shape[1]):
        cell = rows.flag_cells[flag, at]
        if cell >= 0 and walk.value[cell] != off:
            return 1
    return 0


@njit(cache=True, nogil=True)
def _put(rows: Rows, walk: Walk, cell: int, value: int) -> int:
    """Write a cell; what that adds to the weighted sum of what is broken."""
    old, added = walk.value[cell], 0
    for entry in range(rows.cell_start[cell], rows.cell_start[cell + 1]):
        by = rows.entry_coef[entry, value] - rows.entry_coef[entry, old]
        if by != 0:
            added += _shift(rows, walk, rows.entry_row[entry], by)
    for at in range(rows.cell_flags.shape[1]):
        flag = rows.cell_flags[cell, at]
        if flag < 0:
            break
        before = _flag(rows, walk, flag)
        walk.value[cell] = value
        by = _flag(rows, walk, flag) - before
        walk.value[cell] = old
        if by != 0:
            for entry in range(rows.flag_start[flag], rows.flag_start[flag + 1]):
                added += _shift(rows, walk, rows.flag_row[entry], by * rows.flag_coef[entry])
    walk.value[cell] = value
    return added


@njit(cache=True, nogil=True)
def _added(rows: Rows, walk: Walk, cell: int, value: int) -> int:
    """What writing a cell would add to the weighted sum of what is broken."""
    old, added = walk.value[cell], 0
    for entry in range(rows.cell_start[cell], rows.cell_start[cell + 1]):
        by = rows.entry_coef[entry, value] - rows.entry_coef[entry, old]
        if by != 0:
            row = rows.entry_row[entry]
            total, low, high = walk.total[row], rows.low[row], rows.high[row]
            added += walk.weight[row] * (_outside(total + by, low, high) - _outside(total, low, high))
    for at in range(rows.cell_flags.shape[1]):
        flag = rows.cell_flags[cell, at]
        if flag < 0:
            break
        before = _flag(rows, walk, flag)
        walk.value[cell] = value
        by = _flag(rows, walk, flag) - before
        walk.value[cell] = old
        if by != 0:
            for entry in range(rows.flag_start[flag], rows.flag_start[flag + 1]):
                row = rows.flag_row[entry]
                total, low, high = walk.total[row], rows.low[row], rows.high[row]
                step = by * rows.flag_coef[entry]
                added += walk.weight[row] * (_outside(total + step, low, high) - _outside(total, low, high))
    return added


@njit(cache=True, nogil=True)
def _best_move(rows: Rows, walk: Walk, row: int, step: int) -> tuple[int, int, int, int]:
    """The move that adds least, of those that bring the row nearer to its bounds: a cell's new value, and the cell of
    the same day that takes the old one in exchange (-1: none). A flag that several cells hold up comes down one day off
    after the other, so that each of these is nearer, too."""
    best_cell, best_value, best_other, best, ties = -1, -1, -1, 1 << 60, 0
    start, count = rows.row_start[row], rows.row_start[row + 1] - rows.row_start[row]
    first, looked = _random(walk.state, count), 0
    before = _outside(walk.total[row], rows.low[row], rows.high[row])
    off, lowers = rows.entry_coef.shape[1] - 1, rows.flagged[row] and walk.total[row] > rows.high[row]
    for turn in range(count):
        cell = rows.row_cell[start + (first + turn) % count]
        if walk.last[cell] > step or looked >= _SAMPLE:
            continue
        old, group, helps = walk.value[cell], rows.cell_group[cell], False
        for value in range(rows.entry_coef.shape[1]):
            if value == old or not rows.allowed[cell, value]:
                continue
            added = _put(rows, walk, cell, value)
            after = _outside(walk.total[row], rows.low[row], rows.high[row])
            if after < before or (lowers and value == off and after == before):
                helps = True
                if added <= best:
                    ties = 1 if added < best else ties + 1
                    if _random(walk.state, ties) == 0:
                        best_cell, best_value, best_other, best = cell, value, -1, added
                for at in range(rows.group_start[group], rows.group_start[group + 1]):
                    other = rows.group_cell[at]
                    if other == cell or walk.value[other] != value or not rows.allowed[other, old]:
                        continue
                    both = added + _added(rows, walk, other, old)
                    if walk.last[other] <= step and both <= best:
                        ties = 1 if both < best else ties + 1
                        if _random(walk.state, ties) == 0:
                            best_cell, best_value, best_other, best = cell, value, other, both
            _put(rows, walk, cell, old)
        looked += helps
    return best_cell, best_value, best_other, best


@njit(cache=True, nogil=True)
def walk(rows: Rows, walk: Walk, steps: int, target: int, tenure: int) -> bool:
    """Walk so many steps, or until a roster keeps all that must hold and costs no more than the target."""
    for step in range(steps):
        if walk.cost[0] == 0 and (walk.cost[2] < 0 or walk.cost[1] < walk.cost[2]):
            walk.cost[2] = walk.cost[1]
            walk.best[:] = walk.value
        if walk.cost[2] >= 0 and walk.cost[2] <= target:
            return True
        broken = int(walk.state[1])
        if broken == 0:
            return True
        row = walk.broken[_random(walk.state, broken)]
        cell, value, other, added = _best_move(rows, walk, row, step)
        if added >= 0:
            for at in range(broken):
                walk.weight[walk.broken[at]] += 1
        if cell >= 0 and (added <= 0 or _random(walk.state, _PAUSE) == 0):
            old = walk.value[cell]
            walk.last[cell] = step + 1 + _random(walk.state, tenure)
            _put(rows, walk, cell, value)
            if other >= 0:
                walk.last[other] = step + 1 + _random(walk.state, tenure)
                _put(rows, walk, other, old)
    walk.last[:] = 0
    return False
