"""What is asked of the hotline's figures, and what people tell it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.models import (
    AnnouncementKind,
    CallBackResult,
    CauseKind,
    Definition,
    DeskRule,
    Exchange,
    Measure,
    NoteKind,
    Queue,
    Target,
)
from denghuo.apps.hotline.queries import Figures, Span

_YEARS = (1990, 2100)
_MOST_DAYS = 366 * 3


class QuestionForm(forms.Form):
    """The row over every page of figures: a month, or days; a queue, or all."""

    month = forms.CharField(label=_("Month"), required=False, widget=forms.TextInput(attrs={"type": "month"}))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    queue = forms.TypedChoiceField(label=_("Queue"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, Any], *, queues: Sequence[Queue]) -> None:
        super().__init__({name: data.get(name) or "" for name in self.base_fields})
        field = self.fields["queue"]
        assert isinstance(field, forms.ChoiceField)
        named = [(str(one.pk), str(one)) for one in queues]
        field.choices = [("", gettext("All queues")), *named]
        if len(queues) < 2:
            field.widget = forms.HiddenInput()

    def clean_month(self) -> date | None:
        told = self.cleaned_data["month"]
        if not told:
            return None
        try:
            first = date.fromisoformat(f"{told}-01")
        except ValueError:
            raise forms.ValidationError(gettext("Write the month as 2026-07.")) from None
        return _within_years(first)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        since, until = told.get("since"), told.get("until")
        for name, day in (("since", since), ("until", until)):
            if day and not _YEARS[0] <= day.year <= _YEARS[1]:
                self.add_error(name, _("Choose a year from %d to %d.") % _YEARS)
        if since and until and until < since:
            self.add_error("until", _("This day lies before the first one."))
        elif since and until and (until - since).days > _MOST_DAYS:
            self.add_error("until", _("Choose three years at most."))
        return told


def _within_years(day: date) -> date:
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise forms.ValidationError(gettext("Choose a year from %d to %d.") % _YEARS)
    return day


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question: of which exchanges and queues, over which local days, seen from today."""

    form: QuestionForm
    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    span: Span
    month: date | None
    today: date

    @cached_property
    def figures(self) -> Figures:
        return queries.figures(self.span)

    @cached_property
    def by_day(self) -> dict[date, Figures]:
        return queries.by_day(self.span)

    @cached_property
    def first_day(self) -> date | None:
        """The first day with a call; None where there is none at all."""
        return queries.first_day([one.pk for one in self.exchanges])

    @cached_property
    def target(self) -> Target | None:
        """The target of the answer rate in force on the last day of the span."""
        paths = [str(one.unit.path) for one in self.exchanges]
        return queries.target_of(paths, measure=Measure.ANSWER_RATE, on=self.span.last) if paths else None

    @cached_property
    def definition(self) -> Definition:
        return queries.definitions().on(self.span.last)

    @property
    def parameters(self) -> dict[str, str]:
        told = {"queue": str(self.form.cleaned_data.get("queue") or "")}
        if self.month:
            told["month"] = f"{self.month:%Y-%m}"
        else:
            told |= {"since": self.span.first.isoformat(), "until": self.span.last.isoformat()}
        return {name: value for name, value in told.items() if value}

    def address(self, page: str, **told: object) -> str:
        """Another page, or this one, on the same question but for what is told."""
        parameters = dict(self.parameters)
        if "month" in told or "since" in told:
            parameters = {name: value for name, value in parameters.items() if name == "queue"}
        parameters |= {name: str(value) for name, value in told.items() if value not in (None, "")}
        return f"{reverse(f'hotline:{page}')}?{urlencode(parameters)}"

    @property
    def query(self) -> str:
        return urlencode(self.parameters)

    @property
    def why_href(self) -> str:
        return self.address("why")

    @property
    def calls_href(self) -> str:
        return self.address("calls")

    @property
    def agents_href(self) -> str:
        return self.address("agents")

    def months_back(self, count: int) -> date:
        """The first of the month so many months before that of the span's last day."""
        day = self.span.last.replace(day=1)
        for _month in range(count):
            day = (day - timedelta(days=1)).replace(day=1)
        return day


def ask(scope: Iterable[str], told: Mapping[str, Any], *, today: date) -> Asked:
    """The question of an address; what it leaves out or gets wrong is this month, of all queues."""
    exchanges = queries.exchanges_within(scope)
    queues = queries.queues_of([one.pk for one in exchanges])
    form = QuestionForm(told, queues=queues)
    valid = form.is_valid()
    data = form.cleaned_data
    wanted = [one for one in queues if data.get("queue") in (None, one.pk)]
    month: date | None = (data.get("month") if valid else None) or today.replace(day=1)
    first, last = queries.month_days(month or today)
    if valid and (data.get("since") or data.get("until")):
        first = data.get("since") or data["until"]
        last = data.get("until") or max(first, today)
        month = None
    span = Span(queue_ids=tuple(one.pk for one in wanted), first=first, last=last)
    return Asked(form=form, exchanges=tuple(exchanges), queues=tuple(queues), span=span, month=month, today=today)


