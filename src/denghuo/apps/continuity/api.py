"""Reliability for programs: the same questions as the pages, the same figures."""

from datetime import datetime
from math import isnan
from typing import Any, Literal

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from ninja.errors import ValidationError

from denghuo.apps.continuity import queries
from denghuo.apps.continuity.forms import Asked, PartsForm, ask
from denghuo.apps.network.models import Network
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed
from denghuo.engines.reliability import Basis, IndexTable, Standard, Variant, labels

router = Router(tags=["reliability"], auth=Allowed(Permission.CONTINUITY_VIEW))


class QuestionIn(Schema):
    """What is asked. Left out: this year, all stations within reach, MV users, DL/T 836, all outages."""

    period: Literal["this_year", "last_year", "this_month", "last_month", "days"] = "this_year"
    since: str = Field("", description="First local day, YYYY-MM-DD; with period=days")
    until: str = Field("", description="Last local day, YYYY-MM-DD; with period=days")
    station: str = Field("", description="Key of a network; empty for all within reach")
    basis: Basis = Basis.MV_USERS
    standard: Standard = Standard.DLT836
    variant: Variant = Variant.ALL
    major: Literal["", "3", "5"] = Field("", description="Years of the window, to leave major event days out")


class FilterIn(Schema):
    """Which interruptions are listed; left out: all that count."""

    kind: str = ""
    cause: str = ""
    feeder: str = ""
    area: str = ""
    load: str = ""
    outage: str = ""
    short: bool = False


class FiguresOut(Schema):
    """Columns by formula, as in the engine; hours [h], shares 0..1. null: undefined, which is not 0."""

    period_hours: float | None
    users_served: float | None
    user_hours: float | None
    user_interruptions: float | None
    interrupted_users: float | None
    event_count: float | None
    availability_share: float | None
    hours_per_user: float | None
    interruptions_per_user: float | None
    hours_per_interruption: float | None
    hours_per_interrupted_user: float | None
    interruptions_per_interrupted_user: float | None
    short_events_per_user: float | None
    kva_hours_per_kva: float | None
    kva_interruptions_per_kva: float | None
    hours_per_event: float | None
    users_per_event: float | None
    energy_per_user_kwh: float | None


class AskedOut(Schema):
    """What was asked: whose figures of which days, known up to when."""

    network_ids: list[int]
    since: datetime
    until: datetime
    as_of: datetime
    unknown: queries.Unknown | None = Field(description="Why nothing is known of these days; then every figure is null")
    records_since: datetime | None
    complete: bool = Field(
        description="Whether records reach over all of these days. If not, those before records_since count as if "
        "nobody had been without supply: do not compare these figures with those of another year"
    )


class IndicesOut(AskedOut):
    figures: FiguresOut
    labels: dict[str, str] = Field(description="Column: its abbreviation by the standard")


class GroupOut(Schema):
    key: str
    name: str
    network_id: int | None
    figures: FiguresOut


class BreakdownOut(AskedOut):
    by: str
    groups: list[GroupOut]


class InterruptionOut(Schema):
    """One booked row and what it gives to the figures; ``started_at``, ``ended_at`` are its part within the period."""

    id: int
    outage: str
    load: str
    feeder: str | None
    kind: int
    cause: int
    started_at: datetime
    ended_at: datetime
    lasting: bool
    opened_by: int | None
    closed_by: int | None
    hours: float
    users: int
    user_hours: float
    user_interruptions: float


class InterruptionsOut(AskedOut):
    count: int
    page: int
    pages: int
    totals: dict[str, float | None] = Field(description="Over all pages: equal to the figures")
    items: list[InterruptionOut]


def _asked(request: HttpRequest, question: QuestionIn) -> Asked:
    try:
        asked = ask(request.data_scope, question.dict(), now=timezone.now())  # type: ignore[attr-defined]
    except Network.DoesNotExist as unknown:
        raise Http404 from unknown
    if asked.form.errors:
        raise _refused(asked.form.errors.get_json_data())
    return asked


