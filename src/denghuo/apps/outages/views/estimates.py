"""How right expected times were, by who said them."""

from datetime import timedelta

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.charts import Chart, Row, Series
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import Method

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
