"""The words of a switching plan: who moves what, when, why, and who is without supply after it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.standards import Basis

__all__ = [
    "Action",
    "IsolationMode",
    "OutageGroup",
    "Outages",
    "ProblemCode",
    "Step",
    "SwitchingError",
    "SwitchingPlan",
    "SwitchingProblem",
    "SwitchingRules",
    "SwitchingTimes",
    "TieLoads",
    "WholeLine",
    "Why",
]

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class IsolationMode(StrEnum):
    """Planned work, or a fault that protection has already cleared."""

    PLANNED = "planned"
    FAULT = "fault"


class Action(StrEnum):
    """What is done in a step. Only ``OPEN``, ``CLOSE`` and ``TRIP`` change the network; the low-voltage side is below
    it, and the others stand on the paper."""

    TRIP = "trip"
    OPEN = "open"
    CLOSE = "close"
    SWITCH_OFF_LV = "switch_off_lv"  # the low-voltage side of one user, for a fuse that may only move dead
    SWITCH_ON_LV = "switch_on_lv"
    VERIFY_DEAD = "verify_dead"
    EARTH = "earth"
    REMOVE_EARTH = "remove_earth"


class Why(StrEnum):
    """Why a step is in the plan."""

    CLEAR_FAULT = "clear_fault"  # protection opened
    MAKE_BEFORE_BREAK = "make_before_break"  # close a loop, so that the next opening interrupts nobody
    PART_LOOP = "part_loop"  # open that loop
    DROP_LOAD = "drop_load"  # interrupt for a moment what flows through a device that may only move dead
    ISOLATE = "isolate"  # cut the elements off from a supply
    SPLIT = "split"  # divide a dead area, so that each tie takes what it can carry
    RESTORE_UPSTREAM = "restore_upstream"  # supply again on the way as before
    RESTORE_BY_TIE = "restore_by_tie"  # supply from another side
    SAFETY = "safety"  # verify dead, earth, remove earth
    RE_ENERGIZE = "re_energize"  # the elements come back
    RETURN = "return"  # back to the normal state, nobody gains or loses supply


class ProblemCode(StrEnum):
    """Why there is no plan."""

    UNKNOWN_ELEMENT = "unknown_element"
    NOTHING_TO_ISOLATE = "nothing_to_isolate"
    HOLDS_SOURCE = "holds_source"  # no switch between the elements and a source
    NO_SEQUENCE = "no_sequence"  # no order of operations that every device may perform


@dataclass(frozen=True, kw_only=True)
class SwitchingProblem:
    """One reason why there is no plan, with the outer identifiers concerned."""

    code: ProblemCode
    ids: tuple[str, ...]


class SwitchingError(ValueError):
    """There is no plan; ``problems`` says why, all reasons at once."""

    def __init__(self, problems: tuple[SwitchingProblem, ...]) -> None:
        super().__init__("; ".join(f"{problem.code}: {', '.join(problem.ids)}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class SwitchingTimes:
    """Time to operate one device [h]: ``remote_h`` by remote control, ``manual_h`` by a crew that travels there.

    A device's own ``grid.switches.operating_h`` goes before both. Operations follow one another.
    """

    remote_h: float = 0.02
    manual_h: float = 0.5

    def __post_init__(self) -> None:
        if not (self.remote_h >= 0 and self.manual_h >= 0):
            raise ValueError(f"operating times must not be negative, not {self.remote_h} and {self.manual_h}")


@dataclass(frozen=True, kw_only=True)
class SwitchingRules:
    """What is counted and what is allowed.

    ``basis`` who is counted first (the other basis decides between equals); ``make_before_break`` whether a tie may be
    closed onto live supply so that the transfer interrupts nobody; ``demand_share`` the part of connected kVA that
    flows where a load's kW is unknown; ``search_limit`` how many switches a search looks at, one by one, before the
    best configuration so far is taken.
    """

    basis: Basis = Basis.LV_CUSTOMERS
    make_before_break: bool = True
    demand_share: float = 1.0
    search_limit: int = 16_000

    def __post_init__(self) -> None:
        if not self.demand_share >= 0:
            raise ValueError(f"demand_share must not be negative, not {self.demand_share}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One line of the switching sheet, and what is out once it is done.

    ``switch`` position of the device, -1 none; ``node`` where to verify, earth or switch the low-voltage side, -1 none;
    the operation runs from ``start_h`` for ``duration_h`` [h] and takes effect at its end. Hour 0 is the fault, or the
    beginning of the planned outage: what interrupts nobody may stand before it. ``loads_out`` positions of the loads
    without supply.
    """

    number: int
    action: Action
    why: Why
    switch: int
    node: int
    start_h: float
    duration_h: float
    loads_out: Ints
    mv_users_out: int
    lv_customers_out: int

    @property
    def effect_h(self) -> float:
        """When the step takes effect [h]."""
        return self.start_h + self.duration_h


