"""How far to search, how a search ended, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Limits", "Progress", "SolveStatus"]


class SolveStatus(StrEnum):
    """How a search ended. Of ``FEASIBLE`` the bound is known, not that it is reached."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    NOTHING_FOUND = "nothing_found"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How far to search.

    ``time_limit_s`` by the clock [s], for everything together; ``work_limit`` in the solver's own count of work, about
    a second each, which does not depend on the machine: a search that ends by it, or with the proof, gives the same
    roster every time. ``workers`` threads; ``seed``. ``reproducible`` False lets several workers of the solver run
    free, which may prove sooner, but which of several best rosters comes out is then left to chance.
    """

    time_limit_s: float = 60.0
    work_limit: float = float("inf")
    workers: int = 2
    seed: int = 1
    reproducible: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Where a search stands: the level being settled, the cost of the best roster so far on it (NaN if there is none),
    what no roster can beat, and the seconds that the solver took until then."""

    level: int
    cost: float
    bound: float
    seconds: float
