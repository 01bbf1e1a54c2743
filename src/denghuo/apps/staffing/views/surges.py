"""What to do about an outage, decided with one click."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.organization.access import Permission, may, permission_required, scope_of
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import Surge, SurgeState
from denghuo.apps.staffing.views import charts
from denghuo.apps.staffing.views.frame import percent, who


@require_GET
@permission_required(Permission.STAFFING_VIEW)
def surges(request: HttpRequest) -> HttpResponse:
    """Proposals, the newest first."""
    rows = queries.surges_of(request.data_scope)  # type: ignore[attr-defined]
    told = [(one, percent(one.told["rates"][""]), percent(one.told["rates"][one.told["recommended"]])) for one in rows]
    return render(request, "staffing/surges.html", {"rows": told})


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def surge(request: HttpRequest, surge_id: int) -> HttpResponse:
    """How many calls will come, what the answer rate will be, and what to do about it."""
    if request.method == "POST" and not scope_of(request.user, Permission.STAFFING_EDIT):
        raise PermissionDenied
    try:
        found = queries.surge_for(scope=request.data_scope, surge_id=surge_id)  # type: ignore[attr-defined]
    except Surge.DoesNotExist:
        raise Http404 from None
    edit = may(request.user, Permission.STAFFING_EDIT, path=found.unit.path)
    if request.method == "POST":
        if not edit:
            raise PermissionDenied
        return _decide(request, found)
    told = found.told
    best = told["recommended"]
    context: dict[str, Any] = {
        "surge": found,
        "may_edit": edit and found.state == SurgeState.PROPOSED,
        "measures": _measures(found),
        "call_ups": queries.call_ups_of(found),
        "charts": [charts.surge_calls(found), charts.surge_rates(found)],
        "again": found.state == SurgeState.PROPOSED and bool(found.accepted),
        "wording": queries.wording_of(found, at=timezone.now()),
        "now": timezone.now().isoformat(),
        "restored_at": parse_datetime(told["restored_at"]),
        "until_label": told["labels"][-1],
        "figures": [
            (_("More calls"), f"{told['wave_total']['mean']:,.0f}", _("calls"), _range(told)),
            (_("Answer rate as things are"), percent(told["rates"][""]), "%", _worse(told, "before")),
            (_("With what is proposed"), percent(told["rates"][best]), "%", _worse(told, "after")),
            (_("Calls lost with it"), f"{told['lost'][best]:,.0f}", _("calls"), _instead(told)),
            (_("Cost of the proposal"), f"{told['costs_fen'][best] / 100:,.2f}", _("yuan"), ""),
        ],
    }
    return render(request, "staffing/surge.html", context)


def _range(told: dict[str, Any]) -> str:
    wave = told["wave_total"]
    return _("in four of five cases %(low)d to %(high)d") % {"low": round(wave["low"]), "high": round(wave["high"])}


def _instead(told: dict[str, Any]) -> str:
    return _("instead of %(calls)d as things are") % {"calls": round(told["lost"][""])}


def _worse(told: dict[str, Any], key: str) -> str:
    return _("%(rate)s %% if it gets bad") % {"rate": percent(told["worse"][key])}


def _measures(found: Surge) -> list[dict[str, Any]]:
    """Each measure in words, with what it does alone and what it costs."""
    words = {
        "announcement": _("Announcement to callers about the outage"),
        "call_backs": _("Put call-backs off; who makes them answers"),
        "second": _("Call up the second tier: mobile people who are off"),
        "third": _("Call up the third tier: people of teams who are off"),
    }
    best = found.told["recommended"].split("+")
    named = {one.pk: str(one) for one in queries.agents_of_unit(found.unit_id)}
    return [
        {
            "code": one["measure"],
            "name": words[one["measure"]],
            "heads": one["heads"] or "–",
            "from_at": parse_datetime(one["from_at"]),
            "cost": f"{one['cost_fen'] / 100:,.2f}",
            "rate": percent(one["rate_alone"]),
            "people": ", ".join(named.get(agent_id, "") for agent_id in one["agent_ids"]),
            "proposed": one["measure"] in best,
            "accepted": one["measure"] in found.accepted,
        }
        for one in found.told["measures"]
    ]


def _instant(told: str) -> datetime | None:
    try:
        found = parse_datetime(told)
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _decide(request: HttpRequest, found: Surge) -> HttpResponse:
    if found.state != SurgeState.PROPOSED:
        messages.error(request, _("This was decided already."))
    elif "dismiss" in request.POST:
        actions.dismiss_surge(surge_id=found.pk, **who(request))
        messages.success(request, _("Noted: nothing needs to be done."))
    else:
        try:
            actions.send_surge(
                surge_id=found.pk,
                measures=request.POST.getlist("measure"),
                worded_at=_instant(request.POST.get("worded_at", "")),
                **who(request),
            )
            messages.success(request, _("Sent. Answers of those called up appear below."))
        except ValueError:
            messages.error(request, _("Choose at least one measure."))
    return redirect("staffing:surge", surge_id=found.pk)
