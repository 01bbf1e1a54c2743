"""Who may do what, where. Every page and every API call goes through here.

A role carries permissions; an assignment gives a role in a unit; a permission then holds for everything below that
unit's path and nothing else. A thing outside the scope is answered with "not found", so that its existence is not told.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase

from denghuo.apps.organization.models import Assignment, Role, User


class Permission(StrEnum):
    """What can be allowed. One word for the context, one for the deed."""

    NETWORK_VIEW = "network.view"
    NETWORK_OPERATE = "network.operate"
    NETWORK_IMPORT = "network.import"
    OUTAGES_VIEW = "outages.view"
    OUTAGES_EDIT = "outages.edit"
    CONTINUITY_VIEW = "continuity.view"
    CONTINUITY_EDIT = "continuity.edit"
    HOTLINE_VIEW = "hotline.view"
    HOTLINE_WORK = "hotline.work"
    HOTLINE_EDIT = "hotline.edit"
    HOTLINE_IMPORT = "hotline.import"
    CALLERS_UNMASK = "callers.unmask"
    STAFFING_VIEW = "staffing.view"
    STAFFING_EDIT = "staffing.edit"
    KNOWLEDGE_VIEW = "knowledge.view"
    KNOWLEDGE_EDIT = "knowledge.edit"
    CUSTOMERS_VIEW = "customers.view"
    CUSTOMERS_EDIT = "customers.edit"
    CUSTOMERS_IMPORT = "customers.import"
    CUSTOMERS_UNMASK = "customers.unmask"
    CUSTOMERS_REVIEW = "customers.review"
    CUSTOMERS_FORGET = "customers.forget"
    ORDERS_VIEW = "orders.view"
    ORDERS_WORK = "orders.work"
    ORDERS_SUPERVISE = "orders.supervise"
    ORDERS_DISCIPLINE = "orders.discipline"
    ORDERS_RULES = "orders.rules"
    CREWS_VIEW = "crews.view"
    CREWS_DISPATCH = "crews.dispatch"
    CREWS_WORK = "crews.work"
    CREWS_EDIT = "crews.edit"
    NOTICES_VIEW = "notices.view"
    NOTICES_SEND = "notices.send"
    NOTICES_EDIT = "notices.edit"
    LEDGER_VIEW = "ledger.view"
    PROGRAMS_EDIT = "programs.edit"
    EXPORT = "export"


_VIEW = frozenset(
    {Permission.NETWORK_VIEW, Permission.OUTAGES_VIEW, Permission.CONTINUITY_VIEW, Permission.KNOWLEDGE_VIEW}
)
_AGENT = frozenset(
    {
        Permission.OUTAGES_VIEW,
        Permission.HOTLINE_VIEW,
        Permission.HOTLINE_WORK,
        Permission.KNOWLEDGE_VIEW,
        Permission.CALLERS_UNMASK,
        Permission.CUSTOMERS_VIEW,
        Permission.CUSTOMERS_UNMASK,
        Permission.ORDERS_VIEW,
        Permission.ORDERS_WORK,
    }
)
_STATION = frozenset(
    {
        Permission.CUSTOMERS_VIEW,
        Permission.CUSTOMERS_EDIT,
        Permission.CUSTOMERS_UNMASK,
        Permission.ORDERS_VIEW,
        Permission.ORDERS_WORK,
        Permission.ORDERS_SUPERVISE,
        Permission.CREWS_VIEW,
        Permission.CREWS_DISPATCH,
        Permission.NOTICES_VIEW,
        Permission.NOTICES_SEND,
    }
)

PERMISSIONS_OF_ROLE: dict[str, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    Role.SHIFT_LEADER: _AGENT
    | {
        Permission.CONTINUITY_VIEW,
        Permission.HOTLINE_EDIT,
        Permission.STAFFING_VIEW,
        Permission.STAFFING_EDIT,
        Permission.KNOWLEDGE_EDIT,
        Permission.CUSTOMERS_REVIEW,
        Permission.ORDERS_SUPERVISE,
        Permission.CREWS_VIEW,
        Permission.NOTICES_VIEW,
        Permission.EXPORT,
    },
    Role.DISPATCHER: _VIEW | _STATION | {Permission.NETWORK_OPERATE, Permission.OUTAGES_EDIT, Permission.EXPORT},
    Role.CREW: frozenset(
        {
            Permission.NETWORK_VIEW,
            Permission.OUTAGES_VIEW,
            Permission.CUSTOMERS_VIEW,
            Permission.CUSTOMERS_UNMASK,
            Permission.ORDERS_VIEW,
            Permission.ORDERS_WORK,
            Permission.CREWS_VIEW,
            Permission.CREWS_WORK,
        }
    ),
    Role.CLERK: frozenset(
        {
            Permission.OUTAGES_VIEW,
            Permission.KNOWLEDGE_VIEW,
            Permission.CUSTOMERS_VIEW,
            Permission.CUSTOMERS_EDIT,
            Permission.CUSTOMERS_UNMASK,
            Permission.ORDERS_VIEW,
            Permission.ORDERS_WORK,
        }
    ),
    Role.STATION_HEAD: _VIEW
    | _STATION
    | {
        Permission.NETWORK_OPERATE,
        Permission.OUTAGES_EDIT,
        Permission.CREWS_EDIT,
        Permission.CUSTOMERS_IMPORT,
        Permission.CUSTOMERS_REVIEW,
        Permission.CUSTOMERS_FORGET,
        Permission.EXPORT,
    },
    Role.MANAGER: _VIEW
    | {
        Permission.CONTINUITY_EDIT,
        Permission.HOTLINE_VIEW,
        Permission.HOTLINE_EDIT,
        Permission.STAFFING_VIEW,
        Permission.STAFFING_EDIT,
        Permission.CUSTOMERS_VIEW,
        Permission.CUSTOMERS_REVIEW,
        Permission.CUSTOMERS_FORGET,
        Permission.ORDERS_VIEW,
        Permission.ORDERS_WORK,
        Permission.ORDERS_SUPERVISE,
        Permission.ORDERS_DISCIPLINE,
        Permission.ORDERS_RULES,
        Permission.CREWS_VIEW,
        Permission.NOTICES_VIEW,
        Permission.NOTICES_EDIT,
        Permission.EXPORT,
        Permission.LEDGER_VIEW,
    },
    Role.ANALYST: _VIEW
    | {
        Permission.HOTLINE_VIEW,
        Permission.STAFFING_VIEW,
        Permission.ORDERS_VIEW,
        Permission.CREWS_VIEW,
        Permission.NOTICES_VIEW,
        Permission.EXPORT,
    },
    Role.ADMINISTRATOR: frozenset(Permission),
}

Someone = User | AnonymousUser


class WithRoles(ModelBackend):
    """Who signed in, together with the roles they hold, in one question: every request begins with it."""

    def get_user(self, user_id: int) -> User | None:
        """The person of a session; None once they may not sign in any more."""
        rows: list[Any] = list(User.objects.raw(_WITH_ROLES, [user_id]))
        if not rows or not self.user_can_authenticate(rows[0]):
            return None
        user: User = rows[0]
        user.roles_held = [(row.held_role, row.held_path) for row in rows if row.held_role is not None]
        return user


# Written out: to put it together anew took longer than to answer it.
_WITH_ROLES = """
SELECT person.*, held.role AS held_role, unit.path AS held_path FROM organization_user person
LEFT JOIN organization_assignment held ON held.user_id = person.id
LEFT JOIN organization_unit unit ON unit.id = held.unit_id WHERE person.id = %s
"""


def scope_of(user: Someone, permission: Permission) -> tuple[str, ...]:
    """The unit paths below which this person has the permission, shortest first, none inside another."""
    paths = {path for role, path in _held(user) if path and permission in PERMISSIONS_OF_ROLE[role]}
    kept: list[str] = []
    for path in sorted(paths, key=len):
        if not any(path.startswith(above) for above in kept):
            kept.append(path)
    return tuple(kept)


def permissions_of(user: Someone) -> frozenset[Permission]:
    """Everything this person may do somewhere: what the navigation shows."""
    return frozenset().union(*(PERMISSIONS_OF_ROLE[role] for role, _path in _held(user)))


def roles_of(user: Someone) -> frozenset[str]:
    """The roles this person has somewhere."""
    return frozenset(role for role, _path in _held(user))


def _held(user: Someone) -> list[tuple[str, str | None]]:
    if not user.is_authenticated:
        return []
    if user.roles_held is None:
        user.roles_held = list(Assignment.objects.filter(user=user).values_list("role", "unit__path"))
    return user.roles_held


def may(user: Someone, permission: Permission, *, path: str | None) -> bool:
    """Whether this person has the permission in the unit of this path; elsewhere does not help."""
    return path is not None and any(path.startswith(above) for above in scope_of(user, permission))


def within(scope: Iterable[str], *, field: str) -> Q:
    """A filter that keeps the rows whose unit path (``field``) lies in the scope; an empty scope keeps none."""
    condition = Q(pk__in=[])
    for path in scope:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


View = Callable[Concatenate[HttpRequest, ...], HttpResponseBase]


def permission_required(permission: Permission) -> Callable[[View], View]:
    """Guard a page: sign-in first, then the permission; the scope found is left on ``request.data_scope``."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            scope = scope_of(request.user, permission)
            if not scope:
                raise PermissionDenied
            request.data_scope = scope  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return guard
