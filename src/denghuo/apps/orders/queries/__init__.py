"""Every read of orders that others may use."""

from denghuo.apps.orders.queries.clocks import clocks_of, clocks_of_all, due_of
from denghuo.apps.orders.queries.corrections import (
    CORRECTED,
    OF_CLOCKS,
    Changed,
    accounts_changed,
    changed,
    correctable,
)
from denghuo.apps.orders.queries.evidence import Course, course_of
from denghuo.apps.orders.queries.exhibits import EXHIBITS, Exhibit, exhibits_of
from denghuo.apps.orders.queries.figures import Kept, Late, Words, month_of_limits, promises_kept
from denghuo.apps.orders.queries.matters import open_matters
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
from denghuo.apps.orders.queries.people import (
    colleagues,
    people_by_username,
    supervisors_above,
    supervisors_of,
    works_in,
)
from denghuo.apps.orders.queries.readers import Reader
from denghuo.apps.orders.queries.receipts import ReceiptEntry, ReceiptFinding, check_receipt, findings_for
from denghuo.apps.orders.queries.rules import calendar, order_rules, rule_book, unknown_years
from denghuo.apps.orders.queries.shift import Shift, shift_of
from denghuo.apps.orders.queries.signs import signs_within
from denghuo.apps.orders.queries.still_out import SaysOut, still_out
from denghuo.apps.orders.queries.ties import Tie, ties_of
from denghuo.apps.orders.queries.what_if import (
    Moves,
    StepWhatIf,
    WhatIf,
    what_if,
    what_if_calendar,
    what_if_numbers,
    what_if_step,
)

__all__ = [
    "CORRECTED",
    "EXHIBITS",
    "OF_CLOCKS",
    "AccountFinding",
    "Changed",
    "Counts",
    "Course",
    "Exhibit",
    "Kept",
    "Late",
    "Moves",
    "Reader",
    "ReceiptEntry",
    "ReceiptFinding",
    "SaysOut",
    "Shift",
    "StepWhatIf",
    "Tie",
    "Wanted",
    "WhatIf",
    "Words",
    "accounts_changed",
    "alike",
    "calendar",
    "changed",
    "check_receipt",
    "clocks_of",
    "clocks_of_all",
    "colleagues",
    "correctable",
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
    "open_matters",
    "open_of_account",
    "open_of_caller",
    "order_for",
    "order_of_key",
    "order_rules",
    "orders_by_id",
    "people_by_username",
    "promises_kept",
    "rule_book",
    "shift_of",
    "signs_within",
    "steps_open",
    "still_out",
    "supervisors_above",
    "supervisors_of",
    "ties_of",
    "units_beside",
    "units_for",
    "unknown_years",
    "what_if",
    "what_if_calendar",
    "what_if_numbers",
    "what_if_step",
    "works_in",
]
