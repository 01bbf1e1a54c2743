"""Orders for programs: intake, which may be sent again and again, and where an order stands."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError

from denghuo.apps.customers import queries as customers
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import OrderEntry
from denghuo.apps.orders.intake import take_in
from denghuo.apps.orders.models import TOPICS_OF_KIND, Area, Channel, Kind, Order, State, Topic, number_of
from denghuo.apps.orders.views.reach import reader, supervises
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed, Limit, Offset, Text
from denghuo.apps.organization.models import Unit


class _WithinReach(Allowed):
    """Somebody else's order is not there, before anything else of the request is looked at."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user, found = super().authenticate(request, key), request.resolver_match
        if user is not None and found:
            _found(request, found.kwargs["order_id"])
        return user


router = Router(tags=["orders"], auth=Allowed(Permission.ORDERS_VIEW))


class OrderIn(Schema):
    """What somebody asks for."""

    kind: Kind
    topic: Topic
    unit: Text = Field(description="Code of the station")
    client_key: Text = Field("", max_length=80, description="Sent again under the same key, it is the same order")
    account: Text = Field("", max_length=40, description="Account number in the unit")
    load_code: Text = Field("", max_length=120)
    area: Area = Area.UNKNOWN
    caller: Text = Field("", max_length=40)
    contact_name: Text = Field("", max_length=40)
    channel: Channel = Channel.WEB
    text: str = Field("", max_length=2000, pattern=r"^[^\x00]*$")
    place: Text = Field("", max_length=200)
    first_asked: Text = Field(
        "", max_length=150, description="User name of whom the customer asked; where not told, whoever answers there"
    )
    received_at: datetime | None = Field(None, description="When it came in, with its zone; now where it is not told")
    source_ref: Text = Field("", max_length=80)
    upstream_due_at: datetime | None = None


class CorrectionIn(Schema):
    """What is right of an order; what is not told stays. An empty text takes off what was told."""

    reason: Text = Field(min_length=1, max_length=500)
    kind: Kind | None = None
    topic: Topic | None = None
    area: Area | None = None
    account: Text | None = Field(None, max_length=40, description="Account number in the unit")
    load_code: Text | None = Field(None, max_length=120)
    place: Text | None = Field(None, max_length=200)
    caller: Text | None = Field(None, max_length=40)
    contact_name: Text | None = Field(None, max_length=40)


class TakenOut(Schema):
    """The order it became."""

    order_id: int
    number: str
    state: State
    next_due_at: datetime | None


class ClockOut(Schema):
    clock: str
    run: int
    layer: str
    measure: str
    limit_s: int
    binds: str = Field(description="ceiling: each order; mean: the mean of the month")
    shown_s: float | None = Field(description="Seconds of the measure; null: not known")
    due_at: datetime | None
    late: bool
    basis: str


class OrderOut(TakenOut):
    kind: Kind
    topic: Topic
    unit: str
    received_at: datetime
    overdue_at: datetime | None
    closed_at: datetime | None
    first_asked: str = Field(description="User name of whom the customer asked first")


class OrderWithClocksOut(OrderOut):
    clocks: list[ClockOut]


@router.post("", response={200: TakenOut, 201: TakenOut}, auth=Allowed(Permission.ORDERS_WORK), url_name="orders")
def open_order(request: HttpRequest, told: OrderIn) -> Status[dict[str, Any]]:
    """Open an order: 201; 200 where it was opened under this key before."""
    scope = request.data_scope  # type: ignore[attr-defined]
    found = Unit.objects.filter(code=told.unit).order_by().values_list("pk", "path")
    unit_id = next((pk for pk, path in found if any(str(path).startswith(one) for one in scope)), None)
    if unit_id is None:
        raise Http404("No such unit within reach.")
    if told.topic not in TOPICS_OF_KIND[told.kind]:
        raise HttpError(422, f"{told.topic.value} is no topic of {told.kind.value}.")
    for instant in (told.received_at, told.upstream_due_at):
        if instant is not None and instant.utcoffset() is None:
            raise HttpError(422, "Instants are told with their zone.")
    if told.first_asked and not queries.works_in(unit_id, told.first_asked):
        raise HttpError(422, "Nobody of this name works on orders of this unit.")
    account_id = customers.account_by_number(unit_id, told.account) if told.account else None
    if told.account and account_id is None:
        raise HttpError(422, "No such account in this unit.")
    at = timezone.now()
    plain = told.dict(exclude={"unit", "account", "received_at"})
    entry = OrderEntry(unit_id=unit_id, account_id=account_id, received_at=min(told.received_at or at, at), **plain)
    try:
        row, is_new = take_in(entry, actor=request.user.get_username())
    except ValueError as error:
        raise HttpError(409, str(error)) from error
    return Status(201 if is_new else 200, _taken(row))


