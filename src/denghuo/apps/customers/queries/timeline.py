"""Everything that happened to a customer, gathered from whoever knows of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from denghuo.apps.customers.queries.values import Customer, Moment
from denghuo.apps.organization.ports import Port

MOMENTS_SHOWN = 40


class Source(Protocol):
    """A query of a context that knows what happened: the newest moments before an instant, at most ``limit``."""

    def __call__(
        self, account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime
    ) -> Sequence[Moment]: ...


# Who knows of customers.
MOMENTS: Port[Source] = Port("customers.moments")


def timeline(customer: Customer, *, before: datetime, limit: int = MOMENTS_SHOWN) -> list[Moment]:
    """The newest moments before an instant, newest first."""
    told: list[Moment] = []
    for known in MOMENTS:
        told += known(customer.account_id, customer.load_code, customer.unit_id, limit=limit, before=before)
    return sorted(told, key=lambda moment: moment.at, reverse=True)[:limit]
