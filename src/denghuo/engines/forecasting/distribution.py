"""A forecast as a distribution: Poisson counts whose rates are jointly log-normal."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["VolumeForecast", "count_quantile", "forecast_of_parts"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumeForecast:
    """Calls to come, by day and interval.

    N(d, i) ~ Poisson(exp(eta(d, i))), eta jointly normal: a share of its variance is common to the day (busyness,
    covariance ``busyness_covariance`` [days, days]), the rest is the profile's, standard deviation ``profile_sd``
    [days, intervals] with ``interval_correlation`` [intervals, intervals] and ``day_correlation`` [days, days].

    ``day`` datetime64[D]; ``mean`` expected calls float64[days, intervals], 0 where closed.
    """

    day: NDArray[np.datetime64]
    mean: Floats
    busyness_covariance: Floats
    profile_sd: Floats
    interval_correlation: Floats
    day_correlation: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            getattr(self, field.name).flags.writeable = False

    @property
    def log_variance(self) -> Floats:
        """Variance of the log rate, float64[days, intervals]."""
        variance: Floats = np.diag(self.busyness_covariance)[:, None] + self.profile_sd**2
        return variance

    def quantile(self, p: ArrayLike) -> Floats:
        """Calls that are not exceeded with probability ``p`` in (0, 1), by interval: float64[..., days, intervals].

        By a negative binomial of the same mean and variance.
        """
        return count_quantile(p, self.mean, np.expm1(self.log_variance))

    def total_quantile(self, p: ArrayLike) -> Floats:
        """Calls of whole days that are not exceeded with probability ``p``: float64[..., days]."""
        total = self.mean.sum(axis=1)
        weight = self.mean * self.profile_sd / np.where(total > 0, total, 1.0)[:, None]
        profile = np.einsum("di,ij,dj->d", weight, self.interval_correlation, weight)
        return count_quantile(p, total, np.expm1(np.diag(self.busyness_covariance) + np.maximum(profile, 0.0)))

    def sample(self, rng: np.random.Generator, n: int) -> Counts:
        """``n`` futures that could be, int64[n, days, intervals]; busy days are busy in all their intervals."""
        days, intervals = self.mean.shape
        busy = rng.standard_normal((n, days)) @ _root(self.busyness_covariance).T
        profile = np.einsum(
            "de,nei,ji->ndj",
            _root(self.day_correlation),
            rng.standard_normal((n, days, intervals)),
            _root(self.interval_correlation),
            optimize=True,
        )
        eta = busy[:, :, None] + profile * self.profile_sd - self.log_variance / 2
        drawn: Counts = rng.poisson(self.mean * np.exp(eta))
        return drawn


def forecast_of_parts(
    day: NDArray[np.datetime64],
    *,
    served: NDArray[np.bool_],
    log_total: Floats,
    log_total_covariance: Floats,
    root_share: Floats,
    root_covariance: Floats,
    interval_covariance: Floats,
) -> VolumeForecast:
    """Total times share. Shares are squares of normal variables q with the variance s²: E q² = q² + s²,
    Var q² = 4 q² s² + 2 s⁴; the log-normal has the same two moments. ``served`` intervals only, shares adding up to 1.
    """
    variance = np.diag(root_covariance)[:, None] * np.diag(interval_covariance)
    square = root_share**2 + variance
    apart = np.divide(variance, square, out=np.zeros_like(square), where=square > 0)
    relative = (4 - 2 * apart) * apart  # (4 q² s² + 2 s⁴) / (q² + s²)²
    share = np.where(served, root_share**2, 0.0)
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
    total = np.exp(log_total + np.diag(log_total_covariance) / 2)
    return VolumeForecast(
        day=day.copy(),
        mean=np.where(served, total[:, None] * share, 0.0),
        busyness_covariance=log_total_covariance.copy(),
        profile_sd=np.sqrt(np.log1p(relative)),
        interval_correlation=_correlation(interval_covariance),
        day_correlation=_correlation(root_covariance),
    )


def count_quantile(p: ArrayLike, mean: Floats, dispersion: Floats) -> Floats:
    """Quantile of a count with the given mean and variance mean + dispersion · mean²: negative binomial, Poisson for
    no dispersion. ``p`` may have any shape, which leads that of the result."""
    from scipy.stats import nbinom, poisson  # takes a second, for which nobody should wait who forecasts nothing

    level = np.asarray(p, dtype=np.float64)
    level = level.reshape(level.shape + (1,) * mean.ndim)
    spread = np.maximum(dispersion, 1e-12)
    open_mean = np.where(mean > 0, mean, 1.0)
    size = 1 / spread
    found = np.where(
        spread < 1e-9,
        poisson.ppf(level, open_mean),
        nbinom.ppf(level, size, 1 / (1 + open_mean * spread)),
    )
    quantile: Floats = np.where(mean > 0, found, np.where(np.isnan(mean), np.nan, 0.0))
    return quantile


def _correlation(covariance: Floats) -> Floats:
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    correlation: Floats = covariance / spread[:, None] / spread
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _root(matrix: Floats) -> Floats:
    """A square root of a covariance that may be singular."""
    values, vectors = np.linalg.eigh(matrix)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
