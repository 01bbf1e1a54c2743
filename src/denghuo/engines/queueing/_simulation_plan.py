"""A call center as the columns that the compiled simulation reads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.queueing import _simulation_state as of
from denghuo.engines.queueing._simulation_draws import DISTRIBUTION
from denghuo.engines.queueing._simulation_state import Plan
from denghuo.engines.queueing.simulation_model import (
    AgentGroup,
    CallBacks,
    CallCenter,
    Distribution,
    Law,
    Pick,
    Redial,
)

Floats = NDArray[np.float64]

_S_PER_H = 3600.0


def build_plan(center: CallCenter, *, within_s: float) -> Plan:
    """The columns of a call center that has been checked."""
    laws = _Laws()
    edges = np.array(center.edges_s, dtype=np.float64)
    types = np.zeros(len(center.types), of.TYPE)
    for position, held in enumerate(center.types):
        types[position] = (
            held.redials.persistence,
            laws.put(held.service),
            laws.put(held.patience),
            -1 if held.wrap_up is None else laws.put(held.wrap_up),
            held.priority,
            held.redials.max_attempts,
        )
    shares, delays = _redials(center, laws)
    call_backs, releases = _call_backs(center, laws)
    skills, after_s, order = _skills(center)
    rules = _rules(center, edges[-1], within_s, laws)
    return Plan(
        edges_s=edges,
        rates=np.array([per_interval(held.arrivals_per_h, len(edges) - 1) for held in center.types]) / _S_PER_H,
        rules=rules,
        laws=np.array(laws.rows, dtype=DISTRIBUTION),
        quantiles=np.array(laws.quantiles),
        types=types,
        redial_share=shares,
        redial_delay=delays,
        skills=skills,
        after_s=after_s,
        order=order,
        picks=np.array([group.pick is Pick.LONGEST_WAIT for group in center.groups], dtype=np.int64),
        changes=_changes(center, edges),
        announcements=_announcements(center),
        call_backs=call_backs,
        releases_s=releases,
    )


def is_fifo(center: CallCenter) -> bool:
    """Whether callers stand in one queue before one group."""
    group = center.groups[0]
    same = len({held.priority for held in center.types}) == 1
    in_line = len(center.types) == 1 or (same and group.pick is Pick.LONGEST_WAIT)
    at_once = group.after_s is None or not any(group.after_s)
    return len(center.groups) == 1 and in_line and at_once and not center.call_backs and center.lines is None


def per_interval(values: ArrayLike, intervals: int) -> Floats:
    """One number, or one per interval, as one per interval."""
    return np.broadcast_to(np.asarray(values, dtype=np.float64), intervals)


def heads_steps(group: AgentGroup, edges_s: Floats) -> list[tuple[float, int]]:
    """Instants [s] at which the heads of a group change, and by how many."""
    heads = per_interval(group.heads, len(edges_s) - 1).astype(np.int64)
    steps = list(zip(edges_s[:-1].tolist(), np.diff(heads, prepend=0).tolist(), strict=True))
    for tier in group.tiers:
        steps += [(tier.from_s, tier.heads), (tier.to_s, -tier.heads)]
    total: dict[float, int] = {}
    for at_s, count in steps:
        total[at_s] = total.get(at_s, 0) + count
    return [(at_s, count) for at_s, count in sorted(total.items()) if count and np.isfinite(at_s)]


class _Laws:
    """The distributions in use, and their places."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.quantiles: list[float] = []

    def put(self, held: Distribution) -> int:
        begin = len(self.quantiles)
        self.quantiles += held.quantiles_s
        law, first, second = held.law, held.mean_s, 0.0
        if held.cv == 0:
            law = Law.FIXED
        elif law is Law.LOGNORMAL:
            variance = np.log1p(held.cv**2)
            first, second = np.log(held.mean_s) - variance / 2, np.sqrt(variance)
        elif law is Law.GAMMA:
            first, second = held.cv**-2, held.mean_s * held.cv**2
        self.rows.append((int(law), first, second, held.zero_share, begin, len(self.quantiles)))
        return len(self.rows) - 1


def _rules(center: CallCenter, close_s: float, within_s: float, laws: _Laws) -> NDArray[Any]:
    busyness = Distribution(law=Law(int(center.busyness_law)), mean_s=1.0, cv=center.busyness_cv)
    return np.array(
        [
            (
                close_s,
                within_s,
                -1 if center.waiting_places is None else center.waiting_places,
                -1 if center.lines is None else center.lines,
                center.serve_after_close,
                laws.put(busyness),
            )
        ],
        of.RULES,
    )


def _redials(center: CallCenter, laws: _Laws) -> tuple[Floats, NDArray[np.int64]]:
    shares, delays = np.zeros((len(center.types), 3)), np.zeros((len(center.types), 3), np.int64)
    for position, held in enumerate(center.types):
        causes: tuple[Redial | None, ...] = (
            held.redials.after_abandoned,
            held.redials.after_blocked,
            held.redials.after_answered,
        )
        for cause, redial in enumerate(causes):
            if redial is not None:
                shares[position, cause], delays[position, cause] = redial.share, laws.put(redial.delay)
    return shares, delays


def _skills(center: CallCenter) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    types, groups = len(center.types), len(center.groups)
    skills = np.full((groups, max(1, *(len(group.skills) for group in center.groups))), -1)
    after_s, ranks = np.full((groups, types), np.inf), np.full((groups, types), groups + types)
    for position, group in enumerate(center.groups):
        skills[position, : len(group.skills)] = group.skills
        after_s[position, list(group.skills)] = 0.0 if group.after_s is None else group.after_s
        ranks[position, list(group.skills)] = range(len(group.skills))
    order = np.full((types, groups), -1)
    for position, held in enumerate(center.types):
        tried = np.argsort(ranks[:, position], kind="stable") if held.groups is None else np.array(held.groups, int)
        at_once = [group for group in tried.tolist() if after_s[group, position] == 0]
        order[position, : len(at_once)] = at_once
    return skills, after_s, order


def _changes(center: CallCenter, edges_s: Floats) -> NDArray[Any]:
    """The day's timetable: the close comes before what happens at the same instant, heads before call-backs."""
    rows = [(float(edges_s[-1]), -1, of.CLOSE, 0, 0)]
    for place, group in enumerate(center.groups):
        rows += [(at_s, of.HEADS, of.HEADS, place, count) for at_s, count in heads_steps(group, edges_s)]
    for place, backs in enumerate(center.call_backs):
        rows += [(at_s, of.RELEASE, of.RELEASE, place, 1) for at_s in _released(backs).tolist()]
    rows.sort(key=lambda row: row[:2])
    return np.array([(at_s, *rest) for at_s, _, *rest in rows], of.CHANGE)


def _announcements(center: CallCenter) -> NDArray[Any]:
    rows = [
        (held.from_s, held.to_s, held.heard_s, held.absorbed_share, held.call_type) for held in center.announcements
    ]
    return np.array(rows, of.ANNOUNCEMENT)


def _call_backs(center: CallCenter, laws: _Laws) -> tuple[NDArray[Any], Floats]:
    rows, begin = [], 0
    for held in center.call_backs:
        end = begin + _released(held).size
        rows.append((held.due_after_s, held.group, laws.put(held.service), held.idle_at_least, begin, end))
        begin = end
    releases = [np.empty(0), *(_released(held) for held in center.call_backs)]
    return np.array(rows, of.CALL_BACKS), np.concatenate(releases)


def _released(backs: CallBacks) -> Floats:
    return np.sort(np.asarray(backs.release_s, dtype=np.float64).ravel())
