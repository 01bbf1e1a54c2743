"""What is asked about reliability: of which stations, for which days, by whose rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.continuity import queries
from denghuo.apps.network import queries as network
from denghuo.apps.network.models import Network
from denghuo.apps.organization import queries as organization
from denghuo.apps.outages.models import KIND_CHOICES, Cause
from denghuo.engines.standards import Basis, Standard, Variant

BASIS_CHOICES = [(Basis.MV_USERS.value, _("MV users")), (Basis.LV_CUSTOMERS.value, _("LV customers"))]
STANDARD_CHOICES = [(Standard.DLT836.value, "DL/T 836-2016"), (Standard.IEEE1366.value, "IEEE 1366-2012")]
VARIANT_CHOICES = [
    (Variant.ALL.value, _("All outages")),
    (Variant.WITHOUT_EXTERNAL.value, _("Without outside influence")),
    (Variant.WITHOUT_SOURCE_SHORTAGE.value, _("Without shortage of generation")),
    (Variant.WITHOUT_SHORT.value, _("Without short interruptions")),
    (Variant.FAULT.value, _("Faults only")),
    (Variant.PREARRANGED.value, _("Prearranged only")),
]
MAJOR_CHOICES = [
    ("", _("Included")),
    ("3", _("Left out, threshold of 3 years")),
    ("5", _("Left out, threshold of 5 years")),
]
PERIOD_CHOICES = [
    ("this_year", _("This year")),
    ("last_year", _("Last year")),
    ("this_month", _("This month")),
    ("last_month", _("Last month")),
    ("days", _("From – to")),
]
_WHAT = {"period", "since", "until", "station"}
_MOST_DAYS = 366 * 5
_YEARS = (1950, 2100)  # a year typed digit by digit begins as 0002


@dataclass(frozen=True, kw_only=True)
class Period:
    """Local days, the last one included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        return _midnight(self.last + timedelta(days=1))

    def year_before(self, today: date) -> "Period":
        """The same days a year earlier; of a period that is not over, as many days as have begun."""
        return Period(first=_year_back(self.first), last=_year_back(min(self.last, max(today, self.first))))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


