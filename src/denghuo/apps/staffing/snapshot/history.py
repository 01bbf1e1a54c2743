"""Past calls of a hotline by day and interval, and what they tell of handling, patience and redials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.models import Cause
from denghuo.apps.staffing.snapshot import INTERVAL_MIN, INTERVALS
from denghuo.apps.staffing.snapshot.known import Known

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Where hardly anybody gave up or was answered, these cannot be measured: defaults of this product.
PATIENCE_S, HANDLING_S, REDIAL_DELAY_S = 120.0, 240.0, 300.0
_LEAST_ABANDONED, _LEAST_ANSWERED, _MOST_REDIALS = 30, 30, 0.9
_RECENT_DAYS = 120
_SUMS = (
    "requests", "first_requests", "answered", "abandoned", "talk_s", "talk_known", "wrap_up_s", "wrap_up_known",
    "wait_s", "lost_wait_s",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class History:
    """``fresh`` first calls of callers who asked for a person, float64[days, intervals], NaN on days without a call;
    ``incident`` intervals that a named cause touches, ``unexplained`` those of them of which no known day tells what
    the cause did."""

    days: tuple[date, ...]
    fresh: Floats
    incident: Flags
    unexplained: Flags
    handling_s: float
    patience_s: float
    redial_share: float
    measured: bool

    @property
    def known_days(self) -> int:
        """Days with calls."""
        return int(np.isfinite(self.fresh).all(axis=1).sum())


def history_of(
    queue_ids: Sequence[int], *, first: date, last: date, causes: Sequence[Cause], known: Known | None = None
) -> History:
    """The local days from ``first`` to ``last``, both counted."""
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    sums = {name: np.zeros((len(days), INTERVALS)) for name in _SUMS}
    counted = hotline.by_interval(hotline.Span(queue_ids=tuple(queue_ids), first=first, last=last))
    for (day, minute), told in counted.items():
        at = (day - first).days, minute // INTERVAL_MIN
        for name in _SUMS:
            sums[name][at] += getattr(told, name)
    fresh = sums["first_requests"].copy()
    fresh[sums["requests"].sum(axis=1) == 0] = np.nan
    incident, unexplained = _incidents(days, causes, known or Known())
    quiet = {name: float(values[-_RECENT_DAYS:][~incident[-_RECENT_DAYS:]].sum()) for name, values in sums.items()}
    handling_s, measured = _handling(quiet)
    whole = {name: float(values.sum()) for name, values in sums.items()}
    lost = whole["requests"] - whole["answered"]
    redials = whole["requests"] - whole["first_requests"]
    return History(
        days=days,
        fresh=fresh,
        incident=incident,
        unexplained=unexplained,
        handling_s=handling_s,
        patience_s=_patience(whole),
        redial_share=float(np.clip(redials / lost, 0.0, _MOST_REDIALS)) if lost > 0 else 0.0,
        measured=measured and whole["abandoned"] >= _LEAST_ABANDONED,
    )


def _incidents(days: Sequence[date], causes: Sequence[Cause], known: Known) -> tuple[Flags, Flags]:
    """Intervals that named causes touch, and those of them of which nothing else tells what happened."""
    touched = np.zeros((len(days), INTERVALS), dtype=np.bool_)
    unexplained = touched.copy()
    for cause in causes:
        if cause.volume:
            hit = within_days(days, cause.started_at, cause.ended_at)
            touched |= hit
            unexplained |= hit & ~known.explains(cause.kind, days)[:, None]
    return touched, unexplained


def _handling(sums: dict[str, float]) -> tuple[float, bool]:
    if sums["talk_known"] < _LEAST_ANSWERED:
        return HANDLING_S, False
    wrap_up = sums["wrap_up_s"] / sums["wrap_up_known"] if sums["wrap_up_known"] else 0.0
    return sums["talk_s"] / sums["talk_known"] + wrap_up, True


def _patience(sums: dict[str, float]) -> float:
    """Mean patience [s]: the waits of all over those who gave up, the others' being cut short by the answer."""
    if sums["abandoned"] < _LEAST_ABANDONED:
        return PATIENCE_S
    return (sums["wait_s"] + sums["lost_wait_s"]) / sums["abandoned"]


def midnight(day: date) -> datetime:
    """The instant at which a local day begins."""
    return timezone.make_aware(datetime.combine(day, time()))


def within_days(days: Sequence[date], start: datetime, end: datetime) -> Flags:
    """The intervals of consecutive days that a time touches, bool[days, intervals]."""
    begin = midnight(days[0])
    at = np.arange(len(days) * INTERVALS) * INTERVAL_MIN
    first, last = ((one - begin).total_seconds() / 60 for one in (start, end))
    return ((at + INTERVAL_MIN > first) & (at < last)).reshape(len(days), INTERVALS)
