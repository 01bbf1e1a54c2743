"""What taking a file in would change, and taking it in: all of it or nothing, under one transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from denghuo.adapters.recognition import FileKind
from denghuo.apps.network.actions import import_network, import_switching_log
from denghuo.apps.network.models import Network
from denghuo.apps.network.queries.changes import known_operations, network_changes, network_of_unit
from denghuo.apps.network.snapshot import TableChanges
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.actions import register_outages
from denghuo.apps.outages.queries import kinds_by_number
from denghuo.engines.reliability import OutageKind
from denghuo.main.imports.reading import Reading

_SHOWN_CODES = 12


class NoNetworkError(Exception):
    """A log or a register for a unit that has no network yet."""


class ChangedMeanwhileError(Exception):
    """Somebody else imported between looking and taking in."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one table: how many rows are new, changed, retired or as they were, and the first codes."""

    table: str
    added: int = 0
    changed: int = 0
    retired: int = 0
    same: int = 0
    added_codes: tuple[str, ...] = ()
    changed_codes: tuple[str, ...] = ()
    retired_codes: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything happens at all."""
        return bool(self.added or self.changed or self.retired)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a file would change in the network of a unit, as it stands at ``revision`` (0: none yet)."""

    revision: int
    changes: tuple[Change, ...]

    @property
    def any(self) -> bool:
        """Whether anything would change."""
        return any(change.any for change in self.changes)


def preview(reading: Reading, *, unit: Unit | None) -> Preview:
    """What taking a file in would change. Nothing is stored.

    Raises:
        NoNetworkError: only a network can be taken in where there is none.
    """
    known = network_of_unit(unit.pk) if unit else None
    revision = known.revision if known else 0
    if reading.grid is not None:
        if known and known.digest == reading.digest:
            return Preview(revision=revision, changes=())
        tables = network_changes(network_id=known.pk if known else None, grid=reading.grid)
        changes = tuple(_of_table(name, one) for name, one in tables.items())
        return Preview(revision=revision, changes=changes)
    if known is None:
        raise NoNetworkError
    change = _of_log(reading, known) if reading.kind is FileKind.LOG else _of_register(reading, known)
    return Preview(revision=revision, changes=(change,))


def _of_table(name: str, one: TableChanges) -> Change:
    return Change(
        table=name,
        added=len(one.added),
        changed=len(one.changed),
        retired=len(one.retired),
        same=one.same,
        added_codes=one.added[:_SHOWN_CODES],
        changed_codes=one.changed[:_SHOWN_CODES],
        retired_codes=one.retired[:_SHOWN_CODES],
    )


def _of_log(reading: Reading, known: Network) -> Change:
    there = known_operations(known.pk)
    keys = {(row.device_code, row.closes, row.operated_at) for row in reading.operations}
    events = dict.fromkeys(row.event_number for row in reading.operations if row.event_number)
    new = len(keys - there)
    return Change(
        table="operations", added=new, same=len(reading.operations) - new, added_codes=tuple(events)[:_SHOWN_CODES]
    )


def _of_register(reading: Reading, known: Network) -> Change:
    kinds = kinds_by_number(known.pk)
    new = [entry.number for entry in reading.entries if entry.number not in kinds]
    named = [
        entry.number for entry in reading.entries if kinds.get(entry.number) == OutageKind.UNCLASSIFIED != entry.kind
    ]
    return Change(
        table="outages",
        added=len(new),
        changed=len(named),
        same=len(reading.entries) - len(new) - len(named),
        added_codes=tuple(new[:_SHOWN_CODES]),
        changed_codes=tuple(named[:_SHOWN_CODES]),
    )


@transaction.atomic
def take_in(reading: Reading, *, unit: Unit, revision: int | None, at: datetime, actor: str) -> int:
    """Take a file in for a unit; returns how much was new or changed, 0 where all of it was there already.

    Args:
        revision: the network as it was looked at; None takes it in whatever it is now.

    Raises:
        NoNetworkError: only a network can be taken in where there is none.
        ChangedMeanwhileError: the network is another than the one looked at.
    """
    known = network_of_unit(unit.pk)
    if revision is not None and revision != (known.revision if known else 0):
        raise ChangedMeanwhileError
    told = {"source_name": reading.name, "digest": reading.digest, "actor": actor}
    if reading.grid is not None:
        before = preview(reading, unit=unit)
        import_network(unit_id=unit.pk, name=unit.name, grid=reading.grid, at=at, **told)
        return sum(one.added + one.changed + one.retired for one in before.changes)
    if known is None:
        raise NoNetworkError
    if reading.kind is FileKind.LOG:
        return len(import_switching_log(network_id=known.pk, rows=reading.operations, at=at, **told))
    return register_outages(network_id=known.pk, entries=reading.entries, at=at, **told)
