"""Devices and their log: what was switched, and what was told wrong."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.network import actions, queries
from denghuo.apps.network.forms import CorrectionForm, Doubts, OperationForm
from denghuo.apps.network.models import Branch, Network, SwitchingOperation
from denghuo.apps.network.views.reach import network_within_reach
from denghuo.apps.organization.access import Permission, may, permission_required

_ROWS_PER_PAGE = 50


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def device(request: HttpRequest, network_id: int, code: str) -> HttpResponse:
    """One device: what it is, how it stands, its log, and the next operation."""
    network = network_within_reach(request, network_id)
    return _device_page(request, network, code, None)


def _device_page(request: HttpRequest, network: Network, code: str, form: OperationForm | None) -> HttpResponse:
    try:
        found = queries.device(network.pk, code=code)
    except Branch.DoesNotExist as missing:
        raise Http404 from missing
    rows = Paginator(queries.operations_of(network.pk, device_code=code), _ROWS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    lasting = queries.lasting_events(network.pk)
    context = {
        "network": network,
        "device": found,
        "form": form or OperationForm(initial=_next(found), lasting=lasting),
        "lasting": lasting,
        "rows": rows,
        "operations": queries.log_rows(network.pk, rows),
        "may_operate": may(request.user, Permission.NETWORK_OPERATE, path=network.unit.path),
    }
    return render(request, "network/device.html", context, status=422 if form and form.errors else 200)


def _next(device: queries.Device) -> dict[str, Any]:
    """What will most likely be recorded next: the device moves, now."""
    now = timezone.localtime().replace(microsecond=0)
    if device.closed:
        return {"closes": "open", "operated_at": now}
    number = queries.number_of_opening(device.branch.network_id, device_code=device.branch.code)
    return {"closes": "close", "operated_at": now, "event_number": number}


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NETWORK_OPERATE)
def record(request: HttpRequest, network_id: int) -> HttpResponse:
    """Write an operation that was carried out into the log; whoever comes by address (after signing in again) is taken
    to the log.
    """
    network = network_within_reach(request, network_id)
    if request.method == "GET":
        return redirect("network:log", network.pk)
    code = request.POST.get("device", "").replace("\x00", "").strip()
    form = OperationForm(
        request.POST, lasting=queries.lasting_events(network.pk), doubts=_doubts(network.pk, code=code)
    )
    if not code or not form.is_valid():
        return _device_page(request, network, code, form)
    told = form.cleaned_data
    row = actions.record_switching(
        network_id=network.pk,
        device_code=code,
        closes=told["closes"],
        operated_at=told["operated_at"],
        event_number=told["event_number"],
        note=told["note"],
        at=timezone.now(),
        actor=request.user.get_username(),
    )
    messages.success(request, _what_it_did(network.pk, row.pk))
    return redirect(_log_of(network, code))


def _doubts(network_id: int, *, code: str = "", instead_of: int | None = None) -> Doubts:
    """What is unlikely about an operation that a form tells."""
    return lambda told: (
        queries.doubts(
            network_id,
            device_code=told.get("device", code),
            closes=told["closes"],
            operated_at=told["operated_at"],
            event_number=told["event_number"],
            at=timezone.now(),
            instead_of=instead_of,
        )
        if not told.get("void")
        else ()
    )


def _what_it_did(network_id: int, operation_id: int) -> str:
    """Who lost supply and who got it back by an operation, and the outages that leads to."""
    effect = queries.effect_of(network_id, operation_id=operation_id)
    parts = []
    if effect.lost.loads:
        parts.append(_("%(t)s transformers and %(n)s customers lost supply") % _counts(effect.lost))
    if effect.restored.loads:
        parts.append(_("%(t)s transformers and %(n)s customers have supply again") % _counts(effect.restored))
    if not parts:
        return _("Recorded. Nobody lost supply by it, and nobody got it back.")
    links = ((reverse("outages:numbered", args=[network_id, one]), one) for one in effect.event_numbers)
    said = {"what": _("; ").join(parts), "outages": format_html_join(", ", '<a href="{}">{}</a>', links)}
    return format_html(_("Recorded: {what}. Outage {outages}"), **said)


def _counts(supply: queries.Supply) -> dict[str, str]:
    counts = {"t": supply.loads, "n": supply.lv_customers}
    return {name: number_format(count, force_grouping=True) for name, count in counts.items()}


def _log_of(network: Network, code: str) -> str:
    """The page of a device; for a code that the network does not know, the rows of the log that name it."""
    if queries.is_device(network.pk, code=code):
        return reverse("network:device", args=[network.pk, code])
    return f"{reverse('network:log', args=[network.pk])}?{urlencode({'device': code})}"


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NETWORK_OPERATE)
def correct(request: HttpRequest, network_id: int, operation_id: int) -> HttpResponse:
    """Correct a row of the log; the wrong row stays, crossed out."""
    network = network_within_reach(request, network_id)
    wrong = SwitchingOperation.objects.filter(pk=operation_id, network=network, corrected_by=None, void=False).first()
    if wrong is None:
        raise Http404
    initial = {
        "device": wrong.device_code,
        "closes": "close" if wrong.closes else "open",
        "operated_at": timezone.localtime(wrong.operated_at),
        "event_number": wrong.number,
        "note": wrong.note,
    }
    form = CorrectionForm(request.POST or None, initial=initial, doubts=_doubts(network.pk, instead_of=wrong.pk))
    if request.method == "POST" and form.is_valid():
        try:
            _put_right(request, wrong, form.cleaned_data)
        except IntegrityError:
            form.add_error(None, _("Somebody else has just corrected this row. Look at the log first."))
        else:
            messages.success(request, _("Corrected. Everything that follows from it has been worked out again."))
            return redirect(_log_of(network, wrong.device_code))
    context = {
        "network": network,
        "wrong": queries.log_rows(network.pk, [wrong])[0],
        "form": form,
        "back": _log_of(network, wrong.device_code),
    }
    return render(request, "network/correct.html", context, status=422 if form.errors else 200)


def _put_right(request: HttpRequest, wrong: SwitchingOperation, told: dict[str, Any]) -> None:
    right = actions.OperationRow(
        device_code=told["device"],
        closes=told["closes"],
        operated_at=told["operated_at"],
        event_number=told["event_number"],
        note=told["note"],
    )
    actions.correct_switching(
        operation_id=wrong.pk,
        right=None if told["void"] else right,
        note=told["note"],
        at=timezone.now(),
        actor=request.user.get_username(),
    )


@require_GET
@permission_required(Permission.NETWORK_VIEW)
def log(request: HttpRequest, network_id: int) -> HttpResponse:
    """The switching log, newest first."""
    network = network_within_reach(request, network_id)
    code, number = _asked(request, "device"), _asked(request, "event")
    found = queries.operations_of(network.pk, device_code=code, event_number=number)
    rows = Paginator(found, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "network": network,
        "rows": rows,
        "operations": queries.log_rows(network.pk, rows),
        "device": code,
        "event": number,
        "odd_count": len(queries.log_oddities(network.pk)),
        "may_operate": may(request.user, Permission.NETWORK_OPERATE, path=network.unit.path),
    }
    return render(request, "network/log.html", context)


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()  # no database takes a NUL
