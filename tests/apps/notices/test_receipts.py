"""What gateways report: once however often it is said, kept even where nobody knows what it is about."""

from datetime import timedelta
from typing import Any

import pytest

from denghuo.adapters.messaging import Outcome, Report, ReportKind, Result
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices.actions import Try, follow_unanswered, settle_messages, take_receipts
from denghuo.apps.notices.facts import MessageAnswered, ReceiptsTaken
from denghuo.apps.notices.models import Gateway, Message, Receipt, State
from denghuo.apps.notices.sender import claim
from tests.apps.notices.conftest import Queue
from tests.world import AT, World

MINUTE = timedelta(minutes=1)
LATER = AT + 5 * MINUTE


@pytest.fixture
def gateway(world: World) -> Gateway:
    return Gateway.objects.create(
        unit=world.lamp,
        name="sms",
        kind="tencent",
        channel="sms",
        endpoint="https://sms.example/",
        secret="s",
        rate_per_s=1000,
        receipt_token="r",
        receipt_blind=1,
    )


def handed(gateway: Gateway, row: Message, provider_id: str = "p1") -> Message:
    """Claimed and taken."""
    (jobs, _) = claim(holder="h", limits={row.channel: 10}, lease=MINUTE, at=AT)
    (job,) = [job for job in jobs if job.message_id == row.pk]
    result = Result(outcome=Outcome.TAKEN, provider_id=provider_id)
    told = Try(message_id=row.pk, number=job.number, gateway_id=gateway.pk, result=result, ended_at=AT)
    settle_messages(holder="h", tries=[told], at=AT, actor="sender")
    row.refresh_from_db()
    return row


def report(gateway: Gateway, kind: ReportKind, **told: Any) -> None:
    take_receipts(gateway_id=gateway.pk, reports=[Report(kind=kind, **told)], at=LATER, actor="gateway")


@pytest.mark.parametrize("by", ["token", "provider_id"])
def test_a_delivery_is_booked_once(gateway: Gateway, queue: Queue, by: str) -> None:
    row = handed(gateway, queue())
    for _ in range(3):
        report(gateway, ReportKind.DELIVERED, happened_at=AT + MINUTE, **{by: getattr(row, by)})
    row.refresh_from_db()
    assert (row.state, row.delivered_at) == (State.DELIVERED, AT + MINUTE)
    assert Receipt.objects.get().times == 3
    facts = [found.fact for found in ledger.facts(classes=[ReceiptsTaken])]
    assert [(fact.delivered_count, fact.repeated_count) for fact in facts] == [(1, 0), (0, 1), (0, 1)]


def test_what_is_delivered_stays_so(gateway: Gateway, queue: Queue) -> None:
    row = handed(gateway, queue())
    report(gateway, ReportKind.DELIVERED, token=row.token)
    report(gateway, ReportKind.FAILED, token=row.token, code="MK:0001")
    row.refresh_from_db()
    assert row.state == State.DELIVERED


def test_what_was_not_delivered_is_a_dead_letter_and_nobody_waits_longer(gateway: Gateway, queue: Queue) -> None:
    row = handed(gateway, queue(ring=1, expects_answer=True, answer_within_s=3600))
    report(gateway, ReportKind.FAILED, token=row.token, code="MK:0001")
    row.refresh_from_db()
    assert (row.state, row.reason, row.code) == (State.UNDELIVERABLE, "not_delivered", "MK:0001")
    assert follow_unanswered(at=LATER, actor="rounds") == 1


def test_what_is_about_nothing_known_is_kept_and_counted(gateway: Gateway) -> None:
    report(gateway, ReportKind.DELIVERED, token="nobody", provider_id="p9")
    gateway.refresh_from_db()
    assert gateway.unknown_count == 1
    assert Receipt.objects.get().message is None


def test_a_report_that_is_quicker_than_we_are_is_not_lost(gateway: Gateway, queue: Queue) -> None:
    row = queue()
    report(gateway, ReportKind.DELIVERED, provider_id="p1", happened_at=AT)
    handed(gateway, row, "p1")
    assert row.state == State.DELIVERED
    assert Receipt.objects.get().message_id == row.pk


def test_a_report_settles_a_doubt(gateway: Gateway, queue: Queue) -> None:
    row = queue()
    claim(holder="dies", limits={"sms": 1}, lease=MINUTE, at=AT)
    report(gateway, ReportKind.DELIVERED, token=row.token)
    assert claim(holder="b", limits={"sms": 1}, lease=MINUTE, at=AT + 2 * MINUTE)[0] == []
    row.refresh_from_db()
    assert (row.state, row.doubt) == (State.DELIVERED, False)


def test_a_pressed_key_is_an_answer(gateway: Gateway, queue: Queue) -> None:
    row = handed(gateway, queue(expects_answer=True, answer_within_s=600))
    for _ in range(2):
        report(gateway, ReportKind.ANSWERED, token=row.token, answer="2")
    (fact,) = [found.fact for found in ledger.facts(classes=[MessageAnswered])]
    assert (fact.answer, fact.message_id) == ("2", row.pk)
    row.refresh_from_db()
    assert row.state == State.DELIVERED
    assert follow_unanswered(at=AT + 60 * MINUTE, actor="rounds") == 0


def test_the_time_for_an_answer_counts_from_the_sending_then_from_the_delivery(gateway: Gateway, queue: Queue) -> None:
    row = queue(expects_answer=True, answer_within_s=600)
    assert row.answer_due_at is not None and row.answer_due_at > AT + 10 * MINUTE, "nothing was sent yet"
    row = handed(gateway, row)
    row.refresh_from_db()
    assert row.sent_at is not None and row.answer_due_at == row.sent_at + 10 * MINUTE
    report(gateway, ReportKind.DELIVERED, token=row.token, happened_at=AT + 7 * MINUTE)
    row.refresh_from_db()
    assert row.delivered_at is not None and row.delivered_at > row.sent_at
    assert row.answer_due_at == row.delivered_at + 10 * MINUTE
    assert follow_unanswered(at=row.delivered_at + 9 * MINUTE, actor="rounds") == 0
    assert follow_unanswered(at=row.delivered_at + 10 * MINUTE, actor="rounds") == 1


def test_who_writes_back_answers_what_they_were_asked_last(gateway: Gateway, queue: Queue) -> None:
    ask = {"expects_answer": True, "answer_within_s": 600}
    handed(gateway, queue("told", at=AT), "p0")
    older = handed(gateway, queue("older", at=AT - MINUTE, **ask), "p1")
    newer = handed(gateway, queue("newer", at=AT, **ask), "p2")
    handed(gateway, queue("other", at=AT, address="13800138001", **ask), "p3")
    for answer in ("1", "2"):
        report(gateway, ReportKind.REPLIED, number="+86 138 0013 8000", answer=answer)
    assert Message.objects.get(pk=newer.pk).answer == "1"
    assert Message.objects.get(pk=older.pk).answer == "2"
    report(gateway, ReportKind.REPLIED, number="13800138000", answer="3")
    gateway.refresh_from_db()
    assert gateway.unknown_count == 1
