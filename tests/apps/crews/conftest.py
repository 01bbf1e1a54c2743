"""Lamp station with two crews: Ma leads the first, with Hu; Shen is the second, alone, with an expired certificate."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from denghuo.apps.crews import actions
from denghuo.apps.crews.models import Assignment, Crew, PriceItem, ReportKind, Skill
from denghuo.apps.orders.models import Order
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role, User
from tests.kept import Kept
from tests.world import AT, PASSWORD, World, make_world

WHO: dict[str, Any] = {"at": AT, "actor": "lin"}
TODAY = timezone.localdate(AT)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Town:
    """The crews and what they are sent for."""

    world: World
    first: Crew
    second: Crew
    hu: User
    shen: User
    order: Order
    cable: PriceItem


def make_town() -> Town:
    """Two crews on duty from midnight to noon, an order, a price list of one line."""
    world = make_world()
    people = {"ma": world.ma}
    for username, name in (("hu", "胡大海"), ("shen", "沈长河")):
        people[username] = register_user(username=username, display_name=name, password=PASSWORD, **WHO)
        assign_role(user=people[username], unit=world.lamp, role=Role.CREW, **WHO)
    entry = actions.CrewEntry(name="抢修一班", vehicle="抢修车 01", base_x=0.0, base_y=0.0)
    first = actions.open_crew(unit_id=world.lamp.pk, entry=entry, **WHO)
    other = actions.CrewEntry(name="抢修二班", base_x=4.0, base_y=2.0)
    second = actions.open_crew(unit_id=world.lamp.pk, entry=other, **WHO)
    for crew, username, phone in ((first, "ma", "19900000001"), (first, "hu", "19900000002"), (second, "shen", "")):
        actions.join_crew(crew_id=crew.pk, user_id=people[username].pk, phone=phone, is_leader=username != "hu", **WHO)
    for username, days in (("ma", 300), ("shen", -1)):
        valid = TODAY + timedelta(days=days)
        actions.record_certificate(user_id=people[username].pk, skill=Skill.LV, number="DG-1", valid_until=valid, **WHO)
    for crew in (first, second):
        span = (AT - timedelta(hours=8), AT + timedelta(hours=4))
        actions.set_duties(crew_id=crew.pk, spans=[span], **WHO)
    price = actions.PriceEntry(
        code="A03", name="更换铜芯线", measure="m", price_fen=985, from_date=TODAY, source="演示价目"
    )
    return Town(
        world=world,
        first=first,
        second=second,
        hu=people["hu"],
        shen=people["shen"],
        order=make_order(world),
        cable=actions.set_price(unit_id=world.lamp.pk, entry=price, **WHO),
    )


def make_order(world: World, **told: Any) -> Order:
    """A report of no supply."""
    plain = {"kind": "fault", "topic": "no_supply", "unit": world.lamp, "channel": "phone", "place": "青禾村3组"}
    return Order.objects.create(
        **plain, caller="13800138000", contact_name="张三丰", received_at=AT, opened_at=AT, **told
    )


@pytest.fixture(scope="module")
def built_town(kept: Kept) -> Town:
    return kept(make_town)


@pytest.fixture
def town(built_town: Town, db: None) -> Town:
    return deepcopy(built_town)


@pytest.fixture
def world(town: Town) -> World:
    return town.world


def send(town: Town, crew: Crew | None = None, *, minutes: float = 0, **told: Any) -> Assignment:
    """Send a crew to the order, some minutes after the beginning."""
    plain: dict[str, Any] = {
        "about": f"orders.order:{town.order.pk}",
        "order_ids": [town.order.pk],
        "place": "青禾村3组",
        "x": 1.0,
        "y": 0.0,
    }
    own = (crew or town.first).pk
    return actions.assign(crew_id=own, **plain | told, at=AT + minutes * MINUTE, actor="lin")


Tell = Callable[..., actions.Taken]


@pytest.fixture
def tell(town: Town) -> Tell:
    """Ma tells something of an assignment, some minutes after the beginning; told and received at the same time unless
    it says otherwise."""

    def told(row: Assignment, kind: ReportKind, minutes: float, **more: Any) -> actions.Taken:
        received = AT + more.pop("received", minutes) * MINUTE
        user, sent_at = more.pop("user", town.world.ma), more.pop("sent_at", None)
        client_id: UUID = more.pop("client_id", None) or uuid4()
        entry = actions.ReportEntry(
            client_id=client_id,
            assignment_id=row.pk,
            kind=kind,
            told_at=AT + minutes * MINUTE,
            photo=more.pop("photo", None),
            where=more.pop("where", {}),
            told=more,
        )
        taken = actions.take_reports(
            user_id=user.pk, entries=[entry], sent_at=sent_at, at=received, actor=user.get_username()
        )
        row.refresh_from_db()
        return taken[0]

    return told
