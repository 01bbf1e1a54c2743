"""What agents write of calls, and the rules that the desk works by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions.call_backs import ask_call_back
from denghuo.apps.hotline.actions.intake import take_in
from denghuo.apps.hotline.facts import DeskRuleSet, NoteBegun, NoteKept
from denghuo.apps.hotline.models import CallNote, DeskRule, Exchange, NoteKind
from denghuo.apps.hotline.queries import NoteRefusedError
from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.models import PromiseOf
from denghuo.apps.orders.queries import Reader

_TWICE = timedelta(seconds=20)


@dataclass(frozen=True, kw_only=True)
class NoteEntry:
    """What an agent wrote: of what kind the call was, which versions of articles were told, whether we call back.

    ``due_at`` is by when, where somebody chose a time. From ``account_id`` on: what an order is opened of. None is not
    told, and then whoever the number is known of alone; 0 is nobody. ``topic`` "" is what is proposed. ``load_code`` is
    the transformer district of the place, where somebody chose one. ``chased_id`` is the open order that the caller
    presses for: then no other is opened.
    """

    text: str
    kind: NoteKind | None = None
    told_versions: Sequence[int] = ()
    follow_up: bool = False
    due_at: datetime | None = None
    account_id: int | None = None
    unit_id: int | None = None
    topic: str = ""
    place: str = ""
    load_code: str = ""
    passed_on: bool = False
    promise: PromiseOf | None = None
    promise_at: datetime | None = None
    chased_id: int | None = None

    @property
    def begins(self) -> bool:
        """Whether there is anything to save yet."""
        return bool(queries.says_something(self.text) or self.kind or self.told_versions or self.follow_up)

    def columns(self) -> dict[str, Any]:
        """The entry as model fields."""
        return {
            "text": self.text,
            "kind": self.kind or "",
            "told_versions": list(dict.fromkeys(self.told_versions)),
            "follow_up": self.follow_up,
            "due_at": self.due_at if self.follow_up else None,
            "account_id": self.account_id or None,
            "unit_id": self.unit_id,
            "topic": self.topic,
            "place": self.place,
            "load_code": self.load_code,
            "passed_on": self.passed_on,
            "promise": self.promise or "",
            "promise_at": self.promise_at,
        }


@transaction.atomic
def save_note(
    *, exchange_id: int, call_id: str, number: str, entry: NoteEntry, at: datetime, actor: str
) -> CallNote | None:
    """Save what is being written of a call, over what this person saved of it before.

    None: nothing is begun by a key that was hit by mistake.
    """
    key = {"exchange_id": exchange_id, "call_id": call_id, "number": number, "written_by": actor, "kept_at": None}
    if not entry.begins and not CallNote.objects.filter(**key).exists():
        return None
    told = entry.columns() | {"saved_at": at}
    note, begun = CallNote.objects.update_or_create(**key, defaults=told, create_defaults=told | {"drafted_at": at})
    if begun:
        record(NoteBegun(note_id=note.pk, exchange_id=exchange_id, call_id=call_id), at=at, actor=actor)
    return note


@transaction.atomic
def keep_note(*, exchange_id: int, call_id: str, number: str, entry: NoteEntry, at: datetime, actor: str) -> CallNote:
    """Keep a note for good: the order that it is, or presses for, is written down with it. One that wants a follow-up
    owes the caller a call. The same words kept twice in a moment, by a key that was hit twice, are one note.

    Raises:
        NoteRefusedError: something is missing or cannot be; ``code`` says what.
    """
    exchange = Exchange.objects.select_for_update(of=("self",)).select_related("unit").get(pk=exchange_id)
    key = {"exchange_id": exchange_id, "call_id": call_id, "number": number, "written_by": actor}
    told_twice = {"text": entry.text, "kind": entry.kind or "", "kept_at__gt": at - _TWICE}
    if (same := CallNote.objects.filter(**key, **told_twice).first()) is not None:
        return same
    due_at = _call_due_at(entry, number, at)
    taken = queries.intake_of(exchange, number, entry, at=at, reader=Reader(username=actor))
    note = save_note(exchange_id=exchange_id, call_id=call_id, number=number, entry=entry, at=at, actor=actor)
    assert note is not None  # it says of what kind the call was
    note.exchange = exchange
    note.order = take_in(note=note, taken=taken, at=at, actor=actor) if taken else None
    note.kept_at = at
    note.save(update_fields=["kept_at", "order"])
    if due_at:
        ask_call_back(
            exchange_id=exchange_id,
            number=number,
            reason=entry.text.strip()[:300],
            due_at=due_at,
            note_id=note.pk,
            at=at,
            actor=actor,
        )
    fact = NoteKept(
        note_id=note.pk,
        exchange_id=exchange_id,
        call_id=call_id,
        kind=note.kind,
        told_versions=tuple(note.told_versions),
        follow_up=entry.follow_up,
        order_id=note.order_id,
    )
    record(fact, at=at, actor=actor)
    return note


def _call_due_at(entry: NoteEntry, number: str, at: datetime) -> datetime | None:
    """By when the caller is called, None where no call is promised; what a note must say is looked at first."""
    if not entry.text.strip():
        raise NoteRefusedError("text")
    if entry.kind is None:
        raise NoteRefusedError("kind")
    if not entry.follow_up:
        return None
    if not number:
        raise NoteRefusedError("number")
    rule = queries.desk_rule(timezone.localdate(at))
    if entry.due_at and not (entry.due_at > at and queries.may_call(rule, at=entry.due_at)):
        raise NoteRefusedError("hours")
    return entry.due_at or queries.call_back_due(rule, at=at)


@transaction.atomic
def set_desk_rule(*, from_date: date, told: DeskRule, at: datetime, actor: str) -> DeskRule:
    """Say how the desk works from a day on; days before stay as they were."""
    names = [field.name for field in DeskRule._meta.concrete_fields if field.name not in ("id", "from_date")]
    row, _ = DeskRule.objects.update_or_create(
        from_date=from_date, defaults={name: getattr(told, name) for name in names}
    )
    fact = DeskRuleSet(
        from_date=from_date,
        draft_from_customers=row.draft_from_customers,
        urge_gap_s=row.urge_gap_s,
        call_back_within_s=row.call_back_within_s,
        review_share=row.review_share,
        double_share=row.double_share,
        source=row.source,
    )
    record(fact, at=at, actor=actor)
    return row
