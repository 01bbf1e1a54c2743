"""Seats interval by interval through a day: the fewest with which each holds its target, given what came before.

What happens in an interval depends on seats up to it and on none after it, so one pass from the first interval to the
last is enough, and no seat of it can be spared: its own interval would miss.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from denghuo.engines.queueing import _day_kernels as kernels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ENOUGH = 1e-9  # a share this near to the target reaches it
_NOBODY = 0.05  # calls: of less than a twentieth of one no share can be told


@njit(cache=True)
def finished_anyway(state: Floats, seats_before: int, seats: int, handling_s: float, leave: float) -> float:
    """Calls that the chain loses though nobody lost them: those in hand when seats fall, which wait for a seat at the
    head of its line, and in life are finished by who had them. With j of them left, one more is lost before one gets a
    seat with the chance j·leave / (seats / handling + j·leave)."""
    found = 0.0
    for k in range(len(state)):
        chance = state[k]
        for j in range(1, min(k, seats_before) - seats + 1):
            found += chance * j * leave / (seats / handling_s + j * leave)
    return found


@njit(cache=True)
def _lived(
    row: Floats,
    state: Floats,
    rates: tuple[float, float, float, float],
    seats: int,
    rules: tuple[float, float],
    redials: tuple[float, float, float],
    before: tuple[float, float],
    poles: Floats,
    weights: Floats,
) -> Floats:
    """One interval with so many seats; ``before`` callers who will still try again, and the last rate of the lost."""
    row[:] = 0.0
    if redials[0] == 0.0 and redials[1] == 0.0 and before[0] == 0.0:
        return kernels._interval(row, state, rates, seats, rules, poles, weights)
    return kernels._with_redials(row, state, rates, seats, rules, poles, weights, redials, before[0], before[1])


@njit(cache=True)
def answered_share(row: Floats, waiting: float, fresh: float, seconds: float, finished: float) -> float:
    """Of the calls that are settled in an interval, those that are answered; 1 where hardly any are, and where nobody
    new calls. ``waiting`` how many waited as it began, ``finished`` those of the lost who were not, see
    :func:`finished_anyway`."""
    settled = (fresh + row[kernels.REDIALS]) * seconds - (row[kernels.QUEUE_END] - waiting)
    lost = max(0.0, (row[kernels.ABANDONED] + row[kernels.BLOCKED]) * seconds - finished)
    return 1.0 if fresh == 0.0 or settled <= _NOBODY else 1.0 - lost / settled


@njit(cache=True, nogil=True)
def hold(
    given: Floats,
    counts: Ints,
    most: tuple[int, int],
    target: float,
    rules: tuple[float, float],
    redials: tuple[float, float, float],
    start: tuple[Floats, float],
    poles: Floats,
    weights: Floats,
    needed: Ints,
    shares: Floats,
) -> None:
    """``given`` is [interval, (fresh rate, seconds, handling, leave)], ``counts`` [interval, (guess, fewest)], ``most``
    seats in the room and in the search; fills ``needed`` seats and the ``shares`` answered with those there are."""
    state, orbit = start
    lost, waiting, seats = 0.0, 0.0, 0
    row, end = np.zeros(kernels.DAY_COLUMNS), state
    for i in range(len(given)):
        rates = (given[i, 0], given[i, 1], given[i, 2], given[i, 3])
        before = (orbit, lost)
        fewest = counts[i, 1]
        tried = min(max(counts[i, 0], fewest), most[1])
        low, high, step = fewest - 1, -1, 1  # the most that is known to miss, the fewest known to reach
        lived = -1
        while high < 0 or high - low > 1:
            end = _lived(row, state, rates, tried, rules, redials, before, poles, weights)
            lived = tried
            finished = finished_anyway(state, seats, tried, rates[2], rates[3])
            share = answered_share(row, waiting, rates[0], rates[1], finished)
            shares[i] = share
            if share >= target - _ENOUGH:
                high = tried
                tried = max(high - step, low + 1)
                if low >= fewest:
                    tried = (low + high) // 2
            else:
                low = tried
                if low >= most[1]:
                    high = low
                    break
                step *= 2
                tried = min(low + step, most[1]) if high < 0 else (low + high) // 2
        needed[i] = high
        used = min(high, max(most[0], fewest))
        if used != lived:
            end = _lived(row, state, rates, used, rules, redials, before, poles, weights)
            finished = finished_anyway(state, seats, used, rates[2], rates[3])
            shares[i] = answered_share(row, waiting, rates[0], rates[1], finished)
        if row[kernels.ORBIT] > 0.0 or orbit > 0.0:
            orbit = row[kernels.ORBIT]
        lost = redials[0] * row[kernels.ABANDONED] + redials[1] * row[kernels.BLOCKED]
        state, waiting, seats = end, row[kernels.QUEUE_END], used
