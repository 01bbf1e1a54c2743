"""Plans: made, published, changed, handed out."""

from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from denghuo.apps.ledger.actions import record
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.facts import DutiesSwapped, PlanExported, PlanMade, PlanPublished, PublishedDuties
from denghuo.apps.staffing.models import Duty, Plan, PlanState, RuleKind
from denghuo.apps.staffing.queries.outlook import ahead_of_unit
from denghuo.apps.staffing.queries.plans import duties_of_plan, staff_of
from denghuo.apps.staffing.snapshot.expected import expected_told
from denghuo.apps.staffing.snapshot.problems import Solved, judged, solve, swap_problem
from denghuo.apps.staffing.snapshot.rosters import Staff, duties_of, table_of
from denghuo.engines.rostering import Breach, Swap, SwapCheck, check_swap

_BATCH = 500


@transaction.atomic
def make_plan(
    *, unit: Unit, month: date, at: datetime, actor: str, individual: bool = False, keep: bool = False
) -> Plan:
    """Draft a month's roster and live it through; a draft there is of it is replaced. ``individual`` lets everybody be
    moved away from the rota; ``keep`` changes as little as can be of what is published, and nothing up to today.

    Raises:
        LookupError: no shifts, or nobody to work them.
    """
    fixed_until = timezone.localdate(at) if keep else None
    staff = staff_of(unit, month, keep=keep, fixed_until=fixed_until)
    solved = solve(staff, individual=individual)
    Plan.objects.filter(unit_id=unit.pk, month=month, state=PlanState.DRAFT).delete()
    plan = Plan.objects.create(
        unit_id=unit.pk,
        month=month,
        made_at=at,
        made_by=actor,
        made=_made(staff, solved, individual=individual),
        expected=_expected(unit, staff, solved.roster),
    )
    duties = duties_of(staff, solved.roster, plan_id=plan.pk)
    Duty.objects.bulk_create(duties, batch_size=_BATCH)
    fact = PlanMade(plan_id=plan.pk, unit_id=unit.pk, month=month, proven=solved.proven, duty_count=len(duties))
    record(fact, at=at, actor=actor)
    return plan


def _expected(unit: Unit, staff: Staff, roster: np.ndarray) -> dict[str, Any]:
    ahead = ahead_of_unit(unit.pk)
    if ahead is None:
        return {}
    shrinkage = staff.book.value(RuleKind.SHRINKAGE_SHARE, on=staff.days[0])
    return expected_told(ahead, days=staff.days, heads=staff.heads(roster), shrinkage_share=shrinkage, seed=unit.pk)


def _made(staff: Staff, solved: Solved, *, individual: bool) -> dict[str, Any]:
    """How it came about, as a row holds it."""
    _, broken = judged(staff, solved.roster)
    return {
        "status": solved.status.value,
        "proven": solved.proven,
        "costs": list(solved.costs),
        "bounds": list(solved.bounds),
        "seconds": round(solved.seconds, 2),
        "individual": individual,
        "broken": [_breach(staff, one) for one in broken],
        "conflict": [_breach(staff, one) for one in solved.conflict],
    }


def _breach(staff: Staff, one: Breach) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "rule": one.rule,
        "agent": str(staff.agents[one.person]) if one.person >= 0 else "",
        "day": staff.days[one.day].isoformat() if 0 <= one.day < len(staff.days) else "",
        "shift": staff.shifts[one.shift].name if 0 <= one.shift < len(staff.shifts) else "",
        "amount": int(one.amount),
    }


@transaction.atomic
def publish_plan(*, plan_id: int, at: datetime, actor: str) -> Plan:
    """Have people live by a draft; what was published for the month goes."""
    plan = Plan.objects.select_for_update().get(pk=plan_id, state=PlanState.DRAFT)
    Plan.objects.filter(unit_id=plan.unit_id, month=plan.month, state=PlanState.PUBLISHED).delete()
    plan.state, plan.published_at, plan.published_by = PlanState.PUBLISHED, at, actor
    plan.save(update_fields=["state", "published_at", "published_by"])
    by_agent: dict[int, dict[int, int]] = {}
    for duty in plan.duties.all():
        by_agent.setdefault(duty.agent_id, {})[duty.day.day] = duty.shift_id
    duties = tuple(
        PublishedDuties(agent_id=agent_id, shift_ids=tuple(days.get(day) for day in range(1, 32)))
        for agent_id, days in sorted(by_agent.items())
    )
    record(PlanPublished(plan_id=plan.pk, unit_id=plan.unit_id, month=plan.month, duties=duties), at=at, actor=actor)
    return plan


def _swap_checked(*, plan: Plan, agent_id: int, day: date, other_id: int, other_day: date | None) -> SwapCheck:
    """What a swap between two people would break.

    Raises:
        ValueError: somebody or some day is not in the plan.
    """
    staff = staff_of(plan.unit, plan.month)
    roster = table_of(duties_of_plan(plan), agents=staff.agents, shifts=staff.shifts, days=staff.days)
    swap = Swap(
        person=staff.place(agent_id),
        day=staff.days.index(day),
        other=staff.place(other_id),
        other_day=None if other_day is None else staff.days.index(other_day),
    )
    return check_swap(swap_problem(staff), roster, swap)


@transaction.atomic
def swap_duties(
    *, plan_id: int, agent_id: int, day: date, other_id: int, other_day: date | None, at: datetime, actor: str
) -> SwapCheck:
    """Exchange duties between two people, if nothing breaks that must hold; what would break is in the answer."""
    plan = Plan.objects.select_related("unit").select_for_update().get(pk=plan_id)
    checked = _swap_checked(plan=plan, agent_id=agent_id, day=day, other_id=other_id, other_day=other_day)
    if not checked.legal:
        return checked
    staff = staff_of(plan.unit, plan.month)
    plan.duties.filter(agent_id__in=(agent_id, other_id)).delete()
    own = {agent_id, other_id}
    rows = [one for one in duties_of(staff, checked.roster, plan_id=plan.pk) if one.agent_id in own]
    Duty.objects.bulk_create(rows)
    plan.expected = _expected(plan.unit, staff, checked.roster)
    plan.save(update_fields=["expected"])
    fact = DutiesSwapped(plan_id=plan.pk, agent_id=agent_id, day=day, other_id=other_id, other_day=other_day)
    record(fact, at=at, actor=actor)
    return checked


@transaction.atomic
def export_plan(*, plan: Plan, at: datetime, actor: str) -> None:
    """Record that a plan was handed out."""
    record(PlanExported(plan_id=plan.pk, month=plan.month), at=at, actor=actor)
