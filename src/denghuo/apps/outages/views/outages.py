"""The list of outages, one outage, and what people tell of it."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.organization.access import Permission, may, permission_required, permissions_of
from denghuo.apps.outages import actions, queries
from denghuo.apps.outages.forms import ClassifyForm, FilterForm, PlanForm
from denghuo.apps.outages.models import Outage
from denghuo.apps.outages.queries.detail import out_if_opened
from denghuo.apps.outages.views.field import in_the_field

_ROWS_PER_PAGE = 50


def outage_seen(request: HttpRequest, outage_id: int) -> Outage:
    """The outage, if it lies in what the person may see."""
    try:
        return queries.outage_for(scope=request.data_scope, outage_id=outage_id)  # type: ignore[attr-defined]
    except Outage.DoesNotExist as missing:
        raise Http404 from missing


@require_GET
@permission_required(Permission.OUTAGES_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """The list: what lasts first, then what is planned, then what is over."""
    form = FilterForm(request.GET or None)
    wanted = _instants(form.cleaned_data) if form.is_valid() else {}
    now, asked = timezone.now(), wanted | {"state": wanted.get("state") or "somebody"}
    rows = queries.find(request.data_scope, wanted=asked, at=now)  # type: ignore[attr-defined]
    page = Paginator(rows, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    costs = queries.costs([one for one in page if one.lasts], at=now)
    allowed = permissions_of(request.user)
    context = {
        "form": form,
        "rows": page,
        "costs": [(one, costs.get(one.pk), queries.place_of(one), queries.planned_customers(one)) for one in page],
        "now": now,
        "filtered": any(wanted.values()),
        "may_edit": Permission.OUTAGES_EDIT in allowed,
        "may_edit_notices": Permission.NOTICES_EDIT in allowed,
    }
    return render(request, "outages/home.html", context)


def _instants(wanted: dict[str, Any]) -> dict[str, Any]:
    """Days become instants: from the first midnight to the one after the last day."""
    told = dict(wanted)
    zone = timezone.get_current_timezone()
    if told.get("start"):
        told["start"] = datetime.combine(told["start"], time.min, tzinfo=zone)
    if told.get("end"):
        told["end"] = datetime.combine(told["end"] + timedelta(days=1), time.min, tzinfo=zone)
    return told


@require_GET
@permission_required(Permission.OUTAGES_VIEW)
def outage(request: HttpRequest, outage_id: int) -> HttpResponse:
    """One outage: how it went step by step, who was out, what it cost, and still costs."""
    found, now = outage_seen(request, outage_id), timezone.now()
    path, allowed = found.network.unit.path, permissions_of(request.user)
    steps, loads = queries.timeline(found), queries.loads_out(found, at=now)
    context = {
        "outage": found,
        "where": queries.place_of(found),
        "line": str(found.feeder or "") or queries.line_of_plan(found),
        "planned_codes": found.planned_device_codes.split(),
        "place": found.place or queries.area_told(load.area for load in loads),
        "now": now,
        "steps": steps,
        "stairs": _stairs(steps, until=found.restored_at or now) if found.started_at else None,
        "loads": loads,
        "cost": queries.cost_of_loads(loads, at=now),
        "operations": _operations(found, steps),
        "network": found.network,
        "may_edit": may(request.user, Permission.OUTAGES_EDIT, path=path),
        "is_plan_ahead": found.is_plan_ahead(now),
        "may_operate": may(request.user, Permission.NETWORK_OPERATE, path=path),
        "may_see_network": may(request.user, Permission.NETWORK_VIEW, path=path),
        "may_see_hotline": Permission.HOTLINE_VIEW in allowed,
        "overran": bool(
            found.planned_end_at and (found.restored_at or now) > found.planned_end_at and found.started_at
        ),
        **in_the_field(request, found, loads, allowed=allowed, at=now),
    }
    return render(request, "outages/outage.html", context)


def _operations(outage: Outage, steps: list[network.SupplyStep]) -> list[network.LogRow]:
    """The rows of the log that name the outage, and whatever else took supply away or gave it back in it."""
    ids = [step.operation_id for step in steps]
    rows = network.operations_of(outage.network_id, event_number=outage.number, or_ids=ids)
    return network.log_rows(outage.network_id, rows)


@require_GET
@permission_required(Permission.OUTAGES_VIEW)
def numbered(request: HttpRequest, network_id: int, number: str) -> HttpResponse:
    """The outage that has a number; while it has not been worked out yet, the list."""
    if network_id not in {one.pk for one in network.networks_within(request.data_scope)}:  # type: ignore[attr-defined]
        raise Http404
    outage_id = queries.id_of_number(network_id, number)
    return redirect("outages:outage", outage_id) if outage_id else redirect("outages:home")


def _stairs(steps: list[network.SupplyStep], *, until: datetime) -> dict[str, Any] | None:
    """Customers without supply over time as the outline of an area, which is the customer-hours; in 1000 by 100."""
    peak, start = max((step.out_after.lv_customers for step in steps), default=0), steps[0].at if steps else until
    span = (until - start).total_seconds()
    if not peak or span <= 0:
        return None
    outline = "M0 100"
    for step in steps:
        across = round(1000 * (step.at - start).total_seconds() / span, 1)
        outline += f"H{min(across, 1000.0)}V{round(100 - 100 * step.out_after.lv_customers / peak, 1)}"
    return {"outline": f"{outline}H1000V100Z", "peak": peak, "start": start, "end": until}


@require_http_methods(["GET", "POST"])
@permission_required(Permission.OUTAGES_EDIT)
def classify(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Say what kind of outage it was and why."""
    found = outage_seen(request, outage_id)
    initial = {"kind": found.kind, "cause": found.cause, "place": found.place, "note": found.note}
    form = ClassifyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.classify_outage(
            outage_id=found.pk, **form.cleaned_data, at=timezone.now(), actor=request.user.get_username()
        )
        messages.success(request, _("Saved. The figures that count it have followed."))
        return redirect("outages:outage", found.pk)
    return render(request, "outages/classify.html", {"outage": found, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.OUTAGES_EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """Enter an outage before it happens."""
    networks = network.networks_within(request.data_scope)  # type: ignore[attr-defined]
    now = timezone.localtime()
    number = queries.free_number([one.pk for one in networks], f"P-{now:%Y%m%d-%H%M}")
    form = PlanForm(request.POST or None, networks=networks, initial={"number": number})
    if request.method == "POST" and request.POST.get("look"):
        return _look(request, form, networks)
    if request.method == "POST" and form.is_valid():
        told = dict(form.cleaned_data)
        network_id = told.pop("network")
        if same := queries.planned_already(network_id, told):
            _say_same(request, same, told)
            return redirect("outages:outage", same.pk)
        try:
            planned = actions.register_outage(
                network_id=network_id,
                entry=actions.OutageEntry(**told),
                at=timezone.now(),
                actor=request.user.get_username(),
            )
        except IntegrityError:
            form.add_error("number", _("This number is taken. Choose another."))
        else:
            messages.success(request, _("The outage is planned."))
            return redirect("outages:outage", planned.pk)
    return render(request, "outages/new.html", {"form": form, "networks": networks}, status=422 if form.errors else 200)


def _say_same(request: HttpRequest, same: Outage, told: dict[str, Any]) -> None:
    """That it is planned already, and what it says in other words, or not at all."""
    messages.info(request, _("This is planned already: here it is."))
    if told["place"] and told["place"] != same.place:
        said = _("Your place was not taken over: “%(place)s”. Change it under “Kind and cause”.")
        messages.warning(request, said % {"place": told["place"]})
    if told["note"] and told["note"] != same.note:
        said = _("Your note was not taken over: “%(note)s”. Add it under “Kind and cause”.")
        messages.warning(request, said % {"note": told["note"]})


def _look(request: HttpRequest, form: PlanForm, networks: list[Network]) -> HttpResponse:
    """Who would be without supply, before anything is planned: the form stays as it is filled in."""
    form.is_valid()
    codes = form.cleaned_data.get("planned_device_codes", "").split()
    chosen = next((one for one in networks if one.pk == form.cleaned_data.get("network")), None)
    kept = PlanForm(networks=networks, initial={name: request.POST.get(name, "") for name in form.fields})
    wrong = form.errors.get("planned_device_codes")
    if wrong or not codes or chosen is None:
        said = wrong.as_text().removeprefix("* ") if wrong else _("Name the devices that are to be opened.")
        messages.warning(request, said)
        return render(request, "outages/new.html", {"form": kept, "networks": networks}, status=422)
    out_if = out_if_opened(chosen.pk, chosen.unit_id, device_codes=codes)
    return render(request, "outages/new.html", {"form": kept, "networks": networks, "out_if": out_if})
