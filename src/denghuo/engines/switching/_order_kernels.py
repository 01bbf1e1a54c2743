"""The cheapest order of operations, on bare arrays: what a position does, what may be done in it, and A* over it all.

A position is a row of flags, one per switch of the board (True: closed). Positions are numbered as they are met.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from denghuo.engines.switching._kernels import UNSUPPLIED, Forest, Wires, in_place, seed, within_limits

Bytes = NDArray[np.int8]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER, WHILE_DEAD, ONCE_ISOLATED = range(3)
NOTHING, ONE_USER, MANY_USERS = range(3)
OUT, LOOPS = range(2)
HOURS, OPERATIONS, MS, SPARED = range(4)
UNKNOWN = np.int8(-1)
LATER = 1 << 30
NO_WAY = np.int64(1) << 62

SMALL = 8  # switches up to which nothing is hurried: there are few positions
THOROUGH = 2500  # positions x switches met in order of cost; after that the nearest to the goal goes first
HOPELESS = 20000  # positions


class Table(NamedTuple):
    """The switches, their two blocks ``a`` and ``b``, time and kind; blocks in compressed rows of (switch, block
    beyond), with ``weight``, number of loads and of MV users, and whether they hold a source or belong to the target;
    the circuit between them, whether it has limits, and a forest to work in. ``loops``: how many may stand, and how
    many more (1 or 0) may be closed for one operation."""

    a: Ints
    b: Ints
    ms: Longs
    breaks_load: Flags
    is_disconnector: Flags
    is_fuse: Flags
    rows: tuple[Ints, Ints, Ints]
    weight: Longs
    load_count: Longs
    mv_users: Longs
    root: Flags
    target: Flags
    wires: Wires
    roots: Ints
    has_limits: bool
    forest: Forest
    loops: Longs


class Quest(NamedTuple):
    """Where to go, and what it costs to stand on the way.

    ``runs`` says when time that is fixed beforehand runs, in which ``unavoidable`` weight costs nothing: never;
    ``WHILE_DEAD``, the supply of the target is not as in ``whole`` [block]; ``ONCE_ISOLATED``, the target is dead and
    no switch of the ``boundary`` closed. ``comes_back`` [block] has supply in the end for sure. ``leaves``: the target,
    once dead, gets no supply, and is waited for until the boundary is open. ``inside`` switches have the zone on both
    sides: on the way to the work they may be opened, are not closed, and stand in the end as they come.
    """

    goal: Flags
    runs: int
    whole: Flags
    boundary: Flags
    comes_back: Flags
    unavoidable: int
    leaves: bool
    inside: Flags


class Book(NamedTuple):
    """All positions met, a row for each.

    What they are: ``closed`` [switch], and whether the fixed time is ``over``. What they do: blocks that are ``live``,
    what each switch is ``carrying`` (nothing, one MV user at most, many), (weight out, loops), whether the limits hold
    (-1 not asked yet). How they are reached: what is ``paid`` (weight x ms, operations, ms, weight x ms spared), what
    is certainly still to come, from where and over which switch, whether they are done with. How they are found:
    ``slots`` is a hash table of their numbers by ``mark``, which combines ``keys`` of the switches that differ from the
    start; ``met`` counts them.
    """

    closed: Flags
    live: Flags
    carrying: Bytes
    does: Longs
    fits: Bytes
    over: Flags
    paid: Longs
    rest: Longs
    came_from: Ints
    came_by: Ints
    done: Flags
    slots: Ints
    mark: Longs
    keys: Longs
    met: Longs


@in_place
def evaluate(table: Table, closed: Flags, live: Flags, carrying: Bytes, does: Longs) -> None:
    """Fill in which blocks have supply, what the switches carry, how much weight is out, and how many loops stand."""
    order = np.empty(len(live), np.int32)
    fed_by = np.full(len(live), -1, np.int32)
    parent = np.full(len(live), -1, np.int32)
    filled = spread(table, closed, live, order, fed_by, parent)
    loops = table.root.sum() - filled
    for k in range(len(closed)):
        carrying[k] = NOTHING
        loops += closed[k] and live[table.a[k]]
    loads, users = table.load_count.copy(), table.mv_users.copy()
    for k in range(filled - 1, -1, -1):
        block = order[k]
        if fed_by[block] >= 0 and loads[block] > 0:
            carrying[fed_by[block]] = ONE_USER if users[block] <= 1 else MANY_USERS
            loads[parent[block]] += loads[block]
            users[parent[block]] += users[block]
    does[OUT] = 0
    for block in range(len(live)):
        if not live[block]:
            does[OUT] += table.weight[block]
    does[LOOPS] = loops


@in_place
def spread(table: Table, closed: Flags, live: Flags, order: Ints, fed_by: Ints, parent: Ints) -> int:
    """Fill in the blocks with supply, each after the one that feeds it, and over which switch; return how many."""
    start, switch, neighbor = table.rows
    filled = 0
    for block in range(len(live)):
        live[block] = table.root[block]
        if live[block]:
            order[filled] = block
            filled += 1
    begin = 0
    while begin < filled:
        at = order[begin]
        begin += 1
        for k in range(start[at], start[at + 1]):
            beyond = neighbor[k]
            if closed[switch[k]] and not live[beyond]:
                live[beyond] = True
                fed_by[beyond] = switch[k]
                parent[beyond] = at
                order[filled] = beyond
                filled += 1
    return filled


@njit(cache=True)
def keeps_limits(table: Table, closed: Flags) -> bool:
    """Whether a position is within the limits; a loop is judged by one of its trees."""
    if not table.has_limits:
        return True
    table.forest.parent_edge[:] = UNSUPPLIED
    table.forest.parent[:] = -1
    table.forest.supplied[:] = False
    filled = seed(table.wires, table.forest, table.roots, closed)
    return bool(within_limits(table.wires, table.forest, 0, filled))


@in_place
def device_may(table: Table, k: int, closing: bool, here: int, there: int, book: Book) -> bool:
    """Whether switch ``k`` may move from one position to the other: loops stand for one operation only, and what does
    not break load moves dead. The load of one user is switched off at its low-voltage side before a fuse opens."""
    loops, later, standing = book.does[here, LOOPS], book.does[there, LOOPS], table.loops[0]
    if loops > standing:  # parting a loop interrupts nobody
        return not closing and table.breaks_load[k] and later < loops
    if later > standing:
        return bool(table.loops[1] == 1 and table.breaks_load[k])
    if table.breaks_load[k]:
        return True
    if closing:
        return not (table.is_disconnector[k] and book.carrying[there, k] != NOTHING)
    return bool(book.carrying[here, k] == NOTHING or (table.is_fuse[k] and book.carrying[here, k] == ONE_USER))


@in_place
def flow_may(table: Table, here: int, there: int, book: Book) -> bool:
    """Whether the limits hold after a move. Flow grows only where somebody gains supply, or where a loop is parted; a
    loop is judged once it is parted."""
    if book.does[there, LOOPS] > table.loops[0]:
        return True
    if book.does[here, LOOPS] <= book.does[there, LOOPS] and not gains(book, here, there, book.live[there]):
        return True
    if book.fits[there] == UNKNOWN:
        book.fits[there] = keeps_limits(table, book.closed[there])
    return bool(book.fits[there] == 1)


@njit(cache=True)
def gains(book: Book, here: int, there: int, among: Flags) -> bool:
    """Whether one of the blocks ``among`` has supply there and not here."""
    for block in range(len(among)):  # noqa: SIM110  a loop that numba knows
        if among[block] and book.live[there, block] and not book.live[here, block]:
            return True
    return False


@njit(cache=True)
def overlap(a: Flags, b: Flags) -> bool:
    """Whether both are set somewhere."""
    for k in range(len(a)):  # noqa: SIM110  a loop that numba knows
        if a[k] and b[k]:
            return True
    return False


@njit(cache=True)
def reached(quest: Quest, closed: Flags) -> bool:
    """Whether every switch stands as in the goal, inside the zone aside."""
    for k in range(len(closed)):  # noqa: SIM110  a loop that numba knows
        if closed[k] != quest.goal[k] and not quest.inside[k]:
            return False
    return True


@njit(cache=True)
def same(a: Flags, b: Flags) -> bool:
    """Whether both are set at the same places."""
    for k in range(len(a)):  # noqa: SIM110  a loop that numba knows
        if a[k] != b[k]:
            return False
    return True


@in_place
def running(table: Table, quest: Quest, closed: Flags, live: Flags) -> bool:
    """Whether the time that is fixed beforehand runs in a position."""
    if quest.runs == WHILE_DEAD:
        for block in range(len(live)):  # noqa: SIM110  a loop that numba knows
            if table.target[block] and live[block] != quest.whole[block]:
                return True
        return False
    return bool(quest.runs == ONCE_ISOLATED and is_isolated(table, quest, closed, live))


@njit(cache=True)
def is_isolated(table: Table, quest: Quest, closed: Flags, live: Flags) -> bool:
    """Whether the target is dead and the zone cut off on every side."""
    return not overlap(table.target, live) and not overlap(quest.boundary, closed)


@in_place
def standing(table: Table, quest: Quest, book: Book, here: int) -> int:
    """The weight that costs while one stands at a position, below zero for what is spared: more has supply than will
    have as long as the fixed time runs."""
    out = book.does[here, OUT]
    if quest.runs != NEVER and not book.over[here] and running(table, quest, book.closed[here], book.live[here]):
        return int(out - quest.unavoidable)
    return int(out)


@in_place
def still_to_come(table: Table, quest: Quest, closed: Flags, live: Flags) -> int:
    """A lower bound of the cost from a position to the goal [weight x ms]: each block that is out and comes back waits
    as long as it must, and, after a fault, what is out for good costs until the zone is cut off."""
    total = 0
    if quest.runs == ONCE_ISOLATED and quest.leaves:
        for k in range(len(closed)):
            if quest.boundary[k] and closed[k]:
                total += quest.unavoidable * int(table.ms[k])
    spare = quest.leaves and not overlap(table.target, live)
    waits = False
    for block in range(len(live)):
        waits |= quest.comes_back[block] and not live[block]
    if not waits:
        return total
    until = recovery(table, closed, live, spare)
    for block in range(len(live)):
        # A block without a way is one that only the target leads to: it can wait no time at all for sure.
        if quest.comes_back[block] and not live[block] and until[block] < NO_WAY:
            total += int(table.weight[block] * until[block])
    return total


@in_place
def recovery(table: Table, closed: Flags, live: Flags, spare: bool) -> Longs:
    """The least time until each block can have supply: the open switches on some way to it have to close. ``spare``: no
    way leads through the target, and what still joins a block to the target has to open first."""
    until = np.zeros(len(live), np.int64)
    guard = np.zeros(len(live), np.int64)
    for block in range(len(live)):
        if not live[block]:
            until[block] = NO_WAY
    if spare:
        for k in range(len(closed)):
            if closed[k] and (table.target[table.a[k]] or table.target[table.b[k]]):
                guard[table.a[k]] += table.ms[k]
                guard[table.b[k]] += table.ms[k]
    settled = False
    while not settled:
        settled = True
        for k in range(len(closed)):
            a, b = table.a[k], table.b[k]
            if spare and (table.target[a] or table.target[b]):
                continue
            closing = 0 if closed[k] else table.ms[k]
            if until[a] + closing + guard[b] < until[b]:
                until[b] = until[a] + closing + guard[b]
                settled = False
            if until[b] + closing + guard[a] < until[a]:
                until[a] = until[b] + closing + guard[a]
                settled = False
    return until


@in_place
def enroll(table: Table, book: Book, closed: Flags, over: bool, mark: int) -> int:
    """The number of a position, worked out when it is met for the first time; with the fixed time over it is another
    one than without. ``mark`` says where to look for it."""
    slot = mark % len(book.slots)
    while book.slots[slot] >= 0:
        known = book.slots[slot]
        if book.over[known] == over and same(book.closed[known], closed):
            return int(known)
        slot = (slot + 1) % len(book.slots)
    new = book.met[0]
    book.met[0] += 1
    book.slots[slot] = new
    book.closed[new] = closed
    book.fits[new] = UNKNOWN
    book.over[new] = over
    book.mark[new] = mark
    book.done[new] = False
    book.paid[new] = NO_WAY
    evaluate(table, book.closed[new], book.live[new], book.carrying[new], book.does[new])
    book.rest[new] = UNKNOWN
    return int(new)


@in_place
def priority(table: Table, quest: Quest, book: Book, at: int, hurry: bool) -> tuple[int, int, int, int, int, int]:
    """Paid so far plus what is certainly still to come. In a hurry what differs least from the goal goes first, before
    all that was met without. Where the target may come and go piece by piece, the goal goes after its equals, one of
    which may spare more."""
    operations, ms = 0, 0
    for k in range(len(quest.goal)):
        if book.closed[at, k] != quest.goal[k] and not quest.inside[k]:
            operations += 1
            ms += int(table.ms[k])
    hours, done, spent = int(book.paid[at, HOURS]), int(book.paid[at, OPERATIONS]), int(book.paid[at, MS])
    last = 1 if operations == 0 and table.target.sum() > 1 else 0
    if book.rest[at] == UNKNOWN:  # not asked of positions that nobody may get to
        book.rest[at] = still_to_come(table, quest, book.closed[at], book.live[at])
    return operations if hurry else LATER, hours + int(book.rest[at]), done + operations, spent + ms, last, int(at)


@njit(cache=True)
def walk(table: Table, quest: Quest, book: Book, start: Flags) -> int:
    """A*: the number of the goal once the cheapest way to it is in the book, -1 where no way was found."""
    book.over[0], book.mark[0] = False, 0
    first = enroll(table, book, start, book.over[0], book.mark[0])
    book.paid[first] = 0
    hurry = len(start) > SMALL and book.met[0] * len(start) > THOROUGH
    queue = [priority(table, quest, book, first, hurry)]
    while len(queue) > 0 and book.met[0] + len(start) < len(book.done):
        at = heappop(queue)[5]
        if reached(quest, book.closed[at]):
            return int(at)
        if book.done[at]:
            continue
        book.done[at] = True
        hurry = len(start) > SMALL and book.met[0] * len(start) > THOROUGH
        over = book.over[at] or (not quest.leaves and not running(table, quest, book.closed[at], book.live[at]))
        weight = standing(table, quest, book, at)
        closed = book.closed[at].copy()
        for k in range(len(closed) - 1, -1, -1):
            closed[k] = not closed[k]
            there = enroll(table, book, closed, over, book.mark[at] ^ book.keys[k])
            if may(table, quest, book, k, at, there) and pay(table, book, k, at, there, weight):
                heappush(queue, priority(table, quest, book, there, hurry))
            closed[k] = not closed[k]
    return -1


@in_place
def may(table: Table, quest: Quest, book: Book, k: int, here: int, there: int) -> bool:
    """Whether an operation is allowed now."""
    if quest.inside[k] and book.closed[there, k]:
        return False
    if quest.leaves and gains(book, here, there, table.target):
        return False
    return device_may(table, k, book.closed[there, k], here, there, book) and flow_may(table, here, there, book)


@in_place
def pay(table: Table, book: Book, k: int, here: int, there: int, weight: int) -> bool:
    """Note the way over ``k``, during which ``weight`` is out, if it is cheaper than what is known. What is spared only
    decides between equals: otherwise one would go back and forth to spare more."""
    ms = table.ms[k]
    paid, known = book.paid[here], book.paid[there]
    hours, spared = paid[HOURS] + max(0, weight) * ms, paid[SPARED] + min(0, weight) * ms
    price = (hours, paid[OPERATIONS] + 1, paid[MS] + ms, spared)
    if price >= (known[HOURS], known[OPERATIONS], known[MS], known[SPARED]):
        return False
    known[:] = price
    book.came_from[there] = here
    book.came_by[there] = k
    book.done[there] = False
    return True
