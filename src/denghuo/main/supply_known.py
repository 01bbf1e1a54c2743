"""Who knows of supply, of plans and of names, on one page: contexts below ask, and these answer.

By the name of a port, queries as `context.queries:function`:

    orders.still_out    (order_ids) -> Mapping[int, SaysOut]   who says that they are still without supply
    orders.back_by_log  (order_ids) -> Mapping[int, datetime]  since when the log says that they have supply again
    orders.cause_known  (order_ids) -> Collection[int]         which of them belong to an outage that is known
    crews.supply        (about) -> Supply | None               since when supply is gone, and since when it is back
    notices.matters     (about) -> Matter | None               since when there is something to tell of, and to whom
    notices.names       (refs) -> Mapping[str, str]            what things and people are called, masked
    notices.numbered    (number, unit_path) -> Sequence[str]   who has a number in a unit, by their references
"""

from denghuo.apps.organization import ports

SOURCES: dict[str, list[str]] = {
    "orders.still_out": ["outages.queries:says_still_out"],
    "orders.back_by_log": ["outages.queries:back_by_log"],
    "orders.cause_known": ["outages.queries:cause_known"],
    "crews.supply": ["outages.queries:supply_of"],
    "notices.matters": ["outages.queries.named:matter_of"],
    "notices.names": [
        f"{context}.queries.named:names_of_refs" for context in ("customers", "orders", "crews", "outages")
    ],
    "notices.numbered": ["customers.queries.named:refs_by_number"],
}


def connect(sources: dict[str, list[str]]) -> None:
    """Have each port ask these. They are imported when they are first asked."""
    for port, known in sources.items():
        ports.ask(port, known)
