"""A whole day of a hotline, exactly: calls and seats that change, and a line that spills over into what follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.queueing import _day_kernels as kernels
from denghuo.engines.queueing.checks import QueueCode, QueueError, QueueFinding, check_queue

__all__ = ["DayPerformance", "day_performance"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPerformance:
    """What happened in each interval, as expected values; float64[interval].

    * ``fresh_calls``, ``redialed_calls`` offered; ``abandoned_calls``, ``blocked_calls``; ``answered_calls`` are those
      whose wait ended with an answer in the interval, whenever they came: offered, less lost, less what the line grew
    * ``answered_in_time_calls`` of the calls that came in the interval, answered within the target time
    * ``queue_length`` mean number waiting, ``queue_length_end`` at the end of the interval; ``busy_seats`` mean
    * ``wait_share`` of calls that find all seats busy and a place to wait; ``mean_wait_s`` in the line, of all calls
      that are not blocked [s]; waits of calls still in the line are taken to end with the seats of their interval
    * ``end_states`` chances of so many calls present at the end, ``end_redials`` callers who will still try again: what
      the next day may start from
    """

    fresh_calls: Floats
    redialed_calls: Floats
    answered_calls: Floats
    abandoned_calls: Floats
    blocked_calls: Floats
    answered_in_time_calls: Floats
    queue_length: Floats
    queue_length_end: Floats
    busy_seats: Floats
    wait_share: Floats
    mean_wait_s: Floats
    end_states: Floats
    end_redials: float

    @property
    def offered_calls(self) -> Floats:
        """Fresh calls and redials."""
        return self.fresh_calls + self.redialed_calls

    @property
    def answered_share(self) -> Floats:
        """Answer rate by attempt: answered / (answered + abandoned + blocked), of calls settled in the interval; NaN
        where none are."""
        return _ratio(self.answered_calls, self.answered_calls + self.abandoned_calls + self.blocked_calls)

    @property
    def service_level_share(self) -> Floats:
        """Answered within the target time / offered, by the interval in which calls come; NaN without calls."""
        return _ratio(self.answered_in_time_calls, self.offered_calls)

    @property
    def day_answered_share(self) -> float:
        """Answer rate of the day by attempt."""
        answered = self.answered_calls.sum()
        settled = answered + self.abandoned_calls.sum() + self.blocked_calls.sum()
        return float(answered / settled) if settled > 0 else float("nan")

    @property
    def day_answered_by_caller_share(self) -> float:
        """Answered calls / fresh calls of the day: the share of callers who are answered at some attempt, but for those
        who are still in the line or will still try again at its end."""
        fresh = self.fresh_calls.sum()
        return float(self.answered_calls.sum() / fresh) if fresh > 0 else float("nan")


def day_performance(
    calls_per_h: ArrayLike,
    *,
    seats: ArrayLike,
    interval_s: ArrayLike,
    handling_s: ArrayLike,
    patience_s: ArrayLike = np.inf,
    waiting_places: float = np.inf,
    within_s: float = 20.0,
    redial_share: float = 0.0,
    redial_blocked_share: float | None = None,
    redial_delay_s: float = 300.0,
    start_states: ArrayLike | None = None,
    start_redials: float = 0.0,
) -> DayPerformance:
    """Follow the number of calls present through the day: M(t)/M/n(t)/K+M with rates constant by interval, exactly.

    p'(t) = Q(t)·p(t) is solved over each interval in one step (``docs/engines/queueing.md``) to 3e-7. Redials
    come after an exponential delay: the expected number who will try again is followed beside the states, and they come
    as a Poisson stream at its mean rate in each interval, which is the one approximation. Where seats are fewer than
    calls in progress, the calls left without a seat wait at the head of the line.

    Args:
        calls_per_h: fresh calls [interval].
        seats: whole, one number or [interval].
        interval_s, handling_s, patience_s: one number or [interval].
        waiting_places, within_s: see :func:`queue_figures`.
        redial_share, redial_blocked_share: of those who abandon or are blocked (left out: as of those who abandon), who
            try again, below 1; ``redial_delay_s`` after how long on average, 0 at once.
        start_states: chances of 0, 1, 2, ... calls present at first; left out: none.
        start_redials: callers who are going to try again at first.

    Raises:
        QueueError: numbers out of range or unknown, lengths that differ, redials without end.

    Source: A. Jensen, "Markoff chains as an aid in the study of Markoff processes", Skand. Aktuarietidskr. 36 (1953),
    for uniformization; see :func:`rational_exponential` for the other.

    Example:
        >>> day = day_performance([300, 900, 300], seats=[18, 30, 18], interval_s=1800, handling_s=180, patience_s=120)
        >>> day.answered_share.round(3).tolist(), day.queue_length_end.round(2).tolist()
        ([0.97, 0.702, 0.849], [0.41, 10.04, 0.41])
    """
    fields: dict[str, ArrayLike] = {
        "calls_per_h": calls_per_h,
        "whole_seats": seats,
        "interval_s": interval_s,
        "handling_s": handling_s,
        "patience_s": patience_s,
        "waiting_places": waiting_places,
        "within_s": within_s,
        "redial_share": redial_share,
        "redial_blocked_share": redial_share if redial_blocked_share is None else redial_blocked_share,
        "redial_delay_s": redial_delay_s,
        "start_redials": start_redials,
    }
    state = np.ones(1) if start_states is None else np.array(start_states, dtype=np.float64)
    _refuse(fields, state)
    shape = np.broadcast_shapes((1,), *(np.shape(values) for values in list(fields.values())[:5]))
    calls, heads, seconds, handling, patience = (
        np.broadcast_to(np.asarray(values, dtype=np.float64), shape) for values in list(fields.values())[:5]
    )
    given = np.stack([calls / 3600.0, seconds, handling, 1.0 / patience], axis=1)
    found = np.zeros((len(given), kernels.DAY_COLUMNS))
    redials = (float(redial_share), float(np.asarray(fields["redial_blocked_share"])), float(redial_delay_s))
    start = (state / state.sum(), float(start_redials))
    end = kernels.day(
        given,
        heads.astype(np.int64),
        (float(waiting_places), float(within_s)),
        redials,
        start,
        *rational_weights(),
        found,
    )
    at_first = float(np.maximum(np.arange(len(state)) - heads[0], 0.0) @ start[0])
    return _named(given, found, at_first, end, redials[0] + redials[1] > 0 or start_redials > 0)


@cache
def rational_weights() -> tuple[Floats, Floats]:
    """Poles and weights of the step, worked out once."""
    """Poles and weights of the step, worked out once."""
    return kernels.rational_exponential()


def _refuse(fields: dict[str, ArrayLike], state: Floats) -> None:
    found = check_queue(known=True, **{**fields, "most_attempts": np.inf})
    wide = [name for name in ("waiting_places", "within_s") if np.ndim(fields[name])]
    wide += [name for name, values in fields.items() if np.ndim(values) > 1]
    found += [QueueFinding(code=QueueCode.SHAPES_DIFFER, field=name) for name in wide]
    if state.ndim != 1 or not np.all(state >= 0) or not 0 < state.sum() < np.inf:
        found.append(QueueFinding(code=QueueCode.NOT_A_SHARE, field="start_states"))
    if found:
        raise QueueError(found)


def _named(given: Floats, found: Floats, at_first: float, end: Floats, with_redials: bool) -> DayPerformance:
    seconds, columns = given[:, 1], found.T.copy()
    fresh = given[:, 0] * seconds
    redialed = columns[kernels.REDIALS] * seconds
    abandoned, blocked = columns[kernels.ABANDONED] * seconds, columns[kernels.BLOCKED] * seconds
    queue_end = columns[kernels.QUEUE_END]
    grown = queue_end - np.concatenate(([at_first], queue_end[:-1]))
    offered = fresh + redialed
    joined = 1.0 - np.divide(blocked, offered, out=np.zeros_like(offered), where=offered > 0)
    values: dict[str, Any] = {
        "fresh_calls": fresh,
        "redialed_calls": redialed,
        "answered_calls": np.maximum(0.0, offered - abandoned - blocked - grown),
        "abandoned_calls": abandoned,
        "blocked_calls": blocked,
        "answered_in_time_calls": columns[kernels.ANSWERED_IN_TIME] * offered,
        "queue_length": columns[kernels.QUEUE],
        "queue_length_end": queue_end,
        "busy_seats": columns[kernels.BUSY],
        "wait_share": columns[kernels.WAITS],
        "mean_wait_s": _ratio(columns[kernels.WAIT_S], joined),
        "end_states": end,
    }
    for value in values.values():
        value.setflags(write=False)
    return DayPerformance(end_redials=float(found[-1, kernels.ORBIT]) if with_redials else 0.0, **values)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    found = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found
