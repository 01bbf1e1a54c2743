"""Which switches stand open and which closed for the work: the state that interrupts the fewest.

Branch and bound over the supplied forest. Whatever is in reach of supply is either taken over one of the switches that
lead to it, or left dead; a branch is given up when all that it could still reach would not beat the best so far. Three
scopes, each only if the one before left something dead that is connected to a source:

1. dead areas as they stand, each whole over one tie;
2. dead areas divided at any of their switches;
3. every switch of the network, also those that are supplied now (to make room on a tie).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.switching import _kernels
from denghuo.engines.switching._search_kernels import Dive, Stakes, explore
from denghuo.engines.switching.circuit import Circuit, rows_of
from denghuo.engines.switching.reduction import Reduction, reduce_circuit

__all__ = ["Configuration", "Restoration", "Task"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

_WHOLE_NETWORK: Final = 64  # switches above which re-arranging the whole network is not tried
_UNLIMITED: Final = 1 << 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """What to leave dead and what to supply.

    ``present`` [switch] the state to start from; ``movable`` [switch] what may be moved or relied on: neither end in
    what must stay dead; ``weight`` [section] what counts, 0 in what must stay dead; ``operating_ms`` [switch].
    """

    present: Flags
    movable: Flags
    weight: Longs
    operating_ms: Longs
    search_limit: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Configuration:
    """A switching state [switch], the ``weight`` it supplies, and whether no other state could supply more; its
    ``operations``, of these ``restoring`` for other supply than before, and the time of them all."""

    closed: Flags
    weight: int
    restoring: int
    operations: int
    operating_ms: int
    proven: bool

    @property
    def rank(self) -> tuple[int, int, int]:
        """Higher is better: more supplied, then fewer operations, then less time."""
        return self.weight, -self.operations, -self.operating_ms


class Restoration:
    """Every way to supply what the task does not leave dead. What the searches share is worked out once."""

    def __init__(self, circuit: Circuit, task: Task) -> None:
        self.circuit, self.task = circuit, task
        nothing = np.zeros_like(task.movable)
        self.as_before = _settle(circuit, task, free=nothing, taken=nothing)
        self.scopes: list[_Scope] = []

    def best(self, most_operations: int = _UNLIMITED) -> Configuration:
        """The switching state that supplies the most weight; among equals the fewest operations, then the shortest.

        ``most_operations`` may serve to restore, those at the edge of the dead zone not counted; 0: nothing is supplied
        another way than before.
        """
        best, finished = self.as_before, False
        for number, free in enumerate(self.free if most_operations else ()):
            if best.weight == self.reach or (number == 2 and free.sum() > _WHOLE_NETWORK):
                break
            if number == len(self.scopes):
                self.scopes.append(_scope(self.circuit, self.task, free))
            best, finished = self._search(self.scopes[number], most_operations, best)
            finished = finished and number == 2 and most_operations == _UNLIMITED
        return replace(best, proven=finished or best.weight == self.reach)

    @cached_property
    def reach(self) -> int:
        """The weight of all that is connected to a source at all."""
        return int(self.task.weight[self.circuit.supply(self.task.movable)[0].supplied].sum())

    @cached_property
    def free(self) -> list[Flags]:
        """Which switches are open to choice in each scope [switch]."""
        present, movable = self.task.present, self.task.movable
        dead = ~self.circuit.supply(present & movable)[0].supplied
        within_dead = dead[self.circuit.ends[0]] | dead[self.circuit.ends[1]]
        return [~present & movable, (~present | within_dead) & movable, movable]

    def _search(self, scope: _Scope, most_operations: int, best: Configuration) -> tuple[Configuration, bool]:
        """Branch and bound in one scope: the best configuration, and whether no other was passed over."""
        board, stakes, ways = scope.board, scope.stakes, scope.board.switches
        forest = board.empty_forest()
        filled = _kernels.seed(board.wires, forest, board.roots, np.zeros(len(ways), np.bool_))
        dive = Dive(
            taken=np.zeros(len(ways), np.bool_),
            excluded=np.zeros(len(ways), np.bool_),
            path=np.empty(len(ways), np.int32),
            began=np.empty(len(ways), np.int32),
            now=np.array([filled, 0, stakes.weight[forest.supplied].sum(), 0], np.int64),
        )
        most = min(most_operations, len(ways)), self.task.search_limit // max(1, len(ways)), self.reach
        rank, taken, finished, _ = explore(board.wires, forest, stakes, dive, most, best.rank, scope.base)
        if rank > best.rank:
            closed = np.zeros_like(scope.free)
            closed[ways[taken]] = True
            best = _settle(self.circuit, self.task, free=scope.free, taken=closed)
        return best, finished


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scope:
    """The switches ``free`` to choose, the ``board`` of those that matter, what each choice is worth, and the score of
    what is not on the board."""

    free: Flags
    board: Reduction
    stakes: Stakes
    base: tuple[int, int, int]


def _scope(circuit: Circuit, task: Task, free: Flags) -> _Scope:
    held = task.present & task.movable & ~free
    supplied = circuit.supply(held)[0].supplied
    ways = _ways(circuit, task, free, supplied)
    board = reduce_circuit(circuit, closed=held, switches=ways)
    border = _border(circuit, task)
    aside = supplied & (board.block_of_section < 0)
    parted = task.present & free  # standing in a loop of what has supply anyway
    parted[ways] = False
    base = (
        int(task.weight[aside].sum()),
        -int(border[0][aside].sum() + parted.sum()),
        -int(border[1][aside].sum() + task.operating_ms[parted].sum()),
    )
    return _Scope(free=free, board=board, stakes=_stakes(task, board, border), base=base)


def _ways(circuit: Circuit, task: Task, free: Flags, supplied: Flags) -> Ints:
    """The free switches at dead sections: closed ones first, then the quickest."""
    at_dead = free & ~(supplied[circuit.ends[0]] & supplied[circuit.ends[1]])
    ways = np.flatnonzero(at_dead)
    order = np.lexsort((task.operating_ms[ways], ~task.present[ways]))
    return ways[order].astype(np.int32)


def _border(circuit: Circuit, task: Task) -> tuple[Longs, Longs]:
    """What has to open to cut a section off the dead zone if it has supply: (how many switches, their ms) [section]."""
    a, b = circuit.ends
    border = np.flatnonzero(task.present & ~task.movable & (a != b))
    count = np.zeros((2, circuit.topology.section_count), np.int64)
    for ends in circuit.ends:
        np.add.at(count[0], ends[border], 1)
        np.add.at(count[1], ends[border], task.operating_ms[border])
    return count[0], count[1]


def _stakes(task: Task, board: Reduction, border: tuple[Longs, Longs]) -> Stakes:
    weight = board.sum_by_block(task.weight)
    demand = np.zeros(board.block_count)
    np.add.at(demand, board.wires.section, board.wires.demand_kva)
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(weight > 0, weight / demand, 0.0)
    start, way, block = rows_of(*board.ends, board.block_count, first=0)
    return Stakes(
        a=board.ends[0],
        b=board.ends[1],
        cell_a=board.cell_ends[0],
        cell_b=board.cell_ends[1],
        present=task.present[board.switches],
        ms=task.operating_ms[board.switches],
        row_start=start,
        row_way=way,
        row_block=block,
        weight=weight,
        demand_kva=demand,
        border_operations=board.sum_by_block(border[0]),
        border_ms=board.sum_by_block(border[1]),
        by_density=np.argsort(-density, kind="stable").astype(np.int32),
    )


def _settle(circuit: Circuit, task: Task, *, free: Flags, taken: Flags) -> Configuration:
    """The state of every switch, given over which of the ``free`` ones dead areas are supplied.

    A free switch is closed if it was ``taken``, and stays as it is between dead sections. Any switch between supply and
    what must stay dead is open.
    """
    supplied = circuit.supply((task.present & task.movable & ~free) | taken)[0].supplied
    ends = supplied[circuit.ends[0]].astype(np.int8) + supplied[circuit.ends[1]]
    closed = task.present.copy()
    closed[ends == 1] = False
    chosen = free & (ends == 2)
    closed[chosen] = taken[chosen]
    changed = closed != task.present
    return Configuration(
        closed=closed,
        weight=int(task.weight[supplied].sum()),
        restoring=int((changed & task.movable).sum()),
        operations=int(changed.sum()),
        operating_ms=int(task.operating_ms[changed].sum()),
        proven=False,
    )
