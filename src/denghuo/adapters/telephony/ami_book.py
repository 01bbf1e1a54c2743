"""The calls of an Asterisk exchange that go on, found again by whatever an event says of them."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from denghuo.adapters.telephony.ami_agents import AgentDesk
from denghuo.adapters.telephony.ami_channels import Channel, Channels
from denghuo.adapters.telephony.ami_messages import AmiMessage
from denghuo.adapters.telephony.assembling import Account, OpenCall, caller_number, seconds_between
from denghuo.adapters.telephony.findings import Finding
from denghuo.adapters.telephony.records import CallOutcome, CallRecord, TelephonyCode

__all__ = ["AmiCall", "CallBook"]

_REMEMBERED = 20_000
# How long after its channel or its wait ended a call may still be spoken of.
_SETTLED_AFTER = timedelta(seconds=5)
# A channel that hangs up within this of leaving the queue left because it hung up.
_AT_ONCE_S = 0.5
# Asterisk counts a queue's limit in whole seconds of its clock, so a wait may end this much before it.
_LIMIT_SLACK_S = 1.0

_IDENTITY = ("timestamp", "queue", "uniqueid", "destuniqueid", "interface")


class AmiCall(OpenCall):
    """A call at a queue, with what only Asterisk's manager tells."""

    def __init__(self, call_id: str, queue: str, entered_at: datetime, *, precise: bool) -> None:
        super().__init__(call_id, queue, entered_at, precise=precise)
        self.abandoned = self.interrupted = False
        self.linked_id = self.agent_channel = ""
        self.gone_at: datetime | None = None
        self.held_at: datetime | None = None
        self.channel: Channel | None = None
        self.rings: dict[str, datetime] = {}


