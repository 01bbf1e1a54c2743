"""The legal clock, and proof of who was told."""

from datetime import date, timedelta
from typing import Any

import pytest

from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices import queries
from denghuo.apps.notices.actions import record_delivery, set_notice_rule
from denghuo.apps.notices.actions.messages import queue_messages
from denghuo.apps.notices.facts import NoticeDelivered
from denghuo.apps.notices.models import Message, State
from tests.apps.notices.conftest import SYSTEM, Queue, entry
from tests.world import AT, World

DAY = date(2026, 5, 1)
ABOUT = "outages.outage:12"
HOUR = timedelta(hours=1)


def ahead(case: str, world: World, on: date = DAY) -> list[tuple[str, timedelta]]:
    return [(duty.audience, duty.ahead) for duty in queries.duties_for(case, unit_path=str(world.lamp.path), on=on)]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("planned", [("public", 7 * 24), ("users", 7 * 24)]),
        ("temporary", [("important", 24), ("public", 24)]),
        ("before", [("users", 0.5)]),
        ("arrears", [("authority", 7 * 24), ("users", 7 * 24)]),
        ("breach", [("users", 24)]),
    ],
)
def test_what_the_law_asks(world: World, case: str, expected: list[tuple[str, float]]) -> None:
    assert ahead(case, world) == [(audience, hours * HOUR) for audience, hours in expected]


def rule(unit_id: int, **told: Any) -> None:
    plain = {
        "case": "planned",
        "audience": "users",
        "from_date": DAY,
        "ahead_min": 10 * 24 * 60,
        "channels": ["sms"],
        "basis": "省公司规定",
        "source": "文件",
    }
    set_notice_rule(unit_id=unit_id, **{**plain, **told}, **SYSTEM)


def test_the_nearest_units_rule_holds_from_its_day_on(world: World) -> None:
    rule(world.city.pk)
    rule(world.lamp.pk, ahead_min=5 * 24 * 60, from_date=DAY + timedelta(days=1))
    assert ("users", 240 * HOUR) in ahead("planned", world)
    assert ("users", 120 * HOUR) in ahead("planned", world, DAY + timedelta(days=1))
    assert ("users", 168 * HOUR) in ahead("planned", world, DAY - timedelta(days=1))
    rule(world.lamp.pk, holds=False, from_date=DAY + timedelta(days=2))
    assert "users" not in dict(ahead("planned", world, DAY + timedelta(days=2)))


def test_one_province_asks_twice(world: World) -> None:
    for minutes in (3 * 24 * 60, 60):
        rule(world.lamp.pk, case="arrears", audience="others", ahead_min=minutes, channels=["handed"])
    assert [told for told in ahead("arrears", world) if told[0] == "others"] == [
        ("others", 72 * HOUR),
        ("others", HOUR),
    ]


def test_deadlines(world: World) -> None:
    start = AT + 200 * HOUR
    found = queries.deadlines_for("planned", start, unit_path=str(world.lamp.path), on=DAY)
    assert {one.due_at for one in found} == {start - 168 * HOUR}
    assert not found[0].is_over(AT + 32 * HOUR)
    assert found[0].is_over(AT + 33 * HOUR)


