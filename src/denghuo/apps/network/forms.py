"""What a person types about the network."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

_FIRST_YEAR = 1950  # nobody has a switching log that is older
Doubts = Callable[[dict[str, Any]], Sequence[str]]


class OperationForm(forms.Form):
    """One switching operation: what was done, when, and for which outage. ``lasting`` outages are suggested.

    What ``doubts`` says of a complete form must be read and ticked off before the form is valid.
    """

    closes = forms.TypedChoiceField(
        label=_("Operation"),
        choices=[("open", _("Open")), ("close", _("Close"))],
        coerce=lambda value: value == "close",
    )
    operated_at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
        help_text=_("The time of the device, not of writing it down."),
    )
    event_number = forms.CharField(
        label=_("Outage number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Opening: blank for a new outage, it gets a number of its own. Closing: the outage it ends."),
    )
    note = forms.CharField(label=_("Note"), max_length=250, required=False)
    sure = forms.BooleanField(
        label=_("Record it all the same"), required=False, widget=forms.CheckboxInput(attrs={"autofocus": True})
    )

    def __init__(self, *args: Any, lasting: Sequence[str] = (), doubts: Doubts | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._doubts = doubts
        if lasting:
            self.fields["event_number"].widget.attrs["list"] = "lasting"
        if not self.is_bound:
            del self.fields["sure"]

    def clean(self) -> dict[str, Any]:
        """Nothing doubtful is taken without asking back."""
        told: dict[str, Any] = super().clean() or {}
        doubts = [] if self.errors or told["sure"] or not self._doubts else self._doubts(told)
        if doubts:
            self.add_error("sure", list(doubts))
        elif not told.get("sure"):
            del self.fields["sure"]
        return told

    def clean_operated_at(self) -> datetime:
        """What has not happened cannot be recorded."""
        at: datetime = self.cleaned_data["operated_at"]
        if at.year < _FIRST_YEAR:
            raise forms.ValidationError(_("Check the year."))
        if at > timezone.now():
            raise forms.ValidationError(_("This time has not come yet. Record an operation once it was carried out."))
        return at


class CorrectionForm(OperationForm):
    """What an operation should have been; or that it never happened."""

    device = forms.CharField(label=_("Device"), max_length=120)
    void = forms.BooleanField(label=_("It never happened: take it out"), required=False)

    field_order = ["device", "closes", "operated_at", "event_number", "note", "void", "sure"]


class IsolationForm(forms.Form):
    """What shall be worked on, how long, and in which mode."""

    element = forms.CharField(
        label=_("Work on"),
        max_length=400,
        widget=forms.TextInput(attrs={"list": "found", "autocomplete": "off", "data-nw-value": "code"}),
        help_text=_("Codes, separated by commas; type part of a name and pick."),
    )
    hours = forms.FloatField(
        label=_("Duration, hours"),
        min_value=0.1,
        max_value=240,
        initial=4,
        help_text=_("Planned: of the outage. Fault: of the repair."),
    )
    mode = forms.ChoiceField(
        label=_("Kind"), choices=[("planned", _("Planned work")), ("fault", _("Fault"))], initial="planned"
    )

    def __init__(self, *args: Any, search_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if search_url:
            self.fields["element"].widget.attrs["data-nw-search"] = search_url

    def elements(self) -> list[str]:
        """The codes, as typed, without blanks."""
        text: str = self.cleaned_data["element"]
        return [code for part in text.replace("，", ",").split(",") if (code := part.strip())]
