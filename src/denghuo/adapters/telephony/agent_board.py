"""Which agent is in which state since when, from the events of any exchange."""

from __future__ import annotations

from datetime import datetime

from denghuo.adapters.telephony.records import AgentState, AgentStatus

__all__ = ["AgentBoard"]


class _Agent:
    def __init__(self) -> None:
        self.state = AgentState.UNKNOWN
        self.since: datetime | None = None
        self.queues: set[str] = set()
        self.paused_in: set[str] = set()
        self.reason = self.call_id = ""
        self.reachable = True


class AgentBoard:
    """The state of every agent that was named."""

    def __init__(self) -> None:
        self._agents: dict[str, _Agent] = {}
        self._queues: set[str] = set()

    def set(self, agent: str, state: AgentState, at: datetime | None, *, reason: str = "", call_id: str = "") -> None:
        """An agent is in a state; what is no change keeps its beginning."""
        one = self._agents.setdefault(agent, _Agent())
        if one.state is not state or one.call_id != call_id:
            one.since = at
        one.state, one.reason, one.call_id = state, reason, call_id

    def state(self, agent: str) -> AgentState:
        return self._agents[agent].state if agent in self._agents else AgentState.UNKNOWN

    def call_of(self, agent: str) -> str:
        return self._agents[agent].call_id if agent in self._agents else ""

    def knows(self, queue: str) -> bool:
        """Whether any agent was ever told to be of the queue."""
        return queue in self._queues

    def joined(self, agent: str, queue: str, at: datetime | None) -> bool:
        """The agent works for a queue; whether that was news."""
        one = self._agents.setdefault(agent, _Agent())
        if queue in one.queues:
            return False
        one.queues.add(queue)
        self._queues.add(queue)
        if one.state in (AgentState.UNKNOWN, AgentState.LOGGED_OUT):
            self.set(agent, AgentState.AVAILABLE, at)
        return True

    def left(self, agent: str, queue: str, at: datetime | None) -> None:
        one = self._agents.setdefault(agent, _Agent())
        one.queues.discard(queue)
        one.paused_in.discard(queue)
        if not one.queues:
            self.set(agent, AgentState.LOGGED_OUT, at)

    def pause(self, agent: str, queue: str, at: datetime | None, *, paused: bool, reason: str = "") -> None:
        """An agent who pauses in the middle of a call goes on talking, and is paused afterwards."""
        one = self._agents.setdefault(agent, _Agent())
        (one.paused_in.add if paused else one.paused_in.discard)(queue)
        if one.state is AgentState.PAUSED and not one.paused_in:
            self.set(agent, AgentState.AVAILABLE, at)
        elif paused and one.state not in (AgentState.TALKING, AgentState.RINGING, AgentState.LOGGED_OUT):
            self.set(agent, AgentState.PAUSED, at, reason=reason)

    def free(self, agent: str, at: datetime | None, *, reachable: bool = True) -> None:
        """The agent is in no call, and so paused, unreachable or available."""
        one = self._agents.setdefault(agent, _Agent())
        if one.paused_in:
            self.set(agent, AgentState.PAUSED, at, reason=one.reason)
        else:
            self.set(agent, AgentState.AVAILABLE if reachable else AgentState.UNREACHABLE, at)

    def anybody(self, queue: str) -> bool:
        """Whether an agent of the queue could take a call sooner or later."""
        away = (AgentState.LOGGED_OUT, AgentState.PAUSED, AgentState.UNREACHABLE)
        return any(queue in one.queues and one.state not in away for one in self._agents.values())

    def statuses(self) -> tuple[AgentStatus, ...]:
        return tuple(
            AgentStatus(
                agent=name,
                state=one.state,
                since=one.since,
                queues=tuple(sorted(one.queues)),
                reason=one.reason,
                call_id=one.call_id,
            )
            for name, one in sorted(self._agents.items())
        )
