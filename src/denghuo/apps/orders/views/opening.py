"""Opening an order: one form, whose fields change with the kind."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.customers import queries as customers
from denghuo.apps.knowledge import queries as knowledge
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import OrderEntry
from denghuo.apps.orders.forms import OpenForm
from denghuo.apps.orders.models import Channel, Kind, Order
from denghuo.apps.orders.views.reach import check_load, reader, who
from denghuo.apps.organization.access import Permission, permission_required, scope_of

_LONGEST = 20_000
_HITS = 8


@require_http_methods(["GET", "POST"])
@permission_required(Permission.ORDERS_WORK)
def new(request: HttpRequest) -> HttpResponse:
    """A new order. What is written is kept as a draft until it is opened."""
    form = _form(request)
    # Another kind asks for other fields: the form comes back with what was written, and nothing is opened.
    changing = request.headers.get("HX-Request") == "true" or "change" in request.POST
    if request.method == "POST" and not changing and form.is_valid() and _is_placed(request, form):
        return _open(request, form)
    if changing:
        form.errors.clear()
    told = form.data if form.is_bound else form.initial
    account = _account(request, told.get("account"))
    context = {
        "form": form,
        "kind": _kind_of(told.get("kind")),
        "customer": account,
        "alike": _told_of_account(request, account),
        "parent": _parent(request, told.get("parent")),
        "now": timezone.now(),
        "drafted": bool(form.initial.get("drafted")),
    }
    template = "orders/new_form.html" if request.headers.get("HX-Request") == "true" else "orders/new.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _kind_of(told: Any) -> str:
    return told if told in Kind.values else Kind.FAULT


def _form(request: HttpRequest) -> OpenForm:
    scope = request.data_scope  # type: ignore[attr-defined]
    units = [(unit.pk, unit.name) for unit in queries.units_for(scope)]
    stations = [unit.pk for unit in queries.units_for(scope) if unit.kind == "station"]
    if request.method == "POST":
        data = request.POST.copy()
        kind = _kind_of(data.get("kind"))
        data["kind"] = kind
        return OpenForm(data, units=units, kind=kind)
    initial: dict[str, Any] = {
        "client_key": uuid4().hex,
        "channel": Channel.PHONE,
        "unit": stations[0] if stations else None,
    }
    asked = {name: request.GET[name] for name in _FROM_ADDRESS if request.GET.get(name)}
    if not asked and (kept := queries.draft_of(request.user.get_username())):
        initial |= json.loads(kept) | {"drafted": True}
    if (parent := _parent(request, asked.get("parent"))) is not None:
        initial |= _from_parent(parent)
    initial |= asked
    initial["kind"] = _kind_of(initial.get("kind"))
    return OpenForm(initial=initial, units=units, kind=initial["kind"])


_FROM_ADDRESS = ("kind", "topic", "account", "caller", "parent", "place", "load_code", "channel", "text")


def _from_parent(parent: Order) -> dict[str, Any]:
    """What a part has from the whole until somebody says otherwise. The number stays sealed: see ``_open``."""
    return {
        "kind": parent.kind,
        "account": parent.account_id,
        "place": parent.place,
        "load_code": parent.load_code,
        "area": parent.area,
        "unit": parent.unit_id,
        "channel": parent.channel,
    }


def _is_placed(request: HttpRequest, form: OpenForm) -> bool:
    """Whether the transformer area is one of where the order goes. What a customer's file says is not typed here."""
    account = _account(request, form.cleaned_data["account"])
    if account is not None and form.cleaned_data.get("load_code") == account.load_code:
        return True
    return check_load(form, account.unit_id if account else form.cleaned_data["unit"])


