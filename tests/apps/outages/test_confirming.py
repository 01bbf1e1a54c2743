"""A suspected fault is confirmed only where the log can follow: else it would stand at the desk for ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from denghuo.apps.crews.facts import WorkFinished
from denghuo.apps.crews.models import Finding
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network import queries as network
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.notices.models import Message, State
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import (
    NotOpenedError,
    ReasonWantedError,
    TooFarAheadError,
    confirm_fault,
    dismiss_suspicion,
    follow_finish,
    give_estimate,
)
from denghuo.apps.outages.facts import FaultKnown
from denghuo.apps.outages.models import Method, Outage, Report, ReportState, Suspicion, SuspicionState
from denghuo.apps.outages.queries import Wanted
from tests.apps.network.conftest import Switch, after, signed_in
from tests.world import World

BY: dict[str, Any] = {"at": after(3), "actor": "lin"}
SECONDS = 8 / 3600


def call(world: World, hours: float = 2.0, **loads: int) -> list[Order]:
    """So many people at loads say that their supply is gone."""
    orders = []
    for code, count in loads.items():
        for number in range(count):
            entry = OrderEntry(
                kind=Kind.FAULT,
                topic=Topic.NO_SUPPLY,
                unit_id=world.lamp.pk,
                load_code=code,
                caller=f"1390000{code[1:]}{number:03d}",
                received_at=after(hours),
            )
            orders.append(open_order(entry=entry, at=after(hours), actor="lin"))
    deliveries.drain()
    return orders


def confirm(row: Suspicion, hours: float, device_code: str = "") -> Suspicion:
    opened_at = after(hours)
    found = confirm_fault(suspicion_id=row.pk, device_code=device_code or row.device_code, opened_at=opened_at, **BY)
    deliveries.drain()
    return found


def suspected(world: World) -> Suspicion:
    """The fuse before T3, by those who call there."""
    call(world, T3=4)
    return Suspicion.objects.get(state=SuspicionState.OPEN)


def test_what_the_log_has_closed_since_was_not_open_by_then(world: World, switch: Switch) -> None:
    switch("FU1", "open", 1, "N-1")
    switch("FU1", "close", 2 + SECONDS, "N-1")
    call(world, 2 + 2 * SECONDS, T3=4)
    row = Suspicion.objects.get()
    with pytest.raises(NotOpenedError) as refused:
        confirm(row, 2)  # the minute in which they called, as it is read from a clock without seconds
    assert refused.value.found.closed_at == after(2 + SECONDS)
    row.refresh_from_db()
    assert (row.state, row.opened_at) == (SuspicionState.OPEN, None)
    assert SwitchingOperation.objects.count() == 2
    confirm_fault(suspicion_id=row.pk, device_code="FU1", opened_at=queries.open_by(row), **BY)
    deliveries.drain()
    row.refresh_from_db()
    assert row.outage is not None and row.outage.lasts
    assert Report.objects.filter(outage=row.outage, state=ReportState.OUT).count() == 4
    assert not Suspicion.objects.filter(state=SuspicionState.OPEN).exists()


def test_it_is_open_since_whatever_gave_supply_back_to_those_behind_it(world: World, switch: Switch) -> None:
    row = suspected(world)
    assert queries.open_by(row) == after(2), "by the first report, where the log says nothing"
    switch("QF1", "open", 2.2, "N-1")
    switch("QF1", "close", 2.5, "N-1")
    row.refresh_from_db()
    assert queries.open_by(row) == after(2.5)


def test_who_was_out_with_another_outage_then_did_not_lose_supply_by_it(world: World, switch: Switch) -> None:
    switch("QF1", "open", 1, "N-1")
    switch("QF1", "close", 2, "N-1")
    call(world, 2.1, T3=4)
    row = Suspicion.objects.get()
    with pytest.raises(NotOpenedError) as refused:
        confirm(row, 1.5)
    assert refused.value.found.event_number == "N-1"
    confirm(row, 2.05)
    assert Outage.objects.get(number=row.number).lv_customers == 6


def test_what_stands_open_already_is_that_outage_and_its_reports_go_there(world: World, switch: Switch) -> None:
    switch("QL2", "open", 1, "N-1")
    row = suspected(world)
    found = confirm(row, 2, device_code="QL2")
    outage = Outage.objects.get()
    assert (found.state, found.outage, found.opened_at) == (SuspicionState.CONFIRMED, outage, after(1))
    assert set(Report.objects.values_list("state", "outage", "suspicion")) == {(ReportState.JOINED, outage.pk, None)}
    assert SwitchingOperation.objects.count() == 1, "it stands in the log already"
    (fact,) = [one.fact for one in ledger.facts(classes=[FaultKnown])]
    assert (fact.suspicion_id, fact.outage_id, fact.device_code) == (row.pk, outage.pk, "QL2")


def test_what_nobody_hangs_on_did_not_open(world: World) -> None:
    row = suspected(world)
    with pytest.raises(NotOpenedError) as refused:
        confirm(row, 2, device_code="QL9")  # the tie, normally open
    assert refused.value.found.stands_open
    row.refresh_from_db()
    assert row.device_code == "FU1"


def test_one_that_was_confirmed_without_an_outage_counts_nobody_and_can_be_ended(world: World) -> None:
    row = suspected(world)
    Suspicion.objects.filter(pk=row.pk).update(state=SuspicionState.CONFIRMED, decided_at=after(2))
    seen = queries.board([str(world.lamp.path)], wanted=Wanted(), username="lin", at=after(3)).of(row.about)
    assert seen is not None and seen.is_unborn
    assert (seen.lv_customers, seen.report_count) == (0, 4)
    dismiss_suspicion(suspicion_id=row.pk, reason="日志中已合闸", **BY)
    row.refresh_from_db()
    assert row.state == SuspicionState.DISMISSED
    board = queries.board([str(world.lamp.path)], wanted=Wanted(), username="lin", at=after(3))
    assert board.of(row.about) is None
    assert not Report.objects.filter(suspicion=row).exists()


def test_a_crew_that_mends_what_cannot_have_opened_books_nothing(world: World, switch: Switch) -> None:
    row = suspected(world)
    switch("QF1", "open", 2.2, "N-1")
    switch("QF1", "close", 2.8, "N-1")
    Suspicion.objects.filter(pk=row.pk).update(state=SuspicionState.OPEN, decided_at=None)
    done = WorkFinished(
        assignment_id=1,
        about=row.about,
        order_ids=(),
        finding=Finding.FAULT_CLEARED,
        restored_at=after(2.5),
    )
    follow_finish(done, at=after(3), actor="ma", delivery_key="1:x")
    deliveries.drain()
    row.refresh_from_db()
    assert row.state == SuspicionState.MENDED
    assert not Outage.objects.filter(number=row.number).exists()


def test_a_nested_fault_counts_those_who_are_not_out_already(world: World, switch: Switch) -> None:
    switch("QL2", "open", 1, "N-1")
    row = suspected(world)
    Suspicion.objects.filter(pk=row.pk).update(device_code="QF1", lv_customers=50)
    board = queries.board([str(world.lamp.path)], wanted=Wanted(), username="lin", at=after(3))
    nested, known = board.of(row.about), board.of(Outage.objects.get().about)
    assert nested is not None and known is not None
    assert (nested.lv_customers, known.lv_customers) == (50, 10)


def estimate(about: str, hours: float, reason: str = "", method: Method = Method.DISPATCHER) -> None:
    give_estimate(about=about, expected_at=after(hours), method=method, team="", reason=reason, **BY)
    deliveries.drain()


def test_why_a_time_changes_is_said_with_it(world: World) -> None:
    row = suspected(world)
    estimate(row.about, 5)
    estimate(row.about, 5)  # the same again is said once
    with pytest.raises(ReasonWantedError):
        estimate(row.about, 6)
    estimate(row.about, 6, reason="备件未到")
    assert [one.reason for one in queries.estimates_of(suspicion_ids=[row.pk])] == ["", "备件未到"]


def test_a_time_that_nobody_means_is_refused(world: World) -> None:
    row = suspected(world)
    with pytest.raises(TooFarAheadError):
        estimate(row.about, 3 + 24 * 31)
    estimate(row.about, 3 + 24 * 30)


@pytest.mark.parametrize("comes_true", [True, False])
def test_when_it_was_expected_to_be_over_is_not_told_once_it_is(world: World, switch: Switch, comes_true: bool) -> None:
    row = suspected(world)
    estimate(row.about, 9)
    told = Message.objects.filter(about=row.about, event="outages.restoration_time")
    assert {one.state for one in told} == {State.QUEUED}
    if comes_true:
        confirm(row, 2)
        switch("FU1", "close", 2.5)
    else:
        dismiss_suspicion(suspicion_id=row.pk, reason="现场有电", **BY)
    deliveries.drain()
    assert {(one.state, one.reason) for one in told.all()} == {
        (State.CANCELLED, "restored" if comes_true else "suspicion_over")
    }


def test_who_reported_is_told_by_villages_and_with_the_year_where_it_is_another(world: World, switch: Switch) -> None:
    row = suspected(world)
    estimate(row.about, 5)
    told = Message.objects.filter(event="outages.restoration_time").latest("pk")
    assert "柳溪村" in told.text and "FU1" not in told.text
    confirm(row, 2)
    outage = Outage.objects.get()
    estimate(outage.about, 6, reason="备件未到")
    told = Message.objects.filter(event="outages.restoration_time").latest("pk")
    assert "柳溪村" in told.text and "FU1" not in told.text
    new_year = after(24 * 250)
    assert "2027" in queries.clock_told(new_year, at=after(0))
    assert "2027" not in queries.clock_told(new_year, at=new_year - timedelta(days=1))


def test_an_outage_that_was_suspected_has_the_place_of_those_who_lost_supply(world: World, switch: Switch) -> None:
    confirm(suspected(world), 2)
    outage = Outage.objects.get()
    areas = {load.area for load in queries.loads_out(outage, at=after(3))}
    assert areas == {outage.place} and outage.place
    assert outage.place in outage.where and str(outage.feeder) in outage.where
    switch("QL2", "open", 3, "N-2")
    found = Outage.objects.get(number="N-2")
    assert (found.place, found.where) == ("", f"{found.feeder} QL2"), "whom the log found has the device"


def test_the_page_derives_a_place_that_nobody_told(world: World, switch: Switch) -> None:
    switch("FU1", "open", 1, "N-1")
    outage = Outage.objects.get()
    (area,) = {load.area for load in queries.loads_out(outage, at=after(2))}
    page = signed_in(world.lin, "en").get(reverse("outages:outage", args=[outage.pk])).content.decode()
    assert f"<dt>Place</dt><dd>{area}</dd>" in page


def test_another_device_than_the_suspected_one_has_a_place_of_its_own(world: World) -> None:
    row = suspected(world)
    confirm(row, 2, device_code="QL2")
    row.refresh_from_db()
    spot = network.spot_of(world.network.pk, code="QL2")
    assert spot is not None and (row.place, row.feeder_id) == (spot.name, spot.feeder_id)
