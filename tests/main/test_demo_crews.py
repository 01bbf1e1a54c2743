"""The demo's crews: somebody is on duty at any hour, and one certificate has expired."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from denghuo.apps.crews import queries
from denghuo.apps.crews.models import Crew, Skill
from denghuo.apps.crews.queries import Why
from denghuo.apps.crews.queries.board import board
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role
from denghuo.main.demo.crews import LEADER, load_crews
from denghuo.main.demo.play_storm import call_in
from tests.apps.network.conftest import built_world, world
from tests.world import World

__all__ = ["built_world", "world"]
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("hour", [3, 7, 8, 15, 20, 23])
def test_the_visitors_crew_is_on_duty_at_any_hour(world: World, hour: int) -> None:
    now = datetime(2026, 5, 25, hour, 10, tzinfo=ZONE)
    who: dict[str, Any] = {"at": now, "actor": "test"}
    user = register_user(username=LEADER, display_name="马立军", password=None, **who)
    assign_role(user=user, unit=world.lamp, role=Role.CREW, **who)
    load_crews(unit_id=world.lamp.pk, now=now)
    own = queries.membership_of(user.pk)
    assert own is not None
    assert own.is_leader
    assert Crew.objects.count() == 4
    for ahead in range(0, 72, 6):
        found = queries.suggestions([world.lamp.path], x=0.0, y=0.0, skill="", at=now + timedelta(hours=ahead))
        free = [one for one in found if not one.why_not]
        assert len(free) == 2
        assert (own.crew_id in {one.crew_id for one in free}) or ahead
    live = queries.suggestions([world.lamp.path], x=0.0, y=0.0, skill=Skill.LV_LIVE, at=now)
    assert [one.expired for one in live if one.name == "带电作业班"] == [(("石磊", now.date() - timedelta(days=12)),)]
    cable = queries.suggestions([world.lamp.path], x=0.0, y=0.0, skill=Skill.CABLE, at=now + timedelta(days=25))
    assert [one.name for one in cable if Why.EXPIRED in one.why_not] == ["东片抢修班"]
    finished = queries.find([world.lamp.path], is_open=False)
    assert all(one.arrived_at and one.finished_at and one.finding for one in finished)
    assert len(finished) == 3


def test_a_storm_calls_in_who_is_off_duty(world: World) -> None:
    now = datetime(2026, 5, 25, 15, 10, tzinfo=ZONE)
    who: dict[str, Any] = {"at": now, "actor": "test"}
    user = register_user(username=LEADER, display_name="马立军", password=None, **who)
    assign_role(user=user, unit=world.lamp, role=Role.CREW, **who)
    load_crews(unit_id=world.lamp.pk, now=now)
    for minutes in (0, 1):  # whoever came in is not called in again
        call_in(world.lamp.path, at=now + timedelta(minutes=minutes))
        assert board([world.lamp.path], at=now + timedelta(minutes=minutes)).on_duty == 4
    assert board([world.lamp.path], at=now + timedelta(hours=5)).on_duty == 2, "the next turn is as it was"
