"""Why a month of a hotline missed its target: the missing calls shared out to causes, adding up exactly.

Shapley values of any game whose coalitions can be worked out, and on top of them a month of a hotline, whose coalitions
are worked out by the queueing model. See ``docs/engines/attribution.md``.
"""

from denghuo.engines.attribution.calibration import Calibration, Dial, calibrate
from denghuo.engines.attribution.checks import AttributionCode, AttributionError, AttributionFinding
from denghuo.engines.attribution.explanation import MonthExplanation, explain_month
from denghuo.engines.attribution.month import (
    REDIALS,
    UNNAMED,
    Cause,
    HotlineMonth,
    Way,
    check_month,
    excess_of_players,
)
from denghuo.engines.attribution.queue_model import (
    DayCalls,
    DayModel,
    QueueModel,
    Scenarios,
    check_model,
    stationary_days,
    transient_days,
)
from denghuo.engines.attribution.rounding import round_to_total
from denghuo.engines.attribution.sampling import SampledValues, sampled_shapley_values
from denghuo.engines.attribution.shapley import (
    MOST_PLAYERS,
    check_coalitions,
    coalition_members,
    harsanyi_dividends,
    interacting_coalitions,
    owen_values,
    shapley_values,
)
from denghuo.engines.attribution.uncertainty import (
    ShareIntervals,
    draw_usual_calls,
    resample_usual_calls,
    share_intervals,
)

__all__ = [
    "MOST_PLAYERS",
    "REDIALS",
    "UNNAMED",
    "AttributionCode",
    "AttributionError",
    "AttributionFinding",
    "Calibration",
    "Cause",
    "DayCalls",
    "DayModel",
    "Dial",
    "HotlineMonth",
    "MonthExplanation",
    "QueueModel",
    "SampledValues",
    "Scenarios",
    "ShareIntervals",
    "Way",
    "calibrate",
    "check_coalitions",
    "check_model",
    "check_month",
    "coalition_members",
    "draw_usual_calls",
    "excess_of_players",
    "explain_month",
    "harsanyi_dividends",
    "interacting_coalitions",
    "owen_values",
    "resample_usual_calls",
    "round_to_total",
    "sampled_shapley_values",
    "shapley_values",
    "share_intervals",
    "stationary_days",
    "transient_days",
]
