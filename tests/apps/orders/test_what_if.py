"""What a rule would do is seen before it holds, and open orders follow it and the calendar when it does.

The calendar: 1 to 5 May 2026 are a holiday, Saturday 9 May is worked. AT is Friday 1 May, 08:00 local.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.forms import LimitForm
from denghuo.apps.orders.models import Kind, LimitRule, Order, OrderRule, StepRule, SuspensionCause, Topic
from denghuo.apps.organization.actions import import_calendar, withdraw_calendar_year
from denghuo.apps.organization.models import CalendarDay, DayKind
from denghuo.apps.organization.snapshot import calendar_days
from denghuo.apps.staffing.forms import CalendarForm
from tests.apps.orders.conftest import Open, client_of
from tests.apps.orders.test_clocks import complaint, layer, local, step
from tests.world import AT

pytestmark = pytest.mark.usefixtures("english")
EVERYWHERE = ("",)


def holidays(*, without: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> list[CalendarDay]:
    """The holidays of 2026 as they were announced, without some days and with others."""
    rows = [
        CalendarDay(date=day, kind=kind, name=name, source=source)
        for day, kind, name, source in calendar_days()
        if day.year == 2026 and f"{day:%m-%d}" not in without
    ]
    added = [date.fromisoformat(f"2026-{day}") for day in more]
    return rows + [CalendarDay(date=day, kind=DayKind.HOLIDAY, name="调整", source="通知") for day in added]


def due(order: Order) -> Any:
    order.refresh_from_db()
    return order.next_due_at


def answered(opened: Open) -> Order:
    """A complaint whose only clock that still runs is counted in working days."""
    row = complaint(opened, local("05-11T10:00"))
    step(row, "contact", local("05-11T11:00"))
    return row


def test_a_holiday_more_is_seen_before_it_holds_and_moves_what_is_open(opened: Open) -> None:
    at = local("05-11T12:00")
    row, other = answered(opened), opened(at=at)
    rows = holidays(more=("05-13", "05-14"))
    preview = queries.what_if_calendar(EVERYWHERE, rows, at=at)
    assert (preview.open_count, preview.later, preview.sooner, preview.newly_overdue) == (2, 1, 0, 0)
    (example,) = preview.examples
    assert example.order.pk == row.pk
    assert (example.due_before, example.due_after) == (local("05-16T00:00"), local("05-20T00:00"))
    assert due(row) == local("05-16T00:00")
    kept = due(other)
    import_calendar(rows=rows, source="通知", at=at, actor="meng")
    deliveries.drain()
    assert due(row) == local("05-20T00:00") == layer(row, "answer", "internal", at=at).due_at
    assert due(other) == kept
    assert '"order_count":1' in Fact.objects.filter(kind="orders.DeadlinesMoved").latest("pk").data.replace(" ", "")


def test_a_holiday_taken_away_makes_orders_overdue_and_given_back_not(opened: Open) -> None:
    """1 to 5 May are off: taken away, what was due on 10 May was due before."""
    row = complaint(opened, AT)
    step(row, "contact", AT + timedelta(minutes=5))
    at = local("05-09T09:00")
    without = holidays(without=("05-01", "05-04", "05-05", "05-09"))
    preview = queries.what_if_calendar(EVERYWHERE, without, at=at)
    assert (preview.sooner, preview.newly_overdue, preview.no_more_overdue) == (1, 1, 0)
    import_calendar(rows=without, source="通知", at=at, actor="meng")
    deliveries.drain()
    row.refresh_from_db()
    assert row.overdue_at is not None
    assert row.overdue_at < at
    back = queries.what_if_calendar(EVERYWHERE, holidays(), at=at)
    assert (back.later, back.newly_overdue, back.no_more_overdue) == (1, 0, 1)
    import_calendar(rows=holidays(), source="通知", at=at, actor="meng")
    deliveries.drain()
    row.refresh_from_db()
    assert (row.overdue_at, row.next_due_at) == (None, local("05-10T00:00"))


def test_another_calendar_forgets_no_suspension_and_no_closed_order(opened: Open) -> None:
    row, over = answered(opened), answered(opened)
    asked = actions.ask_suspension(
        order_id=row.pk, cause=SuspensionCause.CUSTOMER, reason="出差", at=local("05-12T09:00"), actor="he"
    )
    actions.decide_suspension(suspension_id=asked.pk, granted=True, at=local("05-12T09:00"), actor="tang")
    step(row, "resume", local("05-14T09:00"))
    step(over, "finish", local("05-12T10:00"))
    actions.take_step(order_id=over.pk, step="close", at=local("05-12T10:00"), actor="tang")
    judged = Order.objects.get(pk=over.pk).judged
    before = due(row)
    import_calendar(rows=holidays(more=("05-18",)), source="通知", at=local("05-14T10:00"), actor="meng")
    deliveries.drain()
    assert (before, due(row)) == (local("05-20T00:00"), local("05-21T00:00"))
    assert Order.objects.get(pk=over.pk).judged == judged


def test_no_holidays_told_is_no_deadline_and_told_again_it_is_there(opened: Open) -> None:
    row = answered(opened)
    CalendarDay.objects.all().delete()
    actions.follow_calendar(object(), at=local("05-11T12:00"), actor="test", delivery_key="1")
    assert due(row) is None
    preview = queries.what_if_calendar(EVERYWHERE, holidays(), at=local("05-11T12:00"))
    assert (preview.sooner, preview.examples[0].due_before) == (1, None)
    import_calendar(rows=holidays(), source="通知", at=local("05-11T12:00"), actor="meng")
    deliveries.drain()
    assert due(row) == local("05-16T00:00")


def test_many_open_orders_follow_the_calendar_in_few_questions(opened: Open) -> None:
    """No system may stall because a holiday was edited: what it costs does not grow with a question for each order."""
    counted = []
    for n in (1, 40):
        for _ in range(n):
            complaint(opened, local("05-11T10:00"))
        with CaptureQueriesContext(connection) as asked:
            actions.follow_calendar(object(), at=local("05-11T12:00"), actor="test", delivery_key="1")
        counted.append(len(asked))
    assert counted[1] <= counted[0] + 2


def test_a_day_that_is_kept_in_one_region_only_is_a_working_day(opened: Open) -> None:
    """三月三 of Guangxi is 20 April 2026, a Monday: no feed brings it in, and a file that tells it otherwise than as a
    holiday of the country is refused."""
    row = complaint(opened, local("04-17T10:00"))
    assert layer(row, "answer", "internal", at=local("04-17T10:00")).due_at == local("04-24T00:00")
    assert date(2026, 4, 20) not in {day for day, *_ in calendar_days()}
    form = CalendarForm({"text": "2026-05-01,holiday,劳动节\n2026-04-20,regional,三月三", "source": "通知"})
    assert form.errors["text"] == [
        "Line 2: “regional” is neither holiday nor makeup. Write one of the two after the day."
    ]


def test_another_grid_has_other_promises_and_that_is_seen_first(opened: Open) -> None:
    row = opened(Kind.SERVICE, Topic.RECONNECT)
    at = AT + timedelta(hours=13)
    rule = OrderRule(from_date=AT.date(), region="csg", source="本所")
    preview = queries.what_if_numbers(EVERYWHERE, rule, at=at)
    assert (preview.sooner, preview.newly_overdue) == (1, 1)
    assert preview.examples[0].due_after == AT + timedelta(hours=12)
    assert due(row) == AT + timedelta(hours=24)
    later = OrderRule(from_date=AT.date() + timedelta(days=1), region="csg", source="本所")
    assert queries.what_if_numbers(EVERYWHERE, later, at=at).moved == 0
    actions.set_order_rule(values={"region": "csg"}, from_date=AT.date(), source="本所", at=at, actor="meng")
    row.refresh_from_db()
    assert row.overdue_at == AT + timedelta(hours=12)


def test_the_page_of_numbers_says_so_and_writes_only_when_told(opened: Open) -> None:
    row = opened(Kind.SERVICE, Topic.RECONNECT, at=timezone.now() - timedelta(hours=1))
    client, path = client_of("meng"), reverse("orders:numbers")
    told = client.get(path).context["form"].initial | {"region": "csg", "source": "本所"}
    told["from_date"] = f"{timezone.localdate() - timedelta(days=1):%Y-%m-%d}"
    answer = client.post(path, told)
    page = answer.content.decode()
    assert answer.context["preview"].moved == 1
    assert reverse("orders:order", args=[row.pk]) in page
    assert not OrderRule.objects.exists()
    assert client.post(path, told | {"save": "1"}).status_code == 302
    assert OrderRule.objects.get().region == "csg"


def test_a_step_moves_no_clock_at_once_and_tells_who_could_go_nowhere(opened: Open) -> None:
    opened()
    client, path = client_of("meng"), reverse("orders:steps")
    told = {"kind": "fault", "step": "dispatch", "from_states": ["in_hand"], "to_state": "dispatched", "who": "works"}
    told |= {"from_date": f"{AT.date():%Y-%m-%d}", "source": "本所", "effect_dispatch": "stop"}
    preview = client.post(path, told).context["preview"]
    assert (preview.open_count, preview.able_before, preview.able_after, preview.moved) == (1, 1, 0, 0)
    assert preview.stuck == 0
    assert not StepRule.objects.exists()
    for code in ("accept", "arrive", "finish", "contact", "return"):
        entry = actions.StepEntry(kind=Kind.FAULT, step=code, from_states=["in_hand"])
        actions.set_step_rule(entry=entry, from_date=AT.date(), source="本所", at=AT, actor="meng")
    answer = client.post(path, told)
    assert answer.context["preview"].stuck == 1
    assert "could go nowhere" in answer.content.decode()


def test_what_the_row_says_stands_on_the_list_and_on_the_page(opened: Open) -> None:
    """The clock of the page, that of the list and that of the API are one: nothing is worked out a second time."""
    now = timezone.now()
    client = client_of("he")
    rows = [
        opened(at=now - timedelta(minutes=1)),
        opened(Kind.COMPLAINT, Topic.ATTITUDE, at=now - timedelta(minutes=1), text="怠慢"),
        opened(Kind.SERVICE, Topic.RECONNECT, at=now - timedelta(hours=2)),
    ]
    listed = client.get(reverse("orders:home")).content.decode()
    told = {one["order_id"]: one for one in client.get("/api/orders").json()}
    for row in rows:
        assert row.next_due_at is not None
        stamp = timezone.localtime(row.next_due_at).isoformat()
        assert f'datetime="{stamp}"' in listed
        page = client.get(reverse("orders:order", args=[row.pk])).content.decode()
        assert f'<dd class="dh-num">{timezone.localtime(row.next_due_at):%Y-%m-%d %H:%M}</dd>' in page
        clocks = client.get(f"/api/orders/{row.pk}").json()["clocks"]
        assert told[row.pk]["next_due_at"] == min(one["due_at"] for one in clocks if one["due_at"])


def test_a_year_taken_out_leaves_orders_without_a_deadline_and_that_is_said(opened: Open) -> None:
    row, other = answered(opened), opened(at=local("05-11T12:00"))
    at = local("05-11T12:00")
    preview = queries.what_if_calendar(EVERYWHERE, [], at=at, without=2026)
    assert (preview.open_count, preview.later, preview.unknown) == (2, 1, 1)
    assert preview.examples[0].due_after is None
    html = render_to_string("orders/moves.html", {"preview": preview})
    assert "1 order would have no deadline any more" in html
    assert due(row) is not None and due(other) is not None


def test_a_year_that_stands_apart_takes_no_deadline_away(opened: Open) -> None:
    row, at = answered(opened), local("05-11T12:00")
    slip = [CalendarDay(date=date(1990, 1, 1), kind=DayKind.HOLIDAY, source="通知")]
    assert queries.what_if_calendar(EVERYWHERE, slip, at=at).moved == 0
    import_calendar(rows=slip, source="通知", at=at, actor="meng")
    deliveries.drain()
    assert due(row) == local("05-16T00:00")


def test_a_year_told_by_mistake_is_taken_out_and_orders_follow(opened: Open) -> None:
    row, at = answered(opened), local("05-11T12:00")
    moved = Fact.objects.filter(kind="orders.DeadlinesMoved")
    assert [withdraw_calendar_year(year=year, at=at, actor="meng") for year in (2026, 2025, 2030)] == [0, 0, 0]
    deliveries.drain()
    before = moved.count()
    assert withdraw_calendar_year(year=2024, at=at, actor="meng") > 20
    deliveries.drain()
    assert not CalendarDay.objects.filter(date__year=2024).exists()
    assert moved.count() == before + 1
    assert due(row) == local("05-16T00:00")


def limit(**told: Any) -> LimitRule:
    """A limit that nobody has set yet: of our own, 20 minutes until somebody is there."""
    plain = {"kind": "fault", "clock": "arrive", "measure": "clock", "limit_s": 20 * 60, "layer": "internal"}
    return LimitRule(**plain | {"basis": "本所", "from_date": AT.date()} | told)


def what_if(rule: LimitRule, *, minutes: int) -> queries.WhatIf:
    since, at = AT - timedelta(days=30), AT + timedelta(minutes=minutes)
    return queries.what_if(EVERYWHERE, rule, since=since, until=AT, at=at)


def test_what_is_overdue_by_one_clock_becomes_overdue_by_another(opened: Open) -> None:
    row = opened()
    late = {one.clock for one in queries.clocks_of(row, at=AT + timedelta(minutes=40)) if one.late}
    assert late
    assert "arrive" not in late
    preview = what_if(limit(), minutes=40)
    assert (preview.moved, preview.sooner, preview.newly_overdue, preview.no_more_overdue) == (1, 1, 1, 0)
    (example,) = preview.examples
    assert (example.clock, example.due_after) == ("arrive", AT + timedelta(minutes=20))
    assert what_if(limit(), minutes=10).newly_overdue == 0


def test_one_clock_less_that_is_overdue_leaves_overdue_what_another_makes_so(opened: Open) -> None:
    row = opened()
    told: dict[str, Any] = {"kind": "fault", "clock": "arrive", "measure": "clock", "layer": "internal"}
    entry = actions.LimitEntry(**told, limit_s=60, basis="本所")
    actions.set_limit_rule(entry=entry, from_date=AT.date() - timedelta(days=1), at=AT, actor="meng")
    preview = what_if(limit(limit_s=None), minutes=40)
    assert (preview.later, preview.no_more_overdue, preview.unknown) == (1, 0, 0)
    step(row, "dispatch", AT + timedelta(seconds=10))
    step(row, "accept", AT + timedelta(seconds=20))
    assert what_if(limit(limit_s=None), minutes=40).no_more_overdue == 1


def test_a_limit_that_is_lifted_holds_for_those_it_is_lifted_for(opened: Open) -> None:
    """Also where one working day less than the promise would be our own: it is lifted, nothing takes its place."""
    row = complaint(opened, AT)
    told: dict[str, Any] = {"kind": Kind.COMPLAINT, "clock": "answer", "measure": "working_days", "layer": "internal"}
    entry = actions.LimitEntry(**told, limit_s=None, basis="本所")
    rule = LimitRule(**vars(entry), from_date=AT.date())
    preview = what_if(rule, minutes=10)
    assert (preview.holds_count, preview.later, preview.unknown) == (1, 1, 0)
    actions.set_limit_rule(entry=entry, from_date=AT.date(), at=AT, actor="meng")
    (answer,) = (one for one in queries.clocks_of(row, at=AT) if one.clock == "answer")
    assert (answer.limit.layer, answer.due_at) == ("promise", preview.examples[0].due_after)


def test_the_form_says_that_no_amount_lifts_it_and_takes_no_topic_of_another_kind(opened: Open) -> None:
    opened(at=timezone.now() - timedelta(days=timezone.localdate().day))
    told = {"kind": "fault", "clock": "arrive", "amount": "", "unit": "min", "limit_kind": "ceiling", "area": "rural"}
    told |= {"layer": "law", "basis": "本所", "from_date": "2026-01-01"}
    client, path = client_of("meng"), reverse("orders:set-limit")
    page = client.post(path, told).content.decode()
    assert "this limit is lifted" in page
    assert "hold for none" not in page
    assert client.post(path, told | {"topic": Topic.BRIBERY}).status_code == 422
    assert LimitForm(told | {"topic": Topic.BRIBERY}).errors["topic"]
    assert not LimitForm(told | {"topic": Topic.DANGER}).errors
