"""Who hangs behind every switch, what is dead after opening some, and the replay of a switching log."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from bench.common import BenchRow, timed

from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid
from denghuo.engines.topology import (
    SwitchingLog,
    Topology,
    compile_topology,
    dead_after_opening,
    downstream_totals,
    normal_state,
    replay,
)

FEEDER_NODES = 1000


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    large = network(nodes=1_000_000, switches=50_000)
    return [_behind_every_switch(large), _dead_after_opening(), _replay(large)]


def network(*, nodes: int, switches: int) -> Grid:
    """Radial feeders of a thousand nodes on one busbar, switches spread at random, one closed breaker at each head."""
    rng = np.random.default_rng(1)
    node = np.arange(1, nodes)
    first = (node - 1) // FEEDER_NODES * FEEDER_NODES + 1
    parent = np.where(node == first, 0, np.maximum(node - rng.integers(1, 20, nodes - 1), first))
    is_switch = node == first
    inner = np.flatnonzero(~is_switch)
    is_switch[rng.choice(inner, switches - int(is_switch.sum()), replace=False)] = True
    branch = np.flatnonzero(is_switch)
    return build_grid(
        nodes={"id": np.arange(nodes).astype(np.str_)},
        branches={
            "id": node.astype(np.str_),
            "from_node": parent,
            "to_node": node,
            "kind": np.where(is_switch, BranchKind.SWITCH, BranchKind.LINE),
        },
        switches={"branch": branch, "kind": np.full(len(branch), SwitchKind.LOAD_BREAK_SWITCH)},
        loads={
            "id": node[::5].astype(np.str_),
            "node": node[::5],
            "mv_users": np.ones(len(node[::5]), dtype=np.int64),
            "lv_customers": rng.integers(0, 120, len(node[::5])),
        },
        sources={"id": ["S"], "node": [0]},
    )


def _size(grid: Grid) -> str:
    return f"{len(grid.nodes.id):,} nodes, {len(grid.switches.branch):,} switches, {len(grid.loads.id):,} loads"


def _peers(candidates: dict[str, Callable[[], Any]], *, check: Callable[[Any], bool], repeat: int) -> dict[str, float]:
    """Time the peers that are installed, warm like ours; each must give our answer."""
    found = {}
    for name, work in candidates.items():
        if find_spec(name.split()[0].replace("python-", "")) is not None:
            taken = timed(work, repeat=repeat, memory=False)
            assert check(taken.result), f"{name} disagrees"
            found[name] = taken.seconds
    return found


def _behind_every_switch(grid: Grid) -> BenchRow:
    taken = timed(lambda: downstream_totals(compile_topology(grid)), repeat=9)
    ours = taken.result.lv_customers
    customers = np.zeros(len(grid.nodes.id), dtype=np.int64)
    np.add.at(customers, grid.loads.node, grid.loads.lv_customers)
    peers = _peers(
        {
            "networkx": lambda: _networkx_totals(grid, customers),
            "rustworkx": lambda: _rustworkx_totals(grid, customers),
            "scipy": lambda: _scipy_totals(grid, customers),
            "igraph": lambda: _igraph_totals(grid, customers),
        },
        check=lambda theirs: bool((theirs == ours).all()),
        repeat=3,
    )
    return BenchRow(
        work="customers behind every switch",
        size=_size(grid),
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers=peers,
        goal="< 0.10 s",
        note="from bare columns, index build included; MV users, LV customers, kVA, kW and loads (peers: LV customers)",
    )


def _rolled_up(order: Any, parent: Any, values: Any) -> list[int]:
    """Sums over subtrees, children before parents."""
    total = list(values)
    for v in reversed(order):
        p = parent[v]
        if p >= 0:
            total[p] += total[v]
    return total


def _networkx_totals(grid: Grid, customers: Any) -> Any:
    import networkx as nx

    graph = nx.Graph()
    graph.add_edges_from(zip(grid.branches.from_node.tolist(), grid.branches.to_node.tolist(), strict=True))
    total = customers.tolist()
    for parent, child in reversed(list(nx.bfs_edges(graph, int(grid.sources.node[0])))):
        total[parent] += total[child]
    return np.array(total)[grid.branches.to_node[grid.switches.branch]]


def _rustworkx_totals(grid: Grid, customers: Any) -> Any:
    import rustworkx as rx

    # Directed: its undirected graphs have no breadth-first order, and our lines happen to point away from the source.
    graph = rx.PyDiGraph(multigraph=False)
    graph.add_nodes_from(range(len(customers)))
    ends = zip(grid.branches.from_node.tolist(), grid.branches.to_node.tolist(), strict=True)
    graph.add_edges_from_no_data(list(ends))
    total = customers.tolist()
    for parent, children in reversed(rx.bfs_successors(graph, int(grid.sources.node[0]))):
        total[parent] += sum(total[child] for child in children)
    return np.array(total)[grid.branches.to_node[grid.switches.branch]]


def _scipy_totals(grid: Grid, customers: Any) -> Any:
    """Sections as components without switches, then the tree of sections."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    fixed = np.ones(len(grid.branches.id), dtype=np.bool_)
    fixed[grid.switches.branch] = False
    a, b = grid.branches.from_node[fixed], grid.branches.to_node[fixed]
    size = len(customers)
    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size))
    count, section = connected_components(links, directed=False)
    values = np.bincount(section, weights=customers, minlength=count).astype(np.int64)
    u = section[grid.branches.from_node[grid.switches.branch]]
    v = section[grid.branches.to_node[grid.switches.branch]]
    tree = coo_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(count, count)).tocsr()
    order, parent = breadth_first_order(tree, section[grid.sources.node[0]], directed=False)
    total = np.array(_rolled_up(order.tolist(), parent.tolist(), values.tolist()))
    return total[v]


