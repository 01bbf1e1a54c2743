"""A month: each limit's own way of being kept, and how promises were kept."""

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from denghuo.apps.orders import queries
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required


def month_asked(told: str, today: date) -> date:
    """The first day of the month asked for; this month where none is."""
    try:
        return datetime.strptime(told, "%Y-%m").replace(tzinfo=timezone.get_current_timezone()).date()
    except ValueError:
        return today.replace(day=1)


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
    rows = queries.month_of_limits(scope, **span, at=now)
    words = queries.promises_kept(scope, **span, at=now)
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
        "unknown_years": queries.unknown_years(first),
    }
    return render(request, "orders/month.html", context)
