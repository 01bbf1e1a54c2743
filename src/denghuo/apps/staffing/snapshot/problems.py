"""The rules of a month as the rostering engine takes them, and how it was solved."""

from dataclasses import dataclass, replace
from heapq import heapify, heapreplace

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.staffing.models import RuleKind
from denghuo.apps.staffing.snapshot import INTERVAL_MIN
from denghuo.apps.staffing.snapshot.rosters import Staff, limit
from denghuo.engines.rostering import (
    ANY,
    OFF,
    UNKNOWN,
    Breach,
    BreachKind,
    Demands,
    Fair,
    Limits,
    Published,
    RosterProblem,
    RosterSolution,
    Rule,
    RunLimit,
    SolveStatus,
    Successions,
    TotalLimit,
    Wishes,
    explain_conflict,
    forbidden_by_rest,
    plan_shifts,
    relax,
    report_roster,
    shift_counts,
    solve_roster,
)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_SHORT, _FILL = 1_000, 10
# A published duty is changed for heads that are required, at most two for one, and for nothing that is merely better.
_CHANGE = 400
_BREAK = 100_000  # the price of a rule broken where not all can hold
_NEVER = 10_000  # the price of a minute short where it must not be
_FILLED_SHARE = 0.95  # of the hours due; the rest is left for surges and swaps, and to be fair with
_GOLDEN = 0.618034  # its multiples lie far apart, however many there are of them
_WORTH_MIN = 120  # a shift is worth working from so many minutes on in which somebody would be missing
_SOON_SHARE = 0.25  # of the time, in which a roster is proven to be the best or will hardly be
QUICK = Limits(time_limit_s=20.0, workers=1)
_EXPLAIN = Limits(time_limit_s=10.0, workers=2)


@dataclass(frozen=True, kw_only=True)
class Solved:
    """A roster int64[P, D] and how it came about; ``conflict`` what cannot hold together, if it had to break rules."""

    roster: Ints
    status: SolveStatus
    proven: bool
    costs: tuple[int, ...]
    bounds: tuple[int, ...]
    seconds: float
    conflict: tuple[Breach, ...]


def solve(staff: Staff, *, individual: bool = False, limits: Limits | None = None) -> Solved:
    """The best roster under the rules: teams keep to the rota and the mobile people fill in, or, ``individual``,
    everybody may be moved, away from the rota as little as can be. Where there is none, the one that breaks least.

    Raises:
        RosterError: rows that do not fit together.
    """
    problem, most = problem_of(staff, individual=individual), limits or QUICK
    hint = staff.published
    if individual and hint is None:  # from nothing, everybody would be moved about and nobody gain by it
        most = _part(most, 0.5)
        hint = solve_roster(problem_of(staff), limits=most).roster
    found = _searched(staff, problem, individual=individual, limits=most, hint=hint)
    if found.roster is not None:
        return Solved(
            roster=found.roster,
            status=found.status,
            proven=found.proven_optimal,
            costs=found.costs,
            bounds=found.bounds,
            seconds=found.seconds,
            conflict=(),
        )
    why = explain_conflict(problem, limits=_EXPLAIN)
    best = _best_of_near(problem, why.nearest, limits=most)
    return Solved(
        roster=_rota_only(staff) if best.roster is None else best.roster,
        status=SolveStatus.INFEASIBLE if why.impossible else SolveStatus.NOTHING_FOUND,
        proven=False,
        costs=best.costs,
        bounds=best.bounds,
        seconds=found.seconds + why.nearest.seconds + best.seconds,
        conflict=why.core or why.breaches,
    )


def _searched(
    staff: Staff, problem: RosterProblem, *, individual: bool, limits: Limits, hint: Ints | None
) -> RosterSolution:
    """The best roster, where that is soon proven. Where heads are short it is not, and the search would end before it
    came to lay duties evenly: there it begins among the rosters that are fair."""
    if staff.published is not None:
        return solve_roster(problem, limits=limits, hint=hint)
    found = solve_roster(problem, limits=_part(limits, _SOON_SHARE), hint=hint)
    if found.proven_optimal or found.status is SolveStatus.INFEASIBLE:
        return found
    evenly = problem_of(staff, individual=individual, evenly=True)
    fair = solve_roster(evenly, limits=_part(limits, 1 - _SOON_SHARE), hint=hint)
    return found if fair.roster is None else fair


