"""Why a month missed its target: calls missing to it, shared out to causes, days and ways of working."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.attribution._days import Accounts, DayParts, explain_day
from denghuo.engines.attribution.checks import AttributionCode, AttributionFinding, find
from denghuo.engines.attribution.month import REDIALS, UNNAMED, Cause, HotlineMonth, excess_of_players
from denghuo.engines.attribution.queue_model import QueueModel, check_model, refuse

__all__ = ["MonthExplanation", "explain_month"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthExplanation:
    """A month's shortfall by player and day, in calls missing to the target: target · offered - answered.

    Negative is calls beyond the target. Of each day, exactly
    ``missing_calls`` = ``usual_calls`` + Σ ``player_calls`` + ``unexplained_calls``.

    * ``target_answered_share``; ``players`` codes of the causes as given, then :data:`UNNAMED`, :data:`REDIALS`
    * ``offered_calls``, ``answered_calls``, ``missing_calls`` float64[days], observed
    * ``usual_offered_calls``, ``usual_answered_calls``, ``usual_calls`` float64[days], of days without any player
    * ``modeled_offered_calls``, ``modeled_answered_calls`` float64[days], of days with all players
    * ``player_calls`` float64[players, days], Shapley values; ``standard_error_calls`` of them, 0 where all coalitions
      were worked out
    * ``alone_calls`` what would be missing beyond the usual if only this player had come, ``avoidable_calls`` what
      would not be missing had all but this one come; float64[players, days]. These do not add up
    * ``way_calls`` float64[players, 3 ways, days], Owen values, adding up to ``player_calls`` where they are known; NaN
      where not asked for, of redials, and of days whose coalitions were drawn
    * ``unexplained_calls`` float64[days], what is missing beyond the model with all players
    * ``evaluation_count`` days worked out
    """

    target_answered_share: float
    players: tuple[str, ...]
    offered_calls: Floats
    answered_calls: Floats
    missing_calls: Floats
    usual_offered_calls: Floats
    usual_answered_calls: Floats
    usual_calls: Floats
    modeled_offered_calls: Floats
    modeled_answered_calls: Floats
    player_calls: Floats
    standard_error_calls: Floats
    alone_calls: Floats
    avoidable_calls: Floats
    way_calls: Floats
    unexplained_calls: Floats
    evaluation_count: int

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(column := getattr(self, field.name), np.ndarray):
                column.setflags(write=False)

    @property
    def answered_share(self) -> float:
        """The month's answer rate, observed."""
        return float(self.answered_calls.sum() / self.offered_calls.sum())

    @property
    def usual_answered_share(self) -> float:
        """The answer rate of the month without any player, by the model; NaN if nobody would call."""
        offered = float(self.usual_offered_calls.sum())
        return float(self.usual_answered_calls.sum()) / offered if offered > 0 else float("nan")

    @property
    def modeled_answered_share(self) -> float:
        """The answer rate of the month with all players, by the model; NaN if nobody would call."""
        offered = float(self.modeled_offered_calls.sum())
        return float(self.modeled_answered_calls.sum()) / offered if offered > 0 else float("nan")

    @property
    def shortfall_share(self) -> float:
        """Target - answer rate: ``usual_share`` + Σ ``player_shares`` + ``unexplained_share``."""
        return self.share_of_month(float(self.missing_calls.sum()))

    @property
    def usual_share(self) -> float:
        """The part of the shortfall that the usual month brings along; negative where it was better than the target."""
        return self.share_of_month(float(self.usual_calls.sum()))

    @property
    def player_shares(self) -> Floats:
        """The part of each player, float64[players]."""
        return np.asarray(self.player_calls.sum(axis=1) / self.offered_calls.sum())

    @property
    def unexplained_share(self) -> float:
        """The part that the model does not explain."""
        return self.share_of_month(float(self.unexplained_calls.sum()))

    def share_of_month(self, calls: float) -> float:
        """Missing calls as a part of all calls offered in the month: 0.01 is one percentage point."""
        return calls / float(self.offered_calls.sum())


