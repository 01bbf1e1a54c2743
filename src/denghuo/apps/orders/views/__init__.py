"""Pages of orders."""

from denghuo.apps.orders.views.correcting import correct
from denghuo.apps.orders.views.deeds import (
    answer_hand_over,
    answer_promise,
    appeal,
    decide_appeal,
    decide_suspension,
    hand_over,
    merge,
    promise,
    reassign,
    remark,
    suspension,
    take_step,
    unmerge,
)
from denghuo.apps.orders.views.evidence import evidence, printed
from denghuo.apps.orders.views.lists import export, home, see_sign, signs
from denghuo.apps.orders.views.month import month
from denghuo.apps.orders.views.opening import draft, find_customers, new, wording
from denghuo.apps.orders.views.page import check_receipt, order, receipt, show_number
from denghuo.apps.orders.views.rules import limits, numbers, set_limit, steps

__all__ = [
    "answer_hand_over",
    "answer_promise",
    "appeal",
    "check_receipt",
    "correct",
    "decide_appeal",
    "decide_suspension",
    "draft",
    "evidence",
    "export",
    "find_customers",
    "hand_over",
    "home",
    "limits",
    "merge",
    "month",
    "new",
    "numbers",
    "order",
    "printed",
    "promise",
    "reassign",
    "receipt",
    "remark",
    "see_sign",
    "set_limit",
    "show_number",
    "signs",
    "steps",
    "suspension",
    "take_step",
    "unmerge",
    "wording",
]
