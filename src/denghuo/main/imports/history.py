"""What was imported, as the ledger tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from denghuo.adapters.recognition import FileKind
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network.facts import NetworkImported, SwitchingLogImported
from denghuo.apps.organization.queries import names_of
from denghuo.apps.outages.facts import OutagesRegistered

_KINDS = {
    NetworkImported: FileKind.NETWORK,
    SwitchingLogImported: FileKind.LOG,
    OutagesRegistered: FileKind.OUTAGES,
}
_MOST = 100_000


@dataclass(frozen=True, kw_only=True)
class Imported:
    """One import: what, into which network, by whom, and how much of it was new, changed or retired."""

    at: datetime
    person: str
    network_name: str
    kind: FileKind
    source_name: str
    added: int
    changed: int
    retired: int


def imports_of(names: Mapping[int, str]) -> list[Imported]:
    """Every import into these networks (names by id), the last first."""
    rows = [row for row in ledger.facts(classes=_KINDS, limit=_MOST) if row.fact.network_id in names]
    people = names_of(row.actor for row in rows)
    return [_imported(row, names[row.fact.network_id], people.get(row.actor, row.actor)) for row in reversed(rows)]


def _imported(row: ledger.RecordedFact, network_name: str, person: str) -> Imported:
    fact, kind = row.fact, _KINDS[type(row.fact)]
    added = {
        FileKind.NETWORK: lambda: fact.added,
        FileKind.LOG: lambda: fact.operation_count,
        FileKind.OUTAGES: lambda: fact.outage_count,
    }[kind]()
    of_network = kind is FileKind.NETWORK
    return Imported(
        at=row.at,
        person=person,
        network_name=network_name,
        kind=kind,
        source_name=fact.source_name,
        added=added,
        changed=fact.changed if of_network else 0,
        retired=fact.retired if of_network else 0,
    )
