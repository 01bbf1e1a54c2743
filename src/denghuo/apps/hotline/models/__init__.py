"""Tables of the hotline."""

from denghuo.apps.hotline.models.announcements import (
    Announcement,
    AnnouncementKind,
    AnnouncementTemplate,
    AnnouncementVersion,
)
from denghuo.apps.hotline.models.call_backs import CallBack, CallBackResult, CallBackTry, Urging
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
from denghuo.apps.hotline.models.desk import CallNote, DeskRule, NoteKind
from denghuo.apps.hotline.models.live import Board
from denghuo.apps.hotline.models.numbers import CallerNumber
from denghuo.apps.hotline.models.reviews import Review, ReviewItem, ReviewScore, ReviewSheet
from denghuo.apps.hotline.models.rules import Definition, Measure, Target
from denghuo.apps.hotline.models.tables import TableTemplate

__all__ = [
    "OUTCOME_CHOICES",
    "Agent",
    "AgentEntry",
    "Announcement",
    "AnnouncementKind",
    "AnnouncementTemplate",
    "AnnouncementVersion",
    "Board",
    "Call",
    "CallBack",
    "CallBackResult",
    "CallBackTry",
    "CallNote",
    "CallReading",
    "CallerNumber",
    "Cause",
    "CauseKind",
    "Definition",
    "DeskRule",
    "Exchange",
    "Measure",
    "NoteKind",
    "Queue",
    "Review",
    "ReviewItem",
    "ReviewScore",
    "ReviewSheet",
    "TableTemplate",
    "Tally",
    "Target",
    "Urging",
]
