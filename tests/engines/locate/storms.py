"""Storms over real networks: what fails, which devices open, who reports and what is told wrong.

Made so as not to mirror the engine: faults follow weather centers and rates with an error of their own, delays are
lognormal, customers of one load report alike by a lognormal factor, protection sometimes fails, links are wrong.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from shutil import unpack_archive
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.models import read_model
from denghuo.adapters.tables import read_network_folder
from denghuo.engines.grid import BranchKind, Grid, SwitchKind
from denghuo.engines.locate import Candidates, Evidence, build_evidence, compile_candidates
from denghuo.engines.topology import compile_topology, downstream_totals, upstream_switch

Ints = NDArray[Any]
Floats = NDArray[np.float64]

REPORTS_NEEDED = 3


def ieee9500() -> Grid:
    """The demo station: wires of the IEEE 9500-node feeder, a fuse before every transformer, 30,051 customers."""
    with tempfile.TemporaryDirectory() as folder, as_file(files("denghuo.main.demo") / "network.zip") as packed:
        unpack_archive(packed, folder)
        return read_network_folder(folder)


def psau13(reference_data: Path) -> Grid:
    """Real feeders with a load for each meter. The model does not say what its switches are: laid over by who is
    behind them. A transformer has its fuse anyway."""
    grid = read_model(reference_data / "networks" / "cemig_PSAU13_dss.tar.gz")
    topology = compile_topology(grid)
    behind = downstream_totals(topology).load_count
    kind = np.full(len(behind), SwitchKind.LOAD_BREAK_SWITCH, np.int8)
    kind[behind <= 300] = SwitchKind.FUSE
    kind[behind >= 1500] = SwitchKind.RECLOSER
    at_source = upstream_switch(topology)[topology.source_section]
    kind[(behind == behind.max()) | np.isin(np.arange(len(kind)), at_source)] = SwitchKind.BREAKER
    return replace(grid, switches=replace(grid.switches, kind=kind))


@dataclass(frozen=True, kw_only=True)
class Night:
    """What a storm is like. Shares of customers, minutes, numbers."""

    report_share: float = 0.3
    rate_spread: float = 0.3  # of outages about the share above, lognormal
    load_spread: float = 0.3  # of loads within an outage, lognormal
    area_spread: float = 0.0  # of forty areas of neighbors, lognormal
    most_faults: int = 8
    delay_median_min: float = 8.0
    delay_spread: float = 1.0
    within_min: float = 90.0  # outages begin within so long before the look
    no_phone_share: float = 0.0
    wrong_link_share: float = 0.0
    stray_share: float = 2e-4
    parts: float = 0.0  # faults of a part of one load, on average
    metered_share: float = 0.0
    failed_protection_share: float = 0.07


@dataclass(frozen=True, kw_only=True)
class Storm:
    """What was told, and the cuts that had opened: only those with supply up to them, with their reports."""

    evidence: Evidence
    cuts: Ints
    reports: Ints


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A network ready for storms."""

    name: str
    candidates: Candidates
    weight: Floats
    clearing: tuple[Ints, ...]
    customers: Ints

    @classmethod
    def of(cls, name: str, grid: Grid) -> Scene:
        candidates = compile_candidates(compile_topology(grid))
        evidence = build_evidence(grid)
        weight, chains = _what_fails(candidates)
        return cls(name=name, candidates=candidates, weight=weight, clearing=chains, customers=evidence.customers)


def _what_fails(candidates: Candidates) -> tuple[Floats, tuple[Ints, ...]]:
    """How often each branch fails, and for each the cuts of the protective devices above it, nearest first."""
    grid = candidates.topology.grid
    tree = candidates.topology.normal_tree
    section_of = candidates.topology.section_of_node[grid.branches.from_node]
    kind = grid.branches.kind
    overhead, buried = kind == BranchKind.LINE, kind == BranchKind.CABLE
    rate = 0.12 * overhead * np.nan_to_num(grid.branches.length_km) + 0.03 * buried * np.nan_to_num(
        grid.branches.length_km
    )
    rate[grid.nodes.base_kv[grid.branches.from_node] < 1.0] = 0.0
    rate[kind == BranchKind.TRANSFORMER] = 0.02
    clears = np.array([SwitchKind(code).breaks_fault for code in grid.switches.kind], np.bool_)
    chains = []
    for branch in range(len(kind)):
        chain: list[int] = []
        if rate[branch] > 0.0:
            if kind[branch] == BranchKind.TRANSFORMER and (own := candidates.cut_of_branch(branch)) >= 0:
                chain.append(own)
            section = section_of[branch]
            while section >= 0 and (switch := tree.parent_switch[section]) >= 0:
                cut = candidates.cut_of_branch(int(grid.switches.branch[switch]))
                if clears[switch] and cut >= 0 and cut not in chain:
                    chain.append(cut)
                section = tree.parent_section[section]
        if not chain:
            rate[branch] = 0.0
        chains.append(np.array(chain, np.int64))
    return rate, tuple(chains)


