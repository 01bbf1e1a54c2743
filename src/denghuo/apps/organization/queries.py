"""Every read of the organization that others may use."""

from collections.abc import Iterable
from datetime import date

from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission, within
from denghuo.apps.organization.models import Assignment, CalendarDay, Unit, UnitKind, User


def units_within(scope: Iterable[str]) -> list[Unit]:
    """Units of a data scope, as a tree in depth-first order."""
    return list(Unit.objects.filter(within(scope, field="path")).order_by("path"))


def stations_within(scope: Iterable[str]) -> list[Unit]:
    """Supply stations of a data scope."""
    return list(Unit.objects.filter(within(scope, field="path"), kind=UnitKind.STATION).order_by("path"))


def people_who(permission: Permission, *, path: str | None) -> list[User]:
    """Everybody active who may do this in the unit of a path or in a part of it, by name."""
    roles = [role for role, permissions in PERMISSIONS_OF_ROLE.items() if permission in permissions]
    rows = Assignment.objects.filter(role__in=roles, user__is_active=True).select_related("user", "unit")
    paths = ((row.user, row.unit.path) for row in rows)
    found = {user for user, own in paths if path and own and (path.startswith(own) or own.startswith(path))}
    return sorted(found, key=lambda user: (str(user), user.pk))


def names_of(usernames: Iterable[str]) -> dict[str, str]:
    """What these people are called, by user name; who has no account is not among them."""
    return {user.username: str(user) for user in User.objects.filter(username__in=set(usernames))}


def all_calendar_days(*, first: date | None = None) -> list[CalendarDay]:
    """Holidays and make-up workdays, from a day on."""
    rows = CalendarDay.objects.order_by("date")
    return list(rows.filter(date__gte=first) if first else rows)


def unknown_years(first: date, last: date) -> list[int]:
    """Years of which no holiday has been told: nobody knows which of its days are worked."""
    known = set(CalendarDay.objects.filter(date__year__gte=first.year).values_list("date__year", flat=True))
    return [year for year in range(first.year, last.year + 1) if year not in known]
