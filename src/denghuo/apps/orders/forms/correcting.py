"""What an order was opened with, to be put right."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.adapters.phones import digits_of
from denghuo.apps.orders.models import TOPICS_OF_KIND, Area, Kind, Order, Topic
from denghuo.apps.sealed import masked_name, masked_phone

_PLAIN = ("kind", "topic", "area", "load_code", "place")
_OTHERS = _("Something else only by who supervises and did not work on it.")
_STAYS = _(
    "A report of misconduct stays one, so that whom it is about never reads it. For what else is in it, open another"
    " order in words that name nobody, received when this one was; then another who judges terminates this one."
)
_KEEP = _("Leave blank to keep what is written: %s")


class CorrectForm(forms.Form):
    """What is right of an order; what is hidden is not shown to be put right, and left blank it stays. ``seen`` is how
    often it had been corrected when whoever writes began to; ``kinds`` are those that they may make of it."""

    seen = forms.IntegerField(required=False, min_value=0, max_value=2**31, widget=forms.HiddenInput())
    account = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput())
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    topic = forms.ChoiceField(label=_("About"), choices=Topic.choices)
    area = forms.ChoiceField(label=_("Area"), required=False, choices=Area.choices)
    load_code = forms.CharField(label=_("Transformer area"), required=False, max_length=120)
    place = forms.CharField(label=_("Place"), required=False, max_length=200)
    caller = forms.CharField(
        label=pgettext_lazy("of a telephone", "Number"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    no_caller = forms.BooleanField(label=_("This number is not theirs: take it off"), required=False)
    contact_name = forms.CharField(label=_("Contact person"), required=False, max_length=40)
    reason = forms.CharField(label=_("Why it is corrected"), max_length=500)

    def __init__(self, data: Any, *, row: Order, fields: Collection[str], kinds: Collection[str], seen: int) -> None:
        initial = {name: getattr(row, name) for name in _PLAIN} | {"account": row.account_id, "seen": seen}
        super().__init__(data, initial=initial)
        self._row = row
        for name in [*_PLAIN, "caller", "contact_name"]:
            if name not in fields:
                del self.fields[name]
        if "caller" not in fields or not row.caller:
            del self.fields["no_caller"]
        if "kind" in self.fields and len(kinds) < len(Kind.values):
            field = self.fields["kind"]
            field.choices = [(one, Kind(one).label) for one in kinds]  # type: ignore[attr-defined]
            field.help_text = _STAYS if tuple(kinds) == (row.kind,) else _OTHERS
        if "topic" in self.fields:
            topics = TOPICS_OF_KIND.get(self.data.get("kind") or row.kind, ())
            self.fields["topic"].choices = [(one.value, one.label) for one in topics]  # type: ignore[attr-defined]
        for name, masked in (("caller", masked_phone(row.caller)), ("contact_name", masked_name(row.contact_name))):
            if name in self.fields and masked:
                self.fields[name].help_text = _KEEP % masked

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        number = digits_of(told.get("caller", ""))
        if told.get("caller") and not 3 <= len(number) <= 15:
            self.add_error("caller", _("Type the number in digits."))
        if number and told.get("no_caller"):
            self.add_error("no_caller", _("Either another number, or none."))
        return told

    def told(self) -> dict[str, Any]:
        """What is another than it was, as the action takes it."""
        given = {name: self.cleaned_data[name] for name in self.changed_data if name in self.fields}
        right: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
        right |= {name: given[name] for name in ("caller", "contact_name") if given.get(name)}
        if given.get("no_caller"):
            right["caller"] = ""
        account_id = self.cleaned_data["account"]
        return right | ({"account_id": account_id} if account_id != self._row.account_id else {})
