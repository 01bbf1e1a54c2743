"""What orders go by, told on pages."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.orders.models import (
    ESSENTIAL_STEPS,
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
from denghuo.apps.orders.snapshot.clocks import effects_of
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
# What a step may do something to; of every clock is told first, so that what is told of one goes before it.
_CLOCKS = {"*": _("every clock"), **dict(Clock.choices)}
_NUMBER = "{number}"
# What looks like a place to fill in, also with braces of a Chinese keyboard or half of it forgotten.
_IN_BRACES = re.compile(r"[{｛][^{}｛｝]*[}｝]?|[}｝]")
_TIMES = ("stuck_after_s", "urge_gap_s", "must_know_within_s", "call_back_gap_s")
# A sign from no order at all would be raised for everybody, and a repeat is at least the second. What lies beyond is a
# slip of the pen, and no date reaches that far. Times in minutes, as they are typed.
_BOUNDS = {
    "stuck_after_s": (1, 30 * 1_440),
    "urge_gap_s": (0, 30 * 1_440),
    "must_know_within_s": (1, 30 * 1_440),
    "call_back_gap_s": (0, 30 * 1_440),
    "repeat_count": (2, 1_000),
    "cluster_count": (2, 10_000),
    "repeat_within_days": (1, 366),
    "cluster_within_h": (1, 366 * 24),
    "promise_within_days": (1, 366),
    "reopen_within_h": (0, 366 * 24),
    "call_back_tries": (1, 20),
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
        min_value=0.1,
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
    from_date = DayField(label=_("In force from"))

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
        told = dict(effects_of(self.initial.get("effects", "")))
        verbs = [("", _("Nothing")), *_VERB_NAMES.items()]
        for clock, name in _CLOCKS.items():
            initial = told.get(clock, "")
            self.fields[_effect(clock)] = forms.ChoiceField(label=name, required=False, choices=verbs, initial=initial)

    @property
    def reaches_none(self) -> bool:
        """Whether the step that was told could be taken from no state: only one that opens an order is from none."""
        told = self.cleaned_data
        return not (told["from_states"] or told["withdrawn"] or told["step"] == "open")

    @property
    def effects(self) -> list[forms.BoundField]:
        """What the step does to each clock."""
        return [self[_effect(clock)] for clock in _CLOCKS]

    @property
    def others(self) -> list[forms.BoundField]:
        """All the other fields."""
        return [field for field in self.visible_fields() if field.name not in map(_effect, _CLOCKS)]

    @property
    def new_step(self) -> str:
        """The step that was told, where there is none such yet."""
        step = str(self.cleaned_data.get("step", ""))
        return "" if step in self.known else step

    def clean_withdrawn(self) -> bool:
        withdrawn = bool(self.cleaned_data["withdrawn"])
        if withdrawn and self.cleaned_data.get("step") in ESSENTIAL_STEPS:
            raise forms.ValidationError(_("Every order is opened, its work is finished and it is closed: these stay."))
        return withdrawn

    def clean_sentence(self) -> str:
        sentence: str = self.cleaned_data["sentence"]
        if unknown := [one for one in _IN_BRACES.findall(sentence) if one != _NUMBER]:
            raise forms.ValidationError(
                gettext("Nothing is filled in for %(what)s: only {number} is known, the number of the order.")
                % {"what": gettext(", ").join(one[:40] for one in dict.fromkeys(unknown))}
            )
        return sentence

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        verbs = {clock: told.pop(_effect(clock), "") for clock in _CLOCKS}
        return told | {"effects": ",".join(f"{clock}:{verb}" for clock, verb in verbs.items() if verb)}


def _effect(clock: str) -> str:
    """The field of what a step does to a clock."""
    return "effect_all" if clock == "*" else f"effect_{clock}"


class MinutesField(forms.FloatField):
    """A time that is typed in minutes and kept in seconds."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value / 60:g}" if isinstance(value, int | float) else value

    def clean(self, value: Any) -> int | None:
        minutes = super().clean(value)
        return None if minutes is None else round(minutes * 60)


class NumbersForm(forms.ModelForm):
    """The numbers of the order desk from a day on."""

    from_date = DayField(label=_("In force from"))
    region = forms.ChoiceField(label=_("Whose promises hold"), choices=REGIONS)

    class Meta:
        model = OrderRule
        exclude = ("id",)
        field_classes = dict.fromkeys(_TIMES, MinutesField)
        labels = {
            "area": _("Area, where an order tells none"),
            "stuck_after_s": _("A hand-over is stuck after (minutes)"),
            "urge_gap_s": _("Pressing again counts after (minutes)"),
            "repeat_count": _("One customer: a sign from so many orders"),
            "repeat_within_days": _("One customer: within so many days"),
            "cluster_count": _("One place: a sign from so many orders"),
            "cluster_within_h": _("One place: within so many hours"),
            "must_know_within_s": _("Whoever must know does so within (minutes)"),
            "promise_within_days": _("A time promised lies at most so many days ahead"),
            "reopen_within_h": _("Who is still without supply opens a closed report again within (h)"),
            "call_back_tries": _("An order may be closed after so many calls back without an answer"),
            "call_back_gap_s": _("Calls back without an answer count once within (minutes)"),
            "source": _("Where it is written"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (least, most) in _BOUNDS.items():
            self.fields[name].validators = [MinValueValidator(least), MaxValueValidator(most)]
            self.fields[name].widget.attrs |= {"min": least, "max": most}

    def validate_unique(self) -> None:
        """A rule of the same day takes the place of the one before."""
