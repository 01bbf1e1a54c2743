"""An order turns out to be another one than was written down: it is put right, and what it was stays in the books."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from denghuo.adapters.phones import digits_of
from denghuo.apps.customers import queries as customers
from denghuo.apps.ledger.actions import record
from denghuo.apps.orders.actions.steps import take_step
from denghuo.apps.orders.actions.telling import Telling
from denghuo.apps.orders.actions.warnings import Warnings
from denghuo.apps.orders.facts import HandOverRefused, OrderCorrected
from denghuo.apps.orders.models import TOPICS_OF_KIND, Area, Correction, Kind, Order, OrderStep, State, Topic
from denghuo.apps.orders.queries.clocks import due_of
from denghuo.apps.orders.queries.confirming import is_own_work
from denghuo.apps.orders.queries.corrections import CALLER_INDEX, CORRECTED, OF_CLOCKS, step_of
from denghuo.apps.orders.queries.people import answering_for
from denghuo.apps.orders.queries.readers import ABOUT_PEOPLE, CONFIDENTIAL
from denghuo.apps.orders.queries.rules import rule_book
from denghuo.apps.orders.snapshot.clocks import ClockShown, NextDue, judged_of
from denghuo.apps.sealed import blind

# Plain values that no person is known by: these stand in the fact too.
_IN_FACT = ("kind", "topic", "area", "account_id", "load_code")


# These lead an order nowhere.
_NO_WAY = ("terminate", "merge", "suspend")


class CorrectionRefusedError(ValueError):
    """A correction that cannot be made; ``code`` says why: reason, nothing, over, topic, account, unit,
    confidential, own or stuck."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"correction: {code}")


@transaction.atomic
def correct_order(*, order_id: int, told: Mapping[str, Any], reason: str, at: datetime, actor: str) -> Correction:
    """Put right what an order was opened with; ``told`` holds what is right, by the names of ``CORRECTED``.

    Another kind, topic or area is another limit: the clocks are read anew from when the order came in, with every step
    and every suspension since. Whoever supervises hears of it where a deadline moves away or passed in vain. What was
    judged when an order ended stays as it is: of such an order only whom and where it is about is put right.

    Raises:
        CorrectionRefusedError: nobody says why, nothing is another than it was, or it cannot be so.
        StepRefusedError: the rules of the day do not have it in this state.
    """
    row = Order.objects.select_for_update(of=("self",)).select_related("unit").get(pk=order_id)
    changes = _changes(row, _completed(row, told))
    _check(row, changes, reason)
    _check_own(row, changes, actor)
    before = None if row.is_over else due_of(row, at=at)
    was = {name: getattr(row, name) for name in _IN_FACT}
    for name, (_, now) in changes.items():
        setattr(row, name, now)
    if "caller" in changes:
        row.caller_index = blind(row.caller, context=CALLER_INDEX) if row.caller else None
    accuses = "kind" in changes and row.kind in CONFIDENTIAL
    if accuses:
        _take_away(row, at=at, actor=actor)
    row.save(update_fields=[*changes, "caller_index", "handler", "accusing_at"])
    kept = Correction.objects.create(
        order=row,
        reason=reason.strip(),
        was_account_id=was["account_id"],
        changes=json.dumps([[name, *pair] for name, pair in changes.items()], ensure_ascii=False),
        reread=_reread(row) if "kind" in changes else {},
        at=at,
        actor=actor,
    )
    _step(row, kept, step_of(changes), before)
    if accuses:
        key = f"{row.pk}-{kept.pk}"
        Telling(order=row, at=at, actor=actor).tell("reported", answering_for(row), key=key)
    record(_fact(row, kept, changes, was), at=at, actor=actor)
    return kept


def _take_away(row: Order, *, at: datetime, actor: str) -> None:
    """What turns out to be a report of misconduct may be about whoever has it: it goes to who judges it, and an offer
    that waits ends. Nobody is told but those."""
    row.accusing_at = at
    judges = [user.username for user in answering_for(row)]
    row.handler = row.handler if row.handler in judges else next(iter(judges), "")
    for offer in row.hand_overs.filter(accepted_at=None, refused_at=None):
        offer.refused_at, offer.refused_by = at, actor
        offer.save(update_fields=["refused_at", "refused_by"])
        Warnings(at=at, actor=actor).take_back_offer(offer)
        record(HandOverRefused(hand_over_id=offer.pk, order_id=row.pk, username=actor), at=at, actor=actor)


def _completed(row: Order, told: Mapping[str, Any]) -> dict[str, Any]:
    """What is told, with the load and the place of a customer who is found where nobody says another."""
    right: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in told.items()}
    if unknown := set(right) - set(CORRECTED):
        raise ValueError(f"not to be corrected: {', '.join(sorted(unknown))}")
    if "caller" in right:
        right["caller"] = digits_of(right["caller"])
    account_id = right.get("account_id")
    if account_id is not None and account_id != row.account_id:
        customer = customers.customers_by_id([account_id]).get(account_id)
        if customer is None:
            raise CorrectionRefusedError("account")
        if customer.unit_id != row.unit_id:
            raise CorrectionRefusedError("unit")
        right.setdefault("load_code", customer.load_code)
        right.setdefault("place", row.place or customer.address)
    return right


