"""Every read of the organization that others may use."""

from collections.abc import Iterable

from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import Unit, UnitKind, User


def units_within(scope: Iterable[str]) -> list[Unit]:
    """Units of a data scope, as a tree in depth-first order."""
    return list(Unit.objects.filter(within(scope, field="path")).order_by("path"))


def stations_within(scope: Iterable[str]) -> list[Unit]:
    """Supply stations of a data scope."""
    return list(Unit.objects.filter(within(scope, field="path"), kind=UnitKind.STATION).order_by("path"))


def names_of(usernames: Iterable[str]) -> dict[str, str]:
    """What these people are called, by user name; who has no account is not among them."""
    return {user.username: str(user) for user in User.objects.filter(username__in=set(usernames))}
