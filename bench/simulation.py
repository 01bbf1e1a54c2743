"""Simulated calls of a call center: thirty agents and callers who hang up, then a hotline with everything.

Times are seconds per million calls on one thread. Peers simulate fewer, as many as they can in some seconds, and their
time is taken times what is missing; Ciw and SimPy are general simulators in Python, the loop is a heap of thirty agents
written by hand, its random numbers drawn by numpy in one go.
"""

import heapq
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from bench.common import BenchRow, timed

from denghuo.engines.queueing.simulation import answer_rate, simulate
from denghuo.engines.queueing.simulation_model import (
    AgentGroup,
    Announcement,
    CallCenter,
    CallType,
    Redial,
    Redials,
    exponential,
    lognormal,
)
from denghuo.engines.queueing.simulation_results import SimulationResult, Tally

MILLION = 1_000_000
CALLS_PER_H, AGENTS, SERVICE_S, PATIENCE_S = 500.0, 30, 180.0, 120.0


def rows() -> list[BenchRow]:
    """Every measurement of the simulation."""
    return [_thirty_agents(), _hotline(), _roster()]


def _thirty_agents() -> BenchRow:
    ours = timed(lambda: _calls(_plain(), MILLION))
    share = float(ours.result.abandoned_share().mean)
    peers = {}
    for name, (peer, calls) in _PEERS.items():
        if name == "loop by hand" or importlib.util.find_spec(name):
            theirs = timed(lambda peer=peer, calls=calls: peer(calls), repeat=1, memory=False)
            assert abs(theirs.result - share) < 0.012, (name, theirs.result, share)
            peers[name] = theirs.seconds * MILLION / calls
    return BenchRow(
        work="thirty agents, impatient callers, per million calls",
        size="500 calls per hour, exponential in everything",
        ours_s=ours.seconds,
        peak_mb=ours.peak_mb,
        peers=peers,
        goal="< 0.1 s",
        note="same share of abandoned calls from all, checked",
    )


def _hotline() -> BenchRow:
    ours = timed(lambda: _calls(_everything(), MILLION))
    return BenchRow(
        work="hotline with skills, redials and an announcement, per million calls",
        size="3 types, 3 groups of 2 skills, lognormal conversations",
        ours_s=ours.seconds * MILLION / float(ours.result.of(Tally.OFFERED).sum()),
        peak_mb=ours.peak_mb,
        peers={},
        goal="< 0.33 s",
        note="calls offered, redials among them",
    )


def _roster() -> BenchRow:
    center = CallCenter(
        edges_s=np.arange(49) * 1800.0,
        types=(
            CallType(
                arrivals_per_h=60 + 50 * np.sin(np.arange(48) / 48 * 2 * np.pi),
                service=lognormal(SERVICE_S, cv=1.0),
                patience=exponential(PATIENCE_S),
            ),
        ),
        groups=(AgentGroup(heads=9),),
    )
    ours = timed(lambda: answer_rate(center, rng=np.random.default_rng(1), half_width_share=0.01))
    return BenchRow(
        work="answer rate of a day's roster, each half hour to 1 % at 95 %",
        size=f"48 half hours, 1,440 calls a day, {ours.result.replications} days",
        ours_s=ours.seconds,
        peak_mb=ours.peak_mb,
        peers={},
        note="days are added until every half hour is sure",
    )


def _plain(hours: float = 2_000.0) -> CallCenter:
    call_type = CallType(arrivals_per_h=CALLS_PER_H, service=exponential(SERVICE_S), patience=exponential(PATIENCE_S))
    return CallCenter(edges_s=[0.0, hours * 3600], types=(call_type,), groups=(AgentGroup(heads=AGENTS),))


def _everything() -> CallCenter:
    redials = Redials(after_abandoned=Redial(share=0.5, delay=exponential(600.0)))
    types = tuple(
        CallType(
            arrivals_per_h=CALLS_PER_H / 3,
            service=lognormal(SERVICE_S, cv=1.0),
            patience=exponential(PATIENCE_S),
            redials=redials,
        )
        for _ in range(3)
    )
    groups = tuple(AgentGroup(heads=AGENTS // 3, skills=(first, (first + 1) % 3)) for first in range(3))
    spoken = Announcement(call_type=0, from_s=0.0, to_s=1e6, heard_s=20.0, absorbed_share=0.3)
    return CallCenter(edges_s=[0.0, 7.2e6], types=types, groups=groups, announcements=(spoken,))


def _calls(center: CallCenter, count: int) -> SimulationResult:
    return simulate(center, replications=max(1, count // MILLION), rng=np.random.default_rng(1))


def _simpy(calls: int) -> float:
    import simpy

    rng = np.random.default_rng(1)
    world: Any = simpy.Environment()
    agents = simpy.Resource(world, AGENTS)
    gone = 0

    def call(service_s: float, patience_s: float) -> Iterator[Any]:
        nonlocal gone
        with agents.request() as turn:
            yield turn | world.timeout(patience_s)
            if turn.triggered:
                yield world.timeout(service_s)
            else:
                gone += 1

    def arrivals() -> Iterator[Any]:
        for gap_s, service_s, patience_s in _drawn(rng, calls):
            yield world.timeout(gap_s)
            world.process(call(service_s, patience_s))

    world.process(arrivals())
    world.run()
    return gone / calls


def _ciw(calls: int) -> float:
    import ciw

    ciw.seed(1)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=CALLS_PER_H / 3600)],
        service_distributions=[ciw.dists.Exponential(rate=1 / SERVICE_S)],
        reneging_time_distributions=[ciw.dists.Exponential(rate=1 / PATIENCE_S)],
        number_of_servers=[AGENTS],
    )
    world = ciw.Simulation(network)
    world.simulate_until_max_time(calls / CALLS_PER_H * 3600)
    records = world.get_all_records()
    return sum(record.record_type == "renege" for record in records) / len(records)


def _loop(calls: int) -> float:
    free = [0.0] * AGENTS
    now = 0.0
    gone = 0
    for gap_s, service_s, patience_s in _drawn(np.random.default_rng(1), calls):
        now += gap_s
        begin = max(now, free[0])
        if begin - now > patience_s:
            gone += 1
        else:
            heapq.heapreplace(free, begin + service_s)
    return gone / calls


def _drawn(rng: np.random.Generator, calls: int) -> Iterator[tuple[float, float, float]]:
    means = (3600 / CALLS_PER_H, SERVICE_S, PATIENCE_S)
    return zip(*(rng.exponential(mean, calls).tolist() for mean in means), strict=True)


_PEERS: dict[str, tuple[Callable[[int], float], int]] = {
    "simpy": (_simpy, 50_000),
    "ciw": (_ciw, 50_000),
    "loop by hand": (_loop, MILLION),
}
