"""What waits for somebody stands on their first page; what a shift was like can be read after it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.boards.queries import tasks_of
from denghuo.apps.crews.actions import CrewEntry, assign, join_crew, open_crew
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import record_switching
from denghuo.apps.orders.actions import OrderEntry, give_promise, offer_hand_over, open_order
from denghuo.apps.orders.models import Kind, Order, Promise, PromiseOf, Topic
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.actions import OutageEntry, register_outage
from denghuo.engines.standards import OutageKind
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return make_world()


def who() -> dict[str, Any]:
    return {"at": timezone.now(), "actor": "lin"}


def opened(world: World, *, hours_ago: float = 0.0) -> Order:
    received_at = timezone.now() - timedelta(hours=hours_ago)
    entry = OrderEntry(
        kind=Kind.FAULT, topic=Topic.NO_SUPPLY, unit_id=world.lamp.pk, load_code="T3", received_at=received_at
    )
    return open_order(entry=entry, at=received_at, actor="lin")


def waiting(user: Any) -> dict[str, int | None]:
    return {one.path: one.count for one in tasks_of(user, at=timezone.now())}


def test_a_crew_finds_where_it_is_sent(world: World) -> None:
    told = who()
    crew = open_crew(unit_id=world.lamp.pk, entry=CrewEntry(name="抢修一班"), **told)
    join_crew(crew_id=crew.pk, user_id=world.ma.pk, phone="13900000001", is_leader=True, **told)
    assert reverse("crews:mine") not in waiting(world.ma)
    assign(crew_id=crew.pk, about="", place="青禾村", note="", skill="", order_ids=(), x=None, y=None, **who())
    (task,) = [one for one in tasks_of(world.ma, at=timezone.now()) if one.path == reverse("crews:mine")]
    assert task.text == "青禾村"
    page = Client()
    page.force_login(world.ma)
    assert "青禾村" in page.get(reverse("boards:home")).content.decode()


def test_a_head_finds_what_is_overdue_offered_and_not_announced(world: World) -> None:
    order = opened(world, hours_ago=48)
    offer_hand_over(order_id=order.pk, to_username="lin", to_unit_id=None, reason="所长处理", **who())
    plan = register_outage(
        network_id=world.network.pk,
        entry=OutageEntry(
            number="P-1",
            kind=OutageKind.PLANNED_MAINTENANCE_INTERNAL,
            planned_start_at=timezone.now() + timedelta(days=9),
            planned_end_at=timezone.now() + timedelta(days=9, hours=4),
            planned_device_codes="FU1",
        ),
        **who(),
    )
    told = {
        "planned_start_at": timezone.now() + timedelta(days=8),
        "planned_end_at": timezone.now() + timedelta(days=9),
    }
    bare = OutageEntry(number="P-2", kind=OutageKind.PLANNED_MAINTENANCE_INTERNAL, **told)
    register_outage(network_id=world.network.pk, entry=bare, **who())
    said = {one.text for one in tasks_of(world.zhou, at=timezone.now())}
    assert any("P-2" in one for one in said), "who is behind a plan without devices cannot be told"
    found, home = waiting(world.zhou), reverse("orders:home")
    assert found[f"{home}?due=overdue"] == 1
    assert waiting(world.lin)[f"{home}?offered=1"] == 1
    assert reverse("outages:notice", args=[plan.pk]) in found
    assert waiting(world.bai) == {}, "another station's work waits for nobody else"


def test_a_plan_that_is_told_too_late_does_not_look_like_one_in_time(world: World) -> None:
    now = timezone.now()
    temporary, maintenance = OutageKind.TEMPORARY_MAINTENANCE, OutageKind.PLANNED_MAINTENANCE_INTERNAL
    for number, kind, days in (("P-1", temporary, 3), ("P-2", maintenance, 9), ("P-3", maintenance, 5)):
        start, end = now + timedelta(days=days), now + timedelta(days=days, hours=4)
        entry = OutageEntry(
            number=number, kind=kind, planned_start_at=start, planned_end_at=end, planned_device_codes="FU1"
        )
        register_outage(network_id=world.network.pk, entry=entry, **who())
    found = [one for one in tasks_of(world.zhou, at=now) if "P-" in one.text]
    assert [(one.text[:3], one.tone) for one in found] == [("P-3", "breached"), ("P-1", "warning"), ("P-2", "warning")]
    page = Client(headers={"accept-language": "en"})
    page.force_login(world.zhou)
    text = page.get(reverse("boards:home")).content.decode()
    due, start = (f"{timezone.localtime(now + timedelta(days=days)):%Y-%m-%d %H:%M}" for days in (-2, 5))
    assert f'<span class="bd-bad">was to be told by {due}; begins {start}</span>' in text


def report(user: Any, **asked: str) -> tuple[int, str]:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    answer = client.get(reverse("boards:shift"), asked)
    return answer.status_code, answer.content.decode()


def test_a_shift_can_be_read_after_it(world: World) -> None:
    order, now = opened(world, hours_ago=3), timezone.localtime()
    due, given = now - timedelta(hours=1), now - timedelta(hours=2)
    give_promise(order_id=order.pk, what=PromiseOf.CALL, due_at=due, note="", at=given, actor="lin")
    offer_hand_over(order_id=order.pk, to_username="lin", to_unit_id=None, reason="要所长定", **who())
    told = {"event_number": "TD-77", "note": "", "at": timezone.now(), "actor": "lin"}
    at = now - timedelta(hours=2)
    record_switching(network_id=world.network.pk, device_code="FU1", closes=False, operated_at=at, **told)
    until = now + timedelta(hours=1)
    span = {"since": f"{now - timedelta(hours=5):%Y-%m-%dT%H:%M}", "until": f"{until:%Y-%m-%dT%H:%M}"}
    status, page = report(world.zhou, **span)
    assert status == 200
    assert [one for one in ("TD-77", order.number, "要所长定", "broken") if one not in page] == []
    assert Promise.objects.get().kept_at is None
    status, page = report(world.bai, **span)
    assert status == 200 and order.number not in page and "TD-77" not in page


@pytest.mark.parametrize(
    "span",
    [
        {"since": "2026-05-02T00:00", "until": "2026-05-01T00:00"},
        {"since": "2026-05-01T00:00", "until": "2026-06-01T00:00"},
        {"since": "rubbish", "until": "2026-06-01T00:00"},
        {"since": "2026-05-01T00:00"},
    ],
)
def test_a_span_that_cannot_be_is_said(world: World, span: dict[str, str]) -> None:
    status, page = report(world.zhou, **span)
    assert status == 422 and "dh-figure" not in page


def test_hours_are_counted_within_the_span(world: World) -> None:
    begun = timezone.localtime(timezone.now() - timedelta(hours=8)).replace(minute=0, second=0, microsecond=0)
    told: dict[str, Any] = {"event_number": "TD-78", "note": "", "actor": "lin", "network_id": world.network.pk}
    for closes, hours in ((False, 0), (True, 6)):
        instant = begun + timedelta(hours=hours)
        record_switching(device_code="FU1", closes=closes, operated_at=instant, **told, at=timezone.now())
    deliveries.drain()
    scope = [str(world.lamp.path)]
    spans = {(-1, 7): 36.0, (1, 3): 12.0, (5, 7): 6.0, (-1, 1): 6.0}  # six customers
    for (since, until), hours in spans.items():
        at = {"since": begun + timedelta(hours=since), "until": begun + timedelta(hours=until)}
        (row,) = outages.outages_between(scope, **at)
        assert row.cost.lv_customer_hours == hours, (since, until)
        assert row.cost.lv_customers_out == (6 if until < 6 else 0)
    span = {name: f"{begun + timedelta(hours=hours):%Y-%m-%dT%H:%M}" for name, hours in (("since", 1), ("until", 3))}
    _status, page = report(world.zhou, **span)
    assert "12.0" in page and "36.0" not in page and "within the span" in page


def test_a_shift_that_lies_ahead_has_no_report(world: World) -> None:
    ahead = timezone.localtime() + timedelta(days=300)
    span = {"since": f"{ahead:%Y-%m-%dT%H:%M}", "until": f"{ahead + timedelta(hours=8):%Y-%m-%dT%H:%M}"}
    status, page = report(world.zhou, **span)
    assert status == 422 and "This lies ahead." in page and "Orders came in" not in page
