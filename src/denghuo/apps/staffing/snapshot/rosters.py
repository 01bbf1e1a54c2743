"""People, shifts and rules of a month as a rostering problem, and its solution as duties."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.hotline.models import Agent
from denghuo.apps.staffing.models import Absence, Duty, Rota, RuleKind, Shift, Skill, SkillNeed, Succession, Wish
from denghuo.apps.staffing.snapshot import INTERVAL_MIN, INTERVALS
from denghuo.apps.staffing.snapshot.requirement import Requirement
from denghuo.apps.staffing.snapshot.rules import RuleBook
from denghuo.engines.rostering import (
    MOBILE_TEAM,
    OFF,
    UNKNOWN,
    Breach,
    BreachKind,
    Rotation,
    ShiftTypes,
    build_shifts,
    heads_at_work,
    shift_counts,
    team_roster,
)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HISTORY_DAYS = 7
CLOSED = "closed"  # the rule that a shift is worked only on the days on which it is in use


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Everything about a month that does not depend on how it is solved. P people, D days, S shifts.

    ``pattern`` int64[P, D] is what the rota says, UNKNOWN for mobile people; ``mobile`` bool[P]; ``absent`` bool[P, D];
    ``before`` int64[P, H] the days before; ``fixed`` and ``published`` int64[P, D] or None: what must stay as it is
    (UNKNOWN: nothing must), and what people live by already.
    """

    days: tuple[date, ...]
    agents: tuple[Agent, ...]
    shifts: tuple[Shift, ...]
    types: ShiftTypes
    pattern: Ints
    mobile: Flags
    absent: Flags
    before: Ints
    book: RuleBook
    requirement: Requirement
    successions: tuple[Succession, ...] = ()
    wishes: tuple[Wish, ...] = ()
    skills: tuple[Skill, ...] = ()
    needs: tuple[SkillNeed, ...] = ()
    fixed: Ints | None = None
    published: Ints | None = None
    position: dict[int, int] = field(default_factory=dict)  # of a shift, by its key

    @cached_property
    def open_shifts(self) -> Flags:
        """Which shifts can be worked on which day, bool[D, S]."""
        return opened(self.shifts, self.days)

    def place(self, agent_id: int) -> int:
        """The position of a person; ValueError if there is none."""
        return [one.pk for one in self.agents].index(agent_id)

    def worked(self, roster: Ints) -> Ints:
        """A roster int64[P, D] as it can be worked: nobody works while away, whatever is drawn."""
        return np.where(self.absent, OFF, roster)

    def heads(self, roster: Ints) -> Ints:
        """People on duty in every interval, int64[D, intervals], those of the day before still there counted."""
        return heads_of(self.types, self.worked(roster), self.before)


def heads_of(types: ShiftTypes, roster: Ints, before: Ints) -> Ints:
    """People on duty by interval, int64[D, intervals], of a roster int64[P, D] after the days ``before``."""
    counts = shift_counts(roster, types.count)
    earlier = shift_counts(before, types.count)
    found = heads_at_work(types, counts, interval_min=INTERVAL_MIN, before=earlier)
    return np.asarray(found.reshape(roster.shape[1], INTERVALS), np.int64)


def shift_types(shifts: Sequence[Shift]) -> ShiftTypes:
    """Shifts as the engine knows them."""
    return build_shifts(
        start_min=[one.start_min for one in shifts],
        length_min=[one.length_min for one in shifts],
        breaks_min=[[(int(begin), int(end)) for begin, end in one.breaks] for one in shifts],
        night=[one.night for one in shifts],
    )


def opened(shifts: Sequence[Shift], days: Sequence[date]) -> Flags:
    """Which shifts are in use on which day, bool[D, S]."""
    told = [[one.from_date <= day <= (one.until_date or day) for one in shifts] for day in days]
    return np.array(told, np.bool_).reshape(len(days), len(shifts))


def pattern_of(
    rotas: Sequence[Rota], *, agents: Sequence[Agent], shifts: Sequence[Shift], days: Sequence[date]
) -> Ints:
    """What the rota in force says for each person and day, int64[P, D]: a shift, OFF, or UNKNOWN for mobile people. A
    shift that is not in use that day is worked by nobody."""
    table = np.full((len(agents), len(days)), UNKNOWN, np.int64)
    position = {one.pk: place for place, one in enumerate(shifts)}
    starts = sorted(rotas, key=lambda one: one.from_date)
    for rota, follows in zip(starts, [*starts[1:], None], strict=True):
        inside = [
            at for at, day in enumerate(days) if rota.from_date <= day and (follows is None or day < follows.from_date)
        ]
        if inside:
            table[:, inside] = _rows_of(rota, agents, position, days[inside[0]], len(inside))
    closed = ~opened(shifts, days)
    return np.where((table >= 0) & closed[np.arange(len(days)), np.maximum(table, 0)], OFF, table)


