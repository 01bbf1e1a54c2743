"""Messages through gateways that delay, fail, fall silent and say things twice: each reaches its person once."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices.actions import follow_unanswered, queue_messages, set_preference
from denghuo.apps.notices.actions.sending import FAILURES, MAX_ATTEMPTS, retry_message
from denghuo.apps.notices.facts import GatewayRested, MessagesTried
from denghuo.apps.notices.models import Attempt, Gateway, GatewayTemplate, Message, State
from denghuo.apps.notices.sender import claim, drain_messages
from denghuo.apps.organization.models import Unit
from denghuo.main.demo.gateway import Deed, FakeGateway, Got, plainly
from tests.apps.notices.conftest import SYSTEM, Queue, entry
from tests.world import AT, World

SECOND = timedelta(seconds=1)
SMS = {"sms": 10}


class Clock:
    """Time as the test wants it."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deeds() -> dict[str, Callable[[Got], Deed]]:
    """What the gateway does, by language; a test may change it while it runs."""
    return defaultdict(lambda: plainly)


@pytest.fixture
def fake(deeds: dict[str, Callable[[Got], Deed]]) -> Iterator[FakeGateway]:
    with FakeGateway(deed=lambda got: deeds[got.kind](got)) as gateway:
        yield gateway


def gateway_of(unit: Unit, fake: FakeGateway, kind: str = "webhook", **told: Any) -> Gateway:
    plain = {
        "name": kind,
        "channel": "voice" if kind == "voice" else "sms",
        "endpoint": fake.url(kind),
        "secret": "s",
        "signature": "灯火供电",
        "rate_per_s": 1000,
        "price_fen": Decimal("4.5"),
        "receipt_token": f"r-{kind}",
        "receipt_blind": Gateway.objects.count() + 1,
    }
    row = Gateway.objects.create(unit=unit, kind=kind, **(plain | told))
    if kind in ("aliyun", "tencent"):
        GatewayTemplate.objects.create(gateway=row, event="outages.fault", code="SMS_1", variables=["text"])
    return row


@pytest.fixture
def webhook(world: World, fake: FakeGateway) -> Gateway:
    return gateway_of(world.lamp, fake)


def drain(clock: Clock) -> int:
    return drain_messages(threads=4, clock=clock)


def test_what_is_due_is_sent_and_booked(webhook: Gateway, fake: FakeGateway, queue: Queue, clock: Clock) -> None:
    row, later = queue("a", text="电" * 65), queue("b", not_before_at=AT + 60 * SECOND)
    assert drain(clock) == 1
    row.refresh_from_db()
    assert (row.state, row.sent_at, row.gateway_id, row.doubt) == (State.SENT, AT, webhook.pk, False)
    assert (row.segments, row.cost_fen) == (2, Decimal("9.00"))  # the signature counts
    assert row.provider_id == f"webhook-{row.token}"
    assert fake.book.got[0].number == "13800138000"
    clock.passes(60)
    assert drain(clock) == 1
    assert fake.book.told == {row.token: 1, later.token: 1}
    assert [found.fact.taken_count for found in ledger.facts(classes=[MessagesTried])] == [1, 1]


def test_rings_leave_in_their_order(webhook: Gateway, fake: FakeGateway, queue: Queue, clock: Clock) -> None:
    told: list[dict[str, Any]] = [{"ring": 3}, {"ring": 2}, {"ring": 3, "safety": True}, {"ring": 1}, {"ring": 0}]
    rows = {row.token: row for row in (queue(str(place), **one) for place, one in enumerate(told * 3))}
    drain_messages(threads=1, clock=clock)
    ranks = [rows[token].rank for token in fake.book.order]
    assert ranks == sorted(ranks)
    assert len(ranks) == 15


@pytest.mark.parametrize("kind", ["aliyun", "tencent", "webhook"])
def test_a_gateway_that_takes_it_and_says_nothing_is_asked_again_and_sends_once(
    world: World, fake: FakeGateway, queue: Queue, clock: Clock, deeds: dict[str, Any], kind: str
) -> None:
    gateway_of(world.lamp, fake, kind)
    deeds[kind] = lambda _: Deed(silent=True)
    row = queue()
    drain(clock)
    row.refresh_from_db()
    assert (row.state, row.doubt) == (State.QUEUED, True)
    deeds[kind] = plainly
    clock.passes(60)
    drain(clock)
    row.refresh_from_db()
    assert row.state == State.SENT
    assert fake.book.told == {row.token: 1}


