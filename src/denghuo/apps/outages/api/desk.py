"""What waits at the dispatcher's desk, for programs: words of meters in, suspected faults and incidents out."""

from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Schema, Status
from ninja.errors import HttpError
from pydantic import AwareDatetime, StringConstraints

from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Text
from denghuo.apps.outages import actions, queries
from denghuo.apps.outages.api.reach import WithinReach, router, suspicion_of
from denghuo.apps.outages.models import Method, Outage, Suspicion

_VIEW, _OPERATE = WithinReach(Permission.OUTAGES_VIEW), WithinReach(Permission.NETWORK_OPERATE)
_DISPATCH = WithinReach(Permission.CREWS_DISPATCH)
_MOST_WORDS = 10_000
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
Code = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00]*$", strip_whitespace=True)]
Meter = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00]*$", strip_whitespace=True)]
Reason = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$", strip_whitespace=True)]
About = Annotated[str, StringConstraints(pattern=r"^outages\.(outage|suspicion):\d{1,15}$")]


class MeterIn(Schema):
    """The word of one meter."""

    meter_number: Meter
    load_code: Code = Field(description="The transformer that the meter hangs on")
    lit: bool = Field(description="Whether it has supply")
    told_at: AwareDatetime


class MetersIn(Schema):
    network_id: int
    news: list[MeterIn] = Field(max_length=_MOST_WORDS)


class HeardOut(Schema):
    heard: int = Field(description="How many words were newer than what was known")
    unknown_loads: list[str] = Field(
        description="Transformers that the network does not have: their words were left out"
    )


class NamedOut(Schema):
    device: str
    probability: float
    customers: int
    reports: int


class SuspicionOut(Schema):
    """A device that has probably opened."""

    id: int
    network_id: int
    number: str
    state: str
    device_code: str
    was_device_codes: list[str]
    place: str
    feeder: str | None
    probability: float
    load_count: int
    mv_users: int
    lv_customers: int
    report_count: int
    rivals: list[NamedOut]
    first_reported_at: AwareDatetime
    suspected_at: AwareDatetime
    changed_at: AwareDatetime
    outage_id: int | None


class ConfirmIn(Schema):
    """Whoever saw it says so."""

    opened_at: AwareDatetime
    device_code: Code | None = Field(None, description="The device that is open, where it is another one")


class DismissIn(Schema):
    reason: Annotated[
        str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00]*$", strip_whitespace=True)
    ]


class EstimateIn(Schema):
    about: About = Field(description="outages.outage:12 or outages.suspicion:3")
    expected_at: AwareDatetime
    method: Literal["crew", "dispatcher", "plan"] = "dispatcher"
    team: Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00]*$")] = ""
    reason: Reason = ""


class EstimateOut(Schema):
    about: str
    expected_at: AwareDatetime
    method: str
    team: str
    told_at: AwareDatetime


class SentOut(Schema):
    assignment_id: int
    crew: str
    state: str
    sent_at: AwareDatetime
    delivered_at: AwareDatetime | None
    read_at: AwareDatetime | None
    accepted_at: AwareDatetime | None
    arrived_at: AwareDatetime | None


class IncidentOut(Schema):
    """An outage that lasts, a suspected fault, or an order that belongs to neither."""

    about: str
    kind: str
    number: str
    topic: str
    where: str
    line: str
    device_code: str
    urgency: str
    since_at: AwareDatetime
    probability: float | None
    mv_users: int | None
    lv_customers: int | None
    care_count: int
    important_count: int
    report_count: int
    needless_count: int = Field(description="Reports that a crew would be sent for nothing to")
    still_out_count: int
    urged_count: int
    due_at: AwareDatetime | None
    is_overdue: bool
    expected_at: AwareDatetime | None
    expected_method: str
    crews: list[SentOut]
    watcher: str


class IncidentsOut(Schema):
    count: int
    items: list[IncidentOut]


class IncidentFilterIn(Schema):
    state: Literal["", "new", "unheard", "near", "overdue", "still_out", "needless", "outage", "suspicion", "order"] = (
        ""
    )
    line: Text = ""
    q: Text = Field("", description="Part of a number, place, line or device code")
    limit: int = Field(100, ge=1, le=1000)


def _told(row: Suspicion) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in SuspicionOut.model_fields if hasattr(row, name)}
    return columns | {"feeder": str(row.feeder) if row.feeder else None, "rivals": row.told.get("rivals", [])}


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"at": timezone.now(), "actor": request.user.get_username()}


@router.post("/meters", response=HeardOut, auth=_OPERATE, url_name="outage-meters")
def meters(request: HttpRequest, told: MetersIn) -> dict[str, Any]:
    """Words of meters: supply is gone, or there. The last word of each counts, and faults are sought anew."""
    try:
        found = network.network_for(scope=request.data_scope, network_id=told.network_id)  # type: ignore[attr-defined]
    except Network.DoesNotExist as missing:
        raise Http404("No such network within reach.") from missing
    now = timezone.now()
    if any(one.told_at.year < _FIRST_YEAR or one.told_at > now for one in told.news):
        raise HttpError(422, "A meter has told by now: check told_at.")
    known = network.network_snapshot(found.pk).grid.load_position
    news = [one for one in told.news if one.load_code in known]
    heard = actions.hear_meters(network_id=found.pk, news=news, at=now, actor=request.user.get_username())
    return {"heard": heard, "unknown_loads": sorted({one.load_code for one in told.news} - known.keys())}


