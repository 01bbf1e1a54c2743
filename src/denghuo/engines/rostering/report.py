"""What a roster is worth, whoever wrote it: coverage, hours, nights and weekends, fairness, and what it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.rostering._case import case_of, weekend_days
from denghuo.engines.rostering.breaches import Breach, breaches_of
from denghuo.engines.rostering.checks import refuse
from denghuo.engines.rostering.findings import RosterCode, RosterError, RosterFinding
from denghuo.engines.rostering.problem import RosterProblem
from denghuo.engines.rostering.shifts import frozen, heads_at_work

__all__ = ["Evenness", "RosterReport", "evenness", "report_roster", "shift_counts"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evenness:
    """How even a load is shared: ``spread`` the range of load less what is due (in the unit of the load), ``gini`` of
    load per share, 0 for the same each, towards 1 for one who carries all; NaN where nobody carries anything."""

    spread: float
    gini: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RosterReport:
    """A roster measured.

    * ``breaches`` everything broken or paid for; ``valid`` nothing is broken that must hold; ``costs`` by level
    * ``counts`` int64[D, S] people on each shift
    * ``paid_h`` float64[P], ``shifts_worked``, ``nights``, ``weekends`` int64[P]
    * ``hours_evenness``, ``nights_evenness``, ``weekends_evenness``
    * ``interval_heads`` int64[I] who answers in every interval; ``interval_short``, ``interval_over`` against what is
      required, None if that was not told
    """

    breaches: tuple[Breach, ...]
    valid: bool
    costs: dict[int, int]
    counts: Ints
    paid_h: Floats
    shifts_worked: Ints
    nights: Ints
    weekends: Ints
    hours_evenness: Evenness
    nights_evenness: Evenness
    weekends_evenness: Evenness
    interval_heads: Ints
    interval_short: Ints | None
    interval_over: Ints | None

    @property
    def cost(self) -> int:
        """Over all levels."""
        return sum(self.costs.values())


def report_roster(
    problem: RosterProblem,
    roster: ArrayLike,
    *,
    required: ArrayLike | None = None,
    share: ArrayLike = 1,
) -> RosterReport:
    """Measure a roster against a problem.

    Args:
        problem: what was asked for.
        roster: int[P, D], OFF or a shift.
        required: int[D x 1440 / ``problem.interval_min``], who has to answer in every interval.
        share: what is due to each in the evenness figures, one number or one per person (e.g. days present).

    Raises:
        RosterError: the arrays do not fit together.

    Source: C. Gini, Variabilità e mutabilità, 1912, for the coefficient.

    Example:
        >>> from denghuo.engines.rostering import Demands, build_shifts
        >>> problem = RosterProblem(
        ...     shifts=build_shifts(start_min=[480], length_min=[480]),
        ...     people_count=2,
        ...     day_count=3,
        ...     demands=Demands(day=[0, 1, 2], shift=[0, 0, 0], at_least=1),
        ... )
        >>> told = report_roster(problem, [[0, 0, -1], [-1, -1, -1]])
        >>> [(one.kind.value, one.day, one.amount) for one in told.breaches], told.paid_h.tolist()
        ([('too_few', 2, 1)], [16.0, 0.0])
        >>> told.hours_evenness
        Evenness(spread=16.0, gini=0.5)
    """
    refuse(problem, roster)
    case, table = case_of(problem), np.asarray(roster, np.int64)
    breaches = tuple(breaches_of(case, table))
    counts = shift_counts(table, problem.shifts.count)
    weekends = [(table[:, days] >= 0).any(axis=1) for days in weekend_days(case)]
    worked_weekends = np.sum(np.array(weekends, np.int64).reshape(-1, len(table)), axis=0)
    nights = np.append(problem.shifts.night, False)[table].sum(axis=1)
    paid_h = np.append(problem.shifts.paid_min, 0)[table].sum(axis=1) / 60
    heads = heads_at_work(
        problem.shifts,
        counts,
        interval_min=problem.interval_min,
        before=shift_counts(case.before, problem.shifts.count),
    )
    needed = _required(required, heads)
    costs = dict.fromkeys(sorted({breach.level for breach in breaches}), 0)
    for breach in breaches:
        costs[breach.level] += breach.cost
    return RosterReport(
        breaches=breaches,
        valid=not any(breach.hard for breach in breaches),
        costs=costs,
        counts=_fixed(counts),
        paid_h=_fixed(paid_h),
        shifts_worked=_fixed((table >= 0).sum(axis=1)),
        nights=_fixed(nights),
        weekends=_fixed(worked_weekends),
        hours_evenness=evenness(paid_h, share),
        nights_evenness=evenness(nights, share),
        weekends_evenness=evenness(worked_weekends, share),
        interval_heads=_fixed(heads),
        interval_short=None if needed is None else _fixed(np.maximum(needed - heads, 0)),
        interval_over=None if needed is None else _fixed(np.maximum(heads - needed, 0)),
    )


def _fixed(values: NDArray[Any]) -> NDArray[Any]:
    return frozen(values, values.dtype.type)


def _required(required: ArrayLike | None, heads: Ints) -> Ints | None:
    if required is None:
        return None
    needed = np.asarray(required, np.int64)
    if needed.shape != heads.shape:
        raise RosterError([RosterFinding(code=RosterCode.WRONG_SHAPE, field="required")])
    return needed


def shift_counts(roster: ArrayLike, shifts: int) -> Ints:
    """int64[D, S]: how many people are on each shift of each day of a roster int[P, D].

    Example:
        >>> shift_counts([[0, 1], [0, -1]], 2).tolist()
        [[2, 0], [0, 1]]
    """
    table = np.asarray(roster, np.int64)
    return np.asarray((table.T[:, :, None] == np.arange(shifts)).sum(axis=1), np.int64)


def evenness(load: ArrayLike, share: ArrayLike = 1) -> Evenness:
    """How evenly a load float[P] is shared among people whose due parts are as ``share``.

    spread = max (v - d) - min (v - d) with due d = share / Σ share x Σ v. Gini = Σ |a - b| / (2 n Σ a) over v / share.
    People of share 0 stay out.

    Example:
        >>> evenness([4, 2], [2, 1])
        Evenness(spread=0.0, gini=0.0)
    """
    value = np.asarray(load, np.float64)
    parts = np.broadcast_to(np.asarray(share, np.float64), value.shape)
    value, parts = value[parts > 0], parts[parts > 0]
    if not value.size:
        return Evenness(spread=float("nan"), gini=float("nan"))
    off = value - parts / parts.sum() * value.sum()
    each_ = value / parts
    total = each_.sum() * len(each_) * 2
    gini = float(np.abs(each_[:, None] - each_).sum() / total) if total > 0 else float("nan")
    return Evenness(spread=float(np.ptp(off)), gini=gini)
