"""Who is told of an order: whoever has it in hand, and those who supervise, the nearest first."""

from collections.abc import Iterable

from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission
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


def people_by_username(usernames: Iterable[str]) -> dict[str, User]:
    """People who sign in, by user name."""
    return {row.username: row for row in User.objects.filter(username__in={*usernames} - {""}, is_active=True)}


def colleagues(unit: Unit) -> list[User]:
    """Everybody who works on the orders of a unit."""
    return organization.people_who(Permission.ORDERS_WORK, path=unit.path)
