"""Asterisk manager events put together to calls, and to what goes on now.

A queue's own limit, an empty queue and a caller who hangs up all send QueueCallerAbandon. Which it was is told by what
comes around it: a hang-up asked for before, the status the dial plan reports, anything the channel does afterwards.
Callers refused at a full queue have no queue event at all, but the channel, its menu and the dial plan's status show
them. AgentComplete comes without the caller's fields when the caller's channel is already gone. Source: the events of
a running exchange, and the Asterisk documentation of app_queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from denghuo.adapters.telephony.ami_book import AmiCall
from denghuo.adapters.telephony.ami_channels import Channel, queue_status
from denghuo.adapters.telephony.ami_messages import AmiMessage
from denghuo.adapters.telephony.ami_sync import SyncedBook
from denghuo.adapters.telephony.assembling import instant, seconds_between, whole_number
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import (
    AgentEvent,
    AgentEventKind,
    AgentState,
    CallOutcome,
    CallRecord,
    LiveSnapshot,
    TelephonyCode,
    TelephonyLog,
    Unknowable,
    WaitingCaller,
)

__all__ = ["UNKNOWABLE", "CallAssembler"]

UNKNOWABLE = (Unknowable.WRAP_UP,)
_OLD_NAMES = {"Join": "QueueCallerJoin", "Leave": "QueueCallerLeave", "QueueMemberPaused": "QueueMemberPause"}


class CallAssembler(SyncedBook):
    """Events in, one at a time; finished calls and agents' events out; between events it holds the live state.

    What an event finishes is appended to ``calls`` and to ``agents.events``, which the caller may empty.
    """

    def __init__(self, *, queue_limits_s: Mapping[str, float] | None = None) -> None:
        super().__init__(dict(queue_limits_s or {}))
        self.at: datetime | None = None
        # By how much the exchange's clock is ahead of ours.
        self._ahead = timedelta()
        self._precise = False

    def feed(self, message: AmiMessage, *, received_at: datetime | None = None) -> None:
        """Take one message. ``received_at`` counts where the exchange puts no time into its events."""
        name = _OLD_NAMES.get(message.event, message.event)
        if not name:
            self.account.count(f"Response {message.response[:40]}", used=False)
            return
        told = message.get("timestamp")
        at = instant(told)
        if told and at is None:
            self.account.tell(
                TelephonyCode.BAD_TIME, Finding.TIME_UNREADABLE, line=message.line, event=name, value=told
            )
        handle = _HANDLERS.get(name)
        if at is None:
            at = self.at if received_at is None else received_at + self._ahead
        elif received_at is not None:
            self._ahead = at - received_at
        if handle is None or at is None:
            self.account.count(name, used=False)
            if handle is not None and name not in _WITHOUT_TIME:
                self.account.tell_once(TelephonyCode.MISSING_FIELD, Finding.EVENTS_WITHOUT_TIMES, event="Timestamp")
            return
        self._precise = self._precise or "." in told
        if told:
            self.account.see(at)
        self.at = at if self.at is None else max(at, self.at)
        twice = name not in _MANY_AT_ONCE and self._told_twice(name, message)
        self.account.count(name, used=not twice and handle(self, message, at))
        self._settle(at)

    def finish(self) -> None:
        """The events have ended: what waits for a word that may still come is decided without it."""
        for call in list(self._leaving):
            if call.abandoned or call.gone_at is not None:
                self._decide(call)
        self.give_up_missed()

    @property
    def agent_events(self) -> list[AgentEvent]:
        return self.agents.events

    def open_records(self) -> list[CallRecord]:
        return [call.record() for calls in self._open.values() for call in calls]

    def snapshot(self) -> LiveSnapshot:
        """Who waits and who works after the last event."""
        waiting = tuple(
            WaitingCaller(
                call_id=call.call_id,
                queue=queue,
                caller=call.caller,
                since=call.queued_at or call.entered_at,
                position=place,
            )
            for queue in sorted(self._waiting)
            for place, call in enumerate(self._waiting[queue], start=1)
        )
        talking = (call.record() for calls in self._open.values() for call in calls if call.connected_at)
        return LiveSnapshot(at=self.at, waiting=waiting, agents=self.agents.board.statuses(), talking=tuple(talking))

    def log(self, *, unread: int = 0) -> TelephonyLog:
        unknowable = list(UNKNOWABLE)
        if not self._channels.seen:
            unknowable += [Unknowable.REFUSED_CALLS, Unknowable.ANNOUNCEMENT, Unknowable.LEAVING_REASON]
        if not self._precise:
            unknowable.append(Unknowable.SUBSECOND_TIMES)
        calls = self.calls + self.open_records()
        return self.account.log(calls, self.agents.events, unknowable=tuple(unknowable), unread=unread)

    # Channels

    def new_channel(self, message: AmiMessage, at: datetime) -> bool:
        self._channels.open(message.get("uniqueid"), at)
        return True

    def hang_up_requested(self, message: AmiMessage, at: datetime) -> bool:
        self._channels.hang_up_requested = True
        channel = self._channels.get(message.get("uniqueid"))
        if channel is not None:
            channel.hung_up_at = at
        return channel is not None

    def hang_up(self, message: AmiMessage, at: datetime) -> bool:
        self._channels.hang_ups = True
        call_id = message.get("uniqueid")
        channel = self._channels.close(call_id)
        for call in list(self._open.get(call_id, ())):
            call.gone_at, call.channel = at, channel
            if call.connected_at is None and (call.abandoned or call.left_at is not None):
                self._decide(call, channel)
            elif call not in self._leaving:
                self._leaving.append(call)
        if channel is not None and channel.asked and not channel.joined and not channel.told:
            self._outside_queue(channel, at)
        return True

    def dial_plan(self, message: AmiMessage, at: datetime) -> bool:
        """A step of the dial plan, or what it reports: menus, announcements, and how the queue ended."""
        call_id = message.get("uniqueid")
        in_hang_up = message.get("exten") == "h" or message.get("extension") == "h"
        channel = self._channels.get(call_id)
        if message.event == "UserEvent" and channel is None and call_id:
            channel = self._channels.open(call_id, None)
        if channel is None:
            return False
        status = queue_status(message)
        channel.read(message, at)
        left = [call for call in self._open.get(call_id, ()) if call.left_at is not None and call.connected_at is None]
        if status is not None:
            self._status(message, at, status, channel, left)
        elif not in_hang_up and message.event != "VarSet":
            channel.busy_at = at
        if channel.asked_at == at and channel.full_queue is None:
            queue = self._queue_of(message, channel)
            channel.full_queue = queue if self._is_full(queue) else ""
        return True

    def _queue_of(self, message: AmiMessage, channel: Channel) -> str:
        if named := message.get("queue") or channel.queue:
            return named
        known = {*self.queue_sizes, *self._waiting}
        if message.get("exten") in known:
            return message.get("exten")
        return next(iter(known)) if len(known) == 1 else ""

    def _is_full(self, queue: str) -> bool:
        size = self.queue_sizes.get(queue, 0)
        return 0 < size <= len(self._waiting.get(queue, ()))

    def _status(self, message: AmiMessage, at: datetime, status: str, channel: Channel, left: list[AmiCall]) -> None:
        outcome = _STATUS_OUTCOMES.get(status)
        if outcome is None:
            return
        if left:
            left[-1].left_because = status
            self._end(left[-1], outcome)
        elif status in _AT_THE_DOOR or not channel.joined:
            channel.queue = self._queue_of(message, channel)
            if channel.queue not in channel.told:
                channel.told.add(channel.queue)
                self.calls.append(channel.record(outcome, at, because=status))

    def _outside_queue(self, channel: Channel, at: datetime) -> None:
        """A channel that asked for something and never was in a queue."""
        outcome, because = CallOutcome.LOST_IN_ANNOUNCEMENT, ""
        if channel.full_queue:
            outcome, because, channel.queue = CallOutcome.REFUSED, "full when asked", channel.full_queue
        elif channel.queue_at is not None and not self.agents.board.anybody(channel.queue):
            outcome, because = CallOutcome.LEFT_EMPTY, "nobody when asked"
        elif channel.heard:
            outcome = CallOutcome.ANNOUNCED
        self.calls.append(channel.record(outcome, at, because=because))

    # Callers

    def join(self, message: AmiMessage, at: datetime) -> bool:
        call_id, queue = message.get("uniqueid"), message.get("queue")
        if not call_id or not queue:
            return self._lacks(message, Finding.NO_QUEUE if message.get("uniqueid") else Finding.NO_CALL_ID)
        for other in list(self._open.get(call_id, ())):
            if other.queue == queue and other.left_at is None and other.queued_at == at:
                return self._repeated(message)
            if other.left_at is not None and other.connected_at is None:
                self._decide(other, self._channels.get(call_id), sent_on=True)
            elif other.queue == queue:
                self._tell(TelephonyCode.SAME_ID, Finding.JOINED_AGAIN, message)
        call = self._begin(message, at, at)
        position = whole_number(message.get("position"))
        line = self._waiting.setdefault(queue, [])
        line.insert(len(line) if position is None else min(position - 1, len(line)) if position else 0, call)
        call.position = position
        return True

    def leave(self, message: AmiMessage, at: datetime) -> bool:
        call = self._find(message, waiting=True)
        if call is None:
            return self._unknown(message)
        call.left_at = at
        self._drop(call)
        if call not in self._leaving:
            self._leaving.append(call)
        return True

    def abandon(self, message: AmiMessage, at: datetime) -> bool:
        call = self._find(message, waiting=True)
        if call is None:
            call = self._computed_back(message, at, whole_number(message.get("holdtime")))
        if call is None:
            return False
        if call.abandoned or call.connected_at is not None:
            return self._repeated(message)
        self._joined_before(call, at, whole_number(message.get("holdtime")))
        call.abandoned, call.left_at = True, at
        original = whole_number(message.get("originalposition"))
        call.position = original if call.position is None else call.position
        self._drop(call)
        if call not in self._leaving:
            self._leaving.append(call)
        return True

    def _joined_before(self, call: AmiCall, at: datetime, hold_s: int | None) -> None:
        """Where it was worked out from a list when the caller joined, the exchange knows better."""
        if not call.precise and call.position is None and hold_s is not None:
            call.queued_at = at - timedelta(seconds=hold_s)
            call.entered_at = min(call.entered_at, call.queued_at)

    def called(self, message: AmiMessage, at: datetime) -> bool:
        agent, call = self.agents.name(message), self._find(message)
        self.agents.board.set(agent, AgentState.RINGING, at, call_id=message.get("uniqueid"))
        if call is not None:
            call.rings[agent] = at
        return call is not None

    def connect(self, message: AmiMessage, at: datetime) -> bool:
        call = self._find(message)
        hold_s = whole_number(message.get("holdtime"))
        if call is None:
            call = self._computed_back(message, at, hold_s)
        if call is None:
            return False
        if call.connected_at is not None:
            return self._repeated(message)
        agent = self.agents.name(message)
        call.connected_at, call.agent, call.agent_channel = at, agent, message.get("destuniqueid")
        self._joined_before(call, at, hold_s)
        call.wait_s = seconds_between(call.queued_at, at)
        if call.wait_s is None and hold_s is not None:
            call.wait_s = float(hold_s)
        # Here ringing is told in whole seconds, in AgentRingNoAnswer in milliseconds.
        told_s = whole_number(message.get("ringtime"))
        rang_s = seconds_between(call.rings.get(agent), at)
        call.ring_s = rang_s if rang_s is not None or told_s is None else float(told_s)
        self._drop(call)
        if call in self._leaving:
            self._leaving.remove(call)
        self.agents.board.set(agent, AgentState.TALKING, at, call_id=call.call_id)
        self.agents.tell(message, AgentEventKind.CONNECTED, at, seconds=call.ring_s, call_id=call.call_id)
        return True

    def complete(self, message: AmiMessage, at: datetime) -> bool:
        call = self._find_talking(message)
        hold_s, talk_s = whole_number(message.get("holdtime")), whole_number(message.get("talktime"))
        if call is None and message.get("uniqueid"):
            call = self._computed_back(message, at, None if None in (hold_s, talk_s) else (hold_s or 0) + (talk_s or 0))
        if call is None:
            return self._unknown(message) if not message.get("uniqueid") else False
        if call.connected_at is None:
            call.connected_at = None if talk_s is None else at - timedelta(seconds=talk_s)
            call.agent, call.wait_s = self.agents.name(message), None if hold_s is None else float(hold_s)
            call.precise = False
            self.account.tell(
                TelephonyCode.MISSING_EVENT,
                Finding.ANSWER_UNSEEN,
                line=message.line,
                event=message.event,
                call_id=call.call_id,
            )
        call.talk_s = seconds_between(call.connected_at, at)
        if call.talk_s is None and talk_s is not None:
            call.talk_s = float(talk_s)
        self._hold_ended(call, at)
        call.left_because = message.get("reason")
        agent = call.agent or self.agents.name(message)
        if whole_number(message.get("wrapuptime")):
            self.agents.board.set(agent, AgentState.WRAPPING_UP, at)
        else:
            self.agents.board.free(agent, at)
        self.agents.tell(
            message, AgentEventKind.COMPLETED, at, reason=call.left_because, seconds=call.talk_s, call_id=call.call_id
        )
        call.left_at = at
        self._end(call, CallOutcome.ANSWERED)
        return True

    def ring_no_answer(self, message: AmiMessage, at: datetime) -> bool:
        ring_ms = whole_number(message.get("ringtime"))
        agent, seconds = self.agents.name(message), None if ring_ms is None else ring_ms / 1000
        if self.agents.board.state(agent) is AgentState.RINGING:
            self.agents.board.free(agent, at)
        return self.agents.tell(
            message, AgentEventKind.RANG_UNANSWERED, at, seconds=seconds, call_id=message.get("uniqueid")
        )

    def hold(self, message: AmiMessage, at: datetime) -> bool:
        call = self._held(message)
        if call is None:
            return False
        if message.event == "Hold":
            call.held_at = call.held_at or at
        else:
            self._hold_ended(call, at)
        return True

    def _held(self, message: AmiMessage) -> AmiCall | None:
        ids = {message.get("uniqueid"), message.get("linkedid")} - {""}
        talking = (one for calls in self._open.values() for one in calls if one.connected_at is not None)
        return next((one for one in talking if ids & {one.call_id, one.agent_channel, one.linked_id}), None)

    def _hold_ended(self, call: AmiCall, at: datetime) -> None:
        if call.held_at is not None:
            call.hold_s = (call.hold_s or 0.0) + (seconds_between(call.held_at, at) or 0.0)
            call.held_at = None

    def transfer(self, message: AmiMessage, _at: datetime) -> bool:
        """To whom an answered caller is passed on; the talk ends with AgentComplete as any other."""
        for key in ("transfereeuniqueid", "transfereruniqueid", "origtransfereruniqueid", "transfereelinkedid"):
            for calls in list(self._open.values()):
                for call in calls:
                    if message.get(key) and message.get(key) in (call.call_id, call.agent_channel, call.linked_id):
                        target = message.get("extension") or message.get("transfertargetcalleridnum")
                        call.transferred_to = (target or message.get("destapp") or message.get("desttype"))[:100]
                        return True
        return False


_STATUS_OUTCOMES = {
    "TIMEOUT": CallOutcome.TIMED_OUT,
    "FULL": CallOutcome.REFUSED,
    "JOINEMPTY": CallOutcome.LEFT_EMPTY,
    "LEAVEEMPTY": CallOutcome.LEFT_EMPTY,
    "JOINUNAVAIL": CallOutcome.LEFT_EMPTY,
    "LEAVEUNAVAIL": CallOutcome.LEFT_EMPTY,
    "WITHDRAW": CallOutcome.FAILED,
}
# The queue never took the caller; all other statuses are of callers who waited.
_AT_THE_DOOR = frozenset({"FULL", "JOINEMPTY", "JOINUNAVAIL"})
_Handler = Callable[[CallAssembler, AmiMessage, datetime], bool]
# The exchange's replies carry no time: they say how it is when they come.
_WITHOUT_TIME = frozenset({"QueueParams", "QueueMember", "QueueEntry", "QueueStatusComplete"})
_MANY_AT_ONCE = frozenset({"UserEvent", "VarSet", "Newexten", "CEL"})
_HANDLERS: dict[str, _Handler] = {
    "Newchannel": CallAssembler.new_channel,
    "HangupRequest": CallAssembler.hang_up_requested,
    "Hangup": CallAssembler.hang_up,
    **dict.fromkeys(("UserEvent", "VarSet", "Newexten", "CEL"), CallAssembler.dial_plan),
    "QueueCallerJoin": CallAssembler.join,
    "QueueCallerLeave": CallAssembler.leave,
    "QueueCallerAbandon": CallAssembler.abandon,
    "AgentCalled": CallAssembler.called,
    "AgentConnect": CallAssembler.connect,
    "AgentComplete": CallAssembler.complete,
    "AgentRingNoAnswer": CallAssembler.ring_no_answer,
    "Hold": CallAssembler.hold,
    "Unhold": CallAssembler.hold,
    "BlindTransfer": CallAssembler.transfer,
    "AttendedTransfer": CallAssembler.transfer,
    "QueueMemberAdded": lambda self, message, at: self.agents.added(message, at),
    "QueueMemberRemoved": lambda self, message, at: self.agents.removed(message, at),
    "QueueMemberPause": lambda self, message, at: self.agents.paused(message, at),
    "QueueMemberStatus": lambda self, message, at: self.agents.status(message, at),
    "QueueMember": lambda self, message, at: self.agents.listed(message, at),
    "QueueParams": CallAssembler.listed_queue,
    "QueueEntry": CallAssembler.listed_caller,
    "QueueStatusComplete": CallAssembler.list_complete,
}
