"""Whom to send: crews in order of when they can be there, each with its reasons, and who cannot go, with why."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils import timezone

from denghuo.apps.crews.models import Certificate, Crew, CrewMember, Duty, RuleKind, State
from denghuo.apps.crews.queries.assignments import Sent, loads
from denghuo.apps.crews.queries.people import (
    DAY,
    certificates_of,
    certified,
    crews_within,
    duties_of,
    members_of,
    on_duty,
    worked_h,
)
from denghuo.apps.crews.queries.rules import Number, numbers

_EARTH_KM = 6371.0
_LONGITUDES, _LATITUDES = (73.0, 136.0), (3.0, 54.0)


class Why(StrEnum):
    """Why a crew cannot be sent."""

    OFF_DUTY = "off_duty"
    REFUSED = "refused"
    EXPIRED = "expired"
    NO_CERTIFICATE = "no_certificate"
    NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A crew that could go. ``minutes``: until it could be there by what is reckoned; what is not known counts nothing
    and is None. ``why_not`` is empty for a crew that may be sent."""

    crew_id: int
    name: str
    unit: str
    vehicle: str
    distance_km: float | None
    travel_min: float | None
    open_count: int
    open_min: float
    worked_h: float
    tired_min: float
    minutes: float
    certified: tuple[str, ...]
    expired: tuple[tuple[str, date], ...]
    people: tuple[str, ...]
    until_at: datetime | None
    doing: tuple[Sent, ...] = ()
    why_not: tuple[Why, ...] = ()

    @property
    def cannot_go(self) -> tuple[Why, ...]:
        """What nobody can put right by calling them."""
        return tuple(one for one in self.why_not if one not in (Why.OFF_DUTY, Why.REFUSED))


def distance_km(x: float, y: float, other_x: float, other_y: float) -> float:
    """How far two places are apart as the crow flies: degrees of longitude and latitude where both can be nothing else
    in China, else kilometers of a drawing.

    >>> round(distance_km(0, 0, 3, 4), 3), round(distance_km(118.0, 30.0, 118.0, 31.0), 1)
    (5.0, 111.2)
    """
    if not all(_is_degrees(*place) for place in ((x, y), (other_x, other_y))):
        return math.hypot(x - other_x, y - other_y)
    north, other_north = math.radians(y), math.radians(other_y)
    across = math.sin(math.radians(other_x - x) / 2) ** 2 * math.cos(north) * math.cos(other_north)
    return 2 * _EARTH_KM * math.asin(math.sqrt(math.sin((other_north - north) / 2) ** 2 + across))


def _is_degrees(x: float, y: float) -> bool:
    return _LONGITUDES[0] <= x <= _LONGITUDES[1] and _LATITUDES[0] <= y <= _LATITUDES[1]


def suggestions(
    scope: Iterable[str],
    *,
    x: float | None,
    y: float | None,
    skill: str = "",
    refused: Collection[int] = (),
    at: datetime,
) -> list[Suggestion]:
    """Every crew of a data scope, those that may be sent first, the soonest there first; after them those that have
    ``refused`` to go there."""
    crews = crews_within(scope)
    members = members_of(one.pk for one in crews)
    held = certificates_of(one.user_id for listed in members.values() for one in listed)
    duties = duties_of((one.pk for one in crews), since=at - DAY)
    doing = loads(one.pk for one in crews)
    day = timezone.localdate(at)
    rules = {unit.pk: numbers(unit, on=day) for unit in {one.unit_id: one.unit for one in crews}.values()}
    found = [
        _suggestion(
            crew,
            where=(x, y),
            members=members.get(crew.pk, []),
            held=held,
            duties=duties.get(crew.pk, []),
            doing=doing.get(crew.pk, []),
            rules=rules[crew.unit_id],
            skill=skill,
            has_refused=crew.pk in refused,
            at=at,
        )
        for crew in crews
    ]
    # Last those who may not go at all; before them those who said that they cannot, and those who could be called.
    return sorted(
        found,
        key=lambda one: (bool(one.why_not), bool(one.cannot_go), Why.REFUSED in one.why_not, one.minutes, one.name),
    )


def _suggestion(
    crew: Crew,
    *,
    where: tuple[float | None, float | None],
    members: Sequence[CrewMember],
    held: dict[int, list[Certificate]],
    duties: Sequence[Duty],
    doing: Sequence[Sent],
    rules: dict[str, Number],
    skill: str,
    has_refused: bool,
    at: datetime,
) -> Suggestion:
    allowed = certified(members, held, skill=skill, on=timezone.localdate(at))
    duty, hours, far = on_duty(duties, at=at), worked_h(duties, at=at), _far_km(crew, doing, where)
    travel = None if far is None else 60 * far / rules[RuleKind.SPEED_KM_PER_H].value
    open_min = len(doing) * rules[RuleKind.OPEN_MIN].value
    tired = max(hours - rules[RuleKind.LONG_DAY_H].value, 0.0) * rules[RuleKind.TIRED_MIN].value
    why = [Why.NOBODY] if not members else []
    if skill and members and not allowed.may:
        why.append(Why.EXPIRED if allowed.expired else Why.NO_CERTIFICATE)
    if duty is None:
        why.append(Why.OFF_DUTY)
    if has_refused:
        why.append(Why.REFUSED)
    return Suggestion(
        crew_id=crew.pk,
        name=crew.name,
        unit=str(crew.unit),
        vehicle=crew.vehicle,
        distance_km=far,
        travel_min=travel,
        open_count=len(doing),
        open_min=open_min,
        worked_h=hours,
        tired_min=tired,
        minutes=(travel or 0.0) + open_min + tired,
        certified=allowed.may,
        expired=allowed.expired,
        people=tuple(str(one.user) for one in members),
        until_at=duty.until_at if duty else None,
        doing=tuple(doing),
        why_not=tuple(why),
    )


def _far_km(crew: Crew, doing: Sequence[Sent], where: tuple[float | None, float | None]) -> float | None:
    """From where the crew is: where it works, as long as it is there, else from its base."""
    there = next((one for one in doing if one.state == State.ARRIVED and one.x is not None and one.y is not None), None)
    x, y = (there.x, there.y) if there else (crew.base_x, crew.base_y)
    if x is None or y is None or where[0] is None or where[1] is None:
        return None
    return distance_km(x, y, where[0], where[1])
