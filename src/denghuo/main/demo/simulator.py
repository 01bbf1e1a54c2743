"""Two years in the life of a station, from a seed: what fails, what is worked on, and how it is switched.

Only what people and devices would have recorded comes out: a register of outages and a switching log. How the devices
are switched is planned by the engine; how long it takes, what overruns, and what was written down wrong, is chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum

import numpy as np

from denghuo.apps.network.actions import OperationRow
from denghuo.apps.outages.actions import OutageEntry
from denghuo.apps.outages.models import Cause
from denghuo.engines.grid import BranchKind
from denghuo.engines.reliability import OutageKind
from denghuo.engines.switching import (
    Action,
    IsolationMode,
    SwitchingError,
    SwitchingPlan,
    SwitchingTimes,
    plan_isolation,
)
from denghuo.engines.topology import Topology, downstream_totals, normal_state, upstream_switch

_FAILURE_SCALE = 0.5
_STORMS_PER_YEAR, _STORM_FAILURES = 5, (3, 8)
_PLANNED_PER_WEEK = 1.1
_OVERRUN_SHARE = 0.14
_WRONG_SHARE = 0.03
_TIMES = SwitchingTimes(remote_h=0.05, manual_h=0.7)
_MOST_BEHIND = 150
_GAP = timedelta(minutes=30)
_QUIET = timedelta(hours=3)

# How often things fail by month, January first, next to the year's mean: thunder in summer, wind in spring, winter ice.
_SEASON = (0.7, 0.6, 0.9, 1.1, 0.9, 1.3, 2.0, 1.9, 0.9, 0.6, 0.5, 0.6)
_PLANNED_SEASON = (0.5, 0.6, 1.4, 1.6, 1.4, 0.9, 0.4, 0.4, 1.2, 1.6, 1.4, 0.6)


class _Weather(IntEnum):
    FAIR = 0
    STORM = 1


_CAUSES: dict[_Weather, tuple[tuple[Cause, ...], tuple[float, ...]]] = {
    _Weather.FAIR: (
        (
            Cause.EQUIPMENT,
            Cause.EXTERNAL_DAMAGE,
            Cause.FOREIGN_OBJECT,
            Cause.TREES,
            Cause.ANIMAL,
            Cause.LIGHTNING,
            Cause.CUSTOMER,
            Cause.OPERATION,
            Cause.UNKNOWN,
        ),
        (0.27, 0.18, 0.12, 0.12, 0.08, 0.08, 0.08, 0.04, 0.03),
    ),
    _Weather.STORM: ((Cause.WIND, Cause.LIGHTNING, Cause.TREES, Cause.FLOOD), (0.4, 0.3, 0.25, 0.05)),
}
_WORK = (
    (OutageKind.PLANNED_MAINTENANCE_INTERNAL, Cause.MAINTENANCE, 0.5),
    (OutageKind.PLANNED_CONSTRUCTION_INTERNAL, Cause.CONSTRUCTION, 0.25),
    (OutageKind.PLANNED_CONSTRUCTION_EXTERNAL, Cause.CONSTRUCTION, 0.08),
    (OutageKind.PLANNED_CUSTOMER_REQUEST, Cause.CUSTOMER_REQUEST, 0.09),
    (OutageKind.TEMPORARY_MAINTENANCE, Cause.MAINTENANCE, 0.08),
)


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A row of the log that was written down wrong and put right later: which row, and what it should have been."""

    wrong: OperationRow
    right: OperationRow | None


@dataclass(kw_only=True)
class History:
    """What was recorded in the two years, and what is planned next."""

    entries: list[OutageEntry] = field(default_factory=list)
    operations: list[OperationRow] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class _Incident:
    at: datetime
    branch: int
    kind: OutageKind
    cause: Cause
    hours: float
    chance: np.random.Generator

    @property
    def planned(self) -> bool:
        return self.kind.within(OutageKind.PREARRANGED)


def simulate(
    topology: Topology,
    *,
    start: datetime,
    now: datetime,
    seed: int,
    progress: Callable[[float], None],
) -> History:
    """Live through the time from ``start`` to ``now``; what is not over by then is still going on at the end.

    Every day draws from the seed and its date, so the past is the same whenever one looks back at it.
    """
    history = History()
    closed = normal_state(topology)
    incidents = sorted(_incidents(topology, start, now, seed), key=lambda incident: incident.at)
    free_at = start
    for done, incident in enumerate(incidents):
        progress(done / len(incidents))
        begin = max(incident.at, free_at)  # one crew: what comes meanwhile waits, which also keeps the log readable
        free_at = _live_through(topology, closed, incident, begin, now - _QUIET, history)
    today, ahead = _chance(seed, now).spawn(2)
    _still_going_on(topology, closed, history, now, today)
    _plan_ahead(topology, closed, history, now, ahead)
    history.operations = [row for row in history.operations if row.operated_at <= now]
    return history


