"""Whose number it is: by the customer file, else by the exchange's table of numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from denghuo.adapters.phones import plain_number
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import Carer, Phone
from denghuo.apps.customers.queries import Customer
from denghuo.apps.hotline.models import Call, CallerNumber, Exchange
from denghuo.apps.sealed import masked_name

NOBODY = 0  # who calls is none of those that their number is known of
_MOST = 12
_DOOR = re.compile(r"\d+(?=(号|室|户)?$)")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Whose number it is, as it may be shown: names and doors are masked.

    ``customer`` is the account in the customer file; None: only the table of numbers knows the number, and ``note`` is
    what it says. ``carer`` is who calls for somebody they look after: their name, and what they are to them.
    ``called_at``: nobody knows the number as theirs; somebody called from it for them then.
    """

    name: str
    account: str
    address: str
    load_code: str
    unit_id: int
    note: str = ""
    customer: Customer | None = None
    carer: str = ""
    called_at: datetime | None = None

    @property
    def account_id(self) -> int | None:
        """The account in the customer file."""
        return self.customer.account_id if self.customer else None


def callers_of(exchange: Exchange, number: str) -> tuple[Caller, ...]:
    """Everybody a number is known of: accounts of the exchange's unit and below that somebody is still supplied under,
    else those that are closed, else whom the table names."""
    if not number:
        return ()
    found = customers.by_phone([str(exchange.unit.path)], number)
    found = [one for one in found if one.closed_date is None] or found
    if found:
        carers = _carers(found, number)
        return tuple(told_of(one, carer=carers.get(one.account_id, "")) for one in found[:_MOST])
    rows = CallerNumber.objects.filter(number=number, unit__path__startswith=str(exchange.unit.path))
    row = rows.first()
    return (_of_table(row),) if row else ()


def caller_of(call: Call) -> Caller | None:
    """Whose number a call came from: the first of those."""
    return next(iter(callers_of(call.exchange, call.caller)), None)


def caller_on(exchange: Exchange, account_id: int) -> Caller | None:
    """An account of the exchange's unit and below, as a caller is told; None: there is none, or it is elsewhere."""
    found = customers.customer([str(exchange.unit.path)], account_id)
    return told_of(found) if found else None


def told_of(customer: Customer, *, carer: str = "") -> Caller:
    """An account as a caller is told."""
    return Caller(
        name=customer.name,
        account=customer.number,
        address=customer.address,
        load_code=customer.load_code,
        unit_id=customer.unit_id,
        customer=customer,
        carer=carer,
    )


def _carers(found: Sequence[Customer], number: str) -> dict[int, str]:
    """For which of these accounts a number is that of somebody who looks after them, and who that is."""
    ids = [one.account_id for one in found if one.care_kind]
    if not ids:
        return {}
    rows = Carer.objects.filter(care__account__in=ids, care__ended_at=None)
    told = rows.values_list("care__account_id", "number", "name", "relation")
    plain = plain_number(number)
    return {
        account_id: " ".join(filter(None, (masked_name(name), relation)))
        for account_id, own, name, relation in told
        if plain_number(own) == plain
    }


def _of_table(row: CallerNumber) -> Caller:
    return Caller(
        name=masked_name(row.name),
        account=row.account,
        address=_DOOR.sub(lambda found: "*" * len(found[0]), row.address),
        load_code=row.load_code,
        unit_id=row.unit_id,
        note=row.note,
    )


def numbers_of(account_id: int) -> list[str]:
    """The numbers of whoever has an account, to find their calls by; never shown."""
    rows = Phone.objects.filter(person__accounts=account_id).values_list("number", flat=True)
    return [plain_number(number) for number in rows]
