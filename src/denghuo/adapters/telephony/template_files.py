"""Templates of tables of calls as people write them down: a small TOML or JSON file, or what a page collects."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from denghuo.adapters.tables.columns import fold
from denghuo.adapters.telephony.call_templates import FIELDS, OUTCOME_WORDS, CallTemplate
from denghuo.adapters.telephony.csv_calls import heading_without_unit
from denghuo.adapters.telephony.records import CallOutcome

__all__ = [
    "DURATION_UNITS",
    "TemplateError",
    "TemplateFlaw",
    "TemplateProblem",
    "read_template",
    "template_data",
    "template_of",
    "template_text",
]

DURATION_UNITS: Mapping[str, float] = MappingProxyType({"s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0})
NO_CALL = "no_call"
_KEYS = frozenset(
    {
        *("name", "columns", "joined", "timezone", "time_formats", "duration_unit", "outcomes", "no_time"),
        *("wait_excludes_ring", "abandoned_unqueued"),
    }
)
_MOST_BYTES = 100_000
_MOST_CHARS = 200
_DIRECTIVE = re.compile(r"%(.?)")
_KNOWN_DIRECTIVES = frozenset("YymdHIMSfpzbBaAj%")


class TemplateFlaw(StrEnum):
    """What is wrong with a template. ``told`` of the problem is what its sentence speaks of."""

    UNREADABLE = "unreadable"
    """told: ``reason``."""
    NO_NAME = "no_name"
    UNKNOWN_KEY = "unknown_key"
    """told: ``key``, ``known``."""
    WRONG_VALUE = "wrong_value"
    """told: ``key``."""
    UNKNOWN_FIELD = "unknown_field"
    """told: ``field``, ``known``."""
    NO_TIME = "no_time"
    HEADING_TWICE = "heading_twice"
    """told: ``heading``, ``first``, ``second``: the fields."""
    FIELD_TWICE = "field_twice"
    """told: ``field``, ``first``, ``second``: the headings."""
    UNKNOWN_ZONE = "unknown_zone"
    """told: ``zone``."""
    BAD_FORMAT = "bad_format"
    """told: ``format``."""
    UNKNOWN_UNIT = "unknown_unit"
    """told: ``unit``, ``known``."""
    UNKNOWN_OUTCOME = "unknown_outcome"
    """told: ``outcome``, ``known``."""
    WORD_TWICE = "word_twice"
    """told: ``word``, ``first``, ``second``: the outcomes."""
    WORD_UNKNOWN = "word_unknown"
    """told: ``word``: nobody has said what it means."""


@dataclass(frozen=True, kw_only=True)
class TemplateProblem:
    """One thing that is wrong."""

    flaw: TemplateFlaw
    told: Mapping[str, str]


class TemplateError(Exception):
    """A template that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: Sequence[TemplateProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(one.flaw.value for one in self.problems))


