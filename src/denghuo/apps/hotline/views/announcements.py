"""Pages of announcements: which there are, what they say, and what they absorb."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.adapters.speech import SpeechError
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.actions import announcements as acting
from denghuo.apps.hotline.forms import AnnouncementForm, TemplateForm, local_today
from denghuo.apps.hotline.models import Announcement, AnnouncementKind
from denghuo.apps.hotline.views.figures import number, percent
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permission_required, scope_of
from denghuo.apps.organization.models import Unit

_ROWS_PER_PAGE = 20


def who(request: HttpRequest) -> dict[str, Any]:
    """When and by whom a deed is done."""
    return {"at": timezone.now(), "actor": request.user.get_username()}


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def announcements(request: HttpRequest) -> HttpResponse:
    """What is announced, what waits for somebody, and which outages have none."""
    now, scope = timezone.now(), request.data_scope  # type: ignore[attr-defined]
    rows = Paginator(queries.announcements_within(scope), _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    texts = queries.latest_texts(list(rows))
    editable = scope_of(request.user, Permission.HOTLINE_EDIT)
    outdated = queries.outdated(list(rows), at=now)
    context = {
        "rows": rows,
        "shown": [
            (row, texts[row.pk], _told(row, now), queries.unheard(row, at=now), outdated.get(row.pk)) for row in rows
        ],
        "may_edit": bool(editable),
        "without": queries.unannounced_outages(queries.exchanges_within(editable), at=now) if editable else [],
        "problem": acting.VOICE.problem(),
        "folder": settings.PBX_SOUNDS,
        "now": now,
    }
    return render(request, "hotline/announcements.html", context)


def _told(row: Announcement, now: Any) -> dict[str, str] | None:
    found = queries.absorbed(row, at=now)
    if found is None:
        return None
    return {
        "heard": number(found.heard),
        "announced": number(found.announced),
        "asked": number(found.asked),
        "lost": number(found.lost),
        "came_back": number(found.came_back),
        "share": percent(found.absorbed_share),
        "share_of_calls": percent(found.share_of_calls),
        "calls": number(found.calls),
    }


def _found(request: HttpRequest, announcement_id: int) -> Announcement:
    try:
        scope = request.data_scope  # type: ignore[attr-defined]
        return queries.announcement_for(scope=scope, announcement_id=announcement_id)
    except Announcement.DoesNotExist as missing:
        raise Http404 from missing


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """One announcement: what it says, its versions, its sound, what it absorbs."""
    return _page(request, _found(request, announcement_id))


def _page(request: HttpRequest, row: Announcement, form: AnnouncementForm | None = None) -> HttpResponse:
    now, versions = timezone.now(), queries.versions_of(row)
    latest = versions[0]
    names = organization.names_of([row.approved_by, *(one.written_by for one in versions)])
    fresh = queries.worded(row.outage, exchange=row.exchange, at=now) if row.templated == row.latest else latest
    form = form or AnnouncementForm(initial={"text": fresh.text, "promised_at": fresh.promised_at}, at=now)
    context = {
        "row": row,
        "latest": latest,
        "heard_now": next((one for one in versions if one.number == row.published), None),
        "versions": [(one, names.get(one.written_by, one.written_by)) for one in versions],
        "approver": names.get(row.approved_by, row.approved_by),
        "form": form,
        "may_edit": may(request.user, Permission.HOTLINE_EDIT, path=row.exchange.unit.path),
        "told": _told(row, now),
        "unheard": queries.unheard(row, at=now),
        "problem": acting.VOICE.problem(),
        "folder": settings.PBX_SOUNDS,
        "outdated": queries.outdated([row], at=now).get(row.pk),
        "stale": row.expired_at is None and fresh.text != latest.text,
        "late": row.expired_at is None and latest.promised_at is not None and latest.promised_at < now,
    }
    return render(request, "hotline/announcement.html", context, status=422 if form.errors else 200)


@require_GET
@permission_required(Permission.HOTLINE_VIEW)
def announcement_sound(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """What the latest version sounds like."""
    row = _found(request, announcement_id)
    try:
        sound = acting.VOICE.speak(queries.versions_of(row)[0].text)
    except SpeechError as error:
        raise Http404(str(error)) from error
    answer = HttpResponse(sound, content_type="audio/wav")
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@permission_required(Permission.HOTLINE_EDIT)
def draft_announcement(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Draft an announcement of an outage on the exchanges within reach that serve it and have none."""
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    wanted = queries.unannounced_outages(exchanges, at=timezone.now())
    pairs = [(exchange, outage) for exchange, outage in wanted if outage.pk == outage_id]
    if not pairs:
        raise Http404
    for exchange, outage in pairs:
        row = actions.draft_announcement(exchange_id=exchange.pk, outage_id=outage.pk, **who(request))
    return redirect("hotline:announcement", row.pk)


