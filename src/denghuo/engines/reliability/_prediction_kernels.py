"""Loops of the analytic prediction, on bare arrays.

Sections are numbered in preorder of the supply tree, so that a parent comes before its children and the subtree of
section ``s`` is the range ``s .. end[s]``. One pass up and one pass down then visit everything once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[Any]
Floats = NDArray[np.float64]


@njit(cache=True)
def subtree_sums(parent: Ints, own: Floats) -> Floats:
    """Sum of ``own`` over each subtree."""
    total = own.copy()
    for section in range(len(parent) - 1, -1, -1):
        if parent[section] >= 0:
            total[parent[section]] += total[section]
    return total


@njit(cache=True)
def tie_reach(parent: Ints, end: Ints, near: Ints, far: Ints) -> tuple[Ints, Ints]:
    """Which ties can feed which subtree when the section above it has failed: pairs (top of the subtree, tie end).

    A tie end helps the subtree of ``c`` when it lies inside it and the other end lies outside the subtree of the failed
    section, the parent of ``c``.
    """
    total = 0
    for fill in range(2):
        if fill:
            child = np.empty(total, dtype=np.int64)
            tie = np.empty(total, dtype=np.int64)
        total = 0
        for t in range(len(near)):
            c = near[t]
            while parent[c] >= 0:
                failed = parent[c]
                if failed <= far[t] < end[failed]:
                    break
                if fill:
                    child[total] = c
                    tie[total] = t
                total += 1
                c = failed
    return child, tie


@njit(cache=True)
def sibling_links(parent: Ints, end: Ints, near: Ints, far: Ints) -> tuple[Ints, Ints, Ints]:
    """Ties between two subtrees below one section: the tops of both and the tie end."""
    left = np.empty(len(near), dtype=np.int64)
    right = np.empty(len(near), dtype=np.int64)
    tie = np.empty(len(near), dtype=np.int64)
    count = 0
    for t in range(len(near)):
        a, b = near[t], far[t]
        if a <= b < end[a] or b <= a < end[b]:
            continue
        while parent[a] >= 0 and not (parent[a] <= b < end[parent[a]]):
            a = parent[a]
        if parent[a] < 0:
            continue
        while parent[b] != parent[a]:
            b = parent[b]
        left[count], right[count], tie[count] = a, b, t
        count += 1
    return left[:count], right[:count], tie[:count]


@njit(cache=True)
def grow_from_tie(parent: Ints, first: Ints, child: Ints, own: Floats, top: int, entry: int, room: float) -> Ints:
    """Sections of the subtree of ``top`` that a tie entering at ``entry`` takes over while their load fits into
    ``room``.

    The island grows section by section outward from the tie; a section that does not fit stays dead with all behind it.
    """
    taken = np.empty(len(parent), dtype=np.int64)
    came = np.empty(len(parent), dtype=np.int64)
    if own[entry] > room:
        return taken[:0]
    taken[0] = entry
    came[0] = -1
    room -= own[entry]
    count = 1
    head = 0
    while head < count:
        section = taken[head]
        for place in range(first[section] - 1, first[section + 1]):
            other = parent[section] if place < first[section] else child[place]
            if other < top or other == came[head] or own[other] > room:
                continue
            room -= own[other]
            taken[count] = other
            came[count] = section
            count += 1
        head += 1
    return taken[:count]


@njit(cache=True)
def failure_sums(
    start: Ints, rate: Floats, repair: Floats, upstream: Floats, section_upstream: Floats
) -> tuple[Floats, Floats, Floats]:
    """Per section and year: failures, hours until the rest is back (at most the repair's), hours of repair."""
    count = len(start) - 1
    failures, switched, repaired = np.zeros(count), np.zeros(count), np.zeros(count)
    for section in range(count):
        for e in range(start[section], start[section + 1]):
            hours = section_upstream[section] if np.isnan(upstream[e]) else upstream[e]
            failures[section] += rate[e]
            switched[section] += rate[e] * min(hours, repair[e])
            repaired[section] += rate[e] * repair[e]
    return failures, switched, repaired


@njit(cache=True)
def hours_saved(start: Ints, rate: Floats, repair: Floats, tie: Floats, failed: Ints, tie_h: Floats) -> Floats:
    """Hours a year that a transfer taking ``tie_h`` saves against waiting for the repair of section ``failed``."""
    saved = np.zeros(len(failed))
    for k in range(len(failed)):
        for e in range(start[failed[k]], start[failed[k] + 1]):
            hours = tie_h[k] if np.isnan(tie[e]) else tie[e]
            saved[k] += rate[e] * (repair[e] - min(hours, repair[e]))
    return saved


@njit(cache=True)
def spread(
    parent: Ints, success: Floats, failures: Floats, switched: Floats, repaired: Floats, subtree: Floats, single: Floats
) -> tuple[Floats, Floats]:
    """Interruptions and hours a year in every section.

    Up: what a protective device does not clear goes on to the next one above. Down: what a device clears is felt in its
    whole subtree for the switching time; the failed section's subtree waits for the repair instead, less what is
    transferred (``subtree`` for a whole subtree, ``single`` for one section; both are hours a year to take off).
    """
    count = len(parent)
    passing, passing_h = failures.copy(), switched.copy()
    often, hours = np.zeros(count), np.zeros(count)
    for section in range(count - 1, -1, -1):
        above = parent[section]
        cleared = success[section] if above >= 0 else 1.0
        often[section] = cleared * passing[section]
        hours[section] = cleared * passing_h[section]
        if above >= 0:
            passing[above] += (1.0 - cleared) * passing[section]
            passing_h[above] += (1.0 - cleared) * passing_h[section]
    for section in range(count):
        hours[section] += repaired[section] - switched[section] - subtree[section]
        if parent[section] >= 0:
            often[section] += often[parent[section]]
            hours[section] += hours[parent[section]]
    return often, hours - single


@njit(cache=True)
def expected_outage(parent: Ints, success: Floats, below: Floats) -> Floats:
    """Expected weight that loses supply at a failure in each section (``below``: weight of each subtree)."""
    expected = below.copy()
    for section in range(len(parent)):
        if parent[section] >= 0:
            cleared = success[section]
            expected[section] = cleared * below[section] + (1.0 - cleared) * expected[parent[section]]
    return expected


@njit(cache=True)
def outage_probability(parent: Ints, end: Ints, success: Floats, failed: int) -> Floats:
    """Probability that each section loses supply at a failure in section ``failed``."""
    probability = np.zeros(len(parent))
    probability[failed : end[failed]] = 1.0
    inner, top, reaching = failed, failed, 1.0
    while parent[top] >= 0:
        reaching *= 1.0 - success[top]
        if reaching <= 0.0:
            break
        top = parent[top]
        probability[top:inner] = reaching
        probability[end[inner] : end[top]] = reaching
        inner = top
    return probability


@njit(cache=True)
def weight_saved(repair: Floats, tie: Floats, section: Ints, first: Ints, tie_h: Floats, weight: Floats) -> Floats:
    """Weight-hours that transfers save at one occurrence of each failure."""
    saved = np.zeros(len(section))
    for e in range(len(section)):
        for k in range(first[section[e]], first[section[e] + 1]):
            hours = tie_h[k] if np.isnan(tie[e]) else tie[e]
            saved[e] += weight[k] * (repair[e] - min(hours, repair[e]))
    return saved


@njit(cache=True)
def matrix(
    tree: tuple[Ints, Ints, Floats],
    section: Ints,
    failures: tuple[Floats, Floats, Floats, Floats],
    switch_h: Floats,
    transfers: tuple[Ints, Ints, Floats, Ints],
    transfer_success: float,
    load: Ints,
) -> tuple[Floats, Floats]:
    """Interruptions and hours a year of each load (rows) from each failure (columns, sorted by section)."""
    parent, end, success = tree
    rate, repair, upstream, tie = failures
    first, moved, moved_h, whole = transfers
    often, hours = np.zeros((len(load), len(rate))), np.zeros((len(load), len(rate)))
    probability, back_h = np.zeros(len(parent)), np.zeros(len(parent))
    for e in range(len(rate)):
        failed = section[e]
        if e == 0 or section[e - 1] != failed:
            probability = outage_probability(parent, end, success, failed)
            back_h[:] = np.inf
            for k in range(first[failed], first[failed + 1]):
                last = end[moved[k]] if whole[k] else moved[k] + 1
                back_h[moved[k] : last] = moved_h[k]
        rest_h = min(switch_h[failed] if np.isnan(upstream[e]) else upstream[e], repair[e])
        for row in range(len(load)):
            place = load[row]
            if place < 0 or probability[place] == 0.0:
                continue
            often[row, e] = rate[e] * probability[place]
            if not failed <= place < end[failed]:
                hours[row, e] = often[row, e] * rest_h
                continue
            out_h = repair[e]
            if back_h[place] < np.inf:
                fast_h = min(back_h[place] if np.isnan(tie[e]) else tie[e], repair[e])
                out_h += transfer_success * (fast_h - repair[e])
            hours[row, e] = often[row, e] * out_h
    return often, hours


@njit(cache=True)
def best_choice(
    parent: Ints, keep: Floats, moved: Floats, below: Floats, fed: Floats, count: int
) -> tuple[float, Ints]:
    """The best ``count`` of the edges of one block to put a disconnect on: its cost and the chosen sections.

    Every section but the first hangs on its parent by an edge that may be chosen. Sections joined by edges that are
    not chosen form a zone, whose top is its first section. ``keep`` waits with all of ``below[top]``; ``moved`` is
    saved for what can be fed from elsewhere when the zone above has failed: ``fed[:, 0]`` is the weight behind the
    edge of a section, ``fed[:, 1]`` the weight behind the fixed devices below it.
    """
    size = len(parent)
    chosen = np.arange(1, count + 1)
    best, best_chosen = np.inf, chosen.copy()
    zone, held, cut = np.zeros(size, dtype=np.int64), np.zeros(size), np.zeros(size, dtype=np.bool_)
    while True:
        cut[:] = False
        cut[chosen] = True
        held[:] = 0.0
        for section in range(size):
            if section == 0 or cut[section]:
                zone[section] = section
                if section:
                    held[zone[parent[section]]] += fed[section, 0]
            else:
                zone[section] = zone[parent[section]]
            held[zone[section]] += fed[section, 1]
        cost = 0.0
        for section in range(size):
            cost += keep[section] * below[zone[section]] - moved[section] * held[zone[section]]
        if best == np.inf or cost < best - 1e-12 * abs(best):
            best = cost
            best_chosen = chosen.copy()
        place = count - 1
        while place >= 0 and chosen[place] == size - count + place:
            place -= 1
        if place < 0:
            return best, best_chosen
        chosen[place] += 1
        for later in range(place + 1, count):
            chosen[later] = chosen[later - 1] + 1
