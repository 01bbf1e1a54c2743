"""Every read of the organization that others may use."""

from collections.abc import Iterable

from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import Unit, UnitKind


def units_within(scope: Iterable[str]) -> list[Unit]:
    """Units of a data scope, as a tree in depth-first order."""
    return list(Unit.objects.filter(within(scope, field="path")).order_by("path"))


def stations_within(scope: Iterable[str]) -> list[Unit]:
    """Supply stations of a data scope."""
    return list(Unit.objects.filter(within(scope, field="path"), kind=UnitKind.STATION).order_by("path"))
