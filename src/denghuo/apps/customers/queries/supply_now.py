"""Whether a customer has supply now, as the network tells it."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from denghuo.apps.network.queries import from_datetime64, log_snapshot, network_snapshot, state_now
from denghuo.apps.network.queries.changes import network_of_unit


@dataclass(frozen=True, kw_only=True)
class SupplyNow:
    """The load of a customer: what it is called, whether it is lit (None: the network does not know it), and if not,
    since when (None: since before the log began) and in which event."""

    load_code: str
    load_name: str
    area: str
    line_name: str
    lit: bool | None
    since_at: datetime | None = None
    event_number: str = ""


def supply_now(unit_id: int, load_code: str) -> SupplyNow | None:
    """How the load with this code stands; None: no load is named."""
    if not load_code:
        return None
    network = network_of_unit(unit_id)
    if network is None:
        return SupplyNow(load_code=load_code, load_name="", area="", line_name="", lit=None)
    snapshot = network_snapshot(network.pk)
    grid = snapshot.grid
    place = grid.load_position.get(load_code)
    if place is None:
        return SupplyNow(load_code=load_code, load_name="", area="", line_name="", lit=None)
    feeder = int(snapshot.feeder_of_load[place])
    lit = bool(state_now(network.pk).section_energized[snapshot.topology.load_section[place]])
    since_at, event = (None, "") if lit else _out_since(network.pk, place)
    return SupplyNow(
        load_code=load_code,
        load_name=str(grid.loads.name[place]),
        area=str(grid.loads.area[place]),
        line_name=str(grid.feeders.name[feeder]) if feeder >= 0 else "",
        lit=lit,
        since_at=since_at,
        event_number=event,
    )


def _out_since(network_id: int, load: int) -> tuple[datetime | None, str]:
    """Since when a load is out, and in which event."""
    told = log_snapshot(network_id)
    out = told.replayed.interruptions
    rows = np.flatnonzero((out.load == load) & np.isnat(out.end))
    if not len(rows):
        return None, ""
    event = int(out.event[rows[-1]])
    return from_datetime64(out.start[rows[-1]]), told.event_numbers[event] if event >= 0 else ""
