"""What a person types about an account, who has it and who answers for it."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.phones import is_phone, plain_number
from denghuo.apps.customers import queries
from denghuo.apps.customers.actions import AccountEntry, CardEntry, ImportantEntry
from denghuo.apps.customers.models import (
    Account,
    Boundary,
    Category,
    CutReason,
    Extent,
    ImportantLevel,
    PersonKind,
    Purpose,
    Unmasked,
    UnmaskFinding,
)
from denghuo.apps.organization.models import Unit, User
from denghuo.apps.organization.when import DayField, PastDayField

_ON_A_PAGE = [one for one in Unmasked.choices if one[0] != Unmasked.LETTER]
_VOLTAGE = re.compile(r"(?:AC|DC)?(?:\s*/?\s*\d{1,4}(?:\.\d{1,3})?\s*(?:[kK]?[vV]|千伏|伏)?){1,2}")


class PhoneField(forms.CharField):
    """A number that can be called."""

    def __init__(self, **told: Any) -> None:
        super().__init__(
            max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}), **told
        )

    def clean(self, value: Any) -> str:
        plain = plain_number(super().clean(value))
        if plain and not is_phone(plain):
            raise forms.ValidationError(_("This is no telephone number. Write a landline with its area code."))
        return plain


class UnmaskForm(forms.Form):
    """What somebody needs to see, and why."""

    what = forms.TypedChoiceField(label=_("What"), choices=_ON_A_PAGE, coerce=Unmasked)
    reason = forms.CharField(
        label=_("What do you need it for?"),
        min_length=2,
        max_length=200,
        error_messages={"min_length": _("One character is no reason. Write two at least.")},
    )


class SupplyPart(forms.Form):
    """Where and how an account is supplied."""

    category = forms.TypedChoiceField(label=_("Category"), choices=Category.choices, coerce=Category)
    load_code = forms.CharField(
        label=_("Load"), max_length=120, required=False, help_text=_("Code of the transformer district in the network.")
    )
    load_sure = forms.BooleanField(
        label=_("Keep this load: the network is still to learn of it"), required=False, widget=forms.HiddenInput()
    )
    meter_number = forms.CharField(label=_("Meter"), max_length=40, required=False)
    voltage = forms.CharField(label=_("Voltage"), max_length=20, required=False)
    capacity_kva = forms.FloatField(label=_("Capacity (kVA)"), min_value=0, max_value=1e7, required=False)
    boundary = forms.ChoiceField(
        label=_("Ownership boundary"), choices=[("", _("Not known")), *Boundary.choices], required=False
    )
    boundary_note = forms.CharField(
        label=_("Where exactly"), max_length=200, required=False, help_text=_("As it stands in the supply contract.")
    )
    opened_date = PastDayField(label=_("Opened on"), required=False)

    def clean_voltage(self) -> str:
        told: str = self.cleaned_data["voltage"].strip()
        if told and not _VOLTAGE.fullmatch(told):
            raise forms.ValidationError(gettext("“%s” is no voltage. Write 220V, 380V or 10kV, for instance.") % told)
        return told

    def check_supply(self, unit_id: int | None, *, account_id: int | None) -> None:
        """What is told of load and meter next to what is known in the unit. A load that the network does not know is
        kept only by who says so."""
        told = self.cleaned_data
        if unit_id is None:
            return
        if queries.is_unknown_load(unit_id, told.get("load_code", "")):
            self.fields["load_sure"].widget = forms.CheckboxInput()
            if not told.get("load_sure"):
                words = gettext(
                    "The network has no load “%s”, so nobody could say whether this customer has supply. Put it right, "
                    "leave it blank, or tick the box below."
                )
                self.add_error("load_code", words % told["load_code"])
        if other := queries.account_of_meter(unit_id, told.get("meter_number", ""), but=account_id):
            self.add_error("meter_number", gettext("This meter hangs at account %s.") % other)

    def supply(self) -> dict[str, Any]:
        """What was typed of the supply."""
        told = self.cleaned_data
        names = ("category", "load_code", "meter_number", "voltage", "capacity_kva", "boundary", "boundary_note")
        return {**{name: told[name] for name in names}, "opened_date": told["opened_date"]}


class NewAccountForm(SupplyPart):
    """An account that is to be opened."""

    unit = forms.TypedChoiceField(label=_("Station"), coerce=int)
    number = forms.CharField(label=_("Account"), max_length=40)
    name = forms.CharField(
        label=_("Customer's name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    kind = forms.TypedChoiceField(label=_("Kind of customer"), choices=PersonKind.choices, coerce=PersonKind)
    phone = PhoneField(label=_("Phone"), required=False)
    address = forms.CharField(
        label=_("Address"), max_length=240, help_text=_("Village, street or estate first, then the door.")
    )
    field_order = ["unit", "number", "name", "kind", "phone", "address"]

    def __init__(self, *args: Any, units: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(one.pk, one.name) for one in units]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        self.check_supply(told.get("unit"), account_id=None)
        return told

    def entry(self) -> AccountEntry:
        """What is to be opened."""
        told = self.cleaned_data
        return AccountEntry(
            number=plain_number(told["number"]) or told["number"],
            name=told["name"],
            kind=told["kind"],
            address=told["address"],
            **self.supply(),
        )


class CorrectForm(SupplyPart):
    """What is put right of an account. What is hidden is not shown to be put right: left blank it stays."""

    name = forms.CharField(
        label=_("Customer's name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Leave blank to keep it."),
    )
    kind = forms.TypedChoiceField(label=_("Kind of customer"), choices=PersonKind.choices, coerce=PersonKind)
    address = forms.CharField(
        label=_("Address"),
        max_length=240,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Leave blank to keep it. Village, street or estate first, then the door."),
    )
    field_order = ["name", "kind", "address"]

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = account

    def clean(self) -> dict[str, Any]:
        told, account = super().clean() or self.cleaned_data, self._account
        self.check_supply(account.unit_id, account_id=account.pk)
        opened = told.get("opened_date")
        if opened and account.closed_date and opened > account.closed_date:
            self.add_error("opened_date", gettext("The account was closed on %s.") % account.closed_date)
        if opened and account.cut_since_date and opened > account.cut_since_date:
            self.add_error("opened_date", gettext("The account is cut off since %s.") % account.cut_since_date)
        return told

    def entry(self, account: Account) -> AccountEntry:
        """The account as it is to be."""
        told, premises = self.cleaned_data, account.premises
        return AccountEntry(
            number=account.number,
            name=told["name"] or account.person.name,
            kind=told["kind"],
            address=told["address"] or f"{premises.place.name}{premises.door}",
            **self.supply(),
        )


class AddPhoneForm(forms.Form):
    """Another number of a customer."""

    number = PhoneField(label=_("Phone number"))
    note = forms.CharField(label=_("Whose, or when"), max_length=80, required=False)
    verified = forms.BooleanField(label=_("I reached them on it"), required=False)


class ConsentForm(forms.Form):
    """What a number may be used for, and how that was agreed."""

    outage = forms.BooleanField(label=Purpose.OUTAGE.label, required=False)
    bill = forms.BooleanField(label=Purpose.BILL.label, required=False)
    news = forms.BooleanField(label=Purpose.NEWS.label, required=False)
    how = forms.CharField(
        label=_("How they said so"), max_length=120, help_text=_("By phone, at the counter, in the contract.")
    )

    def given(self) -> dict[Purpose, bool]:
        """Yes or no by purpose."""
        return {purpose: self.cleaned_data[purpose.value] for purpose in Purpose}


class QuietForm(forms.Form):
    """When somebody wants to be left in peace."""

    quiet_from = forms.TimeField(
        label=_("From"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=_("Until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if (told.get("quiet_from") is None) != (told.get("quiet_until") is None):
            raise forms.ValidationError(_("Give both ends, or neither."))
        return told


class SupplyStateForm(forms.Form):
    """An account is cut off."""

    reason = forms.TypedChoiceField(label=_("Because of"), choices=CutReason.choices, coerce=CutReason)
    since_date = PastDayField(label=_("Since"))
    record_number = forms.CharField(
        label=_("Notice or order"), max_length=80, required=False, help_text=_("The paper it rests on.")
    )

    def __init__(self, *args: Any, opened: date | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opened = opened

    def clean_since_date(self) -> date:
        day: date = self.cleaned_data["since_date"]
        if self._opened and day < self._opened:
            raise forms.ValidationError(gettext("The account was opened on %s.") % self._opened)
        return day


class ReconnectForm(forms.Form):
    """An account is connected again."""

    record_number = forms.CharField(label=_("Order"), max_length=80, required=False)


class CloseForm(forms.Form):
    """Somebody moved out."""

    closed_date = DayField(label=_("Last day"))

    def __init__(self, data: Any, *, opened: date | None, today: date) -> None:
        super().__init__(data, initial={"closed_date": today})
        self._opened, self._today = opened, today

    def clean_closed_date(self) -> date:
        day: date = self.cleaned_data["closed_date"]
        if day > self._today:
            raise forms.ValidationError(_("That day is still to come."))
        if self._opened and day < self._opened:
            raise forms.ValidationError(_("The account was opened on %s.") % self._opened)
        return day


class ImportantForm(forms.Form):
    """How important an account's supply is."""

    level = forms.ChoiceField(
        label=_("Level"), choices=[("", _("Like any other")), *ImportantLevel.choices], required=False
    )
    hazardous = forms.BooleanField(label=_("An outage endangers people there"), required=False)
    second_source = forms.CharField(label=_("Second supply"), max_length=120, required=False)
    own_kva = forms.FloatField(
        label=_("Own generation (kVA)"),
        min_value=0,
        max_value=1e7,
        required=False,
        help_text=_("0: none. Blank: not known."),
    )
    own_tested_date = PastDayField(label=_("Own generation tested on"), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def entry(self) -> ImportantEntry:
        """What was typed."""
        return ImportantEntry(**self.cleaned_data)


class GiveForm(forms.Form):
    """Who answers for what from now on."""

    user = forms.TypedChoiceField(label=_("Who"), coerce=int)
    targets = forms.MultipleChoiceField(
        label=_("For what"),
        widget=forms.SelectMultiple(attrs={"size": 10}),
        help_text=_("Several with Ctrl. A load goes before its area, an area before the station."),
    )
    because = forms.CharField(label=_("Because"), max_length=200, required=False)

    def __init__(
        self, *args: Any, people: Iterable[User], areas: Iterable[str], loads: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = [("", "–"), *((one.pk, str(one)) for one in people)]  # type: ignore[attr-defined]
        self.fields["targets"].choices = [  # type: ignore[attr-defined]
            (f"{Extent.STATION.value}:", Extent.STATION.label),
            (_("Areas"), [(f"{Extent.AREA.value}:{area}", area) for area in areas]),
            (_("Transformer districts"), [(f"{Extent.LOAD.value}:{code}", f"{code} {name}") for code, name in loads]),
        ]

    def by_extent(self) -> dict[Extent, list[str]]:
        """The targets by how far each reaches."""
        found: dict[Extent, list[str]] = {}
        for told in self.cleaned_data["targets"]:
            extent, _colon, target = told.partition(":")
            found.setdefault(Extent(extent), []).append(target)
        return found


class GiveAccountForm(forms.Form):
    """Who answers for one customer from now on."""

    user = forms.TypedChoiceField(label=_("Who"), coerce=int)
    because = forms.CharField(label=_("Because"), max_length=200, required=False)

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = [("", "–"), *((one.pk, str(one)) for one in people)]  # type: ignore[attr-defined]


class EndResponsibilityForm(forms.Form):
    """Why somebody answers for a part no more, and who does instead. ``left`` accounts would be left to nobody."""

    user = forms.TypedChoiceField(label=_("Who answers instead"), coerce=int, required=False, empty_value=None)
    because = forms.CharField(label=_("Because"), max_length=200)
    sure = forms.BooleanField(label=_("Nobody is to answer for them for now"), required=False)

    def __init__(self, *args: Any, people: Iterable[User], left: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = [("", _("nobody")), *((one.pk, str(one)) for one in people)]  # type: ignore[attr-defined]
        self._left = left
        if not left:
            del self.fields["sure"]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if self._left and told.get("user") is None and "user" not in self.errors and not told.get("sure"):
            self.add_error("user", gettext("Name who answers instead, or tick that nobody is to."))
        return told


class CardForm(forms.Form):
    """How somebody is reached at work."""

    phone = PhoneField(label=_("Phone at work"))
    title = forms.CharField(label=_("Position"), max_length=80, required=False)
    office = forms.CharField(label=_("Office"), max_length=120, required=False)
    hours = forms.CharField(label=_("When"), max_length=80, required=False)

    def entry(self) -> CardEntry:
        """What was typed."""
        return CardEntry(**self.cleaned_data)


class FindingForm(forms.Form):
    """What a review of an unmasking came to."""

    finding = forms.TypedChoiceField(label=_("Finding"), choices=UnmaskFinding.choices, coerce=UnmaskFinding)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("finding") == UnmaskFinding.DOUBTFUL and not told.get("note", "").strip():
            self.add_error("note", _("Write down what is to be asked: whoever looked reads it."))
        return told


class AnonymizeForm(forms.Form):
    """Why somebody is to be forgotten."""

    reason = forms.CharField(label=_("Why"), max_length=200)
    sure = forms.BooleanField(label=_("I know that nobody can bring this back"))
