"""What to do about an outage: proposed, asked once, sent, followed, and taken back while that makes sense."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.organization.access import Permission, may, permission_required, scope_of
from denghuo.apps.organization.queries import names_of
from denghuo.apps.outages import queries as outages
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import Answer, CallUp, RuleKind, Surge, SurgeState
from denghuo.apps.staffing.views import charts, courses
from denghuo.apps.staffing.views.frame import percent, who

_PRICES = {"second": RuleKind.SECOND_YUAN_PER_H, "third": RuleKind.THIRD_YUAN_PER_H}


@require_GET
@permission_required(Permission.STAFFING_VIEW)
def surges(request: HttpRequest) -> HttpResponse:
    """Proposals, the newest first."""
    rows = queries.surges_of(request.data_scope)  # type: ignore[attr-defined]
    told = [(one, one.told["rates"], one.told["recommended"]) for one in rows]
    shown = [(one, percent(rates[""]), percent(rates[best] if best else None)) for one, rates, best in told]
    return render(request, "staffing/surges.html", {"rows": shown})


@require_GET
@permission_required(Permission.HOTLINE_WORK)
def put_off(request: HttpRequest) -> HttpResponse:
    """For the pages of call-backs: until when they are put off, and why."""
    rows = queries.call_backs_put_off(request.data_scope, at=timezone.now())  # type: ignore[attr-defined]
    links = bool(scope_of(request.user, Permission.STAFFING_VIEW))
    return render(request, "staffing/put_off.html", {"rows": rows, "links": links})


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def surge(request: HttpRequest, surge_id: int) -> HttpResponse:
    """How many calls will come, what the answer rate will be, what to do about it, and what came of it."""
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
    now = timezone.now()
    context = _told(found) | {
        "may_edit": edit and found.state == SurgeState.PROPOSED,
        "may_take_back": edit and found.state == SurgeState.SENT and found.outage.lasts,
        "measures": _measures(found),
        "charts": [charts.surge_calls(found), charts.surge_rates(found)],
        "again": found.state == SurgeState.PROPOSED and bool(found.accepted),
        "wording": queries.wording_of(found, at=now),
        "unheard": queries.unheard_on(found.unit, found.outage, at=now),
        "now": now.isoformat(),
    }
    if found.state == SurgeState.PROPOSED and "chosen" in request.GET:
        chosen = request.GET.getlist("measure")
        context["figures"] = _figures(found.told, chosen)
        context["measures"] = [one | {"proposed": one["code"] in chosen} for one in context["measures"]]
    if found.accepted:
        context |= _sent(found, at=now)
    course = queries.course_of(found, at=now)
    if course is not None and (course.as_sent or course.over):
        context |= {"course": courses.table(course)}
        context["charts"] = [courses.chart(course), charts.surge_rates(found)]
    return render(request, "staffing/surge.html", context)


def _told(found: Surge) -> dict[str, Any]:
    """What the head of every page of a surge says, and the figures of its proposal."""
    told = found.told
    begin, length = datetime.fromisoformat(told["from"]), timedelta(minutes=told["step_min"] * len(told["labels"]))
    return {
        "surge": found,
        "customers_out": outages.cost(found.outage, at=timezone.now()).lv_customers_out,
        "restored_at": parse_datetime(told["restored_at"]),
        "begin": begin,
        "until": begin + length,
        "hours": f"{length / timedelta(hours=1):g}",
        "sending": _sending(found),
        "taken_back": _taken_back(found),
        "figures": _figures(told, told["recommended"].split("+")),
        "advised": bool(told["recommended"]),
        "reached": (told["rates"][""] or 0) >= told["target_share"],
    }


def _figures(told: dict[str, Any], chosen: list[str]) -> list[tuple[str, str, str, str]]:
    """The figures of a proposal with some of its measures; how bad it can get is known of what is proposed alone."""
    key = "+".join(one["measure"] for one in told["measures"] if one["measure"] in chosen)
    proposed = key == told["recommended"]
    figures = [
        (_("More calls"), f"{told['wave_total']['mean']:,.0f}", _("calls"), _range(told)),
        (_("Answer rate as things are"), percent(told["rates"][""]), "%", _worse(told, "before")),
    ]
    if not key:
        return figures
    lost = _("instead of %(calls)s as things are; who calls again counts each time")
    return [
        *figures,
        (
            _("With what is proposed") if proposed else _("With what is ticked"),
            percent(told["rates"][key]),
            "%",
            _worse(told, "after") if proposed else "",
        ),
        (
            _("Attempts not answered with it"),
            f"{told['lost'][key]:,.0f}",
            _("attempts"),
            lost % {"calls": f"{told['lost']['']:,.0f}"},
        ),
        (_("Cost of it"), f"{told['costs_fen'][key] / 100:,.2f}", _("yuan"), ""),
    ]


def _sending(found: Surge) -> dict[str, Any] | None:
    """When and by whom what holds was sent."""
    if not found.accepted or found.decided_at is None:
        return None
    return {"at": found.decided_at, "by": names_of([found.decided_by]).get(found.decided_by, found.decided_by)}


def _taken_back(found: Surge) -> list[dict[str, Any]]:
    rows = [one for one in found.sent if "taken_back_at" in one]
    names = names_of(one[key] for one in rows for key in ("by", "taken_back_by"))
    return [
        {
            "at": parse_datetime(one["at"]),
            "by": names.get(one["by"], one["by"]),
            "back_at": parse_datetime(one["taken_back_at"]),
            "back_by": names.get(one["taken_back_by"], one["taken_back_by"]),
        }
        for one in rows
    ]


def _sent(found: Surge, *, at: datetime) -> dict[str, Any]:
    """What happened: the words on the line, who is called up, and until when call-backs are put off."""
    call_ups = queries.call_ups_of(found)
    told = queries.sending_of(found)
    return {
        "call_ups": call_ups,
        "answers": _answers(call_ups),
        "announced": "announcement" in found.accepted,
        "announcements": queries.announcements_of(found),
        "put_off_until": queries.put_off_until(found),
        "put_off_now": found.outage.lasts and (queries.put_off_until(found) or at) > at,
        "heard_from": _heard_from(found),
        "cost": None if told is None else f"{told['cost_fen'] / 100:,.2f}",
        "used": _used(found) if call_ups and not found.outage.lasts else None,
    }


def _heard_from(found: Surge) -> datetime | None:
    """From when on callers were taken to hear the announcement."""
    rows = [one for one in queries.measures_sent(found) if one["measure"] == "announcement"]
    return parse_datetime(rows[0]["from_at"]) if rows else None


def _used(found: Surge) -> dict[str, Any]:
    """What those who said that they come really cost, until they were let go."""
    rows = queries.used_of(found)
    text = _("%(people)s, together %(minutes)s min × %(price)s yuan/h ÷ 60 = %(cost)s yuan")
    workings = [
        text
        % {
            "people": ngettext("%(n)d person", "%(n)d people", one.people) % {"n": one.people},
            "minutes": f"{one.minutes:,}",
            "price": f"{one.yuan_per_h:,.2f}",
            "cost": f"{one.cost_fen / 100:,.2f}",
        }
        for one in rows
    ]
    return {"cost": f"{sum(one.cost_fen for one in rows) / 100:,.2f}", "workings": workings}


def _answers(call_ups: list[CallUp]) -> str:
    counts = {answer: sum(one.answer == answer for one in call_ups) for answer in Answer}
    return _("%(come)d come, %(cannot)d cannot, %(open)d have not answered yet") % {
        "come": counts[Answer.ACCEPTED],
        "cannot": counts[Answer.DECLINED],
        "open": counts[Answer.ASKED],
    }


def _range(told: dict[str, Any]) -> str:
    wave = told["wave_total"]
    words = {"low": f"{wave['low']:,.0f}", "high": f"{wave['high']:,.0f}"}
    return _("first calls; in four of five cases %(low)s to %(high)s") % words


def _worse(told: dict[str, Any], key: str) -> str:
    return _("%(rate)s %% if it gets bad") % {"rate": percent(told["worse"][key])}


def _measures(found: Surge) -> list[dict[str, Any]]:
    """Each measure of a proposal; those that were sent, with the times and costs of their sending."""
    best = found.told["recommended"].split("+")
    told = queries.sending_of(found) if found.state != SurgeState.PROPOSED else None
    sent = {one["measure"]: one for one in told["measures"]} if told else {}
    return [
        _measure(found, one | sent.get(one["measure"], {}))
        | {
            "rate": percent(one["rate_alone"]),
            "proposed": one["measure"] in best,
            "accepted": one["measure"] in found.accepted,
        }
        for one in found.told["measures"]
    ]


def _measure(found: Surge, told: dict[str, Any]) -> dict[str, Any]:
    """A measure in words, with its times and what it costs."""
    words = {
        "announcement": _("Announcement to callers about the outage"),
        "call_backs": _("Put call-backs off; those who make them answer calls"),
        "second": _("Call up the second tier: mobile people who are off"),
        "third": _("Call up the third tier: people of teams who are off"),
    }
    named = {one.pk: str(one) for one in queries.agents_of_unit(found.unit_id)}
    return {
        "code": told["measure"],
        "name": words[told["measure"]],
        "heads": told["heads"] or "–",
        "from_at": parse_datetime(told["from_at"]),
        "until_at": parse_datetime(told["until_at"]),
        "cost": f"{told['cost_fen'] / 100:,.2f}",
        "working": _working(found, told),
        "people": [named.get(agent_id, "") for agent_id in told["agent_ids"]],
    }


def _working(found: Surge, told: dict[str, Any]) -> str:
    """How the cost of a measure comes about, and by which rule."""
    kind = _PRICES.get(told["measure"])
    if kind is None or "yuan_per_h" not in told:
        return ""
    rule = queries.rule_book(found.unit_id).now(kind, on=timezone.localdate(datetime.fromisoformat(told["from_at"])))
    words = {
        "people": ngettext("%(n)d person", "%(n)d people", told["heads"]) % {"n": told["heads"]},
        "minutes": told["minutes"],
        "price": f"{Decimal(told['yuan_per_h']):,.2f}",
        "cost": f"{told['cost_fen'] / 100:,.2f}",
        "since": rule.from_date.isoformat() if rule.from_date else "",
        "source": rule.source,
    }
    text = _("%(people)s × %(minutes)d min × %(price)s yuan/h ÷ 60 = %(cost)s yuan") % words
    by = _("rule from %(since)s: %(source)s") if rule.from_date else _("rule: %(source)s")
    return text + _("; ") + by % words


def _instant(told: str) -> datetime | None:
    try:
        found = parse_datetime(told)
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _decide(request: HttpRequest, found: Surge) -> HttpResponse:
    """Ask before something is sent or taken back; do it once that is answered."""
    told = request.POST
    if "ask_back" in told or "take_back" in told:
        return _take_back(request, found)
    if found.state != SurgeState.PROPOSED:
        messages.error(request, _("This was decided already."))
    elif "dismiss" in told:
        actions.dismiss_surge(surge_id=found.pk, **who(request))
        messages.success(request, _("Noted: nothing needs to be done."))
    else:
        return _send(request, found)
    return redirect("staffing:surge", surge_id=found.pk)


def _send(request: HttpRequest, found: Surge) -> HttpResponse:
    chosen = request.POST.getlist("measure")
    worded_at = _instant(request.POST.get("worded_at", ""))
    try:
        if "send" not in request.POST:
            return _ask(request, found, chosen, worded_at=request.POST.get("worded_at", ""))
        actions.send_surge(surge_id=found.pk, measures=chosen, worded_at=worded_at, **who(request))
        messages.success(request, _("Sent. What happened stands below."))
    except ValueError:
        if chosen:
            messages.error(request, _("A measure would begin after it ends: leave it out, or wait for a new proposal."))
        else:
            messages.error(request, _("Choose at least one measure."))
        told = urlencode({"chosen": "1", "measure": chosen}, doseq=True)
        return redirect(f"{reverse('staffing:surge', args=[found.pk])}?{told}")
    return redirect("staffing:surge", surge_id=found.pk)


def _ask(request: HttpRequest, found: Surge, chosen: list[str], *, worded_at: str) -> HttpResponse:
    """What would be sent now, and what is expected of it."""
    told = queries.sending_now(found, chosen, at=timezone.now())
    begin = timezone.localtime(datetime.fromisoformat(told["from"]))
    until = begin + timedelta(minutes=told["step_min"] * len(told["calls"]))
    span = _("worked out now, %(begin)s to %(until)s") % {"begin": f"{begin:%H:%M}", "until": f"{until:%H:%M}"}
    lost = _("instead of %(calls)s as things are; who calls again counts each time")
    context = _told(found) | {
        "measures": [_measure(found, one) for one in told["measures"]],
        "wording": queries.wording_of(found, at=timezone.now()),
        "worded_at": worded_at,
        "cost": f"{told['cost_fen'] / 100:,.2f}",
        "figures": [
            (_("Answer rate as things are"), percent(queries.rate_of(told["without"])), "%", span),
            (_("With what is sent"), percent(queries.rate_of(told)), "%", span),
            (
                _("Attempts not answered with it"),
                f"{sum(told['lost']):,.0f}",
                _("attempts"),
                lost % {"calls": f"{sum(told['without']['lost']):,.0f}"},
            ),
            (_("Cost"), f"{told['cost_fen'] / 100:,.2f}", _("yuan"), ""),
        ],
    }
    return render(request, "staffing/surge_ask.html", context)


def _take_back(request: HttpRequest, found: Surge) -> HttpResponse:
    if "take_back" not in request.POST and found.state == SurgeState.SENT and found.outage.lasts:
        context = _told(found) | _sent(found, at=timezone.now()) | {"back": True}
        return render(request, "staffing/surge_ask.html", context)
    try:
        actions.take_back_surge(surge_id=found.pk, **who(request))
        messages.success(request, _("Taken back. What can be done is worked out anew."))
    except ValueError:
        messages.error(request, _("There is nothing to take back any more."))
    return redirect("staffing:surge", surge_id=found.pk)
