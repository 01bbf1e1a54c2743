"""Figures as people read them: what each is called, its unit, how it comes about, and what it is held against."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.continuity import queries
from denghuo.apps.continuity.forms import Asked, Period
from denghuo.engines.reliability import Basis, IndexTable, Standard, labels

AT_LEAST, LONGER_THAN_H = (3,), (8.0,)
DASH = "–"

_H, _TIMES, _SHARE = gettext_lazy("h"), gettext_lazy("times"), "%"
_USER_H = gettext_lazy("user-hours")
_H_PER_USER, _TIMES_PER_USER = gettext_lazy("h per user"), gettext_lazy("times per user")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A column of the engine's table, and the sums it comes from."""

    column: str
    label: str | Promise
    unit: str | Promise = ""
    digits: int = 2
    scale: float = 1.0
    over: tuple[str, str] | None = None  # numerator and denominator
    short: bool = False  # made of short interruptions

    def of(self, table: IndexTable, row: int) -> float:
        """The figure in its unit; NaN undefined."""
        column = getattr(table, self.column)
        return float(column[row, 0] if column.ndim > 1 else column[row]) * self.scale

    def text(self, value: float) -> str:
        """The figure as it is written."""
        return number(value, self.digits)


def number(value: float, digits: int = 0) -> str:
    """A number with thousands apart; a dash where there is none."""
    return DASH if np.isnan(value) else f"{value:,.{digits}f}"


MEASURES = (
    Measure(
        column="availability_share",
        label=gettext_lazy("Availability of supply"),
        unit=_SHARE,
        digits=4,
        scale=100.0,
    ),
    Measure(
        column="hours_per_user",
        label=gettext_lazy("Hours without supply per user"),
        unit=_H_PER_USER,
        over=("user_hours", "users_served"),
    ),
    Measure(
        column="interruptions_per_user",
        label=gettext_lazy("Interruptions per user"),
        unit=_TIMES_PER_USER,
        over=("user_interruptions", "users_served"),
    ),
    Measure(column="user_hours", label=gettext_lazy("User-hours"), unit=_USER_H, digits=1),
    Measure(
        column="hours_per_interruption",
        label=gettext_lazy("Hours per interruption of a user"),
        unit=_H,
        over=("user_hours", "user_interruptions"),
    ),
    Measure(column="event_count", label=gettext_lazy("Outage events"), digits=0),
    Measure(column="interrupted_users", label=gettext_lazy("Users interrupted at least once"), digits=0),
    Measure(
        column="hours_per_interrupted_user",
        label=gettext_lazy("Hours per interrupted user"),
        unit=_H,
        over=("user_hours", "interrupted_users"),
    ),
    Measure(
        column="interruptions_per_interrupted_user",
        label=gettext_lazy("Interruptions per interrupted user"),
        unit=_TIMES,
        over=("user_interruptions", "interrupted_users"),
    ),
    Measure(
        column="short_events_per_user",
        label=gettext_lazy("Short interruptions per user"),
        unit=_TIMES_PER_USER,
        over=("short_user_events", "users_served"),
        short=True,
    ),
    Measure(
        column="repeated_share",
        label=gettext_lazy("Users interrupted 3 times or more"),
        unit=_SHARE,
        scale=100.0,
        over=("repeated_users", "users_served"),
    ),
    Measure(
        column="long_total_share",
        label=gettext_lazy("Users without supply for 8 h or more in all"),
        unit=_SHARE,
        scale=100.0,
        over=("long_total_users", "users_served"),
    ),
    Measure(
        column="long_single_share",
        label=gettext_lazy("Users without supply for 8 h or more at once"),
        unit=_SHARE,
        scale=100.0,
        over=("long_single_users", "users_served"),
    ),
    Measure(
        column="kva_hours_per_kva",
        label=gettext_lazy("Equivalent hours without supply, by capacity"),
        unit=_H,
        over=("kva_hours", "kva_served"),
    ),
    Measure(
        column="kva_interruptions_per_kva",
        label=gettext_lazy("Equivalent interruptions, by capacity"),
        unit=_TIMES,
        over=("kva_interruptions", "kva_served"),
    ),
    Measure(
        column="hours_per_event",
        label=gettext_lazy("Hours per outage"),
        unit=_H,
        over=("event_hours", "event_count"),
    ),
    Measure(
        column="users_per_event",
        label=gettext_lazy("Users per outage"),
        digits=1,
        over=("user_interruptions", "event_count"),
    ),
    Measure(
        column="energy_per_user_kwh",
        label=gettext_lazy("Energy not supplied per user"),
        unit="kWh",
        over=("energy_kwh", "users_served"),
    ),
)
MEASURE = {measure.column: measure for measure in MEASURES}
FIRST = 6  # so many stand large at the top

