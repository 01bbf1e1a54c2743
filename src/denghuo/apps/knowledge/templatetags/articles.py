"""The small markup of articles as blocks of plain text: the template writes the tags, so nothing needs trusting."""

import re
from dataclasses import dataclass, field

from django import template

register = template.Library()

_HEADING = re.compile(r"#{1,3}\s+(.*)")
_BULLET = re.compile(r"[-*•·]\s+(.*)")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\s+|[、)）]\s*)(.*)")
_STRESSED = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Span:
    """A stretch of a line, stressed or not."""

    text: str
    stressed: bool = False


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, or a list; each of its lines in spans."""

    kind: str
    lines: list[list[Span]] = field(default_factory=list)


@register.filter
def blocks(text: str) -> list[Block]:
    """The text in blocks: headings, paragraphs, bullets, numbered lines."""
    found: list[Block] = []
    fresh = True
    for line in map(str.strip, text.splitlines()):
        kind, told = _read(line)
        if not line:
            fresh = True
            continue
        if (fresh and kind == "paragraph") or not found or found[-1].kind != kind or kind == "heading":
            found.append(Block(kind))
        found[-1].lines.append(_spans(told))
        fresh = False
    return found


def _read(line: str) -> tuple[str, str]:
    for kind, rule in (("heading", _HEADING), ("bullets", _BULLET), ("numbers", _NUMBERED)):
        if fits := rule.fullmatch(line):
            return kind, fits[1]
    return "paragraph", line


def _spans(line: str) -> list[Span]:
    parts = _STRESSED.split(line)
    return [Span(text, stressed=bool(place % 2)) for place, text in enumerate(parts) if text]
