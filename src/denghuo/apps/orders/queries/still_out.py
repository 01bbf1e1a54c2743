"""To whom supply is back, and who says that it is not: the contexts that know of it lie above."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from denghuo.apps.organization.ports import Port


@dataclass(frozen=True, kw_only=True)
class SaysOut:
    """When somebody last said that they are still without supply, and what that is taken to be of (``abouts``).
    ``by_log``: the switching log says it for them."""

    said_at: datetime
    abouts: frozenset[str]
    by_log: bool = False

    def is_left_by(self, about: str, restored_at: datetime | None) -> bool:
        """Whether work that is over has not helped them: the log says so, it was for something else, or they said so
        after it."""
        is_of_another = bool(about) and about not in self.abouts
        return self.by_log or is_of_another or (restored_at is not None and self.said_at > restored_at)


# Who knows of orders whose customer says so, by the keys of orders.
STILL_OUT: Port[Callable[[Iterable[int]], Mapping[int, SaysOut]]] = Port("orders.still_out")


def still_out(order_ids: Iterable[int]) -> dict[int, SaysOut]:
    """Of orders, those whose customer says that they are still without supply."""
    ids = list(order_ids)
    return {order_id: one for known in STILL_OUT for order_id, one in known(ids).items()} if ids else {}


# Since when, by the switching log, supply is back to the customers of orders, by the keys of orders.
BACK_BY_LOG: Port[Callable[[Iterable[int]], Mapping[int, datetime]]] = Port("orders.back_by_log")


def back_by_log(order_ids: Iterable[int]) -> dict[int, datetime]:
    """Of orders, since when the switching log says that their customers have supply again."""
    ids = list(order_ids)
    return {order_id: one for known in BACK_BY_LOG for order_id, one in known(ids).items()} if ids else {}
