"""The box that finds customers, and the page of one."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from denghuo.apps.customers import actions, queries
from denghuo.apps.customers.forms import UnmaskForm
from denghuo.apps.customers.models import Account, Unmasked
from denghuo.apps.customers.views.reach import account_seen, deeds, deeds_on, now_and_who, scope
from denghuo.apps.organization.access import Permission, may, permission_required
from denghuo.apps.sealed import masked_phone

_RECENT = "customers_recent"
_MOST_RECENT = 8
_ON_A_PAGE, _MATTERS_SHOWN = 50, 100


@never_cache
@vary_on_headers("HX-Request")  # the same address answers with the page, or with what was found only
@require_GET
@permission_required(Permission.CUSTOMERS_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """The one box, and who was looked at last."""
    text = request.GET.get("q", "").strip()[:100]
    if request.GET.get("mine") and not text:
        return _mine(request)
    found = queries.search(scope(request), text) if text else None
    partial = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    if found and not partial and len(found.hits) == 1:
        return redirect("customers:account", found.hits[0].customer.account_id)
    context: dict[str, Any] = {"text": text, "found": found, "deeds": deeds(request)}
    context["answers_for_some"] = queries.answers_for_some(request.user.pk or 0)
    if not text:
        context["recent"] = _recent(request)
        context["is_empty"] = not context["recent"] and not queries.any_customers(scope(request))
    return render(request, "customers/found.html" if partial else "customers/home.html", context)


def _mine(request: HttpRequest) -> HttpResponse:
    """The customers whom this person answers for: what is open for them, then everybody, by number."""
    ids = queries.accounts_of(request.user.pk or 0, scope(request))
    matters = _matters(ids)
    at, late = _page_of(request, ids), sum(one.is_late for one in matters)
    shown = [*dict.fromkeys(one.account_id for one in matters[:_MATTERS_SHOWN]), *ids[at : at + _ON_A_PAGE]]
    found = queries.customers_by_id(shown)
    context = {
        "deeds": deeds(request),
        "count": len(ids),
        "matters": [(one, found[one.account_id]) for one in matters[:_MATTERS_SHOWN]],
        "matter_count": len(matters),
        "late_count": late,
        "customers": [found[one] for one in ids[at : at + _ON_A_PAGE]],
        "before": at // _ON_A_PAGE if at else None,
        "after": at // _ON_A_PAGE + 2 if at + _ON_A_PAGE < len(ids) else None,
    }
    return render(request, "customers/mine.html", context)


def _matters(account_ids: list[int]) -> list[queries.Matter]:
    return [one for one in queries.open_matters(account_ids) if not one.is_private]


def _page_of(request: HttpRequest, ids: list[int]) -> int:
    """Where the page that is asked for begins; one that is none is the first."""
    page = request.GET.get("page", "")
    first = (int(page) - 1) * _ON_A_PAGE if page.isascii() and page.isdigit() and len(page) < 7 else 0
    return first if 0 <= first < len(ids) else 0


def _recent(request: HttpRequest) -> list[queries.Customer]:
    """Customers whose pages this person opened last, as far as they are still within reach."""
    ids = queries.within_reach(scope(request), request.session.get(_RECENT, []))
    found = queries.customers_by_id(ids)
    return [found[one] for one in ids]


def _remember(request: HttpRequest, account_id: int) -> None:
    before = [one for one in request.session.get(_RECENT, []) if one != account_id]
    request.session[_RECENT] = [account_id, *before][:_MOST_RECENT]


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_VIEW)
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One customer: what it is, what is so now, who cares, who answers, what happened."""
    row = account_seen(request, account_id)
    _remember(request, account_id)
    return render(request, "customers/account.html", account_context(request, row))


