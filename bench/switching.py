"""The smallest isolation with restoration over ties, next to trying every switching state and to opening the whole
line."""

import os
import tarfile
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from bench.common import BenchRow, timed

from denghuo.adapters.opendss import read_opendss
from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid
from denghuo.engines.switching import IsolationMode, SwitchingPlan, SwitchingRules, plan_isolation
from denghuo.engines.topology import compile_topology, energized_sections

WORK_H = 4.0


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    found = [
        _against_every_state(),
        _feeders(town(lines=10, nodes=950, switches=10), repeat=21),
        _feeders(town(lines=200, nodes=1000, switches=50), repeat=5),
    ]
    return [*found, *_ieee9500()]


def town(*, lines: int, nodes: int, switches: int) -> Grid:
    """Lines of ``nodes`` in a row from one busbar, ``switches`` spread along each, a tie from each line's end to the
    next."""
    node = np.arange(1, lines * nodes + 1).reshape(lines, nodes)
    parent = np.concatenate([np.zeros((lines, 1), np.int64), node[:, :-1]], axis=1)
    at = np.linspace(0, nodes - 1, switches, dtype=np.int64)
    is_switch = np.zeros((lines, nodes), np.bool_)
    is_switch[:, at] = True
    ends = node[:, -1]
    from_node = np.concatenate([parent.ravel(), ends])
    to_node = np.concatenate([node.ravel(), np.roll(ends, -1)])
    switch = np.concatenate([np.flatnonzero(is_switch.ravel()), np.arange(lines * nodes, len(from_node))])
    at_head = from_node[switch] == 0
    loads = node.ravel()[::3]
    rng = np.random.default_rng(1)
    return build_grid(
        nodes={"id": np.arange(lines * nodes + 1).astype(np.str_)},
        branches={
            "id": np.arange(len(from_node)).astype(np.str_),
            "from_node": from_node,
            "to_node": to_node,
            "kind": np.where(np.isin(np.arange(len(from_node)), switch), BranchKind.SWITCH, BranchKind.LINE),
            "rating_kva": np.full(len(from_node), 12_000.0),
        },
        switches={
            "branch": switch,
            "kind": np.where(at_head, SwitchKind.BREAKER, SwitchKind.LOAD_BREAK_SWITCH),
            "normally_closed": switch < lines * nodes,
            "remote": rng.random(len(switch)) < 0.5,
        },
        loads={
            "id": loads.astype(np.str_),
            "node": loads,
            "mv_users": np.ones(len(loads), np.int64),
            "lv_customers": rng.integers(1, 120, len(loads)),
            "kw": rng.uniform(5.0, 25.0, len(loads)),
        },
        sources={"id": ["S"], "node": [0]},
    )