def _part(limits: Limits, share: float) -> Limits:
    return replace(limits, time_limit_s=limits.time_limit_s * share, work_limit=limits.work_limit * share)


def _best_of_near(problem: RosterProblem, nearest: RosterSolution, *, limits: Limits) -> RosterSolution:
    """What breaks as little and does best in all else: the nearest roster alone leaves days short that need not be."""
    softer = relax(problem, rule_weight=_BREAK, shortage_weight=10 * _BREAK)
    found = solve_roster(softer, limits=_part(limits, 0.5), hint=nearest.roster)
    return nearest if found.roster is None else found


def _rota_only(staff: Staff) -> Ints:
    return np.where((staff.pattern == UNKNOWN) | staff.absent, OFF, staff.pattern)


def problem_of(
    staff: Staff, *, individual: bool = False, check: bool = False, least: bool = False, evenly: bool = False
) -> RosterProblem:
    """The month as a problem. ``check``: to judge a roster by, rules binding everybody and nothing fixed; ``least``:
    nobody is wanted but the fewest that must be there; ``evenly``: fair in the first place."""
    binding = np.ones(len(staff.agents), np.bool_) if individual or check else staff.mobile
    allowed = _allowed(staff, free=individual or check)
    demands = _least(staff) if least else _demands(staff)
    published = None
    if staff.published is not None:
        published = Published(roster=staff.published, weight=_CHANGE, level=0)
    elif individual:
        published = Published(roster=staff.pattern, weight=1, level=2)
    return RosterProblem(
        shifts=staff.types,
        people_count=len(staff.agents),
        day_count=len(staff.days),
        demands=demands,
        rules=_rules(staff, binding, evenly=evenly),
        wishes=_wishes(staff),
        published=None if check else published,
        allowed=allowed,
        people_skills=_skills(staff),
        weekend=_weekends(staff),
        before=staff.before,
        seats=limit(staff, RuleKind.SEATS),
        interval_min=INTERVAL_MIN,
    )


def _allowed(staff: Staff, *, free: bool) -> Flags:
    people, days, shifts = len(staff.agents), len(staff.days), len(staff.shifts)
    allowed = np.ones((people, days, shifts + 1), np.bool_)
    allowed[:, :, :-1] = staff.open_shifts
    if not free:
        for row, column in zip(*np.nonzero(staff.pattern != UNKNOWN), strict=True):
            allowed[row, column] = np.arange(shifts + 1) == staff.pattern[row, column] % (shifts + 1)
    if staff.fixed is not None:
        for row, column in zip(*np.nonzero(staff.fixed != UNKNOWN), strict=True):
            allowed[row, column] = np.arange(shifts + 1) == staff.fixed[row, column] % (shifts + 1)
    allowed[staff.absent] = np.arange(shifts + 1) == shifts
    return allowed


def _rules(staff: Staff, binding: Flags, *, evenly: bool) -> tuple[Rule, ...]:
    """What must hold, and that duties lie evenly: after the heads there are, or, ``evenly``, weighed with them."""
    level, unit = (0, _FILL) if evenly else (1, 1)
    types = staff.types
    told = np.zeros((types.count, types.count), np.bool_)
    for row in staff.successions:
        if row.earlier_id in staff.position and row.later_id in staff.position:
            told[staff.position[row.earlier_id], staff.position[row.later_id]] = True
    rest_min = limit(staff, RuleKind.REST_H, times=60)
    paid, night = types.paid_min, types.night
    share = (~staff.absent).sum(axis=1)
    # Whole shifts cannot be shared out more evenly than to one; parts by days present, than to two.
    even = 1 if len(set(share[binding].tolist())) < 2 else 2
    return (
        Successions(id="succession", forbidden=told, people=binding),
        Successions(id="rest", forbidden=forbidden_by_rest(types, rest_min=rest_min), people=binding),
        RunLimit(id="run_days", at_most=limit(staff, RuleKind.RUN_DAYS), people=binding),
        RunLimit(
            id="nights", shifts=night, at_most=max(limit(staff, RuleKind.NIGHTS_IN_A_ROW), 1), people=binding,
            on=bool(night.any()),
        ),
        TotalLimit(id="month_h", per_shift=paid, at_most=limit(staff, RuleKind.MONTH_H, times=60), people=binding),
        Fair(
            id="fair_nights", per_shift=night.astype(np.int64), weight=3 * unit, level=level, people=binding,
            share=share, at_most=even,
        ),
        Fair(id="fair_shifts", per_shift=1, weight=2 * unit, level=level, people=binding, share=share, at_most=even),
        Fair(id="fair_weekends", weekends=True, weight=2 * unit, level=level, people=binding, at_most=1),
    )  # fmt: skip


