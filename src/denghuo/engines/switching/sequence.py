"""In which order: the cheapest path from one switching state to another that every device may walk.

A *board* is the network as far as some switches matter: the rest is contracted into blocks. A position on it is a bit
mask (bit set: closed). Moves are single operations; the path is found by A* with the cost of customer-hours first,
then operations, then time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import SwitchKind
from denghuo.engines.switching.circuit import Circuit

__all__ = ["Board", "Cost", "Position", "compile_board", "find_sequence", "recovery_ms"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

_THOROUGH: Final = 500  # positions expanded in order of cost; after that the nearest to the goal goes first
_HOPELESS: Final = 20000


class Position(NamedTuple):
    """One switching state: bit sets of the blocks with supply and of the switches that carry current, the weight that
    is out, and how many loops stand closed."""

    live: int
    carrying: int
    weight_out: int
    loops: int


@dataclass(eq=False)
class Board:
    """The involved ``switches`` and the blocks between them. ``target`` (must be dead for the work), ``zone`` (is
    dead for the work) and ``roots`` (hold a source) are bit sets of blocks."""

    circuit: Circuit
    closed: Flags
    switches: list[int]
    ends: list[tuple[int, int]]
    block_of_section: Ints
    weight: list[int]
    load_count: list[int]
    roots: int
    target: int
    zone: int
    breaks_load: list[bool]
    is_disconnector: list[bool]
    operating_ms: list[int]
    make_before_break: bool
    standing_loops: int = 0
    seen: dict[int, Position] = field(default_factory=dict)
    limits: dict[int, bool] = field(default_factory=dict)

    def mask(self, closed: Flags) -> int:
        """The position of a switching state."""
        return sum(1 << k for k, switch in enumerate(self.switches) if closed[switch])

    def state(self, mask: int) -> Flags:
        """The switching state of a position."""
        closed = self.closed.copy()
        closed[self.switches] = [bool(mask >> k & 1) for k in range(len(self.switches))]
        return closed

    def live_sections(self, mask: int, elsewhere: Flags) -> Flags:
        """Which sections have supply; those in blocks that no involved switch touches are as ``elsewhere``."""
        live = self.position(mask).live
        at_board = np.array([live >> block & 1 for block in range(len(self.weight))] + [0], np.bool_)
        return np.where(self.block_of_section >= 0, at_board[self.block_of_section], elsewhere)

    def position(self, mask: int) -> Position:
        """What is supplied, carried, out and looped."""
        known = self.seen.get(mask)
        if known is None:
            known = self.seen[mask] = _evaluate(self, mask)
        return known

    def keeps_limits(self, mask: int) -> bool:
        """Whether the position is within the limits; loops are judged by what they are parted into."""
        known = self.limits.get(mask)
        if known is None:
            known = self.limits[mask] = self.circuit.keeps_limits(self.state(mask))
        return known

    def moves(self, mask: int, *, may_energize_target: bool) -> Iterator[tuple[int, int]]:
        """The operations that may be done now: (switch on the board, position after it)."""
        here = self.position(mask)
        for k in range(len(self.switches)):
            after = mask ^ 1 << k
            there = self.position(after)
            if not may_energize_target and there.live & ~here.live & self.target:
                continue
            if self._device_may(k, mask, here, there) and self._flow_may(after, here, there):
                yield k, after

    def _flow_may(self, after: int, here: Position, there: Position) -> bool:
        # Flow grows only where somebody gains supply, or where a loop is parted; a loop is judged once it is parted.
        if there.loops > self.standing_loops:
            return True
        grows = there.live & ~here.live or here.loops > there.loops
        return not grows or self.keeps_limits(after)

    def _device_may(self, k: int, mask: int, here: Position, there: Position) -> bool:
        closing = not mask >> k & 1
        if here.loops > self.standing_loops:  # a loop stands for one operation only, and parting it interrupts nobody
            return not closing and self.breaks_load[k] and there.loops < here.loops
        if there.loops > self.standing_loops:
            return self.make_before_break and self.breaks_load[k]
        if self.breaks_load[k]:
            return True
        if closing:
            return not (self.is_disconnector[k] and there.carrying >> k & 1)
        return not here.carrying >> k & 1


def compile_board(
    circuit: Circuit,
    *,
    closed: Flags,
    switches: list[int],
    target: Flags,
    zone: Flags,
    weight: Longs,
    operating_ms: Longs,
    make_before_break: bool,
) -> Board:
    """Contract everything but ``switches`` as it stands in ``closed``; ``target``, ``zone`` and ``weight`` are by
    section."""
    topology = circuit.topology
    block, used = _blocks(circuit, closed, np.array(switches, np.int32))
    a, b = (ends[switches] for ends in circuit.ends)
    on_board = block >= 0
    sources = block[topology.source_section]
    kinds = topology.grid.switches.kind[switches].tolist()
    return Board(
        circuit=circuit,
        closed=closed,
        switches=switches,
        ends=list(zip(block[a].tolist(), block[b].tolist(), strict=True)),
        block_of_section=block,
        weight=_sum_by(block[on_board], weight[on_board], used),
        load_count=_sum_by(block[on_board], topology.section_load_count[on_board], used),
        roots=_bits(sources[sources >= 0]),
        target=_bits(block[target & on_board]),
        zone=_bits(block[zone & on_board]),
        breaks_load=[SwitchKind(kind).breaks_load for kind in kinds],
        is_disconnector=[kind == SwitchKind.DISCONNECTOR for kind in kinds],
        operating_ms=operating_ms[switches].tolist(),
        make_before_break=make_before_break,
    )


def _blocks(circuit: Circuit, closed: Flags, switches: Ints) -> tuple[Ints, int]:
    """(block of each section, number of blocks): those that touch ``switches`` are numbered, the others are -1."""
    joins = closed.copy()
    joins[switches] = False
    component = circuit.joined(joins)
    touched = np.unique(component[np.concatenate([circuit.ends[0][switches], circuit.ends[1][switches]])])
    number = np.full(len(component), -1, np.int32)
    number[touched] = np.arange(len(touched), dtype=np.int32)
    return number[component], len(touched)


def _sum_by(key: Ints, values: Longs, count: int) -> list[int]:
    # Integers all the way: weights of both bases are packed into one number and must add up exactly.
    total = np.zeros(count, np.int64)
    np.add.at(total, key, values)
    result: list[int] = total.tolist()
    return result


def _bits(blocks: Ints) -> int:
    return sum(1 << block for block in np.unique(blocks).tolist())


def _evaluate(board: Board, mask: int) -> Position:
    ways: list[list[tuple[int, int]]] = [[] for _ in board.weight]
    for k, (a, b) in enumerate(board.ends):
        if mask >> k & 1:
            ways[a].append((k, b))
            ways[b].append((k, a))
    order = [block for block in range(len(ways)) if board.roots >> block & 1]
    fed_by = dict.fromkeys(order, (-1, -1))
    for block in order:
        for k, beyond in ways[block]:
            if beyond not in fed_by:
                fed_by[beyond] = (k, block)
                order.append(beyond)
    loads = list(board.load_count)
    carrying, live = 0, 0
    for block in reversed(order):
        k, parent = fed_by[block]
        live |= 1 << block
        if k >= 0 and loads[block]:
            carrying |= 1 << k
            loads[parent] += loads[block]
    closed_live = sum(mask >> k & live >> a & 1 for k, (a, _) in enumerate(board.ends))
    loops = closed_live - len(order) + board.roots.bit_count()
    out = sum(weight for block, weight in enumerate(board.weight) if not live >> block & 1)
    return Position(live, carrying, out, loops)


class Cost(Protocol):
    """What standing at a position costs, and what is certainly still to come [weight x ms]."""

    def standing(self, mask: int, ms: int) -> int:
        """Cost of standing at ``mask`` for ``ms``."""

    def at_least(self, mask: int) -> int:
        """A lower bound of the cost from ``mask`` to the end."""


def recovery_ms(board: Board, mask: int, *, spare_target: bool) -> list[float]:
    """For each block the least time until it can have supply [ms]: the open switches on some way to it have to close.

    ``spare_target``: no way leads through the target, and what still joins a block to the target has to open first.
    """
    live, target = board.position(mask).live, board.target if spare_target else 0
    guard = [0] * len(board.weight)
    ways: list[list[tuple[int, int]]] = [[] for _ in board.weight]
    for k, (a, b) in enumerate(board.ends):
        ms = board.operating_ms[k]
        if (target >> a | target >> b) & 1:
            if mask >> k & 1:
                guard[a] += ms
                guard[b] += ms
            continue
        ways[a].append((0 if mask >> k & 1 else ms, b))
        ways[b].append((0 if mask >> k & 1 else ms, a))
    least = [0 if live >> block & 1 else inf for block in range(len(ways))]
    queue = [(0, block) for block in range(len(ways)) if live >> block & 1]
    while queue:
        ms, block = heappop(queue)
        if ms > least[block]:
            continue
        for closing, beyond in ways[block]:
            until = ms + closing + guard[beyond]
            if until < least[beyond]:
                least[beyond] = until
                heappush(queue, (until, beyond))
    return least


def find_sequence(board: Board, start: int, goal: int, cost: Cost, *, may_energize_target: bool) -> list[int] | None:
    """The operations (switches on the board, in order) that lead from ``start`` to ``goal`` at the least cost; None
    where no way was found."""
    came: dict[int, tuple[int, int]] = {}
    paid = {start: (0, 0, 0)}
    queue = [((0, 0, 0, 0), start)]
    rest: dict[int, int] = {}
    done: set[int] = set()
    while queue and len(done) < _HOPELESS:
        _, mask = heappop(queue)
        if mask == goal:
            return _path(came, start, goal)
        if mask in done:
            continue
        done.add(mask)
        hours, operations, time = paid[mask]
        for k, after in board.moves(mask, may_energize_target=may_energize_target):
            ms = board.operating_ms[k]
            price = (hours + cost.standing(mask, ms), operations + 1, time + ms)
            if after not in paid or price < paid[after]:
                paid[after] = price
                came[after] = (k, mask)
                if after not in rest:
                    rest[after] = cost.at_least(after)
                heappush(queue, (_priority(board, price, after ^ goal, rest[after], len(done) > _THOROUGH), after))
    return None


def _priority(
    board: Board, price: tuple[int, int, int], differs: int, rest: int, hurry: bool
) -> tuple[int, int, int, int]:
    """Price so far plus what is certainly still to come; in a hurry what differs least from the goal goes first."""
    operations = differs.bit_count()
    ms = sum(ms for k, ms in enumerate(board.operating_ms) if differs >> k & 1)
    return operations if hurry else 0, price[0] + rest, price[1] + operations, price[2] + ms


def _path(came: dict[int, tuple[int, int]], start: int, goal: int) -> list[int]:
    path = []
    while goal != start:
        k, goal = came[goal]
        path.append(k)
    return path[::-1]
