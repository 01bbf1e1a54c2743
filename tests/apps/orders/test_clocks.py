"""Clocks of orders, defect by defect as other systems have had them.

The calendar: 1 to 5 May 2026 are a holiday, Saturday 9 May is worked. AT is Friday 1 May, 08:00 local.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import LimitEntry
from denghuo.apps.orders.models import Area, Channel, Kind, Order, Remark, State, SuspensionCause, Topic
from denghuo.apps.orders.snapshot.clocks import (
    VERBS,
    ClockShown,
    Told,
    clocks_shown,
    effects_of,
    next_due,
    opened_due,
    opening,
)
from denghuo.apps.orders.snapshot.rules import build_book
from denghuo.apps.orders.snapshot.standard import standard_steps
from denghuo.apps.organization.models import CalendarDay
from tests.apps.orders.conftest import Open, client_of
from tests.world import AT

ZONE = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


def complaint(opened: Open, at: datetime, **told: object) -> Order:
    return opened(Kind.COMPLAINT, Topic.ATTITUDE, at=at, text="怠慢", **told)


def layer(order: Order, clock: str, name: str, *, at: datetime, run: int = 0) -> ClockShown:
    shown = queries.clocks_of(Order.objects.get(pk=order.pk), at=at)
    return next(one for one in shown if (one.clock, one.limit.layer, one.run) == (clock, name, run))


def step(order: Order, code: str, at: datetime, **told: object) -> Order:
    return actions.take_step(order_id=order.pk, step=code, at=at, actor="he", **told)  # type: ignore[arg-type]


def suspend(order: Order, at: datetime, until: datetime) -> None:
    asked = actions.ask_suspension(
        order_id=order.pk, cause=SuspensionCause.FORCE_MAJEURE, reason="暴雨封路", at=at, actor="he"
    )
    actions.decide_suspension(suspension_id=asked.pk, granted=True, at=at, actor="tang")
    step(order, "resume", until)


def test_clocks_by_the_wall_and_in_working_days_run_on_the_same_order(opened: Open) -> None:
    row = complaint(opened, local("05-11T10:00"))
    at = local("05-11T11:00")
    assert layer(row, "contact", "promise", at=at).due_at == local("05-12T10:00")
    assert layer(row, "answer", "promise", at=at).due_at == local("05-19T00:00")
    assert layer(row, "answer", "internal", at=at).due_at == local("05-16T00:00")
    assert (row.next_due_clock, row.next_due_at) == ("contact", local("05-12T10:00"))


def test_holidays_do_not_count_and_a_saturday_worked_in_exchange_does(opened: Open) -> None:
    row = complaint(opened, AT)
    assert layer(row, "answer", "internal", at=AT).due_at == local("05-10T00:00")
    assert layer(row, "answer", "promise", at=AT).due_at == local("05-12T00:00")


def test_a_suspension_is_taken_from_working_time_not_added_to_the_start(opened: Open) -> None:
    row = complaint(opened, local("05-11T10:00"))
    suspend(row, local("05-12T09:00"), local("05-14T09:00"))
    assert layer(row, "answer", "promise", at=local("05-14T10:00")).due_at == local("05-21T00:00")
    shown = layer(row, "answer", "promise", at=local("05-15T00:00")).shown_s
    assert shown == pytest.approx(24 * 3600)


def test_a_weekend_of_suspension_wins_no_working_time(opened: Open) -> None:
    row = complaint(opened, local("05-14T10:00"))
    before = layer(row, "answer", "promise", at=local("05-15T18:00")).due_at
    suspend(row, local("05-16T09:00"), local("05-17T21:00"))
    assert layer(row, "answer", "promise", at=local("05-18T09:00")).due_at == before
    assert layer(row, "contact", "promise", at=local("05-18T09:00")).due_at == local("05-15T10:00")


def test_a_limit_set_anew_does_not_forget_a_suspension(opened: Open) -> None:
    row = complaint(opened, local("05-11T10:00"))
    suspend(row, local("05-12T09:00"), local("05-14T09:00"))
    entry = LimitEntry(
        kind=Kind.COMPLAINT, clock="answer", measure="working_days", limit_s=3 * 86_400, layer="internal", basis="本所"
    )
    actions.set_limit_rule(entry=entry, from_date=local("05-01T00:00").date(), at=local("05-14T10:00"), actor="meng")
    assert layer(row, "answer", "internal", at=local("05-14T10:00")).due_at == local("05-19T00:00")


def test_a_clock_stops_with_the_work_and_shows_no_more_later(opened: Open) -> None:
    row = opened()
    step(row, "accept", AT + timedelta(minutes=1))
    step(row, "arrive", AT + timedelta(minutes=30))
    step(row, "finish", AT + timedelta(minutes=50))
    for hours in (1, 500):
        shown = layer(row, "arrive", "promise", at=AT + timedelta(hours=hours))
        assert (shown.shown_s, shown.late, shown.runs) == (30 * 60, False, False)


def test_what_stands_in_the_row_is_what_the_page_shows(opened: Open) -> None:
    for row in (opened(), complaint(opened, local("05-14T22:10")), opened(Kind.SERVICE, Topic.RECONNECT)):
        at = row.received_at
        ahead = [one.due_at for one in queries.clocks_of(row, at=at) if one.runs and one.due_at]
        assert row.next_due_at == min(ahead)


def test_what_comes_in_at_night_on_a_day_off_counts_from_the_next_working_day(opened: Open) -> None:
    row = complaint(opened, local("05-16T23:30"))
    assert layer(row, "answer", "internal", at=local("05-16T23:40")).shown_s == 0
    assert layer(row, "answer", "internal", at=local("05-16T23:40")).due_at == local("05-22T00:00")


def test_hours_of_work_leave_out_the_pause_at_noon(opened: Open) -> None:
    entry = LimitEntry(
        kind=Kind.COMPLAINT, clock="contact", measure="work_hours", limit_s=2 * 3600, layer="internal", basis="本所"
    )
    actions.set_limit_rule(entry=entry, from_date=AT.date(), at=AT, actor="meng")
    row = complaint(opened, local("05-11T11:30"))
    assert layer(row, "contact", "internal", at=local("05-11T12:00")).due_at == local("05-11T15:30")


def test_nobody_is_reminded_at_midnight_or_on_a_day_off(opened: Open) -> None:
    row = complaint(opened, AT)
    step(row, "contact", AT + timedelta(minutes=5))
    row.refresh_from_db()
    assert row.next_due_at == local("05-10T00:00")
    warned = row.next_warn_at
    assert warned is not None
    assert warned.astimezone(ZONE) == local("05-09T16:00")
    night = opened(Kind.ENQUIRY, Topic.BILL, at=local("05-16T12:00"), text="账单")
    assert night.next_warn_at is not None
    assert 8 <= night.next_warn_at.astimezone(ZONE).hour <= 18


def test_open_orders_follow_a_new_limit_at_once_and_closed_ones_never(opened: Open) -> None:
    done, lasting = opened(), opened()
    for code, minutes in (("accept", 1), ("arrive", 30), ("finish", 40), ("close", 60)):
        step(done, code, AT + timedelta(minutes=minutes))
    step(lasting, "accept", AT + timedelta(minutes=1))
    kept = Order.objects.get(pk=done.pk).judged
    entry = LimitEntry(
        kind=Kind.FAULT, clock="arrive", measure="clock", limit_s=15 * 60, layer="internal", basis="15分钟抢修圈"
    )
    at = AT + timedelta(minutes=10)
    actions.set_limit_rule(entry=entry, from_date=AT.date(), at=at, actor="meng")
    assert Order.objects.get(pk=lasting.pk).next_due_at == AT + timedelta(minutes=15)
    assert Order.objects.get(pk=done.pk).judged == kept
    assert not any(one.limit.limit_s == 900 for one in queries.clocks_of(Order.objects.get(pk=done.pk), at=at))


def test_what_is_written_here_holds_before_what_is_shipped_for_the_same(opened: Open) -> None:
    told: dict[str, Any] = {"kind": Kind.FAULT, "measure": "clock", "basis": "本所"}

    def limits() -> dict[tuple[str, str], int]:
        found = queries.rule_book().limits_of(kind=Kind.FAULT, topic="", area="city", channel="", on=AT.date())
        return {(one.clock, one.layer): one.limit_s for one in found}

    shipped = limits()
    assert (shipped["dispatch", "internal"], shipped["arrive", "promise"]) == (120, 45 * 60), "of a region"
    for clock, layer_, limit_s in (("dispatch", "internal", 240), ("arrive", "promise", 600)):
        entry = LimitEntry(clock=clock, layer=layer_, limit_s=limit_s, **told)
        actions.set_limit_rule(entry=entry, from_date=AT.date(), at=AT, actor="meng")
    assert limits() == shipped | {("dispatch", "internal"): 240}, "of an area holds before of any"
    entry = LimitEntry(clock="arrive", layer="promise", area="city", limit_s=None, **told)
    actions.set_limit_rule(entry=entry, from_date=AT.date(), at=AT, actor="meng")
    assert ("arrive", "promise") not in limits(), "lifted"
    rows = client_of("meng").get(reverse("orders:limits"), {"kind": "fault"}).context["rows"]
    now = [row for row in rows if (row.clock, row.layer) == ("dispatch", "internal")]
    assert [row.limit_s for row in now] == [240]
    assert ("arrive", "promise", "city") not in [(row.clock, row.layer, row.area) for row in rows]


def test_clocks_and_escalations_write_nothing_into_the_conversation(opened: Open) -> None:
    row = opened()
    actions.watch_clocks(at=AT + timedelta(minutes=5), actor="rounds")
    actions.escalate_order(order_id=row.pk, reason="无人接单", at=AT + timedelta(minutes=6), actor="he")
    suspend(row, AT + timedelta(minutes=7), AT + timedelta(minutes=9))
    assert not Remark.objects.exists()


def test_a_clock_stands_still_only_when_somebody_else_grants_it(opened: Open) -> None:
    row = opened()
    at = AT + timedelta(minutes=2)
    asked = actions.ask_suspension(
        order_id=row.pk, cause=SuspensionCause.UNREACHABLE, reason="三次拨打无人接听", at=at, actor="he"
    )
    assert not layer(row, "arrive", "promise", at=at + timedelta(minutes=5)).suspended
    with pytest.raises(ValueError, match="somebody else"):
        actions.decide_suspension(suspension_id=asked.pk, granted=True, at=at, actor="he")
    actions.decide_suspension(suspension_id=asked.pk, granted=True, at=at + timedelta(minutes=6), actor="tang")
    shown = layer(row, "arrive", "promise", at=AT + timedelta(hours=5))
    assert (shown.suspended, shown.due_at, shown.shown_s) == (True, None, 8 * 60)
    assert shown.resumed_due_at == AT + timedelta(hours=5, minutes=90 - 8)
    assert Order.objects.get(pk=row.pk).next_due_at is None


def test_whoever_sent_it_wants_it_back_earlier_than_we_promise(opened: Open) -> None:
    plain = complaint(opened, local("05-11T10:00"), channel=Channel.REGULATOR)
    assert layer(plain, "answer", "upstream", at=local("05-11T10:00")).due_at == local("05-26T00:00")
    asked = complaint(opened, local("05-11T10:00"), channel=Channel.PROVINCE, upstream_due_at=local("05-11T18:00"))
    assert (asked.next_due_clock, asked.next_due_at) == ("answer", local("05-11T18:00"))


def test_a_year_not_told_is_not_known_and_never_guessed(opened: Open) -> None:
    CalendarDay.objects.all().delete()
    row = complaint(opened, AT)
    shown = layer(row, "answer", "promise", at=AT)
    assert (shown.unknown, shown.shown_s, shown.due_at) == (True, None, None)
    assert row.next_due_clock == "contact"
    assert queries.unknown_years(AT.date()) == [2026]


def test_exactly_at_the_limit_is_in_time_and_a_second_later_is_not(opened: Open) -> None:
    for seconds, late in ((0, False), (1, True)):
        row = opened(area=Area.CITY)
        step(row, "arrive", AT + timedelta(minutes=45, seconds=seconds))
        assert layer(row, "arrive", "promise", at=AT + timedelta(hours=9)).late is late


def test_arrival_counts_from_the_report_in_all_three_layers(opened: Open) -> None:
    row = opened(area=Area.CITY, at=AT)
    step(row, "dispatch", AT + timedelta(minutes=20))
    at = AT + timedelta(minutes=21)
    dues = {one.limit.layer: one.due_at for one in queries.clocks_of(row, at=at) if one.clock == "arrive"}
    assert dues == {"law": AT + timedelta(minutes=60), "promise": AT + timedelta(minutes=45)}
    assert layer(row, "arrive", "promise", at=at).limit.is_mean
    assert not layer(row, "arrive", "law", at=at).limit.is_mean


def test_the_promise_of_2011_binds_each_order_of_its_time(opened: Open) -> None:
    book = queries.rule_book()
    found = book.limits_of(kind=Kind.FAULT, topic=Topic.NO_SUPPLY, area=Area.CITY, channel="phone", on=date(2015, 3, 1))
    promise = next(one for one in found if one.clock == "arrive" and one.layer == "promise")
    assert (promise.limit_s, promise.is_mean) == (45 * 60, False)


def test_our_own_limit_is_a_working_day_less_than_the_promise(opened: Open) -> None:
    row = opened(Kind.SERVICE, Topic.METER_TEST, at=local("05-11T10:00"))
    own = [one.limit for one in queries.clocks_of(row, at=AT) if one.limit.layer == "internal"]
    assert [one.limit_s for one in own if one.clock == "answer"] == [5 * 86_400]
    bill = build_book().limits_of(kind=Kind.MISCONDUCT, topic="other", area="", channel="phone", on=AT.date())
    assert {one.layer: one.limit_s // 86_400 for one in bill} == {"promise": 10, "internal": 9}


def test_a_reopened_fault_is_reached_anew_and_a_reopened_answer_goes_on(opened: Open) -> None:
    fault = opened()
    for code, minutes in (("accept", 1), ("arrive", 20), ("finish", 40)):
        step(fault, code, AT + timedelta(minutes=minutes))
    step(fault, "reopen", AT + timedelta(hours=3), reason="仍停电")
    at = AT + timedelta(hours=3, minutes=10)
    assert layer(fault, "arrive", "promise", at=at, run=0).shown_s == 20 * 60
    assert layer(fault, "arrive", "promise", at=at, run=1).shown_s == 10 * 60
    asked = complaint(opened, local("05-11T10:00"))
    step(asked, "contact", local("05-11T11:00"))
    step(asked, "finish", local("05-13T00:00"))
    step(asked, "reopen", local("05-14T00:00"), reason="客户不满意")
    assert layer(asked, "answer", "promise", at=local("05-15T00:00")).shown_s == 2 * 86_400


@given(
    minutes=st.lists(st.integers(1, 20_000), min_size=0, max_size=6, unique=True),
    area=st.sampled_from([Area.CITY, Area.RURAL, Area.REMOTE]),
)
def test_many_orders_at_once_are_as_each_alone(minutes: list[int], area: Area) -> None:
    codes = ("accept", "arrive", "suspend", "resume", "finish", "reopen")
    effects = {rule.step: rule.effects for rule in standard_steps() if rule.kind in ("", Kind.FAULT)}
    rows, steps = [], []
    for key, kind in enumerate((Kind.FAULT, Kind.FAULT, Kind.COMPLAINT), 1):
        topic = Topic.NO_SUPPLY if kind == Kind.FAULT else Topic.OTHER
        rows.append(Order(pk=key, kind=kind, topic=topic, area=area, channel="phone", received_at=AT))
        steps.append(
            Told(key, AT, next(r.effects for r in standard_steps() if r.kind in ("", kind) and r.step == "open"))
        )
        told = zip(sorted(minutes), codes, strict=False)
        steps += [Told(key, AT + timedelta(minutes=one * key), effects[code]) for one, code in told]
    at, book = AT + timedelta(days=3), build_book()
    together = clocks_shown(rows, steps, book=book, calendar=None, at=at)
    for row in rows:
        alone = clocks_shown([row], [one for one in steps if one.order_id == row.pk], book=book, calendar=None, at=at)
        assert alone[row.pk] == together[row.pk]


@pytest.mark.parametrize("area", [Area.CITY, Area.RURAL, Area.REMOTE])
def test_the_quick_way_of_an_opening_says_what_the_engine_says(area: Area) -> None:
    book = build_book()
    row = Order(pk=1, kind=Kind.FAULT, topic=Topic.NO_SUPPLY, area=area, channel="phone", received_at=AT)
    effects = book.steps_of(Kind.FAULT, AT.date())["open"].effects
    quick = opening(row, effects, book=book)
    assert quick is not None
    told = opened_due(quick, row, state=State.REGISTERED, book=book, at=AT)
    shown = clocks_shown([row], [Told(1, AT, effects)], book=book, calendar=None, at=AT)[1]
    assert told == next_due(shown, kind=row.kind, state=State.REGISTERED, book=book, calendar=None, at=AT)


def test_every_step_that_is_shipped_does_something_known_to_clocks() -> None:
    verbs = {verb for rule in standard_steps() for _, verb in effects_of(rule.effects)}
    assert verbs == VERBS