def _rates(topology: Topology) -> np.ndarray:
    """How often each branch of the station fails; what feeds whole towns is somebody else's, and fails elsewhere."""
    grid = topology.grid
    section = topology.section_of_node[grid.branches.to_node]
    feeding = upstream_switch(topology)[section]
    behind = np.where(feeding >= 0, downstream_totals(topology).load_count[feeding], np.iinfo(np.int64).max)
    return np.where(behind <= _MOST_BEHIND, np.nan_to_num(grid.branches.failure_rate_per_year), 0.0)


def _chance(seed: int, day: datetime) -> np.random.Generator:
    return np.random.default_rng([seed, day.toordinal()])


def _incidents(topology: Topology, start: datetime, now: datetime, seed: int) -> Iterator[_Incident]:
    grid, rate = topology.grid, _rates(topology)
    lines = np.where(grid.branches.kind == BranchKind.TRANSFORMER, 0.0, rate)
    share, line_share = rate / rate.sum(), lines / lines.sum()
    day = start
    while day < now:
        rng = _chance(seed, day)
        failures = rng.poisson(rate.sum() * _FAILURE_SCALE * _SEASON[day.month - 1] / 365)
        for branch in rng.choice(len(rate), size=failures, p=share):
            yield _failure(topology, day, int(branch), _Weather.FAIR, rng)
        if rng.random() < _STORMS_PER_YEAR * _SEASON[day.month - 1] / 365:
            for branch in rng.choice(len(rate), size=rng.integers(*_STORM_FAILURES), p=line_share):
                yield _failure(topology, day, int(branch), _Weather.STORM, rng)
        workday = day.weekday() < 5
        if workday and rng.random() < _PLANNED_PER_WEEK * _PLANNED_SEASON[day.month - 1] / 5:
            yield _work(day, int(rng.choice(len(rate), p=share)), rng)
        day += timedelta(days=1)


def _failure(topology: Topology, day: datetime, branch: int, weather: _Weather, rng: np.random.Generator) -> _Incident:
    causes, weights = _CAUSES[weather]
    cause = causes[rng.choice(len(causes), p=weights)]
    repair_h = topology.grid.branches.repair_h[branch]
    outside = cause is Cause.CUSTOMER and rng.random() < 0.5
    return _Incident(
        at=day + timedelta(minutes=float(rng.integers(0, 24 * 60)), seconds=float(rng.integers(0, 60))),
        branch=branch,
        kind=OutageKind.FAULT_EXTERNAL if outside else OutageKind.FAULT_INTERNAL,
        cause=cause,
        hours=float(np.clip(rng.lognormal(np.log(repair_h), 0.5), 0.4, 20.0)),
        chance=rng.spawn(1)[0],
    )


def _work(day: datetime, branch: int, rng: np.random.Generator) -> _Incident:
    kind, cause, _ = _WORK[rng.choice(len(_WORK), p=[weight for *_, weight in _WORK])]
    return _Incident(
        at=day + timedelta(hours=float(rng.integers(7, 10)), minutes=float(rng.choice([0, 30]))),
        branch=branch,
        kind=kind,
        cause=cause,
        hours=float(rng.choice([2, 3, 4, 5, 6, 8], p=[0.15, 0.2, 0.25, 0.15, 0.15, 0.1])),
        chance=rng.spawn(1)[0],
    )


def _plan(topology: Topology, closed: np.ndarray, incident: _Incident) -> SwitchingPlan | None:
    mode = IsolationMode.PLANNED if incident.planned else IsolationMode.FAULT
    try:
        return plan_isolation(
            topology, branches=[incident.branch], closed=closed, duration_h=incident.hours, mode=mode, times=_TIMES
        )
    except SwitchingError:
        return None  # nothing that could be switched lies around it


def _live_through(
    topology: Topology,
    closed: np.ndarray,
    incident: _Incident,
    begin: datetime,
    latest: datetime,
    history: History,
) -> datetime:
    """Write one incident into the register and the log, if it ends in time; returns when everything is normal again."""
    plan, rng = _plan(topology, closed, incident), incident.chance
    rows = [] if plan is None else _rows(topology, plan, begin, _number(history, begin), rng)
    if not rows or rows[-1].operated_at > latest:
        return begin
    approved_end = None
    if incident.planned:
        late = rng.random() < _OVERRUN_SHARE
        approved_end = begin + timedelta(hours=incident.hours + (-0.8 if late else 0.4))
    history.entries.append(
        OutageEntry(
            number=rows[0].event_number,
            kind=incident.kind,
            cause=incident.cause,
            place=_place(topology, incident.branch),
            planned_start_at=begin if incident.planned else None,
            planned_end_at=max(approved_end, begin + timedelta(hours=1)) if approved_end else None,
        )
    )
    end = rows[-1].operated_at
    history.corrections += _written_down_wrong(rows, rng)
    history.operations += rows
    return end + _GAP


