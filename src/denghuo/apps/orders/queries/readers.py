"""Who may read an order that accuses somebody: whoever took it, whoever was given it, and those above."""

from dataclasses import dataclass

from django.db.models import Q

from denghuo.apps.orders.models import Kind
from denghuo.apps.organization.access import within

# A report of misconduct is about one of us, and names who told it: it is not for everybody who works on orders.
CONFIDENTIAL = (Kind.MISCONDUCT,)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who reads orders: their user name, and the units whose orders they supervise."""

    username: str
    above: tuple[str, ...] = ()


def readable(reader: Reader | None, *, field: str = "") -> Q:
    """Orders that a reader may see, of those within reach; nobody in particular (None) sees nothing confidential.
    ``field`` is the way to the order from another row, such as ``order__``."""
    plain = ~Q(**{f"{field}kind__in": CONFIDENTIAL})
    if reader is None:
        return plain
    own = Q(**{f"{field}first_asked": reader.username}) | Q(**{f"{field}handler": reader.username})
    return plain | own | within(reader.above, field=f"{field}unit__path")
