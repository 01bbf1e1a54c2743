"""Who was given notice of something, how and when, and who was not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext, gettext_lazy

from denghuo.apps.notices.models import HandCall, HandDelivery, How, Message, State
from denghuo.apps.notices.queries.matters import MINUTE, PUBLIC

_REASONS_TOLD = {
    "no_address": gettext_lazy("there is no address"),
    "opted_out": gettext_lazy("they do not want to hear of this"),
    "other_channel": gettext_lazy("they want to be told by another channel"),
    "same_address": gettext_lazy("the same words went to this address already"),
    "no_gateway": gettext_lazy("no gateway serves this unit by this channel"),
    "refused": gettext_lazy("the gateway refused it"),
    "tried_often": gettext_lazy("no gateway took it after many tries"),
    "unsure": gettext_lazy("the gateway never said whether it has it"),
    "not_delivered": gettext_lazy("the operator could not deliver it"),
    "too_late": gettext_lazy("it would have come too late"),
    "restored": gettext_lazy("supply was back before it left"),
    "suspicion_over": gettext_lazy("the suspected fault was over before it left"),
    "moved": gettext_lazy("the plan was moved before it left"),
    "devices": gettext_lazy("the plan opens other devices"),
    "plan_cancelled": gettext_lazy("the plan was cancelled before it left"),
}

_COLUMNS = (
    *("pk", "event", "channel", "to_ref", "address_blind", "state", "reason"),
    *("queued_at", "queued_by", "sent_at", "delivered_at", "answered_at"),
)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One way in which somebody was given notice. ``how`` is a channel, or one of the ways by hand. What a gateway took
    and no operator reported on yet has ``sent_at`` and no ``delivered_at``."""

    to_ref: str
    event: str
    how: str
    state: str
    queued_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    reason: str = ""
    message_id: int | None = None
    delivery_id: int | None = None
    by: str = ""

    @property
    def is_served(self) -> bool:
        """Whether it is proved that the notice came to them."""
        return self.delivered_at is not None


@dataclass(frozen=True, kw_only=True)
class Unnotified:
    """Somebody without proof that they were told. ``reason``: `never`, `waiting`, `sent`, `withheld`, `undeliverable`,
    or `late` where the proof is of a time after the deadline; ``code`` says more, as the gateway did."""

    to_ref: str
    reason: str
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """How the messages about something stand: how many, and in which state."""

    messages: int
    waiting: int
    sent: int
    delivered: int
    undeliverable: int
    withheld: int
    called_off: int
    answered: int
    unanswered: int

    @property
    def unsent(self) -> int:
        """Not wanted, or called off."""
        return self.withheld + self.called_off


def lack_of_delivery(how: str, receiver: str) -> str:
    """What a delivery by hand lacks to be a proof, "" nothing."""
    if how == How.HANDED and not receiver.strip():
        return gettext("Say who signed for it.")
    if how == How.LEFT and not receiver.strip():
        return gettext("Say who saw that it was left: without a witness it proves nothing.")
    return ""


def hand_calls_of(message_id: int) -> list[HandCall]:
    """Every call that somebody made by hand about a message, the first first."""
    return list(HandCall.objects.filter(message_id=message_id))


def proof_of(about: str, *, events: Iterable[str] = (), case: str = "") -> dict[str, list[Proof]]:
    """Every notice about something, of these events or all, by whom it was for: what is proved first, then the oldest.
    ``case`` narrows what was brought by hand."""
    found: dict[str, list[Proof]] = defaultdict(list)
    for one in [*_by_message(about, tuple(events)), *_by_hand(about, case)]:
        found[one.to_ref].append(one)
    for proofs in found.values():
        proofs.sort(key=lambda one: (not one.is_served, one.delivered_at or one.queued_at, one.message_id or 0))
    return dict(found)


def _by_message(about: str, events: tuple[str, ...]) -> list[Proof]:
    rows: QuerySet[Message] = Message.objects.filter(about=about)
    rows = rows.filter(event__in=events) if events else rows
    # As columns: behind a plan there are thousands.
    told = list(rows.exclude(state=State.CANCELLED).order_by("pk").values_list(*_COLUMNS, named=True))
    # Who shares a number with somebody who was told in the same words was told with them.
    twins = {(row.event, row.channel, row.address_blind): row for row in told if row.reason != "same_address"}
    return [
        _proof(row, twins.get((row.event, row.channel, row.address_blind)) if row.reason == "same_address" else None)
        for row in told
    ]


def _proof(row: Any, twin: Any | None) -> Proof:
    of = twin or row
    return Proof(
        to_ref=row.to_ref,
        event=row.event,
        how=row.channel,
        state=of.state,
        queued_at=row.queued_at,
        sent_at=of.sent_at,
        delivered_at=of.delivered_at or of.answered_at,
        reason=of.reason or ("" if twin is None else "same_address"),
        message_id=of.pk,
        by=row.queued_by,
    )


