"""The cheapest plan of all, found by trying every order of operations to every isolating state. Small networks only."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

import numpy as np

from denghuo.engines.grid import Grid, SwitchKind
from tests.engines.switching.small_networks import (
    Flow,
    carries_load,
    customers_out,
    flow_of,
    isolating_states,
    opens_dead,
    within_limits,
)

State = tuple[bool, ...]


class Moves:
    """Every operation that may be done in every state, worked out once."""

    def __init__(self, grid: Grid, node: int, *, parallel: bool) -> None:
        self.grid, self.node, self.parallel = grid, node, parallel
        self.present = flow_of(grid, tuple(grid.switches.normally_closed.tolist()))
        self.known: dict[State, list[tuple[int, State]]] = {}
        self.flows: dict[State, Flow] = {}

    def flow(self, state: State) -> Flow:
        """What the state does."""
        if state not in self.flows:
            self.flows[state] = flow_of(self.grid, state)
        return self.flows[state]

    def loops(self, state: State) -> int:
        """Closed loops among what has supply; two sources joined count as one."""
        live = self.flow(state).live
        opened = {int(b) for b, is_closed in zip(self.grid.switches.branch, state, strict=True) if not is_closed}
        ends = zip(self.grid.branches.from_node.tolist(), self.grid.branches.to_node.tolist(), strict=True)
        inside = sum(branch not in opened and a in live for branch, (a, _) in enumerate(ends))
        return inside - len(live) + len(self.grid.sources.id)

    def of(self, state: State) -> list[tuple[int, State]]:
        """(switch, state after it) for each."""
        if state not in self.known:
            self.known[state] = [
                (k, after)
                for k in range(len(state))
                for after in [tuple(is_closed ^ (n == k) for n, is_closed in enumerate(state))]
                if self._may(k, state, after)
            ]
        return self.known[state]

    def _may(self, k: int, state: State, after: State) -> bool:
        kind, was, now = SwitchKind(self.grid.switches.kind[k]), self.flow(state), self.flow(after)
        if not was.radial:
            return state[k] and kind.breaks_load and now.radial and within_limits(self.grid, now, self.present)
        if not now.radial:
            return self.parallel and kind.breaks_load and self.loops(after) == 1
        if not within_limits(self.grid, now, self.present):
            return False
        if kind.breaks_load:
            return True
        if state[k]:
            return opens_dead(self.grid, state, k)
        return kind is SwitchKind.FUSE or not carries_load(self.grid, after, k)


def least_customer_hours(grid: Grid, node: int, *, duration_h: float, hours: list[float], parallel: bool) -> float:
    """Planned work: customer-hours of the cheapest plan; infinite where there is none."""
    moves = Moves(grid, node, parallel=parallel)
    normal = tuple(grid.switches.normally_closed.tolist())
    best = np.inf
    for state, flow in isolating_states(grid, {node}):
        out = customers_out(grid, flow.live)
        if out * duration_h >= best:
            continue
        for total in _both_ways(moves, normal, state, out, duration_h, hours):
            best = min(best, total)
    return best


def _both_ways(
    moves: Moves, normal: State, state: State, out: int, duration_h: float, hours: list[float]
) -> Iterator[float]:
    ahead = _cheapest(moves, normal, state, out, hours, leaving=True)
    back = _cheapest(moves, state, normal, out, hours, leaving=False)
    for cost, inside in ahead:
        for cost_back, inside_back in back:
            yield cost + cost_back + out * max(duration_h, inside + inside_back)


def _cheapest(
    moves: Moves, start: State, goal: State, out: int, hours: list[float], *, leaving: bool
) -> list[tuple[float, float]]:
    """Pareto-cheapest (cost beyond the unavoidable, hours inside the outage) of the paths from start to goal.

    The outage lasts from when the node goes dead until it has supply for the first time again.
    """
    tick = count()
    queue = [(0.0, 0.0, next(tick), start, False)]
    settled: dict[tuple[State, bool], list[float]] = {}
    found = []
    while queue:
        cost, inside, _, state, over = heappop(queue)
        if any(other <= inside + 1e-12 for other in settled.get((state, over), [])):
            continue
        settled.setdefault((state, over), []).append(inside)
        if state == goal:
            found.append((cost, inside))
            continue
        dead = moves.node not in moves.flow(state).live
        over = over or (not leaving and not dead)
        within = dead and not over
        now_out = customers_out(moves.grid, moves.flow(state).live)
        for k, after in moves.of(state):
            if leaving and dead and moves.node in moves.flow(after).live:
                continue
            extra = hours[k] * (now_out - out if within else now_out)
            spent = inside + (hours[k] if within else 0.0)
            heappush(queue, (cost + max(extra, 0.0), spent, next(tick), after, over))
    return found
