"""Who is told of an order: whoever has it in hand, and those who supervise, the nearest first."""

from collections.abc import Iterable

from denghuo.apps.orders.models import Order
from denghuo.apps.orders.queries.readers import CONFIDENTIAL, asked_first
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission, may
from denghuo.apps.organization.models import Assignment, Role, Unit, User


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


def judges_of(unit: Unit, *, but: str = "") -> list[User]:
    """Who judges what is reported of the people of a unit: those nearest above it, or, where nobody is, those in it;
    managers before administrators. Nobody, where there are neither. ``but`` leaves somebody out."""
    own = str(unit.path)
    held = [((path == own, -len(path), is_admin), user) for path, is_admin, user in _judging(own)]
    is_above = any(not key[0] for key, _ in held)
    near = [(key, user) for key, user in held if user.username != but and not (is_above and key[0])]
    nearest = min((key for key, _ in near), default=None)
    return sorted({user for key, user in near if key == nearest}, key=lambda user: user.pk)


def unit_answering(order: Order) -> Unit:
    """The unit that a customer hears deals with their order: the order's own; of a report of misconduct, the nearest
    above it in which somebody judges it."""
    if order.kind not in CONFIDENTIAL:
        return order.unit
    own = str(order.unit.path)
    paths = [path for path, _, _ in _judging(own) if path != own]
    return Unit.objects.filter(path=max(paths, key=len)).first() or order.unit if paths else order.unit


def judging_within(unit: Unit) -> list[User]:
    """Who judges reports of misconduct in a unit itself, or nearest above it."""
    found = _judging(str(unit.path))
    nearest = min(((-len(path), is_admin) for path, is_admin, _ in found), default=None)
    return sorted({user for path, is_admin, user in found if (-len(path), is_admin) == nearest}, key=lambda one: one.pk)


def _judging(path: str) -> list[tuple[str, bool, User]]:
    roles = [role for role, allowed in PERMISSIONS_OF_ROLE.items() if Permission.ORDERS_DISCIPLINE in allowed]
    rows = Assignment.objects.filter(role__in=roles, user__is_active=True).select_related("user", "unit")
    return [
        (str(row.unit.path), row.role == Role.ADMINISTRATOR, row.user)
        for row in rows
        if row.unit and path.startswith(str(row.unit.path))
    ]


def answering_for(order: Order, *, but: str = "") -> list[User]:
    """Who stands above whoever has an order: who supervises its unit; of a report of misconduct, who judges it."""
    if order.kind in CONFIDENTIAL and judges_of(order.unit):
        return judges_of(order.unit, but=but)
    return supervisors_of(order.unit, but=but)


def people_by_username(usernames: Iterable[str]) -> dict[str, User]:
    """People who sign in, by user name."""
    return {row.username: row for row in User.objects.filter(username__in={*usernames} - {""}, is_active=True)}


def colleagues(unit: Unit) -> list[User]:
    """Everybody who works on the orders of a unit."""
    return organization.people_who(Permission.ORDERS_WORK, path=unit.path)


def hands_for(order: Order) -> list[User]:
    """Whom an order can be given to: who works on the orders of its unit; of a report of misconduct, which is about one
    of them, who judges it and who took it down."""
    people = colleagues(order.unit)
    if order.kind not in CONFIDENTIAL:
        return people
    own = str(order.unit.path)
    judging = _judging(own)
    above = {user.username for path, _, user in judging if path != own} or {user.username for _, _, user in judging}
    return [one for one in people if one.username in {*above, asked_first(order)}] if above else people


def units_for_hands(order: Order) -> list[Unit]:
    """The units that an order can be offered to: all others, for whose matter it is, is no secret of a scope; of a
    report of misconduct those above."""
    rows = Unit.objects.exclude(pk=order.unit_id).order_by("path")
    own = str(order.unit.path)
    return [unit for unit in rows if order.kind not in CONFIDENTIAL or own.startswith(str(unit.path))]


def works_in(unit_id: int, username: str) -> bool:
    """Whether somebody of this user name works on the orders of a unit."""
    path = Unit.objects.filter(pk=unit_id).values_list("path", flat=True).first()
    user = User.objects.filter(username=username, is_active=True).first()
    return user is not None and may(user, Permission.ORDERS_WORK, path=path)
