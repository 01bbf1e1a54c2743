"""Rosters: a hotline's month of 30 people, beside the model one would write first, and a curve covered by shifts.

The plain model is the same problem for the same solver with as many workers, without a rotation to start from, without
known least spreads, every short and long run forbidden one by one. Where a search ended by its limit the note says how
far it came. pyworkforce knows heads, leave, rest and the fewest days, and neither the most hours, runs nor fairness;
what its roster looks like stands in the note. The published instances come from the reference data, which
`DENGHUO_DATA` names."""

import importlib.util
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench.common import BenchRow, timed
from ortools.sat.python import cp_model

from denghuo.adapters.rosters import read_staff_instance
from denghuo.engines.rostering import (
    Demands,
    Fair,
    Limits,
    RosterProblem,
    Rule,
    RunLimit,
    Successions,
    TotalLimit,
    WeekendLimit,
    Wishes,
    build_shifts,
    forbidden_by_rest,
    plan_shifts,
    solve_roster,
)

DAY, EVENING, NIGHT, MOBILE = range(4)
LIMIT_S = 120.0
BEST_KNOWN = {1: 607, 2: 828, 3: 1001}


def rows() -> list[BenchRow]:
    """Every measurement of this engine."""
    named = os.environ.get("DENGHUO_DATA", "")
    folder = Path(named) / "hotline/rostering"
    published = [_instance(folder / f"Instance{n}.txt", best) for n, best in BEST_KNOWN.items()] if named else []
    return [_month(), *published, _curve()]


def _month() -> BenchRow:
    problem = hotline_month()
    started = time.perf_counter()
    found = solve_roster(problem, limits=Limits(time_limit_s=LIMIT_S))
    ours_s = time.perf_counter() - started
    peer_s, cost, bound = plain_model(problem)
    peers, note = {"plain CP-SAT model": peer_s}, f"peer {cost:.0f}, bound {bound:.0f}"
    if importlib.util.find_spec("pyworkforce"):
        peers["pyworkforce"], words = pyworkforce_roster(problem)
        note += f"; pyworkforce: {words}"
    return BenchRow(
        work="a fair roster of a month",
        size="30 people, 28 days, 4 shifts",
        ours_s=ours_s,
        peak_mb=float("nan"),
        peers=peers,
        goal="< 10 s",
        note=f"cost {found.costs}, bound {found.bounds}; {note}",
    )


def _instance(path: Path, best: int) -> BenchRow:
    """One of the instances of staff rostering that Curtois and Qu published; read from the reference data."""
    problem = read_staff_instance(path).problem
    started = time.perf_counter()
    found = solve_roster(problem, limits=Limits(time_limit_s=LIMIT_S))
    ours_s = time.perf_counter() - started
    people, days = problem.shape
    peer_s, cost, bound = plain_instance(problem)
    proven = "proven" if found.proven_optimal else "not proven"
    return BenchRow(
        work=f"Curtois and Qu, {path.stem.lower()}",
        size=f"{people} people, {days} days",
        ours_s=ours_s,
        peak_mb=float("nan"),
        peers={"plain CP-SAT model": peer_s},
        goal="< 60 s",
        note=f"cost {found.costs[0]} of {best} known as best, {proven}; peer {cost:.0f}, bound {bound:.0f}",
    )


def _curve() -> BenchRow:
    hours = np.arange(48) / 2
    curve = 4 + 9 * np.exp(-(((hours - 10) / 2.5) ** 2)) + 8 * np.exp(-(((hours - 19.5) / 2) ** 2))
    required = np.concatenate([np.rint(curve * (0.7 if day % 7 >= 5 else 1.0)) for day in range(28)]).astype(np.int64)
    starts = np.arange(0, 1440, 120)
    shifts = build_shifts(start_min=starts, length_min=np.full(12, 510), breaks_min=[[(240, 270)]] * 12)
    taken = timed(
        lambda: plan_shifts(shifts, required=required, short_weight=60, over_weight=1, seats=30, at_least=2), repeat=3
    )
    return BenchRow(
        work="shifts that cover four weeks of half-hours",
        size="1,344 intervals, 12 shifts with pauses",
        ours_s=taken.seconds,
        peak_mb=taken.peak_mb,
        peers={},
        note="proven" if taken.result.proven_optimal else "not proven",
    )