def _feeders(grid: Grid, *, repeat: int) -> BenchRow:
    topology = compile_topology(grid)
    node = int(grid.loads.node[len(grid.loads.node) // 2])
    taken = timed(lambda: plan_isolation(topology, nodes=[node], duration_h=WORK_H), repeat=repeat)
    fault = timed(
        lambda: plan_isolation(topology, nodes=[node], duration_h=WORK_H, mode=IsolationMode.FAULT),
        repeat=repeat,
        memory=False,
    )
    least = timed(lambda: _networkx_least(grid, node), repeat=3, memory=False)
    assert least.result == taken.result.lv_customers_out, "networkx disagrees"
    return BenchRow(
        work="smallest isolation, planned work in mid-line",
        size=_size(grid),
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers={"networkx (how many at least, no sequence)": least.seconds},
        note=f"{_whole_line(taken.result)}; as a fault {fault.seconds * 1e3:.1f} ms",
    )


def _ieee9500() -> list[BenchRow]:
    """The public 9500-node feeder, where the reference data is there: one element of every kind of place there is."""
    archive = Path(os.environ.get("DENGHUO_DATA", "")) / "networks" / "ieee9500_dss.tar.gz"
    if not archive.is_file():
        return []
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
        grid = read_opendss(Path(folder) / "ieee9500dss" / "ieee9500_base.dss")
    topology = compile_topology(grid)
    places = _places(topology)
    per_place = [
        timed(
            lambda branch=branch: plan_isolation(topology, branches=[branch], duration_h=WORK_H), repeat=3, memory=False
        )
        for branch in places
    ]
    seconds = [taken.seconds for taken in per_place]
    ours, whole = (
        sum(hours)
        for hours in zip(
            *((t.result.lv_customer_hours, t.result.whole_line.lv_customer_hours) for t in per_place), strict=True
        )
    )
    branch = places[int(np.argmax(seconds))]
    return [
        BenchRow(
            work="smallest isolation, planned work, IEEE 9500-node feeder",
            size=_size(grid),
            ours_s=float(np.median(seconds)),
            peak_mb=timed(lambda: plan_isolation(topology, branches=[branch], duration_h=WORK_H), repeat=1).peak_mb,
            peers={},
            goal="< 20 ms",
            note=f"median of {len(places)} places, 99 of 100 within {np.percentile(seconds, 99) * 1e3:.1f} ms, "
            f"the slowest ({grid.branches.id[branch]}) {max(seconds) * 1e3:.1f} ms; "
            f"{ours:,.0f} customer-hours instead of {whole:,.0f} by the whole line",
        )
    ]


def _places(topology: Any) -> list[int]:
    """One branch for every pair of sections that a branch joins: all others cost the same as one of them."""
    branches = topology.grid.branches
    ends = np.sort(topology.section_of_node[np.stack([branches.from_node, branches.to_node])], axis=0)
    held = np.isin(ends, topology.source_section).any(axis=0)
    _, first = np.unique(ends, axis=1, return_index=True)
    return first[~held[first]].tolist()


def _against_every_state() -> BenchRow:
    grid = town(lines=2, nodes=12, switches=5)
    topology = compile_topology(grid)
    node = int(grid.loads.node[2])
    rules = SwitchingRules(demand_share=0.0)
    taken = timed(lambda: plan_isolation(topology, nodes=[node], duration_h=WORK_H, rules=rules), repeat=21)
    every = timed(lambda: _every_state(topology, node), repeat=3, memory=False)
    assert every.result == taken.result.lv_customers_out, "trying every state disagrees"
    return BenchRow(
        work="smallest isolation, planned work on a ring",
        size=_size(grid),
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers={f"all {2 ** len(grid.switches.branch):,} switching states": every.seconds},
        note=_whole_line(taken.result),
    )


def _every_state(topology: Any, node: int) -> int:
    """The fewest customers out in any radial state that leaves the node dead."""
    section = topology.section_of_node[node]
    a, b = topology.switch_from_section, topology.switch_to_section
    least = int(topology.section_lv_customers.sum())
    for state in product([False, True], repeat=len(a)):
        closed = np.array(state)
        live = energized_sections(topology, closed=closed)
        radial = int((closed & live[a] & live[b]).sum()) == int(live.sum()) - 1
        if radial and not live[section]:
            least = min(least, int(topology.section_lv_customers[~live].sum()))
    return least


def _networkx_least(grid: Grid, node: int) -> int:
    """Customers that have no way to the source but through the dead section."""
    import networkx as nx

    switch = np.zeros(len(grid.branches.id), np.bool_)
    switch[grid.switches.branch] = True
    ends = np.stack([grid.branches.from_node, grid.branches.to_node], axis=1)
    lines = nx.Graph(ends[~switch].tolist())
    lines.add_nodes_from(range(len(grid.nodes.id)))
    dead = nx.node_connected_component(lines, node)
    network = nx.Graph(ends.tolist())
    network.remove_nodes_from(dead)
    live = nx.node_connected_component(network, int(grid.sources.node[0]))
    pairs = zip(grid.loads.node.tolist(), grid.loads.lv_customers.tolist(), strict=True)
    return sum(customers for at, customers in pairs if at not in live)


def _whole_line(plan: SwitchingPlan) -> str:
    return (
        f"{plan.lv_customer_hours:,.0f} customer-hours instead of {plan.whole_line.lv_customer_hours:,.0f} "
        "by the whole line"
    )


def _size(grid: Grid) -> str:
    return f"{len(grid.nodes.id):,} nodes, {len(grid.switches.branch):,} switches, {len(grid.loads.id):,} loads"
