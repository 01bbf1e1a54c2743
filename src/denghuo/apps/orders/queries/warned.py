"""Who is warned of orders whose time runs out, and how many of theirs do."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count, Q

from denghuo.apps.orders.models import HandOver, Order, Promise, Sign, State
from denghuo.apps.orders.queries.people import answering_for, people_by_username
from denghuo.apps.orders.queries.readers import CONFIDENTIAL
from denghuo.apps.orders.snapshot.clocks import ClockShown
from denghuo.apps.organization.models import Unit, User


def warned_people(orders: Sequence[Order], what: str) -> list[set[User]]:
    """Of each order, who is told that it is ``near`` or ``late``: whoever has it in hand, and those above once it is
    late or where nobody has it."""
    people = people_by_username(row.handler for row in orders)
    # Who stands above is asked once for a unit, and apart for what is confidential.
    of_unit = {(row.unit_id, row.kind in CONFIDENTIAL): row for row in orders}
    above = {key: answering_for(row) for key, row in of_unit.items()}
    found = []
    for row in orders:
        mine = {people[row.handler]} if row.handler in people else set()
        is_enough = mine and what == "near"
        found.append(mine if is_enough else {*mine, *above[row.unit_id, row.kind in CONFIDENTIAL]})
    return found


def warned_counts(what: str, *, at: datetime) -> Counter[int]:
    """How many open orders are ``near`` or ``late``, by the key of each person who is to know of them."""
    now = Q(warned_at__isnull=False, next_due_at__gt=at)
    if what == "late":
        now = (Q(overdue_at__isnull=False) | Q(next_due_at__lte=at)) & ~Q(state=State.SUSPENDED)
    rows = list(
        Order.objects.filter(now, closed_at=None)
        .order_by()
        .values_list("handler", "unit_id", "kind")
        .annotate(n=Count("pk"))
    )
    units = Unit.objects.in_bulk({unit_id for _, unit_id, _, _ in rows})
    like = [Order(handler=handler, unit=units[unit_id], kind=kind) for handler, unit_id, kind, _ in rows]
    counts: Counter[int] = Counter()
    for people, (*_, n) in zip(warned_people(like, what), rows, strict=True):
        counts.update({person.pk: n for person in people})
    return counts


def near_key(order_id: int, warned_at: datetime | None) -> str:
    """By when it was told: a clock that stopped and runs on may be as near its end as before, and is told of again."""
    return f"orders-near-{order_id}-{warned_at:%Y%m%d%H%M%S}" if warned_at else ""


def late_key(order_id: int, due_at: datetime) -> str:
    """By what has passed: that is told of once."""
    return f"orders-late-{order_id}-{due_at:%Y%m%d%H%M}"


def told_key(what: str, key: str) -> str:
    """What people are told of a deed by, once."""
    return f"order-{what}-{key}"


def promise_key(promise: Promise) -> str:
    """What people are told of a promise by, once."""
    return f"promise-{promise.pk}"


def hand_over_key(offer: HandOver) -> str:
    """What people are told of a hand-over that is stuck by, once."""
    return f"hand-over-{offer.pk}"


def sign_key(sign: Sign, what: str = "") -> str:
    """What people are told of a sign by, once; ``what``: that it is ``late``, and that to those ``above``."""
    return f"sign-{what}-{sign.pk}" if what else f"sign-{sign.pk}"


def still_so(order_id: int, shown: Iterable[ClockShown], *, warned_at: datetime | None, at: datetime) -> set[str]:
    """The keys of what an order may have been warned of and still holds: the deadline that is near, and those passed of
    what runs on."""
    running = (one.due_at for one in shown if one.runs and not one.suspended and one.due_at is not None)
    return {near_key(order_id, warned_at), *(late_key(order_id, due_at) for due_at in running if due_at <= at)}
