"""The rules in force on a day, and what stands in for those that nobody has written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from denghuo.apps.staffing.models import Minimum, Rule, RuleKind
from denghuo.apps.staffing.snapshot import INTERVAL_MIN, INTERVALS

Ints = NDArray[np.int64]

PAPER = _("default, after a published study of a city hotline with 30 seats; set your own")
OURS = _("default of this product, not measured")
_LABOR = _("Labor Law of the PRC, art. 41: 36 h above 20.67 workdays of 8 h")

# What holds until somebody writes a rule: value and where it comes from.
STANDARD: dict[RuleKind, tuple[float, str | Promise]] = {
    RuleKind.SEATS: (30, PAPER),
    RuleKind.TARGET_SHARE: (0.9, OURS),
    RuleKind.DEMAND_SHARE: (0.5, OURS),
    RuleKind.SHRINKAGE_SHARE: (0.1, OURS),
    RuleKind.REST_H: (11, OURS),
    RuleKind.RUN_DAYS: (6, OURS),
    RuleKind.NIGHTS_IN_A_ROW: (3, OURS),
    RuleKind.MONTH_H: (201, _LABOR),
    RuleKind.DUE_H: (165, _("248 workdays of 8 h a year, holidays as from 2025")),
    RuleKind.SURGE_CUSTOMERS: (300, OURS),
    RuleKind.SURGE_FEWER_SHARE: (0.2, OURS),
    RuleKind.SURGE_H: (4, OURS),
    RuleKind.OUTAGE_H: (2, OURS),
    RuleKind.ANNOUNCE_MIN: (5, OURS),
    RuleKind.SECOND_MIN: (30, OURS),
    RuleKind.SECOND_HEADS: (4, OURS),
    RuleKind.SECOND_YUAN_PER_H: (60, OURS),
    RuleKind.THIRD_MIN: (60, OURS),
    RuleKind.THIRD_HEADS: (6, OURS),
    RuleKind.THIRD_YUAN_PER_H: (90, OURS),
    RuleKind.CALL_BACK_HEADS: (1, OURS),
}
SHARES = frozenset({RuleKind.TARGET_SHARE, RuleKind.DEMAND_SHARE, RuleKind.SHRINKAGE_SHARE, RuleKind.SURGE_FEWER_SHARE})
# Counted in people, customers, days or nights; the others are measured, and may be broken.
COUNTS = frozenset(
    {
        RuleKind.SEATS,
        RuleKind.RUN_DAYS,
        RuleKind.NIGHTS_IN_A_ROW,
        RuleKind.SURGE_CUSTOMERS,
        RuleKind.SECOND_HEADS,
        RuleKind.THIRD_HEADS,
        RuleKind.CALL_BACK_HEADS,
    }
)
# Fewest people by time of day: from minute, to minute, heads.
STANDARD_BANDS = ((0, 480, 3), (480, 1440, 6))


def as_shown(kind: str, value: float) -> float:
    """A rule's number as people write it: a share in percent."""
    return round(100 * value, 6) if kind in SHARES else value


@dataclass(frozen=True, kw_only=True)
class RuleNow:
    """A rule as it holds on a day."""

    kind: RuleKind
    value: float
    source: str | Promise
    from_date: date | None

    @property
    def shown(self) -> float:
        """The value as people write it: a share in percent."""
        return as_shown(self.kind, self.value)

    @property
    def is_standard(self) -> bool:
        """Whether nobody has written it down."""
        return self.from_date is None


@dataclass(frozen=True, kw_only=True)
class RuleBook:
    """All rules of a unit, with their days."""

    rules: tuple[Rule, ...]
    minimums: tuple[Minimum, ...]

    def now(self, kind: RuleKind, *, on: date) -> RuleNow:
        """The rule in force on a day."""
        rows = [row for row in self.rules if row.kind == kind and row.from_date <= on]
        if rows:
            row = max(rows, key=lambda one: one.from_date)
            return RuleNow(kind=kind, value=row.value, source=row.source, from_date=row.from_date)
        value, source = STANDARD[kind]
        return RuleNow(kind=kind, value=value, source=source, from_date=None)

    def value(self, kind: RuleKind, *, on: date) -> float:
        """Its number."""
        return self.now(kind, on=on).value

    def bands(self, *, on: date) -> list[Minimum]:
        """The bands of fewest people in force on a day; the standard ones, without a key, where none were written."""
        dates = [row.from_date for row in self.minimums if row.from_date <= on]
        if not dates:
            return [
                Minimum(start_min=start, end_min=end, heads=heads, source=str(PAPER))
                for start, end, heads in STANDARD_BANDS
            ]
        return [row for row in self.minimums if row.from_date == max(dates)]

    def minimum_heads(self, days: Sequence[date]) -> Ints:
        """Fewest people, int64[days, intervals]."""
        found = np.zeros((len(days), INTERVALS), np.int64)
        edges = np.arange(INTERVALS) * INTERVAL_MIN
        for row, day in enumerate(days):
            for band in self.bands(on=day):
                inside = (edges < band.end_min) & (edges + INTERVAL_MIN > band.start_min)
                found[row, inside] = np.maximum(found[row, inside], band.heads)
        return found
