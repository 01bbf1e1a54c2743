"""Tables of staffing."""

from denghuo.apps.staffing.models.known import KnownDays, KnownKind, WeatherDay
from denghuo.apps.staffing.models.plans import Duty, Forecast, Plan, PlanState
from denghuo.apps.staffing.models.rules import (
    Absence,
    AbsenceKind,
    Minimum,
    Rota,
    Rule,
    RuleKind,
    Shift,
    Skill,
    SkillNeed,
    Succession,
    Wish,
)
from denghuo.apps.staffing.models.surges import Answer, CallUp, Surge, SurgeState

__all__ = [
    "Absence",
    "AbsenceKind",
    "Answer",
    "CallUp",
    "Duty",
    "Forecast",
    "KnownDays",
    "KnownKind",
    "Minimum",
    "Plan",
    "PlanState",
    "Rota",
    "Rule",
    "RuleKind",
    "Shift",
    "Skill",
    "SkillNeed",
    "Succession",
    "Surge",
    "SurgeState",
    "WeatherDay",
    "Wish",
]
