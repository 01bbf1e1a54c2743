"""Messages leave once, in time, as people wish, and somebody waits for the answer."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection

from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices.actions import (
    answer_message,
    cancel_messages,
    expire_messages,
    follow_unanswered,
    queue_messages,
)
from denghuo.apps.notices.actions.messages import NEVER_SENT
from denghuo.apps.notices.facts import (
    MessageAnswered,
    MessagesCancelled,
    MessagesExpired,
    MessagesQueued,
    MessageUnanswered,
)
from denghuo.apps.notices.models import Message, Preference, State
from denghuo.apps.notices.queries.addresses import masked, plain
from denghuo.apps.notices.queries.wishes import after_quiet, channel_for
from tests.apps.notices.conftest import SYSTEM, Queue, entry
from tests.world import AT, World

ABOUT = "outages.outage:12"
MINUTE = timedelta(minutes=1)


def wish(world: World, to_ref: str = "customers.account:k", **told: Any) -> Preference:
    return Preference.objects.create(unit=world.lamp, to_ref=to_ref, set_at=AT, set_by="test", **told)


def test_a_key_is_queued_once(world: World) -> None:
    entries = [entry(world.lamp.pk, key) for key in ("a", "b", "a")]
    assert queue_messages(entries=entries, **SYSTEM) == 2
    assert queue_messages(entries=[*entries, entry(world.lamp.pk, "c", ring=1)], **SYSTEM) == 1
    assert queue_messages(entries=entries, **SYSTEM) == 0
    facts = [entry.fact for entry in ledger.facts(classes=[MessagesQueued])]
    assert [(fact.about, fact.ring, fact.message_count) for fact in facts] == [(ABOUT, 3, 2), (ABOUT, 1, 1)]
    assert len(set(Message.objects.values_list("token", flat=True))) == 3


def test_where_it_goes_and_what_it_says_lie_sealed(queue: Queue) -> None:
    row = queue(values={"area": "青禾村"})
    assert (row.address, row.name, row.text) == ("13800138000", "张三", "停电了 k")
    assert row.address_masked == "138****8000"
    with connection.cursor() as cursor:
        cursor.execute('SELECT address, name, text, "values" FROM notices_message')
        told = b"".join(bytes(part) for part in cursor.fetchone())
    assert b"138" not in told
    assert "青禾村".encode() not in told


@pytest.mark.parametrize(
    "told",
    [
        {"text": " "},
        {"event": ""},
        {"to_ref": ""},
        {"channel": "drum"},
        {"ring": 4},
        {"expects_answer": True},
    ],
)
def test_what_cannot_be_sent_is_refused(queue: Queue, told: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a message"):
        queue(**told)


def test_nobody_can_be_reached_without_an_address(queue: Queue) -> None:
    row = queue(address=" ", expects_answer=True, answer_within_s=600)
    assert (row.state, row.reason) == (State.UNDELIVERABLE, "no_address")
    assert follow_unanswered(**SYSTEM) == 1


@pytest.mark.parametrize(("hour", "wait_h"), [(21.5, 0), (22, 9), (23, 8), (0, 7), (6.5, 0.5), (7, 0), (12, 0)])
def test_quiet_hours_over_midnight(hour: float, wait_h: float) -> None:
    local_midnight = AT - timedelta(hours=8)  # Shanghai
    at = local_midnight + timedelta(hours=hour)
    assert after_quiet(at, (time(22), time(7))) - at == timedelta(hours=wait_h)


def test_quiet_hours_of_one_day() -> None:
    noon = AT + timedelta(hours=4)
    assert after_quiet(noon, (time(12), time(14))) - noon == timedelta(hours=2)
    assert after_quiet(noon, (time(13), time(14))) == noon
    assert after_quiet(noon, (time(12), None)) == noon


def test_wishes_hold_but_not_against_safety_and_law(world: World, queue: Queue) -> None:
    night = AT + timedelta(hours=15)  # 23:00 in Shanghai
    wish(world, quiet_from=time(22), quiet_until=time(7))
    assert queue(at=night).due_at == night + timedelta(hours=8)
    for key, told in {"safe": {"safety": True}, "law": {"legal": True}}.items():
        row = queue(key, to_ref="customers.account:k", at=night, **told)
        assert (row.due_at, row.state) == (night, State.QUEUED)
    assert queue("caller", at=night, quiet_from=time(22), quiet_until=time(6)).due_at == night + timedelta(hours=7)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"opted_out": ["outages"]}, "opted_out"),
        ({"opted_out": ["outages.fault"]}, "opted_out"),
        ({"opted_out": ["orders"]}, ""),
        ({"channels": ["email"]}, "other_channel"),
        ({"channels": ["email", "sms"]}, ""),
    ],
)
def test_what_somebody_does_not_want_is_kept_and_not_sent(
    world: World, queue: Queue, told: dict[str, Any], reason: str
) -> None:
    wish(world, **told)
    row = queue()
    assert (row.state, row.reason) == ((State.WITHHELD, reason) if reason else (State.QUEUED, ""))
    assert queue("safe", to_ref="customers.account:k", safety=True).state == State.QUEUED


def test_the_channel_is_the_first_wished_that_there_is(world: World) -> None:
    row = wish(world, channels=["email", "voice"])
    assert channel_for(None, ["sms", "voice"]) == "sms"
    assert channel_for(row, ["sms", "voice"]) == "voice"
    assert channel_for(row, ["sms"]) is None
    assert channel_for(None, []) is None


def test_the_same_words_go_to_a_number_once(world: World) -> None:
    same = [entry(world.lamp.pk, key, text="停电了") for key in ("a", "b")]
    other = entry(world.lamp.pk, "c", text="停电了", address="13800138001")
    queue_messages(entries=[*same, other], **SYSTEM)
    assert [(row.key, row.reason) for row in Message.objects.order_by("key")] == [
        ("a", ""),
        ("b", "same_address"),
        ("c", ""),
    ]


def test_rings_are_ranked(queue: Queue) -> None:
    told = {"care": {"ring": 1}, "staff": {"ring": 0}, "important": {"ring": 2}, "all": {"ring": 3}}
    told |= {"danger": {"ring": 3, "safety": True}, "care-danger": {"ring": 1, "safety": True}}
    ranks = {key: queue(key, **one).rank for key, one in told.items()}
    assert ranks == {"care": 0, "staff": 1, "important": 2, "all": 3, "danger": 1, "care-danger": 0}


def test_what_holds_no_more_is_called_off(queue: Queue) -> None:
    queued, sent, sending = queue("a"), queue("b", expects_answer=True, answer_within_s=60), queue("c")
    Message.objects.filter(pk=sent.pk).update(state=State.SENT, sent_at=AT, ended_at=AT)
    Message.objects.filter(pk=sending.pk).update(state=State.SENDING)
    queue("other", about="outages.outage:13")
    told = {"about": ABOUT, "reason": "restored", "at": AT + MINUTE, "actor": "test"}
    assert cancel_messages(**told) == 1
    assert cancel_messages(**told) == 0
    states = dict(Message.objects.values_list("key", "state"))
    assert states == {"a": "cancelled", "b": "sent", "c": "sending", "other": "queued"}
    assert Message.objects.get(pk=queued.pk).reason == "restored"
    for row in (sent, sending):  # so it is not tried again, should it fail
        assert Message.objects.get(pk=row.pk).expires_at == AT + MINUTE
    assert follow_unanswered(at=AT + 60 * MINUTE, actor="test") == 0
    assert [entry.fact.message_count for entry in ledger.facts(classes=[MessagesCancelled])] == [1]


def test_only_what_is_named_is_called_off(queue: Queue) -> None:
    queue("a"), queue("b", event="outages.restored"), queue("c")
    told = {"about": ABOUT, "reason": "x", **SYSTEM}
    assert cancel_messages(events=["outages.restored"], **told) == 1
    assert cancel_messages(to_refs=["customers.account:a"], **told) == 1
    assert dict(Message.objects.values_list("key", "state"))["c"] == "queued"


def test_who_does_not_answer_in_time_is_told_of_once(queue: Queue) -> None:
    ladder = {"ring": 1, "channel": "voice", "expects_answer": True, "answer_within_s": 600}
    missed, answered = queue("a", **ladder), queue("b", **ladder)
    answer_message(message_id=answered.pk, answer="1", at=AT + MINUTE, actor="test")
    never_sent = AT + NEVER_SENT
    assert follow_unanswered(at=never_sent + 9 * MINUTE, actor="rounds") == 0
    assert follow_unanswered(at=never_sent + 10 * MINUTE, actor="rounds") == 1
    assert follow_unanswered(at=never_sent + 11 * MINUTE, actor="rounds") == 0
    (told,) = [entry.fact for entry in ledger.facts(classes=[MessageUnanswered])]
    assert (told.message_id, told.about, told.to_ref, told.ring) == (missed.pk, ABOUT, "customers.account:a", 1)


def test_the_first_answer_counts_and_a_late_one_is_kept(queue: Queue) -> None:
    row = queue(expects_answer=True, answer_within_s=60)
    follow_unanswered(at=AT + NEVER_SENT + 5 * MINUTE, actor="rounds")
    for answer in ("2", "1"):
        answer_message(message_id=row.pk, answer=answer, at=AT + 6 * MINUTE, actor="test")
    (told,) = [entry.fact for entry in ledger.facts(classes=[MessageAnswered])]
    assert (told.answer, told.to_ref) == ("2", "customers.account:k")


def test_what_the_law_asks_for_keeps_quiet_hours_where_there_is_time(queue: Queue) -> None:
    night = {"quiet_from": time(7), "quiet_until": time(9), "legal": True}  # it is 8 o'clock there
    nine = AT + timedelta(hours=1)
    at_once = queue("a", **night)
    waits = queue("b", **night, legal_by_at=nine + timedelta(hours=1))
    near = queue("c", **night, legal_by_at=nine + timedelta(minutes=59))
    safe = queue("d", **night, legal_by_at=nine + timedelta(days=1), safety=True)
    assert [row.due_at for row in (at_once, waits, near, safe)] == [AT, nine, AT, AT]


def test_what_would_come_too_late_is_not_sent(queue: Queue) -> None:
    queue("a", expires_at=AT + MINUTE)
    queue("b")
    assert expire_messages(at=AT, actor="rounds") == 0
    assert expire_messages(at=AT + MINUTE, actor="rounds") == 1
    assert Message.objects.get(key="a").state == State.EXPIRED
    assert len(ledger.facts(classes=[MessagesExpired])) == 1


def test_addresses_are_written_in_one_way() -> None:
    assert {plain(told, "sms") for told in ("13800138000", "+86 138 0013 8000", "0086-138-0013-8000")} == {
        "13800138000"
    }
    assert plain("0571-8765 4321", "voice") == "057187654321"
    assert masked("not a mail", "email") == "***"
    assert masked("nonsense", "webhook") == "***"
