"""What is open for customers, as their file shows it."""

from collections.abc import Collection

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from denghuo.apps.customers.queries import Matter
from denghuo.apps.orders.models import Order
from denghuo.apps.orders.queries.readers import CONFIDENTIAL

_AT_ONCE = 400  # keys in one question; of more accounts all that is open is read


def open_matters(account_ids: Collection[int]) -> list[Matter]:
    """The open orders of some accounts, the oldest first."""
    wanted = frozenset(account_ids)
    rows: QuerySet[Order] = Order.objects.filter(closed_at=None, account__isnull=False).order_by("received_at", "pk")
    if len(wanted) <= _AT_ONCE:
        rows = rows.filter(account_id__in=wanted)
    return [
        Matter(
            account_id=row.account_id,
            text=_("%(number)s %(kind)s, %(topic)s: %(state)s")
            % {
                "number": row.number,
                "kind": row.get_kind_display(),
                "topic": row.get_topic_display(),
                "state": row.get_state_display(),
            },
            path=reverse("orders:order", args=[row.pk]),
            since_at=row.received_at,
            is_late=row.overdue_at is not None,
            is_private=row.kind in CONFIDENTIAL,
        )
        for row in rows.defer("text", "caller", "contact_name")
        if row.account_id is not None and row.account_id in wanted
    ]
