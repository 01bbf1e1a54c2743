"""The prediction against an independent one: every failure played through on a graph, step by step."""

import itertools
import math
from typing import Any

import networkx as nx
import numpy as np
import pytest

from denghuo.engines.grid import BranchKind, FindingCode, Grid, SwitchKind, build_grid
from denghuo.engines.reliability import Basis, Failures, failures_of, predict_grid
from denghuo.engines.topology import compile_topology

UP_H, TIE_H = 0.5, 1.5
SUCCESS = {SwitchKind.FUSE: 0.7, SwitchKind.BREAKER: 0.9, SwitchKind.RECLOSER: 0.9}
TRANSFER = 0.6
KINDS = [SwitchKind.FUSE, SwitchKind.BREAKER, SwitchKind.DISCONNECTOR, SwitchKind.LOAD_BREAK_SWITCH]


def random_grid(rng: np.random.Generator) -> Grid:
    """Up to two trees of lines, transformers and switching devices, with ties inside and between them."""
    size = int(rng.integers(4, 26))
    roots = [0, 1][: int(rng.integers(1, 3))]
    ends = [(int(rng.integers(0, node)), node) for node in range(len(roots), size)]
    kinds = rng.choice(
        [BranchKind.LINE, BranchKind.SWITCH, BranchKind.TRANSFORMER], p=[0.45, 0.5, 0.05], size=len(ends)
    )
    ties = [tuple(rng.choice(size, 2, replace=False).tolist()) for _ in range(int(rng.integers(0, 5)))]
    is_switch = np.concatenate([kinds == BranchKind.SWITCH, np.ones(len(ties), dtype=bool)])
    branch = np.flatnonzero(is_switch)
    both = ends + ties
    return build_grid(
        nodes={"id": [f"n{node}" for node in range(size)]},
        branches={
            "id": [f"b{number}" for number in range(len(both))],
            "from_node": [a for a, _ in both],
            "to_node": [b for _, b in both],
            "kind": np.concatenate([kinds, np.full(len(ties), BranchKind.SWITCH)]),
            "failure_rate_per_year": np.where(is_switch, 0.0, rng.uniform(0.05, 0.5, len(both))),
            "repair_h": rng.choice([0.2, 1.0, 4.0], len(both)),
        },
        switches={
            "branch": branch,
            "kind": rng.choice(KINDS, len(branch)),
            "normally_closed": branch < len(ends),
        },
        loads={
            "id": [f"T{node}" for node in range(size)],
            "node": range(size),
            "lv_customers": rng.integers(0, 90, size),
            "mv_users": np.ones(size, dtype=int),
            "kw": rng.uniform(0, 80, size),
        },
        sources={"id": [f"S{root}" for root in roots], "node": roots},
    )


def success_of(grid: Grid, branch: int) -> float:
    """Probability that a branch clears a failure behind it."""
    switch = int(grid.switch_of_branch[branch])
    return SUCCESS.get(SwitchKind(int(grid.switches.kind[switch])), 0.0) if switch >= 0 else 0.0


def graphs(grid: Grid) -> tuple[nx.Graph, nx.Graph, nx.Graph]:
    """What is joined in the normal state, without any switch, and with the ties closed too."""
    switch = grid.switch_of_branch
    normal, welded, ties = nx.Graph(), nx.Graph(), []
    for graph in (normal, welded):
        graph.add_nodes_from(range(len(grid.nodes.id)))
    for branch, ends in enumerate(zip(grid.branches.from_node.tolist(), grid.branches.to_node.tolist(), strict=True)):
        if switch[branch] < 0:
            welded.add_edge(*ends)
        if switch[branch] < 0 or grid.switches.normally_closed[switch[branch]]:
            normal.add_edge(*ends, branch=branch)
        else:
            ties.append(ends)
    tied = normal.copy()
    tied.add_edges_from(ties)
    return normal, welded, tied


