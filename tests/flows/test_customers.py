"""Customers in a real browser: found by keyboard, shown for a while, hidden again by itself."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from denghuo.apps.customers.actions import CardEntry, privacy, set_contact_card
from denghuo.apps.customers.models import Unmasking
from tests.apps.customers.conftest import SYSTEM, row, take_in
from tests.world import PASSWORD, World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Everything the browser complains of: blocked styles and scripts, missing files, errors."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def town(live_server: LiveServer, page: Page) -> World:
    made = make_world()
    take_in(made.lamp, row(phones=("12800000001",)), row("1002", "张大明", load_code="T3"))
    set_contact_card(user_id=made.zhou.pk, entry=CardEntry(phone="0571812345"), **SYSTEM)
    page.goto(f"{live_server.url}/sign-in/?next=/customers/")
    page.fill("[name=username]", "zhou")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    expect(page.locator("#id_q")).to_be_focused()
    return made


def test_somebody_is_found_without_a_mouse(town: World, page: Page, complaints: list[str]) -> None:
    page.keyboard.type("zx")
    expect(page.locator(".cu-hit")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".cu-hit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#id_q")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("张*灯")
    assert complaints == []


def test_what_is_shown_hides_again(
    town: World, page: Page, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("denghuo.apps.customers.actions.SHOWN_FOR", timedelta(seconds=3))
    monkeypatch.setattr(privacy, "SHOWN_FOR", timedelta(seconds=3))
    page.goto(page.url + "?q=1001")
    card = page.locator("#cu-hidden")
    card.locator("summary").click()
    card.locator("[name=reason]").fill("回访")
    card.locator("button").click()
    expect(card).to_contain_text("12800000001")
    expect(card).to_contain_text("128****0001")
    expect(card).not_to_contain_text("12800000001")
    assert Unmasking.objects.count() == 1
    assert complaints == []


def test_pages_can_be_used_by_everybody(town: World, page: Page, live_server: LiveServer) -> None:
    for address in (
        "",
        "?q=%E9%9D%92%E7%A6%BE",
        "care/",
        "cut/",
        "responsible/",
        f"cards/{town.zhou.pk}/",
        "unmaskings/",
    ):
        page.goto(f"{live_server.url}/customers/{address}")
        assert Axe().run(page).violations_count == 0, address
    page.goto(f"{live_server.url}/customers/?q=1001")
    for address in ("", "contact/", "care/", "correct/"):
        page.goto(f"{page.url.split('?')[0].split('contact')[0].split('care')[0]}{address}")
        assert Axe().run(page).violations_count == 0, page.url
