"""Charts: each answers one question and says it in its title. The numbers are the table below it, too."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from denghuo.apps.charts import Chart, Floats, Row, Series
from denghuo.apps.continuity.forms import Asked, Period
from denghuo.apps.continuity.views.figures import Figures, compared, incomparable, missing, number, target_hours
from denghuo.engines.reliability import OutageKind

_MOST_BARS = 10
_LEAST_DAYS = 28  # of records, to tell a pace


class Year:
    """The calendar year that the period ends in, day by day, beside the year before."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.year = asked, asked.year
        self.first = date(self.year - 1, 1, 1)
        days = (date(self.year + 1, 1, 1) - self.first).days
        self.days = [self.first + timedelta(days=day) for day in range(days)]
        edges = [_start(day) for day in [*self.days, date(self.year + 1, 1, 1)]]
        table = asked.books.indices(edges)
        self.users = float(table.users_served[0]) if len(table.users_served) else np.nan
        known = np.array([edge < asked.view.as_of for edge in edges[:-1]])
        begins_at = asked.books.begins_at
        recorded = np.array([begins_at is not None and edge > begins_at for edge in edges[1:]])
        self.user_hours = np.where(known & recorded, table.user_hours, np.nan)
        self.targets = target_hours(asked, [self.year - 1, self.year])
        self.split = (date(self.year, 1, 1) - self.first).days

    @property
    def note(self) -> str:
        """What to say where the year, or the one before, is not all recorded."""
        begins_at = self.asked.books.begins_at
        if begins_at is None:
            return ""
        day = timezone.localtime(begins_at).date()
        late = [year for year in (self.year, self.year - 1) if date(year, 1, 1) < day]
        return _("%(year)s: no records before %(day)s") % {"year": late[0], "day": day.isoformat()} if late else ""

    def of_months(self, year: int) -> Floats:
        """User-hours of each month; NaN for months without records, and for those to compare with, not all recorded."""
        inside = [self.user_hours[[day.year == year and day.month == month for day in self.days]] for month in _MONTHS]
        unknown = np.all if year == self.year else np.any
        return np.array([np.nan if unknown(np.isnan(part)) else np.nansum(part) for part in inside])

    def of_days(self, year: int) -> Floats:
        """User-hours of each day of a year."""
        return self.user_hours[self.split :] if year == self.year else self.user_hours[: self.split]


_MONTHS = range(1, 13)


def _start(day: date) -> datetime:
    return Period(first=day, last=day).start


def months(year: Year) -> Chart:
    """Hours per user, month by month."""
    asked, users = year.asked, year.users
    with np.errstate(divide="ignore", invalid="ignore"):
        now, before = (year.of_months(one) / (users or np.nan) for one in (year.year, year.year - 1))
    target = year.targets.get(year.year)
    names = [_month(month) for month in _MONTHS]
    hrefs = [asked.address("home", **_days_of_month(year.year, month)) for month in _MONTHS]
    series = [Series(name=str(year.year), role="now", exact=now)]
    if not np.isnan(before).all():
        series.append(Series(name=str(year.year - 1), role="before", exact=before))
    if target is not None:
        series.append(Series(name=_("A twelfth of the target"), role="target", exact=np.full(12, target / 12)))
    columns = [one.exact for one in series]
    return Chart(
        key="months",
        shape="columns",
        title=_months_title(year.year, now, before),
        about=_("Hours without supply per user, by month"),
        unit=_("h per user"),
        labels=names,
        series=[] if np.isnan(now).all() and np.isnan(before).all() else series,
        hrefs=hrefs,
        head=[_("Month"), *(one.name for one in series)],
        rows=[
            Row(label=name, cells=[number(column[at], 3) for column in columns], href=hrefs[at])
            for at, name in enumerate(names)
        ],
        foot=[number(float(np.nansum(column)) if not np.isnan(column).all() else np.nan, 3) for column in columns],
        empty=missing(asked, asked.period) or _("No records for this year."),
        note=year.note,
    )


