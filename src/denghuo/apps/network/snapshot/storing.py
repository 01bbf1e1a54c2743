"""A grid becomes rows: compared by code with what is there, then added, updated, or retired.

Everything is compared in codes, so that the same comparison tells a reader what an import would change before it does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Model

from denghuo.apps.network.models import (
    Branch,
    Feeder,
    Load,
    Network,
    Node,
    Source,
    Switch,
    Transformer,
)
from denghuo.engines.grid import Grid

_BATCH = 1_000

_Rows = dict[str, tuple[Any, ...]]


@dataclass(frozen=True)
class _Table:
    """How a table of the grid lies in the database: its own columns, and those that point at nodes or branches."""

    name: str
    model: type[Model]
    plain: tuple[str, ...]
    nodes: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()

    @property
    def is_side(self) -> bool:
        """Whether its rows have no code of their own but are a side of a branch."""
        return self.branches == ("branch",)


_TABLES = (
    _Table("nodes", Node, ("name", "base_kv", "x", "y")),
    _Table(
        "branches",
        Branch,
        ("name", "kind", "length_km", "rating_kva", "failure_rate_per_year", "repair_h"),
        nodes=("from_node", "to_node"),
    ),
    _Table("switches", Switch, ("kind", "normally_closed", "remote", "operating_h"), branches=("branch",)),
    _Table("transformers", Transformer, ("rated_kva", "ownership"), branches=("branch",)),
    _Table("loads", Load, ("name", "mv_users", "lv_customers", "kva", "kw", "area"), nodes=("node",)),
    _Table("sources", Source, ("name", "capacity_kva"), nodes=("node",)),
    _Table("feeders", Feeder, ("name",), branches=("head_branch",)),
)


@dataclass(frozen=True, kw_only=True)
class TableChanges:
    """What an import does to one table: codes added, changed and retired, and how many rows stay as they are."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    retired: tuple[str, ...]
    same: int


def compare_grid(*, network_id: int | None, grid: Grid) -> dict[str, TableChanges]:
    """What storing a grid would change, by table of the grid. Changes nothing."""
    return {table.name: _compare(_known(network_id, table), _wanted(grid, table)) for table in _TABLES}


def store_grid(*, network: Network, grid: Grid, at: datetime) -> dict[str, TableChanges]:
    """Write what has changed. Called inside the transaction of an action."""
    changes = compare_grid(network_id=network.pk, grid=grid)
    pks: dict[type[Model], dict[str, int]] = {}
    for table in _TABLES:
        wanted, change = _wanted(grid, table), changes[table.name]
        _upsert(network, table, {code: wanted[code] for code in (*change.added, *change.changed)}, pks)
        if table.is_side:
            _take_off(network, table.model, set(change.retired) & pks[Branch].keys() - wanted.keys())
            continue
        _retire(network, table.model, change.retired, at)
        if table.model in (Node, Branch):
            pks[table.model] = {code: pk for code, pk in _keys(network, table.model) if code in wanted}
    return changes


def _wanted(grid: Grid, table: _Table) -> _Rows:
    """The rows of the grid by code: plain values, NaN as None, nodes and branches by their codes."""
    columns = vars(getattr(grid, table.name))
    parts = [_plain(columns[name]) for name in table.plain]
    parts += [grid.nodes.id[columns[name]].tolist() for name in table.nodes]
    parts += [grid.branches.id[columns[name]].tolist() for name in table.branches]
    codes = parts[-1] if table.is_side else columns["id"].tolist()
    return dict(zip(codes, zip(*parts, strict=True), strict=True))


def _plain(values: Any) -> list[Any]:
    listed: list[Any] = values.tolist()
    return [None if np.isnan(value) else value for value in listed] if values.dtype.kind == "f" else listed


def _known(network_id: int | None, table: _Table) -> _Rows:
    """The present rows by code, in the same form."""
    own = "branch__" if table.is_side else ""
    rows = table.model._default_manager.filter(**{f"{own}network_id": network_id, f"{own}retired_at": None})
    pointed = [f"{name}__code" for name in (*table.nodes, *table.branches)]
    values = rows.values_list(f"{own}code", *table.plain, *pointed)
    return {code: tuple(rest) for code, *rest in values.iterator(chunk_size=_BATCH)}


def _compare(known: Mapping[str, tuple[Any, ...]], wanted: Mapping[str, tuple[Any, ...]]) -> TableChanges:
    added = tuple(code for code in wanted if code not in known)
    changed = tuple(code for code, row in wanted.items() if code in known and known[code] != row)
    return TableChanges(
        added=added,
        changed=changed,
        retired=tuple(code for code in known if code not in wanted),
        same=len(wanted) - len(added) - len(changed),
    )


def _upsert(network: Network, table: _Table, rows: _Rows, pks: Mapping[type[Model], Mapping[str, int]]) -> None:
    """Insert rows, or update those of the same code: also one that had been retired and is back."""
    if not rows:
        return
    keys = ("branch",) if table.is_side else ("network", "code")
    updated = {*table.plain, *table.nodes, *table.branches} - {*keys}
    table.model._default_manager.bulk_create(
        _objects(network, table, rows, pks),
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=keys,
        update_fields=sorted(updated if table.is_side else updated | {"retired_at"}),
    )


def _objects(
    network: Network, table: _Table, rows: _Rows, pks: Mapping[type[Model], Mapping[str, int]]
) -> Iterator[Model]:
    pointing = [(name, pks[Node]) for name in table.nodes] + [(name, pks[Branch]) for name in table.branches]
    for code, row in rows.items():
        values = dict(zip(table.plain, row[: len(table.plain)], strict=True))
        for (name, keys), target in zip(pointing, row[len(table.plain) :], strict=True):
            values[f"{name}_id"] = keys[target]
        if not table.is_side:
            values |= {"network": network, "code": code, "retired_at": None}
        yield table.model(**values)


def _keys(network: Network, model: type[Model]) -> Iterable[tuple[str, int]]:
    return model._default_manager.filter(network=network, retired_at=None).values_list("code", "pk")


def _retire(network: Network, model: type[Model], codes: tuple[str, ...], at: datetime) -> None:
    for batch in _batches(codes):
        model._default_manager.filter(network=network, code__in=batch, retired_at=None).update(retired_at=at)


def _take_off(network: Network, model: type[Model], codes: set[str]) -> None:
    """A branch that stays but switches or transforms no more loses that side; a retired branch keeps its own."""
    for batch in _batches(tuple(sorted(codes))):
        model._default_manager.filter(branch__network=network, branch__code__in=batch).delete()


def _batches(codes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(codes), _BATCH):
        yield codes[start : start + _BATCH]
