"""What people tell of an outage, and what the switching log says of it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from denghuo.apps.continuity.models import Interruption
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions import (
    OutageEntry,
    classify_outage,
    refresh_supply,
    register_outage,
    register_outages,
)
from denghuo.apps.outages.facts import (
    OutageClassified,
    OutageClosed,
    OutageRegistered,
    OutagesRegistered,
    SupplyChanged,
)
from denghuo.apps.outages.models import Cause, Outage, tone_of
from denghuo.engines.reliability import OutageKind
from tests.apps.network.conftest import Switch, after
from tests.world import AT, World

SYSTEM: dict[str, Any] = {"at": AT, "actor": "zhou"}
PLANNED = OutageKind.PLANNED_MAINTENANCE_INTERNAL


def kinds() -> list[str]:
    return [type(one.fact).__name__ for one in ledger.facts(classes=[OutageRegistered, SupplyChanged, OutageClosed])]


def register(world: World, number: str, **told: Any) -> Outage:
    entry = OutageEntry(number=number, kind=PLANNED, cause=Cause.MAINTENANCE, **told)
    return register_outage(network_id=world.network.pk, entry=entry, **SYSTEM)


def test_an_outage_begins_lasts_and_ends(world: World, switch: Switch) -> None:
    switch("QF1", "open", 1, "N-1")
    outage = Outage.objects.get()
    assert (outage.number, outage.lasts, outage.kind) == ("N-1", True, OutageKind.UNCLASSIFIED)
    assert (outage.lv_customers, outage.load_count, outage.lv_customer_hours) == (60, 6, None)
    assert str(outage.feeder) == "10kV灯山线"
    assert kinds() == ["SupplyChanged"]
    switch("QL1", "open", 1.5, "N-1")
    switch("QF1", "close", 2, "N-1")
    switch("QL1", "close", 4, "N-1")
    outage.refresh_from_db()
    assert (outage.restored_at, outage.lv_customers) == (after(4), 60)
    assert outage.lv_customer_hours == pytest.approx(40 * 1 + 20 * 3)
    assert outage.mv_user_hours == pytest.approx(3 * 1 + 3 * 3)
    assert kinds() == ["SupplyChanged", "SupplyChanged", "SupplyChanged", "OutageClosed"]


def test_a_part_that_comes_back_is_booked_at_once(world: World, switch: Switch) -> None:
    """Nothing about the outage as a whole changes then: neither its beginning nor how many lost supply."""
    switch("QF1", "open", 1, "N-1")
    switch("QL1", "open", 1.5, "N-1")
    switch("QF1", "close", 2, "N-1")
    booked = Interruption.objects.values_list("load__code", "ended_at")
    assert {code for code, ended_at in booked if ended_at is None} == {"T4", "T5", "T6"}


def test_step_by_step(world: World, switch: Switch) -> None:
    for code, deed, hours in (("QF1", "open", 1), ("QL1", "open", 1.5), ("QF1", "close", 2), ("QL1", "close", 4)):
        switch(code, deed, hours, "N-1")
    steps = queries.timeline(Outage.objects.get())
    told = [
        (step.at, step.device_code, step.lost.lv_customers, step.restored.lv_customers, step.out_after.lv_customers)
        for step in steps
    ]
    assert told == [(after(1), "QF1", 60, 0, 60), (after(2), "QF1", 0, 40, 20), (after(4), "QL1", 0, 20, 0)]


@pytest.mark.parametrize("hours", [1, 1.5, 3, 10])
def test_what_it_costs_runs_on(world: World, switch: Switch, hours: float) -> None:
    switch("QL1", "open", 1, "N-1")
    cost = queries.cost(Outage.objects.get(), at=after(hours))
    assert (cost.lv_customers_out, cost.mv_users_out, cost.loads_out) == (20, 3, 3)
    assert cost.lv_customer_hours == pytest.approx(20 * (hours - 1))
    assert cost.mv_user_hours == pytest.approx(3 * (hours - 1))


def test_who_is_still_out_comes_first(world: World, switch: Switch) -> None:
    switch("QF1", "open", 1, "N-1")
    switch("QL1", "open", 1.5, "N-1")
    switch("QF1", "close", 2, "N-1")
    rows = queries.loads_out(Outage.objects.get(), at=after(3))
    assert [row.ended_at for row in rows] == [None] * 3 + [after(2)] * 3
    assert [row.hours for row in rows] == [2.0] * 3 + [1.0] * 3


def test_a_plan_becomes_the_outage_that_names_it(world: World, switch: Switch) -> None:
    plan = register(world, "P-1", planned_start_at=after(1), planned_end_at=after(5))
    assert queries.planned_outages([str(world.lamp.path)], after=AT) == [plan]
    switch("QL2", "open", 1, "P-1")
    plan.refresh_from_db()
    assert (plan.started_at, plan.kind, plan.lv_customers) == (after(1), PLANNED, 10)
    assert queries.lasting_outages([str(world.lamp.path)]) == [plan]


@pytest.mark.parametrize("end", [1, 0.5])
def test_a_plan_ends_after_it_begins(world: World, end: float) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        register(world, "P-1", planned_start_at=after(1), planned_end_at=after(end))


def test_a_number_is_given_once_in_a_network(world: World) -> None:
    register(world, "P-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        register(world, "P-1")


def test_a_register_is_one_fact_and_known_numbers_stay(world: World) -> None:
    register(world, "P-1", place="here")
    entries = [OutageEntry(number=number, kind=PLANNED, place="there") for number in ("P-1", "P-2", "P-3")]
    assert register_outages(network_id=world.network.pk, entries=entries, **SYSTEM) == 2
    assert register_outages(network_id=world.network.pk, entries=entries, **SYSTEM) == 0
    assert Outage.objects.get(number="P-1").place == "here"
    assert [one.fact.outage_count for one in ledger.facts(classes=[OutagesRegistered])] == [2]


def test_classifying_reaches_the_books(world: World, switch: Switch) -> None:
    switch("QL1", "open", 1, "N-1")
    switch("QL1", "close", 2, "N-1")
    outage = Outage.objects.get()
    classify_outage(
        outage_id=outage.pk, kind=OutageKind.FAULT_EXTERNAL, cause=Cause.TREES, place="b", note="", **SYSTEM
    )
    deliveries.drain()
    outage.refresh_from_db()
    assert (outage.kind, outage.cause, outage.place) == (OutageKind.FAULT_EXTERNAL, Cause.TREES, "b")
    assert set(Interruption.objects.values_list("kind", flat=True)) == {OutageKind.FAULT_EXTERNAL}
    assert len(ledger.facts(classes=[OutageClassified])) == 1


def test_nothing_new_is_nothing_recorded(world: World, switch: Switch) -> None:
    switch("QL1", "open", 1, "N-1")
    before = kinds()
    assert refresh_supply(network_id=world.network.pk, **SYSTEM) == []
    assert kinds() == before


def test_two_outages_at_once_are_counted_apart(world: World, switch: Switch) -> None:
    switch("QL2", "open", 1, "N-1")
    switch("QF1", "open", 2, "N-2")
    switch("QF1", "close", 3, "N-2")
    switch("QL2", "close", 4, "N-1")
    hours = dict(Outage.objects.values_list("number", "lv_customer_hours"))
    assert hours == pytest.approx({"N-1": 10 * 3, "N-2": 50 * 1})


WANTED: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"N-1", "N-2", "P-1"}),
    ({"state": "lasting"}, {"N-2"}),
    ({"state": "restored"}, {"N-1"}),
    ({"state": "planned"}, {"P-1"}),
    ({"state": "unclassified"}, {"N-1", "N-2"}),
    ({"q": "n-"}, {"N-1", "N-2"}),
    ({"q": "FU1"}, {"N-2"}),
    ({"kind": PLANNED}, {"P-1"}),
    ({"cause": Cause.MAINTENANCE}, {"P-1"}),
    ({"start": after(2)}, {"N-2"}),
    ({"end": after(2)}, {"N-1"}),
]


@pytest.mark.parametrize(("wanted", "numbers"), WANTED, ids=[str(list(wanted)) for wanted, _ in WANTED])
def test_finding(world: World, switch: Switch, wanted: dict[str, Any], numbers: set[str]) -> None:
    register(world, "P-1", planned_start_at=after(9), planned_end_at=after(10))
    switch("QL1", "open", 1, "N-1")
    switch("QL1", "close", 1.5, "N-1")
    switch("FU1", "open", 3, "N-2")
    assert {one.number for one in queries.find([str(world.lamp.path)], wanted=wanted, at=after(8))} == numbers
    assert not queries.find([str(world.wick.path)], wanted=wanted, at=after(8))


def test_the_order_of_the_list(world: World, switch: Switch) -> None:
    for number, hours in (("P-1", 9), ("P-2", 30), ("P-3", 20)):
        register(world, number, planned_start_at=after(hours), planned_end_at=after(hours + 1))
    for number, hours, deeds in (("N-1", 1, ("open", "close")), ("N-2", 2, ("open",)), ("N-3", 4, ("open", "close"))):
        for deed in deeds:
            switch({"N-1": "QL2", "N-2": "FU1", "N-3": "QL2"}[number], deed, hours + (deed == "close"), number)
    rows = queries.find([str(world.lamp.path)], wanted={}, at=after(12))
    assert [one.number for one in rows] == ["N-2", "P-3", "P-2", "P-1", "N-3", "N-1"]
    missed = queries.find([str(world.lamp.path)], wanted={"state": "missed"}, at=after(12))
    assert [one.number for one in missed] == ["P-1"]


def test_every_kind_has_its_mark() -> None:
    assert {tone_of(kind) for kind in OutageKind} == {"", "fault", "planned", "short", "curtailment"}
    assert tone_of(OutageKind.UNCLASSIFIED) == ""
