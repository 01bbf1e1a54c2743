"""Pages of what leaves the product: how it stands, one message, what could not be delivered, who was told of it."""

from typing import Any

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.notices import actions, queries
from denghuo.apps.notices.forms import DeliveryForm, NarrowForm, ReachedForm, ReasonForm
from denghuo.apps.notices.models import HandDelivery, Message, State
from denghuo.apps.notices.views.figures import exact_yuan, failures, month_start, shown, who, yuan
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import Permission, may, permission_required, scope_of, within

_ROWS_PER_PAGE = 30
_RETRIED_AT_ONCE = 500


@require_GET
@permission_required(Permission.NOTICES_VIEW)
def messages(request: HttpRequest) -> HttpResponse:
    """The outbox: how it stands, what it cost, and every message that fits."""
    now, scope = timezone.now(), request.data_scope  # type: ignore[attr-defined]
    gateways = queries.gateways_serving(scope)
    narrow = NarrowForm(request.GET, gateways=gateways)
    rows = queries.filtered(queries.messages_within(scope), **narrow.told)
    page = Paginator(rows, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    standing = queries.standing(scope, since=month_start(now), at=now)
    context = {
        "narrow": narrow,
        "rows": page,
        "shown": [shown(row) for row in page],
        "standing": standing,
        "spent": yuan(standing.spent_fen),
        "charts": [failures(queries.performance(scope, since=month_start(now)))],
        "sends": queries.sends(),
        "narrowed": bool(narrow.told),
        "may_edit": bool(scope_of(request.user, Permission.NOTICES_EDIT)),
    }
    return render(request, "notices/messages.html", context)


def _found(request: HttpRequest, message_id: int) -> Message:
    try:
        return queries.message_for(scope=request.data_scope, message_id=message_id)  # type: ignore[attr-defined]
    except Message.DoesNotExist as missing:
        raise Http404 from missing


@require_GET
@permission_required(Permission.NOTICES_VIEW)
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: what it says, what was tried, what came back."""
    return _page(request, _found(request, message_id))


def _page(
    request: HttpRequest,
    row: Message,
    *,
    told: bool = False,
    reason_form: ReasonForm | None = None,
    reached_form: ReachedForm | None = None,
) -> HttpResponse:
    path = row.unit.path
    wish = queries.wishes_of([row.to_ref]).get(row.to_ref)
    wrong = any(form is not None and form.errors for form in (reason_form, reached_form))
    calls, answers = queries.hand_calls_of(row.pk), queries.answers_of(row.event)
    context = {
        **shown(row),
        "told": told,
        "tries": queries.tries_of(row.pk),
        "receipts": queries.receipts_of(row.pk),
        "queued_by": organization.names_of([row.queued_by]).get(row.queued_by, row.queued_by),
        "cost": exact_yuan(row.cost_fen),
        "wish": wish,
        "names": queries.names_of([row.to_ref, row.about]),
        "reason_form": reason_form or ReasonForm(),
        "reached_form": reached_form or ReachedForm(event=row.event),
        "hand_calls": [(one, answers.get(one.answer, "")) for one in calls],
        "callers": organization.names_of({one.by for one in calls}),
        "answer_meant": answers.get(row.answer.strip(), ""),
        "may_unmask": bool(row.address) and may(request.user, Permission.CUSTOMERS_UNMASK, path=path),
        "may_send": may(request.user, Permission.NOTICES_SEND, path=path),
        "is_dead": row.state == State.UNDELIVERABLE and bool(row.address),
        "is_over": queries.is_over(row, at=timezone.now()),
        "asks": row.expects_answer and row.answered_at is None and row.state != State.WITHHELD,
    }
    answer = render(request, "notices/message.html", context, status=422 if wrong else 200)
    if told:
        answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@permission_required(Permission.NOTICES_VIEW)
@permission_required(Permission.CUSTOMERS_UNMASK)
def unmask(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show where a message goes to somebody who says why; it is masked again with the next look."""
    row, form = _found(request, message_id), ReasonForm(request.POST)
    if not may(request.user, Permission.NOTICES_VIEW, path=row.unit.path):
        raise Http404
    if not form.is_valid():
        return _page(request, row, reason_form=form)
    actions.unmask_message(message_id=row.pk, reason=form.cleaned_data["reason"], **who(request))
    return _page(request, row, told=True)


@require_POST
@permission_required(Permission.NOTICES_SEND)
def retry(request: HttpRequest, message_id: int) -> HttpResponse:
    """Have an undeliverable message tried again."""
    row = _found(request, message_id)
    if actions.retry_message(message_id=row.pk, **who(request)):
        flash.success(request, _("It is tried again."))
    elif queries.is_over(row, at=timezone.now()):
        flash.warning(request, _("What it tells is over: it is not tried again."))
    return redirect("notices:message", row.pk)


@require_POST
@permission_required(Permission.NOTICES_SEND)
def reached(request: HttpRequest, message_id: int) -> HttpResponse:
    """Write down what came of calling by hand whom the message is for."""
    row = _found(request, message_id)
    form = ReachedForm(request.POST, event=row.event)
    if not form.is_valid():
        return _page(request, row, reached_form=form)
    actions.record_hand_call(message_id=row.pk, **form.told(), **who(request))
    flash.success(request, _("Written down."))
    return redirect("notices:message", row.pk)


@require_GET
@permission_required(Permission.NOTICES_VIEW)
def undeliverable(request: HttpRequest) -> HttpResponse:
    """What could not be delivered, and why."""
    scope = request.data_scope  # type: ignore[attr-defined]
    dead = queries.filtered(queries.messages_within(scope), state=State.UNDELIVERABLE.value)
    reason = request.GET.get("reason", "")
    rows = dead.filter(reason=reason) if reason else dead
    page = Paginator(rows, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": page,
        "shown": [shown(row) for row in page],
        "reasons": [
            (key, queries.reason_of(key), code, count) for key, code, count in queries.undeliverable_reasons(dead)
        ],
        "reason": reason,
        "reason_text": queries.reason_of(reason),
        "may_send": bool(scope_of(request.user, Permission.NOTICES_SEND)),
    }
    return render(request, "notices/undeliverable.html", context)


@require_POST
@permission_required(Permission.NOTICES_SEND)
def retry_all(request: HttpRequest) -> HttpResponse:
    """Have all that failed for one reason, of which the gateway said the same, tried again, but for what would come too
    late."""
    scope = request.data_scope  # type: ignore[attr-defined]
    dead = queries.filtered(queries.messages_within(scope), state=State.UNDELIVERABLE.value)
    told = {name: request.POST.get(name, "") for name in ("reason", "code")}
    dead = dead.filter(**told).exclude(expires_at__lte=timezone.now()).order_by("rank", "pk")
    ids = list(dead.values_list("pk", flat=True)[:_RETRIED_AT_ONCE])
    count = sum(actions.retry_message(message_id=pk, **who(request)) for pk in ids)
    said = ngettext("%(count)d message is tried again.", "%(count)d messages are tried again.", count)
    flash.success(request, said % {"count": count})
    return redirect("notices:undeliverable")


@require_GET
@permission_required(Permission.NOTICES_VIEW)
def about(request: HttpRequest) -> HttpResponse:
    """Who was told of something, how and when."""
    ref = request.GET.get("ref", "").strip()
    return _about(request, ref) if ref else redirect("notices:messages")


def _about(request: HttpRequest, ref: str, form: DeliveryForm | None = None) -> HttpResponse:
    brought = HandDelivery.objects.filter(within(request.data_scope, field="unit__path"), about=ref)  # type: ignore[attr-defined]
    known = _first_about(request, ref)
    unit = known.unit if known else getattr(brought.first(), "unit", None)
    if not ref or unit is None:
        raise Http404
    now = timezone.localtime().replace(second=0, microsecond=0)
    proofs = sorted(queries.proof_of(ref).items())
    page = Paginator(proofs, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    names = queries.names_of([ref, *(to_ref for to_ref, _found in page)])
    off = queries.lack_of_matter(ref)
    context = {
        "ref": ref,
        "name": names[ref],
        "names": names,
        "told": queries.told_about(ref),
        "served": sum(any(one.is_served for one in found) for _, found in proofs),
        "people": len(proofs),
        "rows": page,
        "announced_at": queries.announced_at(ref),
        "form": form or DeliveryForm(about=ref, unit_path=str(unit.path), initial={"delivered_at": now}),
        "off": off,
        "may_send": not off and known is not None and bool(scope_of(request.user, Permission.NOTICES_SEND)),
        "list_query": urlencode({"about": ref}),
    }
    return render(request, "notices/about.html", context, status=422 if form is not None and form.errors else 200)


def _first_about(request: HttpRequest, ref: str) -> Message | None:
    return queries.messages_within(request.data_scope).filter(about=ref).first()  # type: ignore[attr-defined]


@require_POST
@permission_required(Permission.NOTICES_SEND)
def deliver(request: HttpRequest) -> HttpResponse:
    """Write down that a notice was brought, posted or told."""
    ref = request.POST.get("ref", "").strip()
    known = _first_about(request, ref)
    if not ref or known is None:
        raise Http404
    form = DeliveryForm(request.POST, about=ref, unit_path=str(known.unit.path))
    if not form.is_valid():
        return _about(request, ref, form)
    told: dict[str, Any] = form.cleaned_data
    actions.record_delivery(unit_id=known.unit_id, about=ref, **told, **who(request))
    flash.success(request, _("Written down."))
    return redirect(f"{request.path.removesuffix('deliver/')}?{urlencode({'ref': ref})}")
