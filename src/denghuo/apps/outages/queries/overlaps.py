"""Whether something is planned already, or a device is wanted by two plans at once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.outages.models import Outage


def planned_already(network_id: int, told: Mapping[str, Any]) -> Outage | None:
    """The plan that this one is once more, as after going back to the form, which proposes another number then: the
    same devices at the same times, however its place is worded; without devices by what else it says."""
    same = {name: told[name] for name in ("kind", "planned_start_at", "planned_end_at")}
    ahead = Outage.objects.filter(network_id=network_id, plan_cancelled_at=None, started_at=None, **same)
    codes = set(told["planned_device_codes"].split())
    if not codes:
        return ahead.filter(planned_device_codes="", cause=told["cause"], place=told["place"]).first()
    return next((one for one in ahead.order_by("pk") if set(one.planned_device_codes.split()) == codes), None)


def doubts_of_devices(
    network_id: int, device_codes: Sequence[str], start_at: datetime, end_at: datetime, *, besides: int = 0
) -> Iterator[str]:
    """Which of these devices other plans open at the same time, a sentence for each plan; nothing: none does.
    ``besides``: the plan itself."""
    rows = Outage.objects.filter(network_id=network_id, plan_cancelled_at=None, restored_at=None)
    meets = Q(planned_end_at__gt=start_at) | Q(planned_end_at=None, planned_start_at__gte=start_at)
    for row in rows.filter(meets, planned_start_at__lt=end_at).exclude(pk=besides).order_by("planned_start_at", "pk"):
        planned = row.planned_device_codes.split()
        if shared := [code for code in device_codes if code in planned]:
            yield _("%(codes)s: opened at that time by plan %(number)s already (%(span)s). Are both meant?") % {
                "codes": ", ".join(shared),
                "number": row.number,
                "span": _span(row),
            }


def _span(row: Outage) -> str:
    ends = (timezone.localtime(one) for one in (row.planned_start_at, row.planned_end_at) if one is not None)
    return " – ".join(f"{one:%Y-%m-%d %H:%M}" for one in ends)
