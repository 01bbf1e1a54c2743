"""Definitions, targets, causes, and whose number is whose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from denghuo.apps.hotline.facts import CauseNamed, CauseWithdrawn, DefinitionSet, NumbersImported, TargetSet
from denghuo.apps.hotline.models import CallerNumber, Cause, CauseKind, Definition, Measure, Target
from denghuo.apps.ledger.actions import record

_BATCH = 500


@transaction.atomic
def set_definition(
    *,
    from_date: date,
    in_time_s: int,
    redial_within_s: int,
    soon_s: int,
    soon_counts: bool,
    source: str,
    at: datetime,
    actor: str,
) -> Definition:
    """Say how calls are counted from a day on; days before stay as they were."""
    told: dict[str, Any] = {
        "in_time_s": in_time_s,
        "redial_within_s": redial_within_s,
        "soon_s": soon_s,
        "soon_counts": soon_counts,
        "source": source,
    }
    row, _ = Definition.objects.update_or_create(from_date=from_date, defaults=told)
    record(DefinitionSet(from_date=from_date, **told), at=at, actor=actor)
    return row


@transaction.atomic
def set_target(
    *, unit_id: int, from_date: date, measure: Measure, share: float, source: str, at: datetime, actor: str
) -> Target:
    """Set what a unit is to reach from a day on, and say where that was written.

    Raises:
        ValueError: the share is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a target of {share:.0%} cannot be reached: it must be above 0 and at most 100 %")
    row, _ = Target.objects.update_or_create(
        unit_id=unit_id, from_date=from_date, measure=measure, defaults={"share": share, "source": source}
    )
    fact = TargetSet(unit_id=unit_id, from_date=from_date, measure=measure, share=share, source=source)
    record(fact, at=at, actor=actor)
    return row


@dataclass(frozen=True, kw_only=True)
class CauseEntry:
    """What people say hit the hotline, when, and by which ways."""

    kind: CauseKind
    name: str
    started_at: datetime
    ended_at: datetime
    volume: bool = True
    handling: bool = False
    capacity: bool = False
    note: str = ""


@transaction.atomic
def name_cause(*, unit_id: int, entry: CauseEntry, at: datetime, actor: str) -> Cause:
    """Name a time in which something hit the hotline.

    Raises:
        django.db.IntegrityError: it ends before it begins, or works in no way.
    """
    cause = Cause.objects.create(unit_id=unit_id, **vars(entry))
    fact = CauseNamed(
        cause_id=cause.pk, unit_id=unit_id, kind=entry.kind, started_at=entry.started_at, ended_at=entry.ended_at
    )
    record(fact, at=at, actor=actor)
    return cause


@transaction.atomic
def withdraw_cause(*, cause_id: int, at: datetime, actor: str) -> None:
    """Take a cause back that was named in error."""
    cause = Cause.objects.select_for_update().get(pk=cause_id)
    fact = CauseWithdrawn(cause_id=cause.pk, unit_id=cause.unit_id)
    cause.delete()
    record(fact, at=at, actor=actor)


@transaction.atomic
def import_numbers(*, unit_id: int, numbers: Sequence[CallerNumber], source_name: str, at: datetime, actor: str) -> int:
    """Take over a table of numbers; a number known already gets what the table says. Returns how many it has."""
    for row in numbers:
        row.unit_id = unit_id
    fields = ["name", "account", "address", "load_code", "note"]
    CallerNumber.objects.bulk_create(
        numbers, batch_size=_BATCH, update_conflicts=True, unique_fields=["unit", "number"], update_fields=fields
    )
    fact = NumbersImported(unit_id=unit_id, number_count=len(numbers), source_name=source_name)
    record(fact, at=at, actor=actor)
    return len(numbers)
