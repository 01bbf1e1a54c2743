"""The special-care register: its list, an entry, what is done for it."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.customers import actions, queries
from denghuo.apps.customers.forms import CareForm, EndCareForm, ReviewCareForm, VisitForm
from denghuo.apps.customers.models import Account, Care
from denghuo.apps.customers.views.accounts import form_page
from denghuo.apps.customers.views.reach import account_of_somebody, deeds, deeds_on, now_and_who, scope
from denghuo.apps.organization.access import Permission, permission_required

_REVIEW_AFTER = timedelta(days=365)


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_VIEW)
def care(request: HttpRequest) -> HttpResponse:
    """Who must be reached first, what is due first on top."""
    today, user_id = timezone.localdate(), request.user.pk or 0
    mine, due_only = bool(request.GET.get("mine")), bool(request.GET.get("due"))
    lines = queries.care_register(scope(request), on=today, of_user_id=user_id if mine else None)
    context = {
        "lines": [line for line in lines if not due_only or line.review_is_due or line.visit_is_due],
        "total": len(lines),
        "review_count": sum(line.review_is_due for line in lines),
        "visit_count": sum(line.visit_is_due for line in lines),
        "soon_count": sum(_soon(line) for line in lines),
        "due_only": due_only,
        "mine": mine,
        "answers_for_some": queries.answers_for_some(user_id),
        "deeds": deeds(request),
        "today": today,
    }
    return render(request, "customers/care.html", context)


def _soon(line: queries.CareLine) -> bool:
    """Whether a visit comes due within a week."""
    day, today = line.care.next_visit_date, timezone.localdate()
    return day is not None and today < day <= today + timedelta(days=7)


def _in_care_of(request: HttpRequest, account_id: int) -> Account:
    """An account whose care is this person's part: they keep the file, or answer for the customer by name."""
    row = account_of_somebody(request, account_id)
    if not deeds_on(request, row)["care"]:
        raise PermissionDenied
    return row


def _entry(row: Account) -> Care:
    found = queries.care_entry(row.pk)
    if found is None:
        raise Http404
    return found


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def edit_care(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take somebody into the register, or put right what is written."""
    row = account_of_somebody(request, account_id)
    known, today = queries.care_entry(row.pk), timezone.localdate()
    initial: dict[str, object] = {"proof_seen_date": today, "review_date": today + _REVIEW_AFTER}
    if known:
        hidden = ("detail", "approach", "carers")
        initial = {name: getattr(known, name) for name in CareForm.base_fields if name not in hidden}
    form = CareForm(request.POST or None, initial=initial, known=known)
    return form_page(
        request,
        row,
        form,
        heading=_("Special care"),
        send=_("Keep"),
        lead=_("It is about somebody's health or hardship: they agree to it, and few may see it."),
        do=lambda: actions.register_care(account_id=row.pk, entry=form.entry(), **now_and_who(request)),
        done=_("The register is kept."),
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_VIEW)
def review_care(request: HttpRequest, account_id: int) -> HttpResponse:
    """The entry was looked at and still holds."""
    row = _in_care_of(request, account_id)
    entry, today = _entry(row), timezone.localdate()
    form = ReviewCareForm(request.POST or None, initial={"review_date": today + _REVIEW_AFTER})
    if request.method == "POST" and form.is_valid() and form.cleaned_data["review_date"] <= today:
        form.add_error("review_date", _("The next review lies ahead."))
    return form_page(
        request,
        row,
        form,
        heading=_("Special care reviewed"),
        send=_("It still holds"),
        do=lambda: actions.review_care(care_id=entry.pk, **form.cleaned_data, **now_and_who(request)),
        done=_("The review is written down."),
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_VIEW)
def visit_care(request: HttpRequest, account_id: int) -> HttpResponse:
    """Somebody went there."""
    row = _in_care_of(request, account_id)
    entry = _entry(row)
    form = VisitForm(request.POST or None, initial={"visited_date": timezone.localdate(), "met": True})
    today, told = timezone.localdate(), form.cleaned_data if request.method == "POST" and form.is_valid() else {}
    if told and told["visited_date"] > today:
        form.add_error("visited_date", _("This day has not come yet."))
    elif told and told["visited_date"] < today - _REVIEW_AFTER:
        form.add_error("visited_date", _("That is more than a year ago. Look at the date."))
    if told.get("next_date") and told["next_date"] <= today:
        form.add_error("next_date", _("The next visit lies ahead."))
    return form_page(
        request,
        row,
        form,
        heading=_("Visited at home"),
        send=_("Keep"),
        plan=entry,
        do=lambda: actions.record_care_visit(care_id=entry.pk, **form.cleaned_data, **now_and_who(request)),
        done=_("The visit is written down."),
    )


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_EDIT)
def end_care(request: HttpRequest, account_id: int) -> HttpResponse:
    """Somebody leaves the register."""
    row = account_of_somebody(request, account_id)
    entry, form = _entry(row), EndCareForm(request.POST or None)
    return form_page(
        request,
        row,
        form,
        heading=_("Leave the special-care register"),
        send=_("Take them out"),
        lead=_("Their carers are forgotten with it."),
        danger=True,
        do=lambda: actions.end_care(care_id=entry.pk, **form.cleaned_data, **now_and_who(request)),
        done=_("They are out of the register."),
    )