@pytest.mark.parametrize("kind", ["aliyun", "tencent", "webhook"])
def test_a_gateway_that_lost_it_and_says_nothing_is_handed_it_again(
    world: World, fake: FakeGateway, queue: Queue, clock: Clock, deeds: dict[str, Any], kind: str
) -> None:
    gateway_of(world.lamp, fake, kind)
    deeds[kind] = lambda _: Deed(takes=False, silent=True)
    row = queue()
    drain(clock)
    deeds[kind] = plainly
    clock.passes(60)
    drain(clock)
    assert fake.book.told == {row.token: 1}


def test_what_may_be_there_goes_nowhere_else(
    world: World, fake: FakeGateway, queue: Queue, clock: Clock, deeds: dict[str, Any]
) -> None:
    first, second = gateway_of(world.lamp, fake, "webhook"), gateway_of(world.lamp, fake, "aliyun", priority=2)
    deeds["webhook"] = lambda _: Deed(silent=True)
    row = queue()
    for _ in range(3):
        drain(clock)
        clock.passes(120)
    assert set(Attempt.objects.values_list("gateway", flat=True)) == {first.pk}
    Gateway.objects.filter(pk=first.pk).update(enabled=False)  # somebody decided
    drain(clock)
    row.refresh_from_db()
    assert row.gateway_id == second.pk


def test_for_safety_twice_is_better_than_not_at_all(
    world: World, fake: FakeGateway, queue: Queue, clock: Clock, deeds: dict[str, Any]
) -> None:
    gateway_of(world.lamp, fake, "webhook")
    second = gateway_of(world.lamp, fake, "aliyun", priority=2)
    deeds["webhook"] = lambda _: Deed(takes=False, silent=True)
    row = queue(safety=True)
    for _ in range(FAILURES):
        drain(clock)
        clock.passes(600)
        deeds["webhook"] = lambda _: Deed(takes=False, status=503)
    row.refresh_from_db()
    assert row.attempts <= FAILURES
    Gateway.objects.filter(name="webhook").update(resting_until_at=clock.now + timedelta(hours=1))
    drain(clock)
    row.refresh_from_db()
    assert (row.state, row.gateway_id) == (State.SENT, second.pk)


def test_a_gateway_that_cannot_is_passed_over_at_once(
    world: World, fake: FakeGateway, queue: Queue, clock: Clock, deeds: dict[str, Any]
) -> None:
    gateway_of(world.lamp, fake, "aliyun")
    second = gateway_of(world.lamp, fake, "tencent", priority=2)
    deeds["aliyun"] = lambda _: Deed(takes=False, code="isv.AMOUNT_NOT_ENOUGH")
    row = queue()
    drain(clock)
    row.refresh_from_db()
    assert (row.state, row.gateway_id, row.attempts) == (State.SENT, second.pk, 2)


def test_a_gateway_that_only_fails_rests_and_is_tried_with_one(
    world: World, fake: FakeGateway, queue: Queue, clock: Clock, deeds: dict[str, Any]
) -> None:
    gateway = gateway_of(world.lamp, fake)
    deeds["webhook"] = lambda _: Deed(takes=False, status=503)
    for place in range(FAILURES + 3):
        queue(str(place))
    drain(clock)
    gateway.refresh_from_db()
    assert gateway.resting_until_at is not None
    tried = Attempt.objects.count()
    clock.passes(30)
    assert drain(clock) == 0
    clock.passes(31)
    assert drain(clock) == 1  # one alone, to see
    deeds["webhook"] = plainly
    clock.passes(61)
    drain(clock)
    gateway.refresh_from_db()
    assert (gateway.failures, gateway.resting_until_at) == (0, None)
    clock.passes(600)
    drain(clock)
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}
    assert tried == FAILURES + 3
    assert len(ledger.facts(classes=[GatewayRested])) == 2