def _open(request: HttpRequest, form: OpenForm) -> HttpResponse:
    told = dict(form.cleaned_data)
    now = timezone.now()
    parent, account = _parent(request, told.pop("parent")), _account(request, told.pop("account"))
    received_at: datetime | None = told.pop("received_at")
    if parent and (account.account_id if account else None) == parent.account_id and not told["caller"]:
        told["caller"] = parent.caller
    entry = OrderEntry(
        unit_id=account.unit_id if account else told.pop("unit"),
        account_id=account.account_id if account else None,
        load_code=told.pop("load_code", "") or (account.load_code if account else ""),
        parent_id=parent.pk if parent else None,
        received_at=min(received_at or now, now),
        first_asked=request.user.get_username(),
        place=told.pop("place") or (account.address if account else ""),
        **{name: value for name, value in told.items() if name not in ("unit", "load_code") and value is not None},
    )
    try:
        row = actions.open_order(entry=entry, **who(request))
    except ValueError:
        messages.error(request, _("This form was sent before, for another unit. Write it anew."))
        return redirect("orders:new")
    actions.save_draft(content="", **who(request))
    sentence = queries.rule_book().steps_of(row.kind, timezone.localdate(now))["open"].sentence
    told_now = sentence.replace("{number}", row.number)
    messages.success(
        request,
        _("Order %(number)s is opened. Tell the customer: %(words)s")
        % {
            "number": row.number,
            "words": told_now or row.number,
        },
    )
    return redirect("orders:order", row.pk)


def _account(request: HttpRequest, told: Any) -> customers.Customer | None:
    if not str(told or "").isdigit():
        return None
    return customers.customer(scope_of(request.user, Permission.CUSTOMERS_VIEW), int(told))


def _parent(request: HttpRequest, told: Any) -> Order | None:
    if not str(told or "").isdigit():
        return None
    try:
        return queries.order_for(request.data_scope, int(told), reader=reader(request))  # type: ignore[attr-defined]
    except Order.DoesNotExist as missing:
        raise Http404 from missing


def _told_of_account(request: HttpRequest, account: customers.Customer | None) -> dict[str, Any]:
    """What is open of a customer, and what was found there."""
    if account is None:
        return {}
    return {
        "open": queries.open_of_account(account.account_id, reader=reader(request))[:5],
        "findings": queries.findings_of_account(account.account_id, limit=3, reader=reader(request)),
    }


@require_POST
@permission_required(Permission.ORDERS_WORK)
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what is being written."""
    told = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    content = json.dumps(told, ensure_ascii=False)
    if len(content) > _LONGEST or not set(told) <= _FIELDS:
        return HttpResponse(status=422)
    actions.save_draft(content=content, **who(request))
    return render(request, "orders/draft_saved.html", {"now": timezone.now()})


_FIELDS = {*OpenForm.base_fields, "q"}


@require_GET
@permission_required(Permission.ORDERS_WORK)
def find_customers(request: HttpRequest) -> HttpResponse:
    """Customers that fit what is typed, or the one that was chosen."""
    account = _account(request, request.GET.get("account"))
    text = request.GET.get("q", "").strip()[:100]
    scope = scope_of(request.user, Permission.CUSTOMERS_VIEW)
    found = customers.search(scope, text, limit=_HITS) if text and account is None else None
    context = {"customer": account, "alike": _told_of_account(request, account), "found": found, "text": text}
    return render(request, "orders/customers.html", context)


@require_POST
@permission_required(Permission.ORDERS_WORK)
def wording(request: HttpRequest) -> HttpResponse:
    """What a text says that ought not to be said, and what to say instead."""
    names = ("text", "found", "done", "told_customer", "note", "decision", "receipt")
    return render(request, "orders/wording.html", {"findings": better_said(request, *names)})


def better_said(request: HttpRequest, *names: str) -> list[knowledge.WordingFinding]:
    """What these fields say that ought not to be said."""
    text = "\n".join(request.POST.get(name, "") for name in names)[:4_000]
    rules = knowledge.wording_rules(request.data_scope, on=timezone.localdate())  # type: ignore[attr-defined]
    return knowledge.check_wording(text, rules=rules)
