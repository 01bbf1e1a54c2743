"""Calls come in once, from however many sources, in whatever order."""

import random
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from denghuo.adapters.telephony.records import AgentEvent, AgentEventKind, CallOutcome
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions import open_exchange, set_definition, set_target
from denghuo.apps.hotline.actions.calls import Source
from denghuo.apps.hotline.models import AgentEntry, Call, CallReading, Measure, Tally
from denghuo.apps.hotline.queries import Figures, Span
from denghuo.apps.ledger import deliveries
from denghuo.apps.sealed import masked_phone
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.world import AT, World

GAVE_UP, ANNOUNCED = CallOutcome.ABANDONED, CallOutcome.ANNOUNCED
DAY = date(2026, 5, 1)


def span(hotline: Hotline, *, days: int = 1) -> Span:
    queues = queries.queues_of([hotline.exchange.pk])
    return Span(queue_ids=tuple(queue.pk for queue in queues), first=DAY, last=DAY + timedelta(days=days - 1))


def told(hotline: Hotline, *, days: int = 1) -> Figures:
    return queries.figures(span(hotline, days=days))


def test_what_is_counted(hotline: Hotline, ring: Ring) -> None:
    ring(
        call("13800000001", 0),
        call("13800000002", 1, wait_s=45.0),
        call("13800000003", 2, GAVE_UP, wait_s=3.0),
        call("13800000004", 3, GAVE_UP, wait_s=60.0),
        call("13800000005", 4, CallOutcome.TIMED_OUT),
        call("13800000006", 5, ANNOUNCED, queued_at=None, wait_s=None, announcement="storm"),
        call("13800000007", 6, CallOutcome.LOST_IN_ANNOUNCEMENT, queued_at=None, wait_s=None),
        call("13800000008", 7, CallOutcome.LASTING, ended_at=None),
    )
    found = told(hotline)
    assert (found.calls, found.requests, found.answered, found.in_time) == (8, 5, 2, 1)
    assert (found.abandoned, found.abandoned_soon, found.sent_away) == (2, 1, 1)
    assert (found.announced, found.lost_before, found.lasting) == (1, 1, 1)
    assert (found.callers, found.callers_solved, found.redials) == (7, 3, 0)
    assert found.answer_rate == pytest.approx(2 / 5)
    assert found.answer_rate_without_soon == pytest.approx(2 / 4)
    assert found.answer_rate_all == pytest.approx(2 / 7)
    assert found.service_level == pytest.approx(1 / 5)
    assert (found.mean_wait_s, found.mean_lost_wait_s, found.mean_talk_s) == (27.5, 31.5, 180.0)


def test_nothing_is_not_zero(hotline: Hotline, ring: Ring) -> None:
    ring(call("13800000001", 0, CallOutcome.LASTING))
    found = told(hotline)
    assert found.answer_rate != found.answer_rate
    assert found.mean_wait_s != found.mean_wait_s


def test_a_caller_who_calls_again_is_one_need(hotline: Hotline, ring: Ring) -> None:
    ring(
        call("13800000001", 0, GAVE_UP),
        call("13800000001", 5, GAVE_UP),
        call("13800000001", 30),
        call("13800000001", 45),  # after an answer: something else
        call("13800000002", 0, GAVE_UP),
        call("13800000002", 90),  # too late to be the same
        call("", 1, GAVE_UP),
        call("", 2, GAVE_UP, call_id="withheld too"),
    )
    found = told(hotline)
    assert (found.calls, found.callers, found.redials, found.callers_solved) == (8, 6, 2, 3)
    first = Call.objects.get(caller="13800000001", attempt=1, attempts=3)
    assert [row.attempt for row in queries.related_calls(first)] == [1, 2, 3]
    assert first.solved


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_batches_does_not_matter(hotline: Hotline, ring: Ring, seed: int) -> None:
    chance = random.Random(seed)
    outcomes = [GAVE_UP, GAVE_UP, CallOutcome.ANSWERED, ANNOUNCED]
    calls = [
        call(f"1380000000{chance.randrange(4)}", minute * 7.25, chance.choice(outcomes), wait_s=chance.random() * 60)
        for minute in range(60)
    ]
    ring(*calls)
    whole = _derived()
    Call.objects.update(first_call=None)
    Call.objects.all().delete()
    Tally.objects.all().delete()
    chance.shuffle(calls)
    for start in range(0, len(calls), 13):
        ring(*calls[start : start + 13])
    assert _derived() == whole


def _derived() -> tuple[list[object], list[object]]:
    chains = [
        (row.call_id, row.attempt, row.first_call and row.first_call.call_id, row.attempts, row.solved)
        for row in Call.objects.order_by("entered_at", "call_id").select_related("first_call")
    ]
    columns = [field.name for field in Tally._meta.fields if field.name != "id"]
    return chains, list(Tally.objects.order_by("day", "minute").values_list(*columns))


