"""A first look at a table of calls: its headings, some rows, and what its columns are likely to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from denghuo.adapters.tables.cells import clean_text, is_blank
from denghuo.adapters.tables.columns import fold
from denghuo.adapters.tables.files import Limits, open_tables
from denghuo.adapters.tables.problems import TableError
from denghuo.adapters.telephony.call_templates import COMMON
from denghuo.adapters.telephony.csv_calls import heading_without_unit

__all__ = ["Glimpse", "glimpse"]

_HEADER_WITHIN_ROWS = 20
_SHOWN_ROWS = 5
_READ_ROWS = 5_000
_MOST_WORDS = 24
_MOST_COLUMNS = 80
_MOST_CHARS = 60
_KNOWN = {fold(name): field for field, names in COMMON.columns.items() for name in names}


@dataclass(frozen=True, kw_only=True)
class Glimpse:
    """``headings`` by column, the first ``rows`` below them as text, ``guesses``: column -> field where the heading is
    a common one, and ``words``: column -> all that stands in it, where that is little."""

    line: int
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    guesses: dict[int, str] = field(default_factory=dict)
    words: dict[int, tuple[str, ...]] = field(default_factory=dict)


def glimpse(path: Path) -> Glimpse | None:
    """Look at the beginning of a table; None where there is none to see."""
    try:
        with open_tables(path, limits=Limits()) as tables:
            if not tables:
                return None
            read = [
                (number, [_text(cell) for cell in cells[:_MOST_COLUMNS]])
                for _, (number, cells) in zip(range(_READ_ROWS), tables[0].rows, strict=False)
                if not all(map(is_blank, cells))
            ]
    except TableError:
        return None
    if not read:
        return None
    place = max(range(min(len(read), _HEADER_WITHIN_ROWS)), key=lambda at: _likeness(read[at][1], -at))
    line, headings = read[place]
    below = [texts for _number, texts in read[place + 1 :]]
    guesses: dict[int, str] = {}
    for column, heading in enumerate(headings):
        known = _KNOWN.get(heading_without_unit(heading))
        if known is not None and known not in guesses.values():
            guesses[column] = known
    return Glimpse(
        line=line,
        headings=tuple(headings),
        rows=tuple(tuple(texts) for texts in below[:_SHOWN_ROWS]),
        guesses=guesses,
        words=_words(headings, below),
    )


def _text(cell: Any) -> str:
    return "" if is_blank(cell) else clean_text(str(cell))[:_MOST_CHARS]


def _likeness(texts: Sequence[str], earlier: int) -> tuple[int, int, int]:
    """How much a row looks like headings: known ones, then many that are no numbers, then an early one."""
    known = sum(heading_without_unit(text) in _KNOWN for text in texts)
    return known, sum(bool(text) and not any(map(str.isdigit, text)) for text in texts), earlier


def _words(headings: Sequence[str], below: Sequence[Sequence[str]]) -> dict[int, tuple[str, ...]]:
    found = {}
    for column in range(len(headings)):
        words = dict.fromkeys(texts[column] for texts in below if column < len(texts) and texts[column])
        if 0 < len(words) <= _MOST_WORDS:
            found[column] = tuple(words)
    return found
