"""What is sure before any search: how many shifts there will be in all, and how fair that can be at best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.rostering._case import Case, days_of, each, weekend_days
from denghuo.engines.rostering.breaches import fair_amount
from denghuo.engines.rostering.problem import ANY, Fair, WeekendLimit

__all__ = ["fair_range", "fairest_reach", "least_spread", "sure_totals", "value_unit"]

Ints = NDArray[np.int64]
_MOST_TOTALS = 2000


def sure_totals(rule: Fair, people: list[int], case: Case) -> tuple[int, int] | None:
    """The least and the most that all together can have of what a rule sums; None where demands do not say."""
    if len(people) < case.problem.people_count:
        return None
    carried = int(each(rule.carried, case.problem.people_count).sum())
    counts = _counts(case)
    if rule.weekends:
        return _sure_weekends(rule, case, counts, carried)
    value = each(rule.per_shift, case.problem.shifts.count)
    inside = days_of(rule.days, case.problem.day_count).any(axis=0)
    low, high = (int((of[inside] @ value).sum()) + carried for of in counts)
    return low, high


def _sure_weekends(rule: Fair, case: Case, counts: tuple[Ints, Ints], carried: int) -> tuple[int, int]:
    """Of a weekend at least those of its fullest day, at most everybody, and nobody beyond a limit that must hold."""
    people, spans = case.problem.people_count, weekend_days(case, rule)
    low, high = (of.sum(axis=1) for of in counts)
    least = sum(min(people, max(int(low[day]) for day in days)) for days in spans)
    most = sum(min(people, sum(int(high[day]) for day in days)) for days in spans)
    limits = [of for of in case.rules if isinstance(of, WeekendLimit) and of.weight is None and of.people is None]
    for limit in limits:
        left = each(limit.at_most, people) - each(limit.carried, people)
        most = min(most, int(np.clip(left, 0, len(spans)).sum()))
    return least + carried, max(most, least) + carried


def _counts(case: Case) -> tuple[Ints, Ints]:
    """int64[D, S] twice: the fewest and the most people that may be on a shift of a day, by what is demanded."""
    people, days = case.problem.shape
    low = np.zeros((days, case.problem.shifts.count), np.int64)
    high = np.full_like(low, people)
    columns = (case.demands[name].tolist() for name in ("day", "shift", "skill", "at_least", "at_most"))
    for day, shift, skill, least, most in zip(*columns, strict=True):
        low[day, shift] = max(low[day, shift], least)
        if skill == ANY:
            high[day, shift] = min(high[day, shift], most)
    return low, high


def least_spread(rule: Fair, case: Case, totals: tuple[int, int] | None) -> int:
    """A spread that no roster can beat, from the totals alone; 0 where they are not known."""
    people = case.problem.people_count
    share, unit = each(rule.share, people), value_unit(rule, case)
    if totals is None or unit == 0 or totals[1] - totals[0] > _MOST_TOTALS * unit:
        return 0
    return min((fair_amount(_dealt(total, share, unit), share) for total in _whole(totals, unit)), default=0)


def fair_range(rule: Fair, people: list[int], case: Case) -> tuple[Ints, Ints] | None:
    """The least and the most that each has in a roster as fair as can be, with a total as near as can be to what is
    wanted; None where totals are not known. Other rosters may be as fair: this is where to look first."""
    totals, unit = sure_totals(rule, people, case), value_unit(rule, case)
    if totals is None or unit == 0 or totals[1] - totals[0] > _MOST_TOTALS * unit:
        return None
    share = each(rule.share, case.problem.people_count)
    rows = case.demands
    heads = np.maximum(rows["at_least"], np.minimum(rows["wanted"], rows["at_most"]))
    usual = sure_totals(rule, people, replace(case, demands=rows | {"at_least": heads})) or totals
    best = min(
        _whole(totals, unit),
        key=lambda total: (fair_amount(_dealt(total, share, unit), share), abs(total * unit - usual[0])),
        default=None,
    )
    if best is None:
        return None
    whole = int(share.sum())
    dealt = _dealt(best, share, unit)
    if len(set(share.tolist())) == 1:
        return np.full_like(dealt, dealt.min()), np.full_like(dealt, dealt.max())
    down = share * best // whole * unit
    return down, np.where(share * best % whole > 0, down + unit, down)


def fairest_reach(rule: Fair, case: Case, totals: tuple[int, int] | None) -> tuple[int, int] | None:
    """The least and the most that anybody has in any roster as fair as can be; None where that is not known.

    The values of a total lie within the shortest range in one way only: those rounded down and those raised.
    """
    share, unit = each(rule.share, case.problem.people_count), value_unit(rule, case)
    least = least_spread(rule, case, totals)
    known = totals is not None and unit > 0 and totals[1] - totals[0] <= _MOST_TOTALS * unit
    if totals is None or not known or len(set(share.tolist())) > 1 or rule.at_most > least:
        return None
    dealt = [_dealt(total, share, unit) for total in _whole(totals, unit)]
    fair = [one for one in dealt if int(np.ptp(one)) == least]
    return (min(int(one.min()) for one in fair), max(int(one.max()) for one in fair)) if fair else None


def value_unit(rule: Fair, case: Case) -> int:
    people = case.problem.people_count
    value = [1] if rule.weekends else each(rule.per_shift, case.problem.shifts.count)
    return int(np.gcd.reduce(np.concatenate([value, each(rule.carried, people)])))


def _whole(totals: tuple[int, int], unit: int) -> range:
    return range(-(-totals[0] // unit), totals[1] // unit + 1)


def _dealt(total: int, share: Ints, unit: int) -> Ints:
    """Whole units dealt out so that the values less what is due lie within the shortest range: everybody rounded down,
    then those raised who are furthest below."""
    whole = int(share.sum())
    down = share * total // whole
    left = share * total - down * whole
    raised = np.argsort(-left, kind="stable")[: total - int(down.sum())]
    down[raised] += 1
    return np.asarray(down * unit)
