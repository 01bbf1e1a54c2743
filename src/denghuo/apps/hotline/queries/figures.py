"""Figures of the hotline, from the tallies. One path for pages, API and exports, so that they cannot differ."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import QuerySet, Sum
from django.utils import timezone

from denghuo.apps.hotline import snapshot
from denghuo.apps.hotline.models import Call, Definition, Measure, Tally


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which calls: of these queues, on the local days from ``first`` to ``last``, both counted."""

    queue_ids: tuple[int, ...]
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Calls counted and seconds summed; the rates that follow. A rate over nothing is NaN."""

    calls: int = 0
    requests: int = 0
    first_requests: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    abandoned_soon: int = 0
    sent_away: int = 0
    refused: int = 0
    announced: int = 0
    lost_before: int = 0
    failed: int = 0
    lasting: int = 0
    redials: int = 0
    callers: int = 0
    callers_solved: int = 0
    wait_s: float = 0.0
    wait_known: int = 0
    lost_wait_s: float = 0.0
    lost_wait_known: int = 0
    talk_s: float = 0.0
    talk_known: int = 0
    wrap_up_s: float = 0.0
    wrap_up_known: int = 0

    @property
    def answer_rate(self) -> float:
        """Answered over requests for a person."""
        return _share(self.answered, self.requests)

    @property
    def answer_rate_without_soon(self) -> float:
        """Answered over requests for a person, less those who gave up at once."""
        return _share(self.answered, self.requests - self.abandoned_soon)

    @property
    def answer_rate_all(self) -> float:
        """Answered over all calls that are over."""
        return _share(self.answered, self.calls - self.lasting)

    @property
    def service_level(self) -> float:
        """Answered in time over requests for a person."""
        return _share(self.in_time, self.requests)

    @property
    def callers_solved_share(self) -> float:
        """Callers served, at whichever attempt, over callers."""
        return _share(self.callers_solved, self.callers)

    @property
    def mean_wait_s(self) -> float:
        """Mean wait of the answered [s]."""
        return _share(self.wait_s, self.wait_known)

    @property
    def mean_lost_wait_s(self) -> float:
        """Mean wait of those who gave up [s]."""
        return _share(self.lost_wait_s, self.lost_wait_known)

    @property
    def mean_talk_s(self) -> float:
        """Mean talk of the answered [s]."""
        return _share(self.talk_s, self.talk_known)

    @property
    def mean_handling_s(self) -> float:
        """Mean talk and wrap-up of the answered [s]; a wrap-up that is not told counts nothing."""
        wrap_up = _share(self.wrap_up_s, self.wrap_up_known)
        return self.mean_talk_s + (0.0 if np.isnan(wrap_up) else wrap_up)

    @property
    def announced_share(self) -> float:
        """Served by the announcement over all calls that are over."""
        return _share(self.announced, self.calls - self.lasting)

    def rate(self, measure: Measure) -> float:
        """The rate that a target is about."""
        return {
            Measure.ANSWER_RATE: self.answer_rate,
            Measure.ANSWER_RATE_ALL: self.answer_rate_all,
            Measure.SERVICE_LEVEL: self.service_level,
            Measure.CALLERS_SOLVED: self.callers_solved_share,
        }[measure]


_COLUMNS = tuple(one.name for one in fields(Figures))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _rows(span: Span) -> QuerySet[Tally]:
    return Tally.objects.filter(queue_id__in=span.queue_ids, day__gte=span.first, day__lte=span.last).order_by()


def _figures(row: Mapping[str, Any]) -> Figures:
    return Figures(**{name: row[name] or 0 for name in _COLUMNS})


def _sums() -> dict[str, Sum]:
    return {name: Sum(name) for name in _COLUMNS}


def figures(span: Span) -> Figures:
    """Everything counted of these calls."""
    return _figures(_rows(span).aggregate(**_sums()))


def by_day(span: Span) -> dict[date, Figures]:
    """Figures of each local day that has calls."""
    rows = _rows(span).values("day").annotate(**_sums()).order_by("day")
    return {row["day"]: _figures(row) for row in rows}


def by_month(span: Span) -> dict[date, Figures]:
    """Figures of each month that has calls, by its first day."""
    months: dict[date, list[Figures]] = {}
    for day, told in by_day(span).items():
        months.setdefault(day.replace(day=1), []).append(told)
    return {month: total(days) for month, days in months.items()}


def by_minute(span: Span) -> dict[int, Figures]:
    """Figures of each interval of the day, over all days, by its first minute."""
    rows = _rows(span).values("minute").annotate(**_sums()).order_by("minute")
    return {row["minute"]: _figures(row) for row in rows}


def by_interval(span: Span) -> dict[tuple[date, int], Figures]:
    """Figures of each interval that has calls, by its local day and the first of its minutes."""
    rows = _rows(span).values("day", "minute").annotate(**_sums()).order_by("day", "minute")
    return {(row["day"], row["minute"]): _figures(row) for row in rows}


def between(
    queue_ids: Sequence[int], edges: Sequence[datetime], *, definition_on: Callable[[date], Definition]
) -> tuple[Figures, ...]:
    """Figures of the calls between each of these instants and the next, call by call, where tallies are too coarse."""
    rows = Call.objects.filter(queue_id__in=queue_ids, entered_at__gte=edges[0], entered_at__lt=edges[-1])
    sums = snapshot.counted_between(
        snapshot.call_columns(rows.order_by()),
        snapshot.instants(tuple(edges)),
        zone=timezone.get_current_timezone(),
        definition_on=definition_on,
    )
    columns = [[one if name.endswith("_s") else round(one) for one in sums[name].tolist()] for name in _COLUMNS]
    return tuple(Figures(**dict(zip(_COLUMNS, values, strict=True))) for values in zip(*columns, strict=True))


def by_queue(span: Span) -> dict[int, Figures]:
    """Figures of each queue that has calls, by its key."""
    rows = _rows(span).values("queue_id").annotate(**_sums()).order_by("queue_id")
    return {row["queue_id"]: _figures(row) for row in rows}


def total(parts: Iterable[Figures]) -> Figures:
    """Figures of several groups together: sums, never means of rates."""
    told = list(parts)
    return Figures(**{name: sum(getattr(one, name) for one in told) for name in _COLUMNS})


def month_days(month: date) -> tuple[date, date]:
    """The first and the last day of the month in which a day lies."""
    first = month.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
