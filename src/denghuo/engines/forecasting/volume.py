"""How many calls will come, interval by interval, as a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.forecasting import _gaussian
from denghuo.engines.forecasting._covariates import Covariates, Part, covariates, kernels, parts
from denghuo.engines.forecasting._gaussian import Fit
from denghuo.engines.forecasting._profile import Split, split
from denghuo.engines.forecasting.days import Days
from denghuo.engines.forecasting.distribution import VolumeForecast, forecast_of_parts
from denghuo.engines.forecasting.findings import ForecastCode, ForecastFinding, found, refuse
from denghuo.engines.forecasting.history import check_counts

__all__ = ["Effect", "NotKnown", "VolumeModel", "check_volume", "fit_volume"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST_DAYS = 1_100  # days that a forecast looks back
_LEARN_DAYS = 300  # latest days from which the sizes of the parts are learned
_YEAR_FROM_DAYS = 400
_MONTH_FROM_DAYS = 62
_ROUNDS = 3
_NOISE_SD = 0.05  # expected of a day's total and of its profile, relative
_CENTERED_SD = 0.1
_LEAST_SHARE = 0.02  # of a day's profile, so that a day nearly unknown has a bound on its noise
_MOST_SURPRISE = 4.0
_LEAST_SPREAD, _MOST_SPREAD = 0.8, 2.0


class NotKnown(StrEnum):
    """What a history is too short to tell; the forecast is wider for it."""

    WEEKDAY = "weekday"
    MONTH = "month"
    YEAR = "year"
    EVENT = "event"
    WEATHER = "weather"


WEATHER = "weather"
_OF_WEATHER = ("weather", "weather_trend")
_EFFECT_Z = 1.2816  # four of five


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """By what an event, or the weather, multiplies the calls of days: ``factor`` as learned, and the bounds ``low`` and
    ``high`` between which it lies with a probability of 80 %; float64[days], 1 where it does nothing. ``name`` as of
    the column; all weather together is ``weather``, next to the usual weather of the history."""

    name: str
    factor: Floats
    low: Floats
    high: Floats

    def __post_init__(self) -> None:
        for column in (self.factor, self.low, self.high):
            column.flags.writeable = False


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumeModel:
    """What was learned; made by :func:`fit_volume`.

    ``days`` of the history and ``part_names`` of what makes days differ, with ``total_sd`` the standard deviation of
    the log of a day's calls that each accounts for (noise last) and ``profile_sd`` the same of the shares of intervals,
    relative; ``unusual`` bool[days, intervals] counts left out as the work of an incident, ``surprise`` float64[days]
    how many standard deviations a day's total lay from what the other days say, NaN where unknown; ``not_known`` what
    the history cannot tell.
    """

    days: Days
    part_names: tuple[str, ...]
    total_sd: Floats
    profile_sd: Floats
    unusual: Flags
    surprise: Floats
    not_known: tuple[NotKnown, ...]
    _split: Split
    _total: Fit
    _profile: Fit
    _spread: float
    _log_level: float
    _usual_root: Floats
    _interval_covariance: Floats

    def __post_init__(self) -> None:
        for column in (self.total_sd, self.profile_sd, self.unusual, self.surprise):
            column.flags.writeable = False

    def forecast(self, days: Days) -> VolumeForecast:
        """The calls of coming days, with the same events and weather columns as the history.

        Days between the history and these that are not listed count as without service if they are one or two.

        Raises:
            ForecastError: days not after the history, other columns than the history had.
        """
        refuse(_check_ahead(self.days, days))
        size = len(self.days)
        seen = covariates(self.days.then(days), known=size, with_year="year" in self.part_names)
        past, ahead = seen.take(self._split.rows), seen.take(slice(size, None))
        across, within = kernels(ahead, past), kernels(ahead, ahead)
        total, total_covariance = _gaussian.predict(self._total, across, within)
        root, root_covariance = _gaussian.predict(self._profile, across, within)
        return forecast_of_parts(
            days.day,
            served=self._split.open[days.pattern] & ~days.closed[:, None],
            log_total=total[:, 0] + self._log_level,
            log_total_covariance=_with_noise(total_covariance, self._total) * self._spread**2,
            root_share=np.maximum(root + self._usual_root, 0.0),
            root_covariance=_with_noise(root_covariance, self._profile),
            interval_covariance=self._interval_covariance,
        )

    def effects(self, days: Days) -> tuple[Effect, ...]:
        """What each event and the weather do to the calls of coming days, everything else the same.

        The posterior of each part alone: f(d) = v k(d, past) (Σ v K + noise)⁻¹ y, its variance likewise. Of weather the
        mean over the past is taken off, which the level makes up for.

        Raises:
            ForecastError: days not after the history, other columns than the history had.
        """
        refuse(_check_ahead(self.days, days))
        size = len(self.days)
        seen = covariates(self.days.then(days), known=size, with_year="year" in self.part_names)
        past, ahead = seen.take(self._split.rows), seen.take(slice(size, None))
        across, within, among = kernels(ahead, past), kernels(ahead, ahead), kernels(past, past)
        found = []
        for name, places in _effect_parts(self.part_names):
            reach, usual = (_summed(self._total.variances, one, places) for one in (across, among))
            alone = np.diag(_summed(self._total.variances, within, places))
            middle = (reach @ self._total.dual)[:, 0]
            if name == WEATHER:
                middle = np.where(reach.any(axis=1), middle - float((usual @ self._total.dual).mean()), 0.0)
            left = np.maximum(alone - ((reach @ self._total.inverse) * reach).sum(axis=1), 0.0)
            there = alone > 0
            wide = _EFFECT_Z * np.sqrt(left)
            bounds = (np.where(there, np.exp(middle + side), 1.0) for side in (0.0 * wide, -wide, wide))
            factor, low, high = bounds
            found.append(Effect(name=name, factor=factor, low=low, high=high))
        return tuple(found)


def _summed(variances: Floats, shared: list[Floats], places: list[int]) -> Floats:
    """Kernels of some parts together, each as large as was learned."""
    total: Floats = np.sum([variances[place] * shared[place] for place in places], axis=0)
    return total


def _effect_parts(names: tuple[str, ...]) -> list[tuple[str, list[int]]]:
    """Events by name with the place of their part, and all weather together."""
    found = [(name.removeprefix("event "), [at]) for at, name in enumerate(names) if name.startswith("event ")]
    weather = [at for at, name in enumerate(names) if name in _OF_WEATHER]
    return [*found, (WEATHER, weather)] if weather else found


def check_volume(counts: ArrayLike, *, days: Days, incident: ArrayLike | None = None) -> list[ForecastFinding]:
    """Everything that keeps :func:`fit_volume` from working: see :func:`check_counts`, and the shape of ``incident``.

    Example:
        >>> from denghuo.engines.forecasting import build_days
        >>> [one.code.value for one in check_volume(np.ones((3, 4)), days=build_days(["2026-01-01", "2026-01-02",
        ...                                                                          "2026-01-03"]))]
        ['too_short']
    """
    table = np.array(counts, dtype=np.float64)
    if incident is not None:
        if np.shape(incident) not in {table.shape, (len(days),)}:
            return [*check_counts(counts, day=days.day), found(ForecastCode.WRONG_SHAPE, "incident")]
        if len(table) == len(days):
            table = np.where(_marked(incident, table.shape) & ~(table < 0), np.nan, table)
    return check_counts(table, day=days.day)


def fit_volume(
    counts: ArrayLike, *, days: Days, incident: ArrayLike | None = None, like: VolumeModel | None = None
) -> VolumeModel:
    """Learn the calls of a hotline from its history.

    Calls N in interval i of day d are Poisson with a random rate, T(d) s(d, i): the day's busyness times its profile.
    log T and the square roots of the shares s are Gaussian processes over days, sums of parts for level, weekday,
    drifting weekday, slow and short drift, place in the month, days around days off, each event, weather, season. How
    much of each there is, is learned by empirical Bayes, for all intervals together in the profile. Days and intervals
    of incidents weigh less, see ``unusual`` and ``surprise`` of the model.

    Args:
        counts: calls by day and interval (days, intervals), NaN unknown, 0 while closed.
        days: the calendar of the rows.
        incident: days or intervals to leave out, True or False: outages whose wave is forecast by itself, failures of
            the telephone system.
        like: a model whose part sizes are taken over instead of learned, which is much faster; ignored if it has other
            parts.

    Raises:
        ForecastError: what :func:`check_volume` finds.

    Source: after Shen & Huang 2008, "Interday forecasting and intraday updating of call center arrivals", M&SOM 10(3),
    and Aldor-Noiman, Feigin & Mandelbaum 2009, Annals of Applied Statistics 3(4); the priors are our own.

    Example:
        >>> from denghuo.engines.forecasting import build_days
        >>> past = build_days(np.arange("2026-01-05", "2026-03-02", dtype="M8[D]"))
        >>> profile = np.array([20.0, 60.0, 40.0]) * np.where(past.pattern < 5, 1.0, 0.5)[:, None]
        >>> model = fit_volume(np.random.default_rng(1).poisson(profile), days=past)
        >>> ahead = model.forecast(build_days(["2026-03-02", "2026-03-08"]))
        >>> bool(abs(ahead.mean[0, 1] - 60) < 6), bool(abs(ahead.mean[1, 1] - 30) < 5), ahead.quantile(0.9).shape
        (True, True, (2, 3))
    """
    refuse(check_volume(counts, days=days, incident=incident))
    table = np.array(counts, dtype=np.float64)
    marked = _marked(incident, table.shape)
    table[days.closed] = 0.0
    table, marked, days = table[-_MOST_DAYS:], marked[-_MOST_DAYS:], days.take(slice(-_MOST_DAYS, None))
    parted = split(table, days.pattern.astype(np.int64), ignored=marked)
    with_year = int((days.day[-1] - days.day[0]).astype(np.int64)) >= _YEAR_FROM_DAYS
    named = parts(days, with_year=with_year)
    seen = covariates(days, known=len(days), with_year=with_year).take(parted.rows)
    names = (*(part.name for part in named), "noise")
    same = like if like is not None and like.part_names == names else None
    log_level = float(np.median(np.log(parted.total)))
    usual_root = np.sqrt(parted.share).mean(axis=0)
    root = np.sqrt(parted.share) - usual_root
    total = _fit_total(np.log(parted.total) - log_level, parted, seen, named, same)
    profile = _fit_profile(root, parted, seen, named, same)
    surprise = np.full(len(days), np.nan)
    surprise[parted.rows] = _gaussian.left_out(total)[:, 0]
    return VolumeModel(
        days=days,
        part_names=names,
        total_sd=np.sqrt(total.variances),
        profile_sd=2 * np.sqrt(profile.variances * table.shape[1]),
        unusual=parted.unusual,
        surprise=surprise,
        not_known=_not_known(days, parted, with_year=with_year),
        _split=parted,
        _total=total,
        _profile=profile,
        _spread=_spread(surprise[parted.rows]),
        _log_level=log_level,
        _usual_root=usual_root,
        _interval_covariance=_between_intervals(root, profile),
    )


def _marked(incident: ArrayLike | None, shape: tuple[int, ...]) -> Flags:
    if incident is None:
        return np.zeros(shape, dtype=np.bool_)
    given = np.array(incident, dtype=np.bool_)
    return given if given.ndim == 2 else np.repeat(given[:, None], shape[1], axis=1)


def _spread(surprise: Floats) -> float:
    """By how much days differ more from what the others say than the fit believes."""
    found = float(np.sqrt(np.mean(np.minimum(np.abs(surprise), _MOST_SURPRISE) ** 2)))
    return min(max(found, _LEAST_SPREAD), _MOST_SPREAD)


def _fit_total(y: Floats, parted: Split, seen: Covariates, named: tuple[Part, ...], like: VolumeModel | None) -> Fit:
    prior = np.array([part.prior_sd for part in named] + [_NOISE_SD]) ** 2
    prior[0] = 1.0
    known = 1 / (parted.total * np.maximum(parted.known_share, _LEAST_SHARE))
    return _robust(y[:, None], seen, prior, known, None if like is None else like._total.variances)


def _fit_profile(
    root: Floats, parted: Split, seen: Covariates, named: tuple[Part, ...], like: VolumeModel | None
) -> Fit:
    """Square roots of shares: their Poisson noise has the variance 1 / (4 T) in every interval."""
    prior = np.array([part.prior_sd for part in named] + [_NOISE_SD]) ** 2
    prior[0] = _CENTERED_SD**2
    known = 1 / (4 * parted.total * np.maximum(parted.known_share, _LEAST_SHARE))
    prior /= 4 * root.shape[1]
    return _robust(root, seen, prior, known, None if like is None else like._profile.variances)


def _robust(y: Floats, seen: Covariates, prior: Floats, known: Floats, variances: Floats | None) -> Fit:
    """Learn, see which days fit nothing, and learn again with these weighing less."""
    shared = kernels(seen, seen)
    weight = np.ones(len(y))
    latest = slice(-_LEARN_DAYS, None)
    within = [kernel[latest, latest] for kernel in shared]
    given, sizes = variances is not None, variances
    for number in range(_ROUNDS):
        if sizes is None or not given:
            sizes = _gaussian.learn(y[latest], within, prior, known[latest], weight[latest], start=sizes)
        fit = _gaussian.solve(y, shared, sizes, known, weight)
        weight = _gaussian.surprise_weight(_gaussian.left_out(fit), masked=number == 0)
        if (weight <= 1.0).all():
            break
    return fit


def _between_intervals(root: Floats, fit: Fit) -> Floats:
    """Covariance between intervals of what the profile does, on average 1 on the diagonal, shrunk to independence."""
    days, intervals = root.shape
    raw = root.T @ fit.dual / days
    raw = (raw + raw.T) / 2
    lean = intervals / (intervals + days)
    raw = (1 - lean) * raw + lean * np.diag(np.diag(raw))
    normed: Floats = raw / max(float(np.trace(raw)) / intervals, 1e-12)
    return normed


def _with_noise(covariance: Floats, fit: Fit) -> Floats:
    noisy: Floats = covariance + fit.variances[-1] * np.eye(len(covariance))
    return noisy


def _not_known(days: Days, parted: Split, *, with_year: bool) -> tuple[NotKnown, ...]:
    span = int((days.day[-1] - days.day[0]).astype(np.int64)) + 1
    seen = np.bincount(days.pattern[parted.rows].astype(np.int64), minlength=7)
    said = {
        NotKnown.WEEKDAY: bool((seen[seen > 0] < 2).any()) or span < 14,
        NotKnown.MONTH: span < _MONTH_FROM_DAYS,
        NotKnown.YEAR: not with_year,
        NotKnown.EVENT: bool(((days.events[parted.rows] != 0).sum(axis=0) < 2).any()),
        NotKnown.WEATHER: bool((np.isnan(days.weather).mean(axis=0) > 0.5).any()),
    }
    return tuple(code for code, unknown in said.items() if unknown)


def _check_ahead(past: Days, days: Days) -> list[ForecastFinding]:
    findings = []
    if past.event_names != days.event_names:
        findings.append(found(ForecastCode.OTHER_COLUMNS, "events"))
    if past.weather_names != days.weather_names:
        findings.append(found(ForecastCode.OTHER_COLUMNS, "weather"))
    early = np.flatnonzero(days.day <= past.day[-1])
    if len(early):
        findings.append(found(ForecastCode.NOT_AFTER_HISTORY, "day", early))
    return findings
