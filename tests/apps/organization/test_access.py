"""Who may do what, where."""

import pytest
from django.contrib.auth.models import AnonymousUser

from denghuo.apps.ledger.queries import facts
from denghuo.apps.organization.access import Permission, may, permissions_of, scope_of
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.facts import RoleAssigned
from denghuo.apps.organization.models import Role
from denghuo.apps.organization.queries import names_of, stations_within, units_within
from tests.world import AT, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_scope_is_everything_below_a_unit_and_nothing_beside_it(world: World) -> None:
    assert scope_of(world.lin, Permission.NETWORK_VIEW) == (world.lamp.path,)
    assert scope_of(world.chen, Permission.NETWORK_VIEW) == (world.city.path,)
    assert [unit.code for unit in stations_within(scope_of(world.chen, Permission.NETWORK_VIEW))] == ["lamp", "wick"]
    assert [unit.code for unit in stations_within(scope_of(world.bai, Permission.NETWORK_VIEW))] == ["wick"]


def test_a_role_allows_what_its_work_needs(world: World) -> None:
    assert scope_of(world.lin, Permission.NETWORK_OPERATE) == (world.lamp.path,)
    assert scope_of(world.ma, Permission.NETWORK_OPERATE) == ()
    assert scope_of(world.chen, Permission.NETWORK_OPERATE) == ()
    assert permissions_of(world.gu) == frozenset(Permission)


def test_without_a_role_nothing_is_in_sight(world: World) -> None:
    assert permissions_of(world.wen) == frozenset()
    assert all(scope_of(world.wen, permission) == () for permission in Permission)
    assert scope_of(AnonymousUser(), Permission.OUTAGES_VIEW) == ()
    assert units_within(()) == []


def test_a_scope_inside_another_is_not_named_twice(world: World) -> None:
    assign_role(user=world.chen, unit=world.lamp, role=Role.ANALYST, at=AT, actor="test")
    assert scope_of(world.chen, Permission.CONTINUITY_VIEW) == (world.city.path,)


def test_giving_a_role_twice_changes_and_records_nothing(world: World) -> None:
    before = len(facts(classes=[RoleAssigned]))
    first = assign_role(user=world.wen, unit=world.wick, role=Role.CLERK, at=AT, actor="gu")
    second = assign_role(user=world.wen, unit=world.wick, role=Role.CLERK, at=AT, actor="gu")
    assert first == second
    assert len(facts(classes=[RoleAssigned])) == before + 1


def test_what_may_be_done_in_one_station_may_not_be_done_in_another(world: World) -> None:
    assign_role(user=world.lin, unit=world.wick, role=Role.CREW, at=AT, actor="test")
    assert may(world.lin, Permission.NETWORK_OPERATE, path=world.lamp.path)
    assert not may(world.lin, Permission.NETWORK_OPERATE, path=world.wick.path)
    assert may(world.lin, Permission.NETWORK_VIEW, path=world.wick.path)
    assert not may(AnonymousUser(), Permission.NETWORK_VIEW, path=world.lamp.path)


def test_what_a_program_did_was_the_system(world: World) -> None:
    assert set(names_of(["rounds", "demo", "zhou", "nobody"])) == {"rounds", "demo", "zhou"}
    assert names_of(["zhou"]) == {"zhou": "周国平"}
