"""What a roster breaks: every rule, demand and wish looked up in the finished table, without any solver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.rostering._case import Case, days_of, each, of_shifts, people_of, weekend_days
from denghuo.engines.rostering.problem import (
    ANY,
    OFF,
    UNKNOWN,
    Fair,
    Rule,
    RunLimit,
    Successions,
    TotalLimit,
    WeekendLimit,
    WholeWeekends,
)
from denghuo.engines.rostering.shifts import DAY_MIN, seats_taken

__all__ = ["Breach", "BreachKind", "breaches_of", "fair_amount", "fair_values"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class BreachKind(StrEnum):
    """What is broken or paid for."""

    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    SHORTAGE = "shortage"
    EXCESS = "excess"
    NOT_ALLOWED = "not_allowed"
    SEATS = "seats"
    SUCCESSION = "succession"
    RUN_TOO_LONG = "run_too_long"
    RUN_TOO_SHORT = "run_too_short"
    TOTAL_TOO_LOW = "total_too_low"
    TOTAL_TOO_HIGH = "total_too_high"
    WEEKENDS = "weekends"
    CUT_WEEKEND = "cut_weekend"
    UNFAIR = "unfair"
    WISH = "wish"
    CHANGE = "change"


@dataclass(frozen=True, kw_only=True, slots=True)
class Breach:
    """One thing that is not as it should be.

    ``rule`` the rule's id, empty for demands, wishes, leave and seats; ``person``, ``day``, ``shift`` where; -1 if it
    does not apply (``row`` for demands and wishes); ``amount`` in the rule's unit; ``price`` per unit, None if it must
    not be.
    """

    kind: BreachKind
    rule: str = ""
    person: int = -1
    day: int = -1
    shift: int = -1
    row: int = -1
    amount: int = 1
    price: int | None = None
    level: int = 0

    @property
    def hard(self) -> bool:
        """Whether the roster is not valid with it."""
        return self.price is None

    @property
    def cost(self) -> int:
        """Price x amount; 0 for what must not be."""
        return 0 if self.price is None else self.price * self.amount


def breaches_of(case: Case, roster: Ints, people: Sequence[int] | None = None) -> Iterator[Breach]:
    """All breaches of a roster; with ``people`` only of these people's rules, and of everything that concerns all."""
    yield from _demanded(case, roster)
    yield from _seated(case, roster)
    yield from _personal(case, roster)
    chosen = range(len(roster)) if people is None else people
    lines = [roster.ravel()] if case.problem.ring else roster
    for rule in case.rules:
        if isinstance(rule, Fair):
            yield from _unfair(case, roster, rule)
            continue
        bound = [person for person in people_of(rule, len(roster)) if person in chosen]
        if isinstance(rule, RunLimit | Successions):
            for person in [0] if case.problem.ring else bound:
                days = _run_days(case, rule, lines[person], person)
                yield from days if isinstance(rule, RunLimit) else _followed(case, rule, lines[person], person)
        else:
            for person in bound:
                yield from _summed(case, rule, roster[person], person)


def _demanded(case: Case, roster: Ints) -> Iterator[Breach]:
    rows, level = case.demands, case.problem.demands.level
    for row, (day, shift, skill) in enumerate(zip(rows["day"], rows["shift"], rows["skill"], strict=True)):
        there = roster[:, day] == shift
        heads = int((there if skill == ANY else there & case.skills[:, skill]).sum())
        where: dict[str, Any] = {"day": int(day), "shift": int(shift), "row": row}
        low, high, wanted = (int(rows[name][row]) for name in ("at_least", "at_most", "wanted"))
        if heads < low:
            yield Breach(kind=BreachKind.TOO_FEW, amount=low - heads, **where)
        if heads > high:
            yield Breach(kind=BreachKind.TOO_MANY, amount=heads - high, **where)
        price = int(rows["under_weight" if heads < wanted else "over_weight"][row])
        if heads != wanted and price:
            kind = BreachKind.SHORTAGE if heads < wanted else BreachKind.EXCESS
            yield Breach(kind=kind, amount=abs(wanted - heads), price=price, level=level, **where)


