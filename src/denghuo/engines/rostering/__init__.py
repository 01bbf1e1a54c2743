"""Staffing and rosters: how many of each shift cover a curve of heads, and who works them.

``plan_shifts`` covers what a queue requires with shifts; ``solve_roster`` gives shifts to people under rules, proven
best or with its bound; ``explain_conflict`` says why there is no roster; ``report_roster`` measures any roster, whoever
wrote it; ``check_swap`` and ``legal_swaps`` judge exchanges; ``team_roster`` lays out rotating teams. See
``docs/engines/rostering.md``.
"""

from denghuo.engines.rostering.breaches import Breach, BreachKind
from denghuo.engines.rostering.checks import check_roster, check_roster_problem
from denghuo.engines.rostering.conflict import Conflict, explain_conflict
from denghuo.engines.rostering.coverage import ShiftPlan, plan_shifts
from denghuo.engines.rostering.findings import RosterCode, RosterError, RosterFinding
from denghuo.engines.rostering.limits import Limits, Progress, SolveStatus
from denghuo.engines.rostering.problem import (
    ANY,
    OFF,
    UNKNOWN,
    Demands,
    Fair,
    Published,
    RosterProblem,
    Rule,
    RunLimit,
    Successions,
    TotalLimit,
    WeekendLimit,
    WholeWeekends,
    Wishes,
)
from denghuo.engines.rostering.relax import relax
from denghuo.engines.rostering.report import Evenness, RosterReport, evenness, report_roster, shift_counts
from denghuo.engines.rostering.shifts import ShiftTypes, build_shifts, forbidden_by_rest, heads_at_work, seats_taken
from denghuo.engines.rostering.solve import RosterSolution, solve_roster
from denghuo.engines.rostering.swaps import Swap, SwapCheck, check_swap, legal_swaps
from denghuo.engines.rostering.teams import MOBILE_TEAM, Rotation, rotation_offsets, team_roster

__all__ = [
    "ANY",
    "MOBILE_TEAM",
    "OFF",
    "UNKNOWN",
    "Breach",
    "BreachKind",
    "Conflict",
    "Demands",
    "Evenness",
    "Fair",
    "Limits",
    "Progress",
    "Published",
    "RosterCode",
    "RosterError",
    "RosterFinding",
    "RosterProblem",
    "RosterReport",
    "RosterSolution",
    "Rotation",
    "Rule",
    "RunLimit",
    "ShiftPlan",
    "ShiftTypes",
    "SolveStatus",
    "Successions",
    "Swap",
    "SwapCheck",
    "TotalLimit",
    "WeekendLimit",
    "WholeWeekends",
    "Wishes",
    "build_shifts",
    "check_roster",
    "check_roster_problem",
    "check_swap",
    "evenness",
    "explain_conflict",
    "forbidden_by_rest",
    "heads_at_work",
    "legal_swaps",
    "plan_shifts",
    "relax",
    "report_roster",
    "rotation_offsets",
    "seats_taken",
    "shift_counts",
    "solve_roster",
    "team_roster",
]
