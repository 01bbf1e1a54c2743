"""A file of customers is taken in: what is new is added, what is different changed, what is the same left alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Prefetch
from django.utils import timezone

from denghuo.adapters.customer_tables import CustomerBlock, CustomerRow
from denghuo.apps import rows
from denghuo.apps.customers import snapshot
from denghuo.apps.customers.facts import CustomersImported
from denghuo.apps.customers.models import (
    Account,
    CustomerImport,
    Meter,
    Person,
    Phone,
    Place,
    Premises,
    SearchKey,
    SupplyPoint,
)
from denghuo.apps.customers.queries.imports import known_accounts, open_ids
from denghuo.apps.ledger.actions import record
from denghuo.apps.organization.models import Unit

_AT_ONCE = 500
_CACHE_KB = 128_000  # of the database's pages while a million rows come in


@dataclass
class _Taken:
    """What an import brought so far."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    named: set[int] = field(default_factory=set)  # accounts of before that the file names
    found_by: snapshot.SearchKeys = field(default_factory=snapshot.SearchKeys)


@transaction.atomic
def import_customers(
    *,
    unit_id: int,
    blocks: Iterable[CustomerBlock],
    source_name: str,
    close_absent: bool = False,
    tell: Callable[[int], None] | None = None,
    at: datetime,
    actor: str,
) -> CustomersImported:
    """Take in a file of a unit's customers, read in blocks; all of it or, if it breaks off, nothing.

    Accounts that the file does not name stay as they are, unless ``close_absent``: then they are closed on this day.
    ``tell`` is told now and then which row of the file has been reached.
    """
    Unit.objects.select_for_update().get(pk=unit_id)
    before = Account.objects.filter(unit_id=unit_id, closed_date=None).count()
    taken, around = _Taken(), _around(unit_id, at, actor)
    with _roomy():
        for block in blocks:
            _take(block.rows, around, taken)
            taken.named.update(_named_by_refused(unit_id, block.refused_numbers, at))
            taken.rows += len(block.rows) + block.refused_count
            taken.refused += block.refused_count
            if tell:
                tell(block.last_row)
        _store_keys(unit_id, taken.found_by)
        closed = _close_absent(unit_id, taken.named, at) if close_absent else 0
    fact = CustomersImported(
        unit_id=unit_id,
        source_name=source_name[:250],
        row_count=taken.rows,
        added_count=taken.added,
        changed_count=taken.changed,
        same_count=taken.same,
        refused_count=taken.refused,
        absent_count=before - len(taken.named),
        closed_count=closed,
    )
    counts = {name: value for name, value in vars(fact).items() if name not in ("unit_id", "source_name")}
    CustomerImport.objects.create(unit_id=unit_id, source_name=fact.source_name, taken_at=at, taken_by=actor, **counts)
    record(fact, at=at, actor=actor)
    return fact


class _roomy:  # noqa: N801 - reads as what it is used for
    """Let SQLite keep more pages in memory meanwhile; PostgreSQL keeps its own."""

    def __enter__(self) -> None:
        self._set(-_CACHE_KB)

    def __exit__(self, *_error: object) -> None:
        self._set(-2_000)

    def _set(self, pages: int) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA cache_size = {pages}")


def _around(unit_id: int, at: datetime, actor: str) -> snapshot.Around:
    return snapshot.Around(
        unit_id=unit_id, at=at, actor=actor, keys=snapshot.keys(), digest=snapshot.row_digest(), places={}, persons={}
    )


def _take(told: Sequence[CustomerRow], around: snapshot.Around, taken: _Taken) -> None:
    """One block: what is known of it is looked up at once."""
    known = known_accounts(around.unit_id, [row.number for row in told])
    taken.named.update(open_ids(known))
    new = [row for row in told if row.number not in known]
    different = [row for row in told if row.number in known and known[row.number].tells(row, around.digest)]
    _learn_places(new, around)
    _learn_places(different, around)
    _learn_persons([*new, *different], around)
    _add(new, around, taken.found_by)
    for start in range(0, len(different), _AT_ONCE):
        part = different[start : start + _AT_ONCE]
        _change({known[row.number].account_id: row for row in part}, around)
    taken.added += len(new)
    taken.changed += len(different)
    taken.same += len(told) - len(new) - len(different)


def _named_by_refused(unit_id: int, numbers: Sequence[str], at: datetime) -> Iterator[int]:
    """A row that cannot be taken in names its account all the same; what this import itself opened was not there."""
    open_before = Account.objects.filter(unit_id=unit_id, closed_date=None).exclude(changed_at=at)
    for start in range(0, len(numbers), _AT_ONCE):
        yield from open_before.filter(number__in=numbers[start : start + _AT_ONCE]).values_list("pk", flat=True)


