"""Who knows what happened to a customer, on one page: the customer file gathers its timeline from these.

A line names a query as `context.queries:function`, called as

    customer_moments(account_id, load_code, unit_id, *, limit, before) -> list[Moment]

which tells the newest moments before an instant (`denghuo.apps.customers.queries.Moment`). Who works for customers
tells besides what is open for them: `open_matters(account_ids) -> list[Matter]`.
"""

from denghuo.apps.organization import ports

SOURCES: list[str] = [
    "customers.queries:customer_moments",
    "orders.queries:customer_moments",
    "crews.queries:customer_moments",
    "continuity.queries:customer_moments",
    "hotline.queries:customer_moments",
]


MATTERS: list[str] = ["orders.queries:open_matters"]


def connect(sources: list[str], matters: list[str]) -> None:
    """Have the customer file ask these. They are imported when they are first asked."""
    ports.ask("customers.moments", sources)
    ports.ask("customers.matters", matters)
