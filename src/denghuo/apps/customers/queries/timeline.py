"""Everything that happened to a customer, gathered from whoever knows of it."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Protocol

from django.utils import timezone

from denghuo.apps.customers.models import Account
from denghuo.apps.customers.queries.values import Customer, Moment
from denghuo.apps.organization.ports import Port

MOMENTS_SHOWN = 40
OF_THE_PLACE = "outage"  # the kind of what happens to a place, whoever lives there


class Source(Protocol):
    """A query of a context that knows what happened: the newest moments before an instant, at most ``limit``."""

    def __call__(
        self, account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime
    ) -> Sequence[Moment]: ...


# Who knows of customers.
MOMENTS: Port[Source] = Port("customers.moments")


def timeline(customer: Customer, *, before: datetime, limit: int = MOMENTS_SHOWN) -> list[Moment]:
    """The newest moments before an instant, newest first. What happened at the place before the account was opened
    happened to somebody else."""
    told: list[Moment] = []
    for known in MOMENTS:
        told += known(customer.account_id, customer.load_code, customer.unit_id, limit=limit, before=before)
    opened = Account.objects.filter(pk=customer.account_id).values_list("opened_date", flat=True).first()
    if opened is not None:
        begin = timezone.make_aware(datetime.combine(opened, time()))
        told = [moment for moment in told if moment.kind != OF_THE_PLACE or moment.at >= begin]
    return sorted(told, key=lambda moment: moment.at, reverse=True)[:limit]