def _igraph_totals(grid: Grid, customers: Any) -> Any:
    import igraph

    ends = np.stack([grid.branches.from_node, grid.branches.to_node], axis=1)
    fixed = np.ones(len(ends), dtype=np.bool_)
    fixed[grid.switches.branch] = False
    links = igraph.Graph(n=len(customers), edges=ends[fixed])
    section = np.array(links.connected_components().membership)
    values = np.bincount(section, weights=customers).astype(np.int64)
    between = section[ends[grid.switches.branch]]
    tree = igraph.Graph(n=len(values), edges=between)
    order, _, parent = tree.bfs(int(section[grid.sources.node[0]]))
    parent[order[0]] = -1
    return np.array(_rolled_up(order, parent, values.tolist()))[between[:, 1]]


def _dead_after_opening() -> BenchRow:
    grid = network(nodes=100_000, switches=5_000)
    topology = compile_topology(grid)
    opened = np.flatnonzero(grid.branches.from_node[grid.switches.branch] == 0)[[9, 49, 89]].tolist()
    taken = timed(lambda: dead_after_opening(topology, opened=opened), repeat=201)
    dead = np.isin(topology.section_of_node, taken.result.sections)
    peers = _peers(
        {
            "networkx": _networkx_dead(grid, opened),
            "scipy": lambda: _scipy_dead(grid, opened),
            "pandapower": _pandapower_dead(grid, opened),
        },
        check=lambda theirs: bool((theirs == dead).all()),
        repeat=3,
    )
    return BenchRow(
        work="what is dead after opening three switches",
        size=f"{_size(grid)}; {int(dead.sum()):,} nodes die",
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers=peers,
        goal="< 1 ms",
        note="network compiled before, on both sides; ours also lists the loads and sums the customers",
    )


def _networkx_dead(grid: Grid, opened: list[int]) -> Callable[[], Any]:
    graph: Any = None

    def work() -> Any:
        import networkx as nx

        nonlocal graph
        ends = list(zip(grid.branches.from_node.tolist(), grid.branches.to_node.tolist(), strict=True))
        if graph is None:
            graph = nx.Graph(ends)
        cut = [ends[branch] for branch in grid.switches.branch[opened].tolist()]
        graph.remove_edges_from(cut)
        alive = nx.node_connected_component(graph, int(grid.sources.node[0]))
        graph.add_edges_from(cut)
        dead = np.ones(len(grid.nodes.id), dtype=np.bool_)
        dead[list(alive)] = False
        return dead

    return work


