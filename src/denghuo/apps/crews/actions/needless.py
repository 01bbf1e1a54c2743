"""Who is on the way for nothing any more is told so: what they were sent for is over, or others have done it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import Q

from denghuo.apps.crews.actions.steps import withdraw_assignment
from denghuo.apps.crews.models import OPEN, Assignment
from denghuo.apps.crews.queries.supply import supply_of
from denghuo.apps.crews.queries.words import closed_reason, over_reason
from denghuo.apps.orders.models import State as OrderState


class Closed(Protocol):
    """The fact that nothing more is to be done for an order."""

    @property
    def order_id(self) -> int: ...
    @property
    def number(self) -> str: ...


class Step(Protocol):
    """The fact that an order took a step, and where that led."""

    @property
    def order_id(self) -> int: ...
    @property
    def to_state(self) -> str: ...


class Finished(Protocol):
    """The fact that a crew has finished somewhere."""

    @property
    def about(self) -> str: ...
    @property
    def order_ids(self) -> tuple[int, ...]: ...


@transaction.atomic
def free_needless(
    *, abouts: Collection[str] = (), order_ids: Collection[int] = (), reason: str = "", at: datetime, actor: str
) -> int:
    """Of the crews that were sent for one of these things, or serve one of these orders: those that are not on site yet
    and have nothing left to do need not go. One that is on site finishes what it does. Returns how many."""
    named = Q(about__in=[one for one in abouts if one]) | Q(orders__order_id__in=order_ids)
    ids = Assignment.objects.filter(named, state__in=OPEN, arrived_at=None).values_list("pk", flat=True)
    rows = Assignment.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk")
    needless = [row for row in rows if _is_needless(row)]
    for row in needless:
        withdraw_assignment(assignment_id=row.pk, reason=reason or over_reason(), at=at, actor=actor)
    return len(needless)


def _is_needless(row: Assignment) -> bool:
    """Whether none of its orders is still to be worked on and, where it was sent for an outage or a suspected fault,
    that is over too: while a part is dark there is work, whoever has reported it."""
    if row.orders.filter(order__closed_at=None).exclude(order__state=OrderState.DONE).exists():
        return False
    if row.about.startswith("outages."):
        supply = supply_of(row.about)
        return supply is not None and supply.is_over
    return row.orders.exists()


def follow_order_closed(fact: Closed, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a crew that is on its way for orders of which none is open any more need not go."""
    del delivery_key  # what is withdrawn is not found again
    free_needless(order_ids=[fact.order_id], reason=closed_reason(fact.number), at=at, actor=actor)


def follow_orders_done(facts: Sequence[Step], *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction, to many at once: somebody has done what orders ask for; who is on the way for nothing else need not
    go."""
    del delivery_key  # what is withdrawn is not found again
    done = {fact.order_id for fact in facts if fact.to_state == OrderState.DONE}
    if done:
        free_needless(order_ids=done, at=at, actor=actor)


def follow_finished(fact: Finished, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a crew has finished; another that was sent there as well, and has nothing left to do, need not go."""
    del delivery_key  # what is withdrawn is not found again
    free_needless(abouts=[fact.about], order_ids=fact.order_ids, at=at, actor=actor)
