"""The clock of restoring follows the switching log: for each customer it ends when their supply is back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from denghuo.apps.crews.actions import ReportEntry, assign, take_reports, withdraw_assignment
from denghuo.apps.crews.models import Assignment, ReportKind
from denghuo.apps.customers.models import Account
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import OperationRow, correct_switching
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.orders import queries as orders
from denghuo.apps.orders.actions import give_promise
from denghuo.apps.orders.models import Order, Promise, PromiseOf
from denghuo.apps.orders.models import State as OrderState
from denghuo.apps.outages.actions import say_still_out
from denghuo.apps.outages.models import Outage, Report, ReportState
from tests.apps.network.conftest import after
from tests.apps.outages import desk
from tests.apps.outages.test_field_times import finish, partly_back, sent, switched, tell
from tests.world import AT, World

__all__ = ["sent"]


def restoring(order: Order, hours: float) -> tuple[float | None, bool]:
    """What the clock of restoring shows, in hours, and whether it runs."""
    order.refresh_from_db()
    shown = [one for one in orders.clocks_of(order, at=after(hours)) if one.clock == "restore"]
    assert shown and len({(one.shown_s, one.runs) for one in shown}) == 1
    return shown[0].shown_s and shown[0].shown_s / 3600, shown[0].runs


def restored(order: Order) -> list[Any]:
    return [one.told_at for one in order.steps.filter(step="restore").order_by("pk")]


def of(row: Assignment) -> list[Order]:
    return list(Order.objects.filter(pk__in=row.orders.values("order_id")).order_by("pk"))


def take_out(device_code: str, at: float, right: OperationRow | None = None) -> None:
    wrong = SwitchingOperation.objects.filter(device_code=device_code, closes=True).latest("pk")
    correct_switching(operation_id=wrong.pk, right=right, note="误录", at=after(at), actor="lin")
    deliveries.drain()


def test_the_clock_stands_still_when_the_log_says_that_supply_is_back(world: World, sent: Assignment) -> None:
    first, second = of(sent)
    assert restoring(first, 2.5) == (0.5, True)
    switched(world, closes=True, hours=2.75)
    assert restoring(first, 9) == restoring(second, 9) == (0.75, False)
    first.refresh_from_db()
    assert first.state == OrderState.ON_SITE, "the crew is still there"
    assert "2026" in first.steps.get(step="restore").reason
    finish(sent, world, after(4), after(3.5))
    assert restored(first) == [after(2.75)], "told once, as the log has it"
    assert restoring(first, 9) == (0.75, False)


def test_each_is_back_when_their_own_load_is(world: World) -> None:
    _, dark, lit = partly_back(world)
    assert restoring(lit, 4) == (pytest.approx(1.1), False)
    assert restoring(dark, 4) == (pytest.approx(2.6), True)


def test_who_has_supply_before_the_crew_comes_waits_for_nothing(world: World, people: dict[str, Account]) -> None:
    switched(world, closes=False, hours=1)
    order = desk.report(world, after(1.2), load_code="T3", account_id=people["somebody"].pk)
    deliveries.drain()
    crew = desk.crew(world, "抢修一班", AT, people=[world.ma], x=1, y=1, hours=2)
    told: dict[str, Any] = {"about": Outage.objects.get().about, "place": "青禾村", "x": 1.0, "y": 1.0}
    row = assign(crew_id=crew.pk, order_ids=[order.pk], **told, at=after(1.3), actor="lin")
    deliveries.drain()
    switched(world, closes=True, hours=1.5)
    assert restored(order) == [], "nobody is there, and the clock has not begun"
    tell(row, world, ReportKind.ARRIVED, after(2))
    assert restoring(order, 9) == (0, False)
    finish(row, world, after(2.2))
    assert restored(order) == [after(2)]
    assert restoring(order, 9) == (0, False)


def test_a_log_that_is_corrected_lets_the_clock_run_as_if_it_had_never_stood(world: World, sent: Assignment) -> None:
    first, _ = of(sent)
    told: dict[str, Any] = {"what": PromiseOf.RESTORE, "due_at": after(6), "at": after(2), "actor": "lin"}
    give_promise(order_id=first.pk, **told)
    switched(world, closes=True, hours=2.75)
    assert Promise.objects.get().kept_at == after(2.75)
    take_out("FU1", at=3)
    assert set(Report.objects.values_list("state", "back_at")) == {(ReportState.OUT, None)}
    assert restoring(first, 4) == (2, True)
    assert Promise.objects.get().kept_at is None, "it binds again"
    switched(world, closes=True, hours=4.5)
    assert restored(first) == [after(2.75), after(4.5)]
    assert restoring(first, 9) == (2.5, False)
    assert Promise.objects.get().kept_at == after(4.5)


def test_a_time_that_is_corrected_is_no_second_restoring(world: World, sent: Assignment) -> None:
    """Its end is another, and who has supply has it: what was told stays, as every time that moved a clock."""
    first, _ = of(sent)
    switched(world, closes=True, hours=2.75)
    right = OperationRow(device_code="FU1", closes=True, operated_at=after(2.5), event_number="N-1", note="")
    take_out("FU1", at=3, right=right)
    assert set(Report.objects.values_list("state", flat=True)) == {ReportState.BACK}
    assert restored(first) == [after(2.75)]


def test_what_was_done_is_open_again_when_the_log_takes_supply_back(world: World, sent: Assignment) -> None:
    first, _ = of(sent)
    finish(sent, world, after(3), after(2.75))
    first.refresh_from_db()
    assert first.state == OrderState.DONE
    take_out("FU1", at=3.5)
    first.refresh_from_db()
    assert (first.state, first.reopened_count) == (OrderState.REGISTERED, 1)
    again = first.steps.get(step="reopen")
    assert again.reason, "it says why"


def test_a_second_crew_takes_nobody_from_the_place(world: World, sent: Assignment) -> None:
    first, _ = of(sent)
    other = desk.crew(world, "抢修二班", AT, people=[world.lin], x=9, y=9, hours=2)
    told: dict[str, Any] = {"about": sent.about, "place": "青禾村", "x": 1.0, "y": 1.0, "order_ids": [first.pk]}
    second = assign(crew_id=other.pk, **told, at=after(2.5), actor="lin")
    deliveries.drain()
    first.refresh_from_db()
    assert first.state == OrderState.ON_SITE
    switched(world, closes=True, hours=2.75)
    assert restoring(first, 9) == (0.75, False)
    entry = ReportEntry(
        client_id=uuid4(), assignment_id=second.pk, kind=ReportKind.ARRIVED, told_at=after(2.9), told={}
    )
    take_reports(user_id=world.lin.pk, entries=[entry], at=after(2.9), actor="lin")
    deliveries.drain()
    assert restoring(first, 9) == (0.75, False), "it began with the first"


def test_who_has_supply_again_waits_for_no_crew_that_is_taken_back(world: World, sent: Assignment) -> None:
    first, second = of(sent)
    switched(world, closes=True, hours=2.75)
    withdraw_assignment(assignment_id=sent.pk, reason="不再需要", at=after(3), actor="lin")
    deliveries.drain()
    for order in (first, second):
        order.refresh_from_db()
        assert order.state == OrderState.DONE, "it waits to be called back"
        assert "return" not in order.steps.values_list("step", flat=True)
    assert restoring(first, 9) == (0.75, False)


def test_who_lost_supply_again_in_the_same_outage_had_it_between(world: World, sent: Assignment) -> None:
    first, _ = of(sent)
    switched(world, closes=True, hours=2.5)
    switched(world, closes=False, hours=2.75)
    assert set(Report.objects.values_list("state", flat=True)) == {ReportState.BACK}
    assert restoring(first, 4) == (0.5, False)


def test_who_says_still_out_while_the_crew_is_there_waits_since_it_came(world: World, sent: Assignment) -> None:
    first, second = of(sent)
    switched(world, closes=True, hours=2.75)
    said_at = after(3)
    say_still_out(report_id=Report.objects.get(order=first).pk, said_at=said_at, at=said_at, actor="lin")
    deliveries.drain()
    assert restoring(first, 4) == (2, True)
    assert restoring(second, 4) == (0.75, False)
    assert first.remarks.filter(at=said_at).exists()
    minute = timedelta(minutes=1)
    finish(sent, world, said_at + 30 * minute)
    first.refresh_from_db()
    assert first.state == OrderState.REGISTERED, "somebody comes again"
