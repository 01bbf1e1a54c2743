"""Every write to the ledger."""

from datetime import datetime
from typing import Any

from django.db import transaction

from denghuo.apps.ledger import chain, codec, database, deliveries, registry
from denghuo.apps.ledger.facts import DeliveryRetried
from denghuo.apps.ledger.models import Delivery, Fact


def record(fact: Any, *, at: datetime, actor: str) -> Fact:
    """Append a fact within the transaction of the action that made it, and owe it to everything the flow names.

    Call it last: from here to the end of the transaction nobody else can record. Whatever is owed and not meant for
    the background runs right after the commit.

    Raises:
        TransactionManagementError: outside a transaction.
        LookupError: the class is not in its context's `facts.py`.
        TypeError, ValueError: a value does not fit its annotation, a number is not finite, an instant has no zone.
    """
    if at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone")
    kind, data = registry.kind_of(type(fact)), codec.dump(fact)
    database.lock_chain()
    row = _append(kind=kind, data=data, at=at, actor=actor)
    lines = registry.subscriptions(kind)
    if lines:
        owed = [Delivery(fact=row, reaction=line.reaction, background=line.background) for line in lines]
        Delivery.objects.bulk_create(owed)
        database.ring()
    if not all(line.background for line in lines):
        deliveries.follow_up(row.pk)
    return row


def _append(*, kind: str, data: str, at: datetime, actor: str) -> Fact:
    last_id, last_hash = Fact.objects.order_by("-id").values_list("id", "hash").first() or (0, chain.START)
    row = Fact(id=last_id + 1, kind=kind, at=at, actor=actor, data=data, previous_hash=last_hash)
    row.hash = chain.digest(fact_id=row.id, previous_hash=last_hash, kind=kind, at=at, actor=actor, data=data)
    row.save()
    return row


@transaction.atomic
def retry(*, delivery_id: int, at: datetime, actor: str) -> bool:
    """Have a parked delivery tried again from the first attempt; False if it is not parked (any more)."""
    parked = Delivery.objects.select_for_update().filter(pk=delivery_id, parked_at__isnull=False).first()
    if parked is None:
        return False
    Delivery.objects.filter(pk=parked.pk).update(parked_at=None, attempts=0, due_at=None, holder="")
    record(DeliveryRetried(delivery_id=parked.pk, fact_id=parked.fact_id, reaction=parked.reaction), at=at, actor=actor)
    deliveries.follow_up(parked.fact_id)
    return True
