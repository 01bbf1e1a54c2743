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
from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.switching import _kernels
from denghuo.engines.switching._kernels import Forest
from denghuo.engines.switching.circuit import Circuit

__all__ = ["Configuration", "Task", "best_configuration"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

_POLISH: Final = 200  # tries spent on fewer operations once nobody is out who could be supplied
_WHOLE_NETWORK: Final = 64  # switches above which re-arranging the whole network is not tried
_UNLIMITED: Final = 1 << 30
_VISIT, _EXCLUDE, _ADMIT, _DETACH = range(4)


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """What to leave dead and what to supply.

    ``present`` [switch] the state to start from; ``movable`` [switch] what may be moved or relied on: neither end in
    what must stay dead; ``weight`` [section] what counts, 0 in what must stay dead; ``operating_ms`` [switch];
    ``most_operations`` how many may serve to restore, those at the edge of the dead zone not counted; 0: nothing is
    supplied another way than before.
    """

    present: Flags
    movable: Flags
    weight: Longs
    operating_ms: Longs
    search_limit: int
    most_operations: int = _UNLIMITED


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


def best_configuration(circuit: Circuit, task: Task) -> Configuration:
    """The switching state that supplies the most weight; among equals the fewest operations, then the shortest."""
    best = _Search(circuit, task, free=np.zeros_like(task.movable), best=None).run()
    if not task.most_operations:
        return best
    reach = _reach(circuit, task)
    dead = ~circuit.supply(task.present & task.movable)[0].supplied
    within_dead = dead[circuit.ends[0]] | dead[circuit.ends[1]]
    scopes = [~task.present, ~task.present | within_dead, np.ones_like(task.present)]
    done = False
    for number, scope in enumerate(scopes):
        free = scope & task.movable
        if best.weight == reach or (number == 2 and free.sum() > _WHOLE_NETWORK):
            break
        search = _Search(circuit, task, free=free, best=best, reach=reach)
        best = search.run()
        done = number == 2 and search.finished
    return replace(best, proven=best.weight == reach or (done and task.most_operations == _UNLIMITED))


def _reach(circuit: Circuit, task: Task) -> int:
    """The weight of all that is connected to a source at all."""
    forest, _ = circuit.supply(task.movable)
    return int(task.weight[forest.supplied].sum())


class _Search:
    """Depth-first branch and bound in one scope. ``free`` [switch] are open to choice, the others stay as they are."""

    def __init__(
        self, circuit: Circuit, task: Task, *, free: Flags, best: Configuration | None, reach: int | None = None
    ) -> None:
        self.circuit, self.task, self.free, self.best = circuit, task, free, best
        self.reach = reach
        self.held = task.present & task.movable & ~free
        self.forest, self.filled = circuit.supply(self.held)
        self.usable = self.held | free
        self.ways = self._ways()
        self.excluded = np.zeros_like(free)
        # A section is taken whole, so one of its cells stands for it.
        self.cell_weight = np.zeros(len(circuit.wires.section), np.int64)
        first = np.unique(circuit.wires.section, return_index=True)[1]
        self.cell_weight[first] = task.weight
        self.weight = int(task.weight[self.forest.supplied].sum())
        self.operations = 0
        self.tries_left = task.search_limit
        self.finished = False

    def _ways(self) -> Ints:
        """The free switches at dead sections: closed ones first, then the quickest."""
        supplied = self.forest.supplied
        at_dead = self.free & ~(supplied[self.circuit.ends[0]] & supplied[self.circuit.ends[1]])
        ways = np.flatnonzero(at_dead)
        order = np.lexsort((self.task.operating_ms[ways], ~self.task.present[ways]))
        return ways[order].astype(np.int32)

    def run(self) -> Configuration:
        stack = [(_VISIT, -1)]
        while stack and self.tries_left > 0:
            what, value = stack.pop()
            if what == _VISIT:
                stack.extend(self._visit())
            elif what == _DETACH:
                self._detach(value)
            else:
                self._exclude(value, what == _EXCLUDE)
        self.finished = not stack
        assert self.best is not None  # the first dive always ends in a leaf
        return self.best

    def _visit(self) -> list[tuple[int, int]]:
        """One node of the tree; what to do next, last first."""
        self.tries_left -= 1
        way = int(_kernels.next_way(self.ways, self.circuit.ends, self.forest.supplied, self.excluded))
        if way < 0:
            self._leaf()
            return []
        if not self._may_beat_best():
            return []
        then = [(_ADMIT, way), (_VISIT, -1), (_EXCLUDE, way)]
        begin = self.filled
        if self.operations < self.task.most_operations and self._attach(way):
            then += [(_DETACH, begin), (_VISIT, -1)]
        return then

    def _may_beat_best(self) -> bool:
        if self.best is None:
            return True
        if self.operations > self.task.most_operations:
            return False
        topology = self.circuit.topology
        rows = (topology.adjacency_start, topology.adjacency_switch, topology.adjacency_section)
        usable = self.usable & ~self.excluded
        supplied, weight = self.forest.supplied, self.task.weight
        gain = _kernels.weight_in_reach(rows, self.circuit.ends, self.ways, usable, supplied, weight)
        return (self.weight + int(gain), -self.operations) > (self.best.weight, -self.best.operations)

    def _attach(self, way: int) -> bool:
        circuit, forest = self.circuit, self.forest
        a, b = (int(ends[way]) for ends in circuit.cell_ends)
        if not forest.supplied[circuit.ends[0][way]]:
            a, b = b, a
        filled = int(_kernels.attach(circuit.wires, forest, self.filled, (a, way, b), self.held))
        if filled < 0:
            return False
        self.weight += self._weight_of(self.filled, filled)
        self.filled = filled
        self.operations += not self.task.present[way]
        return True

    def _detach(self, begin: int) -> None:
        way = self.forest.parent_edge[self.forest.order[begin]]
        self.weight -= self._weight_of(begin, self.filled)
        self.operations -= not self.task.present[way]
        _kernels.detach(self.circuit.wires, self.forest, begin, self.filled)
        self.filled = begin

    def _weight_of(self, begin: int, end: int) -> int:
        return int(self.cell_weight[self.forest.order[begin:end]].sum())

    def _exclude(self, way: int, excluded: bool) -> None:
        # An excluded switch has supply on one side, so it ends up open.
        self.excluded[way] = excluded
        change = 1 if excluded else -1
        self.operations += change if self.task.present[way] else 0

    def _leaf(self) -> None:
        closed = _settle(self.circuit, self.task, self.free, self.forest, self.filled)
        changed = closed != self.task.present
        found = Configuration(
            closed=closed,
            weight=self.weight,
            restoring=self.operations,
            operations=int(changed.sum()),
            operating_ms=int(self.task.operating_ms[changed].sum()),
            proven=False,
        )
        if self.best is None or found.rank > self.best.rank:
            self.best = found
        if self.best.weight == self.reach:
            self.tries_left = min(self.tries_left, _POLISH)


def _settle(circuit: Circuit, task: Task, free: Flags, forest: Forest, filled: int) -> Flags:
    """The state of every switch, given what is supplied and over which switches.

    A free switch is closed if it is the way in to a supplied section, and stays as it is between dead ones. Any switch
    between supply and what must stay dead is open.
    """
    used = np.zeros_like(free)
    edges = forest.parent_edge[forest.order[:filled]]
    used[edges[(edges >= 0) & (edges < len(free))]] = True
    supplied_ends = forest.supplied[circuit.ends[0]].astype(np.int8) + forest.supplied[circuit.ends[1]]
    closed = task.present.copy()
    closed[supplied_ends == 1] = False
    chosen = free & (supplied_ends == 2)
    closed[chosen] = used[chosen]
    return closed
