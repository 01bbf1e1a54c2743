"""Loops of the Erlang models: blocking, the states of the waiting line, and roots.

Rates are per second. Everything is a sum of positive terms relative to the state "all seats busy, nobody waits", so
that nothing cancels and nothing overflows, whatever the load.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BIG = 1e200
_TINY = 1e-200
_LOG_BIG = math.log(_BIG)
_ENOUGH = 1e-16  # what is left out of a sum, relative to it

# Columns of the figures of one queue, all shares of offered calls.
WAITS = 0
ABANDONS = 1
BLOCKED = 2
ANSWERED = 3
QUEUE = 4  # mean number waiting
BUSY = 5  # mean number of busy seats
ANSWERED_WAIT_S = 6  # total wait of those answered, per offered call
ABANDONED_WAIT_S = 7  # mean wait of those who abandon
ANSWERED_IN_TIME = 8
ABANDONED_IN_TIME = 9
STABLE = 10
CALL_RATE = 11  # calls per second, redials among them
COLUMN_COUNT = 12


class Sums(NamedTuple):
    """The states from "all seats busy" on, relative to one scale."""

    first: float  # the state all busy, nobody waiting
    last: float  # the state with no place left to wait; 0 if places are unlimited
    states: float  # sum over the states
    queue: float  # sum of callers waiting
    answered_wait_s: float  # sum of E[wait; answered] over states in which a caller may still join
    square_wait_s2: float  # sum of E[time in queue squared]
    late: float  # sum of P(offered wait > target), of callers who would wait for ever
    late_answered: float  # the same, of those answered


@njit(cache=True)
def inverse_blocking(seats: float, load_erlang: float) -> float:
    """1 / B(n, a): the recursion 1/B(n) = 1 + n/a · 1/B(n-1), upward from the fraction of n; inf where B underflows."""
    if load_erlang <= 0.0:
        return 1.0 if seats == 0.0 else np.inf
    whole = math.floor(seats)
    fraction = seats - whole
    value = 1.0 if fraction == 0.0 else _fraction(fraction, load_erlang)
    per_load = 1.0 / load_erlang
    for step in range(1, int(whole) + 1):
        value = 1.0 + (fraction + step) * per_load * value
        if value > 1e290 and fraction + step > load_erlang:
            return np.inf
    return value


@njit(cache=True)
def _fraction(seats: float, load: float) -> float:
    """1 / B for 0 < n < 1: e^a a^-n Γ(n+1, a)."""
    shape = seats + 1.0
    if load < 1.5:
        term = 1.0 / shape
        series = term
        step = 1
        while term > 1e-18 * series:
            term *= load / (shape + step)
            series += term
            step += 1
        return float(math.exp(load - seats * math.log(load)) * math.gamma(shape) - load * series)
    # Legendre's continued fraction of Γ(s, a), from the front (Lentz).
    at = load + 1.0 - shape
    front = 1e300
    back = 1.0 / at
    value = back
    for step in range(1, 10_000):
        above = -step * (step - shape)
        at += 2.0
        back = 1.0 / (above * back + at)
        front = at + above / front
        change = front * back
        value *= change
        if abs(change - 1.0) < 1e-16:
            break
    return load * value


@njit(cache=True)
def servers_for_blocking(load: float, blocking: float) -> float:
    """The n with B(n, a) = b, by bisection; B falls in n."""
    low, high = 0.0, 1.0
    while inverse_blocking(high, load) * blocking < 1.0:
        low, high = high, 2.0 * high
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return high
        if inverse_blocking(middle, load) * blocking < 1.0:
            low = middle
        else:
            high = middle


@njit(cache=True)
def load_for_blocking(seats: float, blocking: float) -> float:
    """The a with B(n, a) = b, by bisection; what is carried, a(1 - b), is below n."""
    low, high = 0.0, seats / (1.0 - blocking)
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return high
        if inverse_blocking(seats, middle) * blocking > 1.0:
            low = middle
        else:
            high = middle


@njit(cache=True)
def endless_queue(call_rate: float, drain_rate: float, within_s: float) -> Sums:
    """Nobody abandons, every caller finds a place: geometric states, in closed form. Needs call_rate < drain_rate."""
    ratio = call_rate / drain_rate
    room = 1.0 - ratio
    late = math.exp(-(drain_rate - call_rate) * within_s) / room
    return Sums(1.0, 0.0, 1.0 / room, ratio / room**2, 1.0 / (drain_rate * room**2), np.nan, late, late)


@njit(cache=True)
def waiting_line(call_rate: float, drain_rate: float, leave_rate: float, places: float, within_s: float) -> Sums:
    """Sums over the states with j callers waiting, whose weights are Π calls / (drain + i·leave).

    A caller who finds j waiting is answered after j + 1 stages of rates drain + i·leave, i = 0..j, if patience lasts.
    P(longer than t) is a sum of negative binomial terms, with t replaced by (1 - e^(-leave·t)) / leave.
    """
    first = weight = states = 1.0
    queue = answered_wait = square_wait = late = late_answered = 0.0
    mean = square = served_mean = 0.0
    short = within_s if leave_rate == 0.0 else -math.expm1(-leave_rate * within_s) / leave_rate
    pending = drain_rate * within_s  # what the terms below are still to be multiplied by, as -log
    term = term_answered = 1.0
    longer = longer_answered = 0.0
    waiting = 0.0
    while waiting < places:
        ahead = drain_rate + waiting * leave_rate
        out = ahead + leave_rate
        per_out, step = 1.0 / out, short / (waiting + 1.0)
        longer, longer_answered = longer + term, longer_answered + term_answered
        term, term_answered = term * ahead * step, term_answered * out * step
        mean = (1.0 + ahead * mean) * per_out
        square = (2.0 * mean + ahead * square) * per_out
        served_mean += per_out
        served = weight * drain_rate * per_out
        answered_wait += served * served_mean
        square_wait += weight * square
        late += weight * longer
        late_answered += served * longer_answered
        weight *= call_rate * per_out
        waiting += 1.0
        states, queue = states + weight, queue + waiting * weight
        if weight > _BIG:
            first, weight, states, queue = first * _TINY, weight * _TINY, states * _TINY, queue * _TINY
            answered_wait, square_wait = answered_wait * _TINY, square_wait * _TINY
            late, late_answered = late * _TINY, late_answered * _TINY
        if max(longer, longer_answered) > _BIG:
            longer, longer_answered = longer * _TINY, longer_answered * _TINY
            term, term_answered = term * _TINY, term_answered * _TINY
            late, late_answered, pending = late * _TINY, late_answered * _TINY, pending - _LOG_BIG
        room = out + leave_rate - call_rate  # the next weight is smaller if this is positive
        if room > 0.0 and weight * call_rate * (waiting + 1.0) * (room + call_rate) <= _ENOUGH * room * room * queue:
            break
    late *= math.exp(-pending)
    late_answered *= math.exp(-pending - leave_rate * within_s)
    last = weight if waiting >= places else 0.0
    return Sums(first, last, states, queue, answered_wait, square_wait, late, late_answered)


@njit(cache=True)
def figures(
    row: Floats, rate: float, handling_s: float, patience_s: float, seats: float, places: float, within_s: float
) -> None:
    """Fill the columns of one queue."""
    drain, leave = seats / handling_s, 1.0 / patience_s
    row[CALL_RATE] = rate
    row[STABLE] = 1.0
    if leave == 0.0 and np.isinf(places) and rate >= drain:
        _overloaded(row, rate, drain, seats)
        return
    if drain == 0.0 and leave == 0.0:
        _closed(row, places)
        return
    if leave == 0.0 and np.isinf(places):
        sums = endless_queue(rate, drain, within_s)
    else:
        sums = waiting_line(rate, drain, leave, places, within_s)
    load = rate * handling_s
    blocking = 1.0 / inverse_blocking(seats, load)
    below = sums.first * (1.0 - blocking)
    scale = blocking / (below + blocking * sums.states)
    row[WAITS] = scale * (sums.states - sums.last)
    row[BLOCKED] = scale * sums.last
    row[QUEUE] = scale * sums.queue
    if rate > 0.0:
        row[ABANDONS] = leave * row[QUEUE] / rate
        row[ANSWERED] = below / (below + blocking * sums.states) + scale * (sums.states - sums.first) * drain / rate
    else:
        joins = 1.0 if places > 0.0 else 0.0
        row[ABANDONS] = row[WAITS] * joins * leave / (drain + leave)
        row[ANSWERED] = 1.0 - row[BLOCKED] - row[ABANDONS]
    row[BUSY] = row[ANSWERED] * load
    row[ANSWERED_WAIT_S] = scale * sums.answered_wait_s
    # The mean of patience among those it ran out on: E[time in queue²] / 2 E[time in queue].
    total = sums.queue / rate if rate > 0.0 else 1.0 / (drain + leave)
    row[ABANDONED_WAIT_S] = np.nan if leave == 0.0 or places == 0.0 else 0.5 * sums.square_wait_s2 / total
    late_answered = scale * sums.late_answered
    row[ANSWERED_IN_TIME] = max(0.0, row[ANSWERED] - late_answered)
    late_abandoned = max(0.0, scale * sums.late * math.exp(-leave * within_s) - late_answered)
    row[ABANDONED_IN_TIME] = max(0.0, row[ABANDONS] - late_abandoned)


@njit(cache=True)
def _overloaded(row: Floats, rate: float, drain: float, seats: float) -> None:
    """The line grows for ever."""
    row[STABLE] = 0.0
    row[WAITS] = 1.0
    row[ABANDONS] = row[BLOCKED] = 0.0
    row[ANSWERED] = drain / rate if rate > 0.0 else 0.0
    row[QUEUE] = np.inf
    row[BUSY] = seats
    row[ANSWERED_WAIT_S] = np.inf
    row[ABANDONED_WAIT_S] = np.nan
    row[ANSWERED_IN_TIME] = row[ABANDONED_IN_TIME] = 0.0


@njit(cache=True)
def _closed(row: Floats, places: float) -> None:
    """No seat, endless patience, a line that is full for ever."""
    row[:ABANDONED_WAIT_S] = 0.0
    row[BLOCKED] = 1.0
    row[QUEUE] = places
    row[ABANDONED_WAIT_S] = np.nan
    row[ANSWERED_IN_TIME] = row[ABANDONED_IN_TIME] = 0.0


@njit(cache=True)
def figures_with_redials(
    row: Floats, fresh: float, queue: tuple[float, float, float, float, float], redials: tuple[float, float, float]
) -> None:
    """The same with callers who try again: the rate at which calls - those who try again = fresh ones.

    ``redials`` holds the share who redial after abandoning, after being blocked, and the most attempts of one caller.
    """
    handling_s, patience_s, seats, places, within_s = queue
    after_abandoning, after_blocked, most = redials
    share = max(after_abandoning, after_blocked)
    low, high = fresh, fresh * attempts(share, most)
    figures(row, low, handling_s, patience_s, seats, places, within_s)
    if row[STABLE] == 0.0 or high == low:
        return
    below = low / attempts(again(row, after_abandoning, after_blocked), most) - fresh
    if below >= 0.0:
        return
    figures(row, high, handling_s, patience_s, seats, places, within_s)
    above = high / attempts(again(row, after_abandoning, after_blocked), most) - fresh
    side = 0
    for _ in range(200):  # false position, halving the end that stays (Illinois)
        if above <= 0.0 or high - low <= 1e-14 * high:
            break
        rate = (low * above - high * below) / (above - below)
        if not low < rate < high:
            rate = 0.5 * (low + high)
        figures(row, rate, handling_s, patience_s, seats, places, within_s)
        gap = rate / attempts(again(row, after_abandoning, after_blocked), most) - fresh
        if abs(gap) <= 1e-14 * fresh:
            return
        if gap < 0.0:
            low, below = rate, gap
            above *= 0.5 if side < 0 else 1.0
            side = -1
        else:
            high, above = rate, gap
            below *= 0.5 if side > 0 else 1.0
            side = 1


@njit(cache=True)
def again(row: Floats, after_abandoning: float, after_blocked: float) -> float:
    """The share of calls that are tried again."""
    return float(after_abandoning * row[ABANDONS] + after_blocked * row[BLOCKED])


@njit(cache=True)
def attempts(share: float, most: float) -> float:
    """1 + u + u² + ..., at most so many terms: calls of one caller, a share u of whose calls are tried again."""
    if share == 0.0 or most == 1.0:
        return 1.0
    if np.isinf(most):
        return 1.0 / (1.0 - share) if share < 1.0 else np.inf
    return most if share == 1.0 else -math.expm1(most * math.log(share)) / (1.0 - share)


@njit(cache=True, nogil=True)
def many_figures(inputs: Floats, found: Floats) -> None:
    """One row of figures for each row of inputs: calls/s, handling, patience, seats, places, within, and redials."""
    for row in range(len(inputs)):
        given = inputs[row]
        if np.isnan(given).any():
            found[row] = np.nan
            continue
        queue = (given[1], given[2], given[3], given[4], given[5])
        figures_with_redials(found[row], given[0], queue, (given[6], given[7], given[8]))


@njit(cache=True)
def many_blocking(loads: Floats, seats: Floats, found: Floats) -> None:
    """B(n, a) of each pair."""
    for row in range(len(loads)):
        known = not (np.isnan(loads[row]) or np.isnan(seats[row]))
        found[row] = 1.0 / inverse_blocking(seats[row], loads[row]) if known else np.nan


@njit(cache=True)
def many_inverses(given: Floats, blocking: Floats, found: Floats, of_seats: bool) -> None:
    """The load of so many seats, or the seats for such a load, at each blocking."""
    for row in range(len(given)):
        if np.isnan(given[row]) or np.isnan(blocking[row]):
            found[row] = np.nan
        elif of_seats:
            found[row] = load_for_blocking(given[row], blocking[row]) if given[row] > 0.0 else np.nan
        else:
            found[row] = servers_for_blocking(given[row], blocking[row])
