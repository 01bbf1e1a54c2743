"""What crews did for a customer, as moments of the customer's timeline."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from denghuo.apps.crews.models import Assignment
from denghuo.apps.customers.queries import Moment


def customer_moments(
    account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime | None
) -> list[Moment]:
    """When a crew was there for an order of a customer, and what it found, the last first."""
    del load_code, unit_id  # an order is of an account, not of a place
    rows = Assignment.objects.filter(orders__order__account_id=account_id, arrived_at__isnull=False)
    if before is not None:
        rows = rows.filter(arrived_at__lt=before)
    found = rows.select_related("crew").distinct().order_by("-arrived_at", "-pk")[:limit]
    return [
        Moment(
            at=row.arrived_at,
            kind="crews.visit",
            text=_("%(crew)s was there: %(found)s")
            % {"crew": row.crew, "found": row.get_finding_display() or row.get_state_display()},
            path=reverse("crews:assignment", args=[row.pk]),
            tone="done" if row.finding else "act",
        )
        for row in found
        if row.arrived_at is not None
    ]
