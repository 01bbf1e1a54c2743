"""Loops over bare arrays. Places and cuts are numbered in preorder: parents first, every subtree a range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FREE, HELD_SHUT, HELD_OPEN = 0, 1, 2


@njit(cache=True)
def rate_of_cuts(parent: Ints, own: Floats, device: Floats, candidate: Flags, clears: Flags, passed: float) -> Floats:
    """How often the device feeding each place opens [1/year]: by itself, and for what fails behind it.

    What fails in a place goes up to the first candidate that clears, of which a share ``passed`` goes on to the next;
    where none is left above, to the topmost candidate on the way.
    """
    rate = np.zeros(len(parent))
    carried = own.copy()
    topmost = np.full(len(parent), -1, np.int64)
    above = np.zeros(len(parent), np.bool_)  # whether one that clears stands further up
    for place in range(len(parent)):
        up = parent[place]
        if up >= 0:
            topmost[place] = topmost[up]
            above[place] = above[up] or (clears[up] and candidate[up])
        if topmost[place] < 0 and candidate[place]:
            topmost[place] = place
    for place in range(len(parent) - 1, -1, -1):
        if candidate[place]:
            rate[place] += device[place]
            if clears[place]:
                share = passed if above[place] else 0.0
                rate[place] += (1.0 - share) * carried[place]
                carried[place] *= share
        if not above[place] and carried[place] > 0.0:
            if topmost[place] >= 0:
                rate[topmost[place]] += carried[place]
            carried[place] = 0.0
        if parent[place] >= 0:
            carried[parent[place]] += carried[place]
    return rate


@njit(cache=True)
def number_cuts(parent: Ints, behind: Ints, candidate: Flags) -> tuple[Ints, Ints, Ints]:
    """(innermost cut of each place, cut that each candidate belongs to, parent of each cut), -1 for none.

    Candidates on one way with the same loads behind them are one cut: no report tells them apart.
    """
    innermost = np.full(len(parent), -1, np.int64)
    member = np.full(len(parent), -1, np.int64)
    above = np.empty(len(parent), np.int64)
    loads = np.empty(len(parent), np.int64)
    count = 0
    for place in range(len(parent)):
        cut = innermost[parent[place]] if parent[place] >= 0 else -1
        if candidate[place] and behind[place] > 0:
            if cut < 0 or loads[cut] != behind[place]:
                above[count] = cut
                loads[count] = behind[place]
                cut = count
                count += 1
            member[place] = cut
        innermost[place] = cut
    return innermost, member, above[:count].copy()


@njit(cache=True)
def sum_up(parent: Ints, values: Any) -> None:
    """Add to every row of ``values`` the rows of its subtree, in place."""
    for cut in range(len(parent) - 1, -1, -1):
        if parent[cut] >= 0:
            for column in range(values.shape[1]):
                values[parent[cut], column] += values[cut, column]


@njit(cache=True)
def ends_of(parent: Ints) -> Ints:
    """One past the last cut of each subtree."""
    end = np.arange(1, len(parent) + 1)
    for cut in range(len(parent) - 1, -1, -1):
        if parent[cut] >= 0 and end[parent[cut]] < end[cut]:
            end[parent[cut]] = end[cut]
    return end


@njit(cache=True)
def add_exp(one: float, two: float) -> float:
    """log(exp(one) + exp(two))."""
    if one < two:
        one, two = two, one
    if two == -np.inf:
        return one
    return one + np.log1p(np.exp(two - one))


@njit(cache=True)
def mix(weight: Floats, values: Floats) -> Floats:
    """log Σ exp(weight + values) over the columns."""
    mixed = np.empty(len(values))
    for row in range(len(values)):
        top = -np.inf
        for column in range(len(weight)):
            top = max(top, weight[column] + values[row, column])
        if top == -np.inf:
            mixed[row] = top
            continue
        total = 0.0
        for column in range(len(weight)):
            total += np.exp(weight[column] + values[row, column] - top)
        mixed[row] = top + np.log(total)
    return mixed


@njit(cache=True)
def opening(rate_h: Floats, held: Ints, hours: float) -> tuple[Floats, Floats]:
    """log chance that each cut has opened, and that it has not, within so many hours."""
    opened, shut = np.empty(len(rate_h)), np.empty(len(rate_h))
    for cut in range(len(rate_h)):
        if held[cut] == HELD_OPEN:
            opened[cut], shut[cut] = 0.0, -np.inf
        elif held[cut] == HELD_SHUT or rate_h[cut] <= 0.0:
            opened[cut], shut[cut] = -np.inf, 0.0
        else:
            shut[cut] = -rate_h[cut] * hours
            opened[cut] = np.log(-np.expm1(shut[cut]))
    return opened, shut


@njit(cache=True)
def weigh(parent: Ints, opened: Floats, shut: Floats, out: Floats) -> tuple[float, Floats]:
    """Sum over all sets of opened cuts: (log of the sum, chance that a cut has opened if supply comes up to it)."""
    inside = np.zeros(len(parent))
    chance = np.empty(len(parent))
    total = 0.0
    for cut in range(len(parent) - 1, -1, -1):
        if_open = opened[cut] + out[cut]
        if_shut = shut[cut] + inside[cut]
        value = add_exp(if_open, if_shut)
        chance[cut] = 0.0 if if_open == -np.inf else np.exp(if_open - value)
        if parent[cut] >= 0:
            inside[parent[cut]] += value
        else:
            total += value
    return total, chance


@njit(cache=True)
def spread(parent: Ints, chance: Floats) -> tuple[Floats, Floats]:
    """(chance that each cut is the one that took supply away, chance that what is behind it is out)."""
    cause, out = np.empty(len(parent)), np.empty(len(parent))
    for cut in range(len(parent)):
        reached = 1.0 if parent[cut] < 0 else 1.0 - out[parent[cut]]
        cause[cut] = reached * chance[cut]
        out[cut] = 1.0 - reached + cause[cut]
    return cause, out


@njit(cache=True)
def best_two(parent: Ints, opened: Floats, shut: Floats, out: Floats) -> tuple[Flags, Flags, float, float]:
    """The two best sets of opened cuts, none behind another, and the logs of their weights.

    Below a shut cut the second best is all at their best but one subtree at its second best: the one that loses least.
    """
    size = len(parent)
    first, gap = np.zeros(size + 1), np.full(size + 1, np.inf)  # gap: first minus second
    loses = np.full(size + 1, -1, np.int64)
    kids, least = np.zeros(size + 1), np.full(size + 1, np.inf)
    first_open, second_open = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    second_within = np.zeros(size, np.bool_)
    for cut in range(size - 1, -1, -1):
        if_open = opened[cut] + out[cut]
        if_shut = shut[cut] + kids[cut]
        first_open[cut] = if_open > if_shut
        if first_open[cut]:
            first[cut], gap[cut] = if_open, if_open - if_shut
        else:
            first[cut], gap[cut] = if_shut, if_shut - if_open
            second_open[cut] = True
            if least[cut] < gap[cut]:
                gap[cut], second_open[cut], second_within[cut] = least[cut], False, True
        up = parent[cut] if parent[cut] >= 0 else size
        kids[up] += first[cut]
        if gap[cut] < least[up]:
            least[up], loses[up] = gap[cut], cut
    best = _set_of(parent, loses, first_open, second_open, second_within, False)
    second = _set_of(parent, loses, first_open, second_open, second_within, True)
    return best, second, kids[size], kids[size] - least[size]


@njit(cache=True)
def _set_of(
    parent: Ints, loses: Ints, first_open: Flags, second_open: Flags, second_within: Flags, second: bool
) -> Flags:
    size = len(parent)
    rank = np.zeros(size, np.int8)  # 0 behind an opened cut, 1 at its best, 2 at its second best
    chosen = np.zeros(size, np.bool_)
    for cut in range(size):
        up = parent[cut]
        if up < 0:
            rank[cut] = 2 if second and loses[size] == cut else 1
        elif rank[up] == 0 or chosen[up]:
            rank[cut] = 0
        else:
            rank[cut] = 2 if rank[up] == 2 and second_within[up] and loses[up] == cut else 1
        chosen[cut] = (rank[cut] == 1 and first_open[cut]) or (rank[cut] == 2 and second_open[cut])
    return chosen


@njit(cache=True)
def weight_of(parent: Ints, chosen: Flags, opened: Floats, shut: Floats, out: Floats) -> float:
    """log of the weight of one set of opened cuts, whatever else has opened behind them."""
    dark = np.zeros(len(parent), np.bool_)
    total = 0.0
    for cut in range(len(parent)):
        dark[cut] = chosen[cut] or (parent[cut] >= 0 and dark[parent[cut]])
        if chosen[cut]:
            total += opened[cut] + out[cut]
        elif not dark[cut]:
            total += shut[cut]
    return total
