"""Loops over interruption rows.

Bare arrays; an empty array stands for a column that is not there; instants are int64 microseconds. Rows come in
ascending order of event. A cell is a group in a period: cell = period * group_count + group. Every kernel releases the
interpreter lock and writes only to its own output, so that parts of the rows run on threads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.int32]

# Columns of the sums of a cell. Durations stay in microseconds until the end, so that sums are exact as long as can be.
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

# What is kept of a load while the rows of one cell go by. Durations and interruptions are weighted by users.
_CELL = 0
_EVENT_USERS = 1
_USERS = 2
_USERS_WITH_SHORT = 3
_SUSTAINED_US = 4
_SUSTAINED = 5
_INTERRUPTIONS = 6
_LONGEST_US = 7
_STATE_COUNT = 8


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

    Rows no longer than ``short_us`` count for durations and frequency only ``with_short``; ``joined`` rows of one load
    in one event are one interruption; NaN ``load_factor`` is unknown. ``edges`` of the periods, of which there are
    ``per_us`` in a microsecond; ``at_least`` and ``longer_us`` are the thresholds of repeated and long interruptions.
    """

    edges: Ints
    per_us: float
    group_count: int
    short_us: int
    with_short: bool
    joined: bool
    load_factor: float
    at_least: Floats
    longer_us: Floats


@njit(cache=True, nogil=True)
def survey(
    first: int, stop: int, event: Ints, load: Positions, kind: NDArray[np.int8], end: Ints, no_end: int
) -> tuple[bool, bool, bool, Flags]:
    """Whether rows ascend by event, whether each load ascends within its event, whether any is open, which kinds
    occur."""
    by_event, by_load, any_open = True, load.size > 0, False
    kinds = np.zeros(256, np.bool_)
    for i in range(first, stop):
        kinds[kind[i] & 255] = True
        any_open |= end[i] == no_end
    for i in range(max(first, 1), stop):
        by_event &= event[i] >= event[i - 1]
    if load.size:
        for i in range(max(first, 1), stop):
            by_load &= (event[i] != event[i - 1]) | (load[i] > load[i - 1])
    return by_event, by_load, any_open, kinds


@njit(cache=True, nogil=True)
def repeats(first: int, stop: int, event: Ints, load: Positions, load_count: int) -> Ints:
    """Rows of a range whose load has another row in the same event."""
    last = np.full(load_count, -1, np.int64)
    marked = np.zeros(stop - first, np.bool_)
    for i in range(first, stop):
        if load[i] < 0:
            continue
        before = last[load[i]]
        if before >= 0 and event[before] == event[i]:
            marked[before - first] = True
            marked[i - first] = True
        last[load[i]] = i
    return np.flatnonzero(marked) + first


@njit(cache=True, nogil=True)
def join_rows(
    order: Ints, event: Ints, load: Positions, start: Ints, end: Ints, users: Ints, length: Ints, counted: Floats
) -> None:
    """Join the rows of one load in one event into interruptions.

    ``order`` lists the rows by event, load and start. A row that begins when an earlier one has ended continues it: the
    same customers lost supply again. Rows that overlap are different customers of the load. Customers count as newly
    interrupted where more are out at once than ever before in the event.
    """
    chain = np.empty(order.size, np.int64)
    first = 0
    while first < order.size:
        stop = first + 1
        row = order[first]
        while stop < order.size and event[order[stop]] == event[row] and load[order[stop]] == load[row]:
            stop += 1
        _join_run(order[first:stop], chain[first:stop], start, end, users, length, counted)
        first = stop


@njit(cache=True, nogil=True)
def _join_run(run: Ints, chain: Ints, start: Ints, end: Ints, users: Ints, length: Ints, counted: Floats) -> None:
    chain_count = 0
    chain_end = np.empty(run.size, np.int64)
    chain_us = np.zeros(run.size, np.int64)
    most_out = 0
    for k in range(run.size):
        row = run[k]
        out = users[row]
        for j in range(k):
            if end[run[j]] > start[row]:
                out += users[run[j]]
        counted[row] = 0.0 if k else 1.0
        if users[row] > 0:
            counted[row] = min(1.0, max(0, out - most_out) / users[row])
        most_out = max(most_out, out)
        chain[k] = -1
        for c in range(chain_count):
            if chain_end[c] <= start[row]:
                chain[k] = c
                break
        if chain[k] < 0:
            chain[k] = chain_count
            chain_count += 1
        chain_end[chain[k]] = end[row]
        chain_us[chain[k]] += end[row] - start[row]
    for k in range(run.size):
        length[run[k]] = chain_us[chain[k]]


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


