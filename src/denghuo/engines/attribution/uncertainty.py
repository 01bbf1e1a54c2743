"""How sure the shares are: the usual is an average of few days, and other days would have given another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.attribution.checks import (
    AttributionCode,
    AttributionError,
    AttributionFinding,
    find,
    find_numbers,
)
from denghuo.engines.attribution.explanation import explain_month
from denghuo.engines.attribution.month import REDIALS, UNNAMED, Cause, HotlineMonth
from denghuo.engines.attribution.queue_model import QueueModel

__all__ = ["ShareIntervals", "draw_usual_calls", "resample_usual_calls", "share_intervals"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShareIntervals:
    """Where the month's parts lie for the usual months drawn, as shares of the calls offered.

    ``players`` as in the explanation; ``low``, ``high`` float64[players] hold the middle ``confidence_share`` of
    ``draws`` float64[draws, players]; ``usual_low``, ``usual_high`` and ``usual_draws`` float64[draws] the same of the
    usual month.
    """

    players: tuple[str, ...]
    confidence_share: float
    low: Floats
    high: Floats
    draws: Floats
    usual_low: float
    usual_high: float
    usual_draws: Floats


def draw_usual_calls(
    usual_calls_per_h: ArrayLike,
    *,
    draw_count: int,
    averaged_days: float,
    day_variation: float,
    interval_s: float,
    rng: np.random.Generator,
    day_groups: ArrayLike | None = None,
) -> Floats:
    """Usual months that might have been estimated as well: gamma-Poisson counts of as many days, averaged.

    A day's calls are Poisson around usual · G, where G is gamma with mean 1 and the day's variation: days differ by
    more than chance.

    Args:
        usual_calls_per_h: float[days, intervals], the estimate, taken as the truth.
        draw_count: months to draw.
        averaged_days: how many days the usual of a day was averaged from.
        day_variation: standard deviation of G; 0: chance alone.
        interval_s: length of an interval.
        rng: where they come from.
        day_groups: int[days]; days of one number have their usual from the same days (all Mondays, say), so their
            errors are the same, relative to their size. Left out, every day has its own.

    Returns:
        float64[draws, days, intervals], for :func:`share_intervals`.

    Raises:
        AttributionError: numbers out of range, groups of another length.

    Source: G. Jongbloed, G. Koole, "Managing uncertainty in call centres using Poisson mixtures", Applied Stochastic
    Models in Business and Industry 17 (2001).

    Example:
        The spread is √(100/8 + (100 · 0.1)²/8) = 5.

        >>> drawn = draw_usual_calls([[100.0, 50.0]], draw_count=4000, averaged_days=8, day_variation=0.1,
        ...                          interval_s=3600, rng=np.random.default_rng(1))
        >>> drawn.mean(axis=0).round(0).tolist(), drawn[:, 0, 0].std().round(1).item()
        ([[100.0, 50.0]], 4.9)
    """
    usual = np.asarray(usual_calls_per_h, dtype=np.float64)
    groups = np.arange(len(usual)) if day_groups is None else np.asarray(day_groups)
    findings = find_numbers("usual_calls_per_h", usual)
    findings += find_numbers("averaged_days", np.asarray(averaged_days, dtype=np.float64), positive=True)
    findings += find_numbers("day_variation", np.asarray(day_variation, dtype=np.float64))
    findings += find_numbers("interval_s", np.asarray(interval_s, dtype=np.float64), positive=True)
    if usual.ndim != 2 or groups.shape != usual.shape[:1]:
        findings.append(AttributionFinding(code=AttributionCode.SHAPES_DIFFER, field="day_groups"))
    if findings:
        raise AttributionError(findings)
    first, group = np.unique(groups, return_index=True, return_inverse=True)[1:]
    level = np.ones((draw_count, len(first), 1))
    if day_variation > 0:
        shape = averaged_days / day_variation**2
        level = rng.gamma(shape, 1.0 / shape, size=level.shape)
    counted = usual[first] * (averaged_days * interval_s / 3600.0)
    error = np.divide(rng.poisson(level * counted), counted, out=np.array(level + 0 * counted), where=counted > 0)
    return np.asarray(usual * error[:, group])


def resample_usual_calls(
    history_calls_per_h: ArrayLike,
    *,
    history_groups: ArrayLike,
    day_groups: ArrayLike,
    draw_count: int,
    rng: np.random.Generator,
) -> Floats:
    """Usual months from days drawn again, with replacement, from the days the usual was averaged from.

    Args:
        history_calls_per_h: float[history days, intervals].
        history_groups: int[history days], which kind of day each is.
        day_groups: int[days] of the month; every kind is in the history.
        draw_count: months to draw.
        rng: where they come from.

    Returns:
        float64[draws, days, intervals], for :func:`share_intervals`.

    Raises:
        AttributionError: numbers out of range, other lengths, or a kind of day that the history lacks (``unknown``).

    Source: B. Efron, "Bootstrap methods: another look at the jackknife" (1979).

    Example:
        >>> drawn = resample_usual_calls([[10.0], [14.0], [30.0]], history_groups=[0, 0, 1], day_groups=[0, 1, 0],
        ...                              draw_count=2, rng=np.random.default_rng(1))
        >>> drawn.shape, drawn[:, 1].tolist(), bool((drawn[:, 0] == drawn[:, 2]).all())
        ((2, 3, 1), [[30.0], [30.0]], True)
    """
    history = np.asarray(history_calls_per_h, dtype=np.float64)
    kinds, wanted = np.asarray(history_groups), np.asarray(day_groups)
    findings = find_numbers("history_calls_per_h", history)
    findings += find(AttributionCode.UNKNOWN, "day_groups", ~np.isin(wanted, kinds))
    if history.ndim != 2 or kinds.shape != history.shape[:1]:
        findings.append(AttributionFinding(code=AttributionCode.SHAPES_DIFFER, field="history_groups"))
    if findings:
        raise AttributionError(findings)
    drawn = np.empty((draw_count, len(wanted), history.shape[1]))
    for kind in np.unique(wanted):
        days = np.flatnonzero(kinds == kind)
        mean = history[rng.choice(days, size=(draw_count, len(days)))].mean(axis=1)
        drawn[:, wanted == kind] = mean[:, None]
    return drawn


def share_intervals(
    month: HotlineMonth,
    causes: Sequence[Cause],
    *,
    usual_calls_per_h: ArrayLike,
    target_answered_share: float,
    model: QueueModel,
    confidence_share: float = 0.9,
    most_exact_players: int = 10,
    pair_count: int = 100,
    rng: np.random.Generator | None = None,
) -> ShareIntervals:
    """Explain the month again for every usual month drawn, and see how far each part moves.

    What was observed stays as it is; only what counts as usual moves. Orders of joining, where they are drawn at all,
    are drawn anew each time, so that their error is in the intervals too. Costs as much as so many explanations.

    Args:
        usual_calls_per_h: float[draws, days, intervals] of :func:`draw_usual_calls` or :func:`resample_usual_calls`,
            two draws or more.
        confidence_share: how much of the draws an interval holds.
        month, causes, target_answered_share, model, most_exact_players, pair_count, rng: see
            :func:`~denghuo.engines.attribution.explain_month`.

    Raises:
        AttributionError: as explain_month, or fewer than two draws.

    Example:
        >>> month = HotlineMonth(
        ...     usual_calls_per_h=[[100.0]], observed_calls_per_h=[[150.0]], usual_handling_s=180,
        ...     observed_handling_s=180, usual_seats=6, observed_seats=6, offered_calls=[150], answered_calls=[110],
        ...     interval_s=3600,
        ... )
        >>> drawn = draw_usual_calls([[100.0]], draw_count=50, averaged_days=8, day_variation=0.1, interval_s=3600,
        ...                          rng=np.random.default_rng(1))
        >>> found = share_intervals(month, [Cause(code="storm", volume=True)], usual_calls_per_h=drawn,
        ...                         target_answered_share=0.95, model=QueueModel(patience_s=120))
        >>> [(code, round(low, 2), round(high, 2)) for code, low, high in zip(found.players, found.low.tolist(),
        ...                                                                  found.high.tolist())][:1]
        [('storm', 0.15, 0.18)]
    """
    drawn = np.asarray(usual_calls_per_h, dtype=np.float64)
    findings = []
    if drawn.ndim != 3 or len(drawn) < 2 or drawn.shape[1:] != np.shape(month.usual_calls_per_h):
        findings.append(AttributionFinding(code=AttributionCode.SHAPES_DIFFER, field="usual_calls_per_h"))
    if not 0 < confidence_share < 1:
        findings.append(AttributionFinding(code=AttributionCode.NOT_A_SHARE, field="confidence_share"))
    if findings:
        raise AttributionError(findings)
    explained = [
        explain_month(
            replace(month, usual_calls_per_h=usual),
            causes,
            target_answered_share=target_answered_share,
            model=model,
            most_exact_players=most_exact_players,
            pair_count=pair_count,
            rng=rng,
        )
        for usual in drawn
    ]
    draws = np.stack([one.player_shares for one in explained])
    usual_draws = np.array([one.usual_share for one in explained])
    tails = [(1 - confidence_share) / 2, (1 + confidence_share) / 2]
    low, high = np.quantile(draws, tails, axis=0)
    usual_low, usual_high = np.quantile(usual_draws, tails).tolist()
    for column in (draws, usual_draws, low, high):
        column.setflags(write=False)
    return ShareIntervals(
        players=(*(cause.code for cause in causes), UNNAMED, REDIALS),
        confidence_share=confidence_share,
        low=low,
        high=high,
        draws=draws,
        usual_low=usual_low,
        usual_high=usual_high,
        usual_draws=usual_draws,
    )
