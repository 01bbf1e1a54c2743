"""Pages of gateways: which there are, whether they work, what they ask, and a trial of each."""

from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.notices import actions, queries
from denghuo.apps.notices.forms import GatewayForm, GatewayTemplateForm, TryForm
from denghuo.apps.notices.models import Gateway
from denghuo.apps.notices.views.figures import failures, month_start, percent, who, yuan
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required, scope_of


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_VIEW)
def gateways(request: HttpRequest) -> HttpResponse:
    """The gateways within reach and how they did this month; who may, sets one up."""
    editable, now = scope_of(request.user, Permission.NOTICES_EDIT), timezone.now()
    if request.method == "POST" and not editable:
        raise PermissionDenied
    units = organization.units_within(editable)
    form = GatewayForm(request.POST or None, units=units) if editable else None
    if form is not None and form.is_valid() and (row := _save(request, form)) is not None:
        return redirect("notices:gateway", row.pk)
    scope = request.data_scope  # type: ignore[attr-defined]
    told = queries.performance(scope, since=month_start(now))
    context = {
        "rows": [
            {
                "row": one.gateway,
                "tone": _tone(one.gateway),
                "state": _state(one.gateway),
                "told": one,
                "failed": percent(one.failed_share),
                "spent": yuan(one.spent_fen),
                "price": number_format(one.gateway.price_fen.normalize()),
                "editable": any(str(one.gateway.unit.path).startswith(path) for path in editable),
            }
            for one in told
        ],
        "charts": [failures(told)] if told else [],
        "form": form,
    }
    return render(request, "notices/gateways.html", context, status=422 if form is not None and form.errors else 200)


def _tone(row: Gateway) -> str:
    if not row.enabled:
        return "filed"
    return "breached" if row.resting_until_at else "warning" if row.failures else "done"


def _state(row: Gateway) -> str:
    if not row.enabled:
        return _("switched off")
    if row.resting_until_at:
        return _("rests after %(count)d failures") % {"count": row.failures}
    return _("fails") if row.failures else _("ready")


def _save(request: HttpRequest, form: GatewayForm, row: Gateway | None = None) -> Gateway | None:
    """Save what was told; what cannot be is said on the form."""
    told = {"unit_id": form.cleaned_data["unit"], "entry": form.entry(), "gateway_id": row.pk if row else None}
    same = Gateway.objects.filter(unit_id=told["unit_id"], name=form.cleaned_data["name"])
    if (same.exclude(pk=row.pk) if row else same).exists():
        form.add_error("name", _("There is one of this name."))
        return None
    try:
        saved = actions.set_gateway(**told, **who(request))
    except ValueError:
        form.add_error("endpoint", _("This address or channel does not fit this kind of gateway."))
        return None
    flash.success(request, _("Saved."))
    return saved


def _found(request: HttpRequest, gateway_id: int) -> Gateway:
    try:
        return queries.gateway_for(scope=request.data_scope, gateway_id=gateway_id)  # type: ignore[attr-defined]
    except Gateway.DoesNotExist as missing:
        raise Http404 from missing


@require_http_methods(["GET", "POST"])
@permission_required(Permission.NOTICES_EDIT)
def gateway(request: HttpRequest, gateway_id: int) -> HttpResponse:
    """One gateway: what is told of it, what it has registered, where it reports."""
    row = _found(request, gateway_id)
    units = [row.unit]
    shown = {name: getattr(row, name) for name in GatewayForm.base_fields if name not in ("unit", "secret", "options")}
    shown |= {"options": "\n".join(f"{name} = {value}" for name, value in row.options.items())}
    form = GatewayForm(request.POST or None, units=units, initial={**shown, "unit": row.unit_id})
    if form.is_valid() and _save(request, form, row) is not None:
        return redirect("notices:gateway", row.pk)
    return _page(request, row, form=form)


def _page(
    request: HttpRequest,
    row: Gateway,
    *,
    form: GatewayForm | None = None,
    template_form: GatewayTemplateForm | None = None,
    try_form: TryForm | None = None,
) -> HttpResponse:
    wrong = any(one is not None and one.errors for one in (form, template_form, try_form))
    if form is None:
        return redirect("notices:gateway", row.pk)
    address = request.build_absolute_uri(reverse("notices:receipts", args=[row.receipt_token]))
    context = {
        "row": row,
        "tone": _tone(row),
        "state": _state(row),
        "form": form,
        "template_form": template_form or GatewayTemplateForm(),
        "try_form": try_form or TryForm(initial={"text": _("This is a test of Denghuo.")}),
        "registered": [(one, queries.event_label(one.event)) for one in row.templates.all()],
        "address": address,
    }
    answer = render(request, "notices/gateway.html", context, status=422 if wrong else 200)
    answer["Cache-Control"] = "no-store"  # the address is a secret
    return answer


@require_POST
@permission_required(Permission.NOTICES_EDIT)
def gateway_template(request: HttpRequest, gateway_id: int) -> HttpResponse:
    """Say under which code the words of an event are registered."""
    row, form = _found(request, gateway_id), GatewayTemplateForm(request.POST)
    if form.is_valid():
        actions.set_gateway_template(gateway_id=row.pk, **form.cleaned_data, **who(request))
        flash.success(request, _("Saved."))
    else:
        flash.error(request, _("This was not saved: choose what it is about."))
    return redirect("notices:gateway", row.pk)


@require_POST
@permission_required(Permission.NOTICES_EDIT)
def try_gateway(request: HttpRequest, gateway_id: int) -> HttpResponse:
    """Send a trial by this gateway."""
    row, form = _found(request, gateway_id), TryForm(request.POST)
    if not form.is_valid():
        flash.error(request, _("Say where the trial goes, and what it says."))
        return redirect("notices:gateway", row.pk)
    sent = actions.try_gateway(gateway_id=row.pk, **form.cleaned_data, **who(request))
    return redirect("notices:message", sent.pk)
