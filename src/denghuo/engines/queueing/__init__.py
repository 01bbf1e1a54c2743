"""Queues of callers and seats: what a hotline of so many seats gives its callers, and how many seats it needs.

Formulas: the Erlang models in the steady state, sizing, callers who try again, and a day whose load and seats change,
all exact. Simulation, for what has no formula: ``simulation``. Equations, definitions and sources:
``docs/engines/queueing.md``.
"""

from denghuo.engines.queueing.checks import QueueCode, QueueError, QueueFinding, check_queue
from denghuo.engines.queueing.day import DayPerformance, day_performance
from denghuo.engines.queueing.erlang import (
    QueueFigures,
    ServiceLevel,
    erlang_b,
    erlang_c,
    load_for_blocking,
    queue_figures,
    servers_for_blocking,
)
from denghuo.engines.queueing.holding import HeldSeats, hold_answer_rate
from denghuo.engines.queueing.redials import RedialFigures, redial_figures
from denghuo.engines.queueing.simulation import AnswerRate, answer_rate, log_day, simulate
from denghuo.engines.queueing.simulation_checks import (
    CallCenterError,
    CallCenterFinding,
    CallCenterFindingCode,
    check_call_center,
)
from denghuo.engines.queueing.simulation_model import (
    AgentGroup,
    Announcement,
    BusynessLaw,
    CallBacks,
    CallCenter,
    CallType,
    Distribution,
    Law,
    Pick,
    Redial,
    Redials,
    Tier,
    erlang_distribution,
    exponential,
    fixed,
    gamma,
    lognormal,
    never,
    quantile_table,
)
from denghuo.engines.queueing.simulation_results import (
    CallLog,
    Estimate,
    Outcome,
    SimulationResult,
    Tally,
    estimate_mean,
    estimate_ratio,
)
from denghuo.engines.queueing.sizing import MissedTargets, Sizing, Targets, scheduled_seats, size_seats
from denghuo.engines.queueing.time_varying import (
    ModifiedOfferedLoad,
    StaffedDay,
    lognormal_limited_mean_s,
    modified_offered_load,
    staff_day,
)

__all__ = [
    "AgentGroup",
    "Announcement",
    "AnswerRate",
    "BusynessLaw",
    "CallBacks",
    "CallCenter",
    "CallCenterError",
    "CallCenterFinding",
    "CallCenterFindingCode",
    "CallLog",
    "CallType",
    "DayPerformance",
    "Distribution",
    "Estimate",
    "HeldSeats",
    "Law",
    "MissedTargets",
    "ModifiedOfferedLoad",
    "Outcome",
    "Pick",
    "QueueCode",
    "QueueError",
    "QueueFigures",
    "QueueFinding",
    "Redial",
    "RedialFigures",
    "Redials",
    "ServiceLevel",
    "SimulationResult",
    "Sizing",
    "StaffedDay",
    "Tally",
    "Targets",
    "Tier",
    "answer_rate",
    "check_call_center",
    "check_queue",
    "day_performance",
    "erlang_b",
    "erlang_c",
    "erlang_distribution",
    "estimate_mean",
    "estimate_ratio",
    "exponential",
    "fixed",
    "gamma",
    "hold_answer_rate",
    "load_for_blocking",
    "log_day",
    "lognormal",
    "lognormal_limited_mean_s",
    "modified_offered_load",
    "never",
    "quantile_table",
    "queue_figures",
    "redial_figures",
    "scheduled_seats",
    "servers_for_blocking",
    "simulate",
    "size_seats",
    "staff_day",
]