class CallBook:
    """Calls by id, by queue and by agent, and what is decided of their ends."""

    def __init__(self, limits_s: dict[str, float]) -> None:
        self.account = Account()
        self.calls: list[CallRecord] = []
        self.agents = AgentDesk()
        self._limits_s = limits_s
        self._channels = Channels()
        self._open: dict[str, list[AmiCall]] = {}
        self._waiting: dict[str, list[AmiCall]] = {}
        self._leaving: list[AmiCall] = []
        self._ended: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._recent: OrderedDict[tuple[str, ...], None] = OrderedDict()

    def _begin(self, message: AmiMessage, queued_at: datetime, at: datetime) -> AmiCall:
        call_id = message.get("uniqueid")
        channel = self._channels.get(call_id) or self._channels.open(call_id, None)
        entered_at = channel.entered_at or queued_at
        precise = "." in message.get("timestamp") and queued_at == at
        call = AmiCall(call_id, message.get("queue"), min(entered_at, queued_at), precise=precise)
        call.queued_at, call.linked_id, call.line = queued_at, message.get("linkedid"), message.line
        call.caller = caller_number(message.get("calleridnum")) or channel.caller
        call.menu, call.announcement, call.announcement_s = channel.menu, channel.announcement, channel.announced_s(at)
        channel.joined = True
        self._open.setdefault(call_id, []).append(call)
        return call

    def _find(self, message: AmiMessage, *, waiting: bool = False) -> AmiCall | None:
        """The open call of an event that carries the caller's id; of two the one that waits, if that is asked for."""
        calls = [one for one in self._open.get(message.get("uniqueid"), ()) if one.queue == message.get("queue")]
        fitting = [one for one in calls if one.connected_at is None and one.left_at is None] if waiting else []
        return next(iter(fitting or reversed(calls)), None)

    def _find_talking(self, message: AmiMessage) -> AmiCall | None:
        """The call an agent ends: by the caller's id, else by the agent's channel, else by what links the two."""
        if message.get("uniqueid"):
            return self._find(message)
        queue, agent = message.get("queue"), self.agents.name(message)
        channel, linked = message.get("destuniqueid"), message.get("destlinkedid") or message.get("linkedid")
        calls = [one for calls in self._open.values() for one in calls if one.queue == queue]
        for fits in (
            lambda one: channel and one.agent_channel == channel,
            lambda one: linked and one.linked_id == linked and one.agent in (agent, ""),
            lambda one: agent and one.agent == agent and one.connected_at is not None,
        ):
            if found := [one for one in calls if fits(one)]:
                return found[-1]
        return None

    def _computed_back(self, message: AmiMessage, at: datetime, back_s: int | None) -> AmiCall | None:
        """A call that joined before these events, or unseen; ``None`` where it has ended or its wait is not told."""
        if (message.get("uniqueid"), message.get("queue")) in self._ended:
            self._repeated(message)
            return None
        if back_s is None or not message.get("uniqueid"):
            self._unknown(message)
            return None
        self._tell(TelephonyCode.UNKNOWN_CALL, Finding.ENTERED_UNSEEN, message)
        return self._begin(message, at - timedelta(seconds=back_s), at)

    def _tell(self, code: TelephonyCode, finding: Finding, message: AmiMessage) -> None:
        call_id = message.get("uniqueid")[:100]
        self.account.tell(code, finding, line=message.line, event=message.event, call_id=call_id)

    def _unknown(self, message: AmiMessage) -> bool:
        if (message.get("uniqueid"), message.get("queue")) in self._ended:
            return self._repeated(message)
        self._tell(TelephonyCode.UNKNOWN_CALL, Finding.CALL_UNKNOWN, message)
        return False

    def _repeated(self, message: AmiMessage) -> bool:
        self._tell(TelephonyCode.DUPLICATE_EVENT, Finding.ALREADY_SO_FAR, message)
        return False

    def _told_twice(self, name: str, message: AmiMessage) -> bool:
        """Whether the very same event came before; times to the microsecond make that certain."""
        if "." not in message.get("timestamp"):
            return False
        key = (name, *(message.get(one) for one in _IDENTITY))
        if key in self._recent:
            return not self._repeated(message)
        self._recent[key] = None
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return False

    def _lacks(self, message: AmiMessage, finding: Finding) -> bool:
        self._tell(TelephonyCode.MISSING_FIELD, finding, message)
        return False

    def _drop(self, call: AmiCall) -> None:
        line = self._waiting.get(call.queue, [])
        if call in line:
            line.remove(call)

    def _settle(self, at: datetime) -> None:
        """Decide what has waited long enough for a word that did not come."""
        for call in [one for one in self._leaving if at - (one.gone_at or one.left_at or at) > _SETTLED_AFTER]:
            if call.gone_at is not None or call.abandoned:
                self._decide(call)

    def _decide(self, call: AmiCall, channel: Channel | None = None, *, sent_on: bool = False) -> None:
        """The end of a call whose own events leave it open."""
        channel = channel or call.channel or self._channels.get(call.call_id)
        if call.connected_at is not None:
            self.account.tell(TelephonyCode.MISSING_EVENT, Finding.END_UNSEEN, line=call.line, call_id=call.call_id)
            call.left_at, call.talk_s = call.gone_at, seconds_between(call.connected_at, call.gone_at)
            if self.agents.board.call_of(call.agent) == call.call_id:
                self.agents.board.free(call.agent, call.gone_at)
            self._end(call, CallOutcome.ANSWERED)
            return
        if not call.abandoned and call.left_at is None:
            self.account.tell(TelephonyCode.MISSING_EVENT, Finding.LEAVING_UNSEEN, line=call.line, call_id=call.call_id)
            call.left_at, call.abandoned = call.gone_at, True
        was_sent = sent_on or self._was_sent_on(call, channel)
        if not was_sent:
            self._end(call, CallOutcome.ABANDONED)
        elif not call.abandoned:
            self._end(call, CallOutcome.LEFT_BY_KEY)
        else:
            over = self._over_limit(call, channel)
            empty = not over and self.agents.board.knows(call.queue) and not self.agents.board.anybody(call.queue)
            self._end(call, CallOutcome.LEFT_EMPTY if empty else CallOutcome.TIMED_OUT)

    def _over_limit(self, call: AmiCall, channel: Channel | None) -> bool:
        limit_s = (channel.limit_s if channel is not None else None) or self._limits_s.get(call.queue)
        waited_s = seconds_between(call.queued_at, call.left_at)
        return limit_s is not None and waited_s is not None and waited_s >= limit_s - _LIMIT_SLACK_S

    def _was_sent_on(self, call: AmiCall, channel: Channel | None) -> bool:
        """Whether the queue let the caller go, or the caller hung up."""
        left_at = call.left_at
        if left_at is None:
            return False
        if channel is not None and channel.hung_up_at is not None and channel.hung_up_at <= left_at:
            return False
        if channel is not None and channel.busy_at is not None and channel.busy_at >= left_at:
            return True
        if self._over_limit(call, channel):
            return True
        if call.gone_at is not None and (call.gone_at - left_at).total_seconds() > _AT_ONCE_S:
            return True
        if call.interrupted:
            return False
        # Everybody who hangs up is asked for it first, where the source carries such events at all.
        return self._channels.hang_up_requested or (self._channels.hang_ups and call.gone_at is None)

    def _end(self, call: AmiCall, outcome: CallOutcome) -> None:
        self._drop(call)
        if call in self._leaving:
            self._leaving.remove(call)
        call.outcome, call.ended_at = outcome, call.left_at
        if call.connected_at is None:
            call.wait_s = seconds_between(call.queued_at, call.left_at)
        rest = [one for one in self._open.get(call.call_id, ()) if one is not call]
        if rest:
            self._open[call.call_id] = rest
        else:
            self._open.pop(call.call_id, None)
        self.calls.append(call.record())
        self._remember(call.call_id, call.queue, call.ended_at or call.entered_at)

    def _remember(self, call_id: str, queue: str, ended_at: datetime) -> None:
        self._ended[(call_id, queue)] = ended_at
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