@router.get("/suspicions", response=list[SuspicionOut], auth=_VIEW, url_name="outage-suspicions")
def suspicions(request: HttpRequest) -> list[dict[str, Any]]:
    """Suspected faults within reach that are neither confirmed nor dismissed, most customers first."""
    return [_told(row) for row in queries.open_suspicions(request.data_scope)]  # type: ignore[attr-defined]


@router.post(
    "/suspicions/{int:suspicion_id}/confirm",
    response=SuspicionOut,
    auth=_OPERATE,
    url_name="outage-suspicion-confirm",
)
def confirm(request: HttpRequest, suspicion_id: int, told: ConfirmIn) -> dict[str, Any]:
    """Its device is open: the switching log says so from now on, and with it who is without supply."""
    row = suspicion_of(request, suspicion_id)
    if told.opened_at.year < _FIRST_YEAR or told.opened_at > timezone.now():
        raise HttpError(422, "A device has opened by now: check opened_at.")
    try:
        actions.confirm_fault(
            suspicion_id=row.pk,
            device_code=told.device_code or row.device_code,
            opened_at=told.opened_at,
            **_who(request),
        )
    except actions.DeviceUnknownError as unknown:
        raise HttpError(422, "The network has no switching device with this code.") from unknown
    except actions.NotOpenedError as refused:
        raise HttpError(409, _why_not(refused.found)) from refused
    except ValueError as over:
        raise HttpError(409, "It is not suspected any more.") from over
    return _told(suspicion_of(request, suspicion_id))


def _why_not(found: network.Opening) -> str:
    if found.stands_open:
        return "By the log it stands open already, and nobody is without supply by it."
    if found.closed_at is not None:
        return f"The log has it closed at {found.closed_at.isoformat()}, after that."
    if found.event_number:
        return f"By the log everybody behind it was without supply then already, in outage {found.event_number}."
    return "By the log nobody loses supply when it opens."


@router.post(
    "/suspicions/{int:suspicion_id}/dismiss",
    response=SuspicionOut,
    auth=_OPERATE,
    url_name="outage-suspicion-dismiss",
)
def dismiss(request: HttpRequest, suspicion_id: int, told: DismissIn) -> dict[str, Any]:
    """Its device was seen closed: the reports are placed anew without it."""
    try:
        actions.dismiss_suspicion(suspicion_id=suspicion_id, reason=told.reason, **_who(request))
    except ValueError as over:
        raise HttpError(409, "It is not suspected any more.") from over
    return _told(suspicion_of(request, suspicion_id))


@router.post("/estimates", response={201: EstimateOut}, auth=_DISPATCH, url_name="outage-estimates")
def estimate(request: HttpRequest, told: EstimateIn) -> Status[dict[str, Any]]:
    """Say when supply is expected back. What was said before stays."""
    key = int(told.about.partition(":")[2])
    try:
        if told.about.startswith("outages.outage:"):
            queries.outage_for(scope=request.data_scope, outage_id=key)  # type: ignore[attr-defined]
        else:
            queries.suspicion_for(scope=request.data_scope, suspicion_id=key)  # type: ignore[attr-defined]
    except (Outage.DoesNotExist, Suspicion.DoesNotExist) as missing:
        raise Http404("No such fault within reach.") from missing
    if not timezone.now() < told.expected_at or told.expected_at.year > _LAST_YEAR:
        raise HttpError(422, "Supply is expected back at a time to come: check expected_at.")
    try:
        row = actions.give_estimate(
            about=told.about,
            expected_at=told.expected_at,
            method=Method(told.method),
            team=told.team.strip(),
            reason=told.reason,
            **_who(request),
        )
    except actions.NothingToExpectError as over:
        raise HttpError(409, "Supply is back already.") from over
    except actions.TooFarAheadError as far:
        raise HttpError(422, f"More than {queries.MOST_AHEAD.days} days ahead: check expected_at.") from far
    except actions.ReasonWantedError as wanted:
        raise HttpError(422, "Another time was said before: say why it changes, in reason.") from wanted
    columns = {name: getattr(row, name) for name in ("expected_at", "method", "team", "told_at")}
    return Status(201, {"about": told.about, **columns})


@router.get("/incidents", response=IncidentsOut, auth=_DISPATCH, url_name="outage-incidents")
def incidents(request: HttpRequest, wanted: Query[IncidentFilterIn]) -> dict[str, Any]:
    """What waits at the dispatcher's desk, the most urgent first."""
    board = queries.board(
        request.data_scope,  # type: ignore[attr-defined]
        wanted=queries.Wanted(state=wanted.state, line=wanted.line, text=wanted.q),
        username=request.user.get_username(),
        at=timezone.now(),
        limit=wanted.limit,
    )
    return {"count": board.found_count, "items": [_shown(one) for one in board.incidents]}


def _shown(one: queries.Incident) -> dict[str, Any]:
    columns = {name: getattr(one, name) for name in IncidentOut.model_fields if hasattr(one, name)}
    return columns | {
        "urgency": one.urgency.name.lower(),
        "expected_at": one.expected.expected_at if one.expected else None,
        "expected_method": one.expected.method if one.expected else "",
        "crews": [{name: getattr(sent, name) for name in SentOut.model_fields} for sent in one.crews],
    }
