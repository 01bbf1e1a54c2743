"""What people do to an order: one plain form each, which leads back to its page."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.forms import (
    AppealForm,
    DecideForm,
    HandOverForm,
    MergeForm,
    PromiseForm,
    RemarkForm,
    StepTakenForm,
    SuspensionForm,
)
from denghuo.apps.orders.models import Order, PromiseOf, SuspensionCause
from denghuo.apps.orders.views.reach import done, found, supervises, who
from denghuo.apps.organization.access import Permission, permission_required


def _incomplete(request: HttpRequest, row: Order) -> HttpResponse:
    messages.warning(request, _("Something is missing: fill in what is asked."))
    return redirect("orders:order", row.pk)


def _part(rows: object, row_id: int) -> int:
    """The key of a part of an order, if it is of that order."""
    if not rows.filter(pk=row_id).exists():  # type: ignore[attr-defined]
        raise Http404
    return row_id


@require_POST
@permission_required(Permission.ORDERS_WORK)
def take_step(request: HttpRequest, order_id: int) -> HttpResponse:
    """Take a step that is open to whoever asks."""
    row, form = found(request, order_id), StepTakenForm(request.POST)
    if not form.is_valid():
        return _incomplete(request, row)
    told, by = form.cleaned_data, who(request)
    step = told["step"]
    open_steps = queries.steps_open(row, username=by["actor"], supervises=supervises(request, row), at=by["at"])
    if step not in open_steps or step in ("suspend", "merge", "finish"):
        messages.warning(request, _("The order has moved on meanwhile: look at its state and try again."))
        return redirect("orders:order", row.pk)
    if step == "urge":
        return done(request, row, lambda: actions.urge_order(order_id=row.pk, note=told["reason"], **by))
    if step == "escalate":
        return done(request, row, lambda: actions.escalate_order(order_id=row.pk, reason=told["reason"], **by))
    given = {"told_at": told["told_at"], "reason": told["reason"], "place": told["place"]}
    if told["handler"]:
        given["handler"] = told["handler"]
    return done(request, row, lambda: actions.take_step(order_id=row.pk, step=step, **given, **by))


@require_POST
@permission_required(Permission.ORDERS_WORK)
def hand_over(request: HttpRequest, order_id: int) -> HttpResponse:
    """Offer it to somebody else."""
    row = found(request, order_id)
    people = [(user.username, str(user)) for user in queries.colleagues(row.unit)]
    units = [(unit.pk, unit.name) for unit in queries.units_for(request.data_scope)]  # type: ignore[attr-defined]
    form = HandOverForm(request.POST, people=people, units=units)
    if not form.is_valid():
        return _incomplete(request, row)
    told = form.cleaned_data
    return done(
        request,
        row,
        lambda: actions.offer_hand_over(
            order_id=row.pk,
            to_username=told["to_username"],
            to_unit_id=None if told["to_username"] else told["to_unit"],
            reason=told["reason"],
            **who(request),
        ),
        _("Offered. It stays yours until the other side accepts."),
    )


@require_POST
@permission_required(Permission.ORDERS_WORK)
def answer_hand_over(request: HttpRequest, order_id: int, hand_over_id: int) -> HttpResponse:
    """Accept what was offered, or refuse it with a reason."""
    row = found(request, order_id)
    offer_id = _part(row.hand_overs, hand_over_id)
    if request.POST.get("answer") == "accept":
        return done(
            request, row, lambda: actions.accept_hand_over(hand_over_id=offer_id, **who(request)), _("It is yours now.")
        )
    reason = request.POST.get("reason", "")[:500]
    return done(request, row, lambda: actions.refuse_hand_over(hand_over_id=offer_id, reason=reason, **who(request)))


@require_POST
@permission_required(Permission.ORDERS_WORK)
def suspension(request: HttpRequest, order_id: int) -> HttpResponse:
    """Ask that the clocks stand still."""
    row, form = found(request, order_id), SuspensionForm(request.POST)
    if not form.is_valid():
        return _incomplete(request, row)
    told = form.cleaned_data
    return done(
        request,
        row,
        lambda: actions.ask_suspension(
            order_id=row.pk, cause=SuspensionCause(told["cause"]), reason=told["reason"], **who(request)
        ),
        _("Asked. The clocks run on until somebody else grants it."),
    )


@require_POST
@permission_required(Permission.ORDERS_SUPERVISE)
def decide_suspension(request: HttpRequest, order_id: int, suspension_id: int) -> HttpResponse:
    """Grant a suspension, or not."""
    row, form = found(request, order_id), DecideForm(request.POST)
    asked_id = _part(row.suspensions, suspension_id)
    if not form.is_valid():
        return _incomplete(request, row)
    granted = form.cleaned_data["granted"]
    return done(
        request,
        row,
        lambda: actions.decide_suspension(suspension_id=asked_id, granted=granted, **who(request)),
    )


@require_POST
@permission_required(Permission.ORDERS_WORK)
def promise(request: HttpRequest, order_id: int) -> HttpResponse:
    """Promise the customer something by a time."""
    row, form = found(request, order_id), PromiseForm(request.POST)
    if not form.is_valid():
        return _incomplete(request, row)
    told = form.cleaned_data
    return done(
        request,
        row,
        lambda: actions.give_promise(
            order_id=row.pk,
            what=PromiseOf(told["what"]),
            due_at=told["due_at"],
            note=told["note"],
            **who(request),
        ),
        _("Promised. You are warned while there is still time to keep it."),
    )


@require_POST
@permission_required(Permission.ORDERS_WORK)
def answer_promise(request: HttpRequest, order_id: int, promise_id: int) -> HttpResponse:
    """Say that a promise was kept, or that the customer was told another time."""
    row, by = found(request, order_id), who(request)
    told_id = _part(row.promises, promise_id)
    if request.POST.get("answer") == "kept":
        return done(request, row, lambda: actions.keep_promise(promise_id=told_id, kept_at=by["at"], **by))
    form = PromiseForm(request.POST)
    form.fields["what"].required = False
    if not form.is_valid():
        return _incomplete(request, row)
    told = form.cleaned_data
    return done(
        request,
        row,
        lambda: actions.move_promise(promise_id=told_id, due_at=told["due_at"], note=told["note"], **by),
    )


@require_POST
@permission_required(Permission.ORDERS_WORK)
def remark(request: HttpRequest, order_id: int) -> HttpResponse:
    """Write down what was said."""
    row, form = found(request, order_id), RemarkForm(request.POST)
    if not form.is_valid():
        return _incomplete(request, row)
    told = form.cleaned_data
    return done(request, row, lambda: actions.make_remark(order_id=row.pk, **told, **who(request)))


@require_POST
@permission_required(Permission.ORDERS_WORK)
def merge(request: HttpRequest, order_id: int) -> HttpResponse:
    """Say that others are the same matter."""
    row = found(request, order_id)
    form = MergeForm(request.POST, orders=[(one.pk, one.number) for one in queries.alike(row)])
    if not form.is_valid():
        return _incomplete(request, row)
    return done(
        request,
        row,
        lambda: actions.merge_orders(into_id=row.pk, order_ids=form.cleaned_data["order"], **who(request)),
        _("Merged. What they hold stands here too."),
    )


@require_POST
@permission_required(Permission.ORDERS_WORK)
def appeal(request: HttpRequest, order_id: int) -> HttpResponse:
    """Say that what a clock counts is not ours."""
    row, form = found(request, order_id), AppealForm(request.POST)
    if not form.is_valid():
        return _incomplete(request, row)
    told = form.cleaned_data
    return done(
        request,
        row,
        lambda: actions.file_appeal(order_id=row.pk, clock=told["clock"], text=told["text"], **who(request)),
        _("The appeal is filed. Somebody else decides upon it."),
    )


@require_POST
@permission_required(Permission.ORDERS_SUPERVISE)
def decide_appeal(request: HttpRequest, order_id: int, appeal_id: int) -> HttpResponse:
    """Decide upon an appeal."""
    row, form = found(request, order_id), DecideForm(request.POST)
    filed_id = _part(row.appeals, appeal_id)
    if not form.is_valid():
        return _incomplete(request, row)
    told = form.cleaned_data
    return done(
        request,
        row,
        lambda: actions.decide_appeal(
            appeal_id=filed_id, upheld=told["granted"], decision=told["decision"], **who(request)
        ),
    )
