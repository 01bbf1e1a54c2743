"""How long something has been waiting, and until when it may: clocks that run, are suspended and run on.

One order can have several clocks at once: around the clock, in hours of work, in working days with holidays and make-up
workdays. All are the same thing under different measures of time. See ``docs/engines/worktime.md``.
"""

from denghuo.engines.worktime.calendar import (
    Measure,
    WorkCalendar,
    WorktimeCode,
    WorktimeError,
    WorktimeFinding,
    build_calendar,
    check_calendar,
)
from denghuo.engines.worktime.clock import EventKind, Stretches, deadlines, elapsed_s, resumed_at, running_stretches

__all__ = [
    "EventKind",
    "Measure",
    "Stretches",
    "WorkCalendar",
    "WorktimeCode",
    "WorktimeError",
    "WorktimeFinding",
    "build_calendar",
    "check_calendar",
    "deadlines",
    "elapsed_s",
    "resumed_at",
    "running_stretches",
]