COUNTED_CHOICES = [
    ("calls", _("All calls")),
    ("requests", _("Asked for a person")),
    ("answered", _("Answered")),
    ("not_answered", _("Asked, not answered")),
    ("abandoned", _("Gave up waiting")),
    ("sent_away", _("Sent away from the queue")),
    ("refused", _("Refused: queue full")),
    ("announced", _("Served by the announcement")),
    ("lost_before", _("Hung up in the menu")),
    ("failed", _("Technical failure")),
    ("redials", _("Redials")),
    ("callers", _("First calls of a caller")),
    ("unserved", _("Callers never served")),
    ("lasting", _("Not finished in the log")),
]


class CallsForm(forms.Form):
    """Which calls to list."""

    counted = forms.ChoiceField(label=_("Calls"), choices=COUNTED_CHOICES, required=False)
    q = forms.CharField(label=_("Last four digits, number or id"), required=False, max_length=120)
    longer_s = forms.IntegerField(label=_("Waited at least (s)"), required=False, min_value=0, max_value=100_000)
    since_at = forms.DateTimeField(required=False, widget=forms.HiddenInput())
    until_at = forms.DateTimeField(required=False, widget=forms.HiddenInput())
    agent_id = forms.IntegerField(required=False, widget=forms.HiddenInput(), min_value=1, max_value=2**62)


class UnmaskForm(forms.Form):
    """Why somebody needs a caller's number."""

    reason = forms.CharField(label=_("Why do you need the number?"), max_length=200)