def account_context(request: HttpRequest, row: Account) -> dict[str, Any]:
    """What the page of a customer shows, nothing of it hidden data."""
    seen, unit_path = queries.customers_by_id([row.pk])[row.pk], row.unit.path
    moments = _moments(request, row, before=timezone.now())
    return {
        "account": row,
        "customer": seen,
        "supply": queries.supply_now(row.unit_id, seen.load_code),
        "points": row.supply_points.prefetch_related("meters"),
        "care": queries.care_entry(row.pk),
        "answers": queries.responsible_for(row.pk),
        "others": queries.other_accounts(row),
        "moments": moments,
        # Since when they have the account nobody knows, nor whose outages these were.
        "may_be_others": row.opened_date is None and any(one.kind == queries.OF_THE_PLACE for one in moments),
        "today": timezone.localdate(),
        "matters": _matters([row.pk]) if may(request.user, Permission.ORDERS_VIEW, path=unit_path) else [],
        "may_order": may(request.user, Permission.ORDERS_WORK, path=unit_path),
        "deeds": deeds_on(request, row),
        **hidden_context(row),
    }


def _moments(request: HttpRequest, row: Account, *, before: datetime) -> list[queries.Moment]:
    """The newest moments before an instant; those lead further only where this person may follow."""
    told = queries.timeline(queries.customers_by_id([row.pk])[row.pk], before=before)
    asked = {one.permission for one in told if one.permission is not None}
    denied = {one for one in asked if not may(request.user, one, path=row.unit.path)}
    return [replace(one, path="") if one.permission in denied else one for one in told]


def hidden_context(row: Account, form: UnmaskForm | None = None) -> dict[str, Any]:
    """The part of the page that is hidden, as it is when it is hidden."""
    phones = [(phone, masked_phone(phone.number)) for phone in row.person.phones.all()]
    return {"phones": phones, "unmask_form": form or UnmaskForm(initial={"what": Unmasked.PHONES})}


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_VIEW)
def hidden(request: HttpRequest, account_id: int) -> HttpResponse:
    """The hidden part, hidden: what takes the place of what was shown once its time is over."""
    row = account_seen(request, account_id)
    context = {"account": row, "customer": queries.customers_by_id([row.pk])[row.pk], "deeds": deeds_on(request, row)}
    return render(request, "customers/hidden.html", context | hidden_context(row))


@never_cache
@require_POST
@permission_required(Permission.CUSTOMERS_UNMASK)
def unmask(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show what is hidden to somebody who says why, for a minute."""
    row, form = account_seen(request, account_id), UnmaskForm(request.POST)
    partial = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    context = account_context(request, row) | hidden_context(row, form)
    page = "customers/hidden.html" if partial else "customers/account.html"
    if not form.is_valid():
        return render(request, page, context, status=200 if partial else 422)
    what = form.cleaned_data["what"]
    told = now_and_who(request)
    actions.unmask(account_id=row.pk, what=what, reason=form.cleaned_data["reason"], **told)
    context["shown"] = {"what": what.value, "for_s": int(actions.SHOWN_FOR.total_seconds()), **_plain(row, what)}
    answer = render(request, page, context | {"unmask_form": UnmaskForm(initial={"what": what})})
    if not partial:
        # Without script the browser goes back to the hidden page by itself.
        answer["Refresh"] = f"{int(actions.SHOWN_FOR.total_seconds())}; url={request.path.removesuffix('unmask/')}"
    return answer


def _plain(row: Account, what: Unmasked) -> dict[str, Any]:
    """What is shown of a customer."""
    if what is Unmasked.NAME:
        return {"name": row.person.name}
    if what is Unmasked.PHONES:
        care = queries.care_entry(row.pk)
        return {"phones": list(row.person.phones.all()), "carers": list(care.carers.all()) if care else []}
    if what is Unmasked.ADDRESS:
        return {"address": f"{row.premises.place.name}{row.premises.door}"}
    return {"care": queries.care_entry(row.pk)}


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_VIEW)
def moments(request: HttpRequest, account_id: int) -> HttpResponse:
    """What happened before an instant: the older part of the timeline. An instant that is none is now."""
    row = account_seen(request, account_id)
    try:
        before = parse_datetime(request.GET.get("before", ""))
    except ValueError:
        before = None
    if before is None or before.tzinfo is None:
        before = timezone.now()
    context = {"account": row, "moments": _moments(request, row, before=before)}
    return render(request, "customers/moments.html", context)
