"""Crews at one look, and the course of one assignment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from denghuo.apps.crews.models import (
    Assignment,
    Certificate,
    Crew,
    CrewMember,
    Duty,
    FieldReport,
    ReportKind,
    RuleKind,
    State,
)
from denghuo.apps.crews.queries.assignments import Sent, loads
from denghuo.apps.crews.queries.people import DAY, crews_within, duties_of, expiring, members_of, on_duty, worked_h
from denghuo.apps.crews.queries.rules import DEFAULTS, number
from denghuo.apps.organization.queries import names_of

_ON_THE_MOVE = (State.DEPARTED, State.ARRIVED)


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A crew as it stands now. ``now_at`` is the assignment that it is on its way to, or at."""

    crew: Crew
    people: tuple[CrewMember, ...]
    duty: Duty | None
    next_duty: Duty | None
    worked_h: float
    doing: tuple[Sent, ...]
    long_day: bool

    @property
    def now_at(self) -> Sent | None:
        """Where it is on its way to, or at."""
        return next((one for one in self.doing[::-1] if one.state in _ON_THE_MOVE), None)

    @property
    def waiting(self) -> tuple[Sent, ...]:
        """What nobody has accepted yet."""
        return tuple(one for one in self.doing if one.is_waiting)


@dataclass(frozen=True, kw_only=True)
class Board:
    """Every crew of a scope, those on duty first."""

    seats: tuple[Seat, ...]
    expiring: tuple[tuple[CrewMember, Certificate], ...]
    today: date

    @property
    def on_duty(self) -> int:
        return sum(one.duty is not None for one in self.seats)

    @property
    def free(self) -> int:
        """On duty with nothing to do."""
        return sum(one.duty is not None and not one.doing for one in self.seats)

    @property
    def waiting(self) -> tuple[Sent, ...]:
        """What nobody has accepted yet, the longest first."""
        return tuple(sorted((sent for one in self.seats for sent in one.waiting), key=lambda sent: sent.sent_at))

    @property
    def on_site(self) -> int:
        return sum(one.now_at is not None for one in self.seats)


def board(scope: Iterable[str], *, at: datetime) -> Board:
    """How the crews of a scope stand."""
    crews = crews_within(scope)
    ids = [one.pk for one in crews]
    members, duties, doing = members_of(ids), duties_of(ids, since=at - DAY), loads(ids)
    day = timezone.localdate(at)
    units = {one.unit_id: one.unit for one in crews}
    long_h = {key: number(unit, RuleKind.LONG_DAY_H, on=day) for key, unit in units.items()}
    days = [number(unit, RuleKind.EXPIRES_DAYS, on=day) for unit in units.values()]
    seats = []
    for one in crews:
        own = duties.get(one.pk, [])
        hours = worked_h(own, at=at)
        seats.append(
            Seat(
                crew=one,
                people=tuple(members.get(one.pk, ())),
                duty=on_duty(own, at=at),
                next_duty=next((duty for duty in own if duty.from_at > at), None),
                worked_h=hours,
                doing=tuple(doing.get(one.pk, ())),
                long_day=hours > long_h[one.unit_id],
            )
        )
    until = day + timedelta(days=max(days, default=DEFAULTS[RuleKind.EXPIRES_DAYS]))
    return Board(
        seats=tuple(sorted(seats, key=lambda seat: (seat.duty is None, str(seat.crew.unit.path), seat.crew.name))),
        expiring=tuple(expiring(ids, until=until)),
        today=day,
    )


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something in the course of an assignment: a report, or what the desk did."""

    at: datetime
    what: str
    report: FieldReport | None = None
    by: str = ""


def course(row: Assignment, reports: Sequence[FieldReport]) -> list[Event]:
    """An assignment from beginning to end, in the order in which it happened."""
    names = names_of({row.sent_by, row.accepted_by})
    events = [Event(at=row.sent_at, what="sent", by=names.get(row.sent_by, row.sent_by))]
    events += [Event(at=one.happened_at, what=one.kind, report=one, by=str(one.user)) for one in reports]
    told = {one.kind for one in reports if not one.came_late}
    if row.accepted_at is not None and ReportKind.ACCEPTED not in told:
        events.append(Event(at=row.accepted_at, what="accepted", by=names.get(row.accepted_by, row.accepted_by)))
    if row.state == State.WITHDRAWN and row.ended_at is not None:
        events.append(Event(at=row.ended_at, what="withdrawn"))
    return sorted(events, key=lambda one: one.at)
