"""What a person may have got wrong about an operation: asked before it is written down, and not twice."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.network.snapshot import log_snapshot, network_snapshot, valid_operations
from denghuo.apps.organization.ports import Port

_LATE = timedelta(days=31)
# Contexts that give outages their numbers answer with the key of the one that has a number in a network.
OUTAGE_OF_NUMBER: Port[Callable[[int, str], int | None]] = Port("network.outage_of_number")


def doubts(
    network_id: int,
    *,
    device_code: str,
    closes: bool,
    operated_at: datetime,
    event_number: str,
    at: datetime,
    instead_of: int | None = None,
) -> list[str]:
    """Sentences on what is unlikely about an operation told at an instant, as a correction of a row or on its own."""
    found = [
        _stood_so(network_id, device_code, closes, operated_at, instead_of),
        _far_back(network_id, operated_at, at),
        _no_such_number(network_id, event_number),
    ]
    return [words for words in found if words]


def _stood_so(network_id: int, device_code: str, closes: bool, operated_at: datetime, instead_of: int | None) -> str:
    grid = network_snapshot(network_id).grid
    if device_code not in grid.switch_position:
        return ""  # the row itself will say so
    rows = valid_operations(network_id).filter(device_code=device_code, operated_at__lte=operated_at)
    before = rows.exclude(pk=instead_of or 0).last()
    if before is None:
        stood = bool(grid.switches.normally_closed[grid.switch_position[device_code]])
        if stood is not closes:
            return ""
        return _("Normally this device is closed.") if closes else _("Normally this device is open.")
    if before.closes is not closes or before.operated_at == operated_at:
        return ""  # at one instant it is the same operation told again
    words = _("It was closed already, since %(at)s.") if closes else _("It was open already, since %(at)s.")
    return words % {"at": _written(before.operated_at)}


def _far_back(network_id: int, operated_at: datetime, at: datetime) -> str:
    first = SwitchingOperation.objects.filter(network_id=network_id).aggregate(first=Min("operated_at"))["first"]
    if first and operated_at < first:
        return _("It lies before the first row of the log, %(at)s.") % {"at": _written(first)}
    if operated_at < at - _LATE:
        return _("It lies more than %(n)s days back.") % {"n": _LATE.days}
    return ""


def _no_such_number(network_id: int, number: str) -> str:
    if not number or number in log_snapshot(network_id).event_numbers:
        return ""
    if any(find(network_id, number) for find in OUTAGE_OF_NUMBER):
        return ""
    return _("There is no outage with the number %(number)s so far.") % {"number": number}


def _written(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
