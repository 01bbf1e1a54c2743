"""Whoever answers for a customer by name hears of what came in for them; of a storm once."""

from datetime import timedelta
from typing import Any

import pytest

from denghuo.apps.customers.actions import AccountEntry, give_responsibility, open_account
from denghuo.apps.customers.models import Account, Extent
from denghuo.apps.ledger import deliveries
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Channel, Kind, Order, Topic
from denghuo.apps.organization.models import User
from tests.apps.network.conftest import built_world, world
from tests.world import AT, World

__all__ = ["built_world", "world"]
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}


@pytest.fixture
def ma(world: World) -> User:
    """Ma of a crew, who answers for Qinghe village."""
    give_responsibility(unit_id=world.lamp.pk, extent=Extent.AREA, targets=["青禾村"], user_id=world.ma.pk, **SYSTEM)
    return world.ma


def customer(world: World, number: str = "0601", load_code: str = "T1") -> Account:
    entry = AccountEntry(number=number, name="王小五", address="青禾村3组12号", load_code=load_code)
    return open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)


def come(row: Account, *, minutes: float = 0, actor: str = "he", **told: Any) -> Order:
    usual: dict[str, Any] = {"kind": Kind.FAULT, "topic": Topic.NO_SUPPLY, "channel": Channel.HOTLINE}
    at = AT + timedelta(minutes=minutes)
    entry = OrderEntry(unit_id=row.unit_id, account_id=row.pk, received_at=at, **({"first_asked": "he"} | usual | told))
    found = open_order(entry=entry, at=at, actor=actor)
    deliveries.drain()
    return found


def told(user: User) -> list[Notice]:
    return list(Notice.objects.filter(recipient=user, kind="orders.mine").order_by("pk"))


def test_an_order_for_a_customer_of_theirs_is_told_once(world: World, ma: User) -> None:
    row = come(customer(world))
    deliveries.drain()
    (notice,) = told(ma)
    assert row.number in notice.subject
    assert notice.path == f"/orders/{row.pk}/"
    assert not Notice.objects.filter(kind="orders.mine").exclude(recipient=ma).exists()


def test_a_storm_is_told_once_in_the_hour(world: World, ma: User) -> None:
    for n in range(6):
        come(customer(world, f"06{n:02d}"), minutes=n)
    paths = [one.path for one in told(ma)]
    assert len(paths) == 3
    assert paths[2] == "/customers/?mine=1"


def test_danger_is_never_gathered(world: World, ma: User) -> None:
    for n in range(4):
        come(customer(world, f"06{n:02d}"), minutes=n)
    row = come(customer(world, "0699"), minutes=5, topic=Topic.DANGER)
    assert told(ma)[-1].path == f"/orders/{row.pk}/"


def test_what_is_said_about_people_is_not_told_to_them(world: World, ma: User) -> None:
    row = customer(world)
    come(row, kind=Kind.COMPLAINT, topic=Topic.OUTAGES)
    come(row, kind=Kind.MISCONDUCT, topic=Topic.OTHER)
    come(row, actor="ma")
    come(customer(world, "0602", load_code="T5"))
    assert told(ma) == []
