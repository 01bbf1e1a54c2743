"""The network for programs: the engine's answers, scopes as on the pages, and clear words for bad questions."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from denghuo.apps.ledger.models import Fact
from denghuo.apps.network import queries
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.organization.models import User
from denghuo.engines.switching import IsolationMode
from denghuo.engines.topology import compile_topology, normal_state, trace
from tests.apps.network.conftest import Switch, after, signed_in
from tests.world import World, small_grid


def address(world: World, name: str, *args: Any) -> str:
    return reverse(f"api:network-{name}", args=[world.network.pk, *args])


def get(user: User, path: str, **query: Any) -> Any:
    return signed_in(user).get(path, query)


def post(user: User, path: str, body: Any) -> Any:
    return signed_in(user).post(path, json.dumps(body), content_type="application/json")


def told(**changes: Any) -> dict[str, Any]:
    return {"device_code": "QL1", "closes": False, "operated_at": after(1).isoformat()} | changes


def test_networks_within_reach(world: World) -> None:
    [one] = get(world.chen, reverse("api:networks")).json()
    assert (one["id"], one["name"], one["unit"]) == (world.network.pk, "灯山供电所", "灯山供电所")
    assert get(world.bai, reverse("api:networks")).json() == []


@pytest.mark.parametrize("moved", [[], ["QL1"], ["QF1", "QL9"], ["QF1", "QF2"], ["FU1", "QL2"]])
def test_what_if_is_the_engines_trace(world: World, moved: list[str]) -> None:
    topology = compile_topology(small_grid())
    closed = normal_state(topology)
    for code in moved:
        closed[topology.grid.switch_position[code]] ^= True
    dead = ~trace(topology, closed=closed).load_supplied
    facts = Fact.objects.count()
    answer = get(world.ma, address(world, "what-if"), toggle=moved).json()
    assert answer["dead"]["lv_customers"] == topology.grid.loads.lv_customers[dead].sum()
    assert answer["dead"]["loads"] == dead.sum()
    assert set(answer["open_devices"]) == set(topology.grid.switch_id[~closed])
    assert Fact.objects.count() == facts


def test_what_if_tells_loops(world: World) -> None:
    [loop] = get(world.ma, address(world, "what-if"), toggle=["QL9"]).json()["loops"]
    assert {one["code"] for one in loop["switches"]} == {"QF1", "QF2", "QL1", "QL9"}


def test_recording_and_correcting(world: World, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(world.lin, address(world, "operations"), told(note="storm"))
    assert answer.status_code == 201
    row = answer.json()
    assert (row["device_code"], row["stands"], row["recorded_by"], row["odd"]) == ("QL1", True, "lin", [])
    assert get(world.lin, address(world, "state")).json()["dead"]["lv_customers"] == 20
    path = address(world, "correction", row["id"])
    assert post(world.zhou, path, {"right": told(device_code="FU1")}).status_code == 201
    assert get(world.lin, address(world, "state")).json()["dead"]["lv_customers"] == 6
    again = post(world.zhou, path, {"right": None})
    assert again.status_code == 409
    assert "corrected before" in again.json()["detail"]
    log = get(world.lin, address(world, "operations"), limit=1).json()
    assert (log["count"], len(log["items"])) == (2, 1)


def test_taking_a_row_out(world: World, switch: Switch) -> None:
    row = switch("QL1", "open", 1)
    answer = post(world.zhou, address(world, "correction", row.pk), {"right": None, "note": "never happened"})
    assert answer.status_code == 201
    assert SwitchingOperation.objects.get(corrects=row).note == "never happened"


def test_an_unknown_device_is_taken_and_told(world: World) -> None:
    row = post(world.lin, address(world, "operations"), told(device_code="QL77")).json()
    assert row["device_name"] is None
    assert row["odd"] == ["The network has no such device"]
    [finding] = get(world.lin, address(world, "findings")).json()["log"]
    assert (finding["code"], finding["ids"]) == ("unknown_device", [str(row["id"])])


def test_a_device(world: World, switch: Switch) -> None:
    switch("QL9", "close", 1)
    answer = get(world.ma, address(world, "device", "QL9")).json()
    assert (answer["closed"], answer["normally_closed"], answer["remote"]) == (True, False, True)
    assert get(world.ma, address(world, "device", "QL/77")).status_code == 404


def test_isolation_is_the_engines(world: World) -> None:
    sheet = queries.isolation_sheet(world.network.pk, elements=["L2"], hours=3, mode=IsolationMode.PLANNED)
    answer = post(world.ma, address(world, "isolation"), {"elements": ["L2"], "hours": 3}).json()
    assert answer["lv_customer_hours"] == pytest.approx(sheet.plan.lv_customer_hours)
    assert [step["device_code"] for step in answer["steps"]] == [line.device_code for line in sheet.lines]
    refused = post(world.ma, address(world, "isolation"), {"elements": ["L99"]})
    assert refused.status_code == 422
    assert "L99" in refused.json()["detail"][0]


def test_the_crew_may_not_operate(world: World, switch: Switch) -> None:
    row = switch("FU1", "open", 1)
    assert post(world.ma, address(world, "operations"), told()).status_code == 403
    assert post(world.ma, address(world, "correction", row.pk), {"right": None}).status_code == 403


def test_another_station_finds_nothing_whatever_it_sends(world: World) -> None:
    assert get(world.bai, address(world, "state")).status_code == 404
    assert post(world.bai, address(world, "operations"), {"nonsense": 1}).status_code == 404


def test_strangers_are_asked_who_they_are(world: World) -> None:
    assert Client().get(address(world, "state")).status_code == 401


def test_writes_from_elsewhere_are_refused(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.lin)
    answer = client.post(address(world, "operations"), json.dumps(told()), content_type="application/json")
    assert answer.status_code == 403
    assert not SwitchingOperation.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"operated_at": "2999-01-01T00:00:00Z"}, "operated_at"),
        ({"operated_at": "2026-05-01T00:00:00"}, "operated_at"),
        ({"operated_at": "0001-01-01T00:00:00Z"}, "operated_at"),
        ({"operated_at": 1e300}, "operated_at"),
        ({"operated_at": None}, "operated_at"),
        ({"device_code": ""}, "device_code"),
        ({"device_code": "x" * 121}, "device_code"),
        ({"device_code": "Q\x00L"}, "device_code"),
        ({"device_code": ["QL1"]}, "device_code"),
        ({"closes": "perhaps"}, "closes"),
        ({"event_number": "N" * 41}, "event_number"),
        ({"note": "\ud800"}, "note"),
    ],
    ids=repr,
)
def test_bad_operations_are_refused_with_the_field(world: World, wrong: dict[str, Any], field: str) -> None:
    answer = post(world.lin, address(world, "operations"), told(**wrong))
    assert answer.status_code == 422
    assert field in answer.json()["detail"][0]["loc"]
    assert not SwitchingOperation.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "7", '{"right": 7}', '{"right": {}}', "\xff"])
@pytest.mark.parametrize("name", ["operations", "isolation"])
def test_nonsense_is_refused(world: World, name: str, body: str) -> None:
    client = signed_in(world.lin)
    answer = client.post(address(world, name), body.encode("latin-1"), content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("operations", {"limit": 0}),
        ("operations", {"limit": 10**9}),
        ("operations", {"offset": -1}),
        ("operations", {"offset": 10**30}),
        ("operations", {"device": "\x00"}),
        ("operations", {"event": "x" * 401}),
        ("what-if", {"toggle": "QL77"}),
        ("what-if", {"toggle": ["QL1"] * 51}),
        ("search", {"q": "\x00"}),
    ],
    ids=repr,
)
def test_bad_questions_are_refused(world: World, name: str, query: dict[str, Any]) -> None:
    answer = get(world.lin, address(world, name), **query)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"elements": []},
        {"elements": ["L2"] * 51},
        {"elements": ["L2"], "hours": 0},
        {"elements": ["L2"], "hours": 1e308},
        {"elements": ["L2"], "mode": "whenever"},
        {"elements": ["\x00"]},
    ],
    ids=repr,
)
def test_bad_isolations_are_refused(world: World, body: dict[str, Any]) -> None:
    assert post(world.lin, address(world, "isolation"), body).status_code == 422


def test_numbers_too_large_name_nothing(world: World) -> None:
    assert get(world.lin, f"/api/network/networks/{10**30}/state").status_code == 404
    assert post(world.lin, address(world, "correction", 10**30), {"right": None}).status_code == 404


def test_the_description_is_typed(world: World) -> None:
    told = get(world.lin, "/api/openapi.json").json()
    ours = {path: deeds for path, deeds in told["paths"].items() if path.startswith("/api/network")}
    assert len(ours) == 9
    for path, deeds in ours.items():
        for deed, how in deeds.items():
            schema = how["responses"].get("200", how["responses"].get("201"))["content"]["application/json"]["schema"]
            assert "$ref" in schema or schema["type"] == "array", f"{deed} {path}"
            assert how["description"], f"{deed} {path}"
