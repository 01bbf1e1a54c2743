"""What people did with their own hands: brought a notice, printed some, looked at an address."""

from datetime import datetime

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.facts import MessageUnmasked, NoticeDelivered, NoticesPrinted
from denghuo.apps.notices.models import HandDelivery, How, Message, NoticeCase


@transaction.atomic
def record_delivery(
    *,
    unit_id: int,
    about: str,
    case: str,
    to_ref: str,
    how: str,
    delivered_at: datetime,
    at: datetime,
    actor: str,
    receiver: str = "",
    note: str = "",
) -> HandDelivery:
    """Write down that a notice was brought, posted or told; told twice, it is there already.

    Raises:
        ValueError: no such case or way, handed over and nobody signed, or it lies ahead.
    """
    if case not in NoticeCase.values or how not in How.values:
        raise ValueError("a notice is of a known case and comes in a known way")
    if how == How.HANDED and not receiver.strip():
        raise ValueError("say who signed for it")
    if delivered_at > at:
        raise ValueError("this lies ahead")
    row, new = HandDelivery.objects.get_or_create(
        about=about,
        case=case,
        to_ref=to_ref,
        how=how,
        delivered_at=delivered_at,
        defaults={
            "unit_id": unit_id,
            "receiver": receiver.strip(),
            "note": note.strip()[:200],
            "recorded_at": at,
            "recorded_by": actor,
        },
    )
    if new:
        fact = NoticeDelivered(delivery_id=row.pk, about=about, case=case, to_ref=to_ref, how=how)
        record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def record_printing(*, about: str, case: str, notice_count: int, at: datetime, actor: str) -> None:
    """Note that notices on paper were made."""
    record(NoticesPrinted(about=about, case=case, notice_count=notice_count), at=at, actor=actor)


@transaction.atomic
def unmask_message(*, message_id: int, reason: str, at: datetime, actor: str) -> Message:
    """Show where a message goes in full to somebody who says why; that it was shown is recorded, the address is not.

    Raises:
        ValueError: no reason.
    """
    if not reason.strip():
        raise ValueError("say why the address is needed")
    row = Message.objects.get(pk=message_id)
    record(MessageUnmasked(message_id=row.pk, reason=reason.strip()[:200]), at=at, actor=actor)
    return row
