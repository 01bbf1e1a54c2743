"""The demo's rota: who the exchange says was there, and whom the roster asks."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from denghuo.adapters.telephony import AgentEventKind
from denghuo.apps.hotline.actions import name_agents, open_exchange
from denghuo.apps.hotline.models import Agent
from denghuo.apps.organization.actions import register_user
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import Duty, Plan, PlanState, Shift
from denghuo.apps.staffing.queries.plans import staff_of
from denghuo.main.demo.hotline import MOBILE, TEAMS, duty, people
from denghuo.main.demo.load_hotline import seat_the_agent
from denghuo.main.demo.staffing import mobile_sign_ins
from tests.apps.network.conftest import built_world, world
from tests.world import World

__all__ = ["built_world", "world"]

NOW = datetime(2026, 5, 25, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
WHO: dict[str, Any] = {"at": NOW, "actor": "test"}


@pytest.fixture
def unit(world: World) -> Unit:
    """The demo's people on the telephones of a station that took the standard over."""
    exchange = open_exchange(unit_id=world.lamp.pk, code="lamp", name="灯山总机", **WHO)
    Agent.objects.bulk_create([Agent(exchange=exchange, code=one.code) for one in people()])
    name_agents(exchange_id=exchange.pk, names={one.code: (one.name, one.team) for one in people()}, **WHO)
    first = {"from_date": date(2026, 4, 1), "source": "test"}
    actions.set_up(unit_id=world.lamp.pk, teams=TEAMS, names=("白班", "中班", "夜班"), **first, **WHO)
    return world.lamp


def test_teams_sit_there_when_the_rota_says_so(unit: Unit) -> None:
    staff = staff_of(unit, date(2026, 5, 1))
    for column, day in enumerate(staff.days):
        for place, shift in enumerate(staff.shifts):
            hour = shift.start_min // 60 + 2
            on = {one.code for row, one in enumerate(staff.agents) if staff.pattern[row, column] == place}
            assert on == {one.code for one in duty(day, hour) if one.team != MOBILE}, (day, hour)


def test_mobile_people_come_and_go_as_their_duties_say(unit: Unit) -> None:
    day = date(2026, 5, 24)
    plan = Plan.objects.create(
        unit=unit, month=date(2026, 5, 1), state=PlanState.PUBLISHED, made_at=NOW, made_by="test"
    )
    shifts = Shift.objects.order_by("start_min")
    mobile = Agent.objects.filter(team=MOBILE).order_by("code")
    for agent, shift in zip(mobile, shifts, strict=False):
        Duty.objects.create(plan=plan, agent=agent, day=day, shift=shift)
    events = list(mobile_sign_ins(unit.pk, day, now=NOW))
    assert events
    assert all(one.at <= NOW for one in events)
    duties = [one for one in queries.duties_between(unit.pk, day, day) if one.agent.team == MOBILE]
    ended = [one for one in events if one.kind is AgentEventKind.LOGGED_OUT]
    assert len(ended) >= len(duties)
    for one in duties:
        start, end = queries.times_of(one)
        own = [event.at for event in events if event.agent == one.agent.code]
        assert any(abs(at - start) < timedelta(minutes=20) for at in own)
        assert any(abs(at - end) < timedelta(minutes=20) for at in own)
    assert list(mobile_sign_ins(unit.pk, day, now=NOW - timedelta(days=2))) == []


def test_the_visitor_has_one_seat_and_leaves_none_behind(unit: Unit) -> None:
    person = register_user(username="agent", display_name="何小雨", password=None, **WHO)
    exchange = Agent.objects.earliest("code").exchange
    for later in (timedelta(), timedelta(hours=8)):
        seat_the_agent(exchange.pk, NOW + later)
        seat = Agent.objects.get(name="何小雨")
        assert seat.user == person
        assert seat.code == duty((NOW + later).date(), (NOW + later).hour)[0].code
    assert {one.name for one in people()} - set(Agent.objects.values_list("name", flat=True)) == {
        one.name for one in people() if one.code == seat.code
    }
