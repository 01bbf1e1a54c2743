"""A rostering problem: people, days, shifts, what is demanded and which rules hold."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from denghuo.engines.rostering.shifts import ShiftTypes

__all__ = [
    "ANY",
    "OFF",
    "UNKNOWN",
    "Demands",
    "Fair",
    "Published",
    "RosterProblem",
    "Rule",
    "RunLimit",
    "Successions",
    "TotalLimit",
    "WeekendLimit",
    "WholeWeekends",
    "Wishes",
]

OFF, UNKNOWN, ANY = -1, -2, -1
_NONE = np.zeros(0, np.int64)
_ALWAYS = 10**9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rule:
    """What all rules have: ``id`` a name of your own, by which it is told when it is broken; ``weight`` the
    price of one unit of breaking it, None if it must hold; ``on``; ``people`` bool[P] whom it binds, all if left out;
    ``level`` 0 is settled first, then 1 without making 0 worse, and so on."""

    id: str
    weight: int | None = None
    on: bool = True
    people: ArrayLike | None = None
    level: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Successions(Rule):
    """Which shift may not follow which: ``forbidden`` bool[S, S] (row the earlier), with ``days_off`` days off between.
    Unit: one forbidden pair."""

    forbidden: ArrayLike
    days_off: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunLimit(Rule):
    """How many days in a row: days on any of ``shifts`` bool[S], or with ``off`` days off.

    ``at_least``, ``at_most`` int or int[P]. A run that reaches out of what is known (before the history, after the last
    day) is not too short. Unit: one day too many, one day missing.
    """

    shifts: ArrayLike | None = None
    off: bool = False
    at_least: ArrayLike = 1
    at_most: ArrayLike = _ALWAYS


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TotalLimit(Rule):
    """A sum over days: ``per_shift`` int[S], 1 to count shifts, ``paid_min`` for hours.

    ``days`` bool[D] or bool[W, D], the W spans of days that are summed each by itself, all days if left out;
    ``carried`` int or int[P] what the first span brings along; ``at_least``, ``at_most`` int or int[P]. Unit: one of
    what is summed.
    """

    per_shift: ArrayLike
    days: ArrayLike | None = None
    carried: ArrayLike = 0
    at_least: ArrayLike = 0
    at_most: ArrayLike = _ALWAYS


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WeekendLimit(Rule):
    """How many weekends somebody works on, ``carried`` included: ``at_most`` int or int[P]. Unit: one weekend."""

    at_most: ArrayLike
    carried: ArrayLike = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WholeWeekends(Rule):
    """All days of a weekend or none. Unit: one weekend that is cut."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fair(Rule):
    """Everybody's sum as near to the due part as can be.

    ``per_shift`` int[S] what is summed, as in :class:`TotalLimit`, over ``days`` bool[D]; or, with ``weekends``, the
    weekends worked on. ``carried`` int or int[P] is added; ``share`` int or int[P] is the weight of each in what is due
    (e.g. days present), everybody the same if left out. With value v, due d = share / Σ share x Σ v, the amount is
    ceil(max (v - d) - min (v - d)); ``at_most`` of it is free. Unit: one of what is summed.
    """

    per_shift: ArrayLike = 1
    days: ArrayLike | None = None
    weekends: bool = False
    carried: ArrayLike = 0
    share: ArrayLike = 1
    at_most: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Demands:
    """Who is needed, by row: on ``day``, ``shift``, people who hold ``skill`` (ANY, or a column of ``people_skills``).

    ``at_least`` and ``at_most`` must be kept; below ``wanted`` each head missing costs ``under_weight``, above it each
    head too many ``over_weight``. All int64[R]; a number stands for all rows.
    """

    day: ArrayLike = field(default_factory=lambda: _NONE)
    shift: ArrayLike = field(default_factory=lambda: _NONE)
    skill: ArrayLike = ANY
    at_least: ArrayLike = 0
    at_most: ArrayLike = _ALWAYS
    wanted: ArrayLike = 0
    under_weight: ArrayLike = 0
    over_weight: ArrayLike = 0
    level: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Wishes:
    """Wishes by row: ``person`` wants on ``day`` to have ``shift`` (OFF: to be off), or where ``wanted`` is False not
    to; ``weight`` is the price of not granting it. All int64[R] (``wanted`` bool); a number stands for all rows."""

    person: ArrayLike = field(default_factory=lambda: _NONE)
    day: ArrayLike = field(default_factory=lambda: _NONE)
    shift: ArrayLike = OFF
    wanted: ArrayLike = True
    weight: ArrayLike = 1
    level: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Published:
    """A roster people already live by: ``roster`` int[P, D], UNKNOWN where nothing was said; each cell that changes
    costs ``weight``."""

    roster: ArrayLike
    weight: int = 1
    level: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RosterProblem:
    """Who is to work which shift on which day: P people, D days, S shifts, at most one shift a day.

    * ``shifts`` the S shifts; ``people_count``, ``day_count``
    * ``demands``, ``rules``, ``wishes``, ``published``
    * ``allowed`` bool[P, D, S + 1], last the day off: leave, training, what somebody cannot do. All if left out
    * ``people_skills`` bool[P, K] who holds which skill
    * ``weekend`` int[D] the number of the weekend that a day belongs to, -1 on working days
    * ``before`` int[P, H] the roster of the H days before, OFF, UNKNOWN or a shift
    * ``seats`` how many may be in the room in any interval of ``interval_min``
    * ``ring`` the rows follow one another and the last is followed by the first: a rotation through which everybody
      passes. Then there is no ``before``.
    """

    shifts: ShiftTypes
    people_count: int
    day_count: int
    demands: Demands = field(default_factory=Demands)
    rules: tuple[Rule, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    published: Published | None = None
    allowed: ArrayLike | None = None
    people_skills: ArrayLike | None = None
    weekend: ArrayLike | None = None
    before: ArrayLike | None = None
    seats: int | None = None
    interval_min: int = 30
    ring: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """People and days."""
        return self.people_count, self.day_count
