"""What a rule would do, before anybody sets it: to what is open now, and to what came in last month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from denghuo.apps.orders.models import LimitRule, Order, OrderRule, StepRule
from denghuo.apps.orders.queries.clocks import told_of
from denghuo.apps.orders.queries.rules import calendar, rule_book
from denghuo.apps.orders.snapshot.clocks import ClockShown, clocks_shown, limits_of
from denghuo.apps.orders.snapshot.rules import RuleBook
from denghuo.apps.orders.snapshot.standard import EVER
from denghuo.apps.organization.access import within
from denghuo.apps.organization.models import CalendarDay
from denghuo.apps.organization.snapshot import work_calendar
from denghuo.engines.worktime import WorkCalendar

_UNSAVED = -1
_EXAMPLES = 8
# Steps that do not lead an order on.
_NO_WAY = frozenset({"terminate", "merge", "suspend", "urge", "escalate", "correct", "reclassify", "reassign"})
Due = datetime | None
# The deadlines of an order by clock: None where it is not known, no clock where none runs.
Dues = dict[str, Due]


@dataclass(frozen=True, kw_only=True)
class Example:
    """An order that would be due at another time by a clock."""

    order: Order
    clock: str
    due_before: Due
    due_after: Due


@dataclass(frozen=True, kw_only=True)
class Moves:
    """Open orders whose deadline would move, with the first few of them. Nothing is written.

    Each clock counts, also where another has passed already. ``unknown``: how many of the later ones would have no
    deadline, for want of holidays.
    """

    open_count: int
    sooner: int
    later: int
    newly_overdue: int
    no_more_overdue: int
    unknown: int
    examples: tuple[Example, ...]

    @property
    def moved(self) -> int:
        """How many open orders would be due at another time."""
        return self.sooner + self.later

    @property
    def not_listed(self) -> int:
        """How many of them are not among the examples."""
        return self.moved - len({one.order.pk for one in self.examples})


@dataclass(frozen=True, kw_only=True)
class WhatIf(Moves):
    """The same of a limit, with orders of last month that would have been late.

    ``holds_count`` is for how many of all these the limit would hold: where another row fits an order more closely, for
    its area, its topic or its way in, that one does.
    """

    holds_count: int
    past_count: int
    late_before: int
    late_after: int


@dataclass(frozen=True, kw_only=True)
class StepWhatIf(Moves):
    """The same of a step: what was done stays as it was done, so that clocks move only where it is taken from now on.

    ``able_before`` and ``able_after`` are how many open orders could take it; ``stuck`` how many could go nowhere.
    """

    able_before: int
    able_after: int
    stuck: int


def what_if(scope: Iterable[str], rule: LimitRule, *, since: datetime, until: datetime, at: datetime) -> WhatIf:
    """What a limit that nobody has set yet would do. Of the past it is asked as if it had held then already."""
    book, inside = rule_book(), within(scope, field="unit__path")
    rows = Order.objects.filter(inside, kind=rule.kind)
    opened = list(rows.filter(closed_at=None))
    past = list(rows.filter(received_at__gte=since, received_at__lt=until).exclude(state="merged"))
    days = calendar()
    moves = _moves(opened, _dues(opened, book, at, days), _dues(opened, _with(book, rule), at, days), at)
    told = {field.attname: getattr(rule, field.attname) for field in LimitRule._meta.concrete_fields}
    told["from_date"] = EVER
    always = _with(book, LimitRule(**told), everything=True)
    # Whom a limit holds for does not depend on how much it is: one that is lifted is lifted for them.
    any_amount = _with(book, LimitRule(**told | {"limit_s": 1}), everything=True)
    return WhatIf(
        holds_count=sum(
            any(one.rule_id == _UNSAVED for one in limits_of(row, any_amount))
            for row in {row.pk: row for row in [*opened, *past]}.values()
        ),
        past_count=len(past),
        late_before=_late(past, book, rule.clock, at),
        late_after=_late(past, always, rule.clock, at),
        **vars(moves),
    )


def what_if_numbers(scope: Iterable[str], rule: OrderRule, *, at: datetime) -> Moves:
    """What numbers that nobody has set yet would do: another grid's promises, another area where none is told."""
    book, rows, now = rule_book(), _opened(scope), calendar()
    numbers = tuple(one for one in book.numbers if one.from_date != rule.from_date)
    after = RuleBook(steps=book.steps, limits=book.limits, numbers=(*numbers, rule), routes=book.routes)
    return _moves(rows, _dues(rows, book, at, now), _dues(rows, after, at, now), at)


def what_if_calendar(
    scope: Iterable[str], days: Sequence[CalendarDay], *, at: datetime, without: int | None = None
) -> Moves:
    """What holidays that nobody has told yet would do, or a year that is told no more; the years that the days speak of
    are replaced as a whole."""
    book, rows, now = rule_book(), _opened(scope), calendar()
    years = {without, *(one.date.year for one in days)}
    kept = [one for one in CalendarDay.objects.order_by("date") if one.date.year not in years]
    after = work_calendar(sorted([*kept, *days], key=lambda one: one.date))
    return _moves(rows, _dues(rows, book, at, now), _dues(rows, book, at, after), at)


