"""Every write to the ledger."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from denghuo.apps.ledger import chain, codec, database, deliveries, registry
from denghuo.apps.ledger.facts import DeliveryRetried
from denghuo.apps.ledger.models import Delivery, Fact
from denghuo.apps.rows import insert


def record(fact: Any, *, at: datetime, actor: str) -> Fact:
    """Append a fact within the transaction of the action that made it, and owe it to everything the flow names.

    Call it last: from here to the end of the transaction nobody else can record. Whatever is owed and not meant for
    the background runs right after the commit.

    Raises:
        TransactionManagementError: outside a transaction.
        LookupError: the class is not in its context's `facts.py`.
        TypeError, ValueError: a value does not fit its annotation, a number is not finite, an instant has no zone.
    """
    return record_all([fact], at=at, actor=actor)[0]


def record_all(facts: Sequence[Any], *, at: datetime, actor: str) -> list[Fact]:
    """The same for facts that happened together: one place in the line, one insert, however many they are."""
    if at.utcoffset() is None:
        raise ValueError(f"{at} has no time zone")
    told = [(registry.kind_of(type(fact)), codec.dump(fact)) for fact in facts]
    database.lock_chain()
    rows = list(_linked(told, at=at, actor=actor))
    insert(rows)
    owed = [(row, line) for row in rows for line in registry.subscriptions(row.kind)]
    if owed:
        insert([Delivery(fact=row, reaction=line.reaction, background=line.background) for row, line in owed])
        database.ring()
    for fact_id in dict.fromkeys(row.pk for row, line in owed if not line.background):
        deliveries.follow_up(fact_id)
    return rows


def _linked(told: Sequence[tuple[str, str]], *, at: datetime, actor: str) -> Iterator[Fact]:
    last_id, last_hash = Fact.objects.order_by("-id").values_list("id", "hash").first() or (0, chain.START)
    for fact_id, (kind, data) in enumerate(told, last_id + 1):
        row = Fact(id=fact_id, kind=kind, at=at, actor=actor, data=data, previous_hash=last_hash)
        row.hash = chain.digest(fact_id=row.id, previous_hash=last_hash, kind=kind, at=at, actor=actor, data=data)
        last_hash = row.hash
        yield row


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
