"""The set is the most probable one, and the probabilities are right: against all states of small networks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid
from denghuo.engines.locate import (
    Candidates,
    Chances,
    Located,
    LocateError,
    OpeningRates,
    build_evidence,
    check_locate,
    compile_candidates,
    locate,
)
from denghuo.engines.topology import compile_topology, normal_state
from tests.engines.locate.enumeration import COARSE, Enumeration, grids, told

RATES = OpeningRates(by_itself_per_year=dict.fromkeys(SwitchKind, 0.03))


def candidates_of(grid: Grid) -> Candidates:
    return compile_candidates(compile_topology(grid), rates=RATES)


@settings(max_examples=60)
@given(st.data())
def test_everything_against_all_states(data: st.DataObject) -> None:
    grid = data.draw(grids())
    candidates = candidates_of(grid)
    evidence = data.draw(told(grid))
    devices = candidates.member_branch.tolist()
    pinned = data.draw(st.lists(st.sampled_from(devices), max_size=2, unique=True)) if devices else []
    opened = tuple(pinned[:1]) if data.draw(st.booleans()) else ()
    shut = tuple(pinned[len(opened) :])
    found = locate(candidates, evidence, chances=COARSE, shut=shut, opened=opened)
    every = Enumeration(candidates, evidence, COARSE, shut=shut, opened=opened)

    assert found.log_evidence == pytest.approx(np.log(every.by_day.sum()), rel=1e-9, abs=1e-9)
    for cut in range(len(candidates)):
        expected = every.chance(lambda state, cut=cut: cut in state.visible)
        assert found.cause_probability[cut] == pytest.approx(expected, abs=1e-9)
    for load, cut in enumerate(candidates.cut_of_load.tolist()):
        expected = every.chance(every.is_out(cut)) if cut >= 0 else 0.0
        assert found.out_probability[load] == pytest.approx(expected, abs=1e-9)
    assert_instead(found, every)
    assert_best_sets(found, every)
    assert_nested(found, every)


def assert_instead(found: Located, every: Enumeration) -> None:
    for cut in range(len(found.cause_probability)):
        behind = range(cut, int(every.candidates.end[cut]))
        instead = found.instead(cut)
        nothing = every.chance(
            lambda state, cut=cut, behind=behind: (
                every._above(cut, state.opened) is None and not any(one in state.opened for one in behind)
            )
        )
        above = every.chance(lambda state, cut=cut: every._above(cut, state.opened) is not None)
        assert instead.above == pytest.approx(above, abs=1e-9)
        assert instead.part + instead.stray == pytest.approx(nothing, abs=1e-9)
        assert instead.stray == pytest.approx(every.strays_only(cut), abs=1e-9)
        told = found.cause_probability[cut] + instead.above + instead.below + instead.part + instead.stray
        assert told == pytest.approx(1.0, abs=1e-9)


def assert_best_sets(found: Located, every: Enumeration) -> None:
    day = int(np.argmax(every.by_day))
    weight: dict[frozenset[int], float] = defaultdict(float)
    chance: dict[frozenset[int], float] = defaultdict(float)
    for state in every.states:
        weight[state.visible] += state.weight[day]
        chance[state.visible] += state.weight.sum() / every.by_day.sum()
    ordered = sorted(weight.values(), reverse=True)
    best = frozenset(one.device.cut for one in found.outages)
    assert weight[best] == pytest.approx(ordered[0])
    assert found.set_probability == pytest.approx(chance[best], abs=1e-9)
    if len(ordered) > 1 and ordered[1] > 0.0:
        second = frozenset(found.second_cuts)
        assert second != best
        assert weight[second] == pytest.approx(ordered[1])
        assert found.second_probability == pytest.approx(chance[second], abs=1e-9)


def assert_nested(found: Located, every: Enumeration) -> None:
    for outage in found.outages:
        top = outage.device.cut
        of_top = every.chance(lambda state, top=top: top in state.visible)
        for nested in outage.nested:
            seen = every.chance(
                lambda state, top=top, cut=nested.cut: (
                    top in state.visible and cut in state.opened and every._above(cut, state.opened) == top
                )
            )
            assert nested.probability == pytest.approx(seen / of_top, abs=1e-9)
            assert nested.probability > 0.5


@given(st.data())
def test_one_more_report_makes_its_load_no_safer(data: st.DataObject) -> None:
    """Where whoever is out reports more readily than strays do, and no load has faults of its own."""
    grid = data.draw(grids(most_switches=6))
    candidates = candidates_of(grid)
    chances = Chances(
        report_shares=(0.1, 0.3, 0.6),
        report_weights=(1.0, 1.0, 1.0),
        wrong_link_shares=(0.0,),
        wrong_link_weights=(1.0,),
        part_per_year=1e-30,
    )
    before = data.draw(told(grid, with_ages=False))
    silent = before.customers - before.lit - before.reports
    if not (silent > 0).any():
        return
    load = data.draw(st.sampled_from(np.flatnonzero(silent > 0).tolist()))
    more = replace(before, report_load=np.append(before.report_load, load), age_min=np.append(before.age_min, np.nan))
    was, now = (locate(candidates, evidence, chances=chances) for evidence in (before, more))
    assert now.out_probability[load] >= was.out_probability[load] - 1e-9


def line(*, customers: int = 30, laterals: int = 4) -> Grid:
    """A breaker, two lines from it, each with fuses before as many transformers: QF1, then QL1 and QL2, then FU1.."""
    ids, ends, kinds = ["QF1", "QL1", "QL2"], [(0, 1), (1, 2), (1, 3)], [SwitchKind.BREAKER] + [SwitchKind.RECLOSER] * 2
    for number in range(2 * laterals):
        ids.append(f"FU{number + 1}")
        ends.append((2 + number // laterals, 4 + number))
        kinds.append(SwitchKind.FUSE)
    return build_grid(
        nodes={"id": [f"n{node}" for node in range(4 + 2 * laterals)]},
        branches={
            "id": ids,
            "from_node": [a for a, _ in ends],
            "to_node": [b for _, b in ends],
            "kind": [BranchKind.SWITCH] * len(ids),
        },
        switches={"branch": range(len(ids)), "kind": kinds},
        loads={
            "id": [f"T{number + 1}" for number in range(2 * laterals)],
            "node": [4 + number for number in range(2 * laterals)],
            "lv_customers": [customers] * (2 * laterals),
        },
        sources={"id": ["S"], "node": [0]},
    )


GRID = line()
CANDIDATES = candidates_of(GRID)


def opened(found: Located) -> list[str]:
    return sorted(GRID.branches.id[one.device.branch].item() for one in found.outages)


def test_nobody_reports() -> None:
    found = locate(CANDIDATES, build_evidence(GRID))
    assert found.outages == ()
    assert found.set_probability > 0.9
    assert found.stray_loads == ()
    assert (found.out_probability < 0.1).all()


def test_a_network_without_any_device() -> None:
    grid = build_grid(
        nodes={"id": ["a"]},
        branches={},
        loads={"id": ["T"], "node": [0], "lv_customers": [9]},
        sources={"id": ["S"], "node": [0]},
    )
    found = locate(candidates_of(grid), build_evidence(grid, report_load=[0, 0]))
    assert found.outages == () and found.second_cuts == ()
    assert found.stray_loads == (0,)
    assert found.out_probability.tolist() == [0.0]


def test_one_report_is_the_premises_own_fault() -> None:
    found = locate(CANDIDATES, build_evidence(GRID, report_load=[2]))
    assert opened(found) == []
    assert found.stray_loads == (2,)


def test_one_transformer_one_line_and_everything() -> None:
    assert opened(locate(CANDIDATES, build_evidence(GRID, report_load=[1] * 12))) == ["FU2"]
    one_line = np.repeat([0, 1, 2, 3], 6)
    assert opened(locate(CANDIDATES, build_evidence(GRID, report_load=one_line))) == ["QL1"]
    everybody = np.repeat(np.arange(8), 6)
    assert opened(locate(CANDIDATES, build_evidence(GRID, report_load=everybody))) == ["QF1"]


@pytest.mark.parametrize("minutes", [3.0, 10.0, 30.0, 120.0])
def test_the_more_call_of_one_transformer_the_rather_it_is_the_whole_of_it(minutes: float) -> None:
    """A part of it cannot report more than the whole: what else it may be is told, and grows less."""
    grid = line(customers=28, laterals=6)
    candidates = candidates_of(grid)
    cut = candidates.cut_of_branch(grid.branch_position["FU3"])
    before = 0.0
    for calls in range(3, 21):
        ages = np.linspace(minutes, 0.1, calls)
        found = locate(candidates, build_evidence(grid, report_load=[2] * calls, age_min=ages))
        whole, instead = found.cause_probability[cut], found.instead(cut)
        assert whole > before - 0.01
        assert whole + instead.above + instead.below + instead.part + instead.stray == pytest.approx(1.0)
        assert instead.part > max(instead.stray, instead.above, instead.below) or calls < 6
        before = whole
    assert before > 0.8


def test_several_at_once() -> None:
    found = locate(CANDIDATES, build_evidence(GRID, report_load=np.repeat([0, 1, 2, 3, 5], 9)))
    assert opened(found) == ["FU6", "QL1"]
    assert [one.support.reports for one in found.outages] == [36, 9]
    support = found.outages[0].support
    assert (support.loads, support.loads_reporting, support.silent_loads, support.customers) == (4, 4, 0, 120)
    assert found.outages[1].rivals[0].cut in CANDIDATES.parent[[one.device.cut for one in found.outages]]


def test_meters_alone() -> None:
    off = [0, 0, 0, 0, 30, 28, 30, 25]
    found = locate(CANDIDATES, build_evidence(GRID, meters=[30] * 8, meters_off=off))
    assert opened(found) == ["QL2"]
    assert found.outages[0].support.meters_off == 113


def test_those_who_have_light_speak_against() -> None:
    reports = np.repeat([0, 1], 4)
    doubted = locate(CANDIDATES, build_evidence(GRID, report_load=reports))
    lit = [0, 0, 3, 3, 0, 0, 0, 0]
    seen = locate(CANDIDATES, build_evidence(GRID, report_load=reports, lit=lit))
    line_cut = CANDIDATES.cut_of_branch(GRID.branch_position["QL1"])
    assert seen.cause_probability[line_cut] < 1e-3 * doubted.cause_probability[line_cut]
    assert opened(seen) == ["FU1", "FU2"]


def test_a_device_seen_shut_did_not_open() -> None:
    shut = [GRID.branch_position["QF1"]]
    evidence = build_evidence(GRID, report_load=np.repeat(np.arange(8), 6))
    found = locate(CANDIDATES, evidence, shut=shut)
    assert opened(found) == ["QL1", "QL2"]
    assert found.cause_probability[CANDIDATES.cut_of_branch(shut[0])] == 0.0


def test_a_device_seen_open_is_open_whoever_is_silent() -> None:
    branch = GRID.branch_position["QL2"]
    found = locate(CANDIDATES, build_evidence(GRID), opened=[branch])
    assert opened(found) == ["QL2"]
    assert found.outages[0].device.probability == pytest.approx(1.0, abs=1e-2)  # or the breaker above it, too
    assert found.out_probability[4:] == pytest.approx(1.0)


def test_planned_work_explains_its_reports() -> None:
    out = np.arange(8) < 4
    found = locate(CANDIDATES, build_evidence(GRID, report_load=np.repeat([0, 1, 2, 3], 6)), known_out=out)
    assert found.outages == () and found.stray_loads == ()
    assert found.known_reports == 24
    assert found.out_probability[:4].tolist() == [1.0] * 4


def test_what_the_log_has_open_is_not_sought_again() -> None:
    closed = normal_state(CANDIDATES.topology)
    closed[GRID.switch_position["QL1"]] = False
    candidates = compile_candidates(CANDIDATES.topology, closed=closed, rates=RATES)
    found = locate(candidates, build_evidence(GRID, report_load=np.repeat([0, 1, 2, 3, 6], 8)))
    assert opened(found) == ["FU7"]
    assert found.known_reports == 32


def test_a_part_that_was_out_before_is_told_apart_by_its_older_reports() -> None:
    load = np.concatenate([[1] * 9, np.repeat(np.arange(8), 7)])
    age = np.concatenate([np.linspace(100, 119, 9), np.tile(np.linspace(1, 18, 7), 8)])
    found = locate(CANDIDATES, build_evidence(GRID, report_load=load, age_min=age))
    assert opened(found) == ["QF1"]
    (nested,) = found.outages[0].nested
    assert GRID.branches.id[nested.branch] == "FU2"
    assert 10 < found.outages[0].began_min < 40


def test_two_at_different_times_are_two() -> None:
    """All of one line, an hour apart by transformer: nobody opened the line."""
    load = np.repeat([0, 1], 9)
    age = np.concatenate([np.linspace(100, 119, 9), np.linspace(1, 18, 9)])
    grid = line(laterals=2)
    candidates = candidates_of(grid)
    apart, together = (
        locate(candidates, build_evidence(grid, report_load=load, age_min=minutes)) for minutes in (age, age % 50)
    )
    assert sorted(grid.branches.id[one.device.branch].item() for one in apart.outages) == ["FU1", "FU2"]
    line_cut = candidates.cut_of_branch(grid.branch_position["QL1"])
    assert together.cause_probability[line_cut] > 0.5 > apart.cause_probability[line_cut]


def test_devices_in_a_row_are_one_cut() -> None:
    grid = build_grid(
        nodes={"id": ["s", "a", "b", "c"], "base_kv": [10.0, 10.0, 10.0, 0.4]},
        branches={
            "id": ["QF1", "FU1", "TR1"],
            "from_node": [0, 1, 2],
            "to_node": [1, 2, 3],
            "kind": [BranchKind.SWITCH, BranchKind.SWITCH, BranchKind.TRANSFORMER],
        },
        switches={"branch": [0, 1], "kind": [SwitchKind.BREAKER, SwitchKind.FUSE]},
        transformers={"branch": [2]},
        loads={"id": ["T"], "node": [3], "lv_customers": [40]},
        sources={"id": ["S"], "node": [0]},
    )
    candidates = candidates_of(grid)
    evidence = build_evidence(grid, report_load=[0] * 15)
    device = locate(candidates, evidence).outages[0].device
    assert len(candidates) == 1
    assert {device.branch, *device.same_branches} == {0, 1}
    assert device.branch == 1  # a transformer that fails takes its fuse
    after = locate(candidates, evidence, shut=[1]).outages[0].device
    assert (after.branch, after.share_of_cut) == (0, 1.0)


def test_all_that_is_wrong_is_told_at_once() -> None:
    evidence = build_evidence(GRID, report_load=[0, 99], age_min=[1.0, -2.0], lit=[-1] + [0] * 7, meters=[1])
    chances = Chances(paces=(1.0,), stray_shares=(0.0, 2.0), stray_weights=(1.0, 1.0), delay_min=0.0)
    arguments = {"chances": chances, "shut": [0, 77], "opened": [0, -1], "known_out": [True]}
    found = {(one.code.value, one.field, one.positions) for one in check_locate(CANDIDATES, evidence, **arguments)}
    assert found == {
        ("unknown_load", "report_load", (1,)),
        ("negative", "age_min", (1,)),
        ("negative", "lit", (0,)),
        ("wrong_shape", "meters", ()),
        ("wrong_shape", "pace_weights", ()),
        ("not_a_share", "stray_shares", (0, 1)),
        ("not_positive", "delay_min", (0,)),
        ("unknown_branch", "shut", (1,)),
        ("unknown_branch", "opened", (1,)),
        ("open_and_shut", "opened", (0,)),
        ("wrong_shape", "known_out", ()),
    }
    with pytest.raises(LocateError) as refused:
        locate(CANDIDATES, evidence, **arguments)
    assert len(refused.value.findings) == len(found)


def test_more_reports_than_customers_are_no_reason_to_stop() -> None:
    found = locate(CANDIDATES, build_evidence(GRID, report_load=[0] * 50, customers=[3] * 8))
    assert opened(found) == ["FU1"]


def test_a_storm_of_thousands_stays_finite() -> None:
    grid = line(customers=5000)
    rng = np.random.default_rng(1)
    load = rng.integers(0, 8, 20_000)
    found = locate(
        candidates_of(grid), build_evidence(grid, report_load=load, age_min=rng.uniform(0.0, 600.0, len(load)))
    )
    assert [grid.branches.id[one.device.branch].item() for one in found.outages] == ["QF1"]
    assert np.isfinite(found.cause_probability).all() and np.isfinite(found.log_evidence)
