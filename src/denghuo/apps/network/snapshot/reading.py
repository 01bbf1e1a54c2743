"""Rows of the network become the engine's arrays.

Building a grid from ten thousand rows takes a moment, so snapshots are kept under the network's keys: a change draws a
new key, and the old snapshot is never asked for again, nor is one of a change that was taken back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import BigIntegerField, Func, QuerySet
from numpy.typing import NDArray

from denghuo.apps.network.models import (
    Branch,
    Feeder,
    Load,
    Network,
    Node,
    Source,
    Switch,
    SwitchingOperation,
    Transformer,
)
from denghuo.engines.grid import Grid, build_grid
from denghuo.engines.topology import (
    Replay,
    SwitchingLog,
    Topology,
    compile_topology,
    derive_feeders,
    feeder_of_section,
    normal_state,
    replay,
)

_KEPT_NETWORKS = 8
_FLOATS = frozenset(
    [
        "base_kv",
        "x",
        "y",
        "length_km",
        "rating_kva",
        "failure_rate_per_year",
        "repair_h",
        "operating_h",
        "rated_kva",
        "kva",
        "kw",
        "capacity_kva",
    ]
)


@dataclass(frozen=True, kw_only=True)
class NetworkSnapshot:
    """One revision of one network as arrays, with the keys that lead back to rows."""

    network_id: int
    revision: int
    topology: Topology
    load_pk: NDArray[np.int64]
    feeder_of_load: NDArray[np.int32]

    @property
    def grid(self) -> Grid:
        """The network as the engines see it."""
        return self.topology.grid

    @cached_property
    def feeder_of_switch(self) -> NDArray[np.int32]:
        """The line each device normally belongs to, the head of a line to that line; -1 where it is normally dead."""
        feeder = feeder_of_section(self.topology, closed=normal_state(self.topology))
        near, far = feeder[self.topology.switch_from_section], feeder[self.topology.switch_to_section]
        found = np.where(near >= 0, np.maximum(near, far), far).astype(np.int32)
        head = self.grid.switch_of_branch[self.grid.feeders.head_branch]
        found[head[head >= 0]] = np.flatnonzero(head >= 0)
        return found


@dataclass(frozen=True, kw_only=True)
class LogSnapshot:
    """The valid rows of a switching log as arrays; ``event_numbers`` names the codes in ``log.event``."""

    log: SwitchingLog
    event_numbers: tuple[str, ...]
    replayed: Replay

    def rows_of(self, event_number: str) -> NDArray[np.int64]:
        """Which of the replayed interruptions belong to an event, in their order."""
        code = self._code_of.get(event_number)
        if code is None:
            return np.empty(0, dtype=np.int64)
        order, event = self._by_event
        return order[np.searchsorted(event, code) : np.searchsorted(event, code, side="right")]

    @cached_property
    def _code_of(self) -> dict[str, int]:
        return {number: code for code, number in enumerate(self.event_numbers)}

    @cached_property
    def _by_event(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        event = self.replayed.interruptions.event
        order = np.argsort(event, kind="stable")
        return order, event[order]


def network_snapshot(network_id: int) -> NetworkSnapshot:
    """The present revision of a network as arrays."""
    revision, key = Network.objects.values_list("revision", "model_key").get(pk=network_id)
    return _network_snapshot(network_id, revision, key)


@lru_cache(maxsize=_KEPT_NETWORKS)
def _network_snapshot(network_id: int, revision: int, _key: UUID) -> NetworkSnapshot:
    grid, load_pk = _grid_of(network_id)
    grid = derive_feeders(grid)
    topology = compile_topology(grid)
    feeder = feeder_of_section(topology, closed=normal_state(topology))
    return NetworkSnapshot(
        network_id=network_id,
        revision=revision,
        topology=topology,
        load_pk=load_pk,
        feeder_of_load=feeder[topology.load_section],
    )


def _columns(rows: QuerySet[Any], **names: str) -> dict[str, list[Any]]:
    """Columns by name from a query; ``names`` maps a column to the field it is read from."""
    values = list(rows.values_list(*names.values()))
    columns = [list(column) for column in zip(*values, strict=True)] if values else [[] for _ in names]
    table = dict(zip(names, columns, strict=True))
    for name in _FLOATS & table.keys():
        table[name] = [np.nan if value is None else value for value in table[name]]
    return table


def _to_positions(table: dict[str, list[Any]], pks: list[int], *names: str) -> dict[str, list[Any]]:
    position = {pk: index for index, pk in enumerate(pks)}
    for name in names:
        table[name] = [position[pk] for pk in table[name]]
    return table


def _current(model: type[Any], network_id: int) -> QuerySet[Any]:
    rows: QuerySet[Any] = model._default_manager.filter(network_id=network_id, retired_at=None).order_by("pk")
    return rows


def _of_branch(model: type[Any], network_id: int) -> QuerySet[Any]:
    rows = model._default_manager.filter(branch__network_id=network_id, branch__retired_at=None)
    ordered: QuerySet[Any] = rows.order_by("branch_id")
    return ordered


def _grid_of(network_id: int) -> tuple[Grid, NDArray[np.int64]]:
    nodes = _columns(_current(Node, network_id), pk="pk", id="code", name="name", base_kv="base_kv", x="x", y="y")
    node_pk = nodes.pop("pk")
    measures = {name: name for name in ("length_km", "rating_kva", "failure_rate_per_year", "repair_h")}
    branches = _columns(
        _current(Branch, network_id),
        pk="pk",
        id="code",
        name="name",
        from_node="from_node_id",
        to_node="to_node_id",
        kind="kind",
        **measures,
    )
    branch_pk = branches.pop("pk")
    flags = {name: name for name in ("kind", "normally_closed", "remote", "operating_h")}
    switches = _columns(_of_branch(Switch, network_id), branch="branch_id", **flags)
    transformers = _columns(
        _of_branch(Transformer, network_id), branch="branch_id", rated_kva="rated_kva", ownership="ownership"
    )
    counts = {name: name for name in ("mv_users", "lv_customers", "kva", "kw", "area")}
    loads = _columns(_current(Load, network_id), pk="pk", id="code", name="name", node="node_id", **counts)
    load_pk = loads.pop("pk")
    sources = _columns(
        _current(Source, network_id), id="code", name="name", node="node_id", capacity_kva="capacity_kva"
    )
    feeders = _columns(_current(Feeder, network_id), id="code", name="name", head_branch="head_branch_id")
    grid = build_grid(
        nodes=nodes,
        branches=_to_positions(branches, node_pk, "from_node", "to_node"),
        switches=_to_positions(switches, branch_pk, "branch"),
        transformers=_to_positions(transformers, branch_pk, "branch"),
        loads=_to_positions(loads, node_pk, "node"),
        sources=_to_positions(sources, node_pk, "node"),
        feeders=_to_positions(feeders, branch_pk, "head_branch"),
    )
    return grid, np.array(load_pk, dtype=np.int64)


def log_snapshot(network_id: int) -> LogSnapshot:
    """The whole log of a network, replayed to its end. What is still out has no end."""
    revision, model_key, log_key = Network.objects.values_list("revision", "model_key", "log_key").get(pk=network_id)
    return _log_snapshot(network_id, revision, model_key, log_key)


@lru_cache(maxsize=_KEPT_NETWORKS)
def _log_snapshot(network_id: int, revision: int, model_key: UUID, _log_key: UUID) -> LogSnapshot:
    snapshot = _network_snapshot(network_id, revision, model_key)
    log, numbers = switching_log(snapshot, valid_operations(network_id))
    return LogSnapshot(log=log, event_numbers=numbers, replayed=replay(snapshot.topology, log))


def valid_operations(network_id: int) -> QuerySet[SwitchingOperation]:
    """The rows of a log that stand: neither replaced by a later row nor taken out."""
    return SwitchingOperation.objects.filter(network_id=network_id, corrected_by=None, void=False)


def switching_log(
    snapshot: NetworkSnapshot, operations: QuerySet[SwitchingOperation]
) -> tuple[SwitchingLog, tuple[str, ...]]:
    """Rows as the engine's log. An opening told without an event is an event of its own, named after its row."""
    rows = operations.annotate(us=Microseconds("operated_at")).order_by("operated_at", "pk")
    told = list(rows.values_list("pk", "device_code", "closes", "us", "event_number"))
    pks, devices, closes, us, _numbers = zip(*told, strict=True) if told else ((), (), (), (), ())
    position = snapshot.grid.switch_position
    names = [number or ("" if closed else f"OP-{pk}") for pk, _, closed, _, number in told]
    codes = {name: code for code, name in enumerate(dict.fromkeys(["", *names]), start=-1)}
    log = SwitchingLog(
        id=np.array(pks, dtype=np.int64),
        switch=np.array([position.get(device, -1) for device in devices], dtype=np.int32),
        closes=np.array(closes, dtype=np.bool_),
        at=np.array(us, dtype=np.int64).view("datetime64[us]"),
        event=np.array([codes[name] for name in names], dtype=np.int64),
    )
    return log, tuple(codes)[1:]


