"""Pages where people say what is aimed at, how it is counted, and what hit the hotline."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import CauseForm, DefinitionForm, ExchangeForm, TargetForm, local_today
from denghuo.apps.hotline.models import CauseKind, Measure
from denghuo.apps.hotline.views.figures import percent
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permission_required, scope_of


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"at": timezone.now(), "actor": request.user.get_username()}


def _unit_choices(request: HttpRequest) -> list[tuple[str, str]]:
    """The units whose hotline this person may edit: those that have an exchange, and those above them."""
    scope = scope_of(request.user, Permission.HOTLINE_EDIT)
    return [(str(unit.pk), unit.name) for unit in organization.units_within(scope)]


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_VIEW)
def targets(request: HttpRequest) -> HttpResponse:
    """The targets of the units within reach, and a form to set one."""
    units = _unit_choices(request)
    form = TargetForm(request.POST or None, units=units, initial={"from_date": local_today()}) if units else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            told = form.cleaned_data
            actions.set_target(
                unit_id=told["unit"],
                from_date=told["from_date"],
                measure=Measure(told["measure"]),
                share=told["percent"] / 100,
                source=told["source"],
                **_who(request),
            )
            messages.success(request, _("The target is set. Every page measures against it from its day on."))
            return redirect("hotline:targets")
    rows = [(row, percent(row.share)) for row in queries.targets_within(request.data_scope)]  # type: ignore[attr-defined]
    context = {"form": form, "rows": rows}
    return render(request, "hotline/targets.html", context, status=422 if form and form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_VIEW)
def definitions(request: HttpRequest) -> HttpResponse:
    """How calls are counted, from when, by which rule; and a form for another."""
    rules = queries.definitions()
    last = rules.rows[-1]
    initial = {"from_date": local_today(), **{name: getattr(last, name) for name in _COUNTED}}
    # Counting is the whole installation's: who may change it must be responsible for all exchanges.
    whole = all(
        may(request.user, Permission.HOTLINE_EDIT, path=one.unit.path) for one in queries.all_exchanges()
    ) and bool(scope_of(request.user, Permission.HOTLINE_EDIT))
    form = DefinitionForm(request.POST or None, initial=initial) if whole else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            actions.set_definition(**form.cleaned_data, soon_counts=True, **_who(request))
            messages.success(request, _("Saved. Calls are counted anew from that day on."))
            return redirect("hotline:definitions")
    context = {"form": form, "rows": list(reversed(rules.rows))}
    return render(request, "hotline/definitions.html", context, status=422 if form and form.errors else 200)


_COUNTED = ("in_time_s", "redial_within_s", "soon_s")


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_VIEW)
def causes(request: HttpRequest) -> HttpResponse:
    """What hit the hotline, by name and time; and a form to name another."""
    editable = scope_of(request.user, Permission.HOTLINE_EDIT)
    units = {one.unit_id: one.unit for one in queries.exchanges_within(editable)} if editable else {}
    form = CauseForm(request.POST or None) if units else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            told = dict(form.cleaned_data)
            entry = actions.CauseEntry(**{**told, "kind": CauseKind(told["kind"])})
            for unit_id in units:
                actions.name_cause(unit_id=unit_id, entry=entry, **_who(request))
            messages.success(request, _("Named. The months it touches are explained with it."))
            return redirect("hotline:causes")
    context = {
        "form": form,
        "rows": queries.all_causes(request.data_scope),  # type: ignore[attr-defined]
        "editable": set(units),
    }
    return render(request, "hotline/causes.html", context, status=422 if form and form.errors else 200)


@require_http_methods(["POST"])
@permission_required(Permission.HOTLINE_EDIT)
def withdraw(request: HttpRequest, cause_id: int) -> HttpResponse:
    """Take back a cause that was named in error."""
    found = {row.pk for row in queries.all_causes(request.data_scope)}  # type: ignore[attr-defined]
    if cause_id not in found:
        raise Http404
    actions.withdraw_cause(cause_id=cause_id, **_who(request))
    messages.success(request, _("Withdrawn. The months it touched are explained without it."))
    return redirect("hotline:causes")


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_VIEW)
def sources(request: HttpRequest) -> HttpResponse:
    """What was read from where, and what was odd about it; and a form to open an exchange."""
    importable = scope_of(request.user, Permission.HOTLINE_IMPORT)
    units = [(str(unit.pk), unit.name) for unit in organization.units_within(importable)]
    form = ExchangeForm(request.POST or None, units=units) if units else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            told = form.cleaned_data
            actions.open_exchange(unit_id=told["unit"], code=told["code"], name=told["name"], **_who(request))
            messages.success(request, _("The exchange is open. Its calls can be read now."))
            return redirect("hotline:import")
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    rows = queries.readings_of([one.pk for one in exchanges])
    names = organization.names_of(row.read_by for row in rows)
    context = {
        "exchanges": exchanges,
        "rows": [(row, names.get(row.read_by, row.read_by)) for row in rows],
        "form": form,
        "may_import": bool(importable and queries.exchanges_within(importable)),
    }
    return render(request, "hotline/sources.html", context, status=422 if form and form.errors else 200)
