"""What the clocks of orders show: one call of the engine for one order as for two thousand."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from denghuo.apps.orders.models import Correction, Order, OrderStep
from denghuo.apps.orders.queries.rules import calendar, rule_book
from denghuo.apps.orders.snapshot.clocks import ClockShown, NextDue, Told, clocks_shown, next_due, shown_again
from denghuo.apps.orders.snapshot.rules import RuleBook
from denghuo.engines.worktime import WorkCalendar

_AT_ONCE = 500


def told_of(order_ids: Sequence[int]) -> list[Told]:
    """What happened to orders, each one's in the order in which it happened. Of an order that turned out to be of
    another kind, its steps do to the clocks what those of that kind do."""
    found: list[Told] = []
    for start in range(0, len(order_ids), _AT_ONCE):
        part = order_ids[start : start + _AT_ONCE]
        anew = reread_of(part)
        rows = OrderStep.objects.filter(order_id__in=part).order_by("told_at", "pk")
        if not anew:
            rows = rows.exclude(effects="")
        for pk, order_id, told_at, effects in rows.values_list("pk", "order_id", "told_at", "effects"):
            found.append(Told(order_id, told_at, anew.get(pk, effects)))
    return found


def reread_of(order_ids: Sequence[int]) -> dict[int, str]:
    """What steps do to the clocks where a correction reads them anew, by the key of the step; the last one holds."""
    rows = Correction.objects.filter(order_id__in=order_ids).order_by("pk").values_list("reread", flat=True)
    return {int(step_id): effects for reread in rows for step_id, effects in reread.items()}


def clocks_of_all(
    orders: Iterable[Order],
    *,
    at: datetime,
    book: RuleBook | None = None,
    days: WorkCalendar | None = None,
    anew: bool = False,
) -> dict[int, list[ClockShown]]:
    """Every clock of orders at an instant. An order that is over shows what it showed when it ended, unless its clocks
    are asked ``anew``: by other rules, for "what if"."""
    rows = list(orders)
    kept = {row.pk: shown_again(row.judged) for row in rows if row.is_over and row.judged and not anew}
    asked = [row for row in rows if row.pk not in kept]
    if not asked:
        return kept
    steps = told_of([row.pk for row in asked])
    found = clocks_shown(asked, steps, book=book or rule_book(), calendar=days or calendar(), at=at)
    return kept | found


def clocks_of(order: Order, *, at: datetime) -> list[ClockShown]:
    """Every clock of an order at an instant, in all its layers."""
    return clocks_of_all([order], at=at)[order.pk]


def due_of(order: Order, *, at: datetime) -> tuple[list[ClockShown], NextDue]:
    """The clocks of an order, and what is due next."""
    return _dues([order], at=at)[order.pk]


def due_next(orders: Sequence[Order], *, at: datetime) -> dict[int, NextDue]:
    """What is due next of each of many orders."""
    return {pk: due for pk, (_, due) in _dues(orders, at=at).items()}


def _dues(orders: Sequence[Order], *, at: datetime) -> dict[int, tuple[list[ClockShown], NextDue]]:
    if not orders:
        return {}
    book, days = rule_book(), calendar()
    shown = clocks_shown(orders, told_of([row.pk for row in orders]), book=book, calendar=days, at=at)
    return {
        row.pk: (
            shown[row.pk],
            next_due(shown[row.pk], kind=row.kind, state=row.state, book=book, calendar=days, at=at),
        )
        for row in orders
    }
