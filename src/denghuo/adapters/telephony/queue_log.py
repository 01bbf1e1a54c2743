"""Asterisk's ``queue_log``: one line per event of its queues, ``time|call|queue|agent|event|data...``.

Times are whole seconds or have a fraction, durations are whole seconds except for ringing without an answer, which is
in milliseconds. Callers turned away at a full queue leave no line, and nothing is told from before the queue. Source:
the event list of the Asterisk documentation, and traces of a running exchange.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from denghuo.adapters.telephony.assembling import (
    Account,
    OpenCall,
    caller_number,
    instant,
    seconds_between,
    whole_number,
)
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import (
    AgentEvent,
    AgentEventKind,
    CallOutcome,
    CallRecord,
    TelephonyCode,
    TelephonyError,
    TelephonyLog,
    TelephonyProblem,
    Unknowable,
)
from denghuo.adapters.telephony.streams import open_log, raw_lines, readable

__all__ = ["UNKNOWABLE", "QueueLogAssembler", "read_queue_log"]

UNKNOWABLE = (
    Unknowable.REFUSED_CALLS,
    Unknowable.ANNOUNCEMENT,
    Unknowable.SUBSECOND_TIMES,
    Unknowable.HOLD,
    Unknowable.WRAP_UP,
)
_RECOGNIZED_WITHIN = 1_000
_REMEMBERED = 20_000
_NOBODY = frozenset({"", "NONE"})


class _Line(NamedTuple):
    at: datetime
    call_id: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]
    precise: bool
    text: str

    def number(self, place: int) -> int | None:
        return whole_number(self.data[place]) if place < len(self.data) else None


class QueueLogAssembler:
    """Lines in, finished calls and agents' events out; between lines it holds the calls that go on.

    What a line finishes is appended to ``calls`` and ``agent_events``, which the caller may empty.
    """

    def __init__(self, *, file: str = "", agent_names: Mapping[str, str] | None = None) -> None:
        self.account = Account(file)
        self.calls: list[CallRecord] = []
        self.agent_events: list[AgentEvent] = []
        self._names = dict(agent_names or {})
        self._open: dict[str, list[tuple[OpenCall, list[str]]]] = {}
        self._ended: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._recent: OrderedDict[str, None] = OrderedDict()
        self.recognized = 0
        self.odd_time = ""  # the first time that is a number, but of no year in which such a log was kept

    def feed(self, text: str) -> None:
        """Take one line, without its end."""
        line = self._parsed(text)
        if line is None:
            return
        self.recognized += 1
        self.account.see(line.at)
        handle = _HANDLERS.get(line.event)
        if handle is None:
            self.account.count(line.event, used=False)
            self.account.tell_once(TelephonyCode.UNKNOWN_EVENT, Finding.UNKNOWN_EVENT, event=line.event)
            return
        if line.call_id not in _NOBODY and self._repeated(line):
            self.account.count(line.event, used=False)
            return
        self.account.count(line.event, used=handle(self, line))

    def resume(self, unfinished: Iterable[str]) -> None:
        """Take up the calls that had not ended when the source was read before."""
        self.account.quiet = True
        for text in unfinished:
            self.feed(text)
        self.account.quiet = False
        self.calls.clear()
        self.agent_events.clear()

    def rename(self, agent_names: Mapping[str, str]) -> None:
        """Take up names of agents for what follows."""
        self._names.update(agent_names)

    def open_records(self) -> list[CallRecord]:
        """The calls that go on, as far as they are told."""
        return [call.record() for calls in self._open.values() for call, _ in calls]

    def unfinished(self) -> tuple[str, ...]:
        """The lines of the calls that go on: what :meth:`resume` needs."""
        return tuple(text for calls in self._open.values() for _, texts in calls for text in texts)

    def log(self, *, unread: int = 0) -> TelephonyLog:
        calls, unfinished = self.calls + self.open_records(), self.unfinished()
        precise = any(call.precise for call in calls)
        unknowable = tuple(one for one in UNKNOWABLE if not (precise and one is Unknowable.SUBSECOND_TIMES))
        return self.account.log(calls, self.agent_events, unknowable=unknowable, unread=unread, unfinished=unfinished)

    def _parsed(self, text: str) -> _Line | None:
        parts = text.split("|")
        if len(parts) < 5:
            if text.strip():
                self.account.tell(TelephonyCode.UNREADABLE_LINE, Finding.NOT_FIVE_PARTS, value=text)
            return None
        at = instant(parts[0].strip())
        event = parts[4].strip()
        if at is None or not event:
            code = TelephonyCode.BAD_TIME if event else TelephonyCode.MISSING_FIELD
            finding = Finding.LINE_WITHOUT_TIME if event else Finding.LINE_WITHOUT_EVENT
            if event and not self.odd_time and parts[0].strip().replace(".", "", 1).isdecimal():
                self.odd_time = parts[0].strip()[:40]
            self.account.tell(code, finding, event=event[:40], value=text)
            return None
        agent = "" if parts[3] in _NOBODY else self._names.get(parts[3], parts[3])
        queue = "" if parts[2] in _NOBODY else parts[2]
        return _Line(at, parts[1], queue, agent, event, tuple(parts[5:]), "." in parts[0], text)

    def _repeated(self, line: _Line) -> bool:
        """Whether the very same line stood there before, as when a log was appended to itself."""
        if line.event in _MAY_REPEAT:
            return False
        if line.text in self._recent:
            self.account.tell(TelephonyCode.DUPLICATE_EVENT, Finding.TOLD_TWICE, event=line.event, call_id=line.call_id)
            return True
        self._recent[line.text] = None
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return False

    def _begin(self, line: _Line, *, back_s: float = 0.0) -> OpenCall:
        call = OpenCall(line.call_id, line.queue, line.at - timedelta(seconds=back_s), precise=line.precise)
        call.queued_at = call.entered_at
        call.line = self.account.line
        self._open.setdefault(line.call_id, []).append((call, [line.text]))
        return call

    def _find(self, line: _Line, *, talking: bool, wait_s: int | None, position: int | None = None) -> OpenCall | None:
        """The open call an event is of; where two of one id go on at once, the one whose figures fit best."""
        calls = [call for call, _ in self._open.get(line.call_id, ()) if call.queue == line.queue]
        calls = [call for call in calls if (call.connected_at is not None) is talking] or calls

        def misfit(call: OpenCall) -> tuple[bool, bool, float]:
            since = call.queued_at or call.entered_at
            until = call.connected_at or line.at
            off_s = abs((until - since).total_seconds() - wait_s) if wait_s is not None else 0.0
            return (talking and call.agent != line.agent), position not in (None, call.position), off_s

        return min(calls, key=misfit, default=None)

    def _extend(self, call: OpenCall, text: str) -> None:
        for one, texts in self._open.get(call.call_id, ()):
            if one is call and texts[-1] != text:
                texts.append(text)

    def _end(self, call: OpenCall, outcome: CallOutcome, at: datetime) -> None:
        call.outcome, call.ended_at = outcome, at
        rest = [pair for pair in self._open.get(call.call_id, ()) if pair[0] is not call]
        if rest:
            self._open[call.call_id] = rest
        else:
            self._open.pop(call.call_id, None)
        self.calls.append(call.record())
        self._ended[(call.call_id, call.queue)] = at
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)

    def _agent_event(
        self, line: _Line, kind: AgentEventKind, *, reason: str = "", seconds: float | None = None, call_id: str = ""
    ) -> bool:
        if not line.agent:
            self.account.tell(TelephonyCode.MISSING_FIELD, Finding.NO_AGENT, event=line.event)
            return False
        event = AgentEvent(
            at=line.at, agent=line.agent, kind=kind, queue=line.queue, reason=reason, seconds=seconds, call_id=call_id
        )
        self.agent_events.append(event)
        return True

    def enter(self, line: _Line) -> bool:
        if line.call_id in _NOBODY:
            self.account.tell(TelephonyCode.MISSING_FIELD, Finding.NO_CALL_ID, event=line.event)
            return False
        others = [call for call, _ in self._open.get(line.call_id, ()) if call.queue == line.queue]
        if others:
            self.account.tell(TelephonyCode.SAME_ID, Finding.JOINED_AGAIN, event=line.event, call_id=line.call_id)
        call = self._begin(line)
        call.caller = caller_number(line.data[1] if len(line.data) > 1 else "")
        call.position = line.number(2)
        return True

    def _unknown(self, line: _Line, back_s: float | None) -> OpenCall | None:
        """A call whose entry this source does not have: begun before it, or its line is lost."""
        if (line.call_id, line.queue) in self._ended:
            self.account.tell(TelephonyCode.DUPLICATE_EVENT, Finding.CALL_ENDED, event=line.event, call_id=line.call_id)
            return None
        if back_s is None or line.call_id in _NOBODY:
            self.account.tell(TelephonyCode.UNKNOWN_CALL, Finding.CALL_UNKNOWN, event=line.event, call_id=line.call_id)
            return None
        self.account.tell(TelephonyCode.UNKNOWN_CALL, Finding.ENTERED_UNSEEN, event=line.event, call_id=line.call_id)
        return self._begin(line, back_s=back_s)

    def _wait(self, call: OpenCall, line: _Line, told_s: int | None) -> float | None:
        """The wait until this line: from the instants where they have fractions, else as the exchange tells it."""
        between_s = seconds_between(call.queued_at, line.at)
        if told_s is None:
            self.account.tell_once(TelephonyCode.MISSING_FIELD, Finding.NO_WAIT, event=line.event)
            return between_s
        if between_s is None or abs(between_s - told_s) > 2:
            finding = Finding.WAIT_BACKWARDS if between_s is None else Finding.WAITS_DIFFER
            told = {"told_s": told_s} | ({} if between_s is None else {"between_s": round(between_s)})
            self.account.tell(TelephonyCode.CONTRADICTION, finding, event=line.event, call_id=call.call_id, told=told)
            return float(told_s)
        return between_s if call.precise and line.precise else float(told_s)

    def connect(self, line: _Line) -> bool:
        told_s = line.number(0)
        call = self._find(line, talking=False, wait_s=told_s) or self._unknown(line, told_s)
        if call is None:
            return False
        if call.connected_at is not None:
            self.account.tell(
                TelephonyCode.DUPLICATE_EVENT, Finding.ALREADY_SO_FAR, event=line.event, call_id=line.call_id
            )
            return False
        call.connected_at, call.agent = line.at, line.agent
        call.wait_s, ring_s = self._wait(call, line, told_s), line.number(2)
        call.ring_s = None if ring_s is None else float(ring_s)
        self._extend(call, line.text)
        self._agent_event(line, AgentEventKind.CONNECTED, seconds=call.ring_s, call_id=line.call_id)
        return True

    def _finish_talk(self, line: _Line, told: tuple[int | None, int | None]) -> OpenCall | None:
        wait_s, talk_s = told
        call = self._find(line, talking=True, wait_s=wait_s)
        if call is None:
            back_s = None if wait_s is None or talk_s is None else wait_s + talk_s
            call = self._unknown(line, back_s)
        if call is None:
            return None
        if call.connected_at is None:
            call.agent, call.wait_s = line.agent, None if wait_s is None else float(wait_s)
            call.connected_at = None if talk_s is None else line.at - timedelta(seconds=talk_s)
            self.account.tell(
                TelephonyCode.MISSING_EVENT, Finding.ANSWER_UNSEEN, event=line.event, call_id=line.call_id
            )
        between_s = seconds_between(call.connected_at, line.at)
        precise = call.precise and line.precise and between_s is not None
        call.talk_s = between_s if precise or talk_s is None else float(talk_s)
        self._agent_event(line, AgentEventKind.COMPLETED, reason=line.event, seconds=call.talk_s, call_id=line.call_id)
        return call

    def complete(self, line: _Line) -> bool:
        call = self._finish_talk(line, (line.number(0), line.number(1)))
        if call is None:
            return False
        call.left_because = line.event
        call.position = line.number(2) if call.position is None else call.position
        self._end(call, CallOutcome.ANSWERED, line.at)
        return True

    def transfer(self, line: _Line) -> bool:
        # Blind: extension|context|wait|talk|position. Attended: how and where to, then the same three.
        figures = [whole_number(part) for part in line.data[-3:-1]]
        wait_s, talk_s = figures if len(figures) == 2 else (None, None)
        call = self._finish_talk(line, (wait_s, talk_s))
        if call is None:
            return False
        target = line.data[1:-3] if line.event == "ATTENDEDTRANSFER" else line.data[:1]
        call.transferred_to, call.left_because = "|".join(target)[:100], line.event
        self._end(call, CallOutcome.ANSWERED, line.at)
        return True

    def leave(self, line: _Line) -> bool:
        by_key = line.event == "EXITWITHKEY"
        key, figures = (line.data[:1], line.data[1:]) if by_key else ((), line.data)
        position, wait_s = (whole_number(part) for part in (*figures, "", "", "")[1:3])
        call = self._find(line, talking=False, wait_s=wait_s, position=position) or self._unknown(line, wait_s)
        if call is None:
            return False
        if call.connected_at is not None:
            self.account.tell(
                TelephonyCode.IMPOSSIBLE_ORDER, Finding.LEAVES_WHILE_TALKING, event=line.event, call_id=line.call_id
            )
            return False
        call.wait_s = self._wait(call, line, wait_s)
        call.position = position if call.position is None else call.position
        call.left_because = f"{line.event} {key[0]}".strip() if key else line.event
        self._end(call, _OUTCOMES[line.event], line.at)
        return True

    def ring_no_answer(self, line: _Line) -> bool:
        ring_ms = line.number(0)
        seconds = None if ring_ms is None else ring_ms / 1000
        call_id = "" if line.call_id in _NOBODY else line.call_id
        return self._agent_event(
            line, AgentEventKind.RANG_UNANSWERED, reason=line.event, seconds=seconds, call_id=call_id
        )

    def membership(self, line: _Line) -> bool:
        kind, reason_at = _MEMBERSHIP[line.event]
        reason = line.data[reason_at] if reason_at is not None and reason_at < len(line.data) else ""
        used = self._agent_event(line, kind, reason=reason[:100])
        if line.event == "ADDMEMBER" and reason == "PAUSED":
            self._agent_event(line, AgentEventKind.PAUSED)
        return used

    def restart(self, line: _Line) -> bool:
        for call in [call for calls in self._open.values() for call, _ in calls]:
            self.account.tell(TelephonyCode.RESTARTED, Finding.RESTARTED, event=line.event, call_id=call.call_id)
            call.left_because = line.event
            self._end(call, CallOutcome.ANSWERED if call.connected_at else CallOutcome.FAILED, line.at)
        return True


_OUTCOMES = {
    "ABANDON": CallOutcome.ABANDONED,
    "EXITWITHTIMEOUT": CallOutcome.TIMED_OUT,
    "EXITEMPTY": CallOutcome.LEFT_EMPTY,
    "EXITWITHKEY": CallOutcome.LEFT_BY_KEY,
    "SYSCOMPAT": CallOutcome.FAILED,
}
# What an agent's line means, and where its reason stands.
_MEMBERSHIP: dict[str, tuple[AgentEventKind, int | None]] = {
    "ADDMEMBER": (AgentEventKind.LOGGED_IN, 0),
    "AGENTLOGIN": (AgentEventKind.LOGGED_IN, None),
    "AGENTCALLBACKLOGIN": (AgentEventKind.LOGGED_IN, None),
    "REMOVEMEMBER": (AgentEventKind.LOGGED_OUT, None),
    "AGENTLOGOFF": (AgentEventKind.LOGGED_OUT, None),
    "AGENTCALLBACKLOGOFF": (AgentEventKind.LOGGED_OUT, 2),
    "PAUSE": (AgentEventKind.PAUSED, 0),
    "PAUSEALL": (AgentEventKind.PAUSED, 0),
    "UNPAUSE": (AgentEventKind.RESUMED, 0),
    "UNPAUSEALL": (AgentEventKind.RESUMED, 0),
}
_MAY_REPEAT = frozenset({"RINGNOANSWER", "RINGCANCELED", *_MEMBERSHIP})


def _note(_assembler: QueueLogAssembler, _line: _Line) -> bool:
    return False


_Handler = Callable[[QueueLogAssembler, _Line], bool]
_HANDLERS: dict[str, _Handler] = {
    "ENTERQUEUE": QueueLogAssembler.enter,
    "CONNECT": QueueLogAssembler.connect,
    "COMPLETEAGENT": QueueLogAssembler.complete,
    "COMPLETECALLER": QueueLogAssembler.complete,
    "TRANSFER": QueueLogAssembler.transfer,
    "BLINDTRANSFER": QueueLogAssembler.transfer,
    "ATTENDEDTRANSFER": QueueLogAssembler.transfer,
    "RINGNOANSWER": QueueLogAssembler.ring_no_answer,
    "AGENTDUMP": QueueLogAssembler.ring_no_answer,
    "QUEUESTART": QueueLogAssembler.restart,
    **dict.fromkeys(_OUTCOMES, QueueLogAssembler.leave),
    **dict.fromkeys(_MEMBERSHIP, QueueLogAssembler.membership),
    # RINGCANCELED says that the caller was gone while the telephone rang, which is no event of the agent's.
    **dict.fromkeys(("RINGCANCELED", "CONFIGRELOAD", "DID", "PENALTY", "RULE", "INFO", "CALLSTATUS"), _note),
}


def read_queue_log(
    *paths: Path | str,
    agent_names: Mapping[str, str] | None = None,
    unfinished: Iterable[str] = (),
    offset: int = 0,
) -> TelephonyLog:
    """Read a queue log: one file, or the files of one log in the order in which they were written.

    Args:
        paths: plain or gzipped files.
        agent_names: interface -> name, where agents were added by their interface and answer by name.
        unfinished: what an earlier reading of the same log returned under that name.
        offset: where in the first file to begin, in bytes unpacked; what an earlier reading ended at.

    Raises:
        TelephonyError: no such file, or no queue log.
    """
    assembler = QueueLogAssembler(agent_names=agent_names)
    assembler.resume(unfinished)
    unread = 0
    for place, path in enumerate(map(Path, paths)):
        unread = _read_file(path, assembler, offset if place == 0 else 0)
    return assembler.log(unread=unread)


def _read_file(path: Path, assembler: QueueLogAssembler, offset: int) -> int:
    account = assembler.account
    account.file, account.line = path.name, 0
    before, tried, unread = assembler.recognized, 0, 0
    with open_log(path) as stream:
        stream.seek(offset)
        for line in raw_lines(stream, account):
            if not line.endswith(b"\n"):
                account.tell(TelephonyCode.CUT_OFF, Finding.ENDS_WITHIN_LINE, value=line[:100].decode("latin-1"))
                unread = len(line)
                break
            text = readable(line, account)
            if text is not None:
                assembler.feed(text)
            tried += bool(line.strip())
            if tried >= _RECOGNIZED_WITHIN and assembler.recognized == before:
                break
    if tried and assembler.recognized == before:
        finding, value = (Finding.TIMES_NOT_SECONDS, odd) if (odd := assembler.odd_time) else (Finding.NO_QUEUE_LOG, "")
        raise TelephonyError(
            TelephonyProblem(code=TelephonyCode.NOT_RECOGNIZED, finding=finding, file=path.name, value=value)
        )
    return unread
