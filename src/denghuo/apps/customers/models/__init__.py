"""Tables of the customer file. Names, doors and numbers lie sealed; what finds them is a blind index beside."""

from denghuo.apps.customers.models.accounts import (
    Account,
    Boundary,
    Category,
    CutReason,
    FileChange,
    ImportantLevel,
    ImportantUser,
    Meter,
    Place,
    Premises,
    SupplyChange,
    SupplyPoint,
    SupplyState,
)
from denghuo.apps.customers.models.care import Care, CareKind, Carer, CareVisit
from denghuo.apps.customers.models.imports import CustomerImport
from denghuo.apps.customers.models.persons import (
    Consent,
    Person,
    PersonKind,
    Phone,
    PhoneKind,
    Purpose,
    SearchKey,
)
from denghuo.apps.customers.models.privacy import Unmasked, UnmaskFinding, Unmasking
from denghuo.apps.customers.models.responsibility import ContactCard, Extent, Responsibility

__all__ = [
    "Account",
    "Boundary",
    "Care",
    "CareKind",
    "CareVisit",
    "Carer",
    "Category",
    "Consent",
    "ContactCard",
    "CustomerImport",
    "CutReason",
    "Extent",
    "FileChange",
    "ImportantLevel",
    "ImportantUser",
    "Meter",
    "Person",
    "PersonKind",
    "Phone",
    "PhoneKind",
    "Place",
    "Premises",
    "Purpose",
    "Responsibility",
    "SearchKey",
    "SupplyChange",
    "SupplyPoint",
    "SupplyState",
    "UnmaskFinding",
    "Unmasked",
    "Unmasking",
]
