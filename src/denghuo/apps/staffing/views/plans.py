"""A month's plan: made, looked at, changed, published, handed out."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.organization.queries import names_of
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.forms import SwapForm, labeled
from denghuo.apps.staffing.models import Duty, Plan, PlanState, Shift
from denghuo.apps.staffing.queries.duties import heads_on_duty
from denghuo.apps.staffing.queries.plans import duties_of_plan, month_days
from denghuo.apps.staffing.views import charts
from denghuo.apps.staffing.views.frame import gone_to, may_edit, percent, today, unit_of, unit_to_edit, who
from denghuo.apps.staffing.views.lacking import Lack, lacking
from denghuo.apps.staffing.views.words import breach_words, conflict_words, rule_name
from denghuo.apps.workbooks import Sheets, Shown, file_name_of, handed_out, new_workbook

_LISTED = 50
_EVEN_H, _EVEN_NIGHTS = 24, 2  # further apart than so, duties are not even


def _month(told: str) -> date:
    try:
        month = date.fromisoformat(f"{told}-01")
    except ValueError:
        raise Http404 from None
    if not 2000 <= month.year <= 2100:
        raise Http404
    return month


def _after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


@require_GET
@permission_required(Permission.STAFFING_VIEW)
def plan_now(request: HttpRequest) -> HttpResponse:
    """Next month, which is what is planned now."""
    del request
    return redirect("staffing:plan", month=f"{_after(today().replace(day=1)):%Y-%m}")


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def plan(request: HttpRequest, month: str) -> HttpResponse:
    """A month: who works when, whether it is enough, and what answer rate it will give."""
    first = _month(month)
    if request.method == "POST":
        return _make(request, first)
    unit = unit_of(request)
    state = PlanState.PUBLISHED if request.GET.get("state") == PlanState.PUBLISHED else None
    found = queries.plan_of(unit.pk, first, state=state) if unit else None
    context: dict[str, Any] = {
        "unit": unit,
        "may_edit": may_edit(request, unit),
        "month": first,
        "before": f"{(first - timedelta(days=1)):%Y-%m}",
        "after": f"{_after(first):%Y-%m}",
        "plan": found,
        "ready": bool(unit and queries.shifts_of(unit.pk)),
        "over": _after(first) <= today(),
        "beside": bool(unit and state and queries.plan_of(unit.pk, first, state=PlanState.DRAFT)),
        "published": bool(unit and queries.plan_of(unit.pk, first, state=PlanState.PUBLISHED)),
        "unknown_years": organization.unknown_years(first, first) if _after(first) > today() else [],
    }
    if unit is not None and found is not None:
        changes = queries.changes_of_draft(found)
        context |= _shown(unit, found) | {
            "changes": changes,
            "changed_people": len({one.agent.pk for one in changes}),
            "exchanges": queries.exchanges_of(found, at=timezone.now()),
            "by": names_of([by := found.published_by or found.made_by]).get(by, by),
        }
        context["swap"] = SwapForm(agents=queries.agents_of_unit(unit.pk, since=first))
    return render(request, "staffing/plan.html", context)


def _make(request: HttpRequest, month: date) -> HttpResponse:
    unit = unit_to_edit(request)
    individual, keep = "individual" in request.POST, "keep" in request.POST
    told = who(request)
    try:
        draft = queries.draft_of(unit, month, at=told["at"], individual=individual, keep=keep)
        made = actions.make_plan(unit=unit, month=month, individual=individual, draft=draft, **told)
    except queries.MonthOverError:
        messages.error(request, _("This month is over: it is not planned any more."))
    except LookupError:
        messages.error(request, _("There are no shifts yet, or nobody to work them. Set them up first."))
    else:
        proven = made.made["proven"]
        if made.made["conflict"] or made.made["broken"]:
            messages.warning(request, _("Drafted, but not every rule can be kept: see what stands in the way."))
        else:
            messages.success(
                request, _("Drafted; no roster is better.") if proven else _("Drafted; a better one may exist.")
            )
    return gone_to(request, "staffing:plan", month=f"{month:%Y-%m}")


def _shown(unit: Unit, found: Plan) -> dict[str, Any]:
    days = month_days(found.month)
    demand = queries.demand_of(unit, days=days)
    state = PlanState(found.state)
    demand = queries.Demand(
        ahead=demand.ahead, requirement=demand.requirement, heads=heads_on_duty(unit.pk, days, state=state)
    )
    drawn = [charts.heads(demand)]
    if found.expected:
        drawn.insert(0, charts.expected(days, found.expected, target_share=demand.requirement.target_share))
    shifts = queries.shifts_of(unit.pk, first=days[0], last=days[-1])
    standing = queries.standing_of(found)
    times = list(lacking(demand))
    return {
        "days": days,
        "rows": list(_rows(unit, found, days, away=standing.away)),
        "legend": [(_mark(one, shifts), one) for one in shifts],
        "charts": drawn,
        "figures": _figures(found, demand, times, len(standing.broken)),
        "searched": _searched(standing),
        "least_found": sum(found.made["costs"][:1]) > sum(found.made["bounds"][:1]),
        "lacking": times,
        "as_made": standing.as_made,
        "away": standing.away,
        "away_keys": {one.pk for one in standing.away},
        "conflict": [conflict_words(one, standing.broken) for one in found.made.get("conflict", ())][:_LISTED],
        "broken": [breach_words(one) for one in standing.broken][:_LISTED],
        "broken_count": len(standing.broken),
        "today": today(),
    }


def _figures(
    found: Plan, demand: queries.Demand, times: list[Lack], broken: int
) -> list[tuple[str, str, str, str, str]]:
    """What a plan is judged by: label, value, unit, note, and what makes it."""
    short = None if demand.heads is None else sum(one.half_hours for one in times)
    return [
        (_("Expected answer rate"), *_expected(found, len(demand.requirement.days)), ""),
        (_("Target"), percent(demand.requirement.target_share), "%", "", ""),
        (
            _("Half hours short"),
            "–" if short is None else f"{short:,}",
            "",
            _short_note(found, len(demand.requirement.days)),
            "#short" if short else "",
        ),
        (_("Rules broken"), f"{broken:,}", "", "", "#broken" if broken else ""),
    ]


def _expected(found: Plan, days: int) -> tuple[str, str, str]:
    """The answer rate, its unit, and of how many days it is where not of all."""
    rate = queries.expected_rate(found)
    if rate.share is None:
        return "–", "", _("nothing is forecast for these days")
    if rate.days == days:
        return percent(rate.share), "%", ""
    return percent(rate.share), "%", _("of %(known)d of %(days)d days; no others are forecast yet") % {
        "known": rate.days, "days": days
    }  # fmt: skip


def _short_note(found: Plan, days: int) -> str:
    """What is not in it, where not all days are forecast."""
    known = queries.expected_rate(found).days
    return "" if known == days else _("days without a forecast: against the minimum alone")


def _searched(standing: queries.Standing) -> tuple[str, str]:
    """What a search that ended by time came to, and how much that matters: the level of a note and its words."""
    if standing.hours is None or standing.nights is None:
        return "info", _("The search ended by time: a better roster may exist.")
    told = {
        "least_h": f"{standing.hours[0]:.0f}", "most_h": f"{standing.hours[1]:.0f}",
        "least_nights": standing.nights[0], "most_nights": standing.nights[1],
    }  # fmt: skip
    wide = standing.hours[1] - standing.hours[0] > _EVEN_H or standing.nights[1] - standing.nights[0] > _EVEN_NIGHTS
    words = (
        _("The search ended by time, and duties are not evened out: %(load)s.")
        if wide
        else _("The search ended by time: a better roster may exist. Duties lie evenly: %(load)s.")
    )
    load = _("%(least_h)s to %(most_h)s hours and %(least_nights)d to %(most_nights)d nights a person") % told
    return "warning" if wide else "info", words % {"load": load}


def _mark(shift: Shift, shifts: list[Shift]) -> str:
    """What stands in a cell: the first letters of the name that tell it from others."""
    for length in range(1, len(shift.name) + 1):
        if all(one.pk == shift.pk or not one.name.startswith(shift.name[:length]) for one in shifts):
            return shift.name[:length]
    return shift.name


def _rows(unit: Unit, found: Plan, days: list[date], *, away: Sequence[Duty] = ()) -> Iterator[dict[str, Any]]:
    """A person a row: what is drawn for each day, and the hours, nights and weekends of what they work of it."""
    missed = {one.pk for one in away}
    shifts = queries.shifts_of(unit.pk)
    marks = {one.pk: _mark(one, [other for other in shifts if other.until_date is None]) for one in shifts}
    agents = queries.agents_of_unit(unit.pk, since=days[0])
    table: dict[int, dict[date, Duty]] = {}
    for duty in duties_of_plan(found):
        table.setdefault(duty.agent_id, {})[duty.day] = duty
    absences = queries.absences_between([one.pk for one in agents], days[0], days[-1])
    for agent in agents:
        own = table.get(agent.pk, {})
        worked = {day: one for day, one in own.items() if one.pk not in missed}
        absent = {day for row in absences if row.agent_id == agent.pk for day in days if row.first <= day <= row.last}
        yield {
            "agent": agent,
            "cells": [
                (day, marks[own[day].shift_id] if day in own else ("×" if day in absent else ""), own.get(day))
                for day in days
            ],
            "hours": sum(_paid_min(one.shift) for one in worked.values()) / 60,
            "nights": sum(one.shift.night for one in worked.values()),
            "weekends": len({day.toordinal() // 7 for day in worked if day.weekday() == 5}
                            | {(day.toordinal() - 1) // 7 for day in worked if day.weekday() == 6}),
        }  # fmt: skip


def _paid_min(shift: Shift) -> int:
    return int(shift.length_min - sum(end - start for start, end in shift.breaks))


@require_POST
@permission_required(Permission.STAFFING_EDIT)
def publish(request: HttpRequest, month: str) -> HttpResponse:
    """Have people live by the draft; one that breaks rules, or in which people work who are away, is asked about."""
    unit = unit_to_edit(request)
    found = queries.plan_of(unit.pk, _month(month), state=PlanState.DRAFT)
    if found is None:
        raise Http404
    standing = queries.standing_of(found)
    if "sure" not in request.POST and (standing.broken or standing.away):
        context = {
            "unit": unit,
            "plan": found,
            "away": standing.away,
            "broken": [breach_words(one) for one in standing.broken][:_LISTED],
            "broken_count": len(standing.broken),
            "changes": queries.changes_of_draft(found),
        }
        return render(request, "staffing/publish.html", context)
    actions.publish_plan(plan_id=found.pk, **who(request))
    messages.success(request, _("Published. Everybody finds their duties on their own page."))
    return redirect("staffing:plan", month=month)


@require_POST
@permission_required(Permission.STAFFING_EDIT)
def discard(request: HttpRequest, month: str) -> HttpResponse:
    """Give the draft up."""
    unit = unit_to_edit(request)
    found = queries.plan_of(unit.pk, _month(month), state=PlanState.DRAFT)
    if found is None:
        raise Http404
    actions.discard_draft(plan_id=found.pk, **who(request))
    if queries.plan_of(unit.pk, found.month, state=PlanState.PUBLISHED):
        messages.success(request, _("The draft is discarded. What is published stays in force."))
    else:
        messages.success(request, _("The draft is discarded. Nothing is published for this month."))
    return redirect("staffing:plan", month=month)


@require_GET
@permission_required(Permission.STAFFING_VIEW)
def swaps(request: HttpRequest, month: str) -> HttpResponse:
    """Who could take over a duty without breaking a rule, the best first."""
    unit = unit_of(request)
    found = queries.plan_of(unit.pk, _month(month)) if unit else None
    asked = _whole(request.GET.get("duty", ""))
    duty = found.duties.filter(pk=asked).select_related("agent", "shift").first() if found else None
    if found is None or duty is None:
        messages.error(request, _("This duty is not there any more: it was swapped, or the month planned anew."))
        return redirect("staffing:plan", month=month)
    context = {
        "unit": unit,
        "plan": found,
        "duty": duty,
        "may_edit": may_edit(request, unit),
        "offers": queries.swaps_of(found, duty)[:_LISTED],
    }
    return render(request, "staffing/swaps.html", context)


def _whole(told: str) -> int:
    return int(told) if told.isascii() and told.isdigit() and len(told) < 15 else 0


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_EDIT)
def swap(request: HttpRequest, month: str) -> HttpResponse:
    """What it would do if two people exchanged duties; sent, they do, if the rules allow it."""
    unit = unit_to_edit(request)
    found = queries.plan_of(unit.pk, _month(month))
    told = _swap_told(request, found) if found else None
    if found is None or told is None:
        return redirect("staffing:plan", month=month)
    if request.method == "POST":
        if actions.swap_duties(plan_id=found.pk, **told, **who(request)).legal:
            messages.success(request, _("Swapped. The answer rate was worked out anew."))
            return redirect("staffing:plan", month=month)
        found.refresh_from_db()
    outlook = queries.swap_outlook(found, **told)
    context = {
        "unit": unit,
        "plan": found,
        "told": told,
        "outlook": outlook,
        "broken": [breach_words(one) for one in outlook.broken],
    }
    return render(request, "staffing/swap.html", context)


def _swap_told(request: HttpRequest, plan: Plan) -> dict[str, Any] | None:
    """Who swaps which days; None where that cannot be, which is said."""
    form = SwapForm(
        request.POST if request.method == "POST" else request.GET,
        agents=queries.agents_of_unit(plan.unit_id, since=plan.month),
    )
    days = month_days(plan.month)
    if not form.is_valid() or {form.cleaned_data["day"], form.cleaned_data["other_day"]} - {*days, None}:
        messages.error(request, _("Choose two people and days of this month."))
        return None
    told = form.cleaned_data
    if told["agent"] == told["other"]:
        messages.error(request, _("Choose two people and days of this month."))
        return None
    first = min(told["day"], told["other_day"] or told["day"])
    if plan.state == PlanState.PUBLISHED and first <= today():
        messages.error(request, _("A day that has begun is not swapped any more."))
        return None
    return {"agent_id": told["agent"], "day": told["day"], "other_id": told["other"], "other_day": told["other_day"]}


@require_POST
@permission_required(Permission.STAFFING_EDIT)
def undo(request: HttpRequest, month: str) -> HttpResponse:
    """Take a swap back whose days have not begun."""
    unit = unit_to_edit(request)
    found = queries.plan_of(unit.pk, _month(month))
    if found is None:
        raise Http404
    number = _whole(request.POST.get("number", ""))
    asked = found.pk == _whole(request.POST.get("plan", ""))
    try:
        checked = actions.undo_swap(plan_id=found.pk, number=number if asked else -1, **who(request))
    except LookupError:
        messages.error(request, _("This swap cannot be undone any more."))
    else:
        if checked.legal:
            messages.success(request, _("Undone. Both work again what they worked before."))
        else:
            reasons = _(", ").join(sorted({rule_name(one.rule or one.kind.value) for one in checked.broken}))
            messages.error(request, _("Not undone, for it would break: %(rules)s") % {"rules": reasons})
    return redirect("staffing:plan", month=month)


@require_POST
@permission_required(Permission.STAFFING_VIEW)
@permission_required(Permission.EXPORT)
def export(request: HttpRequest, month: str) -> HttpResponse:
    """The plan as a workbook."""
    unit = unit_of(request)
    found = queries.plan_of(unit.pk, _month(month)) if unit else None
    if unit is None or found is None:
        raise Http404
    actions.export_plan(plan=found, **who(request))
    days, target = month_days(found.month), BytesIO()
    with new_workbook(target) as book:
        shifts = queries.shifts_of(unit.pk, first=days[0], last=days[-1])
        rows: list[list[Any]] = [
            [_("Team"), _("Person"), *(f"{day:%d}" for day in days), _("Hours"), _("Nights"), _("Weekends")]
        ]
        away = queries.standing_of(found).away
        missed = {one.pk for one in away}
        for row in _rows(unit, found, days, away=away):
            cells = [f"{mark}×" if duty and duty.pk in missed else mark for _day, mark, duty in row["cells"]]
            rows.append([row["agent"].team, str(row["agent"]), *cells, Shown(row["hours"], 1), row["nights"],
                         row["weekends"]])  # fmt: skip
        foot = [[f"{unit.name} {found.month:%Y-%m}"], *([_mark(one, shifts), labeled(one)] for one in shifts)]
        foot.append(["×", _("away")])
        Sheets(book).add(f"{found.month:%Y-%m}", rows, widths=(10, 14, *[4] * len(days), 8, 8, 8), foot=foot)
    return handed_out(target.getvalue(), file_name=file_name_of(_("Roster"), f"{found.month:%Y%m}"))