def _demands(staff: Staff) -> Demands:
    """Heads by day and shift: the minimum must be there; what the calls require is wanted at a high price; and what the
    mobile people have left in hours due goes where most calls come on one head."""
    least = _plan(staff, staff.requirement.minimum, short_weight=_NEVER)
    fixed = shift_counts(np.where(staff.absent, OFF, np.maximum(staff.pattern, OFF)), staff.types.count)
    lacking = np.maximum(staff.requirement.required - staff.heads(_rota_only(staff)), 0)
    relief = _plan(staff, lacking, short_weight=int(staff.types.paid_min.mean() * INTERVAL_MIN / _WORTH_MIN))
    wanted = np.maximum(fixed + relief, least)
    filled = _filled(staff, wanted, fixed)
    day, shift = (grid.ravel() for grid in np.indices(wanted.shape))
    size = day.size
    rows = [
        (day, shift, np.full(size, ANY), least.ravel(), wanted.ravel(), np.full(size, _SHORT)),
        (day, shift, np.full(size, ANY), np.zeros(size, np.int64), filled.ravel(), np.full(size, _FILL)),
        *_skill_rows(staff),
    ]
    columns = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
    over = np.concatenate([np.zeros(size, np.int64), np.ones(size, np.int64), np.zeros(len(columns[0]) - 2 * size)])
    return Demands(
        day=columns[0],
        shift=columns[1],
        skill=columns[2],
        at_least=columns[3],
        wanted=columns[4],
        under_weight=columns[5],
        over_weight=over.astype(np.int64),
    )


def _least(staff: Staff) -> Demands:
    """The minimum alone."""
    heads = _plan(staff, staff.requirement.minimum, short_weight=_NEVER)
    day, shift = (grid.ravel() for grid in np.indices(heads.shape))
    return Demands(day=day, shift=shift, at_least=heads.ravel())


def _plan(staff: Staff, heads: Ints, *, short_weight: int) -> Ints:
    """Fewest people by day and shift that cover these heads, int64[D, S], at a price of one missing in an interval."""
    if not heads.any():
        return np.zeros((len(staff.days), staff.types.count), np.int64)
    plan = plan_shifts(
        staff.types,
        required=heads.ravel(),
        interval_min=INTERVAL_MIN,
        people=len(staff.agents),
        allowed=staff.open_shifts,
        short_weight=short_weight,
        limits=Limits(time_limit_s=3.0, workers=1),
    )
    return np.asarray(plan.counts, np.int64)


def _filled(staff: Staff, wanted: Ints, fixed: Ints) -> Ints:
    """Further heads for the hours that mobile people owe: one after the other where calls per head are most, and of
    days alike those far apart first, for heads on many days in a row cannot all be had."""
    present = (~staff.absent[staff.mobile]).sum(axis=0)
    paid_min = float(np.mean(staff.types.paid_min))
    owed_min = 12 / 365 * limit(staff, RuleKind.DUE_H, times=60) * float(present.sum())
    left = int(_FILLED_SHARE * owed_min / paid_min) - int(np.maximum(wanted - fixed, 0).sum())
    calls = _calls(staff)
    load = np.array([
        [calls[day] @ _covers(staff, shift) for shift in range(staff.types.count)] for day in range(len(staff.days))
    ]) * staff.open_shifts  # fmt: skip
    run = limit(staff, RuleKind.RUN_DAYS)
    found, room = wanted.copy(), present * run // (run + 1) - np.maximum(wanted - fixed, 0).sum(axis=1)
    heap: list[tuple[float, float, tuple[int, ...]]] = [
        (float(-load[at] / (found[at] + 1)), at[0] * _GOLDEN % 1, at) for at in np.ndindex(load.shape)
    ]
    heapify(heap)
    while left > 0 and heap[0][0] < 0:
        _load, turn, at = heap[0]
        if room[at[0]] <= 0:
            heapreplace(heap, (0.0, turn, at))
            continue
        found[at] += 1
        room[at[0]] -= 1
        left -= 1
        heapreplace(heap, (float(-load[at] / (found[at] + 1)), turn, at))
    return found


