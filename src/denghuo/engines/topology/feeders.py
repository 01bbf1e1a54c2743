"""Feeders of a network that names none: the branches at the head of its lines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import BranchKind, Feeders, Grid
from denghuo.engines.topology import _kernels
from denghuo.engines.topology._kernels import Adjacency

__all__ = ["derive_feeders"]

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]

MV_BELOW_KV = 35.0


def derive_feeders(grid: Grid) -> Grid:
    """The same network with its feeders filled in; a network that names feeders is returned as it is.

    From every source the walk crosses substation transformers until it stands on medium voltage (below 35 kV, or
    unknown). From there each way out is one feeder, headed by the first closed switching device met; where customers
    hang before that device, or there is none, by the branch that leaves the busbar. Head branches give id and name.

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a", "b"]},
        ...     branches={"id": ["QF1", "QF2"], "from_node": [0, 0], "to_node": [1, 2], "kind": [3, 3]},
        ...     switches={"branch": [0, 1]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> derive_feeders(grid).feeders.id.tolist()
        ['QF1', 'QF2']
    """
    if len(grid.feeders.id) or not len(grid.branches.id):
        return grid
    walk = _Walk(grid)
    heads = sorted({head for start in walk.medium_voltage_nodes() for head in walk.heads_from(start)})
    positions = np.array(heads, dtype=np.int32)
    positions.setflags(write=False)
    feeders = Feeders(id=grid.branches.id[positions], name=grid.branches.name[positions], head_branch=positions)
    return replace(grid, feeders=feeders)


class _Walk:
    """Walks outward from the sources over normally closed switches, node by node."""

    def __init__(self, grid: Grid) -> None:
        branches = grid.branches
        self.graph = Adjacency(*_kernels.connect(branches.from_node, branches.to_node, len(grid.nodes.id)))
        self.grid = grid
        self.switch_of_branch = grid.switch_of_branch
        self.conducts = np.ones(len(branches.id), dtype=np.bool_)
        self.conducts[grid.switches.branch] = grid.switches.normally_closed
        self.has_load = np.zeros(len(grid.nodes.id), dtype=np.bool_)
        self.has_load[grid.loads.node] = True

    def exits(self, node: int) -> list[tuple[int, int]]:
        """(branch, node beyond) of every conducting branch at ``node``."""
        at = slice(self.graph.start[node], self.graph.start[node + 1])
        pairs = zip(self.graph.edge[at].tolist(), self.graph.neighbor[at].tolist(), strict=True)
        return [(branch, beyond) for branch, beyond in pairs if self.conducts[branch]]

    def medium_voltage_nodes(self) -> list[int]:
        """Sources on medium voltage, and the first nodes behind transformers that step down to it."""
        base_kv = self.grid.nodes.base_kv
        found: list[int] = []
        stack = self.grid.sources.node.tolist()
        seen = set(stack)
        while stack:
            node = stack.pop()
            if not base_kv[node] >= MV_BELOW_KV:  # unknown is taken for medium voltage
                found.append(node)
                continue
            for _, beyond in self.exits(node):
                if beyond not in seen:
                    seen.add(beyond)
                    stack.append(beyond)
        return sorted(set(found))

    def heads_from(self, start: int) -> list[int]:
        heads: list[int] = []
        for branch, beyond in self.exits(start):
            high_voltage = self.grid.nodes.base_kv[beyond] >= MV_BELOW_KV
            if high_voltage and self.grid.branches.kind[branch] == BranchKind.TRANSFORMER:
                continue
            if self.switch_of_branch[branch] >= 0:
                heads.append(branch)
                continue
            switches = self._first_switches(start, beyond)
            heads.extend(switches if switches else [branch])
        return heads

    def _first_switches(self, start: int, beyond: int) -> list[int]:
        """Closed switches met first from ``beyond`` outward; none if a load is met before them."""
        found: list[int] = []
        stack, seen = [beyond], {start, beyond}
        while stack:
            node = stack.pop()
            if self.has_load[node]:
                return []
            for branch, next_node in self.exits(node):
                if self.switch_of_branch[branch] >= 0:
                    found.append(branch)
                elif next_node not in seen:
                    seen.add(next_node)
                    stack.append(next_node)
        return found
