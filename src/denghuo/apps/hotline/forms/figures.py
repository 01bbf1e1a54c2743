"""What is asked of the hotline's figures, and what they are held to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.models import (
    CauseKind,
    Definition,
    Exchange,
    Measure,
    Queue,
    Target,
)
from denghuo.apps.hotline.queries import Figures, Span
from denghuo.apps.organization.when import DayField, MinuteField, in_our_time

_MOST_DAYS = 366 * 3


def queue_names(queues: Sequence[Queue]) -> dict[int, str]:
    """What queues are called on a page that shows them all: with their exchange, where there is more than one."""
    several = len({one.exchange_id for one in queues}) > 1
    names = {one.pk: str(one) or gettext("No queue") for one in queues}
    return {one.pk: f"{names[one.pk]} · {one.exchange}" if several else names[one.pk] for one in queues}


class QuestionForm(forms.Form):
    """The row over every page of figures: a month, or days; a queue, or all."""

    month = forms.CharField(label=_("Month"), required=False, widget=forms.TextInput(attrs={"type": "month"}))
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)
    queue = forms.TypedChoiceField(label=_("Queue"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, Any], *, queues: Sequence[Queue]) -> None:
        super().__init__({name: data.get(name) or "" for name in self.base_fields})
        field = self.fields["queue"]
        assert isinstance(field, forms.ChoiceField)
        named = [(str(key), name) for key, name in queue_names(queues).items()]
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
        in_our_time(first)
        return first

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        since, until = told.get("since"), told.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day lies before the first one."))
        elif since and until and (until - since).days > _MOST_DAYS:
            self.add_error("until", _("Choose three years at most."))
        return told


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
        return queries.total(self.by_day.values())

    @cached_property
    def by_day(self) -> dict[date, Figures]:
        return queries.by_day(self.span)

    @cached_property
    def first_day(self) -> date | None:
        """The first day with a call; None where there is none at all."""
        return queries.first_day([one.pk for one in self.exchanges])

    @cached_property
    def targets(self) -> queries.Targets:
        """What the answer rate is held to, by day."""
        return queries.targets_of([str(one.unit.path) for one in self.exchanges], measure=Measure.ANSWER_RATE)

    @property
    def target(self) -> Target | None:
        """The target of the answer rate in force on the last day of the span."""
        return self.targets.on(self.span.last)

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
    q = forms.CharField(label=_("Last digits as shown, number or id"), required=False, max_length=120)
    longer_s = forms.IntegerField(label=_("Waited at least (s)"), required=False, min_value=0, max_value=100_000)
    since_at = MinuteField(required=False, widget=forms.HiddenInput())
    until_at = MinuteField(required=False, widget=forms.HiddenInput())
    agent_id = forms.IntegerField(required=False, widget=forms.HiddenInput(), min_value=1, max_value=2**62)


class UnmaskForm(forms.Form):
    """Why somebody needs a caller's number."""

    reason = forms.CharField(label=_("Why do you need the number?"), max_length=200)


class TargetForm(forms.Form):
    """What a unit is to reach."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    from_date = DayField(label=_("From"))
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

    from_date = DayField(label=_("From"))
    in_time_s = forms.IntegerField(label=_("In time: answered within (s)"), min_value=1, max_value=3600)
    redial_within_s = forms.IntegerField(label=_("Redial: calls again within (s)"), min_value=0, max_value=86_400)
    soon_s = forms.IntegerField(label=_("Gave up at once: sooner than (s)"), min_value=0, max_value=600)
    source = forms.CharField(label=_("Where it is written"), max_length=200)


class CauseForm(forms.Form):
    """What hit the hotline, and when."""

    kind = forms.ChoiceField(label=_("Cause"), choices=CauseKind.choices)
    name = forms.CharField(label=_("Name"), max_length=120)
    started_at = MinuteField(label=_("From"))
    ended_at = MinuteField(label=_("To"))
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
            elif end - start > timedelta(days=92):
                self.add_error("ended_at", _("Name a cause for three months at most."))
        if not (told.get("volume") or told.get("handling") or told.get("capacity")):
            self.add_error("volume", _("Say in which way it hit the hotline."))
        return told


def local_today() -> date:
    """Today on the clock of the place."""
    return timezone.localdate(timezone.now())
