"""The simulation against what is known exactly: published simulations, Erlang, Pollaczek and Khinchine, Cobham."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from denghuo.engines.queueing.simulation import log_day
from denghuo.engines.queueing.simulation_model import (
    AgentGroup,
    BusynessLaw,
    CallCenter,
    CallType,
    Distribution,
    Redial,
    Redials,
    erlang_distribution,
    exponential,
    fixed,
    gamma,
    lognormal,
    quantile_table,
)
from denghuo.engines.queueing.simulation_results import Estimate, Outcome, SimulationResult, Tally, estimate_ratio
from tests.engines.queueing.simulated import LONG_S, agrees, days, mm, one_queue, states

MIN = 60.0


def published(found: SimulationResult) -> dict[str, tuple[Estimate, float]]:
    """What the published simulation prints, and how many of our units one of its is."""
    within, answered = found.of(Tally.ANSWERED_WITHIN), found.of(Tally.ANSWERED)
    late = found.of(Tally.ABANDONED) - found.of(Tally.ABANDONED_WITHIN)
    return {
        "calls_within_target_per_day": (found.per_day(Tally.ANSWERED_WITHIN), 1.0),
        "within_target_per_day": (found.per_day(Tally.ANSWERED_WITHIN), 1.0),
        "abandoned_per_day": (found.per_day(Tally.ABANDONED), 1.0),
        "blocked_per_day": (found.per_day(Tally.BLOCKED), 1.0),
        "service_level": (estimate_ratio(within, answered), 1.0),
        "service_level_of_served": (estimate_ratio(within, answered), 1.0),
        "service_level_counting_late_abandons": (estimate_ratio(within, answered + late), 1.0),
        "service_level_counting_blocked": (estimate_ratio(within, found.of(Tally.OFFERED)), 1.0),
        "mean_wait_of_served_min": (found.mean_wait_answered_s(), MIN),
        "occupancy": (found.occupancy(), 1.0),
    }


@pytest.mark.data
@pytest.mark.parametrize("case", ["MMC", "MMCAb", "MMCBlocked"])
def test_published_simulations(case: str, reference_data: Path) -> None:
    """Intervals of two estimates of the same quantity overlap, but for what the printed one is rounded by."""
    file = reference_data / "hotline/tables/contactcenters_reference_simulations.json"
    cases = {held["id"]: held for held in json.loads(file.read_text(encoding="utf-8"))["cases"]}
    given = cases["MMC"] | cases[case]
    center = mm(
        calls_per_h=given["lambda_per_min"] * 60,
        heads=given["agents"],
        patience_s=given["patience_mean_min"] * MIN if "patience_mean_min" in given else None,
        waiting_places=given.get("queue_capacity"),
        seconds=480 * MIN,
    )
    found = published(days(center, replications=4_000, within_s=given["awt_min"] * MIN))
    for name, printed in given["results"].items():
        ours, unit = found[name]
        low, high = printed["ci95"]
        room = (high - low) / 2 + ours.half_width / unit + 0.0005
        assert abs(ours.mean / unit - printed["mean"]) <= room, name


@pytest.mark.parametrize(("patience_s", "places"), [(None, None), (90.0, None), (None, 4), (90.0, 4), (None, 0)])
def test_erlang(patience_s: float | None, places: int | None) -> None:
    """Erlang A, B and C: shares of time in each state, and by Little's law the wait."""
    rate, heads = 300 / 3600, 11
    shares = states(
        calls_per_s=rate,
        served_per_s=1 / 120,
        heads=heads,
        left_per_s=0.0 if patience_s is None else 1 / patience_s,
        places=2_000 if places is None else places,
    )
    found = days(mm(patience_s=patience_s, waiting_places=places), seed=5)
    blocked = 0.0 if places is None else shares[-1]
    waiting = float(shares[heads:] @ np.arange(len(shares) - heads))
    busy = float(shares @ np.minimum(np.arange(len(shares)), heads))
    assert agrees(found.ratio(Tally.BLOCKED, Tally.OFFERED), blocked)
    assert agrees(found.abandoned_share(), 0.0 if patience_s is None else waiting / patience_s / rate)
    assert agrees(found.mean_wait_s(), waiting / (rate * (1 - blocked)))
    assert agrees(found.occupancy(), busy / heads)


