"""How an assignment moves on: what the crew, or somebody for it, says of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from denghuo.apps.crews.facts import (
    AssignmentRefused,
    AssignmentSeen,
    AssignmentWithdrawn,
    CrewAccepted,
    CrewArrived,
    CrewDeparted,
    WorkFinished,
)
from denghuo.apps.crews.models import STEPS, Assignment, CrewMember, Finding, ReportKind, State
from denghuo.apps.crews.queries.assignments import order_ids_of, orders_left
from denghuo.apps.crews.queries.people import supervisors_of
from denghuo.apps.crews.queries.words import assigned_key, refused_key, refused_notice, silent_key, withdrawn_notice
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import NoticeEntry, cancel_messages, queue_notice, withdraw_notice
from denghuo.apps.organization.models import User

MOVING = {
    ReportKind.DELIVERED: State.DELIVERED,
    ReportKind.READ: State.READ,
    ReportKind.ACCEPTED: State.ACCEPTED,
    ReportKind.DEPARTED: State.DEPARTED,
    ReportKind.ARRIVED: State.ARRIVED,
    ReportKind.FINISHED: State.FINISHED,
}


@dataclass(frozen=True, kw_only=True)
class StepEntry:
    """A step and when it was taken. ``reason`` of a refusal; the rest of a finish."""

    kind: ReportKind
    happened_at: datetime
    reason: str = ""
    finding: Finding | None = None
    restored_at: datetime | None = None
    restored_told_at: datetime | None = None
    again_date: date | None = None
    receipt: str = ""


@transaction.atomic
def take_step(*, assignment_id: int, entry: StepEntry, at: datetime, actor: str) -> bool:
    """Move an assignment on; False where it is over, or the step was taken before. A later step includes the earlier:
    who is on the way has accepted. Steps may come in any order, a phone without signal tells its own late."""
    row = Assignment.objects.select_for_update().get(pk=assignment_id)
    if not row.is_open:
        return False
    if entry.kind == ReportKind.REFUSED:
        return _refuse(row, entry, at=at, actor=actor)
    name = f"{MOVING[entry.kind]}_at"
    if getattr(row, name) is not None:
        return False
    setattr(row, name, entry.happened_at)
    changed = [name]
    accepts = row.accepted_at is None and STEPS.index(MOVING[entry.kind]) > STEPS.index(State.ACCEPTED)
    if accepts:
        row.accepted_at = entry.happened_at
    if accepts or entry.kind == ReportKind.ACCEPTED:
        row.accepted_by = actor
        changed += ["accepted_at", "accepted_by"]
    if STEPS.index(MOVING[entry.kind]) > STEPS.index(State(row.state)):
        row.state = MOVING[entry.kind]
    if entry.kind == ReportKind.FINISHED:
        row.finding, row.restored_at = entry.finding or Finding.DONE, entry.restored_at
        row.again_date, row.receipt = entry.again_date, entry.receipt
        row.restored_told_at = entry.restored_told_at
        changed += ["finding", "restored_at", "restored_told_at", "again_date", "receipt"]
    row.save(update_fields=[*changed, "state"])
    if not row.is_waiting:
        _hush(row, at=at, actor=actor)
    for fact in _facts(row, entry, accepts):
        record(fact, at=at, actor=actor)
    return True


def _facts(row: Assignment, entry: StepEntry, accepts: bool) -> Iterator[object]:
    """What a step is recorded as."""
    orders = tuple(order_ids_of([row.pk]).get(row.pk, ()))
    whom: dict[str, Any] = {"assignment_id": row.pk, "about": row.about, "order_ids": orders}
    if accepts or entry.kind == ReportKind.ACCEPTED:
        yield CrewAccepted(**whom, accepted_at=entry.happened_at)
    if entry.kind == ReportKind.DEPARTED:
        yield CrewDeparted(**whom, departed_at=entry.happened_at)
    elif entry.kind == ReportKind.ARRIVED:
        yield CrewArrived(**whom, arrived_at=entry.happened_at)
    elif entry.kind == ReportKind.FINISHED:
        yield WorkFinished(
            **whom,
            finding=row.finding,
            restored_at=row.restored_at,
            finished_at=entry.happened_at,
            again_date=row.again_date,
        )
    elif entry.kind != ReportKind.ACCEPTED:
        yield AssignmentSeen(assignment_id=row.pk, state=MOVING[entry.kind].value)


def _refuse(row: Assignment, entry: StepEntry, *, at: datetime, actor: str) -> bool:
    """The crew cannot go: only before it is there, and with a reason. Whoever sent it is told."""
    if row.arrived_at is not None:
        return False
    row.state, row.ended_at, row.ended_because = State.REFUSED, entry.happened_at, entry.reason
    row.save(update_fields=["state", "ended_at", "ended_because"])
    _hush(row, at=at, actor=actor)
    sender = User.objects.filter(username=row.sent_by).first()
    if sender is not None:
        told = NoticeEntry(**vars(refused_notice(row)))
        queue_notice(recipient_id=sender.pk, key=refused_key(row.pk), entry=told, at=at, actor=actor)
    left = orders_left(row)
    fact = AssignmentRefused(assignment_id=row.pk, about=row.about, order_ids=left, reason=entry.reason)
    record(fact, at=at, actor=actor)
    return True


@transaction.atomic
def withdraw_assignment(*, assignment_id: int, reason: str, at: datetime, actor: str) -> Assignment:
    """Say that the crew need not go, or no further; those who had read of it are told. What they reported stays, and
    what they still report is kept.

    Raises:
        ValueError: it is over, or no reason is given.
    """
    row = Assignment.objects.select_for_update().select_related("crew").get(pk=assignment_id)
    if not row.is_open or not reason.strip():
        raise ValueError("what is open is withdrawn, and for a reason")
    row.state, row.ended_at, row.ended_because = State.WITHDRAWN, at, reason.strip()
    row.save(update_fields=["state", "ended_at", "ended_because"])
    _hush(row, at=at, actor=actor)
    for member in row.crew.members.filter(left_at=None):
        entry = NoticeEntry(**vars(withdrawn_notice(row)))
        key = f"{assigned_key(row.pk)}-withdrawn"
        queue_notice(recipient_id=member.user_id, key=key, entry=entry, at=at, actor=actor)
    left = orders_left(row)
    fact = AssignmentWithdrawn(assignment_id=row.pk, about=row.about, order_ids=left, reason=row.ended_because)
    record(fact, at=at, actor=actor)
    return row


def _hush(row: Assignment, *, at: datetime, actor: str) -> None:
    """Somebody has answered: whoever was still to be told of it, or of the silence, need not be."""
    for user_id in CrewMember.objects.filter(crew_id=row.crew_id).values_list("user_id", flat=True).distinct():
        for rung in range(row.rung + 1):
            withdraw_notice(recipient_id=user_id, key=assigned_key(row.pk, rung), at=at, actor=actor)
    if row.rung:
        for user in supervisors_of(row.unit):
            withdraw_notice(recipient_id=user.pk, key=silent_key(row.pk), at=at, actor=actor)
    cancel_messages(about=f"crews.assignment:{row.pk}", reason="answered", at=at, actor=actor)
