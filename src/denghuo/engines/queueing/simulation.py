"""Simulate days of a call center, event by event, until the figures are as sure as they are wanted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.queueing._simulation_fifo_kernels import run_days_in_line
from denghuo.engines.queueing._simulation_kernels import run_days
from denghuo.engines.queueing._simulation_plan import build_plan, heads_steps, is_fifo
from denghuo.engines.queueing._simulation_state import Days, Plan, new_days, new_room
from denghuo.engines.queueing.simulation_checks import CallCenterError, check_call_center
from denghuo.engines.queueing.simulation_model import CallCenter
from denghuo.engines.queueing.simulation_results import CallLog, Estimate, SimulationResult, Tally, estimate_ratio

__all__ = ["AnswerRate", "answer_rate", "log_day", "simulate"]

Floats = NDArray[np.float64]
Seeds = NDArray[np.uint64]

_SLOTS = 1_024
_LOG_ROWS = 4_096


def simulate(
    center: CallCenter,
    *,
    replications: int,
    rng: np.random.Generator,
    within_s: float = 20.0,
    workers: int = 1,
) -> SimulationResult:
    """Simulate independent days of a call center.

    The same generator state gives the same callers with the same conversations and patience, at the same instants,
    whoever answers them: two centers simulated from equal states differ by what differs between them. ``within_s`` is
    the target wait [s]; ``workers`` threads share the days, which changes nothing but the time it takes.

    Raises:
        CallCenterError: a center that cannot be simulated; it carries the findings of :func:`check_call_center`.
        ValueError: fewer than one replication or worker, or a target wait below 0.

    Example:
        >>> from denghuo.engines.queueing.simulation_model import AgentGroup, CallType, exponential
        >>> center = CallCenter(
        ...     edges_s=[0.0, 28800.0],
        ...     types=(CallType(arrivals_per_h=252, service=exponential(120.0), patience=exponential(60.0)),),
        ...     groups=(AgentGroup(heads=12),),
        ... )
        >>> found = simulate(center, replications=200, rng=np.random.default_rng(1))
        >>> round(float(found.answered_share().mean), 2), round(float(found.occupancy().mean), 2)
        (0.97, 0.68)
    """
    if replications < 1 or workers < 1 or not within_s >= 0:
        raise ValueError(f"Nothing to simulate: {replications=}, {workers=}, {within_s=}")
    plan = _plan(center, within_s)
    return _result(center, plan, _days(plan, _seeds(rng, replications), in_line=is_fifo(center), workers=workers))


def log_day(center: CallCenter, *, rng: np.random.Generator, within_s: float = 20.0) -> CallLog:
    """Simulate one day, and keep every call: the day that :func:`simulate` begins with from the same state of ``rng``.

    Raises:
        CallCenterError: a center that cannot be simulated.

    Example:
        >>> from denghuo.engines.queueing.simulation_model import AgentGroup, CallType, fixed
        >>> center = CallCenter(
        ...     edges_s=[0.0, 3600.0],
        ...     types=(CallType(arrivals_per_h=60, service=fixed(90.0)),),
        ...     groups=(AgentGroup(heads=2),),
        ... )
        >>> log = log_day(center, rng=np.random.default_rng(4))
        >>> bool((log.arrival_s[log.wait_s == 0] < 3600).all()), sorted(set(log.seat.tolist()))
        (True, [0, 1])
    """
    plan = _plan(center, within_s)
    seeds, days = _seeds(rng, 1), new_days(plan, 1)
    slots, log_rows = _SLOTS, _LOG_ROWS
    room = new_room(plan, slots=slots, log_rows=log_rows)
    run = run_days_in_line if is_fifo(center) else run_days
    while run(plan, room, seeds, days, 0) < 1:
        slots, log_rows = 2 * slots, 4 * log_rows
        room = new_room(plan, slots=slots, log_rows=log_rows)
    rows = room.log[: int(room.state[0]["logged"])]
    columns = {field.name: rows[field.name].copy() for field in fields(CallLog)}
    for column in columns.values():
        column.setflags(write=False)
    return CallLog(**columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnswerRate:
    """Answer rates of a roster.

    ``by_interval`` and ``of_day`` calls answered of calls offered; ``within_by_interval`` and ``within_of_day`` calls
    answered within the target wait; ``replications`` how many days it took, ``reached`` whether every half width is
    as small as was wished.
    """

    by_interval: Estimate
    of_day: Estimate
    within_by_interval: Estimate
    within_of_day: Estimate
    replications: int
    reached: bool


def answer_rate(
    center: CallCenter,
    *,
    rng: np.random.Generator,
    heads: ArrayLike | None = None,
    within_s: float = 20.0,
    half_width_share: float = 0.01,
    at_once: int = 50,
    max_replications: int = 2_000,
    workers: int = 1,
) -> AnswerRate:
    """Estimate how many calls a roster answers, by interval, from as many days as it takes.

    ``heads`` [group, interval] (one row for a single group) replace those of the center. Days are added ``at_once``
    until half the 95 % confidence interval of the answer rate is at most ``half_width_share`` in every interval that
    has calls, or ``max_replications`` is reached.

    Raises:
        CallCenterError: a center that cannot be simulated, with these heads.
        ValueError: heads for another number of groups, fewer than two days at once, or a half width not above 0.

    Example:
        >>> from denghuo.engines.queueing.simulation_model import AgentGroup, CallType, exponential
        >>> center = CallCenter(
        ...     edges_s=[0.0, 1800.0, 3600.0],
        ...     types=(CallType(arrivals_per_h=[60, 180], service=exponential(120.0), patience=exponential(60.0)),),
        ...     groups=(AgentGroup(heads=1),),
        ... )
        >>> found = answer_rate(center, heads=[[3, 8]], rng=np.random.default_rng(2))
        >>> found.reached, np.round(found.by_interval.mean, 1).tolist()
        (True, [0.9, 0.9])
    """
    if at_once < 2 or max_replications < 2 or not half_width_share > 0:
        raise ValueError(f"Cannot be reached: {at_once=}, {max_replications=}, {half_width_share=}")
    center = center if heads is None else _with_heads(center, heads)
    plan = _plan(center, within_s)
    sums = np.empty((0, *new_days(plan, 1).sums.shape[1:2], len(Tally)))
    while True:
        count = min(at_once, max_replications - len(sums))
        days = _days(plan, _seeds(rng, count), in_line=is_fifo(center), workers=workers)
        sums = np.concatenate([sums, days.sums.sum(axis=2)])
        by_interval = estimate_ratio(sums[..., Tally.ANSWERED], sums[..., Tally.OFFERED])
        reached = bool(np.nanmax(by_interval.half_width, initial=0.0) <= half_width_share)
        if reached or len(sums) >= max_replications:
            return _answer_rate(sums, by_interval, reached)


def _answer_rate(sums: Floats, by_interval: Estimate, reached: bool) -> AnswerRate:
    day = sums.sum(axis=1)
    return AnswerRate(
        by_interval=by_interval,
        of_day=estimate_ratio(day[:, Tally.ANSWERED], day[:, Tally.OFFERED]),
        within_by_interval=estimate_ratio(sums[..., Tally.ANSWERED_WITHIN], sums[..., Tally.OFFERED]),
        within_of_day=estimate_ratio(day[:, Tally.ANSWERED_WITHIN], day[:, Tally.OFFERED]),
        replications=len(sums),
        reached=reached,
    )


def _with_heads(center: CallCenter, heads: ArrayLike) -> CallCenter:
    rows = np.atleast_2d(np.asarray(heads))
    if len(rows) != len(center.groups):
        raise ValueError(f"Heads for {len(rows)} groups, but there are {len(center.groups)}")
    return replace(
        center, groups=tuple(replace(group, heads=row) for group, row in zip(center.groups, rows, strict=True))
    )


def _plan(center: CallCenter, within_s: float) -> Plan:
    findings = check_call_center(center)
    if findings:
        raise CallCenterError(findings)
    return build_plan(center, within_s=within_s)


def _seeds(rng: np.random.Generator, count: int) -> Seeds:
    return rng.integers(0, 2**64, size=count, dtype=np.uint64)


def _days(plan: Plan, seeds: Seeds, *, in_line: bool, workers: int) -> Days:
    days = new_days(plan, len(seeds))
    shares = np.array_split(np.arange(len(seeds)), min(workers, len(seeds)))
    parts = [slice(int(share[0]), int(share[-1]) + 1) for share in shares]
    if len(parts) == 1:
        _run(plan, seeds, days, in_line)
    else:
        with ThreadPoolExecutor(len(parts)) as threads:
            for done in [
                threads.submit(_run, plan, seeds[part], Days(*(held[part] for held in days)), in_line) for part in parts
            ]:
                done.result()
    return days


def _run(plan: Plan, seeds: Seeds, days: Days, in_line: bool) -> None:
    """Simulate, in a room that grows as far as it must."""
    slots, begin = _SLOTS, 0
    run = run_days_in_line if in_line else run_days
    while (begin := run(plan, new_room(plan, slots=slots), seeds, days, begin)) < len(seeds):
        slots *= 4


def _result(center: CallCenter, plan: Plan, days: Days) -> SimulationResult:
    result = SimulationResult(
        within_s=float(plan.rules[0]["within_s"]),
        edges_s=plan.edges_s,
        sums=days.sums,
        attempts=days.attempts,
        busy_s=days.busy_s,
        waiting_s=days.waiting_s,
        staffed_s=_staffed_s(center, plan.edges_s),
        call_backs=days.backs,
        call_back_count=plan.call_backs["end"] - plan.call_backs["begin"],
    )
    for field in fields(SimulationResult):
        held = getattr(result, field.name)
        if isinstance(held, np.ndarray):
            held.setflags(write=False)
    return result


def _staffed_s(center: CallCenter, edges_s: Floats) -> Floats:
    """Heads times time [s], by interval and group."""
    staffed = np.zeros((len(edges_s) - 1, len(center.groups)))
    for position, group in enumerate(center.groups):
        for at_s, count in heads_steps(group, edges_s):
            staffed[:, position] += count * np.clip(edges_s[1:] - np.maximum(edges_s[:-1], at_s), 0, None)
    return staffed
