"""The smallest number of seats that meets every target."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from denghuo.engines.queueing import _erlang_kernels as erlang

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Bits of the targets that are missed.
ANSWERED = 1
SERVICE = 2
WAITS = 4
MEAN_WAIT = 8
OCCUPANCY = 16

# Columns of the targets.
TARGET_ANSWERED = 0
TARGET_SERVICE = 1
TARGET_WAITS = 2
TARGET_MEAN_WAIT_S = 3
TARGET_OCCUPANCY = 4
MINIMUM = 5
TARGET_COLUMNS = 6

OF_ANSWERED = 1
LATE_ABANDONS_COUNT = 2
SHORT_ABANDONS_LEFT_OUT = 3
SHORT_ABANDONS_MET = 4


@njit(cache=True)
def service_level(row: Floats, definition: int, count_blocked: bool) -> float:
    """Calls answered in time, divided by what the definition says."""
    met, base = row[erlang.ANSWERED_IN_TIME], 1.0
    if not count_blocked:
        base -= row[erlang.BLOCKED]
    if definition == OF_ANSWERED:
        base = row[erlang.ANSWERED]
    elif definition == LATE_ABANDONS_COUNT:
        base = row[erlang.ANSWERED] + row[erlang.ABANDONS] - row[erlang.ABANDONED_IN_TIME]
    elif definition == SHORT_ABANDONS_LEFT_OUT:
        base -= row[erlang.ABANDONED_IN_TIME]
    elif definition == SHORT_ABANDONS_MET:
        met += row[erlang.ABANDONED_IN_TIME]
    return met / base if base > 0.0 else 0.0


@njit(cache=True)
def missed(row: Floats, given: Floats, targets: Floats, definition: int, count_blocked: bool) -> int:
    """Which targets are missed; a target that is NaN never is."""
    row[:] = np.nan
    queue = (given[1], given[2], given[3], given[4], given[5])
    erlang.figures_with_redials(row, given[0], queue, (given[6], given[7], given[8]))
    seats, found = given[3], 0
    stable = row[erlang.STABLE] == 1.0
    joined = 1.0 - row[erlang.BLOCKED]
    wait_s = row[erlang.QUEUE] / (row[erlang.CALL_RATE] * joined) if joined > 0.0 else np.inf
    if not np.isnan(targets[TARGET_ANSWERED]) and not (stable and row[erlang.ANSWERED] >= targets[TARGET_ANSWERED]):
        found |= ANSWERED
    if not np.isnan(targets[TARGET_SERVICE]):
        level = service_level(row, definition, count_blocked)
        if not level >= targets[TARGET_SERVICE]:
            found |= SERVICE
    if row[erlang.WAITS] + row[erlang.BLOCKED] > targets[TARGET_WAITS]:
        found |= WAITS
    if wait_s > targets[TARGET_MEAN_WAIT_S]:
        found |= MEAN_WAIT
    if not stable or seats == 0.0 or row[erlang.BUSY] > targets[TARGET_OCCUPANCY] * seats:
        found |= OCCUPANCY if not np.isnan(targets[TARGET_OCCUPANCY]) else 0
    return found


@njit(cache=True)
def least_seats(row: Floats, given: Floats, targets: Floats, definition: int, count_blocked: bool) -> tuple[int, int]:
    """The least seats at which nothing is missed, and what is missed with one seat less.

    Every target is easier to meet with more seats. The search goes up from the load by doubling steps, then halves.
    """
    minimum = int(targets[MINIMUM])
    if given[0] == 0.0:
        return minimum, 0
    load = given[0] * given[1]
    low = minimum - 1  # misses, or may not be chosen
    if targets[TARGET_ANSWERED] > 0.0:
        low = max(low, math.ceil(targets[TARGET_ANSWERED] * load * (1.0 - 1e-12)) - 1)
    high = max(low + 1, math.ceil(load))
    step = 1 + int(0.5 * math.sqrt(load))
    below = -1  # what is missed at ``low``, once that is known
    given[3] = high
    found = missed(row, given, targets, definition, count_blocked)
    while found:
        low, below = high, found
        high += step
        step *= 2
        given[3] = high
        found = missed(row, given, targets, definition, count_blocked)
    while high - low > 1:
        middle = (low + high) // 2
        given[3] = middle
        found = missed(row, given, targets, definition, count_blocked)
        if found:
            low, below = middle, found
        else:
            high = middle
    if high <= minimum:
        return high, 0
    if below < 0:
        given[3] = low
        below = missed(row, given, targets, definition, count_blocked)
    return high, below


@njit(cache=True, nogil=True)
def many_least_seats(
    inputs: Floats, targets: Floats, definition: int, count_blocked: bool, seats: Ints, binding: Ints
) -> None:
    """One search for each row of inputs and targets."""
    row = np.empty(erlang.COLUMN_COUNT)
    given = np.empty(inputs.shape[1])
    for position in range(len(inputs)):
        given[:] = inputs[position]
        found = least_seats(row, given, targets[position], definition, count_blocked)
        seats[position], binding[position] = found