SERVICES = [
    (fixed(120.0), 0.0),
    (erlang_distribution(120.0, stages=3), 1 / 3),
    (exponential(120.0), 1.0),
    (gamma(120.0, cv=1.5), 2.25),
    (lognormal(120.0, cv=1.2), 1.44),
    (quantile_table([0.0, 240.0]), 1 / 3),
]


@pytest.mark.parametrize(("service", "squared_cv"), SERVICES)
def test_pollaczek_and_khinchine(service: Distribution, squared_cv: float) -> None:
    load = 0.6
    found = days(one_queue(calls_per_h=load * 30, service=service, heads=1, seconds=10 * LONG_S))
    assert agrees(found.mean_wait_s(), load * 120 * (1 + squared_cv) / 2 / (1 - load))


def test_cobham() -> None:
    """Two priorities, no interruption: W = W0 / ((1 - load above)(1 - load above and of its own))."""
    first, second = 0.3, 0.4
    types = (
        CallType(arrivals_per_h=first * 30, service=exponential(120.0), priority=0),
        CallType(arrivals_per_h=second * 60, service=fixed(60.0), priority=1),
    )
    center = CallCenter(edges_s=[0.0, 10 * LONG_S], types=types, groups=(AgentGroup(heads=1, skills=(1, 0)),))
    left = first / 120 * 120**2 + second / 60 * 60**2 / 2
    wait = days(center).mean_wait_s(by_type=True)
    for position, exact in enumerate((left / (1 - first), left / (1 - first) / (1 - first - second))):
        assert abs(wait.mean[position] - exact) <= 2 * wait.half_width[position]


def test_little() -> None:
    """Callers' time in the queue, interval by interval, is what the log says of every instant."""
    types = (CallType(arrivals_per_h=[200, 320, 260, 0], service=exponential(120.0), patience=lognormal(90.0, cv=1.0)),)
    center = CallCenter(edges_s=[0.0, 900.0, 3600.0, 5400.0, 7200.0], types=types, groups=(AgentGroup(heads=8),))
    found, log = days(center, replications=1, seed=3), log_day(center, rng=np.random.default_rng(3))
    edges = np.append(found.edges_s, np.inf)
    end = log.arrival_s + log.wait_s
    for interval, (begin, until) in enumerate(pairwise(edges)):
        spent = np.clip(np.minimum(end, until) - np.maximum(log.arrival_s, begin), 0, None).sum()
        assert found.waiting_s[0, interval].sum() == pytest.approx(spent)
    assert found.of(Tally.WAIT_S)[0] == pytest.approx(log.wait_s.sum())


def test_redials_of_all_who_hear_the_busy_tone() -> None:
    """Nobody answers: a caller tries 1 + p + p² ... times."""
    redials = Redials(after_blocked=Redial(share=0.5, delay=fixed(1.0)), max_attempts=4)
    types = (CallType(arrivals_per_h=200, service=fixed(60.0), redials=redials),)
    center = CallCenter(edges_s=[0.0, LONG_S], types=types, groups=(AgentGroup(heads=0),), waiting_places=0)
    found = days(center)
    assert agrees(found.ratio(Tally.OFFERED, Tally.CALLERS), 1.875)
    shares = found.attempts[:, 0, :, 0].sum(axis=0)
    assert shares / shares[0] == pytest.approx([1, 0.5, 0.25, 0.125], rel=0.03)


def test_busyness() -> None:
    """Days of a common factor: variance = mean + (cv x mean)²."""
    for law in BusynessLaw:
        center = mm(seconds=28_800.0, busyness_cv=0.2, busyness_law=law)
        offered = days(center, replications=1_200).of(Tally.OFFERED)
        assert offered.mean() == pytest.approx(2_400, rel=0.02)
        assert offered.var() == pytest.approx(2_400 + 480**2, rel=0.2)


def test_abandoned_at_once() -> None:
    """A share that will not wait at all is blocked in all but name."""
    types = (CallType(arrivals_per_h=300, service=exponential(120.0), patience=exponential(1e-9, zero_share=0.5)),)
    center = CallCenter(edges_s=[0.0, LONG_S], types=types, groups=(AgentGroup(heads=11),))
    shares = states(calls_per_s=300 / 3600, served_per_s=1 / 120, heads=11, places=0)
    assert agrees(days(center).abandoned_share(), shares[-1])
    assert (log_day(center, rng=np.random.default_rng(1)).outcome != Outcome.BLOCKED).all()
