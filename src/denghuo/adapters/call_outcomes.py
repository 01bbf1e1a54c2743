"""How calls end and what agents do, in the words of every telephone exchange alike: apart from what reads exchanges, so
that whoever only names them need not bring all of that in."""

from enum import IntEnum

__all__ = ["AgentEventKind", "CallOutcome"]


class CallOutcome(IntEnum):
    """How a call ended, from the caller's side."""

    LASTING = 0
    """Not finished where the source ends."""
    ANSWERED = 1
    ABANDONED = 2
    TIMED_OUT = 3
    """Sent out of the queue at the queue's own limit."""
    LEFT_EMPTY = 4
    """Sent out because the queue had no agents."""
    LEFT_BY_KEY = 5
    REFUSED = 6
    """The queue was full."""
    ANNOUNCED = 7
    """Served by the announcement; never asked for a person."""
    LOST_IN_ANNOUNCEMENT = 8
    """Hung up in the menu or the announcement."""
    FAILED = 9
    """A technical end: the exchange, a line or a transfer failed."""


class AgentEventKind(IntEnum):
    """What happened to an agent. COMPLETED is the end of the talk, after which the wrap-up begins."""

    LOGGED_IN = 1
    LOGGED_OUT = 2
    PAUSED = 3
    RESUMED = 4
    RANG_UNANSWERED = 5
    CONNECTED = 6
    COMPLETED = 7
    WRAP_UP_ENDED = 8
