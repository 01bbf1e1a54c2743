"""Finding orders, and opening one: which fields there are depends on the kind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.phones import digits_of
from denghuo.apps.orders.models import TOPICS_OF_KIND, Area, Channel, Kind, State, Topic
from denghuo.apps.organization.when import DayField, MinuteField

_LATEST = timedelta(days=31)  # what came in before is read in with a table, not typed
# Only of these is it asked; the others do without.
_OF_KIND = {
    "area": (Kind.FAULT, Kind.SERVICE),
    "load_code": (Kind.FAULT,),
    "upstream_due_at": (Kind.COMPLAINT, Kind.MISCONDUCT, Kind.OPINION, Kind.ENQUIRY),
}


class SearchForm(forms.Form):
    """Which orders are asked for."""

    DUE = (("", _("Due at any time")), ("soon", _("Due within 2 hours, or warned of")), ("overdue", _("Overdue")))

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
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("Until"), required=False)
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
    contact_name = forms.CharField(label=_("Contact person"), required=False, max_length=40)
    place = forms.CharField(label=_("Place"), required=False, max_length=200)
    load_code = forms.CharField(label=_("Transformer area"), required=False, max_length=120)
    area = forms.ChoiceField(label=_("Area"), required=False, choices=Area.choices)
    # What the system raises nobody types.
    channel = forms.ChoiceField(
        label=_("Came by"), choices=[pair for pair in Channel.choices if pair[0] != Channel.SYSTEM]
    )
    received_at = MinuteField(label=_("Came in at"), required=False)
    upstream_due_at = MinuteField(label=_("Whoever sent it wants it back by"), required=False)

    def __init__(self, *args: Any, units: Sequence[tuple[int, str]], kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = kind
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        topics = TOPICS_OF_KIND.get(kind, ())
        self.fields["topic"].choices = [(one.value, one.label) for one in topics]  # type: ignore[attr-defined]
        for name, kinds in _OF_KIND.items():
            if kind not in kinds:
                del self.fields[name]
        self.fields["text"].required = kind not in (Kind.FAULT, Kind.SERVICE)

    def clean_received_at(self) -> datetime | None:
        """Not ahead of now, and not so long ago that a year must have been mistyped."""
        told: datetime | None = self.cleaned_data["received_at"]
        now = timezone.now()
        if told is not None and told > now:
            raise forms.ValidationError(gettext("This lies ahead."))
        if told is not None and told < now - _LATEST:
            raise forms.ValidationError(gettext("This was more than a month ago. Look at the date."))
        return told

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        came_in, due_at = told.get("received_at") or timezone.now(), told.get("upstream_due_at")
        if due_at is not None and due_at <= came_in:
            self.add_error("upstream_due_at", _("That was before it came in. Look at the date."))
        number = digits_of(told.get("caller", ""))
        if told.get("caller") and not 3 <= len(number) <= 15:
            self.add_error("caller", _("Type the number in digits."))
        is_anonymous = self._kind == Kind.MISCONDUCT  # whoever accuses somebody need not say who they are
        if not number and not is_anonymous and not any(told.get(name) for name in ("account", "place", "parent")):
            self.add_error("place", _("Say whom this is from: a customer, a number or a place."))
        return told
