"""Calls and agents in one vocabulary, whichever telephone exchange told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType

from denghuo.adapters.call_outcomes import AgentEventKind, CallOutcome
from denghuo.adapters.telephony.findings import Finding

__all__ = [
    "AgentEvent",
    "AgentEventKind",
    "AgentState",
    "AgentStatus",
    "CallOutcome",
    "CallRecord",
    "EventCount",
    "LiveSnapshot",
    "TelephonyCode",
    "TelephonyError",
    "TelephonyLog",
    "TelephonyProblem",
    "Unknowable",
    "WaitingCaller",
]


class AgentState(IntEnum):
    """What an agent is doing now."""

    UNKNOWN = 0
    LOGGED_OUT = 1
    AVAILABLE = 2
    RINGING = 3
    TALKING = 4
    WRAPPING_UP = 5
    PAUSED = 6
    UNREACHABLE = 7


class Unknowable(StrEnum):
    """What a source can never tell, however complete it is."""

    REFUSED_CALLS = "refused_calls"
    """Callers turned away at a full queue leave no trace."""
    ANNOUNCEMENT = "announcement"
    """Nothing before the queue is told: menus, announcements, callers lost in them."""
    SUBSECOND_TIMES = "subsecond_times"
    HOLD = "hold"
    """How long an answered caller was put on hold."""
    WRAP_UP = "wrap_up"
    WAIT_OF_REFUSED = "wait_of_refused"
    LEAVING_REASON = "leaving_reason"
    """Time-outs cannot be told from callers who hung up."""
    AGENT_EVENTS = "agent_events"
    RINGING = "ringing"
    POSITION = "position"
    TRANSFERS = "transfers"


class TelephonyCode(StrEnum):
    """What can be wrong with a log, a trace or a table of calls."""

    NOT_FOUND = "not_found"
    NOT_RECOGNIZED = "not_recognized"
    UNREADABLE_LINE = "unreadable_line"
    LINE_TOO_LONG = "line_too_long"
    CUT_OFF = "cut_off"
    BAD_TIME = "bad_time"
    BAD_VALUE = "bad_value"
    MISSING_FIELD = "missing_field"
    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_OUTCOME = "unknown_outcome"
    UNKNOWN_CALL = "unknown_call"
    CLOCK_WENT_BACK = "clock_went_back"
    DUPLICATE_EVENT = "duplicate_event"
    SAME_ID = "same_id"
    """Two calls of one id overlap in time: two exchanges, or an exchange that numbers calls twice."""
    IMPOSSIBLE_ORDER = "impossible_order"
    UNFINISHED_CALL = "unfinished_call"
    RESTARTED = "restarted"
    """The exchange started anew while calls were going on."""
    CONTRADICTION = "contradiction"
    """Two figures of one call do not agree."""
    PHANTOM_CALL = "phantom_call"
    """A row of a call that never took place, such as one without a caller, an outcome and any duration."""
    MISSING_EVENT = "missing_event"
    """What other events of the call say must have happened was not told."""
    GAP = "gap"
    """Events were missed while there was no connection."""
    NOT_REACHABLE = "not_reachable"
    ACCESS_DENIED = "access_denied"


@dataclass(frozen=True, kw_only=True, slots=True)
class TelephonyProblem:
    """One problem: where it is, what it is and what was done about it, in codes; pages and commands have the words.

    ``line`` counts as a text editor does, the first being 1; 0 where the problem is the file's or the connection's.
    ``event`` is the event, column or field as the source names it, ``value`` what stood there, cut to 100 characters.
    ``told`` is what else the finding needs to be told.
    """

    code: TelephonyCode
    finding: Finding
    file: str = ""
    line: int = 0
    event: str = ""
    value: str = ""
    call_id: str = ""
    told: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        place = ", ".join([self.file] * bool(self.file) + [f"line {self.line}"] * bool(self.line))
        given = {"event": self.event, "value": self.value, "call": self.call_id, **self.told}
        shown = ", ".join(f"{name}: {value}" for name, value in given.items() if value != "")
        what = self.finding.replace("_", " ") + (f" ({shown})" if shown else "")
        return f"{place}: {what}" if place else what


class TelephonyError(ValueError):
    """This is not such a file, or there is no such exchange; ``problems`` says why."""

    def __init__(self, *problems: TelephonyProblem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """One call at one queue, as far as its source tells.

    ``entered_at`` is when the call reached the exchange, or the queue where that is all that is known; ``queued_at``
    when the caller asked for a person. ``wait_s`` runs from ``queued_at`` to the answer or to the end of the wait,
    ``ring_s`` is the part of it in which the answering agent's telephone rang. Instants are aware and in UTC. NULL
    (``None``) and ``""`` are what is not known, except for ``agent``, which is ``""`` where there was none.
    """

    call_id: str
    queue: str
    entered_at: datetime
    outcome: CallOutcome
    caller: str = ""
    queued_at: datetime | None = None
    position: int | None = None
    agent: str = ""
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    wait_s: float | None = None
    ring_s: float | None = None
    talk_s: float | None = None
    wrap_up_s: float | None = None
    hold_s: float | None = None
    announcement: str = ""
    announcement_s: float | None = None
    transferred_to: str = ""
    menu: str = ""
    left_because: str = ""
    precise: bool = False

    @property
    def key(self) -> tuple[str, str, datetime]:
        """What tells one call from every other of the same exchange, in every reading of it.

        An exchange may use an id again, and one call may stand in several queues, or twice in one.
        """
        return self.call_id, self.queue, self.queued_at or self.entered_at


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentEvent:
    """Something that happened to an agent. ``queue`` is ``""`` where it is so in all queues.

    ``seconds`` is the time the telephone rang of RANG_UNANSWERED and CONNECTED, the talk of COMPLETED, and the length
    of the wrap-up of WRAP_UP_ENDED.
    """

    at: datetime
    agent: str
    kind: AgentEventKind
    queue: str = ""
    reason: str = ""
    seconds: float | None = None
    call_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingCaller:
    """Somebody who waits now. ``position`` is 1 for who is next."""

    call_id: str
    queue: str
    caller: str
    since: datetime
    position: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentStatus:
    """What one agent does now, and since when; ``since`` is ``None`` where that began before we listened."""

    agent: str
    state: AgentState
    since: datetime | None = None
    queues: tuple[str, ...] = ()
    reason: str = ""
    call_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveSnapshot:
    """Who waits and who works at one instant. ``waiting`` is by queue and then by position."""

    at: datetime | None
    waiting: tuple[WaitingCaller, ...] = ()
    agents: tuple[AgentStatus, ...] = ()
    talking: tuple[CallRecord, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EventCount:
    """How many lines or events of one name were read, and how many of them counted."""

    read: int = 0
    used: int = 0

    @property
    def ignored(self) -> int:
        return self.read - self.used


@dataclass(frozen=True, kw_only=True, slots=True)
class TelephonyLog:
    """What a log, a trace or a table of calls says.

    ``calls`` are by ``entered_at``, those that have not ended last in their instant; ``agent_events`` by ``at``.
    ``problems`` are at most so many as the reader holds; ``problems_left_out`` counts the rest. ``lines`` is how many
    the source has, ``counts`` how many events of each name were read and used. ``unread`` is the part of the source's
    end that is half a line, in bytes, and is read again once it is whole. ``unfinished`` holds what the source says of
    the calls that have not ended: read before the next part of the same source, it makes them whole.
    """

    calls: tuple[CallRecord, ...]
    agent_events: tuple[AgentEvent, ...] = ()
    problems: tuple[TelephonyProblem, ...] = ()
    problems_left_out: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    unknowable: tuple[Unknowable, ...] = ()
    lines: int = 0
    counts: Mapping[str, EventCount] = field(default_factory=lambda: MappingProxyType({}))
    unread: int = 0
    unfinished: tuple[str, ...] = ()
