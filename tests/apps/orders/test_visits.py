"""A planned visit of the special-care register comes due as an order, and is over when it was made."""

import html
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.customers.actions import (
    AccountEntry,
    CareEntry,
    call_care_due,
    end_care,
    give_responsibility,
    open_account,
    record_care_visit,
    register_care,
)
from denghuo.apps.customers.models import Account, Care, CareKind, Extent
from denghuo.apps.ledger import deliveries
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.models import Order, Remark, State, Topic
from tests.apps.orders.conftest import People, client_of
from tests.world import AT, World

pytestmark = pytest.mark.usefixtures("english")
DAY = timezone.localdate(AT)
Register = Callable[..., Care]


@pytest.fixture
def register(world: World, people: People) -> Register:
    """Take somebody into the register, whose visit is due today and of whom the clerk answers."""

    def take(number: str = "0031", *, answered: bool = True, **told: Any) -> Care:
        entry = AccountEntry(number=number, name="演示三", address="青禾村3组31号", load_code="T3")
        row = open_account(unit_id=world.lamp.pk, entry=entry, at=AT, actor="test")
        if answered:
            give_responsibility(
                unit_id=world.lamp.pk,
                user_id=people.clerk.pk,
                extent=Extent.ACCOUNT,
                targets=[number],
                at=AT,
                actor="test",
            )
        plain: dict[str, Any] = {
            "kind": CareKind.LIFE_SUPPORT,
            "proof": "县医院证明",
            "proof_seen_date": DAY,
            "agreed_how": "书面",
            "review_date": DAY + timedelta(days=300),
            "visit_every_days": 30,
            "next_visit_date": DAY,
            "plan": "查看进户线\n带应急灯",
            "plan_with": "女儿",
        }
        return register_care(account_id=row.pk, entry=CareEntry(**plain | told), at=AT, actor="test")

    return take


def come_due(days: int = 0) -> list[Order]:
    call_care_due(at=AT + timedelta(days=days), actor="rounds")
    deliveries.drain()
    return list(Order.objects.filter(topic=Topic.HOME_VISIT).order_by("pk"))


def visit(care: Care, day: date, *, days: int, met: bool = True, **told: Any) -> None:
    at = AT + timedelta(days=days)
    record_care_visit(care_id=care.pk, visited_date=day, met=met, at=at, actor="su", **told)
    deliveries.drain()


def test_a_visit_that_is_due_is_an_order_of_whoever_answers(register: Register) -> None:
    care = register()
    (row,) = come_due()
    assert (row.handler, row.account_id, row.load_code, row.first_asked) == ("su", care.account_id, "T3", "")
    assert [one.clock for one in queries.clocks_of(row, at=AT)] == ["arrive"]
    assert row.next_due_at is not None
    page = client_of("su").get(reverse("orders:home"), {"mine": "on"}).content.decode()
    assert row.number in page


def test_it_is_opened_once_and_again_for_the_next_due_day(register: Register) -> None:
    care = register()
    for days in (0, 0, 1, 3):
        (row,) = come_due(days)
    visit(care, DAY + timedelta(days=3), days=3)
    row.refresh_from_db()
    assert row.state == State.CLOSED
    assert len(come_due(20)) == 1
    assert [one.is_over for one in come_due(33)] == [True, False]


def test_the_day_of_the_visit_is_when_the_clock_stopped(register: Register) -> None:
    care = register()
    (row,) = come_due()
    visit(care, DAY + timedelta(days=2), days=6)
    (shown,) = queries.clocks_of(Order.objects.get(pk=row.pk), at=AT + timedelta(days=9))
    assert shown.stopped_at is not None
    assert timezone.localdate(shown.stopped_at) == DAY + timedelta(days=2)
    assert shown.late is False


def test_a_visit_that_is_not_made_is_overdue(register: Register) -> None:
    register()
    (row,) = come_due()
    actions.watch_clocks(at=AT + timedelta(days=20), actor="rounds")
    row.refresh_from_db()
    assert row.overdue_at is not None
    page = client_of("su").get(reverse("orders:home"), {"due": "overdue"}).content.decode()
    assert row.number in page


def test_where_nobody_was_met_it_stays_open_and_says_so(register: Register) -> None:
    care = register()
    (row,) = come_due()
    visit(care, DAY, days=0, met=False)
    row.refresh_from_db()
    assert not row.is_over
    assert "无人" in Remark.objects.get(order=row).text or "nobody met" in Remark.objects.get(order=row).text
    assert len(come_due(1)) == 1


