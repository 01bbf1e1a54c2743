"""Rows of a customer file become rows of tables: those of new accounts whole, of known ones what is different."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from django.utils import timezone

from denghuo.adapters.customer_tables import CustomerRow
from denghuo.adapters.phones import kind_of_number
from denghuo.apps.customers.models import (
    Account,
    Category,
    ImportantUser,
    Meter,
    Person,
    PersonKind,
    Phone,
    Premises,
    SearchKey,
    SupplyChange,
    SupplyPoint,
    SupplyState,
)
from denghuo.apps.customers.snapshot.search_keys import Keys, split_address
from denghuo.apps.sealed import keyring

_AT_ONCE = 500
_STRETCH = 50_000
_PERSONS_LENGTH = 4  # characters of a name that is a person's unless it is told otherwise
# Every column of a table, in the order in which values are given.
COLUMNS: dict[type[Any], tuple[str, ...]] = {
    Person: ("id", "unit", "number", "kind", "name", "quiet_from", "quiet_until", "anonymized_at", "forgotten_key"),
    Premises: ("id", "place", "door"),
    Account: (
        "id",
        "unit",
        "number",
        "person",
        "premises",
        "category",
        "opened_date",
        "closed_date",
        "supply_state",
        "cut_reason",
        "cut_since_date",
        "cut_record",
        "digest",
        "changed_at",
    ),
    SupplyPoint: (
        "id",
        "account",
        "unit",
        "load_code",
        "position",
        "voltage",
        "capacity_kva",
        "boundary",
        "boundary_note",
    ),
    Meter: ("supply_point", "number", "multiplier", "installed_date", "removed_date"),
    Phone: (
        "person",
        "number",
        "key",
        "kind",
        "position",
        "for_outages",
        "for_bills",
        "for_news",
        "note",
        "from_file",
        "verified_at",
    ),
    SupplyChange: ("account", "state", "reason", "since_date", "record", "told_at", "told_by"),
    ImportantUser: ("account", "level", "hazardous", "second_source", "own_kva", "own_tested_date", "note"),
}
_LINE = "\x1f"
_USUAL, _CONNECTED, _CUT = Category.RESIDENTIAL.value, SupplyState.CONNECTED.value, SupplyState.CUT.value


def row_digest() -> Callable[[CustomerRow], int]:
    """A function that tells whether a row says the same as another. Keyed, for names and numbers are in it."""
    blind = keyring().blinder("customers.row")
    return lambda row: blind(_LINE.join(map(str, row)))


def forgotten_key(name: str) -> int:
    """Under what a name is known as one to forget."""
    return keyring().blind(name, context="customers.forgotten")


@dataclass
class SearchKeys:
    """The keys of many new accounts, gathered to be put in by their order: so an index grows at one end at a time."""

    keys: "array[int]" = field(default_factory=lambda: array("q"))
    accounts: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, account_id: int, keys: Iterable[int]) -> None:
        """The keys of one account."""
        for key in keys:
            self.keys.append(key)
            self.accounts.append(account_id)

    def in_order(self) -> Iterator[tuple[int, int]]:
        """Keys with their accounts, by key and account; as numbers of Python only a stretch at a time."""
        keys, accounts = (np.frombuffer(told, dtype=np.int64) for told in (self.keys, self.accounts))
        order = np.lexsort((accounts, keys))
        for start in range(0, len(order), _STRETCH):
            part = order[start : start + _STRETCH]
            yield from zip(keys[part].tolist(), accounts[part].tolist(), strict=True)


@dataclass(frozen=True, kw_only=True)
class NewKeys:
    """Keys kept for the new rows of a block, one of each for every new account."""

    persons: Sequence[int]
    premises: Sequence[int]
    accounts: Sequence[int]
    points: Sequence[int]


class Named(NamedTuple):
    """A person who has a number of their own: what a row of theirs says of the name counts only for somebody new."""

    person_id: int
    name: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a block of rows is put into."""

    unit_id: int
    at: datetime
    keys: Keys
    actor: str
    digest: Callable[[CustomerRow], int]
    places: dict[str, int]  # by name
    persons: dict[str, "Named"]  # by number


def place_of(row: CustomerRow) -> str:
    """The name of the place a row's address is in; an address without one has a place without a name."""
    return split_address(row.address)[0]


def kind_of(row: CustomerRow) -> str:
    """Whether a row tells of a person or a company."""
    return row.kind or (PersonKind.PERSON if len(row.name) <= _PERSONS_LENGTH else PersonKind.COMPANY)


