"""The frame in a real browser: sign-in, theme, menus, a phone; nothing that the security policy would block."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Clock, Kind, Order, Topic
from denghuo.apps.organization.models import Assignment, Role, Unit, UnitKind, User
from denghuo.main.demo_people import PASSWORD, PEOPLE, Person
from tests.world import AT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Everything the browser complains of: blocked styles and scripts, missing files, errors."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("requestfailed", lambda request: heard.append(request.url))
    return heard


@pytest.fixture
def demo(live_server: LiveServer, settings: Settings) -> str:
    settings.DEMO = True
    unit = Unit.objects.create(code="s", name="灯山供电所", kind=UnitKind.STATION, path="/1/")
    for person in PEOPLE[:2]:
        user = User.objects.create_user(username=person.username, display_name=person.name, password=PASSWORD)
        Assignment.objects.create(user=user, unit=unit, role=Role(person.role_code))
    return str(live_server.url)


def come_in(page: Page, demo: str) -> None:
    page.goto(f"{demo}/help/")
    page.click(f"button[value={PEOPLE[0].username}]")
    expect(page.get_by_role("heading", level=1)).to_have_text("怎样看懂这些画面")


def test_theme_lasts_from_page_to_page(page: Page, demo: str, complaints: list[str]) -> None:
    come_in(page, demo)
    page.click("[data-dh-theme]")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert complaints == []


def test_menus_close_and_give_the_focus_back(page: Page, demo: str, complaints: list[str]) -> None:
    come_in(page, demo)
    menu = page.locator("details[data-dh-menu]").last
    menu.locator("summary").click()
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.locator("input[name=username]")).to_be_visible()
    assert complaints == []


def test_a_phone_shows_it_all_without_scrolling_sideways(page: Page, demo: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    come_in(page, demo)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    bottom = page.locator(".dh-nav").bounding_box()
    assert bottom is not None
    assert bottom["y"] + bottom["height"] == pytest.approx(844, abs=1)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("who", PEOPLE[:2], ids=lambda who: str(who.role_code))
def test_no_name_in_the_bar_below_is_cut(page: Page, demo: str, language: str, who: Person) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": demo}])
    page.goto(f"{demo}/help/")
    page.click(f"button[value={who.username}]")
    expect(page.locator(".dh-nav__item[aria-current]")).to_have_text("Help" if language == "en" else "说明")
    cut = "names => names.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    assert page.locator(".dh-nav__item span").evaluate_all(cut) == []
    apart = """names => names.map(one => one.getBoundingClientRect())
        .every((one, n, all) => n === 0 || one.left >= all[n - 1].right)"""
    assert page.locator(".dh-nav__item span").evaluate_all(apart)


def test_a_row_of_a_list_stays_within_a_phone(page: Page, demo: str) -> None:
    told = {"kind": Kind.COMPLAINT, "topic": Topic.ATTITUDE, "text": "怠慢", "caller": "19900000001", "received_at": AT}
    unit_id = Unit.objects.get(code="s").pk
    row = open_order(entry=OrderEntry(unit_id=unit_id, first_asked=PEOPLE[0].username, **told), at=AT, actor="test")
    ahead = timezone.now() + timedelta(days=1)
    Order.objects.filter(pk=row.pk).update(overdue_at=AT, next_due_at=ahead, next_due_clock=Clock.CONTACT)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{demo}/orders/")
    page.click(f"button[value={PEOPLE[0].username}]")
    page.locator("details[data-dh-menu] summary").first.click()
    page.get_by_role("button", name="English").click()
    expect(page.locator(".dh-table--stack td").last).to_contain_text("Contact the customer")
    parts = page.locator(".dh-table--stack tbody *")
    assert parts.evaluate_all("all => Math.max(...all.map(one => one.getBoundingClientRect().right))") <= 390


def test_it_works_where_script_is_off(browser_context_args: dict[str, Any], browser: Browser, demo: str) -> None:
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = context.new_page()
    come_in(page, demo)
    page.locator("details[data-dh-menu] summary").first.click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How to read the screens")
    context.close()


@pytest.mark.parametrize("path", ["/sign-in/", "/help/", "/nothing/here/"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(page: Page, demo: str, path: str, theme: str) -> None:
    page.context.add_cookies([{"name": "dh_theme", "value": theme, "url": demo}])
    if path != "/sign-in/":
        come_in(page, demo)
    page.goto(demo + path)
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()
