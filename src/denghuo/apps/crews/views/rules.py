"""The price list, and what dispatch goes by."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.forms import LadderForm, PriceForm, RuleForm
from denghuo.apps.crews.models import RuleKind
from denghuo.apps.crews.views.frame import stations, today, unit_asked, who
from denghuo.apps.organization.access import Permission, may, permission_required
from denghuo.apps.organization.models import Unit


def _may_edit(request: HttpRequest, unit: Unit | None) -> bool:
    return unit is not None and may(request.user, Permission.CREWS_EDIT, path=unit.path)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CREWS_VIEW)
def prices(request: HttpRequest) -> HttpResponse:
    """What a service costs behind the customer's boundary, and since when."""
    units = stations(request)
    unit = unit_asked(request, units)
    form = PriceForm(request.POST or None, initial={"from_date": today()}) if _may_edit(request, unit) else None
    if request.method == "POST":
        if form is None or unit is None:
            raise PermissionDenied
        if form.is_valid() and _priced(request, unit, form):
            return redirect(f"{request.path}?unit={unit.pk}")
    context: dict[str, Any] = {"unit": unit, "units": units, "form": form}
    if unit is not None:
        context["rows"] = queries.prices(unit, on=today())
        context["later"] = queries.prices_to_come(unit, after=today())
    return render(request, "crews/prices.html", context, status=422 if form and form.errors else 200)


def _priced(request: HttpRequest, unit: Unit, form: PriceForm) -> bool:
    told = form.cleaned_data
    entry = actions.PriceEntry(
        code=told["code"],
        name=told["name"],
        measure=told["measure"],
        price_fen=form.price_fen(),
        from_date=told["from_date"],
        source=told["source"],
        is_lifted=told["is_lifted"],
    )
    try:
        actions.set_price(unit_id=unit.pk, entry=entry, **who(request))
    except ValueError:
        form.add_error("from_date", _("A quote goes by the price of this day already. Choose a later day."))
        return False
    messages.success(request, _("Saved. Quotes from that day on go by it."))
    return True


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CREWS_VIEW)
def rules(request: HttpRequest) -> HttpResponse:
    """The ladder that an assignment climbs while nobody accepts it, and the numbers that suggestions go by."""
    units = stations(request)
    unit = unit_asked(request, units)
    held = queries.ladder(unit, on=today()) if unit is not None else ()
    told = _rule_forms(request, held) if _may_edit(request, unit) else ()
    sent = next((one for one in told if one.is_bound), None)
    if request.method == "POST":
        if not told or unit is None:
            raise PermissionDenied
        if sent is None:
            raise Http404
        if sent.is_valid():
            _set(sent, unit, request)
            messages.success(request, _("Saved."))
            return redirect(f"{request.path}?unit={unit.pk}")
    context: dict[str, Any] = {"unit": unit, "units": units, "forms": told, "ladder": held}
    if unit is not None:
        context["numbers"] = list(queries.numbers(unit, on=today()).values())
        context["later"] = queries.rules_to_come(unit, after=today())
    return render(request, "crews/rules.html", context, status=422 if sent and sent.errors else 200)


def _rule_forms(request: HttpRequest, held: tuple[queries.Rung, ...]) -> tuple[LadderForm, RuleForm]:
    which = request.POST.get("form", "rule") if request.method == "POST" else ""
    initial = {"from_date": today()}
    return (
        LadderForm(request.POST if which == "ladder" else None, rungs=held, initial=initial, auto_id="ladder-%s"),
        RuleForm(request.POST if which == "rule" else None, initial=initial, auto_id="rule-%s"),
    )


def _set(form: LadderForm | RuleForm, unit: Unit, request: HttpRequest) -> None:
    told = form.cleaned_data
    if isinstance(form, LadderForm):
        rungs = [actions.RungEntry(**one) for one in form.rungs()]
        actions.set_ladder(
            unit_id=unit.pk, from_date=told["from_date"], rungs=rungs, source=told["source"], **who(request)
        )
        return
    actions.set_rule(unit_id=unit.pk, **told | {"kind": RuleKind(told["kind"])}, **who(request))
