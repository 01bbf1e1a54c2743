"""Promises while orders are merged: they stay with the order and the customer they were given to, and bind until the
order that it was merged into is over."""

from django.db.models import Q, QuerySet

from denghuo.apps.orders.models import Order, Promise

BINDING = Q(order__closed_at=None) | Q(order__merged_into__isnull=False, order__merged_into__closed_at=None)


def promises_of(order: Order) -> "QuerySet[Promise]":
    """The promises of an order, and of those that were merged into it."""
    return Promise.objects.filter(Q(order=order) | Q(order__merged_into=order))
