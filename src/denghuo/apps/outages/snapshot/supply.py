"""What the replayed log says of each event, as one summary a row. The seam between the log's arrays and outages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.network import queries as network


@dataclass(frozen=True, kw_only=True)
class SupplySummary:
    """One event: from the first loss to the last return, how many were out, and for how long in all."""

    number: str
    device_code: str
    feeder_id: int | None
    started_at: datetime
    restored_at: datetime | None
    load_count: int
    mv_users: int
    lv_customers: int
    mv_user_hours: float | None
    lv_customer_hours: float | None
    supply_digest: str


def supply_digests(network_id: int) -> dict[str, str]:
    """A mark of every event by number, of all that its summary and its intervals are made of: who and how many were out
    from when to when, by which rows of the log, on which line. Sums may stay while these change.
    """
    snapshot, told = network.network_snapshot(network_id), network.log_snapshot(network_id)
    out, loads = told.replayed.interruptions, snapshot.grid.loads
    rows = np.flatnonzero(~np.isnat(out.start) & (out.event >= 0))
    load, event = out.load[rows], out.event[rows]
    opened_by, closed_by = (
        np.where(column[rows] >= 0, told.log.id[column[rows]], -1) if len(told.log.id) else column[rows]
        for column in (out.opened_by, out.closed_by)
    )
    columns = [snapshot.load_pk[load], out.start[rows], out.end[rows], opened_by, closed_by]
    columns += [
        loads.mv_users[load],
        loads.lv_customers[load],
        _feeders(network_id, snapshot, told)[out.opened_by[rows]],
    ]
    marks = np.zeros(len(told.event_numbers), dtype=np.uint64)
    np.add.at(marks, event, _mixed(columns))
    return {told.event_numbers[code]: f"{marks[code]:016x}" for code in np.unique(event).tolist()}


def _mixed(columns: Iterable[NDArray[np.generic]]) -> NDArray[np.uint64]:
    """Each row of 64-bit columns as one number in which every bit counts, so that sums of them tell rows apart."""
    mark: NDArray[np.uint64] = np.uint64(0x9E3779B97F4A7C15)  # type: ignore[assignment]
    for column in columns:
        mark = (mark ^ column.astype(np.int64).view(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
        mark = (mark ^ (mark >> np.uint64(30))) * np.uint64(0x94D049BB133111EB)
        mark ^= mark >> np.uint64(31)
    return mark


def _feeders(network_id: int, snapshot: network.NetworkSnapshot, told: network.LogSnapshot) -> NDArray[np.int64]:
    """Key of the line of the device of each row of the log, -1 for none; the last, one more, stands for no row."""
    feeder_ids = np.array([*network.feeder_ids(network_id), -1], dtype=np.int64)
    of_switch = np.append(feeder_ids[snapshot.feeder_of_switch], -1)
    return np.append(of_switch[told.log.switch], -1)


def supply_summaries(network_id: int, *, numbers: Iterable[str], digests: dict[str, str]) -> dict[str, SupplySummary]:
    """Summaries of these events, by number. User-hours are None while an event lasts."""
    snapshot, told = network.network_snapshot(network_id), network.log_snapshot(network_id)
    feeders = _feeders(network_id, snapshot, told)
    summaries = {}
    for number in numbers:
        rows = told.rows_of(number)
        rows = rows[~np.isnat(told.replayed.interruptions.start[rows])]
        summaries[number] = _summary(snapshot, told, rows, feeders, number, digests[number])
    return summaries


def _summary(
    snapshot: network.NetworkSnapshot,
    told: network.LogSnapshot,
    rows: NDArray[np.int64],
    feeders: NDArray[np.int64],
    number: str,
    digest: str,
) -> SupplySummary:
    out, loads = told.replayed.interruptions, snapshot.grid.loads
    lasting = bool(np.isnat(out.end[rows]).any())
    hours = (out.end[rows] - out.start[rows]) / np.timedelta64(1, "h")
    opened_by = int(out.opened_by[rows][np.argmin(out.start[rows])])
    switch = int(told.log.switch[opened_by]) if opened_by >= 0 else -1
    started_at = network.from_datetime64(out.start[rows].min())
    assert started_at is not None  # an interruption always has a beginning
    distinct = np.unique(out.load[rows])
    return SupplySummary(
        number=number,
        device_code=str(snapshot.grid.switch_id[switch]) if switch >= 0 else "",
        feeder_id=int(feeders[opened_by]) if feeders[opened_by] >= 0 else None,
        started_at=started_at,
        restored_at=None if lasting else network.from_datetime64(out.end[rows].max()),
        load_count=len(distinct),
        mv_users=int(loads.mv_users[distinct].sum()),
        lv_customers=int(loads.lv_customers[distinct].sum()),
        mv_user_hours=None if lasting else float((hours * loads.mv_users[out.load[rows]]).sum()),
        lv_customer_hours=None if lasting else float((hours * loads.lv_customers[out.load[rows]]).sum()),
        supply_digest=digest,
    )
