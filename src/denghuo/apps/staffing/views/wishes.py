"""What people would like, and what they can do."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.forms import SkillsForm, WishForm
from denghuo.apps.staffing.models import PlanState
from denghuo.apps.staffing.views.frame import WISHES_AHEAD, may_edit, today, unit_of, who


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def wishes(request: HttpRequest) -> HttpResponse:
    """Wishes to come and skills of everybody, and forms for both."""
    unit = unit_of(request)
    editable = may_edit(request, unit)
    told = _forms(request, unit) if unit is not None and editable else {}
    sent = next((name for name, one in told.items() if one.is_bound), None)
    if request.method == "POST":
        if not editable:
            raise PermissionDenied
        if sent is None:
            raise Http404
        if told[sent].is_valid() and (sent != "wish" or _is_ahead(told[sent])):
            _save(sent, dict(told[sent].cleaned_data), request)
            return redirect("staffing:wishes")
    context: dict[str, Any] = {"unit": unit, "forms": told, "may_edit": editable}
    if unit is not None:
        context |= _listed(unit)
    return render(request, "staffing/wishes.html", context, status=422 if sent and told[sent].errors else 200)


def _forms(request: HttpRequest, unit: Unit) -> dict[str, WishForm | SkillsForm]:
    agents, shifts = queries.agents_of_unit(unit.pk, since=today()), queries.shifts_of(unit.pk, first=today())
    sent = request.POST.get("form", "") if request.method == "POST" else ""
    return {
        "wish": WishForm(request.POST if sent == "wish" else None, shifts=shifts, agents=agents, auto_id="wish-%s"),
        "skills": SkillsForm(request.POST if sent == "skills" else None, agents=agents, auto_id="skills-%s"),
    }


def _is_ahead(form: WishForm | SkillsForm) -> bool:
    """Whether a wish is of a day that can still be planned; a year written wrong is none."""
    if not today() <= form.cleaned_data["day"] <= today() + WISHES_AHEAD:
        words = _("Choose a day from today on, %(days)d days ahead at most.")
        form.add_error("day", words % {"days": WISHES_AHEAD.days})
    return form.is_valid()


def _save(name: str, told: dict[str, Any], request: HttpRequest) -> None:
    if name == "wish":
        actions.record_wish(
            agent_id=told["agent"], day=told["day"], shift_id=told["shift"], wanted=told["wanted"], **who(request)
        )
    else:
        actions.set_skills(agent_id=told["agent"], names=told["names"], **who(request))
    messages.success(request, _("Recorded. Plan anew what it touches."))


def _listed(unit: Unit) -> dict[str, Any]:
    agents = queries.agents_of_unit(unit.pk)
    ids = [one.pk for one in agents]
    held: dict[int, list[str]] = {}
    for row in queries.skills_of(ids):
        held.setdefault(row.agent_id, []).append(row.name)
    rows = queries.wishes_between(ids, today(), today() + WISHES_AHEAD)
    return {"wishes": rows, "skills": [(one, _(", ").join(held[one.pk])) for one in agents if one.pk in held]}


@require_POST
@permission_required(Permission.HOTLINE_VIEW)
def wish(request: HttpRequest) -> HttpResponse:
    """Say what I would like on a day."""
    found = queries.person_of_user(request.user, scope=request.data_scope)  # type: ignore[attr-defined, arg-type]
    if found is None:
        raise Http404
    form = WishForm(request.POST, shifts=queries.shifts_of(found.unit_id, first=today()), agents=None)
    if not form.is_valid() or not today() < form.cleaned_data["day"] <= today() + WISHES_AHEAD:
        messages.error(request, _("Choose a day of the next months, and what you would like."))
    else:
        told = form.cleaned_data
        actions.record_wish(
            agent_id=found.agent.pk, day=told["day"], shift_id=told["shift"], wanted=told["wanted"], **who(request)
        )
        if queries.plan_of(found.unit_id, told["day"].replace(day=1), state=PlanState.PUBLISHED):
            messages.warning(request, _("Noted, but that month is published: ask the shift leader for a swap."))
        else:
            messages.success(request, _("Your wish is noted. The next roster keeps to it where it can."))
    return redirect("staffing:person")
