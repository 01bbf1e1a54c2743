"""Every read of the ledger that others may use."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from denghuo.apps.ledger import codec, registry
from denghuo.apps.ledger.models import Delivery, Fact


@dataclass(frozen=True, kw_only=True)
class RecordedFact:
    """A fact with where and when it stands in the ledger."""

    id: int
    kind: str
    at: datetime
    actor: str
    fact: Any


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What is still owed. `oldest_at` is when the oldest open fact happened, None if nothing is open."""

    open: int
    failing: int  # open, and tried without success at least once
    parked: int
    oldest_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ParkedDelivery:
    """A delivery given up after the last attempt, for a person to look at."""

    id: int
    fact_id: int
    kind: str
    reaction: str
    attempts: int
    parked_at: datetime
    error: str


def load(fact: Fact) -> Any:
    """Return the dataclass that was recorded."""
    return codec.parse(registry.class_of(fact.kind), fact.data)


def facts(
    *, after_id: int = 0, classes: Iterable[type] | None = None, since: datetime | None = None, limit: int = 1_000
) -> list[RecordedFact]:
    """Return facts in order, of these classes or of all, from the one after `after_id`."""
    rows = Fact.objects.filter(id__gt=after_id)
    if classes is not None:
        rows = rows.filter(kind__in=[registry.kind_of(fact_class) for fact_class in classes])
    if since is not None:
        rows = rows.filter(at__gte=since)
    return [
        RecordedFact(id=row.id, kind=row.kind, at=row.at, actor=row.actor, fact=load(row))
        for row in rows.order_by("id")[:limit]
    ]


def backlog() -> Backlog:
    """Count what is open, failing and parked, for a health page."""
    is_open = Q(done_at__isnull=True, parked_at__isnull=True)
    counts = Delivery.objects.filter(done_at__isnull=True).aggregate(
        open=Count("pk", filter=is_open),
        failing=Count("pk", filter=is_open & ~Q(error="")),
        parked=Count("pk", filter=Q(parked_at__isnull=False)),
        oldest_at=Min("fact__at", filter=is_open),
    )
    return Backlog(**counts)


def parked(*, limit: int = 100) -> list[ParkedDelivery]:
    """Return the deliveries that wait for a person, oldest fact first."""
    rows = Delivery.objects.filter(parked_at__isnull=False).select_related("fact").order_by("fact_id", "id")
    return [
        ParkedDelivery(
            id=row.pk,
            fact_id=row.fact_id,
            kind=row.fact.kind,
            reaction=row.reaction,
            attempts=row.attempts,
            parked_at=row.parked_at,
            error=row.error,
        )
        for row in rows[:limit]
        if row.parked_at is not None
    ]
