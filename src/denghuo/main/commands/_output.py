"""What a command prints: named sections, as aligned text for people or as JSON for programs."""

import argparse
import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

UNKNOWN = "-"


class UserError(Exception):
    """Something the person at the keyboard can put right: the message says what happened, where, and what to do."""


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """Give a command the same `--json` switch that every other one has."""
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON instead of tables")


def add_examples(parser: argparse.ArgumentParser, *lines: str, note: str = "") -> None:
    """End the help of a command with lines to copy, and a note on what is not seen from its options."""
    parser.epilog = "\n  ".join(["examples:", *lines]) + f"\n\n{note}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def emit(result: Mapping[str, Any], *, as_json: bool) -> None:
    """Print ordered sections; a section is a dict of scalars, a list of dict rows, or a single value."""
    plain = to_plain(result)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=2) if as_json else _as_text(plain)
    sys.stdout.write(text + "\n")


def to_plain(value: Any) -> Any:
    """Turn numpy, dates, enums and records into what JSON knows; what is not defined (NaN, NaT, infinity) is None."""
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name.lower()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, np.ndarray):
        return [to_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _from_numpy_scalar(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | PurePath):
        return str(value)
    if isinstance(value, Sequence | set | frozenset):
        return [to_plain(item) for item in value]
    raise TypeError(f"no plain form for {type(value).__name__}")


def _from_numpy_scalar(value: np.generic) -> Any:
    if isinstance(value, np.datetime64 | np.timedelta64):
        return None if np.isnat(value) else str(value)
    return to_plain(value.item())


def _as_text(result: Any) -> str:
    loose = {name: section for name, section in result.items() if not isinstance(section, dict | list)}
    blocks = [_pairs(loose)] if loose else []
    for name, section in result.items():
        if isinstance(section, dict):
            blocks.append(f"{name}\n{_pairs(section)}")
        elif isinstance(section, list):
            blocks.append("\n".join([f"{name} ({len(section)})", *([_table(section)] if section else [])]))
    return "\n\n".join(blocks)


def _pairs(section: dict[str, Any]) -> str:
    width = max((_width(name) for name in section), default=0)
    return "\n".join(f"  {_pad(name, width)}  {_cell(value)}" for name, value in section.items())


def _table(rows: list[Any]) -> str:
    if not all(isinstance(row, dict) for row in rows):
        return "\n".join(f"  {_cell(row)}" for row in rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [[row.get(name) for row in rows] for name in names]
    numeric = [all(_is_number(value) for value in column if value is not None) for column in columns]
    cells = [[name, *map(_cell, column)] for name, column in zip(names, columns, strict=True)]
    widths = [max(map(_width, column)) for column in cells]
    lines = zip(*cells, strict=True)
    return "\n".join("  " + _line(line, widths, numeric) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (_pad(cell, width, right=flag) for cell, width, flag in zip(cells, widths, right, strict=True))
    return "  ".join(padded).rstrip()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.1f}"
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or UNKNOWN
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int, *, right: bool = False) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
