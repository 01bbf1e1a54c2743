"""What every page of staffing begins with."""

from datetime import date, timedelta
from math import isnan
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from denghuo.apps.organization.access import Permission, may, scope_of
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing import queries

WISHES_AHEAD = timedelta(days=120)
_MOST_DIGITS = 4


def today() -> date:
    """Today on the clock of the place."""
    return timezone.localdate(timezone.now())


def who(request: HttpRequest) -> dict[str, Any]:
    """When and by whom a write is done."""
    return {"at": timezone.now(), "actor": request.user.get_username()}


def gone_to(request: HttpRequest, name: str, **arguments: Any) -> HttpResponse:
    """Where a deed leads. htmx, which shows a busy sign until then, is told to go there."""
    answer = redirect(name, **arguments)
    return HttpResponse(headers={"HX-Redirect": answer.url}) if "HX-Request" in request.headers else answer


def unit_of(request: HttpRequest, permission: Permission = Permission.STAFFING_VIEW) -> Unit | None:
    """The unit that a page is about: the one asked for, else the first that has a hotline; None without any."""
    units = queries.units_staffed(scope_of(request.user, permission))
    asked = request.GET.get("unit", "")
    if asked:
        found = [one for one in units if str(one.pk) == asked]
        if not found:
            raise Http404
        return found[0]
    return units[0] if units else None


def unit_to_edit(request: HttpRequest) -> Unit:
    """The unit of a write; not found without one, refused to who may plan nowhere."""
    if not scope_of(request.user, Permission.STAFFING_EDIT):
        raise PermissionDenied
    unit = unit_of(request, Permission.STAFFING_EDIT)
    if unit is None:
        raise Http404
    return unit


def may_edit(request: HttpRequest, unit: Unit | None) -> bool:
    """Whether this person may plan for the unit."""
    return unit is not None and may(request.user, Permission.STAFFING_EDIT, path=unit.path)


def percent(share: float | None, digits: int = 1) -> str:
    """A share in percent; a dash where it is not known. What is not all is never rounded up to all."""
    if share is not None:
        while share < 1 <= round(share, digits + 2) and digits < _MOST_DIGITS:
            digits += 1
    return "–" if share is None or isnan(share) else f"{100 * share:.{digits}f}"
