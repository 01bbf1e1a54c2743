"""What others recorded that bears on an order: crews, calls, messages. Contexts above say so; orders only asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.ports import Port


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """Something that happened, as whoever recorded it tells it.

    ``source`` says whose record it is and ``who`` did it, as a user name or in words; ``recorded_at`` is when it was
    told, where that is another instant; ``position`` is latitude and longitude, "" not known; ``reference`` is what it
    is called where it comes from. No number and no name of a customer stands in it.
    """

    at: datetime
    source: str
    what: str
    who: str = ""
    recorded_at: datetime | None = None
    position: str = ""
    reference: str = ""


# Who knows of an order, by its key.
EXHIBITS: Port[Callable[[int], Sequence[Exhibit]]] = Port("orders.exhibits")


def exhibits_of(order_id: int) -> list[Exhibit]:
    """Everything that others recorded of an order, as it happened, people by what they are called."""
    found = [one for known in EXHIBITS for one in known(order_id)]
    names = organization.names_of({one.who for one in found} - {""})
    return sorted((replace(one, who=names.get(one.who, one.who)) for one in found), key=lambda one: one.at)