@dataclass(frozen=True, kw_only=True, eq=False)
class Outages:
    """Who is out from when to when: ``load`` position, ``start_h`` and ``end_h`` [h] from hour 0 of the plan."""

    load: Ints
    start_h: Floats
    end_h: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class OutageGroup:
    """The ``loads`` (positions) that are out together from ``start_h`` to ``end_h`` [h] from hour 0 of the plan, and
    how many MV users and LV customers they are. A load that is out twice is in two groups."""

    start_h: float
    end_h: float
    loads: Ints
    mv_users: int
    lv_customers: int


@dataclass(frozen=True, kw_only=True, eq=False)
class TieLoads:
    """What flows over each ``switch`` that is closed only for the plan: ``kva``, and ``rating_kva`` (NaN unlimited)."""

    switch: Ints
    kva: Floats
    rating_kva: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class WholeLine:
    """The other way to do it: the head of the line stays open all the time. ``switches`` those heads, empty where the
    line hangs on its source without one."""

    switches: Ints
    loads_out: Ints
    mv_users_out: int
    lv_customers_out: int
    mv_user_hours: float
    lv_customer_hours: float


@dataclass(frozen=True, kw_only=True, eq=False)
class SwitchingPlan:
    """A sequence of operations, and what it costs the customers.

    ``steps`` isolate and restore, ``return_steps`` lead back. ``closed_for_work`` and ``closed_after`` [switch] the
    switching states between and after them. ``sections`` are dead for the work; ``isolating_switches`` are the open
    points around them, to be locked and tagged. ``isolated_h`` when the elements are isolated on every side, ``work_h``
    how long the work may take from then, ``end_h`` when the last step ends [h]. ``lv_customer_hours`` and
    ``mv_user_hours`` are sums over ``outages``, the return included; ``outage_groups`` are the same outages by their
    times, the earliest first. Where a device may only move dead, somebody may be out before hour 0 or after the
    announced outage: ``out_from_h`` and ``out_until_h`` [h] are when the first loses supply and when the last gets it
    back, NaN where nobody is out. ``loads_out``, ``mv_users_out`` and
    ``lv_customers_out`` are out as long as the work lasts. ``proven_optimal``: no switching state that isolates the
    elements, is radial and within the limits interrupts fewer during the work.
    """

    mode: IsolationMode
    steps: tuple[Step, ...]
    return_steps: tuple[Step, ...]
    closed_for_work: Flags
    closed_after: Flags
    sections: Ints
    isolating_switches: Ints
    isolated_h: float
    work_h: float
    end_h: float
    outages: Outages
    outage_groups: tuple[OutageGroup, ...]
    loads_out: Ints
    mv_users_out: int
    lv_customers_out: int
    mv_user_hours: float
    lv_customer_hours: float
    operations: int
    ties: TieLoads
    whole_line: WholeLine
    proven_optimal: bool

    @property
    def out_from_h(self) -> float:
        """When the first load loses supply [h], NaN where none does."""
        return float(self.outages.start_h.min()) if len(self.outages.load) else float("nan")

    @property
    def out_until_h(self) -> float:
        """When the last load has supply again [h], NaN where none was without."""
        return float(self.outages.end_h.max()) if len(self.outages.load) else float("nan")
