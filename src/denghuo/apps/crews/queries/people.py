"""Crews, their people and certificates, and when they are on duty."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from denghuo.apps.crews.models import Certificate, Crew, CrewMember, Duty
from denghuo.apps.organization.access import Permission, within
from denghuo.apps.organization.models import Role, Unit, User
from denghuo.apps.organization.queries import people_who

DAY = timedelta(days=1)


def crews_within(scope: Iterable[str], *, closed: bool = False) -> list[Crew]:
    """Crews of a data scope that drive out, or with those that do no more."""
    rows = Crew.objects.filter(within(scope, field="unit__path")).select_related("unit")
    return list(rows if closed else rows.filter(closed_at=None))


def crew_for(*, scope: Iterable[str], crew_id: int) -> Crew:
    """One crew of a data scope.

    Raises:
        Crew.DoesNotExist: there is none within reach.
    """
    return Crew.objects.filter(within(scope, field="unit__path")).select_related("unit").get(pk=crew_id)


def member_for(*, scope: Iterable[str], member_id: int) -> CrewMember:
    """A member of a crew of a data scope.

    Raises:
        CrewMember.DoesNotExist: there is none within reach.
    """
    rows = CrewMember.objects.filter(within(scope, field="crew__unit__path")).select_related("crew__unit", "user")
    return rows.get(pk=member_id)


def members_of(crew_ids: Iterable[int]) -> dict[int, list[CrewMember]]:
    """Who is in these crews now, the leader first."""
    rows = CrewMember.objects.filter(crew_id__in=list(crew_ids), left_at=None).select_related("user")
    found: dict[int, list[CrewMember]] = defaultdict(list)
    for row in rows:
        found[row.crew_id].append(row)
    return found


def membership_of(user_id: int) -> CrewMember | None:
    """Which crew somebody is in now."""
    rows = CrewMember.objects.filter(user_id=user_id, left_at=None, crew__closed_at=None)
    return rows.select_related("crew__unit", "user").first()


def keeps_certificates(unit_paths: Iterable[str]) -> bool:
    """Whether anybody in the crews of a scope has a certificate on record: who keeps none cannot ask for one."""
    within_reach = CrewMember.objects.filter(within(unit_paths, field="crew__unit__path"), left_at=None)
    return Certificate.objects.filter(user_id__in=within_reach.values("user_id"), withdrawn_at=None).exists()


def certificates_of(user_ids: Iterable[int]) -> dict[int, list[Certificate]]:
    """Certificates of people, in force or expired: of each skill the one that lasts longest."""
    rows = Certificate.objects.filter(user_id__in=list(user_ids), withdrawn_at=None).order_by("-valid_until", "-pk")
    found: dict[int, dict[str, Certificate]] = defaultdict(dict)
    for row in rows:
        found[row.user_id].setdefault(row.skill, row)
    return {user_id: sorted(held.values(), key=lambda row: row.valid_until) for user_id, held in found.items()}


def certificate_for(*, scope: Iterable[str], certificate_id: int) -> Certificate:
    """A certificate of somebody who is in a crew of a data scope.

    Raises:
        Certificate.DoesNotExist: there is none within reach.
    """
    own = CrewMember.objects.filter(within(scope, field="crew__unit__path"), left_at=None).values("user_id")
    return Certificate.objects.select_related("user").get(pk=certificate_id, user_id__in=own)


@dataclass(frozen=True, kw_only=True)
class Certified:
    """Whether a crew may do work of a skill: who may, and whose certificate has run out since."""

    may: tuple[str, ...] = ()
    expired: tuple[tuple[str, date], ...] = ()


def certified(members: Sequence[CrewMember], held: dict[int, list[Certificate]], *, skill: str, on: date) -> Certified:
    """Who of these may do work of a skill on a day."""
    rows = [(one, row) for one in members for row in held.get(one.user_id, ()) if row.skill == skill]
    return Certified(
        may=tuple(str(one.user) for one, row in rows if row.valid_until >= on),
        expired=tuple((str(one.user), row.valid_until) for one, row in rows if row.valid_until < on),
    )


def expiring(crew_ids: Iterable[int], *, until: date) -> list[tuple[CrewMember, Certificate]]:
    """Certificates of these crews' people that have run out or will by a day, the most urgent first."""
    members = [one for listed in members_of(crew_ids).values() for one in listed]
    held = certificates_of(one.user_id for one in members)
    rows = [(one, row) for one in members for row in held.get(one.user_id, ()) if row.valid_until <= until]
    return sorted(rows, key=lambda pair: (pair[1].valid_until, pair[1].pk))


def duties_of(crew_ids: Iterable[int], *, since: datetime, until: datetime | None = None) -> dict[int, list[Duty]]:
    """Duties of crews that reach into a time, in order."""
    rows = Duty.objects.filter(crew_id__in=list(crew_ids), until_at__gt=since)
    found: dict[int, list[Duty]] = defaultdict(list)
    for row in (rows if until is None else rows.filter(from_at__lt=until)).order_by("from_at"):
        found[row.crew_id].append(row)
    return found


def duty_for(*, scope: Iterable[str], duty_id: int) -> Duty:
    """A duty of a crew of a data scope.

    Raises:
        Duty.DoesNotExist: there is none within reach.
    """
    return Duty.objects.filter(within(scope, field="crew__unit__path")).select_related("crew").get(pk=duty_id)


def on_duty(duties: Iterable[Duty], *, at: datetime) -> Duty | None:
    """The duty that an instant falls into."""
    return next((one for one in duties if one.from_at <= at < one.until_at), None)


def worked_h(duties: Iterable[Duty], *, at: datetime) -> float:
    """Hours on duty within the day that ends at an instant."""
    spans = ((max(one.from_at, at - DAY), min(one.until_at, at)) for one in duties)
    return sum(max((end - start).total_seconds(), 0.0) for start, end in spans) / 3600


def people_without_a_crew(scope: Iterable[str]) -> list[User]:
    """Who works in a field crew's role within a scope and is in no crew."""
    taken = CrewMember.objects.filter(left_at=None).values("user_id")
    rows = User.objects.filter(is_active=True).exclude(pk__in=taken)
    inside: Q = within(scope, field="assignments__unit__path")
    return list(rows.filter(inside, assignments__role="crew").distinct().order_by("display_name", "username"))


def supervisors_of(unit: Unit) -> list[User]:
    """Whom a crew's silence is told in the end: the heads of its station, else whoever may dispatch there."""
    path = str(unit.path)
    heads = User.objects.filter(assignments__role=Role.STATION_HEAD, assignments__unit=unit, is_active=True)
    return list(heads.distinct()) or people_who(Permission.CREWS_DISPATCH, path=path)
