"""Rows of the network become the engine's arrays, and a grid becomes rows. The only seam."""

from denghuo.apps.network.snapshot.reading import (
    LogSnapshot,
    NetworkSnapshot,
    from_datetime64,
    log_snapshot,
    network_snapshot,
    switching_log,
    to_datetime64,
    valid_operations,
)
from denghuo.apps.network.snapshot.storing import TableChanges, compare_grid, store_grid

__all__ = [
    "LogSnapshot",
    "NetworkSnapshot",
    "TableChanges",
    "compare_grid",
    "from_datetime64",
    "log_snapshot",
    "network_snapshot",
    "store_grid",
    "switching_log",
    "to_datetime64",
    "valid_operations",
]
