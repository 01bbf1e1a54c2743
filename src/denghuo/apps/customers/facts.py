"""What happens in the customer file. No fact holds a name, a number or an address: who it was stands in the row."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class CustomersImported:
    unit_id: int
    source_name: str
    row_count: int
    added_count: int
    changed_count: int
    same_count: int
    refused_count: int
    absent_count: int
    closed_count: int


@dataclass(frozen=True, kw_only=True)
class CustomersExported:
    unit_paths: tuple[str, ...]
    register: str
    row_count: int


@dataclass(frozen=True, kw_only=True)
class AccountOpened:
    account_id: int
    unit_id: int


@dataclass(frozen=True, kw_only=True)
class AccountCorrected:
    account_id: int
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AccountClosed:
    account_id: int
    closed_date: date


@dataclass(frozen=True, kw_only=True)
class SupplyPointAdded:
    account_id: int
    supply_point_id: int


@dataclass(frozen=True, kw_only=True)
class ContactWishSet:
    person_id: int


@dataclass(frozen=True, kw_only=True)
class PhoneAdded:
    person_id: int
    phone_id: int


@dataclass(frozen=True, kw_only=True)
class PhoneRemoved:
    person_id: int
    phone_id: int


@dataclass(frozen=True, kw_only=True)
class ConsentTold:
    phone_id: int
    purpose: str
    given: bool


@dataclass(frozen=True, kw_only=True)
class SupplyCut:
    account_id: int
    unit_id: int
    reason: str
    since_date: date
    record: str


@dataclass(frozen=True, kw_only=True)
class SupplyReconnected:
    account_id: int
    unit_id: int
    was_reason: str
    record: str


@dataclass(frozen=True, kw_only=True)
class ImportantUserSet:
    account_id: int
    level: str


@dataclass(frozen=True, kw_only=True)
class CareRegistered:
    care_id: int
    account_id: int
    unit_id: int
    review_date: date


@dataclass(frozen=True, kw_only=True)
class CareCorrected:
    care_id: int
    account_id: int


@dataclass(frozen=True, kw_only=True)
class CareReviewed:
    care_id: int
    account_id: int
    review_date: date


@dataclass(frozen=True, kw_only=True)
class CareEnded:
    care_id: int
    account_id: int


@dataclass(frozen=True, kw_only=True)
class CareVisitDue:
    care_id: int
    account_id: int
    unit_id: int
    due_date: date


@dataclass(frozen=True, kw_only=True)
class CareReviewDue:
    care_id: int
    account_id: int
    unit_id: int
    due_date: date


@dataclass(frozen=True, kw_only=True)
class CareVisited:
    care_id: int
    account_id: int
    visited_date: date
    met: bool


@dataclass(frozen=True, kw_only=True)
class ResponsibilityGiven:
    responsibility_id: int
    unit_id: int
    extent: str
    target: str
    user_id: int
    before_user_id: int | None


@dataclass(frozen=True, kw_only=True)
class ResponsibilityEnded:
    responsibility_id: int
    unit_id: int
    user_id: int


@dataclass(frozen=True, kw_only=True)
class ContactCardSet:
    user_id: int


@dataclass(frozen=True, kw_only=True)
class CustomerUnmasked:
    account_id: int
    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LookNoted:
    """Somebody saw what is hidden of nobody whom we know; it stands among the looks to be reviewed."""

    unmasking_id: int
    subject: str


@dataclass(frozen=True, kw_only=True)
class UnmaskingReviewed:
    unmasking_id: int
    finding: str


@dataclass(frozen=True, kw_only=True)
class CustomerAnonymized:
    person_id: int
    account_ids: tuple[int, ...]
    reason: str
