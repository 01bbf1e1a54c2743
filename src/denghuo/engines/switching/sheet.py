"""From moves on the board to the lines of a switching sheet, and to who is out from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.switching.case import BREAKS_LOAD, MS_PER_H, Case
from denghuo.engines.switching.draft import Draft, Move
from denghuo.engines.switching.terms import Action, IsolationMode, OutageGroup, Outages, Step, Why

__all__ = ["frozen", "groups_of", "isolating_points", "outages_of", "positions", "steps_of"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class _Line:
    """A step before it is numbered; ``mask`` the position of the board after it, ``off`` the sections [section] that
    are switched off at their low-voltage side then."""

    action: Action
    why: Why
    switch: int
    node: int
    start_ms: int
    duration_ms: int
    mask: int
    off: Flags


def steps_of(case: Case, draft: Draft) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps to the work, and those back."""
    board = draft.board
    start = board.mask(case.start)
    off = np.zeros(case.topology.section_count, np.bool_)
    lines = [_Line(Action.TRIP, Why.CLEAR_FAULT, switch, -1, 0, 0, start, off) for switch in case.tripped]
    work = draft.moves[-1].after if draft.moves else start
    points = isolating_points(case, draft)
    reclosed: set[int] = set()
    reasons = []
    for move in reversed(draft.moves):
        reasons.append(_why_there(case, draft, move, reclosed))
        if not move.mask >> move.k & 1:
            reclosed.add(move.k)
    for move, why in zip(draft.moves, reversed(reasons), strict=True):
        lines += _operation(case, draft, move, why, off)
        off = lines[-1].off
    # The paper steps stand where the isolation is complete; what still has to be restored follows.
    at = sum(line.start_ms + line.duration_ms <= draft.isolated_ms for line in lines)
    after = (lines[at - 1].mask, lines[at - 1].off) if at else (start, off)
    # A low-voltage side could feed back, from a neighbor's or from a generator, so it is verified and earthed too.
    points += [
        (-1, line.node)
        for line in lines[:at]
        if line.action is Action.SWITCH_OFF_LV and after[1][case.topology.section_of_node[line.node]]
    ]
    paper = [_Line(action, Why.SAFETY, *point, draft.isolated_ms, 0, *after) for action in _SAFE for point in points]
    lines[at:at] = paper
    back = [_Line(Action.REMOVE_EARTH, Why.SAFETY, *point, draft.return_ms, 0, work, off) for point in points[::-1]]
    for move in draft.return_moves:
        back += _operation(case, draft, move, _why_back(draft, move), off)
        off = back[-1].off
    return _numbered(case, draft, lines, 1), _numbered(case, draft, back, len(lines) + 1)


_SAFE = (Action.VERIFY_DEAD, Action.EARTH)


def isolating_points(case: Case, draft: Draft) -> list[tuple[int, int]]:
    """(switch, its node on the dead side) of every open switch between the dead area around the work and supply."""
    closed, topology = draft.configuration.closed, case.topology
    a, b = case.circuit.ends
    component = case.circuit.joined(closed)
    dead = np.isin(component, component[draft.zone])
    live = case.circuit.supply(closed)[0].supplied
    grid = topology.grid
    points = []
    for switch in np.flatnonzero(~closed & ((dead[a] & live[b]) | (dead[b] & live[a]))).tolist():
        side = grid.branches.from_node if dead[a[switch]] else grid.branches.to_node
        points.append((switch, int(side[grid.switches.branch[switch]])))
    return points


def _operation(case: Case, draft: Draft, move: Move, why: Why, off: Flags) -> list[_Line]:
    """The line of a move; with it, who has to be switched off at the low-voltage side before a fuse opens, and who can
    be switched on again now that the side above has supply."""
    board, loads = draft.board, case.topology.section_load_count
    opens = bool(move.mask >> move.k & 1)
    switch, times = board.switches[move.k], (move.start_ms, move.effect_ms - move.start_ms)
    was, now = (board.live_sections(mask, case.counted) for mask in (move.mask, move.after))
    lines = []
    if opens and not BREAKS_LOAD[case.topology.grid.switches.kind[switch]]:
        dropped = was & ~now & ~off & (loads > 0)
        if dropped.any():
            off = off | dropped
            node = _node_of_user(case, dropped)
            lines.append(_Line(Action.SWITCH_OFF_LV, Why.DROP_LOAD, switch, node, *times, move.mask, off))
    lines.append(_Line(Action.OPEN if opens else Action.CLOSE, why, switch, -1, *times, move.after, off))
    back = off & ~was & now
    if back.any():
        lines.append(
            _Line(Action.SWITCH_ON_LV, why, switch, _node_of_user(case, back), *times, move.after, off & ~back)
        )
    return lines


def _node_of_user(case: Case, sections: Flags) -> int:
    """Where the one user in these sections is: the load that carries it, else the first."""
    loads = np.flatnonzero(sections[case.topology.load_section])
    table = case.topology.grid.loads
    return int(table.node[loads[np.argmax(table.mv_users[loads])]])