def _seated(case: Case, roster: Ints) -> Iterator[Breach]:
    problem = case.problem
    if problem.seats is None:
        return
    count = problem.shifts.count
    counts, before = (
        np.array([np.bincount(day[day >= 0], minlength=count) for day in table.T], np.int64).reshape(-1, count)
        for table in (roster, case.before)
    )
    taken = seats_taken(problem.shifts, counts, interval_min=problem.interval_min, before=before)
    for interval in np.flatnonzero(taken > problem.seats).tolist():
        day = interval * problem.interval_min // DAY_MIN
        yield Breach(kind=BreachKind.SEATS, day=day, row=interval, amount=int(taken[interval]) - problem.seats)


def _personal(case: Case, roster: Ints) -> Iterator[Breach]:
    problem = case.problem
    people, days = np.indices(roster.shape)
    for person, day in np.argwhere(~case.allowed[people, days, roster]).tolist():
        yield Breach(kind=BreachKind.NOT_ALLOWED, person=person, day=day, shift=int(roster[person, day]))
    rows = case.wishes
    given = roster[rows["person"], rows["day"]] == rows["shift"]
    for row in np.flatnonzero((given != rows["wanted"].astype(np.bool_)) & (rows["weight"] > 0)).tolist():
        person, day, shift, price = (int(rows[name][row]) for name in ("person", "day", "shift", "weight"))
        kind, level = BreachKind.WISH, problem.wishes.level
        yield Breach(kind=kind, person=person, day=day, shift=shift, row=row, price=price, level=level)
    if problem.published is not None:
        told = np.asarray(problem.published.roster, np.int64)
        price, level = problem.published.weight, problem.published.level
        for person, day in np.argwhere((told != UNKNOWN) & (told != roster)).tolist():
            shift = int(told[person, day])
            yield Breach(kind=BreachKind.CHANGE, person=person, day=day, shift=shift, price=price, level=level)


def _where(case: Case, person: int, at: int) -> tuple[int, int]:
    """Person and day of a place in a line of days: in a ring the line runs through all people."""
    return (person, at) if not case.problem.ring else (at // case.problem.day_count, at % case.problem.day_count)


def _run_days(case: Case, rule: Rule, line: Ints, person: int) -> Iterator[Breach]:
    if not isinstance(rule, RunLimit):
        return
    inside = of_shifts(rule.shifts, case.problem.shifts.count, off=rule.off)
    low, high = (int(each(value, case.problem.people_count)[person]) for value in (rule.at_least, rule.at_most))
    named: dict[str, Any] = {"rule": rule.id, "price": rule.weight, "level": rule.level}
    if case.problem.ring:
        flags, history, turn = inside[line], 0, 0
        if flags.all():
            if len(flags) > high:
                yield Breach(kind=BreachKind.RUN_TOO_LONG, person=0, day=0, amount=len(flags), **named)
            return
        turn = int(np.flatnonzero(~flags)[0])
        flags, known = np.append(np.roll(flags, -turn), False), np.ones(len(flags) + 1, np.bool_)
    else:
        whole = np.concatenate([case.before[person], line])
        known, history, turn = whole != UNKNOWN, case.before.shape[1], 0
        flags = inside[whole] & known
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))).reshape(-1, 2)
    for start, end in edges.tolist():
        closed = start > 0 and known[start - 1] and end < len(flags) and known[end]
        over = end - max(history, start + high)
        if over > 0:
            who, day = _where(case, person, (max(history, start + high) - history + turn) % len(line))
            yield Breach(kind=BreachKind.RUN_TOO_LONG, person=who, day=day, amount=over, **named)
        if closed and end >= history and end - start < low:
            who, day = _where(case, person, (max(history, start) - history + turn) % len(line))
            yield Breach(kind=BreachKind.RUN_TOO_SHORT, person=who, day=day, amount=low - (end - start), **named)


