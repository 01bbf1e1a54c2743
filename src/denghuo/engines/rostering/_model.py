"""The problem in the language of the constraint solver: a Boolean per person, day and shift, the day off included."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from denghuo.engines.rostering._bounds import fairest_reach, least_spread, sure_totals, value_unit
from denghuo.engines.rostering._case import Case, days_of, each, of_shifts, people_of, weekend_days
from denghuo.engines.rostering.breaches import Breach, BreachKind
from denghuo.engines.rostering.problem import (
    ANY,
    OFF,
    UNKNOWN,
    Fair,
    RunLimit,
    Successions,
    TotalLimit,
    WeekendLimit,
    WholeWeekends,
)
from denghuo.engines.rostering.shifts import DAY_MIN, seats_taken

__all__ = ["RosterModel"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of days: ``cells`` (person, day) in order, ``history`` what came before, ``ring`` whether it closes."""

    cells: list[tuple[int, int]]
    history: list[int]
    ring: bool

    @property
    def first(self) -> int:
        """The position of the first place that is known."""
        return 0 if self.ring else -len(self.history)


@dataclass(frozen=True, slots=True)
class _Fairness:
    """A priced fairness: what is paid for, the least of it, by how much it grows, and what anybody's part keeps to in
    the fairest rosters."""

    rule: Fair
    over: Any
    least: int
    step: int
    reach: list[Any]

    @property
    def weight(self) -> int:
        """Price of one unit."""
        return self.rule.weight or 0


