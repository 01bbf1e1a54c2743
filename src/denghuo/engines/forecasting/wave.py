"""The calls that one outage brings: a first wave of those who notice, and calls for as long as it lasts.

    calls(t) dt = c(t) · (1 - a·[announced]) · (1 - n·noticed share) · h(hour) · (p f(t - t0) + q ramp(t - t0)) dt

c(t) are customers still out of those lost at t0; p is the share of them who call about the loss, f the log-normal delay
until they do; q are calls per customer and hour once it lasts, ramp(s) = 1 - exp(-(s / onset)²); h is a factor of the
time of day, a what an announcement absorbs, n what a notice saves. Each outage has a factor of its own, log-normal.
Only fresh calls are meant: who redials after giving up is a matter of the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from denghuo.engines.forecasting._wave_rate import PARAMETERS, Outage, WaveRecord, Window, build_outage
from denghuo.engines.forecasting.findings import ForecastCode, ForecastFinding, found, refuse

__all__ = [
    "Belief",
    "Credible",
    "Outage",
    "WaveForecast",
    "WaveModel",
    "WavePrior",
    "WaveRecord",
    "build_outage",
    "check_outage",
    "check_wave_history",
    "learn_wave",
    "outage_wave",
]

Floats = NDArray[np.float64]

_DRAWS = 512
_MOST_STEPS = 40
_LOGIT = {"absorbed_share", "notice_saves_share"}
_STEP = 1e-5
_PRIOR_EVENTS = 4.0  # as many outages the prior on the spread between outages is worth
_LEAST_RATE = 1e-9
_LEAST_JUDGED = 0.1
_MOST_PEARSON = 25.0  # one wild interval does not make all of them wild
_LONGEST_STEP = 1.0
_DONE = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """What is believed of a quantity: its median, and a standard deviation on the scale of its logarithm, of its logit
    for shares that cannot exceed 1."""

    median: float
    sd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WavePrior:
    """What is believed before any outage has been seen. These are defaults, wide on purpose, not measurements of a
    particular utility; only ``notice_saves_share`` (90 %, reported by the county of Luancheng) and the ceiling behind
    ``absorbed_share`` (up to 80 % of fault callers) are published figures.

    ``caller_share`` customers out who call about the loss; ``delay_min`` median delay [min] and ``delay_spread`` the
    standard deviation of its logarithm; ``lasting_per_h`` calls per customer still out and hour once it lasts, from
    about ``onset_h`` [h] on; ``night`` 0-6, ``morning`` 6-12, ``afternoon`` 12-18 and ``evening`` 18-24 h factors of
    the time of day; ``absorbed_share`` of callers whom an announcement satisfies; ``notice_saves_share`` of calls that
    do not come from customers who had notice; ``event_sd`` standard deviation of the logarithm of an outage's own
    factor.
    """

    caller_share: Belief = Belief(median=0.05, sd=0.75)
    delay_min: Belief = Belief(median=12.0, sd=0.5)
    delay_spread: Belief = Belief(median=1.0, sd=0.3)
    lasting_per_h: Belief = Belief(median=0.006, sd=0.9)
    onset_h: Belief = Belief(median=1.5, sd=0.4)
    night: Belief = Belief(median=0.4, sd=0.5)
    morning: Belief = Belief(median=0.9, sd=0.3)
    afternoon: Belief = Belief(median=1.0, sd=0.3)
    evening: Belief = Belief(median=1.2, sd=0.3)
    absorbed_share: Belief = Belief(median=0.5, sd=0.8)
    notice_saves_share: Belief = Belief(median=0.9, sd=0.8)
    event_sd: float = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Credible:
    """Bounds between which a quantity lies with the probability asked for, and its median."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WaveModel:
    """What is believed of waves: means and covariance of the transformed quantities of :class:`WavePrior`, in its
    order; ``event_sd``; ``dispersion`` variance of a count over its Poisson variance; ``event_count`` outages learned
    from."""

    mean: Floats
    covariance: Floats
    event_sd: float
    dispersion: float
    event_count: int

    def __post_init__(self) -> None:
        self.mean.flags.writeable = False
        self.covariance.flags.writeable = False

    def credible(self, *, probability: float = 0.9) -> dict[str, Credible]:
        """Each quantity with its credible interval."""
        reach = float(ndtri(0.5 + probability / 2)) * np.sqrt(np.diag(self.covariance))
        bounds = [_natural(self.mean + side) for side in (-reach, 0 * reach, reach)]
        return {
            name: Credible(low=float(bounds[0][k]), median=float(bounds[1][k]), high=float(bounds[2][k]))
            for k, name in enumerate(PARAMETERS)
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class WaveForecast:
    """Fresh calls that an outage brings, by interval.

    ``mean`` float64[intervals]; ``rates`` float64[draws, intervals] equally likely waves, the uncertainty of what was
    learned and of the outage itself included; ``levels`` float64[draws] for each a probability at which its counts are
    looked up; ``dispersion`` variance of a count over its Poisson variance.
    """

    mean: Floats
    rates: Floats
    levels: Floats
    dispersion: float

    def __post_init__(self) -> None:
        for column in (self.mean, self.rates, self.levels):
            column.flags.writeable = False

    def quantile(self, p: float | Sequence[float]) -> Floats:
        """Calls in each interval not exceeded with probability ``p``: float64[..., intervals]."""
        return _mixed_quantile(p, self.rates, self.levels, self.dispersion)

    def total_quantile(self, p: float | Sequence[float]) -> Floats:
        """Calls in all intervals together not exceeded with probability ``p``."""
        return _mixed_quantile(p, self.rates.sum(axis=1, keepdims=True), self.levels, self.dispersion)[..., 0]

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
        """``n`` waves that could be, int64[n, intervals]."""
        rates = self.rates[rng.integers(0, len(self.rates), n)]
        if self.dispersion > 1 + 1e-9:
            extra = self.dispersion - 1
            rates = rng.gamma(np.maximum(rates, 1e-12) / extra, extra)
        return rng.poisson(rates)


def _mixed_quantile(p: float | Sequence[float], rates: Floats, levels: Floats, dispersion: float) -> Floats:
    """Quantile of counts about equally likely rates: each rate with one evenly spread level of its count, looked up by
    the Cornish-Fisher expansion of a negative binomial (Poisson for no dispersion), within one call of the exact."""
    z = ndtri(levels)[:, None]
    skew = (2 * dispersion - 1) * (z**2 - 1) / 6
    counts = np.maximum(np.ceil(rates + z * np.sqrt(dispersion * rates) + skew - 0.5), 0.0)
    counts[rates <= 0] = 0.0
    chosen: Floats = np.quantile(counts, np.asarray(p, dtype=np.float64), axis=0, method="inverted_cdf")
    return chosen


def learn_wave(history: Sequence[WaveRecord], *, prior: WavePrior | None = None) -> WaveModel:
    """Learn from the outages there were, starting from a prior; without any, the prior is the answer.

    The mode of the posterior by Fisher scoring, counts being Poisson about background plus wave times the outage's own
    factor, with the dispersion of the counts and the spread between outages re-estimated in turn.

    Args:
        history: outages with the calls that came.
        prior: what is believed beforehand, by default :class:`WavePrior`.

    Raises:
        ForecastError: what :func:`check_wave_history` finds.

    Source: Laplace's approximation, Gelman et al., Bayesian Data Analysis, ch. 4 and 13; the shape is our own.

    Example:
        >>> model = learn_wave([])
        >>> model.event_count, round(model.credible()["caller_share"].median, 3)
        (0, 0.05)
    """
    believed = WavePrior() if prior is None else prior
    refuse(check_wave_history(history))
    start, spread = _transformed(believed)
    if not history:
        return WaveModel(
            mean=start, covariance=np.diag(spread**2), event_sd=believed.event_sd, dispersion=1.0, event_count=0
        )
    return _posterior(history, start, spread, believed.event_sd)


def _posterior(history: Sequence[WaveRecord], start: Floats, spread: Floats, prior_event_sd: float) -> WaveModel:
    data = _Data.of(history)
    known, size = len(start), len(history)
    center = np.concatenate([start, np.zeros(size)])
    at, event_sd, dispersion = center.copy(), prior_event_sd, 1.0
    covariance: Floats = np.zeros((known + size, known + size))
    for _ in range(_MOST_STEPS):
        rate, jacobian = data.linearized(at, known)
        precision = np.concatenate([1 / spread**2, np.full(size, 1 / event_sd**2)])
        weight = 1 / (rate * dispersion)
        covariance[:] = np.linalg.inv((jacobian * weight[:, None]).T @ jacobian + np.diag(precision))
        step = covariance @ (jacobian.T @ ((data.calls - rate) * weight) - precision * (at - center))
        longest = float(np.abs(step).max())
        at = at + step * min(1.0, _LONGEST_STEP / max(longest, 1e-12))
        square = at[known:] ** 2 + np.diag(covariance)[known:]
        event_sd = float(np.sqrt((_PRIOR_EVENTS * prior_event_sd**2 + square.sum()) / (_PRIOR_EVENTS + size)))
        off = np.minimum((data.calls - rate) ** 2 / np.maximum(rate, _LEAST_JUDGED), _MOST_PEARSON)
        dispersion = max(float(off.sum() / max(len(off) - known, 1)), 1.0) if len(off) > 2 * known else 1.0
        if longest < _DONE:
            break
    return WaveModel(
        mean=at[:known].copy(),
        covariance=covariance[:known, :known].copy(),
        event_sd=event_sd,
        dispersion=dispersion,
        event_count=size,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Data:
    """Intervals of all outages one after the other, those without a count left out."""

    windows: list[Window]
    event: NDArray[np.int64]
    calls: Floats
    background: Floats
    seen: NDArray[np.bool_]

    @staticmethod
    def of(history: Sequence[WaveRecord]) -> _Data:
        calls = np.concatenate([record.calls for record in history])
        background = np.concatenate([record.background for record in history])
        seen = ~np.isnan(calls) & ~np.isnan(background)
        event = np.repeat(np.arange(len(history)), [len(record.calls) for record in history])
        return _Data(
            windows=[Window.of_record(record) for record in history],
            event=event[seen],
            calls=calls[seen],
            background=background[seen],
            seen=seen,
        )

    def linearized(self, at: Floats, known: int) -> tuple[Floats, Floats]:
        """Expected calls, and their derivatives by the quantities and by each outage's own factor."""
        wave, slope = _wave_and_slope(self.windows, at[:known])
        own = np.exp(at[known:])[self.event]
        jacobian = np.zeros((len(self.calls), len(at)))
        jacobian[:, :known] = slope[self.seen] * own[:, None]
        jacobian[np.arange(len(self.calls)), known + self.event] = wave[self.seen] * own
        return self.background + wave[self.seen] * own + _LEAST_RATE, jacobian


def _wave_and_slope(windows: list[Window], at: Floats) -> tuple[Floats, Floats]:
    """Waves of all outages, and their derivatives by each transformed quantity."""
    points = np.tile(at, (len(at) + 1, 1))
    points[1:] += _STEP * np.eye(len(at))
    natural = _natural(points)
    rates = np.concatenate([window.calls(natural) for window in windows], axis=1)
    return rates[0], (rates[1:] - rates[0]).T / _STEP


def outage_wave(
    model: WaveModel, outage: Outage, *, interval_s: float, interval_count: int, first_s: float = 0.0
) -> WaveForecast:
    """Fresh calls to expect from an outage, over the background.

    Args:
        model: what was learned, or the prior alone.
        outage: who is out until when, and what they are told.
        interval_s: length of an interval [s].
        interval_count: how many intervals.
        first_s: start of the first interval [s] after the loss of supply, negative before it.

    Raises:
        ForecastError: what :func:`check_outage` finds; intervals without length.

    Example:
        >>> out = build_outage([0, 3600, 7200], [4000, 1500, 0], start_hour=18.5)
        >>> wave = outage_wave(learn_wave([]), out, interval_s=900, interval_count=12)
        >>> bool(wave.mean[0] > wave.mean[4] > wave.mean[8] == 0), wave.quantile([0.1, 0.9]).shape
        (True, (2, 12))
    """
    findings = check_outage(outage)
    if not (interval_s > 0 and interval_count > 0 and np.isfinite(first_s)):
        findings.append(found(ForecastCode.OUT_OF_RANGE, "interval_s"))
    refuse(findings)
    draws, levels = _draws(len(PARAMETERS) + 1)
    values, vectors = np.linalg.eigh(model.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    natural = _natural(model.mean + draws[:, : len(PARAMETERS)] @ root.T)
    window = Window(outage=outage, first_s=first_s, interval_s=interval_s, count=interval_count)
    own = np.exp(model.event_sd * draws[:, -1:])
    rates = window.calls(natural) * own
    return WaveForecast(mean=rates.mean(axis=0), rates=rates, levels=levels, dispersion=model.dispersion)


def _draws(dimensions: int) -> tuple[Floats, Floats]:
    """Evenly spread standard normal points and, beside each, a level in (0, 1); the same every time."""
    from scipy.stats import qmc  # takes a second, for which nobody should wait who forecasts nothing

    points = qmc.Sobol(dimensions + 1, scramble=False).random(_DRAWS) + 0.5 / _DRAWS
    return ndtri(points[:, :-1]), points[:, -1].copy()


def _transformed(prior: WavePrior) -> tuple[Floats, Floats]:
    beliefs = [getattr(prior, name) for name in PARAMETERS]
    mean = [
        float(logit(one.median)) if name in _LOGIT else float(np.log(one.median))
        for name, one in zip(PARAMETERS, beliefs, strict=True)
    ]
    return np.array(mean), np.array([one.sd for one in beliefs])


def _natural(transformed: Floats) -> Floats:
    natural = np.exp(transformed)
    for column, name in enumerate(PARAMETERS):
        if name in _LOGIT:
            natural[..., column] = expit(transformed[..., column])
    return natural


def check_outage(outage: Outage) -> list[ForecastFinding]:
    """Everything that is wrong with an outage: steps that do not ascend from 0, customers that are negative or not
    finite, an hour outside a day, a share outside 0 to 1.

    Example:
        >>> [one.field for one in check_outage(build_outage([0, 0], [5, -1], start_hour=25))]
        ['at_s', 'customers', 'start_hour']
    """
    at, customers = outage.at_s, outage.customers
    wrong = {
        "at_s": at.ndim != 1 or not len(at) or at[0] != 0 or not (np.diff(at) > 0).all() or not np.isfinite(at).all(),
        "customers": customers.shape != at.shape or not np.isfinite(customers).all() or bool((customers < 0).any()),
        "start_hour": not 0 <= outage.start_hour < 24,
        "announced_from_s": bool(np.isnan(outage.announced_from_s)),
        "noticed_share": not 0 <= outage.noticed_share <= 1,
    }
    return [found(ForecastCode.OUT_OF_RANGE, name) for name, bad in wrong.items() if bad]


def check_wave_history(history: Sequence[WaveRecord]) -> list[ForecastFinding]:
    """Everything that is wrong with records of waves, their positions in the findings: wrong outages, calls and
    background of different lengths, negative or infinite.

    Example:
        >>> check_wave_history([])
        []
    """
    wrong: dict[tuple[ForecastCode, str], list[int]] = {}
    for place, record in enumerate(history):
        for one in check_outage(record.outage):
            wrong.setdefault((one.code, one.field), []).append(place)
        if record.calls.ndim != 1 or record.calls.shape != record.background.shape or not len(record.calls):
            wrong.setdefault((ForecastCode.WRONG_SHAPE, "calls"), []).append(place)
        for name in ("calls", "background"):
            column = getattr(record, name)
            if (column < 0).any():
                wrong.setdefault((ForecastCode.NEGATIVE, name), []).append(place)
            if np.isinf(column).any():
                wrong.setdefault((ForecastCode.INFINITE, name), []).append(place)
        if not record.interval_s > 0 or not np.isfinite(record.first_s):
            wrong.setdefault((ForecastCode.OUT_OF_RANGE, "interval_s"), []).append(place)
    return [found(code, field, places) for (code, field), places in wrong.items()]
