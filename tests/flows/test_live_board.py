"""The live board in a real browser: events stream in, what is selected and typed stays; one click sends a proposal."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from denghuo.apps.hotline.actions import open_exchange, update_board
from denghuo.apps.hotline.models import Agent, Announcement, Exchange, Queue
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.network.actions import record_switching
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing import actions
from denghuo.apps.staffing.models import CallUp, RuleKind, Surge, SurgeState
from tests.world import AT, PASSWORD, World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
FIRST, SECOND = "13800000077", "13900000088"


@pytest.fixture
def world(live_server: LiveServer, page: Page) -> World:
    """Lamp station's exchange with two people on seats; a shift leader who is signed in."""
    made = make_world()
    leader = register_user(username="jiang", display_name="江月", password=PASSWORD, **SYSTEM)
    assign_role(user=leader, unit=made.lamp, role=Role.SHIFT_LEADER, **SYSTEM)
    exchange = open_exchange(unit_id=made.lamp.pk, code="lamp", name="灯山总机", **SYSTEM)
    Queue.objects.create(exchange=exchange, code="95598")
    for code, name in (("A001", "何雨"), ("A002", "沈晴")):
        Agent.objects.create(exchange=exchange, code=code, name=name, team="一班")
    client = Client()
    client.force_login(leader)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    return made


Tell = Callable[..., None]


@pytest.fixture
def tell(world: World) -> Tell:
    """The exchange tells who waits, since when, and who talks."""
    return partial(_tell, {})


def _tell(begun: dict[str, datetime], waiting: dict[str, str], *, talking: str = "A001") -> None:
    now = timezone.now()
    state = {
        "waiting": [
            {
                "call_id": call_id,
                "caller": caller,
                "queue": "95598",
                "since": begun.setdefault(call_id, now).isoformat(),
            }
            for call_id, caller in waiting.items()
        ],
        "agents": [
            {"agent": code, "state": "talking" if code == talking else "available", "since": now.isoformat()}
            for code in ("A001", "A002")
        ],
    }
    exchange_id = Exchange.objects.get().pk
    update_board(exchange_id=exchange_id, state=state, connected=True, at=now, actor="listener")


def selected(page: Page) -> str:
    return str(page.evaluate("getSelection().toString()"))


def test_events_stream_in_while_a_row_is_selected_and_something_is_typed(
    page: Page, live_server: LiveServer, tell: Tell
) -> None:
    tell({"1": FIRST})
    page.goto(live_server.url + reverse("hotline:board"))
    row = page.locator("#call-1")
    expect(row).to_contain_text("138****0077")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#call-1 th'))")
    for step, caller in enumerate((SECOND, "13700000099", "13600000011"), 2):
        tell({"1": FIRST, str(step): caller}, talking="A002" if step % 2 else "A001")
        expect(page.locator(f"#call-{step}")).to_be_visible()
        assert selected(page) == "138****0077", "what was selected before the event is selected after it"
    find = page.locator("[data-board-find]")
    find.click()
    page.keyboard.type("00")
    page.evaluate("document.querySelector('[data-board-find]').dataset.mine = 'yes'")
    tell({"1": FIRST, "5": SECOND})
    expect(page.locator("#call-5")).to_be_attached()
    page.keyboard.type("88")
    expect(page.locator("#call-5")).to_be_visible()
    expect(row).to_be_hidden()
    tell({"1": FIRST, "5": SECOND, "6": "13600000011"})
    expect(page.locator("#call-6")).to_be_attached()
    expect(page.locator("#call-6")).to_be_hidden()
    expect(find).to_be_focused()
    expect(find).to_have_value("0088")
    assert find.get_attribute("data-mine") == "yes", "the field is the one that was typed into"
    find.fill("沈")
    expect(page.locator("#seat-a002")).to_be_visible()
    expect(page.locator("#seat-a001")).to_be_hidden()


