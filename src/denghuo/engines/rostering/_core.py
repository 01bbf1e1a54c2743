"""What must hold and cannot hold together: found by counting or by the solver, and thinned by leaving out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

from ortools.sat.python import cp_model

from denghuo.engines.rostering._capacity import counted_out
from denghuo.engines.rostering._case import Case, case_of
from denghuo.engines.rostering._model import RosterModel
from denghuo.engines.rostering._solver import FOUND, Budget
from denghuo.engines.rostering._window import named_whole, window_of
from denghuo.engines.rostering.breaches import Breach
from denghuo.engines.rostering.problem import RosterProblem

_WINDOWS, _STARTS, _WINDOW_WORK = (2, 3, 7), 3, 0.05
_MOST_THINNED = 40  # beyond that asking of each whether it can be spared takes longer than anybody waits


class Core:
    """What must hold, with ever less of it kept."""

    def __init__(self, problem: RosterProblem, budget: Budget) -> None:
        self.whole, self.budget = _hard_only(case_of(problem)), budget
        self.case = self.whole

    def counted(self) -> tuple[tuple[Breach, ...], bool]:
        """A core that counting shows, thinned further where counting is not all there is to it."""
        core, first, length = counted_out(self.whole)
        names = {one: one for one in core}
        if core and length < self.whole.problem.day_count:
            self.case = window_of(self.whole, first, length)
            names = {one: named_whole(self.whole, first, length, one) for one in RosterModel(self.case).named}
        # What is owed over days that a window cuts has no name in it.
        if not core or len(core) > _MOST_THINNED or not set(core) <= set(names.values()):
            return tuple(sorted(core, key=_order)), False
        thinned, minimal = self._thin([one for one, name in names.items() if name in core], _by_itself)
        return tuple(sorted((names[one] for one in thinned), key=_order)), minimal

    def find(self, broken: tuple[Breach, ...]) -> tuple[tuple[Breach, ...], bool]:
        """A core, and whether it is minimal: within a few days about what the nearest roster breaks if there is one,
        which is soon seen."""
        days = self.whole.problem.day_count
        for length in () if self.whole.problem.ring else [length for length in _WINDOWS if length < days]:
            starts = {one.day - back for one in broken for back in range(0, length, -(-length // _STARTS))}
            for first in sorted({min(max(start, 0), days - length) for start in starts}):
                self.case = window_of(self.whole, first, length)
                core, minimal = self._in_case(_WINDOW_WORK)
                if core:
                    named = (named_whole(self.whole, first, length, one) for one in core)
                    return tuple(sorted(named, key=_order)), minimal
        self.case = self.whole
        core, minimal = self._in_case(float("inf"))
        return tuple(sorted(core, key=_order)), minimal

    def _in_case(self, most_work: float) -> tuple[list[Breach], bool]:
        core = None if self.budget.over else self._clash(list(RosterModel(self.case).named), most_work)
        if core is None:
            return [], False
        minimal = True
        for named in (_by_rule, _by_place, _by_itself):
            core, minimal = self._thin(core, named)
        return core, minimal

    def _thin(self, core: list[Breach], named: Callable[[Breach], Hashable]) -> tuple[list[Breach], bool]:
        """Leave out one group after the other where what remains still clashes."""
        minimal = True
        for group in dict.fromkeys(named(one) for one in sorted(core, key=_order, reverse=True)):
            if self.budget.over:
                return core, False
            rest = [one for one in core if named(one) != group]
            if len(rest) in (0, len(core)):
                continue
            smaller = self._clash(rest)
            if smaller is not None:
                core = smaller
            elif self.last not in FOUND:
                minimal = False
        return core, minimal

    def _clash(self, keys: Sequence[Breach], most_work: float = float("inf")) -> list[Breach] | None:
        """Those of the keys that clash already, None if they hold together or it is not known."""
        self.last: Any = None
        if self.budget.over:
            return None
        model = RosterModel(_only(self.case, keys), kept=frozenset(keys)).model
        self.last = self.budget.solve(self.budget.solver(alone=True), model, most_work=most_work)
        return list(keys) if self.last == cp_model.INFEASIBLE else None


def _hard_only(case: Case) -> Case:
    """Without what only costs."""
    rules = tuple(rule for rule in case.rules if rule.weight is None)
    wishes = {name: of[:0] for name, of in case.wishes.items()}
    demands = case.demands | {name: case.demands[name] * 0 for name in ("under_weight", "over_weight")}
    problem = replace(case.problem, published=None)
    return replace(case, problem=problem, rules=rules, wishes=wishes, demands=demands)


def _only(case: Case, keys: Sequence[Breach]) -> Case:
    """Without the rules of which nothing is kept, so that there is less to build."""
    named = {one.rule for one in keys}
    return replace(case, rules=tuple(rule for rule in case.rules if rule.id in named))


def _by_rule(one: Breach) -> Hashable:
    return one.kind, one.rule


def _by_place(one: Breach) -> Hashable:
    return one.kind, one.rule, one.person, one.day if one.person < 0 else -1


def _by_itself(one: Breach) -> Hashable:
    return one


def _order(one: Breach) -> tuple[Any, ...]:
    return list(type(one.kind)).index(one.kind), one.rule, one.person, one.day, one.shift, one.row
