"""The answer rate that a roster will give, by simulation: each day lived through many times."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.staffing.snapshot import INTERVAL_MIN, INTERVALS
from denghuo.apps.staffing.snapshot.forecasts import Ahead
from denghuo.apps.staffing.snapshot.history import REDIAL_DELAY_S
from denghuo.apps.staffing.snapshot.requirement import PER_H, at_telephones
from denghuo.engines.queueing import (
    AgentGroup,
    CallCenter,
    CallType,
    Redial,
    Redials,
    answer_rate,
    estimate_ratio,
    exponential,
    lognormal,
)

Floats = NDArray[np.float64]

_HANDLING_CV = 0.8
_REPLICATIONS = 200
_MOST_ATTEMPTS = 6


def expected_told(
    ahead: Ahead, *, days: Sequence[date], heads: NDArray[np.int64], shrinkage_share: float, seed: int
) -> dict[str, Any]:
    """Answer rates of a roster, ``heads`` int64[days, intervals], as a row holds them: mean, low and high of 95 %
    confidence by day, with its ``calls``, and by interval of all days together; days without a forecast are None."""
    calls = ahead.of(days)
    seats = at_telephones(heads, shrinkage_share=shrinkage_share)
    by_day: list[dict[str, float | None]] = []
    rates, weights = np.full((len(days), INTERVALS), np.nan), np.nan_to_num(calls)
    for row, day in enumerate(days):
        if not calls[row].sum() > 0:
            by_day.append({"day": None, "low": None, "high": None, "calls": None})
            continue
        found = answer_rate(
            _center(ahead, calls[row], day),
            rng=np.random.default_rng([seed, day.toordinal()]),
            heads=seats[row][None, :],
            half_width_share=0.001,
            at_once=_REPLICATIONS,
            max_replications=_REPLICATIONS,
        )
        rates[row] = found.by_interval.mean
        day_rate = found.of_day
        by_day.append({
            "day": _plain(day_rate.mean), "low": _plain(day_rate.low), "high": _plain(min(day_rate.high, 1.0)),
            "calls": _plain(calls[row].sum()),
        })  # fmt: skip
    return {"by_day": by_day, "by_interval": _by_interval(rates, weights), "replications": _REPLICATIONS}


def _center(ahead: Ahead, calls: Floats, day: date) -> CallCenter:
    redial = Redial(share=ahead.redial_share, delay=exponential(REDIAL_DELAY_S))
    kind = CallType(
        arrivals_per_h=calls * PER_H,
        service=lognormal(ahead.handling_s, cv=_HANDLING_CV),
        patience=exponential(ahead.patience_s),
        redials=Redials(after_abandoned=redial, after_blocked=redial, max_attempts=_MOST_ATTEMPTS),
    )
    return CallCenter(
        edges_s=np.arange(INTERVALS + 1) * INTERVAL_MIN * 60.0,
        types=(kind,),
        groups=(AgentGroup(heads=np.ones(INTERVALS, np.int64)),),
        busyness_cv=ahead.cv(day),
    )


def _by_interval(rates: Floats, weights: Floats) -> list[float | None]:
    """Answer rate of each interval over all days, weighted with calls."""
    known = np.isfinite(rates)
    answered = np.where(known, np.nan_to_num(rates) * weights, 0.0)
    found = estimate_ratio(answered, np.where(known, weights, 0.0)) if len(rates) > 1 else None
    mean = rates[0] if found is None else found.mean
    return [_plain(value) for value in mean]


def _plain(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 5)
