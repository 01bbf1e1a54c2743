"""What an interruption is: kinds, checks, overruns, rationing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from denghuo.engines.reliability import (
    InterruptionCode,
    Interruptions,
    OutageKind,
    Served,
    Standard,
    Variant,
    as_equivalent,
    build_interruptions,
    check_interruptions,
    compute_indices,
    split_overrun,
    user_hours_budget,
)
from tests.engines.reliability.interruption_lists import MONTHS, interruption_lists


def test_the_tree_of_kinds() -> None:
    """Every kind has a way up to one of the three roots."""
    roots = {kind for kind in OutageKind if kind.parent is None}
    assert roots == {OutageKind.UNCLASSIFIED, OutageKind.FAULT, OutageKind.PREARRANGED}
    assert [sum(kind.within(root) for root in roots) for kind in OutageKind] == [1] * len(OutageKind)
    prearranged = {kind.name for kind in OutageKind if kind.parent is OutageKind.PREARRANGED}
    assert prearranged == {"PLANNED", "TEMPORARY", "RATIONING", "LOAD_TRANSFER"}
    assert OutageKind.PLANNED_MAINTENANCE_EXTERNAL.parent is OutageKind.PLANNED


def test_what_each_variant_leaves_out() -> None:
    left_out = {variant: {kind.name for kind in OutageKind if not variant.counts(kind)} for variant in Variant}
    assert left_out[Variant.ALL] == left_out[Variant.WITHOUT_SHORT] == set()
    assert left_out[Variant.WITHOUT_SOURCE_SHORTAGE] == {"RATIONING_SOURCE_SHORTAGE"}
    assert left_out[Variant.WITHOUT_EXTERNAL] == {
        "FAULT_EXTERNAL",
        "PLANNED_MAINTENANCE_EXTERNAL",
        "PLANNED_CONSTRUCTION_EXTERNAL",
    }
    counted_once = set.symmetric_difference(left_out[Variant.FAULT], left_out[Variant.PREARRANGED])
    assert {kind.name for kind in OutageKind} - counted_once == {"UNCLASSIFIED"}


def test_everything_wrong_is_found_at_once() -> None:
    rows = build_interruptions(
        event=[0, 1, 2, 3, 4, 5],
        load=[0, 0, 1, 2, 3, 3],
        kind=[11, 11, 99, 11, 11, 11],
        start=[f"2026-05-01T{hour:02}" for hour in (8, 9, 8)] + ["NaT"] + ["2026-05-01T08", "2026-05-01T10"],
        end=["2026-05-01T10", "NaT", "2026-05-01T07", "2026-05-01T10", "2026-05-01T10", "2026-05-01T12"],
        mv_users=[1, 1, 1, -1, 1, 1],
        kw=[1, np.nan, 1, 1, 1, 1],
    )
    assert {finding.code: finding.rows.tolist() for finding in check_interruptions(rows)} == {
        InterruptionCode.NO_START: [3],
        InterruptionCode.END_BEFORE_START: [2],
        InterruptionCode.NEGATIVE_COUNT: [3],
        InterruptionCode.UNKNOWN_KIND: [2],
        InterruptionCode.OUT_TWICE_AT_ONCE: [0, 1],
    }


@settings(deadline=None)
@given(interruption_lists())
def test_a_load_out_twice_is_found_as_by_comparing_all_pairs(rows: Interruptions) -> None:
    """The names of both rows of at least one pair, and only rows that overlap another."""
    assert rows.load is not None
    end = np.where(np.isnat(rows.end), np.datetime64("2100-01-01"), rows.end)
    overlap = np.zeros(len(rows), dtype=bool)
    for i in range(len(rows)):
        other = (rows.load == rows.load[i]) & (rows.event != rows.event[i])
        overlap[i] = np.any(other & (rows.start < end[i]) & (rows.start[i] < end) & (end > rows.start))
    found = [
        finding.rows for finding in check_interruptions(rows) if finding.code == InterruptionCode.OUT_TWICE_AT_ONCE
    ]
    marked = np.zeros(len(rows), dtype=bool)
    marked[found[0] if found else []] = True
    empty = end == rows.start
    assert (marked.any() or not overlap[~empty].any()) and not (marked & ~overlap & ~empty).any()


@pytest.mark.parametrize("given", [{}, {"overrun_event": [7]}])
def test_a_planned_outage_that_takes_too_long(given: dict[str, list[int]]) -> None:
    """The overrun is a temporary outage; the users lost supply once unless it is booked as an event of its own."""
    rows = build_interruptions(
        event=[1],
        load=[0],
        kind=[OutageKind.PLANNED_CONSTRUCTION_EXTERNAL],
        start=["2025-01-01T08:00"],
        end=["2025-01-01T18:30"],
        mv_users=[4],
    )
    split, origin = split_overrun(rows, ["2025-01-01T17:00"], **given)  # type: ignore[arg-type]
    assert [OutageKind(kind).name for kind in split.kind] == ["PLANNED_CONSTRUCTION_EXTERNAL", "TEMPORARY_CONSTRUCTION"]
    assert origin.tolist() == [0, 0] and split.end[0] == split.start[1] == np.datetime64("2025-01-01T17:00")
    table = compute_indices(split, period=MONTHS[:2], standard=Standard.DLT836, served=Served(mv_users=4))
    assert (table.hours_per_user[0], table.interruptions_per_user[0]) == (10.5, 2 if given else 1)
    assert table.event_count[0] == (2 if given else 1)


def test_what_an_overrun_leaves_alone() -> None:
    """Faults, unapproved ends, outages in time; an open one is cut, one that began too late is temporary as a whole."""
    kinds = [OutageKind.FAULT_INTERNAL, *[OutageKind.PLANNED] * 4]
    rows = build_interruptions(
        kind=kinds,
        start=["2025-01-01T08"] * 4 + ["2025-01-01T18"],
        end=["2025-01-01T20", "2025-01-01T20", "2025-01-01T16", "NaT", "2025-01-01T20"],
        mv_users=[1] * 5,
    )
    approved = ["2025-01-01T17", "NaT", "2025-01-01T17", "2025-01-01T17", "2025-01-01T17"]
    split, origin = split_overrun(rows, approved)
    assert origin.tolist() == [0, 1, 2, 3, 4, 3]
    assert [OutageKind(kind).name for kind in split.kind[3:]] == ["PLANNED", "TEMPORARY", "TEMPORARY"]
    assert np.isnat(split.end[5]) and split.end[3] == np.datetime64("2025-01-01T17")
    assert (split.end[:3] == rows.end[:3]).all() and (split.kind[:3] == rows.kind[:3]).all()


@settings(deadline=None)
@given(interruption_lists(), st.integers(0, 200))
def test_an_overrun_changes_no_user_hours_and_no_frequency(rows: Interruptions, hour: int) -> None:
    planned = rows.replace(kind=np.where(rows.kind == OutageKind.FAULT_EXTERNAL, OutageKind.PLANNED, rows.kind))
    split, _ = split_overrun(planned, MONTHS[0] + hour * np.timedelta64(12, "h"))
    before, after = (
        compute_indices(each, period=MONTHS, standard=Standard.DLT836, served=Served(mv_users=100))
        for each in (planned, split)
    )
    for name in ("user_hours", "user_interruptions", "short_user_events", "event_count", "interrupted_users"):
        assert_allclose(getattr(after, name), getattr(before, name), rtol=1e-12, err_msg=name)


def test_rationing_counts_by_what_was_missing() -> None:
    rows = build_interruptions(
        kind=[OutageKind.RATIONING_SOURCE_SHORTAGE, OutageKind.FAULT, OutageKind.RATIONING],
        start=["2026-08-01T00"] * 3,
        end=["2026-08-01T10", "2026-08-01T10", "NaT"],
    )
    short = as_equivalent(rows, [0.6, 0.6, 0.6])
    assert ((short.end - short.start)[:2] / np.timedelta64(1, "h")).tolist() == [4, 10] and np.isnat(short.end[2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        as_equivalent(rows, 60)


def test_columns_of_one_length() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        build_interruptions(start=["2026-08-01"], end=["2026-08-02", "2026-08-03"])


def test_a_budget_is_met_by_exactly_what_it_allows() -> None:
    budget = user_hours_budget(2000, 8784, availability_share=0.99911)
    assert_allclose(1 - budget / (2000 * 8784), 0.99911)
    assert user_hours_budget([10, 20], 8760, hours_per_user=7.5).tolist() == [75, 150]
    with pytest.raises(ValueError, match="between 0 and 1"):
        user_hours_budget(1, 8760, availability_share=99.9)
    with pytest.raises(ValueError, match="one target"):
        user_hours_budget(1, 8760)
