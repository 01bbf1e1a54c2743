"""Who answers for whom, and how they are reached."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.customers import actions, queries
from denghuo.apps.customers.forms import CardForm, EndResponsibilityForm, GiveAccountForm, GiveForm
from denghuo.apps.customers.models import Extent, Responsibility
from denghuo.apps.customers.queries.spots import sticker_code
from denghuo.apps.customers.views.accounts import form_page
from denghuo.apps.customers.views.reach import account_of_somebody, deeds, now_and_who, scope, units
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permission_required
from denghuo.apps.organization.models import Unit, User

SIZES = ("a6", "a5")
_ON_A_CARD = 24  # names of villages that fit on the small one


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_VIEW)
def responsible(request: HttpRequest) -> HttpResponse:
    """Who answers for which part of a station, whom nobody answers for, and who did before."""
    stations = units(request)
    unit = next((one for one in stations if str(one.pk) == request.GET.get("unit")), stations[0] if stations else None)
    if unit is None:
        return render(request, "customers/responsible.html", {"deeds": deeds(request)})
    may_edit = may(request.user, Permission.CUSTOMERS_EDIT, path=unit.path)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    form = _give_form(request, unit)
    if request.method == "POST" and form.is_valid():
        _give(request, unit, form)
        return redirect(f"{request.path}?unit={unit.pk}")
    context = {
        "unit": unit,
        "stations": stations,
        "form": form if may_edit else None,
        "rows": _lines(unit),
        "uncovered": queries.uncovered(unit.pk),
        "ended": queries.responsibilities_within([unit.path or "-"], ended=True),
        "deeds": deeds(request),
    }
    return render(request, "customers/responsible.html", context, status=422 if form.errors else 200)


def _give_form(request: HttpRequest, unit: Unit) -> GiveForm:
    loads = queries.loads_of(unit.pk)
    return GiveForm(
        request.POST if request.method == "POST" else None,
        initial={"targets": request.GET.getlist("target")},
        people=organization.people_who(Permission.CUSTOMERS_VIEW, path=unit.path),
        areas=sorted({area for area in loads.areas.values() if area}),
        loads=sorted(loads.names.items()),
    )


def _give(request: HttpRequest, unit: Unit, form: GiveForm) -> None:
    told = {"user_id": form.cleaned_data["user"], "because": form.cleaned_data["because"], **now_and_who(request)}
    given = [
        row
        for extent, targets in form.by_extent().items()
        for row in actions.give_responsibility(unit_id=unit.pk, extent=extent, targets=targets, **told)
    ]
    messages.success(request, _("Given out: %(n)s.") % {"n": len(given)} if given else _("It was so already."))


def _lines(unit: Unit) -> list[tuple[Any, str]]:
    """Responsibilities that hold, each with what its target is called."""
    loads = queries.loads_of(unit.pk)
    rows = queries.responsibilities_within([unit.path or "-"])
    own = [row for row in rows if row.unit_id == unit.pk]
    return [(row, loads.names.get(row.target, "") if row.extent == Extent.LOAD else "") for row in own]


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def end_responsible(request: HttpRequest, responsibility_id: int) -> HttpResponse:
    """Somebody answers for a part no more: why, who does instead, and whom nobody would answer for."""
    row = next((one for one in queries.responsibilities_within(scope(request)) if one.pk == responsibility_id), None)
    if row is None:
        raise Http404
    left = queries.left_without(row)
    people = organization.people_who(Permission.CUSTOMERS_VIEW, path=row.unit.path)
    others = [one for one in people if one.pk != row.user_id]
    form = EndResponsibilityForm(request.POST if request.method == "POST" else None, people=others, left=left)
    if request.method == "POST" and form.is_valid():
        _end(request, row, form)
        return redirect(f"{reverse('customers:responsible')}?unit={row.unit_id}")
    name = queries.loads_of(row.unit_id).names.get(row.target, "") if row.extent == Extent.LOAD else ""
    context = {"row": row, "name": name, "left": left, "form": form, "deeds": deeds(request)}
    return render(request, "customers/end_responsible.html", context, status=422 if form.errors else 200)


def _end(request: HttpRequest, row: Responsibility, form: EndResponsibilityForm) -> None:
    told, because = now_and_who(request), form.cleaned_data["because"]
    if form.cleaned_data["user"] is None:
        actions.end_responsibility(responsibility_id=row.pk, because=because, **told)
        messages.success(request, _("It is ended. Whoever is without a responsible person stands on top."))
        return
    actions.give_responsibility(
        unit_id=row.unit_id,
        extent=Extent(row.extent),
        targets=[row.target],
        user_id=form.cleaned_data["user"],
        because=because,
        **told,
    )
    messages.success(request, _("It is handed over."))


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def answers(request: HttpRequest, account_id: int) -> HttpResponse:
    """Have somebody answer for one customer."""
    row = account_of_somebody(request, account_id)
    people = organization.people_who(Permission.CUSTOMERS_VIEW, path=row.unit.path)
    form = GiveAccountForm(request.POST or None, people=people)
    return form_page(
        request,
        row,
        form,
        heading=_("Who answers for this customer"),
        send=_("Give it to them"),
        do=lambda: actions.give_responsibility(
            unit_id=row.unit_id,
            extent=Extent.ACCOUNT,
            targets=[row.number],
            user_id=form.cleaned_data["user"],
            because=form.cleaned_data["because"],
            **now_and_who(request),
        ),
        done=_("They answer for this customer now."),
    )


def _person(request: HttpRequest, user_id: int) -> User:
    """Somebody who answers for a part of what the person sees, or works there."""
    found = next(
        (
            one
            for unit in units(request)
            for one in organization.people_who(Permission.CUSTOMERS_VIEW, path=unit.path)
            if one.pk == user_id
        ),
        None,
    )
    if found is None:
        raise Http404
    return found


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_VIEW)
def card(request: HttpRequest, user_id: int) -> HttpResponse:
    """The card that hangs at the door: who answers here, and how they are reached."""
    person, size = _person(request, user_id), request.GET.get("size", SIZES[0])
    told = queries.card_of(person.pk)
    mine = [row for row in queries.responsibilities_within(scope(request)) if row.user_id == person.pk]
    rows = [row for row in mine if row.extent != Extent.ACCOUNT]
    context = {
        "person": person,
        "card": told,
        "rows": rows,
        "shown_rows": rows if len(rows) <= _ON_A_CARD else rows[: _ON_A_CARD - 1],
        "account_count": sum(row.extent == Extent.ACCOUNT for row in mine),
        "size": size if size in SIZES else SIZES[0],
        "sizes": SIZES,
        "code": _code(person, told.phone, told.title) if told else "",
        "report_code": _report_code(request, mine) if told and settings.PUBLIC_REPORTS else "",
        "deeds": deeds(request),
    }
    return render(request, "customers/card.html", context)


def _code(person: User, phone: str, title: str) -> str:
    """The card as a telephone reads it: a vCard in a QR code, drawn as SVG."""
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"FN:{person}",
        f"N:{person};;;;",
        f"TITLE:{title}",
        f"TEL:{phone}",
        "END:VCARD",
    )
    return _drawn("\r\n".join(lines))


def _report_code(request: HttpRequest, rows: Sequence[Responsibility]) -> str:
    """The way to the report form, as a code: of the transformer where somebody answers for one alone, else of the
    station. It names nobody."""
    row = next((row for row in rows if row.extent != Extent.ACCOUNT), None)
    if row is None:
        return ""
    is_alone = row.extent == Extent.LOAD and sum(one.extent != Extent.ACCOUNT for one in rows) == 1
    code = sticker_code(row.unit.code, row.target if is_alone else "")
    address = (settings.PUBLIC_ADDRESS or request.build_absolute_uri("/")).rstrip("/")
    return _drawn(address + reverse("portal:at-sticker", args=[code]))


def _drawn(text: str) -> str:
    """A QR code, drawn as SVG."""
    target = BytesIO()
    segno.make(text, error="m", micro=False).save(
        target, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=2, svgclass="cu-qr", lineclass=None
    )
    return mark_safe(target.getvalue().decode())  # drawn here, of modules and not of text


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def edit_card(request: HttpRequest, user_id: int) -> HttpResponse:
    """How somebody is reached at work."""
    person = _person(request, user_id)
    known = queries.card_of(person.pk)
    initial = {name: getattr(known, name) for name in ("phone", "title", "office", "hours")} if known else {}
    form = CardForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.set_contact_card(user_id=person.pk, entry=form.entry(), **now_and_who(request))
        messages.success(request, _("The card is kept."))
        return redirect("customers:card", person.pk)
    context = {"form": form, "person": person}
    return render(request, "customers/edit_card.html", context, status=422 if form.errors else 200)
