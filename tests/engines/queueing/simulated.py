"""Call centers, and the exact figures they are held against."""

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.queueing.simulation import simulate
from denghuo.engines.queueing.simulation_model import AgentGroup, CallCenter, CallType, Distribution, exponential, never
from denghuo.engines.queueing.simulation_results import Estimate, SimulationResult

LONG_S = 400_000.0


def one_queue(
    *,
    calls_per_h: float,
    service: Distribution,
    heads: int,
    patience: Distribution | None = None,
    seconds: float = LONG_S,
    **options: object,
) -> CallCenter:
    """One type, one group, one interval."""
    call_type = CallType(arrivals_per_h=calls_per_h, service=service, patience=patience or never())
    return CallCenter(edges_s=[0.0, seconds], types=(call_type,), groups=(AgentGroup(heads=heads),), **options)  # type: ignore[arg-type]


def days(center: CallCenter, *, replications: int = 30, seed: int = 1, **options: float) -> SimulationResult:
    return simulate(center, replications=replications, rng=np.random.default_rng(seed), **options)  # type: ignore[arg-type]


def agrees(found: Estimate, exact: float) -> bool:
    """Within twice the half width: four standard errors."""
    return bool(abs(found.mean - exact) <= 2 * found.half_width)


def states(
    *, calls_per_s: float, served_per_s: float, heads: int, left_per_s: float = 0.0, places: int = 2_000
) -> NDArray[np.float64]:
    """Shares of time with so many calls in the system, of a birth and death process."""
    number = np.arange(1, heads + places + 1)
    death = np.minimum(number, heads) * served_per_s + np.maximum(number - heads, 0) * left_per_s
    logs = np.concatenate([[0.0], np.cumsum(np.log(calls_per_s) - np.log(death))])
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def mm(
    *, calls_per_h: float = 300.0, heads: int = 11, patience_s: float | None = None, **options: object
) -> CallCenter:
    """Exponential in everything, two minutes a call."""
    patience = None if patience_s is None else exponential(patience_s)
    return one_queue(
        calls_per_h=calls_per_h,
        service=exponential(120.0),
        heads=heads,
        patience=patience,
        **options,  # type: ignore[arg-type]
    )
