"""Orders that somebody at another desk found to be the same matter."""

from datetime import datetime
from typing import Protocol

from denghuo.apps.orders.actions.steps import merge_orders
from denghuo.apps.orders.models import Order


class FoundSame(Protocol):
    """Orders are the same matter as one."""

    @property
    def into_id(self) -> int: ...
    @property
    def order_ids(self) -> tuple[int, ...]: ...


def follow_same(fact: FoundSame, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: they are merged into it. What has ended meanwhile stays as it ended."""
    del delivery_key  # what is merged is not open any more
    still = set(
        Order.objects.filter(pk__in=[fact.into_id, *fact.order_ids], closed_at=None).values_list("pk", flat=True)
    )
    wanted = [one for one in fact.order_ids if one in still]
    if fact.into_id in still and wanted:
        merge_orders(into_id=fact.into_id, order_ids=wanted, at=at, actor=actor)
