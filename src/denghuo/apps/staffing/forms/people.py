"""Rules, absences, wishes, skills, swaps and the calendar, as people tell them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from denghuo.apps.hotline.models import Agent
from denghuo.apps.organization.models import CalendarDay, DayKind
from denghuo.apps.organization.queries import years_lacking
from denghuo.apps.organization.snapshot import SparseYear, sparse_years
from denghuo.apps.organization.when import DayField, in_our_time
from denghuo.apps.staffing.forms.shifts import labeled
from denghuo.apps.staffing.models import AbsenceKind, RuleKind, Shift
from denghuo.apps.staffing.snapshot.rules import COUNTS, SHARES

_MOST_ABSENT = timedelta(days=400)
_HOURS_OF_MONTH = 744
# More than this cannot be meant.
_AT_MOST = {
    RuleKind.REST_H: 72,
    RuleKind.RUN_DAYS: 31,
    RuleKind.NIGHTS_IN_A_ROW: 31,
    RuleKind.MONTH_H: _HOURS_OF_MONTH,
    RuleKind.DUE_H: _HOURS_OF_MONTH,
    RuleKind.SURGE_H: 72,
    RuleKind.OUTAGE_H: 72,
    RuleKind.ANNOUNCE_MIN: 1_440,
    RuleKind.SECOND_MIN: 1_440,
    RuleKind.THIRD_MIN: 1_440,
    RuleKind.SEATS: 10_000,
}
# How people and their lists name the two kinds of days, in either language.
_KIND_WORDS = {
    **dict.fromkeys(("holiday", "放假", "休息", "节假日", "休"), DayKind.HOLIDAY),
    **dict.fromkeys(("makeup", "上班", "调休", "补班", "调休上班", "班"), DayKind.MAKEUP),
}
# Some lists call a day off so that is given for one worked.
_AMBIGUOUS = "调休"
_SATURDAY = 5
_AT_LEAST_ONE = frozenset({RuleKind.SEATS, RuleKind.RUN_DAYS, RuleKind.MONTH_H})


def _day(label: Any, **told: Any) -> forms.DateField:
    return DayField(label=label, **told)


class RuleForm(forms.Form):
    """A number from a day on."""

    kind = forms.ChoiceField(label=_("Rule"), choices=RuleKind.choices)
    from_date = _day(_("From"))
    value = forms.FloatField(label=_("Value"), min_value=0, max_value=1_000_000)
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        kind, value = told.get("kind"), told.get("value")
        if kind in SHARES and value is not None:
            if value >= 100:
                self.add_error("value", _("This must be below 100 %: write 90 for 90 %."))
            elif 0 < value < 1:
                self.add_error("value", _("This is less than 1 %: write 90 for 90 %, not 0.9."))
            told["value"] = value / 100
        elif value is not None and kind in _AT_MOST and value > _AT_MOST[RuleKind(kind)]:
            self.add_error(
                "value", _("More than %(most)s cannot be meant here.") % {"most": f"{_AT_MOST[RuleKind(kind)]:,}"}
            )
        if kind in COUNTS and value is not None and value != int(value):
            self.add_error("value", _("People, customers, days and nights are counted: write a whole number."))
        if told.get("kind") in _AT_LEAST_ONE and told.get("value", 1) < 1:
            self.add_error("value", _("With less than 1 nobody could work: write 1 or more."))
        return told


def _named(agents: Sequence[Agent]) -> list[tuple[str, str]]:
    return [(str(one.pk), f"{one} · {one.team}" if one.team else str(one)) for one in agents]


class _AgentForm(forms.Form):
    def __init__(self, *args: Any, agents: Sequence[Agent], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("agent", "other"):
            if isinstance(field := self.fields.get(name), forms.ChoiceField):
                field.choices = _named(agents)


class AbsenceForm(_AgentForm):
    """Somebody cannot work on these days."""

    agent = forms.TypedChoiceField(label=_("Person"), coerce=int)
    first = _day(_("From"))
    last = _day(_("To"))
    kind = forms.ChoiceField(label=_("Why"), choices=AbsenceKind.choices)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        first, last = told.get("first"), told.get("last")
        if first and last and not first <= last <= first + _MOST_ABSENT:
            self.add_error("last", _("This day must not lie before the first one, nor more than 400 days after it."))
        return told


class WishForm(forms.Form):
    """What somebody would like, or rather not, on a day."""

    agent = forms.TypedChoiceField(label=_("Person"), coerce=int)
    day = _day(_("Day"))
    wanted = forms.TypedChoiceField(
        label=_("Wish"),
        coerce=lambda told: told == "yes",
        choices=[("yes", _("would like")), ("no", _("would rather not"))],
    )
    shift = forms.TypedChoiceField(label=_("Shift"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, shifts: Sequence[Shift], agents: Sequence[Agent] | None, **kwargs: Any) -> None:
        """``agents`` None: it is one's own wish."""
        super().__init__(*args, **kwargs)
        self.fields["shift"].choices = [("", _("a day off")), *((str(one.pk), labeled(one)) for one in shifts)]  # type: ignore[attr-defined]
        if agents is None:
            del self.fields["agent"]
        else:
            self.fields["agent"].choices = _named(agents)  # type: ignore[attr-defined]


