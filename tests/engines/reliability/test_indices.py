"""The indices against their definitions, on lists that hypothesis makes up and small ones that a reader can check."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from denghuo.engines.reliability import (
    Basis,
    Calendar,
    Groups,
    Interruptions,
    OutageKind,
    Served,
    Standard,
    Variant,
    build_interruptions,
    calendar_edges,
    compute_indices,
    group_by,
    labels,
)
from tests.engines.reliability.interruption_lists import MONTHS, USERS, Counted, count_slowly, interruption_lists

SERVED = Served(mv_users=sum(USERS), lv_customers=sum(USERS) * 10, kva=sum(USERS) * 100.0)
QUARTER = MONTHS[[0, 3]]
SUMS = [field.name for field in dataclasses.fields(Counted)]
settings.register_profile("engines", deadline=None, max_examples=60)
settings.load_profile("engines")


def rows_of(*spans: tuple[str, str], **columns: object) -> Interruptions:
    """Interruptions of the given hours of 1 May 2026."""
    start, end = ([f"2026-05-01T{span[side]}" for span in spans] for side in (0, 1))
    columns.setdefault("mv_users", [1] * len(spans))
    return build_interruptions(start=start, end=end, **columns)  # type: ignore[arg-type]


MAY = ["2026-05-01", "2026-06-01"]


@given(interruption_lists(), st.sampled_from(list(Standard)), st.booleans())
def test_every_sum_is_its_definition(rows: Interruptions, standard: Standard, by_load: bool) -> None:
    assert rows.load is not None
    groups = group_by({"load": rows.load}, sizes={"load": len(USERS)}) if by_load else None
    table = compute_indices(rows, period=MONTHS, standard=standard, served=SERVED, by=groups)
    for row, (period, group) in enumerate(zip(table.period, table.group, strict=True)):
        slow = count_slowly(
            rows.take(rows.load == group) if by_load else rows,
            opens=MONTHS[period],
            closes=MONTHS[period + 1],
            last=MONTHS[-1],
            short_s=standard.short_s,
            short=standard is Standard.DLT836,
        )
        for name in SUMS:
            assert_allclose(getattr(table, name)[row], getattr(slow, name), rtol=1e-12, err_msg=name)


@given(interruption_lists(), st.data())
def test_groups_add_up_to_the_whole(rows: Interruptions, data: st.DataObject) -> None:
    code = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    groups = group_by({"any": code}, sizes={"any": 4})
    whole = compute_indices(rows, period=MONTHS, standard=Standard.DLT836, served=SERVED)
    parts = compute_indices(rows, period=MONTHS, standard=Standard.DLT836, served=SERVED, by=groups)
    for name in set(SUMS) - {"event_count", "interrupted_users"}:
        assert_allclose(getattr(parts, name).reshape(3, 4).sum(axis=1), getattr(whole, name), rtol=1e-12, err_msg=name)


@given(interruption_lists())
def test_months_add_up_to_the_quarter(rows: Interruptions) -> None:
    quarter = compute_indices(rows, period=QUARTER, standard=Standard.DLT836, served=SERVED)
    months = compute_indices(rows, period=MONTHS, standard=Standard.DLT836, served=SERVED)
    for name in ("user_hours", "user_interruptions", "short_user_events", "kva_hours", "energy_kwh", "event_count"):
        assert_allclose(getattr(months, name).sum(), getattr(quarter, name)[0], rtol=1e-12, err_msg=name)


@given(interruption_lists(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: Interruptions, random: object) -> None:
    order = np.arange(len(rows))
    random.shuffle(order)  # type: ignore[attr-defined]
    options = {
        "period": MONTHS,
        "standard": Standard.DLT836,
        "served": SERVED,
        "at_least": (1, 2),
        "longer_than_h": (1,),
    }
    one, other = (compute_indices(each, **options) for each in (rows, rows.take(order)))  # type: ignore[arg-type]
    for field in dataclasses.fields(one):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if isinstance(first, np.ndarray):
            assert_allclose(first, second, rtol=1e-12, err_msg=field.name)


@given(interruption_lists())
def test_availability_is_what_is_left_of_the_period(rows: Interruptions) -> None:
    table = compute_indices(rows, period=MONTHS, standard=Standard.IEEE1366, served=SERVED)
    hours = np.array([744.0, 672.0, 744.0])
    assert_allclose(table.availability_share, 1 - table.hours_per_user / hours, rtol=1e-12)


@given(interruption_lists())
def test_variants_of_dlt836_fit_together(rows: Interruptions) -> None:
    """All = faults + prearranged, and all = without short + short, in users and events."""
    table = {
        variant: compute_indices(rows, period=MONTHS, standard=Standard.DLT836, served=SERVED, variant=variant)
        for variant in Variant
    }
    whole = table[Variant.ALL]
    for name in ("user_hours", "user_interruptions"):
        split = getattr(table[Variant.FAULT], name) + getattr(table[Variant.PREARRANGED], name)
        assert_allclose(split, getattr(whole, name), rtol=1e-12)
    sustained = table[Variant.WITHOUT_SHORT].user_interruptions
    assert_allclose(sustained + whole.short_user_events, whole.user_interruptions, rtol=1e-12)
    no_external = rows.take(rows.kind != OutageKind.FAULT_EXTERNAL)
    expected = compute_indices(no_external, period=MONTHS, standard=Standard.DLT836, served=SERVED)
    assert_allclose(table[Variant.WITHOUT_EXTERNAL].user_hours, expected.user_hours)
    no_shortage = rows.take(rows.kind != OutageKind.RATIONING_SOURCE_SHORTAGE)
    expected = compute_indices(no_shortage, period=MONTHS, standard=Standard.DLT836, served=SERVED)
    assert_allclose(table[Variant.WITHOUT_SOURCE_SHORTAGE].user_hours, expected.user_hours)


@given(interruption_lists(), st.data())
def test_repeated_and_long_interruptions_count_users(rows: Interruptions, data: st.DataObject) -> None:
    assert rows.load is not None
    code = np.array(data.draw(st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows))), dtype=np.int64)
    table = compute_indices(
        rows,
        period=QUARTER,
        standard=Standard.IEEE1366,
        served=SERVED,
        by=group_by({"any": code}, sizes={"any": 2}),
        at_least=(1, 3),
        longer_than_h=(2.0, 100.0),
    )
    end = np.where(np.isnat(rows.end), np.maximum(rows.start, QUARTER[1]), rows.end)
    begins = (rows.start >= QUARTER[0]) & (rows.start < QUARTER[1])
    clipped = (np.minimum(end, QUARTER[1]) - np.maximum(rows.start, QUARTER[0])) / np.timedelta64(1, "h")
    length = (end - rows.start) / np.timedelta64(1, "h")
    for group in range(2):
        expected = np.zeros((4, 2))
        for load, users in enumerate(USERS):
            here = (rows.load == load) & (code == group)
            lasting = here & (length > 300 / 3600)
            in_all = np.maximum(clipped[lasting], 0).sum()
            single = length[lasting & begins].max(initial=0)
            for k, (n, hours) in enumerate(((1, 2.0), (3, 100.0))):
                expected[0, k] += users * ((lasting & begins).sum() >= n)
                expected[1, k] += users * ((here & begins).sum() >= n)
                expected[2, k] += users * (in_all >= hours)
                expected[3, k] += users * (single >= hours)
        found = (
            table.repeated_users,
            table.repeated_with_short_users,
            table.long_total_users,
            table.long_single_users,
        )
        assert_allclose([counts[group] for counts in found], expected)


def test_many_rows_on_threads_are_the_sum_of_few() -> None:
    """Enough rows to be cut into parts: nothing may be lost or doubled at the cuts."""
    count, loads = 350_000, 40
    minutes = np.arange(count) // 3
    start = np.datetime64("2025-01-01", "us") + minutes * np.timedelta64(1, "m")
    rows = build_interruptions(
        event=np.arange(count) // 7,
        load=np.arange(count) % loads,
        start=start,
        end=start + np.timedelta64(2, "m") * (1 + np.arange(count) // loads % 5),
        mv_users=np.ones(count),
    )
    months = calendar_edges("2025-01-01", "2025-03-31", unit=Calendar.MONTH)
    for standard in Standard:
        table = compute_indices(rows, period=months, standard=standard, served=Served(mv_users=loads), at_least=(3,))
        length = (rows.end - rows.start) / np.timedelta64(1, "h")
        sustained = length > standard.short_s / 3600
        counted = sustained if standard is Standard.IEEE1366 else np.ones(count, dtype=bool)
        inside = rows.start < months[-1]
        assert_allclose(table.user_hours.sum(), np.minimum(length, 1)[counted & inside].sum(), rtol=1e-12)
        assert table.user_interruptions.sum() == (counted & inside).sum()
        assert table.short_user_events.sum() == (~sustained & inside).sum()
        assert table.repeated_users.tolist() == [[loads]] * 3
        assert table.interrupted_users.tolist() == [loads] * 3
        assert table.event_count.sum() == len(np.unique(rows.event[counted & inside]))


@pytest.mark.parametrize("standard", list(Standard))
@pytest.mark.parametrize("thresholds", [{}, {"at_least": (1, 2, 4), "longer_than_h": (0.5, 6.0)}])
@pytest.mark.parametrize("repeats", [False, True])
def test_however_many_rows_are_gone_through_the_figures_are_the_same(
    standard: Standard, thresholds: dict[str, Any], repeats: bool
) -> None:
    """Rows in the order of time are gone through as they come, in parts; in any other order they are sorted by cell."""
    rng = np.random.default_rng(5)
    count, loads = 310_000, 400
    start = MONTHS[0] + np.sort(rng.integers(0, 100 * 86400, count)) * np.timedelta64(1, "s")
    load = rng.integers(0, loads, count) if repeats else np.arange(count) * 7 % loads
    end = start + rng.integers(0, 3 * 86400, count) ** 2 // 86400 * np.timedelta64(1, "s")
    order = np.lexsort((start, load))  # a load is back before it is lost again
    again = np.flatnonzero(np.diff(load[order]) == 0)
    end[order[again]] = np.minimum(end[order[again]], start[order[again + 1]])
    rows = build_interruptions(
        event=np.arange(count) // 5,
        load=load,
        start=start,
        end=end,
        mv_users=rng.integers(0, 9, count),
        kva=np.where(rng.random(count) < 0.001, np.nan, 100.0),
    )
    days = calendar_edges("2025-01-02", "2025-03-31", unit=Calendar.DAY)
    groups = group_by({"feeder": load % 3}, sizes={"feeder": 4})
    event = rng.permutation(count // 5)[rows.event]
    one, other = (
        compute_indices(each, period=days, standard=standard, served=SERVED, by=groups, **thresholds)
        for each in (rows, rows.replace(event=event))
    )
    for field in dataclasses.fields(one):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if isinstance(first, np.ndarray):
            assert_allclose(first, second, rtol=1e-12, err_msg=field.name)
    short = rows.end - rows.start <= np.timedelta64(standard.short_s, "s")
    for day in (0, 40, 88):
        here = (rows.start < days[day + 1]) & ((rows.start >= days[day]) | (rows.end > days[day]))
        here &= ~short | (standard is Standard.DLT836)
        most = np.zeros(loads)
        np.maximum.at(most, load[here], rows.mv_users[here])
        if not repeats:
            assert_allclose(one.interrupted_users[day * 4 : day * 4 + 4], np.bincount(np.arange(loads) % 3, most, 4))


@pytest.mark.parametrize("by", [None, group_by({"feeder": np.zeros(0, dtype=int)}, sizes={"feeder": 2})])
def test_nothing_happened(by: Groups | None) -> None:
    table = compute_indices(
        rows_of(load=[]),
        period=MONTHS,
        standard=Standard.DLT836,
        served=SERVED,
        by=by,
        at_least=(1,),
        longer_than_h=(1.0,),
    )
    for name in ("hours_per_user", "interruptions_per_user", "interrupted_users", "repeated_share", "energy_kwh"):
        assert not np.any(getattr(table, name)), name
    assert set(table.availability_share.tolist()) == {1.0}
    assert np.isnan(table.hours_per_interruption).all()


def test_what_is_not_known_stays_unknown() -> None:
    """Capacity of one row, and how many are served in one group."""
    rows = rows_of(("08:00", "09:00"), ("08:00", "10:00"), mv_users=[1, 1], kva=[100, np.nan])
    table = compute_indices(
        rows,
        period=MAY,
        standard=Standard.DLT836,
        served=Served(mv_users=[4, np.nan], kva=[400, 400]),
        by=group_by({"feeder": [0, 1]}),
        load_factor=0.5,
    )
    assert table.kva_hours_per_kva[0] == 0.25 and table.energy_kwh[0] == 50
    assert np.isnan([table.kva_hours_per_kva[1], table.energy_kwh[1], table.hours_per_user[1]]).all()
    assert table.user_hours.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("standard", "end", "short"),
    [
        (Standard.DLT836, "08:03:00", True),
        (Standard.DLT836, "08:03:01", False),
        (Standard.IEEE1366, "08:05:00", True),
        (Standard.IEEE1366, "08:05:01", False),
    ],
)
def test_the_threshold_itself_is_short(standard: Standard, end: str, short: bool) -> None:
    table = compute_indices(
        rows_of(("08:00:00", end)),
        period=MAY,
        standard=standard,
        served=Served(mv_users=1),
        variant=Variant.WITHOUT_SHORT,
    )
    assert table.short_events_per_user[0] == short
    assert table.interruptions_per_user[0] == (not short)


def test_short_interruptions_count_in_dlt836_but_not_in_ieee1366() -> None:
    rows = rows_of(("08:00", "08:02"), ("10:00", "11:00"))
    china, ieee = (
        compute_indices(rows, period=MAY, standard=standard, served=Served(mv_users=1)) for standard in Standard
    )
    assert (china.interruptions_per_user[0], ieee.interruptions_per_user[0]) == (2, 1)
    assert_allclose((china.hours_per_user[0], ieee.hours_per_user[0]), (62 / 60, 1))


def test_an_outage_at_the_turn_of_the_month_gives_hours_to_both_and_counts_in_the_first() -> None:
    rows = build_interruptions(start=["2026-01-31T22:00"], end=["2026-02-01T03:00"], mv_users=[10])
    table = compute_indices(
        rows,
        period=["2026-01-01", "2026-02-01", "2026-03-01"],
        standard=Standard.DLT836,
        served=Served(mv_users=100),
    )
    assert table.user_hours.tolist() == [20, 30]
    assert table.interruptions_per_user.tolist() == [0.1, 0]
    assert table.event_count.tolist() == [1, 0]
    assert table.carried_row_count.tolist() == [0, 1]
    assert np.isnan(table.hours_per_interruption[1])


def test_the_month_is_local() -> None:
    """20:00 UTC on 31 January is 1 February in China."""
    rows = build_interruptions(start=["2026-01-31T20:00"], end=["2026-01-31T21:00"], mv_users=[1])
    edges = calendar_edges("2026-01-01", "2026-02-28", unit=Calendar.MONTH, utc_offset_s=8 * 3600)
    table = compute_indices(rows, period=edges, standard=Standard.DLT836, served=Served(mv_users=1))
    assert table.user_hours.tolist() == [0, 1]


def test_a_leap_year_has_8784_hours() -> None:
    rows = build_interruptions(start=["2024-02-29T00:00"], end=["2024-03-01T00:00"], mv_users=[1])
    years = calendar_edges("2024-01-01", "2025-12-31", unit=Calendar.YEAR)
    table = compute_indices(rows, period=years, standard=Standard.DLT836, served=Served(mv_users=1))
    assert table.period_hours.tolist() == [8784, 8760]
    assert_allclose(table.availability_share, [1 - 24 / 8784, 1])


def test_stepwise_restoration_is_one_event() -> None:
    """600 users lose supply at 08:00; 400 are back at 09:00, the rest at 12:00."""
    rows = rows_of(("08:00", "09:00"), ("08:00", "12:00"), event=[1, 1], load=[0, 1], mv_users=[400, 200])
    table = compute_indices(rows, period=MAY, standard=Standard.DLT836, served=Served(mv_users=1000))
    assert table.user_hours[0] == 400 * 1 + 200 * 4
    assert (table.user_interruptions[0], table.event_count[0], table.event_hours[0]) == (600, 1, 4)
    assert (table.users_per_event[0], table.hours_per_event[0]) == (600, 4)


@pytest.mark.parametrize(("join_repeats", "interruptions", "repeated"), [(True, 10, 0), (False, 20, 10)])
def test_supply_lost_again_in_the_same_event(join_repeats: bool, interruptions: int, repeated: int) -> None:
    rows = rows_of(("08:00", "09:00"), ("10:00", "12:00"), event=[1, 1], load=[0, 0], mv_users=[10, 10])
    table = compute_indices(
        rows,
        period=MAY,
        standard=Standard.DLT836,
        served=Served(mv_users=100),
        join_repeats=join_repeats,
        at_least=(2,),
        longer_than_h=(2.5,),
    )
    assert table.user_hours[0] == 30
    assert table.user_interruptions[0] == interruptions
    assert table.repeated_users[0, 0] == repeated
    assert (table.interrupted_users[0], table.long_total_users[0, 0]) == (10, 10)
    assert table.long_single_users[0, 0] == (10 if join_repeats else 0)


def test_two_short_losses_of_one_event_are_a_sustained_interruption_of_dlt836() -> None:
    """Together four minutes: not short by DL/T 836; by IEEE 1366 two momentary interruptions in one momentary event."""
    rows = rows_of(("08:00", "08:02"), ("08:10", "08:12"), event=[1, 1], load=[0, 0], mv_users=[10, 10])
    china, ieee = (
        compute_indices(rows, period=MAY, standard=standard, served=Served(mv_users=10)) for standard in Standard
    )
    assert (china.short_events_per_user[0], china.interruptions_per_user[0]) == (0, 1)
    assert (ieee.short_interruptions_per_user[0], ieee.short_events_per_user[0]) == (2, 1)
    assert ieee.interruptions_per_user[0] == 0


def test_customers_of_one_load_back_at_different_times_are_different_customers() -> None:
    """60 behind one transformer: 40 back at 09:00, 20 at 10:00; then all are out again from 11:00 to 12:00."""
    rows = rows_of(
        ("08:00", "09:00"),
        ("08:00", "10:00"),
        ("11:00", "12:00"),
        event=[1, 1, 1],
        load=[0, 0, 0],
        lv_customers=[40, 20, 60],
    )
    table = compute_indices(
        rows, period=MAY, standard=Standard.IEEE1366, served=Served(lv_customers=100), basis=Basis.LV_CUSTOMERS
    )
    assert table.user_hours[0] == 40 + 40 + 60
    assert (table.user_interruptions[0], table.interrupted_users[0]) == (60, 60)


def test_both_bases_side_by_side() -> None:
    rows = rows_of(("08:00", "10:00"), mv_users=[2], lv_customers=[130])
    served = Served(mv_users=20, lv_customers=1000)
    saidi = [
        compute_indices(rows, period=MAY, standard=Standard.DLT836, served=served, basis=basis).hours_per_user[0]
        for basis in Basis
    ]
    assert_allclose(saidi, [0.2, 0.26])


def test_an_open_interruption_runs_to_the_edge_or_to_what_is_known() -> None:
    rows = build_interruptions(start=["2026-05-31T20:00"], end=["NaT"], mv_users=[1])
    options = {"period": MAY, "standard": Standard.DLT836, "served": Served(mv_users=1)}
    whole = compute_indices(rows, **options)  # type: ignore[arg-type]
    known = compute_indices(rows, as_of=np.datetime64("2026-05-31T21:30"), **options)  # type: ignore[arg-type]
    before = compute_indices(rows, as_of=np.datetime64("2026-05-31T20:00"), **options)  # type: ignore[arg-type]
    assert (whole.user_hours[0], known.user_hours[0], before.user_hours[0]) == (4, 1.5, 0)
    assert (whole.open_row_count[0], known.open_row_count[0], before.row_count[0]) == (1, 1, 0)


def test_nothing_after_what_is_known_counts() -> None:
    """An end that lies ahead, such as the approved end of a planned outage, is not yet true."""
    rows = rows_of(("08:00", "17:00"), ("17:00", "18:00"), mv_users=[1, 1])
    table = compute_indices(
        rows,
        period=MAY,
        standard=Standard.DLT836,
        served=Served(mv_users=1),
        as_of=np.datetime64("2026-05-01T10:00"),
    )
    assert (table.user_hours[0], table.user_interruptions[0]) == (2, 1)


def test_undefined_is_nan() -> None:
    rows = rows_of(("08:00", "09:00"), mv_users=[5])
    table = compute_indices(rows, period=MAY, standard=Standard.DLT836, served=Served(), at_least=(1,))
    for column in ("hours_per_user", "availability_share", "kva_hours_per_kva", "energy_kwh", "interrupted_users"):
        assert np.isnan(getattr(table, column)[0]), column
    assert np.isnan(table.hours_per_interrupted_user[0]) and np.isnan(table.repeated_users[0, 0])
    quiet = compute_indices(rows_of(), period=MAY, standard=Standard.DLT836, served=Served(mv_users=10))
    assert (quiet.hours_per_user[0], quiet.availability_share[0]) == (0, 1)
    assert np.isnan(quiet.hours_per_interruption[0]) and np.isnan(quiet.hours_per_event[0])


def test_a_row_of_unknown_load_leaves_distinct_users_of_its_group_unknown() -> None:
    rows = rows_of(("08:00", "09:00"), ("08:00", "09:00"), load=[0, -1], mv_users=[1, 1])
    table = compute_indices(
        rows,
        period=MAY,
        standard=Standard.DLT836,
        served=Served(mv_users=1),
        by=group_by({"feeder": [0, 1]}),
        at_least=(1,),
    )
    assert table.interrupted_users[0] == 1 and np.isnan(table.interrupted_users[1])
    assert table.repeated_users[0, 0] == 1 and np.isnan(table.repeated_users[1, 0])
    assert table.user_hours.tolist() == [1, 1]


def test_energy_from_capacity_where_demand_is_unknown() -> None:
    rows = rows_of(("08:00", "10:00"), ("08:00", "10:00"), mv_users=[1, 1], kva=[400, 400], kw=[100, np.nan])
    table = compute_indices(rows, period=MAY, standard=Standard.DLT836, served=Served(mv_users=4), load_factor=0.3)
    assert_allclose(table.energy_kwh[0], 100 * 2 + 0.3 * 400 * 2)
    assert_allclose(table.energy_per_user_kwh[0], 110)


def test_served_by_group_and_feeders_without_interruptions() -> None:
    rows = rows_of(("08:00", "10:00"), mv_users=[5])
    groups = group_by({"feeder": [1]}, sizes={"feeder": 3})
    table = compute_indices(rows, period=MAY, standard=Standard.DLT836, served=Served(mv_users=[10, 20, 0]), by=groups)
    assert table.hours_per_user.tolist()[:2] == [0, 0.5] and np.isnan(table.hours_per_user[2])


def test_rows_of_no_group_are_left_out() -> None:
    rows = rows_of(("08:00", "09:00"), ("08:00", "09:00"), load=[0, 1], mv_users=[1, 1])
    groups = group_by({"feeder": [0, -1], "cause": [0, 0]})
    table = compute_indices(rows, period=MAY, standard=Standard.DLT836, served=Served(mv_users=2), by=groups)
    assert table.user_hours.tolist() == [1]


def test_wrong_arguments_are_refused() -> None:
    rows = rows_of(("08:00", "09:00"))
    served = Served(mv_users=1)
    with pytest.raises(ValueError, match="ascending"):
        compute_indices(rows, period=["2026-05-02", "2026-05-01"], standard=Standard.DLT836, served=served)
    with pytest.raises(ValueError, match="2 rows"):
        compute_indices(rows, period=MAY, standard=Standard.DLT836, served=served, by=group_by({"feeder": [0, 1]}))
    with pytest.raises(ValueError, match="Served"):
        compute_indices(rows, period=MAY, standard=Standard.DLT836, served=Served(mv_users=[1, 2]))
    with pytest.raises(ValueError, match="beyond"):
        group_by({"feeder": [3]}, sizes={"feeder": 3})
    with pytest.raises(ValueError, match="one length"):
        group_by({"feeder": [3], "kind": [1, 2]})


def test_results_cannot_be_changed() -> None:
    table = compute_indices(rows_of(("08:00", "09:00")), period=MAY, standard=Standard.DLT836, served=Served())
    with pytest.raises(ValueError, match="read-only"):
        table.user_hours[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        table.user_hours = table.kva_hours  # type: ignore[misc]


def test_every_label_is_of_a_column() -> None:
    table = compute_indices(rows_of(), period=MAY, standard=Standard.DLT836, served=Served())
    for standard in Standard:
        assert {name for name in labels(standard) if not hasattr(table, name)} == set()
    assert labels(Standard.DLT836)["hours_per_interrupted_user"] == "CAIDI-1"
    assert labels(Standard.DLT836)["short_events_per_user"] == "MAIFI"
    assert labels(Standard.DLT836, Variant.FAULT)["users_per_event"] == "MIC-F"
    assert labels(Standard.IEEE1366)["hours_per_interrupted_user"] == "CTAIDI"


def test_groups_take_rows() -> None:
    groups = group_by({"feeder": [0, 1, 1]})
    assert isinstance(groups, Groups) and groups.take(np.array([2, 0])).code.tolist() == [1, 0]
