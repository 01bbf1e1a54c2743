"""The list of orders, and the signs."""

import io
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.customers import queries as customers
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.forms import SearchForm
from denghuo.apps.orders.models import Order, Sign
from denghuo.apps.orders.queries import Wanted
from denghuo.apps.orders.views.reach import reader, who
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permission_required, permissions_of, scope_of
from denghuo.apps.workbooks import Sheets, file_name_of, handed_out, new_workbook

_ROWS_PER_PAGE = 50
_MOST_ROWS = 20_000


def _asked(request: HttpRequest) -> tuple[SearchForm, Wanted]:
    """What is asked for; open orders where nothing is."""
    form = SearchForm({"state": "open"} | request.GET.dict())
    told: dict[str, Any] = form.cleaned_data if form.is_valid() else {"state": "open"}
    username = request.user.get_username()
    state = told.get("state") or "open"
    return form, Wanted(
        text=told.get("q", ""),
        kind=told.get("kind", ""),
        state="" if state == "all" else state,
        due=told.get("due", ""),
        handler=username if told.get("mine") else "",
        offered_to=username if told.get("offered") else "",
        to_decide=username if told.get("decide") else "",
        since=told.get("since"),
        until=told.get("until"),
    )


@require_GET
@permission_required(Permission.ORDERS_VIEW)
def home(request: HttpRequest) -> HttpResponse:
    """Orders within reach, what is due first."""
    now, scope = timezone.now(), request.data_scope  # type: ignore[attr-defined]
    decides, reads = scope_of(request.user, Permission.ORDERS_SUPERVISE), reader(request)
    form, wanted = _asked(request)
    found = queries.find(decides if wanted.to_decide else scope, wanted, at=now, reader=reads)
    rows = Paginator(found, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    shown = list(rows)
    allowed = permissions_of(request.user)
    context = {
        "form": form,
        "wanted": wanted,
        "rows": rows,
        "shown": shown,
        "names": organization.names_of({row.handler for row in shown} - {""}),
        "customers": customers.customers_by_id({row.account_id for row in shown if row.account_id}),
        "counts": queries.counts(scope, reader=reads, decides=decides, at=now),
        "decides": bool(decides),
        "sign_count": queries.signs_within(scope, reader=reader(request), seen=False).count(),
        "may_open": Permission.ORDERS_WORK in allowed,
        "may_export": Permission.EXPORT in allowed,
        "unknown_years": queries.unknown_years(timezone.localdate(now)),
        "now": now,
    }
    return render(request, "orders/home.html", context)


@require_GET
@permission_required(Permission.EXPORT)
def export(request: HttpRequest) -> HttpResponse:
    """The list as a workbook, masked."""
    now = timezone.now()
    scope = scope_of(request.user, Permission.ORDERS_VIEW)
    told = list(queries.find(scope, _asked(request)[1], at=now, reader=reader(request))[: _MOST_ROWS + 1])
    more, told = len(told) > _MOST_ROWS, told[:_MOST_ROWS]
    names = organization.names_of({row.handler for row in told} - {""})
    known = customers.customers_by_id({row.account_id for row in told if row.account_id})
    rows = [_row(row, names, known) for row in told]
    if more:
        rows.append([_("Only the first %(n)s orders stand here: ask for a shorter time.") % {"n": f"{_MOST_ROWS:,}"}])
    written = io.BytesIO()
    with new_workbook(written) as book:
        Sheets(book).add(_("Orders"), [_head(), *rows], widths=[16, 14, 16, 14, 18, 30, 18, 16, 18, 18])
    handed = actions.Handed(
        unit_paths=tuple(request.data_scope),  # type: ignore[attr-defined]
        query=request.GET.urlencode(),
        row_count=len(told),
    )
    actions.export_orders(handed=handed, **who(request))
    return handed_out(written.getvalue(), file_name=file_name_of(_("Orders"), f"{timezone.localdate(now):%Y%m%d}"))


def _head() -> list[str]:
    return [
        _("Number"),
        _("Kind"),
        _("About"),
        _("State"),
        _("Came in at"),
        _("Customer or place"),
        _("Unit"),
        _("In the hands of"),
        _("Next due at"),
        _("Ended at"),
    ]


def _row(row: Order, names: dict[str, str], known: dict[int, customers.Customer]) -> list[Any]:
    """One order, with the customer as masked as on the page."""
    customer = known.get(row.account_id or 0)
    return [
        row.number,
        row.get_kind_display(),
        row.get_topic_display(),
        row.get_state_display(),
        row.received_at,
        f"{customer.name} {customer.address}" if customer else row.place,
        row.unit.name,
        names.get(row.handler, row.handler),
        row.next_due_at or "",
        row.closed_at or "",
    ]


@require_GET
@permission_required(Permission.ORDERS_VIEW)
def signs(request: HttpRequest) -> HttpResponse:
    """What shows before it is complained of, and what was done about it."""
    now, scope = timezone.now(), request.data_scope  # type: ignore[attr-defined]
    reads = reader(request)
    waiting = list(queries.signs_within(scope, reader=reads, seen=False)[:100])
    seen = Paginator(queries.signs_within(scope, reader=reads, seen=True), 20).get_page(request.GET.get("page"))
    context = {
        "waiting": [(row, may(request.user, Permission.ORDERS_SUPERVISE, path=row.unit.path)) for row in waiting],
        "seen": seen,
        "names": organization.names_of({row.seen_by for row in seen} - {""}),
        "words": queries.words_of_signs([*waiting, *seen]),
        "rule": queries.rule_book().number(timezone.localdate(now)),
        "now": now,
    }
    return render(request, "orders/signs.html", context)


@require_POST
@permission_required(Permission.ORDERS_SUPERVISE)
def see_sign(request: HttpRequest, sign_id: int) -> HttpResponse:
    """Say what is done about a sign."""
    scope = request.data_scope  # type: ignore[attr-defined]
    row: Sign | None = queries.signs_within(scope, reader=reader(request)).filter(pk=sign_id).first()
    if row is None:
        raise Http404
    try:
        actions.see_sign(sign_id=row.pk, answer=request.POST.get("answer", "")[:500], **who(request))
    except ValueError:
        messages.warning(request, _("Say in a few words what is done about it."))
    return redirect("orders:signs")
