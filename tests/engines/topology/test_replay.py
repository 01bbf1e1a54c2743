"""What a replay says about every odd row, case by case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from denghuo.engines.grid import build_grid
from denghuo.engines.topology import (
    ReplayCode,
    SwitchingLog,
    Topology,
    compile_topology,
    corrected_log,
    normal_state,
    replay,
    state_before,
)

# s1 -QF1- a -QS1- b -TIE(open)- c -QF2- s2
QF1, QS1, TIE, QF2 = range(4)
OPEN, CLOSE = False, True


@pytest.fixture
def topology() -> Topology:
    return compile_topology(
        build_grid(
            nodes={"id": ["s1", "a", "b", "c", "s2"]},
            branches={
                "id": ["QF1", "QS1", "TIE", "QF2"],
                "from_node": [0, 1, 2, 3],
                "to_node": [1, 2, 3, 4],
                "kind": [3] * 4,
            },
            switches={"branch": [0, 1, 2, 3], "normally_closed": [True, True, False, True]},
            loads={"id": ["A", "B", "C"], "node": [1, 2, 3]},
            sources={"id": ["S1", "S2"], "node": [0, 4]},
        )
    )


def log(*rows: tuple[int, bool, int, int]) -> SwitchingLog:
    """(switch, closes, minute, event) row by row; ids count up."""
    switch, closes, minute, event = zip(*rows, strict=True)
    return SwitchingLog(
        switch=switch,
        closes=closes,
        at=np.array(minute, dtype="M8[m]"),
        event=event,
        id=range(len(rows)),
    )


def intervals(topology: Topology, rows: SwitchingLog, **options: Any) -> list[tuple[Any, ...]]:
    """(load, event, start minute, end minute); NaT is None."""
    found = replay(topology, rows, **options).interruptions
    minutes = [
        [None if np.isnat(at) else int(at.astype("M8[m]").astype(int)) for at in column]
        for column in (found.start, found.end)
    ]
    return list(zip(found.load.tolist(), found.event.tolist(), *minutes, strict=True))


def codes(topology: Topology, rows: SwitchingLog, **options: Any) -> list[tuple[ReplayCode, int]]:
    return [(finding.code, finding.row) for finding in replay(topology, rows, **options).findings]


def test_an_outage_restored_step_by_step_is_one_event(topology: Topology) -> None:
    rows = log((QF1, OPEN, 0, 7), (QS1, OPEN, 20, 7), (TIE, CLOSE, 30, 7), (QF1, CLOSE, 90, 7))
    assert intervals(topology, rows) == [(0, 7, 0, 90), (1, 7, 0, 30)]
    assert codes(topology, rows) == []
    found = replay(topology, rows)
    assert (found.interruptions.opened_by.tolist(), found.interruptions.closed_by.tolist()) == ([0, 0], [3, 2])
    assert found.closed.tolist() == [True, False, True, True]


def test_a_second_event_on_a_dead_load_leaves_the_interval_with_the_first(topology: Topology) -> None:
    rows = log((QF1, OPEN, 0, 1), (QS1, OPEN, 10, 2), (QF1, CLOSE, 20, 1), (QS1, CLOSE, 30, 2))
    assert intervals(topology, rows) == [(0, 1, 0, 20), (1, 1, 0, 30)]


def test_supply_in_between_starts_a_new_interval_for_the_second_event(topology: Topology) -> None:
    rows = log((QF1, OPEN, 0, 1), (QF1, CLOSE, 10, 1), (QS1, OPEN, 15, 2), (QS1, CLOSE, 25, 2))
    assert intervals(topology, rows) == [(0, 1, 0, 10), (1, 1, 0, 10), (1, 2, 15, 25)]


def test_break_and_make_in_one_instant_interrupts_nobody(topology: Topology) -> None:
    rows = log((QS1, OPEN, 5, 1), (TIE, CLOSE, 5, 1))
    assert intervals(topology, rows) == []
    assert replay(topology, rows).closed.tolist() == [True, False, True, True]


def test_supply_that_returns_for_no_time_does_not_end_an_interval(topology: Topology) -> None:
    rows = log((QF1, OPEN, 0, 1), (QF1, CLOSE, 5, 1), (QF1, OPEN, 5, 2), (QF1, CLOSE, 9, 2))
    assert intervals(topology, rows) == [(0, 1, 0, 9), (1, 1, 0, 9)]


def test_two_events_in_one_instant_are_ordered_by_id_and_reported(topology: Topology) -> None:
    rows = log((QS1, OPEN, 5, 2), (QF1, OPEN, 5, 1))
    assert intervals(topology, rows) == [(0, 1, 5, None), (1, 2, 5, None)]
    assert codes(topology, rows) == [(ReplayCode.SAME_INSTANT, 1)]


def test_the_order_of_the_rows_is_their_time_then_id(topology: Topology) -> None:
    rows = log((QF1, CLOSE, 30, 1), (QF1, OPEN, 0, 1))
    assert intervals(topology, rows) == [(0, 1, 0, 30), (1, 1, 0, 30)]


def test_unknown_devices_and_rows_without_time_change_nothing_and_are_reported(topology: Topology) -> None:
    rows = SwitchingLog(
        switch=[-1, 99, QF1],
        closes=[False, False, False],
        at=["2025-01-01T00:00", "2025-01-01T00:01", "NaT"],
        event=[1, 1, 1],
        id=[1, 2, 3],
    )
    assert intervals(topology, rows) == []
    expected = [(ReplayCode.UNKNOWN_DEVICE, 0), (ReplayCode.UNKNOWN_DEVICE, 1), (ReplayCode.NO_TIME, 2)]
    assert codes(topology, rows) == expected


def test_opening_the_open_and_closing_the_closed_change_nothing_and_are_reported(topology: Topology) -> None:
    rows = log((QF1, OPEN, 0, 1), (QF1, OPEN, 5, 2), (QF1, CLOSE, 9, 1), (QF1, CLOSE, 11, 1))
    assert intervals(topology, rows) == [(0, 1, 0, 9), (1, 1, 0, 9)]
    assert codes(topology, rows) == [(ReplayCode.ALREADY_OPEN, 1), (ReplayCode.ALREADY_CLOSED, 3)]


def test_a_log_that_begins_in_the_middle_of_an_outage(topology: Topology) -> None:
    rows = log((QS1, CLOSE, 10, 3), (QF1, OPEN, 20, 4))
    assert codes(topology, rows) == [(ReplayCode.BEGINS_MIDWAY, 0), (ReplayCode.ALREADY_CLOSED, 0)]
    assert intervals(topology, rows) == [(0, 4, 20, None), (1, 4, 20, None)]
    before = state_before(topology, rows)
    assert before.tolist() == [True, False, False, True]
    expected = [(1, 3, None, 10), (0, 4, 20, None), (1, 4, 20, None)]
    assert intervals(topology, rows, initial_closed=before) == expected
    expected_codes = [(ReplayCode.STARTS_UNSUPPLIED, -1), (ReplayCode.BEGINS_MIDWAY, 0)]
    assert codes(topology, rows, initial_closed=before) == expected_codes


def test_a_tie_that_fed_somebody_before_the_log_was_closed(topology: Topology) -> None:
    rows = log((TIE, OPEN, 9, 3), (QS1, CLOSE, 10, 3))
    before = state_before(topology, rows)
    assert before.tolist() == [True, False, True, True]
    assert intervals(topology, rows, initial_closed=before) == [(1, 3, 9, 10)]
    midway = [(ReplayCode.BEGINS_MIDWAY, 0), (ReplayCode.BEGINS_MIDWAY, 1)]
    assert codes(topology, rows, initial_closed=before) == midway


def test_opening_a_tie_that_stood_open_hides_nobody(topology: Topology) -> None:
    """Had it been closed before, it would have joined the two sources and held up A and B until minute 5."""
    rows = log((QF1, OPEN, 0, 1), (TIE, OPEN, 5, 1))
    before = state_before(topology, rows)
    assert before.tolist() == [True, True, False, True]
    assert intervals(topology, rows, initial_closed=before) == [(0, 1, 0, None), (1, 1, 0, None)]
    repeated = [(ReplayCode.BEGINS_MIDWAY, 1), (ReplayCode.ALREADY_OPEN, 1)]
    assert codes(topology, rows, initial_closed=before) == repeated


def test_what_stays_dead_from_before_the_log_to_its_end_is_kept(topology: Topology) -> None:
    closed = normal_state(topology)
    closed[QS1] = False
    rows = log((QF2, OPEN, 1, 5))
    assert intervals(topology, rows, initial_closed=closed) == [(1, -1, None, None), (2, 5, 1, None)]


def test_closing_onto_a_loop_or_between_sources_interrupts_nobody_and_is_reported(topology: Topology) -> None:
    rows = log((TIE, CLOSE, 0, 1), (QF1, OPEN, 5, 1), (QF1, CLOSE, 6, 1), (QS1, OPEN, 7, 1), (TIE, OPEN, 9, 1))
    assert codes(topology, rows) == [(ReplayCode.JOINS_SOURCES, 0), (ReplayCode.JOINS_SOURCES, 2)]
    assert intervals(topology, rows) == [(1, 1, 9, None)]
    ring = compile_topology(
        build_grid(
            nodes={"id": ["s", "a"]},
            branches={"id": ["Q1", "Q2"], "from_node": [0, 0], "to_node": [1, 1], "kind": [3, 3]},
            switches={"branch": [0, 1], "normally_closed": [True, False]},
            loads={"id": ["A"], "node": [1]},
            sources={"id": ["S"], "node": [0]},
        )
    )
    rows = log((1, CLOSE, 0, 1), (0, OPEN, 1, 1), (1, OPEN, 2, 1))
    assert codes(ring, rows) == [(ReplayCode.CLOSES_LOOP, 0)]
    assert intervals(ring, rows) == [(0, 1, 2, None)]


def test_rows_at_or_after_the_end_wait_and_are_reported(topology: Topology) -> None:
    rows = log((QF1, OPEN, 0, 1), (QF1, CLOSE, 30, 1))
    until = np.datetime64(30, "m")
    assert intervals(topology, rows, until=until) == [(0, 1, 0, None), (1, 1, 0, None)]
    assert codes(topology, rows, until=until) == [(ReplayCode.AFTER_END, 1)]


def test_an_interruption_without_event_is_reported(topology: Topology) -> None:
    rows = log((QS1, OPEN, 0, -1), (QS1, CLOSE, 1, 4))
    assert intervals(topology, rows) == [(1, -1, 0, 1)]
    assert codes(topology, rows) == [(ReplayCode.NO_EVENT, 0)]


def test_a_correction_changes_what_follows(topology: Topology) -> None:
    rows = log((QF1, OPEN, 0, 1), (QF1, CLOSE, 60, 1), (QF1, CLOSE, 45, 1), (QS1, OPEN, 50, 2))
    none = [False] * 4
    standing = corrected_log(rows, corrects=[-1, -1, 1, -1], cancels=none)
    assert standing.row.tolist() == [0, 2, 3]
    assert standing.findings == []
    assert intervals(topology, standing.log) == [(0, 1, 0, 45), (1, 1, 0, 45), (1, 2, 50, None)]


def test_a_canceled_row_never_happened(topology: Topology) -> None:
    rows = log((QF1, OPEN, 0, 1), (QF1, OPEN, 0, 1))
    standing = corrected_log(rows, corrects=[-1, 0], cancels=[False, True])
    assert standing.row.tolist() == []
    assert replay(topology, standing.log).interruptions.load.tolist() == []


def test_the_last_correction_of_a_chain_stands(topology: Topology) -> None:
    rows = log(*[(QF1, OPEN, minute, 1) for minute in range(4)])
    assert corrected_log(rows, corrects=[-1, 0, 1, -1], cancels=[False] * 4).row.tolist() == [2, 3]
    canceled = corrected_log(rows, corrects=[-1, 0, 1, -1], cancels=[False, False, True, False])
    assert canceled.row.tolist() == [3], "canceling a correction does not revive what it replaced"


def test_corrections_of_nothing_and_rival_corrections_are_reported(topology: Topology) -> None:
    rows = log(*[(QF1, OPEN, minute, 1) for minute in range(5)])
    standing = corrected_log(rows, corrects=[-1, 77, 0, 0, 4], cancels=[False, False, False, False, True])
    assert standing.row.tolist() == [1, 3]
    expected = [(ReplayCode.UNKNOWN_ROW, 1), (ReplayCode.UNKNOWN_ROW, 4), (ReplayCode.CORRECTED_TWICE, 2)]
    assert [(finding.code, finding.row) for finding in standing.findings] == expected


def test_columns_of_different_lengths_are_refused(topology: Topology) -> None:
    with pytest.raises(ValueError, match="differ in length"):
        SwitchingLog(switch=[1], closes=[], at=[], event=[], id=[])
    with pytest.raises(ValueError, match="need 1 rows"):
        corrected_log(log((QF1, OPEN, 0, 1)), corrects=[], cancels=[])
