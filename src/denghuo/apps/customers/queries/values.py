"""What others learn of a customer: plain values, masked unless they say otherwise."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from denghuo.apps.organization.access import Permission


@dataclass(frozen=True, kw_only=True)
class Customer:
    """An account and who has it, as everybody may see it. ``load_code`` is that of the main supply, "" not known."""

    account_id: int
    number: str
    unit_id: int
    load_code: str
    name: str
    address: str
    place: str
    category: str
    supply_state: str
    cut_reason: str
    cut_since_date: date | None
    cut_record: str
    care_kind: str
    important: str
    responsible_id: int | None
    responsible_name: str
    closed_date: date | None
    person_id: int

    @property
    def is_cut(self) -> bool:
        """Whether the company took the supply away from this account."""
        return self.supply_state == "cut"

    @property
    def ref(self) -> str:
        """How others refer to it."""
        return f"customers.account:{self.account_id}"


class CustomerRef(NamedTuple):
    """What tells customers apart where there are thousands: nothing that is sealed, nothing to be read by people."""

    account_id: int
    unit_id: int
    category: str
    care_kind: str
    important: str

    @property
    def ref(self) -> str:
        """How others refer to it."""
        return f"customers.account:{self.account_id}"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """Whom a letter goes to, in the clear, for its envelope and for nothing else."""

    account_id: int
    name: str
    number: str
    address: str


class Way(NamedTuple):
    """A number without the number: what kind it is, whether it may be used, and whether it is a carer's."""

    kind: str
    consented: bool
    carer: bool


@dataclass(frozen=True, kw_only=True)
class Reach:
    """A number in the clear, for sending and for nothing else. ``name`` is masked; quiet hours are local."""

    account_id: int
    number: str
    kind: str
    consented: bool
    carer: bool
    name: str
    relation: str
    quiet_from: time | None
    quiet_until: time | None


@dataclass(frozen=True, kw_only=True)
class CareOf:
    """An account's entry in the special-care register; ``backup_min`` None: not known how long they can do without."""

    care_id: int
    account_id: int
    kind: str
    kind_name: str
    backup_min: int | None
    carer_count: int
    review_date: date
    next_visit_date: date | None


@dataclass(frozen=True, kw_only=True)
class VisitPlan:
    """What a planned visit looks at and brings, with whom that was agreed, and when the next one is due."""

    lines: tuple[str, ...]
    agreed_with: str
    next_visit_date: date | None


@dataclass(frozen=True, kw_only=True)
class Responsible:
    """Who answers for an account, through which responsibility, and how they are reached at work."""

    user_id: int
    username: str
    name: str
    extent: str
    target: str
    since_at: datetime
    phone: str
    title: str
    office: str
    hours: str


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A customer that a search found, and by what: ``account``, ``phone``, ``carer``, ``meter``, ``name``,
    ``initials``, ``place`` or ``door``, one for each word."""

    customer: Customer
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The first hits of a search; ``more``: there are others behind them. How many is not counted."""

    hits: tuple[Hit, ...]
    more: bool
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened to a customer. ``tone`` is a state color of the house (``act``, ``waiting``, ``done``,
    ``breached``) or empty; ``path`` leads to more of it, for whoever has the ``permission`` where one is named; empty:
    there is no more. ``of_a_day``: of ``at`` only the day is known."""

    at: datetime
    kind: str
    text: str
    path: str = ""
    permission: Permission | None = None
    tone: str = ""
    of_a_day: bool = False