# What a figure is divided by or into, where that is no figure of its own.
OPERANDS = {
    "user_hours": (gettext_lazy("User-hours"), _USER_H, 2),
    "user_interruptions": (gettext_lazy("User-interruptions"), "", 0),
    "short_user_events": (gettext_lazy("Short user-interruptions"), "", 0),
    "users_served": (gettext_lazy("Users served"), "", 0),
    "interrupted_users": (gettext_lazy("Users interrupted at least once"), "", 0),
    "repeated_users": (gettext_lazy("Users interrupted 3 times or more"), "", 0),
    "long_total_users": (gettext_lazy("Users without supply for 8 h or more in all"), "", 0),
    "long_single_users": (gettext_lazy("Users without supply for 8 h or more at once"), "", 0),
    "kva_hours": (gettext_lazy("Capacity times hours"), "kVA·h", 0),
    "kva_interruptions": (gettext_lazy("Capacity interrupted"), "kVA", 0),
    "kva_served": (gettext_lazy("Capacity served"), "kVA", 0),
    "event_hours": (gettext_lazy("Hours from the first loss to the last return, added up"), _H, 2),
    "event_count": (gettext_lazy("Outage events"), "", 0),
    "energy_kwh": (gettext_lazy("Energy not supplied"), "kWh", 0),
    "hours_per_user": (gettext_lazy("Hours without supply per user"), _H_PER_USER, 4),
    "period_hours": (gettext_lazy("Hours of the period"), _H, 2),
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure on a page."""

    measure: Measure
    abbreviation: str
    value: float
    before: float
    reason: str  # why there is no value; empty where there is one
    href: str
    why: str
    note: str
    tone: str = ""

    @property
    def label(self) -> str:
        name = str(self.measure.label)
        return f"{name} {self.abbreviation}" if self.abbreviation else name

    @property
    def shown(self) -> str:
        return self.measure.text(self.value)

    @property
    def unit(self) -> str:
        return "" if np.isnan(self.value) else str(self.measure.unit)


class Figures:
    """Every figure of a question, with the year before and the target."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.table = asked.books.indices(asked.edges, at_least=AT_LEAST, longer_than_h=LONGER_THAN_H)

    @cached_property
    def target(self) -> float | None:
        """Hours per user that are aimed at in the calendar year of the period."""
        return target_hours(self.asked, [self.asked.year]).get(self.asked.year)

    def value(self, column: str) -> float:
        """A figure of the period asked for, in its unit; NaN where there is none."""
        return np.nan if self.missing(self.asked.period) else MEASURE[column].of(self.table, self.asked.now_row)

    def before(self, column: str) -> float:
        """The same a year earlier."""
        return MEASURE[column].of(self.table, 0) if compared(self.asked) else np.nan

    def missing(self, period: Period) -> str:
        """Why nothing is known of a period; empty where something is."""
        return missing(self.asked, period)

    def reason(self, column: str) -> str:
        """Why a figure has no value."""
        if missing := self.missing(self.asked.period):
            return missing
        over = MEASURE[column].over
        if not np.isnan(self.value(column)):
            return ""
        if over and over[1] in {"users_served", "kva_served"}:
            return _("The network model does not say how many are served.")
        return _("Nothing was interrupted in this period.")

    def all(self) -> list[Figure]:
        """Every figure in the order of the page."""
        return [self.one(measure.column) for measure in MEASURES]

    def one(self, column: str) -> Figure:
        asked, measure = self.asked, MEASURE[column]
        value, before, reason = self.value(column), self.before(column), self.reason(column)
        notes = [reason] if reason else [self._aim(column, value), self._against(measure, value, before)]
        return Figure(
            measure=measure,
            abbreviation=labels(asked.view.standard, asked.view.variant).get(column, ""),
            value=value,
            before=before,
            reason=reason,
            href=_leads_to(asked, measure),
            why=asked.address("why", column),
            note=" · ".join(note for note in notes if note),
            tone=self._tone(column),
        )

    @property
    def _whole_year(self) -> bool:
        period = self.asked.period
        return (period.first.month, period.first.day) == (1, 1) and period.first.year == period.last.year

    def aim(self, column: str) -> float:
        """What is aimed at for the whole year, in the unit of the figure; NaN where nothing is."""
        hours = self.target
        if hours is None or not self._whole_year:
            return np.nan
        year = Period(first=self.asked.period.first, last=self.asked.period.first.replace(month=12, day=31))
        of_year = (year.end - year.start).total_seconds() / 3600
        return {"hours_per_user": hours, "availability_share": 100 * (1 - hours / of_year)}.get(column, np.nan)

    def _aim(self, column: str, value: float) -> str:
        aim = self.aim(column)
        if np.isnan(aim):
            return ""
        shown = MEASURE[column].text(aim)
        if column == "hours_per_user":
            return _("Target %(target)s, %(share)s %% used") % {"target": shown, "share": number(100 * value / aim)}
        return _("Target %(target)s") % {"target": shown}

    def _tone(self, column: str) -> str:
        """Whether the target still holds, by the hours used: of part of a year, a share says less."""
        used, aim = self.value("hours_per_user"), self.aim("hours_per_user")
        if np.isnan(self.aim(column)) or np.isnan(used):
            return ""
        return "breached" if used > aim else "done"

    def _against(self, measure: Measure, value: float, before: float) -> str:
        if np.isnan(before):
            unheld = incomparable(self.asked)
            return _("Last year – (%(why)s)") % {"why": unheld} if unheld else ""
        told = {"before": measure.text(before)}
        if measure.column == "availability_share":
            return _("Last year %(before)s") % told
        if told["before"] == measure.text(0.0):  # of next to nothing, a share says nothing
            return _("Last year %(before)s") % told
        change = 100 * (value / before - 1)
        if abs(change) < 0.5:
            return _("Last year %(before)s, about the same") % told
        told["change"] = number(abs(change))
        if change > 0:
            return _("Last year %(before)s, up %(change)s %%") % told
        return _("Last year %(before)s, down %(change)s %%") % told


def missing(asked: Asked, period: Period) -> str:
    """Why nothing is known of a period; empty where something is."""
    match asked.books.unknown(period.start, period.end):
        case queries.Unknown.NO_NETWORK:
            return _("No network has been imported yet.")
        case queries.Unknown.NOT_BEGUN:
            return _("This period has not begun yet.")
        case queries.Unknown.NOTHING_BOOKED:
            return _("No interruption has been booked yet.")
        case queries.Unknown.BEFORE_RECORDS:
            return _begin(asked)
    return ""


def partly(asked: Asked, period: Period) -> str:
    """What to say where records begin within a period; empty where they begin before it."""
    books = asked.books
    known = not books.unknown(period.start, period.end)
    return _begin(asked) if known and not books.whole(period.start, period.end) else ""


def few_years(asked: Asked) -> str:
    """What to say where a threshold of major event days knows fewer years than it should; empty where all are known."""
    window, begins_at = asked.view.major_window_years, asked.books.begins_at
    if not window or begins_at is None:
        return ""
    if _first_date(asked) <= date(asked.period.first.year - window, 1, 1):
        return ""
    told = {"day": _first_day(asked), "years": window}
    return _("Records begin on %(day)s: the threshold is set by less than %(years)s years.") % told


def compared(asked: Asked) -> bool:
    """Whether there is a year before to be held against: one of which all is recorded."""
    before = asked.before
    return before is not None and asked.books.whole(before.start, before.end)


def incomparable(asked: Asked) -> str:
    """Why nothing stands for the year before where something should; empty where it does, or nothing is recorded."""
    if asked.before is None or asked.books.begins_at is None or compared(asked):
        return ""
    return _("no records before %(day)s") % {"day": _first_day(asked)}


def _begin(asked: Asked) -> str:
    return _("Records begin on %(day)s.") % {"day": _first_day(asked)}


def _first_day(asked: Asked) -> str:
    return _first_date(asked).isoformat()


def _first_date(asked: Asked) -> date:
    assert asked.books.begins_at is not None  # only asked where there are records
    return timezone.localtime(asked.books.begins_at).date()


def _leads_to(asked: Asked, measure: Measure) -> str:
    """The list that makes a figure: outages, loads interrupted often, or the interruptions."""
    if measure.column == "repeated_share":
        return asked.address("frequent", window="365", times=AT_LEAST[0])
    if measure.column == "event_count" and asked.is_plain:
        days = f"start={asked.period.first.isoformat()}&end={asked.until.isoformat()}"
        return f"{reverse('outages:home')}?{days}"
    return asked.address("parts", short="on" if measure.short else None)


def target_hours(asked: Asked, years: list[int]) -> dict[int, float]:
    """Hours per user that are aimed at in these years, for the stations asked about together."""
    users = asked.books.users_of_network
    by_path = {str(one.unit.path): users[one.pk] for one in asked.networks}
    return queries.target_hours_per_user(users_by_path=by_path, years=years, basis=asked.view.basis)


@dataclass(frozen=True, kw_only=True)
class Operand:
    """One number of a formula."""

    label: str
    text: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Where a figure comes from: the formula in words, the numbers in it, the rules, and what was counted."""

    words: str
    numbers: str
    operands: list[Operand]
    rules: list[str]
    rows: str
    open_rows: str
    carried_rows: str


def explanation(figures: Figures, column: str) -> Explanation:
    """Why a figure is what it is."""
    table, row = figures.table, figures.asked.now_row

    def operand(name: str) -> Operand:
        label, unit, digits = OPERANDS[name]
        values = getattr(table, name)
        value = float(values[row, 0] if values.ndim > 1 else values[row])
        return Operand(label=str(label), text=number(value, digits), unit=str(unit))

    measure = MEASURE[column]
    value = f"{measure.text(figures.value(column))} {measure.unit}".strip()
    if column == "availability_share":
        over = [operand("hours_per_user"), operand("period_hours")]
        words, numbers = f"1 - {over[0].label} ÷ {over[1].label}", f"1 - {over[0].text} ÷ {over[1].text} = {value}"
    elif measure.over:
        over = [operand(name) for name in measure.over]
        words, numbers = f"{over[0].label} ÷ {over[1].label}", f"{over[0].text} ÷ {over[1].text} = {value}"
    else:
        over, words, numbers = [], str(_SUMS.get(column, "")), value
    return Explanation(
        words=words.replace(" - ", " − "),
        numbers=numbers.replace(" - ", " − "),
        operands=over,
        rules=_rules(figures.asked),
        rows=number(float(table.row_count[row])),
        open_rows=number(float(table.open_row_count[row])),
        carried_rows=number(float(table.carried_row_count[row])),
    )


_SUMS: dict[str, Any] = {
    "user_hours": gettext_lazy("Over every interruption: users × hours within the period, added up"),
    "event_count": gettext_lazy("Outages that began in the period; one outage counts once, however many steps it took"),
    "interrupted_users": gettext_lazy("Users who were without supply at any time in the period, each counted once"),
}


def _rules(asked: Asked) -> list[str]:
    view = asked.view
    if view.standard is Standard.DLT836:
        short = _("DL/T 836-2016: an interruption of up to 3 minutes is short.")
    else:
        short = _(
            "IEEE 1366-2012: an interruption of up to 5 minutes is momentary and enters no duration or frequency."
        )
    if view.basis is Basis.MV_USERS:
        counted = _(
            "A user is a medium-voltage customer or one public distribution transformer, whatever is behind it."
        )
    else:
        counted = _("A user is one metered low-voltage customer. Not comparable with figures that count MV users.")
    rules = [
        short,
        counted,
        _("Hours count in the period in which they fall; an interruption counts once, where it begins."),
        _("Whoever loses supply again within the same outage is interrupted once; the hours add up."),
    ]
    if view.major_window_years:
        rules.append(
            _("Without major event days: days above exp(α + 2.5 β) of the %(years)s years before.")
            % {"years": view.major_window_years}
        )
    return rules