def test_nobody_answers_and_it_waits_to_be_taken_by_the_station(register: Register) -> None:
    register(answered=False)
    (row,) = come_due()
    assert (row.handler, row.state) == ("", State.REGISTERED)


def test_who_leaves_the_register_is_visited_no_more(register: Register) -> None:
    care = register()
    (row,) = come_due()
    end_care(care_id=care.pk, because="迁居", at=AT + timedelta(days=1), actor="su")
    deliveries.drain()
    row.refresh_from_db()
    assert row.state == State.TERMINATED


def test_a_visit_before_it_was_due_leaves_no_order(register: Register) -> None:
    care = register(next_visit_date=DAY + timedelta(days=5))
    visit(care, DAY, days=0)
    assert come_due(6) == []


def test_a_visit_of_long_ago_leaves_open_what_is_due_now_and_moves_no_plan_back(register: Register) -> None:
    care = register(visit_every_days=30)
    (row,) = come_due()
    visit(care, DAY - timedelta(days=100), days=1)
    row.refresh_from_db()
    care.refresh_from_db()
    assert (row.closed_at, care.next_visit_date) == (None, DAY)
    visit(care, DAY + timedelta(days=1), days=1)
    visit(care, DAY - timedelta(days=60), days=2)
    row.refresh_from_db()
    care.refresh_from_db()
    assert (row.state, care.next_visit_date) == (State.CLOSED, DAY + timedelta(days=31))


def test_a_visit_that_was_planned_once_is_due_no_more(register: Register) -> None:
    care = register(visit_every_days=None)
    (row,) = come_due()
    visit(care, DAY, days=0)
    row.refresh_from_db()
    care.refresh_from_db()
    assert (row.state, care.next_visit_date) == (State.CLOSED, None)


def test_what_a_visit_found_is_read_by_who_goes_there_next(register: Register) -> None:
    care = register()
    client = client_of("su")
    path = reverse("customers:visit-care", args=[care.account_id])
    today = timezone.localdate()
    old = client.post(path, {"visited_date": f"{today - timedelta(days=400)}", "met": "on", "note": "线路老化"})
    assert old.status_code == 422
    assert "more than a year ago" in html.unescape(old.content.decode())
    assert "线路老化" in old.content.decode()
    assert client.post(path, {"visited_date": f"{today}", "met": "on", "note": "线路老化"}).status_code == 302
    page = client.get(reverse("customers:account", args=[care.account_id])).content.decode()
    assert f"{today}</span> · 线路老化" in page


def test_the_plan_stands_on_the_order_its_sheet_and_the_page_of_the_visit(register: Register) -> None:
    care = register()
    (row,) = come_due()
    client = client_of("su")
    pages = [
        client.get(reverse("orders:order", args=[row.pk])).content.decode(),
        client.get(reverse("orders:print", args=[row.pk])).content.decode(),
        client.get(reverse("customers:visit-care", args=[care.account_id])).content.decode(),
    ]
    for page in pages:
        assert "带应急灯" in page
    assert "女儿" in pages[0]
    assert reverse("customers:visit-care", args=[care.account_id]) in pages[0]


def test_the_next_visit_is_on_the_day_that_was_agreed(register: Register) -> None:
    care = register()
    agreed = timezone.localdate() + timedelta(days=11)
    client, path = client_of("su"), reverse("customers:visit-care", args=[care.account_id])
    told = {"visited_date": f"{timezone.localdate():%Y-%m-%d}", "met": "on", "note": "电池更换"}
    refused = client.post(path, told | {"next_date": told["visited_date"]})
    assert refused.status_code == 422
    assert client.post(path, told | {"next_date": f"{agreed:%Y-%m-%d}"}).status_code == 302
    assert Care.objects.get(pk=care.pk).next_visit_date == agreed
    assert Account.objects.get(pk=care.account_id).pk == care.account_id


def test_the_plan_is_kept_by_its_form(register: Register) -> None:
    care = register()
    client, path = client_of("su"), reverse("customers:edit-care", args=[care.account_id])
    form = client.get(path).context["form"]
    assert form.initial["plan"] == "查看进户线\n带应急灯"
    told = {name: value for name, value in form.initial.items() if value is not None}
    assert client.post(path, told | {"plan": "试漏保", "plan_with": "本人"}).status_code == 302
    care.refresh_from_db()
    assert (care.plan_lines, care.plan_with, care.visit_every_days) == (["试漏保"], "本人", 30)
