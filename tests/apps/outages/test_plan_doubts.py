"""What is planned twice: the same plan once more is recognised, a device that two plans open at once is asked about."""

from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.outages.models import Cause, Outage
from denghuo.engines.standards import OutageKind
from tests.apps.network.conftest import signed_in
from tests.world import World

LOCAL = "%Y-%m-%dT%H:%M"
AHEAD = timezone.now().replace(second=0, microsecond=0) + timedelta(days=20)


def typed(world: World, **changes: Any) -> dict[str, Any]:
    start: datetime = changes.pop("start", AHEAD)
    hours = changes.pop("hours", 4)
    usual = {
        "network": world.network.pk,
        "number": "P-1",
        "kind": int(OutageKind.PLANNED_MAINTENANCE_INTERNAL),
        "cause": int(Cause.MAINTENANCE),
        "planned_start_at": timezone.localtime(start).strftime(LOCAL),
        "planned_end_at": timezone.localtime(start + timedelta(hours=hours)).strftime(LOCAL),
        "planned_device_codes": "FU1 QL1",
        "place": "小湾村",
    }
    return usual | changes


def enter(client: Client, told: dict[str, Any]) -> tuple[int, str]:
    answer = client.post(reverse("outages:new"), told)
    shown = client.get(answer["Location"]) if answer.status_code == 302 else answer
    return answer.status_code, shown.content.decode()


def test_the_same_plan_is_known_however_its_place_is_worded(world: World) -> None:
    client = signed_in(world.lin, "en")
    assert enter(client, typed(world))[0] == 302
    again = typed(world, number="P-2", place="小湾村 3 组", planned_device_codes="QL1、FU1", cause="")
    status, shown = enter(client, again)
    assert (status, "This is planned already" in shown) == (302, True)
    assert "Your place was not taken over: “小湾村 3 组”" in shown
    assert Outage.objects.count() == 1


def test_plans_without_devices_are_told_apart_by_their_place(world: World) -> None:
    client = signed_in(world.lin, "en")
    for number, place in (("P-1", "小湾村"), ("P-2", "大湾村"), ("P-3", "小湾村")):
        told = typed(world, number=number, place=place, planned_device_codes="", devices_follow="on")
        assert enter(client, told)[0] == 302
    assert sorted(Outage.objects.values_list("number", flat=True)) == ["P-1", "P-2"]


def test_a_device_of_another_plan_at_that_time_is_asked_about(world: World) -> None:
    client = signed_in(world.lin, "en")
    enter(client, typed(world))
    told = typed(world, number="P-2", start=AHEAD + timedelta(hours=3), planned_device_codes="FU1")
    status, shown = enter(client, told)
    assert (status, "FU1: opened at that time by plan P-1 already" in shown) == (422, True)
    for free in ({"start": AHEAD + timedelta(hours=4)}, {"planned_device_codes": "QL2"}):
        apart = typed(world, **{"number": f"P-{len(free)}{next(iter(free))}", "planned_device_codes": "FU1"} | free)
        assert enter(client, apart)[0] == 302, free
    assert enter(client, told | {"sure": "on"})[0] == 302
    assert Outage.objects.filter(number="P-2").exists()


def test_a_cancelled_plan_holds_no_device(world: World) -> None:
    client = signed_in(world.lin, "en")
    enter(client, typed(world))
    Outage.objects.update(plan_cancelled_at=timezone.now())
    assert enter(client, typed(world, number="P-2"))[0] == 302
    assert Outage.objects.count() == 2


def test_devices_named_later_and_another_time_are_asked_about_as_well(world: World) -> None:
    client = signed_in(world.lin, "en")
    enter(client, typed(world))
    enter(client, typed(world, number="P-2", planned_device_codes="", devices_follow="on"))
    later = Outage.objects.get(number="P-2")
    page = reverse("outages:plan", args=[later.pk])
    asked = client.post(page, {"deed": "devices", "device_codes": "QL1"})
    assert (asked.status_code, "QL1: opened at that time by plan P-1" in asked.content.decode()) == (422, True)
    assert client.post(page, {"deed": "devices", "device_codes": "QL1", "sure": "on"}).status_code == 302
    later.refresh_from_db()
    assert later.planned_device_codes == "QL1"
    moved = typed(world, start=AHEAD + timedelta(hours=2))
    move = {"deed": "move", "reason": "雨", "start_at": moved["planned_start_at"], "end_at": moved["planned_end_at"]}
    asked = client.post(page, move)
    assert (asked.status_code, "QL1: opened at that time by plan P-1" in asked.content.decode()) == (422, True)


def test_a_plan_whose_cause_nobody_names_has_that_of_its_kind(world: World) -> None:
    client = signed_in(world.lin, "en")
    causes = {"PLANNED_MAINTENANCE_INTERNAL": Cause.MAINTENANCE, "TEMPORARY_CONSTRUCTION": Cause.CONSTRUCTION}
    for number, kind in enumerate(causes):
        told = typed(world, number=kind, kind=int(OutageKind[kind]), cause="", start=AHEAD + timedelta(days=number))
        status, shown = enter(client, told)
        assert (status, f"Planned outage {kind}" in shown) == (302, True)
    assert dict(Outage.objects.values_list("number", "cause")) == {name: int(cause) for name, cause in causes.items()}
    assert enter(client, typed(world, cause="0", planned_device_codes="QL2"))[0] == 302
    assert Outage.objects.get(number="P-1").cause == Cause.UNKNOWN