class Microseconds(Func):
    """An instant as whole microseconds since 1970, worked out by the database: a hundred thousand are read at once.

    PostgreSQL keeps instants, SQLite text. A Julian day is exact to a second, not to a microsecond; asking strftime
    instead takes five times as long.
    """

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """From Django's text of an instant."""
        seconds = "CAST((julianday(substr(%(expressions)s, 1, 19)) - 2440587.5) * 86400.0 + 0.5 AS INTEGER)"
        template = f"({seconds} * 1000000 + CAST(substr(%(expressions)s, 21, 6) AS INTEGER))"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """From an instant."""
        template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) * 1000000 AS BIGINT)"
        return self.as_sql(compiler, connection, template=template, **context)


def to_datetime64(instants: Iterable[datetime]) -> NDArray[np.datetime64]:
    """Aware instants as UTC microseconds, the way engines take them."""
    return np.array([instant.astimezone(UTC).replace(tzinfo=None) for instant in instants], dtype="datetime64[us]")


def from_datetime64(instant: np.datetime64) -> datetime | None:
    """An engine's instant as an aware datetime; NaT (not yet) is None."""
    if np.isnat(instant):
        return None
    plain: datetime = instant.astype("datetime64[us]").item()
    return plain.replace(tzinfo=UTC)
