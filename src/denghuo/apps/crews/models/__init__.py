"""Tables of crews."""

from denghuo.apps.crews.models.assignments import (
    OPEN,
    STEPS,
    WAITING,
    WORKING,
    Assignment,
    AssignmentOrder,
    Finding,
    State,
)
from denghuo.apps.crews.models.field import (
    Check,
    FieldReport,
    MaterialUse,
    Odd,
    Photo,
    PriceItem,
    Quote,
    QuoteLine,
    Refusal,
    ReportKind,
    Side,
)
from denghuo.apps.crews.models.people import Certificate, Crew, CrewMember, Duty, Skill
from denghuo.apps.crews.models.rules import Channel, LadderRule, Rule, RuleKind, Whom

__all__ = [
    "OPEN",
    "STEPS",
    "WAITING",
    "WORKING",
    "Assignment",
    "AssignmentOrder",
    "Certificate",
    "Channel",
    "Check",
    "Crew",
    "CrewMember",
    "Duty",
    "FieldReport",
    "Finding",
    "LadderRule",
    "MaterialUse",
    "Odd",
    "Photo",
    "PriceItem",
    "Quote",
    "QuoteLine",
    "Refusal",
    "ReportKind",
    "Rule",
    "RuleKind",
    "Side",
    "Skill",
    "State",
    "Whom",
]
