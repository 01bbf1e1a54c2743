"""How people are told of faults, and how what they say is judged: the rules in force, and a form for the next."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.queries import units_within
from denghuo.apps.outages import actions
from denghuo.apps.outages.forms import JudgingRuleForm, TellingRuleForm
from denghuo.apps.outages.models import JudgingRule, TellingRule


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_EDIT)
def telling_rules(request: HttpRequest) -> HttpResponse:
    """How people are told of faults."""
    product = TellingRule()
    initial = {
        "care_answer_min": f"{product.care_answer_within_s / 60:g}",
        "others_after_min": f"{product.others_after_s / 60:g}",
        "ask_within_min": f"{product.ask_within_s / 60:g}",
        "estimate_percent": f"{100 * product.estimate_share:g}",
        "remind_before_h": f"{product.remind_before_s / 3600:g}",
        "remind_again_min": f"{product.remind_again_s / 60:g}",
        "plan_told_before_h": f"{product.plan_told_before_s / 3600:g}",
        "quiet_from": product.quiet_from,
        "quiet_until": product.quiet_until,
        "phone": product.phone,
    }
    return _rules(request, TellingRuleForm, actions.set_telling_rule, product, initial, "telling")


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_EDIT)
def judging_rules(request: HttpRequest) -> HttpResponse:
    """How reports and words of meters are judged."""
    product = JudgingRule()
    initial = {
        "meter_word_holds_h": f"{product.meter_word_holds_s / 3600:g}",
        "shut_for_h": f"{product.shut_for_s / 3600:g}",
        "several_reports": product.several_reports,
        "around_plan_min": f"{product.around_plan_s / 60:g}",
        "found_before_days": product.found_before_days,
        "told_within_h": f"{product.told_within_s / 3600:g}",
        "many_customers": product.many_customers,
        "care_weighs": product.care_weighs,
        "near_percent": f"{100 * product.near_share:g}",
    }
    return _rules(request, JudgingRuleForm, actions.set_judging_rule, product, initial, "judging")


def _rules(
    request: HttpRequest,
    form_of: type[TellingRuleForm] | type[JudgingRuleForm],
    set_rule: Callable[..., Any],
    product: TellingRule | JudgingRule,
    initial: dict[str, Any],
    name: str,
) -> HttpResponse:
    units, today = units_within(request.data_scope), timezone.localdate()  # type: ignore[attr-defined]
    form = form_of(request.POST or None, units=units, initial={"from_date": today} | initial)
    if request.method == "POST" and form.is_valid():
        set_rule(**form.rule(), at=timezone.now(), actor=request.user.get_username())
        messages.success(request, _("The rule is set."))
        return redirect(f"outages:{name}-rules")
    rows = type(product).objects.filter(unit__in=[one.pk for one in units]).select_related("unit")
    context = {"form": form, "rules": rows.order_by("unit__path", "-from_date"), "product": product, "today": today}
    return render(request, f"outages/{name}_rules.html", context, status=422 if form.errors else 200)
