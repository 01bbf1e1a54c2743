"""What people tell the hotline at work: announcements, notes, call-backs, scores."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.phones import dialed
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.models import (
    AnnouncementKind,
    CallBack,
    CallBackResult,
    DeskRule,
    Exchange,
    NoteKind,
    ReviewItem,
)
from denghuo.apps.orders.models import PromiseOf
from denghuo.apps.organization.when import LOCAL_MINUTE, DayField, MinuteField

_FARTHEST = timedelta(days=30)
NUMBER_WANTED = _(
    "Type in the whole number, in digits: a mobile number, a landline with its area code, or a service number such as "
    "95598."
)


class AnnouncementForm(forms.Form):
    """What an announcement says."""

    text = forms.CharField(label=_("What callers hear"), max_length=1000, widget=forms.Textarea({"rows": 5}))
    promised_at = MinuteField(label=_("Restoration that it tells callers to expect"), required=False)

    def __init__(self, *args: Any, at: datetime, before: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at, self.before = at, before

    def clean_promised_at(self) -> datetime | None:
        """What is promised lies ahead, unless it is what was promised before and is left as it was."""
        promised_at: datetime | None = self.cleaned_data["promised_at"]
        if promised_at is not None and promised_at <= self.at and promised_at != self.before:
            raise forms.ValidationError(gettext("Choose a time that is still to come."))
        return promised_at


class TemplateForm(forms.Form):
    """How announcements are worded."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    kind = forms.ChoiceField(label=_("About"), choices=AnnouncementKind.choices)
    from_date = DayField(label=_("From"))
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


class _ToldIn(forms.FloatField):
    """A number that people say in another unit than it is kept in; ``one`` is one of theirs, as it is kept."""

    def __init__(self, *, one: float, **told: Any) -> None:
        super().__init__(min_value=0, **told)
        self.one = one

    def prepare_value(self, value: Any) -> Any:
        return f"{value / self.one:.6g}" if isinstance(value, int | float) else value

    def clean(self, value: Any) -> float | None:
        told = super().clean(value)
        return None if told is None else round(told * self.one, 6)


def _hours(label: Any, *, most: int) -> _ToldIn:
    return _ToldIn(label=label, one=3600, max_value=most)


def _percent(label: Any) -> _ToldIn:
    return _ToldIn(label=label, one=0.01, max_value=100)


