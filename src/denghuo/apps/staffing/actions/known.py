"""Known days and the weather, as people tell them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.staffing.facts import KnownDaysAdded, KnownDaysChanged, KnownDaysWithdrawn, WeatherImported
from denghuo.apps.staffing.models import KnownDays, KnownKind, WeatherDay

_BATCH = 200


@dataclass(frozen=True, kw_only=True)
class KnownEntry:
    """Days on which something moves the calls, as somebody tells them."""

    kind: KnownKind
    first: date
    last: date
    size: float = 1.0
    note: str = ""
    source: str


def _told(row: KnownDays) -> dict[str, Any]:
    return {
        "known_id": row.pk,
        "unit_id": row.unit_id,
        "kind": str(row.kind),
        "first": row.first,
        "last": row.last,
        "size": row.size,
        "source": row.source,
    }


@transaction.atomic
def add_known_days(*, unit_id: int, entry: KnownEntry, at: datetime, actor: str) -> KnownDays:
    """Say that something will move the calls of these days, or did.

    Raises:
        django.db.IntegrityError: they end before they begin, or the size is not above 0.
    """
    row = KnownDays.objects.create(unit_id=unit_id, **vars(entry))
    record(KnownDaysAdded(**_told(row)), at=at, actor=actor)
    return row


@transaction.atomic
def change_known_days(*, known_id: int, entry: KnownEntry, at: datetime, actor: str) -> KnownDays:
    """Say it otherwise; the fact holds what stands now, the one before what stood.

    Raises:
        KnownDays.DoesNotExist: withdrawn meanwhile.
        django.db.IntegrityError: they end before they begin, or the size is not above 0.
    """
    row = KnownDays.objects.select_for_update().get(pk=known_id)
    for name, value in vars(entry).items():
        setattr(row, name, value)
    row.save()
    record(KnownDaysChanged(**_told(row)), at=at, actor=actor)
    return row


@transaction.atomic
def withdraw_known_days(*, known_id: int, at: datetime, actor: str) -> None:
    """Take it back: what is forecast from then on knows nothing of it.

    Raises:
        KnownDays.DoesNotExist: withdrawn already.
    """
    row = KnownDays.objects.get(pk=known_id)
    fact = KnownDaysWithdrawn(known_id=row.pk, unit_id=row.unit_id, kind=str(row.kind), first=row.first, last=row.last)
    row.delete()
    record(fact, at=at, actor=actor)


@dataclass(frozen=True, kw_only=True)
class WeatherEntry:
    """The weather of a day; None is not known."""

    date: date
    hottest_c: float | None = None
    rain_mm: float | None = None
    wind_ms: float | None = None


@transaction.atomic
def import_weather(*, unit_id: int, entries: Sequence[WeatherEntry], source: str, at: datetime, actor: str) -> int:
    """Take the weather of days over; what was known of these days is replaced. How many days."""
    if not entries:
        return 0
    days = sorted(one.date for one in entries)
    rows = [WeatherDay(unit_id=unit_id, source=source, **vars(one)) for one in entries]
    WeatherDay.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["unit", "date"],
        update_fields=["hottest_c", "rain_mm", "wind_ms", "source"],
    )
    fact = WeatherImported(unit_id=unit_id, first=days[0], last=days[-1], day_count=len(rows), source=source)
    record(fact, at=at, actor=actor)
    return len(rows)
