"""In which order: the cheapest path from one switching state to another that every device may walk.

A *board* is the network as far as some switches matter: the rest is contracted into blocks. A position on it is a bit
mask (bit set: closed). Moves are single operations; the path is found by A* with the cost of customer-hours first,
then operations, then time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from math import gcd
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import SwitchKind
from denghuo.engines.switching import _order_kernels as kernels
from denghuo.engines.switching._order_kernels import Book, Quest, Table
from denghuo.engines.switching.case import BREAKS_LOAD
from denghuo.engines.switching.circuit import Circuit, rows_of
from denghuo.engines.switching.reduction import Reduction, reduce_circuit

__all__ = ["Board", "Position", "compile_board", "find_sequence"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

_BITS: Final = 62  # of an integer that sums weight x time


class Position(NamedTuple):
    """One switching state: bit sets of the blocks with supply and of the switches that carry load, the weight that is
    out, and how many loops stand closed."""

    live: int
    carrying: int
    weight_out: int
    loops: int


@dataclass(eq=False)
class Board:
    """The involved ``switches`` and the blocks between them. ``target`` (must be dead for the work) and ``zone`` (is
    dead for the work) are bit sets of blocks; ``weight`` [block]; ``table`` is all that in arrays, with time in the
    largest unit that divides every operating time."""

    reduction: Reduction
    switches: list[int]
    ends: list[tuple[int, int]]
    weight: list[int]
    target: int
    zone: int
    operating_ms: list[int]
    table: Table
    seen: dict[int, Position] = field(default_factory=dict)

    @property
    def standing_loops(self) -> int:
        """Loops that stand closed for longer than one operation."""
        return int(self.table.loops[0])

    def allow_loops(self, count: int) -> None:
        """Let as many loops stand closed."""
        self.table.loops[0] = count

    def mask(self, closed: Flags) -> int:
        """The position of a switching state."""
        return sum(1 << k for k, switch in enumerate(self.switches) if closed[switch])

    def flags(self, mask: int) -> Flags:
        """The switches of the board, closed or not, in a position."""
        return np.array([bool(mask >> k & 1) for k in range(len(self.switches))], np.bool_)

    def closed(self, mask: int, elsewhere: Flags) -> Flags:
        """The state of every switch: on the board as in a position, beyond it as ``elsewhere``."""
        closed = elsewhere.copy()
        closed[self.switches] = self.flags(mask)
        return closed

    def live_blocks(self, mask: int) -> Flags:
        """Which blocks have supply in a position."""
        live = self.position(mask).live
        return np.array([bool(live >> block & 1) for block in range(len(self.weight))], np.bool_)

    def live_sections(self, mask: int, elsewhere: Flags) -> Flags:
        """Which sections have supply; those in blocks that no involved switch touches are as ``elsewhere``."""
        block = self.reduction.block_of_section
        at_board = np.append(self.live_blocks(mask), False)
        return np.where(block >= 0, at_board[block], elsewhere)

    def position(self, mask: int) -> Position:
        """What is supplied, carried, out and looped."""
        known = self.seen.get(mask)
        if known is None:
            live, carrying = np.empty(len(self.weight), np.bool_), np.empty(len(self.switches), np.int8)
            does = np.empty(2, np.int64)
            kernels.evaluate(self.table, self.flags(mask), live, carrying, does)
            out = sum(weight for weight, is_live in zip(self.weight, live.tolist(), strict=True) if not is_live)
            loaded = _bits(carrying != kernels.NOTHING)
            known = self.seen[mask] = Position(_bits(live), loaded, out, int(does[kernels.LOOPS]))
        return known


def compile_board(
    circuit: Circuit,
    *,
    closed: Flags,
    switches: Ints,
    target: Flags,
    zone: Flags,
    weight: Longs,
    operating_ms: Longs,
    make_before_break: bool,
) -> Board:
    """Contract everything but ``switches`` as it stands in ``closed``; ``target``, ``zone`` and ``weight`` are by
    section."""
    reduction = reduce_circuit(circuit, closed=closed, switches=switches)
    block_weight = reduction.sum_by_block(weight)
    on_target = reduction.blocks_with(target)
    ms = operating_ms[switches]
    units = ms // max(1, reduce(gcd, ms.tolist(), 0))
    kinds = circuit.topology.grid.switches.kind[switches]
    return Board(
        reduction=reduction,
        switches=switches.tolist(),
        ends=list(zip(*(ends.tolist() for ends in reduction.ends), strict=True)),
        weight=block_weight.tolist(),
        target=_bits(on_target),
        zone=_bits(reduction.blocks_with(zone)),
        operating_ms=ms.tolist(),
        table=Table(
            a=reduction.ends[0],
            b=reduction.ends[1],
            ms=units,
            breaks_load=BREAKS_LOAD[kinds],
            is_disconnector=kinds == SwitchKind.DISCONNECTOR,
            is_fuse=kinds == SwitchKind.FUSE,
            rows=rows_of(*reduction.ends, reduction.block_count, first=0),
            weight=block_weight >> _excess_bits(block_weight, units),
            load_count=reduction.sum_by_block(circuit.topology.section_load_count),
            mv_users=reduction.sum_by_block(circuit.topology.section_mv_users),
            root=reduction.blocks_with(_flags(circuit.topology.source_section, len(target))),
            target=on_target,
            wires=reduction.wires,
            roots=reduction.roots,
            has_limits=circuit.has_limits,
            forest=reduction.empty_forest(),
            loops=np.array([0, make_before_break], np.int64),
        ),
    )


def _excess_bits(weight: Longs, units: Longs) -> int:
    """Bits to leave out of the weights, so that weight x time of a path cannot overflow: those that decide last."""
    most = sum(weight.tolist()) * max(units.tolist(), default=0) * 4 * len(units)
    return max(0, int(most).bit_length() - _BITS)


def find_sequence(board: Board, start: Flags, quest: Quest) -> list[int] | None:
    """The operations (switches on the board, in order) that lead from ``start`` to the goal at the least cost; None
    where no way was found."""
    book = _empty_book(len(board.switches), len(board.weight))
    at = kernels.walk(board.table, quest, book, start)
    if at < 0:
        return None
    path = []
    while book.paid[at, kernels.OPERATIONS]:
        path.append(int(book.came_by[at]))
        at = int(book.came_from[at])
    return path[::-1]


def _empty_book(switches: int, blocks: int) -> Book:
    size = kernels.HOPELESS + 2 * switches**2
    return Book(
        closed=np.empty((size, switches), np.bool_),
        live=np.empty((size, blocks), np.bool_),
        carrying=np.empty((size, switches), np.int8),
        does=np.empty((size, 2), np.int64),
        fits=np.empty(size, np.int8),
        over=np.empty(size, np.bool_),
        paid=np.empty((size, 4), np.int64),
        rest=np.empty(size, np.int64),
        came_from=np.empty(size, np.int32),
        came_by=np.empty(size, np.int32),
        done=np.empty(size, np.bool_),
        slots=np.full(2 * size, -1, np.int32),
        mark=np.empty(size, np.int64),
        keys=np.random.default_rng(0).integers(1 << 62, size=switches),
        met=np.zeros(1, np.int64),
    )


def _bits(flags: Flags) -> int:
    return sum(1 << k for k in np.flatnonzero(flags).tolist())


def _flags(positions: Ints, size: int) -> Flags:
    flags = np.zeros(size, np.bool_)
    flags[positions] = True
    return flags
