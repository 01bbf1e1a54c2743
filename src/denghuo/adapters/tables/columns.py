"""What a column of a table is: its names in both languages, its unit, and what may stand in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum, StrEnum
from functools import cached_property

__all__ = ["Choice", "Column", "ColumnKind", "Heading", "Sheet", "Unit", "describe", "fold", "read_heading"]

# Characters that look like nothing and come along with pasted text.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))


def fold(text: str) -> str:
    """Text as it is compared: full-width forms, case, spaces and invisible characters do not count.

    >>> fold(" ＫＷ（年）　") == fold("kw(年)")
    True
    """
    return re.sub(r"[\s_*\-]+", "", unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold())


class ColumnKind(StrEnum):
    """What stands in the cells of a column."""

    ID = "id"
    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"
    CHOICE = "choice"
    INSTANT = "instant"
    DATE = "date"


class Unit(Enum):
    """Units of columns. The value lists the spellings accepted, each with how many of ours it is, as a fraction."""

    KM = {"km": (1, 1), "公里": (1, 1), "千米": (1, 1), "m": (1, 1000), "米": (1, 1000)}
    KVA = {"kVA": (1, 1), "千伏安": (1, 1), "MVA": (1000, 1), "兆伏安": (1000, 1)}
    KW = {"kW": (1, 1), "千瓦": (1, 1), "MW": (1000, 1), "兆瓦": (1000, 1), "W": (1, 1000)}
    KV = {"kV": (1, 1), "千伏": (1, 1), "V": (1, 1000), "伏": (1, 1000)}
    HOURS = {
        "h": (1, 1),
        "小时": (1, 1),
        "hours": (1, 1),
        "min": (1, 60),
        "分钟": (1, 60),
        "minutes": (1, 60),
        "s": (1, 3600),
        "秒": (1, 3600),
    }
    PER_YEAR = {"次/年": (1, 1), "1/year": (1, 1), "1/a": (1, 1), "per year": (1, 1), "/年": (1, 1), "/year": (1, 1)}
    USERS = {"户": (1, 1), "users": (1, 1), "customers": (1, 1)}

    def label(self, language: str) -> str:
        """The unit as it is written in a heading: the first spelling, in English the first that is not Chinese."""
        spellings = list(self.value)
        return spellings[0] if language == "zh" else next(name for name in spellings if name.isascii())

    @cached_property
    def factors(self) -> dict[str, tuple[int, int]]:
        """Folded spelling -> (numerator, denominator) that turns a value into our unit."""
        return {fold(name): factor for name, factor in self.value.items()}


_ALL_UNITS = frozenset(name for unit in Unit for name in unit.factors)


@dataclass(frozen=True)
class Choice:
    """One thing a cell may say: the value it stands for, and how it is written."""

    value: int | str
    zh: str
    en: str
    also: tuple[str, ...] = ()

    def text(self, language: str) -> str:
        """As it stands in a drop-down list."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Column:
    """One column: ``name`` is the field it fills; ``zh`` and ``en`` head it; ``also`` are other headings accepted.

    ``extended`` columns are read and, where they hold anything, exported, but not offered in the template.
    """

    name: str
    zh: str
    en: str
    _: KW_ONLY
    kind: ColumnKind = ColumnKind.TEXT
    unit: Unit | None = None
    required: bool = False
    signed: bool = False
    extended: bool = False
    choices: tuple[Choice, ...] = ()
    also: tuple[str, ...] = ()
    meaning_zh: str = ""
    meaning_en: str = ""
    example: str = ""

    def heading(self, language: str) -> str:
        """The heading in the template: both languages, the reader's own first, the unit once.

        >>> Column(name="length_km", zh="长度", en="Length", unit=Unit.KM).heading("zh")
        '长度 (km)\\nLength'
        """
        first, second = (self.zh, self.en) if language == "zh" else (self.en, self.zh)
        unit = f" ({self.unit.label(language)})" if self.unit else ""
        return f"{first}{' *' if self.required else ''}{unit}\n{second}"

    def title(self, language: str) -> str:
        """The heading in one language, with the unit."""
        return (self.zh if language == "zh" else self.en) + (f" ({self.unit.label(language)})" if self.unit else "")

    @cached_property
    def choice_values(self) -> Mapping[str, int | str]:
        """Folded spelling -> value."""
        return {fold(text): item.value for item in self.choices for text in (item.zh, item.en, *item.also)}


