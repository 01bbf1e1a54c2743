"""Interruption lists for the tests, and the figures of one cell counted the slow way."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from denghuo.engines.reliability import Interruptions, OutageKind, build_interruptions

YEAR = np.datetime64("2025-01-01T00:00:00", "us")
SECOND = np.timedelta64(1, "s").astype("timedelta64[us]")
USERS = [1, 3, 0, 60, 7]
MONTHS = np.array(["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"], dtype="datetime64[us]")
_KINDS = [
    OutageKind.FAULT_INTERNAL,
    OutageKind.FAULT_EXTERNAL,
    OutageKind.PLANNED,
    OutageKind.RATIONING_SOURCE_SHORTAGE,
]


@st.composite
def interruption_lists(draw: st.DrawFn, *, whole: bool = False) -> Interruptions:
    """Up to 30 rows, each load out once in an event; times cross months, or do not where ``whole``."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, len(USERS) - 1)), max_size=30, unique=True))
    event = np.array([event for event, _ in pairs], dtype=np.int64)
    load = np.array([load for _, load in pairs], dtype=np.int32)
    of_row = st.lists(st.integers(0, 10**9), min_size=len(pairs), max_size=len(pairs))
    if whole:
        start = MONTHS[np.array(draw(of_row), dtype=np.int64) % 3] + np.array(draw(of_row)) % 86400 * SECOND
        length = np.array(draw(of_row), dtype=np.int64) % (20 * 86400)
    else:
        start = YEAR + (np.array(draw(of_row), dtype=np.int64) % (120 * 86400) - 10 * 86400) * SECOND
        length = np.array(draw(of_row), dtype=np.int64) % draw(st.sampled_from([400, 86400, 40 * 86400]))
    end = start + length * SECOND
    if not whole:
        end[np.array(draw(of_row), dtype=np.int64) % 10 == 0] = np.datetime64("NaT")
    kind = np.array([int(kind) for kind in _KINDS])[np.array(draw(of_row), dtype=np.int64) % len(_KINDS)]
    users = np.array(USERS, dtype=np.int64)[load]
    return build_interruptions(
        event=event,
        load=load,
        kind=kind,
        start=start,
        end=end,
        mv_users=users,
        lv_customers=users * 10,
        kva=users * 100.0,
        kw=users * 40.0,
    )


@dataclass
class Counted:
    """Sums of one cell."""

    user_hours: float = 0.0
    user_interruptions: float = 0.0
    short_user_events: float = 0.0
    kva_hours: float = 0.0
    kva_interruptions: float = 0.0
    energy_kwh: float = 0.0
    event_count: float = 0.0
    interrupted_users: float = 0.0
    row_count: float = 0.0


def count_slowly(
    rows: Interruptions, *, opens: np.datetime64, closes: np.datetime64, last: np.datetime64, short_s: int, short: bool
) -> Counted:
    """The figures of a period straight from the definitions, row by row; open rows end at ``last``."""
    counted, out, begun = Counted(), set(), {}
    for i in range(len(rows)):
        start = rows.start[i]
        end = rows.end[i] if not np.isnat(rows.end[i]) else max(last, start)
        begins = opens <= start < closes
        counts = short or (end - start) > short_s * SECOND
        if counts:
            first = begun.get(int(rows.event[i]))
            begun[int(rows.event[i])] = start if first is None else min(start, first)
        if not begins and not (start < opens < end):
            continue
        users = int(rows.mv_users[i])
        counted.row_count += 1
        if begins and (end - start) <= short_s * SECOND:
            counted.short_user_events += users
        if not counts:
            continue
        hours = max(0.0, (min(end, closes) - max(start, opens)) / np.timedelta64(1, "h"))
        counted.user_hours += users * hours
        counted.kva_hours += users * 100 * hours
        counted.energy_kwh += users * 40 * hours
        counted.user_interruptions += users * begins
        counted.kva_interruptions += users * 100 * begins
        assert rows.load is not None
        out.add(int(rows.load[i]))
    counted.interrupted_users = sum(USERS[load] for load in out)
    counted.event_count = sum(bool(opens <= first < closes) for first in begun.values())
    return counted
