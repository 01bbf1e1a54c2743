"""Loops over bare arrays. Sections and switches are integer positions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

IS_SOURCE = np.int32(-1)
"""Parent switch of a section that holds a source."""
SUPPLIED_BY_NONE = np.int32(-2)
"""Parent switch of a section without supply."""


class Adjacency(NamedTuple):
    """Neighbors in compressed rows: those of ``v`` stand at ``start[v]:start[v + 1]``."""

    start: Ints
    edge: Ints
    neighbor: Ints


@njit(cache=True)
def number_sections(from_node: Ints, to_node: Ints, is_switch: Flags, node_count: int) -> tuple[Ints, int]:
    """Union-find over the branches that are no switches; sections are numbered by their lowest node."""
    parent = np.arange(node_count).astype(np.int32)
    for branch in range(len(from_node)):
        if is_switch[branch]:
            continue
        a = from_node[branch]
        b = to_node[branch]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        else:
            parent[a] = b
    # A parent is never above its child, so one pass upwards resolves every node and renumbers in place.
    count = 0
    for node in range(node_count):
        if parent[node] == node:
            parent[node] = count
            count += 1
        else:
            parent[node] = parent[parent[node]]
    return parent, count


@njit(cache=True)
def sum_loads(
    section: Ints, count: int, mv_users: Longs, lv_customers: Longs, kw: Floats
) -> tuple[Longs, Longs, Longs, Floats]:
    """Sums of the loads by section: loads, MV users, LV customers, kW (an unknown one counts as none)."""
    loads = np.zeros(count, np.int64)
    mv_sum = np.zeros(count, np.int64)
    lv_sum = np.zeros(count, np.int64)
    kw_sum = np.zeros(count, np.float64)
    for load in range(len(section)):
        at = section[load]
        loads[at] += 1
        mv_sum[at] += mv_users[load]
        lv_sum[at] += lv_customers[load]
        if not np.isnan(kw[load]):
            kw_sum[at] += kw[load]
    return loads, mv_sum, lv_sum, kw_sum


@njit(cache=True)
def group(key: Ints, count: int) -> tuple[Ints, Ints]:
    """Counting sort: the members of group ``g`` stand at ``start[g]:start[g + 1]``, in their own order."""
    start = np.zeros(count + 1, np.int32)
    for member in range(len(key)):
        start[key[member] + 1] += 1
    for g in range(count):
        start[g + 1] += start[g]
    fill = start[:-1].copy()
    members = np.empty(len(key), np.int32)
    for member in range(len(key)):
        members[fill[key[member]]] = member
        fill[key[member]] += 1
    return start, members


@njit(cache=True)
def connect(a: Ints, b: Ints, count: int) -> tuple[Ints, Ints, Ints]:
    """Adjacency of an undirected graph. An edge with both ends at one place connects nothing and is left out."""
    start = np.zeros(count + 1, np.int32)
    for edge in range(len(a)):
        if a[edge] != b[edge]:
            start[a[edge] + 1] += 1
            start[b[edge] + 1] += 1
    for v in range(count):
        start[v + 1] += start[v]
    fill = start[:-1].copy()
    edges = np.empty(start[count], np.int32)
    neighbors = np.empty(start[count], np.int32)
    for edge in range(len(a)):
        u = a[edge]
        v = b[edge]
        if u != v:
            edges[fill[u]] = edge
            neighbors[fill[u]] = v
            fill[u] += 1
            edges[fill[v]] = edge
            neighbors[fill[v]] = u
            fill[v] += 1
    return start, edges, neighbors


@njit(cache=True)
def grow(graph: Adjacency, roots: Ints, closed: Flags) -> tuple[Ints, Ints, Ints]:
    """Breadth-first forest from the roots over closed edges: (visiting order, parent edge, parent)."""
    count = len(graph.start) - 1
    parent_edge = np.full(count, SUPPLIED_BY_NONE, np.int32)
    parent = np.full(count, -1, np.int32)
    order = np.empty(count, np.int32)
    filled = 0
    for root in roots:
        if parent_edge[root] == SUPPLIED_BY_NONE:
            parent_edge[root] = IS_SOURCE
            order[filled] = root
            filled += 1
    done = 0
    while done < filled:
        v = order[done]
        done += 1
        for k in range(graph.start[v], graph.start[v + 1]):
            w = graph.neighbor[k]
            if parent_edge[w] == SUPPLIED_BY_NONE and closed[graph.edge[k]]:
                parent_edge[w] = graph.edge[k]
                parent[w] = v
                order[filled] = w
                filled += 1
    return order[:filled], parent_edge, parent


@njit(cache=True)
def preorder(visited: Ints, parent: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """From a breadth-first order: (order, rank, size, depth) with every subtree contiguous in ``order``."""
    count = len(parent)
    size = np.zeros(count, np.int32)
    depth = np.full(count, -1, np.int32)
    for k in range(len(visited) - 1, -1, -1):
        v = visited[k]
        size[v] += 1
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    rank = np.full(count, -1, np.int32)
    free = np.zeros(count, np.int32)
    order = np.empty(len(visited), np.int32)
    next_root = 0
    for v in visited:
        p = parent[v]
        if p >= 0:
            rank[v] = free[p]
            free[p] += size[v]
            depth[v] = depth[p] + 1
        else:
            rank[v] = next_root
            next_root += size[v]
            depth[v] = 0
        free[v] = rank[v] + 1
        order[rank[v]] = v
    return order, rank, size, depth


@njit(cache=True)
def cover(a: Ints, b: Ints, closed: Flags, parent_edge: Ints, parent: Ints, depth: Ints) -> Flags:
    """Which sections have a second way to a source: their tree edge lies in a loop, or between two sources.

    Every closed edge outside the tree covers the tree path between its ends. Covered edges are contracted, so each is
    climbed once.
    """
    covered = np.zeros(len(parent), np.bool_)
    top = np.arange(len(parent)).astype(np.int32)
    for edge in range(len(a)):
        u = a[edge]
        v = b[edge]
        if not closed[edge] or depth[u] < 0 or depth[v] < 0 or parent_edge[u] == edge or parent_edge[v] == edge:
            continue
        while True:
            while top[u] != u:
                top[u] = top[top[u]]
                u = top[u]
            while top[v] != v:
                top[v] = top[top[v]]
                v = top[v]
            if u == v:
                break
            if depth[u] < depth[v]:
                u, v = v, u
            if depth[u] == 0:
                break
            covered[u] = True
            top[u] = parent[u]
    return covered


@njit(cache=True)
def sum_subtrees(order: Ints, parent: Ints, values: Any) -> Any:
    """Sum of ``values`` over each section's subtree."""
    total = values.copy()
    for k in range(len(order) - 1, -1, -1):
        p = parent[order[k]]
        if p >= 0:
            total[p] += total[order[k]]
    return total


