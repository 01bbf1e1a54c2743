"""Every read of the books that others may use."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from denghuo.apps.continuity.queries.books import BREAKDOWNS, Books, Breakdown, RepeatedLoad, Unknown, View, open_books
from denghuo.apps.continuity.queries.moments import customer_moments
from denghuo.apps.continuity.queries.rows import FILTERS, Part, PartList, interruptions, parts
from denghuo.apps.continuity.queries.targets import target_hours_per_user, targets_within
from denghuo.engines.reliability import IndexTable

__all__ = [
    "BREAKDOWNS",
    "FILTERS",
    "Books",
    "Breakdown",
    "Part",
    "PartList",
    "RepeatedLoad",
    "Unknown",
    "View",
    "breakdown",
    "customer_moments",
    "indices",
    "interruptions",
    "open_books",
    "parts",
    "repeated_loads",
    "served",
    "target_hours_per_user",
    "targets_within",
]


def _open(view: View, edges: Sequence[datetime]) -> Books:
    return open_books(view, since=edges[0], until=edges[-1])


def served(view: View) -> dict[str, float]:
    """How many users, customers and kVA the networks supply."""
    loads = open_books(view, since=view.as_of, until=view.as_of).loads
    return {
        "mv_users": int(loads.mv_users.sum()),
        "lv_customers": int(loads.lv_customers.sum()),
        "kva": float(np.nansum(loads.kva)),
    }


def indices(
    view: View, *, edges: Sequence[datetime], at_least: Sequence[int] = (), longer_than_h: Sequence[float] = ()
) -> IndexTable:
    """Figures of the networks as a whole, one row per period between the edges."""
    return _open(view, edges).indices(edges, at_least=at_least, longer_than_h=longer_than_h)


def breakdown(view: View, *, edges: Sequence[datetime], by: str) -> Breakdown:
    """Figures by ``feeder``, ``area``, ``kind`` or ``cause``."""
    return _open(view, edges).breakdown(edges, by=by)


def repeated_loads(view: View, *, edges: Sequence[datetime], at_least: int, limit: int = 100) -> list[RepeatedLoad]:
    """Loads that lost supply at least so often between the edges, most often first, then longest."""
    return _open(view, edges).repeated_loads(edges, at_least=at_least, limit=limit)
