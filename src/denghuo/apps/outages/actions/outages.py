"""Outages: entered by people, brought in line with the log, classified."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.network import queries as network
from denghuo.apps.network.facts import (
    NetworkImported,
    SwitchingCorrected,
    SwitchingLogImported,
    SwitchingRecorded,
)
from denghuo.apps.outages import queries
from denghuo.apps.outages.facts import (
    OutageClassified,
    OutageClosed,
    OutageRegistered,
    OutagesRegistered,
    SupplyChanged,
)
from denghuo.apps.outages.models import Cause, Outage
from denghuo.apps.outages.snapshot import SupplySummary, supply_digests, supply_summaries
from denghuo.engines.reliability import OutageKind

_BATCH = 1_000
_DERIVED = (
    "device_code",
    "feeder_id",
    "started_at",
    "restored_at",
    "load_count",
    "mv_users",
    "lv_customers",
    "mv_user_hours",
    "lv_customer_hours",
    "supply_digest",
)


@dataclass(frozen=True, kw_only=True)
class OutageEntry:
    """What people tell of an outage: everything that the switching log cannot know."""

    number: str
    kind: OutageKind
    cause: Cause = Cause.UNKNOWN
    place: str = ""
    note: str = ""
    planned_start_at: datetime | None = None
    planned_end_at: datetime | None = None
    planned_device_codes: str = ""

    def columns(self) -> dict[str, object]:
        """The entry as model fields."""
        return dict(vars(self))

    def classifies(self, outage: Outage) -> bool:
        """Whether it says what nobody has said of this outage yet."""
        return outage.kind == OutageKind.UNCLASSIFIED != self.kind


@transaction.atomic
def register_outage(*, network_id: int, entry: OutageEntry, at: datetime, actor: str) -> Outage:
    """Enter one outage, before it happens (a plan) or after.

    Raises:
        django.db.IntegrityError: the number is taken, or the plan ends before it begins.
    """
    outage = Outage.objects.create(network_id=network_id, entered_at=at, **entry.columns())
    fact = OutageRegistered(
        outage_id=outage.pk,
        network_id=network_id,
        number=entry.number,
        kind=entry.kind,
        cause=entry.cause,
        planned_start_at=entry.planned_start_at,
        planned_end_at=entry.planned_end_at,
    )
    record(fact, at=at, actor=actor)
    return outage


@transaction.atomic
def register_outages(
    *,
    network_id: int,
    entries: Sequence[OutageEntry],
    at: datetime,
    actor: str,
    source_name: str = "",
    digest: str = "",
) -> int:
    """Enter a register of outages under one fact.

    What the switching log told of before anybody said what it was is classified by the register; what somebody has
    classified stays as it is. Returns how many entries were new or classified an outage.
    """
    known = {outage.number: outage for outage in Outage.objects.filter(network_id=network_id).select_for_update()}
    told = {entry.number: entry for entry in reversed(entries)}
    new = [entry for number, entry in reversed(told.items()) if number not in known]
    Outage.objects.bulk_create([Outage(network_id=network_id, **entry.columns()) for entry in new], batch_size=_BATCH)
    named = [entry for entry in told.values() if entry.number in known and entry.classifies(known[entry.number])]
    for entry in named:
        _classify(known[entry.number], entry, at, actor)
    if new or named:
        count = len(new) + len(named)
        fact = OutagesRegistered(network_id=network_id, outage_count=count, source_name=source_name, digest=digest)
        record(fact, at=at, actor=actor)
    return len(new) + len(named)


def _classify(outage: Outage, entry: OutageEntry, at: datetime, actor: str) -> None:
    """Take over what people told of an outage that the switching log found first."""
    for name, value in entry.columns().items():
        setattr(outage, name, value)
    outage.save(update_fields=list(entry.columns()))
    fact = OutageClassified(
        outage_id=outage.pk, network_id=outage.network_id, number=entry.number, kind=entry.kind, cause=entry.cause
    )
    record(fact, at=at, actor=actor)


@transaction.atomic
def classify_outage(
    *, outage_id: int, kind: OutageKind, cause: Cause, place: str, note: str, at: datetime, actor: str
) -> Outage:
    """Say what kind of outage it was and why. Figures booked under the old kind follow."""
    outage = Outage.objects.select_for_update().get(pk=outage_id)
    outage.kind, outage.cause, outage.place, outage.note = kind, cause, place, note
    outage.save(update_fields=["kind", "cause", "place", "note"])
    fact = OutageClassified(
        outage_id=outage.pk, network_id=outage.network_id, number=outage.number, kind=kind, cause=cause
    )
    record(fact, at=at, actor=actor)
    return outage


@transaction.atomic
def refresh_supply(*, network_id: int, at: datetime, actor: str) -> list[int]:
    """Bring the outages in line with what the switching log says now; returns those that changed.

    An event that the register does not know yet becomes an outage not yet classified, waiting for somebody to say; one
    that was a suspected fault has the place of it from the first.
    """
    network.hold(network_id)
    digests = supply_digests(network_id)
    known = dict(Outage.objects.filter(network_id=network_id).values_list("number", "supply_digest"))
    moved = [number for number in known | digests if known.get(number, "") != digests.get(number, "")]
    summaries = supply_summaries(network_id, numbers=[one for one in moved if one in digests], digests=digests)
    outages = _held(network_id, [number for number in moved if number in known])
    lasting = {outage.pk for outage in outages if outage.started_at and not outage.restored_at}
    for outage in outages:
        _take(outage, summaries.get(outage.number))
    Outage.objects.bulk_update(outages, [name.removesuffix("_id") for name in _DERIVED], batch_size=_BATCH)
    new = [Outage(network_id=network_id, number=number) for number in moved if number not in known]
    places = queries.places_of_confirmed(network_id, numbers=[outage.number for outage in new])
    for outage in new:
        _take(outage, summaries[outage.number])
        outage.place = places.get(outage.number, "")
    Outage.objects.bulk_create(new, batch_size=_BATCH)
    _tell(network_id, outages + new, lasting, at, actor)
    return [outage.pk for outage in outages + new]


def _held(network_id: int, numbers: Sequence[str]) -> list[Outage]:
    """These outages, which nobody else changes until the transaction ends."""
    rows = Outage.objects.filter(network_id=network_id).select_for_update()
    batches = (numbers[first : first + _BATCH] for first in range(0, len(numbers), _BATCH))
    return [outage for batch in batches for outage in rows.filter(number__in=batch)]


def follow_network(
    fact: NetworkImported | SwitchingRecorded | SwitchingCorrected | SwitchingLogImported,
    *,
    at: datetime,
    actor: str,
    delivery_key: str,
) -> None:
    """Reaction: the network or its log changed, so the outages may have."""
    del delivery_key  # nothing leaves the database
    refresh_supply(network_id=fact.network_id, at=at, actor=actor)


def _take(outage: Outage, summary: SupplySummary | None) -> None:
    """Set what is derived of an outage."""
    nothing: tuple[object, ...] = ("", None, None, None, 0, 0, 0, None, None, "")
    values = tuple(getattr(summary, name) for name in _DERIVED) if summary else nothing
    for name, value in zip(_DERIVED, values, strict=True):
        setattr(outage, name, value)


def _tell(network_id: int, outages: Sequence[Outage], lasting: set[int], at: datetime, actor: str) -> None:
    """One fact for what changed, and one for each outage that was known to last and is now over."""
    if not outages:
        return
    record(SupplyChanged(network_id=network_id, outage_ids=tuple(one.pk for one in outages)), at=at, actor=actor)
    for outage in outages:
        if outage.pk in lasting and outage.restored_at:
            fact = OutageClosed(
                outage_id=outage.pk, network_id=network_id, number=outage.number, restored_at=outage.restored_at
            )
            record(fact, at=at, actor=actor)
