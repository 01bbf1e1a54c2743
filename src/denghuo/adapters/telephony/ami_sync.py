"""Calls put in step with what the exchange lists now, and with what its own log says of the time nobody listened."""

from __future__ import annotations

from datetime import datetime, timedelta

from denghuo.adapters.telephony.ami_book import AmiCall, CallBook
from denghuo.adapters.telephony.ami_messages import AmiMessage
from denghuo.adapters.telephony.assembling import whole_number
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.merging import merged_call, same_call
from denghuo.adapters.telephony.records import AgentState, CallRecord, TelephonyCode

__all__ = ["SyncedBook"]

_SAME_END = timedelta(seconds=3)


class SyncedBook(CallBook):
    """A book of calls that survives a gap in the events."""

    def __init__(self, limits_s: dict[str, float]) -> None:
        super().__init__(limits_s)
        self.queue_sizes: dict[str, int] = {}
        self.missed: list[AmiCall] = []
        self._reply_since: datetime | None = None
        self._listed: dict[str, set[str]] = {}

    def listed_queue(self, message: AmiMessage, at: datetime) -> bool:
        queue, size = message.get("queue"), whole_number(message.get("max"))
        self.queue_sizes[queue] = size or 0
        self._reply_since = self._reply_since or at
        self._listed.setdefault(queue, set())
        return True

    def listed_caller(self, message: AmiMessage, at: datetime) -> bool:
        call_id, queue = message.get("uniqueid"), message.get("queue")
        if not call_id:
            return self._lacks(message, Finding.NO_CALL_ID)
        self._listed.setdefault(queue, set()).add(call_id)
        if any(one.queue == queue for one in self._open.get(call_id, ())):
            return True
        wait_s = whole_number(message.get("wait")) or 0
        call = self._begin(message, at - timedelta(seconds=wait_s), at)
        place = whole_number(message.get("position"))
        line = self._waiting.setdefault(queue, [])
        line.insert(len(line) if not place else min(place - 1, len(line)), call)
        return True

    def list_complete(self, _message: AmiMessage, at: datetime) -> bool:
        """What is not in the list although it began before it has ended unseen."""
        since, listed = self._reply_since or at, self._listed
        self._reply_since, self._listed = None, {}
        for call in [one for calls in self._open.values() for one in calls]:
            if call.queue not in listed or call in self.missed or call.left_at is not None:
                continue
            if call.connected_at is None:
                gone = call.call_id not in listed[call.queue] and (call.queued_at or call.entered_at) < since
            else:
                idle = self.agents.board.state(call.agent) in (AgentState.AVAILABLE, AgentState.PAUSED)
                gone = idle and call.connected_at < since
            if gone:
                self._drop(call)
                self.missed.append(call)
        return True

    def interrupt(self) -> None:
        """Events are missed from here on, so that their absence means nothing for the calls that wait for them."""
        for call in self._leaving:
            call.interrupted = True
            self.missed.append(call)
        self._leaving = []

    def give_up_missed(self) -> None:
        """Of the calls that ended unseen no log tells the end: what is known decides, else they stay without one."""
        missed, self.missed = self.missed, []
        for call in missed:
            if call.abandoned or call.gone_at is not None:
                self._decide(call)
                continue
            self.account.tell(TelephonyCode.GAP, Finding.ENDED_UNHEARD, line=call.line, call_id=call.call_id)
            self._forget(call)
            self.calls.append(call.record())

    def take_ended(self, told: CallRecord) -> CallRecord | None:
        """A call that ended, as a log tells it; ``None`` where it is known already."""
        ended_at = told.ended_at or told.entered_at
        for call in list(self._open.get(told.call_id, ())):
            if _is_told(call, told):
                self._forget(call)
                self._remember(told.call_id, told.queue, ended_at)
                if call.agent and self.agents.board.call_of(call.agent) == call.call_id:
                    self.agents.board.free(call.agent, ended_at)
                return merged_call(told, call.record())
        known_at = self._ended.get((told.call_id, told.queue))
        if known_at is not None and abs(known_at - ended_at) <= _SAME_END:
            return None
        self._remember(told.call_id, told.queue, ended_at)
        return told

    def take_open(self, told: CallRecord) -> None:
        """A call that joined or was answered unseen and goes on, as a log tells it."""
        if (told.call_id, told.queue) in self._ended:
            return
        call = next((one for one in self._open.get(told.call_id, ()) if _is_told(one, told)), None)
        if call is None and told.connected_at is not None:
            call = AmiCall(told.call_id, told.queue, told.entered_at, precise=False)
            call.caller = told.caller
            self._open.setdefault(told.call_id, []).append(call)
        if call is None:
            return
        if not call.precise and call.position is None:
            call.entered_at, call.queued_at, call.position = told.entered_at, told.queued_at, told.position
        if told.connected_at is not None and call.connected_at is None:
            self._drop(call)
            call.connected_at, call.agent, call.left_at = told.connected_at, told.agent, None
            call.wait_s, call.ring_s, call.precise = told.wait_s, told.ring_s, False
            self.agents.board.set(call.agent, AgentState.TALKING, call.connected_at, call_id=call.call_id)
            self.missed = [one for one in self.missed if one is not call]

    def tick(self, at: datetime) -> None:
        """Time has passed without events."""
        self._settle(at)

    def _forget(self, call: AmiCall) -> None:
        self._drop(call)
        self._leaving = [one for one in self._leaving if one is not call]
        self.missed = [one for one in self.missed if one is not call]
        rest = [one for one in self._open.get(call.call_id, ()) if one is not call]
        if rest:
            self._open[call.call_id] = rest
        else:
            self._open.pop(call.call_id, None)


def _is_told(call: AmiCall, told: CallRecord) -> bool:
    """Whether a log tells of an open call; when a call joined that was found in a list is known only roughly."""
    listed = not call.precise and call.position is None and call.queue == told.queue
    return listed or same_call(call.record(), told)
