"""Who knows of supply and of plans, on one page: contexts below outages ask, and these answer.

By the name of a port, queries as `context.queries:function`:

    orders.still_out    (order_ids) -> Mapping[int, SaysOut]   who says that they are still without supply
    crews.supply        (about) -> Supply | None               since when supply is gone, and since when it is back
    notices.matters     (about) -> datetime | None             since when there is something to tell of
"""

from denghuo.apps.organization import ports

SOURCES: dict[str, list[str]] = {
    "orders.still_out": ["outages.queries:says_still_out"],
    "crews.supply": ["outages.queries:supply_of"],
    "notices.matters": ["outages.queries:matter_since"],
}


def connect(sources: dict[str, list[str]]) -> None:
    """Have each port ask these. They are imported when they are first asked."""
    for port, known in sources.items():
        ports.ask(port, known)
