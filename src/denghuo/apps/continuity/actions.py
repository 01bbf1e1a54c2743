"""Every write to the books."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F

from denghuo.apps.continuity.facts import FiguresExported, InterruptionsBooked, TargetSet
from denghuo.apps.continuity.models import Booking, Interruption, Target
from denghuo.apps.continuity.snapshot import rows_to_book
from denghuo.apps.ledger.actions import record
from denghuo.apps.network import queries as network
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.facts import OutageClassified, SupplyChanged
from denghuo.engines.reliability import Basis

_BATCH = 1_000


@transaction.atomic
def book_interruptions(*, network_id: int, outage_ids: Sequence[int], at: datetime, actor: str) -> int:
    """Book what the switching log says of these outages in place of what was booked before; returns how many rows."""
    network.hold(network_id)  # two that book an outage at once would both leave their rows
    before = Interruption.objects.filter(outage_id__in=outage_ids)
    years = {started_at.astimezone(UTC).year for started_at in before.values_list("started_at", flat=True)}
    before.delete()
    rows = rows_to_book(network_id, outages.outages_by_id(outage_ids))
    Interruption.objects.bulk_create(rows, batch_size=_BATCH)
    years |= {row.started_at.astimezone(UTC).year for row in rows}
    for year in sorted(years):
        booking, _ = Booking.objects.get_or_create(network_id=network_id, year=year)
        Booking.objects.filter(pk=booking.pk).update(revision=F("revision") + 1)
    fact = InterruptionsBooked(network_id=network_id, outage_ids=tuple(outage_ids), interruption_count=len(rows))
    record(fact, at=at, actor=actor)
    return len(rows)


def follow_supply(fact: SupplyChanged, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: outages began, were restored or were corrected."""
    del delivery_key  # nothing leaves the database
    book_interruptions(network_id=fact.network_id, outage_ids=fact.outage_ids, at=at, actor=actor)


def follow_classification(fact: OutageClassified, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: an outage is now of another kind or cause."""
    del delivery_key  # nothing leaves the database
    book_interruptions(network_id=fact.network_id, outage_ids=[fact.outage_id], at=at, actor=actor)


@transaction.atomic
def set_target(
    *, unit_id: int, year: int, basis: Basis, hours_per_user: float, source: str, at: datetime, actor: str
) -> Target:
    """Set the hours a user of a unit may be without supply in a year, and say where that was written."""
    target, _ = Target.objects.update_or_create(
        unit_id=unit_id, year=year, basis=basis, defaults={"hours_per_user": hours_per_user, "source": source}
    )
    fact = TargetSet(unit_id=unit_id, year=year, basis=basis, hours_per_user=hours_per_user, source=source)
    record(fact, at=at, actor=actor)
    return target


@transaction.atomic
def export_figures(*, network_ids: Sequence[int], query: str, known_until: datetime, at: datetime, actor: str) -> None:
    """Note that figures left the house: whose, by which question, known up to when."""
    fact = FiguresExported(network_ids=tuple(network_ids), query=query, known_until=known_until)
    record(fact, at=at, actor=actor)
