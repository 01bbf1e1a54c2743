"""Orders that somebody at another desk found to be the same matter."""

from datetime import datetime
from typing import Protocol

from denghuo.apps.orders.actions.steps import merge_orders
from denghuo.apps.orders.models import Order, State


class FoundSame(Protocol):
    """Orders are the same matter as one."""

    @property
    def into_id(self) -> int: ...
    @property
    def order_ids(self) -> tuple[int, ...]: ...


def follow_same(fact: FoundSame, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: they are merged. What has ended meanwhile stays as it ended, and
    what is not done goes on with nothing that is."""
    del delivery_key  # what is merged is not open any more
    rows = Order.objects.filter(pk__in=[fact.into_id, *fact.order_ids], closed_at=None)
    states = dict(rows.values_list("pk", "state"))
    into = states.get(fact.into_id)
    still = {pk for pk, state in states.items() if into != State.DONE or state == State.DONE}
    if into is not None and len(still) > 1:
        merge_orders(order_ids=still, at=at, actor=actor)