def _days_of_month(year: int, month: int) -> dict[str, str]:
    first = date(year, month, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return {"period": "days", "since": first.isoformat(), "until": last.isoformat()}


def _month(month: int) -> str:
    names = (
        pgettext("month", "Jan"),
        pgettext("month", "Feb"),
        pgettext("month", "Mar"),
        pgettext("month", "Apr"),
        pgettext("month", "May"),
        pgettext("month", "Jun"),
        pgettext("month", "Jul"),
        pgettext("month", "Aug"),
        pgettext("month", "Sep"),
        pgettext("month", "Oct"),
        pgettext("month", "Nov"),
        pgettext("month", "Dec"),
    )
    return names[month - 1]


def _months_title(year: int, now: Floats, before: Floats) -> str:
    if np.isnan(now).all():
        return _("Nothing is known of %(year)s yet") % {"year": year}
    if np.nansum(now) == 0:
        return _("No interruption in %(year)s so far") % {"year": year}
    worst = int(np.nanargmax(now))
    told = {"month": _month(worst + 1), "hours": number(float(now[worst]), 2), "year": year}
    if np.isnan(before[worst]):
        return _("%(month)s %(year)s was the hardest month: %(hours)s h per user") % told
    told["before"] = number(float(before[worst]), 2)
    return _("%(month)s %(year)s was the hardest month: %(hours)s h per user, after %(before)s a year before") % told


def cumulative(year: Year) -> Chart:
    """User-hours added up over the year, against what the target allows."""
    asked = year.asked
    now, before = (_added_up(year.of_days(one)) for one in (year.year, year.year - 1))
    days = year.days[year.split :]
    target = year.targets.get(year.year)
    budget = np.nan if target is None else target * year.users
    projection = _projection(now, before)
    series = [Series(name=str(year.year), role="now", exact=now, digits=1)]
    if not np.isnan(before[0]):  # added up from later on, a year looks better than it was
        series.append(Series(name=str(year.year - 1), role="before", exact=_fit(before, len(days)), digits=1))
    if not np.isnan(projection).all():
        series.append(Series(name=_("Outlook"), role="projection", exact=projection, digits=1))
    if not np.isnan(budget):
        series.append(Series(name=_("Target"), role="target", exact=np.full(len(days), budget), digits=1))
    ends = [at for at, day in enumerate(days) if (day + timedelta(days=1)).day == 1]
    columns = [one.exact for one in series]
    return Chart(
        key="cumulative",
        shape="lines",
        title=_cumulative_title(year, now, projection, budget),
        about=_("User-hours added up over the year; the outlook adds the rest of last year"),
        unit=_("user-hours"),
        labels=[day.isoformat() for day in days],
        series=[] if np.isnan(now).all() and np.isnan(before).all() else series,
        head=[_("Until the end of"), *(one.name for one in series)],
        rows=[Row(label=_month(days[at].month), cells=[number(column[at], 1) for column in columns]) for at in ends],
        empty=missing(asked, asked.period) or _("No records for this year."),
        note=year.note,
    )


def _added_up(daily: Floats) -> Floats:
    """Running total from the first day with records; NaN before it and after the last."""
    return np.where(np.isnan(daily), np.nan, np.nancumsum(daily))


def _fit(values: Floats, count: int) -> Floats:
    """Another year's days on the axis of this one: a leap day more or less."""
    return np.append(values, np.full(max(0, count - len(values)), np.nan))[:count]


def _projection(now: Floats, before: Floats) -> Floats:
    """From today on: what there was, and then as last year; without records of last year, the pace so far."""
    result = np.full(len(now), np.nan)
    known = np.flatnonzero(~np.isnan(now))
    if not len(known) or known[-1] == len(now) - 1:
        return result
    today = int(known[-1])
    last = _fit(before, len(now))
    rest = np.arange(today, len(now))
    if np.isnan(last[today]):
        began = int(known[0])
        if today - began + 1 < _LEAST_DAYS:
            return result
        result[today:] = now[today] * (rest - began + 1) / (today - began + 1)
    else:
        result[today:] = now[today] + np.where(np.isnan(last[rest]), np.nanmax(last), last[rest]) - last[today]
    return result


def _cumulative_title(year: Year, now: Floats, projection: Floats, budget: float) -> str:
    known = now[~np.isnan(now)]
    if not len(known):
        return _("Nothing is known of %(year)s yet") % {"year": year.year}
    used = float(known[-1])
    outlook = float(projection[-1])
    told = {"used": number(used), "outlook": number(outlook), "budget": number(budget), "year": year.year}
    if np.isnan(budget):
        if np.isnan(outlook):
            return _("%(used)s user-hours in %(year)s; no target is set") % told
        return _("%(used)s user-hours so far, about %(outlook)s by the end of %(year)s; no target is set") % told
    told["share"] = number(100 * used / budget) if budget else number(np.nan)
    if np.isnan(outlook):
        return _("%(used)s of %(budget)s user-hours used in %(year)s: %(share)s %%") % told
    if used > budget:
        return _("The %(budget)s user-hours of %(year)s are used up: %(used)s so far") % told
    if outlook > budget:
        return _("%(share)s %% of the user-hours used; %(year)s may end at %(outlook)s, above %(budget)s") % told
    return _("%(share)s %% of the user-hours used; %(year)s may end at %(outlook)s of %(budget)s") % told


def before_note(asked: Asked) -> str:
    """What to say where there is no year before to compare with; empty where there is."""
    why = incomparable(asked)
    return _("A year before: – (%(why)s)") % {"why": why} if why else ""


_BY = {
    "kind": lambda: (_("User-hours by kind of outage"), _("Kind")),
    "cause": lambda: (_("User-hours by cause"), _("Cause")),
    "feeder": lambda: (_("User-hours by line"), _("Line")),
    "area": lambda: (_("User-hours by area"), _("Area")),
}


def shares(figures: Figures, by: str, *, most: int = _MOST_BARS) -> Chart:
    """Which group took most of the user-hours, most first."""
    asked = figures.asked
    found = asked.books.breakdown(asked.edges, by=by)
    count = len(found.keys)
    now = found.table.user_hours[asked.now_row * count :][:count]
    held = compared(asked)
    before = found.table.user_hours[:count] if held else np.full(count, np.nan)
    order = [at for at in np.argsort(-now, kind="stable").tolist() if now[at] > 0]
    unknown, total = figures.missing(asked.period), float(now.sum())
    names = [asked.name_in(found.names[at] or _("Without an area"), found.network_ids[at]) for at in order]
    hrefs = [asked.address("parts", **{by: found.keys[at]}) for at in order]
    about, head = _BY[by]()
    series = [Series(name=_period_name(asked), role="now", exact=now[order[:most]], digits=1)]
    if held:
        series.append(Series(name=_("A year before"), role="before", exact=before[order[:most]], digits=1))
    return Chart(
        key=by,
        shape="bars",
        title=_("Nothing is known of this period") if unknown else _shares_title(by, found.keys, names, now, order),
        about=about,
        unit=_("user-hours"),
        labels=names[:most],
        series=[] if unknown or not order else series,
        hrefs=hrefs[:most],
        head=[head, _("User-hours"), "%", *([_("A year before")] if held else [])],
        rows=[
            Row(label=name, href=href, cells=_cells(now[at], total, before[at] if held else None))
            for at, name, href in zip(order[:most], names, hrefs, strict=False)
        ],
        foot=[number(total, 1), "", *([number(float(before.sum()), 1)] if held else [])],
        empty=unknown or _("Nothing was interrupted in this period."),
        more=asked.address("breakdown", by),
        note=before_note(asked),
    )


def _cells(now: float, total: float, before: float | None) -> list[str]:
    return [number(now, 1), number(100 * now / total, 1), *([] if before is None else [number(before, 1)])]


def _period_name(asked: Asked) -> str:
    return f"{asked.period.first.isoformat()} – {asked.until.isoformat()}"


def _shares_title(by: str, keys: Sequence[str], names: list[str], now: Floats, order: list[int]) -> str:
    total = float(now.sum())
    if not order:
        return _("No user-hours in this period")
    faults = sum(float(now[at]) for at in order if by == "kind" and OutageKind(int(keys[at])).within(OutageKind.FAULT))
    if faults:
        return _("Faults took %(share)s %% of the user-hours") % {"share": number(100 * faults / total)}
    told = {"name": names[0], "share": number(100 * float(now[order[0]]) / total)}
    if len(order) == 1:
        return _("All of the user-hours: %(name)s") % told
    if by in {"feeder", "area"}:
        most = min(3, len(order))
        told["share"] = number(100 * float(now[order[:most]].sum()) / total)
        told["count"] = str(most)
        return _("The worst %(count)s took %(share)s %% of the user-hours, %(name)s most") % told
    return _("%(name)s took %(share)s %% of the user-hours") % told
