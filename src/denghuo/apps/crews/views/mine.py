"""The crew's own page: one card for each assignment, and the endpoint that takes what waited on the phone."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.actions.field import PHOTO_BYTES
from denghuo.apps.crews.forms import told_of
from denghuo.apps.crews.models import NOTHING_CLOSED, Assignment, CrewMember, Finding, Odd, Refusal, ReportKind, Side
from denghuo.apps.crews.queries import receipt
from denghuo.apps.crews.queries.cards import cards
from denghuo.apps.crews.views.frame import today, who
from denghuo.apps.orders.models import Order
from denghuo.apps.orders.queries.callers import callers_of
from denghuo.apps.organization.access import Permission, permission_required

_MOST_REPORTS = 50
# Everything that the page needs on a phone without a network.
_SHELL = (
    "vendor/tabler.min.css",
    "vendor/tabler-icons.min.css",
    "vendor/fonts/tabler-icons.woff2",
    "vendor/htmx.min.js",
    "vendor/idiomorph-ext.min.js",
    "css/tokens.css",
    "css/base.css",
    "css/parts.css",
    "css/print.css",
    "img/mark.svg",
    "js/page.js",
    "crews/crews.css",
    "crews/mine.css",
    "crews/mine.js",
    "crews/queue.js",
    "crews/cards.js",
    "crews/paper.js",
    "crews/icon-192.png",
)


def _membership(request: HttpRequest) -> CrewMember | None:
    """Which crew somebody is in, where they may work in it."""
    row = queries.membership_of(request.user.pk or 0)
    scope = request.data_scope  # type: ignore[attr-defined]
    return row if row and any(str(row.crew.unit.path).startswith(path) for path in scope) else None


def _own(request: HttpRequest, assignment_id: int) -> Assignment:
    """An assignment of my crew, else there is none."""
    member = _membership(request)
    row = Assignment.objects.filter(pk=assignment_id, crew_id=member.crew_id).first() if member else None
    if row is None:
        raise Http404
    return row


@require_GET
@permission_required(Permission.CREWS_WORK)
def mine(request: HttpRequest) -> HttpResponse:
    """What my crew has to do, and what it did today."""
    member, now = _membership(request), timezone.now()
    rows = queries.mine(member.crew_id, at=now) if member else []
    duties = queries.duties_of([member.crew_id], since=now).get(member.crew_id, []) if member else []
    context = {
        "member": member,
        "cards": cards(rows),
        "duty": queries.on_duty(duties, at=now),
        "now": now,
        "today": today(),
        "prices": queries.prices(member.crew.unit, on=today()) if member else [],
        "sides": Side.choices,
        "findings": Finding.choices,
        "nothing_closed": NOTHING_CLOSED,
        "odd_labels": dict(Odd.choices),
        "words": _words(),
        "zone": timezone.get_current_timezone_name(),
    }
    answer = render(request, "crews/mine.html", context)
    answer["Cache-Control"] = "no-store"  # what a phone keeps of it, its service worker keeps, and forgets again
    return answer


def _words() -> dict[str, Any]:
    """What the page's script says, in the reader's language."""
    return {
        "kinds": {kind.value: str(kind.label) for kind in ReportKind},
        "online": _("Online"),
        "offline": _("No network. Go on: what you report waits here."),
        "waiting_one": _("1 report waits to be sent"),
        "waiting": _("{n} reports wait to be sent"),
        "sent": _("Everything is sent"),
        "failed": _("The server could not be reached. It is tried again."),
        "signed_out": _("You have been signed out. Sign in again: what you reported waits here."),
        "refused": _("Not taken: {why}"),
        "waits": _("waits to be sent"),
        "over": _("It was over before this was sent."),
        "discard": _("Discard"),
        "understood": _("Understood"),
        "new": _("A new assignment has come."),
        "stranger": _("Reports of somebody else wait on this phone. They are sent once that person signs in."),
        "no_picture": _("This picture could not be read."),
        "photo": _("Photo"),
        "receipt": receipt.rules(),
        "refusals": {one.value: str(one.label) for one in Refusal},
        "lines": _("Choose at least one line of the price list."),
        "amounts": _("Write how much as a number, such as 2 or 1.5."),
        "materials": _("Each material has a name and how much of it, as a number such as 2 or 1.5."),
        "signed": _("Let the customer write their name or sign."),
        "finding": _("Choose what was found."),
    }


@require_POST
@permission_required(Permission.CREWS_WORK)
def step(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """One report by a plain form: what the page does where it has no script."""
    row, kind = _own(request, assignment_id), request.POST.get("kind", "")
    if kind not in ReportKind.values:
        raise Http404
    upload = request.FILES.get("photo")
    entry = actions.ReportEntry(
        client_id=_key(request, row.pk),
        assignment_id=row.pk,
        kind=ReportKind(kind),
        told_at=timezone.now(),
        told=told_of(ReportKind(kind), request.POST),
        photo=_photo(upload),
    )
    taken = actions.take_reports(user_id=request.user.pk or 0, entries=[entry], **who(request))[0]
    if taken.refusal is not None:
        messages.error(request, taken.refusal.label)
    elif taken.status == "kept":
        messages.warning(request, _kept(taken))
    return redirect(f"{reverse('crews:mine')}#assignment-{row.pk}")


def _kept(one: actions.Taken) -> str:
    """What is said of a report that came too late."""
    if one.taken_back:
        return _("It was taken back before this reached the desk. What you reported is kept, and the desk sees it.")
    return _("It was over by then. What you reported is kept, and the desk sees it.")


def _key(request: HttpRequest, assignment_id: int) -> UUID:
    """The key of a report by a plain form: the same for one that is sent twice, by a trembling finger or by going back.
    Each page that was drawn has a token of its own."""
    token = request.POST.get("csrfmiddlewaretoken")
    if not token:
        return uuid4()
    files = [(name, one.name, one.size) for name, one in request.FILES.items() if isinstance(one, UploadedFile)]
    told = [request.user.pk, assignment_id, sorted(request.POST.lists()), files]
    return uuid5(NAMESPACE_OID, json.dumps(told))


def _photo(upload: object) -> actions.PhotoEntry | None:
    if not isinstance(upload, UploadedFile):
        return None
    return actions.PhotoEntry.drawn(upload.read(PHOTO_BYTES + 1))


@require_POST
@permission_required(Permission.CREWS_WORK)
def reports(request: HttpRequest) -> JsonResponse:
    """Reports that waited on the phone, in the order told, each answered by its own key. Pictures come beside them, as
    files named `photo-<key>`. Sent again, a report is known and changes nothing."""
    try:
        told = json.loads(request.POST.get("reports", ""))
        if not isinstance(told, list):
            raise TypeError("reports are a list")
        keys = [str(UUID(one["client_id"])) for one in told]
    except (ValueError, TypeError, KeyError, AttributeError):
        return JsonResponse({"error": "malformed"}, status=422)
    if len(told) > _MOST_REPORTS:
        return JsonResponse({"error": "too many", "most": _MOST_REPORTS}, status=422)
    entries, answers = [], {}
    for key, one in zip(keys, told, strict=True):
        try:
            entries.append(_entry(one, request))
        except (ValueError, TypeError, KeyError, AttributeError):  # it alone is refused, and holds up no other
            lack = Refusal.MALFORMED
            answers[key] = _answer(actions.Taken(client_id=UUID(key), status="refused", refusal=lack))
    sent_at = _instant(request.POST.get("sent_at", ""))
    taken = actions.take_reports(user_id=request.user.pk or 0, entries=entries, sent_at=sent_at, **who(request))
    answers |= {str(one.client_id): _answer(one) for one in taken}
    return JsonResponse({"at": timezone.now().isoformat(), "reports": [answers[key] for key in keys]})


def _instant(text: str) -> datetime | None:
    found = parse_datetime(text)
    return found if found is not None and found.utcoffset() is not None else None


def _entry(one: Mapping[str, Any], request: HttpRequest) -> actions.ReportEntry:
    """A report as the phone kept it: the fields of its form by name and value."""
    told_at, kind = _instant(one["told_at"]), ReportKind(one["kind"])
    if told_at is None:
        raise ValueError("a report says when")
    fields = QueryDict(mutable=True)
    for name, value in one.get("fields", []):
        fields.appendlist(str(name), str(value))
    client_id = UUID(one["client_id"])
    where = one.get("where") or {}
    if not isinstance(where, dict):
        raise TypeError("a position is an object")
    return actions.ReportEntry(
        client_id=client_id,
        assignment_id=int(one["assignment_id"]),
        kind=kind,
        told_at=told_at,
        told=told_of(kind, fields),
        where=where,
        photo=_photo(request.FILES.get(f"photo-{client_id}")),
    )


def _answer(one: actions.Taken) -> dict[str, Any]:
    return {
        "client_id": str(one.client_id),
        "status": one.status,
        "state": one.state,
        "odd": list(one.odd),
        "happened_at": one.happened_at.isoformat() if one.happened_at else None,
        "refusal": one.refusal.value if one.refusal else "",
        "text": str(one.refusal.label) if one.refusal else _kept(one) if one.status == "kept" else "",
    }


@require_POST
@permission_required(Permission.CREWS_WORK)
def call(request: HttpRequest, assignment_id: int, order_id: int) -> HttpResponse:
    """The number of a customer whom an open assignment of my crew serves, to be dialed; seeing it is recorded."""
    row = _own(request, assignment_id)
    order = Order.objects.filter(pk=order_id, crew_assignments__assignment=row).first()
    number = callers_of([order.pk]).get(order.pk, "") if order is not None else ""
    if order is None or not row.is_open or not number:
        raise Http404
    reason = _("Call about assignment %(number)d") % {"number": row.pk}
    actions.unmask_phone(subject=f"orders.order:{order.pk}", reason=reason, **who(request))
    context = {"number": number, "row": row, "order": order}
    return render(request, "crews/dial.html" if "HX-Request" in request.headers else "crews/call.html", context)


@require_GET
@permission_required(Permission.CREWS_WORK)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that serves the crew's page without a network. It changes when anything that it keeps does."""
    page = reverse("crews:mine")
    told = {"version": _version(), "page": page, "assets": [static(name) for name in _SHELL]}
    context = {"told": json.dumps(told)}
    answer = render(request, "crews/sw.js", context, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    answer["Service-Worker-Allowed"] = page
    return answer


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for name in _SHELL:
        found = finders.find(name)
        if isinstance(found, str):
            digest.update(Path(found).read_bytes())
    return digest.hexdigest()[:16]


@require_GET
@permission_required(Permission.CREWS_WORK)
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone shows of the page once it is put on its home screen."""
    del request
    page = reverse("crews:mine")
    icons = [
        {"src": static(f"crews/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
    ]
    told = {
        "name": _("Denghuo: field work"),
        "short_name": _("Denghuo"),
        "start_url": page,
        "scope": page,
        "display": "standalone",
        "background_color": "#f4f5f7",
        "theme_color": "#1d2733",
        "icons": icons,
    }
    return JsonResponse(told, content_type="application/manifest+json")
