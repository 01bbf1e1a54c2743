"""Promises: a time given to a customer is kept, or they are told of another one before it passes."""

from datetime import datetime

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.actions.warnings import Warnings
from denghuo.apps.orders.facts import PromiseGiven, PromiseKept, PromiseMoved
from denghuo.apps.orders.models import Order, Promise, PromiseOf


@transaction.atomic
def give_promise(
    *, order_id: int, what: PromiseOf, due_at: datetime, note: str = "", at: datetime, actor: str
) -> Promise:
    """Promise a customer something by a time; said twice, it is one promise.

    Raises:
        ValueError: for a time that has passed, or of an order that is over.
    """
    row = Order.objects.select_for_update().get(pk=order_id)
    if row.is_over or due_at <= at:
        raise ValueError("a promise is of a time to come, while the order is open")
    same = row.promises.filter(what=PromiseOf(what).value, due_at=due_at, kept_at=None, moved_at=None).first()
    if same is not None:
        return same
    told = Promise.objects.create(
        order=row, what=PromiseOf(what).value, due_at=due_at, given_at=at, given_by=actor, note=note.strip()
    )
    fact = PromiseGiven(promise_id=told.pk, order_id=row.pk, what=told.what, due_at=due_at)
    record(fact, at=at, actor=actor)
    return told


def _open(promise_id: int) -> Promise:
    told = Promise.objects.select_for_update().get(pk=promise_id)
    if not told.is_open:
        raise ValueError("this promise is kept or moved already")
    return told


@transaction.atomic
def move_promise(*, promise_id: int, due_at: datetime, note: str, at: datetime, actor: str) -> Promise:
    """The customer was told another time. Before the first one passes that is no broken word; afterwards it stays one.

    Raises:
        ValueError: it is kept or moved already, to a time that has passed, or nobody says what the customer was told.
    """
    told = _open(promise_id)
    if due_at <= at or not note.strip():
        raise ValueError("the customer is told of a time to come, and why")
    told.moved_at = at
    if at > told.due_at:
        told.broken_at = told.broken_at or at
    told.save(update_fields=["moved_at", "broken_at"])
    Warnings(at=at, actor=actor).take_back_promises([told])
    record(PromiseMoved(promise_id=told.pk, order_id=told.order_id, due_at=due_at), at=at, actor=actor)
    what = PromiseOf(told.what)
    order_id = told.order.merged_into_id or told.order_id
    return give_promise(order_id=order_id, what=what, due_at=due_at, note=note, at=at, actor=actor)


@transaction.atomic
def keep_promise(*, promise_id: int, kept_at: datetime, at: datetime, actor: str) -> Promise:
    """Say that what was promised was done, and when.

    Raises:
        ValueError: it is kept or moved already, or was done before it was promised or after now.
    """
    told = _open(promise_id)
    if not told.given_at <= kept_at <= at:
        raise ValueError("a promise is kept after it was given, and not in the time to come")
    told.kept_at = kept_at
    if kept_at > told.due_at:
        told.broken_at = told.broken_at or told.due_at
    told.save(update_fields=["kept_at", "broken_at"])
    Warnings(at=at, actor=actor).take_back_promises([told])
    record(PromiseKept(promise_id=told.pk, order_id=told.order_id, kept_at=kept_at), at=at, actor=actor)
    return told
