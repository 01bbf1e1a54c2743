"""What a person typed into one cell, read as what the column wants; or a code for why it cannot be."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from denghuo.adapters.tables.columns import Column, ColumnKind, fold
from denghuo.adapters.tables.problems import TableCode

__all__ = ["CellError", "ErrorValue", "Formula", "cell_reader", "clean_id", "clean_text", "is_blank", "read_instant"]

MAX_TEXT = 500
MAX_COUNT = 10**9
# Days outside are fillers of other systems, such as 9999-12-31, or slips of the hand.
_YEARS = (1900, 2100)
_COMPACT_DAY = re.compile("[0-9]{8}")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
# Only digits and letters: full-width brackets are part of many Chinese names and stay as typed.
_HALF_WIDTH = {
    code: code - 0xFEE0 for first, last in ("０９", "ＡＺ", "ａｚ") for code in range(ord(first), ord(last) + 1)
}
_SCIENTIFIC = re.compile(r"^\d(\.\d+)?E\+?\d+$", re.IGNORECASE)
# Excel keeps 15 digits of a number; what follows has been replaced by zeros.
_EXACT_DIGITS = 10**15
# Spellings of a choice that are remembered: a long file says the same few again and again.
_REMEMBERED = 256


class Formula(str):
    """The text of a formula found in a cell."""

    __slots__ = ()


class ErrorValue(str):
    """An error shown in a cell, such as ``#REF!``."""

    __slots__ = ()


class CellError(Exception):
    """A cell does not hold what its column wants."""

    def __init__(self, code: TableCode, hint: str = "") -> None:
        self.code = code
        self.hint = hint
        super().__init__(code.value)


def clean_text(text: str) -> str:
    """Text without invisible characters and without spaces at its ends."""
    return (text if text.isprintable() else text.translate(_INVISIBLE)).strip()


def clean_id(text: str) -> str:
    """An identifier as it is compared: as :func:`clean_text`, with full-width digits and letters made half-width.

    >>> clean_id(" Ｋ１０１（东）\\u200b")
    'K101（东）'
    """
    text = clean_text(text)
    return text if text.isascii() else text.translate(_HALF_WIDTH)


def is_blank(value: Any) -> bool:
    """Whether a cell holds nothing a person would see."""
    return value is None or (isinstance(value, str) and not clean_text(value))


def cell_reader(column: Column, *, unit: tuple[int, int] = (1, 1), zone: tzinfo = UTC) -> Callable[[Any], Any]:
    """The function that reads the cells of ``column``: takes the raw value, returns what the column holds or raises
    :class:`CellError`. ``unit`` converts numbers to the column's unit; ``zone`` is that of instants without an offset.
    """
    if column.kind is ColumnKind.NUMBER:
        return lambda value: _number(value, column=column, unit=unit)
    if column.kind is ColumnKind.COUNT:
        return lambda value: _count(value, column=column)
    if column.kind is ColumnKind.CHOICE:
        return _choice_reader(column)
    if column.kind is ColumnKind.INSTANT:
        return lambda value: read_instant(value, zone=zone)
    if column.kind is ColumnKind.DATE:
        return _day
    if column.kind is ColumnKind.ID:
        return _id
    return lambda value: clean_text(_text(value))


def _id(value: Any) -> str:
    if type(value) is str and len(value) <= MAX_TEXT and value.isalnum() and value.isascii():
        return value  # as nearly all are
    return clean_id(_text(value))


def _refuse_formula(value: Any) -> None:
    if isinstance(value, Formula):
        raise CellError(TableCode.FORMULA)
    if isinstance(value, ErrorValue):
        raise CellError(TableCode.ERROR_VALUE)


def _text(value: Any) -> str:
    if isinstance(value, str):
        if type(value) is not str:
            _refuse_formula(value)
        if len(value) > MAX_TEXT:
            raise CellError(TableCode.TOO_LONG, str(MAX_TEXT))
        if "+" in value and _SCIENTIFIC.match(value):
            raise CellError(TableCode.LOST_DIGITS)
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CellError(TableCode.NOT_TEXT)
    if not math.isfinite(value) or abs(value) >= _EXACT_DIGITS:
        raise CellError(TableCode.LOST_DIGITS)
    return str(int(value)) if value == int(value) else repr(value)


