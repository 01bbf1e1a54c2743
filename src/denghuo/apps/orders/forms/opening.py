"""Finding orders, and opening one: which fields there are depends on the kind."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.orders.models import TOPICS_OF_KIND, Area, Channel, Kind, State, Topic

LOCAL_MINUTE = "%Y-%m-%dT%H:%M"
_LOCAL = {"type": "datetime-local"}
# Days that somebody may mean: beyond them nothing can be reckoned in local time.
_DAYS = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2100, 12, 31)))
_MINUTES = (MinValueValidator(datetime(1900, 1, 1, tzinfo=UTC)), MaxValueValidator(datetime(2100, 12, 31, tzinfo=UTC)))
# Only of these is it asked; the others do without.
_OF_KIND = {
    "area": (Kind.FAULT, Kind.SERVICE),
    "load_code": (Kind.FAULT,),
    "upstream_due_at": (Kind.COMPLAINT, Kind.MISCONDUCT, Kind.OPINION, Kind.ENQUIRY),
}


def a_minute(label: Any, *, required: bool = True) -> forms.DateTimeField:
    """A field for a local instant."""
    widget = forms.DateTimeInput(_LOCAL, LOCAL_MINUTE)
    return forms.DateTimeField(label=label, required=required, widget=widget, validators=_MINUTES)


def a_day(label: Any, *, required: bool = True) -> forms.DateField:
    """A field for a local day."""
    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, validators=_DAYS)


class SearchForm(forms.Form):
    """Which orders are asked for."""

    DUE = (("", _("Due at any time")), ("soon", _("Due soon")), ("overdue", _("Overdue")))

    q = forms.CharField(
        label=_("Number, telephone, account, place or words"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *Kind.choices])
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("open", pgettext_lazy("of an order", "Open")), ("all", _("All states")), *State.choices],
    )
    due = forms.ChoiceField(label=_("Due"), required=False, choices=DUE)
    since = a_day(_("From"), required=False)
    until = a_day(_("Until"), required=False)
    mine = forms.BooleanField(required=False, widget=forms.HiddenInput())
    offered = forms.BooleanField(required=False, widget=forms.HiddenInput())
    decide = forms.BooleanField(required=False, widget=forms.HiddenInput())


class OpenForm(forms.Form):
    """An order: its kind says which topics there are and what else is asked."""

    client_key = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput())
    parent = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput())
    account = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput())
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices, widget=forms.RadioSelect())
    topic = forms.ChoiceField(label=_("About"), choices=Topic.choices)
    text = forms.CharField(
        label=_("What the customer says"), required=False, max_length=2000, widget=forms.Textarea({"rows": 4})
    )
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    caller = forms.CharField(
        label=pgettext_lazy("of a telephone", "Number"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    contact_name = forms.CharField(label=_("Whom to ask for"), required=False, max_length=40)
    place = forms.CharField(label=_("Place"), required=False, max_length=200)
    load_code = forms.CharField(label=_("Transformer area"), required=False, max_length=120)
    area = forms.ChoiceField(label=_("Area"), required=False, choices=Area.choices)
    channel = forms.ChoiceField(label=_("Came by"), choices=Channel.choices)
    received_at = a_minute(_("Came in at"), required=False)
    upstream_due_at = a_minute(_("Whoever sent it wants it back by"), required=False)

    def __init__(self, *args: Any, units: Sequence[tuple[int, str]], kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        topics = TOPICS_OF_KIND.get(kind, ())
        self.fields["topic"].choices = [(one.value, one.label) for one in topics]  # type: ignore[attr-defined]
        for name, kinds in _OF_KIND.items():
            if kind not in kinds:
                del self.fields[name]
        self.fields["text"].required = kind not in (Kind.FAULT, Kind.SERVICE)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        number = "".join(one for one in told.get("caller", "") if one.isdigit())
        if told.get("caller") and not 3 <= len(number) <= 15:
            self.add_error("caller", _("Type the number in digits."))
        if not number and not any(told.get(name) for name in ("account", "place", "parent")):
            self.add_error("place", _("Say whom this is from: a customer, a number or a place."))
        return told
