"""What people tell about messages: filters, words, gateways, rules, wishes, notices on paper."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.apps.notices import queries
from denghuo.apps.notices.actions import GatewayEntry
from denghuo.apps.notices.models import (
    Audience,
    Channel,
    Gateway,
    GatewayKind,
    How,
    NoticeCase,
    Ring,
    State,
)
from denghuo.apps.organization.models import Unit
from denghuo.apps.organization.when import DayField, MinuteField

_ANY = ("", _("Any"))
_MOST_AHEAD_MIN = 90 * 24 * 60
_CODE_LENGTH = 300  # a longer address makes a code too fine to be read from paper
_DAYS = {"date": forms.DateInput({"type": "date"}, "%Y-%m-%d")}


def event_choices() -> list[tuple[str, Any]]:
    """Every event there are words for, by its name."""
    return [(event, known.label) for event, known in queries.EVENTS.items()]


class _OfUnits(forms.Form):
    """A form that asks for one of the units within reach."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(unit.pk), unit.name) for unit in units]


class NarrowForm(forms.Form):
    """Which messages are shown."""

    state = forms.ChoiceField(label=_("State"), required=False, choices=[_ANY, *State.choices])
    ring = forms.ChoiceField(label=_("Ring"), required=False, choices=[_ANY, *Ring.choices])
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=[_ANY, *Channel.choices])
    event = forms.ChoiceField(label=_("Matter"), required=False)
    gateway = forms.ChoiceField(label=_("Gateway"), required=False)
    about = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, gateways: Sequence[Gateway], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in {
            "event": event_choices(),
            "gateway": [(str(row.pk), row.name) for row in gateways],
        }.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [_ANY, *choices]

    @property
    def told(self) -> dict[str, str]:
        """What narrows; what is odd does not."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class ReasonForm(forms.Form):
    """Why somebody looks."""

    reason = forms.CharField(label=_("Why you need it"), max_length=200)


class ReachedForm(forms.Form):
    """What came of calling somebody by hand: one of the answers that the message asks for, or that nobody answered."""

    answer = forms.ChoiceField(label=_("What they said"), widget=forms.RadioSelect)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, event: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["answer"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*queries.answers_of(event).items(), (self.UNREACHED, _("Not reached"))]

    UNREACHED = "none"

    def told(self) -> dict[str, Any]:
        """The answer, empty where nobody was reached, and the note."""
        answer = self.cleaned_data["answer"]
        return {"answer": "" if answer == self.UNREACHED else answer, "note": self.cleaned_data["note"]}


class TemplateForm(_OfUnits):
    """How messages about an event are worded."""

    event = forms.ChoiceField(label=_("Matter"))
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    from_date = DayField(label=_("From"))
    text = forms.CharField(
        label=_("Text"),
        max_length=1000,
        widget=forms.Textarea({"rows": 5, "data-count": ""}),
        help_text=_("Up to 70 characters with the signature are one text message, longer ones are charged by 67."),
    )
    source = forms.CharField(label=_("Where it is written"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["event"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = event_choices()

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if lack := queries.lack_of_words(told.get("text", ""), event=told.get("event", "")):
            self.add_error("text", lack)
        return told


class GatewayForm(_OfUnits):
    """A gateway. Its secret is never shown; left empty, it stays."""

    name = forms.CharField(label=_("Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=GatewayKind.choices)
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    endpoint = forms.CharField(
        label=_("Address"),
        max_length=300,
        help_text="https://dysmsapi.aliyuncs.com · https://sms.tencentcloudapi.com · smtp://mail.example:587",
    )
    access_id = forms.CharField(label=_("Access id"), max_length=120, required=False)
    secret = forms.CharField(
        label=_("Secret"),
        max_length=300,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Kept sealed and never shown. Empty: it stays as it is."),
    )
    signature = forms.CharField(label=_("Signature"), max_length=40, required=False)
    options = forms.CharField(
        label=_("Options"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line as name = value: app_id and region, sender and subject, show and keys."),
    )
    rate_per_s = forms.IntegerField(label=_("Messages a second, at most"), min_value=1, max_value=5000, initial=50)
    price_fen = forms.DecimalField(
        label=_("Price of a message (fen)"), min_value=Decimal(0), max_digits=9, decimal_places=2, initial=Decimal(0)
    )
    priority = forms.IntegerField(
        label=_("Order of use"), min_value=1, max_value=99, initial=1, help_text=_("The lowest number sends first.")
    )
    enabled = forms.BooleanField(label=_("Send by it"), required=False, initial=True)

    def clean_options(self) -> dict[str, str]:
        found = {}
        for line in self.cleaned_data["options"].splitlines():
            name, equals, value = (part.strip() for part in line.partition("="))
            if line.strip() and not (name and equals):
                raise forms.ValidationError(gettext("Write each option as name = value."))
            if name:
                found[name] = value
        return found

    def entry(self) -> GatewayEntry:
        """What was told, without the unit."""
        told = {name: value for name, value in self.cleaned_data.items() if name != "unit"}
        return GatewayEntry(**{**told, "secret": told["secret"] or None})


class GatewayTemplateForm(forms.Form):
    """Under which code a gateway has registered an event's words."""

    event = forms.ChoiceField(label=_("Matter"))
    code = forms.CharField(
        label=_("Template code"), max_length=60, required=False, help_text=_("Empty: there is none any more.")
    )
    variables = forms.CharField(
        label=_("Variables in their order"),
        max_length=300,
        required=False,
        help_text=_("By commas, as the words name them; text is the whole message."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["event"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = event_choices()

    def clean_variables(self) -> list[str]:
        return [name.strip() for name in re.split(r"[,，\s]+", self.cleaned_data["variables"]) if name.strip()]


class TryForm(forms.Form):
    """Where a trial goes."""

    address = forms.CharField(label=_("Sent to"), max_length=120)
    text = forms.CharField(label=_("Text"), max_length=200)


class RuleForm(_OfUnits):
    """What is owed in a case from a day on."""

    case = forms.ChoiceField(label=_("Case"), choices=NoticeCase.choices)
    audience = forms.ChoiceField(label=_("Who is told"), choices=Audience.choices)
    from_date = DayField(label=_("From"))
    ahead = forms.IntegerField(label=_("Ahead"), min_value=1, max_value=_MOST_AHEAD_MIN)
    ahead_unit = forms.TypedChoiceField(
        label=_("Told in"), coerce=int, choices=[(1440, _("days")), (60, _("hours")), (1, _("minutes"))]
    )
    channels = forms.MultipleChoiceField(
        label=_("What counts as told"),
        required=False,
        choices=[*Channel.choices, *How.choices],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: everything does."),
    )
    states = forms.CharField(label=_("What it must say"), max_length=120, required=False)
    basis = forms.CharField(label=_("Legal basis"), max_length=200)
    source = forms.CharField(label=_("Where it is written"), max_length=200)
    holds = forms.BooleanField(label=_("It is owed"), required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if "ahead" in told and "ahead_unit" in told:
            told["ahead_min"] = told.pop("ahead") * told.pop("ahead_unit")
            if told["ahead_min"] > _MOST_AHEAD_MIN:
                self.add_error("ahead", _("No notice is owed longer than 90 days before."))
        return told


class WishForm(forms.Form):
    """How somebody wants to be told."""

    channels = forms.MultipleChoiceField(
        label=_("Channels"), required=False, choices=Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    opted_out = forms.MultipleChoiceField(
        label=_("Does not want to hear of"), required=False, widget=forms.CheckboxSelectMultiple
    )
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=forms.TimeInput({"type": "time"}))
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False, widget=forms.TimeInput({"type": "time"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["opted_out"]
        assert isinstance(field, forms.MultipleChoiceField)
        # What concerns safety or is asked for by law comes all the same.
        field.choices = [
            (event, known.label)
            for event, known in queries.EVENTS.items()
            if not (known.safety or known.legal or known.staff)
        ]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if (told.get("quiet_from") is None) != (told.get("quiet_until") is None):
            self.add_error("quiet_until", gettext("Quiet hours have a beginning and an end."))
        return told


class DeliveryForm(forms.Form):
    """A notice about something that somebody of a unit brought, posted or told."""

    number = forms.CharField(
        label=_("Account number"),
        max_length=40,
        required=False,
        help_text=_("Of whom it was for. Empty where it was posted in public, for everybody."),
    )
    case = forms.ChoiceField(label=_("Case"), choices=NoticeCase.choices)
    how = forms.ChoiceField(label=_("How"), choices=How.choices)
    delivered_at = MinuteField(label=_("When"))
    receiver = forms.CharField(label=_("Signed for by, or witness"), max_length=80, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, about: str, unit_path: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about, self.unit_path = about, unit_path

    def clean_delivered_at(self) -> datetime:
        told: datetime = self.cleaned_data["delivered_at"]
        if told > timezone.now():
            raise forms.ValidationError(gettext("This lies ahead."))
        if queries.is_before_matter(self.about, told):
            raise forms.ValidationError(gettext("This was before there was anything to tell of, at this time."))
        return told

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        number, how = told.pop("number", "").strip(), told.get("how", "")
        if number:
            told["to_ref"] = queries.numbered(number, unit_path=self.unit_path) or ""
        elif how == How.POSTED:
            told["to_ref"] = queries.PUBLIC
        else:
            self.add_error("number", gettext("Say whom it was for."))
        if "to_ref" in told and (lack := queries.lack_of_addressee(self.about, told["to_ref"])):
            self.add_error("number", lack)
        if lack := queries.lack_of_delivery(how, told.get("receiver", "")):
            self.add_error("receiver", lack)
        if lack := queries.lack_of_matter(self.about):
            self.add_error(None, lack)
        return told


class PaperForm(forms.Form):
    """A notice on paper, for everybody on a list."""

    case = forms.ChoiceField(label=_("Case"), choices=NoticeCase.choices)
    size = forms.ChoiceField(label=_("Paper"), choices=[("A5", "A5"), ("A4", "A4")])
    number = forms.CharField(label=_("Number of the document"), max_length=40, required=False)
    area = forms.CharField(label=_("Area"), max_length=200)
    line = forms.CharField(label=_("Line"), max_length=120, required=False)
    start_at = MinuteField(label=_("Without supply from"))
    end_at = MinuteField(label=_("until"), required=False)
    reason = forms.CharField(label=_("Reason for it"), max_length=200)
    phone = forms.CharField(label=_("Telephone"), max_length=40, initial="95598")
    link = forms.URLField(
        label=_("Address behind the code"), required=False, assume_scheme="https", max_length=_CODE_LENGTH
    )
    receipt = forms.BooleanField(label=_("With a slip to be signed"), required=False, initial=True)
    people = forms.CharField(
        label=_("For whom"),
        required=False,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("One a line: name, account number, address. Empty: one notice to post up."),
    )

    def clean_people(self) -> list[tuple[str, str, str]]:
        found = []
        for line in self.cleaned_data["people"].splitlines():
            parts = [part.strip() for part in re.split(r"[,，\t]", line)]
            if any(parts):
                found.append((parts[0], parts[1] if len(parts) > 1 else "", " ".join(parts[2:])))
        if len(found) > 1000:
            raise forms.ValidationError(gettext("Print at most 1000 at once."))
        return found

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("start_at") and told.get("end_at") and told["end_at"] <= told["start_at"]:
            self.add_error("end_at", gettext("The end must come after the beginning."))
        return told
