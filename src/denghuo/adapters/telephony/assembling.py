"""Calls while they go on, and the account of what a source said: shared by all readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import (
    AgentEvent,
    CallOutcome,
    CallRecord,
    EventCount,
    TelephonyCode,
    TelephonyLog,
    TelephonyProblem,
    Unknowable,
)

__all__ = ["PROBLEM_LIMIT", "Account", "OpenCall", "instant", "whole_number"]

PROBLEM_LIMIT = 10_000
# Before the first exchange that keeps such a log, and later than any clock that is set.
_EARLIEST_S, _LATEST_S = 631_152_000, 4_102_444_800
_CLOCK_TOLERANCE = timedelta(seconds=1)
_WITHHELD = frozenset(
    {"", "<unknown>", "unknown", "anonymous", "unavailable", "restricted", "private", "withheld", "asterisk", "s", "0"}
)


def instant(text: str) -> datetime | None:
    """Epoch seconds, whole or with a fraction, as an instant; ``None`` where that is not what stands there.

    >>> instant("1795416468.076811")
    datetime.datetime(2026, 11, 23, 6, 47, 48, 76811, tzinfo=datetime.timezone.utc)
    >>> instant("soon") is instant("17954164680768110") is None
    True
    """
    whole, _, fraction = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 10):
        return None
    if not _EARLIEST_S <= (seconds := int(whole)) < _LATEST_S:
        return None
    if not fraction:
        return datetime.fromtimestamp(seconds, UTC)
    if not (fraction.isascii() and fraction.isdigit()):
        return None
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))


def whole_number(text: str | None) -> int | None:
    """A count or duration of up to nine digits that is not negative; ``None`` for anything else."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def caller_number(text: str | None) -> str:
    """The caller's number as sent; ``""`` where it is withheld, in whichever way the exchange says so."""
    text = (text or "").strip()
    return "" if text.casefold() in _WITHHELD else text[:40]


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """How long from one instant to the other; ``None`` where one is unknown or a clock went back in between."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()


class OpenCall:
    """A call that has not ended, or whose end is not yet understood."""

    def __init__(self, call_id: str, queue: str, entered_at: datetime, *, precise: bool) -> None:
        self.call_id, self.queue, self.entered_at, self.precise = call_id, queue, entered_at, precise
        self.caller = self.agent = self.announcement = self.transferred_to = self.menu = self.left_because = ""
        self.queued_at: datetime | None = None
        self.connected_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.left_at: datetime | None = None
        self.position: int | None = None
        self.outcome = CallOutcome.LASTING
        self.wait_s: float | None = None
        self.ring_s: float | None = None
        self.talk_s: float | None = None
        self.wrap_up_s: float | None = None
        self.hold_s: float | None = None
        self.announcement_s: float | None = None
        self.line = 0

    def record(self) -> CallRecord:
        return CallRecord(
            call_id=self.call_id,
            queue=self.queue,
            entered_at=self.entered_at,
            outcome=self.outcome,
            caller=self.caller,
            queued_at=self.queued_at,
            position=self.position,
            agent=self.agent,
            connected_at=self.connected_at,
            ended_at=self.ended_at,
            wait_s=self.wait_s,
            ring_s=self.ring_s,
            talk_s=self.talk_s,
            wrap_up_s=self.wrap_up_s,
            hold_s=self.hold_s,
            announcement=self.announcement,
            announcement_s=self.announcement_s,
            transferred_to=self.transferred_to,
            menu=self.menu,
            left_because=self.left_because,
            precise=self.precise,
        )


class Account:
    """What was read, used and found wrong. Problems beyond the limit are counted, not kept."""

    def __init__(self, file: str = "") -> None:
        self.file = file
        self.line = self.lines = self.problems_left_out = 0
        self.problems: list[TelephonyProblem] = []
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self.quiet = False
        self._clock: datetime | None = None
        self._read: Counter[str] = Counter()
        self._used: Counter[str] = Counter()
        self._told: set[tuple[TelephonyCode, str]] = set()

    def tell(
        self,
        code: TelephonyCode,
        finding: Finding,
        *,
        line: int | None = None,
        event: str = "",
        value: str = "",
        call_id: str = "",
        told: Mapping[str, str | int] | None = None,
    ) -> None:
        if self.quiet:
            return
        if len(self.problems) >= PROBLEM_LIMIT:
            self.problems_left_out += 1
            return
        problem = TelephonyProblem(
            code=code,
            finding=finding,
            file=self.file,
            line=self.line if line is None else line,
            event=event,
            value=value[:100],
            call_id=call_id,
            told=told or {},
        )
        self.problems.append(problem)

    def tell_once(self, code: TelephonyCode, finding: Finding, *, event: str) -> None:
        """A problem that every line of a name has is told at the first of them."""
        if (code, event) not in self._told:
            if not self.quiet:
                self._told.add((code, event))
            self.tell(code, finding, event=event)

    def count(self, name: str, *, used: bool) -> None:
        if not self.quiet:
            self._read[name] += 1
            self._used[name] += used

    def see(self, at: datetime) -> None:
        """Note an event's instant, and tell where the exchange's clock was set back."""
        if self.quiet:
            return
        if self.first_at is None or at < self.first_at:
            self.first_at = at
        if self.last_at is None or at > self.last_at:
            self.last_at = at
        if self._clock is not None and at < self._clock - _CLOCK_TOLERANCE:
            back_s = round((self._clock - at).total_seconds())
            self.tell(TelephonyCode.CLOCK_WENT_BACK, Finding.CLOCK_WENT_BACK, told={"back_s": back_s})
            self._clock = at
        self._clock = at if self._clock is None else max(self._clock, at)

    def log(
        self,
        calls: Iterable[CallRecord],
        agent_events: Iterable[AgentEvent],
        *,
        unknowable: tuple[Unknowable, ...],
        unread: int = 0,
        unfinished: tuple[str, ...] = (),
    ) -> TelephonyLog:
        return TelephonyLog(
            calls=tuple(sorted(calls, key=_by_entry)),
            agent_events=tuple(sorted(agent_events, key=lambda event: event.at)),
            problems=tuple(self.problems),
            problems_left_out=self.problems_left_out,
            first_at=self.first_at,
            last_at=self.last_at,
            unknowable=unknowable,
            lines=self.lines,
            counts=MappingProxyType(dict(self._counts())),
            unread=unread,
            unfinished=unfinished,
        )

    def _counts(self) -> Iterator[tuple[str, EventCount]]:
        for name in sorted(self._read):
            yield name, EventCount(read=self._read[name], used=self._used[name])


def _by_entry(call: CallRecord) -> tuple[datetime, bool, str]:
    return call.entered_at, call.outcome is CallOutcome.LASTING, call.call_id
