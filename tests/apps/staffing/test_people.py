"""Whom rosters are made of: people who were named, once each, and only as long as they work here."""

from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from denghuo.apps.hotline.actions import end_agent, open_exchange
from denghuo.apps.hotline.models import Agent
from denghuo.apps.staffing import queries
from denghuo.apps.staffing.models import Duty, Plan, PlanState
from denghuo.apps.staffing.queries.plans import staff_of
from denghuo.apps.staffing.views.frame import today
from tests.apps.staffing.conftest import NOW, Station
from tests.apps.staffing.test_pages import signed_in

JUNE = date(2026, 6, 1)
WHO: dict[str, Any] = {"at": NOW, "actor": "test"}


def test_numbers_of_a_call_log_are_on_no_roster(station: Station) -> None:
    other = open_exchange(unit_id=station.unit.pk, code="xa", name="试验总机", **WHO)
    for code, told in (("Local/1001@agents", {}), ("A001", {}), ("1002", {"name": "何雪"}), ("1003", {"team": "一班"})):
        Agent.objects.create(exchange=other, code=code, **told)
    planned = {one.pk for one in station.agents}
    assert {one.pk for one in queries.agents_of_unit(station.unit.pk)} == planned
    assert {one.pk for one in staff_of(station.unit, JUNE).agents} == planned
    page = signed_in(station.leader).get(reverse("staffing:home")).content.decode()
    assert "4 agents of the exchange have no name and team yet" in page
    assert reverse("hotline:seats") in page
    Agent.objects.filter(exchange=other).update(until_date=JUNE)
    assert queries.unnamed_count(station.unit.pk) == 0


def test_with_seats_at_two_exchanges_somebody_is_one_person(station: Station) -> None:
    other = open_exchange(unit_id=station.unit.pk, code="xa", name="试验总机", **WHO)
    first = station.agents[0]
    Agent.objects.create(exchange=other, code="A", name=first.name, team=first.team, user=station.agent_user)
    Agent.objects.filter(pk=first.pk).update(user=station.agent_user)
    assert [one.pk for one in queries.agents_of_unit(station.unit.pk) if one.user_id] == [first.pk]
    found = queries.person_of_user(station.agent_user, scope=[str(station.unit.path)])
    assert found is not None
    assert found.agent == first


def test_who_has_left_works_up_to_the_last_day(station: Station) -> None:
    gone, last = station.agents[0], JUNE + timedelta(9)
    plan = Plan.objects.create(
        unit=station.unit, month=JUNE, state=PlanState.PUBLISHED, made_at=NOW, made_by="test",
        made={"costs": [], "bounds": [], "broken": []},
    )  # fmt: skip
    shift = queries.shifts_of(station.unit.pk)[0]
    for day in (last, last + timedelta(1)):
        Duty.objects.create(plan=plan, agent=gone, day=day, shift=shift)
    assert len(queries.duties_between(station.unit.pk, JUNE, JUNE + timedelta(29))) == 2
    assert end_agent(agent_id=gone.pk, until_date=last, **WHO)
    assert not end_agent(agent_id=gone.pk, until_date=last, **WHO)
    staff = staff_of(station.unit, JUNE)
    assert staff.absent[staff.place(gone.pk)].tolist() == [day > last for day in staff.days]
    assert [one.day for one in queries.duties_between(station.unit.pk, JUNE, JUNE + timedelta(29))] == [last]
    assert [one.day for one in queries.standing_of(plan).away] == [last + timedelta(1)]
    assert gone.pk not in {one.pk for one in staff_of(station.unit, date(2026, 7, 1)).agents}


def test_nobody_who_has_left_can_be_chosen(station: Station) -> None:
    gone, leader = station.agents[3], signed_in(station.leader)
    named = f">{gone.name} · "
    assert named in leader.get(reverse("staffing:absences")).content.decode()
    end_agent(agent_id=gone.pk, until_date=today() - timedelta(1), **WHO)
    for page in ("absences", "wishes"):
        assert named not in leader.get(reverse(f"staffing:{page}")).content.decode()
