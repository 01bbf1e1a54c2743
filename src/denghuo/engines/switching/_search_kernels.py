"""Branch and bound over the forests that switches in reach of supply can grow, on bare arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from denghuo.engines.switching._kernels import ROOT, TOLERANCE, Forest, Wires, attach, detach, in_place

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Score = tuple[int, int, int]

POLISH = 200  # tries spent on fewer operations once nobody is out who could be supplied
FILLED, HEIGHT, WEIGHT, OPERATIONS = range(4)


class Stakes(NamedTuple):
    """What every choice is worth.

    Of each way, in the order of trying: its two blocks ``a`` and ``b``, its two cells, whether it is closed at
    ``present``, and its ``ms``; the other three are the ways at each block in compressed rows. Of each block its
    ``weight``, its ``demand_kva``, and what cutting it from the dead zone takes once it has supply,
    ``border_operations`` and ``border_ms``; ``by_density`` is every block, most weight per kVA first.
    """

    a: Ints
    b: Ints
    cell_a: Ints
    cell_b: Ints
    present: Flags
    ms: Longs
    row_start: Ints
    row_way: Ints
    row_block: Ints
    weight: Longs
    demand_kva: Floats
    border_operations: Longs
    border_ms: Longs
    by_density: Ints


class Dive(NamedTuple):
    """Where the search stands: ways ``taken`` and ``excluded``, the ``path`` of choices with the cells supplied when
    each ``began``, and four counts ``now``."""

    taken: Flags
    excluded: Flags
    path: Ints
    began: Ints
    now: Longs


@njit(cache=True)
def explore(
    wires: Wires, forest: Forest, stakes: Stakes, dive: Dive, most: tuple[int, int, int], best: Score, base: Score
) -> tuple[Score, Flags, bool, int]:
    """Take or leave every way: (best score, ways closed in it, whether every choice was weighed, tries spent).

    ``most``: the operations that may restore, the tries, the weight that can be supplied at all. ``best`` is the score
    to beat, ``base`` the one of what is not on the board; a score is the weight supplied, minus operations, minus ms.
    """
    best_taken = dive.taken.copy()
    tries, tries_left, down = 0, most[1], True
    while tries < tries_left or not down:
        if not down:
            if dive.now[HEIGHT] == 0:
                return best, best_taken, True, tries
            down = turn(wires, forest, stakes, dive)
            continue
        tries += 1
        way = next_way(stakes, forest.supplied, dive.excluded)
        if way < 0:
            found = score(stakes, forest, dive, base)
            if dive.now[OPERATIONS] <= most[0] and found > best:
                best = found
                best_taken[:] = dive.taken
                if found[0] >= most[2]:
                    tries_left = min(tries_left, tries + POLISH)
        elif dive.now[OPERATIONS] <= most[0] and may_beat(wires, forest, stakes, dive, best, most[0]):
            descend(wires, forest, stakes, dive, way)
            continue
        down = False
    return best, best_taken, False, tries


@njit(cache=True)
def next_way(stakes: Stakes, supplied: Flags, excluded: Flags) -> int:
    """The first way that leads from supply to a dead block and is not excluded, -1 none."""
    for way in range(len(stakes.a)):
        if supplied[stakes.a[way]] != supplied[stakes.b[way]] and not excluded[way]:
            return way
    return -1


@njit(cache=True)
def descend(wires: Wires, forest: Forest, stakes: Stakes, dive: Dive, way: int) -> None:
    """Take a way; leave it where a limit forbids it."""
    now = dive.now
    dive.path[now[HEIGHT]] = way
    dive.began[now[HEIGHT]] = now[FILLED]
    now[HEIGHT] += 1
    near, far, block = stakes.cell_a[way], stakes.cell_b[way], stakes.b[way]
    if not forest.supplied[stakes.a[way]]:
        near, far, block = far, near, stakes.a[way]
    filled = attach(wires, forest, now[FILLED], (near, way, far))
    if filled < 0:
        dive.excluded[way] = True
        now[OPERATIONS] += stakes.present[way]
        return
    now[FILLED] = filled
    now[WEIGHT] += stakes.weight[block]
    now[OPERATIONS] += not stakes.present[way]
    dive.taken[way] = True


@njit(cache=True)
def turn(wires: Wires, forest: Forest, stakes: Stakes, dive: Dive) -> bool:
    """Undo the last choice: leave what was taken (True: go on from there), or go back beyond it."""
    now = dive.now
    way = dive.path[now[HEIGHT] - 1]
    if dive.taken[way]:
        begin = dive.began[now[HEIGHT] - 1]
        now[WEIGHT] -= stakes.weight[wires.section[forest.order[begin]]]
        now[OPERATIONS] -= not stakes.present[way]
        detach(wires, forest, begin, now[FILLED])
        now[FILLED] = begin
        dive.taken[way] = False
        dive.excluded[way] = True
        now[OPERATIONS] += stakes.present[way]
        return True
    dive.excluded[way] = False
    now[OPERATIONS] -= stakes.present[way]
    now[HEIGHT] -= 1
    return False


@njit(cache=True)
def score(stakes: Stakes, forest: Forest, dive: Dive, base: Score) -> Score:
    """The worth of what has supply now, if nothing more gets it."""
    operations, ms = base[1], base[2]
    for way in range(len(stakes.a)):
        lit = int(forest.supplied[stakes.a[way]]) + int(forest.supplied[stakes.b[way]])
        if lit > 0 and dive.taken[way] != stakes.present[way]:
            operations -= 1
            ms -= stakes.ms[way]
    for block in range(len(stakes.weight)):
        if forest.supplied[block]:
            operations -= stakes.border_operations[block]
            ms -= stakes.border_ms[block]
    return base[0] + dive.now[WEIGHT], operations, ms


@in_place
def may_beat(wires: Wires, forest: Forest, stakes: Stakes, dive: Dive, best: Score, most: int) -> bool:
    """Whether more could have supply than in the best so far, or as much with fewer operations.

    Each dead area that ways not excluded join gets at most what those that lead into it can still carry together, and
    its blocks as if they could be divided, most weight per kVA first.
    """
    area, spare = areas(wires, forest, stakes, dive.excluded, dive.now[OPERATIONS] >= most)
    total = dive.now[WEIGHT]
    for block in stakes.by_density:
        of, demand = area[block], stakes.demand_kva[block]
        if of < 0 or stakes.weight[block] == 0:
            continue
        if demand <= spare[of]:
            total += stakes.weight[block]
            spare[of] -= demand
        elif spare[of] > 0.0:
            total += int(stakes.weight[block] * (spare[of] / demand)) + 1
            spare[of] = 0.0
    return bool(total > best[0] or (total == best[0] and -dive.now[OPERATIONS] > best[1]))


@in_place
def areas(wires: Wires, forest: Forest, stakes: Stakes, excluded: Flags, as_is: bool) -> tuple[Ints, Floats]:
    """The dead area of each block, -1 where none is in reach, and what the ways into each area can carry [kVA]. If all
    stays ``as_is``, only ways that are closed at present count."""
    barred = excluded.copy()
    if as_is:
        for way in range(len(barred)):
            barred[way] |= not stakes.present[way]
    area = np.full(len(stakes.weight), -1, np.int32)
    spare = np.zeros(len(stakes.weight))
    stack = np.empty(len(stakes.weight), np.int32)
    for way in range(len(stakes.a)):
        near, far = stakes.a[way], stakes.b[way]
        if barred[way] or forest.supplied[near] == forest.supplied[far]:
            continue
        cell = stakes.cell_a[way]
        if not forest.supplied[near]:
            far, cell = near, stakes.cell_b[way]
        if area[far] < 0:
            area[far] = far
            stack[0] = far
            height = 1
            while height > 0:
                height -= 1
                at = stack[height]
                for k in range(stakes.row_start[at], stakes.row_start[at + 1]):
                    beyond = stakes.row_block[k]
                    if area[beyond] < 0 and not forest.supplied[beyond] and not barred[stakes.row_way[k]]:
                        area[beyond] = far
                        stack[height] = beyond
                        height += 1
        spare[area[far]] += min(wires.limit_kva[way] * TOLERANCE, room(wires, forest, cell))
    return area, spare


@in_place
def room(wires: Wires, forest: Forest, cell: int) -> float:
    """What may flow into a supplied cell beyond what flows there already [kVA]."""
    least = np.inf
    while cell >= 0:
        edge = forest.parent_edge[cell]
        limit = wires.capacity_kva[cell] if edge == ROOT else wires.limit_kva[edge]
        least = min(least, limit * TOLERANCE - forest.through_kva[cell])
        cell = forest.parent[cell]
    return least
