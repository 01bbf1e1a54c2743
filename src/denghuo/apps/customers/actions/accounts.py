"""Accounts are opened, put right, cut off, connected again, closed."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from denghuo.apps.customers import snapshot
from denghuo.apps.customers.facts import (
    AccountClosed,
    AccountCorrected,
    AccountOpened,
    ImportantUserSet,
    SupplyCut,
    SupplyPointAdded,
    SupplyReconnected,
)
from denghuo.apps.customers.models import (
    Account,
    Boundary,
    Category,
    CutReason,
    FileChange,
    ImportantUser,
    Meter,
    Person,
    PersonKind,
    Place,
    Premises,
    SupplyChange,
    SupplyPoint,
    SupplyState,
)
from denghuo.apps.customers.queries import may_be_cut
from denghuo.apps.ledger.actions import record

_OF_POINT = ("load_code", "voltage", "capacity_kva", "boundary", "boundary_note")


@dataclass(frozen=True, kw_only=True)
class AccountEntry:
    """An account as somebody writes it down."""

    number: str
    name: str
    kind: PersonKind = PersonKind.PERSON
    address: str
    category: Category = Category.RESIDENTIAL
    load_code: str = ""
    meter_number: str = ""
    voltage: str = ""
    capacity_kva: float | None = None
    boundary: Boundary | str = ""
    boundary_note: str = ""
    opened_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class ImportantEntry:
    """What makes an account's supply important, and what keeps it going without ours."""

    level: str
    hazardous: bool = False
    second_source: str = ""
    own_kva: float | None = None
    own_tested_date: date | None = None
    note: str = ""


@transaction.atomic
def open_account(*, unit_id: int, entry: AccountEntry, at: datetime, actor: str) -> Account:
    """Open an account for somebody new.

    Raises:
        django.db.IntegrityError: the unit has an account with this number.
    """
    person = Person.objects.create(unit_id=unit_id, kind=entry.kind, name=entry.name)
    where, door = snapshot.split_address(entry.address)
    place, _ = Place.objects.get_or_create(unit_id=unit_id, name=where)
    account = Account.objects.create(
        unit_id=unit_id,
        number=entry.number,
        person=person,
        premises=Premises.objects.create(place=place, door=door),
        category=entry.category,
        opened_date=entry.opened_date,
        changed_at=at,
    )
    point = SupplyPoint.objects.create(account=account, unit_id=unit_id, **_point(entry))
    if entry.meter_number:
        Meter.objects.create(supply_point=point, number=entry.meter_number, installed_date=entry.opened_date)
    found_by = snapshot.keys_of(entry.name, door, snapshot.keys(), company=entry.kind == PersonKind.COMPANY)
    snapshot.replace_keys(unit_id, new=((key, account.pk) for key in found_by), old=())
    record(AccountOpened(account_id=account.pk, unit_id=unit_id), at=at, actor=actor)
    return account


def _point(entry: AccountEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in _OF_POINT}


@transaction.atomic
def correct_account(*, account_id: int, entry: AccountEntry, at: datetime, actor: str) -> tuple[str, ...]:
    """Put right what is written of an account, but for its number; returns what was different.

    A name is put right for every account of the person.
    """
    account = (
        Account.objects.select_for_update(of=("self",)).select_related("person", "premises__place").get(pk=account_id)
    )
    before, was = _keys_by_account(account.person), _in_the_clear(account)
    different = [
        *_correct_person(account.person, entry),
        *_correct_premises(account.premises, account.unit_id, entry),
        *_correct_supply(account, entry),
    ]
    for name in ("category", "opened_date"):
        if getattr(account, name) != getattr(entry, name):
            setattr(account, name, getattr(entry, name))
            different.append(name)
    account.changed_at = at
    account.save(update_fields=["category", "opened_date", "changed_at"])
    after = _keys_by_account(Person.objects.get(pk=account.person_id))
    snapshot.replace_keys(account.unit_id, new=after - before, old=before - after)
    if different:
        now = _in_the_clear(account)
        details = [[name, was.get(name, ""), now.get(name, "")] for name in different]
        _note_change(account, FileChange.What.CORRECTED, details, at=at, actor=actor)
    record(AccountCorrected(account_id=account_id, fields=tuple(different)), at=at, actor=actor)
    return tuple(different)


def _in_the_clear(account: Account) -> dict[str, str]:
    """What the file says of an account and does not seal."""
    point = account.supply_points.order_by("position", "pk").first()
    meter = point.meters.filter(removed_date=None).last() if point else None
    told: dict[str, object] = {"category": account.category, "opened_date": account.opened_date}
    told |= {name: getattr(point, name) for name in _OF_POINT} if point else {}
    told["meter_number"] = meter.number if meter else ""
    return {name: "" if value is None else str(value) for name, value in told.items()}


def _note_change(account: Account, what: str, details: list[list[str]], *, at: datetime, actor: str) -> None:
    FileChange.objects.create(
        person_id=account.person_id, account=account, what=what, details=details, told_at=at, told_by=actor
    )


