"""Who knows what an order hangs together with, on one page: the page of an order links to these.

A line names a query as `context.queries:function`, called as

    order_ties(order_id) -> list[Tie]

which tells what in that context belongs to the order (`denghuo.apps.orders.queries.Tie`).
"""

from denghuo.apps.organization import ports

SOURCES: list[str] = ["outages.queries:order_ties", "crews.queries:order_ties", "hotline.queries:order_ties"]


def connect(sources: list[str]) -> None:
    """Have the page of an order ask these. They are imported when they are first asked."""
    ports.ask("orders.ties", sources)
