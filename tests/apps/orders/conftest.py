"""Lamp station with its calendar, people of every side of an order, and a hand that opens one."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from denghuo.apps.ledger import deliveries
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.organization.actions import assign_role, register_user, take_over_calendar
from denghuo.apps.organization.models import Role, User
from tests.apps.network.conftest import built_world, world
from tests.kept import Kept
from tests.world import AT, PASSWORD, World

__all__ = ["built_world", "world"]


@dataclass(frozen=True, kw_only=True)
class People:
    """Who works on orders at Lamp station: an agent, a clerk, the head, the manager who keeps the rules, and an analyst
    who only looks."""

    agent: User
    clerk: User
    head: User
    manager: User
    analyst: User


def _people(world: World) -> People:
    cast = {
        "agent": ("he", "何雨", Role.AGENT),
        "clerk": ("su", "苏禾", Role.CLERK),
        "head": ("tang", "唐川", Role.STATION_HEAD),
        "manager": ("meng", "孟江", Role.MANAGER),
        "analyst": ("yan", "严明", Role.ANALYST),
    }
    found = {}
    for part, (username, name, role) in cast.items():
        user = register_user(username=username, display_name=name, password=PASSWORD, at=AT, actor="test")
        assign_role(user=user, unit=world.lamp, role=role, at=AT, actor="test")
        found[part] = user
    take_over_calendar(at=AT, actor="test")
    return People(**found)


@pytest.fixture(scope="module")
def built_people(built_world: World, kept: Kept) -> People:
    return kept(lambda: _people(built_world))


@pytest.fixture
def people(built_people: People, db: None) -> People:
    return deepcopy(built_people)


Open = Callable[..., Order]


@pytest.fixture
def english() -> Iterator[None]:
    """What people read does not depend on the test that ran before."""
    with translation.override("en"):
        yield


def client_of(username: str) -> Client:
    """The browser of somebody, who reads English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(username=username))
    return client


@pytest.fixture
def opened(world: World, people: People) -> Open:
    """Open an order and let follow what follows: a fault without supply at AT, unless told otherwise."""

    def take(kind: str = Kind.FAULT, topic: str = Topic.NO_SUPPLY, *, at: datetime = AT, **told: Any) -> Order:
        plain: dict[str, Any] = {"unit_id": world.lamp.pk, "received_at": at, "first_asked": "he"}
        row = open_order(entry=OrderEntry(kind=kind, topic=topic, **{**plain, **told}), at=at, actor="he")
        deliveries.drain()
        return Order.objects.get(pk=row.pk)

    return take
