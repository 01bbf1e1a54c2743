"""Seats that hold an answer rate in every interval of days whose calls change, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.queueing import _holding_kernels as kernels
from denghuo.engines.queueing.checks import QueueCode, QueueError, QueueFinding, check_queue
from denghuo.engines.queueing.day import rational_weights
from denghuo.engines.queueing.sizing import Targets, size_seats
from denghuo.engines.queueing.time_varying import modified_offered_load

__all__ = ["HeldSeats", "hold_answer_rate"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST_SEARCHED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSeats:
    """``seats`` that each interval needs; the ``answered_share`` with them, as far as there are so many (1 where nobody
    new calls, or less than a twentieth of a call is settled), and the ``load_erlang`` that the search began from, the
    modified offered load."""

    seats: Ints
    answered_share: Floats
    load_erlang: Floats


def hold_answer_rate(
    calls_per_h: ArrayLike,
    *,
    target_share: float,
    interval_s: ArrayLike,
    handling_s: float,
    patience_s: float,
    redial_share: float = 0.0,
    redial_delay_s: float = 300.0,
    minimum_seats: ArrayLike = 0,
    most_seats: int = 1_000,
) -> HeldSeats:
    """The fewest seats with which every interval answers the share asked for, calls left over from before included.

    The modified offered load is sized as if it were steady; from that guess on, each interval in turn is lived through
    exactly, as in :func:`day_performance`, from the state in which the one before it ended, until the fewest seats are
    found with which it reaches the target. What comes later changes nothing before it, so one pass is enough and no
    single seat can be taken away. Who has a call in hand when seats fall finishes it. Seats beyond ``most_seats`` are
    told and not used: the line spills over.

    Args:
        calls_per_h: fresh calls [interval].
        target_share: answered of the calls settled in the interval, between 0 and 1.
        interval_s, handling_s, patience_s: see :func:`day_performance`; patience is finite, or a target is missed only
            by a line without end.
        redial_share, redial_delay_s: of those who give up, who try again, and after how long on average.
        minimum_seats: taken in any case, whole, one number or [interval].
        most_seats: in the room.

    Raises:
        QueueError: numbers out of range or unknown, lengths that differ, a target that is no share.

    Source: the load after Jennings, Mandelbaum, Massey & Whitt, Management Science 42 (1996); staffing by evaluation
    after Feldman, Mandelbaum, Massey & Whitt, Management Science 54 (2008).

    Example:
        >>> found = hold_answer_rate([120, 400, 200], target_share=0.9, interval_s=900, handling_s=180, patience_s=120)
        >>> found.seats.tolist(), bool((found.answered_share >= 0.9).all())
        ([7, 19, 14], True)
    """
    _refuse(calls_per_h, target_share, interval_s, handling_s, patience_s, redial_share, redial_delay_s, minimum_seats)
    calls, seconds, least = (
        np.ascontiguousarray(one)
        for one in np.broadcast_arrays(
            np.atleast_1d(np.asarray(calls_per_h, np.float64)), np.asarray(interval_s, np.float64), minimum_seats
        )
    )
    load = modified_offered_load(calls, interval_s=seconds, handling_s=handling_s).mean_erlang
    guess = size_seats(
        load / handling_s * 3600.0,
        targets=Targets(answered_share=target_share),
        handling_s=handling_s,
        patience_s=patience_s,
        redial_share=redial_share,
    ).seats
    given = np.empty((len(calls), 4))
    given[:] = np.array([0.0, 0.0, handling_s, 1.0 / patience_s])
    given[:, 0], given[:, 1] = calls / 3600.0, seconds
    needed, shares = np.zeros(len(calls), np.int64), np.zeros(len(calls))
    kernels.hold(
        given,
        np.stack([guess, least.astype(np.int64)], axis=1),
        (int(most_seats), _MOST_SEARCHED),
        float(target_share),
        (np.inf, 0.0),
        (float(redial_share), float(redial_share), float(redial_delay_s)),
        (np.ones(1), 0.0),
        *rational_weights(),
        needed,
        shares,
    )
    for array in (needed, shares):
        array.setflags(write=False)
    return HeldSeats(seats=needed, answered_share=shares, load_erlang=load)


def _refuse(
    calls: ArrayLike,
    target: float,
    interval_s: ArrayLike,
    handling_s: float,
    patience_s: float,
    redial_share: float,
    delay_s: float,
    minimum: ArrayLike,
) -> None:
    found = check_queue(
        known=True,
        calls_per_h=calls,
        interval_s=interval_s,
        handling_s=handling_s,
        patience_s=patience_s,
        redial_share=redial_share,
        redial_delay_s=delay_s,
        minimum_seats=minimum,
        target_answered_share=target,
    )
    if np.isnan(target):
        found.append(QueueFinding(code=QueueCode.NO_TARGET, field="target_share"))
    if not np.isfinite(patience_s):
        found.append(QueueFinding(code=QueueCode.NOT_FINITE, field="patience_s"))
    if np.shape(minimum) and np.any(np.asarray(minimum) != np.floor(minimum)):
        found.append(QueueFinding(code=QueueCode.NOT_WHOLE, field="minimum_seats"))
    if redial_share >= 1:
        found.append(QueueFinding(code=QueueCode.ENDLESS_REDIALS, field="redial_share"))
    if found:
        raise QueueError(found)