def _why_there(case: Case, draft: Draft, move: Move, reclosed: set[int]) -> Why:
    board = draft.board
    a, b = board.ends[move.k]
    if move.mask >> move.k & 1:
        if board.position(move.mask).loops > board.standing_loops:
            return Why.PART_LOOP
        if move.k in reclosed:
            return Why.DROP_LOAD
        return Why.ISOLATE if (board.zone >> a | board.zone >> b) & 1 else Why.SPLIT
    if board.position(move.after).loops > board.standing_loops:
        return Why.MAKE_BEFORE_BREAK
    return Why.RESTORE_UPSTREAM if case.before[board.switches[move.k]] else Why.RESTORE_BY_TIE


def _why_back(draft: Draft, move: Move) -> Why:
    board = draft.board
    here, there = board.position(move.mask), board.position(move.after)
    if move.mask >> move.k & 1:
        if here.loops > board.standing_loops:
            return Why.PART_LOOP
        return Why.DROP_LOAD if here.live & ~there.live else Why.RETURN
    if there.loops > board.standing_loops:
        return Why.MAKE_BEFORE_BREAK
    if there.live & ~here.live & board.target:
        return Why.RE_ENERGIZE
    return Why.RESTORE_UPSTREAM if there.live & ~here.live else Why.RETURN


def _numbered(case: Case, draft: Draft, lines: list[_Line], first: int) -> tuple[Step, ...]:
    topology = case.topology
    steps = []
    for number, line in enumerate(lines, first):
        dead = _dead(case, draft, line.mask) | (line.off & case.counted)
        steps.append(
            Step(
                number=number,
                action=line.action,
                why=line.why,
                switch=line.switch,
                node=line.node,
                start_h=line.start_ms / MS_PER_H,
                duration_h=line.duration_ms / MS_PER_H,
                loads_out=positions(dead[topology.load_section]),
                mv_users_out=int(topology.section_mv_users[dead].sum()),
                lv_customers_out=int(topology.section_lv_customers[dead].sum()),
            )
        )
    return tuple(steps)


def _dead(case: Case, draft: Draft, mask: int) -> Flags:
    """The sections without supply that had it before."""
    return case.counted & ~draft.board.live_sections(mask, case.counted)


def outages_of(case: Case, draft: Draft) -> Outages:
    """Every interval without supply of every load."""
    moves = (*draft.moves, *draft.return_moves)
    events = [(move.effect_ms, move.after) for move in moves]
    if case.mode is IsolationMode.FAULT:
        events.insert(0, (0, draft.board.mask(case.start)))
    since = np.zeros(case.topology.section_count, np.int64)
    out = np.zeros(len(since), np.bool_)
    found: list[tuple[Ints, Longs, int]] = []
    for at, mask in events:
        dead = _dead(case, draft, mask)
        _end(case, found, out & ~dead, since, at)
        since[dead & ~out] = at
        out = dead
    if events:  # a plan may be asked to leave somebody out; it is counted as far as the plan goes
        _end(case, found, out, since, events[-1][0])
    return _columns(found)


def groups_of(case: Case, outages: Outages) -> tuple[OutageGroup, ...]:
    """The loads that go out and come back at the same times, the earliest first."""
    times, group = np.unique(np.stack([outages.start_h, outages.end_h], axis=1), axis=0, return_inverse=True)
    of_group = [outages.load[group.ravel() == number] for number in range(len(times))]
    table = case.topology.grid.loads
    return tuple(
        OutageGroup(
            start_h=float(start),
            end_h=float(end),
            loads=frozen(loads),
            mv_users=int(table.mv_users[loads].sum()),
            lv_customers=int(table.lv_customers[loads].sum()),
        )
        for (start, end), loads in zip(times.tolist(), of_group, strict=True)
    )


def _end(case: Case, found: list[tuple[Ints, Longs, int]], back: Flags, since: Longs, at: int) -> None:
    loads = positions(back[case.topology.load_section])
    found.append((loads, since[case.topology.load_section[loads]], at))


def _columns(found: list[tuple[Ints, Longs, int]]) -> Outages:
    found = [(loads, since, at) for loads, since, at in found if len(loads)]
    if not found:
        found = [(positions(np.zeros(0, np.bool_)), np.zeros(0, np.int64), 0)]
    loads = np.concatenate([loads for loads, _, _ in found])
    start = np.concatenate([since for _, since, _ in found])
    end = np.concatenate([np.full(len(loads), at) for loads, _, at in found])
    order = np.lexsort((start, loads))
    return Outages(
        load=frozen(loads[order]), start_h=frozen(start[order] / MS_PER_H), end_h=frozen(end[order] / MS_PER_H)
    )


def positions(flags: Flags) -> Ints:
    """Where the flags are set, read-only."""
    found: Ints = frozen(np.flatnonzero(flags).astype(np.int32))
    return found


def frozen(array: Any) -> Any:
    """The array, read-only."""
    array.setflags(write=False)
    return array