def play_through(grid: Grid) -> tuple[Any, Any]:
    """Interruptions and hours a year by node [node, branch]: one failure and one chain of devices after another."""
    size, count = len(grid.nodes.id), len(grid.branches.id)
    roots = grid.sources.node.tolist()
    normal, welded, tied = graphs(grid)

    def fed(graph: nx.Graph) -> set[int]:
        return {node for root in roots if root in graph for node in nx.node_connected_component(graph, root)}

    def behind(device: int, source: int) -> set[int]:
        cut = normal.copy()
        cut.remove_edge(grid.branches.from_node[device], grid.branches.to_node[device])
        return set(nx.node_connected_component(normal, source) - nx.node_connected_component(cut, source))

    often, hours = np.zeros((size, count)), np.zeros((size, count))
    for failed in np.flatnonzero(grid.branches.failure_rate_per_year > 0):
        rate, repair = grid.branches.failure_rate_per_year[failed], grid.branches.repair_h[failed]
        here = int(grid.branches.from_node[failed])
        section = nx.node_connected_component(welded, here)
        source = next((root for root in roots if nx.has_path(normal, root, here)), None)
        if source is None:
            continue
        way = [normal.edges[pair]["branch"] for pair in itertools.pairwise(nx.shortest_path(normal, here, source))]
        devices = [(branch, success_of(grid, branch)) for branch in way if success_of(grid, branch) > 0]
        rest = normal.subgraph(set(normal) - section)
        upstream = fed(rest)
        transferred = fed(tied.subgraph(set(tied) - section)) - upstream
        reaching = 1.0
        for device, works in [*devices, (None, 1.0)]:
            dark = nx.node_connected_component(normal, source) if device is None else behind(device, source)
            for node in dark:
                out_h = repair
                if node in upstream:
                    out_h = min(UP_H, repair)
                elif node in transferred:
                    out_h = TRANSFER * min(TIE_H, repair) + (1 - TRANSFER) * repair
                often[node, failed] += rate * reaching * works
                hours[node, failed] += rate * reaching * works * out_h
            reaching *= 1.0 - works
    return often, hours


@pytest.mark.parametrize("seed", range(120))
def test_agrees_with_playing_every_failure_through(seed: int) -> None:
    grid = random_grid(np.random.default_rng(seed))
    prediction = predict_grid(
        compile_topology(grid),
        upstream_switching_h=UP_H,
        tie_switching_h=TIE_H,
        fuse_success=0.7,
        breaker_success=0.9,
        transfer_success=TRANSFER,
    )
    often, hours = play_through(grid)
    supplied = np.isfinite(prediction.hours_per_year)
    np.testing.assert_allclose(prediction.interruptions_per_year[supplied], often.sum(axis=1)[supplied], atol=1e-12)
    np.testing.assert_allclose(prediction.hours_per_year[supplied], hours.sum(axis=1)[supplied], atol=1e-12)
    columns = prediction.failures.branch
    np.testing.assert_allclose(prediction.matrix.interruptions[supplied], often[supplied][:, columns], atol=1e-12)
    np.testing.assert_allclose(prediction.matrix.hours[supplied], hours[supplied][:, columns], atol=1e-12)


@pytest.mark.parametrize("seed", range(0, 120, 10))
def test_nothing_is_left_over_when_the_figures_are_split_by_failure(seed: int) -> None:
    grid = random_grid(np.random.default_rng(seed))
    prediction = predict_grid(compile_topology(grid), fuse_success=0.8, transfer_success=0.5)
    for basis, weight in ((Basis.LV_CUSTOMERS, grid.loads.lv_customers), (Basis.MV_USERS, grid.loads.mv_users)):
        split = prediction.by_failure(basis=basis)
        assert split.interruptions.sum() == pytest.approx(np.nansum(weight * prediction.interruptions_per_year))
        assert split.hours.sum() == pytest.approx(np.nansum(weight * prediction.hours_per_year))
        assert split.kwh.sum() == pytest.approx(np.nansum(prediction.unserved_kwh_per_year))


def chain(**columns: Any) -> Grid:
    """bus -QF1- a -L1- b -QS1- c -L2- d -QS2- e -L3- f -tie- other bus; 60 kW at b, d and f."""
    switches = {
        "branch": [0, 2, 4, 6],
        "kind": [
            SwitchKind.BREAKER,
            SwitchKind.DISCONNECTOR,
            SwitchKind.DISCONNECTOR,
            SwitchKind.LOAD_BREAK_SWITCH,
        ],
        "normally_closed": [True, True, True, False],
    }
    is_line = np.array([0, 1, 0, 1, 0, 1, 0], dtype=bool)
    return build_grid(
        nodes={"id": ["bus", "a", "b", "c", "d", "e", "f", "other"]},
        branches={
            "id": ["QF1", "L1", "QS1", "L2", "QS2", "L3", "QL1"],
            "from_node": [0, 1, 2, 3, 4, 5, 6],
            "to_node": [1, 2, 3, 4, 5, 6, 7],
            "kind": np.where(is_line, BranchKind.LINE, BranchKind.SWITCH),
            "length_km": np.where(is_line, 2.0, np.nan),
            "failure_rate_per_year": columns.get("failure_rate_per_year", np.where(is_line, 0.1, np.nan)),
            "repair_h": columns.get("repair_h", np.where(is_line, 4.0, np.nan)),
            "rating_kva": columns.get("rating_kva", np.full(7, np.nan)),
        },
        switches=switches | columns.get("switches", {}),
        loads={"id": ["B", "D", "F"], "node": [2, 4, 6], "lv_customers": [1, 1, 1], "kw": [60.0, 60.0, 60.0]},
        sources={
            "id": ["S1", "S2"],
            "node": [0, 7],
            "capacity_kva": columns.get("capacity_kva", [np.nan, np.nan]),
        },
    )


