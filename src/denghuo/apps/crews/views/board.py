"""Crews as a dispatcher sees them: who is on duty and where, one crew, one assignment, whom to send."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.forms import AssignForm, CertificateForm, DutyForm, MemberForm, ReasonForm, SuggestForm
from denghuo.apps.crews.models import Crew, Photo, ReportKind, RuleKind
from denghuo.apps.crews.queries.board import board, course
from denghuo.apps.crews.queries.cards import cards
from denghuo.apps.crews.views.frame import assignment_of, crew_of, rights, today, who
from denghuo.apps.customers.queries.spots import position_of_text
from denghuo.apps.orders.models import Order
from denghuo.apps.organization.access import Permission, may, permission_required, permissions_of, within

_LATEST = 20


@require_GET
@permission_required(Permission.CREWS_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """Crews now. Whoever drives out and does not dispatch has a page of their own, and is led there."""
    allowed = permissions_of(request.user)
    drives = Permission.CREWS_WORK in allowed and Permission.CREWS_DISPATCH not in allowed
    if drives and "all" not in request.GET and queries.membership_of(request.user.pk or 0) is not None:
        return redirect("crews:mine")
    now = timezone.now()
    context = {
        "board": board(request.data_scope, at=now),  # type: ignore[attr-defined]
        "latest": queries.find(request.data_scope, is_open=False, limit=_LATEST),  # type: ignore[attr-defined]
        "now": now,
        "drives": Permission.CREWS_WORK in allowed,
        **rights(request),
    }
    return render(request, "crews/home.html", context)


@require_GET
@permission_required(Permission.CREWS_VIEW)
def crew(request: HttpRequest, crew_id: int) -> HttpResponse:
    """One crew: its people and what they may do, when it is on duty, what it does and did."""
    return crew_page(request, crew_of(request, crew_id))


def crew_page(request: HttpRequest, found: Crew, **bound: Any) -> HttpResponse:
    """The page of a crew, with a form that was sent wrongly in its place."""
    now, path = timezone.now(), found.unit.path
    members = queries.members_of([found.pk]).get(found.pk, [])
    held = queries.certificates_of(one.user_id for one in members)
    expires = queries.number(found.unit, RuleKind.EXPIRES_DAYS, on=today())
    people = queries.people_without_a_crew(request.data_scope)  # type: ignore[attr-defined]
    own = [(one.user_id, str(one.user)) for one in members]
    may_edit = may(request.user, Permission.CREWS_EDIT, path=path) and found.closed_at is None
    forms: dict[str, Any] = {}
    if may_edit:
        forms = {
            "member_form": MemberForm(people=[*(one.user for one in members), *people], auto_id="member-%s"),
            "certificate_form": CertificateForm(people=own, auto_id="certificate-%s"),
            "duty_form": DutyForm(initial={"first": today(), "days": 1}, auto_id="duty-%s"),
        } | bound
    context = {
        "crew": found,
        "members": [(one, held.get(one.user_id, [])) for one in members],
        "today": today(),
        "soon": today() + timedelta(days=expires),
        "duties": queries.duties_of([found.pk], since=now - timedelta(days=1)).get(found.pk, []),
        "doing": queries.loads([found.pk]).get(found.pk, []),
        "latest": [one for one in queries.of_crew(found.pk, limit=_LATEST) if not one.is_open],
        "now": now,
        "forms": forms,
        "may_change": may_edit,
        "may_call": may(request.user, Permission.CREWS_DISPATCH, path=path),
    }
    return render(request, "crews/crew.html", context, status=422 if bound else 200)


@require_GET
@permission_required(Permission.CREWS_VIEW)
def assignment(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """One assignment: whether they know, how far they are, what they told, what does not fit."""
    return _assignment_page(request, assignment_id, ReasonForm())


def _assignment_page(request: HttpRequest, assignment_id: int, form: ReasonForm) -> HttpResponse:
    row = assignment_of(request, assignment_id)
    card = cards([row])[0]
    context = {
        "card": card,
        "row": row,
        "course": course(row, card.reports),
        "about_path": _path_of(row.about),
        "photos": [one for one in card.reports if one.kind == ReportKind.PHOTO],
        "now": timezone.now(),
        "form": form,
        "ladder": queries.ladder(row.unit, on=timezone.localdate(row.sent_at)),
        "may_withdraw": row.is_open and may(request.user, Permission.CREWS_DISPATCH, path=row.unit.path),
        **rights(request),
    }
    return render(request, "crews/assignment.html", context, status=422 if form.errors else 200)


def _path_of(about: str) -> str:
    """The page of what an assignment is for, as "outages.outage:12" has one; "" where there is none."""
    name, _colon, key = about.partition(":")
    try:
        return reverse(name.replace(".", ":"), args=[int(key)])
    except (NoReverseMatch, ValueError):
        return ""


@require_POST
@permission_required(Permission.CREWS_DISPATCH)
def withdraw(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """Tell the crew that they need not go."""
    row = assignment_of(request, assignment_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _assignment_page(request, assignment_id, form)
    try:
        actions.withdraw_assignment(assignment_id=row.pk, reason=form.cleaned_data["reason"], **who(request))
    except ValueError:
        messages.warning(request, _("It is over already. Nothing was withdrawn."))
    else:
        messages.success(request, _("Withdrawn. The crew is told."))
    return redirect("crews:assignment", row.pk)


@require_GET
@permission_required(Permission.CREWS_VIEW)
def photo(request: HttpRequest, photo_id: int) -> HttpResponseBase:
    """A picture from the site."""
    try:
        found = queries.photo_for(scope=request.data_scope, photo_id=photo_id)  # type: ignore[attr-defined]
        answer = FileResponse(queries.photo_path(found).open("rb"), content_type=found.content_type)
    except (Photo.DoesNotExist, FileNotFoundError) as missing:
        raise Http404 from missing
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


def _where(request: HttpRequest, told: dict[str, Any]) -> tuple[float | None, float | None]:
    """Where a place is that was told, by its coordinates or else by its name."""
    if told.get("x") is not None or not told.get("place"):
        return told.get("x"), told.get("y")
    crews = queries.crews_within(request.data_scope)  # type: ignore[attr-defined]
    return position_of_text(told["place"], sorted({one.unit_id for one in crews})) or (None, None)


def _suggested(request: HttpRequest, told: dict[str, Any], at: datetime) -> list[queries.Suggestion]:
    x, y = _where(request, told)
    scope = request.data_scope  # type: ignore[attr-defined]
    return queries.suggestions(scope, x=x, y=y, skill=told.get("skill", ""), at=at)


@require_GET
@permission_required(Permission.CREWS_DISPATCH)
def suggestions(request: HttpRequest) -> HttpResponse:
    """Whom to send, as a part of a page: other pages fetch it for the place and skill that they have."""
    form = SuggestForm(request.GET)
    told, now = form.cleaned_data if form.is_valid() else {}, timezone.now()
    context = {"suggestions": _suggested(request, told, now), "chosen": request.GET.get("crew", ""), "now": now}
    return render(request, "crews/suggestions.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CREWS_DISPATCH)
def assign(request: HttpRequest) -> HttpResponse:
    """Send a crew somewhere."""
    now = timezone.now()
    names = ("about", "place", "note", "skill", "x", "y", "orders")
    form = AssignForm(request.POST or None, initial={name: request.GET.get(name, "") for name in names})
    if request.method == "POST" and form.is_valid() and _sent(request, form):
        return redirect("crews:home")
    told = form.cleaned_data if form.is_bound else _asked(request)
    context = {
        "form": form,
        "suggestions": _suggested(request, told, now),
        "chosen": str(form["crew"].value() or ""),
        "now": now,
    }
    return render(request, "crews/assign.html", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> dict[str, Any]:
    form = SuggestForm(request.GET)
    return form.cleaned_data if form.is_valid() else {}


def _sent(request: HttpRequest, form: AssignForm) -> bool:
    """Whether the crew was sent; else the form says why not."""
    told = dict(form.cleaned_data)
    crew_id, order_ids = told.pop("crew"), told.pop("orders")
    scope = request.data_scope  # type: ignore[attr-defined]
    if crew_id not in {one.pk for one in queries.crews_within(scope)}:
        form.add_error("crew", _("Choose a crew."))
        return False
    reach: Q = within(scope, field="unit__path")
    if Order.objects.filter(reach, pk__in=order_ids).count() != len(set(order_ids)):
        form.add_error(None, _("One of these orders is not there."))
        return False
    try:
        x, y = _where(request, told)
        row = actions.assign(crew_id=crew_id, order_ids=order_ids, **(told | {"x": x, "y": y}), **who(request))
    except actions.CertificateMissingError:
        form.add_error("crew", _("Nobody in this crew has a certificate in force for this work."))
        return False
    except ValueError:
        form.add_error("crew", _("Nobody is in this crew."))
        return False
    messages.success(request, _("%(crew)s is told.") % {"crew": row.crew})
    return True
