"""Claiming: which messages are sent next, and through which gateway."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import models, transaction
from django.db.models import F, Q

from denghuo.adapters.messaging import GATEWAYS, Kind, Outgoing
from denghuo.apps.notices.actions.messages import NEVER_SENT
from denghuo.apps.notices.models import Attempt, Gateway, GatewayTemplate, Message, State
from denghuo.apps.notices.queries.wishes import after_quiet, may_wait, wishes_of

# After so many tries of a message for somebody's safety, twice is better than not at all.
SAFETY_DOUBTS = 3
NO_GATEWAY_WAIT = timedelta(minutes=1)
# So much of its rate may be handed to a gateway at once [s].
_BURST_S = 1.0
_NO_GATEWAY_AT_ONCE = 500
_HELD_UP = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A message to hand to a gateway. ``in_doubt``: it may have it already; ``ask_since``: since then, so that it is
    asked first. ``missing``: variables of the registered words that the message has no value for."""

    message_id: int
    number: int
    gateway_id: int
    outgoing: Outgoing
    ask_since: datetime | None
    in_doubt: bool
    missing: tuple[str, ...] = ()
    claimed_at: datetime


@transaction.atomic
def claim(*, holder: str, limits: Mapping[str, int], lease: timedelta, at: datetime) -> tuple[list[Job], list[Gateway]]:
    """Take so many due messages of each channel, in the order of rank: until the lease is over, nobody else does.

    Returns them with the gateways that they go to. A gateway is handed no more than its rate, by all senders together.
    """
    enabled = Gateway.objects.filter(enabled=True).select_related("unit").order_by("pk")
    gateways = list(enabled.select_for_update(of=("self",)))
    jobs: list[Job] = []
    for channel, limit in limits.items():
        fit = [row for row in gateways if row.channel == channel and _awake(row, at)]
        jobs += _of_channel(channel, fit, holder=holder, limit=limit, lease=lease, at=at)
    if not jobs:
        _put_off_what_has_no_gateway(gateways, at)
    return jobs, gateways


def _awake(row: Gateway, at: datetime) -> bool:
    return row.resting_until_at is None or row.resting_until_at <= at


def _put_off_what_has_no_gateway(gateways: Iterable[Gateway], at: datetime) -> None:
    """Messages that no gateway serves are looked at again in a while, so that others are not held up by them."""
    served = reduce(or_, (Q(channel=row.channel, unit__path__startswith=row.unit.path) for row in gateways), Q(pk=None))
    # Those that were sent before are in doubt with a gateway that is switched off now.
    alone = Message.objects.filter(ended_at=None, due_at__lte=at).exclude(served).order_by()
    ids = list(alone.values_list("pk", flat=True)[:_NO_GATEWAY_AT_ONCE])
    if ids:
        Message.objects.filter(pk__in=ids).update(
            state=State.QUEUED.value, holder="", due_at=at + NO_GATEWAY_WAIT, reason="no_gateway"
        )


def _of_channel(
    channel: str, gateways: list[Gateway], *, holder: str, limit: int, lease: timedelta, at: datetime
) -> list[Job]:
    budget = {row.pk: _allowance(row, at) for row in gateways}
    limit = min(limit, sum(budget.values()))
    usable = [row for row in gateways if budget[row.pk]]
    if limit < 1 or not usable:
        return []
    due = _due(channel, usable, at).order_by("rank", "due_at", "pk").select_related("unit")
    rows = _loud(list(due.select_for_update(of=("self",), skip_locked=True)[:limit]), at)
    history = _history([row.pk for row in rows if row.attempts])
    chosen: list[tuple[Message, Gateway]] = []
    for row in rows:
        gateway = _choose(row, usable, budget, history.get(row.pk, []))
        if gateway is not None:
            budget[gateway.pk] -= 1
            chosen.append((row, gateway))
    _spend(chosen, at)
    return _take(chosen, history, holder=holder, lease=lease, at=at)


def _loud(rows: list[Message], at: datetime) -> list[Message]:
    """Those that may come now. What was held up until hours that are quiet is put off until they are over."""
    late = [row for row in rows if row.attempts or at - row.due_at > _HELD_UP]
    held_up = [row for row in late if not row.safety and (not row.legal or row.legal_by_at is not None)]
    wishes = wishes_of(row.to_ref for row in held_up)
    quiet = set()
    for row in held_up:
        wish = wishes.get(row.to_ref)
        until_at = after_quiet(at, (row.quiet_from, row.quiet_until))
        until_at = after_quiet(until_at, (wish.quiet_from, wish.quiet_until)) if wish else until_at
        if until_at > at and not row.doubt and may_wait(row, until_at):
            put_off = {"due_at": until_at}
            if row.answer_due_at is not None and row.answer_within_s is not None:
                put_off["answer_due_at"] = until_at + NEVER_SENT + timedelta(seconds=row.answer_within_s)
            Message.objects.filter(pk=row.pk).update(**put_off)
            quiet.add(row.pk)
    return [row for row in rows if row.pk not in quiet]


def _allowance(row: Gateway, at: datetime) -> int:
    """How many messages a gateway may be handed now. One that failed and has rested is tried with a single one."""
    most = row.rate_per_s * _BURST_S
    if row.allowance_at is not None:
        elapsed_s = max(0.0, (at - row.allowance_at).total_seconds())
        most = min(most, row.allowance + elapsed_s * row.rate_per_s)
    row.allowance, row.allowance_at = most, at
    whole = int(most + 1e-9)
    return min(whole, 1) if row.resting_until_at is not None else whole


