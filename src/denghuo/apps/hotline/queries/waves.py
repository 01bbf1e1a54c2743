"""The calls that an outage brought: what came interval by interval, against what usually comes at that hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.hotline.models import Exchange
from denghuo.apps.hotline.queries.announcements import exchanges_serving
from denghuo.apps.hotline.queries.figures import Figures, Span, by_interval, total
from denghuo.apps.hotline.queries.sources import exchanges_within, queues_of
from denghuo.apps.hotline.snapshot import INTERVAL_MIN
from denghuo.apps.network.queries import SupplyStep
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage

_INTERVAL = timedelta(minutes=INTERVAL_MIN)
_BEFORE, _AFTER, _LONGEST = timedelta(hours=1), timedelta(hours=2), timedelta(hours=36)
_WEEKS = 4
_NOTHING = Figures()


@dataclass(frozen=True, kw_only=True)
class CallWave:
    """Calls around an outage, interval by interval.

    ``begins`` are the instants at which the intervals begin, local; ``usual`` are calls an interval (the mean of the
    same weekday over the four weeks before; NaN where nothing is known); ``customers_out`` is the most at once in it.
    ``steps`` are the operations that took supply away and gave it back.
    """

    outage: Outage
    begins: tuple[datetime, ...]
    figures: tuple[Figures, ...]
    usual: NDArray[np.float64]
    customers_out: NDArray[np.int64]
    steps: tuple[SupplyStep, ...]

    @property
    def during(self) -> slice:
        """The intervals from the beginning of the outage on, until the last of the page."""
        started_at = self.outage.started_at
        assert started_at is not None
        first = next((n for n, begin in enumerate(self.begins) if begin + _INTERVAL > started_at), 0)
        return slice(first, len(self.begins))

    @property
    def total(self) -> Figures:
        """Everything counted since the outage began."""
        return total(self.figures[self.during])

    @property
    def calls(self) -> NDArray[np.float64]:
        """Calls of each interval."""
        return np.array([one.calls for one in self.figures], dtype=float)

    @property
    def above_usual(self) -> float:
        """Calls since the outage began, less what usually comes in that time; NaN where that is not known."""
        return float(np.sum((self.calls - self.usual)[self.during]))

    @property
    def peak(self) -> int:
        """The interval since the outage began with the most calls."""
        return self.during.start + int(np.argmax(self.calls[self.during]))


def exchanges_of_outage(outage: Outage, *, scope: Sequence[str]) -> list[Exchange]:
    """The exchanges of a scope whose callers an outage can reach."""
    within = {one.pk for one in exchanges_within(scope)}
    return [one for one in exchanges_serving(str(outage.network.unit.path)) if one.pk in within]


def call_wave(outage: Outage, exchanges: Sequence[Exchange], *, at: datetime) -> CallWave | None:
    """The calls to exchanges around an outage, as far as they are known at an instant.

    None: it has not begun, or no exchange is given.
    """
    if outage.started_at is None or not exchanges or outage.started_at > at:
        return None
    begins = _begins(outage.started_at, min((outage.restored_at or at) + _AFTER, at))
    queue_ids = tuple(queue.pk for queue in queues_of([one.pk for one in exchanges]))
    first, last = begins[0].date(), begins[-1].date()
    told = by_interval(Span(queue_ids=queue_ids, first=first, last=last))
    past = by_interval(Span(queue_ids=queue_ids, first=first - timedelta(weeks=_WEEKS), last=last - timedelta(weeks=1)))
    known_days, steps = {day for day, _minute in past}, tuple(outages.timeline(outage))
    return CallWave(
        outage=outage,
        begins=begins,
        figures=tuple(told.get(_key(begin), _NOTHING) for begin in begins),
        usual=np.array([_usual(past, known_days, begin) for begin in begins]),
        customers_out=_customers_out(steps, begins),
        steps=steps,
    )


def _begins(started_at: datetime, until: datetime) -> tuple[datetime, ...]:
    """Intervals from an hour before an instant until another, at most a day and a half of them."""
    local = timezone.localtime(started_at - _BEFORE)
    begin = local.replace(minute=local.minute - local.minute % INTERVAL_MIN, second=0, microsecond=0)
    count = int(min(until - begin, _LONGEST) / _INTERVAL) + 1
    return tuple(begin + n * _INTERVAL for n in range(count))


def _key(begin: datetime) -> tuple[date, int]:
    return begin.date(), 60 * begin.hour + begin.minute


def _usual(past: dict[tuple[date, int], Figures], known_days: set[date], begin: datetime) -> float:
    day, minute = _key(begin)
    days = [day - timedelta(weeks=back) for back in range(1, _WEEKS + 1)]
    calls = [past.get((one, minute), _NOTHING).calls for one in days if one in known_days]
    return float(np.mean(calls)) if calls else float("nan")


def _customers_out(steps: Sequence[SupplyStep], begins: Sequence[datetime]) -> NDArray[np.int64]:
    """The most customers without supply at once in each interval."""
    most = np.zeros(len(begins), dtype=np.int64)
    for n, begin in enumerate(begins):
        before = [step for step in steps if step.at <= begin]
        within = [step.out_after.lv_customers for step in steps if begin < step.at < begin + _INTERVAL]
        most[n] = max([before[-1].out_after.lv_customers if before else 0, *within])
    return most


def largest_waves(
    scope: Sequence[str], span: Span, exchanges: Sequence[Exchange], *, limit: int, at: datetime
) -> list[CallWave]:
    """The waves of the outages that began on the days of a span and left most customers out, the largest first. More
    calls above the usual than customers out came of something else, and less than none is no wave: both are left out.
    """
    midnight = time(tzinfo=timezone.get_current_timezone())
    days = {
        "start": datetime.combine(span.first, midnight),
        "end": datetime.combine(span.last + timedelta(days=1), midnight),
    }
    largest = outages.find(scope, wanted=days, at=at).order_by("-lv_customers", "pk")[:limit]
    waves = [call_wave(outage, exchanges, at=at) for outage in largest]
    return [one for one in waves if one is not None and 0 < one.above_usual <= one.outage.lv_customers]
