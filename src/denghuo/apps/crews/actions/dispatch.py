"""Sending crews out, and climbing the ladder while nobody says that they go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from denghuo.apps.crews.actions.steps import StepEntry, take_step
from denghuo.apps.crews.facts import AssignmentUnacknowledged, CrewAssigned, OrdersAdded, OrdersUnserved
from denghuo.apps.crews.models import (
    OPEN,
    Assignment,
    AssignmentOrder,
    Channel,
    Crew,
    CrewMember,
    ReportKind,
    Whom,
)
from denghuo.apps.crews.queries.assignments import unacknowledged
from denghuo.apps.crews.queries.people import certificates_of, certified, members_of, supervisors_of
from denghuo.apps.crews.queries.rules import Rung, ladder
from denghuo.apps.crews.queries.words import (
    Told,
    answered_no,
    assigned_key,
    assigned_notice,
    message_words,
    silent_key,
    silent_notice,
)
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions import MessageEntry, NoticeEntry, queue_messages, queue_notice
from denghuo.apps.notices.models import Ring
from denghuo.apps.orders.models import Order
from denghuo.apps.organization.models import User

_ANSWER_S = 600
_STEP_OF = {"1": ReportKind.ACCEPTED, "2": ReportKind.REFUSED}


class CertificateMissingError(ValueError):
    """Nobody in the crew may do the work: certificates are missing or have run out."""


@transaction.atomic
def assign(
    *,
    crew_id: int,
    about: str,
    order_ids: Sequence[int],
    place: str,
    x: float | None,
    y: float | None,
    skill: str = "",
    note: str = "",
    at: datetime,
    actor: str,
) -> Assignment:
    """Send a crew out, once for what it is about: asked again while it is open, the assignment that is there serves the
    orders too. A crew off duty may be sent, for whoever sends it knows why; one without a certificate in force may not.

    Raises:
        CertificateMissingError: nobody in the crew may do work of this skill.
        ValueError: the crew drives out no more, nobody is in it, or an order is not there.
    """
    crew = Crew.objects.select_for_update().select_related("unit").get(pk=crew_id)
    members = members_of([crew_id]).get(crew_id, [])
    if crew.closed_at is not None or not members:
        raise ValueError("a crew that is sent has people and drives out")
    held = certificates_of(one.user_id for one in members) if skill else {}
    if skill and not certified(members, held, skill=skill, on=timezone.localdate(at)).may:
        raise CertificateMissingError(f"nobody in crew {crew_id} has a certificate in force for {skill}")
    row = Assignment.objects.filter(crew_id=crew_id, about=about, state__in=OPEN).first() if about else None
    if row is not None:
        add_orders(assignment_id=row.pk, order_ids=order_ids, at=at, actor=actor)
        return row
    row = Assignment.objects.create(
        crew=crew,
        unit=crew.unit,
        about=about,
        place=place[:200],
        note=note[:500],
        x=x,
        y=y,
        skill=skill,
        sent_by=actor,
        sent_at=at,
    )
    served = _serve(row, order_ids)
    for member in members:
        _say(member.user_id, assigned_key(row.pk), assigned_notice(row), at=at, actor=actor)
    fact = CrewAssigned(assignment_id=row.pk, crew_id=crew_id, about=about, order_ids=served, unit_id=row.unit_id)
    record(fact, at=at, actor=actor)
    return row


def _serve(row: Assignment, order_ids: Sequence[int]) -> tuple[int, ...]:
    """Let an assignment serve orders; returns those that are new to it."""
    known = set(row.orders.values_list("order_id", flat=True))
    new = tuple(one for one in dict.fromkeys(order_ids) if one not in known)
    if len(set(Order.objects.filter(pk__in=new).values_list("pk", flat=True))) != len(new):
        raise ValueError("an order that is served is there")
    AssignmentOrder.objects.bulk_create(AssignmentOrder(assignment=row, order_id=one) for one in new)
    return new


@transaction.atomic
def add_orders(*, assignment_id: int, order_ids: Sequence[int], at: datetime, actor: str) -> tuple[int, ...]:
    """Let an open assignment serve more orders, such as those that were told later of the same outage; returns which
    are new to it.

    Raises:
        ValueError: it is over, or an order is not there.
    """
    row = Assignment.objects.select_for_update().get(pk=assignment_id)
    if not row.is_open:
        raise ValueError("what is over serves no more orders")
    new = _serve(row, order_ids)
    if new:
        record(_added(row, new), at=at, actor=actor)
    return new


@transaction.atomic
def serve_again(*, order_id: int, at: datetime, actor: str) -> None:
    """An order that was set aside goes on: whoever is sent for it serves it still; where they have come back or been
    called off meanwhile, nobody does."""
    sent = list(Assignment.objects.filter(orders__order_id=order_id).distinct().order_by("pk"))
    for row in (one for one in sent if one.is_open):
        record(_added(row, (order_id,)), at=at, actor=actor)
    if sent and not any(one.is_open for one in sent):
        record(OrdersUnserved(order_ids=(order_id,)), at=at, actor=actor)


def _added(row: Assignment, order_ids: tuple[int, ...]) -> OrdersAdded:
    """The fact that an assignment serves these orders too, with what its crew has done by now."""
    return OrdersAdded(
        assignment_id=row.pk,
        crew_id=row.crew_id,
        about=row.about,
        order_ids=order_ids,
        unit_id=row.unit_id,
        sent_at=row.sent_at,
        accepted_at=row.accepted_at,
        arrived_at=row.arrived_at,
        crew=str(row.crew),
    )


@transaction.atomic
def climb_ladder(*, at: datetime, actor: str) -> int:
    """Round: for every assignment that nobody has accepted, tell whoever stands on the rungs that it has reached since;
    returns how many rungs were climbed. Worked again at the same time, nobody is told twice."""
    climbed, rungs_of = 0, {}
    for seen in unacknowledged():
        if seen.unit_id not in rungs_of:
            rungs_of[seen.unit_id] = ladder(seen.unit, on=timezone.localdate(at))
        waited_s = (at - seen.sent_at).total_seconds()
        due = [rung for rung in rungs_of[seen.unit_id] if rung.after_s <= waited_s and rung.rung > seen.rung]
        row = Assignment.objects.select_for_update().filter(pk=seen.pk, rung=seen.rung).first() if due else None
        if row is None or not row.is_waiting:
            continue
        row.rung = due[-1].rung
        row.save(update_fields=["rung"])
        for rung in due:
            _climb(row, rung, at=at, actor=actor)
            record(AssignmentUnacknowledged(assignment_id=row.pk, rung=rung.rung), at=at, actor=actor)
        climbed += len(due)
    return climbed


def _climb(row: Assignment, rung: Rung, *, at: datetime, actor: str) -> None:
    """Tell who stands on a rung; who has no number does not hold it up: then it is the others of the crew, and without
    any number the superior. A superior has no phone here: for them it is a notice, whatever the channel."""
    if rung.whom is Whom.SUPERVISOR:
        _tell_superiors(row, at=at, actor=actor)
        return
    members = members_of([row.crew_id]).get(row.crew_id, [])
    chosen = members[:1] if rung.whom is Whom.LEADER else members[1:] or members
    if rung.channel is Channel.NOTICE:
        for one in chosen:
            key = assigned_key(row.pk, rung.rung)
            _say(one.user_id, key, assigned_notice(row), at=at, actor=actor)
        return
    reached = [one for one in chosen if one.phone] or [one for one in members if one.phone]
    if not reached:
        _tell_superiors(row, at=at, actor=actor)
    queue_messages(entries=[_message(row, rung, one, at=at) for one in reached], at=at, actor=actor)


def _tell_superiors(row: Assignment, *, at: datetime, actor: str) -> None:
    for user in supervisors_of(row.unit):
        _say(user.pk, silent_key(row.pk), silent_notice(row), at=at, actor=actor)


def _say(user_id: int, key: str, told: Told, *, at: datetime, actor: str) -> None:
    queue_notice(recipient_id=user_id, key=key, entry=NoticeEntry(**vars(told)), at=at, actor=actor)


def _message(row: Assignment, rung: Rung, member: CrewMember, *, at: datetime) -> MessageEntry:
    about = f"crews.assignment:{row.pk}"
    return MessageEntry(
        key=f"crews.assigned:{row.pk}:{rung.rung}:{member.pk}",
        event="crews.assigned",
        about=about,
        channel=rung.channel.value,
        ring=Ring.STAFF,
        to_ref=f"crews.member:{member.pk}",
        address=member.phone,
        name=str(member.user),
        text=message_words(row, event="crews.assigned", channel=rung.channel, on=timezone.localdate(at)),
        unit_id=row.unit_id,
        safety=True,  # somebody waits for help: no quiet hours
        expects_answer=True,
        answer_within_s=_ANSWER_S,
    )


class Answered(Protocol):
    """The fact that somebody answered a message: pressed a key, or wrote back."""

    @property
    def about(self) -> str: ...
    @property
    def to_ref(self) -> str: ...
    @property
    def answer(self) -> str: ...


def follow_answer(fact: Answered, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: who answered "1" to being sent has accepted, "2" while nobody had: the crew cannot go. Any other answer
    leaves the ladder climbing."""
    del actor, delivery_key
    kind, _, key = fact.about.partition(":")
    _whose, _, member_key = fact.to_ref.partition(":")
    step = _STEP_OF.get(fact.answer.strip())
    if kind != "crews.assignment" or step is None or not (key.isdigit() and member_key.isdigit()):
        return
    row = Assignment.objects.filter(pk=int(key)).first()
    user = User.objects.filter(crew_memberships=int(member_key)).first()
    if row is None or user is None or (step == ReportKind.REFUSED and not row.is_waiting):
        return
    entry = StepEntry(kind=step, happened_at=at, reason=answered_no() if step == ReportKind.REFUSED else "")
    take_step(assignment_id=row.pk, entry=entry, at=at, actor=user.get_username())