def _scipy_dead(grid: Grid, opened: list[int]) -> Any:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    conducts = np.ones(len(grid.branches.id), dtype=np.int8)
    conducts[grid.switches.branch[opened]] = 0
    size = len(grid.nodes.id)
    kept = conducts > 0
    ends = grid.branches.from_node[kept], grid.branches.to_node[kept]
    links = coo_array((conducts[kept], ends), shape=(size, size))
    _, part = connected_components(links, directed=False)
    return part != part[grid.sources.node[0]]


def _pandapower_dead(grid: Grid, opened: list[int]) -> Callable[[], Any]:
    net: Any = None

    def work() -> Any:
        import pandapower as pp
        import pandapower.topology as topology

        nonlocal net
        if net is None:
            net = _pandapower_net(pp, grid)
            net.switch.loc[opened, "closed"] = False
        dead = np.zeros(len(grid.nodes.id), dtype=np.bool_)
        dead[list(topology.unsupplied_buses(net))] = True
        return dead

    return work


def _pandapower_net(pp: Any, grid: Grid) -> Any:
    net = pp.create_empty_network()
    pp.create_buses(net, len(grid.nodes.id), vn_kv=10.0)
    pp.create_ext_grid(net, int(grid.sources.node[0]))
    fixed = np.ones(len(grid.branches.id), dtype=np.bool_)
    fixed[grid.switches.branch] = False
    pp.create_lines_from_parameters(
        net,
        grid.branches.from_node[fixed],
        grid.branches.to_node[fixed],
        length_km=0.1,
        r_ohm_per_km=0.3,
        x_ohm_per_km=0.3,
        c_nf_per_km=0.0,
        max_i_ka=0.3,
    )
    ends = grid.branches.from_node[grid.switches.branch], grid.branches.to_node[grid.switches.branch]
    pp.create_switches(net, *ends, et="b", closed=True)
    return net


def _replay(grid: Grid) -> BenchRow:
    topology = compile_topology(grid)
    log = _log(topology, operations=100_000)
    taken = timed(lambda: replay(topology, log), repeat=3)
    found = taken.result.interruptions
    peers = {}
    if find_spec("scipy") is not None:
        once_s = _retrace_s(topology, log)
        peers["scipy, traced anew after each operation (from a sample of 10)"] = once_s * len(log.id)
    return BenchRow(
        work="replay of a switching log",
        size=f"{len(log.id):,} operations, {_size(grid)}; {len(found.load):,} interruptions found",
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers=peers,
        goal="< 5 s, < 1 GB",
        note="network compiled before; every interruption of every load with its event",
    )


def _log(topology: Topology, *, operations: int) -> SwitchingLog:
    """Outages of up to four hours, one begun every minute: a switch opens and closes again."""
    rng = np.random.default_rng(2)
    outages = operations // 2
    opened = np.arange(outages, dtype=np.int64) * 60_000_000
    closed = opened + rng.integers(60_000_000, 4 * 3600_000_000, outages)
    switch = rng.integers(0, len(topology.switch_from_section), outages)
    return SwitchingLog(
        switch=np.concatenate([switch, switch]),
        closes=np.repeat([False, True], outages),
        at=np.concatenate([opened, closed]).astype("M8[us]"),
        event=np.tile(np.arange(outages), 2),
        id=np.arange(2 * outages),
    )


def _retrace_s(topology: Topology, log: SwitchingLog) -> float:
    """Seconds to find what is supplied after one operation, by components of the network of sections.

    The peer is given our sections; on the bare network it would be twenty times slower.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    closed = normal_state(topology)
    a, b, size = topology.switch_from_section, topology.switch_to_section, topology.section_count
    started = time.perf_counter()
    for row in np.argsort(log.at, kind="stable")[:10].tolist():
        closed[log.switch[row]] = log.closes[row]
        ends = a[closed], b[closed]
        links = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(size, size))
        _, part = connected_components(links, directed=False)
        np.flatnonzero(part != part[topology.source_section[0]])
    return (time.perf_counter() - started) / 10
