"""The rules in force and the calendar, kept in memory until somebody changes one."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db.models import Count, Max, Min
from django.utils import timezone

from denghuo.apps.orders.models import LimitRule, OrderRule, RouteTime, RuleRevision, StepRule
from denghuo.apps.orders.snapshot.rules import FIRST, RuleBook, build_book
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.models import CalendarDay
from denghuo.apps.organization.snapshot import work_calendar
from denghuo.engines.worktime import WorkCalendar


def rule_book() -> RuleBook:
    """All rules. One small read says whether those in memory still hold."""
    key = RuleRevision.objects.values_list("key", flat=True).first()
    return build_book() if key is None else _book(key)


@lru_cache(maxsize=4)
def _book(key: UUID) -> RuleBook:
    del key  # whatever it stands for is read now
    return build_book(
        steps=StepRule.objects.all(),
        limits=LimitRule.objects.all(),
        numbers=OrderRule.objects.all(),
        routes={(row.kind, row.state, row.clock): row.median_s for row in RouteTime.objects.all()},
    )


def calendar() -> WorkCalendar | None:
    """Which days are worked; None where no year was told."""
    stamp = CalendarDay.objects.aggregate(last=Max("pk"), count=Count("pk"), first=Min("date"), until=Max("date"))
    return _calendar(tuple(stamp.values()))


@lru_cache(maxsize=4)
def _calendar(stamp: tuple[object, ...]) -> WorkCalendar | None:
    del stamp  # says which rows there are: they are replaced, never changed
    return work_calendar(CalendarDay.objects.order_by("date"))


def unknown_years(on: date) -> list[int]:
    """Years that promises made on a day reach into, and of which no holiday was told: never guessed, always said."""
    return organization.unknown_years(on, date(on.year + (on.month == 12), 1, 1))


def reopened_within(at: datetime) -> timedelta:
    """For how long a closed report is opened again by who is still without supply."""
    return timedelta(hours=rule_book().number(timezone.localdate(at)).reopen_within_h)


def order_rules() -> list[OrderRule]:
    """The numbers, the newest first, the default last."""
    return [*OrderRule.objects.order_by("-from_date"), FIRST]
