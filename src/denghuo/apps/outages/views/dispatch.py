"""The dispatcher's page: what waits, where it lies, and what to do about it, in three panes that keep themselves."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from denghuo.apps.crews.models import Skill
from denghuo.apps.organization.access import Permission, may, permission_required, permissions_of
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages import queries
from denghuo.apps.outages.forms import ConfirmForm, DismissForm, EstimateForm, WantedForm
from denghuo.apps.outages.models import Method, Outage, Suspicion
from denghuo.apps.outages.queries.detail import Detail, detail
from denghuo.apps.outages.queries.incidents import Board, Incident
from denghuo.apps.outages.templatetags.durations import units
from denghuo.apps.outages.views.field import found_there

# Without anything happening the time that is left to deadlines is looked at again after so long.
_LOOK_AGAIN_S = 30
_SELECTS = ("text", "state", "line", "mine")
_AHEAD = timedelta(hours=2)
NO_SKILL = "none"  # what a page asks for that wants no certificate


@require_GET
@permission_required(Permission.CREWS_DISPATCH)
def dispatch(request: HttpRequest) -> HttpResponse:
    """The page; with ``part`` its moving parts alone, and nothing at all for whoever has seen them as they are."""
    now = timezone.now()
    seen = f"{queries.revision()}-{int(now.timestamp()) // _LOOK_AGAIN_S}"
    if request.GET.get("part") and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return dispatch_page(request, seen=seen)


def dispatch_page(
    request: HttpRequest,
    *,
    seen: str = "",
    about: str | None = None,
    asked: QueryDict | None = None,
    said: str = "",
    failed: bool = False,
    **bound: Any,
) -> HttpResponse:
    """The page, or its parts for the page's script; with a form that was filled in wrongly in its place."""
    now, data = timezone.now(), request.GET if asked is None else asked
    wanted, about = _wanted(data), data.get("about", "") if about is None else about
    shown = queries.board(
        request.data_scope,  # type: ignore[attr-defined]
        wanted=wanted,
        username=request.user.get_username(),
        at=now,
    )
    form = WantedForm({name: data.get(name, "") for name in _SELECTS}, lines=shown.lines)
    incident = _chosen(shown, about)
    context = {
        "board": shown,
        "form": form,
        "wanted": wanted,
        "filtered": any(vars(wanted).values()),
        "query": urlencode([(name, data[name]) for name in _SELECTS if data.get(name)]),
        "about": about,
        "incident": incident,
        "gone": bool(about) and incident is None,
        "became": _became(request, about) if incident is None else None,
        "now": now,
        "seen": seen or f"{queries.revision()}-{int(now.timestamp()) // _LOOK_AGAIN_S}",
        "words": _words(),
        "said": said,
        "failed": failed,
        **(_detail(request, shown, incident, data, bound) if incident else {}),
    }
    part = bool(data.get("part")) or bool(request.headers.get("X-Dispatch"))
    status = 422 if bound or failed else 200
    return render(request, "outages/dispatch_now.html" if part else "outages/dispatch.html", context, status=status)


def _wanted(data: QueryDict) -> queries.Wanted:
    """What is asked for; what nobody understands asks for nothing."""
    form = WantedForm({"state": data.get("state", ""), "text": data.get("text", "")})
    form.is_valid()
    told = form.cleaned_data
    text = str(told.get("text", "")).replace("\x00", "")
    return queries.Wanted(
        state=told.get("state", ""), line=data.get("line", ""), text=text, mine=data.get("mine") in ("on", "1", "true")
    )


def _chosen(shown: Board, about: str) -> Incident | None:
    """The incident that is open; a suspected fault that was confirmed meanwhile is the outage it turned out to be."""
    found = shown.of(about)
    subject = queries.subject_of(about) if about and found is None else None
    outage_id = getattr(subject, "outage_id", None)
    return shown.of(f"outages.outage:{outage_id}") if outage_id else found


def _became(request: HttpRequest, about: str) -> Outage | None:
    """The outage that something which is not on the board any more is, or turned out to be, if it is within reach."""
    subject = queries.subject_of(about)
    outage = subject.outage if isinstance(subject, Suspicion) else subject
    try:
        scope = request.data_scope  # type: ignore[attr-defined]
        return queries.outage_for(scope=scope, outage_id=outage.pk) if outage else None
    except Outage.DoesNotExist:
        return None


def _skill(data: QueryDict) -> str | None:
    """The certificate that somebody asks for; None: nobody has said."""
    told = data.get("skill", "")
    return "" if told == NO_SKILL else told if told in Skill.values else None


