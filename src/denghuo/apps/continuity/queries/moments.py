"""When a customer's place was without supply, as moments of the customer's timeline."""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.continuity.models import Interruption
from denghuo.apps.customers.queries import Moment


def customer_moments(
    account_id: int, load_code: str, unit_id: int, *, limit: int, before: datetime | None
) -> list[Moment]:
    """When the load of a customer lost supply and had it back, the last first; the part of an outage that is booked
    apart, because it overran what was approved, is no second loss."""
    del account_id  # an outage is of a place
    if not load_code:
        return []
    rows = Interruption.objects.filter(load__code=load_code, network__unit_id=unit_id)
    if before is not None:
        rows = rows.filter(started_at__lt=before)
    told: list[Moment] = []
    later: Interruption | None = None
    ended_at: datetime | None = None
    for row in rows.select_related("outage").order_by("-started_at", "-pk")[: 2 * limit]:
        goes_on = later is not None and row.outage_id == later.outage_id and row.ended_at == later.started_at
        if goes_on:
            told.pop()
        else:
            ended_at = row.ended_at
        told.append(_told(row, ended_at))
        later = row
    return told[:limit]


def _told(row: Interruption, ended_at: datetime | None) -> Moment:
    """One loss of supply, from the beginning of a row on."""
    values = {"number": row.outage.number, "kind": row.outage.get_kind_display()}
    if ended_at is None:
        text = _("Without supply, outage %(number)s (%(kind)s)") % values
    else:
        same_day = timezone.localdate(ended_at) == timezone.localdate(row.started_at)
        back = f"{timezone.localtime(ended_at):{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}}"
        text = _("Without supply until %(back)s, outage %(number)s (%(kind)s)") % (values | {"back": back})
    path = reverse("outages:outage", args=[row.outage_id])
    return Moment(
        at=row.started_at, kind="outage", text=text, path=path, tone="breached" if ended_at is None else "done"
    )
