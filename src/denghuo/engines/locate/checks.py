"""Everything that is wrong with evidence, chances and what is held fixed, before anything is computed from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.locate.candidates import Candidates
from denghuo.engines.locate.chances import Chances
from denghuo.engines.locate.evidence import Evidence
from denghuo.engines.locate.findings import LocateCode, LocateError, LocateFinding

__all__ = ["check_locate", "refuse"]

_BY_LOAD = ("customers", "meters", "meters_off", "lit")
_WITHIN = (
    ("report_shares", "report_weights"),
    ("paces", "pace_weights"),
    ("stray_shares", "stray_weights"),
    ("wrong_link_shares", "wrong_link_weights"),
)
_POSITIVE = (
    "window_h",
    "paces",
    "pace_weights",
    "nested_pace",
    "report_weights",
    "load_spreads",
    "delay_min",
    "most_starts",
    "timed_reports",
    "stray_weights",
    "wrong_link_weights",
    "part_per_year",
    "meter_concentration",
)
_SHARES = ("report_shares", "slow_share", "stray_shares", "part_sizes", "meter_share", "meter_stray_share")


def check_locate(
    candidates: Candidates,
    evidence: Evidence,
    *,
    chances: Chances | None = None,
    shut: Sequence[int] = (),
    opened: Sequence[int] = (),
    known_out: Any = None,
) -> tuple[LocateFinding, ...]:
    """All that stands in the way of :func:`denghuo.engines.locate.locate`, whose arguments these are.

    Example:
        >>> from denghuo.engines.grid import build_grid
        >>> from denghuo.engines.locate import build_evidence, compile_candidates
        >>> from denghuo.engines.topology import compile_topology
        >>> grid = build_grid(
        ...     nodes={"id": ["bus", "a"]},
        ...     branches={"id": ["QF1"], "from_node": [0], "to_node": [1], "kind": [3]},
        ...     switches={"branch": [0]},
        ...     loads={"id": ["T1"], "node": [1], "lv_customers": [60]},
        ...     sources={"id": ["S"], "node": [0]},
        ... )
        >>> found = check_locate(
        ...     compile_candidates(compile_topology(grid)), build_evidence(grid, report_load=[0, 4, 9]), shut=[7]
        ... )
        >>> [(one.code.value, one.field, one.positions) for one in found]
        [('unknown_load', 'report_load', (1, 2)), ('unknown_branch', 'shut', (0,))]
    """
    return (
        *_of_evidence(evidence, len(candidates.cut_of_load)),
        *_of_chances(Chances() if chances is None else chances),
        *_of_held(candidates, shut, opened),
        *_of_known(known_out, len(candidates.cut_of_load)),
    )


def refuse(findings: tuple[LocateFinding, ...]) -> None:
    """Raise the findings, if there are any."""
    if findings:
        raise LocateError(findings)


def _at(code: LocateCode, field: str, wrong: NDArray[np.bool_]) -> Iterator[LocateFinding]:
    if wrong.any():
        yield LocateFinding(code=code, field=field, positions=tuple(np.flatnonzero(wrong).tolist()))


def _of_evidence(evidence: Evidence, size: int) -> Iterator[LocateFinding]:
    for field in _BY_LOAD:
        values = getattr(evidence, field)
        if values.shape != (size,):
            yield LocateFinding(code=LocateCode.WRONG_SHAPE, field=field)
        else:
            yield from _at(LocateCode.NEGATIVE, field, values < 0)
    load, age = evidence.report_load, evidence.age_min
    if load.ndim != 1 or age.shape != load.shape:
        yield LocateFinding(code=LocateCode.WRONG_SHAPE, field="age_min")
        return
    yield from _at(LocateCode.UNKNOWN_LOAD, "report_load", (load < 0) | (load >= size))
    yield from _at(LocateCode.NEGATIVE, "age_min", age < 0.0)
    yield from _at(LocateCode.NOT_FINITE, "age_min", np.isinf(age))


def _of_chances(chances: Chances) -> Iterator[LocateFinding]:
    for grid, weights in _WITHIN:
        if not getattr(chances, grid) or len(getattr(chances, grid)) != len(getattr(chances, weights)):
            yield LocateFinding(code=LocateCode.WRONG_SHAPE, field=weights)
    if not chances.load_spreads:
        yield LocateFinding(code=LocateCode.WRONG_SHAPE, field="load_spreads")
    for field in _POSITIVE:
        values = np.atleast_1d(np.asarray(getattr(chances, field), dtype=np.float64))
        yield from _at(LocateCode.NOT_POSITIVE, field, ~(values > 0.0))
        yield from _at(LocateCode.NOT_FINITE, field, np.isposinf(values))
    for field in _SHARES:
        values = np.atleast_1d(np.asarray(getattr(chances, field), dtype=np.float64))
        yield from _at(LocateCode.NOT_A_SHARE, field, ~((values > 0.0) & (values < 1.0)))
    links = np.asarray(chances.wrong_link_shares, dtype=np.float64)
    yield from _at(LocateCode.NOT_A_SHARE, "wrong_link_shares", ~((links >= 0.0) & (links < 1.0)))
    if not 0.0 < chances.lit_though_out_share <= 1.0:
        yield LocateFinding(code=LocateCode.NOT_A_SHARE, field="lit_though_out_share", positions=(0,))


def _of_held(candidates: Candidates, shut: Sequence[int], opened: Sequence[int]) -> Iterator[LocateFinding]:
    count = len(candidates.topology.grid.branches.id)
    for field, held in (("shut", shut), ("opened", opened)):
        branch = np.asarray(held, dtype=np.int64).reshape(-1)
        unknown = (branch < 0) | (branch >= count)
        yield from _at(LocateCode.UNKNOWN_BRANCH, field, unknown)
        if field == "opened":
            strange = ~np.isin(branch, candidates.member_branch) & ~unknown
            yield from _at(LocateCode.NOT_A_CANDIDATE, field, strange)
            yield from _at(LocateCode.OPEN_AND_SHUT, field, np.isin(branch, np.asarray(shut, dtype=np.int64)))


def _of_known(known_out: Any, size: int) -> Iterator[LocateFinding]:
    if known_out is not None and np.shape(known_out) != (size,):
        yield LocateFinding(code=LocateCode.WRONG_SHAPE, field="known_out")
