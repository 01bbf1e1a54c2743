"""Orders of the past, with all that happened to them: many at once, one fact for all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.actions.opening import CALLER_INDEX, OrderEntry
from denghuo.apps.orders.actions.steps import StepRefusedError
from denghuo.apps.orders.facts import OrdersImported
from denghuo.apps.orders.models import OVER, Order, OrderStep, Promise, Receipt, Remark, State
from denghuo.apps.orders.queries.rules import calendar, rule_book
from denghuo.apps.orders.snapshot.clocks import Told, clocks_shown, judged_of, next_due
from denghuo.apps.orders.snapshot.rules import RuleBook
from denghuo.apps.rows import insert, insert_values, reserve
from denghuo.apps.sealed import blind


@dataclass(frozen=True, kw_only=True)
class PastStep:
    """A step that was taken; who has it in hand afterwards, where that changed."""

    step: str
    told_at: datetime
    actor: str
    reason: str = ""
    handler: str | None = None
    result: str = ""


@dataclass(frozen=True, kw_only=True)
class PastOrder:
    """An order and its course. Of promises: what, by when, given when, kept when; of remarks: side, text, when."""

    entry: OrderEntry
    steps: tuple[PastStep, ...] = ()
    finding: str = ""
    found: str = ""
    done: str = ""
    told_customer: str = ""
    promises: tuple[tuple[str, datetime, datetime, datetime | None], ...] = ()
    remarks: tuple[tuple[str, str, datetime], ...] = ()


@transaction.atomic
def import_orders(
    *, unit_id: int, orders: Sequence[PastOrder], source_name: str, digest: str = "", at: datetime, actor: str
) -> int:
    """Take over orders with their courses; how many. Their clocks are judged as if each had been told in its time.

    Raises:
        StepRefusedError: a step that the rules of its day do not have in that state.
    """
    book = rule_book()
    keys = reserve(Order, len(orders))
    rows, steps = [], []
    for key, told in zip(keys, orders, strict=True):
        row, mine = _course(key, told, book)
        rows.append(row)
        steps += mine
    _judge(rows, steps, book, at)
    names = [field.name for field in Order._meta.concrete_fields]
    attributes = [field.attname for field in Order._meta.concrete_fields]
    insert_values(Order, names, ([getattr(row, name) for name in attributes] for row in rows))
    insert(steps)
    insert(list(_receipts(keys, orders)))
    insert(list(_promises(keys, orders)))
    insert(list(_remarks(keys, orders)))
    fact = OrdersImported(unit_id=unit_id, order_count=len(rows), source_name=source_name, digest=digest)
    record(fact, at=at, actor=actor)
    return len(rows)


def _course(key: int, told: PastOrder, book: RuleBook) -> tuple[Order, list[OrderStep]]:
    """The row of an order as its steps left it, and those."""
    entry = told.entry
    number = "".join(filter(str.isdigit, entry.caller))
    plain: dict[str, Any] = {name: getattr(entry, name) for name in _PLAIN}
    row = Order(
        pk=key,
        caller=number,
        caller_index=blind(number, context=CALLER_INDEX) if number else None,
        client_key=entry.client_key or None,
        opened_at=entry.received_at,
        handler=entry.first_asked,
        finding=told.finding,
        **plain,
    )
    rule = book.steps_of(row.kind, timezone.localdate(row.received_at))["open"]
    row.state = rule.to_state
    opened = PastStep(step="open", told_at=row.received_at, actor=entry.first_asked or "system")
    steps = [_step(row, opened, "", rule.effects)]
    before = ""
    for one in told.steps:
        rule = book.steps_of(row.kind, timezone.localdate(one.told_at)).get(one.step) or _refuse(one.step)
        if row.state not in rule.from_states:
            raise StepRefusedError("state", one.step)
        from_state = row.state
        before = from_state if one.step == "suspend" else before
        row.state = rule.to_state or (before if one.step == "resume" else row.state)
        row.handler = one.actor if one.step == "accept" and one.handler is None else one.handler or row.handler
        row.urged_count += one.step == "urge"
        row.reopened_count += one.step == "reopen"
        row.closed_at = one.told_at if row.state in OVER else None
        steps.append(_step(row, one, from_state, rule.effects))
    return row, steps


_PLAIN = (
    "kind",
    "topic",
    "unit_id",
    "account_id",
    "load_code",
    "area",
    "contact_name",
    "channel",
    "text",
    "place",
    "received_at",
    "first_asked",
    "parent_id",
    "source_ref",
    "upstream_due_at",
)


def _refuse(step: str) -> Any:
    raise StepRefusedError("unknown", step)


def _step(row: Order, one: PastStep, from_state: str, effects: str) -> OrderStep:
    return OrderStep(
        order=row,
        step=one.step,
        from_state=from_state,
        to_state=row.state,
        told_at=one.told_at,
        at=one.told_at,
        actor=one.actor,
        reason=one.reason,
        effects=effects,
        result=one.result,
    )


def _judge(rows: list[Order], steps: list[OrderStep], book: RuleBook, at: datetime) -> None:
    """What the clocks of all of them show: kept with those that are over, and due next of the others."""
    days = calendar()
    told = [Told(one.order_id, one.told_at, one.effects) for one in steps if one.effects]
    shown = clocks_shown(rows, told, book=book, calendar=days, at=at)
    for row in rows:
        if row.state in OVER:
            row.judged = judged_of(shown[row.pk])
            continue
        due = next_due(shown[row.pk], kind=row.kind, state=State(row.state), book=book, calendar=days, at=at)
        row.next_due_at, row.next_due_clock = due.due_at, due.clock
        row.next_warn_at, row.overdue_at = due.warn_at, due.overdue_at


def _receipts(keys: Sequence[int], orders: Sequence[PastOrder]) -> Iterator[Receipt]:
    for key, told in zip(keys, orders, strict=True):
        finished = next((one for one in told.steps if one.step == "finish"), None)
        if finished is not None and told.found:
            restored = next((one.told_at for one in told.steps if one.step == "restore"), None)
            yield Receipt(
                order_id=key,
                finding=told.finding,
                found=told.found,
                done=told.done,
                told_customer=told.told_customer,
                restored_at=restored,
                noted=[],
                at=finished.told_at,
                actor=finished.actor,
            )


def _promises(keys: Sequence[int], orders: Sequence[PastOrder]) -> Iterator[Promise]:
    for key, told in zip(keys, orders, strict=True):
        for what, due_at, given_at, kept_at in told.promises:
            broken_at = due_at if kept_at is not None and kept_at > due_at else None
            given_by = told.entry.first_asked
            yield Promise(
                order_id=key,
                what=what,
                due_at=due_at,
                given_at=given_at,
                given_by=given_by,
                kept_at=kept_at,
                broken_at=broken_at,
            )


def _remarks(keys: Sequence[int], orders: Sequence[PastOrder]) -> Iterator[Remark]:
    for key, told in zip(keys, orders, strict=True):
        for side, text, said_at in told.remarks:
            yield Remark(order_id=key, side=side, text=text, at=said_at, actor=told.entry.first_asked)
