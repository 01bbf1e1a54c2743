"""What still counts of what was told: distinct customers, their last word, nothing from before supply came back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from denghuo.engines.grid import Grid, build_grid
from denghuo.engines.locate import Evidence, Told, build_evidence, gather_evidence

MINUTE = np.timedelta64(1, "m")
START = np.datetime64("2026-07-01T00:00", "us")


def grid_of(loads: int = 3) -> Grid:
    return build_grid(
        nodes={"id": ["a"]},
        branches={},
        loads={"id": [f"T{k}" for k in range(loads)], "node": [0] * loads, "mv_users": [1] * loads},
    )


def gather(rows: list[tuple[Told, int, int, int]], *, at: int = 100, **more: object) -> Evidence:
    """Rows of (what, load, who, minute)."""
    told, load, who, minute = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    told_at = START + np.array(minute, np.int64) * MINUTE
    return gather_evidence(
        grid_of(), told=told, load=np.array(load, np.int64), who=who, told_at=told_at, at=START + at * MINUTE, **more
    )


def test_nothing_was_told() -> None:
    found = gather([])
    assert found.reports.tolist() == [0, 0, 0] and found.lit.tolist() == [0, 0, 0]


def test_a_load_without_counted_customers_has_its_users() -> None:
    assert build_evidence(grid_of()).customers.tolist() == [1, 1, 1]


def test_urging_again_is_no_new_report_and_no_newer() -> None:
    found = gather([(Told.NO_SUPPLY, 0, 7, 10), (Told.NO_SUPPLY, 0, 7, 60), (Told.NO_SUPPLY, 0, 8, 30)])
    assert found.reports.tolist() == [2, 0, 0]
    assert sorted(found.age_min.tolist()) == [70.0, 90.0]


def test_the_last_word_counts() -> None:
    found = gather(
        [
            (Told.NO_SUPPLY, 0, 7, 10),
            (Told.SUPPLY, 0, 7, 20),
            (Told.SUPPLY, 1, 8, 20),
            (Told.NO_SUPPLY, 1, 8, 30),
            (Told.METER_OFF, 2, 1, 5),
            (Told.METER_ON, 2, 1, 6),
            (Told.METER_OFF, 2, 2, 7),
        ]
    )
    assert found.lit.tolist() == [1, 0, 1]
    assert found.reports.tolist() == [0, 1, 0] and found.age_min.tolist() == [70.0]
    assert found.meters_off.tolist() == [0, 0, 1]
    assert found.meters.tolist() == [0, 0, 1]  # at least those that tell


def test_a_customer_and_a_meter_of_one_number_are_two() -> None:
    found = gather([(Told.NO_SUPPLY, 0, 7, 10), (Told.METER_OFF, 0, 7, 11)])
    assert (found.reports[0], found.meters_off[0]) == (1, 1)


def test_what_supply_has_answered_counts_no_more() -> None:
    restored = np.array([START + 50 * MINUTE, np.datetime64("NaT"), START + 10 * MINUTE])
    rows = [(Told.NO_SUPPLY, load, 7 + load, minute) for load, minute in ((0, 40), (1, 40), (2, 40))]
    still_out = [(Told.NO_SUPPLY, 0, 9, 20), (Told.NO_SUPPLY, 0, 9, 60)]
    found = gather(rows + still_out, restored_at=restored)
    assert found.reports.tolist() == [1, 1, 1]
    assert found.age_min[found.report_load == 0].tolist() == [40.0]


def test_later_rows_wait() -> None:
    assert gather([(Told.NO_SUPPLY, 0, 7, 101)]).reports.sum() == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(Told), st.integers(0, 2), st.integers(0, 3), st.integers(0, 120)),
        unique_by=lambda row: (row[0] >= Told.METER_OFF, *row[1:]),
        max_size=25,
    )
)
def test_against_one_word_after_the_other(rows: list[tuple[Told, int, int, int]]) -> None:
    said: dict[tuple[bool, int, int], tuple[Told, int]] = {}
    for what, load, who, minute in sorted(rows, key=lambda row: row[3]):
        if minute > 100:
            continue
        key = (what >= Told.METER_OFF, load, who)
        before = said.get(key)
        said[key] = (what, before[1] if before and before[0] == what else minute)
    found = gather(rows)
    for load in range(3):
        here = [(what, since) for (_, at, _), (what, since) in said.items() if at == load]
        ages = sorted(100.0 - since for what, since in here if what == Told.NO_SUPPLY)
        assert sorted(found.age_min[found.report_load == load].tolist()) == ages
        assert found.lit[load] == sum(what in (Told.SUPPLY, Told.METER_ON) for what, _ in here)
        assert found.meters_off[load] == sum(what == Told.METER_OFF for what, _ in here)
