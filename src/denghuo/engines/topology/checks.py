"""Everything that is wrong with a network, at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import BranchKind, Finding, FindingCode, Grid, Ownership, SwitchKind
from denghuo.engines.topology import _kernels
from denghuo.engines.topology._kernels import Adjacency
from denghuo.engines.topology.index import compile_topology, normal_state
from denghuo.engines.topology.loops import Forest, find_loops
from denghuo.engines.topology.trace import energized_sections

__all__ = ["check_grid"]

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]

# Columns that point into another table, by the table they point into.
_NODE_POSITIONS = (("branches", "from_node"), ("branches", "to_node"), ("loads", "node"), ("sources", "node"))
_BRANCH_POSITIONS = (("switches", "branch"), ("transformers", "branch"), ("feeders", "head_branch"))
_WITH_IDS = ("nodes", "branches", "loads", "sources", "feeders")
_QUANTITIES = (
    ("nodes", "base_kv"),
    ("branches", "length_km"),
    ("branches", "rating_kva"),
    ("branches", "failure_rate_per_year"),
    ("branches", "repair_h"),
    ("switches", "operating_h"),
    ("transformers", "rated_kva"),
    ("loads", "mv_users"),
    ("loads", "lv_customers"),
    ("loads", "kva"),
    ("loads", "kw"),
    ("sources", "capacity_kva"),
)


def check_grid(grid: Grid) -> list[Finding]:
    """Every finding about a network in its normal state; an empty list says that it can be relied on.

    Rows are named by their identifier; switches and transformers by that of their branch, or by ``#row`` where that is
    wrong. Rows that point outside their table are reported, then left out of the search for loops and missing supply.

    * ``duplicate_id``, ``empty_id``; a branch claimed by two switches or two transformers is a duplicate too
    * ``unknown_node``, ``unknown_branch``: a position outside its table
    * ``both_ends_at_one_node``
    * ``switch_branch_mismatch``, ``transformer_branch_mismatch``: a row whose branch is of another kind, a branch of
      the kind without its row, or a kind that does not exist
    * ``negative_number``: below zero, or infinite (NaN is "unknown" everywhere)
    * ``no_source``; ``not_supplied`` loads; ``isolated_node``: a node without any branch and without a source
    * ``closed_loop``: the switches around the loop, or the branches where a loop holds no switch; branches side by side
      between the same two nodes are taken for a double circuit or a bank, not for a loop
    * ``supplied_twice``: the closed switches between two sources, or the sources that sit in one section

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a"]},
        ...     branches={"id": ["L1"], "from_node": [0], "to_node": [5], "length_km": [-1.0]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> [(str(found.code), found.ids) for found in check_grid(grid)]
        [('unknown_node', ('L1',)), ('negative_number', ('L1',)), ('isolated_node', ('a',))]
    """
    sound = _without_wrong_positions(grid)
    return [
        *_identifiers(grid),
        *_positions(grid),
        *_kinds(grid),
        *_numbers(grid),
        *_supply(sound),
        *_switch_loops(sound),
        *_line_loops(sound),
    ]


def _found(code: FindingCode, grid: Grid, component: str, field: str, rows: Any) -> Iterator[Finding]:
    """One finding that names the given rows (a mask), or none when there are none."""
    positions = np.flatnonzero(rows)
    if len(positions):
        names = _names(grid, component)
        ids = tuple(names[row] or f"#{row}" for row in positions.tolist())
        yield Finding(code=code, component=component, field=field, ids=ids)


def _names(grid: Grid, component: str) -> list[str]:
    if component in _WITH_IDS:
        return list(getattr(grid, component).id.tolist())
    branch_ids = grid.branches.id.tolist()
    branches = getattr(grid, component).branch.tolist()
    return [branch_ids[branch] if 0 <= branch < len(branch_ids) else "" for branch in branches]


def _identifiers(grid: Grid) -> Iterator[Finding]:
    for component in _WITH_IDS:
        ids = getattr(grid, component).id
        yield from _found(FindingCode.EMPTY_ID, grid, component, "id", ids == "")
        yield from _repeats(grid, component, "id", ids, ids != "")
    for component in ("switches", "transformers"):
        branch = getattr(grid, component).branch
        yield from _repeats(grid, component, "branch", branch, np.ones(len(branch), dtype=np.bool_))


def _repeats(grid: Grid, component: str, field: str, values: Any, counted: Flags) -> Iterator[Finding]:
    """Each value that stands more than once, named once."""
    _, first, count = np.unique(values, return_index=True, return_counts=True)
    rows = np.zeros(len(values), dtype=np.bool_)
    rows[first[count > 1]] = True
    yield from _found(FindingCode.DUPLICATE_ID, grid, component, field, rows & counted)


def _outside(grid: Grid, component: str, field: str, size: int) -> Flags:
    positions = getattr(getattr(grid, component), field)
    return np.asarray((positions < 0) | (positions >= size))


def _positions(grid: Grid) -> Iterator[Finding]:
    for component, field in _NODE_POSITIONS:
        outside = _outside(grid, component, field, len(grid.nodes.id))
        yield from _found(FindingCode.UNKNOWN_NODE, grid, component, field, outside)
    for component, field in _BRANCH_POSITIONS:
        outside = _outside(grid, component, field, len(grid.branches.id))
        yield from _found(FindingCode.UNKNOWN_BRANCH, grid, component, field, outside)
    same = grid.branches.from_node == grid.branches.to_node
    yield from _found(FindingCode.BOTH_ENDS_AT_ONE_NODE, grid, "branches", "to_node", same)


def _kinds(grid: Grid) -> Iterator[Finding]:
    kind = grid.branches.kind
    unknown = ~np.isin(kind, [int(value) for value in BranchKind])
    yield from _found(FindingCode.SWITCH_BRANCH_MISMATCH, grid, "branches", "kind", unknown)
    tables = (
        ("switches", "kind", SwitchKind, BranchKind.SWITCH, FindingCode.SWITCH_BRANCH_MISMATCH),
        ("transformers", "ownership", Ownership, BranchKind.TRANSFORMER, FindingCode.TRANSFORMER_BRANCH_MISMATCH),
    )
    for component, field, values, branch_kind, code in tables:
        table = getattr(grid, component)
        unknown = ~np.isin(getattr(table, field), [int(value) for value in values])
        yield from _found(code, grid, component, field, unknown)
        known = ~_outside(grid, component, "branch", len(kind))
        other = known.copy()
        other[known] = kind[table.branch[known]] != branch_kind
        yield from _found(code, grid, component, "branch", other)
        missing = kind == branch_kind
        missing[table.branch[known]] = False
        yield from _found(code, grid, "branches", "kind", missing)


def _numbers(grid: Grid) -> Iterator[Finding]:
    for component, field in _QUANTITIES:
        values = getattr(getattr(grid, component), field)
        yield from _found(FindingCode.NEGATIVE_NUMBER, grid, component, field, (values < 0) | np.isinf(values))


def _supply(grid: Grid) -> Iterator[Finding]:
    alone = np.ones(len(grid.nodes.id), dtype=np.bool_)
    for ends in (grid.branches.from_node, grid.branches.to_node, grid.sources.node):
        alone[ends] = False
    if not len(grid.sources.node):
        yield Finding(code=FindingCode.NO_SOURCE, component="sources", field="node", ids=())
    else:
        topology = compile_topology(grid)
        supplied = energized_sections(topology, closed=normal_state(topology))[topology.load_section]
        yield from _found(FindingCode.NOT_SUPPLIED, grid, "loads", "node", ~supplied)
    yield from _found(FindingCode.ISOLATED_NODE, grid, "nodes", "id", alone)


def _switch_loops(grid: Grid) -> Iterator[Finding]:
    topology = compile_topology(grid)
    names = _names(grid, "switches")
    for loop in find_loops(topology, closed=normal_state(topology)):
        code = FindingCode.SUPPLIED_TWICE if loop.joins_sources else FindingCode.CLOSED_LOOP
        ids = tuple(names[switch] for switch in loop.switches)
        yield Finding(code=code, component="switches", field="normally_closed", ids=ids)
    sections, count = np.unique(topology.source_section, return_counts=True)
    for section in sections[count > 1]:
        yield from _found(FindingCode.SUPPLIED_TWICE, grid, "sources", "node", topology.source_section == section)


def _line_loops(grid: Grid) -> Iterator[Finding]:
    """Loops that no switch could open."""
    a, b = grid.branches.from_node, grid.branches.to_node
    fixed = np.ones(len(a), dtype=np.bool_)
    fixed[grid.switches.branch] = False
    fixed &= a != b
    pair = np.minimum(a, b).astype(np.int64) * len(grid.nodes.id) + np.maximum(a, b)
    candidates = np.flatnonzero(fixed)
    _, first = np.unique(pair[candidates], return_index=True)
    single = np.zeros(len(a), dtype=np.bool_)
    single[candidates[first]] = True
    graph = Adjacency(*_kernels.connect(a, b, len(grid.nodes.id)))
    forest = Forest.over(graph, single, roots=np.empty(0, dtype=np.int32))
    branch = np.arange(len(a), dtype=np.int32)
    names = _names(grid, "branches")
    in_forest = (forest.parent_edge[a] == branch) | (forest.parent_edge[b] == branch)
    for closing in np.flatnonzero(single & ~in_forest).tolist():
        around, _ = forest.between(int(a[closing]), int(b[closing]), closing=closing)
        ids = tuple(names[edge] for edge in around)
        yield Finding(code=FindingCode.CLOSED_LOOP, component="branches", field="to_node", ids=ids)


_T = TypeVar("_T")


def _without_wrong_positions(grid: Grid) -> Grid:
    """The grid without the rows that point outside their table, and without what pointed at those."""
    node_count, branch_count = len(grid.nodes.id), len(grid.branches.id)
    keep = ~(_outside(grid, "branches", "from_node", node_count) | _outside(grid, "branches", "to_node", node_count))
    moved = np.cumsum(keep, dtype=np.int32) - np.int32(1)

    def following(component: str, field: str) -> Any:
        table = getattr(grid, component)
        inside = ~_outside(grid, component, field, branch_count)
        positions = getattr(table, field)
        inside[inside] = keep[positions[inside]]
        kept = _rows(table, inside)
        return replace(kept, **{field: moved[getattr(kept, field)]})

    return Grid(
        nodes=grid.nodes,
        branches=_rows(grid.branches, keep),
        switches=following("switches", "branch"),
        transformers=following("transformers", "branch"),
        loads=_rows(grid.loads, ~_outside(grid, "loads", "node", node_count)),
        sources=_rows(grid.sources, ~_outside(grid, "sources", "node", node_count)),
        feeders=following("feeders", "head_branch"),
    )


def _rows(table: _T, keep: Flags) -> _T:
    columns = {field.name: getattr(table, field.name)[keep] for field in fields(table)}  # type: ignore[arg-type]
    for column in columns.values():
        column.setflags(write=False)
    return replace(table, **columns)  # type: ignore[type-var]
