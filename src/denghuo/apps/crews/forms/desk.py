"""What a dispatcher or the head of a station types."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.crews.models import BOUNDS, Channel, RuleKind, Skill, Whom
from denghuo.apps.organization.models import Unit, User
from denghuo.apps.organization.when import DayField

_DIGITS = r"^[0-9+ -]{5,20}$"
_RUNGS = 6
_MOST_DAYS = 31


def _day(label: Any, **told: Any) -> forms.DateField:
    return DayField(label=label, **told)


def _coordinate(label: Any, **told: Any) -> forms.FloatField:
    return forms.FloatField(label=label, required=False, min_value=-1e7, max_value=1e7, **told)


class _Place(forms.Form):
    """Both coordinates or none."""

    names = ("x", "y")

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        first, second = self.names
        if (told.get(first) is None) != (told.get(second) is None):
            self.add_error(second, _("A place has both coordinates, or none."))
        return told


class CrewForm(_Place):
    """A crew."""

    names = ("base_x", "base_y")

    unit = forms.TypedChoiceField(label=_("Station"), coerce=int)
    name = forms.CharField(label=_("Name"), max_length=60)
    vehicle = forms.CharField(label=_("Vehicle"), max_length=60, required=False)
    base_x = _coordinate(
        _("Base, east"), help_text=_("As on the drawing of the network; without it no distance is told.")
    )
    base_y = _coordinate(_("Base, north"))

    def __init__(self, *args: Any, units: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.pk, one.name) for one in units]
        if len(units) == 1:
            field.widget = forms.HiddenInput()
            field.initial = units[0].pk


class MemberForm(forms.Form):
    """Somebody comes into the crew."""

    user = forms.TypedChoiceField(label=_("Person"), coerce=int)
    phone = forms.RegexField(label=_("Phone on duty"), regex=_DIGITS, max_length=20)
    is_leader = forms.BooleanField(label=_("Leads the crew"), required=False)

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose")), *((one.pk, str(one)) for one in people)]


class CertificateForm(forms.Form):
    """A certificate of somebody in the crew."""

    user = forms.TypedChoiceField(label=_("Person"), coerce=int)
    skill = forms.ChoiceField(label=_("For"), choices=Skill.choices)
    number = forms.CharField(label=_("Number"), max_length=40)
    valid_until = _day(_("Valid through"))

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(people)


class DutyForm(forms.Form):
    """The crew is on duty at the same hours on some days in a row."""

    first = _day(_("First day"))
    days = forms.IntegerField(label=_("Days in a row"), min_value=1, max_value=_MOST_DAYS, initial=1)
    from_time = forms.TimeField(label=_("From"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    until_time = forms.TimeField(
        label=_("To"),
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        help_text=_("Earlier than the beginning, or the same: on the next day."),
    )

    def spans(self) -> list[tuple[datetime, datetime]]:
        """The times told, as instants."""
        told = self.cleaned_data
        zone = timezone.get_current_timezone()
        start, end = told["from_time"], told["until_time"]
        found = []
        for ahead in range(told["days"]):
            day = told["first"] + timedelta(days=ahead)
            ends = day + timedelta(days=1) if end <= start else day
            found.append((datetime.combine(day, start, tzinfo=zone), datetime.combine(ends, end, tzinfo=zone)))
        return found


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=2,
        max_length=200,
        error_messages={"min_length": _("One character is no reason. Write two at least.")},
    )


class SuggestForm(_Place):
    """Whom to send, for what and where."""

    place = forms.CharField(label=_("Place"), max_length=200, required=False)
    skill = forms.ChoiceField(label=_("Skill needed"), choices=[("", _("None")), *Skill.choices], required=False)
    x = _coordinate(_("Place, east"), widget=forms.HiddenInput)
    y = _coordinate(_("Place, north"), widget=forms.HiddenInput)


class AssignForm(SuggestForm):
    """A crew is sent."""

    crew = forms.IntegerField(label=_("Crew"), error_messages={"required": _("Choose a crew.")})
    place = forms.CharField(label=_("Place"), max_length=200)
    note = forms.CharField(
        label=_("What is to be done"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )
    orders = forms.CharField(label=_("Orders"), max_length=200, required=False, widget=forms.HiddenInput)
    about = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    field_order = ["place", "note", "skill", "x", "y", "crew", "orders", "about"]

    def clean_orders(self) -> tuple[int, ...]:
        """Keys of orders, by commas."""
        parts = [one for one in self.cleaned_data["orders"].split(",") if one.strip()]
        if not all(one.strip().isascii() and one.strip().isdigit() and len(one) < 18 for one in parts):
            raise forms.ValidationError(_("This is no list of orders."))
        return tuple(int(one) for one in parts)


class PriceForm(forms.Form):
    """A row of the price list."""

    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("What"), max_length=80)
    measure = forms.CharField(
        label=pgettext_lazy("of measure", "Unit"), max_length=12, help_text=_("Such as time, piece, meter.")
    )
    price = forms.DecimalField(label=_("Price (yuan)"), min_value=0, max_value=1_000_000, decimal_places=2)
    from_date = _day(_("From"))
    source = forms.CharField(label=_("Where it is written"), max_length=200)
    is_lifted = forms.BooleanField(label=_("Is charged no more from that day"), required=False)

    def price_fen(self) -> int:
        """The price in fen."""
        return int(Decimal(self.cleaned_data["price"]) * 100)


class RuleForm(forms.Form):
    """A number from a day on."""

    kind = forms.ChoiceField(label=_("Rule"), choices=RuleKind.choices)
    value = forms.FloatField(label=_("Value"))
    from_date = _day(_("From"))
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        kind, value = told.get("kind"), told.get("value")
        if kind is not None and value is not None:
            low, high = BOUNDS[kind]
            if not low <= value <= high:
                said = {"rule": RuleKind(kind).label, "low": f"{low:,}", "high": f"{high:,}"}
                self.add_error("value", _("%(rule)s: from %(low)s to %(high)s.") % said)
        return told


class LadderForm(forms.Form):
    """The whole ladder from a day on."""

    from_date = _day(_("From"))
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def __init__(self, *args: Any, rungs: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = list(rungs)[:_RUNGS]
        for number in range(1, _RUNGS + 1):
            rung = held[number - 1] if number <= len(held) else None
            self.fields[f"after_{number}"] = forms.IntegerField(
                label=_("After (s)"), min_value=1, max_value=86_400, required=False, initial=rung and rung.after_s
            )
            self.fields[f"channel_{number}"] = forms.ChoiceField(
                label=_("How"), choices=Channel.choices, initial=rung and rung.channel
            )
            self.fields[f"whom_{number}"] = forms.ChoiceField(
                label=_("Whom"), choices=Whom.choices, initial=rung and rung.whom
            )

    def rows(self) -> list[tuple[int, Any, Any, Any]]:
        """The fields of each rung."""
        return [
            (number, self[f"after_{number}"], self[f"channel_{number}"], self[f"whom_{number}"])
            for number in range(1, _RUNGS + 1)
        ]

    def rungs(self) -> list[dict[str, Any]]:
        """The rungs told, lowest first; a row without seconds is none."""
        told = self.cleaned_data
        return [
            {
                "after_s": told[f"after_{number}"],
                "channel": Channel(told[f"channel_{number}"]),
                "whom": Whom(told[f"whom_{number}"]),
            }
            for number in range(1, _RUNGS + 1)
            if told[f"after_{number}"]
        ]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        waits = [told.get(f"after_{number}") for number in range(1, _RUNGS + 1)]
        said = [one for one in waits if one]
        if not self.errors and (not said or said != sorted(set(said))):
            raise forms.ValidationError(_("Each rung comes later than the one above it in this list."))
        return told
