"""What a person types about special care."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.phones import is_phone, plain_number
from denghuo.apps.customers.actions import CareEntry, CarerEntry
from denghuo.apps.customers.models import Care, CareKind
from denghuo.apps.organization.when import DayField, PastDayField

_BARS = str.maketrans({"｜": "|", "，": "|", ",": "|", "\t": "|"})


class CarersField(forms.CharField):
    """Carers, one in a line: name | number | relation."""

    widget = forms.Textarea(attrs={"rows": 2, "autocomplete": "off"})

    def clean(self, value: Any) -> tuple[CarerEntry, ...]:
        text = super().clean(value).translate(_BARS)
        found = []
        for line in (line.strip() for line in text.splitlines() if line.strip()):
            name, number, relation = ([part.strip() for part in line.split("|")] + ["", ""])[:3]
            number = plain_number(number)
            if not name or not is_phone(number):
                raise forms.ValidationError(_("“%s” is not written as: name | number | relation.") % line[:40])
            found.append(CarerEntry(name=name[:80], number=number, relation=relation[:40]))
        return tuple(found)


class CareForm(forms.Form):
    """An entry of the special-care register. What is hidden is not shown to be put right: left blank it stays."""

    kind = forms.TypedChoiceField(label=_("Why"), choices=CareKind.choices, coerce=CareKind)
    detail = forms.CharField(
        label=_("What they need"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted: an apparatus, an illness, what must not fail."),
    )
    proof = forms.CharField(label=_("Proof"), max_length=120, help_text=_("Which paper was seen."))
    proof_seen_date = PastDayField(label=_("Seen on"))
    agreed_how = forms.CharField(label=_("How they agreed to be in the register"), max_length=120)
    backup_min = forms.IntegerField(label=_("Can do without for (min)"), min_value=0, max_value=100_000, required=False)
    carers = CarersField(
        label=_("Carers"),
        required=False,
        help_text=_("One in a line: name | number | relation. They agreed to be called."),
    )
    approach = forms.CharField(
        label=_("How to come near"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted: knock long, the dog, the back door."),
    )
    visit_every_days = forms.IntegerField(label=_("Visit every (days)"), min_value=1, max_value=3650, required=False)
    next_visit_date = DayField(label=_("Next visit"), required=False)
    plan = forms.CharField(
        label=_("What a visit looks at and brings"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("One thing in a line: wiring and earthing, the battery of the apparatus, a torch. Kept encrypted."),
    )
    plan_with = forms.CharField(
        label=_("Agreed with"),
        max_length=60,
        required=False,
        help_text=_("Themselves, a daughter, the village committee: no name."),
    )
    review_date = DayField(label=_("Review by"))

    def __init__(self, *args: Any, known: Care | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = known
        if known:
            for name in ("detail", "approach", "carers"):
                self.fields[name].help_text = _("Leave blank to keep what is written. %s") % self.fields[name].help_text

    def clean_next_visit_date(self) -> date | None:
        return self._ahead("next_visit_date", gettext("The next visit cannot be due before today."))

    def clean_review_date(self) -> date | None:
        return self._ahead("review_date", gettext("The next review cannot be due before today."))

    def _ahead(self, name: str, words: str) -> date | None:
        """A day that is still to come. One that came due meanwhile may stay: it is still due."""
        told: date | None = self.cleaned_data[name]
        if told is not None and told < timezone.localdate() and told != getattr(self._known, name, None):
            raise forms.ValidationError(words)
        return told

    def entry(self) -> CareEntry:
        """The entry as it is to be."""
        told, known = dict(self.cleaned_data), self._known
        if known:
            told["detail"] = told["detail"] or known.detail
            told["approach"] = told["approach"] or known.approach
            told["carers"] = told["carers"] or [
                CarerEntry(name=one.name, number=one.number, relation=one.relation) for one in known.carers.all()
            ]
        return CareEntry(**told)


class ReviewCareForm(forms.Form):
    """The entry still holds; when to look again."""

    review_date = DayField(label=_("Review again by"))


class EndCareForm(forms.Form):
    """Why somebody leaves the register."""

    because = forms.CharField(label=_("Why they leave the register"), max_length=200)


class VisitForm(forms.Form):
    """Somebody went there."""

    visited_date = DayField(label=_("Day"))
    met = forms.BooleanField(label=_("Met them"), required=False)
    note = forms.CharField(label=_("What the visit found"), max_length=300, required=False)
    next_date = DayField(
        label=_("Next visit agreed for"), required=False, help_text=_("Left blank, it is due by the plan.")
    )
