"""Calls that are owed, and when there is time for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone

from denghuo.apps.hotline.models import CallBack, Exchange, Urging
from denghuo.apps.hotline.queries.board import boards_within
from denghuo.apps.hotline.queries.desk_rules import call_back_due, desk_rule, may_call
from denghuo.apps.hotline.queries.figures import Span, by_minute
from denghuo.apps.hotline.queries.sources import queues_of
from denghuo.apps.organization.access import within

_LOOKS_BACK = timedelta(days=28)
_STALE = timedelta(seconds=30)
_INTERVAL = timedelta(minutes=15)
_AHEAD = timedelta(minutes=45)  # a time that is proposed lies ahead still when the call is over
_TROUGH = 0.25  # the quietest part of the hours within which people are called


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


def proposed_at(exchange: Exchange, *, at: datetime) -> datetime:
    """When to promise a call: the next time that is usually quiet, if the rule's time allows; else by its end."""
    rule = desk_rule(timezone.localdate(at))
    due = call_back_due(rule, at=at)
    calm = _next_trough([exchange.pk], at=at + _AHEAD, hours=(rule.call_from, rule.call_until))
    return calm if calm is not None and at < calm <= due else due


def times_to_promise(exchange: Exchange, *, at: datetime) -> list[datetime]:
    """The full hours of today and the next two days at which people are called, and the proposed time among them."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = [midnight + timedelta(hours=hour) for hour in range(72)]
    rule = desk_rule(timezone.localdate(at))
    found = {hour for hour in hours if hour > at and may_call(rule, at=hour)}
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
