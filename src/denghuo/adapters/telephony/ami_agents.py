"""Agents as Asterisk's manager tells of them: members of queues, by name where they have one, else by interface."""

from __future__ import annotations

from datetime import UTC, datetime

from denghuo.adapters.telephony.agent_board import AgentBoard
from denghuo.adapters.telephony.ami_messages import AmiMessage
from denghuo.adapters.telephony.records import AgentEvent, AgentEventKind, AgentState

__all__ = ["AgentDesk"]

# Asterisk's device states: 1 not in use, 2 in use, 3 busy, 4 invalid, 5 unavailable, 6 and 7 ringing, 8 on hold.
_BUSY = frozenset({"2", "3", "8"})
_UNREACHABLE = frozenset({"4", "5"})


class AgentDesk:
    """The agents' events, and their states on a board."""

    def __init__(self) -> None:
        self.board = AgentBoard()
        self.events: list[AgentEvent] = []
        self.names: dict[str, str] = {}
        self._seen_wrap_up: dict[str, bool] = {}

    def name(self, message: AmiMessage) -> str:
        interface = message.get("interface") or message.get("location")
        told = message.get("membername") or (message.get("name") if message.event == "QueueMember" else "")
        if told and interface:
            self.names[interface] = told
        return told or self.names.get(interface, interface)

    def tell(
        self,
        message: AmiMessage,
        kind: AgentEventKind,
        at: datetime,
        *,
        reason: str = "",
        seconds: float | None = None,
        call_id: str = "",
    ) -> bool:
        agent = self.name(message)
        if not agent:
            return False
        event = AgentEvent(
            at=at,
            agent=agent,
            kind=kind,
            queue=message.get("queue"),
            reason=reason,
            seconds=seconds,
            call_id=call_id,
        )
        self.events.append(event)
        return True

    def added(self, message: AmiMessage, at: datetime) -> bool:
        agent, queue = self.name(message), message.get("queue")
        if not self.board.joined(agent, queue, at):
            return False
        told = self.tell(message, AgentEventKind.LOGGED_IN, at)
        if message.get("paused") == "1":
            self.paused(message, at)
        return told

    def removed(self, message: AmiMessage, at: datetime) -> bool:
        self.board.left(self.name(message), message.get("queue"), at)
        return self.tell(message, AgentEventKind.LOGGED_OUT, at)

    def paused(self, message: AmiMessage, at: datetime) -> bool:
        paused = message.get("paused") == "1"
        reason = message.get("pausedreason") or message.get("reason")
        self.board.pause(self.name(message), message.get("queue"), at, paused=paused, reason=reason)
        return self.tell(message, AgentEventKind.PAUSED if paused else AgentEventKind.RESUMED, at, reason=reason)

    def status(self, message: AmiMessage, at: datetime) -> bool:
        """A device's state. Ringing and talking are better told by the call's own events, so only the rest counts."""
        agent, status = self.name(message), message.get("status")
        if not agent:
            return False
        state = self.board.state(agent)
        talking = state in (AgentState.TALKING, AgentState.RINGING)
        if status in _BUSY:
            if not talking:
                self.board.set(agent, AgentState.TALKING, at)
        elif status in ("6", "7"):
            if not talking:
                self.board.set(agent, AgentState.RINGING, at)
        elif not talking or message.get("incall") == "0":
            self.board.free(agent, at, reachable=status not in _UNREACHABLE)
        return True

    def listed(self, message: AmiMessage, at: datetime) -> bool:
        """A member in the reply to QueueStatus: how it is now, whatever we missed."""
        agent, queue = self.name(message), message.get("queue")
        since = message.get("logintime")
        known = self.board.state(agent)
        self.board.joined(agent, queue, _epoch(since) or at)
        paused = message.get("paused") == "1"
        self.board.pause(
            agent,
            queue,
            _epoch(message.get("lastpause")) if paused else at,
            paused=paused,
            reason=message.get("pausedreason"),
        )
        if message.get("status") in _BUSY and known is not AgentState.TALKING:
            self.board.set(agent, AgentState.TALKING, None)
        elif message.get("status") not in _BUSY | {"6", "7"} and known in (AgentState.TALKING, AgentState.RINGING):
            self.board.free(agent, at)
        elif message.get("status") in _UNREACHABLE:
            self.board.free(agent, at, reachable=False)
        return True


def _epoch(text: str) -> datetime | None:
    return (
        datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdigit() and 1e9 < int(text) < 4e9 else None
    )
