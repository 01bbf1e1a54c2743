"""Continuity of supply: from interruptions to the indices of DL/T 836-2016 and IEEE 1366-2012.

Inputs are interruptions as columns (who, in which event, from when to when, on both bases) and what is served. Figures
are sums, which add up over groups, and rates derived from them, in columns named by formula; labels are put by
standard. See ``docs/engines/reliability.md``. What is to be expected of a network is predicted:
``docs/engines/prediction.md``.
"""

from denghuo.engines.reliability.groups import Groups, group_by
from denghuo.engines.reliability.indices import IndexTable, Served, compute_indices
from denghuo.engines.reliability.interruptions import (
    InterruptionCode,
    InterruptionFinding,
    Interruptions,
    as_equivalent,
    build_interruptions,
    check_interruptions,
    split_overrun,
)
from denghuo.engines.reliability.major_events import (
    MajorEventDays,
    MajorEventThreshold,
    begins_on,
    daily_hours_per_user,
    find_major_event_days,
    major_event_threshold,
)
from denghuo.engines.reliability.parts import Parts, explain
from denghuo.engines.reliability.periods import (
    Calendar,
    calendar_edges,
    date_range,
    day_starts,
    local_day,
    user_hours_budget,
)
from denghuo.engines.reliability.prediction import (
    Failures,
    LoadByFailure,
    Prediction,
    SystemIndices,
    WeightByFailure,
    failures_of,
    predict_grid,
)
from denghuo.engines.reliability.prediction_lines import (
    Disconnects,
    EndDevice,
    LineFinding,
    RadialLines,
    RadialLoads,
    check_lines,
    grid_of_lines,
    predict_lines,
)
from denghuo.engines.reliability.prediction_placement import Placement, place_disconnects
from denghuo.engines.standards import (
    Basis,
    OutageKind,
    Standard,
    Variant,
    counted_kinds,
    counts_short,
    labels,
)

__all__ = [
    "Basis",
    "Calendar",
    "Disconnects",
    "EndDevice",
    "Failures",
    "Groups",
    "IndexTable",
    "InterruptionCode",
    "InterruptionFinding",
    "Interruptions",
    "LineFinding",
    "LoadByFailure",
    "MajorEventDays",
    "MajorEventThreshold",
    "OutageKind",
    "Parts",
    "Placement",
    "Prediction",
    "RadialLines",
    "RadialLoads",
    "Served",
    "Standard",
    "SystemIndices",
    "Variant",
    "WeightByFailure",
    "as_equivalent",
    "begins_on",
    "build_interruptions",
    "calendar_edges",
    "check_interruptions",
    "check_lines",
    "compute_indices",
    "counted_kinds",
    "counts_short",
    "daily_hours_per_user",
    "date_range",
    "day_starts",
    "explain",
    "failures_of",
    "find_major_event_days",
    "grid_of_lines",
    "group_by",
    "labels",
    "local_day",
    "major_event_threshold",
    "place_disconnects",
    "predict_grid",
    "predict_lines",
    "split_overrun",
    "user_hours_budget",
]
