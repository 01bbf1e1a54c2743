"""Tables of outages, and of the reports and suspicions that come before one is seen."""

from denghuo.apps.outages.models.desk import Watch
from denghuo.apps.outages.models.estimates import QUIET, Estimate, Method, TellingRule
from denghuo.apps.outages.models.faults import REPORT_OVER, MeterWord, Report, ReportState, Suspicion, SuspicionState
from denghuo.apps.outages.models.outages import KIND_CHOICES, Cause, Outage, tone_of
from denghuo.apps.outages.models.rules import JudgingRule

__all__ = [
    "KIND_CHOICES",
    "QUIET",
    "REPORT_OVER",
    "Cause",
    "Estimate",
    "JudgingRule",
    "MeterWord",
    "Method",
    "Outage",
    "Report",
    "ReportState",
    "Suspicion",
    "SuspicionState",
    "TellingRule",
    "Watch",
    "tone_of",
]
