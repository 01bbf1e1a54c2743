"""From heads required in every interval to how many of each shift: the cheapest cover of the curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.rostering.findings import RosterCode, RosterError, RosterFinding
from denghuo.engines.rostering.limits import Limits, SolveStatus
from denghuo.engines.rostering.shifts import DAY_MIN, ShiftTypes, frozen, heads_at_work, seats_taken

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["ShiftPlan", "plan_shifts"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ShiftPlan:
    """``counts`` int64[D, S] people on each shift, None where limits contradict one another; ``heads``, ``short``,
    ``over`` int64[I] by interval; ``cost`` and the ``bound`` that no plan beats."""

    status: SolveStatus
    counts: Ints | None
    heads: Ints
    short: Ints
    over: Ints
    cost: int
    bound: int

    @property
    def proven_optimal(self) -> bool:
        """Whether no plan is cheaper."""
        return self.status is SolveStatus.OPTIMAL


def plan_shifts(
    shifts: ShiftTypes,
    *,
    required: ArrayLike,
    interval_min: int = 30,
    at_least: ArrayLike = 0,
    seats: int | None = None,
    people: int | None = None,
    allowed: ArrayLike | None = None,
    cost: ArrayLike | None = None,
    short_weight: int | None = None,
    over_weight: int = 0,
    before: ArrayLike | None = None,
    limits: Limits = Limits(workers=1),  # noqa: B008  frozen
) -> ShiftPlan:
    """How many of each shift on each day cover what is required at least cost.

    Minimizes Σ cost x people + short_weight x Σ heads short + over_weight x Σ heads over, where heads answer in an
    interval if their shift covers it whole and without pause. The set covering of Dantzig, with shortage priced.

    Args:
        shifts: the shifts, S of them.
        required: int[I], heads that should answer in every interval, whole days.
        interval_min: length of an interval [min].
        at_least: int or int[I] (or one day of intervals), heads below which it must not fall, whatever the price.
        seats: how many may be in the room at once, pauses included.
        people: how many may work on a day.
        allowed: bool[D, S], which shifts may be worked on which day; all if left out.
        cost: int[S], the price of a person on a shift; the paid minutes if left out.
        short_weight: the price of one head missing in one interval; None if nothing may be missing.
        over_weight: the price of one head too many in one interval.
        before: int[days, S], people on the shifts of the days before, which may still run.
        limits: how far to search.

    Raises:
        RosterError: the arrays do not fit together.

    Source: G. B. Dantzig, A comment on Edie's traffic delays at toll booths, Oper. Res. 2 (1954) 339.

    Example:
        >>> from denghuo.engines.rostering import build_shifts
        >>> shifts = build_shifts(start_min=[0, 480, 960], length_min=[480, 480, 480])
        >>> plan = plan_shifts(shifts, required=[3, 3, 7, 9, 8, 6], interval_min=240)
        >>> plan.counts.tolist(), plan.over.tolist()
        ([[3, 9, 8]], [0, 0, 2, 0, 0, 2])
    """
    from ortools.sat.python import cp_model  # takes a second, for which nobody should wait who plans nothing

    needed, floor = _curves(required, at_least, interval_min)
    days = len(needed) * interval_min // DAY_MIN
    open_ = _open(allowed, (days, shifts.count))
    prices = np.broadcast_to(shifts.paid_min if cost is None else np.asarray(cost, np.int64), (shifts.count,))
    none = np.zeros((days, shifts.count), np.int64)
    known = heads_at_work(shifts, none, interval_min=interval_min, before=before)
    seated = seats_taken(shifts, none, interval_min=interval_min, before=before)
    model = cp_model.CpModel()
    most = int(people if people is not None else seats if seats is not None else max(needed.max(), floor.max(), 0))
    x = np.array([[model.new_int_var(0, most * bool(one), "") for one in day] for day in open_], dtype=object)
    parts = _parts(shifts, x, interval_min)
    heads, taken = ([cp_model.LinearExpr.sum(one) for one in of] for of in parts)
    terms: list[tuple[Any, int]] = [(x[day, shift], int(prices[shift])) for day, shift in np.ndindex(x.shape)]
    for at in range(len(needed)):
        if floor[at] > known[at]:
            model.add(heads[at] + int(known[at]) >= int(floor[at]))
        if seats is not None:
            model.add(taken[at] + int(seated[at]) <= seats)
        short, over = model.new_int_var(0, int(max(needed[at], 0)), ""), model.new_int_var(0, 10**6, "")
        model.add(heads[at] + int(known[at]) + short - over == int(needed[at]))
        if short_weight is None:
            model.add(short == 0)
        terms += [(short, short_weight or 0), (over, over_weight)]
    for day in range(days) if people is not None else ():
        model.add(cp_model.LinearExpr.sum(list(x[day])) <= people)
    model.minimize(cp_model.LinearExpr.weighted_sum([of for of, _ in terms], [weight for _, weight in terms]))
    return _solved(shifts, model, x, needed, interval_min, before, limits)


def _solved(
    shifts: ShiftTypes,
    model: cp_model.CpModel,
    x: NDArray[np.object_],
    needed: Ints,
    interval_min: int,
    before: ArrayLike | None,
    limits: Limits,
) -> ShiftPlan:
    from ortools.sat.python import cp_model

    from denghuo.engines.rostering._solver import Budget

    with Budget(limits) as budget:
        solver = budget.solver()
        status = budget.solve(solver, model) or cp_model.UNKNOWN
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    counts = np.array([[solver.value(one) for one in day] for day in x] if found else np.zeros(x.shape), np.int64)
    heads = heads_at_work(shifts, counts, interval_min=interval_min, before=before)
    ended = {
        cp_model.OPTIMAL: SolveStatus.OPTIMAL,
        cp_model.FEASIBLE: SolveStatus.FEASIBLE,
        cp_model.INFEASIBLE: SolveStatus.INFEASIBLE,
    }
    return ShiftPlan(
        status=ended.get(status, SolveStatus.NOTHING_FOUND),
        counts=frozen(counts) if found else None,
        heads=frozen(heads),
        short=frozen(np.maximum(needed - heads, 0)),
        over=frozen(np.maximum(heads - needed, 0)),
        cost=round(solver.objective_value) if found else 0,
        bound=round(solver.best_objective_bound) if found else 0,
    )


def _curves(required: ArrayLike, at_least: ArrayLike, interval_min: int) -> tuple[Ints, Ints]:
    needed, least = np.atleast_1d(np.asarray(required, np.int64)), np.atleast_1d(np.asarray(at_least, np.int64))
    findings = []
    if interval_min <= 0 or DAY_MIN % interval_min:
        findings.append(RosterFinding(code=RosterCode.OUT_OF_RANGE, field="interval_min"))
    elif needed.ndim != 1 or not needed.size or needed.size % (DAY_MIN // interval_min):
        findings.append(RosterFinding(code=RosterCode.WRONG_SHAPE, field="required"))
    elif least.size not in (1, DAY_MIN // interval_min, needed.size):
        findings.append(RosterFinding(code=RosterCode.WRONG_SHAPE, field="at_least"))
    for name, curve in (("required", needed), ("at_least", least)):
        if (curve < 0).any():
            positions = tuple(np.flatnonzero(curve < 0).tolist())
            findings.append(RosterFinding(code=RosterCode.NEGATIVE, field=name, positions=positions))
    if findings:
        raise RosterError(findings)
    return needed, np.resize(least, needed.size)


def _open(allowed: ArrayLike | None, shape: tuple[int, int]) -> NDArray[np.bool_]:
    given = np.ones(shape, np.bool_) if allowed is None else np.asarray(allowed, np.bool_)
    if given.shape != shape:
        raise RosterError([RosterFinding(code=RosterCode.WRONG_SHAPE, field="allowed")])
    return given


def _parts(shifts: ShiftTypes, x: NDArray[np.object_], interval_min: int) -> tuple[list[list[Any]], list[list[Any]]]:
    """Who answers and who is in the room in every interval, as variables to be summed."""
    size = len(x) * DAY_MIN // interval_min
    parts: tuple[list[list[Any]], list[list[Any]]] = ([[] for _ in range(size)], [[] for _ in range(size)])
    for day, shift in np.ndindex(x.shape):
        one = np.zeros(x.shape, np.int64)
        one[day, shift] = 1
        for into, curve in zip(parts, (heads_at_work, seats_taken), strict=True):
            for at in np.flatnonzero(curve(shifts, one, interval_min=interval_min)).tolist():
                into[at].append(x[day, shift])
    return parts
