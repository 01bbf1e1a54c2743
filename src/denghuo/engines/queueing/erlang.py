"""Erlang B, Erlang C and Erlang A, each with or without a limit on the waiting line, in full and for any array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.queueing import _erlang_kernels as kernels
from denghuo.engines.queueing.checks import QueueError, check_queue

__all__ = [
    "QueueFigures",
    "ServiceLevel",
    "erlang_b",
    "erlang_c",
    "load_for_blocking",
    "queue_figures",
    "servers_for_blocking",
]

Floats = NDArray[np.float64]


class ServiceLevel(StrEnum):
    """Calls answered within the target time, divided by what.

    ``OF_OFFERED`` all calls; ``OF_ANSWERED`` those answered; ``LATE_ABANDONS_COUNT`` those answered and those abandoned
    after the target; ``SHORT_ABANDONS_LEFT_OUT`` offered less those abandoned within the target;
    ``SHORT_ABANDONS_MET`` all calls, where one abandoned within the target counts as met.
    """

    OF_OFFERED = "of_offered"
    OF_ANSWERED = "of_answered"
    LATE_ABANDONS_COUNT = "late_abandons_count"
    SHORT_ABANDONS_LEFT_OUT = "short_abandons_left_out"
    SHORT_ABANDONS_MET = "short_abandons_met"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """What callers and agents see in the steady state; float64 of one shape. Shares are of offered calls.

    * ``calls_per_h`` offered, redials among them [1/h]; ``load_erlang`` calls times handling; ``seats``; ``within_s``
      the target time [s]
    * ``stable`` False where nobody abandons, no call is blocked and the load is not below the seats: the line then
      grows for ever, waits are inf, ``answered_share`` is seats / load, nobody is answered within any target
    * ``wait_share`` join the line; ``blocked_share`` find neither a seat nor a place to wait; ``abandoned_share``;
      ``answered_share``, the answer rate
    * ``answered_in_time_share``, ``abandoned_in_time_share`` after at most ``within_s``
    * ``queue_length`` callers waiting, ``busy_seats`` seats taken, on average
    * ``mean_wait_s`` of all who are not blocked, ``mean_wait_answered_s`` of those answered (at once or later),
      ``mean_wait_waiting_s`` of those who wait at all, ``mean_wait_abandoned_s`` of those who abandon [s]; NaN where
      there are none
    * ``occupancy_share`` busy seats / seats; NaN without a seat
    """

    calls_per_h: Floats
    load_erlang: Floats
    seats: Floats
    within_s: Floats
    stable: NDArray[np.bool_]
    wait_share: Floats
    abandoned_share: Floats
    blocked_share: Floats
    answered_share: Floats
    answered_in_time_share: Floats
    abandoned_in_time_share: Floats
    queue_length: Floats
    busy_seats: Floats
    mean_wait_s: Floats
    mean_wait_answered_s: Floats
    mean_wait_waiting_s: Floats
    mean_wait_abandoned_s: Floats
    occupancy_share: Floats

    def service_level(
        self, definition: ServiceLevel = ServiceLevel.OF_OFFERED, *, count_blocked: bool = True
    ) -> Floats:
        """Share of calls answered within the target time, by one of the definitions in use.

        ``count_blocked`` False leaves blocked calls out of what is divided by, where they would be in it. NaN where
        nothing is left to divide by.
        """
        met, base = self.answered_in_time_share, np.ones_like(self.answered_share)
        if not count_blocked:
            base = base - self.blocked_share
        if definition is ServiceLevel.OF_ANSWERED:
            base = self.answered_share
        elif definition is ServiceLevel.LATE_ABANDONS_COUNT:
            base = self.answered_share + self.abandoned_share - self.abandoned_in_time_share
        elif definition is ServiceLevel.SHORT_ABANDONS_LEFT_OUT:
            base = base - self.abandoned_in_time_share
        elif definition is ServiceLevel.SHORT_ABANDONS_MET:
            met = met + self.abandoned_in_time_share
        return _ratio(met, base)


def erlang_b(load_erlang: ArrayLike, seats: ArrayLike) -> Floats:
    """Blocking of a loss system, B(n, a): share of calls that find all seats busy; seats need not be whole.

    Args:
        load_erlang: offered load a, at least 0.
        seats: n, at least 0, continued between whole numbers by 1/B = a∫₀^∞ e^(-a·t) (1+t)^n dt.

    Returns:
        Shares, of the shape the two have together; NaN where either is NaN.

    Raises:
        QueueError: negative or infinite numbers.

    Source: A. K. Erlang (1917); D. L. Jagerman, "Some properties of the Erlang loss function", Bell System Technical
    Journal 53 (1974).

    Example:
        >>> erlang_b(25, [30, 30.5]).round(4).tolist()
        [0.0526, 0.0464]
    """
    loads, counts, shape = _checked(load_erlang=load_erlang, seats=seats)
    found = np.empty(len(loads))
    kernels.many_blocking(loads, counts, found)
    return frozen(found.reshape(shape))


def erlang_c(load_erlang: ArrayLike, seats: ArrayLike) -> Floats:
    """Share of calls that wait where nobody abandons, C = B / (1 - (a/n)(1 - B)); 1 where the load is not below the
    seats and the line grows for ever.

    Args, returns and raises as :func:`erlang_b`.

    Source: A. K. Erlang (1917).

    Example:
        >>> erlang_c(10, [14, 11, 9]).round(4).tolist()
        [0.1741, 0.6821, 1.0]
    """
    blocking = erlang_b(load_erlang, seats)
    load, count = np.asarray(load_erlang, dtype=np.float64), np.asarray(seats, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        waits = blocking * count / (count - load * (1.0 - blocking))
    waits = np.where(load >= count, 1.0, waits)
    return frozen(np.where(np.isnan(blocking), np.nan, np.where((load == 0) & (count > 0), 0.0, waits)))


def servers_for_blocking(load_erlang: ArrayLike, *, blocking_share: ArrayLike) -> Floats:
    """Seats n, not rounded, at which a share of the load is blocked: the inverse of :func:`erlang_b` in n.

    Args:
        load_erlang: offered load, at least 0; of no load any seat at all is enough, and the result is next to 0.
        blocking_share: between 0 and 1, both excluded.

    Raises:
        QueueError: numbers out of range.

    Example:
        >>> servers_for_blocking(10, blocking_share=[0.01, 0.05]).round(5).tolist()
        [17.44497, 14.30043]
    """
    loads, blocking, shape = _checked(load_erlang=load_erlang, blocking_share=blocking_share)
    found = np.empty(len(loads))
    kernels.many_inverses(loads, blocking, found, False)
    return frozen(found.reshape(shape))


def load_for_blocking(seats: ArrayLike, *, blocking_share: ArrayLike) -> Floats:
    """Load [erlang] of which a share is blocked: the inverse of :func:`erlang_b` in a. NaN without a seat.

    Args:
        seats: at least 0, whole or not.
        blocking_share: between 0 and 1, both excluded.

    Raises:
        QueueError: numbers out of range.

    Example:
        >>> load_for_blocking([1, 6], blocking_share=0.01).round(4).tolist()
        [0.0101, 1.909]
    """
    counts, blocking, shape = _checked(seats=seats, blocking_share=blocking_share)
    found = np.empty(len(counts))
    kernels.many_inverses(counts, blocking, found, True)
    return frozen(found.reshape(shape))


def queue_figures(
    calls_per_h: ArrayLike,
    *,
    seats: ArrayLike,
    handling_s: ArrayLike,
    patience_s: ArrayLike = np.inf,
    waiting_places: ArrayLike = np.inf,
    within_s: ArrayLike = 20.0,
) -> QueueFigures:
    """Every figure of a hotline in the steady state: M/M/n/K+M, exactly.

    Without patience and places it is Erlang C, with patience Erlang A, with no place to wait Erlang B. A caller who
    finds j waiting is answered after j + 1 stages of rates n/handling + i/patience, i = 0..j, unless patience ends
    first; all shares, means and the whole distribution of waits (over ``within_s``) follow from the steady state and
    these stages, without approximation. Cost: states of the line that matter, about
    (load - seats)·patience/handling + 8·√(load·patience/handling) of them where it is overloaded.

    Args:
        calls_per_h: offered calls; 0 gives what one caller would find.
        seats: staffed seats n, at least 0; not whole by the continuation of :func:`erlang_b`.
        handling_s: mean time a call takes a seat, with wrap-up.
        patience_s: mean time callers are ready to wait; inf: nobody abandons.
        waiting_places: callers who may wait at the same time, whole; inf: no limit.
        within_s: target time of the service level; an array gives the distribution.

    Returns:
        Figures of the shape the arguments have together; NaN where one of them is.

    Raises:
        QueueError: numbers out of range or shapes that differ.

    Source: C. Palm, "Research on telephone traffic carried by full availability groups", Tele (1957); O. Garnett,
    A. Mandelbaum, M. Reiman, "Designing a call center with impatient customers", MSOM 4 (2002).

    Example:
        >>> found = queue_figures(200, seats=14, handling_s=180, patience_s=300)
        >>> [float(x.round(6)) for x in (found.wait_share, found.abandoned_share, found.service_level())]
        [0.14526, 0.013984, 0.916792]
    """
    inputs, shape = checked_inputs(
        calls_per_h=calls_per_h,
        handling_s=handling_s,
        patience_s=patience_s,
        seats=seats,
        waiting_places=waiting_places,
        within_s=within_s,
    )
    return figures_of(inputs, shape)


def checked_inputs(**fields: ArrayLike) -> tuple[Floats, tuple[int, ...]]:
    """Rows of inputs as the kernels read them, without redials where none are given, and their shape."""
    if found := check_queue(known=False, **fields):
        raise QueueError(found)
    return stacked_inputs(fields)


def stacked_inputs(fields: Mapping[str, ArrayLike]) -> tuple[Floats, tuple[int, ...]]:
    """The same of fields already checked."""
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in fields.items()}
    shape = np.broadcast_shapes(*{values.shape for values in arrays.values()})
    inputs = np.empty((*shape, len(INPUTS)))
    for column, (name, left_out) in enumerate(INPUTS.items()):
        inputs[..., column] = arrays.get(name, left_out)
    inputs[..., 0] /= 3600.0
    return inputs.reshape(-1, len(INPUTS)), shape


def figures_of(inputs: Floats, shape: tuple[int, ...]) -> QueueFigures:
    """Work out every row of inputs and name the columns."""
    found = np.empty((len(inputs), kernels.COLUMN_COUNT))
    kernels.many_figures(inputs, found)
    column = found.T.reshape(kernels.COLUMN_COUNT, *shape)
    seats, within_s = inputs[:, 3].reshape(shape), inputs[:, 5].reshape(shape)
    rate, joined = column[kernels.CALL_RATE], 1.0 - column[kernels.BLOCKED]
    waits, handling_s = column[kernels.WAITS], inputs[:, 1].reshape(shape)
    abandons = column[kernels.ABANDONS]
    lost_s = np.where(abandons > 0, abandons * column[kernels.ABANDONED_WAIT_S], 0.0)
    per_call_s = column[kernels.ANSWERED_WAIT_S] + lost_s
    values = {
        "calls_per_h": rate * 3600.0,
        "load_erlang": rate * handling_s,
        "seats": seats,
        "within_s": within_s,
        "wait_share": waits,
        "abandoned_share": abandons,
        "blocked_share": column[kernels.BLOCKED],
        "answered_share": column[kernels.ANSWERED],
        "answered_in_time_share": column[kernels.ANSWERED_IN_TIME],
        "abandoned_in_time_share": column[kernels.ABANDONED_IN_TIME],
        "queue_length": column[kernels.QUEUE],
        "busy_seats": column[kernels.BUSY],
        "mean_wait_s": _ratio(per_call_s, joined),
        "mean_wait_answered_s": _ratio(column[kernels.ANSWERED_WAIT_S], column[kernels.ANSWERED]),
        "mean_wait_waiting_s": _ratio(per_call_s, waits),
        "mean_wait_abandoned_s": column[kernels.ABANDONED_WAIT_S],
        "occupancy_share": _ratio(column[kernels.BUSY], seats),
    }
    stable = frozen(column[kernels.STABLE] == 1.0)
    return QueueFigures(stable=stable, **{name: frozen(np.array(value)) for name, value in values.items()})


def frozen(values: NDArray[Any]) -> NDArray[Any]:
    """The array, read-only."""
    values.setflags(write=False)
    return values


def _checked(**fields: ArrayLike) -> tuple[Floats, Floats, tuple[int, ...]]:
    if found := check_queue(known=False, **fields):
        raise QueueError(found)
    first, second = np.broadcast_arrays(*(np.asarray(values, dtype=np.float64) for values in fields.values()))
    return np.ascontiguousarray(first.ravel()), np.ascontiguousarray(second.ravel()), first.shape


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Numerator / denominator, NaN where there is nothing to divide by."""
    found = np.full(np.shape(denominator), np.nan)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found


# Columns of the inputs, in the order of the kernels, and what stands where nothing is given.
INPUTS = {
    "calls_per_h": np.nan,
    "handling_s": np.nan,
    "patience_s": np.inf,
    "seats": 0.0,
    "waiting_places": np.inf,
    "within_s": 20.0,
    "redial_share": 0.0,
    "redial_blocked_share": 0.0,
    "most_attempts": np.inf,
}
