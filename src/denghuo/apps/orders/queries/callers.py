"""Orders by the number of who called; and the numbers in the clear, for sending and for nothing else."""

from collections.abc import Iterable

from denghuo.adapters.phones import digits_of
from denghuo.apps.customers import queries as customers
from denghuo.apps.orders.models import Order
from denghuo.apps.orders.queries.readers import Reader, readable
from denghuo.apps.organization.access import within
from denghuo.apps.sealed import blind

CALLER_INDEX = "orders.order.caller"
_AT_ONCE = 500


def orders_of_caller(scope: Iterable[str], number: str, *, limit: int, reader: Reader | None) -> list[Order]:
    """What a telephone number ever asked for within a scope that may be read, open or over, the newest first."""
    digits = digits_of(number)
    if not digits:
        return []
    rows = Order.objects.filter(within(scope, field="unit__path"), readable(reader))
    rows = rows.filter(caller_index=blind(digits, context=CALLER_INDEX))
    return list(rows.order_by("-received_at", "-pk")[:limit])


def callers_of(order_ids: Iterable[int]) -> dict[int, str]:
    """The number that each order's customer can be reached at: what was told, else their own in the customer file,
    if they agreed to that; orders without one are not among them."""
    ids = list(order_ids)
    parts = (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))
    columns = ("pk", "caller", "account_id")
    rows = [row for part in parts for row in Order.objects.filter(pk__in=part).values_list(*columns)]
    silent = {account_id for _pk, number, account_id in rows if not number and account_id is not None}
    filed = customers.reach_of(silent, purpose="outage") if silent else {}
    own = {key: next((one.number for one in of if one.consented and not one.carer), "") for key, of in filed.items()}
    numbers = ((pk, number or own.get(account_id, "")) for pk, number, account_id in rows)
    return {pk: number for pk, number in numbers if number}