def hours_at_first_line(**columns: Any) -> list[float]:
    """Hours each load is out when the first line fails once a year."""
    topology = compile_topology(chain(**columns))
    failures = Failures(branch=np.array([1]), rate_per_year=np.array([1.0]), repair_h=np.array([4.0]))
    return predict_grid(topology, failures=failures, power_factor=1.0).hours_per_year.tolist()


def test_a_tie_takes_over_what_it_can_carry_nearest_first() -> None:
    tie_rating = np.full(7, np.nan)
    assert hours_at_first_line(rating_kva=tie_rating) == [4.0, 1.0, 1.0]
    for kva, hours in ((120.0, [4.0, 1.0, 1.0]), (119.0, [4.0, 4.0, 1.0]), (59.0, [4.0, 4.0, 4.0])):
        tie_rating[6] = kva
        assert hours_at_first_line(rating_kva=tie_rating) == hours


def test_a_tie_takes_over_what_its_source_can_carry() -> None:
    assert hours_at_first_line(capacity_kva=[np.nan, 100.0]) == [4.0, 4.0, 1.0]
    assert hours_at_first_line(capacity_kva=[100.0, np.nan]) == [4.0, 1.0, 1.0]


def test_switches_know_their_own_times() -> None:
    operating = {"operating_h": [np.nan, 0.25, np.nan, 0.75]}
    assert hours_at_first_line(switches=operating) == [4.0, 0.75, 0.75]
    remote = {"remote": [False, True, True, True]}
    topology = compile_topology(chain(switches=remote))
    prediction = predict_grid(topology, remote_switching_h=0.05)
    # Of three lines failing 0.1 times a year one is its own; before and behind it, remote switches restore.
    assert prediction.hours_per_year == pytest.approx([0.4 + 0.2 * 0.05] * 3)


def test_a_short_failure_is_over_before_anybody_switches() -> None:
    topology = compile_topology(chain())
    failures = Failures(branch=np.array([3, 3]), rate_per_year=np.array([0.1, 2.0]), repair_h=np.array([4.0, 0.02]))
    prediction = predict_grid(topology, failures=failures)
    assert prediction.interruptions_per_year == pytest.approx([2.1, 2.1, 2.1])
    assert prediction.hours_per_year == pytest.approx([0.1 + 0.04, 0.4 + 0.04, 0.1 + 0.04])


def test_a_failing_switch_counts_with_its_supply_side() -> None:
    topology = compile_topology(chain())
    failures = Failures(branch=np.array([2]), rate_per_year=np.array([1.0]), repair_h=np.array([4.0]))
    assert predict_grid(topology, failures=failures).hours_per_year.tolist() == [4.0, 1.0, 1.0]


def test_loops_are_taken_as_open_and_told() -> None:
    topology = compile_topology(chain(switches={"normally_closed": [True, True, True, True]}))
    prediction = predict_grid(topology)
    assert [(found.code, len(found.ids)) for found in prediction.findings] == [(FindingCode.SUPPLIED_TWICE, 1)]


def test_loads_without_supply_are_undefined_and_not_counted() -> None:
    grid = chain(switches={"normally_closed": [True, False, False, False]})
    prediction = predict_grid(compile_topology(grid))
    assert np.isnan(prediction.hours_per_year).tolist() == [False, True, True]
    system = prediction.system()
    assert (system.customers, system.saifi, system.ens_kwh) == (1, pytest.approx(0.1), pytest.approx(24.0))
    nobody = prediction.system(loads=np.zeros(3, dtype=bool))
    assert all(
        math.isnan(value) for value in (nobody.saifi, nobody.saidi_h, nobody.caidi_h, nobody.asai, nobody.ens_kwh)
    )


def test_defaults_fill_only_what_a_model_leaves_open() -> None:
    rates = np.array([np.nan, np.nan, np.nan, 0.5, np.nan, np.nan, np.nan])
    repairs = np.array([np.nan, 3.0, np.nan, np.nan, np.nan, np.nan, np.nan])
    grid = chain(failure_rate_per_year=rates, repair_h=repairs)
    failures = failures_of(grid, line_failure_rate_per_km_year=0.1, line_repair_h=6.0)
    assert failures.branch.tolist() == [1, 3, 5]
    assert failures.rate_per_year.tolist() == [0.2, 0.5, 0.2]
    assert failures.repair_h.tolist() == [3.0, 6.0, 6.0]
    with pytest.raises(ValueError, match="no repair time, first line L2"):
        failures_of(grid)


@pytest.mark.parametrize(
    ("option", "value"),
    [("fuse_success", 1.2), ("transfer_success", -0.1), ("upstream_switching_h", -1.0), ("tie_switching_h", math.nan)],
)
def test_impossible_options_are_refused(option: str, value: float) -> None:
    topology = compile_topology(chain())
    with pytest.raises(ValueError, match="must"):
        predict_grid(topology, **{option: value})  # type: ignore[arg-type]
