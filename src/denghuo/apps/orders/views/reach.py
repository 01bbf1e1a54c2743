"""What every page of orders asks: who asks, when, and which order they mean."""

import difflib
from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.orders import queries
from denghuo.apps.orders.actions import CorrectionRefusedError, StepRefusedError
from denghuo.apps.orders.models import HandOver, Order
from denghuo.apps.organization.access import Permission, may


def who(request: HttpRequest) -> dict[str, Any]:
    """When and by whom a deed is done."""
    return {"at": timezone.now(), "actor": request.user.get_username()}


def reader(request: HttpRequest) -> queries.Reader:
    """Whoever asks, as somebody who reads orders."""
    return queries.reader_of(request.user)


def found(request: HttpRequest, order_id: int, *, offered: bool = False) -> Order:
    """The order of a page, if it lies within reach; ``offered``: or is offered to a unit within reach."""
    try:
        scope = request.data_scope  # type: ignore[attr-defined]
        return queries.order_for(scope, order_id, offered=offered, reader=reader(request))
    except Order.DoesNotExist as missing:
        raise Http404 from missing


def in_reach(request: HttpRequest, row: Order) -> bool:
    """Whether an order still is after a deed: what is another's now is out of sight."""
    try:
        found(request, row.pk, offered=True)
    except Http404:
        return False
    return True


def supervises(request: HttpRequest, order: Order) -> bool:
    """Whether whoever asks supervises the orders of this unit; of a report of misconduct, whether they judge it."""
    if order.kind in queries.CONFIDENTIAL:
        return reader(request).judges(str(order.unit.path))
    return may(request.user, Permission.ORDERS_SUPERVISE, path=order.unit.path)


def works(request: HttpRequest, order: Order) -> bool:
    """Whether whoever asks works on the orders of this unit."""
    return may(request.user, Permission.ORDERS_WORK, path=order.unit.path)


def deals(request: HttpRequest, order: Order) -> bool:
    """Whether whoever asks works on this order: one about people of ours is not everybody's."""
    above = supervises(request, order)
    return works(request, order) and queries.deals_with(order, request.user.get_username(), supervises=above)


def may_unmask(request: HttpRequest, order: Order) -> bool:
    """Whether whoever asks may be shown the caller's number: of an order about people of ours only who deals with it,
    and whoever judges a report of misconduct."""
    above = supervises(request, order)
    allowed = may(request.user, Permission.CUSTOMERS_UNMASK, path=order.unit.path)
    if order.kind not in queries.ABOUT_PEOPLE:
        return allowed
    return deals(request, order) and (allowed or (above and order.kind in queries.CONFIDENTIAL))


def check_load(form: forms.Form, unit_id: int | None) -> bool:
    """Whether the transformer area that a form names is one of the unit, where the unit has a network; if not, the form
    says which may be meant."""
    code = str(form.cleaned_data.get("load_code") or "").strip()
    known = queries.load_codes(unit_id) if code and unit_id else frozenset()
    if not known or code in known:
        return True
    near = difflib.get_close_matches(code, known, n=1)
    if near:
        why = _("There is no transformer area %(code)s here. Is it %(near)s?") % {"code": code, "near": near[0]}
    else:
        why = _("There is no transformer area %(code)s here. Leave it blank where it is not known.") % {"code": code}
    form.add_error("load_code", why)
    return False


def may_answer(request: HttpRequest, offer: HandOver) -> bool:
    """Whether whoever asks is whom an order is offered to, or works on the orders of the unit it is offered to."""
    if offer.to_username:
        return offer.to_username == request.user.get_username()
    return offer.to_unit is not None and may(request.user, Permission.ORDERS_WORK, path=offer.to_unit.path)


def refusal(error: ValueError) -> str:
    """Why a deed was refused, for people."""
    words = {
        "unknown": _("This kind of order has no such step."),
        "state": _("The order has moved on meanwhile: look at its state and try again."),
        "reason": _("Say why: this step needs a reason."),
        "unhappy": _("The customer is not satisfied: open it again. Who supervises may correct the answer."),
        "changed": _("The customer was asked already: say why the answer is another one now."),
        "result": _("Say what the customer says of the work."),
        "future": _("That time has not come yet. Look at the clock of the device."),
        "before": _("That was before the order came in. Look at the time."),
        "own": _("You did the work: somebody else calls the customer back and closes the order."),
        "done": _(
            "What is done already goes on no more. Where it is the same matter, reopen that one and merge this one into"
            " it."
        ),
        "who": _("This is for whoever has it in hand, for those it was handed to, or for who supervises."),
    }
    if isinstance(error, StepRefusedError) and (error.code, error.step) == ("own", "terminate"):
        return _("You have it in hand or worked on it: somebody else ends it.")
    if isinstance(error, StepRefusedError) and (error.code, error.step) == ("reason", "call_back"):
        return _("Write down what the customer is not satisfied with.")
    if isinstance(error, StepRefusedError) and error.step == "merge" and error.code in ("own", "who"):
        return _("Merging ends the later one: of what is about people of ours, who supervises and did not work on it.")
    if isinstance(error, StepRefusedError):
        return words.get(error.code, words["state"])
    return _("That could not be done: the order has changed meanwhile, or something is missing.")


def correction_refusal(error: CorrectionRefusedError) -> str:
    """Why an order was not put right, for people."""
    return {
        "reason": _("Say why it is corrected."),
        "nothing": _("Nothing is another than it was."),
        "over": _("It is over and judged: reopen it first, or file an appeal."),
        "topic": _("This topic does not belong to this kind: choose another."),
        "account": _("This customer is not there any more."),
        "unit": _("This customer is supplied by another unit: hand the order over to it first."),
        "confidential": _("A report of misconduct stays one. For what else is in it, open another order."),
        "own": _("What is about people of ours becomes something else only by who supervises and did not work on it."),
        "stuck": _("An order of that kind could not go on from where this one stands: take a step back first."),
    }[error.code]
