"""Callers, heaps and sums: what both ways to simulate a day have in common, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from denghuo.engines.queueing import _simulation_state as of
from denghuo.engines.queueing._simulation_draws import (
    ABSORBED,
    DELAY,
    REDIALS,
    draw,
    exponential,
    for_purpose,
    here,
    inner,
    stream,
    uniform,
)


@inner
def push(at: Any, tag: Any, size: int, instant: float, what: int) -> int:
    """Put an instant into a heap of ``size``, and return the new size."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if at[above] <= instant:
            break
        at[place], tag[place] = at[above], tag[above]
        place = above
    at[place], tag[place] = instant, what
    return size + 1


@inner
def replace_first(at: Any, tag: Any, size: int, instant: float, what: int) -> None:
    """Take the earliest instant out of a heap and put another in.

    Down to the bottom without a branch, which would be guessed wrong every other time: of what is carried and what is
    below, the earlier stays and the later goes on.
    """
    place = 0
    below = 1
    while below < size:
        beside = below + (below + 1 < size)
        below += at[beside] < at[below]
        under, its = at[below], tag[below]
        change = (what ^ its) & -np.int64(under < instant)
        at[place], tag[place] = min(under, instant), what ^ change
        instant, what = max(under, instant), its ^ change
        place = below
        below = 2 * place + 1
    at[place], tag[place] = instant, what


@here
def pop(at: Any, tag: Any, size: int) -> int:
    """Take the earliest instant out of a heap, and return the new size."""
    size -= 1
    replace_first(at, tag, size, at[size], tag[size])
    return size


@here
def open_day(plan: Any, room: Any, seed: Any) -> None:
    """An empty room, and the first caller of each type."""
    state = room.state[0]
    state.interval = state.change = state.waiting = state.talking = state.agents = 0
    state.futures = state.dues = state.slots = state.serial = state.logged = state.full = 0
    state.free_slot = -1
    state.busyness = draw(plan.laws, plan.quantiles, plan.rules[0].busyness_law, stream(seed, 0))
    for which in range(len(plan.call_backs)):
        room.back_next[which] = room.back_released[which] = 0
    for group in range(len(room.desks)):
        desks = room.desks[group]
        desks.idle_first = desks.idle = desks.leaving = 0
        for seat in range(room.seat_taken.shape[1]):
            room.seat_taken[group, seat] = False
    for kind in range(len(plan.types)):
        room.numbers[kind] = room.intervals[kind] = 0
        room.first[kind] = room.last[kind] = -1
        room.streams[kind] = stream(seed, 1 + 2 * kind)
        room.keys[kind] = stream(seed, 2 + 2 * kind)
        room.next_s[kind] = after(plan, room, kind, 0.0)


@inner
def close_day(room: Any, days: Any, day: int) -> None:
    """The sums of a day go where they are kept, and begin again at 0."""
    for interval in range(len(room.sums)):
        _move(room.sums[interval], days.sums[day, interval])
    for kind in range(len(room.attempts)):
        _move(room.attempts[kind], days.attempts[day, kind])
    _move(room.busy_s, days.busy_s[day])
    _move(room.waiting_s, days.waiting_s[day])
    _move(room.backs, days.backs[day])


@inner
def _move(held: Any, kept: Any) -> None:
    for row in range(held.shape[0]):  # an assignment of arrays would take seconds to compile
        for column in range(held.shape[1]):
            kept[row, column] = held[row, column]
            held[row, column] = 0.0


@here
def after(plan: Any, room: Any, kind: int, at_s: float) -> Any:
    """When the next caller of a type calls for the first time: the integral of the rate grows by an exponential."""
    interval = room.intervals[kind]
    goal, room.streams[kind] = exponential(room.streams[kind])
    if room.state[0].busyness <= 0:
        return np.inf
    goal /= room.state[0].busyness
    while interval < plan.rates.shape[1]:
        rate = plan.rates[kind, interval]
        here_s = plan.edges_s[interval + 1] - at_s
        if rate * here_s > goal:
            room.intervals[kind] = interval
            return at_s + goal / rate
        goal -= rate * here_s
        at_s = plan.edges_s[interval + 1]
        interval += 1
    return np.inf


@here
def next_at(room: Any) -> Any:
    """When the next call comes, and whose: a type's first attempt, or -1 for somebody known."""
    at_s, kind = room.next_s[0], 0
    for other in range(1, len(room.next_s)):
        if room.next_s[other] < at_s:
            at_s, kind = room.next_s[other], other
    if room.state[0].futures > 0 and room.future_at[0] < at_s:
        return room.future_at[0], -1
    return at_s, kind


