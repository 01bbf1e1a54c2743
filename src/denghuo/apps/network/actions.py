"""Every write to the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.network.facts import (
    NetworkImported,
    SwitchingCorrected,
    SwitchingLogImported,
    SwitchingRecorded,
)
from denghuo.apps.network.models import Network, SwitchingOperation
from denghuo.apps.network.queries.changes import known_operations
from denghuo.apps.network.snapshot import store_grid
from denghuo.engines.grid import Grid

_BATCH = 2_000
_CHANGES = ("added", "changed", "retired")


@dataclass(frozen=True, kw_only=True)
class OperationRow:
    """One switching operation as it is told: which device, which way, when, for which event."""

    device_code: str
    closes: bool
    operated_at: datetime
    event_number: str = ""
    note: str = ""


@transaction.atomic
def import_network(
    *,
    unit_id: int,
    name: str,
    grid: Grid,
    source_name: str,
    digest: str,
    at: datetime,
    actor: str,
) -> Network:
    """Take a checked grid in as the network of a unit: all of it or nothing.

    Components are matched by code: known ones are updated, new ones added, missing ones retired. A file that changes
    nothing, such as the same one again, makes no revision and records nothing.
    """
    network, _ = Network.objects.select_for_update().get_or_create(unit_id=unit_id, defaults={"name": name})
    if network.digest == digest:
        return network
    changes = store_grid(network=network, grid=grid, at=at).values()
    added, changed, retired = (sum(len(getattr(one, name)) for one in changes) for name in _CHANGES)
    if network.revision and not added + changed + retired:
        return network
    network.name = name
    network.revision += 1
    network.model_key = uuid4()
    network.source_name, network.digest, network.imported_at = source_name, digest, at
    network.save()
    fact = NetworkImported(
        network_id=network.pk,
        revision=network.revision,
        source_name=source_name,
        digest=digest,
        added=added,
        changed=changed,
        retired=retired,
    )
    record(fact, at=at, actor=actor)
    return network


@transaction.atomic
def record_switching(
    *,
    network_id: int,
    device_code: str,
    closes: bool,
    operated_at: datetime,
    event_number: str,
    note: str,
    at: datetime,
    actor: str,
) -> SwitchingOperation:
    """Write one operation into the log. An unknown device is kept as told and shows up in the findings.

    The same told once more, as by a form that was sent twice, changes nothing and records nothing.
    """
    _turn_page(network_id)
    same = SwitchingOperation.objects.filter(
        network_id=network_id,
        device_code=device_code,
        closes=closes,
        operated_at=operated_at,
        event_number=event_number,
        corrected_by=None,
        void=False,
    ).first()
    if same:
        return same
    operation = SwitchingOperation.objects.create(
        network_id=network_id,
        device_code=device_code,
        closes=closes,
        operated_at=operated_at,
        event_number=event_number,
        note=note,
        recorded_at=at,
        recorded_by=actor,
    )
    record(
        SwitchingRecorded(
            network_id=network_id,
            operation_id=operation.pk,
            device_code=device_code,
            closes=closes,
            operated_at=operated_at,
            event_number=event_number,
        ),
        at=at,
        actor=actor,
    )
    return operation


class Confirmed(Protocol):
    """The fact that somebody knows a device to be open: which, since when, and the number of the outage."""

    @property
    def network_id(self) -> int: ...
    @property
    def device_code(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def number(self) -> str: ...


def follow_confirmation(fact: Confirmed, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: what was confirmed to be open stands in the log."""
    del delivery_key  # nothing leaves the database
    record_switching(
        network_id=fact.network_id,
        device_code=fact.device_code,
        closes=False,
        operated_at=fact.opened_at,
        event_number=fact.number,
        note="",
        at=at,
        actor=actor,
    )


class Cleared(Protocol):
    """The fact that a device was closed again: which, when, and the number of the outage."""

    @property
    def network_id(self) -> int: ...
    @property
    def device_code(self) -> str: ...
    @property
    def closed_at(self) -> datetime: ...
    @property
    def number(self) -> str: ...


def follow_clearing(fact: Cleared, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: what was closed in the field stands in the log."""
    del delivery_key  # nothing leaves the database
    record_switching(
        network_id=fact.network_id,
        device_code=fact.device_code,
        closes=True,
        operated_at=fact.closed_at,
        event_number=fact.number,
        note="",
        at=at,
        actor=actor,
    )


@transaction.atomic
def correct_switching(
    *, operation_id: int, right: OperationRow | None, note: str, at: datetime, actor: str
) -> SwitchingOperation:
    """Correct a row of the log by a new row; with ``right=None`` the row is taken out. What follows from it changes
    with it. A number that the row got because none was told stays with it while none is told, and so do the outage's
    kind and cause.

    Raises:
        SwitchingOperation.DoesNotExist: no such row.
        django.db.IntegrityError: the row has been corrected before; correct its correction instead.
    """
    wrong = SwitchingOperation.objects.select_for_update().get(pk=operation_id)
    _turn_page(wrong.network_id)
    shown = right or OperationRow(
        device_code=wrong.device_code,
        closes=wrong.closes,
        operated_at=wrong.operated_at,
        event_number=wrong.event_number,
        note=note,
    )
    correction = SwitchingOperation.objects.create(
        network_id=wrong.network_id,
        device_code=shown.device_code,
        closes=shown.closes,
        operated_at=shown.operated_at,
        event_number=shown.event_number or _given_number(wrong),
        note=note,
        corrects=wrong,
        void=right is None,
        recorded_at=at,
        recorded_by=actor,
    )
    fact = SwitchingCorrected(
        network_id=wrong.network_id,
        operation_id=correction.pk,
        corrected_operation_id=wrong.pk,
        void=right is None,
    )
    record(fact, at=at, actor=actor)
    return correction


@transaction.atomic
def import_switching_log(
    *,
    network_id: int,
    rows: Sequence[OperationRow],
    at: datetime,
    actor: str,
    source_name: str = "",
    digest: str = "",
) -> list[SwitchingOperation]:
    """Take a batch of operations in under one fact.

    Rows already in the log (same device, deed, instant) are left out, also those that were corrected since.
    """
    _turn_page(network_id)  # two imports of one file at once: the second waits here, and then sees the first
    known = known_operations(network_id)
    told = {(row.device_code, row.closes, row.operated_at): row for row in reversed(rows)}
    new = [row for key, row in reversed(told.items()) if key not in known]
    operations = SwitchingOperation.objects.bulk_create(
        [
            SwitchingOperation(
                network_id=network_id,
                device_code=row.device_code,
                closes=row.closes,
                operated_at=row.operated_at,
                event_number=row.event_number,
                note=row.note,
                recorded_at=at,
                recorded_by=actor,
            )
            for row in new
        ],
        batch_size=_BATCH,
    )
    if operations:
        fact = SwitchingLogImported(
            network_id=network_id,
            operation_count=len(operations),
            first_operation_id=operations[0].pk,
            last_operation_id=operations[-1].pk,
            source_name=source_name,
            digest=digest,
        )
        record(fact, at=at, actor=actor)
    return operations


def _given_number(row: SwitchingOperation) -> str:
    """The number that a row, or one that it corrects, got from the log; empty if it was told, or there is none."""
    earlier: SwitchingOperation | None = row
    while earlier:
        if row.number == f"OP-{earlier.pk}":
            return row.number
        earlier = earlier.corrects
    return ""


def _turn_page(network_id: int) -> None:
    """Say that the log of a network is about to change; until this transaction ends, nobody else changes it."""
    Network.objects.filter(pk=network_id).update(log_key=uuid4())
