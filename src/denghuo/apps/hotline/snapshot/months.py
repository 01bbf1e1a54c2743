"""A time of a hotline as the attribution engine takes it: what was usual, what came, and where each cause worked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.adapters.telephony.records import AgentEventKind, CallOutcome
from denghuo.apps.hotline.models import AgentEntry, Call, Cause, Tally
from denghuo.engines.attribution import Cause as EngineCause
from denghuo.engines.attribution import HotlineMonth, QueueModel

Floats = NDArray[np.float64]

INTERVAL_MIN = 30
_INTERVALS = 24 * 60 // INTERVAL_MIN
_AROUND = timedelta(weeks=10)
_LEAST_DAYS = 3  # of a weekday, to tell what is usual on it
# Where hardly anybody gave up, patience cannot be measured: these are defaults of this product.
_LEAST_ABANDONED, _PATIENCE_S, _REDIAL_DELAY_S = 30, 120.0, 300.0
_LEAST_ANSWERED = 4  # in an interval, to tell how long its calls took
_COUNTS = ("requests", "first_requests", "answered", "talk_s", "talk_known", "wrap_up_s", "wrap_up_known")
_WAITS = ("wait_s", "lost_wait_s", "abandoned", "sent_away", "refused")


@dataclass(frozen=True, kw_only=True)
class MonthInputs:
    """What the engine is given, and how it came about."""

    month: HotlineMonth
    causes: tuple[EngineCause, ...]
    model: QueueModel
    days: tuple[date, ...]
    history_calls_per_h: Floats  # of the days that the usual is the mean of, [days, intervals]
    history_kinds: NDArray[np.int64]
    day_kinds: NDArray[np.int64]
    patience_is_default: bool

    @property
    def usual_day_count(self) -> int:
        """How many days the usual is the mean of."""
        return len(self.history_kinds)


def month_inputs(
    queue_ids: Sequence[int], *, first: date, last: date, known_until: date, causes: Sequence[Cause]
) -> MonthInputs | None:
    """The days from ``first`` to ``last`` that have calls; None where nothing is usual yet to be held against.

    Usual is the mean of the days of the same weekday in the ten weeks before and after that no cause touches.
    """
    edge = min(last + _AROUND, known_until)
    days = [first - _AROUND + timedelta(days=n) for n in range((edge - first + _AROUND).days + 1)]
    counts = _counts(queue_ids, days)
    seats = _seats(queue_ids, days)
    masks = [_mask(cause, days) for cause in causes]
    touched = np.any([mask.any(axis=1) for mask in masks], axis=0) if masks else np.zeros(len(days), dtype=np.bool_)
    has_calls = counts["requests"].sum(axis=1) > 0
    inside = np.array([first <= day <= last for day in days]) & has_calls
    quiet = has_calls & ~touched
    if not inside.any() or quiet.sum() < 2 * _LEAST_DAYS:
        return None
    around = _Around(counts=counts, seats=seats, masks=masks, kind=_kinds(days, quiet), quiet=quiet)
    patience_s, is_default = _patience(counts)
    model = QueueModel(patience_s=patience_s, redial_share=_redial_share(counts), redial_delay_s=_REDIAL_DELAY_S)
    return MonthInputs(
        month=around.month(inside, causes),
        causes=_worked(causes, masks, inside),
        model=model,
        days=tuple(day for day, within in zip(days, inside.tolist(), strict=True) if within),
        history_calls_per_h=counts["first_requests"][quiet] * (60 / INTERVAL_MIN),
        history_kinds=around.kind[quiet],
        day_kinds=around.kind[inside],
        patience_is_default=is_default,
    )


@dataclass(frozen=True, kw_only=True)
class _Around:
    """All that was counted in a time and around it, and which of its days were quiet."""

    counts: dict[str, Floats]
    seats: Floats
    masks: Sequence[NDArray[np.bool_]]
    kind: NDArray[np.int64]
    quiet: NDArray[np.bool_]

    def month(self, inside: NDArray[np.bool_], causes: Sequence[Cause]) -> HotlineMonth:
        """The days inside, beside what is usual on days like them."""
        per_h = 60 / INTERVAL_MIN
        fresh = self.counts["first_requests"]
        handling = _handling(self.counts, self.quiet)
        return HotlineMonth(
            usual_calls_per_h=_usual(fresh, self.kind, self.quiet)[inside] * per_h,
            observed_calls_per_h=fresh[inside] * per_h,
            usual_handling_s=handling,
            observed_handling_s=_observed_handling(self.counts, handling, self.masks, causes)[inside],
            usual_seats=_usual(self.seats, self.kind, self.quiet)[inside],
            observed_seats=self.seats[inside],
            offered_calls=self.counts["requests"][inside].sum(axis=1),
            answered_calls=self.counts["answered"][inside].sum(axis=1),
            interval_s=INTERVAL_MIN * 60.0,
        )


def _worked(
    causes: Sequence[Cause], masks: Sequence[NDArray[np.bool_]], inside: NDArray[np.bool_]
) -> tuple[EngineCause, ...]:
    """The causes that worked inside, and where."""
    return tuple(
        EngineCause(
            code=str(cause.pk),
            volume=mask[inside] * cause.volume,
            handling=mask[inside] * cause.handling,
            capacity=mask[inside] * cause.capacity,
        )
        for cause, mask in zip(causes, masks, strict=True)
        if mask[inside].any()
    )


def _redial_share(counts: dict[str, Floats]) -> float:
    """How many of those who were not answered called again."""
    lost = counts["requests"].sum() - counts["answered"].sum()
    redials = counts["requests"].sum() - counts["first_requests"].sum()
    return float(np.clip(redials / lost, 0.0, 0.9)) if lost > 0 else 0.0


def _counts(queue_ids: Sequence[int], days: Sequence[date]) -> dict[str, Floats]:
    """Tallies of all the queues together, float64[days, intervals]."""
    names = (*_COUNTS, *_WAITS)
    found = {name: np.zeros((len(days), _INTERVALS)) for name in names}
    rows = Tally.objects.filter(queue_id__in=queue_ids, day__gte=days[0], day__lte=days[-1]).order_by()
    for day, minute, *values in rows.values_list("day", "minute", *names):
        at = (day - days[0]).days, minute // INTERVAL_MIN
        for name, value in zip(names, values, strict=True):
            found[name][at] += value
    return found


def _seats(queue_ids: Sequence[int], days: Sequence[date]) -> Floats:
    """People on seats, float64[days, intervals]: those signed in, and at least those who answered around then."""
    start, end = _midnight(days[0]), _midnight(days[-1] + timedelta(days=1))
    shape = (len(days), _INTERVALS)
    busy: dict[int, set[int]] = {}
    answered = Call.objects.filter(
        queue_id__in=queue_ids, outcome=CallOutcome.ANSWERED, entered_at__gte=start, entered_at__lt=end
    ).order_by()
    for agent_id, at in answered.values_list("agent_id", "connected_at"):
        if agent_id is not None and at is not None:
            busy.setdefault(_interval(at, start), set()).add(agent_id)
    worked = np.zeros(len(days) * _INTERVALS)
    for place, agents in busy.items():
        if 0 <= place < len(worked):
            worked[place] = len(agents)
    return np.maximum(worked, _signed_in(queue_ids, start, end, len(worked))).reshape(shape)


def _signed_in(queue_ids: Sequence[int], start: datetime, end: datetime, count: int) -> Floats:
    """Mean number of agents signed in by interval; zero where the exchange tells nothing of it."""
    kinds = {AgentEventKind.LOGGED_IN: True, AgentEventKind.LOGGED_OUT: False}
    rows = AgentEntry.objects.filter(
        agent__exchange__queues__in=queue_ids, kind__in=kinds, at__gte=start - timedelta(days=1), at__lt=end
    )
    minutes = np.zeros(count * INTERVAL_MIN + 1)
    since: dict[int, datetime] = {}
    for agent_id, at, kind in rows.order_by("at").values_list("agent_id", "at", "kind").distinct():
        if kinds[AgentEventKind(kind)]:
            since.setdefault(agent_id, at)
        elif (begun := since.pop(agent_id, None)) is not None:
            first, last = (int(np.clip(_minute(one, start), 0, count * INTERVAL_MIN)) for one in (begun, at))
            minutes[first] += 1
            minutes[last] -= 1
    return np.cumsum(minutes)[:-1].reshape(count, INTERVAL_MIN).mean(axis=1)


def _minute(at: datetime, start: datetime) -> float:
    return (at - start).total_seconds() // 60


def _interval(at: datetime, start: datetime) -> int:
    return int(_minute(at, start) // INTERVAL_MIN)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _mask(cause: Cause, days: Sequence[date]) -> NDArray[np.bool_]:
    """The intervals that a cause worked in, bool[days, intervals]."""
    start = _midnight(days[0])
    at = np.arange(len(days) * _INTERVALS) * INTERVAL_MIN
    first, last = _minute(cause.started_at, start), _minute(cause.ended_at, start)
    return ((at + INTERVAL_MIN > first) & (at < last)).reshape(len(days), _INTERVALS)


def _kinds(days: Sequence[date], quiet: NDArray[np.bool_]) -> NDArray[np.int64]:
    """What a day is like: its weekday, where enough of these are quiet; else workday (7) or weekend (8)."""
    weekday = np.array([day.weekday() for day in days])
    enough = np.bincount(weekday[quiet], minlength=7) >= _LEAST_DAYS
    return np.where(enough[weekday], weekday, np.where(weekday < 5, 7, 8))


def _usual(values: Floats, kind: NDArray[np.int64], quiet: NDArray[np.bool_]) -> Floats:
    """The mean of the quiet days of the same kind, float64[days, intervals]; of all quiet ones where there is none."""
    found = np.tile(values[quiet].mean(axis=0), (len(values), 1))
    for one in np.unique(kind):
        same = quiet & (kind == one)
        if same.any():
            found[kind == one] = values[same].mean(axis=0)
    return found


def _handling(counts: dict[str, Floats], quiet: NDArray[np.bool_]) -> float:
    """Mean handling time of the quiet days [s]."""
    return _seconds({name: counts[name][quiet].sum() for name in counts})


def _seconds(sums: dict[str, float]) -> float:
    talk = sums["talk_s"] / sums["talk_known"] if sums["talk_known"] else _PATIENCE_S
    return float(talk + (sums["wrap_up_s"] / sums["wrap_up_known"] if sums["wrap_up_known"] else 0.0))


def _observed_handling(
    counts: dict[str, Floats], usual: float, masks: Sequence[NDArray[np.bool_]], causes: Sequence[Cause]
) -> Floats:
    """Handling time as observed [s]: in the intervals of a cause that makes calls longer, the mean of the day's
    intervals in it; elsewhere as usual, for a few calls tell nothing."""
    shape = counts["answered"].shape
    slow = np.zeros(shape, dtype=np.bool_)
    for cause, mask in zip(causes, masks, strict=True):
        slow |= mask & cause.handling
    found = np.full(shape, usual)
    for day in np.flatnonzero(slow.any(axis=1)).tolist():
        within = slow[day]
        if counts["answered"][day][within].sum() >= _LEAST_ANSWERED:
            found[day][within] = _seconds({name: float(counts[name][day][within].sum()) for name in counts})
    return found


def _patience(counts: dict[str, Floats]) -> tuple[float, bool]:
    """Mean patience [s] by the waits of all, whom an answer cuts short or not; and whether it is a default."""
    abandoned = counts["abandoned"].sum()
    if abandoned < _LEAST_ABANDONED:
        return _PATIENCE_S, True
    return float((counts["wait_s"].sum() + counts["lost_wait_s"].sum()) / abandoned), False
