"""Steps: what may happen to an order in its state, and what it does to its clocks and promises."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.actions.telling import Telling
from denghuo.apps.orders.actions.warnings import Warnings
from denghuo.apps.orders.facts import (
    OrderClosed,
    OrderEscalated,
    OrderReopened,
    OrdersMerged,
    OrderUnmerged,
    OrderUrged,
    PromiseKept,
    PromiseNotKept,
    StepTaken,
)
from denghuo.apps.orders.models import (
    OVER,
    CallBackResult,
    Finding,
    Order,
    OrderStep,
    Promise,
    PromiseOf,
    State,
    StepRule,
)
from denghuo.apps.orders.queries.clocks import due_of
from denghuo.apps.orders.queries.confirming import confirmers_of, giver_of, refused_as_own
from denghuo.apps.orders.queries.orders import first_come, goes_on, last_said
from denghuo.apps.orders.queries.people import answering_for, people_by_username
from denghuo.apps.orders.queries.promises import promises_of
from denghuo.apps.orders.queries.readers import ABOUT_PEOPLE, CONFIDENTIAL
from denghuo.apps.orders.queries.rules import rule_book
from denghuo.apps.orders.queries.warned import still_so
from denghuo.apps.orders.snapshot.clocks import judged_of

# A device may run a little fast; what it tells beyond that lies in the future.
_FAST = timedelta(minutes=5)
_KEEPS = {
    "contact": (PromiseOf.CALL,),
    "arrive": (PromiseOf.ARRIVE, PromiseOf.VISIT),
    "restore": (PromiseOf.RESTORE,),
    "finish": (PromiseOf.ARRIVE, PromiseOf.VISIT, PromiseOf.RESTORE, PromiseOf.ANSWER),
    "call_back": (PromiseOf.CALL,),
}


class StepRefusedError(ValueError):
    """A step that cannot be taken; ``code`` says why: unknown, state, reason, changed, future, before, own or
    who."""

    def __init__(self, code: str, step: str) -> None:
        self.code, self.step = code, step
        super().__init__(f"{step}: {code}")


@transaction.atomic
def take_step(
    *,
    order_id: int,
    step: str,
    at: datetime,
    actor: str,
    told_at: datetime | None = None,
    reason: str = "",
    place: str = "",
    handler: str | None = None,
    finding: str | None = None,
    result: str = "",
) -> Order:
    """Take a step. Whoever returns an order returns it to whom they have it from, unless ``handler`` is told.
    ``told_at`` is when it happened, by the device of whoever did it; now where none is told. ``result`` is what the
    customer said of the work when called back.

    Raises:
        StepRefusedError: the rules of the day do not have it, not in this state or not without a reason, or it is told
            for a time that has not come, or that was before the order came in; or whoever did the work would confirm
            or end it themselves, where it is about people of ours.
    """
    row = Order.objects.select_for_update(of=("self",)).select_related("unit").get(pk=order_id)
    rule = _allowed(row, step, at=at, told_at=told_at, reason=reason)
    said = CallBackResult(result).value if step == "call_back" and result else ""
    if said == CallBackResult.DISSATISFIED and not reason.strip():
        raise StepRefusedError("reason", step)
    if said and not reason.strip() and last_said(row):
        raise StepRefusedError("changed", step)  # what was said before stays in the course, and why it changed
    if refused_as_own(row, step, actor):
        raise StepRefusedError("own", step)
    happened_at = min(told_at or at, at)
    if handler is not None:
        row.handler = handler
    elif step == "accept":
        row.handler = actor
    elif step == "return":
        row.handler = giver_of(row) or row.handler
    if finding is not None:
        row.finding = Finding(finding).value
    told = {"reason": reason.strip(), "place": place.strip(), "result": said}
    facts = _write(row, rule, happened_at=happened_at, at=at, actor=actor, **told)
    for fact in facts:
        record(fact, at=at, actor=actor)
    if step == "return" and handler is None:
        whom, key = people_by_username([row.handler]).values(), f"{row.pk}-{at:%Y%m%d%H%M%S%f}"
        Telling(order=row, at=at, actor=actor).tell("returned", whom, key=key, why=reason.strip())
    if step == "finish" and row.kind in ABOUT_PEOPLE:
        key = f"{row.pk}-{at:%Y%m%d%H%M%S%f}"
        Telling(order=row, at=at, actor=actor).tell("confirm", confirmers_of(row, but=actor), key=key)
    return row


def _allowed(row: Order, step: str, *, at: datetime, told_at: datetime | None, reason: str) -> StepRule:
    rule = rule_book().steps_of(row.kind, timezone.localdate(at)).get(step)
    if rule is None or step == "open":
        raise StepRefusedError("unknown", step)
    if row.state not in rule.from_states:
        raise StepRefusedError("state", step)
    if rule.needs_reason and not reason.strip():
        raise StepRefusedError("reason", step)
    if told_at is not None and told_at > at + _FAST:
        raise StepRefusedError("future", step)
    if told_at is not None and told_at < row.received_at:
        raise StepRefusedError("before", step)
    return rule


def _to_state(row: Order, rule: StepRule) -> str:
    """Where a step leads: what it says, the state before a suspension or a merging, or the same."""
    if rule.to_state:
        return rule.to_state
    begun_by = {"resume": "suspend", "unmerge": "merge"}.get(rule.step)
    if begun_by is None:
        return row.state
    before = row.steps.filter(step=begun_by).order_by("-pk").values_list("from_state", flat=True).first()
    return before or State.REGISTERED


def _write(row: Order, rule: StepRule, *, happened_at: datetime, at: datetime, actor: str, **told: str) -> list[Any]:
    """Write a step down, with all that follows within the order; the facts to record of it, in order. ``told`` is the
    reason, the place and the result, where there are any."""
    from_state, to_state = row.state, _to_state(row, rule)
    OrderStep.objects.create(
        order=row,
        step=rule.step,
        from_state=from_state,
        to_state=to_state,
        told_at=happened_at,
        at=at,
        actor=actor,
        effects=rule.effects,
        **told,
    )
    row.state = to_state
    if rule.step == "reopen":
        row.reopened_count += 1
    row.closed_at = (row.closed_at or at) if to_state in OVER else None
    _refresh(row, at=at, actor=actor)
    kept = _keep(row, rule.step, happened_at)
    # What was promised of an order that goes on in another one still binds.
    ends = to_state in OVER and to_state != State.MERGED
    Warnings(at=at, actor=actor).take_back_promises([*kept, *(_open_promises(row) if ends else ())])
    facts: list[Any] = [PromiseKept(promise_id=one.pk, order_id=one.order_id, kept_at=happened_at) for one in kept]
    if rule.step == "still_out":
        facts += [PromiseNotKept(promise_id=one.pk, order_id=one.order_id) for one in _not_kept(row, happened_at)]
    states = {"from_state": from_state, "to_state": to_state}
    said = told.get("result", "")
    facts.append(StepTaken(order_id=row.pk, step=rule.step, **states, told_at=happened_at, result=said))
    if rule.step == "reopen":
        facts.append(OrderReopened(order_id=row.pk))
    return [*facts, _closed(row)] if to_state in OVER else facts


def _refresh(row: Order, *, at: datetime, actor: str) -> None:
    """What is due next, by the clocks as they run now; what they showed, where the order is over. Warnings that hold no
    more are taken back."""
    shown, due = due_of(row, at=at)
    over, was_warned = row.closed_at is not None, row.warned_at is not None or row.overdue_at is not None
    if over or due.due_at != row.next_due_at:
        row.warned_at = None
    row.judged = judged_of(shown) if over else []
    row.next_due_at, row.next_due_clock = (None, "") if over else (due.due_at, due.clock)
    row.next_warn_at, row.overdue_at = (None, None) if over else (due.warn_at, due.overdue_at)
    row.save()
    if was_warned:
        still = () if over else still_so(row.pk, shown, warned_at=row.warned_at, at=at)
        Warnings(at=at, actor=actor).take_back({row.pk: still})


def _keep(row: Order, step: str, happened_at: datetime) -> list[Promise]:
    """Promises that a step keeps: also too late, which the time of it shows."""
    what = _KEEPS.get(step, ())
    if not what:
        return []
    rows = list(_open_promises(row).filter(what__in=what))
    for one in rows:
        one.kept_at = happened_at
        one.save(update_fields=["kept_at"])
    return rows


def _not_kept(row: Order, restored_at: datetime) -> list[Promise]:
    """Promises of supply that were taken for kept when it was told to be back; they bind again."""
    rows = list(promises_of(row).filter(what=PromiseOf.RESTORE, kept_at=restored_at))
    for one in rows:
        one.kept_at = None
        one.save(update_fields=["kept_at"])
    return rows


def _open_promises(row: Order) -> "QuerySet[Promise]":
    return promises_of(row).filter(kept_at=None, moved_at=None)


def _closed(row: Order) -> OrderClosed:
    return OrderClosed(
        order_id=row.pk, number=row.number, outcome=row.state, unit_id=row.unit_id, account_id=row.account_id
    )


@transaction.atomic
def urge_order(*, order_id: int, at: datetime, actor: str, note: str = "") -> Order:
    """A customer presses for an answer. Within the gap of the rule it is the same pressing, and counts once.

    Raises:
        StepRefusedError: there is nothing left to press for.
    """
    row = Order.objects.select_for_update(of=("self",)).select_related("unit").get(pk=order_id)
    rule = _allowed(row, "urge", at=at, told_at=None, reason=note)
    gap = timedelta(seconds=rule_book().number(timezone.localdate(at)).urge_gap_s)
    if row.urged_at is not None and at - row.urged_at < gap:
        return row
    row.urged_count, row.urged_at = row.urged_count + 1, at
    facts = _write(row, rule, happened_at=at, at=at, actor=actor, reason=note)
    whom = people_by_username([row.handler]).values() or answering_for(row)
    Telling(order=row, at=at, actor=actor).tell("urged", whom, key=f"{row.pk}-{row.urged_count}", why=note)
    for fact in [*facts, OrderUrged(order_id=row.pk, count=row.urged_count)]:
        record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def escalate_order(*, order_id: int, reason: str, at: datetime, actor: str) -> Order:
    """Bring an order before those who supervise.

    Raises:
        StepRefusedError: it is over, or nobody says why.
    """
    row = Order.objects.select_for_update(of=("self",)).select_related("unit").get(pk=order_id)
    rule = _allowed(row, "escalate", at=at, told_at=None, reason=reason)
    row.escalated_at = row.escalated_at or at
    facts = _write(row, rule, happened_at=at, at=at, actor=actor, reason=reason)
    whom, key = answering_for(row, but=actor), f"{row.pk}-{at:%Y%m%d%H%M%S}"
    Telling(order=row, at=at, actor=actor).tell("escalated", whom, key=key, why=reason.strip())
    for fact in [*facts, OrderEscalated(order_id=row.pk, reason=reason.strip())]:
        record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def merge_orders(*, order_ids: Collection[int], at: datetime, actor: str) -> Order:
    """Say that orders are the same matter. The one that came in first goes on, so that no promise starts anew, and is
    returned; the others end, and what they hold stays with them and is shown there.

    Raises:
        ValueError: fewer than two, one that is not there, another kind or unit, or reports of misconduct; or the first
            is over, or done while another one is not.
        StepRefusedError: another one is over; or it is about people of ours, and whoever merges has it in hand or
            worked on it.
    """
    found = Order.objects.select_for_update(of=("self",)).select_related("unit").filter(pk__in={*order_ids})
    rows = list(found.order_by("pk"))
    if len(rows) < 2 or len(rows) != len({*order_ids}):
        raise ValueError("two orders or more are merged")
    if len({(row.kind, row.unit_id) for row in rows}) > 1 or rows[0].kind in CONFIDENTIAL:
        raise ValueError("orders of one kind and one unit are merged, and no reports of misconduct")
    into = first_come(rows)
    if into.is_over or not goes_on(rows):
        raise ValueError("orders are merged into one that is open, and still worked on while they are")
    others = [row for row in rows if row.pk != into.pk]
    # Who serves them hears of that first, and goes on with the one that stays.
    facts: list[Any] = [OrdersMerged(into_id=into.pk, order_ids=tuple(row.pk for row in others))]
    for row in others:
        rule = _allowed(row, "merge", at=at, told_at=None, reason="")
        if refused_as_own(row, "merge", actor):
            raise StepRefusedError("own", "merge")
        row.merged_into = into
        facts += _write(row, rule, happened_at=at, at=at, actor=actor)
    _take_along(into, others)
    _refresh(into, at=at, actor=actor)
    for fact in facts:
        record(fact, at=at, actor=actor)
    _tell_merged(into, others, at=at, actor=actor)
    return into


def _take_along(into: Order, others: Sequence[Order]) -> None:
    """How often it was pressed for, that it was escalated, by when whoever sent it wants it back, its parts and what
    was merged before go along."""
    keys, every = [row.pk for row in others], [into, *others]
    into.urged_count = sum(row.urged_count for row in every)
    into.urged_at = max((row.urged_at for row in every if row.urged_at), default=None)
    into.escalated_at = min((row.escalated_at for row in every if row.escalated_at), default=None)
    into.upstream_due_at = min((row.upstream_due_at for row in every if row.upstream_due_at), default=None)
    if into.parent_id in keys:
        into.parent = None
    Order.objects.filter(parent__in=keys).exclude(pk=into.pk).update(parent=into)
    Order.objects.filter(merged_into__in=keys).update(merged_into=into)


@transaction.atomic
def unmerge_order(*, order_id: int, reason: str, at: datetime, actor: str) -> Order:
    """Say that an order that was merged is a matter of its own. It goes on from where it stood, and its clocks as if
    they had never ended.

    Raises:
        ValueError: it is not merged, or what it was merged into is over.
        StepRefusedError: nobody says why.
    """
    rows = Order.objects.select_for_update(of=("self",)).select_related("unit").order_by("pk")
    told = {row.pk: row for row in rows.filter(Q(pk=order_id) | Q(merged=order_id))}
    row, into = told[order_id], told.get(told[order_id].merged_into_id or 0)
    if into is None or into.is_over:
        raise ValueError("an order is taken out of one that it was merged into, and that is open")
    rule = _allowed(row, "unmerge", at=at, told_at=None, reason=reason)
    row.merged_into = None
    facts = _write(row, rule, happened_at=at, at=at, actor=actor, reason=reason.strip())
    _leave_behind(into, row)
    _refresh(into, at=at, actor=actor)
    for fact in [*facts, OrderUnmerged(order_id=row.pk, from_id=into.pk)]:
        record(fact, at=at, actor=actor)
    whom = {*(people_by_username([row.handler]).values() or answering_for(row))}
    if row.overdue_at is not None:  # what was told of that was taken back when they were merged
        whom |= {*answering_for(row)}
    Telling(order=row, at=at, actor=actor).tell("parted", whom, key=f"{row.pk}-{at:%Y%m%d%H%M%S%f}", why=reason.strip())
    return row


def _leave_behind(into: Order, row: Order) -> None:
    """What went along when they were merged goes back. By when whoever sent it wants it back stays the earlier one."""
    rest = list(into.merged.exclude(pk=row.pk))
    into.urged_count = max(into.urged_count - row.urged_count, 0)
    own = {step: [one.at for one in into.steps.filter(step=step)] for step in ("urge", "escalate")}
    into.urged_at = max([*own["urge"], *(one.urged_at for one in rest if one.urged_at)], default=None)
    into.escalated_at = min([*own["escalate"], *(one.escalated_at for one in rest if one.escalated_at)], default=None)


def _tell_merged(into: Order, others: Sequence[Order], *, at: datetime, actor: str) -> None:
    """Whoever has them in hand hears of it, and of what is about people of ours whoever stands above."""
    whom = {*people_by_username([into.handler]).values()}
    if into.kind in ABOUT_PEOPLE:
        whom |= {*answering_for(into, but=actor)}
    numbers, key = ", ".join(row.number for row in others), f"{into.pk}-{at:%Y%m%d%H%M%S%f}"
    Telling(order=into, at=at, actor=actor).tell("joined", whom, key=key, why=numbers)
    for row in others:
        had = {*people_by_username([row.handler]).values()} - whom
        Telling(order=row, at=at, actor=actor).tell("merged", had, key=str(row.pk), why=into.number)
