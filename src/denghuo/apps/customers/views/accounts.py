"""An account is opened, put right, cut off, closed."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.customers import actions, queries
from denghuo.apps.customers.forms import (
    AddPhoneForm,
    CloseForm,
    ConsentForm,
    CorrectForm,
    ImportantForm,
    NewAccountForm,
    QuietForm,
    ReconnectForm,
    SupplyStateForm,
)
from denghuo.apps.customers.models import Account, Care, Phone, SupplyState
from denghuo.apps.customers.views.reach import account_of_somebody, now_and_who, units
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.sealed import masked_phone


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """Open an account."""
    form = NewAccountForm(request.POST or None, units=units(request), initial={"opened_date": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        opened = _open(request, form)
        if opened:
            messages.success(request, _("The account is open."))
            return redirect("customers:account", opened.pk)
    return render(request, "customers/new.html", {"form": form}, status=422 if form.errors else 200)


def _open(request: HttpRequest, form: NewAccountForm) -> Account | None:
    told = now_and_who(request)
    try:
        with transaction.atomic():
            opened = actions.open_account(unit_id=form.cleaned_data["unit"], entry=form.entry(), **told)
            if form.cleaned_data["phone"]:
                actions.add_phone(person_id=opened.person_id, number=form.cleaned_data["phone"], **told)
    except IntegrityError:
        form.add_error("number", _("This station has an account with this number."))
        return None
    return opened


def form_page(
    request: HttpRequest,
    row: Account,
    form: forms.Form,
    *,
    heading: str,
    send: str,
    do: Callable[[], Any],
    done: str,
    lead: str = "",
    danger: bool = False,
    plan: Care | None = None,
    matters: Sequence[queries.Matter] = (),
) -> HttpResponse:
    """A page with one form on a customer: shown, or sent and done. What an action refuses stands over the form."""
    if request.method == "POST" and form.is_valid():
        do()
        messages.success(request, done)
        return redirect("customers:account", row.pk)
    context = {
        "account": row,
        "customer": queries.customers_by_id([row.pk])[row.pk],
        "form": form,
        "page_heading": heading,
        "send": send,
        "page_lead": lead,
        "danger": danger,
        "plan": plan,
        "matters": matters,
    }
    return render(request, "customers/form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def correct(request: HttpRequest, account_id: int) -> HttpResponse:
    """Put right what is written of an account."""
    row = account_of_somebody(request, account_id)
    point = row.supply_points.order_by("position", "pk").first()
    meter = point.meters.filter(removed_date=None).last() if point else None
    initial = {"kind": row.person.kind, "category": row.category, "opened_date": row.opened_date}
    if point:
        names = ("load_code", "voltage", "capacity_kva", "boundary", "boundary_note")
        initial |= {name: getattr(point, name) for name in names}
    initial |= {"meter_number": meter.number if meter else ""}
    form = CorrectForm(request.POST or None, initial=initial, account=row)
    return form_page(
        request,
        row,
        form,
        heading=_("Put the account right"),
        send=_("Keep"),
        do=lambda: actions.correct_account(account_id=row.pk, entry=form.entry(row), **now_and_who(request)),
        done=_("It is put right."),
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def contact(request: HttpRequest, account_id: int) -> HttpResponse:
    """The numbers of a customer, what each may be used for, and when they want to be left in peace."""
    row, form = account_of_somebody(request, account_id), AddPhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.add_phone(person_id=row.person_id, **form.cleaned_data, **now_and_who(request))
        messages.success(request, _("The number is added."))
        return redirect("customers:contact", row.pk)
    return contact_page(request, row, form=form, status=422 if form.errors else 200)


def contact_page(request: HttpRequest, row: Account, *, status: int = 200, **told: Any) -> HttpResponse:
    """The page of numbers, with what was typed."""
    person = row.person
    quiet = {"quiet_from": person.quiet_from, "quiet_until": person.quiet_until}
    phones = [(phone, masked_phone(phone.number), _consent_form(phone)) for phone in person.phones.all()]
    context = {
        "account": row,
        "customer": queries.customers_by_id([row.pk])[row.pk],
        "phones": phones,
        "form": AddPhoneForm(),
        "quiet_form": QuietForm(initial=quiet),
    }
    return render(request, "customers/contact.html", context | told, status=status)


def _consent_form(phone: Phone) -> ConsentForm:
    initial = {"outage": phone.for_outages, "bill": phone.for_bills, "news": phone.for_news}
    return ConsentForm(initial=initial, auto_id=f"id_{phone.pk}_%s")


@require_POST
@permission_required(Permission.CUSTOMERS_EDIT)
def quiet(request: HttpRequest, account_id: int) -> HttpResponse:
    """When somebody wants to be left in peace."""
    row, form = account_of_somebody(request, account_id), QuietForm(request.POST)
    if not form.is_valid():
        return contact_page(request, row, quiet_form=form, status=422)
    actions.set_quiet_hours(person_id=row.person_id, **form.cleaned_data, **now_and_who(request))
    messages.success(request, _("Kept."))
    return redirect("customers:contact", row.pk)


def _phone(row: Account, phone_id: int) -> Phone:
    found = row.person.phones.filter(pk=phone_id).first()
    if found is None:
        raise Http404
    return found


@require_POST
@permission_required(Permission.CUSTOMERS_EDIT)
def consent(request: HttpRequest, account_id: int, phone_id: int) -> HttpResponse:
    """What a number may be used for."""
    row, form = account_of_somebody(request, account_id), ConsentForm(request.POST)
    phone = _phone(row, phone_id)
    if not form.is_valid():
        messages.error(request, _("Say how they agreed or refused."))
    else:
        told = {"given": form.given(), "how": form.cleaned_data["how"]}
        different = actions.tell_consents(phone_id=phone.pk, **told, **now_and_who(request))
        messages.success(request, _("Kept.") if different else _("It was so already."))
    return redirect("customers:contact", row.pk)


@require_POST
@permission_required(Permission.CUSTOMERS_EDIT)
def phone_first(request: HttpRequest, account_id: int, phone_id: int) -> HttpResponse:
    """Call a number first."""
    row = account_of_somebody(request, account_id)
    actions.call_first(phone_id=_phone(row, phone_id).pk, **now_and_who(request))
    return redirect("customers:contact", row.pk)


@require_POST
@permission_required(Permission.CUSTOMERS_EDIT)
def remove_phone(request: HttpRequest, account_id: int, phone_id: int) -> HttpResponse:
    """Forget a number."""
    row = account_of_somebody(request, account_id)
    actions.remove_phone(phone_id=_phone(row, phone_id).pk, **now_and_who(request))
    messages.success(request, _("The number is gone."))
    return redirect("customers:contact", row.pk)


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def supply_state(request: HttpRequest, account_id: int) -> HttpResponse:
    """Cut an account off, or say that it is connected again."""
    row = account_of_somebody(request, account_id)
    if row.supply_state == SupplyState.CUT:
        again = ReconnectForm(request.POST or None)
        return form_page(
            request,
            row,
            again,
            heading=_("Connect it again"),
            send=_("It is connected again"),
            do=lambda: actions.set_supply_state(
                account_id=row.pk, state=SupplyState.CONNECTED, **again.cleaned_data, **now_and_who(request)
            ),
            done=_("It is written down as connected."),
        )
    initial = {"since_date": timezone.localdate()}
    cut = SupplyStateForm(request.POST or None, initial=initial, opened=row.opened_date)
    if request.method == "POST" and cut.is_valid() and not _may_be_cut(row, cut):
        cut.add_error("reason", _("They need special care: review their entry first, within the last 30 days."))
    return form_page(
        request,
        row,
        cut,
        heading=_("Cut it off"),
        send=_("It is cut off"),
        lead=_("What was done is written down here; nothing is switched."),
        danger=True,
        do=lambda: actions.set_supply_state(
            account_id=row.pk, state=SupplyState.CUT, **cut.cleaned_data, **now_and_who(request)
        ),
        done=_("It is written down as cut off."),
    )


def _may_be_cut(row: Account, form: SupplyStateForm) -> bool:
    return queries.may_be_cut(row.pk, form.cleaned_data["reason"], at=timezone.now())


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def important(request: HttpRequest, account_id: int) -> HttpResponse:
    """How important an account's supply is."""
    row = account_of_somebody(request, account_id)
    known = getattr(row, "important", None)
    names = ("level", "hazardous", "second_source", "own_kva", "own_tested_date", "note")
    initial = {name: getattr(known, name) for name in names} if known else {}
    form = ImportantForm(request.POST or None, initial=initial)
    return form_page(
        request,
        row,
        form,
        heading=_("Important user"),
        send=_("Keep"),
        do=lambda: actions.set_important(account_id=row.pk, entry=form.entry(), **now_and_who(request)),
        done=_("Kept."),
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def close(request: HttpRequest, account_id: int) -> HttpResponse:
    """Close an account."""
    row = account_of_somebody(request, account_id)
    form = CloseForm(request.POST or None, opened=row.opened_date, today=timezone.localdate())
    return form_page(
        request,
        row,
        form,
        heading=_("Close the account"),
        send=_("Close it"),
        lead=_("Whoever moved out is supplied no more. What happened stays to be seen."),
        danger=True,
        do=lambda: actions.close_account(account_id=row.pk, **form.cleaned_data, **now_and_who(request)),
        done=_("The account is closed."),
    )