@njit(cache=True)
def subtree_mark(opened: Ints, ends: tuple[Ints, Ints], parent_edge: Ints, order: Ints, rank: Ints, size: Ints) -> Any:
    """Sections below the opened tree edges, and a mark (1) on each of them."""
    mark = np.zeros(len(rank), np.int8)
    found = np.empty(len(order), np.int32)
    count = 0
    for edge in opened:
        child = ends[0][edge]
        if parent_edge[child] != edge:
            child = ends[1][edge]
        if parent_edge[child] != edge or mark[child] == 1:
            continue
        for k in range(rank[child], rank[child] + size[child]):
            v = order[k]
            if mark[v] == 0:
                mark[v] = 1
                found[count] = v
                count += 1
    return found[:count], mark


@njit(cache=True)
def still_dead(graph: Adjacency, below: Ints, mark: Any, closed: Flags, parent_edge: Ints) -> Ints:
    """Of the sections below the cut those that no other closed switch supplies."""
    stack = np.empty(len(below), np.int32)
    height = 0
    for v in below:
        for k in range(graph.start[v], graph.start[v + 1]):
            w = graph.neighbor[k]
            if mark[v] == 1 and closed[graph.edge[k]] and mark[w] == 0 and parent_edge[w] != SUPPLIED_BY_NONE:
                mark[v] = 2
                stack[height] = v
                height += 1
    while height > 0:
        height -= 1
        v = stack[height]
        for k in range(graph.start[v], graph.start[v + 1]):
            w = graph.neighbor[k]
            if mark[w] == 1 and closed[graph.edge[k]]:
                mark[w] = 2
                stack[height] = w
                height += 1
    dead = np.empty(len(below), np.int32)
    count = 0
    for v in below:
        if mark[v] == 1:
            dead[count] = v
            count += 1
    return dead[:count]