@njit(cache=True, nogil=True)
def sum_rows(first: int, stop: int, rows: Rows, rules: Rules) -> Floats:
    """Add up the rows of a range by cell: float64[cells, SUM_COUNT], without the columns of events."""
    edges, short_us, with_short = rules.edges, rules.short_us, rules.with_short
    periods, group_count, per_us = edges.size - 1, rules.group_count, rules.per_us
    sums = np.zeros((periods * group_count, SUM_COUNT))
    starts, ends, groups, kvas, kws = rows.start, rows.end, rows.group, rows.kva, rows.kw
    all_users, lengths, shares, opens = rows.users, rows.length, rows.counted, rows.is_open
    for i in range(first, stop):
        group = groups[i] if groups.size else 0
        if group < 0:
            continue
        start, end, users = starts[i], ends[i], all_users[i]
        length = lengths[i] if lengths.size else end - start
        counted = shares[i] if shares.size else 1.0
        kva = kvas[i] if kvas.size else np.nan
        kw = kws[i] if kws.size else np.nan
        kw = kva * rules.load_factor if np.isnan(kw) else kw
        period = _first_period(start, end, edges, per_us)
        while period < periods:
            cell = period * group_count + group
            us = float(min(end, edges[period + 1]) - max(start, edges[period]))
            begins = start >= edges[period]
            sums[cell, ROWS] += 1
            sums[cell, OPEN_ROWS] += opens.size > 0 and opens[i]
            sums[cell, CARRIED_ROWS] += not begins
            if begins and length <= short_us:
                sums[cell, SHORT_EVENTS] += users * counted
            if begins and end - start <= short_us:
                sums[cell, SHORT_INTERRUPTIONS] += users
            if with_short or length > short_us:
                sums[cell, USER_US] += users * us
                sums[cell, USER_INTERRUPTIONS] += users * counted if begins else 0.0
                sums[cell, KVA_US] += kva * us
                sums[cell, KVA_INTERRUPTIONS] += kva * counted if begins else 0.0
                sums[cell, KW_US] += kw * us
            period = period + 1 if end > edges[period + 1] else periods
    return sums


@njit(cache=True, nogil=True)
def sum_events(first: int, stop: int, rows: Rows, rules: Rules, sums: Floats) -> None:
    """Count the events of a range of rows, and add up their spans, into the columns of events.

    An event counts once in each group, in the period where its first counted row of the group starts; its span goes
    from there to the last return of supply in the group.
    """
    begins = np.empty(rules.group_count, np.int64)
    ends = np.empty(rules.group_count, np.int64)
    seen = np.full(rules.group_count, -1, np.int64)
    touched = np.empty(rules.group_count, np.int64)
    i = first
    while i < stop:
        run = i
        touched_count = 0
        while i < stop and rows.event[i] == rows.event[run]:
            length = rows.length[i] if rows.length.size else rows.end[i] - rows.start[i]
            group = rows.group[i] if rows.group.size else 0
            if group >= 0 and (rules.with_short or length > rules.short_us):
                if seen[group] != run:
                    seen[group] = run
                    begins[group], ends[group] = rows.start[i], rows.end[i]
                    touched[touched_count] = group
                    touched_count += 1
                else:
                    begins[group] = min(begins[group], rows.start[i])
                    ends[group] = max(ends[group], rows.end[i])
            i += 1
        for k in range(touched_count):
            group = touched[k]
            period = period_of(begins[group], rules.edges, rules.per_us)
            if 0 <= period < rules.edges.size - 1:
                cell = period * rules.group_count + group
                sums[cell, EVENTS] += 1
                sums[cell, EVENT_US] += ends[group] - begins[group]


