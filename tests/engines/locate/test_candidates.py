"""Which devices are candidates, what is one cut, and how often each opens."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid
from denghuo.engines.locate import OpeningRates, compile_candidates
from denghuo.engines.topology import compile_topology, normal_state
from tests.engines.topology import oracle

SWITCH, LINE, TRANSFORMER = BranchKind.SWITCH, BranchKind.LINE, BranchKind.TRANSFORMER


def feeder() -> Grid:
    """s -QF1- a -L1 2 km- b -QL1- c -L2 1 km- d -FU1- e -TR1- f; -TR2- g at b; tie QL2 from d to source s2."""
    branches = [
        ("QF1", 0, 1, SWITCH, np.nan),
        ("L1", 1, 2, LINE, 2.0),
        ("QL1", 2, 3, SWITCH, np.nan),
        ("L2", 3, 4, LINE, 1.0),
        ("FU1", 4, 5, SWITCH, np.nan),
        ("TR1", 5, 6, TRANSFORMER, np.nan),
        ("TR2", 2, 7, TRANSFORMER, np.nan),
        ("QL2", 4, 8, SWITCH, np.nan),
    ]
    ids, from_node, to_node, kind, length_km = zip(*branches, strict=True)
    return build_grid(
        nodes={"id": list("sabcdefg2"), "base_kv": [10.0] * 6 + [0.4, 0.4, 10.0]},
        branches={"id": ids, "from_node": from_node, "to_node": to_node, "kind": kind, "length_km": length_km},
        switches={
            "branch": [0, 2, 4, 7],
            "kind": [SwitchKind.BREAKER, SwitchKind.LOAD_BREAK_SWITCH, SwitchKind.FUSE, SwitchKind.LOAD_BREAK_SWITCH],
            "normally_closed": [True, True, True, False],
        },
        transformers={"branch": [5, 6]},
        loads={"id": ["T1", "T2"], "node": [6, 7], "mv_users": [1, 1], "lv_customers": [40, 60]},
        sources={"id": ["S1", "S2"], "node": [0, 8]},
    )


RATES = OpeningRates(
    line_per_km_year=0.1,
    transformer_per_year=0.02,
    by_itself_per_year={SwitchKind.BREAKER: 0.001, SwitchKind.LOAD_BREAK_SWITCH: 0.002, SwitchKind.FUSE: 0.004},
    passed_on_share=0.1,
)


def names(grid: Grid, branches: np.ndarray) -> list[str]:
    return grid.branches.id[branches].tolist()


def test_cuts_members_and_rates_by_hand() -> None:
    grid = feeder()
    found = compile_candidates(compile_topology(grid), rates=RATES)
    assert found.parent.tolist() == [-1, 0, 0] and found.end.tolist() == [3, 2, 3]
    members = [names(grid, found.member_branch[found.member_cut == cut]) for cut in range(3)]
    assert members[0] == ["QF1"]
    first, second = (("FU1", "QL1"), ("TR2",))
    assert {tuple(members[1]), tuple(members[2])} == {first, second}
    rate = dict(zip(names(grid, found.member_branch), found.member_rate_per_year.tolist(), strict=True))
    assert rate["FU1"] == pytest.approx(0.004 + 0.9 * 0.02)
    assert rate["QL1"] == pytest.approx(0.002)  # clears nothing
    assert rate["TR2"] == pytest.approx(0.9 * 0.02)
    # Both lines, and what the fuses leave to the breaker, which has nobody above to leave anything to.
    assert rate["QF1"] == pytest.approx(0.001 + 0.3 + 0.1 * 0.02 + 0.1 * 0.02)
    assert found.cut_of_branch(grid.branch_position["TR1"]) == -1
    assert [found.loads_behind(cut).tolist() for cut in (0,)] == [[0, 1]]


def test_transformers_stand_alone_or_not() -> None:
    bare = OpeningRates(transformers_protected=False)
    found = compile_candidates(compile_topology(feeder()), rates=bare)
    assert "TR2" not in names(feeder(), found.member_branch)
    assert len(found) == 2


def test_the_state_decides_who_is_behind_whom() -> None:
    grid = feeder()
    topology = compile_topology(grid)
    closed = normal_state(topology)
    closed[[grid.switch_position["QL1"], grid.switch_position["QL2"]]] = False, True
    found = compile_candidates(topology, closed=closed)
    tie = found.cut_of_branch(grid.branch_position["QL2"])
    assert found.loads_behind(tie).tolist() == [0]
    closed[grid.switch_position["QL2"]] = False
    dark = compile_candidates(topology, closed=closed)
    assert dark.supplied.tolist() == [False, True] and dark.cut_of_load[0] == -1


def test_a_closed_ring_has_no_single_device() -> None:
    grid = feeder()
    topology = compile_topology(grid)
    found = compile_candidates(topology, closed=np.ones(4, np.bool_))
    assert sorted(names(grid, found.member_branch)) == ["FU1", "TR2"]


def test_a_state_of_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="4 switches"):
        compile_candidates(compile_topology(feeder()), closed=np.ones(3, np.bool_))


@given(oracle.grids())
def test_a_cut_is_what_one_open_device_takes_out(grid: Grid) -> None:
    """Against networkx, radial or meshed: every candidate, and no device that is none."""
    topology = compile_topology(grid)
    closed = normal_state(topology)
    found = compile_candidates(topology, rates=OpeningRates(transformers_protected=False))
    before = np.array(oracle.supplied_loads(grid, closed), np.bool_)
    assert found.supplied.tolist() == before.tolist()
    for switch in np.flatnonzero(closed).tolist():
        after = closed.copy()
        after[switch] = False
        lost = np.flatnonzero(before & ~np.array(oracle.supplied_loads(grid, after), np.bool_))
        cut = found.cut_of_branch(int(grid.switches.branch[switch]))
        assert (cut >= 0) == bool(len(lost))
        if cut >= 0:
            assert found.loads_behind(cut).tolist() == lost.tolist()
    sets = [tuple(found.loads_behind(cut).tolist()) for cut in range(len(found))]
    assert len(set(sets)) == len(sets)
    assert nx.is_forest(nx.Graph([(cut, up) for cut, up in enumerate(found.parent.tolist()) if up >= 0] or [(0, 1)]))
