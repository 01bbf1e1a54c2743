"""Calls counted by queue and interval of the local day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline.models import Definition, Tally
from denghuo.apps.hotline.snapshot.columns import CallColumns

INTERVAL_MIN = 15
_SENT_AWAY = (CallOutcome.TIMED_OUT, CallOutcome.LEFT_EMPTY, CallOutcome.LEFT_BY_KEY)
_ASKED = (CallOutcome.ANSWERED, CallOutcome.ABANDONED, CallOutcome.REFUSED, *_SENT_AWAY)


def tally_rows(calls: CallColumns, *, zone: ZoneInfo, definition_on: Callable[[date], Definition]) -> list[Tally]:
    """Tallies of these calls, not saved: each counted by the definition of its day."""
    if not len(calls):
        return []
    local = local_minutes(calls.entered_at, zone)
    day, minute = local // 1440, local % 1440 // INTERVAL_MIN * INTERVAL_MIN
    days, day_code = np.unique(day, return_inverse=True)
    keys, group = np.unique(np.stack([calls.queue_id, day, minute]), axis=1, return_inverse=True)
    sums = _sums(calls, group.ravel(), keys.shape[1], (days, day_code), definition_on)
    return [
        Tally(
            queue_id=int(keys[0, at]),
            day=_date(int(keys[1, at])),
            minute=int(keys[2, at]),
            **{name: float(values[at]) if name.endswith("_s") else round(values[at]) for name, values in sums.items()},
        )
        for at in range(keys.shape[1])
    ]


def counted_between(
    calls: CallColumns,
    edges: NDArray[np.datetime64],
    *,
    zone: tzinfo,
    definition_on: Callable[[date], Definition],
) -> dict[str, NDArray[np.float64]]:
    """The same counts of the calls between each of these instants and the next, by the names of a tally's fields."""
    days = np.unique(local_minutes(calls.entered_at, zone) // 1440, return_inverse=True)
    group = np.searchsorted(edges, calls.entered_at, side="right") - 1
    return _sums(calls, group, len(edges) - 1, days, definition_on)


def _sums(
    calls: CallColumns,
    group: NDArray[np.int64],
    count: int,
    days: tuple[NDArray[np.int64], NDArray[np.int64]],
    definition_on: Callable[[date], Definition],
) -> dict[str, NDArray[np.float64]]:
    """What the calls of each group come to, each by the definition of its day; ``days``: which, and each call's."""
    ruled = [definition_on(_date(one)) for one in days[0].tolist()]
    in_time_s = np.array([rule.in_time_s for rule in ruled], dtype=np.float64)[days[1]]
    soon_s = np.array([rule.soon_s for rule in ruled], dtype=np.float64)[days[1]]
    counted = _counted(calls, in_time_s, soon_s)
    return {
        name: np.bincount(group, weights=values, minlength=count).astype(np.float64) for name, values in counted.items()
    }


def _counted(
    calls: CallColumns, in_time_s: NDArray[np.float64], soon_s: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """For every field of a tally, what each call adds to it."""
    outcome, first = calls.outcome, calls.attempt == 1
    over = outcome != CallOutcome.LASTING
    asked = over & (calls.asked | np.isin(outcome, _ASKED))
    answered, abandoned = outcome == CallOutcome.ANSWERED, outcome == CallOutcome.ABANDONED
    known = {
        "wait_s": (calls.wait_s, answered),
        "lost_wait_s": (calls.wait_s, abandoned),
        "talk_s": (calls.talk_s, answered),
        "wrap_up_s": (calls.wrap_up_s, answered),
    }
    told: dict[str, NDArray[np.generic]] = {
        "calls": np.ones(len(calls)),
        "requests": asked,
        "first_requests": asked & first,
        "answered": answered,
        "in_time": answered & (calls.wait_s <= in_time_s),
        "abandoned": abandoned,
        "abandoned_soon": abandoned & (calls.wait_s < soon_s),
        "sent_away": np.isin(outcome, _SENT_AWAY),
        "refused": outcome == CallOutcome.REFUSED,
        "announced": outcome == CallOutcome.ANNOUNCED,
        "lost_before": outcome == CallOutcome.LOST_IN_ANNOUNCEMENT,
        "failed": outcome == CallOutcome.FAILED,
        "lasting": ~over,
        "redials": ~first & over,
        "callers": first & over,
        "callers_solved": first & over & calls.solved,
    }
    for name, (seconds, counts) in known.items():
        is_known = np.isfinite(seconds) & counts
        told[name] = np.where(is_known, seconds, 0.0)
        told[name.removesuffix("_s") + "_known"] = is_known
    return {name: values.astype(np.float64) for name, values in told.items()}


def local_minutes(instants: NDArray[np.datetime64], zone: tzinfo) -> NDArray[np.int64]:
    """Minutes since 1970 on the clock of a place, by whole UTC hours' offset from it."""
    hours, code = np.unique(instants.astype("M8[h]"), return_inverse=True)
    offset_min = np.array([_offset_min(hour, zone) for hour in hours.tolist()], dtype=np.int64)
    return instants.astype("M8[m]").astype(np.int64) + offset_min[code.ravel()]


def _offset_min(hour_utc: object, zone: tzinfo) -> int:
    assert isinstance(hour_utc, datetime)  # as numpy hands out an hour
    offset = hour_utc.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)


def _date(day: int) -> date:
    return date.fromordinal(day + date(1970, 1, 1).toordinal())
