"""Telling people of a plan: send, post, bring; and who is left."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.customers.actions import export_customers, unmask_letters
from denghuo.apps.customers.queries import CustomerRef, customers_by_id
from denghuo.apps.notices import queries as notices
from denghuo.apps.notices.actions import record_delivery, record_printing
from denghuo.apps.notices.models import How
from denghuo.apps.organization.access import Permission, may, permission_required
from denghuo.apps.outages import actions, queries
from denghuo.apps.outages.forms import CancelForm, DeliveredForm, DevicesForm, MoveForm, PostedForm
from denghuo.apps.outages.models import Outage
from denghuo.apps.outages.queries.detail import rings_of
from denghuo.apps.outages.templatetags.incidents import missed_word
from denghuo.apps.outages.views.deeds import who
from denghuo.apps.outages.views.field import deadlines, plan_changed
from denghuo.apps.outages.views.outages import outage_seen
from denghuo.apps.workbooks import Sheets, file_name_of, handed_out, new_workbook

_ROWS_PER_PAGE = 50
_AT_ONCE = 1_000  # each is proved for itself: more take longer than somebody waits
_POSTED = "posted_%s"  # two forms on one page ask when


@require_GET
@permission_required(Permission.NOTICES_SEND)
def notice(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Who behind a plan was told, by when they must be, and who is left."""
    return _shown(request, outage_seen(request, outage_id))