@njit(cache=True, nogil=True)
def stream_users(first_load: int, stop_load: int, rows: Rows, rules: Rules) -> tuple[bool, Floats]:
    """Count the distinct users of a range of loads by cell, going through the rows as they come.

    The first column is the distinct users; then, for each number in ``at_least``, those with as many sustained and with
    as many interruptions at all; then, for each duration in ``longer_us``, those out for as long in total and in one.

    A load is done with a cell when its next row lies in a later one. Where a load comes back to an earlier cell this
    way does not work: then the first value is False and the counts mean nothing.
    """
    counts = _no_counts(rules)
    state, event_of = _no_state(stop_load - first_load)
    edges, at_least, longer_us = rules.edges, rules.at_least, rules.longer_us
    periods, per_us, short_us, with_short = edges.size - 1, rules.per_us, rules.short_us, rules.with_short
    thresholds = counts.shape[1] > 1
    starts, ends, all_users, lengths, shares = rows.start, rows.end, rows.users, rows.length, rows.counted
    events, loads, groups = rows.event, rows.load, rows.group
    for i in range(loads.size):
        load = loads[i]
        group = groups[i] if groups.size else 0
        if group < 0 or load >= stop_load or (load < first_load and (load >= 0 or first_load > 0)):
            continue
        load -= first_load
        start, end, users = starts[i], ends[i], all_users[i]
        length = lengths[i] if lengths.size else end - start
        counted = users * (shares[i] if shares.size else 1.0)
        period = _first_period(start, end, edges, per_us)
        while period < periods:
            cell = period * rules.group_count + group
            if loads[i] < 0:
                counts[cell] = np.nan
            elif state[load, _CELL] > cell:
                return False, counts
            else:
                if state[load, _CELL] < cell:
                    if thresholds:
                        _count_beyond(state, load, at_least, longer_us, counts)
                    _close(state, load, counts, cell)
                if not rules.joined or event_of[load] != events[i]:
                    event_of[load] = events[i]
                    state[load, _EVENT_USERS] = 0.0
                us = float(min(end, edges[period + 1]) - max(start, edges[period]))
                _note(state, load, users, counted, us, length, start >= edges[period], short_us, with_short)
            period = period + 1 if end > edges[period + 1] else periods
    for load in range(stop_load - first_load):
        _count_beyond(state, load, at_least, longer_us, counts)
        _close(state, load, counts, 0)
    return True, counts


