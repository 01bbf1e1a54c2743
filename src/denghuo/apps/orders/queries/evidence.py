"""Everything that an order is judged by, in one piece: for an appeal, and for whoever decides it."""

from dataclasses import dataclass
from datetime import datetime

from denghuo.apps.orders.models import (
    Appeal,
    Correction,
    HandOver,
    Order,
    OrderStep,
    Promise,
    Receipt,
    Remark,
    Suspension,
)
from denghuo.apps.orders.queries.clocks import clocks_of, reread_of
from denghuo.apps.orders.queries.promises import promises_of
from denghuo.apps.orders.snapshot.clocks import ClockShown
from denghuo.apps.organization import queries as organization


@dataclass(frozen=True, kw_only=True)
class Course:
    """An order with all that happened to it; ``names`` says who is who. The effects of steps are those that hold."""

    order: Order
    clocks: list[ClockShown]
    steps: list[OrderStep]
    hand_overs: list[HandOver]
    suspensions: list[Suspension]
    promises: list[Promise]
    remarks: list[Remark]
    receipts: list[Receipt]
    appeals: list[Appeal]
    corrections: list[Correction]
    children: list[Order]
    merged: list[Order]
    names: dict[str, str]


def course_of(order: Order, *, at: datetime) -> Course:
    """Everything about an order, in order. What was said and promised of orders merged into it
    stands there too."""
    merged = list(order.merged.order_by("received_at", "pk"))
    steps = list(order.steps.select_related("correction").order_by("told_at", "pk"))
    anew = reread_of([order.pk])
    for one in steps:
        one.effects = anew.get(one.pk, one.effects)
    hand_overs = list(order.hand_overs.select_related("to_unit").order_by("offered_at", "pk"))
    remarks = list(Remark.objects.filter(order__in=[order, *merged]).select_related("order").order_by("at", "pk"))
    promises, suspensions = list(promises_of(order).order_by("due_at", "pk")), list(order.suspensions.all())
    receipts, appeals = list(order.receipts.all()), list(order.appeals.all())
    people = {order.handler, order.first_asked, *(one.actor for one in steps), *(one.actor for one in remarks)}
    people |= {one.actor for one in receipts}
    people |= {name for one in hand_overs for name in (one.from_username, one.to_username, one.accepted_by)}
    people |= {name for one in hand_overs for name in (one.offered_by, one.refused_by)}
    people |= {name for one in suspensions for name in (one.asked_by, one.decided_by)}
    people |= {name for one in appeals for name in (one.filed_by, one.decided_by)}
    people |= {one.given_by for one in promises}
    return Course(
        order=order,
        clocks=clocks_of(order, at=at),
        steps=steps,
        hand_overs=hand_overs,
        suspensions=suspensions,
        promises=promises,
        remarks=remarks,
        receipts=receipts,
        appeals=appeals,
        corrections=list(order.corrections.order_by("at", "pk")),
        children=list(order.children.order_by("received_at", "pk")),
        merged=merged,
        names=organization.names_of(people - {""}),
    )
