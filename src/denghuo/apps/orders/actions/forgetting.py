"""A customer was made anonymous: what their orders say of who they are goes as well."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from django.db.models import Q

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.facts import CallersForgotten
from denghuo.apps.orders.models import Correction, Order, OrderStep
from denghuo.apps.orders.queries.corrections import PERSONAL, changed


class Anonymized(Protocol):
    """Accounts of which nobody is to know any more whose they were."""

    @property
    def account_ids(self) -> tuple[int, ...]: ...


def follow_anonymized(fact: Anonymized, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: number, name, words and place leave their orders, and so does what they said when called back; kinds,
    clocks and what was judged stay."""
    del delivery_key  # what is empty stays empty
    mine = Order.objects.filter(account_id__in=fact.account_ids)
    order_ids = tuple(mine.order_by("pk").values_list("pk", flat=True))
    _forget_corrections(order_ids, fact.account_ids)
    OrderStep.objects.filter(order_id__in=order_ids).exclude(result="").update(reason="")
    mine.update(caller="", caller_index=None, contact_name="", text="", place="")
    record(CallersForgotten(account_ids=fact.account_ids, order_ids=order_ids), at=at, actor=actor)


def _forget_corrections(order_ids: Collection[int], account_ids: Collection[int]) -> None:
    """What corrections hold of them goes as well, also of orders that were theirs once; what was changed stays told."""
    for one in Correction.objects.filter(Q(order_id__in=order_ids) | Q(was_account_id__in=account_ids)):
        kept = [[part.field, *(("", "") if part.field in PERSONAL else (part.was, part.now))] for part in changed(one)]
        one.changes = json.dumps(kept, ensure_ascii=False)
        one.save(update_fields=["changes"])
