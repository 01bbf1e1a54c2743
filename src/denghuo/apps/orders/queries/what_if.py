"""What a limit would do, before anybody sets it: to what is open now, and to what came in last month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from denghuo.apps.orders.models import LimitRule, Order
from denghuo.apps.orders.queries.clocks import told_of
from denghuo.apps.orders.queries.rules import calendar, rule_book
from denghuo.apps.orders.snapshot.clocks import ClockShown, clocks_shown, limits_of, next_due
from denghuo.apps.orders.snapshot.rules import RuleBook
from denghuo.apps.orders.snapshot.standard import EVER
from denghuo.apps.organization.access import within

_UNSAVED = -1


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Open orders whose deadline would move, and orders of last month that would have been late. Nothing is written.

    ``holds_count`` is for how many of all these the limit would hold: where another row fits an order more closely, for
    its area, its topic or its way in, that one does.
    """

    holds_count: int
    open_count: int
    sooner: int
    later: int
    newly_overdue: int
    past_count: int
    late_before: int
    late_after: int

    @property
    def moved(self) -> int:
        """How many open orders would be due at another time."""
        return self.sooner + self.later


def what_if(scope: Iterable[str], rule: LimitRule, *, since: datetime, until: datetime, at: datetime) -> WhatIf:
    """What a limit that nobody has set yet would do. Of the past it is asked as if it had held then already."""
    book, inside = rule_book(), within(scope, field="unit__path")
    rows = Order.objects.filter(inside, kind=rule.kind)
    opened = list(rows.filter(closed_at=None))
    past = list(rows.filter(received_at__gte=since, received_at__lt=until).exclude(state="merged"))
    ahead = _dues(opened, book, at), _dues(opened, _with(book, rule), at)
    pairs = [(ahead[0][row.pk], ahead[1][row.pk]) for row in opened]
    held = LimitRule(**{field.attname: getattr(rule, field.attname) for field in LimitRule._meta.concrete_fields})
    held.from_date = EVER
    always = _with(book, held, everything=True)
    return WhatIf(
        holds_count=sum(
            any(one.rule_id == _UNSAVED for one in limits_of(row, always))
            for row in {row.pk: row for row in [*opened, *past]}.values()
        ),
        open_count=len(opened),
        sooner=sum(new is not None and (old is None or new < old) for old, new in pairs),
        later=sum(old is not None and (new is None or new > old) for old, new in pairs),
        newly_overdue=sum(new is not None and new < at and (old is None or old >= at) for old, new in pairs),
        past_count=len(past),
        late_before=_late(past, book, rule.clock, at),
        late_after=_late(past, always, rule.clock, at),
    )


def _with(book: RuleBook, rule: LimitRule, *, everything: bool = False) -> RuleBook:
    """The rules with one more; ``everything``: in place of whatever row of its key there is, whenever it began."""
    key = _key(rule)
    rows = tuple(one for one in book.limits if not (everything and _key(one) == key))
    rule.pk = _UNSAVED  # as if it were written: it goes before what is shipped
    return RuleBook(steps=book.steps, limits=(*rows, rule), numbers=book.numbers, routes=book.routes)


def _key(row: LimitRule) -> tuple[str, ...]:
    return row.kind, row.topic, row.area, row.channel, row.clock, row.layer, row.region


def _shown(rows: list[Order], book: RuleBook, at: datetime) -> dict[int, list[ClockShown]]:
    return clocks_shown(rows, told_of([row.pk for row in rows]), book=book, calendar=calendar(), at=at)


def _dues(rows: list[Order], book: RuleBook, at: datetime) -> dict[int, datetime | None]:
    """The first deadline of each order that still runs, passed or not."""
    shown, days = _shown(rows, book, at), calendar()
    found: dict[int, datetime | None] = {}
    for row in rows:
        due = next_due(shown[row.pk], kind=row.kind, state=row.state, book=book, calendar=days, at=at)
        found[row.pk] = due.overdue_at or due.due_at
    return found


def _late(rows: list[Order], book: RuleBook, clock: str, at: datetime) -> int:
    shown = _shown(rows, book, at)
    return sum(any(one.late for one in shown[row.pk] if one.clock == clock) for row in rows)
