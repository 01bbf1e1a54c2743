"""Plans, and everything a plan is made from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.hotline.models import Agent
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.models import Duty, Plan, PlanState
from denghuo.apps.staffing.queries.duties import agents_of_unit, duties_between
from denghuo.apps.staffing.queries.outlook import ahead_of_unit
from denghuo.apps.staffing.queries.rules import (
    absences_between,
    rotas_of,
    rule_book,
    shifts_of,
    skill_needs_of,
    skills_of,
    successions_of,
    target_share,
    wishes_between,
)
from denghuo.apps.staffing.snapshot.problems import swap_problem
from denghuo.apps.staffing.snapshot.requirement import requirement_of
from denghuo.apps.staffing.snapshot.rosters import (
    Staff,
    absences_of,
    days_before,
    pattern_of,
    shift_types,
    table_of,
)
from denghuo.engines.rostering import OFF, UNKNOWN, legal_swaps


def month_days(month: date) -> list[date]:
    """The days of a month."""
    after = (month.replace(day=1) + timedelta(days=31)).replace(day=1)
    return [month.replace(day=1) + timedelta(days=n) for n in range((after - month.replace(day=1)).days)]


def plan_of(unit_id: int, month: date, *, state: PlanState | None = None) -> Plan | None:
    """The plan of a month: of that state, or the draft if there is one, else the published one."""
    rows = Plan.objects.filter(unit_id=unit_id, month=month).select_related("unit")
    if state is not None:
        return rows.filter(state=state).first()
    return rows.order_by("state").first()


def plan_for(*, unit_ids: Iterable[int], plan_id: int) -> Plan:
    """One plan of these units.

    Raises:
        Plan.DoesNotExist: there is none.
    """
    return Plan.objects.select_related("unit").get(pk=plan_id, unit_id__in=list(unit_ids))


def duties_of_plan(plan: Plan) -> list[Duty]:
    """Its duties in order."""
    return list(plan.duties.select_related("shift", "agent").order_by("day", "shift__start_min", "agent__code"))


def staff_of(unit: Unit, month: date, *, keep: bool = False, fixed_until: date | None = None) -> Staff:
    """Everything about a month that a roster is made from; ``keep`` to change as little as can be of what is published,
    and nothing of the days up to ``fixed_until``.

    Raises:
        LookupError: no shifts, or nobody to work them.
    """
    days = month_days(month)
    before = days_before(days[0])
    agents = agents_of_unit(unit.pk)
    shifts = shifts_of(unit.pk, first=before[0], last=days[-1])
    if not agents or not shifts:
        raise LookupError("no shifts, or nobody to work them")
    ids, book, rotas = [one.pk for one in agents], rule_book(unit.pk), rotas_of(unit.pk)
    published = plan_of(unit.pk, month, state=PlanState.PUBLISHED) if keep else None
    current = table_of(duties_of_plan(published), agents=agents, shifts=shifts, days=days) if published else None
    pattern = pattern_of(rotas, agents=agents, shifts=shifts, days=days)
    worked = duties_between(unit.pk, before[0], before[-1])
    earlier = (
        table_of(worked, agents=agents, shifts=shifts, days=before)
        if worked
        else pattern_of(rotas, agents=agents, shifts=shifts, days=before)
    )
    return Staff(
        days=tuple(days),
        agents=tuple(agents),
        shifts=tuple(shifts),
        types=shift_types(shifts),
        pattern=pattern,
        mobile=(pattern == UNKNOWN).all(axis=1),
        absent=absences_of(absences_between(ids, days[0], days[-1]), agents=agents, days=days),
        before=np.where(earlier == UNKNOWN, OFF, earlier),
        book=book,
        requirement=requirement_of(
            ahead_of_unit(unit.pk),
            days=days,
            book=book,
            target_share=target_share(unit, on=days[0], book=book),
        ),
        successions=tuple(successions_of(unit.pk)),
        wishes=tuple(wishes_between(ids, days[0], days[-1])),
        skills=tuple(skills_of(ids)),
        needs=tuple(skill_needs_of(unit.pk, on=days[0])),
        fixed=_fixed(current, days, fixed_until),
        published=current,
        position={one.pk: at for at, one in enumerate(shifts)},
    )


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
    roster = table_of(duties_of_plan(plan), agents=staff.agents, shifts=staff.shifts, days=staff.days)
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


def _fixed(current: NDArray[np.int64] | None, days: Sequence[date], until: date | None) -> NDArray[np.int64] | None:
    """What must stay of a published roster: the days up to one."""
    if current is None or until is None:
        return None
    return np.where([day <= until for day in days], current, UNKNOWN)
