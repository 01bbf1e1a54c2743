"""The calls that an outage brought: what came interval by interval, against what usually comes at that hour.

Each call counts at one outage. Who heard an announcement counts at the outage that it was about; the other calls above
the usual are shared between the outages open then, in proportion to the customers that each kept without supply in that
interval or the two hours before it. A quarter of an hour in which an outage began is divided there: its calls are
counted one by one, its usual calls go by the minutes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
from django.db.models import Q
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline.models import Call, Exchange
from denghuo.apps.hotline.queries.announcements import exchanges_serving, outage_of_sound
from denghuo.apps.hotline.queries.figures import Figures, Span, between, by_interval, total
from denghuo.apps.hotline.queries.rules import definitions
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

    ``begins`` are the instants at which the intervals begin, local, and ``end`` is where the last one ends: quarters of
    an hour, but that in which the outage began is two, before it and since. ``usual`` are calls an interval (the mean
    of the same weekday over the four weeks before, by the minutes of a part of a quarter; NaN where nothing is known);
    ``customers_out`` is the most at once in it.
    ``figures`` are of all calls; what counts at this outage and at no other is ``above``, the calls above the usual
    (NaN where that is not known, and before it began), and ``announced``, who hung up content with its announcement.
    ``beside`` are the other outages that calls were shared with. ``steps`` are the operations that took supply away and
    gave it back.
    """

    outage: Outage
    begins: tuple[datetime, ...]
    end: datetime
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
        first = next((n for n, begin in enumerate(self.begins) if begin >= started_at), 0)
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
    *begins, end = _window(outage, at)
    told = [_at_exchange(one, outage, (*begins, end), at) for one in exchanges]
    told = [one for one in told if one.known] or told[:1]
    steps = tuple(outages.timeline(outage))
    beside = {other.pk: other for one in told for other in one.beside}
    return CallWave(
        outage=outage,
        begins=tuple(begins),
        end=end,
        figures=tuple(total(parts) for parts in zip(*(one.figures for one in told), strict=True)),
        usual=np.sum([one.usual for one in told], axis=0),
        above=np.sum([one.above for one in told], axis=0),
        announced=np.sum([one.announced for one in told], axis=0),
        customers_out=_customers_out(steps, (*begins, end)),
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


def _at_exchange(exchange: Exchange, outage: Outage, edges: Sequence[datetime], at: datetime) -> _AtExchange:
    """Worked out piece by piece, so that each piece is the same on the page of every outage; told by interval."""
    rows = _open_outages(exchange, edges, at)
    pieces = _pieces(edges, rows)
    known, figures, usual = _told_and_usual(exchange, pieces, at)
    place = [one.pk for one in rows].index(outage.pk)
    counts = np.array([_counts(one, pieces, at) for one in rows])
    weights = _customers_lately(rows, pieces, at) * counts
    heard, content = _heard(exchange, [one.pk for one in rows], pieces)
    excess = np.array([one.calls for one in figures]) - usual
    shared = _shared(excess, heard=heard * counts, weights=np.where(weights.any(axis=0), weights, counts))
    starts = [pieces.index(begin) for begin in edges[:-1]]
    return _AtExchange(
        known=known,
        figures=tuple(
            total(figures[start:end]) for start, end in zip(starts, [*starts[1:], len(figures)], strict=True)
        ),
        usual=np.add.reduceat(usual, starts),
        above=np.add.reduceat(np.where(counts[place], shared[place], np.nan), starts),
        announced=np.add.reduceat(content[place] * counts[place], starts),
        beside=tuple(
            one
            for one, other in zip(rows, counts, strict=True)
            if one.pk != outage.pk and (other & counts[place]).any()
        ),
    )


def _pieces(edges: Sequence[datetime], rows: Sequence[Outage]) -> list[datetime]:
    """The edges of intervals, and between them the instants at which an outage began."""
    began = {timezone.localtime(one.started_at) for one in rows if edges[0] < (one.started_at or edges[0]) < edges[-1]}
    return sorted({*edges, *began})


def _told_and_usual(
    exchange: Exchange, pieces: Sequence[datetime], at: datetime
) -> tuple[bool, tuple[Figures, ...], Floats]:
    """What was counted in each piece, and the usual calls of as much of it as is over; whether anything is known."""
    queue_ids = tuple(queue.pk for queue in queues_of([exchange.pk]))
    first, last = pieces[0].date(), pieces[-2].date()
    told = by_interval(Span(queue_ids=queue_ids, first=first, last=last))
    past = by_interval(Span(queue_ids=queue_ids, first=first - timedelta(weeks=_WEEKS), last=last - timedelta(weeks=1)))
    known_days = {day for day, _minute in past}
    lengths = [end - begin for begin, end in pairwise(pieces)]
    over = [(min(end, max(at, begin)) - begin) / _INTERVAL for begin, end in pairwise(pieces)]
    parts = between(queue_ids, pieces, definition_on=definitions().on) if min(lengths) < _INTERVAL else ()
    figures = tuple(
        told.get(_key(begin), _NOTHING) if length == _INTERVAL else parts[n]
        for n, (begin, length) in enumerate(zip(pieces, lengths, strict=False))
    )
    usual = [_usual(past, known_days, begin) * share for begin, share in zip(pieces, over, strict=False)]
    return bool(told or past), figures, np.array(usual)


def _open_outages(exchange: Exchange, edges: Sequence[datetime], at: datetime) -> list[Outage]:
    """The outages whose calls an exchange may have got in some interval, by the windows of their own waves."""
    wanted = {"start": edges[0] - _LONGEST, "end": edges[-1]}
    rows = outages.find([str(exchange.unit.path)], wanted=wanted, at=at).filter(started_at__lte=at)
    return list(rows.filter(Q(restored_at=None) | Q(restored_at__gt=edges[0] - _AFTER)).order_by("pk"))


def _counts(outage: Outage, pieces: Sequence[datetime], at: datetime) -> NDArray[np.bool_]:
    """The pieces that lie in the wave of an outage, from its beginning on."""
    assert outage.started_at is not None
    end = _window(outage, at)[-1]
    return np.array([outage.started_at <= begin < end for begin in pieces[:-1]])


def _customers_lately(rows: Sequence[Outage], pieces: Sequence[datetime], at: datetime) -> Floats:
    """Customers that each outage kept without supply at some time of each piece or of the two hours before it."""
    edge_s = np.array([edge.timestamp() for edge in pieces])
    found = {}
    for network_id in {one.network_id for one in rows}:
        customers = network.network_snapshot(network_id).grid.loads.lv_customers
        numbers = {one.number: one.pk for one in rows if one.network_id == network_id}
        told = network.intervals_of_events(network_id, event_numbers=numbers)
        for outage_id, intervals in zip(numbers.values(), told, strict=True):
            loads, code = np.unique([one.load_position for one in intervals], return_inverse=True)
            start_s = np.array([one.started_at.timestamp() for one in intervals])[:, np.newaxis]
            end_s = np.array([(one.ended_at or at).timestamp() for one in intervals])[:, np.newaxis]
            out = np.zeros((len(loads), len(edge_s) - 1), dtype=np.bool_)
            lately = (start_s < edge_s[1:]) & (end_s > edge_s[:-1] - _AFTER.total_seconds())
            np.logical_or.at(out, code, lately)
            found[outage_id] = customers[loads.astype(np.int64)] @ out
    return np.array([found[one.pk] for one in rows], dtype=np.float64)


def _heard(
    exchange: Exchange, outage_ids: Sequence[int], pieces: Sequence[datetime]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Calls that heard the announcement of each outage in each piece, and those of them that hung up content."""
    heard, content = (np.zeros((len(outage_ids), len(pieces) - 1), dtype=np.int64) for _ in range(2))
    row = {outage_id: place for place, outage_id in enumerate(outage_ids)}
    calls = Call.objects.filter(
        queue__in=queues_of([exchange.pk]), entered_at__gte=pieces[0], entered_at__lt=pieces[-1]
    ).exclude(announcement="")
    for entered_at, sound, outcome in calls.order_by().values_list("entered_at", "announcement", "outcome"):
        place = row.get(outage_of_sound(sound) or 0)
        if place is not None:
            piece = bisect_right(pieces, entered_at) - 1
            heard[place, piece] += 1
            content[place, piece] += outcome == CallOutcome.ANNOUNCED
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
    """The edges of the intervals of the wave of an outage, as far as they have begun."""
    assert outage.started_at is not None
    quarters = _quarters(outage.started_at, min((outage.restored_at or at) + _AFTER, at))
    return tuple(sorted({*quarters, timezone.localtime(outage.started_at)}))


def _quarters(started_at: datetime, until: datetime) -> list[datetime]:
    """The edges of quarters of an hour from an hour before an instant until another, a day and a half at most."""
    begin = _quarter(timezone.localtime(started_at - _BEFORE))
    count = int(min(until - begin, _LONGEST) / _INTERVAL) + 1
    return [begin + n * _INTERVAL for n in range(count + 1)]


def _quarter(local: datetime) -> datetime:
    return local.replace(minute=local.minute - local.minute % INTERVAL_MIN, second=0, microsecond=0)


def _key(local: datetime) -> tuple[date, int]:
    begin = _quarter(local)
    return begin.date(), 60 * begin.hour + begin.minute


def _usual(past: dict[tuple[date, int], Figures], known_days: set[date], begin: datetime) -> float:
    day, minute = _key(begin)
    days = [day - timedelta(weeks=back) for back in range(1, _WEEKS + 1)]
    calls = [past.get((one, minute), _NOTHING).calls for one in days if one in known_days]
    return float(np.mean(calls)) if calls else float("nan")


def _customers_out(steps: Sequence[SupplyStep], edges: Sequence[datetime]) -> NDArray[np.int64]:
    """The most customers without supply at once in each interval."""
    most = np.zeros(len(edges) - 1, dtype=np.int64)
    for n, (begin, end) in enumerate(pairwise(edges)):
        before = [step for step in steps if step.at <= begin]
        within = [step.out_after.lv_customers for step in steps if begin < step.at < end]
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