def _year_back(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _months(day: date, back: int) -> Period:
    first = day.replace(day=1)
    for _month in range(back):
        first = (first - timedelta(days=1)).replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return Period(first=first, last=after - timedelta(days=1))


def _years(day: date, back: int) -> Period:
    return Period(first=date(day.year - back, 1, 1), last=date(day.year - back, 12, 31))


class QuestionForm(forms.Form):
    """The row over every page of figures. Whatever is left out has a default, so that an address may be short."""

    period = forms.ChoiceField(label=_("Period"), choices=PERIOD_CHOICES, required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    station = forms.TypedChoiceField(label=_("Station"), required=False, coerce=int, empty_value=None)
    basis = forms.ChoiceField(label=_("Counted"), choices=BASIS_CHOICES, required=False)
    standard = forms.ChoiceField(label=_("By the rules of"), choices=STANDARD_CHOICES, required=False)
    variant = forms.ChoiceField(label=_("Outages"), choices=VARIANT_CHOICES, required=False)
    major = forms.ChoiceField(label=_("Major event days"), choices=MAJOR_CHOICES, required=False)

    def __init__(self, data: Mapping[str, Any], *, networks: Iterable[Network], today: date) -> None:
        self._today = today
        complete = {name: data.get(name) or self.DEFAULTS.get(name, "") for name in self.base_fields}
        if complete["period"] == "days" and not (complete["since"] or complete["until"]):
            complete |= {"since": today.replace(month=1, day=1).isoformat(), "until": today.isoformat()}
        super().__init__(complete)
        stations = [(str(one.pk), one.unit.name) for one in networks]
        field = self.fields["station"]
        assert isinstance(field, forms.ChoiceField)
        self.only_station = len(stations) == 1
        field.choices = stations if self.only_station else [("", gettext("All stations")), *stations]

    DEFAULTS = {
        "period": "this_year",
        "basis": Basis.MV_USERS.value,
        "standard": Standard.DLT836.value,
        "variant": Variant.ALL.value,
    }

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        first, last = told.get("since"), told.get("until")
        if told.get("period") == "days":
            if not (first and last):
                self.add_error("until" if first else "since", _("Say both days."))
            elif wrong := [day for day in ("since", "until") if not _YEARS[0] <= told[day].year <= _YEARS[1]]:
                self.add_error(wrong[0], _("Choose a year from %d to %d.") % _YEARS)
            elif last < first:
                self.add_error("until", _("This day lies before the first one."))
            elif (last - first).days > _MOST_DAYS:
                self.add_error("until", _("At most five years at a time."))
        return told

    @property
    def chosen(self) -> Period:
        """The days asked for; where they make no sense, this year."""
        named = {
            "last_year": lambda: _years(self._today, 1),
            "this_month": lambda: _months(self._today, 0),
            "last_month": lambda: _months(self._today, 1),
        }
        told = self.cleaned_data
        if told.get("period") == "days" and not self.errors.keys() & {"since", "until"}:
            return Period(first=told["since"], last=told["until"])
        return named.get(told.get("period", ""), lambda: _years(self._today, 0))()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question about reliability, as it came with a request."""

    form: QuestionForm
    networks: tuple[Network, ...]
    period: Period
    view: queries.View
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return timezone.localtime(self.view.as_of).date()

    @property
    def year(self) -> int:
        """The calendar year that the period ends in."""
        return self.period.last.year

    @cached_property
    def before(self) -> Period | None:
        """The same days a year earlier; None where the two would overlap, and of a period that has not begun."""
        if self.period.start >= self.view.as_of:
            return None
        before = self.period.year_before(self.today)
        return before if before.end <= self.period.start else None

    @cached_property
    def edges(self) -> tuple[datetime, ...]:
        """The instants around both periods, earlier first."""
        spans = [self.before, self.period] if self.before else [self.period]
        return tuple(sorted({at for span in spans for at in (span.start, span.end)}))

    @property
    def now_row(self) -> int:
        """Which of the periods between the edges is the one asked for; the one a year earlier is the first."""
        return len(self.edges) - 2

    @cached_property
    def books(self) -> queries.Books:
        """The books of the calendar years around both periods: the same for every page of one question."""
        since = min(self.edges[0], _midnight(date(self.year - 1, 1, 1)))
        return queries.open_books(self.view, since=since, until=_midnight(date(self.year + 1, 1, 1)))

    def name_in(self, name: Any, network_id: int | None) -> str:
        """A name, with its station where there are several: names of lines and villages repeat."""
        if network_id is None or len(self.networks) == 1:
            return str(name)
        return f"{name} · {next(one.unit.name for one in self.networks if one.pk == network_id)}"

    @property
    def until(self) -> date:
        """The last day of the period of which something can be known; of a period that has not begun, its last."""
        return min(self.period.last, self.today) if self.period.first <= self.today else self.period.last

    @property
    def query(self) -> str:
        """The question as the end of an address."""
        return urlencode(self.parameters)

    @property
    def counted(self) -> list[tuple[str, str]]:
        """How it is counted: each rule by its name, and what was chosen."""
        view, fields = self.view, self.form.fields
        chosen = {
            "basis": view.basis.value,
            "standard": view.standard.value,
            "variant": view.variant.value,
            "major": str(view.major_window_years or ""),
        }
        return [
            (str(fields[name].label), str(dict(fields[name].choices)[value]))  # type: ignore[attr-defined]
            for name, value in chosen.items()
        ]

    @property
    def said(self) -> list[str]:
        """The question in words, for paper: of which stations, counting whom, by whose rules."""
        *chosen, (label, major) = self.counted
        whose = ", ".join(one.unit.name for one in self.networks)
        left_out = [f"{label} {major}"] if self.view.major_window_years else []
        return [whose, *(text for _label, text in chosen), *left_out]

    @property
    def rules(self) -> dict[str, str]:
        """The parameters that say how to count, without those that say what."""
        return {name: value for name, value in self.parameters.items() if name not in _WHAT}

    @property
    def is_plain(self) -> bool:
        """Whether every outage within reach counts: of all stations, by the whole book."""
        narrowing = {"station", "variant", "standard", "major"} & self.parameters.keys()
        return not narrowing or (narrowing == {"station"} and self.form.only_station)

    @property
    def home_href(self) -> str:
        """The overview with the same question."""
        return self.address("home")

    @property
    def export_href(self) -> str:
        """The workbook of the same question."""
        return self.address("export")

    @property
    def feeders_href(self) -> str:
        """Every line with the same question."""
        return self.address("breakdown", "feeder")

    @property
    def frequent_href(self) -> str:
        """The loads interrupted often, with the same question."""
        return self.address("frequent")

    def address(self, name: str, *args: Any, **more: Any) -> str:
        """The address of another page with the same question."""
        query = urlencode({**self.parameters, **{key: value for key, value in more.items() if value is not None}})
        return reverse(f"continuity:{name}", args=args) + (f"?{query}" if query else "")


def ask(scope: Iterable[str], data: Mapping[str, Any], *, now: datetime) -> Asked:
    """Read the question out of a request. Figures are known up to the full minute.

    Raises:
        Network.DoesNotExist: a station that does not exist or is somebody else's.
    """
    as_of = now.replace(second=0, microsecond=0)
    within = network.networks_within(scope)
    form = QuestionForm(data, networks=within, today=timezone.localtime(as_of).date())
    form.full_clean()
    if "station" in form.errors:
        raise Network.DoesNotExist
    told = form.cleaned_data
    chosen = [one for one in within if told.get("station") in (None, one.pk)]
    view = queries.View(
        network_ids=tuple(one.pk for one in chosen),
        as_of=as_of,
        standard=Standard(told.get("standard") or Standard.DLT836),
        basis=Basis(told.get("basis") or Basis.MV_USERS),
        variant=Variant(told.get("variant") or Variant.ALL),
        major_window_years=int(told["major"]) if told.get("major") else None,
    )
    said = {name: str(data[name]) for name in form.fields if data.get(name) and data[name] != form.DEFAULTS.get(name)}
    if said.get("period") != "days":
        said = {name: value for name, value in said.items() if name not in {"since", "until"}}
    return Asked(form=form, networks=tuple(chosen), period=form.chosen, view=view, parameters=said)


class PartsForm(forms.Form):
    """What narrows a list of interruptions down."""

    kind = forms.TypedChoiceField(label=_("Kind"), required=False, coerce=int, empty_value=None)
    cause = forms.TypedChoiceField(label=_("Cause"), required=False, coerce=int, empty_value=None)
    feeder = forms.TypedChoiceField(label=_("Line"), required=False, coerce=int, empty_value=None)
    area = forms.ChoiceField(label=_("Area"), required=False)
    load = forms.IntegerField(required=False, widget=forms.HiddenInput)
    outage = forms.IntegerField(required=False, widget=forms.HiddenInput)
    short = forms.BooleanField(label=_("Short ones only"), required=False)

    def __init__(self, data: Mapping[str, Any], *, asked: Asked) -> None:
        super().__init__(data)
        anything = ("", gettext("All"))
        loads, said = asked.books.loads, asked.name_in
        lines = [(str(pk), said(name, loads.network_of_feeder[pk])) for pk, name in loads.feeders.items()]
        areas = [(key, said(name, network_id)) for key, (network_id, name) in loads.areas.items() if name]
        for name, choices in (
            ("kind", KIND_CHOICES),
            ("cause", Cause.choices),
            ("feeder", lines),
            ("area", areas),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [anything, *choices]

    @property
    def filters(self) -> dict[str, Any]:
        """What is asked for, by name; None lets everything pass."""
        self.full_clean()
        return {name: self.cleaned_data.get(name) or None for name in queries.FILTERS} | {
            name: self.cleaned_data.get(name) for name in ("kind", "cause")
        }

    @property
    def query(self) -> dict[str, str]:
        """What narrows the list, as a part of an address."""
        told = {name: str(value) for name, value in self.filters.items() if value is not None}
        return told | ({"short": "on"} if self.cleaned_data.get("short") else {})

    @property
    def said(self) -> list[str]:
        """What narrows the list in words, as far as it was chosen here."""
        told = self.query
        chosen = []
        for name in ("kind", "cause", "feeder", "area"):
            names = {str(key): text for key, text in self.fields[name].choices}  # type: ignore[attr-defined]
            if name in told:
                chosen.append(f"{self.fields[name].label} {names[told[name]]}")
        return [*chosen, str(self.fields["short"].label)] if "short" in told else chosen


class TargetForm(forms.Form):
    """What is aimed at in a year, and where that was written."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)
    basis = forms.ChoiceField(label=_("Counted"), choices=BASIS_CHOICES)
    hours_per_user = forms.FloatField(
        label=_("Hours without supply per user, at most"),
        min_value=0.01,
        max_value=8784,
        help_text=_("For the whole year."),
        widget=forms.NumberInput({"step": "0.01"}),
    )
    source = forms.CharField(
        label=_("Where this is written"), max_length=200, help_text=_("The document with its number and date.")
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, scope: Iterable[str], year: int) -> None:
        super().__init__(data, initial={"year": year})
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(unit.pk), unit.name) for unit in organization.units_within(scope)]