def test_a_call_that_goes_on_keeps_its_clock(page: Page, live_server: LiveServer, tell: Tell) -> None:
    tell({"1": FIRST})
    page.goto(live_server.url + reverse("hotline:board"))
    clock = page.locator("#call-1 [data-since]")
    expect(clock).to_have_text(re.compile(r"^\d:\d\d$"))
    page.evaluate("document.querySelector('#call-1 [data-since]').firstChild.mine = true")
    tell({"1": FIRST, "2": SECOND})
    expect(page.locator("#call-2")).to_be_visible()
    assert page.evaluate("document.querySelector('#call-1 [data-since]').firstChild.mine")


@pytest.fixture
def surge(world: World) -> Surge:
    """An outage of this minute that is large enough, with a proposal that has something in it."""
    now = timezone.now()
    rule = {"kind": RuleKind.SURGE_CUSTOMERS, "value": 1, "source": "test"}
    actions.set_rule(unit_id=world.lamp.pk, from_date=now.date() - timedelta(days=1), **rule, **SYSTEM)
    record_switching(
        network_id=world.network.pk, device_code="QF1", closes=False, operated_at=now, event_number="T-9", note="",
        at=now, actor="test",
    )  # fmt: skip
    deliveries.drain()
    row = actions.propose_surge(unit=world.lamp, outage=Outage.objects.get(), at=now, actor="system")
    assert row is not None
    row.told["recommended"] = "announcement"  # whatever is cheapest in so small a town
    row.save(update_fields=["told"])
    return row


def test_one_click_on_the_alert_sends_it_and_undoes_it(
    page: Page, live_server: LiveServer, tell: Tell, surge: Surge
) -> None:
    tell({"1": FIRST})
    page.goto(live_server.url + reverse("hotline:board"))
    card = page.locator(f"#offer-{surge.pk}")
    expect(card).to_contain_text("T-9")
    expect(card).to_contain_text("%")
    expect(card).to_contain_text("您好")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#call-1 th'))")
    card.locator("button").dblclick()
    answer = page.locator("#surge-answer")
    expect(answer).to_contain_text("江月")
    expect(card).to_have_count(0)
    expect(page.locator(".hl-alerts")).to_contain_text("T-9")
    surge.refresh_from_db()
    assert (surge.state, surge.accepted, len(surge.sent)) == (SurgeState.SENT, ["announcement"], 1)
    assert Fact.objects.filter(kind="staffing.SurgeSent").count() == 1, "two clicks are one sending"
    deliveries.drain()
    assert Announcement.objects.get().published_at is not None
    with page.expect_navigation():
        answer.locator("button[name=ask_back]").click()
    page.locator("button[name=take_back]").click()
    expect(page.locator("h1")).to_contain_text("T-9")
    surge.refresh_from_db()
    assert surge.state == SurgeState.PROPOSED


def test_a_proposal_that_changed_meanwhile_is_shown_and_asked_for(
    page: Page, live_server: LiveServer, tell: Tell, surge: Surge
) -> None:
    tell({})
    page.goto(live_server.url + reverse("hotline:board"))
    button = page.locator(f"#offer-{surge.pk} button")
    expect(button).to_be_visible()
    page.route("**/staffing/alerts/**", lambda route: route.abort())  # the line to the board is lost for a moment
    Surge.objects.update(customers=surge.customers + 5_000)
    button.click()
    answer = page.locator("#surge-answer")
    expect(answer).to_contain_text(f"{surge.customers + 5_000:,}")
    expect(answer).to_contain_text(f"{surge.customers:,}")
    surge.refresh_from_db()
    assert (surge.state, surge.sent) == (SurgeState.PROPOSED, [])
    assert not CallUp.objects.exists()
    answer.locator("button.dh-btn--primary").click()
    expect(answer).to_contain_text("江月")
    surge.refresh_from_db()
    assert surge.state == SurgeState.SENT
    answer.locator("[data-answer-off]").click()
    expect(answer).to_be_empty()