def _calls(staff: Staff) -> Floats:
    """Calls by day and interval, those of the mean day where none are forecast."""
    calls = staff.requirement.calls
    known = np.isfinite(calls.sum(axis=1))
    usual = calls[known].mean(axis=0) if known.any() else np.ones(calls.shape[1])
    return np.where(known[:, None], calls, usual)


def _covers(staff: Staff, shift: int) -> Ints:
    """The intervals of its day in which a shift is on, int64[intervals]."""
    edges = np.arange(staff.requirement.calls.shape[1]) * INTERVAL_MIN
    inside = (staff.types.start_min[shift] <= edges) & (edges < staff.types.end_min[shift])
    return np.asarray(inside, np.int64)


def _skill_names(staff: Staff) -> list[str]:
    return sorted({one.name for one in staff.needs})


def _skills(staff: Staff) -> Flags | None:
    names = _skill_names(staff)
    if not names:
        return None
    held = {(one.agent_id, one.name) for one in staff.skills}
    return np.array([[(agent.pk, name) in held for name in names] for agent in staff.agents], np.bool_)


def _skill_rows(staff: Staff) -> list[tuple[Ints, ...]]:
    names = _skill_names(staff)
    return [
        (
            days := np.flatnonzero(staff.open_shifts[:, staff.position[need.shift_id]]),
            np.full(days.size, staff.position[need.shift_id]),
            np.full(days.size, names.index(need.name)),
            np.zeros(days.size, np.int64),
            np.full(days.size, need.heads),
            np.full(days.size, _SHORT),
        )
        for need in staff.needs
        if need.shift_id in staff.position
    ]


def _wishes(staff: Staff) -> Wishes:
    place = {one.pk: at for at, one in enumerate(staff.agents)}
    known = [
        row
        for row in staff.wishes
        if row.agent_id in place and (row.shift_id is None or row.shift_id in staff.position)
    ]
    return Wishes(
        person=np.array([place[row.agent_id] for row in known], np.int64),
        day=np.array([(row.day - staff.days[0]).days for row in known], np.int64),
        shift=np.array([OFF if row.shift_id is None else staff.position[row.shift_id] for row in known], np.int64),
        wanted=np.array([row.wanted for row in known], np.bool_),
        weight=5,
        level=2,
    )


def _weekends(staff: Staff) -> Ints:
    """The weekend of each day by number, -1 on other days."""
    first = (staff.days[0].toordinal() - 1) // 7
    return np.array([(day.toordinal() - 1) // 7 - first if day.weekday() >= 5 else -1 for day in staff.days], np.int64)


def judged(staff: Staff, roster: Ints) -> list[Breach]:
    """What a roster breaks of the rules, held against everybody. Where shifts overlap, the fewest can be there on other
    shifts than those they were reckoned with."""
    problem = problem_of(staff, check=True, least=True)  # what is only wanted breaks nothing
    short = (staff.heads(roster) < staff.requirement.minimum).ravel()
    return [
        one
        for one in report_roster(problem, roster).breaches
        if one.hard and (one.kind is not BreachKind.TOO_FEW or short[_span(staff, one)].any())
    ]


def _span(staff: Staff, one: Breach) -> slice:
    """The intervals of the month in which a shift of a day is on."""
    begin = one.day * staff.requirement.minimum.shape[1]
    start, end = (int(edges[one.shift]) // INTERVAL_MIN for edges in (staff.types.start_min, staff.types.end_min))
    return slice(begin + start, begin + end)


def present(staff: Staff) -> Ints:
    """Days on which each person is there, int64[P]."""
    return np.asarray((~staff.absent).sum(axis=1), np.int64)


def swap_problem(staff: Staff) -> RosterProblem:
    """What a swap is judged by: every rule that binds, and how evenly nights, shifts and weekends lie."""
    return replace(problem_of(staff, check=True, least=True), wishes=Wishes())