def read_template(path: Path | str) -> CallTemplate:
    """Read a template from a TOML or a JSON file.

    Raises:
        TemplateError: it is neither, or something in it is wrong.
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as stream:
        return template_of(parsed(stream.read(_MOST_BYTES + 1)))


def parsed(raw: bytes) -> Mapping[str, Any]:
    """What stands in a TOML or a JSON file.

    Raises:
        TemplateError: it is neither.
    """
    try:
        if len(raw) > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES:,} bytes")
        text = raw.decode("utf-8-sig")
        told = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _error(TemplateFlaw.UNREADABLE, reason=str(error)[:_MOST_CHARS]) from error
    if not isinstance(told, dict):
        raise _error(TemplateFlaw.UNREADABLE, reason=type(told).__name__)
    return told


def _error(flaw: TemplateFlaw, **told: str) -> TemplateError:
    return TemplateError([TemplateProblem(flaw=flaw, told=told)])


def template_of(data: Mapping[str, Any]) -> CallTemplate:
    """The template that data says, as TOML and JSON hold it.

    Raises:
        TemplateError: something in it is wrong; everything that is wrong is told at once.
    """
    return _Checked(data).template()


class _Checked:
    """Data on their way to a template: what is wrong is collected."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.problems: list[TemplateProblem] = []

    def tell(self, flaw: TemplateFlaw, **told: str) -> None:
        self.problems.append(TemplateProblem(flaw=flaw, told={key: text[:_MOST_CHARS] for key, text in told.items()}))

    def template(self) -> CallTemplate:
        for key in self.data:
            if key not in _KEYS:
                self.tell(TemplateFlaw.UNKNOWN_KEY, key=str(key), known=", ".join(sorted(_KEYS)))
        columns, joined = self._headings("columns"), self._headings("joined")
        if not {"entered_at", "queued_at"} & columns.keys():
            self.tell(TemplateFlaw.NO_TIME)
        self._each_once(columns)
        outcomes, phantoms = self._outcomes()
        template: dict[str, Any] = {
            "name": self._name(),
            "columns": MappingProxyType(columns),
            "joined": MappingProxyType(joined),
            "timezone": self._zone(),
            "time_formats": self._formats(),
            "duration_unit_s": self._unit(),
            "outcomes": outcomes,
            "phantoms": phantoms,
            "no_time": frozenset(self._texts("no_time", self.data.get("no_time", []))),
            "wait_excludes_ring": self._flag("wait_excludes_ring"),
            "abandoned_unqueued": self._outcome(self.data.get("abandoned_unqueued", "abandoned")),
        }
        if self.problems:
            raise TemplateError(self.problems)
        return CallTemplate(**template)

    def _name(self) -> str:
        name = self.data.get("name", "")
        if not isinstance(name, str) or not name.strip():
            self.tell(TemplateFlaw.NO_NAME)
            return ""
        return name.strip()[:80]

    def _headings(self, key: str) -> dict[str, tuple[str, ...]]:
        told = self.data.get(key, {})
        if not isinstance(told, Mapping):
            self.tell(TemplateFlaw.WRONG_VALUE, key=key)
            return {}
        found = {}
        for field, headings in told.items():
            texts = tuple(self._texts(f"{key}.{field}", headings))
            if field not in FIELDS:
                self.tell(TemplateFlaw.UNKNOWN_FIELD, field=str(field), known=", ".join(FIELDS))
            elif texts:
                found[field] = texts
        return found

    def _texts(self, key: str, told: Any) -> list[str]:
        texts = [told] if isinstance(told, str) else told
        if not isinstance(texts, list | tuple) or not all(isinstance(one, str) and one.strip() for one in texts):
            self.tell(TemplateFlaw.WRONG_VALUE, key=key)
            return []
        return [one.strip()[:_MOST_CHARS] for one in texts]

    def _each_once(self, columns: Mapping[str, tuple[str, ...]]) -> None:
        """A heading is one field's: two would read the same cell, and one of them would be wrong."""
        seen: dict[str, str] = {}
        for field, headings in columns.items():
            for heading in headings:
                first = seen.setdefault(heading_without_unit(heading), field)
                if first != field:
                    self.tell(TemplateFlaw.HEADING_TWICE, heading=heading, first=first, second=field)

    def _zone(self) -> str:
        zone = self.data.get("timezone", "Asia/Shanghai")
        try:
            ZoneInfo(zone)
        except (ValueError, KeyError, OSError, TypeError):
            self.tell(TemplateFlaw.UNKNOWN_ZONE, zone=str(zone))
        return str(zone)

    def _formats(self) -> tuple[str, ...]:
        formats = self._texts("time_formats", self.data.get("time_formats", []))
        for one in formats:
            if not _is_format(one):
                self.tell(TemplateFlaw.BAD_FORMAT, format=one)
        return tuple(formats)

    def _unit(self) -> float:
        unit = self.data.get("duration_unit", "s")
        if not isinstance(unit, str) or unit not in DURATION_UNITS:
            self.tell(TemplateFlaw.UNKNOWN_UNIT, unit=str(unit), known=", ".join(DURATION_UNITS))
            return 1.0
        return DURATION_UNITS[unit]

    def _flag(self, key: str) -> bool:
        told = self.data.get(key, False)
        if not isinstance(told, bool):
            self.tell(TemplateFlaw.WRONG_VALUE, key=key)
        return bool(told)

    def _outcome(self, told: Any) -> CallOutcome:
        found = next((one for one in CallOutcome if isinstance(told, str) and one.name.lower() == told), None)
        if found is None:
            known = ", ".join([*(one.name.lower() for one in CallOutcome), NO_CALL])
            self.tell(TemplateFlaw.UNKNOWN_OUTCOME, outcome=str(told), known=known)
        return found or CallOutcome.ABANDONED

    def _outcomes(self) -> tuple[Mapping[str, CallOutcome], frozenset[str]]:
        """What words mean, and which stand for rows that are no calls; the common words where none are given."""
        told = self.data.get("outcomes")
        if told is None:
            return OUTCOME_WORDS, frozenset()
        if not isinstance(told, Mapping):
            self.tell(TemplateFlaw.WRONG_VALUE, key="outcomes")
            return OUTCOME_WORDS, frozenset()
        seen: dict[str, str] = {}
        meant: dict[str, CallOutcome] = {}
        phantoms = set()
        for outcome, words in told.items():
            means = None if outcome == NO_CALL else self._outcome(outcome)
            for word in self._texts(f"outcomes.{outcome}", words):
                first = seen.setdefault(fold(word), outcome)
                if first != outcome:
                    self.tell(TemplateFlaw.WORD_TWICE, word=word, first=first, second=str(outcome))
                if means is None:
                    phantoms.add(word)
                else:
                    meant[word] = means
        return MappingProxyType(meant), frozenset(phantoms)


