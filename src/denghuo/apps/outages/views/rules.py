"""How people are told of faults, and how what they say is judged: the rules in force, and a form for the next."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.organization.queries import units_within
from denghuo.apps.outages import actions, queries
from denghuo.apps.outages.forms import JudgingRuleForm, TellingRuleForm
from denghuo.apps.outages.models import JudgingRule, TellingRule


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_EDIT)
def telling_rules(request: HttpRequest) -> HttpResponse:
    """How people are told of faults."""
    unit = _unit_asked(request)
    held = queries.rule_for(str(unit.path), on=timezone.localdate())
    initial = {
        "care_answer_min": f"{held.care_answer_within_s / 60:g}",
        "others_after_min": f"{held.others_after_s / 60:g}",
        "ask_within_min": f"{held.ask_within_s / 60:g}",
        "estimate_percent": f"{100 * held.estimate_share:g}",
        "remind_before_h": f"{held.remind_before_s / 3600:g}",
        "remind_again_min": f"{held.remind_again_s / 60:g}",
        "plan_told_before_h": f"{held.plan_told_before_s / 3600:g}",
        "quiet_from": held.quiet_from,
        "quiet_until": held.quiet_until,
        "phone": held.phone,
    }
    return _rules(request, TellingRuleForm, actions.set_telling_rule, unit, held, initial, "telling")


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_EDIT)
def judging_rules(request: HttpRequest) -> HttpResponse:
    """How reports and words of meters are judged."""
    unit = _unit_asked(request)
    held = queries.judging_rules_of([unit.pk], on=timezone.localdate())[unit.pk]
    initial = {
        "meter_word_holds_h": f"{held.meter_word_holds_s / 3600:g}",
        "shut_for_h": f"{held.shut_for_s / 3600:g}",
        "several_reports": held.several_reports,
        "around_plan_min": f"{held.around_plan_s / 60:g}",
        "found_before_days": held.found_before_days,
        "told_within_h": f"{held.told_within_s / 3600:g}",
        "many_customers": held.many_customers,
        "care_weighs": held.care_weighs,
        "near_percent": f"{100 * held.near_share:g}",
    }
    return _rules(request, JudgingRuleForm, actions.set_judging_rule, unit, held, initial, "judging")


def _unit_asked(request: HttpRequest) -> Unit:
    """Whose rule is set: the unit asked for, else the first within reach."""
    units = units_within(request.data_scope)  # type: ignore[attr-defined]
    asked = request.POST.get("unit", request.GET.get("unit", ""))
    found = [one for one in units if str(one.pk) == asked] or ([] if "unit" in request.GET else units)
    if not found:
        raise Http404
    return found[0]


def _rules(
    request: HttpRequest,
    form_of: type[TellingRuleForm] | type[JudgingRuleForm],
    set_rule: Callable[..., Any],
    unit: Unit,
    held: TellingRule | JudgingRule,
    initial: dict[str, Any],
    name: str,
) -> HttpResponse:
    units, today = units_within(request.data_scope), timezone.localdate()  # type: ignore[attr-defined]
    form = form_of(request.POST or None, units=units, initial={"unit": unit.pk, "from_date": today} | initial)
    if request.method == "POST" and form.is_valid():
        set_rule(**form.rule(), at=timezone.now(), actor=request.user.get_username())
        messages.success(request, _("The rule is set."))
        return redirect(f"{request.path}?unit={unit.pk}")
    rows = type(held).objects.filter(unit__in=[one.pk for one in units]).select_related("unit")
    context = {
        "form": form,
        "units": units,
        "unit": unit,
        "held": held,
        "rules": rows.order_by("unit__path", "-from_date"),
        "product": type(held)(),
        "today": today,
    }
    return render(request, f"outages/{name}_rules.html", context, status=422 if form.errors else 200)
