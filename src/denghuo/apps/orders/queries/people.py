"""Who is told of an order: whoever has it in hand, and those who supervise, the nearest first."""

from collections.abc import Iterable

from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission, may
from denghuo.apps.organization.models import Assignment, Unit, User


def supervisors_of(unit: Unit, *, but: str = "") -> list[User]:
    """Who supervises the orders of a unit: those in the unit itself, else those nearest above. ``but`` leaves somebody
    out, who does not decide upon what they asked for."""
    roles = [role for role, allowed in PERMISSIONS_OF_ROLE.items() if Permission.ORDERS_SUPERVISE in allowed]
    path = str(unit.path)
    rows = Assignment.objects.filter(role__in=roles, user__is_active=True).select_related("user", "unit")
    rows = rows.exclude(user__username=but)
    above = [(len(str(row.unit.path)), row.user) for row in rows if path.startswith(str(row.unit.path))]
    nearest = max((length for length, _ in above), default=0)
    return sorted({user for length, user in above if length == nearest}, key=lambda user: user.pk)


def supervisors_above(unit: Unit) -> list[User]:
    """Who supervises above those who supervise the orders of a unit: the next nearest; nobody, where there is none."""
    roles = [role for role, allowed in PERMISSIONS_OF_ROLE.items() if Permission.ORDERS_SUPERVISE in allowed]
    near, path = {one.pk for one in supervisors_of(unit)}, str(unit.path)
    rows = Assignment.objects.filter(role__in=roles, user__is_active=True).select_related("user", "unit")
    held = [(len(str(row.unit.path)), row.user) for row in rows if path.startswith(str(row.unit.path))]
    lowest = max((length for length, _ in held), default=0)
    above = [(length, user) for length, user in held if length < lowest and user.pk not in near]
    nearest = max((length for length, _ in above), default=0)
    return sorted({user for length, user in above if length == nearest}, key=lambda user: user.pk)


def people_by_username(usernames: Iterable[str]) -> dict[str, User]:
    """People who sign in, by user name."""
    return {row.username: row for row in User.objects.filter(username__in={*usernames} - {""}, is_active=True)}


def colleagues(unit: Unit) -> list[User]:
    """Everybody who works on the orders of a unit."""
    return organization.people_who(Permission.ORDERS_WORK, path=unit.path)


def works_in(unit_id: int, username: str) -> bool:
    """Whether somebody of this user name works on the orders of a unit."""
    path = Unit.objects.filter(pk=unit_id).values_list("path", flat=True).first()
    user = User.objects.filter(username=username, is_active=True).first()
    return user is not None and may(user, Permission.ORDERS_WORK, path=path)
