"""Of whom a customer asks who speaks to nobody: whoever answers for their place by name, else whoever supervises it;
a report of misconduct of whoever judges it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from denghuo.apps.customers.models import Account
from denghuo.apps.customers.queries.responsible import answering
from denghuo.apps.orders.models import Channel
from denghuo.apps.orders.queries.people import judges_of
from denghuo.apps.orders.queries.readers import ABOUT_PEOPLE, CONFIDENTIAL
from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission
from denghuo.apps.organization.models import Assignment, Role, Unit, User


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
    judges = _judges({asked[place].unit_id for place in places if asked[place].kind in CONFIDENTIAL})
    for place, name in zip(places, names, strict=True):
        unit_id = asked[place].unit_id
        judge = judges.get(unit_id, "") if asked[place].kind in CONFIDENTIAL else ""
        found[place] = judge or name or above.get(unit_id, "")
    return found


def _judges(unit_ids: set[int]) -> dict[int, str]:
    """Whom a report of misconduct of each unit is asked of."""
    units = Unit.objects.filter(pk__in=unit_ids) if unit_ids else ()
    return {unit.pk: people[0].username for unit in units if (people := judges_of(unit))}


def _names(asked: Sequence[Asked]) -> list[str]:
    """Who answers by name, each in its place; "" where nobody does, or who does is not to be asked of this."""
    accounts = {one.account_id for one in asked if one.account_id is not None}
    numbers = dict(Account.objects.filter(pk__in=accounts).values_list("pk", "number")) if accounts else {}
    who = answering({one.unit_id for one in asked}, numbers=numbers.values())
    answers = [
        who.of(one.unit_id, number=numbers.get(one.account_id or 0, ""), load_code=one.load_code)
        if one.kind not in ABOUT_PEOPLE  # it may be about the very one who answers there
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
