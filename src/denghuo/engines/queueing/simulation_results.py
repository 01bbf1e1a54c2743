"""What a simulation has counted, and how sure its means are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

__all__ = ["CallLog", "Estimate", "Outcome", "SimulationResult", "Tally", "estimate_mean", "estimate_ratio"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CONFIDENCE = 0.95


class Tally(IntEnum):
    """What is counted of the calls of a type in an interval.

    Calls count in the interval in which they ask for an agent: ``OFFERED = ANSWERED + ABANDONED + BLOCKED + CUT_OFF``
    (still waiting, and not served, at the close), ``WITHIN`` those answered or abandoned no later than the target wait.
    ``ABSORBED`` were served by an announcement and asked for nobody. ``CALLERS``, ``CALLERS_ANSWERED`` (at any
    attempt) and ``CALLERS_WITHIN`` (within the target wait of that attempt) count people, in the interval of their
    first attempt. The rest are sums [s]: waits of the answered, of all; conversations.
    """

    CALLERS = 0
    OFFERED = 1
    ANSWERED = 2
    ANSWERED_WITHIN = 3
    ABANDONED = 4
    ABANDONED_WITHIN = 5
    BLOCKED = 6
    ABSORBED = 7
    CUT_OFF = 8
    CALLERS_ANSWERED = 9
    CALLERS_WITHIN = 10
    WAIT_ANSWERED_S = 11
    WAIT_S = 12
    TALK_S = 13


class Outcome(IntEnum):
    """How a call ended."""

    ANSWERED = 0
    ABANDONED = 1
    BLOCKED = 2
    ABSORBED = 3
    CUT_OFF = 4
    CALL_BACK = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """Means over the days, and half their 95 % confidence intervals, in arrays of one shape; NaN where undefined."""

    mean: Floats
    half_width: Floats

    @property
    def low(self) -> Floats:
        """Lower ends of the confidence intervals."""
        return self.mean - self.half_width

    @property
    def high(self) -> Floats:
        """Upper ends of the confidence intervals."""
        return self.mean + self.half_width


def estimate_mean(values: ArrayLike) -> Estimate:
    """The mean over the first axis, with Student's t over its independent values; half width NaN for a single one.

    Example:
        >>> found = estimate_mean([9.0, 11.0, 10.0])
        >>> round(float(found.mean), 2), round(float(found.half_width), 2)
        (10.0, 2.48)
    """
    found = np.asarray(values, dtype=np.float64)
    return _estimate(found.mean(axis=0), found - found.mean(axis=0))


def estimate_ratio(numerator: ArrayLike, denominator: ArrayLike) -> Estimate:
    """The ratio of two means over the first axis, NaN where the denominator is 0.

    The variance is that of numerator - ratio x denominator, over the mean denominator (delta method).

    Example:
        >>> found = estimate_ratio([90.0, 190.0], [100.0, 200.0])
        >>> round(float(found.mean), 4), round(float(found.half_width), 4)
        (0.9333, 0.2824)
    """
    above, below = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    mean_below = np.where(below.mean(axis=0) == 0, np.nan, below.mean(axis=0))
    ratio = above.mean(axis=0) / mean_below
    return _estimate(ratio, (above - ratio * below) / mean_below)


def _estimate(mean: Floats, deviations: Floats) -> Estimate:
    count = len(deviations)
    if count < 2:
        return Estimate(mean=_locked(mean), half_width=_locked(np.full_like(mean, np.nan)))
    spread = np.sqrt((deviations**2).sum(axis=0) / (count - 1) / count)
    times = stdtrit(count - 1, 0.5 + _CONFIDENCE / 2)
    return Estimate(mean=_locked(mean), half_width=_locked(times * spread))


def _locked(values: Any) -> Floats:
    held: Floats = np.asarray(values, dtype=np.float64)
    held.setflags(write=False)
    return held


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulationResult:
    """Sums of every simulated day; estimates are made of them.

    * ``within_s`` target wait [s]; ``edges_s`` bounds of the intervals [s]
    * ``sums`` float64[days, intervals, types, :class:`Tally`]
    * ``attempts`` float64[days, types, attempts, 4]: offered, answered, abandoned, blocked by the number of the
      attempt, the twentieth and later ones together
    * ``busy_s`` float64[days, intervals + 1, groups]: agents' time in conversation, wrap-up and call-backs [s], in the
      last row after the close
    * ``waiting_s`` float64[days, intervals + 1, types]: callers' time in the queue [s], when it was spent
    * ``staffed_s`` float64[intervals, groups]: heads times time [s]
    * ``call_backs`` float64[days, call-backs, 2]: begun in time, begun late; ``call_back_count`` int64[call-backs]
    """

    within_s: float
    edges_s: Floats
    sums: Floats
    attempts: Floats
    busy_s: Floats
    waiting_s: Floats
    staffed_s: Floats
    call_backs: Floats
    call_back_count: Ints

    @property
    def replications(self) -> int:
        """How many days were simulated."""
        return len(self.sums)

    def of(self, tally: Tally, *, by_interval: bool = False, by_type: bool = False) -> Floats:
        """A sum of each day, float64[days], with further axes for intervals and types where asked for."""
        axes = tuple(axis for axis, kept in ((1, by_interval), (2, by_type)) if not kept)
        total: Floats = self.sums[..., tally].sum(axis=axes)
        return total

    def per_day(self, tally: Tally, *, by_interval: bool = False, by_type: bool = False) -> Estimate:
        """The mean of a sum over the days."""
        return estimate_mean(self.of(tally, by_interval=by_interval, by_type=by_type))

    def ratio(self, above: Tally, below: Tally, *, by_interval: bool = False, by_type: bool = False) -> Estimate:
        """A mean over another, such as answered calls of those offered."""
        return estimate_ratio(
            self.of(above, by_interval=by_interval, by_type=by_type),
            self.of(below, by_interval=by_interval, by_type=by_type),
        )

    def answered_share(self, *, by_interval: bool = False, by_type: bool = False) -> Estimate:
        """The answer rate: calls answered of calls that asked for an agent."""
        return self.ratio(Tally.ANSWERED, Tally.OFFERED, by_interval=by_interval, by_type=by_type)

    def within_share(self, *, by_interval: bool = False, by_type: bool = False) -> Estimate:
        """The service level: calls answered within the target wait of calls that asked for an agent."""
        return self.ratio(Tally.ANSWERED_WITHIN, Tally.OFFERED, by_interval=by_interval, by_type=by_type)

    def abandoned_share(self, *, by_interval: bool = False, by_type: bool = False) -> Estimate:
        """Calls abandoned of calls that asked for an agent."""
        return self.ratio(Tally.ABANDONED, Tally.OFFERED, by_interval=by_interval, by_type=by_type)

    def callers_answered_share(self, *, by_interval: bool = False, by_type: bool = False) -> Estimate:
        """Callers answered at some attempt of all callers."""
        return self.ratio(Tally.CALLERS_ANSWERED, Tally.CALLERS, by_interval=by_interval, by_type=by_type)

    def mean_wait_answered_s(self, *, by_interval: bool = False, by_type: bool = False) -> Estimate:
        """Mean wait of the calls answered [s]."""
        return self.ratio(Tally.WAIT_ANSWERED_S, Tally.ANSWERED, by_interval=by_interval, by_type=by_type)

    def mean_wait_s(self, *, by_interval: bool = False, by_type: bool = False) -> Estimate:
        """Mean wait of the calls let in, whether answered or not [s]."""
        kept = {"by_interval": by_interval, "by_type": by_type}
        return estimate_ratio(
            self.of(Tally.WAIT_S, **kept), self.of(Tally.OFFERED, **kept) - self.of(Tally.BLOCKED, **kept)
        )

    def occupancy(self, *, by_interval: bool = False, by_group: bool = False) -> Estimate:
        """Agents' busy time over their time at the desk until the close; above 1 where many finish after their time."""
        axes = tuple(axis for axis, kept in ((1, by_interval), (2, by_group)) if not kept)
        busy = self.busy_s[:, :-1].sum(axis=axes)
        return estimate_ratio(busy, np.broadcast_to(self.staffed_s, self.busy_s[:, :-1].shape).sum(axis=axes))

    def mean_waiting(self) -> Estimate:
        """Mean number of callers in the queue by interval."""
        return estimate_mean(self.waiting_s[:, :-1].sum(axis=2) / np.diff(self.edges_s))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CallLog:
    """Every call of one day, in the order in which they were settled.

    ``arrival_s`` when it asked for an agent (an absorbed one: when it came), ``wait_s``, ``talk_s`` (the announcement
    of an absorbed one), ``wrap_up_s`` [s], float64; ``call_type``, ``outcome`` (:class:`Outcome`), ``group`` and
    ``seat`` that answered or -1, ``attempt`` from 1, ``caller`` equal for the attempts of one person, int64. A
    call-back has type -1 - its position, arrives when it is released, and is its own caller.
    """

    arrival_s: Floats
    wait_s: Floats
    talk_s: Floats
    wrap_up_s: Floats
    call_type: Ints
    outcome: Ints
    group: Ints
    seat: Ints
    attempt: Ints
    caller: Ints

    def __len__(self) -> int:
        return len(self.arrival_s)