def test_reading_again_changes_nothing(hotline: Hotline, ring: Ring) -> None:
    calls = [call("13800000001", 0), call("13800000001", 5, GAVE_UP)]
    entry = AgentEvent(at=AT, agent="A001", kind=AgentEventKind.LOGGED_IN)
    first, again = ring(*calls, entries=[entry]), ring(*calls, entries=[entry])
    assert (first.new_count, again.new_count, again.completed_count) == (2, 0, 0)
    assert AgentEntry.objects.count() == 1
    assert told(hotline).calls == 2
    assert [row.new_count for row in CallReading.objects.order_by("pk")] == [2, 0]


def test_a_second_source_completes_the_first(hotline: Hotline, ring: Ring) -> None:
    cut = call("13800000001", 0, CallOutcome.LASTING, ended_at=None, wait_s=None, talk_s=None, agent="")
    ring(cut)
    sharper = AT + timedelta(seconds=0.4)
    fact = ring(call("13800000001", 0, entered_at=sharper, queued_at=sharper))
    row = Call.objects.get()
    assert (fact.new_count, fact.completed_count) == (0, 1)
    assert (row.outcome, row.talk_s, row.agent.code if row.agent else "") == (CallOutcome.ANSWERED, 180.0, "A001")
    assert (told(hotline).answered, told(hotline).lasting) == (1, 0)


def test_what_is_known_is_not_taken_back(hotline: Hotline, ring: Ring) -> None:
    ring(call("13800000001", 0))
    fact = ring(call("13800000001", 0, GAVE_UP, ended_at=AT + timedelta(seconds=10)))
    assert fact.problem_count == 1
    assert Call.objects.get().outcome == CallOutcome.ANSWERED
    assert "known as answered" in CallReading.objects.order_by("-pk")[0].problems[0]


def test_two_exchanges_may_use_the_same_ids(world: World, hotline: Hotline, ring: Ring) -> None:
    other = open_exchange(unit_id=world.lamp.pk, code="backup", name="备用总机", at=AT, actor="test")
    ring(call("13800000001", 0))
    ring(call("13800000001", 0), exchange_id=other.pk)
    assert Call.objects.count() == 2
    assert told(hotline).calls == 1


def test_an_id_used_again_the_next_day_is_another_call(hotline: Hotline, ring: Ring) -> None:
    ring(call("13800000001", 0, call_id="7"), call("13800000002", 24 * 60, call_id="7"))
    assert Call.objects.count() == 2


def test_a_definition_counts_from_its_day_on(hotline: Hotline, ring: Ring) -> None:
    for day in (0, 1):
        ring(call("13800000001", day * 1440, wait_s=25.0))
    assert told(hotline, days=2).in_time == 0
    set_definition(
        from_date=DAY + timedelta(days=1),
        in_time_s=30,
        redial_within_s=600,
        soon_s=0,
        soon_counts=True,
        source="made up",
        at=AT,
        actor="test",
    )
    deliveries.drain()
    assert [queries.by_day(span(hotline, days=2))[DAY + timedelta(days=n)].in_time for n in (0, 1)] == [0, 1]
    rules = queries.definitions()
    assert (rules.on(DAY).in_time_s, rules.on(DAY + timedelta(days=9)).in_time_s) == (20, 30)


@pytest.mark.parametrize("share", [0.0, 1.01, -0.2, float("nan")])
def test_a_target_out_of_reach_is_refused(world: World, share: float) -> None:
    with pytest.raises(ValueError, match="at most 100"):
        set_target(
            unit_id=world.lamp.pk,
            from_date=DAY,
            measure=Measure.ANSWER_RATE,
            share=share,
            source="x",
            at=AT,
            actor="test",
        )


def test_the_nearest_target_counts(world: World) -> None:
    for unit, from_date, share in ((world.city, DAY, 0.9), (world.lamp, DAY + timedelta(days=5), 0.85)):
        set_target(
            unit_id=unit.pk,
            from_date=from_date,
            measure=Measure.ANSWER_RATE,
            share=share,
            source="x",
            at=AT,
            actor="test",
        )

    def on(day: int) -> float | None:
        at = DAY + timedelta(days=day)
        found = queries.target_of([str(world.lamp.path)], measure=Measure.ANSWER_RATE, on=at)
        return found.share if found else None

    assert [on(-1), on(0), on(5)] == [None, 0.9, 0.85]


def test_impossible_rows_are_refused_by_the_database(hotline: Hotline, ring: Ring) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ring(call("13800000001", 0, wait_s=-1.0))


@given(number=st.text(st.characters(codec="ascii", categories=["Nd"]), min_size=3, max_size=20))
def test_a_masked_number_keeps_its_length_and_hides_its_middle(number: str) -> None:
    shown = masked_phone(number)
    assert len(shown) == len(number)
    assert shown.count("*") >= len(number) - 7
    assert "*" in shown


def test_what_no_source_can_tell(hotline: Hotline, ring: Ring) -> None:
    ring(call("13800000001", 0), source=Source(name="queue_log", unknowable=("refused_calls", "hold")))
    ring(call("13800000002", 1), source=Source(name="trace", unknowable=("refused_calls",)))
    assert queries.unknowable_of([hotline.exchange.pk]) == ("refused_calls",)