def _learn_places(told: Iterable[CustomerRow], around: snapshot.Around) -> None:
    """The places of rows by name, those not known before as well."""
    names = sorted({snapshot.place_of(row) for row in told} - around.places.keys())
    if not names:
        return
    here = Place.objects.filter(unit_id=around.unit_id)
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        around.places.update(here.filter(name__in=part).values_list("name", "pk"))
        missing = [Place(unit_id=around.unit_id, name=name) for name in part if name not in around.places]
        Place.objects.bulk_create(missing)
        around.places.update(here.filter(name__in=[one.name for one in missing]).values_list("name", "pk"))


def _learn_persons(asked: Iterable[CustomerRow], around: snapshot.Around) -> None:
    """The persons whose number is told and known. They are looked up block by block: the last block made some of
    them."""
    around.persons.clear()
    numbers = sorted({row.person_number for row in asked if row.person_number})
    for start in range(0, len(numbers), _AT_ONCE):
        rows_ = Person.objects.filter(unit_id=around.unit_id, number__in=numbers[start : start + _AT_ONCE])
        told = rows_.only("pk", "number", "name", "kind")
        around.persons.update({one.number: snapshot.Named(one.pk, one.name, one.kind) for one in told})


def _add(told: Sequence[CustomerRow], around: snapshot.Around, found_by: snapshot.SearchKeys) -> None:
    if not told:
        return
    ids = snapshot.NewKeys(
        persons=rows.reserve(Person, len(told)),
        premises=rows.reserve(Premises, len(told)),
        accounts=rows.reserve(Account, len(told)),
        points=rows.reserve(SupplyPoint, len(told)),
    )
    for table, values in snapshot.new_rows(told, around, ids, found_by).items():
        if values:
            rows.insert_values(table, snapshot.COLUMNS[table], values)


def _store_keys(unit_id: int, found_by: snapshot.SearchKeys) -> None:
    values = ((key, unit_id, account) for key, account in found_by.in_order())
    rows.insert_values(SearchKey, ("key", "unit", "account"), values)


def _change(told: dict[int, CustomerRow], around: snapshot.Around) -> None:
    """Known accounts for which a row says something else."""
    known = Account.objects.filter(pk__in=told).select_related("person", "premises", "important")
    main = Prefetch("supply_points", SupplyPoint.objects.filter(position=0).prefetch_related("meters"))
    found = snapshot.Changes()
    accounts = list(known.prefetch_related("person__phones", main, "person__accounts__premises"))
    for account in accounts:
        if account.person.anonymized_at is not None:
            _somebody_new(account, told[account.pk])
        siblings = [one for one in account.person.accounts.all() if one.pk != account.pk] + [account]
        snapshot.changed(account, told[account.pk], around, found, siblings)
    _write_changes(found, around.unit_id, around.at)


def _somebody_new(account: Account, row: CustomerRow) -> None:
    """Whoever is told of an account whose person was forgotten is somebody else."""
    account.person = Person.objects.create(unit_id=account.unit_id, kind=snapshot.kind_of(row), name="")
    account.save(update_fields=["person"])


def _write_changes(found: snapshot.Changes, unit_id: int, at: datetime) -> None:
    """Write what is different."""
    for table, values in found.updated.items():
        rows.update(table, snapshot.UPDATED[table], values)
    _delete(Phone, found.gone_phones)
    day = timezone.localdate(at)
    rows.update(Meter, ("removed_date",), ((day, meter_id) for meter_id in found.removed_meters))
    for table, values in found.added.items():
        rows.insert_values(table, snapshot.COLUMNS[table], values)
    snapshot.replace_keys(unit_id, new=found.new_keys, old=found.old_keys)


def _delete(model: type[Any], ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        model.objects.filter(pk__in=ids[start : start + _AT_ONCE]).delete()


def _close_absent(unit_id: int, named: set[int], at: datetime) -> int:
    """Close the accounts that the file does not name. A row told again later opens one: its digest is forgotten.

    What this import added has been named as well, though it was not there before.
    """
    rows_ = Account.objects.filter(unit_id=unit_id, closed_date=None).exclude(changed_at=at)
    absent = [pk for pk in rows_.values_list("pk", flat=True).iterator() if pk not in named]
    day = timezone.localdate(at)
    rows.update(Account, ("closed_date", "digest", "changed_at"), ((day, None, at, pk) for pk in absent))
    return len(absent)
