"""What orders go by, told on pages."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.orders.models import (
    TOPICS_OF_KIND,
    Area,
    Channel,
    Clock,
    Kind,
    LimitRule,
    OrderRule,
    State,
    StepRule,
    Topic,
    Who,
)
from denghuo.apps.orders.snapshot.clocks import VERBS
from denghuo.apps.organization.when import DayField
from denghuo.engines.worktime import Measure

UNITS = {"min": 60, "h": 3_600, "d": 86_400}
REGIONS = (("sgcc", _("State Grid")), ("csg", _("China Southern Grid")))
_VERB_NAMES = {
    "start": _("starts"),
    "again": _("runs on"),
    "stop": _("stops"),
    "drop": _("is not asked for any more"),
    "revive": _("is asked for again"),
    "suspend": _("pauses"),
    "resume": _("runs again"),
}
_NUMBER = "{number}"
# What looks like a place to fill in, also with braces of a Chinese keyboard or half of it forgotten.
_IN_BRACES = re.compile(r"[{｛][^{}｛｝]*[}｝]?|[}｝]")
# A sign from no order at all would be raised for everybody, and a repeat is at least the second.
_LEAST = {
    "repeat_count": 2,
    "cluster_count": 2,
    "repeat_within_days": 1,
    "cluster_within_h": 1,
    "promise_within_days": 1,
    "call_back_tries": 1,
}


class LimitForm(forms.Form):
    """A limit from a day on. An empty amount lifts it."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    topic = forms.ChoiceField(label=_("About"), required=False, choices=[("", _("Any")), *Topic.choices])
    area = forms.ChoiceField(label=_("Area"), required=False, choices=[("", _("Any")), *Area.choices[1:]])
    channel = forms.ChoiceField(label=_("Came by"), required=False, choices=[("", _("Any")), *Channel.choices])
    clock = forms.ChoiceField(label=_("Clock"), choices=Clock.choices)
    amount = forms.FloatField(
        label=_("Amount"),
        required=False,
        min_value=0,
        max_value=10_000,
        help_text=_("Left blank, this limit is lifted from that day on."),
    )
    unit = forms.ChoiceField(
        label=_("Counted in"),
        choices=[("min", _("minutes")), ("h", _("hours")), ("d", _("calendar days")), ("wd", _("working days"))],
    )
    limit_kind = forms.ChoiceField(label=_("Binds"), choices=LimitRule.Kind.choices)
    layer = forms.ChoiceField(label=_("Whose limit"), choices=LimitRule.Layer.choices)
    basis = forms.CharField(label=_("Where it is written"), max_length=200)
    from_date = DayField(label=_("From"))

    def clean_topic(self) -> str:
        topic, kind = str(self.cleaned_data["topic"]), self.cleaned_data.get("kind")
        if topic and kind and topic not in TOPICS_OF_KIND[kind]:
            raise forms.ValidationError(_("This topic does not belong to this kind: choose another."))
        return topic

    def entry(self) -> dict[str, Any]:
        """The limit as an action takes it."""
        told = dict(self.cleaned_data)
        amount, unit = told.pop("amount"), told.pop("unit")
        told.pop("from_date")
        measure = Measure.WORKING_DAYS if unit == "wd" else Measure.CLOCK
        limit_s = None if amount is None else round(amount * UNITS.get(unit, UNITS["d"]))
        return {**told, "measure": measure.value, "limit_s": limit_s}


