"""What is coming, what it requires, and who is there for it."""

from datetime import timedelta
from typing import Any

import numpy as np
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.snapshot.forecasts import TooShortError
from denghuo.apps.staffing.views import charts
from denghuo.apps.staffing.views.alerts import surges_told
from denghuo.apps.staffing.views.frame import gone_to, may_edit, percent, today, unit_of, unit_to_edit, who
from denghuo.apps.staffing.views.lacking import lacking
from denghuo.apps.staffing.views.moves import moves, worth

_DAYS = 14


@require_GET
@permission_required(Permission.STAFFING_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """The next two weeks: calls expected, people required and rostered; what goes on today."""
    unit = unit_of(request)
    context: dict[str, Any] = {"unit": unit, "may_edit": may_edit(request, unit)}
    if unit is not None:
        context |= _outlook(unit)
        context["surges"] = surges_told(unit)
    return render(request, "staffing/home.html", context)


@require_GET
@permission_required(Permission.STAFFING_VIEW)
def ahead(request: HttpRequest) -> HttpResponse:
    """Today as it goes on: calls so far and those still to come, people required and rostered."""
    unit = unit_of(request)
    context: dict[str, Any] = {"unit": unit}
    if unit is not None:
        now = timezone.now()
        both = queries.demand_of(unit, days=[today(), today() + timedelta(days=1)])
        found = queries.today_followed(unit, at=now)
        seats, waves = queries.demand_of(unit, days=[today()]), queries.waves_ahead(unit, at=now)
        hit = queries.with_waves(unit, seats, waves)
        context["charts"] = [
            charts.today(both, found, at=now, waves=waves),
            charts.heads(hit, key="seats", without=None if hit is seats else seats),
        ]
    return render(request, "staffing/ahead.html", context)


def _outlook(unit: Unit) -> dict[str, Any]:
    days = [today() + timedelta(days=n) for n in range(_DAYS)]
    demand = queries.demand_of(unit, days=days)
    now = timezone.localtime(timezone.now())
    row = queries.adherence(unit.pk, days[0] - timedelta(days=1), days[0], at=timezone.now())
    working = [one for one in row if one.starts_at <= now < one.ends_at]
    missing = [one for one in working if one.signed_out_at is not None or one.signed_in_at is None]
    times = list(lacking(demand))
    short = None if demand.heads is None else sum(one.half_hours for one in times)
    return {
        "ready": bool(queries.shifts_of(unit.pk)),
        "unnamed": queries.unnamed_count(unit.pk),
        "forecast": queries.forecast_of(unit.pk),
        "unknown_years": organization.unknown_years(days[0], days[-1]),
        "stale": demand.ahead is not None and bool(np.isnan(demand.requirement.calls).any()),
        "figures": [
            (_("Calls expected today"), *_today(unit, demand), ""),
            (_("On duty now"), str(len(working)) if working else "–", _("people"), "", ""),
            (_("Of them not signed in"), str(len(missing)) if working else "–", _("people"), "", ""),
            (
                _("Half hours short in two weeks"),
                "–" if short is None else str(short),
                "",
                "",
                "#short" if short else "",
            ),
            (_("Answer rate planned for"), percent(demand.requirement.target_share), "%", "", ""),
        ],
        "lacking": times,
        "charts": [charts.calls(demand), charts.heads(demand), charts.held(demand)]
        if demand.ahead
        else [charts.heads(demand)],
    }


def _today(unit: Unit, demand: queries.Demand) -> tuple[str, str, str]:
    """Calls of today, their unit, and how they are coming in so far."""
    found = queries.today_followed(unit, at=timezone.now())
    total = float("nan") if demand.ahead is None else float(demand.ahead.of(demand.requirement.days)[0].sum())
    if found is not None:
        told = {"came": f"{found.came:,.0f}", "planned": f"{found.planned:,.0f}", "total": f"{total:,.0f}"}
        expected = found.came + float(found.expected.sum()) - found.planned
        words = _("%(came)s came so far, where the forecast had %(planned)s; for the whole day it had %(total)s")
        return f"{expected:,.0f}", _("calls"), words % told
    return ("–" if np.isnan(total) else f"{total:,.0f}"), _("calls"), ""


@require_POST
@permission_required(Permission.STAFFING_EDIT)
def begin(request: HttpRequest) -> HttpResponse:
    """Take over the standard shifts and rota for the unit's teams."""
    unit = unit_to_edit(request)
    if not queries.shifts_of(unit.pk):
        actions.set_up(
            unit_id=unit.pk,
            teams=queries.rota_teams(unit.pk),
            names=[_("Day"), _("Evening"), _("Night")],
            from_date=today().replace(day=1),
            source=_("default, after a published study of a city hotline with 30 seats; set your own"),
            **who(request),
        )
        messages.success(request, _("Shifts, rota, minimums and calendar are set. Edit them under Planning rules."))
    return redirect("staffing:home")


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def forecast(request: HttpRequest) -> HttpResponse:
    """How good the forecast was, and a button that makes it anew."""
    if request.method == "POST":
        unit = unit_to_edit(request)
        try:
            told = who(request)
            actions.make_forecast(unit=unit, **told, worked_out=queries.forecast_anew(unit, at=told["at"]))
            messages.success(request, _("The forecast is made anew."))
        except TooShortError:
            messages.error(request, _("There are too few days with calls to forecast from: a week at least."))
        return gone_to(request, "staffing:forecast")
    shown = unit_of(request)
    row = queries.forecast_of(shown.pk) if shown else None
    context: dict[str, Any] = {"unit": shown, "may_edit": may_edit(request, shown), "forecast": row}
    if row is not None:
        context |= {
            "unknown_years": organization.unknown_years(
                row.first_day, row.first_day + timedelta(days=row.day_count - 1)
            ),
            "tables": charts.error_rows(row.errors),
            "moves": moves(row.told.get("moves", ()), queries.known_days_of(row.unit_id)),
            "worth": worth(row.errors),
            "charts": [charts.backtest(row.errors)] if row.errors else [],
            "wave_count": row.told["wave"]["event_count"],
            "handling": f"{row.told['handling_s']:.0f}",
            "patience": f"{row.told['patience_s']:.0f}",
            "redials": percent(row.told["redial_share"], 0),
        }
    return render(request, "staffing/forecast.html", context)