def test_a_number_that_does_not_exist_is_a_dead_letter_and_the_ladder_goes_on(
    webhook: Gateway, fake: FakeGateway, queue: Queue, clock: Clock, deeds: dict[str, Any]
) -> None:
    deeds["webhook"] = lambda _: Deed(takes=False, code="number")
    row = queue(ring=1, expects_answer=True, answer_within_s=3600)
    drain(clock)
    row.refresh_from_db()
    assert (row.state, row.reason, row.code) == (State.UNDELIVERABLE, "refused", "number")
    assert follow_unanswered(at=clock.now, actor="rounds") == 1
    webhook.refresh_from_db()
    assert webhook.failures == 0  # not its fault


def test_tries_come_further_apart_and_end(webhook: Gateway, queue: Queue, clock: Clock, deeds: dict[str, Any]) -> None:
    deeds["webhook"] = lambda _: Deed(takes=False, status=429)
    row = queue()
    waits = []
    for _ in range(MAX_ATTEMPTS):
        drain(clock)
        row.refresh_from_db()
        waits.append((row.due_at - clock.now).total_seconds())
        clock.now = max(clock.now, row.due_at)
    assert waits[:-1] == [10, 20, 40, 80, 160, 320, 600]
    assert (row.state, row.reason, row.attempts) == (State.UNDELIVERABLE, "tried_often", MAX_ATTEMPTS)
    deeds["webhook"] = plainly
    assert retry_message(message_id=row.pk, at=clock.now, actor="lin")
    assert not retry_message(message_id=row.pk, at=clock.now, actor="lin")
    drain(clock)
    row.refresh_from_db()
    assert row.state == State.SENT


@pytest.mark.parametrize("says", [Deed(takes=False, status=503), Deed(takes=False, status=500)], ids=["busy", "broken"])
def test_a_gateway_that_is_down_for_hours_costs_no_message(
    webhook: Gateway, queue: Queue, clock: Clock, deeds: dict[str, Any], says: Deed
) -> None:
    deeds["webhook"] = lambda _: says
    care = queue("care", ring=1)
    for place in range(3):
        queue(str(place))
    until_at = clock.now + timedelta(hours=3)
    while clock.now < until_at:
        drain(clock)
        clock.passes(60)
    care.refresh_from_db()
    assert care.attempts > MAX_ATTEMPTS
    assert not Message.objects.exclude(ended_at=None).exists()
    deeds["webhook"] = plainly
    for _ in range(15):
        clock.passes(60)
        drain(clock)
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


def test_what_was_held_up_into_quiet_hours_waits_until_they_are_over(
    webhook: Gateway, queue: Queue, clock: Clock, deeds: dict[str, Any]
) -> None:
    deeds["webhook"] = lambda _: Deed(takes=False, status=503)
    quiet: dict[str, Any] = {"quiet_from": time(22), "quiet_until": time(7)}
    evening = timezone.localtime(AT).replace(hour=21, minute=50)
    clock.now = evening
    people = ("own", "wished", "safety", "awake")
    whom: dict[str, Any] = {"unit_id": webhook.unit_id, "to_ref": "customers.account:wished"}
    set_preference(**whom, channels=[], opted_out=[], **quiet, **SYSTEM)
    for key in people:
        queue(key, at=evening, safety=key == "safety", **(quiet if key in ("own", "safety") else {}))
    drain(clock)
    deeds["webhook"] = plainly
    clock.now = evening + timedelta(minutes=20)
    for _ in range(3):
        drain(clock)
        clock.passes(61)
    sent = set(Message.objects.filter(state=State.SENT).values_list("key", flat=True))
    assert sent == {"safety", "awake"}
    clock.now = evening + timedelta(hours=9, minutes=11)
    drain(clock)
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


def test_a_gateway_is_handed_no_more_than_its_rate(world: World, fake: FakeGateway, queue: Queue, clock: Clock) -> None:
    gateway_of(world.lamp, fake, rate_per_s=3)
    for place in range(8):
        queue(str(place))
    assert drain(clock) == 3
    clock.passes(0.5)
    assert drain(clock) == 1
    clock.passes(10)
    assert drain(clock) == 3  # what was not used is not saved up
    clock.passes(1)
    assert drain(clock) == 1


