"""The calls of an order, for the order's page."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.hotline.models import Call, CallNote
from denghuo.apps.orders.queries import Tie
from denghuo.apps.organization.access import Permission


def order_ties(order_id: int) -> list[Tie]:
    """The calls that an order came from, or that pressed for it, the first first."""
    notes = CallNote.objects.filter(order_id=order_id, kept_at__isnull=False).exclude(call_id="")
    keys = set(notes.values_list("exchange_id", "call_id"))
    rows = Call.objects.filter(call_id__in=[call_id for _exchange, call_id in keys]).order_by("entered_at", "pk")
    return [
        Tie(
            label=_("Call"),
            text=timezone.localtime(row.entered_at).strftime("%m-%d %H:%M"),
            path=reverse("hotline:call", args=[row.pk]),
            permission=Permission.HOTLINE_VIEW,
            note=str(row.get_outcome_display()),
        )
        for row in rows
        if (row.exchange_id, row.call_id) in keys
    ]
