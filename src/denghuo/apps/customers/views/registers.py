"""Lists as pages and as workbooks, masked."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.customers import actions, queries
from denghuo.apps.customers.models import Category, CutReason, ImportantLevel
from denghuo.apps.customers.views.reach import deeds, now_and_who, scope
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.workbooks import Sheets, file_name_of, handed_out, new_workbook

_SHOWN = 500


@never_cache
@require_GET
@permission_required(Permission.CUSTOMERS_VIEW)
def cut(request: HttpRequest) -> HttpResponse:
    """Who is cut off, the longest first."""
    reason = request.GET.get("reason", "")
    reason = reason if reason in CutReason.values else ""
    rows = queries.cut_accounts(scope(request), reason=reason, limit=_SHOWN + 1)
    context = {
        "rows": rows[:_SHOWN],
        "more": len(rows) > _SHOWN,
        "shown": _SHOWN,
        "reason": reason,
        "reasons": CutReason.choices,
        "deeds": deeds(request),
        "today": timezone.localdate(),
    }
    return render(request, "customers/cut.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.CUSTOMERS_VIEW)
@permission_required(Permission.EXPORT)
def export(request: HttpRequest, register: str) -> HttpResponse:
    """Hand a register out as a workbook, masked as on the page, and record that it was done."""
    makers = {"care": (_("Special care"), _care), "cut": (_("Cut off"), _cut)}
    if register not in makers:
        raise Http404
    if request.method == "GET":  # who had to sign in on the way comes back by address: to the list
        return redirect(f"customers:{register}")
    name, maker = makers[register]
    target, told = BytesIO(), now_and_who(request)
    head, *rows = maker(scope(request))
    with new_workbook(target) as book:
        foot = [[_("Masked. Handed out to %(who)s.") % {"who": str(request.user)}, told["at"]]]
        Sheets(book).add(name, [head, *rows], widths=[18] * len(head), foot=foot)
    actions.export_customers(unit_paths=scope(request), register=register, row_count=len(rows), **told)
    return handed_out(target.getvalue(), file_name=file_name_of(name, f"{timezone.localdate():%Y%m%d}"))


def _whose() -> list[str]:
    return [_("Account"), _("Customer's name"), _("Address"), _("Load"), _("Who answers")]


def _of(customer: queries.Customer) -> list[Any]:
    return [customer.number, customer.name, customer.address, customer.load_code, customer.responsible_name]


def _care(units: tuple[str, ...]) -> Iterator[list[Any]]:
    yield [*_whose(), _("Why"), _("Can do without for (min)"), _("Carers"), _("Next visit"), _("Review by")]
    for line in queries.care_register(units, on=timezone.localdate()):
        care = line.care
        dates = [care.next_visit_date, care.review_date]
        yield [*_of(line.customer), care.kind_name, care.backup_min, care.carer_count, *dates]


def _cut(units: tuple[str, ...]) -> Iterator[list[Any]]:
    yield [*_whose(), _("Category"), _("Important user"), _("Because of"), _("Since"), _("Notice or order")]
    for one in queries.cut_accounts(units):
        important = str(ImportantLevel(one.important).label) if one.important else ""
        why = [str(CutReason(one.cut_reason).label), one.cut_since_date, one.cut_record]
        yield [*_of(one), str(Category(one.category).label), important, *why]
