"""Pages of figures, from the month down to one call."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import Asked, CallsForm, UnmaskForm, ask, local_today, queue_names
from denghuo.apps.hotline.models import Call, CallNote
from denghuo.apps.hotline.views import charts
from denghuo.apps.hotline.views.explanations import EXPLAINED, explanation
from denghuo.apps.hotline.views.figures import headline, number, percent
from denghuo.apps.hotline.views.intake import reader
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permission_required, permissions_of
from denghuo.apps.sealed import masked_phone

_ROWS_PER_PAGE = 50
_WAVES_SHOWN = 5


def asked_of(request: HttpRequest) -> Asked:
    """The question of a request, within its scope."""
    return ask(request.data_scope, request.GET.dict(), today=local_today())  # type: ignore[attr-defined]


def framed(request: HttpRequest, asked: Asked, **more: Any) -> dict[str, Any]:
    """What every page of figures shows around its own."""
    allowed = permissions_of(request.user)
    return {
        "asked": asked,
        "form": asked.form,
        "may_edit": Permission.HOTLINE_EDIT in allowed,
        "may_export": Permission.EXPORT in allowed,
        "unknowable": unknowable(asked),
        "months": _neighbors(asked),
        **more,
    }


def unknowable(asked: Asked) -> list[str]:
    """What no source of these exchanges can tell, in words, as far as it touches a figure."""
    words = {
        "refused_calls": _("Callers refused at a full queue leave no trace in this source, so they are in no figure."),
        "announcement": _(
            "Callers who hang up in the menu or the announcement are not in this source: all calls are those that "
            "reached the queue."
        ),
        "leaving_reason": _("Time-outs cannot be told from callers who gave up."),
    }
    codes = queries.unknowable_of([one.pk for one in asked.exchanges])
    return [words[code] for code in codes if code in words]


def _neighbors(asked: Asked) -> dict[str, str]:
    """The months before and after the one shown."""
    if asked.month is None:
        return {}
    before = (asked.month - timedelta(days=1)).replace(day=1)
    after = (asked.month + timedelta(days=31)).replace(day=1)
    told = {"before": f"{before:%Y-%m}"}
    return told | ({"after": f"{after:%Y-%m}"} if after <= asked.today else {})


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """A month: how many called, how many were answered, against the target, and where it fell short."""
    asked = asked_of(request)
    context = framed(request, asked)
    if asked.first_day is not None:
        first, more = headline(asked)
        context |= {
            "first": first,
            "more": more,
            "charts": [charts.days(asked), charts.months(asked), charts.profile(asked), charts.fates(asked)],
            "verdict": verdict(asked),
            "queue_rows": _queue_rows(asked),
            "team_rows": _team_rows(asked),
            "wave_rows": _wave_rows(request, asked),
        }
    return render(request, "hotline/home.html", context)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the target was reached, and by how much not."""

    reached: bool
    points: str
    rate: str
    target: str
    source: str
    missing_calls: str


def verdict(asked: Asked) -> Verdict | None:
    rate, aim = asked.figures.answer_rate, asked.target
    found = queries.verdict(asked.figures, aim)
    if aim is None or found is None:
        return None
    return Verdict(
        reached=found.reached,
        points=number(100 * abs(aim.share - rate), 1),
        rate=percent(rate),
        target=percent(aim.share),
        source=aim.source,
        missing_calls=number(found.missing_calls),
    )


def _queue_rows(asked: Asked) -> list[dict[str, str]]:
    found, names = queries.by_queue(asked.span), queue_names(asked.queues)
    return [
        {
            "name": names[queue.pk],
            "href": asked.address("home", queue=queue.pk),
            "requests": number(told.requests),
            "answer_rate": percent(told.answer_rate),
            "service_level": percent(told.service_level),
            "wait": number(told.mean_wait_s),
            "handling": number(told.mean_handling_s),
        }
        for queue in asked.queues
        if (told := found.get(queue.pk)) is not None
    ]


def _wave_rows(request: HttpRequest, asked: Asked) -> list[dict[str, Any]]:
    """The outages that left most customers out in this time, and the calls they brought."""
    scope = request.data_scope  # type: ignore[attr-defined]
    waves = queries.largest_waves(scope, asked.span, asked.exchanges, limit=_WAVES_SHOWN, at=timezone.now())
    return [
        {
            "outage": told.outage,
            "customers": number(told.outage.lv_customers),
            "above": number(told.above_usual),
            "announced": number(told.announced_calls),
            "answer_rate": percent(told.total.answer_rate),
        }
        for told in waves
    ]


