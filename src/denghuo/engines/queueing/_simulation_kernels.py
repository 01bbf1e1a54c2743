"""Types, priorities, groups, overflow, call-backs and a limited room: a day by its events, compiled.

Five things can be next: a line of the timetable, an agent who has finished, a caller whose patience or whose wait for
help ends, a new call. Of things at the same instant the first in this list comes first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from denghuo.engines.queueing import _simulation_callers as caller
from denghuo.engines.queueing import _simulation_state as of
from denghuo.engines.queueing._simulation_draws import (
    PATIENCE,
    SERVICE,
    WRAP_UP,
    draw,
    for_purpose,
    here,
    inner,
    stream,
)

_CALL_BACK_STREAM = 1_000  # beyond the streams of the types
_LINE_IS_FREE = -1  # among the dues
_SLOT_BITS, _GROUP_BITS = 24, 8


@njit(cache=True, nogil=True, error_model="numpy")
def run_days(plan: Any, room: Any, seeds: Any, days: Any, begin: int) -> int:
    """Simulate days from ``begin`` on; the position of the first for which the room was too small, or their number."""
    for day in range(begin, len(seeds)):
        if not _run(plan, room, seeds[day]):
            return day
        caller.close_day(room, days, day)
    return len(seeds)


@inner
def _run(plan: Any, room: Any, seed: Any) -> Any:
    """Simulate a day; False if the room was too small."""
    caller.open_day(plan, room, seed)
    state = room.state[0]
    while state.full == 0:
        call_s, kind = caller.next_at(room)
        due_s = room.due_at[0] if state.dues > 0 else np.inf
        agent_s = room.agent_at[0] if state.agents > 0 else np.inf
        change_s = plan.changes[state.change].at_s if state.change < len(plan.changes) else np.inf
        if change_s <= min(agent_s, due_s, call_s):
            if change_s == np.inf:
                _clear(plan, room)
                return state.full == 0
            _change(plan, room, seed)
        elif agent_s <= min(due_s, call_s):
            _finish(plan, room, agent_s, seed)
        elif due_s <= call_s:
            _due(plan, room, due_s)
        else:
            slot = caller.come(plan, room, call_s, kind)
            if slot >= 0 and caller.asks(plan, room, slot, call_s):
                _arrive(plan, room, slot)
    return False


@inner
def _change(plan: Any, room: Any, seed: Any) -> None:
    """Read the next line of the timetable: agents come or go, a call-back can be made, the center closes."""
    change = plan.changes[room.state[0].change]
    room.state[0].change += 1
    if change.kind == of.RELEASE:
        room.back_released[change.place] += 1
        _call_back(plan, room, plan.call_backs[change.place].group, change.at_s, seed)
    elif change.kind == of.CLOSE:
        if plan.rules[0].serve_after_close == 0:
            _clear(plan, room)
    elif change.count > 0:
        for _ in range(change.count):
            seat = 0
            while room.seat_taken[change.place, seat]:
                seat += 1
            room.seat_taken[change.place, seat] = True
            _be_free_apart(plan, room, change.place, seat, change.at_s)
        _call_back(plan, room, change.place, change.at_s, seed)
    else:
        desks = room.desks[change.place]
        for _ in range(-change.count):
            if desks.idle > 0:
                room.seat_taken[change.place, _idle_seat(room, change.place)] = False
            else:
                desks.leaving += 1


@inner
def _clear(plan: Any, room: Any) -> None:
    """Nobody who waits will be served."""
    for kind in range(len(plan.types)):
        while room.first[kind] >= 0:
            slot = room.first[kind]
            _unlink(room, slot)
            caller.cut_off(plan, room, slot, plan.rules[0].close_s)


@here
def _finish(plan: Any, room: Any, at_s: float, seed: Any) -> None:
    state = room.state[0]
    group, seat = divmod(room.agent_tag[0], room.idle_seats.shape[1])
    state.agents = caller.pop(room.agent_at, room.agent_tag, state.agents)
    desks = room.desks[group]
    if desks.leaving > 0:
        desks.leaving -= 1
        room.seat_taken[group, seat] = False
    else:
        _be_free(plan, room, group, seat, at_s)
        if len(plan.call_backs) > 0:
            _call_back(plan, room, group, at_s, seed)


@inner
def _be_free_apart(plan: Any, room: Any, group: int, seat: int, at_s: float) -> None:
    _be_free(plan, room, group, seat, at_s)


@here
def _be_free(plan: Any, room: Any, group: int, seat: int, at_s: float) -> None:
    """An agent takes the caller who is next for his group, or is idle."""
    slot = _next_waiting(plan, room, group, at_s)
    if slot >= 0:
        _unlink(room, slot)
        _talk(plan, room, slot, group, seat, at_s)
        return
    desks = room.desks[group]
    seats = room.idle_seats.shape[1]
    place = desks.idle_first + desks.idle
    room.idle_seats[group, place if place < seats else place - seats] = seat
    desks.idle += 1


@here
def _idle_seat(room: Any, group: int) -> Any:
    """Who has been idle longest; he is no longer."""
    desks = room.desks[group]
    seat = room.idle_seats[group, desks.idle_first]
    desks.idle_first += 1
    if desks.idle_first == room.idle_seats.shape[1]:
        desks.idle_first = 0
    desks.idle -= 1
    return seat


@here
def _next_waiting(plan: Any, room: Any, group: int, at_s: float) -> Any:
    """The slot of the caller whom an agent of a group takes; -1 for nobody."""
    best, best_priority = -1, 0
    if room.state[0].waiting == 0:
        return best
    for rank in range(plan.skills.shape[1]):
        kind = plan.skills[group, rank]
        if kind < 0:
            break
        slot = room.first[kind]
        if slot < 0 or at_s < room.calls[slot].at_s + plan.after_s[group, kind]:
            continue
        priority = plan.types[kind].priority
        older = best >= 0 and priority == best_priority and plan.picks[group] == 1
        if best < 0 or priority < best_priority or (older and room.calls[slot].at_s < room.calls[best].at_s):
            best, best_priority = slot, priority
    return best


@here
def _arrive(plan: Any, room: Any, slot: int) -> None:
    """A caller asks for an agent: is answered, waits, or hears the busy tone."""
    call, state, rules = room.calls[slot], room.state[0], plan.rules[0]
    if rules.lines >= 0 and state.waiting + state.talking >= rules.lines:
        caller.block(plan, room, slot)
        return
    for rank in range(plan.order.shape[1]):
        group = plan.order[call.call_type, rank]
        if group < 0:
            break
        if room.desks[group].idle > 0:
            _talk(plan, room, slot, group, _idle_seat(room, group), call.at_s)
            return
    if 0 <= rules.waiting_places <= state.waiting:
        caller.block(plan, room, slot)
    else:
        _wait(plan, room, slot)


@here
def _wait(plan: Any, room: Any, slot: int) -> None:
    call, state = room.calls[slot], room.state[0]
    law = plan.types[call.call_type].patience
    patience_s = draw(plan.laws, plan.quantiles, law, for_purpose(call.key, call.attempt, PATIENCE))
    if patience_s <= 0:
        caller.abandon(plan, room, slot, 0.0)
        return
    call.serial, call.due_s = state.serial, patience_s
    state.serial += 1
    _link(room, slot)
    if patience_s < np.inf:
        _expect(room, call.at_s + patience_s, slot, -1)
    for group in range(len(plan.after_s)):
        after_s = plan.after_s[group, call.call_type]
        if 0 < after_s < np.inf:
            _expect(room, call.at_s + after_s, slot, group)


@here
def _expect(room: Any, at_s: float, slot: int, group: int) -> None:
    """Look at a waiting call again: its patience ends, or a group may help."""
    state = room.state[0]
    if state.dues == len(room.due_at):
        state.full = 1
        return
    tag = (((room.calls[slot].serial << _SLOT_BITS) | slot) << _GROUP_BITS) | (group + 1)
    state.dues = caller.push(room.due_at, room.due_tag, state.dues, at_s, tag)


@here
def _due(plan: Any, room: Any, at_s: float) -> None:
    state = room.state[0]
    tag = room.due_tag[0]
    state.dues = caller.pop(room.due_at, room.due_tag, state.dues)
    if tag == _LINE_IS_FREE:
        state.talking -= 1
        return
    group = (tag & ((1 << _GROUP_BITS) - 1)) - 1
    slot = (tag >> _GROUP_BITS) & ((1 << _SLOT_BITS) - 1)
    if room.calls[slot].serial != tag >> (_SLOT_BITS + _GROUP_BITS):
        return  # no longer waiting
    if group < 0:
        _unlink(room, slot)
        caller.abandon(plan, room, slot, room.calls[slot].due_s)
    elif room.desks[group].idle > 0:
        _be_free_apart(plan, room, group, _idle_seat(room, group), at_s)


@here
def _link(room: Any, slot: int) -> None:
    call = room.calls[slot]
    kind = call.call_type
    call.before, call.after = room.last[kind], -1
    if room.last[kind] >= 0:
        room.calls[room.last[kind]].after = slot
    else:
        room.first[kind] = slot
    room.last[kind] = slot
    room.state[0].waiting += 1


@here
def _unlink(room: Any, slot: int) -> None:
    call = room.calls[slot]
    kind = call.call_type
    if call.before >= 0:
        room.calls[call.before].after = call.after
    else:
        room.first[kind] = call.after
    if call.after >= 0:
        room.calls[call.after].before = call.before
    else:
        room.last[kind] = call.before
    call.serial = -1
    room.state[0].waiting -= 1


@here
def _talk(plan: Any, room: Any, slot: int, group: int, seat: int, at_s: float) -> None:
    call, state = room.calls[slot], room.state[0]
    kind = plan.types[call.call_type]
    talk_s = draw(plan.laws, plan.quantiles, kind.service, for_purpose(call.key, call.attempt, SERVICE))
    wrap_s = 0.0
    if kind.wrap_up >= 0:
        wrap_s = draw(plan.laws, plan.quantiles, kind.wrap_up, for_purpose(call.key, call.attempt, WRAP_UP))
    wait_s = at_s - call.at_s
    _be_busy(plan, room, group, seat, at_s, talk_s + wrap_s)
    caller.count_answer(plan, room, slot, wait_s, talk_s)
    caller.write(plan, room, slot, wait_s, talk_s, wrap_s, of.IS_ANSWERED, group, seat)
    if plan.rules[0].lines >= 0:
        if state.dues == len(room.due_at):
            state.full = 1
            return
        state.talking += 1
        state.dues = caller.push(room.due_at, room.due_tag, state.dues, at_s + talk_s, _LINE_IS_FREE)
    caller.redial(plan, room, slot, of.AFTER_ANSWERED, at_s + talk_s)


@here
def _be_busy(plan: Any, room: Any, group: int, seat: int, at_s: float, length_s: float) -> None:
    state = room.state[0]
    tag = group * room.idle_seats.shape[1] + seat
    state.agents = caller.push(room.agent_at, room.agent_tag, state.agents, at_s + length_s, tag)
    caller.spread(plan.edges_s, room.busy_s, group, state.interval, at_s, at_s + length_s)


@inner
def _call_back(plan: Any, room: Any, group: int, at_s: float, seed: Any) -> None:
    """Begin the calls that an idle group can make itself."""
    desks = room.desks[group]
    for which in range(len(plan.call_backs)):
        backs = plan.call_backs[which]
        if backs.group != group or at_s >= plan.rules[0].close_s:
            continue
        while room.back_next[which] < room.back_released[which] and desks.idle >= backs.idle_at_least:
            number = room.back_next[which]
            room.back_next[which] += 1
            key = stream(stream(seed, _CALL_BACK_STREAM + which), number)
            length_s = draw(plan.laws, plan.quantiles, backs.service, for_purpose(key, 1, SERVICE))
            seat = _idle_seat(room, group)
            _be_busy(plan, room, group, seat, at_s, length_s)
            wait_s = at_s - plan.releases_s[backs.begin + number]
            room.backs[which, 0 if wait_s <= backs.due_after_s else 1] += 1
            _write_call_back(room, which, number, (at_s, wait_s, length_s), group, seat)


@inner
def _write_call_back(room: Any, which: int, number: int, times_s: Any, group: int, seat: int) -> None:
    state = room.state[0]
    if len(room.log) == 0:
        return
    if state.logged == len(room.log):
        state.full = 1
        return
    row = room.log[state.logged]
    row.arrival_s, row.wait_s, row.talk_s, row.wrap_up_s = times_s[0] - times_s[1], times_s[1], times_s[2], 0.0
    row.call_type, row.outcome, row.group, row.seat = -1 - which, of.IS_CALL_BACK, group, seat
    row.attempt, row.caller = 1, number
    state.logged += 1
