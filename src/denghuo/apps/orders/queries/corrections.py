"""What of an order can be put right, by whom, and what was."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from denghuo.apps.customers import queries as customers
from denghuo.apps.orders.models import Correction, Order, Who
from denghuo.apps.orders.queries.readers import deals_with, holds
from denghuo.apps.orders.queries.rules import rule_book

CALLER_INDEX = "orders.order.caller"
# What an order is opened with and can be put right, in the order in which pages show it.
CORRECTED = ("kind", "topic", "area", "account_id", "load_code", "place", "caller", "contact_name")
OF_CLOCKS = frozenset({"kind", "topic", "area"})
# What tells of a person: it goes with them when they are forgotten.
PERSONAL = frozenset({"place", "caller", "contact_name"})


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One thing that was put right."""

    field: str
    was: Any
    now: Any


def step_of(fields: Collection[str]) -> str:
    """The step that a correction is: what moves clocks is another one, so that another may be asked to do it."""
    return "reclassify" if OF_CLOCKS & set(fields) else "correct"


def correctable(order: Order, *, username: str, supervises: bool, at: datetime) -> frozenset[str]:
    """What somebody may put right of an order. What moves clocks is settled once it is over."""
    allowed = {
        Who.WORKS: deals_with(order, username, supervises=supervises),
        Who.HANDLER: holds(order, username, supervises=supervises),
        Who.SUPERVISES: supervises,
    }
    rules = rule_book().steps_of(order.kind, timezone.localdate(at))
    found: set[str] = set()
    for step, fields in (("correct", set(CORRECTED) - OF_CLOCKS), ("reclassify", OF_CLOCKS)):
        rule = rules.get(step)
        if rule is None or not allowed[Who(rule.who)]:
            continue
        if order.state in rule.from_states or (order.is_over and step == "correct"):
            found |= fields
    return frozenset(found)


def changed(correction: Correction) -> list[Changed]:
    """What a correction put right."""
    return [Changed(field=field, was=was, now=now) for field, was, now in json.loads(str(correction.changes) or "[]")]


def accounts_changed(corrections: Iterable[Correction]) -> dict[int, "customers.Customer"]:
    """Customers that corrections name, masked, by the key of the account."""
    moved = [part for one in corrections for part in changed(one) if part.field == "account_id"]
    keys = {key for part in moved for key in (part.was, part.now)}
    return customers.customers_by_id(keys - {None})
