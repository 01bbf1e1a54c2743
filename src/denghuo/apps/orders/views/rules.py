"""What orders go by: limits with a preview of what a new one would do, steps, numbers."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import LimitEntry, StepEntry
from denghuo.apps.orders.forms import LimitForm, NumbersForm, StepForm
from denghuo.apps.orders.models import Kind, LimitRule, OrderRule, StepRule
from denghuo.apps.orders.queries.words import STEP_NAMES
from denghuo.apps.orders.views.month import midnight
from denghuo.apps.orders.views.reach import who
from denghuo.apps.organization.access import Permission, permission_required, scope_of

_OF_STEP = ("step", "from_states", "to_state", "who", "needs_reason", "effects", "sentence")
_KEY = ("topic", "area", "channel", "clock", "layer", "region")


def _may_edit(request: HttpRequest) -> bool:
    return bool(scope_of(request.user, Permission.ORDERS_RULES))


def _scope(request: HttpRequest) -> tuple[str, ...]:
    return scope_of(request.user, Permission.ORDERS_RULES)


def _editing(request: HttpRequest) -> None:
    if request.method == "POST" and not _may_edit(request):
        raise PermissionDenied


def _kind(request: HttpRequest) -> str:
    told = request.GET.get("kind", "")
    return told if told in Kind.values else Kind.FAULT


@require_GET
@permission_required(Permission.ORDERS_VIEW)
def limits(request: HttpRequest) -> HttpResponse:
    """Every limit of a kind, from when, whose, and where it is written."""
    today, kind = timezone.localdate(), _kind(request)
    book = queries.rule_book()
    rows = [row for row in book.limits if row.kind == kind]
    latest: dict[tuple[str, ...], LimitRule] = {}
    for row in sorted(
        (one for one in rows if one.from_date <= today), key=lambda one: (one.from_date, one.pk is not None)
    ):
        latest[tuple(getattr(row, name) for name in _KEY)] = row
    own = {key[:-1] for key, row in latest.items() if row.pk is not None}
    outweighed = {id(row) for key, row in latest.items() if row.pk is None and key[:-1] in own}
    in_force = {id(row) for row in latest.values() if row.limit_s is not None} - outweighed
    rows.sort(key=lambda row: (row.clock, row.topic, row.area, row.layer, -row.from_date.toordinal()))
    region = book.number(today).region
    context = {
        "kind": kind,
        "kinds": Kind.choices,
        "rows": [row for row in rows if row.region in ("", region) and id(row) in in_force],
        "past": [row for row in rows if row.region not in ("", region) or id(row) not in in_force],
        "region": region,
        "may_edit": _may_edit(request),
        "unknown_years": queries.unknown_years(today),
    }
    return render(request, "orders/limits.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.ORDERS_RULES)
def set_limit(request: HttpRequest) -> HttpResponse:
    """A limit from a day on: first what it would do, then whether it holds."""
    today = timezone.localdate()
    form = LimitForm(
        request.POST or None, initial={"kind": _kind(request), "layer": LimitRule.Layer.INTERNAL, "from_date": today}
    )
    preview = None
    if request.method == "POST" and form.is_valid():
        entry = LimitEntry(**form.entry())
        if "save" in request.POST:
            actions.set_limit_rule(entry=entry, from_date=form.cleaned_data["from_date"], **who(request))
            messages.success(request, _("Saved. Open orders go by it; those that are over stay as they were."))
            return redirect(f"{request.path.removesuffix('limit/')}?kind={entry.kind}")
        preview = _preview(request, entry, form.cleaned_data["from_date"])
    context = {"form": form, "preview": preview}
    return render(request, "orders/limit.html", context, status=422 if form.errors else 200)


def _preview(request: HttpRequest, entry: LimitEntry, from_date: Any) -> Any:
    today = timezone.localdate()
    first = today.replace(day=1)
    last_month = (first - timedelta(days=1)).replace(day=1)
    rule = LimitRule(**vars(entry), from_date=from_date)
    since, until = midnight(last_month), midnight(first)
    return queries.what_if(_scope(request), rule, since=since, until=until, at=timezone.now())


@require_http_methods(["GET", "POST"])
@permission_required(Permission.ORDERS_VIEW)
def steps(request: HttpRequest) -> HttpResponse:
    """The steps of each kind, and a form to set one from a day on."""
    _editing(request)
    kind, preview = _kind(request), None
    now = queries.rule_book().steps_of(kind, timezone.localdate())
    chosen = now.get(request.GET.get("step", ""))
    form = _step_form(request, kind, chosen) if _may_edit(request) else None
    if request.method == "POST" and form is not None and form.is_valid():
        told = dict(form.cleaned_data)
        if "save" in request.POST:
            from_date, source = told.pop("from_date"), told.pop("source")
            actions.set_step_rule(entry=StepEntry(**told), from_date=from_date, source=source, **who(request))
            messages.success(request, _("Saved."))
            return redirect(f"{request.path}?kind={told['kind'] or kind}")
        preview = queries.what_if_step(_scope(request), StepRule(**told), at=timezone.now())
    context = {
        "preview": preview,
        "kind": kind,
        "kinds": Kind.choices,
        "rows": sorted(now.values(), key=_on_the_way),
        "chosen": chosen,
        "today": timezone.localdate(),
        "form": form,
    }
    return render(request, "orders/steps.html", context, status=422 if form and form.errors else 200)


def _step_form(request: HttpRequest, kind: str, chosen: StepRule | None) -> StepForm:
    """The form of a step, with what holds now of the one that was chosen to be changed."""
    own = {row.step for row in queries.rule_book().steps}
    known = {step: name() for step, name in STEP_NAMES.items()} | {step: step for step in own - STEP_NAMES.keys()}
    holds = {name: getattr(chosen, name) for name in _OF_STEP} if chosen else {}
    initial = {"from_date": timezone.localdate(), **holds, "kind": kind}
    form = StepForm(request.POST or None, initial=initial, known=known)
    if wrong := next(iter(form.errors), ""):
        form.fields[wrong].widget.attrs["autofocus"] = True
    return form


@require_http_methods(["GET", "POST"])
@permission_required(Permission.ORDERS_VIEW)
def numbers(request: HttpRequest) -> HttpResponse:
    """The numbers of the order desk."""
    _editing(request)
    today = timezone.localdate()
    now = queries.rule_book().number(today)
    form = preview = None
    if _may_edit(request):
        form = NumbersForm(request.POST or None, initial=_initial(now) | {"from_date": today, "source": ""})
    if request.method == "POST" and form is not None and form.is_valid():
        told = dict(form.cleaned_data)
        if "save" in request.POST:
            from_date, source = told.pop("from_date"), told.pop("source")
            actions.set_order_rule(values=told, from_date=from_date, source=source, **who(request))
            messages.success(request, _("Saved. Open orders go by it; those that are over stay as they were."))
            return redirect("orders:numbers")
        preview = queries.what_if_numbers(_scope(request), OrderRule(**told), at=timezone.now())
    context = {"form": form, "preview": preview, "rows": queries.order_rules(), "now": now}
    return render(request, "orders/numbers.html", context, status=422 if form and form.errors else 200)


_WAY = [*STEP_NAMES]


def _on_the_way(rule: Any) -> tuple[int, str]:
    """Steps in the order in which an order takes them, those of the installation's own last."""
    return (_WAY.index(rule.step) if rule.step in _WAY else len(_WAY), rule.step)


def _initial(rule: Any) -> dict[str, Any]:
    return {field.name: getattr(rule, field.name) for field in rule._meta.concrete_fields if field.name != "id"}
