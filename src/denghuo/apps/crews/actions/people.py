"""Crews, their members, certificates and duties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.db import transaction

from denghuo.apps.crews.facts import (
    CertificateRecorded,
    CertificateWithdrawn,
    CrewChanged,
    CrewClosed,
    CrewOpened,
    DutiesSet,
    DutyWithdrawn,
    MemberJoined,
    MemberLeft,
    PhoneUnmasked,
)
from denghuo.apps.crews.models import OPEN, Assignment, Certificate, Crew, CrewMember, Duty, Skill
from denghuo.apps.ledger.actions import record


@dataclass(frozen=True, kw_only=True)
class CrewEntry:
    """What a crew is called, what it drives, and from where, in the coordinates of the network."""

    name: str
    vehicle: str = ""
    base_x: float | None = None
    base_y: float | None = None


@transaction.atomic
def open_crew(*, unit_id: int, entry: CrewEntry, at: datetime, actor: str) -> Crew:
    """Set up a crew of a unit."""
    crew = Crew.objects.create(unit_id=unit_id, **vars(entry))
    record(CrewOpened(crew_id=crew.pk, unit_id=unit_id, name=entry.name), at=at, actor=actor)
    return crew


@transaction.atomic
def change_crew(*, crew_id: int, entry: CrewEntry, at: datetime, actor: str) -> Crew:
    """Call a crew otherwise, or give it another vehicle or base."""
    crew = Crew.objects.select_for_update().get(pk=crew_id)
    for name, value in vars(entry).items():
        setattr(crew, name, value)
    crew.save(update_fields=list(vars(entry)))
    record(CrewChanged(crew_id=crew.pk, unit_id=crew.unit_id, name=entry.name), at=at, actor=actor)
    return crew


@transaction.atomic
def close_crew(*, crew_id: int, at: datetime, actor: str) -> Crew:
    """Let a crew drive out no more; whoever is in it is free for another.

    Raises:
        ValueError: it still has something to do.
    """
    crew = Crew.objects.select_for_update().get(pk=crew_id)
    if Assignment.objects.filter(crew_id=crew_id, state__in=OPEN).exists():
        raise ValueError("a crew that has something to do stays")
    if crew.closed_at is None:
        crew.closed_at = at
        crew.save(update_fields=["closed_at"])
        crew.members.filter(left_at=None).update(left_at=at)
        record(CrewClosed(crew_id=crew.pk, unit_id=crew.unit_id), at=at, actor=actor)
    return crew


@transaction.atomic
def join_crew(
    *, crew_id: int, user_id: int, phone: str, is_leader: bool = False, at: datetime, actor: str
) -> CrewMember:
    """Take somebody into a crew, out of the one they were in. A new leader takes the place of the old one; who is in it
    already is given the phone and the place told."""
    if is_leader:
        CrewMember.objects.filter(crew_id=crew_id, left_at=None, is_leader=True).exclude(user_id=user_id).update(
            is_leader=False
        )
    held = CrewMember.objects.select_for_update().filter(user_id=user_id, left_at=None).first()
    if held is not None and held.crew_id == crew_id:
        held.phone, held.is_leader = phone, is_leader
        held.save(update_fields=["phone", "is_leader"])
        row = held
    else:
        if held is not None:
            leave_crew(member_id=held.pk, at=at, actor=actor)
        row = CrewMember.objects.create(
            crew_id=crew_id, user_id=user_id, phone=phone, is_leader=is_leader, joined_at=at
        )
    fact = MemberJoined(member_id=row.pk, crew_id=crew_id, user_id=user_id, is_leader=is_leader)
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def leave_crew(*, member_id: int, at: datetime, actor: str) -> CrewMember:
    """Take somebody out of their crew."""
    row = CrewMember.objects.select_for_update().get(pk=member_id)
    if row.left_at is None:
        row.left_at = at
        row.save(update_fields=["left_at"])
        record(MemberLeft(member_id=row.pk, crew_id=row.crew_id, user_id=row.user_id), at=at, actor=actor)
    return row


@transaction.atomic
def unmask_phone(*, subject: str, reason: str, at: datetime, actor: str) -> None:
    """Say that somebody sees a number in full, and why; the caller shows it after that.

    Raises:
        ValueError: no reason is given.
    """
    if not reason.strip():
        raise ValueError("to see a number takes a reason")
    record(PhoneUnmasked(subject=subject, reason=reason.strip()), at=at, actor=actor)


@transaction.atomic
def record_certificate(
    *, user_id: int, skill: Skill, number: str, valid_until: date, at: datetime, actor: str
) -> Certificate:
    """Note a certificate; of several of a skill the one that lasts longest counts."""
    row = Certificate.objects.create(
        user_id=user_id, skill=skill, number=number, valid_until=valid_until, recorded_at=at
    )
    fact = CertificateRecorded(certificate_id=row.pk, user_id=user_id, skill=skill, valid_until=valid_until)
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def withdraw_certificate(*, certificate_id: int, at: datetime, actor: str) -> Certificate:
    """Take a certificate back that was noted wrongly, or revoked."""
    row = Certificate.objects.select_for_update().get(pk=certificate_id)
    if row.withdrawn_at is None:
        row.withdrawn_at = at
        row.save(update_fields=["withdrawn_at"])
        fact = CertificateWithdrawn(certificate_id=row.pk, user_id=row.user_id, skill=row.skill)
        record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def set_duties(*, crew_id: int, spans: Sequence[tuple[datetime, datetime]], at: datetime, actor: str) -> list[Duty]:
    """Put a crew on duty in these times, [from, until), each in order; returns them.

    Raises:
        ValueError: a time ends before it begins, or overlaps another of the crew.
    """
    ordered = sorted(spans)
    if not ordered:
        return []
    if any(end <= start for start, end in ordered):
        raise ValueError("a duty ends after it begins")
    taken = Duty.objects.filter(crew_id=crew_id, until_at__gt=ordered[0][0], from_at__lt=ordered[-1][1])
    both = sorted([*ordered, *((one.from_at, one.until_at) for one in taken)])
    if any(later[0] < earlier[1] for earlier, later in pairwise(both)):
        raise ValueError("the crew is on duty then already")
    rows = [Duty(crew_id=crew_id, from_at=start, until_at=end) for start, end in ordered]
    Duty.objects.bulk_create(rows)
    fact = DutiesSet(crew_id=crew_id, duty_count=len(rows), from_at=ordered[0][0], until_at=ordered[-1][1])
    record(fact, at=at, actor=actor)
    return rows


@transaction.atomic
def withdraw_duty(*, duty_id: int, at: datetime, actor: str) -> None:
    """Take a duty back; of one that has begun what was worked stays."""
    row = Duty.objects.select_for_update().get(pk=duty_id)
    fact = DutyWithdrawn(crew_id=row.crew_id, from_at=row.from_at, until_at=row.until_at)
    if row.from_at < at < row.until_at:
        row.until_at = at
        row.save(update_fields=["until_at"])
    elif at <= row.from_at:
        row.delete()
    else:
        raise ValueError("a duty that is over was worked")
    record(fact, at=at, actor=actor)
