"""Plans: made, published, changed, handed out."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.hotline.models import Agent
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import NoticeEntry, queue_notice, withdraw_notice
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.facts import (
    AbsenceRecorded,
    AbsenceWithdrawn,
    DraftDiscarded,
    DutiesSwapped,
    PlanExpected,
    PlanExported,
    PlanMade,
    PlanPublished,
    PublishedDuties,
    SwapUndone,
)
from denghuo.apps.staffing.models import Duty, Plan, PlanState
from denghuo.apps.staffing.queries.plans import (
    Change,
    Draft,
    changes_of,
    draft_of,
    duties_of_plan,
    expected_of,
    staff_of,
)
from denghuo.apps.staffing.queries.swaps import SwapOutlook, exchanges_of, swap_outlook
from denghuo.apps.staffing.snapshot.problems import judged
from denghuo.apps.staffing.snapshot.rosters import breach_told, duties_of, table_of
from denghuo.engines.rostering import SwapCheck

_BATCH = 500


@transaction.atomic
def make_plan(
    *,
    unit: Unit,
    month: date,
    at: datetime,
    actor: str,
    individual: bool = False,
    keep: bool = False,
    draft: Draft | None = None,
) -> Plan:
    """Draft a month's roster and live it through; a draft there is of it is replaced. ``individual`` and ``keep`` as in
    :func:`draft_of`; ``draft`` what it has worked out already, so that nobody waits for this to write.

    Raises:
        MonthOverError: nobody can work it any more.
        LookupError: no shifts, or nobody to work them.
    """
    worked = draft or draft_of(unit, month, at=at, individual=individual, keep=keep)
    Plan.objects.filter(unit_id=unit.pk, month=month, state=PlanState.DRAFT).delete()
    plan = Plan.objects.create(
        unit_id=unit.pk,
        month=month,
        made_at=at,
        made_by=actor,
        made=_made(worked, individual=individual),
        expected=worked.expected,
    )
    duties = duties_of(worked.staff, worked.solved.roster, plan_id=plan.pk)
    Duty.objects.bulk_create(duties, batch_size=_BATCH)
    fact = PlanMade(plan_id=plan.pk, unit_id=unit.pk, month=month, proven=worked.solved.proven, duty_count=len(duties))
    record(fact, at=at, actor=actor)
    return plan


def _made(draft: Draft, *, individual: bool) -> dict[str, Any]:
    """How it came about, as a row holds it."""
    staff, solved = draft.staff, draft.solved
    broken = judged(staff, staff.worked(solved.roster))
    return {
        "status": solved.status.value,
        "proven": solved.proven,
        "costs": list(solved.costs),
        "bounds": list(solved.bounds),
        "seconds": round(solved.seconds, 2),
        "individual": individual,
        "broken": [breach_told(staff, one) for one in broken],
        "conflict": [breach_told(staff, one) for one in solved.conflict],
    }


@transaction.atomic
def discard_draft(*, plan_id: int, at: datetime, actor: str) -> None:
    """Give a draft up; what is published for the month stays in force."""
    plan = Plan.objects.select_for_update().get(pk=plan_id, state=PlanState.DRAFT)
    fact = DraftDiscarded(plan_id=plan.pk, unit_id=plan.unit_id, month=plan.month)
    plan.delete()
    record(fact, at=at, actor=actor)


@transaction.atomic
def publish_plan(*, plan_id: int, at: datetime, actor: str) -> Plan:
    """Have people live by a draft; what was published for the month goes, and who works otherwise now is told."""
    plan = Plan.objects.select_for_update().get(pk=plan_id, state=PlanState.DRAFT)
    duties = duties_of_plan(plan)
    former = Plan.objects.filter(unit_id=plan.unit_id, month=plan.month, state=PlanState.PUBLISHED).first()
    if former is None:
        _tell_all(plan, duties, at=at, actor=actor)
    else:
        _tell_changes(changes_of(duties_of_plan(former), duties), key=f"roster-{plan.pk}", at=at, actor=actor)
        former.delete()
    plan.state, plan.published_at, plan.published_by = PlanState.PUBLISHED, at, actor
    plan.save(update_fields=["state", "published_at", "published_by"])
    by_agent: dict[int, dict[int, int]] = {}
    for duty in duties:
        by_agent.setdefault(duty.agent_id, {})[duty.day.day] = duty.shift_id
    told = tuple(
        PublishedDuties(agent_id=agent_id, shift_ids=tuple(days.get(day) for day in range(1, 32)))
        for agent_id, days in sorted(by_agent.items())
    )
    record(PlanPublished(plan_id=plan.pk, unit_id=plan.unit_id, month=plan.month, duties=told), at=at, actor=actor)
    return plan


def _tell_all(plan: Plan, duties: Sequence[Duty], *, at: datetime, actor: str) -> None:
    """Tell everybody who has duties in a roster that it is there."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("The roster of %(month)s is published") % {"month": f"{plan.month:%Y-%m}"}
        counts: dict[Agent, int] = {}
        for one in duties:
            counts[one.agent] = counts.get(one.agent, 0) + 1
        for agent, count in counts.items():
            text = _("Your duties: %(count)d") % {"count": count}
            _tell(agent, key=f"roster-{plan.pk}", subject=subject, text=text, at=at, actor=actor)


def _tell_changes(changes: Sequence[Change], *, key: str, at: datetime, actor: str) -> None:
    """Tell everybody who works otherwise than before, and on which days."""
    lines: dict[Agent, list[str]] = {}
    with translation.override(settings.LANGUAGE_CODE):
        for one in changes:
            told = {"before": one.before or _("off"), "after": one.after or _("off"), "day": f"{one.day:%m-%d}"}
            lines.setdefault(one.agent, []).append(_("%(day)s: %(after)s instead of %(before)s") % told)
        for agent, days in lines.items():
            subject, text = _("Your duties have changed"), "\n".join(days)
            _tell(agent, key=key, subject=subject, text=text, at=at, actor=actor)


