"""Rules as they hold for an order on a day: the installation's own before those shipped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from denghuo.apps.orders.models import Certainty, LimitRule, OrderRule, StepRule
from denghuo.apps.orders.snapshot.standard import (
    EVER,
    STANDARD_ROUTE_S,
    STANDARD_ROUTES,
    standard_limits,
    standard_steps,
)
from denghuo.engines.worktime import Measure

_DAY_S = 86_400
FIRST = OrderRule(from_date=EVER, source="")


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """How long a clock of an order may run, whose limit that is, and where it is written."""

    clock: str
    measure: Measure
    limit_s: int
    limit_kind: str
    layer: str
    basis: str
    certainty: str
    from_event: str
    from_date: date
    rule_id: int | None

    @property
    def is_mean(self) -> bool:
        """Whether it binds the mean of a month rather than each order."""
        return self.limit_kind == LimitRule.Kind.MEAN


@dataclass(frozen=True, kw_only=True)
class RuleBook:
    """All rules. Whatever is found in it is kept, so one that is kept in memory answers at once."""

    steps: tuple[StepRule, ...]
    limits: tuple[LimitRule, ...]
    numbers: tuple[OrderRule, ...]
    routes: Mapping[tuple[str, str, str], int]
    _found: dict[object, object] = field(default_factory=dict, repr=False, compare=False)

    def number(self, on: date) -> OrderRule:
        """The numbers in force on a local day; one without a key is the default."""
        rows = [row for row in self.numbers if row.from_date <= on]
        return max(rows, key=lambda row: row.from_date) if rows else FIRST

    def steps_of(self, kind: str, on: date) -> dict[str, StepRule]:
        """The steps of a kind on a day, by code."""
        key = ("steps", kind, on)
        if key not in self._found:
            self._found[key] = _steps(self.steps, kind, on)
        return self._found[key]  # type: ignore[return-value]

    def limits_of(self, *, kind: str, topic: str, area: str, channel: str, on: date) -> tuple[Limit, ...]:
        """The limits of an order that came in on a day: of each clock and layer the row that fits it most closely."""
        key = ("limits", kind, topic, area, channel, on)
        if key not in self._found:
            number = self.number(on)
            fit = {"topic": topic, "area": area or number.area, "channel": channel, "region": number.region}
            self._found[key] = _limits([row for row in self.limits if row.kind == kind], fit, on)
        return self._found[key]  # type: ignore[return-value]

    def route_s(self, kind: str, state: str, clock: str) -> int:
        """How long the rest takes from a state until a clock stops."""
        found = self.routes.get((kind, state, clock))
        return STANDARD_ROUTES.get((state, clock), STANDARD_ROUTE_S) if found is None else found


def build_book(
    *,
    steps: Iterable[StepRule] = (),
    limits: Iterable[LimitRule] = (),
    numbers: Iterable[OrderRule] = (),
    routes: Mapping[tuple[str, str, str], int] | None = None,
) -> RuleBook:
    """The installation's rules before those shipped."""
    return RuleBook(
        steps=(*standard_steps(), *steps),
        limits=(*standard_limits(), *limits),
        numbers=tuple(numbers),
        routes=routes or {},
    )


def _steps(rows: Iterable[StepRule], kind: str, on: date) -> dict[str, StepRule]:
    latest: dict[tuple[str, str], StepRule] = {}
    # Of one day, rows that were written come after those shipped, and take their place.
    for row in sorted((one for one in rows if one.from_date <= on and one.kind in ("", kind)), key=_age):
        latest[row.kind, row.step] = row
    found = {step: row for (of, step), row in latest.items() if of == ""}
    found |= {step: row for (of, step), row in latest.items() if of == kind}
    return {step: row for step, row in found.items() if not row.withdrawn}


def _age(row: StepRule | LimitRule) -> tuple[date, bool]:
    return row.from_date, row.pk is not None


def _limits(rows: Iterable[LimitRule], fit: Mapping[str, str], on: date) -> tuple[Limit, ...]:
    names = tuple(fit)
    latest: dict[tuple[str, ...], LimitRule] = {}
    for row in sorted((one for one in rows if one.from_date <= on), key=_age):
        if all(getattr(row, name) in ("", fit[name]) for name in names):
            latest[(row.clock, row.layer, *(getattr(row, name) for name in names))] = row
    best: dict[tuple[str, str], tuple[tuple[bool, ...], LimitRule]] = {}
    for row in latest.values():
        # What was written here for an area or a topic holds before what is shipped for it, whoever promises that.
        is_own = row.pk is not None
        close = (bool(row.channel), bool(row.topic), bool(row.area), is_own, bool(row.region))
        key = (row.clock, row.layer)
        if key not in best or close > best[key][0]:
            best[key] = (close, row)
    found = [_limit(row) for _, row in best.values() if row.limit_s is not None]
    own = {row.clock for _, row in best.values() if row.layer == LimitRule.Layer.INTERNAL}  # also one that is lifted
    return tuple(sorted([*found, *_one_day_less(found, own)], key=lambda one: (one.clock, one.limit_s)))


def _limit(row: LimitRule) -> Limit:
    assert row.limit_s is not None
    return Limit(
        clock=row.clock,
        measure=Measure(row.measure),
        limit_s=row.limit_s,
        limit_kind=row.limit_kind,
        layer=row.layer,
        basis=row.basis,
        certainty=row.certainty,
        from_event=row.from_event,
        from_date=row.from_date,
        rule_id=row.pk,
    )


def _one_day_less(found: list[Limit], own: set[str]) -> list[Limit]:
    """Our own limits where none is written: one working day less than the promise, for the review and the call back."""
    return [
        Limit(
            clock=one.clock,
            measure=one.measure,
            limit_s=one.limit_s - _DAY_S,
            limit_kind=LimitRule.Kind.CEILING,
            layer=LimitRule.Layer.INTERNAL,
            basis=one.basis,
            certainty=Certainty.DERIVED,
            from_event=one.from_event,
            from_date=one.from_date,
            rule_id=None,
        )
        for one in found
        if one.layer == LimitRule.Layer.PROMISE
        and one.measure is Measure.WORKING_DAYS
        and one.limit_s > _DAY_S
        and one.clock not in own
    ]