def new_rows(
    rows: Sequence[CustomerRow], around: Around, ids: NewKeys, found_by: SearchKeys
) -> dict[type[Any], list[tuple[Any, ...]]]:
    """The values of every table for accounts that are not there yet."""
    made: dict[type[Any], list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
    persons = dict(around.persons)
    for place, row in enumerate(rows):
        person = persons.get(row.person_number) if row.person_number else None
        if person is None:
            person = Named(ids.persons[place], row.name, kind_of(row))
            if row.person_number:
                persons[row.person_number] = person
            _add_person(made, row, around, person.person_id)
        found_by.add(ids.accounts[place], _add_account(made, row, around, ids, place, person))
    return made


def _add_person(made: dict[type[Any], list[tuple[Any, ...]]], row: CustomerRow, around: Around, person_id: int) -> None:
    made[Person].append((person_id, around.unit_id, row.person_number, kind_of(row), row.name, None, None, None, None))
    made[Phone].extend(phone_values(row, person_id, around.keys))


def phone_values(row: CustomerRow, person_id: int, keys: Keys) -> list[tuple[Any, ...]]:
    """The numbers of a row as rows of phones."""
    return [
        (person_id, number, keys.phone(number), kind_of_number(number), place, True, True, False, "", True, None)
        for place, number in enumerate(row.phones)
    ]


def _add_account(
    made: dict[type[Any], list[tuple[Any, ...]]],
    row: CustomerRow,
    around: Around,
    ids: NewKeys,
    place: int,
    person: Named,
) -> set[int]:
    """The rows of one account; returns what it is found by."""
    account_id, premises_id, point_id = ids.accounts[place], ids.premises[place], ids.points[place]
    where, door = split_address(row.address)
    made[Premises].append((premises_id, around.places[where], door))
    made[Account].append(
        (
            account_id,
            around.unit_id,
            row.number,
            person.person_id,
            premises_id,
            row.category or _USUAL,
            row.opened_date,
            None,
            row.supply_state or _CONNECTED,
            row.cut_reason,
            row.cut_since_date,
            row.cut_record,
            around.digest(row),
            around.at,
        )
    )
    point = (point_id, account_id, around.unit_id, row.load_code, 0, row.voltage, row.capacity_kva, row.boundary, "")
    made[SupplyPoint].append(point)
    if row.supply_state == _CUT:
        cut = (row.cut_reason, row.cut_since_date, row.cut_record)
        made[SupplyChange].append((account_id, row.supply_state, *cut, around.at, around.actor))
    if row.meter_number:
        made[Meter].append((point_id, row.meter_number, row.multiplier or 1, None, None))
    if row.important:
        made[ImportantUser].append((account_id, row.important, False, "", None, None, ""))
    return keys_of(person.name, door, around.keys, company=person.kind == PersonKind.COMPANY)


def keys_of(name: str, door: str, keys: Keys, *, company: bool) -> set[int]:
    """What an account is found by."""
    return keys.names(name, company=company) | keys.doors(door)


@dataclass
class Changes:
    """What is different of known accounts, by table: values for an update (last the key), new rows, keys of rows that
    go; and the search keys that come and go, as (key, account)."""

    updated: dict[type[Any], list[tuple[Any, ...]]] = field(default_factory=dict)
    added: dict[type[Any], list[tuple[Any, ...]]] = field(default_factory=dict)
    gone_phones: list[int] = field(default_factory=list)
    removed_meters: list[int] = field(default_factory=list)
    new_keys: list[tuple[int, int]] = field(default_factory=list)
    old_keys: list[tuple[int, int]] = field(default_factory=list)

    def update(self, table: type[Any], values: tuple[Any, ...]) -> None:
        self.updated.setdefault(table, []).append(values)

    def add(self, table: type[Any], values: Iterable[tuple[Any, ...]]) -> None:
        self.added.setdefault(table, []).extend(values)


# What an update of a known account writes of each table.
UPDATED: dict[type[Any], tuple[str, ...]] = {
    Person: ("number", "kind", "name"),
    Premises: ("place", "door"),
    Account: (
        "category",
        "opened_date",
        "closed_date",
        "supply_state",
        "cut_reason",
        "cut_since_date",
        "cut_record",
        "digest",
        "changed_at",
    ),
    SupplyPoint: ("load_code", "voltage", "capacity_kva", "boundary"),
    Meter: ("multiplier",),
    ImportantUser: ("level",),
}


def changed(known: Account, row: CustomerRow, around: Around, found: Changes, siblings: Sequence[Account]) -> None:
    """What a row tells otherwise of a known account. ``known`` has its person with phones, premises and supply points
    with meters; ``siblings`` are the accounts of the same person, itself among them."""
    _changed_account(known, row, around, found)
    _changed_person(known.person, row, around, found)
    _changed_premises(known.premises, row, around, found)
    _changed_supply(known, row, around, found)
    person, (where, door) = known.person, split_address(row.address)
    del where
    kind = row.kind or person.kind
    for account in siblings:
        mine = account.pk == known.pk
        old = keys_of(person.name, account.premises.door, around.keys, company=person.kind == PersonKind.COMPANY)
        after = door if mine else account.premises.door
        new = keys_of(row.name, after, around.keys, company=kind == PersonKind.COMPANY)
        found.old_keys += [(key, account.pk) for key in old - new]
        found.new_keys += [(key, account.pk) for key in new - old]


def _changed_account(known: Account, row: CustomerRow, around: Around, found: Changes) -> None:
    state = (
        (row.supply_state, row.cut_reason, row.cut_since_date, row.cut_record)
        if row.supply_state
        else (known.supply_state, known.cut_reason, known.cut_since_date, known.cut_record)
    )
    if state != (known.supply_state, known.cut_reason, known.cut_since_date, known.cut_record):
        found.add(SupplyChange, [(known.pk, *state, around.at, around.actor)])
    opened = row.opened_date or known.opened_date
    told = (row.category or known.category, opened, None, *state, around.digest(row), around.at, known.pk)
    found.update(Account, told)
    if row.important:
        if not hasattr(known, "important"):
            found.add(ImportantUser, [(known.pk, row.important, False, "", None, None, "")])
        elif known.important.level != row.important:
            found.update(ImportantUser, (row.important, known.important.pk))


def _changed_person(person: Person, row: CustomerRow, around: Around, found: Changes) -> None:
    told = (row.person_number or person.number, row.kind or person.kind, row.name)
    if told != (person.number, person.kind, person.name):
        found.update(Person, (*told, person.pk))
    if not row.phones:
        return
    there = {phone.key: phone for phone in person.phones.all()}
    wanted = phone_values(row, person.pk, around.keys)
    keys = {values[2] for values in wanted}
    found.add(Phone, (values for values in wanted if values[2] not in there))
    found.gone_phones += [phone.pk for key, phone in there.items() if phone.from_file and key not in keys]


def _changed_premises(premises: Premises, row: CustomerRow, around: Around, found: Changes) -> None:
    where, door = split_address(row.address)
    if (around.places[where], door) != (premises.place_id, premises.door):
        found.update(Premises, (around.places[where], door, premises.pk))


def _changed_supply(known: Account, row: CustomerRow, around: Around, found: Changes) -> None:
    point = next(iter(known.supply_points.all()), None)
    if point is None:
        return
    capacity = point.capacity_kva if row.capacity_kva is None else row.capacity_kva
    told = (row.load_code or point.load_code, row.voltage or point.voltage, capacity, row.boundary or point.boundary)
    if told != (point.load_code, point.voltage, point.capacity_kva, point.boundary):
        found.update(SupplyPoint, (*told, point.pk))
    if not row.meter_number:
        return
    there = [meter for meter in point.meters.all() if meter.removed_date is None]
    same = next((meter for meter in there if meter.number == row.meter_number), None)
    if same is None:
        found.removed_meters += [meter.pk for meter in there]
        found.add(Meter, [(point.pk, row.meter_number, row.multiplier or 1, _day(around.at), None)])
    elif row.multiplier and row.multiplier != same.multiplier:
        found.update(Meter, (row.multiplier, same.pk))


def _day(at: datetime) -> date:
    return timezone.localdate(at)


def replace_keys(unit_id: int, *, new: Iterable[tuple[int, int]], old: Iterable[tuple[int, int]]) -> None:
    """Let accounts be found by new keys and no longer by old ones, given as (key, account)."""
    table = connection.ops.quote_name(SearchKey._meta.db_table)
    gone = iter(old)
    with connection.cursor() as cursor:
        while part := [(key, unit_id, account_id) for key, account_id in islice(gone, _AT_ONCE)]:
            cursor.executemany(f"DELETE FROM {table} WHERE key = %s AND unit_id = %s AND account_id = %s", part)
    come = [SearchKey(key=key, unit_id=unit_id, account_id=account_id) for key, account_id in new]
    SearchKey.objects.bulk_create(come, batch_size=_AT_ONCE, ignore_conflicts=True)
