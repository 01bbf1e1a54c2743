"""What a dispatcher chooses and types."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from denghuo.apps.crews.models import Skill
from denghuo.apps.organization.when import MinuteField
from denghuo.apps.outages import queries
from denghuo.apps.outages.models import Estimate, Method

_STATES = [
    ("", _("All")),
    ("new", _("In nobody's hands")),
    ("unheard", _("Not acknowledged")),
    ("near", _("Near the deadline")),
    ("overdue", _("Overdue")),
    ("still_out", _("Say still out")),
    ("needless", _("A crew would go for nothing")),
    ("outage", _("Outages")),
    ("suspicion", _("Suspected faults")),
    ("order", _("Single orders")),
]
_METHODS = [(one.value, one.label) for one in (Method.DISPATCHER, Method.CREW, Method.PLAN)]


class WantedForm(forms.Form):
    """Which incidents are shown."""

    text = forms.CharField(
        label=_("Search"),
        max_length=80,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Number, place, line"), "autocomplete": "off"}
        ),
    )
    state = forms.ChoiceField(label=_("State"), choices=_STATES, required=False)
    line = forms.ChoiceField(label=_("Line"), required=False)
    mine = forms.BooleanField(label=_("Mine"), required=False)

    def __init__(self, *args: Any, lines: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": "dp-%s"} | kwargs))
        self.fields["line"].choices = [("", _("All lines")), *((one, one) for one in lines)]  # type: ignore[attr-defined]


class AboutForm(forms.Form):
    """What a deed is about."""

    about = forms.RegexField(regex=r"^(outages\.outage|outages\.suspicion|orders\.order):\d{1,15}$")


class SendForm(AboutForm):
    """Send a crew."""

    crew = forms.IntegerField(min_value=1)
    note = forms.CharField(max_length=500, required=False)
    skill = forms.ChoiceField(choices=[("", ""), *Skill.choices], required=False)
    seen = forms.RegexField(regex=r"^[0-9 ]*$", max_length=400, required=False)

    def clean_seen(self) -> frozenset[int] | None:
        """The assignments that the page knew of; None where it does not say."""
        return frozenset(map(int, self.cleaned_data["seen"].split())) if "seen" in self.data else None


class ConfirmForm(AboutForm):
    """A device is open, since."""

    device_code = forms.CharField(label=_("Device"), max_length=120)
    opened_at = MinuteField(
        label=_("Open since"),
        # The log has seconds, and by them a device was closed before it opened again.
        widget=forms.DateTimeInput({"type": "datetime-local", "step": "1"}, "%Y-%m-%dT%H:%M:%S"),
    )

    def clean_opened_at(self) -> Any:
        """A device has opened by now. The minute that runs is not over yet."""
        told = self.cleaned_data["opened_at"]
        if told > timezone.now():
            raise forms.ValidationError(_("This time has not come yet."))
        return told


class DismissForm(AboutForm):
    """The device is closed: somebody saw it."""

    reason = forms.CharField(label=_("What was seen"), max_length=300)


class EstimateForm(AboutForm):
    """When supply is expected back."""

    expected_at = MinuteField(label=_("Supply back by"))
    method = forms.ChoiceField(label=_("How it is known"), choices=_METHODS)
    team = forms.CharField(label=_("Whose word it is"), max_length=80, required=False)
    reason = forms.CharField(label=_("Why it changes"), max_length=200, required=False)
    sure = forms.BooleanField(label=_("It really takes that long"), required=False)

    def __init__(self, *args: Any, last: Estimate | None = None, at: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._last, self._at = last, at or timezone.now()
        if not self.is_bound:
            del self.fields["sure"]

    def clean_expected_at(self) -> Any:
        """A time to come, and not so far ahead that it is a slip of the keyboard."""
        told = self.cleaned_data["expected_at"]
        if told <= self._at:
            raise forms.ValidationError(_("This time has passed already."))
        if told > self._at + queries.MOST_AHEAD:
            said = _("That is more than %(n)d days ahead: check the date. Whoever reported would be told of it.")
            raise forms.ValidationError(said % {"n": queries.MOST_AHEAD.days})
        return told

    def clean(self) -> dict[str, Any]:
        """What lies far ahead is asked about once; a change of what somebody has said wants its reason."""
        told: dict[str, Any] = super().clean() or {}
        expected_at: datetime | None = told.get("expected_at")
        gave, team = told.get("reason", "").strip(), told.get("team", "").strip()
        if expected_at is not None and queries.is_said(self._last, expected_at, told.get("method", ""), team):
            self.add_error("expected_at", _("This was said already."))
        if expected_at is not None and not gave and queries.asks_reason(self._last, expected_at):
            self.add_error("reason", _("Another time was said before: say why it changes."))
        is_far = expected_at is not None and expected_at > self._at + queries.FAR_AHEAD
        if expected_at is not None and is_far and not told.get("sure"):
            said = _("That is more than %(n)d days ahead, on %(day)s. Tick this if it is meant.")
            day = f"{timezone.localtime(expected_at):%Y-%m-%d}"
            self.add_error("sure", said % {"n": queries.FAR_AHEAD.days, "day": day})
        elif not is_far:
            del self.fields["sure"]
        return told


class JoinForm(AboutForm):
    """Put an order to a fault."""

    order = forms.IntegerField(min_value=1, max_value=2**62)


class SameForm(forms.Form):
    """Orders that are the same matter."""

    orders = forms.CharField(max_length=2000)

    def clean_orders(self) -> list[int]:
        """Keys, each once."""
        parts = self.cleaned_data["orders"].replace(",", " ").split()
        if not parts or not all(one.isdecimal() and len(one) < 16 for one in parts):
            raise forms.ValidationError(_("Choose at least two orders."))
        keys = list(dict.fromkeys(int(one) for one in parts))
        if len(keys) < 2:
            raise forms.ValidationError(_("Choose at least two orders."))
        return keys
