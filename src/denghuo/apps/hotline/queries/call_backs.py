"""Calls that are owed, and when there is time for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone

from denghuo.apps.hotline.models import CallBack, Exchange, Urging
from denghuo.apps.hotline.queries.board import boards_within
from denghuo.apps.hotline.queries.desk_rules import call_back_due, desk_rule, may_call, next_in_hours
from denghuo.apps.hotline.queries.figures import Span, by_minute
from denghuo.apps.hotline.queries.sources import queues_of
from denghuo.apps.organization.access import within
from denghuo.apps.organization.ports import Port

_LOOKS_BACK = timedelta(days=28)
_STALE = timedelta(seconds=30)
_INTERVAL = timedelta(minutes=15)
_AHEAD = timedelta(minutes=45)  # a time that is proposed lies ahead still when the call is over
_TROUGH = 0.25  # the quietest part of the hours within which people are called


class PutsOff(Protocol):
    """Which reasons put call-backs of a scope off at an instant, and until when each does."""

    def __call__(self, scope: Iterable[str], *, at: datetime) -> Sequence[tuple[object, datetime]]: ...


PUT_OFFS: Port[PutsOff] = Port("hotline.put_offs")


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Whether there is time to call back. ``live`` is whether the boards tell; ``next_at`` is when it is usually quiet
    next, None where no calls are known to tell it from.
    """

    now: bool
    live: bool
    idle: int
    waiting: int
    in_hours: bool
    next_at: datetime | None


def owed(scope: Iterable[str]) -> QuerySet[CallBack]:
    """Calls that are owed, those longest overdue first."""
    rows = CallBack.objects.filter(within(scope, field="exchange__unit__path"), made_at=None)
    return rows.select_related("exchange").prefetch_related("tries").order_by("due_at", "pk")


def owed_to(exchange: Exchange, number: str) -> CallBack | None:
    """The call that is owed to a number already, the next due."""
    return CallBack.objects.filter(exchange=exchange, number=number, made_at=None).order_by("due_at", "pk").first()


def made(scope: Iterable[str], *, since: datetime) -> list[CallBack]:
    """Call-backs that ended since an instant, the last first."""
    rows = CallBack.objects.filter(within(scope, field="exchange__unit__path"), made_at__gte=since)
    return list(rows.select_related("exchange").prefetch_related("tries").order_by("-made_at"))


def call_back_for(*, scope: Iterable[str], call_back_id: int) -> CallBack:
    """One call-back, if its exchange lies in the scope.

    Raises:
        CallBack.DoesNotExist: there is none, or it is somebody else's.
    """
    rows = CallBack.objects.select_related("exchange__unit", "note")
    return rows.get(within(scope, field="exchange__unit__path"), pk=call_back_id)


def last_urging(exchange_id: int, number: str) -> Urging | None:
    """The last time that a number pressed for an answer."""
    return Urging.objects.filter(exchange_id=exchange_id, number=number).order_by("-urged_at", "-pk").first()


def quiet(exchanges: Sequence[Exchange], *, at: datetime) -> Quiet:
    """Whether there is time to call back now: nobody waits, enough agents are free, and it is no hour to let people be.

    The usual trough is the quietest quarter of the hours within which people are called, over the last four weeks.
    """
    ids = [one.pk for one in exchanges]
    rule = desk_rule(timezone.localdate(at))
    heard = [one for one in boards_within(ids) if one.connected and at - one.told_at <= _STALE]
    idle = sum(seat.get("state") == "available" for one in heard for seat in one.state.get("agents", ()))
    waiting = sum(len(one.state.get("waiting", ())) for one in heard)
    in_hours = may_call(rule, at=at)
    return Quiet(
        now=bool(heard) and not waiting and idle >= rule.quiet_idle_agents and in_hours,
        live=bool(heard),
        idle=idle,
        waiting=waiting,
        in_hours=in_hours,
        next_at=_next_trough(ids, at=at, hours=(rule.call_from, rule.call_until)),
    )


def put_off_until(exchange: Exchange, *, at: datetime) -> datetime | None:
    """Until when call-backs of an exchange are put off, on a full quarter of an hour; None where they are not."""
    told = [until for find in PUT_OFFS for _why, until in find([str(exchange.unit.path)], at=at)]
    until = max(told, default=None)
    return until and until + timedelta(seconds=-until.timestamp() % _INTERVAL.total_seconds())


def proposed_at(exchange: Exchange, *, at: datetime) -> datetime:
    """When to promise a call: the next time that is usually quiet, if the rule's time allows; else by its end. Nothing
    is promised for a time until which call-backs are put off.
    """
    rule = desk_rule(timezone.localdate(at))
    due, off = call_back_due(rule, at=at), put_off_until(exchange, at=at)
    if off is not None:
        due = max(due, next_in_hours(rule, at=off))
    earliest = max(at + _AHEAD, off or at)
    calm = _next_trough([exchange.pk], at=earliest, hours=(rule.call_from, rule.call_until))
    return calm if calm is not None and calm > at and (off or at) <= calm <= due else due


def times_to_promise(exchange: Exchange, *, at: datetime) -> list[datetime]:
    """The full hours of today and the next two days at which people are called, and the proposed time among them.
    Hours until which call-backs are put off are none of them.
    """
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = [midnight + timedelta(hours=hour) for hour in range(72)]
    rule, off = desk_rule(timezone.localdate(at)), put_off_until(exchange, at=at)
    found = {hour for hour in hours if hour > at and hour >= (off or at) and may_call(rule, at=hour)}
    return sorted(found | {proposed_at(exchange, at=at)})


def _next_trough(exchange_ids: Sequence[int], *, at: datetime, hours: tuple[int, int]) -> datetime | None:
    """When the next interval begins that usually belongs to the quietest; the one that runs counts."""
    today = timezone.localdate(at)
    queue_ids = tuple(queue.pk for queue in queues_of(exchange_ids))
    told = by_minute(Span(queue_ids=queue_ids, first=today - _LOOKS_BACK, last=today - timedelta(days=1)))
    if not told:
        return None
    interval_min = _INTERVAL // timedelta(minutes=1)
    minutes = np.arange(60 * hours[0], 60 * hours[1], interval_min)
    requests = np.array([told[minute].requests if minute in told else 0 for minute in minutes.tolist()])
    low = (requests <= np.quantile(requests, _TROUGH, method="lower")) & (requests < requests.mean())
    calm = minutes[low].tolist() or minutes.tolist()  # where all are alike none is quieter
    local = timezone.localtime(at)
    now_minute = (60 * local.hour + local.minute) // interval_min * interval_min
    later = next((minute for minute in calm if minute >= now_minute), None)
    day = today if later is not None else today + timedelta(days=1)
    minute = calm[0] if later is None else later
    return timezone.make_aware(datetime.combine(day, time(minute // 60, minute % 60)))
