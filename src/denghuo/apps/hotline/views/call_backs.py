"""Calls that are owed: the list that is worked when it is quiet."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.forms import CallBackForm, TryForm
from denghuo.apps.hotline.models import CallBack, CallBackResult
from denghuo.apps.hotline.views.announcements import who
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, permission_required
from denghuo.apps.outages.models import Report
from denghuo.apps.sealed import masked_phone

_MADE_SINCE = timedelta(days=1)
_NOTED = {
    "back": gettext_lazy("Noted: their supply is back."),
    "still_out": gettext_lazy(
        "Noted: still without supply. The report is open again, and looked for behind what was mended."
    ),
    "no_answer": gettext_lazy("Noted: not reached."),
}


@require_http_methods(["GET", "POST"])
@permission_required(Permission.HOTLINE_WORK)
def call_backs(request: HttpRequest) -> HttpResponse:
    """Whom we owe a call, the longest overdue first; whether now is a good time; and a form to owe another."""
    form = _form(request, request.POST or None)
    if request.method == "POST" and form is not None and form.is_valid():
        told = {name: form.cleaned_data[name] for name in ("number", "reason", "due_at")}
        actions.ask_call_back(exchange_id=form.exchange.pk, **told, at=form.at, actor=request.user.get_username())
        messages.success(request, _("Noted: we owe this customer a call."))
        return redirect("hotline:call-backs")
    status = 422 if form is not None and form.errors else 200
    return render(request, "hotline/call_backs.html", _context(request, form), status=status)


def _form(request: HttpRequest, told: QueryDict | None = None) -> CallBackForm | None:
    """A form to owe a call from the person's own exchange; None where there is no exchange."""
    exchanges = queries.exchanges_within(request.data_scope)  # type: ignore[attr-defined]
    seat = queries.seat_of(request.user.pk or 0)
    own = next((one for one in exchanges if seat and one.pk == seat.exchange_id), exchanges[0] if exchanges else None)
    return CallBackForm(told, exchange=own, at=timezone.now()) if own else None


def _context(request: HttpRequest, form: CallBackForm | None, **more: object) -> dict[str, object]:
    now, scope = timezone.now(), request.data_scope  # type: ignore[attr-defined]
    rows = [(row, masked_phone(row.number), row.due_at < now) for row in queries.owed(scope)]
    made = queries.made(scope, since=now - _MADE_SINCE)
    tried = [one.tried_by for row, _number, _late in rows for one in row.tries.all()]
    return {
        "form": form,
        "names": organization.names_of([*(row.asked_by for row, *_ in rows), *tried, *(row.made_by for row in made)]),
        "rows": rows,
        "unanswered": queries.unanswered(scope, at=now),
        "late": sum(late for _row, _number, late in rows),
        "quiet": queries.quiet(queries.exchanges_within(scope), at=now),
        "made": [(row, masked_phone(row.number)) for row in made],
        "rule": queries.desk_rule(timezone.localdate(now)),
        "now": now,
        "try_form": TryForm(),
        **more,
    }


def _found(request: HttpRequest, call_back_id: int) -> CallBack:
    try:
        scope = request.data_scope  # type: ignore[attr-defined]
        return queries.call_back_for(scope=scope, call_back_id=call_back_id)
    except CallBack.DoesNotExist as missing:
        raise Http404 from missing


@require_POST
@permission_required(Permission.HOTLINE_WORK)
def try_call_back(request: HttpRequest, call_back_id: int) -> HttpResponse:
    """What came of calling back."""
    row, form = _found(request, call_back_id), TryForm(request.POST)
    if not form.is_valid():
        return render(request, "hotline/call_backs.html", _context(request, _form(request), try_form=form), status=422)
    told = form.cleaned_data
    try:
        tried = actions.try_call_back(
            call_back_id=row.pk, result=CallBackResult(told["result"]), note=told["note"], **who(request)
        )
    except ValueError:
        messages.warning(request, _("Somebody has called back already."))
    else:
        messages.success(request, _what_came_of(tried))
    return redirect("hotline:call-backs")


def _what_came_of(row: CallBack) -> str:
    """What is said of a call-back that was tried."""
    if row.made_at is None:
        return _("Not reached: it is due again at %(at)s.") % {"at": f"{timezone.localtime(row.due_at):%Y-%m-%d %H:%M}"}
    if row.result == CallBackResult.GIVEN_UP:
        return _("Noted: nobody was reached, and the call leaves the list.")
    return _("Noted: the call leaves the list.")


@require_POST
@permission_required(Permission.CALLERS_UNMASK)
def call_back_number(request: HttpRequest, call_back_id: int) -> HttpResponse:
    """The full number, for who calls it now; that it was seen is recorded."""
    row = _found(request, call_back_id)
    told = actions.show_call_back_number(call_back_id=row.pk, **who(request))
    context = _context(request, _form(request), number_told=told, told_of=row.pk)
    answer = render(request, "hotline/call_backs.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _reporter(request: HttpRequest, report_id: int) -> Report:
    try:
        return queries.reporter_for(scope=request.data_scope, report_id=report_id)  # type: ignore[attr-defined]
    except Report.DoesNotExist as missing:
        raise Http404 from missing


@require_POST
@permission_required(Permission.HOTLINE_WORK)
def answer_call_back(request: HttpRequest, report_id: int) -> HttpResponse:
    """What somebody says whom we asked whether their supply is back."""
    row, answer = _reporter(request, report_id), request.POST.get("answer", "")
    if answer not in _NOTED:
        messages.warning(request, _("Say whether they are still without supply."))
        return redirect("hotline:call-backs")
    try:
        if answer == "no_answer":
            actions.try_reporter(report_id=row.pk, **who(request))
        else:
            actions.answer_call_back(report_id=row.pk, still_out=answer == "still_out", **who(request))
    except ValueError:
        messages.warning(request, _("They have answered meanwhile."))
    else:
        messages.success(request, _NOTED[answer])
    return redirect("hotline:call-backs")


@require_POST
@permission_required(Permission.CALLERS_UNMASK)
def reporter_number(request: HttpRequest, report_id: int) -> HttpResponse:
    """The full number of who reported, for who calls it now; that it was seen is recorded."""
    row = _reporter(request, report_id)
    told = actions.show_reporter_number(report_id=row.pk, **who(request))
    context = _context(request, _form(request), number_told=told, told_of_report=row.pk)
    answer = render(request, "hotline/call_backs.html", context)
    answer["Cache-Control"] = "no-store"
    return answer
