"""The network as a drawing: what never changes between two imports, and what the switches make of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.network.queries.supply import NetworkState, last_operation_id, state_if, supply_of
from denghuo.apps.network.snapshot import NetworkSnapshot, log_snapshot, network_snapshot, to_datetime64
from denghuo.engines.topology import draw, feeder_of_node, find_islands, find_loops, normal_state

_GRID = 100_000  # coordinates travel as whole numbers of this many steps across the drawing
_SCHEMATIC_SHAPE = 1.7  # a tree drawn without coordinates is so many times as wide as high, like a screen


def drawing(network_id: int) -> dict[str, Any]:
    """Columns of everything that is drawn, by position; coordinates in steps from the top left, y downward."""
    snapshot = network_snapshot(network_id)
    grid, topology = snapshot.grid, snapshot.topology
    x, y, schematic = _places(snapshot)
    return {
        "revision": snapshot.revision,
        "width": int(x.max(initial=0)),
        "height": int(y.max(initial=0)),
        "schematic": schematic,
        "spacing": _spacing(x[grid.loads.node], y[grid.loads.node]),
        "nodes": {"x": x.tolist(), "y": y.tolist(), "section": topology.section_of_node.tolist()},
        "branches": _branches(snapshot),
        "switches": {
            "branch": grid.switches.branch.tolist(),
            "kind": grid.switches.kind.tolist(),
            "remote": grid.switches.remote.astype(int).tolist(),
            "closed": grid.switches.normally_closed.astype(int).tolist(),
        },
        "loads": {
            "code": grid.loads.id.tolist(),
            "name": grid.loads.name.tolist(),
            "node": grid.loads.node.tolist(),
            "mv_users": grid.loads.mv_users.tolist(),
            "lv_customers": grid.loads.lv_customers.tolist(),
            "kva": [None if np.isnan(kva) else kva for kva in grid.loads.kva.tolist()],
            "area": grid.loads.area.tolist(),
        },
        "sources": {"name": grid.sources.name.tolist(), "node": grid.sources.node.tolist()},
        "feeders": {"name": grid.feeders.name.tolist(), "branch": grid.feeders.head_branch.tolist()},
    }


def _branches(snapshot: NetworkSnapshot) -> dict[str, Any]:
    """Branches by position; ``level`` 0 low voltage, 1 medium, 2 above."""
    grid, topology = snapshot.grid, snapshot.topology
    kv = np.nan_to_num(
        np.minimum(grid.nodes.base_kv[grid.branches.from_node], grid.nodes.base_kv[grid.branches.to_node]), nan=10.0
    )
    feeder = feeder_of_node(topology, closed=normal_state(topology))[grid.branches.to_node]
    feeder[grid.feeders.head_branch] = np.arange(len(grid.feeders.head_branch))
    return {
        "code": grid.branches.id.tolist(),
        "name": grid.branches.name.tolist(),
        "from": grid.branches.from_node.tolist(),
        "to": grid.branches.to_node.tolist(),
        "kind": grid.branches.kind.tolist(),
        "feeder": feeder.tolist(),
        "switch": grid.switch_of_branch.tolist(),
        "level": np.digitize(kv, [1.0, 30.0]).tolist(),
    }


def _places(snapshot: NetworkSnapshot) -> tuple[NDArray[np.int64], NDArray[np.int64], bool]:
    """Where each node is drawn: where it lies, or, for a model without coordinates, where a tidy tree has it (True)."""
    nodes = snapshot.grid.nodes
    x, y = nodes.x, nodes.y
    schematic = bool(np.isnan(x).any() or np.isnan(y).any())
    if not len(x):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), schematic
    if schematic:
        x, y = draw(snapshot.topology)
        x = x / max(np.ptp(x), 1) * max(np.ptp(y), 1) * _SCHEMATIC_SHAPE
    span = max(np.ptp(x), np.ptp(y), 1e-9)
    across = (x - x.min()) / span * _GRID
    down = (y.max() - y) / span * _GRID
    return np.rint(across).astype(np.int64), np.rint(down).astype(np.int64), schematic


def _spacing(x: NDArray[np.int64], y: NDArray[np.int64]) -> float:
    """How far apart neighboring loads usually lie: tells how close one must look to tell things apart."""
    from scipy.spatial import cKDTree  # takes half a second, which no other page has to wait for

    places = np.unique(np.column_stack([x, y]), axis=0)
    if len(places) < 2:
        return float(_GRID / 20)
    distance, _ = cKDTree(places).query(places, k=2)
    return float(np.median(distance[:, 1]))


def drawing_state(network_id: int, *, at: datetime, toggled: Iterable[str] = ()) -> dict[str, Any]:
    """How the switches stand and what that leaves dark; with ``toggled`` devices moved, as if, and nothing is touched.

    ``islands`` says for each dead section which dead part it belongs to. With ``toggled``, ``lost`` and ``restored``
    compare with the present state, and ``loops`` names what these devices would close.

    Raises:
        KeyError: a device that the network does not have.
    """
    snapshot = network_snapshot(network_id)
    now = log_snapshot(network_id).replayed.closed
    closed = now.copy()
    for code in toggled:
        closed[snapshot.grid.switch_position[code]] ^= True
    state = state_if(network_id, closed=closed)
    dead = np.flatnonzero(~state.section_energized)
    return {
        "revision": snapshot.revision,
        "last_operation_id": last_operation_id(network_id),
        "open_switches": np.flatnonzero(~closed).tolist(),
        "dead_sections": dead.tolist(),
        "islands": find_islands(snapshot.topology, closed=closed)[dead].tolist(),
        "dead": vars(state.dead),
        "served": vars(state.served),
        "by_feeder": _by_feeder(snapshot, state),
        "lasting": _lasting(network_id, at),
        **_difference(snapshot, now, state),
    }


def _difference(snapshot: NetworkSnapshot, now: NDArray[np.bool_], state: NetworkState) -> dict[str, Any]:
    """What a state in thought takes away, gives back and loops, compared with the present one."""
    if np.array_equal(now, state.closed):
        return {"lost": None, "restored": None, "loops": []}
    before = state_if(snapshot.network_id, closed=now).section_energized[snapshot.topology.load_section]
    after = state.section_energized[snapshot.topology.load_section]
    moved = set(np.flatnonzero(state.closed & ~now).tolist())
    code, name = snapshot.grid.switch_id, snapshot.grid.branches.name[snapshot.grid.switches.branch]
    loops = [loop for loop in find_loops(snapshot.topology, closed=state.closed) if moved & set(loop.switches)]
    return {
        "lost": vars(supply_of(snapshot, before & ~after)),
        "restored": vars(supply_of(snapshot, after & ~before)),
        "loops": [
            {
                "joins_sources": loop.joins_sources,
                "switches": [{"code": str(code[one]), "name": str(name[one])} for one in loop.switches],
            }
            for loop in loops
        ],
    }


def _lasting(network_id: int, at: datetime) -> dict[str, Any]:
    """Customer-hours so far of the outages that last, what is restored included, and how many they keep out."""
    snapshot, out = network_snapshot(network_id), log_snapshot(network_id).replayed.interruptions
    last, begun = np.isnat(out.end), ~np.isnat(out.start)
    rows = np.flatnonzero(np.isin(out.event, out.event[last & begun]) & begun)
    customers = snapshot.grid.loads.lv_customers[out.load[rows]]
    now = to_datetime64([at])[0]
    hours = (np.where(last[rows], now, out.end[rows]) - out.start[rows]) / np.timedelta64(1, "h")
    return {
        "at": at.isoformat(),
        "lv_customers": int(customers[last[rows]].sum()),
        "lv_customer_hours": float((customers * hours).sum()),
    }


def _by_feeder(snapshot: NetworkSnapshot, state: NetworkState) -> list[dict[str, Any]]:
    dead = ~state.section_energized[snapshot.topology.load_section]
    found = []
    for feeder in np.unique(snapshot.feeder_of_load[dead]).tolist():
        name = str(snapshot.grid.feeders.name[feeder]) if feeder >= 0 else ""
        supply = supply_of(snapshot, dead & (snapshot.feeder_of_load == feeder))
        first = np.flatnonzero(dead & (snapshot.feeder_of_load == feeder))[0]
        found.append({"feeder": name, "first_load": str(snapshot.grid.loads.id[first]), **vars(supply)})
    return sorted(found, key=lambda row: -row["lv_customers"])