class TargetForm(forms.Form):
    """What a unit is to reach."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    from_date = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    measure = forms.ChoiceField(label=_("Measure"), choices=Measure.choices)
    percent = forms.FloatField(label=_("Target (%)"), min_value=0.1, max_value=100)
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def __init__(self, *args: Any, units: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = units


class ExchangeForm(forms.Form):
    """A telephone exchange, and whose calls it takes."""

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.SlugField(
        label=_("Code"),
        max_length=40,
        help_text=_("Latin letters, digits and hyphens, such as 95598. Programs and commands use it."),
    )
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)

    def __init__(self, *args: Any, units: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = units

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if queries.exchange_of_code(code):
            raise forms.ValidationError(gettext("There is an exchange with this code already."))
        return code


class DefinitionForm(forms.Form):
    """How calls are counted from a day on."""

    from_date = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    in_time_s = forms.IntegerField(label=_("In time: answered within (s)"), min_value=1, max_value=3600)
    redial_within_s = forms.IntegerField(label=_("Redial: calls again within (s)"), min_value=0, max_value=86_400)
    soon_s = forms.IntegerField(label=_("Gave up at once: sooner than (s)"), min_value=0, max_value=600)
    source = forms.CharField(label=_("Where it is written"), max_length=200)


class CauseForm(forms.Form):
    """What hit the hotline, and when."""

    kind = forms.ChoiceField(label=_("Cause"), choices=CauseKind.choices)
    name = forms.CharField(label=_("Name"), max_length=120)
    started_at = forms.DateTimeField(
        label=_("From"), widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    )
    ended_at = forms.DateTimeField(
        label=_("To"), widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    )
    volume = forms.BooleanField(label=_("More calls than usual"), required=False, initial=True)
    handling = forms.BooleanField(label=_("Longer calls than usual"), required=False)
    capacity = forms.BooleanField(label=_("Fewer people on seats than usual"), required=False)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        start, end = told.get("started_at"), told.get("ended_at")
        if start and end:
            if end <= start:
                self.add_error("ended_at", _("The end must come after the beginning."))
            elif not _YEARS[0] <= start.year <= end.year <= _YEARS[1]:
                self.add_error("started_at", _("Choose a year from %d to %d.") % _YEARS)
            elif end - start > timedelta(days=92):
                self.add_error("ended_at", _("Name a cause for three months at most."))
        if not (told.get("volume") or told.get("handling") or told.get("capacity")):
            self.add_error("volume", _("Say in which way it hit the hotline."))
        return told


def local_today() -> date:
    """Today on the clock of the place."""
    return timezone.localdate(timezone.now())


_LOCAL = {"type": "datetime-local"}


class AnnouncementForm(forms.Form):
    """What an announcement says."""

    text = forms.CharField(label=_("What callers hear"), max_length=1000, widget=forms.Textarea({"rows": 5}))
    promised_at = forms.DateTimeField(
        label=_("Restoration that it tells callers to expect"),
        required=False,
        widget=forms.DateTimeInput(_LOCAL, "%Y-%m-%dT%H:%M"),
    )


class TemplateForm(forms.Form):
    """How announcements are worded."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    kind = forms.ChoiceField(label=_("About"), choices=AnnouncementKind.choices)
    from_date = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    text = forms.CharField(label=_("Text"), max_length=1000, widget=forms.Textarea({"rows": 4}))
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def __init__(self, *args: Any, units: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = units

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if unknown := queries.unknown_places(text):
            raise forms.ValidationError(gettext("Nothing known of an outage is named {%s}.") % unknown[0])
        return text


class DeskRuleForm(forms.ModelForm):
    """How the desk works from a day on."""

    class Meta:
        model = DeskRule
        exclude = ("id",)
        labels = {
            "from_date": _("From"),
            "draft_from_customers": _("Announce outages from so many customers on (0: none)"),
            "urge_gap_s": _("The same caller presses again after (s)"),
            "call_back_within_s": _("Call back within (s)"),
            "quiet_idle_agents": _("Quiet: free agents at least"),
            "call_from": _("Call back from (hour of the day)"),
            "call_until": _("Call back until (hour of the day)"),
            "review_share": _("Share of plain calls reviewed (0 to 1)"),
            "double_share": _("Share of those scored twice (0 to 1)"),
            "long_wait_s": _("Long wait from (s)"),
            "complaint_words": _("Words that hint at a grievance"),
            "source": _("Where it is written"),
        }
        widgets = {"from_date": forms.DateInput({"type": "date"}, "%Y-%m-%d")}

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("call_from") is not None and (told.get("call_until") or 0) <= told["call_from"]:
            self.add_error("call_until", _("The end must come after the beginning."))
        if (told.get("call_until") or 0) > 24:
            self.add_error("call_until", _("A day has 24 hours."))
        for name in ("review_share", "double_share"):
            if not 0 <= (told.get(name) or 0) <= 1:
                self.add_error(name, _("A share lies between 0 and 1."))
        return told

    def validate_unique(self) -> None:
        """A rule of the same day takes the place of the one before."""


class SeatForm(forms.Form):
    """Who an agent of an exchange is; ``people`` are those who may work there, by key."""

    agent_id = forms.IntegerField(widget=forms.HiddenInput(), min_value=1, max_value=2**62)
    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), required=False, max_length=80)
    team = forms.CharField(label=_("Team"), required=False, max_length=40)
    user = forms.TypedChoiceField(
        label=pgettext_lazy("to sign in", "Account"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = [("", "–"), *people]  # type: ignore[attr-defined]


class NoteForm(forms.Form):
    """What an agent writes of a call; nothing has to be there until it is kept."""

    exchange_id = forms.IntegerField(widget=forms.HiddenInput(), min_value=1, max_value=2**62)
    call_id = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput())
    number = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput())
    text = forms.CharField(
        label=_("Note"), required=False, max_length=5000, strip=False, widget=forms.Textarea({"rows": 6})
    )
    kind = forms.ChoiceField(label=_("Kind of business"), required=False, choices=NoteKind, widget=forms.RadioSelect)
    follow_up = forms.BooleanField(label=_("Call the customer back"), required=False)


class CallBackForm(forms.Form):
    """Whom to call, why, and by when."""

    number = forms.RegexField(r"^[0-9+*# -]{3,40}$", label=pgettext_lazy("of a telephone", "Number"), max_length=40)
    reason = forms.CharField(label=_("Why"), max_length=300)
    due_at = forms.DateTimeField(label=_("Due"), widget=forms.DateTimeInput(_LOCAL, "%Y-%m-%dT%H:%M"))


class TryForm(forms.Form):
    """What came of calling back."""

    result = forms.ChoiceField(label=_("Result"), choices=CallBackResult)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class SheetForm(forms.Form):
    """A score sheet: an item a line, with its points after a bar."""

    from_date = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    name = forms.CharField(label=_("Name"), max_length=120)
    items = forms.CharField(
        label=_("Items, one a line: what | points"), max_length=5000, widget=forms.Textarea({"rows": 8})
    )
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def clean_items(self) -> list[tuple[str, int]]:
        found = []
        for line in self.cleaned_data["items"].splitlines():
            what, _bar, points = (part.strip() for part in line.rpartition("|"))
            if not line.strip():
                continue
            worth = int(points) if points.isascii() and points.isdigit() and len(points) < 4 else 0
            if not 0 < len(what) <= 120 or not 0 < worth <= 100:
                raise forms.ValidationError(gettext("Write “what | points” on each line, with 1 to 100 points."))
            found.append((what, worth))
        return found
