"""The dispatcher's page in a real browser: by keys alone, live without eating what people are at, and by dragging."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from denghuo.apps.crews.models import Assignment
from denghuo.apps.crews.models import State as Sent
from denghuo.apps.ledger import deliveries
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.outages.models import Estimate, Watch
from tests.apps.outages.desk import Desk, furnish, report
from tests.world import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEXT_LOOK_MS = 5_500
ITS_OWN_LOOK = re.compile(r"part=now.*[?&]seen=[^&]")


@pytest.fixture
def world(live_server: LiveServer) -> World:
    return make_world()


@pytest.fixture
def desk(world: World) -> Desk:
    return furnish(world, at=timezone.now())


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Everything the browser complains of."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def at_desk(page: Page, live_server: LiveServer, world: World, desk: Desk) -> Page:
    """Lin, the dispatcher, at her desk, with a clock that the test turns."""
    client = Client()
    client.force_login(world.lin)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.clock.install(time=timezone.now())
    page.goto(f"{live_server.url}/outages/dispatch/")
    expect(page.locator("#dp")).to_have_attribute("data-ready", "yes")
    return page


def look(page: Page) -> None:
    """Turn the clock until the page has asked again, and been answered."""
    with page.expect_response(re.compile("part=now")):
        page.clock.run_for(NEXT_LOOK_MS)


def row(page: Page, about: str) -> Any:
    return page.locator(f'.dp-row[data-about="{about}"]')


def choose(page: Page, about: str) -> None:
    row(page, about).locator("a").click()
    expect(page.locator("#dp-detail")).to_have_attribute("data-about", about)


def order(one: Order) -> str:
    return f"orders.order:{one.pk}"


def test_by_keys_alone(at_desk: Page, desk: Desk, complaints: list[str]) -> None:
    page = at_desk
    page.keyboard.press("?")
    expect(page.locator("#dp-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#dp-help")).to_be_hidden()
    page.keyboard.press("j")
    expect(row(page, order(desk.danger)).locator("a")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(row(page, desk.suspicion.about).locator("a")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#dp-detail h2")).to_contain_text(desk.suspicion.number)
    expect(page.locator("#dp")).to_have_attribute("data-drawn", "FU1")
    page.keyboard.press("a")
    expect(page.locator("#dp-said")).not_to_be_empty()
    expect(page.locator(".dp-why")).to_contain_text("林晓岚")
    assert Watch.objects.get().about == desk.suspicion.about
    page.keyboard.press("e")
    expect(page.locator("#estimate-expected_at")).to_be_focused()
    page.locator("#dp-estimate .dh-btn--primary").click()
    expect(page.locator(".ou-estimates li")).to_have_count(1)
    assert Estimate.objects.get().suspicion == desk.suspicion
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    expect(page.locator(".dp-went li")).to_have_count(1)
    assert Assignment.objects.get().crew == desk.near
    page.keyboard.press("/")
    expect(page.locator("#dp-text")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#dp-text")).to_have_value("j")
    assert complaints == []


def test_a_confirmed_fault_goes_on_as_its_outage(at_desk: Page, desk: Desk, complaints: list[str]) -> None:
    page = at_desk
    choose(page, desk.suspicion.about)
    page.locator("#dp-confirm summary").click()
    first_at = timezone.localtime(desk.suspicion.first_reported_at)
    # Chromium leaves out seconds that are none, so the field is asked for its time, not for its letters.
    told = datetime.fromisoformat(page.locator("#confirm-opened_at").input_value())
    assert told == first_at.replace(microsecond=0, tzinfo=None)
    page.locator("#dp-confirm button").click()
    expect(page.locator("#dp-detail")).to_have_attribute("data-about", re.compile("outages.outage:"))
    expect(page).to_have_url(re.compile("about=outages.outage"))
    expect(page.locator("#dp-said")).not_to_have_class(re.compile("is-failed"))
    expect(page.locator("#dp-said")).not_to_be_empty()
    page.clock.run_for(13_000)
    expect(page.locator("#dp-said")).to_be_empty()
    assert complaints == []


def test_orders_are_chosen_and_merged_by_keys(at_desk: Page, desk: Desk) -> None:
    page = at_desk
    page.keyboard.press("m")
    expect(page.locator("#dp-said")).not_to_be_empty()
    for one in (desk.arrears, desk.single):
        row(page, order(one)).locator("a").focus()
        page.keyboard.press("x")
        expect(row(page, order(one)).locator(".dp-choose")).to_be_checked()
    look(page)
    expect(row(page, order(desk.single)).locator(".dp-choose")).to_be_checked()
    page.keyboard.press("m")
    said = page.locator("#dp-said span")
    expect(said).to_have_text(re.compile(f"{desk.arrears.number} .*{desk.single.number} "))
    page.locator("#dp-said button").last.click()
    expect(row(page, order(desk.arrears)).locator(".dp-choose")).to_be_checked()
    assert not Order.objects.exclude(merged_into=None).exists(), "it is asked first"
    page.keyboard.press("m")
    expect(page.locator("#dp-said button").last).to_be_focused()  # Enter alone does nothing that cannot be undone
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#dp-said .dh-btn--primary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, order(desk.arrears))).to_have_count(0)
    desk.arrears.refresh_from_db()
    assert desk.arrears.merged_into == desk.single


def test_what_happens_appears_and_what_is_chosen_stays(at_desk: Page, world: World, desk: Desk) -> None:
    page = at_desk
    choose(page, desk.suspicion.about)
    row(page, desk.suspicion.about).locator("a").focus()
    page.mouse.move(5, 5)
    new = report(world, timezone.now(), topic=Topic.DANGER, kind=Kind.FAULT, place="石桥村桥头", caller="13600000001")
    deliveries.drain()
    look(page)
    expect(row(page, order(new))).to_be_visible()
    expect(row(page, desk.suspicion.about).locator("a")).to_be_focused()
    expect(row(page, desk.suspicion.about)).to_have_class(re.compile("is-open"))
    expect(page.locator("#dp-detail")).to_have_attribute("data-about", desk.suspicion.about)


def test_what_somebody_types_is_not_eaten(at_desk: Page, world: World, desk: Desk) -> None:
    page = at_desk
    choose(page, desk.suspicion.about)
    page.keyboard.press("e")
    page.locator("#estimate-reason").fill("等吊车")
    report(world, timezone.now(), load_code="T3", caller="13600000002")
    Order.objects.filter(load_code="T3").update(urged_count=1)
    Watch.objects.create(about=desk.suspicion.about, username="zhou", since_at=timezone.now())
    deliveries.drain()
    look(page)
    expect(page.locator("[data-dp-waits]")).to_be_visible()
    expect(page.locator("#estimate-reason")).to_have_value("等吊车")
    expect(page.locator("#estimate-reason")).to_be_focused()
    expect(page.locator("#dp-detail .dp-why")).not_to_contain_text("周国平")
    page.locator("[data-dp-show]").click()
    expect(page.locator("[data-dp-waits]")).to_be_hidden()
    expect(page.locator("#dp-detail .dp-why")).to_contain_text("周国平")


def test_typing_outlives_what_else_is_done(at_desk: Page, desk: Desk) -> None:
    page = at_desk
    choose(page, desk.suspicion.about)
    page.keyboard.press("e")
    page.locator("#estimate-team").fill("抢修一班")
    page.locator("[data-dp-take] button").click()
    expect(page.locator("#dp-detail .dp-why")).to_contain_text("林晓岚")
    expect(page.locator("#estimate-team")).to_have_value("抢修一班")
    page.locator("#dp-estimate .dh-btn--primary").click()
    expect(page.locator(".ou-estimates li")).to_have_count(1)
    expect(page.locator("#estimate-team")).to_have_value("")


def test_who_would_lose_what_they_typed_is_asked(at_desk: Page, desk: Desk) -> None:
    page = at_desk
    choose(page, desk.suspicion.about)
    page.keyboard.press("e")
    page.locator("#estimate-reason").fill("等吊车")
    row(page, desk.outage.about).locator("a").click()
    expect(page.locator("#dp-said button")).to_have_count(2)
    expect(page.locator("#dp-detail")).to_have_attribute("data-about", desk.suspicion.about)
    page.locator("#dp-said .dh-btn--primary").click()
    expect(page.locator("#dp-detail")).to_have_attribute("data-about", desk.outage.about)
    page.go_back()
    expect(page.locator("#dp-detail")).to_have_attribute("data-about", desk.suspicion.about)


def test_an_incident_is_dragged_onto_a_crew_and_taken_back(at_desk: Page, desk: Desk) -> None:
    page = at_desk
    choose(page, desk.outage.about)
    crew = page.locator(f"#crew-{desk.far.pk}")
    row(page, desk.suspicion.about).drag_to(crew)
    expect(page.locator("#dp-said")).to_contain_text("抢修二班")
    assert not Assignment.objects.exists(), "it is asked first"
    page.locator("#dp-said .dh-btn--primary").click()
    expect(crew).not_to_have_class(re.compile("is-free"))
    assert (Assignment.objects.get().crew, Assignment.objects.get().about) == (desk.far, desk.suspicion.about)
    expect(page.locator("#dp-detail")).to_have_attribute("data-about", desk.outage.about)
    page.locator("#dp-said button").click()
    expect(crew).to_have_class(re.compile("is-free"))
    assert Assignment.objects.get().state == Sent.WITHDRAWN


def test_two_dispatchers_do_not_both_send_somebody(
    at_desk: Page, browser: Browser, live_server: LiveServer, world: World, desk: Desk
) -> None:
    client = Client()
    client.force_login(world.zhou)
    other = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    other.add_cookies([cookie])
    page, theirs = at_desk, other.new_page()
    theirs.clock.install(time=timezone.now())
    theirs.goto(f"{live_server.url}/outages/dispatch/?about={desk.suspicion.about}")
    page.route(ITS_OWN_LOOK, lambda route: route.fulfill(status=204))  # on a slow machine it would hear of theirs first
    choose(page, desk.suspicion.about)
    theirs.locator(f'#dp-send [data-dp-crew="{desk.far.pk}"]').click()
    expect(theirs.locator(".dp-went li")).to_have_count(1)
    page.locator(f'#dp-send [data-dp-crew="{desk.near.pk}"]').click()
    expect(page.locator("#dp-said")).to_have_class(re.compile("is-failed"))
    expect(page.locator("#dp-said")).to_contain_text("抢修二班")
    expect(page.locator(".dp-went li")).to_have_count(1)
    assert Assignment.objects.get().crew == desk.far
    page.locator(f'#dp-send [data-dp-crew="{desk.near.pk}"]').click()
    expect(page.locator(".dp-went li")).to_have_count(2)
    row(theirs, desk.outage.about).drag_to(theirs.locator(f"#crew-{desk.far.pk}"))
    with theirs.expect_response(re.compile("dispatch/send")) as answered:
        theirs.locator("#dp-said .dh-btn--primary").click()
    assert (answered.value.status, Assignment.objects.count()) == (200, 3)
    other.close()


def test_the_table_says_what_the_drawing_shows(at_desk: Page, desk: Desk) -> None:
    page = at_desk
    choose(page, desk.outage.about)
    expect(page.locator("[data-dp-stage]")).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("[data-dp-stage]")).to_be_hidden()
    expect(page.locator(".dp-table tbody tr")).to_have_count(3)
    page.keyboard.press("t")
    expect(page.locator("[data-dp-stage]")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_use_it(at_desk: Page, desk: Desk, width: int) -> None:
    page = at_desk
    page.set_viewport_size({"width": width, "height": 900})
    choose(page, desk.suspicion.about)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def left(page: Page) -> list[tuple[datetime, int]]:
    """Every deadline of the queue that the server told, with the minutes that the page shows of it."""
    found = []
    for one in page.locator(".dp-row [data-due]").all():
        counts = re.findall(r"(\d+) (天|小时|分钟)", one.inner_text())
        minutes = sum(int(n) * {"天": 1440, "小时": 60, "分钟": 1}[unit] for n, unit in counts)
        found.append((datetime.fromisoformat(one.get_attribute("data-due") or ""), minutes))
    return found


def test_the_page_counts_down_to_what_the_row_says(at_desk: Page, desk: Desk) -> None:
    """Nothing is worked out a second time in the browser: it shows how far off the instant is that the server told."""
    page = at_desk
    known = {moment for row in Order.objects.all() for moment in (row.next_due_at, row.overdue_at) if moment}
    look(page)
    for turn in range(2):
        shown = left(page)
        assert shown
        now = datetime.fromtimestamp(page.evaluate("Date.now()") / 1000, UTC)
        for due, minutes in shown:
            assert any(abs((due - moment).total_seconds()) < 1 for moment in known)
            assert abs(abs((due - now).total_seconds()) / 60 - minutes) < 1.1, turn
        page.clock.fast_forward(7 * 60_000)
