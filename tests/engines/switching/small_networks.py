"""Small random networks, and the plainest possible account of what a switching state does in one.

Nothing here uses the engine: nodes, dictionaries and sets only.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid

LOAD_BREAKING = [SwitchKind.BREAKER, SwitchKind.RECLOSER, SwitchKind.LOAD_BREAK_SWITCH]


class Flow(NamedTuple):
    """What a switching state does: nodes with supply, whether it is radial, kVA over branches and from sources."""

    live: frozenset[int]
    radial: bool
    branch_kva: dict[int, float]
    source_kva: dict[int, float]


def flow_of(grid: Grid, closed: tuple[bool, ...]) -> Flow:
    """Walk from each source; every branch met twice or node reached twice breaks radiality."""
    open_branches = {int(b) for b, is_closed in zip(grid.switches.branch, closed, strict=True) if not is_closed}
    ways: dict[int, list[tuple[int, int]]] = {node: [] for node in range(len(grid.nodes.id))}
    ends = list(zip(grid.branches.from_node.tolist(), grid.branches.to_node.tolist(), strict=True))
    for branch, (a, b) in enumerate(ends):
        if branch not in open_branches:
            ways[a].append((branch, b))
            ways[b].append((branch, a))
    demand = dict.fromkeys(ways, 0.0)
    for node, kw in zip(grid.loads.node.tolist(), grid.loads.kw.tolist(), strict=True):
        demand[node] += kw
    fed_by: dict[int, tuple[int, int]] = {}
    order = []
    radial = True
    for source in grid.sources.node.tolist():
        radial &= source not in fed_by
        fed_by.setdefault(source, (-1, -1))
        queue = [source]
        for node in queue:
            order.append(node)
            for branch, beyond in ways[node]:
                if beyond in fed_by:
                    radial &= branch in (fed_by[node][0], fed_by[beyond][0])
                else:
                    fed_by[beyond] = (branch, node)
                    queue.append(beyond)
    through = dict(demand)
    branch_kva = {}
    source_kva = {}
    for node in reversed(order):
        branch, parent = fed_by[node]
        if branch >= 0:
            through[parent] += through[node]
            branch_kva[branch] = through[node]
        else:
            source_kva[node] = through[node]
    return Flow(frozenset(fed_by), radial, branch_kva, source_kva)


def within_limits(grid: Grid, flow: Flow, present: Flow) -> bool:
    """Whether ratings and capacities hold; what the present state already passes may stay as it is."""
    for branch, kva in flow.branch_kva.items():
        limit = grid.branches.rating_kva[branch]
        if not np.isnan(limit) and kva > max(limit, present.branch_kva.get(branch, 0.0)) + 1e-6:
            return False
    for node, capacity in zip(grid.sources.node.tolist(), grid.sources.capacity_kva.tolist(), strict=True):
        if not np.isnan(capacity) and flow.source_kva[node] > max(capacity, present.source_kva[node]) + 1e-6:
            return False
    return True


def customers_out(grid: Grid, live: frozenset[int]) -> int:
    """LV customers at nodes without supply."""
    pairs = zip(grid.loads.node.tolist(), grid.loads.lv_customers.tolist(), strict=True)
    return sum(customers for node, customers in pairs if node not in live)


def nodes_behind(grid: Grid, closed: tuple[bool, ...], switch: int) -> list[int]:
    """Nodes of the loads that would go out if this closed switch opened."""
    opened = tuple(is_closed and k != switch for k, is_closed in enumerate(closed))
    lost = flow_of(grid, closed).live - flow_of(grid, opened).live
    return [node for node in grid.loads.node.tolist() if node in lost]


def carries_load(grid: Grid, closed: tuple[bool, ...], switch: int) -> bool:
    """Whether somebody would go out if this closed switch opened: it carries current."""
    return bool(nodes_behind(grid, closed, switch))


def users_behind(grid: Grid, closed: tuple[bool, ...], switch: int) -> int:
    """MV users who would go out if this closed switch opened."""
    lost = nodes_behind(grid, closed, switch)
    pairs = zip(grid.loads.node.tolist(), grid.loads.mv_users.tolist(), strict=True)
    return sum(users for node, users in pairs if node in lost)


def opens_dead(grid: Grid, closed: tuple[bool, ...], switch: int) -> bool:
    """Whether a closed disconnector or fuse may be opened: nobody is behind it; or it is a fuse and one MV user is, who
    is switched off at the low-voltage side."""
    is_fuse = grid.switches.kind[switch] == SwitchKind.FUSE
    return not carries_load(grid, closed, switch) or (is_fuse and users_behind(grid, closed, switch) <= 1)


def isolating_states(grid: Grid, target: set[int]) -> Iterator[tuple[tuple[bool, ...], Flow]]:
    """Every radial switching state within limits in which no node of the target has supply."""
    present = flow_of(grid, tuple(grid.switches.normally_closed.tolist()))
    for closed in product([False, True], repeat=len(grid.switches.branch)):
        flow = flow_of(grid, closed)
        if flow.radial and not flow.live & target and within_limits(grid, flow, present):
            yield closed, flow


@st.composite
def networks(
    draw: st.DrawFn, *, max_switches: int = 8, kinds: list[SwitchKind] | None = None, limits: bool = True
) -> Grid:
    """A connected network of lines and switches, radial in its normal state, everybody supplied."""
    nodes = draw(st.integers(3, 10))
    sources = draw(st.integers(1, min(3, nodes - 1)))
    tree = [(draw(st.integers(0, node - 1)), node) for node in range(1, nodes)]
    extra = draw(st.lists(st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)), max_size=4))
    edges = tree + [(a, b) for a, b in extra if a != b]
    group = list(range(nodes))
    grounded = [node < sources for node in range(nodes)]
    branches: list[tuple[int, int, BranchKind]] = []
    switches: list[tuple[int, bool]] = []
    for number, (a, b) in enumerate(edges):
        joins = group[a] != group[b] and not (grounded[group[a]] and grounded[group[b]])
        wants_switch = not joins or draw(st.booleans())
        if wants_switch and len(switches) == max_switches:
            if not joins and number >= len(tree):
                continue
            wants_switch = not joins  # a tree edge between two supplies has to be a switch
        branches.append((a, b, BranchKind.SWITCH if wants_switch else BranchKind.LINE))
        if wants_switch:
            switches.append((len(branches) - 1, joins))
        if joins:
            keep, gone = group[a], group[b]
            grounded[keep] |= grounded[gone]
            group = [keep if of == gone else of for of in group]
    numbers = st.sampled_from([np.nan, np.nan, 20.0, 40.0, 60.0, 80.0]) if limits else st.just(np.nan)
    counts = [draw(st.integers(0, 9)) for _ in range(nodes)]
    return build_grid(
        nodes={"id": [f"n{k}" for k in range(nodes)]},
        branches={
            "id": [f"b{k}" for k in range(len(branches))],
            "from_node": [a for a, _, _ in branches],
            "to_node": [b for _, b, _ in branches],
            "kind": [kind for _, _, kind in branches],
            "rating_kva": [draw(numbers) for _ in branches],
        },
        switches={
            "branch": [branch for branch, _ in switches],
            "normally_closed": [joins for _, joins in switches],
            "kind": [draw(st.sampled_from(kinds or list(SwitchKind))) for _ in switches],
            "remote": [draw(st.booleans()) for _ in switches],
        },
        loads={
            "id": [f"l{k}" for k in range(nodes)],
            "node": list(range(nodes)),
            "lv_customers": counts,
            "mv_users": [min(1, count) for count in counts],
            "kw": [draw(st.sampled_from([0.0, 10.0, 20.0, 30.0])) for _ in range(nodes)],
        },
        sources={
            "id": [f"s{k}" for k in range(sources)],
            "node": list(range(sources)),
            "capacity_kva": [draw(numbers) for _ in range(sources)],
        },
    )
