"""The log is the truth: what is recorded, corrected or odd in it shows wherever it matters, at once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from denghuo.apps.continuity.models import Interruption
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network import queries
from denghuo.apps.network.actions import OperationRow, correct_switching, import_network, record_switching
from denghuo.apps.network.facts import SwitchingCorrected, SwitchingRecorded
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.network.queries.isolation import SheetLine
from denghuo.apps.outages.models import Outage
from denghuo.engines.topology import ReplayCode, compile_topology, energized_sections, normal_state, trace
from tests.apps.network.conftest import Switch, after
from tests.world import AT, World, small_grid


def dead_customers(world: World) -> int:
    return queries.state_now(world.network.pk).dead.lv_customers


def correct(operation: SwitchingOperation, right: OperationRow | None) -> SwitchingOperation:
    row = correct_switching(operation_id=operation.pk, right=right, note="slip", at=AT, actor="zhou")
    deliveries.drain()
    return row


def test_recording_is_a_fact_and_the_state_follows_at_once(world: World, switch: Switch) -> None:
    assert dead_customers(world) == 0
    row = switch("QL1", "open", 1)
    assert dead_customers(world) == 8 + 10 + 2
    [told] = ledger.facts(classes=[SwitchingRecorded])
    assert (told.fact.operation_id, told.fact.device_code, told.actor) == (row.pk, "QL1", "lin")
    switch("QL9", "close", 2)
    assert dead_customers(world) == 0


@pytest.mark.parametrize("opened", [("QL1",), ("QF1",), ("QF1", "QF2"), ("FU1", "QL2"), ()])
def test_the_state_is_the_engines(world: World, switch: Switch, opened: tuple[str, ...]) -> None:
    for hour, code in enumerate(opened):
        switch(code, "open", hour)
    topology = compile_topology(small_grid())
    closed = normal_state(topology)
    closed[[topology.grid.switch_position[code] for code in opened]] = False
    loads = topology.grid.loads
    dead = ~trace(topology, closed=closed).load_supplied
    state = queries.state_now(world.network.pk)
    assert np.array_equal(state.section_energized, energized_sections(topology, closed=closed))
    assert state.dead.lv_customers == loads.lv_customers[dead].sum()
    assert state.dead.loads == dead.sum()


def test_a_state_of_the_past(world: World, switch: Switch) -> None:
    switch("QL1", "open", 1)
    switch("QL1", "close", 3)
    assert [queries.state_at(world.network.pk, at=after(hours)).dead.lv_customers for hours in (0.5, 1, 2, 3, 4)] == [
        0,
        20,
        20,
        0,
        0,
    ]


def test_a_correction_changes_outages_and_books(world: World, switch: Switch) -> None:
    switch("QL1", "open", 1, "N-1")
    closing = switch("QL1", "close", 3, "N-1")
    outage = Outage.objects.get(number="N-1")
    assert outage.lv_customer_hours == pytest.approx(20 * 2)
    correct(closing, OperationRow(device_code="QL1", closes=True, operated_at=after(4), event_number="N-1"))
    outage.refresh_from_db()
    assert outage.lv_customer_hours == pytest.approx(20 * 3)
    assert outage.restored_at == after(4)
    assert {row.ended_at for row in Interruption.objects.filter(outage=outage)} == {after(4)}
    [told] = ledger.facts(classes=[SwitchingCorrected])
    assert (told.fact.corrected_operation_id, told.fact.void) == (closing.pk, False)


def test_what_never_happened_is_taken_out_and_its_outage_with_it(world: World, switch: Switch) -> None:
    opening = switch("QL2", "open", 1, "N-2")
    assert Interruption.objects.count() == 1
    correct(opening, None)
    outage = Outage.objects.get(number="N-2")
    assert (outage.started_at, outage.lv_customers, outage.lv_customer_hours) == (None, 0, None)
    assert Interruption.objects.count() == 0
    assert dead_customers(world) == 0


def test_the_device_itself_can_be_corrected(world: World, switch: Switch) -> None:
    opening = switch("QL2", "open", 1, "N-3")
    correct(opening, OperationRow(device_code="FU1", closes=False, operated_at=after(1), event_number="N-3"))
    outage = Outage.objects.get(number="N-3")
    assert (outage.device_code, outage.lv_customers) == ("FU1", 6)


def test_the_wrong_row_stays_and_is_corrected_once(world: World, switch: Switch) -> None:
    wrong = switch("QL1", "open", 1)
    right = correct(wrong, OperationRow(device_code="QL1", closes=False, operated_at=after(2)))
    with pytest.raises(IntegrityError), transaction.atomic():
        correct_switching(operation_id=wrong.pk, right=None, note="", at=AT, actor="zhou")
    rows = queries.log_rows(world.network.pk, queries.operations_of(world.network.pk))
    assert {row.id: row.stands for row in rows} == {wrong.pk: False, right.pk: True}
    assert {row.id: row.instead_of for row in rows}[right.pk] == after(1)
    correct(right, None)
    assert dead_customers(world) == 0


def test_an_outage_without_a_number_stays_itself_through_corrections(world: World, switch: Switch) -> None:
    wrong = switch("QL1", "open", 1)
    outage = Outage.objects.get()
    for hours in (2, 3):
        wrong = correct(wrong, OperationRow(device_code="QL1", closes=False, operated_at=after(hours)))
    outage.refresh_from_db()
    assert (wrong.event_number, outage.started_at) == (outage.number, after(3))
    assert Outage.objects.count() == 1


def test_a_number_that_was_told_can_be_taken_away(world: World, switch: Switch) -> None:
    wrong = switch("QL1", "open", 1, "N-1")
    right = correct(wrong, OperationRow(device_code="QL1", closes=False, operated_at=after(1)))
    assert right.number == f"OP-{right.pk}"


def test_the_head_of_a_line_is_its_own(world: World) -> None:
    for code, line in (("QF1", "10kV灯山线"), ("QF2", "10kV柳溪线")):
        assert queries.device(world.network.pk, code=code).line_name == line


def test_an_unknown_device_is_kept_and_told(world: World, switch: Switch) -> None:
    row = switch("QL77", "open", 1)
    assert dead_customers(world) == 0
    assert not Outage.objects.exists()
    [finding] = queries.log_findings(world.network.pk)
    assert (finding.code, finding.operation) == (ReplayCode.UNKNOWN_DEVICE, row)
    [told] = queries.log_rows(world.network.pk, queries.operations_of(world.network.pk))
    assert (told.device_name, len(told.odd)) == (None, 1)


def test_findings_stand_by_kind_and_what_is_usual_comes_last(world: World, switch: Switch) -> None:
    switch("QL9", "close", 1)  # closes a loop, as one does to transfer load
    switch("QL9", "open", 2)
    switch("QL9", "open", 3)
    switch("QL9", "open", 4)
    groups = queries.log_findings_by_kind(world.network.pk)
    assert [(group.code, group.count, group.usual) for group in groups] == [
        (ReplayCode.ALREADY_OPEN, 2, False),
        (ReplayCode.CLOSES_LOOP, 1, True),
    ]
    assert [len(odd) for odd in queries.log_oddities(world.network.pk).values()] == [1, 1]


def test_lasting_events_are_those_that_keep_somebody_out(world: World, switch: Switch) -> None:
    switch("QL1", "open", 1, "N-1")
    switch("QL1", "close", 2, "N-1")
    switch("FU1", "open", 3, "N-2")
    assert queries.lasting_events(world.network.pk) == ["N-2"]


def test_an_opening_without_a_number_is_an_outage_named_after_its_row(world: World, switch: Switch) -> None:
    row = switch("FU1", "open", 1)
    outage = Outage.objects.get()
    assert outage.number == f"OP-{row.pk}"
    assert list(queries.operations_of(world.network.pk, event_number=outage.number)) == [row]


@pytest.mark.parametrize("number", ["OP-", "OP-x", "OP-99999999999999999999", "N-1"])
def test_numbers_that_name_no_row_find_none(world: World, switch: Switch, number: str) -> None:
    switch("FU1", "open", 1)
    assert list(queries.operations_of(world.network.pk, event_number=number)) == []


def test_behind_a_device_is_what_opening_it_leaves_dark(world: World, switch: Switch) -> None:
    found = queries.device(world.network.pk, code="QF1")
    assert (found.behind.lv_customers, found.line_name, found.closed) == (60, "10kV灯山线", True)
    tie = queries.device(world.network.pk, code="QL9")
    assert (tie.behind.lv_customers, tie.closed) == (0, False)


@pytest.mark.parametrize(("h", "said"), [(-1 / 60, "-0:01"), (0, "+0:00"), (3.983, "+3:59"), (25.5, "+25:30")])
def test_a_sheet_says_hours_and_minutes(h: float, said: str) -> None:
    nobody = queries.Supply(loads=0, mv_users=0, lv_customers=0, kva=0.0)
    texts = dict.fromkeys(("action", "action_code", "device_code", "device_name", "reason"), "")
    assert (
        SheetLine(number=1, effect_h=h, out=nobody, remote=None, at_working_side=False, at_lv_side=False, **texts).clock
        == said
    )


def test_an_operation_that_is_taken_back_is_not_remembered(world: World, switch: Switch) -> None:
    """The next row may well get the key of the one that is gone."""
    with transaction.atomic():
        gone = switch("QL1", "open", 1)
        assert dead_customers(world) == 20
        transaction.set_rollback(True)
    assert dead_customers(world) == 0
    switch("FU1", "open", 1)
    assert dead_customers(world) == 6
    assert not SwitchingOperation.objects.filter(pk=gone.pk, device_code="QL1").exists()


def test_an_import_that_is_taken_back_is_not_remembered(world: World) -> None:
    """The next import gets the revision of the one that is gone."""
    network = world.network
    told: dict[str, Any] = {"name": "Lamp", "source_name": "next", "at": AT, "actor": "gu"}

    def take_in(fewer: int, digest: str) -> int:
        grid = small_grid()
        loads = replace(grid.loads, lv_customers=np.maximum(grid.loads.lv_customers - fewer, 0))
        import_network(unit_id=network.unit_id, grid=replace(grid, loads=loads), digest=digest, **told)
        return int(queries.network_snapshot(network.pk).grid.loads.lv_customers.sum())

    before = int(small_grid().loads.lv_customers.sum())
    with transaction.atomic():
        assert take_in(1, "gone") == before - 7
        transaction.set_rollback(True)
    assert take_in(2, "stays") == before - 14


def test_instants_are_read_to_the_microsecond(world: World) -> None:
    for number, at in enumerate((AT.replace(microsecond=1), AT.replace(microsecond=999_999), AT)):
        operation = OperationRow(device_code="FU1", closes=number == 1, operated_at=at)
        record_switching(network_id=world.network.pk, **vars(operation), at=AT, actor="lin")
    told = queries.log_snapshot(world.network.pk).log.at
    assert [queries.from_datetime64(one) for one in told] == [AT.replace(microsecond=us) for us in (0, 1, 999_999)]
