"""What orders are called where only their reference stands."""

from collections.abc import Collection

from denghuo.apps.orders.models import Order
from denghuo.apps.sealed import masked_name

_OF = "orders.order:"


def names_of_refs(refs: Collection[str]) -> dict[str, str]:
    """Number and masked name of who called, by reference."""
    keys = [ref.removeprefix(_OF) for ref in refs if ref.startswith(_OF)]
    rows = Order.objects.filter(pk__in=[int(key) for key in keys if key.isascii() and key.isdecimal()])
    return {f"{_OF}{row.pk}": f"{row.number} {masked_name(row.contact_name or '')}".strip() for row in rows}
