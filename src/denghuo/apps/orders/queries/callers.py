"""Numbers of callers in the clear: for sending and for nothing else."""

from collections.abc import Iterable

from denghuo.apps.orders.models import Order

_AT_ONCE = 500


def callers_of(order_ids: Iterable[int]) -> dict[int, str]:
    """The number that each order's customer can be reached at; orders without one are not among them."""
    ids = list(order_ids)
    parts = (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))
    return {
        pk: number
        for part in parts
        for pk, number in Order.objects.filter(pk__in=part).values_list("pk", "caller")
        if number
    }
