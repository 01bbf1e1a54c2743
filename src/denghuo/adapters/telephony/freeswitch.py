"""FreeSWITCH's call centre: events ``callcenter::info`` as its event socket sends them, from a file or a connection.

``CC-Action`` says what happened: member-queue-start and -end are the caller's, agent-offering and bridge-agent-* the
answering agent's, agent-state-change and agent-status-change the agents' own. A caller's end is ``Terminated`` after a
talk and ``Cancel`` else, with a reason. Times in ``CC-*-Time`` are whole seconds since 1970, ``Event-Date-Timestamp``
is in microseconds. Source: the module's event documentation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from denghuo.adapters.telephony.agent_board import AgentBoard
from denghuo.adapters.telephony.assembling import Account, OpenCall, caller_number, instant, seconds_between
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import (
    AgentEvent,
    AgentEventKind,
    AgentState,
    CallOutcome,
    CallRecord,
    LiveSnapshot,
    TelephonyCode,
    TelephonyError,
    TelephonyLog,
    TelephonyProblem,
    Unknowable,
    WaitingCaller,
)
from denghuo.adapters.telephony.streams import LINE_LIMIT, chunks, open_log, readable

__all__ = ["UNKNOWABLE", "CallCenterAssembler", "EslParser", "read_freeswitch_events"]

UNKNOWABLE = (Unknowable.REFUSED_CALLS, Unknowable.ANNOUNCEMENT, Unknowable.POSITION, Unknowable.HOLD)
_BODY_LIMIT = 1 << 20
_REMEMBERED = 20_000
_RECOGNIZED_WITHIN_BYTES = 1 << 20
Event = Mapping[str, str]


class EslParser:
    """Bytes in, events out: headers ``Key: value`` (values percent-encoded) and an empty line, with or without the
    envelope of a connection, whose ``Content-Length`` is skipped over because the event's own headers follow it.

    >>> parser = EslParser(Account())
    >>> [event["CC-Action"] for event in parser.feed(b"Event-Name: CUSTOM\\nCC-Action: members%2Dcount\\n\\n")]
    ['members-count']
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.events = 0
        self._buffer = b""
        self._headers: dict[str, str] = {}
        self._body_left = 0

    @property
    def pending_bytes(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Event]:
        data, self._buffer = self._buffer + data, b""
        found: list[Event] = []
        place = 0
        while place < len(data):
            skipped = min(self._body_left, len(data) - place)
            place, self._body_left = place + skipped, self._body_left - skipped
            end = data.find(b"\n", place)
            if end < 0:
                self._keep(data[place:])
                break
            event = self._take(data[place:end])
            place = end + 1
            if event is not None:
                found.append(event)
        return found

    def _keep(self, rest: bytes) -> None:
        """Half a line waits for its other half, unless it is longer than any line."""
        if len(rest) > LINE_LIMIT:
            self.account.tell(TelephonyCode.LINE_TOO_LONG, Finding.LINE_WITHOUT_END)
            rest = b""
        self._buffer = rest

    def close(self) -> None:
        if self._buffer.strip() or self._headers:
            self.account.tell(TelephonyCode.CUT_OFF, Finding.ENDS_WITHIN_EVENT)
        self._buffer, self._headers, self._body_left = b"", {}, 0

    def _take(self, line: bytes) -> Event | None:
        self.account.line += 1
        self.account.lines += 1
        if not line.strip():
            return self._flush()
        text = readable(line[:LINE_LIMIT], self.account)
        if text is None:
            return None
        key, colon, value = text.partition(":")
        if not colon:
            self.account.tell(TelephonyCode.UNREADABLE_LINE, Finding.NOT_A_PAIR, value=text)
            return None
        if key == "Event-Name" and "Event-Name" in self._headers:
            self.account.tell(TelephonyCode.CUT_OFF, Finding.EVENT_WITHIN_EVENT)
            self._headers = {}
        self._headers.setdefault(key.strip(), unquote(value.strip()))
        return None

    def _flush(self) -> Event | None:
        headers, self._headers = self._headers, {}
        length = headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and headers.get("Content-Type") != "text/event-plain":
            # The body of an event, or of a reply, is none of ours; that of an envelope is the event.
            self._body_left = min(int(length), _BODY_LIMIT)
        if "Event-Name" not in headers and "Content-Type" not in headers:
            return None
        self.events += "Event-Name" in headers
        return headers


