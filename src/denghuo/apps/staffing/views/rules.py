"""What planning goes by: rules, shifts, rota, calendar, absences."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.orders import queries as orders
from denghuo.apps.organization import actions as organization_actions
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required, scope_of
from denghuo.apps.organization.models import CalendarDay, Unit
from denghuo.apps.organization.snapshot import FEWEST_DAYS, SparseYear
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.forms import AbsenceForm, CalendarForm, MinimumsForm, RuleForm, YearForm, clock
from denghuo.apps.staffing.models import AbsenceKind, Duty, RuleKind
from denghuo.apps.staffing.snapshot.rules import as_shown
from denghuo.apps.staffing.views.frame import may_edit, today, unit_of, unit_to_edit, who

_LONG_AGO = timedelta(days=31)


def _rule_forms(request: HttpRequest, unit: Unit) -> tuple[RuleForm, MinimumsForm]:
    """The two forms of the page; the one that was sent is bound."""
    sent = request.POST.get("form", "rule") if request.method == "POST" else ""
    bands = queries.rule_book(unit.pk).bands(on=today())
    told = "\n".join(f"{clock(one.start_min)}-{clock(one.end_min)} {one.heads}" for one in bands)
    return (
        RuleForm(request.POST if sent == "rule" else None, initial={"from_date": today()}, auto_id="rule-%s"),
        MinimumsForm(
            request.POST if sent == "minimums" else None,
            initial={"from_date": today(), "bands": told},
            auto_id="minimums-%s",
            seats=int(queries.rule_book(unit.pk).value(RuleKind.SEATS, on=today())),
        ),
    )


def _set(form: RuleForm | MinimumsForm, request: HttpRequest) -> None:
    told, unit = form.cleaned_data, unit_to_edit(request)
    if isinstance(form, RuleForm):
        actions.set_rule(unit_id=unit.pk, **told | {"kind": RuleKind(told["kind"])}, **who(request))
        return
    bands = [actions.BandEntry(start_min=start, end_min=end, heads=heads) for start, end, heads in told["bands"]]
    actions.set_minimums(
        unit_id=unit.pk, from_date=told["from_date"], bands=bands, source=told["source"], **who(request)
    )


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def rules(request: HttpRequest) -> HttpResponse:
    """Every number that planning goes by, where it comes from, and a form to set another."""
    unit = unit_of(request)
    told = _rule_forms(request, unit) if unit is not None and may_edit(request, unit) else ()
    sent = next((one for one in told if one.is_bound), None)
    if request.method == "POST":
        if not told:
            raise PermissionDenied
        if sent is None:
            raise Http404
        if sent.is_valid():
            _set(sent, request)
            messages.success(request, _("Set. Plans and proposals made from now on go by it."))
            return redirect("staffing:rules")
    context: dict[str, Any] = {"unit": unit, "forms": told}
    if unit is not None:
        book = queries.rule_book(unit.pk)
        later = [row for row in book.rules if row.from_date > today()]
        context |= {
            "rows": [
                (book.now(kind, on=today()), [(row, as_shown(kind, row.value)) for row in later if row.kind == kind])
                for kind in RuleKind
            ],
            "bands": [(one, clock(one.start_min), clock(one.end_min)) for one in book.bands(on=today())],
            "bands_later": sorted({row.from_date for row in book.minimums if row.from_date > today()}),
        }
    return render(request, "staffing/rules.html", context, status=422 if sent and sent.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def absences(request: HttpRequest) -> HttpResponse:
    """Who is away, and a form to say so."""
    unit = unit_of(request)
    agents = queries.agents_of_unit(unit.pk) if unit else []
    here = queries.agents_of_unit(unit.pk, since=today()) if unit else []
    form = AbsenceForm(request.POST or None, agents=here) if may_edit(request, unit) else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid() and _absence_fits(form):
            told = dict(form.cleaned_data)
            kind = AbsenceKind(told.pop("kind"))
            row = actions.record_absence(agent_id=told.pop("agent"), kind=kind, **told, **who(request))
            _say_duties(request, queries.duties_in(row))
            return redirect("staffing:absences")
    year = today().year
    since, until = today().replace(year=year - 1, day=1), today().replace(year=year + 2, day=1)
    rows = queries.absences_between([one.pk for one in agents], since, until)[::-1]
    context = {"unit": unit, "form": form, "rows": rows}
    return render(request, "staffing/absences.html", context, status=422 if form and form.errors else 200)


def _absence_fits(form: AbsenceForm) -> bool:
    """Whether nobody is told to be away twice, or on days long gone by, which is rather a wrong year."""
    told = form.cleaned_data
    twice = queries.absences_between([told["agent"]], told["first"], told["last"])
    if told["last"] < today() - _LONG_AGO:
        form.add_error("last", _("This day lies more than 31 days back. Is the year right?"))
    if twice:
        days = {"first": f"{twice[0].first}", "last": f"{twice[0].last}"}
        form.add_error("first", _("This person is away already from %(first)s to %(last)s.") % days)
    return form.is_valid()


def _say_duties(request: HttpRequest, duties: Sequence[Duty]) -> None:
    """That it is recorded, and which published duties nobody works now."""
    if not duties:
        messages.success(request, _("Recorded. No published duty falls into it."))
        return
    text = ngettext(
        "Recorded. %(count)d published duty falls into it: see the plan of %(months)s for who could take over.",
        "Recorded. %(count)d published duties fall into it: see the plan of %(months)s for who could take over.",
        len(duties),
    )
    months = _(", ").join(sorted({f"{one.day:%Y-%m}" for one in duties}))
    messages.warning(request, text % {"count": len(duties), "months": months})


@require_POST
@permission_required(Permission.STAFFING_EDIT)
def withdraw(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Take an absence back."""
    unit = unit_to_edit(request)
    agents = [one.pk for one in queries.agents_of_unit(unit.pk)]
    year = today().year
    known = queries.absences_between(
        agents, today().replace(year=year - 9, day=1), today().replace(year=year + 9, day=1)
    )
    if absence_id not in {row.pk for row in known}:
        raise Http404
    actions.withdraw_absence(absence_id=absence_id, **who(request))
    messages.success(request, _("Withdrawn. Duties that others took over stay theirs: swaps are undone in the plan."))
    return redirect("staffing:absences")


