"""Pages that say how messages are worded, what the law asks, and what people wish."""

from typing import Any

from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.adapters.messaging import length, segments
from denghuo.apps.notices import actions, queries
from denghuo.apps.notices.forms import RuleForm, TemplateForm, WishForm
from denghuo.apps.notices.models import Audience, Channel, NoticeCase
from denghuo.apps.notices.queries.events import SAMPLE
from denghuo.apps.notices.views.figures import who
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required, scope_of


def _editable(request: HttpRequest) -> tuple[str, ...]:
    editable = scope_of(request.user, Permission.NOTICES_EDIT)
    if request.method == "POST" and not editable:
        raise PermissionDenied
    return editable


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_VIEW)
def templates(request: HttpRequest) -> HttpResponse:
    """How messages are worded, event by event, with what they would say today; who may, words them otherwise."""
    editable, today = _editable(request), timezone.localdate()
    units = organization.units_within(editable)
    told = {"from_date": today, "event": request.GET.get("event"), "channel": request.GET.get("channel")}
    if request.method == "GET" and told["event"] in queries.EVENTS and units:
        told["text"] = _text_now(str(told["event"]), str(told["channel"] or "sms"), str(units[0].path))
    form = TemplateForm(request.POST or None, units=units, initial=told) if editable else None
    if form is not None and form.is_valid():
        given = form.cleaned_data
        actions.set_message_template(unit_id=given.pop("unit"), **given, **who(request))
        flash.success(request, _("Saved."))
        if given["channel"] == Channel.SMS and (parts := segments(_filled(given["text"]))) > 1:
            flash.warning(request, _("Each is charged as %(count)d text messages.") % {"count": parts})
        return redirect("notices:templates")
    scope = request.data_scope  # type: ignore[attr-defined]
    context = {
        "events": [_event(event, scope[0]) for event in queries.EVENTS],
        "rows": queries.templates_within(scope),
        "form": form,
        "labels": {event: known.label for event, known in queries.EVENTS.items()},
        "known": {event: list(known.values) for event, known in queries.EVENTS.items()},
    }
    return render(request, "notices/templates.html", context, status=422 if form is not None and form.errors else 200)


def _text_now(event: str, channel: str, path: str) -> str:
    try:
        return queries.wording(event=event, channel=channel, unit_path=path, on=timezone.localdate()).text
    except queries.UnknownEventError:
        return ""


def _filled(text: str) -> str:
    """The words with made-up values."""
    for name in queries.places(text):
        text = text.replace(f"{{{name}}}", SAMPLE.get(name, name))
    return text


def _event(event: str, path: str) -> dict[str, Any]:
    """What an event's messages would say today, channel by channel."""
    known, today = queries.EVENTS[event], timezone.localdate()
    shown = []
    for channel in Channel:
        if channel not in known.words:
            continue
        found = queries.wording(event=event, channel=channel, unit_path=path, on=today)
        text = _filled(found.text)
        shown.append(
            {
                "channel": channel,
                "wording": found,
                "text": text,
                "length": length(text) if channel is Channel.SMS else None,
                "query": urlencode({"event": event, "channel": channel.value}),
            }
        )
    return {"event": event, "known": known, "shown": shown}


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_VIEW)
def rules(request: HttpRequest) -> HttpResponse:
    """What the law and our promises ask of a notice, case by case."""
    editable, today = _editable(request), timezone.localdate()
    units = organization.units_within(editable)
    form = RuleForm(request.POST or None, units=units, initial={"from_date": today}) if editable else None
    if form is not None and form.is_valid():
        given = form.cleaned_data
        actions.set_notice_rule(unit_id=given.pop("unit"), **given, **who(request))
        flash.success(request, _("Saved."))
        return redirect("notices:rules")
    scope = request.data_scope  # type: ignore[attr-defined]
    context = {
        "cases": [(case.label, queries.duties_for(case, unit_path=scope[0], on=today)) for case in NoticeCase],
        "audiences": dict(Audience.choices),
        "rows": queries.rules_within(scope),
        "form": form,
    }
    return render(request, "notices/rules.html", context, status=422 if form is not None and form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_SEND)
def wishes(request: HttpRequest) -> HttpResponse:
    """How somebody wants to be told."""
    ref = request.GET.get("ref", "")
    if not ref:
        return redirect("notices:messages")
    scope = request.data_scope  # type: ignore[attr-defined]
    row = queries.messages_within(scope).filter(to_ref=ref).first()
    if row is None:
        raise Http404
    wish = queries.wishes_of([ref]).get(ref)
    initial = {name: getattr(wish, name) for name in WishForm.base_fields} if wish else None
    form = WishForm(request.POST or None, initial=initial)
    if form.is_valid():
        actions.set_preference(unit_id=row.unit_id, to_ref=ref, **form.cleaned_data, **who(request))
        flash.success(request, _("Saved."))
        return redirect("notices:message", row.pk)
    context = {"row": row, "name": queries.names_of([ref])[ref], "form": form, "wish": wish}
    return render(request, "notices/wishes.html", context, status=422 if form.errors else 200)
