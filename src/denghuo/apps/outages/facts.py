"""What happens to outages."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class OutageRegistered:
    outage_id: int
    network_id: int
    number: str
    kind: int
    cause: int
    planned_start_at: datetime | None
    planned_end_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OutagesRegistered:
    """A batch of outages from a register, one fact for all."""

    network_id: int
    outage_count: int
    source_name: str = ""
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class OutageClassified:
    outage_id: int
    network_id: int
    number: str
    kind: int
    cause: int


@dataclass(frozen=True, kw_only=True)
class SupplyChanged:
    """The log now says something else about these outages: begun, restored in part or in whole, or corrected."""

    network_id: int
    outage_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class OutageClosed:
    """Supply has come back to the last load of an outage."""

    outage_id: int
    network_id: int
    number: str
    restored_at: datetime