def _is_format(pattern: str) -> bool:
    """Whether a pattern tells a day, a time of day, or both, and reads what it writes."""
    directives = _DIRECTIVE.findall(pattern)
    if not directives or not set(directives) <= _KNOWN_DIRECTIVES:
        return False
    try:
        datetime.strptime(datetime(2026, 11, 23, 14, 5, 6).strftime(pattern), pattern)  # noqa: DTZ001, DTZ007
    except (ValueError, re.error):
        return False
    return bool({"H", "I", "d", "j"} & set(directives))


def template_data(template: CallTemplate) -> dict[str, Any]:
    """A template as TOML, JSON and rows hold it; :func:`template_of` reads it again."""
    unit = next(name for name, seconds in DURATION_UNITS.items() if seconds == template.duration_unit_s)
    told: dict[str, Any] = {
        "name": template.name,
        "timezone": template.timezone,
        "time_formats": list(template.time_formats),
        "duration_unit": unit,
        "wait_excludes_ring": template.wait_excludes_ring,
        "abandoned_unqueued": template.abandoned_unqueued.name.lower(),
        "no_time": sorted(template.no_time),
        "columns": {field: list(headings) for field, headings in template.columns.items()},
        "joined": {field: list(headings) for field, headings in template.joined.items()},
    }
    if template.outcomes is not OUTCOME_WORDS:
        words: dict[str, list[str]] = {}
        for word, outcome in template.outcomes.items():
            words.setdefault(outcome.name.lower(), []).append(word)
        told["outcomes"] = words | ({NO_CALL: sorted(template.phantoms)} if template.phantoms else {})
    return {key: value for key, value in told.items() if value not in ([], {})}


def template_text(template: CallTemplate) -> str:
    """A template as a TOML file."""
    plain, tables = [], []
    for key, value in template_data(template).items():
        if isinstance(value, dict):
            rows = [f"{name} = {_quoted(told)}" for name, told in value.items()]
            tables += ["", f"[{key}]", *rows]
        else:
            plain.append(f"{key} = {_quoted(value)}")
    return "\n".join([*plain, *tables]) + "\n"


def _quoted(value: Any) -> str:
    """A text, a flag or a list of texts as TOML writes it: as JSON does, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
