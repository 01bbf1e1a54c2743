"""How many seats: the smallest number, interval by interval, that meets every target at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.queueing import _sizing_kernels as kernels
from denghuo.engines.queueing.checks import QueueCode, QueueError, QueueFinding, check_queue
from denghuo.engines.queueing.erlang import QueueFigures, ServiceLevel, figures_of, frozen, stacked_inputs

__all__ = ["MissedTargets", "Sizing", "Targets", "scheduled_seats", "size_seats"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class MissedTargets(IntFlag):
    """Which targets are missed, as bits."""

    NONE = 0
    ANSWERED = kernels.ANSWERED
    SERVICE_LEVEL = kernels.SERVICE
    WAIT = kernels.WAITS
    MEAN_WAIT = kernels.MEAN_WAIT
    OCCUPANCY = kernels.OCCUPANCY


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What has to hold, all of it; NaN asks for nothing. One number or one per interval.

    ``answered_share`` at least, the answer rate; ``service_level_share`` at least, within ``within_s`` by
    ``definition`` (see :class:`ServiceLevel`), with or without blocked calls in it; ``wait_share`` at most, of calls
    that are not answered at once; ``mean_wait_s`` at most, of all who are not blocked; ``occupancy_share`` at most.
    """

    answered_share: ArrayLike = np.nan
    service_level_share: ArrayLike = np.nan
    within_s: ArrayLike = 20.0
    definition: ServiceLevel = ServiceLevel.OF_OFFERED
    count_blocked: bool = True
    wait_share: ArrayLike = np.nan
    mean_wait_s: ArrayLike = np.nan
    occupancy_share: ArrayLike = np.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """Seats by interval: ``seats`` taken at the same time, ``scheduled`` people behind them (breaks, training, leave),
    ``binding`` the targets that one seat less would miss (bits of :class:`MissedTargets`; 0 where the minimum or no
    calls decide), and the ``figures`` with these seats."""

    seats: Ints
    scheduled: Ints
    binding: Ints
    figures: QueueFigures


def size_seats(
    calls_per_h: ArrayLike,
    *,
    targets: Targets,
    handling_s: ArrayLike,
    patience_s: ArrayLike = np.inf,
    waiting_places: ArrayLike = np.inf,
    redial_share: ArrayLike = 0.0,
    redial_blocked_share: ArrayLike = 0.0,
    most_attempts: ArrayLike = np.inf,
    minimum_seats: ArrayLike = 0,
    shrinkage_share: ArrayLike = 0.0,
) -> Sizing:
    """The smallest number of seats per interval with which every target holds in the steady state.

    Every figure is easier to meet with more seats, so the search brackets and halves. Without calls the minimum is
    enough.

    Args:
        calls_per_h: offered calls, without redials.
        targets: what has to hold.
        handling_s, patience_s, waiting_places: see :func:`queue_figures`.
        redial_share, redial_blocked_share, most_attempts: see :func:`redial_figures`; targets are then by attempt.
        minimum_seats: at least so many, whole.
        shrinkage_share: part of paid time not at a seat, below 1.

    Raises:
        QueueError: numbers out of range or unknown, shapes that differ, no target, or a target that no number of seats
        reaches (``unreachable``: an answer rate of 1, a mean wait of 0).

    Example:
        >>> found = size_seats(200, handling_s=180, shrinkage_share=0.3,
        ...                    targets=Targets(service_level_share=0.8, occupancy_share=0.85))
        >>> int(found.seats), int(found.scheduled), MissedTargets(int(found.binding))
        (14, 20, <MissedTargets.SERVICE_LEVEL: 2>)
    """
    fields = {
        "calls_per_h": calls_per_h,
        "handling_s": handling_s,
        "patience_s": patience_s,
        "waiting_places": waiting_places,
        "within_s": targets.within_s,
        "redial_share": redial_share,
        "redial_blocked_share": redial_blocked_share,
        "most_attempts": most_attempts,
    }
    wanted = {
        "target_answered_share": targets.answered_share,
        "target_service_level_share": targets.service_level_share,
        "target_wait_share": targets.wait_share,
        "target_mean_wait_s": targets.mean_wait_s,
        "target_occupancy_share": targets.occupancy_share,
        "minimum_seats": minimum_seats,
    }
    _refuse({**fields, **wanted, "shrinkage_share": shrinkage_share})
    # Targets by interval widen the rows, those of the queue alone widen the targets.
    wide = np.zeros(np.broadcast_shapes(*{np.shape(values) for values in (*wanted.values(), shrinkage_share)}))
    inputs, shape = stacked_inputs({**fields, "seats": wide})
    columns = np.empty((*shape, kernels.TARGET_COLUMNS))
    for column, values in enumerate(wanted.values()):
        columns[..., column] = values
    columns = columns.reshape(-1, kernels.TARGET_COLUMNS)
    seats, binding = np.empty(len(inputs), dtype=np.int64), np.empty(len(inputs), dtype=np.int64)
    definition = list(ServiceLevel).index(targets.definition)
    kernels.many_least_seats(inputs, columns, definition, targets.count_blocked, seats, binding)
    inputs[:, 3] = seats
    seats = frozen(seats.reshape(shape))
    return Sizing(
        seats=seats,
        scheduled=scheduled_seats(seats, shrinkage_share=shrinkage_share),
        binding=frozen(binding.reshape(shape)),
        figures=figures_of(inputs, shape),
    )


def scheduled_seats(seats: ArrayLike, *, shrinkage_share: ArrayLike) -> Ints:
    """People to schedule so that ``seats`` are taken: seats / (1 - shrinkage), rounded up.

    Raises:
        QueueError: a shrinkage of 1 or more, negative or unknown seats.

    Example:
        >>> scheduled_seats([14, 3], shrinkage_share=0.3).tolist()
        [20, 5]
    """
    if found := check_queue(known=True, seats=seats, shrinkage_share=shrinkage_share):
        raise QueueError(found)
    people = np.asarray(seats, dtype=np.float64) / (1.0 - np.asarray(shrinkage_share, dtype=np.float64))
    # 14 / 0.7 is 20, whatever the last bit says.
    return frozen(np.array(np.ceil(people * (1.0 - 1e-12))).astype(np.int64))


def _refuse(fields: dict[str, ArrayLike]) -> None:
    found = check_queue(known=True, **fields)
    asked = [np.asarray(values, dtype=np.float64) for name, values in fields.items() if name.startswith("target_")]
    if all(np.all(np.isnan(values)) for values in asked):
        found.append(QueueFinding(code=QueueCode.NO_TARGET, field="targets"))
    if found:
        raise QueueError(found)
