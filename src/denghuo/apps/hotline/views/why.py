"""Why a time fell short of its target."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.charts import Chart, Floats, Row, Series
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.forms import Asked
from denghuo.apps.hotline.models import Cause
from denghuo.apps.hotline.views.figures import number, percent
from denghuo.apps.hotline.views.pages import asked_of, framed, verdict
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.engines.attribution import REDIALS, UNNAMED, round_to_total

_WORST = 10
_MOST_DAYS = 62
_DIGITS = 2
USUAL, UNEXPLAINED = "usual", "unexplained"


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one cause took of the answer rate: points of the whole time, and calls."""

    code: str
    name: str | Promise
    about: str | Promise
    calls: float
    points: float
    href: str = ""

    @property
    def points_text(self) -> str:
        return number(self.points, _DIGITS)

    @property
    def calls_text(self) -> str:
        return number(self.calls, 1)


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def why(request: HttpRequest) -> HttpResponse:
    """The shortfall shared out over causes, and the days that made it."""
    asked = asked_of(request)
    context = framed(request, asked)
    if asked.first_day is not None:
        context |= {"verdict": verdict(asked), "worst": _worst(asked)}
        if context["verdict"]:
            context |= _explained(request, asked)
    return render(request, "hotline/why.html", context)


def _explained(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    if asked.span.days > _MOST_DAYS:
        return {"too_long": True}
    assert asked.target is not None
    found = queries.explained(
        asked.span,
        target_share=asked.target.share,
        causes=queries.causes_around(request.data_scope, asked.span),  # type: ignore[attr-defined]
        known_until=asked.today,
    )
    if found is None:
        return {"nothing_usual": True}
    shares = _shares(asked, found)
    code = request.GET.get("cause", "")
    chosen = next((one for one in shares if one.code == code), None)
    return {
        "shares": shares,
        "total": number(100 * found.found.shortfall_share, _DIGITS),
        "total_calls": number(float(found.found.missing_calls.sum()), 1),
        "chart": _waterfall(shares),
        "chosen": chosen,
        "cause_days": _cause_days(asked, found, chosen.code) if chosen else [],
        "how": _how(found),
    }


def _calls_of(found: queries.Explained, code: str) -> Floats:
    """Missing calls of one part of the account by day."""
    if code == USUAL:
        return found.found.usual_calls
    if code == UNEXPLAINED:
        return found.found.unexplained_calls
    return found.found.player_calls[found.found.players.index(code)]


def _shares(asked: Asked, found: queries.Explained) -> list[Share]:
    """Every part of the account, the largest cause first; rounded so that what is shown adds up to what is shown."""
    codes = [USUAL, *found.found.players, UNEXPLAINED]
    calls = [float(_calls_of(found, code).sum()) for code in codes]
    points = round_to_total([100 * found.found.share_of_month(one) for one in calls], decimals=_DIGITS)
    by_code = {str(cause.pk): cause for cause in found.causes}
    shares = [
        Share(code=code, calls=one, points=float(point), **_words(asked, code, by_code))
        for code, one, point in zip(codes, calls, points, strict=True)
    ]
    first, *middle, last = shares
    named = [one for one in middle if one.code not in (UNNAMED, REDIALS)]
    rest = [one for one in middle if one.code in (UNNAMED, REDIALS)]
    return [first, *sorted(named, key=lambda one: -one.points), *rest, last]


def _words(asked: Asked, code: str, by_code: dict[str, Cause]) -> dict[str, Any]:
    href = asked.address("why", cause=code)
    told = {
        USUAL: (
            _("A usual month"),
            _("What would be missing, or to spare, had nothing happened; negative: better than the target."),
        ),
        UNNAMED: (_("Unusual without a name"), _("More calls or fewer people than usual where no cause is named.")),
        REDIALS: (_("Redials"), _("Callers who gave up and called again, and so made the queue longer.")),
        UNEXPLAINED: (_("Not explained"), _("What the queueing model does not explain.")),
    }
    if code in told:
        name, about = told[code]
        return {"name": name, "about": about, "href": href}
    cause = by_code[code]
    return {"name": cause.name, "about": cause.get_kind_display(), "href": href}


def _waterfall(shares: list[Share]) -> Chart:
    """The parts as bars, the largest cause first."""
    return Chart(
        key="shares",
        shape="bars",
        title=_("Points of the answer rate, by cause"),
        about=_("They add up to the distance from the target"),
        unit=_("points"),
        labels=[str(one.name) for one in shares],
        series=[Series(name=_("Points"), role="now", exact=np.array([one.points for one in shares]), digits=_DIGITS)],
        hrefs=[one.href for one in shares],
        floor=min(0.0, float(np.floor(min(one.points for one in shares)))),
        head=[_("Cause"), _("Points"), _("Answers missing")],
        rows=[Row(label=str(one.name), href=one.href, cells=[one.points_text, one.calls_text]) for one in shares],
        foot=[number(sum(one.points for one in shares), _DIGITS), number(sum(one.calls for one in shares), 1)],
    )


def _cause_days(asked: Asked, found: queries.Explained, code: str) -> list[dict[str, Any]]:
    """The days of one part of the account, those that cost most first."""
    calls = _calls_of(found, code).tolist()
    rows = [
        {
            "day": day,
            "calls": number(one, 1),
            "points": number(100 * found.found.share_of_month(one), _DIGITS),
            "href": asked.address("calls", since=day, until=day, counted="not_answered"),
            "size": abs(one),
        }
        for day, one in zip(found.inputs.days, calls, strict=True)
        if abs(one) >= 0.05
    ]
    return sorted(rows, key=lambda row: -row["size"])


def _how(found: queries.Explained) -> dict[str, str | bool]:
    """What the account rests on, for who wants to know."""
    model = found.inputs.model
    return {
        "patience": number(model.patience_s),
        "patience_is_default": found.inputs.patience_is_default,
        "redials": percent(model.redial_share),
        "seats": number(100 * found.calibration.scale),
        "modeled": percent(found.found.modeled_answered_share),
        "observed": percent(found.found.answered_share),
        "usual_days": number(found.inputs.usual_day_count),
        "usual_rate": percent(found.found.usual_answered_share),
    }


def _worst(asked: Asked) -> list[dict[str, Any]]:
    """The days with most calls missing to the target."""
    if asked.target is None:
        return []
    missing: dict[date, float] = {
        day: asked.target.share * told.requests - told.answered
        for day, told in asked.by_day.items()
        if told.answer_rate < asked.target.share
    }
    total = asked.figures.requests or np.nan
    return [
        {
            "day": day,
            "href": asked.address("home", since=day, until=day),
            "lost": asked.address("calls", since=day, until=day, counted="not_answered"),
            "rate": percent(asked.by_day[day].answer_rate),
            "requests": number(asked.by_day[day].requests),
            "missing": number(count),
            "points": number(100 * count / total, _DIGITS),
        }
        for day, count in sorted(missing.items(), key=lambda item: -item[1])[:_WORST]
    ]
