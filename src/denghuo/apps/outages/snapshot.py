"""What the replayed log says of each event, as one summary a row. The seam between the log's arrays and outages."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import numpy as np

from denghuo.apps.network import queries as network


@dataclass(frozen=True, kw_only=True)
class SupplySummary:
    """One event: from the first loss to the last return, how many were out, and for how long in all."""

    number: str
    device_code: str
    feeder_position: int
    started_at: datetime
    restored_at: datetime | None
    load_count: int
    mv_users: int
    lv_customers: int
    mv_user_hours: float | None
    lv_customer_hours: float | None
    supply_digest: str


def supply_summaries(network_id: int) -> dict[str, SupplySummary]:
    """Summaries of all events of a network, by number. User-hours are None while an event lasts."""
    snapshot, told = network.network_snapshot(network_id), network.log_snapshot(network_id)
    out = told.replayed.interruptions
    begun = np.flatnonzero(~np.isnat(out.start))
    order = begun[np.argsort(out.event[begun], kind="stable")]
    if not len(order):
        return {}
    events, first = np.unique(out.event[order], return_index=True)
    rows_of = np.split(order, first[1:])
    return {
        told.event_numbers[event]: _summary(snapshot, told, rows, told.event_numbers[event])
        for event, rows in zip(events.tolist(), rows_of, strict=True)
        if event >= 0
    }


def _summary(
    snapshot: network.NetworkSnapshot, told: network.LogSnapshot, rows: np.ndarray, number: str
) -> SupplySummary:
    out, loads = told.replayed.interruptions, snapshot.grid.loads
    lasting = bool(np.isnat(out.end[rows]).any())
    hours = (out.end[rows] - out.start[rows]) / np.timedelta64(1, "h")
    opened_by = out.opened_by[rows][np.argmin(out.start[rows])]
    switch = int(told.log.switch[opened_by]) if opened_by >= 0 else -1
    started_at = network.from_datetime64(out.start[rows].min())
    assert started_at is not None  # an interruption always has a beginning
    distinct = np.unique(out.load[rows])
    return SupplySummary(
        number=number,
        device_code=str(snapshot.grid.switch_id[switch]) if switch >= 0 else "",
        feeder_position=int(snapshot.feeder_of_switch[switch]) if switch >= 0 else -1,
        started_at=started_at,
        restored_at=None if lasting else network.from_datetime64(out.end[rows].max()),
        load_count=len(distinct),
        mv_users=int(loads.mv_users[distinct].sum()),
        lv_customers=int(loads.lv_customers[distinct].sum()),
        mv_user_hours=None if lasting else float((hours * loads.mv_users[out.load[rows]]).sum()),
        lv_customer_hours=None if lasting else float((hours * loads.lv_customers[out.load[rows]]).sum()),
        supply_digest=_digest(snapshot, told, rows),
    )


def _digest(snapshot: network.NetworkSnapshot, told: network.LogSnapshot, rows: np.ndarray) -> str:
    """A mark of who was out from when to when and by which rows of the log; sums may stay while these change."""
    out = told.replayed.interruptions
    rows_of_log = [
        np.where(column[rows] >= 0, told.log.id[column[rows]], -1) for column in (out.opened_by, out.closed_by)
    ]
    columns = [snapshot.load_pk[out.load[rows]], out.start[rows], out.end[rows], *rows_of_log]
    order = np.lexsort((out.start[rows].view(np.int64), columns[0]))
    digest = blake2b(digest_size=16)
    for column in columns:
        digest.update(np.ascontiguousarray(column[order]).tobytes())
    return digest.hexdigest()
