"""Every write to the customer file."""

from denghuo.apps.customers.actions.accounts import (
    AccountEntry,
    ImportantEntry,
    add_supply_point,
    close_account,
    correct_account,
    open_account,
    set_important,
    set_supply_state,
)
from denghuo.apps.customers.actions.care import (
    CareEntry,
    CarerEntry,
    call_care_due,
    end_care,
    record_care_visit,
    register_care,
    review_care,
)
from denghuo.apps.customers.actions.contact import (
    add_phone,
    call_first,
    remove_phone,
    set_quiet_hours,
    tell_consents,
)
from denghuo.apps.customers.actions.imports import import_customers
from denghuo.apps.customers.actions.privacy import (
    SHOWN_FOR,
    anonymize,
    export_customers,
    follow_look,
    review_unmasking,
    unmask,
    unmask_letters,
)
from denghuo.apps.customers.actions.responsibility import (
    CardEntry,
    end_responsibility,
    give_responsibility,
    set_contact_card,
)

__all__ = [
    "SHOWN_FOR",
    "AccountEntry",
    "CardEntry",
    "CareEntry",
    "CarerEntry",
    "ImportantEntry",
    "add_phone",
    "add_supply_point",
    "anonymize",
    "call_care_due",
    "call_first",
    "close_account",
    "correct_account",
    "end_care",
    "end_responsibility",
    "export_customers",
    "follow_look",
    "give_responsibility",
    "import_customers",
    "open_account",
    "record_care_visit",
    "register_care",
    "remove_phone",
    "review_care",
    "review_unmasking",
    "set_contact_card",
    "set_important",
    "set_quiet_hours",
    "set_supply_state",
    "tell_consents",
    "unmask",
    "unmask_letters",
]
