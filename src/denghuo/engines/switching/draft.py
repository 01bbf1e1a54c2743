"""Candidate plans, each timed and priced; the cheapest is taken.

The state that interrupts the fewest is not always the cheapest to reach: to open a disconnector under load, everybody
behind the next load-breaking device goes out for a while; a remote switch farther up is open at once. So the dead
zone is also tried larger, switch by switch towards the source, and fewer areas are tried to be restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.switching.case import BREAKS_LOAD, Case, climb
from denghuo.engines.switching.configuration import Configuration, Task, best_configuration
from denghuo.engines.switching.sequence import Board, compile_board, find_sequence, recovery_ms
from denghuo.engines.switching.terms import IsolationMode, ProblemCode, SwitchingError, SwitchingProblem

__all__ = ["Draft", "Move", "best_draft"]

Flags = NDArray[np.bool_]

_SMALL: Final = 8  # switches up to which every order of all of them is looked at


@dataclass(frozen=True, kw_only=True)
class Move:
    """One operation of the switch ``k`` on the board: when it starts and takes effect [ms], the positions around it."""

    k: int
    start_ms: int
    effect_ms: int
    mask: int
    after: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Draft:
    """A candidate plan: the dead ``zone``, the operations there and back, and its times [ms]."""

    zone: Flags
    configuration: Configuration
    board: Board
    moves: tuple[Move, ...]
    return_moves: tuple[Move, ...]
    isolated_ms: int
    return_ms: int
    price: tuple[int, int, int]
    """Weight x ms, operations, operating time."""


def best_draft(case: Case) -> tuple[Draft, bool]:
    """The cheapest of the candidates by customer-hours, then operations, then time; and whether it is proven that no
    state that isolates the target leaves fewer out during the work."""
    best: Draft | None = None
    most: int | None = None  # what can be supplied at all with the target dead, once proven
    for zone, configuration in _candidates(case):
        lost_ms = (int(case.weight.sum()) - configuration.weight) * case.duration_ms
        if configuration.proven and zone is case.target:
            most = configuration.weight
        if best is None or lost_ms < best.price[0]:
            draft = _draft(case, zone, configuration)
            if draft is not None and (best is None or draft.price < best.price):
                best = draft
        if best is not None and configuration.proven and lost_ms >= best.price[0]:
            break  # no other candidate leaves fewer out
    if best is None:
        raise SwitchingError((SwitchingProblem(code=ProblemCode.NO_SEQUENCE, ids=_names(case)),))
    return best, best.configuration.weight == most


def _candidates(case: Case) -> Iterator[tuple[Flags, Configuration]]:
    """Zones and states. What a few operations restore comes back sooner, so fewer are tried too, down to none."""
    for zone in _zones(case):
        configuration = best_configuration(case.circuit, _task(case, zone, None))
        yield zone, configuration
        most = configuration.restoring
        while most > 0:
            most //= 2
            yield zone, best_configuration(case.circuit, _task(case, zone, most))


def _names(case: Case) -> tuple[str, ...]:
    nodes = case.topology.grid.nodes.id[case.target[case.topology.section_of_node]]
    return tuple(nodes.tolist())


def _zones(case: Case) -> Iterator[Flags]:
    """The target, then ever more of what lies between it and its sources.

    A larger zone can only be cheaper if the switch that feeds it is quicker than every one below that breaks load, or
    if none below does. A device that has tripped is open already.
    """
    breaks_load = BREAKS_LOAD[case.topology.grid.switches.kind]
    zone, quickest_ms = case.target, inf
    while not zone[case.topology.source_section].any():
        sections = np.flatnonzero(zone)
        upstream = case.tree.parent_section[sections]
        edge = (upstream >= 0) & ~zone[upstream]
        feeding = case.tree.parent_switch[sections[edge]]
        closed = case.start[feeding]
        slowest_ms = int((case.operating_ms[feeding] * closed).max(initial=0))
        if slowest_ms < quickest_ms:
            yield zone
        if not edge.any():
            return
        if (breaks_load[feeding] | ~closed).all():
            quickest_ms = min(quickest_ms, slowest_ms)
        zone = zone.copy()
        zone[upstream[edge]] = True


def _task(case: Case, zone: Flags, most_operations: int | None) -> Task:
    healthy = case.counted & ~zone
    a, b = case.circuit.ends
    task = Task(
        present=case.before,
        movable=healthy[a] & healthy[b] & (a != b),
        weight=case.weight * healthy,
        operating_ms=case.operating_ms,
        search_limit=case.rules.search_limit,
    )
    return task if most_operations is None else replace(task, most_operations=most_operations)


def _draft(case: Case, zone: Flags, configuration: Configuration) -> Draft | None:
    for thorough in (False, True):
        board = _board(case, zone, configuration.closed, thorough)
        start, work, after = (board.mask(closed) for closed in (case.start, configuration.closed, case.after))
        board.standing_loops = max(board.position(start).loops, board.position(after).loops)
        there = find_sequence(board, start, work, _There(case, board, start, work), may_energize_target=False)
        back = find_sequence(board, work, after, _Back(case, board, work, after), may_energize_target=True)
        if there is not None and back is not None:
            return _timed(case, zone, configuration, board, (start, there), (work, back))
    return None


def _board(case: Case, zone: Flags, closed: Flags, thorough: bool) -> Board:
    """The switches that change at any time, and those that break the load for the ones that cannot."""
    changed = (case.start != closed) | (case.after != closed) | (case.start != case.before)
    a, b = case.circuit.ends
    everywhere = np.flatnonzero(case.counted[a] & case.counted[b] & (a != b))
    switches = set(np.flatnonzero(changed).tolist())
    if len(everywhere) <= _SMALL:
        switches.update(everywhere.tolist())
    else:
        switches |= _helpers(case, closed, switches, thorough)
    return compile_board(
        case.circuit,
        closed=closed,
        switches=sorted(switches),
        target=case.target,
        zone=zone,
        weight=case.weight,
        operating_ms=case.operating_ms,
        make_before_break=case.rules.make_before_break,
    )


def _helpers(case: Case, closed: Flags, switches: set[int], thorough: bool) -> set[int]:
    """The load-breaking devices upstream of those that may not be moved under load: the nearest, or all."""
    breaks_load = BREAKS_LOAD[case.topology.grid.switches.kind]
    weak = [switch for switch in switches if not breaks_load[switch]]
    helpers: set[int] = set()
    for tree in (case.tree, case.topology.tree(closed=closed)) if weak else ():
        for section in {int(ends[switch]) for switch in weak for ends in case.circuit.ends}:
            above = [switch for switch, _ in climb(tree, section) if breaks_load[switch]]
            helpers.update(above if thorough else above[:1])
    return helpers


class _There:
    """Cost of the way to the work. What the finished isolation leaves out anyway costs nothing from when it runs:
    planned, from the beginning of the outage; after a fault, from when the repair may begin."""

    def __init__(self, case: Case, board: Board, start: int, work: int) -> None:
        self.board = board
        self.planned = case.mode is IsolationMode.PLANNED
        self.target_live = board.position(start).live & board.target
        self.unavoidable = board.position(work).weight_out
        self.comes_back = board.position(work).live
        self.boundary = [
            k for k, (a, b) in enumerate(board.ends) if not work >> k & 1 and (board.zone >> a ^ board.zone >> b) & 1
        ]

    def running(self, mask: int) -> bool:
        """Whether the time that is fixed beforehand runs."""
        if self.planned:
            return self.board.position(mask).live & self.board.target != self.target_live
        return self.isolated(mask)

    def isolated(self, mask: int) -> bool:
        """Whether the target is dead and the zone cut off on every side."""
        return not self._joining_ms(mask) and not self.board.position(mask).live & self.board.target

    def standing(self, mask: int, ms: int) -> int:
        """See :class:`~denghuo.engines.switching.sequence.Cost`."""
        out = self.board.position(mask).weight_out
        return ms * (max(0, out - self.unavoidable) if self.running(mask) else out)

    def at_least(self, mask: int) -> int:
        """See :class:`~denghuo.engines.switching.sequence.Cost`."""
        spare = not self.board.position(mask).live & self.board.target
        waiting = _waiting(self.board, mask, self.comes_back, spare_target=spare)
        return waiting if self.planned else waiting + self.unavoidable * self._joining_ms(mask)

    def _joining_ms(self, mask: int) -> int:
        return sum(self.board.operating_ms[k] for k in self.boundary if mask >> k & 1)


class _Back:
    """Cost of the way back: a planned outage ends at its time, so what is out until then anyway costs nothing; a fault
    ends when it ends."""

    def __init__(self, case: Case, board: Board, work: int, after: int) -> None:
        self.board = board
        self.planned = case.mode is IsolationMode.PLANNED
        self.target_live = board.position(after).live & board.target
        self.unavoidable = board.position(work).weight_out
        self.comes_back = board.position(after).live & (board.position(work).live if self.planned else -1)

    def running(self, mask: int) -> bool:
        """Whether a part of the target is still to come back."""
        return self.board.position(mask).live & self.board.target != self.target_live

    def standing(self, mask: int, ms: int) -> int:
        """See :class:`~denghuo.engines.switching.sequence.Cost`."""
        out = self.board.position(mask).weight_out
        return ms * (max(0, out - self.unavoidable) if self.planned and self.running(mask) else out)

    def at_least(self, mask: int) -> int:
        """See :class:`~denghuo.engines.switching.sequence.Cost`."""
        return _waiting(self.board, mask, self.comes_back, spare_target=False)


def _waiting(board: Board, mask: int, comes_back: int, *, spare_target: bool) -> int:
    """What the blocks cost that are out now and come back, even if each came back as soon as it can [weight x ms]."""
    dead = comes_back & ~board.position(mask).live
    if not dead:
        return 0
    until = recovery_ms(board, mask, spare_target=spare_target)
    # A block without a way is one that only the target leads to: it can wait no time at all for sure.
    return sum(board.weight[block] * int(ms) for block, ms in enumerate(until) if dead >> block & 1 and ms < inf)


def _timed(
    case: Case,
    zone: Flags,
    configuration: Configuration,
    board: Board,
    there: tuple[int, list[int]],
    back: tuple[int, list[int]],
) -> Draft:
    ahead = _There(case, board, there[0], back[0])
    moves = _moves(board, *there, 0)
    if case.mode is IsolationMode.PLANNED:
        begins = next((move.effect_ms for move in moves if ahead.running(move.after)), 0)
        moves = _moves(board, *there, -begins)
    isolated = 0 if ahead.isolated(there[0]) else next(move.effect_ms for move in moves if ahead.isolated(move.after))
    done = max(isolated, moves[-1].effect_ms if moves else 0)
    return_ms = max(isolated + case.duration_ms, done)
    if case.mode is IsolationMode.PLANNED:
        behind = _Back(case, board, back[0], _last(back))
        lead = next((move.effect_ms for move in _moves(board, *back, 0) if not behind.running(move.after)), 0)
        return_ms = max(case.duration_ms - lead, done)
    return_moves = _moves(board, *back, return_ms)
    weight_ms = _weight_ms(board, there[0], (*moves, *return_moves), case.mode)
    operating_ms = sum(move.effect_ms - move.start_ms for move in (*moves, *return_moves))
    return Draft(
        zone=zone,
        configuration=configuration,
        board=board,
        moves=moves,
        return_moves=return_moves,
        isolated_ms=isolated,
        return_ms=return_ms,
        price=(weight_ms, len(moves) + len(return_moves), operating_ms),
    )


def _last(path: tuple[int, list[int]]) -> int:
    mask = path[0]
    for k in path[1]:
        mask ^= 1 << k
    return mask


def _moves(board: Board, mask: int, path: list[int], at_ms: int) -> tuple[Move, ...]:
    """One operation after the other from ``at_ms`` on."""
    moves = []
    for k in path:
        effect, after = at_ms + board.operating_ms[k], mask ^ 1 << k
        moves.append(Move(k=k, start_ms=at_ms, effect_ms=effect, mask=mask, after=after))
        at_ms, mask = effect, after
    return tuple(moves)


def _weight_ms(board: Board, start: int, moves: tuple[Move, ...], mode: IsolationMode) -> int:
    events = [(move.effect_ms, move.after) for move in moves]
    if mode is IsolationMode.FAULT:
        events.insert(0, (0, start))
    return sum((later - now) * board.position(mask).weight_out for (now, mask), (later, _) in pairwise(events))
