"""Prices, the ladder, the numbers that dispatch goes by, and how long positions are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db import transaction
from django.utils import timezone

from denghuo.apps.crews.facts import DispatchRuleSet, LadderSet, PositionsForgotten, PriceSet
from denghuo.apps.crews.models import BOUNDS, Channel, FieldReport, LadderRule, PriceItem, Rule, RuleKind, Whom
from denghuo.apps.crews.queries.rules import number
from denghuo.apps.ledger.actions import record
from denghuo.apps.organization.models import Unit

_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class PriceEntry:
    """What something costs from a local day on, and where that is written. ``is_lifted``: it is charged no more."""

    code: str
    name: str
    measure: str
    price_fen: int
    from_date: date
    source: str
    is_lifted: bool = False


@transaction.atomic
def set_price(*, unit_id: int, entry: PriceEntry, at: datetime, actor: str) -> PriceItem:
    """Put a row into a price list. What was quoted by an earlier row stays as it was quoted; a row of the same day that
    no quote has used is replaced.

    Raises:
        ValueError: a quote goes by the row of that day already.
    """
    row = PriceItem.objects.filter(unit_id=unit_id, code=entry.code, from_date=entry.from_date).first()
    if row is not None and row.quote_lines.exists():
        raise ValueError("a quote goes by this price already")
    row = row or PriceItem(unit_id=unit_id)
    for name, value in vars(entry).items():
        setattr(row, name, value)
    row.save()
    fact = PriceSet(
        item_id=row.pk,
        unit_id=unit_id,
        code=entry.code,
        price_fen=entry.price_fen,
        from_date=entry.from_date,
        is_lifted=entry.is_lifted,
    )
    record(fact, at=at, actor=actor)
    return row


@dataclass(frozen=True, kw_only=True)
class RungEntry:
    """Whom to tell how, so many seconds after nobody accepted."""

    after_s: int
    channel: Channel
    whom: Whom


@transaction.atomic
def set_ladder(
    *, unit_id: int, from_date: date, rungs: Sequence[RungEntry], source: str, at: datetime, actor: str
) -> None:
    """Set the whole ladder of a unit from a local day on.

    Raises:
        ValueError: it has no rung, or a higher rung comes no later.
    """
    waits = [rung.after_s for rung in rungs]
    if not rungs or any(later <= earlier for earlier, later in pairwise(waits)):
        raise ValueError("each rung comes later than the one below it")
    LadderRule.objects.filter(unit_id=unit_id, from_date=from_date).delete()
    LadderRule.objects.bulk_create(
        LadderRule(unit_id=unit_id, from_date=from_date, rung=number, source=source, **vars(rung))
        for number, rung in enumerate(rungs, 1)
    )
    record(LadderSet(unit_id=unit_id, from_date=from_date, rung_count=len(rungs)), at=at, actor=actor)


@transaction.atomic
def set_rule(
    *, unit_id: int, kind: RuleKind, value: float, from_date: date, source: str, at: datetime, actor: str
) -> Rule:
    """Set a number from a local day on.

    Raises:
        ValueError: it cannot be so.
    """
    low, high = BOUNDS[kind]
    if not low <= value <= high:
        raise ValueError(f"{kind.value} lies between {low} and {high}")
    told = {"value": value, "source": source}
    row, _new = Rule.objects.update_or_create(unit_id=unit_id, kind=kind, from_date=from_date, defaults=told)
    fact = DispatchRuleSet(unit_id=unit_id, kind=kind.value, value=value, from_date=from_date)
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def forget_positions(*, at: datetime, actor: str) -> int:
    """Round: take the position off reports that are older than the rule of their unit says; returns of how many."""
    day, count = timezone.localdate(at), 0
    rows = FieldReport.objects.filter(latitude__isnull=False)
    for unit in Unit.objects.filter(crew_assignments__reports__latitude__isnull=False).distinct():
        oldest = at - timedelta(days=number(unit, RuleKind.POSITION_DAYS, on=day))
        old = rows.filter(assignment__unit=unit, received_at__lt=oldest).values_list("pk", flat=True)[:_AT_ONCE]
        count += FieldReport.objects.filter(pk__in=list(old)).update(latitude=None, longitude=None, accuracy_m=None)
    if count:
        record(PositionsForgotten(report_count=count), at=at, actor=actor)
    return count
