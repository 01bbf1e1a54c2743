"""A problem cut down to a few days in a row: what cannot be there cannot be in the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from denghuo.engines.rostering._case import Case, case_of, days_of
from denghuo.engines.rostering.breaches import Breach, BreachKind
from denghuo.engines.rostering.problem import Demands, Rule, TotalLimit, Wishes

__all__ = ["named_whole", "window_of"]

_SUMMED = (BreachKind.TOTAL_TOO_LOW, BreachKind.TOTAL_TOO_HIGH)


def window_of(case: Case, first: int, length: int) -> Case:
    """The days from ``first`` on with everything that must hold there whatever is on other days."""
    problem, end = case.problem, first + length
    rows = np.flatnonzero((case.demands["day"] >= first) & (case.demands["day"] < end))
    columns: dict[str, Any] = {name: case.demands[name][rows] for name in ("shift", "skill", "at_least", "at_most")}
    return case_of(
        replace(
            problem,
            day_count=length,
            demands=Demands(day=case.demands["day"][rows] - first, **columns),
            rules=tuple(_cut(rule, first, end, problem.day_count) for rule in case.rules if rule.weight is None),
            wishes=Wishes(),
            published=None,
            allowed=case.allowed[:, first:end],
            weekend=case.weekend[first:end],
            before=case.before if first == 0 else None,
        )
    )


def _cut(rule: Rule, first: int, end: int, day_count: int) -> Rule:
    """A sum over fewer days can be too high already, and never too low."""
    if not isinstance(rule, TotalLimit):
        return rule
    days = days_of(rule.days, day_count)
    return replace(rule, days=days[:, first:end], at_least=0)


def named_whole(case: Case, first: int, length: int, one: Breach) -> Breach:
    """The name that something of a window has in the whole."""
    if one.row >= 0 and one.kind in (BreachKind.TOO_FEW, BreachKind.TOO_MANY):
        rows = np.flatnonzero((case.demands["day"] >= first) & (case.demands["day"] < first + length))
        return replace(one, day=one.day + first, row=int(rows[one.row]))
    if one.kind is BreachKind.SEATS:
        return replace(one, day=one.day + first, row=one.row + first * (1440 // case.problem.interval_min))
    if one.kind in _SUMMED and one.day >= 0:
        rule = next(rule for rule in case.rules if rule.id == one.rule)
        for span in days_of(rule.days if isinstance(rule, TotalLimit) else None, case.problem.day_count):
            inside = np.flatnonzero(span[first : first + length])
            if inside.size and inside[0] == one.day:
                return replace(one, day=int(np.flatnonzero(span)[0]))
    return one if one.day < 0 else replace(one, day=one.day + first)
