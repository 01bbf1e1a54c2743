"""Who is supplied: the loads of several networks end to end, and who is served by line and by area."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.continuity.snapshot import remembered
from denghuo.apps.network import queries as network
from denghuo.engines.reliability import Served

_KEPT_LOADS = 8


@dataclass(frozen=True)
class Loads:
    """The loads of several networks as columns. ``feeder_id`` is -1 where a load has no line."""

    network_id: NDArray[np.int64]
    pk: NDArray[np.int64]
    code: NDArray[np.str_]
    name: NDArray[np.str_]
    area: NDArray[np.str_]
    feeder_id: NDArray[np.int64]
    mv_users: NDArray[np.int64]
    lv_customers: NDArray[np.int64]
    kva: NDArray[np.float64]

    def served(self, code: NDArray[Any] | None = None, count: int = 1) -> Served:
        """Who is served: in all, or by a code per load."""
        if code is None:
            return Served(mv_users=self.mv_users.sum(), lv_customers=self.lv_customers.sum(), kva=np.nansum(self.kva))
        known = code >= 0

        def total(values: NDArray[Any]) -> NDArray[Any]:
            return np.bincount(code[known], weights=np.nan_to_num(values[known]), minlength=count)

        return Served(mv_users=total(self.mv_users), lv_customers=total(self.lv_customers), kva=total(self.kva))

    @cached_property
    def feeders(self) -> dict[int, str]:
        """The lines by key, with their names."""
        ids = np.unique(self.feeder_id[self.feeder_id >= 0]).tolist()
        names = network.feeder_names(ids)
        return {pk: names[pk] for pk in ids}

    @cached_property
    def network_of_feeder(self) -> dict[int, int]:
        """The network that each line belongs to."""
        feeders, first = np.unique(self.feeder_id, return_index=True)
        return dict(zip(feeders.tolist(), self.network_id[first].tolist(), strict=True))

    @cached_property
    def areas(self) -> dict[str, tuple[int, str]]:
        """The areas by key, each with its network and name; two networks may have areas of one name.

        The empty name stands for loads of no area.
        """
        pairs = sorted(set(zip(self.network_id.tolist(), self.area.tolist(), strict=True)))
        return {f"{network_id}:{name}": (network_id, name) for network_id, name in pairs}

    @cached_property
    def area_code(self) -> NDArray[np.int64]:
        """Position of each load's area in ``areas``."""
        at = {pair: position for position, pair in enumerate(self.areas.values())}
        pairs = zip(self.network_id.tolist(), self.area.tolist(), strict=True)
        return np.array([at[pair] for pair in pairs], dtype=np.int64)

    def position_of(self, load_id: NDArray[np.int64]) -> NDArray[np.int64]:
        """Position of each load by key; -1 for those that have left the networks."""
        order = self._by_pk
        return np.where((found := code_of(self.pk[order], load_id)) >= 0, order[found] if len(order) else found, -1)

    @cached_property
    def _by_pk(self) -> NDArray[np.int64]:
        return np.argsort(self.pk).astype(np.int64)


def code_of(values: NDArray[Any], column: NDArray[Any]) -> NDArray[np.int64]:
    """Position of each value in a sorted list, -1 where it is not in it."""
    if not len(values):
        return np.full(len(column), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(values, column), len(values) - 1)
    return np.where(values[at] == column, at, -1)


@remembered(_KEPT_LOADS)
def loads_of(revisions: tuple[tuple[int, int], ...]) -> Loads:
    """The loads of these networks, each in its present revision (which only tells one import from the next)."""
    parts = [_part(network_id) for network_id, _ in revisions]
    if not parts:
        text, whole = np.empty(0, dtype=np.str_), np.empty(0, dtype=np.int64)
        return Loads(whole, whole, text, text, text, whole, whole, whole, np.empty(0))
    return Loads(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _part(network_id: int) -> tuple[NDArray[Any], ...]:
    snapshot = network.network_snapshot(network_id)
    feeder_ids = np.array([*network.feeder_ids(network_id), -1], dtype=np.int64)
    loads = snapshot.grid.loads
    return (
        np.full(len(loads.id), network_id, dtype=np.int64),
        snapshot.load_pk,
        loads.id,
        loads.name,
        loads.area,
        feeder_ids[snapshot.feeder_of_load],
        loads.mv_users,
        loads.lv_customers,
        loads.kva,
    )