@here
def come(plan: Any, room: Any, at_s: float, kind: int) -> Any:
    """The slot of the call that comes now; -1 where there is no room for it."""
    state = room.state[0]
    while state.interval + 2 < len(plan.edges_s) and plan.edges_s[state.interval + 1] <= at_s:
        state.interval += 1
    if kind < 0:
        slot = room.future_tag[0]
        state.futures = pop(room.future_at, room.future_tag, state.futures)
        return slot
    slot = take_slot(room)
    if slot >= 0:
        call = room.calls[slot]
        call.key = stream(room.keys[kind], room.numbers[kind])
        call.call_type, call.number, call.attempt = kind, room.numbers[kind], 1
        call.first_interval = state.interval
        call.answered = call.heard = 0
        room.numbers[kind] += 1
        room.next_s[kind] = after(plan, room, kind, at_s)
        room.sums[state.interval, kind, of.CALLERS] += 1
    return slot


@here
def take_slot(room: Any) -> Any:
    state = room.state[0]
    slot = state.free_slot
    if slot >= 0:
        state.free_slot = room.calls[slot].after
    elif state.slots < len(room.calls):
        slot = state.slots
        state.slots += 1
    else:
        state.full = 1
    return slot


@here
def leave_slot(room: Any, slot: int) -> None:
    room.calls[slot].after = room.state[0].free_slot
    room.calls[slot].serial = -1
    room.state[0].free_slot = slot


@here
def asks(plan: Any, room: Any, slot: int, at_s: float) -> bool:
    """Whether the call wants an agent now; otherwise it hears an announcement first, or is served by it."""
    call = room.calls[slot]
    call.interval, call.at_s = room.state[0].interval, at_s
    if call.heard == 0:
        for which in range(len(plan.announcements)):
            spoken = plan.announcements[which]
            if spoken.call_type == call.call_type and spoken.from_s <= at_s < spoken.to_s:
                _hear(plan, room, slot, at_s, which)
                return False
    count(room, slot, of.OFFERED)
    count_attempt(room, slot, 0)
    return True


@inner
def _hear(plan: Any, room: Any, slot: int, at_s: float, which: int) -> None:
    call, spoken = room.calls[slot], plan.announcements[which]
    share, _ = uniform(for_purpose(call.key, call.attempt, ABSORBED))
    if share < spoken.absorbed_share:
        count(room, slot, of.ABSORBED)
        write(plan, room, slot, 0.0, spoken.heard_s, 0.0, of.IS_ABSORBED, -1, -1)
        leave_slot(room, slot)
    elif at_s + spoken.heard_s >= plan.rules[0].close_s:
        count(room, slot, of.OFFERED)
        count_attempt(room, slot, 0)
        cut_off(plan, room, slot, at_s)
    else:
        call.heard = 1
        room.state[0].futures = push(
            room.future_at, room.future_tag, room.state[0].futures, at_s + spoken.heard_s, slot
        )


@here
def count(room: Any, slot: int, column: int) -> None:
    call = room.calls[slot]
    room.sums[call.interval, call.call_type, column] += 1


@here
def count_attempt(room: Any, slot: int, column: int) -> None:
    call = room.calls[slot]
    room.attempts[call.call_type, min(call.attempt, room.attempts.shape[1]) - 1, column] += 1


@here
def spread(edges_s: Any, sums: Any, column: int, interval: int, from_s: float, to_s: float) -> None:
    """Add a stretch of time to the intervals it lies in; what is after the close has a row of its own."""
    last = len(edges_s) - 1
    while interval < last and edges_s[interval + 1] <= from_s:
        interval += 1
    while interval < last and edges_s[interval + 1] < to_s:
        sums[interval, column] += edges_s[interval + 1] - from_s
        from_s = edges_s[interval + 1]
        interval += 1
    sums[interval, column] += to_s - from_s


@here
def count_answer(plan: Any, room: Any, slot: int, wait_s: float, talk_s: float) -> None:
    """Sums of an answered call."""
    call = room.calls[slot]
    sums = room.sums[call.interval, call.call_type]
    within = wait_s <= plan.rules[0].within_s
    sums[of.ANSWERED] += 1
    sums[of.ANSWERED_WITHIN] += within
    sums[of.TALK_S] += talk_s
    count_attempt(room, slot, 1)
    if call.answered == 0:
        room.sums[call.first_interval, call.call_type, of.CALLERS_ANSWERED] += 1
        room.sums[call.first_interval, call.call_type, of.CALLERS_WITHIN] += within
        call.answered = 1
    if wait_s > 0:
        sums[of.WAIT_ANSWERED_S] += wait_s
        _count_wait(plan, room, slot, wait_s)