class DeskRuleForm(forms.ModelForm):
    """How the desk works from a day on."""

    urge_gap_s = _hours(_("The same caller presses again after (h)"), most=720)
    call_back_within_s = _hours(_("Call back within (h)"), most=720)
    call_back_retry_s = _hours(_("Nobody reached: try again after (h)"), most=168)
    review_share = _percent(_("Plain calls reviewed (%)"))
    double_share = _percent(_("Of those scored twice (%)"))

    class Meta:
        model = DeskRule
        exclude = ("id",)
        labels = {
            "from_date": _("From"),
            "draft_from_customers": _("Announce outages from so many customers on (0: none)"),
            "call_back_tries": _("Nobody reached: tries in all"),
            "quiet_idle_agents": _("Quiet: free agents at least"),
            "call_from": _("Call back from (hour of the day)"),
            "call_until": _("Call back until (hour of the day)"),
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
    until_date = DayField(label=_("Last day here"), required=False)

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = [("", "–"), *people]  # type: ignore[attr-defined]


# What chooses a kind when it is typed: in Chinese the first letters of the words.
LETTERS = {
    NoteKind.ENQUIRY: pgettext_lazy("two letters that choose a kind of business", "en"),
    NoteKind.FAULT_REPORT: pgettext_lazy("two letters that choose a kind of business", "fa"),
    NoteKind.COMPLAINT: pgettext_lazy("two letters that choose a kind of business", "co"),
    NoteKind.MISCONDUCT: pgettext_lazy("two letters that choose a kind of business", "mi"),
    NoteKind.SUGGESTION: pgettext_lazy("two letters that choose a kind of business", "su"),
    NoteKind.OPINION: pgettext_lazy("two letters that choose a kind of business", "op"),
    NoteKind.PRAISE: pgettext_lazy("two letters that choose a kind of business", "pr"),
    NoteKind.SERVICE_REQUEST: pgettext_lazy("two letters that choose a kind of business", "se"),
}


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
    due_at = MinuteField(
        label=_("Promise the call by"),
        required=False,
        widget=forms.Select(),
        help_text=_("Proposed: when it is usually quiet, in the hours at which people are called."),
    )

    # What an order is opened of.
    account = forms.IntegerField(required=False, min_value=0, max_value=2**62)
    unit = forms.IntegerField(
        label=_("Worked on at"), required=False, min_value=1, max_value=2**62, widget=forms.Select()
    )
    topic = forms.CharField(label=_("What it is about"), required=False, max_length=16, widget=forms.Select())
    place = forms.CharField(
        label=_("Place"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off", "list": "places"}),
    )
    load_code = forms.CharField(label=_("Transformer district"), required=False, max_length=120, widget=forms.Select())
    passed_on = forms.BooleanField(
        label=_("Somebody has to look into it: open an order"),
        required=False,
        help_text=_("Of an enquiry that is answered now the note is enough."),
    )
    promise = forms.ChoiceField(label=_("Promised"), required=False, choices=[("", "–"), *PromiseOf.choices])
    promise_at = MinuteField(label=_("Promised by"), required=False)
    chase = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def of_kind(self, kind: str, units: Sequence[tuple[int, str]], *, where: queries.Where | None = None) -> None:
        """What can be chosen for an order of a note's kind, where it can be worked on, and what of a place."""
        self.fields["topic"].widget.choices = [(one.value, one.label) for one in queries.topics_of(kind)]
        self.fields["unit"].widget.choices = [("", "–"), *units] if kind == NoteKind.FAULT_REPORT else units
        if where is not None:
            self.fields["load_code"].widget.choices = [
                ("", gettext("not known which")),
                *map(_district, where.districts),
            ]

    def offer(self, times: Sequence[datetime]) -> None:
        """The times that can be chosen; one that was chosen before stays among them."""
        local = [timezone.localtime(one).strftime(LOCAL_MINUTE) for one in times]
        chosen = str(self["due_at"].value() or "")
        values = sorted({*local, chosen} - {""})
        self.fields["due_at"].widget.choices = [(one, one.replace("T", " ")) for one in values]


def _district(one: queries.District) -> tuple[str, str]:
    """A transformer district as it is chosen, and whether it is without supply."""
    name = one.name or one.code
    return one.code, gettext("%(name)s: without supply, outage %(number)s") % {"name": name, "number": one.out} if (
        one.out
    ) else name


class CallBackForm(forms.Form):
    """Whom to call, why, and by when. ``owed`` is the call that the number is owed already: another one is promised
    only by who wants it ``again``.
    """

    number = forms.CharField(
        label=pgettext_lazy("of a telephone", "Number"), max_length=40, widget=forms.TextInput({"inputmode": "tel"})
    )
    reason = forms.CharField(label=_("Why"), max_length=300)
    due_at = MinuteField(label=_("Due"))
    again = forms.BooleanField(label=_("Promise another call all the same"), required=False, widget=forms.HiddenInput())

    def __init__(self, told: Mapping[str, Any] | None = None, *, exchange: Exchange, at: datetime) -> None:
        super().__init__(told, initial={"due_at": queries.proposed_at(exchange, at=at)})
        self.exchange, self.at = exchange, at
        self.rule = queries.desk_rule(timezone.localdate(at))
        self.owed: CallBack | None = None
        hours = {"since": f"{self.rule.call_from}:00", "until": f"{self.rule.call_until}:00"}
        self.fields["due_at"].help_text = gettext("People are called back from %(since)s to %(until)s.") % hours

    def clean_number(self) -> str:
        number = dialed(self.cleaned_data["number"])
        if not queries.can_be_looked_up(self.exchange, number):
            raise forms.ValidationError(NUMBER_WANTED)
        return number

    def clean_due_at(self) -> datetime:
        due_at: datetime = self.cleaned_data["due_at"]
        if due_at <= self.at:
            raise forms.ValidationError(gettext("Choose a time that is still to come."))
        if due_at > self.at + _FARTHEST:
            raise forms.ValidationError(gettext("Nobody waits that long: choose a time within the next 30 days."))
        if not queries.may_call(self.rule, at=due_at):
            raise forms.ValidationError(gettext("People are not called at this hour."))
        return due_at

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        self.owed = queries.owed_to(self.exchange, told.get("number", ""))
        if self.owed:
            self.fields["again"].widget = forms.CheckboxInput()
            if not told.get("again"):
                self.add_error("again", gettext("Tick this to promise another call."))
        return told


class TryForm(forms.Form):
    """What came of calling back."""

    result = forms.ChoiceField(label=_("Result"), choices=CallBackResult)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class ScoreForm(forms.Form):
    """A call scored by a sheet: points for each item and, where points were lost, what ought to have been known."""

    def __init__(
        self,
        *args: Any,
        items: Sequence[ReviewItem],
        articles: Sequence[tuple[int, str]],
        corrects: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            self.fields[f"points-{item.pk}"] = forms.IntegerField(
                label=item.name,
                min_value=0,
                max_value=item.points,
                error_messages={"required": _("Give this item its points.")},
                widget=forms.NumberInput({"class": "dh-input"}),
            )
            self.fields[f"article-{item.pk}"] = forms.TypedChoiceField(
                label=item.name,
                required=False,
                coerce=int,
                empty_value=None,
                choices=[("", "–"), *articles],
                widget=forms.Select({"class": "dh-input", "aria-label": item.name}),
            )
        widget = forms.Textarea({"rows": 3})
        self.fields["note"] = forms.CharField(label=_("Note"), required=False, max_length=500, widget=widget)
        if corrects:
            self.fields["reason"] = forms.CharField(label=_("Why the score is corrected"), max_length=300)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = self.cleaned_data
        for item in self.items:
            if told.get(f"article-{item.pk}") and told.get(f"points-{item.pk}") == item.points:
                self.add_error(f"article-{item.pk}", _("Name an article only where points were lost."))
        return told

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The items with their fields, and what is wrong with either."""
        pairs = ((one, self[f"points-{one.pk}"], self[f"article-{one.pk}"]) for one in self.items)
        return [
            {"item": item, "points": points, "article": article, "errors": [*points.errors, *article.errors]}
            for item, points, article in pairs
        ]

    @property
    def wrong(self) -> str:
        """The names of what has to be put right."""
        names = dict.fromkeys(str(field.label) for name, field in self.fields.items() if name in self.errors)
        return pgettext("between names", ", ").join(names)

    @property
    def more(self) -> list[forms.BoundField]:
        """The fields below the items."""
        return [self[name] for name in ("note", "reason") if name in self.fields]


class SheetForm(forms.Form):
    """A score sheet: an item a line, with its points after a bar."""

    from_date = DayField(label=_("From"))
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
