"""Who knows what bears on an order, on one page: the evidence of an order is gathered from these.

A line names a query as `context.queries:function`, called as

    order_exhibits(order_id) -> list[Exhibit]

which tells what that context recorded (`denghuo.apps.orders.queries.Exhibit`).
"""

from denghuo.apps.organization import ports

SOURCES: list[str] = [
    "crews.queries:order_exhibits",
    "outages.queries:order_exhibits",
    "hotline.queries:order_exhibits",
]


def connect(sources: list[str]) -> None:
    """Have the evidence of orders ask these. They are imported when they are first asked."""
    ports.ask("orders.exhibits", sources)