class StepForm(forms.Form):
    """A step from a day on."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *Kind.choices])
    step = forms.SlugField(
        label=_("Step"),
        max_length=16,
        widget=forms.TextInput({"list": "steps-known", "autocomplete": "off"}),
        error_messages={"invalid": _("A step is told by its code: letters, digits, - and _, such as arrive.")},
        help_text=_("Choose one that there is, or write the code of a new one."),
    )
    from_states = forms.MultipleChoiceField(
        label=_("From"),
        choices=State.choices,
        required=False,
        widget=forms.SelectMultiple({"size": len(State.choices)}),
    )
    to_state = forms.ChoiceField(label=_("To"), required=False, choices=[("", _("The same")), *State.choices])
    who = forms.ChoiceField(label=_("Who may"), choices=Who.choices)
    needs_reason = forms.BooleanField(label=_("Needs a reason"), required=False)
    effects = forms.CharField(label=_("What it does to clocks"), required=False, max_length=200)
    sentence = forms.CharField(
        label=_("What the customer may be told"),
        required=False,
        max_length=300,
        help_text=_("{number} stands for the number of the order."),
    )
    withdrawn = forms.BooleanField(label=_("The kind has it no more"), required=False)
    from_date = DayField(label=_("In force from"))
    source = forms.CharField(label=_("Where it is written"), max_length=StepRule._meta.get_field("source").max_length)

    def __init__(self, *args: Any, known: Mapping[str, str], **kwargs: Any) -> None:
        """``known``: the steps that there are, with their names."""
        super().__init__(*args, **kwargs)
        self.known = known
        how = gettext("Clock and verb with a colon between, commas between several: arrive:stop,restore:start.")
        clocks = gettext("Clocks: %(names)s") % {"names": _with_names(_clocks())}
        verbs = gettext("Verbs: %(names)s") % {"names": _with_names(_VERB_NAMES)}
        self.fields["effects"].help_text = format_html_join("", "<div>{}</div>", [(how,), (clocks,), (verbs,)])

    @property
    def new_step(self) -> str:
        """The step that was told, where there is none such yet."""
        step = str(self.cleaned_data.get("step", ""))
        return "" if step in self.known else step

    def clean_effects(self) -> str:
        # Commas and colons of a Chinese keyboard are meant as such.
        told = str(self.cleaned_data["effects"]).replace("，", ",").replace("：", ":")
        parts = [part.strip() for part in told.split(",") if part.strip()]
        if wrong := [error for part in parts for error in _errors_of_effect(part)]:
            raise forms.ValidationError([*dict.fromkeys(wrong)])
        return ",".join(":".join(word.strip() for word in part.split(":")) for part in parts)

    def clean_sentence(self) -> str:
        sentence: str = self.cleaned_data["sentence"]
        if unknown := [one for one in _IN_BRACES.findall(sentence) if one != _NUMBER]:
            raise forms.ValidationError(
                gettext("Nothing is filled in for %(what)s: only {number} is known, the number of the order.")
                % {"what": gettext(", ").join(one[:40] for one in dict.fromkeys(unknown))}
            )
        return sentence


def _clocks() -> dict[str, Any]:
    """What a step may do something to, with its names."""
    return {**dict(Clock.choices), "*": _("every clock")}


def _with_names(names: Mapping[str, Any]) -> str:
    """Codes as they are typed, each with what it is called."""
    return gettext(", ").join(f"{code} = {name}" for code, name in names.items())


def _errors_of_effect(part: str) -> list[str]:
    """What is wrong with one clock and its verb."""
    words = [word.strip() for word in part.split(":")]
    if len(words) != 2:
        return [gettext("“%(part)s” is no clock and verb with a colon between, such as arrive:stop.") % {"part": part}]
    clock, verb = words
    wrong = []
    if clock not in _clocks():
        told = {"clock": clock, "names": _with_names(_clocks())}
        wrong.append(gettext("There is no clock “%(clock)s”. There are: %(names)s.") % told)
    if verb not in VERBS:
        told = {"verb": verb, "names": _with_names(_VERB_NAMES)}
        wrong.append(gettext("No clock does “%(verb)s”. What one does: %(names)s.") % told)
    return wrong


class NumbersForm(forms.ModelForm):
    """The numbers of the order desk from a day on."""

    from_date = DayField(label=_("From"))
    region = forms.ChoiceField(label=_("Whose promises hold"), choices=REGIONS)

    class Meta:
        model = OrderRule
        exclude = ("id",)
        labels = {
            "area": _("Area, where an order tells none"),
            "stuck_after_s": _("A hand-over is stuck after (s)"),
            "urge_gap_s": _("Pressing again counts after (s)"),
            "repeat_count": _("One customer: a sign from so many orders"),
            "repeat_within_days": _("… within days"),
            "cluster_count": _("One place: a sign from so many orders"),
            "cluster_within_h": _("… within hours"),
            "must_know_within_s": _("Whoever must know does so within (s)"),
            "promise_within_days": _("A time promised lies at most so many days ahead"),
            "reopen_within_h": _("Who is still without supply opens a closed report again within (h)"),
            "call_back_tries": _("An order may be closed after so many calls back without an answer"),
            "call_back_gap_s": _("… which count once within (s)"),
            "source": _("Where it is written"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, least in _LEAST.items():
            self.fields[name].validators.append(MinValueValidator(least))
            self.fields[name].widget.attrs["min"] = least

    def validate_unique(self) -> None:
        """A rule of the same day takes the place of the one before."""
