"""What the log would make of a device that is told to have opened at an instant: asked before it is written down."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from denghuo.apps.network.queries.devices import lasting_events
from denghuo.apps.network.queries.supply import loads_behind, supply_marks
from denghuo.apps.network.snapshot import (
    LogSnapshot,
    from_datetime64,
    log_snapshot,
    network_snapshot,
    to_datetime64,
    valid_operations,
)
from denghuo.engines.topology import Interruptions, SwitchingLog, replay


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What would come of it. ``load_codes`` would lose their supply by it; where there are none, the rest says why.

    ``stands_open``: it is open by the log already, ``open_since`` then (None: that is its normal state). ``closed_at``:
    the log has it closed later than that. ``event_number``: the event that keeps, or kept then, those behind it out.
    """

    load_codes: tuple[str, ...] = ()
    stands_open: bool = False
    open_since: datetime | None = None
    closed_at: datetime | None = None
    event_number: str = ""


def opening_if(network_id: int, *, device_code: str, opened_at: datetime) -> Opening:
    """What would come of a device of the network having opened at an instant of the past."""
    snapshot = network_snapshot(network_id)
    switch = snapshot.grid.switch_position[device_code]
    last = valid_operations(network_id).filter(device_code=device_code).order_by("operated_at", "pk").last()
    if not (last.closes if last else bool(snapshot.grid.switches.normally_closed[switch])):
        number = last.number if last else ""
        lasts = number in lasting_events(network_id)
        since = last.operated_at if last else None
        return Opening(stands_open=True, open_since=since, event_number=number if lasts else "")
    if last and last.operated_at > opened_at:
        return Opening(closed_at=last.operated_at)
    told = log_snapshot(network_id)
    out = replay(snapshot.topology, _with_opening(told, switch, opened_at)).interruptions
    event = len(told.event_numbers)
    lost = np.unique(out.load[out.event == event])
    if len(lost):
        return Opening(load_codes=tuple(snapshot.grid.loads.id[lost].tolist()))
    return Opening(event_number=_event_of(network_id, told, out, device_code, opened_at))


def _with_opening(told: LogSnapshot, switch: int, opened_at: datetime) -> SwitchingLog:
    """The log with one row more, of an event of its own."""
    log, instant = told.log, to_datetime64([opened_at])[0]
    more = {"switch": switch, "closes": False, "at": instant, "event": len(told.event_numbers)}
    columns = {name: np.append(getattr(log, name), value) for name, value in more.items()}
    return replace(log, **columns, id=np.append(log.id, log.id.max(initial=0) + 1))


def _event_of(network_id: int, told: LogSnapshot, out: Interruptions, device_code: str, opened_at: datetime) -> str:
    """The event by which most of those behind a device were without supply at an instant, empty where they had it."""
    position, instant = network_snapshot(network_id).grid.load_position, to_datetime64([opened_at])[0]
    behind = [position[code] for code in loads_behind(network_id, device_codes=[device_code])]
    then = np.isin(out.load, behind) & (out.event >= 0) & ~(out.start > instant) & ~(out.end <= instant)
    found = Counter(told.event_numbers[event] for event in out.event[then].tolist() if event < len(told.event_numbers))
    return found.most_common(1)[0][0] if found else ""


def supplied_since(network_id: int, *, device_code: str) -> datetime | None:
    """When the log last closed a device or gave supply back to somebody behind it, whichever is later: if it is open
    now, it has opened since. None where the log says nothing of the kind."""
    grid = network_snapshot(network_id).grid
    closings = valid_operations(network_id).filter(device_code=device_code, closes=True).order_by("operated_at", "pk")
    closed_at = closings.values_list("operated_at", flat=True).last()
    behind = [grid.load_position[code] for code in loads_behind(network_id, device_codes=[device_code])]
    restored = supply_marks(network_id).restored_at[behind]
    restored = restored[~np.isnat(restored)]
    given_at = from_datetime64(restored.max()) if len(restored) else None
    return max(filter(None, (closed_at, given_at)), default=None)