@njit(cache=True)
def members_of(groups: Ints, start: Ints, members: Ints) -> Ints:
    """The members of the given groups, one group after the other."""
    count = 0
    for g in groups:
        count += start[g + 1] - start[g]
    found = np.empty(count, np.int32)
    filled = 0
    for g in groups:
        for k in range(start[g], start[g + 1]):
            found[filled] = members[k]
            filled += 1
    return found


@njit(cache=True)
def flood_feeders(
    graph: Adjacency, roots: Ints, conducts: Flags, feeder_of_branch: Ints, below: Ints
) -> tuple[Ints, Ints]:
    """Carry the feeder from the sources to every node reached: (feeder by node, node beyond each feeder head).

    A node takes the feeder of the last head that was crossed in its normal direction, from ``below[f]``'s other end to
    ``below[f]``; -1 in ``below`` accepts both directions. Nodes not reached, or ahead of every head, keep -1.
    """
    feeder = np.full(len(graph.start) - 1, -1, np.int32)
    reached = np.zeros(len(feeder), np.bool_)
    beyond = np.full(len(below), -1, np.int32)
    queue = np.empty(len(feeder), np.int32)
    filled = 0
    for root in roots:
        if not reached[root]:
            reached[root] = True
            queue[filled] = root
            filled += 1
    done = 0
    while done < filled:
        v = queue[done]
        done += 1
        for k in range(graph.start[v], graph.start[v + 1]):
            w = graph.neighbor[k]
            if reached[w] or not conducts[graph.edge[k]]:
                continue
            reached[w] = True
            feeder[w] = feeder[v]
            head_of = feeder_of_branch[graph.edge[k]]
            if head_of >= 0 and (below[head_of] == -1 or below[head_of] == w):
                feeder[w] = head_of
                beyond[head_of] = w
            queue[filled] = w
            filled += 1
    return feeder, beyond


@njit(cache=True)
def lowest_by_group(key: Ints, value: Ints, count: int) -> Ints:
    """The lowest value that is not negative in each group, -1 where there is none."""
    lowest = np.full(count, -1, np.int32)
    for k in range(len(key)):
        g = key[k]
        if value[k] >= 0 and (lowest[g] < 0 or value[k] < lowest[g]):
            lowest[g] = value[k]
    return lowest


@njit(cache=True)
def label_parts(graph: Adjacency, closed: Flags, wanted: Flags) -> tuple[Ints, Ints]:
    """Number the connected parts among the wanted places: (part of each, -1 unwanted; lowest place of each part)."""
    part = np.full(len(wanted), -1, np.int32)
    first = np.empty(len(wanted), np.int32)
    stack = np.empty(len(wanted), np.int32)
    count = 0
    for place in range(len(wanted)):
        if not wanted[place] or part[place] >= 0:
            continue
        first[count] = place
        part[place] = count
        stack[0] = place
        height = 1
        while height > 0:
            height -= 1
            v = stack[height]
            for k in range(graph.start[v], graph.start[v + 1]):
                w = graph.neighbor[k]
                if wanted[w] and part[w] < 0 and closed[graph.edge[k]]:
                    part[w] = count
                    stack[height] = w
                    height += 1
        count += 1
    return part, first[:count]
