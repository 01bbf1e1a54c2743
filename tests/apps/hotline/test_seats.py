"""Who sits where: names, teams, and whose account it is."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from denghuo.apps.hotline.facts import AgentEnded, AgentLinked
from denghuo.apps.hotline.models import Agent
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.models import User
from tests.apps.hotline.conftest import Hotline
from tests.apps.network.conftest import signed_in


@pytest.fixture
def seats(hotline: Hotline) -> list[Agent]:
    return [Agent.objects.create(exchange=hotline.exchange, code=f"A00{number}") for number in (1, 2)]


def say(client: Client, seat: Agent, **told: Any) -> int:
    given = {"agent_id": seat.pk, "name": "何梅", "team": "一班", "user": "", **told}
    return client.post(reverse("hotline:seats"), given).status_code


def owner(seat: Agent) -> User | None:
    return Agent.objects.get(pk=seat.pk).user


def test_a_person_has_one_seat(hotline: Hotline, seats: list[Agent]) -> None:
    client = signed_in(hotline.leader)
    assert say(client, seats[0], user=hotline.agent.pk) == 302
    assert (owner(seats[0]), Agent.objects.get(pk=seats[0].pk).team) == (hotline.agent, "一班")
    assert say(client, seats[1], user=hotline.agent.pk) == 302
    assert [owner(seat) for seat in seats] == [None, hotline.agent]
    told = [one.fact.user_id for one in ledger.facts(classes=[AgentLinked])]
    assert told == [hotline.agent.pk, None, hotline.agent.pk]
    page = client.get(reverse("hotline:seats")).content.decode()
    assert 'value="何梅"' in page


def test_only_people_who_work_there_may_be_chosen(hotline: Hotline, seats: list[Agent]) -> None:
    stranger = User.objects.get(username="bai")
    assert say(signed_in(hotline.leader), seats[0], user=stranger.pk) == 422
    assert owner(seats[0]) is None


def test_an_agent_sees_who_sits_where_and_changes_nothing(hotline: Hotline, seats: list[Agent]) -> None:
    client = signed_in(hotline.agent)
    page = client.get(reverse("hotline:seats")).content.decode()
    assert "A001" in page
    assert "<form method" not in page.split("<main")[1]
    assert say(client, seats[0]) == 403


def test_who_leaves_is_ended_on_the_page(hotline: Hotline, seats: list[Agent]) -> None:
    client = signed_in(hotline.leader)
    assert say(client, seats[0], until_date="2026-06-30") == 302
    assert Agent.objects.get(pk=seats[0].pk).until_date == date(2026, 6, 30)
    assert [one.fact.until_date for one in ledger.facts(classes=[AgentEnded])] == [date(2026, 6, 30)]
    assert 'value="2026-06-30"' in client.get(reverse("hotline:seats")).content.decode()
    assert say(client, seats[0]) == 302
    assert Agent.objects.get(pk=seats[0].pk).until_date is None
    assert say(client, seats[0], until_date="soon") == 422
