"""Rules: what holds from a day on. Orders that are over keep what they showed; open ones follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.actions.warnings import Warnings
from denghuo.apps.orders.facts import DeadlinesMoved, LimitRuleSet, OrderRuleSet, StepRuleSet
from denghuo.apps.orders.models import (
    ESSENTIAL_STEPS,
    Clock,
    LimitRule,
    Order,
    OrderRule,
    RuleRevision,
    State,
    StepRule,
)
from denghuo.apps.orders.queries.clocks import clocks_of_all
from denghuo.apps.orders.queries.rules import calendar, rule_book
from denghuo.apps.orders.queries.warned import still_so
from denghuo.apps.orders.snapshot.clocks import VERBS, effects_of, next_due
from denghuo.apps.rows import update

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class StepEntry:
    """What a step is; ``withdrawn``: the kind has it no more."""

    kind: str
    step: str
    from_states: Sequence[str]
    to_state: str = ""
    who: str = "works"
    needs_reason: bool = False
    effects: str = ""
    sentence: str = ""
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True)
class LimitEntry:
    """A limit; ``limit_s`` None lifts it."""

    kind: str
    clock: str
    measure: str
    limit_s: int | None
    layer: str
    basis: str
    topic: str = ""
    area: str = ""
    channel: str = ""
    limit_kind: str = LimitRule.Kind.CEILING
    from_event: str = "open"
    region: str = ""


def _revise() -> None:
    """Whoever keeps rules in memory reads them again."""
    RuleRevision.objects.update_or_create(pk=1, defaults={"key": uuid4()})


@transaction.atomic
def set_step_rule(*, entry: StepEntry, from_date: date, source: str, at: datetime, actor: str) -> StepRule:
    """Say what a step is from a day on.

    Raises:
        ValueError: states or effects that are none, or a step that every order takes is taken away.
    """
    if entry.withdrawn and entry.step in ESSENTIAL_STEPS:
        raise ValueError("every order is opened, its work is finished and it is closed")
    states = set(State.values)
    if not {*entry.from_states} <= states or entry.to_state not in states | {""}:
        raise ValueError("no such state")
    parts = effects_of(entry.effects)
    if any(len(one) != 2 or one[0] not in {"*", *Clock.values} or one[1] not in VERBS for one in parts):
        raise ValueError("clocks start, start again, stop, are suspended, resume")
    told = vars(entry) | {"from_states": list(entry.from_states), "source": source}
    key = {"kind": told.pop("kind"), "step": told.pop("step"), "from_date": from_date}
    row, _ = StepRule.objects.update_or_create(**key, defaults=told)
    _revise()
    _follow_rules(at=at, actor=actor)
    record(StepRuleSet(kind=row.kind, step=row.step, from_date=from_date, source=source), at=at, actor=actor)
    return row


@transaction.atomic
def set_limit_rule(*, entry: LimitEntry, from_date: date, at: datetime, actor: str) -> LimitRule:
    """Say how long something may take from a day on; open orders follow at once.

    Raises:
        ValueError: nothing says where it is written.
    """
    if not entry.basis.strip():
        raise ValueError("a limit says where it is written")
    told = vars(entry) | {"certainty": "own"}
    names = ("kind", "topic", "area", "channel", "clock", "layer", "region")
    key = {name: told.pop(name) for name in names} | {"from_date": from_date}
    row, _ = LimitRule.objects.update_or_create(**key, defaults=told)
    _revise()
    _follow_rules(at=at, actor=actor)
    fact = LimitRuleSet(
        kind=row.kind,
        topic=row.topic,
        area=row.area,
        clock=row.clock,
        layer=row.layer,
        limit_s=row.limit_s,
        measure=str(row.measure),
        from_date=from_date,
        basis=row.basis,
    )
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def set_order_rule(*, values: dict[str, object], from_date: date, source: str, at: datetime, actor: str) -> OrderRule:
    """Set the numbers of the order desk from a day on."""
    row, _ = OrderRule.objects.update_or_create(from_date=from_date, defaults={**values, "source": source})
    _revise()
    _follow_rules(at=at, actor=actor)
    record(OrderRuleSet(from_date=from_date, source=source), at=at, actor=actor)
    return row


def _follow_rules(*, at: datetime, actor: str) -> int:
    """Open orders are due by the rules and the calendar as they are now, and warnings that hold no more are taken back;
    how many changed."""
    book, days = rule_book(), calendar()
    rows = list(Order.objects.filter(closed_at=None).order_by("pk"))
    changed: list[tuple[object, ...]] = []
    warned: dict[int, set[str]] = {}
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        shown = clocks_of_all(part, at=at, book=book, days=days)
        for row in part:
            due = next_due(shown[row.pk], kind=row.kind, state=row.state, book=book, calendar=days, at=at)
            told = (due.due_at, due.clock, due.warn_at, due.overdue_at)
            if told != (row.next_due_at, row.next_due_clock, row.next_warn_at, row.overdue_at):
                warned_at = row.warned_at if due.due_at == row.next_due_at else None
                changed.append((*told, warned_at, row.pk))
                if row.warned_at is not None or row.overdue_at is not None:
                    warned[row.pk] = still_so(row.pk, shown[row.pk], warned_at=warned_at, at=at)
    update(Order, ["next_due_at", "next_due_clock", "next_warn_at", "overdue_at", "warned_at"], changed)
    Warnings(at=at, actor=actor).take_back(warned)
    return len(changed)


def follow_calendar(fact: object, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: holidays are known now, or others. What is due in working days is worked out anew."""
    del fact, delivery_key  # nothing leaves the database
    record(DeadlinesMoved(order_count=_follow_rules(at=at, actor=actor)), at=at, actor=actor)