@dataclass(frozen=True)
class Heading:
    """A heading taken apart: which column it names (None: none we know) and the unit it says ('' if none)."""

    column: Column | None
    unit: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet (or CSV file) and its columns. ``mapped`` gives columns the one heading that names them, not ours."""

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    also: tuple[str, ...] = ()
    required: bool = False
    meaning_zh: str = ""
    meaning_en: str = ""
    mapped: Mapping[str, str] = field(default_factory=dict)

    def title(self, language: str) -> str:
        """The sheet's name in a workbook."""
        return self.zh if language == "zh" else self.en

    @cached_property
    def titles(self) -> frozenset[str]:
        """Every folded name the sheet may have."""
        return frozenset(map(fold, (self.name, self.zh, self.en, *self.also)))

    @cached_property
    def headings(self) -> Mapping[str, Column]:
        """Folded heading -> column."""
        ours = {
            fold(text): column
            for column in self.columns
            if column.name not in self.mapped
            for text in (column.name, column.zh, column.en, *column.also)
        }
        return ours | {fold(heading): self.column(name) for name, heading in self.mapped.items()}

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


_BRACKETED = re.compile(r"^(?P<name>.*?)\s*[(\[【](?P<unit>[^()\[\]【】]*)[)\]】]\s*$", re.DOTALL)
_TRAILING = re.compile(r"^(?P<name>.+?)[\s_,/]+(?P<unit>[^\s_,]+)$", re.DOTALL)


def read_heading(text: str, sheet: Sheet) -> Heading:
    """Take a heading apart. Any of its lines may name the column, in either language, with or without a unit.

    >>> from denghuo.adapters.tables.schema import LINES
    >>> heading = read_heading("长度（m）", LINES)
    >>> heading.column.name, heading.unit
    ('length_km', 'm')
    """
    unit = ""
    column = None
    for part in (text, *text.splitlines()):
        plain = unicodedata.normalize("NFKC", part).translate(_INVISIBLE).strip()
        found, said = _one_heading(plain, sheet)
        column = column or found
        unit = unit or said
    return Heading(column, unit)


def _one_heading(text: str, sheet: Sheet) -> tuple[Column | None, str]:
    known = sheet.headings.get(fold(text))
    if known is not None:
        return known, ""
    for pattern in (_BRACKETED, _TRAILING):
        match = pattern.match(text)
        if match is None:
            continue
        column = sheet.headings.get(fold(match["name"]))
        if column is not None and (pattern is _BRACKETED or fold(match["unit"]) in _ALL_UNITS):
            return column, match["unit"].strip()
    return None, ""


def describe(sheets: Iterable[Sheet], *, language: str) -> str:
    """The reference of every sheet and column as Markdown, in ``language``."""
    zh = language == "zh"
    heads = ("列", "字段", "单位", "类型", "必填", "含义") if zh else (
        "column", "field", "unit", "type", "required", "meaning",
    )  # fmt: skip
    lines: list[str] = []
    for sheet in sheets:
        lines += [f"### {sheet.title(language)} (`{sheet.name}`)", "", sheet.meaning_zh if zh else sheet.meaning_en, ""]
        lines += [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
        lines += [f"| {' | '.join(_row(column, language))} |" for column in sheet.columns]
        lines.append("")
    return "\n".join(lines)


def _row(column: Column, language: str) -> tuple[str, ...]:
    zh = language == "zh"
    kind = "、".join(item.zh for item in column.choices) if zh else ", ".join(item.en for item in column.choices)
    required = ("是" if zh else "yes") if column.required else ""
    return (
        f"{column.zh} / {column.en}",
        f"`{column.name}`",
        column.unit.label(language) if column.unit else "",
        kind or str(column.kind.value),
        required,
        column.meaning_zh if zh else column.meaning_en,
    )