def explain_month(
    month: HotlineMonth,
    causes: Sequence[Cause],
    *,
    target_answered_share: float,
    model: QueueModel,
    by_way: bool = False,
    most_exact_players: int = 10,
    pair_count: int = 100,
    rng: np.random.Generator | None = None,
) -> MonthExplanation:
    """Share a month's missing calls out to its causes, to what is unusual without one, and to redials.

    A coalition's day has the calls, handling and seats of the usual day, and on top what its players add; redials only
    if they are in it. Its value is target · offered - answered by the model. Values of coalitions become shares by
    :func:`~denghuo.engines.attribution.shapley_values`, day by day, since no day depends on another; the month is the
    sum of its days.

    Args:
        month: what was usual and what was observed.
        causes: what is known to have been at work.
        target_answered_share: the answer rate to be reached.
        model: callers and queue.
        by_way: also split each cause into more calls, longer handling and fewer seats.
        most_exact_players: players on one day up to which every coalition is worked out; beyond, orders are drawn.
        pair_count: pairs of orders drawn on such a day.
        rng: where they come from; needed for such days only.

    Raises:
        AttributionError: findings of :func:`check_month`, :func:`check_model`, a target out of range, or
            ``too_many_players`` with the days that need ``rng``.

    Source: L. S. Shapley (1953); A. F. Shorrocks (2013); docs/engines/attribution.md for why calls missing to the
    target and not the answer rate itself.

    Example:
        >>> month = HotlineMonth(
        ...     usual_calls_per_h=[[60.0, 80.0]] * 2, observed_calls_per_h=[[60.0, 80.0], [90.0, 160.0]],
        ...     usual_handling_s=180, observed_handling_s=180, usual_seats=6, observed_seats=[[6, 6], [6, 5]],
        ...     offered_calls=[70, 140], answered_calls=[68, 100], interval_s=1800,
        ... )
        >>> causes = [Cause(code="storm", volume=[[False], [True]]), Cause(code="illness", capacity=True)]
        >>> found = explain_month(month, causes, target_answered_share=0.95,
        ...                       model=QueueModel(patience_s=120, redial_share=0.4))
        >>> dict(zip(found.players, (found.player_shares * 100).round(1).tolist()))
        {'storm': 13.4, 'illness': 3.1, 'unnamed': 0.0, 'redials': 2.6}
        >>> parts = found.usual_share + found.player_shares.sum() + found.unexplained_share
        >>> bool(abs(parts - (0.95 - 168 / 210)) < 1e-12)
        True
    """
    findings = check_model(model)
    if not 0 < target_answered_share <= 1:
        findings.append(AttributionFinding(code=AttributionCode.NOT_A_SHARE, field="target_answered_share"))
    refuse(findings)
    excess = excess_of_players(month, causes)
    active = np.append(np.any(excess != 0, axis=(1, 3)), np.full((1, excess.shape[2]), model.redial_share > 0), axis=0)
    if rng is None:
        refuse(find(AttributionCode.TOO_MANY_PLAYERS, "causes", active.sum(axis=0) > most_exact_players))
    accounts = Accounts(
        usual=month.usual,
        excess=excess,
        interval_s=month.interval_s,
        target_share=target_answered_share,
        model=model,
        by_way=by_way,
        most_exact_players=most_exact_players,
        pair_count=pair_count,
        rng=rng,
    )
    days = [explain_day(accounts, day, np.flatnonzero(active[:, day])) for day in range(active.shape[1])]
    return _summed(month, (*(cause.code for cause in causes), UNNAMED, REDIALS), target_answered_share, days)


def _summed(month: HotlineMonth, players: tuple[str, ...], target: float, days: list[DayParts]) -> MonthExplanation:
    """The days side by side, and beside what was observed."""
    offered, answered = np.array(month.offered_calls), np.array(month.answered_calls)
    missing = target * offered - answered
    usual, modeled = (np.array([getattr(day, name) for day in days]) for name in ("usual", "modeled"))
    shares, alone, avoidable, errors = np.stack([day.by_player for day in days], axis=2)
    usual_calls = target * usual[:, 0] - usual[:, 1]
    return MonthExplanation(
        target_answered_share=target,
        players=players,
        offered_calls=offered,
        answered_calls=answered,
        missing_calls=missing,
        usual_offered_calls=usual[:, 0].copy(),
        usual_answered_calls=usual[:, 1].copy(),
        usual_calls=usual_calls,
        modeled_offered_calls=modeled[:, 0].copy(),
        modeled_answered_calls=modeled[:, 1].copy(),
        player_calls=shares.copy(),
        standard_error_calls=errors.copy(),
        alone_calls=alone.copy(),
        avoidable_calls=avoidable.copy(),
        way_calls=np.stack([day.by_way for day in days], axis=2),
        unexplained_calls=missing - usual_calls - shares.sum(axis=0),
        evaluation_count=sum(day.evaluation_count for day in days),
    )
