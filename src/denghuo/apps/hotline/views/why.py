"""What the answer rate of a time is made of: its distance from the target, by cause and by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
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
from denghuo.apps.hotline.views.figures import adding_up, number, percent
from denghuo.apps.hotline.views.pages import asked_of, framed, verdict
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.engines.attribution import REDIALS, UNNAMED, round_to_total

_WORST = 10
_MOST_DAYS = 62
_DIGITS = 2
USUAL, UNEXPLAINED = "usual", "unexplained"


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one cause took of the answer rate: points of the whole time, and whole calls, as they are shown."""

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
        return number(self.calls)


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def why(request: HttpRequest) -> HttpResponse:
    """The shortfall shared out over causes, and the days that made it. What takes seconds to work out comes after."""
    asked = asked_of(request)
    context = framed(request, asked)
    if "sure" in request.GET:
        return render(request, "hotline/why_sure.html", _sure(request, asked))
    if asked.first_day is not None:
        context |= {"verdict": verdict(asked), "days": _days(asked, every=request.GET.get("days") == "all")}
        if context["verdict"]:
            context |= _explained(request, asked)
    return render(request, "hotline/why.html", context)


def _question(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    assert asked.target is not None
    return {
        "span": asked.span,
        "target_share": asked.target.share,
        "causes": queries.causes_around(request.data_scope, asked.span),  # type: ignore[attr-defined]
        "known_until": asked.today,
    }


def _explained(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    if asked.span.days > _MOST_DAYS:
        return {"too_long": True}
    question = _question(request, asked)
    if not request.GET.keys() & {"account", "cause"} and not queries.is_explained(**question):
        return {"account_href": asked.address("why", account=1, days=request.GET.get("days"))}
    found = queries.explained(**question)
    if found is None:
        return {"nothing_usual": True}
    shares = _shares(asked, found)
    code = request.GET.get("cause", "")
    chosen = next((one for one in shares if one.code == code), None)
    points, calls = sum(one.points for one in shares), sum(one.calls for one in shares)
    return {
        "shares": shares,
        "total": number(points, _DIGITS),
        "total_calls": number(calls),
        "chart": _waterfall(shares),
        "chosen": chosen,
        "cause_days": _cause_days(asked, found, chosen) if chosen else [],
        "how": _how(found),
        "sure_href": asked.address("why", sure=1),
    }


def _sure(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """How far the parts of the account would move with another usual; nothing where there is no account."""
    known = asked.first_day is not None and asked.target is not None and asked.span.days <= _MOST_DAYS
    found = queries.explained(**_question(request, asked)) if known else None
    if found is None or found.intervals is None:
        return {}
    told = found.intervals
    bounds = queries.bounds_of(found)
    return {
        "rows": [
            {
                "name": one.name,
                "points": one.points_text,
                "low": number(100 * bounds[one.code].low, _DIGITS),
                "high": number(100 * bounds[one.code].high, _DIGITS),
            }
            for one in _shares(asked, found)
        ],
        "draws": len(told.draws),
        "confidence": number(100 * told.confidence_share),
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
    exact = [float(_calls_of(found, code).sum()) for code in codes]
    calls = adding_up(exact, total=_whole(exact))
    points = round_to_total([100 * found.found.share_of_month(one) for one in exact], decimals=_DIGITS)
    by_code = {str(cause.pk): cause for cause in found.causes}
    shares = [
        Share(code=code, calls=one, points=float(point), **_words(asked, code, by_code))
        for code, one, point in zip(codes, calls, points, strict=True)
    ]
    first, *middle, last = shares
    named = [one for one in middle if one.code not in (UNNAMED, REDIALS)]
    rest = [one for one in middle if one.code in (UNNAMED, REDIALS)]
    return [first, *sorted(named, key=lambda one: -one.points), *rest, last]


def _whole(calls: Sequence[float]) -> int:
    """Whole calls that would have had to be answered besides; below zero, those to spare."""
    return ceil(sum(calls) - 1e-9)


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
        foot=[number(sum(one.points for one in shares), _DIGITS), number(sum(one.calls for one in shares))],
    )


def _cause_days(asked: Asked, found: queries.Explained, chosen: Share) -> list[dict[str, Any]]:
    """The days of one part of the account, those that cost most first; what is shown adds up to the part."""
    exact = _calls_of(found, chosen.code).tolist()
    calls = adding_up(exact, total=chosen.calls)
    points = [100 * found.found.share_of_month(one) for one in exact]
    points = adding_up(points, total=chosen.points, digits=_DIGITS)
    told = zip(found.inputs.days, exact, calls, points, strict=True)
    return [
        {
            "day": day,
            "calls": number(count),
            "points": number(point, _DIGITS),
            "href": asked.address("calls", since=day, until=day, counted="not_answered"),
        }
        for day, _exact, count, point in sorted(told, key=lambda row: -abs(row[1]))
        if count or point
    ]


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


def _days(asked: Asked, *, every: bool) -> dict[str, Any] | None:
    """The days with most answers missing to the target, and the others in one row each for those below it and those
    that reached it: what is shown adds up to the distance from the target. None where no day is below it.
    """
    if asked.target is None:
        return None
    share = asked.target.share
    missing = {day: share * told.requests - told.answered for day, told in asked.by_day.items() if told.requests}
    below = sorted((day for day in missing if missing[day] > 0), key=lambda day: -missing[day])
    if not below:
        return None
    reached = sorted(missing.keys() - set(below), key=lambda day: -missing[day])
    shown = [*below, *reached] if every else below[:_WORST]
    rest = [] if every else [one for one in (below[_WORST:], reached) if one]
    exact = [*(missing[day] for day in shown), *(sum(missing[day] for day in days) for days in rest)]
    calls = adding_up(exact, total=_whole(exact))
    points = round_to_total([100 * one / asked.figures.requests for one in exact], decimals=_DIGITS)
    cells = [
        {"missing": number(count), "points": number(point, _DIGITS)}
        for count, point in zip(calls, points.tolist(), strict=True)
    ]
    return {
        "rows": [_day(asked, day) | cell for day, cell in zip(shown, cells, strict=False)],
        "rest": [
            _rest(asked, days, below=missing[days[0]] > 0) | cell
            for days, cell in zip(rest, cells[len(shown) :], strict=True)
        ],
        "requests": number(asked.figures.requests),
        "lost": number(asked.figures.requests - asked.figures.answered),
        "lost_href": asked.address("calls", counted="not_answered"),
        "rate": percent(asked.figures.answer_rate),
        "missing": number(sum(calls)),
        "points": number(float(points.sum()), _DIGITS),
        "all_href": "" if every else asked.address("why", days="all"),
    }


def _day(asked: Asked, day: date) -> dict[str, Any]:
    told = asked.by_day[day]
    return {
        "day": day,
        "href": asked.address("home", since=day, until=day),
        "lost": number(told.requests - told.answered),
        "lost_href": asked.address("calls", since=day, until=day, counted="not_answered"),
        "rate": percent(told.answer_rate),
        "requests": number(told.requests),
    }


def _rest(asked: Asked, days: Sequence[date], *, below: bool) -> dict[str, str]:
    """Several days in one row."""
    told = [asked.by_day[day] for day in days]
    requests, answered = sum(one.requests for one in told), sum(one.answered for one in told)
    words = {"count": number(len(days))}
    return {
        "name": (_("Other days below the target: %(count)s") if below else _("Days that reached it: %(count)s"))
        % words,
        "requests": number(requests),
        "lost": number(requests - answered),
        "rate": percent(answered / requests),
    }
