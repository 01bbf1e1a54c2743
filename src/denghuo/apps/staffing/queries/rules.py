"""Rules, shifts, rota, calendar and absences."""

from collections.abc import Iterable, Sequence
from datetime import date

from denghuo.apps.hotline import queries as hotline
from denghuo.apps.hotline.models import Measure
from denghuo.apps.organization.models import Unit
from denghuo.apps.staffing.models import (
    Absence,
    Duty,
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
from denghuo.apps.staffing.snapshot.rules import RuleBook


def units_staffed(scope: Iterable[str]) -> list[Unit]:
    """Units of a scope that have a hotline to staff."""
    return list({one.unit_id: one.unit for one in hotline.exchanges_within(scope)}.values())


def rule_book(unit_id: int) -> RuleBook:
    """All rules of a unit."""
    return RuleBook(
        rules=tuple(Rule.objects.filter(unit_id=unit_id)), minimums=tuple(Minimum.objects.filter(unit_id=unit_id))
    )


def target_share(unit: Unit, *, on: date, book: RuleBook) -> float:
    """The answer rate to plan for: the hotline's target, else the rule."""
    target = hotline.target_of([str(unit.path)], measure=Measure.ANSWER_RATE, on=on)
    return target.share if target else book.value(RuleKind.TARGET_SHARE, on=on)


def shifts_of(unit_id: int, *, first: date | None = None, last: date | None = None) -> list[Shift]:
    """Shifts of a unit that may be worked on some day of a time; all there ever were if no time is told."""
    rows = Shift.objects.filter(unit_id=unit_id)
    if first is not None:
        rows = rows.exclude(until_date__lt=first)
    if last is not None:
        rows = rows.filter(from_date__lte=last)
    return list(rows.order_by("start_min", "pk"))


def shifts_worked(unit_id: int) -> set[int]:
    """Shifts of a unit that stand in a plan or in a pattern."""
    found = set(Duty.objects.filter(plan__unit_id=unit_id).values_list("shift_id", flat=True))
    return found.union(*({key for key in one.cycle if key} for one in rotas_of(unit_id)))


def successions_of(unit_id: int) -> list[Succession]:
    """Which shifts of a unit may not follow which."""
    rows = Succession.objects.filter(earlier__unit_id=unit_id).select_related("earlier", "later")
    return list(rows.order_by("earlier__start_min", "later__start_min"))


def rotas_of(unit_id: int) -> list[Rota]:
    """The patterns of a unit's teams, the last first."""
    return list(Rota.objects.filter(unit_id=unit_id).order_by("-from_date"))


def absences_between(agent_ids: Sequence[int], first: date, last: date) -> list[Absence]:
    """Absences of people that reach into a time."""
    rows = Absence.objects.filter(agent_id__in=agent_ids, first__lte=last, last__gte=first).select_related("agent")
    return list(rows.order_by("first", "agent__code"))


def wishes_between(agent_ids: Sequence[int], first: date, last: date) -> list[Wish]:
    """Wishes of people for the days of a time."""
    rows = Wish.objects.filter(agent_id__in=agent_ids, day__gte=first, day__lte=last)
    return list(rows.select_related("agent", "shift"))


def skills_of(agent_ids: Sequence[int]) -> list[Skill]:
    """What these people can do beyond the usual."""
    return list(Skill.objects.filter(agent_id__in=agent_ids))


def skill_needs_of(unit_id: int, *, on: date) -> list[SkillNeed]:
    """What each shift needs on a day, the rows in force."""
    rows = SkillNeed.objects.filter(shift__unit_id=unit_id, from_date__lte=on).order_by("from_date")
    return list({(row.shift_id, row.name): row for row in rows.select_related("shift")}.values())