def _plain_number(value: Any, column: Column) -> tuple[float, tuple[int, int] | None]:
    """The number in a cell, and the factor of the unit typed behind it, if any."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise CellError(TableCode.NOT_A_NUMBER)
    if isinstance(value, int | float):
        return float(value), None
    _refuse_formula(value)
    text = unicodedata.normalize("NFKC", clean_text(value)).replace("−", "-")
    match = _NUMBER.match(text)
    if match is None:
        raise CellError(TableCode.NOT_A_NUMBER)
    factor = None
    if match["unit"]:
        factor = column.unit.factors.get(fold(match["unit"])) if column.unit else None
        if factor is None:
            raise CellError(TableCode.NOT_A_NUMBER)
    return float(match["number"].replace(",", "").replace(" ", "")), factor


# Commas and spaces only where they part thousands; "1,5" is refused rather than read as fifteen.
_NUMBER = re.compile(
    r"""^(?P<number>
        [+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?:\ \d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?
        |[+-]?\.\d+(?:[eE][+-]?\d+)?
    )\s*(?P<unit>[^\d\s.,+-]\S*)?$""",
    re.VERBOSE,
)


def _number(value: Any, *, column: Column, unit: tuple[int, int]) -> float:
    number, own_unit = _plain_number(value, column)
    if number < 0 and not column.signed:
        raise CellError(TableCode.NEGATIVE)
    if not math.isfinite(number):
        raise CellError(TableCode.OUT_OF_RANGE, "1e308")
    numerator, denominator = own_unit or unit
    return number * numerator / denominator


def _count(value: Any, *, column: Column) -> int:
    number, _ = _plain_number(value, column)
    if number < 0:
        raise CellError(TableCode.NEGATIVE)
    if number > MAX_COUNT:
        raise CellError(TableCode.OUT_OF_RANGE, str(MAX_COUNT))
    if number != int(number):
        raise CellError(TableCode.NOT_WHOLE)
    return int(number)


def _choice_reader(column: Column) -> Callable[[Any], int | str]:
    meant = lru_cache(_REMEMBERED)(lambda text: column.choice_values.get(fold(text)))

    def read(value: Any) -> int | str:
        _refuse_formula(value)
        if isinstance(value, int | float) and math.isfinite(value) and value == int(value):
            value = str(int(value))
        found = meant(value) if isinstance(value, str) else None
        if found is None:
            raise CellError(TableCode.UNKNOWN_CHOICE, " / ".join(f"{item.zh} {item.en}" for item in column.choices))
        return found

    return read


_CHINESE_INSTANT = re.compile(
    r"^(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
    r"(?:[T\s]*(?P<hour>\d{1,2})(?:[:时](?P<minute>\d{1,2})分?(?:[:]?(?P<second>\d{1,2})秒?)?|时))?$"
)


def read_instant(value: Any, *, zone: tzinfo) -> datetime:
    """An instant in UTC: a date cell, ISO 8601, or as people write it (``2024/5/1 8:30``, ``2024年5月1日 8时30分``).

    >>> from zoneinfo import ZoneInfo
    >>> read_instant("2024/5/1 8:30", zone=ZoneInfo("Asia/Shanghai")).isoformat()
    '2024-05-01T00:30:00+00:00'
    """
    _refuse_formula(value)
    if isinstance(value, datetime):
        return _to_utc(value, zone)
    if isinstance(value, date):
        return _to_utc(datetime(value.year, value.month, value.day), zone)  # noqa: DTZ001 - the zone is put on next
    if not isinstance(value, str):
        raise CellError(TableCode.BAD_INSTANT)
    text = value if value.isascii() else unicodedata.normalize("NFKC", clean_text(value))
    # Compact ISO forms (20240501, 2024W18) are more often a mistyped number than a date.
    if len(text) >= 10 and text[4] == "-" and text[7] == "-":
        try:
            return _to_utc(datetime.fromisoformat(text.strip()), zone)
        except ValueError:
            pass
    match = _CHINESE_INSTANT.match(text.strip())
    if match is None:
        raise CellError(TableCode.BAD_INSTANT)
    try:
        digits = [int(text) for text in match.groups("0")]
        return _to_utc(datetime(*digits), zone)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone is put on next
    except ValueError as error:
        raise CellError(TableCode.BAD_INSTANT) from error


def _day(value: Any) -> date:
    """A day: a date cell, or as people and other systems write it (``20240501``). A time of day that stands behind it
    is left out."""
    day = value if isinstance(value, date) else _written_day(value)
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise CellError(TableCode.BAD_YEAR, "{}–{}".format(*_YEARS))
    return day.date() if isinstance(day, datetime) else day


def _written_day(value: Any) -> date:
    compact = str(value) if isinstance(value, int) else value
    try:
        if isinstance(compact, str) and _COMPACT_DAY.fullmatch(text := clean_id(compact)):
            return date.fromisoformat(text)
        return read_instant(value, zone=UTC)
    except (CellError, ValueError) as error:
        raise CellError(TableCode.BAD_DATE) from error


def _to_utc(instant: datetime, zone: tzinfo) -> datetime:
    if instant.tzinfo is None:
        if zone is UTC:
            return instant.replace(tzinfo=UTC)
        instant = instant.replace(tzinfo=zone)
        if instant.utcoffset() != instant.replace(fold=1).utcoffset():
            raise CellError(TableCode.AMBIGUOUS_INSTANT)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise CellError(TableCode.BAD_INSTANT) from error
