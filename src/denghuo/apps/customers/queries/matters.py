"""What is still to be done for customers, asked of whoever does it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from denghuo.apps.organization.ports import Port


@dataclass(frozen=True, kw_only=True)
class Matter:
    """Something that is open for an account: what, since when, and the page where it stands. ``is_late``: a time that
    was promised or set has passed. ``is_private``: it is about people of ours, and whoever works beside them does not
    see it."""

    account_id: int
    text: str
    path: str
    since_at: datetime
    is_late: bool = False
    is_private: bool = False


class Source(Protocol):
    """A query of a context that works for customers: what is open for these accounts."""

    def __call__(self, account_ids: Collection[int]) -> Sequence[Matter]: ...


MATTERS: Port[Source] = Port("customers.matters")


def open_matters(account_ids: Collection[int]) -> list[Matter]:
    """What is open for some accounts, the oldest first."""
    found = [one for known in MATTERS for one in known(account_ids)] if account_ids else []
    return sorted(found, key=lambda one: (one.since_at, one.path))
