"""Loops over interruption rows.

Bare arrays; an empty array stands for a column that is not there; instants are int64 microseconds. Rows come in
ascending order of event. A cell is a group in a period: cell = period * group_count + group. Every kernel releases the
interpreter lock and writes only to its own output, so that parts of the rows run on threads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int32]
States = NDArray[Any]

# Columns of the sums of a cell, the first nine in the order of sum_rows. Durations stay in microseconds until the end,
# so that sums are exact as long as can be.
USER_US = 0
USER_INTERRUPTIONS = 1
SHORT_INTERRUPTIONS = 2
SHORT_EVENTS = 3
KVA_US = 4
KVA_INTERRUPTIONS = 5
KW_US = 6
ROWS = 7
OPEN_ROWS = 8
CARRIED_ROWS = 9
EVENTS = 10
EVENT_US = 11
SUM_COUNT = 12

# What is kept of a load while its rows lie in one cell. Durations and interruptions are weighted by users. Where nobody
# asks for thresholds, and no load is out twice in an event, the users are enough.
USERS_STATE = np.dtype([("place", np.float64), ("users", np.float64)])  # place: the cell + 1, 0 while there is none
LOAD_STATE = np.dtype(
    [(name, np.float64) for name in ("place", "users", "event_users", "users_with_short")]
    + [(name, np.float64) for name in ("interruptions", "sustained", "sustained_us", "longest_us")]
)

_MOST_DONE = 1_024  # states that are counted at a time
_NEVER = np.iinfo(np.int64).max


class Rows(NamedTuple):
    """Interruptions as the kernels read them.

    ``length`` is the whole duration of the interruption a row belongs to, ``counted`` the share of the row's users that
    count as newly interrupted by it; both empty where every row is an interruption of its own.
    """

    event: Ints
    load: Positions
    start: Ints
    end: Ints
    is_open: Flags
    users: Ints
    kva: Floats
    kw: Floats
    length: Ints
    counted: Floats
    group: Positions


class Rules(NamedTuple):
    """What is counted, and where.

    Rows no longer than ``short_us`` count for durations and frequency only ``with_short``; NaN
    ``load_factor`` is unknown. ``edges`` of the periods, of which there are ``per_us`` in a microsecond; ``at_least``
    and ``longer_us`` are the thresholds of repeated and long interruptions.
    """

    edges: Ints
    per_us: float
    group_count: int
    short_us: int
    with_short: bool
    load_factor: float
    at_least: Floats
    longer_us: Floats


@njit(cache=True, nogil=True, inline="always")
def period_of(at: int, edges: Ints, per_us: float) -> int:
    """Position of the period that holds an instant; -1 before the first, the number of periods after the last."""
    last = edges.size - 1
    if at < edges[0]:
        return -1
    if at >= edges[last]:
        return last
    if last == 1:
        return 0
    # Periods are about equally long, so the guess is seldom far off.
    position = min(last - 1, int((at - edges[0]) * per_us))
    while edges[position] > at:
        position -= 1
    while edges[position + 1] <= at:
        position += 1
    return position


@njit(cache=True, nogil=True, inline="always")
def _first_period(start: int, end: int, edges: Ints, per_us: float) -> int:
    """First period that an interruption touches, if only by beginning in it; the number of periods where it touches
    none."""
    first = period_of(start, edges, per_us)
    if first >= 0:
        return first
    return 0 if end > edges[0] else edges.size - 1


# In these loops columns are taken out of ``rows`` before, and no array is handed on for every row: compiled code would
# count each as held and let go, which takes longer than the row.
@njit(cache=True, nogil=True)
def sum_rows(first: int, stop: int, rows: Rows, rules: Rules, sums: Floats) -> None:
    """Add up the rows of a range by cell, all but the columns of events."""
    _, _, starts, ends, is_open, all_users, kvas, kws, lengths, shares, groups = rows
    edges, per_us, group_count, short_us, with_short, load_factor, _, _ = rules
    periods, home, opens, closes = edges.size - 1, 0, edges[0], edges[1]
    i, across, across_count = first, np.empty(stop - first, np.int64), 0
    while i < stop:
        run, group = i, groups[i] if groups.size else 0
        if starts[i] < opens or starts[i] >= closes:
            home = _first_period(starts[i], ends[i], edges, per_us)
            opens, closes = edges[home], edges[min(home + 1, periods)]
        # Neighbors of one group that begin and end in one period are added up before they go to its cell.
        user_us = newly_out = short_out = short_events = kva_us = kva_out = kw_us = opened = 0.0
        while i < stop and opens <= starts[i] < closes and ends[i] <= closes:
            if groups.size and groups[i] != group:
                break
            alone, users = ends[i] - starts[i], all_users[i]
            length = lengths[i] if lengths.size else alone
            newly = users * (shares[i] if shares.size else 1.0)
            opened += is_open.size > 0 and is_open[i]
            if length <= short_us:
                short_events += newly
            if alone <= short_us:
                short_out += users
            if with_short or length > short_us:
                kva = kvas[i] if kvas.size else np.nan
                kw = kws[i] if kws.size else np.nan
                user_us += users * float(alone)
                newly_out += newly
                kva_us += kva * alone
                kva_out += kva * (shares[i] if shares.size else 1.0)
                kw_us += (kva * load_factor if np.isnan(kw) else kw) * alone
            i += 1
        if group >= 0 and i > run:
            add = (user_us, newly_out, short_out, short_events, kva_us, kva_out, kw_us, float(i - run), opened)
            for k in range(len(add)):
                sums[home * group_count + group, k] += add[k]
        elif i == run:
            across[across_count] = i
            across_count += 1
            i += 1
    sum_across(across[:across_count], rows, rules, sums)


@njit(cache=True, nogil=True)
def sum_across(which: Ints, rows: Rows, rules: Rules, sums: Floats) -> None:
    """Add rows to every cell of their group that they begin in or reach into."""
    _, _, starts, ends, is_open, all_users, kvas, kws, lengths, shares, groups = rows
    edges, per_us, group_count, short_us, with_short, load_factor, _, _ = rules
    for i in which:
        start, end, users, group = starts[i], ends[i], all_users[i], groups[i] if groups.size else 0
        length = lengths[i] if lengths.size else end - start
        share = shares[i] if shares.size else 1.0
        kva = kvas[i] if kvas.size else np.nan
        kw = kws[i] if kws.size else np.nan
        kw = kva * load_factor if np.isnan(kw) else kw
        home = _first_period(start, end, edges, per_us) if group >= 0 else edges.size - 1
        for period in range(home, _period_after(home, end, edges)):
            cell, begins = period * group_count + group, start >= edges[period]
            us = float(min(end, edges[period + 1]) - max(start, edges[period]))
            sums[cell, ROWS] += 1
            sums[cell, OPEN_ROWS] += is_open.size > 0 and is_open[i]
            sums[cell, CARRIED_ROWS] += not begins
            if begins and length <= short_us:
                sums[cell, SHORT_EVENTS] += users * share
            if begins and end - start <= short_us:
                sums[cell, SHORT_INTERRUPTIONS] += users
            if with_short or length > short_us:
                sums[cell, USER_US] += users * us
                sums[cell, USER_INTERRUPTIONS] += users * share if begins else 0.0
                sums[cell, KVA_US] += kva * us
                sums[cell, KVA_INTERRUPTIONS] += kva * share if begins else 0.0
                sums[cell, KW_US] += kw * us


@njit(cache=True, nogil=True)
def sum_events(first: int, stop: int, rows: Rows, rules: Rules, sums: Floats) -> None:
    """Count the events of a range of rows, and add up their spans, into the columns of events.

    An event counts once in each group, in the period where its first counted row of the group starts; its span goes
    from there to the last return of supply in the group.
    """
    events, _, starts, ends, _, _, _, _, lengths, _, groups = rows
    edges, per_us, group_count, short_us, with_short, _, _, _ = rules
    # By group: the row that the event at hand begins with, its first start and last end.
    spans, touched = np.full((group_count, 3), -1), np.empty(group_count, np.int64)
    i = first
    while i < stop:
        run, touched_count = i, 0
        while i < stop and events[i] == events[run]:
            group = groups[i] if groups.size else 0
            begins, returns = _NEVER, -_NEVER
            while i < stop and events[i] == events[run] and (groups.size == 0 or groups[i] == group):
                if with_short or (lengths[i] if lengths.size else ends[i] - starts[i]) > short_us:
                    begins, returns = min(begins, starts[i]), max(returns, ends[i])
                i += 1
            if group < 0 or begins == _NEVER:
                continue
            if spans[group, 0] == run:
                begins, returns = min(begins, spans[group, 1]), max(returns, spans[group, 2])
            else:
                touched[touched_count] = group
                touched_count += 1
            spans[group, 0], spans[group, 1], spans[group, 2] = run, begins, returns
        for k in range(touched_count):
            group = touched[k]
            period = period_of(spans[group, 1], edges, per_us)
            if 0 <= period < edges.size - 1:
                cell = period * group_count + group
                sums[cell, EVENTS] += 1
                sums[cell, EVENT_US] += spans[group, 2] - spans[group, 1]


@njit(cache=True, nogil=True)
def follow_users(first: int, stop: int, rows: Rows, rules: Rules, heads: States, tails: States, counts: Floats) -> bool:
    """As :func:`follow_loads`, for states that hold the users and no more."""
    _, loads, starts, ends, _, all_users, _, _, _, _, groups = rows
    edges, per_us, group_count, short_us, with_short, _, _, _ = rules
    periods, home, opens, closes = edges.size - 1, 0, edges[0], edges[1]
    for i in range(first, stop):
        group, load, users = groups[i] if groups.size else 0, loads[i], float(all_users[i])
        if group < 0:
            continue
        if starts[i] < opens or starts[i] >= closes:
            home = _first_period(starts[i], ends[i], edges, per_us)
            opens, closes = edges[home], edges[min(home + 1, periods)]
        if not with_short and ends[i] - starts[i] <= short_us:
            users = 0.0
        for period in range(home, _period_after(home, ends[i], edges)):
            here = period * group_count + group + 1.0
            if load < 0 or tails[load].place > here:
                return False
            if tails[load].place == here:
                tails[load].users = max(tails[load].users, users)
                continue
            if tails[load].place > 0 and heads[load].place > 0:
                counts[int(tails[load].place) - 1, 0] += tails[load].users
            elif tails[load].place > 0:
                heads[load].place, heads[load].users = tails[load].place, tails[load].users
            tails[load].place, tails[load].users = here, users
    return True


@njit(cache=True, nogil=True)
def follow_loads(
    first: int, stop: int, rows: Rows, rules: Rules, event_of: Ints, heads: States, tails: States, counts: Floats
) -> bool:
    """Enter each row of a range of events into the state of its load, and count a load when its next row lies in a
    later cell.

    Adds to ``counts`` float64[cells, ...]: distinct users; then, for each number in ``at_least``, those with as many
    sustained and with as many interruptions at all; then, for each duration in ``longer_us``, those out for as long in
    total and in one. The first cell of a load waits in ``heads``, since it may go on from an earlier range, and its
    last in ``tails``: see :func:`merge_loads`. ``event_of`` is for notes, empty where no load is out twice in an event.

    Returns False where a load is not known or comes back to an earlier cell: then the counts mean nothing.
    """
    events, loads, starts, ends, _, all_users, _, _, lengths, shares, groups = rows
    edges, per_us, group_count, short_us, with_short, _, at_least, longer_us = rules
    periods, home, opens, closes = edges.size - 1, 0, edges[0], edges[1]
    done, done_count = np.empty(_MOST_DONE + periods, LOAD_STATE), 0
    for i in range(first, stop):
        group, load, users = groups[i] if groups.size else 0, loads[i], float(all_users[i])
        if group < 0:
            continue
        if done_count >= _MOST_DONE:
            done_count = _count_all(done, done_count, at_least, longer_us, counts)
        start, end = starts[i], ends[i]
        if start < opens or start >= closes:
            home = _first_period(start, end, edges, per_us)
            opens, closes = edges[home], edges[min(home + 1, periods)]
        length = lengths[i] if lengths.size else end - start
        newly = users * (shares[i] if shares.size else 1.0)
        for period in range(home, _period_after(home, end, edges)):
            here = period * group_count + group + 1.0
            if load < 0 or tails[load].place > here:
                return False
            if 0 < tails[load].place < here:
                if heads[load].place == 0:
                    heads[load] = tails[load]
                else:
                    done[done_count] = tails[load]
                    done_count += 1
                _clear(tails[load])
            tails[load].place = here
            again = event_of.size > 0 and event_of[load] == events[i]
            if event_of.size:
                event_of[load] = events[i]
            us = float(min(end, edges[period + 1]) - max(start, edges[period]))
            _note(tails[load], again, users, newly, us, length, start >= edges[period], short_us, with_short)
    _count_all(done, done_count, at_least, longer_us, counts)
    return True


@njit(cache=True, nogil=True, inline="always")
def _period_after(home: int, end: int, edges: Ints) -> int:
    """The first period that a row does not touch any more which touches ``home`` first."""
    after = min(home + 1, edges.size - 1)
    while after < edges.size - 1 and end > edges[after]:
        after += 1
    return after


@njit(cache=True, nogil=True, inline="always")
def _note(
    state: Any,
    again: bool,
    users: float,
    newly: float,
    us: float,
    length: int,
    begins: bool,
    short_us: int,
    with_short: bool,
) -> None:
    """Enter one row into the state of its load: its users, those newly interrupted, its time within the period.

    ``again``: the load has been out in this event before.
    """
    state.event_users = newly + (state.event_users if again else 0.0)
    out = max(state.event_users, users)
    state.users_with_short = max(state.users_with_short, out)
    sustained = length > short_us
    if sustained or with_short:
        state.users = max(state.users, out)
    if begins:
        state.interruptions += newly
    if sustained:
        state.sustained_us += users * us
    if sustained and begins:
        state.sustained += newly
        state.longest_us = max(state.longest_us, float(length))


@njit(cache=True, nogil=True, inline="always")
def _join(state: Any, other: Any) -> None:
    """Add what is known of a load in the same cell."""
    state.place = other.place
    state.users = max(state.users, other.users)
    state.users_with_short = max(state.users_with_short, other.users_with_short)
    state.interruptions += other.interruptions
    state.sustained += other.sustained
    state.sustained_us += other.sustained_us
    state.longest_us = max(state.longest_us, other.longest_us)


@njit(cache=True, nogil=True, inline="always")
def _clear(state: Any) -> None:
    state.place = state.users = state.event_users = state.users_with_short = 0.0
    state.interruptions = state.sustained = state.sustained_us = state.longest_us = 0.0


@njit(cache=True, nogil=True, inline="always")
def _count(state: Any, at_least: Floats, longer_us: Floats, counts: Floats) -> None:
    """Count the users noted of a load in its cell, also towards the thresholds that they reach. Where only part of them
    was out, their mean goes."""
    cell, users = int(state.place) - 1, state.users_with_short
    n, t = at_least.size, longer_us.size
    counts[cell, 0] += state.users
    if users > 0:
        # A sum over users divided by users: whole numbers come back within rounding.
        for k in range(n):
            counts[cell, 1 + k] += users * (state.sustained / users >= at_least[k] - 1e-9)
            counts[cell, 1 + n + k] += users * (state.interruptions / users >= at_least[k] - 1e-9)
        for k in range(t):
            counts[cell, 1 + 2 * n + k] += users * (state.sustained_us / users >= longer_us[k])
            counts[cell, 1 + 2 * n + t + k] += users * (state.longest_us >= longer_us[k])


@njit(cache=True, nogil=True)
def _count_all(states: States, state_count: int, at_least: Floats, longer_us: Floats, counts: Floats) -> int:
    """Count the first of ``states``. Returns how many are left: none."""
    for k in range(state_count):
        _count(states[k], at_least, longer_us, counts)
    return 0


@njit(cache=True, nogil=True)
def merge_users(heads: States, tails: States, _rules: Rules, counts: Floats) -> bool:
    """Count what :func:`follow_users` left of the loads at the edges of its ranges of rows: states of each load in each
    range. Where a load goes on in the cell that it was in, it is counted once. Returns False as follow_users does."""
    for load in range(heads.shape[1]):
        place = users = 0.0
        for part in range(heads.shape[0]):
            for state in (heads[part, load], tails[part, load]):
                if 0 < state.place < place:
                    return False
                if 0 < place < state.place:
                    counts[int(place) - 1, 0] += users
                    users = 0.0
                if state.place > 0:
                    place, users = state.place, max(users, state.users)
        if place > 0:
            counts[int(place) - 1, 0] += users
    return True


@njit(cache=True, nogil=True)
def merge_loads(heads: States, tails: States, rules: Rules, counts: Floats) -> bool:
    """As :func:`merge_users`, for what :func:`follow_loads` left."""
    kept = np.zeros(1, LOAD_STATE)[0]
    for load in range(heads.shape[1]):
        _clear(kept)
        for part in range(heads.shape[0]):
            for state in (heads[part, load], tails[part, load]):
                if 0 < state.place < kept.place:
                    return False
                if 0 < kept.place < state.place:
                    _count(kept, rules.at_least, rules.longer_us, counts)
                    _clear(kept)
                if state.place > 0:
                    _join(kept, state)
        if kept.place > 0:
            _count(kept, rules.at_least, rules.longer_us, counts)
    return True


@njit(cache=True, nogil=True)
def count_users(
    first: int, stop: int, start_of: Ints, of_cell: Positions, load_count: int, rows: Rows, rules: Rules
) -> Floats:
    """The counts of :func:`follow_loads` for a range of cells, from rows sorted by cell: for rows in any order, at the
    price of sorting. NaN in cells with a load that is not known."""
    events, loads, starts, ends, _, users, _, _, lengths, shares, _ = rows
    edges, _, group_count, short_us, with_short, _, at_least, longer_us = rules
    states, event_of = np.zeros(load_count, LOAD_STATE), np.zeros(load_count if lengths.size else 0, np.int64)
    counts = np.zeros(((edges.size - 1) * group_count, 1 + 2 * (at_least.size + longer_us.size)))
    touched = np.empty(load_count, np.int32)
    for cell in range(first, stop):
        opens, closes = edges[cell // group_count], edges[cell // group_count + 1]
        touched_count = 0
        for k in range(start_of[cell], start_of[cell + 1]):
            i = of_cell[k]
            load = loads[i]
            if load < 0:
                counts[cell] = np.nan
                continue
            if states[load].place == 0:
                states[load].place = cell + 1
                touched[touched_count] = load
                touched_count += 1
            us, begins = float(min(ends[i], closes) - max(starts[i], opens)), starts[i] >= opens
            length = lengths[i] if lengths.size else ends[i] - starts[i]
            newly = users[i] * (shares[i] if shares.size else 1.0)
            again = lengths.size > 0 and event_of[load] == events[i]
            if lengths.size:
                event_of[load] = events[i]
            _note(states[load], again, float(users[i]), newly, us, length, begins, short_us, with_short)
        for k in range(touched_count):
            _count(states[touched[k]], at_least, longer_us, counts)
            _clear(states[touched[k]])
    return counts


@njit(cache=True, nogil=True)
def rows_by_cell(rows: Rows, rules: Rules) -> tuple[Ints, Positions]:
    """Sort rows into cells: start of each cell, and the rows of all cells, in their order.

    A row lies in every period it touches; rows of group -1 and rows outside all periods lie in none.
    """
    starts, ends, groups = rows.start, rows.end, rows.group
    edges, group_count, per_us = rules.edges, rules.group_count, rules.per_us
    start_of = np.zeros((edges.size - 1) * group_count + 1, np.int64)
    for i in range(starts.size):
        group = groups[i] if groups.size else 0
        home = _first_period(starts[i], ends[i], edges, per_us) if group >= 0 else edges.size - 1
        for period in range(home, _period_after(home, ends[i], edges)):
            start_of[period * group_count + group + 1] += 1
    start_of = start_of.cumsum()
    filled, of_cell = start_of.copy(), np.empty(start_of[-1], np.int32)
    for i in range(starts.size):
        group = groups[i] if groups.size else 0
        home = _first_period(starts[i], ends[i], edges, per_us) if group >= 0 else edges.size - 1
        for period in range(home, _period_after(home, ends[i], edges)):
            cell = period * group_count + group
            of_cell[filled[cell]] = i
            filled[cell] += 1
    return start_of, of_cell
