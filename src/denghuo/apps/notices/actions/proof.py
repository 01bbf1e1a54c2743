"""What people did with their own hands: brought a notice, printed some, looked at an address."""

from datetime import datetime
from typing import Any

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions.messages import answer_message
from denghuo.apps.notices.facts import MessageCalledByHand, MessageUnmasked, NoticeDelivered, NoticesPrinted
from denghuo.apps.notices.models import HandCall, HandDelivery, How, Message, NoticeCase
from denghuo.apps.notices.queries.events import answers_of
from denghuo.apps.notices.queries.matters import is_before_matter, lack_of_addressee, lack_of_matter
from denghuo.apps.notices.queries.proof import lack_of_delivery


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
        ValueError: no such case or way, handed over and nobody signed, left and nobody saw it, it lies ahead, or before
            there was anything to tell, it was cancelled and they had not known of it, or whom it is for is unknown or
            not concerned.
    """
    if case not in NoticeCase.values or how not in How.values:
        raise ValueError("a notice is of a known case and comes in a known way")
    if lack := lack_of_delivery(how, receiver) or lack_of_matter(about, to_ref) or lack_of_addressee(about, to_ref):
        raise ValueError(lack)
    if delivered_at > at:
        raise ValueError("this lies ahead")
    if is_before_matter(about, delivered_at):
        raise ValueError("there was nothing to tell of yet")
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
def record_hand_call(*, message_id: int, answer: str, note: str = "", at: datetime, actor: str) -> HandCall:
    """Write down that somebody called whom a message is for. What they answered counts as if they had pressed the key;
    without an answer they were not reached, and the waiting goes on.

    Raises:
        ValueError: not one of the answers that the message asks for.
    """
    row = Message.objects.select_for_update().get(pk=message_id)
    if answer and answer not in answers_of(row.event):
        raise ValueError(f"{row.event} does not ask for {answer!r}")
    call = HandCall.objects.create(message=row, answer=answer, note=note.strip()[:200], at=at, by=actor)
    record(MessageCalledByHand(message_id=row.pk, about=row.about, is_reached=bool(answer)), at=at, actor=actor)
    if answer:
        answer_message(message_id=row.pk, answer=answer, at=at, actor=actor)
    return call


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
    seen: dict[str, Any] = {"subject": f"notices.message:{row.pk}", "name": str(row.pk), "unit_id": row.unit_id}
    record(MessageUnmasked(message_id=row.pk, reason=reason.strip()[:200], **seen), at=at, actor=actor)
    return row
