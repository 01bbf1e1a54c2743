"""What is asked at the customer's door: as little as an answer needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.adapters.phones import digits_of
from denghuo.apps.customers.queries.spots import Spot
from denghuo.apps.orders.models import TOPICS_OF_KIND, Kind, Topic

_KEY = re.compile(r"[0-9a-f]{32}")
_OURS = (Topic.CARE_VISIT, Topic.HOME_VISIT)  # nobody comes with these: we do
_PLAINER: dict[str, str | Promise] = {Topic.OWN_WIRING: _("The wiring of my own home")}


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What somebody can come with: in an address, in plain words, and as what kind of order. Without a topic it is
    chosen from ``topics``."""

    slug: str
    kind: Kind
    topic: Topic | None = None
    topics: tuple[Topic, ...] = ()
    icon: str
    title: str | Promise
    lead: str | Promise

    @property
    def is_urgent(self) -> bool:
        """Whether it is better told without a telephone number than not at all."""
        return self.topic in (Topic.NO_SUPPLY, Topic.DANGER)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What it can be about, as a customer calls it."""
        wanted = self.topics or TOPICS_OF_KIND[self.kind]
        return [(one.value, str(_PLAINER.get(one, one.label))) for one in wanted if one not in _OURS]


FIRST = (
    Matter(
        slug="no-power",
        kind=Kind.FAULT,
        topic=Topic.NO_SUPPLY,
        icon="bulb-off",
        title=_("No power"),
        lead=_("The whole home, shop or street is dark"),
    ),
    Matter(
        slug="voltage",
        kind=Kind.FAULT,
        topic=Topic.VOLTAGE,
        icon="activity",
        title=_("Lights flicker, too bright or too dim"),
        lead=_("The voltage is too low, too high, or comes and goes"),
    ),
    Matter(
        slug="danger",
        kind=Kind.FAULT,
        topic=Topic.DANGER,
        icon="alert-triangle",
        title=_("Danger"),
        lead=_("A line on the ground, sparks, smoke, a broken pole, an open box"),
    ),
)
OTHERS = (
    Matter(
        slug="fault",
        kind=Kind.FAULT,
        topics=(Topic.PART, Topic.METER, Topic.OWN_WIRING, Topic.ARREARS, Topic.OTHER),
        icon="tool",
        title=_("Something else is broken"),
        lead=_("A part of the rooms is dark, the meter, the switch, cut off"),
    ),
    Matter(
        slug="question",
        kind=Kind.ENQUIRY,
        icon="help-circle",
        title=_("Ask something"),
        lead=_("A bill, a rule, how something is done"),
    ),
    Matter(
        slug="service",
        kind=Kind.SERVICE,
        icon="clipboard-plus",
        title=_("Apply for something"),
        lead=_("A new connection, a meter test, a charging point, reconnection"),
    ),
    Matter(
        slug="complaint",
        kind=Kind.COMPLAINT,
        icon="mood-sad",
        title=_("Complain"),
        lead=_("We did something badly, and you want it put right"),
    ),
    Matter(
        slug="misconduct",
        kind=Kind.MISCONDUCT,
        icon="shield-exclamation",
        title=_("Report misconduct"),
        lead=_("Somebody of ours takes favors or breaks rules, or electricity is stolen"),
    ),
    Matter(
        slug="opinion",
        kind=Kind.OPINION,
        icon="message-circle",
        title=_("Say what you think"),
        lead=_("Something ought to be better, without being a complaint"),
    ),
    Matter(
        slug="suggestion",
        kind=Kind.SUGGESTION,
        icon="bulb",
        title=_("Suggest something"),
        lead=_("An idea how we could do it better"),
    ),
    Matter(
        slug="praise",
        kind=Kind.PRAISE,
        icon="thumb-up",
        title=_("Praise somebody"),
        lead=_("Somebody did well, and ought to hear it"),
    ),
)
MATTERS = {one.slug: one for one in (*FIRST, *OTHERS)}


class ReportForm(forms.Form):
    """A customer's word. ``website`` is not for people: whatever fills it reads no pages."""

    client_key = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput())
    sticker = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput())
    topic = forms.ChoiceField(label=_("What it is about"))
    unit = forms.TypedChoiceField(label=_("Your supply station"), coerce=int, empty_value=None, required=False)
    place = forms.CharField(
        label=_("Where"),
        required=False,
        max_length=200,
        help_text=_("Village, street or estate, then house and door"),
        widget=forms.TextInput({"autocomplete": "street-address"}),
    )
    text = forms.CharField(
        label=_("What happened"), required=False, max_length=1000, widget=forms.Textarea({"rows": 4, "maxlength": 1000})
    )
    caller = forms.CharField(
        label=_("Your telephone number"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel"}),
    )
    contact_name = forms.CharField(
        label=_("Your name (if you like)"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    account = forms.CharField(
        label=_("Account number (if at hand)"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    website = forms.CharField(
        required=False, max_length=200, widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"})
    )

    def __init__(
        self, *args: Any, matter: Matter, units: Sequence[tuple[int, str]], spot: Spot | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        # The sticker of a station says whom to ask, not where it is dark.
        self.matter, self.at_spot = matter, spot is not None and bool(spot.load_codes)
        if matter.topic is not None:
            del self.fields["topic"]
        else:
            self.fields["topic"].choices = [("", _("Choose")), *matter.choices]  # type: ignore[attr-defined]
        if len(units) < 2 or spot is not None:
            del self.fields["unit"]
        else:
            self.fields["unit"].choices = [("", _("Choose")), *units]  # type: ignore[attr-defined]
        self.fields["caller"].required = not matter.is_urgent
        self.fields["text"].required = matter.kind not in (Kind.FAULT, Kind.SERVICE)
        if matter.kind == Kind.MISCONDUCT:
            self.fields["caller"].required = False
            self.fields["caller"].help_text = _("You need not say who you are; without a number nobody can answer you.")

    def data_told(self) -> dict[str, Any]:
        """What was sent, the last of each field, to be shown again with something else in it."""
        return {name: self.data.get(name) for name in self.data}

    def clean_client_key(self) -> str:
        """A key that nobody made here is none: it could be that of somebody else's order."""
        key = str(self.cleaned_data["client_key"])
        return key if _KEY.fullmatch(key) else ""

    def clean_caller(self) -> str:
        """A number that can be called."""
        told = str(self.cleaned_data["caller"])
        if told.strip() and not 7 <= len(digits_of(told)) <= 15:
            raise forms.ValidationError(_("Type the whole number in digits, so that we can call you."))
        return told

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if self.matter.kind == Kind.FAULT and not self.at_spot and not (told.get("place") or told.get("account")):
            self.add_error("place", _("Say where, so that somebody can get there."))
        if told.get("website"):
            self.data = {**self.data_told(), "website": ""}
            self.add_error(None, _("Something filled in a field that is not shown. Please send it once more."))
        return told


class NumberForm(forms.Form):
    """Which report, and that one is who made it."""

    number = forms.CharField(
        label=pgettext_lazy("of a report", "Number"), max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    digits = forms.CharField(
        label=_("Last four digits of your telephone number"),
        max_length=10,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_digits(self) -> str:
        """Four digits, however they were typed."""
        digits = digits_of(str(self.cleaned_data["digits"]))
        if len(digits) != 4 or not digits.isascii():
            raise forms.ValidationError(_("Type the last four digits."))
        return digits
