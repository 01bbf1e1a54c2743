"""The two families of reliability statistics: what each calls short, which outages a variant leaves out, and what each
calls a figure.

Sources: DL/T 836.1-2016 and DL/T 836.2-2016 (China), IEEE Std 1366-2012.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Basis", "OutageKind", "Standard", "Variant", "counted_kinds", "counts_short", "labels"]


class OutageKind(IntEnum):
    """Why supply was lost, as the tree of DL/T 836.1-2016; a parent is used where no more is known.

    The boundary between internal and external is the management boundary of the city-level company, not blame.
    """

    UNCLASSIFIED = 0
    FAULT = 10
    FAULT_INTERNAL = 11
    FAULT_EXTERNAL = 12
    PREARRANGED = 20
    PLANNED = 30
    PLANNED_MAINTENANCE_INTERNAL = 31
    PLANNED_MAINTENANCE_EXTERNAL = 32
    PLANNED_CONSTRUCTION_INTERNAL = 33
    PLANNED_CONSTRUCTION_EXTERNAL = 34
    PLANNED_CUSTOMER_REQUEST = 35
    TEMPORARY = 40
    TEMPORARY_MAINTENANCE = 41
    TEMPORARY_CONSTRUCTION = 42
    TEMPORARY_CUSTOMER_REQUEST = 43
    RATIONING = 50
    RATIONING_SOURCE_SHORTAGE = 51
    RATIONING_GRID = 52
    LOAD_TRANSFER = 60

    @property
    def parent(self) -> OutageKind | None:
        """The kind one level up; None at the roots (faults, prearranged outages, unclassified)."""
        if self % 10:
            return OutageKind(self - self % 10)
        return OutageKind.PREARRANGED if self > OutageKind.PREARRANGED else None

    def within(self, ancestor: OutageKind) -> bool:
        """Whether this is ``ancestor`` or anything below it.

        Example:
            >>> OutageKind.TEMPORARY_MAINTENANCE.within(OutageKind.PREARRANGED)
            True
        """
        kind: OutageKind | None = self
        while kind is not None and kind is not ancestor:
            kind = kind.parent
        return kind is ancestor


class Basis(StrEnum):
    """Who is counted: users as DL/T 836 does at medium voltage, or metered low-voltage customers as IEEE 1366 does.

    The two are not comparable: one public distribution transformer is one MV user, whatever hangs behind it.
    """

    MV_USERS = "mv_users"
    LV_CUSTOMERS = "lv_customers"


class Standard(StrEnum):
    """Whose rules and whose labels."""

    DLT836 = "dlt836"
    IEEE1366 = "ieee1366"

    @property
    def short_s(self) -> int:
        """The longest interruption that is still short (DL/T 836) or momentary (IEEE 1366) [s]."""
        return 180 if self is Standard.DLT836 else 300


class Variant(StrEnum):
    """Which outages a figure counts, in the suffixes of DL/T 836-2016."""

    ALL = "1"
    WITHOUT_EXTERNAL = "2"
    WITHOUT_SOURCE_SHORTAGE = "3"
    WITHOUT_SHORT = "4"
    FAULT = "F"
    PREARRANGED = "S"

    def counts(self, kind: OutageKind) -> bool:
        """Whether outages of ``kind`` are counted (short ones are a question of duration, not of kind)."""
        if self is Variant.WITHOUT_EXTERNAL:
            return kind not in _EXTERNAL
        if self is Variant.WITHOUT_SOURCE_SHORTAGE:
            return kind is not OutageKind.RATIONING_SOURCE_SHORTAGE
        if self is Variant.FAULT:
            return kind.within(OutageKind.FAULT)
        if self is Variant.PREARRANGED:
            return kind.within(OutageKind.PREARRANGED)
        return True


_EXTERNAL = frozenset(
    {
        OutageKind.FAULT_EXTERNAL,
        OutageKind.PLANNED_MAINTENANCE_EXTERNAL,
        OutageKind.PLANNED_CONSTRUCTION_EXTERNAL,
    }
)


def counted_kinds(variant: Variant) -> NDArray[np.bool_]:
    """bool[128]: for each kind code whether ``variant`` counts it. Codes that are no kind are not counted."""
    table = np.zeros(128, dtype=np.bool_)
    for kind in OutageKind:
        table[kind] = variant.counts(kind)
    return table


def counts_short(standard: Standard, variant: Variant) -> bool:
    """Whether short interruptions enter durations and frequencies; under IEEE 1366 they never do."""
    return standard is not Standard.IEEE1366 and variant is not Variant.WITHOUT_SHORT


# IEEE 1366 and the English table of DL/T 836-2016 use CAIDI and CTAIDI the other way round: hence columns by formula.
_IEEE1366 = {
    "hours_per_user": "SAIDI",
    "interruptions_per_user": "SAIFI",
    "availability_share": "ASAI",
    "hours_per_interruption": "CAIDI",
    "hours_per_interrupted_user": "CTAIDI",
    "interruptions_per_interrupted_user": "CAIFI",
    "short_interruptions_per_user": "MAIFI",
    "short_events_per_user": "MAIFI_E",
    "kva_hours_per_kva": "ASIDI",
    "kva_interruptions_per_kva": "ASIFI",
    "long_total_share": "CELID-t",
    "long_single_share": "CELID-s",
    "repeated_share": "CEMI",
    "repeated_with_short_share": "CEMSMI",
}
_DLT836 = {
    **{column: label for column, label in _IEEE1366.items() if column != "short_interruptions_per_user"},
    "hours_per_interruption": "CTAIDI",
    "hours_per_interrupted_user": "CAIDI",
    "short_events_per_user": "MAIFI",
    "hours_per_event": "MID",
    "users_per_event": "MIC",
    "energy_per_user_kwh": "AENS",
}
_BY_NUMBERED_VARIANT = {
    "hours_per_user",
    "interruptions_per_user",
    "availability_share",
    "hours_per_interruption",
    "hours_per_interrupted_user",
    "interruptions_per_interrupted_user",
}
_WITHOUT_SUFFIX = {"long_total_share", "long_single_share", "repeated_share", "repeated_with_short_share"}


def labels(standard: Standard, variant: Variant = Variant.ALL) -> dict[str, str]:
    """Column of :class:`~denghuo.engines.reliability.IndexTable` -> its abbreviation in ``standard``.

    DL/T 836 marks variants by a suffix, but the whole only where it has numbered variants (SAIDI-1, but MAIFI, MIC);
    IEEE 1366 has none. Columns a standard does not define are absent.

    Example:
        >>> labels(Standard.DLT836, Variant.FAULT)["hours_per_user"]
        'SAIDI-F'
        >>> labels(Standard.IEEE1366)["hours_per_interruption"], labels(Standard.DLT836)["hours_per_interruption"]
        ('CAIDI', 'CTAIDI-1')
    """
    if standard is Standard.IEEE1366:
        return dict(_IEEE1366)
    whole = variant is Variant.ALL
    return {
        column: label
        if column in _WITHOUT_SUFFIX or (whole and column not in _BY_NUMBERED_VARIANT)
        else f"{label}-{variant.value}"
        for column, label in _DLT836.items()
    }
