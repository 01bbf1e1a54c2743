"""Words, gateways and wishes: who says what holds, from when on, and that credentials stay sealed."""

import json
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from denghuo.apps.customers.models import Unmasking
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.notices import queries
from denghuo.apps.notices.actions import (
    GatewayEntry,
    set_gateway,
    set_gateway_template,
    set_message_template,
    set_preference,
    try_gateway,
    unmask_message,
)
from denghuo.apps.notices.models import Channel, Gateway, GatewayTemplate, Preference
from denghuo.apps.notices.queries.events import SAMPLE
from denghuo.apps.notices.sender import claim
from tests.apps.notices.conftest import SYSTEM, Queue
from tests.world import AT, World

DAY = date(2026, 5, 1)


def words(world: World, event: str = "outages.restored", on: date = DAY, **told: Any) -> str:
    values = {"area": "青禾村", "line": "灯山线", "end": "16:00", "phone": "95598", **told}
    return queries.words(event=event, channel="sms", unit_path=str(world.lamp.path), on=on, values=values)


def template(unit_id: int, text: str, **told: Any) -> None:
    plain = {"event": "outages.restored", "channel": "sms", "from_date": DAY, "source": "所务会"}
    set_message_template(unit_id=unit_id, text=text, **{**plain, **told}, **SYSTEM)


@pytest.mark.parametrize("event", sorted(queries.EVENTS))
@pytest.mark.parametrize("channel", Channel.values)
def test_the_products_own_words_name_what_is_known(world: World, event: str, channel: str) -> None:
    known = queries.EVENTS[event]
    text = queries.words(
        event=event,
        channel=channel,
        unit_path=str(world.lamp.path),
        on=DAY,
        values={name: SAMPLE[name] for name in known.values},
    )
    assert "{" not in text


def test_the_nearest_units_words_hold_from_their_day_on(world: World) -> None:
    template(world.city.pk, "市公司：{area}来电了")
    template(world.lamp.pk, "灯山所：{area}来电了", from_date=DAY + timedelta(days=1))
    assert words(world, on=DAY - timedelta(days=1)).startswith("复电通知")
    assert words(world) == "市公司：青禾村来电了"
    assert words(world, on=DAY + timedelta(days=1)) == "灯山所：青禾村来电了"


def test_what_is_missing_is_named(world: World) -> None:
    with pytest.raises(queries.MissingValuesError) as told:
        queries.words(event="outages.restored", channel="sms", unit_path="1.", on=DAY, values={"area": "青禾村"})
    assert told.value.missing == ("line", "end", "phone")
    with pytest.raises(queries.UnknownEventError):
        queries.words(event="outages.unheard", channel="sms", unit_path="1.", on=DAY)


@pytest.mark.parametrize(
    "wrong",
    [{"text": " "}, {"text": "{areas}来电"}, {"text": "a", "event": "x"}, {"text": "a", "channel": "drum"}]
    + [{"text": text} for text in ("停电{area", "停电 {area.__class__}", "{{area}}来电", "area}来电", "｛area｝来电")]
    + [{"text": "停电 {area}{line}", "event": "outages.planned"}],
)
def test_words_that_cannot_be_filled_in_are_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        template(world.lamp.pk, **wrong)


@pytest.mark.parametrize("event", sorted(queries.EVENTS))
def test_the_products_own_words_could_be_anybodys(event: str) -> None:
    for text in queries.EVENTS[event].words.values():
        assert queries.lack_of_words(text, event=event) == ""


SMS: dict[str, Any] = {
    "name": "短信",
    "kind": "aliyun",
    "channel": "sms",
    "endpoint": "https://dysmsapi.example",
    "access_id": "id",
    "secret": "very secret",
    "price_fen": Decimal("4.5"),
}