def _shown(
    request: HttpRequest, outage: Outage, *, posted: PostedForm | None = None, delivered: DeliveredForm | None = None
) -> HttpResponse:
    now = timezone.localtime().replace(second=0, microsecond=0)
    people, case = queries.people_to_tell(outage), queries.case_of(outage)
    proofs = queries.proofs_of_plan(outage)
    left = queries.missed(outage, people, proofs=proofs)
    reasons, reason = queries.count_by_reason(left), _reason_asked(request)
    chosen = [one for one in left if reason in ("", one.reason)]
    page = Paginator(chosen, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    of = customers_by_id(one.who.account_id for one in page)
    wrong = any(form is not None and form.errors for form in (posted, delivered))
    context = {
        "outage": outage,
        **plan_changed(outage),
        "where": queries.place_of(outage),
        "people": len(people),
        "left": len(left),
        "reasons": reasons,
        "reason": reason,
        "rows": page,
        "may_choose_all": 1 < len(chosen) <= _AT_ONCE,
        "shown": [(one, of[one.who.account_id]) for one in page],
        "deadlines": [] if outage.is_cancelled else deadlines(outage, people, at=now, proofs=proofs),
        "told_rings": rings_of([outage.about], since=outage.told_since),
        "may_write": bool(reasons.get("never")),
        "held_back": notices.held_back(outage.about, at=timezone.now()),
        "announced_at": _announced_at(outage),
        "may_post": not outage.is_cancelled or queries.is_public_in(outage),
        "reminders": queries.reminders_of(outage) if outage.is_plan_ahead(now) else [],
        "ticked": request.POST.getlist("who"),
        "ticked_all": request.POST.get("all"),
        "is_ahead": case is not None and outage.is_plan_ahead(now),
        "may_edit": may(request.user, Permission.OUTAGES_EDIT, path=outage.network.unit.path),
        "posted": posted or PostedForm(about=outage.about, initial={"delivered_at": now}, auto_id=_POSTED),
        "delivered": delivered or DeliveredForm(about=outage.about, initial={"delivered_at": now, "how": How.BY_PHONE}),
        "paper_url": _paper(outage),
        "may_unmask": may(request.user, Permission.CUSTOMERS_UNMASK, path=outage.network.unit.path),
        "may_export": may(request.user, Permission.EXPORT, path=outage.network.unit.path),
    }
    return render(request, "outages/notice.html", context, status=422 if wrong else 200)


def _reason_asked(request: HttpRequest) -> str:
    """The reason by which the page is narrowed; where something was sent wrongly, the one that it was sent from."""
    listed = request.POST.get("all", "")
    return request.GET.get("reason", "" if listed == "every" else listed)


def _announced_at(outage: Outage) -> datetime | None:
    case = queries.case_of(outage)
    return notices.announced_at(outage.about, case=case.value, since=outage.told_since) if case else None


def _paper(outage: Outage) -> str:
    """Where notices of this plan are printed, with what they say filled in."""
    case = queries.case_of(outage)
    told = {
        "case": case.value if case else "",
        "area": "、".join(queries.areas_planned(outage)) or outage.place,
        "line": queries.line_of_plan(outage),
        "reason": queries.reason_of_plan(outage),
        "start_at": outage.planned_start_at.isoformat() if outage.planned_start_at else "",
        "end_at": outage.planned_end_at.isoformat() if outage.planned_end_at else "",
        "ref": outage.about,
    }
    return f"{reverse('notices:paper')}?{urlencode(told)}"


@require_POST
@permission_required(Permission.NOTICES_SEND)
def notice_send(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Send the messages of a plan to everybody behind it."""
    outage = outage_seen(request, outage_id)
    try:
        new = actions.announce_plan(outage_id=outage.pk, **who(request))
    except actions.NothingToAnnounceError:
        messages.warning(request, _("There is nobody to tell before: the plan names no device, or its time has come."))
    else:
        said = ngettext("%(n)d message is on its way.", "%(n)d messages are on their way.", new) % {"n": new}
        if new and notices.held_back(outage.about, at=timezone.now()):
            said = _("%(n)d messages are queued.") % {"n": new}  # from when they go out stands on the page
        messages.success(request, said if new else _("Everybody who can be reached was written to already."))
    return redirect("outages:notice", outage.pk)


@require_POST
@permission_required(Permission.NOTICES_SEND)
def notice_posted(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Write down that a plan, or that it does not take place, was announced to the public."""
    outage = outage_seen(request, outage_id)
    if outage.is_cancelled and not queries.is_public_in(outage):
        return redirect("outages:notice", outage.pk)
    form = PostedForm(request.POST, about=outage.about, auto_id=_POSTED)
    if not form.is_valid():
        return _shown(request, outage, posted=form)
    _record(request, outage, notices.PUBLIC, how=How.POSTED, **form.cleaned_data)
    messages.success(request, _("Written down."))
    return redirect("outages:notice", outage.pk)


@require_POST
@permission_required(Permission.NOTICES_SEND)
def notice_delivered(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Write down how households were told by somebody."""
    outage = outage_seen(request, outage_id)
    if outage.is_cancelled and not queries.who_knew(outage):
        return redirect("outages:notice", outage.pk)
    form = DeliveredForm(request.POST, about=outage.about)
    refs = [one.ref for one in _chosen(request, outage)]
    if not refs:
        form.add_error(None, _("Choose the households first."))
    elif form.is_valid() and form.cleaned_data["how"] == How.HANDED and len(refs) > 1:
        form.add_error("receiver", _("Each household signs for itself: choose one."))
    if form.errors:
        return _shown(request, outage, delivered=form)
    with transaction.atomic():
        for ref in refs:
            _record(request, outage, ref, **form.cleaned_data)
    said = ngettext("%(n)d household is written down.", "%(n)d households are written down.", len(refs))
    messages.success(request, said % {"n": len(refs)})
    return redirect("outages:notice", outage.pk)


def _chosen(request: HttpRequest, outage: Outage) -> list[CustomerRef]:
    people, listed = queries.people_to_tell(outage), request.POST.get("all")
    if listed:  # everybody who is left, or is for a reason, on whatever page they stand
        left = queries.missed(outage, people, proofs=queries.proofs_of_plan(outage))
        return [one.who for one in left if listed in ("every", one.reason)][:_AT_ONCE]
    behind = {one.ref: one for one in people}
    return [behind[ref] for ref in dict.fromkeys(request.POST.getlist("who")) if ref in behind]


@never_cache
@require_POST
@permission_required(Permission.NOTICES_SEND)
@permission_required(Permission.CUSTOMERS_UNMASK)
def notice_print(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Notices on paper for the chosen households, with their names; recorded for each."""
    outage = outage_seen(request, outage_id)
    if outage.is_cancelled:
        return redirect("outages:notice", outage.pk)
    chosen, sheet = _chosen(request, outage), queries.sheet_of_plan(outage, on=timezone.localdate())
    if not chosen or sheet is None:
        form = DeliveredForm(request.POST, about=outage.about)
        form.add_error(None, _("Choose the households first."))
        return _shown(request, outage, delivered=form)
    reason = _("Notices of %(number)s on paper") % {"number": outage.number}
    letters = unmask_letters(account_ids=[one.account_id for one in chosen], reason=reason, **who(request))
    content = notices.printed(sheet, [(one.name, one.number, one.address) for one in letters], size="A5")
    record_printing(about=outage.about, case=sheet.case.value, notice_count=len(letters), **who(request))
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="notices.pdf"'
    return answer


def _record(request: HttpRequest, outage: Outage, to_ref: str, **told: Any) -> None:
    case = queries.case_of(outage)
    unit_id = outage.network.unit_id
    case_told = case.value if case else ""
    record_delivery(unit_id=unit_id, about=outage.about, case=case_told, to_ref=to_ref, **told, **who(request))


@require_POST
@permission_required(Permission.NOTICES_SEND)
@permission_required(Permission.EXPORT)
def notice_missed(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Hand out who is left as a workbook, masked as on the page, and record that it was done."""
    outage = outage_seen(request, outage_id)
    rows = queries.missed(outage, queries.people_to_tell(outage), proofs=queries.proofs_of_plan(outage))
    found = customers_by_id(one.who.account_id for one in rows)
    target, told = BytesIO(), who(request)
    whose = [_("Account"), _("Customer's name"), _("Address"), _("Load"), _("Who answers")]
    head = [*whose, _("Why not told"), _("Told by")]
    lines = [
        [of.number, of.name, of.address, of.load_code, of.responsible_name, str(missed_word(one)), ""]
        for one in rows
        for of in [found[one.who.account_id]]
    ]
    with new_workbook(target) as book:
        foot = [[_("Masked. Handed out to %(who)s.") % {"who": str(request.user)}, told["at"]]]
        Sheets(book).add(_("Not proved to be told"), [head, *lines], widths=[18] * len(head), foot=foot)
    units = [str(outage.network.unit.path)]
    export_customers(unit_paths=units, register=outage.about, row_count=len(lines), **told)
    return handed_out(target.getvalue(), file_name=file_name_of(_("Not proved to be told"), outage.number))


@require_http_methods(["GET", "POST"])
@permission_required(Permission.OUTAGES_EDIT)
def plan(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Move a plan that lies ahead, say what it opens, or cancel it."""
    outage, deed = outage_seen(request, outage_id), request.POST.get("deed", "")
    initial = {"start_at": outage.planned_start_at, "end_at": outage.planned_end_at}
    devices = {"device_codes": outage.planned_device_codes}
    data = {name: request.POST if deed == name else None for name in _DEEDS}
    of = {
        "move": MoveForm(data["move"], outage=outage, initial=initial),
        "devices": DevicesForm(data["devices"], outage=outage, initial=devices, auto_id="devices_%s"),
        "cancel": CancelForm(data["cancel"], auto_id="cancel_%s"),
    }
    form = of.get(deed)
    if form is not None and form.is_valid():
        knew = len(queries.who_was_told(outage, queries.people_of_plan(outage), before=timezone.now()))
        try:
            _DEEDS[deed](outage_id=outage.pk, **form.cleaned_data, **who(request))
        except actions.NothingToAnnounceError:
            messages.warning(request, _("Nothing was changed: it has begun, is over, or was cancelled already."))
        else:
            messages.success(request, _said_of(deed, knew, is_announced=queries.is_announced(outage)))
        return redirect("outages:outage", outage.pk)
    context = {"outage": outage, "where": queries.place_of(outage), "is_ahead": outage.is_plan_ahead(timezone.now())}
    wrong = form is not None and bool(form.errors)
    context |= plan_changed(outage)
    return render(request, "outages/plan.html", context | of, status=422 if wrong else 200)


def _said_of(deed: str, knew: int, *, is_announced: bool) -> str:
    """What was done with a plan, and who hears of it: ``knew`` households had been told."""
    if deed == "devices":
        return _("The plan has its devices: who is behind them can be told.")
    if deed == "cancel":
        said = _("The plan is cancelled.")
        more = ngettext(
            "%(n)d household knew of it and is told so, if it can be written to.",
            "%(n)d households knew of it and are told so, as far as they can be written to.",
            knew,
        )
    else:
        said = _("The plan has another time.")
        more = ngettext(
            "%(n)d household that knew of it is told so.", "%(n)d households that knew of it are told so.", knew
        )
    if is_announced and deed == "move":
        more = _("All its people are written to, with the new time, in the hours when messages go out.")
    elif knew:
        more %= {"n": knew}
    else:
        more = _("Nobody had heard of it.")
    return _("%(said)s %(more)s") % {"said": said, "more": more}


_DEEDS: dict[str, Callable[..., Outage]] = {
    "move": actions.move_plan,
    "devices": actions.name_devices,
    "cancel": actions.cancel_plan,
}
