"""Pages of customers. A request becomes one query or one action; clock, permission and language are read here."""

from denghuo.apps.customers.views.accounts import (
    close,
    consent,
    contact,
    correct,
    important,
    new,
    phone_first,
    quiet,
    remove_phone,
    supply_state,
)
from denghuo.apps.customers.views.care import care, edit_care, end_care, review_care, visit_care
from denghuo.apps.customers.views.pages import account, hidden, home, moments, unmask
from denghuo.apps.customers.views.privacy import anonymize, review_unmasking, unmaskings
from denghuo.apps.customers.views.registers import cut, export
from denghuo.apps.customers.views.responsible import answers, card, edit_card, end_responsible, responsible

__all__ = [
    "account",
    "anonymize",
    "answers",
    "card",
    "care",
    "close",
    "consent",
    "contact",
    "correct",
    "cut",
    "edit_card",
    "edit_care",
    "end_care",
    "end_responsible",
    "export",
    "hidden",
    "home",
    "important",
    "moments",
    "new",
    "phone_first",
    "quiet",
    "remove_phone",
    "responsible",
    "review_care",
    "review_unmasking",
    "supply_state",
    "unmask",
    "unmaskings",
    "visit_care",
]
