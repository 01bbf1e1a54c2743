"""Tables of the hotline."""

from denghuo.apps.hotline.models.calls import (
    OUTCOME_CHOICES,
    Agent,
    AgentEntry,
    Call,
    CallReading,
    Exchange,
    Queue,
    Tally,
)
from denghuo.apps.hotline.models.causes import Cause, CauseKind
from denghuo.apps.hotline.models.live import Board
from denghuo.apps.hotline.models.numbers import CallerNumber
from denghuo.apps.hotline.models.rules import Definition, Measure, Target

__all__ = [
    "OUTCOME_CHOICES",
    "Agent",
    "AgentEntry",
    "Board",
    "Call",
    "CallReading",
    "CallerNumber",
    "Cause",
    "CauseKind",
    "Definition",
    "Exchange",
    "Measure",
    "Queue",
    "Tally",
    "Target",
]
