"""What a hotline would have answered: the queueing model behind the explanation, a day at a time."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.attribution.checks import AttributionCode, AttributionError, AttributionFinding
from denghuo.engines.queueing.day import day_performance
from denghuo.engines.queueing.redials import redial_figures

__all__ = ["DayCalls", "DayModel", "QueueModel", "Scenarios", "check_model", "stationary_days", "transient_days"]

Floats = NDArray[np.float64]

# A part of a seat is staffed in some of so many days that are alike otherwise, at intervals well spread over the day.
_ALIKE = 2
_SPREAD = (5**0.5 - 1) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenarios:
    """Days as they might have been: ``calls_per_h`` fresh calls, ``handling_s``, ``seats`` (not always whole),
    float64[scenarios, intervals], and ``redial_share`` float64[scenarios] of those who give up."""

    calls_per_h: Floats
    handling_s: Floats
    seats: Floats
    redial_share: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class DayCalls:
    """Calls ``offered``, redials among them, and ``answered`` on each day, float64[scenarios]."""

    offered: Floats
    answered: Floats


class DayModel(Protocol):
    """Anything that works out days: each on its own, none depending on another."""

    def __call__(
        self, scenarios: Scenarios, *, interval_s: float, patience_s: float, redial_delay_s: float
    ) -> DayCalls: ...


def stationary_days(scenarios: Scenarios, *, interval_s: float, patience_s: float, redial_delay_s: float) -> DayCalls:
    """Every interval in its steady state: Erlang A with redials, nothing carried over to the next interval.

    Args:
        scenarios: days, all of as many intervals.
        interval_s: length of an interval.
        patience_s: mean time callers are ready to wait.
        redial_delay_s: not looked at, since redials return within their interval here.

    Raises:
        QueueError: numbers out of range.

    Source: see :func:`denghuo.engines.queueing.redials.redial_figures`.
    """
    del redial_delay_s
    found = redial_figures(
        scenarios.calls_per_h,
        seats=scenarios.seats,
        handling_s=scenarios.handling_s,
        patience_s=patience_s,
        redial_share=np.broadcast_to(scenarios.redial_share[:, None], scenarios.seats.shape),
    ).attempts
    calls = found.calls_per_h * (interval_s / 3600.0)
    return DayCalls(offered=calls.sum(axis=1), answered=(calls * found.answered_share).sum(axis=1))


def transient_days(scenarios: Scenarios, *, interval_s: float, patience_s: float, redial_delay_s: float) -> DayCalls:
    """Every day followed from an empty line in the morning: what one interval leaves waiting, the next one inherits.

    Calls settled by the end of the day: answered or given up, those still in the line left out. Seats that are not
    whole are the mean over two days with whole ones, rounded up where the part exceeds a threshold that differs by
    interval; so parts are right on average over the two days and the intervals, and more is never less.

    Args:
        scenarios: days, all of as many intervals.
        interval_s: length of an interval.
        patience_s: mean time callers are ready to wait.
        redial_delay_s: after how long callers try again, on average.

    Raises:
        QueueError: numbers out of range.

    Source: see :func:`denghuo.engines.queueing.day.day_performance`.

    Example:
        After a quarter of an hour of rush, those who still wait are answered in the next one: a steady state forgets
        them.

        >>> rush = Scenarios(calls_per_h=np.array([[900.0, 60.0]]), handling_s=np.full((1, 2), 180.0),
        ...                  seats=np.full((1, 2), 20.0), redial_share=np.zeros(1))
        >>> options = dict(interval_s=900, patience_s=600, redial_delay_s=300)
        >>> [days(rush, **options).answered.round(1).tolist() for days in (transient_days, stationary_days)]
        [[170.2], [115.0]]
    """
    seats, scenario, weight = _whole_seats(scenarios.seats)

    def settled(at: int) -> tuple[float, float]:
        which = scenario[at]
        day = day_performance(
            scenarios.calls_per_h[which],
            seats=seats[at],
            interval_s=interval_s,
            handling_s=scenarios.handling_s[which],
            patience_s=patience_s,
            redial_share=float(scenarios.redial_share[which]),
            redial_delay_s=redial_delay_s,
        )
        answered = float(day.answered_calls.sum())
        return answered + float(day.abandoned_calls.sum()), answered

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = np.array(list(threads.map(settled, range(len(seats))))).reshape(-1, 2) * weight[:, None]
    calls = np.zeros((len(scenarios.seats), 2))
    np.add.at(calls, scenario, found)
    return DayCalls(offered=calls[:, 0].copy(), answered=calls[:, 1].copy())


def _whole_seats(seats: Floats) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Rows of whole seats whose weighted mean is near the rows given; which row each is of, and its weight."""
    near = np.round(seats, 9)  # sums of parts are off by a hair
    up = (np.arange(seats.shape[1]) * _SPREAD + (np.arange(_ALIKE)[:, None] + 0.5) / _ALIKE) % 1.0
    rows = np.floor(near[:, None, :] + up)
    whole = np.all(rows[:, :1] == rows, axis=(1, 2))
    kept = np.repeat(~whole[:, None], _ALIKE, axis=1)
    kept[:, 0] = True
    scenario = np.nonzero(kept)[0]
    return rows[kept], scenario, np.where(whole, 1.0, 1.0 / _ALIKE)[scenario]


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueModel:
    """The callers and the model of the queue.

    ``patience_s`` mean time they are ready to wait [s]; ``redial_share`` of those who give up, who try again after
    ``redial_delay_s`` on average [s]; ``seat_scale`` seats that work per seat staffed, see
    :func:`~denghuo.engines.attribution.calibrate`; ``days`` works out a day.
    """

    patience_s: float
    redial_share: float = 0.0
    redial_delay_s: float = 300.0
    seat_scale: float = 1.0
    days: DayModel = transient_days

    def work_out(self, arrays: Floats, *, redials: Floats, interval_s: float) -> DayCalls:
        """Days from calls per hour, handling and seats, float64[3, scenarios, intervals], and whether callers redial
        (1 or 0), float64[scenarios]."""
        calls, handling, seats = arrays
        scenarios = Scenarios(
            calls_per_h=np.maximum(calls, 0.0),  # rounding of sums of parts may leave a hair below
            handling_s=handling,
            seats=np.maximum(seats, 0.0) * self.seat_scale,
            redial_share=redials * self.redial_share,
        )
        return self.days(
            scenarios, interval_s=interval_s, patience_s=self.patience_s, redial_delay_s=self.redial_delay_s
        )


def check_model(model: QueueModel) -> list[AttributionFinding]:
    """Everything wrong with the numbers of a model; empty when nothing is.

    Example:
        >>> [(finding.field, finding.code.value) for finding in check_model(QueueModel(patience_s=0, redial_share=1))]
        [('patience_s', 'not_positive'), ('redial_share', 'not_a_share')]
    """
    wrong = {
        "patience_s": (AttributionCode.NOT_POSITIVE, not 0 < model.patience_s < np.inf),
        "redial_share": (AttributionCode.NOT_A_SHARE, not 0 <= model.redial_share < 1),
        "redial_delay_s": (AttributionCode.NEGATIVE, not 0 <= model.redial_delay_s < np.inf),
        "seat_scale": (AttributionCode.NOT_POSITIVE, not 0 < model.seat_scale < np.inf),
    }
    return [AttributionFinding(code=code, field=field) for field, (code, is_wrong) in wrong.items() if is_wrong]


def refuse(findings: list[AttributionFinding]) -> None:
    """Raise what was found, if anything was."""
    if findings:
        raise AttributionError(findings)
