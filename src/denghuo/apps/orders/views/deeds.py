"""What people do to an order: one plain form each, which leads back to its page, or stays open there if refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import StepRefusedError
from denghuo.apps.orders.forms import (
    AnswerForm,
    AppealForm,
    DecideForm,
    MergeForm,
    PromiseAnswerForm,
    PromiseForm,
    RemarkForm,
    StepTakenForm,
    SuspensionForm,
    UnmergeForm,
)
from denghuo.apps.orders.models import HandOver, Order, PromiseOf, State, SuspensionCause
from denghuo.apps.orders.templatetags.orders import moment
from denghuo.apps.orders.views.page import APART, hand_over_form, reassign_form
from denghuo.apps.orders.views.page import page as page_of
from denghuo.apps.orders.views.reach import deals, found, in_reach, may_answer, refusal, supervises, who
from denghuo.apps.organization.access import Permission, permission_required

Told = dict[str, Any]


def _deed(
    form_of: Callable[..., forms.Form],
    *,
    permission: Permission = Permission.ORDERS_WORK,
    offered: bool = False,
    by_anybody: bool = False,
) -> Callable[[Callable[..., str | None]], Callable[..., HttpResponseBase]]:
    """A page of a deed: its form is read, it is done, and what it returns is said; where it cannot be done, the page of
    the order says why, with its form as it was sent.
    ``form_of`` takes what was sent and the order; ``offered``: also of an order that is still another unit's;
    ``by_anybody``: also by who reads an order about people of ours and does not deal with it."""

    def made(do: Callable[..., str | None]) -> Callable[..., HttpResponseBase]:
        @require_http_methods(["GET", "POST"])
        @permission_required(permission)
        @wraps(do)
        def page(request: HttpRequest, order_id: int, **parts: int) -> HttpResponse:
            row = found(request, order_id, offered=offered)
            above = permission == Permission.ORDERS_SUPERVISE
            if above and not supervises(request, row):
                raise PermissionDenied
            if request.method == "GET":  # the address of a form that was refused
                return redirect("orders:order", row.pk)
            form, said, why = form_of(request.POST, row), None, ""
            try:
                if not (offered or by_anybody or above or deals(request, row)):
                    raise StepRefusedError("who", "")
                if form.is_valid():
                    said = do(request, row, form.cleaned_data, **parts)
            except ValueError as error:
                why = _refused(form, error)
            if why or form.errors:
                messages.warning(request, why or _lacks(form))
            elif said:
                messages.success(request, said)
            if not in_reach(request, row):
                return redirect("orders:home")
            if why or form.errors:
                return page_of(request, found(request, row.pk, offered=True), refused={request.path: form})
            return redirect("orders:order", _goes_on(request, row))

        return page

    return made


def _goes_on(request: HttpRequest, row: Order) -> int:
    """The order whose page comes after a deed: this one, or the one that it was just merged into."""
    into = Order.objects.get(pk=row.pk).merged_into
    return into.pk if into and not row.merged_into_id and in_reach(request, into) else row.pk


def _plain(form: type[forms.Form]) -> Callable[..., forms.Form]:
    """A form that is the same for every order."""
    return lambda data, _row: form(data)


def _refused(form: forms.Form, error: ValueError) -> str:
    """Why a deed was refused; where a field of its form is the reason, that says so too."""
    why, field = refusal(error), getattr(error, "code", "")
    if field in form.fields:
        form.add_error(field, why)
    return why


def _lacks(form: forms.Form) -> str:
    """What is wrong with a form, field by field."""
    fields = ((form.fields.get(name), errors) for name, errors in form.errors.items())
    words = [
        _("%(field)s: %(why)s") % {"field": field.label, "why": errors[0]} if field and field.label else str(errors[0])
        for field, errors in fields
    ]
    return " ".join(words)


def _part(rows: Any, row_id: int) -> int:
    """The key of a part of an order, if it is of that order."""
    if not rows.filter(pk=row_id).exists():
        raise Http404
    return row_id


def _merge_form(data: Any, row: Order) -> MergeForm:
    return MergeForm(data, orders=[(one.pk, one.number) for one in queries.alike(row)])


@_deed(_plain(StepTakenForm), by_anybody=True)
def take_step(request: HttpRequest, row: Order, told: Told) -> str | None:
    """Take a step that is open to whoever asks."""
    by, step = who(request), told["step"]
    open_steps = queries.steps_open(row, username=by["actor"], supervises=supervises(request, row), at=by["at"])
    if step not in open_steps or step in APART:
        raise StepRefusedError(_why_not(request, row, step), step)
    if step == "urge":
        counted = actions.urge_order(order_id=row.pk, note=told["reason"], **by).urged_at == by["at"]
        return None if counted else _("The customer asked again a short while ago: that counts once.")
    if step == "escalate":
        actions.escalate_order(order_id=row.pk, reason=told["reason"], **by)
        return _("Those who supervise are told.")
    if step == "call_back" and not told["result"]:
        raise StepRefusedError("result", step)
    how = {name: told[name] for name in ("told_at", "reason", "result")}
    before = queries.tries_of(row, at=by["at"]) if step == "no_answer" else None
    went_on = actions.take_step(order_id=row.pk, step=step, **how, **by)
    if before and before.next_at and queries.tries_of(went_on, at=by["at"]).count == before.count:
        words = _("Written down. Calls so close to each other count once; the next one counts from %(at)s.")
        return words % {"at": moment(before.next_at, by["at"])}
    return None


def _why_not(request: HttpRequest, row: Order, step: str) -> str:
    """Why a step is not open to whoever asks."""
    if step == "call_back" and row.state == State.DONE and queries.is_dissatisfied(row):
        return "unhappy"
    if queries.refused_as_own(row, step, request.user.get_username()) and deals(request, row):
        return "own"
    return "state" if deals(request, row) else "who"


@_deed(hand_over_form)
def hand_over(request: HttpRequest, row: Order, told: Told) -> str:
    """Offer it to somebody else."""
    whom = {"to_username": told["to_username"], "to_unit_id": told["to_unit"]}
    actions.offer_hand_over(order_id=row.pk, reason=told["reason"], **whom, **who(request))
    return _("Offered. It stays where it is until the other side accepts.")


@_deed(_plain(AnswerForm), offered=True)
def answer_hand_over(request: HttpRequest, row: Order, told: Told, hand_over_id: int) -> str:
    """Accept what was offered, or refuse it with a reason."""
    offer_id = _part(row.hand_overs, hand_over_id)
    if not may_answer(request, HandOver.objects.select_related("to_unit", "order__unit").get(pk=offer_id)):
        raise PermissionDenied
    if told["answer"] == "accept":
        actions.accept_hand_over(hand_over_id=offer_id, **who(request))
        return _("It is yours now.")
    actions.refuse_hand_over(hand_over_id=offer_id, reason=told["reason"], **who(request))
    return _("Refused. It stays where it is, and whoever offered it is told why.")


@_deed(reassign_form, permission=Permission.ORDERS_SUPERVISE)
def reassign(request: HttpRequest, row: Order, told: Told) -> str:
    """Put it into other hands of its unit."""
    actions.reassign_order(order_id=row.pk, **told, **who(request))
    return _("It is in other hands now, and both are told.")


@_deed(_plain(SuspensionForm))
def suspension(request: HttpRequest, row: Order, told: Told) -> str:
    """Ask that the clocks stand still."""
    cause = SuspensionCause(told["cause"])
    actions.ask_suspension(order_id=row.pk, cause=cause, reason=told["reason"], **who(request))
    return _("Asked. The clocks run on until somebody else grants it.")


@_deed(_plain(DecideForm), permission=Permission.ORDERS_SUPERVISE)
def decide_suspension(request: HttpRequest, row: Order, told: Told, suspension_id: int) -> None:
    """Grant a suspension, or not."""
    asked_id = _part(row.suspensions, suspension_id)
    told = {"granted": told["granted"], "decision": told["decision"][:500]}
    actions.decide_suspension(suspension_id=asked_id, **told, **who(request))


@_deed(_plain(PromiseForm))
def promise(request: HttpRequest, row: Order, told: Told) -> str:
    """Promise the customer something by a time."""
    what = PromiseOf(told["what"])
    before = row.promises.filter(what=what, kept_at=None, moved_at=None).exclude(due_at=told["due_at"]).first()
    actions.give_promise(order_id=row.pk, **told | {"what": what}, **who(request))
    if before is not None:
        words = {"what": what.label, "at": moment(before.due_at, timezone.now())}
        messages.warning(
            request,
            _("“%(what)s” is promised by %(at)s too: done once, both are kept. Move the first if it holds no more.")
            % words,
        )
    return _("Promised. You are warned while there is still time to keep it.")


@_deed(_plain(PromiseAnswerForm))
def answer_promise(request: HttpRequest, row: Order, told: Told, promise_id: int) -> None:
    """Say that a promise was kept, or that the customer was told another time."""
    by, told_id = who(request), _part(queries.promises_of(row), promise_id)
    if told["answer"] == "kept":
        actions.keep_promise(promise_id=told_id, kept_at=by["at"], **by)
    else:
        actions.move_promise(promise_id=told_id, due_at=told["due_at"], note=told["note"], **by)


@_deed(_plain(RemarkForm), by_anybody=True)
def remark(request: HttpRequest, row: Order, told: Told) -> None:
    """Write down what was said."""
    actions.make_remark(order_id=row.pk, **told, **who(request))


@_deed(_merge_form)
def merge(request: HttpRequest, row: Order, told: Told) -> str:
    """Say that others are the same matter: the one that came in first goes on."""
    by, rows = who(request), [row, *queries.orders_by_id(told["order"]).values()]
    if not queries.goes_on(rows):
        raise StepRefusedError("done", "merge")
    if not queries.may_merge(rows, username=by["actor"], supervises=supervises(request, row), at=by["at"]):
        raise StepRefusedError("who", "merge")
    stays = actions.merge_orders(order_ids=[one.pk for one in rows], **by)
    return _("Merged into %(number)s, which came in first: what the others hold stands there too.") % {
        "number": stays.number
    }


@_deed(_plain(UnmergeForm))
def unmerge(request: HttpRequest, row: Order, told: Told) -> str:
    """Say that an order is a matter of its own after all."""
    actions.unmerge_order(order_id=row.pk, **told, **who(request))
    return _("It goes on by itself, from where it stood.")


@_deed(_plain(AppealForm))
def appeal(request: HttpRequest, row: Order, told: Told) -> str:
    """Say that what a clock counts is not ours."""
    actions.file_appeal(order_id=row.pk, **told, **who(request))
    return _("The appeal is filed. Somebody else decides upon it.")


@_deed(_plain(DecideForm), permission=Permission.ORDERS_SUPERVISE)
def decide_appeal(request: HttpRequest, row: Order, told: Told, appeal_id: int) -> None:
    """Decide upon an appeal."""
    filed_id, decision = _part(row.appeals, appeal_id), told["decision"]
    actions.decide_appeal(appeal_id=filed_id, upheld=told["granted"], decision=decision, **who(request))