def strike(scene: Scene, night: Night, rng: np.random.Generator, faults: int | None = None) -> Storm:
    """One night: the same generator gives the same storm."""
    candidates = scene.candidates
    number = int(rng.integers(1, night.most_faults + 1)) if faults is None else faults
    opened = _opened(scene, night, rng, number)
    began = rng.uniform(5.0, night.within_min, len(opened))
    load_cut = candidates.cut_of_load
    out_since = np.full(len(load_cut), -1.0)
    cause = np.full(len(load_cut), -1)
    for cut, minutes in sorted(zip(opened, began, strict=True)):  # inner ones later: the topmost cause stays
        loads = candidates.loads_behind(cut)
        cause[loads] = np.where(cause[loads] >= 0, cause[loads], cut)
        out_since[loads] = np.maximum(out_since[loads], minutes)
    topmost = np.unique(cause[cause >= 0])
    share = {cut: night.report_share * np.exp(night.rate_spread * rng.standard_normal()) for cut in topmost.tolist()}
    area = np.arange(len(load_cut)) * 40 // len(load_cut)
    factor = np.exp(night.load_spread * rng.standard_normal(len(load_cut)))
    factor *= np.exp(night.area_spread * rng.standard_normal(40))[area]
    load, age, true_cause = _calls(scene, night, rng, (cause, out_since, share, factor))
    counts = np.array([(true_cause == cut).sum() for cut in topmost])
    load, age = _add_stray(scene, night, rng, load, age, cause)
    told = _links(night, rng, load, len(load_cut))
    meters, meters_off = _meters(scene, night, rng, cause)
    evidence = build_evidence(
        candidates.topology.grid, report_load=told, age_min=age, meters=meters, meters_off=meters_off
    )
    return Storm(evidence=evidence, cuts=topmost, reports=counts)


def _opened(scene: Scene, night: Night, rng: np.random.Generator, number: int) -> list[int]:
    grid = scene.candidates.topology.grid
    x, y = grid.nodes.x[grid.branches.from_node], grid.nodes.y[grid.branches.from_node]
    reach = np.nanstd(x) + np.nanstd(y)
    weather = np.ones(len(x))
    for _ in range(int(rng.integers(1, 4))):
        node = int(rng.integers(len(grid.nodes.id)))
        far = (x - grid.nodes.x[node]) ** 2 + (y - grid.nodes.y[node]) ** 2
        weather += np.nan_to_num(15.0 * np.exp(-far / (2.0 * (0.2 * reach) ** 2)))
    weight = scene.weight * weather * np.exp(0.7 * rng.standard_normal(len(x)))
    opened: set[int] = set()
    while len(opened) < number:
        if rng.random() < 0.05:
            opened.add(int(rng.integers(len(scene.candidates))))  # a device that opens without any fault
            continue
        chain = scene.clearing[int(rng.choice(len(weight), p=weight / weight.sum()))]
        step = 1 if rng.random() < night.failed_protection_share and len(chain) > 1 else 0
        opened.add(int(chain[step]))
    return list(opened)


def _calls(
    scene: Scene, night: Night, rng: np.random.Generator, state: tuple[Any, Any, dict[int, float], Floats]
) -> tuple[Ints, Floats, Ints]:
    """(load, minutes ago, cause) of every customer who has called by now and can be found by phone number."""
    cause, out_since, share, factor = state
    dark = np.flatnonzero(cause >= 0)
    chance = np.clip([share[int(cause[load])] * factor[load] for load in dark], 0.0, 0.95)
    wanted = rng.binomial(scene.customers[dark], chance * (1.0 - night.no_phone_share))
    load = np.repeat(dark, wanted)
    delay = night.delay_median_min * np.exp(night.delay_spread * rng.standard_normal(len(load)))
    age = out_since[load] - delay
    come = age > 0.0
    return load[come], age[come], cause[load[come]]


def _add_stray(
    scene: Scene, night: Night, rng: np.random.Generator, load: Ints, age: Floats, cause: Ints
) -> tuple[Ints, Floats]:
    lit = np.flatnonzero(cause < 0)
    number = rng.binomial(scene.customers[lit], night.stray_share)
    more = [np.repeat(lit, number)]
    for _ in range(rng.poisson(night.parts)):
        area = int(rng.choice(lit[scene.customers[lit] > 4])) if (scene.customers[lit] > 4).any() else -1
        if area >= 0:
            out = rng.uniform(0.1, 0.5)
            more.append(np.repeat(area, rng.binomial(scene.customers[area], out * night.report_share)))
    found = np.concatenate(more)
    return np.concatenate([load, found]), np.concatenate([age, rng.uniform(0.0, 180.0, len(found))])


def _links(night: Night, rng: np.random.Generator, load: Ints, size: int) -> Ints:
    """Half of the wrong links lead to a neighbor in the books, half anywhere."""
    wrong = rng.random(len(load)) < night.wrong_link_share
    near = np.clip(load + rng.integers(-5, 6, len(load)), 0, size - 1)
    anywhere = rng.integers(0, size, len(load))
    return np.where(wrong, np.where(rng.random(len(load)) < 0.5, near, anywhere), load)


def _meters(scene: Scene, night: Night, rng: np.random.Generator, cause: Ints) -> tuple[Ints, Ints]:
    """Some loads have meters that tell; in one of five outages' loads the concentrator is dead and all are silent."""
    metered = rng.random(len(cause)) < night.metered_share
    meters = np.where(metered, scene.customers, 0)
    alive = rng.random(len(cause)) < 0.8
    off = rng.binomial(meters, np.where(cause >= 0, 0.75 * alive, 5e-4))
    return meters, off
