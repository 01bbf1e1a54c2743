"""Crews for programs: how they stand, where they were sent, and whom to send."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.crews import queries
from denghuo.apps.crews.models import Skill, State
from denghuo.apps.crews.queries.board import board
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed, Limit, Text

router = Router(tags=["crews"], auth=Allowed(Permission.CREWS_VIEW))


class CrewOut(Schema):
    """A crew as it stands now. Its people are told by number: names stand on the page."""

    id: int
    unit_id: int
    name: str
    vehicle: str
    people_count: int
    on_duty_until_at: AwareDatetime | None = Field(description="null: off duty")
    duty_h: float = Field(description="Hours on duty within the last 24")
    open_assignment_ids: list[int]


class AssignmentOut(Schema):
    """Where a crew was sent, and how far it is."""

    id: int
    crew_id: int
    crew: str
    about: str = Field(description='What for, as "outages.outage:12"; empty: nothing that is kept here')
    order_ids: list[int]
    place: str
    skill: str
    state: State
    sent_at: AwareDatetime
    delivered_at: AwareDatetime | None
    read_at: AwareDatetime | None
    accepted_at: AwareDatetime | None
    departed_at: AwareDatetime | None
    arrived_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    finding: str
    restored_at: AwareDatetime | None
    rung: int = Field(description="How far up the ladder silence has climbed")


class SuggestionOut(Schema):
    """A crew that could be sent, with what its minutes are made of; null where it is not known."""

    crew_id: int
    name: str
    minutes: float
    distance_km: float | None
    travel_min: float | None
    open_count: int
    open_min: float
    worked_h: float
    tired_min: float
    why_not: list[queries.Why] = Field(description="Empty: it may be sent")


class SuggestIn(Schema):
    x: float | None = Field(None, ge=-1e7, le=1e7, allow_inf_nan=False)
    y: float | None = Field(None, ge=-1e7, le=1e7, allow_inf_nan=False)
    skill: Skill | None = None


@router.get("", response=list[CrewOut], url_name="crews")
def crews(request: HttpRequest) -> list[dict[str, Any]]:
    """Crews within reach, those on duty first."""
    return [
        {
            "id": seat.crew.pk,
            "unit_id": seat.crew.unit_id,
            "name": seat.crew.name,
            "vehicle": seat.crew.vehicle,
            "people_count": len(seat.people),
            "on_duty_until_at": seat.duty.until_at if seat.duty else None,
            "duty_h": round(seat.worked_h, 4),
            "open_assignment_ids": [one.assignment_id for one in seat.doing],
        }
        for seat in board(request.data_scope, at=timezone.now()).seats  # type: ignore[attr-defined]
    ]


@router.get("/assignments", response=list[AssignmentOut], url_name="crews-assignments")
def assignments(
    request: HttpRequest, is_open: bool | None = None, about: Text = "", limit: Limit = 100
) -> list[dict[str, Any]]:
    """Assignments within reach, the last first: all, those open or over, those for one thing."""
    rows = queries.find(request.data_scope, is_open=is_open, about=about, limit=limit)  # type: ignore[attr-defined]
    return [vars(one) | {"id": one.assignment_id, "order_ids": list(one.order_ids)} for one in rows]


@router.get("/suggestions", response=list[SuggestionOut], url_name="crews-suggestions")
def suggestions(request: HttpRequest, wanted: Query[SuggestIn]) -> list[queries.Suggestion]:
    """Whom to send to a place in the coordinates of the network, the soonest there first."""
    return queries.suggestions(
        request.data_scope,  # type: ignore[attr-defined]
        x=wanted.x,
        y=wanted.y,
        skill=wanted.skill or "",
        at=timezone.now(),
    )
