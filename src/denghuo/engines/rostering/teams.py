"""Teams on a rotating pattern, such as four teams on three shifts (四班三运转)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engines.rostering.findings import RosterCode, RosterError, RosterFinding
from denghuo.engines.rostering.problem import OFF, UNKNOWN
from denghuo.engines.rostering.shifts import frozen

__all__ = ["MOBILE_TEAM", "Rotation", "rotation_offsets", "team_roster"]

Ints = NDArray[np.int64]

MOBILE_TEAM = -1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rotation:
    """``cycle`` int[L], the shift (or OFF) of each day of the pattern; ``offset`` int[T], where in the pattern each
    team stands on the first day."""

    cycle: ArrayLike
    offset: ArrayLike


def team_roster(rotation: Rotation, *, team: ArrayLike, day_count: int) -> Ints:
    """The roster that the teams' pattern gives.

    Day d of team t is cycle[(offset[t] + d) mod L].

    Args:
        rotation: the pattern.
        team: int[P], the team of each person, MOBILE_TEAM for who fills gaps.
        day_count: days D.

    Returns:
        int64[P, D]; UNKNOWN for the mobile team. As ``Published`` with a weight it is what a roster keeps to and the
        mobile team makes up for.

    Raises:
        RosterError: a team without an offset, or an empty pattern.

    Example:
        Day, evening, night, rest: on every day each shift has one team.

        >>> rotation = Rotation(cycle=[0, 1, 2, -1], offset=[0, 1, 2, 3])
        >>> team_roster(rotation, team=[0, 1, 2, 3, -1], day_count=5).tolist()
        [[0, 1, 2, -1, 0], [1, 2, -1, 0, 1], [2, -1, 0, 1, 2], [-1, 0, 1, 2, -1], [-2, -2, -2, -2, -2]]
    """
    cycle, offset, members = (np.atleast_1d(np.asarray(of, np.int64)) for of in (rotation.cycle, rotation.offset, team))
    findings = []
    if not cycle.size or (cycle < OFF).any():
        findings.append(RosterFinding(code=RosterCode.OUT_OF_RANGE, field="rotation.cycle"))
    if (bad := (members < MOBILE_TEAM) | (members >= offset.size)).any():
        positions = tuple(np.flatnonzero(bad).tolist())
        findings.append(RosterFinding(code=RosterCode.OUT_OF_RANGE, field="team", positions=positions))
    if findings:
        raise RosterError(findings)
    days = np.arange(day_count)
    rows = cycle[(offset[np.maximum(members, 0)][:, None] + days) % cycle.size]
    return np.asarray(frozen(np.where(members[:, None] == MOBILE_TEAM, UNKNOWN, rows)), np.int64)


def rotation_offsets(cycle: ArrayLike, *, teams: int) -> Ints:
    """Offsets that spread teams evenly over a pattern: offset[t] = floor(t L / teams).

    Example:
        >>> rotation_offsets([0, 0, 1, 1, 2, 2, -1, -1], teams=4).tolist()
        [0, 2, 4, 6]
    """
    length = np.asarray(cycle).size
    return np.asarray(frozen(np.arange(teams) * length // teams), np.int64)