class CallCenterAssembler:
    """Events in, one at a time; finished calls and agents' events out; between events it holds the live state."""

    def __init__(self) -> None:
        self.account = Account()
        self.calls: list[CallRecord] = []
        self.agent_events: list[AgentEvent] = []
        self.board = AgentBoard()
        self.at: datetime | None = None
        self._open: dict[tuple[str, str], OpenCall] = {}
        self._ended: OrderedDict[tuple[str, str], None] = OrderedDict()

    def feed(self, event: Event) -> None:
        if event.get("Event-Subclass", "callcenter::info") != "callcenter::info" or "CC-Action" not in event:
            self.account.count(event.get("Event-Subclass") or event.get("Event-Name", "envelope"), used=False)
            return
        action, at = event["CC-Action"], _event_time(event)
        if at is None:
            self.account.tell(TelephonyCode.BAD_TIME, Finding.EVENT_WITHOUT_TIME, event=action)
            self.account.count(action, used=False)
            return
        self.account.see(at)
        self.at = at if self.at is None else max(self.at, at)
        handle = _HANDLERS.get(action)
        self.account.count(action, used=handle is not None and handle(self, event, at))

    def snapshot(self) -> LiveSnapshot:
        waiting: list[WaitingCaller] = []
        places: dict[str, int] = {}
        for call in sorted(self._open.values(), key=lambda call: (call.queue, call.queued_at or call.entered_at)):
            if call.connected_at is None:
                places[call.queue] = places.get(call.queue, 0) + 1
                since = call.queued_at or call.entered_at
                waiting.append(
                    WaitingCaller(
                        call_id=call.call_id,
                        queue=call.queue,
                        caller=call.caller,
                        since=since,
                        position=places[call.queue],
                    )
                )
        talking = tuple(call.record() for call in self._open.values() if call.connected_at is not None)
        return LiveSnapshot(at=self.at, waiting=tuple(waiting), agents=self.board.statuses(), talking=talking)

    def log(self, *, unread: int = 0) -> TelephonyLog:
        calls = self.calls + [call.record() for call in self._open.values()]
        return self.account.log(calls, self.agent_events, unknowable=UNKNOWABLE, unread=unread)

    def start(self, event: Event, at: datetime) -> bool:
        key = _key(event)
        if not key[0]:
            self.account.tell(TelephonyCode.MISSING_FIELD, Finding.NO_CALL_ID, event="CC-Member-UUID")
            return False
        if key in self._open:
            self.account.tell(
                TelephonyCode.DUPLICATE_EVENT, Finding.JOINED_AGAIN_UNUSED, event=event["CC-Action"], call_id=key[0]
            )
            return False
        self._begin(event, at)
        return True

    def _begin(self, event: Event, at: datetime) -> OpenCall:
        key = _key(event)
        call = OpenCall(*key, at, precise=bool(at.microsecond))
        call.queued_at, call.line = at, self.account.line
        call.caller = caller_number(event.get("CC-Member-CID-Number"))
        self._open[key] = call
        return call

    def _found(self, event: Event, at: datetime) -> OpenCall | None:
        """The call of an event; one that joined before these events begins when the event says it joined."""
        key = _key(event)
        if key in self._open:
            return self._open[key]
        if key in self._ended or not key[0]:
            code = TelephonyCode.DUPLICATE_EVENT if key[0] else TelephonyCode.MISSING_FIELD
            finding = Finding.CALL_ENDED if key[0] else Finding.NO_CALL_ID
            self.account.tell(code, finding, event=event["CC-Action"], call_id=key[0])
            return None
        joined_at = instant(event.get("CC-Member-Joined-Time", ""))
        self.account.tell(TelephonyCode.UNKNOWN_CALL, Finding.ENTERED_UNSEEN, event=event["CC-Action"], call_id=key[0])
        return self._begin(event, joined_at or at)

    def offer(self, event: Event, at: datetime) -> bool:
        self.board.set(event.get("CC-Agent", ""), AgentState.RINGING, at, call_id=event.get("CC-Member-UUID", ""))
        return True

    def bridge(self, event: Event, at: datetime) -> bool:
        call = self._found(event, at)
        if call is None or call.connected_at is not None:
            return False
        call.connected_at, call.agent = at, event.get("CC-Agent", "")
        call.wait_s = seconds_between(call.queued_at, at)
        called_at = instant(event.get("CC-Agent-Called-Time", ""))
        answered_at = instant(event.get("CC-Agent-Answered-Time", ""))
        call.ring_s = seconds_between(called_at, answered_at)
        self.board.set(call.agent, AgentState.TALKING, at, call_id=call.call_id)
        self._agent_event(event, AgentEventKind.CONNECTED, at, seconds=call.ring_s)
        return True

    def bridge_end(self, event: Event, at: datetime) -> bool:
        answered_at = instant(event.get("CC-Agent-Answered-Time", ""))
        if _key(event) in self._ended:
            # The caller's own thread was faster; for the agent the talk ends here all the same.
            talk_s = seconds_between(answered_at, at)
            return self._agent_event(event, AgentEventKind.COMPLETED, at, seconds=talk_s)
        call = self._found(event, at)
        if call is None:
            return False
        if call.connected_at is None:
            call.connected_at, call.agent = answered_at, event.get("CC-Agent", "")
            call.wait_s = seconds_between(call.queued_at, answered_at)
        call.left_at, call.talk_s = at, seconds_between(call.connected_at, at)
        self._agent_event(
            event, AgentEventKind.COMPLETED, at, reason=event.get("CC-Hangup-Cause", ""), seconds=call.talk_s
        )
        return True

    def bridge_fail(self, event: Event, at: datetime) -> bool:
        called_at = instant(event.get("CC-Agent-Called-Time", ""))
        aborted_at = instant(event.get("CC-Agent-Aborted-Time", "")) or at
        cause = event.get("CC-Hangup-Cause", "")
        # The caller was gone before the agent could answer; that is no fault of the agent's.
        if cause in ("ORIGINATOR_CANCEL", "LOSE_RACE"):
            return False
        seconds = seconds_between(called_at, aborted_at)
        return self._agent_event(event, AgentEventKind.RANG_UNANSWERED, at, reason=cause, seconds=seconds)

    def end(self, event: Event, at: datetime) -> bool:
        call = self._found(event, at)
        if call is None:
            return False
        left_at = call.left_at or at
        answered = event.get("CC-Cause") == "Terminated"
        reason = event.get("CC-Cancel-Reason", "")
        call.left_because = event.get("CC-Hangup-Cause", "") if answered else reason
        if answered:
            self._answered(call, event, left_at)
        elif call.connected_at is None:
            call.wait_s = seconds_between(call.queued_at, at)
        call.outcome = CallOutcome.ANSWERED if answered else _OUTCOMES.get(reason, CallOutcome.ABANDONED)
        call.ended_at = left_at
        del self._open[_key(event)]
        self._ended[_key(event)] = None
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        self.calls.append(call.record())
        return True

    def _answered(self, call: OpenCall, event: Event, left_at: datetime) -> None:
        """What the end of an answered call still tells where its bridge was not seen."""
        if call.connected_at is None:
            self.account.tell(
                TelephonyCode.MISSING_EVENT, Finding.BRIDGE_UNSEEN, event=event["CC-Action"], call_id=call.call_id
            )
            call.connected_at = instant(event.get("CC-Agent-Answered-Time", ""))
            call.agent = event.get("CC-Agent", "")
            call.wait_s, call.precise = seconds_between(call.queued_at, call.connected_at), False
        if call.talk_s is None:
            call.talk_s = seconds_between(call.connected_at, left_at)

    def agent_status(self, event: Event, at: datetime) -> bool:
        agent, status = event.get("CC-Agent", ""), event.get("CC-Agent-Status", "")
        kind = {"Logged Out": AgentEventKind.LOGGED_OUT, "On Break": AgentEventKind.PAUSED}.get(status)
        before = self.board.state(agent)
        if kind is None:
            kind = AgentEventKind.RESUMED if before is AgentState.PAUSED else AgentEventKind.LOGGED_IN
        state = {
            AgentEventKind.LOGGED_OUT: AgentState.LOGGED_OUT,
            AgentEventKind.PAUSED: AgentState.PAUSED,
        }.get(kind, AgentState.AVAILABLE)
        if before is not AgentState.TALKING or kind is AgentEventKind.LOGGED_OUT:
            self.board.set(agent, state, at)
        return self._agent_event(event, kind, at, reason=status)

    def agent_state(self, event: Event, at: datetime) -> bool:
        state = _STATES.get(event.get("CC-Agent-State", ""))
        agent = event.get("CC-Agent", "")
        away = self.board.state(agent) in (AgentState.PAUSED, AgentState.LOGGED_OUT)
        if state is None or not agent or (away and state is AgentState.AVAILABLE):
            return False
        call_id = event.get("CC-Member-UUID", "") or (self.board.call_of(agent) if state is AgentState.TALKING else "")
        self.board.set(agent, state, at, call_id=call_id)
        return True

    def _agent_event(
        self, event: Event, kind: AgentEventKind, at: datetime, *, reason: str = "", seconds: float | None = None
    ) -> bool:
        agent = event.get("CC-Agent", "")
        if not agent:
            self.account.tell(TelephonyCode.MISSING_FIELD, Finding.NO_AGENT, event=event["CC-Action"])
            return False
        told = AgentEvent(
            at=at,
            agent=agent,
            kind=kind,
            queue=event.get("CC-Queue", ""),
            reason=reason,
            seconds=seconds,
            call_id=event.get("CC-Member-UUID", ""),
        )
        self.agent_events.append(told)
        return True