def _by_hand(about: str, case: str) -> list[Proof]:
    rows = HandDelivery.objects.filter(about=about)
    return [
        Proof(
            to_ref=row.to_ref,
            event="",
            how=row.how,
            state=State.DELIVERED,
            queued_at=_within_its_minute(row),
            sent_at=row.delivered_at,
            delivered_at=row.delivered_at,
            delivery_id=row.pk,
            by=row.recorded_by,
        )
        for row in (rows.filter(case=case) if case else rows)
    ]


def _within_its_minute(row: HandDelivery) -> datetime:
    """When something was brought: people tell a minute, and it was not before they wrote it down in that minute."""
    return min(max(row.recorded_at, row.delivered_at), row.delivered_at + MINUTE - timedelta(microseconds=1))


def unnotified(
    about: str,
    to_refs: Iterable[str],
    *,
    proofs: Mapping[str, Sequence[Proof]] | None = None,
    events: Iterable[str] = (),
    case: str = "",
    channels: Iterable[str] = (),
    by: datetime | None = None,
    since: datetime | None = None,
    sent_is_enough: bool = False,
) -> list[Unnotified]:
    """Of these people, those of whom it is not proved that they were told, in the order given.

    ``channels`` that count as service; none: all do. ``by``: until when it must have come. ``since``: what was
    queued or brought before told of something else. ``sent_is_enough``: what a gateway took counts, for gateways that
    do not report. ``proofs``: what `proof_of` found, where it is asked several times.
    """
    found, counting = proof_of(about, events=events, case=case) if proofs is None else proofs, frozenset(channels)
    missing = []
    for to_ref in to_refs:
        own = [one for one in found.get(to_ref, []) if not counting or one.how in counting]
        own = [one for one in own if since is None or one.queued_at >= since]
        missed = _missed(to_ref, own, by=by, sent_is_enough=sent_is_enough)
        if missed is not None:
            missing.append(missed)
    return missing


def _missed(to_ref: str, proofs: list[Proof], *, by: datetime | None, sent_is_enough: bool) -> Unnotified | None:
    times = [one.delivered_at or (one.sent_at if sent_is_enough else None) for one in proofs]
    told = [one for one in times if one is not None]
    if told:
        return None if by is None or min(told) <= by else Unnotified(to_ref=to_ref, reason="late")
    if not proofs:
        return Unnotified(to_ref=to_ref, reason="never")
    states = {one.state: one for one in proofs}
    for state, reason in _REASONS:
        if state in states:
            return Unnotified(to_ref=to_ref, reason=reason, code=states[state].reason)
    return Unnotified(to_ref=to_ref, reason="never")


# What is hopeful first.
_REASONS = (
    (State.SENT, "sent"),
    (State.SENDING, "waiting"),
    (State.QUEUED, "waiting"),
    (State.UNDELIVERABLE, "undeliverable"),
    (State.EXPIRED, "undeliverable"),
    (State.WITHHELD, "withheld"),
)


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """Messages that wait for the end of quiet hours: how many, and from when they go out."""

    count: int
    until_at: datetime


def held_back(about: str, *, at: datetime) -> HeldBack | None:
    """What waits about something though nothing of it was tried yet; None: nothing does."""
    rows = Message.objects.filter(about=about, state=State.QUEUED, attempts=0, due_at__gt=at)
    found = rows.aggregate(count=Count("pk"), until_at=Min("due_at"))
    return HeldBack(**found) if found["count"] else None


def announced_at(about: str, *, case: str = "", since: datetime | None = None) -> datetime | None:
    """When something was first announced to the public, ``since`` an instant; None: it was not."""
    rows = HandDelivery.objects.filter(about=about, to_ref=PUBLIC, how=How.POSTED)
    rows = rows.filter(delivered_at__gt=since - MINUTE, recorded_at__gte=since) if since else rows
    rows = rows.filter(case=case) if case else rows
    first = rows.order_by("delivered_at").first()
    return first.delivered_at if first else None


def told_about(about: str, *, events: Iterable[str] = ()) -> Told:
    """How the messages about something stand."""
    rows = Message.objects.filter(about=about)
    rows = rows.filter(event__in=tuple(events)) if (events := tuple(events)) else rows
    states = Counter(dict.fromkeys(State.values, 0))
    answered = unanswered = 0
    for state, answered_at, unanswered_at in rows.values_list("state", "answered_at", "unanswered_at"):
        states[state] += 1
        answered += answered_at is not None
        unanswered += unanswered_at is not None and answered_at is None
    return Told(
        messages=sum(states.values()),
        waiting=states[State.QUEUED] + states[State.SENDING],
        sent=states[State.SENT],
        delivered=states[State.DELIVERED],
        undeliverable=states[State.UNDELIVERABLE] + states[State.EXPIRED],
        withheld=states[State.WITHHELD],
        called_off=states[State.CANCELLED],
        answered=answered,
        unanswered=unanswered,
    )


def reason_of(reason: str) -> str:
    """Why a message is where it is."""
    return str(_REASONS_TOLD.get(reason, reason))
