"""One queue, one group of agents, first come first served: a day without a calendar of events, compiled.

An agent is the instant at which he is free. The earliest of them takes the next caller, who waits until then or hangs
up before (Kiefer and Wolfowitz 1955, with impatience): one look at a heap per call. Results are those of the general
way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from denghuo.engines.queueing import _simulation_callers as caller
from denghuo.engines.queueing import _simulation_state as of
from denghuo.engines.queueing._simulation_draws import PATIENCE, SERVICE, WRAP_UP, draw, for_purpose, here, inner


@njit(cache=True, nogil=True, error_model="numpy")
def run_days_in_line(plan: Any, room: Any, seeds: Any, days: Any, begin: int) -> int:
    """Simulate days from ``begin`` on; the position of the first for which the room was too small, or their number."""
    for day in range(begin, len(seeds)):
        if not _run(plan, room, seeds[day]):
            return day
        caller.close_day(room, days, day)
    return len(seeds)


@inner
def _run(plan: Any, room: Any, seed: Any) -> bool:
    """Simulate a day; False if the room was too small."""
    caller.open_day(plan, room, seed)
    state = room.state[0]
    while state.full == 0:
        at_s, kind = caller.next_at(room)
        if at_s == np.inf:
            return True
        slot = caller.come(plan, room, at_s, kind)
        if slot >= 0 and caller.asks(plan, room, slot, at_s):
            free_s = _free_at(plan, room, at_s)
            if free_s <= at_s or _stays(plan, room, slot, free_s):
                _talk(plan, room, slot, max(free_s - at_s, 0.0))
    return False


@here
def _free_at(plan: Any, room: Any, at_s: float) -> Any:
    """When the next agent is free, after the heads that have changed until then."""
    state = room.state[0]
    free_s = room.agent_at[0] if state.agents > 0 else np.inf
    while state.change < len(plan.changes) and plan.changes[state.change].at_s <= max(at_s, free_s):
        _change(plan, room)
        free_s = room.agent_at[0] if state.agents > 0 else np.inf
    return free_s


@inner
def _change(plan: Any, room: Any) -> None:
    state = room.state[0]
    change = plan.changes[state.change]
    state.change += 1
    if change.kind == of.HEADS:
        for _ in range(change.count):
            seat = 0
            while room.seat_taken[0, seat]:
                seat += 1
            room.seat_taken[0, seat] = True
            state.agents = caller.push(room.agent_at, room.agent_tag, state.agents, change.at_s, seat)
        for _ in range(-change.count):  # who is idle leaves, or who is the first to finish
            room.seat_taken[0, room.agent_tag[0]] = False
            state.agents = caller.pop(room.agent_at, room.agent_tag, state.agents)


@here
def _talk(plan: Any, room: Any, slot: int, wait_s: float) -> None:
    call, state = room.calls[slot], room.state[0]
    kind = plan.types[call.call_type]
    talk_s = draw(plan.laws, plan.quantiles, kind.service, for_purpose(call.key, call.attempt, SERVICE))
    wrap_s = 0.0
    if kind.wrap_up >= 0:
        wrap_s = draw(plan.laws, plan.quantiles, kind.wrap_up, for_purpose(call.key, call.attempt, WRAP_UP))
    begin_s = call.at_s + wait_s
    end_s = begin_s + talk_s + wrap_s
    seat = room.agent_tag[0]
    caller.replace_first(room.agent_at, room.agent_tag, state.agents, end_s, seat)
    caller.spread(plan.edges_s, room.busy_s, 0, call.interval, begin_s, end_s)
    caller.count_answer(plan, room, slot, wait_s, talk_s)
    caller.write(plan, room, slot, wait_s, talk_s, wrap_s, of.IS_ANSWERED, 0, seat)
    caller.redial(plan, room, slot, of.AFTER_ANSWERED, begin_s + talk_s)


@here
def _stays(plan: Any, room: Any, slot: int, free_s: float) -> bool:
    """Whether the caller waits until an agent is free; otherwise he hangs up before, or hears the busy tone."""
    call, rules = room.calls[slot], plan.rules[0]
    limited = rules.waiting_places >= 0
    if limited and _waiting(room, call.at_s) >= rules.waiting_places:
        caller.block(plan, room, slot)
        return False
    law = plan.types[call.call_type].patience
    patience_s = draw(plan.laws, plan.quantiles, law, for_purpose(call.key, call.attempt, PATIENCE))
    end_s = min(call.at_s + patience_s, free_s)
    if rules.serve_after_close == 0:
        end_s = min(end_s, rules.close_s)
    if limited:
        room.state[0].dues = caller.push(room.due_at, room.due_tag, room.state[0].dues, end_s, slot)
    if free_s <= end_s < np.inf:
        return True
    if end_s == np.inf:
        caller.cut_off(plan, room, slot, rules.close_s)
    elif call.at_s + patience_s <= end_s:
        caller.abandon(plan, room, slot, patience_s)
    else:
        caller.cut_off(plan, room, slot, end_s)
    return False


@here
def _waiting(room: Any, at_s: float) -> Any:
    """How many wait at an instant: those whose wait ends later."""
    state = room.state[0]
    while state.dues > 0 and room.due_at[0] <= at_s:
        state.dues = caller.pop(room.due_at, room.due_tag, state.dues)
    if state.dues + 1 >= len(room.due_at):
        state.full = 1
    return state.dues
