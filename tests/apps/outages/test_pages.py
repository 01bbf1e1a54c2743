"""Pages of outages and the same for programs."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import correct_switching
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import Cause, Outage
from denghuo.apps.outages.templatetags.durations import duration
from denghuo.apps.outages.templatetags.incidents import left
from denghuo.engines.reliability import OutageKind
from tests.apps.network.conftest import Switch, after, signed_in
from tests.world import AT, World

LOCAL = "%Y-%m-%dT%H:%M"


@pytest.fixture
def outage(world: World, switch: Switch) -> Outage:
    """Two steps, still lasting."""
    switch("QF1", "open", 1, "N-1")
    switch("QL1", "open", 1.5, "N-1")
    switch("QF1", "close", 2, "N-1")
    return Outage.objects.get()


def text(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"outages:{name}", args=args), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def plan(**changes: str) -> dict[str, str]:
    start, end = (timezone.localtime(after(hours)).strftime(LOCAL) for hours in (24, 28))
    kind = str(int(OutageKind.PLANNED_MAINTENANCE_INTERNAL))
    told = {"number": "P-1", "kind": kind, "cause": str(int(Cause.MAINTENANCE)), "place": "b"}
    return (
        told
        | {"planned_start_at": start, "planned_end_at": end, "note": "", "sure": "on"}
        | {"planned_device_codes": "FU1"}
        | changes
    )


@pytest.mark.parametrize(("language", "words"), [("en", "Step by step"), ("zh-hans", "停送电过程")])
def test_an_outage(world: World, outage: Outage, language: str, words: str) -> None:
    page = text(signed_in(world.lin, language), "outage", outage.pk)
    assert words in page
    assert 'data-lv-out="20"' in page
    assert 'd="M0 100H0.0V0.0H' in page, "the stairs begin full"
    for code in ("QF1", "QL1", "T4", "T1"):
        assert code in page


def test_rows_that_belong_to_it_by_what_they_did(world: World, switch: Switch) -> None:
    opening = switch("QL1", "open", 1)
    back = switch("QL9", "close", 2)
    switch("FU1", "open", 3)
    page = text(signed_in(world.lin), "outage", Outage.objects.get(number=f"OP-{opening.pk}").pk)
    assert [row.pk for row in (opening, back) if f'id="op-{row.pk}"' in page] == [opening.pk, back.pk]
    assert page.count('id="op-') == 2


def test_a_number_leads_to_its_outage(world: World, outage: Outage) -> None:
    client = signed_in(world.lin)
    answer = client.get(reverse("outages:numbered", args=[world.network.pk, "N-1"]))
    assert answer.headers["Location"] == reverse("outages:outage", args=[outage.pk])
    answer = client.get(reverse("outages:numbered", args=[world.network.pk, "N/2"]))
    assert answer.headers["Location"] == reverse("outages:home"), "not worked out yet"


def test_the_list_hides_what_kept_nobody_out_until_asked(world: World, switch: Switch) -> None:
    correct_switching(operation_id=switch("QL1", "open", 1, "N-1").pk, right=None, note="", at=AT, actor="zhou")
    deliveries.drain()
    client = signed_in(world.lin)
    assert "N-1" not in text(client, "home")
    assert "N-1" in text(client, "home", state="nobody")


def test_the_list_says_what_lasts_and_what_was_never_carried_out(world: World, outage: Outage) -> None:
    client = signed_in(world.lin)
    client.post(reverse("outages:new"), plan(network=str(world.network.pk)))
    page = text(client, "home")
    assert page.index("N-1") < page.index("P-1")
    assert page.count("Not carried out") == 2, "in the filter and at the plan"
    hours = queries.cost(outage, at=timezone.now()).lv_customer_hours
    assert f"{hours:,.1f}"[:4] in page
    assert "P-1" in text(client, "home", state="missed")
    assert "P-1" not in text(client, "home", state="planned")


def test_nothing_is_chosen_for_who_classifies(world: World, outage: Outage) -> None:
    page = text(signed_in(world.zhou), "classify", outage.pk)
    assert '<option value="">Choose</option>' in page
    assert " selected" not in page.partition('id="id_cause"')[0].partition('id="id_kind"')[2]
    told = {"kind": "", "cause": int(Cause.WIND), "place": "", "note": ""}
    answer = signed_in(world.zhou).post(reverse("outages:classify", args=[outage.pk]), told)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0.9, "1 分钟以内"),
        (1, "1 分钟"),
        (64, "1 小时 4 分钟"),
        (120, "2 小时"),
        (1500, "1 天 1 小时"),
        (1445, "1 天"),
    ],
)
def test_durations_as_people_say_them(minutes: float, said: str) -> None:
    with translation.override("zh-hans"):
        assert duration(AT, after(minutes / 60)) == said


def test_deadlines_are_said_in_the_same_units() -> None:
    with translation.override("zh-hans"):
        assert (left(after(171), AT), left(AT, after(1.5))) == ("还剩 7 天 3 小时", "超时 1 小时 30 分钟")


def test_who_may_not_see_the_network_still_sees_the_outage(world: World, outage: Outage) -> None:
    assign_role(user=world.wen, unit=world.lamp, role=Role.AGENT, at=AT, actor="test")
    page = text(signed_in(world.wen), "outage", outage.pk)
    assert 'href="/network/' not in page
    assert "Kind and cause" not in page


@pytest.mark.parametrize("name", ["outage", "classify"])
def test_another_station_finds_nothing(world: World, outage: Outage, name: str) -> None:
    assert signed_in(world.bai).get(reverse(f"outages:{name}", args=[outage.pk])).status_code == 404
    assert "No outages yet" in text(signed_in(world.bai), "home")


def test_the_list(world: World, outage: Outage) -> None:
    client = signed_in(world.lin)
    assert "N-1" in text(client, "home")
    assert "No outage fits the filter" in text(client, "home", state="restored")
    assert "N-1" in text(client, "home", state="nonsense", start="yesterday"), (
        "a filter nobody understands filters nothing"
    )


def test_planning(world: World) -> None:
    client = signed_in(world.lin)
    assert 'value="P-' in text(client, "new")
    answer = client.post(reverse("outages:new"), plan(network=str(world.network.pk)))
    planned = Outage.objects.get()
    assert answer.headers["Location"] == reverse("outages:outage", args=[planned.pk])
    assert (planned.number, planned.planned_end_at) == ("P-1", after(28))
    assert "Its approved end has passed, and nothing was switched for it." in text(client, "outage", planned.pk)
    again = client.post(reverse("outages:new"), plan(network=str(world.network.pk)))
    assert again.headers["Location"] == answer.headers["Location"], "back, and once more: it is planned already"
    noted = plan(network=str(world.network.pk), note="另带发电车")
    page = client.post(reverse("outages:new"), noted, follow=True).content.decode()
    assert "“另带发电车”" in page and "Kind and cause" in page, "what was typed is not dropped without a word"
    other = plan(network=str(world.network.pk)) | {"planned_device_codes": "QL1"}
    assert "This number is taken" in client.post(reverse("outages:new"), other).content.decode()
    assert Outage.objects.count() == 1


def test_a_plan_is_the_same_under_the_next_number_and_another_elsewhere(world: World) -> None:
    client, told = signed_in(world.lin), plan(network=str(world.network.pk), planned_device_codes="")
    told["devices_follow"] = "on"
    for number, place in (("P-1", "青禾村"), ("P-1-2", "青禾村"), ("P-1-3", "柳溪村")):
        assert client.post(reverse("outages:new"), told | {"number": number, "place": place}).status_code == 302
    assert sorted(Outage.objects.values_list("number", flat=True)) == ["P-1", "P-1-3"]


def test_the_number_that_is_proposed_is_free(world: World) -> None:
    client, now = signed_in(world.lin), timezone.now()
    wanted = f"P-{timezone.localtime(now):%Y%m%d-%H%M}"
    for number in (wanted, f"{wanted}-2"):
        Outage.objects.create(network=world.network, number=number)
    with patch("django.utils.timezone.now", return_value=now):
        assert f'value="{wanted}-3"' in text(client, "new")


def test_a_plan_names_its_devices_or_says_that_they_follow(world: World) -> None:
    client, told = signed_in(world.lin), plan(network=str(world.network.pk)) | {"planned_device_codes": ""}
    asked = client.post(reverse("outages:new"), told)
    assert asked.status_code == 422 and "say that they follow later" in asked.content.decode()
    assert client.post(reverse("outages:new"), told | {"devices_follow": "on"}).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"planned_end_at": "2026-01-01T00:00"}, "The end must come after the beginning"),
        ({"planned_start_at": ""}, "This field is required"),
        ({"kind": str(int(OutageKind.FAULT_INTERNAL))}, "Select a valid choice"),
        ({"network": "0"}, "Select a valid choice"),
        ({"number": ""}, "This field is required"),
    ],
)
def test_plans_that_cannot_be(world: World, wrong: dict[str, str], said: str) -> None:
    answer = signed_in(world.lin).post(reverse("outages:new"), plan(network=str(world.network.pk)) | wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Outage.objects.exists()


def test_classifying(world: World, outage: Outage) -> None:
    path = reverse("outages:classify", args=[outage.pk])
    told = {"kind": int(OutageKind.FAULT_INTERNAL), "cause": int(Cause.WIND), "place": "", "note": ""}
    assert signed_in(world.ma).post(path, told).status_code == 403
    assert signed_in(world.zhou).post(path, told).status_code == 302
    outage.refresh_from_db()
    assert (outage.kind, outage.cause) == (OutageKind.FAULT_INTERNAL, Cause.WIND)
    assert signed_in(world.zhou).post(path, {"kind": "x"}).status_code == 422


@pytest.mark.parametrize(("name", "most"), [("home", 12), ("outage", 23)])
def test_pages_ask_the_database_little(world: World, outage: Outage, switch: Switch, name: str, most: int) -> None:
    for hour in range(3, 9):
        switch("FU1", "open" if hour % 2 else "close", hour, f"N-{hour // 2 + 1}")
    client, args = signed_in(world.lin), [] if name == "home" else [outage.pk]
    text(client, name, *args)
    with CaptureQueriesContext(connection) as asked:
        text(client, name, *args)
    assert len(asked) <= most, "\n".join(query["sql"][:150] for query in asked)


def api(name: str, *args: Any) -> str:
    return reverse(f"api:{name}", args=args)


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def test_programs_read_the_same(world: World, outage: Outage) -> None:
    client = signed_in(world.chen)
    listed = client.get(api("outages"), {"state": "lasting"}).json()
    assert (listed["count"], listed["items"][0]["number"], listed["items"][0]["feeder"]) == (1, "N-1", "10kV灯山线")
    detail = client.get(api("outage", outage.pk)).json()
    assert (detail["lv_customers"], detail["cost"]["lv_customers_out"]) == (60, 20)
    steps = client.get(api("outage-steps", outage.pk)).json()
    assert [(step["device_code"], step["out_after"]["lv_customers"]) for step in steps] == [("QF1", 60), ("QF1", 20)]
    assert len(client.get(api("outage-loads", outage.pk)).json()) == 6


def test_programs_plan_and_classify(world: World, outage: Outage) -> None:
    client = signed_in(world.zhou)
    body = {
        "network_id": world.network.pk,
        "number": "P-9",
        "kind": int(OutageKind.PLANNED_CONSTRUCTION_INTERNAL),
        "planned_start_at": after(30).isoformat(),
        "planned_end_at": after(31).isoformat(),
    }
    assert post(client, api("outages"), body).status_code == 201
    assert post(client, api("outages"), body).status_code == 409
    assert post(client, api("outages"), body | {"network_id": 0}).status_code == 404
    told = {"kind": int(OutageKind.FAULT_EXTERNAL), "cause": int(Cause.TREES)}
    assert post(client, api("outage-classification", outage.pk), told).json()["cause"] == Cause.TREES
    assert post(signed_in(world.ma), api("outage-classification", outage.pk), told).status_code == 403
    assert post(signed_in(world.bai), api("outage-classification", outage.pk), {}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"planned_end_at": "2026-01-01T00:00:00Z"},
        {"planned_start_at": "0001-01-01T00:00:00Z"},
        {"planned_end_at": "9999-12-31T23:59:59Z"},
        {"kind": int(OutageKind.FAULT_INTERNAL)},
        {"kind": 12345},
        {"number": " "},
        {"number": "\x00"},
        {"network_id": "x"},
    ],
    ids=repr,
)
def test_plans_of_programs_that_cannot_be(world: World, wrong: dict[str, Any]) -> None:
    body = {
        "network_id": world.network.pk,
        "number": "P-9",
        "kind": int(OutageKind.PLANNED_CONSTRUCTION_INTERNAL),
        "planned_start_at": after(30).isoformat(),
        "planned_end_at": after(31).isoformat(),
    }
    answer = post(signed_in(world.zhou), api("outages"), body | wrong)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [{"state": "x"}, {"kind": 12345}, {"limit": 0}, {"offset": -1}, {"start": "0001-01-01T00:00:00Z"}, {"q": "\x00"}],
    ids=repr,
)
def test_bad_questions_are_refused(world: World, query: dict[str, Any]) -> None:
    assert signed_in(world.zhou).get(api("outages"), query).status_code == 422


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "0202-11-28"])
def test_a_year_out_of_reach_is_a_slip(world: World, outage: Outage, day: str) -> None:
    assert "from 1900 to 2100" in text(signed_in(world.lin, "en"), "home", start=day, end=day)


def test_an_outage_without_line_and_place_is_known_by_what_opened() -> None:
    assert Outage(device_code="K102").where == "K102"
    assert Outage(device_code="K102", place="桃源村").where == "桃源村"