@require_http_methods(["GET", "POST"])
@permission_required(Permission.STAFFING_VIEW)
def calendar(request: HttpRequest) -> HttpResponse:
    """Holidays and make-up workdays, a form to read a year in, and one to take a year out that was a slip."""
    may = bool(scope_of(request.user, Permission.STAFFING_EDIT))  # in any unit: the days are the same for all
    if request.method == "POST" and not may:
        raise PermissionDenied
    sent = request.POST.get("form", "days") if request.method == "POST" else ""
    form = CalendarForm(request.POST if sent == "days" else None, known=organization.calendar_years())
    years = organization.withdrawable_years(today())
    out = YearForm(request.POST if sent == "year" else None, years=years)
    shown: dict[str, Any] = {}
    if sent and (out if sent == "year" else form).is_valid():
        if "save" in request.POST and not (sent == "days" and form.asks_back()):
            messages.success(request, _taken_out(request, out) if sent == "year" else _read_in(request, form))
            return redirect("staffing:calendar")
        shown = _calendar_what_if(request, form if sent == "days" else None, out)
    context = shown | {
        "form": form if may else None,
        "out": out if may and years else None,
        "sent": sent,
        "rows": organization.all_calendar_days(first=today().replace(month=1, day=1)),
        "unknown_years": organization.unknown_years(today(), today().replace(year=today().year + 1, day=1)),
    }
    return render(request, "staffing/calendar.html", context, status=422 if form.errors or out.errors else 200)


def _calendar_what_if(request: HttpRequest, form: CalendarForm | None, out: YearForm) -> dict[str, Any]:
    """What reading days in would do, or, where no days are told, taking a year out."""
    days: list[CalendarDay] = form.cleaned_data["text"] if form else []
    year = None if form else out.cleaned_data["year"]
    scope = scope_of(request.user, Permission.ORDERS_VIEW)
    preview = orders.what_if_calendar(scope, days, at=timezone.now(), without=year)
    known, told = organization.calendar_years(), Counter(one.date.year for one in days)
    return {
        "preview": preview,
        "replaced": [(year, known[year], count) for year, count in sorted(told.items()) if year in known],
        "sparse": [(one, _lacking(one)) for one in form.sparse] if form else [],
        "fewest_days": FEWEST_DAYS,
    }


def _lacking(one: SparseYear) -> str:
    """What of a year is told, and what hardly can be missing."""
    parts = [ngettext("%(n)d day in all", "%(n)d days in all", one.day_count) % {"n": one.day_count}]
    if one.lacks_spring_festival:
        parts.append(_("no holiday at the Spring Festival"))
    if one.lacks_national_day:
        parts.append(_("no holiday at National Day"))
    return _(", ").join(parts)


def _read_in(request: HttpRequest, form: CalendarForm) -> str:
    """Take the days over; what is said of it."""
    days, source = form.cleaned_data["text"], form.cleaned_data["source"]
    count = organization_actions.import_calendar(rows=days, source=source, **who(request))
    return _("%(days)d days read. Make the forecast anew.") % {"days": count}


def _taken_out(request: HttpRequest, form: YearForm) -> str:
    """Take a year out; what is said of it."""
    year = form.cleaned_data["year"]
    count = organization_actions.withdraw_calendar_year(year=year, **who(request))
    told = {"year": year, "count": count}
    return (
        ngettext(
            "%(year)d is taken out, with %(count)d day. Make the forecast anew.",
            "%(year)d is taken out, with %(count)d days. Make the forecast anew.",
            count,
        )
        % told
    )
