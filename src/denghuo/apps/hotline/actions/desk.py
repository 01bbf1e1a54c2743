"""What agents write of calls, and the rules that the desk works by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions.call_backs import ask_call_back
from denghuo.apps.hotline.facts import DeskRuleSet, NoteBegun, NoteKept
from denghuo.apps.hotline.models import CallNote, DeskRule, NoteKind
from denghuo.apps.ledger.actions import record


@dataclass(frozen=True, kw_only=True)
class NoteEntry:
    """What an agent wrote: of what kind the call was, which versions of articles were told, whether we call back.

    ``due_at`` is by when, where somebody chose a time.
    """

    text: str
    kind: NoteKind | None = None
    told_versions: Sequence[int] = ()
    follow_up: bool = False
    due_at: datetime | None = None

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
    """Keep a note for good. One that wants a follow-up owes the caller a call.

    Raises:
        ValueError: it says nothing, not of what kind the call was, wants to call back a number nobody told, or at an
            hour at which nobody is called.
    """
    if not entry.text.strip() or entry.kind is None:
        raise ValueError("a note says something, and of what kind the call was")
    if entry.follow_up and not number:
        raise ValueError("nobody can be called back whose number was withheld")
    rule = queries.desk_rule(timezone.localdate(at))
    if entry.follow_up and entry.due_at and not (entry.due_at > at and queries.may_call(rule, at=entry.due_at)):
        raise ValueError("people are called back in the hours of the rule, and later than now")
    note = save_note(exchange_id=exchange_id, call_id=call_id, number=number, entry=entry, at=at, actor=actor)
    assert note is not None  # it says of what kind the call was
    note.kept_at = at
    note.save(update_fields=["kept_at"])
    if entry.follow_up:
        ask_call_back(
            exchange_id=exchange_id,
            number=number,
            reason=entry.text.strip()[:300],
            due_at=entry.due_at or queries.call_back_due(rule, at=at),
            note_id=note.pk,
            at=at,
            actor=actor,
        )
    fact = NoteKept(
        note_id=note.pk,
        exchange_id=exchange_id,
        call_id=call_id,
        kind=entry.kind,
        told_versions=tuple(note.told_versions),
        follow_up=entry.follow_up,
    )
    record(fact, at=at, actor=actor)
    return note


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
