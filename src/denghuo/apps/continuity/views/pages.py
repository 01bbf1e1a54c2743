"""The pages that show figures, from the overview down to the interruptions behind one of them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.continuity import queries
from denghuo.apps.continuity.forms import Asked, PartsForm, Period, ask
from denghuo.apps.continuity.views.charts import Year, before_note, cumulative, months, shares
from denghuo.apps.continuity.views.figures import (
    FIRST,
    MEASURE,
    Figures,
    compared,
    explanation,
    few_years,
    incomparable,
    missing,
    number,
    partly,
)
from denghuo.apps.network.models import Network
from denghuo.apps.organization.access import Permission, permission_required, permissions_of
from denghuo.engines.reliability import IndexTable

_ROWS_PER_PAGE = 50
_WORST = 10
_FREQUENT_DAYS = {"60": 60, "365": 365}
_FREQUENT_TIMES = (2, 3, 5, 10)


def asked_of(request: HttpRequest) -> Asked:
    """The question of a request, within its scope."""
    try:
        return ask(request.data_scope, request.GET.dict(), now=timezone.now())  # type: ignore[attr-defined]
    except Network.DoesNotExist as unknown:
        raise Http404 from unknown


def _frame(request: HttpRequest, asked: Asked, **more: Any) -> dict[str, Any]:
    may = permissions_of(request.user)
    return {
        "asked": asked,
        "form": asked.form,
        "may_export": Permission.EXPORT in may and bool(asked.networks) and not missing(asked, asked.period),
        "may_edit": Permission.CONTINUITY_EDIT in may,
        "missing": missing(asked, asked.period),
        "partly": partly(asked, asked.period),
        "before_note": before_note(asked),
        **more,
    }


@require_GET
@permission_required(Permission.CONTINUITY_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """How reliable supply was: the figures, the year, what took the most, and who was hit most often."""
    asked = asked_of(request)
    context = _frame(request, asked)
    if asked.networks and asked.books.begins_at is not None:
        figures, year = Figures(asked), Year(asked)
        shown = figures.all()
        context |= {
            "first": shown[:FIRST],
            "more": shown[FIRST:],
            "year_charts": [months(year), cumulative(year)],
            "share_charts": [shares(figures, by) for by in queries.BREAKDOWNS],
            "worst": [row for row in group_rows(asked, "feeder")[:_WORST] if row.hours > 0],
            "frequent": _frequent(asked, days=60, at_least=3)[:_WORST],
            "major": _major_days(asked),
        }
    return render(request, "continuity/home.html", context)


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """One line of a breakdown."""

    name: str | Promise
    href: str
    users: str
    hours_per_user: str
    before: str
    interruptions_per_user: str
    user_hours: str
    share: str
    events: str
    hours: float


def group_rows(asked: Asked, by: str) -> list[GroupRow]:
    """A breakdown, those with most hours per user first; empty where nothing is known."""
    if missing(asked, asked.period):
        return []
    found = asked.books.breakdown(asked.edges, by=by)
    count, table = len(found.keys), found.table
    total = float(np.nansum(table.user_hours[asked.now_row * count :]))
    known_before = compared(asked)
    rows = [
        GroupRow(
            name=asked.name_in(name or _("Without an area"), network_id),
            href=asked.address("parts", **{by: key}),
            users=_text(table, "users_served", at),
            hours_per_user=_text(table, "hours_per_user", at),
            before=_text(table, "hours_per_user", at % count) if known_before else number(np.nan),
            interruptions_per_user=_text(table, "interruptions_per_user", at),
            user_hours=_text(table, "user_hours", at),
            share=number(100 * float(table.user_hours[at]) / total if total else np.nan, 1),
            events=_text(table, "event_count", at),
            hours=float(table.hours_per_user[at]),
        )
        for at, key, name, network_id in zip(
            range(asked.now_row * count, len(table.group)), found.keys, found.names, found.network_ids, strict=True
        )
        if by in {"feeder", "area"} or table.row_count[at]
    ]
    return sorted(rows, key=lambda row: (np.isnan(row.hours), -row.hours))


def _text(table: IndexTable, column: str, row: int) -> str:
    digits = MEASURE[column].digits if column in MEASURE else 0
    return number(float(getattr(table, column)[row]), digits)


def _frequent(asked: Asked, *, days: int, at_least: int) -> list[dict[str, Any]]:
    """Loads interrupted so often in the days up to today."""
    period = Period(first=asked.today - timedelta(days=days - 1), last=asked.today)
    told = {"period": "days", "since": period.first.isoformat(), "until": period.last.isoformat()}
    books = queries.open_books(asked.view, since=period.start, until=period.end)
    return [
        {"row": row, "href": asked.address("parts", **told, load=row.load_id)}
        for row in books.repeated_loads([period.start, period.end], at_least=at_least)
    ]


def _major_days(asked: Asked) -> dict[str, Any] | None:
    """Which days of the period are left out, and by which threshold in each of its years."""
    if not asked.view.major_window_years:
        return None
    period = asked.period
    years = {year: asked.books.major_event_days(year=year) for year in range(period.first.year, asked.year + 1)}
    days = [day for found in years.values() for day in found.day if period.first <= day.item() <= period.last]
    thresholds = [
        {"year": year, "minutes": number(found.threshold.minutes_per_user, 1), "day_count": found.threshold.day_count}
        for year, found in years.items()
    ]
    return {"days": [str(day) for day in days], "thresholds": thresholds, "short": few_years(asked)}


@require_GET
@permission_required(Permission.CONTINUITY_VIEW)
def why(request: HttpRequest, column: str) -> HttpResponse:
    """Where one figure comes from."""
    asked = asked_of(request)
    if column not in MEASURE or not asked.networks:
        raise Http404
    figures = Figures(asked)
    context = _frame(
        request,
        asked,
        figure=figures.one(column),
        told=explanation(figures, column),
        aim=MEASURE[column].text(figures.aim(column)),
        before=MEASURE[column].text(figures.before(column)),
        before_why=incomparable(asked),
        charts=[shares(figures, by, most=6) for by in ("kind", "feeder")],
    )
    return render(request, "continuity/why.html", context)


@require_GET
@permission_required(Permission.CONTINUITY_VIEW)
def breakdown(request: HttpRequest, by: str) -> HttpResponse:
    """One breakdown in full."""
    asked = asked_of(request)
    if by not in queries.BREAKDOWNS:
        raise Http404
    context = _frame(request, asked, by=by)
    if asked.networks:
        context |= {"chart": replace(shares(Figures(asked), by, most=20), more=""), "rows": group_rows(asked, by)}
    return render(request, "continuity/breakdown.html", context)


@require_GET
@permission_required(Permission.CONTINUITY_VIEW)
def frequent(request: HttpRequest) -> HttpResponse:
    """Loads that lost supply again and again."""
    asked = asked_of(request)
    window = request.GET.get("window", "60")
    window = window if window in _FREQUENT_DAYS else "60"
    told = request.GET.get("times", "")
    times = int(told) if told.isdecimal() and int(told) in _FREQUENT_TIMES else 3
    context = _frame(
        request,
        asked,
        windows=[("60", _("60 days")), ("365", _("365 days"))],
        window=window,
        choices=_FREQUENT_TIMES,
        times=times,
        rows=_frequent(asked, days=_FREQUENT_DAYS[window], at_least=times) if asked.networks else [],
    )
    return render(request, "continuity/frequent.html", context)


@require_GET
@permission_required(Permission.CONTINUITY_VIEW)
def parts(request: HttpRequest) -> HttpResponse:
    """The interruptions that make a figure, each with what it gives; below them the sums, equal to the figures."""
    asked = asked_of(request)
    narrow = PartsForm(request.GET, asked=asked)
    filters = narrow.filters
    short = bool(narrow.cleaned_data.get("short"))
    found = queries.parts(asked.books, [asked.period.start, asked.period.end], filters=filters, short=short)
    page = Paginator(found, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = _frame(
        request,
        asked,
        narrow=narrow,
        rows=page,
        shown=[
            {"part": part, "hours": number(part.hours, 2), "user_hours": number(part.user_hours, 2)} for part in page
        ],
        totals={
            "user_hours": number(found.totals["user_hours"], 2),
            "count": number(len(found)),
            "user_interruptions": number(found.totals["user_interruptions"], 0),
            "short": number(found.totals["short_user_events"], 0),
        },
        chips=_chips(asked, filters, page),
        narrowed=narrowed(narrow, found),
        export_href=asked.address("export", **narrow.query),
    )
    return render(request, "continuity/parts.html", context)


def narrowed(narrow: PartsForm, found: queries.PartList) -> list[str]:
    """What a list of interruptions is narrowed down to, in words."""
    single = [name for name in ("outage", "load") if narrow.filters[name] is not None] if len(found) else []
    return [*narrow.said, *(str(getattr(found[0].interruption, name)) for name in single)]


def _chips(asked: Asked, filters: dict[str, Any], page: Any) -> list[dict[str, str]]:
    """What narrows the list without a control of its own: one load, one outage."""
    rest = {name: value for name, value in filters.items() if value is not None}
    chips = []
    for name in ("load", "outage"):
        if filters[name] is not None:
            first = page[0].interruption if len(page) else None
            others = {key: value for key, value in rest.items() if key != name}
            chips.append({"name": str(getattr(first, name, "")), "href": asked.address("parts", **others)})
    return chips
