"""Which device opened, anew after each report: five faults on the IEEE 9500-node feeder, 500 reports one by one.

The demo station stands on this feeder: 30,051 customers at 1,275 transformers, each behind its fuse. The peers are the
lowest common ancestor of the reports of a line, and the roll-up by thresholds of commercial systems (two calls, two
devices and a fifth of those behind), both written in plain Python and not for speed; the shares behind the names are
of the outages with three or more reports found first, over forty storms of five faults. Times of this row are those of
the processor, on one thread.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from bench.common import BenchRow, timed
from bench.topology import network
from numpy.typing import NDArray

from denghuo.engines.grid import Grid, SwitchKind
from denghuo.engines.locate import Candidates, Evidence, build_evidence, compile_candidates, locate
from denghuo.engines.topology import compile_topology
from tests.engines.locate.judging import Method, by_common_ancestor, by_engine, by_roll_up, judge
from tests.engines.locate.storms import Night, Scene, ieee9500, strike

FAULTS, REPORTS = 5, 500
NIGHT = Night(report_share=0.1)
SHARE_STORMS, SEED = 40, 9500
PEERS = {"common ancestor": by_common_ancestor, "threshold roll-up": by_roll_up(calls=2, share=0.2)}


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    scene = Scene.of("IEEE 9500", ieee9500())
    return [_report_by_report(scene), _compiled(scene), _large()]


def _report_by_report(scene: Scene) -> BenchRow:
    candidates = scene.candidates
    load, at_min = _reports(scene)
    size = len(candidates.cut_of_load)
    ours = _each(lambda evidence: locate(candidates, evidence), candidates, load, at_min)
    right = {name: _first(scene, method) for name, method in {"Denghuo": by_engine(), **PEERS}.items()}
    peers = {
        f"{name} ({right[name]:.0%} right)": float(
            np.median(_each(lambda evidence, method=method: method(candidates, evidence), candidates, load, at_min))
        )
        for name, method in PEERS.items()
    }
    last = _until(candidates, load, at_min, len(load) - 1)
    return BenchRow(
        work="which devices opened, after each report",
        size=f"{len(candidates):,} sets of loads, {size:,} loads, {FAULTS} faults, {len(load)} reports",
        ours_s=float(np.median(ours)),
        peak_mb=timed(lambda: locate(candidates, last), repeat=1).peak_mb,
        peers=peers,
        goal="< 50 ms",
        note=f"median; 99 of 100 within {np.percentile(ours, 99) * 1e3:.0f} ms; {right['Denghuo']:.0%} right",
    )


def _reports(scene: Scene) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Loads and minutes of as many reports, in order, of a storm that has more."""
    for seed in range(1000):
        evidence = strike(scene, NIGHT, np.random.default_rng([SEED, seed]), FAULTS).evidence
        if len(evidence.report_load) >= REPORTS:
            order = np.argsort(-evidence.age_min)[:REPORTS]
            return evidence.report_load[order], evidence.age_min.max() - evidence.age_min[order]
    raise AssertionError("no storm has so many reports")


def _until(candidates: Candidates, load: NDArray[np.int64], at_min: NDArray[np.float64], last: int) -> Evidence:
    told = slice(0, last + 1)
    return build_evidence(candidates.topology.grid, report_load=load[told], age_min=at_min[last] - at_min[told])


def _each(
    work: Callable[[Evidence], Any], candidates: Candidates, load: NDArray[np.int64], at_min: NDArray[np.float64]
) -> list[float]:
    """Processor seconds after each report, what is known then put together included: one thread does it all, and what
    else the machine does is left out."""
    work(_until(candidates, load, at_min, len(load) - 1))
    seconds = []
    for last in range(len(load)):
        started = time.process_time()
        work(_until(candidates, load, at_min, last))
        seconds.append(time.process_time() - started)
    return seconds


def _first(scene: Scene, method: Method) -> float:
    return judge(scene, NIGHT, method, storms=SHARE_STORMS, seed=SEED, faults=FAULTS).first


def _compiled(scene: Scene) -> BenchRow:
    topology = scene.candidates.topology
    taken = timed(lambda: compile_candidates(topology), repeat=21)
    return BenchRow(
        work="candidates of a switching state",
        size=_size(topology.grid),
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers={},
        note="once after each switching operation",
    )


def _large() -> BenchRow:
    grid = network(nodes=200_000, switches=10_000)
    kind = np.full(len(grid.switches.branch), SwitchKind.FUSE)
    candidates = compile_candidates(compile_topology(replace(grid, switches=replace(grid.switches, kind=kind))))
    size = candidates.load_start[candidates.end] - candidates.load_start[:-1]
    load = np.repeat(candidates.loads_behind(int(np.argmin(abs(size - 50)))), 10)
    rng = np.random.default_rng(1)
    evidence = build_evidence(grid, report_load=load, age_min=rng.uniform(0.0, 60.0, len(load)))
    taken = timed(lambda: locate(candidates, evidence), repeat=5)
    return BenchRow(
        work="which devices opened, once, a city",
        size=f"{_size(grid)}, {len(load)} reports",
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers={},
        note="every line looked at, those without a report included",
    )


def _size(grid: Grid) -> str:
    return f"{len(grid.nodes.id):,} nodes, {len(grid.switches.branch):,} switches, {len(grid.loads.id):,} loads"
