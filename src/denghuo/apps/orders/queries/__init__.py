"""Every read of orders that others may use."""

from denghuo.apps.orders.queries.clocks import clocks_of, clocks_of_all, due_of
from denghuo.apps.orders.queries.evidence import Course, course_of
from denghuo.apps.orders.queries.exhibits import EXHIBITS, Exhibit, exhibits_of
from denghuo.apps.orders.queries.figures import Kept, Late, Words, month_of_limits, promises_kept
from denghuo.apps.orders.queries.orders import (
    AccountFinding,
    Counts,
    Wanted,
    alike,
    counts,
    customer_moments,
    draft_of,
    find,
    findings_of_account,
    open_of_account,
    open_of_caller,
    order_for,
    order_of_key,
    orders_by_id,
    steps_open,
    units_beside,
    units_for,
)
from denghuo.apps.orders.queries.people import colleagues, people_by_username, supervisors_of
from denghuo.apps.orders.queries.receipts import ReceiptEntry, ReceiptFinding, check_receipt, findings_for
from denghuo.apps.orders.queries.rules import calendar, order_rules, rule_book, unknown_years
from denghuo.apps.orders.queries.signs import signs_within
from denghuo.apps.orders.queries.what_if import WhatIf, what_if

__all__ = [
    "EXHIBITS",
    "AccountFinding",
    "Counts",
    "Course",
    "Exhibit",
    "Kept",
    "Late",
    "ReceiptEntry",
    "ReceiptFinding",
    "Wanted",
    "WhatIf",
    "Words",
    "alike",
    "calendar",
    "check_receipt",
    "clocks_of",
    "clocks_of_all",
    "colleagues",
    "counts",
    "course_of",
    "customer_moments",
    "draft_of",
    "due_of",
    "exhibits_of",
    "find",
    "findings_for",
    "findings_of_account",
    "month_of_limits",
    "open_of_account",
    "open_of_caller",
    "order_for",
    "order_of_key",
    "order_rules",
    "orders_by_id",
    "people_by_username",
    "promises_kept",
    "rule_book",
    "signs_within",
    "steps_open",
    "supervisors_of",
    "units_beside",
    "units_for",
    "unknown_years",
    "what_if",
]
