"""The rest of today, once part of it is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.forecasting.distribution import VolumeForecast
from denghuo.engines.forecasting.findings import ForecastCode, ForecastFinding, found, refuse

__all__ = ["check_today", "update_today"]

Floats = NDArray[np.float64]

_MOST_STEPS = 50
_TOLERANCE = 1e-9
_MOST_STEP = 2.0


def check_today(
    forecast: VolumeForecast, counts: ArrayLike, *, position: int, part: ArrayLike
) -> list[ForecastFinding]:
    """Everything that keeps :func:`update_today` from working: another number of intervals, negative or infinite
    counts, parts outside 0 to 1, a position beyond the forecast.

    Example:
        >>> one = VolumeForecast(day=np.array(["2026-01-01"], "M8[D]"), mean=np.ones((1, 2)),
        ...                      busyness_covariance=np.eye(1), profile_sd=np.ones((1, 2)),
        ...                      interval_correlation=np.eye(2), day_correlation=np.eye(1))
        >>> [found.code.value for found in check_today(one, [-1, 0], position=0, part=[1, 0])]
        ['negative']
    """
    findings = []
    given, elapsed = np.array(counts, dtype=np.float64), np.array(part, dtype=np.float64)
    intervals = forecast.mean.shape[1]
    if not 0 <= position < len(forecast.day):
        findings.append(found(ForecastCode.OUT_OF_RANGE, "position"))
    for name, column in (("counts", given), ("part", elapsed)):
        if column.shape != (intervals,):
            findings.append(found(ForecastCode.WRONG_SHAPE, name))
    for code, name, bad in (
        (ForecastCode.NEGATIVE, "counts", given < 0),
        (ForecastCode.INFINITE, "counts", np.isinf(given)),
        (ForecastCode.OUT_OF_RANGE, "part", ~((elapsed >= 0) & (elapsed <= 1))),
    ):
        if bad.any():
            findings.append(found(code, name, np.flatnonzero(bad)))
    return findings


def update_today(
    forecast: VolumeForecast, counts: ArrayLike, *, part: ArrayLike, position: int = 0, extra: ArrayLike | None = None
) -> VolumeForecast:
    """What is still to come today, given what came until now.

    The rates of a day are jointly log-normal, so what came says how busy the day is and how its profile leans; the
    posterior of the log rates is taken as normal about its mode (Laplace).

    Args:
        forecast: of today, made before it began.
        counts: calls of today by interval (intervals,); only where ``part`` > 0; NaN where unknown or to be ignored,
            such as during a failure of the telephone system.
        part: how much of each interval is over, 1 for the past, 0 for what is to come, between for the present one.
        position: which day of the forecast is today.
        extra: calls expected of outages by interval, over the forecast; they are not taken for busyness.

    Returns:
        A forecast of one day: calls still to come, 0 in the intervals that are over.

    Raises:
        ForecastError: what :func:`check_today` finds.

    Source: after Shen & Huang 2008, M&SOM 10(3), section 4; Rasmussen & Williams 2006, algorithm 3.1.

    Example:
        >>> from denghuo.engines.forecasting import build_days, fit_volume
        >>> past = build_days(np.arange("2026-01-05", "2026-03-02", dtype="M8[D]"))
        >>> rng = np.random.default_rng(1)
        >>> busy = rng.lognormal(0, 0.2, len(past))[:, None]
        >>> model = fit_volume(rng.poisson(busy * [200.0, 600.0, 400.0]), days=past)
        >>> today = model.forecast(build_days(["2026-03-02"]))
        >>> rest = update_today(today, [300, np.nan, np.nan], part=[1, 0, 0])
        >>> bool(rest.mean[0, 1] > today.mean[0, 1]), float(rest.mean[0, 0])
        (True, 0.0)
    """
    refuse(check_today(forecast, counts, position=position, part=part))
    elapsed = np.array(part, dtype=np.float64)
    given = np.array(counts, dtype=np.float64)
    mean = forecast.mean[position]
    wave = np.zeros_like(mean) if extra is None else np.array(extra, dtype=np.float64)
    variance = forecast.log_variance[position]
    spread = forecast.profile_sd[position]
    prior = forecast.busyness_covariance[position, position] + spread[:, None] * forecast.interval_correlation * spread
    served = np.flatnonzero(mean > 0)
    seen = served[(elapsed[served] > 0) & ~np.isnan(given[served])]
    center = np.where(mean > 0, np.log(np.where(mean > 0, mean, 1.0)), 0.0) - variance / 2
    moved, covariance = _posterior(
        center, prior, seen, got=given[seen], exposed=elapsed[seen], wave=wave[seen] * elapsed[seen]
    )
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    rest = np.where(mean > 0, np.exp(moved + spread**2 / 2) * (1 - elapsed), 0.0)
    correlation = covariance / spread[:, None] / spread
    np.fill_diagonal(correlation, 1.0)
    return VolumeForecast(
        day=forecast.day[position : position + 1].copy(),
        mean=rest[None, :],
        busyness_covariance=np.zeros((1, 1)),
        profile_sd=spread[None, :].copy(),
        interval_correlation=correlation,
        day_correlation=np.ones((1, 1)),
    )


def _posterior(
    center: Floats, prior: Floats, seen: NDArray[np.int64], *, got: Floats, exposed: Floats, wave: Floats
) -> tuple[Floats, Floats]:
    """Mean and covariance of the log rates, given Poisson counts about exposed · exp(eta) + wave."""
    if not len(seen):
        return center, prior
    within, across = prior[np.ix_(seen, seen)], prior[:, seen]
    dual = np.zeros(len(seen))
    eta = center[seen]
    for _ in range(_MOST_STEPS):
        own = exposed * np.exp(eta)
        slope = own * (got / (own + wave) - 1)
        # Fisher information: positive whatever came.
        weight = np.maximum(own**2 / (own + wave), 1e-12)
        target = weight * (eta - center[seen]) + slope
        root = np.sqrt(weight)
        inner = np.eye(len(seen)) + root[:, None] * within * root
        dual = target - root * np.linalg.solve(inner, root * (within @ target))
        step = np.clip(center[seen] + within @ dual - eta, -_MOST_STEP, _MOST_STEP)
        eta = eta + step
        if np.abs(step).max() < _TOLERANCE:
            break
    own = exposed * np.exp(eta)
    root = np.sqrt(np.maximum(own**2 / (own + wave), 1e-12))
    inner = np.eye(len(seen)) + root[:, None] * within * root
    taken = across * root
    covariance = prior - taken @ np.linalg.solve(inner, taken.T)
    return center + across @ dual, (covariance + covariance.T) / 2
