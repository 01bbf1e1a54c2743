"""One number of the queueing model, set so that the model meets what was observed; how well it does stays visible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from denghuo.engines.attribution.checks import AttributionCode, AttributionFinding
from denghuo.engines.attribution.month import HotlineMonth, check_month
from denghuo.engines.attribution.queue_model import QueueModel, check_model, refuse

__all__ = ["Calibration", "Dial", "calibrate"]

# Scales closer than this are the same: a model may move in steps.
_FINEST = 1e-6


class Dial(StrEnum):
    """What is scaled: the seats that work per seat staffed, or the patience of callers."""

    SEATS = "seats"
    PATIENCE = "patience"


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """A model before and after: ``model`` with its number multiplied by ``scale``; the month's answer rate observed,
    by the model before and by the model now. ``met`` False: no scale in the range meets what was observed, and the
    nearest end was taken. A scale far from 1 says that the model leaves something out."""

    model: QueueModel
    dial: Dial
    scale: float
    observed_share: float
    before_share: float
    after_share: float
    met: bool


def calibrate(
    month: HotlineMonth,
    model: QueueModel,
    *,
    dial: Dial = Dial.SEATS,
    least_scale: float = 0.5,
    most_scale: float = 2.0,
    tolerance_share: float = 1e-4,
) -> Calibration:
    """Scale seats or patience until the month as observed has the answer rate that was observed, by bisection.

    More seats and more patience both mean more answers, so there is one scale at most. Neither by interval nor by day:
    one number cannot fit what it should show.

    Args:
        month: what was observed; the usual is not looked at.
        model: the model to start from.
        dial: what is scaled.
        least_scale, most_scale: the range, on a logarithmic scale.
        tolerance_share: when the answer rates are near enough.

    Raises:
        AttributionError: findings of :func:`check_month` and :func:`check_model`, or a range that is none.

    Example:
        >>> month = HotlineMonth(
        ...     usual_calls_per_h=[[200.0]], observed_calls_per_h=[[200.0]], usual_handling_s=180,
        ...     observed_handling_s=180, usual_seats=10, observed_seats=10, offered_calls=[200], answered_calls=[170],
        ...     interval_s=3600,
        ... )
        >>> found = calibrate(month, QueueModel(patience_s=120))
        >>> round(found.scale, 3), round(found.before_share, 3), round(found.after_share, 3)
        (0.958, 0.876, 0.85)
    """
    findings = check_month(month) + check_model(model)
    if not 0 < least_scale < most_scale < np.inf:
        findings.append(AttributionFinding(code=AttributionCode.NOT_POSITIVE, field="least_scale"))
    refuse(findings)
    observed = float(np.sum(month.answered_calls) / np.sum(month.offered_calls))
    before = _answered_share(month, model)
    ends = [least_scale, 1.0, most_scale] if least_scale < 1 < most_scale else [least_scale, most_scale]
    shares = [before if scale == 1 else _answered_share(month, _scaled(model, dial, scale)) for scale in ends]
    above = int(np.searchsorted(shares, observed))
    nearest = int(np.argmin(np.abs(np.subtract(shares, observed))))
    if above in (0, len(ends)) or abs(shares[nearest] - observed) <= tolerance_share:
        scale, after = ends[nearest], shares[nearest]
    else:
        scale, after = _bisect(month, model, dial, ends[above - 1], ends[above], observed, tolerance_share)
    return Calibration(
        model=_scaled(model, dial, scale),
        dial=dial,
        scale=scale,
        observed_share=observed,
        before_share=before,
        after_share=after,
        met=abs(after - observed) <= tolerance_share,
    )


def _bisect(
    month: HotlineMonth, model: QueueModel, dial: Dial, low: float, high: float, wanted: float, tolerance: float
) -> tuple[float, float]:
    """The scale between two whose answer rates lie on either side of the wanted one, and its answer rate."""
    while True:
        middle = float(np.sqrt(low * high))
        share = _answered_share(month, _scaled(model, dial, middle))
        if abs(share - wanted) <= tolerance or high <= low * (1 + _FINEST):
            return middle, share
        if share < wanted:
            low = middle
        else:
            high = middle


def _scaled(model: QueueModel, dial: Dial, scale: float) -> QueueModel:
    if dial is Dial.SEATS:
        return replace(model, seat_scale=model.seat_scale * scale)
    return replace(model, patience_s=model.patience_s * scale)


def _answered_share(month: HotlineMonth, model: QueueModel) -> float:
    observed = month.observed
    calls = model.work_out(observed, redials=np.ones(observed.shape[1]), interval_s=month.interval_s)
    return float(calls.answered.sum() / calls.offered.sum())
