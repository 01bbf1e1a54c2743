"""What happens in the books."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class InterruptionsBooked:
    network_id: int
    outage_ids: tuple[int, ...]
    interruption_count: int


@dataclass(frozen=True, kw_only=True)
class TargetSet:
    unit_id: int
    year: int
    basis: str
    hours_per_user: float
    source: str


@dataclass(frozen=True, kw_only=True)
class FiguresExported:
    """A workbook of figures was handed out. ``query`` is the question as it stands in the page's address."""

    network_ids: tuple[int, ...]
    query: str
    known_until: datetime
