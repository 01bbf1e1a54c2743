"""What customers are called where only their reference stands, and who has a number: for the pages of others."""

from collections.abc import Collection

from denghuo.apps.customers.models import Account
from denghuo.apps.customers.queries.customers import customers_by_id

_OF = "customers.account:"


def names_of_refs(refs: Collection[str]) -> dict[str, str]:
    """Number and masked name by reference, of those who are known."""
    keys = [ref.removeprefix(_OF) for ref in refs if ref.startswith(_OF)]
    found = customers_by_id(int(key) for key in keys if key.isascii() and key.isdecimal())
    return {one.ref: f"{one.number} {one.name}".strip() for one in found.values()}


def refs_by_number(number: str, unit_path: str) -> list[str]:
    """The accounts with this number in a unit or below it."""
    ids = Account.objects.filter(number=number, unit__path__startswith=unit_path).values_list("pk", flat=True)
    return [f"{_OF}{pk}" for pk in ids]