def _detail(
    request: HttpRequest, shown: Board, incident: Incident, data: QueryDict, bound: dict[str, Any]
) -> dict[str, Any]:
    now, path = shown.at, str(Unit.objects.values_list("path", flat=True).get(pk=incident.unit_id))
    full = detail(request.data_scope, incident, skill=_skill(data), at=now)  # type: ignore[attr-defined]
    allowed, user = permissions_of(request.user), request.user
    return {
        "detail": full,
        "claims": queries.said_back(full.subject) if isinstance(full.subject, Outage) else [],
        "switch_code": queries.keeps_out(full.subject) if isinstance(full.subject, Outage) else "",
        **found_there(full.subject, incident.about),
        "faults": [one for one in shown.every if one.kind != "order" and one.unit_id == incident.unit_id],
        "drawing": _drawing(incident) if may(user, Permission.NETWORK_VIEW, path=path) else {},
        "may_operate": may(user, Permission.NETWORK_OPERATE, path=path),
        "may_see_orders": Permission.ORDERS_VIEW in allowed,
        "may_see_customers": Permission.CUSTOMERS_VIEW in allowed,
        "may_see_network": may(user, Permission.NETWORK_VIEW, path=path),
        "skills": [(NO_SKILL, _("No certificate")), *Skill.choices],
        "no_skill": NO_SKILL,
        "sent_crew_ids": {one.crew_id for one in incident.crews},
        "is_mine": incident.watcher == user.get_username(),
        **_forms(full, bound),
    }


def _forms(full: Detail, bound: dict[str, Any]) -> dict[str, Any]:
    incident, subject = full.incident, full.subject
    if incident.kind == "order":
        return {}
    forms: dict[str, Any] = {
        "estimate_form": EstimateForm(
            initial={"about": incident.about, "method": Method.DISPATCHER, "expected_at": _proposed(full)},
            auto_id="estimate-%s",
        )
    }
    if isinstance(subject, Suspicion):
        opened_at = timezone.localtime(queries.open_by(subject))
        forms["confirm_form"] = ConfirmForm(
            initial={"about": incident.about, "device_code": incident.device_code, "opened_at": opened_at},
            auto_id="confirm-%s",
        )
        forms["dismiss_form"] = DismissForm(initial={"about": incident.about}, auto_id="dismiss-%s")
    return forms | bound


def _proposed(full: Detail) -> Any:
    """What the last word was, while it lies ahead; else in two hours."""
    last = full.estimates[-1].expected_at if full.estimates else None
    now = timezone.now()
    return timezone.localtime(last if last and last > now else now + _AHEAD)


def _drawing(incident: Incident) -> dict[str, Any]:
    """What the drawing is asked for. A suspected fault is drawn as if its device were open."""
    if incident.network_id is None:
        return {}
    focus = urlencode({"focus": incident.device_code})
    return {
        "drawing": reverse("network:drawing", args=[incident.network_id]),
        "state": reverse("network:state", args=[incident.network_id]),
        "page": f"{reverse('network:picture', args=[incident.network_id])}?{focus}",
        "focus": incident.device_code,
        "if_open": incident.device_code if incident.kind == "suspicion" else "",
    }


def after(request: HttpRequest, about: str, said: str, *, failed: bool = False, **bound: Any) -> HttpResponse:
    """What follows a deed: the page's parts for its script, else the page again."""
    asked = QueryDict(request.POST.get("view", "")[:500], mutable=False)
    if request.headers.get("X-Dispatch") or bound or failed:
        return dispatch_page(request, about=about, asked=asked, said=said, failed=failed, **bound)
    messages.success(request, said)
    told = [(name, asked[name]) for name in _SELECTS if asked.get(name)]
    return redirect(f"{reverse('outages:dispatch')}?{urlencode([*told, ('about', about)])}")


def _words() -> dict[str, Any]:
    """What the page's script says, in the reader's language."""
    return {
        "left": _("{time} left"),
        "over": _("{time} over"),
        "now": _("due now"),
        "units": units(),
        "sendTo": _("Send {crew} to {number}?"),
        "send": _("Send"),
        "cancel": _("Cancel"),
        "sent": _("{crew} was sent to {number}."),
        "undo": pgettext("a crew", "Take back"),
        "undone": _("Taken back. The crew is told."),
        "undoReason": _("Sent by mistake"),
        "failed": _("That did not go through. Look again and repeat it."),
        "darkPart": _("{n} customers out"),
        "lamp": _("{name} · {n} customers"),
        "chosen": _("{n} orders chosen. M merges them into the one that came in first."),
        "mergeInto": _("Merge {others} into {first}, which came in first and stays? This cannot be undone."),
        "merge": pgettext("orders", "Merge"),
        "fewer": _("Choose at least two single orders with X, then press M."),
        "open": pgettext("incident", "Open"),
        "leave": _("What you typed would be lost. Open the other one all the same?"),
    }
