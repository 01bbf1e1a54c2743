"""The calls that an outage brought: what came interval by interval, against what usually comes at that hour.

Each call counts at one outage. Who heard an announcement counts at the outage that it was about; the other calls above
the usual are shared between the outages open then, in proportion to the customers that each kept without supply in that
interval or the two hours before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from django.db.models import Q
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline.models import Call, Exchange
from denghuo.apps.hotline.queries.announcements import exchanges_serving, outage_of_sound
from denghuo.apps.hotline.queries.figures import Figures, Span, by_interval, total
from denghuo.apps.hotline.queries.sources import exchanges_within, queues_of
from denghuo.apps.hotline.snapshot import INTERVAL_MIN
from denghuo.apps.network import queries as network
from denghuo.apps.network.queries import SupplyStep
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage

_INTERVAL = timedelta(minutes=INTERVAL_MIN)
_BEFORE, _AFTER, _LONGEST = timedelta(hours=1), timedelta(hours=2), timedelta(hours=36)
_WEEKS = 4
_NOTHING = Figures()

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CallWave:
    """Calls around an outage, interval by interval.

    ``begins`` are the instants at which the intervals begin, local; ``usual`` are calls an interval (the mean of the
    same weekday over the four weeks before; NaN where nothing is known); ``customers_out`` is the most at once in it.
    ``figures`` are of all calls; what counts at this outage and at no other is ``above``, the calls above the usual
    (NaN where that is not known, and before it began), and ``announced``, who hung up content with its announcement.
    ``beside`` are the other outages that calls were shared with. ``steps`` are the operations that took supply away and
    gave it back.
    """

    outage: Outage
    begins: tuple[datetime, ...]
    figures: tuple[Figures, ...]
    usual: Floats
    above: Floats
    announced: NDArray[np.int64]
    customers_out: NDArray[np.int64]
    beside: tuple[Outage, ...]
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
    def calls(self) -> Floats:
        """Calls of each interval."""
        return np.array([one.calls for one in self.figures], dtype=float)

    @property
    def above_usual(self) -> float:
        """Calls above the usual since the outage began that count at it; NaN where the usual is not known."""
        return float(np.sum(self.above[self.during]))

    @property
    def announced_calls(self) -> int:
        """Calls that hung up content with the announcement of this outage."""
        return int(self.announced.sum())

    @property
    def above_usual_of_all(self) -> float:
        """The same of all outages together."""
        return float(np.sum((self.calls - self.usual)[self.during]))

    @property
    def peak(self) -> int:
        """The interval since the outage began with the most calls."""
        return self.during.start + int(np.argmax(self.calls[self.during]))


def _serving(outage: Outage, exchanges: Sequence[Exchange]) -> list[Exchange]:
    return [one for one in exchanges if str(outage.network.unit.path).startswith(str(one.unit.path))]


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
    begins = _window(outage, at)
    told = [_at_exchange(one, outage, begins, at) for one in exchanges]
    told = [one for one in told if one.known] or told[:1]
    steps = tuple(outages.timeline(outage))
    beside = {other.pk: other for one in told for other in one.beside}
    return CallWave(
        outage=outage,
        begins=begins,
        figures=tuple(total(parts) for parts in zip(*(one.figures for one in told), strict=True)),
        usual=np.sum([one.usual for one in told], axis=0),
        above=np.sum([one.above for one in told], axis=0),
        announced=np.sum([one.announced for one in told], axis=0),
        customers_out=_customers_out(steps, begins),
        beside=tuple(sorted(beside.values(), key=lambda other: (other.started_at, other.pk))),
        steps=steps,
    )


@dataclass(frozen=True, kw_only=True)
class _AtExchange:
    """The part of a wave that reached one exchange; not ``known`` where it told no call, now or before."""

    known: bool
    figures: tuple[Figures, ...]
    usual: Floats
    above: Floats
    announced: NDArray[np.int64]
    beside: tuple[Outage, ...]


def _at_exchange(exchange: Exchange, outage: Outage, begins: tuple[datetime, ...], at: datetime) -> _AtExchange:
    queue_ids = tuple(queue.pk for queue in queues_of([exchange.pk]))
    first, last = begins[0].date(), begins[-1].date()
    told = by_interval(Span(queue_ids=queue_ids, first=first, last=last))
    past = by_interval(Span(queue_ids=queue_ids, first=first - timedelta(weeks=_WEEKS), last=last - timedelta(weeks=1)))
    known_days = {day for day, _minute in past}
    figures = tuple(told.get(_key(begin), _NOTHING) for begin in begins)
    usual = np.array([_usual(past, known_days, begin) for begin in begins])
    rows = _open_outages(exchange, begins, at)
    place = [one.pk for one in rows].index(outage.pk)
    counts = np.array([_counts(one, begins, at) for one in rows])
    weights = _customers_lately(rows, begins, at) * counts
    heard, content = _heard(queue_ids, [one.pk for one in rows], begins)
    excess = np.array([one.calls for one in figures]) - usual
    shared = _shared(excess, heard=heard * counts, weights=np.where(weights.any(axis=0), weights, counts))
    return _AtExchange(
        known=bool(told or past),
        figures=figures,
        usual=usual,
        above=np.where(counts[place], shared[place], np.nan),
        announced=content[place] * counts[place],
        beside=tuple(
            one
            for one, other in zip(rows, counts, strict=True)
            if one.pk != outage.pk and (other & counts[place]).any()
        ),
    )


def _open_outages(exchange: Exchange, begins: Sequence[datetime], at: datetime) -> list[Outage]:
    """The outages whose calls an exchange may have got in some interval, by the windows of their own waves."""
    wanted = {"start": begins[0] - _LONGEST, "end": begins[-1] + _INTERVAL}
    rows = outages.find([str(exchange.unit.path)], wanted=wanted, at=at).filter(started_at__lte=at)
    return list(rows.filter(Q(restored_at=None) | Q(restored_at__gt=begins[0] - _AFTER)).order_by("pk"))


def _counts(outage: Outage, begins: Sequence[datetime], at: datetime) -> NDArray[np.bool_]:
    """The intervals that lie in the wave of an outage, from its beginning on."""
    assert outage.started_at is not None
    last = _window(outage, at)[-1]
    return np.array([begin + _INTERVAL > outage.started_at and begin <= last for begin in begins])


def _customers_lately(rows: Sequence[Outage], begins: Sequence[datetime], at: datetime) -> Floats:
    """Customers that each outage kept without supply at some time of each interval or of the two hours before it."""
    begin_s = np.array([begin.timestamp() for begin in begins])
    found = {}
    for network_id in {one.network_id for one in rows}:
        customers = network.network_snapshot(network_id).grid.loads.lv_customers
        numbers = {one.number: one.pk for one in rows if one.network_id == network_id}
        told = network.intervals_of_events(network_id, event_numbers=numbers)
        for outage_id, intervals in zip(numbers.values(), told, strict=True):
            loads, code = np.unique([one.load_position for one in intervals], return_inverse=True)
            start_s = np.array([one.started_at.timestamp() for one in intervals])[:, np.newaxis]
            end_s = np.array([(one.ended_at or at).timestamp() for one in intervals])[:, np.newaxis]
            out = np.zeros((len(loads), len(begins)), dtype=np.bool_)
            lately = (start_s < begin_s + _INTERVAL.total_seconds()) & (end_s > begin_s - _AFTER.total_seconds())
            np.logical_or.at(out, code, lately)
            found[outage_id] = customers[loads.astype(np.int64)] @ out
    return np.array([found[one.pk] for one in rows], dtype=np.float64)


def _heard(
    queue_ids: Sequence[int], outage_ids: Sequence[int], begins: Sequence[datetime]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Calls that heard the announcement of each outage in each interval, and those of them that hung up content."""
    heard, content = (np.zeros((len(outage_ids), len(begins)), dtype=np.int64) for _ in range(2))
    row = {outage_id: place for place, outage_id in enumerate(outage_ids)}
    calls = Call.objects.filter(
        queue_id__in=queue_ids, entered_at__gte=begins[0], entered_at__lt=begins[-1] + _INTERVAL
    ).exclude(announcement="")
    for entered_at, sound, outcome in calls.order_by().values_list("entered_at", "announcement", "outcome"):
        place = row.get(outage_of_sound(sound) or 0)
        if place is not None:
            interval = int((entered_at - begins[0]) / _INTERVAL)
            heard[place, interval] += 1
            content[place, interval] += outcome == CallOutcome.ANNOUNCED
    return heard, content


def _shared(excess: Floats, *, heard: NDArray[np.int64], weights: NDArray[np.generic]) -> Floats:
    """Calls above the usual, [outages, intervals], adding up to what there were: first those who heard what belongs to
    an outage, as far as there were so many; the rest by weight. NaN where there is nothing to go by.
    """
    of_all, weight = heard.sum(axis=0), weights.sum(axis=0)
    named = heard * (np.minimum(np.maximum(excess, 0.0), of_all) / np.maximum(of_all, 1))
    part = np.divide(weights, weight, out=np.full(weights.shape, np.nan), where=weight > 0)
    return np.asarray(named + (excess - named.sum(axis=0)) * part)


def _window(outage: Outage, at: datetime) -> tuple[datetime, ...]:
    """The intervals of the wave of an outage, as far as they have begun."""
    assert outage.started_at is not None
    return _begins(outage.started_at, min((outage.restored_at or at) + _AFTER, at))


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
    waves = [call_wave(outage, _serving(outage, exchanges), at=at) for outage in largest]
    return [one for one in waves if one is not None and 0 < one.above_usual <= one.outage.lv_customers]
