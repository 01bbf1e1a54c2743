"""A customer was made anonymous: what their orders say of who they are goes as well."""

from datetime import datetime
from typing import Protocol

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.facts import CallersForgotten
from denghuo.apps.orders.models import Order


class Anonymized(Protocol):
    """Accounts of which nobody is to know any more whose they were."""

    @property
    def account_ids(self) -> tuple[int, ...]: ...


def follow_anonymized(fact: Anonymized, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: number, name, words and place leave their orders; kinds, clocks and what was judged stay."""
    del delivery_key  # what is empty stays empty
    mine = Order.objects.filter(account_id__in=fact.account_ids)
    order_ids = tuple(mine.order_by("pk").values_list("pk", flat=True))
    mine.update(caller="", caller_index=None, contact_name="", text="", place="")
    record(CallersForgotten(account_ids=fact.account_ids, order_ids=order_ids), at=at, actor=actor)
