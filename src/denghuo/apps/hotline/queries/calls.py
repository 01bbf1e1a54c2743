"""Calls, one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Length
from django.utils import timezone

from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline.models import Agent, Call
from denghuo.apps.hotline.queries.figures import Span
from denghuo.apps.hotline.queries.sources import queues_of
from denghuo.apps.organization.access import within

_SENT_AWAY = (CallOutcome.TIMED_OUT, CallOutcome.LEFT_EMPTY, CallOutcome.LEFT_BY_KEY)
_ASKED = Q(queued_at__isnull=False) | Q(
    outcome__in=[CallOutcome.ANSWERED, CallOutcome.ABANDONED, CallOutcome.REFUSED, *_SENT_AWAY]
)
_OVER = ~Q(outcome=CallOutcome.LASTING)
# What a figure of the tallies counts, as a filter on calls: a list has as many rows as the figure says.
COUNTED: dict[str, Q] = {
    "calls": Q(),
    "requests": _OVER & _ASKED,
    "answered": Q(outcome=CallOutcome.ANSWERED),
    "abandoned": Q(outcome=CallOutcome.ABANDONED),
    "sent_away": Q(outcome__in=_SENT_AWAY),
    "refused": Q(outcome=CallOutcome.REFUSED),
    "announced": Q(outcome=CallOutcome.ANNOUNCED),
    "lost_before": Q(outcome=CallOutcome.LOST_IN_ANNOUNCEMENT),
    "failed": Q(outcome=CallOutcome.FAILED),
    "lasting": Q(outcome=CallOutcome.LASTING),
    "redials": _OVER & Q(attempt__gt=1),
    "callers": _OVER & Q(attempt=1),
    "callers_solved": _OVER & Q(attempt=1, solved=True),
    "unserved": _OVER & Q(attempt=1, solved=False),
    "not_answered": _OVER & _ASKED & ~Q(outcome=CallOutcome.ANSWERED),
}


@dataclass(frozen=True, kw_only=True)
class AgentFigures:
    """What one agent did in a time. Seconds are None where the exchange does not tell."""

    agent: Agent
    answered: int
    talk_s: float | None
    wrap_up_s: float | None
    mean_talk_s: float | None
    mean_wrap_up_s: float | None
    transferred: int


def _number_told(asked: str) -> Q:
    """Calls of a number, or of numbers that end so, as far as their ends are shown (see ``masked_phone``).

    A longer end would give a masked number away, digit by digit.
    """
    told, is_mobile = Q(caller=asked), Q(digits=11, caller__startswith="1")
    if len(asked) <= 4:
        told |= is_mobile & Q(caller__endswith=asked)
    if len(asked) <= 2:
        told |= Q(digits__gte=9, caller__endswith=asked)
    if len(asked) <= 1:
        told |= Q(digits__gte=3, caller__endswith=asked)
    return told


def edges(span: Span) -> tuple[datetime, datetime]:
    """The instants at which a span of local days begins and ends."""
    first = datetime.combine(span.first, time.min)
    end = datetime.combine(span.last + timedelta(days=1), time.min)
    return timezone.make_aware(first), timezone.make_aware(end)


def calls_found(span: Span, *, wanted: dict[str, Any]) -> QuerySet[Call]:
    """Calls of a span as a list filters them: ``counted`` (a key of COUNTED), ``q`` (a number,
    the end of one as far as it is shown, or a call's id), ``agent_id``, ``longer_s`` (waited at least so long),
    ``since``, ``until``.
    """
    start, end = edges(span)
    rows = Call.objects.filter(queue_id__in=span.queue_ids, entered_at__gte=start, entered_at__lt=end)
    rows = rows.filter(COUNTED.get(wanted.get("counted") or "calls", Q()))
    if wanted.get("agent_id"):
        rows = rows.filter(agent_id=wanted["agent_id"])
    if wanted.get("longer_s") is not None:
        rows = rows.filter(wait_s__gte=wanted["longer_s"])
    if asked := wanted.get("q"):
        rows = rows.annotate(digits=Length("caller")).filter(_number_told(asked) | Q(call_id=asked))
    if wanted.get("since"):
        rows = rows.filter(entered_at__gte=wanted["since"])
    if wanted.get("until"):
        rows = rows.filter(entered_at__lt=wanted["until"])
    return rows.select_related("queue", "agent").order_by("-entered_at", "-pk")


def call_for(*, scope: Iterable[str], call_id: int) -> Call:
    """One call, if it lies in the scope.

    Raises:
        Call.DoesNotExist: there is none, or it is somebody else's.
    """
    rows = Call.objects.select_related("queue", "agent", "exchange__unit", "first_call")
    return rows.get(within(scope, field="exchange__unit__path"), pk=call_id)


def related_calls(call: Call) -> list[Call]:
    """The calls of the same chain, in order, this one among them."""
    first = call.first_call_id or call.pk
    return list(
        Call.objects.filter(Q(pk=first) | Q(first_call_id=first))
        .select_related("queue", "agent")
        .order_by("entered_at")
    )


def last_call_at(exchange_id: int) -> datetime | None:
    """When the last call of an exchange came."""
    # Queue by queue: that is how the index finds the last at once.
    last = [
        Call.objects.filter(queue=queue).order_by("-entered_at").values_list("entered_at", flat=True).first()
        for queue in queues_of([exchange_id])
    ]
    return max((at for at in last if at is not None), default=None)


def latest_call_day(exchange_id: int) -> date | None:
    """The local day of the last call of an exchange."""
    at = last_call_at(exchange_id)
    return timezone.localdate(at) if at else None


def agent_figures(span: Span) -> list[AgentFigures]:
    """What each agent did in a span, who answered most first."""
    start, end = edges(span)
    rows = (
        Call.objects.filter(queue_id__in=span.queue_ids, entered_at__gte=start, entered_at__lt=end)
        .filter(outcome=CallOutcome.ANSWERED, agent__isnull=False)
        .order_by()
        .values("agent_id")
        .annotate(
            answered=Count("pk"),
            talk=Sum("talk_s"),
            wrap_up=Sum("wrap_up_s"),
            mean_talk=Avg("talk_s"),
            mean_wrap_up=Avg("wrap_up_s"),
            transferred=Count("pk", filter=~Q(transferred_to="")),
        )
        .order_by(F("answered").desc(), "agent_id")
    )
    agents = Agent.objects.in_bulk([row["agent_id"] for row in rows])
    return [
        AgentFigures(
            agent=agents[row["agent_id"]],
            answered=row["answered"],
            talk_s=row["talk"],
            wrap_up_s=row["wrap_up"],
            mean_talk_s=row["mean_talk"],
            mean_wrap_up_s=row["mean_wrap_up"],
            transferred=row["transferred"],
        )
        for row in rows
    ]


def agents_of(exchange_ids: Sequence[int]) -> list[Agent]:
    """The agents of exchanges."""
    return list(Agent.objects.filter(exchange_id__in=exchange_ids).select_related("user"))
