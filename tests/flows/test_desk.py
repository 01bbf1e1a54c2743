"""The desk without a mouse, in a real browser: the customer's word is taken once and becomes an order."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from denghuo.apps.customers.actions import AccountEntry, add_phone, open_account, set_supply_state
from denghuo.apps.customers.models import Account
from denghuo.apps.hotline.actions import open_exchange
from denghuo.apps.orders.models import Order
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role
from tests.world import AT, PASSWORD, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
NUMBER = "13800000077"


@pytest.fixture
def accounts(live_server: LiveServer, page: Page) -> list[Account]:
    """Two accounts of one person, the second cut off for arrears; an agent who is signed in."""
    world = make_world()
    agent = register_user(username="he", display_name="何雨", password=PASSWORD, **SYSTEM)
    assign_role(user=agent, unit=world.lamp, role=Role.AGENT, **SYSTEM)
    open_exchange(unit_id=world.lamp.pk, code="lamp", name="灯山总机", **SYSTEM)
    rows = [
        open_account(
            unit_id=world.lamp.pk,
            entry=AccountEntry(number=number, name="王小五", address=address, load_code="T1"),
            **SYSTEM,
        )
        for number, address in (("0601", "青禾村3组12号"), ("0602", "柳溪村1组3号"), ("0603", "云台村2号"))
    ]
    add_phone(person_id=rows[0].person_id, number=NUMBER, **SYSTEM)
    Account.objects.filter(pk=rows[1].pk).update(person=rows[0].person)
    cut: dict[str, Any] = {"state": "cut", "reason": "arrears", "since_date": AT.date(), "record_number": "催停117号"}
    set_supply_state(account_id=rows[1].pk, **cut, **SYSTEM)
    client = Client()
    client.force_login(agent)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    page.goto(f"{live_server.url}{reverse('hotline:desk')}?number={NUMBER}")
    return rows


def keys(page: Page, *pressed: str) -> None:
    for one in pressed:
        page.keyboard.press(one)


def test_from_the_ring_to_the_number_by_keys_alone(page: Page, accounts: list[Account]) -> None:
    letters = page.locator("label:has(input[value=fault_report])").get_attribute("data-letters")
    assert letters is not None
    keys(page, "Alt+k", *letters)
    expect(page.locator("#id_topic")).to_be_focused()
    expect(page.locator("#id_topic")).to_have_value("no_supply")
    page.locator("input[name=account]:checked").focus()
    keys(page, "ArrowDown")
    expect(page.locator("#id_topic")).to_have_value("arrears")
    expect(page.locator("#cut")).to_contain_text("催停117号")
    keys(page, "ArrowUp")
    expect(page.locator("#id_topic")).to_have_value("no_supply")
    expect(page.locator(f"input[name=account][value='{accounts[0].pk}']")).to_be_focused()
    page.locator("#id_place").focus()
    page.keyboard.type("村口")
    keys(page, "Enter")
    page.locator("#id_text").focus()
    page.keyboard.type("家里停电")
    keys(page, "Control+Enter")
    expect(page.locator("#kept .hd-number")).to_be_visible()
    row = Order.objects.get()
    assert (row.account_id, row.topic, row.place, row.text) == (accounts[0].pk, "no_supply", "村口", "家里停电")
    expect(page.locator("#kept .hd-number")).to_have_text(row.number)


def test_another_customer_is_found_and_stays_chosen(page: Page, accounts: list[Account]) -> None:
    keys(page, "Alt+2", "Alt+c")
    page.keyboard.type("0603")
    found = page.locator(f"#found input[value='{accounts[2].pk}']")
    expect(found).to_be_visible()
    found.focus()
    keys(page, "Space")
    expect(page.locator("#customer-title")).to_contain_text("0603")
    keys(page, "Alt+c")
    page.keyboard.type("9")
    expect(page.locator("#found input:checked")).to_have_value(str(accounts[2].pk))
    page.locator("#id_text").focus()
    page.keyboard.type("替邻居报修")
    keys(page, "Control+Enter")
    expect(page.locator("#kept .hd-number")).to_be_visible()
    assert Order.objects.get().account_id == accounts[2].pk


def test_an_open_order_is_chased_by_one_key(page: Page, accounts: list[Account]) -> None:
    keys(page, "Alt+2")
    expect(page.locator("#id_topic")).to_be_visible()
    page.locator("#id_text").focus()
    page.keyboard.type("家里停电")
    keys(page, "Control+Enter")
    expect(page.locator("#kept .hd-number")).to_be_visible()
    keys(page, "Alt+n")
    page.keyboard.type(NUMBER)
    keys(page, "Enter")
    expect(page.locator("[data-chase]")).to_be_visible()
    with page.expect_navigation():
        keys(page, "Alt+u")
    assert Order.objects.get().urged_count == 1
