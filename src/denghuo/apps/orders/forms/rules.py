"""What orders go by, told on pages."""

from typing import Any

from django import forms
from django.core.validators import MinValueValidator
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
from denghuo.apps.orders.snapshot.clocks import VERBS, effects_of
from denghuo.apps.organization.when import DayField
from denghuo.engines.worktime import Measure

UNITS = {"min": 60, "h": 3_600, "d": 86_400}
REGIONS = (("sgcc", _("State Grid")), ("csg", _("China Southern Grid")))
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
    step = forms.SlugField(label=_("Step"), max_length=16)
    from_states = forms.MultipleChoiceField(label=_("From"), choices=State.choices, required=False)
    to_state = forms.ChoiceField(label=_("To"), required=False, choices=[("", _("The same")), *State.choices])
    who = forms.ChoiceField(label=_("Who may"), choices=Who.choices)
    needs_reason = forms.BooleanField(label=_("Needs a reason"), required=False)
    effects = forms.CharField(
        label=_("What it does to clocks"),
        required=False,
        max_length=200,
        help_text=_("Such as arrive:stop,restore:start; * is every clock."),
    )
    sentence = forms.CharField(label=_("What the customer may be told"), required=False, max_length=300)
    withdrawn = forms.BooleanField(label=_("The kind has it no more"), required=False)
    from_date = DayField(label=_("In force from"))
    source = forms.CharField(label=_("Where it is written"), max_length=StepRule._meta.get_field("source").max_length)

    def clean_effects(self) -> str:
        effects: str = self.cleaned_data["effects"]
        parts = effects_of(effects)
        if any(len(one) != 2 or one[0] not in {"*", *Clock.values} or one[1] not in VERBS for one in parts):
            raise forms.ValidationError(_("Clocks start, start again, stop, are suspended, resume."))
        return effects


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
            "source": _("Where it is written"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, least in _LEAST.items():
            self.fields[name].validators.append(MinValueValidator(least))
            self.fields[name].widget.attrs["min"] = least

    def validate_unique(self) -> None:
        """A rule of the same day takes the place of the one before."""
