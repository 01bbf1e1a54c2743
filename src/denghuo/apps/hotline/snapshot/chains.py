"""Which call repeats which: a caller who was not served and calls again soon is one need, not two."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline.models import Call
from denghuo.apps.hotline.snapshot.columns import instants

SERVED = (CallOutcome.ANSWERED, CallOutcome.ANNOUNCED)
_LOOK_BACK = timedelta(days=2)
_FIELDS = ("pk", "caller", "entered_at", "ended_at", "outcome", "attempt", "first_call_id", "attempts", "solved")
_CALLERS_AT_ONCE = 400


@dataclass(frozen=True, kw_only=True)
class Chained:
    """For each call, sorted by caller and time: its number in its chain from 1, the position of the chain's first
    call, and on that one how many calls the chain has and whether one of them was served."""

    attempt: NDArray[np.int64]
    first: NDArray[np.int64]
    attempts: NDArray[np.int64]
    solved: NDArray[np.bool_]


def chain(
    *,
    caller: NDArray[np.int64],
    entered_s: NDArray[np.float64],
    ended_s: NDArray[np.float64],
    served: NDArray[np.bool_],
    within_s: NDArray[np.float64],
) -> Chained:
    """Join calls, sorted by caller and time, into chains.

    A call continues the chain of the call before it if it is of the same caller, that one was not served, and no more
    than ``within_s`` lie between the end of that one and this. Seconds are of one clock; each array has a call each.

    >>> told = chain(caller=np.array([7, 7, 7]), entered_s=np.array([0.0, 90.0, 9000.0]),
    ...     ended_s=np.array([30.0, 300.0, 9100.0]), served=np.array([False, True, False]), within_s=np.full(3, 3600.0))
    >>> told.attempt.tolist(), told.first.tolist(), told.attempts.tolist(), told.solved.tolist()
    ([1, 2, 1], [0, 0, 2], [2, 2, 1], [True, True, False])
    """
    count = len(caller)
    continues = np.zeros(count, dtype=np.bool_)
    same = caller[1:] == caller[:-1]
    continues[1:] = same & ~served[:-1] & (entered_s[1:] - ended_s[:-1] <= within_s[1:])
    position = np.arange(count)
    first = np.maximum.accumulate(np.where(continues, 0, position)) if count else position
    attempts = np.bincount(first, minlength=count)[first]
    solved = np.bincount(first, weights=served, minlength=count)[first] > 0
    return Chained(attempt=position - first + 1, first=first, attempts=attempts, solved=solved)


@dataclass(frozen=True, slots=True)
class Moved:
    """A call whose place in a chain is not what its row says, and what it should say."""

    entered_at: datetime
    attempt: int
    first_call_id: int | None
    attempts: int
    solved: bool
    pk: int

    @property
    def values(self) -> tuple[int, int | None, int, bool, int]:
        """In the order of :data:`CHAIN_FIELDS`, then the key."""
        return self.attempt, self.first_call_id, self.attempts, self.solved, self.pk


CHAIN_FIELDS = ("attempt", "first_call", "attempts", "solved")


def chained(
    exchange_id: int, callers: Iterable[str], *, since: datetime, within_s: Callable[[datetime], float]
) -> list[Moved]:
    """Calls of these callers whose place in a chain is not what their rows say.

    ``since``: nothing changed before. ``within_s`` tells how soon a redial comes by the definition of the day.
    """
    moved: list[Moved] = []
    told = sorted(set(callers) - {""})
    for start in range(0, len(told), _CALLERS_AT_ONCE):
        rows = Call.objects.filter(
            exchange_id=exchange_id,
            caller__in=told[start : start + _CALLERS_AT_ONCE],
            entered_at__gte=since - _LOOK_BACK,
        ).order_by("caller", "entered_at", "pk")
        moved += _moved(list(rows.values_list(*_FIELDS)), within_s)
    return moved


def _moved(calls: list[tuple[Any, ...]], within_s: Callable[[datetime], float]) -> list[Moved]:
    if not calls:
        return []
    pk, caller, entered_at, ended_at, outcome, *before = zip(*calls, strict=True)
    names = {name: code for code, name in enumerate(dict.fromkeys(caller))}
    last = tuple(end or start for start, end in zip(entered_at, ended_at, strict=True))
    found = chain(
        caller=np.array([names[name] for name in caller], dtype=np.int64),
        entered_s=instants(entered_at).astype(np.int64) / 1e6,
        ended_s=instants(last).astype(np.int64) / 1e6,
        served=np.isin(outcome, SERVED),
        within_s=np.array([within_s(at) for at in entered_at], dtype=np.float64),
    )
    first = found.first.tolist()
    first_keys = [None if one == at else pk[one] for at, one in enumerate(first)]
    now = zip(found.attempt.tolist(), first_keys, found.attempts.tolist(), found.solved.tolist(), strict=True)
    return [
        Moved(entered_at[at], *told, pk[at])
        for at, (told, was) in enumerate(zip(now, zip(*before, strict=True), strict=True))
        if told != was
    ]