def _key(event: Event) -> tuple[str, str]:
    return event.get("CC-Member-UUID", ""), event.get("CC-Queue", "")


def _event_time(event: Event) -> datetime | None:
    text = event.get("Event-Date-Timestamp", "")
    if text.isascii() and text.isdigit() and 10 < len(text) < 18:
        return instant(f"{text[:-6]}.{text[-6:]}")
    return None


_OUTCOMES = {
    "TIMEOUT": CallOutcome.TIMED_OUT,
    "NO_AGENT_TIMEOUT": CallOutcome.LEFT_EMPTY,
    "BREAK_OUT": CallOutcome.ABANDONED,
    "EXIT_WITH_KEY": CallOutcome.LEFT_BY_KEY,
}
_STATES = {
    "Waiting": AgentState.AVAILABLE,
    "Receiving": AgentState.RINGING,
    "In a queue call": AgentState.TALKING,
}
_HANDLERS: dict[str, Callable[[CallCenterAssembler, Event, datetime], bool]] = {
    "member-queue-start": CallCenterAssembler.start,
    "member-queue-resume": CallCenterAssembler.start,
    "member-queue-end": CallCenterAssembler.end,
    "agent-offering": CallCenterAssembler.offer,
    "bridge-agent-start": CallCenterAssembler.bridge,
    "bridge-agent-end": CallCenterAssembler.bridge_end,
    "bridge-agent-fail": CallCenterAssembler.bridge_fail,
    "agent-status-change": CallCenterAssembler.agent_status,
    "agent-state-change": CallCenterAssembler.agent_state,
}


def read_freeswitch_events(*paths: Path | str) -> TelephonyLog:
    """Read what an event socket sent and somebody wrote down, plain or gzipped.

    Raises:
        TelephonyError: no such file, or no such events.
    """
    assembler = CallCenterAssembler()
    parser = EslParser(assembler.account)
    read_bytes = 0
    for path in map(Path, paths):
        assembler.account.file, assembler.account.line = path.name, 0
        with open_log(path) as stream:
            for chunk in chunks(stream, assembler.account):
                read_bytes += len(chunk)
                for event in parser.feed(chunk):
                    assembler.feed(event)
                if read_bytes > _RECOGNIZED_WITHIN_BYTES and not parser.events:
                    break
    unread = parser.pending_bytes
    parser.close()
    if read_bytes and not parser.events:
        file = assembler.account.file
        raise TelephonyError(
            TelephonyProblem(code=TelephonyCode.NOT_RECOGNIZED, finding=Finding.NO_FREESWITCH_EVENTS, file=file)
        )
    return assembler.log(unread=unread)