@njit(cache=True, nogil=True)
def count_users(
    first: int, stop: int, start_of: Ints, of_cell: Positions, load_count: int, rows: Rows, rules: Rules
) -> Floats:
    """The same counts for the cells of a range, from rows sorted by cell: for rows in any order, at the price of
    sorting."""
    counts = _no_counts(rules)
    state, event_of = _no_state(load_count)
    state[:, _CELL] = -1
    edges, at_least, longer_us = rules.edges, rules.at_least, rules.longer_us
    starts, ends, all_users, lengths, shares = rows.start, rows.end, rows.users, rows.length, rows.counted
    touched = np.empty(load_count, np.int32)
    for cell in range(first, stop):
        opens, closes = edges[cell // rules.group_count], edges[cell // rules.group_count + 1]
        touched_count = 0
        for i in of_cell[start_of[cell] : start_of[cell + 1]]:
            load = rows.load[i]
            if load < 0:
                counts[cell] = np.nan
                continue
            if state[load, _CELL] < 0:
                state[load, _CELL] = cell
                touched[touched_count] = load
                touched_count += 1
            if not rules.joined or event_of[load] != rows.event[i]:
                event_of[load] = rows.event[i]
                state[load, _EVENT_USERS] = 0.0
            start, end, users = starts[i], ends[i], all_users[i]
            length = lengths[i] if lengths.size else end - start
            counted = users * (shares[i] if shares.size else 1.0)
            us = float(min(end, closes) - max(start, opens))
            _note(state, load, users, counted, us, length, start >= opens, rules.short_us, rules.with_short)
        for load in touched[:touched_count]:
            _count_beyond(state, load, at_least, longer_us, counts)
            _close(state, load, counts, -1)
    return counts


@njit(cache=True, nogil=True)
def _no_counts(rules: Rules) -> Floats:
    cells = (rules.edges.size - 1) * rules.group_count
    return np.zeros((cells, 1 + 2 * (rules.at_least.size + rules.longer_us.size)))


@njit(cache=True, nogil=True)
def _no_state(load_count: int) -> tuple[Floats, Ints]:
    return np.zeros((load_count, _STATE_COUNT)), np.zeros(load_count, np.int64)


@njit(cache=True, nogil=True, inline="always")
def _note(
    state: Floats,
    load: int,
    users: int,
    counted: float,
    us: float,
    length: int,
    begins: bool,
    short_us: int,
    with_short: bool,
) -> None:
    """Enter one row into the state of its load: its users, those newly interrupted, its time within the period."""
    state[load, _EVENT_USERS] += counted
    out = max(state[load, _EVENT_USERS], float(users))
    state[load, _USERS_WITH_SHORT] = max(state[load, _USERS_WITH_SHORT], out)
    if with_short or length > short_us:
        state[load, _USERS] = max(state[load, _USERS], out)
    if begins:
        state[load, _INTERRUPTIONS] += counted
    if length > short_us:
        state[load, _SUSTAINED_US] += users * us
        if begins:
            state[load, _SUSTAINED] += counted
            state[load, _LONGEST_US] = max(state[load, _LONGEST_US], float(length))


@njit(cache=True, nogil=True, inline="always")
def _close(state: Floats, load: int, counts: Floats, cell: int) -> None:
    """Add the distinct users noted of a load to its cell, and begin another."""
    counts[int(state[load, _CELL]), 0] += state[load, _USERS]
    for k in range(_STATE_COUNT):
        state[load, k] = 0.0
    state[load, _CELL] = cell


@njit(cache=True, nogil=True)
def _count_beyond(state: Floats, load: int, at_least: Floats, longer_us: Floats, counts: Floats) -> None:
    """Add the users noted of a load to the thresholds that they reach. Where only part of them was out, their mean
    goes."""
    users = state[load, _USERS_WITH_SHORT]
    if users <= 0:
        return
    cell, n, t = int(state[load, _CELL]), at_least.size, longer_us.size
    for k in range(n):
        # A sum over users divided by users: whole numbers come back within rounding.
        counts[cell, 1 + k] += users * (state[load, _SUSTAINED] / users >= at_least[k] - 1e-9)
        counts[cell, 1 + n + k] += users * (state[load, _INTERRUPTIONS] / users >= at_least[k] - 1e-9)
    for k in range(t):
        counts[cell, 1 + 2 * n + k] += users * (state[load, _SUSTAINED_US] / users >= longer_us[k])
        counts[cell, 1 + 2 * n + t + k] += users * (state[load, _LONGEST_US] >= longer_us[k])


@njit(cache=True, nogil=True)
def rows_by_cell(rows: Rows, rules: Rules) -> tuple[Ints, Positions]:
    """Sort rows into cells: start of each cell, and the rows of all cells, in their order.

    A row lies in every period it touches; rows of group -1 and rows outside all periods lie in none.
    """
    groups, edges = rules.group_count, rules.edges
    periods = edges.size - 1
    start_of = np.zeros(periods * groups + 1, np.int64)
    for i in range(rows.start.size):
        group = rows.group[i] if rows.group.size else 0
        if group >= 0:
            period = _first_period(rows.start[i], rows.end[i], edges, rules.per_us)
            while period < periods:
                start_of[period * groups + group + 1] += 1
                period = period + 1 if rows.end[i] > edges[period + 1] else periods
    for cell in range(start_of.size - 1):
        start_of[cell + 1] += start_of[cell]
    filled = start_of[:-1].copy()
    of_cell = np.empty(start_of[-1], np.int32)
    for i in range(rows.start.size):
        group = rows.group[i] if rows.group.size else 0
        if group >= 0:
            period = _first_period(rows.start[i], rows.end[i], edges, rules.per_us)
            while period < periods:
                cell = period * groups + group
                of_cell[filled[cell]] = i
                filled[cell] += 1
                period = period + 1 if rows.end[i] > edges[period + 1] else periods
    return start_of, of_cell


@njit(cache=True, nogil=True)
def mark_out_twice(order: Ints, event: Ints, load: Positions, start: Ints, end: Ints, marked: Flags) -> None:
    """Mark rows of one load that overlap in different events; ``order`` lists the rows by load and start."""
    last = -1
    for row in order:
        if last >= 0 and load[row] == load[last] and start[row] < end[last]:
            if event[row] != event[last]:
                marked[row] = True
                marked[last] = True
            if end[row] <= end[last]:
                continue
        last = row
