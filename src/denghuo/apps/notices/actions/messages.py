"""Messages that leave the product: queued once, called off, answered, or waited for in vain."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from denghuo.adapters.messaging import segments
from denghuo.apps import rows
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.facts import (
    MessageAnswered,
    MessagesCancelled,
    MessagesExpired,
    MessagesQueued,
    MessageUnanswered,
)
from denghuo.apps.notices.models import Channel, Message, Preference, Ring, State
from denghuo.apps.notices.queries.addresses import blind_of, masked, plain
from denghuo.apps.notices.queries.wishes import after_quiet, may_wait, opted_out, wishes_of

_AT_ONCE = 500  # parameters of one statement
_UNANSWERED_AT_ONCE = 1_000
# An answer is not waited for any longer than this beyond its time where nothing was ever sent.
NEVER_SENT = timedelta(minutes=10)
# Special care, then what is urgent, then important users, then everybody.
_RANK = {Ring.CARE: 0, Ring.STAFF: 1, Ring.IMPORTANT: 2, Ring.ALL: 3}


@dataclass(frozen=True, kw_only=True)
class MessageEntry:
    """A message to one address. ``key`` tells it from every other, so that asking again sends nothing twice: event,
    what it is about, whom, and which revision of it.

    ``event`` as `context.thing`, ``about`` and ``to_ref`` as `context.thing:key`. ``values`` are what its words were
    filled with: gateways that send registered templates want them one by one. ``safety`` and ``legal`` come whatever
    was wished; ``legal_by_at`` is by when it must be there, and keeps it back until quiet hours are over where there is
    time. ``answer_within_s`` counts from when a gateway took it, or delivered it. ``quiet_from`` and ``quiet_until``
    are local times of day, beside those that the person set.
    """

    key: str
    event: str
    about: str
    channel: Channel | str
    ring: int
    to_ref: str
    address: str
    text: str
    unit_id: int
    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    safety: bool = False
    legal: bool = False
    expects_answer: bool = False
    answer_within_s: int | None = None
    legal_by_at: datetime | None = None
    not_before_at: datetime | None = None
    expires_at: datetime | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None


@transaction.atomic
def queue_messages(*, entries: Sequence[MessageEntry], at: datetime, actor: str) -> int:
    """Put messages into the outbox within the caller's transaction, each once for its key; returns how many are new.

    What somebody does not want to hear is kept and not sent; what they would get twice in the same words goes once.

    Raises:
        ValueError: an entry says nothing, names an unknown channel or ring, or waits for an answer without end.
    """
    for entry in entries:
        _check(entry)
    fresh = _fresh(entries)
    if not fresh:
        return 0
    wishes = wishes_of([entry.to_ref for entry in fresh])
    told: set[tuple[str, str, str, str, str]] = set()
    made = [_row(entry, wishes.get(entry.to_ref), told, at=at, actor=actor) for entry in fresh]
    rows.insert(made)
    for (about, event, ring), count in sorted(Counter((row.about, row.event, row.ring) for row in made).items()):
        record(MessagesQueued(about=about, event=event, ring=ring, message_count=count), at=at, actor=actor)
    return len(made)


def _check(entry: MessageEntry) -> None:
    if not entry.text.strip() or not entry.key or not entry.event or not entry.to_ref:
        raise ValueError("a message says something, about something, to somebody")
    if entry.channel not in Channel.values or entry.ring not in Ring.values:
        raise ValueError("a message goes by a known channel, in a known ring")
    if entry.expects_answer and not entry.answer_within_s:
        raise ValueError("a message that waits for an answer says for how long")


def _fresh(entries: Sequence[MessageEntry]) -> list[MessageEntry]:
    """The first of each key, of those that the outbox does not hold yet."""
    by_key: dict[str, MessageEntry] = {}
    for entry in entries:
        by_key.setdefault(entry.key, entry)
    keys = list(by_key)
    for start in range(0, len(keys), _AT_ONCE):
        known = Message.objects.filter(key__in=keys[start : start + _AT_ONCE])
        for key in known.values_list("key", flat=True):
            del by_key[key]
    return list(by_key.values())


def _row(
    entry: MessageEntry,
    wish: Preference | None,
    told: set[tuple[str, str, str, str, str]],
    *,
    at: datetime,
    actor: str,
) -> Message:
    address = plain(entry.address, entry.channel)
    due_at = max(at, entry.not_before_at or at)
    if not entry.safety:
        due_at = _loud(entry, wish, due_at)
    state, reason = _state(entry, address, wish, told)
    waits = entry.expects_answer and state is not State.WITHHELD
    within = timedelta(seconds=entry.answer_within_s or 0)
    return Message(
        key=entry.key,
        token=uuid.uuid4().hex,
        unit_id=entry.unit_id,
        event=entry.event,
        about=entry.about,
        channel=str(entry.channel),
        ring=int(entry.ring),
        rank=_rank(entry),
        to_ref=entry.to_ref,
        address=address,
        address_blind=blind_of(address),
        address_masked=masked(address, entry.channel),
        name=entry.name,
        text=entry.text,
        values=json.dumps(dict(entry.values), ensure_ascii=False) if entry.values else "",
        safety=entry.safety,
        legal=entry.legal,
        expects_answer=entry.expects_answer,
        answer_within_s=entry.answer_within_s,
        legal_by_at=entry.legal_by_at if entry.legal else None,
        state=state.value,
        reason=reason,
        due_at=due_at,
        expires_at=entry.expires_at,
        quiet_from=entry.quiet_from,
        quiet_until=entry.quiet_until,
        segments=segments(entry.text) if entry.channel == Channel.SMS else 1,
        queued_at=at,
        queued_by=actor,
        ended_at=None if state is State.QUEUED else at,
        answer_due_at=None if not waits else at if state is State.UNDELIVERABLE else due_at + NEVER_SENT + within,
    )


def _loud(entry: MessageEntry, wish: Preference | None, due_at: datetime) -> datetime:
    """When it may be sent so that it disturbs nobody, where it can wait for that."""
    loud_at = after_quiet(due_at, (entry.quiet_from, entry.quiet_until))
    loud_at = after_quiet(loud_at, (wish.quiet_from, wish.quiet_until)) if wish else loud_at
    return loud_at if may_wait(entry, loud_at) else due_at


def _rank(entry: MessageEntry) -> int:
    rank = _RANK[Ring(entry.ring)]
    return min(rank, _RANK[Ring.STAFF]) if entry.safety else rank


def _state(
    entry: MessageEntry, address: str, wish: Preference | None, told: set[tuple[str, str, str, str, str]]
) -> tuple[State, str]:
    """Where a new message stands, and why."""
    must = entry.safety or entry.legal
    if not address:
        return State.UNDELIVERABLE, "no_address"
    if wish and not must and opted_out(wish, entry.event):
        return State.WITHHELD, "opted_out"
    if wish and not must and wish.channels and entry.channel not in wish.channels:
        return State.WITHHELD, "other_channel"
    words = (entry.event, entry.about, str(entry.channel), address, entry.text)
    if words in told and not entry.expects_answer:
        return State.WITHHELD, "same_address"
    told.add(words)
    return State.QUEUED, ""


@transaction.atomic
def cancel_messages(
    *, about: str, reason: str, at: datetime, actor: str, events: Iterable[str] = (), to_refs: Iterable[str] = ()
) -> int:
    """Call off what has not left yet about something, of these events or all, to these people or all; nobody waits for
    answers any more. Returns how many stay here. What a sender has in hand goes out; neither it nor what failed, or is
    found to have failed later, is tried again."""
    mine = Message.objects.filter(about=about)
    mine = mine.filter(event__in=tuple(events)) if (events := tuple(events)) else mine
    mine = mine.filter(to_ref__in=to_refs) if (to_refs := tuple(to_refs)) else mine
    count = mine.filter(state=State.QUEUED).update(
        state=State.CANCELLED, reason=reason[:40], ended_at=at, answer_due_at=None
    )
    mine.filter(state__in=(State.SENDING, State.SENT, State.UNDELIVERABLE)).update(expires_at=at)
    waiting = mine.filter(answer_due_at__isnull=False, answered_at=None, unanswered_at=None)
    ended = waiting.update(answer_due_at=None)
    if count or ended:
        record(MessagesCancelled(about=about, reason=reason, message_count=count), at=at, actor=actor)
    return count


@transaction.atomic
def answer_message(*, message_id: int, answer: str, at: datetime, actor: str) -> Message:
    """Somebody answered; the first answer counts. One that comes late is kept too."""
    row = Message.objects.select_for_update().get(pk=message_id)
    if row.answered_at is None:
        row.answer, row.answered_at = answer[:40], at
        row.save(update_fields=["answer", "answered_at"])
        record(MessageAnswered(**_whose(row), answer=row.answer), at=at, actor=actor)
    return row


def _whose(row: Message) -> dict[str, Any]:
    """What a fact says of a message: nothing personal."""
    names = ("about", "event", "to_ref", "ring", "unit_id")
    return {"message_id": row.pk, **{name: getattr(row, name) for name in names}}


@transaction.atomic
def follow_unanswered(*, at: datetime, actor: str) -> int:
    """Round: what was not answered in time is said to be so, special care first; what follows is for others to do."""
    due = Message.objects.filter(answer_due_at__lte=at, answered_at=None, unanswered_at=None)
    found = due.select_for_update(skip_locked=True).only("about", "event", "to_ref", "ring", "unit_id")
    missed = list(found.order_by("rank", "answer_due_at")[:_UNANSWERED_AT_ONCE])
    Message.objects.filter(pk__in=[row.pk for row in missed]).update(unanswered_at=at)
    for row in missed:
        record(MessageUnanswered(**_whose(row)), at=at, actor=actor)
    return len(missed)


@transaction.atomic
def expire_messages(*, at: datetime, actor: str) -> int:
    """Round: what would come too late is not sent any more."""
    late = Message.objects.filter(Q(state=State.QUEUED), expires_at__lte=at)
    count = late.update(state=State.EXPIRED, reason="too_late", ended_at=at)
    if count:
        record(MessagesExpired(message_count=count), at=at, actor=actor)
    return count
