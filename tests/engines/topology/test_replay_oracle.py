"""Replay against tracing the whole network again after every operation."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engines.grid import Grid
from denghuo.engines.topology import SwitchingLog, compile_topology, normal_state, replay
from tests.engines.topology.oracle import grids, supplied_loads

Interval = tuple[int, int, int | None, int | None, int, int]


@st.composite
def logs(draw: st.DrawFn, *, switch_count: int) -> SwitchingLog:
    """Few instants, so that operations collide; a device beyond the last one is unknown."""
    size = draw(st.integers(0, 12))

    def column(values: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(values, min_size=size, max_size=size))

    return SwitchingLog(
        switch=column(st.integers(-1, switch_count)),
        closes=column(st.integers(0, 1)),
        at=np.array(column(st.integers(0, 6)), dtype="M8[us]"),
        event=column(st.integers(-1, 3)),
        id=column(st.integers(0, 99)),
    )


def retraced(grid: Grid, log: SwitchingLog, closed: np.ndarray, until: int | None) -> list[Interval]:
    """(load, event, start, end, opened_by, closed_by) by brute force, straight from the definitions."""
    at = log.at.astype(np.int64)
    rows = sorted(range(len(at)), key=lambda row: (at[row], log.id[row], row))
    rows = [row for row in rows if 0 <= log.switch[row] < len(closed) and (until is None or at[row] < until)]
    supplied = supplied_loads(grid, closed)
    dead: dict[int, tuple[int | None, int]] = {load: (None, -1) for load, live in enumerate(supplied) if not live}
    found: list[Interval] = []
    for instant in sorted({int(at[row]) for row in rows}):
        before, changed_by = supplied, dict.fromkeys(range(len(supplied)), -1)
        for row in (row for row in rows if at[row] == instant):
            closed[log.switch[row]] = log.closes[row]
            after = supplied_loads(grid, closed)
            changed_by.update({load: row for load in range(len(after)) if after[load] != supplied[load]})
            supplied = after
        for load, row in changed_by.items():
            if before[load] and not supplied[load]:
                dead[load] = (instant, row)
            elif supplied[load] and not before[load]:
                start, opened_by = dead.pop(load)
                found.append(
                    (
                        load,
                        int(log.event[max(opened_by, -1)] if opened_by >= 0 else log.event[row]),
                        start,
                        instant,
                        opened_by,
                        row,
                    )
                )
    for load, (start, opened_by) in dead.items():
        found.append((load, int(log.event[opened_by]) if opened_by >= 0 else -1, start, None, opened_by, -1))
    return found


@given(grids(), st.data())
@settings(max_examples=100, deadline=None)
def test_replay_is_tracing_again_after_every_operation(grid: Grid, data: st.DataObject) -> None:
    topology = compile_topology(grid)
    log = data.draw(logs(switch_count=len(grid.switches.branch)))
    until = data.draw(st.none() | st.integers(0, 7))
    closed = normal_state(topology)
    if data.draw(st.booleans()):
        closed = np.array(data.draw(st.lists(st.booleans(), min_size=len(closed), max_size=len(closed))), dtype=bool)
    limit = None if until is None else np.datetime64(until, "us")
    result = replay(topology, log, initial_closed=closed, until=limit)
    columns = result.interruptions

    def instants(column: np.ndarray) -> list[int | None]:
        return [None if np.isnat(at) else int(at.astype(np.int64)) for at in column]

    found = list(
        zip(
            columns.load.tolist(),
            columns.event.tolist(),
            instants(columns.start),
            instants(columns.end),
            columns.opened_by.tolist(),
            columns.closed_by.tolist(),
            strict=True,
        )
    )
    by_brute_force = closed.copy()
    expected = retraced(grid, log, by_brute_force, until)
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert result.closed.tolist() == by_brute_force.tolist()
    starts = columns.start.astype(np.int64).tolist()
    assert starts == sorted(starts), "NaT, before the log, is the lowest"
