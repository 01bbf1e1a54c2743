"""The calendar: holidays and make-up workdays as rows, as they were announced, and as the engine's calendar."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from denghuo.apps.organization.models import CalendarDay, DayKind
from denghuo.engines.worktime import WorkCalendar, build_calendar

CALENDAR_SOURCE = "国务院办公厅关于部分节假日安排的通知"
FEWEST_DAYS = 10
# From the first to the last day on which the first day of the Spring Festival can fall.
SPRING_FESTIVAL = ("01-21", "02-21")
NATIONAL_DAY = ("10-01", "10-03")
# By year: number of the notice, then name, first and last day off, and weekend days worked in exchange.
_NOTICES: dict[int, tuple[str, tuple[tuple[str, ...], ...]]] = {
    2024: (
        "国办发明电〔2023〕7号",
        (
            ("元旦", "01-01", "01-01"),
            ("春节", "02-10", "02-17", "02-04", "02-18"),
            ("清明节", "04-04", "04-06", "04-07"),
            ("劳动节", "05-01", "05-05", "04-28", "05-11"),
            ("端午节", "06-10", "06-10"),
            ("中秋节", "09-15", "09-17", "09-14"),
            ("国庆节", "10-01", "10-07", "09-29", "10-12"),
        ),
    ),
    2025: (
        "国办发明电〔2024〕12号",
        (
            ("元旦", "01-01", "01-01"),
            ("春节", "01-28", "02-04", "01-26", "02-08"),
            ("清明节", "04-04", "04-06"),
            ("劳动节", "05-01", "05-05", "04-27"),
            ("端午节", "05-31", "06-02"),
            ("国庆节、中秋节", "10-01", "10-08", "09-28", "10-11"),
        ),
    ),
    2026: (
        "国办发明电〔2025〕7号",
        (
            ("元旦", "01-01", "01-03", "01-04"),
            ("春节", "02-15", "02-23", "02-14", "02-28"),
            ("清明节", "04-04", "04-06"),
            ("劳动节", "05-01", "05-05", "05-09"),
            ("端午节", "06-19", "06-21"),
            ("中秋节", "09-25", "09-27"),
            ("国庆节", "10-01", "10-07", "09-20", "10-10"),
        ),
    ),
}


def calendar_days() -> Iterator[tuple[date, str, str, str]]:
    """Every holiday and make-up workday of the years known: day, kind, name, source."""
    for year, (notice, holidays) in _NOTICES.items():
        source = f"{CALENDAR_SOURCE} {notice}"
        for name, *days in holidays:
            first, last, *worked = (date.fromisoformat(f"{year}-{day}") for day in days)
            for n in range((last - first).days + 1):
                yield first + timedelta(days=n), DayKind.HOLIDAY, name, source
            for day in worked:
                yield day, DayKind.MAKEUP, name, source


@dataclass(frozen=True, kw_only=True, slots=True)
class SparseYear:
    """A year of which too little is told to be all: how much there is, and which of the two long holidays is missing.

    It is a rule of thumb: since 2008 the law grants 11 days off a year or more, those of the Spring Festival and of
    National Day among them, and weekends and the days worked in exchange come on top.
    """

    year: int
    day_count: int
    lacks_spring_festival: bool
    lacks_national_day: bool


def sparse_years(rows: Iterable[CalendarDay]) -> list[SparseYear]:
    """Years among those that the rows speak of, of which hardly everything is told."""
    told: dict[int, list[CalendarDay]] = defaultdict(list)
    for row in rows:
        told[row.date.year].append(row)
    found = [
        SparseYear(
            year=year,
            day_count=len(days),
            lacks_spring_festival=not _any_off(days, SPRING_FESTIVAL),
            lacks_national_day=not _any_off(days, NATIONAL_DAY),
        )
        for year, days in sorted(told.items())
    ]
    return [one for one in found if one.day_count < FEWEST_DAYS or one.lacks_spring_festival or one.lacks_national_day]


def _any_off(days: Iterable[CalendarDay], within: tuple[str, str]) -> bool:
    return any(day.kind == DayKind.HOLIDAY and within[0] <= f"{day.date:%m-%d}" <= within[1] for day in days)


def counted_years(told: Iterable[int]) -> range:
    """The years by which deadlines are counted: the longest stretch of years told without a gap, of equals the latest.

    >>> counted_years([2024, 1890, 2025]), counted_years([])
    (range(2024, 2026), range(0, 0))
    """
    years, found, start = sorted(set(told)), range(0), 0
    for n, year in enumerate(years):
        start = n if n and year != years[n - 1] + 1 else start
        if n - start + 1 >= len(found):
            found = range(years[start], year + 1)
    return found


def work_calendar(rows: Iterable[CalendarDay]) -> WorkCalendar | None:
    """Which days are worked in the years by which deadlines are counted; None if none is told.

    A year of which no day was told is not known. One that stands apart from the others takes nothing away from them.
    """
    told = {row.date: row.kind for row in rows}
    years = counted_years(day.year for day in told)
    if not years:
        return None
    first_day = date(years[0], 1, 1)
    days = [first_day + timedelta(days=n) for n in range((date(years[-1] + 1, 1, 1) - first_day).days)]
    working = [told.get(day) == DayKind.MAKEUP or (day.weekday() < 5 and day not in told) for day in days]
    return build_calendar(first_day, working)