class SkillsForm(_AgentForm):
    """All that somebody can do beyond the usual."""

    agent = forms.TypedChoiceField(label=_("Person"), coerce=int)
    names = forms.CharField(
        label=_("Skills"),
        max_length=200,
        required=False,
        help_text=_("All of them, with commas between: shift leader, English. What is not named is taken away."),
    )

    def clean_names(self) -> list[str]:
        return [part[:40] for part in re.split(r"[,，、;；]\s*", self.cleaned_data["names"]) if part.strip()]


class SwapForm(_AgentForm):
    """Two people exchange duties."""

    agent = forms.TypedChoiceField(label=_("Person"), coerce=int)
    day = _day(_("Gives away the duty of"))
    other = forms.TypedChoiceField(label=_("Who takes it over"), coerce=int)
    other_day = _day(_("And takes the duty of"), required=False)


class CalendarForm(forms.Form):
    """A calendar as text: a line per day."""

    text = forms.CharField(
        label=_("Days: date, holiday or makeup, name"),
        widget=forms.Textarea({"rows": 5}),
        max_length=20_000,
        help_text=_(
            "A line per day, such as 2027-01-01,holiday,元旦. The kind is holiday (or 放假, 休息, 节假日) or makeup "
            "(or 上班, 补班, 调休). The years in it are replaced as a whole."
        ),
    )
    source = forms.CharField(label=_("Where it is written"), max_length=200)
    # It stands by what it agrees to, which is not where the rest of the form is.
    sure = forms.BooleanField(
        label=_("This is all there is: read it in all the same"),
        required=False,
        widget=forms.CheckboxInput({"form": "calendar-days"}),
    )

    def __init__(self, *args: Any, known: Iterable[int] = (), **kwargs: Any) -> None:
        """``known``: the years told so far."""
        super().__init__(*args, **kwargs)
        self._known = known

    @property
    def sparse(self) -> list[SparseYear]:
        """Years of which hardly everything is told."""
        return sparse_years(self.cleaned_data.get("text", ()))

    def asks_back(self) -> bool:
        """Whether a year of which hardly everything is told waits for somebody to say that this is all."""
        if self.sparse and not self.cleaned_data.get("sure"):
            self.add_error("sure", _("Add the days that are missing. If none is, tick here and read it in again."))
            return True
        return False

    def clean_text(self) -> list[CalendarDay]:
        rows: dict[date, CalendarDay] = {}
        told_in: dict[date, int] = {}
        wrong: list[Any] = []
        for number, line in enumerate(self.cleaned_data["text"].splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = _day_told(line)
            except forms.ValidationError as error:
                wrong.append(_("Line %(line)d: %(what)s") % {"line": number, "what": error.messages[0]})
                continue
            if row.date in rows:
                told = {"line": number, "first": told_in[row.date], "day": row.date}
                wrong.append(_("Line %(line)d: %(day)s stands in line %(first)d already. Keep one of the two.") % told)
            rows.setdefault(row.date, row)
            told_in.setdefault(row.date, number)
        if not wrong and (lacking := years_lacking({day.year for day in rows}, self._known)):
            wrong.append(
                _(
                    "The holidays of %(years)s are not told, and deadlines are not counted across a gap. Correct the "
                    "year, or tell those years too."
                )
                % {"years": _in_stretches(lacking)}
            )
        if wrong:
            raise forms.ValidationError(wrong)
        return list(rows.values())


def _day_told(line: str) -> CalendarDay:
    """One line of a calendar.

    Raises:
        forms.ValidationError: it says no day, or not what is with it.
    """
    day, kind, name = [*(part.strip() for part in line.replace("，", ",").split(",")), "", ""][:3]
    try:
        found = forms.DateField().clean(day)
    except forms.ValidationError as error:
        raise forms.ValidationError(
            _("“%(day)s” is no date. Write the day as 2027-01-01.") % {"day": day[:40]}
        ) from error
    in_our_time(found)
    meant = _KIND_WORDS.get(kind.casefold())
    if meant is None:
        raise forms.ValidationError(
            _("“%(kind)s” is neither holiday nor makeup. Write one of the two after the day.") % {"kind": kind[:40]}
        )
    if kind == _AMBIGUOUS and found.weekday() < _SATURDAY:
        raise forms.ValidationError(
            _("%(day)s is no weekend day, so “调休” may mean a day off. Write 放假 or 上班 instead.") % {"day": found}
        )
    return CalendarDay(date=found, kind=meant, name=name[:40])


def _in_stretches(years: Sequence[int]) -> str:
    """Years in order as people write them: 2019, 2021–2023."""
    stretches = [[year for _n, year in part] for _d, part in groupby(enumerate(years), lambda one: one[1] - one[0])]
    return ", ".join(str(one[0]) if len(one) == 1 else f"{one[0]}–{one[-1]}" for one in stretches)


class YearForm(forms.Form):
    """A year whose days are taken out of the calendar."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)

    def __init__(self, *args: Any, years: Mapping[int, int], **kwargs: Any) -> None:
        """``years``: those that can be taken out, with how many days they have."""
        super().__init__(*args, **kwargs)
        told = [
            (year, ngettext("%(year)d: %(n)d day", "%(year)d: %(n)d days", count) % {"year": year, "n": count})
            for year, count in years.items()
        ]
        self.fields["year"].choices = [("", _("Choose")), *told]  # type: ignore[attr-defined]
