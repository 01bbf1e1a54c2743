"""From reports to the device that opened, to supply restored, and to the fault that was nested behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from denghuo.apps.crews.actions import ReportEntry, assign, take_reports
from denghuo.apps.crews.models import ReportKind
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.orders.actions import OrderEntry, correct_order, open_order, take_step
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import (
    DeviceUnknownError,
    confirm_fault,
    dismiss_suspicion,
    hear_meters,
    say_back,
    say_still_out,
)
from denghuo.apps.outages.facts import CustomersBack, FaultSuspected, ReportsAttached, ReportsTaken, SuspicionMoved
from denghuo.apps.outages.models import Outage, Report, ReportState, Suspicion, SuspicionState
from denghuo.apps.outages.snapshot import faults, make_ready
from tests.apps.network.conftest import Switch, after
from tests.apps.outages import desk
from tests.world import AT, World

SYSTEM: dict[str, Any] = {"at": after(3), "actor": "lin"}
Call = Callable[..., list[Order]]


@pytest.fixture
def call(world: World) -> Call:
    """So many people at loads say that their supply is gone, two hours after the beginning."""

    def told(hours: float = 2.0, topic: Topic = Topic.NO_SUPPLY, **loads: int) -> list[Order]:
        orders = []
        for code, count in loads.items():
            for number in range(count):
                entry = OrderEntry(
                    kind=Kind.FAULT,
                    topic=topic,
                    unit_id=world.lamp.pk,
                    load_code=code,
                    caller=f"139{abs(hash((code, number))) % 10**8:08d}",
                    received_at=after(hours),
                )
                orders.append(open_order(entry=entry, at=after(hours), actor="lin"))
        deliveries.drain()
        return orders

    return told


def report_of(order: Order) -> Report:
    return Report.objects.get(order=order)


def test_a_report_behind_a_known_outage_joins_it(world: World, switch: Switch, call: Call) -> None:
    switch("QF1", "open", 1, "N-1")
    (order,) = call(T4=1)
    report = report_of(order)
    assert (report.state, report.outage) == (ReportState.OUT, Outage.objects.get(number="N-1"))
    (fact,) = [one.fact for one in ledger.facts(classes=[ReportsAttached])]
    assert (fact.about, fact.order_ids) == (report.outage.about, (order.pk,))
    assert not Suspicion.objects.exists()


def test_many_reports_behind_one_fuse_suspect_it_and_more_elsewhere_move_it_up(world: World, call: Call) -> None:
    orders = call(T3=4)
    suspicion = Suspicion.objects.get()
    assert (suspicion.device_code, suspicion.state, suspicion.report_count) == ("FU1", SuspicionState.OPEN, 4)
    assert suspicion.lv_customers == 6
    assert 0 < suspicion.probability <= 1
    assert suspicion.told["support"]["reports"] == 4
    assert {report_of(one).suspicion for one in orders} == {suspicion}
    call(2.05, T2=6, T1=8, T4=4, T5=5)
    suspicion.refresh_from_db()
    assert (suspicion.device_code, suspicion.was_device_codes) == ("QF1", ["FU1"])
    assert Suspicion.objects.filter(state=SuspicionState.OPEN).count() == 1
    assert [one.fact.device_code for one in ledger.facts(classes=[FaultSuspected, SuspicionMoved])] == ["FU1", "QF1"]


def test_several_reports_of_one_load_are_seen_though_no_device_explains_them(world: World, call: Call) -> None:
    call(T1=3)  # three of twenty, and nobody else of the sixty on the line
    suspicion = Suspicion.objects.get()
    assert suspicion.told["part"]
    assert suspicion.report_count == 3
    assert suspicion.probability < 0.5


def test_one_report_alone_points_to_no_device(world: World, call: Call) -> None:
    (order,) = call(T1=1)
    assert report_of(order).state == ReportState.ALONE
    assert not Suspicion.objects.exists()


def test_who_hangs_on_no_known_load_waits_to_be_placed(world: World, call: Call) -> None:
    (order,) = call(nowhere=1)
    assert (report_of(order).state, report_of(order).network) == (ReportState.UNPLACED, None)


def test_what_is_no_report_of_missing_supply_is_none(world: World, call: Call) -> None:
    call(topic=Topic.VOLTAGE, T1=1)
    assert not Report.objects.exists()


def test_many_orders_are_taken_together(world: World, call: Call) -> None:
    call(T3=4, T5=3)
    facts = [one.fact for one in ledger.facts(classes=[ReportsTaken])]
    assert [fact.report_count for fact in facts] == [7]


def test_what_is_confirmed_stands_in_the_log_and_takes_its_reports_along(
    world: World, switch: Switch, call: Call
) -> None:
    orders = call(T3=4)
    suspicion = Suspicion.objects.get()
    with pytest.raises(DeviceUnknownError):
        confirm_fault(suspicion_id=suspicion.pk, device_code="FU9", opened_at=after(1.5), **SYSTEM)
    confirm_fault(suspicion_id=suspicion.pk, device_code="FU1", opened_at=after(1.5), **SYSTEM)
    deliveries.drain()
    outage = Outage.objects.get()
    assert (outage.number, outage.device_code, outage.started_at) == (suspicion.number, "FU1", after(1.5))
    suspicion.refresh_from_db()
    assert (suspicion.state, suspicion.outage) == (SuspicionState.CONFIRMED, outage)
    assert {report_of(one).outage for one in orders} == {outage}
    with pytest.raises(ValueError, match="confirmed"):
        confirm_fault(suspicion_id=suspicion.pk, device_code="FU1", opened_at=after(1.5), **SYSTEM)


def test_still_out_after_the_line_is_back_opens_the_nested_fault(world: World, switch: Switch, call: Call) -> None:
    switch("QF1", "open", 1, "N-1")
    orders = call(T3=3, T1=5, T4=2)
    switch("QF1", "close", 4, "N-1")
    assert {report_of(one).state for one in orders} == {ReportState.BACK}
    (back,) = [one.fact for one in ledger.facts(classes=[CustomersBack])]
    assert len(back.report_ids) == 10
    told = {"at": after(4.5), "actor": "lin"}
    for order in orders[3:]:
        say_back(report_id=report_of(order).pk, said_at=after(4.4), **told)
    assert not Suspicion.objects.exists()
    for order in orders[:3]:
        say_still_out(report_id=report_of(order).pk, said_at=after(4.4), **told)
    suspicion = Suspicion.objects.get()
    assert (suspicion.device_code, suspicion.report_count) == ("FU1", 3)
    assert [report_of(one).suspicion for one in orders[:4]] == [suspicion] * 3 + [None]
    with pytest.raises(ValueError, match="suspected"):
        say_still_out(report_id=report_of(orders[0]).pk, said_at=after(4.4), **told)


def test_the_device_just_closed_is_not_suspected_by_who_is_still_out(world: World, switch: Switch, call: Call) -> None:
    switch("FU1", "open", 1, "N-1")
    orders = call(T3=4)
    switch("FU1", "close", 4, "N-1")
    for order in orders:
        say_still_out(report_id=report_of(order).pk, said_at=after(4.1), at=after(4.1), actor="lin")
    assert "FU1" not in [one.device_code for one in queries.open_suspicions([str(world.lamp.path)])]
    call(4.5, T3=2)
    assert "FU1" not in [one.device_code for one in queries.open_suspicions([str(world.lamp.path)])]
    call(4.6, T3=5)
    told = [one.device_code for one in queries.open_suspicions([str(world.lamp.path)])]
    assert told == ["FU1"], "several others report anew: it has opened again"


def test_a_device_that_was_seen_closed_is_not_suspected_again(world: World, call: Call) -> None:
    call(T3=4)
    suspicion = Suspicion.objects.get()
    with pytest.raises(ValueError, match="reason"):
        dismiss_suspicion(suspicion_id=suspicion.pk, reason=" ", **SYSTEM)
    dismiss_suspicion(suspicion_id=suspicion.pk, reason="现场查看，熔断器完好", **SYSTEM)
    open_now = [one.device_code for one in queries.open_suspicions([str(world.lamp.path)])]
    assert "FU1" not in open_now


def test_an_order_that_is_over_is_no_evidence_any_more(world: World, call: Call) -> None:
    orders = call(T3=4)
    for order in orders:
        Order.objects.filter(pk=order.pk).update(state="closed", closed_at=after(3))
        from denghuo.apps.outages.actions import follow_closed_order

        closed = _closed(order)
        follow_closed_order(closed, at=after(3), actor="lin", delivery_key="1:x")
    assert Suspicion.objects.get().state == SuspicionState.GONE


def _closed(order: Order) -> Any:
    from denghuo.apps.orders.facts import OrderClosed

    return OrderClosed(order_id=order.pk, number=order.number, outcome="closed", unit_id=order.unit_id, account_id=None)


def test_where_a_crew_found_nothing_of_ours_is_no_evidence_of_a_device_further_up(world: World, call: Call) -> None:
    crew = desk.crew(world, "抢修一班", AT, people=[world.ma], x=1, y=1, hours=2)
    orders = call(T3=4)
    about, ids = Suspicion.objects.get().about, [one.pk for one in orders]
    row = assign(crew_id=crew.pk, about=about, order_ids=ids, place="青禾村", x=1.0, y=1.0, **SYSTEM)
    for minute, kind in enumerate((ReportKind.ARRIVED, ReportKind.FINISHED), start=1):
        at = after(3) + timedelta(minutes=minute)
        told = (
            {"finding": "nothing", "receipt": "到现场查看，设备完好，未发现故障。"}
            if kind == ReportKind.FINISHED
            else {}
        )
        entry = ReportEntry(client_id=uuid4(), assignment_id=row.pk, kind=kind, told_at=at, told=told)
        take_reports(user_id=world.ma.pk, entries=[entry], at=at, actor="ma")
        deliveries.drain()
    assert {one.state for one in Report.objects.all()} == {ReportState.CLOSED}
    assert not Suspicion.objects.filter(state=SuspicionState.OPEN).exists()
    say_still_out(report_id=report_of(orders[0]).pk, said_at=after(3.5), at=after(3.5), actor="gateway")
    take_step(order_id=orders[1].pk, step="reopen", reason="客户称仍无电", at=after(3.6), actor="zhou")
    say_back(report_id=report_of(orders[2]).pk, said_at=after(3.6), at=after(3.6), actor="gateway")
    deliveries.drain()
    assert {report_of(one).state in queries.TO_PLACE for one in orders[:2]} == {True}, (
        "whoever is still out counts again"
    )
    assert [report_of(one).state for one in orders[2:]] == [ReportState.LIT, ReportState.CLOSED]
    Order.objects.get(pk=orders[2].pk).steps.get(step="call_back")


@dataclass(frozen=True, kw_only=True)
class News:
    meter_number: str
    load_code: str
    lit: bool
    told_at: datetime


def test_meters_alone_find_the_fuse_and_only_their_last_word_counts(world: World) -> None:
    news = [News(meter_number=f"M{number}", load_code="T3", lit=False, told_at=after(2)) for number in range(4)]
    hear = {"network_id": world.network.pk, "at": after(2.1), "actor": "ami"}
    assert hear_meters(news=news, **hear) == 4
    assert Suspicion.objects.get().device_code == "FU1"
    assert hear_meters(news=news, **hear) == 0
    later = after(2.1) - timedelta(seconds=30)
    lit = [News(meter_number=one.meter_number, load_code="T3", lit=True, told_at=later) for one in news]
    assert hear_meters(news=lit, **hear) == 4
    assert Suspicion.objects.get().state == SuspicionState.GONE


def test_what_is_read_in_ahead_is_not_read_again_by_the_first_batch(world: World, call: Call) -> None:
    call(T3=1)
    faults._compiled.cache_clear()
    make_ready(at=after(3))
    read_in = faults._compiled.cache_info().misses
    call(T3=3)
    assert Suspicion.objects.get().report_count == 3
    assert (read_in, faults._compiled.cache_info().misses) == (1, 1)


def test_the_number_is_of_the_local_day(world: World, call: Call) -> None:
    call(T3=4)
    assert Suspicion.objects.get().number == f"G{AT:%Y%m%d}-001"


def correct(order: Order, **told: Any) -> None:
    correct_order(order_id=order.pk, told=told, reason="听错", at=after(3), actor="lin")
    deliveries.drain()


def test_who_is_found_later_counts_as_if_found_at_once(world: World, call: Call) -> None:
    """Two callers nobody could place, and one of thirty at a load: placed by hand they are three of one place."""
    (first,), (second,) = call(elsewhere=1), call(nowhere=1)
    call(T7=1)
    assert {report_of(one).state for one in (first, second)} == {ReportState.UNPLACED}
    assert not Suspicion.objects.exists()
    correct(first, load_code="T7")
    correct(second, load_code="T7")
    report = report_of(first)
    assert (report.state, report.load_code, report.network_id) == (ReportState.SUSPECTED, "T7", world.network.pk)
    suspicion = Suspicion.objects.get(state=SuspicionState.OPEN)
    assert (suspicion.report_count, report.suspicion_id) == (3, suspicion.pk)


def test_a_report_placed_wrongly_leaves_what_it_pointed_to(world: World, switch: Switch, call: Call) -> None:
    (row,) = call(nowhere=1)
    switch("QF1", "open", 1, "N-1")
    correct(row, load_code="T4")
    assert (report_of(row).state, report_of(row).outage) == (ReportState.OUT, Outage.objects.get(number="N-1"))
    correct(row, load_code="elsewhere")
    report = report_of(row)
    assert (report.state, report.outage_id, report.network_id) == (ReportState.UNPLACED, None, None)


def test_an_order_that_becomes_a_report_is_one_and_one_that_was_none_is_settled(call: Call) -> None:
    (row,) = call(T3=1, topic=Topic.VOLTAGE)
    assert not Report.objects.exists()
    correct(row, topic=Topic.NO_SUPPLY)
    assert report_of(row).state == ReportState.ALONE
    correct(row, kind=Kind.COMPLAINT, topic=Topic.OUTAGES)
    assert report_of(row).state == ReportState.CLOSED
    correct(row, kind=Kind.FAULT, topic=Topic.PART)
    assert report_of(row).state == ReportState.ALONE


def test_what_alone_pointed_to_a_fault_takes_it_along_when_it_was_none(call: Call) -> None:
    first, second, third = call(T3=3)
    assert Suspicion.objects.get().state == SuspicionState.OPEN
    for row in (first, second, third):
        correct(row, topic=Topic.OWN_WIRING)
    assert Suspicion.objects.get().state == SuspicionState.GONE
