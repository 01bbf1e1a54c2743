"""Notices to those who sign in: told once, read once, taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from denghuo.apps.ledger.actions import record, record_all
from denghuo.apps.notices.facts import NoticeQueued, NoticeRead, NoticeWithdrawn
from denghuo.apps.notices.models import Notice


@dataclass(frozen=True, kw_only=True)
class NoticeEntry:
    """What is told: ``kind`` as `context.thing`, ``path`` the page of this product where it goes on."""

    kind: str
    subject: str
    text: str = ""
    path: str = ""
    urgent: bool = False


@transaction.atomic
def queue_notice(*, recipient_id: int, key: str, entry: NoticeEntry, at: datetime, actor: str) -> Notice:
    """Tell somebody something, once for a key: asked again, the notice is there already and stays as it is.

    Raises:
        ValueError: it says nothing, or leads out of this product.
    """
    if not entry.subject.strip():
        raise ValueError("a notice says something")
    if entry.path and (not entry.path.startswith("/") or entry.path.startswith(("//", "/\\"))):
        raise ValueError("a notice leads to a page of this product")
    row, new = Notice.objects.get_or_create(
        recipient_id=recipient_id, key=key, defaults=vars(entry) | {"queued_at": at, "queued_by": actor}
    )
    if new:
        fact = NoticeQueued(notice_id=row.pk, recipient_id=recipient_id, kind=entry.kind, urgent=entry.urgent)
        record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def read_notice(*, notice_id: int, at: datetime, actor: str) -> Notice:
    """Say that the person has opened it; the first time counts."""
    row = Notice.objects.select_for_update().get(pk=notice_id)
    if row.read_at is None:
        row.read_at = at
        row.save(update_fields=["read_at"])
        record(NoticeRead(notice_id=row.pk), at=at, actor=actor)
    return row


@transaction.atomic
def withdraw_notice(*, recipient_id: int, key: str, at: datetime, actor: str) -> bool:
    """Take back what holds no more; nothing happens where nothing was told. Returns whether it came before anybody read
    it, so that nothing need be said of it."""
    row = Notice.objects.select_for_update().filter(recipient_id=recipient_id, key=key, withdrawn_at=None).first()
    if row is not None:
        row.withdrawn_at = at
        row.save(update_fields=["withdrawn_at"])
        record(NoticeWithdrawn(notice_id=row.pk), at=at, actor=actor)
    return row is not None and row.read_at is None


@transaction.atomic
def withdraw_notices(*, notice_ids: Sequence[int], at: datetime, actor: str) -> int:
    """Take back many that hold no more; how many were still there."""
    if not notice_ids:
        return 0
    rows = Notice.objects.select_for_update().filter(pk__in=notice_ids, withdrawn_at=None).order_by("pk")
    found = list(rows.values_list("pk", flat=True))
    Notice.objects.filter(pk__in=found).update(withdrawn_at=at)
    record_all([NoticeWithdrawn(notice_id=pk) for pk in found], at=at, actor=actor)
    return len(found)