def _team_rows(asked: Asked) -> list[dict[str, Any]]:
    """What each team answered; agents whose team nobody said stand together."""
    teams: dict[str, list[queries.AgentFigures]] = {}
    for one in queries.agent_figures(asked.span):
        teams.setdefault(one.agent.team, []).append(one)
    rows = []
    for team, members in sorted(teams.items(), key=lambda one: (not one[0], queries.team_order(one[0]))):
        known = [one for one in members if one.talk_s is not None]
        talked = sum(one.talk_s or 0.0 for one in known)
        answered = sum(one.answered for one in members)
        rows.append(
            {
                "name": team or _("Without a team"),
                "people": len(members),
                "answered": number(answered),
                "per_person": number(answered / len(members), 1),
                "talk": number(talked / sum(one.answered for one in known) if known else np.nan),
            }
        )
    return rows


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def agents(request: HttpRequest) -> HttpResponse:
    """What each agent did."""
    asked = asked_of(request)
    rows = [
        {
            "agent": one.agent,
            "href": asked.address("calls", counted="answered", agent_id=one.agent.pk),
            "answered": number(one.answered),
            "talk": number(np.nan if one.mean_talk_s is None else one.mean_talk_s),
            "wrap_up": number(np.nan if one.mean_wrap_up_s is None else one.mean_wrap_up_s),
            "hours": number(np.nan if one.talk_s is None else (one.talk_s + (one.wrap_up_s or 0.0)) / 3600, 1),
            "transferred": number(one.transferred),
        }
        for one in queries.agent_figures(asked.span)
    ]
    return render(request, "hotline/agents.html", framed(request, asked, rows=rows))


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def figure(request: HttpRequest) -> HttpResponse:
    """Where one figure comes from."""
    asked = asked_of(request)
    column = request.GET.get("column", "answer_rate")
    if column not in EXPLAINED:
        raise Http404
    return render(request, "hotline/figure.html", framed(request, asked, told=explanation(asked, column)))


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def calls(request: HttpRequest) -> HttpResponse:
    """The calls that make a figure."""
    asked = asked_of(request)
    narrow = CallsForm(request.GET or None)
    wanted = narrow.cleaned_data if narrow.is_valid() else {}
    rows = queries.calls_found(
        asked.span, wanted=wanted | {"since": wanted.get("since_at"), "until": wanted.get("until_at")}
    )
    page = Paginator(rows, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    shown = [(one, masked_phone(one.caller)) for one in page]
    return render(request, "hotline/calls.html", framed(request, asked, narrow=narrow, rows=page, shown=shown))


def _call(request: HttpRequest, call_id: int) -> Call:
    try:
        return queries.call_for(scope=request.data_scope, call_id=call_id)  # type: ignore[attr-defined]
    except Call.DoesNotExist as missing:
        raise Http404 from missing


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def call(request: HttpRequest, call_id: int) -> HttpResponse:
    """One call, stage by stage, and the calls it belongs with."""
    return _call_page(request, _call(request, call_id), UnmaskForm())


def _call_page(
    request: HttpRequest, found: Call, form: UnmaskForm, *, number_told: str = "", status: int = 200
) -> HttpResponse:
    notes = _notes(request, found)
    context = {
        "call": found,
        "caller": masked_phone(found.caller),
        "number_told": number_told,
        "known": queries.callers_of(found.exchange, found.caller),
        "notes": notes,
        "stages": _stages(found),
        "names": organization.names_of([one.written_by for one in notes]),
        "chain": [(one, masked_phone(one.caller)) for one in queries.related_calls(found)],
        "unmask_form": form,
        "may_unmask": may(request.user, Permission.CALLERS_UNMASK, path=found.exchange.unit.path),
    }
    answer = render(request, "hotline/call.html", context, status=status)
    if number_told:
        answer["Cache-Control"] = "no-store"
    return answer


def _notes(request: HttpRequest, found: Call) -> list[CallNote]:
    """What agents wrote of a call, for those who write or answer for such notes."""
    path = found.exchange.unit.path
    reads = any(may(request.user, one, path=path) for one in (Permission.HOTLINE_WORK, Permission.HOTLINE_EDIT))
    return queries.notes_of(found, reader=reader(request)) if reads else []


def _stages(found: Call) -> list[dict[str, Any]]:
    """A call as the caller lived through it."""
    stages: list[dict[str, Any]] = [{"at": found.entered_at, "name": _("Reached the exchange"), "s": None}]
    if found.announcement:
        stages.append({"at": None, "name": found.announcement, "s": found.announcement_s})
    if found.queued_at:
        stages.append({"at": found.queued_at, "name": _("Asked for a person"), "s": found.wait_s})
    if found.connected_at:
        who = _("%(agent)s answered") % {"agent": found.agent or "?"}
        stages.append({"at": found.connected_at, "name": who, "s": found.talk_s})
    if found.ended_at:
        stages.append({"at": found.ended_at, "name": found.get_outcome_display(), "s": None})
    if found.wrap_up_s is not None and found.ended_at:
        stages.append({"at": found.ended_at, "name": _("Wrap-up of the agent"), "s": found.wrap_up_s})
    return stages


@require_http_methods(["POST"])
@permission_required(Permission.CALLERS_UNMASK)
def unmask(request: HttpRequest, call_id: int) -> HttpResponse:
    """Show a caller's number to somebody who says why; it is masked again with the next look."""
    found, form = _call(request, call_id), UnmaskForm(request.POST)
    if not form.is_valid():
        return _call_page(request, found, form, status=422)
    told = actions.unmask_caller(
        call_id=found.pk, reason=form.cleaned_data["reason"], at=timezone.now(), actor=request.user.get_username()
    )
    return _call_page(request, found, UnmaskForm(), number_told=told)


def local(at: datetime) -> datetime:
    """An instant on the clock of the place."""
    return timezone.localtime(at)
