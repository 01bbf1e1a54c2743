"""Pages of messages: what they show, mask and let people do."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.adapters.messaging import webhook
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices import queries
from denghuo.apps.notices.actions import (
    GatewayEntry,
    answer_message,
    cancel_messages,
    queue_messages,
    set_gateway,
    set_preference,
)
from denghuo.apps.notices.facts import MessageCalledByHand, MessageUnmasked, NoticesPrinted
from denghuo.apps.notices.models import (
    Gateway,
    GatewayTemplate,
    HandCall,
    HandDelivery,
    Message,
    MessageTemplate,
    NoticeRule,
    State,
)
from tests.apps.network.conftest import signed_in
from tests.apps.notices.conftest import SYSTEM, Queue, entry
from tests.world import AT, World

SMS: dict[str, Any] = {
    "name": "短信",
    "kind": "webhook",
    "channel": "sms",
    "endpoint": "https://sms.example/",
    "secret": "very secret",
}


@pytest.fixture
def gateway(world: World) -> Gateway:
    return set_gateway(unit_id=world.city.pk, entry=GatewayEntry(**SMS), **SYSTEM)


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"notices:{name}", args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def dead(row: Message, reason: str = "refused") -> Message:
    Message.objects.filter(pk=row.pk).update(state=State.UNDELIVERABLE.value, reason=reason, ended_at=AT, code="number")
    return row


EVERY = ("messages", "undeliverable", "templates", "rules", "gateways", "paper")


@pytest.mark.parametrize("name", EVERY)
def test_pages_say_what_will_be_here(world: World, name: str) -> None:
    assert page(signed_in(world.zhou), name)


def test_the_outbox_shows_no_number(queue: Queue, world: World, gateway: Gateway) -> None:
    row, client = queue(safety=True), signed_in(world.zhou)
    dead(queue("dead"))
    for told in (
        page(client, "messages"),
        page(client, "messages", state="queued", ring="3", event="outages.fault", gateway="x"),
        page(client, "message", row.pk),
        page(client, "undeliverable"),
        page(client, "undeliverable", reason="refused"),
        page(client, "about", ref="outages.outage:12"),
    ):
        assert "13800138000" not in told
        assert "very secret" not in told
    assert "138****8000" in page(client, "messages")
    assert "It concerns safety" in page(client, "message", row.pk)


def test_filters_narrow(queue: Queue, world: World) -> None:
    queue("a", text="甲"), queue("b", ring=1, text="乙")
    client = signed_in(world.zhou)
    assert "甲" not in page(client, "messages", ring="1")
    assert "乙" in page(client, "messages", ring="1")
    assert "No message fits" in page(client, "messages", channel="email")
    assert page(client, "messages", about="outages.outage:12").count("nt-text") == 2


def test_an_address_is_shown_once_and_for_a_reason(queue: Queue, world: World) -> None:
    row, client = queue(), signed_in(world.zhou)
    address = reverse("notices:unmask", args=[row.pk])
    assert client.post(address, {"reason": ""}).status_code == 422
    told = client.post(address, {"reason": "回访"})
    assert "13800138000" in told.content.decode()
    assert told.headers["Cache-Control"] == "no-store"
    assert "13800138000" not in page(client, "message", row.pk)
    assert [found.fact.reason for found in ledger.facts(classes=[MessageUnmasked])] == ["回访"]


def test_what_failed_is_tried_again(queue: Queue, world: World) -> None:
    rows, client = [dead(queue(str(place))) for place in range(3)], signed_in(world.zhou)
    client.post(reverse("notices:retry", args=[rows[0].pk]))
    assert Message.objects.get(pk=rows[0].pk).state == State.QUEUED
    for other in ({"reason": "tried_often", "code": "number"}, {"reason": "refused", "code": "busy"}):
        client.post(reverse("notices:retry-all"), other)
        assert Message.objects.filter(state=State.QUEUED).count() == 1
    assert 'name="code" value="number"' in page(client, "undeliverable")
    client.post(reverse("notices:retry-all"), {"reason": "refused", "code": "number"})
    assert Message.objects.filter(state=State.QUEUED).count() == 3


def test_what_is_over_is_not_tried_again_alone_either(queue: Queue, world: World) -> None:
    row, client = dead(queue(expires_at=AT)), signed_in(world.zhou)
    shown = page(client, "message", row.pk)
    assert "What it tells is over" in shown and "Try again" not in shown
    assert "What it tells is over" in client.post(reverse("notices:retry", args=[row.pk]), follow=True).content.decode()
    assert Message.objects.get(pk=row.pk).state == State.UNDELIVERABLE


def test_what_was_called_off_meanwhile_is_not_tried_again_with_the_others(queue: Queue, world: World) -> None:
    over, late = dead(queue("over", about="outages.outage:7")), dead(queue("late", expires_at=AT))
    row, client = dead(queue("due")), signed_in(world.zhou)
    cancel_messages(about="outages.outage:7", reason="restored", **SYSTEM)
    client.post(reverse("notices:retry-all"), {"reason": "refused", "code": "number"})
    assert list(Message.objects.filter(state=State.QUEUED)) == [row]
    assert set(Message.objects.filter(state=State.UNDELIVERABLE)) == {over, late}


def test_somebody_was_reached_by_a_person(queue: Queue, world: World) -> None:
    ask = {"event": "outages.call_back", "expects_answer": True, "answer_within_s": 600}
    row, client = queue(**ask), signed_in(world.zhou)
    path, form = reverse("notices:reached", args=[row.pk]), "reached-title"
    shown = page(client, "message", row.pk)
    assert form in shown and "Supply is back" in shown and "Still without supply" in shown
    for nonsense in ("", "也许吧", "3"):
        assert client.post(path, {"answer": nonsense}).status_code == 422
    client.post(path, {"answer": "none", "note": "无人接听"})
    assert Message.objects.get(pk=row.pk).answered_at is None, "who was not reached has not answered"
    assert form in page(client, "message", row.pk)
    client.post(path, {"answer": "2", "note": "屋里还是黑的"})
    assert Message.objects.get(pk=row.pk).answer == "2"
    shown = page(client, "message", row.pk)
    assert form not in shown
    assert "无人接听" in shown and "屋里还是黑的" in shown and "Not reached" in shown
    assert list(HandCall.objects.values_list("answer", flat=True)) == ["", "2"]
    assert [one.fact.is_reached for one in ledger.facts(classes=[MessageCalledByHand])] == [False, True]


def test_who_was_told_of_something(queue: Queue, world: World, known: dict[str, str]) -> None:
    row, client = queue("1", legal=True), signed_in(world.zhou)
    assert "customers.account:1" in page(client, "about", ref=row.about), "nobody knows what it is called"
    known |= {"customers.account:1": "3101 张*", "customers.account:2": "3102 李*", row.about: "2026-12 青禾村"}
    told = page(client, "about", ref=row.about)
    assert "3101 张*" in told and "2026-12 青禾村" in told and "customers.account" not in told
    shown = page(client, "message", row.pk)
    assert "3101 张*" in shown and ">2026-12 青禾村<" in shown
    assert "3101 张*" in page(client, "wishes", ref=row.to_ref)
    for ref in ("outages.outage:99", "x"):
        assert client.get(reverse("notices:about"), {"ref": ref}).status_code == 404
    assert client.get(reverse("notices:about")).status_code == 302
    given = {"ref": row.about, "case": "planned", "how": "posted", "delivered_at": "2026-04-30T08:00"}
    wrong: list[dict[str, str]] = [
        {"how": "handed", "number": "3102"},
        {"how": "phone"},
        {"how": "phone", "number": "99999999"},
        {"delivered_at": "2999-01-01T08:00"},
    ]
    for one in wrong:
        assert client.post(reverse("notices:deliver"), {**given, **one}).status_code == 422, one
    assert client.post(reverse("notices:deliver"), {**given, "ref": "x"}).status_code == 404
    assert client.post(reverse("notices:deliver"), given, follow=True).status_code == 200
    assert HandDelivery.objects.get().to_ref == "public"
    assert "Announced in public" in page(client, "about", ref=row.about)
    assert client.post(reverse("notices:deliver"), {**given, "how": "phone", "number": "3102"}).status_code == 302
    assert "3102 李*" in page(client, "about", ref=row.about)


def test_another_station_sees_nothing(queue: Queue, world: World) -> None:
    row, client = queue(), signed_in(world.bai)
    assert "138****8000" not in page(client, "messages")
    assert client.get(reverse("notices:about"), {"ref": row.about}).status_code == 404
    assert client.get(reverse("notices:wishes"), {"ref": row.to_ref}).status_code == 404
    dead(row)
    client.post(reverse("notices:retry-all"), {"reason": "refused", "code": "number"})
    assert Message.objects.get(pk=row.pk).state == State.UNDELIVERABLE


def test_words_are_set_from_a_day_on(world: World) -> None:
    client, address = signed_in(world.chen), reverse("notices:templates")
    given = {
        "unit": world.lamp.pk,
        "event": "outages.restored",
        "channel": "sms",
        "from_date": "2026-05-01",
        "text": "{area}来电了",
        "source": "所务会",
    }
    wrong = client.post(address, {**given, "text": "{village}来电了"})
    assert wrong.status_code == 422
    assert "{village}" in wrong.content.decode()
    assert client.post(address, given).status_code == 302
    assert MessageTemplate.objects.get().text == "{area}来电了"
    assert "{line}" in page(client, "templates", event="outages.fault", channel="sms")  # to begin from
    assert "Supply is back · " in page(client, "templates") and "outages.restored · " not in page(client, "templates")
    long = client.post(address, {**given, "text": "{area}来电了" + "。" * 100}, follow=True).content.decode()
    assert "Each is charged as 2 text messages." in long
    assert signed_in(world.zhou).post(address, given).status_code == 403


def test_a_rule_is_set_from_a_day_on(world: World) -> None:
    client, address = signed_in(world.chen), reverse("notices:rules")
    given = {
        "unit": world.city.pk,
        "case": "arrears",
        "audience": "others",
        "from_date": "2026-05-01",
        "ahead": 1,
        "ahead_unit": 60,
        "channels": ["handed"],
        "basis": "条例",
        "source": "文件",
        "holds": "on",
    }
    assert client.post(address, {**given, "basis": ""}).status_code == 422
    assert client.post(address, {**given, "ahead": 91, "ahead_unit": 1440}).status_code == 422
    assert client.post(address, given).status_code == 302
    assert NoticeRule.objects.get().channels == ["handed"]
    told = page(client, "rules")
    assert "1 hour" in told
    assert "Handed over, signed for" in told


def test_how_somebody_wants_to_be_told(queue: Queue, world: World) -> None:
    row, client = queue(), signed_in(world.zhou)
    address = f"{reverse('notices:wishes')}?ref={row.to_ref}"
    assert client.post(address, {"quiet_from": "22:00"}).status_code == 422
    told = {"channels": ["voice"], "opted_out": ["outages.restored"], "quiet_from": "22:00", "quiet_until": "07:00"}
    assert client.post(address, told).status_code == 302
    wish = queries.wishes_of([row.to_ref])[row.to_ref]
    assert (wish.channels, wish.opted_out) == (["voice"], ["outages.restored"])
    assert "checked" in client.get(address).content.decode()
    assert "quiet from 22:00" in page(client, "message", row.pk)


def test_a_gateway_is_set_up_changed_and_tried(world: World) -> None:
    client, address = signed_in(world.chen), reverse("notices:gateways")
    given = {
        "unit": world.city.pk,
        "name": "阿里云",
        "kind": "aliyun",
        "channel": "sms",
        "endpoint": "https://dysmsapi.example",
        "access_id": "id",
        "secret": "very secret",
        "signature": "灯火供电",
        "options": "a = b",
        "rate_per_s": 50,
        "price_fen": "4.5",
        "priority": 1,
        "enabled": "on",
    }
    for wrong in (
        {"channel": "voice"},
        {"endpoint": "dysmsapi"},
        {"endpoint": "https://不是地址"},
        {"options": "a"},
        {"rate_per_s": 0},
    ):
        assert client.post(address, {**given, **wrong}).status_code == 422
    assert client.post(address, given).status_code == 302
    assert client.post(address, given).status_code == 422  # there is one of this name
    row = Gateway.objects.get()
    one = reverse("notices:gateway", args=[row.pk])
    told = client.get(one)
    assert "very secret" not in told.content.decode()
    assert row.receipt_token in told.content.decode()
    assert client.post(one, {**given, "secret": "", "priority": 3}).status_code == 302
    row.refresh_from_db()
    assert (row.secret, row.priority, row.options) == ("very secret", 3, {"a": "b"})
    registered = {"event": "outages.fault", "code": "SMS_1", "variables": "area，line"}
    client.post(reverse("notices:gateway-template", args=[row.pk]), registered)
    assert GatewayTemplate.objects.get().variables == ["area", "line"]
    tried = client.post(reverse("notices:try-gateway", args=[row.pk]), {"address": "13800138000", "text": "试"})
    assert tried.headers["Location"] == reverse("notices:message", args=[Message.objects.get().pk])
    client.post(reverse("notices:try-gateway", args=[row.pk]), {"address": ""})
    assert Message.objects.count() == 1
    assert "SMS_1" in client.get(one).content.decode()
    assert "阿里云" in page(client, "gateways")


def test_a_new_gateway_sends_what_waited_for_it(queue: Queue, world: World) -> None:
    row = queue()
    later = timezone.now() + timedelta(days=1)
    Message.objects.filter(pk=row.pk).update(reason="no_gateway", due_at=later)
    set_gateway(unit_id=world.city.pk, entry=GatewayEntry(**SMS), **SYSTEM)
    row.refresh_from_db()
    assert row.due_at == AT


@pytest.mark.parametrize(("size", "people"), [("A5", "张三,001,青禾村3组\n李四，002"), ("A4", "")])
def test_notices_on_paper(world: World, size: str, people: str) -> None:
    client, address = signed_in(world.zhou), reverse("notices:paper")
    given = {
        "case": "planned",
        "size": size,
        "number": "灯停〔2026〕12号",
        "area": "青禾村",
        "line": "灯山线",
        "start_at": "2026-05-08T08:00",
        "end_at": "2026-05-08T16:00",
        "reason": "检修",
        "phone": "95598",
        "link": "https://outage.example/12",
        "receipt": "on",
        "people": people,
    }
    for wrong in ({"area": ""}, {"end_at": "2026-05-08T07:00"}, {"link": "https://x.example/" + "a" * 3000}):
        assert client.post(address, given | wrong).status_code == 422
    answer = client.post(f"{address}?ref=outages.outage:12", given)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    (fact,) = [found.fact for found in ledger.facts(classes=[NoticesPrinted])]
    assert (fact.about, fact.notice_count) == ("outages.outage:12", len(people.splitlines()) or 1)
    told = client.get(address, {"area": "柳溪村", "start_at": "2026-05-08T08:00+08:00", "end_at": "soon"})
    assert "柳溪村" in told.content.decode()
    for day in ("0001-01-01T00:00", "9999-12-31T23:59"):
        assert client.post(address, given | {"start_at": day, "end_at": ""}).status_code in (200, 422)


# --- what gateways report


def reports(row: Message, **told: Any) -> bytes:
    return json.dumps({"reports": [{"id": row.token, "state": "answered", "answer": "1", **told}]}).encode()


def sent(gateway: Gateway, body: bytes, *, secret: str = "very secret", token: str = "") -> int:
    signed = webhook.sign(secret, body, at=timezone.now())
    path = reverse("notices:receipts", args=[token or gateway.receipt_token])
    client = Client(enforce_csrf_checks=True)
    return client.post(path, body, content_type="application/json", headers=signed).status_code


def test_a_report_is_taken_from_the_gateway_alone(gateway: Gateway, queue: Queue) -> None:
    row = queue(expects_answer=True, answer_within_s=600)
    body = reports(row)
    assert sent(gateway, body, token="somebody") == 404
    assert sent(gateway, body, secret="guessed") == 400
    assert sent(gateway, b"{}") == 400
    assert Message.objects.get(pk=row.pk).answered_at is None
    for _ in range(2):
        assert sent(gateway, body) == 200
    assert Message.objects.get(pk=row.pk).answer == "1"
    assert Client().get(reverse("notices:receipts", args=[gateway.receipt_token])).status_code == 405


def test_figures_add_up(queue: Queue, world: World, gateway: Gateway) -> None:
    rows = [queue(str(place)) for place in range(4)]
    now = timezone.now()
    told = {"gateway_id": gateway.pk, "sent_at": now, "ended_at": now, "queued_at": now, "cost_fen": 450}
    Message.objects.filter(pk__in=[row.pk for row in rows[:3]]).update(state=State.DELIVERED.value, **told)
    Message.objects.filter(pk=rows[0].pk).update(state=State.UNDELIVERABLE.value)
    text = page(signed_in(world.zhou), "messages")
    assert "13.50" in text
    assert "could not deliver 33.3%" in text
    (one,) = [one for one in queries.performance([str(world.city.path)], since=AT) if one.taken]
    assert (one.taken, one.delivered, one.failed) == (3, 2, 1)


def test_wishes_of_a_person_hold_for_the_next_message(queue: Queue, world: World) -> None:
    row = queue()
    told: dict[str, Any] = {"unit_id": world.lamp.pk, "to_ref": row.to_ref, "channels": []}
    set_preference(opted_out=["outages.fault"], **told, **SYSTEM)
    queue_messages(entries=[entry(world.lamp.pk, "again", to_ref=row.to_ref)], **SYSTEM)
    again = Message.objects.get(key="again")
    assert "they do not want to hear of this" in page(signed_in(world.zhou), "message", again.pk)
    assert answer_message(message_id=row.pk, answer="1", **SYSTEM).answer == "1"