def _taken(row: Order) -> dict[str, Any]:
    return {
        "order_id": row.pk,
        "number": number_of(row.pk, row.received_at),
        "state": row.state,
        "next_due_at": row.next_due_at,
    }


@router.get("", response=list[OrderOut], url_name="orders")
def orders(
    request: HttpRequest,
    kind: Kind | None = None,
    state: str = Query("open", description="open, all, or a state"),
    due: str = Query("", description="soon or overdue"),
    limit: Limit = 100,
    offset: Offset = 0,
) -> list[dict[str, Any]]:
    """Orders within reach, what is due first."""
    wanted = queries.Wanted(kind=kind or "", state="" if state == "all" else state, due=due)
    scope = request.data_scope  # type: ignore[attr-defined]
    rows = queries.find(scope, wanted, at=timezone.now(), reader=reader(request))
    return [_order(row) for row in rows[offset : offset + limit]]


def _order(row: Order) -> dict[str, Any]:
    told = {
        name: getattr(row, name) for name in ("kind", "topic", "received_at", "overdue_at", "closed_at", "first_asked")
    }
    return _taken(row) | told | {"unit": row.unit.code}


def _found(request: HttpRequest, order_id: int) -> Order:
    try:
        return queries.order_for(request.data_scope, order_id, reader=reader(request))  # type: ignore[attr-defined]
    except Order.DoesNotExist as missing:
        raise Http404("No such order within reach.") from missing


@router.post(
    "/{int:order_id}/correction",
    response=OrderWithClocksOut,
    auth=_WithinReach(Permission.ORDERS_WORK),
    url_name="orders-correction",
)
def correct(request: HttpRequest, order_id: int, told: CorrectionIn) -> dict[str, Any]:
    """Put right what an order was opened with, with a reason. What is not told stays as it is."""
    row, at, actor = _found(request, order_id), timezone.now(), request.user.get_username()
    right = told.dict(exclude={"reason", "account"}, exclude_none=True)
    if told.account is not None:
        right["account_id"] = customers.account_by_number(row.unit_id, told.account) if told.account else None
        if told.account and right["account_id"] is None:
            raise HttpError(422, "No such account in this unit.")
    above = supervises(request, row)
    allowed = queries.correctable(row, username=actor, supervises=above, at=at)
    if not set(right) <= allowed:
        raise HttpError(403, f"Not for you to correct: {', '.join(sorted(set(right) - allowed))}.")
    if told.kind is not None and told.kind not in queries.kinds_for(row, username=actor, supervises=above):
        raise HttpError(
            403,
            "A report of misconduct stays one. What else is about people of ours becomes something else only by who"
            " supervises and did not work on it.",
        )
    try:
        actions.correct_order(order_id=row.pk, told=right, reason=told.reason, at=at, actor=actor)
    except ValueError as error:
        raise HttpError(422, str(error)) from error
    return _with_clocks(queries.orders_by_id([order_id])[order_id])  # also where it is another's to read from now on


@router.get("/{int:order_id}", response=OrderWithClocksOut, url_name="orders-order")
def order(request: HttpRequest, order_id: int) -> dict[str, Any]:
    """One order and what its clocks show."""
    return _with_clocks(_found(request, order_id))


def _with_clocks(row: Order) -> dict[str, Any]:
    clocks = [
        {
            "clock": one.clock,
            "run": one.run + 1,
            "layer": one.limit.layer,
            "measure": one.limit.measure.value,
            "limit_s": one.limit.limit_s,
            "binds": one.limit.limit_kind,
            "shown_s": one.shown_s,
            "due_at": one.due_at,
            "late": one.late,
            "basis": one.limit.basis,
        }
        for one in queries.clocks_of(row, at=timezone.now())
    ]
    return _order(row) | {"clocks": clocks}
