"""An order that was opened as something else: put right, with what it was, and with its clocks.

AT is Friday 1 May 2026, 08:00 local, the first of five holidays; 9 May is worked.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.customers.actions import AccountEntry, anonymize, close_account, open_account
from denghuo.apps.customers.models import Account
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import CorrectionRefusedError, StepEntry
from denghuo.apps.orders.models import Area, Correction, Kind, Order, State, SuspensionCause, Topic
from tests.apps.orders.conftest import Open, People, client_of
from tests.apps.orders.test_clocks import layer, local
from tests.world import AT, World

pytestmark = pytest.mark.usefixtures("english")


def correct(order: Order, at: datetime = AT, *, reason: str = "听错了", actor: str = "he", **told: Any) -> Correction:
    kept = actions.correct_order(order_id=order.pk, told=told, reason=reason, at=at, actor=actor)
    deliveries.drain()
    order.refresh_from_db()
    return kept


def step(order: Order, code: str, at: datetime, **told: Any) -> Order:
    return actions.take_step(order_id=order.pk, step=code, at=at, actor="he", **told)


def account(world: World, *, unit_id: int | None = None, number: str = "0009", load_code: str = "T3") -> Account:
    entry = AccountEntry(number=number, name="演示九", address="青禾村3组9号", load_code=load_code)
    return open_account(unit_id=unit_id or world.lamp.pk, entry=entry, at=AT, actor="test")


def clocks(order: Order, at: datetime) -> list[tuple[Any, ...]]:
    return [
        (one.clock, one.run, one.limit.layer, one.limit.limit_s, one.started_at, one.due_at, one.shown_s, one.late)
        for one in queries.clocks_of(Order.objects.get(pk=order.pk), at=at)
    ]


def test_another_area_moves_the_deadline_from_when_it_came_in(opened: Open) -> None:
    row = opened(area=Area.REMOTE)
    step(row, "dispatch", AT + timedelta(minutes=1))
    step(row, "accept", AT + timedelta(minutes=2))
    kept = correct(row, AT + timedelta(minutes=30), area=Area.CITY)
    assert layer(row, "arrive", "promise", at=AT + timedelta(minutes=30)).due_at == AT + timedelta(minutes=45)
    assert (row.next_due_clock, row.next_due_at) == ("arrive", AT + timedelta(minutes=45))
    assert (kept.due_before, kept.due_after) == (AT + timedelta(minutes=120), AT + timedelta(minutes=45))
    assert row.received_at == AT


def test_a_changed_order_does_not_forget_its_suspensions(opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.ATTITUDE, at=local("05-11T10:00"), text="怠慢")
    same = opened(Kind.MISCONDUCT, Topic.ATTITUDE, at=local("05-11T10:00"), text="怠慢")
    for one in (row, same):
        asked = actions.ask_suspension(
            order_id=one.pk,
            cause=SuspensionCause.UNREACHABLE,
            reason="无人接听",
            at=local("05-12T09:00"),
            actor="he",
        )
        actions.decide_suspension(suspension_id=asked.pk, granted=True, at=local("05-12T09:00"), actor="tang")
        step(one, "resume", local("05-14T09:00"))
    correct(row, local("05-14T10:00"), kind=Kind.MISCONDUCT)
    assert clocks(row, local("05-15T10:00")) == clocks(same, local("05-15T10:00"))
    assert layer(row, "answer", "promise", at=local("05-15T10:00")).due_at == local("05-28T00:00")


def test_an_order_of_another_kind_shows_the_clocks_it_would_have_had(opened: Open) -> None:
    """Everything that happened before is read by the steps of the right kind, also what ended a clock of its own."""
    row, same = opened(Kind.FAULT, Topic.OTHER), opened(Kind.SERVICE, Topic.APPLIANCE)
    for one in (row, same):
        step(one, "accept", AT + timedelta(minutes=5))
        step(one, "arrive", AT + timedelta(hours=1))
    correct(row, AT + timedelta(hours=2), kind=Kind.SERVICE, topic=Topic.APPLIANCE)
    for code, hours in (("finish", 3), ("call_back", 4), ("close", 5)):
        for one in (row, same):
            step(one, code, AT + timedelta(hours=hours))
    row.refresh_from_db()
    assert clocks(row, AT + timedelta(hours=6)) == clocks(same, AT + timedelta(hours=6))
    assert {told["clock"] for told in row.judged} == {"arrive", "answer"}


def test_there_and_back_again_is_as_it_was(opened: Open) -> None:
    row = opened()
    step(row, "dispatch", AT + timedelta(minutes=1))
    at = AT + timedelta(minutes=9)
    before = clocks(row, at)
    correct(row, AT + timedelta(minutes=3), kind=Kind.COMPLAINT, topic=Topic.OUTAGES)
    assert {one[0] for one in clocks(row, at)} == {"contact", "answer"}
    correct(row, AT + timedelta(minutes=5), kind=Kind.FAULT, topic=Topic.NO_SUPPLY)
    assert clocks(row, at) == before
    assert row.state == State.DISPATCHED


def test_what_it_was_who_and_why_stand_in_the_fact_and_the_course(world: World, opened: Open) -> None:
    row = opened(place="水口村", caller="13800138000")
    correct(row, topic=Topic.DANGER, place="青禾村3组9号", caller="13900139000", reason="客户来电更正")
    fact = Fact.objects.get(kind="orders.OrderCorrected")
    assert fact.actor == "he"
    assert '"was_topic":"no_supply"' in fact.data.replace(" ", "")
    assert not any(word in fact.data for word in ("13800138000", "13900139000", "水口村", "青禾村"))
    page = client_of("he").get(reverse("orders:order", args=[row.pk])).content.decode()
    shown = ("客户来电更正", "No supply", "Danger on the line", "水口村", "青禾村3组9号", "138****8000", "139****9000")
    for words in shown:
        assert words in page
    assert "13900139000" not in page
    assert queries.open_of_caller("139 0013 9000", reader=None)[0].pk == row.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT changes FROM orders_correction")
        assert "水口村".encode() not in bytes(cursor.fetchone()[0])


def test_supervisors_hear_of_a_deadline_that_moves_away(opened: Open) -> None:
    row = opened(area=Area.CITY)
    correct(row, AT + timedelta(minutes=5), kind=Kind.ENQUIRY, topic=Topic.OUTAGES)
    assert set(Notice.objects.filter(kind="orders.eased").values_list("recipient__username", flat=True)) >= {"tang"}
    strict = opened(Kind.ENQUIRY, Topic.OUTAGES, text="何时来电")
    correct(strict, AT + timedelta(minutes=5), kind=Kind.FAULT, topic=Topic.NO_SUPPLY)
    assert not Notice.objects.filter(kind="orders.eased", path__contains=f"/{strict.pk}/").exists()


def test_a_clock_that_passed_in_vain_is_said_when_it_is_taken_away(opened: Open) -> None:
    row = opened()
    kept = correct(row, AT + timedelta(hours=5), kind=Kind.ENQUIRY, topic=Topic.OUTAGES)
    assert (kept.late_before, kept.late_after) == (["arrive", "dispatch"], [])
    assert {told["clock"] for told in kept.clocks_before if told["late"]} == {"arrive", "dispatch"}
    assert row.overdue_at is None
    page = client_of("he").get(reverse("orders:order", args=[row.pk])).content.decode()
    assert "too late before: Arrive, Dispatch; now: –" in page


def test_what_was_judged_is_not_judged_anew(world: World, opened: Open) -> None:
    row = opened()
    for code, minutes in (("accept", 1), ("arrive", 200), ("finish", 210), ("close", 220)):
        step(row, code, AT + timedelta(minutes=minutes))
    judged, at = Order.objects.get(pk=row.pk).judged, AT + timedelta(hours=9)
    for told in ({"area": Area.REMOTE}, {"kind": Kind.ENQUIRY, "topic": Topic.OUTAGES}):
        with pytest.raises(CorrectionRefusedError, match="over"):
            correct(row, at, **told)
    correct(row, at, account_id=account(world).pk)
    assert (row.judged, row.state, row.load_code) == (judged, State.CLOSED, "T3")
    assert not Fact.objects.filter(kind="orders.OrderClosed")[1:]
    assert [one.step for one in row.steps.all()][-1] == "correct"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"topic": Topic.ATTITUDE}, "topic"),
        ({"kind": "nonsense"}, "topic"),
        ({"area": "moon"}, "topic"),
        ({"account_id": 2**40}, "account"),
        ({"place": "水口村"}, "nothing"),
        ({}, "nothing"),
        ({"place": "上村", "reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(opened: Open, told: dict[str, Any], code: str) -> None:
    row = opened(place="水口村")
    with pytest.raises(CorrectionRefusedError, match=code):
        correct(row, **told)
    assert Order.objects.get(pk=row.pk).next_due_at == row.next_due_at
    assert not Correction.objects.exists()


def test_a_customer_of_another_unit_is_refused(world: World, opened: Open) -> None:
    elsewhere = account(world, unit_id=world.wick.pk, number="7001")
    with pytest.raises(CorrectionRefusedError, match="unit"):
        correct(opened(), account_id=elsewhere.pk)


def test_a_kind_that_could_not_go_on_from_here_is_refused(opened: Open) -> None:
    row = opened()
    step(row, "arrive", AT + timedelta(minutes=5))
    for code in ("finish", "return", "dispatch"):
        told: dict[str, Any] = {"step": code, "withdrawn": code != "finish"}
        entry = StepEntry(kind=Kind.ENQUIRY, from_states=["registered"], to_state="in_hand", **told)
        actions.set_step_rule(entry=entry, from_date=AT.date(), source="本所", at=AT, actor="meng")
    with pytest.raises(CorrectionRefusedError, match="stuck"):
        correct(row, AT + timedelta(minutes=6), kind=Kind.ENQUIRY, topic=Topic.OUTAGES)
    assert Order.objects.get(pk=row.pk).kind == Kind.FAULT


def test_somebody_whose_order_it_is_not_corrects_nothing(opened: Open) -> None:
    row = opened()
    path = reverse("orders:correct", args=[row.pk])
    assert client_of("su").get(path).status_code == 302
    told = {"kind": "fault", "topic": "danger", "reason": "看错"}
    assert client_of("su").post(path, told).status_code == 302
    assert Order.objects.get(pk=row.pk).topic == Topic.NO_SUPPLY
    assert client_of("he").get(path).status_code == 200
    assert client_of("yan").get(path).status_code == 403


def test_the_page_puts_right_what_is_changed_and_keeps_what_is_hidden(world: World, opened: Open) -> None:
    found = account(world)
    row = opened(place="听不清", caller="13800138000", contact_name="周安")
    client, path = client_of("he"), reverse("orders:correct", args=[row.pk])
    page = client.get(path)
    assert "13800138000" not in page.content.decode()
    assert "周安" not in page.content.decode()
    told = {"seen": "0", "kind": "fault", "topic": "no_supply", "area": "", "place": "听不清", "load_code": ""}
    answer = client.post(path, told | {"account": found.pk, "reason": "按地址查到"}, follow=True)
    assert "Corrected" in answer.content.decode()
    row.refresh_from_db()
    assert (row.account_id, row.load_code, row.caller, row.contact_name) == (found.pk, "T3", "13800138000", "周安")
    assert client.post(path, told | {"account": found.pk, "reason": "再来", "load_code": "T3"}).status_code == 422


def test_wrong_input_is_answered_with_what_is_wrong_and_loses_nothing(opened: Open) -> None:
    row = opened()
    client, path = client_of("he"), reverse("orders:correct", args=[row.pk])
    told = {"seen": "0", "kind": "fault", "topic": "no_supply", "place": "村口", "caller": "abc"}
    answer = client.post(path, told)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"caller", "reason"}
    assert "村口" in answer.content.decode()
    told |= {"caller": "13900139000", "no_caller": "on", "reason": "x", "account": "999999"}
    assert "within your reach" in client.post(path, told | {"caller": ""}).content.decode()
    assert not Correction.objects.exists()


def test_two_who_correct_at_once_do_not_undo_each_other(opened: Open) -> None:
    row = opened(place="旧")
    client, path = client_of("he"), reverse("orders:correct", args=[row.pk])
    told = {"seen": "0", "kind": "fault", "topic": "no_supply", "reason": "更正"}
    assert client.post(path, told | {"place": "新"}).status_code == 302
    answer = client.post(path, told | {"place": "旧", "topic": "danger"})
    assert answer.status_code == 422
    assert "meanwhile" in answer.content.decode()
    assert Order.objects.get(pk=row.pk).place == "新"


def test_another_kind_shows_its_topics_and_writes_nothing(opened: Open) -> None:
    row = opened()
    told = {"kind": "complaint", "topic": "no_supply", "reason": "投诉"}
    answer = client_of("he").post(reverse("orders:correct", args=[row.pk]), told, headers={"hx-request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="attitude"' in page
    assert 'value="投诉"' in page
    assert not Correction.objects.exists()


def test_the_evidence_holds_what_was_corrected(opened: Open) -> None:
    row = opened()
    correct(row, AT + timedelta(minutes=3), kind=Kind.COMPLAINT, topic=Topic.OUTAGES, reason="客户投诉停电")
    course = queries.course_of(row, at=AT)
    assert course.steps[0].effects == "contact:start,answer:start"
    assert row.steps.get(step="open").effects == "dispatch:start,arrive:start"
    printed = client_of("he").get(reverse("orders:print", args=[row.pk])).content.decode()
    assert "客户投诉停电" in printed
    assert "Fault report" in printed


def test_a_program_corrects_too(world: World, opened: Open) -> None:
    found, row = account(world), opened(caller="13800138000")
    client, path = client_of("he"), f"/api/orders/{row.pk}/correction"

    def send(**told: Any) -> Any:
        return client.post(path, told, content_type="application/json")

    answer = send(reason="核对", account="0009", area="city", caller="")
    assert answer.status_code == 200, answer.content
    row.refresh_from_db()
    assert (row.account_id, row.area, row.caller, row.caller_index) == (found.pk, "city", "", None)
    assert {one["limit_s"] for one in answer.json()["clocks"] if one["clock"] == "arrive"} == {45 * 60, 60 * 60}
    assert send(reason="核对", account="nobody").status_code == 422
    assert send(reason="核对", topic="attitude").status_code == 422
    assert send(reason="", area="rural").status_code == 422
    assert send(reason="核对").status_code == 422
    others = client_of("su").post(path, {"reason": "x", "area": "rural"}, content_type="application/json")
    assert others.status_code == 403


def test_who_is_forgotten_leaves_the_corrections_too(world: World, people: People, opened: Open) -> None:
    mine, other = account(world), account(world, number="0010")
    row = opened(account_id=mine.pk, place="青禾村3组9号", caller="13800138000")
    correct(row, account_id=other.pk, place="青禾村3组10号", caller="13900139000")
    close_account(account_id=mine.pk, closed_date=timezone.localdate(AT), at=AT, actor="test")
    anonymize(person_id=mine.person_id, reason="本人申请", at=AT, actor="test")
    deliveries.drain()
    told = {part.field: (part.was, part.now) for part in queries.changed(Correction.objects.get())}
    assert told["place"] == told["caller"] == ("", "")
    assert told["account_id"] == (mine.pk, other.pk)
