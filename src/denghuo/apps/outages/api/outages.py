"""Outages for programs: the list, each with its steps and loads, plans and classifications."""

from typing import Annotated, Any, Literal

from django.db import IntegrityError
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Schema, Status
from ninja.errors import HttpError, ValidationError
from pydantic import AwareDatetime, StringConstraints, model_validator

from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Limit, Offset, Text
from denghuo.apps.outages import actions, queries
from denghuo.apps.outages.api.reach import WithinReach, outage_of, router
from denghuo.apps.outages.models import Cause, Outage
from denghuo.engines.reliability import OutageKind

Number = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00]*$", strip_whitespace=True)]
Place = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Note = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
_YEARS = (1950, 2200)


_VIEW, _EDIT = WithinReach(Permission.OUTAGES_VIEW), WithinReach(Permission.OUTAGES_EDIT)


class OutageOut(Schema):
    """What people told, and what the switching log says: from ``device_code`` on."""

    id: int
    network_id: int
    number: str
    kind: int = Field(description="Code of the kind; 0: nobody has said yet")
    kind_name: str
    cause: int
    cause_name: str
    place: str
    note: str
    planned_start_at: AwareDatetime | None
    planned_end_at: AwareDatetime | None
    device_code: str
    feeder: str | None
    started_at: AwareDatetime | None = Field(description="null: nobody has lost supply")
    restored_at: AwareDatetime | None
    load_count: int
    mv_users: int
    lv_customers: int
    mv_user_hours: float | None = Field(description="null while it lasts; the outage's own page tells it until now")
    lv_customer_hours: float | None


class OutagesOut(Schema):
    count: int
    items: list[OutageOut]


class CostOut(Schema):
    """What it cost until ``at``, and how many it still keeps out."""

    at: AwareDatetime
    mv_user_hours: float
    lv_customer_hours: float
    mv_users_out: int
    lv_customers_out: int
    loads_out: int


class OutageDetailOut(OutageOut):
    cost: CostOut


class SupplyOut(Schema):
    loads: int
    mv_users: int
    lv_customers: int
    kva: float


class StepOut(Schema):
    """One operation that took supply away or gave it back."""

    operation_id: int
    at: AwareDatetime
    device_code: str
    device_name: str
    closes: bool
    lost: SupplyOut
    restored: SupplyOut
    out_after: SupplyOut


class LoadOut(Schema):
    code: str
    name: str
    area: str
    mv_users: int
    lv_customers: int
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    hours: float


class FilterIn(Schema):
    q: Text = Field("", description="Part of a number, place or device code")
    state: Literal["", "lasting", "planned", "missed", "restored", "unclassified", "nobody"] = Field(
        "", description="missed: a plan whose end has passed while nothing was switched; nobody: nobody was out"
    )
    kind: OutageKind | None = None
    cause: Cause | None = None
    start: AwareDatetime | None = Field(None, description="Began at or after")
    end: AwareDatetime | None = Field(None, description="Began before")


class ClassificationIn(Schema):
    kind: OutageKind
    cause: Cause = Cause.UNKNOWN
    place: Place = ""
    note: Note = ""


class PlanIn(ClassificationIn):
    """An outage entered before it happens."""

    network_id: int
    number: Number
    planned_start_at: AwareDatetime
    planned_end_at: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> "PlanIn":
        if not OutageKind(self.kind).within(OutageKind.PREARRANGED):
            raise ValueError("Only a prearranged outage can be planned.")
        if self.planned_end_at <= self.planned_start_at:
            raise ValueError("The end must come after the beginning.")
        if not _YEARS[0] <= self.planned_start_at.year < self.planned_end_at.year + 1 <= _YEARS[1]:
            raise ValueError("Check the year.")
        return self


def _told(outage: Outage) -> dict[str, Any]:
    columns = {name: getattr(outage, name) for name in OutageOut.model_fields if hasattr(outage, name)}
    return {
        **columns,
        "kind_name": str(outage.get_kind_display()),
        "cause_name": str(outage.get_cause_display()),
        "feeder": str(outage.feeder) if outage.feeder else None,
    }


@router.get("", response=OutagesOut, auth=_VIEW, url_name="outages")
def outages(request: HttpRequest, wanted: Query[FilterIn], limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Outages within reach: what lasts, then what is planned, then the newest."""
    for name in ("start", "end"):
        instant = getattr(wanted, name)
        if instant and not _YEARS[0] <= instant.year <= _YEARS[1]:
            raise ValidationError([{"type": "value_error", "loc": ["query", name], "msg": "Check the year."}])
    rows = queries.find(request.data_scope, wanted=wanted.dict(), at=timezone.now())  # type: ignore[attr-defined]
    return {"count": rows.count(), "items": [_told(row) for row in rows[offset : offset + limit]]}


@router.post("", response={201: OutageOut}, auth=_EDIT, url_name="outages")
def plan(request: HttpRequest, told: PlanIn) -> Status[dict[str, Any]]:
    """Enter an outage before it happens."""
    try:
        network.network_for(scope=request.data_scope, network_id=told.network_id)  # type: ignore[attr-defined]
    except Network.DoesNotExist as missing:
        raise Http404("No such network within reach.") from missing
    entry = actions.OutageEntry(**told.dict(exclude={"network_id"}))
    try:
        row = actions.register_outage(
            network_id=told.network_id, entry=entry, at=timezone.now(), actor=request.user.get_username()
        )
    except IntegrityError as taken:
        raise HttpError(409, "This number is taken. Choose another.") from taken
    return Status(201, _told(row))


@router.get("/{int:outage_id}", response=OutageDetailOut, auth=_VIEW, url_name="outage")
def outage(request: HttpRequest, outage_id: int) -> dict[str, Any]:
    """One outage, with what it has cost until now."""
    found = outage_of(request, outage_id)
    return {**_told(found), "cost": vars(queries.cost(found, at=timezone.now()))}


@router.get("/{int:outage_id}/steps", response=list[StepOut], auth=_VIEW, url_name="outage-steps")
def steps(request: HttpRequest, outage_id: int) -> list[dict[str, Any]]:
    """How it went: each operation that took supply away or gave it back, in order."""
    return [
        {**vars(step), **{name: vars(getattr(step, name)) for name in ("lost", "restored", "out_after")}}
        for step in queries.timeline(outage_of(request, outage_id))
    ]


@router.get("/{int:outage_id}/loads", response=list[LoadOut], auth=_VIEW, url_name="outage-loads")
def loads(request: HttpRequest, outage_id: int) -> list[dict[str, Any]]:
    """Every load that lost supply, those still out first, then the longest."""
    return [vars(row) for row in queries.loads_out(outage_of(request, outage_id), at=timezone.now())]


@router.post("/{int:outage_id}/classification", response=OutageOut, auth=_EDIT, url_name="outage-classification")
def classify(request: HttpRequest, outage_id: int, told: ClassificationIn) -> dict[str, Any]:
    """Say what kind of outage it was and why. Figures that count it follow."""
    actions.classify_outage(outage_id=outage_id, **told.dict(), at=timezone.now(), actor=request.user.get_username())
    return _told(outage_of(request, outage_id))
