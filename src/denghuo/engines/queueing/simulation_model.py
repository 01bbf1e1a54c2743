"""A call center as the simulation knows it: who calls, who answers, and what happens in between.

Instants are seconds from the beginning of the day, durations are seconds. Types, groups and intervals are positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "AgentGroup",
    "Announcement",
    "BusynessLaw",
    "CallBacks",
    "CallCenter",
    "CallType",
    "Distribution",
    "Law",
    "Pick",
    "Redial",
    "Redials",
    "Tier",
    "erlang_distribution",
    "exponential",
    "fixed",
    "gamma",
    "lognormal",
    "never",
    "quantile_table",
]

Floats = NDArray[np.float64]


class Law(IntEnum):
    """Families of distributions of a duration."""

    FIXED = 0
    EXPONENTIAL = 1
    LOGNORMAL = 2
    GAMMA = 3
    QUANTILES = 4
    NEVER = 5


class BusynessLaw(IntEnum):
    """Families of distributions of a day's busyness."""

    GAMMA = 3
    LOGNORMAL = 2


class Pick(IntEnum):
    """Which of several waiting callers of the same priority an agent takes: by the order of skills, or the oldest."""

    PREFERENCE = 0
    LONGEST_WAIT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A duration that is random.

    ``mean_s`` [s] and ``cv`` (deviation / mean) of what is not zero; ``quantiles_s`` [s], at equal steps of the share
    from 0 to 1, instead of both where the law is a table. ``zero_share`` is the share that is zero: as patience, the
    callers who hang up rather than wait at all.
    """

    law: Law
    mean_s: float = np.nan
    cv: float = np.nan
    quantiles_s: tuple[float, ...] = ()
    zero_share: float = 0.0


def fixed(value_s: float) -> Distribution:
    """Always the same duration [s]."""
    return Distribution(law=Law.FIXED, mean_s=value_s, cv=0.0)


def exponential(mean_s: float, *, zero_share: float = 0.0) -> Distribution:
    """Exponential, by its mean [s]."""
    return Distribution(law=Law.EXPONENTIAL, mean_s=mean_s, cv=1.0, zero_share=zero_share)


def lognormal(mean_s: float, *, cv: float, zero_share: float = 0.0) -> Distribution:
    """Lognormal, by its mean [s] and coefficient of variation."""
    return Distribution(law=Law.LOGNORMAL, mean_s=mean_s, cv=cv, zero_share=zero_share)


def gamma(mean_s: float, *, cv: float, zero_share: float = 0.0) -> Distribution:
    """Gamma, by its mean [s] and coefficient of variation: shape 1 / cv²."""
    return Distribution(law=Law.GAMMA, mean_s=mean_s, cv=cv, zero_share=zero_share)


def erlang_distribution(mean_s: float, *, stages: int, zero_share: float = 0.0) -> Distribution:
    """The sum of so many exponential stages, by the mean of the sum [s]; NaN where there are no stages.

    Example:
        >>> erlang_distribution(180.0, stages=4).cv
        0.5
    """
    return gamma(mean_s, cv=stages**-0.5 if stages > 0 else np.nan, zero_share=zero_share)


def quantile_table(quantiles_s: ArrayLike, *, zero_share: float = 0.0) -> Distribution:
    """As measured: quantiles [s] at equal steps of the share from 0 to 1, straight lines between them.

    Example:
        >>> quantile_table([5.0, 60.0, 240.0]).quantiles_s  # never under 5, half under 60, never over 240
        (5.0, 60.0, 240.0)
    """
    values = np.asarray(quantiles_s, dtype=np.float64).ravel().tolist()
    return Distribution(law=Law.QUANTILES, quantiles_s=tuple(values), zero_share=zero_share)


def never(*, zero_share: float = 0.0) -> Distribution:
    """Endless: the patience of those who never hang up."""
    return Distribution(law=Law.NEVER, zero_share=zero_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redial:
    """The ``share`` of callers who call again, and how long after."""

    share: float
    delay: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Redials:
    """Who calls again: after hanging up in the queue, after a busy tone, after having been answered.

    No caller calls more than ``max_attempts`` times in all; ``persistence`` is what the shares are multiplied with at
    each further attempt. Who would call after the close does not.
    """

    after_abandoned: Redial | None = None
    after_blocked: Redial | None = None
    after_answered: Redial | None = None
    max_attempts: int = 5
    persistence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallType:
    """Callers who want the same.

    ``arrivals_per_h`` one number, or one per interval: first attempts [1/h], a Poisson process of that rate times the
    day's busyness.
    ``service`` conversation, ``wrap_up`` what the agent has to do after it, ``patience`` how long callers are willing
    to wait. Callers of a lower ``priority`` number go first. ``groups`` is the order in which groups with an idle agent
    are tried; left out, the group that lists the type earliest among its skills comes first.
    """

    arrivals_per_h: ArrayLike
    service: Distribution
    patience: Distribution = field(default_factory=never)
    wrap_up: Distribution | None = None
    priority: int = 0
    redials: Redials = field(default_factory=Redials)
    groups: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """More agents of a group, from an instant to another [s]: a tier that is switched on, or a team at odd hours."""

    from_s: float
    to_s: float
    heads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentGroup:
    """Agents who can do the same.

    ``heads`` one number, or one per interval: agents at their desks. An agent whose time is over finishes the call in
    hand (wrap-up included), an idle one leaves first. ``skills`` the types they take, preferred first; ``after_s``, one
    per skill, how long a caller must have waited before this group may help out [s], 0 where left out.
    """

    heads: ArrayLike
    skills: tuple[int, ...] = (0,)
    after_s: tuple[float, ...] | None = None
    pick: Pick = Pick.PREFERENCE
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What callers of a type hear first if they call from an instant until another [s].

    It takes ``heard_s``; then ``absorbed_share`` of them hang up, served; the others ask for an agent. In the counts a
    caller stands in the interval of that moment, an absorbed one in the interval of the call. Who would ask only after
    the close is cut off.
    """

    call_type: int
    from_s: float
    to_s: float
    heard_s: float
    absorbed_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBacks:
    """Calls that a group makes itself while at least ``idle_at_least`` of its agents are idle.

    ``release_s`` instants from which each can be made [s], ``due_after_s`` how long after that it is overdue. Those
    that are not begun at the close stay undone.
    """

    group: int
    release_s: ArrayLike
    service: Distribution
    due_after_s: float = np.inf
    idle_at_least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCenter:
    """A day of a call center, which begins empty.

    ``edges_s`` instants that bound the intervals, float64[intervals + 1], ascending from 0: callers come until the last
    one, the close. ``waiting_places`` how many can wait, ``lines`` how many can wait or talk; a caller above that hears
    the busy tone. With ``serve_after_close`` those still waiting are served by the agents of the last interval;
    otherwise they are cut off. ``busyness_cv`` is the coefficient of variation of a factor of mean 1 that all rates of
    a day have in common.

    Example:
        >>> center = CallCenter(
        ...     edges_s=[0.0, 3600.0, 7200.0],
        ...     types=(CallType(arrivals_per_h=[80, 120], service=exponential(150.0), patience=exponential(90.0)),),
        ...     groups=(AgentGroup(heads=[4, 6]),),
        ... )
        >>> center.interval_count
        2
    """

    edges_s: ArrayLike
    types: tuple[CallType, ...]
    groups: tuple[AgentGroup, ...]
    announcements: tuple[Announcement, ...] = ()
    call_backs: tuple[CallBacks, ...] = ()
    waiting_places: int | None = None
    lines: int | None = None
    serve_after_close: bool = True
    busyness_cv: float = 0.0
    busyness_law: BusynessLaw = BusynessLaw.GAMMA

    @property
    def interval_count(self) -> int:
        """How many intervals the day has."""
        return np.asarray(self.edges_s).size - 1
