"""The replay of a switching log over a rooted forest that is kept up to date from one operation to the next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from denghuo.engines.topology._kernels import IS_SOURCE, SUPPLIED_BY_NONE, Adjacency

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.int8]

NEVER = np.iinfo(np.int64).min
"""NaT as a bare integer: before the log, or not yet."""

# What an operation can turn out to be; 0 is an ordinary one.
ALREADY_OPEN = 1
ALREADY_CLOSED = 2
CLOSES_LOOP = 3
JOINS_SOURCES = 4

_UNTOUCHED = 0
_WAS_LIVE = 1
_WAS_DEAD = 2


class Network(NamedTuple):
    """The sections and switches, and who counts: sections without loads leave no interval."""

    graph: Adjacency
    a: Ints
    b: Ints
    has_loads: Flags


class State(NamedTuple):
    """What changes: the switches, the forest, since when and by which row a section is dead, and what this instant did.

    ``scratch`` rows: sections walked, sections attached, sections touched in this instant.
    """

    closed: Flags
    parent_switch: Ints
    since: Longs
    opened_by: Ints
    before: Bytes
    last_row: Ints
    scratch: Ints


class Intervals(NamedTuple):
    """Intervals without supply by section, as far as they are filled."""

    section: Ints
    start: Longs
    end: Longs
    opened_by: Ints
    closed_by: Ints


@njit(cache=True)
def _widen(found: Intervals) -> Intervals:
    size = len(found.section)
    extra = np.empty(size, np.int32)
    extra_long = np.empty(size, np.int64)
    return Intervals(
        np.concatenate((found.section, extra)),
        np.concatenate((found.start, extra_long)),
        np.concatenate((found.end, extra_long)),
        np.concatenate((found.opened_by, extra)),
        np.concatenate((found.closed_by, extra)),
    )


@njit(cache=True)
def _touch(state: State, section: int, was: int, row: int, touched: int) -> int:
    if state.before[section] == _UNTOUCHED:
        state.before[section] = was
        state.scratch[2, touched] = section
        touched += 1
    state.last_row[section] = row
    return touched


@njit(cache=True)
def _attach(net: Network, state: State, first: int, switch: int) -> int:
    """Feed ``first`` over ``switch`` and everything dead behind it; they stand in ``scratch[1]``."""
    graph = net.graph
    state.parent_switch[first] = switch
    state.scratch[1, 0] = first
    filled = 1
    done = 0
    while done < filled:
        v = state.scratch[1, done]
        done += 1
        for k in range(graph.start[v], graph.start[v + 1]):
            w = graph.neighbor[k]
            if state.parent_switch[w] == SUPPLIED_BY_NONE and state.closed[graph.edge[k]]:
                state.parent_switch[w] = graph.edge[k]
                state.scratch[1, filled] = w
                filled += 1
    return filled


@njit(cache=True)
def _cut(net: Network, state: State, top: int) -> int:
    """Take ``top`` and everything fed through it off the forest; they stand in ``scratch[0]``."""
    graph = net.graph
    state.parent_switch[top] = SUPPLIED_BY_NONE
    state.scratch[0, 0] = top
    filled = 1
    done = 0
    while done < filled:
        v = state.scratch[0, done]
        done += 1
        for k in range(graph.start[v], graph.start[v + 1]):
            w = graph.neighbor[k]
            if state.parent_switch[w] == graph.edge[k]:
                state.parent_switch[w] = SUPPLIED_BY_NONE
                state.scratch[0, filled] = w
                filled += 1
    return filled


@njit(cache=True)
def _open(net: Network, state: State, switch: int, row: int, touched: int) -> int:
    state.closed[switch] = False
    top = net.a[switch]
    if state.parent_switch[top] != switch:
        top = net.b[switch]
    if state.parent_switch[top] != switch:
        return touched  # nothing was fed through it: dead already, or a link beside the forest
    graph = net.graph
    count = _cut(net, state, top)
    # A closed switch from the cut part to a live section is another way in; sections attached here never went dark.
    for i in range(count):
        v = state.scratch[0, i]
        for k in range(graph.start[v], graph.start[v + 1]):
            if state.parent_switch[v] != SUPPLIED_BY_NONE:
                break
            if state.closed[graph.edge[k]] and state.parent_switch[graph.neighbor[k]] != SUPPLIED_BY_NONE:
                _attach(net, state, v, graph.edge[k])
    for i in range(count):
        v = state.scratch[0, i]
        if state.parent_switch[v] == SUPPLIED_BY_NONE:
            touched = _touch(state, v, _WAS_LIVE, row, touched)
    return touched


@njit(cache=True)
def _root(net: Network, state: State, section: int) -> int:
    while state.parent_switch[section] != IS_SOURCE:
        switch = state.parent_switch[section]
        section = net.b[switch] if net.a[switch] == section else net.a[switch]
    return section


@njit(cache=True)
def _close(net: Network, state: State, switch: int, row: int, touched: int) -> tuple[int, int]:
    """(sections touched so far, what the operation turned out to be)."""
    state.closed[switch] = True
    a = net.a[switch]
    b = net.b[switch]
    live_a = state.parent_switch[a] != SUPPLIED_BY_NONE
    live_b = state.parent_switch[b] != SUPPLIED_BY_NONE
    if live_a and live_b:
        return touched, CLOSES_LOOP if _root(net, state, a) == _root(net, state, b) else JOINS_SOURCES
    if live_a or live_b:
        count = _attach(net, state, b if live_a else a, switch)
        for i in range(count):
            touched = _touch(state, state.scratch[1, i], _WAS_DEAD, row, touched)
    return touched, 0


@njit(cache=True)
def _settle(net: Network, state: State, at: int, touched: int, found: Intervals, filled: int) -> tuple[Intervals, int]:
    """End of an instant: what counts is supply before it against supply after it."""
    for i in range(touched):
        v = state.scratch[2, i]
        live = state.parent_switch[v] != SUPPLIED_BY_NONE
        if state.before[v] == _WAS_LIVE and not live:
            state.since[v] = at
            state.opened_by[v] = state.last_row[v]
        elif state.before[v] == _WAS_DEAD and live and net.has_loads[v]:
            if filled == len(found.section):
                found = _widen(found)
            found.section[filled] = v
            found.start[filled] = state.since[v]
            found.end[filled] = at
            found.opened_by[filled] = state.opened_by[v]
            found.closed_by[filled] = state.last_row[v]
            filled += 1
        state.before[v] = _UNTOUCHED
    return found, filled


@njit(cache=True)
def _still_out(net: Network, state: State, found: Intervals, filled: int) -> tuple[Intervals, int]:
    for v in range(len(state.parent_switch)):
        if state.parent_switch[v] == SUPPLIED_BY_NONE and net.has_loads[v]:
            if filled == len(found.section):
                found = _widen(found)
            found.section[filled] = v
            found.start[filled] = state.since[v]
            found.end[filled] = NEVER
            found.opened_by[filled] = state.opened_by[v]
            found.closed_by[filled] = -1
            filled += 1
    return found, filled


@njit(cache=True)
def replay(
    net: Network, state: State, rows: Ints, switch: Ints, closes: Flags, at: Longs
) -> tuple[Intervals, int, Bytes]:
    """Apply ``rows`` in the order given: (intervals, how many are filled, what each row turned out to be)."""
    room = max(1024, len(rows))
    found = Intervals(
        np.empty(room, np.int32),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
    )
    filled = 0
    touched = 0
    outcome = np.zeros(len(switch), np.int8)
    for place in range(len(rows)):
        row = rows[place]
        if place > 0 and at[row] != at[rows[place - 1]]:
            found, filled = _settle(net, state, at[rows[place - 1]], touched, found, filled)
            touched = 0
        if closes[row] == state.closed[switch[row]]:
            outcome[row] = ALREADY_CLOSED if closes[row] else ALREADY_OPEN
        elif closes[row]:
            touched, outcome[row] = _close(net, state, switch[row], row, touched)
        else:
            touched = _open(net, state, switch[row], row, touched)
    if len(rows) > 0:
        found, filled = _settle(net, state, at[rows[-1]], touched, found, filled)
    found, filled = _still_out(net, state, found, filled)
    return found, filled, outcome


@njit(cache=True)
def spread(section: Ints, start: Ints, load: Ints) -> tuple[Ints, Ints]:
    """Section intervals to load intervals: (load, position of its section interval)."""
    count = 0
    for v in section:
        count += start[v + 1] - start[v]
    loads = np.empty(count, np.int32)
    source = np.empty(count, np.int32)
    filled = 0
    for i in range(len(section)):
        for k in range(start[section[i]], start[section[i] + 1]):
            loads[filled] = load[k]
            source[filled] = i
            filled += 1
    return loads, source
