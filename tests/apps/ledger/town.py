"""Facts of a town that lights its lamps."""

from dataclasses import dataclass
from datetime import UTC, datetime

from denghuo.apps.ledger import registry

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class LampLit:
    number: int
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class LampCounted:
    number: int


for _fact_class in (LampLit, LampCounted):
    registry.register(_fact_class, context="town")