@pytest.mark.parametrize("wrong", [{"case": "x"}, {"audience": "x"}, {"channels": ["x"]}, {"basis": " "}])
def test_a_rule_says_on_what_it_rests(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a rule"):
        rule(world.lamp.pk, **wrong)


def standing(row: Message, state: State, **told: Any) -> None:
    ended = None if state in (State.QUEUED, State.SENDING) else AT
    Message.objects.filter(pk=row.pk).update(state=state.value, ended_at=ended, **told)


def test_who_was_told_and_who_was_not(world: World, queue: Queue) -> None:
    ref = "customers.account:{}".format
    told = {"event": "outages.planned", "legal": True}
    standing(queue("1", **told), State.DELIVERED, sent_at=AT, delivered_at=AT + HOUR)
    standing(queue("2", **told), State.SENT, sent_at=AT)
    standing(queue("3", **told), State.UNDELIVERABLE, reason="refused")
    queue("4", **told)
    standing(queue("5", **told), State.WITHHELD, reason="opted_out")
    standing(queue("6", **told), State.DELIVERED, sent_at=AT, delivered_at=AT + 3 * HOUR)
    standing(queue("8", **told), State.CANCELLED)
    standing(queue("9", event="outages.restored"), State.DELIVERED, sent_at=AT, delivered_at=AT)
    missing = queries.unnotified(ABOUT, [ref(n) for n in range(1, 10)], events=["outages.planned"], by=AT + 2 * HOUR)
    assert [(one.to_ref, one.reason, one.code) for one in missing] == [
        (ref(2), "sent", ""),
        (ref(3), "undeliverable", "refused"),
        (ref(4), "waiting", ""),
        (ref(5), "withheld", "opted_out"),
        (ref(6), "late", ""),
        (ref(7), "never", ""),
        (ref(8), "never", ""),
        (ref(9), "never", ""),
    ]
    lenient = queries.unnotified(ABOUT, [ref(2)], events=["outages.planned"], sent_is_enough=True)
    assert lenient == []
    by_voice = queries.unnotified(ABOUT, [ref(1)], channels=["voice"])
    assert [one.reason for one in by_voice] == ["never"]


def test_who_shares_a_number_was_told_with_the_other(world: World) -> None:
    same = [entry(world.lamp.pk, key, text="停电了") for key in ("a", "b")]
    queue_messages(entries=same, **SYSTEM)
    standing(Message.objects.get(key="a"), State.DELIVERED, sent_at=AT, delivered_at=AT)
    assert queries.unnotified(ABOUT, [one.to_ref for one in same]) == []
    (proof,) = queries.proof_of(ABOUT)["customers.account:b"]
    assert proof.message_id == Message.objects.get(key="a").pk


def test_what_was_brought_by_hand_is_proof(world: World, known: dict[str, str]) -> None:
    known["customers.account:1"] = "3101 张*"
    told: dict[str, Any] = {
        "unit_id": world.lamp.pk,
        "about": ABOUT,
        "case": "arrears",
        "to_ref": "customers.account:1",
    }
    for _ in range(2):
        record_delivery(how="handed", receiver="张三", delivered_at=AT, **told, **SYSTEM)
    assert queries.unnotified(ABOUT, ["customers.account:1"], case="arrears") == []
    assert len(queries.unnotified(ABOUT, ["customers.account:1"], case="planned")) == 1
    assert len(ledger.facts(classes=[NoticeDelivered])) == 1
    assert queries.announced_at(ABOUT) is None
    record_delivery(how="posted", delivered_at=AT, **{**told, "to_ref": queries.PUBLIC}, **SYSTEM)
    assert queries.announced_at(ABOUT) == AT


@pytest.mark.parametrize(
    "wrong",
    [
        {"how": "handed"},
        {"how": "left"},
        {"how": "x"},
        {"case": "x", "how": "left", "receiver": "李四"},
        {"how": "left", "receiver": "李四", "delivered_at": AT + HOUR},
        {"how": "left", "receiver": "李四", "to_ref": "customers.account:99999999"},
    ],
)
def test_what_proves_nothing_is_refused(world: World, known: dict[str, str], wrong: dict[str, Any]) -> None:
    known["a:1"] = "3101 张*"
    plain = {"unit_id": world.lamp.pk, "about": ABOUT, "case": "arrears", "to_ref": "a:1", "delivered_at": AT}
    with pytest.raises(ValueError, match=r"\w"):
        record_delivery(**{**plain, **wrong}, **SYSTEM)


def test_how_the_messages_about_something_stand(queue: Queue) -> None:
    standing(queue("1"), State.DELIVERED, sent_at=AT, delivered_at=AT, answered_at=AT)
    standing(queue("2"), State.UNDELIVERABLE, unanswered_at=AT)
    queue("3")
    told = queries.told_about(ABOUT)
    assert (told.messages, told.delivered, told.undeliverable, told.waiting) == (3, 1, 1, 1)
    assert (told.answered, told.unanswered) == (1, 1)


def test_the_figures_of_messages_add_up(queue: Queue) -> None:
    for number, state in enumerate(State):
        standing(queue(str(number)), state, sent_at=AT)
    told = queries.told_about(ABOUT)
    assert told.messages == told.delivered + told.waiting + told.sent + told.undeliverable + told.unsent
    assert told.unsent == 2
