"""A month: each limit's own way of being kept, how promises were kept, and what customers said when called back."""

from datetime import date, datetime

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from denghuo.apps.orders import queries
from denghuo.apps.orders.models import CallBackResult, Kind
from denghuo.apps.orders.queries import Answer, Kept
from denghuo.apps.orders.views.reach import reader
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required

_YEARS = range(1900, 2101)
_ROWS_PER_PAGE = 50


def month_asked(told: str, today: date) -> date:
    """The first day of the month asked for; this month where none is, or one that nobody means."""
    try:
        first = date.fromisoformat(f"{told}-01")
    except ValueError:
        return today.replace(day=1)
    return first if first.year in _YEARS else today.replace(day=1)


def next_month(first: date) -> date:
    """The first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def midnight(day: date) -> datetime:
    """The beginning of a local day."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


@require_GET
@permission_required(Permission.ORDERS_VIEW)
def month(request: HttpRequest) -> HttpResponse:
    """Per-order limits beside means of the month, and promises by team."""
    now, scope = timezone.now(), request.data_scope  # type: ignore[attr-defined]
    first = month_asked(request.GET.get("month", ""), timezone.localdate(now))
    span = {"since": midnight(first), "until": midnight(next_month(first))}
    who = reader(request)
    if "said" in request.GET:
        return _said(request, first, queries.answers_of_month(scope, **span, reader=who))
    rows = queries.month_of_limits(scope, **span, at=now, reader=who)
    if "which" in request.GET:
        return _late(request, first, next((row for row in rows if row.key == request.GET["which"]), None))
    words = queries.promises_kept(scope, **span, at=now, reader=who)
    people = organization.names_of({one.name.removeprefix("user:") for one in words if one.name.startswith("user:")})
    before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    context = {
        "first": first,
        "before": before,
        "after": next_month(first) if next_month(first) <= timezone.localdate(now) else None,
        "ceilings": [row for row in rows if not row.limit.is_mean],
        "means": [row for row in rows if row.limit.is_mean],
        "teams": [(one.name.removeprefix("unit:"), one) for one in words if one.name.startswith("unit:")],
        "people": [
            (people.get(one.name.removeprefix("user:"), one.name.removeprefix("user:")), one)
            for one in words
            if one.name.startswith("user:")
        ],
        "said": queries.satisfaction(queries.answers_of_month(scope, **span, reader=who)),
        "unknown_years": queries.unknown_years(first),
    }
    return render(request, "orders/month.html", context)


def _late(request: HttpRequest, first: date, row: Kept | None) -> HttpResponse:
    """The orders of a month that missed a limit, the longest first."""
    if row is None:
        raise Http404
    late = sorted(row.late, key=lambda one: -(one.shown_s or 0))
    rows = Paginator(late, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    orders = queries.orders_by_id([one.order_id for one in rows])
    shown = [(one, orders[one.order_id]) for one in rows]
    names = organization.names_of({order.handler for _, order in shown} - {""})
    context = {"first": first, "one": row, "rows": rows, "shown": shown, "names": names}
    return render(request, "orders/month_late.html", context)


def _said(request: HttpRequest, first: date, answers: list[Answer]) -> HttpResponse:
    """The orders of a kind whose customers gave one answer when they were called back, with their words."""
    kind, result = request.GET.get("kind", ""), request.GET["said"]
    mine = [one for one in answers if (one.kind, one.result) == (kind, result)]
    if kind not in Kind.values or result not in (*CallBackResult.values, "no_answer"):
        raise Http404
    rows = Paginator(mine, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    orders = queries.orders_by_id([one.order_id for one in rows])
    shown = [(one, orders[one.order_id]) for one in rows]
    names = organization.names_of({one.by for one, _ in shown})
    context = {"first": first, "kind": kind, "result": result, "rows": rows, "shown": shown, "names": names}
    return render(request, "orders/month_said.html", context)
