"""Why a time fell short of its target: the engine's answer for a span, remembered until anything about it changes."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from denghuo.apps.hotline.models import Cause
from denghuo.apps.hotline.queries.calls import edges
from denghuo.apps.hotline.queries.figures import Span, figures
from denghuo.apps.hotline.queries.rules import causes_within
from denghuo.apps.hotline.snapshot.months import MonthInputs, month_inputs
from denghuo.engines.attribution import (
    AttributionError,
    Calibration,
    MonthExplanation,
    ShareIntervals,
    calibrate,
    explain_month,
    resample_usual_calls,
    share_intervals,
)

_KEPT = 24
_DRAWS, CONFIDENCE_SHARE = 40, 0.8
_AROUND = timedelta(weeks=10)
_kept: OrderedDict[Any, "Explained | None"] = OrderedDict()


@dataclass(frozen=True, kw_only=True)
class Explained:
    """The engine's answer, what it was given, and how well the model fits."""

    inputs: MonthInputs
    calibration: Calibration
    found: MonthExplanation
    causes: tuple[Cause, ...]  # in the order of the engine's players

    @cached_property
    def intervals(self) -> ShareIntervals | None:
        """Where the parts would lie had the usual been the mean of other quiet days; takes seconds, once. None where
        some day of the time has no quiet day of its kind."""
        inputs, rng = self.inputs, np.random.default_rng(1)
        try:
            usual = resample_usual_calls(
                inputs.history_calls_per_h,
                history_groups=inputs.history_kinds,
                day_groups=inputs.day_kinds,
                draw_count=_DRAWS,
                rng=rng,
            )
        except AttributionError:
            return None
        return share_intervals(
            inputs.month,
            inputs.causes,
            usual_calls_per_h=usual,
            target_answered_share=self.found.target_answered_share,
            model=self.calibration.model,
            confidence_share=CONFIDENCE_SHARE,
            rng=rng,
        )


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Between which shares a part lies."""

    low: float
    high: float


def bounds_of(found: Explained) -> dict[str, Bounds]:
    """How far each part, by player, ``usual`` and ``unexplained``, moves about its value with another usual; empty if
    there is none. Draws of a mean lie to one side of what the mean gives: what counts is how far they spread."""
    told, account = found.intervals, found.found
    if told is None:
        return {}
    draws = {code: told.draws[:, at] for at, code in enumerate(told.players)}
    draws |= {"usual": told.usual_draws, "unexplained": -(told.usual_draws + told.draws.sum(axis=1))}
    values = dict(zip(account.players, account.player_shares.tolist(), strict=True))
    values |= {"usual": account.usual_share, "unexplained": account.unexplained_share}
    tails = [(1 - told.confidence_share) / 2, 0.5, (1 + told.confidence_share) / 2]
    found_bounds = {}
    for code, drawn in draws.items():
        low, middle, high = np.quantile(drawn, tails).tolist()
        found_bounds[code] = Bounds(low=values[code] + low - middle, high=values[code] + high - middle)
    return found_bounds


def explained(span: Span, *, target_share: float, causes: Sequence[Cause], known_until: date) -> Explained | None:
    """The shortfall of a span against a target, shared out to causes; None where nothing is usual yet."""
    key = _key(span, target_share, causes, known_until)
    if key not in _kept:
        _kept[key] = _explain(span, target_share, causes, known_until)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return _kept[key]


def is_explained(span: Span, *, target_share: float, causes: Sequence[Cause], known_until: date) -> bool:
    """Whether that was worked out before; else it takes seconds."""
    return _key(span, target_share, causes, known_until) in _kept


def _key(span: Span, target_share: float, causes: Sequence[Cause], known_until: date) -> Any:
    around = Span(queue_ids=span.queue_ids, first=span.first - _AROUND, last=span.last + _AROUND)
    known = tuple((one.pk, one.started_at, one.ended_at, one.volume, one.handling, one.capacity) for one in causes)
    return span, target_share, known, known_until, figures(around)


def _explain(span: Span, target_share: float, causes: Sequence[Cause], known_until: date) -> Explained | None:
    inputs = month_inputs(span.queue_ids, first=span.first, last=span.last, known_until=known_until, causes=causes)
    if inputs is None:
        return None
    try:
        fit = calibrate(inputs.month, inputs.model)
        found = explain_month(inputs.month, inputs.causes, target_answered_share=target_share, model=fit.model)
    except AttributionError:
        return None
    by_key = {str(cause.pk): cause for cause in causes}
    return Explained(
        inputs=inputs,
        calibration=fit,
        found=found,
        causes=tuple(by_key[cause.code] for cause in inputs.causes),
    )


def causes_around(scope: Sequence[str], span: Span) -> list[Cause]:
    """Causes that touch a span or what is usual around it."""
    start, end = edges(span)
    return causes_within(scope, since=start - _AROUND, until=end + _AROUND)
