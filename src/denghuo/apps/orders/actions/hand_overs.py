"""Hand-overs, with both sides in the books, and suspensions, which one asks for and another grants."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.actions.steps import StepRefusedError, take_step
from denghuo.apps.orders.actions.telling import Telling
from denghuo.apps.orders.actions.warnings import Warnings
from denghuo.apps.orders.facts import (
    HandOverAccepted,
    HandOverRefused,
    OrderHandedOver,
    OrderReassigned,
    SuspensionAsked,
    SuspensionDecided,
)
from denghuo.apps.orders.models import HandOver, Order, State, Suspension, SuspensionCause
from denghuo.apps.orders.queries.people import (
    answering_for,
    hands_for,
    judging_within,
    people_by_username,
    supervisors_of,
)
from denghuo.apps.orders.queries.readers import CONFIDENTIAL
from denghuo.apps.organization.models import Unit, User


@transaction.atomic
def offer_hand_over(
    *, order_id: int, to_username: str, to_unit_id: int | None, reason: str, at: datetime, actor: str
) -> HandOver:
    """Offer an order to somebody, or to a unit. It stays where it is until the other side accepts; whom the customer
    asked first stays the same for good.

    Raises:
        ValueError: to nobody, to whoever has it, without a reason, while another offer waits, or when it is over.
    """
    row = Order.objects.select_for_update().get(pk=order_id)
    if row.is_over or not reason.strip():
        raise ValueError("an order that is open is handed over, with a reason")
    if not (to_username or to_unit_id) or (to_username and to_username == row.handler):
        raise ValueError("an order is handed over to somebody else")
    if row.hand_overs.filter(accepted_at=None, refused_at=None).exists():
        raise ValueError("this order is offered to somebody already")
    offer = HandOver.objects.create(
        order=row,
        from_username=row.handler,
        to_username=to_username,
        to_unit_id=to_unit_id,
        reason=reason.strip(),
        offered_at=at,
        offered_by=actor,
    )
    whom = people_by_username([to_username]).values() if offer.to_unit is None else _answering(row, offer.to_unit)
    Telling(order=row, at=at, actor=actor).tell("offered", whom, key=str(offer.pk), why=offer.reason)
    fact = OrderHandedOver(
        hand_over_id=offer.pk,
        order_id=row.pk,
        from_username=row.handler,
        to_username=to_username,
        to_unit_id=to_unit_id,
    )
    record(fact, at=at, actor=actor)
    return offer


def _answering(row: Order, unit: Unit) -> list[User]:
    """Who answers for a unit that an order is offered to."""
    return judging_within(unit) if row.kind in CONFIDENTIAL else supervisors_of(unit)


def _offered(hand_over_id: int) -> HandOver:
    """An offer that nobody else answers until the transaction ends.

    Raises:
        ValueError: it is answered already.
    """
    offer = HandOver.objects.select_for_update(of=("self",)).select_related("order").get(pk=hand_over_id)
    if not offer.is_open:
        raise ValueError("this hand-over is answered already")
    return offer


@transaction.atomic
def accept_hand_over(*, hand_over_id: int, at: datetime, actor: str) -> HandOver:
    """Take an order over: from now on it is in the hands of whoever accepts.

    Raises:
        ValueError: it is answered already, or offered to somebody else.
    """
    offer = _offered(hand_over_id)
    if offer.to_username and offer.to_username != actor:
        raise ValueError("this hand-over is offered to somebody else")
    offer.accepted_at, offer.accepted_by = at, actor
    offer.save(update_fields=["accepted_at", "accepted_by"])
    told = {"handler": actor} | ({"unit_id": offer.to_unit_id} if offer.to_unit_id else {})
    Order.objects.filter(pk=offer.order_id).update(**told)
    _answered("accepted", offer, at=at, actor=actor)
    fact = HandOverAccepted(hand_over_id=offer.pk, order_id=offer.order_id, username=actor)
    record(fact, at=at, actor=actor)
    return offer


@transaction.atomic
def refuse_hand_over(*, hand_over_id: int, reason: str, at: datetime, actor: str) -> HandOver:
    """Say that an order is not theirs; it stays with whoever offered it.

    Raises:
        ValueError: it is answered already, offered to somebody else, or nobody says why.
    """
    offer = _offered(hand_over_id)
    if (offer.to_username and offer.to_username != actor) or not reason.strip():
        raise ValueError("whoever is offered an order refuses it, with a reason")
    _refuse(offer, reason=reason, at=at, actor=actor)
    return offer


def _refuse(offer: HandOver, *, reason: str, at: datetime, actor: str) -> None:
    offer.refused_at, offer.refused_by, offer.refused_because = at, actor, reason.strip()
    offer.save(update_fields=["refused_at", "refused_by", "refused_because"])
    _answered("refused", offer, at=at, actor=actor)
    record(HandOverRefused(hand_over_id=offer.pk, order_id=offer.order_id, username=actor), at=at, actor=actor)


def _answered(what: str, offer: HandOver, *, at: datetime, actor: str) -> None:
    """Both who offered it and who had it in hand hear how it was answered; that nobody answers holds no more."""
    Warnings(at=at, actor=actor).take_back_offer(offer)
    whom = people_by_username([offer.offered_by, offer.from_username]).values()
    Telling(order=offer.order, at=at, actor=actor).tell(what, whom, key=str(offer.pk), why=offer.refused_because)


@transaction.atomic
def reassign_order(*, order_id: int, to_username: str, reason: str, at: datetime, actor: str) -> Order:
    """Put an order into other hands of its unit at once: for a supervisor, whom the rules of steps name. An offer that
    nobody has answered ends with it.

    Raises:
        ValueError: it is in those hands already, or cannot be given to them.
        StepRefusedError: the rules of the day do not have it in this state, or nobody says why.
    """
    row = Order.objects.select_for_update().select_related("unit").get(pk=order_id)
    before = row.handler
    if to_username == before or to_username not in {one.username for one in hands_for(row)}:
        raise ValueError("an order is reassigned to somebody else whose it can be")
    for offer in row.hand_overs.filter(accepted_at=None, refused_at=None):
        _refuse(offer, reason=reason, at=at, actor=actor)
    take_step(order_id=order_id, step="reassign", reason=reason, handler=to_username, at=at, actor=actor)
    key = f"{row.pk}-{at:%Y%m%d%H%M%S%f}"
    for what, username in (("given", to_username), ("taken", before)):
        Telling(order=row, at=at, actor=actor).tell(what, people_by_username([username]).values(), key=key, why=reason)
    record(OrderReassigned(order_id=row.pk, from_username=before, to_username=to_username), at=at, actor=actor)
    row.handler = to_username
    return row


@transaction.atomic
def ask_suspension(*, order_id: int, cause: SuspensionCause, reason: str, at: datetime, actor: str) -> Suspension:
    """Ask that the clocks of an order stand still. They run on until somebody else grants it.

    Raises:
        ValueError: it cannot be suspended, nobody says why, or it is asked already.
    """
    row = Order.objects.select_for_update().get(pk=order_id)
    if row.is_over or row.state == State.SUSPENDED or not reason.strip():
        raise ValueError("an order that is open is suspended, with a reason")
    if row.suspensions.filter(decided_at=None).exists():
        raise ValueError("a suspension is asked for already")
    told = Suspension.objects.create(
        order=row, cause=SuspensionCause(cause).value, reason=reason.strip(), asked_at=at, asked_by=actor
    )
    whom = answering_for(row, but=actor)
    Telling(order=row, at=at, actor=actor).tell("suspension", whom, key=str(told.pk), why=told.reason)
    record(SuspensionAsked(suspension_id=told.pk, order_id=row.pk, cause=told.cause), at=at, actor=actor)
    return told


@transaction.atomic
def decide_suspension(*, suspension_id: int, granted: bool, decision: str = "", at: datetime, actor: str) -> Suspension:
    """Grant or refuse a suspension. Nobody grants their own; the clocks stand still from the deciding on. Who asked is
    told why they do not.

    Raises:
        ValueError: it is decided already, one's own, or refused without saying why.
        StepRefusedError: the order has moved on and cannot be suspended any more.
    """
    told = Suspension.objects.select_for_update(of=("self",)).select_related("order").get(pk=suspension_id)
    if told.decided_at is not None or told.asked_by == actor:
        raise ValueError("somebody else decides, once")
    if not granted and not decision.strip():
        raise StepRefusedError("reason", "suspend")
    told.decided_at, told.decided_by, told.granted, told.decision = at, actor, granted, decision.strip()
    told.save(update_fields=["decided_at", "decided_by", "granted", "decision"])
    if granted:
        with translation.override(settings.LANGUAGE_CODE):
            why = f"{SuspensionCause(told.cause).label} · {told.reason}"[:500]
        take_step(order_id=told.order_id, step="suspend", reason=why, at=at, actor=actor)
    Warnings(at=at, actor=actor).take_back_asking(told)
    what, whom = "granted" if granted else "declined", people_by_username([told.asked_by]).values()
    Telling(order=told.order, at=at, actor=actor).tell(what, whom, key=str(told.pk), why=told.decision)
    fact = SuspensionDecided(suspension_id=told.pk, order_id=told.order_id, granted=granted)
    record(fact, at=at, actor=actor)
    return told