def _followed(case: Case, rule: Successions, line: Ints, person: int) -> Iterator[Breach]:
    gap = rule.days_off + 1
    if case.problem.ring:
        whole = np.concatenate([line[-gap:], line])
        history = gap
    else:
        whole, history = np.concatenate([case.before[person], line]), case.before.shape[1]
    first, second = whole[:-gap], whole[gap:]
    between = np.ones(len(first), np.bool_)
    for step in range(1, gap):
        between &= whole[step : step + len(first)] == OFF
    forbidden = np.asarray(rule.forbidden, np.bool_)
    bad = between & (first >= 0) & (second >= 0) & forbidden[first, second]
    bad[: max(0, history - gap)] = False
    for at in np.flatnonzero(bad).tolist():
        who, day = _where(case, person, at + gap - history)
        yield Breach(
            kind=BreachKind.SUCCESSION,
            rule=rule.id,
            person=who,
            day=day,
            shift=int(second[at]),
            price=rule.weight,
            level=rule.level,
        )


def _summed(case: Case, rule: Rule, row: Ints, person: int) -> Iterator[Breach]:
    people = case.problem.people_count
    named: dict[str, Any] = {"rule": rule.id, "person": person, "price": rule.weight, "level": rule.level}
    worked = row >= 0
    if isinstance(rule, TotalLimit):
        value = np.append(each(rule.per_shift, case.problem.shifts.count), 0)[row]
        low, high = int(each(rule.at_least, people)[person]), int(each(rule.at_most, people)[person])
        for span, days in enumerate(days_of(rule.days, len(row))):
            total = int(value[days].sum()) + (int(each(rule.carried, people)[person]) if span == 0 else 0)
            day = int(np.flatnonzero(days)[0]) if days.any() else -1
            if total < low:
                yield Breach(kind=BreachKind.TOTAL_TOO_LOW, day=day, amount=low - total, **named)
            if total > high:
                yield Breach(kind=BreachKind.TOTAL_TOO_HIGH, day=day, amount=total - high, **named)
    elif isinstance(rule, WeekendLimit):
        weekends = sum(bool(worked[days].any()) for days in weekend_days(case))
        over = weekends + int(each(rule.carried, people)[person]) - int(each(rule.at_most, people)[person])
        if over > 0:
            yield Breach(kind=BreachKind.WEEKENDS, amount=over, **named)
    elif isinstance(rule, WholeWeekends):
        for days in weekend_days(case):
            if worked[days].any() and not worked[days].all():
                yield Breach(kind=BreachKind.CUT_WEEKEND, day=days[0], **named)


def fair_values(case: Case, rule: Fair, roster: Ints) -> Ints:
    """int64[P]: what the rule sums, with what was carried in."""
    people, days = roster.shape
    if rule.weekends:
        worked = [(roster[:, span] >= 0).any(axis=1) for span in weekend_days(case, rule)]
        summed = np.sum(np.array(worked, np.int64).reshape(-1, people), axis=0)
    else:
        value = np.append(each(rule.per_shift, case.problem.shifts.count), 0)[roster]
        summed = (value * days_of(rule.days, days).any(axis=0)).sum(axis=1)
    return np.asarray(summed + each(rule.carried, people), np.int64)


def fair_amount(values: Ints, share: Ints) -> int:
    """ceil of the range of values less what is due, in whole numbers throughout."""
    if len(values) == 0:
        return 0
    if len(set(share.tolist())) == 1:
        return int(values.max() - values.min())
    whole = int(share.sum())
    off = values * whole - share * int(values.sum())
    return -int(-(off.max() - off.min()) // whole)


def _unfair(case: Case, roster: Ints, rule: Fair) -> Iterator[Breach]:
    bound = people_of(rule, len(roster))
    amount = fair_amount(fair_values(case, rule, roster)[bound], each(rule.share, len(roster))[bound])
    if amount > rule.at_most:
        yield Breach(
            kind=BreachKind.UNFAIR, rule=rule.id, amount=amount - rule.at_most, price=rule.weight, level=rule.level
        )
