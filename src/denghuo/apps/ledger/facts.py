"""What happens in the ledger itself."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DeliveryRetried:
    """Somebody had a parked delivery tried again."""

    delivery_id: int
    fact_id: int
    reaction: str
