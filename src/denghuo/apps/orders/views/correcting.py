"""Putting right what an order was opened with: who, why, what it was and what it is."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.customers import queries as customers
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import CorrectionRefusedError, StepRefusedError
from denghuo.apps.orders.forms import CorrectForm
from denghuo.apps.orders.models import Correction, Order
from denghuo.apps.orders.views.reach import check_load, correction_refusal, found, in_reach, refusal, supervises, who
from denghuo.apps.organization.access import Permission, permission_required, scope_of

# The field of the form at which a refusal is said.
_FIELD = {"topic": "topic", "reason": "reason"}


@require_http_methods(["GET", "POST"])
@permission_required(Permission.ORDERS_WORK)
def correct(request: HttpRequest, order_id: int) -> HttpResponse:
    """Put an order right. Its kind chosen anew shows other topics, and writes nothing yet."""
    row = found(request, order_id)
    by = who(request)
    fields = queries.correctable(row, username=by["actor"], supervises=supervises(request, row), at=by["at"])
    if not fields:
        messages.warning(request, _("Who has it in hand, whom the customer asked first or a supervisor corrects it."))
        return redirect("orders:order", row.pk)
    seen = row.corrections.count()
    data = request.POST.copy() if request.method == "POST" else None
    stale = data is not None and data.get("seen", "") not in ("", str(seen))
    if data is not None:
        data["seen"] = str(seen)
    kinds = queries.kinds_for(row, username=by["actor"], supervises=supervises(request, row))
    form = CorrectForm(data, row=row, fields=fields, kinds=kinds, seen=seen)
    choosing = "change" in request.POST or request.headers.get("HX-Request") == "true"
    if request.method == "POST" and not choosing and _fits(request, row, form, stale):
        kept = _correct(form, row, by)
        if kept is not None:
            messages.success(request, _said(kept))
            return redirect("orders:order", row.pk) if in_reach(request, row) else redirect("orders:home")
    if choosing:
        form.errors.clear()
    return _page(request, row, form)


def _fits(request: HttpRequest, row: Order, form: CorrectForm, stale: bool) -> bool:
    """Whether it can be written down: nobody else has corrected it meanwhile, and the customer is within reach."""
    if not form.is_valid():
        return False
    account_id = form.cleaned_data["account"]
    if stale:
        form.add_error(None, _("Somebody corrected this order meanwhile. Look what stands there now, and send again."))
    if account_id and "account_id" in form.told() and _customer(request, account_id) is None:
        form.add_error(None, _("This customer is not within your reach."))
    if "load_code" in form.told():
        check_load(form, row.unit_id)
    return not form.errors


def _customer(request: HttpRequest, account_id: int) -> customers.Customer | None:
    return customers.customer(scope_of(request.user, Permission.CUSTOMERS_VIEW), account_id)


def _correct(form: CorrectForm, row: Order, by: dict[str, Any]) -> Correction | None:
    try:
        return actions.correct_order(order_id=row.pk, told=form.told(), reason=form.cleaned_data["reason"], **by)
    except CorrectionRefusedError as refused:
        field = _FIELD.get(refused.code)
        form.add_error(field if field in form.fields else None, correction_refusal(refused))
    except StepRefusedError as refused:
        form.add_error(None, refusal(refused))
    return None


def _said(kept: Correction) -> str:
    if kept.due_before == kept.due_after:
        return _("Corrected. What it was stays in the course of the order.")
    words = {"before": _local(kept.due_before), "after": _local(kept.due_after)}
    return _("Corrected. It was due at %(before)s, now at %(after)s: its clocks count from when it came in.") % words


def _local(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}" if at else "–"


def _page(request: HttpRequest, row: Order, form: CorrectForm) -> HttpResponse:
    told = form.data.get("account", "") if form.is_bound else form.initial["account"]
    account_id = int(told) if str(told or "").isdigit() else None
    customer = _customer(request, account_id) if account_id else None
    context = {"row": row, "form": form, "customer": customer, "alike": {}}
    template = "orders/correct_form.html" if request.headers.get("HX-Request") == "true" else "orders/correct.html"
    return render(request, template, context, status=422 if form.errors else 200)
