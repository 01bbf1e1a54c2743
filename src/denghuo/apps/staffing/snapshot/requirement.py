"""How many people have to be on duty in every interval, from the calls expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.staffing.models import RuleKind
from denghuo.apps.staffing.snapshot import INTERVAL_MIN
from denghuo.apps.staffing.snapshot.forecasts import Ahead
from denghuo.apps.staffing.snapshot.rules import RuleBook
from denghuo.engines.queueing import Targets, size_seats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

PER_H = 60 / INTERVAL_MIN
_MOST_TARGET = 0.995  # no number of people answers every call


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """People by day and interval, int64[days, intervals].

    ``calls`` planned for (NaN where nothing is forecast); ``sized`` people behind the seats that reach the target;
    ``minimum`` the fewest allowed; ``required`` the greater of both, as far as there are seats; ``capped`` where there
    are not enough.
    """

    days: tuple[date, ...]
    target_share: float
    level: float
    calls: Floats
    sized: Ints
    minimum: Ints
    required: Ints
    capped: Flags


def requirement_of(
    ahead: Ahead | None, *, days: Sequence[date], book: RuleBook, target_share: float, level: float | None = None
) -> Requirement:
    """What these days need. Without a forecast the minimum alone is required."""
    first = days[0]
    chosen = book.value(RuleKind.DEMAND_SHARE, on=first) if level is None else level
    minimum = book.minimum_heads(days)
    calls = np.full(minimum.shape, np.nan) if ahead is None else ahead.of(days, level=chosen)
    sized = np.zeros(minimum.shape, np.int64)
    if ahead is not None:
        sized[:] = size_seats(
            np.nan_to_num(calls) * PER_H,
            targets=Targets(answered_share=min(target_share, _MOST_TARGET)),
            handling_s=ahead.handling_s,
            patience_s=ahead.patience_s,
            redial_share=ahead.redial_share,
            shrinkage_share=book.value(RuleKind.SHRINKAGE_SHARE, on=first),
        ).scheduled
    wanted = np.maximum(sized, minimum)
    seats = int(book.value(RuleKind.SEATS, on=first))
    return Requirement(
        days=tuple(days),
        target_share=target_share,
        level=chosen,
        calls=calls,
        sized=sized,
        minimum=minimum,
        required=np.minimum(wanted, seats),
        capped=wanted > seats,
    )


def at_telephones(heads: NDArray[np.int64], *, shrinkage_share: float) -> Ints:
    """Of people on duty, those at a telephone at a time, rounded down: what sizing rounds up, seen from behind."""
    return np.floor(heads * (1 - shrinkage_share) + 1e-9).astype(np.int64)
