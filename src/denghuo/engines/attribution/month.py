"""A month of a hotline: what was usual, what came, and the causes that are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.attribution.checks import (
    AttributionCode,
    AttributionError,
    AttributionFinding,
    find,
    find_numbers,
)

__all__ = ["REDIALS", "UNNAMED", "Cause", "HotlineMonth", "Way", "check_month", "excess_of_players"]

UNNAMED = "unnamed"
"""The player who answers for everything unusual where no cause is named."""
REDIALS = "redials"
"""The player of callers who give up and try again."""

Floats = NDArray[np.float64]


class Way(IntEnum):
    """How a cause works on a hotline: more (or fewer) fresh calls, longer handling, fewer seats."""

    VOLUME = 0
    HANDLING = 1
    CAPACITY = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """A named cause and where it worked, in each of the ways; a way left out is one it did not work in.

    ``code`` its name, one per month. ``volume``, ``handling``, ``capacity`` bool or float, of the month's days and
    intervals or one that stretches to them: weights, at least 0. Where several causes work in the same way, what is
    unusual is theirs in proportion to their weights; where one works alone, all of it is its own.
    """

    code: str
    volume: ArrayLike = 0.0
    handling: ArrayLike = 0.0
    capacity: ArrayLike = 0.0

    def weights(self, way: Way) -> Floats:
        """Weights of a way, as they were given."""
        return np.asarray((self.volume, self.handling, self.capacity)[way], dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class HotlineMonth:
    """What was usual and what was observed, float64[days, intervals]; anything that stretches to it may be given.

    * ``usual_calls_per_h``, ``observed_calls_per_h`` fresh calls, first attempts only [1/h]
    * ``usual_handling_s``, ``observed_handling_s`` mean time a call takes a seat [s]
    * ``usual_seats``, ``observed_seats`` seats staffed
    * ``offered_calls``, ``answered_calls`` float64[days], as the switch counted them, every attempt a call
    * ``interval_s`` length of an interval [s]

    Check it with :func:`check_month`.
    """

    usual_calls_per_h: ArrayLike
    observed_calls_per_h: ArrayLike
    usual_handling_s: ArrayLike
    observed_handling_s: ArrayLike
    usual_seats: ArrayLike
    observed_seats: ArrayLike
    offered_calls: ArrayLike
    answered_calls: ArrayLike
    interval_s: float

    def __post_init__(self) -> None:
        shape = np.shape(self.usual_calls_per_h)
        for field in fields(self):
            if field.name != "interval_s":
                by_day = field.name in _BY_DAY
                object.__setattr__(self, field.name, _column(getattr(self, field.name), shape[:1] if by_day else shape))

    @property
    def usual(self) -> Floats:
        """Calls per hour, handling [s] and seats as usual, float64[3, days, intervals]."""
        return np.stack([np.asarray(getattr(self, f"usual_{name}")) for name in _WAYS])

    @property
    def observed(self) -> Floats:
        """The same as observed."""
        return np.stack([np.asarray(getattr(self, f"observed_{name}")) for name in _WAYS])


_WAYS = ("calls_per_h", "handling_s", "seats")
_BY_DAY = ("offered_calls", "answered_calls")


def check_month(month: HotlineMonth, causes: Sequence[Cause] = ()) -> list[AttributionFinding]:
    """Everything wrong with a month and its causes; empty when nothing is.

    Positions are flat, in the field; of causes the field is ``causes`` (positions of the causes) or the cause's code
    and way, as in ``storm.volume``.

    Example:
        >>> month = HotlineMonth(
        ...     usual_calls_per_h=[[60.0, 60.0]], observed_calls_per_h=[[60.0, -1.0]], usual_handling_s=180,
        ...     observed_handling_s=0, usual_seats=4, observed_seats=4, offered_calls=[60], answered_calls=[61],
        ...     interval_s=1800,
        ... )
        >>> for finding in check_month(month, [Cause(code="storm", volume=True), Cause(code="storm")]):
        ...     print(finding.field, finding.code.value, finding.positions)
        observed_calls_per_h negative (1,)
        observed_handling_s not_positive (0, 1)
        answered_calls more_answered_than_offered (0,)
        causes named_twice (0, 1)
    """
    shape = np.shape(month.usual_calls_per_h)
    found: list[AttributionFinding] = []
    if len(shape) != 2:
        found.append(AttributionFinding(code=AttributionCode.SHAPES_DIFFER, field="usual_calls_per_h"))
    for field in fields(month):
        values = np.asarray(getattr(month, field.name), dtype=np.float64)
        wanted = () if field.name == "interval_s" else shape[:1] if field.name in _BY_DAY else shape
        if values.shape != wanted:
            found.append(AttributionFinding(code=AttributionCode.SHAPES_DIFFER, field=field.name))
        found += find_numbers(field.name, values, positive=field.name.endswith("_s"))
    offered, answered = np.asarray(month.offered_calls), np.asarray(month.answered_calls)
    if offered.shape == answered.shape:
        found += find(AttributionCode.MORE_ANSWERED_THAN_OFFERED, "answered_calls", answered > offered)
    if not np.nansum(offered) > 0:
        found.append(AttributionFinding(code=AttributionCode.NOBODY_CALLED, field="offered_calls"))
    return found + _check_causes(causes, shape)


def _check_causes(causes: Sequence[Cause], shape: tuple[int, ...]) -> list[AttributionFinding]:
    named = Counter([UNNAMED, REDIALS, *(cause.code for cause in causes)])
    found = find(AttributionCode.NAMED_TWICE, "causes", np.array([named[cause.code] > 1 for cause in causes], bool))
    for cause in causes:
        for way in Way:
            field, weights = f"{cause.code}.{way.name.lower()}", cause.weights(way)
            found += find_numbers(field, weights)
            try:
                np.broadcast_to(weights, shape)
            except ValueError:
                found.append(AttributionFinding(code=AttributionCode.SHAPES_DIFFER, field=field))
    return found


def excess_of_players(month: HotlineMonth, causes: Sequence[Cause]) -> Floats:
    """What each cause, and then :data:`UNNAMED`, adds to the usual, float64[causes + 1, 3 ways, days, intervals].

    The players' parts add up to observed - usual in every interval.

    Raises:
        AttributionError: findings of :func:`check_month`.

    Example:
        Two causes share what is unusual in the first interval, equally; in the second nobody is named.

        >>> month = HotlineMonth(
        ...     usual_calls_per_h=[[60.0, 60.0]], observed_calls_per_h=[[80.0, 70.0]], usual_handling_s=180,
        ...     observed_handling_s=180, usual_seats=4, observed_seats=4, offered_calls=[80], answered_calls=[70],
        ...     interval_s=1800,
        ... )
        >>> causes = [Cause(code=code, volume=[True, False]) for code in ("storm", "heat")]
        >>> excess_of_players(month, causes)[:, Way.VOLUME, 0].tolist()
        [[10.0, 0.0], [10.0, 0.0], [0.0, 10.0]]
    """
    if found := check_month(month, causes):
        raise AttributionError(found)
    unusual = month.observed - month.usual
    weights = np.zeros((len(causes) + 1, *unusual.shape))
    for at, cause in enumerate(causes):
        for way in Way:
            weights[at, way] = cause.weights(way)
    total = weights.sum(axis=0)
    weights[-1] = total == 0
    weights /= np.where(total == 0, 1.0, total)
    weights *= unusual
    return weights


def _column(values: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Read-only numbers of their own, stretched to the shape if they can be."""
    column = np.array(values, dtype=np.float64)
    with suppress(ValueError):
        column = np.array(np.broadcast_to(column, shape))
    column.setflags(write=False)
    return column
