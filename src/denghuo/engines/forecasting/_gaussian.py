"""Gaussian-process regression over days with parts whose sizes are learned (empirical Bayes).

    y(d) = sum over parts f_p(d) + e(d),   f_p ~ N(0, v_p K_p),   e(d) ~ N(0, v_e w(d) + known(d))

Several outputs may share the variances: then ``y`` has columns. The variances maximize the marginal likelihood times
a log-normal prior on each, Rasmussen & Williams 2006, ch. 2 and 5. Left-out residuals are closed form (their 5.4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, lapack

Floats = NDArray[np.float64]

PRIOR_LOG_SD = 2.0  # of a variance: a factor of seven either way is not surprising
_LOG_REACH = 9.0
_MOST_STEPS = 40
_JITTER = 1e-9
_MIDDLE = 0.6745  # median of the size of a standard normal
_USUAL = 2.0
_MOST_WEIGHT = 1e4


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """A fitted regression: variance of each part, the last one of the noise; what prediction needs."""

    variances: Floats
    factor: tuple[Floats, bool]
    dual: Floats
    inverse: Floats
    noise_weight: Floats


def learn(
    y: Floats, kernels: list[Floats], prior: Floats, known: Floats, weight: Floats, *, start: Floats | None = None
) -> Floats:
    """Variances of the parts and, last, of the noise.

    ``y`` [days, outputs]; ``prior`` the variances expected beforehand, noise last; ``known`` the known part of the
    noise variance of each day; ``weight`` multiplies the unknown part; ``start`` where to look first.
    """
    y = _fewest_columns(y) / np.sqrt(y.shape[1])
    middle = np.log(prior)

    def cost(log_variances: Floats) -> tuple[float, Floats]:
        variances = np.exp(log_variances)
        solved = _inverse(_total(variances, kernels, known, weight))
        if solved is None:
            return 1e12, np.zeros_like(variances)
        inverse, log_det = solved
        dual = inverse @ y
        pull = dual @ dual.T - inverse
        slope = np.array([np.vdot(pull, kernel) for kernel in kernels] + [float(np.diag(pull) @ weight)])
        away = (log_variances - middle) / PRIOR_LOG_SD
        value = 0.5 * (np.vdot(dual, y) + log_det) + 0.5 * float(away @ away)
        return float(value), -0.5 * variances * slope + away / PRIOR_LOG_SD

    from scipy.optimize import minimize

    bounds = [(one - _LOG_REACH, one + _LOG_REACH) for one in middle.tolist()]
    first = middle if start is None else np.log(start)
    done = minimize(
        cost, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _MOST_STEPS, "ftol": 1e-6}
    )
    learned: Floats = np.exp(done.x)
    return learned


def solve(y: Floats, kernels: list[Floats], variances: Floats, known: Floats, weight: Floats) -> Fit:
    """The regression with given variances."""
    total = _total(variances, kernels, known, weight)
    factor = cho_factor(total, lower=True)
    return Fit(
        variances=variances,
        factor=factor,
        dual=cho_solve(factor, y),
        inverse=cho_solve(factor, np.eye(len(total))),
        noise_weight=weight,
    )


def predict(fit: Fit, across: list[Floats], within: list[Floats]) -> tuple[Floats, Floats]:
    """Mean [days, outputs] and covariance [days, days], noise left out, from kernels to the history and among
    themselves."""
    reach = _sum(fit.variances, across)
    covariance = _sum(fit.variances, within) - reach @ cho_solve(fit.factor, reach.T)
    return reach @ fit.dual, (covariance + covariance.T) / 2


def left_out(fit: Fit) -> Floats:
    """Residual of each day when it is left out, in the standard deviations of an ordinary day [days, outputs]."""
    precision = np.diag(fit.inverse)
    ordinary = 1 / precision - fit.variances[-1] * (fit.noise_weight - 1)
    standardized: Floats = fit.dual / (precision * np.sqrt(np.maximum(ordinary, fit.variances[-1])))[:, None]
    return standardized


def surprise_weight(standardized: Floats, *, masked: bool) -> Floats:
    """Noise multiplier of each day, > 1 for days that fit nothing, by the square of their surprise: the day of an
    incident moves the level little, that of a disaster hardly. ``masked``: the noise was learned with such days in it,
    so that it looks large and they look ordinary; the middle of all days is not fooled and sets the scale."""
    size = np.sqrt(np.mean(standardized**2, axis=1))
    middle = float(np.median(size)) / (_MIDDLE if standardized.shape[1] == 1 else 1.0)
    if masked and middle > 0:  # where every day is like the others, none surprises
        size /= min(middle, 1.0)
    weight: Floats = np.minimum(np.maximum(size / _USUAL, 1.0) ** 2, _MOST_WEIGHT)
    return weight


def _fewest_columns(y: Floats) -> Floats:
    """Columns, no more than there are days, with the same y yᵀ."""
    if y.shape[1] <= y.shape[0]:
        return y
    left, size, _ = np.linalg.svd(y, full_matrices=False)
    narrow: Floats = left * size
    return narrow


def _total(variances: Floats, kernels: list[Floats], known: Floats, weight: Floats) -> Floats:
    total = _sum(variances, kernels)
    total[np.diag_indices_from(total)] += variances[-1] * weight + known + _JITTER * float(variances.sum())
    return total


def _sum(variances: Floats, kernels: list[Floats]) -> Floats:
    total = np.zeros_like(kernels[0])
    for variance, kernel in zip(variances.tolist(), kernels, strict=False):  # the last variance is the noise
        total += variance * kernel
    return total


def _inverse(matrix: Floats) -> tuple[Floats, float] | None:
    """Inverse and log determinant, None where the matrix is not positive definite."""
    lower, failed = lapack.dpotrf(matrix, lower=1, clean=1)
    if failed:
        return None
    inverse, failed = lapack.dpotri(lower, lower=1)
    if failed:
        return None
    full = np.tril(inverse) + np.tril(inverse, -1).T
    return full, 2 * float(np.log(np.diag(lower)).sum())
