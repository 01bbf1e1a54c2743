"""Candidate plans, each timed and priced; the cheapest is taken.

The state that interrupts the fewest is not always the cheapest to reach: to open a disconnector under load, everybody
behind the next load-breaking device goes out for a while; a remote switch farther up is open at once. So the dead
zone is also tried larger, switch by switch towards the source, and fewer areas are tried to be restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.switching import _order_kernels as kernels
from denghuo.engines.switching._order_kernels import Quest
from denghuo.engines.switching.case import BREAKS_LOAD, Case, climb
from denghuo.engines.switching.configuration import Configuration, Restoration, Task
from denghuo.engines.switching.sequence import Board, compile_board, find_sequence
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
    for zone in _zones(case):
        for configuration in _configurations(case, zone):
            lost_ms = (int(case.weight.sum()) - configuration.weight) * case.duration_ms
            if configuration.proven and zone is case.target:
                most = configuration.weight
            if best is None or lost_ms < best.price[0]:
                draft = _draft(case, zone, configuration)
                if draft is not None and (best is None or draft.price < best.price):
                    best = draft
            if best is not None and lost_ms >= best.price[0]:
                break  # nor would fewer operations leave fewer out
        if best is not None and configuration.proven and lost_ms >= best.price[0]:
            break  # nor would any other candidate
    if best is None:
        raise SwitchingError((SwitchingProblem(code=ProblemCode.NO_SEQUENCE, ids=_names(case)),))
    return best, best.configuration.weight == most


def _configurations(case: Case, zone: Flags) -> Iterator[Configuration]:
    """States with the zone dead. What a few operations restore comes back sooner, so fewer are tried too, down to
    none."""
    restoration = Restoration(case.circuit, _task(case, zone))
    configuration = restoration.best()
    yield configuration
    most = configuration.restoring
    while most > 0:
        most = 1 << (most - 1).bit_length() >> 1  # the next power of two below
        yield restoration.best(most)


def _names(case: Case) -> tuple[str, ...]:
    nodes = case.topology.grid.nodes.id[case.target[case.topology.section_of_node]]
    return tuple(nodes.tolist())


def _zones(case: Case) -> Iterator[Flags]:
    """The target, then ever more of what lies between it and its sources.

    A larger zone can only be cheaper if the switch that feeds it is quicker than every one below that breaks load, or
    if none below does. A device that has tripped is open already.
    """
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
        if (case.opens_loaded[feeding] | ~closed).all():
            quickest_ms = min(quickest_ms, slowest_ms)
        zone = zone.copy()
        zone[upstream[edge]] = True


def _task(case: Case, zone: Flags) -> Task:
    healthy = case.counted & ~zone
    a, b = case.circuit.ends
    return Task(
        present=case.before,
        movable=healthy[a] & healthy[b] & (a != b),
        weight=case.weight * healthy,
        operating_ms=case.operating_ms,
        search_limit=case.rules.search_limit,
    )


def _draft(case: Case, zone: Flags, configuration: Configuration) -> Draft | None:
    for thorough in (False, True):
        board = _board(case, zone, configuration.closed, thorough)
        start, work, after = (board.mask(closed) for closed in (case.start, configuration.closed, case.after))
        board.allow_loops(max(board.position(start).loops, board.position(after).loops))
        there = find_sequence(board, board.flags(start), _ahead(case, board, start, work))
        if there is None:
            continue
        work = reduce(lambda mask, k: mask ^ 1 << k, there, start)  # inside the zone it may stand another way
        back = find_sequence(board, board.flags(work), _behind(case, board, work, after))
        if back is not None:
            arrived = replace(configuration, closed=board.closed(work, configuration.closed))
            return _timed(case, zone, arrived, board, (start, there), (work, back))
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
        switches=np.array(sorted(switches), np.int32),
        target=case.target,
        zone=zone,
        weight=case.weight,
        operating_ms=case.operating_ms,
        make_before_break=case.rules.make_before_break,
    )


def _helpers(case: Case, closed: Flags, switches: set[int], thorough: bool) -> set[int]:
    """The load-breaking devices upstream of those that may not be moved under load: the nearest, or all."""
    breaks_load = BREAKS_LOAD[case.topology.grid.switches.kind]
    moves = breaks_load if thorough else case.opens_loaded
    weak = [switch for switch in switches if not moves[switch]]
    helpers: set[int] = set()
    for tree in (case.tree, case.topology.tree(closed=closed)) if weak else ():
        for section in {int(ends[switch]) for switch in weak for ends in case.circuit.ends}:
            above = [switch for switch, _ in climb(tree, section) if breaks_load[switch]]
            helpers.update(above if thorough else above[:1])
    return helpers


def _ahead(case: Case, board: Board, start: int, work: int) -> Quest:
    """The way to the work. What the finished isolation leaves out anyway costs nothing from when it runs: planned, from
    the beginning of the outage; after a fault, from when the repair may begin."""
    planned = case.mode is IsolationMode.PLANNED
    a, b = (np.array([bool(board.zone >> ends[n] & 1) for ends in board.ends], np.bool_) for n in range(2))
    return Quest(
        goal=board.flags(work),
        runs=kernels.WHILE_DEAD if planned else kernels.ONCE_ISOLATED,
        whole=board.live_blocks(start),
        boundary=(a != b) & ~board.flags(work),
        comes_back=board.live_blocks(work),
        unavoidable=_weight_out(board, work),
        leaves=True,
        inside=a & b,
    )


def _behind(case: Case, board: Board, work: int, after: int) -> Quest:
    """The way back: a planned outage ends at its time, so what is out until then anyway costs nothing; a fault ends
    when it ends."""
    planned = case.mode is IsolationMode.PLANNED
    in_the_end = board.live_blocks(after)
    return Quest(
        goal=board.flags(after),
        runs=kernels.WHILE_DEAD if planned else kernels.NEVER,
        whole=in_the_end,
        boundary=np.zeros(len(board.switches), np.bool_),
        comes_back=in_the_end & board.live_blocks(work) if planned else in_the_end,
        unavoidable=_weight_out(board, work),
        leaves=False,
        inside=np.zeros(len(board.switches), np.bool_),
    )


def _weight_out(board: Board, mask: int) -> int:
    return int(board.table.weight[~board.live_blocks(mask)].sum())


def _timed(
    case: Case,
    zone: Flags,
    configuration: Configuration,
    board: Board,
    there: tuple[int, list[int]],
    back: tuple[int, list[int]],
) -> Draft:
    planned = case.mode is IsolationMode.PLANNED
    moves = _moves(board, *there, 0)
    if planned:
        moves = _moves(board, *there, -_first_change(board, moves, board.position(there[0]).live))
    isolated = 0
    if not _is_isolated(board, there[0], back[0]):
        isolated = next(move.effect_ms for move in moves if _is_isolated(board, move.after, back[0]))
    return_ms = max(isolated, moves[-1].effect_ms if moves else 0)
    return_moves = _moves(board, *back, 0)
    if planned:
        in_the_end = board.position(board.mask(case.after)).live
        return_ms = max(case.duration_ms - _first_equal(board, return_moves, in_the_end), return_ms)
    else:
        return_ms = max(isolated + case.duration_ms, return_ms)
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


def _first_change(board: Board, moves: tuple[Move, ...], live: int) -> int:
    """When the supply of the target is first another than in ``live``, 0 if never [ms]."""
    changes = (m.effect_ms for m in moves if (board.position(m.after).live ^ live) & board.target)
    return next(changes, 0)


def _first_equal(board: Board, moves: tuple[Move, ...], live: int) -> int:
    """When the supply of the target is first as in ``live``, 0 if never [ms]."""
    equals = (m.effect_ms for m in moves if not (board.position(m.after).live ^ live) & board.target)
    return next(equals, 0)


def _is_isolated(board: Board, mask: int, work: int) -> bool:
    """Whether the target is dead and the zone cut off on every side as in the position for the work."""
    open_for_work = (k for k in range(len(board.ends)) if mask >> k & 1 and not work >> k & 1)
    edge = any((board.zone >> a ^ board.zone >> b) & 1 for a, b in (board.ends[k] for k in open_for_work))
    return not edge and not board.position(mask).live & board.target


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
