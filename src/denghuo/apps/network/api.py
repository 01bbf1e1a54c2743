"""The network for programs: state, what-if, devices, the switching log, isolation. The same answers as on the pages."""

# ruff: noqa: ARG001 - the guard has looked at the request before the function is called

from typing import Annotated, Any, Literal

from django.db import IntegrityError
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError, ValidationError
from pydantic import AwareDatetime, StringConstraints

from denghuo.apps.network import actions, queries
from denghuo.apps.network.models import Branch, Network, SwitchingOperation
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed, Limit, Offset, Text
from denghuo.engines.switching import IsolationMode, SwitchingError

Code = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00]*$", strip_whitespace=True)]
Number = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$", strip_whitespace=True)]
Note = Annotated[str, StringConstraints(max_length=250, pattern=r"^[^\x00]*$")]
_FIRST_YEAR = 1950


class _WithinReach(Allowed):
    """Somebody else's network is not there, before anything else of the request is looked at."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = super().authenticate(request, key)
        found = request.resolver_match
        if user is not None and found and "network_id" in found.kwargs:
            try:
                queries.network_for(scope=request.data_scope, network_id=found.kwargs["network_id"])  # type: ignore[attr-defined]
            except Network.DoesNotExist as missing:
                raise Http404("No such network within reach.") from missing
        return user


_VIEW, _OPERATE = _WithinReach(Permission.NETWORK_VIEW), _WithinReach(Permission.NETWORK_OPERATE)
router = Router(tags=["network"], auth=_VIEW)


class NetworkOut(Schema):
    id: int
    name: str
    unit: str
    revision: int = Field(description="Counts the imports")
    imported_at: AwareDatetime | None


class SupplyOut(Schema):
    """How many, on both bases; kVA unknown counts as 0."""

    loads: int
    mv_users: int
    lv_customers: int
    kva: float


class FeederSupplyOut(SupplyOut):
    feeder: str = Field(description="Name of the line that normally supplies them; empty: none")


class LastingOut(Schema):
    """Outages that last: customers out at ``at``, and their customer-hours until then, what is restored included."""

    at: AwareDatetime
    lv_customers: int
    lv_customer_hours: float


class StateOut(Schema):
    revision: int
    last_operation_id: int = Field(description="Newest row of the log: changes whenever the state may have changed")
    open_devices: list[str]
    dead: SupplyOut
    served: SupplyOut
    by_feeder: list[FeederSupplyOut]
    lasting: LastingOut


class SwitchOut(Schema):
    code: str
    name: str


class LoopOut(Schema):
    joins_sources: bool = Field(description="From one source to another, rather than around a ring")
    switches: list[SwitchOut]


class WhatIfOut(StateOut):
    """As if the devices asked for stood the other way. Nothing is switched and nothing is recorded."""

    lost: SupplyOut | None = Field(description="Who would lose supply compared with now; null: nothing would move")
    restored: SupplyOut | None
    loops: list[LoopOut] = Field(description="Loops that the moved devices would close")


class FoundOut(Schema):
    component: Literal["load", "branch"]
    code: str
    name: str


class DeviceOut(Schema):
    code: str
    name: str
    kind: str
    line: str
    closed: bool
    normally_closed: bool
    energized: bool
    remote: bool
    behind: SupplyOut = Field(description="Who loses supply when it alone opens in the normal state")


class OperationOut(Schema):
    id: int
    device_code: str
    device_name: str | None = Field(
        description="null: the network has no such device; the row is kept and moves nothing"
    )
    closes: bool
    operated_at: AwareDatetime
    event_number: str
    note: str
    recorded_at: AwareDatetime
    recorded_by: str
    stands: bool = Field(description="Neither replaced by a correction nor taken out")
    corrected_at: AwareDatetime | None
    odd: list[str] = Field(description="What is odd about the row, in the reader's language")


class OperationsOut(Schema):
    count: int
    items: list[OperationOut]


class OperationIn(Schema):
    """What was done: which device, which way, when. Without ``event_number`` an opening is an outage of its own."""

    device_code: Code
    closes: bool
    operated_at: AwareDatetime
    event_number: Number = ""
    note: Note = ""


class CorrectionIn(Schema):
    """What the row should have said; ``right`` null takes the row out."""

    right: OperationIn | None
    note: Note = ""


class IsolationIn(Schema):
    elements: list[Code] = Field(min_length=1, max_length=50, description="Codes of devices, lines, loads or nodes")
    hours: float = Field(4, gt=0, le=240, allow_inf_nan=False)
    mode: IsolationMode = IsolationMode.PLANNED


class StepOut(Schema):
    number: int
    action: str
    device_code: str
    device_name: str
    reason: str
    at_h: float = Field(description="When it takes effect, hours from the beginning of the outage")
    out: SupplyOut


class IsolationOut(Schema):
    steps: list[StepOut]
    return_steps: list[StepOut]
    lv_customer_hours: float
    mv_user_hours: float
    out: SupplyOut
    whole_line_lv_customer_hours: float
    whole_line_mv_user_hours: float
    proven_optimal: bool


class ProblemsOut(Schema):
    detail: list[str]


class FindingOut(Schema):
    code: str
    words: str
    ids: list[str]


class FindingsOut(Schema):
    model: list[FindingOut]
    log: list[FindingOut]


@router.get("/networks", response=list[NetworkOut], url_name="networks")
def networks(request: HttpRequest) -> list[dict[str, Any]]:
    """The networks within reach."""
    found = queries.networks_within(request.data_scope)  # type: ignore[attr-defined]
    return [
        {
            "id": one.pk,
            "name": one.name,
            "unit": one.unit.name,
            "revision": one.revision,
            "imported_at": one.imported_at,
        }
        for one in found
    ]


def _state(network_id: int, toggled: list[str]) -> dict[str, Any]:
    try:
        told = queries.drawing_state(network_id, at=timezone.now(), toggled=toggled)
    except KeyError as unknown:
        raise _refused("toggle", f"The network has no device {unknown.args[0]}.") from unknown
    codes = queries.network_snapshot(network_id).grid.switch_id
    return {**told, "open_devices": [str(codes[position]) for position in told["open_switches"]]}


def _refused(field: str, words: str, *, place: str = "query") -> ValidationError:
    return ValidationError([{"type": "value_error", "loc": [place, field], "msg": words}])


@router.get("/networks/{int:network_id}/state", response=StateOut, url_name="network-state")
def state(request: HttpRequest, network_id: int) -> dict[str, Any]:
    """How the switches stand and who is without supply."""
    return _state(network_id, [])


@router.get("/networks/{int:network_id}/what-if", response=WhatIfOut, url_name="network-what-if")
def what_if(
    request: HttpRequest,
    network_id: int,
    toggle: Annotated[list[Code], Query(max_length=50)] = [],  # noqa: B006
) -> dict[str, Any]:
    """What would be if these devices were moved: ``?toggle=K014&toggle=K027``."""
    return _state(network_id, toggle)


@router.get("/networks/{int:network_id}/search", response=list[FoundOut], url_name="network-search")
def search(request: HttpRequest, network_id: int, q: Text = "") -> list[dict[str, Any]]:
    """Devices, lines and loads whose code or name holds ``q``, at most twenty."""
    return [vars(one) for one in queries.search(network_id, text=q.strip())] if q.strip() else []


@router.get("/networks/{int:network_id}/devices/{path:code}", response=DeviceOut, url_name="network-device")
def device(request: HttpRequest, network_id: int, code: Text) -> dict[str, Any]:
    """One switching device: what it is, how it stands, who hangs behind it."""
    try:
        found = queries.device(network_id, code=code)
    except Branch.DoesNotExist as missing:
        raise Http404("The network has no such device.") from missing
    switch = found.branch.switch
    return {
        "code": found.branch.code,
        "name": found.branch.name,
        "kind": str(switch.get_kind_display()),
        "line": found.line_name,
        "closed": found.closed,
        "normally_closed": switch.normally_closed,
        "energized": found.energized,
        "remote": switch.remote,
        "behind": vars(found.behind),
    }


@router.get("/networks/{int:network_id}/operations", response=OperationsOut, url_name="network-operations")
def operations(
    request: HttpRequest, network_id: int, device: Text = "", event: Text = "", limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """The switching log, newest first, corrected rows included."""
    rows = queries.operations_of(network_id, device_code=device, event_number=event)
    return {"count": rows.count(), "items": _rows(network_id, rows[offset : offset + limit])}


def _rows(network_id: int, rows: Any) -> list[dict[str, Any]]:
    return [
        {**vars(row), "stands": row.stands, "odd": [str(words) for words in row.odd]}
        for row in queries.log_rows(network_id, rows)
    ]


@router.post(
    "/networks/{int:network_id}/operations",
    response={201: OperationOut},
    auth=_OPERATE,
    url_name="network-operations",
)
def record_operation(request: HttpRequest, network_id: int, told: OperationIn) -> Status[dict[str, Any]]:
    """Write an operation that was carried out into the log. It switches nothing by itself."""
    now = timezone.now()
    _check_instant(told)
    row = actions.record_switching(network_id=network_id, **told.dict(), at=now, actor=request.user.get_username())
    return Status(201, _rows(network_id, [row])[0])


def _check_instant(told: OperationIn) -> None:
    """What has not happened cannot be recorded, and what lies far back is a slip."""
    if told.operated_at.year < _FIRST_YEAR:
        raise _refused("operated_at", "Check the year.", place="body")
    if told.operated_at > timezone.now():
        raise _refused("operated_at", "This time has not come yet.", place="body")


@router.post(
    "/networks/{int:network_id}/operations/{int:operation_id}/correction",
    response={201: OperationOut},
    auth=_OPERATE,
    url_name="network-correction",
)
def correct_operation(
    request: HttpRequest, network_id: int, operation_id: int, told: CorrectionIn
) -> Status[dict[str, Any]]:
    """Correct a row of the log by a new one, or take it out. Everything that follows is worked out again."""
    if not SwitchingOperation.objects.filter(pk=operation_id, network_id=network_id).exists():
        raise Http404("The log has no such row.")
    if told.right:
        _check_instant(told.right)
    try:
        row = actions.correct_switching(
            operation_id=operation_id,
            right=actions.OperationRow(**told.right.dict()) if told.right else None,
            note=told.note or (told.right.note if told.right else ""),
            at=timezone.now(),
            actor=request.user.get_username(),
        )
    except IntegrityError as taken:
        raise HttpError(409, "This row has been corrected before. Correct its correction instead.") from taken
    return Status(201, _rows(network_id, [row])[0])


@router.post(
    "/networks/{int:network_id}/isolation",
    response={200: IsolationOut, 422: ProblemsOut},
    url_name="network-isolation",
)
def isolation(request: HttpRequest, network_id: int, told: IsolationIn) -> Status[Any]:
    """The order of operations that isolates these elements for the fewest customer-hours. Nothing is switched."""
    try:
        sheet = queries.isolation_sheet(network_id, elements=told.elements, hours=told.hours, mode=told.mode)
    except SwitchingError as error:
        return Status(422, {"detail": queries.problem_sentences(error)})
    answer = {
        "steps": [_step(line) for line in sheet.lines],
        "return_steps": [_step(line) for line in sheet.return_lines],
        "lv_customer_hours": sheet.plan.lv_customer_hours,
        "mv_user_hours": sheet.plan.mv_user_hours,
        "out": vars(sheet.out),
        "whole_line_lv_customer_hours": sheet.plan.whole_line.lv_customer_hours,
        "whole_line_mv_user_hours": sheet.plan.whole_line.mv_user_hours,
        "proven_optimal": sheet.plan.proven_optimal,
    }
    return Status(200, answer)


def _step(line: Any) -> dict[str, Any]:
    return {
        "number": line.number,
        "action": line.action_code,
        "device_code": line.device_code,
        "device_name": line.device_name,
        "reason": str(line.reason),
        "at_h": line.effect_h,
        "out": vars(line.out),
    }


@router.get("/networks/{int:network_id}/findings", response=FindingsOut, url_name="network-findings")
def findings(request: HttpRequest, network_id: int) -> dict[str, Any]:
    """What is odd about the model and about the log; ids are codes of components, or keys of rows of the log."""
    return {
        "model": [
            {"code": one.code, "words": str(one.words), "ids": list(one.ids)}
            for one in queries.network_findings(network_id)
        ],
        "log": [
            {"code": one.code, "words": str(one.words), "ids": [str(one.operation.pk)] if one.operation else []}
            for one in queries.log_findings(network_id)
        ],
    }
