"""Pages that follow what happens: in a real browser, whose clock the test turns."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from denghuo.apps.network.actions import record_switching
from denghuo.apps.outages.models import Outage
from tests.world import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEXT_LOOK_MS = 15_500


@pytest.fixture
def world(live_server: LiveServer, page: Page) -> World:
    made = make_world()
    client = Client()
    client.force_login(made.lin)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.clock.install(time=timezone.now())
    return made


def operate(world: World, *, closes: bool, hours_ago: float) -> None:
    now = timezone.now()
    record_switching(
        network_id=world.network.pk,
        device_code="QL1",
        closes=closes,
        operated_at=now - timedelta(hours=hours_ago),
        event_number="TD-77",
        note="",
        at=now,
        actor="lin",
    )


def look(page: Page) -> None:
    """Turn the clock until the page has asked again, and been answered."""
    with page.expect_response(page.url):
        page.clock.run_for(NEXT_LOOK_MS)


def test_the_board_follows_what_happens(page: Page, live_server: LiveServer, world: World) -> None:
    page.goto(live_server.url + reverse("boards:home"))
    expect(page.locator("#h-now")).to_have_text("万家灯火，全部在供")
    operate(world, closes=False, hours_ago=2)
    look(page)
    expect(page.get_by_role("link", name="TD-77")).to_be_visible()
    operate(world, closes=True, hours_ago=1)
    look(page)
    expect(page.locator("#h-now")).to_have_text("万家灯火，全部在供")


def test_an_outage_that_is_over_counts_no_further(page: Page, live_server: LiveServer, world: World) -> None:
    operate(world, closes=False, hours_ago=3)
    page.goto(live_server.url + reverse("outages:outage", args=[Outage.objects.get().pk]))
    figure = page.locator("[data-tick=lv]")
    expect(figure).to_have_text("60.0")
    operate(world, closes=True, hours_ago=1)
    look(page)
    expect(figure).to_have_text("40.0")
    page.clock.run_for(5_000)
    expect(figure).to_have_text("40.0")


def test_what_somebody_selects_stays(page: Page, live_server: LiveServer, world: World) -> None:
    page.goto(live_server.url + reverse("boards:home"))
    page.evaluate("getSelection().selectAllChildren(document.getElementById('h-planned'))")
    operate(world, closes=False, hours_ago=2)
    look(page)
    assert page.evaluate("getSelection().toString()") == "近期计划"
    page.evaluate("getSelection().removeAllRanges()")
    look(page)
    expect(page.get_by_role("link", name="TD-77")).to_be_visible()


def test_a_lost_connection_is_said_until_it_is_back(page: Page, live_server: LiveServer, world: World) -> None:
    page.goto(live_server.url + reverse("boards:home"))
    said = page.locator("[data-dh-lost]")
    expect(said).to_be_hidden()
    page.route("**/*", lambda route: route.abort())
    page.clock.run_for(NEXT_LOOK_MS)
    expect(said).to_contain_text("连接已中断")
    page.unroute("**/*")
    look(page)
    expect(said).to_be_hidden()
