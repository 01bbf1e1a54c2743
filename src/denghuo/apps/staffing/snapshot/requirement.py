"""How many people have to be on duty in every interval, from the calls expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.staffing.models import RuleKind
from denghuo.apps.staffing.snapshot import INTERVAL_MIN
from denghuo.apps.staffing.snapshot.forecasts import Ahead
from denghuo.apps.staffing.snapshot.history import REDIAL_DELAY_S
from denghuo.apps.staffing.snapshot.rules import RuleBook
from denghuo.engines.queueing import hold_answer_rate, scheduled_seats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

PER_H = 60 / INTERVAL_MIN
INTERVAL_S = 60.0 * INTERVAL_MIN
_MOST_TARGET = 0.995  # no number of people answers every call
_NEAR = 1e-6


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """People by day and interval, int64[days, intervals].

    ``calls`` planned for (NaN where nothing is forecast); ``sized`` people behind the seats with which every interval
    reaches the target; ``minimum`` the fewest allowed; ``required`` the greater of both, as far as there are seats;
    ``capped`` where there are not enough; ``answered`` share of the calls of each interval with the people required,
    NaN where nothing is forecast.
    """

    days: tuple[date, ...]
    target_share: float
    level: float
    calls: Floats
    sized: Ints
    minimum: Ints
    required: Ints
    capped: Flags
    answered: Floats

    @property
    def missed(self) -> int:
        """Intervals that do not reach the target even with the people required."""
        return int((self.answered < min(self.target_share, _MOST_TARGET) - _NEAR).sum())


def requirement_of(
    ahead: Ahead | None, *, days: Sequence[date], book: RuleBook, target_share: float, level: float | None = None
) -> Requirement:
    """What these days, one after the other, need so that no interval of them misses the target: what is left over from
    one comes on top of the next. Without a forecast the minimum alone is required."""
    first = days[0]
    chosen = book.value(RuleKind.DEMAND_SHARE, on=first) if level is None else level
    shrinkage, seats = book.value(RuleKind.SHRINKAGE_SHARE, on=first), int(book.value(RuleKind.SEATS, on=first))
    minimum = book.minimum_heads(days)
    calls = np.full(minimum.shape, np.nan) if ahead is None else ahead.of(days, level=chosen)
    sized, answered = np.zeros(minimum.shape, np.int64), np.full(minimum.shape, np.nan)
    if ahead is not None:
        queue = (ahead.handling_s, ahead.patience_s, ahead.redial_share)
        room = np.array([seats])
        fewest = np.minimum(minimum, seats)
        needed, share = _held(
            np.nan_to_num(calls).tobytes(),
            at_telephones(fewest, shrinkage_share=shrinkage).tobytes(),
            min(target_share, _MOST_TARGET),
            queue,
            int(at_telephones(room, shrinkage_share=shrinkage)[0]),
        )
        people = scheduled_seats(needed, shrinkage_share=shrinkage).reshape(calls.shape)
        sized[:] = np.where(np.isfinite(calls), people, 0)
        answered[:] = np.where(np.isfinite(calls), share.reshape(calls.shape), np.nan)
    wanted = np.maximum(sized, minimum)
    return Requirement(
        days=tuple(days),
        target_share=target_share,
        level=chosen,
        calls=calls,
        sized=sized,
        minimum=minimum,
        required=np.minimum(wanted, seats),
        capped=wanted > seats,
        answered=answered,
    )


@lru_cache(maxsize=32)
def _held(
    calls: bytes, fewest: bytes, target_share: float, queue: tuple[float, float, float], room: int
) -> tuple[Ints, Floats]:
    """Seats at telephones that hold the target from the first interval to the last, and the shares answered with them.
    Pages ask for the same days again and again, so what was found is kept. The first interval begins as if one like it
    had gone before."""
    handling_s, patience_s, redial_share = queue
    per_interval, least = np.frombuffer(calls), np.frombuffer(fewest, np.int64)
    found = hold_answer_rate(
        np.concatenate([per_interval[:1], per_interval]) * PER_H,
        target_share=target_share,
        interval_s=INTERVAL_S,
        handling_s=handling_s,
        patience_s=patience_s,
        redial_share=redial_share,
        redial_delay_s=REDIAL_DELAY_S,
        minimum_seats=np.concatenate([least[:1], least]),
        most_seats=room,
    )
    return found.seats[1:], found.answered_share[1:]


def at_telephones(heads: NDArray[np.int64], *, shrinkage_share: float) -> Ints:
    """Of people on duty, those at a telephone at a time, rounded down: what sizing rounds up, seen from behind."""
    return np.floor(heads * (1 - shrinkage_share) + 1e-9).astype(np.int64)
