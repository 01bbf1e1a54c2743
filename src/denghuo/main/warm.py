"""Compile what the engines run, once after an installation, so that nobody's first page waits for it.

    python -m denghuo.main.warm

The compiled code lies beside the source and is found again by every process; changed source is compiled again.
"""

import numpy as np

from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid
from denghuo.engines.locate import build_evidence, compile_candidates, locate
from denghuo.engines.queueing import (
    AgentGroup,
    CallCenter,
    CallType,
    Targets,
    day_performance,
    erlang_b,
    exponential,
    hold_answer_rate,
    load_for_blocking,
    queue_figures,
    redial_figures,
    servers_for_blocking,
    simulate,
    size_seats,
)
from denghuo.engines.reliability import (
    Served,
    Standard,
    build_interruptions,
    check_interruptions,
    compute_indices,
    explain,
    group_by,
    predict_grid,
)
from denghuo.engines.rostering import RosterProblem, build_shifts, solve_roster
from denghuo.engines.switching import IsolationMode, plan_isolation
from denghuo.engines.topology import (
    SwitchingLog,
    check_grid,
    compile_topology,
    dead_after_opening,
    derive_feeders,
    downstream_totals,
    draw,
    feeder_of_node,
    feeder_of_section,
    find_islands,
    find_loops,
    normal_state,
    replay,
    trace,
    upstream_switch,
)


def warm() -> None:
    """Use every engine once: on a line of three sections with a tie, and on a hotline of two seats."""
    _hotline()
    grid = derive_feeders(_line())
    topology = compile_topology(grid)
    closed = normal_state(topology)
    trace(topology, closed=closed)
    dead_after_opening(topology, opened=[1])
    downstream_totals(topology)
    upstream_switch(topology)
    feeder_of_section(topology, closed=closed)
    feeder_of_node(topology, closed=closed)
    find_loops(topology, closed=closed)
    find_islands(topology, closed=closed)
    check_grid(grid)
    draw(topology)
    for mode in IsolationMode:
        plan_isolation(topology, ids=["L1"], duration_h=2.0, mode=mode)  # and back by the tie
    predict_grid(topology).system()
    evidence = build_evidence(grid, report_load=[0] * 5 + [1] * 5, age_min=[2.0] * 5 + [30.0] * 5)
    locate(compile_candidates(topology), evidence)
    _figures(replay(topology, _log()).interruptions.load)


def _hotline() -> None:
    erlang_b(2.0, 3)
    servers_for_blocking(2.0, blocking_share=0.1)
    load_for_blocking(3, blocking_share=0.1)
    calls: dict[str, float] = {"seats": 3, "handling_s": 180.0}
    queue_figures(40.0, **calls)
    queue_figures(40.0, **calls, patience_s=120.0)
    redial_figures(40.0, **calls, patience_s=120.0, redial_share=0.5)
    size_seats(40.0, targets=Targets(answered_share=0.9), handling_s=180.0, patience_s=120.0)
    for redial_share in (0.0, 0.5):
        day_performance(
            [40.0, 60.0],
            seats=[3, 3],
            interval_s=1800.0,
            handling_s=180.0,
            patience_s=120.0,
            redial_share=redial_share,
        )
    hold_answer_rate(
        [40.0, 60.0], target_share=0.9, interval_s=1800.0, handling_s=180.0, patience_s=120.0, redial_share=0.5
    )
    callers = CallType(arrivals_per_h=60, service=exponential(60.0))
    for lines in (None, 5):  # in line, and by events
        center = CallCenter(edges_s=[0, 3600], types=(callers,), groups=(AgentGroup(heads=2),), lines=lines)
        simulate(center, replications=1, rng=np.random.default_rng(1))
    size_seats(40.0, targets=Targets(answered_share=0.9), handling_s=180.0, patience_s=120.0, redial_share=0.5)
    solve_roster(RosterProblem(shifts=build_shifts(start_min=[480], length_min=[480]), people_count=2, day_count=2))


def _line() -> Grid:
    return build_grid(
        nodes={"id": list("sabcde")},
        branches={
            "id": ["QF1", "L1", "QL1", "L2", "QL2"],
            "from_node": [0, 1, 2, 3, 4],
            "to_node": [1, 2, 3, 4, 5],
            "kind": [BranchKind.SWITCH, BranchKind.LINE, BranchKind.SWITCH, BranchKind.LINE, BranchKind.SWITCH],
            "rating_kva": [np.nan, np.nan, np.nan, np.nan, 100.0],
            "failure_rate_per_year": [0.0, 0.1, 0.0, 0.1, 0.0],
            "repair_h": [np.nan, 4.0, np.nan, 4.0, np.nan],
        },
        switches={
            "branch": [0, 2, 4],
            "kind": [SwitchKind.BREAKER, SwitchKind.LOAD_BREAK_SWITCH, SwitchKind.LOAD_BREAK_SWITCH],
            "normally_closed": [True, True, False],
        },
        loads={"id": ["T1", "T2"], "node": [2, 4], "mv_users": [1, 1], "lv_customers": [5, 6], "kva": [50.0, 50.0]},
        sources={"id": ["S1", "S2"], "node": [0, 5]},
    )


def _log() -> SwitchingLog:
    return SwitchingLog(
        switch=np.array([1, 1], np.int32),
        closes=np.array([False, True]),
        at=np.array(["2026-01-01T00:00", "2026-01-01T02:00"], "datetime64[us]"),
        event=np.array([1, 1], np.int64),
        id=np.array([1, 2], np.int64),
    )


def _figures(load: np.ndarray) -> None:
    size = len(load)
    rows = build_interruptions(
        start=["2026-01-01T00:00"] * size,
        end=["2026-01-01T02:00"] * size,
        load=load,
        mv_users=[1] * size,
        kva=[50.0] * size,
        kw=[10.0] * size,
    )
    check_interruptions(rows)
    period = ["2026-01-01", "2026-02-01", "2026-03-01"]
    for by in (None, group_by({"line": [0] * size})):
        for standard in Standard:
            compute_indices(
                rows,
                period=period,
                standard=standard,
                served=Served(mv_users=2),
                by=by,
                at_least=[2],
                longer_than_h=[1.0],
            )
    explain(rows, period=(period[0], period[1]), standard=Standard.DLT836)


if __name__ == "__main__":
    warm()
