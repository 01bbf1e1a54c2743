"""Tables of calls, one row per call, of whichever exchange: CSV, gzipped CSV or a workbook, read by a template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from denghuo.adapters.tables.cells import CellError, clean_text, is_blank, read_instant
from denghuo.adapters.tables.columns import fold
from denghuo.adapters.tables.files import Limits, RawRow, open_tables
from denghuo.adapters.tables.problems import TableError
from denghuo.adapters.telephony.assembling import Account, caller_number, seconds_between
from denghuo.adapters.telephony.call_templates import COMMON, TEMPLATES, CallTemplate
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.instants import is_believable
from denghuo.adapters.telephony.records import (
    CallOutcome,
    CallRecord,
    TelephonyCode,
    TelephonyError,
    TelephonyLog,
    TelephonyProblem,
    Unknowable,
)

__all__ = ["heading_without_unit", "read_calls"]

_HEADER_WITHIN_ROWS = 20
_INSTANTS = ("entered_at", "queued_at", "connected_at", "ended_at", "announced_until", "left_at")
_DURATIONS = ("wait_s", "ring_s", "talk_s", "wrap_up_s", "hold_s", "announcement_s")
_UNITS_S = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒"), 1.0),
    **dict.fromkeys(("ms", "毫秒", "milliseconds"), 0.001),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "分", "分钟"), 60.0),
    **dict.fromkeys(("h", "hour", "hours", "小时", "时"), 3600.0),
}
_UNIT_IN_HEADING = re.compile(r"^(.*?)[(\[]([^()\[\]]+)[)\]]$")
_CLOCK = re.compile(r"^(\d{1,3}):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?$")
_SPELLED = re.compile(r"(\d+(?:\.\d+)?)\s*(毫秒|小时|分钟|秒|时|分|ms|[hms])", re.IGNORECASE)


def read_calls(
    path: Path | str,
    *,
    template: CallTemplate | None = None,
    timezone: str | None = None,
    limits: Limits | None = None,
    now: datetime | None = None,
) -> TelephonyLog:
    """Read a table of calls.

    Args:
        path: the file.
        template: how it is written; none: recognized by its headings, which are compared without case, spaces and
            underscores, and may have a unit in brackets.
        timezone: where times without an offset are, if not where the template says.
        limits: how much is read before the file is refused.
        now: rows of a time when nobody can have called by then are told and left out; none: they are read.

    Raises:
        TelephonyError: no such file, no table, or no column that tells when calls came.
    """
    path = Path(path)
    account = Account(path.name)
    calls: list[CallRecord] = []
    try:
        with open_tables(path, limits=limits or Limits()) as tables:
            rows = iter(tables[0].rows) if tables else iter(())
            reader = _reader(rows, template, timezone, account)
            for number, cells in rows:
                account.line = number
                account.lines += 1
                if all(map(is_blank, cells)):
                    continue
                call = reader.call(cells, now=now)
                account.count("row", used=call is not None)
                if call is not None:
                    calls.append(call)
    except TableError as error:
        told = {f"reason_{language}": error.sentences(language=language)[0] for language in ("zh", "en")}
        if not calls:
            problem = TelephonyProblem(
                code=TelephonyCode.NOT_RECOGNIZED, finding=Finding.NO_TABLE, file=path.name, told=told
            )
            raise TelephonyError(problem) from error
        account.tell(TelephonyCode.CUT_OFF, Finding.TABLE_CUT_OFF, told=told)
    return account.log(calls, (), unknowable=reader.unknowable())


def _reader(rows: Iterator[RawRow], template: CallTemplate | None, timezone: str | None, account: Account) -> _Reader:
    """The reader for the header found among the first rows, which are taken off."""
    best: _Reader | None = None
    for _, (number, cells) in zip(range(_HEADER_WITHIN_ROWS), rows, strict=False):
        account.lines += 1
        texts = [clean_text(str(cell)) if cell is not None else "" for cell in cells]
        for one in (template,) if template is not None else (*TEMPLATES, COMMON):
            reader = _Reader(one, texts, timezone, account)
            if reader.fits and (one is not COMMON or len(reader.places) >= 2):
                account.line = number
                return reader
            if best is None or len(reader.places) > len(best.places):
                best = reader
    finding, told = Finding.NO_TIME_COLUMN, {}
    if best is not None and template is not None:
        lacking = [names[0] for name, names in template.columns.items() if name not in best.places]
        finding, told = Finding.NO_TEMPLATE_COLUMNS, {"columns": ", ".join(lacking)}
    problem = TelephonyProblem(code=TelephonyCode.NOT_RECOGNIZED, finding=finding, file=account.file, told=told)
    raise TelephonyError(problem)


class _Reader:
    """Rows of one table."""

    def __init__(self, template: CallTemplate, headings: list[str], timezone: str | None, account: Account) -> None:
        self.template, self.account, self.headings = template, account, headings
        self.zone = ZoneInfo(timezone or template.timezone)
        self.places: dict[str, int] = {}
        self._days: dict[str, datetime | None] = {}
        self._midnights: dict[datetime, datetime | None] = {}
        self.units_s: dict[str, float] = {}
        places: dict[str, tuple[int, float | None]] = {}
        for place, heading in enumerate(headings):
            name, unit_s = _heading(heading)
            places.setdefault(name, (place, unit_s))
        for field, names in template.columns.items():
            found = next((places[known] for known in map(heading_without_unit, names) if known in places), None)
            if found is not None:
                self.places[field] = found[0]
                self.units_s[field] = found[1] or template.duration_unit_s
        self.joined = {
            field: [places[known][0] for known in map(heading_without_unit, names) if known in places]
            for field, names in template.joined.items()
        }
        self.outcomes = {fold(word): outcome for word, outcome in template.outcomes.items()}
        self.phantoms = {fold(word) for word in template.phantoms}

    @property
    def fits(self) -> bool:
        """Whether the headings are the template's: all of a particular one, the time of the common one."""
        timed = bool(self.places.keys() & {"entered_at", "queued_at"})
        return timed and (self.template is COMMON or len(self.places) == len(self.template.columns))

    def unknowable(self) -> tuple[Unknowable, ...]:
        lacks = {
            Unknowable.REFUSED_CALLS: CallOutcome.REFUSED not in self.template.outcomes.values(),
            Unknowable.ANNOUNCEMENT: not self.places.keys() & {"announcement", "announcement_s", "announced_until"},
            Unknowable.HOLD: "hold_s" not in self.places,
            Unknowable.WRAP_UP: "wrap_up_s" not in self.places,
            Unknowable.RINGING: "ring_s" not in self.places,
            Unknowable.POSITION: "position" not in self.places,
            Unknowable.TRANSFERS: "transferred_to" not in self.places,
            Unknowable.AGENT_EVENTS: True,
            Unknowable.SUBSECOND_TIMES: True,
        }
        return tuple(one for one, is_lacking in lacks.items() if is_lacking)

    def call(self, cells: list[Any], *, now: datetime | None = None) -> CallRecord | None:
        word = self._text(cells, "outcome")
        if fold(word) in self.phantoms and word:
            self._tell(TelephonyCode.PHANTOM_CALL, Finding.ROW_OF_NO_CALL, "outcome", word)
            return None
        times = self._times(cells)
        entered_at = times.get("entered_at") or times.get("queued_at")
        if entered_at is None:
            self._tell(TelephonyCode.MISSING_FIELD, Finding.ROW_WITHOUT_TIME, "entered_at")
            return None
        if now is not None and not is_believable(entered_at, now=now):
            name = "entered_at" if "entered_at" in times else "queued_at"
            written = " ".join(text for text in (self._text(cells, "date"), self._text(cells, name)) if text)
            self._tell(TelephonyCode.BAD_TIME, Finding.ROW_NOT_BELIEVABLE, name, written)
            return None
        lasts = {name: self._duration(cells, name) for name in _DURATIONS if name in self.places}
        outcome = self._outcome(cells, word, times, lasts)
        if outcome is None:
            return None
        return self._record(cells, outcome, entered_at, times, lasts)

    def _outcome(
        self, cells: list[Any], word: str, times: Mapping[str, datetime], lasts: Mapping[str, float | None]
    ) -> CallOutcome | None:
        queued = "queued_at" in times or ("queued_at" not in self.places and bool(lasts.get("wait_s")))
        if word:
            outcome = self.outcomes.get(fold(word))
            if outcome is None:
                self._tell(TelephonyCode.UNKNOWN_OUTCOME, Finding.UNKNOWN_OUTCOME, "outcome", word)
                return None
        elif self._text(cells, "agent") and (lasts.get("talk_s") or "connected_at" in times):
            outcome = CallOutcome.ANSWERED
        else:
            outcome = CallOutcome.ABANDONED
        if outcome is CallOutcome.ABANDONED and not queued and "queued_at" in self.places:
            return self.template.abandoned_unqueued
        return outcome

    def _record(
        self,
        cells: list[Any],
        outcome: CallOutcome,
        entered_at: datetime,
        times: Mapping[str, datetime],
        lasts: Mapping[str, float | None],
    ) -> CallRecord:
        answered = outcome is CallOutcome.ANSWERED
        asked = outcome not in (CallOutcome.ANNOUNCED, CallOutcome.LOST_IN_ANNOUNCEMENT)
        queued_at = (times.get("queued_at") or self._asked_at(entered_at, times, lasts)) if asked else None
        wait_s = self._wait_s(queued_at, answered, times, lasts) if asked else None
        connected_at = times.get("connected_at") if answered else None
        if answered and connected_at is None and queued_at is not None and wait_s is not None:
            connected_at = queued_at + timedelta(seconds=wait_s)
        talk_s = lasts.get("talk_s") if answered else None
        if answered and talk_s is None:
            talk_s = seconds_between(connected_at, times.get("ended_at"))
        begun, lasted_s = (connected_at, talk_s) if answered else (queued_at, wait_s)
        ended_at = times.get("ended_at") or (None if answered else times.get("left_at") or times.get("announced_until"))
        if ended_at is None and begun is not None and lasted_s is not None:
            ended_at = begun + timedelta(seconds=lasted_s)
        self._check_order(entered_at, times)
        position = self._text(cells, "position")
        return CallRecord(
            call_id=self._call_id(cells),
            queue=self._text(cells, "queue"),
            entered_at=entered_at,
            outcome=outcome,
            caller=caller_number(self._text(cells, "caller")),
            queued_at=queued_at,
            position=int(position) if position.isascii() and position.isdigit() and len(position) < 7 else None,
            agent=self._text(cells, "agent"),
            connected_at=connected_at,
            ended_at=ended_at,
            wait_s=wait_s,
            ring_s=lasts.get("ring_s"),
            talk_s=talk_s,
            wrap_up_s=lasts.get("wrap_up_s"),
            hold_s=lasts.get("hold_s"),
            announcement=self._text(cells, "announcement"),
            announcement_s=self._announced_s(entered_at, times, lasts),
            transferred_to=self._text(cells, "transferred_to"),
            menu=self._text(cells, "menu"),
            left_because=self._text(cells, "left_because"),
        )

    def _asked_at(
        self, entered_at: datetime, times: Mapping[str, datetime], lasts: Mapping[str, float | None]
    ) -> datetime:
        """When the caller asked for a person, where no column says so: when the announcement ended."""
        announced_s = lasts.get("announcement_s")
        return times.get("announced_until") or entered_at + timedelta(seconds=announced_s or 0.0)

    def _wait_s(
        self,
        queued_at: datetime | None,
        answered: bool,
        times: Mapping[str, datetime],
        lasts: Mapping[str, float | None],
    ) -> float | None:
        told_s = lasts.get("wait_s")
        if told_s is None:
            until = times.get("connected_at") if answered else times.get("left_at") or times.get("ended_at")
            return seconds_between(queued_at, until)
        rang_s = lasts.get("ring_s") if self.template.wait_excludes_ring and answered else None
        return told_s + (rang_s or 0.0)

    def _announced_s(
        self, entered_at: datetime, times: Mapping[str, datetime], lasts: Mapping[str, float | None]
    ) -> float | None:
        told_s = lasts.get("announcement_s")
        return told_s if told_s is not None else seconds_between(entered_at, times.get("announced_until"))

    def _check_order(self, entered_at: datetime, times: Mapping[str, datetime]) -> None:
        order = ("announced_until", "queued_at", "connected_at", "ended_at")
        latest, name_before = entered_at, "entered_at"
        for name in order:
            if (at := times.get(name)) is None:
                continue
            # Two systems keep these times, and their clocks may be a few seconds apart.
            if at < latest - timedelta(seconds=5):
                told = {"earlier": self._heading_of(name), "later": self._heading_of(name_before)}
                self._tell(TelephonyCode.IMPOSSIBLE_ORDER, Finding.TIMES_OUT_OF_ORDER, name, told=told)
            latest, name_before = max((latest, name_before), (at, name))

    def _times(self, cells: list[Any]) -> dict[str, datetime]:
        day = self._day(cells)
        found: dict[str, datetime] = {}
        for name in _INSTANTS:
            raw = self._raw(cells, name)
            if is_blank(raw) or (isinstance(raw, str) and raw.strip() in self.template.no_time and found):
                continue
            try:
                at = self._instant(raw, day)
            except (CellError, ValueError, OverflowError):
                self._tell(TelephonyCode.BAD_TIME, Finding.NO_INSTANT, name, str(raw))
                continue
            entered_at = found.get("entered_at")
            # A time of day smaller by far than the call's beginning is of the next day.
            if day is not None and entered_at is not None and at < entered_at - timedelta(hours=12):
                at += timedelta(days=1)
            found[name] = at
        return found

    def _day(self, cells: list[Any]) -> datetime | None:
        raw = self._raw(cells, "date")
        if is_blank(raw):
            return None
        if isinstance(raw, str) and raw in self._days:
            return self._days[raw]
        day = self._read_day(raw)
        if isinstance(raw, str) and day is not None:
            self._days[raw] = day
        return day

    def _read_day(self, raw: Any) -> datetime | None:
        try:
            if isinstance(raw, str) and (plain := re.match(r"^\d{8}$", raw.strip())):
                raw = f"{plain[0][:4]}-{plain[0][4:6]}-{plain[0][6:]}"
            return self._by_format(raw) or read_instant(raw, zone=UTC)
        except CellError:
            self._tell(TelephonyCode.BAD_TIME, Finding.NO_DATE, "date", str(raw))
            return None

    def _by_format(self, raw: Any) -> datetime | None:
        """A day as one of the template's formats has it, at midnight; None where none fits."""
        for pattern in self.template.time_formats if isinstance(raw, str) else ():
            with suppress(ValueError):
                at = datetime.strptime(raw.strip(), pattern).replace(tzinfo=UTC)
                return at.replace(hour=0, minute=0, second=0, microsecond=0)
        return None

    def _instant(self, raw: Any, day: datetime | None) -> datetime:
        if day is not None:
            since_midnight_s = _since_midnight_s(raw)
            if since_midnight_s is not None:
                return self._in_day(day, since_midnight_s)
        if isinstance(raw, str) and self.template.time_formats:
            for pattern in self.template.time_formats:
                try:
                    return datetime.strptime(raw.strip(), pattern).replace(tzinfo=self.zone).astimezone(UTC)
                except ValueError:
                    continue
            raise ValueError(raw)
        if isinstance(raw, str) and re.match(r"^\d{4}/", raw) and "T" not in raw:
            raw = raw.replace("/", "-") if re.match(r"^\d{4}/\d\d/\d\d ", raw) else raw
        return read_instant(raw, zone=self.zone)

    def _in_day(self, day: datetime, since_midnight_s: float) -> datetime:
        """A time of day; the calendar is asked once a day, and for every time of a day on which clocks change."""
        if day not in self._midnights:
            first, last = (day.replace(tzinfo=self.zone) + timedelta(days=days) for days in (0, 2))
            self._midnights[day] = first.astimezone(UTC) if first.utcoffset() == last.utcoffset() else None
        midnight = self._midnights[day]
        if midnight is not None:
            return midnight + timedelta(seconds=since_midnight_s)
        return (day.replace(tzinfo=self.zone) + timedelta(seconds=since_midnight_s)).astimezone(UTC)

    def _duration(self, cells: list[Any], name: str) -> float | None:
        raw = self._raw(cells, name)
        if is_blank(raw):
            return None
        seconds = _seconds(raw, self.units_s[name])
        if seconds is None or seconds < 0 or seconds > 1e7:
            self._tell(TelephonyCode.BAD_VALUE, Finding.NO_DURATION, name, str(raw))
            return None
        return seconds

    def _raw(self, cells: list[Any], name: str) -> Any:
        place = self.places.get(name)
        return cells[place] if place is not None and place < len(cells) else None

    def _text(self, cells: list[Any], name: str) -> str:
        return _text(self._raw(cells, name))

    def _call_id(self, cells: list[Any]) -> str:
        """The call's id, or, where the table has none, the row's number."""
        if joined := self.joined.get("call_id"):
            return "-".join(_text(cells[place]) for place in joined if place < len(cells))
        return self._text(cells, "call_id") or f"row {self.account.line}"

    def _heading_of(self, name: str) -> str:
        return self.headings[self.places[name]] if name in self.places else name

    def _tell(
        self, code: TelephonyCode, finding: Finding, name: str, value: str = "", told: Mapping[str, str] | None = None
    ) -> None:
        self.account.tell(code, finding, event=self._heading_of(name), value=value, told=told)


