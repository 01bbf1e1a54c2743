"""Rules, shifts, rota, calendar, absences, wishes and skills."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.organization.actions import take_over_calendar
from denghuo.apps.staffing.facts import (
    AbsenceRecorded,
    AbsenceWithdrawn,
    Band,
    MinimumsSet,
    RotaSet,
    RuleSet,
    ShiftRetired,
    ShiftSet,
    ShiftWithdrawn,
    SkillNeedSet,
    SkillsSet,
    StaffingSetUp,
    SuccessionAllowed,
    SuccessionForbidden,
    WishRecorded,
)
from denghuo.apps.staffing.models import (
    Absence,
    AbsenceKind,
    Minimum,
    Rota,
    Rule,
    RuleKind,
    Shift,
    Skill,
    SkillNeed,
    Succession,
    Wish,
)
from denghuo.apps.staffing.queries.rules import shifts_worked
from denghuo.apps.staffing.snapshot.rules import COUNTS, SHARES, STANDARD_BANDS
from denghuo.apps.staffing.snapshot.standard import (
    CYCLE,
    HALVED,
    SHIFTS,
    standard_places,
)

_BATCH = 200


@transaction.atomic
def set_rule(
    *, unit_id: int, from_date: date, kind: RuleKind, value: float, source: str, at: datetime, actor: str
) -> Rule:
    """Say what a number is from a day on, and where that was written.

    Raises:
        ValueError: below 0, a share that is not below 1, or part of a person or a day.
    """
    if value < 0 or (kind in SHARES and value >= 1) or (kind in COUNTS and value != int(value)):
        raise ValueError(f"{kind.label}: {value:g} cannot be")
    row, _ = Rule.objects.update_or_create(
        unit_id=unit_id, kind=kind, from_date=from_date, defaults={"value": value, "source": source}
    )
    fact = RuleSet(unit_id=unit_id, from_date=from_date, kind=kind.value, value=value, source=source)
    record(fact, at=at, actor=actor)
    return row


@dataclass(frozen=True, kw_only=True)
class BandEntry:
    """Fewest people between two minutes of the day."""

    start_min: int
    end_min: int
    heads: int


@transaction.atomic
def set_minimums(
    *, unit_id: int, from_date: date, bands: Sequence[BandEntry], source: str, at: datetime, actor: str
) -> None:
    """Say how many are the fewest at which time of the day, from a day on; what held that day before is replaced."""
    Minimum.objects.filter(unit_id=unit_id, from_date=from_date).delete()
    rows = [Minimum(unit_id=unit_id, from_date=from_date, source=source, **vars(band)) for band in bands]
    Minimum.objects.bulk_create(rows)
    told = tuple(Band(start_min=one.start_min, end_min=one.end_min, heads=one.heads) for one in bands)
    record(MinimumsSet(unit_id=unit_id, from_date=from_date, bands=told, source=source), at=at, actor=actor)


@dataclass(frozen=True, kw_only=True)
class ShiftEntry:
    """A shift as people tell it: when it starts, how long it is, whether it counts as a night, and its pauses."""

    name: str
    start_min: int
    length_min: int
    night: bool = False
    breaks: tuple[tuple[int, int], ...] = ()


@transaction.atomic
def set_shift(*, unit_id: int, entry: ShiftEntry, from_date: date, source: str, at: datetime, actor: str) -> Shift:
    """Have a shift that can be worked from a day on.

    Raises:
        django.db.IntegrityError: it starts outside the day, or is longer than one.
    """
    row = Shift.objects.create(
        unit_id=unit_id,
        name=entry.name,
        start_min=entry.start_min,
        length_min=entry.length_min,
        breaks=[list(pair) for pair in entry.breaks],
        night=entry.night,
        from_date=from_date,
        source=source,
    )
    fact = ShiftSet(
        shift_id=row.pk,
        unit_id=unit_id,
        name=entry.name,
        start_min=entry.start_min,
        length_min=entry.length_min,
        from_date=from_date,
        source=source,
    )
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def retire_shift(*, shift_id: int, until_date: date, at: datetime, actor: str) -> None:
    """Have a shift no longer worked after a day; duties up to it stay."""
    Shift.objects.filter(pk=shift_id).update(until_date=until_date)
    record(ShiftRetired(shift_id=shift_id, until_date=until_date), at=at, actor=actor)


@transaction.atomic
def withdraw_shift(*, shift_id: int, at: datetime, actor: str) -> None:
    """Have it that there never was a shift which nobody worked.

    Raises:
        ValueError: it stands in a plan or in a pattern.
    """
    row = Shift.objects.select_for_update().get(pk=shift_id)
    if row.pk in shifts_worked(row.unit_id):
        raise ValueError("it stands in a plan or in a pattern")
    fact = ShiftWithdrawn(shift_id=row.pk, unit_id=row.unit_id, name=row.name)
    row.delete()
    record(fact, at=at, actor=actor)


@transaction.atomic
def forbid_succession(*, earlier_id: int, later_id: int, source: str, at: datetime, actor: str) -> None:
    """Say that one shift may not be worked on the day after another."""
    Succession.objects.update_or_create(earlier_id=earlier_id, later_id=later_id, defaults={"source": source})
    record(SuccessionForbidden(earlier_id=earlier_id, later_id=later_id, source=source), at=at, actor=actor)


@transaction.atomic
def allow_succession(*, earlier_id: int, later_id: int, at: datetime, actor: str) -> None:
    """Take that back. The rest between two shifts is asked for all the same."""
    Succession.objects.filter(earlier_id=earlier_id, later_id=later_id).delete()
    record(SuccessionAllowed(earlier_id=earlier_id, later_id=later_id), at=at, actor=actor)


@transaction.atomic
def set_rota(
    *,
    unit_id: int,
    from_date: date,
    cycle: Sequence[int | None],
    halved: Sequence[int],
    places: dict[str, int],
    source: str,
    at: datetime,
    actor: str,
) -> Rota:
    """Have teams follow a pattern from a day on: see :class:`Rota`."""
    told = {"cycle": list(cycle), "halved": list(halved), "places": places, "source": source}
    row, _ = Rota.objects.update_or_create(unit_id=unit_id, from_date=from_date, defaults=told)
    record(RotaSet(rota_id=row.pk, unit_id=unit_id, from_date=from_date, source=source), at=at, actor=actor)
    return row


@transaction.atomic
def set_up(
    *, unit_id: int, teams: Sequence[str], names: Sequence[str], from_date: date, source: str, at: datetime, actor: str
) -> None:
    """Take over the standard of four teams on three shifts as rows, to be edited from then on: day, evening and night
    shifts called ``names``, the fewest people, the rota of ``teams`` (others are mobile), and the known calendar."""
    keys = []
    for name, (start_min, length_min, night) in zip(names, SHIFTS, strict=True):
        entry = ShiftEntry(name=name, start_min=start_min, length_min=length_min, night=night)
        keys.append(set_shift(unit_id=unit_id, entry=entry, from_date=from_date, source=source, at=at, actor=actor).pk)
    bands = [BandEntry(start_min=start, end_min=end, heads=heads) for start, end, heads in STANDARD_BANDS]
    set_minimums(unit_id=unit_id, from_date=from_date, bands=bands, source=source, at=at, actor=actor)
    set_rota(
        unit_id=unit_id,
        from_date=from_date,
        cycle=[None if place is None else keys[place] for place in CYCLE],
        halved=HALVED,
        places=standard_places(teams, from_date),
        source=source,
        at=at,
        actor=actor,
    )
    take_over_calendar(at=at, actor=actor)
    record(StaffingSetUp(unit_id=unit_id, from_date=from_date), at=at, actor=actor)


@transaction.atomic
def record_absence(
    *, agent_id: int, first: date, last: date, kind: AbsenceKind, note: str, at: datetime, actor: str
) -> Absence:
    """Say that somebody cannot work on these days; duties of theirs stay drawn, and count for nobody.

    Raises:
        django.db.IntegrityError: it ends before it begins.
    """
    row = Absence.objects.create(agent_id=agent_id, first=first, last=last, kind=kind, note=note)
    fact = AbsenceRecorded(absence_id=row.pk, agent_id=agent_id, first=first, last=last, kind=kind.value)
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def withdraw_absence(*, absence_id: int, at: datetime, actor: str) -> None:
    """Take an absence back."""
    row = Absence.objects.get(pk=absence_id)
    fact = AbsenceWithdrawn(absence_id=row.pk, agent_id=row.agent_id)
    row.delete()
    record(fact, at=at, actor=actor)


@transaction.atomic
def record_wish(*, agent_id: int, day: date, shift_id: int | None, wanted: bool, at: datetime, actor: str) -> Wish:
    """Say what somebody would like, or not like, on a day; what they said of it before is replaced."""
    row, _ = Wish.objects.update_or_create(
        agent_id=agent_id, day=day, defaults={"shift_id": shift_id, "wanted": wanted}
    )
    record(WishRecorded(agent_id=agent_id, day=day, shift_id=shift_id, wanted=wanted), at=at, actor=actor)
    return row


@transaction.atomic
def set_skills(*, agent_id: int, names: Sequence[str], at: datetime, actor: str) -> None:
    """Say all that somebody can do beyond the usual."""
    told = tuple(sorted({name.strip() for name in names if name.strip()}))
    Skill.objects.filter(agent_id=agent_id).delete()
    Skill.objects.bulk_create([Skill(agent_id=agent_id, name=name) for name in told])
    record(SkillsSet(agent_id=agent_id, names=told), at=at, actor=actor)


@transaction.atomic
def set_skill_need(
    *, shift_id: int, name: str, heads: int, from_date: date, source: str, at: datetime, actor: str
) -> SkillNeed:
    """Say how many with a skill each such shift needs from a day on; 0: none any more."""
    row, _ = SkillNeed.objects.update_or_create(
        shift_id=shift_id, name=name, from_date=from_date, defaults={"heads": heads, "source": source}
    )
    fact = SkillNeedSet(shift_id=shift_id, name=name, heads=heads, from_date=from_date, source=source)
    record(fact, at=at, actor=actor)
    return row
