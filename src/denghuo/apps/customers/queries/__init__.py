"""Every read of the customer file that others may use. Masked, unless it says that it is not."""

from denghuo.apps.customers.queries.customers import (
    account_by_number,
    account_for,
    any_customers,
    by_phone,
    counts_on,
    customer,
    customers_by_id,
    customers_on,
    ids_by_phone,
    open_count,
    other_accounts,
    within_reach,
)
from denghuo.apps.customers.queries.imports import Comparison, compare, imports_within
from denghuo.apps.customers.queries.moments import customer_moments
from denghuo.apps.customers.queries.reaching import care_of, reach_of
from denghuo.apps.customers.queries.registers import (
    CareLine,
    UnmaskingLine,
    care_entry,
    care_register,
    cut_accounts,
    may_be_cut,
    unmasking_for,
    unmaskings,
)
from denghuo.apps.customers.queries.responsible import (
    card_of,
    loads_of,
    responsibilities_of_account,
    responsibilities_within,
    responsible_for,
    responsible_on,
    uncovered,
)
from denghuo.apps.customers.queries.search import search
from denghuo.apps.customers.queries.supply_now import SupplyNow, supply_now
from denghuo.apps.customers.queries.timeline import ask_for_moments, ask_no_more, timeline
from denghuo.apps.customers.queries.values import CareOf, Customer, Found, Hit, Moment, Reach, Responsible

__all__ = [
    "CareLine",
    "CareOf",
    "Comparison",
    "Customer",
    "Found",
    "Hit",
    "Moment",
    "Reach",
    "Responsible",
    "SupplyNow",
    "UnmaskingLine",
    "account_by_number",
    "account_for",
    "any_customers",
    "ask_for_moments",
    "ask_no_more",
    "by_phone",
    "card_of",
    "care_entry",
    "care_of",
    "care_register",
    "compare",
    "counts_on",
    "customer",
    "customer_moments",
    "customers_by_id",
    "customers_on",
    "cut_accounts",
    "ids_by_phone",
    "imports_within",
    "loads_of",
    "may_be_cut",
    "open_count",
    "other_accounts",
    "reach_of",
    "responsibilities_of_account",
    "responsibilities_within",
    "responsible_for",
    "responsible_on",
    "search",
    "supply_now",
    "timeline",
    "uncovered",
    "unmasking_for",
    "unmaskings",
    "within_reach",
]
