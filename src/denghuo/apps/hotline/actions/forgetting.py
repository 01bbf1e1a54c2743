"""Somebody is to be forgotten: that they called and what became of it stays, not who they were."""

from datetime import datetime
from typing import Protocol

from django.db.models import Q

from denghuo.apps.customers.models import Account
from denghuo.apps.hotline.facts import NotesForgotten
from denghuo.apps.hotline.models import CallBack, CallerNumber, CallNote
from denghuo.apps.ledger.actions import record


class Forgotten(Protocol):
    """Whose accounts and orders nobody is to know any more."""

    @property
    def account_ids(self) -> tuple[int, ...]: ...
    @property
    def order_ids(self) -> tuple[int, ...]: ...


def follow_forgotten(fact: Forgotten, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the notes of their calls, and the call-backs from them, lose number, words and place; the table of
    numbers no longer leads to them."""
    del delivery_key  # what is empty stays empty
    theirs = Q(account_id__in=fact.account_ids) | Q(order_id__in=fact.order_ids)
    notes = CallNote.objects.filter(theirs, kept_at__isnull=False)
    CallBack.objects.filter(note__in=notes).update(number="", reason="")
    for unit_id, number in Account.objects.filter(pk__in=fact.account_ids).values_list("unit_id", "number"):
        CallerNumber.objects.filter(unit_id=unit_id, account=number).delete()
    count = notes.update(number="", text="", place="")
    record(NotesForgotten(note_count=count), at=at, actor=actor)