def test_credentials_lie_sealed_and_are_in_no_fact(world: World) -> None:
    row = set_gateway(unit_id=world.lamp.pk, entry=GatewayEntry(**SMS), **SYSTEM)
    assert "very secret" not in json.dumps(list(Fact.objects.values_list("data", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, receipt_token FROM notices_gateway")
        secret, token = cursor.fetchone()
    assert b"very secret" not in bytes(secret)
    assert row.receipt_token.encode() not in bytes(token)


def test_a_secret_stays_until_a_new_one_is_told(world: World) -> None:
    row = set_gateway(unit_id=world.lamp.pk, entry=GatewayEntry(**SMS), **SYSTEM)
    token = row.receipt_token
    told = {**SMS, "secret": None, "priority": 2}
    set_gateway(unit_id=world.lamp.pk, entry=GatewayEntry(**told), gateway_id=row.pk, **SYSTEM)
    row = Gateway.objects.get()
    assert (row.secret, row.priority, row.receipt_token) == ("very secret", 2, token)


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "voice"},
        {"endpoint": "dysmsapi.example"},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "不是地址"},
        {"endpoint": "https://不是地址"},
        {"endpoint": "https://sms example"},
        {"kind": "smtp", "channel": "email", "endpoint": "https://mail.example"},
    ],
)
def test_a_gateway_that_cannot_be_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a gateway"):
        set_gateway(unit_id=world.lamp.pk, entry=GatewayEntry(**{**SMS, **wrong}), **SYSTEM)


def test_registered_words_come_and_go(world: World) -> None:
    row = set_gateway(unit_id=world.lamp.pk, entry=GatewayEntry(**SMS), **SYSTEM)
    told: dict[str, Any] = {"gateway_id": row.pk, "event": "outages.fault", "variables": ["area"]}
    for code in ("SMS_1", "SMS_2"):
        set_gateway_template(code=code, **told, **SYSTEM)
    assert GatewayTemplate.objects.get().code == "SMS_2"
    set_gateway_template(code="", **told, **SYSTEM)
    assert not GatewayTemplate.objects.exists()


def test_a_trial_leaves_by_the_gateway_that_is_tried(world: World) -> None:
    set_gateway(unit_id=world.lamp.pk, entry=GatewayEntry(**SMS), **SYSTEM)
    second = set_gateway(unit_id=world.lamp.pk, entry=GatewayEntry(**{**SMS, "name": "b", "priority": 9}), **SYSTEM)
    row = try_gateway(gateway_id=second.pk, address="13800138000", text="试", **SYSTEM)
    ((job,), _) = claim(holder="h", limits={"sms": 5}, lease=timedelta(minutes=1), at=AT)
    assert (job.message_id, job.gateway_id) == (row.pk, second.pk)


def test_the_last_wish_counts(world: World) -> None:
    told: dict[str, Any] = {"unit_id": world.lamp.pk, "to_ref": "customers.account:1", "opted_out": []}
    set_preference(channels=["sms"], quiet_from=time(22), quiet_until=time(7), **told, **SYSTEM)
    set_preference(channels=["voice"], **told, **SYSTEM)
    assert (Preference.objects.get().channels, Preference.objects.get().quiet_from) == (["voice"], None)
    for wrong in ({"channels": ["drum"]}, {"channels": [], "quiet_from": time(22)}):
        with pytest.raises(ValueError, match=r"\w"):
            set_preference(**told, **wrong, **SYSTEM)


def test_who_looks_at_an_address_says_why(queue: Queue) -> None:
    row = queue()
    with pytest.raises(ValueError, match="why"):
        unmask_message(message_id=row.pk, reason=" ", **SYSTEM)
    assert unmask_message(message_id=row.pk, reason="回访", **SYSTEM).address == "13800138000"
    deliveries.drain()
    look = Unmasking.objects.get()
    assert (look.subject, look.unit_id, look.reason) == (f"notices.message:{row.pk}", row.unit_id, "回访")
    assert "13800138000" not in json.dumps(list(Fact.objects.values_list("data", flat=True)))
