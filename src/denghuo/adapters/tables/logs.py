"""A switching log as people keep it: which device, closed or opened, when, and in which outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from denghuo.adapters.tables.columns import Choice, Column, ColumnKind, Sheet, fold
from denghuo.adapters.tables.files import Limits, RawTable, open_tables
from denghuo.adapters.tables.problems import ProblemList, RowProblem, TableCode, TableError
from denghuo.adapters.tables.sheets import ERRORS_TITLE, NOTES_TITLES, ReadSheet, nearest, read_sheet
from denghuo.adapters.tables.writing import write_template
from denghuo.engines.grid import Grid
from denghuo.engines.topology import SwitchingLog

__all__ = ["SWITCHING_LOG", "SwitchingRows", "read_single", "read_switching_log", "write_switching_log_template"]

_OPERATIONS = (
    Choice(value=1, zh="合闸", en="close", also=("合", "合上", "闭合", "closed", "投入", "重合")),
    Choice(value=0, zh="分闸", en="open", also=("分", "拉开", "断开", "拉闸", "跳闸", "opened", "trip", "tripped")),
)

SWITCHING_LOG = Sheet(
    name="switching_log",
    zh="操作记录",
    en="Switching log",
    also=("log", "倒闸操作", "操作日志"),
    required=True,
    columns=(
        Column(
            name="device",
            zh="设备编号",
            en="Device",
            kind=ColumnKind.ID,
            required=True,
            also=("开关编号", "开关", "设备", "switch"),
            meaning_zh="开关表中的编号。",
            meaning_en="Number as in the switches sheet.",
            example="CG-K01",
        ),
        Column(
            name="operation",
            zh="操作",
            en="Operation",
            kind=ColumnKind.CHOICE,
            required=True,
            choices=_OPERATIONS,
            also=("操作类型", "动作", "action", "state"),
            meaning_zh="合闸或分闸（跳闸按分闸）。",
            meaning_en="Close or open (a trip is an open).",
            example="分闸",
        ),
        Column(
            name="at",
            zh="时间",
            en="Time",
            kind=ColumnKind.INSTANT,
            required=True,
            also=("操作时间", "发生时间", "at", "datetime", "timestamp"),
            meaning_zh="操作完成的时刻。",
            meaning_en="When the operation was done.",
            example="2024-05-01 08:30",
        ),
        Column(
            name="event",
            zh="停电事件",
            en="Event",
            kind=ColumnKind.ID,
            also=("事件编号", "停电编号", "event no."),
            meaning_zh="同一次停电的各步操作填同一编号。",
            meaning_en="The same number on every step of one outage.",
            example="2024-0001",
        ),
        Column(name="note", zh="备注", en="Note", also=("说明", "remark")),
    ),
    meaning_zh="按发生先后填写；顺序可乱，读取时按时间排列。",
    meaning_en="One row per operation, in any order.",
)


@dataclass(frozen=True, kw_only=True)
class SwitchingRows:
    """The good rows of a switching log, in the order of the file, and everything wrong with the others.

    ``device`` identifier; ``closes`` True for a closing, False for an opening or a trip; ``at`` datetime64[us] UTC;
    ``event`` identifier of the outage, '' none; ``note``; ``row`` row in the file. ``left_out`` counts the bad rows.
    """

    device: NDArray[np.str_]
    closes: NDArray[np.bool_]
    at: NDArray[np.datetime64]
    event: NDArray[np.str_]
    note: NDArray[np.str_]
    row: NDArray[np.int64]
    left_out: int
    problems: tuple[RowProblem, ...]
    rest: int

    def switching_log(self, grid: Grid) -> SwitchingLog:
        """The rows as the engine replays them: devices as positions in ``grid`` (-1 unknown), events as numbers."""
        numbers = {event: number for number, event in enumerate(dict.fromkeys(self.event.tolist()))}
        return SwitchingLog(
            switch=np.array([grid.switch_position.get(name, -1) for name in self.device.tolist()], dtype=np.int32),
            closes=self.closes,
            at=self.at,
            event=np.array([numbers[event] if event else -1 for event in self.event.tolist()], dtype=np.int64),
            id=self.row,
        )


def write_switching_log_template(path: Path | str, *, language: str = "zh") -> None:
    """Write the empty workbook a switching log is typed into."""
    write_template(path, (SWITCHING_LOG,), language=language)


def read_switching_log(
    path: Path | str,
    *,
    timezone: str,
    devices: Sequence[str] | None = None,
    now: datetime | None = None,
    limits: Limits | None = None,
) -> SwitchingRows:
    """Read a switching log, a workbook or a CSV file.

    Args:
        path: the file.
        timezone: where times without an offset are, such as ``Asia/Shanghai``.
        devices: the known switching devices; others are a problem of their row. Not checked if left out.
        now: what is later is a problem of its row. Not checked if left out.
        limits: how much is read before the file is refused.

    Raises:
        TableError: the file or its header cannot be read. Bad rows do not raise: they are left out, counted and told.
    """
    problems = ProblemList()
    read = read_single(Path(path), SWITCHING_LOG, problems, timezone=timezone, limits=limits or Limits())
    device, operation, at = (read.column(name) for name in ("device", "operation", "at"))
    if devices is not None:
        known = set(devices)
        for index, name in enumerate(device):
            if name is not None and name not in known:
                hint = nearest(name, devices, cutoff=0.5) if problems.total < 50 else ""
                problems.add(read.problem(TableCode.UNKNOWN_DEVICE, index=index, name="device", value=name, hint=hint))
                device[index] = None
    zone = ZoneInfo(timezone)
    for index, instant in enumerate(at):
        if now is not None and instant is not None and instant > now:
            value, hint = (f"{when.astimezone(zone):%Y-%m-%d %H:%M}" for when in (instant, now))
            problems.add(read.problem(TableCode.NOT_YET, index=index, name="at", value=value, hint=hint))
            at[index] = None
    good = [
        index
        for index, cells in enumerate(zip(device, operation, at, strict=True))
        if not any(cell is None for cell in cells)
    ]
    return SwitchingRows(
        device=np.array([device[index] for index in good], dtype=np.str_),
        closes=np.array([operation[index] for index in good], dtype=np.bool_),
        at=np.array([at[index].replace(tzinfo=None) for index in good], dtype="datetime64[us]"),
        event=np.array([read.column("event", "")[index] for index in good], dtype=np.str_),
        note=np.array([read.column("note", "")[index] for index in good], dtype=np.str_),
        row=np.array([read.rows[index] for index in good], dtype=np.int64),
        left_out=len(read.rows) - len(good),
        problems=tuple(problems.kept),
        rest=problems.rest,
    )


def read_single(path: Path, sheet: Sheet, problems: ProblemList, *, timezone: str, limits: Limits) -> ReadSheet:
    """Read the one sheet of that kind in a file: the one that bears its name, else the first that is not a note.

    Raises:
        TableError: the file or its header cannot be read.
    """
    skipped = {fold(title) for title in (ERRORS_TITLE, *NOTES_TITLES)}
    with open_tables(path, limits=limits) as tables:
        named = [raw for raw in tables if fold(raw.title) in sheet.titles]
        others: list[RawTable] = [raw for raw in tables if fold(raw.title) not in skipped]
        chosen = next(iter([*named, *others]), None)
        if chosen is None:
            value = f"{sheet.zh} {sheet.en}"
            raise TableError([RowProblem(code=TableCode.MISSING_SHEET, file=path.name, value=value)])
        read = read_sheet(chosen, sheet, problems, zone=ZoneInfo(timezone), limits=limits)
    header = (TableCode.MISSING_HEADER, TableCode.MISSING_COLUMN, TableCode.REPEATED_COLUMN, TableCode.WRONG_UNIT)
    if read is None or any(problems.counts[code] for code in header):
        raise TableError(problems.kept, rest=problems.rest)
    return read
