"""What customers do at their own door, beside asking for something, which is an order."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CustomerSaid:
    """Who reported says how it stands: ``back``, ``still_out``, ``urge`` or ``withdraw``."""

    order_id: int
    says: str