def _due(channel: str, usable: list[Gateway], at: datetime) -> models.QuerySet[Message]:
    """What is due and can leave by one of the gateways; what is in doubt by the one that may have it."""
    served = reduce(or_, (Q(unit__path__startswith=row.unit.path) for row in usable))
    known = Q(doubt=False) | Q(gateway__in=usable) | Q(gateway__enabled=False)
    known |= Q(safety=True, attempts__gte=SAFETY_DOUBTS)
    not_late = Q(expires_at=None) | Q(expires_at__gt=at)
    return Message.objects.filter(served, known, not_late, channel=channel, ended_at=None, due_at__lte=at)


def _history(message_ids: list[int]) -> dict[int, list[Attempt]]:
    found: dict[int, list[Attempt]] = defaultdict(list)
    if message_ids:
        for row in Attempt.objects.filter(message_id__in=message_ids).order_by("number"):
            found[row.message_id].append(row)
    return found


def _in_doubt(row: Message, gateway_ids: Iterable[int | None]) -> bool:
    """Whether only the gateway that may have a message may be handed it."""
    return row.doubt and row.gateway_id in set(gateway_ids) and not (row.safety and row.attempts >= SAFETY_DOUBTS)


def _choose(row: Message, usable: list[Gateway], budget: Mapping[int, int], tried: list[Attempt]) -> Gateway | None:
    """The gateway for a message: first by priority, of those that serve its unit and may still be handed something. One
    that could not send it is passed over while there is another."""
    fit = [one for one in usable if budget[one.pk] > 0 and str(row.unit.path).startswith(str(one.unit.path))]
    if _in_doubt(row, (one.pk for one in usable)):
        return next((one for one in fit if one.pk == row.gateway_id), None)
    if row.attempts == 0 and row.gateway_id is not None:  # somebody wants to see whether this one works
        return next((one for one in fit if one.pk == row.gateway_id), None)
    could_not = {attempt.gateway_id for attempt in tried if attempt.outcome == Attempt.Outcome.ELSEWHERE}
    ordered = sorted(fit, key=lambda one: (one.pk in could_not, one.priority, -len(str(one.unit.path)), one.pk))
    return ordered[0] if ordered else None


def _spend(chosen: list[tuple[Message, Gateway]], at: datetime) -> None:
    counts: dict[Gateway, int] = defaultdict(int)
    for _, gateway in chosen:
        counts[gateway] += 1
    for gateway, count in counts.items():
        gateway.allowance -= count
        Gateway.objects.filter(pk=gateway.pk).update(allowance=gateway.allowance, allowance_at=at)


def _take(
    chosen: list[tuple[Message, Gateway]],
    history: Mapping[int, list[Attempt]],
    *,
    holder: str,
    lease: timedelta,
    at: datetime,
) -> list[Job]:
    """Write the claims down, and a try of each that is under way."""
    by_gateway: dict[int, list[int]] = defaultdict(list)
    for row, gateway in chosen:
        by_gateway[gateway.pk].append(row.pk)
    for gateway_id, ids in by_gateway.items():
        Message.objects.filter(pk__in=ids).update(
            state=State.SENDING.value,
            holder=holder,
            due_at=at + lease,
            attempts=F("attempts") + 1,
            gateway_id=gateway_id,
            doubt=True,
            reason="",
        )
    tries = [
        Attempt(message_id=row.pk, number=row.attempts + 1, gateway_id=gateway.pk, started_at=at)
        for row, gateway in chosen
    ]
    Attempt.objects.bulk_create(tries)
    templates = _templates(chosen)
    return [
        Job(
            message_id=row.pk,
            number=row.attempts + 1,
            gateway_id=gateway.pk,
            outgoing=_outgoing(row, templates.get((gateway.pk, row.event))),
            ask_since=_asked_since(row, gateway, history.get(row.pk, [])),
            in_doubt=row.doubt and row.gateway_id == gateway.pk,
            missing=_missing(row, templates.get((gateway.pk, row.event))),
            claimed_at=at,
        )
        for row, gateway in chosen
    ]


def _asked_since(row: Message, gateway: Gateway, tried: list[Attempt]) -> datetime | None:
    """Since when the gateway may have a message, where it must be asked before it is handed it again."""
    if not row.doubt or row.gateway_id != gateway.pk or not GATEWAYS[Kind(gateway.kind)].can_find:
        return None
    unsure = (Attempt.Outcome.UNDER_WAY, Attempt.Outcome.UNSURE)
    there = [one.started_at for one in tried if one.gateway_id == gateway.pk and one.outcome in unsure]
    return min(there, default=None)


def _templates(chosen: list[tuple[Message, Gateway]]) -> dict[tuple[int, str], GatewayTemplate]:
    gateways = {gateway.pk for _, gateway in chosen}
    events = {row.event for row, _ in chosen}
    found = GatewayTemplate.objects.filter(gateway_id__in=gateways, event__in=events)
    return {(row.gateway_id, row.event): row for row in found}


def _missing(row: Message, template: GatewayTemplate | None) -> tuple[str, ...]:
    if template is None:
        return ()
    values: dict[str, str] = json.loads(row.values) if row.values else {}
    return tuple(name for name in template.variables if name != "text" and name not in values)


def _outgoing(row: Message, template: GatewayTemplate | None) -> Outgoing:
    values: dict[str, str] = json.loads(row.values) if row.values else {}
    if template is None:
        variables = tuple(values.items())
    else:
        given = {**values, "text": row.text}
        variables = tuple((name, given[name]) for name in template.variables if name in given)
    return Outgoing(
        token=row.token,
        address=row.address,
        text=row.text,
        name=row.name,
        event=row.event,
        about=row.about,
        template=template.code if template else "",
        variables=variables,
        expects_answer=row.expects_answer,
    )
