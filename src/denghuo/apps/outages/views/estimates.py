"""How right expected times were, by who said them; and how people are told of faults."""

from datetime import timedelta
from typing import Any

import numpy as np
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.charts import Chart, Row, Series
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.queries import units_within
from denghuo.apps.outages import actions, queries
from denghuo.apps.outages.forms import TellingRuleForm
from denghuo.apps.outages.models import Method, TellingRule

_DAYS = (30, 90, 365)


@require_GET
@permission_required(Permission.OUTAGES_VIEW)
def estimates(request: HttpRequest) -> HttpResponse:
    """Expected against actual, by method and team: the last word before supply came, of outages that are over."""
    now = timezone.now()
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(one) for one in _DAYS} else _DAYS[1]
    scores = queries.scores(
        request.data_scope,  # type: ignore[attr-defined]
        since=now - timedelta(days=days),
        until=now,
    )
    context = {"scores": scores, "chart": _chart(scores), "days": days, "spans": _DAYS, "names": dict(Method.choices)}
    return render(request, "outages/estimates.html", context)


def _named(one: queries.Score) -> str:
    name = str(Method(one.method).label)
    return f"{name} · {one.team}" if one.team else name


def _chart(scores: list[queries.Score]) -> Chart:
    best = min(scores, key=lambda one: one.mean_abs_error_min, default=None)
    title = _("How far expected times were off")
    if best and len(scores) > 1:
        title = _("Nearest: %(who)s, off by %(n).0f min on average") % {
            "who": _named(best),
            "n": best.mean_abs_error_min,
        }
    return Chart(
        key="estimates",
        shape="bars",
        title=title,
        about=_("The last word before supply came, against when it came"),
        unit=_("min"),
        labels=[_named(one) for one in scores],
        series=[
            Series(name=_("Off by, on average"), role="now", exact=np.array([one.mean_abs_error_min for one in scores]))
        ]
        if scores
        else [],
        head=[_("Who said it"), _("Outages"), _("Off by, on average")],
        rows=[Row(label=_named(one), cells=[str(one.outages), f"{one.mean_abs_error_min:.0f}"]) for one in scores],
        empty=_("No expected time has been put to the test yet"),
    )


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_EDIT)
def telling_rules(request: HttpRequest) -> HttpResponse:
    """How people are told of faults: the rules in force and those before, and a form for the next."""
    units = units_within(request.data_scope)  # type: ignore[attr-defined]
    product = TellingRule()
    form = TellingRuleForm(request.POST or None, units=units, initial=_initial(product))
    if request.method == "POST" and form.is_valid():
        actions.set_telling_rule(**form.rule(), at=timezone.now(), actor=request.user.get_username())
        messages.success(request, _("The rule is set."))
        return redirect("outages:telling-rules")
    rows = TellingRule.objects.filter(unit__in=[one.pk for one in units]).select_related("unit")
    context = {
        "form": form,
        "rules": list(rows.order_by("unit__path", "-from_date")),
        "product": product,
        "today": timezone.localdate(),
    }
    return render(request, "outages/telling_rules.html", context, status=422 if form.errors else 200)


def _initial(rule: TellingRule) -> dict[str, Any]:
    return {
        "from_date": timezone.localdate(),
        "care_answer_min": rule.care_answer_within_s / 60,
        "others_after_min": rule.others_after_s / 60,
        "ask_within_min": rule.ask_within_s / 60,
        "estimate_percent": round(100 * rule.estimate_share, 1),
        "phone": rule.phone,
    }