def _tell(agent: Agent, *, key: str, subject: str, text: str, at: datetime, actor: str) -> None:
    if agent.user_id is not None:
        entry = NoticeEntry(kind="staffing.roster", subject=subject, text=text, path=reverse("staffing:person"))
        queue_notice(recipient_id=agent.user_id, key=key, entry=entry, at=at, actor=actor)


@transaction.atomic
def swap_duties(
    *, plan_id: int, agent_id: int, day: date, other_id: int, other_day: date | None, at: datetime, actor: str
) -> SwapCheck:
    """Exchange duties between two people, if nothing breaks that must hold; what would break is in the answer. Where
    the plan is published, both are told."""
    plan = Plan.objects.select_related("unit").select_for_update().get(pk=plan_id)
    found = swap_outlook(plan, agent_id=agent_id, day=day, other_id=other_id, other_day=other_day)
    if not found.check.legal:
        return found.check
    swaps = plan.made.setdefault("swaps", [])
    swaps.append(
        {
            "agent": agent_id,
            "day": day.isoformat(),
            "other": other_id,
            "other_day": other_day.isoformat() if other_day else None,
            "at": at.isoformat(),
            "by": actor,
            "undone": False,
        }
    )
    _exchange(plan, found, key=_swap_key(plan, len(swaps) - 1), at=at, actor=actor)
    fact = DutiesSwapped(plan_id=plan.pk, agent_id=agent_id, day=day, other_id=other_id, other_day=other_day)
    record(fact, at=at, actor=actor)
    return found.check


def _swap_key(plan: Plan, number: int) -> str:
    return f"swap-{plan.pk}-{number}"


@transaction.atomic
def undo_swap(*, plan_id: int, number: int, at: datetime, actor: str) -> SwapCheck:
    """Have two people work again what they worked before a swap, if nothing breaks that must hold.

    Raises:
        LookupError: there is no such swap, a day of it has begun, or its duties were swapped again.
    """
    plan = Plan.objects.select_related("unit").select_for_update().get(pk=plan_id)
    swap = next((one for one in exchanges_of(plan, at=at) if one.number == number and one.open), None)
    if swap is None:
        raise LookupError("this swap cannot be undone any more")
    told: dict[str, Any] = {
        "agent_id": swap.agent.pk, "day": swap.day, "other_id": swap.other.pk, "other_day": swap.other_day,
    }  # fmt: skip
    found = swap_outlook(plan, **told)
    if not found.check.legal:
        return found.check
    plan.made["swaps"][number]["undone"] = True
    key = _swap_key(plan, number)
    users = {one.user_id for one in (swap.agent, swap.other) if one.user_id is not None}
    unread = {one for one in users if withdraw_notice(recipient_id=one, key=key, at=at, actor=actor)}
    _exchange(plan, found, key=f"{key}-undone", at=at, actor=actor, untold=unread)
    record(SwapUndone(plan_id=plan.pk, **told), at=at, actor=actor)
    return found.check


def _exchange(
    plan: Plan, found: SwapOutlook, *, key: str, at: datetime, actor: str, untold: Collection[int] = ()
) -> None:
    """Write the duties of two people anew as a swap leaves them; users who are ``untold`` never knew of another."""
    pair = (found.agent.pk, found.other.pk)
    rows = plan.duties.filter(agent_id__in=pair).select_related("agent", "shift")
    before = list(rows)
    rows.delete()
    after = [one for one in duties_of(found.staff, found.check.roster, plan_id=plan.pk) if one.agent_id in pair]
    Duty.objects.bulk_create(after)
    plan.expected = expected_of(plan.unit, found.staff, found.check.roster)
    plan.save(update_fields=["expected", "made"])
    if plan.state == PlanState.PUBLISHED:
        changes = [one for one in changes_of(before, rows.all()) if one.agent.user_id not in untold]
        _tell_changes(changes, key=key, at=at, actor=actor)


def follow_absence(fact: AbsenceRecorded | AbsenceWithdrawn, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: somebody is away on other days than before, and what plans not over yet will give changes with it."""
    del delivery_key  # nothing leaves the database
    since = timezone.localdate(at).replace(day=1)
    for plan_id in Plan.objects.filter(month__gte=since, duties__agent_id=fact.agent_id).distinct().values_list("pk"):
        expect_anew(plan_id=plan_id[0], at=at, actor=actor)


@transaction.atomic
def expect_anew(*, plan_id: int, at: datetime, actor: str) -> None:
    """Live a plan through again with whoever is there now; nothing is recorded where that changes nothing."""
    plan = Plan.objects.select_related("unit").select_for_update(of=("self",)).get(pk=plan_id)
    staff = staff_of(plan.unit, plan.month)
    roster = table_of(duties_of_plan(plan), agents=staff.agents, shifts=staff.shifts, days=staff.days)
    before, plan.expected = plan.expected, expected_of(plan.unit, staff, roster)
    if plan.expected != before:
        plan.save(update_fields=["expected"])
        record(PlanExpected(plan_id=plan.pk, unit_id=plan.unit_id, month=plan.month), at=at, actor=actor)


@transaction.atomic
def export_plan(*, plan: Plan, at: datetime, actor: str) -> None:
    """Record that a plan was handed out."""
    record(PlanExported(plan_id=plan.pk, month=plan.month), at=at, actor=actor)
