"""What the compiled simulation reads (`Plan`) and writes (`Room`): bare arrays and records.

A call lives in a slot of ``Room.calls`` while it waits, or while its caller is going to call; nothing is kept of calls
that are over, but their sums and, where it is asked for, a line of the log. Heaps are a pair of arrays, instants and
what happens then; the earliest comes first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Records = NDArray[Any]

# Columns of the sums of an interval and type; the public names are in `Tally`.
CALLERS = 0
OFFERED = 1
ANSWERED = 2
ANSWERED_WITHIN = 3
ABANDONED = 4
ABANDONED_WITHIN = 5
BLOCKED = 6
ABSORBED = 7
CUT_OFF = 8
CALLERS_ANSWERED = 9
CALLERS_WITHIN = 10
WAIT_ANSWERED_S = 11
WAIT_S = 12
TALK_S = 13
SUM_COUNT = 14

# Columns of the sums of an attempt: offered, answered, abandoned, blocked.
ATTEMPT_COLUMNS = 4
MOST_ATTEMPTS = 20  # later ones are counted with the last

# Causes of a redial, and what has happened to a call; the public names of these are in `Outcome`.
AFTER_ABANDONED = 0
AFTER_BLOCKED = 1
AFTER_ANSWERED = 2
IS_ANSWERED = 0
IS_ABANDONED = 1
IS_BLOCKED = 2
IS_ABSORBED = 3
IS_CUT_OFF = 4
IS_CALL_BACK = 5

# What the day's timetable holds.
HEADS = 0
RELEASE = 1
CLOSE = 2


def _record(floats: str, whole: str) -> np.dtype[Any]:
    return np.dtype([(name, np.float64) for name in floats.split()] + [(name, np.int64) for name in whole.split()])


RULES = _record("close_s within_s", "waiting_places lines serve_after_close busyness_law")
TYPE = _record("persistence", "service patience wrap_up priority max_attempts")
CHANGE = _record("at_s", "kind place count")
ANNOUNCEMENT = _record("from_s to_s heard_s absorbed_share", "call_type")
CALL_BACKS = _record("due_after_s", "group service idle_at_least begin end")
CALL = np.dtype(
    [
        ("key", np.uint64),
        *_record(
            "at_s due_s", "call_type number attempt first_interval interval answered heard serial before after"
        ).descr,
    ]
)
STATE = _record(
    "busyness",
    "interval change waiting talking agents futures dues free_slot slots serial logged full",
)
DESKS = _record("", "idle_first idle leaving")
LOG = _record("arrival_s wait_s talk_s wrap_up_s", "call_type outcome group seat attempt caller")


class Plan(NamedTuple):
    """A call center as columns.

    ``rates`` first attempts per second [type, interval]; ``skills`` [group, rank] types, -1 behind the last;
    ``after_s`` [group, type] least wait before the group helps, infinite where it cannot; ``order`` [type, rank] groups
    that take a caller at once; ``redial_share``, ``redial_delay`` [type, cause]; ``releases_s`` of all call-backs.
    """

    edges_s: Floats
    rates: Floats
    rules: Records
    laws: Records
    quantiles: Floats
    types: Records
    redial_share: Floats
    redial_delay: Ints
    skills: Ints
    after_s: Floats
    order: Ints
    picks: Ints
    changes: Records
    announcements: Records
    call_backs: Records
    releases_s: Floats


class Room(NamedTuple):
    """What changes while a day is simulated, and its sums.

    ``sums`` [interval, type, column]; ``attempts`` [type, attempt, column]; ``busy_s`` [interval or after the close,
    group]; ``waiting_s`` [interval or after, type]; ``backs`` [call-backs, in time or late]. Streams, numbers and next
    callers by type; ``dues`` are ends of patience and of waits for help.
    """

    sums: Floats
    attempts: Floats
    busy_s: Floats
    waiting_s: Floats
    backs: Floats
    state: Records
    streams: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    numbers: Ints
    intervals: Ints
    next_s: Floats
    agent_at: Floats
    agent_tag: Ints
    future_at: Floats
    future_tag: Ints
    due_at: Floats
    due_tag: Ints
    calls: Records
    first: Ints
    last: Ints
    desks: Records
    idle_seats: Ints
    seat_taken: NDArray[np.bool_]
    back_next: Ints
    back_released: Ints
    log: Records


class Days(NamedTuple):
    """The sums of a room, day by day."""

    sums: Floats
    attempts: Floats
    busy_s: Floats
    waiting_s: Floats
    backs: Floats


def new_days(plan: Plan, count: int) -> Days:
    """Place for the sums of so many days."""
    types, intervals = plan.rates.shape
    most = min(int(plan.types["max_attempts"].max()), MOST_ATTEMPTS)
    return Days(
        sums=np.zeros((count, intervals, types, SUM_COUNT)),
        attempts=np.zeros((count, types, most, ATTEMPT_COLUMNS)),
        busy_s=np.zeros((count, intervals + 1, len(plan.skills))),
        waiting_s=np.zeros((count, intervals + 1, types)),
        backs=np.zeros((count, len(plan.call_backs), 2)),
    )


def new_room(plan: Plan, *, slots: int, log_rows: int = 0) -> Room:
    """A room in which ``slots`` calls can wait or be about to come."""
    types, groups = len(plan.types), len(plan.skills)
    joins = np.where((plan.changes["kind"] == HEADS) & (plan.changes["count"] > 0), plan.changes["count"], 0)
    seats = max(int(joins[plan.changes["place"] == group].sum()) for group in range(groups)) + 1
    sums = {name: held[0] for name, held in new_days(plan, 1)._asdict().items()}
    return Room(
        **sums,
        state=np.zeros(1, STATE),
        streams=np.zeros(types, np.uint64),
        keys=np.zeros(types, np.uint64),
        numbers=np.zeros(types, np.int64),
        intervals=np.zeros(types, np.int64),
        next_s=np.zeros(types),
        agent_at=np.zeros(groups * seats),
        agent_tag=np.zeros(groups * seats, np.int64),
        future_at=np.zeros(slots),
        future_tag=np.zeros(slots, np.int64),
        due_at=np.zeros(4 * slots),
        due_tag=np.zeros(4 * slots, np.int64),
        calls=np.zeros(slots, CALL),
        first=np.zeros(types, np.int64),
        last=np.zeros(types, np.int64),
        desks=np.zeros(groups, DESKS),
        idle_seats=np.zeros((groups, seats), np.int64),
        seat_taken=np.zeros((groups, seats), np.bool_),
        back_next=np.zeros(len(plan.call_backs), np.int64),
        back_released=np.zeros(len(plan.call_backs), np.int64),
        log=np.zeros(log_rows, LOG),
    )