def heading_without_unit(text: str) -> str:
    """A heading as it is compared with others."""
    return _heading(text)[0]


def _heading(text: str) -> tuple[str, float | None]:
    """A heading without its unit, as it is compared, and how many seconds the unit is."""
    folded = fold(text)
    match = _UNIT_IN_HEADING.match(folded)
    if match is not None and match[2] in _UNITS_S:
        return match[1], _UNITS_S[match[2]]
    return folded, None


def _text(raw: Any) -> str:
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        raw = int(raw)
    return "" if is_blank(raw) else clean_text(str(raw))[:200]


def _since_midnight_s(raw: Any) -> float | None:
    if isinstance(raw, datetime | date):
        return None
    if isinstance(raw, time):
        return raw.hour * 3600 + raw.minute * 60 + raw.second + raw.microsecond / 1e6
    if isinstance(raw, timedelta):
        return raw.total_seconds()
    match = _CLOCK.match(raw.strip()) if isinstance(raw, str) else None
    return None if match is None else int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3] or 0)


def _seconds(raw: Any, unit_s: float) -> float | None:
    """A duration as it is written: a number, ``0:01:05``, ``01:05`` (minutes and seconds), ``1分5秒``.

    >>> _seconds("0:01:05", 1.0), _seconds("01:05", 1.0), _seconds("1分5秒", 1.0), _seconds("2.5", 60.0)
    (65.0, 65.0, 65.0, 150.0)
    """
    if isinstance(raw, timedelta):
        return raw.total_seconds()
    if isinstance(raw, time):
        return raw.hour * 3600.0 + raw.minute * 60 + raw.second + raw.microsecond / 1e6
    if isinstance(raw, bool | datetime | date):
        return None
    if isinstance(raw, int | float):
        return float(raw) * unit_s
    text = clean_text(str(raw)).replace(",", "")
    try:
        return float(text) * unit_s
    except ValueError:
        pass
    if match := _CLOCK.match(text):
        first, second, third = int(match[1]), int(match[2]), match[3]
        return first * 60.0 + second if third is None else first * 3600 + second * 60 + float(third)
    parts = _SPELLED.findall(text)
    if parts and _SPELLED.sub("", text).strip() == "":
        return sum(float(number) * _UNITS_S.get(unit.casefold(), 60.0) for number, unit in parts)
    return None
