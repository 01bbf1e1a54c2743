"""How likely the evidence is behind an open device, and with supply: logs, by cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, logsumexp

from denghuo.engines.locate import _kernels
from denghuo.engines.locate.candidates import Candidates
from denghuo.engines.locate.chances import Chances
from denghuo.engines.locate.evidence import Evidence

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HOURS_PER_YEAR = 8760.0
_MOST_STRAY = 0.2
_LEAST = 1e-9
_STRAY_SHAPE = 1.0  # few stray reports come in lumps: geometric rather than Poisson


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Evidence row by row: a load of several customers is one, the single customers of one cut together are one.

    ``report_row`` and ``age_min`` by report. Loads that are known to be out have no row.
    """

    cut: Ints
    customers: Ints
    reports: Ints
    meters: Ints
    meters_off: Ints
    lit: Ints
    report_row: Ints
    age_min: Floats


@dataclass(frozen=True, kw_only=True)
class Latents:
    """What is not known of an outage, as a grid: log weight, share that reports, how alike its loads are in this, and
    minutes since it began (inf where no report has an age). Starts run first, the oldest before the others."""

    starts: int
    log_weight: Floats
    report_share: Floats
    concentration: Floats
    start_min: Floats

    @property
    def each_start_min(self) -> Floats:
        """The instants at which an outage may have begun [start]."""
        return self.start_min[:: len(self.start_min) // self.starts].copy()


@dataclass(frozen=True, kw_only=True)
class Paces:
    """What is not known of the day, as a grid: log weight, pace of failures, share of supplied customers who report,
    and how many of these by a wrong link."""

    log_weight: Floats
    pace: Floats
    stray_share: Floats
    by_link: Floats


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """Logs for all that was told behind each cut: ``if_out`` [cut, latent] given that it is out since then, ``out``
    [cut] the same summed over latents, ``supplied`` [cut, pace] given that all have supply, and ``all_supplied`` [pace]
    for the whole network. ``no_part`` [cut, pace] is the chance then that no load that reports has a fault of a part of
    its own. ``opened_before`` [cut] is the chance that a cut behind an open one had opened by itself.
    """

    latents: Latents
    paces: Paces
    if_out: Floats
    out: Floats
    supplied: Floats
    all_supplied: Floats
    no_part: Floats
    opened_before: Floats


def rows_of(candidates: Candidates, evidence: Evidence, known_out: Flags) -> Rows:
    """The rows of the loads that are not known to be out."""
    single = evidence.customers <= 1
    asked = candidates.supplied & ~known_out
    # Single customers share the row of their cut (or of none); every other load has its own.
    key = np.where(single, candidates.cut_of_load + 1, len(candidates) + 1 + np.arange(len(single)))
    kept = np.flatnonzero(asked)
    _, first, row = np.unique(key[kept], return_index=True, return_inverse=True)
    row_of_load = np.full(len(single), -1)
    row_of_load[kept] = row

    def total(values: Ints) -> Ints:
        return np.bincount(row, weights=values[kept], minlength=len(first)).astype(np.int64)

    reports, lit = total(evidence.reports), total(evidence.lit)
    heard = row_of_load[evidence.report_load] >= 0
    return Rows(
        cut=candidates.cut_of_load[kept][first],
        customers=np.maximum(total(evidence.customers) - lit, reports),
        reports=reports,
        meters=np.maximum(total(evidence.meters), total(evidence.meters_off)),
        meters_off=total(evidence.meters_off),
        lit=lit,
        report_row=row_of_load[evidence.report_load[heard]],
        age_min=evidence.age_min[heard],
    )


def likelihood_of(candidates: Candidates, rows: Rows, rate_h: Floats, chances: Chances) -> Likelihood:
    """Everything that the sums over sets need; ``rate_h`` how often each cut opens [1/h]."""
    latents, paces = _latents(rows, chances), _paces(rows, chances)
    start = latents.each_start_min
    window_min = max(60.0 * chances.window_h, float(start[0]) if np.isfinite(start[0]) else 0.0)
    weight = np.minimum(chances.timed_reports / np.maximum(rows.reports, 1), 1.0)[rows.report_row]
    timely = np.log1p(np.outer(_density(rows.age_min, window_min, chances) - 1.0, paces.by_link)) * weight[:, None]
    stray, stray_share = _stray_if_out(timely, paces)
    delay = (chances.delay_min, chances.slow_share, window_min)
    after, times = _kernels.time_reports(rows.reports, rows.report_row, rows.age_min, weight, stray, start, delay)
    quiet = -stray_share * np.clip(1.0 - start / window_min, 0.0, 1.0)
    rest = np.outer(rows.customers, quiet) + _rest_if_out(rows, chances)[:, None]
    if_out = np.zeros((len(candidates), len(latents.log_weight)))
    silent = rows.customers - rows.reports
    _kernels.tell_apart(rows.cut, after, silent, times + rest, _tables(rows, latents, delay), if_out)
    opened_before = np.clip(-np.expm1(-chances.window_h * chances.nested_pace * rate_h), _LEAST, 0.5)
    alike = _alike(candidates, rows, rate_h)
    out = _kernels.fold(candidates.parent, if_out, latents.log_weight, latents.starts, opened_before, alike)
    in_part = _if_in_part(rows, latents, (after, times), delay, chances)
    of_rows, whole = _if_supplied(rows, timely, in_part, paces, chances)
    supplied, no_part = (_of_cuts(candidates, rows, values) for values in (of_rows, whole))
    return Likelihood(
        latents=latents,
        paces=paces,
        if_out=if_out,
        out=out,
        supplied=supplied,
        all_supplied=of_rows.sum(axis=0),
        no_part=no_part,
        opened_before=opened_before,
    )


def _of_cuts(candidates: Candidates, rows: Rows, of_rows: Floats) -> Floats:
    """Sums over the rows behind each cut [cut, pace]."""
    found = np.zeros((len(candidates), of_rows.shape[1]))
    _kernels.gather(found, rows.cut, of_rows)
    _kernels.sum_up(candidates.parent, found)
    return found


def _alike(candidates: Candidates, rows: Rows, rate_h: Floats) -> Ints:
    """A number for each kind of cut that has none behind it and one silent row, -1 for all others [cut]: most of a
    network, of few kinds."""
    count = len(candidates)
    silent = (rows.cut >= 0) & (rows.reports + rows.meters + rows.lit == 0)
    alone = np.bincount(rows.cut[rows.cut >= 0], minlength=count) == 1
    row = np.flatnonzero(silent & alone[rows.cut]) if count else np.empty(0, np.int64)
    row = row[candidates.end[rows.cut[row]] == rows.cut[row] + 1]
    found = np.full(count, -1)
    _, size = np.unique(rows.customers[row], return_inverse=True)
    rates, rate = np.unique(rate_h[rows.cut[row]], return_inverse=True)
    _, found[rows.cut[row]] = np.unique(size * len(rates) + rate, return_inverse=True)
    return found


def _paces(rows: Rows, chances: Chances) -> Paces:
    """The grid over days: every pace with every share of stray reports and of wrong links."""
    told = rows.reports.sum() / max(rows.customers.sum(), 1)
    pace, stray, link = (
        grid.ravel()
        for grid in np.meshgrid(
            chances.paces, chances.stray_shares, np.array(chances.wrong_link_shares) * told, indexing="ij"
        )
    )
    weights = [_shares(one) for one in (chances.pace_weights, chances.stray_weights, chances.wrong_link_weights)]
    return Paces(
        log_weight=np.log(np.einsum("i,j,k->ijk", *weights).ravel()),
        pace=pace,
        stray_share=np.minimum(stray + link, _MOST_STRAY),
        by_link=link / (stray + link),
    )


def _latents(rows: Rows, chances: Chances) -> Latents:
    """The grid over outages."""
    start = _starts(rows.age_min, chances)
    spreads = len(chances.load_spreads)
    weight = np.repeat(_shares(chances.report_weights), spreads) / spreads
    share = np.repeat(np.array(chances.report_shares), spreads)
    spread = np.tile(np.array(chances.load_spreads), len(chances.report_shares))
    concentration = np.maximum((1.0 - share) / (share * spread**2) - 1.0, 1.0)
    return Latents(
        starts=len(start),
        log_weight=np.log(np.tile(weight, len(start)) / len(start)),
        report_share=np.tile(share, len(start)),
        concentration=np.tile(concentration, len(start)),
        start_min=np.repeat(start, len(share)),
    )


def _starts(age_min: Floats, chances: Chances) -> Floats:
    """Minutes ago at which outages may have begun, inf where no age is known.

    Evenly from the first report to now; where that would be too coarse, half of them just before the reports that came
    after the longest quiet.
    """
    known = np.unique(age_min[np.isfinite(age_min)])[::-1]
    if not len(known):
        return np.array([np.inf])
    oldest = known[0] + 1.0
    wanted = max(int(np.ceil(2.0 * oldest / chances.delay_min)), 1)
    count = wanted if wanted <= chances.most_starts else (chances.most_starts + 1) // 2
    even = oldest * np.arange(count, 0, -1) / count
    quiet = known[1:] - known[:-1]  # negative: minutes between a report and the one before
    bursts = known[1:][np.argsort(quiet, kind="stable")] + 1.0
    bursts = bursts[: max(min(wanted, chances.most_starts) - count, 0)]
    return np.sort(np.concatenate([even, bursts]))[::-1].copy()


def _density(age_min: Floats, window_min: float, chances: Chances) -> Floats:
    """How many of the other reports come within half a mean delay of each, over how many would if they came evenly over
    the window [report]; 1 where ages are unknown. So reports by wrong links come, which belong to somebody else."""
    found = np.ones(len(age_min))
    known = np.flatnonzero(np.isfinite(age_min))
    if len(known) > 1:
        age, half = np.sort(age_min[known]), 0.5 * chances.delay_min
        near = np.searchsorted(age, age_min[known] + half, "right") - np.searchsorted(age, age_min[known] - half)
        found[known] = window_min * (near - 1) / (len(known) - 1) / (2.0 * half)
    return found


def _stray_if_out(timely: Floats, paces: Paces) -> tuple[Floats, float]:
    """Of reports from before an outage: log chance of each [report], and the share of customers that they come from.
    Means over the days, before anything was told of this one."""
    usual = np.exp(paces.log_weight)
    share = float(usual @ paces.stray_share)
    of_report: Floats = np.log(np.exp(timely) @ usual) + np.log(share)
    return of_report, share


def _tables(
    rows: Rows, latents: Latents, delay: tuple[float, float, float], size: float = 1.0
) -> tuple[Floats, Floats, Floats]:
    """Log rising factorials for the shares that have reported by now, where ``size`` of the customers are out."""
    mean, slow, window_min = delay
    come = (1.0 - slow) * (1.0 - (1.0 + latents.start_min / mean) ** -2.0)
    share = size * latents.report_share * (come + slow * np.minimum(latents.start_min / window_min, 1.0))
    first, second = share * latents.concentration, (1.0 - share) * latents.concentration
    most, silent = int(rows.reports.max(initial=0)), int((rows.customers - rows.reports).max(initial=0))
    return _rising(first, most), _rising(second, silent), _rising(first + second, most + silent)


def _rest_if_out(rows: Rows, chances: Chances) -> Floats:
    """Meters that tell and meters that do not, and those who have supply after all [row]."""
    meters = _beta_binomial(rows.meters_off, rows.meters, chances.meter_share, chances.meter_concentration)
    found: Floats = meters + rows.lit * np.log(chances.lit_though_out_share)
    return found


def _if_in_part(
    rows: Rows, latents: Latents, timed: tuple[Ints, Floats], delay: tuple[float, float, float], chances: Chances
) -> Floats:
    """Of what was told at each load if a fault of its own takes out a part of it [row]: it begins at some instant, and
    of those it takes out as many report as of those behind a device. -inf where a load has no parts.

    So of a whole load more call than of a part of it, and the more call, the rather it is the whole.
    """
    silent = rows.customers - rows.reports
    # Most rows are alike, silent and of as many customers: each kind is worked out once.
    kind = np.where(rows.reports > 0, -1 - np.arange(len(silent)), silent)
    _, first, row = np.unique(kind, return_index=True, return_inverse=True)
    cut, (after, times), silent = np.arange(len(first)), (one[first] for one in timed), silent[first]
    found = np.full(len(first), -np.inf)
    for size in chances.part_sizes:
        of_latent = np.tile(latents.log_weight, (len(first), 1))
        _kernels.tell_apart(cut, after, silent, times, _tables(rows, latents, delay, size), of_latent)
        found = np.logaddexp(found, logsumexp(of_latent, axis=1) - np.log(len(chances.part_sizes)))
    in_part: Floats = np.where(rows.customers > 1, found[row], -np.inf)
    return in_part


def _if_supplied(rows: Rows, timely: Floats, in_part: Floats, paces: Paces, chances: Chances) -> tuple[Floats, Floats]:
    """Stray reports, or a fault of the load's own that takes out a part of it; stray meters [row, pace]. And the chance
    that there is no such fault at a load that reports."""
    # Most rows are alike, silent and of as many customers: each kind is worked out once.
    kind, row = np.unique(rows.reports * (rows.customers.max(initial=0) + 1) + rows.customers, return_inverse=True)
    reports, customers = np.divmod(kind[:, None], rows.customers.max(initial=0) + 1)
    shares, which = np.unique(paces.stray_share, return_inverse=True)
    certainty = np.maximum(_STRAY_SHAPE, customers * shares) / shares
    part = -np.expm1(-chances.part_per_year * chances.window_h * paces.pace / HOURS_PER_YEAR)
    whole = (np.log1p(-part) + _beta_binomial(reports, customers, shares, certainty)[:, which])[row]
    _kernels.gather(whole, rows.report_row, timely)
    found = np.logaddexp(whole, np.log(part) + in_part[:, None])
    off = rows.meters_off * np.log(chances.meter_stray_share)
    off = off + (rows.meters - rows.meters_off) * np.log1p(-chances.meter_stray_share)
    no_part = np.where((rows.reports > 0)[:, None], whole - found, 0.0)
    all_told: Floats = found + off[:, None]
    return all_told, no_part


def _beta_binomial(told: Any, of: Any, mean: Any, certainty: Any) -> Floats:
    """log chance of a given choice of ``told`` among ``of`` (without the count of such choices)."""
    first, second = mean * certainty, (1.0 - mean) * certainty
    found: Floats = betaln(first + told, second + of - told) - betaln(first, second)
    return found


def _rising(start: Floats, most: int) -> Floats:
    """log Γ(x + i) / Γ(x) for i from 0 to ``most`` [i, x]."""
    steps = np.zeros((most + 1, len(start)))
    np.cumsum(np.log(start + np.arange(most)[:, None]), axis=0, out=steps[1:])
    return steps


def _shares(weights: tuple[float, ...]) -> Floats:
    array = np.array(weights)
    found: Floats = array / array.sum()
    return found