def what_if_step(scope: Iterable[str], rule: StepRule, *, at: datetime) -> StepWhatIf:
    """What a step that nobody has set yet would do to orders that are open."""
    book, now, today = rule_book(), calendar(), timezone.localdate(at)
    rows = [row for row in _opened(scope) if rule.kind in ("", row.kind)]
    kept = tuple(
        one for one in book.steps if (one.kind, one.step, one.from_date) != (rule.kind, rule.step, rule.from_date)
    )
    rule.pk = _UNSAVED  # as if it were written: it goes before what is shipped
    after = RuleBook(steps=(*kept, rule), limits=book.limits, numbers=book.numbers, routes=book.routes)
    on = max(today, rule.from_date)

    def steps(of: RuleBook, row: Order) -> set[str]:
        return {step for step, one in of.steps_of(row.kind, on).items() if row.state in one.from_states}

    return StepWhatIf(
        able_before=sum(rule.step in steps(book, row) for row in rows),
        able_after=sum(rule.step in steps(after, row) for row in rows),
        stuck=sum(not steps(after, row) - _NO_WAY for row in rows),
        **vars(_moves(rows, _dues(rows, book, at, now), _dues(rows, after, at, now), at)),
    )


def _opened(scope: Iterable[str]) -> list[Order]:
    return list(Order.objects.filter(within(scope, field="unit__path"), closed_at=None).order_by("pk"))


def _moves(rows: Sequence[Order], before: dict[int, Dues], after: dict[int, Dues], at: datetime) -> Moves:
    """Every order's deadlines before and after, compared; those that would be overdue are told first."""
    told = [one for row in rows for one in _compared(row, before[row.pk], after[row.pk])]
    still = {one.order.pk for one in told if _passed(one.due_after, at)}
    sooner = [one for one in told if _sooner(one.due_after, one.due_before)]
    later = [one for one in told if _sooner(one.due_before, one.due_after)]
    newly = [one for one in told if _passed(one.due_after, at) and not _passed(one.due_before, at)]
    no_more = [one for one in told if _passed(one.due_before, at) and one.order.pk not in still]
    first: dict[int, Example] = {}
    for one in [*newly, *no_more, *sooner, *later]:
        first.setdefault(one.order.pk, one)
    return Moves(
        open_count=len(rows),
        sooner=len(_orders(sooner)),
        later=len(_orders(later) - _orders(sooner)),
        newly_overdue=len(_orders(newly)),
        no_more_overdue=len(_orders(no_more)),
        unknown=len(_orders(one for one in later if one.clock in after[one.order.pk] and one.due_after is None)),
        examples=tuple(first.values())[:_EXAMPLES],
    )


def _compared(row: Order, before: Dues, after: Dues) -> list[Example]:
    return [
        Example(order=row, clock=clock, due_before=before.get(clock), due_after=after.get(clock))
        for clock in sorted({*before, *after})
    ]


def _orders(told: Iterable[Example]) -> set[int]:
    return {one.order.pk for one in told}


def _sooner(one: Due, other: Due) -> bool:
    return one is not None and (other is None or one < other)


def _passed(due: Due, at: datetime) -> bool:
    return due is not None and due < at


def _with(book: RuleBook, rule: LimitRule, *, everything: bool = False) -> RuleBook:
    """The rules with one more; ``everything``: in place of whatever row of its key there is, whenever it began."""
    key = _key(rule)
    rows = tuple(one for one in book.limits if not (everything and _key(one) == key))
    rule.pk = _UNSAVED  # as if it were written: it goes before what is shipped
    return RuleBook(steps=book.steps, limits=(*rows, rule), numbers=book.numbers, routes=book.routes)


def _key(row: LimitRule) -> tuple[str, ...]:
    return row.kind, row.topic, row.area, row.channel, row.clock, row.layer, row.region


def _shown(rows: list[Order], book: RuleBook, at: datetime, days: WorkCalendar | None) -> dict[int, list[ClockShown]]:
    return clocks_shown(rows, told_of([row.pk for row in rows]), book=book, calendar=days, at=at)


def _dues(rows: list[Order], book: RuleBook, at: datetime, days: WorkCalendar | None) -> dict[int, Dues]:
    """The first deadline of each clock of each order that still runs, passed or not."""
    found: dict[int, Dues] = {}
    for order_id, clocks in _shown(rows, book, at, days).items():
        dues: Dues = {one.clock: None for one in clocks if one.runs and one.unknown}
        for one in clocks:
            first = dues.get(one.clock)
            if one.runs and one.due_at is not None and (first is None or one.due_at < first):
                dues[one.clock] = one.due_at
        found[order_id] = dues
    return found


def _late(rows: list[Order], book: RuleBook, clock: str, at: datetime) -> int:
    shown = _shown(rows, book, at, calendar())
    return sum(any(one.late for one in shown[row.pk] if one.clock == clock) for row in rows)