def _number(history: History, begin: datetime) -> str:
    year = f"{begin:%Y}-"
    return f"{year}{sum(entry.number.startswith(year) for entry in history.entries) + 1:04d}"


def _still_going_on(
    topology: Topology, closed: np.ndarray, history: History, now: datetime, rng: np.random.Generator
) -> None:
    """A line fault not an hour old, part of it restored already, and a single transformer that has just gone dark."""
    grid, rate = topology.grid, _rates(topology)
    for kind, fewest, ago in (
        (BranchKind.LINE, 15, timedelta(minutes=58)),
        (BranchKind.TRANSFORMER, 1, timedelta(minutes=21)),
    ):
        candidates = np.flatnonzero((grid.branches.kind == kind) & (rate > 0))
        for branch in rng.permutation(candidates).tolist():
            incident = _Incident(
                at=now - ago,
                branch=branch,
                kind=OutageKind.FAULT_INTERNAL,
                cause=Cause.UNKNOWN,
                hours=3.0,
                chance=rng,
            )
            plan = _plan(topology, closed, incident)
            if plan is None or not fewest <= len(plan.loads_out) <= fewest * 5:
                continue
            number = _number(history, incident.at)
            history.entries.append(
                OutageEntry(number=number, kind=incident.kind, cause=incident.cause, place=_place(topology, branch))
            )
            history.operations += _rows(topology, plan, incident.at, number, rng)
            break


def _plan_ahead(
    topology: Topology, closed: np.ndarray, history: History, now: datetime, rng: np.random.Generator
) -> None:
    """Four planned outages in the coming days, entered and approved."""
    rate = _rates(topology)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    kinds = (
        (OutageKind.PLANNED_MAINTENANCE_INTERNAL, Cause.MAINTENANCE),
        (OutageKind.PLANNED_CONSTRUCTION_INTERNAL, Cause.CONSTRUCTION),
    )
    for days, (kind, cause) in zip((2, 3, 6, 9), kinds * 2, strict=True):
        branch = int(rng.choice(len(rate), p=rate / rate.sum()))
        incident = replace(_work(midnight + timedelta(days=days), branch, rng), kind=kind, cause=cause)
        plan = _plan(topology, closed, incident)
        opened = [one.switch for one in plan.steps if one.action is Action.OPEN and one.switch >= 0] if plan else []
        history.entries.append(
            OutageEntry(
                number=_number(history, incident.at),
                kind=incident.kind,
                cause=incident.cause,
                place=_place(topology, incident.branch),
                planned_start_at=incident.at,
                planned_end_at=incident.at + timedelta(hours=incident.hours),
                planned_device_codes=" ".join(str(topology.grid.switch_id[one]) for one in opened),
            )
        )


def _rows(
    topology: Topology, plan: SwitchingPlan, begin: datetime, number: str, rng: np.random.Generator
) -> list[OperationRow]:
    """The steps of a plan as they were carried out, a little earlier or later than planned, in the same order."""
    rows: list[OperationRow] = []
    last = begin
    for step in (*plan.steps, *plan.return_steps):
        if step.switch < 0 or step.action not in (Action.OPEN, Action.CLOSE, Action.TRIP):
            continue
        at = begin + timedelta(hours=step.effect_h) + timedelta(seconds=float(rng.integers(0, 90)))
        last = max(at, last + timedelta(seconds=1)) if rows else at
        rows.append(
            OperationRow(
                device_code=str(topology.grid.switch_id[step.switch]),
                closes=step.action is Action.CLOSE,
                operated_at=last.replace(microsecond=0),
                event_number=number,
            )
        )
    return rows


def _written_down_wrong(rows: list[OperationRow], rng: np.random.Generator) -> Iterator[Correction]:
    """Now and then the last closing is first written down with the wrong time."""
    if len(rows) > 1 and rng.random() < _WRONG_SHARE:
        right = rows.pop()
        late = right.operated_at + timedelta(minutes=float(rng.integers(10, 50)))
        wrong = OperationRow(
            device_code=right.device_code, closes=right.closes, operated_at=late, event_number=right.event_number
        )
        rows.append(wrong)
        yield Correction(wrong=wrong, right=right)


def _place(topology: Topology, branch: int) -> str:
    """The village nearest to a branch, as its loads call it."""
    grid = topology.grid
    node = grid.branches.to_node[branch]
    away = np.hypot(
        grid.nodes.x[grid.loads.node] - grid.nodes.x[node], grid.nodes.y[grid.loads.node] - grid.nodes.y[node]
    )
    return str(grid.loads.area[int(np.argmin(away))])