def _refused(errors: dict[str, list[dict[str, Any]]]) -> ValidationError:
    return ValidationError(
        [{"loc": ["query", name], "msg": error["message"]} for name in errors for error in errors[name]]
    )


def _said(asked: Asked) -> dict[str, Any]:
    return {
        "network_ids": list(asked.view.network_ids),
        "since": asked.period.start,
        "until": asked.period.end,
        "as_of": asked.view.as_of,
        "unknown": _unknown(asked),
        "records_since": asked.books.begins_at,
        "complete": asked.books.whole(asked.period.start, asked.period.end),
    }


def _unknown(asked: Asked) -> queries.Unknown | None:
    return asked.books.unknown(asked.period.start, asked.period.end)


def _known(value: float) -> float | None:
    return None if isnan(value) else float(value)


def _figures(asked: Asked, table: IndexTable, row: int) -> dict[str, float | None]:
    nothing = _unknown(asked) is not None
    return {name: None if nothing else _known(getattr(table, name)[row]) for name in FiguresOut.model_fields}


@router.get("/indices", response=IndicesOut)
def indices(request: HttpRequest, question: Query[QuestionIn]) -> dict[str, Any]:
    """Figures of the stations as a whole."""
    asked = _asked(request, question)
    table = asked.books.indices(asked.edges)
    return {
        **_said(asked),
        "figures": _figures(asked, table, asked.now_row),
        "labels": labels(asked.view.standard, asked.view.variant),
    }


@router.get("/breakdown", response=BreakdownOut)
def breakdown(
    request: HttpRequest, question: Query[QuestionIn], by: Literal["kind", "cause", "feeder", "area"] = "kind"
) -> dict[str, Any]:
    """Figures by kind or cause (over all users), or by line or area (each over its own)."""
    asked = _asked(request, question)
    found = asked.books.breakdown(asked.edges, by=by)
    first = asked.now_row * len(found.keys)
    groups = [
        {"key": key, "name": str(name), "network_id": network_id, "figures": _figures(asked, found.table, first + at)}
        for at, (key, name, network_id) in enumerate(zip(found.keys, found.names, found.network_ids, strict=True))
    ]
    return {**_said(asked), "by": by, "groups": groups}


@router.get("/interruptions", response=InterruptionsOut)
def interruptions(
    request: HttpRequest,
    question: Query[QuestionIn],
    narrow: Query[FilterIn],
    page: int = Query(1, ge=1),
    size: int = Query(100, ge=1, le=1000),
) -> dict[str, Any]:
    """The interruptions behind the figures, those that weigh most first. A page beyond the last is the last."""
    asked = _asked(request, question)
    form = PartsForm(narrow.dict(), asked=asked)
    filters = form.filters
    if form.errors:
        raise _refused(form.errors.get_json_data())
    period = [asked.period.start, asked.period.end]
    found = queries.parts(asked.books, period, filters=filters, short=narrow.short)
    rows = Paginator(found, size).get_page(page)
    return {
        **_said(asked),
        "count": len(found),
        "page": rows.number,
        "pages": rows.paginator.num_pages,
        "totals": {name: _known(value) for name, value in found.totals.items()},
        "items": [_interruption(part) for part in rows],
    }


def _interruption(part: queries.Part) -> dict[str, Any]:
    row = part.interruption
    return {
        "id": row.pk,
        "outage": row.outage.number,
        "load": row.load.code,
        "feeder": row.feeder.code if row.feeder else None,
        "kind": row.kind,
        "cause": row.cause,
        "started_at": part.started_at,
        "ended_at": part.ended_at,
        "lasting": part.lasting,
        "opened_by": row.opened_by_id,
        "closed_by": row.closed_by_id,
        "hours": part.hours,
        "users": part.users,
        "user_hours": part.user_hours,
        "user_interruptions": part.user_interruptions,
    }
