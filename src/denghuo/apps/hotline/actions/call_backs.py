"""Calls that are owed, and callers who press for an answer."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.facts import (
    AnswerUrged,
    CallBackAnswered,
    CallBackAsked,
    CallBackNumberShown,
    CallBackTried,
    ReporterNumberShown,
    ReporterTried,
)
from denghuo.apps.hotline.models import CallBack, CallBackResult, CallBackTry, Exchange, Urging
from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.queries.callers import callers_of
from denghuo.apps.outages.models import Report, ReportState

_TWICE = timedelta(seconds=20)


class UrgedTooSoonError(ValueError):
    """The same number pressed for an answer a moment ago; the next time counts from ``next_at`` on."""

    def __init__(self, next_at: datetime) -> None:
        super().__init__(f"urged already; again from {next_at:%H:%M} on")
        self.next_at = next_at


@transaction.atomic
def ask_call_back(
    *,
    exchange_id: int,
    number: str,
    reason: str,
    due_at: datetime,
    note_id: int | None = None,
    at: datetime,
    actor: str,
) -> CallBack:
    """Owe somebody a call by an instant.

    Raises:
        ValueError: no number, no reason, or it would be due before it is asked for.
    """
    if not number.strip() or not reason.strip():
        raise ValueError("say whom to call, and why")
    if due_at <= at:
        raise ValueError("a call that is due already cannot be promised")
    row = CallBack.objects.create(
        exchange_id=exchange_id,
        note_id=note_id,
        number=number.strip(),
        reason=reason.strip(),
        asked_at=at,
        asked_by=actor,
        due_at=due_at,
    )
    record(CallBackAsked(call_back_id=row.pk, exchange_id=exchange_id, due_at=due_at), at=at, actor=actor)
    return row


@transaction.atomic
def try_call_back(*, call_back_id: int, result: CallBackResult, note: str, at: datetime, actor: str) -> CallBack:
    """Say what came of calling back. After no answer it is due again later, until it was tried as often as the rule of
    the day says; everything else ends it. No answer told twice in a moment, by a key that was hit twice, is one try.

    Raises:
        ValueError: it was made already.
    """
    row = CallBack.objects.select_for_update().get(pk=call_back_id)
    if row.made_at is not None:
        raise ValueError("somebody has called back already")
    in_vain = result == CallBackResult.NO_ANSWER
    if in_vain and row.tries.filter(tried_by=actor, tried_at__gt=at - _TWICE).exists():
        return row
    CallBackTry.objects.create(call_back=row, tried_at=at, tried_by=actor, result=result, note=note.strip()[:500])
    rule = queries.desk_rule(timezone.localdate(at))
    row.result = result
    if in_vain and row.tries.count() >= rule.call_back_tries:
        row.result = CallBackResult.GIVEN_UP
    done = row.result != CallBackResult.NO_ANSWER
    if done:
        row.made_at, row.made_by = at, actor
    else:
        row.due_at = queries.next_try_at(rule, at=at)
    row.save(update_fields=["result", "made_at", "made_by", "due_at"])
    fact = CallBackTried(
        call_back_id=row.pk,
        exchange_id=row.exchange_id,
        result=result,
        done=done,
        next_at=None if done else row.due_at,
    )
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def show_call_back_number(*, call_back_id: int, at: datetime, actor: str) -> str:
    """Tell the full number to who calls it; that it was told is recorded, the number is not."""
    row = CallBack.objects.get(pk=call_back_id)
    record(CallBackNumberShown(call_back_id=row.pk), at=at, actor=actor)
    return row.number


@transaction.atomic
def answer_call_back(*, report_id: int, still_out: bool, at: datetime, actor: str) -> Report:
    """Who was asked whether supply is back, and had not answered, was called: are they still without? What follows from
    it is the outages' part.

    Raises:
        ValueError: they have answered meanwhile, or nothing was restored to them.
    """
    row = _asked(report_id)
    record(CallBackAnswered(report_id=row.pk, still_out=still_out), at=at, actor=actor)
    return row


def _asked(report_id: int) -> Report:
    row = Report.objects.select_for_update().get(pk=report_id)
    if row.state != ReportState.BACK or row.answered_at is not None:
        raise ValueError("this was answered already")
    return row


@transaction.atomic
def try_reporter(*, report_id: int, at: datetime, actor: str) -> CallBackTry:
    """Who was asked whether supply is back was called and not reached: they are tried as often as somebody who is owed
    a call.

    Raises:
        ValueError: they have answered meanwhile, or nothing was restored to them.
    """
    row = _asked(report_id)
    tries = CallBackTry.objects.filter(report=row)
    same = tries.filter(tried_by=actor, tried_at__gt=at - _TWICE).first()
    if same is not None:
        return same
    told = CallBackTry.objects.create(report=row, tried_at=at, tried_by=actor, result=CallBackResult.NO_ANSWER)
    done = tries.count() >= queries.desk_rule(timezone.localdate(at)).call_back_tries
    record(ReporterTried(report_id=report_id, done=done), at=at, actor=actor)
    return told


@transaction.atomic
def show_reporter_number(*, report_id: int, at: datetime, actor: str) -> str:
    """Tell the full number of who reported to who calls it; that it was told is recorded, the number is not. "" where
    nobody told one."""
    row = Report.objects.get(pk=report_id)
    record(ReporterNumberShown(report_id=row.pk), at=at, actor=actor)
    return callers_of([row.order_id]).get(row.order_id, "")


@transaction.atomic
def urge_answer(
    *, exchange_id: int, number: str, call_id: str = "", text: str = "", at: datetime, actor: str
) -> Urging:
    """Note that a caller presses for an answer, for the so-manieth time. A call that is owed them is due at once.

    Raises:
        UrgedTooSoonError: sooner after the last time than the rule of the day says.
        ValueError: no number.
    """
    if not number:
        raise ValueError("who presses for an answer must have a number")
    Exchange.objects.select_for_update().get(pk=exchange_id)
    last = queries.last_urging(exchange_id, number)
    gap = timedelta(seconds=queries.desk_rule(timezone.localdate(at)).urge_gap_s)
    if last is not None and at - last.urged_at < gap:
        raise UrgedTooSoonError(last.urged_at + gap)
    row = Urging.objects.create(
        exchange_id=exchange_id,
        call_id=call_id,
        number=number,
        urged_at=at,
        told_by=actor,
        count=last.count + 1 if last else 1,
        text=text.strip()[:300],
    )
    CallBack.objects.filter(exchange_id=exchange_id, number=number, made_at=None, due_at__gt=at).update(due_at=at)
    fact = AnswerUrged(urging_id=row.pk, exchange_id=exchange_id, call_id=call_id, count=row.count)
    record(fact, at=at, actor=actor)
    return row
