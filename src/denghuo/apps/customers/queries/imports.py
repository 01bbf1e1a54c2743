"""What a file of customers would change, asked before it does; and which files were taken in."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from denghuo.adapters.customer_tables import CustomerBlock, CustomerRow
from denghuo.apps.customers.models import Account, CustomerImport
from denghuo.apps.customers.snapshot import forgotten_key, row_digest
from denghuo.apps.organization.access import within

_AT_ONCE = 900
_MOST_IMPORTS = 50


@dataclass(frozen=True)
class Known:
    """An account that is there, and what the last file told of it."""

    account_id: int
    digest: int | None
    closed: bool
    forgotten_key: int | None

    def tells(self, row: CustomerRow, digest: Callable[[CustomerRow], int]) -> bool:
        """Whether a row has something to say of it. Of somebody who was made anonymous it has not: only of whoever
        came after them."""
        if self.forgotten_key is not None and forgotten_key(row.name) == self.forgotten_key:
            return False
        return self.digest != digest(row)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What taking in a file would do; ``absent_count``: open accounts that it does not name."""

    row_count: int
    added_count: int
    changed_count: int
    same_count: int
    refused_count: int
    absent_count: int

    @property
    def any(self) -> bool:
        """Whether it would change anything."""
        return bool(self.added_count or self.changed_count)


def known_accounts(unit_id: int, numbers: Sequence[str]) -> dict[str, Known]:
    """Accounts of a unit by number, as far as they are there."""
    found: dict[str, Known] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        rows = Account.objects.filter(unit_id=unit_id, number__in=numbers[start : start + _AT_ONCE]).order_by()
        found |= {
            number: Known(pk, digest, closed is not None, forgotten)
            for pk, number, digest, closed, forgotten in rows.values_list(
                "pk", "number", "digest", "closed_date", "person__forgotten_key"
            )
        }
    return found


def open_ids(known: Mapping[str, Known]) -> Iterator[int]:
    """Which of these accounts are open."""
    return (one.account_id for one in known.values() if not one.closed)


def compare(unit_id: int, blocks: Iterable[CustomerBlock]) -> Comparison:
    """What taking in a file would do. Nothing is written."""
    digest = row_digest()
    added = changed = same = refused = 0
    named: set[int] = set()
    for block in blocks:
        known = known_accounts(unit_id, [row.number for row in block.rows])
        refused += block.refused_count
        named.update(open_ids(known), open_ids(known_accounts(unit_id, block.refused_numbers)))
        alike = sum(row.number in known and not known[row.number].tells(row, digest) for row in block.rows)
        added += len(block.rows) - len(known)
        changed += len(known) - alike
        same += alike
    before = Account.objects.filter(unit_id=unit_id, closed_date=None).count()
    return Comparison(
        row_count=added + changed + same + refused,
        added_count=added,
        changed_count=changed,
        same_count=same,
        refused_count=refused,
        absent_count=before - len(named),
    )


def imports_within(scope: Iterable[str]) -> list[CustomerImport]:
    """Files taken in, the last first."""
    rows = CustomerImport.objects.filter(within(scope, field="unit__path")).select_related("unit")
    return list(rows[:_MOST_IMPORTS])
