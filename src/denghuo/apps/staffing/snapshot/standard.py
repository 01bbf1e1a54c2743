"""The standard that a unit may begin with: four teams on three shifts, and the calendar as it was announced."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from denghuo.apps.staffing.models import DayKind

# Day, evening and night: start and length in minutes, and whether it is a night.
SHIFTS = ((480, 480, False), (960, 480, False), (0, 480, True))
# A day off lies between the evening, which ends at midnight, and the night, which begins at one.
CYCLE = (0, 1, None, 2)
HALVED = (3,)

CALENDAR_SOURCE = "国务院办公厅关于部分节假日安排的通知"
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


def standard_places(teams: Sequence[str], from_date: date) -> dict[str, int]:
    """Where each team stands in the pattern on a day, twice round it because halves take turns: one place apart, so
    that every shift of every day has one team, counted from the calendar so that it does not hang on the first day."""
    length = 2 * len(CYCLE)
    return {team: (place + from_date.toordinal()) % length for place, team in enumerate(teams)}
