"""How people are told of faults, and how what they say is judged."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.organization.models import Unit
from denghuo.apps.organization.when import DayField
from denghuo.apps.outages.forms.plans import ask_back
from denghuo.apps.outages.models import JudgingRule, TellingRule

_LONG_AGO = timedelta(days=31)
_PHONE = re.compile(r"(?=(?:\D*\d){3})\+?[0-9][0-9 -]{2,19}", re.ASCII)


class _RuleForm(forms.Form):
    """A unit, and the day from which its rule holds. A day long gone, and one from which a rule holds already, are
    taken only by who is ``sure``. The unit is chosen beside the form, which begins as what holds there."""

    model: ClassVar[type[TellingRule | JudgingRule]]

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int, widget=forms.HiddenInput)
    from_date = DayField(label=_("In force from"))
    sure = forms.BooleanField(label=_("Set it all the same"), required=False)

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(one.pk, one.name) for one in units]  # type: ignore[attr-defined]
        self.order_fields([*(name for name in self.fields if name != "sure"), "sure"])
        if not self.is_bound:
            del self.fields["sure"]

    def clean(self) -> dict[str, Any]:
        """What nobody is likely to mean is asked about."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if "unit" in self.errors:
            self.add_error(None, self.errors["unit"].as_data())  # nobody reads what stands at a hidden field
        ask_back(self, told, () if self.errors else self._doubts(told))
        return told

    def _doubts(self, told: dict[str, Any]) -> Iterator[str]:
        if told["from_date"] < timezone.localdate() - _LONG_AGO:
            yield gettext("This day lies more than 31 days back. Is the year right?")
        same = self.model._default_manager.filter(unit_id=told["unit"], from_date=told["from_date"]).first()
        if same is not None:
            yield gettext(
                "A rule of this unit from %(day)s is there already (%(source)s): this one takes its place."
            ) % {
                "day": f"{same.from_date:%Y-%m-%d}",
                "source": same.source,
            }


class TellingRuleForm(_RuleForm):
    """A rule of telling, in minutes and per cent as people say them."""

    model = TellingRule

    care_answer_min = forms.FloatField(
        label=_("Special care is visited when a call is not answered within (min)"),
        min_value=0.5,
        max_value=1440,
    )
    others_after_min = forms.FloatField(
        label=_("Everybody is told when a fault lasts longer than (min)"), min_value=0, max_value=1440
    )
    ask_within_min = forms.FloatField(
        label=_("Who is asked whether supply is back may answer for (min)"), min_value=1, max_value=10080
    )
    estimate_percent = forms.FloatField(
        label=_("A time taken from history covers so many of such faults (%)"), min_value=1, max_value=99
    )
    remind_before_h = forms.FloatField(
        label=_("Who is behind a plan is reminded before it begins (h; 0: not)"), min_value=0, max_value=168
    )
    remind_again_min = forms.FloatField(
        label=_("and once more before it begins (min; 0: not)"), min_value=0, max_value=1440
    )
    plan_told_before_h = forms.FloatField(
        label=_("Who is behind a plan hears of it before it begins, whatever the hour (h)"), min_value=0, max_value=168
    )
    quiet_from = forms.TimeField(
        label=_("Quiet hours from"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        help_text=_("What is told of a plan waits for their end where there is time. Empty: no quiet hours."),
    )
    quiet_until = forms.TimeField(
        label=_("Quiet hours until"), required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    phone = forms.CharField(label=_("Telephone that messages name"), max_length=20)
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def clean_phone(self) -> str:
        """A number that somebody can dial, as 95598 or 0571-8765 4321."""
        phone: str = self.cleaned_data["phone"].strip()
        if not _PHONE.fullmatch(phone):
            raise forms.ValidationError(gettext("This is no telephone number: digits, such as 95598 or 0571-87654321."))
        return phone

    def clean(self) -> dict[str, Any]:
        """Quiet hours have two ends."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if (told.get("quiet_from") is None) != (told.get("quiet_until") is None):
            self.add_error("quiet_until", gettext("Quiet hours have a beginning and an end."))
        return told

    def rule(self) -> dict[str, Any]:
        """The rule as the action wants it."""
        told = self.cleaned_data
        return {
            "unit_id": told["unit"],
            "from_date": told["from_date"],
            "care_answer_within_s": round(60 * told["care_answer_min"]),
            "others_after_s": round(60 * told["others_after_min"]),
            "ask_within_s": round(60 * told["ask_within_min"]),
            "estimate_share": told["estimate_percent"] / 100,
            "remind_before_s": round(3600 * told["remind_before_h"]),
            "remind_again_s": round(60 * told["remind_again_min"]),
            "plan_told_before_s": round(3600 * told["plan_told_before_h"]),
            "quiet_from": told["quiet_from"],
            "quiet_until": told["quiet_until"],
            "phone": told["phone"],
            "source": told["source"],
        }


class JudgingRuleForm(_RuleForm):
    """A rule of judging, in hours, minutes and days as people say them."""

    model = JudgingRule

    meter_word_holds_h = forms.FloatField(
        label=_("The last word of a meter counts for (h)"), min_value=0.5, max_value=240
    )
    shut_for_h = forms.FloatField(
        label=_("A device seen closed is not suspected again for (h)"), min_value=0, max_value=240
    )
    several_reports = forms.IntegerField(
        label=_("So many reports from one transformer point to it, though no device explains them"),
        min_value=2,
        max_value=100,
    )
    around_plan_min = forms.FloatField(
        label=_("A plan counts before its beginning and after its end for (min)"), min_value=0, max_value=1440
    )
    found_before_days = forms.IntegerField(
        label=_("Own wiring found before is looked at first for (days)"), min_value=0, max_value=3650
    )
    told_within_h = forms.FloatField(
        label=_("Nobody is told of a fault that began longer ago than (h)"), min_value=0, max_value=240
    )
    many_customers = forms.IntegerField(
        label=_("A fault of so many customers goes before what nears its deadline"), min_value=1, max_value=1_000_000
    )
    care_weighs = forms.IntegerField(
        label=_("In order, a special-care customer counts as so many"), min_value=1, max_value=100_000
    )
    near_percent = forms.FloatField(
        label=_("Near its deadline is what has no more left of its time than (%)"), min_value=1, max_value=100
    )
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def rule(self) -> dict[str, Any]:
        """The rule as the action wants it."""
        told = self.cleaned_data
        return {
            "unit_id": told["unit"],
            "from_date": told["from_date"],
            "meter_word_holds_s": round(3600 * told["meter_word_holds_h"]),
            "shut_for_s": round(3600 * told["shut_for_h"]),
            "several_reports": told["several_reports"],
            "around_plan_s": round(60 * told["around_plan_min"]),
            "found_before_days": told["found_before_days"],
            "told_within_s": round(3600 * told["told_within_h"]),
            "many_customers": told["many_customers"],
            "care_weighs": told["care_weighs"],
            "near_share": told["near_percent"] / 100,
            "source": told["source"],
        }
