"""The definition and the target of a day."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil, isnan

from django.utils import timezone

from denghuo.apps.hotline.models import Cause, Definition, Measure, Target
from denghuo.apps.hotline.queries.figures import Figures
from denghuo.apps.organization.access import within

# What a new installation counts by until somebody says otherwise: defaults, no published rule.
_FIRST = Definition(from_date=date(1900, 1, 1), source="")


@dataclass(frozen=True)
class Definitions:
    """How calls are counted, by day; the first, which has no key, is the default."""

    rows: tuple[Definition, ...]

    def on(self, day: date) -> Definition:
        """The definition in force on a local day."""
        return self.rows[bisect_right([row.from_date for row in self.rows], day) - 1]

    def redial_within_s(self, at: datetime) -> float:
        """How soon after an unserved call a call of the same number is its redial, by the definition of that day."""
        if len(self.rows) == 1:
            return float(self.rows[0].redial_within_s)
        return float(self.on(timezone.localdate(at)).redial_within_s)


def definitions() -> Definitions:
    """All definitions in order."""
    return Definitions((_FIRST, *Definition.objects.order_by("from_date")))


@dataclass(frozen=True)
class Targets:
    """What some units are held to, by day."""

    rows: tuple[Target, ...]

    def on(self, day: date) -> Target | None:
        """The target in force on a day: the units' own, else that of the nearest unit above them."""
        begun = (row for row in self.rows if row.from_date <= day)
        return max(begun, key=lambda row: (len(str(row.unit.path)), row.from_date), default=None)


def targets_of(unit_paths: Sequence[str], *, measure: Measure) -> Targets:
    """Every target of one measure that reaches all of these units; of no unit there is none."""
    rows = Target.objects.filter(measure=measure).select_related("unit") if unit_paths else ()
    return Targets(tuple(row for row in rows if all(path.startswith(str(row.unit.path)) for path in unit_paths)))


def target_of(unit_paths: Sequence[str], *, measure: Measure, on: date) -> Target | None:
    """The target in force on a day for units: their own, else that of the nearest unit above them."""
    return targets_of(unit_paths, measure=measure).on(on)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a target is reached; ``short_share`` is by how much not (0 where it is), ``missing_calls`` the calls that
    would have had to be answered besides.
    """

    reached: bool
    short_share: float
    missing_calls: int


def verdict(told: Figures, target: Target | None) -> Verdict | None:
    """The answer rate against a target; None where there is no target, or nobody asked for a person."""
    rate = told.answer_rate
    if target is None or isnan(rate):
        return None
    missing = max(0, ceil(target.share * told.requests - 1e-9) - told.answered)
    return Verdict(reached=rate >= target.share, short_share=max(0.0, target.share - rate), missing_calls=missing)


def causes_within(scope: Iterable[str], *, since: datetime, until: datetime) -> list[Cause]:
    """Causes named for the units of a scope that reach into a time."""
    rows = Cause.objects.filter(within(scope, field="unit__path"), started_at__lt=until, ended_at__gt=since)
    return list(rows.select_related("unit"))


def all_causes(scope: Iterable[str]) -> list[Cause]:
    """Every cause named for the units of a scope, the newest first."""
    rows = Cause.objects.filter(within(scope, field="unit__path")).select_related("unit")
    return list(rows.order_by("-started_at", "-pk"))


def targets_within(scope: Iterable[str]) -> list[Target]:
    """The targets of the units of a scope, and of those above them, the newest first."""
    paths = list(scope)
    rows = Target.objects.select_related("unit").order_by("unit__path", "measure", "-from_date")
    return [row for row in rows if any(_meets(str(row.unit.path), path) for path in paths)]


def _meets(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