@here
def _count_wait(plan: Any, room: Any, slot: int, wait_s: float) -> None:
    call = room.calls[slot]
    room.sums[call.interval, call.call_type, of.WAIT_S] += wait_s
    spread(plan.edges_s, room.waiting_s, call.call_type, call.interval, call.at_s, call.at_s + wait_s)


@inner
def abandon(plan: Any, room: Any, slot: int, wait_s: float) -> None:
    """The caller has hung up after so long."""
    count(room, slot, of.ABANDONED)
    count_attempt(room, slot, 2)
    if wait_s <= plan.rules[0].within_s:
        count(room, slot, of.ABANDONED_WITHIN)
    if wait_s > 0:
        _count_wait(plan, room, slot, wait_s)
    write(plan, room, slot, wait_s, 0.0, 0.0, of.IS_ABANDONED, -1, -1)
    redial(plan, room, slot, of.AFTER_ABANDONED, room.calls[slot].at_s + wait_s)


@inner
def block(plan: Any, room: Any, slot: int) -> None:
    """The caller hears the busy tone."""
    count(room, slot, of.BLOCKED)
    count_attempt(room, slot, 3)
    write(plan, room, slot, 0.0, 0.0, 0.0, of.IS_BLOCKED, -1, -1)
    redial(plan, room, slot, of.AFTER_BLOCKED, room.calls[slot].at_s)


@inner
def cut_off(plan: Any, room: Any, slot: int, until_s: float) -> None:
    """The caller has waited until the close, for nothing."""
    wait_s = max(until_s - room.calls[slot].at_s, 0.0)
    count(room, slot, of.CUT_OFF)
    if wait_s > 0:
        _count_wait(plan, room, slot, wait_s)
    write(plan, room, slot, wait_s, 0.0, 0.0, of.IS_CUT_OFF, -1, -1)
    leave_slot(room, slot)


@here
def redial(plan: Any, room: Any, slot: int, cause: int, at_s: float) -> None:
    """The caller calls again, or not; without a further attempt the slot is free."""
    share = plan.redial_share[room.calls[slot].call_type, cause]
    if share > 0:
        _perhaps_redial(plan, room, slot, cause, at_s)
    else:
        leave_slot(room, slot)


@inner
def _perhaps_redial(plan: Any, room: Any, slot: int, cause: int, at_s: float) -> None:
    call = room.calls[slot]
    kind = plan.types[call.call_type]
    share = plan.redial_share[call.call_type, cause] * kind.persistence ** (call.attempt - 1)
    if call.attempt < kind.max_attempts:
        chance, _ = uniform(for_purpose(call.key, call.attempt, REDIALS))
        if chance < share:
            law = plan.redial_delay[call.call_type, cause]
            at_s += draw(plan.laws, plan.quantiles, law, for_purpose(call.key, call.attempt, DELAY))
            if at_s < plan.rules[0].close_s:
                call.attempt += 1
                call.heard = 0
                call.serial = -1
                state = room.state[0]
                state.futures = push(room.future_at, room.future_tag, state.futures, at_s, slot)
                return
    leave_slot(room, slot)


@here
def write(
    plan: Any, room: Any, slot: int, wait_s: float, talk_s: float, wrap_s: float, what: int, group: int, seat: int
) -> None:
    """A line of the log, where there is one."""
    if len(room.log) > 0:
        _write(len(plan.types), room.calls, room.state, room.log, slot, (wait_s, talk_s, wrap_s), what, group, seat)


@inner
def _write(
    types: int, calls: Any, states: Any, log: Any, slot: int, lengths_s: Any, what: int, group: int, seat: int
) -> None:
    call, state = calls[slot], states[0]
    if state.logged == len(log):
        state.full = 1
        return
    row = log[state.logged]
    row.arrival_s, row.call_type, row.attempt = call.at_s, call.call_type, call.attempt
    row.wait_s, row.talk_s, row.wrap_up_s = lengths_s
    row.outcome, row.group, row.seat = what, group, seat
    row.caller = call.number * types + call.call_type
    state.logged += 1
