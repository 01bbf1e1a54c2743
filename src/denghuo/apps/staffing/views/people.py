"""One person's duties and call-ups; who was there when they should have been."""

from datetime import UTC, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.hotline.models import Agent
from denghuo.apps.organization.access import Permission, permission_required, scope_of
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.forms import WishForm, clocks_of
from denghuo.apps.staffing.models import Answer
from denghuo.apps.staffing.queries.duties import Person, agent_for, times_of
from denghuo.apps.staffing.queries.surges import call_ups_for_agent
from denghuo.apps.staffing.views.frame import WISHES_AHEAD, percent, today, unit_of, who

_AHEAD = timedelta(days=100)  # as far as rosters are published
_LATE_MIN = 5


def _person(request: HttpRequest) -> Person | None:
    """Whose page it is: one's own, or that of somebody asked for by who may see staffing."""
    asked = request.GET.get("agent", "")
    if not asked:
        return queries.person_of_user(request.user, scope=request.data_scope)  # type: ignore[attr-defined, arg-type]
    try:
        return agent_for(scope=scope_of(request.user, Permission.STAFFING_VIEW), agent_id=int(asked))
    except (ValueError, OverflowError, Agent.DoesNotExist):
        raise Http404 from None


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def person(request: HttpRequest) -> HttpResponse:
    """My duties of the next weeks, and what I am called up for."""
    found = _person(request)
    context: dict[str, Any] = {
        "person": found,
        "own": not request.GET.get("agent"),
        "may_see": bool(scope_of(request.user, Permission.STAFFING_VIEW)),
    }
    if found is not None:
        duties = queries.duties_between(found.unit_id, today(), today() + _AHEAD, agent_id=found.agent.pk)
        context |= {
            "duties": [(one, *clocks_of(one.shift)) for one in duties],
            "absences": queries.absences_between([found.agent.pk], today(), today() + _AHEAD),
            "call_ups": call_ups_for_agent(found.agent.pk),
            "asked": Answer.ASKED,
            "now": timezone.now(),
            "wish": WishForm(shifts=queries.shifts_of(found.unit_id, first=today()), agents=None),
            "wishes": queries.wishes_between([found.agent.pk], today(), today() + WISHES_AHEAD),
        }
    return render(request, "staffing/person.html", context)


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def duties_file(request: HttpRequest) -> HttpResponse:
    """My duties for a calendar (RFC 5545)."""
    found = _person(request)
    if found is None:
        raise Http404
    duties = queries.duties_between(found.unit_id, today(), today() + _AHEAD, agent_id=found.agent.pk)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Denghuo//Staffing//EN"]
    for one in duties:
        start, end = (f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in times_of(one))
        name = one.shift.name.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", " ")
        stamp = f"{one.plan.made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        lines += ["BEGIN:VEVENT", f"UID:duty-{one.agent_id}-{one.day:%Y%m%d}@denghuo", f"DTSTAMP:{stamp}"]
        lines += [f"DTSTART:{start}", f"DTEND:{end}", f"SUMMARY:{name}", "END:VEVENT"]
    text = "\r\n".join([*lines, "END:VCALENDAR", ""])
    headers = {"Content-Disposition": 'attachment; filename="duties.ics"'}
    return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers=headers)


@require_POST
@permission_required(Permission.HOTLINE_VIEW)
def answer(request: HttpRequest, call_up_id: int) -> HttpResponse:
    """Say whether I come."""
    found = queries.person_of_user(request.user, scope=request.data_scope)  # type: ignore[attr-defined, arg-type]
    told = request.POST.get("answer", "")
    own = {one.pk for one in call_ups_for_agent(found.agent.pk)} if found else set()
    if call_up_id not in own or told not in (Answer.ACCEPTED, Answer.DECLINED):
        raise Http404
    actions.answer_call_up(call_up_id=call_up_id, answer=Answer(told), **who(request))
    messages.success(request, _("Your answer has been passed on."))
    return redirect("staffing:person")


@require_GET
@permission_required(Permission.STAFFING_VIEW)
def adherence(request: HttpRequest) -> HttpResponse:
    """Who was there when they should have been, in the last days."""
    unit = unit_of(request)
    rows = queries.adherence(unit.pk, today() - timedelta(days=2), today(), at=timezone.now()) if unit else []
    told = [(one, percent(one.here_share, 0), one.here_share is not None and one.here_share < 0.9) for one in rows]
    late = sum(one.late_min is not None and one.late_min >= _LATE_MIN for one in rows)
    early = sum(one.early_min is not None and one.early_min >= _LATE_MIN for one in rows)
    known = [one.here_share for one in rows if one.here_share is not None]
    figures = [
        (_("Duties begun"), str(len(rows)), "", ""),
        (_("There of the time due"), percent(sum(known) / len(known)) if known else "–", "%", ""),
        (_("Late"), str(late), "", _("%(minutes)d min and more") % {"minutes": _LATE_MIN}),
        (_("Left early"), str(early), "", _("%(minutes)d min and more") % {"minutes": _LATE_MIN}),
        (_("Never signed in"), str(sum(one.signed_in_at is None for one in rows)), "", ""),
    ]
    return render(request, "staffing/adherence.html", {"unit": unit, "rows": told[::-1], "figures": figures})
