"""Loads that change through the day: the modified offered load, and seats that hold a target in every interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from denghuo.engines.queueing.checks import QueueCode, QueueError, QueueFinding, check_queue
from denghuo.engines.queueing.sizing import Targets, size_seats

__all__ = ["ModifiedOfferedLoad", "StaffedDay", "lognormal_limited_mean_s", "modified_offered_load", "staff_day"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PEAK_POINTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifiedOfferedLoad:
    """Calls in progress if nobody ever had to wait [erlang], float64[interval]: ``mean_erlang`` over the interval,
    ``peak_erlang`` the most within it, ``end_erlang`` at its end."""

    mean_erlang: Floats
    peak_erlang: Floats
    end_erlang: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffedDay:
    """``seats`` by interval, the ``achieved`` figure with them, and how often the day was ``evaluated``."""

    seats: Ints
    achieved: Floats
    evaluated: int


def modified_offered_load(
    calls_per_h: ArrayLike,
    *,
    interval_s: ArrayLike,
    handling_s: float,
    limited_mean_s: Callable[[Floats], Floats] | None = None,
    busy_erlang: float = 0.0,
) -> ModifiedOfferedLoad:
    """The load that seats see when calls come at rates constant by interval: the mean of an infinite-server queue.

    m(t) = Σ λ_i · [H(t - begin_i) - H(t - end_i)], H(x) = E[min(S, x)] with S the handling time; for an exponential S,
    m' = λ - m/E[S] over each interval. It lags behind λ·E[S] by about one handling time and is flatter.

    Args:
        calls_per_h: [interval].
        interval_s: one number or [interval].
        handling_s: mean handling time E[S].
        limited_mean_s: H of another law of the same mean, e.g. :func:`lognormal_limited_mean_s`; left out: exponential.
            Mean and peak are then taken over 16 instants of the interval and its ends.
        busy_erlang: calls in progress at first; only with the exponential law, which has no memory.

    Raises:
        QueueError: numbers out of range or unknown, shapes that differ, or calls in progress with another law.

    Source: O. Jennings, A. Mandelbaum, W. Massey, W. Whitt, "Server staffing to meet time-varying demand", Management
    Science 42 (1996).

    Example:
        >>> found = modified_offered_load([100, 200], interval_s=900, handling_s=180)
        >>> found.end_erlang.round(2).tolist(), found.mean_erlang.round(2).tolist()
        ([4.97, 9.97], [4.01, 9.0])
    """
    found = check_queue(
        known=True, calls_per_h=calls_per_h, interval_s=interval_s, handling_s=handling_s, busy_erlang=busy_erlang
    )
    if limited_mean_s is not None and busy_erlang != 0:
        found.append(QueueFinding(code=QueueCode.UNKNOWN, field="busy_erlang"))
    if found:
        raise QueueError(found)
    calls, seconds = np.broadcast_arrays(np.atleast_1d(np.asarray(calls_per_h, dtype=np.float64)), interval_s)
    if limited_mean_s is None:
        columns = _exponential(calls / 3600.0, seconds.astype(np.float64), handling_s, busy_erlang)
    else:
        columns = _general(calls / 3600.0, seconds.astype(np.float64), limited_mean_s)
    for column in columns:
        column.setflags(write=False)
    mean, peak, end = columns
    return ModifiedOfferedLoad(mean_erlang=mean, peak_erlang=peak, end_erlang=end)


def lognormal_limited_mean_s(*, mean_s: float, cv: float) -> Callable[[Floats], Floats]:
    """H(x) = E[min(S, x)] of a lognormal handling time with this mean and coefficient of variation.

    With σ² = ln(1 + cv²), μ = ln(mean) - σ²/2: H(x) = mean·Φ((ln x - μ - σ²)/σ) + x·Φ((μ - ln x)/σ).

    Example:
        >>> lognormal_limited_mean_s(mean_s=180, cv=1.0)(np.array([0.0, 60.0, 1e6])).round(1).tolist()
        [0.0, 56.4, 180.0]
    """
    variance = np.log1p(cv**2)
    center, spread = np.log(mean_s) - variance / 2, np.sqrt(variance)

    def limited_mean_s(seconds: Floats) -> Floats:
        known = np.maximum(np.asarray(seconds, dtype=np.float64), 1e-300)
        score = (np.log(known) - center) / spread
        return np.asarray(mean_s * ndtr(score - spread) + known * ndtr(-score))

    return limited_mean_s


def staff_day(
    calls_per_h: ArrayLike,
    *,
    target: float,
    achieved: Callable[[Ints], ArrayLike],
    targets: Targets,
    interval_s: ArrayLike,
    handling_s: float,
    patience_s: float = np.inf,
    minimum_seats: ArrayLike = 0,
    most_seats: int = 1_000,
    limited_mean_s: Callable[[Floats], Floats] | None = None,
) -> StaffedDay:
    """Seats by interval with which a figure reaches its target in every interval, not only on average.

    First the modified offered load is staffed as if it were steady; then the day is evaluated, the first interval that
    misses gets a seat more (and every later one its own turn), until none misses; then every seat that can be spared is
    taken away again, from the interval of the largest margin on. No single seat can be taken away from the result.

    Args:
        calls_per_h: fresh calls [interval].
        target: what ``achieved`` has to reach, the same scale; NaN in ``achieved`` counts as reached.
        achieved: seats[interval] to the figure [interval]: of :func:`day_performance`, or a simulation.
        targets: for the first guess, see :func:`size_seats`.
        interval_s, handling_s, patience_s, minimum_seats, limited_mean_s: as elsewhere here.
        most_seats: in any interval.

    Raises:
        QueueError: numbers out of range, or ``unreachable`` with the intervals that miss with ``most_seats``.

    Source: Z. Feldman, A. Mandelbaum, W. Massey, W. Whitt, "Staffing of time-varying queues to achieve time-stable
    performance", Management Science 54 (2008), for staffing by evaluation.

    Example:
        >>> from denghuo.engines.queueing.day import day_performance
        >>> calls = [120, 400, 200]
        >>> day = dict(interval_s=900, handling_s=180, patience_s=120)
        >>> found = staff_day(calls, target=0.9, targets=Targets(answered_share=0.9), **day,
        ...                   achieved=lambda seats: day_performance(calls, seats=seats, **day).answered_share)
        >>> found.seats.tolist(), bool((found.achieved >= 0.9).all())
        ([7, 19, 14], True)
    """
    load = modified_offered_load(
        calls_per_h, interval_s=interval_s, handling_s=handling_s, limited_mean_s=limited_mean_s
    )
    sized = size_seats(
        load.mean_erlang / handling_s * 3600.0,
        targets=targets,
        handling_s=handling_s,
        patience_s=patience_s,
        minimum_seats=minimum_seats,
    )
    least = np.broadcast_to(np.asarray(minimum_seats, dtype=np.int64), sized.seats.shape)
    search = _Search(achieved=achieved, target=target, seats=np.minimum(sized.seats, most_seats), evaluated=0)
    search.fill(most_seats)
    search.spare(least)
    figure = search.figure(search.seats)
    for array in (search.seats, figure):
        array.setflags(write=False)
    return StaffedDay(seats=search.seats, achieved=figure, evaluated=search.evaluated)


@dataclass(slots=True, kw_only=True)
class _Search:
    """Seats being changed, and how often the day was evaluated."""

    achieved: Callable[[Ints], ArrayLike]
    target: float
    seats: Ints
    evaluated: int

    def figure(self, seats: Ints) -> Floats:
        self.evaluated += 1
        return np.array(self.achieved(seats.copy()), dtype=np.float64)

    def fill(self, most_seats: int) -> None:
        """Seats for every interval that misses and comes after one that does not, until none misses."""
        while True:
            misses = self.figure(self.seats) < self.target
            if not misses.any():
                return
            # What misses next to an earlier miss may be its overflow: it waits for its turn.
            first = misses & ~np.concatenate([[False], misses[:-1]])
            first &= self.seats < most_seats
            if not first.any():
                first = misses & (self.seats < most_seats)
            if not first.any():
                stuck = tuple(np.flatnonzero(misses).tolist())
                raise QueueError([QueueFinding(code=QueueCode.UNREACHABLE, field="target", positions=stuck)])
            self.seats = self.seats + first

    def spare(self, least: Ints) -> None:
        """Take away every seat that can be spared, trying the largest margins first, until none can."""
        again = True
        while again:
            again = False
            margin = self.figure(self.seats) - self.target
            for place in np.argsort(-np.nan_to_num(margin, nan=np.inf)).tolist():
                if self.seats[place] <= least[place]:
                    continue
                fewer = self.seats.copy()
                fewer[place] -= 1
                if not (self.figure(fewer) < self.target).any():
                    self.seats, again = fewer, True


def _exponential(rates: Floats, seconds: Floats, handling_s: float, busy: float) -> tuple[Floats, Floats, Floats]:
    mean, begin, end = np.empty(len(rates)), np.empty(len(rates)), np.empty(len(rates))
    stays = np.exp(-seconds / handling_s)
    for place, rate in enumerate(rates.tolist()):
        steady = rate * handling_s
        begin[place] = busy
        mean[place] = steady + (busy - steady) * (1.0 - stays[place]) * handling_s / seconds[place]
        busy = steady + (busy - steady) * float(stays[place])
        end[place] = busy
    return mean, np.maximum(begin, end), end


def _general(
    rates: Floats, seconds: Floats, limited_mean_s: Callable[[Floats], Floats]
) -> tuple[Floats, Floats, Floats]:
    edges = np.concatenate([[0.0], np.cumsum(seconds)])
    points, weights = np.polynomial.legendre.leggauss(_PEAK_POINTS)
    places = np.concatenate([[-1.0], points, [1.0]])
    at = edges[:-1, None] + seconds[:, None] * (places + 1.0) / 2.0
    since = np.maximum(at[..., None] - edges, 0.0)  # [interval, instant, edge]
    limited = limited_mean_s(since)
    load = (limited[..., :-1] - limited[..., 1:]) @ rates
    return load[:, 1:-1] @ weights / 2.0, load.max(axis=1), load[:, -1].copy()
