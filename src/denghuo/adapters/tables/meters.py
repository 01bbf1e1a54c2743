"""Words of meters as a head-end hands them out: which meter, on which transformer, without supply or with it, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from denghuo.adapters.tables.columns import Choice, Column, ColumnKind, Sheet
from denghuo.adapters.tables.files import Limits
from denghuo.adapters.tables.logs import read_single
from denghuo.adapters.tables.problems import ProblemList, RowProblem, TableCode
from denghuo.adapters.tables.writing import write_template

__all__ = ["METER_WORDS", "MeterRow", "MeterRows", "read_meter_words", "write_meter_words_template"]

METER_WORDS = Sheet(
    name="meter_words",
    zh="电表停复电",
    en="Meter words",
    also=("停电事件", "停复电事件", "meters"),
    required=True,
    columns=(
        Column(
            name="meter_number",
            zh="电表编号",
            en="Meter",
            kind=ColumnKind.ID,
            required=True,
            also=("表号", "电能表编号", "meter number", "meter_number"),
            example="M-1001",
        ),
        Column(
            name="load_code",
            zh="台区编号",
            en="Transformer",
            kind=ColumnKind.ID,
            required=True,
            also=("台区", "变压器编号", "load", "load_code"),
            meaning_zh="负荷表中的编号。",
            meaning_en="Number as in the loads sheet.",
            example="T0017",
        ),
        Column(
            name="lit",
            zh="事件",
            en="Event",
            kind=ColumnKind.CHOICE,
            required=True,
            choices=(
                Choice(value=0, zh="停电", en="off", also=("0", "失电", "掉电", "power off", "out", "false")),
                Choice(value=1, zh="上电", en="on", also=("1", "复电", "来电", "power on", "lit", "true")),
            ),
            also=("事件类型", "状态", "lit", "state"),
            example="停电",
        ),
        Column(
            name="told_at",
            zh="时间",
            en="Time",
            kind=ColumnKind.INSTANT,
            required=True,
            also=("发生时间", "上报时间", "told_at", "at", "datetime", "timestamp"),
            example="2026-07-01 21:04:10",
        ),
    ),
    meaning_zh="每行一次停电或上电，顺序可乱；每块表只看最后一次。",
    meaning_en="One row per word, in any order; of each meter the last one counts.",
)


@dataclass(frozen=True, kw_only=True)
class MeterRow:
    """The word of one meter."""

    meter_number: str
    load_code: str
    lit: bool
    told_at: datetime


@dataclass(frozen=True, kw_only=True)
class MeterRows:
    """The good rows of a file, and everything wrong with the others, of which ``left_out`` is the count."""

    rows: tuple[MeterRow, ...]
    left_out: int
    problems: tuple[RowProblem, ...]
    rest: int


def write_meter_words_template(path: Path | str, *, language: str = "zh") -> None:
    """Write the empty workbook that words of meters are typed into."""
    write_template(path, (METER_WORDS,), language=language)


def read_meter_words(path: Path | str, *, timezone: str, now: datetime, limits: Limits | None = None) -> MeterRows:
    """Read a file of words of meters, a workbook or a CSV file. ``now``: what is later is a problem of its row.

    Raises:
        TableError: the file or its header cannot be read.
    """
    problems = ProblemList()
    read = read_single(Path(path), METER_WORDS, problems, timezone=timezone, limits=limits or Limits())
    meters, loads, states, at = (read.column(column.name) for column in METER_WORDS.columns)
    zone = ZoneInfo(timezone)
    for index, instant in enumerate(at):
        if instant is not None and instant > now:
            value, hint = (f"{when.astimezone(zone):%Y-%m-%d %H:%M}" for when in (instant, now))
            problems.add(read.problem(TableCode.NOT_YET, index=index, name="told_at", value=value, hint=hint))
            at[index] = None
    rows = tuple(
        MeterRow(meter_number=meter, load_code=load, lit=bool(state), told_at=told_at)
        for meter, load, state, told_at in zip(meters, loads, states, at, strict=True)
        if meter is not None and load is not None and state is not None and told_at is not None
    )
    left_out = len(read.rows) - len(rows)
    return MeterRows(rows=rows, left_out=left_out, problems=tuple(problems.kept), rest=problems.rest)
