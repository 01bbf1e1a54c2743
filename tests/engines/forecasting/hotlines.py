"""A hotline whose laws are known, to see whether they are found again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.forecasting import Days, build_days

WEEKDAY = np.array([1.25, 1.05, 1.0, 1.0, 1.05, 0.6, 0.5])
INTERVALS = 24


@dataclass(frozen=True, kw_only=True)
class Hotline:
    """Calls with the rates behind them."""

    days: Days
    rates: NDArray[np.float64]
    counts: NDArray[np.float64]


def hotline(
    seed: int,
    *,
    days: Days | None = None,
    day_count: int = 120,
    calls_per_day: float = 2_000.0,
    day_sd: float = 0.04,
    factor: NDArray[np.float64] | float = 1.0,
) -> Hotline:
    """A week, a drifting level, a two-humped day; ``factor`` by day on top."""
    rng = np.random.default_rng(seed)
    listed = build_days(np.datetime64("2026-01-05") + np.arange(day_count)) if days is None else days
    hour = np.arange(INTERVALS)
    profile = 0.05 + np.exp(-0.5 * ((hour - 10) / 2.0) ** 2) + 0.7 * np.exp(-0.5 * ((hour - 19) / 2.0) ** 2)
    level = np.exp(np.cumsum(rng.normal(0, 0.005, len(listed))) + rng.normal(0, day_sd, len(listed)))
    total = calls_per_day * WEEKDAY[listed.pattern] * level * factor
    rates = total[:, None] * profile / profile.sum()
    return Hotline(days=listed, rates=rates, counts=rng.poisson(rates).astype(np.float64))
