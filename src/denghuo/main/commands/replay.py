"""`denghuo replay`: the interruptions of every load that follow from a switching log."""

import argparse
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from denghuo.adapters.tables import SwitchingRows, TableError, read_switching_log
from denghuo.engines.grid import Grid
from denghuo.engines.topology import Replay, ReplayCode, SwitchingLog, compile_topology, replay, state_before
from denghuo.main.commands._network import Names, add_model_argument, load_network
from denghuo.main.commands._output import UserError, add_examples, add_json_argument, emit

NAME = "replay"
HELP = "the interruptions of every load that follow from a switching log"

_MEANING = {
    ReplayCode.UNKNOWN_DEVICE: "there is no such switching device; the row changes nothing",
    ReplayCode.NO_TIME: "the row has no time; it changes nothing",
    ReplayCode.AFTER_END: "the row lies at or after the end asked for; it changes nothing",
    ReplayCode.ALREADY_OPEN: "the device was open already",
    ReplayCode.ALREADY_CLOSED: "the device was closed already",
    ReplayCode.BEGINS_MIDWAY: "the first row of this device puts it where it normally is: it moved before, or never",
    ReplayCode.STARTS_UNSUPPLIED: "some loads are without supply before the first row",
    ReplayCode.CLOSES_LOOP: "this closes a loop",
    ReplayCode.JOINS_SOURCES: "this joins two sources",
    ReplayCode.SAME_INSTANT: "a row of another event has the same time",
    ReplayCode.NO_EVENT: "this takes supply away but names no event",
}
_NOT_APPLIED = frozenset((ReplayCode.UNKNOWN_DEVICE, ReplayCode.NO_TIME))
_SUGGESTIONS = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model_argument(parser)
    parser.add_argument(
        "log", metavar="LOG", help="the switching log, .csv or .xlsx: device, operation (open or close), time, event"
    )
    parser.add_argument(
        "--timezone", metavar="ZONE", default="Asia/Shanghai", help="of times without an offset (default %(default)s)"
    )
    parser.add_argument("--until", metavar="TIME", help="leave out what is not earlier, such as 2026-05-01T00:00")
    add_json_argument(parser)
    add_examples(
        parser,
        "denghuo replay network.xlsx log.csv",
        "denghuo replay network.xlsx log.csv --until 2026-05-01 --timezone Asia/Urumqi --json",
        "denghuo import --template log.xlsx --kind log       an empty log to fill in",
        note="Rows may stand in any order; those of the same time count in the order of the file.\n"
        "Exit code: 0 every row was applied; 1 some could not be, the findings say which; 2 it could not be tried.",
    )


def run(args: argparse.Namespace) -> int:
    """Replay and print: 0 every row asked for was applied, 1 some could not be."""
    zone = _zone(args.timezone)
    grid = load_network(args.model)
    try:
        rows = read_switching_log(args.log, timezone=args.timezone)
    except TableError as error:
        raise UserError(str(error)) from error
    events = sorted(set(rows.event.tolist()) - {""})
    devices = Names(grid.switch_position)
    log = _log(grid, rows, events, devices)
    topology = compile_topology(grid)
    # What the first rows contradict was so before the log began: an outage it begins in is told, with no beginning.
    played = replay(topology, log, initial_closed=state_before(topology, log), until=_until(args.until, zone))
    shown = _shown(grid, rows, events, played, zone)
    emit({**shown, "findings": _findings(rows, played, devices)}, as_json=args.as_json)
    return 1 if rows.left_out or any(finding.code in _NOT_APPLIED for finding in played.findings) else 0


def _log(grid: Grid, rows: SwitchingRows, events: list[str], devices: Names) -> SwitchingLog:
    number = {event: code for code, event in enumerate(events)} | {"": -1}
    found = (devices.find(name) for name in rows.device.tolist())
    return SwitchingLog(
        switch=np.array([-1 if name is None else grid.switch_position[name] for name in found], dtype=np.int32),
        closes=rows.closes,
        at=rows.at,
        event=np.array([number[event] for event in rows.event.tolist()], dtype=np.int64),
        id=rows.row,
    )


def _shown(grid: Grid, rows: SwitchingRows, events: list[str], played: Replay, zone: ZoneInfo) -> dict[str, Any]:
    found, loads = played.interruptions, grid.loads
    hours = (found.end - found.start) / np.timedelta64(1, "h")
    return {
        "summary": {
            "operations": len(rows.row),
            "rows_left_out": rows.left_out,
            "interruptions": len(found.load),
            "begun_before_the_log": int(np.isnat(found.start).sum()),
            "not_yet_restored": int(np.isnat(found.end).sum()),
            "mv_user_hours": float(np.nansum(hours * loads.mv_users[found.load])),
            "lv_customer_hours": float(np.nansum(hours * loads.lv_customers[found.load])),
        },
        "interruptions": [
            {
                "load": str(loads.id[load]),
                "event": events[found.event[at]] if found.event[at] >= 0 else None,
                "start": _instant(found.start[at], zone),
                "end": _instant(found.end[at], zone),
                "hours": float(hours[at]),
                "mv_users": int(loads.mv_users[load]),
                "lv_customers": int(loads.lv_customers[load]),
                "opened_by_row": _row(rows, found.opened_by[at]),
                "closed_by_row": _row(rows, found.closed_by[at]),
            }
            for at, load in enumerate(found.load.tolist())
        ],
    }


def _findings(rows: SwitchingRows, played: Replay, devices: Names) -> list[dict[str, Any]]:
    """What is wrong with single rows, then what the replay says of the others."""
    unknown = [str(rows.device[one.row]) for one in played.findings if one.code == ReplayCode.UNKNOWN_DEVICE]
    hints = {name: f"; there is {devices.near(name)}" for name in list(dict.fromkeys(unknown))[:_SUGGESTIONS]}
    bad = [{"code": one.code.value, "row": one.row, "device": None, "meaning": str(one)} for one in rows.problems]
    odd = [
        {
            "code": one.code.value,
            "row": _row(rows, one.row),
            "device": str(rows.device[one.row]) if one.row >= 0 else None,
            "meaning": _MEANING[one.code] + (hints.get(str(rows.device[one.row]), "") if one.row >= 0 else ""),
        }
        for one in played.findings
    ]
    return bad + odd


def _row(rows: SwitchingRows, position: int) -> int | None:
    """The row of the file, None before the first."""
    return int(rows.row[position]) if position >= 0 else None


def _instant(value: np.datetime64, zone: ZoneInfo) -> str | None:
    if np.isnat(value):
        return None
    at: dt.datetime = value.astype("datetime64[us]").item()
    return at.replace(tzinfo=dt.UTC).astimezone(zone).isoformat()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UserError(f"{name} is no time zone; write one such as Asia/Shanghai") from error


def _until(text: str | None, zone: ZoneInfo) -> np.datetime64 | None:
    if text is None:
        return None
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"--until {text} is no time; write one such as 2024-05-01T08:30+08:00") from error
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return np.datetime64(at.astimezone(dt.UTC).replace(tzinfo=None), "us")