def plain_model(problem: RosterProblem) -> tuple[float, float, float]:
    """Seconds, cost and bound of the month in the model one would write first."""
    people, days = problem.shape
    model = cp_model.CpModel()
    x = {
        (p, d, s): model.new_bool_var("")
        for p in range(people)
        for d in range(days)
        for s in range(4)
        if np.asarray(problem.allowed)[p, d, s]
    }
    on = [[sum(x[p, d, s] for s in range(4) if (p, d, s) in x) for d in range(days)] for p in range(people)]
    demands = problem.demands
    for day, shift, heads in zip(demands.day, demands.shift, demands.at_least, strict=True):
        model.add(
            sum(x[p, int(day), int(shift)] for p in range(people) if (p, int(day), int(shift)) in x) == int(heads)
        )
    forbidden = np.argwhere(forbidden_by_rest(problem.shifts, rest_min=660)).tolist()
    totals, nights, weekends = [], [], []
    for p in range(people):
        for d in range(days):
            model.add(on[p][d] <= 1)
            for first, second in forbidden:
                if (p, d, first) in x and (p, d + 1, second) in x:
                    model.add(x[p, d, first] + x[p, d + 1, second] <= 1)
            if d + 6 < days:
                model.add(sum(on[p][d : d + 7]) <= 6)
            if d + 3 < days:
                model.add(sum(x.get((p, k, NIGHT), 0) for k in range(d, d + 4)) <= 3)
            if 0 < d < days - 1:
                model.add(on[p][d] - on[p][d - 1] - on[p][d + 1] <= 0)
                model.add(on[p][d - 1] + on[p][d + 1] - on[p][d] <= 1)
        for week in range(days // 7):
            model.add(sum(on[p][7 * week : 7 * week + 7]) <= 6)
        totals.append(sum(on[p]))
        model.add(totals[p] >= 14)
        model.add(totals[p] <= 21)
        nights.append(sum(x.get((p, d, NIGHT), 0) for d in range(days)))
        worked = [model.new_bool_var("") for _ in range(days // 7)]
        for week, flag in enumerate(worked):
            model.add_max_equality(flag, [on[p][7 * week + 5], on[p][7 * week + 6]])
        weekends.append(sum(worked))
        model.add(weekends[p] <= 3)
    cost = []
    for of, weight in ((nights, 100), (weekends, 100), (totals, 80)):
        low, high = model.new_int_var(0, days, ""), model.new_int_var(0, days, "")
        model.add_min_equality(low, of)
        model.add_max_equality(high, of)
        cost.append(weight * (high - low))
    wishes = problem.wishes
    cost += [int(w) * on[int(p)][int(d)] for p, d, w in zip(wishes.person, wishes.day, wishes.weight, strict=True)]
    model.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = LIMIT_S
    status = solver.solve(model)
    found = solver.objective_value if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else float("nan")
    return solver.wall_time, found, solver.best_objective_bound


def plain_instance(problem: RosterProblem) -> tuple[float, float, float]:
    """Seconds, cost and bound of a published instance in the model one would write first: a variable for each person,
    day and shift, every rule as it is written."""
    people, days = problem.shape
    shifts = np.asarray(problem.allowed).shape[2] - 1
    model = cp_model.CpModel()
    x = [[[model.new_bool_var("") for _ in range(shifts)] for _ in range(days)] for _ in range(people)]
    on = [[sum(x[p][d]) for d in range(days)] for p in range(people)]
    for p in range(people):
        for d in range(days):
            model.add(on[p][d] <= 1)
            for s in range(shifts):
                if not np.asarray(problem.allowed)[p, d, s]:
                    model.add(x[p][d][s] == 0)
        for rule in problem.rules:
            _plain_rule(model, rule, x[p], on[p], person=p, weekend=np.asarray(problem.weekend))
    cost = _plain_cover(model, problem, x)
    wishes = problem.wishes
    columns = (np.broadcast_to(one, np.shape(wishes.person)).tolist() for one in (
        wishes.person, wishes.day, wishes.shift, wishes.wanted, wishes.weight))  # fmt: skip
    cost += [w * (1 - x[p][d][s] if wanted else x[p][d][s]) for p, d, s, wanted, w in zip(*columns, strict=True)]
    model.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = LIMIT_S
    status = solver.solve(model)
    found = solver.objective_value if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else float("nan")
    return solver.wall_time, found, solver.best_objective_bound


def _plain_cover(model: Any, problem: RosterProblem, x: list[list[list[Any]]]) -> list[Any]:
    """What too few and too many people on a shift cost."""
    demands, cost = problem.demands, []
    names = ("day", "shift", "wanted", "under_weight", "over_weight")
    columns = (np.broadcast_to(getattr(demands, name), np.shape(demands.day)).tolist() for name in names)
    for d, s, wanted, under, over in zip(*columns, strict=True):
        few, many = (model.new_int_var(0, len(x), "") for _ in range(2))
        model.add(sum(one[d][s] for one in x) + few - many == wanted)
        cost += [under * few, over * many]
    return cost


def _plain_rule(model: Any, rule: Rule, x: list[list[Any]], on: list[Any], *, person: int, weekend: Any) -> None:
    """One rule for one person, as it is written."""
    days, shifts = len(x), len(x[0])

    def of(value: Any) -> int:
        return int(np.broadcast_to(value, (person + 1,))[person] if np.ndim(value) == 0 else np.asarray(value)[person])

    if isinstance(rule, Successions):
        for first, second in np.argwhere(rule.forbidden).tolist():
            for d in range(days - 1):
                model.add(x[d][first] + x[d + 1][second] <= 1)
    elif isinstance(rule, TotalLimit):
        per = np.broadcast_to(rule.per_shift, (shifts,)).tolist()
        total = sum(per[s] * x[d][s] for d in range(days) for s in range(shifts))
        model.add(total >= of(rule.at_least))
        model.add(total <= of(rule.at_most))
    elif isinstance(rule, WeekendLimit):
        flags = {number: model.new_bool_var("") for number in set(weekend[weekend >= 0].tolist())}
        for d in np.flatnonzero(weekend >= 0).tolist():
            model.add(on[d] <= flags[int(weekend[d])])
        model.add(sum(flags.values()) <= of(rule.at_most))
    elif isinstance(rule, RunLimit):
        worked = [1 - one for one in on] if rule.off else on
        most, least = min(of(rule.at_most), days), of(rule.at_least)
        for d in range(days - most):
            model.add(sum(worked[d : d + most + 1]) <= most)
        for length in range(1, least):
            for d in range(days - length - 1):
                run = sum(1 - one for one in worked[d + 1 : d + 1 + length])
                model.add(worked[d] + run + worked[d + length + 1] >= 1)


def pyworkforce_roster(problem: RosterProblem) -> tuple[float, str]:
    """Seconds of the month's heads, leave and rest in pyworkforce, and what its roster looks like. Who works a shift
    that has a forbidden successor is off the next day there, and one with several is never worked; where that leaves
    no roster, it is asked once more without any rest."""
    forbidden = np.argwhere(forbidden_by_rest(problem.shifts, rest_min=660)).tolist()
    seconds, status, table = _pyworkforce(problem, forbidden)
    if table is not None:
        return seconds, f"{status}, {_looks(table)}"
    seconds, again, table = _pyworkforce(problem, [])
    words = f"{status} with the rest between shifts; without it {again}"
    return seconds, words if table is None else f"{words}, {_looks(table)}"


def _pyworkforce(problem: RosterProblem, forbidden: list[tuple[int, int]]) -> tuple[float, str, Any]:
    from pyworkforce.rostering.binary_programming import MinHoursRoster

    people, days = problem.shape
    names, demands = ["day", "evening", "night", "mobile"], problem.demands
    heads = np.zeros((4, days), np.int64)
    heads[np.asarray(demands.shift), np.asarray(demands.day)] = np.asarray(demands.at_least)
    allowed, ids = np.asarray(problem.allowed)[:, :, :4], [str(p) for p in range(people)]
    roster = MinHoursRoster(
        num_days=days,
        resources=ids,
        shifts=names,
        shifts_hours=[8] * 4,
        min_working_hours=112,
        banned_shifts=[{"resource": ids[p], "shift": names[s], "day": d} for p, d, s in np.argwhere(~allowed).tolist()],
        max_resting=days - 14,
        required_resources={name: heads[at].tolist() for at, name in enumerate(names)},
        non_sequential_shifts=[{"origin": names[a], "destination": names[b]} for a, b in forbidden],
        max_search_time=LIMIT_S,
        num_search_workers=2,
    )
    started = time.perf_counter()
    solved = roster.solve()
    seconds, status = time.perf_counter() - started, str(solved["status"]).lower()
    if status not in {"optimal", "feasible"}:
        return seconds, status, None
    table = np.full((people, days), -1)
    for one in solved["resource_shifts"]:
        table[int(one["resource"]), int(one["day"])] = names.index(one["shift"])
    return seconds, status, table


def _looks(table: Any) -> str:
    """How unlike the people of a roster are."""
    nights, shifts = (table == NIGHT).sum(axis=1), (table >= 0).sum(axis=1)
    rows = ("".join("1" if shift >= 0 else "0" for shift in row) for row in table.tolist())
    longest = max(len(run) for row in rows for run in row.split("0"))
    return (
        f"{nights.min()} to {nights.max()} nights, {shifts.min()} to {shifts.max()} shifts a person, "
        f"up to {longest} days on end"
    )


def hotline_month(*, people: int = 30, days: int = 28, seed: int = 4) -> RosterProblem:
    """Day, evening, night and mobile shifts of 8 h for 30 people over 4 weeks: 11 h of rest, runs of work, of nights
    and of days off, weekly and monthly hours, leave, wishes; nights, weekends and hours fair."""
    random = np.random.default_rng(seed)
    shifts = build_shifts(start_min=[480, 960, 0, 600], length_min=[480, 480, 480, 480])
    weekday = np.arange(days) % 7
    need = np.zeros((days, 4), np.int64)
    need[:, [DAY, EVENING, NIGHT, MOBILE]] = 6, 6, 3, 3
    day, shift = (of.ravel() for of in np.indices(need.shape))
    allowed = np.ones((people, days, 5), np.bool_)
    for person in random.choice(people, 8, replace=False):
        first = int(random.integers(0, days - 4))
        allowed[person, first : first + 4, :4] = False
    wishes = 90
    popular = np.array([5, 6, 12, 13, 18, 19, 20, 26, 27])
    wish_day = np.where(random.random(wishes) < 0.6, random.choice(popular, wishes), random.integers(0, days, wishes))
    nights = np.arange(4) == NIGHT
    weeks = np.arange(days)[None, :] // 7 == np.arange(days // 7)[:, None]
    return RosterProblem(
        shifts=shifts,
        people_count=people,
        day_count=days,
        demands=Demands(day=day, shift=shift, at_least=need.ravel(), at_most=need.ravel()),
        rules=(
            Successions(id="rest", forbidden=forbidden_by_rest(shifts, rest_min=660)),
            RunLimit(id="work", at_least=2, at_most=6),
            RunLimit(id="nights", shifts=nights, at_most=3),
            RunLimit(id="off", off=True, at_least=2),
            TotalLimit(id="week", per_shift=8, days=weeks, at_most=48),
            TotalLimit(id="month", per_shift=8, at_least=112, at_most=168),
            WeekendLimit(id="weekends", at_most=3),
            Fair(id="fair_nights", per_shift=nights.astype(np.int64), weight=100),
            Fair(id="fair_weekends", weekends=True, weight=100),
            Fair(id="fair_hours", per_shift=8, weight=10),
        ),
        wishes=Wishes(person=random.integers(0, people, wishes), day=wish_day, weight=random.integers(1, 4, wishes)),
        allowed=allowed,
        weekend=np.where(weekday >= 5, np.arange(days) // 7, -1),
    )
