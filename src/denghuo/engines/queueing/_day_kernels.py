"""The state of a hotline through the day: the birth-death chain of calls present, with rates constant by interval.

A step over a whole interval is p(t) = e^(Qt)·p, taken as a rational function of Qt in partial fractions: a few
tridiagonal systems, side by side, and the mean over the interval from the same solutions. Where the state is so far
from where it is going that this could be off, the step is taken by uniformization instead: slower, and never off.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.linalg import hankel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LANES = 8  # poles side by side, the last without weight
_ORDER = 14
_TOO_FAR = math.log(1e13)  # squared distance from the steady state, beyond which a rational step could be off
_NOTHING = 1e-15  # probability beyond the last state that is kept
_UNIFORM_STEPS = 500.0

# Columns of an interval.
REDIALS = 0  # rates are means per second
ABANDONED = 1
BLOCKED = 2
QUEUE = 3
QUEUE_END = 4
BUSY = 5
WAITS = 6  # shares of calls by what they find
ANSWERED_IN_TIME = 7
WAIT_S = 8
ORBIT = 9  # callers who will try again, at the end
DAY_COLUMNS = 10


def rational_exponential() -> tuple[Floats, Floats]:
    """Poles and weights of the rational function of order 14 that is closest to e^x on x <= 0 (error 8e-14), one of
    each conjugate pair, by the method of Carathéodory and Fejér.

    Poles are [real, imaginary][lane]; weights are those of e^x, then those of its mean (e^x - 1)/x, likewise.

    Source: L. N. Trefethen, J. A. C. Weideman, T. Schmelzer, "Talbot quadratures and rational approximations", BIT 46
    (2006).
    """
    terms, points, scale = 75, 1024, 9.0
    circle = np.exp(2j * np.pi * np.arange(points) / points)
    on_axis = scale * (circle.real - 1) / (circle.real + 1 + 1e-16)
    chebyshev = np.fft.fft(np.exp(on_axis)).real / points
    left, values, right = np.linalg.svd(hankel(chebyshev[1 : terms + 1]))
    pad = np.zeros(points - terms)
    quotient = np.fft.fft([*left[::-1, _ORDER], *pad]) / np.fft.fft([*right[_ORDER], *pad])
    best = np.polyval(chebyshev[terms::-1], circle) - values[_ORDER] * circle**terms * quotient
    roots = np.roots(right[_ORDER])
    roots = roots[np.abs(roots) > 1]
    numerator = (np.fft.fft(best * np.polyval(np.poly(roots), circle)).real / points)[_ORDER::-1]
    others = (np.poly(np.delete(roots, place)) for place in range(_ORDER))
    weights = np.array(
        [np.polyval(numerator, root) / np.polyval(other, root) for root, other in zip(roots, others, strict=True)]
    )
    poles = scale * (roots - 1) ** 2 / (roots + 1) ** 2
    weights = 4 * weights * poles / (roots**2 - 1)
    upper = np.flatnonzero(poles.imag > 0)
    kept_poles, kept_weights = np.full(LANES, 1 + 1j), np.zeros(LANES, dtype=np.complex128)
    kept_poles[: len(upper)], kept_weights[: len(upper)] = poles[upper], 2 * weights[upper]
    of_mean = kept_weights / kept_poles
    weights = np.stack([kept_weights.real, kept_weights.imag, of_mean.real, of_mean.imag])
    return np.stack([kept_poles.real, kept_poles.imag]), weights


@njit(cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy")
def _rational_step(
    state: Floats, up: Floats, down: Floats, seconds: float, poles: Floats, weights: Floats, work: Floats, out: Floats
) -> None:
    """out[0] = e^(Qt)·state, out[1] = its mean over the step. ``work`` is [4, states, lanes]."""
    size = len(state)
    work[:, 0] = 0.0
    slope_re, slope_im, part_re, part_im = work[0], work[1], work[2], work[3]
    for k in range(size):
        diagonal = -(up[k] + down[k]) * seconds
        lower = up[k - 1] * seconds if k > 0 else 0.0
        upper = down[k + 1] * seconds if k + 1 < size else 0.0
        last = k - 1 if k > 0 else 0
        here = state[k]
        for lane in range(LANES):
            re = diagonal - poles[0, lane] - lower * slope_re[last, lane]
            im = -poles[1, lane] - lower * slope_im[last, lane]
            per = 1.0 / (re * re + im * im)
            re, im = re * per, -im * per
            right_re = here - lower * part_re[last, lane]
            right_im = -lower * part_im[last, lane]
            slope_re[k, lane] = upper * re
            slope_im[k, lane] = upper * im
            part_re[k, lane] = right_re * re - right_im * im
            part_im[k, lane] = right_re * im + right_im * re
    for k in range(size - 1, -1, -1):
        after = min(k + 1, size - 1)
        value = mean = 0.0
        for lane in range(LANES):
            re = part_re[k, lane] - slope_re[k, lane] * part_re[after, lane] + slope_im[k, lane] * part_im[after, lane]
            im = part_im[k, lane] - slope_re[k, lane] * part_im[after, lane] - slope_im[k, lane] * part_re[after, lane]
            part_re[k, lane] = re
            part_im[k, lane] = im
            value += weights[0, lane] * re - weights[1, lane] * im
            mean += weights[2, lane] * re - weights[3, lane] * im
        out[0, k] = value
        out[1, k] = mean


@njit(cache=True)
def _uniform_step(state: Floats, up: Floats, down: Floats, seconds: float, out: Floats) -> None:
    """The same by uniformization: a Poisson number of jumps of a discrete chain; every term is positive."""
    size = len(state)
    rate = 1e-300
    for k in range(size):
        rate = max(rate, up[k] + down[k])
    pieces = max(1, math.ceil(rate * seconds / _UNIFORM_STEPS))
    jumps = rate * seconds / pieces
    now, then = state.copy(), np.empty(size)
    out[1, :] = 0.0
    for _ in range(pieces):
        out[0, :] = 0.0
        chance = math.exp(-jumps)
        beyond = -math.expm1(-jumps)  # chance of more jumps than made
        most = int(jumps + 10.0 * math.sqrt(jumps) + 30.0)  # more jumps than that have a chance below 1e-20
        for made in range(most):
            for k in range(size):
                out[0, k] += chance * now[k]
                out[1, k] += beyond / (jumps * pieces) * now[k]
            for k in range(size):
                came = (up[k - 1] * now[k - 1] if k > 0 else 0.0) + (down[k + 1] * now[k + 1] if k + 1 < size else 0.0)
                then[k] = now[k] + (came - (up[k] + down[k]) * now[k]) / rate
            now, then = then, now
            chance *= jumps / (made + 1.0)
            beyond = max(0.0, beyond - chance)
        now[:] = out[0]


@njit(cache=True)
def _is_far(state: Floats, up: Floats, down: Floats) -> bool:
    """Whether Σ p²/π, with π the steady state of the rates, is so large that the rational step is not certain.

    The chain is reversible, so the step is off by at most (its error on the axis) · √(Σ p²/π), summed over the states.
    """
    weight = 0.0  # log of π but for a constant
    largest = 0.0
    far = 2.0 * math.log(state[0]) if state[0] > 0.0 else -np.inf
    for k in range(1, len(state)):
        if up[k - 1] <= 0.0 or down[k] <= 0.0:
            return True
        weight += math.log(up[k - 1] / down[k])
        largest = max(largest, weight)
        if state[k] > 0.0:
            far = max(far, 2.0 * math.log(state[k]) - weight)
    return far + largest + 2.0 * math.log(len(state)) > _TOO_FAR


@njit(cache=True)
def _step(
    state: Floats, up: Floats, down: Floats, seconds: float, poles: Floats, weights: Floats, work: Floats, out: Floats
) -> None:
    """A step in one go where that is certain, else by uniformization; what comes out adds up to 1."""
    if _is_far(state, up, down):
        _uniform_step(state, up, down, seconds, out)
    else:
        _rational_step(state, up, down, seconds, poles, weights, work, out)
    for row in range(2):
        total = 0.0
        for k in range(len(state)):
            out[row, k] = max(0.0, out[row, k])
            total += out[row, k]
        for k in range(len(state)):
            out[row, k] /= total


@njit(cache=True)
def states_needed(
    present: int, call_rate: float, drain: float, leave: float, seats: int, places: float, seconds: float
) -> int:
    """How many calls there may be at the end of an interval, but for a negligible chance.

    Not more than came on top of those present, nor than the steady state of a busier line would hold.
    """
    came = call_rate * seconds
    most = present + came + 9.0 * math.sqrt(came) + 20.0
    weight = largest = 1.0
    waiting = 0
    while waiting < most - seats and weight > 1e-3 * _NOTHING * largest:
        waiting += 1
        out = drain + waiting * leave
        weight = weight * call_rate / out if out > 0.0 else largest
        largest = max(largest, weight)
        if weight > 1e200:
            weight, largest = 1.0, 1.0
    needed = min(most, float(seats + waiting), seats + places)
    return max(present, math.ceil(needed)) + 1


@njit(cache=True)
def _rates(
    up: Floats, down: Floats, call_rate: float, seats: int, handling_s: float, leave: float, places: float
) -> None:
    """Rates up and down of every state; at the last one nobody comes any more."""
    size = len(up)
    for k in range(size):
        up[k] = call_rate if k < seats + places and k + 1 < size else 0.0
        down[k] = min(k, seats) / handling_s + max(k - seats, 0) * leave


@njit(cache=True)
def _figures(
    row: Floats, out: Floats, seats: int, handling_s: float, leave: float, places: float, within_s: float
) -> None:
    """Queue, busy seats, and what calls find, from the mean state; those who wait meet the seats of the interval."""
    drain = seats / handling_s
    short = within_s if leave == 0.0 else -math.expm1(-leave * within_s) / leave
    pending = (drain + leave) * within_s  # see the line of Erlang A
    scale = math.exp(-pending)
    term, longer, mean = 1.0, 0.0, 0.0
    row[:] = 0.0
    for k in range(out.shape[1]):
        chance = out[1, k]
        waiting = k - seats
        row[BUSY] += min(k, seats) * chance
        if waiting >= 0:
            row[QUEUE] += waiting * chance
            row[QUEUE_END] += waiting * out[0, k]
        if waiting >= places:
            row[BLOCKED] += chance
        elif waiting < 0:
            row[ANSWERED_IN_TIME] += chance
        else:
            row[WAITS] += chance
            ahead = drain + waiting * leave
            leaves = ahead + leave
            longer += term
            term *= leaves * short / (waiting + 1.0)
            if longer > 1e200:
                term, longer, pending = term * 1e-200, longer * 1e-200, pending - math.log(1e200)
                scale = math.exp(-pending)
            mean = (1.0 + ahead * mean) / leaves if leaves > 0.0 else np.inf
            row[WAIT_S] += chance * mean if chance > 0.0 else 0.0
            if leaves > 0.0:
                row[ANSWERED_IN_TIME] += chance * drain / leaves * max(0.0, 1.0 - longer * scale)


@njit(cache=True)
def _interval(
    row: Floats,
    state: Floats,
    given: tuple[float, float, float, float],
    seats: int,
    rules: tuple[float, float],
    poles: Floats,
    weights: Floats,
) -> Floats:
    """One interval at one rate of calls: fills the row, returns the state at the end."""
    call_rate, seconds, handling_s, leave = given
    places, within_s = rules
    size = states_needed(len(state) - 1, call_rate, seats / handling_s, leave, seats, places, seconds)
    padded = np.zeros(size)
    padded[: len(state)] = state
    up, down, out = np.empty(size), np.empty(size), np.empty((2, size))
    _rates(up, down, call_rate, seats, handling_s, leave, places)
    _step(padded, up, down, seconds, poles, weights, np.empty((4, size, LANES)), out)
    _figures(row, out, seats, handling_s, leave, places, within_s)
    row[ABANDONED] = leave * row[QUEUE]
    row[BLOCKED] *= call_rate
    while size > 1 and out[0, size - 1] < _NOTHING:
        size -= 1
    return out[0, :size].copy()


@njit(cache=True)
def _with_redials(
    row: Floats,
    state: Floats,
    given: tuple[float, float, float, float],
    seats: int,
    rules: tuple[float, float],
    poles: Floats,
    weights: Floats,
    redials: tuple[float, float, float],
    orbit: float,
    guess: float,
) -> Floats:
    """The same where callers return: the rate of redials is the root of what goes round, found by secants."""
    after_abandoning, after_blocked, delay_s = redials
    fresh, seconds, handling_s, leave = given
    stays = math.exp(-seconds / delay_s) if delay_s > 0.0 else 0.0
    at_once = 1.0 - delay_s * (1.0 - stays) / seconds  # of those lost now, who return within the interval
    before = orbit * (1.0 - stays) / seconds
    share = max(after_abandoning, after_blocked) * at_once
    present = (len(state) - 1) / seconds
    low, high = before, before + share * (fresh + before + present) / (1.0 - share)  # no more can be lost than came
    rate, rate_before, gap_before = min(before + at_once * guess, high), 0.0, 0.0
    end, lost = state, 0.0
    for turn in range(50):
        end = _interval(row, state, (fresh + rate, seconds, handling_s, leave), seats, rules, poles, weights)
        lost = after_abandoning * row[ABANDONED] + after_blocked * row[BLOCKED]
        gap = before + at_once * lost - rate
        if abs(gap) <= 1e-8 * (fresh + rate) or high - low <= 1e-12 * high:
            break
        if gap > 0.0:
            low = rate
        else:
            high = rate
        moved = rate - rate_before
        slope = (gap - gap_before) / moved if turn > 0 and moved != 0.0 else -1.0
        rate_before, gap_before = rate, gap
        rate = rate - gap / slope if slope < 0.0 else low
        if not low < rate < high:
            rate = 0.5 * (low + high)
    row[REDIALS] = rate
    row[ORBIT] = orbit * stays + (lost * delay_s * (1.0 - stays) if delay_s > 0.0 else 0.0)
    return end


@njit(cache=True, nogil=True)
def day(
    given: Floats,
    seats: Ints,
    rules: tuple[float, float],
    redials: tuple[float, float, float],
    start: tuple[Floats, float],
    poles: Floats,
    weights: Floats,
    found: Floats,
) -> Floats:
    """Interval after interval; ``given`` is [interval, (fresh rate, seconds, handling, leave)]; the last state."""
    state, orbit = start
    lost = 0.0
    for i in range(len(given)):
        rates = (given[i, 0], given[i, 1], given[i, 2], given[i, 3])
        row = found[i]
        if redials[0] == 0.0 and redials[1] == 0.0 and orbit == 0.0:
            state = _interval(row, state, rates, seats[i], rules, poles, weights)
        else:
            state = _with_redials(row, state, rates, seats[i], rules, poles, weights, redials, orbit, lost)
            orbit = row[ORBIT]
            lost = redials[0] * row[ABANDONED] + redials[1] * row[BLOCKED]
    return state