def _rows_of(rota: Rota, agents: Sequence[Agent], position: dict[int, int], first: date, day_count: int) -> Ints:
    """One rota's rows: two groups a team, which take turns at the halved places of the pattern."""
    plain = [OFF if key is None else position.get(key, OFF) for key in rota.cycle]
    halved = set(rota.halved)
    cycles = [
        [OFF if place in halved and turn != group else shift for turn in (0, 1) for place, shift in enumerate(plain)]
        for group in (0, 1)
    ]
    teams = sorted(rota.places)
    since = (first - rota.from_date).days
    offset = [int(rota.places[team]) + since for team in teams]
    order: dict[str, int] = dict.fromkeys(teams, 0)
    member, group = np.full(len(agents), MOBILE_TEAM, np.int64), np.zeros(len(agents), np.int64)
    for row, agent in enumerate(agents):
        if agent.team in order:
            member[row], group[row] = teams.index(agent.team), order[agent.team] % 2
            order[agent.team] += 1
    if not teams or not plain:
        return np.full((len(agents), day_count), UNKNOWN, np.int64)
    rows = [team_roster(Rotation(cycle=cycle, offset=offset), team=member, day_count=day_count) for cycle in cycles]
    return np.where(group[:, None] == 0, rows[0], rows[1])


def absences_of(rows: Sequence[Absence], *, agents: Sequence[Agent], days: Sequence[date]) -> Flags:
    """Who is away on which day or has left, bool[P, D]."""
    table = np.array([[bool(one.until_date and one.until_date < day) for day in days] for one in agents], np.bool_)
    table = table.reshape(len(agents), len(days))
    place = {one.pk: at for at, one in enumerate(agents)}
    for row in rows:
        if row.agent_id in place:
            table[place[row.agent_id]] |= [row.first <= day <= row.last for day in days]
    return table


def table_of(duties: Sequence[Duty], *, agents: Sequence[Agent], shifts: Sequence[Shift], days: Sequence[date]) -> Ints:
    """Duties as a roster int64[P, D]."""
    table = np.full((len(agents), len(days)), OFF, np.int64)
    place = {one.pk: at for at, one in enumerate(agents)}
    position = {one.pk: at for at, one in enumerate(shifts)}
    for duty in duties:
        at = (duty.day - days[0]).days
        if duty.agent_id in place and 0 <= at < len(days) and duty.shift_id in position:
            table[place[duty.agent_id], at] = position[duty.shift_id]
    return table


def duties_of(staff: Staff, roster: Ints, *, plan_id: int) -> list[Duty]:
    """A roster as duties, not saved."""
    return [
        Duty(
            plan_id=plan_id,
            agent_id=staff.agents[row].pk,
            day=staff.days[column],
            shift_id=staff.shifts[int(roster[row, column])].pk,
        )
        for row, column in zip(*np.nonzero(roster >= 0), strict=True)
    ]


def breach_told(staff: Staff, one: Breach) -> dict[str, Any]:
    """Something broken as a plan holds it: who or which shift, and on which day."""
    worked = 0 <= one.shift < len(staff.shifts) and 0 <= one.day < len(staff.days)
    closed = one.kind is BreachKind.NOT_ALLOWED and worked and not staff.open_shifts[one.day, one.shift]
    return {
        "kind": one.kind.value,
        "rule": CLOSED if closed else one.rule,
        "agent": str(staff.agents[one.person]) if one.person >= 0 else "",
        "day": staff.days[one.day].isoformat() if 0 <= one.day < len(staff.days) else "",
        "shift": staff.shifts[one.shift].name if 0 <= one.shift < len(staff.shifts) else "",
        "amount": int(one.amount),
    }


def days_before(first: date) -> list[date]:
    """The days before a month that its first rests and runs depend on."""
    return [first - timedelta(days=n) for n in range(HISTORY_DAYS, 0, -1)]


def limit(staff: Staff, kind: RuleKind, *, times: int = 1) -> int:
    """A rule's number on the first day, whole; ``times`` 60 makes minutes of hours first."""
    return int(times * staff.book.value(kind, on=staff.days[0]))
