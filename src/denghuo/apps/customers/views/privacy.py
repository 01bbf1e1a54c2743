"""Who saw what was hidden, and who wants to be forgotten."""

from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.customers import actions, queries
from denghuo.apps.customers.forms import AnonymizeForm, FindingForm
from denghuo.apps.customers.models import UnmaskFinding
from denghuo.apps.customers.views.accounts import form_page
from denghuo.apps.customers.views.reach import account_seen, deeds, now_and_who, scope
from denghuo.apps.organization.access import Permission, permission_required

# Where that is seen of which somebody may have looked at, who is no customer that we know.
_PAGES = {"orders.order": "orders:order", "hotline.call": "hotline:call", "notices.message": "notices:message"}


def _of_whom(line: queries.UnmaskingLine) -> dict[str, str]:
    """Of whom a look was, and where that is to be seen."""
    if line.customer is not None:
        path = reverse("customers:account", args=[line.customer.account_id])
        return {"text": line.customer.name or line.customer.number, "path": path}
    kind, _colon, key = line.subject.partition(":")
    told = {
        "orders.order": _("Order %(number)s"),
        "hotline.call": _("Call %(number)s"),
        "notices.message": _("Message %(number)s"),
    }
    return {"text": told[kind] % {"number": line.subject_name}, "path": reverse(_PAGES[kind], args=[key])}


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_REVIEW)
def unmaskings(request: HttpRequest) -> HttpResponse:
    """What was unmasked on a day, to be looked at by somebody else."""
    day = _day(request)
    since = timezone.make_aware(datetime.combine(day, time()))
    lines = queries.unmaskings(scope(request), since=since, until=since + timedelta(days=1))
    context = {
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < timezone.localdate() else None,
        "lines": [(line, _of_whom(line)) for line in lines],
        "left": sum(not line.finding for line in lines),
        "findings": UnmaskFinding.choices,
        "deeds": deeds(request),
    }
    return render(request, "customers/unmaskings.html", context)


def _day(request: HttpRequest) -> date:
    """The day that is asked for; what is none, or has not come yet, is today."""
    try:
        found = parse_date(request.GET.get("day", ""))
    except ValueError:
        found = None
    return found if found and date(1900, 1, 1) < found <= timezone.localdate() else timezone.localdate()


@require_POST
@permission_required(Permission.CUSTOMERS_REVIEW)
def review_unmasking(request: HttpRequest, unmasking_id: int) -> HttpResponse:
    """What looking at it came to."""
    row, form = queries.unmasking_for(scope(request), unmasking_id), FindingForm(request.POST)
    if row is None:
        raise Http404
    if row.unmasked_by == request.user.get_username():
        messages.error(request, _("Somebody else looks at what you saw."))
    elif "finding" in form.errors:
        raise Http404
    elif not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["note"])))
    else:
        actions.review_unmasking(unmasking_id=row.pk, **form.cleaned_data, **now_and_who(request))
    return redirect(f"{reverse('customers:unmaskings')}?day={timezone.localtime(row.unmasked_at):%Y-%m-%d}")


@never_cache
@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_FORGET)
def anonymize(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take out what says who a customer was."""
    row, form = account_seen(request, account_id), AnonymizeForm(request.POST or None)
    if row.person.anonymized_at is not None:
        raise Http404
    still_open = queries.open_count(row.person_id)
    if request.method == "POST" and form.is_valid() and still_open:
        form.add_error(None, _("An account of theirs is still open. Close it first: we have to know whom we supply."))
    matters = queries.open_matters(queries.accounts_of_person(row.person_id))
    if matters:
        words = _("Something is still open for them. Finish it first: who it is for has to be known while it runs.")
        if request.method == "POST" and form.is_valid():
            form.add_error(None, words)
    return form_page(
        request,
        row,
        form,
        matters=matters,
        heading=_("Make the customer anonymous"),
        send=_("Make anonymous"),
        lead=_(
            "Name, door, numbers, carers and notes on health are taken out of every account of this person. Accounts, "
            "meters and what happened stay, without anybody in them."
        ),
        danger=True,
        do=lambda: actions.anonymize(
            person_id=row.person_id, reason=form.cleaned_data["reason"], **now_and_who(request)
        ),
        done=_("The customer is anonymous."),
    )
