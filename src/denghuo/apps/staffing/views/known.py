"""What is known in advance of days: a list with a form, and the weather."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.forms import KnownDaysForm, WeatherForm
from denghuo.apps.staffing.models import KnownDays
from denghuo.apps.staffing.views.frame import may_edit, today, unit_of, unit_to_edit, who

_EARLIER = timedelta(days=92)
_WEATHER_BACK, _WEATHER_AHEAD = timedelta(days=14), timedelta(days=70)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def known(request: HttpRequest) -> HttpResponse:
    """Days that move the calls, and the weather; forms to add to both."""
    unit = unit_of(request)
    edits = may_edit(request, unit)
    sent = request.POST.get("form", "known") if request.method == "POST" else ""
    told = (
        KnownDaysForm(request.POST if sent == "known" else None, auto_id="known-%s"),
        WeatherForm(
            request.POST if sent == "weather" else None,
            request.FILES if sent == "weather" else None,
            auto_id="weather-%s",
        ),
    )
    if request.method == "POST":
        if not edits:
            raise PermissionDenied
        bound = next((one for one in told if one.is_bound), None)
        if bound is None:
            raise Http404
        if bound.is_valid():
            _taken(request, bound)
            return redirect("staffing:known")
    wrong = any(one.is_bound and one.errors for one in told)
    return render(request, "staffing/known.html", _context(unit, told, edits), status=422 if wrong else 200)


def _taken(request: HttpRequest, form: KnownDaysForm | WeatherForm) -> None:
    unit = unit_to_edit(request)
    if isinstance(form, KnownDaysForm):
        actions.add_known_days(unit_id=unit.pk, entry=form.entry(), **who(request))
        messages.success(request, _("Added. Make the forecast anew, and it goes by it."))
        return
    told = form.cleaned_data
    count = actions.import_weather(unit_id=unit.pk, entries=told["entries"], source=told["source"], **who(request))
    text = ngettext(
        "The weather of %(count)d day is read. Make the forecast anew, and it goes by it.",
        "The weather of %(count)d days is read. Make the forecast anew, and it goes by it.",
        count,
    )
    messages.success(request, text % {"count": count})


def _context(unit: Unit | None, forms: tuple[KnownDaysForm, WeatherForm], edits: bool) -> dict[str, Any]:
    context: dict[str, Any] = {"unit": unit, "forms": forms if edits else (), "may_edit": edits, "today": today()}
    if unit is not None:
        rows, since = queries.known_days_of(unit.pk), today() - _EARLIER
        context |= {
            "rows": [one for one in rows if one.last >= since],
            "earlier": [one for one in rows if one.last < since],
            "weather": queries.weather_between(unit.pk, today() - _WEATHER_BACK, today() + _WEATHER_AHEAD)[::-1],
            "weather_span": queries.weather_span(unit.pk),
        }
    return context


def _row(request: HttpRequest, known_id: int) -> KnownDays:
    """The row of a write, or not found."""
    try:
        return queries.known_days_for(unit_to_edit(request).pk, known_id)
    except KnownDays.DoesNotExist:
        raise Http404 from None


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_EDIT)
def known_edit(request: HttpRequest, known_id: int) -> HttpResponse:
    """Change a row of the list."""
    row = _row(request, known_id)
    names = ("kind", "first", "last", "size", "note", "source")
    form = KnownDaysForm(request.POST or None, initial={name: getattr(row, name) for name in names}, auto_id="known-%s")
    if request.method == "POST" and form.is_valid():
        actions.change_known_days(known_id=row.pk, entry=form.entry(), **who(request))
        messages.success(request, _("Changed. Make the forecast anew, and it goes by it."))
        return redirect("staffing:known")
    context = {"unit": unit_of(request), "form": form, "row": row}
    return render(request, "staffing/known_edit.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required(Permission.STAFFING_EDIT)
def known_withdraw(request: HttpRequest, known_id: int) -> HttpResponse:
    """Take a row of the list back."""
    row = _row(request, known_id)
    actions.withdraw_known_days(known_id=row.pk, **who(request))
    messages.success(request, _("Withdrawn. The next forecast knows nothing of it."))
    return redirect("staffing:known")
