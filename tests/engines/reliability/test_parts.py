"""Every figure is the sum of the parts that explain it."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from denghuo.engines.reliability import (
    IndexTable,
    Interruptions,
    OutageKind,
    Parts,
    Served,
    Standard,
    Variant,
    build_interruptions,
    compute_indices,
    explain,
    group_by,
    split_overrun,
)
from tests.engines.reliability.interruption_lists import MONTHS, interruption_lists

ADDITIVE = {field.name for field in dataclasses.fields(Parts)} & {
    field.name for field in dataclasses.fields(IndexTable)
}


@settings(deadline=None)
@given(
    interruption_lists(),
    st.sampled_from(list(Standard)),
    st.sampled_from(list(Variant)),
    st.booleans(),
    st.sampled_from([None, np.datetime64("2025-02-10T12:00", "us")]),
)
def test_parts_add_up_to_the_figure(
    rows: Interruptions, standard: Standard, variant: Variant, repeat: bool, as_of: np.datetime64 | None
) -> None:
    if repeat:  # the same losses once more, an hour later, so that rows of one event and load are joined
        rows = rows.take(np.tile(np.arange(len(rows)), 2))
        hour = np.timedelta64(1, "h") * (np.arange(len(rows)) >= len(rows) // 2)
        rows = rows.replace(start=rows.start + hour, end=rows.end + hour)
    groups = group_by({"any": np.arange(len(rows)) % 3}, sizes={"any": 3})
    options = {"standard": standard, "variant": variant, "as_of": as_of, "by": groups, "load_factor": 0.4}
    table = compute_indices(rows, period=MONTHS[1:], served=Served(), **options)  # type: ignore[arg-type]
    for row, (period, group) in enumerate(zip(table.period, table.group, strict=True)):
        edges = MONTHS[1:][period : period + 2]
        shown = dict(options)
        if as_of is None and period == 0:
            continue  # without `as_of` open rows of a table run to its last edge, beyond this one
        parts = explain(rows, period=edges, group=int(group), **shown)  # type: ignore[arg-type]
        assert len(parts) == table.row_count[row]
        for name in ADDITIVE:
            assert_allclose(getattr(parts, name).sum(), getattr(table, name)[row], rtol=1e-12, atol=1e-12, err_msg=name)


def test_an_overrun_counts_once_in_the_table_and_in_its_parts() -> None:
    """The temporary outage that follows a planned one is not another interruption, in no group."""
    kinds = [OutageKind.PLANNED, OutageKind.TEMPORARY]
    rows = build_interruptions(
        event=[1], load=[0], kind=kinds[:1], start=["2025-02-03T08:00"], end=["2025-02-03T18:00"], mv_users=[4]
    )
    rows, _ = split_overrun(rows, ["2025-02-03T16:00"])
    groups = group_by({"kind": [kinds.index(OutageKind(kind)) for kind in rows.kind]})
    options = {"period": MONTHS[1:3], "standard": Standard.DLT836, "by": groups}
    table = compute_indices(rows, served=Served(), **options)  # type: ignore[arg-type]
    parts = [explain(rows, group=group, **options) for group in range(2)]  # type: ignore[arg-type]

    assert table.user_interruptions.tolist() == [4, 0]
    assert [part.user_interruptions.sum() for part in parts] == [4, 0]
    assert [part.user_hours.sum() for part in parts] == table.user_hours.tolist() == [32, 8]


def test_groups_of_another_length_are_refused() -> None:
    rows = build_interruptions(start=["2025-02-01T02:00"], end=["2025-02-01T03:00"])
    with pytest.raises(ValueError, match="2 rows"):
        explain(rows, period=MONTHS[1:3], standard=Standard.DLT836, by=group_by({"any": [0, 1]}))


def test_what_a_part_says() -> None:
    rows = build_interruptions(
        event=[5, 4, 3, 2],
        start=["2025-01-31T23:00", "2025-02-28T23:00", "2025-02-03T08:00", "2025-02-05T08:00"],
        end=["2025-02-01T02:00", "2025-03-01T05:00", "2025-02-03T08:01", "NaT"],
        mv_users=[1, 2, 3, 4],
    )
    parts = explain(rows, period=MONTHS[1:3], standard=Standard.DLT836, as_of=np.datetime64("2025-02-05T10:00"))
    by_row = {row: k for k, row in enumerate(parts.row.tolist())}
    assert set(by_row) == {0, 2, 3}
    assert parts.carried[by_row[0]] and parts.is_short[by_row[2]] and parts.is_open[by_row[3]]
    assert parts.hours[by_row[3]] == 2 and parts.user_hours[by_row[0]] == 2
    later = explain(rows, period=MONTHS[1:3], standard=Standard.DLT836)
    assert later.cut[later.row == 1].all() and later.hours[later.row == 1] == [1]


def test_one_period_at_a_time() -> None:
    rows = build_interruptions(start=["2025-01-31T23:00"], end=["2025-02-01T02:00"])
    with pytest.raises(ValueError, match="one period"):
        explain(rows, period=MONTHS, standard=Standard.DLT836)