@require_POST
@permission_required(Permission.HOTLINE_EDIT)
def edit_announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Word it otherwise."""
    row = _found(request, announcement_id)
    before = queries.versions_of(row)[0].promised_at
    form = AnnouncementForm(request.POST, at=timezone.now(), before=before and before.replace(second=0, microsecond=0))
    if not form.is_valid():
        return _page(request, row, form)
    return _done(
        request, row, lambda: actions.edit_announcement(announcement_id=row.pk, **form.cleaned_data, **who(request))
    )


@require_POST
@permission_required(Permission.HOTLINE_EDIT)
def renew_announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Word it anew with the time that was given last; it waits for approval then."""
    row = _found(request, announcement_id)
    return _done(request, row, lambda: actions.renew_announcement(announcement_id=row.pk, **who(request)))


@require_POST
@permission_required(Permission.HOTLINE_EDIT)
def approve_announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Let the version that was read be published."""
    row, told = _found(request, announcement_id), request.POST.get("version", "")
    version = int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0
    return _done(
        request, row, lambda: actions.approve_announcement(announcement_id=row.pk, version=version, **who(request))
    )


@require_POST
@permission_required(Permission.HOTLINE_EDIT)
def publish_announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Let callers hear the approved version."""
    row = _found(request, announcement_id)
    return _done(request, row, lambda: actions.publish_announcement(announcement_id=row.pk, **who(request)))


@require_POST
@permission_required(Permission.HOTLINE_EDIT)
def expire_announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """End it before its outage does."""
    row = _found(request, announcement_id)
    return _done(
        request,
        row,
        lambda: actions.expire_announcement(announcement_id=row.pk, because="by_hand", **who(request)),
    )


def _done(request: HttpRequest, row: Announcement, deed: Callable[[], Any]) -> HttpResponse:
    """Do it; where it no longer can be done, say so on the page as it is by now."""
    try:
        deed()
    except ValueError:
        messages.warning(request, _("That could not be done: the announcement has changed meanwhile. Read it again."))
    return redirect("hotline:announcement", row.pk)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_VIEW)
def announcement_templates(request: HttpRequest) -> HttpResponse:
    """How announcements are worded, from when, and a form to word them otherwise."""
    editable, today = scope_of(request.user, Permission.HOTLINE_EDIT), local_today()
    units = organization.units_within(editable)
    form = _template_form(request, units) if units else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            told = dict(form.cleaned_data)
            actions.set_announcement_template(
                unit_id=told.pop("unit"), kind=AnnouncementKind(told.pop("kind")), **told, **who(request)
            )
            messages.success(request, _("Saved. Announcements are worded by it from that day on."))
            return redirect("hotline:announcement-templates")
    context = {
        "form": form,
        "rows": queries.templates_within(request.data_scope),  # type: ignore[attr-defined]
        "defaults": [queries.template_for("", kind=kind, on=today) for kind in AnnouncementKind],
    }
    status = 422 if form and form.errors else 200
    return render(request, "hotline/announcement_templates.html", context, status=status)


def _template_form(request: HttpRequest, units: Sequence[Unit]) -> TemplateForm:
    """A form that begins with the wording in force, of the unit and kind asked for."""
    today, asked = local_today(), request.GET
    unit = next((one for one in units if str(one.pk) == asked.get("unit")), units[0])
    kind = AnnouncementKind(asked["kind"]) if asked.get("kind") in AnnouncementKind else AnnouncementKind.FAULT
    text = queries.template_for(str(unit.path), kind=kind, on=today).text
    initial = {"from_date": today, "unit": unit.pk, "kind": kind, "text": text}
    return TemplateForm(request.POST or None, units=[(str(one.pk), one.name) for one in units], initial=initial)