class RosterModel:
    """The constraint model of a case.

    ``named`` tells what must hold; with ``kept`` only those of it do, the rest is left open. ``alone`` leaves out what
    ties people together, demands and seats: what then cannot be beaten cannot be beaten with them.
    """

    def __init__(self, case: Case, *, kept: frozenset[Breach] | None = None, alone: bool = False) -> None:
        self.case = case
        self.model = cp_model.CpModel()
        self.kept = kept
        self.named: dict[Breach, None] = {}
        self.costs: dict[int, list[tuple[int, Any]]] = defaultdict(list)
        self._fairs: list[_Fairness] = []
        people, days = case.problem.shape
        self.off = case.problem.shifts.count
        cells = product(range(people), range(days), range(self.off + 1))
        self.x = {cell: self.model.new_bool_var("") for cell in cells}
        self.groups: dict[tuple[bytes, int, int], Any] = {}
        self.weekends: dict[tuple[int, tuple[int, ...]], Any] = {}
        self._cells()
        if not alone:
            self._demands()
            self._seats()
        self._wishes()
        for rule in case.rules:
            self._rule(rule)

    def _rule(self, rule: Any) -> None:
        people = people_of(rule, self.case.problem.people_count)
        if isinstance(rule, Fair):
            self._fair(rule, people)
            return
        by_person = {
            RunLimit: self._run,
            Successions: self._succession,
            TotalLimit: self._total,
            WeekendLimit: self._weekend_limit,
            WholeWeekends: self._whole_weekends,
        }[type(rule)]
        lined = isinstance(rule, RunLimit | Successions)
        for person in people[:1] if lined and self.case.problem.ring else people:
            by_person(rule, person)  # type: ignore[operator]

    def must(self, key: Breach, constraint: Any) -> None:
        """Say of a constraint that it must hold, and by which name."""
        self.named[key] = None
        if self.kept is not None and key not in self.kept:
            constraint.only_enforce_if(False)

    def _cost(self, level: int, weight: int, of: Any) -> None:
        if weight:
            self.costs[level].append((weight, of))

    def _cells(self) -> None:
        people, days = self.case.problem.shape
        for person, day in product(range(people), range(days)):
            self.model.add_exactly_one(self.x[person, day, shift] for shift in range(self.off + 1))
        for person, day, shift in np.argwhere(~self.case.allowed).tolist():
            key = Breach(kind=BreachKind.NOT_ALLOWED, person=person, day=day)
            self.must(key, self.model.add_bool_or(~self.x[person, day, shift]))

    def _demands(self) -> None:
        rows, people = self.case.demands, self.case.problem.people_count
        level = self.case.problem.demands.level
        for row, (day, shift, skill) in enumerate(zip(rows["day"], rows["shift"], rows["skill"], strict=True)):
            able = range(people) if skill == ANY else np.flatnonzero(self.case.skills[:, skill]).tolist()
            heads = cp_model.LinearExpr.sum([self.x[person, int(day), int(shift)] for person in able])
            low, high, wanted = (int(rows[name][row]) for name in ("at_least", "at_most", "wanted"))
            key = Breach(kind=BreachKind.TOO_FEW, day=int(day), shift=int(shift), row=row)
            if low > 0:
                self.must(key, self.model.add(heads >= low))
            if high < len(able):
                self.must(replace(key, kind=BreachKind.TOO_MANY), self.model.add(heads <= high))
            under, over = int(rows["under_weight"][row]), int(rows["over_weight"][row])
            if under and wanted > low:
                missing = self.model.new_int_var(0, wanted, "")
                self.model.add(heads + missing >= wanted)
                self._cost(level, under, missing)
            if over and wanted < min(high, len(able)):
                excess = self.model.new_int_var(0, len(able), "")
                self.model.add(heads - excess <= wanted)
                self._cost(level, over, excess)

    def _seats(self) -> None:
        problem = self.case.problem
        if problem.seats is None:
            return
        days, count, size = problem.day_count, self.off, problem.interval_min
        before = [np.bincount(day[day >= 0], minlength=count) for day in self.case.before.T]
        told = np.array(before, np.int64).reshape(-1, count)
        known = seats_taken(problem.shifts, np.zeros((days, count), np.int64), interval_min=size, before=told)
        sums: dict[int, list[Any]] = {interval: [] for interval in np.flatnonzero(known > problem.seats).tolist()}
        for day, shift in product(range(days), range(count)):
            one = np.zeros((days, count), np.int64)
            one[day, shift] = 1
            heads = cp_model.LinearExpr.sum([self.x[person, day, shift] for person in range(problem.people_count)])
            for interval in np.flatnonzero(seats_taken(problem.shifts, one, interval_min=size)).tolist():
                sums.setdefault(interval, []).append((day, shift, heads))
        seen: set[tuple[Any, ...]] = set()
        for interval, parts in sorted(sums.items()):
            same = (int(known[interval]), *((day, shift) for day, shift, _ in parts))
            if same not in seen:
                seen.add(same)
                key = Breach(kind=BreachKind.SEATS, day=interval * size // DAY_MIN, row=interval)
                heads = cp_model.LinearExpr.sum([part for _, _, part in parts])
                self.must(key, self.model.add(heads <= problem.seats - int(known[interval])))

    def _wishes(self) -> None:
        rows, problem = self.case.wishes, self.case.problem
        columns = (rows[name].tolist() for name in ("person", "day", "shift", "wanted", "weight"))
        for person, day, shift, wanted, weight in zip(*columns, strict=True):
            x = self.x[person, day, self.off if shift == OFF else shift]
            self._cost(problem.wishes.level, weight, ~x if wanted else x)
        if problem.published is not None:
            told = np.asarray(problem.published.roster, np.int64)
            for person, day in np.argwhere(told != UNKNOWN).tolist():
                shift = int(told[person, day])
                kept = self.x[person, day, self.off if shift == OFF else shift]
                self._cost(problem.published.level, problem.published.weight, ~kept)

    def _line(self, person: int) -> _Line:
        people, days = self.case.problem.shape
        if self.case.problem.ring:
            return _Line(list(product(range(people), range(days))), [], True)
        return _Line([(person, day) for day in range(days)], self.case.before[person].tolist(), False)

    def _inside(self, line: _Line, at: int, chosen: Flags) -> Any:
        """A literal, or True or False where history tells, or None where nothing is known."""
        if at < 0 and not line.ring:
            told = line.history[at]
            return None if told == UNKNOWN else bool(chosen[told])
        person, day = line.cells[at % len(line.cells)]
        return self.group(person, day, chosen)

    def group(self, person: int, day: int, chosen: Flags) -> Any:
        """A literal for: on one of the chosen shifts (the last is the day off)."""
        inside, outside = np.flatnonzero(chosen).tolist(), np.flatnonzero(~chosen).tolist()
        if len(inside) == 1:
            return self.x[person, day, inside[0]]
        if len(outside) == 1:
            return ~self.x[person, day, outside[0]]
        key = (chosen.tobytes(), person, day)
        if key not in self.groups:
            literal = self.model.new_bool_var("")
            self.model.add(cp_model.LinearExpr.sum([self.x[person, day, shift] for shift in inside]) == literal)
            self.groups[key] = literal
        return self.groups[key]

    def forbid(self, key: Breach, literals: list[Any], *, amount: int = 1) -> None:
        """Not all of these at once, or it costs. Where one never holds, nothing is said."""
        if any(literal is None or literal is False for literal in literals):
            return
        clause = [~literal for literal in literals if literal is not True]
        if key.hard:
            self.must(key, self.model.add_bool_or(clause))
        elif key.price:
            broken = self.model.new_bool_var("")
            self.model.add_bool_or([*clause, broken])
            self._cost(key.level, key.price * amount, broken)

    def _run(self, rule: RunLimit, person: int) -> None:
        line, chosen = self._line(person), of_shifts(rule.shifts, self.off, off=rule.off)
        people, size = self.case.problem.people_count, len(line.cells)
        low, high = (int(each(value, people)[person]) for value in (rule.at_least, rule.at_most))
        named = Breach(kind=BreachKind.RUN_TOO_LONG, rule=rule.id, person=person, price=rule.weight, level=rule.level)
        inside = {at: self._inside(line, at, chosen) for at in range(line.first, size)}
        for end in range(size) if high < size + len(line.history) else ():
            start = end - high
            if start >= line.first or (line.ring and high < size):
                window = [inside[at % size if line.ring else at] for at in range(start, end + 1)]
                self.forbid(replace(named, day=line.cells[end][1], person=line.cells[end][0]), window)
        self._short_runs(line, inside, low, replace(named, kind=BreachKind.RUN_TOO_SHORT))

    def _short_runs(self, line: _Line, inside: dict[int, Any], low: int, named: Breach) -> None:
        size = len(line.cells)
        for before in range(line.first, size):
            for length in range(1, low):
                after = before + length + 1
                if after < 0 or (after >= size and not line.ring) or (line.ring and length >= size):
                    continue
                run = [inside[at % size if line.ring else at] for at in range(before + 1, after)]
                ends = [_not(inside[before]), _not(inside[after % size if line.ring else after])]
                # Hard: the first day in commits to all the next ones, which says the same and more tightly.
                days = run[:1] if named.hard and len([one for one in run if one is not True]) == length else run
                person, day = line.cells[max(0, before + 1) % size]
                self.forbid(replace(named, person=person, day=day), [*ends, *days], amount=low - length)

    def _succession(self, rule: Successions, person: int) -> None:
        line, forbidden = self._line(person), np.asarray(rule.forbidden, np.bool_)
        size, gap = len(line.cells), rule.days_off + 1
        named = Breach(kind=BreachKind.SUCCESSION, rule=rule.id, price=rule.weight, level=rule.level)
        pairs = _together(forbidden)
        rest = of_shifts(None, self.off, off=True)
        for at in range(size):
            if at - gap < line.first and not line.ring:
                continue
            between = [self._inside(line, at - step, rest) for step in range(1, gap)]
            person, day = line.cells[at]
            key = replace(named, person=person, day=day)
            if key.hard:
                for first, second in pairs:
                    ends = [self._inside(line, at - gap, first), self._inside(line, at, second)]
                    self.forbid(key, [*ends, *between])
            else:
                self._soft_succession(key, line, at, gap, forbidden, between)

    def _soft_succession(
        self, key: Breach, line: _Line, at: int, gap: int, forbidden: Flags, between: list[Any]
    ) -> None:
        broken = self.model.new_bool_var("")
        self._cost(key.level, key.price or 0, broken)
        for shift in np.flatnonzero(forbidden.any(axis=1)).tolist():
            first = np.zeros(self.off + 1, np.bool_)
            first[shift] = True
            literals = [
                self._inside(line, at - gap, first),
                *between,
                self._inside(line, at, np.append(forbidden[shift], False)),
            ]
            if not any(literal is None or literal is False for literal in literals):
                self.model.add_bool_or([*(~one for one in literals if one is not True), broken])

    def _total(self, rule: TotalLimit, person: int) -> None:
        people = self.case.problem.people_count
        value = each(rule.per_shift, self.off).tolist()
        low, high, carried = (int(each(given, people)[person]) for given in (rule.at_least, rule.at_most, rule.carried))
        for span, days in enumerate(days_of(rule.days, self.case.problem.day_count)):
            chosen = np.flatnonzero(days).tolist()
            parts = [(self.x[person, day, s], value[s]) for day in chosen for s in range(self.off) if value[s]]
            total = cp_model.LinearExpr.weighted_sum([x for x, _ in parts], [one for _, one in parts])
            key = Breach(
                kind=BreachKind.TOTAL_TOO_LOW,
                rule=rule.id,
                person=person,
                day=chosen[0] if chosen else -1,
                price=rule.weight,
                level=rule.level,
            )
            brought = carried if span == 0 else 0
            most = len(chosen) * max(value) if value else 0
            if low - brought > 0:
                self._limit(key, low - brought - total, low - brought)
            if high - brought < most:
                self._limit(replace(key, kind=BreachKind.TOTAL_TOO_HIGH), total - (high - brought), most)

    def _limit(self, key: Breach, amount: Any, most: int) -> None:
        """An amount that must not be above 0, or costs."""
        if key.hard:
            self.must(key, self.model.add(amount <= 0))
        elif key.price:
            over = self.model.new_int_var(0, max(most, 0), "")
            self.model.add(amount <= over)
            self._cost(key.level, key.price, over)

    def weekend(self, person: int, days: list[int]) -> Any:
        """A literal that holds if somebody works on any of the days."""
        if len(days) == 1:
            return ~self.x[person, days[0], self.off]
        key = (person, tuple(days))
        if key not in self.weekends:
            worked = self.model.new_bool_var("")
            off = [self.x[person, day, self.off] for day in days]
            self.model.add_bool_or([*(~one for one in off), ~worked])
            for one in off:
                self.model.add_bool_or(one, worked)
            self.weekends[key] = worked
        return self.weekends[key]

    def _weekend_limit(self, rule: WeekendLimit, person: int) -> None:
        people, weekends = self.case.problem.people_count, weekend_days(self.case)
        free = int(each(rule.at_most, people)[person]) - int(each(rule.carried, people)[person])
        if free < len(weekends):
            worked = cp_model.LinearExpr.sum([self.weekend(person, days) for days in weekends])
            key = Breach(kind=BreachKind.WEEKENDS, rule=rule.id, person=person, price=rule.weight, level=rule.level)
            self._limit(key, worked - free, len(weekends) - free)

    def _whole_weekends(self, rule: WholeWeekends, person: int) -> None:
        for days in weekend_days(self.case):
            key = Breach(
                kind=BreachKind.CUT_WEEKEND,
                rule=rule.id,
                person=person,
                day=days[0],
                price=rule.weight,
                level=rule.level,
            )
            off = [self.x[person, day, self.off] for day in days]
            if key.hard:
                for one, other in pairwise(off):
                    self.forbid(key, [one, ~other])
                    self.forbid(key, [~one, other])
            elif key.price and len(days) > 1:
                cut = self.model.new_bool_var("")
                for one, other in product(off, off):
                    if one is not other:
                        self.model.add_bool_or([~one, other, cut])
                self._cost(key.level, key.price, cut)

    def _fair(self, rule: Fair, people: list[int]) -> None:
        if not people or rule.weight == 0:
            return
        values = {person: self._fair_value(rule, person) for person in people}
        share = each(rule.share, self.case.problem.people_count)[people]
        whole = 1 if len(set(share.tolist())) == 1 else int(share.sum())
        most = self._most_value(rule)
        known = None if rule.weight is None else sure_totals(rule, people, self.case)
        fixed = known is not None and known[0] == known[1]
        total = known[0] if known is not None and fixed else cp_model.LinearExpr.sum(list(values.values()))
        parts = {
            person: values[person] if whole == 1 else values[person] * whole - int(part) * total
            for person, part in zip(people, share.tolist(), strict=True)
        }
        reach = most if whole == 1 else most * whole * len(people)
        low, high = (self.model.new_int_var(-reach if whole > 1 else 0, reach, "") for _ in range(2))
        for part in parts.values():
            self.model.add(part >= low)
            self.model.add(part <= high)
        key = Breach(kind=BreachKind.UNFAIR, rule=rule.id, price=rule.weight, level=rule.level)
        if rule.weight is None:
            self.must(key, self.model.add(high - low <= rule.at_most * whole))
            return
        if known is not None and whole == 1:
            self.model.add(low * len(people) <= known[1])
            self.model.add(high * len(people) >= known[0])
        least = max(0, least_spread(rule, self.case, known) - rule.at_most)
        over = self.model.new_int_var(least, max(most, least), "")
        self.model.add(whole * over >= high - low - rule.at_most * whole)
        self._cost(rule.level, rule.weight, over)
        unit = value_unit(rule, self.case)
        step = unit if whole == 1 and unit and rule.at_most % unit == 0 else 1
        fairest = fairest_reach(rule, self.case, known)
        # What people are off their due parts sums up to nothing, so that nobody is further off than the range is wide.
        wide = (least + rule.at_most) * whole
        bounds = fairest if fairest is not None else (-wide, wide) if whole > 1 else (0, reach)
        within = [low >= bounds[0], high <= bounds[1]]
        self._fairs.append(_Fairness(rule, over, least, step, within))

    def fairest(self, level: int) -> cp_model.CpModel | None:
        """A copy in which everything of a level is as fair as can be; None where nothing of it is to be fair."""
        if all(one.rule.level != level for one in self._fairs):
            return None
        model = self.model.clone()
        self.keep_fairest(level, model)
        return model

    def keep_fairest(self, level: int, model: cp_model.CpModel) -> None:
        """Everything of a level has to be as fair as can be."""
        for one in self._fairs:
            if one.rule.level == level:
                for bound in (one.over == one.least, *one.reach):
                    model.add(bound)

    def fair_floor(self, level: int) -> int:
        """What fairness costs at least."""
        return sum(one.weight * one.least for one in self._fairs if one.rule.level == level)

    def fair_enough(self, level: int) -> int:
        """What a roster that is not as fair as can be costs at least; 0 where nothing is to be fair."""
        steps = [one.weight * one.step for one in self._fairs if one.rule.level == level]
        return self.fair_floor(level) + min(steps, default=0)

    def _fair_value(self, rule: Fair, person: int) -> Any:
        carried = int(each(rule.carried, self.case.problem.people_count)[person])
        if rule.weekends:
            spans = weekend_days(self.case, rule)
            return cp_model.LinearExpr.sum([self.weekend(person, days) for days in spans]) + carried
        value = each(rule.per_shift, self.off).tolist()
        days = np.flatnonzero(days_of(rule.days, self.case.problem.day_count).any(axis=0)).tolist()
        parts = [(self.x[person, day, s], value[s]) for day in days for s in range(self.off) if value[s]]
        return cp_model.LinearExpr.weighted_sum([x for x, _ in parts], [one for _, one in parts]) + carried

    def _most_value(self, rule: Fair) -> int:
        days = self.case.problem.day_count
        most = days if rule.weekends else days * int(each(rule.per_shift, self.off).max(initial=0))
        return int(most + np.max(np.asarray(rule.carried, np.int64), initial=0))


def _not(literal: Any) -> Any:
    return None if literal is None else (not literal) if isinstance(literal, bool) else ~literal


def _together(forbidden: Flags) -> list[tuple[Flags, Flags]]:
    """Forbidden pairs gathered into pairs of sets, as large as they go: fewer clauses that say more."""
    found: dict[bytes, tuple[Flags, Flags]] = {}
    for row in forbidden:
        if row.any():
            first = (forbidden | ~row).all(axis=1)
            second = forbidden[first].all(axis=0)
            found[first.tobytes() + second.tobytes()] = (np.append(first, False), np.append(second, False))
    return list(found.values())
