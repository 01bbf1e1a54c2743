"""Shifts of a day: when they start and end, what of them is work, and which may not follow which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.rostering.findings import RosterCode, RosterError, RosterFinding

__all__ = ["DAY_MIN", "ShiftTypes", "build_shifts", "forbidden_by_rest", "frozen", "heads_at_work", "seats_taken"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAY_MIN = 1440


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ShiftTypes:
    """The shifts a day offers, by position. Minutes count from midnight of the day on which a shift starts.

    ``start_min``, ``end_min`` int64[S], the end may lie on a later day; ``paid_min`` int64[S] what counts as hours
    worked; ``night`` bool[S]; ``break_shift``, ``break_start_min``, ``break_end_min`` int64[B] the pauses, in which
    nobody of that shift answers.
    """

    start_min: Ints
    end_min: Ints
    paid_min: Ints
    night: Flags
    break_shift: Ints
    break_start_min: Ints
    break_end_min: Ints

    @property
    def count(self) -> int:
        """How many shifts there are."""
        return len(self.start_min)


def frozen(values: ArrayLike, kind: type = np.int64) -> NDArray[Any]:
    """A read-only copy."""
    array: NDArray[Any] = np.array(values, dtype=kind)
    array.setflags(write=False)
    return array


def build_shifts(
    *,
    start_min: ArrayLike,
    length_min: ArrayLike,
    breaks_min: Sequence[Sequence[tuple[int, int]]] = (),
    paid_min: ArrayLike | None = None,
    night: ArrayLike | None = None,
) -> ShiftTypes:
    """Put together the shifts of a day.

    Args:
        start_min: int[S], minutes after midnight, 0 to 1439.
        length_min: int[S], from the start to the end, pauses included [min].
        breaks_min: for each shift its pauses, (from, to) in minutes after its start.
        paid_min: int[S], what counts as hours worked [min]; the length without pauses if left out.
        night: bool[S]; if left out, a shift is a night shift if it holds all of 00:00 to 05:00.

    Raises:
        RosterError: lengths that differ, are not positive, or pauses outside their shift.

    Source: ILO Night Work Convention C171 (1990), Art. 1, for the hours that make a night.

    Example:
        >>> shifts = build_shifts(start_min=[480, 960, 1320], length_min=[480, 360, 600], breaks_min=[[(240, 300)]])
        >>> shifts.paid_min.tolist(), shifts.night.tolist()
        ([420, 360, 600], [False, False, True])
    """
    start, length = np.atleast_1d(np.asarray(start_min, np.int64)), np.atleast_1d(np.asarray(length_min, np.int64))
    rows = [(shift, *pause) for shift, pauses in enumerate(breaks_min) for pause in pauses]
    breaks = np.array(rows, np.int64).reshape(-1, 3)
    _refuse(start, length, breaks, paid_min, night)
    pauses = np.bincount(breaks[:, 0], breaks[:, 2] - breaks[:, 1], len(start)).astype(np.int64)
    end = start + length
    midnight = np.where(start == 0, 0, DAY_MIN)
    nightly = (end >= midnight + 300) if night is None else night
    at = start[breaks[:, 0]]
    return ShiftTypes(
        start_min=frozen(start),
        end_min=frozen(end),
        paid_min=frozen(length - pauses if paid_min is None else paid_min),
        night=frozen(nightly, np.bool_),
        break_shift=frozen(breaks[:, 0]),
        break_start_min=frozen(at + breaks[:, 1]),
        break_end_min=frozen(at + breaks[:, 2]),
    )


def _refuse(start: Ints, length: Ints, breaks: Ints, paid: ArrayLike | None, night: ArrayLike | None) -> None:
    findings = []
    sizes = {"length_min": length.size, "paid_min": paid, "night": night}
    for name, given in sizes.items():
        size = given if isinstance(given, int) else start.size if given is None else np.size(given)
        if size != start.size:
            findings.append(RosterFinding(code=RosterCode.WRONG_SHAPE, field=name))
    if findings:
        raise RosterError(findings)
    bad = {
        "start_min": (start < 0) | (start >= DAY_MIN),
        "length_min": length <= 0,
        "paid_min": np.atleast_1d(np.asarray(0 if paid is None else paid)) < 0,
    }
    if breaks.size and breaks[:, 0].max() >= start.size:
        bad["breaks_min"] = breaks[:, 0] >= start.size
    elif breaks.size:
        bad["breaks_min"] = (breaks[:, 1] < 0) | (breaks[:, 2] <= breaks[:, 1]) | (breaks[:, 2] > length[breaks[:, 0]])
    findings = [
        RosterFinding(code=RosterCode.OUT_OF_RANGE, field=name, positions=tuple(np.flatnonzero(flags).tolist()))
        for name, flags in bad.items()
        if flags.any()
    ]
    if findings:
        raise RosterError(findings)


def forbidden_by_rest(shifts: ShiftTypes, *, rest_min: int, days_off: int = 0) -> Flags:
    """Which shift may not follow which because too little rest would lie between them.

    Forbidden is b after a, with ``days_off`` days off between, where start(b) + 1440 (1 + days_off) - end(a) < rest.
    One shift may have several forbidden successors.

    Args:
        shifts: the shifts, S of them.
        rest_min: the rest that has to lie between two shifts [min].
        days_off: how many days off lie between.

    Returns:
        bool[S, S], row the earlier shift, column the later.

    Example:
        >>> shifts = build_shifts(start_min=[480, 960], length_min=[480, 480])
        >>> forbidden_by_rest(shifts, rest_min=660).tolist()
        [[False, False], [True, False]]
    """
    gap = shifts.start_min[None, :] + DAY_MIN * (1 + days_off) - shifts.end_min[:, None]
    return np.asarray(gap < rest_min)


def _at_work(shifts: ShiftTypes, interval_min: int, *, pauses: bool) -> Flags:
    """bool[S, intervals from midnight on]: whether a shift is there throughout (without pauses) or at all (with)."""
    days = -(-int(shifts.end_min.max(initial=1)) // DAY_MIN)
    edges = np.arange(0, days * DAY_MIN, interval_min)
    start, end = shifts.start_min[:, None], shifts.end_min[:, None]
    if pauses:
        return np.asarray((start < edges + interval_min) & (end > edges))
    present = (start <= edges) & (end >= edges + interval_min)
    for shift, begins, ends in zip(shifts.break_shift, shifts.break_start_min, shifts.break_end_min, strict=True):
        present[shift] &= (ends <= edges) | (begins >= edges + interval_min)
    return np.asarray(present)


def _spread(at: Flags, counts: Ints, interval_min: int, before: ArrayLike | None) -> Ints:
    days, per_day = counts.shape[0], DAY_MIN // interval_min
    reach = at.shape[1] // per_day
    earlier = np.zeros((reach - 1, counts.shape[1]), np.int64)
    if before is not None and reach > 1:
        told = np.atleast_2d(np.asarray(before, np.int64))[-(reach - 1) :]
        earlier[len(earlier) - len(told) :] = told
    full = np.vstack([earlier, counts])
    heads = np.zeros((days, per_day), np.int64)
    for later in range(reach):
        first = reach - 1 - later
        heads += full[first : first + days] @ at[:, later * per_day : (later + 1) * per_day].astype(np.int64)
    return heads.ravel()


def heads_at_work(
    shifts: ShiftTypes, counts: ArrayLike, *, interval_min: int = 30, before: ArrayLike | None = None
) -> Ints:
    """How many answer in every interval, given how many people are on each shift of each day.

    A head counts where its shift covers the whole interval and no pause touches it.

    Args:
        shifts: the shifts, S of them.
        counts: int[D, S], people on each shift by day.
        interval_min: length of an interval [min], a divisor of 1440.
        before: int[days, S], the same for the days just before, whose shifts may still run; nobody if left out.

    Returns:
        int64[D x 1440 / interval_min].

    Raises:
        RosterError: an interval that does not divide the day, or counts of another width.

    Example:
        >>> night = build_shifts(start_min=[1320], length_min=[480])
        >>> heads_at_work(night, [[2], [3]], interval_min=360).tolist()
        [0, 0, 0, 0, 2, 0, 0, 0]
    """
    counts = _as_counts(shifts, counts, interval_min)
    return _spread(_at_work(shifts, interval_min, pauses=False), counts, interval_min, before)


def seats_taken(
    shifts: ShiftTypes, counts: ArrayLike, *, interval_min: int = 30, before: ArrayLike | None = None
) -> Ints:
    """As :func:`heads_at_work`, for everybody who is in the room at any time of the interval, pauses included.

    Example:
        >>> shifts = build_shifts(start_min=[480], length_min=[480], breaks_min=[[(0, 60)]])
        >>> [of(shifts, [[2]], interval_min=240).tolist() for of in (seats_taken, heads_at_work)]
        [[0, 0, 2, 2, 0, 0], [0, 0, 0, 2, 0, 0]]
    """
    counts = _as_counts(shifts, counts, interval_min)
    return _spread(_at_work(shifts, interval_min, pauses=True), counts, interval_min, before)


def _as_counts(shifts: ShiftTypes, counts: ArrayLike, interval_min: int) -> Ints:
    given = np.atleast_2d(np.asarray(counts, np.int64))
    findings = []
    if given.ndim != 2 or given.shape[1] != shifts.count:
        findings.append(RosterFinding(code=RosterCode.WRONG_SHAPE, field="counts"))
    if interval_min <= 0 or DAY_MIN % interval_min:
        findings.append(RosterFinding(code=RosterCode.OUT_OF_RANGE, field="interval_min"))
    if findings:
        raise RosterError(findings)
    return given
