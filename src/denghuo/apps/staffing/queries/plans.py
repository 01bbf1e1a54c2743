"""Plans, and everything a plan is made from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.models import Agent
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.models import Duty, Plan, PlanState, RuleKind, Shift
from denghuo.apps.staffing.queries.duties import agents_of_unit, away, duties_between
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
from denghuo.apps.staffing.snapshot.expected import expected_told
from denghuo.apps.staffing.snapshot.problems import Solved, judged, solve
from denghuo.apps.staffing.snapshot.requirement import requirement_of
from denghuo.apps.staffing.snapshot.rosters import (
    Staff,
    absences_of,
    breach_told,
    days_before,
    pattern_of,
    shift_types,
    table_of,
)
from denghuo.engines.rostering import OFF, UNKNOWN


def month_days(month: date) -> list[date]:
    """The days of a month."""
    after = (month.replace(day=1) + timedelta(days=31)).replace(day=1)
    return [month.replace(day=1) + timedelta(days=n) for n in range((after - month.replace(day=1)).days)]


class MonthOverError(ValueError):
    """A month that is over is not planned any more."""


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
    """Everything about a month that a roster is made from; ``keep`` to change as little as can be of what is published.
    Published days up to ``fixed_until`` stay as they are.

    Raises:
        LookupError: no shifts, or nobody to work them.
    """
    days = month_days(month)
    before = days_before(days[0])
    agents = agents_of_unit(unit.pk, since=days[0])
    shifts = shifts_of(unit.pk, first=before[0], last=days[-1])
    if not agents or not shifts:
        raise LookupError("no shifts, or nobody to work them")
    ids, book, rotas = [one.pk for one in agents], rule_book(unit.pk), rotas_of(unit.pk)
    published = plan_of(unit.pk, month, state=PlanState.PUBLISHED) if keep or fixed_until else None
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
        published=current if keep else None,
        position={one.pk: at for at, one in enumerate(shifts)},
    )


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A month worked out and not yet written."""

    staff: Staff
    solved: Solved
    expected: dict[str, Any]


def draft_of(unit: Unit, month: date, *, at: datetime, individual: bool = False, keep: bool = False) -> Draft:
    """Work a month's roster out and live it through, which takes its time. ``individual`` lets everybody be moved away
    from the rota; ``keep`` changes as little as can be of what is published. What is published up to today stays.

    Raises:
        MonthOverError: nobody can work it any more.
        LookupError: no shifts, or nobody to work them.
    """
    if month_days(month)[-1] < timezone.localdate(at):
        raise MonthOverError(f"{month:%Y-%m} is over")
    staff = staff_of(unit, month, keep=keep, fixed_until=timezone.localdate(at))
    solved = solve(staff, individual=individual)
    return Draft(staff=staff, solved=solved, expected=expected_of(unit, staff, solved.roster))


def expected_of(unit: Unit, staff: Staff, roster: NDArray[np.int64]) -> dict[str, Any]:
    """What a roster makes of the calls that are expected; nothing where none are."""
    ahead = ahead_of_unit(unit.pk)
    if ahead is None:
        return {}
    shrinkage = staff.book.value(RuleKind.SHRINKAGE_SHARE, on=staff.days[0])
    return expected_told(ahead, days=staff.days, heads=staff.heads(roster), shrinkage_share=shrinkage, seed=unit.pk)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The answer rate of a plan, over the ``days`` of it that are forecast; None where none are."""

    share: float | None
    days: int


def expected_rate(plan: Plan) -> Expected:
    """What all calls of a plan's days together will see answered, by its simulation."""
    rows = [one for one in plan.expected.get("by_day", ()) if one["day"] is not None]
    calls = [one.get("calls") or 1.0 for one in rows]  # a plan of long ago does not say how many they were
    share = sum(one["day"] * count for one, count in zip(rows, calls, strict=True)) / sum(calls) if rows else None
    return Expected(share=share, days=len(rows))


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a plan stands against rules and absences as they are now: what is ``broken``, as a plan holds it; ``away``
    duties that fall into an absence; ``as_made`` whether it is still what was proven when it was made; ``hours`` and
    ``nights`` the fewest and the most of those whom the search placed and who are there all month."""

    broken: tuple[dict[str, Any], ...]
    away: tuple[Duty, ...]
    as_made: bool
    hours: tuple[float, float] | None = None
    nights: tuple[int, int] | None = None


def standing_of(plan: Plan) -> Standing:
    """A plan held against the rules and absences of now, which may have come after it."""
    made = plan.made.get("broken", [])
    try:
        staff = staff_of(plan.unit, plan.month)
    except LookupError:  # nobody is left, or no shift
        return Standing(broken=tuple(made), away=(), as_made=False)
    drawn = table_of(duties_of_plan(plan), agents=staff.agents, shifts=staff.shifts, days=staff.days)
    broken = tuple(breach_told(staff, one) for one in judged(staff, staff.worked(drawn)))
    gone = plan.duties.filter(away()).select_related("shift", "agent").order_by("day", "shift__start_min")
    swapped = any(not one["undone"] for one in plan.made.get("swaps", ()))
    placed = ~staff.absent.any(axis=1) & (staff.mobile | bool(plan.made.get("individual")))
    counts = np.array([(drawn[placed] == shift).sum(axis=1) for shift in range(staff.types.count)], np.int64)
    hours, nights = staff.types.paid_min @ counts / 60, staff.types.night.astype(np.int64) @ counts
    return Standing(
        broken=broken,
        away=tuple(gone),
        as_made=not gone and not swapped and list(broken) == made,
        hours=(float(hours.min()), float(hours.max())) if placed.any() else None,
        nights=(int(nights.min()), int(nights.max())) if placed.any() else None,
    )


@dataclass(frozen=True, kw_only=True)
class Change:
    """Somebody works another shift on a day than they did; None is a day off."""

    agent: Agent
    day: date
    before: Shift | None
    after: Shift | None


def changes_of(before: Iterable[Duty], after: Iterable[Duty]) -> list[Change]:
    """What changes from some duties to others, person by person."""
    agents: dict[int, Agent] = {}
    tables: list[dict[tuple[int, date], Shift]] = []
    for duties in (before, after):
        rows = list(duties)
        agents |= {one.agent_id: one.agent for one in rows}
        tables.append({(one.agent_id, one.day): one.shift for one in rows})
    old, new = tables
    found = [
        Change(agent=agents[key[0]], day=key[1], before=old.get(key), after=new.get(key))
        for key in old.keys() | new.keys()
        if old.get(key) != new.get(key)
    ]
    return sorted(found, key=lambda one: (hotline.team_order(one.agent.team), one.agent.code, one.agent.pk, one.day))


def changes_of_draft(draft: Plan) -> list[Change]:
    """What would change for people if a draft were published in the place of what is."""
    published = plan_of(draft.unit_id, draft.month, state=PlanState.PUBLISHED)
    if published is None or draft.state != PlanState.DRAFT:
        return []
    return changes_of(duties_of_plan(published), duties_of_plan(draft))


def _fixed(current: NDArray[np.int64] | None, days: Sequence[date], until: date | None) -> NDArray[np.int64] | None:
    """What must stay of a published roster: the days up to one."""
    if current is None or until is None:
        return None
    return np.where([day <= until for day in days], current, UNKNOWN)
