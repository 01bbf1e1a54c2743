"""A constraint model as rows over the cells of a roster, for the walk."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.rostering._bounds import fair_range
from denghuo.engines.rostering._case import days_of, each, people_of, weekend_days
from denghuo.engines.rostering._model import RosterModel
from denghuo.engines.rostering._walk_kernels import Rows
from denghuo.engines.rostering.problem import Fair

__all__ = ["rows_of"]

Ints = NDArray[np.int64]
_FAR = 1 << 40
Values = tuple[int, ...]
Form = tuple[dict[int, Values], dict[int, int]]


class _Gathered:
    """Rows one by one: ``cells`` cell -> coefficient of each value, ``flags`` flag -> coefficient."""

    def __init__(self, model: RosterModel, level: int) -> None:
        self.model, self.level = model, level
        self.people, self.days = model.case.problem.shape
        self.values = model.off + 1
        self.none: Values = (0,) * self.values
        self.bounds: list[tuple[int, int, int]] = []
        self.cells: list[dict[int, Values]] = []
        self.flags: list[dict[int, int]] = []
        self.flag_cells: list[list[int]] = []
        self.of: dict[int, Form] = {}
        self.flag_of: dict[int, int] = {}
        on = [tuple(one) for one in np.eye(self.values, dtype=np.int64).tolist()]
        for (person, day, shift), x in model.x.items():
            self.of[x.index] = ({person * self.days + day: on[shift]}, {})
        for (chosen, person, day), literal in model.groups.items():
            self.of[literal.index] = ({person * self.days + day: tuple(chosen)}, {})
        for (person, days), literal in model.weekends.items():
            self.of[literal.index] = ({}, {len(self.flag_cells): 1})
            self.flag_cells.append([person * self.days + day for day in days])
        self.prices = self._prices()
        domains = [list(of.domain) for of in model.model.proto.variables]
        self.fixed = {at: of[0] for at, of in enumerate(domains) if of[0] == of[-1]}

    def _prices(self) -> dict[int, int]:
        """What one unit of a variable that is no part of the roster costs; the levels before count more than all."""
        prices: dict[int, int] = {}
        for level, terms in self.model.costs.items():
            factor = 1 if level == self.level else 10_000 if level < self.level else 0
            for weight, of in terms:
                prices[of.index] = prices.get(of.index, 0) + weight * factor
        return prices

    def add(self, cells: dict[int, Values], flags: dict[int, int], low: int, high: int, price: int) -> None:
        """A row, in the largest unit in which it is whole; what defines a flag or binds nobody is none."""
        cells = {cell: coef for cell, coef in cells.items() if any(coef)}
        if not flags and not cells:
            return
        if flags and cells and set(cells) <= {cell for flag in flags for cell in self.flag_cells[flag]}:
            return
        unit = math.gcd(*(one for coef in cells.values() for one in coef), *flags.values())
        if unit > 1:
            cells = {cell: tuple(one // unit for one in coef) for cell, coef in cells.items()}
            flags = {flag: coef // unit for flag, coef in flags.items()}
            low, high, price = -(-low // unit), high // unit, price * unit
        self.bounds.append((low, high, price))
        self.cells.append(cells)
        self.flags.append(flags)

    def linear(self, terms: list[tuple[int, int]], low: int, high: int) -> None:
        """A row of literals and at most one variable that says how far it is broken."""
        cells: dict[int, Values] = {}
        flags: dict[int, int] = defaultdict(int)
        slack: list[tuple[int, int]] = []
        constant = 0
        for index, coef in terms:
            sign, at = (coef, index) if index >= 0 else (-coef, -index - 1)
            constant += coef if index < 0 else 0
            if at in self.of:
                for cell, values in self.of[at][0].items():
                    before = cells.get(cell, self.none)
                    cells[cell] = tuple(one + sign * more for one, more in zip(before, values, strict=True))
                for flag, one in self.of[at][1].items():
                    flags[flag] += sign * one
            elif at in self.fixed:
                constant += sign * self.fixed[at]
            else:
                slack.append((at, coef))
        low, high = (max(-_FAR, low) - constant, min(_FAR, high) - constant)
        if not slack:
            self.add(cells, dict(flags), low, high, 0)
        elif len(slack) == 1 and self.prices.get(slack[0][0], 0):
            self.add(cells, dict(flags), low, high, max(1, self.prices[slack[0][0]] // abs(slack[0][1])))


def rows_of(model: RosterModel, level: int) -> Rows:
    """All rows of a model; those of a price are what the level costs."""
    rows = _Gathered(model, level)
    for constraint in model.model.proto.constraints:
        if constraint.enforcement_literal:
            continue
        if constraint.has_bool_or():
            rows.linear([(index, 1) for index in constraint.bool_or.literals], 1, _FAR)
        elif constraint.has_linear():
            linear = constraint.linear
            domain = list(linear.domain)
            rows.linear(list(zip(linear.vars, linear.coeffs, strict=True)), domain[0], domain[-1])
    _wishes(rows)
    for rule in model.case.rules:
        if isinstance(rule, Fair):
            _fair(rows, rule)
    return _arrays(rows)


def _wishes(rows: _Gathered) -> None:
    """Prices of being on a shift or not."""
    for weight, of in rows.model.costs[rows.level]:
        index = of.index
        at = index if index >= 0 else -index - 1
        if at in rows.of:
            cells, flags = rows.of[at]
            rows.add(cells, flags, *((1, 1) if index < 0 else (0, 0)), weight)


def _fair(rows: _Gathered, rule: Fair) -> None:
    case = rows.model.case
    people = people_of(rule, rows.people)
    bounds = fair_range(rule, people, case)
    if bounds is None or rule.weight == 0 or rule.level > rows.level:
        return
    carried = each(rule.carried, rows.people)
    value: Values = (*each(rule.per_shift, rows.values - 1).tolist(), 0)
    days = np.flatnonzero(days_of(rule.days, rows.days).any(axis=0)).tolist()
    for at, person in enumerate(people):
        low, high = int(bounds[0][at] - carried[person]), int(bounds[1][at] - carried[person])
        if rule.weekends:
            flags: dict[int, int] = {}
            cells: dict[int, Values] = {}
            for span in weekend_days(case, rule):
                of = rows.of.get(rows.model.weekend(person, span).index)
                if of is None:
                    cells[person * rows.days + span[0]] = (1,) * (rows.values - 1) + (0,)
                else:
                    flags |= of[1]
            rows.add(cells, flags, low, high, rule.weight or 0)
        else:
            rows.add({person * rows.days + day: value for day in days}, {}, low, high, rule.weight or 0)


def _arrays(rows: _Gathered) -> Rows:
    count, cells = len(rows.bounds), rows.people * rows.days
    entries: list[list[tuple[int, Values]]] = [[] for _ in range(cells)]
    for row, chosen in enumerate(rows.cells):
        for cell, coef in chosen.items():
            entries[cell].append((row, coef))
    flag_rows: list[list[tuple[int, int]]] = [[] for _ in rows.flag_cells]
    for row, flags in enumerate(rows.flags):
        for flag, times in flags.items():
            flag_rows[flag].append((row, times))
    touched = [
        sorted({*chosen, *(cell for flag in flags for cell in rows.flag_cells[flag])})
        for chosen, flags in zip(rows.cells, rows.flags, strict=True)
    ]
    of_cell: list[list[int]] = [[] for _ in range(cells)]
    for flag, members in enumerate(rows.flag_cells):
        for cell in members:
            of_cell[cell].append(flag)
    low, high, price = np.array(rows.bounds, np.int64).reshape(count, 3).T
    people, days = rows.people, rows.days
    by_day = np.arange(cells).reshape(people, days).T
    return Rows(
        low=np.ascontiguousarray(low),
        high=np.ascontiguousarray(high),
        price=np.ascontiguousarray(price),
        flagged=np.array([bool(flags) for flags in rows.flags], np.bool_),
        cell_start=_starts(entries),
        entry_row=np.array([row for of in entries for row, _ in of], np.int64),
        entry_coef=np.array([coef for of in entries for _, coef in of], np.int64).reshape(-1, rows.values),
        row_start=_starts(touched),
        row_cell=np.array([cell for of in touched for cell in of], np.int64),
        flag_start=_starts(flag_rows),
        flag_row=np.array([row for of in flag_rows for row, _ in of], np.int64),
        flag_coef=np.array([coef for of in flag_rows for _, coef in of], np.int64),
        flag_cells=_padded(rows.flag_cells),
        cell_flags=_padded(of_cell),
        allowed=np.ascontiguousarray(rows.model.case.allowed.reshape(cells, rows.values)),
        cell_group=np.tile(np.arange(days), people),
        group_start=np.arange(days + 1) * people,
        group_cell=np.ascontiguousarray(by_day.ravel()),
    )


def _starts(lists: list[Any]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)


def _padded(lists: list[list[int]]) -> Ints:
    width = max((len(one) for one in lists), default=0) or 1
    padded = np.full((len(lists), width), -1, np.int64)
    for at, one in enumerate(lists):
        padded[at, : len(one)] = one
    return padded
