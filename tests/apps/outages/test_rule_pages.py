"""The forms of rules begin as what holds in the unit, and ask about what nobody can mean."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.outages.models import JudgingRule, TellingRule
from tests.apps.network.conftest import signed_in
from tests.world import World

SOME_DAY = date(2026, 1, 1)


def form_of(client: Client, name: str, **asked: Any) -> dict[str, str]:
    """The form as a browser would send it back."""
    answer = client.get(reverse(f"outages:{name}-rules"), asked)
    form = answer.context["form"]
    return {field.name: "" if field.value() is None else str(field.value()) for field in form}


def test_the_form_of_telling_begins_as_what_holds_in_the_unit(world: World) -> None:
    rule = {"remind_again_s": 600, "phone": "0571-87654321", "quiet_from": None, "quiet_until": None}
    TellingRule.objects.create(unit=world.lamp, from_date=SOME_DAY, source="所内规定", **rule)
    client = signed_in(world.gu, "en")
    assert form_of(client, "telling", unit=world.city.pk)["phone"] == "95598"
    told = form_of(client, "telling", unit=world.lamp.pk)
    assert (told["unit"], told["remind_again_min"], told["quiet_from"]) == (str(world.lamp.pk), "10", "")
    page = reverse("outages:telling-rules")
    assert client.post(page, told | {"care_answer_min": "4", "source": "新规定"}).status_code == 302
    row = TellingRule.objects.latest("pk")
    assert (row.care_answer_within_s, row.phone, row.remind_again_s, row.quiet_from) == (
        240,
        "0571-87654321",
        600,
        None,
    )
    assert client.get(page, {"unit": "0"}).status_code == 404


def test_the_form_of_judging_begins_as_what_holds_above_the_unit(world: World) -> None:
    JudgingRule.objects.create(unit=world.city, from_date=SOME_DAY, source="公司规定", several_reports=7)
    client = signed_in(world.gu, "en")
    told = form_of(client, "judging", unit=world.lamp.pk)
    assert told["several_reports"] == "7"
    assert (
        client.post(reverse("outages:judging-rules"), told | {"source": "所内", "near_percent": "20"}).status_code
        == 302
    )
    row = JudgingRule.objects.get(unit=world.lamp)
    assert (row.several_reports, row.near_share) == (7, 0.2)


@pytest.mark.parametrize("name", ["telling", "judging"])
def test_a_day_long_past_and_a_rule_that_is_there_are_asked_about(world: World, name: str) -> None:
    client, page = signed_in(world.gu, "en"), reverse(f"outages:{name}-rules")
    told = form_of(client, name, unit=world.lamp.pk) | {"source": "所内规定"}
    rows = {"telling": TellingRule, "judging": JudgingRule}[name].objects
    past = told | {"from_date": f"{timezone.localdate() - timedelta(days=400)}"}
    asked = client.post(page, past)
    assert (asked.status_code, "more than 31 days back" in asked.content.decode(), rows.count()) == (422, True, 0)
    assert client.post(page, told).status_code == 302
    asked = client.post(page, told | {"source": "又改"})
    assert asked.status_code == 422
    assert "is there already (所内规定): this one takes its place" in asked.content.decode()
    assert rows.get().source == "所内规定"
    assert client.post(page, told | {"source": "又改", "sure": "on"}).status_code == 302
    assert rows.get().source == "又改"


@pytest.mark.parametrize(
    ("phone", "status"), [("abc", 422), ("12", 422), ("---", 422), ("95598", 302), ("+86 571-8765 4321", 302)]
)
def test_messages_name_a_number_that_can_be_dialed(world: World, phone: str, status: int) -> None:
    client = signed_in(world.gu, "en")
    told = form_of(client, "telling") | {"source": "所内规定", "phone": phone}
    assert client.post(reverse("outages:telling-rules"), told).status_code == status
    assert TellingRule.objects.filter(phone=phone).exists() == (status == 302)


@pytest.mark.parametrize(
    ("before_s", "again_s", "said"),
    [
        (0, 0, "told 12 h before, not reminded"),
        (7200, 0, "told 12 h before, reminded 2 h before<"),
        (0, 900, "told 12 h before, reminded 15 min before"),
    ],
)
def test_no_reminder_is_said_to_be_none(world: World, before_s: int, again_s: int, said: str) -> None:
    row = {"remind_before_s": before_s, "remind_again_s": again_s, "source": "所内规定"}
    TellingRule.objects.create(unit=world.lamp, from_date=SOME_DAY, **row)
    shown = signed_in(world.gu, "en").get(reverse("outages:telling-rules")).content.decode()
    assert said in shown.replace("\n", "") and "reminded 0 h" not in shown
