"""Callers who try again: the load they make, and the answer rate by attempt and by caller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.queueing.checks import QueueError, check_queue
from denghuo.engines.queueing.erlang import QueueFigures, figures_of, frozen, stacked_inputs

__all__ = ["RedialFigures", "redial_figures"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedialFigures:
    """Figures where unanswered callers try again; float64 of one shape.

    ``attempts`` the queue as the switch sees it, every attempt a call; ``fresh_calls_per_h`` first attempts;
    ``attempts_per_caller``; ``answered_by_caller_share`` callers who are answered at some attempt, which is never
    below ``attempts.answered_share``.
    """

    attempts: QueueFigures
    fresh_calls_per_h: Floats
    attempts_per_caller: Floats
    answered_by_caller_share: Floats


def redial_figures(
    calls_per_h: ArrayLike,
    *,
    seats: ArrayLike,
    handling_s: ArrayLike,
    redial_share: ArrayLike,
    redial_blocked_share: ArrayLike | None = None,
    most_attempts: ArrayLike = np.inf,
    patience_s: ArrayLike = np.inf,
    waiting_places: ArrayLike = np.inf,
    within_s: ArrayLike = 20.0,
) -> RedialFigures:
    """The steady state of a hotline whose unanswered callers try again, as the one root of a rising function.

    Of the calls at rate λ a share u(λ) = r·P(abandon) + r'·P(blocked) is tried again, so that of one caller there are
    1 + u + u² + ... attempts, at most so many as given; λ is the rate at which λ / (1 + u + ...) is the rate of fresh
    calls. Redials are taken to come long enough after the call that they meet the steady state again: how long does
    not matter then.

    Args:
        calls_per_h: fresh calls.
        redial_share: of those who abandon, how many try again; independent of how often they tried.
        redial_blocked_share: the same of blocked ones; left out, as of those who abandon.
        most_attempts: attempts after which a caller gives up, 1 is no redial; inf: no limit.
        seats, handling_s, patience_s, waiting_places, within_s: see :func:`queue_figures`.

    Raises:
        QueueError: numbers out of range, shapes that differ, or ``endless_redials``: a redial share of 1 without a
        limit of attempts, which has no steady state once the load exceeds the seats.

    Source: S. Aguir, F. Karaesmen, Z. Akşin, F. Chauvet, "The impact of retrials on call center performance", OR
    Spectrum 26 (2004), for the fixed point.

    Example:
        >>> found = redial_figures(720, seats=30, handling_s=180, patience_s=120, redial_share=0.46)
        >>> float(found.attempts.answered_share.round(3)), float(found.answered_by_caller_share.round(3))
        (0.723, 0.829)
    """
    blocked_share = redial_share if redial_blocked_share is None else redial_blocked_share
    fields: dict[str, ArrayLike] = {
        "calls_per_h": calls_per_h,
        "handling_s": handling_s,
        "patience_s": patience_s,
        "seats": seats,
        "waiting_places": waiting_places,
        "within_s": within_s,
        "redial_share": redial_share,
        "redial_blocked_share": blocked_share,
        "most_attempts": most_attempts,
    }
    if found := check_queue(known=False, **fields):
        raise QueueError(found)
    inputs, shape = stacked_inputs(fields)
    figures = figures_of(inputs, shape)
    after_abandoning, after_blocked, most = inputs[:, 6:9].T.reshape(3, *shape)
    again = after_abandoning * figures.abandoned_share + after_blocked * figures.blocked_share
    with np.errstate(invalid="ignore", divide="ignore"):
        per_caller = np.array(np.where(again == 1, most, (1.0 - again**most) / (1.0 - again)))
    return RedialFigures(
        attempts=figures,
        fresh_calls_per_h=frozen((inputs[:, 0] * 3600.0).reshape(shape)),
        attempts_per_caller=frozen(per_caller),
        answered_by_caller_share=frozen(np.array(per_caller * figures.answered_share)),
    )
