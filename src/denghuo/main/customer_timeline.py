"""Who knows what happened to a customer, on one page: the customer file gathers its timeline from these.

A line names a query as `context.queries:function`, called as

    customer_moments(account_id, load_code, unit_id, *, limit, before) -> list[Moment]

which tells the newest moments before an instant (`denghuo.apps.customers.queries.Moment`).
"""

from denghuo.apps.organization import ports

SOURCES: list[str] = [
    "customers.queries:customer_moments",
    "orders.queries:customer_moments",
    "crews.queries:customer_moments",
    "continuity.queries:customer_moments",
    "hotline.queries:customer_moments",
]


def connect(sources: list[str]) -> None:
    """Have the customer file ask these. They are imported when they are first asked."""
    ports.ask("customers.moments", sources)