def _keys_by_account(person: Person) -> set[tuple[int, int]]:
    """What every account of a person is found by."""
    blind, company = snapshot.keys(), person.kind == PersonKind.COMPANY
    accounts = Account.objects.filter(person=person).select_related("premises")
    return {
        (key, account.pk)
        for account in accounts
        for key in snapshot.keys_of(person.name, account.premises.door, blind, company=company)
    }


def _correct_person(person: Person, entry: AccountEntry) -> list[str]:
    different = [name for name in ("name", "kind") if getattr(person, name) != getattr(entry, name)]
    person.name, person.kind = entry.name, entry.kind
    person.save(update_fields=["name", "kind"])
    return different


def _correct_premises(premises: Premises, unit_id: int, entry: AccountEntry) -> list[str]:
    where, door = snapshot.split_address(entry.address)
    if (premises.place.name, premises.door) == (where, door):
        return []
    premises.place, _ = Place.objects.get_or_create(unit_id=unit_id, name=where)
    premises.door = door
    premises.save()
    return ["address"]


def _correct_supply(account: Account, entry: AccountEntry) -> list[str]:
    point = account.supply_points.order_by("position", "pk").first()
    if point is None:
        point = SupplyPoint(account=account, unit_id=account.unit_id)
    told = _point(entry)
    different = [name for name, value in told.items() if getattr(point, name) != value]
    for name, value in told.items():
        setattr(point, name, value)
    point.save()
    meter = point.meters.filter(removed_date=None).last() if point.pk else None
    if entry.meter_number != (meter.number if meter else ""):
        point.meters.filter(removed_date=None).delete()
        if entry.meter_number:
            Meter.objects.create(supply_point=point, number=entry.meter_number)
        different.append("meter_number")
    return different


@transaction.atomic
def add_supply_point(
    *, account_id: int, load_code: str, voltage: str = "", capacity_kva: float | None = None, at: datetime, actor: str
) -> SupplyPoint:
    """Give an account another supply besides its main one."""
    account = Account.objects.select_for_update().get(pk=account_id)
    point = SupplyPoint.objects.create(
        account=account,
        unit_id=account.unit_id,
        load_code=load_code,
        voltage=voltage,
        capacity_kva=capacity_kva,
        position=account.supply_points.count(),
    )
    record(SupplyPointAdded(account_id=account_id, supply_point_id=point.pk), at=at, actor=actor)
    return point


@transaction.atomic
def set_supply_state(
    *,
    account_id: int,
    state: SupplyState,
    reason: CutReason | str = "",
    since_date: date | None = None,
    record_number: str = "",
    at: datetime,
    actor: str,
) -> bool:
    """Say that an account was cut off, why and on what paper, or connected again; False: it was so already.

    Raises:
        ValueError: a cut without a reason or a day; or, for arrears, of somebody who needs special care and whose entry
            was not reviewed shortly before.
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    if state == SupplyState.CUT and not (reason and since_date):
        raise ValueError("a cut needs a reason and a day")
    if state == SupplyState.CUT and not may_be_cut(account_id, reason, at=at):
        raise ValueError("special care, not reviewed")
    told = (state, reason, since_date, record_number) if state == SupplyState.CUT else (state, "", None, "")
    before = (account.supply_state, account.cut_reason, account.cut_since_date, account.cut_record)
    if before == told:
        return False
    account.supply_state, account.cut_reason, account.cut_since_date, account.cut_record = told
    account.changed_at = at
    account.save()
    SupplyChange.objects.create(
        account=account,
        state=state,
        reason=told[1],
        since_date=told[2],
        record=record_number,
        told_at=at,
        told_by=actor,
    )
    if state == SupplyState.CUT:
        assert since_date is not None
        cut = SupplyCut(
            account_id=account_id, unit_id=account.unit_id, reason=reason, since_date=since_date, record=record_number
        )
        record(cut, at=at, actor=actor)
    else:
        again = SupplyReconnected(
            account_id=account_id, unit_id=account.unit_id, was_reason=before[1], record=record_number
        )
        record(again, at=at, actor=actor)
    return True


@transaction.atomic
def set_important(*, account_id: int, entry: ImportantEntry, at: datetime, actor: str) -> None:
    """Say how important an account's supply is; without a level it is like any other."""
    before = ImportantUser.objects.filter(account_id=account_id).values_list("level", flat=True).first() or ""
    if before != entry.level:
        row = Account.objects.get(pk=account_id)
        _note_change(row, FileChange.What.IMPORTANT, [["level", before, entry.level]], at=at, actor=actor)
    if entry.level:
        ImportantUser.objects.update_or_create(account_id=account_id, defaults=vars(entry))
    else:
        ImportantUser.objects.filter(account_id=account_id).delete()
    record(ImportantUserSet(account_id=account_id, level=entry.level), at=at, actor=actor)


@transaction.atomic
def close_account(*, account_id: int, closed_date: date, at: datetime, actor: str) -> bool:
    """Nobody is supplied under an account any more; False: it was closed already."""
    account = Account.objects.select_for_update().get(pk=account_id)
    if account.closed_date is not None:
        return False
    account.closed_date, account.digest, account.changed_at = closed_date, None, at
    account.save(update_fields=["closed_date", "digest", "changed_at"])
    record(AccountClosed(account_id=account_id, closed_date=closed_date), at=at, actor=actor)
    return True