def _changes(row: Order, right: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is another than it was, with both, in the order in which pages show it."""
    pairs = {name: (getattr(row, name), right[name]) for name in CORRECTED if name in right}
    return {name: (was, now) for name, (was, now) in pairs.items() if was != now}


def _check(row: Order, changes: Mapping[str, tuple[Any, Any]], reason: str) -> None:
    if not reason.strip():
        raise CorrectionRefusedError("reason")
    if not changes:
        raise CorrectionRefusedError("nothing")
    if row.is_over and OF_CLOCKS & set(changes):
        raise CorrectionRefusedError("over")
    kind, topic, area = (changes.get(name, (None, getattr(row, name)))[1] for name in ("kind", "topic", "area"))
    known = kind in Kind.values and topic in Topic.values and area in Area.values
    if not known or topic not in TOPICS_OF_KIND[kind]:
        raise CorrectionRefusedError("topic")


def _check_own(row: Order, changes: Mapping[str, tuple[Any, Any]], actor: str) -> None:
    """A report of misconduct stays one. What is about people of ours is not made something else by whoever did the
    work, nor once it is done."""
    was, now = changes.get("kind", (row.kind, row.kind))
    if was in CONFIDENTIAL and now != was:
        raise CorrectionRefusedError("confidential")
    leaves = was in ABOUT_PEOPLE and now not in (was, *CONFIDENTIAL)
    if leaves and (row.state == State.DONE or is_own_work(row, actor)):
        raise CorrectionRefusedError("own")


def _reread(row: Order) -> dict[str, str]:
    """What each step so far does to the clocks by the steps of the kind that the order is of."""
    book, anew = rule_book(), {}
    for one in row.steps.order_by("pk"):
        rule = book.steps_of(row.kind, timezone.localdate(one.at)).get(one.step)
        anew[str(one.pk)] = rule.effects if rule else one.effects
    return anew


def _step(row: Order, kept: Correction, step: str, before: tuple[list[ClockShown], NextDue] | None) -> None:
    """Write the step, and what it did to the clocks. An order that is over keeps what was judged."""
    at, actor, reason = kept.at, kept.actor, kept.reason
    if before is None:
        told = {"from_state": row.state, "to_state": row.state, "told_at": at, "at": at, "actor": actor}
        kept.step = OrderStep.objects.create(order=row, step=step, reason=reason, **told)
        kept.save(update_fields=["step"])
        return
    if not any(rule.to_state or rule.step == "resume" for rule in _open(row, at)):
        raise CorrectionRefusedError("stuck")
    take_step(order_id=row.pk, step=step, reason=reason, at=at, actor=actor)
    row.refresh_from_db()
    kept.step = row.steps.filter(step=step).latest("pk")
    if step == "reclassify":
        after = due_of(row, at=at)
        kept.clocks_before = judged_of(before[0])
        kept.due_before, kept.due_after = _due(before[1]), _due(after[1])
        kept.late_before, kept.late_after = _late(before[0]), _late(after[0])
        _tell(row, kept)
    kept.save()


def _open(row: Order, at: datetime) -> Iterable[Any]:
    rules = rule_book().steps_of(row.kind, timezone.localdate(at)).values()
    return [rule for rule in rules if row.state in rule.from_states and rule.step not in _NO_WAY]


def _due(due: NextDue) -> datetime | None:
    return due.overdue_at or due.due_at


def _late(shown: Iterable[ClockShown]) -> list[str]:
    """Clocks that an order was too late by; a limit of the mean is none of a single order."""
    return sorted({one.clock for one in shown if one.late and not one.limit.is_mean})


def _tell(row: Order, kept: Correction) -> None:
    """Who supervises hears of what eases an order: nobody slips away from a clock unseen."""
    later = kept.due_before is not None and (kept.due_after is None or kept.due_after > kept.due_before)
    if later or set(kept.late_before) - set(kept.late_after):
        whom = answering_for(row, but=kept.actor)
        Telling(order=row, at=kept.at, actor=kept.actor).tell("eased", whom, key=str(kept.pk), why=kept.reason)


def _fact(
    row: Order, kept: Correction, changes: Mapping[str, tuple[Any, Any]], was: Mapping[str, Any]
) -> OrderCorrected:
    return OrderCorrected(
        correction_id=kept.pk,
        order_id=row.pk,
        unit_id=row.unit_id,
        received_at=row.received_at,
        fields=tuple(changes),
        due_before=kept.due_before,
        due_after=kept.due_after,
        late_before=tuple(kept.late_before),
        late_after=tuple(kept.late_after),
        **{name: getattr(row, name) for name in _IN_FACT},
        **{f"was_{name}": value for name, value in was.items()},
    )
