"""What every page of crews begins with."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone

from denghuo.apps.crews import queries
from denghuo.apps.crews.models import Assignment, Crew
from denghuo.apps.organization.access import Permission, permissions_of
from denghuo.apps.organization.models import Unit, UnitKind
from denghuo.apps.organization.queries import units_within


def today() -> date:
    """Today on the clock of the place."""
    return timezone.localdate(timezone.now())


def who(request: HttpRequest) -> dict[str, Any]:
    """When and by whom a write is done."""
    return {"at": timezone.now(), "actor": request.user.get_username()}


def crew_of(request: HttpRequest, crew_id: int) -> Crew:
    """A crew within reach, else there is none."""
    try:
        return queries.crew_for(scope=request.data_scope, crew_id=crew_id)  # type: ignore[attr-defined]
    except Crew.DoesNotExist as missing:
        raise Http404 from missing


def assignment_of(request: HttpRequest, assignment_id: int) -> Assignment:
    """An assignment within reach, else there is none."""
    try:
        return queries.assignment_for(scope=request.data_scope, assignment_id=assignment_id)  # type: ignore[attr-defined]
    except Assignment.DoesNotExist as missing:
        raise Http404 from missing


def stations(request: HttpRequest) -> list[Unit]:
    """Units of the scope that can have crews."""
    kinds = (UnitKind.STATION, UnitKind.TEAM, UnitKind.COUNTY)
    return [one for one in units_within(request.data_scope) if one.kind in kinds]  # type: ignore[attr-defined]


def unit_asked(request: HttpRequest, units: list[Unit]) -> Unit | None:
    """The unit that a page is about: the one asked for, else the first station; None without any."""
    asked = request.GET.get("unit", "")
    if asked:
        found = [one for one in units if str(one.pk) == asked]
        if not found:
            raise Http404
        return found[0]
    first = [one for one in units if one.kind == UnitKind.STATION] or units
    return first[0] if first else None


def rights(request: HttpRequest) -> dict[str, bool]:
    """What the person may do, for a template."""
    allowed = permissions_of(request.user)
    return {
        "may_edit": Permission.CREWS_EDIT in allowed,
        "may_dispatch": Permission.CREWS_DISPATCH in allowed,
        "may_see_orders": Permission.ORDERS_VIEW in allowed,
    }