def test_two_senders_share_the_rate_and_take_nothing_twice(world: World, fake: FakeGateway, queue: Queue) -> None:
    gateway_of(world.lamp, fake, rate_per_s=5)
    for place in range(8):
        queue(str(place))
    lease = timedelta(minutes=1)
    taken = [claim(holder=holder, limits={"sms": 4}, lease=lease, at=AT)[0] for holder in ("a", "b", "c")]
    assert [len(jobs) for jobs in taken] == [4, 1, 0]
    ids = [job.message_id for jobs in taken for job in jobs]
    assert len(set(ids)) == 5


def test_a_lease_that_is_over_is_taken_over_in_doubt(webhook: Gateway, queue: Queue) -> None:
    queue()
    lease = timedelta(minutes=1)
    ((job,), _) = claim(holder="dies", limits=SMS, lease=lease, at=AT)
    assert not job.in_doubt
    assert claim(holder="b", limits=SMS, lease=lease, at=AT + 59 * SECOND)[0] == []
    ((again,), _) = claim(holder="b", limits=SMS, lease=lease, at=AT + 60 * SECOND)
    assert again.in_doubt
    assert (again.gateway_id, again.outgoing.token, again.number) == (job.gateway_id, job.outgoing.token, 2)


def test_a_gateway_serves_its_unit_and_what_is_below(
    world: World, fake: FakeGateway, queue: Queue, clock: Clock
) -> None:
    wick = gateway_of(world.wick, fake, name="wick")
    row = queue()
    assert drain(clock) == 0
    row.refresh_from_db()
    assert (row.state, row.reason, row.due_at) == (State.QUEUED, "no_gateway", AT + 60 * SECOND)
    city = gateway_of(world.city, fake, name="city")
    clock.passes(60)
    drain(clock)
    row.refresh_from_db()
    assert row.gateway_id == city.pk
    assert not wick.messages.exists()


def test_what_has_no_gateway_holds_up_nobody(
    world: World, webhook: Gateway, fake: FakeGateway, queue: Queue, clock: Clock
) -> None:
    entries = [entry(world.wick.pk, f"w{place}", ring=1) for place in range(20)]
    queue_messages(entries=entries, **SYSTEM)
    row = queue("lamp")
    drain(clock)
    assert fake.book.order == [row.token]


def test_a_late_message_is_not_sent(webhook: Gateway, queue: Queue, clock: Clock) -> None:
    queue(expires_at=AT + SECOND)
    clock.passes(1)
    assert drain(clock) == 0


def test_registered_words_are_filled_in_by_name(world: World, fake: FakeGateway, queue: Queue, clock: Clock) -> None:
    row = gateway_of(world.lamp, fake, "tencent", options={"app_id": "14"})
    GatewayTemplate.objects.filter(gateway=row).update(variables=["end", "area"])
    queue(values={"area": "青禾村", "end": "16:00", "line": "灯山线"})
    drain(clock)
    assert fake.book.got[0].text == "SMS_1 16:00 青禾村"


def test_registered_words_without_their_values_are_left_to_another_gateway(
    world: World, fake: FakeGateway, queue: Queue, clock: Clock
) -> None:
    first = gateway_of(world.lamp, fake, "aliyun")
    GatewayTemplate.objects.filter(gateway=first).update(variables=["area"])
    second = gateway_of(world.lamp, fake, "webhook", priority=2)
    row = queue()
    drain(clock)
    row.refresh_from_db()
    first.refresh_from_db()
    assert (row.gateway_id, first.failures) == (second.pk, 0)
    assert Attempt.objects.get(number=1).code == "missing:area"


def test_a_slow_gateway_keeps_no_other_channel_waiting(
    world: World, fake: FakeGateway, queue: Queue, deeds: dict[str, Any], clock: Clock
) -> None:
    called = threading.Event()
    gateway_of(world.lamp, fake)
    gateway_of(world.lamp, fake, "voice")

    def waits(_: Got) -> Deed:
        assert called.wait(30)
        return Deed()

    def calls(_: Got) -> Deed:
        called.set()
        return Deed()

    deeds["webhook"], deeds["voice"] = waits, calls
    for place in range(4):
        queue(str(place))
    queue("call", channel="voice", ring=3)
    drain(clock)
    assert len(fake.book.told) == 5
