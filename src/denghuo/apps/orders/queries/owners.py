"""Of whom a customer asks who speaks to nobody: whoever answers for their place by name, else whoever supervises it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from denghuo.apps.customers.models import Account
from denghuo.apps.customers.queries.responsible import answering
from denghuo.apps.orders.models import Channel, Kind
from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission
from denghuo.apps.organization.models import Assignment, Role, Unit, User

# What is said about people is not asked of the one whom it may be about.
_ABOUT_PEOPLE = {Kind.COMPLAINT, Kind.MISCONDUCT}


class Asked(Protocol):
    """What a customer asks, as far as it says whose it is."""

    @property
    def kind(self) -> str: ...
    @property
    def unit_id(self) -> int: ...
    @property
    def account_id(self) -> int | None: ...
    @property
    def load_code(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def first_asked(self) -> str: ...


def owners_of(asked: Sequence[Asked]) -> list[str]:
    """The user names of those who are asked, each in its place: who is named, else whoever answers there. "" where the
    system raises it by itself, or nobody of the unit supervises anything."""
    found = [one.first_asked for one in asked]
    places = [place for place, one in enumerate(asked) if not one.first_asked and one.channel != Channel.SYSTEM]
    names = _names([asked[place] for place in places]) if places else []
    left = {asked[place].unit_id for place, name in zip(places, names, strict=True) if not name}
    above = _supervisors(left) if left else {}
    for place, name in zip(places, names, strict=True):
        found[place] = name or above.get(asked[place].unit_id, "")
    return found


def _names(asked: Sequence[Asked]) -> list[str]:
    """Who answers by name, each in its place; "" where nobody does, or who does is not to be asked of this."""
    accounts = {one.account_id for one in asked if one.account_id is not None}
    numbers = dict(Account.objects.filter(pk__in=accounts).values_list("pk", "number")) if accounts else {}
    who = answering({one.unit_id for one in asked}, numbers=numbers.values())
    answers = [
        who.of(one.unit_id, number=numbers.get(one.account_id or 0, ""), load_code=one.load_code)
        if one.kind not in _ABOUT_PEOPLE
        else None
        for one in asked
    ]
    keys = {one.user_id for one in answers if one is not None}
    names = dict(User.objects.filter(pk__in=keys, is_active=True).values_list("pk", "username")) if keys else {}
    return [names.get(one.user_id, "") if one is not None else "" for one in answers]


def _supervisors(unit_ids: Iterable[int]) -> dict[int, str]:
    """Who supervises each unit, the nearest; of several the head of the station first."""
    roles = [role for role, allowed in PERMISSIONS_OF_ROLE.items() if Permission.ORDERS_SUPERVISE in allowed]
    rows = Assignment.objects.filter(role__in=roles, user__is_active=True)
    held = list(rows.order_by("user_id").values_list("unit__path", "role", "user__username"))
    found = {}
    for unit_id, path in Unit.objects.filter(pk__in=unit_ids).values_list("pk", "path"):
        above = [one for one in held if one[0] and str(path).startswith(one[0])]
        near = [(-len(str(own)), role != Role.STATION_HEAD, name) for own, role, name in above]
        if near:
            found[unit_id] = min(near, key=lambda one: one[:2])[2]
    return found
