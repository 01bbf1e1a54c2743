"""The customer's word becomes an order, once, in the transaction that keeps it.

Orders is a service, as notices is: whoever takes the word writes it down there, under a key of their own.
"""

from datetime import datetime

from django.db import transaction

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.facts import OrderChased
from denghuo.apps.hotline.models import Call, CallBack, CallNote, Exchange
from denghuo.apps.hotline.queries import Intake, NoteRefusedError
from denghuo.apps.ledger.actions import record
from denghuo.apps.orders import actions as service
from denghuo.apps.orders.models import Channel, Order
from denghuo.apps.orders.queries import Reader

_LONGEST_REASON = 500


@transaction.atomic
def take_in(*, note: CallNote, taken: Intake, at: datetime, actor: str) -> Order:
    """Open the order that a note is, with what was promised; or press for the one that is open already."""
    if taken.chased is not None:
        return chase_order(
            exchange_id=note.exchange_id,
            call_id=note.call_id,
            number=note.number,
            order_id=taken.chased.pk,
            text=note.text,
            at=at,
            actor=actor,
        )
    caller = taken.caller
    entry = service.OrderEntry(
        kind=queries.KIND_OF[note.kind],
        topic=taken.topic,
        unit_id=taken.unit_id,
        account_id=caller.account_id if caller else None,
        load_code=taken.load_code,
        caller=note.number,
        channel=Channel.HOTLINE,
        text=note.text,
        place=taken.place,
        received_at=queries.call_began_at(note.exchange_id, note.call_id) or note.drafted_at,
        client_key=queries.key_of(note),
        first_asked=note.written_by,
        source_ref=_source(note),
    )
    row = service.open_order(entry=entry, at=at, actor=actor)
    if taken.promise:
        what, due_at = taken.promise
        service.give_promise(order_id=row.pk, what=what, due_at=due_at, at=at, actor=actor)
    return row


def _source(note: CallNote) -> str:
    """What the order came from: the call, where the exchange has told it already, else the note."""
    calls = Call.objects.filter(exchange_id=note.exchange_id, call_id=note.call_id).exclude(call_id="")
    key = calls.order_by("-entered_at").values_list("pk", flat=True).first()
    return f"hotline.call:{key}" if key else f"hotline.note:{note.pk}"


@transaction.atomic
def chase_order(
    *, exchange_id: int, call_id: str, number: str, order_id: int, text: str = "", at: datetime, actor: str
) -> Order:
    """A caller presses for an order that is open: it is urged, and what we owe the number is due at once.

    Raises:
        NoteRefusedError: it is over, or not of this exchange.
    """
    exchange = Exchange.objects.select_related("unit").get(pk=exchange_id)
    row = queries.order_to_chase(exchange, order_id, reader=Reader(username=actor))
    try:
        row = service.urge_order(order_id=row.pk, note=text.strip()[:_LONGEST_REASON], at=at, actor=actor)
    except service.StepRefusedError as refused:
        raise NoteRefusedError("over") from refused
    if number:
        owed = CallBack.objects.filter(exchange_id=exchange_id, number=number, made_at=None)
        owed.filter(due_at__gt=at).update(due_at=at)
    record(OrderChased(exchange_id=exchange_id, call_id=call_id, order_id=order_id), at=at, actor=actor)
    return row
