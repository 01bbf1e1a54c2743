"""Swaps of a plan: who could take over, what one would do, and those that were made."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.hotline.models import Agent
from denghuo.apps.organization.queries import names_of
from denghuo.apps.staffing.models import Duty, Plan, Shift
from denghuo.apps.staffing.queries.duties import agents_of_unit
from denghuo.apps.staffing.queries.plans import duties_of_plan, staff_of
from denghuo.apps.staffing.snapshot.problems import present, swap_problem
from denghuo.apps.staffing.snapshot.rosters import Staff, breach_told, table_of
from denghuo.engines.rostering import RosterReport, Swap, SwapCheck, check_swap, legal_swaps, report_roster


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Somebody who could take over a duty: for nothing, or for one of their own of ``other_day``; the ``change`` of the
    roster's cost, below 0 where it gets better."""

    other: Agent
    other_day: date | None
    taken: str
    change: int


def swaps_of(plan: Plan, duty: Duty) -> list[Offer]:
    """Who could take over a duty of a plan without breaking what must hold, the best first; of two who are as good, who
    does it on the same day."""
    staff = staff_of(plan.unit, plan.month)
    roster = _roster(plan, staff)
    person, day = staff.place(duty.agent_id), staff.days.index(duty.day)
    found = []
    for check in legal_swaps(swap_problem(staff), roster, person=person, day=day):
        swap = check.swap
        taken = roster[swap.other, day if swap.other_day is None else swap.other_day]
        found.append(
            Offer(
                other=staff.agents[swap.other],
                other_day=None if swap.other_day is None else staff.days[swap.other_day],
                taken=staff.shifts[taken].name if taken >= 0 else "",
                change=check.cost_change,
            )
        )
    return sorted(found, key=lambda one: (one.change, one.other_day is not None and one.other_day != duty.day))


def _roster(plan: Plan, staff: Staff) -> NDArray[np.int64]:
    return table_of(duties_of_plan(plan), agents=staff.agents, shifts=staff.shifts, days=staff.days)


@dataclass(frozen=True, kw_only=True)
class Load:
    """What somebody works in the month, or how far people lie apart, before a swap and after it."""

    agent: Agent | None
    hours: tuple[float, float]
    nights: tuple[float, float]
    weekends: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class SwapOutlook:
    """What a swap would do: ``given`` of the first person's day for ``taken`` of the other's, None a day off;
    ``broken`` what would break as a plan holds it; ``loads`` of both people, then the widest gap between any."""

    staff: Staff
    check: SwapCheck
    agent: Agent
    other: Agent
    given: Shift | None
    taken: Shift | None
    broken: tuple[dict[str, Any], ...]
    loads: tuple[Load, ...]


def swap_outlook(plan: Plan, *, agent_id: int, day: date, other_id: int, other_day: date | None) -> SwapOutlook:
    """What a swap between two people would do and break.

    Raises:
        ValueError: somebody or some day is not in the plan.
    """
    staff = staff_of(plan.unit, plan.month)
    roster, problem = _roster(plan, staff), swap_problem(staff)
    pair = staff.place(agent_id), staff.place(other_id)
    first, second = staff.days.index(day), None if other_day is None else staff.days.index(other_day)
    check = check_swap(problem, roster, Swap(person=pair[0], day=first, other=pair[1], other_day=second))
    reports = [report_roster(problem, one, share=present(staff)) for one in (roster, check.roster)]
    shifts = [int(one) for one in (roster[pair[0], first], roster[pair[1], first if second is None else second])]
    given, taken = (staff.shifts[one] if one >= 0 else None for one in shifts)
    return SwapOutlook(
        staff=staff,
        check=check,
        agent=staff.agents[pair[0]],
        other=staff.agents[pair[1]],
        given=given,
        taken=taken,
        broken=tuple(breach_told(staff, one) for one in check.broken),
        loads=(*(_load(staff, at, *reports) for at in pair), _gap(*reports)),
    )


def _load(staff: Staff, at: int, before: RosterReport, after: RosterReport) -> Load:
    return Load(
        agent=staff.agents[at],
        hours=(float(before.paid_h[at]), float(after.paid_h[at])),
        nights=(int(before.nights[at]), int(after.nights[at])),
        weekends=(int(before.weekends[at]), int(after.weekends[at])),
    )


def _gap(before: RosterReport, after: RosterReport) -> Load:
    return Load(
        agent=None,
        hours=(before.hours_evenness.spread, after.hours_evenness.spread),
        nights=(before.nights_evenness.spread, after.nights_evenness.spread),
        weekends=(before.weekends_evenness.spread, after.weekends_evenness.spread),
    )


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A swap that was made in a plan; ``open`` while it can be undone: no day of it has begun, and nobody has swapped
    the same duties again."""

    number: int
    agent: Agent
    day: date
    other: Agent
    other_day: date | None
    made_at: datetime
    made_by: str
    undone: bool
    open: bool


def exchanges_of(plan: Plan, *, at: datetime) -> list[Exchange]:
    """The swaps of a plan, the newest first."""
    rows = plan.made.get("swaps", [])
    agents = {one.pk: one for one in agents_of_unit(plan.unit_id)}
    names = names_of(one["by"] for one in rows)
    found = []
    touched: set[tuple[int, str]] = set()
    for number, one in reversed(list(enumerate(rows))):
        pair, days = (one["agent"], one["other"]), [one["day"], *([one["other_day"]] if one["other_day"] else [])]
        cells = {(key, day) for key in pair for day in days}
        begun = min(days) <= timezone.localdate(at).isoformat()
        if set(pair) <= agents.keys():
            found.append(
                Exchange(
                    number=number,
                    agent=agents[pair[0]],
                    day=date.fromisoformat(one["day"]),
                    other=agents[pair[1]],
                    other_day=date.fromisoformat(one["other_day"]) if one["other_day"] else None,
                    made_at=datetime.fromisoformat(one["at"]),
                    made_by=names.get(one["by"], one["by"]),
                    undone=one["undone"],
                    open=not one["undone"] and not begun and not cells & touched,
                )
            )
        if not one["undone"]:
            touched |= cells
    return found
