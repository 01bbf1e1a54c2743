"""Contradictions by counting: more heads needed over some days than people can give, or fewer than they must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.rostering._case import Case, days_of, each, of_shifts, people_of, weekend_days
from denghuo.engines.rostering.breaches import Breach, BreachKind
from denghuo.engines.rostering.problem import ANY, RunLimit, TotalLimit, WeekendLimit

__all__ = ["counted_out"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MOST_SHIFTS = 6  # of so many every set is looked at, of more only single ones and all


@dataclass(frozen=True, slots=True)
class _Limit:
    """How many shifts of a set each person can work over some days, and by which name; ``most`` int64[P]."""

    days: Flags
    shifts: Flags
    most: Ints
    names: tuple[Breach | None, ...]


def counted_out(case: Case) -> tuple[tuple[Breach, ...], int, int]:
    """Demands, limits and leaves that cannot hold together because there are not enough shifts to give, the first of
    the days they are about, and how many days these are. The fewest that were found, in none of which one can be
    spared as far as counting goes; empty if counting shows nothing.

    Over a set of days and shifts each person gives at most one shift a day on which leave allows it, and no more than a
    limit on hours or on days in a row says.
    """
    if case.problem.ring:
        return (), 0, 0
    found = [(core, np.flatnonzero(limit.days)) for limit in _limits(case) for core in _short(case, limit)]
    found += _idle(case)
    if not found:
        return (), 0, 0
    core, days = min(found, key=lambda one: len(one[0]))
    return core, int(days[0]), int(np.ptp(days)) + 1


def _limits(case: Case) -> Iterator[_Limit]:
    people, days = case.problem.shape
    count = case.problem.shifts.count
    free = np.full(people, days)
    for shifts in _sets(count):
        for day in range(days):
            yield _Limit(np.arange(days) == day, shifts, free, (None,) * people)
    for rule in case.rules:
        bound = np.isin(np.arange(people), people_of(rule, people))
        if rule.weight is not None:
            continue
        if isinstance(rule, TotalLimit):
            yield from _of_total(case, rule, bound)
        elif isinstance(rule, WeekendLimit):
            yield _of_weekends(case, rule, bound)
        elif isinstance(rule, RunLimit) and not rule.off:
            high = each(rule.at_most, people)
            shifts = of_shifts(rule.shifts, count, off=False)[:-1]
            width = int(high[bound].max(initial=days)) + 1
            for end in range(width - 1, days):
                kind = BreachKind.RUN_TOO_LONG
                names = tuple(
                    Breach(kind=kind, rule=rule.id, person=person, day=end) if bound[person] else None
                    for person in range(people)
                )
                inside = (np.arange(days) > end - width) & (np.arange(days) <= end)
                yield _Limit(inside, shifts, np.where(bound & (high == width - 1), width - 1, days), names)


def _of_total(case: Case, rule: TotalLimit, bound: Flags) -> Iterator[_Limit]:
    people, days = case.problem.shape
    value = each(rule.per_shift, case.problem.shifts.count)
    shifts = value > 0
    if not shifts.any():
        return
    for span, inside in enumerate(days_of(rule.days, days)):
        left = each(rule.at_most, people) - (each(rule.carried, people) if span == 0 else 0)
        most = np.maximum(left // int(value[shifts].min()), 0)
        first = int(np.flatnonzero(inside)[0]) if inside.any() else -1
        kind = BreachKind.TOTAL_TOO_HIGH
        names = tuple(
            Breach(kind=kind, rule=rule.id, person=person, day=first) if bound[person] else None
            for person in range(people)
        )
        yield _Limit(inside, shifts, np.where(bound, most, days), names)


def _of_weekends(case: Case, rule: WeekendLimit, bound: Flags) -> _Limit:
    people, days = case.problem.shape
    longest = max((len(span) for span in weekend_days(case)), default=0)
    left = np.maximum(each(rule.at_most, people) - each(rule.carried, people), 0)
    names = tuple(
        Breach(kind=BreachKind.WEEKENDS, rule=rule.id, person=person) if bound[person] else None
        for person in range(people)
    )
    shifts = np.ones(case.problem.shifts.count, np.bool_)
    return _Limit(case.weekend >= 0, shifts, np.where(bound, left * longest, days), names)


def _idle(case: Case) -> list[tuple[tuple[Breach, ...], Ints]]:
    """What people must have at least in all, against what demands leave room for at most."""
    people, days = case.problem.shape
    found = []
    for rule in case.rules:
        if not isinstance(rule, TotalLimit) or rule.weight is not None:
            continue
        value, low = each(rule.per_shift, case.problem.shifts.count), each(rule.at_least, people)
        for span, inside in enumerate(days_of(rule.days, days)):
            rows = _capped(case, inside, value)
            if rows is None or not rows:
                continue
            must = {person: int(low[person]) for person in people_of(rule, people)}
            if span == 0:
                must = {person: of - int(each(rule.carried, people)[person]) for person, of in must.items()}
            room = sum(int(case.demands["at_most"][row] * value[case.demands["shift"][row]]) for row in rows)
            core = _least(must, room)
            kind, first = BreachKind.TOTAL_TOO_LOW, int(np.flatnonzero(inside)[0])
            if core:
                named = [Breach(kind=kind, rule=rule.id, person=person, day=first) for person in core]
                found.append((tuple(named + [_too_many(case, row) for row in rows]), np.flatnonzero(inside)))
    return found


def _capped(case: Case, inside: Flags, value: Ints) -> list[int] | None:
    """The row that says how many at most of each shift of value on each of the days; None where there is none."""
    rows: dict[tuple[int, int], int] = {}
    most = case.demands["at_most"]
    for row in np.flatnonzero((case.demands["skill"] == ANY) & inside[case.demands["day"]]).tolist():
        cell = int(case.demands["day"][row]), int(case.demands["shift"][row])
        if value[cell[1]] > 0 and (cell not in rows or most[row] < most[rows[cell]]):
            rows[cell] = row
    return list(rows.values()) if len(rows) == int(inside.sum()) * int((value > 0).sum()) else None


def _least(must: dict[int, int], room: int) -> list[int]:
    """The fewest people who must have more than there is room for."""
    chosen: list[int] = []
    for person in sorted(must, key=lambda person: -must[person]):
        if room < 0 or must[person] <= 0:
            break
        chosen.append(person)
        room -= must[person]
    return chosen if room < 0 else []


def _too_many(case: Case, row: int) -> Breach:
    day, shift = (int(case.demands[name][row]) for name in ("day", "shift"))
    return Breach(kind=BreachKind.TOO_MANY, day=day, shift=shift, row=row)


def _sets(count: int) -> list[Flags]:
    sizes = range(1, count + 1) if count <= _MOST_SHIFTS else (1, count)
    chosen = [list(of) for size in sizes for of in combinations(range(count), size)]
    return [np.isin(np.arange(count), of) for of in chosen]


def _short(case: Case, limit: _Limit) -> Iterator[tuple[Breach, ...]]:
    """The contradictions of a limit: for everybody, and for those who hold each skill."""
    rows = case.demands
    inside = limit.days[rows["day"]] & limit.shifts[rows["shift"]] & (rows["at_least"] > 0)
    open_days = case.allowed[:, :, :-1][:, :, limit.shifts].any(axis=2) & limit.days
    for skill in np.unique(rows["skill"][inside]).tolist():
        able = np.ones(len(open_days), np.bool_) if skill == ANY else case.skills[:, skill]
        needed: dict[tuple[int, int], int] = {}
        for row in np.flatnonzero(inside & (rows["skill"] == skill)).tolist():
            cell = int(rows["day"][row]), int(rows["shift"][row])
            if cell not in needed or rows["at_least"][row] > rows["at_least"][needed[cell]]:
                needed[cell] = row
        heads = {row: int(rows["at_least"][row]) for row in needed.values()}
        gives = np.where(able, np.minimum(limit.most, open_days.sum(axis=1)), 0)
        if sum(heads.values()) > int(gives.sum()):
            yield _thinned(case, limit, heads, open_days, able)


def _thinned(case: Case, limit: _Limit, heads: dict[int, int], open_days: Flags, able: Flags) -> tuple[Breach, ...]:
    """Leave out what the contradiction can do without: leaves first, then demands, then limits."""
    spare = sum(heads.values()) - 1
    away = limit.days & ~open_days & able[:, None]
    gives = [_gives(limit, person, away[person]) if able[person] else 0 for person in range(len(able))]
    spare -= sum(gives)
    core: list[Breach] = []
    for person in np.flatnonzero(able).tolist():
        for day in np.flatnonzero(away[person]).tolist():
            away[person, day] = False
            more = _gives(limit, person, away[person]) - gives[person]
            if more <= spare:
                spare, gives[person] = spare - more, gives[person] + more
            else:
                away[person, day] = True
                core.append(Breach(kind=BreachKind.NOT_ALLOWED, person=person, day=day))
    for row in sorted(heads, key=lambda row: heads[row]):
        if heads[row] <= spare:
            spare -= heads[row]
        else:
            day, shift = (int(case.demands[name][row]) for name in ("day", "shift"))
            core.append(Breach(kind=BreachKind.TOO_FEW, day=day, shift=shift, row=row))
    for person in np.flatnonzero(able).tolist():
        name, more = limit.names[person], int(limit.days.sum() - away[person].sum()) - gives[person]
        if more <= spare:
            spare -= more
        elif name is not None:
            core.append(name)
    return tuple(core)


def _gives(limit: _Limit, person: int, away: Flags) -> int:
    return min(int(limit.most[person]), int(limit.days.sum() - away.sum()))
