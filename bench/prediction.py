"""Analytic prediction: a published system, a reference grid, a network the size of a county."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from bench.common import BenchRow, timed

import denghuo.main
from denghuo.adapters.tables import read_network_folder
from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid
from denghuo.engines.reliability import (
    EndDevice,
    RadialLines,
    RadialLoads,
    place_disconnects,
    predict_grid,
    predict_lines,
)
from denghuo.engines.topology import compile_topology

# Neither program is on the package index, so their figures are quoted: other machines, other systems of this kind.
QUOTED = "quoted, measured elsewhere: RELRAD 4.8 s; RELSAD (Monte Carlo) 40 s per simulated year"


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    county = _random_network(nodes=200_000, switches=10_000)
    feeder = _demo_station()
    return [
        _feeders(),
        _placement(),
        _network(feeder, "the IEEE 9500-node feeder", goal="< 1 s"),
        _network(county, "a county"),
    ]


def _feeders() -> BenchRow:
    lines, loads = _radial(feeders=4, mains=4)
    taken = timed(lambda: predict_lines(lines, loads), repeat=21)
    return BenchRow(
        work="prediction of a test system from its line table",
        size=f"{len(lines.id)} lines, {len(loads.node)} load points",
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers={},
        goal="< 10 ms",
        note=QUOTED,
    )


def _placement() -> BenchRow:
    lines, loads = _radial(feeders=4, mains=9)
    taken = timed(lambda: place_disconnects(lines, loads, budget=6))
    return BenchRow(
        work="best six disconnects, proven",
        size="4 feeders of 9 main sections, 68 candidate ends",
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers={},
        note="exact: full enumeration between fixed devices",
    )


def _network(grid: Grid, what: str, *, goal: str = "–") -> BenchRow:
    topology = compile_topology(grid)
    taken = timed(lambda: predict_grid(topology))
    return BenchRow(
        work=f"prediction of every load of {what}",
        size=f"{len(grid.nodes.id):,} nodes, {len(grid.switches.branch):,} switches, {len(grid.loads.id):,} loads",
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers={},
        goal=goal,
        note="compiled network in, expected interruptions and hours of every load out",
    )


def _demo_station() -> Grid:
    """The IEEE 9500-node feeder with failure data, as the package ships it."""
    packed = Path(denghuo.main.__file__).parent / "demo" / "network.zip"
    with tempfile.TemporaryDirectory() as folder:
        shutil.unpack_archive(packed, folder)
        return read_network_folder(folder)


def _radial(*, feeders: int, mains: int) -> tuple[RadialLines, RadialLoads]:
    """Feeders of ``mains`` sections with two laterals at the end of each, like RBTS Bus 2."""
    rows: list[tuple[str, str, str, bool, EndDevice, bool]] = []
    for feeder in range(feeders):
        before = "bus"
        for section in range(mains):
            here = f"F{feeder}N{section}"
            device = EndDevice.NONE if section else EndDevice.BREAKER
            rows.append((f"{here}main", before, here, True, device, section == mains - 1))
            rows.extend((f"{here}{s}", here, f"{here}{s}LP", False, EndDevice.FUSE, False) for s in "ab")
            before = here
    count = len(rows)
    main = np.array([row[3] for row in rows])
    first = np.array([row[4] is EndDevice.BREAKER for row in rows])
    unknown = np.full(count, np.nan)
    points = np.array([row[2] for row in rows if not row[3]])
    lines = RadialLines(
        id=np.array([row[0] for row in rows]),
        from_node=np.array([row[1] for row in rows]),
        to_node=np.array([row[2] for row in rows]),
        failure_rate_per_year=np.full(count, 0.05),
        repair_h=np.full(count, 5.0),
        switching_h=np.full(count, 1.0),
        main=main,
        device=np.array([row[4] for row in rows], dtype=np.int8),
        disconnect_from=main & ~first,
        disconnect_to=np.zeros(count, dtype=np.bool_),
        alternate=np.array([row[5] for row in rows]),
        alternate_kva=unknown,
        transformer=~main,
        transformer_failure_rate_per_year=unknown,
        transformer_repair_h=unknown,
    )
    size = len(points)
    return lines, RadialLoads(node=points, kw=np.linspace(300.0, 900.0, size), customers=np.full(size, 100))


def _random_network(nodes: int, switches: int) -> Grid:
    rng = np.random.default_rng(1)
    parent = np.maximum(np.arange(1, nodes) - rng.integers(1, 40, nodes - 1), 0)
    is_switch = np.zeros(nodes - 1, dtype=np.bool_)
    is_switch[rng.choice(nodes - 1, switches, replace=False)] = True
    ties = rng.choice(nodes, (switches // 20, 2))
    count = nodes - 1 + len(ties)
    open_from = nodes - 1
    branch = np.concatenate([np.flatnonzero(is_switch), np.arange(open_from, count)])
    kinds = np.array([SwitchKind.FUSE, SwitchKind.BREAKER, SwitchKind.DISCONNECTOR], dtype=np.int8)
    loads = np.arange(1, nodes, 4)
    return build_grid(
        nodes={"id": np.arange(nodes).astype(np.str_)},
        branches={
            "id": np.arange(count).astype(np.str_),
            "from_node": np.concatenate([parent, ties[:, 0]]),
            "to_node": np.concatenate([np.arange(1, nodes), ties[:, 1]]),
            "kind": np.concatenate([np.where(is_switch, BranchKind.SWITCH, BranchKind.LINE), np.full(len(ties), 3)]),
            "failure_rate_per_year": np.concatenate([np.where(is_switch, 0.0, 0.02), np.zeros(len(ties))]),
            "repair_h": np.full(count, 4.0),
        },
        switches={
            "branch": branch,
            "kind": np.concatenate([rng.choice(kinds, switches), np.full(len(ties), SwitchKind.LOAD_BREAK_SWITCH)]),
            "normally_closed": branch < open_from,
        },
        loads={
            "id": loads.astype(np.str_),
            "node": loads,
            "lv_customers": np.full(len(loads), 30),
            "kw": np.full(len(loads), 40.0),
        },
        sources={"id": ["S"], "node": [0]},
    )
