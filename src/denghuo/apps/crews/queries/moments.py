"""What crews did for a customer, as moments of the customer's timeline."""

from datetime import datetime

from django.db.models import Min, Q
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils.translation import gettext as _

from denghuo.apps.crews.models import Assignment
from denghuo.apps.customers.queries import Moment
from denghuo.apps.organization.access import Permission


def customer_moments(
    account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime | None
) -> list[Moment]:
    """When a crew was there for an order of a customer, and what it found, the last first. Who reports what a crew is
    there for already had it there from then on."""
    del load_code, unit_id  # an order is of an account, not of a place
    own = Q(orders__order__account_id=account_id)
    rows = Assignment.objects.filter(own, arrived_at__isnull=False)
    rows = rows.annotate(there_at=Greatest("arrived_at", Min("orders__order__received_at", filter=own)))
    if before is not None:
        rows = rows.filter(there_at__lt=before)
    found = rows.select_related("crew").order_by("-there_at", "-pk")[:limit]
    return [
        Moment(
            at=row.there_at,
            kind="crews.visit",
            text=_("%(crew)s was there: %(found)s")
            % {"crew": row.crew, "found": row.get_finding_display() or row.get_state_display()},
            path=reverse("crews:assignment", args=[row.pk]),
            permission=Permission.CREWS_VIEW,
            tone="done" if row.finding else "act",
        )
        for row in found
    ]
