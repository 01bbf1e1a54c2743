"""Replay of a switching log: for every load the exact intervals without supply, each tied to its event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.topology import _kernels, _replay_kernels
from denghuo.engines.topology.index import Topology, normal_state, require_state
from denghuo.engines.topology.trace import energized_sections

__all__ = [
    "CorrectedLog",
    "Interruptions",
    "Replay",
    "ReplayCode",
    "ReplayFinding",
    "SwitchingLog",
    "corrected_log",
    "replay",
    "state_before",
]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
Instants = NDArray[np.datetime64]


class ReplayCode(StrEnum):
    """What there is to say about a row of a switching log, or (row -1) about the state it starts from."""

    UNKNOWN_DEVICE = "unknown_device"
    NO_TIME = "no_time"
    AFTER_END = "after_end"
    ALREADY_OPEN = "already_open"
    ALREADY_CLOSED = "already_closed"
    BEGINS_MIDWAY = "begins_midway"
    STARTS_UNSUPPLIED = "starts_unsupplied"
    CLOSES_LOOP = "closes_loop"
    JOINS_SOURCES = "joins_sources"
    SAME_INSTANT = "same_instant"
    NO_EVENT = "no_event"
    UNKNOWN_ROW = "unknown_row"
    CORRECTED_TWICE = "corrected_twice"


@dataclass(frozen=True, kw_only=True)
class ReplayFinding:
    """One thing to know about the log: which code, at which row (position in the log; -1 before its first row)."""

    code: ReplayCode
    row: int


@dataclass(frozen=True, kw_only=True, eq=False)
class SwitchingLog:
    """Operations as columns, in any order.

    ``switch`` position of the device, -1 unknown; ``closes`` whether it closes (else it opens); ``at`` instant, UTC, to
    the microsecond; ``event`` number of the outage event the operation belongs to, -1 none; ``id`` number of the row,
    by which operations of the same instant are ordered and corrections name what they correct.
    """

    switch: Ints
    closes: Flags
    at: Instants
    event: Longs
    id: Longs

    def __post_init__(self) -> None:
        """Settle the types of the columns.

        Raises:
            ValueError: columns of different lengths.
        """
        types = {"switch": "i4", "closes": "?", "at": "M8[us]", "event": "i8", "id": "i8"}
        for name, dtype in types.items():
            column = np.array(getattr(self, name), dtype=dtype)
            column.setflags(write=False)
            object.__setattr__(self, name, column)
        lengths = {name: len(getattr(self, name)) for name in types}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns of a switching log differ in length: {lengths}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Interruptions:
    """Intervals without supply, ordered by start.

    ``load`` position; ``event`` -1 none; half-open ``start`` (NaT: before the log) to ``end`` (NaT: not yet);
    ``opened_by`` and ``closed_by`` the rows of the log that took supply away and gave it back, -1 none.
    """

    load: Ints
    event: Longs
    start: Instants
    end: Instants
    opened_by: Ints
    closed_by: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """``interruptions``; ``findings`` about the log; ``closed`` [switch] the state after its last operation."""

    interruptions: Interruptions
    findings: list[ReplayFinding]
    closed: Flags


@dataclass(frozen=True, kw_only=True, eq=False)
class CorrectedLog:
    """``log`` the rows that stand; ``row`` their positions in the log that was corrected; ``findings`` by its rows."""

    log: SwitchingLog
    row: Ints
    findings: list[ReplayFinding]


def replay(topology: Topology, log: SwitchingLog, *, initial_closed: Flags | None = None, until: Any = None) -> Replay:
    """Replay ``log`` from ``initial_closed`` [switch] (the normal state if not given) up to, not including, ``until``.

    Rows are applied by instant, then id. Operations of one instant count by their net effect. An interval belongs to
    the event of the row that took supply away, for as long as supply stays away; one that began before the log belongs
    to the event of the row that ended it. Rows that cannot be applied change nothing and are findings; nothing raises
    because of what a log says. ``docs/engines/topology.md`` defines every case.

    Each operation costs the sections it darkens or lights, not the network; closing a loop also the way to its source.

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> from denghuo.engines.topology import compile_topology
        >>> topology = compile_topology(build_grid(
        ...     nodes={"id": ["bus", "a", "b"]},
        ...     branches={"id": ["QF1", "QS1"], "from_node": [0, 1], "to_node": [1, 2], "kind": [3, 3]},
        ...     switches={"branch": [0, 1]},
        ...     loads={"id": ["T1", "T2"], "node": [1, 2]},
        ...     sources={"id": ["S"], "node": [0]},
        ... ))
        >>> log = SwitchingLog(
        ...     switch=[0, 1, 0],
        ...     closes=[False, False, True],
        ...     at=["2025-07-01T08:00", "2025-07-01T08:30", "2025-07-01T09:00"],
        ...     event=[7, 7, 7],
        ...     id=[1, 2, 3],
        ... )
        >>> found = replay(topology, log).interruptions
        >>> found.load.tolist(), found.event.tolist(), (found.end - found.start).astype("m8[m]").tolist()[:1]
        ([0, 1], [7, 7], [datetime.timedelta(seconds=3600)])
        >>> bool(np.isnat(found.end[1]))
        True
    """
    closed = normal_state(topology) if initial_closed is None else require_state(topology, initial_closed)
    rows, findings = _applicable(topology, log, until)
    findings += _contradictions(topology, log, rows)
    findings += _shared_instants(log, rows)
    state = _start(topology, closed)
    dark = (state.parent_switch == _kernels.SUPPLIED_BY_NONE) & (topology.section_load_count > 0)
    if dark.any():
        findings.append(ReplayFinding(code=ReplayCode.STARTS_UNSUPPLIED, row=-1))
    ends = (topology.switch_from_section, topology.switch_to_section)
    net = _replay_kernels.Network(topology.adjacency, *ends, topology.section_load_count > 0)
    found, filled, outcome = _replay_kernels.replay(net, state, rows, log.switch, log.closes, log.at.view(np.int64))
    interruptions = _interruptions(topology, log, found, filled)
    for row in rows[outcome[rows] > 0].tolist():
        findings.append(ReplayFinding(code=_OUTCOMES[int(outcome[row])], row=row))
    nameless = interruptions.opened_by[(interruptions.event < 0) & (interruptions.opened_by >= 0)]
    findings += [ReplayFinding(code=ReplayCode.NO_EVENT, row=row) for row in np.unique(nameless).tolist()]
    place = np.full(len(log.id) + 1, -1)
    place[np.lexsort((log.id, log.at))] = np.arange(len(log.id))
    findings.sort(key=lambda finding: place[finding.row])
    return Replay(interruptions=interruptions, findings=findings, closed=state.closed)


def state_before(topology: Topology, log: SwitchingLog) -> Flags:
    """The state in which ``log`` must have begun [switch]: the normal one, except that a device whose first operation
    is to close was open, and a tie whose first operation is to open was closed if something was fed over it.

    Pass it to :func:`replay` as ``initial_closed`` when the log begins in the middle of an outage and its first rows
    are trusted; the outage then shows as intervals that start before the log. A tie that would only have closed a loop
    is left open: the row that opens it repeats what was so, and must not hide who goes dark before it.
    """
    closed = normal_state(topology)
    rows, _ = _applicable(topology, log, None)
    first = rows[_first_of_each(log.switch[rows])]
    closed[log.switch[first[log.closes[first]]]] = False
    dark = ~energized_sections(topology, closed=closed)
    with_ties = closed.copy()
    with_ties[log.switch[first[~log.closes[first]]]] = True
    feeding = topology.tree(closed=with_ties).parent_switch[dark]
    closed[feeding[feeding >= 0]] = True
    return closed


def corrected_log(log: SwitchingLog, *, corrects: Longs, cancels: Flags) -> CorrectedLog:
    """The rows that stand after corrections, to be replayed in place of ``log``.

    ``corrects`` [row] is the id of the earlier row that this row takes the place of, -1 none. ``cancels`` [row] says
    that it only strikes that row out and is no operation itself. A row stands if it is no cancellation and no later row
    corrects it; a chain of corrections ends at its last row, and canceling a correction does not revive what that had
    replaced. A correction of a row that is not in the log or not earlier (by id) is a finding: a replacement then
    stands as an operation of its own, a cancellation has no effect. Where two rows correct the same row, the later one
    holds and the earlier is a finding.

    Example:
        >>> log = SwitchingLog(
        ...     switch=[0, 0, 0],
        ...     closes=[False, True, True],
        ...     at=["2025-07-01T08:00", "2025-07-01T09:00", "2025-07-01T09:30"],
        ...     event=[7, 7, 7],
        ...     id=[1, 2, 3],
        ... )
        >>> corrected_log(log, corrects=[-1, -1, 2], cancels=[False, False, False]).row.tolist()
        [0, 2]
    """
    names = np.asarray(corrects, dtype=np.int64)
    strikes = np.asarray(cancels, dtype=np.bool_)
    if not len(names) == len(strikes) == len(log.id):
        raise ValueError(f"corrects ({len(names)}) and cancels ({len(strikes)}) need {len(log.id)} rows")
    corrector = names != -1
    valid = corrector & np.isin(names, log.id) & (names < log.id)
    findings = [
        ReplayFinding(code=ReplayCode.UNKNOWN_ROW, row=row)
        for row in np.flatnonzero((corrector | strikes) & ~valid).tolist()
    ]
    last: dict[int, int] = {}
    standing = ~strikes & ~np.isin(log.id, names[valid])
    for row in np.flatnonzero(valid)[np.argsort(log.id[valid], kind="stable")].tolist():
        earlier = last.get(int(names[row]))
        if earlier is not None:
            standing[earlier] = False
            findings.append(ReplayFinding(code=ReplayCode.CORRECTED_TWICE, row=earlier))
        last[int(names[row])] = row
    kept = np.flatnonzero(standing).astype(np.int32)
    columns = {name: getattr(log, name)[kept] for name in ("switch", "closes", "at", "event", "id")}
    return CorrectedLog(log=replace(log, **columns), row=kept, findings=findings)


_OUTCOMES = {
    _replay_kernels.ALREADY_OPEN: ReplayCode.ALREADY_OPEN,
    _replay_kernels.ALREADY_CLOSED: ReplayCode.ALREADY_CLOSED,
    _replay_kernels.CLOSES_LOOP: ReplayCode.CLOSES_LOOP,
    _replay_kernels.JOINS_SOURCES: ReplayCode.JOINS_SOURCES,
}


def _applicable(topology: Topology, log: SwitchingLog, until: Any) -> tuple[Ints, list[ReplayFinding]]:
    """The rows that can be applied, in the order they happened, and why the others cannot."""
    unknown = (log.switch < 0) | (log.switch >= len(topology.switch_from_section))
    timeless = np.isnat(log.at)
    late = np.zeros(len(log.at), dtype=np.bool_) if until is None else log.at >= np.datetime64(until, "us")
    reasons = (
        (ReplayCode.UNKNOWN_DEVICE, unknown),
        (ReplayCode.NO_TIME, timeless),
        (ReplayCode.AFTER_END, late),
    )
    findings = [ReplayFinding(code=code, row=row) for code, rows in reasons for row in np.flatnonzero(rows).tolist()]
    order = np.lexsort((log.id, log.at))
    return order[~(unknown | timeless | late)[order]].astype(np.int32), findings


def _first_of_each(switch: Ints) -> Any:
    _, first = np.unique(switch, return_index=True)
    return first


def _contradictions(topology: Topology, log: SwitchingLog, rows: Ints) -> list[ReplayFinding]:
    """First operations that would put their device where it normally is: it moved before the log began, or not at all.

    The state the replay starts from may already say so; that it is not the normal one remains worth knowing.
    """
    first = rows[_first_of_each(log.switch[rows])]
    odd = first[normal_state(topology)[log.switch[first]] == log.closes[first]]
    return [ReplayFinding(code=ReplayCode.BEGINS_MIDWAY, row=row) for row in odd.tolist()]


def _shared_instants(log: SwitchingLog, rows: Ints) -> list[ReplayFinding]:
    """Rows of another event than the first row of their instant."""
    _, first, instant = np.unique(log.at[rows], return_index=True, return_inverse=True)
    other = log.event[rows] != log.event[rows[first[instant]]]
    return [ReplayFinding(code=ReplayCode.SAME_INSTANT, row=row) for row in rows[other].tolist()]


def _start(topology: Topology, closed: Flags) -> _replay_kernels.State:
    count = topology.section_count
    _, parent_switch, _ = _kernels.grow(topology.adjacency, topology.source_section, closed)
    return _replay_kernels.State(
        closed=closed,
        parent_switch=parent_switch,
        since=np.full(count, _replay_kernels.NEVER, dtype=np.int64),
        opened_by=np.full(count, -1, dtype=np.int32),
        before=np.zeros(count, dtype=np.int8),
        last_row=np.full(count, -1, dtype=np.int32),
        scratch=np.empty((3, count), dtype=np.int32),
    )


def _interruptions(
    topology: Topology, log: SwitchingLog, found: _replay_kernels.Intervals, filled: int
) -> Interruptions:
    """From the filled section intervals to those of their loads, ordered by start."""
    order = np.lexsort((found.section[:filled], found.start[:filled]))
    load, row = _replay_kernels.spread(found.section[order], *topology.loads_by_section)
    source = order[row]
    opened_by, closed_by = found.opened_by[:filled], found.closed_by[:filled]
    naming = np.where(opened_by >= 0, opened_by, closed_by)
    event = np.full(len(naming), -1, dtype=np.int64)
    event[naming >= 0] = log.event[naming[naming >= 0]]
    columns: dict[str, Any] = {
        "load": load,
        "event": event[source],
        "start": found.start.view("M8[us]")[source],
        "end": found.end.view("M8[us]")[source],
        "opened_by": opened_by[source],
        "closed_by": closed_by[source],
    }
    for column in columns.values():
        column.setflags(write=False)
    return Interruptions(**columns)
